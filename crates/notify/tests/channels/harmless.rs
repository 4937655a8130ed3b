//! A caller's words in every field, through every channel: no mention, no markup, no link, no header of theirs (R19); and no
//! report is too long.

use notify::Outcome;
use receivers::http::{Received, Service};
use report::{Content, Language, Line};
use serde_json::Value;

use crate::house::{self, House};

/// What a caller could have written down, or send as a display name.
const WORDS: &[&str] = &[
    "[To:1] [toall] [/info] [code] [rp aid=1 to=1-1]",
    "<!channel> <!here> <@U0> <#C0> <https://evil.example|bank>",
    "<users/all> <b>bold</b> <a href=\"https://evil.example\">bank</a> <img src=x onerror=alert(1)>",
    "[bank](https://evil.example) **bold** <at>Everyone</at> {{DATE(2026-01-01,SHORT)}}",
    "@everyone @here @all <@&1> ||spoiler|| `code`",
    "x\r\nBcc: all@evil.example\r\n\r\nbody",
    "=cmd|' /C calc'!A0 \u{202e}txt.exe \u{1b}[31m \u{0} \u{feff}",
    "\"}],\"channel\":\"C9\",\"text\":\"",
    "*_~`# > - + 1.",
];

/// A report that is hostile wherever somebody's words can stand.
fn hostile(words: &str) -> Content {
    let mut content = house::report(Language::Ja);
    let field = |key: &str| Line { key: key.into(), label: words.into(), text: words.into() };
    content.firm = words.into();
    content.operator = words.into();
    content.who = words.into();
    content.lines = ["company", "name", "business", "narrative", "person"].map(field).into();
    if let Some(callback) = &mut content.callback {
        callback.display = words.into();
        callback.tel = None;
        callback.note = words.into();
    }
    // Calls by the firm's own wish are another matter.
    content.urgency = report::Urgency::Normal;
    content
}

#[tokio::test]
async fn r19_a_callers_words_are_words_in_every_channel() {
    let house = House::open().await;
    let mut faults = Vec::new();
    for (number, words) in WORDS.iter().enumerate() {
        let now_ms = house.now_ms + later(number);
        for service in Service::ALL.into_iter().filter(|service| *service != Service::Webhook) {
            let key = format!("0198c5a2-7c1e-7d3a-9b8f-{number:012}");
            let outcome = house.chats.deliver(&house.channel(service), &key, &hostile(words), now_ms).await;
            assert!(matches!(outcome, Outcome::Accepted { .. }), "{service:?} {words:?}: {outcome:?}");
            let shown = house.services.shown(service);
            let last = shown.last().unwrap();
            for found in alive(last) {
                faults.push(format!("{service:?}: {found:?} of {words:?} is alive in {}", last.body));
            }
            assert!(last.headers.keys().all(|name| name != "bcc"), "{service:?}");
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(house.services.refused(), Vec::<String>::new());
}

/// A while after the last, so that no pace is in the way.
fn later(number: usize) -> i64 {
    i64::try_from(number).unwrap() * 20_000
}

/// What in a posting is still an order to the service.
fn alive(one: &Received) -> Vec<&'static str> {
    match one.service {
        Service::Chatwork => {
            let body = form_field(&one.body, "body");
            // The frame is ours; in it there is no bracket.
            let inside = body.replace("[info][title]", "").replace("[/title]", "").replace("[/info]", "");
            ["[", "]"].into_iter().filter(|bracket| inside.contains(bracket)).collect()
        }
        Service::SlackWebhook | Service::Slack => {
            let json: Value = serde_json::from_str(&one.body).unwrap();
            let texts = strings(&json, &["text"]);
            found(&texts, &["<!", "<@", "<#", "<https://evil"])
        }
        Service::GoogleChat => {
            let json: Value = serde_json::from_str(&one.body).unwrap();
            let mut all = found(&[json["text"].as_str().unwrap_or("").to_owned()], &["<"]);
            all.extend(found(
                &strings(&json["cardsV2"][0]["card"]["sections"], &["text"]),
                &["<users", "<img", "<a href=\"https", "<b>"],
            ));
            all
        }
        Service::Teams => {
            let json: Value = serde_json::from_str(&one.body).unwrap();
            found(&strings(&json, &["text", "value"]), &["](https://evil", "<at>", "{{", "**", "<img"])
        }
        Service::Discord => {
            let json: Value = serde_json::from_str(&one.body).unwrap();
            assert_eq!(json["allowed_mentions"], serde_json::json!({ "parse": [] }));
            let text = json["content"].as_str().unwrap_or("").replace("\\[", "").replace("\\<", "").replace("\\|", "");
            found(&[text], &["@everyone", "@here", "[bank]", "<@", "||"])
        }
        Service::LineWorks => {
            let json: Value = serde_json::from_str(&one.body).unwrap();
            found(&strings(&json, &["text", "contentText"]), &["<m ", "<at"])
        }
        // Plain text, and data for programs.
        Service::Line | Service::Webhook => Vec::new(),
    }
}

fn found(texts: &[String], forbidden: &[&'static str]) -> Vec<&'static str> {
    forbidden.iter().copied().filter(|word| texts.iter().any(|text| text.contains(word))).collect()
}

/// Every string under one of these names, wherever it stands.
fn strings(json: &Value, names: &[&str]) -> Vec<String> {
    match json {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value.as_str().filter(|_| names.contains(&name.as_str())) {
                Some(text) => vec![text.to_owned()],
                None => strings(value, names),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(|value| strings(value, names)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn form_field(body: &str, name: &str) -> String {
    form_urlencoded::parse(body.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap()
}

#[tokio::test]
async fn f33_no_report_is_too_long_and_its_links_always_stay() {
    let house = House::open().await;
    for (letter, language) in [("字", Language::Ja), ("\"", Language::En), ("😀", Language::Ja)] {
        let mut content = house::report(language);
        content.lines = (0..12)
            .map(|number| Line {
                key: format!("field{number}"),
                label: format!("項目{number}"),
                text: format!("{}\n", letter.repeat(79)).repeat(50),
            })
            .collect();
        content.who = letter.repeat(4_000);
        for (place, service) in Service::ALL.into_iter().enumerate() {
            let key = format!("0198c5a2-7c1e-7d3a-9b8f-{:06}{place:06}", u32::from(letter.chars().next().unwrap()));
            let chats = notify::chat::Chats::new(notify::chat::Endpoints::at(&house.services.base()), None).unwrap();
            let outcome = chats.deliver(&house.channel(service), &key, &content, house.now_ms).await;
            assert!(
                matches!(outcome, Outcome::Accepted { .. }),
                "{service:?} {letter:?}: {outcome:?}: {:?}",
                house
                    .services
                    .refused()
                    .iter()
                    .map(|line| line.chars().take(120).collect::<String>())
                    .collect::<Vec<_>>()
            );
            let shown = house.services.shown(service);
            let body = &shown.last().unwrap().body;
            let body = if service == Service::Chatwork { form_field(body, "body") } else { body.clone() };
            assert!(body.contains("https://denwaban.example/r/1"), "{service:?} {letter:?}: the report's link is gone");
            assert!(
                body.contains("https://denwaban.example/s/abc"),
                "{service:?} {letter:?}: the link to confirm is gone"
            );
        }
    }
    assert_eq!(house.services.refused(), Vec::<String>::new());
}
