//! The directory over the API: two who change one row, users' roles, firms' logins, telephones' settings; and that whatever is refused
//! is refused in the asker's language.

use crate::common::{House, Said};
use serde_json::{Value, json};
use store::Role;

/// A request with `If-Match` and a language.
fn ask(house: &House, method: &str, path: &str, token: &str, seen: Option<&str>, body: &Value) -> Said {
    let bearer = format!("Bearer {token}");
    let mut headers =
        vec![("authorization", bearer.as_str()), ("content-type", "application/json"), ("accept-language", "ja")];
    headers.extend(seen.map(|seen| ("if-match", seen)));
    house.send(method, path, &headers, Some(body.to_string().into_bytes()))
}

/// What was read, as it can be sent.
fn form(said: &Said) -> Value {
    let mut form = said.json();
    let kept = |key: &String, _: &mut Value| !["id", "active", "realm", "has_password"].contains(&key.as_str());
    form.as_object_mut().unwrap().retain(kept);
    form
}

#[test]
fn two_administrators_do_not_undo_each_others_work() {
    let house = House::new();
    let token = house.logged_in("admin", Role::Admin, None);
    let firm = house.customer("sakura", "さくら歯科", "0312345678");
    let operator = house.operator("101", "佐藤");
    let trunk = house.post("/trunks", &token, json!({"name": "hikari", "host": "192.0.2.1"})).json();
    for (path, field, mine, theirs) in [
        (format!("/customers/{firm}"), "greeting", "私の挨拶", "別の挨拶"),
        (format!("/operators/{operator}"), "name", "佐藤花子", "佐藤太郎"),
        (format!("/trunks/{}", trunk["id"]), "caller_id", "0312345678", "0312345679"),
        ("/settings".to_owned(), "default_greeting", "私の挨拶", "別の挨拶"),
    ] {
        let read = house.get(&path, &token);
        let seen = read.header("etag").to_owned();
        assert!(seen.len() > 10 && seen.starts_with('"'), "{path}: {seen:?}");
        let with = |value: &str| {
            let mut changed = form(&read);
            changed[field] = json!(value);
            changed
        };
        let first = ask(&house, "PUT", &path, &token, Some(&seen), &with(theirs));
        assert_eq!(first.status, 200, "{path}: {}", first.text());
        let second = ask(&house, "PUT", &path, &token, Some(&seen), &with(mine));
        second.is_refusal(409, "conflict", None);
        assert!(second.json()["what"].as_str().unwrap().contains("読み込"), "what to do: {}", second.text());
        assert_eq!(house.get(&path, &token).json()[field], theirs, "{path}");
        // As it is now, it can be changed; a proxy may have made the tag weak; and whoever has not looked is not asked.
        let now = house.get(&path, &token).header("etag").to_owned();
        assert_eq!(now, first.header("etag"), "{path}: what a change answers is what is read then");
        let third = ask(&house, "PUT", &path, &token, Some(&format!("W/{now}")), &with(mine));
        assert_eq!((third.status, &third.json()[field]), (200, &json!(mine)), "{path}: {}", third.text());
        assert_eq!(ask(&house, "PUT", &path, &token, None, &with(theirs)).status, 200);
        assert_eq!(ask(&house, "PUT", &path, &token, Some("*"), &with(mine)).status, 200);
    }
    // A number is part of its firm, whose form holds all of them.
    let path = format!("/customers/{firm}");
    let read = house.get(&path, &token);
    assert_eq!(house.post("/dids", &token, json!({"number": "0312345670", "customer": firm})).status, 201);
    let late = ask(&house, "PUT", &path, &token, Some(read.header("etag")), &form(&read));
    late.is_refusal(409, "conflict", None);
    assert_eq!(house.get(&path, &token).json()["dids"].as_array().unwrap().len(), 2);
}

#[test]
fn a_users_role_and_operator_are_changed_but_nobodys_own_role() {
    let house = House::new();
    let admin = house.user("admin", Role::Admin, None);
    let token = house.session(admin);
    let operator = house.operator("101", "佐藤");
    let user = house.user("hanako", Role::Supervisor, None);
    let path = format!("/users/{user}");
    let put = |path: &str, body: Value| house.ask("PUT", path, Some(&token), Some(body));
    let changed = put(&path, json!({"name": "hanako", "role": "operator", "operator_id": operator}));
    assert_eq!((changed.status, &changed.json()["operator_id"]), (200, &json!(operator)), "{}", changed.text());
    put(&path, json!({"name": "hanako", "role": "operator"})).is_refusal(422, "invalid", Some("operator_id"));
    put(&path, json!({"name": "other", "role": "admin"})).is_refusal(422, "invalid", Some("name"));
    let own = format!("/users/{admin}");
    put(&own, json!({"name": "admin", "role": "supervisor"})).is_refusal(409, "conflict", None);
    assert_eq!(put(&own, json!({"name": "admin", "role": "admin", "operator_id": operator})).status, 200);
    let log = house.get("/audit?what=user.update", &token).json();
    assert_eq!(log["lines"].as_array().unwrap().len(), 2, "{log}");
}

#[test]
fn a_member_of_a_firm_is_made_another_by_the_house_and_one_owner_stays() {
    let house = House::new();
    let token = house.logged_in("admin", Role::Admin, None);
    let firm = house.customer("sakura", "さくら歯科", "0312345678");
    let other = house.customer("aoba", "青葉", "0312345679");
    let at = |firm: i64| format!("/customers/{firm}/members");
    let new = json!({"login": "sato@sakura.example", "name": "佐藤", "role": "owner"});
    let member = house.post(&at(firm), &token, new.clone()).json()["id"].clone();
    let put = |firm: i64, body: Value| house.ask("PUT", &format!("{}/{member}", at(firm)), Some(&token), Some(body));
    let mut changed = new.clone();
    changed["name"] = json!("佐藤一郎");
    assert_eq!(put(firm, changed.clone()).json()["name"], "佐藤一郎");
    changed["role"] = json!("reader");
    put(firm, changed).is_refusal(422, "invalid", Some("role"));
    put(other, new).is_refusal(404, "not_found", None);
}

#[test]
fn an_operators_telephone_is_told_what_to_enter() {
    let house = House::with(|api| {
        api.softphone = Some(web::Softphone {
            domain: "denwaban".into(),
            registrar: "192.0.2.1:5060".parse().unwrap(),
            udp: Some("192.0.2.1:5060".parse().unwrap()),
            tcp: None,
            tls: None,
            wss: None,
            expires_seconds: 120,
        });
    });
    let token = house.logged_in("admin", Role::Admin, None);
    let operator = house.operator("101", "佐藤");
    let told = house.get(&format!("/operators/{operator}/softphone"), &token).json();
    assert_eq!(
        (&told["user"], &told["registrar"], &told["domain"]),
        (&json!("101"), &json!("192.0.2.1:5060"), &json!("denwaban"))
    );
    assert!(!told.to_string().contains("password"), "{told}");
    house.get("/operators/9/softphone", &token).is_refusal(404, "not_found", None);
}

#[test]
fn whatever_is_refused_is_refused_in_the_askers_language() {
    let house = House::new();
    let token = house.logged_in("admin", Role::Admin, None);
    let supervisor = house.logged_in("hanako", Role::Supervisor, None);
    let firm = house.customer("sakura", "さくら歯科", "0312345678");
    let twice =
        json!({"name": "x", "code": "sakura", "dids": ["03-1234-5678", "abc"], "ring_seconds": 500, "team": "a\nb"});
    let (a_firm, put) = (format!("/customers/{firm}"), json!({"code": "sakura", "name": "a"}));
    let requests: Vec<(&str, &str, &str, Value, u16)> = vec![
        ("GET", "/me", "nobody", json!({}), 401),
        ("GET", "/users", &supervisor, json!({}), 403),
        ("GET", "/nowhere", &token, json!({}), 404),
        ("PATCH", "/customers", &token, json!({}), 405),
        ("POST", "/customers", &token, json!([]), 422),
        ("POST", "/customers", &token, json!({"nam": 1}), 422),
        ("POST", "/customers", &token, json!({"code": "あ", "name": ""}), 422),
        ("POST", "/customers", &token, twice, 422),
        ("GET", "/customers/99", &token, json!({}), 404),
        ("PUT", "/customers/99", &token, json!({"code": "other", "name": "a"}), 404),
        ("POST", "/dids", &token, json!({"number": "x", "customer": firm}), 422),
        ("DELETE", "/dids/03-9999-9999", &token, json!({}), 404),
        ("POST", "/operators", &token, json!({"login": "a b", "name": "a", "tier": "x", "digest": "x"}), 422),
        ("PUT", "/operators/9", &token, json!({"login": "101", "name": "a"}), 404),
        ("POST", "/trunks", &token, json!({"name": "a", "host": "a b", "protocol": "x", "user": "u"}), 422),
        ("POST", "/users", &token, json!({"name": "u", "role": "operator"}), 422),
        ("POST", "/users", &token, json!({"name": "hanako", "role": "admin"}), 422),
        ("POST", "/users/99/link", &token, json!({}), 404),
        ("PUT", "/settings", &token, json!({"confirm_seconds": 1, "hold_music": ""}), 422),
        ("POST", "/calls/x/hangup", &token, json!({}), 404),
        ("POST", "/operators/1/state", &token, json!({"ready": true, "reason": "a".repeat(500)}), 422),
        ("POST", "/login", "nobody", json!({"name": "hanako", "password": "wrong horse battery"}), 401),
        ("POST", "/login", "nobody", json!({"name": "hanako"}), 422),
        ("DELETE", "/bans/x", &supervisor, json!({}), 404),
        ("PUT", &a_firm, &token, put, 409),
    ];
    let is_word = |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_english = |text: &str| text.split_whitespace().filter(is_word).count() > 2;
    for (method, path, token, body, status) in requests {
        let seen = (status == 409).then_some("\"old\"");
        let said = ask(&house, method, path, token, seen, &body);
        assert_eq!(said.status, status, "{method} {path}: {}", said.text());
        let refusal = said.json();
        let parts = std::iter::once(&refusal).chain(refusal["problems"].as_array().into_iter().flatten());
        for part in parts {
            for text in [&part["what"], &part["remedy"]].into_iter().filter_map(Value::as_str) {
                assert!(!is_english(text), "{method} {path}: {refusal}");
            }
        }
        // Nobody has said in which language: English, as it was.
        let bearer = format!("Bearer {token}");
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/json"), ("if-match", "\"old\"")];
        let english = house.send(method, path, &headers, Some(body.to_string().into_bytes())).json();
        assert!(is_english(english["what"].as_str().unwrap()), "{method} {path}: {english}");
    }
    // Of a file, each place.
    let bearer = format!("Bearer {token}");
    let headers =
        [("authorization", bearer.as_str()), ("content-type", "text/csv"), ("accept-language", "ja-JP,ja;q=0.9")];
    let csv = "code,name,ring_seconds,x\nあ,,x,1\n";
    let said = house.send("POST", "/customers/import", &headers, Some(csv.into()));
    assert_eq!(said.status, 422, "{}", said.text());
    let rows = said.json()["rows"].clone();
    for row in rows.as_array().unwrap() {
        assert!(!is_english(row["what"].as_str().unwrap()) && !is_english(row["remedy"].as_str().unwrap()), "{rows}");
    }
}
