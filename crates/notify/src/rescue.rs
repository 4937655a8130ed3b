//! Another way for a report that does not arrive (F39): a further delivery to somebody else of the firm, in the same
//! transaction that writes down why.

use std::sync::Arc;

use report::{Content, Profile};
use store::{DeliveryRow, Late, NewDelivery, Settled, Store, StoreError};

use crate::fallback;
use crate::told::{Hook, News, Told};

/// Makes the links of a delivery.
pub trait Links: Send + Sync + 'static {
    /// Where it is confirmed (X05): the link, and the SHA-256 (hexadecimal) of the token in it. `None`: there are no such links, because nobody has told how
    /// this house is reached from outside.
    fn seen(&self, delivery: &str) -> Option<(String, String)>;

    /// The same for the link by which the recording is heard.
    fn listen(&self) -> Option<(String, String)>;
}

/// No links.
#[derive(Clone, Copy, Debug)]
pub struct NoLinks;

impl Links for NoLinks {
    fn seen(&self, _: &str) -> Option<(String, String)> {
        None
    }

    fn listen(&self) -> Option<(String, String)> {
        None
    }
}

/// Why there is such a delivery.
const FALLBACK: &str = "fallback";

/// Who gets it instead.
type Choose = for<'a> fn(&'a Profile, &str, &[String]) -> Option<&'a report::Recipient>;

/// What it takes to find another way.
#[derive(Clone)]
pub struct Rescue {
    /// The database.
    pub store: Store,
    /// Confirmation links.
    pub links: Arc<dyn Links>,
    /// Who is told.
    pub hook: Hook,
}

/// A delivery that does not arrive.
#[derive(Clone, Copy, Debug)]
pub struct Lost<'a> {
    /// Its report.
    pub report: &'a str,
    /// Client firm.
    pub customer: Option<i64>,
    /// Who does not get it.
    pub recipient: &'a str,
    /// What is told.
    pub content: &'a Content,
    /// Of an urgent report.
    pub urgent: bool,
}

impl Rescue {
    /// The delivery to somebody else instead; none if there is nobody, or the firm is not known.
    ///
    /// # Errors
    /// What the database says.
    pub async fn instead(&self, lost: Lost<'_>, now_ms: i64) -> Result<Vec<NewDelivery>, StoreError> {
        self.another(lost, fallback::choose, now_ms).await
    }

    /// The same for one that is only late.
    async fn beside(&self, late: &Late, content: &Content, now_ms: i64) -> Result<Vec<NewDelivery>, StoreError> {
        let row = &late.delivery;
        // One that goes another way already, that nobody waits for, or that our own house has not even tried: no second way.
        if row.reason == FALLBACK || content.digest.is_some() || !late.tried {
            return Ok(Vec::new());
        }
        self.another(lost(row, content), fallback::choose_late, now_ms).await
    }

    async fn another(&self, lost: Lost<'_>, choose: Choose, now_ms: i64) -> Result<Vec<NewDelivery>, StoreError> {
        // A trial is to show whether this very place gets it.
        let Some(customer) = lost.customer.filter(|_| !lost.content.test) else { return Ok(Vec::new()) };
        let profile = match self.store.profile(customer).await {
            Ok(row) => row.profile,
            // The alarm does not depend on it.
            Err(StoreError::Missing { .. } | StoreError::Damaged { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let had = self.store.report_deliveries(lost.report).await?;
        let had: Vec<String> = had.into_iter().map(|delivery| delivery.recipient).collect();
        let Some(recipient) = choose(&profile, lost.recipient, &had) else { return Ok(Vec::new()) };
        Ok(vec![self.delivery(recipient, lost.content, lost.urgent, FALLBACK, now_ms)?])
    }

    /// A further delivery of what was told before, with links of its own.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn delivery(
        &self,
        recipient: &report::Recipient,
        content: &Content,
        urgent: bool,
        reason: &str,
        now_ms: i64,
    ) -> Result<NewDelivery, StoreError> {
        let id = store::new_id(now_ms)?;
        let (seen_link, seen_hash) = self.links.seen(&id).unzip();
        let (link, listen_hash) = if content.listen { self.links.listen().unzip() } else { (None, None) };
        Ok(NewDelivery {
            id,
            recipient: recipient.id.clone(),
            channel: recipient.channel.clone(),
            reason: reason.to_owned(),
            content: Content { seen_link, link, ..content.clone() },
            urgent,
            seen_hash,
            listen_hash,
        })
    }

    /// It came back: written down, a task, and another way. Saying it twice does nothing. False: no delivery of ours.
    ///
    /// # Errors
    /// What the database says.
    pub async fn bounced(&self, delivery: &str, why: &str, now_ms: i64) -> Result<bool, StoreError> {
        let row = match self.store.delivery(delivery).await {
            Ok(row) => row,
            Err(StoreError::Missing { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let instead = match self.store.delivery_content(delivery).await {
            Ok(content) => self.instead(lost(&row, &content), now_ms).await?,
            // There is nothing that could go another way; the task says it.
            Err(StoreError::Damaged { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let settled = self.store.bounced(delivery, why, &instead, now_ms).await?;
        if matches!(settled, Settled::Done { .. }) {
            self.tell(&row, News::Bounced, why, &instead);
        }
        Ok(true)
    }

    /// It is late: a task, and another way as well. False: it has arrived meanwhile, or somebody has said so before.
    ///
    /// # Errors
    /// What the database says.
    pub async fn late(&self, found: &Late, now_ms: i64) -> Result<bool, StoreError> {
        let row = &found.delivery;
        let content = self.store.delivery_content(&row.id).await?;
        let instead = self.beside(found, &content, now_ms).await?;
        let late = self.store.delivery_late(&row.id, &instead, now_ms).await?;
        if late {
            self.tell(row, News::Late, &row.error, &instead);
        }
        Ok(late)
    }

    fn tell(&self, row: &DeliveryRow, news: News, why: &str, instead: &[NewDelivery]) {
        let told = Told {
            delivery: row.id.clone(),
            report: row.report.clone(),
            customer: row.customer,
            recipient: row.recipient.clone(),
            news,
            why: why.to_owned(),
        };
        self.tell_added(&told, instead);
        self.hook.tell(told);
    }

    /// Tells of further deliveries of the report of `about`.
    pub fn tell_added(&self, about: &Told, added: &[NewDelivery]) {
        for new in added {
            let (delivery, recipient) = (new.id.clone(), new.recipient.clone());
            self.hook.tell(Told { delivery, recipient, news: News::Added, why: new.reason.clone(), ..about.clone() });
        }
    }
}

fn lost<'a>(row: &'a DeliveryRow, content: &'a Content) -> Lost<'a> {
    Lost { report: &row.report, customer: row.customer, recipient: &row.recipient, content, urgent: row.urgent }
}
