//! A new firm's proofs over the API (F61): who may say what, what is evidence and what is none, and what is told of it afterwards.

use crate::common::{House, NOW, Said};
use serde_json::{Value, json};
use store::Role;
use switch::CallId;
use switch::desk::{RouteNow, TrunkNow};
use web::News;

const CALL: u64 = ((NOW as u64) << 20) + 21;

struct Firm {
    house: House,
    customer: i64,
    hanako: i64,
    operator: String,
    colleague: String,
    supervisor: String,
    admin: String,
}

impl Firm {
    fn new() -> Firm {
        let house = House::new();
        let (hanako, taro) = (house.operator("101", "花子"), house.operator("102", "太郎"));
        let customer = house.customer("sakura", "さくら歯科", "03-1234-5678");
        let [operator, colleague] =
            [("hanako", hanako), ("taro", taro)].map(|(name, row)| house.logged_in(name, Role::Operator, Some(row)));
        let supervisor = house.logged_in("shunin", Role::Supervisor, None);
        let admin = house.logged_in("root", Role::Admin, None);
        let firm = Firm { house, customer, hanako, operator, colleague, supervisor, admin };
        let place = |id: &str| json!({"id": id, "label": id, "channel": {"type": "email", "address": format!("{id}@sakura.example")}});
        let profile = json!({"recipients": [place("a"), place("b")], "greetings": [{"text": "さくら歯科でございます。", "reading": "さくらしか"}]});
        let put = json!({"revision": 0, "profile": profile});
        assert_eq!(firm.ask("PUT", &firm.of("profile"), &firm.admin, Some(put)).status, 200);
        firm
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Said {
        self.house.ask(method, path, Some(token), body)
    }

    fn of(&self, rest: &str) -> String {
        format!("/customers/{}/{rest}", self.customer)
    }

    fn say(&self, run: &Value, what: &str, token: &str, body: Value) -> Said {
        self.ask("POST", &format!("/onboardings/{}/{what}", run["id"]), token, Some(body))
    }

    /// A call that Hanako answered; `recorded`: it is over, and there is a recording.
    fn called(&self, recorded: bool) {
        let change = |call: &mut switch::CallRecord| {
            call.customer = Some(self.customer);
            call.operator = Some(self.hanako);
            call.operator_name = "花子".into();
            call.revision = if recorded { 2 } else { 1 };
            call.recording = recorded.then(|| switch::media::Recording {
                path: "a.wav".into(),
                samples: 80_000,
                sha256: "cd".repeat(32),
                bytes: 160_044,
                ..switch::media::Recording::default()
            });
        };
        self.house.call(CALL, change);
    }

    fn standing(&self) -> Value {
        self.house.get("/onboardings", &self.supervisor).json()[0].clone()
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "one story from beginning to end")]
fn f61_a_firm_is_proved_by_a_call_its_greeting_and_its_mail_and_says_when_something_changes() {
    let firm = Firm::new();
    assert_eq!(firm.standing()["standing"], "not_begun");
    let begun = firm.ask("POST", &firm.of("onboardings"), &firm.supervisor, None);
    assert_eq!(begun.status, 201, "{}", begun.text());
    let run = begun.json();
    assert_eq!((&run["begun_by"], &run["call"], &run["proved_ms"]), (&json!("shunin"), &Value::Null, &Value::Null));
    let told = News::FirmChanged { customer: firm.customer, what: "onboarding".into() };
    assert!(firm.house.switchboard.news.lock().unwrap().contains(&told));

    // The route, as the switch has it.
    firm.house.switchboard.snapshot.lock().unwrap().trunks = vec![
        TrunkNow { trunk: 1, name: "ひかり".into(), up: true, down_since_ms: None },
        TrunkNow { trunk: 2, name: "予備".into(), up: false, down_since_ms: None },
    ];
    let known = RouteNow {
        customer: Some(firm.customer),
        greeting: "さくら歯科でございます。".into(),
        open: true,
        ..RouteNow::default()
    };
    *firm.house.switchboard.route.lock().unwrap() = known;
    let route = firm.say(&run, "route", &firm.supervisor, json!({})).json()["route"].clone();
    assert_eq!(
        (&route["known"], &route["trunks_up"], &route["trunks_down"]),
        (&json!(true), &json!(["ひかり"]), &json!(["予備"]))
    );

    // A call arrives; whoever took it says how it was greeted, and nobody else who only writes reports.
    firm.say(&run, "call", &firm.supervisor, json!({})).is_refusal(404, "not_found", None);
    firm.called(false);
    let call = firm.say(&run, "call", &firm.supervisor, json!({})).json()["call"].clone();
    let told = || firm.house.switchboard.news.lock().unwrap().len();
    let before = told();
    assert_eq!(firm.say(&run, "call", &firm.supervisor, json!({})).json()["call"], call);
    assert_eq!(told(), before, "desks that look again do not make each other look again");
    assert_eq!((&call["call"], &call["operator_name"]), (&json!(CallId(CALL).to_string()), &json!("花子")));
    let waits = firm.house.get("/onboardings/mine", &firm.operator).json();
    assert_eq!(
        (&waits[0]["greeting"], &waits[0]["reading"]),
        (&json!("さくら歯科でございます。"), &json!("さくらしか"))
    );
    assert_eq!(firm.house.get("/onboardings/mine", &firm.colleague).json(), json!([]));
    let said = |heard: &str, right: bool, note: &str| json!({"call": CallId(CALL).to_string(), "heard": heard, "right": right, "from_ms": 0, "until_ms": 8000, "note": note});
    firm.say(&run, "greeting", &firm.colleague, said("operator", true, "")).is_refusal(404, "not_found", None);
    firm.say(&run, "greeting", &firm.operator, said("recording", true, "")).is_refusal(404, "not_found", None);
    firm.say(&run, "greeting", &firm.supervisor, said("operator", true, "")).is_refusal(422, "invalid", Some("heard"));
    firm.say(&run, "greeting", &firm.supervisor, said("recording", true, "")).is_refusal(422, "invalid", Some("heard"));
    firm.say(&run, "greeting", &firm.operator, said("operator", false, "")).is_refusal(422, "invalid", Some("note"));
    let own = firm.say(&run, "greeting", &firm.operator, said("operator", true, "")).json()["greeting"].clone();
    assert_eq!(
        (&own["by"], &own["heard"], &own["recording_sha256"]),
        (&json!("hanako"), &json!("operator"), &json!(""))
    );
    firm.called(true);
    let heard = firm.say(&run, "greeting", &firm.supervisor, said("recording", true, "")).json()["greeting"].clone();
    assert_eq!((&heard["recording_sha256"], &heard["revision"]), (&json!("cd".repeat(32)), &json!(1)));

    // The mail: sent by the outbox, accepted by a server, and there.
    let arrived = |recipient: &str, arrived: bool| json!({"recipient": recipient, "arrived": arrived});
    firm.say(&run, "mail/arrived", &firm.supervisor, arrived("a", true)).is_refusal(422, "invalid", Some("recipient"));
    let mail = firm.say(&run, "mail", &firm.supervisor, json!({})).json()["mail"].clone();
    assert_eq!(mail["recipients"].as_array().unwrap().len(), 2, "{mail}");
    firm.say(&run, "mail/arrived", &firm.supervisor, arrived("a", true)).is_refusal(422, "invalid", Some("recipient"));
    for job in firm.house.wait(firm.house.store.lease_deliveries(NOW, 30_000, 10)).unwrap() {
        firm.house.wait(firm.house.store.delivery_accepted(&job.id, job.attempt, "250 2.0.0 ok", NOW + 5)).unwrap();
    }
    let one = firm.say(&run, "mail/arrived", &firm.supervisor, arrived("a", true)).json();
    assert_eq!((&one["proved_ms"], &one["mail"]["recipients"][0]["remote_id"]), (&Value::Null, &json!("250 2.0.0 ok")));
    assert_eq!(firm.standing()["standing"], "open");
    let done = firm.say(&run, "mail/arrived", &firm.admin, arrived("b", true)).json();
    assert_eq!((&done["proved_ms"], &done["proved_by"]), (&json!(NOW), &json!("root")), "{done}");
    assert_eq!(firm.standing()["standing"], "proved");
    for what in ["mail", "route"] {
        firm.say(&run, what, &firm.admin, json!({})).is_refusal(409, "conflict", None);
    }

    // Another greeting: what was proved stays, and is told to be of before. A further run is a new one.
    let mut profile = firm.ask("GET", &firm.of("profile"), &firm.admin, None).json();
    profile["profile"]["greetings"][0]["text"] = json!("さくら歯科クリニックです。");
    let put = json!({"revision": 1, "profile": profile["profile"]});
    assert_eq!(firm.ask("PUT", &firm.of("profile"), &firm.admin, Some(put)).status, 200);
    let now = firm.standing();
    assert_eq!((&now["standing"], &now["changed"]), (&json!("changed"), &json!(["greeting"])));
    assert_eq!(firm.ask("POST", &firm.of("onboardings"), &firm.admin, None).status, 201);
    let all = firm.house.get(&firm.of("onboardings"), &firm.supervisor).json();
    assert_eq!(all["runs"].as_array().unwrap().len(), 2);
    assert_eq!((&all["runs"][1], &all["run"]), (&done, &all["runs"][0]["id"]));
}

#[test]
fn f61_how_a_firm_was_identified_is_written_by_administrators_and_names_the_field_that_is_wrong() {
    let firm = Firm::new();
    let form = json!({"method": "online", "document": "登記事項証明書", "representative": "佐藤 花子", "checked_on": "2025-11-20"});
    firm.ask("POST", &firm.of("identity"), &firm.supervisor, Some(form.clone())).is_refusal(403, "forbidden", None);
    let odd = json!({"document": "x", "representative": "y", "checked_on": "yesterday"});
    firm.ask("POST", &firm.of("identity"), &firm.admin, Some(odd)).is_refusal(422, "invalid", Some("checked_on"));
    assert_eq!(firm.ask("POST", &firm.of("identity"), &firm.admin, Some(form)).status, 201);
    let kept = firm.house.get(&firm.of("identity"), &firm.supervisor).json();
    assert_eq!(
        (&kept[0]["method"], &kept[0]["noted_by"], kept.as_array().unwrap().len()),
        (&json!("online"), &json!("root"), 1)
    );
}
