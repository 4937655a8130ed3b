//! The supervisor's desk in the story of a day: one click plays the seconds in which the number was said, one more answers with the
//! corrected report and a clip (X01, X04), whatever happens to the network and the session meanwhile; a call is scored; a screen is hung
//! on the wall. Nobody is kept out of any of it.

use serde_json::{Value, json};

use super::barriers::{has_no_barrier, is_open_to_all};
use super::day::{Day, assert_lands};
use super::pages::Desk;

const PLAYER: &str = "document.querySelector('#dispute-case audio')";

/// The firm's doubt is answered: it was misheard, and `right` is what was said, at the second `spoken` of the recording.
pub fn answers(day: &mut Day, report: &str, right: &str, spoken: f64) {
    let Day { house, desk, .. } = day;
    let dispute = house.get("/disputes?open=true")[0].clone();
    let path = format!("/disputes/{}", dispute["id"]);
    // First click: the recording plays from where the number was said.
    let listen = format!("#disputes-open [data-dispute=\"{}\"]", dispute["id"]);
    desk.until("the dispute", &format!("document.querySelector('{listen}') != null"));
    desk.until_text("#disputes-open [data-due]", "あと");
    desk.click(&listen);
    desk.until("its fields", "document.querySelector('#dispute-fields [data-field=callback]') != null");
    assert!(
        desk.text("#dispute-fields").contains("折返し希望"),
        "a choice is told in words: {}",
        desk.text("#dispute-fields")
    );
    desk.until("its place", &format!("{PLAYER}.src.includes('/recording')"));
    let spans = house.get(&path)["fields"].clone();
    let callback = spans.as_array().and_then(|all| all.iter().find(|one| one["key"] == "callback")).cloned();
    let from_ms = callback.expect("it is there")["spans"].as_array().and_then(|all| all.last()?["from_ms"].as_i64());
    let wanted = (from_ms.expect("a moment") - 6_000).max(0) as f64 / 1000.0;
    desk.until("the second in which it was said", &format!("{PLAYER}.currentTime >= {wanted} - 0.1"));
    let at = desk.0.evaluate(&format!(
        "document.querySelector('#dispute-fields [data-field=callback]').click(); {PLAYER}.currentTime"
    ));
    assert_lands(&at, spoken);
    let digit = &right[right.len() - 1..];
    assert_eq!(desk.text("#dispute-compare mark"), digit, "the digit that differs stands out");
    assert_eq!(desk.0.evaluate("document.querySelector('[name=dispute-value]').value"), right);
    assert_eq!(desk.0.evaluate("document.querySelector('[name=dispute-clip]').checked"), true);
    desk.write("[name=dispute-answer]", "録音を聞き直しました。");
    is_open_to_all(desk, "a dispute");
    by_the_keyboard(desk);
    nothing_typed_is_lost(desk);

    // Second click: decided, corrected, sent with a clip.
    desk.click("#dispute-form [data-cause=misheard]");
    desk.until("the verdict", "document.querySelector('#dispute-decided') != null");
    let decided = house.get(&path);
    assert_eq!(decided["dispute"]["cause"], "misheard", "{decided}");
    let follow_up = decided["dispute"]["follow_up"].as_str().expect("a corrected report").to_owned();
    let corrected = house.get(&format!("/reports/{follow_up}"));
    assert_eq!(corrected["draft"]["answers"]["callback"]["said"], right);
    let told = corrected["deliveries"].as_array().expect("deliveries").iter();
    let mut told: Vec<&str> = told.filter_map(|one| one["recipient"].as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["chief", "office"], "those who had the first");
    assert_eq!(decided["clips"][0]["report"], follow_up.as_str(), "{decided}");
    // Every playback is in the audit log.
    let written = house.get(&format!("/reports/{report}/written"));
    assert!(written["audit"].to_string().contains("report.dispute"), "{written}");
}

/// The recording, with nothing but keys.
fn by_the_keyboard(desk: &mut Desk) {
    let key = |desk: &mut Desk, name: &str, read: &str| {
        desk.0.evaluate(&format!(
            "(() => {{ const board = document.querySelector('#dispute-case .wave-board'); board.focus(); \
             board.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{name}', bubbles: true }})); return {PLAYER}.{read}; }})()"
        ))
    };
    let begin = key(desk, "Home", "currentTime");
    assert!(begin.as_f64().is_some_and(|at| at < 1.5), "{begin}");
    let later = key(desk, "ArrowRight", "currentTime");
    assert!(later.as_f64().is_some_and(|at| at >= 2.0), "two seconds on: {later}");
    let turns = [key(desk, " ", "paused"), key(desk, " ", "paused")];
    assert!(turns == [true, false] || turns == [false, true], "it plays and pauses: {turns:?}");
}

/// The network is cut, and the session ends: both are said, and the answer waits for whoever wrote it.
fn nothing_typed_is_lost(desk: &mut Desk) {
    let written = "['dispute-value', 'dispute-answer'].map((name) => document.querySelector(`#dispute-form [name=${name}]`)?.value)";
    let before: Value = desk.0.evaluate(written);
    desk.offline(true);
    desk.click("#dispute-form [data-cause=misheard]");
    desk.until_text("#dispute-error", "サーバー");
    desk.offline(false);
    desk.until("it is connected again", "document.getElementById('cut-off').hidden");
    assert_eq!(desk.0.evaluate(written), before, "after a cut network");
    desk.0.ask("Network.clearBrowserCookies", json!({}));
    desk.click("#dispute-form [data-cause=misheard]");
    desk.log_in("kantoku");
    desk.until("the case is open again", "document.querySelector('#dispute-form [name=dispute-answer]') != null");
    assert_eq!(desk.0.evaluate(written), before, "after a session that has ended");
}

/// The call is chosen for scoring, with the reason; it is heard and scored beside its waveform.
pub fn scores(day: &mut Day) {
    let Day { house, desk, .. } = day;
    let call = house.finished(1)["call"].clone();
    house.post("/quality/samples", json!({ "call": call, "why": "研修のため" }));
    desk.0.evaluate(
        "for (const part of ['quality', 'operators-desk']) document.querySelector(`#${part} details`).open = true; 1",
    );
    // By lot from the week before, in which nobody called; never from one that is not over.
    desk.until("last week", "document.querySelector('[name=quality-week]')?.value");
    desk.write("[name=quality-count]", "1");
    desk.click("#quality-draw");
    desk.until_text("#quality-said", "0件から抽出しました");
    let monday = house.get("/quality/samples")[0]["week"].as_str().expect("a week").to_owned();
    desk.write("[name=quality-week]", &monday);
    desk.until("the sample", "document.querySelector('#quality-samples [data-sample]') != null");
    desk.click("#quality-draw");
    desk.until_text("#quality-error", "まだ終わっていません");
    desk.click("#quality-samples [data-sample]");
    desk.until("the sheet", "document.querySelector('[name=points-greeting]') != null");
    desk.write("[name=points-greeting]", "5");
    // A remark alone is no score: it is led to the points.
    desk.write("[name=comment-read_back]", "最後の桁");
    desk.click("#quality-save");
    desk.until("the points", "document.activeElement.name === 'points-read_back'");
    assert!(!desk.text("#quality-error").is_empty());
    desk.write("[name=points-read_back]", "2");
    // The second at which it happened.
    let second = "[...document.querySelectorAll('#quality-sheet tr')].find((row) => row.querySelector('[name=comment-read_back]')).querySelectorAll('button')";
    desk.0.evaluate(&format!("{second}[0].click(); 1"));
    desk.until("the second", &format!("/^\\d+:\\d\\d$/.test({second}[0].textContent)"));
    is_open_to_all(desk, "a score sheet");
    assert_eq!(desk.0.evaluate("document.querySelector('[name=comment-read_back]').value"), "最後の桁", "it stays");
    // Whoever goes and comes back goes on with the same sheet.
    desk.click("#logout");
    desk.log_in("kantoku");
    desk.until("the sheet", "document.querySelector('[name=comment-read_back]')?.value === '最後の桁'");
    desk.until("the samples", "document.querySelector('#quality-samples [data-sample]') != null");
    assert_eq!(desk.0.evaluate("document.querySelector('[name=points-greeting]').value"), "5");
    desk.0.evaluate("document.querySelector('#operators-desk details').open = true; 1");
    desk.click("#quality-save");
    desk.until_text("#quality-said", "70");
    desk.until("the operator's week", "document.querySelectorAll('#operators-figures tbody tr').length > 0");
    let sample = house.get("/quality/samples")[0].clone();
    assert_eq!(sample["percent"], 70, "{sample}");
    assert!(sample["sheet"]["marks"].to_string().contains("at_ms"), "{sample}");
}

/// A screen on the wall: no login, and it says so when its link has ended.
pub fn hangs_up_a_screen(day: &mut Day) {
    day.desk.0.ask("Emulation.clearDeviceMetricsOverride", json!({}));
    let display = day.house.post("/displays", json!({ "name": "大画面" }));
    let token = display["link"].as_str().and_then(|link| link.split_once('#')).expect("a link").1.to_owned();
    for language in ["ja", "en"] {
        day.goes_to(&format!("/wall?lang={language}#{token}"));
        let desk = &mut day.desk;
        desk.until("the board", "document.getElementById('name')?.textContent === '大画面' && document.querySelector('#operators li') != null");
        assert_eq!(desk.0.evaluate("document.documentElement.lang"), language);
        has_no_barrier(desk, "the wall");
    }
    day.house.ask("DELETE", &format!("/displays/{}", display["id"]), None);
    day.desk.until_text("#trouble", "not valid");
}
