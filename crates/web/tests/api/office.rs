//! What the page of supervisors and administrators asks of the API beside the reports' own: settings tried before they are saved, a
//! trial to one recipient, a roster that two people change, who has read a manual, a report's text and one recipient more.

use crate::common::{House, NOW, Said};
use serde_json::{Value, json};
use store::Role;
use switch::CallId;

const CALL: u64 = ((NOW as u64 - 9_200) << 20) + 21;
const HOUR_MS: i64 = 3_600_000;

/// A firm, an operator, and a supervisor and an administrator who are logged in.
struct Office {
    house: House,
    customer: i64,
    hanako: i64,
    operator: String,
    supervisor: String,
    admin: String,
}

fn place(id: &str) -> Value {
    json!({"id": id, "channel": {"type": "email", "address": format!("{id}@sakura.example")}})
}

impl Office {
    fn new() -> Office {
        let house = House::new();
        let hanako = house.operator("101", "花子");
        let customer = house.customer("sakura", "さくら歯科", "03-1234-5678");
        let operator = house.logged_in("hanako", Role::Operator, Some(hanako));
        let supervisor = house.logged_in("shunin", Role::Supervisor, None);
        let admin = house.logged_in("root", Role::Admin, None);
        let office = Office { house, customer, hanako, operator, supervisor, admin };
        let profile = json!({
            "people": [{"id": "sato", "name": "佐藤 花子"}],
            "recipients": [place("a"), place("b"), {"id": "gone", "active": false, "channel": {"type": "email", "address": "gone@sakura.example"}},
                           {"id": "mobile", "channel": {"type": "phone", "number": "090-1234-5678"}}],
            "rules": [{"to": [{"who": {"recipient": "a"}}]}],
        });
        let put = json!({"revision": 0, "profile": profile});
        assert_eq!(office.ask("PUT", &office.firm("profile"), &office.admin, Some(put)).status, 200);
        office
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Said {
        self.house.ask(method, path, Some(token), body)
    }

    fn firm(&self, rest: &str) -> String {
        format!("/customers/{}/{rest}", self.customer)
    }

    /// A report that was sent.
    fn sent(&self) -> String {
        self.house.call(CALL, |call| {
            call.customer = Some(self.customer);
            call.customer_name = "さくら歯科".into();
            call.operator = Some(self.hanako);
            call.operator_name = "花子".into();
            call.arrived_ms = NOW - 9_200;
            call.answered_ms = Some(NOW - 5_000);
        });
        let report = store::report_id_of_call(CallId(CALL));
        let said = |key: &str, text: &str| json!({"key": key, "value": {"said": text}});
        let edits = json!([
            said("company", "□□商事"),
            said("name", "高橋"),
            said("business", "納期"),
            said("desired", "call_back"),
            said("callback", "090-1234-5678"),
            said("read_back", "yes")
        ]);
        let edited = self.ask("PATCH", &format!("/reports/{report}"), &self.operator, Some(json!({"edits": edits})));
        assert_eq!(edited.status, 200, "{}", edited.text());
        let sent = self.ask("POST", &format!("/reports/{report}/send"), &self.operator, Some(json!({})));
        assert_eq!(sent.status, 200, "{}", sent.text());
        report
    }
}

#[test]
fn f32_settings_are_tried_before_they_are_saved() {
    let office = Office::new();
    let tries = |body: Value| office.ask("POST", &office.firm("profile/try"), &office.supervisor, Some(body));
    let saved = tries(json!({})).json();
    assert_eq!((&saved["policy"], &saved["recipients"][0]["id"]), (&json!("send"), &json!("a")), "{saved}");
    assert!(saved["recipients"][0]["text"].as_str().unwrap().contains("03-1234-5678"), "{saved}");
    // Another one, which nobody has saved: two are beyond the plan's number, and sales calls go into the digest.
    let profile = json!({
        "recipients": [place("a"), place("b"), place("c")], "recipients_max": 1,
        "rules": [{"when": {"urgency": "urgent"}, "to": [{"who": "everyone"}]}], "noise": {"sales": "digest"},
    });
    let urgent = tries(json!({"profile": profile, "urgency": "urgent"})).json();
    assert_eq!(urgent["beyond_plan"], json!(["b", "c"]), "{urgent}");
    assert!(urgent["recipients"][0]["subject"].as_str().unwrap().contains("【緊急】"), "{urgent}");
    assert_eq!(tries(json!({"profile": profile, "kind": "sales"})).json()["policy"], "digest");
    tries(json!({"profile": {"recipients": [place("@")]}})).is_refusal(422, "invalid", Some("recipients[0].id"));
    // Nothing of it was kept.
    let kept = office.ask("GET", &office.firm("profile"), &office.admin, None).json();
    assert_eq!((&kept["revision"], kept["profile"]["recipients"].as_array().unwrap().len()), (&json!(1), 4));
    assert_eq!(office.ask("GET", "/reports", &office.admin, None).json()["reports"], json!([]));
}

#[test]
fn f31_a_trial_can_go_to_one_place_alone_also_to_one_that_is_not_in_use_yet() {
    let office = Office::new();
    let tries = |to: &str| office.ask("POST", &office.firm(&format!("test-report{to}")), &office.supervisor, None);
    let recipients = |said: Said| -> Vec<String> {
        let told = said.json();
        told["deliveries"].as_array().unwrap().iter().map(|one| one["recipient"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(recipients(tries("")), ["a", "b"]);
    assert_eq!(recipients(tries("?recipient=b")), ["b"]);
    assert_eq!(recipients(tries("?recipient=gone")), ["gone"]);
    for nowhere in ["?recipient=mobile", "?recipient=nobody"] {
        tries(nowhere).is_refusal(422, "invalid", Some("recipients"));
    }
}

#[test]
fn a_roster_that_somebody_else_has_changed_is_not_overwritten() {
    let office = Office::new();
    let put = |people: Value| office.ask("PUT", &office.firm("people"), &office.supervisor, Some(people));
    let people = |name: &str| json!([{"id": "sato", "name": name}]);
    assert_eq!(put(json!({"revision": 1, "people": people("佐藤 一郎")})).status, 200);
    put(json!({"revision": 1, "people": people("佐藤 次郎")})).is_refusal(409, "conflict", None);
    let kept = office.ask("GET", &office.firm("people"), &office.supervisor, None).json();
    assert_eq!(kept[0]["name"], "佐藤 一郎");
}

#[test]
fn f20_the_sentence_is_told_before_the_absence_is_saved() {
    let office = Office::new();
    let says = |person: &str, from_ms: i64, until_ms: i64| {
        let thought = json!({"person": person, "from_ms": from_ms, "until_ms": until_ms, "away": "meeting"});
        office.ask("POST", &office.firm("schedules/sentence"), &office.supervisor, Some(thought))
    };
    let told = says("sato", NOW + HOUR_MS, NOW + 2 * HOUR_MS).json();
    assert_eq!(told["at_ms"], NOW + HOUR_MS, "as it will be said when it has begun");
    assert!(told["said"]["sentence"].as_str().unwrap().starts_with("佐藤はただいま会議に入っており、"), "{told}");
    assert_eq!(says("sato", NOW - 2 * HOUR_MS, NOW - HOUR_MS).json()["said"], Value::Null);
    says("nobody", NOW, NOW + HOUR_MS).is_refusal(422, "invalid", Some("person"));
    assert_eq!(office.ask("GET", &office.firm("schedules"), &office.supervisor, None).json(), json!([]));
}

#[test]
fn f22_who_has_read_which_version_is_told() {
    let office = Office::new();
    let write = |text: &str| {
        let written = office.ask("POST", &office.firm("manuals"), &office.supervisor, Some(json!({"text": text})));
        assert_eq!(written.status, 201, "{}", written.text());
    };
    write("一");
    let read = |version: i64| {
        office.ask("POST", &office.firm(&format!("manuals/{version}/acknowledge")), &office.operator, None)
    };
    assert_eq!(read(1).status, 204);
    write("二");
    let readers = || office.ask("GET", &office.firm("manuals/readers"), &office.supervisor, None).json();
    let first = json!([{"version": 1, "operator": office.hanako, "name": "花子", "at_ms": NOW}]);
    assert_eq!(readers(), first);
    assert_eq!(read(2).status, 204);
    assert_eq!((&readers()[0]["version"], &readers()[1]), (&json!(2), &first[0]));
}

#[test]
fn f40_a_sent_report_is_read_as_it_went_out_with_its_audit_and_goes_to_one_more() {
    let office = Office::new();
    let report = office.sent();
    let written = || office.ask("GET", &format!("/reports/{report}/written"), &office.supervisor, None).json();
    let told = written();
    assert!(told["text"].as_str().unwrap().contains("□□商事"), "{told}");
    assert!(!told["text"].as_str().unwrap().contains("/seen/"), "a link is one recipient's: {told}");
    assert!(told["fields"].as_array().unwrap().iter().any(|field| field["key"] == "business"));
    let places: Vec<&str> = told["places"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(places, ["a", "b"], "in use, and no telephone");
    let also = |to: &str| {
        office.ask("POST", &format!("/reports/{report}/deliveries"), &office.supervisor, Some(json!({"recipient": to})))
    };
    let made = also("b");
    assert_eq!((made.status, &made.json()["recipient"]), (201, &json!("b")), "{}", made.text());
    also("mobile").is_refusal(422, "invalid", Some("recipient"));
    let whole = office.ask("GET", &format!("/reports/{report}"), &office.supervisor, None).json();
    let went: Vec<&str> =
        whole["deliveries"].as_array().unwrap().iter().map(|one| one["recipient"].as_str().unwrap()).collect();
    assert_eq!(went, ["a", "b"]);
    let done: Vec<Value> = written()["audit"].as_array().unwrap().iter().map(|line| line["what"].clone()).collect();
    assert_eq!(done, ["report.send", "report.send_also"]);
    // A draft goes to nobody.
    let draft = office.ask("POST", &format!("/reports/{report}/correct"), &office.operator, None).json();
    let path = format!("/reports/{}/deliveries", draft["id"].as_str().unwrap());
    let to = Some(json!({"recipient": "a"}));
    office.ask("POST", &path, &office.supervisor, to).is_refusal(409, "conflict", None);
}
