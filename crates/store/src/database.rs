//! Opening the database, and how a transaction that writes begins.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::any::{Any, AnyPoolOptions};
use sqlx::{AnyPool, Executor, Transaction};

use crate::error::StoreError;

/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS_MAX: u32 = 8;
/// Connections to SQLite: readers do not wait for the writer (WAL).
const SQLITE_CONNECTIONS_MAX: u32 = 4;
/// How long a verb waits for a connection before the database counts as away.
const ACQUIRE_SECONDS_MAX: u64 = 5;

/// A transaction that writes ([`Store::begin`]).
pub(crate) type Tx = Transaction<'static, Any>;

/// Which database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// Embedded.
    Sqlite,
    /// A server.
    Postgres,
}

/// The database. Clones are cheap and share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: AnyPool,
    backend: Backend,
    unsaved: Arc<Unsaved>,
}

/// Call records that are in no table, as the journal of this process knows: what a proof over the tables alone could not see (F38).
#[derive(Debug, Default)]
pub(crate) struct Unsaved {
    /// Put aside for a person to look at, also by earlier processes.
    rejected: AtomicU64,
    /// Dropped by this process.
    lost: AtomicU64,
}

impl Unsaved {
    pub(crate) fn rejected(&self, more: u64) {
        self.rejected.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn lost(&self, total: u64) {
        self.lost.fetch_max(total, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed).saturating_add(self.lost.load(Ordering::Relaxed))
    }
}

impl Store {
    /// Opens `sqlite:PATH` (created with its parent folder; `sqlite::memory:` for tests) or `postgres://…`, and brings its
    /// tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Address`] for another address, [`StoreError::Newer`], and what the database says.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        let store = Store::connect(url).await?;
        crate::migrate::run(&store).await?;
        Ok(store)
    }

    /// The same, with the tables as they are.
    pub(crate) async fn connect(url: &str) -> Result<Store, StoreError> {
        sqlx::any::install_default_drivers();
        match url.split_once(':') {
            Some(("sqlite", place)) => open_sqlite(place).await,
            Some(("postgres" | "postgresql", _)) => open_postgres(url).await,
            Some(_) | None => Err(address("it must begin with sqlite: or postgres://")),
        }
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Call records that the journal of this process knows to be in no table: dropped while disk and database were away, or put aside
    /// because the database would never take them.
    pub fn unsaved_records(&self) -> u64 {
        self.unsaved.count()
    }

    pub(crate) fn unsaved(&self) -> Arc<Unsaved> {
        Arc::clone(&self.unsaved)
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// What it says, or that it says nothing.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT version FROM directory WHERE id = 1").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Closes all connections and waits for them; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a transaction that writes. SQLite takes the write lock at once, because a transaction that has read can not
    /// wait for it later (SQLITE_BUSY).
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        let begun = match self.backend {
            Backend::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await,
            Backend::Postgres => self.pool.begin().await,
        };
        Ok(begun?)
    }

    /// Begins a transaction that changes what the directory is made of: all such changes stand in one line behind the
    /// version's row, so that "is it free?" followed by "take it" is no race.
    pub(crate) async fn begin_directory_change(&self) -> Result<Transaction<'static, Any>, StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE directory SET version = version + 1 WHERE id = 1").execute(&mut *tx).await?;
        Ok(tx)
    }

    /// Grows by one or more with each change of customers, DIDs, operators, trunks or settings: the roof polls it and
    /// loads the directory anew.
    ///
    /// # Errors
    /// What the database says.
    pub async fn directory_version(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT version FROM directory WHERE id = 1").fetch_one(&self.pool).await?)
    }
}

/// The next id of a table; never used twice, also after a deletion.
pub(crate) async fn next_id(tx: &mut Transaction<'static, Any>, table: &'static str) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar("UPDATE counters SET last = last + 1 WHERE name = $1 RETURNING last")
        .bind(table)
        .fetch_one(&mut **tx)
        .await?;
    Ok(id)
}

fn address(why: impl Into<String>) -> StoreError {
    StoreError::Address { why: why.into() }
}

async fn open_sqlite(place: &str) -> Result<Store, StoreError> {
    let in_memory = place == ":memory:" || place == "//:memory:";
    let url = if in_memory {
        "sqlite::memory:".to_owned()
    } else {
        let path = sqlite_path(place)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|error| address(format!("folder {} cannot be made: {error}", folder.display())))?;
        }
        format!("sqlite:{}?mode=rwc", percent_encoded(&path)?)
    };
    let pool = AnyPoolOptions::new()
        // Each connection to :memory: is a database of its own, which ends with it.
        .max_connections(if in_memory { 1 } else { SQLITE_CONNECTIONS_MAX })
        .min_connections(u32::from(in_memory))
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(ACQUIRE_SECONDS_MAX))
        .after_connect(|connection, _| {
            Box::pin(async move {
                // FULL: what is answered as saved is on the disk (R28), and the journal removes its copy.
                for pragma in [
                    "PRAGMA busy_timeout = 5000",
                    "PRAGMA journal_mode = WAL",
                    "PRAGMA synchronous = FULL",
                    "PRAGMA foreign_keys = ON",
                    // What is purged is not only forgotten: its place in the file is overwritten.
                    "PRAGMA secure_delete = ON",
                ] {
                    connection.execute(pragma).await?;
                }
                Ok(())
            })
        })
        .connect(&url)
        .await?;
    Ok(Store { pool, backend: Backend::Sqlite, unsaved: Arc::default() })
}

async fn open_postgres(url: &str) -> Result<Store, StoreError> {
    let pool = AnyPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS_MAX)
        .acquire_timeout(Duration::from_secs(ACQUIRE_SECONDS_MAX))
        .connect(url)
        .await;
    match pool {
        Ok(pool) => Ok(Store { pool, backend: Backend::Postgres, unsaved: Arc::default() }),
        Err(sqlx::Error::Configuration(why)) => Err(address(why.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn sqlite_path(place: &str) -> Result<PathBuf, StoreError> {
    let path = place.strip_prefix("//").unwrap_or(place);
    if path.is_empty() || path.ends_with('/') || path.contains('\0') {
        return Err(address("after sqlite: comes the path of a file, as in sqlite:/var/lib/denwaban/denwaban.db"));
    }
    Ok(PathBuf::from(path))
}

/// The path as sqlx wants it in a URL, where `?`, `#` and `%` mean something.
fn percent_encoded(path: &Path) -> Result<String, StoreError> {
    use std::fmt::Write;
    let text = path.to_str().ok_or_else(|| address("the path is not UTF-8"))?;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => encoded.push(char::from(byte)),
            other => write!(encoded, "%{other:02X}").map_err(|error| address(error.to_string()))?,
        }
    }
    Ok(encoded)
}
