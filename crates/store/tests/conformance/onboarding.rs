//! A new firm's proofs (F61) with their evidence, and how firms were identified.

use report::{Channel, Greeting, Profile, Recipient};
use store::{
    Changed, Conflict, GreetingHeard, Heard, IdentityForm, IdentityMethod, RouteProof, Standing, Store, StoreError,
};
use switch::CallRecord;

use crate::customers::sakura;
use crate::records::{NOON_MS, cleared, recording};
use crate::writing::{accept, firm, hanako, lease, mail, sending};
use crate::{fields, on_both};

const DID: &str = "81355550000";

fn settings(address: &str) -> Profile {
    let place = |id: &str, address: &str| Recipient {
        id: id.to_owned(),
        label: format!("{id}の席"),
        channel: Channel::Email { address: address.to_owned() },
        person: None,
        active: true,
        fallback: None,
    };
    let greeting = Greeting {
        text: "さくら歯科でございます。".into(), reading: "さくらしか".into(), hours: None
    };
    Profile {
        greetings: vec![greeting],
        recipients: vec![place("sato", address), place("ito", "ito@sakura.example")],
        ..Profile::default()
    }
}

/// A call to the firm that came when the run had begun; `answered` by Hanako.
async fn called(store: &Store, customer: i64, number: u32) -> CallRecord {
    let record =
        CallRecord { customer: Some(customer), did: DID.into(), recording: Some(recording(number)), ..cleared(number) };
    store.save_call(&record).await.unwrap();
    record
}

/// A test report of the firm's that went to both.
async fn tested(store: &Store, customer: i64) -> String {
    let report = store.begin_report(customer, &hanako(), NOON_MS).await.unwrap();
    let to = vec![mail("sato", NOON_MS), mail("ito", NOON_MS)];
    let policy = report::Policy::NoticeOnly;
    let sending = store::Sending { policy, ..sending(report.revision, to) };
    store.send_report(&report.id, &sending, &hanako(), NOON_MS).await.unwrap().report.id
}

fn right(call: &CallRecord) -> GreetingHeard {
    let call = call.call.to_string();
    GreetingHeard { call, heard: Heard::Recording, right: true, from_ms: 0, until_ms: 8_000, note: String::new() }
}

on_both! {
    async fn f54_a_proof_outlives_its_call_and_forgets_who_called(store: Store) {
        const DAY_MS: i64 = 86_400_000;
        let customer = store.create_customer(&store::CustomerForm { dids: vec![DID.into()], ..sakura() }).await.unwrap().id;
        let proved = store.begin_onboarding(customer, "admin", NOON_MS - 60_000).await.unwrap();
        let first = called(&store, customer, 1).await;
        store.note_onboarding_call(proved.id, Some(first.call), "admin", NOON_MS + 61_000).await.unwrap();
        let other = store.begin_onboarding(customer, "admin", NOON_MS - 60_000).await.unwrap();
        let second = called(&store, customer, 2).await;
        store.note_onboarding_call(other.id, Some(second.call), "admin", NOON_MS + 61_000).await.unwrap();
        let before = store.onboarding(proved.id).await.unwrap().call.unwrap();
        assert!(!before.caller.is_empty() && before.purged_ms.is_none());
        for call in [&first, &second] {
            let report = store.report_of_call(call.call).await.unwrap().unwrap();
            store.waive_report(&report.id, "test", &hanako(), NOON_MS).await.unwrap();
        }
        let held = store::NewHold { call: Some(second.call.to_string()), why: "訴訟".into(), ..store::NewHold::default() };
        store.hold(&held, "admin", NOON_MS).await.unwrap();
        let later = NOON_MS + 200 * DAY_MS;
        while store.purge("denwaban", later).await.unwrap().is_some() {}
        let after = store.onboarding(proved.id).await.unwrap().call.unwrap();
        assert_eq!(after, store::CallProof { caller: String::new(), purged_ms: Some(later), ..before });
        assert_eq!(store.onboardings(customer).await.unwrap().pop().unwrap().call, Some(after));
        let kept = store.onboarding(other.id).await.unwrap().call.unwrap();
        assert!(!kept.caller.is_empty() && kept.purged_ms.is_none(), "{kept:?}");
    }

    async fn f61_what_is_to_be_said_is_what_is_written_for_the_hour_of_the_call(store: Store) {
        let customer = store.create_customer(&store::CustomerForm { dids: vec![DID.into()], ..sakura() }).await.unwrap().id;
        let run = store.begin_onboarding(customer, "admin", NOON_MS - 60_000).await.unwrap();
        assert_eq!(run.written, None);
        let call = called(&store, customer, 1).await;
        let noted = store.note_onboarding_call(run.id, Some(call.call), "admin", NOON_MS + 61_000).await.unwrap().unwrap();
        assert_eq!(noted.written.unwrap().text, sakura().greeting);
        let mut profile = settings("sato@sakura.example");
        let hours = report::Hours { from: "20:00".parse().unwrap(), until: "22:00".parse().unwrap() };
        profile.greetings.insert(0, Greeting { text: "夜のさくら歯科です。".into(), reading: "よるの".into(), hours: Some(hours) });
        store.put_profile(customer, 0, &profile, "admin", NOON_MS).await.unwrap();
        let written = store.onboarding(run.id).await.unwrap().written.unwrap();
        assert_eq!((written.text.as_str(), written.reading.as_str()), ("夜のさくら歯科です。", "よるの"));
        let none = GreetingHeard { call: String::new(), ..right(&call) };
        let missing = store.note_onboarding_greeting(run.id, &none, "admin", NOON_MS + 62_000).await.unwrap_err();
        assert!(missing.to_string().contains("it is empty"), "{missing}");
    }

    async fn f61_three_proofs_with_their_evidence_make_a_firm_proved(store: Store) {
        let customer = store.create_customer(&store::CustomerForm { dids: vec![DID.into()], ..sakura() }).await.unwrap().id;
        store.put_profile(customer, 0, &settings("sato@sakura.example"), "admin", NOON_MS).await.unwrap();
        assert_eq!(store.onboarding_standing(customer).await.unwrap().standing, Standing::NotBegun);
        let early = called(&store, customer, 1).await;
        let begun_ms = early.arrived_ms + 1;
        let run = store.begin_onboarding(customer, "jiro", begun_ms).await.unwrap();
        assert_eq!((run.begun_by.as_str(), run.holds(), run.proved_ms), ("jiro", false, None));

        // Nothing is evidence that was there before, or that is another firm's.
        assert_eq!(store.note_onboarding_call(run.id, None, "jiro", begun_ms).await.unwrap(), None);
        assert_eq!(fields(store.note_onboarding_call(run.id, Some(early.call), "jiro", begun_ms).await.unwrap_err()), ["call"]);
        assert_eq!(fields(store.note_onboarding_greeting(run.id, &right(&early), "jiro", begun_ms).await.unwrap_err()), ["call"]);
        assert_eq!(fields(store.confirm_onboarding_mail(run.id, "sato", true, "jiro", begun_ms).await.unwrap_err()), ["recipient"]);

        let call = called(&store, customer, 3).await;
        let noted = store.note_onboarding_call(run.id, None, "jiro", begun_ms + 1).await.unwrap().unwrap();
        let proof = noted.call.unwrap();
        assert_eq!((proof.call.clone(), proof.did.as_str(), proof.arrived_ms), (call.call.to_string(), DID, call.arrived_ms));
        assert_eq!((proof.answered_ms, proof.operator), (call.answered_ms, call.operator));
        let again = store.note_onboarding_call(run.id, Some(call.call), "hanako", begun_ms + 9).await.unwrap().unwrap();
        assert_eq!(again.call.as_ref(), Some(&proof), "said again, it is the same evidence");
        let waits = store.onboardings_to_confirm(call.operator.unwrap()).await.unwrap();
        assert_eq!(waits.iter().map(|run| run.id).collect::<Vec<_>>(), [run.id]);
        assert_eq!(store.onboardings_to_confirm(9_999).await.unwrap(), []);

        for (said, field) in [
            (GreetingHeard { right: false, ..right(&call) }, "note"),
            (GreetingHeard { until_ms: 0, ..right(&call) }, "until_ms"),
            (GreetingHeard { until_ms: 61_000, ..right(&call) }, "until_ms"),
            (right(&early), "call"),
            (GreetingHeard { call: String::new(), ..right(&call) }, "call"),
        ] {
            assert_eq!(fields(store.note_onboarding_greeting(run.id, &said, "jiro", begun_ms).await.unwrap_err()), [field]);
        }
        let wrong = GreetingHeard { right: false, note: "社名が違う".into(), ..right(&call) };
        assert!(!store.note_onboarding_greeting(run.id, &wrong, "jiro", begun_ms + 2).await.unwrap().greeting.unwrap().right);
        let greeted = store.note_onboarding_greeting(run.id, &right(&call), "hanako", begun_ms + 3).await.unwrap().greeting.unwrap();
        assert_eq!((greeted.greeting.as_str(), greeted.reading.as_str(), greeted.revision), ("さくら歯科でございます。", "さくらしか", 1));
        assert_eq!((greeted.recording_sha256, greeted.until_ms, greeted.by), (recording(3).sha256, 8_000, "hanako".to_owned()));
        let route = RouteProof { did: DID.into(), known: true, trunks_up: vec!["ひかり".into()], trunks_down: Vec::new(), operators: 2, greeting: String::new(), open: true, at_ms: begun_ms, by: "jiro".into() };
        assert_eq!(store.note_onboarding_route(run.id, route.clone()).await.unwrap().route, Some(route));

        let report = tested(&store, customer).await;
        store.note_onboarding_mail(run.id, &report, "jiro", begun_ms + 4).await.unwrap();
        assert_eq!(fields(store.confirm_onboarding_mail(run.id, "sato", true, "jiro", begun_ms).await.unwrap_err()), ["recipient"], "not accepted yet");
        for job in lease(&store, NOON_MS + 10).await {
            accept(&store, &job, NOON_MS + 11).await;
        }
        let one = store.confirm_onboarding_mail(run.id, "sato", true, "jiro", begun_ms + 5).await.unwrap();
        assert_eq!((one.proved_ms, store.onboarding_standing(customer).await.unwrap().standing), (None, Standing::Open));
        store.confirm_onboarding_mail(run.id, "ito", false, "jiro", begun_ms + 6).await.unwrap();
        let done = store.confirm_onboarding_mail(run.id, "ito", true, "hanako", begun_ms + 7).await.unwrap();
        assert_eq!((done.proved_ms, done.proved_by.as_str()), (Some(begun_ms + 7), "hanako"));
        let mailed = &done.mail.as_ref().unwrap().recipients[1];
        assert_eq!((mailed.recipient.as_str(), mailed.label.as_str(), mailed.accepted_ms, mailed.arrived), ("ito", "itoの席", Some(NOON_MS + 11), Some(true)));
        assert!(mailed.remote_id.starts_with("250"), "{mailed:?}");
        assert_eq!(store.onboarding(run.id).await.unwrap(), done, "it is kept as it was told");
        assert!(matches!(store.note_onboarding_mail(run.id, &report, "x", 0).await, Err(StoreError::Conflict(Conflict::Proved))));
        assert!(matches!(store.onboarding(999).await, Err(StoreError::Missing { what: "onboarding", .. })));
        let lines = store.audit(Some(&format!("customer {customer}")), None, 50).await.unwrap();
        assert!(lines.iter().any(|line| line.what == "onboarding.proved" && line.who == "hanako"), "{lines:?}");
    }

    async fn f61_what_changes_after_the_proof_is_told_and_a_new_run_leaves_the_old_one(store: Store) {
        let customer = store.create_customer(&store::CustomerForm { dids: vec![DID.into()], ..sakura() }).await.unwrap().id;
        let saved = store.put_profile(customer, 0, &settings("sato@sakura.example"), "admin", NOON_MS).await.unwrap();
        let run = store.begin_onboarding(customer, "jiro", NOON_MS - 1).await.unwrap();
        let call = called(&store, customer, 1).await;
        store.note_onboarding_call(run.id, None, "jiro", NOON_MS).await.unwrap().unwrap();
        store.note_onboarding_greeting(run.id, &right(&call), "jiro", NOON_MS).await.unwrap();
        // Of another call nothing was said.
        called(&store, customer, 2).await;
        let other = store.note_onboarding_call(run.id, None, "jiro", NOON_MS).await.unwrap().unwrap();
        assert_eq!(other.greeting, None);
        store.note_onboarding_call(run.id, Some(call.call), "jiro", NOON_MS).await.unwrap().unwrap();
        store.note_onboarding_greeting(run.id, &right(&call), "jiro", NOON_MS).await.unwrap();
        let report = tested(&store, customer).await;
        store.note_onboarding_mail(run.id, &report, "jiro", NOON_MS).await.unwrap();
        for job in lease(&store, NOON_MS + 10).await {
            accept(&store, &job, NOON_MS + 11).await;
        }
        for who in ["sato", "ito"] {
            store.confirm_onboarding_mail(run.id, who, true, "jiro", NOON_MS).await.unwrap();
        }
        let standing = || async { let found = store.onboarding_standings().await.unwrap().remove(0); (found.standing, found.changed) };
        assert_eq!(standing().await, (Standing::Proved, vec![]));
        // Another hour of the digest is none of the proofs'; another address, greeting, number is.
        let profile = Profile { digest_hour: 7, ..saved.profile.clone() };
        store.put_profile(customer, 1, &profile, "admin", NOON_MS).await.unwrap();
        assert_eq!(standing().await, (Standing::Proved, vec![]));
        store.put_profile(customer, 2, &settings("other@sakura.example"), "admin", NOON_MS).await.unwrap();
        assert_eq!(standing().await, (Standing::Changed, vec![Changed::Recipients]));
        let mut greeted = settings("sato@sakura.example");
        greeted.greetings[0].text = "さくら歯科クリニックでございます。".into();
        store.put_profile(customer, 3, &greeted, "admin", NOON_MS).await.unwrap();
        assert_eq!(standing().await, (Standing::Changed, vec![Changed::Greeting]));
        store.put_profile(customer, 4, &settings("sato@sakura.example"), "admin", NOON_MS).await.unwrap();
        assert_eq!(standing().await, (Standing::Proved, vec![]), "it is as it was proved");
        store.remove_did(DID).await.unwrap();
        assert_eq!(standing().await, (Standing::Changed, vec![Changed::Number]));
        // A further run is a new one.
        let second = store.begin_onboarding(customer, "jiro", NOON_MS + 99).await.unwrap();
        let runs = store.onboardings(customer).await.unwrap();
        assert_eq!(runs.iter().map(|run| (run.id, run.proved_ms.is_some())).collect::<Vec<_>>(), [(second.id, false), (run.id, true)]);
    }

    async fn f61_a_greeting_that_was_changed_after_the_call_is_not_proved_by_it(store: Store) {
        let customer = store.create_customer(&store::CustomerForm { dids: vec![DID.into()], ..sakura() }).await.unwrap().id;
        store.put_profile(customer, 0, &settings("sato@sakura.example"), "admin", NOON_MS).await.unwrap();
        let run = store.begin_onboarding(customer, "jiro", NOON_MS - 1).await.unwrap();
        let call = called(&store, customer, 1).await;
        store.note_onboarding_call(run.id, None, "jiro", NOON_MS).await.unwrap().unwrap();
        let operator = call.operator.unwrap();
        assert_eq!(store.onboardings_to_confirm(operator).await.unwrap().len(), 1);
        let mut greeted = settings("sato@sakura.example");
        greeted.greetings[0].text = "さくら歯科クリニックでございます。".into();
        store.put_profile(customer, 1, &greeted, "admin", NOON_MS).await.unwrap();
        assert_eq!(store.onboardings_to_confirm(operator).await.unwrap(), [], "the operator is not asked of what nobody could say");
        assert_eq!(fields(store.note_onboarding_greeting(run.id, &right(&call), "jiro", NOON_MS).await.unwrap_err()), ["call"]);
        // Noted again, it is the same call still.
        store.note_onboarding_call(run.id, Some(call.call), "jiro", NOON_MS).await.unwrap().unwrap();
        assert_eq!(fields(store.note_onboarding_greeting(run.id, &right(&call), "jiro", NOON_MS).await.unwrap_err()), ["call"]);
        let next = called(&store, customer, 2).await;
        store.note_onboarding_call(run.id, None, "jiro", NOON_MS).await.unwrap().unwrap();
        let kept = store.note_onboarding_greeting(run.id, &right(&next), "jiro", NOON_MS).await.unwrap();
        assert_eq!(kept.greeting.unwrap().greeting, "さくら歯科クリニックでございます。");
    }

    async fn f61_mail_proves_the_recipients_to_whom_it_went_and_no_later_ones(store: Store) {
        let customer = store.create_customer(&store::CustomerForm { dids: vec![DID.into()], ..sakura() }).await.unwrap().id;
        let saved = store.put_profile(customer, 0, &settings("sato@sakura.example"), "admin", NOON_MS).await.unwrap();
        let run = store.begin_onboarding(customer, "jiro", NOON_MS - 1).await.unwrap();
        let report = tested(&store, customer).await;
        // Before it is noted, somebody adds a third.
        let third = Recipient { id: "abe".to_owned(), ..saved.profile.recipients[1].clone() };
        let recipients = saved.profile.recipients.iter().cloned().chain([third]).collect();
        store.put_profile(customer, 1, &Profile { recipients, ..saved.profile.clone() }, "admin", NOON_MS).await.unwrap();
        let early = store.note_onboarding_mail(run.id, &report, "jiro", NOON_MS).await.unwrap().mail.unwrap();
        store.put_profile(customer, 2, &saved.profile, "admin", NOON_MS).await.unwrap();
        let back = store.note_onboarding_mail(run.id, &report, "jiro", NOON_MS).await.unwrap().mail.unwrap();
        assert_eq!(early.fingerprint, back.fingerprint, "two had it, then as now");
    }

    async fn f61_how_a_firm_was_identified_is_only_added_to(store: Store) {
        let customer = firm(&store).await;
        let form = IdentityForm { method: IdentityMethod::Online, document: "登記事項証明書".into(), representative: "佐藤 花子".into(), checked_on: "2026-11-20".into(), ..IdentityForm::default() };
        for (odd, field) in [
            (IdentityForm { checked_on: "2026-02-30".into(), ..form.clone() }, "checked_on"),
            (IdentityForm { document: " ".into(), ..form.clone() }, "document"),
            (IdentityForm { representative: "a\nb".into(), ..form.clone() }, "representative"),
        ] {
            assert_eq!(fields(store.add_identity_check(customer, &odd, "jiro", NOON_MS).await.unwrap_err()), [field]);
        }
        let first = store.add_identity_check(customer, &form, "jiro", NOON_MS).await.unwrap();
        let second = store.add_identity_check(customer, &IdentityForm { method: IdentityMethod::Post, ..form }, "jiro", NOON_MS + 1).await.unwrap();
        assert_eq!(store.identity_checks(customer).await.unwrap(), [second, first]);
        assert!(matches!(store.identity_checks(999).await, Err(StoreError::Missing { what: "customer", .. })));
    }
}
