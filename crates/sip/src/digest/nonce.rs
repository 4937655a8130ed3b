//! Nonces that need no table to be known again (RESILIENCE R17).

use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How long a nonce may be used.
pub const NONCE_SECONDS_MAX: i64 = 60;

/// The key that signs nonces: random, made anew at each start.
#[derive(Clone)]
pub struct NonceKey {
    key: [u8; 32],
}

/// What a nonce is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceState {
    /// Ours, for this address, and young enough.
    Fresh,
    /// Ours, but too old: challenge again with `stale=true`.
    Stale,
    /// Not ours, or given to another address: challenge again.
    Foreign,
}

/// Hex digits of the time, the salt and the signature.
const TIME_DIGITS: usize = 8;
const SALT_DIGITS: usize = 16;
const SIGNATURE_DIGITS: usize = 24;

impl NonceKey {
    /// A key out of 32 random bytes.
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// A nonce for one address. `salt` is random: two phones behind one address must not share a nonce, because each
    /// counts its uses for itself.
    pub fn issue(&self, now_unix_s: i64, ip: IpAddr, salt: u64) -> String {
        let body = format!("{:08x}{salt:016x}", u32::try_from(now_unix_s.max(0)).unwrap_or(u32::MAX));
        let signature = self.sign(&body, ip);
        format!("{body}{signature}")
    }

    /// Judges a nonce that came back from `ip`.
    pub fn judge(&self, nonce: &str, now_unix_s: i64, ip: IpAddr) -> NonceState {
        let Some((body, signature)) = nonce.split_at_checked(TIME_DIGITS + SALT_DIGITS) else {
            return NonceState::Foreign;
        };
        let ours = self.sign(body, ip);
        if ours.is_empty() || !super::same_in_constant_time(ours.as_bytes(), signature.as_bytes()) {
            return NonceState::Foreign;
        }
        let issued = body.get(..TIME_DIGITS).and_then(|time| i64::from_str_radix(time, 16).ok()).unwrap_or(0);
        // A clock that was set back makes a nonce of the future: the phone may try again.
        let age = now_unix_s.saturating_sub(issued);
        if (0..=NONCE_SECONDS_MAX).contains(&age) { NonceState::Fresh } else { NonceState::Stale }
    }

    /// A number that only we can tell from this name, the same each time: to treat names that there are not like others, by lot.
    pub fn draw(&self, name: &str) -> u64 {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return 0 };
        // No nonce begins so: its first bytes are hex digits.
        mac.update(b"draw:");
        mac.update(name.as_bytes());
        mac.finalize().into_bytes().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    }

    fn sign(&self, body: &str, ip: IpAddr) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        mac.update(body.as_bytes());
        match ip.to_canonical() {
            IpAddr::V4(ip) => mac.update(&ip.octets()),
            IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        let mut signature = super::hex(&mac.finalize().into_bytes());
        signature.truncate(SIGNATURE_DIGITS);
        signature
    }
}

impl std::fmt::Debug for NonceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NonceKey(redacted)")
    }
}
