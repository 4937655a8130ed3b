//! Hours in which nobody takes anything (R25), by a clock of the test's own.

use std::sync::Arc;

use notify::News;
use receivers::smtp::{Fault, Options, Server};
use report::Recipient;
use store::TaskKind;

use super::house::*;

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn r25_after_six_hours_of_refusal_every_report_arrives_once_and_in_its_order() {
    const ROOMS: usize = 5;
    let reports = if std::env::var_os("DENWABAN_LONG").is_some() { 1_000 } else { 48 };
    let places: Vec<Recipient> =
        (0..ROOMS).map(|place| mail(&format!("a{place}"), &format!("d{place}.test"))).collect();
    let house = House::new(places).await;
    let server = Server::start(Options::default()).await.unwrap();
    // Busy at the greeting, busy for the recipient, gone in the middle: in turns.
    server.script(Arc::new(|_, before| [Fault::Code(451), Fault::Drop, Fault::DataCode(452)][before as usize % 3]));
    let mut worker = house.worker(post(&server));
    let mut sent: Vec<Vec<String>> = vec![Vec::new(); ROOMS];
    let mut now_ms = NINE;
    for report in 0..reports {
        let to = format!("a{}", report % ROOMS);
        let (_, ids) = house.send(&[&to], false, now_ms).await;
        sent[report % ROOMS].extend(ids);
        let next_ms = now_ms + 6 * HOUR_MS / reports as i64;
        work_until(&mut worker, now_ms, next_ms - 1).await;
        now_ms = next_ms;
    }
    assert_eq!(server.count(), 0);
    server.script(Arc::new(|_, _| Fault::None));
    let end_ms = work_until(&mut worker, NINE + 6 * HOUR_MS, NINE + 9 * HOUR_MS).await;
    assert!(end_ms <= NINE + 7 * HOUR_MS + 60_000, "within an hour of the server's return: {}", end_ms - NINE);
    let came: Vec<String> =
        server.mails().iter().map(|mail| mail.message_id().split('@').next().unwrap().to_owned()).collect();
    assert_eq!(came.len(), reports, "each once");
    for room in &sent {
        let of_room: Vec<&String> = came.iter().filter(|id| room.contains(id)).collect();
        assert_eq!(of_room, room.iter().collect::<Vec<_>>());
    }
    let open = store::DeliveryQuery { open: true, limit: 10, ..Default::default() };
    assert!(house.store.deliveries(&open).await.unwrap().deliveries.is_empty());
}

#[tokio::test]
async fn r25_after_a_day_and_a_half_a_delivery_is_given_up_and_the_room_goes_on() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    let server = Server::start(Options::default()).await.unwrap();
    server.fail(Fault::Code(451));
    let (report, ids) = house.send(&["a"], false, NINE).await;
    let mut worker = house.worker(post(&server));
    let end_ms = work_until(&mut worker, NINE, NINE + 100 * HOUR_MS).await;
    assert!((35 * HOUR_MS..=36 * HOUR_MS).contains(&(end_ms - NINE)), "{}", end_ms - NINE);
    assert_eq!(house.states(&report).await, [("a".to_owned(), "dead".to_owned(), 40)]);
    assert_eq!(house.tasks().await, [(TaskKind::Undelivered, Some(ids[0].clone()))]);
    assert_eq!(house.told(News::Dead), ["a"]);
    server.fail(Fault::None);
    house.send(&["a"], false, end_ms).await;
    work(&mut worker, end_ms).await;
    assert_eq!(server.count(), 1);
}
