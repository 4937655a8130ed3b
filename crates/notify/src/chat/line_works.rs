//! LINE WORKS API 2.0: a bot's message, with an access token that is got by a signed JWT, kept, and renewed in time.
//!
//! Verified (developers.worksmobile.com/en/docs: /auth-jwt: RS256 over iss = client id, sub = service account, iat, exp, base64url
//! without padding, times as numbers (RFC 7515, 7519, 7523); an access token is good for 24 hours; /bot-channel-message-send: 201;
//! /bot-send-text: 2,000 characters; /bot-send-button: 1,000 characters, 10 buttons; /rate-limits: 240 a minute, `rateLimit-reset` in
//! seconds, 429 `TOO_MANY_REQUESTS`). That a button may open `tel:` is not said: the number stands alone on its line, where the
//! app makes a link of it. There is no idempotency key.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use report::render::{self, Markup};
use report::{Channel, Content};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::answer;
use super::guard;
use super::http::{Http, Request, Response};
use super::{Letter, failed, sheet};
use crate::Outcome;

/// Characters of a text with buttons below it.
const CONTENT_TEXT_MAX: usize = 1_000;
/// Characters of a button's words.
const LABEL_MAX: usize = 20;
/// Characters of a button's address.
const URI_MAX: usize = 1_000;
/// How long our JWT is good; an hour at most is allowed, and it is used at once.
const JWT_SECONDS: i64 = 30 * 60;
/// An access token is renewed so long before its end.
const RENEW_MS: i64 = 10 * 60 * 1_000;
/// What an access token without a word about its end is good for.
const TOKEN_SECONDS_MIN: i64 = 60 * 60;
/// Apps whose tokens are kept; each firm that has LINE WORKS has one.
const APPS_MAX: usize = 10_000;

/// What a firm has given us of its LINE WORKS.
#[derive(Clone, Copy)]
pub(super) struct App<'a> {
    channel: &'a Channel,
    client_id: &'a str,
    client_secret: &'a str,
    service_account: &'a str,
    private_key: &'a str,
    bot: &'a str,
    /// `channels/…` or `users/…`.
    to: (&'static str, &'a str),
}

impl<'a> App<'a> {
    /// `None`: another channel, or nobody to send to.
    pub(super) fn of(channel: &'a Channel) -> Option<Self> {
        let Channel::LineWorks { client_id, client_secret, service_account, private_key, bot, channel: room, user } =
            channel
        else {
            return None;
        };
        let to = match (room, user) {
            (Some(room), _) => ("channels", room.as_str()),
            (None, Some(user)) => ("users", user.as_str()),
            (None, None) => return None,
        };
        Some(Self { channel, client_id, client_secret, service_account, private_key, bot, to })
    }

    /// Two firms never share a token, and a new secret gets a new one.
    fn key(&self) -> String {
        let parts = [self.client_id, self.client_secret, self.service_account, self.private_key];
        let digest = ring::digest::digest(&ring::digest::SHA256, parts.join("\n").as_bytes());
        STANDARD.encode(digest)
    }
}

pub(super) fn request(base: &str, app: &App<'_>, token: &str, letter: Letter<'_>) -> Request {
    let segment = |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let (kind, to) = app.to;
    let url = format!("{base}/v1.0/bots/{}/{kind}/{}/messages", segment(app.bot), segment(to));
    Request::json(url, guard::LINE_WORKS, &json!({ "content": content(letter.content) }))
        .with("authorization", format!("Bearer {token}"))
}

/// Buttons where the text is short enough for them; otherwise the links stand in the text.
fn content(content: &Content) -> Value {
    let buttons: Vec<Value> = sheet::links(content, URI_MAX)
        .into_iter()
        .map(|(label, uri)| json!({ "type": "uri", "label": report::text::head(&label, LABEL_MAX), "uri": uri }))
        .collect();
    // A firm's own wording says itself where its links stand.
    let own = content.templates.chat.is_some();
    let whole = if own { content.clone() } else { sheet::without_links(content) };
    let bare = render::plain(&whole, Markup::LineWorks, &[]);
    if !buttons.is_empty() && bare.encode_utf16().count() <= CONTENT_TEXT_MAX {
        return json!({ "type": "button_template", "contentText": bare, "actions": buttons });
    }
    json!({ "type": "text", "text": render::plain(content, Markup::LineWorks, &[]) })
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default)]
    code: String,
    #[serde(default)]
    description: String,
}

pub(super) fn outcome(response: &Response, now_ms: i64) -> Outcome {
    match response.status {
        201 => Outcome::Accepted { remote_id: String::new() },
        200 | 202..=299 => answer::strange(response),
        _ => {
            let said = serde_json::from_str::<Refused>(&response.body);
            let said = said.map(|refused| format!("{} {}", refused.code, refused.description)).unwrap_or_default();
            answer::otherwise(response, &said, now_ms)
        }
    }
}

/// Access tokens, one for each app.
#[derive(Default)]
pub(super) struct Tokens {
    /// The lock of a place is held while its token is got: a hundred deliveries at start ask once.
    places: Mutex<HashMap<String, Place>>,
}

/// Where the token of one app is kept.
type Place = Arc<Mutex<Option<Token>>>;

#[derive(Clone)]
struct Token {
    access: String,
    until_ms: i64,
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    /// A number, or a number as text: both are seen.
    expires_in: Option<Value>,
}

#[derive(Deserialize)]
struct NotGiven {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Tokens {
    /// The token of this app: the one that we have, or a new one.
    pub(super) async fn get(&self, http: &Http, base: &str, app: &App<'_>, now_ms: i64) -> Result<String, Outcome> {
        let place = self.place(app).await;
        let mut place = place.lock().await;
        if let Some(token) = place.as_ref().filter(|token| token.until_ms - RENEW_MS > now_ms) {
            return Ok(token.access.clone());
        }
        let token = fetch(http, base, app, now_ms).await?;
        let access = token.access.clone();
        *place = Some(token);
        Ok(access)
    }

    /// LINE WORKS does not know this token any more.
    pub(super) async fn forget(&self, app: &App<'_>, access: &str) {
        let place = self.place(app).await;
        let mut place = place.lock().await;
        // Somebody else may have got a new one meanwhile.
        if place.as_ref().is_some_and(|token| token.access == access) {
            *place = None;
        }
    }

    async fn place(&self, app: &App<'_>) -> Place {
        let mut places = self.places.lock().await;
        if places.len() >= APPS_MAX {
            places.clear();
        }
        places.entry(app.key()).or_default().clone()
    }
}

async fn fetch(http: &Http, base: &str, app: &App<'_>, now_ms: i64) -> Result<Token, Outcome> {
    let assertion = jwt(app, now_ms.div_euclid(1_000)).map_err(Outcome::permanent)?;
    let fields = [
        ("assertion", assertion.as_str()),
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("client_id", app.client_id),
        ("client_secret", app.client_secret),
        ("scope", "bot.message"),
    ];
    let request = Request::form(format!("{base}/oauth2/v2.0/token"), guard::LINE_WORKS, &fields);
    let mut response = http.post(request).await.map_err(|failure| failed(app.channel, failure))?;
    if response.status != 200 {
        response.body = app.channel.scrub(&response.body, &[&assertion]);
        let said = serde_json::from_str::<NotGiven>(&response.body);
        let said = said.map(|said| format!("no access token: {} {}", said.error, said.error_description));
        return Err(answer::otherwise(&response, &said.unwrap_or_default(), now_ms));
    }
    let given: Given = serde_json::from_str(&response.body).map_err(|_| answer::strange(&response))?;
    let seconds = match &given.expires_in {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => None,
    };
    let seconds = seconds.unwrap_or(TOKEN_SECONDS_MIN).clamp(0, 86_400);
    Ok(Token { access: given.access_token, until_ms: now_ms.saturating_add(seconds * 1_000) })
}

/// Header, claims and signature. Errors name the field.
fn jwt(app: &App<'_>, now: i64) -> Result<String, String> {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({
        "iss": app.client_id,
        "sub": app.service_account,
        "iat": now,
        "exp": now + JWT_SECONDS,
    });
    let text = format!("{}.{}", part(json!({ "alg": "RS256", "typ": "JWT" })), part(claims));
    let pair = key_pair(app.private_key)?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| "private_key: cannot sign".to_owned())?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// A PKCS #8 key as PEM, as the Developer Console gives it out.
fn key_pair(pem: &str) -> Result<RsaKeyPair, String> {
    let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
    let body = pem.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).map(|(body, _)| body);
    let body: String = body.ok_or("private_key: not a private key in PEM (PKCS #8)")?.split_whitespace().collect();
    let der = STANDARD.decode(body).map_err(|_| "private_key: not base64")?;
    RsaKeyPair::from_pkcs8(&der).map_err(|error| format!("private_key: {error}"))
}
