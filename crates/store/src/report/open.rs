//! Reports of calls that are not done, for the switch: an operator with too many of them does not become ready (F38).

use switch::CallId;

use crate::call::call_of_key;
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;

/// Reports that are told: the newest.
const OPEN_MAX: i64 = 100_000;

impl Store {
    /// Calls whose reports are drafts, and the operators who took them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_reports(&self) -> Result<Vec<(CallId, i64)>, StoreError> {
        let rows = sqlx::query(
            "SELECT call, operator FROM reports WHERE state = 'draft' AND call IS NOT NULL AND operator IS NOT NULL \
             ORDER BY created_ms DESC LIMIT $1",
        )
        .bind(OPEN_MAX)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok((call_of_key(row.int("call")?), row.int("operator")?))).collect()
    }
}
