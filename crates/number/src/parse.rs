//! From what people and devices write to a [`Number`], and from there to what people and devices read.
//!
//! Reading the number of every call allocates nothing; only showing one does.

use crate::digits::Digits;
use crate::{Kind, areas};
use std::fmt;
use std::str::FromStr;

/// Japan's country code.
pub const JAPAN: u16 = 81;

/// Numbers of 7 to 15 digits, country code included: E.164 §6.2.1 has the upper bound, no country is below the lower.
const E164: std::ops::Range<u64> = 1_000_000..1_000_000_000_000_000;
/// Up to so many digits without a leading 0 are an extension or a service code.
const SHORT_DIGITS_MAX: usize = 6;

/// A telephone number, E.164 digits. Small, `Copy`, and a good key.
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
    /// No digits.
    Empty,
    /// A character that has no place in a number: a name, a URI.
    Character(char),
    /// An extension or a service code: so few digits, without a leading 0.
    Short,
    /// No number has so many digits (in Japan the leading 0 counts) and begins like this.
    Length(usize),
    /// 00XY, a prefix that chooses another carrier.
    CarrierPrefix,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "there are no digits"),
            Self::Character(character) => write!(f, "{character:?} has no place in a telephone number"),
            Self::Short => write!(f, "that is an extension or a service code, not a telephone number"),
            Self::Length(length) => write!(f, "no telephone number that begins like this has {length} digits"),
            Self::CarrierPrefix => write!(f, "it begins with 00, a prefix that chooses a carrier: leave that out"),
        }
    }
}

impl std::error::Error for NumberError {}

/// Reads a number and its 184/186; national forms (leading 0) are of `country`.
///
/// Accepts `0312345678`, `81312345678`, `+81…`, `+81 (0)3…`, `010` and a country, `tel:`, full-width digits, the usual
/// separators; drops parameters (`;user=phone`, `;cpc=`, `;npdi;rn=`). Lengths are checked, ranges are not (see
/// [`Number::kind`]): a caller may have a number that is newer than this program.
pub fn read(text: &str, country: u16) -> Result<Reading, NumberError> {
    let digits = Digits::read(text)?;
    let (prefix, rest) = without_caller_id_prefix(&digits);
    if digits.plus && digits.as_str().len() - rest.len() != digits.before_plus {
        return Err(NumberError::Character('+'));
    }
    let number = if digits.plus {
        international(rest)?
    } else if let Some(foreign) = rest.strip_prefix("010").filter(|_| country == JAPAN) {
        international(foreign)?
    } else if let Some(significant) = rest.strip_prefix('0') {
        national(significant, country)?
    } else {
        with_bare_country_code(rest, country)?
    };
    Ok(Reading { number, prefix })
}

/// 184 and 186 stand before a 0, a 1 or a plus. After a plus they are digits of a number: +1 860 is Connecticut.
pub(crate) fn without_caller_id_prefix(digits: &Digits) -> (Option<CallerIdPrefix>, &str) {
    let all = digits.as_str();
    let after = |prefix| {
        let is_prefix = |rest: &&str| if digits.plus { digits.before_plus == 3 } else { rest.starts_with(['0', '1']) };
        all.strip_prefix(prefix).filter(is_prefix)
    };
    if let Some(rest) = after("184") {
        (Some(CallerIdPrefix::Withhold), rest)
    } else if let Some(rest) = after("186") {
        (Some(CallerIdPrefix::Show), rest)
    } else {
        (None, all)
    }
}

/// Digits after a plus or an international prefix.
fn international(digits: &str) -> Result<Number, NumberError> {
    match digits.strip_prefix("81") {
        Some(significant) => national(significant.strip_prefix('0').unwrap_or(significant), JAPAN),
        None => e164(digits),
    }
}

/// Digits after the trunk prefix 0.
fn national(significant: &str, country: u16) -> Result<Number, NumberError> {
    if country == JAPAN {
        if significant.starts_with('0') {
            return Err(NumberError::CarrierPrefix);
        }
        // No area begins with 010: that is how a call abroad begins.
        if significant.len() != japanese_length(significant) || significant.starts_with("10") {
            return Err(NumberError::Length(significant.len() + 1));
        }
    }
    let mut value = u64::from(country);
    for digit in significant.bytes() {
        value = value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    }
    if E164.contains(&value) { Ok(Number(value)) } else { Err(NumberError::Length(significant.len() + 1)) }
}

/// How many digits follow the 0 (JAPAN.md, "Numbers").
fn japanese_length(significant: &str) -> usize {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| significant.starts_with(prefix));
    if begins(&["200"]) {
        13
    } else if begins(&["20", "50", "60", "70", "80", "90"]) {
        10
    } else {
        9
    }
}

/// `81312345678`, as some trunks write it: told from other things by its length.
fn with_bare_country_code(digits: &str, country: u16) -> Result<Number, NumberError> {
    if digits.len() <= SHORT_DIGITS_MAX {
        return Err(NumberError::Short);
    }
    let wrong = NumberError::Length(digits.len());
    let significant = match country {
        JAPAN => digits.strip_prefix("81"),
        other => digits.strip_prefix(other.to_string().as_str()),
    };
    let significant = significant.ok_or(wrong)?;
    national(significant.strip_prefix('0').unwrap_or(significant), country).map_err(|_| wrong)
}

fn e164(digits: &str) -> Result<Number, NumberError> {
    let value = digits.parse().ok().filter(|value| E164.contains(value) && !digits.starts_with('0'));
    value.map(Number).ok_or(NumberError::Length(digits.len()))
}

impl Number {
    /// Reads a number; national forms are of `country` ([`JAPAN`]). See [`read`].
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
        match self.japanese() {
            Some(significant) => format!("0{significant}"),
            None => format!("010{}", self.0),
        }
    }

    /// For people: `03-1234-5678`, `0467-22-1234`, `090-1234-5678`; a foreign one as `+44 2071838750`.
    pub fn display(self) -> String {
        let Some(significant) = self.japanese() else {
            let digits = self.0.to_string();
            let (country, rest) = digits.split_at_checked(country_code_length(&digits)).unwrap_or(("", &digits));
            return format!("+{country} {rest}");
        };
        let (area, exchange) = grouping(&significant);
        let (area, rest) = significant.split_at_checked(area).unwrap_or((&significant, ""));
        let (exchange, line) = rest.split_at_checked(exchange).unwrap_or((rest, ""));
        format!("0{area}-{exchange}-{line}")
    }

    /// The sort of number.
    pub fn kind(self) -> Kind {
        match self.japanese() {
            Some(significant) => Kind::of_japanese(&significant),
            None => Kind::International,
        }
    }

    /// The digits after the 0, if it is a Japanese number.
    fn japanese(self) -> Option<String> {
        let digits = self.0.to_string();
        digits.strip_prefix("81").map(str::to_owned)
    }
}

/// How many digits (the 0 not counted) make the first and the second group.
fn grouping(significant: &str) -> (usize, usize) {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| significant.starts_with(prefix));
    if begins(&["200"]) {
        (3, 5)
    } else if begins(&["120", "570", "990", "800"]) {
        (3, 3)
    } else if significant.len() == 10 {
        (2, 4)
    } else {
        let six = significant.get(..6).and_then(|six| six.parse().ok()).unwrap_or(0);
        let area = areas::area_code_length(six).unwrap_or(3);
        (area, 5_usize.saturating_sub(area))
    }
}

/// E.164's country codes: one digit in zones 1 and 7, two where the list has them, else three.
fn country_code_length(digits: &str) -> usize {
    const TWO_DIGITS: &str = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 \
                              63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";
    if digits.starts_with(['1', '7']) {
        1
    } else if digits.get(..2).is_some_and(|two| TWO_DIGITS.split(' ').any(|code| code == two)) {
        2
    } else {
        3
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

    /// Reads a Japanese or international form.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        Self::parse(text, JAPAN)
    }
}

#[cfg(test)]
mod tests;
