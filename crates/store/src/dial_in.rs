//! Recordings by telephone (F52): a firm's PIN for the recordings line, who may hear what there, and the limits on wrong PINs, which
//! outlive a restart.
//!
//! A try is charged before the PIN is looked at and given back if it was right: as many lines as there are cannot try more often than
//! one. An unknown code and a wrong PIN take equally long (R01).

use report::japan::{DAY_MS, HOUR_MS};
use serde::Serialize;
use sqlx::any::AnyRow;
use switch::CallId;
use switch::dial_in::{Kept, Locked, RECORDINGS_MAX};

use crate::audit;
use crate::call::{call_of_key, key};
use crate::database::{Store, Tx};
use crate::error::StoreError;
use crate::handling::visible_from_ms;
use crate::password::{hash, verify};
use crate::row::Columns;
use crate::secret::digits;
use crate::text::storable;

/// Digits of a PIN.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 6..=8;
/// Wrong tries from one number within an hour; then it is locked for an hour.
const CALLER_TRIES_MAX: i64 = 6;
/// The same of all who withhold theirs.
const WITHHELD_TRIES_MAX: i64 = 60;
const CALLER_MS: i64 = HOUR_MS;
/// Wrong tries for one firm within a day; then it is locked for a day, or until it has another PIN.
const FIRM_TRIES_MAX: i64 = 20;
const FIRM_MS: i64 = DAY_MS;
/// Numbers and firms whose tries are remembered; further numbers count together.
const SUBJECTS_MAX: i64 = 10_000;
/// Whose number is not known.
const WITHHELD: &str = "caller";

/// How a firm stands with the recordings line. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct DialIn {
    /// What its people key first.
    pub code: String,
    /// Since when it has its PIN; none: it has none.
    pub set_ms: Option<i64>,
    /// Who set it.
    pub set_by: String,
    /// After too many wrong PINs nobody is let in until then, or until there is another PIN.
    pub locked_until_ms: Option<i64>,
    /// Its plan lets it hear recordings itself, any number of times.
    pub in_plan: bool,
}

/// What was keyed, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Try<'a> {
    /// The firm's code.
    pub code: &'a str,
    /// The PIN.
    pub pin: &'a str,
    /// E.164 digits, or empty.
    pub caller: &'a str,
}

/// What becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DialedIn {
    /// They are this firm's people, and may hear these: newest first.
    In {
        /// The firm.
        customer: i64,
        /// Since when it has the PIN that was keyed: with another one they are not let in any more.
        pin_set_ms: i64,
        /// How it is spoken to.
        language: report::Language,
        /// What can be heard.
        recordings: Vec<Kept>,
    },
    /// They are not let in; `locked`: from this try on nobody is.
    Refused {
        /// Who is locked.
        locked: Option<Locked>,
    },
}

impl Store {
    /// How a firm stands with the recordings line.
    ///
    /// # Errors
    /// [`StoreError::Missing`] customer, and what the database says.
    pub async fn dial_in(&self, customer: i64, now_ms: i64) -> Result<DialIn, StoreError> {
        let plan = self.profile(customer).await?.profile.listening;
        let sql = "SELECT set_ms, set_by FROM dial_in_pins WHERE customer = $1";
        let pin = sqlx::query(sql).bind(customer).fetch_optional(&self.pool).await?;
        let sql = "SELECT until_ms FROM dial_in_tries WHERE subject = $1 AND tries >= $2 AND until_ms > $3";
        let locked: Option<i64> = sqlx::query_scalar(sql)
            .bind(firm(customer))
            .bind(FIRM_TRIES_MAX)
            .bind(now_ms)
            .fetch_optional(&self.pool)
            .await?;
        Ok(DialIn {
            code: customer.to_string(),
            set_ms: pin.as_ref().map(|row| row.int("set_ms")).transpose()?,
            set_by: pin.as_ref().map(|row| row.text("set_by")).transpose()?.unwrap_or_default(),
            locked_until_ms: locked,
            in_plan: plan.on && plan.times_max == 0,
        })
    }

    /// A firm's PIN becomes `chosen`, or one that is made here; it is given back to be told, and only its hash is kept. A lock ends.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] of a PIN that is none, or one that everybody tries; [`StoreError::Missing`] customer, and what the
    /// database says.
    pub async fn set_dial_in_pin(
        &self,
        customer: i64,
        chosen: Option<&str>,
        who: &str,
        now_ms: i64,
    ) -> Result<String, StoreError> {
        let pin = match chosen {
            Some(chosen) => checked(chosen.trim())?,
            None => made()?,
        };
        let hash = hash(pin.clone()).await?;
        let mut tx = self.begin().await?;
        crate::customer::need(&mut tx, customer).await?;
        sqlx::query(
            "INSERT INTO dial_in_pins (customer, hash, set_ms, set_by) VALUES ($1, $2, $3, $4) ON CONFLICT (customer) \
             DO UPDATE SET hash = excluded.hash, set_ms = excluded.set_ms, set_by = excluded.set_by",
        )
        .bind(customer)
        .bind(hash)
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .execute(&mut *tx)
        .await?;
        forgive(&mut tx, customer).await?;
        audit::add(&mut tx, now_ms, who, "dial_in.pin", &about(customer), "").await?;
        tx.commit().await?;
        Ok(pin)
    }

    /// Takes a firm's PIN away: nobody hears its recordings by telephone. A lock ends.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if it has none, and what the database says.
    pub async fn remove_dial_in_pin(&self, customer: i64, who: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let gone = sqlx::query("DELETE FROM dial_in_pins WHERE customer = $1").bind(customer).execute(&mut *tx).await?;
        if gone.rows_affected() == 0 {
            return Err(StoreError::Missing { what: "PIN of customer", id: customer.to_string() });
        }
        forgive(&mut tx, customer).await?;
        audit::add(&mut tx, now_ms, who, "dial_in.remove", &about(customer), "").await?;
        tx.commit().await?;
        Ok(())
    }

    /// Somebody has keyed a code and a PIN. Each try is in the audit log, with the number that it came from.
    ///
    /// # Errors
    /// What the database says.
    pub async fn try_dial_in(&self, keyed: Try<'_>, now_ms: i64) -> Result<DialedIn, StoreError> {
        let customer = keyed.code.parse::<i64>().ok().filter(|_| !keyed.code.starts_with('0'));
        let sql = "SELECT hash, set_ms FROM dial_in_pins JOIN customers ON customers.id = dial_in_pins.customer \
                   WHERE customers.id = $1 AND customers.active = 1";
        let row = sqlx::query(sql).bind(customer.unwrap_or(0)).fetch_optional(&self.pool).await?;
        let known = row.as_ref().map(|row| row.text("hash")).transpose()?;
        let pin_set_ms = row.as_ref().map(|row| row.int("set_ms")).transpose()?.unwrap_or_default();
        let customer = customer.filter(|_| known.is_some());
        let mut tx = self.begin().await?;
        let (from, from_max) = source(&mut tx, keyed.caller, now_ms).await?;
        let from_tries = charge(&mut tx, &from, CALLER_MS, now_ms).await?;
        let firm_tries = match customer {
            // Whoever is locked is not listened to, and cannot lock a firm's own people out by going on.
            Some(customer) if from_tries <= from_max => charge(&mut tx, &firm(customer), FIRM_MS, now_ms).await?,
            Some(_) | None => 0,
        };
        tx.commit().await?;
        let is_right = verify(keyed.pin, known, "dial_in_pins.hash").await?;
        let is_open = from_tries <= from_max && firm_tries <= FIRM_TRIES_MAX;
        let (right, who) = (customer.filter(|_| is_right && is_open), by_telephone(keyed.caller));
        let mut tx = self.begin().await?;
        if let Some(customer) = right {
            give_back(&mut tx, &from).await?;
            give_back(&mut tx, &firm(customer)).await?;
            audit::add(&mut tx, now_ms, &who, "dial_in.enter", &about(customer), "").await?;
            tx.commit().await?;
            let language = self.profile(customer).await?.profile.language;
            let recordings = self.dial_in_recordings(customer, now_ms).await?;
            return Ok(DialedIn::In { customer, pin_set_ms, language, recordings });
        }
        let locked = match customer {
            Some(customer) if firm_tries == FIRM_TRIES_MAX => Some((Locked::Firm(customer), firm(customer), FIRM_MS)),
            _ if from_tries == from_max => Some((Locked::Caller, from, CALLER_MS)),
            _ => None,
        };
        let about = customer.map_or_else(String::new, about);
        if let Some((_, subject, lasts_ms)) = &locked {
            lock(&mut tx, subject, now_ms + lasts_ms).await?;
            audit::add(&mut tx, now_ms, &who, "dial_in.lock", &about, subject).await?;
        }
        audit::add(&mut tx, now_ms, &who, "dial_in.refuse", &about, "").await?;
        tx.commit().await?;
        Ok(DialedIn::Refused { locked: locked.map(|(locked, ..)| locked) })
    }

    /// What a firm may hear by telephone, as on its page: calls whose reports it was sent and may see still, for as long as its plan
    /// says, with a recording. Newest first, [`RECORDINGS_MAX`] at most. A plan that counts sittings is for the link in the report.
    ///
    /// # Errors
    /// What the database says.
    pub async fn dial_in_recordings(&self, customer: i64, now_ms: i64) -> Result<Vec<Kept>, StoreError> {
        self.heard_by(customer, None, now_ms).await
    }

    /// Whether whoever was let in with the PIN of `pin_set_ms` may hear this call by telephone now: it is asked before each piece, for a
    /// firm may end, and its PIN may be replaced or taken away, while somebody listens.
    ///
    /// # Errors
    /// What the database says.
    pub async fn may_dial_in(
        &self,
        customer: i64,
        pin_set_ms: i64,
        call: CallId,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM dial_in_pins JOIN customers ON customers.id = dial_in_pins.customer \
                   WHERE customers.id = $1 AND customers.active = 1 AND dial_in_pins.set_ms = $2";
        let holds: i64 = sqlx::query_scalar(sql).bind(customer).bind(pin_set_ms).fetch_one(&self.pool).await?;
        if holds == 0 {
            return Ok(false);
        }
        Ok(!self.heard_by(customer, Some(call), now_ms).await?.is_empty())
    }

    async fn heard_by(&self, customer: i64, call: Option<CallId>, now_ms: i64) -> Result<Vec<Kept>, StoreError> {
        let plan = self.profile(customer).await?.profile.listening;
        if !plan.on || plan.times_max > 0 {
            return Ok(Vec::new());
        }
        let sql = "SELECT reports.call AS call, calls.arrived_ms AS arrived_ms FROM reports \
             JOIN calls ON calls.id = reports.call JOIN recordings ON recordings.call = reports.call \
             WHERE reports.customer = $1 AND reports.state = 'sent' AND reports.purged_ms IS NULL \
             AND reports.created_ms >= $2 AND reports.sent_ms > $3 AND ($4 = 0 OR reports.call = $5) \
             ORDER BY calls.arrived_ms DESC, reports.call DESC LIMIT $6";
        let rows = sqlx::query(sql)
            .bind(customer)
            .bind(visible_from_ms(now_ms))
            .bind(now_ms.saturating_sub(i64::from(plan.hours) * HOUR_MS))
            .bind(i64::from(call.is_some()))
            .bind(call.map_or(0, key))
            .bind(i64::try_from(RECORDINGS_MAX).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(kept).collect()
    }
}

fn kept(row: &AnyRow) -> Result<Kept, StoreError> {
    Ok(Kept { call: call_of_key(row.int("call")?), arrived_ms: row.int("arrived_ms")? })
}

/// Whoever calls, as in the audit log.
pub fn by_telephone(caller: &str) -> String {
    if caller.is_empty() { "by telephone: withheld".to_owned() } else { format!("by telephone: +{caller}") }
}

fn about(customer: i64) -> String {
    format!("customer {customer}")
}

fn firm(customer: i64) -> String {
    format!("firm {customer}")
}

/// What the tries from this number are counted under, and how many there may be.
async fn source(tx: &mut Tx, caller: &str, now_ms: i64) -> Result<(String, i64), StoreError> {
    sqlx::query("DELETE FROM dial_in_tries WHERE until_ms <= $1").bind(now_ms).execute(&mut **tx).await?;
    let subject = storable(&format!("{WITHHELD} {caller}")).into_owned();
    let known: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM dial_in_tries").fetch_one(&mut **tx).await?;
    if caller.is_empty() || known >= SUBJECTS_MAX {
        return Ok((WITHHELD.to_owned(), WITHHELD_TRIES_MAX));
    }
    Ok((subject, CALLER_TRIES_MAX))
}

/// Counts a try; gives how many there were, with this one.
async fn charge(tx: &mut Tx, subject: &str, lasts_ms: i64, now_ms: i64) -> Result<i64, StoreError> {
    let sql = "INSERT INTO dial_in_tries (subject, tries, until_ms) VALUES ($1, 1, $2) \
               ON CONFLICT (subject) DO UPDATE SET tries = dial_in_tries.tries + 1 RETURNING tries";
    Ok(sqlx::query_scalar(sql).bind(subject).bind(now_ms.saturating_add(lasts_ms)).fetch_one(&mut **tx).await?)
}

async fn give_back(tx: &mut Tx, subject: &str) -> Result<(), StoreError> {
    let sql = "UPDATE dial_in_tries SET tries = tries - 1 WHERE subject = $1";
    sqlx::query(sql).bind(subject).execute(&mut **tx).await?;
    Ok(())
}

async fn lock(tx: &mut Tx, subject: &str, until_ms: i64) -> Result<(), StoreError> {
    let sql = "UPDATE dial_in_tries SET until_ms = $1 WHERE subject = $2";
    sqlx::query(sql).bind(until_ms).bind(subject).execute(&mut **tx).await?;
    Ok(())
}

async fn forgive(tx: &mut Tx, customer: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM dial_in_tries WHERE subject = $1").bind(firm(customer)).execute(&mut **tx).await?;
    Ok(())
}

/// A PIN of nobody's choice.
fn made() -> Result<String, StoreError> {
    loop {
        let pin = digits(*PIN_DIGITS.end())?;
        if checked(&pin).is_ok() {
            return Ok(pin);
        }
    }
}

fn checked(pin: &str) -> Result<String, StoreError> {
    let is_long = PIN_DIGITS.contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit());
    if !is_long {
        return Err(StoreError::invalid("pin", "a PIN has 6 to 8 digits", "key 6 to 8 of the digits 0-9"));
    }
    if is_trivial(pin.as_bytes()) {
        let remedy = "take digits that follow no pattern";
        return Err(StoreError::invalid("pin", "it is one of those that everybody tries first", remedy));
    }
    Ok(pin.to_owned())
}

/// Few digits, the same ones again and again, or in their order.
fn is_trivial(pin: &[u8]) -> bool {
    let distinct = pin.iter().collect::<std::collections::BTreeSet<_>>().len();
    let repeats = (1..pin.len())
        .any(|length| pin.len().is_multiple_of(length) && pin.chunks(length).all(|part| pin.starts_with(part)));
    let steps = || pin.iter().zip(pin.iter().skip(1)).map(|(one, next)| (next + 10 - one) % 10);
    let in_order = [1, 9].into_iter().any(|step| steps().all(|found| found == step));
    distinct < 3 || repeats || in_order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r01_pins_that_everybody_tries_are_refused() {
        let weak = ["000000", "123456", "654321", "890123", "121212", "123123", "11112222", "12341234", "77777778"];
        for pin in weak.into_iter().chain(["12345", "123456789", "12a456", "６０４２１７", ""]) {
            assert!(checked(pin).is_err(), "{pin}");
        }
        for pin in ["604217", "604260", "2580147", "90210866"] {
            assert_eq!(checked(pin).unwrap(), pin);
        }
        assert_eq!(made().unwrap().len(), 8);
    }
}
