//! The supervisor's desk: a call is found by a part of its number, a dispute is decided by ear and answered with a clip (F49, X04), a
//! screen shows the board by a link of its own, operators' figures add up.

use crate::common::{House, NOW, Said, ended};
use serde_json::{Value, json};
use store::{NewDispute, Role};
use switch::desk::TrunkNow;
use switch::media::Recording;
use switch::{Alarm, CallId, Event};
use web::News;

const CALL: u64 = ((NOW as u64 - 30_000) << 20) + 21;
const SITE: &str = "https://desk.example.jp";
/// The caller speaks the number at this second of the recording.
const SPOKEN_MS: i64 = 20_000;

/// A recording of a minute in which the caller makes a noise from the 20th to the 24th second, and the operator after it.
fn sound() -> Vec<u8> {
    let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0data\0\0\0\0".to_vec();
    for sample in 0..60 * 8_000i64 {
        let tone = |from: i64, until: i64| {
            let on = (from * 8..until * 8).contains(&sample);
            i16::from(on && sample % 8 < 4) * 6_000
        };
        file.extend_from_slice(&tone(SPOKEN_MS, SPOKEN_MS + 4_000).to_le_bytes());
        file.extend_from_slice(&tone(SPOKEN_MS + 4_000, SPOKEN_MS + 6_000).to_le_bytes());
    }
    file
}

struct Desk {
    house: House,
    customer: i64,
    hanako: i64,
    operator: String,
    supervisor: String,
    admin: String,
}

impl Desk {
    /// A firm with two recipients, whose plan lets it listen, or not.
    fn new(listening: Value) -> Desk {
        let house = House::reached_at(SITE);
        let hanako = house.operator("101", "花子");
        let customer = house.customer("sakura", "さくら歯科", "03-1234-5678");
        let operator = house.logged_in("hanako", Role::Operator, Some(hanako));
        let supervisor = house.logged_in("shunin", Role::Supervisor, None);
        let admin = house.logged_in("root", Role::Admin, None);
        let desk = Desk { house, customer, hanako, operator, supervisor, admin };
        desk.order(0, listening);
        desk
    }

    fn order(&self, revision: i64, listening: Value) {
        let place =
            |id: &str| json!({"id": id, "channel": {"type": "email", "address": format!("{id}@sakura.example")}});
        let profile = json!({"recipients": [place("a"), place("b")], "listening": listening,
            "rules": [{"to": [{"who": {"recipient": "a"}}, {"who": {"recipient": "b"}}]}]});
        let path = format!("/customers/{}/profile", self.customer);
        let put = json!({"revision": revision, "profile": profile});
        let said = self.house.ask("PUT", &path, Some(&self.admin), Some(put));
        assert_eq!(said.status, 200, "{}", said.text());
    }

    fn post(&self, path: &str, token: &str, body: Value) -> Value {
        let said = self.house.post(path, token, body);
        assert!(said.status < 300, "{path}: {}", said.text());
        said.json()
    }

    /// A report with this callback number, typed 22 seconds into the recording, that was sent.
    fn sent(&self, call: u64, callback: &str) -> String {
        self.recorded(call);
        self.written(call, callback)
    }

    /// A call that goes on, 22 seconds after its recording began.
    fn recorded(&self, call: u64) {
        let path = format!("{call}.wav");
        let bytes = sound();
        std::fs::write(self.house.recordings().join(&path), &bytes).unwrap();
        self.house.call(call, |record| {
            record.customer = Some(self.customer);
            record.customer_name = "さくら歯科".into();
            record.operator = Some(self.hanako);
            record.operator_name = "花子".into();
            record.arrived_ms = NOW - 30_000;
            record.answered_ms = Some(NOW - SPOKEN_MS - 2_000);
            record.ended_ms = Some(NOW + 38_000);
            record.recording = Some(Recording {
                path,
                samples: 60 * 8_000,
                sha256: "ab".repeat(32),
                bytes: bytes.len() as u64,
                ..Recording::default()
            });
        });
    }

    /// The report of a call that is kept, written and sent.
    fn written(&self, call: u64, callback: &str) -> String {
        self.written_with(call, json!({"key": "callback", "value": {"said": callback}}))
    }

    fn written_with(&self, call: u64, callback: Value) -> String {
        let report = store::report_id_of_call(CallId(call));
        let said = |key: &str, text: &str| json!({"key": key, "value": {"said": text}});
        let edits = json!({"edits": [said("company", "□□商事"), said("name", "高橋"), said("business", "納期"),
            said("desired", "call_back"), callback, said("read_back", "yes")]});
        let edited = self.house.ask("PATCH", &format!("/reports/{report}"), Some(&self.operator), Some(edits));
        assert_eq!(edited.status, 200, "{}", edited.text());
        self.post(&format!("/reports/{report}/send"), &self.operator, json!({}));
        report
    }

    /// The firm says that the number is wrong.
    fn disputed(&self, report: &str, words: &str) -> i64 {
        let new = NewDispute { field: "callback".into(), words: words.into() };
        let who = "佐藤 花子";
        self.house.wait(self.house.store.open_dispute(self.customer, report, &new, who, NOW)).unwrap().id
    }

    fn case(&self, dispute: i64) -> Value {
        let said = self.house.get(&format!("/disputes/{dispute}"), &self.supervisor);
        assert_eq!(said.status, 200, "{}", said.text());
        said.json()
    }

    fn link(&self, token: &str, rest: &str) -> Said {
        self.house.send("GET", &format!("//l/{token}{rest}"), &[], None)
    }

    fn plays(&self, call: u64) -> Vec<String> {
        let lines = self.house.wait(self.house.store.audit(Some(&CallId(call).to_string()), None, 100)).unwrap();
        lines.into_iter().map(|line| format!("{} {} {}", line.who, line.what, line.detail)).collect()
    }
}

#[test]
fn x04_a_dispute_is_answered_with_the_corrected_report_and_ten_seconds_by_a_link_that_ends() {
    let desk = Desk::new(json!({"on": true, "hours": 48}));
    let report = desk.sent(CALL, "090-1234-5678");
    // The first one has arrived: a room keeps its order.
    for job in desk.house.wait(desk.house.store.lease_deliveries(NOW, 30_000, 10)).unwrap() {
        desk.house.wait(desk.house.store.delivery_accepted(&job.id, job.attempt, "250 ok", NOW)).unwrap();
    }
    let dispute = desk.disputed(&report, "正しくは０９０-１２３４-５６８７です");

    // What it is decided by.
    let case = desk.case(dispute);
    assert_eq!(case["dispute"]["due_ms"], NOW + store::ANSWER_MS);
    assert_eq!((&case["proposed"], &case["may_clip"]), (&json!("090-1234-5687"), &json!(true)), "{case}");
    assert_eq!(case["recording_ms"], 60_000);
    let field = case["fields"].as_array().unwrap().iter().find(|field| field["key"] == "callback").unwrap();
    assert_eq!(field["spans"][0]["from_ms"], SPOKEN_MS + 2_000, "{field}");
    let compared: Vec<_> =
        case["compare"].as_array().unwrap().iter().map(|row| row["what"].as_str().unwrap()).collect();
    assert_eq!(compared, ["report", "firm", "caller"], "{case}");
    let firm = &case["compare"][1];
    let marked = firm["marked"].as_array().unwrap().iter().filter(|marked| **marked == json!(true)).count();
    assert_eq!((firm["text"].as_str().unwrap(), marked), ("090-1234-5687", 1), "two exchanged digits: {firm}");

    // One request answers.
    let reply =
        json!({"cause": "misheard", "answer": "大変失礼いたしました。", "value": "090-1234-5687", "clip": true});
    let said = desk.post(&format!("/disputes/{dispute}/answer"), &desk.supervisor, reply.clone());
    assert_eq!((&said["dispute"]["cause"], &said["deliveries"]), (&json!("misheard"), &json!(2)), "{said}");
    assert_eq!(said["dispute"]["follow_up"], said["report"]);
    let clip = &said["clip"];
    assert_eq!((&clip["from_ms"], &clip["until_ms"]), (&json!(16_000), &json!(26_000)), "{clip}");
    assert_eq!(clip["expires_ms"], NOW + 48 * 3_600_000, "no longer than the plan's time");
    let again = desk.house.post(&format!("/disputes/{dispute}/answer"), &desk.supervisor, reply);
    again.is_refusal(409, "conflict", None);

    // Everyone who had the first one has the second, with a link of one's own.
    let jobs = desk.house.wait(desk.house.store.lease_deliveries(NOW + 60_000, 30_000, 10)).unwrap();
    let follow_up = said["report"].as_str().unwrap();
    let jobs: Vec<_> = jobs.into_iter().filter(|job| job.report == follow_up).collect();
    let links: Vec<_> = jobs.iter().map(|job| job.content.link.clone().unwrap()).collect();
    assert!(links.len() == 2 && links[0] != links[1], "{links:?}");
    let text = report::render::mail(&jobs[0].content).text;
    for part in ["090-1234-5678 → 090-1234-5687", "当方の聞き間違いでした", "大変失礼いたしました。", &links[0]]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let token = links[0].strip_prefix(&format!("{SITE}/l/")).unwrap();
    let page = desk.link(token, "");
    assert!(page.status == 200 && page.text().contains("10秒間"), "{}", page.text());
    let wav = desk.link(token, "/recording");
    assert_eq!((wav.status, wav.bytes.len(), wav.header("content-type")), (200, 44 + 160_000, "audio/wav"));
    // Both voices, where they were: the noise begins at the fourth second.
    let loud = |from_ms: usize| wav.bytes[44 + from_ms * 16..][..160].iter().any(|byte| *byte != 0);
    assert_eq!([1_000, 3_900, 4_100, 7_900, 8_100, 9_900].map(loud), [false, false, true, true, true, true]);
    let part = desk.house.send("GET", &format!("//l/{token}/recording"), &[("range", "bytes=0-1")], None);
    assert_eq!((part.status, part.header("content-range"), part.bytes.len()), (206, "bytes 0-1/160044", 2));
    let plays = desk.plays(CALL);
    assert!(plays.len() == 1 && plays[0].contains("16000–26000 ms"), "one sitting, one line: {plays:?}");

    // A supervisor's own clip leaves a line, too; an operator gets none.
    let own = format!("/calls/{}/recording/clip?from_ms=16000&until_ms=26000", CallId(CALL));
    assert_eq!((desk.house.get(&own, &desk.supervisor).bytes, desk.plays(CALL).len()), (wav.bytes, 2));
    desk.house.get(&own, &desk.operator).is_refusal(403, "forbidden", None);
    let odd = own.replace("26000", "16999");
    desk.house.get(&odd, &desk.supervisor).is_refusal(422, "invalid", Some("until_ms"));
    for (from_ms, until_ms) in [(60_000, 70_000), (i64::MAX - 10_000, i64::MAX)] {
        let far = own.replace("16000", &from_ms.to_string()).replace("26000", &until_ms.to_string());
        desk.house.get(&far, &desk.supervisor).is_refusal(422, "invalid", Some("from_ms"));
    }

    // Whoever answered can end it, and nobody's link opens it any more.
    let ended = desk.house.ask("DELETE", &format!("/reports/{follow_up}/clip"), Some(&desk.supervisor), None).json();
    assert_eq!((&ended["revoked_by"], &ended["plays"]), (&json!("shunin"), &json!(1)), "{ended}");
    for link in &links {
        let token = link.strip_prefix(&format!("{SITE}/l/")).unwrap();
        assert_eq!([desk.link(token, "").status, desk.link(token, "/recording").status], [404, 404]);
    }
    // The first report's own link is another one, and the statistics know.
    let csv = desk.house.get(&format!("/disputes/counts/export?from_ms=0&to_ms={}", NOW + 1), &desk.supervisor).text();
    assert!(csv.contains("misheard,花子,さくら歯科,1,0,0"), "{csv}");
}

#[test]
fn x01_a_dispute_about_the_callers_own_number_plays_where_it_was_read_back() {
    let desk = Desk::new(json!({"on": true}));
    desk.recorded(CALL);
    let there = json!({"key": "callback", "value": {"said": "090-1234-5678"}, "ago_ms": 20_000, "prefilled": true});
    let report = desk.written_with(CALL, there);
    let dispute = desk.disputed(&report, "違う番号です");
    let case = desk.case(dispute);
    let field = case["fields"].as_array().unwrap().iter().find(|field| field["key"] == "callback").unwrap();
    let ticked = SPOKEN_MS + 2_000;
    assert_eq!(field["spans"], json!([{"from_ms": ticked, "until_ms": ticked}]), "{field}");
    assert_eq!((&field["read_back"], &field["changed_later"]), (&json!(true), &json!(false)), "{field}");
    let reply = json!({"cause": "correct", "clip": true});
    let said = desk.post(&format!("/disputes/{dispute}/answer"), &desk.supervisor, reply);
    assert_eq!(said["clip"]["from_ms"], ticked - report::evidence::LEAD_MS, "{said}");
}

#[test]
fn f49_what_a_firm_says_by_telephone_is_a_dispute_like_any_other() {
    let desk = Desk::new(json!({"on": true, "hours": 48}));
    let report = desk.sent(CALL, "090-1234-5678");
    let path = format!("/reports/{report}/disputes");
    let says = |field: &str, words: &str| json!({"field": field, "words": words});
    let right = "正しくは０９０-１２３４-５６８７だそうです";
    desk.house.post(&path, &desk.operator, says("callback", right)).is_refusal(403, "forbidden", None);
    for field in [" ", "callbak"] {
        desk.house.post(&path, &desk.supervisor, says(field, right)).is_refusal(422, "invalid", Some("field"));
    }
    let endless = says("callback", &"長".repeat(501));
    desk.house.post(&path, &desk.supervisor, endless).is_refusal(422, "invalid", Some("words"));
    assert_eq!(desk.house.get("/disputes", &desk.supervisor).json(), json!([]), "nothing was opened");

    let said = desk.house.post(&path, &desk.supervisor, says("callback", right));
    assert_eq!(said.status, 201, "{}", said.text());
    let made = said.json();
    assert_eq!((&made["opened_by"], &made["customer"]), (&json!("shunin"), &json!(desk.customer)), "{made}");
    assert_eq!((&made["due_ms"], &made["cause"]), (&json!(NOW + store::ANSWER_MS), &Value::Null), "its clock runs");
    let told = desk.house.switchboard.news.lock().unwrap().clone();
    let is_told = |news: &News| {
        matches!(news, News::Task { sort, what, customer, .. }
            if sort == "disputed" && what == "made" && *customer == Some(desk.customer))
    };
    assert!(told.iter().any(is_told), "{told:?}");
    let tasks = desk.house.get("/tasks", &desk.supervisor).json();
    assert_eq!(tasks.as_array().unwrap().iter().filter(|task| task["kind"] == "disputed").count(), 1, "{tasks}");
    // Said again before anybody has decided, it is the same one.
    let again = desk.post(&path, &desk.admin, says("callback", "まだですか"));
    assert_eq!(again, made);

    // It is decided like one from the firm's own page, and counted.
    let dispute = made["id"].as_i64().unwrap();
    let case = desk.case(dispute);
    assert_eq!((&case["proposed"], &case["may_clip"]), (&json!("090-1234-5687"), &json!(true)), "{case}");
    let reply = json!({"cause": "misheard", "value": "090-1234-5687", "clip": true});
    let replied = desk.post(&format!("/disputes/{dispute}/answer"), &desk.supervisor, reply);
    assert_eq!((&replied["deliveries"], &replied["clip"]["from_ms"]), (&json!(2), &json!(16_000)), "{replied}");
    let csv = desk.house.get(&format!("/disputes/counts/export?from_ms=0&to_ms={}", NOW + 1), &desk.supervisor).text();
    assert!(csv.contains("misheard,花子,さくら歯科,1,0,0"), "{csv}");
    // Whoever looks at the report knows that there is something to hear.
    let whole = desk.house.get(&format!("/reports/{report}"), &desk.supervisor).json();
    assert_eq!(whole["recording_ms"], 60_000, "{whole}");
}

#[test]
fn f49_a_firm_disputes_nothing_that_it_does_not_see() {
    let desk = Desk::new(json!({"on": true, "hours": 48}));
    let callback = json!({"field": "callback", "words": "違います"});
    let refused = |report: &str| {
        let said = desk.house.post(&format!("/reports/{report}/disputes"), &desk.supervisor, callback.clone());
        said.is_refusal(422, "invalid", Some("report"));
        said.json()["what"].as_str().unwrap().to_owned()
    };
    // A draft.
    let begun = format!("/customers/{}/reports", desk.customer);
    let draft = desk.post(&begun, &desk.operator, json!({}))["id"].as_str().unwrap().to_owned();
    let not_sent = refused(&draft);
    // Of a call to a number that is nobody's.
    desk.house.call(CALL + 1, |record| record.operator = Some(desk.hanako));
    let nobodys = refused(&store::report_id_of_call(CallId(CALL + 1)));
    assert_ne!(nobodys, not_sent, "each is told what it is");
    let unknown = desk.house.post("/reports/none/disputes", &desk.supervisor, callback.clone());
    unknown.is_refusal(404, "not_found", None);
    assert_eq!(desk.house.get("/disputes", &desk.supervisor).json(), json!([]), "nothing was opened");
}

#[test]
fn x04_a_clip_runs_out_and_a_plan_without_listening_has_none() {
    let desk = Desk::new(json!({"on": false}));
    let report = desk.sent(CALL, "090-1234-5678");
    let dispute = desk.disputed(&report, "");
    let answer = format!("/disputes/{dispute}/answer");
    assert_eq!(desk.case(dispute)["may_clip"], false);
    let with_clip = json!({"cause": "correct", "clip": true});
    desk.house.post(&answer, &desk.supervisor, with_clip.clone()).is_refusal(422, "invalid", Some("clip"));
    desk.house.post(&answer, &desk.operator, json!({"cause": "correct"})).is_refusal(403, "forbidden", None);
    let endless = json!({"cause": "correct", "answer": "長".repeat(501)});
    desk.house.post(&answer, &desk.supervisor, endless).is_refusal(422, "invalid", Some("answer"));
    assert_eq!(desk.case(dispute)["dispute"]["cause"], Value::Null, "nothing is half answered");
    // Confirmed: the same people are told so.
    let said = desk.post(&answer, &desk.supervisor, json!({"cause": "correct"}));
    assert_eq!((&said["clip"], &said["deliveries"]), (&Value::Null, &json!(2)));
    let jobs = desk.house.wait(desk.house.store.lease_deliveries(NOW + 60_000, 30_000, 10)).unwrap();
    assert!(jobs.iter().all(|job| job.content.link.is_none()), "no link without a plan");

    // With an hour's plan: what was sent ends after it.
    desk.order(1, json!({"on": true, "hours": 1}));
    let report = desk.sent(CALL + 1, "090-1234-5670");
    let dispute = desk.disputed(&report, "");
    let said = desk.post(&format!("/disputes/{dispute}/answer"), &desk.supervisor, with_clip);
    let row = desk.house.wait(desk.house.store.clip(said["report"].as_str().unwrap())).unwrap().unwrap();
    assert!(row.opens(NOW + 3_599_999) && !row.opens(NOW + 3_600_000), "{row:?}");
}

#[test]
fn x04_without_a_recording_there_is_no_clip_and_a_second_answer_keeps_the_first() {
    let desk = Desk::new(json!({"on": true, "hours": 1}));
    let report = desk.sent(CALL, "090-1234-5678");
    let dispute = desk.disputed(&report, "");
    assert_eq!(desk.case(dispute)["may_clip"], true);
    let answer = |dispute: i64, cause: &str, value: Value| {
        let reply = json!({"cause": cause, "value": value});
        desk.post(&format!("/disputes/{dispute}/answer"), &desk.supervisor, reply)
    };
    answer(dispute, "misheard", json!("090-1234-5687"));
    // The second says what the firm was told last, not what it was told first.
    let second = desk.disputed(&report, "");
    let said = answer(second, "correct", Value::Null);
    let told = desk.house.wait(desk.house.store.report(said["report"].as_str().unwrap())).unwrap();
    assert_eq!(told.draft.said("callback"), Some("090-1234-5687"));
    // A call of which nothing was recorded.
    desk.house.call(CALL + 1, |record| {
        record.customer = Some(desk.customer);
        record.operator = Some(desk.hanako);
        record.answered_ms = Some(NOW - 20_000);
        record.recording = None;
    });
    let silent = desk.written(CALL + 1, "090-1234-5670");
    let case = desk.case(desk.disputed(&silent, ""));
    assert_eq!((&case["may_clip"], &case["recording_ms"]), (&json!(false), &Value::Null), "{case}");
}

#[test]
fn f49_f57_a_call_is_found_by_digits_anywhere_in_any_spelling() {
    let desk = Desk::new(json!({}));
    let report = desk.sent(CALL, "03-5555-9876");
    desk.sent(CALL + 1, "06-7777-8888");
    let old = ended(CALL + 2);
    desk.house.wait(desk.house.store.save_call(&old)).unwrap();
    for (number, found) in [
        ("9876", true),
        ("5559", true),
        ("987", false),
        ("876", true),
        ("５５９８", true),
        ("03-5555", true),
        ("０３５５", true),
        ("+81 3 5555 9876", true),
        ("8135", true),
        ("9999", false),
        ("12345678901234", false),
    ] {
        let query: String = form_urlencoded::byte_serialize(number.as_bytes()).collect();
        let reports = desk.house.get(&format!("/reports?number={query}"), &desk.supervisor).json()["reports"].clone();
        let ids: Vec<_> = reports.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!(ids, if found { vec![report.as_str()] } else { vec![] }, "{number}");
    }
    // Also the caller's own number, among calls.
    let calls = desk.house.get("/calls?caller=1234567", &desk.supervisor).json()["calls"].clone();
    assert_eq!(calls.as_array().unwrap().len(), 3, "090-1234-5678 called three times: {calls}");
}

#[test]
fn a_screen_on_the_wall_has_a_link_that_opens_the_board_alone_until_it_is_revoked() {
    let desk = Desk::new(json!({}));
    let made = desk.post("/displays", &desk.admin, json!({"name": "大画面"}));
    let token = made["link"].as_str().unwrap().strip_prefix(&format!("{SITE}/wall#")).unwrap().to_owned();
    let who = Alarm::TollFraud { who: "101".into(), number: "0990123456".into() };
    desk.house.switchboard.tells(1, Event::Alarm(who));
    let wall = desk.house.get("/wall", &token);
    assert_eq!(wall.status, 200, "{}", wall.text());
    assert_eq!((&wall.json()["name"], &wall.json()["alarms"][0]["alarm"]), (&json!("大画面"), &json!("toll_fraud")));
    assert!(!wall.text().contains("0990123456"), "no number hangs on the wall: {}", wall.text());
    // It is no login, and a login is no screen.
    for path in ["/now", "/me", "/calls", "/displays", "/reports"] {
        desk.house.get(path, &token).is_refusal(401, "unauthorized", None);
    }
    desk.house.get("/wall", &desk.admin).is_refusal(401, "unauthorized", None);
    let page = desk.house.send("GET", "//wall", &[], None);
    assert!(page.status == 200 && page.text().contains("/wall.js"), "{}", page.text());
    let id = made["id"].as_i64().unwrap();
    assert_eq!(desk.house.get("/displays", &desk.admin).json()[0]["seen_ms"], NOW);
    assert!(!desk.house.get("/displays", &desk.admin).text().contains(&token), "its token is told once");
    let ended = desk.house.ask("DELETE", &format!("/displays/{id}"), Some(&desk.admin), None).json();
    assert_eq!(ended["revoked_by"], "root");
    desk.house.get("/wall", &token).is_refusal(401, "unauthorized", None);
}

#[test]
fn r32_the_wall_shows_a_dead_trunk_for_as_long_as_it_is_dead() {
    let desk = Desk::new(json!({}));
    let made = desk.post("/displays", &desk.admin, json!({"name": "大画面"}));
    let token = made["link"].as_str().unwrap().strip_prefix(&format!("{SITE}/wall#")).unwrap().to_owned();
    let told = || {
        let wall = desk.house.get("/wall", &token).json();
        let alarms = wall["alarms"].as_array().unwrap().iter();
        alarms
            .map(|one| (one["alarm"].as_str().unwrap().to_owned(), one["unix_ms"].as_i64().unwrap()))
            .collect::<Vec<_>>()
    };
    let trunk = |down_since_ms: Option<i64>| TrunkNow {
        trunk: 7,
        name: "ひかり".into(),
        up: down_since_ms.is_none(),
        down_since_ms,
    };
    desk.house.switchboard.tells(1, Event::Alarm(Alarm::TrunkDown { trunk: 7, why: "no answer".into() }));
    desk.house.switchboard.tells(2, Event::Alarm(Alarm::NoPort));
    let hour_ago = NOW - 3_600_000;
    desk.house.switchboard.snapshot.lock().unwrap().trunks = vec![trunk(Some(hour_ago))];
    let names: Vec<_> = told().into_iter().map(|(alarm, _)| alarm).collect();
    assert_eq!(names, ["trunk_down", "no_port"], "once, and first");
    assert_eq!(told()[0].1, hour_ago, "since it went");
    desk.house.switchboard.snapshot.lock().unwrap().trunks = vec![trunk(None)];
    desk.house.switchboard.tells(3, Event::Alarm(Alarm::TrunkUp { trunk: 7, down_ms: 3_600_000 }));
    let names: Vec<_> = told().into_iter().map(|(alarm, _)| alarm).collect();
    assert_eq!(names, ["trunk_up", "no_port", "trunk_down"]);
}

#[test]
fn f50_operators_figures_add_up_by_day_and_week_and_leave_as_csv() {
    let desk = Desk::new(json!({}));
    let report = desk.sent(CALL, "090-1234-5678");
    let dispute = desk.disputed(&report, "");
    desk.post(
        &format!("/disputes/{dispute}/answer"),
        &desk.supervisor,
        json!({"cause": "mistyped", "value": "090-1234-5679"}),
    );
    let span = format!("from_ms={}&to_ms={}", NOW - 86_400_000, NOW + 86_400_000);
    let rows = desk.house.get(&format!("/operators/figures?{span}&by=week"), &desk.supervisor).json();
    let hanako = rows.as_array().unwrap().iter().find(|row| row["operator"] == desk.hanako).unwrap();
    let wanted = json!({"operator": desk.hanako, "name": "花子", "from": "2025-11-17", "calls": 1, "in_time": 1, "talk_ms": 60_000,
        "reports": 1, "wrap_up_ms": 0, "corrected": 1, "misheard": 0, "misspoken": 0, "mistyped": 1, "correct": 0,
        "praise": 0, "complaints": 0, "wishes": 0, "scored": 0, "percent": 0});
    assert_eq!(*hanako, wanted);
    let csv = desk.house.get(&format!("/operators/figures/export?{span}&by=month"), &desk.supervisor).text();
    assert!(csv.contains("2025-11-01,") && csv.contains("花子"), "{csv}");
    let csv =
        desk.house.get(&format!("/customers/{}/certificate/export?month=2025-11", desk.customer), &desk.supervisor);
    assert!(csv.text().contains("at_the_ear.measured,") && csv.text().contains("name,さくら歯科"), "{}", csv.text());
    let span = "from_ms=5&to_ms=5";
    let said = desk.house.get(&format!("/operators/figures?{span}"), &desk.supervisor);
    said.is_refusal(422, "invalid", Some("to_ms"));
}

#[test]
fn f62_calls_are_drawn_scored_to_the_second_and_shown_to_who_took_them() {
    let desk = Desk::new(json!({}));
    desk.sent(CALL, "090-1234-5678");
    desk.sent(CALL + 1, "090-1234-5679");
    let call = CallId(CALL + 1).to_string();
    let draw =
        |week: &str| desk.house.post("/quality/draws", &desk.supervisor, json!({"week": week, "per_operator": 1}));
    // Who could still wait for other calls may not draw; a Tuesday is no week.
    draw("2025-11-17").is_refusal(422, "invalid", Some("week"));
    draw("2025-11-18").is_refusal(422, "invalid", Some("week"));
    // By hand, with a reason that stays.
    let by_hand = |why: &str| desk.house.post("/quality/samples", &desk.supervisor, json!({"call": call, "why": why}));
    by_hand(" ").is_refusal(422, "invalid", Some("why"));
    let chosen = by_hand("研修のため").json();
    assert_eq!(
        (&chosen["by_hand"], &chosen["why"], &chosen["week"]),
        (&json!(true), &json!("研修のため"), &json!("2025-11-17"))
    );
    let id = chosen["id"].as_i64().unwrap();
    let score = |marks: Value| {
        desk.house.ask(
            "PUT",
            &format!("/quality/samples/{id}/sheet"),
            Some(&desk.supervisor),
            Some(json!({"marks": marks, "comment": "よくできました"})),
        )
    };
    score(json!([])).is_refusal(422, "invalid", Some("marks"));
    score(json!([{"code": "greeting", "points": 6}])).is_refusal(422, "invalid", Some("marks.points"));
    score(json!([{"code": "nothing", "points": 1}])).is_refusal(422, "invalid", Some("marks.code"));
    let scored = score(json!([{"code": "greeting", "points": 5}, {"code": "read_back", "points": 3, "comment": "7桁目", "at_ms": 22_000}])).json();
    assert_eq!((&scored["percent"], &scored["sheet"]["marks"][1]["ja"]), (&json!(80), &json!("復唱")), "{scored}");
    // The operator sees it, once as new; who gave it is not told.
    let mine = desk.house.get("/quality/mine", &desk.operator);
    assert_eq!(
        (&mine.json()[0]["fresh"], &mine.json()[0]["sheet"]["marks"][1]["at_ms"]),
        (&json!(true), &json!(22_000))
    );
    assert!(!mine.text().contains("shunin"), "{}", mine.text());
    assert_eq!(desk.house.get("/quality/mine", &desk.operator).json()[0]["fresh"], false);
    assert_eq!(desk.house.get("/quality/mine", &desk.supervisor).json(), json!([]));
    let audit = desk.plays(CALL + 1);
    assert!(
        audit.iter().any(|line| line.contains("quality.choose"))
            && audit.iter().any(|line| line.contains("quality.score")),
        "{audit:?}"
    );
}
