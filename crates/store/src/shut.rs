//! Sources that an administrator has shut out by hand, with a reason and perhaps an end: part of the directory, so that they hold after
//! a restart, too. Rows stay.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use switch::Shut;

use crate::audit;
use crate::check::{Checks, NAME_CHARS_MAX};
use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::row::Columns;
use crate::text::storable;

/// Blocks that hold at once.
const HELD_MAX: i64 = 200;
/// Blocks of the past that are shown.
const PAST_ROWS: i64 = 100;
/// A block of IPv4 is no larger than this: what is meant is a neighbour, not half the world.
const PREFIX_V4_MIN: u8 = 8;
/// The same of IPv6.
const PREFIX_V6_MIN: u8 = 16;

/// A source to be shut out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShut {
    /// An address or a block: `203.0.113.66`, `203.0.113.0/24`, `2001:db8::/32`.
    pub network: String,
    /// Why.
    pub reason: String,
    /// When it ends by itself, unix milliseconds; none: when somebody lifts it.
    #[serde(default)]
    pub until_ms: Option<i64>,
}

impl NewShut {
    /// The block's first address and its prefix; `None`: it is none.
    pub fn block(&self) -> Option<(IpAddr, u8)> {
        parsed(&self.network)
    }
}

/// A source that was shut out. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct ShutRow {
    /// Row id.
    pub id: i64,
    /// `203.0.113.0/24`
    pub network: String,
    /// Why.
    pub reason: String,
    /// When it ends by itself.
    pub until_ms: Option<i64>,
    /// Shut out when,
    pub made_ms: i64,
    /// and by whom.
    pub made_by: String,
    /// Listened to again when,
    pub lifted_ms: Option<i64>,
    /// and by whom.
    pub lifted_by: String,
}

impl ShutRow {
    /// It holds at that time.
    pub fn holds(&self, now_ms: i64) -> bool {
        self.lifted_ms.is_none() && self.until_ms.is_none_or(|until_ms| until_ms > now_ms)
    }
}

impl Store {
    /// Everybody who was ever shut out by hand, newest first: all who are now, and 100 of the past.
    ///
    /// # Errors
    /// What the database says.
    pub async fn shut_out(&self, now_ms: i64) -> Result<Vec<ShutRow>, StoreError> {
        let held = "SELECT * FROM shut_out WHERE lifted_ms IS NULL AND (until_ms IS NULL OR until_ms > $1) ORDER BY id DESC LIMIT $2";
        let over = "SELECT * FROM shut_out WHERE lifted_ms IS NOT NULL OR until_ms <= $1 ORDER BY id DESC LIMIT $2";
        let mut found = sqlx::query(held).bind(now_ms).bind(HELD_MAX).fetch_all(&self.pool).await?;
        found.extend(sqlx::query(over).bind(now_ms).bind(PAST_ROWS).fetch_all(&self.pool).await?);
        found.iter().map(shut_row).collect()
    }

    /// Shuts a source out.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, and what the database says.
    pub async fn add_shut(&self, new: &NewShut, who: &str, now_ms: i64) -> Result<ShutRow, StoreError> {
        let mut checks = Checks::default();
        let reason = checks.needed_line("reason", &new.reason, NAME_CHARS_MAX);
        let block = new.block();
        match block {
            None => checks.fail(
                "network",
                format!("{:.60?} is no address", new.network),
                "write 203.0.113.66 or 203.0.113.0/24",
            ),
            Some((address, prefix)) if prefix < least(address) => {
                checks.fail("network", "that is too large a part of the world", "name a smaller block");
            }
            Some(_) => {}
        }
        if new.until_ms.is_some_and(|until_ms| until_ms <= now_ms) {
            checks.fail("until_ms", "it is over already", "choose a later time, or none");
        }
        checks.end(())?;
        let network = block.map(|(address, prefix)| format!("{address}/{prefix}")).unwrap_or_default();
        let mut tx = self.begin_directory_change().await?;
        let held: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM shut_out WHERE lifted_ms IS NULL AND (until_ms IS NULL OR until_ms > $1)",
        )
        .bind(now_ms)
        .fetch_one(&mut *tx)
        .await?;
        if held >= HELD_MAX {
            return Err(StoreError::invalid("network", format!("{HELD_MAX} are shut out already"), "lift one first"));
        }
        let id = next_id(&mut tx, "shut_out").await?;
        let row = sqlx::query(
            "INSERT INTO shut_out (id, network, reason, until_ms, made_ms, made_by, lifted_by) \
             VALUES ($1, $2, $3, $4, $5, $6, '') RETURNING *",
        )
        .bind(id)
        .bind(&network)
        .bind(storable(&reason).into_owned())
        .bind(new.until_ms)
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .fetch_one(&mut *tx)
        .await?;
        audit::add(&mut tx, now_ms, who, "ban.add", &network, &reason).await?;
        tx.commit().await?;
        shut_row(&row)
    }

    /// Listens to it again.
    ///
    /// # Errors
    /// [`StoreError::Missing`] of one that does not hold, and what the database says.
    pub async fn lift_shut(&self, id: i64, who: &str, now_ms: i64) -> Result<ShutRow, StoreError> {
        let mut tx = self.begin_directory_change().await?;
        let row = sqlx::query(
            "UPDATE shut_out SET lifted_ms = $1, lifted_by = $2 WHERE id = $3 AND lifted_ms IS NULL \
             AND (until_ms IS NULL OR until_ms > $1) RETURNING *",
        )
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
        let row = row.ok_or_else(|| StoreError::Missing { what: "ban", id: id.to_string() })?;
        let row = shut_row(&row)?;
        audit::add(&mut tx, now_ms, who, "ban.lift", &row.network, &row.reason).await?;
        tx.commit().await?;
        Ok(row)
    }
}

/// For the switch: what was lifted is not among them, what has ended the switch leaves out itself.
pub(crate) async fn held(connection: &mut AnyConnection) -> Result<Vec<Shut>, StoreError> {
    let sql = "SELECT network, until_ms FROM shut_out WHERE lifted_ms IS NULL ORDER BY id DESC LIMIT 10000";
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    let mut found = Vec::new();
    for row in &rows {
        let until_ms = row.maybe_int("until_ms")?;
        found.extend(parsed(&row.text("network")?).map(|(network, prefix)| Shut { network, prefix, until_ms }));
    }
    Ok(found)
}

fn least(address: IpAddr) -> u8 {
    if address.is_ipv4() { PREFIX_V4_MIN } else { PREFIX_V6_MIN }
}

/// The first address of the block that is written there, and its prefix.
fn parsed(text: &str) -> Option<(IpAddr, u8)> {
    let text = text.trim();
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
        None => (text, None),
    };
    match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => {
            let prefix = prefix.unwrap_or(32);
            let shift = 32_u32.checked_sub(u32::from(prefix))?;
            let mask = u32::MAX.checked_shl(shift).unwrap_or(0);
            Some((std::net::Ipv4Addr::from_bits(address.to_bits() & mask).into(), prefix))
        }
        IpAddr::V6(address) => {
            let prefix = prefix.unwrap_or(128);
            let shift = 128_u32.checked_sub(u32::from(prefix))?;
            let mask = u128::MAX.checked_shl(shift).unwrap_or(0);
            Some((std::net::Ipv6Addr::from_bits(address.to_bits() & mask).into(), prefix))
        }
    }
}

fn shut_row(row: &AnyRow) -> Result<ShutRow, StoreError> {
    Ok(ShutRow {
        id: row.int("id")?,
        network: row.text("network")?,
        reason: row.text("reason")?,
        until_ms: row.maybe_int("until_ms")?,
        made_ms: row.int("made_ms")?,
        made_by: row.text("made_by")?,
        lifted_ms: row.maybe_int("lifted_ms")?,
        lifted_by: row.text("lifted_by")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_written_with_its_first_address() {
        let block = |text: &str| parsed(text).map(|(address, prefix)| format!("{address}/{prefix}"));
        assert_eq!(block("203.0.113.66").as_deref(), Some("203.0.113.66/32"));
        assert_eq!(block(" 203.0.113.66/24 ").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(block("::ffff:203.0.113.66").as_deref(), Some("203.0.113.66/32"));
        assert_eq!(block("2001:db8::7/32").as_deref(), Some("2001:db8::/32"));
        for odd in ["", "everyone", "203.0.113.66/33", "203.0.113.66/-1", "203.0.113", "2001:db8::/129"] {
            assert_eq!(block(odd), None, "{odd}");
        }
    }
}
