//! What a firm has ordered and what operators have to know of it: profile, manual, notes, schedule (F20, F22, F23).

use report::notes::{About, Note};
use report::schedule::{Away, Entry};
use report::{Channel, Person, Profile, Recipient};
use store::{Conflict, InForce, NewManual, StoreError};

use crate::records::NOON_MS;
use crate::writing::firm;
use crate::{fields, on_both};

const DAY: i64 = 86_400_000;

fn profile() -> Profile {
    Profile {
        people: vec![
            Person {
                id: "sato".to_owned(),
                name: "佐藤 花子".to_owned(),
                kana: "さとう はなこ".to_owned(),
                title: "院長".to_owned(),
            },
            Person { id: "suzuki".to_owned(), name: "鈴木 一郎".to_owned(), ..Person::default() },
        ],
        recipients: vec![Recipient {
            id: "office".to_owned(),
            label: "事務所".to_owned(),
            person: None,
            channel: Channel::Chatwork {
                room: "12345".to_owned(),
                token: "a-token-that-is-secret-9876".to_owned(),
                mention: Vec::new(),
            },
            active: true,
            fallback: None,
        }],
        ..Profile::default()
    }
}

fn note(text: &str, until_ms: Option<i64>) -> Note {
    Note {
        id: 0,
        text: text.to_owned(),
        from_ms: NOON_MS,
        until_ms,
        about: About { callers: vec!["03-1234-5678".to_owned()], ..About::default() },
    }
}

on_both! {
    async fn a_profile_has_revisions_and_keeps_its_secrets(store: Store) {
        let customer = firm(&store).await;
        let none = store.profile(customer).await.unwrap();
        assert_eq!((none.revision, &none.profile), (0, &Profile::default()));
        let first = store.put_profile(customer, 0, &profile(), "jiro", NOON_MS).await.unwrap();
        assert_eq!((first.revision, first.updated_by.as_str()), (1, "jiro"));
        assert_eq!(store.profile(customer).await.unwrap(), first);
        assert_eq!(store.people(customer).await.unwrap(), profile().people);
        // The page sends back what it was shown: masked.
        let second = store.put_profile(customer, 1, &first.profile.masked(), "jiro", NOON_MS).await.unwrap();
        assert_eq!(second.profile, first.profile);
        let late = store.put_profile(customer, 1, &profile(), "hanako", NOON_MS).await.unwrap_err();
        assert!(matches!(late, StoreError::Conflict(Conflict::Revision { expected: 1, found: 2 })), "{late:?}");
        let mut twice = profile();
        twice.recipients.push(twice.recipients[0].clone());
        assert!(matches!(store.put_profile(customer, 2, &twice, "jiro", NOON_MS).await, Err(StoreError::Unfit(_))));
        assert!(matches!(store.put_profile(99, 0, &profile(), "jiro", NOON_MS).await, Err(StoreError::Missing { .. })));
        assert!(matches!(store.profile(99).await, Err(StoreError::Missing { .. })));
        let audit = store.audit(Some(&format!("customer {customer}")), None, 10).await.unwrap();
        assert_eq!(audit.iter().map(|line| line.detail.as_str()).collect::<Vec<_>>(), ["revision 2", "revision 1"]);
    }

    async fn f22_a_manual_holds_from_its_day_on_and_is_acknowledged_by_version(store: Store) {
        let customer = firm(&store).await;
        let of_old = store.manuals(customer).await.unwrap();
        assert_eq!((of_old.len(), of_old[0].version, of_old[0].text.as_str()), (1, 0, "院長: 佐藤"), "the record's own");
        assert_eq!(store.manuals_in_force(NOON_MS).await.unwrap(), (vec![], None), "which everybody knows");
        let version = store.directory_version().await.unwrap();
        let new = |text: &str, from_ms| NewManual { from_ms, text: text.to_owned(), changes: "院長が代わりました".to_owned() };
        store.put_manual(customer, &new("院長: 鈴木", NOON_MS), "jiro", NOON_MS).await.unwrap();
        store.put_manual(customer, &new("院長: 田中", NOON_MS + DAY), "jiro", NOON_MS).await.unwrap();
        assert!(store.directory_version().await.unwrap() > version, "the switch has to know");
        assert_eq!(store.manuals(customer).await.unwrap().iter().map(|manual| manual.version).collect::<Vec<_>>(), [2, 1]);
        assert!(store.acknowledge_manual(customer, 1, 101, NOON_MS).await.unwrap());
        assert!(!store.acknowledge_manual(customer, 1, 101, NOON_MS).await.unwrap());
        store.acknowledge_manual(customer, 2, 102, NOON_MS).await.unwrap();
        assert_eq!(store.acknowledged(customer, 101).await.unwrap(), [1]);
        let readers = store.manual_readers(customer).await.unwrap();
        let readers: Vec<_> = readers.iter().map(|reader| (reader.version, reader.operator, reader.at_ms)).collect();
        assert_eq!(readers, [(2, 102, NOON_MS), (1, 101, NOON_MS)]);
        let (now, next) = store.manuals_in_force(NOON_MS).await.unwrap();
        assert_eq!(now, [InForce { customer, version: 1, from_ms: NOON_MS, read_by: vec![101] }]);
        assert_eq!(next, Some(NOON_MS + DAY));
        let (then, next) = store.manuals_in_force(NOON_MS + DAY).await.unwrap();
        assert_eq!((then[0].version, then[0].read_by.as_slice(), next), (2, [102].as_slice(), None));
        assert!(matches!(store.acknowledge_manual(customer, 3, 101, NOON_MS).await, Err(StoreError::Missing { .. })));
        assert!(matches!(store.put_manual(99, &new("x", 0), "jiro", 0).await, Err(StoreError::Missing { .. })));
        assert_eq!(fields(store.put_manual(customer, &new(&"長".repeat(20_001), 0), "jiro", 0).await.unwrap_err()), ["text"]);
    }

    async fn f23_a_note_that_has_run_out_is_never_shown(store: Store) {
        let customer = firm(&store).await;
        let standing = store.put_note(customer, &note("佐藤様には折り返し不要", None), "jiro", NOON_MS).await.unwrap();
        let once = store.put_note(customer, &note("本日のみ休診", Some(NOON_MS + DAY)), "jiro", NOON_MS).await.unwrap();
        assert_eq!(store.notes(customer, NOON_MS).await.unwrap(), [standing.clone(), once.clone()]);
        assert_eq!(store.notes(customer, NOON_MS + DAY).await.unwrap(), std::slice::from_ref(&standing));
        let longer = Note { until_ms: Some(NOON_MS + 2 * DAY), ..once };
        store.put_note(customer, &longer, "jiro", NOON_MS).await.unwrap();
        assert_eq!(store.notes(customer, NOON_MS + DAY).await.unwrap().len(), 2);
        store.end_note(customer, standing.id, "jiro", NOON_MS + 5).await.unwrap();
        assert_eq!(store.notes(customer, NOON_MS + 5).await.unwrap(), std::slice::from_ref(&longer));
        assert!(matches!(store.put_note(customer, &note("", None), "jiro", 0).await, Err(StoreError::Unfit(_))));
        // Another firm's page cannot touch it.
        for other in [customer + 1, 99] {
            assert!(matches!(store.put_note(other, &longer, "jiro", 0).await, Err(StoreError::Missing { .. })));
            assert!(matches!(store.end_note(other, longer.id, "jiro", 0).await, Err(StoreError::Missing { .. })));
        }
    }

    async fn f20_a_schedule_is_by_firm_person_and_time(store: Store) {
        let customer = firm(&store).await;
        store.put_profile(customer, 0, &profile(), "jiro", NOON_MS).await.unwrap();
        let out = Entry { id: 0, person: "sato".to_owned(), from_ms: NOON_MS, until_ms: NOON_MS + 3_600_000, away: Away::Out, note: "往診".to_owned() };
        let out = store.put_schedule(customer, &out, "jiro", NOON_MS).await.unwrap();
        assert_eq!(store.schedule(customer, NOON_MS, NOON_MS + DAY).await.unwrap(), std::slice::from_ref(&out));
        assert!(store.schedule(customer, NOON_MS + 3_600_000, NOON_MS + DAY).await.unwrap().is_empty());
        let later = Entry { until_ms: NOON_MS + 7_200_000, away: Away::Meeting, ..out.clone() };
        store.put_schedule(customer, &later, "jiro", NOON_MS).await.unwrap();
        assert_eq!(store.schedule(customer, NOON_MS + 3_600_000, NOON_MS + DAY).await.unwrap(), std::slice::from_ref(&later));
        let stranger = Entry { person: "yamada".to_owned(), ..out.clone() };
        assert_eq!(fields(store.put_schedule(customer, &stranger, "jiro", 0).await.unwrap_err()), ["person"]);
        let backwards = Entry { until_ms: NOON_MS, ..out };
        assert_eq!(fields(store.put_schedule(customer, &backwards, "jiro", 0).await.unwrap_err()), ["until_ms"]);
        assert!(matches!(store.remove_schedule(99, later.id).await, Err(StoreError::Missing { .. })));
        store.remove_schedule(customer, later.id).await.unwrap();
        assert!(store.schedule(customer, 0, i64::MAX).await.unwrap().is_empty());
    }
}
