//! The supervisor's desk in a real browser, over a real call with its recording: a firm says that a number is wrong, one click plays the
//! seconds in which it was said, one more answers with the corrected report and a clip (X01, X04); a call is scored; a screen is hung on
//! the wall. Nobody is kept out of any of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::barriers::is_open_to_all;
use super::pages::Desk;
use crate::support::audio::{CALLER_HZ, OPERATOR_HZ};
use crate::support::house::House;
use crate::support::{pause, ports};

/// A firm whose plan has listening, and one of its people, logged in: row and token.
fn firm(house: &House) -> (i64, String) {
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let place = json!({ "id": "a", "channel": { "type": "email", "address": "a@sakura.example" } });
    let profile = json!({ "recipients": [place], "rules": [{ "to": [{ "who": { "recipient": "a" } }] }],
        "listening": { "on": true, "hours": 24 } });
    let put = json!({ "revision": 0, "profile": profile });
    let (status, said) = house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&put));
    assert_eq!(status, 200, "{said}");
    let member = json!({ "login": "sato@sakura.example", "name": "佐藤 花子", "role": "owner" });
    let made = house.post(&format!("/customers/{firm}/members"), member);
    let login = json!({ "login": "sato@sakura.example", "password": made["password"] });
    let token = house.post("/my/login", login)["token"].as_str().expect("a token").to_owned();
    (firm, token)
}

/// A call of some seconds, and the number that was typed in it, two seconds after the answer; its report was sent.
fn taken(house: &House) -> (Value, String) {
    let operator = house.operator("101", 0);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut phone = house.phone(&operator, OPERATOR_HZ, true);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_ESTABLISHED");
    caller.wait("CALL_ESTABLISHED");
    let token = house.desk("taro", &operator);
    let call = house.until_call("established");
    pause(Duration::from_secs(2));
    let report = house.ask_as(&token, "POST", &format!("/calls/{call}/report"), Some(&json!({ "take": true }))).1;
    let report = report["report"]["id"].as_str().unwrap_or_else(|| panic!("no report: {report}")).to_owned();
    let said = |key: &str, text: &str| json!({ "key": key, "value": { "said": text } });
    let edits = json!({ "edits": [said("callback", "090-1111-2222"), said("company", "□□商事"), said("name", "高橋"),
        said("business", "納期"), said("desired", "call_back"), said("read_back", "yes")] });
    let (status, said) = house.ask_as(&token, "PATCH", &format!("/reports/{report}"), Some(&edits));
    assert_eq!(status, 200, "{said}");
    pause(Duration::from_secs(2));
    caller.command("hangup", "");
    phone.wait("CALL_CLOSED");
    house.assert_idle();
    let record = house.finished(1);
    let (status, said) = house.ask_as(&token, "POST", &format!("/reports/{report}/send"), Some(&json!({})));
    assert_eq!(status, 200, "{said}");
    (record, report)
}

#[test]
fn x01_x04_f62_a_supervisor_hears_the_number_answers_the_dispute_scores_the_call_and_hangs_up_a_screen() {
    let house = House::start();
    let (_, member) = firm(&house);
    let (record, report) = taken(&house);
    let new = json!({ "field": "callback", "words": "正しくは090-1111-2223です" });
    let (status, dispute) = house.ask_as(&member, "POST", &format!("/my/reports/{report}/disputes"), Some(&new));
    assert_eq!(status, 201, "{dispute}");

    // First click: the recording plays from where the number was said.
    let mut desk = Desk::open_as(&house, "supervisor", None);
    let listen = format!("#disputes-open [data-dispute=\"{}\"]", dispute["id"]);
    desk.until("the dispute", &format!("document.querySelector('{listen}') != null"));
    desk.until_text("#disputes-open [data-due]", "min left");
    desk.click(&listen);
    desk.until("its fields", "document.querySelector('#dispute-fields [data-field=callback]') != null");
    desk.until("its place", "document.querySelector('#dispute-case audio').src.includes('/recording')");
    let spans = house.get(&format!("/disputes/{}", dispute["id"]))["fields"].clone();
    let callback = spans.as_array().and_then(|all| all.iter().find(|one| one["key"] == "callback")).cloned();
    let from_ms = callback.expect("it is there")["spans"][0]["from_ms"].as_i64().expect("a moment");
    assert!((0..60_000).contains(&from_ms), "{from_ms}");
    let wanted = (from_ms - 6_000).max(0) as f64 / 1000.0;
    let plays = format!(
        "(() => {{ const player = document.querySelector('#dispute-case audio'); return player.currentTime >= {wanted} - 0.1; }})()"
    );
    desk.until("the second in which it was said", &plays);
    assert_eq!(desk.text("#dispute-compare mark"), "3", "the digit that differs stands out");
    assert_eq!(desk.0.evaluate("document.querySelector('[name=dispute-value]').value"), "090-1111-2223");
    assert_eq!(desk.0.evaluate("document.querySelector('[name=dispute-clip]').checked"), true);
    is_open_to_all(&mut desk, "a dispute");
    // By the keyboard alone, too.
    desk.0.evaluate("{ const board = document.querySelector('#dispute-case .wave-board'); board.focus(); board.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true })); 1 }");
    desk.until("the beginning", "document.querySelector('#dispute-case audio').currentTime < 1.5");

    // Second click: decided, corrected, sent with a clip.
    desk.click("#dispute-form [data-cause=misheard]");
    desk.until("the verdict", "document.querySelector('#dispute-decided') != null");
    let decided = house.get(&format!("/disputes/{}", dispute["id"]));
    assert_eq!(decided["dispute"]["cause"], "misheard", "{decided}");
    let follow_up = decided["dispute"]["follow_up"].as_str().expect("a corrected report").to_owned();
    let corrected = house.get(&format!("/reports/{follow_up}"));
    assert_eq!(corrected["draft"]["answers"]["callback"]["said"], "090-1111-2223");
    assert_eq!(corrected["deliveries"][0]["recipient"], "a", "to those who had the first");
    assert_eq!(decided["clips"][0]["report"], follow_up.as_str(), "{decided}");
    // Every playback is in the audit log.
    let written = house.get(&format!("/reports/{report}/written"));
    assert!(written["audit"].to_string().contains("report.dispute"), "{written}");

    // The call is chosen for scoring, with the reason; it is heard and scored beside its waveform.
    let call = record["call"].as_str().expect("a call");
    house.post("/quality/samples", json!({ "call": call, "why": "研修のため" }));
    desk.0.evaluate(
        "for (const part of ['quality', 'operators-desk']) document.querySelector(`#${part} details`).open = true; 1",
    );
    let monday = house.get("/quality/samples")[0]["week"].as_str().expect("a week").to_owned();
    desk.write("[name=quality-week]", &monday);
    desk.until("the sample", "document.querySelector('#quality-samples [data-sample]') != null");
    desk.click("#quality-samples [data-sample]");
    desk.until("the sheet", "document.querySelector('[name=points-greeting]') != null");
    desk.write("[name=points-greeting]", "5");
    desk.write("[name=points-read_back]", "2");
    desk.write("[name=comment-read_back]", "最後の桁");
    is_open_to_all(&mut desk, "a score sheet");
    assert_eq!(desk.0.evaluate("document.querySelector('[name=comment-read_back]').value"), "最後の桁", "it stays");
    desk.click("#quality-save");
    desk.until_text("#quality-said", "70 %");
    desk.until("the operator's week", "document.querySelectorAll('#operators-figures tbody tr').length > 0");
    assert_eq!(house.get("/quality/samples")[0]["percent"], 70);

    // A screen on the wall: no login, and it says so when its link has ended.
    let display = house.post("/displays", json!({ "name": "大画面" }));
    let token = display["link"].as_str().and_then(|link| link.split_once('#')).expect("a link").1.to_owned();
    for language in ["ja", "en"] {
        desk.0.ask("Page.navigate", json!({ "url": format!("{}/wall?lang={language}#{token}", house.http) }));
        desk.until("the board", "document.getElementById('name')?.textContent === '大画面' && document.querySelector('#operators li') != null");
        assert_eq!(desk.0.evaluate("document.documentElement.lang"), language);
        super::barriers::has_no_barrier(&mut desk, &format!("the wall in {language}"));
    }
    house.ask("DELETE", &format!("/displays/{}", display["id"]), None);
    desk.until_text("#trouble", "not valid");
}
