//! The operator's one screen, in a real browser at a real call: what is painted before anybody answers, one key for each thing that can
//! be done, Japanese that is being composed, and room for all of it on a small screen.

use std::time::Duration;

use serde_json::{Value, json};
use sip::message::{Message, Method};

use super::barriers::is_open_to_all;
use super::pages::Desk;
use super::reporting::Scene;
use crate::support::house::{House, SOON};
use crate::support::peer::{Peer, sdp};
use crate::support::robots::{Habit, Robots};
use crate::support::{ports, until};

const CALLER: &str = "09011112222";
const FIRM: &str = "0355500101";
/// The screen that the operators' desks have.
const SCREEN: (i64, i64) = (1366, 768);

/// Nothing more is asked of the server: what is painted from here on has been pushed.
const ALONE: &str = "window.asked = []; window.fetch = async (path) => { window.asked.push(String(path)); throw new TypeError('no line'); }; 1";

fn screen(scene: &mut Scene, (width, height): (i64, i64)) {
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    scene.desk.0.ask("Emulation.setDeviceMetricsOverride", metrics);
}

fn key(scene: &mut Scene, name: &str) {
    scene.desk.key(name);
}

#[test]
fn f07_f09_f20_f23_all_that_is_known_is_painted_from_one_message_before_anybody_answers() {
    let mut scene = Scene::with_wrap_up(1);
    scene.ordered();
    // The first call leaves a report, the second nothing: nobody answers it.
    let first = scene.talk();
    scene.field("name", "高橋");
    scene.field("business", "見積の件");
    scene.saved();
    scene.hang_up(first);
    scene.desk.click("#report-close");
    scene.house.until_operator(scene.operator.id, "ready");
    scene.robots.learns("101", Habit::Rings);
    let second = scene.carrier.invite(FIRM, CALLER, &sdp(40_000));
    scene.desk.until_text(".report-firm", "さくら歯科");
    scene.carrier.cancel(&second);
    scene.desk.until("the offer is over", "document.getElementById('report').hidden");
    scene.house.finished(2);
    // The third, from one message alone.
    scene.desk.0.evaluate(ALONE);
    scene.house.until_operator(scene.operator.id, "ready");
    let third = scene.carrier.invite(FIRM, CALLER, &sdp(40_000));
    scene.desk.until("the offer", "!document.getElementById('report').hidden");
    scene.desk.until_text(".report-firm", "さくら歯科");
    let size = "getComputedStyle(document.querySelector('.report-firm')).fontSize";
    assert_eq!(scene.desk.0.evaluate(size), "48px");
    assert_eq!(scene.house.until_call("delivered").len(), 13, "nobody has answered");
    let head = scene.desk.text("#report-head");
    for part in ["お電話ありがとうございます、さくら歯科です。", "さくらしかです。", "090-1111-2222"]
    {
        assert!(head.contains(part), "{part} is not in {head}");
    }
    let before = scene.desk.text("#report-before");
    for part in [
        "見積の件は至急おつなぎください",
        "佐藤 花子",
        "ただいま外出しており",
        "高橋 / 見積の件",
        "gave up",
        "必ずお名前を復唱する",
    ] {
        assert!(before.contains(part), "{part} is not in {before}");
    }
    assert_eq!(scene.desk.text("#ring-said"), "A call for さくら歯科");
    assert_eq!(scene.desk.0.evaluate("document.getElementById('ring-said').getAttribute('aria-live')"), "assertive");
    // Ring after ring: three seconds each.
    for (rings, class) in [("2 rings", "busy"), ("3 rings", "missed")] {
        let ring = format!(
            "(({{ className, textContent }}) => textContent.startsWith('{rings}') && className.includes('{class}'))(document.getElementById('ring-time'))"
        );
        scene.desk.until(rings, &ring);
    }
    let asked = scene.desk.0.evaluate("window.asked.filter((path) => /calls|customers|sheet|open/.test(path)).length");
    assert_eq!(asked, 0);
    scene.carrier.cancel(&third);
    scene.desk.until(
        "it rings no more",
        "document.getElementById('ring').hidden && document.getElementById('ring-said').textContent === ''",
    );
    assert!(scene.desk.0.complaints().is_empty(), "{:?}", scene.desk.0.complaints());
}

/// Whom the firm has rung, and for which calls.
fn rings(scene: &Scene, targets: Value, transfer: Value) {
    let firm = scene.firm;
    let mut form = scene.house.get(&format!("/customers/{firm}"));
    form["targets"] = targets;
    form["transfer"] = transfer;
    for given in ["id", "active"] {
        form.as_object_mut().expect("a form").remove(given);
    }
    let (status, answer) = scene.house.ask("PUT", &format!("/customers/{firm}"), Some(&form));
    assert!((200..300).contains(&status), "{answer}");
}

/// Whoever is rung over there is rung no more, and the operator has the caller back.
fn taken_back(scene: &mut Scene, invite: &Message) {
    scene.desk.until_text("#hand-acts", "F6");
    key(scene, "F6");
    let cancel = scene.carrier.wait_request(&Method::Cancel);
    scene.carrier.reply(&cancel, 200, None);
    scene.carrier.reply(invite, 487, None);
    scene.desk.until_text("#hand-acts", "Put through (F4)");
}

#[test]
fn each_deed_at_a_call_is_one_key() {
    let mut scene = Scene::with_wrap_up(1);
    rings(&scene, json!([{ "name": "院長", "number": "09055500101", "ring_seconds": 20 }]), json!("urgent_only"));
    scene.talk();
    let number = scene.value("callback");
    assert_eq!(number, "090-1111-2222", "what stands there already is as people read it");
    scene.desk.until_text("#hand-acts", "Hold (F3)");
    key(&mut scene, "F3");
    scene.house.until_call("held");
    scene.desk.until_text("#hand-state", "on hold");
    key(&mut scene, "F3");
    scene.house.until_call("established");
    scene.desk.until_text("#hand-acts", "Hold (F3)");
    // What is said goes into the report by its number.
    let phrase = scene.desk.0.evaluate(
        "document.querySelectorAll('#report-body button[data-phrase]')[1].previousSibling.previousSibling.textContent",
    );
    assert!(scene.desk.text("#report-sides").contains("(Ctrl+2)"), "{phrase}");
    key(&mut scene, "Ctrl+2");
    scene.saved();
    let narrative = scene.value("narrative");
    assert!(
        narrative.as_str().is_some_and(|text| text.contains(phrase.as_str().unwrap_or("?"))),
        "{narrative} {phrase}"
    );
    // The firm has only urgent calls put through, as the page says: it asks why, and what is said goes with it.
    assert_eq!(scene.desk.text("#hand-to"), "院長 (20 s) · urgent calls only");
    key(&mut scene, "F4");
    scene.desk.until(
        "why",
        "document.getElementById('hand-why').hidden === false && document.activeElement?.name === 'reason'",
    );
    scene.desk.write("#hand-why [name=reason]", "救急の患者さん");
    scene.desk.click("#hand-why button.main");
    let invite = scene.carrier.wait_request(&Method::Invite);
    let called = String::from_utf8_lossy(invite.request_uri().unwrap_or_default()).into_owned();
    assert!(called.contains("09055500101"), "{called}");
    scene.carrier.reply(&invite, 180, None);
    scene.desk.until_text("#hand-state", "→ 院長");
    taken_back(&mut scene, &invite);
    // To the caller's surprise.
    key(&mut scene, "F9");
    let bye = scene.carrier.wait_request(&Method::Bye);
    scene.carrier.reply(&bye, 200, None);
    scene.house.assert_idle();
    scene.desk.until("no call in hand", "document.getElementById('hand').hidden");
    assert!(scene.desk.0.complaints().is_empty(), "{:?}", scene.desk.0.complaints());
}

#[test]
fn f44_f18_of_two_people_the_operator_has_the_second_rung_and_nobody_where_the_plan_has_no_transfers() {
    let mut scene = Scene::with_wrap_up(1);
    let targets = json!([
        { "name": "院長", "number": "09055500101", "ring_seconds": 20 },
        { "name": "副院長", "number": "09055500102", "ring_seconds": 15 },
    ]);
    rings(&scene, targets, json!("always"));
    scene.talk();
    // Who and when is seen before any key is pressed.
    scene.desk.until_text("#hand-to", "院長 (20 s) → 副院長 (15 s) · any call");
    scene.desk.until_text("#hand-acts", "Put through (F4)");
    let open = "document.getElementById('hand-whom').contains(document.activeElement)";
    let closed = "document.getElementById('hand-whom').hidden";
    scene.desk.0.evaluate("document.getElementById('report-field-name').focus(), 1");
    key(&mut scene, "Shift+F4");
    scene.desk.until("the list", open);
    key(&mut scene, "Escape");
    scene.desk.until("no list", closed);
    let writes = scene.desk.0.evaluate("document.activeElement.id");
    assert_eq!(writes, "report-field-name", "whoever was writing goes on there");
    key(&mut scene, "F4");
    scene.desk.until("the list", open);
    scene.desk.until_text("#hand-whom", "副院長 (2)");
    key(&mut scene, "2");
    let invite = scene.carrier.wait_request(&Method::Invite);
    let called = String::from_utf8_lossy(invite.request_uri().unwrap_or_default()).into_owned();
    assert!(called.contains("09055500102"), "{called}");
    scene.carrier.reply(&invite, 180, None);
    scene.desk.until_text("#hand-state", "→ 副院長");
    assert_eq!(scene.desk.0.evaluate(closed), json!(true));
    assert_eq!(scene.desk.text("#hand-to"), "");
    taken_back(&mut scene, &invite);
    assert!(scene.value("name").is_null() || scene.value("name") == "", "the digit is nowhere in the report");
    // What is taken out of the plan is gone from the page at once.
    let path = format!("/customers/{}/profile", scene.firm);
    let mut put = scene.house.get(&path);
    let mut profile = put["profile"].take();
    profile["features"]["bridge"] = json!(false);
    let put = json!({ "revision": put["revision"], "profile": profile });
    let (status, answer) = scene.house.ask("PUT", &path, Some(&put));
    assert_eq!(status, 200, "{answer}");
    scene.desk.until("no such deed", "!document.getElementById('hand-acts').textContent.includes('F4')");
    assert_eq!(scene.desk.text("#hand-to"), "");
    key(&mut scene, "F9");
    let bye = scene.carrier.wait_request(&Method::Bye);
    scene.carrier.reply(&bye, 200, None);
    scene.house.assert_idle();
    assert!(scene.desk.0.complaints().is_empty(), "{:?}", scene.desk.0.complaints());
}

#[test]
fn f26_japanese_that_is_being_composed_is_neither_sent_nor_drawn_over() {
    let mut scene = Scene::new();
    let _dialog = scene.talk();
    scene.field("company", "□□商事");
    scene.saved();
    scene.desk.0.evaluate("window.place = document.getElementById('report-field-name'), place.focus(), 1");
    let compose = json!({ "text": "やまだたろ", "selectionStart": 5, "selectionEnd": 5 });
    scene.desk.0.ask("Input.imeSetComposition", compose);
    // Everything that is drawn anew meanwhile: the firm's day, what is missing, the calls.
    scene.goes_out();
    scene.desk.until_text("#report-sides", "ただいま外出しており");
    // Keys belong to the input method.
    for name in ["F8", "F7", "F9"] {
        let script = format!(
            "place.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{name}', bubbles: true, isComposing: true }})), 1"
        );
        scene.desk.0.evaluate(&script);
    }
    let composing = scene.desk.0.evaluate("[place.isConnected, document.activeElement === place, place.value]");
    assert_eq!(composing, json!([true, true, "やまだたろ"]));
    assert!(scene.saved_of("さくら歯科").expect("a draft")["name"].is_null(), "letters are no text yet");
    scene.desk.0.ask("Input.insertText", json!({ "text": "山田太郎" }));
    until("the name is kept", SOON, || {
        scene.saved_of("さくら歯科").filter(|answers| answers["name"] == json!({ "said": "山田太郎" }))
    });
    assert_eq!(scene.value("name"), "山田太郎");
    scene.house.until_call("established");
    assert!(scene.desk.0.complaints().is_empty(), "{:?}", scene.desk.0.complaints());
}

/// Nothing has to be scrolled on the screen that the operators' desks have, the page's telephone included.
pub fn fits_the_screen(desk: &mut Desk, what: &str) {
    let (width, height) = SCREEN;
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    desk.0.ask("Emulation.setDeviceMetricsOverride", metrics);
    assert_eq!(desk.0.evaluate(OUTSIDE), json!([]), "{what}");
    desk.0.ask("Emulation.clearDeviceMetricsOverride", json!({}));
}

/// What does not fit: parts of the page that would have to be scrolled, and fields and buttons that are not on the screen.
const OUTSIDE: &str = "(() => {
    const root = document.scrollingElement;
    const out = root.scrollHeight > innerHeight || root.scrollWidth > innerWidth ? [`page ${root.scrollWidth}x${root.scrollHeight}`] : [];
    for (const id of ['report', 'report-form']) {
        const { scrollHeight, clientHeight } = document.getElementById(id);
        if (scrollHeight > clientHeight + 1) out.push(`${id} ${scrollHeight} in ${clientHeight}`);
    }
    for (const one of document.querySelectorAll('#report-form :is(input, select, textarea, button), #hand button, .report-firm, .report-greeting, .report-caller')) {
        const { left, top, right, bottom, width } = one.getBoundingClientRect();
        if (width && (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight)) out.push(`${one.id || one.className || one.textContent} ends at ${right}x${bottom}`);
    }
    return out;
})()";

#[test]
fn the_operators_screen_fits_1366_by_768_without_scrolling_in_both_languages() {
    let mut scene = Scene::new();
    scene.ordered();
    // More than anybody reads at once: it has a place of its own to be scrolled in.
    let manual: String = (1..=80).map(|n| format!("{n}. お名前、ご用件、折返しのお電話番号を復唱する。\n")).collect();
    scene.house.post(&format!("/customers/{}/manuals", scene.firm), json!({ "text": manual, "changes": "復唱の手順" }));
    scene.robots.learns("101", Habit::Answers(Duration::from_secs(4)));
    screen(&mut scene, SCREEN);
    scene.carrier.invite(FIRM, CALLER, &sdp(40_000));
    scene.desk.until_text(".report-firm", "さくら歯科");
    assert_eq!(scene.desk.0.evaluate(OUTSIDE), json!([]), "while it rings");
    assert!(scene.desk.text("#report-before").contains("80. お名前"), "{}", scene.desk.text("#report-before"));
    scene.shot("ringing");
    let answer = scene.carrier.response(200, "INVITE");
    let dialog = scene.carrier.caller_dialog(&answer);
    scene.carrier.ack(&dialog);
    scene.desk.until("the form", "document.getElementById('report-field-name') != null");
    scene.desk.until_text("#hand-acts", "F9");
    for language in ["en", "ja"] {
        let kinds =
            scene.desk.0.evaluate("[...document.getElementById('report-kind').options].map(({ value }) => value)");
        let kinds: Vec<String> =
            kinds.as_array().expect("kinds").iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect();
        assert!(kinds.len() >= 8, "{kinds:?}");
        for kind in kinds {
            scene.desk.write("#report-kind", &kind);
            scene.saved();
            scene.shot(&format!("{kind}-{language}"));
            assert_eq!(scene.desk.0.evaluate(OUTSIDE), json!([]), "{kind} in {language}");
            let accepted: Value = scene.desk.0.evaluate(
                "!document.getElementById('report-mark').hidden && document.getElementById('report-mark').textContent",
            );
            let mark = if language == "ja" { "承り済" } else { "accepted" };
            assert_eq!(accepted, if kind == "booking_cancel" { json!(mark) } else { json!(false) }, "F16: {kind}");
        }
        scene.desk.click("#language");
    }
    scene.hang_up(dialog);
    scene.house.until_operator(scene.operator.id, "working_after_call");
    for language in ["en", "ja"] {
        scene.desk.until(
            "the wrap-up",
            "document.getElementById('hand').hidden || !document.querySelector('#hand-acts button')",
        );
        assert_eq!(scene.desk.0.evaluate(OUTSIDE), json!([]), "in wrap-up in {language}");
        scene.shot(&format!("wrap-up-{language}"));
        scene.desk.click("#language");
    }
    between_calls(&mut scene);
    assert!(scene.desk.0.complaints().is_empty(), "{:?}", scene.desk.0.complaints());
}

/// Twelve drafts, two test calls of which the greeting is asked for, eight words of firms and three score sheets, for whoever asks from
/// here on.
const MANY: &str = "{ const real = window.fetch;
    const of = (count, make) => Array.from({ length: count }, (_, n) => make(n));
    const at = Date.now();
    const told = {
        '/api/v1/reports/unfinished': of(12, (n) => ({ id: `draft-${n}`, call: `call-${n}`, created_ms: at, customer_name: 'さくら歯科クリニック渋谷駅前',
            caller_display: '090-1111-2222', operator_name: 'Operator 101', holder: null })),
        '/api/v1/onboardings/mine': of(2, (n) => ({ onboarding: n, call: `test-${n}`, customer_name: 'うめ商会', arrived_ms: at,
            greeting: 'お電話ありがとうございます。うめ商会でございます。', reading: 'うめしょうかい' })),
        '/api/v1/feedback/mine': of(8, (n) => ({ id: n, said_ms: at, customer_name: 'さくら歯科', kind: 'praise', words: 'とても丁寧でした。', answer: '', fresh: false })),
        '/api/v1/quality/mine': of(3, () => ({ scored_ms: at, percent: 70, fresh: true,
            sheet: { comment: 'よい', marks: of(5, () => ({ ja: '名乗り', en: 'greeting', comment: '', points: 4 })) } })),
    };
    window.fetch = async (path, options) => told[path] && !options?.method
        ? new Response(JSON.stringify(told[path]), { headers: { 'content-type': 'application/json' } }) : real(path, options);
} 1";
/// What does not fit between calls: the page or a panel outside of the screen, and what is cut off and cannot be scrolled by the keyboard.
const OUTSIDE_BETWEEN: &str = "(() => {
    const root = document.scrollingElement;
    const out = root.scrollHeight > innerHeight || root.scrollWidth > innerWidth ? [`page ${root.scrollWidth}x${root.scrollHeight}`] : [];
    for (const one of document.querySelectorAll('header > *, #desk > *, .now .wide')) {
        const { left, top, right, bottom, width, height } = one.getBoundingClientRect();
        const name = one.id || one.className || one.localName;
        if (width && (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight)) out.push(`${name} ends at ${right}x${bottom}`);
        if (width && height < 40 && one.matches('.panel')) out.push(`${name} is ${height} high`);
        if (!width || one.closest('header') || one.scrollHeight <= one.clientHeight + 1) continue;
        if (!/auto|scroll/.test(getComputedStyle(one).overflowY)) out.push(`${name} is cut off`);
        if (one.tabIndex < 0 && !one.querySelector('a[href], button, input, select, summary, textarea, [tabindex]')) out.push(`${name} is out of the keyboard's reach`);
    }
    return out;
})()";

/// Nothing of the page is scrolled between calls either, however many colleagues, drafts and words there are: panels are, in themselves.
fn between_calls(scene: &mut Scene) {
    for login in 110..129 {
        scene.house.operator(&login.to_string(), 0);
    }
    scene.desk.click("#report-close");
    scene.desk.until("no call", "!document.body.classList.contains('at-a-call')");
    scene.desk.0.evaluate(MANY);
    scene.desk.click("#logout");
    scene.desk.log_in("hanako");
    scene.desk.until("colleagues", "document.querySelectorAll('#now-operators tbody tr').length === 20");
    scene.desk.until("drafts", "document.querySelectorAll('#report-drafts tbody tr').length === 12");
    scene.desk.until("greetings", "document.querySelectorAll('#own-greetings > li').length === 2");
    scene.desk.until("scores", "document.querySelector('#quality-mine') != null");
    scene.desk.0.evaluate("for (const one of document.querySelectorAll('#own-words details')) one.open = true; 1");
    for language in ["en", "ja"] {
        scene.shot(&format!("between-calls-{language}"));
        assert_eq!(scene.desk.0.evaluate(OUTSIDE_BETWEEN), json!([]), "between calls in {language}");
        let last = scene.desk.0.evaluate(
            "{ const row = document.querySelector('#now-operators tbody tr:last-child'); row.scrollIntoView({ block: 'nearest' });
             const { top, bottom } = row.getBoundingClientRect(); [top >= 0 && bottom <= innerHeight, scrollY] }",
        );
        assert_eq!(last, json!([true, 0]), "the last colleague in {language}");
        scene.desk.click("#language");
    }
    is_open_to_all(&mut scene.desk, "a desk full of everything");
}

/// Where somebody who reads far down the page is; rows of calls and notices come in above.
const PLACE: &str = "[scrollY > window.scrolled / 2, document.activeElement.name, document.activeElement.value]";
/// For whom one answers is on the screen, and nothing is to be scrolled.
const SEEN: &str = "[...['.report-firm', '.report-greeting'].map((place) => {
        const { top, bottom, width } = document.querySelector(place).getBoundingClientRect();
        return width > 0 && top >= 0 && bottom <= innerHeight;
    }), document.scrollingElement.scrollHeight <= innerHeight]";

#[test]
fn a_supervisor_far_down_the_page_sees_for_whom_a_call_is_offered_before_answering_and_is_there_again_afterwards() {
    let house = House::start();
    let steps = json!([{ "after_ms": 0, "who": "best1" }, { "after_ms": 1_500, "who": "supervisors" }]);
    house.firm("sakura", "さくら歯科", "0355500101", json!({ "ring_seconds": 60, "plan": "widening", "steps": steps }));
    let operator = house.operator("201", 0);
    let chief = house.operator_with("301", json!({ "tier": "supervisor" }));
    let robots = Robots::start(&house, &[(&operator, Habit::Rings), (&chief, Habit::Rings)]);
    let port = ports::free_block(2);
    house.trunk("carrier", port, json!({}));
    let mut carrier = Peer::bind(port, &house.sip);
    let mut desk = Desk::open_as(&house, "supervisor", Some(chief.id));
    let (width, height) = SCREEN;
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    desk.0.ask("Emulation.setDeviceMetricsOverride", metrics);
    desk.until(
        "a long page",
        "!document.getElementById('past').hidden && document.scrollingElement.scrollHeight > 1.5 * innerHeight",
    );
    desk.write("#find [name=caller]", "0901");
    desk.0.evaluate(
        "document.querySelector('#find [name=caller]').focus(), scrollTo(0, document.scrollingElement.scrollHeight), window.scrolled = scrollY",
    );
    assert_eq!(desk.0.evaluate(PLACE), json!([true, "caller", "0901"]));
    let was_left = format!("{PLACE}.join() === 'true,caller,0901'");

    // It is widened to him, he does not answer, and the caller gives up.
    let invite = carrier.invite("0355500101", CALLER, &sdp(40_000));
    desk.until_text(".report-firm", "さくら歯科");
    desk.until("his screen while it rings", &format!("{SEEN}.every(Boolean)"));
    house.until_call("delivered");
    carrier.cancel(&invite);
    desk.until("the offer is over", "document.getElementById('report').hidden");
    desk.until("the page as it was left", &was_left);
    house.assert_idle();

    // The next one he takes: the form has the screen until it is closed.
    robots.learns("301", Habit::Answers(Duration::from_millis(500)));
    carrier.invite("0355500101", CALLER, &sdp(40_002));
    let answer = carrier.response(200, "INVITE");
    let mut dialog = carrier.caller_dialog(&answer);
    carrier.ack(&dialog);
    desk.until("the form", "document.getElementById('report-field-name') != null");
    desk.until("his screen with the form", &format!("{SEEN}.every(Boolean)"));
    carrier.request(&mut dialog, &Method::Bye, None);
    carrier.response(200, "BYE");
    house.assert_idle();
    desk.until("his screen while the report is written", &format!("{SEEN}.every(Boolean)"));
    desk.click("#report-close");
    desk.until("the page as it was", "!document.body.classList.contains('at-a-call')");
    desk.until("the page as it was, after the report", &was_left);
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}
