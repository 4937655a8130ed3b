//! Who is asking: logins by name and password or by one-time ticket, sessions in a cookie or a bearer header, and the
//! check that a browser's request comes from our own page.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::{Deserialize, Serialize};
use store::{Role, UserRow};
use utoipa::ToSchema;

use crate::api::Api;
use crate::error::Refusal;
use crate::rights::{self, Act};

/// The session's cookie.
const COOKIE: &str = "denwaban";
/// A session lasts a working day.
const SESSION: Duration = Duration::from_secs(12 * 3600);
/// Wrong passwords from one address before it has to wait.
const FAILURES_MAX: u32 = 10;
/// How long it has to wait, and how long failures count.
const FAILURES_MS: i64 = 15 * 60 * 1000;
/// Addresses remembered for failed logins.
const ADDRESSES_MAX: usize = 10_000;
/// One-time tickets outstanding.
const TICKETS_MAX: usize = 64;
/// A ticket is good for half an hour.
const TICKET_MS: i64 = 30 * 60 * 1000;

/// Somebody who is logged in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Login {
    /// User's row.
    pub id: i64,
    /// Login name.
    pub name: String,
    /// `admin`, `supervisor` or `operator`.
    #[schema(value_type = String)]
    pub role: Role,
    /// The operator that this user is, if any.
    pub operator: Option<i64>,
}

impl Login {
    /// Refuses with 403 what the role may not do.
    pub(crate) fn may(&self, act: Act) -> Result<(), Refusal> {
        if rights::may(self.role, act) { Ok(()) } else { Err(Refusal::forbidden()) }
    }
}

impl From<UserRow> for Login {
    fn from(user: UserRow) -> Self {
        Login { id: user.id, name: user.form.name, role: user.form.role, operator: user.form.operator_id }
    }
}

impl FromRequestParts<Api> for Login {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        let token = token(&parts.headers).ok_or_else(Refusal::unauthorized)?;
        let user = api.store.session(&token, api.now_ms()).await?.ok_or_else(Refusal::unauthorized)?;
        Ok(user.into())
    }
}

/// One-time logins: what the demo and the first start print as a link.
#[derive(Clone, Default)]
pub struct Tickets(Arc<Mutex<HashMap<String, (i64, i64)>>>);

impl Tickets {
    /// A ticket for this user, good once and for half an hour. `secret` must be unpredictable.
    pub fn issue(&self, secret: String, user: i64, now_ms: i64) {
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|_, (_, until)| *until > now_ms);
        if tickets.len() < TICKETS_MAX {
            tickets.insert(secret, (user, now_ms + TICKET_MS));
        }
    }

    fn take(&self, secret: &str, now_ms: i64) -> Option<i64> {
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.remove(secret).filter(|(_, until)| *until > now_ms).map(|(user, _)| user)
    }
}

/// Failed logins by address (R01).
#[derive(Default)]
pub(crate) struct Tries(Mutex<HashMap<IpAddr, (u32, i64)>>);

impl Tries {
    fn allowed(&self, from: IpAddr, now_ms: i64) -> bool {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.get(&from).is_none_or(|&(failures, last)| failures < FAILURES_MAX || now_ms - last > FAILURES_MS)
    }

    fn failed(&self, from: IpAddr, now_ms: i64) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= ADDRESSES_MAX {
            tries.retain(|_, (_, last)| now_ms - *last <= FAILURES_MS);
        }
        if tries.len() < ADDRESSES_MAX || tries.contains_key(&from) {
            let entry = tries.entry(from).or_insert((0, now_ms));
            *entry = if now_ms - entry.1 > FAILURES_MS { (1, now_ms) } else { (entry.0 + 1, now_ms) };
        }
    }

    fn succeeded(&self, from: IpAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&from);
    }
}

/// Name and password, or a ticket.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Credentials {
    /// A one-time login.
    Ticket {
        /// From the link.
        ticket: String,
    },
    /// A person.
    Password {
        /// Login name.
        name: String,
        /// Password.
        password: String,
    },
}

/// What a login gives. Programs use the token as `Authorization: Bearer`; browsers have it in a cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    #[serde(flatten)]
    user: Login,
    /// Good for twelve hours.
    token: String,
}

pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/login", post(login)).route("/logout", post(logout)).route("/me", get(me))
}

/// Log in.
#[utoipa::path(post, path = "/api/v1/login", tag = "login", request_body = Credentials, security(()),
    responses((status = 200, body = LoggedIn), (status = 401, body = Refusal), (status = 429, body = Refusal)))]
pub(crate) async fn login(
    State(api): State<Api>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    jar: CookieJar,
    Json(credentials): Json<Credentials>,
) -> Result<(CookieJar, Json<LoggedIn>), Refusal> {
    let now = api.now_ms();
    if !api.tries.allowed(from.ip(), now) {
        return Err(Refusal::too_many());
    }
    let user = match credentials {
        Credentials::Ticket { ticket } => match api.tickets.take(&ticket, now) {
            Some(id) => api.store.users().await?.into_iter().find(|user| user.id == id),
            None => None,
        },
        Credentials::Password { name, password } => api.store.login(&name, &password).await?,
    };
    let Some(user) = user.filter(|user| user.active) else {
        api.tries.failed(from.ip(), now);
        return Err(Refusal::unauthorized());
    };
    api.tries.succeeded(from.ip());
    let login = Login::from(user);
    let token = api.store.open_session(login.id, now, SESSION).await?.as_str().to_owned();
    api.note(&login, "logged in", &from.ip().to_string()).await;
    let cookie = Cookie::build((COOKIE, token.clone()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(api.secure_cookies)
        .build();
    Ok((jar.add(cookie), Json(LoggedIn { user: login, token })))
}

/// Log out: the session ends here, whoever else may have copied its cookie.
#[utoipa::path(post, path = "/api/v1/logout", tag = "login", responses((status = 204)))]
pub(crate) async fn logout(
    State(api): State<Api>,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode), Refusal> {
    if let Some(token) = token(&headers) {
        api.store.close_session(&token).await?;
    }
    Ok((jar.remove(Cookie::build(COOKIE).path("/")), StatusCode::NO_CONTENT))
}

/// Who am I?
#[utoipa::path(get, path = "/api/v1/me", tag = "login", responses((status = 200, body = Login), (status = 401, body = Refusal)))]
pub(crate) async fn me(login: Login) -> Json<Login> {
    Json(login)
}

fn token(headers: &HeaderMap) -> Option<String> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match bearer {
        Some(token) => Some(token.to_owned()),
        None => CookieJar::from_headers(headers).get(COOKIE).map(|cookie| cookie.value().to_owned()),
    }
}

/// Refuses what another site's page makes a browser send: changes and the event stream are taken only from our own pages, or
/// from programs, which have no Origin.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrade = request.headers().contains_key("upgrade");
    if (changes || upgrade) && foreign(request.headers()) {
        return Refusal::forbidden().into_response();
    }
    next.run(request).await
}

fn foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
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
    use axum::http::HeaderValue;

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
        assert!(foreign(&headers(&[("host", "desk.example"), ("origin", "null")])));
    }

    #[test]
    fn a_ticket_is_good_once_and_for_half_an_hour() {
        let tickets = Tickets::default();
        tickets.issue("a".into(), 7, 0);
        tickets.issue("b".into(), 8, 0);
        assert_eq!(tickets.take("a", 1000), Some(7));
        assert_eq!(tickets.take("a", 1000), None);
        assert_eq!(tickets.take("b", TICKET_MS + 1), None);
    }

    #[test]
    fn r01_an_address_waits_after_ten_failures_and_is_heard_again_later() {
        let tries = Tries::default();
        let from: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..FAILURES_MAX {
            assert!(tries.allowed(from, 0));
            tries.failed(from, 0);
        }
        assert!(!tries.allowed(from, 1));
        assert!(tries.allowed("192.0.2.2".parse().unwrap(), 1));
        assert!(tries.allowed(from, FAILURES_MS + 1));
    }
}
