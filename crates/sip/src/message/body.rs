//! The session description of a message: its body, or one part of a multipart body (RFC 5621, RFC 2046 §5.1).

use bytes::Bytes;

use super::scan;
use super::{Message, Name, Params};

/// Parts of a body that are looked at.
pub const PARTS_MAX: usize = 16;
/// RFC 2046 §5.1.1: a boundary has 1 to 70 characters.
const BOUNDARY_BYTES_MAX: usize = 70;

const SDP: &[u8] = b"application/sdp";
const MULTIPART: &[u8] = b"multipart/";

/// Why a body cannot be used. The sender's fault, or ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// It is a multipart body without a boundary, without parts, or with more than [`PARTS_MAX`] (400).
    Malformed,
    /// It is of a type that we do not know, or it has a part that we do not know and must handle (415).
    Unsupported,
}

impl Message {
    /// The session description, sharing the message's bytes; `None` when there is no body, or none of its parts is one.
    ///
    /// Of several parts the first of type `application/sdp` that describes *this* session is taken (RFC 3959 has others); all
    /// others are left out, unless their Content-Disposition says `handling=required`. Parts inside parts are not looked
    /// for. A body without a type that looks like SDP is taken for what it looks like.
    pub fn session_description(&self) -> Result<Option<Bytes>, BodyFault> {
        let body = self.body();
        if body.is_empty() {
            return Ok(None);
        }
        let whole = || self.bytes().slice_ref(body);
        match self.header(Name::ContentType) {
            None if body.starts_with(b"v=") => Ok(Some(whole())),
            None if self.may_be_left_out() => Ok(None),
            None => Err(BodyFault::Unsupported),
            Some(kind) if is_essence(&kind, SDP) => Ok(Some(whole())),
            Some(kind) if begins_with(&kind, MULTIPART) => {
                let boundary = self.content_type().ok().flatten().ok_or(BodyFault::Malformed)?;
                let boundary = boundary.params.text("boundary").ok_or(BodyFault::Malformed)?.into_owned();
                let found = session_part(body, boundary.as_bytes())?;
                Ok(found.map(|part| self.bytes().slice_ref(part)))
            }
            Some(_) if self.may_be_left_out() => Ok(None),
            Some(_) => Err(BodyFault::Unsupported),
        }
    }

    /// RFC 3261 §8.2.3: a body that its sender calls optional is no reason to refuse.
    fn may_be_left_out(&self) -> bool {
        let disposition = self.other("Content-Disposition");
        disposition.is_some_and(|value| handling(&value).is_some_and(|how| how.eq_ignore_ascii_case("optional")))
    }
}

/// What a Content-Disposition says of parts that cannot be handled.
fn handling(disposition: &[u8]) -> Option<String> {
    let semicolon = memchr::memchr(b';', disposition).unwrap_or(disposition.len());
    let params = Params::parse(Bytes::copy_from_slice(scan::part(disposition, semicolon..disposition.len())))?;
    params.text("handling").map(|how| how.into_owned())
}

fn begins_with(value: &[u8], start: &[u8]) -> bool {
    value.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}

/// A media type without its parameters, in any case.
fn is_essence(value: &[u8], essence: &[u8]) -> bool {
    let ends = |byte: Option<&u8>| matches!(byte, None | Some(b';' | b' ' | b'\t'));
    begins_with(value, essence) && ends(value.get(essence.len()))
}

/// Walks over the parts once.
fn session_part<'a>(body: &'a [u8], boundary: &[u8]) -> Result<Option<&'a [u8]>, BodyFault> {
    if boundary.is_empty() || boundary.len() > BOUNDARY_BYTES_MAX {
        return Err(BodyFault::Malformed);
    }
    let (mut found, mut parts, mut begin) = (None, 0, None);
    for line in delimiters(body, boundary) {
        if let Some(begin) = begin {
            parts += 1;
            if parts > PARTS_MAX {
                return Err(BodyFault::Malformed);
            }
            let part = Part::read(scan::part(body, begin..line.before));
            if found.is_none() && part.is_session() {
                found = Some(part.content);
            } else if part.is_required {
                return Err(BodyFault::Unsupported);
            }
        }
        begin = Some(line.after);
        if line.is_last {
            break;
        }
    }
    if parts == 0 { Err(BodyFault::Malformed) } else { Ok(found) }
}

/// A line `--boundary` or `--boundary--`.
struct Delimiter {
    /// Where the part before it ends: the line end before the delimiter belongs to the delimiter.
    before: usize,
    /// Where the next part begins.
    after: usize,
    is_last: bool,
}

fn delimiters<'a>(body: &'a [u8], boundary: &'a [u8]) -> impl Iterator<Item = Delimiter> + 'a {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < body.len() {
            let start = at;
            let end =
                memchr::memchr(b'\n', scan::part(body, start..body.len())).map_or(body.len(), |end| start + end + 1);
            at = end;
            let line = scan::part(body, start..end);
            let Some(rest) = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary)) else { continue };
            let is_last = rest.starts_with(b"--");
            let padding = if is_last { rest.get(2..).unwrap_or_default() } else { rest };
            if !padding.trim_ascii().is_empty() {
                continue;
            }
            let head = scan::part(body, 0..start);
            let head = head.strip_suffix(b"\n").unwrap_or(head);
            let before = head.strip_suffix(b"\r").unwrap_or(head).len();
            return Some(Delimiter { before, after: end, is_last });
        }
        None
    })
}

/// One part: what its few headers say, and its content.
struct Part<'a> {
    is_sdp: bool,
    /// Content-Disposition is `session`, as by default for SDP (RFC 3261 §20.11).
    is_for_session: bool,
    /// `handling=required`, said in so many words.
    is_required: bool,
    content: &'a [u8],
}

impl<'a> Part<'a> {
    fn is_session(&self) -> bool {
        self.is_sdp && self.is_for_session
    }

    fn read(bytes: &'a [u8]) -> Self {
        let mut part = Self { is_sdp: false, is_for_session: true, is_required: false, content: &[] };
        let mut rest = bytes;
        loop {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (line, after) = rest.split_at(end);
            if line.trim_ascii().is_empty() {
                part.content = after;
                return part;
            }
            rest = after;
            if let Some(colon) = memchr::memchr(b':', line) {
                let (name, value) = line.split_at(colon);
                part.header(name.trim_ascii(), value.get(1..).unwrap_or_default().trim_ascii());
            }
        }
    }

    fn header(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"content-type") || name.eq_ignore_ascii_case(b"c") {
            self.is_sdp = is_essence(value, SDP);
        } else if name.eq_ignore_ascii_case(b"content-disposition") {
            self.is_for_session = is_essence(value, b"session");
            self.is_required = handling(value).is_some_and(|how| how.eq_ignore_ascii_case("required"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{MessageBuilder, Method};

    const SESSION: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\n";

    fn with(kind: &str, body: &str) -> Message {
        MessageBuilder::request(&Method::Invite, "sip:a@b").body(kind, body.as_bytes()).finish()
    }

    fn text(message: &Message) -> Result<Option<String>, BodyFault> {
        message.session_description().map(|found| found.map(|body| String::from_utf8_lossy(&body).into_owned()))
    }

    #[test]
    fn rfc_5621_a_body_is_its_session_description_whatever_its_spelling() {
        for kind in ["application/sdp", "Application/SDP", "application/sdp;charset=utf-8", "application/sdp ; a=b"] {
            assert_eq!(text(&with(kind, SESSION)), Ok(Some(SESSION.to_owned())), "{kind}");
        }
        assert_eq!(text(&with("application/sdpx", SESSION)), Err(BodyFault::Unsupported));
        assert_eq!(text(&with("text/plain", SESSION)), Err(BodyFault::Unsupported));
        let optional = MessageBuilder::request(&Method::Invite, "sip:a@b")
            .raw_header("Content-Disposition", "render; handling=Optional")
            .body("text/plain", b"hello");
        assert_eq!(text(&optional.finish()), Ok(None));
        assert_eq!(text(&MessageBuilder::request(&Method::Invite, "sip:a@b").finish()), Ok(None));
    }

    #[test]
    fn rfc_5621_of_several_parts_the_session_is_taken_and_the_optional_ones_left() {
        let body = format!(
            "preamble\r\n--b1\r\nContent-Type: application/isup\r\nContent-Disposition: signal;handling=optional\r\n\r\n\
             --b1x\r\n--b1 \r\nContent-Disposition: early-session\r\nContent-Type: application/sdp\r\n\r\nv=1\r\n\
             --b1\r\ncontent-type:APPLICATION/SDP\r\n\r\n{SESSION}\r\n--b1--\r\nepilogue\r\n--b1\r\n\r\n"
        );
        for kind in
            ["multipart/mixed;boundary=b1", "Multipart/Mixed; boundary=\"b1\"", "multipart/alternative;boundary=b1"]
        {
            assert_eq!(text(&with(kind, &body)), Ok(Some(SESSION.to_owned())), "{kind}");
        }
    }

    #[test]
    fn rfc_5621_a_part_that_must_be_handled_and_cannot_is_refused() {
        let part =
            "--b\r\nContent-Type: application/isup\r\nContent-Disposition: signal; HANDLING=\"Required\"\r\n\r\nx";
        let body = format!("{part}\r\n--b\r\nContent-Type: application/sdp\r\n\r\n{SESSION}\r\n--b--");
        assert_eq!(text(&with("multipart/mixed;boundary=b", &body)), Err(BodyFault::Unsupported));
        let required = format!(
            "--b\r\nContent-Type: application/sdp\r\nContent-Disposition: session;handling=required\r\n\r\n{SESSION}\r\n--b--"
        );
        assert_eq!(text(&with("multipart/mixed;boundary=b", &required)), Ok(Some(SESSION.to_owned())));
    }

    #[test]
    fn rfc_5621_a_broken_multipart_body_is_malformed() {
        let long = format!("multipart/mixed;boundary={}", "b".repeat(71));
        for kind in ["multipart/mixed", "multipart/mixed;boundary=\"\"", "multipart/mixed;boundary=other", &long] {
            let body = format!("--b\r\nContent-Type: application/sdp\r\n\r\n{SESSION}\r\n--b--");
            assert_eq!(text(&with(kind, &body)), Err(BodyFault::Malformed), "{kind}");
        }
        let many = "--b\r\n\r\nx\r\n".repeat(PARTS_MAX + 2);
        assert_eq!(text(&with("multipart/mixed;boundary=b", &many)), Err(BodyFault::Malformed));
        assert_eq!(text(&with("multipart/mixed;boundary=b", "--b\r\n\r\nx\r\n--b--")), Ok(None));
    }
}
