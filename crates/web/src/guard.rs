//! What stands around every route: requests from another site's page, addresses that are nothing, and headers that let no
//! answer be framed, guessed at or kept.

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::Api;
use crate::error::Refusal;

/// Headers of every answer of the API, where the handler has not said otherwise.
const CLOSED: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Adds the headers.
pub(crate) async fn closed(mut response: Response) -> Response {
    for (name, value) in CLOSED {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Headers of every answer whatever: pages, the API, errors, sound. What a page needs more of, it says itself.
const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];
/// What a page may use of the machine that it is looked at on: the desk's has a telephone in it and records prompts, all others
/// nothing.
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
const DESK: HeaderValue =
    HeaderValue::from_static("camera=(), display-capture=(), geolocation=(), microphone=(self), payment=(), usb=()");
const NOTHING: HeaderValue =
    HeaderValue::from_static("camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()");
/// Where HTTPS is spoken, a browser that was here once speaks nothing else for two years.
const HTTPS_ALONE: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Adds those.
pub(crate) async fn always(State(api): State<Api>, request: Request, next: Next) -> Response {
    let permissions = if request.uri().path() == "/" { DESK } else { NOTHING };
    let mut response = next.run(request).await;
    response.headers_mut().insert(PERMISSIONS, permissions);
    for (name, value) in ALWAYS {
        response.headers_mut().entry(name).or_insert(value);
    }
    if api.secure_cookies {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ALONE);
    }
    response
}

/// An address that is none of ours.
pub(crate) async fn unknown() -> Refusal {
    Refusal::not_found("there is nothing at this address: /api/v1/openapi.json lists what there is")
}

/// A method that this address does not have.
pub(crate) async fn wrong_method() -> Refusal {
    Refusal::wrong_method()
}

/// Refuses what another site's page makes a browser send: changes and the event stream are taken only from our own pages, or
/// from programs, which have no Origin.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrade = request.headers().contains_key(header::UPGRADE);
    if (changes || upgrade) && foreign(request.headers()) {
        return Refusal::foreign().into_response();
    }
    next.run(request).await
}

fn foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("not text"));
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, from)| from != host),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_our_own_pages_and_programs_may_change_anything() {
        assert!(!foreign(&headers(&[("host", "desk.example")])));
        assert!(!foreign(&headers(&[
            ("host", "desk.example"),
            ("origin", "https://desk.example"),
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(foreign(&headers(&[("host", "desk.example"), ("origin", "https://evil.example")])));
        assert!(foreign(&headers(&[("host", "desk.example"), ("sec-fetch-site", "cross-site")])));
        assert!(foreign(&headers(&[("host", "desk.example"), ("sec-fetch-site", "same-site")])));
        assert!(foreign(&headers(&[("host", "desk.example"), ("origin", "null")])));
        assert!(foreign(&headers(&[("host", "desk.example"), ("origin", "https://desk.example.evil.example")])));
        let unreadable = HeaderValue::from_bytes(b"https://\xff").unwrap();
        assert!(foreign(&HeaderMap::from_iter([(header::ORIGIN, unreadable)])));
    }
}
