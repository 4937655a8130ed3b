//! A signed POST of JSON to a program of the firm's own: n8n, Make, kintone, anything that knows Standard Webhooks.
//!
//! Verified (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md 1.0.0): `webhook-id` stays the same over
//! all attempts and is the idempotency key, `webhook-timestamp` is the attempt's, the signature is HMAC-SHA256 over
//! `id.timestamp.body` in base64 behind `v1,`; a secret is `whsec_` and base64; 2xx is taken, everything else is not, 410 means
//! never again, Retry-After is honoured.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use report::Content;
use ring::hmac;
use serde_json::{Value, json};

use super::Letter;
use super::answer;
use super::guard;
use super::http::{Request, Response};
use crate::Outcome;

/// The type of the event, and of its schema.
const REPORT_SENT: &str = "report.sent";

pub(super) fn request(url: &str, secret: &str, letter: Letter<'_>, now_ms: i64) -> Result<Request, Outcome> {
    // A dot in the id would let one signature stand for two contents.
    if letter.key.is_empty() || letter.key.contains('.') {
        return Err(Outcome::permanent("webhook-id: not a delivery's id"));
    }
    let request = Request::json(url.to_owned(), guard::WEBHOOK, &payload(letter.content));
    let at = now_ms.div_euclid(1_000).to_string();
    let signature = sign(secret, letter.key, &at, &request.body)?;
    Ok(request
        .with("webhook-id", letter.key.to_owned())
        .with("webhook-timestamp", at)
        .with("webhook-signature", signature))
}

/// What is told: the report as data, for programs; people read the other channels.
fn payload(content: &Content) -> Value {
    let lines: Vec<Value> =
        content.lines.iter().map(|line| json!({ "key": line.key, "label": line.label, "text": line.text })).collect();
    let callback = content.callback.as_ref().map(|callback| {
        json!({ "display": callback.display, "tel": callback.tel, "note": callback.note, "left": callback.left })
    });
    let received = time(content.received_ms);
    json!({
        "type": REPORT_SENT,
        "timestamp": received,
        "data": {
            "report": content.report,
            "firm": content.firm,
            "kind": content.kind.code(),
            "urgency": content.urgency.code(),
            "desired": content.desired.map(|desired| desired.code()),
            "received_at": received,
            "operator": content.operator,
            "who": content.who,
            "callback": callback,
            "lines": lines,
            "link": content.link,
            "seen_link": content.seen_link,
            "follows": content.follows,
            "notice_only": content.notice_only,
            "digest": content.digest,
            "test": content.test,
            "language": content.language.of("ja", "en"),
        },
    })
}

/// RFC 3339 in UTC.
fn time(unix_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_ms).map(|at| at.to_string()).unwrap_or_default()
}

/// `v1,` and the signature.
fn sign(secret: &str, id: &str, at: &str, body: &[u8]) -> Result<String, Outcome> {
    let bytes = match secret.strip_prefix("whsec_") {
        Some(text) => STANDARD.decode(text).map_err(|_| Outcome::permanent("secret: not base64 behind whsec_"))?,
        None => secret.as_bytes().to_vec(),
    };
    if bytes.is_empty() {
        return Err(Outcome::permanent("secret: empty"));
    }
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &bytes));
    for part in [id.as_bytes(), b".", at.as_bytes(), b".", body] {
        context.update(part);
    }
    Ok(format!("v1,{}", STANDARD.encode(context.sign())))
}

pub(super) fn outcome(response: &Response, now_ms: i64) -> Outcome {
    if (200..300).contains(&response.status) {
        return Outcome::Accepted { remote_id: String::new() };
    }
    answer::otherwise(response, &response.body, now_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the reference libraries of Standard Webhooks are tested with.
    #[test]
    fn f33_the_signature_is_the_one_of_the_reference_libraries() {
        let signature = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".into()));
    }

    #[test]
    fn f33_a_secret_that_cannot_be_used_names_its_field() {
        for secret in ["whsec_***", "whsec_", ""] {
            let Err(Outcome::Permanent { why }) = sign(secret, "id", "1", b"{}") else { panic!("{secret:?} was used") };
            assert!(why.starts_with("secret: "), "{why}");
        }
    }
}
