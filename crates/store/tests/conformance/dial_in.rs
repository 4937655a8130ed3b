//! Recordings by telephone (F52): a firm's PIN, who may hear what, and the limits on wrong ones.

use report::Profile;
use report::japan::{DAY_MS, HOUR_MS};
use store::{DialedIn, Store, StoreError, Try};
use switch::dial_in::Locked;

use crate::customers::sakura;
use crate::records::{NOON_MS, cleared};
use crate::writing::{draft, firm, send};
use crate::{fields, on_both};

const PIN: &str = "604217";
const MOBILE: &str = "819012345678";
/// After the reports were sent.
const NOW_MS: i64 = NOON_MS + HOUR_MS;

async fn plan(store: &Store, customer: i64, listening: report::Listening) {
    let before = store.profile(customer).await.unwrap();
    let profile = Profile { listening, ..before.profile };
    store.put_profile(customer, before.revision, &profile, "admin", NOON_MS).await.unwrap();
}

fn all_hours() -> report::Listening {
    report::Listening { on: true, hours: 24, times_max: 0 }
}

async fn tries(store: &Store, code: i64, pin: &str, caller: &str, now_ms: i64) -> DialedIn {
    store.try_dial_in(Try { code: &code.to_string(), pin, caller }, now_ms).await.unwrap()
}

/// The calls that can be heard, newest first; `None`: not let in.
async fn heard(store: &Store, code: i64, pin: &str, now_ms: i64) -> Option<Vec<switch::CallId>> {
    match tries(store, code, pin, MOBILE, now_ms).await {
        DialedIn::In { customer, recordings, .. } => {
            assert_eq!(customer, code);
            Some(recordings.into_iter().map(|kept| kept.call).collect())
        }
        DialedIn::Refused { locked } => {
            assert_eq!(locked, None);
            None
        }
    }
}

async fn second_firm(store: &Store) -> i64 {
    let form =
        store::CustomerForm { code: "other".to_owned(), name: "別の会社".to_owned(), dids: Vec::new(), ..sakura() };
    store.create_customer(&form).await.unwrap().id
}

on_both! {
    async fn f52_a_firm_hears_its_own_calls_by_telephone_while_its_plan_says_so(store: Store) {
        let (customer, other) = (firm(&store).await, second_firm(&store).await);
        for second in [1, 2] {
            let report = draft(&store, customer, second).await;
            send(&store, &report, &["sato"], NOON_MS + 60_000).await;
        }
        let unsent = draft(&store, customer, 3).await;
        let theirs = draft(&store, other, 4).await;
        send(&store, &theirs, &["sato"], NOON_MS + 60_000).await;
        assert_eq!(heard(&store, customer, PIN, NOW_MS).await, None, "no PIN, nobody");
        assert_eq!(store.set_dial_in_pin(customer, Some(PIN), "sato", NOON_MS).await.unwrap(), PIN);
        assert_eq!(heard(&store, customer, PIN, NOW_MS).await, Some(vec![]), "the plan has no listening");
        plan(&store, customer, all_hours()).await;
        let both = vec![cleared(2).call, cleared(1).call];
        assert_eq!(heard(&store, customer, PIN, NOW_MS).await, Some(both.clone()), "newest first, only what was sent");
        for wrong in ["604218", "", "00604217"] {
            assert_eq!(heard(&store, customer, wrong, NOW_MS).await, None);
        }
        assert_eq!(heard(&store, other, PIN, NOW_MS).await, None, "another firm's code");
        let ours = |call| store.may_dial_in(customer, NOON_MS, call, NOW_MS);
        assert!(ours(both[0]).await.unwrap() && !ours(theirs.call.unwrap()).await.unwrap());
        assert!(!ours(unsent.call.unwrap()).await.unwrap());
        assert!(!store.may_dial_in(other, NOON_MS, both[0], NOW_MS).await.unwrap());
        assert_eq!(heard(&store, customer, PIN, NOON_MS + 60_000 + DAY_MS).await, Some(vec![]), "its time is over");
        plan(&store, customer, report::Listening { times_max: 2, ..all_hours() }).await;
        assert_eq!(heard(&store, customer, PIN, NOW_MS).await, Some(vec![]), "the link in the report counts");

        let state = store.dial_in(customer, NOW_MS).await.unwrap();
        assert_eq!((state.set_ms, state.set_by.as_str(), state.in_plan), (Some(NOON_MS), "sato", false));
        store.deactivate_customer(customer).await.unwrap();
        assert_eq!(heard(&store, customer, PIN, NOW_MS).await, None, "the firm has ended");
        let log = store.audit(Some(&format!("customer {customer}")), None, 100).await.unwrap();
        let count = |what: &str| log.iter().filter(|line| line.what == what).count();
        assert_eq!((count("dial_in.pin"), count("dial_in.enter")), (1, 4), "{log:?}");
        assert!(count("dial_in.refuse") >= 3 && log.iter().all(|line| !format!("{line:?}").contains(PIN)));
        assert!(log.iter().any(|line| line.who == "by telephone: +819012345678"), "{log:?}");
    }

    async fn f52_whoever_listens_when_the_pin_or_the_firm_ends_hears_no_more(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        send(&store, &report, &["sato"], NOON_MS + 60_000).await;
        plan(&store, customer, all_hours()).await;
        let may = |pin_set_ms| store.may_dial_in(customer, pin_set_ms, cleared(1).call, NOW_MS);
        store.set_dial_in_pin(customer, Some(PIN), "sato", NOON_MS).await.unwrap();
        let DialedIn::In { pin_set_ms, .. } = tries(&store, customer, PIN, MOBILE, NOW_MS).await else { panic!("not in") };
        assert_eq!((pin_set_ms, may(pin_set_ms).await.unwrap()), (NOON_MS, true));
        store.set_dial_in_pin(customer, Some("90210866"), "sato", NOON_MS + 1).await.unwrap();
        assert!(!may(pin_set_ms).await.unwrap(), "there is another PIN");
        let DialedIn::In { pin_set_ms, .. } = tries(&store, customer, "90210866", MOBILE, NOW_MS).await else { panic!("not in") };
        assert!(may(pin_set_ms).await.unwrap());
        store.remove_dial_in_pin(customer, "sato", NOON_MS).await.unwrap();
        assert!(!may(pin_set_ms).await.unwrap(), "there is none");
        store.set_dial_in_pin(customer, Some(PIN), "sato", NOON_MS + 2).await.unwrap();
        assert!(may(NOON_MS + 2).await.unwrap());
        store.deactivate_customer(customer).await.unwrap();
        assert!(!may(NOON_MS + 2).await.unwrap(), "the firm has ended");
    }

    async fn r01_wrong_pins_are_limited_by_number_and_by_firm_and_a_restart_changes_nothing(store: Store) {
        let customer = firm(&store).await;
        plan(&store, customer, all_hours()).await;
        store.set_dial_in_pin(customer, Some(PIN), "sato", NOON_MS).await.unwrap();
        let is_in = |done: DialedIn| matches!(done, DialedIn::In { .. });
        // From one number: six wrong ones, whatever the code; the right ones between do not count.
        for n in 1..=6 {
            let code = if n % 2 == 0 { customer } else { 9_999 };
            let locked = (n == 6).then_some(Locked::Caller);
            assert_eq!(tries(&store, code, "111119", MOBILE, NOW_MS).await, DialedIn::Refused { locked }, "{n}");
            assert_eq!(is_in(tries(&store, customer, PIN, MOBILE, NOW_MS).await), n < 6, "{n}");
        }
        assert!(is_in(tries(&store, customer, PIN, "81312345678", NOW_MS).await), "from elsewhere they are let in");
        for _ in 0..30 {
            let refused = tries(&store, customer, "111119", MOBILE, NOW_MS).await;
            assert_eq!(refused, DialedIn::Refused { locked: None }, "who is locked locks nobody else out");
        }
        assert!(is_in(tries(&store, customer, PIN, "81312345678", NOW_MS).await));
        let later = NOW_MS + HOUR_MS + 1;
        assert!(is_in(tries(&store, customer, PIN, MOBILE, later).await), "an hour later, too");
        // From many numbers: twenty for the firm within a day.
        let before = store.dial_in(customer, later).await.unwrap();
        assert_eq!(before.locked_until_ms, None);
        let mut locked = Vec::new();
        for n in 0..30 {
            let caller = format!("8190000000{n:02}");
            if let DialedIn::Refused { locked: Some(who) } = tries(&store, customer, "111119", &caller, later).await {
                locked.push((n, who));
            }
        }
        assert_eq!(locked.len(), 1, "told once: {locked:?}");
        assert_eq!(locked[0].1, Locked::Firm(customer));
        assert!(!is_in(tries(&store, customer, PIN, "81312345678", later).await), "the right one is refused, too");
        assert_eq!(store.dial_in(customer, later).await.unwrap().locked_until_ms, Some(later + DAY_MS));
        assert!(is_in(tries(&store, customer, PIN, "81312345678", later + DAY_MS + 1).await), "a day later");
        for n in 0..30 {
            let caller = format!("8180000000{n:02}");
            tries(&store, customer, "111119", &caller, later + 2 * DAY_MS).await;
        }
        let now_ms = later + 2 * DAY_MS;
        assert!(!is_in(tries(&store, customer, PIN, "81312345678", now_ms).await));
        let pin = store.set_dial_in_pin(customer, None, "sato", now_ms).await.unwrap();
        assert!(is_in(tries(&store, customer, &pin, "81312345678", now_ms).await), "a new PIN ends a lock");
        assert!(!is_in(tries(&store, customer, PIN, "81312345678", now_ms).await), "and the old one is none");
    }

    async fn f52_a_pin_is_checked_kept_as_a_hash_and_taken_away(store: Store) {
        let customer = firm(&store).await;
        for weak in ["123456", "999999", "12345", "123456789", "12345x"] {
            let refused = store.set_dial_in_pin(customer, Some(weak), "sato", NOON_MS).await.unwrap_err();
            assert_eq!(fields(refused), ["pin"], "{weak}");
        }
        let gone = store.remove_dial_in_pin(customer, "sato", NOON_MS).await.unwrap_err();
        assert!(matches!(gone, StoreError::Missing { .. }), "{gone:?}");
        let nobody = store.set_dial_in_pin(9_999, Some(PIN), "sato", NOON_MS).await.unwrap_err();
        assert!(matches!(nobody, StoreError::Missing { .. }), "{nobody:?}");
        store.set_dial_in_pin(customer, Some(PIN), "sato", NOON_MS).await.unwrap();
        store.remove_dial_in_pin(customer, "shunin", NOON_MS).await.unwrap();
        assert_eq!(store.dial_in(customer, NOON_MS).await.unwrap().set_ms, None);
        assert_eq!(heard(&store, customer, PIN, NOW_MS).await, None);
    }

    async fn f52_the_recordings_line_is_no_firms_number(store: Store) {
        firm(&store).await;
        let line = |text: &str| switch::Settings { recordings_line: text.to_owned(), ..Default::default() };
        let taken = store.save_settings(&line(&sakura().dids[0])).await.unwrap_err();
        assert_eq!(fields(taken), ["recordings_line"]);
        assert_eq!(fields(store.save_settings(&line("no number")).await.unwrap_err()), ["recordings_line"]);
        for text in ["03-9999-0000", "81399990000", " +81 3 9999 0000 "] {
            store.save_settings(&line(text)).await.unwrap();
            assert_eq!(store.settings().await.unwrap().recordings_line, "81399990000", "{text}");
        }
        let other = second_firm(&store).await;
        assert_eq!(fields(store.add_did("0399990000", other).await.unwrap_err()), ["dids"]);
        store.save_settings(&line("")).await.unwrap();
        store.add_did("0399990000", other).await.unwrap();
    }
}
