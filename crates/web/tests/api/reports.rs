//! Reports over the API: written, kept, taken over, sent, confirmed, corrected, counted; and nobody reads what is not theirs.

use crate::common::{House, NOW, Said, in_hand};
use serde_json::{Value, json};
use store::{NewDelivery, Role, Sending, Writer};
use switch::{CallId, Command, OperatorId};
use web::News;

/// A call's id begins with its time.
const CALL: u64 = ((NOW as u64 - 9_200) << 20) + 21;
const DAY_MS: i64 = 86_400_000;

/// A firm with a profile, two operators who are logged in, a supervisor and an administrator.
struct Desk {
    house: House,
    customer: i64,
    hanako: i64,
    operator: String,
    colleague: String,
    supervisor: String,
    admin: String,
}

fn profile() -> Value {
    json!({
        "people": [{"id": "sato", "name": "佐藤 花子", "kana": "さとう はなこ", "title": "院長"}],
        "recipients": [
            {"id": "sato-mail", "person": "sato", "channel": {"type": "email", "address": "sato@sakura.example"}},
            {"id": "office", "label": "受付", "channel":
                {"type": "chatwork", "room": "123456", "token": "0123456789abcdef0123456789abcdef"}},
        ],
        "rules": [{"to": [{"who": "named"}, {"who": {"recipient": "office"}}]}],
        "faq": [{"question": "駐車場はありますか", "answer": "3台分ございます", "keywords": ["車"]}],
        "greetings": [{"text": "さくら歯科でございます。"}],
    })
}

impl Desk {
    fn new() -> Desk {
        Desk::of(House::new())
    }

    fn of(house: House) -> Desk {
        let (hanako, taro) = (house.operator("101", "花子"), house.operator("102", "太郎"));
        let customer = house.customer("sakura", "さくら歯科", "03-1234-5678");
        let operator = house.logged_in("hanako", Role::Operator, Some(hanako));
        let colleague = house.logged_in("taro", Role::Operator, Some(taro));
        let supervisor = house.logged_in("shunin", Role::Supervisor, None);
        let admin = house.logged_in("root", Role::Admin, None);
        let desk = Desk { house, customer, hanako, operator, colleague, supervisor, admin };
        let put = json!({"revision": 0, "profile": profile()});
        assert_eq!(desk.ask("PUT", &desk.firm("profile"), &desk.admin, Some(put)).status, 200);
        desk
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Said {
        self.house.ask(method, path, Some(token), body)
    }

    fn firm(&self, rest: &str) -> String {
        format!("/customers/{}/{rest}", self.customer)
    }

    /// A call that hanako answered, over: its draft is there.
    fn answered(&self, id: u64) -> String {
        self.house.call(id, |call| {
            call.customer = Some(self.customer);
            call.customer_name = "さくら歯科".into();
            call.operator = Some(self.hanako);
            call.operator_name = "花子".into();
            call.arrived_ms = NOW - 9_200;
            call.answered_ms = Some(NOW - 5_000);
        });
        store::report_id_of_call(CallId(id))
    }

    fn edit(&self, report: &str, token: &str, edits: Value) -> Said {
        self.ask("PATCH", &format!("/reports/{report}"), token, Some(json!({"edits": edits})))
    }

    /// Everything that a message needs.
    fn filled(&self, report: &str, token: &str) -> Value {
        let said = |key: &str, text: &str| json!({"key": key, "value": {"said": text}});
        let edits = json!([
            said("company", "□□商事"),
            said("name", "高橋"),
            said("business", "納期について"),
            said("desired", "call_back"),
            said("callback", "090-1234-5678"),
            said("person", "sato"),
        ]);
        let answer = self.edit(report, token, edits);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    fn send(&self, report: &str, token: &str) -> Said {
        self.ask("POST", &format!("/reports/{report}/send"), token, Some(json!({})))
    }

    /// What the store makes of a report with one recipient, sent then, whose link has this token.
    fn sent_with_link(&self, id: u64, token: &str, sent_ms: i64) -> String {
        let report = self.answered(id);
        self.filled(&report, &self.operator);
        let writer = Writer { login: "hanako".into(), name: "花子".into(), operator: Some(self.hanako) };
        let row = self.house.wait(self.house.store.report(&report)).unwrap();
        let delivery = NewDelivery {
            id: store::new_id(NOW).unwrap(),
            recipient: "sato-mail".into(),
            channel: report::Channel::Email { address: "sato@sakura.example".into() },
            reason: "named".into(),
            content: report::Content::default(),
            urgent: false,
            seen_hash: Some(sha256(token)),
            listen_hash: None,
        };
        let sending = Sending {
            revision: row.revision,
            policy: report::Policy::Send,
            deliveries: vec![delivery],
            digest_due_ms: None,
            ladder: None,
            tasks: Vec::new(),
        };
        self.house.wait(self.house.store.send_report(&report, &sending, &writer, sent_ms)).unwrap();
        report
    }
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn f29_the_draft_of_a_call_in_hand_is_made_locked_and_open_for_the_switch() {
    let desk = Desk::new();
    let now = switch::desk::CallNow { customer: Some(desk.customer), ..in_hand(CALL, desk.hanako) };
    desk.house.switchboard.snapshot.lock().unwrap().calls = vec![now];
    let path = format!("/calls/{}/report", CallId(CALL));
    let sheet = desk.ask("POST", &path, &desk.operator, Some(json!({}))).json();
    assert_eq!(sheet["report"]["customer_name"], "さくら歯科");
    assert_eq!(sheet["report"]["holder"], json!({"name": "花子", "mine": true}));
    assert_eq!((&sheet["fresh"], &sheet["caller_display"]), (&json!(true), &json!("090-1234-5678")));
    assert_eq!(
        (&sheet["firm"]["greeting"], &sheet["people"][0]["kana"]),
        (&json!("さくら歯科でございます。"), &json!("さとう はなこ"))
    );
    let command = Command::ReportOpen { operator: OperatorId(desk.hanako), open: true };
    assert_eq!(*desk.house.switchboard.commands.lock().unwrap(), [command]);
    // A colleague cannot take a draft of a call that is not over without saying so, and is told who has it.
    let said = desk.house.send(
        "POST",
        &path,
        &[
            ("authorization", &format!("Bearer {}", desk.colleague)),
            ("accept-language", "ja"),
            ("content-type", "application/json"),
        ],
        Some(b"{}".to_vec()),
    );
    said.is_refusal(409, "conflict", None);
    assert!(said.json()["what"].as_str().unwrap().contains("花子さんが入力中"), "{}", said.text());
    assert_eq!(desk.ask("POST", &path, &desk.colleague, Some(json!({"take": true}))).status, 200);
    let report = sheet["report"]["id"].as_str().unwrap();
    desk.edit(report, &desk.operator, json!([{"key": "name", "value": {"said": "x"}}]))
        .is_refusal(409, "conflict", None);
    let audit = desk.house.wait(desk.house.store.audit(None, None, 20)).unwrap();
    assert!(audit.iter().any(|line| line.what == "report.take_over" && line.who == "taro"), "{audit:?}");
}

#[test]
fn f18_f45_who_would_be_rung_is_on_the_sheet_and_a_firm_without_it_has_nobody_put_through() {
    let desk = Desk::new();
    let firm = format!("/customers/{}", desk.customer);
    let mut form = desk.house.get(&firm, &desk.admin).json();
    for given in ["id", "active"] {
        form.as_object_mut().unwrap().remove(given);
    }
    form["targets"] = json!([
        {"name": "院長", "number": "090-5550-0101", "ring_seconds": 20},
        {"name": "副院長", "number": "090-5550-0102", "ring_seconds": 15},
    ]);
    form["transfer"] = json!({"listed_callers": ["090-1234-5678"]});
    let changed = desk.ask("PUT", &firm, &desk.admin, Some(form));
    assert!((200..300).contains(&changed.status), "{}", changed.text());
    let now = switch::desk::CallNow { customer: Some(desk.customer), ..in_hand(CALL, desk.hanako) };
    desk.house.switchboard.snapshot.lock().unwrap().calls = vec![now];
    let call = format!("/calls/{}", CallId(CALL));
    let sheet = desk.ask("POST", &format!("{call}/report"), &desk.operator, Some(json!({}))).json();
    let targets = json!([
        {"name": "院長", "number": "819055500101", "ring_seconds": 20},
        {"name": "副院長", "number": "819055500102", "ring_seconds": 15},
    ]);
    assert_eq!(
        (&sheet["bridge"], &sheet["transfer"], &sheet["targets"]),
        (&json!(true), &json!("listed_caller"), &targets),
        "{sheet}"
    );
    // The number as it stands there is what a transfer takes.
    let second = json!({"mode": "attended", "to": "819055500102"});
    assert_eq!(desk.house.post(&format!("{call}/transfer"), &desk.operator, second.clone()).status, 202);
    let mut without = profile();
    without["features"] = json!({"bridge": false});
    let put = json!({"revision": 1, "profile": without});
    assert_eq!(desk.ask("PUT", &desk.firm("profile"), &desk.admin, Some(put)).status, 200);
    let report = sheet["report"]["id"].as_str().unwrap();
    let sheet = desk.house.get(&format!("/reports/{report}/sheet"), &desk.operator).json();
    assert_eq!(
        (&sheet["bridge"], &sheet["transfer"], &sheet["targets"]),
        (&json!(false), &json!("never"), &json!([])),
        "{sheet}"
    );
    desk.house.switchboard.commands.lock().unwrap().clear();
    for (language, words) in [("ja", "取次は含まれていません"), ("en", "plan does not have callers put through")]
    {
        for token in [&desk.operator, &desk.supervisor] {
            let said = desk.house.send(
                "POST",
                &format!("{call}/transfer"),
                &[
                    ("authorization", &format!("Bearer {token}")),
                    ("accept-language", language),
                    ("content-type", "application/json"),
                ],
                Some(second.to_string().into_bytes()),
            );
            said.is_refusal(409, "conflict", None);
            assert!(said.json()["what"].as_str().unwrap().contains(words), "{}", said.text());
        }
    }
    assert!(desk.house.switchboard.commands.lock().unwrap().is_empty(), "the switch was not asked");
}

#[test]
fn f10_f11_blank_is_not_sent_and_the_field_is_named_in_the_askers_language() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    let progress = desk.edit(&report, &desk.operator, json!([{"key": "name", "value": "unheard"}])).json();
    let missing: Vec<_> = progress["missing"].as_array().unwrap().iter().map(|one| one["key"].clone()).collect();
    assert!(missing.contains(&json!("business")) && !missing.contains(&json!("name")), "{missing:?}");
    let said = desk.house.send(
        "POST",
        &format!("/reports/{report}/send"),
        &[
            ("authorization", &format!("Bearer {}", desk.operator)),
            ("accept-language", "ja-JP"),
            ("content-type", "application/json"),
        ],
        Some(b"{}".to_vec()),
    );
    assert_eq!(said.status, 422, "{}", said.text());
    let problems = said.json()["problems"].as_array().unwrap().clone();
    let business = problems.iter().find(|problem| problem["field"] == "business").unwrap();
    assert!(business["what"].as_str().unwrap().contains("用件"), "{business}");
    // Nothing is half sent.
    let row = desk.house.wait(desk.house.store.report(&report)).unwrap();
    assert_eq!(row.state, store::ReportState::Draft);
    assert!(desk.house.wait(desk.house.store.report_deliveries(&report)).unwrap().is_empty());
    // An answer that is none of a field's choices is refused, and leaves everything as it was.
    desk.edit(
        &report,
        &desk.operator,
        json!([{"key": "company", "value": {"said": "a"}}, {"key": "urgency", "value": {"said": "very"}}]),
    )
    .is_refusal(422, "invalid", Some("urgency"));
    assert_eq!(desk.house.wait(desk.house.store.report(&report)).unwrap().draft.said("company"), None);
}

#[test]
fn x01_an_edit_is_placed_on_the_recordings_clock_by_the_server() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    desk.edit(&report, &desk.operator, json!([{"key": "callback", "value": {"said": "090-1234-5678"}}]));
    let whole = desk.ask("GET", &format!("/reports/{report}"), &desk.operator, None).json();
    assert_eq!((&whole["edits"][0]["at_ms"], &whole["edits"][0]["offset_ms"]), (&json!(NOW), &json!(5_000)), "{whole}");
    assert_eq!(whole["edits"][0]["who"], "hanako");
    assert_eq!(whole["evidence"]["callback"]["spans"][0]["from_ms"], 5_000, "{whole}");
}

#[test]
fn x01_what_was_typed_before_an_outage_is_where_it_was_said_and_what_nobody_said_is_nowhere() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    let said = |key: &str, more: Value| {
        let mut edit = json!({"key": key, "value": {"said": "090-1234-5678"}});
        edit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        edit
    };
    let edits = json!([
        said("company", json!({"ago_ms": 3_000})),
        said("name", json!({"ago_ms": -3_000})),
        said("business", json!({"ago_ms": 86_400_000})),
        said("callback", json!({"prefilled": true})),
    ]);
    assert_eq!(desk.edit(&report, &desk.operator, edits).status, 200);
    let whole = desk.ask("GET", &format!("/reports/{report}"), &desk.operator, None).json();
    let placed: Vec<_> = whole["edits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| (edit["at_ms"].clone(), edit["offset_ms"].clone()))
        .collect();
    let at = |ago: i64, offset: Option<i64>| (json!(NOW - ago), json!(offset));
    // A browser whose clock is wrong moves nothing by more than ten minutes.
    assert_eq!(placed, [at(3_000, Some(2_000)), at(0, Some(5_000)), at(600_000, Some(0)), at(0, None)]);
    let heard = |whole: &Value| {
        let callback = &whole["evidence"]["callback"];
        (callback["spans"].clone(), callback["read_back"].clone(), callback["changed_later"].clone())
    };
    assert_eq!(heard(&whole), (json!([]), json!(false), json!(false)), "{whole}");
    // The caller's own number is heard where it was read back.
    let read_back = json!([{"key": "read_back", "value": {"said": "yes"}, "ago_ms": 1_000}]);
    assert_eq!(desk.edit(&report, &desk.operator, read_back).status, 200);
    let whole = desk.ask("GET", &format!("/reports/{report}"), &desk.operator, None).json();
    let tick = json!([{"from_ms": 4_000, "until_ms": 4_000}]);
    assert_eq!(heard(&whole), (tick.clone(), json!(true), json!(false)), "{whole}");
    assert_eq!(whole["evidence"]["read_back"]["spans"], tick, "{whole}");
    // One that is typed is heard where it was typed.
    let typed = json!([{"key": "callback", "value": {"said": "090-1234-5679"}, "ago_ms": 500}]);
    assert_eq!(desk.edit(&report, &desk.operator, typed).status, 200);
    let whole = desk.ask("GET", &format!("/reports/{report}"), &desk.operator, None).json();
    let typed = json!([{"from_ms": 4_500, "until_ms": 4_500}]);
    assert_eq!(heard(&whole), (typed, json!(false), json!(false)), "{whole}");
    assert_eq!(whole["evidence"].get("read_back"), None, "another number was not read back: {whole}");
}

#[test]
fn x01_what_is_typed_after_the_call_is_in_no_recording() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    let late = desk.house.call(CALL + 1, |call| {
        call.customer = Some(desk.customer);
        call.operator = Some(desk.hanako);
        (call.answered_ms, call.ended_ms) = (Some(NOW - 60_000), Some(NOW - 2_000));
    });
    let none = desk.house.call(CALL + 2, |call| {
        call.answered_ms = Some(NOW - 5_000);
        call.no_recording = "none, because the disk is full".into();
    });
    // Its record has not come, but the events have told that it is over.
    let lagging = desk.house.call(CALL + 3, |call| (call.answered_ms, call.ended_ms) = (Some(NOW - 9_000), None));
    let ended = switch::Event::CallEnded {
        call: lagging.to_string(),
        ending: "caller_hung_up".into(),
        talk_ms: 1,
        wait_ms: 1,
        answered: true,
    };
    *desk.house.switchboard.remembered.lock().unwrap() =
        vec![web::Stamped { seq: 1, unix_ms: NOW - 1_000, event: std::sync::Arc::new(ended.into()) }];
    for (report, ago, offset, later) in [
        (report, 0, json!(5_000), false),
        (store::report_id_of_call(late), 0, Value::Null, true),
        (store::report_id_of_call(late), 2_000, json!(58_000), false),
        // No recording, and yet the call went on.
        (store::report_id_of_call(none), 0, Value::Null, false),
        (store::report_id_of_call(lagging), 0, Value::Null, true),
        (store::report_id_of_call(lagging), 1_000, json!(8_000), false),
    ] {
        let edit = json!([{"key": "name", "value": {"said": format!("高橋{ago}")}, "ago_ms": ago}]);
        assert_eq!(desk.edit(&report, &desk.supervisor, edit).status, 200);
        let whole = desk.ask("GET", &format!("/reports/{report}"), &desk.supervisor, None).json();
        let last = whole["edits"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["offset_ms"], offset, "{whole}");
        assert_eq!(whole["evidence"]["name"]["changed_later"], later, "{whole}");
    }
}

#[test]
fn x06_a_number_is_judged_as_it_is_typed() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    let judged = |text: &str| {
        let progress = desk.edit(&report, &desk.operator, json!([{"key": "callback", "value": {"said": text}}])).json();
        progress["numbers"]["callback"].clone()
    };
    let own = judged("０９０１２３４５６７８");
    assert_eq!((&own["display"], &own["badge"]), (&json!("090-1234-5678"), &json!("confirmed")), "{own}");
    assert_eq!(judged("090-1234-5679")["badge"], "doubtful");
    assert_eq!(judged("090-1234-567")["badge"], "wrong");
    desk.edit(
        &report,
        &desk.operator,
        json!([{"key": "callback", "value": {"said": "03-3210-4321"}}, {"key": "read_back", "value": {"said": "yes"}}]),
    );
    let sheet = desk.ask("GET", &format!("/reports/{report}/sheet"), &desk.operator, None).json();
    assert_eq!(sheet["progress"]["numbers"]["callback"]["read_back"], true, "{sheet}");
    assert_eq!(sheet["progress"]["numbers"]["callback"]["badge"], "confirmed");
}

#[test]
fn f28_a_report_is_sent_by_one_request_and_once() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    let progress = desk.filled(&report, &desk.operator);
    assert_eq!(progress["missing"], json!([]), "{progress}");
    let chosen: Vec<_> =
        progress["chosen"]["recipients"].as_array().unwrap().iter().map(|one| one["label"].clone()).collect();
    assert_eq!(chosen, [json!("佐藤 花子"), json!("受付")]);
    let preview = desk.ask("GET", &format!("/reports/{report}/preview"), &desk.operator, None).json();
    let mail = &preview["recipients"][0];
    assert!(
        mail["subject"].as_str().unwrap().contains("□□商事")
            && mail["text"].as_str().unwrap().contains("090-1234-5678"),
        "{mail}"
    );
    assert!(preview["recipients"][1]["text"].as_str().unwrap().contains("納期について"), "{preview}");
    let sent = desk.send(&report, &desk.operator);
    assert_eq!(sent.status, 200, "{}", sent.text());
    let states: Vec<_> = sent.json()["deliveries"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, [json!("waiting"), json!("waiting")]);
    // The same key pressed twice.
    let revision = sent.json()["revision"].clone();
    let again =
        desk.ask("POST", &format!("/reports/{report}/send"), &desk.operator, Some(json!({"revision": revision})));
    assert_eq!((again.status, again.json()["deliveries"].clone()), (200, sent.json()["deliveries"].clone()));
    let news = desk.house.switchboard.news.lock().unwrap().clone();
    let told = news.iter().filter(|news| matches!(news, News::ReportSent { deliveries: 2, urgent: false, .. })).count();
    assert_eq!(told, 1, "{news:?}");
    let commands = desk.house.switchboard.commands.lock().unwrap().clone();
    assert_eq!(commands.last(), Some(&Command::ReportOpen { operator: OperatorId(desk.hanako), open: false }));
}

#[test]
fn f49_a_correction_is_a_report_of_its_own_that_names_the_first() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    desk.filled(&report, &desk.operator);
    assert_eq!(desk.send(&report, &desk.operator).status, 200);
    let new = desk.ask("POST", &format!("/reports/{report}/correct"), &desk.operator, None).json();
    assert_eq!((&new["follows"], &new["state"]), (&json!(report), &json!("draft")));
    let id = new["id"].as_str().unwrap();
    desk.edit(id, &desk.operator, json!([{"key": "callback", "value": {"said": "03-3210-4321"}}]));
    assert_eq!(desk.send(id, &desk.operator).status, 200);
    let whole = desk.ask("GET", &format!("/reports/{report}"), &desk.operator, None).json();
    assert_eq!(whole["follow_ups"], json!([id]));
    assert_eq!(whole["draft"]["answers"]["callback"]["said"], "090-1234-5678", "what was sent stays");
}

#[test]
fn r18_what_was_sent_is_there_for_who_took_the_call_and_for_supervisors_alone() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    desk.filled(&report, &desk.operator);
    assert_eq!(
        desk.ask("GET", &format!("/reports/{report}"), &desk.colleague, None).status,
        200,
        "a draft is anybody's"
    );
    assert_eq!(desk.send(&report, &desk.operator).status, 200);
    for (method, rest, body) in [
        ("GET", "", None),
        ("GET", "/sheet", None),
        ("GET", "/preview", None),
        ("PATCH", "", Some(json!({"edits": []}))),
        ("POST", "/open", Some(json!({"take": true}))),
        ("POST", "/lock", Some(json!({"take": true}))),
        ("POST", "/send", Some(json!({}))),
        ("POST", "/waive", Some(json!({"reason": "x"}))),
        ("POST", "/correct", None),
    ] {
        let path = format!("/reports/{report}{rest}");
        let said = desk.ask(method, &path, &desk.colleague, body);
        assert_eq!(said.status, 404, "{method} {path}: {}", said.text());
        assert!(!said.text().contains("高橋"), "{}", said.text());
    }
    for token in [&desk.operator, &desk.supervisor, &desk.admin] {
        assert_eq!(desk.ask("GET", &format!("/reports/{report}"), token, None).status, 200);
    }
}

#[test]
fn f29_who_finished_anothers_draft_sees_what_became_of_it() {
    let desk = Desk::new();
    let (sent, waived) = (desk.answered(CALL), desk.answered(CALL + 1));
    desk.filled(&sent, &desk.colleague);
    assert_eq!(desk.send(&sent, &desk.colleague).status, 200);
    let reason = Some(json!({"reason": "間違い電話"}));
    assert_eq!(desk.ask("POST", &format!("/reports/{waived}/waive"), &desk.colleague, reason).status, 200);
    let third = desk.house.logged_in("jiro", Role::Operator, Some(desk.house.operator("103", "次郎")));
    for report in [sent, waived] {
        for (token, status) in [(&desk.colleague, 200), (&desk.operator, 200), (&third, 404)] {
            assert_eq!(desk.ask("GET", &format!("/reports/{report}"), token, None).status, status);
        }
    }
}

#[test]
fn what_is_not_there_is_told_in_the_askers_language() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    desk.filled(&report, &desk.operator);
    assert_eq!(desk.send(&report, &desk.operator).status, 200);
    let bearer = format!("Bearer {}", desk.colleague);
    let in_hand = format!("/calls/{}/report", CallId(CALL + 7));
    let sent = format!("/reports/{report}/sheet");
    for (method, path) in [("GET", sent.as_str()), ("GET", "/reports/none"), ("POST", &in_hand)] {
        let body = (method == "POST").then(|| b"{}".to_vec());
        let headers =
            [("authorization", bearer.as_str()), ("accept-language", "ja"), ("content-type", "application/json")];
        let said = desk.house.send(method, path, &headers, body);
        assert_eq!(said.status, 404, "{path}: {}", said.text());
        assert!(said.json()["what"].as_str().unwrap().contains("ありません"), "{path}: {}", said.text());
    }
}

#[test]
fn f29_the_switch_is_told_of_every_draft_that_somebody_writes() {
    let desk = Desk::new();
    let taro = desk.house.wait(desk.house.store.operator_of_user("taro")).unwrap().unwrap();
    let told = || {
        let commands = std::mem::take(&mut *desk.house.switchboard.commands.lock().unwrap());
        let open = |command| {
            let Command::ReportOpen { operator, open } = command else { panic!("{command:?}") };
            (operator.0, open)
        };
        commands.into_iter().map(open).collect::<Vec<_>>()
    };
    let take = |report: &str, rest: &str, token: &str| {
        let said = desk.ask("POST", &format!("/reports/{report}/{rest}"), token, Some(json!({"take": true})));
        assert_eq!(said.status, 200, "{}", said.text());
    };
    let (first, second, third) = (desk.answered(CALL), desk.answered(CALL + 1), desk.answered(CALL + 2));
    for report in [&first, &second, &third] {
        take(report, "open", &desk.operator);
        assert_eq!(told(), [(desk.hanako, true)]);
    }
    desk.filled(&first, &desk.operator);
    assert_eq!(desk.send(&first, &desk.operator).status, 200);
    assert_eq!(told(), [(desk.hanako, true)], "two others are open");
    take(&second, "open", &desk.colleague);
    assert_eq!(told(), [(taro, true), (desk.hanako, true)]);
    take(&third, "lock", &desk.colleague);
    assert_eq!(told(), [(taro, true), (desk.hanako, false)], "the last one was taken");
    assert_eq!(desk.ask("DELETE", &format!("/reports/{second}/lock"), &desk.colleague, None).status, 204);
    assert_eq!(told(), [(taro, true)]);
    // Whoever logs out writes nothing any more.
    assert_eq!(desk.ask("POST", "/logout", &desk.colleague, None).status, 204);
    assert_eq!(told(), [(taro, false)]);
    let left = desk.house.wait(desk.house.store.report(&third)).unwrap();
    assert_eq!(left.lock, None);
    let news = desk.house.switchboard.news.lock().unwrap().clone();
    let unlocked = |news: &News| matches!(news, News::ReportChanged { report, what, .. } if *report == third && what == "unlocked");
    assert!(news.iter().any(unlocked), "{news:?}");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a deadline for what another task does")]
fn f29_a_browser_that_died_writes_nothing_once_its_lock_has_run_out() {
    let desk = Desk::of(House::looking_again(std::time::Duration::from_millis(20)));
    let report = desk.answered(CALL);
    let path = format!("/reports/{report}/open");
    assert_eq!(desk.ask("POST", &path, &desk.operator, Some(json!({}))).status, 200);
    // The lock of a minute ago.
    let writer = Writer { login: "hanako".into(), name: "花子".into(), operator: Some(desk.hanako) };
    desk.house.wait(desk.house.store.lock_report(&report, &writer, false, NOW - store::LOCK_MS)).unwrap();
    let closed = Command::ReportOpen { operator: OperatorId(desk.hanako), open: false };
    let begun = std::time::Instant::now();
    while desk.house.switchboard.commands.lock().unwrap().last() != Some(&closed) {
        assert!(begun.elapsed().as_secs() < 30, "the switch still thinks that it is being written");
        std::thread::yield_now();
    }
}

#[test]
fn f20_a_change_of_a_schedule_is_on_the_sheet_and_told_to_the_desks() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    let entry =
        json!({"person": "sato", "from_ms": NOW - 1000, "until_ms": NOW + 3_600_000, "away": "out", "note": "大阪"});
    let made = desk.ask("POST", &desk.firm("schedules"), &desk.supervisor, Some(entry));
    assert_eq!(made.status, 200, "{}", made.text());
    let sheet = desk.ask("GET", &format!("/reports/{report}/sheet"), &desk.operator, None).json();
    let person = &sheet["people"][0];
    assert!(person["now"]["sentence"].as_str().unwrap().contains("戻る予定"), "{person}");
    assert!(person["today"][0].as_str().unwrap().ends_with("外出 (大阪)"), "{person}");
    let told = News::FirmChanged { customer: desk.customer, what: "schedules".into() };
    assert!(desk.house.switchboard.news.lock().unwrap().contains(&told));
    let path = format!("{}/{}", desk.firm("schedules"), made.json()["id"]);
    assert_eq!(desk.ask("DELETE", &path, &desk.supervisor, None).status, 204);
    let sheet = desk.ask("GET", &format!("/reports/{report}/sheet"), &desk.operator, None).json();
    assert_eq!(sheet["people"][0]["now"], Value::Null);
}

#[test]
fn f23_a_note_is_shown_when_its_caller_is_known_and_not_after_it_has_run_out() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    let note = |text: &str, until_ms: i64, names: Value| json!({"text": text, "from_ms": NOW - DAY_MS, "until_ms": until_ms, "about": {"names": names}});
    for body in [
        note("高橋様には見積書は送付済みとお伝えする", NOW + DAY_MS, json!(["高橋"])),
        note("昨日まで", NOW, json!([])),
    ] {
        assert_eq!(desk.ask("POST", &desk.firm("notes"), &desk.supervisor, Some(body)).status, 200);
    }
    let notes = |progress: Value| progress["notes"].as_array().unwrap().len();
    assert_eq!(
        notes(desk.edit(&report, &desk.operator, json!([{"key": "name", "value": {"said": "鈴木"}}])).json()),
        0
    );
    assert_eq!(
        notes(desk.edit(&report, &desk.operator, json!([{"key": "name", "value": {"said": "高橋"}}])).json()),
        1
    );
}

#[test]
fn f22_a_manual_is_unread_until_the_operator_says_otherwise() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    let manual =
        |token: &str| desk.ask("GET", &format!("/reports/{report}/sheet"), token, None).json()["manual"].clone();
    let written = json!({"text": "折返しは当日中と案内", "changes": "折返しの時間"});
    assert_eq!(desk.ask("POST", &desk.firm("manuals"), &desk.supervisor, Some(written)).status, 201);
    let later = json!({"text": "来月から", "from_ms": NOW + DAY_MS});
    assert_eq!(desk.ask("POST", &desk.firm("manuals"), &desk.supervisor, Some(later)).status, 201);
    let now = manual(&desk.operator);
    assert_eq!(
        (&now["version"], &now["acknowledged"], &now["changes"]),
        (&json!(1), &json!(false), &json!("折返しの時間"))
    );
    let unread = desk.ask("GET", "/manuals/unread", &desk.operator, None).json();
    assert_eq!((unread.as_array().unwrap().len(), &unread[0]["customer_name"]), (1, &json!("さくら歯科")));
    assert_eq!(desk.ask("POST", &desk.firm("manuals/1/acknowledge"), &desk.operator, None).status, 204);
    assert_eq!(manual(&desk.operator)["acknowledged"], true);
    assert_eq!(manual(&desk.colleague)["acknowledged"], false);
    assert_eq!(desk.ask("GET", "/manuals/unread", &desk.operator, None).json(), json!([]));
}

#[test]
fn f24_an_answer_out_of_the_faq_goes_into_the_report() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    let path = format!("/reports/{report}/faq");
    assert_eq!(desk.ask("POST", &path, &desk.operator, Some(json!({"entry": 0}))).status, 200);
    desk.ask("POST", &path, &desk.operator, Some(json!({"entry": 1}))).is_refusal(422, "invalid", Some("entry"));
    let row = desk.house.wait(desk.house.store.report(&report)).unwrap();
    assert_eq!(row.draft.said("faq_used"), Some("駐車場はありますか"));
}

#[test]
fn f09_f06_a_caller_who_calls_again_is_known_and_the_earlier_report_is_shown() {
    let desk = Desk::new();
    let first = desk.answered(CALL);
    let sheet = |report: &str| desk.ask("GET", &format!("/reports/{report}/sheet"), &desk.operator, None).json();
    assert_eq!((&sheet(&first)["new_caller"], &sheet(&first)["earlier"]), (&json!(true), &json!([])));
    desk.filled(&first, &desk.operator);
    assert_eq!(desk.send(&first, &desk.operator).status, 200);
    let second = sheet(&desk.answered(CALL + 1));
    assert_eq!(second["new_caller"], false);
    let earlier = &second["earlier"][0];
    assert_eq!((&earlier["id"], &earlier["text"]), (&json!(first), &json!("□□商事 / 高橋 / 納期について")));
    assert_eq!(earlier["deliveries"][0]["state"], "waiting");
    assert_eq!(earlier["deliveries"][0]["seen_ms"], Value::Null);
}

#[test]
fn r20_a_profile_is_shown_without_its_secrets_and_keeps_them() {
    let desk = Desk::new();
    let shown = desk.ask("GET", &desk.firm("profile"), &desk.supervisor, None);
    assert!(!shown.text().contains("0123456789abcdef0123456789abcdef"), "{}", shown.text());
    let mut changed = shown.json();
    changed["profile"]["digest_hour"] = json!(17);
    let body = json!({"revision": changed["revision"], "profile": changed["profile"]});
    assert_eq!(desk.ask("PUT", &desk.firm("profile"), &desk.admin, Some(body.clone())).status, 200);
    let kept = desk.house.wait(desk.house.store.profile(desk.customer)).unwrap().profile;
    let office = kept.recipient("office").unwrap().channel.clone();
    assert!(matches!(office, report::Channel::Chatwork { token, .. } if token == "0123456789abcdef0123456789abcdef"));
    // Somebody else was faster.
    desk.ask("PUT", &desk.firm("profile"), &desk.admin, Some(body)).is_refusal(409, "conflict", None);
}

#[test]
fn a_wrong_profile_names_its_place_in_the_askers_language() {
    let desk = Desk::new();
    let mut wrong = profile();
    wrong["recipients"][0]["channel"]["address"] = json!("sato at sakura");
    let body = json!({"revision": 1, "profile": wrong}).to_string();
    let bearer = format!("Bearer {}", desk.admin);
    let put = |language: &str| {
        let headers =
            [("authorization", bearer.as_str()), ("accept-language", language), ("content-type", "application/json")];
        desk.house.send("PUT", &desk.firm("profile"), &headers, Some(body.clone().into_bytes()))
    };
    for language in ["ja", "en"] {
        let said = put(language);
        assert_eq!(said.status, 422, "{}", said.text());
        let field = said.json()["field"].as_str().unwrap().to_owned();
        assert!(field.starts_with("recipients[0].channel"), "{field}");
    }
    assert_ne!(put("ja").json()["what"], put("en").json()["what"]);
    let unknown = json!({"revision": 1, "profile": {"colour": "red"}});
    desk.ask("PUT", &desk.firm("profile"), &desk.admin, Some(unknown)).is_refusal(
        422,
        "invalid",
        Some("profile.colour"),
    );
}

#[test]
fn x05_only_the_button_counts_as_read() {
    let desk = Desk::new();
    let token = "0123456789abcdef0123456789abcdef";
    let report = desk.sent_with_link(CALL, token, NOW);
    let path = format!("//r/{token}");
    let seen = || desk.house.wait(desk.house.store.report(&report)).unwrap().seen_ms;
    for _ in 0..3 {
        let page = desk.house.send("GET", &path, &[], None);
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(page.text().contains("<form method=\"post\">") && !page.text().contains("高橋"), "{}", page.text());
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "same-origin"));
    }
    assert_eq!(desk.house.send("HEAD", &path, &[], None).status, 200);
    assert_eq!(seen(), None, "a mail scanner reads, and nothing has happened");
    let thanks = desk.house.send("POST", &path, &[], None);
    assert_eq!(thanks.status, 200);
    assert!(thanks.text().contains("ありがとうございます"), "{}", thanks.text());
    assert_eq!(seen(), Some(NOW));
    let told = |news: &&News| matches!(news, News::Delivery { state, .. } if state == "seen");
    assert_eq!(desk.house.send("POST", &path, &[], None).status, 200);
    assert_eq!(desk.house.switchboard.news.lock().unwrap().iter().filter(told).count(), 1);
    // Another site's page cannot press it.
    assert_eq!(desk.house.send("POST", &path, &[("origin", "https://evil.example")], None).status, 403);
}

#[test]
fn x05_a_link_runs_out_and_one_that_is_none_tells_nothing() {
    let desk = Desk::new();
    let token = "fedcba9876543210fedcba9876543210";
    let report = desk.sent_with_link(CALL, token, NOW - 31 * DAY_MS);
    for path in [format!("//r/{token}"), "//r/00000000000000000000000000000000".into(), "//r/x".into()] {
        for method in ["GET", "POST"] {
            let page = desk.house.send(method, &path, &[("accept-language", "en")], None);
            assert_eq!(page.status, 404, "{method} {path}");
            assert!(page.text().contains("not valid") && !page.text().contains("<form"), "{}", page.text());
        }
    }
    assert_eq!(desk.house.wait(desk.house.store.report(&report)).unwrap().seen_ms, None);
    // Whoever goes on trying has to wait, and those who have a link of ours have not.
    for _ in 0..40 {
        desk.house.send("GET", "//r/00000000000000000000000000000000", &[], None);
    }
    assert_eq!(desk.house.send("GET", "//r/00000000000000000000000000000000", &[], None).status, 429);
    // But a colleague behind the same address, who has one, confirms.
    let good = "0123456789abcdef0123456789abcdef";
    let report = desk.sent_with_link(CALL + 1, good, NOW);
    assert_eq!(desk.house.send("GET", &format!("//r/{good}"), &[], None).status, 200);
    assert_eq!(desk.house.send("POST", &format!("//r/{good}"), &[], None).status, 200);
    assert_eq!(desk.house.wait(desk.house.store.report(&report)).unwrap().seen_ms, Some(NOW));
}

#[test]
fn f38_every_answered_call_is_accounted_for_and_the_proof_can_be_taken_away() {
    let desk = Desk::new();
    let (sent, waived) = (desk.answered(CALL), desk.answered(CALL + 1));
    desk.filled(&sent, &desk.operator);
    assert_eq!(desk.send(&sent, &desk.operator).status, 200);
    let reason = json!({"reason": "=間違い電話で切れた"});
    assert_eq!(desk.ask("POST", &format!("/reports/{waived}/waive"), &desk.operator, Some(reason)).status, 200);
    let span = format!("from_ms={}&to_ms={}", NOW - DAY_MS, NOW + DAY_MS);
    let proof = desk.ask("GET", &format!("/proof?{span}&customer={}", desk.customer), &desk.supervisor, None).json();
    // Two recipients of the one, none of the other.
    assert_eq!(proof.as_array().unwrap().len(), 3, "{proof}");
    let file = desk.ask("GET", &format!("/proof/export?{span}"), &desk.supervisor, None);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"proof.csv\"");
    assert!(file.text().contains(",'=間違い電話で切れた,"), "no cell is a formula (R19): {}", file.text());
    let made = desk
        .ask("POST", "/reconciliations", &desk.supervisor, Some(json!({"from_ms": 0, "to_ms": NOW + DAY_MS})))
        .json();
    assert_eq!(made["proof"]["missing"], 0, "{made}");
    let all = desk.ask("GET", "/reconciliations", &desk.supervisor, None).json();
    assert_eq!((&all["broken"], &all["proofs"][0]["hash"]), (&Value::Null, &made["hash"]));
    desk.ask("POST", "/reconciliations", &desk.supervisor, Some(json!({"from_ms": 1, "to_ms": 1}))).is_refusal(
        422,
        "invalid",
        Some("to_ms"),
    );
}

#[test]
fn f60_what_is_counted_is_what_a_recount_counts() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    desk.filled(&report, &desk.operator);
    assert_eq!(desk.send(&report, &desk.operator).status, 200);
    let counted = desk.ask("GET", &desk.firm("counters?month=2025-11"), &desk.supervisor, None).json();
    assert_eq!((&counted["agrees"], &counted["counts"]), (&json!(true), &counted["recount"]), "{counted}");
    assert_eq!(counted["counts"]["standard"], 1, "{counted}");
    let file = desk.ask("GET", "/counters/export?month=2025-11", &desk.supervisor, None);
    assert!(file.text().contains("2025-11,sakura,さくら歯科,standard,1"), "{}", file.text());
    desk.ask("GET", &desk.firm("counters?month=nov"), &desk.supervisor, None).is_refusal(422, "invalid", Some("month"));
}

#[test]
fn a_trial_goes_to_every_place_is_marked_and_costs_nothing() {
    let desk = Desk::new();
    let tried = desk.ask("POST", &desk.firm("test-report"), &desk.supervisor, None);
    assert_eq!(tried.status, 200, "{}", tried.text());
    let tried = tried.json();
    assert_eq!(tried["deliveries"].as_array().unwrap().len(), 2, "{tried}");
    let delivery = tried["deliveries"][0]["id"].as_str().unwrap();
    let content = desk.house.wait(desk.house.store.delivery_content(delivery)).unwrap();
    assert!(content.test);
    let counted = desk.ask("GET", &desk.firm("counters?month=2025-11"), &desk.supervisor, None).json();
    assert_eq!((&counted["counts"], &counted["agrees"]), (&json!({}), &json!(true)));
}

#[test]
fn f10_a_report_without_a_call_is_begun_written_and_sent_like_any_other() {
    let desk = Desk::new();
    let said = |key: &str, text: &str| json!({"key": key, "value": {"said": text}});
    let wrong = json!({"edits": [said("company", "□□商事"), said("urgency", "very")]});
    let refused = desk.ask("POST", &desk.firm("reports"), &desk.operator, Some(wrong));
    assert_eq!((refused.status, refused.json()["field"].as_str()), (422, Some("urgency")), "{}", refused.text());
    let drafts = |token: &str| desk.ask("GET", "/reports?state=draft", token, None).json();
    assert_eq!(drafts(&desk.supervisor)["reports"].as_array().unwrap().len(), 0, "nothing half begun");
    let begun =
        desk.ask("POST", &desk.firm("reports"), &desk.operator, Some(json!({"edits": [said("company", "□□商事")]})));
    assert_eq!(begun.status, 201, "{}", begun.text());
    let begun = begun.json();
    assert_eq!((&begun["origin"], &begun["call"], &begun["state"]), (&json!("manual"), &Value::Null, &json!("draft")));
    assert_eq!(
        (&begun["operator_name"], &begun["holder"]),
        (&json!("花子"), &Value::Null),
        "anybody may go on with it"
    );
    let id = begun["id"].as_str().unwrap().to_owned();
    let lines = desk.house.wait(desk.house.store.audit(Some(&format!("report {id}")), None, 10)).unwrap();
    assert!(lines.iter().any(|line| line.who == "hanako" && line.what == "report.begin"), "{lines:?}");
    let news = News::ReportChanged {
        report: id.clone(),
        call: None,
        customer: Some(desk.customer),
        what: "opened".into(),
        operator: Some(desk.hanako),
    };
    assert!(desk.house.switchboard.news.lock().unwrap().contains(&news));
    assert_eq!(desk.send(&id, &desk.colleague).status, 422, "what is missing is missing here, too");
    desk.filled(&id, &desk.colleague);
    let sent = desk.send(&id, &desk.colleague);
    assert_eq!(sent.status, 200, "{}", sent.text());
    assert_eq!(sent.json()["deliveries"].as_array().unwrap().len(), 2);
    // Who is nobody's firm, and a firm that is not served, have none.
    assert_eq!(desk.ask("POST", "/customers/999/reports", &desk.operator, Some(json!({}))).status, 404);
    let row = desk.house.wait(desk.house.store.customer(desk.customer)).unwrap();
    desk.house.wait(desk.house.store.deactivate_customer(row.id)).unwrap();
    desk.ask("POST", &desk.firm("reports"), &desk.operator, Some(json!({}))).is_refusal(
        422,
        "invalid",
        Some("customer"),
    );
}

#[test]
fn f39_what_was_given_up_is_sent_again_and_its_task_is_done() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    desk.filled(&report, &desk.operator);
    assert_eq!(desk.send(&report, &desk.operator).status, 200);
    let job = desk.house.wait(desk.house.store.lease_deliveries(NOW, 60_000, 1)).unwrap().remove(0);
    desk.house.wait(desk.house.store.delivery_dead(&job.id, job.attempt, "550 no such user", &[], NOW)).unwrap();
    let tasks = desk.ask("GET", "/tasks", &desk.supervisor, None).json();
    assert_eq!(
        (&tasks[0]["kind"], &tasks[0]["delivery_now"]["error"]),
        (&json!("undelivered"), &json!("550 no such user")),
        "{tasks}"
    );
    let again = desk.ask("POST", &format!("/deliveries/{}/resend", job.id), &desk.supervisor, None);
    assert_eq!(again.status, 200, "{}", again.text());
    assert_eq!(again.json()["state"], "waiting");
    assert_ne!(again.json()["id"], json!(job.id), "a delivery that is over stays as it is");
    assert_eq!(desk.ask("GET", "/tasks", &desk.supervisor, None).json(), json!([]));
}

#[test]
fn f35_a_firm_that_wants_to_be_called_is_a_task_with_what_is_to_be_said() {
    let desk = Desk::new();
    let mut with = profile();
    with["call_out"] = json!({"on": true, "number": "090-9999-8888"});
    let put = json!({"revision": 1, "profile": with});
    assert_eq!(desk.ask("PUT", &desk.firm("profile"), &desk.admin, Some(put)).status, 200);
    let report = desk.answered(CALL);
    desk.filled(&report, &desk.operator);
    assert_eq!(desk.send(&report, &desk.operator).status, 200);
    let tasks = desk.ask("GET", "/tasks", &desk.supervisor, None).json();
    assert_eq!((&tasks[0]["kind"], &tasks[0]["detail"]), (&json!("call_out"), &json!("090-9999-8888")));
    assert!(tasks[0]["text"].as_str().unwrap().contains("納期について"), "{tasks}");
    let path = format!("/tasks/{}", tasks[0]["id"]);
    let done = json!({"end": "done", "note": "院長に伝達"});
    assert_eq!(desk.ask("POST", &path, &desk.supervisor, Some(done.clone())).json(), json!({"now": true}));
    assert_eq!(desk.ask("POST", &path, &desk.supervisor, Some(done)).json(), json!({"now": false}));
    let counted = desk.ask("GET", &desk.firm("counters?month=2025-11"), &desk.supervisor, None).json();
    assert_eq!((&counted["counts"]["call_out"], &counted["agrees"]), (&json!(1), &json!(true)), "{counted}");
}

#[test]
fn f57_reports_are_found_by_name_number_and_words() {
    let desk = Desk::new();
    let report = desk.answered(CALL);
    desk.filled(&report, &desk.operator);
    for (query, found) in [
        ("", 1),
        ("number=5678", 1),
        ("number=090-1234-5678", 1),
        ("number=5679", 0),
        ("text=%E9%AB%98%E6%A9%8B", 1),
        ("kind=message&state=draft", 1),
        ("state=sent", 0),
        ("urgency=urgent", 0),
    ] {
        let said = desk.ask("GET", &format!("/reports?{query}"), &desk.supervisor, None);
        assert_eq!(said.status, 200, "{query}: {}", said.text());
        assert_eq!(said.json()["reports"].as_array().unwrap().len(), found, "{query}");
    }
    desk.ask("GET", "/reports?kind=odd", &desk.supervisor, None).is_refusal(422, "invalid", Some("kind"));
    desk.ask("GET", "/reports?cursor=1", &desk.supervisor, None).is_refusal(422, "invalid", Some("cursor"));
    let file = desk.ask("GET", "/reports/export?text=%E9%AB%98%E6%A9%8B", &desk.supervisor, None);
    assert!(file.text().contains("□□商事,高橋,納期について,call_back,090-1234-5678,花子,draft"), "{}", file.text());
}
