//! A receiver of Standard Webhooks: checks the signature as the specification says.
//!
//! Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, version 1.0.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde::Deserialize;

use super::check::{self, refuse};
use super::{Answer, Asked, Posting, Refusal, known};

/// Older or younger than this is a replay.
const TOLERANCE_SECONDS: i64 = 5 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    #[serde(rename = "type")]
    kind: String,
    timestamp: String,
    data: serde_json::Map<String, serde_json::Value>,
}

pub(super) fn check(asked: &Asked<'_>) -> Result<Posting, Refusal> {
    let id = signed(asked).map_err(|why| refuse(Answer::empty(401), why))?;
    asked
        .wants_json()
        .and_then(|()| check::json::<Payload>(asked.body))
        .and_then(|payload| {
            check::length("type", &payload.kind, 100)?;
            check::length("timestamp", &payload.timestamp, 40)?;
            if payload.data.is_empty() { Err("data is empty".into()) } else { Ok(()) }
        })
        .map_err(|why| refuse(Answer::empty(400), why))?;
    Ok(Posting { room: asked.part("name").to_owned(), key: Some(id) })
}

/// The id, if the signature fits.
fn signed(asked: &Asked<'_>) -> Result<String, String> {
    let header = |name: &str| asked.header(name).ok_or_else(|| format!("{name} is missing"));
    let (id, at, signatures) = (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    let seconds: i64 = at.parse().map_err(|_| format!("webhook-timestamp {at:?}"))?;
    if (asked.now_ms / 1_000 - seconds).abs() > TOLERANCE_SECONDS {
        return Err(format!("webhook-timestamp {at} is too far from now"));
    }
    if id.is_empty() || id.contains('.') {
        return Err(format!("webhook-id {id:?}"));
    }
    let secret = known::WEBHOOK_SECRET.strip_prefix("whsec_").unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(secret).map_err(|error| error.to_string())?);
    let mut content = format!("{id}.{at}.").into_bytes();
    content.extend_from_slice(asked.body);
    let fits = |one: &str| {
        let tag = one.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok());
        tag.is_some_and(|tag| hmac::verify(&key, &content, &tag).is_ok())
    };
    if signatures.split(' ').any(fits) { Ok(id.to_owned()) } else { Err("no signature fits".into()) }
}
