//! Prometheus' own opinion of the configuration that we give it: it reads it, and its alarms are raised when they should be.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use std::path::Path;
use std::process::Command;

/// Runs `promtool` in the folder of the configuration.
#[track_caller]
fn promtool(arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = root.join("target/promtool/promtool");
    assert!(program.is_file(), "promtool is not installed: run ./test, which puts it into {}", program.display());
    let output =
        Command::new(program).args(arguments).current_dir(root.join("config/prometheus")).output().expect("promtool");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "promtool {arguments:?}: {}", String::from_utf8_lossy(&said));
}

#[test]
fn the_configuration_and_the_rules_are_read_without_complaint() {
    promtool(&["check", "rules", "denwaban.rules.yml"]);
    // The token's file is the reader's to make.
    promtool(&["check", "config", "--syntax-only", "prometheus.yml"]);
}

#[test]
fn each_alarm_is_raised_when_it_should_be_and_not_before() {
    promtool(&["test", "rules", "denwaban.rules.test.yml"]);
}
