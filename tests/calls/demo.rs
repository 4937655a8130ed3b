//! The whole story with real speech, as a newcomer plays it.

use std::process::Command;

use crate::support::Place;

#[test]
fn the_demo_plays_its_story_and_everything_is_heard_recorded_and_found() {
    let _place = Place::take();
    let output = Command::new(env!("CARGO_BIN_EXE_denwaban"))
        .args(["demo", "--script"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("LANG", "C.UTF-8")
        .output()
        .expect("denwaban");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("  OK  ").count(), 7, "{said}");
    assert!(!said.contains("no speech synthesiser"), "{said}");
}
