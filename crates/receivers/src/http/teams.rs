//! Microsoft Teams: the trigger "When a Teams webhook request is received" of a workflow.
//!
//! Source: learn.microsoft.com/connectors/teams (one message about 28 KB, "Request Entity Too Large" beyond it),
//! /power-automate (the URL is signed: `sig`; 202 is said before the flow runs), adaptivecards.io/explorer for version 1.4.
//! The newer addresses are `*.environment.api.powerplatform.com`, the older ones `*.logic.azure.com`.

use serde::Deserialize;
use serde_json::json;

use super::check::{self, refuse};
use super::{Answer, Asked, Posting, Refusal, known};

const MESSAGE_BYTES_MAX: usize = 28 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    attachments: Vec<Attachment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Attachment {
    content_type: String,
    #[serde(deserialize_with = "null")]
    #[serde(rename = "contentUrl")]
    _content_url: (),
    content: Card,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    #[serde(rename = "$schema")]
    schema: String,
    #[serde(rename = "type")]
    kind: String,
    version: String,
    body: Vec<Element>,
    #[serde(default)]
    actions: Vec<Action>,
    #[serde(rename = "msteams")]
    _msteams: Option<Teams>,
    #[serde(rename = "fallbackText")]
    _fallback_text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Teams {
    #[serde(rename = "width")]
    _width: Option<Width>,
}

#[derive(Deserialize)]
enum Width {
    #[serde(rename = "Full", alias = "full")]
    Full,
}

#[derive(Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum Element {
    TextBlock {
        text: String,
        #[serde(rename = "wrap")]
        _wrap: Option<bool>,
        #[serde(rename = "weight")]
        _weight: Option<Weight>,
        #[serde(rename = "size")]
        _size: Option<Size>,
        #[serde(rename = "color")]
        _color: Option<Color>,
        #[serde(rename = "isSubtle")]
        _is_subtle: Option<bool>,
        #[serde(rename = "separator")]
        _separator: Option<bool>,
    },
    FactSet {
        facts: Vec<Fact>,
        #[serde(rename = "separator")]
        _separator: Option<bool>,
    },
}

#[derive(Deserialize)]
enum Weight {
    Default,
    Lighter,
    Bolder,
}

#[derive(Deserialize)]
enum Size {
    Default,
    Small,
    Medium,
    Large,
    ExtraLarge,
}

#[derive(Deserialize)]
enum Color {
    Default,
    Dark,
    Light,
    Accent,
    Good,
    Warning,
    Attention,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    title: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum Action {
    #[serde(rename = "Action.OpenUrl")]
    OpenUrl { title: String, url: String },
}

fn null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    Option::<serde::de::IgnoredAny>::deserialize(deserializer).and_then(|value| match value {
        None => Ok(()),
        Some(_) => Err(serde::de::Error::custom("null is wanted")),
    })
}

pub(super) fn check(asked: &Asked<'_>) -> Result<Posting, Refusal> {
    let signed = asked.query("sig") == Some(known::TEAMS_SIGNATURE);
    if !signed || asked.query("api-version").is_none() || asked.query("sp").is_none() || asked.query("sv").is_none() {
        return Err(refuse(error(401), "the URL is not as it was given out"));
    }
    if asked.body.len() > MESSAGE_BYTES_MAX {
        return Err(refuse(error(413), format!("{} bytes", asked.body.len())));
    }
    shape(asked).map_err(|why| refuse(error(400), why))?;
    Ok(Posting { room: asked.part("flow").to_owned(), key: None })
}

fn shape(asked: &Asked<'_>) -> Result<(), String> {
    asked.wants_json()?;
    let message: Message = check::json(asked.body)?;
    if message.kind != "message" {
        return Err(format!("type {:?}", message.kind));
    }
    let [attachment] = message.attachments.as_slice() else { return Err("one attachment".into()) };
    if attachment.content_type != "application/vnd.microsoft.card.adaptive" {
        return Err(format!("contentType {:?}", attachment.content_type));
    }
    let card = &attachment.content;
    if card.kind != "AdaptiveCard"
        || card.version != "1.4"
        || card.schema != "http://adaptivecards.io/schemas/adaptive-card.json"
    {
        return Err(format!("{} {} {}", card.schema, card.kind, card.version));
    }
    for element in &card.body {
        match element {
            Element::TextBlock { text, .. } => check::length("text", text, MESSAGE_BYTES_MAX)?,
            Element::FactSet { facts, .. } => {
                for fact in facts {
                    check::length("title", &fact.title, 1_000)?;
                    check::length("value", &fact.value, MESSAGE_BYTES_MAX)?;
                }
            }
        }
    }
    for Action::OpenUrl { title, url } in &card.actions {
        check::length("title", title, 1_000)?;
        check::link("url", url, true, 2_048)?;
    }
    if card.body.is_empty() { Err("an empty card".into()) } else { Ok(()) }
}

pub(super) fn accepted(number: u64) -> Answer {
    Answer::empty(202).with("x-ms-workflow-run-id", format!("0858{number:020}CU00"))
}

pub(super) fn error(status: u16) -> Answer {
    let (code, why) = match status {
        400 => ("InvalidRequestContent", "The input body for trigger does not match its schema definition."),
        401 => ("DirectApiAuthorizationRequired", "The request is not signed as it was given out."),
        404 => ("WorkflowNotFound", "The workflow could not be found."),
        413 => ("RequestEntityTooLarge", "The request is too large."),
        429 => ("TooManyRequests", "Too many requests."),
        _ => ("InternalServerError", "Something is wrong."),
    };
    Answer::json(status, json!({ "error": { "code": code, "message": why } }))
}
