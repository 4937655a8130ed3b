//! Random secrets and their hashes.

use std::fmt;

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::error::StoreError;

/// Bytes of a session token: 256 bits.
const TOKEN_BYTES: usize = 32;
/// Letters of a generated password: 20 of 32 letters are 100 bits.
const PASSWORD_LETTERS: usize = 20;
/// No letters that look alike (i l o u are out, as in a call id), for it is typed into telephones by hand.
const PASSWORD_ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A session's token, as the browser holds it. Debug does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// 64 hexadecimal letters, for the cookie.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A secret that somebody hands to us. It is never printed and never serialised.
#[derive(Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

pub(crate) fn new_token() -> Result<Token, StoreError> {
    let mut bytes = [0u8; TOKEN_BYTES];
    fill(&mut bytes)?;
    Ok(Token(hex(&bytes)))
}

/// A strong password for a telephone or a first login.
pub(crate) fn new_password() -> Result<String, StoreError> {
    let mut bytes = [0u8; PASSWORD_LETTERS];
    fill(&mut bytes)?;
    let letter = |byte: &u8| PASSWORD_ALPHABET.get(usize::from(byte & 31)).copied().map_or('0', char::from);
    Ok(bytes.iter().map(letter).collect())
}

/// So many digits for a telephone's keys.
pub(crate) fn digits(count: usize) -> Result<String, StoreError> {
    let mut pin = String::with_capacity(count);
    while pin.len() < count {
        let mut byte = [0u8; 1];
        fill(&mut byte)?;
        // 250 of 256: no digit is likelier than another.
        pin.extend(byte.iter().filter(|byte| **byte < 250).map(|byte| char::from(b'0' + byte % 10)));
    }
    Ok(pin)
}

pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| StoreError::Secret(error.to_string()))
}

/// What is stored of a token. It has 256 random bits, so a fast hash is enough.
pub(crate) fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// H(user:realm:password) of digest authentication (RFC 7616 section 3.4.2): MD5 and SHA-256.
pub(crate) fn ha1(user: &str, realm: &str, password: &str) -> (String, String) {
    let a1 = format!("{user}:{realm}:{password}");
    (hex(&Md5::digest(a1.as_bytes())), hex(&Sha256::digest(a1.as_bytes())))
}

/// Bytes as people write hashes: two small hexadecimal digits each.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ha1_is_that_of_rfc_7616_section_3_9_1() {
        // RFC 7616 gives responses, not HA1; RFC 2617 section 3.5 has this A1 with a known MD5.
        let (md5, sha256) = ha1("Mufasa", "testrealm@host.com", "Circle Of Life");
        assert_eq!(md5, "939e7578ed9e3c518a452acee763bce9");
        assert_eq!(sha256.len(), 64);
    }

    #[test]
    fn r01_passwords_and_tokens_are_long_and_never_the_same() {
        let (a, b) = (new_password().unwrap(), new_password().unwrap());
        assert_eq!(a.len(), PASSWORD_LETTERS);
        assert_ne!(a, b);
        let (a, b) = (new_token().unwrap(), new_token().unwrap());
        assert_eq!(a.as_str().len(), 64);
        assert_ne!(a, b);
        assert!(!format!("{a:?}").contains(a.as_str()));
    }
}
