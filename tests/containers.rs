//! The container files, as far as they can be checked without an engine: what they copy exists, what they publish is what the
//! configuration listens on, the variables they set are ones that we read.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Instructions of the Dockerfile, continued lines joined.
fn instructions() -> Vec<String> {
    let joined = read("Dockerfile").replace("\\\n", " ");
    joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn everything_that_is_copied_into_the_image_exists() {
    let ignored = read(".dockerignore");
    for line in instructions().iter().filter(|line| line.starts_with("COPY")) {
        let parts: Vec<&str> = line.split_whitespace().skip(1).collect();
        if let Some(from) = parts.iter().find(|part| part.starts_with("--from=")) {
            let stage = from.trim_start_matches("--from=");
            assert!(
                instructions().iter().any(|line| line.ends_with(&format!(" AS {stage}"))),
                "{line}: there is no stage {stage}"
            );
            continue;
        }
        for source in &parts[..parts.len() - 1] {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(source).exists(), "{line}: {source} does not exist");
            assert!(!ignored.lines().any(|pattern| pattern == *source), "{line}: {source} is in .dockerignore");
        }
    }
}

#[test]
fn the_image_builds_with_a_new_enough_compiler_and_what_the_lock_file_says() {
    let minimum =
        minor(read("Cargo.toml").lines().find(|line| line.starts_with("rust-version")).expect("rust-version"));
    let image = instructions().into_iter().find(|line| line.starts_with("FROM rust:")).expect("a rust image");
    assert!(minor(&image) >= minimum, "{image} is older than 1.{minimum}");
    assert!(instructions().iter().any(|line| line.contains("cargo build") && line.contains("--locked")));
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock").exists());
}

fn minor(text: &str) -> u32 {
    let after = text.split("1.").nth(1).expect("a version");
    after.chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a number")
}

#[test]
fn the_binary_understands_the_commands_that_the_image_runs() {
    for line in instructions()
        .iter()
        .filter(|line| line.starts_with("ENTRYPOINT") || line.starts_with("CMD") || line.starts_with("HEALTHCHECK"))
    {
        let json = &line[line.find('[').expect("exec form")..];
        let words: Vec<String> = serde_json::from_str(json).unwrap_or_else(|e| panic!("{line}: {e}"));
        let verb =
            words.iter().skip_while(|word| !["serve", "check"].contains(&word.as_str())).cloned().collect::<Vec<_>>();
        if verb.is_empty() {
            continue;
        }
        let help = Command::new(env!("CARGO_BIN_EXE_denwaban")).args(&verb).arg("--help").output().expect("denwaban");
        assert!(help.status.success(), "denwaban {verb:?}: {}", String::from_utf8_lossy(&help.stderr));
    }
}

#[test]
fn what_is_published_is_what_the_shipped_configuration_listens_on() {
    let exposed: String = instructions().iter().filter(|line| line.starts_with("EXPOSE")).cloned().collect();
    let config = read("config/denwaban.toml");
    for port in ["5060", "5061", "7443", "8080", "20000"] {
        assert!(exposed.contains(port), "{port} is not exposed");
        assert!(config.contains(port), "{port} is not in the configuration");
    }
}

/// A small reader for the part of YAML that the compose file is written in: keys by indentation.
fn keys(yaml: &str, parent: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut inside = None;
    for line in yaml.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        let indent = line.len() - line.trim_start().len();
        match inside {
            None if line.trim_end() == format!("{}{parent}:", " ".repeat(indent)) => inside = Some(indent),
            Some(outer) if indent <= outer => inside = None,
            Some(outer) if indent == outer + 2 && line.contains(':') => {
                found.insert(line.trim().split(':').next().unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_compose_file_has_the_three_services_and_its_references_hold() {
    let compose = read("docker-compose.yml");
    assert_eq!(keys(&compose, "services"), ["database", "mail", "switch"].map(str::to_owned).into());
    let volumes = keys(&compose, "volumes");
    for line in compose.lines().map(str::trim).filter(|line| line.starts_with("- ") && line.contains(":/")) {
        let volume = line.trim_start_matches("- ").split(':').next().unwrap_or_default().to_owned();
        assert!(volumes.contains(&volume), "volume {volume} is not declared");
    }
    for service in keys(&compose, "depends_on") {
        assert!(keys(&compose, "services").contains(&service), "{service} is no service");
    }
    assert!(!compose.contains(":latest"), "images have versions");
}

#[test]
fn every_variable_that_the_compose_file_sets_is_one_that_the_switch_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let compose = read("docker-compose.yml");
    let names: Vec<&str> = compose
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("DENWABAN_"))
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect();
    assert!(!names.is_empty());
    for name in names {
        // A value that no setting of that name can have is refused by name; an unknown variable is refused as unknown.
        let output = Command::new(env!("CARGO_BIN_EXE_denwaban"))
            .arg("check")
            .current_dir(folder.path())
            .env_clear()
            .env("LANG", "C.UTF-8")
            .env(name, "\u{1}nonsense")
            .output()
            .expect("denwaban");
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && said.contains(name) && !said.contains("unknown"), "{name}: {said}");
    }
}
