//! Grams: what a word or a few digits are found by in the middle of a text, among a million texts, without looking through all of
//! them. A text's grams are its pairs of neighbouring letters (folded), a number's are its threes of neighbouring digits; what has all
//! grams of a word *may* hold it, and the word itself is then looked for in these few.
//!
//! PostgreSQL keeps them in GIN indexes of expressions, by itself. SQLite keeps them in FTS5 tables without content, whose rows are
//! written a moment later ([`Store::index_written`]): triggers note what is not in them yet, and a search looks through that as well, so
//! that nothing is ever missing, only slower. A full-text search by words is no use here: Japanese has no spaces, and a name of two
//! letters is asked for more often than any other; for the same reason the trigrams that both databases bring along do not serve.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::database::{Backend, Store, Tx};
use crate::error::StoreError;
use crate::row::Columns;
use crate::search::Value;
use crate::secret::hex;
use crate::text::fold;

/// Letters of a pair.
const PAIR: usize = 2;
/// Digits of a three.
const THREE: usize = 3;
/// Between grams that are given to PostgreSQL as one text.
const BETWEEN: char = '\u{1f}';
/// What may hold the word is looked through if it is no more than this; else the newest rows are, where it will soon be met.
const MAYBE_MAX: i64 = 2_000;
/// Pages of an FTS5 index that one step of its upkeep writes.
const MERGE_PAGES: i64 = 200;

/// Grams that something must have to be found: all of `words`, and all of one of `numbers` (if there is any).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wanted {
    words: Vec<String>,
    numbers: Vec<Vec<String>>,
}

impl Wanted {
    /// A word of the search.
    pub(crate) fn word(&mut self, word: &str) {
        self.words.extend(word_grams(&fold(word)));
        self.words.sort_unstable();
        self.words.dedup();
    }

    /// Digits in the order in which the columns keep them (reversed): another way of writing what is looked for.
    pub(crate) fn or_number(&mut self, reversed: &str) {
        let grams = number_grams(reversed);
        if !self.numbers.contains(&grams) {
            self.numbers.push(grams);
        }
    }

    /// Nothing that an index could find: one letter is no pair.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty() && (self.numbers.is_empty() || self.numbers.iter().any(Vec::is_empty))
    }

    /// A query of FTS5.
    pub(crate) fn fts5(&self) -> String {
        let all = |grams: &[String]| grams.iter().map(|gram| token(gram)).collect::<Vec<_>>().join(" AND ");
        let mut parts = Vec::new();
        if !self.words.is_empty() {
            parts.push(format!("({})", all(&self.words)));
        }
        if !self.numbers.is_empty() && self.numbers.iter().all(|grams| !grams.is_empty()) {
            let ways: Vec<String> = self.numbers.iter().map(|grams| format!("({})", all(grams))).collect();
            parts.push(format!("({})", ways.join(" OR ")));
        }
        parts.join(" AND ")
    }

    /// Conditions for PostgreSQL, each with its values; `numbers`: the columns that hold one.
    pub(crate) fn postgres(&self, numbers: &[&str]) -> Vec<(String, Vec<Value>)> {
        let joined = |grams: &[String]| Value::Text(grams.join(&BETWEEN.to_string()));
        let has = |grams: String| format!("{grams} @> string_to_array($, chr(31))");
        let mut conditions = Vec::new();
        if !self.words.is_empty() {
            conditions.push((has("word_grams(search)".to_owned()), vec![joined(&self.words)]));
        }
        if !self.numbers.is_empty() && self.numbers.iter().all(|grams| !grams.is_empty()) {
            let ways = self.numbers.iter().flat_map(|grams| numbers.iter().map(move |column| (column, grams)));
            let (sql, values): (Vec<_>, Vec<_>) =
                ways.map(|(column, grams)| (has(format!("number_grams({column})")), joined(grams))).unzip();
            conditions.push((format!("({})", sql.join(" OR ")), values));
        }
        conditions
    }
}

/// Which of the two indexes of SQLite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Index {
    Reports,
    Calls,
}

impl Index {
    /// The rows that may hold what is wanted, as a table `found` of one column `found_id`; `$1` is the query.
    pub(crate) fn found(self) -> &'static str {
        match self {
            Index::Reports => {
                "WITH found (found_id) AS MATERIALIZED (\
                 SELECT report_places.report FROM report_grams CROSS JOIN report_places \
                 ON report_places.place = report_grams.rowid WHERE report_grams MATCH $1 \
                 UNION SELECT report FROM report_unindexed UNION SELECT id FROM reports WHERE state = 'draft')"
            }
            Index::Calls => {
                "WITH found (found_id) AS MATERIALIZED (SELECT rowid FROM call_grams WHERE call_grams MATCH $1 \
                 UNION SELECT call FROM call_unindexed)"
            }
        }
    }

    /// How many rows may hold it, counted no further than needed; `$1` is the query, `$2` where to stop.
    fn count(self) -> &'static str {
        match self {
            Index::Reports => {
                "SELECT (SELECT COUNT(*) FROM (SELECT rowid FROM report_grams WHERE report_grams MATCH $1 LIMIT $2)) \
                 + (SELECT COUNT(*) FROM (SELECT 1 FROM report_unindexed LIMIT $2)) \
                 + (SELECT COUNT(*) FROM (SELECT 1 FROM reports WHERE state = 'draft' LIMIT $2))"
            }
            Index::Calls => {
                "SELECT (SELECT COUNT(*) FROM (SELECT rowid FROM call_grams WHERE call_grams MATCH $1 LIMIT $2)) \
                 + (SELECT COUNT(*) FROM (SELECT 1 FROM call_unindexed LIMIT $2))"
            }
        }
    }

    fn merge(self, begin: bool) -> &'static str {
        match (self, begin) {
            (Index::Reports, true) => "INSERT INTO report_grams (report_grams, rank) VALUES ('merge', -$1)",
            (Index::Reports, false) => "INSERT INTO report_grams (report_grams, rank) VALUES ('merge', $1)",
            (Index::Calls, true) => "INSERT INTO call_grams (call_grams, rank) VALUES ('merge', -$1)",
            (Index::Calls, false) => "INSERT INTO call_grams (call_grams, rank) VALUES ('merge', $1)",
        }
    }
}

impl Store {
    /// Whether the index of SQLite serves for this: `false` where so many rows have the grams that one soon meets them anyway.
    pub(crate) async fn is_rare(&self, index: Index, wanted: &Wanted) -> Result<bool, StoreError> {
        let maybe: i64 = sqlx::query_scalar(index.count())
            .bind(wanted.fts5())
            .bind(MAYBE_MAX.saturating_add(1))
            .fetch_one(&self.pool)
            .await?;
        Ok(maybe <= MAYBE_MAX)
    }

    /// Takes up to `limit` reports and as many calls that were written since into SQLite's indexes, and says how many there were: if
    /// fewer than `limit`, none is left. PostgreSQL needs none of it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn index_written(&self, limit: u32) -> Result<u32, StoreError> {
        if self.backend() == Backend::Postgres {
            return Ok(0);
        }
        // Looking first: most of the time there is nothing, and a transaction that writes holds up others.
        let waiting = "SELECT EXISTS (SELECT 1 FROM report_unindexed) OR EXISTS (SELECT 1 FROM call_unindexed)";
        if sqlx::query(waiting).fetch_one(&self.pool).await?.try_get::<i64, _>(0)? == 0 {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        let reports = index_reports(&mut tx, limit).await?;
        let calls = index_calls(&mut tx, limit).await?;
        tx.commit().await?;
        Ok(reports.max(calls))
    }

    /// One short step of writing SQLite's indexes anew, so that what was purged leaves them as well: `begin`s it, or goes on. Whether
    /// there is more to do.
    ///
    /// # Errors
    /// What the database says.
    pub async fn merge_indexes(&self, begin: bool) -> Result<bool, StoreError> {
        let mut more = false;
        if self.backend() == Backend::Sqlite {
            for index in [Index::Reports, Index::Calls] {
                let mut tx = self.begin().await?;
                let before = changes(&mut tx).await?;
                sqlx::query(index.merge(begin)).bind(MERGE_PAGES).execute(&mut *tx).await?;
                more |= changes(&mut tx).await? - before >= 2;
                tx.commit().await?;
            }
        }
        Ok(more)
    }
}

/// Rows that this connection has changed so far: an FTS5 merge that had nothing to do changes fewer than two.
async fn changes(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(sqlx::query("SELECT total_changes()").fetch_one(&mut **tx).await?.try_get(0)?)
}

async fn index_reports(tx: &mut Tx, limit: u32) -> Result<u32, StoreError> {
    let rows = sqlx::query(
        "SELECT report, search, callback_reversed, caller_reversed, purged_ms FROM report_unindexed \
         LEFT JOIN reports ON reports.id = report LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&mut **tx)
    .await?;
    for row in &rows {
        let id = row.text("report")?;
        match tokens(row)? {
            Some(tokens) => {
                let place: i64 = sqlx::query_scalar(
                    "INSERT INTO report_places (report) VALUES ($1) ON CONFLICT (report) DO UPDATE SET report = excluded.report \
                     RETURNING place",
                )
                .bind(&id)
                .fetch_one(&mut **tx)
                .await?;
                put(tx, "INSERT OR REPLACE INTO report_grams (rowid, grams) VALUES ($1, $2)", place, &tokens).await?;
            }
            None => {
                for sql in [
                    "DELETE FROM report_grams WHERE rowid = (SELECT place FROM report_places WHERE report = $1)",
                    "DELETE FROM report_places WHERE report = $1",
                ] {
                    sqlx::query(sql).bind(&id).execute(&mut **tx).await?;
                }
            }
        }
        sqlx::query("DELETE FROM report_unindexed WHERE report = $1").bind(&id).execute(&mut **tx).await?;
    }
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}

/// `None`: the report was purged.
fn tokens(row: &AnyRow) -> Result<Option<String>, StoreError> {
    if row.maybe_text("search")?.is_none() || row.maybe_int("purged_ms")?.is_some() {
        return Ok(None);
    }
    let mut grams = word_grams(&row.text("search")?);
    grams.extend(number_grams(&row.text("callback_reversed")?));
    grams.extend(number_grams(&row.text("caller_reversed")?));
    Ok(Some(document(grams)))
}

async fn index_calls(tx: &mut Tx, limit: u32) -> Result<u32, StoreError> {
    let rows = sqlx::query(
        "SELECT call, caller_reversed FROM call_unindexed LEFT JOIN calls ON calls.id = call_unindexed.call LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&mut **tx)
    .await?;
    for row in &rows {
        let call = row.int("call")?;
        let grams = number_grams(&row.maybe_text("caller_reversed")?.unwrap_or_default());
        if grams.is_empty() {
            sqlx::query("DELETE FROM call_grams WHERE rowid = $1").bind(call).execute(&mut **tx).await?;
        } else {
            let sql = "INSERT OR REPLACE INTO call_grams (rowid, grams) VALUES ($1, $2)";
            put(tx, sql, call, &document(grams)).await?;
        }
        sqlx::query("DELETE FROM call_unindexed WHERE call = $1").bind(call).execute(&mut **tx).await?;
    }
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}

async fn put(tx: &mut Tx, sql: &'static str, row: i64, tokens: &str) -> Result<(), StoreError> {
    sqlx::query(sql).bind(row).bind(tokens.to_owned()).execute(&mut **tx).await?;
    Ok(())
}

/// Pairs of neighbouring letters of a folded text.
fn word_grams(folded: &str) -> Vec<String> {
    grams(folded, PAIR, "")
}

/// Threes of neighbouring digits, marked so that no pair of letters is taken for one.
fn number_grams(digits: &str) -> Vec<String> {
    grams(digits, THREE, "#")
}

fn grams(text: &str, length: usize, mark: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let usable = |gram: &&[char]| !gram.contains(&BETWEEN);
    letters.windows(length).filter(usable).map(|gram| mark.chars().chain(gram.iter().copied()).collect()).collect()
}

/// What FTS5 is given for a row.
fn document(mut grams: Vec<String>) -> String {
    grams.sort_unstable();
    grams.dedup();
    grams.iter().map(|gram| token(gram)).collect::<Vec<_>>().join(" ")
}

/// A gram as FTS5 takes it for one word whatever its letters are.
fn token(gram: &str) -> String {
    hex(gram.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f57_a_word_wants_its_pairs_and_a_number_its_threes_in_one_of_the_ways_to_write_it() {
        let mut wanted = Wanted::default();
        assert!(wanted.is_empty());
        wanted.word("林");
        assert!(wanted.is_empty(), "one letter is no pair");
        wanted.word("サト");
        wanted.or_number("2109");
        wanted.or_number("2109");
        wanted.or_number("218");
        assert_eq!(wanted.fts5(), "(e38195e381a8) AND ((23323130 AND 23313039) OR (23323138))");
        let conditions = wanted.postgres(&["callback_reversed"]);
        let sql: Vec<&str> = conditions.iter().map(|(sql, _)| sql.as_str()).collect();
        let number = "number_grams(callback_reversed) @> string_to_array($, chr(31))";
        assert_eq!(sql, ["word_grams(search) @> string_to_array($, chr(31))", &format!("({number} OR {number})")]);
        assert_eq!(conditions.iter().map(|(_, values)| values.len()).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn what_is_given_to_the_index_holds_every_gram_once() {
        assert_eq!(document(grams("ababa", PAIR, "")), "6162 6261");
        assert!(number_grams("12").is_empty());
    }
}
