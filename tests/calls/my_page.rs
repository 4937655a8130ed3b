//! My page in a real browser of a telephone's width: a client firm finds what was taken for it, and deals with it.

use std::time::Duration;

use serde_json::json;

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

#[test]
fn f55_f57_f59_a_firm_finds_its_report_and_shares_the_work_on_a_telephone() {
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
    reported(&house, &mut carrier, &robots);

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
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}
