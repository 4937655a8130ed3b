//! Finding calls, reading their story, taking them away as CSV.

use crate::common::{House, NOW, ended};
use serde_json::{Value, json};
use store::Role;
use switch::{CallRecord, TimelineEvent};

const HOUR: i64 = 3_600_000;

fn found(house: &House, token: &str, query: &str) -> Vec<String> {
    let said = house.get(&format!("/calls?{query}"), token);
    assert_eq!(said.status, 200, "{query}: {}", said.text());
    said.json()["calls"].as_array().unwrap().iter().map(|call| call["ending"].as_str().unwrap().to_owned()).collect()
}

/// Four calls, told apart by how they ended.
fn furnished() -> (House, String, [i64; 2]) {
    let house = House::new();
    let (hanako, sakura) = (house.operator("101", "花子"), house.customer("sakura", "さくら歯科", "03-1234-5678"));
    house.call(1, |call| {
        call.ending = "morning".into();
        call.arrived_ms = NOW - 8 * HOUR;
        call.customer = Some(sakura);
        call.customer_name = "さくら歯科".into();
    });
    house.call(2, |call| {
        call.ending = "withheld".into();
        call.arrived_ms = NOW - 2 * HOUR;
        call.caller = String::new();
        call.withheld = "anonymous".into();
        call.answered_ms = None;
        call.did = "815012345678".into();
    });
    house.call(3, |call| {
        call.ending = "evening".into();
        call.arrived_ms = NOW - HOUR;
        call.caller = "81312340000".into();
        call.operator = Some(hanako);
        call.operator_name = "花子".into();
    });
    house.call(4, |call| {
        call.ending = "now".into();
        call.caller = "12125550123".into();
    });
    let token = house.logged_in("root", Role::Supervisor, None);
    (house, token, [hanako, sakura])
}

#[test]
fn f57_a_call_is_found_by_firm_caller_operator_number_time_and_text() {
    let (house, token, [hanako, sakura]) = furnished();
    for (query, calls) in [
        ("", vec!["now", "evening", "withheld", "morning"]),
        ("caller=090-1234-5678", vec!["morning"]),
        ("caller=09012345678", vec!["morning"]),
        ("caller=%2B81%2090%201234%205678", vec!["morning"]),
        (
            "caller=%EF%BC%90%EF%BC%99%EF%BC%90%E2%88%92%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%E2%88%925678",
            vec!["morning"],
        ),
        ("caller=5678", vec!["morning"]),
        ("caller=03-1234-0000", vec!["evening"]),
        ("caller=0000&did=0312345678", vec!["evening"]),
        ("did=050-1234-5678", vec!["withheld"]),
        (&format!("customer={sakura}"), vec!["morning"]),
        (&format!("operator={hanako}"), vec!["evening"]),
        (&format!("operator={hanako}&customer={sakura}"), vec![]),
        (&format!("from_ms={}", NOW - 2 * HOUR), vec!["now", "evening", "withheld"]),
        (&format!("from_ms={}&to_ms={NOW}", NOW - 2 * HOUR), vec!["evening", "withheld"]),
        ("text=%E3%82%B5%E3%82%AF%E3%83%A9", vec!["morning"]),
        ("text=%E8%8A%B1", vec!["evening"]),
        ("answered=false", vec!["withheld"]),
        ("caller=&text=", vec!["now", "evening", "withheld", "morning"]),
    ] {
        assert_eq!(found(&house, &token, query), calls, "{query}");
    }
}

#[test]
fn pages_follow_each_other_while_new_calls_come_in() {
    let (house, token, _) = furnished();
    let first = house.get("/calls?limit=2", &token).json();
    house.call(5, |call| call.arrived_ms = NOW + 1);
    let second = house.get(&format!("/calls?limit=2&cursor={}", first["next"].as_str().unwrap()), &token).json();
    let endings =
        |page: &Value| page["calls"].as_array().unwrap().iter().map(|call| call["ending"].clone()).collect::<Vec<_>>();
    assert_eq!(endings(&first), ["now", "evening"]);
    assert_eq!(endings(&second), ["withheld", "morning"]);
    assert_eq!(second["next"], Value::Null);
}

#[test]
fn conditions_that_are_none_are_named() {
    let (house, token, _) = furnished();
    for (query, field) in [
        ("caller=nobody", "caller"),
        ("customer=sakura", "customer"),
        ("from_ms=yesterday", "from_ms"),
        ("from_ms=99999999999999999999", "from_ms"),
        ("answered=maybe", "answered"),
        ("limit=-1", "limit"),
        ("cursor=1", "cursor"),
        ("colour=red", "colour"),
    ] {
        house.get(&format!("/calls?{query}"), &token).is_refusal(422, "invalid", Some(field));
        house.get(&format!("/calls/export?{query}"), &token).is_refusal(422, "invalid", Some(field));
    }
}

#[test]
fn a_call_tells_its_story_and_its_ladder() {
    let house = House::new();
    let token = house.logged_in("root", Role::Supervisor, None);
    let event = |index, offset_ms, kind: &str, detail: Value| TimelineEvent {
        index,
        offset_ms,
        kind: kind.into(),
        detail: detail.into(),
    };
    let call = house.call(1, |call| {
        call.events = vec![
            event(0, 0, "arrived", json!({"did": "81312345678"})),
            event(1, 4200, "answered", json!({"operator": 101})),
            event(
                2,
                4201,
                "sip",
                json!({"direction": "out", "protocol": "UDP", "from": "192.0.2.1:5060", "to": "192.0.2.2:5060",
                    "start_line": "SIP/2.0 200 OK", "leg": 0, "message": "SIP/2.0 200 OK\r\n\r\n"}),
            ),
        ];
    });
    let story = house.get(&format!("/calls/{call}"), &token).json();
    assert_eq!((&story["caller_display"], &story["did_display"]), (&json!("090-1234-5678"), &json!("03-1234-5678")));
    assert_eq!(story["events"].as_array().unwrap().len(), 3);
    let trace = house.get(&format!("/calls/{call}/trace"), &token);
    assert!(trace.header("content-type").starts_with("text/plain"));
    assert!(trace.text().contains("200 OK"), "{}", trace.text());
    house.get("/calls/nonsense", &token).is_refusal(404, "not_found", None);
}

#[test]
fn r19_calls_as_csv_hold_no_formula() {
    let house = House::new();
    let token = house.logged_in("root", Role::Supervisor, None);
    house.call(1, |call| {
        call.customer_name = "=cmd|' /C calc'!A0".into();
        call.operator_name = "@SUM(1)".into();
        call.did = "-1+1".into();
        call.withheld = "a\"b,c".into();
    });
    // More than a page of the store.
    let others: Vec<_> =
        (2..=600).map(|id| CallRecord { arrived_ms: NOW - i64::try_from(id).unwrap(), ..ended(id) }).collect();
    house.wait(house.store.save_calls(&others)).unwrap();
    let said = house.get("/calls/export", &token);
    assert_eq!(said.header("content-disposition"), "attachment; filename=\"calls.csv\"");
    let text = said.text();
    let lines: Vec<_> = text.strip_prefix('\u{feff}').unwrap().lines().collect();
    assert_eq!(lines.len(), 601);
    assert!(lines[0].starts_with("call,arrived,customer,did,caller,"), "{}", lines[0]);
    assert!(
        lines[1]
            .contains(",2025-11-21 18:25:00,'=cmd|' /C calc'!A0,'-1+1,090-1234-5678,\"a\"\"b,c\",'@SUM(1),cleared,"),
        "{}",
        lines[1]
    );
    let noted = house.wait(house.store.audit(None, None, 1)).unwrap();
    assert_eq!((noted[0].what.as_str(), noted[0].about.as_str()), ("call.export", "600"));
}
