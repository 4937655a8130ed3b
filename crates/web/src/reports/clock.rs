//! The recording's clock (X01): at which moment of a call's recording something was typed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use report::Edit;
use report::evidence::{Evidence, evidence};
use store::{RecordingTimes, ReportRow, StoreError};
use switch::{CallId, Event};

use crate::api::Api;

/// Calls that are over whose times are remembered.
const KNOWN_MAX: usize = 4_096;

/// The times of recordings that have ended: they do not change, and are asked for at every edit.
#[derive(Default)]
pub(crate) struct Recorded(Mutex<HashMap<CallId, RecordingTimes>>);

impl Recorded {
    fn known(&self, call: CallId) -> Option<RecordingTimes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&call).copied()
    }

    fn remember(&self, call: CallId, times: RecordingTimes) {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recorded.len() >= KNOWN_MAX {
            recorded.clear();
        }
        recorded.insert(call, times);
    }
}

/// When the recording of a call began and ended: as its record has it, or, before that has come, as the events told it.
pub(super) async fn recorded(api: &Api, call: CallId) -> Result<RecordingTimes, StoreError> {
    if let Some(known) = api.recorded.known(call) {
        return Ok(known);
    }
    let mut times = api.store.recording_times(call).await?;
    if times.began_ms.is_some() && times.ended_ms.is_some() {
        if !times.is_missing {
            api.recorded.remember(call, times);
        }
        return Ok(times);
    }
    let name = call.to_string();
    for stamped in api.switchboard.history(0) {
        match stamped.event.of_switch() {
            Some(Event::CallAnswered { call, .. }) if *call == name => {
                times.began_ms = times.began_ms.or(Some(stamped.unix_ms));
            }
            Some(Event::CallEnded { call, .. }) if *call == name => {
                times.ended_ms = times.ended_ms.or(Some(stamped.unix_ms));
            }
            Some(_) | None => {}
        }
    }
    Ok(times)
}

/// A moment on the recording's clock, in milliseconds since it began; `None`: there is no recording, or it was over by then.
pub(super) fn offset_ms(times: RecordingTimes, at_ms: i64) -> Option<i64> {
    let began_ms = times.began_ms.filter(|_| !times.is_missing)?;
    let runs = times.ended_ms.is_none_or(|ended_ms| at_ms <= ended_ms);
    // The answer is told by another clock's tick: what was typed with it is at the beginning.
    runs.then(|| at_ms.saturating_sub(began_ms).max(0))
}

/// Where in the recording each field of a report was said, by all of its edits; of a correction, after the call of what it corrects.
pub(crate) async fn heard(
    api: &Api,
    report: &ReportRow,
    edits: &[Edit],
) -> Result<BTreeMap<String, Evidence>, StoreError> {
    let ended_ms = match api.store.call_of_report(report).await? {
        Some(call) => recorded(api, call).await?.ended_ms,
        None => None,
    };
    Ok(evidence(edits, ended_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x01_only_what_was_typed_while_it_ran_is_on_the_recordings_clock() {
        let runs = RecordingTimes { began_ms: Some(1_000), ..RecordingTimes::default() };
        let ended = RecordingTimes { ended_ms: Some(9_000), ..runs };
        for (times, at_ms, offset) in [
            (runs, 6_000, Some(5_000)),
            (runs, 600_000, Some(599_000)),
            (runs, 990, Some(0)),
            (ended, 9_000, Some(8_000)),
            (ended, 9_001, None),
            (RecordingTimes { is_missing: true, ..ended }, 6_000, None),
            (RecordingTimes::default(), 6_000, None),
        ] {
            assert_eq!(offset_ms(times, at_ms), offset, "{times:?} {at_ms}");
        }
    }
}
