//! The database goes away and comes back: calls never wait for it.

use std::time::Duration;

use serde_json::json;

use crate::databases::Postgres;
use crate::support::audio::{CALLER_HZ, OPERATOR_HZ, channel, seconds_of};
use crate::support::house::{House, SOON};
use crate::support::{pause, ports, until};

#[test]
fn r24_with_postgresql_stopped_calls_are_answered_and_recorded_and_their_rows_come_when_it_is_back_exactly_once() {
    let mut server = Postgres::new(true);
    let url = server.url("postgres");
    let house = House::start_with(&format!("[database]\nurl = \"{url}\"\njournal = \"{{folder}}/journal\"\n"));
    house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let operator = house.operator("101", 0);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut phone = house.phone(&operator, OPERATOR_HZ, true);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    let mut call = || {
        caller.command("dial", &format!("sip:0355500101@{}", house.sip));
        phone.wait("CALL_ESTABLISHED");
        caller.wait("CALL_ESTABLISHED");
        pause(Duration::from_millis(1500));
        caller.command("hangup", "");
        phone.wait("CALL_CLOSED");
    };
    call();
    house.finished(1);

    server.stop();
    call();
    call();
    let recordings = house.root.path().join("recordings");
    until("three recordings are complete", SOON, || {
        (super::crash::files(&recordings, ".wav").len() == 3 && super::crash::files(&recordings, ".part").is_empty())
            .then_some(())
    });

    server.start();
    let record = house.finished(3);
    let list = house.get("/calls?limit=500");
    let list = list["calls"].as_array().expect("calls");
    assert_eq!(list.len(), 3, "each call once");
    for call in list {
        let call = house.get(&format!("/calls/{}", call["call"].as_str().expect("a call")));
        let left = channel(&house.recording(&call), 0);
        assert!(seconds_of(&left, CALLER_HZ) > 1.0, "{call}");
        let kinds: Vec<&str> =
            call["events"].as_array().expect("events").iter().filter_map(|e| e["kind"].as_str()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "answered").count(), 1, "the story is told once: {kinds:?}");
    }
    assert_eq!(record["customer_name"], "さくら歯科");
}
