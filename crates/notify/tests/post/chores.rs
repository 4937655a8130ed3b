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
    let house = House::new(vec![mail("a", "one.test"), chat("b"), mail("c", "one.test")]).await;
    let (urgent, ids) = house.send(&["a"], true, NINE).await;
    let (other, _) = house.send(&["a"], false, NINE).await;
    let mut worker = house.worker(says(|job| if job.recipient == "a" { Outcome::retry("busy") } else { accepted() }));
    let mut chores = chores(&house);
    chores.round(NINE).await.unwrap();
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

/// A firm's room of LINE's.
fn chat(id: &str) -> report::Recipient {
    let to = id.bytes().fold(0_u128, |number, byte| number * 256 + u128::from(byte));
    place(id, report::Channel::Line { to: format!("C{to:032x}"), token: "0123456789abcdef".repeat(4) })
}

#[tokio::test]
async fn f39_after_an_outage_of_our_own_nothing_is_late_before_it_was_tried() {
    let house = House::new(vec![mail("a", "one.test"), chat("b")]).await;
    let (report, _) = house.send(&["a"], false, NINE).await;
    let (urgent, _) = house.send(&["a"], true, NINE).await;
    // Off for a quarter of an hour.
    let back = NINE + 900_000;
    let mut chores = chores(&house);
    chores.round(back).await.unwrap();
    chores.round(back + 2_000).await.unwrap();
    assert!(house.tasks().await.is_empty());
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, back + 3_000).await;
    rounds(&mut chores, back + 4_000, back + 700_000).await;
    assert!(house.tasks().await.is_empty());
    assert_eq!((house.states(&report).await.len(), house.states(&urgent).await.len()), (1, 1));
}

#[tokio::test]
async fn r25_six_hours_without_a_mail_server_make_no_storm() {
    let person = |id: &str| report::Recipient { person: Some(id.to_owned()), ..mail(id, "one.test") };
    let people: Vec<report::Person> = ["a", "b", "c"]
        .map(|id| report::Person { id: id.to_owned(), name: id.to_owned(), ..Default::default() })
        .into();
    let recipients = vec![person("a"), person("b"), person("c"), mail("office", "one.test"), chat("room")];
    let house = House::with(Profile { recipients, people, ..Profile::default() }).await;
    let (report, _) = house.send(&["a"], false, NINE).await;
    let mut worker =
        house.worker(says(|job| if job.recipient == "room" { accepted() } else { Outcome::retry("away") }));
    let mut chores = chores(&house);
    for minute in 0..360 {
        let now_ms = NINE + minute * 60_000;
        chores.round(now_ms).await.unwrap();
        work(&mut worker, now_ms).await;
    }
    let states = house.states(&report).await;
    let states: Vec<(&str, &str)> = states.iter().map(|(id, state, _)| (id.as_str(), state.as_str())).collect();
    assert_eq!(states, [("a", "retry"), ("room", "accepted")], "the firm's own chat, and no other person's mail");
    assert_eq!(house.tasks().await.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [TaskKind::Late]);
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
    rounds(&mut chores, NINE + 901_000, NINE + 907_000).await;
    assert_eq!(house.tasks().await.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [TaskKind::Unread]);
    rounds(&mut chores, NINE + 908_000, NINE + 960_000).await;
    assert_eq!(house.tasks().await.len(), 1, "and there it ends");
}

#[tokio::test]
async fn x05_a_house_without_a_telephone_and_a_ladder_without_a_supervisor_end_with_a_person() {
    let house = urgent_house().await;
    let rung = |after_seconds, to| Rung { after_seconds, to };
    let phone = Ladder::new(&[
        rung(60, RungTo::Phone("090-1234-5678".to_owned())),
        rung(120, RungTo::Recipient("chief".to_owned())),
    ]);
    let (report, _) = house.send_with(&["a"], true, Some(phone), NINE).await;
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, NINE).await;
    let mut chores = chores(&house);
    rounds(&mut chores, NINE, NINE + 70_000).await;
    assert_eq!(unread(&house).await.len(), 1, "nobody could be called");
    // A supervisor deals with that one; the end of the ladder is told all the same.
    let task = house.store.open_tasks().await.unwrap().remove(0);
    house.store.finish_task(task.id, "jiro", store::TaskEnd::Done, "", NINE + 80_000).await.unwrap();
    rounds(&mut chores, NINE + 100_000, NINE + 130_000).await;
    assert_eq!(house.states(&report).await.len(), 2);
    assert_eq!(unread(&house).await.len(), 1, "the chief has not confirmed it either");
    house.store.report_seen(&report, "test", NINE + 140_000).await.unwrap();
    assert!(unread(&house).await.is_empty());
}

async fn unread(house: &House) -> Vec<store::TaskRow> {
    let open = house.store.open_tasks().await.unwrap();
    open.into_iter().filter(|task| task.kind == TaskKind::Unread).collect()
}

#[tokio::test]
async fn x05_after_an_outage_each_rung_has_its_own_time() {
    let house = urgent_house().await;
    let (report, _) = house.send_with(&["a"], true, Some(ladder()), NINE).await;
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, NINE).await;
    let phone = telephone(Spoken::Unconfirmed("no answer".to_owned()));
    let mut chores = Chores::new(house.rescue(), phone.clone(), bell());
    // The house was down when all of them were due.
    let back = NINE + 3_600_000;
    rounds(&mut chores, back, back + 290_000).await;
    assert_eq!(house.states(&report).await.len(), 2, "the chief");
    assert!(phone.called.lock().unwrap().is_empty(), "who has five minutes to answer");
    rounds(&mut chores, back + 300_000, back + 310_000).await;
    assert_eq!(phone.called.lock().unwrap().len(), 1);
    assert!(unread(&house).await.is_empty());
    rounds(&mut chores, back + 600_000, back + 620_000).await;
    assert_eq!(unread(&house).await.len(), 1);
}

#[tokio::test]
async fn x05_a_ninth_call_waits_for_a_line_and_not_for_a_lease() {
    let house = urgent_house().await;
    let only = || Ladder::new(&[Rung { after_seconds: 60, to: RungTo::Phone("090-1234-5678".to_owned()) }]);
    for _ in 0..9 {
        house.send_with(&["a"], true, Some(only()), NINE).await;
    }
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, NINE).await;
    let phone = telephone(Spoken::Unconfirmed("no answer".to_owned()));
    let mut chores = Chores::new(house.rescue(), phone.clone(), bell());
    chores.round(NINE + 61_000).await.unwrap();
    assert_eq!(phone.called.lock().unwrap().len(), 8);
    rounds(&mut chores, NINE + 63_000, NINE + 67_000).await;
    assert_eq!(phone.called.lock().unwrap().len(), 9);
}

#[tokio::test]
async fn x05_whoever_presses_1_has_seen_it_and_the_ladder_ends() {
    let house = urgent_house().await;
    let (report, _) = house.send_with(&["a"], true, Some(ladder()), NINE).await;
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, NINE).await;
    let phone = telephone(Spoken::Confirmed);
    let mut chores = Chores::new(house.rescue(), phone.clone(), bell());
    rounds(&mut chores, NINE + 300_000, NINE + 610_000).await;
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
    // Late, because nobody delivers here; nothing of the ladder.
    assert_eq!(house.states(&report).await.len(), 1);
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
    chores.round(NINE + 301_000).await.unwrap();
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

/// So many sales calls that are to go out together in the evening; the first of them names this person.
async fn sales(house: &House, count: i64, person: Option<&str>, evening: i64) {
    for place in 0..count {
        let draft = house.store.begin_report(house.customer, &writer(), NINE + place).await.unwrap();
        let mut edits = vec![
            ("kind", "sales"),
            ("company", "◯◯通信"),
            ("name", "営業"),
            ("business", "回線の案内"),
            ("desired", "nothing"),
        ];
        edits.extend(person.filter(|_| place == 0).map(|person| ("person", person)));
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
}

async fn all_deliveries(house: &House) -> Vec<store::DeliveryRow> {
    let all = store::DeliveryQuery { limit: 10, ..Default::default() };
    let mut rows = house.store.deliveries(&all).await.unwrap().deliveries;
    rows.sort_by(|one, other| (one.created_ms, &one.recipient).cmp(&(other.created_ms, &other.recipient)));
    rows
}

const EVENING: i64 = NINE + 9 * 3_600_000;

#[tokio::test]
async fn f27_the_days_sales_calls_go_out_together_once() {
    let house = House::with(Profile { recipients: vec![mail("a", "one.test")], ..Profile::default() }).await;
    sales(&house, 3, None, EVENING).await;
    let mut chores = chores(&house);
    chores.round(EVENING - 1).await.unwrap();
    assert!(all_deliveries(&house).await.is_empty());
    for round in 0..3 {
        chores.round(EVENING + round * 2_000).await.unwrap();
    }
    let rows = all_deliveries(&house).await;
    assert_eq!(rows.len(), 1);
    let content = house.store.delivery_content(&rows[0].id).await.unwrap();
    assert_eq!((content.digest, content.lines.len()), (Some(3), 3));
    let mut worker = house.worker(says(|_| accepted()));
    work(&mut worker, EVENING + 10_000).await;
    assert_eq!(house.store.delivery(&rows[0].id).await.unwrap().state, DeliveryState::Accepted);
}

#[tokio::test]
async fn f27_no_call_of_a_digest_is_left_unnamed_however_many_there_are() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    sales(&house, 31, None, EVENING).await;
    let mut chores = chores(&house);
    for round in 0..5 {
        chores.round(EVENING + round * 2_000).await.unwrap();
    }
    let mut named = Vec::new();
    for row in all_deliveries(&house).await {
        let content = house.store.delivery_content(&row.id).await.unwrap();
        assert!(content.lines.iter().all(|line| line.key != "more"), "{content:?}");
        named.push((content.digest, content.lines.len()));
    }
    assert_eq!(named, [(Some(14), 14), (Some(14), 14), (Some(3), 3)]);
}

#[tokio::test]
async fn f27_each_recipient_reads_its_own_calls_only() {
    let of = |id: &str, place: &str| report::Recipient { person: Some(id.to_owned()), ..mail(place, "one.test") };
    let person = |id: &str| report::Person { id: id.to_owned(), name: id.to_owned(), ..Default::default() };
    let (recipients, people) = (vec![of("sato", "a"), of("suzuki", "b")], vec![person("sato"), person("suzuki")]);
    let house = House::with(Profile { recipients, people, ..Profile::default() }).await;
    sales(&house, 3, Some("suzuki"), EVENING).await;
    chores(&house).round(EVENING).await.unwrap();
    let mut got = Vec::new();
    for row in all_deliveries(&house).await {
        let content = house.store.delivery_content(&row.id).await.unwrap();
        got.push((row.recipient, content.lines.len()));
    }
    assert_eq!(got, [("a".to_owned(), 2), ("b".to_owned(), 1)], "without a name it is the top of the roster");
}

#[tokio::test]
async fn f27_a_digest_without_a_place_is_a_task_and_stays_until_there_is_one() {
    let house = House::new(Vec::new()).await;
    sales(&house, 1, None, EVENING).await;
    let mut chores = chores(&house);
    chores.round(EVENING).await.unwrap();
    chores.round(EVENING + 2_000).await.unwrap();
    assert_eq!(house.tasks().await.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [TaskKind::NoRecipient]);
    assert!(all_deliveries(&house).await.is_empty());
    let profile = Profile { recipients: vec![mail("a", "one.test")], ..Profile::default() };
    house.store.put_profile(house.customer, 1, &profile, "test", EVENING).await.unwrap();
    chores.round(EVENING + 4_000).await.unwrap();
    assert_eq!(all_deliveries(&house).await.len(), 1);
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
    assert!(kept.iter().all(|kept| kept.to_ms - kept.from_ms >= PROOF_SPAN_MS && kept.proof.holds()));
    // The process after us does not prove the same again.
    chores(&house).round(NINE + 130 * 60_000).await.unwrap();
    assert_eq!(house.store.reconciliations(None, 10).await.unwrap().len(), 4);
    assert_eq!(house.store.broken_proof().await.unwrap(), None);
    // The house was down for a week: every hour of it is in the next proof.
    let week = NINE + 7 * 24 * 3_600_000;
    chores(&house).round(week).await.unwrap();
    let after = house.store.reconciliations(None, 1).await.unwrap().remove(0);
    assert!(after.from_ms <= kept[0].to_ms - PROOF_SPAN_MS && after.to_ms > week - 2 * 3_600_000, "{after:?}");
}
