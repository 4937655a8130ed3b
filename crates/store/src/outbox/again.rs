//! By hand, after a report was sent: a delivery once more that was given up, came back or was called back, after somebody has mended
//! what was wrong; and the report to one more recipient.

use report::{Channel, Content};

use super::{Belongs, DeliveryRow, NewDelivery, add, delivery_row, missing};
use crate::audit;
use crate::compose::MakeLink;
use crate::database::Store;
use crate::error::{Conflict, StoreError};
use crate::profile;
use crate::report::{ReportState, take};
use crate::row::Columns;

impl Store {
    /// Sends what a delivery said to the same recipient once more, to where the firm's profile has it now. The new delivery has a name
    /// of its own (`id`, a new UUID): the recipient may get it twice, because a person wanted it. `seen`: its confirmation link, and the
    /// SHA-256 of the link's token. `listen` makes its link to the recording, if the report has one: the first one's is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if it is on its way still, or if its recipient is no more; [`StoreError::Missing`], and what the
    /// database says.
    pub async fn resend_delivery(
        &self,
        delivery: &str,
        id: &str,
        seen: Option<(String, String)>,
        who: &str,
        listen: MakeLink<'_>,
        now_ms: i64,
    ) -> Result<DeliveryRow, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "SELECT report FROM deliveries WHERE id = $1";
        let report: Option<String> = sqlx::query_scalar(sql).bind(delivery).fetch_optional(&mut *tx).await?;
        let report = report.ok_or_else(|| missing(delivery))?;
        // What was purged has nothing to say any more.
        take(&mut tx, &report).await?;
        audit::add(&mut tx, now_ms, who, "delivery.resend", &format!("delivery {delivery}"), id).await?;
        let row = sqlx::query("SELECT * FROM deliveries WHERE id = $1").bind(delivery).fetch_optional(&mut *tx).await?;
        let row = row.ok_or_else(|| missing(delivery))?;
        if row.flag("is_open")? {
            return Err(StoreError::invalid("delivery", "it is on its way still", "wait for it, or withdraw it first"));
        }
        let (recipient, customer) = (row.text("recipient")?, row.maybe_int("customer")?);
        let profile = match customer {
            Some(customer) => profile::load(&mut tx, customer).await?.map(|row| row.profile),
            None => None,
        };
        let now = profile.as_ref().and_then(|profile| profile.recipient(&recipient)).map(|known| known.channel.clone());
        // A target without secrets is as good as it was.
        let then = || row.json::<Channel>("target", "deliveries.target").ok().filter(|old| !old.has_masked_secret());
        let channel = now.or_else(then).ok_or_else(|| {
            let what = format!("the firm has no recipient {recipient:?} any more");
            StoreError::invalid("recipient", what, "write a follow-up to another one")
        })?;
        let content: Content = row.json("content", "deliveries.content")?;
        let (link, listen_hash) = if content.listen { listen().unzip() } else { (None, None) };
        let (seen_link, seen_hash) = seen.unzip();
        let again = NewDelivery {
            id: id.to_owned(),
            recipient,
            channel,
            reason: "again".to_owned(),
            content: Content { link, seen_link, ..content },
            urgent: row.flag("urgent")?,
            seen_hash,
            listen_hash,
        };
        add(&mut tx, Belongs { report: &report, customer, first: false, now_ms }, &[again]).await?;
        let made = sqlx::query("SELECT * FROM deliveries WHERE id = $1").bind(id).fetch_one(&mut *tx).await?;
        let made = delivery_row(&made)?;
        tx.commit().await?;
        Ok(made)
    }

    /// Sends a report that was sent to one recipient more, because a person wants it; whoever has it already gets it twice.
    ///
    /// # Errors
    /// [`Conflict::NotSent`], [`StoreError::Missing`] report, and what the database says.
    pub async fn send_also(
        &self,
        report: &str,
        delivery: &NewDelivery,
        who: &str,
        now_ms: i64,
    ) -> Result<DeliveryRow, StoreError> {
        let mut tx = self.begin().await?;
        let sent = take(&mut tx, report).await?;
        if sent.state != ReportState::Sent {
            return Err(Conflict::NotSent { state: sent.state }.into());
        }
        let about = format!("report {report}");
        audit::add(&mut tx, now_ms, who, "report.send_also", &about, &delivery.recipient).await?;
        let belongs = Belongs { report, customer: sent.customer, first: false, now_ms };
        add(&mut tx, belongs, std::slice::from_ref(delivery)).await?;
        let made = sqlx::query("SELECT * FROM deliveries WHERE id = $1").bind(&delivery.id).fetch_one(&mut *tx).await?;
        let made = delivery_row(&made)?;
        tx.commit().await?;
        Ok(made)
    }
}
