//! How what we send is spelled: the headers that name us, identities towards carriers, compact names.
//!
//! The headers of a leg are made here, from nothing: none is ever copied from another leg (R07).

use bytes::Bytes;
use sip::message::{Message, MessageBuilder, Method, Name};

use crate::event::Cause;
use crate::order::{Invite, Reason};

/// What we take, in Allow.
pub(crate) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY";
/// What we take at all, for phones that ask or register. PUBLISH is not in it (405): what an operator does is said at the desk, and
/// a phone's own idea of it (an idle keyboard, a forgotten "do not disturb") must not stand beside that.
pub(crate) const ALLOW_OUTSIDE: &str =
    "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, SUBSCRIBE, PRACK, UPDATE, INFO, REFER, NOTIFY";
/// Extensions we know, in Supported.
pub(crate) const SUPPORTED: &str = "100rel, timer, replaces";
/// Extensions we know as a registrar too.
pub(crate) const SUPPORTED_OUTSIDE: &str = "100rel, timer, replaces, path, gruu, outbound";
/// Extensions that the Require of a REGISTER may name.
pub(crate) const REGISTRAR_EXTENSIONS: [&str; 3] = ["path", "gruu", "outbound"];
/// Extensions that a Require may name.
pub(crate) const EXTENSIONS: [&str; 4] = ["100rel", "timer", "replaces", "norefersub"];
/// The one body we talk about.
pub(crate) const SDP: &str = "application/sdp";

/// Headers that the call logic may add to an INVITE.
const EXTRA: [&str; 5] = ["Alert-Info", "Call-Info", "X-Denwaban-Call", "Diversion", "Subject"];

/// The addresses in an INVITE of ours.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Request-URI.
    pub(crate) target: String,
    /// From without its tag.
    pub(crate) from: String,
    /// To.
    pub(crate) to: String,
    /// Whose line it is: P-Asserted-Identity or P-Preferred-Identity.
    pub(crate) line: Option<(Name, String)>,
    /// Privacy: id.
    pub(crate) private: bool,
    /// Diversion and History-Info.
    pub(crate) redirection: Vec<(Name, String)>,
}

/// The user part of a URI: whatever may not stand in one is escaped (RFC 3261 section 25.1).
pub(crate) fn user_part(text: &str) -> String {
    let mut user = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/#".contains(&byte) && byte != b'#' {
            user.push(char::from(byte));
        } else {
            user.push('%');
            for half in [byte >> 4, byte & 15] {
                user.push(char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    user
}

/// A display name and its blank, quoted; nothing for none.
pub(crate) fn display_part(display: &str) -> String {
    if display.is_empty() { String::new() } else { format!("{} ", sip::message::quote(display)) }
}

/// `From` of a caller who does not say who it is (RFC 3323 section 4.1.1.3).
pub(crate) const ANONYMOUS: &str = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";

/// The headers of the call logic that may pass.
pub(crate) fn add_extra(mut builder: MessageBuilder, invite: &Invite) -> MessageBuilder {
    for (name, value) in &invite.headers {
        let known = EXTRA.iter().find(|known| known.eq_ignore_ascii_case(name));
        // A withheld caller's number stands in Diversion too.
        let withheld = invite.withheld || invite.redirected.as_ref().is_some_and(|redirected| redirected.withheld);
        let hidden = withheld && name.eq_ignore_ascii_case("Diversion");
        if let Some(known) = known.filter(|_| !hidden) {
            builder = builder.raw_header(known, value);
        }
    }
    builder
}

/// Asks a phone to answer by itself. Each maker reads another header: `Alert-Info` with `info=alert-autoanswer` (Polycom, Yealink,
/// Grandstream, baresip), `Call-Info` with `answer-after` (Snom, Linphone, JsSIP applications), and the standard's own,
/// `Answer-Mode` (RFC 5373 section 4.1). None of them forces a phone that is not set up for it.
pub(crate) fn add_auto_answer(builder: MessageBuilder, realm: &str) -> MessageBuilder {
    builder
        .header(Name::AlertInfo, format!("<sip:{realm}>;info=alert-autoanswer;delay=0"))
        .header(Name::CallInfo, format!("<sip:{realm}>;answer-after=0"))
        .raw_header("Answer-Mode", "Auto")
}

/// The value of a Reason header (RFC 3326).
pub(crate) fn reason(reason: &Reason) -> String {
    format!("SIP;cause={};text={}", reason.cause, sip::message::quote(reason.text))
}

/// Bytes kept of a Reason's words.
const CAUSE_TEXT_MAX: usize = 200;

/// What a message's Reason says (RFC 3326), the first of each protocol.
pub(crate) fn cause_of(message: &Message) -> Option<Cause> {
    let mut found = Cause::default();
    for reason in message.reasons() {
        let number = reason.cause.and_then(|cause| u16::try_from(cause).ok());
        let place = match reason.protocol.to_ascii_uppercase().as_str() {
            "SIP" => &mut found.sip,
            "Q.850" => &mut found.q850,
            _ => continue,
        };
        *place = place.or(number);
        if let Some(text) = reason.text.filter(|_| found.text.is_empty()) {
            let end = text.floor_char_boundary(CAUSE_TEXT_MAX);
            text.get(..end).unwrap_or_default().clone_into(&mut found.text);
        }
    }
    (found != Cause::default()).then_some(found)
}

/// RFC 3326 as forking phones know it: somebody else has answered, do not count it as missed.
pub(crate) const COMPLETED_ELSEWHERE: &str = "SIP;cause=200;text=\"Call completed elsewhere\"";

/// The same message with every header name in its compact form, if it has one (RFC 3261 section 7.3.3; NTT's NGN).
pub(crate) fn compact(message: Message) -> Message {
    let bytes = message.bytes();
    let mut short = Vec::with_capacity(bytes.len());
    let start_line = bytes.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    short.extend_from_slice(bytes.get(..start_line).unwrap_or_default());
    for header in message.headers() {
        let name = COMPACT.iter().find(|(name, _)| *name == header.name).map_or(header.spelled, |(_, short)| short);
        for part in [name, b": ", header.value, b"\r\n"] {
            short.extend_from_slice(part);
        }
    }
    short.extend_from_slice(b"\r\n");
    short.extend_from_slice(message.body());
    Message::parse(Bytes::from(short)).unwrap_or(message)
}

/// Every compact form of a header that we write.
const COMPACT: [(Name, &[u8]); 13] = [
    (Name::Via, b"v"),
    (Name::From, b"f"),
    (Name::To, b"t"),
    (Name::CallId, b"i"),
    (Name::Contact, b"m"),
    (Name::Supported, b"k"),
    (Name::SessionExpires, b"x"),
    (Name::ReferTo, b"r"),
    (Name::ReferredBy, b"b"),
    (Name::Event, b"o"),
    (Name::Subject, b"s"),
    (Name::ContentType, b"c"),
    (Name::ContentLength, b"l"),
];

/// A request outside dialogs: the headers that each must have, in the order people are used to.
pub(crate) struct Outside<'a> {
    pub(crate) method: Method,
    pub(crate) target: &'a str,
    pub(crate) via: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) call_id: &'a str,
    pub(crate) cseq: u32,
    pub(crate) max_forwards: u8,
}

impl Outside<'_> {
    pub(crate) fn builder(&self) -> MessageBuilder {
        MessageBuilder::request(&self.method, self.target)
            .header(Name::Via, self.via)
            .header(Name::MaxForwards, self.max_forwards.to_string())
            .header(Name::From, self.from)
            .header(Name::To, self.to)
            .header(Name::CallId, self.call_id)
            .header(Name::CSeq, format!("{} {}", self.cseq, self.method))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_names_say_the_same() {
        let message = MessageBuilder::request(&Method::Invite, "sip:a@b")
            .header(Name::Via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1")
            .header(Name::SessionExpires, "300;refresher=uac")
            .header(Name::Supported, "timer")
            .header(Name::MaxForwards, "70")
            .body(SDP, b"v=0\r\n")
            .finish();
        let short = compact(message.clone());
        assert_eq!(
            std::str::from_utf8(short.bytes()).unwrap(),
            "INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nx: 300;refresher=uac\r\nk: \
             timer\r\nMax-Forwards: 70\r\nc: application/sdp\r\nl: 5\r\n\r\nv=0\r\n"
        );
        assert_eq!(short.body(), message.body());
        assert_eq!(short.session_expires(), message.session_expires());
    }

    #[test]
    fn user_parts_are_escaped() {
        assert_eq!(user_part("+81312345678"), "+81312345678");
        assert_eq!(user_part("*1 #@"), "*1%20%23%40");
    }
}
