//! `denwaban call follow`: the running switch's events as they come, a JSON object a line.

use std::os::unix::net::UnixStream;

use serde_json::Value;
use tungstenite::{Error, HandshakeError, Message};

use super::super::api::{number, refused, silent, socket, text};
use super::super::output::clean;
use super::super::{Context, call::time};
use crate::trouble::Troubles;
use crate::words::Language;

/// Arguments of `call follow`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// First what came after the event of this number, as far as it is remembered
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// End after so many events
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

/// Prints them until the switch ends, `--count` have come, or nobody reads any more.
pub fn run(context: &Context, Arguments { after, count }: Arguments) -> Result<(), Troubles> {
    let lost = |error: Error| silent(context, &std::io::Error::other(error));
    let stream = UnixStream::connect(socket(context)?).map_err(|error| silent(context, &error))?;
    let after = after.map(|seq| format!("?after={seq}")).unwrap_or_default();
    let request = tungstenite::http::Request::get(format!("ws://localhost/api/v1/events{after}"))
        .header("Host", "localhost")
        .header("Accept-Language", Language::current().tag())
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", tungstenite::handshake::client::generate_key());
    let request = request.body(()).map_err(|error| lost(error.into()))?;
    let (mut events, _) = tungstenite::client(request, stream).map_err(|error| match error {
        HandshakeError::Failure(Error::Http(answer)) => {
            let said = answer.body().as_deref().and_then(|body| serde_json::from_slice(body).ok());
            refused(answer.status().as_u16(), &said.unwrap_or_default())
        }
        HandshakeError::Failure(error) => lost(error).into(),
        HandshakeError::Interrupted(_) => silent(context, &std::io::ErrorKind::WouldBlock.into()).into(),
    })?;
    let mut left = count;
    while left != Some(0) {
        // Its answers to pings go out with the next read.
        match events.read() {
            Ok(Message::Text(event)) => {
                tell(context, &event);
                left = left.map(|left| left.saturating_sub(1));
            }
            Ok(Message::Close(_)) | Err(Error::ConnectionClosed) => break,
            Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
            Err(error) => return Err(lost(error).into()),
        }
    }
    Ok(())
}

fn tell(context: &Context, event: &str) {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    context.out.line(&event, || line(&event));
}

/// An event for people: when, its number, what, and whatever belongs to it.
fn line(event: &Value) -> String {
    let at = number(event, "unix_ms").map(time).unwrap_or_default();
    let seq = number(event, "seq").unwrap_or_default();
    let what = event.get("event").unwrap_or(&Value::Null);
    let parts = what.as_object().into_iter().flatten();
    let parts = parts.filter(|(key, value)| *key != "kind" && !value.is_null() && *value != "");
    let parts: Vec<String> = parts.map(|(key, value)| format!("{key}={value}")).collect();
    clean(&format!("{at}  {seq}  {}  {}", text(what, "kind"), parts.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_a_line() {
        let what = json!({ "kind": "call_ended", "call": "01K3", "why": "", "operator": null });
        let event = json!({ "seq": 7, "unix_ms": 1_795_186_800_000_i64, "event": what });
        assert_eq!(line(&event), "2026-11-21 00:00:00  7  call_ended  call=\"01K3\"");
    }
}
