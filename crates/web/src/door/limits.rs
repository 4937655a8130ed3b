//! How often anybody may try to come in (R01): by address, and by account. Whoever has failed often waits, and not longer than that:
//! a stranger who knows a name cannot keep its owner out, because places from which the owner is logged in are not counted against
//! the account, and passkeys are not either.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

/// Failures from one address before it has to wait, and the time after which each is forgotten.
const ADDRESS: Bound = Bound { failures: 10, forgotten_ms: 90_000 };
/// The same of one account, from wherever strangers are.
const ACCOUNT: Bound = Bound { failures: 30, forgotten_ms: 60_000 };
/// Addresses, and accounts, remembered.
const ENTRIES_MAX: usize = 10_000;
/// The part of an IPv6 address that is one customer's.
const SITE: u128 = u128::MAX << 64;

#[derive(Clone, Copy)]
struct Bound {
    failures: i64,
    forgotten_ms: i64,
}

/// Failed logins. A failure is forgotten some time after it; what is kept is when all of them will be.
#[derive(Default)]
pub(crate) struct Tries {
    addresses: Mutex<HashMap<IpAddr, i64>>,
    accounts: Mutex<HashMap<String, i64>>,
}

/// Milliseconds after which another try is heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Wait(pub(crate) i64);

impl Tries {
    /// May this address try? Every try counts as failed until it has succeeded, so that many at once are no way around.
    pub(crate) fn begin(&self, from: IpAddr, now_ms: i64) -> Result<(), Wait> {
        count(&self.addresses, site(from), ADDRESS, now_ms)
    }

    /// May this account be tried by a stranger?
    pub(crate) fn begin_account(&self, account: &str, now_ms: i64) -> Result<(), Wait> {
        count(&self.accounts, account.to_lowercase(), ACCOUNT, now_ms)
    }

    /// Somebody has come in: what failed before is forgotten.
    pub(crate) fn succeeded(&self, from: IpAddr, account: &str) {
        lock(&self.addresses).remove(&site(from));
        lock(&self.accounts).remove(&account.to_lowercase());
    }

    /// The try was none: the password was right, and the code is still to come.
    pub(crate) fn was_none(&self, from: IpAddr, account: &str) {
        forgive(&self.addresses, &site(from), ADDRESS);
        forgive(&self.accounts, &account.to_lowercase(), ACCOUNT);
    }
}

fn lock<T>(table: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count<K: Eq + Hash>(table: &Mutex<HashMap<K, i64>>, key: K, bound: Bound, now_ms: i64) -> Result<(), Wait> {
    let mut table = lock(table);
    if table.len() >= ENTRIES_MAX {
        table.retain(|_, free_ms| *free_ms > now_ms);
    }
    let free_ms = table.get(&key).copied().unwrap_or(now_ms).max(now_ms);
    let wait_ms = free_ms + bound.forgotten_ms - now_ms - bound.failures * bound.forgotten_ms;
    if wait_ms > 0 {
        return Err(Wait(wait_ms));
    }
    // A full table forgets: ten thousand addresses are no longer one guesser.
    if table.len() < ENTRIES_MAX || table.contains_key(&key) {
        table.insert(key, free_ms + bound.forgotten_ms);
    }
    Ok(())
}

fn forgive<K: Eq + Hash>(table: &Mutex<HashMap<K, i64>>, key: &K, bound: Bound) {
    if let Some(free_ms) = lock(table).get_mut(key) {
        *free_ms -= bound.forgotten_ms;
    }
}

/// Of an IPv6 address its network: whoever has one has 2^64 addresses.
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & SITE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn r01_an_address_waits_after_ten_failures_and_is_told_how_long() {
        let tries = Tries::default();
        let from = address("192.0.2.1");
        for _ in 0..10 {
            assert_eq!(tries.begin(from, 0), Ok(()));
        }
        assert_eq!(tries.begin(from, 1), Err(Wait(89_999)));
        assert_eq!(tries.begin(address("192.0.2.2"), 1), Ok(()), "another one does not wait");
        assert_eq!(tries.begin(from, 90_000), Ok(()));
        assert!(tries.begin(from, 90_000).is_err(), "one failure is forgotten, not all");
        assert_eq!(tries.begin(from, 90_000 * 11), Ok(()));
    }

    #[test]
    fn r01_addresses_of_one_ipv6_network_are_one() {
        let tries = Tries::default();
        for place in 0..10 {
            assert_eq!(tries.begin(address(&format!("2001:db8::{place}")), 0), Ok(()));
        }
        assert!(tries.begin(address("2001:db8::ffff"), 0).is_err());
        assert_eq!(tries.begin(address("2001:db8:0:1::1"), 0), Ok(()));
    }

    #[test]
    fn r01_an_account_that_is_guessed_from_everywhere_waits_a_minute_at_most() {
        let tries = Tries::default();
        for _ in 0..30 {
            assert_eq!(tries.begin_account("hanako", 0), Ok(()));
        }
        assert_eq!(tries.begin_account("Hanako", 0), Err(Wait(60_000)));
        // Refused tries do not make it longer.
        for _ in 0..100 {
            assert!(tries.begin_account("hanako", 1).is_err());
        }
        assert_eq!(tries.begin_account("hanako", 60_000), Ok(()));
    }

    #[test]
    fn r01_a_login_wipes_the_failures_before_it_and_a_missing_code_is_none() {
        let tries = Tries::default();
        let from = address("192.0.2.1");
        for _ in 0..30 {
            assert_eq!(tries.begin(from, 0), Ok(()));
            tries.succeeded(from, "hanako");
        }
        for _ in 0..30 {
            assert_eq!(tries.begin(from, 0), Ok(()));
            tries.was_none(from, "hanako");
        }
    }

    #[test]
    fn the_tables_do_not_grow_for_ever() {
        let tries = Tries::default();
        for place in 0..2 * ENTRIES_MAX {
            assert_eq!(tries.begin_account(&place.to_string(), 0), Ok(()));
        }
        assert_eq!(lock(&tries.accounts).len(), ENTRIES_MAX);
        assert_eq!(tries.begin_account("new", 60_001), Ok(()));
        assert_eq!(lock(&tries.accounts).len(), 1);
    }
}
