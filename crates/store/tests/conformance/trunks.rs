//! Trunks, and the secrets in them.

use endpoint::{Extractor, Hop, IdentityHeader, NumberForm, Shows};
use sip::flow::Protocol;
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

fn hop() -> Hop {
    Hop { protocol: Protocol::Udp, address: "203.0.113.9:5060".parse().unwrap() }
}

on_both! {
    async fn a_trunk_over_tls_keeps_its_names_and_choices(store: Store) {
        let form = TrunkForm {
            protocol: "TLS".to_owned(),
            host: "203.0.113.9".to_owned(),
            certificate_names: vec!["SBC.example.jp".to_owned()],
            spacing_ms: 250,
            srtp: "Required".to_owned(),
            numbers: "international".to_owned(),
            identity: "preferred".to_owned(),
            shows: "dialled".to_owned(),
            redirection: vec!["diversion".to_owned()],
            ..hikari()
        };
        let row = store.create_trunk(&form).await.unwrap();
        let kept = store.trunk(row.id).await.unwrap();
        let literal = kept.literal().unwrap();
        assert_eq!(literal, Hop { protocol: Protocol::Tls, address: "203.0.113.9:5061".parse().unwrap() });
        let trunk = kept.trunk(vec![literal]).unwrap();
        assert_eq!(trunk.certificate_names, ["sbc.example.jp"]);
        assert_eq!(trunk.spacing, std::time::Duration::from_millis(250));
        assert_eq!((trunk.numbers, trunk.identity), (NumberForm::International, IdentityHeader::Preferred));
        assert_eq!(trunk.srtp, switch::SrtpPolicy::Required);
        assert_eq!((trunk.shows, trunk.redirection.diversion), (Shows::Dialled, true));
        assert!(!trunk.redirection.history_info);
        let auto = store.update_trunk(row.id, &TrunkForm { protocol: "auto".to_owned(), host: "sbc.example.jp:5070".to_owned(), ..form }).await.unwrap();
        assert_eq!(auto.target(), ("sbc.example.jp".to_owned(), Some(5070), None));
    }

    async fn a_trunk_that_an_older_version_wrote_is_read(store: Store) {
        let row = store.create_trunk(&hikari()).await.unwrap();
        let mut json = serde_json::to_value(&row.form).unwrap();
        for newer in ["certificate_names", "spacing_ms", "numbers", "identity", "shows", "redirection", "srtp"] {
            assert!(json.as_object_mut().unwrap().remove(newer).is_some(), "{newer}");
        }
        let read: TrunkForm = serde_json::from_value(json).unwrap();
        assert_eq!(TrunkForm { password: None, ..read }, row.form);
    }

    async fn a_trunk_reaches_the_sip_side_with_all_it_has(store: Store) {
        let row = store.create_trunk(&hikari()).await.unwrap();
        assert_eq!(row.target(), ("ntt-east.example".to_owned(), None, Some(Protocol::Udp)));
        assert_eq!(row.expected_names(), ["ntt-east.example", "ntt-east.ne.jp"]);
        assert_eq!(row.literal(), None);
        let kept = store.trunk(row.id).await.unwrap();
        assert_eq!(kept, row);
        let trunk = kept.trunk(vec![hop()]).unwrap();
        assert_eq!(trunk.hops, [hop()]);
        assert_eq!(trunk.extractors, [Extractor::PCalledPartyId, Extractor::DiversionBottom]);
        assert_eq!(trunk.sources, [("203.0.113.0".parse().unwrap(), 24)]);
        assert_eq!(trunk.credentials.as_ref().map(|c| (c.user.as_str(), c.password.as_str())), Some(("0312345678", "hush")));
        assert_eq!(trunk.registration.unwrap().aor, "sip:0312345678@ntt-east.ne.jp");
        assert!(trunk.compact && trunk.plain_pcmu);
        assert_eq!(trunk.srtp, switch::SrtpPolicy::Off);
    }

    async fn r20_a_trunks_password_leaves_only_towards_the_carrier(store: Store) {
        let row = store.create_trunk(&hikari()).await.unwrap();
        let kept = store.trunk(row.id).await.unwrap();
        let shown = format!("{kept:?} {} {:?}", serde_json::to_string(&kept).unwrap(), hikari());
        assert!(!shown.contains("hush"), "{shown}");
        assert!(kept.has_password);

        // An update without a password keeps it; one with another changes it; the end forgets it.
        let same = store.update_trunk(row.id, &TrunkForm { password: None, ..hikari() }).await.unwrap();
        assert_eq!(same.trunk(vec![hop()]).unwrap().credentials.unwrap().password, "hush");
        let other = TrunkForm { password: Some(Password("other".to_owned())), ..hikari() };
        let other = store.update_trunk(row.id, &other).await.unwrap();
        assert_eq!(other.trunk(vec![hop()]).unwrap().credentials.unwrap().password, "other");
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
            certificate_names: vec!["sip:a@b".to_owned()],
            numbers: "roman".to_owned(),
            identity: "both".to_owned(),
            shows: "nothing".to_owned(),
            srtp: "sometimes".to_owned(),
            redirection: vec!["reason".to_owned()],
            spacing_ms: 60_000,
            session_expires_seconds: Some(10),
            probe_seconds: Some(1),
            ..hikari()
        };
        let found = fields(store.create_trunk(&wrong).await.unwrap_err());
        let expected = [
            "name", "protocol", "host", "domain", "sources", "extractors", "certificate_names", "numbers", "identity", "shows",
            "redirection", "srtp", "registration.registrar", "registration.expires_seconds", "password", "calls_max", "spacing_ms",
            "session_expires_seconds", "probe_seconds",
        ];
        assert_eq!(found, expected);
        store.create_trunk(&hikari()).await.unwrap();
        assert_eq!(fields(store.create_trunk(&hikari()).await.unwrap_err()), ["name"]);
        assert!(matches!(store.update_trunk(9, &hikari()).await, Err(StoreError::Missing { .. })));
        assert_eq!(store.trunks().await.unwrap().len(), 1);
    }
}
