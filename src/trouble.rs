//! What the command line says when something does not work: what, where, and what to do; and with which exit code it ends.

use std::fmt;

use serde::Serialize;
use store::StoreError;

use crate::config::Mistake;
use crate::words;

/// Exit codes, after sysexits.h where it has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// A check found something, a verification failed.
    Failed = 1,
    /// What was asked for is wrong (2 is clap's own for wrong usage).
    Usage = 2,
    /// The data given is wrong.
    Data = 65,
    /// No such thing.
    Missing = 66,
    /// The database, the network or a device is not there.
    Unavailable = 69,
    /// Ours.
    Software = 70,
    /// The configuration is wrong.
    Config = 78,
}

/// Something does not work.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Trouble {
    /// What.
    pub what: String,
    /// Where: file and line, field, address; empty when there is no place.
    #[serde(rename = "where")]
    pub place: String,
    /// What to do; empty when nobody knows.
    pub remedy: String,
    /// How the process ends.
    #[serde(skip)]
    pub exit: Exit,
}

impl Trouble {
    /// With a remedy.
    pub fn new(exit: Exit, place: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), place: place.into(), remedy: remedy.into(), exit }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.what)?;
        if !self.remedy.is_empty() {
            write!(f, "\n  {} {}", words::REMEDY, self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}

/// One or several troubles: a wrong form or a wrong configuration has as many as it has mistakes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Troubles(pub Vec<Trouble>);

impl Troubles {
    /// The exit code of the first.
    pub fn exit(&self) -> Exit {
        self.0.first().map_or(Exit::Software, |trouble| trouble.exit)
    }
}

impl fmt::Display for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for trouble in &self.0 {
            writeln!(f, "{}: {trouble}", words::ERROR)?;
        }
        Ok(())
    }
}

impl From<Trouble> for Troubles {
    fn from(trouble: Trouble) -> Self {
        Self(vec![trouble])
    }
}

impl From<Vec<Mistake>> for Troubles {
    fn from(mistakes: Vec<Mistake>) -> Self {
        Self(mistakes.into_iter().map(Trouble::from).collect())
    }
}

impl From<Mistake> for Trouble {
    fn from(mistake: Mistake) -> Self {
        let place = mistake.place();
        Self { what: mistake.what, place, remedy: mistake.remedy, exit: Exit::Config }
    }
}

impl From<StoreError> for Troubles {
    fn from(error: StoreError) -> Self {
        let plain = |exit, remedy: words::Words| Trouble::new(exit, "", error.to_string(), remedy.text()).into();
        match &error {
            StoreError::Invalid(problems) => Self(
                problems
                    .iter()
                    .map(|problem| Trouble::new(Exit::Data, &problem.field, &problem.what, &problem.remedy))
                    .collect(),
            ),
            StoreError::Unfit(_) | StoreError::Unfinished(_) | StoreError::Conflict(_) => {
                plain(Exit::Data, words::NOTHING)
            }
            StoreError::Missing { .. } => plain(Exit::Missing, words::MISSING_REMEDY),
            StoreError::Address { .. } => plain(Exit::Config, words::BAD_DATABASE_URL_REMEDY),
            StoreError::Away(_) => plain(Exit::Unavailable, words::DATABASE_AWAY_REMEDY),
            StoreError::Refused(_) => plain(Exit::Data, words::NOTHING),
            StoreError::Newer { .. } | StoreError::Changed { .. } => plain(Exit::Config, words::NOTHING),
            StoreError::Database(_) | StoreError::Damaged { .. } | StoreError::Secret(_) => {
                plain(Exit::Software, words::NOTHING)
            }
        }
    }
}
