//! What an administrator does on the command line, with the real binary: firms, their plans and calendars, operators.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What the verb says, and whether it worked.
fn said(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_denwaban"))
        .args(arguments)
        .current_dir(folder)
        .env("LANG", "C.UTF-8")
        .output()
        .expect("denwaban");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let (worked, text) = said(folder, arguments);
    assert!(worked, "{arguments:?}: {text}");
    text
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let text = done(folder, &[arguments, &["--json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"))
}

#[test]
fn x14_a_firms_plan_and_calendar_by_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let add = ["client", "add", "--code", "sakura-dental", "--name", "さくら歯科", "--did", "0312345678"];
    let firm = json(folder, &add);
    assert_eq!(firm["plan"], "widening", "{firm}");
    let steps = "0:best1,1:best3,2:everyone,2.5:supervisors,2.5:managers";
    let set = [
        "customer",
        "set",
        "sakura-dental",
        "--plan",
        "widening",
        "--steps",
        steps,
        "--tell",
        "position",
        "--team",
        "a",
    ];
    let firm = json(folder, &set);
    assert_eq!((firm["steps"][3]["after_ms"].as_i64(), firm["team"].as_str()), (Some(7_500), Some("a")), "{firm}");
    assert_eq!(firm["dids"][0], "81312345678", "what is not given stays");
    let shown = done(folder, &["client", "show", "sakura-dental"]);
    assert!(shown.contains(&format!("widening {steps}")) && shown.contains("position"), "{shown}");

    let closed = "2026-12-29..2027-01-03 年末年始のため、1月4日までお休みをいただいております。";
    let hours = "mon-fri 9:00-12:00,13:00-18:00; sat 9:00-12:00";
    let calendar = ["client", "calendar", "sakura-dental", "--hours", hours, "--holidays", "on", "--closed", closed];
    done(folder, &calendar);
    done(folder, &["client", "calendar", "sakura-dental", "--when-closed", "announce"]);
    let at = |time: &str| json(folder, &["did", "check", "0312345678", "--at", time])["now"].clone();
    let new_year = at("2026-12-29 18:05");
    assert_eq!(
        (new_year["standing"].as_str(), new_year["why"].as_str()),
        (Some("closed"), Some("period")),
        "{new_year}"
    );
    assert!(new_year["spoken"].as_str().is_some_and(|text| text.starts_with("年末年始のため")), "{new_year}");
    assert_eq!(at("2027-01-04 09:00")["standing"], "open");
    assert_eq!(at("2026-11-03 10:00")["why"]["holiday"], "文化の日");
    let shown = done(folder, &["did", "check", "03-1234-5678", "--at", "2026-12-29 18:05"]);
    assert!(shown.contains("2027-01-04 09:00:00") && shown.contains("年末年始のため"), "{shown}");

    // One period is taken away again; one that is not there is a mistake.
    done(folder, &["client", "calendar", "sakura-dental", "--remove", "2026-12-29..2027-01-03"]);
    assert_eq!(at("2026-12-30 10:00")["standing"], "open");
    let (worked, text) = said(folder, &["client", "calendar", "sakura-dental", "--remove", "2026-12-29..2027-01-03"]);
    assert!(!worked && text.contains("--remove"), "{text}");
    done(folder, &calendar);

    let csv = done(folder, &["client", "export"]);
    std::fs::write(folder.join("firms.csv"), &csv).expect("a file");
    done(folder, &["client", "import", "firms.csv"]);
    assert_eq!(done(folder, &["client", "export"]), csv, "what is exported is read back the same");
    done(folder, &["client", "remove", "sakura-dental"]);
    let (worked, text) = said(folder, &["client", "set", "sakura-dental", "--priority", "3"]);
    assert!(!worked && text.contains("sakura-dental"), "{text}");
}

#[test]
fn operators_tiers_teams_and_languages_by_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    done(folder, &["client", "add", "--code", "sakura-dental", "--name", "さくら歯科"]);
    let add = [
        "operator",
        "add",
        "--login",
        "901",
        "--name",
        "主任",
        "--tier",
        "supervisor",
        "--team",
        "a",
        "--language",
        "en",
    ];
    let more = ["--rank", "3", "--knows", "sakura-dental", "--wrap-up-max", "180"];
    let operator = json(folder, &[&add[..], &more].concat())["operator"].clone();
    assert_eq!((operator["tier"].as_str(), operator["rank"].as_i64()), (Some("supervisor"), Some(3)), "{operator}");
    assert_eq!(operator["skills"], serde_json::json!([["lang:en", 50]]));
    assert_eq!(operator["knows"][0], "sakura-dental");
    let operator = json(folder, &["operator", "set", "901", "--team", "b", "--team", "a", "--skill", "医療=5"]);
    assert_eq!(operator["teams"], serde_json::json!(["a", "b"]));
    assert_eq!(operator["skills"], serde_json::json!([["医療", 5], ["lang:en", 50]]));
    let shown = done(folder, &["operator", "show", "901"]);
    assert!(shown.contains("supervisor") && shown.contains("en=50") && shown.contains("sakura-dental"), "{shown}");
    for (arguments, word) in [
        (["operator", "set", "901", "--tier", "boss"], "tier"),
        (["operator", "set", "901", "--knows", "nobody"], "knows"),
        (["client", "set", "sakura-dental", "--plan", "fastest"], "--plan"),
        (["client", "calendar", "sakura-dental", "--hours", "whenever"], "--hours"),
        (["did", "check", "0312345678", "--at", "someday"], "--at"),
    ] {
        let (worked, text) = said(folder, &arguments);
        assert!(!worked && text.contains(word), "{arguments:?}: {text}");
    }
}
