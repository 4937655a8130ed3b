//! Is the number right (X06)? What the plan, the caller's own number, earlier numbers and the read-back say about it.
//!
//! How many slips each signal finds, of every single-digit error, exchange of neighbours, missing and doubled digit in 200 numbers
//! as they are given out (`tests/assurance.rs` makes the table and holds it):
//!
//! | number | slip | length | range | both | caller's | earlier |
//! |---|---|---:|---:|---:|---:|---:|
//! | fixed line | one digit wrong | 12 % | 3 % | 15 % | 100 % | 100 % |
//! | fixed line | one doubled | 100 % | 0 % | 100 % | 100 % | 100 % |
//! | fixed line | one missing | 100 % | 0 % | 100 % | 100 % | 100 % |
//! | fixed line | two exchanged | 13 % | 4 % | 17 % | 100 % | 100 % |
//! | mobile | one digit wrong | 21 % | 2 % | 23 % | 100 % | 100 % |
//! | mobile | one doubled | 100 % | 0 % | 100 % | 100 % | 100 % |
//! | mobile | one missing | 91 % | 2 % | 93 % | 100 % | 100 % |
//! | mobile | two exchanged | 32 % | 1 % | 33 % | 100 % | 100 % |
//!
//! So the plan alone misses four of five wrong digits on mobile numbers, where nearly every number is in use. What carries it is a
//! number to compare with: the one that called, or one that the caller left before. Where the caller wants to be called at a number
//! that nobody has seen yet, only reading it back helps, and the desk asks for that. The price: of an office whose lines differ in
//! their last digits, one line looks like a slip of another, and the operator reads one number back too many.

use number::{Kind, Number};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::edit_distance::distance;
use crate::kind::Language;
use crate::text;

/// Numbers that differ by so few slips are taken for the same one, mistyped.
pub const NEAR: usize = 2;
/// Earlier numbers that are compared.
pub const EARLIER_MAX: usize = 20;
/// Characters of a number that cannot be read, as it is shown.
const SHOWN_CHARS_MAX: usize = 40;

/// What is known about a number that was typed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = NumberAssurance)]
pub struct Assurance {
    /// `+81312345678`; `None` when it cannot be a number.
    pub number: Option<String>,
    /// For people: `03-1234-5678`, `03-1234-5678 内線12`; what was typed when it cannot be a number.
    pub display: String,
    /// Its digits, for "10桁": without the extension.
    pub digits: usize,
    /// What speaks for it and against it, each once.
    pub signals: Vec<Signal>,
    /// What that comes to.
    pub badge: Badge,
}

/// One thing that is known about a number. JSON: `"in_plan"`, `{"near_caller": "090-1234-5678"}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = NumberSignal)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// No number has so many digits, or it is none at all.
    WrongLength,
    /// Of the right length, but in no range that is in use.
    NotInPlan,
    /// In a range that is in use.
    InPlan,
    /// Of another country, whose plan we do not know.
    Foreign,
    /// It is the number from which the caller calls.
    IsCaller,
    /// It is nearly the caller's number (this one): one or two digits differ.
    NearCaller(String),
    /// The caller left this number before.
    IsEarlier,
    /// It is nearly a number that the caller left before (this one).
    NearEarlier(String),
    /// It was read back to the caller, who agreed.
    ReadBack,
}

/// What all that comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = NumberBadge)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    /// Something of one's own speaks for it: read back, or the same as the caller's or an earlier one.
    Confirmed,
    /// It can be right.
    Plausible,
    /// It may well be a slip: ask.
    Doubtful,
    /// It cannot be a number.
    Wrong,
}

/// What is known about a number as it was typed: `caller` is the number from which the call came, `earlier` are those that this
/// caller left before.
pub fn assure(raw: &str, caller: Option<Number>, earlier: &[Number], read_back: bool) -> Assurance {
    let (written, extension) = split_extension(raw);
    let digits = written.chars().filter(|letter| letter.is_ascii_digit() || ('０'..='９').contains(letter)).count();
    let mut signals = Vec::new();
    let number = written.parse::<Number>().ok();
    match number {
        None => signals.push(Signal::WrongLength),
        Some(number) => {
            signals.push(of_plan(number));
            signals.extend(caller.and_then(|caller| compare(number, caller, Signal::IsCaller, Signal::NearCaller)));
            signals.extend(of_earlier(number, earlier.get(..EARLIER_MAX).unwrap_or(earlier)));
        }
    }
    if read_back {
        signals.push(Signal::ReadBack);
    }
    let mut display = number.map_or_else(|| text::head(&text::line(&written), SHOWN_CHARS_MAX), Number::display);
    if let Some(extension) = &extension {
        display = format!("{display} 内線{extension}");
    }
    let badge = badge(&signals);
    Assurance { number: number.map(Number::e164), display, digits, signals, badge }
}

/// Whether what was typed can be a telephone number at all.
pub fn can_be_a_number(raw: &str) -> bool {
    split_extension(raw).0.parse::<Number>().is_ok()
}

fn of_plan(number: Number) -> Signal {
    match number.kind() {
        Kind::International => Signal::Foreign,
        Kind::Unassigned => Signal::NotInPlan,
        Kind::FixedLine | Kind::Mobile | Kind::VoIp | Kind::TollFree | Kind::Navi | Kind::Premium | Kind::Pager => {
            Signal::InPlan
        }
    }
}

/// The same as one of them, else near the nearest.
fn of_earlier(number: Number, earlier: &[Number]) -> Option<Signal> {
    let nearest = earlier.iter().min_by_key(|other| distance(&number.national(), &other.national()))?;
    compare(number, *nearest, Signal::IsEarlier, Signal::NearEarlier)
}

fn compare(number: Number, other: Number, same: Signal, near: fn(String) -> Signal) -> Option<Signal> {
    match distance(&number.national(), &other.national()) {
        0 => Some(same),
        1..=NEAR => Some(near(other.display())),
        _ => None,
    }
}

fn badge(signals: &[Signal]) -> Badge {
    let has = |signal: &Signal| signals.contains(signal);
    let read_back = has(&Signal::ReadBack);
    let near_caller = signals.iter().any(|signal| matches!(signal, Signal::NearCaller(_)));
    let near_earlier = signals.iter().any(|signal| matches!(signal, Signal::NearEarlier(_)));
    if has(&Signal::WrongLength) && !read_back {
        Badge::Wrong
    } else if has(&Signal::WrongLength) || has(&Signal::NotInPlan) {
        Badge::Doubtful
    } else if read_back || has(&Signal::IsCaller) {
        Badge::Confirmed
    } else if has(&Signal::Foreign) && !has(&Signal::IsEarlier) {
        // Rare enough to ask, and what 090 becomes by one slip: 010.
        Badge::Doubtful
    } else if near_caller || near_earlier {
        // The same as an earlier one, but nearly the caller's: the earlier one may have been the slip.
        Badge::Doubtful
    } else if has(&Signal::IsEarlier) {
        Badge::Confirmed
    } else {
        Badge::Plausible
    }
}

/// `03-1234-5678（内線12）`, `… 内線 12`, `… ext. 12`: the number and the extension.
fn split_extension(raw: &str) -> (String, Option<String>) {
    const MARKS: [&str; 4] = ["内線", "ext.", "ext", "x"];
    let folded: String = raw.to_lowercase();
    let found = MARKS.iter().find_map(|mark| folded.split_once(mark));
    let Some((number, extension)) = found else { return (raw.trim().to_owned(), None) };
    let digits: String = extension
        .chars()
        .filter_map(|letter| match letter {
            '0'..='9' => Some(letter),
            '０'..='９' => char::from_digit(u32::from(letter) - u32::from('０'), 10),
            _ => None,
        })
        .take(8)
        .collect();
    if digits.is_empty() {
        return (raw.trim().to_owned(), None);
    }
    (number.trim_end_matches(['(', '（', ' ', '　', ',', '、', ':', '：']).trim().to_owned(), Some(digits))
}

impl Signal {
    /// In a few words, for the badge.
    pub fn words(&self, language: Language) -> String {
        match self {
            Self::WrongLength => language.of("桁数が合いません", "not a complete number").to_owned(),
            Self::NotInPlan => language.of("使われていない番号帯", "in no range in use").to_owned(),
            Self::InPlan => language.of("番号帯は正常", "in a range in use").to_owned(),
            Self::Foreign => language.of("海外の番号", "a foreign number").to_owned(),
            Self::IsCaller => language.of("発信番号と一致", "the number that called").to_owned(),
            Self::NearCaller(_) => language.of("発信番号とわずかに違う", "nearly the number that called").to_owned(),
            Self::IsEarlier => language.of("以前の番号と一致", "as left before").to_owned(),
            Self::NearEarlier(_) => language.of("以前の番号とわずかに違う", "nearly as left before").to_owned(),
            Self::ReadBack => language.of("復唱済み", "read back").to_owned(),
        }
    }
}

impl Assurance {
    /// What a report says beside the number: what speaks for it; of a doubtful one, 要確認 and why. Empty when only the plan
    /// speaks for it.
    pub fn note(&self, language: Language) -> String {
        let (speaks_for, against): (Vec<&Signal>, Vec<&Signal>) = self
            .signals
            .iter()
            .filter(|signal| !matches!(signal, Signal::InPlan))
            .partition(|signal| matches!(signal, Signal::IsCaller | Signal::IsEarlier | Signal::ReadBack));
        let words = |signals: Vec<&Signal>| {
            let words: Vec<String> = signals.into_iter().map(|signal| signal.words(language)).collect();
            words.join(language.of("・", ", "))
        };
        match self.badge {
            Badge::Confirmed | Badge::Plausible => words(speaks_for),
            Badge::Doubtful | Badge::Wrong => {
                let all = words(against.into_iter().chain(speaks_for).collect());
                format!("{}{all}", language.of("要確認：", "please check: "))
            }
        }
    }
}

#[cfg(test)]
mod tests;
