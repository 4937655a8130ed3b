//! From what people and devices write to bare digits: one pass, no allocation.

use crate::NumberError;

/// Most digits that are looked at: 184 or 186, 010 and the 15 of E.164, with some room.
const DIGITS_MAX: usize = 24;

/// Digits and whether a plus stood before them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits {
    bytes: [u8; DIGITS_MAX],
    length: usize,
    /// A `+` stood before the digits, or after a 184/186.
    pub(crate) plus: bool,
    /// How many digits stood before the plus.
    pub(crate) before_plus: usize,
}

impl Digits {
    /// Reads `03-1234-5678`, `tel:+81-3-1234-5678;cpc=ordinary`, `（０３）１２３４－５６７８` and the like. Parameters after
    /// a semicolon are dropped.
    pub(crate) fn read(text: &str) -> Result<Self, NumberError> {
        let text = text.trim();
        let text = match text.get(..4) {
            Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text.get(4..).unwrap_or_default(),
            Some(_) | None => text,
        };
        let text = text.split_once(';').map_or(text, |(number, _parameters)| number);
        let mut digits = Self { bytes: [0; DIGITS_MAX], length: 0, plus: false, before_plus: 0 };
        for character in text.chars() {
            match character {
                '+' | '＋' if !digits.plus => {
                    digits.plus = true;
                    digits.before_plus = digits.length;
                }
                _ if is_separator(character) => {}
                _ => digits.push(digit(character).ok_or(NumberError::Character(character))?)?,
            }
        }
        if digits.length == 0 { Err(NumberError::Empty) } else { Ok(digits) }
    }

    pub(crate) fn as_str(&self) -> &str {
        // Only ASCII digits are ever pushed.
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    fn push(&mut self, digit: u8) -> Result<(), NumberError> {
        let place = self.bytes.get_mut(self.length).ok_or(NumberError::Length(DIGITS_MAX + 1))?;
        *place = digit;
        self.length += 1;
        Ok(())
    }
}

/// An ASCII or full-width digit, as ASCII.
fn digit(character: char) -> Option<u8> {
    let value = match character {
        '0'..='9' => u32::from(character) - u32::from('0'),
        '０'..='９' => u32::from(character) - u32::from('０'),
        _ => return None,
    };
    u8::try_from(value).ok().map(|value| b'0' + value)
}

/// What people write between digits: the hyphens, dashes and long-vowel marks of Japanese keyboards among it.
fn is_separator(character: char) -> bool {
    matches!(
        character,
        '-' | ' ' | '(' | ')' | '.' | '/' | '\u{A0}' | '\u{AD}' // ASCII, no-break space, soft hyphen
            | '\u{2010}'
            ..='\u{2015}' | '\u{2212}' | '\u{2500}' // hyphens, dashes, minus, box drawing
            | '－' | 'ー' | 'ｰ' | '　' | '（' | '）' | '．' | '／' // full and half width
    )
}
