//! Who is asking: logins by name and password or by one-time ticket, sessions in a cookie or a bearer header.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::{Deserialize, Serialize};
use store::{Role, UserRow};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::error::Refusal;
use crate::extract::Body;
use crate::reports;
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

/// Marks what came by a socket that only an administrator of this machine can open ([`crate::local_router`]).
#[derive(Clone, Copy, Debug)]
pub struct Local;

impl FromRequestParts<Api> for Login {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        if parts.extensions.get::<Local>().is_some() {
            return Ok(Login { id: 0, name: "command line".to_owned(), role: Role::Admin, operator: None });
        }
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
    /// May this address try? Every try counts as failed until it has succeeded, so that many at once are no way around.
    pub(crate) fn begin(&self, from: IpAddr, now_ms: i64) -> bool {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= ADDRESSES_MAX {
            tries.retain(|_, (_, last)| now_ms - *last <= FAILURES_MS);
        }
        let known = tries.get(&from).copied().filter(|(_, last)| now_ms - last <= FAILURES_MS);
        match known {
            Some((failures, _)) if failures >= FAILURES_MAX => return false,
            Some((failures, _)) => {
                tries.insert(from, (failures + 1, now_ms));
            }
            None if tries.len() < ADDRESSES_MAX => {
                tries.insert(from, (1, now_ms));
            }
            None => {}
        }
        true
    }

    pub(crate) fn succeeded(&self, from: IpAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&from);
    }
}

/// Name and password, or a ticket.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Credentials {
    /// Login name.
    name: Option<String>,
    /// Password.
    password: Option<String>,
    /// A one-time login, from a link; then without name and password.
    ticket: Option<String>,
}

/// What a login gives. Programs use the token as `Authorization: Bearer`; browsers have it in a cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    #[serde(flatten)]
    user: Login,
    /// Good for twelve hours.
    token: String,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(login)).routes(routes!(logout)).routes(routes!(me))
}

/// Log in.
#[utoipa::path(post, path = "/login", tag = "login", request_body = Credentials, security(()),
    responses((status = 200, body = LoggedIn)))]
pub(crate) async fn login(
    State(api): State<Api>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    jar: CookieJar,
    Body(credentials): Body<Credentials>,
) -> Result<(CookieJar, Json<LoggedIn>), Refusal> {
    let now = api.now_ms();
    if !api.tries.begin(from.ip(), now) {
        return Err(Refusal::too_many());
    }
    let user = match credentials {
        Credentials { ticket: Some(ticket), name: None, password: None } => match api.tickets.take(&ticket, now) {
            Some(id) => api.store.users().await?.into_iter().find(|user| user.id == id),
            None => None,
        },
        Credentials { ticket: None, name: Some(name), password: Some(password) } => {
            api.store.login(&name, &password).await?
        }
        Credentials { .. } => {
            return Err(Refusal::invalid(
                "name",
                "these are no credentials",
                "give name and password, or a ticket alone",
            ));
        }
    };
    let Some(user) = user.filter(|user| user.active) else {
        return Err(Refusal::wrong_login());
    };
    api.tries.succeeded(from.ip());
    let login = Login::from(user);
    let token = api.store.open_session(login.id, now, SESSION).await?.as_str().to_owned();
    api.note(&login, "login", &from.ip().to_string()).await;
    let cookie = Cookie::build((COOKIE, token.clone()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(api.secure_cookies)
        .build();
    Ok((jar.add(cookie), Json(LoggedIn { user: login, token })))
}

/// Log out: the session ends here, whoever else may have copied its cookie, and drafts that were being written are anybody's.
#[utoipa::path(post, path = "/logout", tag = "login", responses((status = 204)))]
pub(crate) async fn logout(
    State(api): State<Api>,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode), Refusal> {
    if let Some(token) = token(&headers) {
        let user = api.store.session(&token, api.now_ms()).await?;
        api.store.close_session(&token).await?;
        if let Some(user) = user {
            reports::let_go(&api, &user.into()).await?;
        }
    }
    Ok((jar.remove(Cookie::build(COOKIE).path("/")), StatusCode::NO_CONTENT))
}

/// Who am I?
#[utoipa::path(get, path = "/me", tag = "login", responses((status = 200, body = Login)))]
pub(crate) async fn me(login: Login) -> Json<Login> {
    Json(login)
}

pub(crate) fn token(headers: &HeaderMap) -> Option<String> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match bearer {
        Some(token) => Some(token.to_owned()),
        None => CookieJar::from_headers(headers).get(COOKIE).map(|cookie| cookie.value().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(tries.begin(from, 0));
        }
        assert!(!tries.begin(from, 1));
        assert!(tries.begin("192.0.2.2".parse().unwrap(), 1));
        assert!(tries.begin(from, FAILURES_MS + 1));
    }

    #[test]
    fn r01_a_login_wipes_the_failures_before_it() {
        let tries = Tries::default();
        let from: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..3 * FAILURES_MAX {
            assert!(tries.begin(from, 0));
            tries.succeeded(from);
        }
    }
}
