//! Firms' manuals, in versions that hold from a day on, and who has read which (F22).

use std::collections::BTreeMap;

use report::manual::Version;
use serde::Serialize;
use sqlx::any::AnyRow;

use crate::audit;
use crate::check::{Checks, MANUAL_CHARS_MAX, NAME_CHARS_MAX};
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;
use crate::text::storable;

/// Versions of one firm's manual that are read back, newest first.
const VERSIONS_MAX: i64 = 500;
/// Acknowledgements of one firm's manual that are read back, those of the newest versions first.
const READERS_MAX: i64 = 5_000;

/// A manual to be written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewManual {
    /// From when on it holds, unix milliseconds.
    pub from_ms: i64,
    /// The manual.
    pub text: String,
    /// What is new in it, in a line.
    pub changes: String,
}

/// Which version of a firm's manual is in force, and who has read it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InForce {
    /// Client firm.
    pub customer: i64,
    /// The version.
    pub version: i64,
    /// Since when it holds, unix milliseconds.
    pub from_ms: i64,
    /// Operators who have acknowledged it.
    pub read_by: Vec<i64>,
}

/// An operator who has acknowledged a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ManualReader)]
pub struct Reader {
    /// The version.
    pub version: i64,
    /// Operator's row.
    pub operator: i64,
    /// When, unix milliseconds.
    pub at_ms: i64,
}

impl Store {
    /// All versions of a firm's manual, newest first. A firm for which none was written has its record's manual as version 0, which
    /// everybody knows.
    ///
    /// # Errors
    /// [`StoreError::Missing`] customer, and what the database says.
    pub async fn manuals(&self, customer: i64) -> Result<Vec<Version>, StoreError> {
        let rows = sqlx::query("SELECT * FROM manuals WHERE customer = $1 ORDER BY version DESC LIMIT $2")
            .bind(customer)
            .bind(VERSIONS_MAX)
            .fetch_all(&self.pool)
            .await?;
        if rows.is_empty() {
            let text = self.customer(customer).await?.form.manual;
            return Ok(vec![Version { version: 0, from_ms: 0, text, changes: String::new() }]);
        }
        rows.iter().map(version_row).collect()
    }

    /// Writes a new version. Operators have to acknowledge it once it holds.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, [`StoreError::Missing`] customer, and what the database says.
    pub async fn put_manual(
        &self,
        customer: i64,
        manual: &NewManual,
        who: &str,
        now_ms: i64,
    ) -> Result<Version, StoreError> {
        let mut checks = Checks::default();
        let text = checks.prose("text", &manual.text, MANUAL_CHARS_MAX);
        let changes = checks.line("changes", &manual.changes, NAME_CHARS_MAX);
        checks.end(())?;
        // The switch keeps callers from operators who have not read it: its directory has changed.
        let mut tx = self.begin_directory_change().await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT id FROM customers WHERE id = $1")
            .bind(customer)
            .fetch_optional(&mut *tx)
            .await?;
        known.ok_or_else(|| crate::customer::missing(customer))?;
        let version: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) + 1 FROM manuals WHERE customer = $1")
            .bind(customer)
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO manuals (customer, version, from_ms, text, changes, written_ms, written_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(customer)
        .bind(version)
        .bind(manual.from_ms)
        .bind(&text)
        .bind(&changes)
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .execute(&mut *tx)
        .await?;
        let about = format!("customer {customer}");
        audit::add(&mut tx, now_ms, who, "manual.write", &about, &format!("version {version}")).await?;
        tx.commit().await?;
        Ok(Version { version, from_ms: manual.from_ms, text, changes })
    }

    /// An operator has read a version. False: had done so before.
    ///
    /// # Errors
    /// [`StoreError::Missing`] version, and what the database says.
    pub async fn acknowledge_manual(
        &self,
        customer: i64,
        version: i64,
        operator: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin_directory_change().await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT version FROM manuals WHERE customer = $1 AND version = $2")
            .bind(customer)
            .bind(version)
            .fetch_optional(&mut *tx)
            .await?;
        known.ok_or(StoreError::Missing { what: "manual version", id: version.to_string() })?;
        let done = sqlx::query(
            "INSERT INTO manual_acks (customer, version, operator, at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(customer)
        .bind(version)
        .bind(operator)
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// The versions that an operator has acknowledged of a firm's manual.
    ///
    /// # Errors
    /// What the database says.
    pub async fn acknowledged(&self, customer: i64, operator: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT version FROM manual_acks WHERE customer = $1 AND operator = $2 ORDER BY version";
        Ok(sqlx::query_scalar(sql).bind(customer).bind(operator).fetch_all(&self.pool).await?)
    }

    /// Who has acknowledged which version of a firm's manual: of the newest version first, then by time.
    ///
    /// # Errors
    /// What the database says.
    pub async fn manual_readers(&self, customer: i64) -> Result<Vec<Reader>, StoreError> {
        let sql = "SELECT version, operator, at_ms FROM manual_acks WHERE customer = $1 \
                   ORDER BY version DESC, at_ms, operator LIMIT $2";
        let rows = sqlx::query(sql).bind(customer).bind(READERS_MAX).fetch_all(&self.pool).await?;
        let reader = |row: &AnyRow| {
            Ok(Reader { version: row.int("version")?, operator: row.int("operator")?, at_ms: row.int("at_ms")? })
        };
        rows.iter().map(reader).collect()
    }

    /// Of each firm with a written manual, the version in force and who has read it: what the switch needs to keep a firm's calls
    /// from those who have not (F22). The second is when the next version comes into force, `None` if none is known.
    ///
    /// # Errors
    /// What the database says.
    pub async fn manuals_in_force(&self, now_ms: i64) -> Result<(Vec<InForce>, Option<i64>), StoreError> {
        let mut connection = self.pool.acquire().await?;
        let rows = sqlx::query("SELECT customer, version, from_ms FROM manuals ORDER BY customer, from_ms, version")
            .fetch_all(&mut *connection)
            .await?;
        let mut in_force: BTreeMap<i64, InForce> = BTreeMap::new();
        let mut next_ms: Option<i64> = None;
        for row in &rows {
            let (customer, version, from_ms) = (row.int("customer")?, row.int("version")?, row.int("from_ms")?);
            if from_ms <= now_ms {
                in_force.insert(customer, InForce { customer, version, from_ms, read_by: Vec::new() });
            } else {
                next_ms = Some(next_ms.map_or(from_ms, |next| next.min(from_ms)));
            }
        }
        let acks = sqlx::query("SELECT customer, version, operator FROM manual_acks ORDER BY operator")
            .fetch_all(&mut *connection)
            .await?;
        for row in &acks {
            let version = row.int("version")?;
            let known = in_force.get_mut(&row.int("customer")?).filter(|known| known.version == version);
            if let Some(known) = known {
                known.read_by.push(row.int("operator")?);
            }
        }
        Ok((in_force.into_values().collect(), next_ms))
    }
}

fn version_row(row: &AnyRow) -> Result<Version, StoreError> {
    Ok(Version {
        version: row.int("version")?,
        from_ms: row.int("from_ms")?,
        text: row.text("text")?,
        changes: row.text("changes")?,
    })
}
