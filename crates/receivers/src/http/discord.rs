//! Discord: Execute Webhook.
//!
//! Source: github.com/discord/discord-api-docs, resources/webhook (content of 2,000 characters, `wait=true` returns the
//! message, allowed_mentions) and topics/rate-limits (429 with Retry-After and `retry_after` in seconds with decimals,
//! X-RateLimit-*; a webhook that answers 404 is not to be used again).

use serde::Deserialize;
use serde_json::json;

use super::check::{self, refuse};
use super::{Answer, Asked, Posting, Refusal, known};

const CONTENT_MAX: usize = 2_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    content: String,
    allowed_mentions: AllowedMentions,
    #[serde(rename = "flags")]
    _flags: Option<u32>,
}

/// Without it Discord would call whomever a caller's words name; that is why the stand-in wants it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowedMentions {
    parse: Vec<String>,
    #[serde(default)]
    #[serde(rename = "users")]
    _users: Vec<String>,
    #[serde(default)]
    #[serde(rename = "roles")]
    _roles: Vec<String>,
}

pub(super) fn check(asked: &Asked<'_>) -> Result<Posting, Refusal> {
    let id = asked.part("id");
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse(error(404), "no webhook of ours"));
    }
    if asked.part("token") != known::DISCORD_TOKEN {
        return Err(refuse(says_code(401, 50_027, "Invalid Webhook Token"), "token"));
    }
    shape(asked).map_err(|why| refuse(says(400, &why), why))?;
    Ok(Posting { room: id.to_owned(), key: None })
}

fn shape(asked: &Asked<'_>) -> Result<(), String> {
    asked.wants_json()?;
    if asked.query("wait") != Some("true") {
        return Err("without wait=true nobody says what became of it".into());
    }
    let message: Message = check::json(asked.body)?;
    check::length("content", &message.content, CONTENT_MAX)?;
    if message.allowed_mentions.parse.is_empty() { Ok(()) } else { Err("allowed_mentions.parse is not empty".into()) }
}

pub(super) fn accepted(posting: &Posting, number: u64) -> Answer {
    let id = (1_200_000_000_000_000_000 + number).to_string();
    Answer::json(200, json!({ "id": id, "type": 0, "channel_id": "1199", "webhook_id": posting.room }))
        .with("x-ratelimit-limit", "5")
        .with("x-ratelimit-remaining", "4")
        .with("x-ratelimit-reset-after", "2.000")
}

pub(super) fn error(status: u16) -> Answer {
    match status {
        401 => says_code(401, 50_027, "Invalid Webhook Token"),
        403 => says_code(403, 50_013, "Missing Permissions"),
        404 => says_code(404, 10_015, "Unknown Webhook"),
        429 => {
            Answer::json(429, json!({ "message": "You are being rate limited.", "retry_after": 1.57, "global": false }))
                .with("x-ratelimit-remaining", "0")
                .with("x-ratelimit-reset-after", "1.57")
        }
        _ => says(status, "Something is wrong"),
    }
}

pub(super) fn says(status: u16, why: &str) -> Answer {
    says_code(status, 0, why)
}

fn says_code(status: u16, code: u32, why: &str) -> Answer {
    Answer::json(status, json!({ "message": why, "code": code }))
}
