//! Errors as data: whose fault, and what to do.

use std::fmt;

use serde::Serialize;

use crate::outbox::DeliveryState;
use crate::report::{Lock, ReportState};
use crate::row::word;

/// Something that was asked for cannot be accepted: which field, what is wrong with it, what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// The field's name as in the form, the API and the CSV header.
    pub field: String,
    /// What is wrong, with the value.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl Problem {
    pub(crate) fn new(field: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Problem { field: field.to_owned(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.field, self.what, self.remedy)
    }
}

/// The row is not as the asker thought: somebody was faster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Conflict {
    /// Somebody else is writing this draft.
    Locked(Lock),
    /// The report is no draft any more.
    NotDraft {
        /// What it is.
        state: ReportState,
    },
    /// Only what was sent can be corrected.
    NotSent {
        /// What it is.
        state: ReportState,
    },
    /// Somebody else has begun a correction of the report.
    Begun {
        /// Whose login.
        by: String,
    },
    /// It was changed since it was looked at.
    Revision {
        /// The revision that the asker saw.
        expected: i64,
        /// The revision that it has.
        found: i64,
    },
    /// The row is not as whoever changes it saw it.
    Changed,
    /// The dispute has an answer already.
    Decided {
        /// Whose.
        by: String,
    },
    /// The delivery is over already.
    Over {
        /// How.
        state: DeliveryState,
    },
    /// A firm's proofs hold and stay as they are: a further run is a new one.
    Proved,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Conflict::Locked(lock) => write!(f, "{} is writing this report; take it over, or wait", lock.name),
            Conflict::NotDraft { state } => write!(f, "the report is {} already", word(state)),
            Conflict::NotSent { state } => {
                write!(f, "the report is {}: only one that was sent can be corrected", word(state))
            }
            Conflict::Begun { by } => {
                write!(f, "{by} has begun a correction of this report: send that one, or waive it, first")
            }
            Conflict::Revision { expected, found } => {
                write!(f, "it was changed meanwhile (revision {found}, not {expected}); look at it again")
            }
            Conflict::Changed => f.write_str(
                "somebody else has changed it meanwhile: read it again, and make your changes to what it is now",
            ),
            Conflict::Decided { by } => write!(f, "{by} has decided this dispute already"),
            Conflict::Over { state } => write!(f, "the delivery is {} already", word(state)),
            Conflict::Proved => f.write_str("these proofs hold and stay as they are; begin a new run"),
        }
    }
}

/// Why the store did not do it. Nothing is half written then.
#[derive(Debug)]
pub enum StoreError {
    /// The asker's: these fields.
    Invalid(Vec<Problem>),
    /// The asker's: these answers or places of a document, in both languages.
    Unfit(Vec<report::Problem>),
    /// The asker's: what still stands in the way of sending a report.
    Unfinished(Vec<report::Missing>),
    /// Somebody else's, who was faster.
    Conflict(Conflict),
    /// The asker's: no such row.
    Missing {
        /// "customer", "operator", …
        what: &'static str,
        /// The id or name asked for.
        id: String,
    },
    /// The administrator's: the database's address cannot be used.
    Address {
        /// Why, without the password.
        why: String,
    },
    /// The administrator's: a newer version of the program has changed this database.
    Newer {
        /// Schema version found.
        found: i64,
        /// Newest one that this program knows.
        known: i64,
    },
    /// The administrator's: a migration that ran once has another content now.
    Changed {
        /// Which.
        version: i64,
    },
    /// The database's, for now: it is away, busy, full or starting. The same again later may succeed.
    Away(sqlx::Error),
    /// The data's: the database refuses these values, now and later.
    Refused(sqlx::Error),
    /// The database's or ours: anything else it said.
    Database(sqlx::Error),
    /// Somebody's who wrote to the database by hand: a row that cannot be read.
    Damaged {
        /// Table and column.
        place: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The system's: no random numbers, or a password could not be hashed.
    Secret(String),
}

impl StoreError {
    /// The same again later may succeed.
    pub fn is_away(&self) -> bool {
        matches!(self, StoreError::Away(_))
    }

    /// One problem with one field.
    pub(crate) fn invalid(field: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        StoreError::Invalid(vec![Problem::new(field, what, remedy)])
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Invalid(problems) => {
                for (place, problem) in problems.iter().enumerate() {
                    write!(f, "{}{problem}", if place == 0 { "" } else { "\n" })?;
                }
                Ok(())
            }
            StoreError::Unfit(problems) => {
                let told: Vec<String> = problems
                    .iter()
                    .map(|problem| format!("{}: {}; {}", problem.field, problem.what_en, problem.remedy_en))
                    .collect();
                f.write_str(&told.join("\n"))
            }
            StoreError::Unfinished(missing) => {
                let told: Vec<String> =
                    missing.iter().map(|missing| format!("{}: {}", missing.key, missing.en)).collect();
                f.write_str(&told.join("\n"))
            }
            StoreError::Conflict(conflict) => conflict.fmt(f),
            StoreError::Missing { what, id } => write!(f, "there is no {what} {id}"),
            StoreError::Address { why } => write!(f, "database address: {why}"),
            StoreError::Newer { found, known } => write!(
                f,
                "the database has schema {found}, this program knows up to {known}: a newer version wrote it; run that version"
            ),
            StoreError::Changed { version } => write!(
                f,
                "migration {version} ran on this database with another content; restore a backup or use the version that ran it"
            ),
            StoreError::Away(error) => write!(f, "the database is away: {error}"),
            StoreError::Refused(error) => write!(f, "the database refuses this data: {error}"),
            StoreError::Database(error) => write!(f, "the database failed: {error}"),
            StoreError::Damaged { place, why } => {
                write!(f, "the database holds something unreadable in {place}: {why}")
            }
            StoreError::Secret(why) => write!(f, "no secret could be made: {why}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StoreError::Away(error) | StoreError::Refused(error) | StoreError::Database(error) => Some(error),
            StoreError::Invalid(_)
            | StoreError::Unfit(_)
            | StoreError::Unfinished(_)
            | StoreError::Conflict(_)
            | StoreError::Missing { .. }
            | StoreError::Address { .. }
            | StoreError::Newer { .. }
            | StoreError::Changed { .. }
            | StoreError::Damaged { .. }
            | StoreError::Secret(_) => None,
        }
    }
}

impl From<Conflict> for StoreError {
    fn from(conflict: Conflict) -> Self {
        StoreError::Conflict(conflict)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match fault(&error) {
            Fault::Away => StoreError::Away(error),
            Fault::Data => StoreError::Refused(error),
            Fault::Other => StoreError::Database(error),
        }
    }
}

enum Fault {
    Away,
    Data,
    Other,
}

fn fault(error: &sqlx::Error) -> Fault {
    if let sqlx::Error::Database(told) = error {
        return match told.code() {
            Some(code) => match code.parse::<u32>() {
                // PostgreSQL's codes have five characters, SQLite's numbers at most four digits.
                Ok(number) if code.len() < 5 => sqlite_fault(number),
                Ok(_) | Err(_) => postgres_fault(&code),
            },
            None => Fault::Other,
        };
    }
    let away = matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
    );
    if away { Fault::Away } else { Fault::Other }
}

/// Primary result codes: <https://www.sqlite.org/rescode.html>.
fn sqlite_fault(code: u32) -> Fault {
    match code & 0xff {
        5 | 6 | 7 | 8 | 9 | 10 | 13 | 14 | 15 | 17 => Fault::Away,
        18..=20 => Fault::Data,
        _ => Fault::Other,
    }
}

/// Classes of SQLSTATE: PostgreSQL manual, appendix A.
fn postgres_fault(code: &str) -> Fault {
    match code.get(..2) {
        Some("08" | "25" | "40" | "53" | "55" | "57" | "58") => Fault::Away,
        Some("22" | "23" | "54") => Fault::Data,
        _ => Fault::Other,
    }
}
