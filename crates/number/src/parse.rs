//! From what people and devices write to a [`Number`].

use crate::Kind;
use std::fmt;
use std::str::FromStr;

/// Japan's country code.
pub const JAPAN: u16 = 81;

/// A telephone number, E.164 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(u64);

/// A number with what stood before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The number.
    pub number: Number,
    /// 184 or 186.
    pub prefix: Option<CallerIdPrefix>,
}

/// Japan's per-call caller-id prefixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerIdPrefix {
    /// 184.
    Withhold,
    /// 186.
    Show,
}

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// No text.
    Empty,
    /// A character that has no place in a number.
    Character(char),
    /// Too short for any number: an extension or a service code.
    Short,
    /// The digits are those of no number: `length` of them, with the leading 0.
    Length(usize),
    /// A name, not a number (`anonymous`).
    NotANumber,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = f;
        todo!()
    }
}

impl std::error::Error for NumberError {}

/// Reads a number and its 184/186.
pub fn read(text: &str, country: u16) -> Result<Reading, NumberError> {
    let _ = (text, country);
    todo!()
}

impl Number {
    /// Reads a number; national forms are of `country` ([`JAPAN`]).
    pub fn parse(text: &str, country: u16) -> Result<Self, NumberError> {
        read(text, country).map(|reading| reading.number)
    }

    /// Digits with the country code, as a key: `81312345678`.
    pub fn digits(self) -> u64 {
        self.0
    }

    /// `+81312345678`
    pub fn e164(self) -> String {
        format!("+{}", self.0)
    }

    /// `0312345678`, as Japanese trunks want it; a foreign number as `010…`.
    pub fn national(self) -> String {
        todo!()
    }

    /// For people: `03-1234-5678`.
    pub fn display(self) -> String {
        todo!()
    }

    /// The sort of number.
    pub fn kind(self) -> Kind {
        todo!()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number(+{})", self.0)
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        Self::parse(text, JAPAN)
    }
}
