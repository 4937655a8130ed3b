//! Names of calls and operators, short enough for a log line and a file name.

use std::fmt;
use std::str::FromStr;

/// Crockford's base 32: no I, L, O, U, so that an id survives being read over the telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a printed [`CallId`]: ceil(64 / 5).
pub const CALL_ID_CHARS: usize = 13;

/// One call of a caller, from INVITE to the end, through queue, operators and bridges.
///
/// `unix_ms << 20 | random 20 bits`, printed as 13 characters of Crockford base 32, so both forms sort by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

impl CallId {
    /// The id of a call that arrived at `unix_ms`; of `random` the low 20 bits count.
    pub fn new(unix_ms: i64, random: u32) -> Self {
        let milliseconds = u64::try_from(unix_ms).unwrap_or(0);
        Self(milliseconds << 20 | u64::from(random & 0xF_FFFF))
    }

    /// When the call arrived, milliseconds since 1970.
    pub fn unix_ms(self) -> i64 {
        i64::try_from(self.0 >> 20).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for place in (0..CALL_ID_CHARS).rev() {
            let digit = (self.0 >> (5 * place)) & 31;
            let letter = usize::try_from(digit).ok().and_then(|digit| ALPHABET.get(digit)).copied().unwrap_or(b'0');
            f.write_char(char::from(letter))?;
        }
        Ok(())
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallId({self})")
    }
}

/// A text that is no [`CallId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCallId;

impl fmt::Display for InvalidCallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a call id has {CALL_ID_CHARS} characters out of 0-9 and A-Z without I, L, O and U")
    }
}

impl std::error::Error for InvalidCallId {}

impl FromStr for CallId {
    type Err = InvalidCallId;

    /// Reads either case, and o, i, l as 0, 1, 1, as Crockford asks of readers.
    fn from_str(text: &str) -> Result<Self, InvalidCallId> {
        if text.len() != CALL_ID_CHARS {
            return Err(InvalidCallId);
        }
        let mut value = 0u64;
        for (place, byte) in text.bytes().enumerate() {
            let letter = match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let digit = ALPHABET.iter().position(|known| *known == letter).ok_or(InvalidCallId)?;
            if place == 0 && digit > 0xF {
                return Err(InvalidCallId); // more than 64 bits
            }
            value = value << 5 | u64::try_from(digit).map_err(|_| InvalidCallId)?;
        }
        Ok(Self(value))
    }
}

/// An operator's row in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorId(pub i64);

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_ids_print_sorted_by_time_and_come_back() {
        let earlier = CallId::new(1_760_000_000_000, 0xF_FFFF);
        let later = CallId::new(1_760_000_000_001, 0);
        assert!(earlier.to_string() < later.to_string());
        for id in [earlier, later, CallId(0), CallId(u64::MAX)] {
            assert_eq!(id.to_string().len(), CALL_ID_CHARS);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().to_lowercase().parse(), Ok(id));
        }
        assert_eq!(earlier.unix_ms(), 1_760_000_000_000);
    }

    #[test]
    fn other_texts_are_no_call_ids() {
        for text in ["", "0", "G000000000000", "00000000000U0", "00000000000é", "0000000000000 "] {
            assert_eq!(text.parse::<CallId>(), Err(InvalidCallId), "{text:?}");
        }
    }
}
