//! My page in a real browser of a telephone's width: a client firm finds what was taken for it, deals with it, says that a number is
//! wrong and reads the answer, and decides where the next report goes.

use std::time::Duration;

use serde_json::{Value, json};

use super::barriers::is_open_to_all;
use super::office::{reported, reported_of};
use super::pages::{Desk, PASSWORD};
use super::reporting::Mailbox;
use crate::support::chromium::Chromium;
use crate::support::house::House;
use crate::support::peer::Peer;
use crate::support::ports;
use crate::support::robots::{Habit, Robots};

/// The narrowest telephone that has to do.
pub const WIDTH: i64 = 360;

/// My page on a telephone, at its door.
pub fn at_the_door(house: &House) -> Desk {
    let browser =
        Chromium::open(&house.root.path().join("my"), &format!("{}/my", house.http), &["--lang=en-GB".into()]);
    let mut desk = Desk(browser);
    let metrics = json!({ "width": WIDTH, "height": 740, "deviceScaleFactor": 2, "mobile": true });
    desk.0.ask("Emulation.setDeviceMetricsOverride", metrics);
    desk.until("the door", "document.getElementById('login')?.hidden === false");
    desk
}

/// Somebody of the firm, logged in on a telephone.
fn mine(house: &House, login: &str) -> Desk {
    let mut desk = at_the_door(house);
    fits(&mut desk, "the door");
    is_open_to_all(&mut desk, "my page's door");
    log_in(&mut desk, login);
    desk
}

pub fn log_in(desk: &mut Desk, login: &str) {
    enter(desk, login);
    desk.until("the reports", "document.getElementById('reports').hidden === false");
}

pub fn enter(desk: &mut Desk, login: &str) {
    desk.write("#login-form [name=login]", login);
    desk.write("#login-form [name=password]", PASSWORD);
    desk.click("#login-form button");
}

/// A page that is as good on a telephone; the screen is as it was afterwards.
pub fn fits_a_telephone(desk: &mut Desk, what: &str) {
    let narrow = json!({ "width": WIDTH, "height": 740, "deviceScaleFactor": 2, "mobile": true });
    desk.0.ask("Emulation.setDeviceMetricsOverride", narrow);
    fits(desk, what);
    desk.0.ask("Emulation.clearDeviceMetricsOverride", json!({}));
}

/// Nothing has to be pushed sideways, but what is in a box of its own that can be.
pub fn fits(desk: &mut Desk, what: &str) {
    let wide = desk.0.evaluate(
        "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 \
         && one.offsetParent && getComputedStyle(one.closest('nav, .wide') ?? one).overflowX !== 'auto').map((one) => one.outerHTML.slice(0, 120))",
    );
    assert_eq!(wide, json!([]), "{what} at {WIDTH} px");
    assert_eq!(desk.0.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, "{what}");
}

/// What is typed is looked for a moment later.
pub fn find(desk: &mut Desk, text: &str) {
    desk.write("#find [name=text]", text);
}

/// Opens a tab by its word.
pub fn tab(desk: &mut Desk, name: &str) {
    desk.0.evaluate(&format!(
        "[...document.querySelectorAll('#tabs button')].find((one) => one.textContent === {}).click()",
        json!(name)
    ));
}

/// A firm whose owner has a login, its operator with a phone that answers, and a carrier.
struct Office {
    house: House,
    firm: i64,
    robots: Robots,
    carrier: Peer,
    mailbox: Mailbox,
}

impl Office {
    fn open() -> Office {
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
        let carrier = Peer::bind(port, &house.sip);
        Office { house, firm, robots, carrier, mailbox }
    }
}

#[test]
fn a_report_that_comes_while_my_page_is_open_is_on_top_for_whoever_looks_again_and_moves_nothing_under_their_hands() {
    let Office { mailbox: _mailbox, house, robots, mut carrier, .. } = Office::open();
    reported(&house, &mut carrier, &robots);
    let mut desk = mine(&house, "hanako@sakura.example");
    desk.until_text("#list", "□□商事 髙橋");
    desk.click("#list h2 button");
    desk.until_text("#list dl", "納期について");
    desk.0.evaluate("window.card = document.querySelector('#list li'), card.querySelector('h2 button').focus(), 1");

    // The telephone is taken out of the pocket: the new one is on top, and the one that was open is open, with the keyboard in it.
    reported_of(&house, &mut carrier, &robots, 2, "鈴木");
    desk.until("the second on top", &on_top("鈴木"));
    assert_eq!(desk.text("#count"), "2 reports");
    let stays = "[document.querySelectorAll('#list > li')[1] === card, card.querySelector('dl') != null, document.activeElement === card.querySelector('h2 button')]";
    assert_eq!(desk.0.evaluate(stays), json!([true, true, true]), "it is as it was left");
    assert_eq!(desk.0.evaluate("document.getElementById('fresh').hidden"), true);

    // Whoever writes is told, and looks when they like; what they have written stays.
    desk.click("#list > li:nth-child(2) .feedback button");
    desk.0.evaluate("card.querySelector('.feedback textarea').focus(), 1");
    desk.write("#list > li:nth-child(2) .feedback textarea", "遅い");
    reported_of(&house, &mut carrier, &robots, 3, "田中");
    desk.until("the button", &format!("{LOOKS_AGAIN}, document.getElementById('fresh').hidden === false"));
    assert_eq!(desk.text("#fresh"), "There are new reports");
    let writes = "[document.querySelectorAll('#list > li').length, document.activeElement.matches('.feedback textarea'), document.activeElement.value]";
    assert_eq!(desk.0.evaluate(writes), json!([2, true, "遅い"]), "nobody is torn out of a word");
    fits(&mut desk, "the button for new reports");
    is_open_to_all(&mut desk, "the button for new reports");
    desk.click("#fresh");
    desk.until("the third on top", "document.querySelector('#list h2')?.textContent.includes('田中')");
    desk.until("the keyboard is there", "document.activeElement === document.querySelector('#list h2 button')");
    let left = "[document.getElementById('fresh').hidden, document.querySelector('#list > li:nth-child(3) .feedback textarea')?.value]";
    desk.until("what was written", &format!("JSON.stringify({left}) === '[true,\"遅い\"]'"));
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}

/// As when the page was hidden, and is seen again.
const LOOKS_AGAIN: &str = "document.dispatchEvent(new Event('visibilitychange'))";

fn on_top(name: &str) -> String {
    format!("{LOOKS_AGAIN}, document.querySelector('#list h2')?.textContent.includes('{name}')")
}

#[test]
fn f49_f55_f57_f59_a_firm_finds_its_report_shares_the_work_disputes_a_number_and_keeps_its_own_affairs() {
    let Office { mailbox: _mailbox, mut house, firm, robots, mut carrier } = Office::open();
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
    hurried(&mut desk);

    disputes(&mut desk, &house, &report);
    orders(&mut desk, &house, firm);
    schedule(&mut desk, &mut house, firm);
    logins(&mut desk, &house, firm);
    ended(&mut desk, &house, firm);
    assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
}

/// What is sent is on its way for a while.
const LATE: &str = "{ const real = window.fetch; window.sent = []; window.soon = () => { window.fetch = real; };
    window.fetch = async (path, options) => {
        if (options?.method !== 'POST') return real(path, options);
        await new Promise((done) => setTimeout(done, 400));
        const answer = await real(path, options);
        window.sent.push(String(path));
        return answer;
    }; } 1";
/// What is sent arrives, and the report cannot be fetched then.
const CUT_AFTERWARDS: &str =
    "{ const real = window.fetch; window.posts = 0; window.soon = () => { window.fetch = real; };
    window.fetch = async (path, options) => {
        if (options?.method === 'POST') window.posts += 1;
        else if (/\\/my\\/reports\\/[^/?]+$/.test(String(path))) throw new TypeError('no line');
        return real(path, options);
    }; } 1";

/// Two changes at once, and a complaint begun before the first is answered: the last one holds, nobody is torn out of a word, and it is
/// sent once, and said to be sent although the report cannot be fetched then.
fn hurried(desk: &mut Desk) {
    desk.click("#list h2 button");
    desk.until_text("#list dl", "納期について");
    desk.click("#list .feedback button");
    desk.0.evaluate("window.card = document.querySelector('#list li'); 1");
    let member = desk.0.evaluate("document.querySelector('#list .acts select').options[1].value");
    desk.0.evaluate(LATE);
    desk.click("#list .tick input");
    desk.write("#list .acts select", member.as_str().expect("a member"));
    desk.0.evaluate("document.querySelector('#list .feedback textarea').focus(); 1");
    desk.write("#list .feedback textarea", "遅い");
    desk.until("both are kept", "window.sent.length === 2");
    desk.until("it is open again", "document.querySelector('#list .chip.done').hidden");
    desk.0.evaluate("window.soon(); 1");
    let kept = "fetch('/api/v1/my/reports').then((answer) => answer.json()).then(({ reports: [{ handling }] }) => [String(handling.assignee), handling.done_ms == null])";
    assert_eq!(desk.0.evaluate(kept), json!([member, true]), "what was chosen last");
    let stays = "[document.querySelector('#list li') === window.card, document.activeElement.matches('.feedback textarea'), document.activeElement.value]";
    assert_eq!(desk.0.evaluate(stays), json!([true, true, "遅い"]), "nobody is torn out of a word");

    desk.0.evaluate(CUT_AFTERWARDS);
    desk.0.evaluate(
        "{ const send = document.querySelector('#list .feedback button.main'); send.click(); send.click(); } 1",
    );
    desk.until_text("#list [role=status]", "Our answer will be here");
    let once = "[window.posts, document.querySelector('#list .feedback form')]";
    assert_eq!(desk.0.evaluate(once), json!([1, null]));
    desk.0.evaluate("window.soon(); 1");
    desk.click("#list h2 button");
}

/// That number was wrong: what is written about it stays whatever happens, is sent, and is answered.
fn disputes(desk: &mut Desk, house: &House, report: &str) {
    desk.click("#list h2 button");
    desk.until_text("#list dl", "納期について");
    desk.click("#list .dispute button");
    let offered = "[...document.querySelector('#list .dispute select')?.options ?? []].map(({ value, text }) => `${value}=${text}`).join()";
    let offered = desk.until("the question", offered);
    let offered = offered.as_str().unwrap_or_default();
    assert!(offered.starts_with("callback=Number: 080-3333-4444,name=Name: 髙橋,company=Company: □□商事"), "{offered}");
    let words = "末尾は 4445 のはずです";
    desk.write("#list .dispute textarea", words);
    desk.write("#list .dispute select", "callback");
    fits(desk, "a dispute");
    assert!(desk.text("#since").contains("are shown"), "{}", desk.text("#since"));
    is_open_to_all(desk, "what is disputed on my page");
    let typed = "document.querySelector('#list .dispute textarea')?.value === '末尾は 4445 のはずです'";
    desk.until("another language keeps it", typed);
    // The network is cut, and the page says so.
    desk.offline(true);
    desk.until_text("#state", "still here");
    desk.click("#list .dispute button.main");
    desk.until_text("#list .dispute .error", "still here");
    desk.offline(false);
    desk.until("it is there again", "document.getElementById('state').textContent === ''");
    assert_eq!(desk.0.evaluate(typed), true, "after a cut network");
    // The session has ended: whoever logs in again goes on with it.
    desk.0.ask("Network.clearBrowserCookies", json!({}));
    desk.click("#list .dispute button.main");
    desk.until_text("#state", "Your session has ended");
    log_in(desk, "hanako@sakura.example");
    desk.until("what was typed", typed);
    desk.click("#list .dispute button.main");
    desk.until_text("#list [role=status]", "We listen to the recording");
    let disputes = house.get("/disputes?open=true");
    let told = ["report", "field", "words"].map(|name| disputes[0][name].as_str().map(str::to_owned));
    assert_eq!(told, [report, "callback", words].map(|text| Some(text.to_owned())), "{disputes}");

    let verdict = json!({ "cause": "correct", "answer": "録音を確認しました。4444 とおっしゃっています。" });
    house.post(&format!("/disputes/{}", disputes[0]["id"]), verdict);
    desk.reload();
    desk.until("the report anew", "document.querySelector('#list h2 button') != null");
    desk.click("#list h2 button");
    desk.until_text("#list", "4444 とおっしゃっています");
    desk.until_text("#list .dispute .chip", "it is as it was said");
    fits(desk, "an answer");
    is_open_to_all(desk, "an answered dispute on my page");
}

/// Who is away and what operators should know: kept through another language, and while the server is away.
fn schedule(desk: &mut Desk, house: &mut House, firm: i64) {
    tab(desk, "Schedule and notes");
    desk.until("the schedule", "document.querySelector('#keeping [name=from_ms]') != null");
    fits(desk, "the schedule");
    desk.write("#keeping [name=away]", "trip");
    desk.write("#keeping [name=from_ms]", "2031-05-01T09:00");
    desk.write("#keeping [name=until_ms]", "2031-05-02T18:00");
    desk.write("#keeping [name=note]", "大阪");
    desk.write("#keeping textarea", "請求書の件は経理へ");
    is_open_to_all(desk, "my page's schedule");
    let typed =
        "[...document.querySelectorAll('#keeping form :is(input, select, textarea)')].map(({ value }) => value).join()";
    let all = "sato,trip,2031-05-01T09:00,2031-05-02T18:00,大阪,請求書の件は経理へ,";
    desk.until("another language keeps it", &format!("{typed} === '{all}'"));
    house.kill();
    desk.click("#keeping form button.main");
    desk.until_text("#keeping form .error", "still here");
    house.restart();
    assert_eq!(desk.0.evaluate(typed), all);
    for (form, wanted) in [(0, "On a business trip"), (1, "請求書の件は経理へ")] {
        desk.0.evaluate(&format!(
            "document.querySelectorAll('#keeping form')[{form}].querySelector('button.main').click()"
        ));
        desk.until_text("#keeping", wanted);
        desk.until(
            "it is in the list",
            &format!("document.querySelectorAll('#keeping .rows')[{form}].querySelector('button') != null"),
        );
    }
    let entries = house.get(&format!("/customers/{firm}/schedules?from_ms={}", 1_935_000_000_000_i64));
    assert!(entries.to_string().contains("大阪"), "{entries}");
    assert_eq!(house.get(&format!("/customers/{firm}/notes"))[0]["text"], "請求書の件は経理へ");
}

/// Somebody who may only read comes in with the password that is shown once.
fn logins(desk: &mut Desk, house: &House, firm: i64) {
    tab(desk, "Logins");
    desk.until("the logins", "document.querySelector('#keeping [name=login]') != null");
    fits(desk, "the logins");
    is_open_to_all(desk, "my page's logins");
    desk.until("the logins", "document.querySelector('#keeping [name=login]') != null");
    desk.write("#keeping [name=login]", "jiro@sakura.example");
    desk.write("#keeping [name=name]", "鈴木 次郎");
    desk.write("#keeping [name=role]", "reader");
    // Something else is looked at before the answer is there: it stays, and the password is not lost.
    desk.0.evaluate(LATE);
    desk.click("#keeping form button.main");
    tab(desk, "People and places");
    let places = "document.querySelector('[data-path=\"recipients[0].channel.address\"]') != null";
    desk.until("the places", places);
    desk.until_text("#state", "First password of jiro@sakura.example");
    assert_eq!(desk.0.evaluate(places), true, "they stay");
    desk.0.evaluate("window.soon(); 1");
    let members = house.get(&format!("/customers/{firm}/members"));
    let role = members.as_array().and_then(|all| all.iter().find(|one| one["login"] == "jiro@sakura.example"));
    assert_eq!(role.map(|one| &one["role"]), Some(&json!("reader")), "{members}");
    let said = desk.text("#state");
    let password = said.split_once(": ").and_then(|(_, rest)| rest.split_once(" (")).expect("a password").0.to_owned();
    desk.click("#logout");
    desk.until("the door", "document.getElementById('login').hidden === false");
    assert_eq!(desk.text("#keeping"), "", "nothing is left for whoever comes next");
    desk.write("#login-form [name=login]", "jiro@sakura.example");
    desk.write("#login-form [name=password]", &password);
    desk.click("#login-form button");
    desk.until_text("#list", "髙橋");
    assert_eq!(desk.0.evaluate("document.querySelector('#list .tick')"), Value::Null, "a reader changes nothing");
    assert!(!desk.text("#tabs").contains("People and places"), "{}", desk.text("#tabs"));
    desk.click("#logout");
    desk.until("the door", "document.getElementById('login').hidden === false");
    log_in(desk, "hanako@sakura.example");
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
}

/// The session is ended from elsewhere: what is tried says so, and the same page goes on after a login.
fn ended(desk: &mut Desk, house: &House, firm: i64) {
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
