//! The HTML part of a mail: one table, no pictures, nothing from elsewhere. Every text goes through [`escape`].

use crate::content::Content;
use crate::kind::{Language, Urgency};
use crate::text;

use super::mail::subject;
use super::page::{self, Part};

/// Text within HTML, attributes included.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text::prose(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A whole document of the built-in wording.
pub(super) fn of_parts(content: &Content, parts: &[Part]) -> String {
    let mut body = String::new();
    let mut rows = String::new();
    let mut links = String::new();
    for part in parts {
        match part {
            Part::Head(head) => {
                let colour = match content.urgency {
                    Urgency::Normal => "#1a1a1a",
                    Urgency::High => "#8a4b00",
                    Urgency::Urgent => "#b00020",
                };
                let head = escape(head);
                body.push_str(&format!("<h1 style=\"font-size:18px;margin:0 0 12px;color:{colour}\">{head}</h1>\n"));
            }
            Part::Number { label, display, tel } => {
                rows.push_str(&row(&escape(label), &number(display, tel.as_deref())))
            }
            Part::Row { label, lines } => {
                let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
                rows.push_str(&row(&escape(label), &lines.join("<br>")));
            }
            Part::Link { label, url } => {
                let (label, url) = (escape(label), escape(url));
                links.push_str(&format!("<p style=\"margin:12px 0 0\"><a href=\"{url}\">{label}</a></p>\n"));
            }
        }
    }
    body.push_str(&format!(
        "<table role=\"presentation\" style=\"border-collapse:collapse\">\n{rows}</table>\n{links}"
    ));
    document(content, &body)
}

/// A whole document of the firm's own wording, which is text: the number and our links in it can be touched.
pub(super) fn of_text(content: &Content, text: &str) -> String {
    let mut body = String::from("<p style=\"margin:0\">");
    for (place, line) in text.trim_end().split('\n').enumerate() {
        if place > 0 {
            body.push_str("<br>\n");
        }
        body.push_str(&touchable(content, line));
    }
    body.push_str("</p>\n");
    document(content, &body)
}

fn touchable(content: &Content, line: &str) -> String {
    let callback = content.callback.as_ref();
    if let Some(callback) = callback.filter(|callback| !line.trim().is_empty() && line.trim() == callback.display) {
        return number(&callback.display, callback.tel.as_deref());
    }
    let escaped = escape(line);
    let urls = [&content.seen_link, &content.link].into_iter().flatten().filter(|url| page::is_plain_url(url));
    for url in urls {
        let url = escape(url);
        if let Some((before, after)) = escaped.split_once(&url) {
            return format!("{before}<a href=\"{url}\">{url}</a>{after}");
        }
    }
    escaped
}

fn row(label: &str, value: &str) -> String {
    format!(
        "<tr><th style=\"text-align:left;vertical-align:top;padding:4px 12px 4px 0;color:#555;font-weight:normal\">{label}</th>\
         <td style=\"padding:4px 0\">{value}</td></tr>\n"
    )
}

/// A link that a telephone dials (F36).
fn number(display: &str, tel: Option<&str>) -> String {
    let display = escape(display);
    match tel {
        Some(tel) => {
            let tel = escape(tel);
            format!("<a href=\"tel:{tel}\" style=\"font-size:20px\">{display}</a>")
        }
        None => display,
    }
}

fn document(content: &Content, body: &str) -> String {
    let language = match content.language {
        Language::Ja => "ja",
        Language::En => "en",
    };
    let title = escape(&subject(content));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\n\
         <body style=\"font-family:sans-serif;font-size:15px;line-height:1.6;color:#1a1a1a;background:#fff\">\n\
         {body}</body>\n</html>\n"
    )
}
