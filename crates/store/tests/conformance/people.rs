//! Operators, users, sessions, the audit log.

use std::time::Duration;

use store::{Entrance, OperatorForm, Role, StoreError, UserForm};
use switch::CallId;

use crate::records::cleared;
use crate::{fields, on_both};

const REALM: &str = "denwaban.example";

pub fn hanako() -> OperatorForm {
    OperatorForm {
        login: "101".to_owned(),
        name: "山田 花子".to_owned(),
        skills: vec![("医療".to_owned(), 5), ("lang:en".to_owned(), 60)],
        tier: "supervisor".to_owned(),
        teams: vec!["a".to_owned(), "医療".to_owned()],
        rank: 3,
        knows: Vec::new(),
        wrap_up_seconds: 45,
        wrap_up_max_seconds: 300,
        ready_on_register: false,
        digest: "both".to_owned(),
        srtp: "required".to_owned(),
    }
}

on_both! {
    async fn an_operator_comes_back_and_the_password_is_told_once(store: Store) {
        let (row, password) = store.create_operator(REALM, &hanako()).await.unwrap();
        assert!(password.len() >= 20);
        assert_eq!(store.operator(row.id).await.unwrap(), row);
        assert_eq!(store.operator_by_login("101").await.unwrap(), row);
        assert_eq!(store.operators().await.unwrap(), std::slice::from_ref(&row));
        assert_eq!(row.form, hanako());

        let ha1 = async || {
            let loaded = store.load_directory(REALM, |_| Err(String::new())).await.unwrap();
            loaded.directory.operators.values().next().unwrap().account.ha1_sha256.clone()
        };
        let before = ha1().await;
        let second = store.set_operator_password(REALM, row.id, None).await.unwrap();
        assert_ne!(second, password);
        assert_ne!(ha1().await, before);
        let chosen = "correct horse battery";
        assert_eq!(store.set_operator_password(REALM, row.id, Some(chosen)).await.unwrap(), chosen);
        // H(101:denwaban.example:correct horse battery)
        assert_eq!(ha1().await.len(), 64);
    }

    async fn r01_weak_passwords_and_wrong_fields_are_refused(store: Store) {
        let (row, _) = store.create_operator(REALM, &hanako()).await.unwrap();
        for weak in ["", "101", "short", "xx101xxxxxxxxxx", "aaaaaaaaaaaaaaaa"] {
            let error = store.set_operator_password(REALM, row.id, Some(weak)).await.unwrap_err();
            assert_eq!(fields(error), ["password"], "{weak}");
        }
        let wrong = OperatorForm {
            login: "a b".to_owned(),
            name: String::new(),
            skills: vec![("x".to_owned(), 0)],
            tier: "boss".to_owned(),
            teams: vec![String::new()],
            wrap_up_max_seconds: 100_000,
            digest: "none".to_owned(),
            srtp: "sometimes".to_owned(),
            ..hanako()
        };
        assert_eq!(fields(store.create_operator(REALM, &wrong).await.unwrap_err()), ["login", "name", "tier", "teams", "skills", "wrap_up_max_seconds", "digest", "srtp"]);
        assert_eq!(fields(store.create_operator(REALM, &hanako()).await.unwrap_err()), ["login"]);
        let renamed = OperatorForm { login: "102".to_owned(), ..hanako() };
        assert_eq!(fields(store.update_operator(row.id, &renamed).await.unwrap_err()), ["login"]);
        let changed = OperatorForm { wrap_up_seconds: 0, ..hanako() };
        assert_eq!(store.update_operator(row.id, &changed).await.unwrap().form, changed);
        store.deactivate_operator(row.id).await.unwrap();
        assert!(!store.operator(row.id).await.unwrap().active);
        assert!(matches!(store.operator(9).await, Err(StoreError::Missing { .. })));
    }

    async fn an_operator_knows_firms_by_their_codes(store: Store) {
        let firm = |code: &str| store::CustomerForm { code: code.to_owned(), name: code.to_owned(), ..Default::default() };
        let (b, a) = (store.create_customer(&firm("b")).await.unwrap(), store.create_customer(&firm("a")).await.unwrap());
        let knows = |codes: &[&str]| OperatorForm { knows: codes.iter().map(|code| (*code).to_owned()).collect(), ..hanako() };
        assert_eq!(fields(store.create_operator(REALM, &knows(&["a", "nobody"])).await.unwrap_err()), ["knows"]);
        assert_eq!(store.operators().await.unwrap(), [], "nothing is half written");
        let (row, _) = store.create_operator(REALM, &knows(&["b", "A", "b"])).await.unwrap();
        assert_eq!(row.form.knows, ["a", "b"]);
        assert_eq!(store.operator(row.id).await.unwrap(), row);
        assert_eq!(store.operators().await.unwrap(), std::slice::from_ref(&row));
        let known = async || {
            let loaded = store.load_directory(REALM, |_| Err(String::new())).await.unwrap();
            let operator = loaded.directory.operators.values().next().unwrap().clone();
            operator.customers.iter().copied().collect::<Vec<_>>()
        };
        let mut ids = [a.id, b.id].map(|id| u64::try_from(id).unwrap());
        ids.sort_unstable();
        assert_eq!(known().await, ids);
        // A firm keeps those who know it under another code.
        store.update_customer(a.id, &firm("z")).await.unwrap();
        assert_eq!(store.operator(row.id).await.unwrap().form.knows, ["b", "z"]);
        store.update_operator(row.id, &knows(&["b"])).await.unwrap();
        assert_eq!(known().await, ids.iter().copied().filter(|id| *id == u64::try_from(b.id).unwrap()).collect::<Vec<_>>());
    }

    async fn a_user_logs_in_with_the_right_password_alone(store: Store) {
        let form = UserForm { name: "suzuki".to_owned(), role: Role::Supervisor, operator_id: None };
        let (user, password) = store.create_user(&form, None).await.unwrap();
        assert_eq!(store.login("suzuki", &password).await.unwrap(), Some(user.clone()));
        assert_eq!(store.login("suzuki", "wrong").await.unwrap(), None);
        assert_eq!(store.login("nobody", &password).await.unwrap(), None);
        assert_eq!(store.users().await.unwrap(), std::slice::from_ref(&user));

        assert_eq!(fields(store.create_user(&form, None).await.unwrap_err()), ["name"]);
        assert_eq!(fields(store.create_user(&UserForm { name: "x".to_owned(), ..form.clone() }, Some("short")).await.unwrap_err()), ["password"]);
        let operator = UserForm { name: "o".to_owned(), role: Role::Operator, operator_id: None };
        assert_eq!(fields(store.create_user(&operator, None).await.unwrap_err()), ["operator_id"]);
        let operator = UserForm { operator_id: Some(77), ..operator };
        assert_eq!(fields(store.create_user(&operator, None).await.unwrap_err()), ["operator_id"]);

        let admin = UserForm { role: Role::Admin, ..form.clone() };
        store.update_user(user.id, &admin).await.unwrap();
        assert_eq!(store.login("suzuki", &password).await.unwrap().unwrap().form, admin);
        let renamed = UserForm { name: "other".to_owned(), ..form };
        assert_eq!(fields(store.update_user(user.id, &renamed).await.unwrap_err()), ["name"]);

        store.deactivate_user(user.id).await.unwrap();
        assert_eq!(store.login("suzuki", &password).await.unwrap(), None);
        let revived = store.update_user(user.id, &admin).await;
        assert!(matches!(revived, Err(StoreError::Missing { what: "user", .. })), "what has ended stays so: {revived:?}");
        assert_eq!(store.login("suzuki", &password).await.unwrap(), None);
    }

    async fn a_session_lasts_until_it_is_closed_expired_or_the_password_changes(store: Store) {
        let form = UserForm { name: "suzuki".to_owned(), role: Role::Admin, operator_id: None };
        let (user, _) = store.create_user(&form, None).await.unwrap();
        let hour = Entrance::lasting(Duration::from_secs(3600));
        let token = store.open_session(user.id, 1000, &hour).await.unwrap();
        assert_eq!(store.session(token.as_str(), 3_600_999).await.unwrap(), Some(user.clone()));
        assert_eq!(store.session(token.as_str(), 3_601_000).await.unwrap(), None, "expired");
        assert_eq!(store.session("0", 1000).await.unwrap(), None);
        store.close_session(token.as_str(), 2000).await.unwrap();
        assert_eq!(store.session(token.as_str(), 1000).await.unwrap(), None, "closed");

        let token = store.open_session(user.id, 1000, &hour).await.unwrap();
        store.set_user_password(user.id, None).await.unwrap();
        assert_eq!(store.session(token.as_str(), 1000).await.unwrap(), None, "another password");
        let token = store.open_session(user.id, 1000, &hour).await.unwrap();
        store.deactivate_user(user.id).await.unwrap();
        assert_eq!(store.session(token.as_str(), 1000).await.unwrap(), None, "ended");
    }

    async fn r18_every_playback_is_a_line_in_the_audit_log(store: Store) {
        let record = cleared(1);
        store.save_call(&record).await.unwrap();
        store.note(1, "admin", "customer.update", "customer 1", "name").await.unwrap();
        store.note_playback(2, "suzuki", record.call).await.unwrap();
        store.note_playback(3, "sato", record.call).await.unwrap();
        assert!(matches!(store.note_playback(4, "sato", CallId(9)).await, Err(StoreError::Missing { .. })));

        let plays = store.audit(Some(&record.call.to_string()), None, 10).await.unwrap();
        assert_eq!(plays.iter().map(|entry| (entry.at_ms, entry.who.as_str())).collect::<Vec<_>>(), [(3, "sato"), (2, "suzuki")]);
        assert!(plays.iter().all(|entry| entry.what == "recording.play" && entry.detail == "2026/11/18/call-1.wav"));
        let all = store.audit(None, None, 2).await.unwrap();
        assert_eq!(all.len(), 2);
        let rest = store.audit(None, Some(all[1].id), 10).await.unwrap();
        assert_eq!(rest.iter().map(|entry| entry.what.as_str()).collect::<Vec<_>>(), ["customer.update"]);
    }
}
