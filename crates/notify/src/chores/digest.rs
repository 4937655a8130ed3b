//! The day's calls that were worth no report of their own go out together (F27).

use report::{Content, DigestEntry, Profile, choose, key};
use store::{DueDigest, NewDelivery, ReportRow, StoreError};

use super::Chores;

impl Chores {
    /// Sends the digests that are due.
    pub(super) async fn digests(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let mut any = false;
        for due in self.rescue.store.due_digests(now_ms).await? {
            let profile = self.rescue.store.profile(due.customer).await?.profile;
            let id = store::new_id(now_ms)?;
            let deliveries = deliveries(&profile, &due, &id, now_ms)?;
            any |= self.rescue.store.send_digest(&id, &due, &deliveries, now_ms).await?;
        }
        if any {
            self.bell.ring();
        }
        Ok(())
    }
}

/// To whoever would have got the reports themselves, in the order in which the firm's rules name them.
fn deliveries(profile: &Profile, due: &DueDigest, id: &str, now_ms: i64) -> Result<Vec<NewDelivery>, StoreError> {
    let entries: Vec<DigestEntry> = due.reports.iter().map(entry).collect();
    let content = Content::digest(id, &due.customer_name, profile.language, now_ms, &entries);
    let mut recipients: Vec<String> = Vec::new();
    for report in &due.reports {
        for (recipient, _) in choose(profile, &report.draft, report.created_ms).recipients {
            if !recipients.contains(&recipient) {
                recipients.push(recipient);
            }
        }
    }
    recipients.truncate(usize::from(profile.recipients_max));
    let places = recipients.iter().filter_map(|id| profile.recipient(id));
    places
        .map(|place| {
            Ok(NewDelivery {
                id: store::new_id(now_ms)?,
                recipient: place.id.clone(),
                channel: place.channel.clone(),
                reason: "digest".to_owned(),
                content: content.clone(),
                urgent: false,
                seen_hash: None,
            })
        })
        .collect()
}

fn entry(report: &ReportRow) -> DigestEntry {
    let said = |key: &str| report.draft.said(key).unwrap_or_default().to_owned();
    let who = [said(key::COMPANY), said(key::NAME)].join(" ").trim().to_owned();
    let left = said(key::CALLBACK);
    let number = if left.is_empty() { report.caller.clone() } else { left };
    DigestEntry { received_ms: report.created_ms, kind: report.draft.kind, who, business: said(key::BUSINESS), number }
}
