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
