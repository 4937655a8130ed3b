//! Strict reading: every field known, every length within its limit, every header as documented.

use serde::de::DeserializeOwned;

use super::{Answer, Asked, Refusal};

/// The body as JSON of exactly this shape.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(read)
}

/// The body as `application/x-www-form-urlencoded`, each field once, none but these.
pub(super) fn form(body: &[u8], allowed: &[&str]) -> Result<Vec<(String, String)>, String> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    for (place, (name, _)) in fields.iter().enumerate() {
        if !allowed.contains(&name.as_str()) {
            return Err(format!("unknown field `{name}`"));
        }
        if fields.iter().take(place).any(|(earlier, _)| earlier == name) {
            return Err(format!("field `{name}` twice"));
        }
    }
    Ok(fields)
}

/// The field of a form.
pub(super) fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Characters of a text: at least one, at most `max`.
pub(super) fn length(name: &str, text: &str, max: usize) -> Result<(), String> {
    let count = text.chars().count();
    if count == 0 {
        return Err(format!("{name} is empty"));
    }
    if count > max { Err(format!("{name} has {count} characters, at most {max}")) } else { Ok(()) }
}

/// An address behind a button: https, or `tel:` where that is allowed.
pub(super) fn link(name: &str, url: &str, tel: bool, max: usize) -> Result<(), String> {
    length(name, url, max)?;
    let fine = url.starts_with("https://") || url.starts_with("http://") || tel && url.starts_with("tel:");
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    if fine && plain { Ok(()) } else { Err(format!("{name} is no address: {url:?}")) }
}

impl Asked<'_> {
    /// The content type without its parameters.
    pub(super) fn content_type(&self) -> &str {
        self.header("content-type").map_or("", |value| value.split(';').next().unwrap_or("").trim())
    }

    /// The token of `Authorization: Bearer`.
    pub(super) fn bearer(&self) -> Option<&str> {
        self.header("authorization").and_then(|value| value.strip_prefix("Bearer "))
    }

    /// Refuses what is not JSON by its header.
    pub(super) fn wants_json(&self) -> Result<(), String> {
        match self.content_type() {
            "application/json" => Ok(()),
            other => Err(format!("content-type {other:?}, not application/json")),
        }
    }
}

/// Refused with `answer`, because `why`.
pub(super) fn refuse(answer: Answer, why: impl Into<String>) -> Refusal {
    Refusal { answer, why: why.into() }
}
