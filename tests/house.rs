//! The house checks itself: floors, lints, the size and the first line of every file, words that are not ours. A rule with a
//! reason and a machine behind it needs no reviewer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test from top to bottom"
)]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// Crates by floor; a crate uses only crates on lower floors (HOUSE).
const FLOORS: &[&[&str]] = &[
    &["sip", "sdp", "rtp", "srtp", "ice", "codec", "acd", "number"],
    &["endpoint", "report"],
    &["switch"],
    &["transport", "media", "store", "simulation", "receivers"],
    &["web", "notify"],
    &["denwaban"],
];
/// Floors below this one have no clock, socket, file, task or SQL.
const FIRST_FLOOR_WITH_HANDS: usize = 3;
/// What pure crates do not have in their manifests.
const HANDS: &[&str] = &[
    "tokio",
    "tokio-rustls",
    "tokio-tungstenite",
    "hickory-resolver",
    "sqlx",
    "rustix",
    "socket2",
    "libc",
    "mio",
    "axum",
    "reqwest",
    "lettre",
    "async-imap",
    "ureq",
    "tracing-subscriber",
];
/// Lines of a file before its tests.
const FILE_LINES_MAX: usize = 500;

/// Words that are not ours, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    ("unbounded_channel", "every queue has a named limit (R45)"),
    ("unsafe {", "no unsafe code: the lint denies it, and nobody may allow it"),
    ("unsafe fn", "no unsafe code: the lint denies it, and nobody may allow it"),
    ("allow(unsafe_code)", "no unsafe code"),
    ("todo!(", "unfinished work is said in an issue, not in code that is called"),
    ("unimplemented!(", "unfinished work is said in an issue, not in code that is called"),
];
/// Words that are forbidden as words, not as parts of others.
const FORBIDDEN_WORDS: &[(&str, &str)] = &[("agent", "whoever answers is an operator")];
/// Where a forbidden word is somebody else's name.
const FORBIDDEN_WORDS_BUT: &[&str] = &["User-Agent", "USER_AGENT", "user_agent", "UserAgent", "user-agent"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every `.rs` file of the house, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("src"), root().join("crates"), root().join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("target") && !path.ends_with("node_modules") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    assert!(found.len() > 100, "the sources are somewhere else now");
    found
}

/// Every manifest by its crate's name.
fn manifests() -> BTreeMap<String, toml::Table> {
    let mut files = vec![root().join("Cargo.toml")];
    files.extend(fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path().join("Cargo.toml")));
    let parse = |path: PathBuf| {
        let manifest: toml::Table = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        (manifest["package"]["name"].as_str().unwrap().to_owned(), manifest)
    };
    files.into_iter().map(parse).collect()
}

fn dependencies<'a>(manifest: &'a toml::Table, kind: &str) -> Vec<&'a str> {
    manifest
        .get(kind)
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(|table| table.keys())
        .map(String::as_str)
        .collect()
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&name))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Fails with one line a fault.
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_crate_uses_only_crates_on_lower_floors() {
    let mut faults = Vec::new();
    for (name, manifest) in manifests() {
        let Some(own) = floor(&name) else {
            faults.push(format!("{name} stands on no floor: give it one in tests/house.rs"));
            continue;
        };
        for used in dependencies(&manifest, "dependencies") {
            if floor(used).is_some_and(|used| used >= own) {
                faults.push(format!("{name} uses {used}, which is not on a lower floor"));
            }
        }
        for used in dependencies(&manifest, "dev-dependencies") {
            if floor(used).is_some_and(|used| used > own) {
                faults.push(format!("the tests of {name} use {used}, which is on a higher floor"));
            }
        }
    }
    none(faults);
}

#[test]
fn pure_crates_have_no_hands() {
    let mut faults = Vec::new();
    for (name, manifest) in manifests() {
        if floor(&name).is_some_and(|floor| floor >= FIRST_FLOOR_WITH_HANDS) {
            continue;
        }
        for used in dependencies(&manifest, "dependencies").into_iter().filter(|used| HANDS.contains(used)) {
            faults.push(format!("{name} is pure and may not use {used}"));
        }
    }
    for (path, text) in sources() {
        let pure = FLOORS.iter().take(FIRST_FLOOR_WITH_HANDS).flat_map(|floor| floor.iter());
        let inside = pure.map(|name| root().join("crates").join(name).join("src"));
        if !inside.into_iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        for (number, line) in before_tests(&path, &text) {
            for hand in
                ["Instant::now", "SystemTime::now", "std::fs", "std::thread", "std::net::UdpSocket", "std::net::Tcp"]
            {
                if code(line).contains(hand) {
                    faults.push(format!("{}:{number}: a pure crate has no {hand}", shown(&path)));
                }
            }
        }
    }
    none(faults);
}

#[test]
fn every_crate_takes_the_lints_of_the_house() {
    let taken =
        |manifest: &toml::Table| manifest.get("lints").is_some_and(|lints| lints["workspace"].as_bool() == Some(true));
    let manifests = manifests();
    none(
        manifests
            .iter()
            .filter(|(_, manifest)| !taken(manifest))
            .map(|(name, _)| format!("{name}: [lints] workspace = true"))
            .collect(),
    );
}

#[test]
fn every_file_opens_with_what_it_is() {
    let opens = |text: &str| text.starts_with("//! ") || text.starts_with("#![") && text.contains("\n//! ");
    none(
        sources()
            .iter()
            .filter(|(_, text)| !opens(text))
            .map(|(path, _)| format!("{}: begin with //!", shown(path)))
            .collect(),
    );
}

#[test]
fn no_file_is_longer_than_one_can_hold_in_mind() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let lines = before_tests(&path, &text).count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{}: {lines} lines before its tests, {FILE_LINES_MAX} at most", shown(&path)));
        }
    }
    none(faults);
}

#[test]
fn words_that_are_not_ours_do_not_appear() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        if path.ends_with("tests/house.rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let mut complain =
                |word: &str, why: &str| faults.push(format!("{}:{}: `{word}`: {why}", shown(&path), number + 1));
            for (word, why) in FORBIDDEN {
                if code(line).contains(word) {
                    complain(word, why);
                }
            }
            // Tests speak with the HTTP client in its own words.
            let in_tests = path.components().any(|part| part.as_os_str() == "tests");
            for (word, why) in FORBIDDEN_WORDS.iter().filter(|_| !in_tests) {
                let theirs = FORBIDDEN_WORDS_BUT.iter().any(|name| line.contains(name));
                if !theirs && words(line).any(|found| found.eq_ignore_ascii_case(word)) {
                    complain(word, why);
                }
            }
        }
    }
    none(faults);
}

#[test]
fn every_file_is_part_of_something() {
    let sources = sources();
    let by_path: HashMap<&Path, &str> = sources.iter().map(|(path, text)| (path.as_path(), text.as_str())).collect();
    // A test may share files with others by their path.
    let named: String =
        sources.iter().flat_map(|(_, text)| text.lines()).filter(|line| line.contains("#[path")).collect();
    let mut faults = Vec::new();
    for (path, _) in sources.iter().filter(|(path, _)| !is_root(path)) {
        let (Some(folder), Some(stem)) = (path.parent(), path.file_stem().and_then(|stem| stem.to_str())) else {
            continue;
        };
        // `a/b.rs` and `a/b/mod.rs` are declared in a/mod.rs, a.rs, or the root of the crate or the test in a/.
        let (name, home) = if stem == "mod" {
            (folder.file_name().and_then(|name| name.to_str()).unwrap_or(""), folder.parent().unwrap_or(folder))
        } else {
            (stem, folder)
        };
        let mut homes = vec![home.join("mod.rs"), home.join("lib.rs"), home.join("main.rs"), home.with_extension("rs")];
        if home.ends_with("tests") {
            homes.extend(by_path.keys().filter(|root| root.parent() == Some(home)).map(|root| root.to_path_buf()));
        }
        let declared = homes.iter().filter_map(|home| by_path.get(home.as_path())).any(|text| declares(text, name));
        let shared = [format!("{name}.rs\""), format!("{name}/mod.rs\"")].iter().any(|end| named.contains(end));
        if !declared && !shared {
            faults.push(format!("{}: nobody declares it", shown(path)));
        }
    }
    none(faults);
}

/// Files that Cargo finds by itself.
fn is_root(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let folder = path.parent().and_then(|folder| folder.file_name()).and_then(|name| name.to_str()).unwrap_or("");
    let grandfolder =
        path.parent().and_then(Path::parent).and_then(|folder| folder.file_name()).and_then(|name| name.to_str());
    match name {
        "build.rs" => true,
        "lib.rs" | "main.rs" => folder == "src" || grandfolder == Some("tests"),
        _ => {
            matches!(folder, "tests" | "benches" | "examples" | "bin")
                && !path.components().any(|part| part.as_os_str() == "src")
        }
    }
}

fn declares(text: &str, name: &str) -> bool {
    text.lines().map(str::trim).any(|line| {
        let line = line.split_once("mod ").map(|(before, rest)| (before.trim(), rest));
        matches!(line, Some((before, rest)) if (before.is_empty() || before.starts_with("pub")) && rest.trim_end_matches([';', ' ', '{']) == name)
    })
}

/// The lines before `mod tests`; none of a file that is tests alone.
fn before_tests<'a>(path: &Path, text: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let tests_alone = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
    let all = if tests_alone { "" } else { text };
    (1..).zip(all.lines()).take_while(|(_, line)| !line.starts_with("mod tests"))
}

/// A line without its comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}
