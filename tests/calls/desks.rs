//! Operators' phones as the queue has them: none rings for a caller who is gone (W05), none is stuck whatever phones do (W04), and
//! whoever comes free is called for the next caller at once (W06).

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sip::message::{Message, Method};

use crate::support::callers::{Plan, call};
use crate::support::house::{House, Operator, SOON};
use crate::support::peer::{Dialog, Peer, sdp};
use crate::support::robots::{Deed, Habit, Robots};
use crate::support::{pause, ports, until};

/// A house with one firm, and a carrier without opinions.
fn scene(firm: Value) -> (House, Peer) {
    let house = House::start();
    house.firm("sakura", "さくら歯科", "0355500101", firm);
    let port = ports::free_block(2);
    house.trunk("carrier", port, json!({}));
    let carrier = Peer::bind(port, &house.sip);
    (house, carrier)
}

fn operators<const N: usize>(house: &House) -> [Operator; N] {
    std::array::from_fn(|n| house.operator(&(201 + n).to_string(), 0))
}

/// What a phone was asked in one call of the house's.
fn asked(robots: &Robots, login: &str, call: &str) -> Vec<Deed> {
    robots.seen_by(login).into_iter().filter(|seen| seen.call == call).map(|seen| seen.what).collect()
}

/// How long after this moment the last of these phones was told.
fn told_after(robots: &Robots, what: Deed, begun: Instant, times: usize) -> Duration {
    let last = ["201", "202", "203"].map(|phone| robots.until(phone, what, times).at.saturating_duration_since(begun));
    last.into_iter().max().unwrap_or_default()
}

#[test]
fn w05_no_phone_rings_for_a_caller_who_has_hung_up_before_or_after_an_announcement() {
    let (house, mut carrier) =
        scene(json!({ "plan": "ring_all", "ring_seconds": 60, "waiting": { "announce_after_seconds": null } }));
    let announcing = json!({ "plan": "ring_all", "ring_seconds": 60, "waiting": { "announce_after_seconds": 0 } });
    house.firm("aoba", "青葉法律事務所", "0355500102", announcing);
    let [one, two, three] = operators(&house);
    let robots = Robots::start(&house, &[(&one, Habit::Rings), (&two, Habit::Rings), (&three, Habit::Rings)]);

    // CANCEL while the phones ring.
    let invite = carrier.invite("0355500101", "09011112222", &sdp(40_000));
    for phone in ["201", "202", "203"] {
        robots.until(phone, Deed::Invited, 1);
    }
    let begun = Instant::now();
    carrier.cancel(&invite);
    carrier.response(200, "CANCEL");
    let gone = carrier.response(487, "INVITE");
    carrier.acknowledge_refusal(&invite, &gone);
    println!("the last phone was told {:?} after the caller's CANCEL", told_after(&robots, Deed::Cancelled, begun, 1));

    // BYE while they ring: the caller was connected, and heard an announcement.
    carrier.invite("0355500102", "09033334444", &sdp(40_002));
    let mut dialog = answered(&mut carrier);
    for phone in ["201", "202", "203"] {
        robots.until(phone, Deed::Invited, 2);
    }
    let begun = Instant::now();
    carrier.request(&mut dialog, &Method::Bye, None);
    carrier.response(200, "BYE");
    println!("the last phone was told {:?} after the caller's BYE", told_after(&robots, Deed::Cancelled, begun, 2));

    // BYE in the talk: the one who talks is told, those who lost it were told before, and nobody is asked again.
    robots.learns("202", Habit::Answers(Duration::ZERO));
    carrier.invite("0355500101", "09055556666", &sdp(40_004));
    let mut dialog = answered(&mut carrier);
    let begun = Instant::now();
    carrier.request(&mut dialog, &Method::Bye, None);
    carrier.response(200, "BYE");
    let ended = robots.until("202", Deed::Ended, 1);
    println!("the operator's phone was told {:?} after the caller's BYE", ended.at.saturating_duration_since(begun));
    house.assert_idle();
    pause(Duration::from_millis(1500));
    let calls = house.get("/calls?limit=10")["calls"].as_array().cloned().unwrap_or_default();
    assert_eq!(calls.len(), 3);
    for call in calls {
        let name = call["call"].as_str().expect("a call");
        for phone in ["201", "202", "203"] {
            let talked = name == ended.call && phone == "202";
            let wanted: &[Deed] = match talked {
                true => &[Deed::Invited, Deed::Answered, Deed::Ended],
                false => &[Deed::Invited, Deed::Cancelled],
            };
            assert_eq!(asked(&robots, phone, name), wanted, "{phone} in {call}");
        }
    }
    for operator in [&one, &two, &three] {
        house.until_operator(operator.id, "ready");
    }
}

/// Our 200 comes, and is acknowledged.
fn answered(carrier: &mut Peer) -> Dialog {
    let answer: Message = carrier.response(200, "INVITE");
    let dialog = carrier.caller_dialog(&answer);
    carrier.ack(&dialog);
    dialog
}

#[test]
fn w04_nobody_is_stuck_after_phones_that_refuse_say_nothing_hang_up_or_talk_nonsense() {
    const TURN: Duration = Duration::from_millis(200);
    let (house, mut carrier) =
        scene(json!({ "plan": "round_robin", "ring_seconds": 2, "waiting": { "announce_after_seconds": null } }));
    let all: [Operator; 8] = operators(&house);
    let habits = [
        Habit::Refuses(486),
        Habit::Refuses(480),
        Habit::Refuses(603),
        Habit::Refuses(500),
        Habit::Mute,
        Habit::HangsUp,
        Habit::Babbles,
        Habit::Rings,
    ];
    let robots = Robots::start(&house, &all.iter().zip(habits).collect::<Vec<_>>());
    // Twelve callers for phones of which one answers and hangs up at once; and four when that one only rings, too.
    for (calls, sixth) in [(12, Habit::HangsUp), (4, Habit::Rings)] {
        robots.learns("206", sixth);
        let bad_day = Plan {
            calls,
            within: Duration::from_secs(2),
            patience: Duration::from_secs(5),
            talk: Duration::from_millis(500),
        };
        let fates = call(&mut carrier, "0355500101", bad_day);
        assert!(fates.iter().all(|fate| fate.rang && fate.over && fate.refused.is_none()), "{fates:#?}");
        let has_an_answer = matches!(sixth, Habit::HangsUp);
        assert_eq!(fates.iter().any(|fate| fate.answered.is_some()), has_an_answer, "{fates:#?}");
        assert_eq!(fates.iter().any(|fate| fate.gave_up), !has_an_answer, "{fates:#?}");
    }
    house.assert_idle();
    // Each had calls to spoil.
    for operator in &all {
        assert!(!robots.seen_by(&operator.login).is_empty(), "{} was never asked", operator.login);
    }

    // The phones are mended. Whoever was sent away because nobody picked up says so at the desk; nobody needs more than that.
    for operator in &all {
        robots.learns(&operator.login, Habit::Answers(TURN));
    }
    until("everybody is ready", SOON, || {
        let now = house.get("/now");
        let states: Vec<&Value> = now["operators"].as_array()?.iter().collect();
        for gone in states.iter().filter(|one| one["state"] == "not_ready") {
            assert_eq!(gone["reason"], "no answer", "{gone}");
            house.post(&format!("/operators/{}/state", gone["operator"]), json!({ "ready": true }));
        }
        states.iter().all(|one| one["state"] == "ready" && one["call"].is_null()).then_some(())
    });
    let good_day = Plan { calls: 8, within: TURN, patience: Duration::from_secs(60), talk: Duration::from_secs(3) };
    let before = robots.seen().len();
    let fates = call(&mut carrier, "0355500101", good_day);
    assert!(fates.iter().all(|fate| fate.answered.is_some() && fate.refused.is_none()), "{fates:#?}");
    let answered = robots.seen().split_off(before).into_iter().filter(|seen| seen.what == Deed::Answered);
    let mut who: Vec<String> = answered.map(|seen| seen.who).collect();
    who.sort();
    assert_eq!(who, all.each_ref().map(|operator| operator.login.clone()), "each of them had one");
    house.assert_idle();
    let log = house.log();
    assert!(!log.contains("panicked") && !log.contains("invariant was broken"), "{log}");
}

#[test]
fn w06_the_next_callers_phone_rings_in_the_event_in_which_the_operator_comes_free() {
    let (house, mut carrier) = scene(json!({ "waiting": { "announce_after_seconds": null } }));
    let [one] = operators(&house);
    let robots = Robots::start(&house, &[(&one, Habit::Answers(Duration::ZERO))]);
    let mut events = house.events();
    carrier.invite("0355500101", "09011112222", &sdp(40_000));
    let mut first = answered(&mut carrier);
    carrier.invite("0355500101", "09033334444", &sdp(40_002));
    let waits = events.until(|told| {
        told["event"]["kind"] == "call_arrived"
            && told["event"]["caller"].as_str().is_some_and(|who| who.ends_with("4444"))
    });
    let second = waits.last().expect("it came")["event"]["call"].clone();
    carrier.response(180, "INVITE");
    // Long enough for whoever looks now and then to have looked.
    pause(Duration::from_millis(700));
    carrier.request(&mut first, &Method::Bye, None);
    let told = events.until(|told| told["event"]["kind"] == "screen_pop" && told["event"]["call"] == second);
    let pops = told.iter().filter(|told| told["event"]["kind"] == "screen_pop").count();
    assert_eq!(pops, 1, "not before there was somebody: {told:#?}");
    let free =
        told.iter().rposition(|told| told["event"]["kind"] == "operator_state" && told["event"]["state"] == "ready");
    let free = &told[free.unwrap_or_else(|| panic!("nobody came free: {told:#?}"))];
    let pop = told.last().expect("a pop");
    let ms = |stamped: &Value| stamped["unix_ms"].as_i64().expect("a time");
    println!("rung {} ms after coming free", ms(pop) - ms(free));
    // Nothing else had to happen in between: no timer, no packet, no look at a table.
    let between = told
        .iter()
        .filter(|told| told["seq"].as_u64() > free["seq"].as_u64() && told["seq"].as_u64() < pop["seq"].as_u64());
    let between: Vec<&Value> = between.map(|told| &told["event"]).collect();
    let own = |event: &&Value| {
        event["kind"] == "promise" || event["kind"] == "operator_state" || event["kind"] == "call_changed"
    };
    assert!(between.iter().all(own), "{between:#?}");
    robots.until("201", Deed::Answered, 2);
    let mut second = answered(&mut carrier);
    carrier.request(&mut second, &Method::Bye, None);
    robots.until("201", Deed::Ended, 2);
    house.assert_idle();
}
