//! The audit log and the overview of channels over the API, and who may ask.

use crate::common::{House, NOW};
use serde_json::{Value, json};
use store::Role;

#[test]
fn the_audit_log_is_found_by_who_what_and_when_page_by_page_and_taken_away() {
    let house = House::new();
    let token = house.logged_in("admin", Role::Admin, None);
    let note = |at_ms: i64, who: &str, what: &str, about: &str| {
        house.wait(house.store.note(at_ms, who, what, about, "=1+1")).unwrap();
    };
    for n in 0..5 {
        note(NOW - n * 1000, "hanako", "recording.play", &format!("call{n}"));
    }
    note(NOW, "jiro", "customer.update", "customer 1");
    note(NOW, "jiro", "customerXupdate", "customer 1");
    let lines = |query: &str| house.get(&format!("/audit?{query}"), &token).json();
    let count = |query: &str| lines(query)["lines"].as_array().unwrap().len();
    assert_eq!(count("who=hanako"), 5);
    assert_eq!((count("what=recording"), count("what=customer."), count("what=customer_")), (5, 1, 0));
    assert_eq!(count("about=call3"), 1);
    assert_eq!(count(&format!("who=hanako&from_ms={}&to_ms={NOW}", NOW - 2000)), 2);
    let first = lines("who=hanako&limit=3");
    let next = first["next"].as_i64().unwrap();
    assert_eq!(first["lines"].as_array().unwrap().len(), 3);
    let second = lines(&format!("who=hanako&limit=3&before={next}"));
    assert_eq!((second["lines"].as_array().unwrap().len(), &second["next"]), (2, &Value::Null));
    let file = house.get("/audit/export?who=hanako", &token);
    assert!(file.header("content-type").starts_with("text/csv"), "{}", file.header("content-type"));
    let text = file.text();
    assert_eq!(text.lines().count(), 6, "{text}");
    assert!(text.contains("2025-11-21 18:25:00") && !text.contains(",=1+1"), "R19: no cell is a formula: {text}");
    assert_eq!(count("what=audit.export"), 1, "whoever takes the log is in it");
    let supervisor = house.logged_in("hanako", Role::Supervisor, None);
    for path in ["/audit", "/audit/export", "/settings"] {
        house.get(path, &supervisor).is_refusal(403, "forbidden", None);
    }
}

#[test]
fn every_recipient_is_seen_with_its_last_outcome_and_those_that_fail_alone() {
    let house = House::new();
    let supervisor = house.logged_in("hanako", Role::Supervisor, None);
    let admin = house.logged_in("admin", Role::Admin, None);
    let (first, second) =
        (house.customer("a", "あお商店", "0355500101"), house.customer("b", "べに工業", "0355500102"));
    for customer in [first, second] {
        let place = |id: &str, active: bool| {
            let token = "0123456789abcdef0123456789abcdef";
            json!({"id": id, "label": "事務所", "active": active, "channel": {"type": "chatwork", "room": "1", "token": token}})
        };
        let body = json!({"revision": 0, "profile": {"recipients": [place("room", true), place("old", false)]}});
        let saved = house.ask("PUT", &format!("/customers/{customer}/profile"), Some(&admin), Some(body));
        assert_eq!(saved.status, 200, "{}", saved.text());
    }
    let tested = house.post(&format!("/customers/{first}/test-report?recipient=room"), &supervisor, json!({}));
    assert_eq!(tested.status, 200, "{}", tested.text());
    let said = house.get("/channels", &supervisor);
    assert!(!said.text().contains("0123456789abcdef"), "no secret comes back");
    let rows = said.json()["channels"].as_array().unwrap().clone();
    let states: Vec<(&str, &Value)> =
        rows.iter().map(|row| (row["recipient"].as_str().unwrap(), &row["state"])).collect();
    let none = Value::Null;
    assert_eq!(states, [("room", &json!("waiting")), ("old", &none), ("room", &none), ("old", &none)]);
    assert_eq!(house.get("/channels?failing=true", &supervisor).json()["channels"], json!([]));
    let job = house.wait(house.store.lease_deliveries(NOW, 30_000, 1)).unwrap().remove(0);
    house.wait(house.store.delivery_retry(&job.id, job.attempt, "503 busy", NOW + 60_000, NOW)).unwrap();
    let failing = house.get("/channels?failing=true", &supervisor).json();
    assert_eq!(failing["channels"].as_array().unwrap().len(), 1, "{failing}");
    assert_eq!(
        (&failing["channels"][0]["customer_name"], &failing["channels"][0]["error"]),
        (&json!("あお商店"), &json!("503 busy"))
    );
    let operator = house.operator("101", "佐藤");
    let operator = house.logged_in("sato", Role::Operator, Some(operator));
    house.get("/channels", &operator).is_refusal(403, "forbidden", None);
}
