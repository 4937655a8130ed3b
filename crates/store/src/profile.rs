//! What a firm has ordered: its profile, one document with a revision, and the roster in it.

use report::{Person, Profile, Recipient};
use sqlx::AnyConnection;

use crate::audit;
use crate::database::{Store, Tx};
use crate::error::{Conflict, StoreError};
use crate::outbox;
use crate::row::{Columns, to_json};
use crate::text::storable;

/// Bytes of a profile.
const PROFILE_BYTES_MAX: usize = 1_000_000;

/// A firm's profile as it is kept: with its secrets.
#[derive(Clone, PartialEq, Debug)]
pub struct ProfileRow {
    /// Client firm.
    pub customer: i64,
    /// Grows with each change; 0: nobody has written one, and it is the default.
    pub revision: i64,
    /// Last change, unix milliseconds.
    pub updated_ms: i64,
    /// By whom.
    pub updated_by: String,
    /// The document.
    pub profile: Profile,
}

impl Store {
    /// A firm's profile; the default if nobody has written one.
    ///
    /// # Errors
    /// [`StoreError::Missing`] customer, [`StoreError::Damaged`], and what the database says.
    pub async fn profile(&self, customer: i64) -> Result<ProfileRow, StoreError> {
        let mut connection = self.pool.acquire().await?;
        load(&mut connection, customer).await?.ok_or_else(|| crate::customer::missing(customer))
    }

    /// Saves a firm's profile over the one of `revision`. Secrets that come back masked are those of before. What waits for a
    /// recipient whose address or token has changed goes to the new one.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] with everything that is wrong in it, [`Conflict::Revision`] if somebody else was faster,
    /// [`StoreError::Missing`] customer, and what the database says.
    pub async fn put_profile(
        &self,
        customer: i64,
        revision: i64,
        profile: &Profile,
        who: &str,
        now_ms: i64,
    ) -> Result<ProfileRow, StoreError> {
        // The switch may call the phones of its ladder: its directory has changed.
        let mut tx = self.begin_directory_change().await?;
        // The firm's row is the lock of its profile, also of the first one.
        let known = sqlx::query("UPDATE customers SET active = active WHERE id = $1").bind(customer).execute(&mut *tx);
        if known.await?.rows_affected() == 0 {
            return Err(crate::customer::missing(customer));
        }
        let before = load(&mut tx, customer).await?.ok_or_else(|| crate::customer::missing(customer))?;
        if before.revision != revision {
            return Err(Conflict::Revision { expected: revision, found: before.revision }.into());
        }
        let profile = profile.with_secrets_of(&before.profile).checked().map_err(StoreError::Unfit)?;
        let json = to_json(&profile, "profiles.json")?;
        if json.len() > PROFILE_BYTES_MAX {
            let what = format!("{} bytes are too many", json.len());
            return Err(StoreError::invalid("profile", what, format!("shorten it to {PROFILE_BYTES_MAX}")));
        }
        let next = revision.saturating_add(1);
        sqlx::query(
            "INSERT INTO profiles (customer, revision, updated_ms, updated_by, notice_only, json) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (customer) DO UPDATE SET revision = excluded.revision, updated_ms = excluded.updated_ms, \
             updated_by = excluded.updated_by, notice_only = excluded.notice_only, json = excluded.json",
        )
        .bind(customer)
        .bind(next)
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .bind(i64::from(profile.notice_only))
        .bind(storable(&json).into_owned())
        .execute(&mut *tx)
        .await?;
        if profile.billing.classes != before.profile.billing.classes {
            sqlx::query("INSERT INTO billing_classes (customer, revision, classes) VALUES ($1, $2, $3)")
                .bind(customer)
                .bind(next)
                .bind(storable(&to_json(&profile.billing.classes, "billing_classes.classes")?).into_owned())
                .execute(&mut *tx)
                .await?;
        }
        let about = format!("customer {customer}");
        audit::add(&mut tx, now_ms, who, "profile.update", &about, &format!("revision {next}")).await?;
        retarget(&mut tx, customer, &before.profile, &profile).await?;
        tx.commit().await?;
        Ok(ProfileRow { customer, revision: next, updated_ms: now_ms, updated_by: who.to_owned(), profile })
    }

    /// A firm's roster, top first.
    ///
    /// # Errors
    /// As [`Store::profile`].
    pub async fn people(&self, customer: i64) -> Result<Vec<Person>, StoreError> {
        Ok(self.profile(customer).await?.profile.people)
    }
}

/// The firm's profile, the default if it has none; `None`: there is no such firm.
pub(crate) async fn load(connection: &mut AnyConnection, customer: i64) -> Result<Option<ProfileRow>, StoreError> {
    let row = sqlx::query(
        "SELECT profiles.* FROM customers LEFT JOIN profiles ON profiles.customer = customers.id WHERE customers.id = $1",
    )
    .bind(customer)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(revision) = row.maybe_int("revision")? else {
        let (updated_ms, updated_by, profile) = (0, String::new(), Profile::default());
        return Ok(Some(ProfileRow { customer, revision: 0, updated_ms, updated_by, profile }));
    };
    Ok(Some(ProfileRow {
        customer,
        revision,
        updated_ms: row.int("updated_ms")?,
        updated_by: row.text("updated_by")?,
        profile: row.json("json", "profiles.json")?,
    }))
}

/// Recipients that are reached in another way now.
async fn retarget(tx: &mut Tx, customer: i64, before: &Profile, after: &Profile) -> Result<(), StoreError> {
    let changed = |recipient: &&Recipient| {
        recipient.channel.is_written()
            && before.recipient(&recipient.id).is_some_and(|old| old.channel != recipient.channel)
    };
    let changed: Vec<&Recipient> = after.recipients.iter().filter(changed).collect();
    if changed.is_empty() {
        return Ok(());
    }
    outbox::retarget(tx, customer, &changed).await
}
