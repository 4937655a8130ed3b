//! Slack: incoming webhooks, and a bot with `chat.postMessage`.
//!
//! Verified (docs.slack.dev: /messaging/sending-messages-using-incoming-webhooks, /reference/methods/chat.postMessage,
//! /apis/web-api/rate-limits, /reference/block-kit): a webhook answers `ok`, its errors are one word of text with 400, 403,
//! 404 or 410; the Web API answers 200 also when it refuses, with `ok: false` and `error`; one posting a second and channel,
//! 429 with Retry-After; a section holds 3,000 characters. Blocks of more than about 13,200 characters together are refused
//! (slackapi/bolt-js, issue 2509), which the documentation does not say. There is no idempotency key; `metadata` carries ours.

use report::Content;
use report::render::{self, Markup};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer;
use super::guard;
use super::http::{Request, Response};
use super::{Letter, sheet};
use crate::Outcome;

/// Characters of a button's address.
const URL_MAX: usize = 3_000;

/// Errors of the Web API that pass by themselves.
const PASSING: &[&str] = &[
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
    "org_login_required",
];

#[derive(Deserialize)]
struct Said {
    ok: bool,
    ts: Option<String>,
    error: Option<String>,
}

pub(super) fn webhook(url: &str, letter: Letter<'_>) -> Request {
    let (text, blocks) = message(&[], letter.content);
    Request::json(url.to_owned(), guard::SLACK_WEBHOOK, &json!({ "text": text, "blocks": blocks }))
}

pub(super) fn request(base: &str, channel: &str, token: &str, mention: &[String], letter: Letter<'_>) -> Request {
    let (text, blocks) = message(mention, letter.content);
    let body = json!({
        "channel": channel,
        "text": text,
        "blocks": blocks,
        // A link that Slack fetches to show a preview of it would look like a person who has seen the report.
        "unfurl_links": false,
        "unfurl_media": false,
        "metadata": {
            "event_type": "denwaban_report",
            "event_payload": { "delivery": letter.key, "report": letter.content.report },
        },
    });
    Request::json(format!("{base}/api/chat.postMessage"), guard::SLACK, &body)
        .with("authorization", format!("Bearer {token}"))
}

/// The line for notifications, and the blocks. A text of `render` fits into one section.
fn message(mention: &[String], content: &Content) -> (String, Value) {
    let text = Markup::Slack.escape(&sheet::headline(content));
    // A firm's own wording says itself where its links stand.
    let own = content.templates.chat.is_some();
    let whole = if own { content.clone() } else { sheet::without_links(content) };
    let body = render::plain(&whole, Markup::Slack, mention);
    let buttons: Vec<Value> = sheet::links(content, URL_MAX)
        .into_iter()
        .filter(|(_, url)| !body.contains(url.as_str()))
        .map(|(word, url)| button(&word, &url))
        .collect();
    let mut blocks = vec![json!({ "type": "section", "text": { "type": "mrkdwn", "text": body } })];
    if !buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "elements": buttons }));
    }
    (text, Value::Array(blocks))
}

fn button(word: &str, url: &str) -> Value {
    json!({ "type": "button", "text": { "type": "plain_text", "text": word }, "url": url })
}

pub(super) fn webhook_outcome(response: &Response, now_ms: i64) -> Outcome {
    match response.status {
        200 if response.body.trim() == "ok" => Outcome::Accepted { remote_id: String::new() },
        200 => answer::strange(response),
        _ => answer::otherwise(response, &response.body, now_ms),
    }
}

pub(super) fn outcome(response: &Response, now_ms: i64) -> Outcome {
    let said = serde_json::from_str::<Said>(&response.body);
    if response.status != 200 {
        let error = said.ok().and_then(|said| said.error).unwrap_or_default();
        return answer::otherwise(response, &error, now_ms);
    }
    match said {
        Ok(Said { ok: true, ts: Some(ts), .. }) => Outcome::Accepted { remote_id: ts },
        Ok(Said { ok: false, error: Some(error), .. }) => {
            let why = answer::why(200, &error);
            if PASSING.contains(&error.as_str()) {
                Outcome::Retry { after_ms: answer::after_ms(response, now_ms), why }
            } else {
                Outcome::Permanent { why }
            }
        }
        Ok(_) | Err(_) => answer::strange(response),
    }
}
