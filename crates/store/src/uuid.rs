//! Names of reports and deliveries: UUIDs as text (RFC 9562). They begin with a time, so that rows that come together lie together.

use sha2::{Digest, Sha256};
use switch::CallId;

use crate::error::StoreError;
use crate::secret::{fill, hex};

/// What a call's number is hashed with, so that the id of its report says nothing else.
const OF_CALL: &[u8] = b"denwaban: the report of call ";

/// A new name: version 7, of this moment. Also a delivery's idempotency key, so it is made before the delivery is saved.
///
/// # Errors
/// [`StoreError::Secret`]: the system gives no random numbers.
pub fn new_id(now_ms: i64) -> Result<String, StoreError> {
    let mut rest = [0; 10];
    fill(&mut rest)?;
    Ok(text(now_ms, 7, rest))
}

/// The name of a call's report: version 8, always the same of the same call. Whoever comes first, the desk's first edit or the
/// journal, on whichever machine, makes the same row.
pub fn report_id_of_call(call: CallId) -> String {
    let digest = Sha256::new().chain_update(OF_CALL).chain_update(call.0.to_be_bytes()).finalize();
    let mut rest = [0; 10];
    for (to, from) in rest.iter_mut().zip(digest) {
        *to = from;
    }
    text(call.unix_ms(), 8, rest)
}

/// 48 bits of time, the version, and what of `rest` is not version or variant.
fn text(unix_ms: i64, version: u8, mut rest: [u8; 10]) -> String {
    let [first, _, third, ..] = &mut rest;
    *first = (*first & 0x0f) | (version << 4);
    *third = (*third & 0x3f) | 0x80;
    let time = format!("{:012x}", u64::try_from(unix_ms).unwrap_or(0) & 0xffff_ffff_ffff);
    let digits: Vec<char> = time.chars().chain(hex(&rest).chars()).collect();
    let mut uuid = String::with_capacity(36);
    for (place, digit) in digits.into_iter().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x02_a_calls_report_has_one_name_and_a_new_one_is_new() {
        let call = CallId::new(1_795_000_000_000, 7);
        let id = report_id_of_call(call);
        assert_eq!(id, report_id_of_call(call));
        assert_ne!(id, report_id_of_call(CallId(call.0 + 1)));
        let (a, b) = (new_id(1_795_000_000_000).unwrap(), new_id(1_795_000_000_000).unwrap());
        assert_ne!(a, b);
        for (id, version) in [(&id, '8'), (&a, '7'), (&b, '7')] {
            assert_eq!(id.len(), 36);
            // RFC 9562 section 5.7: the time in front, version and variant in their places.
            assert!(id.starts_with("01a1ee56-5e00-"), "{id}");
            assert_eq!(id.chars().nth(14), Some(version));
            assert!(matches!(id.chars().nth(19), Some('8' | '9' | 'a' | 'b')), "{id}");
        }
        assert!(new_id(1).unwrap() < new_id(2).unwrap());
    }
}
