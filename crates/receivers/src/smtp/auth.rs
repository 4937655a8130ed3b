//! Answers of AUTH PLAIN and LOGIN (RFC 4954, RFC 4616).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// User and password of a PLAIN response: `authzid NUL user NUL password` in base64.
pub fn plain(response: &str) -> Option<(String, String)> {
    let decoded = text(response)?;
    let mut parts = decoded.split('\0').skip(1);
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}

/// One answer of LOGIN.
pub fn text(response: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(response.trim()).ok()?).ok()
}
