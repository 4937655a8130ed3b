//! The door: sessions, one-time links, second factors, passkeys, what is demanded.

use std::time::Duration;

use store::{Door, Entrance, Invited, NewPasskey, Person, Role, Store, StoreError, UserForm};

use crate::{fields, on_both};

const PASSWORD: &str = "fjord lantern oboe 88";
const MINUTE: i64 = 60_000;

async fn user(store: &Store, name: &str, role: Role) -> i64 {
    let form = UserForm { name: name.to_owned(), role, operator_id: None };
    store.create_user(&form, Some(PASSWORD)).await.unwrap().0.id
}

fn entrance(address: &str) -> Entrance {
    Entrance {
        lasts: Duration::from_secs(3600),
        idle: Duration::from_secs(600),
        address: address.to_owned(),
        device: "Firefox, Windows".to_owned(),
        strong: false,
    }
}

fn passkey(credential: &str) -> NewPasskey {
    NewPasskey { name: " 電話 ".to_owned(), credential: credential.to_owned(), public_key: "key".to_owned(), uses: 0 }
}

on_both! {
    async fn a_session_ends_when_nobody_uses_it_and_at_its_time(store: Store) {
        let id = user(&store, "suzuki", Role::Admin).await;
        let token = store.open_session(id, 0, &entrance("192.0.2.1")).await.unwrap();
        let at = |minute: i64| store.session(token.as_str(), minute * MINUTE);
        for minute in [5, 14, 23] {
            assert!(at(minute).await.unwrap().is_some(), "used every nine minutes it stays: {minute}");
        }
        assert!(at(33).await.unwrap().is_none(), "ten minutes unused");
        assert_eq!(store.sessions_of(Person::User(id), 33 * MINUTE).await.unwrap(), []);
        let token = store.open_session(id, 0, &entrance("192.0.2.1")).await.unwrap();
        for minute in (5..60).step_by(5) {
            assert!(store.session(token.as_str(), minute * MINUTE).await.unwrap().is_some());
        }
        assert!(store.session(token.as_str(), 60 * MINUTE).await.unwrap().is_none(), "an hour is over");
    }

    async fn a_session_that_only_time_has_ended_is_known_for_a_day_and_whoever_ends_it_ends_that_too(store: Store) {
        let (id, other) = (user(&store, "suzuki", Role::Supervisor).await, user(&store, "sato", Role::Admin).await);
        let open = async || store.open_session(id, 0, &Entrance::lasting(Duration::from_secs(3600))).await.unwrap();
        let token = open().await;
        let lapsed = async |minute: i64| store.lapsed_session(token.as_str(), minute * MINUTE).await.unwrap().map(|who| who.id);
        assert_eq!((lapsed(59).await, lapsed(60).await), (None, Some(id)));
        assert_eq!(store.lapsed_session("guess", 60 * MINUTE).await.unwrap(), None);
        assert!(store.session(token.as_str(), 61 * MINUTE).await.unwrap().is_none(), "nobody is let in with it");
        // Somebody's login tidies up, but not what is so fresh.
        store.open_session(other, 61 * MINUTE, &entrance("192.0.2.9")).await.unwrap();
        assert_eq!(lapsed(62).await, Some(id));
        store.open_session(other, 26 * 60 * MINUTE, &entrance("192.0.2.9")).await.unwrap();
        assert_eq!(lapsed(62).await, None, "a day later");

        for end in ["log out", "all of them", "password", "user"] {
            let token = open().await;
            assert!(store.lapsed_session(token.as_str(), 60 * MINUTE).await.unwrap().is_some(), "{end}");
            match end {
                "log out" => store.close_session(token.as_str(), 0).await.unwrap(),
                "all of them" => drop(store.end_sessions_of(Person::User(id), None).await.unwrap()),
                "password" => store.change_password(Person::User(id), "barley cello drum 41", "").await.unwrap(),
                _ => store.deactivate_user(id).await.unwrap(),
            }
            assert!(store.lapsed_session(token.as_str(), 60 * MINUTE).await.unwrap().is_none(), "{end}");
        }
    }

    async fn whoever_logs_out_leaves_nothing_behind_that_an_earlier_login_of_theirs_had(store: Store) {
        let (id, other) = (user(&store, "suzuki", Role::Admin).await, user(&store, "sato", Role::Admin).await);
        let hour = Entrance::lasting(Duration::from_secs(3600));
        for end in ["log out", "one of them"] {
            let lapsed = store.open_session(id, 0, &hour).await.unwrap();
            let theirs = store.open_session(other, 0, &hour).await.unwrap();
            let good = store.open_session(id, 50 * MINUTE, &hour).await.unwrap();
            let fresh = store.open_session(id, 70 * MINUTE, &hour).await.unwrap();
            let session = store.visit(fresh.as_str(), 70 * MINUTE).await.unwrap().unwrap().session;
            match end {
                "log out" => store.close_session(fresh.as_str(), 71 * MINUTE).await.unwrap(),
                _ => store.end_session_of(Person::User(id), &session, 71 * MINUTE).await.unwrap(),
            }
            assert_eq!(store.lapsed_session(lapsed.as_str(), 71 * MINUTE).await.unwrap(), None, "{end}");
            assert!(store.lapsed_session(theirs.as_str(), 71 * MINUTE).await.unwrap().is_some(), "{end}");
            assert!(store.session(good.as_str(), 71 * MINUTE).await.unwrap().is_some(), "{end}: another one of theirs");
        }
    }

    async fn sessions_are_seen_and_ended_one_by_one_or_all_but_one(store: Store) {
        let (mine, other) = (user(&store, "suzuki", Role::Admin).await, user(&store, "sato", Role::Admin).await);
        let person = Person::User(mine);
        let mut tokens = Vec::new();
        for (place, address) in ["192.0.2.1", "192.0.2.2", "192.0.2.3"].into_iter().enumerate() {
            let now_ms = i64::try_from(place).unwrap();
            tokens.push(store.open_session(mine, now_ms, &entrance(address)).await.unwrap());
        }
        let theirs = store.open_session(other, 5, &entrance("192.0.2.9")).await.unwrap();
        let seen = store.sessions_of(person, 10).await.unwrap();
        let told: Vec<_> = seen.iter().map(|one| (one.address.as_str(), one.device.as_str(), one.begun_ms, one.strong)).collect();
        assert_eq!(told, [("192.0.2.3", "Firefox, Windows", 2, false), ("192.0.2.2", "Firefox, Windows", 1, false), ("192.0.2.1", "Firefox, Windows", 0, false)]);
        assert!(seen.iter().all(|one| !tokens.iter().any(|token| token.as_str() == one.id)), "a name is no token");
        assert!(store.is_user_at("suzuki", "192.0.2.2", 10).await.unwrap());
        assert!(!store.is_user_at("sato", "192.0.2.2", 10).await.unwrap());

        let visit = store.visit(tokens[0].as_str(), 10).await.unwrap().unwrap();
        assert_eq!((visit.session.as_str(), visit.strong), (seen[2].id.as_str(), false));
        assert!(matches!(store.end_session_of(Person::User(other), &seen[1].id, 10).await, Err(StoreError::Missing { what: "session", .. })));
        store.end_session_of(person, &seen[1].id, 10).await.unwrap();
        assert!(store.session(tokens[1].as_str(), 10).await.unwrap().is_none());
        assert_eq!(store.end_sessions_of(person, Some(&visit.session)).await.unwrap(), 1);
        assert!(store.session(tokens[0].as_str(), 10).await.unwrap().is_some());
        assert!(store.session(tokens[2].as_str(), 10).await.unwrap().is_none());
        store.change_password(person, "another lantern and oboe", &visit.session).await.unwrap();
        assert!(store.session(tokens[0].as_str(), 10).await.unwrap().is_some(), "the one that changed it stays");
        assert!(store.login("suzuki", "another lantern and oboe").await.unwrap().is_some());
        assert_eq!(fields(store.change_password(person, "password2026", &visit.session).await.unwrap_err()), ["password"]);
        assert!(store.session(theirs.as_str(), 10).await.unwrap().is_some());

        // More than anybody has, and the longest unused makes room.
        for second in 0..60 {
            store.open_session(mine, 1000 + second, &entrance("192.0.2.1")).await.unwrap();
        }
        let seen = store.sessions_of(person, 2000).await.unwrap();
        assert_eq!((seen.len(), seen[0].begun_ms, seen[49].begun_ms), (50, 1059, 1010));
    }

    async fn a_role_that_needs_a_second_factor_is_told_apart(store: Store) {
        assert_eq!(store.door().await.unwrap(), Door::default());
        let (admin, plain) = (user(&store, "suzuki", Role::Admin).await, user(&store, "sato", Role::Supervisor).await);
        let weak = store.open_session(admin, 0, &entrance("")).await.unwrap();
        let strong = store.open_session(admin, 0, &Entrance { strong: true, ..entrance("") }).await.unwrap();
        let other = store.open_session(plain, 0, &entrance("")).await.unwrap();
        let door = Door { second_factor: vec![Role::Admin] };
        store.save_door(&door).await.unwrap();
        assert_eq!(store.door().await.unwrap(), door);
        assert!(store.session(weak.as_str(), 1).await.unwrap().is_none(), "nobody takes it for a whole session");
        let visit = store.visit(weak.as_str(), 1).await.unwrap().unwrap();
        assert!(visit.lacks_factor);
        assert!(store.session(strong.as_str(), 1).await.unwrap().is_some());
        assert!(store.session(other.as_str(), 1).await.unwrap().is_some());
        store.strengthen(Person::User(admin), &visit.session).await.unwrap();
        assert!(store.session(weak.as_str(), 1).await.unwrap().is_some());
    }

    async fn the_first_administrator_comes_in_by_a_link_that_works_once(store: Store) {
        let half_an_hour = Duration::from_secs(1800);
        let void = store.invite_first(0, half_an_hour).await.unwrap().unwrap();
        let link = store.invite_first(0, half_an_hour).await.unwrap().unwrap();
        assert_eq!(store.invitation(void.as_str(), 1).await.unwrap(), None, "another one was made");
        assert_eq!(store.invitation(link.as_str(), 1).await.unwrap(), Some(Invited::First));
        assert_eq!(store.invitation(link.as_str(), 1_800_000).await.unwrap(), None, "half an hour");
        assert_eq!(store.invitation("guessed", 1).await.unwrap(), None);
        // What is wrong costs no link.
        assert_eq!(fields(store.accept(link.as_str(), "admin", "short", 1).await.unwrap_err()), ["password"]);
        assert_eq!(fields(store.accept(link.as_str(), "山田", PASSWORD, 1).await.unwrap_err()), ["name"]);
        let first = store.accept(link.as_str(), "yamada", PASSWORD, 1).await.unwrap();
        assert_eq!((first.form.name.as_str(), first.form.role, first.active), ("yamada", Role::Admin, true));
        assert_eq!(store.login("yamada", PASSWORD).await.unwrap(), Some(first.clone()));
        assert!(matches!(store.accept(link.as_str(), "evil", PASSWORD, 1).await, Err(StoreError::Missing { what: "link", .. })));
        assert_eq!(store.invite_first(2, half_an_hour).await.unwrap(), None, "there is one");
        assert!(store.has_administrator().await.unwrap());
    }

    async fn a_link_of_the_first_is_void_once_there_is_an_administrator(store: Store) {
        let link = store.invite_first(0, Duration::from_secs(60)).await.unwrap().unwrap();
        user(&store, "suzuki", Role::Admin).await;
        assert!(matches!(store.accept(link.as_str(), "evil", PASSWORD, 1).await, Err(StoreError::Missing { .. })));
        assert_eq!(store.users().await.unwrap().len(), 1);
    }

    async fn a_link_sets_a_users_password_and_ends_the_sessions(store: Store) {
        let id = user(&store, "suzuki", Role::Supervisor).await;
        let session = store.open_session(id, 0, &entrance("")).await.unwrap();
        let link = store.invite(id, 0, Duration::from_secs(60)).await.unwrap();
        assert_eq!(store.invitation(link.as_str(), 1).await.unwrap(), Some(Invited::User("suzuki".to_owned())));
        assert!(store.session(session.as_str(), 1).await.unwrap().is_some(), "nothing has happened yet");
        let set = store.accept(link.as_str(), "whatever", "another lantern and oboe", 1).await.unwrap();
        assert_eq!((set.id, set.form.role), (id, Role::Supervisor));
        assert!(store.login("suzuki", "another lantern and oboe").await.unwrap().is_some());
        assert!(store.session(session.as_str(), 1).await.unwrap().is_none());
        let link = store.invite(id, 0, Duration::from_secs(60)).await.unwrap();
        store.deactivate_user(id).await.unwrap();
        assert_eq!(store.invitation(link.as_str(), 1).await.unwrap(), None);
        assert!(matches!(store.accept(link.as_str(), "", PASSWORD, 1).await, Err(StoreError::Missing { .. })));
        assert!(matches!(store.invite(id, 0, Duration::from_secs(60)).await, Err(StoreError::Missing { what: "user", .. })));
    }

    async fn a_code_and_a_recovery_code_are_taken_once(store: Store) {
        let person = Person::User(user(&store, "suzuki", Role::Admin).await);
        assert!(store.totp(person).await.unwrap().is_none());
        store.begin_totp(person, "sealed one").await.unwrap();
        assert!(!store.take_totp_step(person, 10).await.unwrap(), "it was not confirmed");
        store.begin_totp(person, "sealed").await.unwrap();
        let codes = store.confirm_totp(person, 10, 77).await.unwrap();
        let row = store.totp(person).await.unwrap().unwrap();
        assert_eq!((row.sealed.as_str(), row.step, row.since_ms), ("sealed", 10, Some(77)));
        assert_eq!(fields(store.begin_totp(person, "another").await.unwrap_err()), ["code"]);
        assert!(matches!(store.confirm_totp(person, 11, 78).await, Err(StoreError::Missing { .. })));
        for (step, taken) in [(10, false), (9, false), (12, true), (12, false), (11, false), (13, true)] {
            assert_eq!(store.take_totp_step(person, step).await.unwrap(), taken, "{step}");
        }
        // A member of the same id is somebody else.
        assert!(store.totp(Person::Member(person.id())).await.unwrap().is_none());
        assert!(!store.take_totp_step(Person::Member(person.id()), 99).await.unwrap());

        assert_eq!((codes.len(), store.recovery_codes_left(person).await.unwrap()), (10, 10));
        assert!(!store.take_recovery_code(Person::Member(person.id()), &codes[0]).await.unwrap());
        assert!(store.take_recovery_code(person, &codes[0].to_uppercase().replace('-', " ")).await.unwrap());
        assert!(!store.take_recovery_code(person, &codes[0]).await.unwrap());
        assert!(!store.take_recovery_code(person, "").await.unwrap());
        assert_eq!(store.recovery_codes_left(person).await.unwrap(), 9);
        let renewed = store.renew_recovery_codes(person).await.unwrap();
        assert!(!store.take_recovery_code(person, &codes[1]).await.unwrap());
        assert!(store.take_recovery_code(person, &renewed[1]).await.unwrap());
        assert!(store.end_totp(person).await.unwrap());
        assert!(!store.end_totp(person).await.unwrap());
        assert_eq!(store.recovery_codes_left(person).await.unwrap(), 0);
    }

    async fn passkeys_are_named_used_and_removed_by_their_owner_alone(store: Store) {
        let (mine, other) = (Person::User(user(&store, "suzuki", Role::Admin).await), Person::Member(1));
        let row = store.add_passkey(mine, &passkey("one"), 5).await.unwrap();
        assert_eq!((row.name.as_str(), row.created_ms, row.used_ms), ("電話", 5, None));
        assert_eq!(fields(store.add_passkey(other, &passkey("one"), 5).await.unwrap_err()), ["credential"]);
        assert_eq!(fields(store.add_passkey(mine, &NewPasskey { name: " ".to_owned(), ..passkey("two") }, 5).await.unwrap_err()), ["name"]);
        assert_eq!(store.passkey("one").await.unwrap(), Some((mine, row.clone())));
        assert_eq!(store.passkey("two").await.unwrap(), None);
        // A device that does not count, one that does, and a copy of it.
        for (uses, taken) in [(0, true), (0, true), (3, true), (3, false), (2, false), (0, false), (4, true)] {
            assert_eq!(store.use_passkey(row.id, uses, 9).await.unwrap(), taken, "{uses}");
        }
        assert_eq!(store.passkeys(mine).await.unwrap()[0].used_ms, Some(9));
        assert!(matches!(store.rename_passkey(other, row.id, "x").await, Err(StoreError::Missing { .. })));
        assert!(matches!(store.remove_passkey(other, row.id).await, Err(StoreError::Missing { .. })));
        store.rename_passkey(mine, row.id, "鍵").await.unwrap();
        assert_eq!(store.passkeys(mine).await.unwrap()[0].name, "鍵");
        store.remove_passkey(mine, row.id).await.unwrap();
        assert_eq!(store.passkeys(mine).await.unwrap(), []);
        for place in 0..20 {
            store.add_passkey(mine, &passkey(&place.to_string()), 5).await.unwrap();
        }
        assert_eq!(fields(store.add_passkey(mine, &passkey("too many"), 5).await.unwrap_err()), ["name"]);
    }

    async fn whoever_has_lost_the_telephone_has_the_password_alone(store: Store) {
        let id = user(&store, "suzuki", Role::Admin).await;
        let person = Person::User(id);
        store.begin_totp(person, "sealed").await.unwrap();
        store.confirm_totp(person, 1, 1).await.unwrap();
        store.add_passkey(person, &passkey("one"), 5).await.unwrap();
        let session = store.open_session(id, 0, &entrance("")).await.unwrap();
        store.forget_factors(person).await.unwrap();
        assert!(store.totp(person).await.unwrap().is_none());
        assert_eq!(store.recovery_codes_left(person).await.unwrap(), 0);
        assert_eq!(store.passkeys(person).await.unwrap(), []);
        assert!(store.session(session.as_str(), 1).await.unwrap().is_none());
        assert!(store.login("suzuki", PASSWORD).await.unwrap().is_some());
    }
}
