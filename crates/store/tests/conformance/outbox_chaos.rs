//! Random days of the outbox (X02): whatever is sent, leased, forgotten by dying workers, accepted, refused, given up, sent back or
//! called back, every sent report keeps one delivery per recipient, every room its order, and nothing is lost or accepted twice.

use std::collections::{BTreeMap, BTreeSet};

use store::{DeliveryState, Job, Returned, Settled, Store};

use crate::on_both;
use crate::records::NOON_MS;
use crate::writing::{accept, draft, firm, hanako, mail, send};

const RECIPIENTS: [&str; 5] = ["sato", "suzuki", "tanaka", "office", "night"];
const LEASE_MS: i64 = 30_000;

/// A small generator (xorshift64*): the seed is the test's, and so every run is the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(u64::try_from(all.len()).unwrap())).unwrap()]
    }
}

/// What the world outside has seen.
#[derive(Default)]
struct World {
    now: i64,
    calls: u32,
    /// Sent reports, and to whom.
    sent: BTreeMap<String, BTreeSet<String>>,
    /// Leased jobs whose workers live.
    held: Vec<Job>,
    /// Deliveries that a person or a bounce ended.
    ended: BTreeSet<String>,
    /// In the order in which their acceptance was saved, by room.
    accepted: BTreeMap<String, Vec<String>>,
    attempts: BTreeMap<String, u32>,
}

impl World {
    async fn step(&mut self, store: &Store, customer: i64, chance: &mut Chance) {
        self.now += i64::try_from(chance.below(8_000)).unwrap();
        match chance.below(100) {
            0..20 => self.send(store, customer, chance).await,
            20..50 => self.lease(store, chance).await,
            // The worker dies with everything it had.
            50..54 => self.held.clear(),
            // Nobody does anything for a while: leases run out, retries become due.
            54..58 => self.now += 3_700_000,
            _ if self.held.is_empty() => self.lease(store, chance).await,
            _ => self.end(store, chance).await,
        }
    }

    async fn send(&mut self, store: &Store, customer: i64, chance: &mut Chance) {
        self.calls += 1;
        let report = draft(store, customer, self.calls).await;
        let mut to = BTreeSet::new();
        for _ in 0..=chance.below(3) {
            to.insert(*chance.of(&RECIPIENTS));
        }
        let to: Vec<&str> = to.into_iter().collect();
        let sent = send(store, &report, &to, self.now).await;
        // The browser did not hear the answer.
        if chance.below(4) == 0 {
            let deliveries = to.iter().map(|to| mail(to, self.now)).collect();
            let sending = crate::writing::sending(sent.report.revision, deliveries);
            assert!(store.send_report(&report.id, &sending, &hanako(), self.now).await.unwrap().again);
        }
        self.sent.insert(report.id, to.into_iter().map(str::to_owned).collect());
    }

    async fn lease(&mut self, store: &Store, chance: &mut Chance) {
        let limit = u32::try_from(1 + chance.below(4)).unwrap();
        for job in store.lease_deliveries(self.now, LEASE_MS, limit).await.unwrap() {
            // Who tries what is over (an earlier worker's acceptance came late, a person called it back) holds up nobody.
            let is_over = |held: &&Job| {
                self.ended.contains(&held.id) || self.accepted.get(&held.room).is_some_and(|ids| ids.contains(&held.id))
            };
            let mut holders = self.held.iter().filter(|held| held.room == job.room && held.lease_until_ms > self.now);
            let holder = holders.find(|held| !is_over(held));
            assert_eq!(holder, None, "two at once in one room: {job:?}");
            let attempts = self.attempts.entry(job.id.clone()).or_default();
            *attempts += 1;
            assert_eq!(job.attempt, *attempts);
            self.held.push(job);
        }
    }

    async fn end(&mut self, store: &Store, chance: &mut Chance) {
        let place = usize::try_from(chance.below(u64::try_from(self.held.len()).unwrap())).unwrap();
        let job = self.held.remove(place);
        match chance.below(21) {
            0..12 => {
                let settled = accept(store, &job, self.now).await;
                let is_first = !self.accepted.get(&job.room).is_some_and(|before| before.contains(&job.id));
                assert_eq!(settled != Settled::Already, is_first, "{job:?}");
                if is_first {
                    self.accepted.entry(job.room.clone()).or_default().push(job.id.clone());
                }
                assert_eq!(accept(store, &job, self.now).await, Settled::Already);
            }
            12..16 => {
                let next = report::retry::next(job.attempt, job.first_ms, self.now, None).unwrap_or(self.now);
                let settled = store.delivery_retry(&job.id, job.attempt, "451", next, self.now).await.unwrap();
                let has_moved_on = self.attempts[&job.id] > job.attempt;
                assert_eq!(settled == Settled::Stale, has_moved_on && settled != Settled::Already, "{job:?}");
            }
            16 => {
                let settled = store.delivery_dead(&job.id, job.attempt, "550", &[], self.now).await.unwrap();
                if matches!(settled, Settled::Done { .. }) {
                    self.ended.insert(job.id);
                }
            }
            17 => {
                store.bounced(&job.id, "5.1.1", &[], self.now).await.unwrap();
                self.ended.insert(job.id);
            }
            18 => {
                let withdrawn = store.withdraw_delivery(&job.id, "jiro", "", self.now).await;
                self.ended.extend(withdrawn.ok().map(|()| job.id));
            }
            // It has too much to do, and gives it back or takes longer.
            19 => self.hold(store, job, chance).await,
            // The worker dies before it can say that the server has it: the server will get it once more, with the same id.
            _ => {}
        }
    }

    async fn hold(&mut self, store: &Store, job: Job, chance: &mut Chance) {
        if chance.below(2) == 0 {
            let next_ms = self.now + 1000;
            let returned = Returned { id: job.id.clone(), attempt: job.attempt, next_ms };
            store.return_deliveries(&[returned.clone(), returned]).await.unwrap();
            self.attempts.insert(job.id.clone(), store.delivery(&job.id).await.unwrap().attempts);
        } else {
            let until = self.now + LEASE_MS;
            store.extend_deliveries(&[(job.id.clone(), job.attempt)], until).await.unwrap();
            let row = store.delivery(&job.id).await.unwrap();
            if (row.state, row.attempts) == (DeliveryState::Leased, job.attempt) {
                self.held.push(Job { lease_until_ms: until, ..job });
            }
        }
    }

    /// What holds at every moment.
    async fn check(&self, store: &Store) {
        for (report, to) in &self.sent {
            let rows = store.report_deliveries(report).await.unwrap();
            let got: BTreeSet<String> = rows.iter().map(|row| row.recipient.clone()).collect();
            assert_eq!((&got, rows.len()), (to, to.len()), "one delivery per recipient of {report}");
            for row in &rows {
                let accepted = self.accepted.values().flatten().filter(|id| **id == row.id).count();
                assert_eq!(usize::from(row.accepted_ms.is_some()), accepted, "{row:?}");
                assert!(accepted <= 1);
            }
        }
    }

    /// A quiet time at the end: everything that is open arrives.
    async fn drain(&mut self, store: &Store) {
        self.held.clear();
        for _ in 0..10_000 {
            let Some(due) = store.outbox_due_ms().await.unwrap() else { return };
            self.now = self.now.max(due);
            for job in store.lease_deliveries(self.now, LEASE_MS, 50).await.unwrap() {
                assert_eq!(
                    accept(store, &job, self.now).await,
                    Settled::Done { next: self.has_next(store, &job).await }
                );
                self.accepted.entry(job.room.clone()).or_default().push(job.id);
            }
        }
        panic!("the outbox does not become empty");
    }

    async fn has_next(&self, store: &Store, job: &Job) -> bool {
        let open =
            store.deliveries(&store::DeliveryQuery { open: true, limit: 500, ..Default::default() }).await.unwrap();
        open.deliveries.iter().any(|row| row.target == Some(job.channel.masked()))
    }
}

/// A day of one seed.
async fn day(store: &Store, seed: u64, steps: u32) {
    let customer = firm(store).await;
    let mut chance = Chance(seed | 1);
    let mut world = World { now: NOON_MS, ..World::default() };
    for step in 0..steps {
        world.step(store, customer, &mut chance).await;
        if step % 50 == 0 {
            world.check(store).await;
        }
    }
    world.drain(store).await;
    world.check(store).await;
    let mut open = 0;
    for report in world.sent.keys() {
        for row in store.report_deliveries(report).await.unwrap() {
            let is_over = row.accepted_ms.is_some() || world.ended.contains(&row.id);
            assert!(is_over, "lost: {row:?}");
            open +=
                usize::from(matches!(row.state, DeliveryState::Waiting | DeliveryState::Leased | DeliveryState::Retry));
        }
    }
    assert_eq!(open, 0);
    assert!(world.sent.len() > 5 && world.accepted.len() > 2, "the day was dull");
    // In each room in the order of sending; those that were sent back or given up first and accepted late aside.
    for ids in world.accepted.values() {
        let kept: Vec<&String> = ids.iter().filter(|id| !world.ended.contains(*id)).collect();
        let places: Vec<usize> = kept.iter().map(|id| place(&world, id)).collect();
        assert!(places.is_sorted(), "seed {seed}: {places:?}");
    }
}

/// UUIDs of version 7 sort by the millisecond of sending; within one, by nothing.
fn place(world: &World, id: &str) -> usize {
    let time: u64 = u64::from_str_radix(&id[..13].replace('-', ""), 16).unwrap();
    assert!(!world.sent.is_empty());
    usize::try_from(time).unwrap()
}

on_both! {
    async fn x02_random_days_lose_nothing_and_keep_every_rooms_order(store: Store) {
        day(&store, 0x9E37_79B9_7F4A_7C15, 400).await;
    }

    async fn x02_another_random_day(store: Store) {
        day(&store, 0xD1B5_4A32_D192_ED03, 400).await;
    }

    async fn r25_a_server_that_refuses_for_six_hours_gets_all_once_and_in_order(store: Store) {
        const HOURS_6: i64 = 6 * 3_600_000;
        let customer = firm(&store).await;
        let mut order = Vec::new();
        let mut arrived: Vec<String> = Vec::new();
        let (mut now, mut calls) = (NOON_MS, 0);
        let end = NOON_MS + HOURS_6;
        while now < end + 2 * HOURS_6 {
            // A report every ten minutes, while it refuses.
            if now < end && (now - NOON_MS) % 600_000 == 0 {
                calls += 1;
                let report = draft(&store, customer, calls).await;
                order.push(send(&store, &report, &["sato"], now).await.deliveries[0].id.clone());
            }
            for job in store.lease_deliveries(now, LEASE_MS, 10).await.unwrap() {
                if now < end {
                    let next = report::retry::next(job.attempt, job.first_ms, now, None).expect("six hours are no reason to give up");
                    assert_eq!(store.delivery_retry(&job.id, job.attempt, "451 try later", next, now).await.unwrap(), Settled::Done { next: true });
                } else {
                    arrived.push(job.id.clone());
                    accept(&store, &job, now).await;
                }
            }
            now += 5_000 * if now < end { 24 } else { 1 };
        }
        assert_eq!(order.len(), 36);
        assert_eq!(arrived, order, "each once, in order");
        let first = store.delivery(&order[0]).await.unwrap();
        assert!(first.attempts <= 40, "backed off, though somebody waits behind it: {} attempts in six hours", first.attempts);
        assert_eq!(store.outbox_due_ms().await.unwrap(), None);
    }
}
