//! How often anybody may try to come in (R01): by address, by account, and by person for codes. Whoever has failed often waits, and
//! not longer than that: a stranger who knows a name cannot keep its owner out, because where the owner is logged in many more tries
//! are heard, and passkeys are not counted against the account. Whoever comes in takes back that one try of the address: what others
//! failed at there stays.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use store::Person;

/// Failures from one address before it has to wait, and the time after which each is forgotten.
const ADDRESS: Bound = Bound { failures: 10, forgotten_ms: 90_000 };
/// The same of one account, from wherever strangers are,
const ACCOUNT: Bound = Bound { failures: 30, forgotten_ms: 60_000 };
/// and from where its owner is logged in: behind one address there may be a whole office.
const HOME: Bound = Bound { failures: 300, forgotten_ms: 60_000 };
/// Wrong codes of one person, wherever they come from: whoever is asked for one has the password already.
const CODE: Bound = Bound { failures: 5, forgotten_ms: 600_000 };
/// Addresses, accounts and persons remembered, of each.
const ENTRIES_MAX: usize = 10_000;
/// Letters of an account that tell it from others; the longest address for mail has 254.
const ACCOUNT_CHARS_MAX: usize = 254;
/// How often what is forgotten is thrown away.
const PRUNE_MS: i64 = 60_000;
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
    addresses: Table<IpAddr>,
    accounts: Table<String>,
    homes: Table<String>,
    codes: Table<Person>,
}

/// A try that was counted beside the one of the address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Counted {
    /// An account's, by a stranger.
    Account(String),
    /// An account's, from where its owner is.
    Home(String),
    /// A person's code.
    Code(Person),
}

/// Milliseconds after which another try is heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Wait(pub(crate) i64);

impl Tries {
    /// May this address try? Every try counts as failed until it has succeeded, so that many at once are no way around.
    pub(crate) fn begin(&self, from: IpAddr, now_ms: i64) -> Result<(), Wait> {
        self.addresses.count(site(from), ADDRESS, now_ms)
    }

    /// May this account be tried by a stranger?
    pub(crate) fn begin_account(&self, account: &str, now_ms: i64) -> Result<Counted, Wait> {
        let account = short(account);
        self.accounts.count(account.clone(), ACCOUNT, now_ms).map(|()| Counted::Account(account))
    }

    /// May this account be tried from where its owner is logged in?
    pub(crate) fn begin_at_home(&self, account: &str, now_ms: i64) -> Result<Counted, Wait> {
        let account = short(account);
        self.homes.count(account.clone(), HOME, now_ms).map(|()| Counted::Home(account))
    }

    /// May a code of this person be tried?
    pub(crate) fn begin_code(&self, person: Person, now_ms: i64) -> Result<Counted, Wait> {
        self.codes.count(person, CODE, now_ms).map(|()| Counted::Code(person))
    }

    /// The owner of an account has come in: what failed at it is forgotten, and of the address this try alone. Whoever has an account
    /// could wipe out guesses at another's otherwise.
    pub(crate) fn succeeded(&self, from: IpAddr, account: &str) {
        self.was_none(from);
        self.accounts.forget(&short(account));
        self.homes.forget(&short(account));
    }

    /// The try of the address was none.
    pub(crate) fn was_none(&self, from: IpAddr) {
        self.addresses.forgive(&site(from), ADDRESS);
    }

    /// Nor was this one.
    pub(crate) fn forgive(&self, counted: &Counted) {
        match counted {
            Counted::Account(account) => self.accounts.forgive(account, ACCOUNT),
            Counted::Home(account) => self.homes.forgive(account, HOME),
            Counted::Code(person) => self.codes.forgive(person, CODE),
        }
    }
}

/// Until when each is remembered.
struct Table<K>(Mutex<Entries<K>>);

struct Entries<K> {
    free_ms: HashMap<K, i64>,
    pruned_ms: i64,
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Table(Mutex::new(Entries { free_ms: HashMap::new(), pruned_ms: 0 }))
    }
}

impl<K: Eq + Hash> Table<K> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Entries<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, key: K, bound: Bound, now_ms: i64) -> Result<(), Wait> {
        let mut entries = self.lock();
        if entries.free_ms.len() >= ENTRIES_MAX || now_ms.saturating_sub(entries.pruned_ms) >= PRUNE_MS {
            entries.pruned_ms = now_ms;
            entries.free_ms.retain(|_, free_ms| *free_ms > now_ms);
            entries.free_ms.shrink_to(ENTRIES_MAX / 10);
        }
        let free_ms = entries.free_ms.get(&key).copied().unwrap_or(now_ms).max(now_ms);
        let wait_ms = free_ms + bound.forgotten_ms - now_ms - bound.failures * bound.forgotten_ms;
        if wait_ms > 0 {
            return Err(Wait(wait_ms));
        }
        // A full table forgets: ten thousand addresses are no longer one guesser.
        if entries.free_ms.len() < ENTRIES_MAX || entries.free_ms.contains_key(&key) {
            entries.free_ms.insert(key, free_ms + bound.forgotten_ms);
        }
        Ok(())
    }

    fn forgive(&self, key: &K, bound: Bound) {
        if let Some(free_ms) = self.lock().free_ms.get_mut(key) {
            *free_ms -= bound.forgotten_ms;
        }
    }

    fn forget(&self, key: &K) {
        self.lock().free_ms.remove(key);
    }
}

/// What was sent as a name may be as long as a request.
fn short(account: &str) -> String {
    account.chars().take(ACCOUNT_CHARS_MAX).flat_map(char::to_lowercase).collect()
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
            assert!(tries.begin_account("hanako", 0).is_ok());
        }
        assert_eq!(tries.begin_account("Hanako", 0), Err(Wait(60_000)));
        // Refused tries do not make it longer.
        for _ in 0..100 {
            assert!(tries.begin_account("hanako", 1).is_err());
        }
        assert!(tries.begin_account("hanako", 60_000).is_ok());
    }

    #[test]
    fn r01_a_login_takes_back_its_own_try_and_no_other_of_the_address() {
        let tries = Tries::default();
        let from = address("192.0.2.1");
        for _ in 0..30 {
            assert_eq!(tries.begin(from, 0), Ok(()));
            tries.succeeded(from, "hanako");
            assert_eq!(tries.begin(from, 0), Ok(()));
            tries.was_none(from);
        }
        // Nine guesses at somebody's password, then a login as oneself: that is no way around.
        for _ in 0..9 {
            assert_eq!(tries.begin(from, 0), Ok(()));
        }
        assert_eq!(tries.begin(from, 0), Ok(()));
        tries.succeeded(from, "taro");
        assert_eq!(tries.begin(from, 0), Ok(()));
        assert_eq!(tries.begin(from, 0), Err(Wait(90_000)));
    }

    #[test]
    fn r01_what_was_never_counted_is_not_taken_back() {
        let tries = Tries::default();
        for _ in 0..30 {
            assert!(tries.begin_account("hanako", 0).is_ok());
        }
        // From home: the strangers' tries stay as they are.
        for _ in 0..30 {
            let counted = tries.begin_at_home("hanako", 0).unwrap();
            tries.forgive(&counted);
        }
        assert_eq!(tries.begin_account("hanako", 0), Err(Wait(60_000)));
        tries.succeeded(address("192.0.2.1"), "Hanako");
        assert!(tries.begin_account("hanako", 0).is_ok(), "the owner has come in");
    }

    #[test]
    fn r01_at_home_many_tries_are_heard_and_not_all() {
        let tries = Tries::default();
        for _ in 0..300 {
            assert!(tries.begin_at_home("hanako", 0).is_ok());
        }
        assert_eq!(tries.begin_at_home("hanako", 0), Err(Wait(60_000)));
    }

    #[test]
    fn r01_wrong_codes_are_counted_by_person() {
        let tries = Tries::default();
        let person = Person::User(7);
        let right = tries.begin_code(person, 0).unwrap();
        tries.forgive(&right);
        for _ in 0..5 {
            assert!(tries.begin_code(person, 0).is_ok());
        }
        tries.succeeded(address("192.0.2.1"), "hanako");
        assert_eq!(tries.begin_code(person, 0), Err(Wait(600_000)), "a login does not wipe them");
        assert!(tries.begin_code(Person::Member(7), 0).is_ok());
        assert!(tries.begin_code(person, 600_000).is_ok());
    }

    #[test]
    fn the_tables_do_not_grow_for_ever() {
        let tries = Tries::default();
        for place in 0..2 * ENTRIES_MAX {
            assert!(tries.begin_account(&place.to_string(), 0).is_ok());
        }
        assert_eq!(tries.accounts.lock().free_ms.len(), ENTRIES_MAX);
        assert!(tries.begin_account("new", 60_001).is_ok());
        assert_eq!(tries.accounts.lock().free_ms.len(), 1);
        // Long before it is full, too.
        assert!(tries.begin_account("newer", 60_001 + 60_000).is_ok());
        assert_eq!(tries.accounts.lock().free_ms.len(), 1);
    }

    #[test]
    fn r19_a_name_as_long_as_a_request_takes_no_more_room_than_another() {
        let tries = Tries::default();
        let Ok(Counted::Account(kept)) = tries.begin_account(&"あ".repeat(80_000), 0) else { panic!("heard") };
        assert_eq!(kept.chars().count(), 254);
    }
}
