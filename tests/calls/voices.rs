//! What a firm says of a report, its PIN and the second factor that it demands, on its own page; the answer at the supervisor's desk; a
//! source that is shut out and let in again on the administrator's; and that nobody finds what another one was typing.

use std::time::Duration;

use serde_json::json;

use super::my_page::{self, tab};
use super::office::reported;
use super::pages::{Desk, PASSWORD};
use super::reporting::Mailbox;
use crate::support::house::{House, SOON};
use crate::support::peer::Peer;
use crate::support::robots::{Habit, Robots};
use crate::support::{ports, until};

const MEMBER: &str = "hanako@sakura.example";
const ANSWER: &str = "[name^=feedback-]";

/// A house with a report of one call, and a firm that may hear its recordings by telephone.
fn scene() -> (Mailbox, House, Robots, String) {
    let mailbox = Mailbox::open();
    let house = House::start_with(&mailbox.configuration());
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let place =
        json!({ "id": "office", "label": "受付", "channel": { "type": "email", "address": "office@sakura.example" } });
    let put = json!({ "revision": 0, "profile": { "recipients": [place], "listening": { "on": true } } });
    assert_eq!(house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&put)).0, 200);
    let member = json!({ "login": MEMBER, "name": "佐藤 花子", "role": "owner", "password": PASSWORD });
    house.post(&format!("/customers/{firm}/members"), member);
    let mut settings = house.get("/settings");
    settings["recordings_line"] = json!("0355509999");
    assert_eq!(house.ask("PUT", "/settings", Some(&settings)).0, 200);
    let operator = house.operator("201", 0);
    let robots = Robots::start(&house, &[(&operator, Habit::Answers(Duration::ZERO))]);
    let port = ports::free_block(2);
    house.trunk("carrier", port, json!({}));
    let report = reported(&house, &mut Peer::bind(port, &house.sip), &robots);
    let user = json!({ "name": "taro", "role": "operator", "password": PASSWORD, "operator_id": operator.id });
    house.post("/users", user);
    (mailbox, house, robots, report)
}

fn is(desk: &mut Desk, selector: &str, value: &str) {
    desk.until(
        &format!("{value:?} in {selector}"),
        &format!("document.querySelector({})?.value === {}", json!(selector), json!(value)),
    );
}

#[test]
fn f63_f52_f55_a_firm_praises_and_is_answered_sets_its_pin_and_demands_a_factor_and_a_source_is_shut_out_and_let_in() {
    let (_mailbox, house, _robots, report) = scene();
    let mut mine = my_page::at_the_door(&house);
    // English is chosen, and stays; otherwise it would be the firm's language.
    mine.click("#language");
    mine.click("#language");
    my_page::log_in(&mut mine, MEMBER);
    praises(&mut mine, &report);
    let mut desk = Desk::open(&house, "admin");
    answers(&mut desk, &house);
    bans(&mut desk, &house);
    leaves_nothing(&mut desk);
    reads(&mut mine);
    sets_its_pin(&mut mine, &house);
    demands(&mut mine);
    assert!(desk.0.complaints().iter().all(|said| said.contains("409")), "{:?}", desk.0.complaints());
}

/// What is being written is there in another language, too.
fn praises(mine: &mut Desk, report: &str) {
    mine.until("the report", "document.querySelector('#list h2 button') != null");
    mine.click("#list h2 button");
    mine.until("the question", "document.querySelector('#list .feedback button') != null");
    mine.click("#list .feedback button");
    mine.write("#list .feedback [name=kind]", "wish");
    mine.write("#list .feedback [name=words]", "折り返しの時刻も書いてください");
    mine.click("#language");
    mine.until_text("#list .feedback button.main", "送信する");
    is(mine, "#list .feedback [name=words]", "折り返しの時刻も書いてください");
    is(mine, "#list .feedback [name=kind]", "wish");
    mine.click("#language");
    mine.until_text("#list .feedback button.main", "Send");
    mine.click("#list .feedback button.main");
    mine.until_text("#list [role=status]", "Our answer will be here");
    mine.until_text("#list .feedback", "Somebody looks into it");
    // What stands nowhere as a line of its own can be doubted, too.
    let body = json!({ "field": "desired", "words": "" }).to_string();
    let doubt = format!(
        "fetch('/api/v1/my/reports/{report}/disputes', {{ method: 'POST', headers: {{ 'Content-Type': 'application/json' }}, body: {} }}).then(({{ status }}) => status)",
        json!(body)
    );
    assert_eq!(mine.0.evaluate(&doubt), 201, "a dispute");
}

/// At the supervisor's desk: the answer outlives another language and a session that has ended.
fn answers(desk: &mut Desk, house: &House) {
    desk.until_text("#feedback-open", "折り返しの時刻も書いてください");
    desk.write(ANSWER, "次から書きます");
    desk.click("#language");
    desk.until_text("#feedback h2", "お客様の声");
    is(desk, ANSWER, "次から書きます");
    desk.click("#language");
    desk.0.ask("Network.clearBrowserCookies", json!({}));
    desk.click("[data-feedback]");
    desk.log_in("hanako");
    is(desk, ANSWER, "次から書きます");
    desk.click("[data-feedback]");
    desk.until_text("#feedback-said", "Answered");
    assert_eq!(house.get("/feedback?open=true"), json!([]));
    // A field with choices is mended by choosing among its words.
    desk.until("the dispute", "document.querySelector('[data-dispute]') != null");
    desk.click("[data-dispute]");
    is(desk, "#dispute-form select[name=dispute-value]", "call_back");
    let words = "document.querySelector('#dispute-form select').selectedOptions[0].text";
    assert_ne!(desk.0.evaluate(words), "call_back", "a word, not a code");
    desk.click("#dispute-close");
}

/// Whoever would shut out the own address is asked first, and about what stands there alone.
fn bans(desk: &mut Desk, house: &House) {
    desk.until("the administration", "document.querySelector('#admin summary') != null");
    desk.click("#admin summary");
    desk.click("#admin-tab-bans");
    desk.until("the form", "document.getElementById('ban-add') != null");
    desk.write("[name=ban-network]", "127.0.0.0/8");
    desk.write("[name=ban-reason]", "tries passwords");
    desk.click("#ban-add");
    desk.until_text("#ban-asks", "your own address (127.0.0.1) is in it");
    desk.until("the harmless answer", "document.activeElement.id === 'ban-cancel'");
    desk.write("[name=ban-network]", "203.0.113.0/24");
    assert_eq!(
        desk.0.evaluate("document.getElementById('ban-asks')"),
        json!(null),
        "another network is another question"
    );
    desk.click("#ban-add");
    desk.until_text("#admin-said", "It is shut out");
    let rows = house.get("/bans/by-hand");
    assert_eq!((&rows[0]["network"], &rows[0]["reason"]), (&json!("203.0.113.0/24"), &json!("tries passwords")));
    let lift = "#admin-panel-bans tbody button";
    desk.0
        .evaluate(&format!("document.querySelector({0}).focus(); document.querySelector({0}).click(); 1", json!(lift)));
    desk.until_text("#admin-said", "It is listened to again");
    until("it is lifted", SOON, || house.get("/bans/by-hand")[0]["lifted_ms"].as_i64());
    desk.until("the keyboard is not lost", "document.getElementById('admin').contains(document.activeElement)");
}

/// An operator who comes after an administrator sees nothing of theirs, in no language; nor does the next administrator.
fn leaves_nothing(desk: &mut Desk) {
    desk.write("[name=ban-reason]", "not meant for others");
    desk.click("#setup-tab-users");
    desk.until("a login", "document.querySelector('[name=user-name]') != null");
    desk.write("[name=user-name]", "jiro");
    desk.write("[name=new-user-role]", "supervisor");
    desk.click("#user-add button");
    desk.until("a link", "document.getElementById('user-link')?.textContent.includes('/join')");
    desk.0.ask("Network.clearBrowserCookies", json!({}));
    desk.click("#ban-add");
    desk.log_in("taro");
    for _ in 0..2 {
        desk.click("#language");
        let shown = "['setup', 'profile', 'admin', 'feedback', 'past', 'disputes'].filter((id) => !document.getElementById(id).hidden).join()";
        assert_eq!(desk.0.evaluate(shown), "", "an operator has none of these");
    }
    assert_eq!(desk.0.evaluate("document.body.innerHTML.includes('/join')"), false);
    desk.click("#logout");
    desk.log_in("hanako");
    desk.until("the administration", "document.querySelector('#admin summary') != null");
    desk.click("#admin summary");
    desk.click("#admin-tab-bans");
    desk.until("the form", "document.getElementById('ban-add') != null");
    is(desk, "[name=ban-reason]", "");
}

/// The answer is beside the report.
fn reads(mine: &mut Desk) {
    mine.reload();
    mine.until("the report", "document.querySelector('#list h2 button') != null");
    mine.click("#list h2 button");
    mine.until_text("#list .feedback", "Answer: 次から書きます");
}

fn sets_its_pin(mine: &mut Desk, house: &House) {
    tab(mine, "Logins");
    mine.until("the form", "document.querySelector('#dial-in [name=pin]') != null");
    my_page::fits(mine, "recordings by telephone");
    for (pin, said) in [("123456", "#dial-in .error"), ("482913", "#state")] {
        mine.write("#dial-in [name=pin]", pin);
        mine.click("#dial-in form button.main");
        let words = if said == "#state" { "The PIN is saved" } else { "follow no pattern" };
        mine.until_text(said, words);
    }
    mine.until_text("#dial-in", "There is a PIN");
    let told = house.get("/audit").to_string();
    assert!(!told.contains("482913"), "nobody is ever told");
}

/// From the next login on everybody needs a second factor, and is led to it.
fn demands(mine: &mut Desk) {
    mine.click("#demand");
    mine.until_text("#keeping", "From the next login on");
    mine.click("#logout");
    mine.until("the door", "document.getElementById('login').hidden === false");
    assert_eq!(mine.text("#firm"), "Denwaban", "nothing is left of the firm");
    assert_eq!(mine.text("#list"), "");
    my_page::enter(mine, MEMBER);
    mine.until("the account", "document.getElementById('lacks') != null");
}
