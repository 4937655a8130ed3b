//! Keys of answers that the program knows. A firm's form may have others.

use crate::kind::{Desired, Kind, Mood, Urgency};

/// Not an answer: an edit of this key changes the draft's kind.
pub const KIND: &str = "kind";
/// The caller's company (社名); [`PRIVATE`] when there is none.
pub const COMPANY: &str = "company";
/// The caller's name (名前).
pub const NAME: &str = "name";
/// The business in a line (用件).
pub const BUSINESS: &str = "business";
/// What the caller wants ([`Desired`] by code).
pub const DESIRED: &str = "desired";
/// The number to call back (折返し番号).
pub const CALLBACK: &str = "callback";
/// `yes` when the number was read back to the caller (復唱). Any change of the number takes it away.
pub const READ_BACK: &str = "read_back";
/// When the caller can be reached (折返し希望時間).
pub const CALLBACK_WHEN: &str = "callback_when";
/// How the caller is related, how it came about (関係・経緯).
pub const RELATION: &str = "relation";
/// [`Mood`] by code.
pub const MOOD: &str = "mood";
/// The same in the operator's words.
pub const MOOD_NOTE: &str = "mood_note";
/// [`Urgency`] by code.
pub const URGENCY: &str = "urgency";
/// Whom the caller asked for (名指し人): an id of the roster, or a name.
pub const PERSON: &str = "person";
/// What was said, in full (詳細).
pub const NARRATIVE: &str = "narrative";
/// Several matters, one a line.
pub const ITEMS: &str = "items";
/// Which service or goods (サービス名).
pub const SERVICE: &str = "service";
/// A membership, order or customer number (ID番号).
pub const ID_NUMBER: &str = "id_number";
/// The article (商品名).
pub const PRODUCT: &str = "product";
/// The article's number, to the letter (品番).
pub const PRODUCT_NUMBER: &str = "product_number";
/// Colour (色).
pub const COLOUR: &str = "colour";
/// Size (サイズ).
pub const SIZE: &str = "size";
/// The wished (of a cancellation: the booked) day, `2026-11-24`.
pub const DATE: &str = "date";
/// The wished (of a cancellation: the booked) time, `14:30`.
pub const TIME: &str = "time";
/// The second wish, in words.
pub const SECOND_WISH: &str = "second_wish";
/// The day that was booked until now.
pub const OLD_DATE: &str = "old_date";
/// The time that was booked until now.
pub const OLD_TIME: &str = "old_time";
/// What is booked (メニュー).
pub const MENU: &str = "menu";
/// The full name of whom the booking is for.
pub const BOOKING_NAME: &str = "booking_name";
/// What the operator told the caller at the end (ご案内).
pub const CLOSING: &str = "closing";
/// Questions of the FAQ that were answered (F24), one a line.
pub const FAQ_USED: &str = "faq_used";
/// Why the caller was not put through (F42).
pub const BRIDGE_FAILED: &str = "bridge_failed";

/// What [`COMPANY`] says of a caller who calls for nobody else.
pub const PRIVATE: &str = "個人";
/// What [`READ_BACK`] says when it was.
pub const YES: &str = "yes";

/// Most characters of a key.
pub const KEY_CHARS_MAX: usize = 40;

/// Whether it can be a key: small letters, digits and `_`, beginning with a letter.
pub fn is_key(text: &str) -> bool {
    text.len() <= KEY_CHARS_MAX
        && text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether the answers of this key are codes of ours, and if so, whether this is one.
pub fn is_code_of(key: &str, code: &str) -> Option<bool> {
    match key {
        KIND => Some(Kind::from_code(code).is_some()),
        URGENCY => Some(Urgency::from_code(code).is_some()),
        DESIRED => Some(Desired::from_code(code).is_some()),
        MOOD => Some(Mood::from_code(code).is_some()),
        READ_BACK => Some(code == YES),
        _ => None,
    }
}

/// Keys that a firm's form cannot leave out.
pub const ALWAYS: [&str; 4] = [BUSINESS, DESIRED, URGENCY, CALLBACK];
