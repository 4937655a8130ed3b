//! LINE Messaging API: `POST /v2/bot/message/push`.
//!
//! Source: github.com/line/line-openapi messaging-api.yml; developers.line.biz/en/docs/messaging-api/retrying-api-request
//! (`X-Line-Retry-Key`: a hexadecimal UUID; once accepted, 409 with `x-line-accepted-request-id`, for 24 hours) and
//! /en/reference/messaging-api (text 5,000 UTF-16 units, buttons text 160, 4 actions, label 20, URI 1,000, altText 1,500).

use serde::Deserialize;
use serde_json::json;

use super::check::{self, refuse};
use super::{Answer, Asked, Posting, Refusal, known};

const MESSAGES_MAX: usize = 5;
const TEXT_UNITS_MAX: usize = 5_000;
const ALT_TEXT_MAX: usize = 1_500;
const BUTTONS_TEXT_MAX: usize = 160;
const ACTIONS_MAX: usize = 4;
const LABEL_MAX: usize = 20;
const URI_MAX: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Push {
    to: String,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Message {
    Text {
        text: String,
    },
    Template {
        #[serde(rename = "altText")]
        alt_text: String,
        template: Template,
    },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Template {
    Buttons { text: String, actions: Vec<Action> },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Action {
    Uri { label: String, uri: String },
}

pub(super) fn check(asked: &Asked<'_>) -> Result<Posting, Refusal> {
    if asked.bearer() != Some(known::LINE_TOKEN) {
        return Err(refuse(error(401), "no channel access token of ours"));
    }
    shape(asked).map_err(|why| refuse(says(400, &why), why))
}

fn shape(asked: &Asked<'_>) -> Result<Posting, String> {
    asked.wants_json()?;
    let key = asked.header("x-line-retry-key");
    if let Some(key) = key {
        uuid(key)?;
    }
    let push: Push = check::json(asked.body)?;
    if !push.to.starts_with(['U', 'C', 'R']) || push.to.len() != 33 {
        return Err(format!("to {:?}", push.to));
    }
    if push.messages.is_empty() || push.messages.len() > MESSAGES_MAX {
        return Err(format!("{} messages", push.messages.len()));
    }
    for message in &push.messages {
        match message {
            Message::Text { text } => {
                let units = text.encode_utf16().count();
                if units == 0 || units > TEXT_UNITS_MAX {
                    return Err(format!("text of {units} units"));
                }
            }
            Message::Template { alt_text, template: Template::Buttons { text, actions } } => {
                check::length("altText", alt_text, ALT_TEXT_MAX)?;
                check::length("text", text, BUTTONS_TEXT_MAX)?;
                if actions.is_empty() || actions.len() > ACTIONS_MAX {
                    return Err(format!("{} actions", actions.len()));
                }
                for Action::Uri { label, uri } in actions {
                    check::length("label", label, LABEL_MAX)?;
                    check::link("uri", uri, true, URI_MAX)?;
                }
            }
        }
    }
    Ok(Posting { room: push.to, key: key.map(str::to_owned) })
}

fn uuid(key: &str) -> Result<(), String> {
    let dashes = [8, 13, 18, 23];
    let fits = |(place, byte): (usize, u8)| {
        if dashes.contains(&place) { byte == b'-' } else { byte.is_ascii_hexdigit() }
    };
    if key.len() == 36 && key.bytes().enumerate().all(fits) { Ok(()) } else { Err(format!("X-Line-Retry-Key {key:?}")) }
}

pub(super) fn accepted(number: u64, repeated: bool) -> Answer {
    let sent = json!([{ "id": (460_000_000_000 + number).to_string(), "quoteToken": format!("q{number}") }]);
    let request = format!("standin-request-{number}");
    if repeated {
        return Answer::json(409, json!({ "message": "The retry key is already accepted", "sentMessages": sent }))
            .with("x-line-request-id", format!("{request}-again"))
            .with("x-line-accepted-request-id", request);
    }
    Answer::json(200, json!({ "sentMessages": sent })).with("x-line-request-id", request)
}

pub(super) fn error(status: u16) -> Answer {
    says(
        status,
        match status {
            400 => "The property, 'to', in the request body is invalid (line: -, column: -)",
            401 => "Authentication failed. Confirm that the access token in the authorization header is valid.",
            403 => "Access to this API is not available for your account",
            429 => "The API rate limit has been exceeded. Try again later.",
            _ => "Internal server error",
        },
    )
}

pub(super) fn says(status: u16, why: &str) -> Answer {
    Answer::json(status, json!({ "message": why })).with("x-line-request-id", "standin-request-refused")
}
