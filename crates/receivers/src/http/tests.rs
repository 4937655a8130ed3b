//! The stand-ins are strict: what a service would refuse, they refuse. Each case is a good request with one thing wrong.

use serde_json::json;

use super::*;

/// Whether a service takes this request; otherwise what was wrong.
fn judged(
    service: Service,
    path: &[(&str, &str)],
    query: &str,
    lines: &[(&'static str, &str)],
    body: &str,
) -> Result<(), String> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    let path: HashMap<String, String> = path.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let tokens = BTreeMap::from([("good".to_owned(), 10_000)]);
    let asked =
        Asked { path: &path, query: &query, headers: &headers, body: body.as_bytes(), now_ms: 5_000, tokens: &tokens };
    service.check(&asked).map(drop).map_err(|refusal| refusal.why)
}

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

fn refused_for(judged: Result<(), String>, word: &str) {
    let why = judged.expect_err(word);
    assert!(why.contains(word), "{why:?} does not speak of {word:?}");
}

#[test]
fn chatwork_is_strict() {
    let ask = |room: &str, kind: &'static str, body: &str| {
        let lines = [("x-chatworktoken", known::CHATWORK_TOKEN), ("content-type", kind)];
        judged(Service::Chatwork, &[("room", room)], "", &lines, body)
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(ask("1", form, "body=a&self_unread=1"), Ok(()));
    refused_for(ask("1", "application/json", "body=a"), "content-type");
    refused_for(ask("1", form, "body=a&colour=red"), "colour");
    refused_for(ask("1", form, "body=a&body=b"), "twice");
    refused_for(ask("1", form, "self_unread=1"), "body is missing");
    refused_for(ask("1", form, "body="), "empty");
    refused_for(ask("1", form, "body=a&self_unread=2"), "self_unread");
    refused_for(ask("1", form, &format!("body={}", "a".repeat(65_536))), "65536");
    refused_for(ask("../me", form, "body=a"), "room");
}

#[test]
fn slack_is_strict() {
    let ask = |body: serde_json::Value| {
        let authorization = format!("Bearer {}", known::SLACK_TOKEN);
        judged(Service::Slack, &[], "", &[JSON, ("authorization", &authorization)], &body.to_string())
    };
    let section = |text: &str| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } });
    assert_eq!(ask(json!({ "channel": "C1", "text": "a", "blocks": [section("b")] })), Ok(()));
    refused_for(ask(json!({ "channel": "C1", "text": "a", "colour": "red" })), "colour");
    refused_for(ask(json!({ "channel": "C1", "blocks": [section("b")] })), "no_text");
    refused_for(ask(json!({ "channel": "C1", "text": "a", "blocks": [section(&"b".repeat(3_001))] })), "3001");
    refused_for(ask(json!({ "channel": "C1", "text": "a", "blocks": [{ "type": "sectoin" }] })), "sectoin");
    let many: Vec<_> = (0..5).map(|_| section(&"b".repeat(2_900))).collect();
    refused_for(ask(json!({ "channel": "C1", "text": "a", "blocks": many })), "characters in blocks");
    refused_for(ask(json!({ "channel": "general", "text": "a" })), "channel");
}

#[test]
fn google_chat_is_strict() {
    let ask = |more: &str, body: serde_json::Value| {
        let query = format!("key={}&token={}{more}", known::GOOGLE_KEY, known::GOOGLE_TOKEN);
        judged(Service::GoogleChat, &[("space", "A")], &query, &[JSON], &body.to_string())
    };
    let card = |widget: serde_json::Value| json!({ "cardsV2": [{ "cardId": "a", "card": { "header": { "title": "t" }, "sections": [{ "widgets": [widget] }] } }] });
    assert_eq!(ask("&requestId=1", card(json!({ "textParagraph": { "text": "a" } }))), Ok(()));
    refused_for(ask("&colour=red", json!({ "text": "a" })), "colour");
    refused_for(ask("", card(json!({ "textParagraf": { "text": "a" } }))), "textParagraf");
    refused_for(ask("", card(json!({ "buttonList": { "buttons": [] } }))), "no buttons");
    refused_for(ask("", json!({ "text": "字".repeat(11_000) })), "at most 32000");
    let button = |url: &str| json!({ "buttonList": { "buttons": [{ "text": "b", "onClick": { "openLink": { "url": url } } }] } });
    refused_for(ask("", card(button("javascript:alert(1)"))), "no address");
}

#[test]
fn teams_is_strict() {
    let ask = |body: serde_json::Value| {
        let query = format!("api-version=1&sp=a&sv=1.0&sig={}", known::TEAMS_SIGNATURE);
        judged(Service::Teams, &[("flow", "f")], &query, &[JSON], &body.to_string())
    };
    let message = |card: serde_json::Value| {
        json!({ "type": "message", "attachments": [
            { "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card }] })
    };
    let card = |version: &str, element: serde_json::Value| {
        json!({ "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
                "version": version, "body": [element] })
    };
    let text = json!({ "type": "TextBlock", "text": "a", "color": "Attention" });
    assert_eq!(ask(message(card("1.4", text.clone()))), Ok(()));
    refused_for(ask(message(card("1.6", text.clone()))), "1.6");
    refused_for(ask(message(card("1.4", json!({ "type": "TextBlock", "text": "a", "color": "Red" })))), "Red");
    refused_for(ask(message(card("1.4", json!({ "type": "Text", "text": "a" })))), "Text");
    refused_for(ask(card("1.4", text)), "$schema");
    let long = json!({ "type": "TextBlock", "text": "a".repeat(29_000) });
    refused_for(ask(message(card("1.4", long))), "bytes");
}

#[test]
fn line_and_line_works_are_strict() {
    let line = |key: &str, body: serde_json::Value| {
        let authorization = format!("Bearer {}", known::LINE_TOKEN);
        judged(
            Service::Line,
            &[],
            "",
            &[JSON, ("authorization", &authorization), ("x-line-retry-key", key)],
            &body.to_string(),
        )
    };
    let key = "123e4567-e89b-12d3-a456-426614174000";
    let to = format!("U{}", "0".repeat(32));
    let push = |text: &str| json!({ "to": to, "messages": [{ "type": "text", "text": text }] });
    assert_eq!(line(key, push("a")), Ok(()));
    refused_for(line("not a uuid", push("a")), "Retry-Key");
    refused_for(line(key, push(&"😀".repeat(2_501))), "5002 units");
    refused_for(line(key, json!({ "to": "sato", "messages": [] })), "to");
    refused_for(line(key, json!({ "to": to, "messages": [] })), "0 messages");

    let works = |token: &str, content: serde_json::Value| {
        let authorization = format!("Bearer {token}");
        let path = [("bot", "1"), ("channel", "c")];
        judged(
            Service::LineWorks,
            &path,
            "",
            &[JSON, ("authorization", &authorization)],
            &json!({ "content": content }).to_string(),
        )
    };
    assert_eq!(works("good", json!({ "type": "text", "text": "a" })), Ok(()));
    refused_for(works("bad", json!({ "type": "text", "text": "a" })), "token");
    refused_for(works("good", json!({ "type": "text", "text": "a".repeat(2_001) })), "2001");
    let button = json!({ "type": "uri", "label": "a".repeat(21), "uri": "https://a.example" });
    refused_for(works("good", json!({ "type": "button_template", "contentText": "a", "actions": [button] })), "label");
}

#[test]
fn discord_is_strict() {
    let ask = |query: &str, body: serde_json::Value| {
        let path = [("id", "1"), ("token", known::DISCORD_TOKEN)];
        judged(Service::Discord, &path, query, &[JSON], &body.to_string())
    };
    let nobody = json!({ "parse": [] });
    assert_eq!(ask("wait=true", json!({ "content": "a", "allowed_mentions": nobody })), Ok(()));
    refused_for(ask("", json!({ "content": "a", "allowed_mentions": nobody })), "wait");
    refused_for(ask("wait=true", json!({ "content": "a" })), "allowed_mentions");
    refused_for(ask("wait=true", json!({ "content": "a", "allowed_mentions": { "parse": ["everyone"] } })), "parse");
    refused_for(ask("wait=true", json!({ "content": "a".repeat(2_001), "allowed_mentions": nobody })), "2001");
}
