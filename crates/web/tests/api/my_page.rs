//! My page over the API: a firm's people see their own reports, deal with them, say that one is wrong; and nothing of another firm's
//! (F55, R18).

use crate::common::{House, NOW, PASSWORD, Said};
use serde_json::{Value, json};
use store::{MemberForm, MemberRole, Role};
use switch::CallId;
use web::News;

/// A call's id begins with its time.
const CALL: u64 = (NOW as u64 - 9_200) << 20;
/// Requests of the fuzzed firm, unless `DENWABAN_FUZZ` says more; 100,000 with `DENWABAN_LONG`.
const FUZZ: u64 = 3_000;

/// A firm with a member of each role who is logged in, and reports that were sent.
struct Firm {
    id: i64,
    owner: String,
    member: String,
    reader: String,
    reports: Vec<String>,
    /// In everything that is the firm's.
    mark: &'static str,
}

struct Two {
    house: House,
    sakura: Firm,
    other: Firm,
    supervisor: String,
    admin: String,
}

impl Two {
    fn new() -> Two {
        let house = House::new();
        let hanako = house.operator("101", "花子");
        let operator = house.logged_in("hanako", Role::Operator, Some(hanako));
        let supervisor = house.logged_in("shunin", Role::Supervisor, None);
        let admin = house.logged_in("root", Role::Admin, None);
        let sakura = firm(&house, "sakura", "03-1234-5678", "MARK-A", 1, (hanako, &operator, &admin));
        let other = firm(&house, "other", "03-8765-4321", "MARK-B", 100, (hanako, &operator, &admin));
        Two { house, sakura, other, supervisor, admin }
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Said {
        self.house.ask(method, path, Some(token), body)
    }
}

fn firm(
    house: &House,
    code: &str,
    did: &str,
    mark: &'static str,
    first: u64,
    (hanako, operator, admin): (i64, &str, &str),
) -> Firm {
    let id = house.customer(code, &format!("{code} {mark}"), did);
    let token = |login: &str, role| {
        let form = MemberForm { login: format!("{login}@{code}.example"), name: format!("{login} {mark}"), role };
        let (member, _) = house.wait(house.store.create_member(id, &form, Some(PASSWORD), "root", NOW)).unwrap();
        let hour = std::time::Duration::from_secs(3600);
        house
            .wait(house.store.open_for(store::Person::Member(member.id), NOW, &store::Entrance::lasting(hour)))
            .unwrap()
            .as_str()
            .to_owned()
    };
    let (owner, member, reader) =
        (token("owner", MemberRole::Owner), token("member", MemberRole::Member), token("reader", MemberRole::Reader));
    let profile = json!({
        "people": [{"id": "sato", "name": format!("佐藤 {mark}")}],
        "recipients": [{"id": "sato-mail", "person": "sato", "channel":
            {"type": "email", "address": format!("{mark}@{code}.example")}}],
    });
    let put = json!({"revision": 0, "profile": profile});
    let said = house.ask("PUT", &format!("/customers/{id}/profile"), Some(admin), Some(put));
    assert_eq!(said.status, 200, "{}", said.text());
    house.post(&format!("/customers/{id}/notes"), admin, json!({"text": format!("{mark} の伝言")}));
    let away = json!({"person": "sato", "from_ms": NOW, "until_ms": NOW + 3_600_000, "away": "out", "note": mark});
    assert_eq!(house.post(&format!("/customers/{id}/schedules"), admin, away).status, 200);
    let mut reports = Vec::new();
    for place in 0..3 {
        let call = CALL + (place << 20) + first;
        house.call(call, |call| {
            call.customer = Some(id);
            call.customer_name = format!("{code} {mark}");
            call.operator = Some(hanako);
            call.operator_name = "花子".into();
            call.arrived_ms = NOW - 9_200 + i64::try_from(place).unwrap();
            call.answered_ms = Some(NOW - 5_000);
        });
        let report = store::report_id_of_call(CallId(call));
        assert_eq!(house.post(&format!("/reports/{report}/open"), operator, json!({"take": true})).status, 200);
        let said = |key: &str, text: &str| json!({"key": key, "value": {"said": text}});
        let edits = json!({"edits": [
            said("company", &format!("{mark}商事")),
            said("name", &format!("高橋 {mark} {place}")),
            said("business", "納期について"),
            said("desired", "call_back"),
            said("callback", &format!("090-1234-567{place}")),
            said("person", "sato"),
        ]});
        let edited = house.ask("PATCH", &format!("/reports/{report}"), Some(operator), Some(edits));
        assert_eq!(edited.status, 200, "{}", edited.text());
        if place < 2 {
            let sent = house.post(&format!("/reports/{report}/send"), operator, json!({}));
            assert_eq!(sent.status, 200, "{}", sent.text());
        }
        reports.push(report);
    }
    Firm { id, owner, member, reader, reports, mark }
}

fn names(said: &Said) -> Vec<String> {
    assert_eq!(said.status, 200, "{}", said.text());
    let rows = said.json()["reports"].as_array().unwrap().clone();
    rows.iter().map(|row| row["callback"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn f55_a_member_logs_in_and_is_nobody_of_the_house() {
    let two = Two::new();
    let right = json!({"login": "Owner@Sakura.example", "password": PASSWORD});
    let said = two.house.ask("POST", "/my/login", None, Some(right.clone()));
    assert_eq!(said.status, 200, "{}", said.text());
    let cookie = said.header("set-cookie");
    assert!(
        cookie.starts_with("denwaban_my=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let token = said.json()["token"].as_str().unwrap().to_owned();
    let me = two.house.get("/my/me", &token).json();
    assert_eq!((me["customer"].as_i64(), me["role"].as_str()), (Some(two.sakura.id), Some("owner")), "{me}");
    two.house.get("/me", &token).is_refusal(401, "unauthorized", None);
    two.house.get("/my/me", &two.admin).is_refusal(401, "unauthorized", None);
    let of_house = json!({"name": "owner@sakura.example", "password": PASSWORD});
    assert_eq!(two.house.ask("POST", "/login", None, Some(of_house)).status, 401);

    assert_eq!(two.house.ask("POST", "/my/logout", Some(&token), None).status, 204);
    assert_eq!(two.house.get("/my/me", &token).status, 401);
    let wrong = json!({"login": "owner@sakura.example", "password": "wrong"});
    // Nine more: the try at the other door was one, too.
    for _ in 0..9 {
        two.house.ask("POST", "/my/login", None, Some(wrong.clone())).is_refusal(401, "unauthorized", None);
    }
    assert_eq!(two.house.ask("POST", "/my/login", None, Some(right)).status, 429, "r01: an address has to wait");
}

#[test]
fn f57_f58_a_firm_finds_its_reports_by_words_and_numbers() {
    let two = Two::new();
    let token = &two.sakura.reader;
    assert_eq!(names(&two.house.get("/my/reports", token)), ["090-1234-5671", "090-1234-5670"], "what was sent");
    for (search, found) in [
        ("text=5671", 1),
        ("text=090-1234-567", 0),
        ("text=%EF%BC%8B81%2090%201234%205670", 1), // ＋81 90 1234 5670
        ("text=mark-a", 2),
        ("text=%EF%BD%8D%EF%BD%81%EF%BD%92%EF%BD%8B-a%20%E7%B4%8D%E6%9C%9F", 2), // ｍａｒｋ-a 納期
        ("text=MARK-B", 0),
        ("urgency=urgent", 0),
        ("person=sato", 2),
        ("handled=false", 2),
        ("handled=true", 0),
        ("limit=1", 1),
    ] {
        assert_eq!(names(&two.house.get(&format!("/my/reports?{search}"), token)).len(), found, "{search}");
    }
    two.house.get(&format!("/my/reports?customer={}", two.other.id), token).is_refusal(
        422,
        "invalid",
        Some("customer"),
    );
    two.house.get("/my/reports?cursor=x", token).is_refusal(422, "invalid", Some("cursor"));
    let whole = two.house.get(&format!("/my/reports/{}", two.sakura.reports[0]), token).json();
    assert_eq!(
        (whole["dial"].as_str(), whole["callback"].as_str()),
        (Some("+819012345670"), Some("090-1234-5670")),
        "{whole}"
    );
    assert!(
        whole["lines"].as_array().unwrap().iter().any(|line| line["text"].as_str().unwrap().contains("納期")),
        "{whole}"
    );
    two.house.get(&format!("/my/reports/{}", two.sakura.reports[2]), token).is_refusal(404, "not_found", None);
    let csv = two.house.get("/my/reports/export", token).text();
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.contains("Received,Kind,Urgency"), "{csv}");
    let bearer = format!("Bearer {token}");
    let asked = [("authorization", bearer.as_str()), ("accept-language", "ja")];
    let asked = two.house.send("GET", "/my/reports/export", &asked, None).text();
    assert!(asked.contains("受電日時,種別,緊急度"), "{asked}");
}

#[test]
fn f59_colleagues_share_the_work_and_a_reader_only_reads() {
    let two = Two::new();
    let firm = &two.sakura;
    let report = format!("/my/reports/{}", firm.reports[0]);
    let members = two.house.get("/my/members", &firm.reader).json();
    let ids: Vec<i64> = members.as_array().unwrap().iter().map(|member| member["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), 3, "{members}");
    let handled =
        two.house.post(&format!("{report}/handling"), &firm.member, json!({"assignee": ids[1], "done": true}));
    assert_eq!(handled.status, 200, "{}", handled.text());
    let handling = handled.json()["handling"].clone();
    assert_eq!(
        (handling["assignee_name"].as_str(), handling["done_by"].as_str()),
        (Some("member MARK-A"), Some("member MARK-A"))
    );
    assert_eq!(names(&two.house.get("/my/reports?handled=true", &firm.owner)), ["090-1234-5670"]);

    let new = json!({"login": "new@sakura.example", "name": "新人"});
    let away = json!({"person": "sato", "from_ms": NOW, "until_ms": NOW + 1000, "away": "out"});
    for (method, path, body, [owner, member, reader]) in [
        ("POST", format!("{report}/handling"), Some(json!({"done": true})), [200, 200, 403]),
        ("POST", format!("{report}/disputes"), Some(json!({"field": "callback"})), [201, 201, 403]),
        ("POST", "/my/schedules".to_owned(), Some(away), [200, 200, 403]),
        ("POST", "/my/notes".to_owned(), Some(json!({"text": "年末"})), [200, 200, 403]),
        ("GET", "/my/schedules".to_owned(), None, [200, 200, 200]),
        ("GET", "/my/orders".to_owned(), None, [200, 403, 403]),
        (
            "PUT",
            "/my/orders".to_owned(),
            Some(json!({"revision": 9, "people": [], "recipients": [], "rules": []})),
            [409, 403, 403],
        ),
        ("GET", "/my/notes".to_owned(), None, [200, 200, 200]),
        ("DELETE", "/my/notes/9999".to_owned(), None, [404, 404, 403]),
        ("DELETE", "/my/schedules/9999".to_owned(), None, [404, 404, 403]),
        ("POST", "/my/members".to_owned(), Some(new), [201, 403, 403]),
        (
            "PUT",
            format!("/my/members/{}", ids[2]),
            Some(json!({"login": "reader@sakura.example", "name": "読む人", "role": "reader"})),
            [200, 403, 403],
        ),
        ("POST", "/my/members/9999/password".to_owned(), None, [404, 403, 403]),
        ("DELETE", "/my/members/9999".to_owned(), None, [404, 403, 403]),
    ] {
        for (token, status) in [(&firm.owner, owner), (&firm.member, member), (&firm.reader, reader)] {
            let said = two.ask(method, &path, token, body.clone());
            assert_eq!(said.status, status, "{method} {path}: {}", said.text());
        }
    }
    let wrong = json!({"old": "not it", "new": "another long phrase"});
    two.house.post("/my/password", &firm.reader, wrong).is_refusal(422, "invalid", Some("old"));
    let right = json!({"old": PASSWORD, "new": "another long phrase"});
    assert_eq!(two.house.post("/my/password", &firm.reader, right).status, 204);
    assert_eq!(two.house.get("/my/me", &firm.reader).status, 401, "all sessions end");
}

#[test]
fn f20_f32_a_firm_keeps_its_roster_its_mail_addresses_and_its_rules_and_nothing_else() {
    let two = Two::new();
    let owner = &two.sakura.owner;
    // The house has set a chat up, and what no firm sees.
    let path = format!("/customers/{}/profile", two.sakura.id);
    let mut ordered = two.house.get(&path, &two.admin).json();
    let chat = json!({"id": "room", "label": "営業部屋", "channel": {"type": "chatwork", "room": "123", "token": "SECRET-TOKEN"}});
    ordered["profile"]["recipients"].as_array_mut().unwrap().push(chat);
    ordered["profile"]["recipients_max"] = json!(2);
    let put = json!({"revision": ordered["revision"], "profile": ordered["profile"]});
    assert_eq!(two.ask("PUT", &path, &two.admin, Some(put)).status, 200);

    let mine = two.house.get("/my/orders", owner);
    assert!(!mine.text().contains("SECRET-TOKEN"), "{}", mine.text());
    let mine = mine.json();
    let keys: Vec<&String> = mine.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["people", "recipients", "recipients_max", "revision", "rules"]);
    assert_eq!(mine["recipients_max"], 2);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = mine.clone();
        body.as_object_mut().unwrap().remove("recipients_max");
        change(&mut body);
        two.ask("PUT", "/my/orders", owner, Some(body))
    };
    // What leads elsewhere than to mail is the house's to set up.
    with(&|body| body["recipients"][1]["channel"]["room"] = json!("999")).is_refusal(
        422,
        "invalid",
        Some("recipients[1].channel"),
    );
    let hook = json!({"type": "webhook", "url": "https://inside.example/", "secret": "s"});
    with(&|body| body["recipients"][0]["channel"] = hook.clone()).is_refusal(
        422,
        "invalid",
        Some("recipients[0].channel"),
    );
    with(&|body| body["recipients"][0]["channel"]["address"] = json!("no address")).is_refusal(
        422,
        "invalid",
        Some("recipients[0].channel.address"),
    );
    assert!(matches!(with(&|body| body["recipients_max"] = json!(30)).status, 400 | 422));

    let suzuki = json!({"id": "suzuki", "name": "鈴木 次郎", "kana": "すずき じろう", "title": "部長"});
    let changed = with(&|body| {
        body["people"].as_array_mut().unwrap().push(suzuki.clone());
        body["recipients"][0]["channel"]["address"] = json!("new@sakura.example");
        body["recipients"][1]["label"] = json!("総務の部屋");
        body["rules"] = json!([{"when": {"people": ["suzuki"]}, "to": [{"who": {"recipient": "room"}}]}]);
    });
    assert_eq!(changed.status, 200, "{}", changed.text());
    // Saved over the one that was read, and over no other.
    assert_eq!(with(&|_| {}).status, 409);
    let row = two.house.wait(two.house.store.profile(two.sakura.id)).unwrap();
    assert_eq!(row.updated_by, format!("customer {}: owner@sakura.example", two.sakura.id));
    let room = row.profile.recipient("room").unwrap();
    assert_eq!(room.label, "総務の部屋");
    assert!(matches!(&room.channel, report::Channel::Chatwork { token, .. } if token == "SECRET-TOKEN"));
    assert_eq!((row.profile.people.len(), row.profile.rules.len(), row.profile.recipients_max), (2, 1, 2));
    let told = two.house.switchboard.news.lock().unwrap().clone();
    assert!(told.iter().any(|news| matches!(news, News::FirmChanged { what, .. } if what == "profile")), "{told:?}");
}

#[test]
fn f49_a_dispute_reaches_the_supervisors_and_its_answer_the_firm() {
    let two = Two::new();
    let report = &two.sakura.reports[0];
    let said = two.house.post(
        &format!("/my/reports/{report}/disputes"),
        &two.sakura.member,
        json!({"field": "callback", "words": "末尾が違います"}),
    );
    assert_eq!(said.status, 201, "{}", said.text());
    let id = said.json()["id"].as_i64().unwrap();
    let told = two.house.switchboard.news.lock().unwrap().clone();
    assert!(
        told.iter().any(|news| matches!(news, News::Task { sort, what, .. } if sort == "disputed" && what == "made")),
        "{told:?}"
    );
    let list = two.house.get("/disputes?open=true", &two.supervisor).json();
    assert_eq!(
        (list[0]["words"].as_str(), list[0]["about"]["id"].as_str()),
        (Some("末尾が違います"), Some(report.as_str()))
    );
    let tasks = two.house.get("/tasks", &two.supervisor).json();
    assert_eq!(tasks.as_array().unwrap().iter().filter(|task| task["kind"] == "disputed").count(), 1, "{tasks}");

    let verdict = json!({"cause": "mistyped", "answer": "録音では 8 でした。訂正いたします。"});
    assert_eq!(two.house.post(&format!("/disputes/{id}"), &two.supervisor, verdict.clone()).status, 200);
    two.house.post(&format!("/disputes/{id}"), &two.supervisor, verdict).is_refusal(409, "conflict", None);
    let mine = two.house.get(&format!("/my/reports/{report}"), &two.sakura.reader).json();
    assert_eq!(
        (mine["disputes"][0]["cause"].as_str(), mine["disputes"][0]["answer"].as_str()),
        (Some("mistyped"), Some("録音では 8 でした。訂正いたします。"))
    );
    let counts = two.house.get(&format!("/disputes/counts?from_ms={NOW}&to_ms={}", NOW + 1), &two.supervisor).json();
    assert_eq!((counts[0]["cause"].as_str(), counts[0]["count"].as_i64()), (Some("mistyped"), Some(1)), "{counts}");
}

#[test]
fn f51_f52_a_firm_hears_its_own_calls_if_its_plan_says_so() {
    let two = Two::new();
    let (report, call) = (&two.sakura.reports[0], CallId(CALL + 1));
    let path = format!("/my/reports/{report}/recording");
    let with_sound = |call: CallId, bytes: &[u8]| {
        let file = format!("{call}.wav");
        std::fs::write(two.house.recordings().join(&file), bytes).unwrap();
        two.house.call(call.0, |record| {
            record.revision = 2;
            record.customer = Some(two.sakura.id);
            record.recording = Some(switch::media::Recording {
                path: file.clone(),
                samples: 8000,
                sha256: "ab".repeat(32),
                bytes: bytes.len() as u64,
                ..Default::default()
            });
        });
    };
    with_sound(call, b"RIFF of sakura");
    two.house.get(&path, &two.sakura.reader).is_refusal(404, "not_found", None);
    let plan = |listening: Value| {
        let route = format!("/customers/{}/profile", two.sakura.id);
        let before = two.house.get(&route, &two.admin).json();
        let mut profile = before["profile"].clone();
        profile["listening"] = listening;
        let put = json!({"revision": before["revision"], "profile": profile});
        assert_eq!(two.ask("PUT", &route, &two.admin, Some(put)).status, 200);
    };
    plan(json!({"on": true, "hours": 24}));
    let whole = two.house.get(&format!("/my/reports/{report}"), &two.sakura.reader).json();
    assert_eq!(whole["listen_until_ms"].as_i64(), Some(NOW + 86_400_000));
    for _ in 0..3 {
        let heard = two.house.get(&path, &two.sakura.reader);
        assert_eq!((heard.status, heard.text().as_str()), (200, "RIFF of sakura"), "any number of times");
    }
    let audit = two.house.wait(two.house.store.audit(Some(&call.to_string()), None, 10)).unwrap();
    assert_eq!(audit.len(), 3, "x04: each playback is in the log: {audit:?}");
    assert!(audit.iter().all(|entry| entry.who.contains("reader@sakura.example")), "{audit:?}");
    two.house.get(&path, &two.other.owner).is_refusal(404, "not_found", None);
    plan(json!({"on": true, "hours": 24, "times_max": 2}));
    assert_eq!(
        two.house.get(&path, &two.sakura.reader).status,
        404,
        "the link in the report counts, this page does not"
    );
}

#[test]
fn f52_the_owner_sets_the_pin_and_nobody_is_ever_shown_it() {
    let two = Two::new();
    let (firm, pin) = (&two.sakura, |pin: &str| Some(json!({ "pin": pin })));
    let settings = two.house.get("/settings", &two.admin).json();
    let with_line = |line: &str| {
        let mut settings = settings.clone();
        settings["recordings_line"] = line.into();
        two.ask("PUT", "/settings", &two.admin, Some(settings))
    };
    with_line("03-1234-5678").is_refusal(422, "invalid", Some("recordings_line"));
    with_line("no number").is_refusal(422, "invalid", Some("recordings_line"));
    let said = with_line("03-9999-0000");
    assert!(matches!(said.status, 200 | 204), "{}", said.text());
    let line = two.house.get("/my/dial-in", &firm.reader).json();
    assert_eq!((line["line"].as_str(), line["set_ms"].as_i64()), (Some("03-9999-0000"), None), "{line}");
    assert_eq!(
        (line["code"].as_str(), line["in_plan"].as_bool()),
        (Some(&*firm.id.to_string()), Some(false)),
        "{line}"
    );
    for member in [&firm.member, &firm.reader] {
        two.ask("PUT", "/my/dial-in", member, pin("604217")).is_refusal(403, "forbidden", None);
        two.ask("DELETE", "/my/dial-in", member, None).is_refusal(403, "forbidden", None);
    }
    for weak in ["123456", "000000", "12345", "123456789", "abcdef", ""] {
        two.ask("PUT", "/my/dial-in", &firm.owner, pin(weak)).is_refusal(422, "invalid", Some("pin"));
    }
    let said = two.ask("PUT", "/my/dial-in", &firm.owner, pin("604217"));
    assert_eq!((said.status, said.json()["set_ms"].as_i64()), (200, Some(NOW)), "{}", said.text());
    for text in [said.text(), two.house.get("/my/dial-in", &firm.owner).text()] {
        assert!(!text.contains("604217") && !text.contains("argon2"), "{text}");
    }
    let try_it = |code: i64, pin: &str| {
        let code = code.to_string();
        let keyed = store::Try { code: &code, pin, caller: "819012345678" };
        matches!(two.house.wait(two.house.store.try_dial_in(keyed, NOW)).unwrap(), store::DialedIn::In { .. })
    };
    assert!(try_it(firm.id, "604217") && !try_it(firm.id, "604218") && !try_it(two.other.id, "604217"));
    let path = format!("/customers/{}/dial-in", firm.id);
    assert!(two.house.get(&path, &two.supervisor).text().contains("owner@sakura.example"));
    assert_eq!(two.ask("DELETE", &path, &two.supervisor, None).status, 204);
    assert!(!try_it(firm.id, "604217"));
    two.ask("DELETE", "/my/dial-in", &firm.owner, None).is_refusal(404, "not_found", None);
    // A firm's new number cannot be the line's.
    let mut row = two.house.get(&format!("/customers/{}", firm.id), &two.admin).json();
    row["dids"] = json!(["03-9999-0000"]);
    for key in ["id", "active"] {
        row.as_object_mut().unwrap().remove(key);
    }
    let said = two.ask("PUT", &format!("/customers/{}", firm.id), &two.admin, Some(row));
    said.is_refusal(422, "invalid", Some("dids"));
}

/// A generator of numbers without a dependency: splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let place = self.roll(of.len());
        &of[place]
    }
}

/// What a firm may try to name: the other's rows, spellings of paths, and nonsense.
fn names_of(other: &Firm) -> Vec<String> {
    let mut names: Vec<String> = other.reports.clone();
    names.extend((1..8).map(|id| id.to_string()));
    names.extend([CallId(CALL + 100).to_string(), CallId(CALL + (1 << 20) + 100).to_string()]);
    for evil in ["..%2f..%2freports", "%00", "*", "'%20OR%201=1--", "-1", "9223372036854775807", "%2e%2e", "%252e"] {
        names.push(evil.to_owned());
    }
    names
}

/// The house's own, where a firm has nothing to ask; `{}` is a name.
const PATHS: [&str; 17] = [
    "/customers/{}/dial-in",
    "/reports",
    "/reports/{}",
    "/reports/{}/sheet",
    "/reports/export",
    "/calls/{}",
    "/calls/{}/recording",
    "/customers/{}/profile",
    "/customers/{}/members",
    "/customers/{}",
    "/disputes",
    "/tasks",
    "/customers",
    "/events",
    "/now",
    "/users",
    "/feedback",
];

/// These, and whatever the description names of my page, as often.
fn paths() -> Vec<String> {
    let described = serde_json::to_value(web::openapi::description()).unwrap();
    let documented = described["paths"].as_object().unwrap().keys().map(|path| path.trim_start_matches("/api/v1"));
    let template = |path: &str| -> String {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let mine: Vec<String> = documented.filter(|path| path.starts_with("/my/")).map(template).collect();
    assert!(mine.len() > 30 && mine.contains(&"/my/reports/{}/recording".to_owned()), "{mine:?}");
    mine.into_iter().chain(PATHS.map(str::to_owned)).collect()
}

/// A login of a firm's, however often one of the requests ends it.
struct Login {
    role: MemberRole,
    token: String,
    /// Answers that it got as one that is let in.
    let_in: u64,
    renewed: u32,
}

impl Login {
    /// One of each role.
    fn of(firm: &Firm) -> Vec<Login> {
        let all =
            [(MemberRole::Owner, &firm.owner), (MemberRole::Member, &firm.member), (MemberRole::Reader, &firm.reader)];
        all.map(|(role, token)| Login { role, token: token.clone(), let_in: 0, renewed: 0 }).into()
    }

    /// A new member of the same role, logged in: the one before has ended, or has another password.
    fn renew(&mut self, two: &Two) {
        self.renewed += 1;
        let login = format!("{:?}{}@sakura.example", self.role, self.renewed).to_lowercase();
        let form = MemberForm { login, name: "MARK-A".to_owned(), role: self.role };
        let (store, firm) = (&two.house.store, two.sakura.id);
        let (member, _) = two.house.wait(store.create_member(firm, &form, Some(PASSWORD), "root", NOW)).unwrap();
        let hour = store::Entrance::lasting(std::time::Duration::from_secs(3600));
        let token = two.house.wait(store.open_for(store::Person::Member(member.id), NOW, &hour)).unwrap();
        self.token = token.as_str().to_owned();
        // Nobody has more logins than a firm may have.
        let before = two.house.wait(store.members(firm)).unwrap();
        for old in before.iter().rev().skip(20).filter(|one| one.active) {
            two.house.wait(store.end_member(firm, old.id, "root", NOW)).unwrap();
        }
    }
}

#[test]
fn f55_r18_fuzzed_requests_of_one_firm_read_nothing_of_another() {
    let two = Two::new();
    let mut dice = Dice(20_261_122);
    let requests = std::env::var("DENWABAN_FUZZ")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(if std::env::var_os("DENWABAN_LONG").is_some() { 100_000 } else { FUZZ });
    let named = names_of(&two.other);
    let other = two.other.id;
    let queries = [
        String::new(),
        format!("?customer={other}"),
        "?text=MARK-B".to_owned(),
        "?text=5670&limit=500".to_owned(),
        "?from_ms=0&limit=500".to_owned(),
        format!("?assignee={}", 4),
        "?text=%25".to_owned(),
        "?cursor=9999999999999.z".to_owned(),
        "?person=sato&handled=false".to_owned(),
    ];
    let bodies = [
        None,
        Some(json!({})),
        Some(json!({"assignee": 4, "done": true})),
        Some(json!({"field": "callback", "words": "x", "customer": other})),
        Some(json!({"field": "callback"})),
        Some(json!({"id": 2, "text": "mine now"})),
        Some(json!({"id": 2, "person": "sato", "from_ms": NOW, "until_ms": NOW + 1, "away": "out"})),
        Some(json!({"login": "owner@other.example", "name": "x", "role": "owner"})),
        Some(json!({"password": PASSWORD})),
        Some(json!({"revision": 1, "people": [], "recipients": [], "rules": []})),
        Some(json!({"revision": 1, "people": [], "recipients": [], "rules": [], "customer": other})),
    ];
    let (paths, firm) = (paths(), &two.sakura);
    let mut logins = Login::of(firm);
    for round in 0..requests {
        let place = dice.roll(logins.len());
        let login = &mut logins[place];
        let method = *dice.one(&["GET", "GET", "GET", "POST", "PUT", "DELETE", "PATCH"]);
        let (name, query) = (dice.one(&named).clone(), dice.one(&queries).clone());
        let path = dice.one(&paths).replace("{}", &name) + &query;
        let body = if method == "GET" { None } else { dice.one(&bodies).clone() };
        let said = two.house.ask(method, &path, Some(&login.token), body.clone());
        let text = said.text();
        assert!(!text.contains(two.other.mark), "request {round}: {method} {path} {body:?}: {} {text}", said.status);
        if !path.starts_with("/my/") {
            assert!(
                matches!(said.status, 400 | 401 | 404 | 405),
                "request {round}: {method} {path}: {} {text}",
                said.status
            );
        } else if said.status == 401 || path.starts_with("/my/logout") || path.starts_with("/my/account/sessions") {
            if two.house.get("/my/me", &login.token).status != 200 {
                login.renew(&two);
            }
        } else {
            login.let_in += u64::from(said.status == 200);
        }
    }
    for Login { role, let_in, renewed, .. } in &logins {
        println!("{role:?}: let in {let_in} times in {requests} requests, renewed {renewed} times");
        assert!(*let_in > requests / 60, "{role:?} was let in {let_in} times in {requests} requests");
    }
    // Nothing of the other firm's has changed, either.
    let theirs = two.house.get("/my/reports", &two.other.reader);
    assert_eq!(names(&theirs), ["090-1234-5671", "090-1234-5670"]);
    assert_eq!(theirs.json()["reports"][0]["handling"], Value::Null);
    assert_eq!(two.house.get("/my/members", &two.other.owner).json().as_array().unwrap().len(), 3);
    assert!(two.house.get("/my/notes", &two.other.owner).text().contains("MARK-B の伝言"));
    assert!(two.house.get("/my/schedules", &two.other.owner).text().contains("MARK-B"));
    assert_eq!(two.house.get(&format!("/disputes?customer={other}"), &two.supervisor).json(), json!([]));
}

#[test]
fn f63_a_firms_word_reaches_supervisor_and_operator_and_its_answer_comes_back() {
    let two = Two::new();
    let (firm, operator) = (&two.sakura, two.house.session(1));
    let say = |report: &str, token: &str, body: Value| {
        two.ask("POST", &format!("/my/reports/{report}/feedback"), token, Some(body))
    };
    let praise = json!({"kind": "praise", "words": "とても丁寧でした"});
    // Who only reads says nothing; nobody says anything of another firm's report, or of one that was never sent.
    say(&firm.reports[0], &firm.reader, praise.clone()).is_refusal(403, "forbidden", None);
    say(&two.other.reports[0], &firm.member, praise.clone()).is_refusal(404, "not_found", None);
    say(&firm.reports[2], &firm.member, praise.clone()).is_refusal(404, "not_found", None);
    say(&firm.reports[0], &firm.member, json!({"kind": "complaint", "words": " "})).is_refusal(
        422,
        "invalid",
        Some("words"),
    );
    say(&firm.reports[0], &firm.member, json!({"kind": "shouting"})).is_refusal(422, "invalid", Some("kind"));
    let said = say(&firm.reports[0], &firm.member, praise);
    assert_eq!(said.status, 201, "{}", said.text());
    let id = said.json()["id"].clone();
    let told = two
        .house
        .switchboard
        .news
        .lock()
        .unwrap()
        .iter()
        .any(|news| matches!(news, web::News::Task { sort, what, .. } if sort == "feedback" && what == "made"));
    assert!(told);
    let tasks = two.house.get("/tasks", &two.supervisor).json();
    assert!(tasks.as_array().unwrap().iter().any(|task| task["kind"] == "feedback"), "{tasks}");
    let open = two.house.get("/feedback?open=true", &two.supervisor).json();
    assert_eq!((&open[0]["words"], &open[0]["about"]["operator_name"]), (&json!("とても丁寧でした"), &json!("花子")));
    // The operator sees it once as new, and is not told who said it.
    let own = two.house.get("/feedback/mine", &operator).json();
    assert_eq!((&own[0]["kind"], &own[0]["fresh"], own[0].get("said_by")), (&json!("praise"), &json!(true), None));
    assert_eq!(
        two.house.get("/feedback/mine", &operator).json()[0]["fresh"],
        true,
        "until the page says that it was shown"
    );
    let shown = |ids: Value| two.ask("POST", "/feedback/mine", &operator, Some(json!({"ids": ids})));
    assert_eq!(shown(json!([])).status, 204);
    assert_eq!(two.house.get("/feedback/mine", &operator).json()[0]["fresh"], true, "this one was not");
    assert_eq!(shown(json!([id])).status, 204);
    assert_eq!(two.house.get("/feedback/mine", &operator).json()[0]["fresh"], false);
    let answer =
        |token: &str, text: &str| two.ask("POST", &format!("/feedback/{id}"), token, Some(json!({"answer": text})));
    answer(&operator, "ありがとうございます").is_refusal(403, "forbidden", None);
    answer(&two.supervisor, " ").is_refusal(422, "invalid", Some("answer"));
    assert_eq!(answer(&two.supervisor, "ありがとうございます").status, 200);
    let tasks = two.house.get("/tasks", &two.supervisor).json();
    assert!(!tasks.as_array().unwrap().iter().any(|task| task["kind"] == "feedback"), "{tasks}");
    assert_eq!(two.house.get("/feedback?open=true", &two.supervisor).json(), json!([]));
    let whole = two.house.get(&format!("/my/reports/{}", firm.reports[0]), &firm.reader).json();
    assert_eq!(
        (&whole["feedback"][0]["answer"], whole["feedback"].as_array().unwrap().len()),
        (&json!("ありがとうございます"), 1)
    );
    let other = two.house.get(&format!("/my/reports/{}", two.other.reports[0]), &two.other.reader).json();
    assert_eq!(other["feedback"], json!([]));
    // It is counted in the operator's figures.
    let figures = two
        .house
        .get(&format!("/operators/figures?from_ms={}&to_ms={}", NOW - 86_400_000, NOW + 86_400_000), &two.supervisor)
        .json();
    assert_eq!((&figures[0]["praise"], &figures[0]["complaints"]), (&json!(1), &json!(0)), "{figures}");
    for _ in 1..20 {
        assert_eq!(say(&firm.reports[0], &firm.member, json!({"kind": "praise"})).status, 201);
    }
    say(&firm.reports[0], &firm.member, json!({"kind": "praise"})).is_refusal(422, "invalid", Some("words"));
}

#[test]
fn a_firm_demands_a_second_factor_from_the_next_login_on_and_the_house_takes_a_lost_one_away() {
    let two = Two::new();
    let firm = &two.sakura;
    let demand = |token: &str, on: bool| two.ask("PUT", "/my/door", token, Some(json!({"second_factor": on})));
    demand(&firm.member, true).is_refusal(403, "forbidden", None);
    two.house.get("/my/door", &two.admin).is_refusal(401, "unauthorized", None);
    assert_eq!(two.house.get("/my/door", &firm.reader).json()["second_factor_since_ms"], Value::Null);
    let members = two.house.get(&format!("/customers/{}/members", firm.id), &two.admin).json();
    let id = members.as_array().unwrap().iter().find(|one| one["login"] == "member@sakura.example").unwrap()["id"]
        .as_i64()
        .unwrap();
    let person = store::Person::Member(id);
    let open = |at_ms: i64, strong: bool| {
        let entrance = store::Entrance { strong, ..store::Entrance::lasting(std::time::Duration::from_secs(3600)) };
        two.house.wait(two.house.store.open_for(person, at_ms, &entrance)).unwrap().as_str().to_owned()
    };
    let before = open(NOW - 1000, false);
    let said = demand(&firm.owner, true);
    assert_eq!((said.status, &said.json()["second_factor_since_ms"]), (200, &json!(NOW)));
    // Whoever was in before stays in; at the next login a second factor is set up, and nothing else can be done until it is.
    assert_eq!(two.house.get("/my/reports", &before).status, 200);
    let enter = |login: &str| {
        let said = two.house.ask("POST", "/my/login", None, Some(json!({"login": login, "password": PASSWORD})));
        said.json()["token"].as_str().unwrap().to_owned()
    };
    let token = enter("member@sakura.example");
    two.house.get("/my/reports", &token).is_refusal(403, "second_factor_needed", None);
    let account = two.house.get("/my/account", &token);
    assert_eq!((account.status, &account.json()["lacks_factor"]), (200, &json!(true)), "{}", account.text());
    // Another firm's people are asked for nothing.
    assert_eq!(two.house.get("/my/reports", &enter("member@other.example")).status, 200);
    // With a second factor the door is open; the house takes it away, and the sessions with it.
    let held = open(NOW, true);
    assert_eq!(two.house.get("/my/reports", &held).status, 200);
    let reset = |token: &str, customer: i64| {
        two.ask("DELETE", &format!("/customers/{customer}/members/{id}/second-factor"), token, None)
    };
    reset(&two.supervisor, firm.id).is_refusal(403, "forbidden", None);
    reset(&two.admin, two.other.id).is_refusal(404, "not_found", None);
    assert_eq!(reset(&two.admin, firm.id).status, 204);
    two.house.get("/my/reports", &held).is_refusal(401, "unauthorized", None);
    let audit = two.house.wait(two.house.store.audit(Some(&format!("customer {}", firm.id)), None, 50)).unwrap();
    for what in ["member.second_factor.demand", "member.second_factor.reset"] {
        assert!(audit.iter().any(|line| line.what == what), "{what}: {audit:?}");
    }
    two.house.wait(two.house.store.save_firm_door(firm.id, false, "root", NOW)).unwrap();
    assert_eq!(two.house.get("/my/reports", &enter("member@sakura.example")).status, 200);
}
