//! Customers, their numbers, settings, and the directory's version.

use store::{Conflict, CustomerForm, Plan, StoreError, state_of};
use switch::calendar::{Calendar, Closed};
use switch::waiting::{AbandonedPolicy, Tell, WaitingPolicy};
use switch::{NotReadyReason, Settings, Target, TransferPolicy};

use crate::{fields, on_both};

pub fn sakura() -> CustomerForm {
    CustomerForm {
        code: "sakura-dental".to_owned(),
        name: "さくら歯科".to_owned(),
        reading: "さくらしか".to_owned(),
        greeting: "お電話ありがとうございます。\nさくら歯科でございます。".to_owned(),
        manual: "院長: 佐藤".to_owned(),
        needs: vec!["医療".to_owned()],
        plan: Plan::RingAll,
        steps: Vec::new(),
        team: "医療".to_owned(),
        ring_seconds: 12,
        priority: 2,
        waiting: WaitingPolicy {
            announce_after_seconds: None,
            announcement: "さくら歯科です。少々お待ちください。".to_owned(),
            tell: Tell::Position,
            callback: true,
            message_after_seconds: Some(120),
            ..WaitingPolicy::default()
        },
        abandoned: AbandonedPolicy::CallBack,
        calendar: Calendar {
            week: "mon-fri 9:00-12:00,13:00-18:00; sat 9:00-12:00".parse().unwrap(),
            closed: vec!["2026-12-29 17:00..2027-01-03 [message_box] 年末年始のためお休みです。".parse().unwrap()],
            also_open: vec!["2026-11-23 10:00-15:00".parse().unwrap()],
            japanese_holidays: true,
            closed_wording: "本日は終了いたしました。".to_owned(),
            when_closed: Closed::Announce,
        },
        transfer: TransferPolicy::ListedCallers(vec!["090-1111-2222".to_owned()]),
        targets: vec![Target { name: "佐藤".to_owned(), number: "090-3333-4444".to_owned(), ring_seconds: 20 }],
        whisper: true,
        dids: vec!["03-1234-5678".to_owned(), "+81 3 1234 5679".to_owned()],
    }
}

fn firm(code: &str, dids: &[&str]) -> CustomerForm {
    CustomerForm {
        code: code.to_owned(),
        name: code.to_owned(),
        dids: dids.iter().map(|did| (*did).to_owned()).collect(),
        ..CustomerForm::default()
    }
}

on_both! {
    async fn a_customer_comes_back_as_it_was_written(store: Store) {
        let created = store.create_customer(&sakura()).await.unwrap();
        assert_eq!(created.form.dids, ["81312345678", "81312345679"]);
        assert_eq!(created.form.targets[0].number, "819033334444");
        assert_eq!(created.form.transfer, TransferPolicy::ListedCallers(vec!["819011112222".to_owned()]));
        assert_eq!(store.customer(created.id).await.unwrap(), created);
        assert_eq!(store.customer_by_code("Sakura-Dental").await.unwrap(), created);
        assert_eq!(store.customers().await.unwrap(), std::slice::from_ref(&created));

        let changed = CustomerForm { name: "さくら歯科医院".to_owned(), dids: vec!["0312345679".to_owned()], ..created.form };
        let updated = store.update_customer(created.id, &changed).await.unwrap();
        assert_eq!(store.customer(created.id).await.unwrap(), updated);
        assert!(matches!(store.did("0312345678").await, Err(StoreError::Missing { .. })));

        store.deactivate_customer(created.id).await.unwrap();
        assert!(!store.customer(created.id).await.unwrap().active);
        assert!(store.update_customer(created.id, &changed).await.unwrap().active);
    }

    async fn who_has_seen_another_state_of_a_row_does_not_change_it(store: Store) {
        let created = store.create_customer(&sakura()).await.unwrap();
        let seen = state_of(&store.customer(created.id).await.unwrap()).unwrap();
        assert_eq!(seen, state_of(&created).unwrap());
        let other = CustomerForm { name: "さくら歯科医院".to_owned(), ..created.form.clone() };
        let updated = store.update_customer_as_seen(created.id, &other, Some(&seen)).await.unwrap();
        let late = store.update_customer_as_seen(created.id, &created.form, Some(&seen)).await.unwrap_err();
        assert!(matches!(late, StoreError::Conflict(Conflict::Changed)), "{late}");
        assert_eq!(store.customer(created.id).await.unwrap(), updated);
        let now = state_of(&updated).unwrap();
        // A number that was taken away from it is a change of it, too.
        store.remove_did("0312345679").await.unwrap();
        assert!(store.update_customer_as_seen(created.id, &created.form, Some(&now)).await.is_err());
        let missing = store.update_customer_as_seen(99, &sakura(), Some(&now)).await.unwrap_err();
        assert!(matches!(missing, StoreError::Missing { .. }), "{missing}");

        let before = store.settings().await.unwrap();
        let seen = state_of(&before).unwrap();
        let other = Settings { confirm_seconds: 30, ..before.clone() };
        store.save_settings_as_seen(&other, Some(&seen)).await.unwrap();
        assert!(store.save_settings_as_seen(&before, Some(&seen)).await.is_err());
        assert_eq!(store.settings().await.unwrap(), other);
    }

    async fn every_wrong_field_is_named_and_nothing_is_written(store: Store) {
        let wrong = CustomerForm {
            code: "さくら".to_owned(),
            name: " ".to_owned(),
            reading: "あ\nい".to_owned(),
            ring_seconds: 0,
            priority: 10,
            targets: vec![Target { name: "x".to_owned(), number: "110".to_owned(), ring_seconds: 20 }],
            dids: vec!["12".to_owned(), "0312345678".to_owned(), "03-1234-5678".to_owned()],
            ..CustomerForm::default()
        };
        let found = fields(store.create_customer(&wrong).await.unwrap_err());
        assert_eq!(found, ["code", "name", "reading", "targets", "dids", "dids", "ring_seconds", "priority"]);
        assert_eq!(store.customers().await.unwrap(), []);
        assert_eq!(store.directory_version().await.unwrap(), 0);
    }

    async fn a_new_firm_widens_to_keep_the_promise(store: Store) {
        let created = store.create_customer(&firm("a", &[])).await.unwrap();
        assert_eq!(created.form.plan, Plan::Widening);
        assert!(created.form.steps.len() > 1);
        assert_eq!(store.customer(created.id).await.unwrap(), created);
        // Its own steps, the usual ones again, and a plan that has none.
        let own = CustomerForm { steps: store::steps_from("0:best1,2.5:managers").unwrap(), ..created.form.clone() };
        assert_eq!(store.update_customer(created.id, &own).await.unwrap().form.steps, own.steps);
        let usual = CustomerForm { steps: Vec::new(), ..own.clone() };
        assert_eq!(store.update_customer(created.id, &usual).await.unwrap().form.steps, created.form.steps);
        let other = CustomerForm { plan: Plan::TopDown, ..own };
        assert_eq!(fields(store.update_customer(created.id, &other).await.unwrap_err()), ["steps"]);
        let other = CustomerForm { steps: Vec::new(), ..other };
        assert_eq!(store.update_customer(created.id, &other).await.unwrap().form, other);
    }

    async fn the_queues_fields_are_checked_one_by_one(store: Store) {
        let mut wrong = CustomerForm {
            steps: store::steps_from("1:best1,0:everyone").unwrap(),
            team: "a\nb".to_owned(),
            needs: vec!["lang:ENGLISH".to_owned()],
            ..firm("a", &[])
        };
        wrong.waiting = WaitingPolicy { every_seconds: 1, announce_after_seconds: Some(9_999), ..WaitingPolicy::default() };
        wrong.calendar.closed = vec!["2027-01-03..2026-12-29".parse().unwrap()];
        wrong.calendar.closed_wording = "あ".repeat(1000);
        let found = fields(store.create_customer(&wrong).await.unwrap_err());
        let waiting = ["waiting.announce_after_seconds", "waiting.every_seconds"];
        let before = ["needs", "steps", "steps", "team"];
        assert_eq!(found, [&before[..], &waiting, &["calendar.closed", "calendar.closed_wording"]].concat());
        assert_eq!(store.customers().await.unwrap(), []);
    }

    async fn r03_premium_foreign_and_emergency_numbers_are_no_targets(store: Store) {
        for number in ["0570012345", "0990123456", "+1 212 555 0100", "119", "0101212555100"] {
            let target = Target { name: "x".to_owned(), number: number.to_owned(), ring_seconds: 20 };
            let form = CustomerForm { targets: vec![target], ..firm("a", &[]) };
            let found = fields(store.create_customer(&form).await.unwrap_err());
            assert_eq!(found, ["targets"], "{number}");
        }
    }

    async fn a_code_and_a_number_belong_to_one_customer(store: Store) {
        let a = store.create_customer(&firm("a", &["0312345678"])).await.unwrap();
        let b = store.create_customer(&firm("b", &[])).await.unwrap();
        assert_eq!(fields(store.create_customer(&firm("a", &[])).await.unwrap_err()), ["code"]);
        assert_eq!(fields(store.update_customer(b.id, &firm("a", &[])).await.unwrap_err()), ["code"]);
        assert_eq!(fields(store.update_customer(b.id, &firm("b", &["0312345678"])).await.unwrap_err()), ["dids"]);
        assert_eq!(fields(store.add_did("+81312345678", b.id).await.unwrap_err()), ["dids"]);

        // A customer that has ended gives its numbers to whoever asks.
        store.deactivate_customer(a.id).await.unwrap();
        assert_eq!(store.add_did("03-1234-5678", b.id).await.unwrap().code, "b");
        assert_eq!(store.customer(a.id).await.unwrap().form.dids, Vec::<String>::new());
        assert_eq!(fields(store.update_customer(a.id, &firm("a", &["0312345678"])).await.unwrap_err()), ["dids"]);
    }

    async fn numbers_come_and_go_one_by_one(store: Store) {
        let a = store.create_customer(&firm("a", &["0312345678"])).await.unwrap();
        let did = store.add_did("０３－１２３４－９９９９", a.id).await.unwrap();
        assert_eq!((did.number.as_str(), did.customer, did.active), ("81312349999", a.id, true));
        assert_eq!(store.add_did("0312349999", a.id).await.unwrap(), did, "twice is once");
        assert_eq!(store.dids().await.unwrap().len(), 2);
        store.remove_did("0312345678").await.unwrap();
        assert_eq!(store.customer(a.id).await.unwrap().form.dids, ["81312349999"]);
        assert!(matches!(store.remove_did("0312345678").await, Err(StoreError::Missing { .. })));
        assert_eq!(fields(store.add_did("x", a.id).await.unwrap_err()), ["number"]);
        assert!(matches!(store.add_did("0312340000", 99).await, Err(StoreError::Missing { .. })));
    }

    async fn the_version_grows_with_every_change_and_only_then(store: Store) {
        let mut last = store.directory_version().await.unwrap();
        let mut grew = async || {
            let before = last;
            last = store.directory_version().await.unwrap();
            last > before
        };
        let a = store.create_customer(&firm("a", &[])).await.unwrap();
        assert!(grew().await);
        store.update_customer(a.id, &firm("a", &["0312345678"])).await.unwrap();
        assert!(grew().await);
        store.remove_did("0312345678").await.unwrap();
        assert!(grew().await);
        store.save_settings(&Settings::default()).await.unwrap();
        assert!(grew().await);
        assert!(store.create_customer(&firm("a", &[])).await.is_err());
        assert!(store.deactivate_customer(99).await.is_err());
        store.save_call(&crate::records::cleared(1)).await.unwrap();
        assert!(!grew().await);
    }

    async fn settings_are_checked_and_kept(store: Store) {
        assert_eq!(store.settings().await.unwrap(), Settings::default());
        let mut settings = Settings { default_greeting: "はい。".to_owned(), confirm_seconds: 20, ..Settings::default() };
        store.save_settings(&settings).await.unwrap();
        assert_eq!(store.settings().await.unwrap(), settings);
        settings.confirm_seconds = 1;
        settings.feature_codes.hold = "*1x".to_owned();
        settings.feature_codes.cancel = "*30".to_owned();
        let found = fields(store.save_settings(&settings).await.unwrap_err());
        assert_eq!(found, ["confirm_seconds", "feature_codes.hold", "feature_codes.attended", "feature_codes.cancel"]);
        // No keys pause a recording; all else can be keyed.
        let mut settings = Settings::default();
        settings.feature_codes.pause.clear();
        store.save_settings(&settings).await.unwrap();
        assert_eq!(store.settings().await.unwrap(), settings);
        settings.feature_codes.hold.clear();
        assert_eq!(fields(store.save_settings(&settings).await.unwrap_err()), ["feature_codes.hold"]);
    }

    async fn reasons_for_not_being_ready_are_settings(store: Store) {
        let usual = store.settings().await.unwrap().not_ready_reasons;
        assert!(usual.iter().any(|reason| reason.code == "lunch" && reason.ja == "昼食"));
        let reason = |code: &str| NotReadyReason { code: code.to_owned(), ja: "清掃".to_owned(), en: "Cleaning".to_owned() };
        let settings = Settings { not_ready_reasons: vec![reason("cleaning")], ..Settings::default() };
        store.save_settings(&settings).await.unwrap();
        assert_eq!(store.settings().await.unwrap(), settings);
        for wrong in [vec![reason("a"), reason("a")], vec![reason("Lunch")], vec![reason("")], vec![NotReadyReason { ja: String::new(), ..reason("a") }]] {
            let settings = Settings { not_ready_reasons: wrong, ..Settings::default() };
            assert_eq!(fields(store.save_settings(&settings).await.unwrap_err()), ["not_ready_reasons"]);
        }
        let settings = Settings { open_reports_max: Some(101), ..Settings::default() };
        assert_eq!(fields(store.save_settings(&settings).await.unwrap_err()), ["open_reports_max"]);
        for max in [Some(0), Some(100), None] {
            store.save_settings(&Settings { open_reports_max: max, ..Settings::default() }).await.unwrap();
            assert_eq!(store.settings().await.unwrap().open_reports_max, max);
        }
    }

    async fn r19_text_of_any_sort_is_data(store: Store) {
        let odd = "'; DROP TABLE customers; -- <img src=x> =cmd|' /C calc'!A0 %_\\ 🦷";
        let form = CustomerForm { name: odd.to_owned(), manual: odd.to_owned(), needs: vec!["\"[]".to_owned()], ..firm("a", &[]) };
        let created = store.create_customer(&form).await.unwrap();
        assert_eq!(store.customer(created.id).await.unwrap().form.name, odd);
        assert_eq!(store.customers().await.unwrap().len(), 1);
    }
}
