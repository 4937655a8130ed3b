//! As much of CBOR (RFC 8949) as an authenticator sends: whole numbers, bytes, texts, lists and maps of definite length.

/// Lists and maps inside each other: an attestation statement has three.
const DEPTH_MAX: u8 = 8;
/// Entries of one list or map.
const ENTRIES_MAX: u64 = 64;

/// A value; what it borrows from is the message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value<'a> {
    Number(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    List(Vec<Value<'a>>),
    Map(Vec<(Value<'a>, Value<'a>)>),
    /// false, true, null and their like.
    Simple(u8),
}

impl<'a> Value<'a> {
    /// Of a map, what stands under this key.
    pub(super) fn at(&self, key: &Value<'_>) -> Option<&Value<'a>> {
        match self {
            Value::Map(pairs) => pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Value::Number(_) | Value::Bytes(_) | Value::Text(_) | Value::List(_) | Value::Simple(_) => None,
        }
    }

    pub(super) fn number(&self) -> Option<i64> {
        if let Value::Number(number) = self { Some(*number) } else { None }
    }

    pub(super) fn bytes(&self) -> Option<&'a [u8]> {
        if let Value::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// The value at the beginning, and what stands behind it.
pub(super) fn read(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    value(bytes, DEPTH_MAX)
}

fn value(bytes: &[u8], depth: u8) -> Option<(Value<'_>, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (&first, rest) = bytes.split_first()?;
    let (major, minor) = (first >> 5, first & 31);
    if major == 7 {
        // Floating numbers are longer, and nothing that we read has one.
        return (minor < 24).then_some((Value::Simple(minor), rest));
    }
    let (argument, rest) = argument(minor, rest)?;
    match major {
        0 => Some((Value::Number(i64::try_from(argument).ok()?), rest)),
        1 => Some((Value::Number(-1 - i64::try_from(argument).ok()?), rest)),
        2 => {
            let (bytes, rest) = rest.split_at_checked(usize::try_from(argument).ok()?)?;
            Some((Value::Bytes(bytes), rest))
        }
        3 => {
            let (text, rest) = rest.split_at_checked(usize::try_from(argument).ok()?)?;
            Some((Value::Text(std::str::from_utf8(text).ok()?), rest))
        }
        4 if argument <= ENTRIES_MAX => {
            let (mut list, mut rest) = (Vec::new(), rest);
            for _ in 0..argument {
                let (one, behind) = value(rest, depth)?;
                list.push(one);
                rest = behind;
            }
            Some((Value::List(list), rest))
        }
        5 if argument <= ENTRIES_MAX => {
            let (mut map, mut rest) = (Vec::new(), rest);
            for _ in 0..argument {
                let (key, behind) = value(rest, depth)?;
                let (one, behind) = value(behind, depth)?;
                if map.iter().any(|(known, _)| *known == key) {
                    return None;
                }
                map.push((key, one));
                rest = behind;
            }
            Some((Value::Map(map), rest))
        }
        _ => None,
    }
}

fn argument(minor: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let length = match minor {
        0..24 => return Some((u64::from(minor), rest)),
        24..=27 => 1_usize << (minor - 24),
        _ => return None,
    };
    let (bytes, rest) = rest.split_at_checked(length)?;
    Some((bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_authenticator_sends_is_read() {
        for (bytes, wanted) in [
            (b"\x00".as_slice(), Value::Number(0)),
            (b"\x18\x64", Value::Number(100)),
            (b"\x39\x01\x00", Value::Number(-257)),
            (b"\x43abc", Value::Bytes(b"abc")),
            (b"\x63abc", Value::Text("abc")),
            (b"\xf5", Value::Simple(21)),
            (b"\x82\x01\x61a", Value::List(vec![Value::Number(1), Value::Text("a")])),
            (b"\xa1\x03\x26", Value::Map(vec![(Value::Number(3), Value::Number(-7))])),
        ] {
            assert_eq!(read(bytes), Some((wanted, b"".as_slice())), "{bytes:x?}");
        }
        assert_eq!(read(b"\x01rest").unwrap().1, b"rest");
    }

    #[test]
    fn what_breaks_off_or_never_ends_is_refused() {
        let deep = [vec![0x81; 1000], vec![0]].concat();
        let wide = [&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0; 9].as_slice()].concat();
        for bytes in [
            b"".as_slice(),
            b"\x43ab",
            b"\x5bxxxxxxxx",
            b"\x5f\x41a\xff",
            b"\xa1\x01",
            b"\xa2\x01\x02\x01\x03",
            b"\x62\xff\xfe",
            b"\xfb\x00\x00\x00\x00\x00\x00\x00\x00",
            b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
            &deep,
            &wide,
        ] {
            assert_eq!(read(bytes), None, "{bytes:x?}");
        }
    }
}
