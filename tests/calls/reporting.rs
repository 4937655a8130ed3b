//! A report, from the operator's keyboard to the recipient's mailbox: written in a real browser while the caller talks, kept through
//! a reload of the page, sent by one key, and taken by a mail server.

use std::time::Duration;

use receivers::smtp::{Options, Server};
use serde_json::{Value, json};
use sip::message::Method;

use super::pages::Desk;
use crate::support::house::{House, Operator, SOON};
use crate::support::peer::{Dialog, Peer, sdp};
use crate::support::robots::{Habit, Robots};
use crate::support::{ports, until};

/// A mail server with a runtime of its own.
pub struct Mailbox {
    runtime: tokio::runtime::Runtime,
    server: Server,
}

impl Mailbox {
    pub fn open() -> Mailbox {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let server = runtime.block_on(Server::start(Options::default())).expect("a mail server");
        Mailbox { runtime, server }
    }

    /// What a house needs to send by it.
    pub fn configuration(&self) -> String {
        let port = self.server.address().port();
        format!("[mail]\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"report@denwaban.example\"\n")
    }

    /// The first mail, as text and with its recipient.
    pub fn first(&self) -> (String, String) {
        self.until(1).remove(0)
    }

    /// As many mails, in the order in which they came.
    pub fn until(&self, count: usize) -> Vec<(String, String)> {
        let come = async { tokio::time::timeout(SOON, self.server.wait_for(count)).await };
        self.runtime.block_on(come).expect("a mail comes");
        let read = |mail: &receivers::smtp::Mail| {
            let parsed = mail_parser::MessageParser::default().parse(&mail.data).expect("a mail");
            let text = parsed.body_text(0).expect("a text part").into_owned();
            (mail.recipient(), format!("{}\n{text}", parsed.subject().unwrap_or_default()))
        };
        self.server.mails().iter().map(read).collect()
    }
}

/// A house whose firm gets its reports by mail, an operator at a phone and a page, and a caller.
pub struct Scene {
    pub house: House,
    pub firm: i64,
    pub operator: Operator,
    mailbox: Mailbox,
    pub desk: Desk,
    pub carrier: Peer,
    pub robots: Robots,
}

impl Scene {
    pub fn new() -> Scene {
        Scene::with_wrap_up(600)
    }

    /// An open report keeps the operator from the next call for as many seconds at most.
    pub fn with_wrap_up(wrap_up_max_seconds: u32) -> Scene {
        let mailbox = Mailbox::open();
        let house = House::start_with(&mailbox.configuration());
        let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({ "ring_seconds": 60 }));
        let profile = json!({
            "people": [{ "id": "sato", "name": "佐藤 花子", "kana": "さとう はなこ", "title": "院長" }],
            "recipients": [{ "id": "sato-mail", "person": "sato",
                "channel": { "type": "email", "address": "sato@sakura.example" } }],
        });
        let put = json!({ "revision": 0, "profile": profile });
        let (status, answer) = house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&put));
        assert_eq!(status, 200, "{answer}");
        let operator =
            house.operator_with("101", json!({ "wrap_up_seconds": 1, "wrap_up_max_seconds": wrap_up_max_seconds }));
        let robots = Robots::start(&house, &[(&operator, Habit::Answers(Duration::from_millis(500)))]);
        let port = ports::free_block(2);
        house.trunk("carrier", port, json!({}));
        let carrier = Peer::bind(port, &house.sip);
        let desk = Desk::open_as(&house, "operator", Some(operator.id));
        Scene { house, firm, operator, mailbox, desk, carrier, robots }
    }

    /// What the firm has ordered: words for every hour, somebody who is out, and a note about this caller.
    pub fn ordered(&self) {
        let house = &self.house;
        let firm = self.firm;
        let revision = house.get(&format!("/customers/{firm}/profile"))["revision"].clone();
        let mut profile = house.get(&format!("/customers/{firm}/profile"))["profile"].clone();
        profile["greetings"] = json!([
            { "hours": { "from": "0:00", "until": "12:00" }, "text": "お電話ありがとうございます、さくら歯科です。", "reading": "おでんわありがとうございます、さくらしかです。" },
            { "text": "お電話ありがとうございます、さくら歯科です。", "reading": "おでんわありがとうございます、さくらしかです。" },
        ]);
        profile["dos"] = json!(["必ずお名前を復唱する"]);
        let put = json!({ "revision": revision, "profile": profile });
        let (status, answer) = house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&put));
        assert_eq!(status, 200, "{answer}");
        self.goes_out();
        let note = json!({ "id": 0, "text": "見積の件は至急おつなぎください", "from_ms": 0, "until_ms": null,
            "about": { "callers": ["09011112222"] } });
        house.post(&format!("/customers/{firm}/notes"), note);
    }

    /// The head of the firm is out, from yesterday until the day after tomorrow: midnight may be near.
    pub fn goes_out(&self) {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).date();
        let at = |days: i32| format!("{}T09:00", today.saturating_add(jiff::Span::new().days(days)));
        let (from, until) = (at(-1), at(2));
        let out = ["client", "schedule", "sakura", "--person", "sato", "--away", "out", "--from", &from];
        self.house.cli(&[&out[..], &["--until", &until, "--json"]].concat());
    }

    /// A call that the operator answers; the form is on the page.
    pub fn talk(&mut self) -> Dialog {
        let dialog = self.call("0355500101", "09011112222");
        self.desk.until("the form", "document.getElementById('report-field-name') != null");
        dialog
    }

    /// A call that the operator answers.
    fn call(&mut self, called: &str, caller: &str) -> Dialog {
        self.carrier.invite(called, caller, &sdp(40_000));
        let answer = self.carrier.response(200, "INVITE");
        let dialog = self.carrier.caller_dialog(&answer);
        self.carrier.ack(&dialog);
        dialog
    }

    pub fn hang_up(&mut self, mut dialog: Dialog) {
        self.carrier.request(&mut dialog, &Method::Bye, None);
        self.carrier.response(200, "BYE");
    }

    pub fn value(&mut self, key: &str) -> Value {
        self.desk.0.evaluate(&format!("document.getElementById('report-field-{key}')?.value"))
    }

    /// What is saved of the draft for this firm.
    pub fn saved_of(&self, firm: &str) -> Option<Value> {
        let id = self.drafts().iter().find(|one| one["customer_name"] == firm)?["id"].as_str()?.to_owned();
        Some(self.house.get(&format!("/reports/{id}"))["draft"]["answers"].clone())
    }

    pub fn field(&mut self, key: &str, text: &str) {
        self.desk.write(&format!("#report-field-{key}"), text);
    }

    fn press(&mut self, key: &str) {
        let script = format!(
            "document.dispatchEvent(new KeyboardEvent('keydown', {{ key: {}, bubbles: true }})), 1",
            json!(key)
        );
        self.desk.0.evaluate(&script);
    }

    pub fn saved(&mut self) {
        self.desk.until(
            "it is saved",
            "document.getElementById('report-saved').textContent.match(/^(saved|保存済み)/) != null",
        );
    }

    /// What the page looks like, for whoever wants to see it.
    pub fn shot(&mut self, name: &str) {
        if let Some(folder) = std::env::var_os("SCREENSHOTS") {
            self.desk.0.shot(&std::path::Path::new(&folder).join(format!("{name}.png")));
        }
    }

    fn drafts(&self) -> Vec<Value> {
        self.house.get("/reports?state=draft")["reports"].as_array().cloned().unwrap_or_default()
    }
}

#[test]
fn f26_f28_f30_what_is_typed_during_the_call_survives_a_reload_and_is_in_the_mailbox_after_one_key() {
    let mut scene = Scene::new();
    let mut dialog = scene.talk();
    // Who calls, for whom, and what to say; the number that calls stands there already, and as people read it.
    scene.desk.until_text("#report-head", "さくら歯科");
    scene.desk.until_text(".report-digits", "090-1111-2222");
    scene.desk.until_text("#report-to", "佐藤 花子");
    scene.field("company", "□□商事");
    scene.field("name", "①㈱髙﨑");
    scene.field("business", "納期につ");
    scene.saved();
    // The page goes away in the middle of a word. What stood there is on the server, and so on the next page.
    scene.desk.0.ask("Page.reload", json!({}));
    let back = "document.getElementById('report-field-business')?.value === '納期につ'";
    scene.desk.until("the form is there again", back);
    let name = scene.desk.0.evaluate("document.getElementById('report-field-name').value");
    assert_eq!(name, "①㈱髙﨑");
    scene.field("business", "納期について");
    scene.field("desired", "call_back");
    // Nothing is sent that is not whole: the caller hangs up, and the operator presses the key too early.
    scene.field("name", "");
    scene.carrier.request(&mut dialog, &Method::Bye, None);
    scene.carrier.response(200, "BYE");
    scene.house.assert_idle();
    scene.press("F8");
    scene.desk.until_text("#report-field-name-missing", "Name");
    assert!(scene.mailbox.server.mails().is_empty());
    // The report is open: the wrap-up goes on beyond its second.
    scene.house.until_operator(scene.operator.id, "working_after_call");
    let now = scene.house.get("/now");
    assert_eq!(now["operators"][0]["report_open"], true, "{now}");
    // Not to be heard, by one key; and sent by one key.
    scene.desk.0.evaluate("document.getElementById('report-field-name').focus()");
    scene.press("F7");
    scene.saved();
    scene.press("F8");
    let (recipient, mail) = scene.mailbox.first();
    assert_eq!(recipient, "sato@sakura.example");
    for part in ["□□商事", "納期について", "090-1111-2222", "聴取不可"] {
        assert!(mail.contains(part), "{part} is not in\n{mail}");
    }
    // The form is gone, and what became of it is told.
    scene.desk.until("the form is closed", "document.getElementById('report').hidden");
    scene.desk.until_text("#report-sent-list", "delivered");
    scene.house.until_operator(scene.operator.id, "ready");
    assert!(scene.drafts().is_empty());
    assert!(scene.desk.0.complaints().is_empty(), "{:?}", scene.desk.0.complaints());
}

#[test]
fn f20_f29_a_changed_schedule_is_on_the_open_form_and_a_colleague_finishes_the_draft() {
    let mut scene = Scene::new();
    let mut dialog = scene.talk();
    scene.field("company", "□□商事");
    scene.saved();
    // The assistant says that the head has gone out: the open form knows.
    let began = std::time::Instant::now();
    scene.goes_out();
    scene.desk.until_text("#report-sides", "ただいま外出しており");
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(scene.desk.0.evaluate("document.getElementById('report-field-company').value"), "□□商事");
    scene.carrier.request(&mut dialog, &Method::Bye, None);
    scene.carrier.response(200, "BYE");
    // Somebody else goes on with the draft: this page says so, and takes nothing more.
    let report =
        until("the draft", SOON, || scene.drafts().first().and_then(|one| one["id"].as_str().map(str::to_owned)));
    let sheet = scene.house.post(&format!("/reports/{report}/open"), json!({ "take": true }));
    assert_eq!(sheet["report"]["holder"]["mine"], true, "{sheet}");
    scene.desk.until_text("#report-error", "admin");
    assert_eq!(scene.desk.0.evaluate("document.getElementById('report-field-company').disabled"), true);
    // Whoever took it lets it go.
    let (status, answer) = scene.house.ask("DELETE", &format!("/reports/{report}/lock"), None);
    assert_eq!(status, 204, "{answer}");
    // On the command line it is given up with a reason, and everything is accounted for.
    scene.house.cli(&["report", "waive", &report, "--reason", "間違い電話", "--json"]);
    let proof = scene.house.cli(&["report", "reconcile", "--from", "2020-01-01", "--to", "2099-01-01", "--json"]);
    assert_eq!((&proof["proof"]["missing"], &proof["proof"]["waived"]), (&json!(0), &json!(1)), "{proof}");
    assert!(scene.desk.0.complaints().is_empty(), "{:?}", scene.desk.0.complaints());
}

/// Requests for a call's form: the first is answered only when `letGo()` is called, the second fails.
const SLOW_AND_BROKEN: &str = "{
    const real = window.fetch;
    let asked = 0;
    window.late = 0;
    const held = new Promise((resolve) => { window.letGo = resolve; });
    window.fetch = async (path, options) => {
        if (!/calls[/].+[/]report$/.test(path)) return real(path, options);
        asked += 1;
        if (asked === 2) throw new TypeError('no line');
        const answer = await real(path, options);
        if (asked === 1) { await held; setTimeout(() => { window.late += 1; }); }
        return answer;
    };
}";

/// Changes do not reach the server before `letGo()` is called.
const NOTHING_IS_SAVED: &str = "{
    const real = window.fetch;
    let away = true;
    window.letGo = () => { away = false; };
    window.fetch = async (path, options) => {
        if (away && options.method === 'PATCH') throw new TypeError('no line');
        return real(path, options);
    };
}";

#[test]
fn f29_the_next_call_has_its_own_firms_form_and_what_was_typed_for_the_one_before_is_kept() {
    let mut scene = Scene::with_wrap_up(1);
    scene.house.firm("ume", "うめ商会", "0355500102", json!({ "ring_seconds": 60 }));
    let first = scene.talk();
    scene.field("company", "□□商事");
    scene.saved();
    scene.hang_up(first);
    // The form is open still, and the line is away when the next call comes.
    scene.desk.0.evaluate(NOTHING_IS_SAVED);
    scene.field("business", "打ち合わせの日程");
    let second = scene.call("0355500102", "09033334444");
    let number = "document.querySelector('.report-digits')?.textContent === '090-3333-4444' || \
                  document.getElementById('report-field-callback')?.value.endsWith('3333-4444')";
    scene.desk.until("the form of the second call", number);
    assert_eq!((scene.value("company"), scene.value("business")), (json!(""), json!("")));
    scene.desk.until_text("#report-left", "さくら歯科");
    assert!(scene.saved_of("さくら歯科").expect("a draft")["business"].is_null());
    scene.desk.0.evaluate("letGo()");
    let kept = until("the first one's text", SOON, || {
        scene.saved_of("さくら歯科").filter(|answers| answers["business"] == json!({ "said": "打ち合わせの日程" }))
    });
    scene.desk.until("nothing is left", "document.getElementById('report-left').textContent === ''");
    assert_eq!(kept["company"], json!({ "said": "□□商事" }));
    scene.field("name", "山田");
    scene.saved();
    scene.hang_up(second);
    // Back to the first, from the list: everything is there, and nothing of the second.
    let list = "[...document.querySelectorAll('#report-drafts tr')].find((row) => row.textContent.includes('さくら歯科'))?.querySelector('button')";
    scene.desk.until("the first in the list", &format!("{list} != null"));
    scene.desk.0.evaluate(&format!("{list}.click()"));
    scene
        .desk
        .until("the form of the first call", "document.getElementById('report-field-company')?.value === '□□商事'");
    assert_eq!((scene.value("business"), scene.value("name")), (json!("打ち合わせの日程"), json!("")));
    assert_eq!(scene.saved_of("うめ商会").expect("a draft")["name"], json!({ "said": "山田" }));
    assert!(scene.desk.0.complaints().is_empty(), "{:?}", scene.desk.0.complaints());
}

#[test]
fn f26_a_form_that_comes_too_late_is_not_shown_and_one_that_does_not_come_is_asked_for_again() {
    let mut scene = Scene::with_wrap_up(1);
    scene.house.firm("ume", "うめ商会", "0355500102", json!({ "ring_seconds": 60 }));
    scene.desk.0.evaluate(SLOW_AND_BROKEN);
    let first = scene.call("0355500101", "09011112222");
    until("the first draft", SOON, || scene.saved_of("さくら歯科"));
    scene.hang_up(first);
    let second = scene.call("0355500102", "09033334444");
    // Its first request has failed; the call is in hand, so it is asked for again.
    let number = "document.querySelector('.report-digits')?.textContent === '090-3333-4444'";
    scene.desk.until("the form of the second call", number);
    scene.field("name", "山田");
    scene.desk.0.evaluate("letGo()");
    scene.desk.until("the late answer", "window.late === 1");
    // It has been let go, and is nobody's.
    until("the first one is free", SOON, || {
        let drafts = scene.drafts();
        drafts.iter().find(|one| one["customer_name"] == "さくら歯科")?["holder"].is_null().then_some(())
    });
    scene.saved();
    assert_eq!(scene.value("name"), "山田");
    scene.desk.until_text("#report-head", "うめ商会");
    assert_eq!(scene.saved_of("うめ商会").expect("a draft")["name"], json!({ "said": "山田" }));
    scene.hang_up(second);
    assert!(scene.desk.0.complaints().is_empty(), "{:?}", scene.desk.0.complaints());
}

/// What a saver sends to a server that answers as it is told: `ok`, a status, a status with the field's name, or `slow`, which is
/// refused when `now` is called.
const SAVER: &str = "
    const { saver } = await import('/saver.js');
    const sent = [];
    let answers = [];
    let now = null;
    let clock = 0;
    const refused = (status, field) => Object.assign(new Error('refused'), { status, body: { field } });
    const one = saver({ clock: () => clock, tell() {}, send(edits) {
        sent.push(edits.map(({ key, value, ago_ms }) => `${key}=${value}@${ago_ms}`).join(' '));
        const [status, field] = answers.shift() ?? ['ok'];
        if (status === 'slow') return new Promise((_, reject) => { now = () => reject(refused(503)); });
        return status === 'ok' ? Promise.resolve({}) : Promise.reject(refused(status, field));
    } });
    const types = (...edits) => { for (const [key, value] of edits) one.changed({ key, value }); };
    const flushed = () => one.flush().then(() => 'kept', (error) => error.message);
    const left = () => one.unsaved().map(({ key, value }) => `${key}=${value}`).join(' ');
";

/// Runs a story with a saver on the page; what it returns.
fn saver_story(desk: &mut Desk, story: &str) -> Value {
    desk.0.evaluate(&format!("(async () => {{ {SAVER} {story} }})()"))
}

#[test]
fn f26_x06_the_saver_drops_nothing_keeps_the_order_and_goes_on_around_what_is_refused() {
    let house = House::start();
    let mut desk = Desk::open(&house, "supervisor");
    // A number changes while the one before is on its way: its tick does not come after the new number. The last request of a page
    // that goes away has both.
    let story = "answers = [['slow']]; types(['callback', 'A'], ['read_back', 'yes']); const first = flushed(); types(['callback', 'B']);
        const taken = one.take().map(({ key, value }) => `${key}=${value}`).join(' ');
        now(); const failed = await first; clock = 500; return [failed, taken, await flushed(), sent, left()];";
    let batches = ["callback=A@0 read_back=yes@0", "read_back=yes@500 callback=B@500"];
    assert_eq!(saver_story(&mut desk, story), json!(["not saved", "read_back=yes callback=B", "kept", batches, ""]));
    // One field is refused: the others are kept, and it is sent again when it has changed.
    let story = "answers = [[422, 'narrative']]; types(['name', 'n'], ['narrative', 'long'], ['company', 'c']);
        const first = [await flushed(), left(), one.isClean()]; types(['narrative', 'short']); return [first, await flushed(), sent, one.isClean()];";
    let batches = ["name=n@0 narrative=long@0 company=c@0", "name=n@0 company=c@0", "narrative=short@0"];
    assert_eq!(saver_story(&mut desk, story), json!([["refused", "narrative=long", false], "kept", batches, true]));
    // Nobody says which: one by one.
    let story = "answers = [[422], ['ok'], [422]]; types(['a', 1], ['b', 2], ['c', 3]); return [await flushed(), sent, left()];";
    let batches = ["a=1@0 b=2@0 c=3@0", "a=1@0", "b=2@0", "c=3@0"];
    assert_eq!(saver_story(&mut desk, story), json!(["refused", batches, "b=2"]));
    // Somebody else has it: nothing more is sent, and nothing is lost, until it is ours again.
    let story = "answers = [[409]]; types(['a', 1]); const first = [await flushed(), left(), one.take().length]; types(['b', 2]);
        const second = await flushed(); const before = sent.length; one.resume(); return [first, second, before, await flushed(), sent[1]];";
    assert_eq!(saver_story(&mut desk, story), json!([["not saved", "a=1", 0], "not saved", 1, "kept", "a=1@0 b=2@0"]));
}

#[test]
fn f26_a_cut_network_a_killed_server_and_a_session_that_has_ended_lose_nothing_that_was_typed() {
    let mut scene = Scene::new();
    scene.talk();
    scene.field("name", "高橋");
    scene.saved();
    let told = |shown: bool| format!("document.getElementById('cut-off').hidden === {}", !shown);

    // The network is cut while somebody types.
    scene.desk.offline(true);
    scene.desk.until("the page says so", &told(true));
    scene.field("business", "納期について");
    scene.desk.until_text("#report-saved", "sent again");
    scene.desk.offline(false);
    scene.saved();
    scene.desk.until("all is well", &told(false));

    // The server dies, and another one is started in its place.
    scene.house.kill();
    scene.desk.until("the page says so", &told(true));
    scene.field("company", "□□商事");
    scene.desk.until_text("#report-saved", "sent again");
    scene.house.restart();
    scene.saved();
    scene.desk.until("all is well", &told(false));

    // The session ends: what was typed last waits for its writer to log in again.
    scene.desk.0.ask("Network.clearBrowserCookies", json!({}));
    scene.field("narrative", "今週中に届かないと困るとのこと。");
    scene.desk.until("the login", "document.getElementById('login').hidden === false");
    scene.desk.write("#login-form [name=name]", "hanako");
    scene.desk.write("#login-form [name=password]", "correct horse battery");
    scene.desk.click("#login-form button");

    let wanted = [
        ("name", "高橋"),
        ("business", "納期について"),
        ("company", "□□商事"),
        ("narrative", "今週中に届かないと困るとのこと。"),
    ];
    until("everything that was typed is kept", SOON, || {
        let answers = scene.saved_of("さくら歯科")?;
        wanted.iter().all(|(key, text)| answers[key]["said"] == *text).then_some(())
    });
}
