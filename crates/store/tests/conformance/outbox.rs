//! The outbox: order, leases, outcomes (F39, F41, R25).

use store::{DeliveryQuery, DeliveryState, Settled, Store, StoreError, TaskKind};

use crate::databases::{Sqlite, execute, shared_postgres};
use crate::on_both;
use crate::records::NOON_MS;
use crate::writing::{accept, draft, firm, hanako, lease, mail, queue, send};

const MINUTE: i64 = 60_000;

on_both! {
    async fn f41_only_the_head_of_a_room_is_leased_and_in_order(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 3, "sato").await;
        let mut now = NOON_MS + MINUTE;
        for (place, id) in ids.iter().enumerate() {
            let jobs = lease(&store, now).await;
            assert_eq!(jobs.iter().map(|job| &job.id).collect::<Vec<_>>(), [id]);
            assert!(lease(&store, now + 29_999).await.is_empty(), "it is leased");
            let done = Settled::Done { next: place < 2 };
            assert_eq!(accept(&store, &jobs[0], now + 100).await, done);
            assert_eq!(accept(&store, &jobs[0], now + 200).await, Settled::Already);
            now += 1000;
        }
        assert!(lease(&store, now + 10 * MINUTE).await.is_empty());
        assert_eq!(store.outbox_due_ms().await.unwrap(), None);
        let page = store.deliveries(&DeliveryQuery { limit: 2, ..DeliveryQuery::default() }).await.unwrap();
        assert_eq!(page.deliveries.iter().map(|row| &row.id).collect::<Vec<_>>(), [&ids[2], &ids[1]]);
        let rest = store.deliveries(&DeliveryQuery { before: page.next, limit: 2, ..DeliveryQuery::default() }).await.unwrap();
        assert_eq!((rest.deliveries.len(), rest.next), (1, None));
    }

    async fn r27_a_lease_that_runs_out_comes_again_with_the_same_id(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 2, "sato").await;
        let now = NOON_MS + MINUTE;
        let first = lease(&store, now).await.remove(0);
        let second = lease(&store, now + 30_000).await.remove(0);
        assert_eq!((&first.id, &second.id), (&ids[0], &ids[0]));
        assert_eq!((first.attempt, second.attempt, second.first_ms), (1, 2, first.first_ms));
        assert_eq!(second.content, first.content);
        // Whoever lost the lease can take nothing from the one who has it now.
        let stale = store.delivery_retry(&first.id, first.attempt, "timeout", now + 90_000, now + 31_000).await.unwrap();
        assert_eq!(stale, Settled::Stale);
        assert_eq!(store.delivery_dead(&first.id, first.attempt, "no", &[], now + 31_000).await.unwrap(), Settled::Stale);
        // But that the server has it is true whoever says it.
        assert_eq!(accept(&store, &first, now + 32_000).await, Settled::Done { next: true });
        assert_eq!(accept(&store, &second, now + 33_000).await, Settled::Already);
        assert_eq!(store.delivery_retry(&second.id, 2, "late", now, now).await.unwrap(), Settled::Already);
        let row = store.delivery(&ids[0]).await.unwrap();
        assert_eq!((row.state, row.accepted_ms, row.remote_id.as_str()), (DeliveryState::Accepted, Some(now + 32_000), "250 2.0.0 ok"));
        assert_eq!(lease(&store, now + 34_000).await[0].id, ids[1]);
        let attempts = store.attempts(&ids[0]).await.unwrap();
        assert_eq!(attempts.iter().map(|attempt| attempt.outcome.as_str()).collect::<Vec<_>>(), ["accepted", ""]);
    }

    async fn r27_whoever_is_alive_keeps_its_lease_and_whoever_lost_it_does_not_get_it_back(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 2, "sato").await;
        let now = NOON_MS + MINUTE;
        let first = lease(&store, now).await.remove(0);
        store.extend_deliveries(&[(first.id.clone(), first.attempt)], now + MINUTE).await.unwrap();
        assert!(lease(&store, now + MINUTE - 1).await.is_empty());
        assert_eq!(store.outbox_due_ms().await.unwrap(), Some(now + MINUTE));
        let second = lease(&store, now + MINUTE).await.remove(0);
        assert_eq!((second.id.as_str(), second.attempt), (ids[0].as_str(), 2));
        store.extend_deliveries(&[(first.id.clone(), first.attempt), (ids[1].clone(), 1)], now + 9 * MINUTE).await.unwrap();
        assert_eq!(lease(&store, now + MINUTE + 30_000).await.len(), 1, "neither the lost one nor one that nobody has");
    }

    async fn r25_what_is_given_back_untried_is_as_it_was_and_comes_when_it_is_to(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 2, "sato").await;
        let now = NOON_MS + MINUTE;
        let job = lease(&store, now).await.remove(0);
        let back = |attempt, next_ms| [store::Returned { id: ids[0].clone(), attempt, next_ms }];
        store.return_deliveries(&back(7, now)).await.unwrap();
        assert!(lease(&store, now + 1).await.is_empty(), "that was another attempt's");
        store.return_deliveries(&back(job.attempt, now + 5_000)).await.unwrap();
        let row = store.delivery(&ids[0]).await.unwrap();
        assert_eq!((row.state, row.attempts, row.first_ms), (DeliveryState::Waiting, 0, None));
        assert!(store.attempts(&ids[0]).await.unwrap().is_empty());
        assert!(lease(&store, now + 4_999).await.is_empty(), "nor is the one behind it");
        let job = lease(&store, now + 5_000).await.remove(0);
        assert_eq!((job.id.as_str(), job.attempt), (ids[0].as_str(), 1));
        // After a real attempt it is that attempt's again.
        store.delivery_retry(&job.id, 1, "451", now + 10_000, now + 6_000).await.unwrap();
        let job = lease(&store, now + 10_000).await.remove(0);
        store.return_deliveries(&back(job.attempt, now + 20_000)).await.unwrap();
        let row = store.delivery(&ids[0]).await.unwrap();
        assert_eq!((row.state, row.attempts, row.first_ms), (DeliveryState::Retry, 1, Some(now + 5_000)));
        // What is over stays over.
        let job = lease(&store, now + 20_000).await.remove(0);
        accept(&store, &job, now + 20_001).await;
        store.return_deliveries(&back(job.attempt, now)).await.unwrap();
        assert_eq!(store.delivery(&ids[0]).await.unwrap().state, DeliveryState::Accepted);
    }

    async fn f39_a_retry_waits_and_its_room_with_it_and_no_other(store: Store) {
        let customer = firm(&store).await;
        let sato = queue(&store, customer, 2, "sato").await;
        let report = draft(&store, customer, 9).await;
        send(&store, &report, &["suzuki"], NOON_MS).await;
        let now = NOON_MS + MINUTE;
        let jobs = lease(&store, now).await;
        assert_eq!(jobs.len(), 2, "one of each room");
        let job = jobs.iter().find(|job| job.recipient == "sato").unwrap();
        let other = jobs.iter().find(|job| job.recipient == "suzuki").unwrap();
        let due = now + 5_000;
        assert_eq!(store.delivery_retry(&job.id, 1, "451 later", due, now).await.unwrap(), Settled::Done { next: true });
        accept(&store, other, now).await;
        assert!(lease(&store, due - 1).await.is_empty());
        assert_eq!(store.outbox_due_ms().await.unwrap(), Some(due));
        let again = lease(&store, due).await;
        assert_eq!((again[0].id.as_str(), again[0].attempt), (sato[0].as_str(), 2));
        let row = store.delivery(&job.id).await.unwrap();
        assert_eq!((row.state, row.error.as_str()), (DeliveryState::Leased, "451 later"));
    }

    async fn f39_somebody_new_wakes_a_head_that_failed_and_shortens_its_pauses(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 1, "sato").await;
        let mut now = NOON_MS + MINUTE;
        for (attempt, pause) in [(1, 5_000), (2, 30_000), (3, 2 * MINUTE), (4, 10 * MINUTE), (5, 60 * MINUTE)] {
            let job = lease(&store, now).await.remove(0);
            assert_eq!(job.attempt, attempt);
            store.delivery_retry(&job.id, attempt, "451", now + pause, now).await.unwrap();
            if attempt < 5 {
                now += pause;
            }
        }
        assert_eq!(store.outbox_due_ms().await.unwrap(), Some(now + 60 * MINUTE), "nobody waits behind it");
        // Not at once, but after a minute.
        send(&store, &draft(&store, customer, 8).await, &["sato"], now + MINUTE - 1).await;
        assert_eq!(store.outbox_due_ms().await.unwrap(), Some(now + MINUTE));
        let job = lease(&store, now + MINUTE).await.remove(0);
        assert_eq!((&job.id, job.attempt), (&ids[0], 6));
        now += MINUTE;
        store.delivery_retry(&job.id, 6, "451", now + 60 * MINUTE, now).await.unwrap();
        assert_eq!(store.outbox_due_ms().await.unwrap(), Some(now + 10 * MINUTE), "somebody waits behind it");
        let job = lease(&store, now + 10 * MINUTE).await.remove(0);
        now += 10 * MINUTE;
        // What the server itself asked for is kept.
        store.delivery_retry(&job.id, 7, "429", now + 90 * MINUTE, now).await.unwrap();
        send(&store, &draft(&store, customer, 10).await, &["sato"], now + 5 * MINUTE).await;
        assert_eq!(store.outbox_due_ms().await.unwrap(), Some(now + 90 * MINUTE));
    }

    async fn f39_an_urgent_one_passes_one_that_has_failed_for_ten_minutes_and_only_then(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 2, "sato").await;
        let mut now = NOON_MS + MINUTE;
        let report = draft(&store, customer, 9).await;
        let edited = store.edit_report(&report.id, &crate::writing::completion(&report.draft), &hanako(), now).await.unwrap();
        let urgent = store::NewDelivery { urgent: true, ..mail("sato", now) };
        let sent = store.send_report(&report.id, &crate::writing::sending(edited.revision, vec![urgent]), &hanako(), now).await.unwrap();
        for (attempt, pause) in [(1, 5_000), (2, 30_000), (3, 2 * MINUTE), (4, 10 * MINUTE), (5, 60 * MINUTE)] {
            let job = lease(&store, now).await.remove(0);
            assert_eq!((&job.id, job.attempt), (&ids[0], attempt), "in its order");
            store.delivery_retry(&job.id, attempt, "451", now + pause, now).await.unwrap();
            now += if attempt < 5 { pause } else { 0 };
        }
        let job = lease(&store, now).await.remove(0);
        assert_eq!(job.id, sent.deliveries[0].id);
        accept(&store, &job, now).await;
        assert!(lease(&store, now).await.is_empty(), "the others keep their order");
        let job = lease(&store, now + 10 * MINUTE).await.remove(0);
        assert_eq!(job.id, ids[0]);
        accept(&store, &job, now + 10 * MINUTE).await;
        assert_eq!(lease(&store, now + 10 * MINUTE).await[0].id, ids[1]);
    }

    /// Whoever took it died with it: one after the other, until it is no longer tried at once.
    async fn x02_a_head_whose_holders_die_keeps_the_others_waiting_no_longer_than_one_that_fails(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 2, "sato").await;
        let begun = NOON_MS + MINUTE;
        for (attempt, pause) in [(1, 5_000), (2, 30_000), (3, 2 * MINUTE), (4, 10 * MINUTE)] {
            let job = lease(&store, begun + pause).await.remove(0);
            store.delivery_retry(&job.id, attempt, "451", begun, begun + pause).await.unwrap();
        }
        let now = begun + 15 * MINUTE;
        let fifth = lease(&store, now).await.remove(0);
        assert_eq!((&fifth.id, fifth.attempt), (&ids[0], 5));
        // After the lease it rests as if it had failed: ten minutes, and not the hour it would wait alone.
        let over = now + 30_000;
        assert!(lease(&store, over).await.is_empty());
        assert_eq!(store.outbox_due_ms().await.unwrap(), Some(over + 10 * MINUTE));
        let row = store.delivery(&ids[0]).await.unwrap();
        assert_eq!((row.state, row.error.as_str()), (DeliveryState::Retry, "451"), "what its server said is known still");
        // An urgent one passes it; nobody else does.
        let report = draft(&store, customer, 9).await;
        let edited = store.edit_report(&report.id, &crate::writing::completion(&report.draft), &hanako(), over).await.unwrap();
        let urgent = store::NewDelivery { urgent: true, ..mail("sato", over) };
        let sent = store.send_report(&report.id, &crate::writing::sending(edited.revision, vec![urgent]), &hanako(), over).await.unwrap();
        let job = lease(&store, over).await.remove(0);
        assert_eq!(job.id, sent.deliveries[0].id);
        accept(&store, &job, over).await;
        // Somebody new has come: it is tried again a minute after its last attempt began.
        assert!(lease(&store, over + 1).await.is_empty());
        assert_eq!(store.outbox_due_ms().await.unwrap(), Some(now + MINUTE));
        // Its holder lives after all, and says how it ended.
        let retry = store.delivery_retry(&fifth.id, 5, "451 4.2.0", over + 3 * MINUTE, over + 2).await.unwrap();
        assert_eq!(retry, Settled::Done { next: true });
        assert_eq!(store.delivery_retry(&fifth.id, 5, "451", over + 9 * MINUTE, over + 3).await.unwrap(), Settled::Stale);
        assert!(lease(&store, over + 3 * MINUTE - 1).await.is_empty(), "what it said holds");
        let sixth = lease(&store, over + 3 * MINUTE).await.remove(0);
        assert_eq!((&sixth.id, sixth.attempt), (&ids[0], 6));
        accept(&store, &sixth, over + 3 * MINUTE).await;
        assert_eq!(lease(&store, over + 3 * MINUTE).await[0].id, ids[1]);
    }

    async fn x02_somebody_new_wakes_a_head_whose_holder_died(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 1, "sato").await;
        let mut now = NOON_MS + MINUTE;
        for _ in 0..4 {
            let job = lease(&store, now).await.remove(0);
            store.delivery_retry(&job.id, job.attempt, "451", now, now).await.unwrap();
        }
        assert_eq!(lease(&store, now).await[0].attempt, 5);
        now += 30_000;
        assert!(lease(&store, now).await.is_empty());
        assert_eq!(store.outbox_due_ms().await.unwrap(), Some(now - 30_000 + 60 * MINUTE), "nobody waits behind it");
        now += 30_000;
        send(&store, &draft(&store, customer, 8).await, &["sato"], now).await;
        let job = lease(&store, now).await.remove(0);
        assert_eq!((&job.id, job.attempt), (&ids[0], 6));
    }

    async fn f39_a_dead_delivery_frees_its_room_tells_supervisors_and_takes_another_way(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 2, "sato").await;
        let now = NOON_MS + MINUTE;
        let job = lease(&store, now).await.remove(0);
        let fallback = [mail("office", now)];
        assert_eq!(store.delivery_dead(&job.id, 1, "550 no such user", &fallback, now).await.unwrap(), Settled::Done { next: true });
        assert_eq!(store.delivery_dead(&job.id, 1, "550 no such user", &[mail("office", now)], now).await.unwrap(), Settled::Already);
        let next = lease(&store, now).await;
        assert_eq!(next.iter().map(|job| job.id.as_str()).collect::<std::collections::BTreeSet<_>>(), [ids[1].as_str(), fallback[0].id.as_str()].into());
        let tasks = store.open_tasks().await.unwrap();
        assert_eq!(tasks.len(), 1);
        assert_eq!((tasks[0].kind, tasks[0].delivery.as_deref(), tasks[0].detail.as_str()), (TaskKind::Undelivered, Some(ids[0].as_str()), "550 no such user"));
        assert!(store.finish_task(tasks[0].id, "jiro", store::TaskEnd::Done, "電話で連絡", now).await.unwrap());
        assert!(!store.finish_task(tasks[0].id, "jiro", store::TaskEnd::Done, "", now).await.unwrap());
        assert!(store.open_tasks().await.unwrap().is_empty());
        assert!(matches!(store.finish_task(99, "jiro", store::TaskEnd::Done, "", now).await, Err(StoreError::Missing { .. })));
        let rounds: Vec<i64> = store.report_deliveries(&job.report).await.unwrap().iter().map(|row| row.round).collect();
        assert_eq!(rounds, [0, 1]);
    }

    async fn f39_a_bounce_is_told_once_and_may_be_quicker_than_we(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 2, "sato").await;
        let now = NOON_MS + MINUTE;
        let job = lease(&store, now).await.remove(0);
        accept(&store, &job, now).await;
        for (round, expected) in [Settled::Done { next: false }, Settled::Already].into_iter().enumerate() {
            let fallback = [mail(&format!("office{round}"), now)];
            assert_eq!(store.bounced(&job.id, "5.1.1 unknown", &fallback, now + 1000).await.unwrap(), expected);
        }
        let row = store.delivery(&job.id).await.unwrap();
        assert_eq!((row.state, row.accepted_ms, row.bounced_ms), (DeliveryState::Bounced, Some(now), Some(now + 1000)));
        let job = lease(&store, now).await.into_iter().find(|job| job.id == ids[1]).unwrap();
        store.bounced(&job.id, "5.1.1 unknown", &[], now).await.unwrap();
        assert_eq!(accept(&store, &job, now + 5).await, Settled::Done { next: false });
        let row = store.delivery(&job.id).await.unwrap();
        assert_eq!((row.state, row.accepted_ms), (DeliveryState::Bounced, Some(now + 5)), "accepted, and came back");
        assert_eq!(store.open_tasks().await.unwrap().len(), 2);
        assert!(matches!(store.bounced("nobody's", "?", &[], now).await, Err(StoreError::Missing { .. })));
    }

    async fn f39_what_was_called_back_or_given_up_goes_to_nobody_when_it_comes_back(store: Store) {
        let customer = firm(&store).await;
        queue(&store, customer, 2, "sato").await;
        let now = NOON_MS + MINUTE;
        let job = lease(&store, now).await.remove(0);
        store.withdraw_delivery(&job.id, "jiro", "送り先違い", now).await.unwrap();
        assert_eq!(accept(&store, &job, now + 1).await, Settled::Done { next: false });
        let row = store.delivery(&job.id).await.unwrap();
        assert_eq!((row.state, row.accepted_ms), (DeliveryState::Withdrawn, Some(now + 1)), "it arrived, and was called back");
        let fallback = [mail("office", now)];
        assert_eq!(store.bounced(&job.id, "5.1.1", &fallback, now + 2).await.unwrap(), Settled::Already);
        let dead = lease(&store, now + 3).await.remove(0);
        store.delivery_dead(&dead.id, dead.attempt, "550", &[mail("desk", now)], now + 3).await.unwrap();
        assert_eq!(store.bounced(&dead.id, "5.1.1", &fallback, now + 4).await.unwrap(), Settled::Already);
        let page = store.deliveries(&DeliveryQuery { limit: 100, ..DeliveryQuery::default() }).await.unwrap();
        assert_eq!(page.deliveries.iter().filter(|row| row.recipient == "office").count(), 0);
    }

    async fn x02_an_outcome_that_nobody_writes_down_is_tried_ever_more_rarely_and_given_up_in_the_end(store: Store) {
        let customer = firm(&store).await;
        let id = queue(&store, customer, 1, "sato").await.remove(0);
        let (begun, mut now, mut tries) = (NOON_MS + MINUTE, NOON_MS + MINUTE, Vec::new());
        while let Some(due) = store.outbox_due_ms().await.unwrap() {
            now = due.max(now);
            tries.extend(lease(&store, now).await.iter().map(|_| now - begun));
            assert!(tries.len() < 60, "{tries:?}");
        }
        assert_eq!(tries[..4], [0, 30_000, 60_000, 180_000], "the end of the lease at first");
        assert_eq!(tries.len(), 40);
        assert!(now - begun > 34 * 60 * MINUTE && now - begun <= 38 * 60 * MINUTE, "{} ms", now - begun);
        assert_eq!(store.delivery(&id).await.unwrap().state, DeliveryState::Dead);
        assert_eq!(store.open_tasks().await.unwrap()[0].kind, TaskKind::Undelivered);
    }

    async fn r26_a_clock_that_is_set_back_does_not_keep_the_outbox_waiting(store: Store) {
        let customer = firm(&store).await;
        queue(&store, customer, 2, "sato").await;
        let now = NOON_MS + MINUTE;
        let job = lease(&store, now).await.remove(0);
        store.delivery_retry(&job.id, 1, "451", now + 5_000, now).await.unwrap();
        let hour = 60 * MINUTE;
        store.shift_outbox(now - hour, hour).await.unwrap();
        assert_eq!(store.outbox_due_ms().await.unwrap(), Some(now - hour + 5_000));
        let job = lease(&store, now - hour + 5_000).await.remove(0);
        accept(&store, &job, now - hour + 5_001).await;
        assert_eq!(lease(&store, now - hour + 5_001).await.len(), 1, "nor the one behind it");
    }

    async fn a_withdrawn_delivery_frees_its_room(store: Store) {
        let customer = firm(&store).await;
        let ids = queue(&store, customer, 2, "sato").await;
        store.withdraw_delivery(&ids[0], "jiro", "送り先違い", NOON_MS).await.unwrap();
        let error = store.withdraw_delivery(&ids[0], "jiro", "again", NOON_MS).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict(store::Conflict::Over { state: DeliveryState::Withdrawn })), "{error:?}");
        assert_eq!(lease(&store, NOON_MS + MINUTE).await[0].id, ids[1]);
        assert_eq!(store.audit(Some(&format!("delivery {}", ids[0])), None, 5).await.unwrap()[0].what, "delivery.withdraw");
    }

    async fn f39_late_is_told_once_with_another_way(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        let urgent = store::NewDelivery { urgent: true, ..mail("sato", NOON_MS) };
        let edited = store.edit_report(&report.id, &crate::writing::completion(&report.draft), &hanako(), NOON_MS).await.unwrap();
        let sending = crate::writing::sending(edited.revision, vec![urgent.clone(), mail("suzuki", NOON_MS)]);
        store.send_report(&report.id, &sending, &hanako(), NOON_MS).await.unwrap();
        assert!(store.late_deliveries(NOON_MS + MINUTE - 1).await.unwrap().is_empty());
        let late = store.late_deliveries(NOON_MS + MINUTE).await.unwrap();
        assert_eq!(late.iter().map(|late| late.delivery.id.as_str()).collect::<Vec<_>>(), [urgent.id.as_str()], "X: a minute, for an urgent one");
        let fallback = [mail("office", NOON_MS)];
        assert!(store.delivery_late(&urgent.id, &fallback, NOON_MS + MINUTE).await.unwrap());
        assert!(!store.delivery_late(&urgent.id, &[mail("office", NOON_MS)], NOON_MS + MINUTE).await.unwrap());
        assert!(store.late_deliveries(NOON_MS + 9 * MINUTE).await.unwrap().is_empty());
        assert_eq!(store.late_deliveries(NOON_MS + 11 * MINUTE).await.unwrap().len(), 2, "the other, and the way around");
        assert_eq!(store.open_tasks().await.unwrap()[0].kind, TaskKind::Late);
        // It gets through after all: nobody has to do anything.
        let job = lease(&store, NOON_MS + 12 * MINUTE).await.into_iter().find(|job| job.id == urgent.id).unwrap();
        accept(&store, &job, NOON_MS + 12 * MINUTE).await;
        assert!(store.open_tasks().await.unwrap().is_empty());
        assert!(!store.delivery_late(&urgent.id, &[], NOON_MS + 13 * MINUTE).await.unwrap());
    }

    async fn two_workers_never_get_the_same(store: Store) {
        let customer = firm(&store).await;
        for number in 1..=30 {
            let report = draft(&store, customer, number).await;
            send(&store, &report, &[&format!("person{number}")], NOON_MS).await;
        }
        let worker = async || {
            let mut got = Vec::new();
            for _ in 0..8 {
                got.extend(store.lease_deliveries(NOON_MS + MINUTE, 30_000, 2).await.unwrap().into_iter().map(|job| job.id));
            }
            got
        };
        let (a, b, c) = tokio::join!(worker(), worker(), worker());
        let mut all: Vec<String> = [a, b, c].concat();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!((all.len(), count), (30, 30));
    }

    async fn x02_many_at_once_get_in_nobodys_way(store: Store) {
        let customer = firm(&store).await;
        let to = ["sato", "suzuki", "tanaka", "office"];
        let sender = async |from: u32| {
            for number in from..from + 10 {
                let report = draft(&store, customer, number).await;
                let now = NOON_MS + i64::from(number);
                // In another order each time: rooms are taken by name all the same.
                let mut to = to;
                to.rotate_left(usize::try_from(number % 4).unwrap());
                let edited = store.edit_report(&report.id, &crate::writing::completion(&report.draft), &hanako(), now).await.unwrap();
                let hashed = |to: &&str| store::NewDelivery { seen_hash: Some(format!("{to} {number}")), ..mail(to, now) };
                let sending = crate::writing::sending(edited.revision, to.iter().map(hashed).collect());
                store.send_report(&report.id, &sending, &hanako(), now).await.unwrap();
                store.seen(&format!("sato {number}"), now).await.unwrap().unwrap();
            }
        };
        let worker = async |own: i64| {
            let mut idle = 0;
            while idle < 200 {
                let jobs = store.lease_deliveries(NOON_MS + MINUTE, 30_000, 3).await.unwrap();
                idle = if jobs.is_empty() { idle + 1 } else { 0 };
                for (place, job) in (own..).zip(&jobs) {
                    let (id, now) = (job.id.as_str(), NOON_MS + MINUTE);
                    match place % 4 {
                        0 if !job.recipient.ends_with("fallback") => drop(store.delivery_dead(id, job.attempt, "550", &[mail("fallback", now), mail("a-fallback", now)], now).await.unwrap()),
                        1 if job.attempt < 3 => drop(store.delivery_retry(id, job.attempt, "451", now, now).await.unwrap()),
                        _ => drop(accept(&store, job, now).await),
                    }
                }
                if jobs.is_empty() {
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::join!(sender(1), sender(20), sender(40), worker(0), worker(1), worker(2));
        while store.outbox_due_ms().await.unwrap().is_some() {
            let jobs = lease(&store, NOON_MS + 10 * MINUTE).await;
            for job in &jobs {
                accept(&store, job, NOON_MS + 10 * MINUTE).await;
            }
        }
        let page = store.deliveries(&DeliveryQuery { limit: 500, ..DeliveryQuery::default() }).await.unwrap();
        let dead = page.deliveries.iter().filter(|row| row.state == DeliveryState::Dead).count();
        assert_eq!(page.deliveries.len(), 120 + 2 * dead);
        let over = [DeliveryState::Accepted, DeliveryState::Dead];
        assert!(page.deliveries.iter().all(|row| over.contains(&row.state)), "{:?}", page.deliveries);
        assert_eq!(page.deliveries.iter().filter(|row| row.seen_ms.is_some()).count(), 30);
    }
}

async fn what_cannot_be_read_is_given_up_and_holds_up_nobody(url: &str) {
    let store = Store::open(url).await.unwrap();
    let customer = firm(&store).await;
    let ids = queue(&store, customer, 2, "sato").await;
    assert_eq!(store.delivery_content(&ids[0]).await.unwrap().firm, "さくら歯科");
    execute(url, "UPDATE deliveries SET content = 'torn' WHERE place = (SELECT MIN(place) FROM deliveries)").await;
    assert!(matches!(store.delivery_content(&ids[0]).await, Err(StoreError::Damaged { .. })));
    let first = lease(&store, NOON_MS + MINUTE).await;
    assert!(first.is_empty(), "{first:?}");
    assert_eq!(store.delivery(&ids[0]).await.unwrap().state, DeliveryState::Dead);
    assert_eq!(lease(&store, NOON_MS + MINUTE).await[0].id, ids[1]);
    assert_eq!(store.open_tasks().await.unwrap().len(), 1);
}

#[tokio::test]
async fn sqlite_what_cannot_be_read_is_given_up_and_holds_up_nobody() {
    let database = Sqlite::new();
    what_cannot_be_read_is_given_up_and_holds_up_nobody(&database.url()).await;
}

#[tokio::test]
async fn postgres_what_cannot_be_read_is_given_up_and_holds_up_nobody() {
    let url = shared_postgres().create("unreadable").await;
    what_cannot_be_read_is_given_up_and_holds_up_nobody(&url).await;
}

#[tokio::test]
async fn f39_a_ladder_that_cannot_be_read_does_not_keep_an_acceptance_from_being_written_down() {
    let database = Sqlite::new();
    let store = Store::open(&database.url()).await.unwrap();
    let customer = firm(&store).await;
    let id = queue(&store, customer, 1, "sato").await.remove(0);
    let torn = "INSERT INTO ladders (report, customer, rungs, sent_ms, taken, due_ms, done_why) \
                SELECT report, customer, 'torn', created_ms, 0, created_ms, '' FROM deliveries";
    execute(&database.url(), torn).await;
    let job = lease(&store, NOON_MS + MINUTE).await.remove(0);
    accept(&store, &job, NOON_MS + MINUTE).await;
    assert_eq!(store.delivery(&id).await.unwrap().state, DeliveryState::Accepted);
}
