//! Slack: incoming webhooks and `chat.postMessage`.
//!
//! Source: docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (body `ok`; errors as plain text with 400, 403,
//! 404, 410), /reference/methods/chat.postMessage (200 with `ok:false`), /apis/web-api/rate-limits (429 and Retry-After),
//! /reference/block-kit (section 3000 characters, header 150, button text 75 and URL 3000, 50 blocks). Blocks of more than
//! about 13,200 characters in all are refused with `msg_blocks_too_long` (slackapi/bolt-js issue 2509).

use serde::Deserialize;
use serde_json::json;

use super::check::{self, refuse};
use super::{Answer, Asked, Posting, Refusal, known};

const TEXT_MAX: usize = 40_000;
const BLOCKS_MAX: usize = 50;
const BLOCKS_CHARACTERS_MAX: usize = 13_000;
const SECTION_MAX: usize = 3_000;
const HEADER_MAX: usize = 150;
const BUTTON_MAX: usize = 75;
const URL_MAX: usize = 3_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    text: Option<String>,
    #[serde(default)]
    blocks: Vec<Block>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    channel: String,
    text: Option<String>,
    #[serde(default)]
    blocks: Vec<Block>,
    metadata: Option<Metadata>,
    #[serde(rename = "unfurl_links")]
    _unfurl_links: Option<bool>,
    #[serde(rename = "unfurl_media")]
    _unfurl_media: Option<bool>,
    #[serde(rename = "thread_ts")]
    _thread_ts: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    event_type: String,
    #[serde(rename = "event_payload")]
    _event_payload: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Block {
    Header { text: Text },
    Section { text: Text },
    Context { elements: Vec<Text> },
    Actions { elements: Vec<Button> },
    Divider {},
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(rename = "type")]
    kind: TextKind,
    text: String,
    #[serde(rename = "emoji")]
    _emoji: Option<bool>,
    #[serde(rename = "verbatim")]
    _verbatim: Option<bool>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum TextKind {
    PlainText,
    Mrkdwn,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Button {
    #[serde(rename = "type")]
    kind: String,
    text: Text,
    url: String,
    #[serde(rename = "action_id")]
    _action_id: Option<String>,
    style: Option<String>,
}

pub(super) fn check_webhook(asked: &Asked<'_>) -> Result<Posting, Refusal> {
    let (team, bot, secret) = (asked.part("team"), asked.part("bot"), asked.part("secret"));
    if !team.starts_with('T') || !bot.starts_with('B') {
        return Err(refuse(webhook_error(404), "no webhook of ours"));
    }
    if secret != known::SLACK_WEBHOOK {
        return Err(refuse(Answer::text(403, "invalid_token"), "invalid_token"));
    }
    let payload = |why: String| refuse(Answer::text(400, "invalid_payload"), why);
    asked.wants_json().map_err(payload)?;
    let message: Webhook = check::json(asked.body).map_err(payload)?;
    let text = message.text.unwrap_or_default();
    if text.is_empty() {
        return Err(refuse(Answer::text(400, "no_text"), "no_text"));
    }
    shape(&text, &message.blocks).map_err(|(code, why)| refuse(Answer::text(400, code), why))?;
    Ok(Posting { room: format!("{team}/{bot}"), key: None })
}

pub(super) fn check(asked: &Asked<'_>) -> Result<Posting, Refusal> {
    match asked.bearer() {
        Some(known::SLACK_TOKEN) => {}
        None => return Err(refuse(refused("not_authed"), "not_authed")),
        Some(_) => return Err(refuse(refused("invalid_auth"), "invalid_auth")),
    }
    // Without a charset Slack takes the text and warns; we do not want warnings.
    if asked.header("content-type") != Some("application/json; charset=utf-8") {
        return Err(refuse(refused("invalid_post_type"), format!("content-type {:?}", asked.header("content-type"))));
    }
    let message: Message = check::json(asked.body).map_err(|why| refuse(refused("invalid_arguments"), why))?;
    if !message.channel.starts_with(['C', 'G', 'D']) {
        return Err(refuse(refused("channel_not_found"), format!("channel {:?}", message.channel)));
    }
    let text = message.text.unwrap_or_default();
    if text.is_empty() {
        return Err(refuse(refused("no_text"), "no_text"));
    }
    shape(&text, &message.blocks).map_err(|(code, why)| refuse(refused(code), why))?;
    if message.metadata.is_some_and(|metadata| metadata.event_type.is_empty()) {
        return Err(refuse(refused("invalid_metadata_format"), "event_type is empty"));
    }
    Ok(Posting { room: message.channel, key: None })
}

type Wrong = (&'static str, String);

fn shape(text: &str, blocks: &[Block]) -> Result<(), Wrong> {
    check::length("text", text, TEXT_MAX).map_err(|why| ("msg_too_long", why))?;
    if blocks.len() > BLOCKS_MAX {
        return Err(("invalid_blocks", format!("{} blocks", blocks.len())));
    }
    let mut characters = 0;
    for block in blocks {
        characters += one(block).map_err(|why| ("invalid_blocks", why))?;
    }
    if characters > BLOCKS_CHARACTERS_MAX {
        return Err(("msg_blocks_too_long", format!("{characters} characters in blocks")));
    }
    Ok(())
}

/// The characters of a block.
fn one(block: &Block) -> Result<usize, String> {
    match block {
        Block::Header { text } => {
            if text.kind != TextKind::PlainText {
                return Err("a header is plain_text".into());
            }
            check::length("header", &text.text, HEADER_MAX)?;
            Ok(text.text.chars().count())
        }
        Block::Section { text } => {
            check::length("section", &text.text, SECTION_MAX)?;
            Ok(text.text.chars().count())
        }
        Block::Context { elements } => {
            for text in elements {
                check::length("context", &text.text, SECTION_MAX)?;
            }
            Ok(elements.iter().map(|text| text.text.chars().count()).sum())
        }
        Block::Actions { elements } => {
            for button in elements {
                if button.kind != "button" || button.text.kind != TextKind::PlainText {
                    return Err("actions hold buttons with plain_text".into());
                }
                check::length("button", &button.text.text, BUTTON_MAX)?;
                check::link("url", &button.url, false, URL_MAX)?;
                if !matches!(button.style.as_deref(), None | Some("primary" | "danger")) {
                    return Err(format!("style {:?}", button.style));
                }
            }
            if elements.is_empty() || elements.len() > 25 { Err("1 to 25 elements".into()) } else { Ok(0) }
        }
        Block::Divider {} => Ok(0),
    }
}

pub(super) fn accepted(posting: &Posting, number: u64) -> Answer {
    let ts = format!("1700000000.{number:06}");
    Answer::json(
        200,
        json!({ "ok": true, "channel": posting.room, "ts": ts, "message": { "type": "message", "ts": ts } }),
    )
}

pub(super) fn refused(code: &str) -> Answer {
    Answer::json(200, json!({ "ok": false, "error": code }))
}

pub(super) fn error(status: u16) -> Answer {
    match status {
        429 => Answer::json(429, json!({ "ok": false, "error": "ratelimited" })),
        401 | 403 => refused("invalid_auth"),
        404 => refused("channel_not_found"),
        _ => Answer::json(status, json!({ "ok": false, "error": "internal_error" })),
    }
}

pub(super) fn webhook_error(status: u16) -> Answer {
    Answer::text(
        status,
        match status {
            400 => "invalid_payload",
            403 => "action_prohibited",
            404 => "no_service",
            410 => "channel_is_archived",
            429 => "rate_limited",
            _ => "rollup_error",
        },
    )
}

/// The status that goes with an error of a webhook.
pub(super) fn webhook_status(code: &str) -> u16 {
    match code {
        "action_prohibited" | "invalid_token" | "posting_to_general_channel_denied" => 403,
        "channel_not_found" | "no_service" | "no_active_hooks" | "no_team" | "team_disabled" => 404,
        "channel_is_archived" => 410,
        "rollup_error" => 500,
        _ => 400,
    }
}
