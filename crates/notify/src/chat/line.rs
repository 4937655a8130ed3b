//! LINE Messaging API: a push message.
//!
//! Verified (developers.line.biz: /en/docs/messaging-api/retrying-api-request; /en/reference/messaging-api;
//! github.com/line/line-openapi): `X-Line-Retry-Key` is a hexadecimal UUID, a key that was accepted is answered with 409 and
//! `x-line-accepted-request-id` for 24 hours; a text has 5,000 UTF-16 units at most; buttons: text 160, 4 actions, label 20;
//! `uri` takes http, https, line and tel. Both messages of one push count as one towards the monthly number, and a push beyond
//! that number is answered with 429 although no patience helps.

use report::Content;
use report::render::{self, Markup};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer;
use super::guard;
use super::http::{Request, Response};
use super::{Letter, sheet};
use crate::Outcome;

const BUTTONS_TEXT_MAX: usize = 160;
const ALT_TEXT_MAX: usize = 400;
/// Characters of a button's words.
const LABEL_MAX: usize = 20;
const URI_MAX: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    sent_messages: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    message: String,
}

pub(super) fn request(base: &str, to: &str, token: &str, letter: Letter<'_>) -> Request {
    let body = json!({ "to": to, "messages": messages(letter.content) });
    Request::json(format!("{base}/v2/bot/message/push"), guard::LINE, &body)
        .with("authorization", format!("Bearer {token}"))
        .with("x-line-retry-key", letter.key.to_owned())
}

fn messages(content: &Content) -> Vec<Value> {
    let text = render::plain(content, Markup::Line, &[]);
    let mut messages = vec![json!({ "type": "text", "text": text })];
    let tel = content.callback.as_ref().and_then(|callback| callback.tel.as_ref());
    let call = tel.map(|tel| (content.language.of("電話をかける", "Call").to_owned(), format!("tel:{tel}")));
    let actions: Vec<Value> = call
        .into_iter()
        .chain(sheet::links(content, URI_MAX))
        .map(|(label, uri)| json!({ "type": "uri", "label": report::text::head(&label, LABEL_MAX), "uri": uri }))
        .collect();
    if !actions.is_empty() {
        let headline = sheet::headline(content);
        messages.push(json!({
            "type": "template",
            "altText": report::text::head(&headline, ALT_TEXT_MAX),
            "template": {
                "type": "buttons",
                "text": report::text::head(&headline, BUTTONS_TEXT_MAX),
                "actions": actions,
            },
        }));
    }
    messages
}

pub(super) fn outcome(response: &Response, now_ms: i64) -> Outcome {
    match response.status {
        200 => match serde_json::from_str::<Sent>(&response.body) {
            Ok(sent) => Outcome::Accepted { remote_id: first(sent) },
            Err(_) => answer::strange(response),
        },
        // Taken at an earlier attempt.
        409 => {
            let id = serde_json::from_str::<Sent>(&response.body).map(first).unwrap_or_default();
            let accepted = response.header("x-line-accepted-request-id").unwrap_or("");
            Outcome::Accepted { remote_id: if id.is_empty() { answer::clean(accepted) } else { id } }
        }
        _ => {
            let said =
                serde_json::from_str::<Refused>(&response.body).map(|refused| refused.message).unwrap_or_default();
            if response.status == 429 && said.contains("monthly limit") {
                // Not before next month: another channel has to take it now.
                return Outcome::Permanent { why: answer::why(429, &said) };
            }
            answer::otherwise(response, &said, now_ms)
        }
    }
}

fn first(sent: Sent) -> String {
    sent.sent_messages.into_iter().next().map(|one| answer::clean(&one.id)).unwrap_or_default()
}
