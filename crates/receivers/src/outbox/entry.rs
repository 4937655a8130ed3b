//! One thing that was received, as the page's script wants it: what people see of it, and what came.

use mail_parser::MessageParser;
use serde_json::{Value, json};

use crate::http::{Received, Service, Verdict};
use crate::smtp::Mail;

/// A mail.
pub(super) fn mail(place: usize, mail: &Mail) -> Value {
    let parsed = MessageParser::default().parse(&mail.data);
    let subject = parsed.as_ref().and_then(|parsed| parsed.subject().map(str::to_owned)).unwrap_or_default();
    let text = parsed.as_ref().and_then(|parsed| parsed.body_text(0).map(|text| text.into_owned())).unwrap_or_default();
    json!({
        "id": format!("mail-{place}"),
        "at_ms": mail.at_ms,
        "service": super::MAIL,
        "to": mail.to.join(", "),
        "subject": subject,
        "text": text,
        "html": html(mail).map(|_| format!("/outbox/mails/{place}")),
        "verdict": if mail.answered { "shown" } else { "forgot" },
        "why": "",
        "raw": format!("MAIL FROM:<{}> {}\n{}", mail.from, mail.parameters, String::from_utf8_lossy(&mail.data)),
    })
}

/// The HTML of a mail, if it has one of its own.
pub(super) fn html(mail: &Mail) -> Option<String> {
    let parsed = MessageParser::default().parse(&mail.data)?;
    if parsed.html_body.is_empty() {
        return None;
    }
    parsed.body_html(0).map(|html| html.into_owned())
}

/// A posting to a chat.
pub(super) fn posting(received: &Received) -> Value {
    let (verdict, why) = match &received.verdict {
        Verdict::Shown => ("shown", ""),
        Verdict::Repeated => ("repeated", ""),
        Verdict::Failed => ("failed", ""),
        Verdict::Refused(why) => ("refused", why.as_str()),
    };
    let json: Option<Value> = serde_json::from_str(&received.body).ok();
    let text = match &json {
        Some(json) => seen(received.service, json),
        None => form_field(&received.body, "body"),
    };
    let body = match &json {
        Some(json) => serde_json::to_string_pretty(json).unwrap_or_default(),
        None => {
            form_urlencoded::parse(received.body.as_bytes()).map(|(name, value)| format!("{name}={value}\n")).collect()
        }
    };
    // Credentials of the stand-ins are nobody's, but a habit of showing such things is a bad one.
    let hidden = ["authorization", "x-chatworktoken", "webhook-signature"];
    let headers: String = received
        .headers
        .iter()
        .map(|(name, value)| {
            format!("{name}: {}\n", if hidden.contains(&name.as_str()) { "••••" } else { value.as_str() })
        })
        .collect();
    let path = received.uri.split('?').next().unwrap_or_default();
    json!({
        "id": format!("{}-{}", received.service.name(), received.place),
        "at_ms": received.at_ms,
        "service": received.service.name(),
        "to": received.room,
        "subject": "",
        "text": text,
        "html": null,
        "verdict": verdict,
        "why": why,
        "raw": format!("POST {path}\n{headers}\n{body}"),
    })
}

/// The words of a posting in the order in which people see them.
fn seen(service: Service, body: &Value) -> String {
    let mut lines = Vec::new();
    match service {
        Service::Slack | Service::SlackWebhook => each(body, "/blocks", |block| {
            lines.extend(text(block, "/text/text"));
            each(block, "/elements", |button| lines.extend(button_line(button, "/text/text", "/url")));
        }),
        Service::GoogleChat => {
            lines.extend(text(body, "/text"));
            each(body, "/cardsV2/0/card/sections/0/widgets", |widget| {
                lines.extend(text(widget, "/textParagraph/text"));
                lines.extend(pair(widget, "/decoratedText/topLabel", "/decoratedText/text"));
                each(widget, "/buttonList/buttons", |button| {
                    lines.extend(button_line(button, "/text", "/onClick/openLink/url"));
                });
            });
        }
        Service::Teams => {
            each(body, "/attachments/0/content/body", |element| {
                lines.extend(text(element, "/text"));
                each(element, "/facts", |fact| lines.extend(pair(fact, "/title", "/value")));
            });
            each(body, "/attachments/0/content/actions", |button| lines.extend(button_line(button, "/title", "/url")));
        }
        Service::Line => each(body, "/messages", |message| {
            lines.extend(text(message, "/text"));
            each(message, "/template/actions", |button| lines.extend(button_line(button, "/label", "/uri")));
        }),
        Service::LineWorks => {
            lines.extend(text(body, "/content/text"));
            lines.extend(text(body, "/content/contentText"));
            each(body, "/content/actions", |button| lines.extend(button_line(button, "/label", "/uri")));
        }
        Service::Discord => lines.extend(text(body, "/content")),
        Service::Chatwork | Service::Webhook => {
            lines.extend(text(body, "/data/who"));
            each(body, "/data/lines", |line| lines.extend(pair(line, "/label", "/text")));
        }
    }
    lines.join("\n")
}

fn each<'a>(json: &'a Value, pointer: &str, show: impl FnMut(&'a Value)) {
    json.pointer(pointer).and_then(Value::as_array).into_iter().flatten().for_each(show);
}

fn text(json: &Value, pointer: &str) -> Option<String> {
    json.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn pair(json: &Value, label: &str, words: &str) -> Option<String> {
    Some(format!("{}: {}", text(json, label)?, text(json, words)?))
}

fn button_line(json: &Value, label: &str, url: &str) -> Option<String> {
    Some(format!("[{}] {}", text(json, label)?, text(json, url)?))
}

fn form_field(body: &str, name: &str) -> String {
    form_urlencoded::parse(body.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
