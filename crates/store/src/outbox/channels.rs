//! Every firm's recipients, and what came of the last delivery to each: what an administrator looks at in the morning.

use serde::Serialize;
use sqlx::any::AnyRow;

use super::{DeliveryState, state_of};
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;

/// Firms that one question looks at.
const FIRMS_MAX: i64 = 200;

/// A recipient of a firm. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct ChannelRow {
    /// Client firm.
    pub customer: i64,
    /// Its name.
    pub customer_name: String,
    /// The recipient, by id.
    pub recipient: String,
    /// What people call it.
    pub label: String,
    /// By what: `email`, `chatwork`, …
    pub channel: String,
    /// It is in use.
    pub active: bool,
    /// Of the last delivery; `None`: there was none.
    pub state: Option<DeliveryState>,
    /// When that was made.
    pub at_ms: Option<i64>,
    /// When its server took it.
    pub accepted_ms: Option<i64>,
    /// Why not.
    pub error: String,
}

impl ChannelRow {
    /// The last delivery has not arrived, and something is wrong with it: not that we ended in the middle of it.
    pub fn fails(&self) -> bool {
        match self.state {
            Some(DeliveryState::Retry) => self.error != super::lease::LOST,
            Some(DeliveryState::Dead | DeliveryState::Bounced) => true,
            Some(
                DeliveryState::Waiting | DeliveryState::Leased | DeliveryState::Accepted | DeliveryState::Withdrawn,
            )
            | None => false,
        }
    }
}

impl Store {
    /// The recipients of active firms with ids above `after`, some 200 firms at a time, and where the next page begins.
    ///
    /// # Errors
    /// What the database says.
    pub async fn channels(&self, after: i64) -> Result<(Vec<ChannelRow>, Option<i64>), StoreError> {
        let firms = sqlx::query("SELECT id, name FROM customers WHERE active = 1 AND id > $1 ORDER BY id LIMIT $2")
            .bind(after)
            .bind(FIRMS_MAX)
            .fetch_all(&self.pool)
            .await?;
        let mut rows = Vec::new();
        for firm in &firms {
            let (customer, name) = (firm.int("id")?, firm.text("name")?);
            let profile = self.profile(customer).await?.profile;
            for recipient in &profile.recipients {
                // One step back in an index for most: recipients that are in use have recent deliveries.
                let sql = "SELECT state, created_ms, accepted_ms, error FROM deliveries WHERE customer = $1 AND recipient = $2 \
                           ORDER BY place DESC LIMIT 1";
                let last: Option<AnyRow> =
                    sqlx::query(sql).bind(customer).bind(&recipient.id).fetch_optional(&self.pool).await?;
                let (mut state, mut at_ms, mut accepted_ms, mut error) = (None, None, None, String::new());
                if let Some(last) = &last {
                    (state, at_ms) = (Some(state_of(last)?), last.maybe_int("created_ms")?);
                    (accepted_ms, error) = (last.maybe_int("accepted_ms")?, last.text("error")?);
                }
                rows.push(ChannelRow {
                    customer,
                    customer_name: name.clone(),
                    recipient: recipient.id.clone(),
                    label: recipient.label.clone(),
                    channel: recipient.channel.kind().to_owned(),
                    active: recipient.active,
                    state,
                    at_ms,
                    accepted_ms,
                    error,
                });
            }
        }
        let is_full = i64::try_from(firms.len()).is_ok_and(|firms| firms >= FIRMS_MAX);
        let next = match firms.last().filter(|_| is_full) {
            Some(last) => Some(last.int("id")?),
            None => None,
        };
        Ok((rows, next))
    }
}
