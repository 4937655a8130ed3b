//! A working day in one browser: an operator answers a call in the page and writes its report, the mail arrives, a supervisor finds it by
//! the end of its number and hears the number said, the client firm finds it on its page and says that it is wrong, the supervisor
//! listens and answers, and the firm reads the answer; what it says by telephone later is taken in its name, and answered as well. The
//! operator and the firm work in Japanese, the supervisor in both languages; the same faces in English are in `page_phone`, `reporting`
//! and `my_page`.

use std::time::Duration;

use serde_json::{Value, json};

use super::barriers::is_open_to_all;
use super::console::fits_the_screen;
use super::my_page;
use super::office::beside;
use super::page_phone;
use super::pages::{Desk, PASSWORD};
use super::reporting::Mailbox;
use crate::support::audio::{CALLER_HZ, Heard, OPERATOR_HZ, channel, hear, seconds_of};
use crate::support::baresip::Baresip;
use crate::support::house::{House, SOON};
use crate::support::{pause, ports, until};

const MEMBER: &str = "sato@sakura.example";
/// What the caller says last, and what the firm says that it was.
const NUMBER: &str = "080-3333-4444";
const RIGHT: &str = "080-3333-4445";
/// So long is talked before the caller says the number: longer than a click on a field goes back.
const BEFORE_THE_NUMBER: Duration = Duration::from_secs(8);
const A_WHILE: Duration = Duration::from_secs(2);

/// A house, a firm of it, and one browser for all of them.
pub struct Day {
    pub house: House,
    pub firm: i64,
    pub desk: Desk,
    mailbox: Mailbox,
}

impl Day {
    /// The page of the house, where somebody new logs in.
    fn comes_in(&mut self, name: &str, role: &str) {
        let user = json!({ "name": name, "role": role, "password": PASSWORD });
        self.house.post("/users", user);
        self.desk.log_in(name);
    }

    /// Goes to a page of the house.
    pub fn goes_to(&mut self, path: &str) {
        let url = format!("{}{path}", self.house.http);
        self.desk.0.evaluate("window.before = true");
        self.desk.0.ask("Page.navigate", json!({ "url": url }));
        self.desk.until(path, "window.before === undefined && document.readyState === 'complete'");
    }

    /// The firm's page on a telephone, where it is logged in already or logs in now.
    fn goes_to_my_page(&mut self) {
        let narrow = json!({ "width": my_page::WIDTH, "height": 740, "deviceScaleFactor": 2, "mobile": true });
        self.desk.0.ask("Emulation.setDeviceMetricsOverride", narrow);
        self.goes_to("/my");
        let there = "['login', 'reports'].find((id) => document.getElementById(id).hidden === false)";
        if self.desk.until("my page", there) == "login" {
            my_page::enter(&mut self.desk, MEMBER);
        }
        self.desk.until("the reports", "document.querySelector('#list h2 button') != null");
        assert_eq!(self.desk.0.evaluate("document.documentElement.lang"), "ja", "as the firm has chosen");
    }

    fn goes_to_the_desk(&mut self) {
        self.desk.0.ask("Emulation.clearDeviceMetricsOverride", json!({}));
        self.goes_to("/");
        self.desk.until("the desk", "document.getElementById('desk').hidden === false");
    }

    /// To whom the mails so far went, and the last one's text.
    fn mails(&self, count: usize) -> (Vec<String>, String) {
        let mails = self.mailbox.until(count);
        let mut to: Vec<String> = mails.iter().map(|(to, _)| to.clone()).collect();
        to.sort_unstable();
        (to, mails.into_iter().last().map(|(_, text)| text).unwrap_or_default())
    }
}

#[test]
fn x01_x04_f49_f57_f62_a_call_its_report_the_mail_the_firms_doubt_and_the_answer() {
    let (mut day, mut caller) = opened();
    answers(&mut day, &mut caller);
    let spoken = writes(&mut day, &mut caller);
    let report = day.house.get("/reports?state=sent")["reports"][0]["id"].as_str().expect("a report").to_owned();
    day.desk.click("#logout");
    day.desk.until("the door", "document.getElementById('login').hidden === false");

    day.comes_in("kantoku", "supervisor");
    finds(&mut day, spoken);
    doubts(&mut day, &report);
    day.goes_to_the_desk();
    super::dispute_desk::answers(&mut day, &report, RIGHT, spoken);
    let (to, mail) = day.mails(4);
    assert_eq!(to, ["chief", "chief", "office", "office"].map(|name| format!("{name}@sakura.example")));
    assert!(mail.contains(RIGHT), "{mail}");
    super::dispute_desk::scores(&mut day);
    reads(&mut day);
    day.goes_to_the_desk();
    telephones(&mut day, &report);
    super::dispute_desk::hangs_up_a_screen(&mut day);
    assert!(day.desk.0.complaints().is_empty(), "{:?}", day.desk.0.complaints());
}

/// A firm whose plan has listening, an operator with a telephone in the page, and a caller.
fn opened() -> (Day, Baresip) {
    let mailbox = Mailbox::open();
    let house = House::start_with(&mailbox.configuration());
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let place = |id: &str| json!({ "id": id, "label": id, "channel": { "type": "email", "address": format!("{id}@sakura.example") } });
    let profile = json!({ "recipients": [place("office"), place("chief")], "rules": [{ "to": [{ "who": { "recipient": "office" } }] }],
        "listening": { "on": true, "hours": 24 } });
    let put = json!({ "revision": 0, "profile": profile });
    assert_eq!(house.ask("PUT", &format!("/customers/{firm}/profile"), Some(&put)).0, 200);
    let member = json!({ "login": MEMBER, "name": "佐藤 花子", "role": "owner", "password": PASSWORD });
    house.post(&format!("/customers/{firm}/members"), member);
    let operator = house.operator("101", 0);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    let mut desk = page_phone::desk(&house, &operator);
    desk.click("#language");
    desk.until("Japanese", "document.documentElement.lang === 'ja'");
    (Day { house, firm, desk, mailbox }, caller)
}

/// The call, and both hear each other; then the caller says nothing for a while.
fn answers(day: &mut Day, caller: &mut Baresip) {
    let Day { house, desk, .. } = day;
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    desk.until_text(".report-firm", "さくら歯科");
    fits_the_screen(desk, "a call that rings in the page");
    desk.key("F2");
    caller.wait("CALL_ESTABLISHED");
    house.until_call("established");
    desk.until("the form", "document.getElementById('report-field-name') != null");
    pause(A_WHILE);
    caller.command("mute", "");
}

/// The report, by its fields; gives the second of the recording in which the caller begins to say the number.
fn writes(day: &mut Day, caller: &mut Baresip) -> f64 {
    let Day { house, desk, .. } = &mut *day;
    for (key, text) in [("company", "□□商事"), ("name", "髙橋"), ("business", "納期について"), ("desired", "call_back")]
    {
        desk.write(&format!("#report-field-{key}"), text);
    }
    pause(BEFORE_THE_NUMBER);
    caller.command("mute", "");
    pause(A_WHILE);
    desk.write("#report-field-callback", NUMBER);
    desk.until_text("#report-saved", "保存済み");
    fits_the_screen(desk, "a report while it is written, with the telephone in the page");
    is_open_to_all(desk, "a report while it is written");
    desk.until("it asks for reading back", "document.querySelector('.report-number input')?.checkVisibility()");
    desk.click(".report-number input");
    desk.until_text("#hand-acts", "F9");
    let heard = page_phone::heard(desk);
    assert!(seconds_of(&heard, CALLER_HZ) > 1.0, "the operator hears the caller\n{}", house.log());
    desk.key("F9");
    caller.wait("CALL_CLOSED");
    house.assert_idle();
    let record = house.finished(1);
    let caller_heard = caller.heard().concat();
    assert!(seconds_of(&caller_heard, OPERATOR_HZ) > 3.0, "the caller hears the operator");
    let left = channel(&house.recording(&record), 0);
    desk.until_text("#report-saved", "保存済み");
    desk.key("F8");
    desk.until_text("#report-sent-list", "送信済み");
    let (to, mail) = day.mails(1);
    assert_eq!(to, ["office@sakura.example"]);
    for part in ["□□商事", "髙橋", "納期について", NUMBER] {
        assert!(mail.contains(part), "{part} is not in\n{mail}");
    }
    spoken(&left)
}

/// The second in which the caller, who was quiet for long, is heard again.
fn spoken(left: &[i16]) -> f64 {
    let windows: Vec<bool> = left.chunks_exact(800).map(|window| hear(window) == Heard::Tone(CALLER_HZ)).collect();
    let quiet = windows.windows(40).position(|part| !part.iter().any(|heard| *heard)).expect("the caller is quiet");
    let again = windows.iter().skip(quiet).position(|heard| *heard).expect("the caller is heard again");
    let at = (quiet + again) as f64 / 10.0;
    assert!(at > 6.0, "the number is said late enough to show that a click goes there: {at} s");
    at
}

/// A place in a recording is where the number is said: not more than six seconds before, not more than two after.
pub fn assert_lands(at: &Value, spoken: f64) {
    let at = at.as_f64().expect("a second");
    assert!((spoken - 6.0..=spoken + 2.0).contains(&at), "it plays from {at} s, and the number is said at {spoken} s");
}

/// A supervisor finds the report, hears the number, and has it sent to one more.
fn finds(day: &mut Day, spoken: f64) {
    let firm = day.firm;
    let desk = &mut day.desk;
    desk.click("#language");
    desk.until_text("#past summary", "Find past reports");
    desk.click("#past summary");
    // What is no number is said beside the field; another number finds nothing; the end of this one, full-width, does.
    desk.write("#past-find [name=number]", "abc");
    desk.click("#past-search");
    beside(desk, "#past-find [name=number]", "There is no digit");
    desk.write("#past-find [name=number]", "080-3333-5555");
    desk.click("#past-search");
    desk.until_text("#past-count", "0 reports");
    desk.write("#past-find [name=number]", "３３−４４４４");
    desk.write("#past-find [name=text]", "納期");
    desk.click("#past-search");
    desk.until_text("#past-reports", NUMBER);
    desk.click("#past-reports button");
    desk.until_text("#past-deliveries", "delivered");
    desk.until_text("#past-deliveries", "250 2.0.0 taken as");
    desk.until_text("#past-text", NUMBER);
    desk.until_text("#past-fields", "髙橋");
    let row = format!(
        "[...document.querySelectorAll('#past-fields tr')].find((row) => row.textContent.includes('{NUMBER}'))"
    );
    assert_eq!(desk.0.evaluate("document.querySelector('#past-one .wave-board canvas') != null"), true, "its waveform");
    let heard = desk.until("where it was said", &format!("{row}?.querySelector('button')?.textContent"));
    assert!(heard.as_str().is_some_and(|span| span.starts_with("0:")), "{heard}");
    // One click plays it.
    let at = desk.0.evaluate(&format!(
        "{row}.querySelector('button').click(); document.getElementById('past-player').currentTime"
    ));
    assert_lands(&at, spoken);
    desk.until("it plays", &format!("document.getElementById('past-player').currentTime > {at} + 0.5"));
    assert!(desk.text("#past-audit").contains("sent"), "{}", desk.text("#past-audit"));
    assert!(desk.text("#past-edits").contains(NUMBER));
    is_open_to_all(desk, "a report of the past");

    // To one more, in Japanese.
    desk.click("#language");
    desk.until_text("#past-deliveries", "送信済み");
    desk.write("[name=past-to]", "chief");
    desk.click("#past-send-also");
    desk.until_text("#past-said", "送信しました");
    let (to, _) = day.mails(2);
    assert_eq!(to, ["chief@sakura.example", "office@sakura.example"]);
    let desk = &mut day.desk;
    desk.until("both are delivered", "document.querySelectorAll('#past-deliveries .chip.ready').length === 2");
    // One that no call has brought, of a firm that is chosen.
    desk.click("#past-begin");
    beside(desk, "#past-find [name=customer]", "契約企業の報告かを選んで");
    desk.write("#past-find [name=customer]", &firm.to_string());
    desk.click("#past-begin");
    desk.until("its form", "document.getElementById('report-body').offsetParent !== null");
    desk.click("#report-close");
    // What was counted, and the proof.
    desk.click("#figures-and-proofs summary");
    desk.write("[name=figures-firm]", &firm.to_string());
    desk.until_text("#past-counts", "標準");
    desk.until_text("#figures-and-proofs", "数え直しと一致");
    desk.click("#past-prove");
    desk.until("a proof without gaps", "document.querySelectorAll('#past-proofs tbody .chip.ready').length >= 1");
}

/// The firm finds the report on its page, and says that the number is wrong.
fn doubts(day: &mut Day, report: &str) {
    day.goes_to_my_page();
    let desk = &mut day.desk;
    my_page::fits(desk, "my page in Japanese");
    assert!(desk.text("#since").contains("以降の報告"), "{}", desk.text("#since"));
    my_page::find(desk, "080-9999-9999");
    desk.until_text("#count", "該当する報告はありません");
    my_page::find(desk, "33－4444");
    desk.until_text("#list", "□□商事 髙橋");
    desk.click("#list h2 button");
    desk.until("its recording", "document.querySelector('#list audio') != null");
    is_open_to_all(desk, "a report with its recording on my page");
    desk.until("it is unfolded", "document.querySelector('#list .dispute button') != null");
    desk.click("#list .dispute button");
    desk.until("the question", "document.querySelector('#list .dispute textarea') != null");
    desk.write("#list .dispute textarea", &format!("正しくは{RIGHT}です"));
    desk.click("#list .dispute button.main");
    desk.until_text("#list [role=status]", "指摘を受け付けました");
    let open = day.house.get("/disputes?open=true");
    assert_eq!((&open[0]["report"], &open[0]["field"]), (&json!(report), &json!("callback")), "{open}");
}

/// What became of it is on the firm's page, with the corrected report.
fn reads(day: &mut Day) {
    day.goes_to_my_page();
    let desk = &mut day.desk;
    desk.until("both reports", "document.querySelectorAll('#list h2 button').length === 2");
    desk.0.evaluate("for (const one of document.querySelectorAll('#list h2 button')) one.click(); 1");
    desk.until_text("#list", "オペレーターの聞き間違いでした");
    desk.until_text("#list", "この報告には訂正があります");
    desk.until_text("#list", "録音を聞き直しました");
    let numbers = desk.0.evaluate("[...document.querySelectorAll('#list a.call')].map(({ href }) => href)");
    assert_eq!(numbers, json!(["tel:+818033334445", "tel:+818033334444"]), "newest first");
    my_page::fits(desk, "an answer in Japanese");
    until("the clip is known", SOON, || (!day.house.get("/disputes")[0]["cause"].is_null()).then_some(()));
}

/// The firm telephones that the name is wrong, too: the supervisor finds the report, takes the complaint in the firm's name, and answers
/// it at the dispute desk like the first.
fn telephones(day: &mut Day, report: &str) {
    const WORDS: &str = "髙橋ではなく高橋のはずです";
    let Day { house, desk, .. } = &mut *day;
    desk.until_text("#past summary", "過去の報告を探す");
    desk.click("#past summary");
    let operators = "document.querySelector('#past-find [name=operator]').options";
    let operator = desk.until("the operators", &format!("{operators}[1]?.value"));
    desk.write("#past-find [name=operator]", operator.as_str().expect("an operator"));
    desk.write("#past-find [name=number]", "３３−４４４４");
    desk.click("#past-search");
    desk.until_text("#past-count", "1件");
    desk.click(&format!("#past-reports [data-report=\"{report}\"]"));
    desk.until("the report", "document.getElementById('past-complain') != null");
    desk.click("#past-complain");
    let fields = "[...document.querySelector('[name=past-complaint-field]').options].map(({ value }) => value)";
    assert_eq!(desk.0.evaluate(&format!("['name', 'callback'].every((one) => {fields}.includes(one))")), true);
    desk.write("[name=past-complaint-field]", "name");
    desk.write("[name=past-complaint-words]", WORDS);
    is_open_to_all(desk, "a complaint by telephone");
    // What is half typed stays while the page is drawn anew.
    for words in ["Take it", "受け付ける"] {
        desk.click("#language");
        desk.until_text("#past-complaint-send", words);
        let typed = "['field', 'words'].map((name) => document.querySelector(`[name=past-complaint-${name}]`).value)";
        assert_eq!(desk.0.evaluate(typed), json!(["name", WORDS]), "in another language");
    }
    desk.click("#past-complaint-send");
    desk.until_text("#dispute-case .dispute-words", WORDS);
    desk.until_text("#past-said", "受け付けました");
    let open = house.get("/disputes?open=true");
    let told = ["report", "field", "opened_by"].map(|name| open[0][name].clone());
    assert_eq!(told, [report, "name", "kantoku"].map(|text| json!(text)), "{open}");
    let listed = format!("document.querySelector('#disputes-open [data-dispute=\"{}\"]') != null", open[0]["id"]);
    desk.until("it is listed, too", &listed);
    desk.click("#dispute-form [data-cause=correct]");
    desk.until("the verdict", "document.querySelector('#dispute-decided') != null");
    let decided = house.get(&format!("/disputes/{}", open[0]["id"]));
    assert_eq!(decided["dispute"]["cause"], "correct", "{decided}");
    let (_, mail) = day.mails(6);
    assert!(mail.contains("報告のとおりでした"), "{mail}");
}
