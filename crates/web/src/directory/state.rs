//! Two who change the same row: each answer that is a row has an `ETag`, and a change with it in `If-Match` is refused (409) if somebody
//! else was faster (RFC 9110, sections 8.8.3 and 13.1.1). A change without it is made whatever was there.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::Refusal;

/// The state that the asker has seen, if the asker says so.
pub(crate) struct Seen(Option<String>);

impl Seen {
    /// As the store wants to know it.
    pub(crate) fn state(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl<S: Sync> FromRequestParts<S> for Seen {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Seen(parts.headers.get(header::IF_MATCH).and_then(seen)))
    }
}

/// `None`: any state will do. What cannot be read fits none: whoever sent it has seen something, and it is not known what.
fn seen(said: &HeaderValue) -> Option<String> {
    let said = said.to_str().unwrap_or_default().trim();
    // A proxy that packs answers makes a tag weak.
    (said != "*").then(|| said.trim_start_matches("W/").trim_matches('"').to_owned())
}

/// A row with its state.
pub(crate) struct Tagged<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let state = match store::state_of(&self.0) {
            Ok(state) => state,
            Err(error) => return Refusal::from(error).into_response(),
        };
        let tag = HeaderValue::from_str(&format!("\"{state}\"")).unwrap_or(HeaderValue::from_static(""));
        ([(header::ETAG, tag)], Json(self.0)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_no_leave_to_change_whatever_is_there() {
        for (said, state) in [
            (&b"*"[..], None),
            (b"\"0a1b\"", Some("0a1b")),
            (b" W/\"0a1b\"", Some("0a1b")),
            (b"\"*\"", Some("*")),
            (b"", Some("")),
            (b"\"\xe3\x81\x82\"", Some("")),
        ] {
            assert_eq!(seen(&HeaderValue::from_bytes(said).unwrap()).as_deref(), state, "{said:?}");
        }
    }
}
