//! Cookies of sessions: for our own pages alone, out of reach of scripts; over HTTPS with the prefix by which a browser refuses one
//! that another host or a page without HTTPS has set (RFC 6265bis section 4.1.3.2).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

/// Which side's session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    /// The house's.
    House,
    /// A client firm's.
    Firm,
}

impl Side {
    fn cookie(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Side::House, false) => "denwaban",
            (Side::House, true) => "__Host-denwaban",
            (Side::Firm, false) => "denwaban_my",
            (Side::Firm, true) => "__Host-denwaban_my",
        }
    }

    /// The token that a request has: a program's in `Authorization: Bearer`, a browser's in the cookie.
    pub(crate) fn token(self, headers: &HeaderMap, secure: bool) -> Option<String> {
        let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        match bearer.and_then(|value| value.strip_prefix("Bearer ")) {
            Some(token) => Some(token.to_owned()),
            None => CookieJar::from_headers(headers).get(self.cookie(secure)).map(|cookie| cookie.value().to_owned()),
        }
    }

    /// The cookie with this token.
    pub(crate) fn holding(self, token: String, secure: bool) -> Cookie<'static> {
        let cookie = Cookie::build((self.cookie(secure), token))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(secure);
        match self {
            Side::House => cookie.build(),
            // A telephone's browser is closed all the time; when the session ends, the server knows.
            Side::Firm => cookie.permanent().build(),
        }
    }

    /// What takes the cookie away.
    pub(crate) fn gone(self, secure: bool) -> Cookie<'static> {
        Cookie::build(self.cookie(secure)).path("/").secure(secure).build()
    }
}
