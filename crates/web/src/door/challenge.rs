//! Challenges for passkeys: random, signed by us, good for five minutes, for one purpose and once. Asking for one costs us no memory,
//! so nobody can fill any.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;

use super::seal::HouseKey;

/// How long one is good.
const CHALLENGE_MS: i64 = 5 * 60_000;
/// Random bytes of one.
const RANDOM_BYTES: usize = 16;
/// Bytes of its end and random part, before the signature.
const BODY_BYTES: usize = 8 + RANDOM_BYTES;
/// Used ones that are remembered: each was signed by a device that we know.
const USED_MAX: usize = 100_000;

/// Those that were used and could be used again.
#[derive(Default)]
pub(crate) struct Used(Mutex<HashMap<String, i64>>);

impl Used {
    /// Uses it up; false: it was already.
    pub(super) fn take(&self, challenge: &str, now_ms: i64) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, until_ms| *until_ms > now_ms);
        let is_new = used.len() < USED_MAX && !used.contains_key(challenge);
        if is_new {
            used.insert(challenge.to_owned(), now_ms + CHALLENGE_MS);
        }
        is_new
    }
}

/// A new one for this purpose, base64url.
pub(super) fn make(key: &HouseKey, purpose: &str, now_ms: i64) -> Option<String> {
    let mut random = [0; RANDOM_BYTES];
    getrandom::fill(&mut random).ok()?;
    let body = [(now_ms + CHALLENGE_MS).to_be_bytes().as_slice(), &random].concat();
    let tag = key.sign(&signed(purpose, &body))?;
    Some(BASE64URL_NOPAD.encode(&[body, tag].concat()))
}

/// Is it one of ours, for this purpose, and still good?
pub(super) fn is_good(key: &HouseKey, purpose: &str, challenge: &str, now_ms: i64) -> bool {
    let Ok(bytes) = BASE64URL_NOPAD.decode(challenge.as_bytes()) else { return false };
    let Some((body, tag)) = bytes.split_at_checked(BODY_BYTES) else { return false };
    let end = body.first_chunk().map_or(0, |end| i64::from_be_bytes(*end));
    end > now_ms && key.is_signed(&signed(purpose, body), tag)
}

fn signed(purpose: &str, body: &[u8]) -> Vec<u8> {
    [b"challenge ", body, purpose.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_good_for_its_purpose_for_five_minutes_and_once() {
        let key = HouseKey::new(&[1; 32]);
        let one = make(&key, "login", 1000).unwrap();
        assert_ne!(Some(&one), make(&key, "login", 1000).as_ref());
        assert!(is_good(&key, "login", &one, 1000));
        assert!(!is_good(&key, "user 1", &one, 1000));
        assert!(!is_good(&key, "login", &one, 1000 + CHALLENGE_MS));
        assert!(!is_good(&HouseKey::new(&[2; 32]), "login", &one, 1000));
        for broken in ["", "?", "AAAA"] {
            assert!(!is_good(&key, "login", broken, 1000), "{broken}");
        }
        let used = Used::default();
        assert!(used.take(&one, 1000) && !used.take(&one, 1001));
        assert!(used.take(&one, 1000 + CHALLENGE_MS), "forgotten when it is good for nothing any more");
    }
}
