//! The page of supervisors and administrators, in a real browser: a firm's report settings are saved, tried out and kept whatever goes
//! wrong; a report of the past is found, read and sent to one more.

use std::time::Duration;

use serde_json::{Value, json};
use sip::message::Method;

use super::pages::Desk;
use super::post::configuration;
use crate::support::house::{House, SOON};
use crate::support::mail_server::MailServer;
use crate::support::peer::{Peer, sdp};
use crate::support::robots::{Deed, Robots};
use crate::support::{pause, until};

const ADDRESS: &str = "[name=recipients-0-channel-address]";

/// What is said beside the field that is found by `selector`, once it is said.
pub fn beside(desk: &mut Desk, selector: &str, wanted: &str) {
    let said = format!(
        "document.getElementById(document.querySelector({})?.getAttribute('aria-describedby'))?.textContent.includes({})",
        json!(selector),
        json!(wanted)
    );
    desk.until(&format!("{wanted:?} beside {selector}"), &said);
}

fn value(desk: &mut Desk, selector: &str) -> String {
    let found = desk.0.evaluate(&format!("document.querySelector({})?.value", json!(selector)));
    found.as_str().unwrap_or_default().to_owned()
}

/// Opens the firm's settings.
pub fn settings(desk: &mut Desk, firm: i64) {
    let choice = "[name=profile-firm]";
    desk.until("the choice", &format!("document.querySelector('{choice} option[value=\"{firm}\"]') != null"));
    desk.click("#profile summary");
    desk.write(choice, &firm.to_string());
    desk.until("the settings", "document.querySelector('#profile-form')?.hidden === false");
}

#[test]
fn f31_f32_an_administrator_adds_a_recipient_and_a_rule_and_the_test_arrives() {
    let server = MailServer::start();
    let house = House::start_with(&configuration(&server, "required", server.smtp, false));
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let mut desk = Desk::open_as(&house, "admin", None);
    settings(&mut desk, firm);

    // A bad address: said beside the field, in either language; what was typed stays, and nothing is saved.
    desk.click("#profile-places-add");
    desk.write("[name=recipients-0-label]", "受付");
    desk.write(ADDRESS, "sato@");
    desk.click("#profile-save");
    beside(&mut desk, ADDRESS, "that is no mail address");
    assert_eq!(desk.0.evaluate("document.activeElement.name"), "recipients-0-channel-address", "it is led there");
    assert_eq!(
        (value(&mut desk, ADDRESS), value(&mut desk, "[name=recipients-0-label]")),
        ("sato@".into(), "受付".into())
    );
    assert_eq!(house.get(&format!("/customers/{firm}/profile"))["revision"], 0);
    desk.click("#language");
    desk.until_text("#profile summary", "契約企業の報告設定");
    assert_eq!(value(&mut desk, ADDRESS), "sato@", "another language loses nothing");
    desk.click("#profile-save");
    beside(&mut desk, ADDRESS, "メールアドレスの形が正しくありません");
    desk.until_text("#profile-said", "1か所を直してください");
    // A test goes to what is saved.
    desk.click("[data-tries=place-1]");
    desk.until_text("[data-trial-of=place-1]", "先に保存してください");
    assert_eq!(house.get("/reports")["reports"], json!([]));

    // Another firm is looked at in between: what is typed waits.
    desk.write(ADDRESS, "sato@sakura.example");
    beside_nothing(&mut desk, ADDRESS);
    desk.click("#profile-tab-rules");
    desk.click("#profile-rules-add");
    desk.write("[name=rules-0-when-urgency]", "high");
    desk.write("[name=rules-0-to-0-who]", "recipient:place-1");
    desk.until_text("#profile-rules .sentence", "至急以上 → 送信先: 受付 · メール");
    desk.click("#profile-tab-people");
    desk.click("#profile-people-add");
    desk.write("[name=people-0-name]", "佐藤 花子");
    desk.click("#profile-tab-try");
    desk.write("[name=try-urgency]", "urgent");
    desk.click("#profile-try");
    desk.until_text("#profile-tried", "受付");
    desk.until_text("#profile-tried", "【緊急】");
    desk.click("#profile-tab-places");
    assert_eq!(value(&mut desk, ADDRESS), "sato@sakura.example");
    desk.click("#profile-save");
    desk.until_text("#profile-said", "保存しました");
    let saved = house.get(&format!("/customers/{firm}/profile"));
    let profile = &saved["profile"];
    assert_eq!(saved["revision"], 1, "{saved}");
    assert_eq!(profile["recipients"][0]["channel"], json!({"type": "email", "address": "sato@sakura.example"}));
    let to = json!([{"who": {"recipient": "place-1"}, "by": "both"}]);
    assert_eq!((&profile["rules"][0]["to"], &profile["rules"][0]["when"]["urgency"]), (&to, &json!("high")));
    assert_eq!(profile["people"][0]["name"], "佐藤 花子");

    // The test arrives, and the page says so by itself.
    desk.click("[data-tries=place-1]");
    let kept = until("the mail", SOON, || server.kept("inbox").pop());
    assert_eq!(kept.envelope_to, "sato@sakura.example");
    desk.until_text("[data-trial-of=place-1]", "届きました");
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}

fn beside_nothing(desk: &mut Desk, selector: &str) {
    let said = format!(
        "document.getElementById(document.querySelector({}).getAttribute('aria-describedby')).textContent === ''",
        json!(selector)
    );
    desk.until("no complaint any more", &said);
}

#[test]
fn what_two_people_change_at_once_is_kept_or_told_and_secrets_never_come_back() {
    let house = House::start();
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let put = |revision: i64, profile: Value| {
        let body = json!({"revision": revision, "profile": profile});
        let (status, answer) = house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&body));
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let token = "0123456789abcdef0123456789abcdef";
    let room =
        json!({"id": "room", "label": "事務所", "channel": {"type": "chatwork", "room": "123456", "token": token}});
    put(0, json!({"recipients": [room], "dos": ["復唱する"]}));
    let mut desk = Desk::open_as(&house, "admin", None);
    settings(&mut desk, firm);
    let shown = value(&mut desk, "[name=recipients-0-channel-token]");
    assert!(shown.starts_with("••••") && !shown.contains("0123456789"), "{shown}");

    // Something else was changed by somebody else: both are kept.
    desk.write("[name=recipients-0-label]", "総務");
    let mut theirs = house.get(&format!("/customers/{firm}/profile"))["profile"].clone();
    theirs["digest_hour"] = json!(9);
    put(1, theirs);
    desk.until_text("#profile-conflict", "admin changed “hour of the digest”");
    desk.click("#profile-keep-mine");
    desk.until_text("#profile-said", "Saved");
    let now = house.get(&format!("/customers/{firm}/profile"));
    assert_eq!(
        (&now["revision"], &now["profile"]["digest_hour"], &now["profile"]["recipients"][0]["label"]),
        (&json!(3), &json!(9), &json!("総務")),
        "{now}"
    );

    // The same was changed: it is told, and chosen.
    desk.write("[name=recipients-0-label]", "経理");
    let mut theirs = now["profile"].clone();
    theirs["recipients"][0]["label"] = json!("受付");
    put(3, theirs);
    desk.until_text("#profile-conflict", "Both of you changed “recipients”");
    assert_eq!(value(&mut desk, "[name=recipients-0-label]"), "経理", "what was typed is still there");
    desk.click("#profile-take-theirs");
    desk.until("theirs", "document.querySelector('[name=recipients-0-label]')?.value === '受付'");

    // The login runs out in the middle of it: whoever comes back finds it.
    desk.write("[name=recipients-0-label]", "社長室");
    desk.click("#logout");
    desk.until("the login", "document.getElementById('login')?.hidden === false");
    assert_eq!(desk.text("#profile"), "", "nothing is left on the screen");
    desk.write("#login-form [name=name]", "hanako");
    desk.write("#login-form [name=password]", "correct horse battery");
    desk.click("#login-form button");
    desk.until("it is still there", "document.querySelector('[name=recipients-0-label]')?.value === '社長室'");
    desk.click("#profile-save");
    desk.until_text("#profile-said", "Saved");
    let kept = house.get(&format!("/customers/{firm}/profile"));
    assert_eq!(kept["profile"]["recipients"][0]["label"], "社長室");
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}

#[test]
fn f20_f22_f23_a_supervisor_writes_an_absence_a_note_and_a_manual_and_may_not_change_rules() {
    let house = House::start();
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let operator = house.operator("201", 0);
    let people = json!([{"id": "sato", "name": "佐藤 花子", "kana": "さとう はなこ"}]);
    let body = json!({"revision": 0, "profile": {"people": people}});
    assert_eq!(house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&body)).0, 200);
    let mut desk = Desk::open_as(&house, "supervisor", None);
    settings(&mut desk, firm);
    assert_eq!(desk.0.evaluate("document.getElementById('profile-places-add').disabled"), true);
    assert_eq!(desk.0.evaluate("document.getElementById('profile-save').disabled"), true);

    // The roster is the supervisor's to keep.
    desk.click("#profile-tab-people");
    desk.click("#profile-people-add");
    desk.write("[name=people-1-name]", "鈴木 一郎");
    desk.click("#profile-people li:nth-child(2) .up");
    desk.click("#profile-save");
    desk.until_text("#profile-said", "Saved");
    let people = house.get(&format!("/customers/{firm}/people"));
    assert_eq!((&people[0]["name"], &people[1]["name"]), (&json!("鈴木 一郎"), &json!("佐藤 花子")), "{people}");

    // The sentence that operators will say is there before it is saved, in the firm's language.
    desk.click("#profile-tab-schedule");
    desk.write("[name=entry-person]", "sato");
    desk.write("[name=entry-from_ms]", "2036-11-24T13:00");
    desk.write("[name=entry-until_ms]", "2036-11-24T12:00");
    desk.click("#profile-entry-save");
    beside_something(&mut desk, "[name=entry-until_ms]");
    desk.write("[name=entry-until_ms]", "2036-11-24T16:00");
    desk.until_text("#profile-sentence", "佐藤はただいま外出しており、16時に戻る予定です。");
    let (from, until_ms) = japan_hours();
    desk.write("[name=entry-from_ms]", &from);
    desk.write("[name=entry-until_ms]", &until_ms);
    desk.click("#profile-entry-save");
    desk.until_text("#profile-entries", "佐藤 花子");
    let now = house.get(&format!("/customers/{firm}/people"))[1]["now"].clone();
    assert!(now["sentence"].as_str().is_some_and(|text| text.contains("外出しており")), "{now}");

    // A note that runs out before it begins is refused beside its field, and stays.
    desk.click("#profile-tab-notes");
    desk.write("[name=note-text]", "院長は学会で不在です");
    desk.write("[name=note-from_ms]", "2036-11-24T13:00");
    desk.write("[name=note-until_ms]", "2036-11-24T12:00");
    desk.click("#profile-note-save");
    beside(&mut desk, "[name=note-until_ms]", "it ends before it begins");
    assert_eq!(value(&mut desk, "[name=note-text]"), "院長は学会で不在です");
    desk.write("[name=note-from_ms]", "");
    desk.write("[name=note-until_ms]", "2036-11-25T12:00");
    desk.click("#profile-note-save");
    desk.until_text("#profile-notes", "院長は学会で不在です");
    assert_eq!(house.get(&format!("/customers/{firm}/notes"))[0]["text"], "院長は学会で不在です");

    // A manual: nobody has read it; then somebody has.
    desk.click("#profile-tab-manual");
    desk.write("[name=manual-text]", "1. 名乗る\n2. 復唱する");
    desk.write("[name=manual-changes]", "復唱を追加");
    desk.click("#profile-manual-save");
    desk.until_text("#profile-manuals", "Not read by: Operator 201");
    let token = log_in(&house, operator.id);
    let read = format!("{}/api/v1/customers/{firm}/manuals/1/acknowledge", house.http);
    ureq::post(&read).header("Authorization", &format!("Bearer {token}")).send_empty().expect("acknowledged");
    desk.click("#profile-tab-notes");
    desk.write("[name=note-text]", "読み直し");
    desk.click("#profile-note-save");
    desk.until("the note", "document.querySelectorAll('#profile-notes > li').length === 2");
    desk.click("#profile-tab-manual");
    desk.until_text("#profile-manuals", "read by 1 of 1: Operator 201");
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}

fn beside_something(desk: &mut Desk, selector: &str) {
    let said = format!(
        "document.getElementById(document.querySelector({})?.getAttribute('aria-describedby'))?.textContent",
        json!(selector)
    );
    desk.until("a complaint", &said);
}

/// An hour ago and in an hour, as the page has them: in Japan.
fn japan_hours() -> (String, String) {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
    let text = |at: jiff::Zoned| at.strftime("%Y-%m-%dT%H:%M").to_string();
    let hour = jiff::Span::new().hours(1);
    (text(now.checked_sub(hour).expect("a time")), text(now.checked_add(hour).expect("a time")))
}

fn log_in(house: &House, operator: i64) -> String {
    let password = "correct horse battery";
    house.post("/users", json!({"name": "taro", "role": "operator", "password": password, "operator_id": operator}));
    let body = json!({"name": "taro", "password": password});
    let mut answer = ureq::post(&format!("{}/api/v1/login", house.http)).send_json(&body).expect("logged in");
    answer.body_mut().read_json::<Value>().expect("JSON")["token"].as_str().expect("a token").to_owned()
}

/// A call that is answered and reported while it is talked; the report.
pub fn reported(house: &House, carrier: &mut Peer, robots: &Robots) -> String {
    reported_of(house, carrier, robots, 1, "髙橋")
}

/// The same of the operator's so many-th call, by whoever calls.
pub fn reported_of(house: &House, carrier: &mut Peer, robots: &Robots, nth: usize, name: &str) -> String {
    carrier.invite("0355500101", "09011112222", &sdp(40_000));
    let told = robots.until("201", Deed::Answered, nth);
    let answer = carrier.response(200, "INVITE");
    let mut dialog = carrier.caller_dialog(&answer);
    carrier.ack(&dialog);
    house.until_call("established");
    let sheet = house.post(&format!("/calls/{}/report", told.call), json!({"take": true}));
    let report = sheet["report"]["id"].as_str().expect("a report").to_owned();
    let said = |key: &str, text: &str| json!({"key": key, "value": {"said": text}});
    // So that the number is not said in the recording's first second.
    pause(Duration::from_millis(1_500));
    let edits = json!([
        said("company", "□□商事"),
        said("name", name),
        said("business", "納期について"),
        said("desired", "call_back"),
        said("callback", "080-3333-4444"),
        said("read_back", "yes"),
    ]);
    let (status, answer) = house.ask("PATCH", &format!("/reports/{report}"), Some(&json!({"edits": edits})));
    assert_eq!(status, 200, "{answer}");
    house.post(&format!("/reports/{report}/send"), json!({}));
    carrier.request(&mut dialog, &Method::Bye, None);
    carrier.response(200, "BYE");
    house.assert_idle();
    report
}
