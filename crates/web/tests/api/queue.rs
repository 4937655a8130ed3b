//! How firms' calls are queued, over the API: plans, calendars, waiting; and how a number stands at any moment.

use crate::common::{House, NOW};
use serde_json::{Value, json};
use store::Role;

/// 2026-12-29 18:05 in Japan.
const DECEMBER: i64 = 1_798_535_100_000;
/// 2027-01-04 9:00 in Japan.
const JANUARY: i64 = 1_799_020_800_000;

fn sakura() -> Value {
    json!({
        "code": "sakura", "name": "さくら歯科", "greeting": "さくら歯科でございます。", "dids": ["03-1234-5678"],
        "plan": "widening", "team": "a",
        "steps": [{"after_ms": 0, "who": "best1"}, {"after_ms": 3000, "who": "everyone"}, {"after_ms": 7500, "who": "managers"}],
        "waiting": {"announce_after_seconds": null, "tell": "position", "callback": true},
        "abandoned": "call_back",
        "calendar": {
            "week": {"mon": ["9:00-18:00"], "tue": ["9:00-18:00"], "fri": ["9:00-12:00", "13:00-18:00"]},
            "closed": [{"from": "2026-12-29", "to": "2027-01-03", "wording": "年末年始のためお休みです。"}],
            "japanese_holidays": true, "when_closed": "announce",
        },
    })
}

#[test]
fn a_firms_queue_comes_back_as_it_was_sent() {
    let house = House::new();
    let admin = house.logged_in("admin", Role::Admin, None);
    let created = house.post("/customers", &admin, sakura());
    assert_eq!(created.status, 201, "{}", created.text());
    let created = created.json();
    assert_eq!(created["steps"], sakura()["steps"]);
    assert_eq!(created["calendar"]["week"]["fri"], json!(["09:00-12:00", "13:00-18:00"]));
    assert_eq!(
        (&created["waiting"]["tell"], &created["waiting"]["announce_after_seconds"]),
        (&json!("position"), &Value::Null)
    );
    let path = format!("/customers/{}", created["id"]);
    let read = house.get(&path, &admin).json();
    assert_eq!(read, created);
    // What was read is what can be sent.
    let mut form = read.clone();
    form.as_object_mut().unwrap().retain(|key, _| key != "id" && key != "active");
    let saved = house.ask("PUT", &path, Some(&admin), Some(form));
    assert_eq!((saved.status, saved.json()), (200, read));
    // A firm of which nothing is said widens, and is always open.
    let plain = house.post("/customers", &admin, json!({"code": "plain", "name": "青葉"})).json();
    assert_eq!(plain["plan"], "widening");
    assert!(plain["steps"].as_array().unwrap().len() > 1);
    assert_eq!(plain["calendar"]["closed"], json!([]));
    // A plan that has no steps needs none to be sent.
    let all = house.post("/customers", &admin, json!({"code": "all", "name": "全員", "plan": "ring_all"}));
    assert_eq!((all.status, &all.json()["steps"]), (201, &json!([])), "{}", all.text());
}

#[test]
fn each_wrong_field_of_a_queue_is_named() {
    let house = House::new();
    let admin = house.logged_in("admin", Role::Admin, None);
    for (field, value, named) in [
        ("steps", json!([{"after_ms": 0, "who": "nobody"}]), "steps[0].who"),
        ("steps", json!([{"after_ms": 0, "who": "managers"}]), "steps"),
        ("plan", json!("fastest"), "plan"),
        ("calendar", json!({"week": {"mon": ["9-8"]}}), "calendar.week.mon[0]"),
        ("calendar", json!({"closed": [{"from": "2027-01-03", "to": "2026-12-29"}]}), "calendar.closed"),
        ("calendar", json!({"hollidays": true}), "calendar.hollidays"),
        ("waiting", json!({"every_seconds": 1}), "waiting.every_seconds"),
        ("abandoned", json!("forget"), "abandoned"),
    ] {
        let mut form = sakura();
        form[field] = value;
        let said = house.post("/customers", &admin, form);
        assert_eq!(said.status, 422, "{named}: {}", said.text());
        assert!(said.text().contains(&format!("\"{named}\"")), "{named}: {}", said.text());
    }
    let operator = json!({"login": "101", "name": "花子", "knows": ["nobody"], "tier": "supervisor", "teams": ["a"]});
    let said = house.post("/operators", &admin, operator.clone());
    assert!(said.status == 422 && said.text().contains("\"knows\""), "{}", said.text());
    house.post("/customers", &admin, sakura());
    let mut operator = operator;
    operator["knows"] = json!(["sakura"]);
    let said = house.post("/operators", &admin, operator);
    assert_eq!((said.status, &said.json()["knows"]), (201, &json!(["sakura"])));
}

#[test]
fn x14_how_a_number_is_answered_at_any_moment() {
    let house = House::new();
    let admin = house.logged_in("admin", Role::Admin, None);
    house.post("/customers", &admin, sakura());
    let at = |ms: i64| house.get(&format!("/dids/0312345678/check?at_ms={ms}"), &admin).json();
    let closed = at(DECEMBER);
    assert_eq!(closed["standing"]["standing"], "closed");
    assert_eq!((&closed["standing"]["why"], &closed["standing"]["then"]), (&json!("period"), &json!("announce")));
    assert_eq!(closed["spoken"], "年末年始のためお休みです。");
    assert_eq!(closed["opens_ms"], JANUARY);
    let open = at(JANUARY);
    assert_eq!((&open["standing"]["standing"], &open["spoken"]), (&json!("open"), &Value::Null));
    assert_eq!(open["greeting"], "さくら歯科でございます。");
    // Now: a Friday at 18:25.
    let now = house.get("/dids/0312345678/check", &admin).json();
    assert_eq!((&now["at_ms"], &now["standing"]["why"]), (&json!(NOW), &json!("hours")));
    assert!(now["spoken"].as_str().unwrap().contains("さくら歯科でございます。ただいま営業時間外"), "{now}");
    let nobodys = house.get("/dids/0398765432/check", &admin).json();
    assert_eq!((&nobodys["did"], &nobodys["standing"]), (&Value::Null, &Value::Null));
    assert!(!nobodys["greeting"].as_str().unwrap().is_empty());
}

#[test]
fn w16_reasons_for_not_being_ready_are_offered_to_operators() {
    let house = House::new();
    let own = house.operator("101", "花子");
    let operator = house.logged_in("hanako", Role::Operator, Some(own));
    let admin = house.logged_in("admin", Role::Admin, None);
    let usual = house.get("/not-ready-reasons", &operator).json();
    assert!(usual.as_array().unwrap().contains(&json!({"code": "lunch", "ja": "昼食", "en": "Lunch"})), "{usual}");
    let own_reasons = json!([{"code": "cleaning", "ja": "清掃", "en": "Cleaning"}]);
    let settings = json!({"not_ready_reasons": own_reasons});
    assert_eq!(house.ask("PUT", "/settings", Some(&admin), Some(settings)).status, 200);
    assert_eq!(house.get("/not-ready-reasons", &operator).json(), own_reasons);
}
