//! Tables, brought up to date at start: each migration once, in a transaction, under a lock.

use sha2::{Digest, Sha256};
use sqlx::Row;

use crate::database::{Backend, Store};
use crate::error::StoreError;
use crate::secret::hex;

struct Migration {
    version: i64,
    sql: &'static str,
}

/// In order. A released one never changes: add the next.
const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_start.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_srtp.sql") },
    Migration { version: 3, sql: include_str!("../migrations/0003_recordings.sql") },
    Migration { version: 4, sql: include_str!("../migrations/0004_queue.sql") },
    Migration { version: 5, sql: include_str!("../migrations/0005_first_speech.sql") },
    Migration { version: 6, sql: include_str!("../migrations/0006_reports.sql") },
    Migration { version: 7, sql: include_str!("../migrations/0007_my_page.sql") },
    Migration { version: 8, sql: include_str!("../migrations/0008_keeping.sql") },
    Migration { version: 9, sql: include_str!("../migrations/0009_door.sql") },
    Migration { version: 10, sql: include_str!("../migrations/0010_desk.sql") },
    Migration { version: 11, sql: include_str!("../migrations/0011_search.sql") },
    Migration { version: 12, sql: include_str!("../migrations/0012_dial_in.sql") },
    Migration { version: 13, sql: include_str!("../migrations/0013_onboarding.sql") },
    Migration { version: 14, sql: include_str!("../migrations/0014_feedback.sql") },
    Migration { version: 15, sql: include_str!("../migrations/0015_bans.sql") },
    Migration { version: 16, sql: include_str!("../migrations/0016_firm_door.sql") },
];

/// "denwaban" as a number: whoever else uses advisory locks on this server will not pick it.
const LOCK: i64 = 0x6465_6e77_6162_616e;

pub(crate) async fn run(store: &Store) -> Result<(), StoreError> {
    // One transaction around all: in SQLite its write lock, in PostgreSQL an advisory lock keeps a second process out.
    let mut tx = store.begin().await?;
    if store.backend() == Backend::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock($1)::text").bind(LOCK).execute(&mut *tx).await?;
    }
    sqlx::query("CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, sha256 TEXT NOT NULL)")
        .execute(&mut *tx)
        .await?;
    let done =
        sqlx::query("SELECT version, sha256 FROM schema_migrations ORDER BY version").fetch_all(&mut *tx).await?;
    let mut ran = 0;
    for row in &done {
        let version: i64 = row.try_get("version")?;
        let Some(known) = MIGRATIONS.iter().find(|migration| migration.version == version) else {
            return Err(StoreError::Newer { found: version, known: newest() });
        };
        if row.try_get::<String, _>("sha256")? != checksum(known) {
            return Err(StoreError::Changed { version });
        }
        ran = version;
    }
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > ran) {
        for statement in statements(migration.sql).filter(|statement| is_for(store.backend(), statement)) {
            sqlx::query(statement).execute(&mut *tx).await?;
        }
        sqlx::query("INSERT INTO schema_migrations (version, sha256) VALUES ($1, $2)")
            .bind(migration.version)
            .bind(checksum(migration))
            .execute(&mut *tx)
            .await?;
        tracing::info!(version = migration.version, "database migrated");
    }
    tx.commit().await?;
    Ok(())
}

/// The schema that this program knows.
pub fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

fn checksum(migration: &Migration) -> String {
    hex(&Sha256::digest(migration.sql.as_bytes()))
}

/// Statements of a migration: each ends with a semicolon at the end of a line.
fn statements(sql: &'static str) -> impl Iterator<Item = &'static str> {
    sql.split(";\n").map(str::trim).filter(|statement| {
        statement.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
    })
}

/// Whether a statement is one of this database's: "-- only: sqlite" or "-- only: postgres" before it says whose alone it is.
fn is_for(backend: Backend, statement: &str) -> bool {
    let others = match backend {
        Backend::Sqlite => "-- only: postgres",
        Backend::Postgres => "-- only: sqlite",
    };
    !statement.lines().take_while(|line| line.is_empty() || line.starts_with("--")).any(|line| line.trim() == others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_up_from_one_and_every_statement_is_found() {
        for (place, migration) in (1..).zip(MIGRATIONS) {
            assert_eq!(migration.version, place);
            assert!(migration.sql.ends_with(";\n"));
            let begins = |line: &&str| ["CREATE", "INSERT", "ALTER", "DROP"].iter().any(|verb| line.starts_with(verb));
            assert_eq!(statements(migration.sql).count(), migration.sql.lines().filter(begins).count());
        }
    }

    #[test]
    fn a_statement_is_for_both_databases_or_for_the_one_that_it_names() {
        for (statement, sqlite, postgres) in [
            ("CREATE TABLE a (b TEXT)", true, true),
            ("-- a\n-- only: sqlite\nCREATE TABLE a (b TEXT)", true, false),
            ("-- only: postgres\nCREATE TABLE a (\n-- only: sqlite\nb TEXT)", false, true),
        ] {
            assert_eq!(is_for(Backend::Sqlite, statement), sqlite, "{statement}");
            assert_eq!(is_for(Backend::Postgres, statement), postgres, "{statement}");
        }
    }
}
