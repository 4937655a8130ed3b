//! What a backup asks of the database: a copy of it as it is at one moment, its schema, and which recordings it knows.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;
use crate::task::{self, NewTask, TaskKind};

/// What tasks about late backups are keyed by.
const LATE: &str = "backup";

/// Where PostgreSQL's tables are.
const PUBLIC: &str = "public";
/// What schemas begin with that were put aside.
const ASIDE: &str = "before_";

/// A recording that the database knows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptRecording {
    /// The call's row.
    #[serde(skip)]
    pub key: i64,
    /// Below the recordings' folder.
    pub path: String,
    /// Length.
    pub bytes: i64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

impl Store {
    /// Copies an SQLite database into a new file, whole and as of one moment, while others read and write.
    ///
    /// # Errors
    /// What the database says; also for PostgreSQL, which has tools of its own.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let path = file.to_str().ok_or_else(|| StoreError::Address { why: "the path is not UTF-8".to_owned() })?;
        sqlx::query("VACUUM INTO $1").bind(path.to_owned()).execute(&self.pool).await?;
        Ok(())
    }

    /// The newest backup is too old, or there is none: a task for the supervisors, once a day (`day`: 2026-11-22).
    ///
    /// # Errors
    /// What the database says.
    pub async fn backup_is_late(&self, day: &str, detail: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        task::add(&mut tx, &NewTask::new(TaskKind::NoBackup, format!("{LATE}/{day}"), detail.to_owned()), now_ms)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// A backup was made: those tasks are over.
    ///
    /// # Errors
    /// What the database says.
    pub async fn backup_is_made(&self, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        task::close(&mut tx, TaskKind::NoBackup, LATE, "made", now_ms).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The schema of this database.
    ///
    /// # Errors
    /// What the database says.
    pub async fn schema(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT MAX(version) FROM schema_migrations").fetch_one(&self.pool).await?)
    }

    /// Nothing was ever done with it: no firms, no calls, no users.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let sql =
            "SELECT (SELECT COUNT(*) FROM customers) + (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM calls)";
        Ok(sqlx::query_scalar::<_, i64>(sql).fetch_one(&self.pool).await? == 0)
    }

    /// Whether something is in the PostgreSQL database at this address, without bringing its tables up to date; `None`: it has none of
    /// ours.
    ///
    /// # Errors
    /// What the database says, and that its tables are not in the schema `public`.
    pub async fn postgres_is_empty(url: &str) -> Result<Option<bool>, StoreError> {
        let store = Store::connect(url).await?;
        let schema: Option<String> =
            sqlx::query_scalar("SELECT CAST(current_schema() AS TEXT)").fetch_one(&store.pool).await?;
        if schema.as_deref() != Some(PUBLIC) {
            let why = format!("its tables are to be in the schema {PUBLIC}, not in {}", schema.unwrap_or_default());
            return Err(StoreError::Address { why });
        }
        let sql = "SELECT CASE WHEN to_regclass('customers') IS NULL THEN 0 ELSE 1 END";
        let has_tables = i64::from(sqlx::query_scalar::<_, i32>(sql).fetch_one(&store.pool).await?) == 1;
        let is_empty = if has_tables { Some(store.is_empty().await?) } else { None };
        store.close().await;
        Ok(is_empty)
    }

    /// Gives PostgreSQL's tables another schema's name, so that `public` is empty; the name, which begins so.
    ///
    /// # Errors
    /// What the database says; then all is as it was.
    pub async fn put_postgres_aside(url: &str, name: &str) -> Result<String, StoreError> {
        let store = Store::connect(url).await?;
        let mut tx = store.begin().await?;
        let sql = "SELECT CAST(nspname AS TEXT) FROM pg_namespace";
        let taken: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *tx).await?;
        let aside = (0..).map(|n| format!("{ASIDE}{name}_{n}")).find(|name| !taken.contains(name)).unwrap_or_default();
        for sql in [format!("ALTER SCHEMA {PUBLIC} RENAME TO \"{aside}\""), format!("CREATE SCHEMA {PUBLIC}")] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        store.close().await;
        Ok(aside)
    }

    /// Brings what was put aside back, in place of what is there now.
    ///
    /// # Errors
    /// What the database says; then it is where it was.
    pub async fn bring_postgres_back(url: &str, aside: &str) -> Result<(), StoreError> {
        let store = Store::connect(url).await?;
        let mut tx = store.begin().await?;
        for sql in [format!("DROP SCHEMA {PUBLIC} CASCADE"), format!("ALTER SCHEMA \"{aside}\" RENAME TO {PUBLIC}")] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        store.close().await;
        Ok(())
    }

    /// How many calls it knows.
    ///
    /// # Errors
    /// What the database says.
    pub async fn call_count(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT COUNT(*) FROM calls").fetch_one(&self.pool).await?)
    }

    /// The recordings of calls after this row, oldest first, a page at a time.
    ///
    /// # Errors
    /// What the database says.
    pub async fn kept_recordings(&self, after: i64, limit: u32) -> Result<Vec<KeptRecording>, StoreError> {
        let rows =
            sqlx::query("SELECT call, path, bytes, sha256 FROM recordings WHERE call > $1 ORDER BY call LIMIT $2")
                .bind(after)
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await?;
        let recording = |row: &sqlx::any::AnyRow| {
            Ok(KeptRecording {
                key: row.int("call")?,
                path: row.text("path")?,
                bytes: row.int("bytes")?,
                sha256: row.text("sha256")?,
            })
        };
        rows.iter().map(recording).collect()
    }
}
