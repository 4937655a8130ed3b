//! The link by which a firm's recipient hears the recording of the call that a report is about (F43, F52, R18). The token itself is
//! kept only while its delivery is on its way; afterwards its hash alone, and what it opens is asked anew each time: the call is the
//! firm's own, the plan holds, the recipient is one still.

use report::Listening;
use switch::CallId;

use crate::audit;
use crate::call::key;
use crate::clip::Clip;
use crate::database::Store;
use crate::error::StoreError;
use crate::report::{ReportRow, report_row};
use crate::row::Columns;

/// Corrections of corrections that are followed to the call that they are about.
const FOLLOWS_MAX: usize = 20;

/// What a listening link opens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listen {
    /// The delivery whose link it is.
    pub delivery: String,
    /// Client firm.
    pub customer: i64,
    /// Its recipient, by id.
    pub recipient: String,
    /// The report.
    pub report: ReportRow,
    /// The call.
    pub call: CallId,
    /// Sittings so far.
    pub times: u32,
    /// What the firm's plan is now.
    pub listening: Listening,
    /// The firm's language.
    pub language: report::Language,
    /// It opens these seconds alone (X04).
    pub clip: Option<Clip>,
}

impl Store {
    /// What the link with this token's SHA-256 opens; `None`: none of ours, or one that opens nothing: its delivery was called back or
    /// came back, its recipient is none any more, the firm's plan has no listening, or the call is not this firm's. How long and how
    /// often is the asker's to see.
    ///
    /// # Errors
    /// What the database says.
    pub async fn listen_page(&self, token_hash: &str) -> Result<Option<Listen>, StoreError> {
        let sql = "SELECT id, recipient, customer, report, listens FROM deliveries WHERE listen_hash = $1 \
                   AND state NOT IN ('withdrawn', 'bounced')";
        let Some(row) = sqlx::query(sql).bind(token_hash).fetch_optional(&self.pool).await? else { return Ok(None) };
        let Some(customer) = row.maybe_int("customer")? else { return Ok(None) };
        let (recipient, report) = (row.text("recipient")?, self.report(&row.text("report")?).await?);
        let profile = self.profile(customer).await?.profile;
        let is_recipient = profile.recipient(&recipient).is_some_and(|place| place.active);
        if !profile.listening.on || !is_recipient || report.customer != Some(customer) {
            return Ok(None);
        }
        let Some(call) = self.call_of_report(&report).await? else { return Ok(None) };
        let owner: Option<Option<i64>> = sqlx::query_scalar("SELECT customer FROM calls WHERE id = $1")
            .bind(key(call))
            .fetch_optional(&self.pool)
            .await?;
        // A call that the journal still holds has no recording yet either; then the report's own word counts.
        if owner.is_some_and(|owner| owner != Some(customer)) {
            return Ok(None);
        }
        let clip = self.clip(&report.id).await?;
        if clip.as_ref().is_some_and(|clip| clip.call != call || clip.revoked_ms.is_some()) {
            return Ok(None);
        }
        Ok(Some(Listen {
            clip,
            delivery: row.text("id")?,
            customer,
            recipient,
            report,
            call,
            times: row.small("listens", "deliveries.listens")?,
            listening: profile.listening,
            language: profile.language,
        }))
    }

    /// Somebody begins to listen by a link: counted, and in the audit log, before the first byte is sent. False: the plan has no more.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the call has no recording, and what the database says.
    pub async fn note_listen(&self, listen: &Listen, now_ms: i64) -> Result<bool, StoreError> {
        let path = self.recording(listen.call).await?.path;
        let mut tx = self.begin().await?;
        let most = if listen.listening.times_max == 0 { i64::MAX } else { i64::from(listen.listening.times_max) };
        let who = format!("link {}", listen.delivery);
        let part = listen.clip.as_ref().map(|clip| format!(" {}–{} ms", clip.from_ms, clip.until_ms));
        let detail = format!("customer {}, {}: {path}{}", listen.customer, listen.recipient, part.unwrap_or_default());
        audit::add(&mut tx, now_ms, &who, "recording.play", &listen.call.to_string(), &detail).await?;
        let counted = sqlx::query("UPDATE deliveries SET listens = listens + 1 WHERE id = $1 AND listens < $2")
            .bind(&listen.delivery)
            .bind(most)
            .execute(&mut *tx)
            .await?;
        if counted.rows_affected() == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// The call that a report is about; of a correction, that of what it corrects.
    ///
    /// # Errors
    /// What the database says.
    pub async fn call_of_report(&self, report: &ReportRow) -> Result<Option<CallId>, StoreError> {
        let (mut call, mut follows) = (report.call, report.follows.clone());
        for _ in 0..FOLLOWS_MAX {
            let (None, Some(before)) = (call, follows) else { break };
            let row =
                sqlx::query("SELECT * FROM reports WHERE id = $1").bind(&before).fetch_optional(&self.pool).await?;
            let Some(row) = row else { break };
            let before = report_row(&row)?;
            // A correction is of the same firm's report, or it leads nowhere.
            if before.customer != report.customer {
                break;
            }
            (call, follows) = (before.call, before.follows);
        }
        Ok(call)
    }

    /// The report that a correction, or a correction of corrections, began with; `None`: it corrects none.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn first_of(&self, report: &ReportRow) -> Result<Option<String>, StoreError> {
        let (mut first, mut follows) = (None, report.follows.clone());
        for _ in 0..FOLLOWS_MAX {
            let Some(before) = follows else { break };
            let sql = "SELECT follows FROM reports WHERE id = $1";
            let row: Option<Option<String>> = sqlx::query_scalar(sql).bind(&before).fetch_optional(&self.pool).await?;
            (first, follows) = (Some(before), row.flatten());
        }
        Ok(first)
    }

    /// Whether this call has a recording, or may still get one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn may_be_heard(&self, call: CallId) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT settled, announced_ms, answered_ms, no_recording, \
             (SELECT COUNT(*) FROM recordings WHERE recordings.call = calls.id) AS files FROM calls WHERE id = $1",
        )
        .bind(key(call))
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(true) };
        if row.int("files")? > 0 {
            return Ok(true);
        }
        let was_open = row.maybe_int("answered_ms")?.or(row.maybe_int("announced_ms")?).is_some();
        Ok(was_open && !row.flag("settled")? && row.text("no_recording")?.is_empty())
    }
}
