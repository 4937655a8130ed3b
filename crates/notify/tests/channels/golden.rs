//! The bodies, as they leave: one file for each service and language. `UPDATE_GOLDEN=1` writes them anew; whoever does so reads
//! the difference.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use notify::Outcome;
use receivers::http::{Received, Service};
use report::Language;

use crate::house::{self, House};

#[tokio::test]
async fn f37_every_body_is_the_one_that_was_agreed() {
    let house = House::open().await;
    let mut different = Vec::new();
    for service in Service::ALL {
        for language in [Language::Ja, Language::En] {
            let content = house::report(language);
            // Each has a key of its own, or the second would be the first again.
            let key = language.of(house::KEY, "0198c5a2-7c1e-7d3a-9b8f-1234567890ac");
            let now_ms = house.now_ms + language.of(0, 2_000);
            let outcome = house.chats.deliver(&house.channel(service), key, &content, now_ms).await;
            assert!(matches!(outcome, Outcome::Accepted { .. }), "{service:?}: {outcome:?}");
            let shown = house.services.shown(service);
            let written = readable(shown.last().unwrap());
            let file = format!("{}.{}.txt", service.name(), language.of("ja", "en"));
            let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/channels/golden").join(&file);
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&path, &written).unwrap();
            }
            let agreed = fs::read_to_string(&path).unwrap_or_default();
            if agreed != written {
                different.push(format!("{file}:\n{written}"));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Address, the headers that count, and the body so that people can read it.
fn readable(one: &Received) -> String {
    let mut text = format!("POST {}\n", one.uri);
    for name in ["content-type", "x-chatworktoken", "x-line-retry-key", "webhook-id"] {
        if let Some(value) = one.headers.get(name) {
            writeln!(text, "{name}: {value}").unwrap();
        }
    }
    text.push('\n');
    match serde_json::from_str::<serde_json::Value>(&one.body) {
        Ok(json) => text.push_str(&serde_json::to_string_pretty(&json).unwrap()),
        Err(_) => {
            for (name, value) in form_urlencoded::parse(one.body.as_bytes()) {
                write!(text, "{name}:\n{value}\n").unwrap();
            }
        }
    }
    text.trim_end().to_owned() + "\n"
}
