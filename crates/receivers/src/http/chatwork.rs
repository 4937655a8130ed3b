//! Chatwork API v2: `POST /v2/rooms/{room_id}/messages`.
//!
//! Source: developer.chatwork.com/docs/endpoints (form-encoded body, header `x-chatworktoken`, 300 requests in 5 minutes with
//! `x-ratelimit-*`, 10 postings in 10 seconds per room, errors as `{"errors":[..]}`) and /docs/message-notation.

use serde_json::json;

use super::check::{self, refuse};
use super::{Answer, Asked, Posting, Refusal, known};

const BODY_MAX: usize = 65_535;

pub(super) fn check(asked: &Asked<'_>) -> Result<Posting, Refusal> {
    match asked.header("x-chatworktoken") {
        Some(known::CHATWORK_TOKEN) => {}
        other => return Err(refuse(says(401, "Invalid API token"), format!("x-chatworktoken {other:?}"))),
    }
    let room = asked.part("room");
    if room.is_empty() || !room.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse(says(404, "Not found"), format!("room {room:?} is no number")));
    }
    shape(asked).map_err(|why| refuse(says(400, &why), why))?;
    Ok(Posting { room: room.to_owned(), key: None })
}

fn shape(asked: &Asked<'_>) -> Result<(), String> {
    if asked.content_type() != "application/x-www-form-urlencoded" {
        return Err(format!("content-type {:?}", asked.content_type()));
    }
    let fields = check::form(asked.body, &["body", "self_unread"])?;
    let body = check::field(&fields, "body").ok_or("body is missing")?;
    check::length("body", body, BODY_MAX)?;
    match check::field(&fields, "self_unread") {
        None | Some("0" | "1") => Ok(()),
        Some(other) => Err(format!("self_unread {other:?}")),
    }
}

pub(super) fn accepted(number: u64) -> Answer {
    let remaining = 299_u64.saturating_sub(number % 300);
    Answer::json(200, json!({ "message_id": format!("{}", 1_000_000_000 + number) }))
        .with("x-ratelimit-limit", "300")
        .with("x-ratelimit-remaining", remaining.max(1).to_string())
}

pub(super) fn error(status: u16) -> Answer {
    says(
        status,
        match status {
            401 => "Invalid API token",
            403 => "You don't have permission to post to this room",
            404 => "Not found",
            429 => "Rate limit for message posting per room exceeded.",
            _ => "Something is wrong",
        },
    )
}

pub(super) fn says(status: u16, why: &str) -> Answer {
    Answer::json(status, json!({ "errors": [why] }))
}
