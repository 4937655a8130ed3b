//! The recording while the call lasts: pauses, keys, silence that desks see, and what the verifier says.

use bytes::Bytes;
use endpoint::{Ending, Trace, TraceDirection};
use sip::flow::{ConnectionId, Flow, Protocol};

use super::house::{House, SAKURA};
use crate::call::tape::PAUSE_MAX;
use crate::desk::{Command, CommandError, Reply};
use crate::media::{self, Recording};
use crate::record::CallState;

fn pause(house: &House, on: bool) -> Command {
    Command::PauseRecording { call: house.call_id("A"), on }
}

fn is_paused(house: &House) -> bool {
    house.calls.snapshot(house.now).calls[0].recording_paused
}

#[test]
fn x01_r26_a_field_is_written_on_the_recordings_own_clock_whatever_the_wall_clock_does() {
    let mut house = House::new();
    house.call("A", SAKURA);
    house.seconds(3);
    let call = house.call_id("A");
    let asked = |house: &mut House| {
        house.command(Command::RecordingClock { call });
        let shown = house.calls.snapshot(house.now).calls.first().and_then(|call| call.recording_ms);
        match house.done.last() {
            Some(Ok(Reply::RecordingClock(told))) => {
                assert_eq!(*told, shown);
                shown
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(asked(&mut house), None, "nobody has answered");
    house.answers("hanako");
    house.seconds(10);
    let unix_ms = house.calls.board.unix_ms(house.now);
    house.calls.set_wall_clock(house.now, unix_ms - 3_600_000);
    assert_eq!(asked(&mut house), Some(10_000));
    // A pause is a gap in it, and no stop of its clock.
    house.command(pause(&house, true));
    house.seconds(5);
    assert_eq!(asked(&mut house), Some(15_000));
    house.hangs_up("A");
    assert_eq!(asked(&mut house), None);
    house.everything_is_over();
    house.command(Command::RecordingClock { call });
    assert_eq!(house.refused(), CommandError::UnknownCall);
}

#[test]
fn f48_a_desk_pauses_the_recording_and_goes_on_with_it() {
    let mut house = House::talk("A");
    house.command(pause(&house, false)).tells([]).no_media("pause recording false");
    house.command(pause(&house, true)).tells(["recording_paused desk"]).media("pause recording true");
    assert!(is_paused(&house));
    house.command(pause(&house, true)).tells([]).no_media("pause recording true");
    house.command(pause(&house, false)).tells(["recording_resumed desk"]).media("pause recording false");
    assert!(!is_paused(&house));
    house.hangs_up("A");
    house.everything_is_over();
    let story = house.timeline("A").join("\n");
    assert!(story.contains("recording_paused") && story.contains("recording_resumed"), "{story}");
}

#[test]
fn f48_an_operator_pauses_by_key_and_a_caller_cannot() {
    let mut house = House::talk("A");
    house.keys("A", "*7").tells([]);
    house.keys("hanako", "*7").tells(["recording_paused key"]).media("pause recording true");
    house.keys("hanako", "*7").tells(["recording_resumed key"]).media("pause recording false");
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn f48_a_forgotten_pause_ends_by_itself() {
    let mut house = House::talk("A");
    house.command(pause(&house, true));
    house.after(PAUSE_MAX - std::time::Duration::from_millis(1)).tells([]);
    house.after(std::time::Duration::from_millis(1)).tells(["recording_resumed limit"]).media("pause recording false");
    // And with the call: nothing is ordered of a recording that is over.
    house.command(pause(&house, true));
    house.hangs_up("A").no_media("pause recording false");
    house.everything_is_over();
}

#[test]
fn f48_a_pause_ends_with_the_operator_who_could_have_ended_it() {
    let mut house = House::talk("A");
    house.command(pause(&house, true));
    house.ends("hanako", Ending::Lost).media("pause recording false");
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn f48_where_nothing_is_recorded_nothing_can_be_paused() {
    let mut house = House::new();
    house.call("A", SAKURA);
    house.command(pause(&house, true));
    assert_eq!(house.refused(), CommandError::WrongState(CallState::Queued));
    house.hangs_up("A");
    house.everything_is_over();
}

/// What the caller keys while the recording is paused: by voice path, and by INFO.
#[test]
fn f48_keys_of_a_caller_are_told_and_while_the_recording_is_paused_they_are_nowhere() {
    let mut house = House::talk("A");
    house.keys("A", "1");
    house.command(pause(&house, true)).media("detect A false");
    house.keys("A", "49");
    let address = "127.0.0.1:5060".parse().unwrap();
    let flow = Flow { protocol: Protocol::Udp, local: address, remote: address, connection: ConnectionId::NONE };
    let message = Bytes::from_static(b"INFO sip:x SIP/2.0\r\nCall-ID: x\r\n\r\nSignal=4\r\nDuration=100\r\n");
    let leg = house.leg("A");
    house.trace(Trace { leg, direction: TraceDirection::In, flow, message });
    house.command(pause(&house, false)).media("detect A true");
    house.keys("A", "2");
    house.hangs_up("A");
    house.everything_is_over();
    let keys: Vec<String> =
        house.facts("A", "key").iter().map(|fact| fact["digit"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys, ["1", "2"]);
    let messages = house.facts("A", "sip");
    assert!(messages.iter().all(|sip| !sip["message"].as_str().unwrap().contains("Signal")), "{messages:?}");
    assert_eq!(messages.len(), 1, "that there was one is told");
}

#[test]
fn a_leaning_caller_does_not_crowd_out_the_end() {
    let mut house = House::talk("A");
    for _ in 0..50 {
        house.keys("A", "1234567890");
    }
    house.hangs_up("A");
    house.everything_is_over();
    assert_eq!(house.facts("A", "key").len(), crate::call::record::KEYS_MAX);
    assert_eq!(house.facts("A", "ended").len(), 1);
}

#[test]
fn r33_who_is_not_heard_is_seen_by_desks_until_he_is() {
    let mut house = House::talk("A");
    let silent = |house: &House| house.calls.snapshot(house.now).calls[0].silent.join(" ");
    house.silent("A", 3).tells(["silent caller", "alarm one_way_audio"]);
    assert_eq!(silent(&house), "caller");
    house.silent("A", 5).tells([]);
    let leg = house.leg("A");
    house.media(media::Event::Audible { leg }).tells(["audible caller"]);
    assert_eq!(silent(&house), "");
    // A phone that holds is not expected to speak.
    house.silent("hanako", 3).tells(["silent operator", "alarm one_way_audio"]);
    house.reinvites("hanako", "inactive");
    assert_eq!(silent(&house), "");
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn w11_a_recording_that_is_not_as_it_should_be_is_kept_with_its_fault_and_told() {
    let mut house = House::talk("A");
    let call = house.call_id("A");
    let leg = house.leg("A");
    house.media(media::Event::NewStream { leg });
    house.hangs_up("A");
    let recording = Recording { path: "x".to_owned(), fault: "it is empty".to_owned(), ..Recording::default() };
    house.media(media::Event::RecordingFinished { call, recording }).tells(["alarm recording_failed"]);
    house.everything_is_over();
    assert_eq!(house.facts("A", "recording_failed")[0]["why"], "it is empty");
    assert_eq!(house.facts("A", "new_stream")[0]["leg"], "caller");
}
