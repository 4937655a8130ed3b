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
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (played, complaint) = (text(&output.stdout), text(&output.stderr));
    // The end of it, and last what failed: a long message is cut where it is read.
    let last =
        |text: &str| text.lines().rev().take(10).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n");
    let said = format!("{}\n{}\n{}", output.status, last(&played), last(&complaint));
    assert!(output.status.success(), "{said}");
    assert_eq!(played.matches("  OK  ").count(), 8, "{said}");
}
