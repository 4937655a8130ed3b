//! Saving calls exactly once.

use serde_json::json;
use store::StoreError;
use switch::{CallId, CallRecord, TimelineEvent};

use crate::on_both;
use crate::records::{answered, cleared, count, event, waiting, with_events};

on_both! {
    async fn a_call_grows_revision_by_revision(store: Store) {
        store.save_call(&waiting(1)).await.unwrap();
        assert_eq!(store.call(waiting(1).call).await.unwrap(), waiting(1));
        store.save_call(&answered(1)).await.unwrap();
        assert_eq!(store.call(waiting(1).call).await.unwrap(), with_events(answered(1), 3));
        store.save_call(&cleared(1)).await.unwrap();
        assert_eq!(store.call(waiting(1).call).await.unwrap(), with_events(cleared(1), 4));
        assert_eq!(Some(store.recording(waiting(1).call).await.unwrap()), cleared(1).recording);
        assert!(matches!(store.call(CallId(5)).await, Err(StoreError::Missing { .. })));
        assert!(matches!(store.recording(CallId(5)).await, Err(StoreError::Missing { .. })));
    }

    async fn r24_saving_twice_or_late_changes_nothing(store: Store) {
        for record in [waiting(1), answered(1), cleared(1), cleared(1), answered(1), waiting(1)] {
            store.save_call(&record).await.unwrap();
            store.save_call(&record).await.unwrap();
        }
        let other = CallRecord { ending: "another story".to_owned(), events: vec![event(3, "other")], ..cleared(1) };
        store.save_call(&other).await.unwrap();
        assert_eq!(store.call(waiting(1).call).await.unwrap(), with_events(cleared(1), 4));
        assert_eq!(count(&store).await.unwrap(), 1);
    }

    async fn r24_records_in_any_order_come_to_the_same(store: Store) {
        store.save_calls(&[cleared(1), waiting(1), answered(1)]).await.unwrap();
        assert_eq!(store.call(waiting(1).call).await.unwrap(), with_events(cleared(1), 4));
    }

    async fn r19_what_a_peer_sends_is_kept_as_text(store: Store) {
        let odd = "nul \0 quote ' percent % \u{202e} 🦷";
        let mut record = cleared(1);
        record.caller = odd.to_owned();
        record.legs[0].party = odd.to_owned();
        record.events = vec![TimelineEvent { detail: json!({ "message": odd }).into(), ..event(0, "sip") }];
        store.save_call(&record).await.unwrap();
        let kept = store.call(record.call).await.unwrap();
        assert_eq!(kept.caller, odd.replace('\0', "\u{fffd}"));
        assert_eq!(kept.events[0].detail.json()["message"], odd, "JSON has a word for NUL");
    }

    async fn ids_and_numbers_at_their_limits_survive(store: Store) {
        for call in [CallId(0), CallId(u64::MAX), CallId(1 << 63)] {
            let record = CallRecord { call, revision: u32::MAX, trunk: Some(i64::MAX), talk_ms: i64::MAX, ..with_events(cleared(1), 4) };
            store.save_call(&record).await.unwrap();
            assert_eq!(store.call(call).await.unwrap(), record);
        }
    }

    async fn writers_at_the_same_time_all_get_through(store: Store) {
        let writers: Vec<_> = (0..8u32)
            .map(|writer| {
                let store = store.clone();
                tokio::spawn(async move {
                    for number in 0..10 {
                        store.save_call(&cleared(number)).await.unwrap();
                        store.note(0, "w", "x", &writer.to_string(), "").await.unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(count(&store).await.unwrap(), 10);
        assert_eq!(store.audit(None, None, 1000).await.unwrap().len(), 80);
    }
}
