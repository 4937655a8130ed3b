//! LINE WORKS API 2.0: the access token by JWT, and a bot's messages.
//!
//! Source: developers.worksmobile.com/en/docs/auth-jwt (RS256, iss, sub, iat, exp; access token 24 hours), /bot-channel-message-send
//! (201, no body), /bot-send-text (2,000 characters), /bot-send-button (10 buttons, texts of 1,000 characters), /rate-limits
//! (240 requests a minute for each operation, `rateLimit-reset` in seconds, 429 with `TOO_MANY_REQUESTS`).

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, KeyPair};
use serde::Deserialize;
use serde_json::json;

use super::check::{self, refuse};
use super::{Answer, Asked, Posting, Refusal, known};

const TEXT_MAX: usize = 2_000;
const CONTENT_TEXT_MAX: usize = 1_000;
const ACTIONS_MAX: usize = 10;
const LABEL_MAX: usize = 20;
const URI_MAX: usize = 1_000;
/// The JWT is good for an hour at most.
const JWT_SECONDS_MAX: i64 = 3_600;
const TOKEN_SECONDS: i64 = 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    content: Content,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Content {
    Text {
        text: String,
    },
    ButtonTemplate {
        #[serde(rename = "contentText")]
        content_text: String,
        actions: Vec<Action>,
    },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Action {
    Uri { label: String, uri: String },
}

pub(super) fn check(asked: &Asked<'_>) -> Result<Posting, Refusal> {
    let unknown = || refuse(error(401), "the access token is none of ours, or over");
    let token = asked.bearer().ok_or_else(unknown)?;
    if asked.tokens.get(token).is_none_or(|until| *until <= asked.now_ms) {
        return Err(unknown());
    }
    shape(asked).map_err(|why| refuse(says(400, "INVALID_PARAMETER"), why))?;
    let (channel, user) = (asked.part("channel"), asked.part("user"));
    Ok(Posting { room: if channel.is_empty() { user } else { channel }.to_owned(), key: None })
}

fn shape(asked: &Asked<'_>) -> Result<(), String> {
    asked.wants_json()?;
    if asked.part("bot").is_empty() || !asked.part("bot").bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("botId {:?}", asked.part("bot")));
    }
    match check::json::<Message>(asked.body)?.content {
        Content::Text { text } => check::length("text", &text, TEXT_MAX),
        Content::ButtonTemplate { content_text, actions } => {
            check::length("contentText", &content_text, CONTENT_TEXT_MAX)?;
            if actions.is_empty() || actions.len() > ACTIONS_MAX {
                return Err(format!("{} actions", actions.len()));
            }
            for Action::Uri { label, uri } in &actions {
                check::length("label", label, LABEL_MAX)?;
                check::link("uri", uri, true, URI_MAX)?;
            }
            Ok(())
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JwtHeader {
    alg: String,
    typ: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    sub: String,
    iat: i64,
    exp: i64,
}

/// Answers a request for a token: the answer, and until when the token is good, unix ms.
pub(super) fn token(headers: &HeaderMap, body: &[u8], now_ms: i64, token: &str) -> Result<(Answer, i64), Refusal> {
    let wrong = |why: String| {
        let answer = Answer::json(400, json!({ "error": "invalid_grant", "error_description": why }));
        refuse(answer, why)
    };
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("");
    if kind != "application/x-www-form-urlencoded" {
        return Err(wrong(format!("content-type {kind:?}")));
    }
    let allowed = ["assertion", "grant_type", "client_id", "client_secret", "scope"];
    let fields = check::form(body, &allowed).map_err(wrong)?;
    let expected = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("client_id", known::LINE_WORKS_CLIENT),
        ("client_secret", known::LINE_WORKS_SECRET),
        ("scope", "bot.message"),
    ];
    for (name, value) in expected {
        if check::field(&fields, name) != Some(value) {
            let answer = Answer::json(401, json!({ "error": "invalid_client", "error_description": name }));
            return Err(refuse(answer, format!("{name} is {:?}", check::field(&fields, name))));
        }
    }
    let assertion = check::field(&fields, "assertion").ok_or_else(|| wrong("assertion is missing".into()))?;
    verified(assertion, now_ms / 1_000).map_err(wrong)?;
    let answer = json!({
        "access_token": token,
        "refresh_token": format!("{token}-refresh"),
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS.to_string(),
        "scope": "bot.message",
    });
    Ok((Answer::json(200, answer), now_ms + TOKEN_SECONDS * 1_000))
}

/// RFC 7515, 7519, 7523: base64url without padding, RS256, times as numbers.
fn verified(assertion: &str, now: i64) -> Result<(), String> {
    let mut parts = assertion.split('.');
    let (Some(header), Some(claims), Some(signed), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("a JWT has three parts".into());
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string());
    let known_header: JwtHeader = check::json(&decode(header)?)?;
    if known_header.alg != "RS256" || known_header.typ != "JWT" {
        return Err(format!("alg {} typ {}", known_header.alg, known_header.typ));
    }
    let known_claims: Claims = check::json(&decode(claims)?)?;
    if known_claims.iss != known::LINE_WORKS_CLIENT || known_claims.sub != known::LINE_WORKS_ACCOUNT {
        return Err("iss or sub".into());
    }
    if known_claims.iat > now + 60 || known_claims.exp <= now || known_claims.exp - known_claims.iat > JWT_SECONDS_MAX {
        return Err(format!("iat {} exp {} at {now}", known_claims.iat, known_claims.exp));
    }
    let text = format!("{header}.{claims}");
    let key = public_key()?;
    signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key)
        .verify(text.as_bytes(), &decode(signed)?)
        .map_err(|_| "the signature does not fit".to_owned())
}

/// What the Developer Console keeps of the key pair that it gave out.
fn public_key() -> Result<Vec<u8>, String> {
    let body: String = known::LINE_WORKS_KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(body).map_err(|error| error.to_string())?;
    let pair = signature::RsaKeyPair::from_pkcs8(&der).map_err(|error| error.to_string())?;
    Ok(pair.public_key().as_ref().to_vec())
}

pub(super) fn error(status: u16) -> Answer {
    match status {
        401 => says(401, "UNAUTHORIZED"),
        403 => says(403, "FORBIDDEN"),
        404 => says(404, "NOT_FOUND"),
        429 => says(429, "TOO_MANY_REQUESTS").with("ratelimit-limit", "240").with("ratelimit-remaining", "0"),
        _ => says(status, "INTERNAL_SERVER_ERROR"),
    }
}

pub(super) fn says(status: u16, code: &str) -> Answer {
    let description = match code {
        "TOO_MANY_REQUESTS" => "API rate limit exceeded",
        "UNAUTHORIZED" => "Authentication failed",
        _ => "The request was not taken",
    };
    Answer::json(status, json!({ "code": code, "description": description }))
}
