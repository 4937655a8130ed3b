//! Deliveries are made: always in the transaction of that which they are made for.

use std::collections::BTreeSet;

use report::{Channel, Content};

use super::room;
use crate::database::{Tx, next_id};
use crate::error::StoreError;
use crate::row::to_json;
use crate::text::storable;

/// Deliveries that one transaction makes.
const AT_ONCE_MAX: usize = 40;

/// A delivery to be made.
#[derive(Clone, PartialEq, Debug)]
pub struct NewDelivery {
    /// UUID ([`new_id`](crate::new_id)): the idempotency key, and what its confirmation link is signed for.
    pub id: String,
    /// The firm's recipient, by id.
    pub recipient: String,
    /// How it is reached, secrets and all.
    pub channel: Channel,
    /// Why it goes there: [`report::Why`] as JSON, or "fallback", "ladder".
    pub reason: String,
    /// What is told.
    pub content: Content,
    /// Of an urgent report: its room is served before others.
    pub urgent: bool,
    /// SHA-256 of the confirmation link's token, hexadecimal; `None`: it has no such link.
    pub seen_hash: Option<String>,
    /// The same of the link to the recording, which is `content.link`.
    pub listen_hash: Option<String>,
}

/// What deliveries belong to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Belongs<'a> {
    pub(crate) report: &'a str,
    pub(crate) customer: Option<i64>,
    /// As it was sent; false: later, and beside that.
    pub(crate) first: bool,
    pub(crate) now_ms: i64,
}

/// Whoever may make deliveries calls this before taking any room: places are given in the order in which transactions end.
pub(crate) async fn begin_round(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query("UPDATE counters SET last = last WHERE name = 'deliveries'").execute(&mut **tx).await?;
    Ok(())
}

/// Adds deliveries in the order given, each at the end of its room.
pub(crate) async fn add(tx: &mut Tx, belongs: Belongs<'_>, deliveries: &[NewDelivery]) -> Result<(), StoreError> {
    if deliveries.len() > AT_ONCE_MAX {
        let what = format!("{} at once are too many", deliveries.len());
        return Err(StoreError::invalid("recipients", what, format!("choose at most {AT_ONCE_MAX}")));
    }
    if let Some(phone) = deliveries.iter().find(|delivery| !delivery.channel.is_written()) {
        let what = format!("{:?} is a telephone", phone.recipient);
        return Err(StoreError::invalid(
            "recipients",
            what,
            "telephones belong on the ladder; choose a mail or a chat",
        ));
    }
    begin_round(tx).await?;
    // By name, as everybody takes them.
    let rooms: BTreeSet<String> = deliveries.iter().map(|delivery| delivery.channel.room()).collect();
    for room in rooms {
        room::lock(tx, &room).await?;
    }
    for delivery in deliveries {
        insert(tx, belongs, delivery).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, belongs: Belongs<'_>, delivery: &NewDelivery) -> Result<(), StoreError> {
    let place = next_id(tx, "deliveries").await?;
    let room = delivery.channel.room();
    // The link to a recording stands by itself, so that it can be forgotten when it has gone.
    let link = delivery.content.link.as_deref().filter(|_| delivery.listen_hash.is_some());
    let content = Content { link: None, ..delivery.content.clone() };
    let content = storable(&to_json(&content, "deliveries.content")?).into_owned();
    sqlx::query(
        "INSERT INTO deliveries (id, report, recipient, round, place, customer, channel, target, room, content, reason, \
         urgent, state, is_open, attempts, created_ms, next_ms, late_due_ms, remote_id, seen_hash, error, listen_link, listen_hash, listens) \
         VALUES ($1, $2, $3, $15 * (SELECT COALESCE(MAX(round), 0) + 1 FROM deliveries WHERE report = $2 AND recipient = $3), \
         $4, $5, $6, $7, $8, $9, $10, $11, 'waiting', 1, 0, $12, $12, $13, '', $14, '', $16, $17, 0)",
    )
    .bind(&delivery.id)
    .bind(belongs.report)
    .bind(storable(&delivery.recipient).into_owned())
    .bind(place)
    .bind(belongs.customer)
    .bind(delivery.channel.kind())
    .bind(storable(&to_json(&delivery.channel, "deliveries.target")?).into_owned())
    .bind(storable(&room).into_owned())
    .bind(content)
    .bind(storable(&delivery.reason).into_owned())
    .bind(i64::from(delivery.urgent))
    .bind(belongs.now_ms)
    .bind(belongs.now_ms.saturating_add(report::retry::late_after(delivery.urgent)))
    .bind(delivery.seen_hash.as_deref())
    .bind(i64::from(!belongs.first))
    .bind(link)
    .bind(delivery.listen_hash.as_deref())
    .execute(&mut **tx)
    .await?;
    room::enter(tx, &storable(&room), &delivery.id, delivery.urgent, belongs.now_ms).await
}
