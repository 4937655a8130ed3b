//! Order, isolation, leases, and the ways that a delivery that does not arrive takes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use notify::worker::LEASE_MS;
use notify::{Carrier, News, Outcome, SystemClock};
use receivers::smtp::{Fault, Options, Server};
use report::{Channel, Profile, Recipient};
use store::{Job, TaskKind};
use tokio::sync::watch;

use super::house::*;

async fn server() -> Server {
    Server::start(Options::default()).await.unwrap()
}

#[tokio::test]
async fn f31_three_recipients_have_three_mails_and_three_states() {
    let places = || vec![mail("a", "one.test"), mail("b", "two.test"), mail("c", "three.test")];
    let house = House::new(places()).await;
    let server = server().await;
    server.fail_for("b@two.test", Fault::Code(450));
    let (report, ids) = house.send(&["a", "b", "c"], false, NINE).await;
    let mut worker = house.worker(post(&server));
    work(&mut worker, NINE).await;
    let state = |id: &str, state: &str| (id.to_owned(), state.to_owned(), 1);
    assert_eq!(house.states(&report).await, [state("a", "accepted"), state("b", "retry"), state("c", "accepted")]);
    let mut mails = server.take_mails();
    mails.sort_by_key(receivers::smtp::Mail::recipient);
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.to.len() == 1), "nobody sees who else has it");
    assert_eq!(mails[0].message_id(), format!("{}@house.test", ids[0]));
    let row = house.store.delivery(&ids[0]).await.unwrap();
    assert!(row.remote_id.starts_with("250 2.0.0 taken as r"), "{}", row.remote_id);
    assert_eq!(row.accepted_ms, Some(NINE));
    assert_eq!(house.told(News::Accepted).len(), 2);
    assert_eq!(house.told(News::Retry), ["b"]);
}

#[tokio::test]
async fn f31_a_recipient_whose_server_hangs_delays_nobody() {
    let hanging = (0..12).map(|place| mail(&format!("hang{place}"), "hang.test"));
    let well = (0..12).map(|place| mail(&format!("well{place}"), &format!("w{place}.test")));
    let house = House::new(hanging.chain(well).collect()).await;
    let server = server().await;
    for place in 0..12 {
        server.fail_for(&format!("hang{place}@hang.test"), Fault::Hang);
    }
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
    let begun_ms = now();
    for round in 0..5 {
        for place in 0..12 {
            let (hang, well) = (format!("hang{place}"), format!("well{place}"));
            house.send(&[&hang, &well], false, begun_ms + round).await;
        }
    }
    let (stop, stopped) = watch::channel(false);
    let bell = bell();
    let running = tokio::spawn(house.worker(post(&server)).run(Arc::new(SystemClock(now)), bell.clone(), stopped));
    bell.ring();
    // The hanging ones hang for 20 s; the others are through long before.
    tokio::time::timeout(Duration::from_secs(15), server.wait_for(60)).await.expect("all of those that are well");
    assert!(server.mails().iter().all(|mail| mail.recipient().starts_with("well")));
    running.abort();
    drop(stop);
}

#[tokio::test]
async fn f41_a_room_has_its_reports_in_their_order_whatever_fails_in_between() {
    let house = House::new(vec![mail("room", "one.test"), mail("other", "two.test")]).await;
    let server = server().await;
    // Every third time the room is busy, and every fifth its server breaks off after it has taken the mail.
    server.script(Arc::new(|_, before| match (before % 3, before % 5) {
        (1, _) => Fault::Code(451),
        (_, 2) => Fault::DropAfterData,
        _ => Fault::None,
    }));
    let (mut room, mut other) = (Vec::new(), Vec::new());
    for place in 0..20 {
        let (_, ids) = house.send(&["room", "other"], place == 17, NINE + place).await;
        room.push(ids[0].clone());
        other.push(ids[1].clone());
    }
    let mut worker = house.worker(post(&server));
    work_until(&mut worker, NINE + 20, NINE + 36 * 3_600_000).await;
    let mut first_seen: Vec<String> = Vec::new();
    for mail in server.mails() {
        let id = mail.message_id().split('@').next().unwrap().to_owned();
        if !first_seen.contains(&id) {
            first_seen.push(id);
        }
    }
    let of = |ids: &[String]| first_seen.iter().filter(|id| ids.contains(id)).cloned().collect::<Vec<_>>();
    assert_eq!(of(&room), room);
    assert_eq!(of(&other), other);
}

#[tokio::test]
async fn x02_what_a_dead_worker_had_in_hand_comes_again_with_the_same_id_and_not_before_its_lease_is_over() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    let (report, ids) = house.send(&["a"], false, NINE).await;
    let mut dead = house.worker(Arc::new(Hangs));
    dead.work(NINE).await.unwrap();
    assert_eq!(dead.busy(), 1);
    // It lives for a while, and its lease with it.
    dead.work(NINE + 15_000).await.unwrap();
    drop(dead);
    let server = server().await;
    let mut next = house.worker(post(&server));
    work(&mut next, NINE + LEASE_MS + 1).await;
    assert_eq!(server.count(), 0, "the lease was renewed");
    work(&mut next, NINE + 15_000 + LEASE_MS + 1).await;
    assert_eq!(server.mails()[0].message_id(), format!("{}@house.test", ids[0]));
    assert_eq!(house.states(&report).await, [("a".to_owned(), "accepted".to_owned(), 2)]);
}

#[tokio::test]
async fn r25_deliveries_to_a_slow_place_are_given_back_without_counting_an_attempt() {
    let places: Vec<Recipient> = (0..20).map(|place| mail(&format!("a{place}"), "hang.test")).collect();
    let house = House::new(places).await;
    for place in 0..20 {
        house.send(&[&format!("a{place}")], false, NINE).await;
    }
    let mut worker = house.worker(Arc::new(Hangs));
    worker.work(NINE).await.unwrap();
    assert_eq!(worker.busy(), 4, "a domain's share");
    worker.work(NINE + 3_000).await.unwrap();
    let page = house.store.deliveries(&store::DeliveryQuery { limit: 100, ..Default::default() }).await.unwrap();
    let tried = page.deliveries.iter().filter(|row| row.attempts == 1).count();
    assert_eq!(tried, 4, "the others as if they had never been taken");
    assert!(page.deliveries.iter().all(|row| row.attempts <= 1));
    drop(worker);
    let server = server().await;
    let mut worker = house.worker(post(&server));
    work_until(&mut worker, NINE + 10_000, NINE + 100_000).await;
    assert_eq!(server.count(), 20);
}

#[tokio::test]
async fn r25_a_mail_server_that_blocks_us_kills_nothing_and_the_supervisors_know_at_once_and_once() {
    let house = House::new((0..5).map(|place| mail(&format!("a{place}"), &format!("d{place}.test"))).collect()).await;
    let server = server().await;
    server.script(Arc::new(|_, _| Fault::DataCode(554)));
    for place in 0..5 {
        house.send(&[&format!("a{place}")], false, NINE).await;
    }
    let mut worker = house.worker(post(&server));
    work_until(&mut worker, NINE, NINE + 60_000).await;
    let page = house.store.deliveries(&store::DeliveryQuery { limit: 100, ..Default::default() }).await.unwrap();
    assert!(page.deliveries.iter().all(|row| row.state == store::DeliveryState::Retry), "{:?}", page.deliveries);
    let tasks = house.store.open_tasks().await.unwrap();
    assert_eq!(
        tasks.iter().map(|task| (task.kind, task.detail.as_str())).collect::<Vec<_>>(),
        [(TaskKind::Late, "mail: 554 as you were told")]
    );
    server.script(Arc::new(|_, _| Fault::None));
    work_until(&mut worker, NINE + 60_000, NINE + 600_000).await;
    assert_eq!(server.count(), 5);
}

/// Mail never ends, chats arrive.
struct MailHangs;

impl Carrier for MailHangs {
    fn deliver<'a>(&'a self, job: &'a Job, _: i64) -> BoxFuture<'a, Outcome> {
        if matches!(job.channel, Channel::Email { .. }) {
            return Box::pin(std::future::pending());
        }
        Box::pin(async { accepted() })
    }
}

#[tokio::test]
async fn f31_a_mail_server_that_hangs_with_a_hundred_domains_due_does_not_keep_a_chat_waiting() {
    let line = Channel::Line { to: format!("U{:032}", 1), token: "token".repeat(10) };
    let mut places: Vec<Recipient> =
        (0..99).map(|place| mail(&format!("a{place}"), &format!("d{place}.test"))).collect();
    places.push(place("line", line));
    let house = House::new(places).await;
    for place in 0..99 {
        house.send(&[&format!("a{place}")], true, NINE).await;
    }
    let (chat, _) = house.send(&["line"], false, NINE + 1).await;
    let mut worker = house.worker(Arc::new(MailHangs));
    worker.work(NINE + 2).await.unwrap();
    assert_eq!(worker.busy(), 17, "the mail server's share, and the chat");
    worker.wait().await;
    worker.work(NINE + 3).await.unwrap();
    assert_eq!(house.states(&chat).await, [("line".to_owned(), "accepted".to_owned(), 1)]);
    assert_eq!(worker.busy(), 16);
    // With its hands full it looks at no mail, but at chats that come.
    assert!(worker.next_ms().is_none_or(|next_ms| next_ms > NINE + 3), "it does not turn on the spot");
    let (later, _) = house.send(&["line"], false, NINE + 100).await;
    worker.look_again();
    worker.work(NINE + 100).await.unwrap();
    worker.wait().await;
    worker.work(NINE + 101).await.unwrap();
    assert_eq!(house.states(&later).await, [("line".to_owned(), "accepted".to_owned(), 1)]);
}

#[tokio::test]
async fn f39_a_dead_delivery_goes_to_another_place_of_the_same_person_and_to_the_supervisors() {
    let line = Channel::Line { to: format!("U{:032}", 1), token: "token".repeat(10) };
    let person = |mut recipient: Recipient| {
        recipient.person = Some("sato".to_owned());
        recipient
    };
    let people = vec![report::Person { id: "sato".into(), name: "佐藤".into(), ..Default::default() }];
    let recipients =
        vec![person(mail("sato", "one.test")), mail("office", "one.test"), person(place("sato-line", line))];
    let house = House::with(Profile { people, recipients, ..Profile::default() }).await;
    let (report, ids) = house.send(&["sato"], false, NINE).await;
    let mut worker = house.worker(says(|job| match job.recipient.as_str() {
        "sato" => Outcome::permanent("550 no such mailbox"),
        _ => accepted(),
    }));
    work(&mut worker, NINE).await;
    let state = |id: &str, state: &str| (id.to_owned(), state.to_owned(), 1);
    assert_eq!(house.states(&report).await, [state("sato", "dead"), state("sato-line", "accepted")]);
    assert_eq!(house.tasks().await, [(TaskKind::Undelivered, Some(ids[0].clone()))]);
    assert_eq!((house.told(News::Dead), house.told(News::Added)), (vec!["sato".into()], vec!["sato-line".into()]));
}

#[tokio::test]
async fn f39_with_every_place_dead_the_search_ends_and_the_supervisors_know_each() {
    let house = House::new(vec![mail("a", "one.test"), mail("b", "two.test"), mail("c", "three.test")]).await;
    let (report, _) = house.send(&["a"], true, NINE).await;
    let mut worker = house.worker(says(|_| Outcome::permanent("550 closed")));
    work(&mut worker, NINE).await;
    let states = house.states(&report).await;
    assert_eq!(states.iter().map(|(id, ..)| id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(states.iter().all(|(_, state, _)| state == "dead"));
    assert_eq!(house.tasks().await.len(), 3);
}

#[tokio::test]
async fn r25_a_server_that_asks_for_patience_gets_it() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    house.send(&["a"], false, NINE).await;
    let slow_down = || Outcome::Retry { after_ms: Some(90_000), why: "429".to_owned() };
    let carrier = says(move |job| if job.attempt == 1 { slow_down() } else { accepted() });
    let mut worker = house.worker(carrier.clone());
    work(&mut worker, NINE).await;
    work(&mut worker, NINE + 89_999).await;
    assert_eq!(carrier.asked.load(std::sync::atomic::Ordering::Relaxed), 1);
    work(&mut worker, NINE + 90_000).await;
    assert_eq!(carrier.asked.load(std::sync::atomic::Ordering::Relaxed), 2);
}

/// Panics at the first attempt.
struct Broken;

impl Carrier for Broken {
    fn deliver<'a>(&'a self, job: &'a Job, _: i64) -> BoxFuture<'a, Outcome> {
        assert!(job.attempt > 1, "a bug in a channel");
        Box::pin(async { accepted() })
    }
}

#[tokio::test]
async fn x02_a_bug_in_a_channel_loses_nothing() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    let (report, _) = house.send(&["a"], false, NINE).await;
    let mut worker = house.worker(Arc::new(Broken));
    work(&mut worker, NINE).await;
    assert_eq!(house.states(&report).await[0].1, "retry");
    work(&mut worker, NINE + 60_000).await;
    assert_eq!(house.states(&report).await[0].1, "accepted");
}

#[tokio::test]
async fn f28_the_worker_ends_when_it_is_told_and_leaves_nothing_leased() {
    let places: Vec<Recipient> = (0..30).map(|place| mail(&format!("a{place}"), "one.test")).collect();
    let house = House::new(places).await;
    for place in 0..30 {
        house.send(&[&format!("a{place}")], false, NINE).await;
    }
    let server = server().await;
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(house.worker(post(&server)).run(Arc::new(SystemClock(|| NINE + 1)), bell(), stopped));
    server.wait_for(5).await;
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(20), running).await.expect("the end").unwrap();
    let page = house.store.deliveries(&store::DeliveryQuery { limit: 100, ..Default::default() }).await.unwrap();
    assert!(page.deliveries.iter().all(|row| row.state != store::DeliveryState::Leased), "{:?}", page.deliveries);
    let taken = page.deliveries.iter().filter(|row| row.accepted_ms.is_some()).count();
    assert_eq!(taken, server.count(), "what was taken is written down");
}
