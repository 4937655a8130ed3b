//! Many at once (F05, W07): more callers than operators in the same moment, and who is fetched for them; many operators and many
//! firms.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::callers::{Fate, Plan, call, call_each};
use crate::support::house::{Events, House, METRICS_TOKEN, Operator, SOON};
use crate::support::peer::{Peer, sdp};
use crate::support::robots::{Deed, Habit, Robots};
use crate::support::sipp::{Run, Sipp};
use crate::support::{ports, until};
use sip::message::Method;

const SOON_ANSWERED: Habit = Habit::Answers(Duration::from_millis(300));

/// So many people of a tier: 201, 202, …
fn people(house: &House, first: usize, count: usize, tier: &str) -> Vec<Operator> {
    let one = |n: usize| house.operator_with(&(first + n).to_string(), json!({ "tier": tier }));
    (0..count).map(one).collect()
}

fn carrier(house: &House) -> Peer {
    let port = ports::free_block(2);
    house.trunk("carrier", port, json!({}));
    Peer::bind(port, &house.sip)
}

fn nobody_was_refused(fates: &[Fate]) {
    let refused: Vec<u16> = fates.iter().filter_map(|fate| fate.refused).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(fates.iter().all(|fate| fate.rang && fate.over && fate.answered.is_some()), "{fates:#?}");
}

#[test]
fn f05_a_burst_of_five_more_than_operators_fetches_supervisors_then_a_manager_and_nobody_is_refused() {
    const OPERATORS: usize = 4;
    let house = House::start();
    house.firm(
        "sakura",
        "さくら歯科",
        "0355500101",
        json!({ "plan": "widening", "waiting": { "announce_after_seconds": 3 } }),
    );
    let operators = people(&house, 201, OPERATORS, "operator");
    let supervisors = people(&house, 301, 2, "supervisor");
    let manager = people(&house, 401, 1, "manager");
    let everybody = operators.iter().chain(&supervisors).chain(&manager);
    let robots = Robots::start(&house, &everybody.map(|one| (one, SOON_ANSWERED)).collect::<Vec<_>>());
    let mut carrier = carrier(&house);
    let mut events = house.events();
    let burst = Plan {
        calls: OPERATORS + 5,
        within: Duration::from_millis(200),
        patience: Duration::from_secs(60),
        talk: Duration::from_secs(4),
    };
    let fates = call(&mut carrier, "0355500101", burst);
    nobody_was_refused(&fates);
    house.assert_idle();

    let told = Told::until_ended(&mut events, fates.len());
    let after = told.helpers_came_for_a_reason(&supervisors, &manager[0]);
    println!("notice {after} ms after the call that nobody was left for");
    told.each_was_answered_once_or_announced();
    // Each phone of the house was wanted.
    for one in operators.iter().chain(&supervisors).chain(&manager) {
        let is_asked = robots.seen_by(&one.login).iter().any(|seen| seen.what == Deed::Invited);
        assert!(is_asked, "{} was not asked", one.login);
    }
}

/// What the house told of a burst.
struct Told(Vec<Value>);

impl Told {
    /// All of it, until so many calls have ended.
    fn until_ended(events: &mut Events, calls: usize) -> Told {
        let is_end = |told: &Value| told["event"]["kind"] == "call_ended";
        let mut told: Vec<Value> = Vec::new();
        while told.iter().filter(|told| is_end(told)).count() < calls {
            told.extend(events.until(is_end));
        }
        Told(told)
    }

    /// Calls of events of this kind, and of this change.
    fn calls(&self, kind: &str, what: Option<&str>) -> Vec<&str> {
        let events = self.0.iter().map(|told| &told["event"]).filter(|event| event["kind"] == kind);
        let events = events.filter(|event| what.is_none_or(|what| event["what"] == what));
        events.filter_map(|event| event["call"].as_str()).collect()
    }

    /// Where this operator's screen was told of a call, and which.
    fn pops(&self, operator: &Operator) -> Vec<(usize, &Value)> {
        let all = self.0.iter().map(|told| &told["event"]).enumerate();
        all.filter(|(_, event)| event["kind"] == "screen_pop" && event["operator"] == operator.id).collect()
    }

    /// Whoever watches is told that the promise is in danger before anybody is fetched for it; a helper's phone rings for a call
    /// that was widened to them, and the manager's when no supervisor is left. How long after its call the notice came, ms.
    fn helpers_came_for_a_reason(&self, supervisors: &[Operator], manager: &Operator) -> i64 {
        let place = self.0.iter().position(|told| told["event"]["alarm"] == "promise_at_risk").expect("a notice");
        let alarm = &self.0[place];
        let arrived =
            |told: &&Value| told["event"]["kind"] == "call_arrived" && told["event"]["call"] == alarm["event"]["call"];
        let ms = |stamped: &Value| stamped["unix_ms"].as_i64().expect("a time");
        let after = ms(alarm) - ms(self.0.iter().find(arrived).expect("it came"));
        let first = |one: &Operator| self.pops(one).first().expect("asked").0;
        for (tier, one) in supervisors.iter().map(|one| ("supervisors", one)).chain([("managers", manager)]) {
            assert!(place < first(one), "{} was asked before the notice: {:#?}", one.login, self.0);
            for (place, pop) in self.pops(one) {
                let is_widened = self.0[..place].iter().map(|told| &told["event"]).any(|event| {
                    event["what"] == "widened"
                        && event["call"] == pop["call"]
                        && event["detail"].as_str().is_some_and(|detail| detail.starts_with(tier))
                });
                assert!(is_widened, "{pop} came without a reason: {:#?}", self.0);
            }
        }
        assert!(supervisors.iter().all(|one| first(one) < first(manager)), "{:#?}", self.0);
        after
    }

    /// However many pick up at once; and who was not answered heard an announcement.
    fn each_was_answered_once_or_announced(&self) {
        let answered = self.calls("call_answered", None);
        let once: BTreeSet<&str> = answered.iter().copied().collect();
        assert_eq!(once.len(), answered.len(), "{:#?}", self.0);
        let announced = self.calls("call_changed", Some("announced"));
        for call in self.calls("call_arrived", None) {
            assert!(once.contains(call) || announced.contains(&call), "{call} was told nothing: {:#?}", self.0);
        }
    }
}

#[test]
fn f05_supervisors_phones_ring_at_their_step_and_managers_at_theirs_while_the_operators_ring_on() {
    let house = House::start();
    let steps = json!([
        { "after_ms": 0, "who": "suited" }, { "after_ms": 3_000, "who": "supervisors" }, { "after_ms": 6_000, "who": "managers" },
    ]);
    house.firm("sakura", "さくら歯科", "0355500101", json!({ "plan": "widening", "steps": steps, "ring_seconds": 60 }));
    let operators = people(&house, 201, 2, "operator");
    let (supervisor, manager) = (people(&house, 301, 1, "supervisor"), people(&house, 401, 1, "manager"));
    let habits = [
        (&operators[0], Habit::Rings),
        (&operators[1], Habit::Rings),
        (&supervisor[0], Habit::Rings),
        (&manager[0], SOON_ANSWERED),
    ];
    let robots = Robots::start(&house, &habits);
    let mut carrier = carrier(&house);
    let mut events = house.events();
    carrier.invite("0355500101", "09011112222", &sdp(40_000));
    let told = events.until(|told| told["event"]["kind"] == "call_answered");
    let widened = told.iter().map(|told| &told["event"]).filter(|event| event["what"] == "widened");
    let widened: Vec<&str> = widened.filter_map(|event| event["detail"].as_str()).collect();
    assert_eq!(widened, ["supervisors step", "managers step"], "{told:#?}");
    let answer = carrier.response(200, "INVITE");
    let mut dialog = carrier.caller_dialog(&answer);
    carrier.ack(&dialog);
    // The others stop, and have been called once.
    for phone in ["201", "202", "301"] {
        robots.until(phone, Deed::Cancelled, 1);
        let seen: Vec<Deed> = robots.seen_by(phone).iter().map(|seen| seen.what).collect();
        assert_eq!(seen, [Deed::Invited, Deed::Cancelled], "{phone}");
    }
    carrier.request(&mut dialog, &Method::Bye, None);
    robots.until("401", Deed::Ended, 1);
    let record = house.finished(1);
    let events = record["events"].as_array().expect("events");
    let since_ringing = |operator: &Operator| {
        let ms = |event: &Value| event["offset_ms"].as_i64().expect("ms");
        let ringing = events.iter().find(|event| event["kind"] == "ringing").map(ms);
        let offered = events
            .iter()
            .find(|event| event["kind"] == "offered" && event["detail"]["operator"] == operator.id)
            .map(ms);
        offered.expect("offered") - ringing.expect("ringing")
    };
    let when = [&operators[0], &operators[1], &supervisor[0], &manager[0]].map(since_ringing);
    println!("offered after {when:?} ms");
    assert!(when[0] < 3_000 && when[1] < 3_000, "{when:?}");
    assert!((3_000..6_000).contains(&when[2]) && when[3] >= 6_000, "{when:?}");
    assert_eq!(record["operator"], manager[0].id);
}

#[test]
fn w07_many_operators_and_many_firms_and_a_burst_that_rings_them_all() {
    const FIRMS: usize = 3_000;
    // Each call takes two of the house's two hundred voice ports.
    const OPERATORS: usize = 80;
    let house = House::start();
    // Before the firms: each operator is a new directory, which is larger with them.
    let (phones, registering) = (ports::free_block(2), ports::free_block(2));
    let accounts: Vec<String> = people(&house, 2_001, OPERATORS, "operator")
        .iter()
        .map(|one| format!("{0};[authentication username={0} password={1}];{phones}", one.login, one.password))
        .collect();
    let rows = (0..FIRMS).map(|n| format!("firm-{n},Firm {n:04},0355{n:06},longest_idle,false"));
    let file = house.root.path().join("firms.csv");
    let csv = format!("code,name,dids,plan,whisper\n{}\n", rows.collect::<Vec<_>>().join("\n"));
    std::fs::write(&file, csv).expect("a CSV file");
    house.cli(&["client", "import", file.to_str().expect("a path"), "--json"]);
    let run = |scenario, port, fields, calls, rate| Run {
        scenario,
        server: &house.sip,
        from: "127.0.0.1",
        port,
        fields,
        calls,
        rate,
        more: &[],
    };
    let root = house.root.path();
    let answering = Sipp::start(root, &run("phones", phones, &[], 0, 10));
    let register = run("register", registering, &accounts, OPERATORS as u32, 50);
    Sipp::start(root, &register).finish(Duration::from_secs(60));
    let mut carrier = carrier(&house);
    // The last of the firms is known when all are.
    until("the switch knows the firms", SOON, || {
        let last = format!("/dids/0355{:06}", FIRMS - 1);
        (house.ask("GET", &last, None).0 == 200).then_some(())
    });
    let burst = Plan {
        calls: OPERATORS + 15,
        within: Duration::from_millis(500),
        patience: Duration::from_secs(60),
        talk: Duration::from_secs(2),
    };
    let fates = call_each(&mut carrier, &|n| format!("0355{:06}", n * 29 % FIRMS), burst);
    nobody_was_refused(&fates);
    house.assert_idle();
    let mut waits: Vec<Duration> = fates.iter().filter_map(|fate| fate.answered).collect();
    waits.sort_unstable();
    // Each in its firm's name: what the phones were shown is what was called.
    let shown: Vec<String> = answering
        .logs()
        .lines()
        .filter_map(|line| Some((line.split('"').nth(1)?, line.split("sip:").nth(1)?.split('@').next()?)))
        .map(|(firm, caller)| format!("{caller} {firm}"))
        .collect();
    for n in 0..fates.len() {
        let wanted = format!("0901{n:07} Firm {:04}", n * 29 % FIRMS);
        assert!(shown.contains(&wanted), "{wanted} is not among {shown:#?}");
    }
    let url = format!("{}/metrics", house.http);
    let bearer = format!("Bearer {METRICS_TOKEN}");
    let figures = ureq::get(&url).header("Authorization", &bearer).call().expect("figures").body_mut().read_to_string();
    let figures = figures.expect("text");
    let violations = figures.lines().find(|line| line.starts_with("denwaban_violations_total"));
    assert_eq!(violations, Some("denwaban_violations_total 0"), "{figures}");
    println!("half of the callers were answered after {:?}, the last after {:?}", waits[waits.len() / 2], waits.last());
}
