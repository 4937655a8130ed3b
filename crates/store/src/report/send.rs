//! Sending: the report, its deliveries, its place on the ladder or in the digest, and what is counted, in one transaction (X02).
//! What is answered as sent is on the disk, and every recipient has a row.

use report::ladder::Ladder;
use report::{Form, Policy, Profile, key};

use super::{ReportRow, ReportState, Writer, draft, lock, take, take_draft};
use crate::audit;
use crate::billing;
use crate::database::{Store, Tx};
use crate::dispute::{self, DisputeRow, Verdict};
use crate::error::{Conflict, StoreError};
use crate::ladder;
use crate::outbox::{Belongs, DeliveryRow, NewDelivery, add, begin_round};
use crate::profile::{self, ProfileRow};
use crate::row::word;
use crate::task::{self, NewTask, TaskKind};
use crate::text::storable;

/// Characters of the reason why there is no report.
const WAIVER_CHARS_MAX: usize = 500;

/// How a report is sent, as the rules and the operator's preview have it.
#[derive(Clone, PartialEq, Debug)]
pub struct Sending {
    /// The revision that was previewed.
    pub revision: i64,
    /// What becomes of it.
    pub policy: Policy,
    /// One for each recipient, in order; of policies that send.
    pub deliveries: Vec<NewDelivery>,
    /// When the digest is due that it goes into; of [`Policy::Digest`].
    pub digest_due_ms: Option<i64>,
    /// What is climbed while nobody has seen it; of urgent reports.
    pub ladder: Option<Ladder>,
    /// What somebody has to do beside it: a call-out (F35), a firm without recipients.
    pub tasks: Vec<NewTask>,
}

/// What was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// The report.
    pub report: ReportRow,
    /// Its deliveries.
    pub deliveries: Vec<DeliveryRow>,
    /// It had been sent before, at this revision: nothing was done now.
    pub again: bool,
}

impl Store {
    /// Sends a draft. All or nothing; asked again for the same revision, it tells what was sent and does nothing.
    ///
    /// # Errors
    /// [`StoreError::Unfinished`] with what is missing (a notice needs nothing), [`StoreError::Invalid`] for recipients that are
    /// none or twice the same, [`Conflict`] if it is locked, changed since, or no draft, [`StoreError::Missing`], and what the
    /// database says.
    pub async fn send_report(
        &self,
        id: &str,
        sending: &Sending,
        writer: &Writer,
        now_ms: i64,
    ) -> Result<Sent, StoreError> {
        self.send_and(id, sending, writer, None, now_ms).await
    }

    /// Sends a draft that answers a dispute, and ends the dispute with this verdict, in one transaction: no dispute stays open whose
    /// answer was sent, and no answer is sent twice.
    ///
    /// # Errors
    /// As [`Store::send_report`] and [`Store::decide_dispute`].
    pub async fn send_answer(
        &self,
        id: &str,
        sending: &Sending,
        writer: &Writer,
        (dispute, verdict): (i64, &Verdict),
        now_ms: i64,
    ) -> Result<(Sent, DisputeRow), StoreError> {
        let verdict = Verdict { follow_up: Some(id.to_owned()), ..verdict.clone() };
        let sent = self.send_and(id, sending, writer, Some((dispute, &verdict)), now_ms).await?;
        Ok((sent, self.dispute(dispute).await?))
    }

    async fn send_and(
        &self,
        id: &str,
        sending: &Sending,
        writer: &Writer,
        answers: Option<(i64, &Verdict)>,
        now_ms: i64,
    ) -> Result<Sent, StoreError> {
        check_recipients(sending)?;
        let mut tx = self.begin().await?;
        let mut report = take(&mut tx, id).await?;
        if report.state == ReportState::Sent && report.revision == sending.revision {
            tx.rollback().await?;
            return Ok(Sent { report, deliveries: self.report_deliveries(id).await?, again: true });
        }
        if report.state != ReportState::Draft {
            return Err(Conflict::NotDraft { state: report.state }.into());
        }
        if report.revision != sending.revision {
            return Err(Conflict::Revision { expected: sending.revision, found: report.revision }.into());
        }
        lock::refuse_locked(&report, writer, now_ms)?;
        let profile = match report.customer {
            Some(customer) => profile::load(&mut tx, customer).await?,
            None => None,
        };
        check_finished(&report, sending.policy, profile.as_ref().map(|row| &row.profile))?;
        if let Some((dispute, verdict)) = answers {
            dispute::decide(&mut tx, dispute, verdict, &writer.login, now_ms).await?;
        }
        // Counters before rooms, as everybody takes them.
        audit::add(&mut tx, now_ms, &writer.login, "report.send", &lock::about(id), &word(&sending.policy)).await?;
        begin_round(&mut tx).await?;
        finish(&mut tx, &mut report, sending, writer, profile.as_ref(), now_ms).await?;
        let belongs = Belongs { report: id, customer: report.customer, first: true, now_ms };
        add(&mut tx, belongs, &sending.deliveries).await?;
        if let Some(ladder) = &sending.ladder {
            ladder::begin(&mut tx, id, report.customer, ladder, now_ms).await?;
        }
        task::close(&mut tx, TaskKind::Unfinished, id, "sent", now_ms).await?;
        for each in &sending.tasks {
            task::add(&mut tx, each, now_ms).await?;
        }
        tx.commit().await?;
        let report = self.report(id).await?;
        Ok(Sent { report, deliveries: self.report_deliveries(id).await?, again: false })
    }

    /// There will be no report of this call, for this reason; it counts as one that is accounted for (F38).
    ///
    /// # Errors
    /// [`StoreError::Invalid`] without a reason, [`Conflict`] if it is locked or no draft, [`StoreError::Missing`], and what the
    /// database says.
    pub async fn waive_report(
        &self,
        id: &str,
        reason: &str,
        writer: &Writer,
        now_ms: i64,
    ) -> Result<ReportRow, StoreError> {
        let reason = report::text::line(reason);
        if report::text::is_blank(&reason) || reason.chars().count() > WAIVER_CHARS_MAX {
            let remedy = format!("say why there is no report, in 1 to {WAIVER_CHARS_MAX} characters");
            return Err(StoreError::invalid("reason", "there is none, or it is too long", remedy));
        }
        let mut tx = self.begin().await?;
        let report = take_draft(&mut tx, id).await?;
        lock::refuse_locked(&report, writer, now_ms)?;
        // The reason stands with the report alone: it may tell of the caller, and the audit log outlives both.
        audit::add(&mut tx, now_ms, &writer.login, "report.waive", &lock::about(id), "").await?;
        sqlx::query(
            "UPDATE reports SET state = 'waived', waiver = $1, sent_by = $2, updated_ms = $3, sender = $4, lock_login = '', \
             lock_name = '', lock_until_ms = 0 WHERE id = $5",
        )
        .bind(storable(&reason).into_owned())
        .bind(storable(&writer.name).into_owned())
        .bind(now_ms)
        .bind(writer.operator)
        .bind(id)
        .execute(&mut *tx)
        .await?;
        task::close(&mut tx, TaskKind::Unfinished, id, "waived", now_ms).await?;
        tx.commit().await?;
        self.report(id).await
    }
}

/// Somebody gets it, nobody twice, and nobody what nobody is to get.
fn check_recipients(sending: &Sending) -> Result<(), StoreError> {
    const FIELD: &str = "recipients";
    let sends = matches!(sending.policy, Policy::Send | Policy::NoticeOnly);
    if !sends && !sending.deliveries.is_empty() {
        let what = format!("policy {} sends to nobody now", word(&sending.policy));
        return Err(StoreError::invalid(FIELD, what, "choose none, or send it"));
    }
    if sends && sending.deliveries.is_empty() && sending.tasks.is_empty() {
        return Err(StoreError::invalid(FIELD, "there is none", "choose one, or give the firm a recipient"));
    }
    if sending.policy == Policy::Digest && sending.digest_due_ms.is_none() {
        return Err(StoreError::invalid("digest_due_ms", "it is missing", "say when the digest is due"));
    }
    let mut seen = std::collections::BTreeSet::new();
    match sending.deliveries.iter().find(|delivery| !seen.insert(&delivery.recipient)) {
        Some(twice) => {
            let what = format!("{:?} is there twice", twice.recipient);
            Err(StoreError::invalid(FIELD, what, "choose each recipient once"))
        }
        None => Ok(()),
    }
}

/// What the desk has checked is checked again: no other way leads to the outbox (F10, F11).
fn check_finished(report: &ReportRow, policy: Policy, profile: Option<&Profile>) -> Result<(), StoreError> {
    if policy == Policy::NoticeOnly {
        return Ok(());
    }
    let standard = Form::standard();
    let missing = report::missing(profile.map_or(&standard, |profile| &profile.form), &report.draft);
    if missing.is_empty() { Ok(()) } else { Err(StoreError::Unfinished(missing)) }
}

/// The report's own row, its count and its digest.
async fn finish(
    tx: &mut Tx,
    report: &mut ReportRow,
    sending: &Sending,
    writer: &Writer,
    ordered: Option<&ProfileRow>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let profile = ordered.map(|row| &row.profile);
    // The roster's reading of whom the caller asked for, so that the report is found by it.
    let person = report.draft.said(key::PERSON).zip(profile).and_then(|(id, profile)| profile.person(id)).cloned();
    let person = person.unwrap_or_default();
    report.updated_ms = now_ms;
    draft::write(tx, report, &[&person.name, &person.kana]).await?;
    let standard = Profile::default();
    // Nobody pays for a trial, or twice for a correction.
    let free = report.follows.is_some() || sending.deliveries.iter().any(|delivery| delivery.content.test);
    let class = match (report.customer, free) {
        (Some(_), false) => report::billing::class(profile.unwrap_or(&standard), &report.draft).to_owned(),
        (Some(_), true) | (None, _) => String::new(),
    };
    sqlx::query(
        "UPDATE reports SET state = 'sent', sent_ms = $1, sent_by = $2, policy = $3, class = $4, sender = $5, profile_revision = $7, \
         lock_login = '', lock_name = '', lock_until_ms = 0 WHERE id = $6",
    )
    .bind(now_ms)
    .bind(storable(&writer.name).into_owned())
    .bind(word(&sending.policy))
    .bind(&class)
    .bind(writer.operator)
    .bind(&report.id)
    .bind(ordered.map(|row| row.revision))
    .execute(&mut **tx)
    .await?;
    if let Some(customer) = report.customer {
        billing::count_report(tx, customer, report.created_ms, &class, sending.deliveries.len()).await?;
    }
    if let (Policy::Digest, Some(due_ms)) = (sending.policy, sending.digest_due_ms) {
        sqlx::query("INSERT INTO digests (report, customer, due_ms) VALUES ($1, $2, $3)")
            .bind(&report.id)
            .bind(report.customer.unwrap_or_default())
            .bind(due_ms)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
