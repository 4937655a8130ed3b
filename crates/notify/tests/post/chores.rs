//! Late reports, bounces, ladders, digests, proofs: by a clock of the test's own.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use notify::chores::{Caller, Chores, NoCaller, PROOF_SPAN_MS, Spoken, SpokenCall};
use notify::{News, Outcome};
use report::ladder::Ladder;
use report::{Profile, Rung, RungTo};
use store::{DeliveryState, TaskKind};

use super::house::*;

fn chores(house: &House) -> Chores {
    Chores::new(house.rescue(), Arc::new(NoCaller), bell())
}

#[tokio::test]
async fn f39_a_late_report_is_told_once_and_goes_another_way_as_well() {
    let house = House::new(vec![mail("a", "one.test"), mail("b", "two.test")]).await;
    let (urgent, ids) = house.send(&["a"], true, NINE).await;
    let (other, _) = house.send(&["a"], false, NINE).await;
    let mut worker = house.worker(says(|job| if job.recipient == "a" { Outcome::retry("busy") } else { accepted() }));
    let mut chores = chores(&house);
    work(&mut worker, NINE).await;
    chores.round(NINE + 59_000).await.unwrap();
    assert!(house.tasks().await.is_empty());
    chores.round(NINE + 60_001).await.unwrap();
    chores.round(NINE + 62_000).await.unwrap();
    assert_eq!(house.tasks().await, [(TaskKind::Late, Some(ids[0].clone()))]);
    assert_eq!(house.told(News::Late), ["a"]);
    work(&mut worker, NINE + 62_000).await;
    let states = house.states(&urgent).await;
    assert_eq!(
        states.iter().map(|(id, state, _)| (id.as_str(), state.as_str())).collect::<Vec<_>>(),
        [("a", "retry"), ("b", "accepted")]
    );
    assert_eq!(house.states(&other).await.len(), 1, "ten minutes for one that is not urgent");
    chores.round(NINE + 600_001).await.unwrap();
    assert_eq!(house.states(&other).await.len(), 2);
    // It arrives in the end: nobody has to do anything any more.
    let mut worker = house.worker(says(|_| accepted()));
    work_until(&mut worker, NINE + 700_000, NINE + 8_000_000).await;
    assert!(house.tasks().await.is_empty());
}

#[tokio::test]
async fn f39_a_bounce_is_a_task_and_another_way_and_counts_once() {
    let house = House::new(vec![mail("a", "one.test"), mail("b", "two.test")]).await;
    let (report, ids) = house.send(&["a"], false, NINE).await;
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, NINE).await;
    let rescue = house.rescue();
    for _ in 0..2 {
        assert!(rescue.bounced(&ids[0], "5.1.1 no such mailbox", NINE + 5_000).await.unwrap());
    }
    assert!(
        !rescue.bounced("0192f3c4-0000-7000-8000-000000000000", "5.1.1", NINE).await.unwrap(),
        "of no mail of ours"
    );
    assert_eq!(house.tasks().await, [(TaskKind::Bounced, Some(ids[0].clone()))]);
    work(&mut worker, NINE + 6_000).await;
    let states = house.states(&report).await;
    assert_eq!(
        states.iter().map(|(id, state, _)| (id.as_str(), state.as_str())).collect::<Vec<_>>(),
        [("a", "bounced"), ("b", "accepted")]
    );
    assert_eq!(house.store.delivery(&ids[0]).await.unwrap().error, "5.1.1 no such mailbox");
    assert_eq!(house.told(News::Bounced), ["a"]);
}

/// A telephone: what it says, and who was called.
struct Telephone {
    says: Spoken,
    called: Mutex<Vec<SpokenCall>>,
}

impl Caller for Telephone {
    fn call(&self, call: SpokenCall) -> BoxFuture<'static, Spoken> {
        self.called.lock().unwrap().push(call);
        let says = self.says.clone();
        Box::pin(async move { says })
    }
}

fn telephone(says: Spoken) -> Arc<Telephone> {
    Arc::new(Telephone { says, called: Mutex::default() })
}

fn ladder() -> Ladder {
    let rung = |after_seconds, to| Rung { after_seconds, to };
    Ladder::new(&[
        rung(300, RungTo::Recipient("chief".to_owned())),
        rung(600, RungTo::Phone("090-1234-5678".to_owned())),
        rung(900, RungTo::Supervisor),
    ])
}

async fn urgent_house() -> House {
    House::new(vec![mail("a", "one.test"), mail("chief", "two.test")]).await
}

/// Rounds until then, every two seconds.
async fn rounds(chores: &mut Chores, from_ms: i64, until_ms: i64) {
    let mut now_ms = from_ms;
    while now_ms <= until_ms {
        chores.round(now_ms).await.unwrap();
        tokio::task::yield_now().await;
        now_ms += 2_000;
    }
}

#[tokio::test]
async fn x05_an_unread_urgent_report_climbs_to_the_chief_the_telephone_and_the_supervisor() {
    let house = urgent_house().await;
    let (report, _) = house.send_with(&["a"], true, Some(ladder()), NINE).await;
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, NINE + 1_000).await;
    let phone = telephone(Spoken::Unconfirmed("no answer".to_owned()));
    let mut chores = Chores::new(house.rescue(), phone.clone(), bell());
    rounds(&mut chores, NINE + 2_000, NINE + 300_000).await;
    assert_eq!(house.states(&report).await.len(), 1);
    rounds(&mut chores, NINE + 301_000, NINE + 303_000).await;
    assert_eq!(house.states(&report).await.len(), 2);
    work(&mut worker, NINE + 303_000).await;
    rounds(&mut chores, NINE + 304_000, NINE + 900_000).await;
    let called = phone.called.lock().unwrap().clone();
    assert_eq!(called.len(), 1, "{called:?}");
    assert_eq!((called[0].report.as_str(), called[0].number.as_str()), (report.as_str(), "090-1234-5678"));
    assert!(house.tasks().await.is_empty());
    rounds(&mut chores, NINE + 901_000, NINE + 903_000).await;
    assert_eq!(house.tasks().await.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [TaskKind::Unread]);
    rounds(&mut chores, NINE + 904_000, NINE + 960_000).await;
    assert_eq!(house.tasks().await.len(), 1, "and there it ends");
}

#[tokio::test]
async fn x05_whoever_presses_1_has_seen_it_and_the_ladder_ends() {
    let house = urgent_house().await;
    let (report, _) = house.send_with(&["a"], true, Some(ladder()), NINE).await;
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, NINE).await;
    let phone = telephone(Spoken::Confirmed);
    let mut chores = Chores::new(house.rescue(), phone.clone(), bell());
    rounds(&mut chores, NINE + 599_000, NINE + 610_000).await;
    assert!(house.store.report(&report).await.unwrap().seen_ms.is_some());
    rounds(&mut chores, NINE + 611_000, NINE + 1_000_000).await;
    assert_eq!(phone.called.lock().unwrap().len(), 1);
    assert!(house.tasks().await.iter().all(|(kind, _)| *kind != TaskKind::Unread));
}

#[tokio::test]
async fn x05_a_report_that_was_seen_climbs_nothing() {
    let house = urgent_house().await;
    let (report, _) = house.send_with(&["a"], true, Some(ladder()), NINE).await;
    house.store.report_seen(&report, "test", NINE + 100_000).await.unwrap();
    let mut chores = chores(&house);
    rounds(&mut chores, NINE + 200_000, NINE + 1_000_000).await;
    // Late, because nobody delivers here, and for that reason to the chief, too; nothing of the ladder.
    assert_eq!(house.states(&report).await.iter().filter(|(id, ..)| id == "chief").count(), 1);
    assert!(house.tasks().await.iter().all(|(kind, _)| *kind == TaskKind::Late));
}

#[tokio::test]
async fn x05_a_process_that_dies_during_the_spoken_call_calls_again() {
    let house = urgent_house().await;
    house.send_with(&["a"], true, Some(ladder()), NINE).await;
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, NINE).await;
    let first = telephone(Spoken::Unconfirmed("dead".to_owned()));
    let mut chores = Chores::new(house.rescue(), first.clone(), bell());
    // One rung a round: the chief, then the telephone.
    chores.round(NINE + 601_000).await.unwrap();
    chores.round(NINE + 601_500).await.unwrap();
    assert_eq!(first.called.lock().unwrap().len(), 1);
    drop(chores);
    let second = telephone(Spoken::Confirmed);
    let mut chores = Chores::new(house.rescue(), second.clone(), bell());
    rounds(&mut chores, NINE + 602_000, NINE + 700_000).await;
    assert!(second.called.lock().unwrap().is_empty(), "the first call may still ring");
    rounds(&mut chores, NINE + 750_000, NINE + 760_000).await;
    assert_eq!(second.called.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn x05_a_rung_that_names_nobody_any_more_is_the_supervisors() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    let ladder = Ladder::new(&[Rung { after_seconds: 60, to: RungTo::Recipient("gone".to_owned()) }]);
    house.send_with(&["a"], true, Some(ladder), NINE).await;
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, NINE).await;
    let mut chores = chores(&house);
    rounds(&mut chores, NINE + 59_000, NINE + 65_000).await;
    assert_eq!(house.tasks().await.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [TaskKind::Unread]);
}

#[tokio::test]
async fn f27_the_days_sales_calls_go_out_together_once() {
    let house = House::with(Profile { recipients: vec![mail("a", "one.test")], ..Profile::default() }).await;
    let evening = NINE + 9 * 3_600_000;
    for place in 0..3 {
        let draft = house.store.begin_report(house.customer, &writer(), NINE + place).await.unwrap();
        let edits = [
            ("kind", "sales"),
            ("company", "◯◯通信"),
            ("name", "営業"),
            ("business", "回線の案内"),
            ("desired", "nothing"),
        ];
        let edits: Vec<report::Edit> = edits
            .into_iter()
            .map(|(key, value)| report::Edit {
                key: key.to_owned(),
                value: Some(report::Value::Said(value.to_owned())),
                at_ms: NINE,
                offset_ms: None,
                who: "hanako".to_owned(),
            })
            .collect();
        let draft = house.store.edit_report(&draft.id, &edits, &writer(), NINE).await.unwrap();
        let sending = store::Sending {
            revision: draft.revision,
            policy: report::Policy::Digest,
            deliveries: Vec::new(),
            digest_due_ms: Some(evening),
            ladder: None,
            tasks: Vec::new(),
        };
        house.store.send_report(&draft.id, &sending, &writer(), NINE + 10).await.unwrap();
    }
    let mut chores = chores(&house);
    chores.round(evening - 1).await.unwrap();
    let all = || store::DeliveryQuery { limit: 10, ..Default::default() };
    assert!(house.store.deliveries(&all()).await.unwrap().deliveries.is_empty());
    for round in 0..3 {
        chores.round(evening + round * 2_000).await.unwrap();
    }
    let rows = house.store.deliveries(&all()).await.unwrap().deliveries;
    assert_eq!(rows.len(), 1);
    let content = house.store.delivery_content(&rows[0].id).await.unwrap();
    assert_eq!((content.digest, content.lines.len()), (Some(3), 3));
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, evening + 10_000).await;
    assert_eq!(house.store.delivery(&rows[0].id).await.unwrap().state, DeliveryState::Accepted);
}

#[tokio::test]
async fn f38_every_hour_has_its_proof_and_only_one() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    let mut first = chores(&house);
    for minute in 0..130 {
        first.round(NINE + minute * 60_000).await.unwrap();
    }
    let kept = house.store.reconciliations(None, 10).await.unwrap();
    assert_eq!(kept.len(), 4, "at the start, at 9:05, 10:05 and 11:05: {kept:?}");
    assert!(kept.iter().all(|kept| kept.to_ms - kept.from_ms == PROOF_SPAN_MS && kept.proof.holds()));
    // The process after us does not prove the same again.
    chores(&house).round(NINE + 130 * 60_000).await.unwrap();
    assert_eq!(house.store.reconciliations(None, 10).await.unwrap().len(), 4);
    assert_eq!(house.store.broken_proof().await.unwrap(), None);
}
