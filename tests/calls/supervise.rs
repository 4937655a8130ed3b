//! A supervisor's phone on a call in hand: what each of the three hears, mode by mode, and what is on the recording.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::audio::{CALLER_HZ, OPERATOR_2_HZ, OPERATOR_HZ, channel, loudness, power};
use crate::support::house::{House, SOON};
use crate::support::{pause, until};

/// Long enough that a run of tone is a run, short enough for a test.
const A_WHILE: Duration = Duration::from_millis(1500);
const SUPERVISOR_HZ: f32 = OPERATOR_2_HZ;

/// Which of the three are heard together, run by run; runs shorter than half a second are left out, and silence too.
fn who(samples: &[i16]) -> Vec<Vec<f32>> {
    let mut runs: Vec<(Vec<f32>, usize)> = Vec::new();
    for window in samples.chunks_exact(800) {
        let loud = loudness(window).powi(2);
        let is_there = |hz: &f32| loud > 1e-5 && power(window, *hz) > 0.15 * loud;
        let heard: Vec<f32> = [CALLER_HZ, OPERATOR_HZ, SUPERVISOR_HZ].into_iter().filter(is_there).collect();
        match runs.last_mut() {
            Some((last, length)) if *last == heard => *length += 1,
            _ => runs.push((heard, 1)),
        }
    }
    let mut story: Vec<Vec<f32>> = Vec::new();
    for (heard, length) in runs {
        if length >= 5 && !heard.is_empty() && story.last() != Some(&heard) {
            story.push(heard);
        }
    }
    story
}

#[test]
fn w13_a_supervisor_listens_whispers_and_joins_and_each_hears_what_he_should() {
    let (house, operator, trunk) = House::small();
    let mut phone = house.phone(&operator, OPERATOR_HZ, false);
    // Ready after the first, who is therefore asked first.
    let supervisor = house.operator("102", 0);
    let mut chief = house.phone(&supervisor, SUPERVISOR_HZ, false);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_INCOMING");
    phone.command("accept", "");
    caller.wait("CALL_ESTABLISHED");
    let call = house.until_call("established");
    pause(A_WHILE);

    house.cli(&["call", "supervise", &call, "--by", "102", "--json"]);
    let ringing = chief.wait("CALL_INCOMING");
    assert!(ringing.to_string().contains("聴取: さくら歯科"), "the phone says what it is: {ringing}");
    chief.command("accept", "");
    chief.wait("CALL_ESTABLISHED");
    let visit = || house.calls_now().first().map(|call| call["supervisor"].clone()).unwrap_or_default();
    until("the supervisor is on the line", SOON, || (visit()["on_the_line"] == true).then_some(()));
    assert_eq!((visit()["operator"].as_i64(), visit()["mode"].as_str()), (Some(supervisor.id), Some("listen")));
    house.until_operator(supervisor.id, "busy");
    pause(A_WHILE);
    for mode in ["whisper", "join", "listen"] {
        house.post(&format!("/calls/{call}/supervise"), json!({ "mode": mode, "operator": supervisor.id }));
        until(mode, SOON, || (visit()["mode"] == mode).then_some(()));
        pause(A_WHILE);
    }
    house.cli(&["call", "supervise", &call, "--stop", "--json"]);
    chief.wait("CALL_CLOSED");
    house.until_operator(supervisor.id, "ready");
    pause(A_WHILE);
    caller.command("hangup", "");
    phone.wait("CALL_CLOSED");
    house.assert_idle();

    let alone = |hz| vec![hz];
    let (both, whispered) = (vec![CALLER_HZ, OPERATOR_HZ], vec![CALLER_HZ, SUPERVISOR_HZ]);
    let ours = [alone(OPERATOR_HZ), vec![OPERATOR_HZ, SUPERVISOR_HZ], alone(OPERATOR_HZ)];
    assert_eq!(who(&caller.heard()[0]), ours, "the caller heard the supervisor when he joined, and only then");
    assert_eq!(who(&phone.heard()[0]), [alone(CALLER_HZ), whispered, alone(CALLER_HZ)], "the operator heard");
    assert_eq!(who(&chief.heard()[0]), [both], "the supervisor heard both, all the time");

    let record = house.finished(1);
    let file = house.recording(&record);
    assert_eq!(who(&channel(&file, 0)), [alone(CALLER_HZ)], "on the recording, left");
    assert_eq!(who(&channel(&file, 1)), ours, "on the recording, right: who joins is heard, who whispers is not");
    assert_eq!(record["operator"], operator.id);
    let told = |key: &str, of: &Value| of[key].as_str().unwrap_or_default().to_owned();
    let legs: Vec<String> = record["legs"].as_array().expect("legs").iter().map(|leg| told("role", leg)).collect();
    assert_eq!(legs, ["caller", "operator", "supervisor"]);
    let events = record["events"].as_array().expect("events").iter().map(|event| told("kind", event));
    let visit: Vec<String> = events.filter(|kind| kind.starts_with("supervision")).collect();
    let mode = "supervision_mode";
    assert_eq!(visit, ["supervision_asked", "supervision_begun", mode, mode, mode, "supervision_ended"]);
}
