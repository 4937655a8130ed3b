//! Clocks that jump, and outcomes that cannot be written down: nothing is sent twice at once, nothing waits for a wrong hour, nothing
//! is given up.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use notify::Outcome;
use notify::worker::LEASE_MS;

use super::house::*;

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn x02_a_delivery_that_is_under_way_is_never_begun_a_second_time() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    let (report, ids) = house.send(&["a"], false, NINE).await;
    let mut worker = house.worker(Arc::new(Hangs));
    worker.work(NINE).await.unwrap();
    // As if its lease were over, by whatever clock.
    let back = [store::Returned { id: ids[0].clone(), attempt: 1, next_ms: NINE }];
    house.store.return_deliveries(&back).await.unwrap();
    worker.look_again();
    worker.work(NINE + 1).await.unwrap();
    assert_eq!(worker.busy(), 1);
    assert_eq!(house.states(&report).await[0].1, "waiting");
}

#[tokio::test]
async fn r26_a_clock_that_is_set_back_an_hour_makes_nobody_wait_an_hour() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    let (report, _) = house.send(&["a"], false, NINE).await;
    let mut worker = house.worker(says(|job| if job.attempt == 1 { Outcome::retry("451") } else { accepted() }));
    work(&mut worker, NINE + HOUR_MS).await;
    assert_eq!(house.states(&report).await[0].1, "retry");
    work(&mut worker, NINE).await;
    assert_eq!(house.states(&report).await[0].1, "retry", "its five seconds are not over");
    work(&mut worker, NINE + 5_000).await;
    assert_eq!(house.states(&report).await[0].1, "accepted");
}

#[tokio::test]
async fn r26_a_clock_that_is_set_forward_begins_nothing_a_second_time_and_gives_nothing_up() {
    let house = House::new(vec![mail("a", "one.test"), mail("b", "two.test")]).await;
    let (report, _) = house.send(&["a"], false, NINE).await;
    let mut worker = house.worker(Arc::new(Hangs));
    worker.work(NINE).await.unwrap();
    worker.look_again();
    worker.work(NINE + 48 * HOUR_MS).await.unwrap();
    assert_eq!(worker.busy(), 1, "its lease seems to be over, and it is under way all the same");
    assert_eq!(house.states(&report).await, [("a".to_owned(), "leased".to_owned(), 1)]);
    // Another one's first failure is two days old by this clock.
    let mut other = house.worker(says(|_| Outcome::retry("451")));
    let (report, _) = house.send(&["b"], false, NINE).await;
    work(&mut other, NINE).await;
    work(&mut other, NINE + 48 * HOUR_MS).await;
    assert_eq!(house.states(&report).await, [("b".to_owned(), "retry".to_owned(), 2)]);
    assert!(house.tasks().await.is_empty());
}

#[tokio::test]
async fn r26_after_a_clock_was_set_back_leases_are_renewed_all_the_same() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    let (report, _) = house.send(&["a"], false, NINE).await;
    let mut worker = house.worker(Arc::new(Hangs));
    worker.work(NINE + HOUR_MS).await.unwrap();
    let carrier = says(|_| accepted());
    let mut second = house.worker(carrier.clone());
    for turn in 0..8 {
        let now_ms = NINE + turn * LEASE_MS / 2;
        worker.work(now_ms).await.unwrap();
        work(&mut second, now_ms + 1).await;
    }
    assert_eq!(carrier.asked.load(Ordering::Relaxed), 0, "it is the first one's");
    drop(worker);
    // And when the first one is dead, its recipient waits for a lease, not for an hour.
    work(&mut second, NINE + 7 * LEASE_MS / 2 + LEASE_MS + 1).await;
    assert_eq!(carrier.asked.load(Ordering::Relaxed), 1);
    assert_eq!(house.states(&report).await, [("a".to_owned(), "accepted".to_owned(), 2)]);
}

/// Somebody changes the outbox by hand.
async fn by_hand(house: &House, sql: &'static str) {
    sqlx::any::install_default_drivers();
    let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&house.url()).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
}

#[tokio::test]
async fn x02_what_was_taken_and_cannot_be_written_down_is_not_sent_again_as_long_as_we_know_it() {
    let house = House::new(vec![mail("a", "one.test"), mail("b", "two.test")]).await;
    let (report, _) = house.send(&["a"], false, NINE).await;
    let carrier = says(|_| accepted());
    let mut worker = house.worker(carrier.clone());
    worker.work(NINE).await.unwrap();
    by_hand(&house, "UPDATE deliveries SET state = 'torn'").await;
    worker.wait().await;
    worker.work(NINE + 1).await.unwrap();
    let (other, _) = house.send(&["b"], false, NINE + 2).await;
    work(&mut worker, NINE + 2).await;
    assert_eq!(house.states(&other).await[0].1, "accepted", "it holds up nobody");
    let mut now_ms = NINE + 2;
    while now_ms < NINE + 10 * LEASE_MS {
        by_hand(&house, "UPDATE deliveries SET state = 'torn' WHERE is_open = 1").await;
        now_ms += LEASE_MS / 3;
        work(&mut worker, now_ms).await;
    }
    assert_eq!(carrier.asked.load(Ordering::Relaxed), 2, "each once");
    by_hand(&house, "UPDATE deliveries SET state = 'leased' WHERE is_open = 1").await;
    work(&mut worker, now_ms + 60_000).await;
    assert_eq!(house.states(&report).await[0].1, "accepted");
    assert_eq!(carrier.asked.load(Ordering::Relaxed), 2);
}
