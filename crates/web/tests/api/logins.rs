//! Logins: who gets in, what the session is, and who does not even get to ask (R01).

use crate::common::{House, NOW, PASSWORD};
use serde_json::json;
use store::Role;

fn cookie(said: &crate::common::Said) -> String {
    said.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

#[test]
fn a_login_gives_a_session_that_scripts_and_other_sites_cannot_have_and_a_logout_ends_it() {
    let house = House::new();
    house.user("hanako", Role::Supervisor, None);
    let said = house.ask("POST", "/login", None, Some(json!({"name": "hanako", "password": PASSWORD})));
    assert_eq!(said.status, 200, "{}", said.text());
    let body = said.json();
    assert_eq!((&body["name"], &body["role"]), (&json!("hanako"), &json!("supervisor")));
    let attributes = said.header("set-cookie").to_ascii_lowercase();
    for attribute in ["httponly", "samesite=strict", "path=/"] {
        assert!(attributes.contains(attribute), "{attributes}");
    }
    assert!(!attributes.contains("secure"), "only said to be for HTTPS where it is: {attributes}");

    let cookie = cookie(&said);
    let token = body["token"].as_str().unwrap();
    assert_eq!(house.send("GET", "/me", &[("cookie", &cookie)], None).status, 200);
    assert_eq!(house.get("/me", token).json()["name"], "hanako");

    assert_eq!(house.send("POST", "/logout", &[("cookie", &cookie)], None).status, 204);
    house.send("GET", "/me", &[("cookie", &cookie)], None).is_refusal(401, "unauthorized", None);
    house.get("/me", token).is_refusal(401, "unauthorized", None);
}

#[test]
fn r01_an_unknown_name_and_a_wrong_password_get_the_same_answer() {
    let house = House::new();
    house.user("hanako", Role::Supervisor, None);
    let wrong = house.ask("POST", "/login", None, Some(json!({"name": "hanako", "password": "wrong"})));
    let unknown = house.ask("POST", "/login", None, Some(json!({"name": "nobody", "password": "wrong"})));
    wrong.is_refusal(401, "unauthorized", None);
    assert_eq!(wrong.bytes, unknown.bytes);
    let names = |said: &crate::common::Said| said.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&wrong), names(&unknown));
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
}

#[test]
fn r01_after_ten_failures_even_the_right_password_waits() {
    let house = House::new();
    house.user("hanako", Role::Supervisor, None);
    for _ in 0..10 {
        let said = house.ask("POST", "/login", None, Some(json!({"ticket": "guessed"})));
        said.is_refusal(401, "unauthorized", None);
    }
    let said = house.ask("POST", "/login", None, Some(json!({"name": "hanako", "password": PASSWORD})));
    said.is_refusal(429, "too_many", None);
    assert_eq!(said.header("retry-after"), "90", "and is told how long");
}

#[test]
fn a_ticket_logs_in_once_and_not_a_user_who_has_ended() {
    let house = House::new();
    let (user, ended) = (house.user("first", Role::Admin, None), house.user("ended", Role::Admin, None));
    house.tickets.issue("one-time".into(), user, NOW);
    house.tickets.issue("for-nobody".into(), ended, NOW);
    house.wait(house.store.deactivate_user(ended)).unwrap();
    let said = house.ask("POST", "/login", None, Some(json!({"ticket": "one-time"})));
    assert_eq!((said.status, &said.json()["role"]), (200, &json!("admin")));
    house.ask("POST", "/login", None, Some(json!({"ticket": "one-time"}))).is_refusal(401, "unauthorized", None);
    house.ask("POST", "/login", None, Some(json!({"ticket": "for-nobody"}))).is_refusal(401, "unauthorized", None);
}

#[test]
fn a_new_password_or_the_end_of_a_user_ends_the_sessions() {
    let house = House::new();
    let admin = house.logged_in("root", Role::Admin, None);
    let hanako = house.user("hanako", Role::Supervisor, None);
    let session = house.session(hanako);
    assert_eq!(house.get("/me", &session).status, 200);
    let said = house.ask("POST", &format!("/users/{hanako}/password"), Some(&admin), None);
    assert_eq!(said.status, 200, "{}", said.text());
    assert_eq!(house.get("/me", &session).status, 401);

    let session = house.session(hanako);
    assert_eq!(house.ask("DELETE", &format!("/users/{hanako}"), Some(&admin), None).status, 204);
    assert_eq!(house.get("/me", &session).status, 401);
    let own = house.get("/me", &admin).json()["id"].as_i64().unwrap();
    house.ask("DELETE", &format!("/users/{own}"), Some(&admin), None).is_refusal(409, "conflict", None);
}

#[test]
fn another_sites_page_changes_nothing() {
    let house = House::new();
    let user = house.user("root", Role::Admin, None);
    let cookie = format!("denwaban={}", house.session(user));
    let own = format!("http://{}", house.address);
    for (headers, status) in [
        (vec![("origin", "https://evil.example")], 403),
        (vec![("origin", "null")], 403),
        (vec![("sec-fetch-site", "cross-site")], 403),
        (vec![("sec-fetch-site", "same-site")], 403),
        (vec![("origin", own.as_str()), ("sec-fetch-site", "same-origin")], 204),
    ] {
        let all = [headers.as_slice(), &[("cookie", &cookie)]].concat();
        assert_eq!(house.send("POST", "/logout", &all, None).status, status, "{headers:?}");
    }
    // The last one was ours.
    assert_eq!(house.send("GET", "/me", &[("cookie", &cookie)], None).status, 401);
}

#[test]
fn credentials_are_a_pair_or_a_ticket() {
    let house = House::new();
    for body in [json!({}), json!({"name": "a"}), json!({"name": "a", "password": "b", "ticket": "c"})] {
        house.ask("POST", "/login", None, Some(body)).is_refusal(422, "invalid", Some("name"));
    }
    house.ask("POST", "/login", None, Some(json!({"user": "a"}))).is_refusal(422, "invalid", Some("user"));
}
