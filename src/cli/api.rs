//! What a verb asks of the running switch by its own socket: the API's answer, or what it refuses, in its words.

use serde_json::Value;

use super::Context;
use crate::local::{self, Answer, Question};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// The answer; a refusal is told field by field.
pub async fn ask(context: &Context, method: &str, route: &str, body: Option<&Value>) -> Result<Value, Troubles> {
    ask_for(context, None, method, route, body).await
}

/// The same for an operator, by row: of routes that are about the operator who asks.
pub async fn ask_for(
    context: &Context,
    operator: Option<i64>,
    method: &str,
    route: &str,
    body: Option<&Value>,
) -> Result<Value, Troubles> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let kind = if body.is_empty() { "" } else { "application/json" };
    value(context, send(context, &Question { method, route, kind, body: body.as_bytes(), operator }).await?)
}

/// Sends a file, and gives the JSON that is answered.
pub async fn upload(context: &Context, method: &str, route: &str, kind: &str, body: &[u8]) -> Result<Value, Troubles> {
    value(context, send(context, &Question { method, route, kind, body, operator: None }).await?)
}

fn value(context: &Context, answer: Answer) -> Result<Value, Troubles> {
    answer.value().ok_or_else(|| silent(context, &std::io::ErrorKind::InvalidData.into()).into())
}

/// The answer as it is, of any kind; a refusal is told field by field.
pub async fn send(context: &Context, question: &Question<'_>) -> Result<Answer, Troubles> {
    let answer = local::send(socket(context)?, question).await.map_err(|error| silent(context, &error))?;
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    Err(refused(answer.status, &answer.value().unwrap_or_default()))
}

/// Where the running switch listens for us.
pub fn socket(context: &Context) -> Result<&std::path::Path, Trouble> {
    let socket = &context.config().web.socket;
    if socket.as_os_str().is_empty() {
        let remedy = words::NO_SOCKET_REMEDY.text();
        return Err(Trouble::new(Exit::Config, "web.socket", words::NO_SOCKET.text(), remedy));
    }
    Ok(socket)
}

/// Nobody answers there.
pub fn silent(context: &Context, error: &std::io::Error) -> Trouble {
    let what = words::SOCKET_SILENT.with(&[&context.config().web.socket.display(), error]);
    Trouble::new(Exit::Unavailable, "", what, words::SOCKET_SILENT_REMEDY.text())
}

/// What the switch says to this, each wrong field for itself.
pub fn refused(status: u16, answer: &Value) -> Troubles {
    let exit = match status {
        404 => Exit::Missing,
        400 | 413 | 415 | 422 => Exit::Data,
        409 => Exit::Failed,
        _ => Exit::Unavailable,
    };
    let said = |from: &Value, key: &str| from.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let trouble = |from: &Value| Trouble::new(exit, said(from, "field"), said(from, "what"), said(from, "remedy"));
    match answer.get("problems").and_then(Value::as_array) {
        Some(problems) if !problems.is_empty() => Troubles(problems.iter().map(trouble).collect()),
        Some(_) | None => trouble(answer).into(),
    }
}

/// A text of an answer; empty if there is none.
pub fn text<'a>(from: &'a Value, key: &str) -> &'a str {
    from.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A number of an answer.
pub fn number(from: &Value, key: &str) -> Option<i64> {
    from.get(key).and_then(Value::as_i64)
}

/// A list of an answer.
pub fn list<'a>(from: &'a Value, key: &str) -> &'a [Value] {
    from.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A value as it may stand in a query (RFC 3986 section 2.3).
pub fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_names_every_field_and_the_exit_code_tells_the_sort() {
        let one = json!({ "error": "conflict", "what": "somebody writes it", "remedy": "wait" });
        assert_eq!(refused(409, &one).0, [Trouble::new(Exit::Failed, "", "somebody writes it", "wait")]);
        let problem = |field: &str| json!({ "field": field, "what": "blank", "remedy": "fill it in" });
        let several = json!({ "what": "blank", "problems": [problem("name"), problem("business")] });
        let places: Vec<_> = refused(422, &several).0.into_iter().map(|trouble| trouble.place).collect();
        assert_eq!(places, ["name", "business"]);
    }

    #[test]
    fn what_stands_in_a_query_is_escaped() {
        assert_eq!(escaped("高 a-1&"), "%E9%AB%98%20a-1%26");
    }
}
