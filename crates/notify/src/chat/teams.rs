//! Microsoft Teams: an Adaptive Card, to a workflow that begins with "When a Teams webhook request is received".
//!
//! Verified (learn.microsoft.com/connectors/teams: a message holds about 28 KB; /microsoftteams/platform .../cards-format: the
//! texts of Adaptive Cards are Markdown, HTML is not read; GitHub issues of send2teams and PostHog: addresses under
//! `logic.azure.com` before and `api.powerplatform.com` since November 2025, connectors have ended). In practice about 21 KB
//! already are too much (msteams_hermes). The answer 202 says that the flow has been started, not that it ended well; a flow
//! belongs to a person and dies with the account: nobody tells us. There is no idempotency key.

use report::render::{self, Markup, Part};
use report::{Content, Urgency};
use serde_json::{Value, json};

use super::answer;
use super::guard;
use super::http::{Request, Response};
use super::{Letter, sheet};
use crate::Outcome;

/// Bytes of a message that are certain to be taken.
const MESSAGE_BYTES_MAX: usize = 20_000;
/// Characters of a button's address.
const URL_MAX: usize = 2_000;

pub(super) fn request(url: &str, letter: Letter<'_>) -> Request {
    let size = |message: &Value| message.to_string().len();
    let message = sheet::fitted(letter.content, MESSAGE_BYTES_MAX, size, message);
    Request::json(url.to_owned(), guard::TEAMS, &message)
}

fn message(content: &Content) -> Value {
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body(content),
        "msteams": { "width": "Full" },
    });
    let actions: Vec<Value> = sheet::links(content, URL_MAX)
        .into_iter()
        .map(|(word, url)| json!({ "type": "Action.OpenUrl", "title": word, "url": url }))
        .collect();
    if let (false, Some(card)) = (actions.is_empty(), card.as_object_mut()) {
        card.insert("actions".into(), Value::Array(actions));
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

fn body(content: &Content) -> Vec<Value> {
    let color = match content.urgency {
        Urgency::Normal => "Default",
        Urgency::High => "Warning",
        Urgency::Urgent => "Attention",
    };
    let headline = markdown(&sheet::headline(content));
    let mut body = vec![
        json!({ "type": "TextBlock", "text": headline, "weight": "Bolder", "size": "Medium", "color": color, "wrap": true }),
    ];
    if content.templates.chat.is_some() {
        // The firm's own wording, as the text that it is.
        body.push(block(&render::plain(&sheet::without_links(content), Markup::Teams, &[])));
        return body;
    }
    let mut facts = Vec::new();
    for part in render::parts(content) {
        match part {
            Part::Head(text) => body.push(block(&markdown(&text))),
            Part::Number { label, display, tel } => {
                let shown = markdown(&display);
                let number = match tel {
                    Some(tel) => format!("[{shown}](tel:{tel})"),
                    None => shown,
                };
                body.push(json!({ "type": "TextBlock", "text": markdown(&label), "isSubtle": true, "wrap": true }));
                body.push(json!({ "type": "TextBlock", "text": number, "size": "Large", "wrap": true }));
            }
            Part::Row { label, lines } => {
                // One line break is none in Markdown.
                let value = markdown(&lines.join("\n")).replace('\n', "\n\n");
                let value = if value.is_empty() { "-".to_owned() } else { value };
                facts.push(json!({ "title": markdown(&label), "value": value }));
            }
            Part::Link { .. } => {}
        }
    }
    if !facts.is_empty() {
        body.push(json!({ "type": "FactSet", "facts": facts, "separator": true }));
    }
    body
}

fn block(text: &str) -> Value {
    json!({ "type": "TextBlock", "text": text.replace('\n', "\n\n"), "wrap": true })
}

/// What a caller says is no Markdown.
fn markdown(text: &str) -> String {
    Markup::Teams.escape(text)
}

pub(super) fn outcome(response: &Response, now_ms: i64) -> Outcome {
    let page = response.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    match response.status {
        200 if page => answer::strange(response),
        // A flow with an answer of its own says 200.
        200 | 202 => {
            let run = response.header("x-ms-workflow-run-id").unwrap_or("");
            Outcome::Accepted { remote_id: answer::clean(run) }
        }
        _ => answer::otherwise(response, &response.body, now_ms),
    }
}
