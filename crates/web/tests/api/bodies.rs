//! Bodies that are wrong are refused with the place and the remedy, and change nothing.

use std::sync::atomic::Ordering;

use crate::common::House;
use serde_json::{Value, json};
use store::Role;

fn furnished() -> (House, String) {
    let house = House::new();
    let token = house.logged_in("root", Role::Admin, None);
    (house, token)
}

fn send(house: &House, token: &str, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> crate::common::Said {
    let bearer = format!("Bearer {token}");
    house.send("POST", path, &[("authorization", &bearer), ("content-type", kind)], Some(body.into()))
}

#[test]
fn a_wrong_body_is_refused_with_the_field_that_is_wrong() {
    let (house, token) = furnished();
    let form = |change: Value| {
        let mut form = json!({"code": "sakura", "name": "さくら歯科"});
        form.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        form
    };
    for (body, field) in [
        (form(json!({"colour": "red"})), "colour"),
        (form(json!({"ring_seconds": "ten"})), "ring_seconds"),
        (form(json!({"ring_seconds": -1})), "ring_seconds"),
        (form(json!({"ring_seconds": 9999})), "ring_seconds"),
        (form(json!({"plan": "loudest"})), "plan"),
        (form(json!({"targets": [{"name": "院長", "number": "090-1111-2222"}]})), "targets[0].ring_seconds"),
        (form(json!({"targets": [{"name": "院長", "number": "0570-000-000", "ring_seconds": 20}]})), "targets"),
        (form(json!({"transfer": "sometimes"})), "transfer"),
        (form(json!({"dids": ["12"]})), "dids"),
        (form(json!({"code": "さくら"})), "code"),
        (form(json!({"name": ""})), "name"),
        (form(json!({"name": null})), "name"),
    ] {
        house.post("/customers", &token, body).is_refusal(422, "invalid", Some(field));
    }
    let several = house.post("/customers", &token, json!({"code": "!", "name": "", "priority": 77}));
    several.is_refusal(422, "invalid", Some("code"));
    let fields: Vec<_> = several.json()["problems"].as_array().unwrap().iter().map(|p| p["field"].clone()).collect();
    assert_eq!(fields, ["code", "name", "priority"]);
    assert_eq!(house.get("/customers", &token).json(), json!([]));
    assert_eq!(house.switchboard.changed.load(Ordering::SeqCst), 0);

    house.post("/users", &token, json!({"name": "new", "role": "king"})).is_refusal(422, "invalid", Some("role"));
    house.post("/users", &token, json!({"name": "new"})).is_refusal(422, "invalid", Some("role"));
    house.post("/users", &token, json!({"name": "new", "role": "admin", "isAdmin": true})).is_refusal(
        422,
        "invalid",
        Some("isAdmin"),
    );
    house.post("/users", &token, json!({"name": "new", "role": "admin", "password": "short"})).is_refusal(
        422,
        "invalid",
        Some("password"),
    );
    house.post("/dids", &token, json!({"number": "0312345678", "customer": "x"})).is_refusal(
        422,
        "invalid",
        Some("customer"),
    );
    house.post("/operators/1/state", &token, json!({"ready": 1})).is_refusal(422, "invalid", Some("ready"));
    house.post("/operators/1/state", &token, json!({"ready": false, "reason": "x".repeat(101)})).is_refusal(
        422,
        "invalid",
        Some("reason"),
    );
}

#[test]
fn what_is_not_json_is_told_so() {
    let (house, token) = furnished();
    let json_kind = "application/json";
    send(&house, &token, "/customers", json_kind, "{\"code\": ").is_refusal(400, "malformed", None);
    send(&house, &token, "/customers", json_kind, "").is_refusal(400, "malformed", None);
    send(&house, &token, "/customers", json_kind, b"{\"code\": \"\xff\"}".to_vec()).is_refusal(400, "malformed", None);
    send(&house, &token, "/customers", json_kind, "[".repeat(10_000)).is_refusal(422, "invalid", None);
    send(&house, &token, "/customers", "text/plain", "{}").is_refusal(415, "wrong_type", None);
    send(&house, &token, "/customers", "application/x-www-form-urlencoded", "a=b").is_refusal(415, "wrong_type", None);
    send(&house, &token, "/customers", "application/json; charset=utf-8", "{}").is_refusal(
        422,
        "invalid",
        Some("code"),
    );
}

#[test]
fn a_body_that_is_too_large_is_not_read() {
    let (house, token) = furnished();
    let large = json!({"code": "a", "name": "a", "manual": "x".repeat(256 * 1024)}).to_string();
    send(&house, &token, "/customers", "application/json", large).is_refusal(413, "too_large", None);
    let file = vec![b'a'; (16 << 20) + 1];
    send(&house, &token, "/customers/import", "text/csv", file).is_refusal(413, "too_large", None);
}

#[test]
fn addresses_and_methods_that_are_none_are_told_so() {
    let (house, token) = furnished();
    for path in ["/nothing", "/", "", "//api/v2/calls", "//nothing.js", "/calls/x/y/z"] {
        house.get(path, &token).is_refusal(404, "not_found", None);
    }
    house.get("/customers/abc", &token).is_refusal(404, "not_found", None);
    house.get("/customers/99999999999999999999", &token).is_refusal(404, "not_found", None);
    house.get("/customers/4711", &token).is_refusal(404, "not_found", None);
    let said = house.ask("DELETE", "/customers", Some(&token), None);
    said.is_refusal(405, "wrong_method", None);
    assert!(said.header("allow").contains("POST"), "{}", said.header("allow"));
}

#[test]
fn no_answer_is_kept_framed_or_guessed_at() {
    let (house, token) = furnished();
    for path in ["/me", "/calls", "/nothing", "/customers/abc", "/openapi.json"] {
        let said = house.get(path, &token);
        assert_eq!(said.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(said.header("cache-control"), "no-store", "{path}");
        assert_eq!(said.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'", "{path}");
        assert_eq!(said.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(said.header("content-type"), "application/json", "{path}");
    }
}

#[test]
fn a_csv_file_is_taken_whole_or_not_at_all() {
    let (house, token) = furnished();
    let bad =
        "code,name,dids,ring_seconds\nsakura,さくら歯科,03-1234-5678,15\nume,,03-1234-5679,15\nmomo,もも薬局,12,x\n";
    let said = send(&house, &token, "/customers/import", "text/csv", bad);
    said.is_refusal(422, "invalid", None);
    let rows: Vec<_> = said.json()["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["line"].clone(), row["column"].clone()))
        .collect();
    for place in [(3, "name"), (4, "dids"), (4, "ring_seconds")] {
        assert!(rows.contains(&(json!(place.0), json!(place.1))), "{place:?} in {rows:?}");
    }
    assert!(said.json()["rows"][0]["remedy"].is_string());
    assert_eq!(house.get("/customers", &token).json(), json!([]));
    assert_eq!(house.switchboard.changed.load(Ordering::SeqCst), 0);

    let good = "\u{feff}code,name,dids\nsakura,さくら歯科,03-1234-5678\nume,\"'=梅\",03-1234-5679\n";
    let said = send(&house, &token, "/customers/import", "text/csv", good);
    assert_eq!((said.status, said.json()), (200, json!({"created": 2, "updated": 0})), "{}", said.text());
    assert_eq!(house.switchboard.changed.load(Ordering::SeqCst), 1);
    assert_eq!(house.get("/dids/%2B81-3-1234-5679", &token).json()["code"], "ume");

    let export = house.get("/customers/export", &token);
    assert!(export.text().contains("ume,'=梅,"), "{}", export.text());
    let again = send(&house, &token, "/customers/import", "text/csv", export.bytes);
    assert_eq!(again.json(), json!({"created": 0, "updated": 2}));
    house.get("/customers", &token).json().as_array().unwrap().iter().for_each(|row| assert_ne!(row["name"], "'=梅"));
}

#[test]
fn passwords_are_shown_once_and_changes_are_in_the_audit_log() {
    let (house, token) = furnished();
    let said = house.post("/operators", &token, json!({"login": "101", "name": "花子"}));
    assert_eq!(said.status, 201, "{}", said.text());
    assert_eq!(said.json()["sip_password"].as_str().unwrap().len(), 20);
    let id = said.json()["operator"]["id"].as_i64().or_else(|| said.json()["id"].as_i64()).unwrap();
    let chosen = house.post(&format!("/operators/{id}/password"), &token, json!({"password": "another long one"}));
    assert_eq!(chosen.json()["password"], "another long one");
    let trunk = json!({"name": "hikari", "host": "192.0.2.1", "user": "u", "password": "top secret"});
    assert_eq!(house.post("/trunks", &token, trunk).status, 201);
    for path in ["/operators", "/trunks", "/users"] {
        let text = house.get(path, &token).text();
        assert!(
            !text.contains("secret") && !text.contains("another") && !text.contains("ha1") && !text.contains("argon"),
            "{text}"
        );
    }
    let lines = house.wait(house.store.audit(None, None, 10)).unwrap();
    let what: Vec<_> = lines.iter().rev().map(|line| (line.who.as_str(), line.what.as_str())).collect();
    assert_eq!(what, [("root", "operator.create"), ("root", "operator.password"), ("root", "trunk.create")]);
}
