//! The day's calls that were worth no report of their own go out together (F27).

use std::collections::BTreeMap;

use report::{Content, DigestEntry, Profile, choose, key};
use store::{DueDigest, NewDelivery, NewTask, ReportRow, StoreError, TaskKind};

use super::{Chores, STUCK_MAX};

/// Calls that one digest names to one recipient: all that it counts. The others are in the next one.
const ENTRIES_MAX: usize = 14;

/// What goes out now: the reports, and by recipient's id the places of those that this one gets.
#[derive(Default)]
struct Round {
    reports: Vec<ReportRow>,
    of: BTreeMap<String, Vec<usize>>,
}

impl Chores {
    /// Sends the digests that are due.
    pub(super) async fn digests(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.rescue.store.due_digests(now_ms, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.customer);
            for due in &page {
                self.try_digest(due, now_ms).await?;
            }
        }
    }

    /// One that cannot go is told once; it is tried again, and keeps nobody else waiting.
    async fn try_digest(&mut self, due: &DueDigest, now_ms: i64) -> Result<(), StoreError> {
        match self.digest(due, now_ms).await {
            Ok(true) => self.bell.ring(),
            Ok(false) => {}
            Err(error) if error.is_away() => return Err(error),
            Err(error) => {
                if self.stuck.len() < STUCK_MAX && self.stuck.insert(format!("digest {}", due.customer)) {
                    tracing::error!(%error, customer = due.customer, "a firm's digest cannot be sent");
                }
            }
        }
        Ok(())
    }

    async fn digest(&mut self, due: &DueDigest, now_ms: i64) -> Result<bool, StoreError> {
        let store = self.rescue.store.clone();
        let profile = store.profile(due.customer).await?.profile;
        let mut round = Round::default();
        for report in &due.reports {
            let to = recipients(&profile, report);
            if to.is_empty() {
                // Kept until the firm has a place for it; a person knows.
                self.nobody(report, now_ms).await?;
            } else if !round.takes(report, to) {
                break;
            }
        }
        if round.reports.is_empty() {
            return Ok(false);
        }
        let id = store::new_id(now_ms)?;
        let deliveries = round.deliveries(&profile, due, &id, now_ms)?;
        let Round { reports, .. } = round;
        let (customer, customer_name) = (due.customer, due.customer_name.clone());
        store.send_digest(&id, &DueDigest { customer, customer_name, reports }, &deliveries, now_ms).await
    }

    async fn nobody(&mut self, report: &ReportRow, now_ms: i64) -> Result<(), StoreError> {
        if self.stuck.contains(&report.id) {
            return Ok(());
        }
        let task = NewTask {
            customer: report.customer,
            report: Some(report.id.clone()),
            call: report.call,
            ..NewTask::new(TaskKind::NoRecipient, report.id.clone(), "")
        };
        self.rescue.store.add_task(&task, now_ms).await?;
        if self.stuck.len() < STUCK_MAX {
            self.stuck.insert(report.id.clone());
        }
        Ok(())
    }
}

/// Whoever would have got the report itself, in the order in which the firm's rules name them.
fn recipients(profile: &Profile, report: &ReportRow) -> Vec<String> {
    let chosen = choose(profile, &report.draft, report.created_ms).recipients;
    let mut to: Vec<String> = Vec::new();
    for (id, _) in chosen {
        let is_place = profile.recipient(&id).is_some_and(|place| place.active && place.channel.is_written());
        if is_place && !to.contains(&id) {
            to.push(id);
        }
    }
    to
}

impl Round {
    /// False: somebody's digest is full.
    fn takes(&mut self, report: &ReportRow, to: Vec<String>) -> bool {
        if to.iter().any(|id| self.of.get(id).is_some_and(|places| places.len() >= ENTRIES_MAX)) {
            return false;
        }
        for id in to {
            self.of.entry(id).or_default().push(self.reports.len());
        }
        self.reports.push(report.clone());
        true
    }

    /// To each recipient its own: nobody reads what is not for them.
    fn deliveries(
        &self,
        profile: &Profile,
        due: &DueDigest,
        id: &str,
        now_ms: i64,
    ) -> Result<Vec<NewDelivery>, StoreError> {
        let mut deliveries = Vec::with_capacity(self.of.len());
        for (recipient, places) in &self.of {
            let Some(place) = profile.recipient(recipient) else { continue };
            let entries: Vec<DigestEntry> =
                places.iter().filter_map(|place| self.reports.get(*place)).map(entry).collect();
            deliveries.push(NewDelivery {
                id: store::new_id(now_ms)?,
                recipient: place.id.clone(),
                channel: place.channel.clone(),
                reason: "digest".to_owned(),
                content: Content::digest(id, &due.customer_name, profile.language, now_ms, &entries),
                urgent: false,
                seen_hash: None,
                listen_hash: None,
            });
        }
        Ok(deliveries)
    }
}

fn entry(report: &ReportRow) -> DigestEntry {
    let said = |key: &str| report.draft.said(key).unwrap_or_default().to_owned();
    let who = [said(key::COMPANY), said(key::NAME)].join(" ").trim().to_owned();
    let left = said(key::CALLBACK);
    let number = if left.is_empty() { report.caller.clone() } else { left };
    DigestEntry { received_ms: report.created_ms, kind: report.draft.kind, who, business: said(key::BUSINESS), number }
}
