//! How long an operator waits for the page: from the carrier's INVITE until the firm's name is painted, and from a reload in the middle
//! of a call until the form is there and both talk again. The figures are told, not judged, for a machine that does other work beside
//! it tells nothing: `DENWABAN_LONG=1 cargo test --locked --workspace --test calls -- --nocapture quickness::`. What is judged is that
//! the name stands there while nobody has answered, and that all of it comes back.
#![allow(clippy::print_stdout, reason = "figures are what it is for")]

use std::time::UNIX_EPOCH;

use serde_json::json;

use super::encrypted::scene;
use super::page_phone::{STATE, answered, desk};
use super::reporting::Scene;
use crate::support::peer::sdp;
use crate::support::robots::Habit;

const FIRM: &str = "0355500101";
const CALLER: &str = "09011112222";
/// In the page: `shown` is when what `wanted` looks for was on the screen, unix milliseconds; null before. A frame later it is painted.
const WATCH: &str = "window.shown = null;
    window.watch = (wanted) => { window.shown = null; const look = () => {
        if (!wanted()) return requestAnimationFrame(look);
        requestAnimationFrame(() => { window.shown = performance.timeOrigin + performance.now(); });
    }; look(); return 1; };";
/// The name of the firm that is called.
const OFFERED: &str = "watch(() => !document.getElementById('report').hidden
    && document.querySelector('.report-firm')?.textContent.includes('さくら歯科'))";
/// The form of the call, and the telephone with the caller on it.
const BACK: &str = "watch(() => document.getElementById('report-field-name') != null
    && document.querySelector('#phone-state')?.textContent.includes('in a call'))";

fn unix_ms() -> f64 {
    UNIX_EPOCH.elapsed().expect("a clock").as_secs_f64() * 1e3
}

fn rounds(usual: usize) -> usize {
    if std::env::var_os("DENWABAN_LONG").is_some() { usual * 10 } else { usual }
}

fn tell(what: &str, mut times_ms: Vec<f64>) {
    times_ms.sort_by(f64::total_cmp);
    let (middle, last) = (times_ms[times_ms.len() / 2], times_ms[times_ms.len() - 1]);
    println!("{what}: median {middle:.0} ms, slowest {last:.0} ms of {}", times_ms.len());
}

#[test]
fn f07_the_firms_name_is_painted_before_anybody_answers_and_how_soon() {
    let mut scene = Scene::with_wrap_up(1);
    scene.ordered();
    scene.robots.learns("101", Habit::Rings);
    scene.desk.0.evaluate(&format!("{WATCH} 1"));
    let mut times_ms = Vec::new();
    for _ in 0..rounds(2) {
        scene.house.until_operator(scene.operator.id, "ready");
        scene.desk.0.evaluate(OFFERED);
        let begun_ms = unix_ms();
        let invite = scene.carrier.invite(FIRM, CALLER, &sdp(40_000));
        let shown_ms = scene.desk.until("the firm's name", "window.shown").as_f64().expect("a time");
        let calls = scene.house.calls_now();
        assert!(calls[0]["answered_ms"].is_null() && calls[0]["state"] == "delivered", "{calls:?}");
        times_ms.push(shown_ms - begun_ms);
        scene.carrier.cancel(&invite);
        scene.desk.until("the offer is over", "document.getElementById('report').hidden");
        scene.house.assert_idle();
    }
    tell("from the INVITE to the painted name", times_ms);
}

#[test]
fn r31_a_page_that_is_loaded_again_in_a_call_has_form_and_caller_back_and_how_soon() {
    let (house, operator, mut caller) = scene(json!({}));
    let mut desk = desk(&house, &operator);
    answered(&house, &mut desk, &mut caller);
    let call = house.calls_now()[0]["call"].clone();
    // What the page says is looked at from its first moment on.
    let source = format!("{WATCH} addEventListener('DOMContentLoaded', () => {BACK});");
    desk.0.ask("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source }));
    let mut times_ms = Vec::new();
    for _ in 0..rounds(1) {
        desk.until_text(STATE, "in a call");
        let begun_ms = unix_ms();
        desk.reload();
        let back_ms = desk.until("form and caller", "window.shown").as_f64().expect("a time");
        assert_eq!(house.until_call("established"), call, "the caller was held");
        times_ms.push(back_ms - begun_ms);
    }
    tell("from the reload to form and caller", times_ms);
    caller.command("hangup", "");
    caller.wait("CALL_CLOSED");
    house.assert_idle();
}
