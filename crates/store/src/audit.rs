//! The audit log: who did what, when. Rows are only added.

use serde::Serialize;
use sqlx::Transaction;
use sqlx::any::{Any, AnyRow};
use switch::CallId;

use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::row::Columns;
use crate::search::{Conditions, Value};
use crate::text::storable;

/// Rows that one question is answered with.
const AUDIT_ROWS_MAX: i64 = 1000;

/// Which lines of the audit log. Everything that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditQuery {
    /// Whose, exactly.
    pub who: Option<String>,
    /// What its verb begins with: "recording", "prompt.keep".
    pub what: Option<String>,
    /// What it was done to, exactly.
    pub about: Option<String>,
    /// At or after, unix milliseconds.
    pub from_ms: Option<i64>,
    /// Before.
    pub to_ms: Option<i64>,
    /// Only ids below, for the next page.
    pub before: Option<i64>,
    /// Lines; at most 1000.
    pub limit: u32,
}

/// One line of the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// Row id; grows.
    pub id: i64,
    /// When.
    pub at_ms: i64,
    /// Login of the user, or "command line".
    pub who: String,
    /// A verb: "recording.play", "customer.update".
    pub what: String,
    /// What it was done to: a call id, "customer 12".
    pub about: String,
    /// More, for people.
    pub detail: String,
}

impl Store {
    /// Adds a line.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note(&self, at_ms: i64, who: &str, what: &str, about: &str, detail: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        add(&mut tx, at_ms, who, what, about, detail).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Somebody is given a recording to hear (R18: one row per play). Call it before the first byte is sent.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the call has no recording, and what the database says.
    pub async fn note_playback(&self, at_ms: i64, who: &str, call: CallId) -> Result<(), StoreError> {
        let path = self.recording(call).await?.path;
        self.note(at_ms, who, "recording.play", &call.to_string(), &path).await
    }

    /// Finds lines, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find_audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        let mut found = Conditions::default();
        let text = |text: &str| Value::Text(storable(text).into_owned());
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        if let Some(who) = given(&query.who) {
            found.add("who = $", [text(who.trim())]);
        }
        if let Some(what) = given(&query.what) {
            found.add("what LIKE $ ESCAPE '\\'", [Value::Text(begins(what.trim()))]);
        }
        if let Some(about) = given(&query.about) {
            found.add("about = $", [text(about.trim())]);
        }
        if let Some(from_ms) = query.from_ms {
            found.add("at_ms >= $", [Value::Int(from_ms)]);
        }
        if let Some(to_ms) = query.to_ms {
            found.add("at_ms < $", [Value::Int(to_ms)]);
        }
        if let Some(before) = query.before {
            found.add("id < $", [Value::Int(before)]);
        }
        let limit = i64::from(query.limit).clamp(1, AUDIT_ROWS_MAX);
        let sql = format!("SELECT * FROM audit {} ORDER BY id DESC LIMIT {limit}", found.sql());
        let rows = found.bind(sqlx::query(sqlx::AssertSqlSafe(sql))).fetch_all(&self.pool).await?;
        rows.iter().map(entry).collect()
    }

    /// The latest lines, newest first: all, or those about one thing. `before`: only ids below, for the next page.
    ///
    /// # Errors
    /// What the database says.
    pub async fn audit(
        &self,
        about: Option<&str>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let before = before.unwrap_or(i64::MAX);
        let limit = i64::from(limit).min(AUDIT_ROWS_MAX);
        let rows = match about {
            Some(about) => {
                sqlx::query("SELECT * FROM audit WHERE about = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
                    .bind(about)
                    .bind(before)
                    .bind(limit)
                    .fetch_all(&self.pool)
                    .await?
            }
            None => {
                sqlx::query("SELECT * FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2")
                    .bind(before)
                    .bind(limit)
                    .fetch_all(&self.pool)
                    .await?
            }
        };
        rows.iter().map(entry).collect()
    }
}

/// A pattern for what begins so.
fn begins(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

pub(crate) async fn add(
    tx: &mut Transaction<'static, Any>,
    at_ms: i64,
    who: &str,
    what: &str,
    about: &str,
    detail: &str,
) -> Result<(), StoreError> {
    let id = next_id(tx, "audit").await?;
    sqlx::query("INSERT INTO audit (id, at_ms, who, what, about, detail) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(at_ms)
        .bind(storable(who).into_owned())
        .bind(storable(what).into_owned())
        .bind(storable(about).into_owned())
        .bind(storable(detail).into_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn entry(row: &AnyRow) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        id: row.int("id")?,
        at_ms: row.int("at_ms")?,
        who: row.text("who")?,
        what: row.text("what")?,
        about: row.text("about")?,
        detail: row.text("detail")?,
    })
}
