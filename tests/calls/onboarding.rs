//! The wizard for a new firm in a real browser (F61): the firm is added, a real call arrives, its greeting is confirmed by the recording,
//! the test report comes to a mail server; the evidence is kept, printed and told by the command line, and a later change is told of.

use std::time::Duration;

use serde_json::{Value, json};

use super::barriers::is_open_to_all;
use super::pages::Desk;
use super::reporting::Mailbox;
use crate::support::house::{House, SOON};
use crate::support::peer::{Peer, sdp};
use crate::support::robots::{Habit, Robots};
use crate::support::{pause, ports, until};

const DID: &str = "0355500101";

/// Clicks, and waits until it is said that it was saved.
fn saves(desk: &mut Desk, button: &str) {
    desk.0.evaluate("document.getElementById('admin-said').textContent = ''");
    desk.click(button);
    desk.until_text("#admin-said", "Saved");
}

/// The newest run of the firm.
fn run(house: &House, firm: i64) -> Value {
    house.get(&format!("/customers/{firm}/onboardings"))["runs"][0].clone()
}

/// A new firm, as an administrator adds it.
fn add(desk: &mut Desk, house: &House) -> i64 {
    desk.until("the administration", "document.querySelector('#admin summary') != null");
    desk.click("#admin summary");
    desk.click("#admin-tab-onboarding");
    desk.until("the wizard", "document.getElementById('onboarding-new') != null");
    is_open_to_all(desk, "the list of new firms");
    desk.click("#onboarding-new");
    desk.until("the form", "document.querySelector('[name=onboarding-code]') != null");
    for (name, value) in [("code", "sakura"), ("name", "さくら歯科"), ("reading", "さくらしか"), ("did", DID)]
    {
        desk.write(&format!("[name=onboarding-{name}]"), value);
    }
    saves(desk, "#onboarding-firm-save");
    desk.until_text("#onboarding-firm", "さくら歯科");
    let rows = house.get("/customers");
    let row = rows.as_array().expect("firms").iter().find(|row| row["code"] == "sakura").cloned();
    row.expect("the firm")["id"].as_i64().expect("an id")
}

/// What is said, to whom reports go, and how the firm was identified.
fn set(desk: &mut Desk) {
    desk.write("[name=onboarding-greeting]", "お電話ありがとうございます、さくら歯科です。");
    desk.write("[name=onboarding-greeting-reading]", "おでんわありがとうございます、さくらしかです。");
    saves(desk, "#onboarding-greeting-save");
    desk.write("[name=onboarding-mail-label]", "受付");
    desk.write("[name=onboarding-mail-address]", "sato@sakura.example");
    saves(desk, "#onboarding-mail-add");
    desk.write("[name=identity-document]", "登記事項証明書");
    desk.write("[name=identity-representative]", "佐藤 花子");
    desk.write("[name=identity-checked_on]", "2026-11-20");
    saves(desk, "#identity-add");
    desk.until_text("#admin-panel-onboarding", "登記事項証明書");
}

#[test]
fn f61_a_new_firm_is_set_up_and_proved_by_a_real_call_its_recording_and_a_mail() {
    let mailbox = Mailbox::open();
    let house = House::start_with(&mailbox.configuration());
    let operator = house.operator("101", 0);
    let robots = Robots::start(&house, &[(&operator, Habit::Answers(Duration::from_millis(300)))]);
    let port = ports::free_block(2);
    house.trunk("carrier", port, json!({}));
    let mut carrier = Peer::bind(port, &house.sip);
    let mut desk = Desk::open(&house, "admin");
    let firm = add(&mut desk, &house);
    set(&mut desk);

    desk.click("#onboarding-begin");
    desk.until_text("#admin-panel-onboarding", "The call is noted by itself");
    desk.click("#onboarding-ask-route");
    desk.until_text("#onboarding-route", "is this firm's");
    desk.until_text("#onboarding-route", "carrier");

    // A call from outside: the page notes it by itself, whoever looks on.
    carrier.invite(DID, "09011112222", &sdp(40_000));
    let answer = carrier.response(200, "INVITE");
    let mut dialog = carrier.caller_dialog(&answer);
    carrier.ack(&dialog);
    desk.until_text("#admin-panel-onboarding", "Operator 101");
    let call = run(&house, firm)["call"].clone();
    assert_eq!((&call["operator"], &call["caller"]), (&json!(operator.id), &json!("819011112222")), "{call}");
    pause(Duration::from_secs(2));
    carrier.request(&mut dialog, &sip::message::Method::Bye, None);
    carrier.response(200, "BYE");
    let finished = house.finished(1);
    assert_eq!(finished["call"], call["call"]);
    drop(robots);

    // Its greeting, by whoever listens to the recording.
    desk.until("the greeting's form", "document.querySelector('[name=onboarding-until]') != null");
    desk.write("[name=onboarding-until]", "1.5");
    desk.click("#onboarding-right");
    desk.until_text("#onboarding-greeted", "さくら歯科です。");
    let greeting = run(&house, firm)["greeting"].clone();
    assert_eq!(
        (&greeting["until_ms"], &greeting["heard"], &greeting["by"]),
        (&json!(1_500), &json!("recording"), &json!("hanako"))
    );
    assert_eq!(greeting["recording_sha256"].as_str().map(str::len), Some(64), "{greeting}");

    // Mail, over SMTP: accepted by the recipient's server, then confirmed by a person.
    desk.click("#onboarding-send");
    let (to, text) = mailbox.first();
    assert_eq!(to, "sato@sakura.example");
    assert!(text.contains("TEST") || text.contains("テスト"), "{text}");
    desk.until("it was accepted", "document.querySelector('[data-arrived=mail-1]')?.disabled === false");
    is_open_to_all(&mut desk, "a firm's proofs");
    desk.click("[data-arrived=mail-1]");
    desk.until_text("#onboarding-run", "All three hold since");
    let proved = until("the proof", SOON, || Some(run(&house, firm)).filter(|run| run["proved_ms"].is_i64()));
    let mailed = &proved["mail"]["recipients"][0];
    assert!(mailed["remote_id"].as_str().is_some_and(|id| id.starts_with("250")), "{mailed}");

    // The sheet, and the same as JSON by the command line.
    desk.click("[data-sheet]");
    desk.until_text("#onboarding-sheet", call["call"].as_str().expect("a call"));
    is_open_to_all(&mut desk, "the sheet of a firm's proofs");
    let told = house.cli(&["client", "onboard", "sakura", "--json"]);
    assert_eq!((&told["standing"], &told["runs"][0]["mail"]), (&json!("proved"), &proved["mail"]));

    // Another address: what was proved is of before, and a firm that was never proved says so.
    let mut kept = house.get(&format!("/customers/{firm}/profile"));
    kept["profile"]["recipients"][0]["channel"]["address"] = json!("ito@sakura.example");
    let put = json!({ "revision": kept["revision"], "profile": kept["profile"] });
    assert_eq!(house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&put)).0, 200);
    house.firm("umibe", "うみべ不動産", "0355500102", json!({}));
    desk.click("#admin-tab-health");
    desk.click("#admin-tab-onboarding");
    desk.until_text("#onboarding-changed", "recipients");
    desk.click("#onboarding-sheet-back");
    desk.click("#onboarding-back");
    desk.until_text("#admin-panel-onboarding table", "Not yet proved");
    desk.until_text("#admin-panel-onboarding table", "Changed since");
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}
