//! Sources that are not listened to: seen, forgiven, and who forgave is on record.

use crate::common::{House, NOW, ban};
use serde_json::json;
use store::Role;
use switch::Command;

#[test]
fn r01_bans_are_listed_with_their_reasons_and_cleared_one_by_one_or_all() {
    let house = House::new();
    let token = house.logged_in("hanako", Role::Supervisor, None);
    assert_eq!(house.get("/bans", &token).json(), json!([]));
    *house.switchboard.bans.lock().unwrap() = vec![ban("203.0.113.66"), ban("2001:db8::66")];
    let listed = house.get("/bans", &token).json();
    let first = json!({"source": "203.0.113.66", "reason": "passwords", "failures": 20, "until_ms": NOW + 300_000});
    assert_eq!((&listed[0], listed.as_array().unwrap().len()), (&first, 2));
    let clear = |path: &str| house.ask("DELETE", path, Some(&token), None);
    assert_eq!(clear("/bans/203.0.113.66").json(), json!([first]));
    assert_eq!(clear("/bans/2001:db8::66").json()[0]["source"], "2001:db8::66");
    clear("/bans/203.0.113.67").is_refusal(404, "not_found", None);
    clear("/bans/everyone").is_refusal(404, "not_found", None);
    assert_eq!(clear("/bans").json().as_array().unwrap().len(), 2);
    let commands = house.switchboard.commands.lock().unwrap();
    let source = |text: &str| Command::ClearBans { source: Some(text.parse().unwrap()) };
    assert_eq!(commands[..2], [source("203.0.113.66"), source("2001:db8::66")]);
    assert_eq!(commands.last(), Some(&Command::ClearBans { source: None }));
    let audit = house.wait(house.store.audit(None, None, 10)).unwrap();
    let cleared: Vec<_> = audit.iter().filter(|line| line.what == "ban.clear").collect();
    assert_eq!(cleared.len(), 4);
    assert!(cleared.iter().all(|line| line.who == "hanako"), "{cleared:?}");
    assert_eq!(cleared.last().unwrap().about, "203.0.113.66");
}

#[test]
fn by_the_machines_own_socket_nobody_logs_in_and_the_audit_log_says_so() {
    let house = House::new();
    *house.switchboard.bans.lock().unwrap() = vec![ban("203.0.113.66")];
    let address = house.serve_locally();
    let asker: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    let mut answer = asker.delete(format!("http://{address}/api/v1/bans")).call().unwrap();
    assert!(answer.body_mut().read_to_string().unwrap().contains("203.0.113.66"));
    let audit = house.wait(house.store.audit(None, None, 10)).unwrap();
    assert_eq!((audit[0].who.as_str(), audit[0].what.as_str()), ("command line", "ban.clear"));
}

#[test]
fn an_administrator_shuts_a_block_out_by_hand_and_never_the_own_address_by_mistake() {
    let house = House::new();
    let admin = house.logged_in("root", Role::Admin, None);
    let supervisor = house.logged_in("shunin", Role::Supervisor, None);
    let shut = |token: &str, body| house.post("/bans/by-hand", token, body);
    shut(&supervisor, json!({"network": "203.0.113.66", "reason": "x"})).is_refusal(403, "forbidden", None);
    for (body, field) in [
        (json!({"network": "everyone", "reason": "x"}), "network"),
        (json!({"network": "192.0.0.0/2", "reason": "x"}), "network"),
        (json!({"network": "203.0.113.66", "reason": " "}), "reason"),
        (json!({"network": "203.0.113.66", "reason": "x", "until_ms": NOW}), "until_ms"),
    ] {
        shut(&admin, body).is_refusal(422, "invalid", Some(field));
    }
    // Asked from 127.0.0.1: warned, and done if it is meant.
    shut(&admin, json!({"network": "127.0.0.0/8", "reason": "x"})).is_refusal(409, "conflict", Some("network"));
    assert_eq!(house.get("/bans/by-hand", &admin).json(), json!([]));
    let changed = house.switchboard.changed.load(std::sync::atomic::Ordering::SeqCst);
    let own = shut(&admin, json!({"network": "127.0.0.0/8", "reason": "x", "even_me": true}));
    assert_eq!(own.status, 201, "{}", own.text());
    let block = shut(&admin, json!({"network": "203.0.113.66/24", "reason": "総当たり", "until_ms": NOW + 60_000}));
    let block = block.json();
    assert_eq!((&block["network"], &block["made_by"]), (&json!("203.0.113.0/24"), &json!("root")));
    assert_eq!(house.switchboard.changed.load(std::sync::atomic::Ordering::SeqCst), changed + 2, "the switch is told");
    let loaded = house.wait(house.store.load_directory("denwaban", |_| Ok(Vec::new()))).unwrap();
    let held: Vec<String> =
        loaded.directory.shut.iter().map(|shut| format!("{}/{}", shut.network, shut.prefix)).collect();
    assert_eq!(held, ["203.0.113.0/24", "127.0.0.0/8"]);
    let lift = |id: &serde_json::Value| house.ask("DELETE", &format!("/bans/by-hand/{id}"), Some(&admin), None);
    assert_eq!(lift(&own.json()["id"]).status, 200);
    lift(&own.json()["id"]).is_refusal(404, "not_found", None);
    let listed = house.get("/bans/by-hand", &supervisor).json();
    assert_eq!((&listed[0]["id"], &listed[1]["lifted_by"]), (&block["id"], &json!("root")), "{listed}");
    let audit = house.wait(house.store.audit(None, None, 20)).unwrap();
    let of =
        |what: &str| audit.iter().filter(|line| line.what == what).map(|line| line.about.clone()).collect::<Vec<_>>();
    assert_eq!((of("ban.add").len(), of("ban.lift")), (2, vec!["127.0.0.0/8".to_owned()]));
}

#[test]
fn whom_a_request_is_for_may_be_named_by_the_machines_own_socket_and_nowhere_else() {
    let house = House::new();
    let (one, other) = (house.operator("101", "山田"), house.operator("102", "鈴木"));
    let address = house.serve_locally();
    let asker: ureq::Agent = ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().into();
    let named = |operator: &str| {
        let asked = asker.get(format!("http://{address}/api/v1/me")).header(web::FOR_OPERATOR, operator);
        let mut answer = asked.call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str::<serde_json::Value>(&text).unwrap())
    };
    let (status, who) = named(&one.to_string());
    assert_eq!((status, &who["operator"], &who["name"]), (200, &json!(one), &json!("command line")));
    assert_eq!(named("nobody").0, 422);
    assert_eq!(named("4711").0, 404);
    // Whoever has logged in is who has logged in.
    let token = house.logged_in("hanako", Role::Operator, Some(one));
    let other = other.to_string();
    let headers = [("Authorization", &*format!("Bearer {token}")), (web::FOR_OPERATOR, &*other)];
    assert_eq!(house.send("GET", "/me", &headers, None).json()["operator"], one);
}
