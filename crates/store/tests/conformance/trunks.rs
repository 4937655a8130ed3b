//! Trunks, and the secrets in them.

use endpoint::Extractor;
use store::{Password, RegistrationForm, StoreError, TrunkForm};

use crate::{fields, on_both};

pub fn hikari() -> TrunkForm {
    TrunkForm {
        name: "ひかり電話 1".to_owned(),
        provider: "ntt".to_owned(),
        priority: 1,
        protocol: "UDP".to_owned(),
        host: "ntt-east.example".to_owned(),
        domain: "ntt-east.ne.jp".to_owned(),
        sources: vec!["203.0.113.0/24".to_owned()],
        registration: Some(RegistrationForm {
            registrar: "sip:ntt-east.ne.jp".to_owned(),
            aor: "sip:0312345678@ntt-east.ne.jp".to_owned(),
            expires_seconds: 3600,
        }),
        user: "0312345678".to_owned(),
        password: Some(Password("hush".to_owned())),
        extractors: vec!["p_called_party_id".to_owned(), "diversion_bottom".to_owned()],
        caller_id: "0312345678".to_owned(),
        compact: true,
        plain_pcmu: true,
        ..TrunkForm::default()
    }
}

on_both! {
    async fn a_trunk_reaches_the_sip_side_with_all_it_has(store: Store) {
        let row = store.create_trunk(&hikari()).await.unwrap();
        assert_eq!(row.address(), "ntt-east.example:5060");
        let kept = store.trunk(row.id).await.unwrap();
        assert_eq!(kept, row);
        let trunk = kept.trunk("203.0.113.9:5060".parse().unwrap()).unwrap();
        assert_eq!(trunk.extractors, [Extractor::PCalledPartyId, Extractor::DiversionBottom]);
        assert_eq!(trunk.sources, [("203.0.113.0".parse().unwrap(), 24)]);
        assert_eq!(trunk.credentials.as_ref().map(|c| (c.user.as_str(), c.password.as_str())), Some(("0312345678", "hush")));
        assert_eq!(trunk.registration.unwrap().aor, "sip:0312345678@ntt-east.ne.jp");
        assert!(trunk.compact && trunk.plain_pcmu);
    }

    async fn r20_a_trunks_password_leaves_only_towards_the_carrier(store: Store) {
        let row = store.create_trunk(&hikari()).await.unwrap();
        let kept = store.trunk(row.id).await.unwrap();
        let shown = format!("{kept:?} {} {:?}", serde_json::to_string(&kept).unwrap(), hikari());
        assert!(!shown.contains("hush"), "{shown}");
        assert!(kept.has_password);

        // An update without a password keeps it; one with another changes it; the end forgets it.
        let same = store.update_trunk(row.id, &TrunkForm { password: None, ..hikari() }).await.unwrap();
        let proxy = "203.0.113.9:5060".parse().unwrap();
        assert_eq!(same.trunk(proxy).unwrap().credentials.unwrap().password, "hush");
        let other = TrunkForm { password: Some(Password("other".to_owned())), ..hikari() };
        let other = store.update_trunk(row.id, &other).await.unwrap();
        assert_eq!(other.trunk(proxy).unwrap().credentials.unwrap().password, "other");
        store.deactivate_trunk(row.id).await.unwrap();
        assert!(!store.trunk(row.id).await.unwrap().has_password);
    }

    async fn every_wrong_field_of_a_trunk_is_named(store: Store) {
        let wrong = TrunkForm {
            name: String::new(),
            protocol: "carrier pigeon".to_owned(),
            host: "a b".to_owned(),
            domain: "x>y".to_owned(),
            sources: vec!["1.2.3.4/40".to_owned()],
            extractors: vec!["guess".to_owned()],
            registration: Some(RegistrationForm { registrar: "r".to_owned(), aor: "sip:a@b".to_owned(), expires_seconds: 1 }),
            password: None,
            calls_max: 0,
            session_expires_seconds: Some(10),
            probe_seconds: Some(1),
            ..hikari()
        };
        let found = fields(store.create_trunk(&wrong).await.unwrap_err());
        let expected = [
            "name", "protocol", "host", "domain", "sources", "extractors", "registration.registrar",
            "registration.expires_seconds", "password", "calls_max", "session_expires_seconds", "probe_seconds",
        ];
        assert_eq!(found, expected);
        store.create_trunk(&hikari()).await.unwrap();
        assert_eq!(fields(store.create_trunk(&hikari()).await.unwrap_err()), ["name"]);
        assert!(matches!(store.update_trunk(9, &hikari()).await, Err(StoreError::Missing { .. })));
        assert_eq!(store.trunks().await.unwrap().len(), 1);
    }
}
