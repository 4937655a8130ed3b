//! Discord: Execute Webhook.
//!
//! Verified (github.com/discord/discord-api-docs, resources/webhook, topics/rate-limits): 2,000 characters of content;
//! `wait=true` answers with the message; `allowed_mentions.parse: []` lets nobody be called; the flag SUPPRESS_EMBEDS is
//! allowed; 429 has Retry-After, and `retry_after` in seconds with decimals; a webhook that answers 404 must not be used
//! again. There is no idempotency key for webhooks.

use report::render::{self, Markup};
use serde::Deserialize;
use serde_json::json;

use super::Letter;
use super::answer;
use super::guard;
use super::http::{Request, Response};
use crate::Outcome;

/// A link that Discord fetches to show a preview of it would look like a person who has seen the report.
const SUPPRESS_EMBEDS: u32 = 1 << 2;

#[derive(Deserialize)]
struct Posted {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default)]
    message: String,
    retry_after: Option<f64>,
}

pub(super) fn request(url: &str, letter: Letter<'_>) -> Result<Request, Outcome> {
    let mut url = reqwest::Url::parse(url).map_err(|_| Outcome::permanent("url: cannot be read as an address"))?;
    url.query_pairs_mut().append_pair("wait", "true");
    let body = json!({
        "content": render::plain(letter.content, Markup::Discord, &[]),
        "allowed_mentions": { "parse": [] },
        "flags": SUPPRESS_EMBEDS,
    });
    Ok(Request::json(url.into(), guard::DISCORD, &body))
}

pub(super) fn outcome(response: &Response, now_ms: i64) -> Outcome {
    match response.status {
        200 => match serde_json::from_str::<Posted>(&response.body) {
            Ok(posted) => Outcome::Accepted { remote_id: posted.id },
            Err(_) => answer::strange(response),
        },
        204 => Outcome::Accepted { remote_id: String::new() },
        status => {
            let refused = serde_json::from_str::<Refused>(&response.body).ok();
            let said = refused.as_ref().map_or("", |refused| refused.message.as_str());
            let in_body = refused.as_ref().and_then(|refused| refused.retry_after).filter(|after| *after >= 0.0);
            match (answer::otherwise(response, said, now_ms), in_body) {
                // The body is more exact than the header, and there when a header is not.
                (Outcome::Retry { after_ms, why }, Some(seconds)) if status == 429 => {
                    let exact = (seconds.min(86_400.0) * 1_000.0).ceil() as i64;
                    Outcome::Retry { after_ms: Some(after_ms.unwrap_or(0).max(exact)), why }
                }
                (outcome, _) => outcome,
            }
        }
    }
}
