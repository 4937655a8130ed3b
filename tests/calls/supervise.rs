//! A supervisor's phone on a call in hand: what each of the three hears, mode by mode, and what is on the recording.

use std::slice;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::audio::{CALLER_HZ, OPERATOR_2_HZ, OPERATOR_HZ, channel, in_order, loudness, power};
use crate::support::house::{House, SOON};
use crate::support::{pause, until};

/// Long enough that a run of tone is a run, short enough for a test.
const A_WHILE: Duration = Duration::from_millis(3000);
const SUPERVISOR_HZ: f32 = OPERATOR_2_HZ;

/// Which of the three are heard together, 100 ms by 100 ms.
fn voices(samples: &[i16]) -> Vec<Vec<f32>> {
    let heard = |window: &[i16]| {
        let loud = loudness(window).powi(2);
        let is_there = |hz: &f32| loud > 1e-5 && power(window, *hz) > 0.15 * loud;
        [CALLER_HZ, OPERATOR_HZ, SUPERVISOR_HZ].into_iter().filter(is_there).collect()
    };
    samples.chunks_exact(800).map(heard).collect()
}

/// The same, run by run; runs shorter than half a second are left out, and silence too.
fn runs(samples: &[i16]) -> Vec<Vec<f32>> {
    let mut runs: Vec<(Vec<f32>, usize)> = Vec::new();
    for heard in voices(samples) {
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

/// From the first to the last moment in which the supervisor is heard.
fn visit(samples: &[i16]) -> Duration {
    let voices = voices(samples);
    let heard = |voices: &Vec<f32>| voices.contains(&SUPERVISOR_HZ);
    let (first, last) = (voices.iter().position(heard), voices.iter().rposition(heard));
    first.zip(last).map_or(Duration::ZERO, |(first, last)| Duration::from_millis(100 * (last + 1 - first) as u64))
}

/// These are heard in this order, and who is `never` to be heard is not, not for a moment. What is not asked for is that nobody's
/// voice stops in between: a phone on a busy machine does.
fn assert_hears(who: &str, samples: &[i16], wanted: &[Vec<f32>], never: &[f32]) {
    let told = runs(samples);
    assert!(in_order(&told, wanted), "{who} heard {told:?}");
    let moments = voices(samples).iter().filter(|voices| never.iter().any(|hz| voices.contains(hz))).count();
    assert_eq!(moments, 0, "{who} heard one of {never:?}: {told:?}");
}

/// A busy machine's phone writes less than it should: the modes are parts of what it wrote.
fn hears_both_in_each_mode(samples: &[i16], changes: &[Instant; 5], both: &[f32]) {
    let heard = voices(samples);
    let whole = (changes[4] - changes[0]).as_secs_f64();
    let at = |moment: Instant| ((moment - changes[0]).as_secs_f64() / whole * heard.len() as f64) as usize;
    for (mode, change) in changes.windows(2).enumerate() {
        let together = heard[at(change[0])..at(change[1])].iter().filter(|voices| *voices == both).count();
        assert!(
            together >= 10,
            "in mode {mode} the supervisor heard both for {together} tenths of a second: {heard:?}"
        );
    }
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
    let on_the_line = Instant::now();
    let now = || house.calls_now().first().map(|call| call["supervisor"].clone()).unwrap_or_default();
    until("the supervisor is on the line", SOON, || (now()["on_the_line"] == true).then_some(()));
    assert_eq!((now()["operator"].as_i64(), now()["mode"].as_str()), (Some(supervisor.id), Some("listen")));
    house.until_operator(supervisor.id, "busy");
    pause(A_WHILE);
    let mut begun = Vec::new();
    for mode in ["whisper", "join", "listen"] {
        begun.push(Instant::now());
        house.post(&format!("/calls/{call}/supervise"), json!({ "mode": mode, "operator": supervisor.id }));
        until(mode, SOON, || (now()["mode"] == mode).then_some(()));
        if mode == "listen" {
            begun.push(Instant::now());
        }
        pause(A_WHILE);
    }
    let stopped = Instant::now();
    house.cli(&["call", "supervise", &call, "--stop", "--json"]);
    chief.wait("CALL_CLOSED");
    house.until_operator(supervisor.id, "ready");
    pause(A_WHILE);
    caller.command("hangup", "");
    phone.wait("CALL_CLOSED");
    house.assert_idle();

    // He is heard from the mode in which he is to be heard to its end; on the way it may take as long as this.
    const ON_THE_WAY: Duration = Duration::from_millis(700);
    let [whispers, joins, _, listens] = begun[..] else { panic!("three modes") };
    let (in_both, in_one) = (listens - whispers + ON_THE_WAY, listens - joins + ON_THE_WAY);
    let alone = |hz| vec![hz];
    let (both, whispered) = (vec![CALLER_HZ, OPERATOR_HZ], vec![CALLER_HZ, SUPERVISOR_HZ]);
    let ours = [alone(OPERATOR_HZ), vec![OPERATOR_HZ, SUPERVISOR_HZ], alone(OPERATOR_HZ)];
    let (callers, operators) = (caller.heard().concat(), phone.heard().concat());
    assert_hears("the caller", &callers, &ours, &[CALLER_HZ]);
    assert!(visit(&callers) < in_one, "the caller heard the supervisor for {:?} of {in_one:?}", visit(&callers));
    assert_hears("the operator", &operators, &[alone(CALLER_HZ), whispered, alone(CALLER_HZ)], &[OPERATOR_HZ]);
    assert!(visit(&operators) < in_both, "the operator heard him for {:?} of {in_both:?}", visit(&operators));
    let chiefs = chief.heard().concat();
    assert_hears("the supervisor", &chiefs, slice::from_ref(&both), &[SUPERVISOR_HZ]);
    hears_both_in_each_mode(&chiefs, &[on_the_line, whispers, joins, listens, stopped], &both);

    let record = house.finished(1);
    let file = house.recording(&record);
    let (left, right) = (channel(&file, 0), channel(&file, 1));
    assert_hears("the recording's left", &left, &[alone(CALLER_HZ)], &[OPERATOR_HZ, SUPERVISOR_HZ]);
    // Who joins is heard, who whispers is not.
    assert_hears("the recording's right", &right, &ours, &[CALLER_HZ]);
    assert!(visit(&right) < in_one, "he is on the recording for {:?} of {in_one:?}", visit(&right));
    assert_eq!(record["operator"], operator.id);
    let told = |key: &str, of: &Value| of[key].as_str().unwrap_or_default().to_owned();
    let legs: Vec<String> = record["legs"].as_array().expect("legs").iter().map(|leg| told("role", leg)).collect();
    assert_eq!(legs, ["caller", "operator", "supervisor"]);
    let events = record["events"].as_array().expect("events").iter().map(|event| told("kind", event));
    let visit: Vec<String> = events.filter(|kind| kind.starts_with("supervision")).collect();
    let mode = "supervision_mode";
    assert_eq!(visit, ["supervision_asked", "supervision_begun", mode, mode, mode, "supervision_ended"]);
}
