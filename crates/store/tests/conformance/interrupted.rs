//! The calls that a dead process left (R27).

use switch::media::Recording;
use switch::{CallRecord, CallState};

use crate::on_both;
use crate::records::{NOON_MS, answered, cleared, recording, waiting, with_events};

const NEXT_START_MS: i64 = NOON_MS + 3_600_000;

on_both! {
    async fn r27_open_calls_are_closed_with_their_repaired_recordings(store: Store) {
        store.save_call(&waiting(1)).await.unwrap();
        store.save_call(&answered(2)).await.unwrap();
        store.save_call(&answered(3)).await.unwrap();
        store.save_call(&with_events(cleared(4), 4)).await.unwrap();
        let saved = Recording { samples: 80_000, ..recording(2) };
        let stranger = Recording { path: "2026/11/18/nobody.wav".to_owned(), ..recording(9) };
        let found = store.close_interrupted(NEXT_START_MS, &[saved.clone(), stranger.clone()]).await.unwrap();
        assert_eq!(found.closed, [waiting(1).call, waiting(2).call, waiting(3).call]);
        assert_eq!(found.recordings, [waiting(2).call]);
        assert_eq!(found.strangers, [stranger.path]);

        let never_answered = store.call(waiting(1).call).await.unwrap();
        assert_eq!(never_answered.state, CallState::Interrupted);
        assert_eq!(never_answered.ended_ms, Some(waiting(1).arrived_ms + 10), "the last that is known");
        assert_eq!((never_answered.talk_ms, never_answered.no_recording.as_str()), (0, ""));
        assert_eq!(never_answered.events.last().map(|event| event.kind.as_str()), Some("interrupted"));

        let talked = store.call(waiting(2).call).await.unwrap();
        assert_eq!(talked.recording, Some(saved));
        assert_eq!((talked.talk_ms, talked.wait_ms), (10_000, 4000));
        assert_eq!(talked.first_speech_ms, talked.answered_ms.map(|at| at + 850), "X11: also of a repaired one");
        assert_eq!(talked.ended_ms, talked.answered_ms.map(|at| at + 10_000));
        assert!(talked.legs.iter().all(|leg| leg.ended_ms == talked.ended_ms));

        let silent = store.call(waiting(3).call).await.unwrap();
        assert!(silent.recording.is_none() && silent.no_recording.starts_with("none, because"), "{silent:?}");
        assert_eq!(store.call(waiting(4).call).await.unwrap(), with_events(cleared(4), 4), "untouched");

        // Again: nothing. And what the dead process said before its end cannot open them again.
        assert_eq!(store.close_interrupted(NEXT_START_MS, &[]).await.unwrap(), Default::default());
        store.save_call(&answered(2)).await.unwrap();
        assert_eq!(store.call(waiting(2).call).await.unwrap(), talked);
    }

    async fn r27_a_call_that_was_over_still_gets_the_recording_that_was_not(store: Store) {
        let unfinished = CallRecord { recording: None, ..cleared(1) };
        store.save_call(&unfinished).await.unwrap();
        let failed = CallRecord { recording: None, no_recording: "none, because the disk was full".to_owned(), ..cleared(2) };
        store.save_call(&failed).await.unwrap();
        // Only the first has a file that may be complete without the database knowing it.
        let stems = store.unsettled_recordings().await.unwrap();
        assert_eq!(stems.as_slice(), std::slice::from_ref(&unfinished.recording_stem));
        let found = store.close_interrupted(NEXT_START_MS, &[recording(1), recording(2)]).await.unwrap();
        assert_eq!((found.closed.len(), found.strangers.len()), (0, 0));
        assert_eq!(found.recordings, [cleared(1).call, cleared(2).call]);
        for number in [1, 2] {
            let call = store.call(cleared(number).call).await.unwrap();
            assert_eq!((call.state, call.recording, call.no_recording.as_str()), (CallState::Cleared, Some(recording(number)), ""));
            assert_eq!(call.talk_ms, 60_000);
        }
    }

    async fn r26_a_clock_that_was_set_back_makes_no_negative_times(store: Store) {
        store.save_call(&answered(1)).await.unwrap();
        store.close_interrupted(NOON_MS - 3_600_000, &[recording(1)]).await.unwrap();
        let call = store.call(answered(1).call).await.unwrap();
        assert!(call.ended_ms.unwrap() >= call.arrived_ms && call.talk_ms >= 0 && call.wait_ms >= 0, "{call:?}");
    }
}
