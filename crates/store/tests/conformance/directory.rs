//! From the tables to the switch's snapshot.

use std::time::Duration;

use acd::{OperatorId, RingPlan, Tier, Who};
use endpoint::Hop;
use number::{JAPAN, Number};
use report::{Features, Greeting, Hours, Profile, Rung, RungTo};
use sip::flow::Protocol;
use store::{CustomerForm, TrunkForm, TrunkRow};
use switch::waiting::AbandonedPolicy;
use switch::{CustomerId, TransferPolicy};

use crate::customers::sakura;
use crate::on_both;
use crate::people::hanako;
use crate::trunks::hikari;

const REALM: &str = "denwaban.example";

on_both! {
    async fn the_snapshot_has_everything_that_is_active(store: Store) {
        let customer = store.create_customer(&sakura()).await.unwrap();
        let ended = CustomerForm { code: "gone".to_owned(), dids: vec!["0398765432".to_owned()], ..sakura() };
        let ended = store.create_customer(&ended).await.unwrap();
        store.deactivate_customer(ended.id).await.unwrap();
        let (operator, _) = store.create_operator(REALM, &hanako()).await.unwrap();
        store.create_trunk(&hikari()).await.unwrap();

        let hop = Hop { protocol: Protocol::Udp, address: "203.0.113.9:5060".parse().unwrap() };
        let resolve = |row: &TrunkRow| if row.form.host == "ntt-east.example" { Ok(vec![hop]) } else { Err(row.form.host.clone()) };
        let loaded = store.load_directory(REALM, resolve).await.unwrap();
        assert_eq!(loaded.problems, []);
        assert_eq!(loaded.version, store.directory_version().await.unwrap());
        let directory = loaded.directory;
        assert_eq!(directory.customers.len(), 1);
        assert_eq!(directory.dids.len(), 2);
        let did = Number::parse("0312345679", JAPAN).unwrap();
        assert_eq!(directory.dids.get(&did), Some(&CustomerId(customer.id)));
        let firm = &directory.customers[&CustomerId(customer.id)];
        assert_eq!((&*firm.plan, firm.ring, firm.priority), (&RingPlan::RingAll, Duration::from_secs(12), 2));
        assert_eq!((firm.team.as_deref(), &*firm.calendar), (Some("医療"), &sakura().calendar));
        assert_eq!((&firm.waiting, firm.abandoned), (&sakura().waiting, AbandonedPolicy::CallBack));
        assert_eq!(firm.targets[0].number, "819033334444");
        let person = &directory.operators[&OperatorId(operator.id)];
        assert_eq!((person.account.id.0, person.account.user.as_str()), (operator.id, "101"));
        assert_eq!(person.account.digest, endpoint::DigestPolicy::Both);
        assert_eq!(person.srtp, switch::SrtpPolicy::Required);
        assert_eq!((person.wrap_up, person.ready_on_register), (Duration::from_secs(45), false));
        assert_eq!((person.tier, person.rank, person.wrap_up_max), (Tier::Supervisor, 3, Duration::from_secs(300)));
        assert_eq!(person.teams, ["a", "医療"]);
        assert_eq!(directory.trunks[0].hops[0].address, "203.0.113.9:5060".parse().unwrap());
    }

    async fn a_widening_firm_has_its_steps_in_the_snapshot(store: Store) {
        let steps = store::steps_from("0:best2,1:suited,2.5:managers").unwrap();
        let form = CustomerForm { plan: store::Plan::Widening, steps, team: String::new(), ..sakura() };
        let customer = store.create_customer(&form).await.unwrap();
        let loaded = store.load_directory(REALM, |_| Err(String::new())).await.unwrap();
        let firm = &loaded.directory.customers[&CustomerId(customer.id)];
        let step = |ms, who| acd::Step { after: Duration::from_millis(ms), who };
        let expected = vec![step(0, Who::Best(2)), step(3_000, Who::Suited), step(7_500, Who::Managers)];
        assert_eq!((&*firm.plan, firm.team.as_deref()), (&RingPlan::Widening(expected), None));
    }

    async fn x05_f07_phones_of_a_ladder_and_greetings_of_the_hour_come_from_the_profile_at_once(store: Store) {
        let customer = store.create_customer(&sakura()).await.unwrap().id;
        let before = store.load_directory(REALM, |_| Ok(Vec::new())).await.unwrap();
        let firm = |loaded: &store::Loaded| loaded.directory.customers[&CustomerId(customer)].clone();
        assert!(firm(&before).notice_phones.is_empty() && firm(&before).greetings.is_empty());
        let rung = |after_seconds, to| Rung { after_seconds, to };
        let hours = Some(Hours { from: "5:00".to_owned(), until: "10:30".to_owned() });
        let profile = Profile {
            ladder: vec![
                rung(60, RungTo::Phone("090-5555-6666".to_owned())),
                rung(120, RungTo::Supervisor),
                rung(180, RungTo::Phone("03-5555-6666".to_owned())),
            ],
            greetings: vec![
                Greeting { hours, text: "おはようございます。".to_owned(), reading: "おはよう".to_owned() },
                Greeting { hours: None, text: "さくら歯科でございます。".to_owned(), reading: String::new() },
            ],
            ..Profile::default()
        };
        store.put_profile(customer, 0, &profile, "test", 0).await.unwrap();
        assert!(store.directory_version().await.unwrap() > before.version, "the switch learns of it");
        let loaded = store.load_directory(REALM, |_| Ok(Vec::new())).await.unwrap();
        assert_eq!(firm(&loaded).notice_phones, ["819055556666", "81355556666"]);
        let said: Vec<_> = firm(&loaded).greetings.iter().map(|one| (one.minutes, one.text.clone())).collect();
        assert_eq!(said, [(Some((300, 630)), "おはようございます。".to_owned()), (None, "さくら歯科でございます。".to_owned())]);
        store.put_profile(customer, 1, &Profile::default(), "test", 0).await.unwrap();
        let loaded = store.load_directory(REALM, |_| Ok(Vec::new())).await.unwrap();
        assert!(firm(&loaded).notice_phones.is_empty() && firm(&loaded).greetings.is_empty());
    }

    async fn f18_a_firm_whose_plan_has_no_transfers_has_none_by_the_keys_of_a_phone_either(store: Store) {
        let form = CustomerForm { transfer: TransferPolicy::Always, ..sakura() };
        let customer = store.create_customer(&form).await.unwrap().id;
        let features = Features { bridge: false, ..Features::default() };
        let profile = Profile { features, ..Profile::default() };
        store.put_profile(customer, 0, &profile, "test", 0).await.unwrap();
        let transfer = |loaded: &store::Loaded| loaded.directory.customers[&CustomerId(customer)].transfer.clone();
        let loaded = store.load_directory(REALM, |_| Ok(Vec::new())).await.unwrap();
        assert_eq!(transfer(&loaded), TransferPolicy::Never);
        store.put_profile(customer, 1, &Profile::default(), "test", 0).await.unwrap();
        let loaded = store.load_directory(REALM, |_| Ok(Vec::new())).await.unwrap();
        assert_eq!(transfer(&loaded), TransferPolicy::Always);
    }

    async fn r24_one_bad_row_names_itself_and_the_others_are_served(store: Store) {
        store.create_customer(&sakura()).await.unwrap();
        let (_, _) = store.create_operator("old.example", &hanako()).await.unwrap();
        store.create_trunk(&hikari()).await.unwrap();
        let direct = TrunkForm { name: "direct".to_owned(), host: "192.0.2.1:5070".to_owned(), ..hikari() };
        store.create_trunk(&direct).await.unwrap();

        let loaded = store.load_directory(REALM, |row| Err(format!("{} cannot be resolved", row.form.host))).await.unwrap();
        assert_eq!(loaded.directory.customers.len(), 1);
        // What comes from its addresses is its all the same.
        let trunks: Vec<_> = loaded.directory.trunks.iter().map(|trunk| (trunk.name.as_str(), trunk.hops.len())).collect();
        assert_eq!(trunks, [("ひかり電話 1", 0), ("direct", 1)]);
        let problems: Vec<_> = loaded.problems.iter().map(|problem| (problem.table, problem.why.as_str())).collect();
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[0].0, "operator");
        assert!(problems[0].1.contains("denwaban operator password 101"), "{}", problems[0].1);
        assert_eq!(problems[1], ("trunk", "ntt-east.example cannot be resolved"));
    }
}
