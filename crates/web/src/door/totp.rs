//! Codes that a program on a telephone shows (RFC 6238): six digits of a shared secret and the half minute.

use data_encoding::BASE32_NOPAD;
use ring::hmac;

/// Bytes of a secret: as many as SHA-1 gives (RFC 4226 section 4, R6).
const SECRET_BYTES: usize = 20;
/// Seconds for which a code is shown.
const STEP_SECONDS: i64 = 30;
/// Half minutes before and after in which a code is taken, too: clocks differ, and people type (RFC 6238 section 5.2).
const SKEW: i64 = 1;
/// Digits of a code.
const DIGITS: u32 = 6;

/// A new secret.
pub(super) fn secret() -> Option<[u8; SECRET_BYTES]> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// The secret for those who type it.
pub(super) fn spelled(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// What the program reads from the picture.
pub(super) fn uri(secret: &[u8], house: &str, name: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let (secret, house, name) = (spelled(secret), encoded(house), encoded(name));
    format!("otpauth://totp/{house}:{name}?secret={secret}&issuer={house}")
}

/// Which half minute's code this is, near now; `None`: it is wrong.
pub(super) fn step_of(secret: &[u8], code: &str, now_ms: i64) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if digits.len() != DIGITS as usize || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let wanted: u32 = digits.parse().ok()?;
    let now = now_ms.div_euclid(1000 * STEP_SECONDS);
    // The oldest first: of two that are alike the later one may still be used.
    (now - SKEW..=now + SKEW).find(|step| number(secret, *step, DIGITS) == Some(wanted))
}

/// RFC 4226 section 5.3.
fn number(secret: &[u8], step: i64, digits: u32) -> Option<u32> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let place = usize::from(tag.last()? & 15);
    let four: [u8; 4] = tag.get(place..place + 4)?.try_into().ok()?;
    Some((u32::from_be_bytes(four) & 0x7fff_ffff) % 10_u32.pow(digits))
}

/// The code of this moment, for tests of this crate.
#[cfg(test)]
pub(super) fn code(secret: &[u8], now_ms: i64) -> String {
    format!("{:06}", number(secret, now_ms.div_euclid(1000 * STEP_SECONDS), DIGITS).unwrap())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238_appendix_b() {
        let secret = b"12345678901234567890";
        for (seconds, wanted) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(number(secret, seconds / STEP_SECONDS, 8), Some(wanted), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_half_a_minute_early_and_late_and_names_its_half_minute() {
        let (secret, now_ms) = (b"12345678901234567890", 1_763_717_100_000);
        let step = now_ms / 30_000;
        for skew in -1..=1 {
            let shown = code(secret, now_ms + skew * 30_000);
            assert_eq!(step_of(secret, &shown, now_ms), Some(step + skew));
            assert_eq!(step_of(secret, &format!(" {} {} ", &shown[..3], &shown[3..]), now_ms), Some(step + skew));
        }
        for skew in [-2, 2] {
            assert_eq!(step_of(secret, &code(secret, now_ms + skew * 30_000), now_ms), None);
        }
        for odd in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(step_of(secret, odd, now_ms), None, "{odd}");
        }
    }

    #[test]
    fn the_picture_holds_the_secret_and_whose_it_is() {
        let uri = uri(b"12345678901234567890", "Denwaban", "hanako@sakura.example");
        assert_eq!(
            uri,
            "otpauth://totp/Denwaban:hanako%40sakura.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Denwaban"
        );
        assert_ne!(secret(), secret());
    }
}
