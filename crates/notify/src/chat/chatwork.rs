//! Chatwork API v2: `POST /v2/rooms/{room_id}/messages`.
//!
//! Verified (developer.chatwork.com/docs/endpoints and /docs/message-notation, /reference/post-rooms-room_id-messages):
//! form-encoded body, `x-chatworktoken`, 1..65,535 characters, `[To:{account_id}]`, errors as `{"errors":[..]}`, 300 requests
//! in 5 minutes with `x-ratelimit-*`, 10 postings in 10 seconds per room. There is no idempotency key.

use report::render::{self, Markup};
use serde::Deserialize;

use super::Letter;
use super::answer;
use super::guard;
use super::http::{Request, Response};
use crate::Outcome;

#[derive(Deserialize)]
struct Posted {
    message_id: String,
}

#[derive(Deserialize)]
struct Refused {
    errors: Vec<String>,
}

pub(super) fn request(base: &str, room: &str, token: &str, mention: &[String], letter: Letter<'_>) -> Request {
    let url = format!("{base}/v2/rooms/{}/messages", segment(room));
    let body = render::plain(letter.content, Markup::Chatwork, mention);
    // Unread also for whoever's token it is: a firm that gives its own would otherwise never notice.
    let fields = [("body", body.as_str()), ("self_unread", "1")];
    Request::form(url, guard::CHATWORK, &fields).with("x-chatworktoken", token.to_owned())
}

/// A part of a path that stays one part.
fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub(super) fn outcome(response: &Response, now_ms: i64) -> Outcome {
    if response.status == 200 {
        return match serde_json::from_str::<Posted>(&response.body) {
            Ok(posted) => Outcome::Accepted { remote_id: posted.message_id },
            Err(_) => answer::strange(response),
        };
    }
    let said = serde_json::from_str::<Refused>(&response.body).map(|refused| refused.errors.join("; "));
    answer::otherwise(response, &said.unwrap_or_default(), now_ms)
}
