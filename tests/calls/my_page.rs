//! My page in a real browser of a telephone's width: a client firm finds what was taken for it, deals with it, says that a number is
//! wrong and reads the answer, and decides where the next report goes.

use std::time::Duration;

use serde_json::{Value, json};

use super::barriers::is_open_to_all;
use super::office::reported;
use super::pages::Desk;
use super::reporting::Mailbox;
use crate::support::chromium::Chromium;
use crate::support::house::House;
use crate::support::peer::Peer;
use crate::support::ports;
use crate::support::robots::{Habit, Robots};

/// The narrowest telephone that has to do.
const WIDTH: i64 = 360;
const PASSWORD: &str = "correct horse battery";

/// Somebody of the firm, logged in on a telephone.
fn mine(house: &House, login: &str) -> Desk {
    let browser =
        Chromium::open(&house.root.path().join("my"), &format!("{}/my", house.http), &["--lang=en-GB".into()]);
    let mut desk = Desk(browser);
    let metrics = json!({ "width": WIDTH, "height": 740, "deviceScaleFactor": 2, "mobile": true });
    desk.0.ask("Emulation.setDeviceMetricsOverride", metrics);
    desk.until("the door", "document.getElementById('login')?.hidden === false");
    fits(&mut desk, "the door");
    is_open_to_all(&mut desk, "my page's door");
    log_in(&mut desk, login);
    desk
}

fn log_in(desk: &mut Desk, login: &str) {
    desk.write("#login-form [name=login]", login);
    desk.write("#login-form [name=password]", PASSWORD);
    desk.click("#login-form button");
    desk.until("the reports", "document.getElementById('reports').hidden === false");
}

/// Nothing has to be pushed sideways.
fn fits(desk: &mut Desk, what: &str) {
    let wide = desk.0.evaluate(
        "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 \
         && one.offsetParent && getComputedStyle(one.closest('nav') ?? one).overflowX !== 'auto').map((one) => one.outerHTML.slice(0, 120))",
    );
    assert_eq!(wide, json!([]), "{what} at {WIDTH} px");
    assert_eq!(desk.0.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, "{what}");
}

/// What is typed is looked for a moment later.
fn find(desk: &mut Desk, text: &str) {
    desk.write("#find [name=text]", text);
}

/// Opens a tab by its word.
fn tab(desk: &mut Desk, name: &str) {
    desk.0.evaluate(&format!(
        "[...document.querySelectorAll('#tabs button')].find((one) => one.textContent === {}).click()",
        json!(name)
    ));
}

#[test]
fn f49_f55_f57_f59_a_firm_finds_its_report_shares_the_work_disputes_a_number_and_reads_the_answer() {
    let mailbox = Mailbox::open();
    let house = House::start_with(&mailbox.configuration());
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let profile = json!({
        "people": [{ "id": "sato", "name": "佐藤 花子", "kana": "さとう はなこ", "title": "院長" }],
        "recipients": [{ "id": "office", "label": "受付", "channel": { "type": "email", "address": "office@sakura.example" } }],
    });
    let put = json!({ "revision": 0, "profile": profile });
    assert_eq!(house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&put)).0, 200);
    let member =
        json!({ "login": "hanako@sakura.example", "name": "佐藤 花子", "role": "owner", "password": PASSWORD });
    house.post(&format!("/customers/{firm}/members"), member);
    let operator = house.operator("201", 0);
    let robots = Robots::start(&house, &[(&operator, Habit::Answers(Duration::ZERO))]);
    let port = ports::free_block(2);
    house.trunk("carrier", port, json!({}));
    let mut carrier = Peer::bind(port, &house.sip);
    let report = reported(&house, &mut carrier, &robots);

    let mut desk = mine(&house, "hanako@sakura.example");
    desk.until_text("#list", "□□商事 髙橋");
    fits(&mut desk, "the reports");
    is_open_to_all(&mut desk, "my page");
    // Found by the end of its number in any spelling, by a word, by another spelling of the name; and not by what is not there.
    for text in ["３３−４４４４", "納期", "高橋"] {
        find(&mut desk, "080-9999-9999");
        desk.until_text("#count", "No report fits");
        find(&mut desk, text);
        desk.until_text("#list", "納期について");
    }
    assert_eq!(desk.0.evaluate("document.querySelector('#list a.call').href"), "tel:+818033334444");
    // The work is shared.
    desk.click("#list .tick input");
    desk.until_text("#list .chip.done", "done by 佐藤 花子");

    // That number was wrong.
    desk.click("#list h2 button");
    desk.until_text("#list dl", "080-3333-4444");
    desk.click("#list .dispute button");
    desk.until("the question", "document.querySelector('#list .dispute textarea') != null");
    assert_eq!(desk.0.evaluate("document.querySelector('#list .dispute select').value"), "callback");
    desk.write("#list .dispute textarea", "末尾は 4445 のはずです");
    fits(&mut desk, "a dispute");
    is_open_to_all(&mut desk, "what is disputed on my page");
    // The other language has drawn the list anew.
    desk.until("it is open", "document.querySelector('#list .dispute button') != null");
    desk.click("#list .dispute button");
    desk.write("#list .dispute textarea", "末尾は 4445 のはずです");
    desk.click("#list .dispute button.main");
    desk.until_text("#list .dispute", "We are listening");
    let disputes = house.get("/disputes?open=true");
    assert_eq!(
        (disputes[0]["report"].as_str(), disputes[0]["words"].as_str()),
        (Some(report.as_str()), Some("末尾は 4445 のはずです"))
    );
    let verdict = json!({ "cause": "correct", "answer": "録音を確認しました。4444 とおっしゃっています。" });
    house.post(&format!("/disputes/{}", disputes[0]["id"]), verdict);
    desk.0.ask("Page.reload", json!({}));
    desk.until("the report anew", "document.querySelector('#list h2 button') != null");
    desk.click("#list h2 button");
    desk.until_text("#list", "4444 とおっしゃっています");
    is_open_to_all(&mut desk, "an answered dispute on my page");

    orders(&mut desk, &house, firm);
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}

/// Where reports go is the firm's own affair; and whoever logs in after it has ended finds what was typed.
fn orders(desk: &mut Desk, house: &House, firm: i64) {
    tab(desk, "People and places");
    desk.until("the places", "document.querySelector('[data-path=\"recipients[0].channel.address\"]') != null");
    desk.write("[data-path='recipients[0].channel.address']", "no address");
    desk.click("#keeping button.main");
    desk.until("what is wrong", "document.activeElement.dataset.path === 'recipients[0].channel.address'");
    fits(desk, "the places");
    desk.write("[data-path='recipients[0].channel.address']", "new@sakura.example");
    is_open_to_all(desk, "where reports go on my page");
    // Another language keeps what was typed.
    let typed =
        "document.querySelector('[data-path=\"recipients[0].channel.address\"]')?.value === 'new@sakura.example'";
    desk.until("what was typed", typed);
    desk.click("#keeping button.main");
    desk.until_text("#keeping", "Saved.");
    let profile = house.get(&format!("/customers/{firm}/profile"));
    assert_eq!(profile["profile"]["recipients"][0]["channel"]["address"], "new@sakura.example", "{profile}");
    for (name, what) in [("Schedule and notes", "my page's schedule"), ("Logins", "my page's logins")] {
        tab(desk, name);
        desk.until("the tab", "document.querySelector('#keeping form') != null");
        fits(desk, what);
        is_open_to_all(desk, what);
    }
    // The session has ended: what is tried says so, and the same page goes on after a login.
    tab(desk, "Reports");
    let members = house.get(&format!("/customers/{firm}/members"));
    let member = &members[0]["id"];
    let (status, _) = house.ask(
        "POST",
        &format!("/customers/{firm}/members/{member}/password"),
        Some(&json!({ "password": PASSWORD })),
    );
    assert_eq!(status, 200);
    find(desk, "納期");
    desk.until_text("#state", "Your session has ended");
    let still: Value = desk.0.evaluate("document.querySelector('#find [name=text]').value");
    assert_eq!(still, "納期");
    log_in(desk, "hanako@sakura.example");
    desk.until_text("#list", "納期について");
}
