//! The house's own key: what has to be read again and must not be readable in the database or its backups is sealed with it. It is in
//! a file of its own; whoever has the database alone has nothing.

use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// The key, for sealing secrets and for signing what comes back to us. Debug does not print it.
#[derive(Clone)]
pub struct HouseKey(Option<Arc<Keys>>);

struct Keys {
    seal: LessSafeKey,
    sign: hmac::Key,
}

impl fmt::Debug for HouseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HouseKey(…)")
    }
}

impl HouseKey {
    /// Made of these bytes, which must be unpredictable.
    pub fn new(bytes: &[u8; KEY_BYTES]) -> HouseKey {
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let derived = |purpose: &str| hmac::sign(&root, purpose.as_bytes());
        let seal = UnboundKey::new(&CHACHA20_POLY1305, derived("denwaban seal").as_ref()).map(LessSafeKey::new);
        let sign = hmac::Key::new(hmac::HMAC_SHA256, derived("denwaban sign").as_ref());
        HouseKey(seal.ok().map(|seal| Arc::new(Keys { seal, sign })))
    }

    /// One that ends with the process. Without random numbers from the system it seals and signs nothing.
    pub fn random() -> HouseKey {
        let mut bytes = [0; KEY_BYTES];
        match getrandom::fill(&mut bytes) {
            Ok(()) => HouseKey::new(&bytes),
            Err(_) => HouseKey::none(),
        }
    }

    /// None: nothing is sealed and nothing signed, so nobody sets up a second factor or makes a passkey.
    pub fn none() -> HouseKey {
        HouseKey(None)
    }

    /// Sealed for this purpose, as text; it opens for the same purpose alone.
    pub(crate) fn seal(&self, purpose: &str, secret: &[u8]) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let mut sealed = secret.to_vec();
        let key = &self.0.as_ref()?.seal;
        let aad = Aad::from(purpose.as_bytes());
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed).ok()?;
        Some(BASE64URL_NOPAD.encode(&[nonce.as_slice(), &sealed].concat()))
    }

    /// What was sealed; `None`: with another key, or for another purpose.
    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.0.as_ref()?.seal.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut sealed).ok()?;
        Some(opened.to_vec())
    }

    pub(crate) fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        Some(hmac::sign(&self.0.as_ref()?.sign, text).as_ref().to_vec())
    }

    pub(crate) fn is_signed(&self, text: &[u8], tag: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|keys| hmac::verify(&keys.sign, text, tag).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_for_the_same_purpose_alone() {
        let key = HouseKey::new(&[7; KEY_BYTES]);
        let sealed = key.seal("totp user 1", b"secret").unwrap();
        assert!(!sealed.contains("secret"));
        assert_ne!(sealed, key.seal("totp user 1", b"secret").unwrap(), "two of the same look different");
        assert_eq!(key.open("totp user 1", &sealed).unwrap(), b"secret");
        assert_eq!(key.open("totp user 2", &sealed), None);
        assert_eq!(HouseKey::new(&[8; KEY_BYTES]).open("totp user 1", &sealed), None);
        for broken in ["", "x", "AAAA", &sealed[1..]] {
            assert_eq!(key.open("totp user 1", broken), None, "{broken}");
        }
        let tag = key.sign(b"a").unwrap();
        assert!(key.is_signed(b"a", &tag) && !key.is_signed(b"b", &tag));
        assert_eq!(format!("{key:?}"), "HouseKey(…)");
    }
}
