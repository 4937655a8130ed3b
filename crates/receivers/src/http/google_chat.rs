//! Google Chat: `spaces.messages.create` through an incoming webhook.
//!
//! Source: developers.google.com/workspace/chat/quickstart/webhooks (key, token, threadKey, messageReplyOption), /api/reference
//! /rest/v1/spaces.messages/create (`requestId`: the same one returns the first message; 32,000 bytes), /limits (429; one
//! write a second per space), errors as google.rpc.Status.

use serde::Deserialize;
use serde_json::json;

use super::check::{self, refuse};
use super::{Answer, Asked, Posting, Refusal, known};

const MESSAGE_BYTES_MAX: usize = 32_000;
const QUERY: &[&str] = &["key", "token", "requestId", "messageReplyOption", "threadKey"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Message {
    text: Option<String>,
    #[serde(default)]
    cards_v2: Vec<CardWithId>,
    thread: Option<Thread>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Thread {
    thread_key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CardWithId {
    card_id: String,
    card: Card,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    header: Header,
    sections: Vec<Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    title: String,
    #[serde(rename = "subtitle")]
    _subtitle: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(rename = "header")]
    _header: Option<String>,
    widgets: Vec<Widget>,
}

/// A union: exactly one of these.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Widget {
    DecoratedText(DecoratedText),
    TextParagraph(Paragraph),
    ButtonList(ButtonList),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DecoratedText {
    #[serde(rename = "topLabel")]
    _top_label: Option<String>,
    text: String,
    #[serde(rename = "wrapText")]
    _wrap_text: Option<bool>,
    on_click: Option<OnClick>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paragraph {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ButtonList {
    buttons: Vec<Button>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Button {
    text: String,
    on_click: OnClick,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OnClick {
    open_link: OpenLink,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenLink {
    url: String,
}

pub(super) fn check(asked: &Asked<'_>) -> Result<Posting, Refusal> {
    if asked.query("key") != Some(known::GOOGLE_KEY) {
        return Err(refuse(says(403, "The caller does not have permission"), "key"));
    }
    if asked.query("token") != Some(known::GOOGLE_TOKEN) {
        return Err(refuse(says(401, "Request had invalid authentication credentials."), "token"));
    }
    shape(asked).map_err(|why| refuse(says(400, &why), why))?;
    Ok(Posting { room: format!("spaces/{}", asked.part("space")), key: asked.query("requestId").map(str::to_owned) })
}

fn shape(asked: &Asked<'_>) -> Result<(), String> {
    asked.wants_json()?;
    if let Some((name, _)) = asked.query.iter().find(|(name, _)| !QUERY.contains(&name.as_str())) {
        return Err(format!("unknown parameter {name:?}"));
    }
    if asked.body.len() > MESSAGE_BYTES_MAX {
        return Err(format!("{} bytes, at most {MESSAGE_BYTES_MAX}", asked.body.len()));
    }
    let message: Message = check::json(asked.body)?;
    if message.text.as_deref().is_none_or(str::is_empty) && message.cards_v2.is_empty() {
        return Err("empty".into());
    }
    if message.thread.is_some_and(|thread| thread.thread_key.is_empty() || thread.thread_key.chars().count() > 4_000) {
        return Err("threadKey".into());
    }
    for CardWithId { card_id, card } in &message.cards_v2 {
        check::length("cardId", card_id, 64)?;
        check::length("title", &card.header.title, 4_000)?;
        if card.sections.is_empty() {
            return Err("a card has sections".into());
        }
        for widget in card.sections.iter().flat_map(|section| &section.widgets) {
            widget_shape(widget)?;
        }
    }
    Ok(())
}

fn widget_shape(widget: &Widget) -> Result<(), String> {
    match widget {
        Widget::DecoratedText(text) => {
            check::length("decoratedText", &text.text, MESSAGE_BYTES_MAX)?;
            match &text.on_click {
                Some(click) => check::link("openLink", &click.open_link.url, true, 2_048),
                None => Ok(()),
            }
        }
        Widget::TextParagraph(paragraph) => check::length("textParagraph", &paragraph.text, MESSAGE_BYTES_MAX),
        Widget::ButtonList(list) => {
            if list.buttons.is_empty() {
                return Err("no buttons".into());
            }
            for button in &list.buttons {
                check::length("button", &button.text, 4_000)?;
                check::link("openLink", &button.on_click.open_link.url, true, 2_048)?;
            }
            Ok(())
        }
    }
}

pub(super) fn accepted(posting: &Posting, number: u64) -> Answer {
    let name = format!("{}/messages/standin.{number}", posting.room);
    Answer::json(200, json!({ "name": name, "createTime": "2026-01-01T00:00:00Z", "space": { "name": posting.room } }))
}

pub(super) fn error(status: u16) -> Answer {
    says(
        status,
        match status {
            404 => "Requested entity was not found.",
            429 => "Resource has been exhausted (e.g. check quota).",
            503 => "The service is currently unavailable.",
            _ => "Request failed.",
        },
    )
}

pub(super) fn says(status: u16, why: &str) -> Answer {
    let name = match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    Answer::json(status, json!({ "error": { "code": status, "message": why, "status": name } }))
}
