//! Nonces that need no table to be known again, and the table of those that have been used (RESILIENCE R17).

use std::collections::HashMap;
use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How long a nonce may be used.
pub const NONCE_SECONDS_MAX: i64 = 60;

/// The most nonces in use within [`NONCE_SECONDS_MAX`] whose counts are remembered. Only a right password enters one.
pub const NONCES_MAX: usize = 65_536;

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

/// How often each nonce has been used: a captured Authorization is worth nothing a second time.
#[derive(Debug, Default)]
pub struct NonceUses {
    /// The highest count of each nonce, in this span of [`NONCE_SECONDS_MAX`] and in the one before.
    recent: HashMap<String, u32>,
    before: HashMap<String, u32>,
    since_unix_s: i64,
}

impl NonceUses {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// True if this count of a fresh nonce is higher than every one before, which is then remembered. Ask after the
    /// response has been checked. `None`, from clients without `qop`, is good once. When the table is full nothing is
    /// admitted: the client is challenged again and meanwhile room is made.
    pub fn admit(&mut self, now_unix_s: i64, nonce: &str, count: Option<u32>) -> bool {
        self.forget(now_unix_s);
        let count = count.unwrap_or(1);
        let last = self.recent.get(nonce).or_else(|| self.before.get(nonce)).copied().unwrap_or(0);
        let has_room = self.recent.len() < NONCES_MAX || self.recent.contains_key(nonce);
        if count <= last || !has_room {
            return false;
        }
        self.recent.insert(nonce.to_owned(), count);
        true
    }

    /// What is older than a nonce may be cannot come again.
    fn forget(&mut self, now_unix_s: i64) {
        let age = now_unix_s.saturating_sub(self.since_unix_s);
        if (0..=NONCE_SECONDS_MAX).contains(&age) {
            return;
        }
        self.before = std::mem::take(&mut self.recent);
        if age > 2 * NONCE_SECONDS_MAX {
            self.before.clear();
        }
        self.since_unix_s = now_unix_s;
    }
}
