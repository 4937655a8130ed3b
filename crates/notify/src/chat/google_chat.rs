//! Google Chat: a message with a card, through a space's incoming webhook.
//!
//! Verified (developers.google.com/workspace/chat: /quickstart/webhooks, /limits, /api/reference/rest/v1/spaces.messages/create,
//! /format-messages): a message has 32,000 bytes at most; `requestId` of an earlier message returns that one; `thread.threadKey`
//! with `messageReplyOption` puts what follows a report under it; one write a second and space; errors as google.rpc.Status.
//! That `requestId` works with a webhook's key, too, is not said anywhere: it is the same method. Whether a button may open
//! `tel:` is not said either, and a card that is not understood is refused: the number is a link in a text, which is shown as
//! text at worst.

use report::Content;
use report::render::{self, Markup, Part};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer;
use super::guard;
use super::http::{Request, Response};
use super::{Letter, sheet};
use crate::Outcome;

/// Bytes of a message, below the 32,000 that are documented.
const MESSAGE_BYTES_MAX: usize = 31_000;
/// Characters of a button's address.
const URL_MAX: usize = 2_000;

#[derive(Deserialize)]
struct Posted {
    name: String,
}

#[derive(Deserialize)]
struct Refused {
    error: Status,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
}

pub(super) fn request(url: &str, letter: Letter<'_>) -> Result<Request, Outcome> {
    let mut url = reqwest::Url::parse(url).map_err(|_| Outcome::permanent("url: cannot be read as an address"))?;
    url.query_pairs_mut()
        .append_pair("requestId", letter.key)
        .append_pair("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
    let size = |message: &Value| message.to_string().len();
    let message = sheet::fitted(letter.content, MESSAGE_BYTES_MAX, size, message);
    Ok(Request::json(url.into(), guard::GOOGLE_CHAT, &message))
}

fn message(content: &Content) -> Value {
    let headline = sheet::headline(content);
    let mut widgets = widgets(content);
    let buttons: Vec<Value> = sheet::links(content, URL_MAX)
        .into_iter()
        .map(|(word, url)| json!({ "text": word, "onClick": { "openLink": { "url": url } } }))
        .collect();
    if !buttons.is_empty() {
        widgets.push(json!({ "buttonList": { "buttons": buttons } }));
    }
    json!({
        "text": Markup::GoogleChat.escape(&headline),
        "cardsV2": [{
            "cardId": "report",
            "card": { "header": { "title": headline }, "sections": [{ "widgets": widgets }] },
        }],
        "thread": { "threadKey": content.conversation() },
    })
}

fn widgets(content: &Content) -> Vec<Value> {
    if content.templates.chat.is_some() {
        // The firm's own wording, as the text that it is.
        let text = render::plain(&sheet::without_links(content), Markup::GoogleChat, &[]);
        return vec![paragraph(&text)];
    }
    let widgets = render::parts(content).into_iter().filter_map(|part| match part {
        Part::Head(text) => Some(paragraph(&text)),
        Part::Number { label, display, tel } => {
            let shown = html(&display);
            let number = match tel {
                Some(tel) => format!("<a href=\"tel:{tel}\">{shown}</a>"),
                None => shown,
            };
            Some(pair(&label, &number))
        }
        Part::Row { label, lines } => Some(pair(&label, &html(&lines.join("\n")))),
        Part::Link { .. } => None,
    });
    widgets.collect()
}

fn paragraph(text: &str) -> Value {
    json!({ "textParagraph": { "text": html(text) } })
}

fn pair(label: &str, text: &str) -> Value {
    let text = if text.is_empty() { "-" } else { text };
    json!({ "decoratedText": { "topLabel": label, "text": text, "wrapText": true } })
}

/// A card's texts are a little HTML: what a caller says is none.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>")
}

pub(super) fn outcome(response: &Response, now_ms: i64) -> Outcome {
    if response.status == 200 {
        return match serde_json::from_str::<Posted>(&response.body) {
            Ok(posted) => Outcome::Accepted { remote_id: posted.name },
            Err(_) => answer::strange(response),
        };
    }
    let said = serde_json::from_str::<Refused>(&response.body).map(|refused| refused.error);
    let said = said.map(|status| format!("{} {}", status.status, status.message)).unwrap_or_default();
    answer::otherwise(response, &said, now_ms)
}
