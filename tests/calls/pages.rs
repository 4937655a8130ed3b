//! The page in a real browser: an administrator's forms change how the next call is answered, and who watches sees it.

use std::time::Duration;

use serde_json::{Value, json};
use sip::message::Method;

use crate::support::chromium::Chromium;
use crate::support::house::{House, Operator, SOON};
use crate::support::peer::{Peer, sdp};
use crate::support::robots::{Deed, Habit, Robots};
use crate::support::{ports, until};

/// Of everybody in these tests.
pub const PASSWORD: &str = "correct horse battery";

/// A person before the page, logged in.
pub struct Desk(pub Chromium);

impl Desk {
    pub fn open(house: &House, role: &str) -> Desk {
        Desk::open_as(house, role, None)
    }

    /// The same as this operator.
    pub fn open_as(house: &House, role: &str, operator: Option<i64>) -> Desk {
        Desk::open_with(house, role, operator, &[] as &[&str])
    }

    /// The same in a browser with more arguments.
    pub fn open_with(house: &House, role: &str, operator: Option<i64>, more: &[impl AsRef<str>]) -> Desk {
        let user = json!({ "name": "hanako", "role": role, "password": PASSWORD, "operator_id": operator });
        house.post("/users", user);
        // English words, whatever the machine speaks; and what stands on the page in Japanese is asked for below.
        let more = more.iter().map(|one| one.as_ref().to_owned());
        let arguments: Vec<String> = ["--lang=en-GB".to_owned()].into_iter().chain(more).collect();
        let chromium = Chromium::open(&house.root.path().join("desk"), &house.http, &arguments);
        let mut desk = Desk(chromium);
        desk.log_in("hanako");
        desk
    }

    /// At the door of the house.
    pub fn log_in(&mut self, name: &str) {
        self.until("the login", "document.getElementById('login')?.hidden === false");
        self.write("#login-form [name=name]", name);
        self.write("#login-form [name=password]", PASSWORD);
        self.click("#login-form button");
        self.until("the desk", "document.getElementById('desk').hidden === false");
    }

    /// The network is away, or back.
    pub fn offline(&mut self, is: bool) {
        let conditions = json!({ "offline": is, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.0.ask("Network.enable", json!({}));
        self.0.ask("Network.emulateNetworkConditions", conditions);
    }

    pub fn until(&mut self, what: &str, expression: &str) -> Value {
        self.0.until(what, expression)
    }

    /// The text of what is found first, with whatever stands in it.
    pub fn text(&mut self, selector: &str) -> String {
        let found = self.0.evaluate(&format!("document.querySelector({})?.textContent", json!(selector)));
        found.as_str().unwrap_or_default().to_owned()
    }

    pub fn until_text(&mut self, selector: &str, wanted: &str) {
        let expression =
            format!("document.querySelector({})?.textContent.includes({})", json!(selector), json!(wanted));
        self.until(&format!("{wanted:?} in {selector}"), &expression);
    }

    /// As if typed or chosen.
    pub fn write(&mut self, selector: &str, value: &str) {
        let script = format!(
            "{{ const place = document.querySelector({}); place.value = {}; \
             for (const kind of ['input', 'change']) place.dispatchEvent(new Event(kind, {{ bubbles: true }})); place.value }}",
            json!(selector),
            json!(value)
        );
        assert_eq!(self.0.evaluate(&script), value, "{selector}");
    }

    /// The page anew; what was there before is gone when this is done.
    pub fn reload(&mut self) {
        self.0.evaluate("window.before = true");
        self.0.ask("Page.reload", json!({}));
        self.until("the page anew", "window.before === undefined && document.readyState === 'complete'");
    }

    /// A key as the keyboard gives it: `Shift+F4`, `Ctrl+1`.
    pub fn key(&mut self, name: &str) {
        let (modifiers, key) = match name.split_once('+') {
            Some(("Shift", key)) => (8, key),
            Some(("Ctrl", key)) => (2, key),
            _ => (0, name),
        };
        let code = if key.len() == 1 { format!("Digit{key}") } else { key.to_owned() };
        for kind in ["rawKeyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": code, "modifiers": modifiers });
            self.0.ask("Input.dispatchKeyEvent", event);
        }
    }

    pub fn click(&mut self, selector: &str) {
        self.0.evaluate(&format!("document.querySelector({}).click()", json!(selector)));
    }

    /// Opens the form of this row.
    pub fn edit(&mut self, kind: &str, id: i64) {
        let (tab, row) = (format!("#setup-tab-{kind}"), format!("[data-edit={kind}-{id}]"));
        self.until("the directory", &format!("document.querySelector('{tab}') != null"));
        self.click(&tab);
        self.until("its row", &format!("document.querySelector('{row}') != null"));
        self.click(&row);
        self.until("the form", "document.querySelector('#setup-form h3')?.textContent");
        self.0.evaluate("document.querySelector('#setup details').open = true; 1");
    }

    fn save(&mut self) {
        let button = "document.querySelector('#setup-form button.main')";
        self.0.evaluate(&format!("{button}.focus(); {button}.click(); 1"));
        self.until_text("#setup-said", "Saved");
        self.until(
            "whoever works with the keyboard is where they were",
            &format!("document.activeElement === {button}"),
        );
    }
}

/// A house with a firm, an operator whose phone rings for ever, and a supervisor who answers.
fn scene() -> (House, i64, [Operator; 2], Robots, Peer) {
    let house = House::start();
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({ "ring_seconds": 60 }));
    let people = [("201", "operator"), ("301", "supervisor")]
        .map(|(login, tier)| house.operator_with(login, json!({ "tier": tier })));
    let robots =
        Robots::start(&house, &[(&people[0], Habit::Rings), (&people[1], Habit::Answers(Duration::from_secs(1)))]);
    let port = ports::free_block(2);
    house.trunk("carrier", port, json!({}));
    let carrier = Peer::bind(port, &house.sip);
    (house, firm, people, robots, carrier)
}

#[test]
fn f05_a_widening_plan_that_is_saved_on_the_page_rings_the_supervisor_at_its_step_and_the_page_shows_it() {
    let (house, firm, people, robots, mut carrier) = scene();
    let mut desk = Desk::open(&house, "admin");
    // Before: one after the other, and nobody else.
    desk.edit("firm", firm);
    assert_eq!(desk.text("#steps li"), "", "a plan without steps");
    desk.write("#setup-form [name=plan]", "widening");
    desk.until("the usual steps", "document.querySelectorAll('#steps li').length === 5");
    // The last three are taken away; the second is made the supervisors', after half a ring.
    for _ in 0..3 {
        desk.click("#steps li:last-child button");
    }
    desk.write("#steps li:nth-child(2) [name=step-rings]", "0.5");
    desk.write("#steps li:nth-child(2) [name=step-who]", "supervisors");
    desk.write("#setup-form [name=team]", "a");
    desk.write("#setup-form [name=priority]", "3");
    desk.write("#setup-form [name=announce_after_seconds]", "");
    desk.write("#setup-form [name=message_after_seconds]", "300");
    desk.write("#setup-form [name=abandoned]", "call_back");
    desk.click("#setup-form [name=callback]");
    desk.save();
    let row = house.get(&format!("/customers/{firm}"));
    let steps = json!([{ "after_ms": 0, "who": "best1" }, { "after_ms": 1_500, "who": "supervisors" }]);
    assert_eq!((&row["plan"], &row["steps"]), (&json!("widening"), &steps), "{row}");
    assert_eq!((&row["team"], &row["priority"], &row["abandoned"]), (&json!("a"), &json!(3), &json!("call_back")));
    let waiting = json!({
        "announce_after_seconds": null, "announcement": "", "tell": "nothing", "every_seconds": 30, "callback": true, "message_after_seconds": 300,
    });
    assert_eq!((&row["waiting"], &row["dids"], &row["ring_seconds"]), (&waiting, &json!(["81355500101"]), &json!(60)));

    // What cannot be is said by the field's name, and nothing is lost.
    desk.write("#steps li:nth-child(1) [name=step-who]", "managers");
    desk.click("#setup-form button.main");
    desk.until_text("#setup-said", "Steps: Begin at 0 rings");
    assert_eq!(house.get(&format!("/customers/{firm}"))["steps"], steps);

    // The next call: the operator's phone, then the supervisor's, and the one who watches sees for whom and why.
    let invite = carrier.invite("0355500101", "09011112222", &sdp(40_000));
    robots.until("201", Deed::Invited, 1);
    desk.until_text("#waiting-calls", "さくら歯科");
    let told = robots.until("301", Deed::Invited, 1);
    let widened = "document.querySelector('#waiting-calls')?.textContent.includes('widened to supervisors') || document.querySelector('#now-calls')?.textContent.includes('talking')";
    desk.until("whom it was widened to", widened);
    carrier.response(200, "INVITE");
    let record = house.get("/calls?limit=1")["calls"][0].clone();
    assert_eq!(record["call"], told.call, "{invite:?}");
    // Tiers, teams and timers of those at work.
    desk.until_text("#now-operators", "supervisor");
    desk.until_text("#now-operators", &format!("Operator {}", people[1].login));
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}

#[test]
fn x14_a_closed_period_that_is_saved_on_the_page_takes_the_next_caller_to_the_message_box_until_it_is_removed() {
    let (house, firm, people, robots, mut carrier) = scene();
    let mut desk = Desk::open(&house, "admin");
    desk.edit("firm", firm);
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
    let day = today.strftime("%Y-%m-%d").to_string();
    // Tomorrow too: midnight may be near.
    let next = today.tomorrow().expect("a day").strftime("%Y-%m-%d").to_string();
    let before = today.yesterday().expect("a day").strftime("%Y-%m-%d").to_string();
    desk.write("[name=closed-from]", &before);
    desk.write("[name=closed-to]", &next);
    desk.write("[name=closed-says]", "本日は社員旅行のため、お休みをいただいております。");
    desk.write("[name=closed-then]", "message_box");
    desk.click("#closed-add");
    // And one of every year, by mistake.
    desk.write("[name=closed-from]", &day);
    desk.click("[name=closed-yearly]");
    desk.click("#closed-add");
    desk.until("both", "document.querySelectorAll('#closed-periods li').length === 2");
    desk.click("#closed-periods li:nth-child(2) button");
    desk.write("[name=week-mon]", "9:00-12:00, 13:00-18:00");
    desk.click("[name=japanese_holidays]");
    desk.save();
    let calendar = house.get(&format!("/customers/{firm}"))["calendar"].clone();
    let period = json!({
        "from": before, "to": next, "wording": "本日は社員旅行のため、お休みをいただいております。", "when_closed": "message_box",
    });
    assert_eq!(calendar["closed"], json!([period]));
    assert_eq!(calendar["week"]["mon"], json!(["09:00-12:00", "13:00-18:00"]), "{calendar}");
    assert_eq!(calendar["japanese_holidays"], true);

    // The page says how a call is answered now, in the firm's words.
    desk.click("#moment-ask");
    desk.until_text("#moment-said", "社員旅行");
    desk.until_text("#moment-said", "closed period");
    // And so it is.
    carrier.invite("0355500101", "09011112222", &sdp(40_000));
    let answer = carrier.response(200, "INVITE");
    let mut dialog = carrier.caller_dialog(&answer);
    carrier.ack(&dialog);
    desk.until_text("#now-calls", "message box");
    carrier.request(&mut dialog, &Method::Bye, None);
    carrier.response(200, "BYE");
    house.assert_idle();
    assert!(robots.seen().is_empty(), "no phone rings for a closed firm: {:#?}", robots.seen());

    // Removed, and always open: the operator's phone rings for the next.
    desk.click("#closed-periods li button");
    desk.write("[name=week-mon]", "");
    desk.click("[name=japanese_holidays]");
    desk.save();
    desk.click("#moment-ask");
    desk.until_text("#moment-said", "Open");
    let invite = carrier.invite("0355500101", "09033334444", &sdp(40_002));
    robots.until("201", Deed::Invited, 1);
    carrier.cancel(&invite);
    house.until_operator(people[0].id, "ready");
    // The call that nobody answered is a notice, also for whoever opens the page afterwards.
    desk.until_text("#alarm-list", "090-3333-4444");
    desk.reload();
    desk.until_text("#alarm-list", "090-3333-4444");
    // Others may be there: of the caller at the message box, of a busy machine.
    desk.0.evaluate(
        "[...document.querySelectorAll('#alarm-list li')].find((line) => line.textContent.includes('090-3333-4444'))\
         .querySelector('button:last-child').click()",
    );
    desk.reload();
    desk.until_text("#notices", "090-3333-4444");
    let left = desk.text("#alarm-list");
    assert!(!left.contains("090-3333-4444"), "what was closed stays closed: {left}");
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}

#[test]
fn an_operators_tier_teams_skills_and_firms_are_saved_on_the_page_in_either_language() {
    let (house, _, people, _robots, _) = scene();
    let mut desk = Desk::open(&house, "admin");
    desk.edit("operator", people[0].id);
    desk.write("[name=teams]", "a, 夜間");
    desk.write("[name=tier]", "supervisor");
    // Half done in one language, done in the other.
    desk.click("#language");
    desk.until_text("#setup summary", "契約企業・番号・オペレーター");
    let kept = desk.until("the form in Japanese", "document.querySelector('[name=tier]')?.value");
    assert_eq!(kept, "supervisor", "what was chosen stays");
    desk.write("[name=skill-kind]", "lang:");
    desk.write("[name=skill-name]", "EN");
    desk.write("[name=skill-level]", "60");
    desk.click("#skill-add");
    desk.write("[name=skill-kind]", "");
    desk.write("[name=skill-name]", "医療");
    desk.click("#skill-add");
    // Filled in and not added: it is meant.
    desk.write("[name=knows-code]", "sakura");
    desk.click("#setup-form button.main");
    desk.until_text("#setup-said", "保存しました");
    let row = house.get(&format!("/operators/{}", people[0].id));
    assert_eq!(
        (&row["tier"], &row["teams"], &row["knows"]),
        (&json!("supervisor"), &json!(["a", "夜間"]), &json!(["sakura"])),
        "{row}"
    );
    assert_eq!(row["skills"], json!([["lang:en", 60], ["医療", 60]]), "{row}");
    let shown = until("the live view knows it", SOON, || {
        let now = house.get("/now");
        let one = now["operators"].as_array()?.iter().find(|one| one["operator"] == people[0].id)?.clone();
        (one["tier"] == "supervisor").then_some(one)
    });
    assert_eq!(shown["teams"], json!(["a", "夜間"]));
    desk.until_text("#now-operators", "夜間");
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}

#[test]
fn whoever_does_not_administer_gets_no_forms() {
    let (house, ..) = scene();
    let mut desk = Desk::open(&house, "supervisor");
    desk.until_text("#now-operators", "Operator 201");
    assert_eq!(desk.0.evaluate("document.getElementById('setup').hidden"), true);
    let loaded = "performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('/setup.js'))";
    assert_eq!(desk.0.evaluate(loaded), false);
}
