//! The ramp with a handful of calls: what it tells is what happened.

use super::*;

const STEP: Duration = Duration::from_millis(600);

/// A crowd on the line in a house of its own.
fn crowd(callers: usize, folder: &Path) -> Crowd {
    let (stage, board) = loud::stage(20, folder).unwrap();
    let mut crowd = Crowd::new(stage, board, Duration::from_secs(60));
    crowd.callers = callers;
    crowd.every = Duration::from_millis(5);
    let give_up = clock::now() + Duration::from_secs(20);
    while crowd.stage.peers.talking() < callers && clock::now() < give_up {
        crowd.turn().unwrap();
    }
    assert_eq!(crowd.stage.peers.talking(), callers);
    crowd
}

#[test]
fn r45_every_call_of_a_ramp_is_carried_or_refused_and_has_its_recording() {
    let mut rows = Vec::new();
    let recordings = ramp(4, STEP, |row| rows.push(row)).unwrap();
    assert_eq!(rows.iter().map(|row| row.callers).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 8]);
    for row in &rows {
        assert_eq!(row.failed_otherwise, 0, "{row:?}");
        assert!(row.carried <= row.callers as f64 && row.delay_ms_p50 <= row.delay_ms_p99, "{row:?}");
        // A machine that is elsewhere for a moment loses nothing: sockets keep it.
        assert!(row.loss < 0.5, "{row:?}");
    }
    assert!(rows.iter().map(|row| row.sent).sum::<u64>() > 0, "{rows:?}");
    let answered: usize = rows.iter().map(|row| row.established).sum();
    assert!(recordings.calls >= answered && answered > 0, "{answered} {recordings:?}");
    assert_eq!((recordings.missing, recordings.faulty), (0, 0), "{recordings:?}");
    assert_eq!(recordings.whole + recordings.with_gaps, recordings.calls, "{recordings:?}");
    assert!(recordings.recorded_s > 0, "{recordings:?}");
}

#[test]
fn r45_a_full_voice_path_refuses_new_callers_and_serves_those_on_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut crowd = crowd(3, folder.path());
    crowd.board.told().pretended = Some(1.0);
    // The signal takes a moment to be believed.
    crowd.wait(Duration::from_secs(1)).unwrap();
    crowd.every = Duration::from_millis(10);
    let row = crowd.step(100, 20, Duration::from_secs(1)).unwrap();
    assert!(row.refused_503 > 0 && row.failed_otherwise == 0, "{row:?}");
    assert_eq!(row.retry_after_s, Some((5, 5)), "{row:?}");
    assert!(row.sent > 0 && row.loss < 0.5 && row.carried >= 3.0, "{row:?}");
    let answered = crowd.answered;
    let board = crowd.board.clone();
    crowd.end().unwrap();
    let recordings = verify(folder.path(), &board, answered);
    assert_eq!((recordings.missing, recordings.faulty), (0, 0), "{recordings:?}");
}

#[test]
fn a_recording_that_is_not_as_it_was_or_not_as_long_as_its_call_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let crowd = crowd(3, folder.path());
    let board = crowd.board.clone();
    crowd.end().unwrap();
    assert_eq!(verify(folder.path(), &board, 3).faulty, 0);
    assert_eq!(verify(folder.path(), &board, 4).missing, 1);
    let (call, recording) = board.told().recordings.first().cloned().unwrap();
    board.told().talked_ms.insert(call, 60_000);
    let changed = board.told().recordings.last().cloned().unwrap().1;
    let path = folder.path().join(&changed.path);
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let found = verify(folder.path(), &board, 3);
    assert_eq!((found.faulty, found.whole), (2, 1), "{found:?}");
    assert!(found.fault.contains(&format!("{} ms recorded of 60000 ms", recording.samples / 8)), "{found:?}");
}
