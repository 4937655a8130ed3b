//! The promise over the wire: more callers than operators, and none is refused; who is told what; and the figures that supervisors,
//! Prometheus and the client firm are given afterwards are what happened.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::audio::{CALLER_HZ, OPERATOR_HZ};
use crate::support::callers::{Fate, Plan, call};
use crate::support::house::{House, METRICS_TOKEN, SOON};
use crate::support::peer::{Peer, sdp};
use crate::support::sipp::{Run, Sipp};
use crate::support::{pause, ports, until};
use sip::message::Method;

/// A house with a firm of any settings and so many operators, whose phones answer at once.
struct Shift {
    house: House,
    carrier: Peer,
    _phones: Sipp,
}

impl Shift {
    fn of(operators: usize, wrap_up_seconds: u32, firm: Value) -> Shift {
        let house = House::start();
        house.firm("sakura", "さくら歯科", "0355500101", firm);
        let (phones, registering, carrier) = (ports::free_block(2), ports::free_block(2), ports::free_block(2));
        house.trunk("carrier", carrier, json!({}));
        let accounts: Vec<String> = (0..operators)
            .map(|n| {
                let operator = house.operator(&format!("{}", 200 + n), wrap_up_seconds);
                let (user, password) = (&operator.login, &operator.password);
                format!("{user};[authentication username={user} password={password}];{phones}")
            })
            .collect();
        let root = house.root.path();
        let run = |scenario, port, fields| Run {
            scenario,
            server: &house.sip,
            from: "127.0.0.1",
            port,
            fields,
            calls: 0,
            rate: 10,
            more: &[],
        };
        let answering = Sipp::start(root, &run("phones", phones, &[]));
        let register = Run { calls: operators as u32, ..run("register", registering, &accounts) };
        Sipp::start(root, &register).finish(Duration::from_secs(60));
        let carrier = Peer::bind(carrier, &house.sip);
        Shift { house, carrier, _phones: answering }
    }

    /// Nobody was refused, everybody heard ringing, and every call has an end that the house knows.
    fn nobody_was_refused(&self, fates: &[Fate]) {
        let refused: Vec<_> = fates.iter().filter_map(|fate| fate.refused).collect();
        assert!(refused.is_empty(), "{refused:?}");
        assert!(fates.iter().all(|fate| fate.rang && fate.over), "{fates:#?}");
        assert!(fates.iter().all(|fate| fate.answered.is_some() || fate.gave_up), "{fates:#?}");
        self.house.assert_idle();
        self.figures_are(fates);
    }

    /// What supervisors are told is what the callers know.
    fn figures_are(&self, fates: &[Fate]) {
        // Who gave up and was answered in the same moment counts as the house saw it: answered.
        let answered = fates.iter().filter(|fate| fate.answered.is_some()).count();
        let total = until("all calls are counted", SOON, || {
            let total = self.house.get("/promise")["total"].clone();
            let ended = total["answered"].as_u64()? + total["abandoned"].as_u64()?;
            (ended == fates.len() as u64).then_some(total)
        });
        assert_eq!(total["offered"], fates.len(), "{total}");
        assert_eq!(total["answered"], answered, "{total}");
    }
}

#[test]
fn r44_five_callers_more_than_operators_at_once_are_all_answered_and_none_refused() {
    const OPERATORS: usize = 6;
    for plan in ["longest_idle", "ring_all"] {
        let mut shift = Shift::of(OPERATORS, 0, json!({ "plan": plan }));
        let burst = Plan {
            calls: OPERATORS + 5,
            within: Duration::from_millis(200),
            patience: Duration::from_secs(60),
            talk: Duration::from_secs(2),
        };
        let fates = call(&mut shift.carrier, "0355500101", burst);
        assert!(fates.iter().all(|fate| fate.answered.is_some()), "{plan}: {fates:#?}");
        shift.nobody_was_refused(&fates);
    }
}

#[test]
fn f04_three_times_as_many_callers_as_can_be_answered_and_nobody_hears_busy() {
    const OPERATORS: usize = 4;
    const TALK: Duration = Duration::from_secs(3);
    let time = Duration::from_secs(if std::env::var_os("DENWABAN_LONG").is_some() { 60 } else { 12 });
    let mut shift = Shift::of(OPERATORS, 0, json!({}));
    // Four operators who talk for three seconds each can do four calls in three seconds.
    let calls = (3.0 * OPERATORS as f64 * time.as_secs_f64() / TALK.as_secs_f64()) as usize;
    let mut events = shift.house.events();
    let overload = Plan { calls, within: time, patience: Duration::from_secs(5), talk: TALK };
    let fates = call(&mut shift.carrier, "0355500101", overload);
    let gave_up = fates.iter().filter(|fate| fate.gave_up).count();
    let answered = fates.iter().filter(|fate| fate.answered.is_some()).count();
    println!("{calls} callers: {answered} answered, {gave_up} gave up");
    assert!(gave_up > calls / 4, "this was no overload: {gave_up} of {calls} gave up");
    assert!(answered > calls / 6, "{answered} of {calls} were answered");
    shift.nobody_was_refused(&fates);
    // Each who gave up is told to whoever watches, with the number and how long it was (F04).
    let told = events.wait(|told| told["event"]["kind"] == "alarm" && told["event"]["alarm"] == "abandoned");
    assert!(told["event"]["caller"].as_str().is_some_and(|caller| caller.starts_with("81901")), "{told}");
    assert!(told["event"]["wait_ms"].as_i64().is_some_and(|wait_ms| wait_ms > 3_000), "{told}");
    let log = shift.house.log();
    assert!(!log.contains("panicked") && !log.contains("invariant was broken"), "{log}");
}

#[test]
fn w03_a_phone_that_drops_out_neither_silences_nor_rings_anew_those_that_ring() {
    let house = House::start();
    house.firm("sakura", "Sakura", "0355500101", json!({ "plan": "ring_all", "ring_seconds": 60 }));
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut caller = Peer::bind(trunk, &house.sip);
    let [one, two] = ["101", "102"].map(|login| house.operator(login, 0));
    let [mut first, mut second] = [&one, &two].map(|operator| {
        let mut phone = Peer::bind(0, &house.sip);
        phone.register(&operator.login, &operator.password);
        house.until_operator(operator.id, "ready");
        phone
    });
    caller.invite("0355500101", "09011112222", &sdp(40_000));
    let offers = [first.wait_request(&Method::Invite), second.wait_request(&Method::Invite)];
    second.reply(&offers[1], 180, None);
    first.reply(&offers[0], 486, None);
    first.wait_request(&Method::Ack);
    // The other rings on: no CANCEL, no second INVITE.
    assert!(!second.sees(Duration::from_millis(1500), |message| message.is_request()), "the round began anew");
    second.reply(&offers[1], 200, Some(&sdp(40_020)));
    second.wait_request(&Method::Ack);
    let answered = caller.response(200, "INVITE");
    let mut dialog = caller.caller_dialog(&answered);
    caller.ack(&dialog);
    caller.request(&mut dialog, &Method::Bye, None);
    caller.response(200, "BYE");
    let bye = second.wait_request(&Method::Bye);
    second.reply(&bye, 200, None);
    house.assert_idle();
    assert_eq!(house.finished(1)["operator"], two.id);
}

#[test]
fn w06_an_operator_who_comes_free_is_called_for_who_waits_without_anybody_asking() {
    let mut shift = Shift::of(1, 1, json!({}));
    // The first talks for two seconds, the wrap-up takes one, the second has been waiting all the while.
    let two = Plan {
        calls: 2,
        within: Duration::from_millis(20),
        patience: Duration::from_secs(60),
        talk: Duration::from_secs(2),
    };
    let fates = call(&mut shift.carrier, "0355500101", two);
    assert!(fates.iter().all(|fate| fate.answered.is_some()), "{fates:#?}");
    shift.nobody_was_refused(&fates);
    let record = shift.house.finished(2);
    let at = |kind: &str| {
        let events = record["events"].as_array().expect("events").iter();
        events.filter(|event| event["kind"] == kind).map(|event| event["offset_ms"].as_i64().expect("ms")).next_back()
    };
    // Offered once: when there was somebody, and not before.
    let offers = record["events"].as_array().expect("events").iter().filter(|event| event["kind"] == "offered").count();
    assert_eq!(offers, 1, "{record}");
    assert!(at("offered") >= Some(2_500), "after talk and wrap-up: {record}");
}

#[test]
fn x11_what_the_caller_heard_is_in_the_certificate_and_the_figures_outlive_the_process() {
    let (mut house, operator, trunk) = House::small();
    let mut phone = house.phone(&operator, OPERATOR_HZ, true);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    let mut events = house.events();
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_ESTABLISHED");
    // They come once a second at most: an answer may be in the same as its call.
    let told = events.wait(|told| told["event"]["kind"] == "promise" && told["event"]["total"]["answered"] == 1);
    assert_eq!((&told["event"]["total"]["offered"], &told["event"]["waiting"]), (&json!(1), &json!(0)), "{told}");
    pause(Duration::from_millis(2500));
    caller.command("hangup", "");
    phone.wait("CALL_CLOSED");
    house.assert_idle();
    let record = house.finished(1);
    // The phone's tone begins with the first packet.
    let ms = |name: &str| record[name].as_i64().unwrap_or_else(|| panic!("no {name}: {record}"));
    assert!((0..2_000).contains(&(ms("first_speech_ms") - ms("answered_ms"))), "{record}");
    let ear_ms = ms("first_speech_ms") - ms("ringing_ms");
    let month = jiff::Timestamp::from_millisecond(ms("arrived_ms")).expect("a time");
    let month = month.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).strftime("%Y-%m").to_string();
    let certificate = house.cli(&["certificate", "sakura", "--month", &month, "--json"]);
    let expected = json!({ "measured": 1, "mean_ms": ear_ms, "p95_ms": ear_ms });
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(&certificate["at_the_ear"][key], value, "{certificate}");
    }
    assert_eq!((&certificate["offered"], &certificate["abandoned"]), (&json!(1), &json!(0)));

    let url = format!("{}/metrics", house.http);
    let scrape = |token: &str| ureq::get(&url).header("Authorization", &format!("Bearer {token}")).call();
    assert!(scrape("not the right token").is_err());
    let text = scrape(METRICS_TOKEN).expect("figures").body_mut().read_to_string().expect("text");
    for line in [
        "denwaban_callers_ended_total{outcome=\"answered\"} 1",
        "denwaban_answer_seconds_bucket{le=\"9\"} 1",
        "denwaban_recordings_total{result=\"whole\"} 1",
        "denwaban_trunk_up{trunk=\"carrier\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    let bytes = text.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    assert!(bytes.and_then(|bytes| bytes.parse::<f64>().ok()).is_some_and(|bytes| bytes > 1e6), "{text}");

    let before = house.get("/promise")["total"].clone();
    assert_eq!((&before["answered"], &before["three_rings_percent"]), (&json!(1), &json!(100.0)));
    house.kill_and_restart();
    let after = until("the figures are back", SOON, || {
        let total = house.get("/promise")["total"].clone();
        (total["offered"] == 1).then_some(total)
    });
    assert_eq!(after["answered"], 1, "{after}");
}
