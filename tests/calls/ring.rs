//! `denwaban call ring` and `denwaban check` beside a switch that runs.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::audio::OPERATOR_HZ;
use crate::support::house::House;
use crate::support::ports;

/// The command's answer, and whether it ended well.
fn cli(house: &House, arguments: &[&str]) -> (Value, String, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_denwaban"))
        .args(["--config", "denwaban.toml", "--json"])
        .args(arguments)
        .current_dir(house.root.path())
        .env("LANG", "C.UTF-8")
        .output()
        .expect("denwaban");
    let answer = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (answer, String::from_utf8_lossy(&output.stderr).into_owned(), output.status.success())
}

#[test]
fn a_test_call_is_answered_by_an_operator_who_is_named_and_heard() {
    let house = House::start();
    house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let operator = house.operator("101", 0);
    let ring = ["call", "ring", "03-5550-0101", "--from", "09011112222", "--seconds", "2", "--patience", "10"];

    let (_, said, well) = cli(&house, &ring);
    assert!(!well && said.contains("trunk add"), "without a trunk the remedy is a line to make one: {said}");

    house.trunk("test", ports::free_block(2), json!({ "match_port": true, "probe_seconds": null }));
    let _phone = house.phone(&operator, OPERATOR_HZ, true);
    let (seen, said, well) = cli(&house, &ring);
    assert!(well, "{seen} {said}");
    assert_eq!((&seen["trunk"], &seen["ending"]), (&json!("test"), &json!("we_hung_up")));
    let record = house.finished(1);
    assert_eq!((&seen["call"], &seen["answered_by"]), (&record["call"], &record["operator_name"]));
    assert_eq!(record["caller"], "819011112222");
    assert!(seen["ringing_ms"].as_u64() < Some(1000) && seen["answered_ms"].as_u64() >= seen["ringing_ms"].as_u64());
    assert!(seen["heard_ms"].as_u64() > Some(1000), "the operator is heard: {seen}");
    house.assert_idle();
}

#[test]
fn check_asks_a_switch_that_runs_for_its_ports_and_every_trunk_for_its_health() {
    let house = House::start();
    house.trunk("silent", ports::free_block(2), json!({}));
    let (findings, said, well) = cli(&house, &["check"]);
    assert!(well, "{findings} {said}");
    let lines = |what: &str| -> Vec<Value> {
        findings.as_array().expect("a list").iter().filter(|line| line["what"] == what).cloned().collect()
    };
    let ports = lines("port");
    assert!(!ports.is_empty(), "{findings}");
    for port in ports {
        assert!(port["verdict"] == "OK" && port["detail"].to_string().contains("Denwaban"), "{port}");
    }
    let trunks = lines("trunk");
    assert!(trunks.iter().any(|line| line["verdict"] == "WARN" && line["detail"].to_string().contains("silent")));
    assert!(trunks.iter().all(|line| line["verdict"] == "OK" || !line["remedy"].to_string().is_empty()));
}
