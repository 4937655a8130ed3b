//! Who is not rung yet, and what whoever is rung is shown first: manuals that were not read (F22), reports that are not done (F38), new
//! callers (F06), callers who call again (F09), the greeting of the hour (F07).

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::callers::{Plan, call};
use crate::support::house::{Events, House, Operator};
use crate::support::peer::{Peer, sdp};
use crate::support::ports;
use crate::support::robots::{Deed, Habit, Robots};

/// A house with one firm, one after the other rung, and a carrier without opinions.
fn scene() -> (House, i64, Peer) {
    let house = House::start();
    let waiting = json!({ "announce_after_seconds": null });
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({ "ring_seconds": 60, "waiting": waiting }));
    let port = ports::free_block(2);
    house.trunk("carrier", port, json!({}));
    let carrier = Peer::bind(port, &house.sip);
    (house, firm, carrier)
}

/// One caller, who is answered by whoever is rung, and hangs up.
fn one_call(house: &House, carrier: &mut Peer) {
    let plan =
        Plan { calls: 1, within: Duration::ZERO, patience: Duration::from_secs(30), talk: Duration::from_millis(300) };
    let fates = call(carrier, "0355500101", plan);
    assert!(fates[0].answered.is_some(), "{fates:?}");
    house.assert_idle();
}

fn answered(robots: &Robots, login: &str) -> usize {
    robots.seen_by(login).iter().filter(|seen| seen.what == Deed::Answered).count()
}

#[test]
fn f22_who_has_not_read_the_manual_that_holds_is_not_rung_until_the_moment_in_which_they_have() {
    let (house, firm, mut carrier) = scene();
    let [one, two]: [Operator; 2] = ["201", "202"].map(|login| house.operator(login, 0));
    let desks = [house.desk("hanako", &one), house.desk("taro", &two)];
    let at_once = Habit::Answers(Duration::ZERO);
    let robots = Robots::start(&house, &[(&one, at_once), (&two, at_once)]);
    let manual = house.post(&format!("/customers/{firm}/manuals"), json!({ "text": "新しい手順", "changes": "手順" }));
    let read = format!("/customers/{firm}/manuals/{}/acknowledge", manual["version"]);
    assert_eq!(house.ask_as(&desks[1], "POST", &read, None).0, 204);
    // 201 has been idle for longer each time but the second.
    for _ in 0..3 {
        one_call(&house, &mut carrier);
    }
    assert_eq!((answered(&robots, "201"), answered(&robots, "202")), (0, 3), "only one has read it");
    assert!(robots.seen_by("201").is_empty(), "the other's phone did not even ring");
    let (_, unread) = house.ask_as(&desks[0], "GET", "/manuals/unread", None);
    assert_eq!(unread.as_array().map(Vec::len), Some(1), "{unread}");
    assert_eq!(house.ask_as(&desks[0], "POST", &read, None).0, 204);
    // Whoever is told that it is done can be rung at once: idle for longest, and first.
    one_call(&house, &mut carrier);
    assert_eq!((answered(&robots, "201"), answered(&robots, "202")), (1, 3));
    // A change asks everybody anew; with nobody who has read it, everybody's phone is better than none.
    house.post(&format!("/customers/{firm}/manuals"), json!({ "text": "さらに新しい手順", "changes": "また" }));
    let rung = |login: &str| robots.seen_by(login).iter().filter(|seen| seen.what == Deed::Invited).count();
    let before = [rung("201"), rung("202")];
    one_call(&house, &mut carrier);
    assert_eq!([rung("201"), rung("202")], before.map(|times| times + 1));
}

#[test]
fn f38_who_leaves_too_many_reports_is_not_rung_until_one_is_done() {
    let (house, _, mut carrier) = scene();
    let mut settings = house.get("/settings");
    settings["open_reports_max"] = json!(1);
    let (status, saved) = house.ask("PUT", "/settings", Some(&settings));
    assert_eq!((status, &saved["open_reports_max"]), (200, &json!(1)), "{saved}");
    let one = house.operator("201", 0);
    let desk = house.desk("hanako", &one);
    let robots = Robots::start(&house, &[(&one, Habit::Answers(Duration::ZERO))]);
    for _ in 0..2 {
        one_call(&house, &mut carrier);
    }
    house.until_operator(one.id, "not_ready");
    let own = |house: &House| -> Value {
        let operators = house.get("/now")["operators"].as_array().cloned().unwrap_or_default();
        operators.into_iter().find(|own| own["operator"] == one.id).unwrap_or_default()
    };
    assert_eq!((&own(&house)["reason"], &own(&house)["reports_open"]), (&json!("reports_open"), &json!(2)));
    let wish = json!({ "ready": true });
    let (status, said) = house.ask_as(&desk, "POST", &format!("/operators/{}/state", one.id), Some(&wish));
    assert_eq!(status, 409, "{said}");
    // Both calls are in the database by then; the first is waived.
    house.finished(2);
    let drafts = house.get("/reports?state=draft");
    let report = drafts["reports"][0]["id"].as_str().unwrap_or_else(|| panic!("no draft: {drafts}")).to_owned();
    let reason = json!({ "reason": "テスト通話" });
    let (status, said) = house.ask_as(&desk, "POST", &format!("/reports/{report}/waive"), Some(&reason));
    assert_eq!(status, 200, "{said}");
    house.until_operator(one.id, "ready");
    one_call(&house, &mut carrier);
    assert_eq!(answered(&robots, "201"), 3);
}

/// The next pop.
fn pop(events: &mut Events) -> Value {
    events.wait(|told| told["event"]["kind"] == "screen_pop")["event"].clone()
}

#[test]
fn f06_f07_f09_the_pop_tells_new_callers_repeated_ones_and_the_greeting_also_after_a_restart() {
    let (mut house, firm, _) = scene();
    let greeting = json!({ "text": "いつもお世話になっております。さくら歯科でございます。", "reading": "いつも" });
    let body = json!({ "revision": 0, "profile": { "greetings": [greeting] } });
    let (status, said) = house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&body));
    assert_eq!(status, 200, "{said}");
    let port = ports::free_block(2);
    house.trunk("other", port, json!({}));
    let one = house.operator("201", 0);
    let mut carrier = Peer::bind(port, &house.sip);
    let mut ring = |house: &House, robots: &Robots, events: &mut Events, caller: &str, times: usize| {
        let invite = carrier.invite("0355500101", caller, &sdp(40_000));
        let told = pop(events);
        robots.until("201", Deed::Invited, times);
        carrier.cancel(&invite);
        let gone = carrier.response(487, "INVITE");
        carrier.acknowledge_refusal(&invite, &gone);
        house.assert_idle();
        told
    };
    let mut events = house.all_events();
    let robots = Robots::start(&house, &[(&one, Habit::Rings)]);
    let told = ring(&house, &robots, &mut events, "09011112222", 1);
    assert_eq!((&told["greeting"], &told["greeting_reading"]), (&greeting["text"], &json!("いつも")), "{told}");
    assert_eq!((&told["is_new"], &told["visits"]), (&json!(true), &json!(1)), "{told}");
    let told = ring(&house, &robots, &mut events, "09011112222", 2);
    assert_eq!((&told["is_new"], &told["visits"], &told["earlier"]["calls"]), (&json!(false), &json!(2), &json!(1)));
    house.finished(2);
    drop(robots);
    house.kill_and_restart();
    let mut events = house.all_events();
    let robots = Robots::start(&house, &[(&one, Habit::Rings)]);
    // What is known comes in the background, as soon as there is a house to tell it to.
    let told = ring(&house, &robots, &mut events, "09011112222", 1);
    assert_eq!((&told["is_new"], &told["visits"]), (&json!(false), &json!(3)), "a dead process's callers: {told}");
    assert_eq!(ring(&house, &robots, &mut events, "09033334444", 2)["is_new"], json!(true));
}
