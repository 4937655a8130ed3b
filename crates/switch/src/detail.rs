//! Details of a line of a call's story. They are kept as they came and become JSON only where somebody reads or writes
//! them (in the journal's thread), not while a call waits.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use endpoint::{Trace, TraceDirection};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sip::flow::{ConnectionId, Flow};

use crate::call::record::Fact;

/// Bytes kept of one SIP message.
pub(crate) const TRACE_BYTES_MAX: usize = 8 * 1024;

/// What a [`crate::TimelineEvent`] says beside its kind: a JSON object, made when it is serialised or asked for with
/// [`Detail::json`]. Two are equal if their JSON is.
#[derive(Clone)]
pub struct Detail(Inner);

#[derive(Clone)]
enum Inner {
    /// Read from somewhere.
    Json(Value),
    Fact(Box<Fact>),
    Sip(Box<SipMessage>),
}

/// One SIP message. Whoever serialises it gets no credentials (R20); its bytes still hold them.
#[derive(Clone)]
struct SipMessage {
    direction: TraceDirection,
    flow: Flow,
    leg: Option<usize>,
    bytes: Bytes,
}

impl Detail {
    /// As JSON: an object; for `sip` with `direction` ("in", "out"), `protocol`, `from` and `to` (addresses), `start_line`,
    /// `leg` (its place in the record) and `message`, without the values of credentials.
    pub fn json(&self) -> Cow<'_, Value> {
        match &self.0 {
            Inner::Json(value) => Cow::Borrowed(value),
            // Our own types have no map with odd keys and no failing Serialize.
            Inner::Fact(_) | Inner::Sip(_) => Cow::Owned(serde_json::to_value(self).unwrap_or_default()),
        }
    }

    pub(crate) fn fact(fact: Fact) -> Self {
        Self(Inner::Fact(Box::new(fact)))
    }

    pub(crate) fn sip(leg: Option<usize>, trace: Trace) -> Self {
        let Trace { leg: _, direction, flow, message } = trace;
        let kept = message.get(..TRACE_BYTES_MAX).unwrap_or(&message);
        // A part would keep the whole alive: a long message, or what was read from a connection at once.
        let is_part = kept.len() < message.len() || flow.connection != ConnectionId::NONE;
        let bytes = if is_part { Bytes::copy_from_slice(kept) } else { message };
        Self(Inner::Sip(Box::new(SipMessage { direction, flow, leg, bytes })))
    }
}

impl From<Value> for Detail {
    fn from(value: Value) -> Self {
        Self(Inner::Json(value))
    }
}

impl PartialEq for Detail {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.json(), f)
    }
}

impl Serialize for Detail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Inner::Json(value) => value.serialize(serializer),
            Inner::Fact(fact) => fact.serialize(serializer),
            Inner::Sip(message) => message.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Detail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for SipMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (direction, from, to) = match self.direction {
            TraceDirection::In => ("in", self.flow.remote, self.flow.local),
            TraceDirection::Out => ("out", self.flow.local, self.flow.remote),
        };
        let text = without_secrets(&self.bytes);
        let mut object = serializer.serialize_struct("SipMessage", 7)?;
        object.serialize_field("direction", direction)?;
        object.serialize_field("from", &Shown(from))?;
        object.serialize_field("leg", &self.leg)?;
        object.serialize_field("message", &text)?;
        object.serialize_field("protocol", &Shown(self.flow.protocol))?;
        object.serialize_field("start_line", text.lines().next().unwrap_or_default())?;
        object.serialize_field("to", &Shown(to))?;
        object.end()
    }
}

/// As it is displayed.
struct Shown<T>(T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// What the keys of SRTP and the passwords of ICE follow in a description (RFC 4568 §6.1, RFC 4567 §3.1, RFC 8839
/// §5.4). With an old key a recorded line could be listened to.
const KEYS: [&str; 3] = ["inline:", "key-mgmt", "ice-pwd"];

/// A line of a session's key as it once was (RFC 4566 §5.12).
const KEY_LINE: &str = "k=";

/// A line of a body, up to the key that it tells.
fn without_key(line: &str) -> Option<&str> {
    let lower = line.to_ascii_lowercase();
    let is_key = lower.trim_start().starts_with(KEY_LINE);
    let old = is_key.then(|| line.get(..lower.find(KEY_LINE)? + KEY_LINE.len())).flatten();
    old.or_else(|| KEYS.iter().find_map(|name| line.get(..lower.find(name)? + name.len())))
}

/// A SIP message as text, without the values of its credentials and keys (R20).
fn without_secrets(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let mut kept = String::with_capacity(text.len());
    let mut in_head = true;
    let mut in_secret = false;
    for line in text.split_inclusive('\n') {
        in_head &= !line.trim_end().is_empty();
        let continues = line.starts_with([' ', '\t']);
        if !(in_head && continues && in_secret) {
            let name = line.split(':').next().unwrap_or_default().trim();
            in_secret = in_head
                && ["authorization", "proxy-authorization"].iter().any(|secret| name.eq_ignore_ascii_case(secret));
            if in_secret {
                kept.push_str(name);
                kept.push_str(": (removed)\r\n");
            } else if let Some(start) = without_key(line).filter(|_| !in_head) {
                kept.push_str(start);
                kept.push_str(" (removed)\r\n");
            } else {
                kept.push_str(line);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use endpoint::LegId;
    use serde_json::json;
    use sip::flow::Protocol;

    use super::*;

    fn trace(direction: TraceDirection, message: &[u8]) -> Trace {
        let (local, remote) = ("192.0.2.1:5060".parse().unwrap(), "203.0.113.5:5070".parse().unwrap());
        let flow = Flow { protocol: Protocol::Udp, local, remote, connection: ConnectionId::NONE };
        Trace { leg: LegId(1), direction, flow, message: Bytes::copy_from_slice(message) }
    }

    #[test]
    fn r20_credentials_do_not_get_into_a_trace() {
        let message = b"INVITE sip:1@x SIP/2.0\r\nProxy-Authorization: Digest username=\"u\",\r\n response=\"secret\"\r\nCall-ID: a@b\r\nauthorization : Digest secret\r\nTo: x\r\n\r\nv=0\r\n";
        let text = without_secrets(message);
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(
            text,
            "INVITE sip:1@x SIP/2.0\r\nProxy-Authorization: (removed)\r\nCall-ID: a@b\r\nauthorization: (removed)\r\nTo: x\r\n\r\nv=0\r\n"
        );
        let detail = Detail::sip(Some(0), trace(TraceDirection::In, message));
        let written = serde_json::to_string(&detail).unwrap();
        assert!(written.contains("(removed)") && !written.contains("secret"), "{written}");
        assert!(!format!("{detail:?}").contains("secret"), "{detail:?}");
    }

    #[test]
    fn r20_keys_do_not_get_into_a_trace() {
        let message = "INVITE sip:1@x SIP/2.0\r\nSubject: inline: skates\r\n\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret|2^31\r\n\
            a= Crypto :2 X INLINE:secret\na=ice-pwd:secret\r\na=setup:active\r\n\
            k=base64:secret\r\na=Key-Mgmt:mikey secret\r\na=mark=k=1\r\n";
        assert_eq!(
            without_secrets(message.as_bytes()),
            "INVITE sip:1@x SIP/2.0\r\nSubject: inline: skates\r\n\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline: (removed)\r\n\
             a= Crypto :2 X INLINE: (removed)\r\na=ice-pwd (removed)\r\na=setup:active\r\n\
             k= (removed)\r\na=Key-Mgmt (removed)\r\na=mark=k=1\r\n"
        );
    }

    #[test]
    fn a_message_is_the_json_that_its_readers_know() {
        let detail = Detail::sip(Some(2), trace(TraceDirection::Out, b"BYE sip:a@b SIP/2.0\r\nTo: \xff\r\n\r\n"));
        let expected = json!({
            "direction": "out", "protocol": "UDP", "from": "192.0.2.1:5060", "to": "203.0.113.5:5070", "leg": 2,
            "start_line": "BYE sip:a@b SIP/2.0", "message": "BYE sip:a@b SIP/2.0\r\nTo: \u{fffd}\r\n\r\n",
        });
        assert_eq!(*detail.json(), expected);
        assert_eq!(serde_json::from_str::<Detail>(&serde_json::to_string(&detail).unwrap()).unwrap(), detail);
        assert_eq!(*Detail::fact(Fact::Ringing {}).json(), json!({}));
        assert_eq!(*Detail::fact(Fact::Queued { at_head: true }).json(), json!({"at_head": true}));
    }

    #[test]
    fn of_a_long_message_its_beginning_is_kept_and_no_more() {
        let long = [b"INFO sip:a@b SIP/2.0\r\n\r\n".as_slice(), &vec![b'x'; 60_000]].concat();
        let detail = Detail::sip(None, trace(TraceDirection::In, &long));
        assert_eq!(detail.json()["message"].as_str().unwrap().len(), TRACE_BYTES_MAX);
        assert!(matches!(&detail.0, Inner::Sip(message) if message.bytes.len() == TRACE_BYTES_MAX));
    }
}
