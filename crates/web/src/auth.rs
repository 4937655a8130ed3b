//! Who of the house is asking: logins by name and password, by passkey or by one-time ticket; sessions in a cookie or a bearer header.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use serde::{Deserialize, Serialize};
use store::{Entrance, Person, Role, UserRow};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::door::cookie::Side;
use crate::door::{Place, Second, second};
use crate::error::Refusal;
use crate::extract::Body;
use crate::reports;
use crate::rights::{self, Act};

/// A session lasts a working day,
const SESSION: Duration = Duration::from_secs(12 * 3600);
/// and ends when no page has been open for so long: an open one asks all the time.
const IDLE: Duration = Duration::from_secs(2 * 3600);
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

/// By this header a request that came by that socket names the operator for whom it asks, by row: some routes are about the
/// operator who asks. Nowhere else does it mean anything.
pub const FOR_OPERATOR: &str = "denwaban-operator";

/// The operator whom a request by the socket names.
async fn named(headers: &HeaderMap, api: &Api) -> Result<Option<i64>, Refusal> {
    let Some(named) = headers.get(FOR_OPERATOR) else { return Ok(None) };
    let row = named.to_str().ok().and_then(|text| text.parse().ok());
    let row = row.ok_or_else(|| Refusal::invalid("operator", "that is no operator's row", "give a number"))?;
    Ok(Some(api.store.operator(row).await?.id))
}

impl FromRequestParts<Api> for Login {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        if parts.extensions.get::<Local>().is_some() {
            let operator = named(&parts.headers, api).await?;
            return Ok(Login { id: 0, name: "command line".to_owned(), role: Role::Admin, operator });
        }
        let token = token(&parts.headers, api).ok_or_else(Refusal::unauthorized)?;
        let visit = api.store.visit(&token, api.now_ms()).await?.ok_or_else(Refusal::unauthorized)?;
        if visit.lacks_factor { Err(Refusal::second_factor_needed()) } else { Ok(visit.who.into()) }
    }
}

/// One-time logins: what the demo prints as a link.
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

/// Name and password, or a ticket.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Credentials {
    /// Login name.
    name: Option<String>,
    /// Password.
    password: Option<String>,
    /// Where a second factor was set up: the six digits that the program shows, or a recovery code.
    code: Option<String>,
    /// A one-time login, from a link; then without name and password.
    ticket: Option<String>,
}

/// What a login gives. Programs use the token as `Authorization: Bearer`; browsers have it in a cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    #[serde(flatten)]
    user: Login,
    /// Good for twelve hours, and ends when it is not used for two.
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
    place: Place,
    jar: CookieJar,
    Body(credentials): Body<Credentials>,
) -> Result<(CookieJar, Json<LoggedIn>), Refusal> {
    match credentials {
        Credentials { ticket: Some(ticket), name: None, password: None, code: None } => {
            with_ticket(&api, &place, jar, &ticket).await
        }
        Credentials { ticket: None, name: Some(name), password: Some(password), code } => {
            with_password(&api, &place, jar, &name, &password, code.as_deref()).await
        }
        Credentials { .. } => {
            let remedy = "give name and password, or a ticket alone";
            Err(Refusal::invalid("name", "these are no credentials", remedy))
        }
    }
}

async fn with_ticket(api: &Api, place: &Place, jar: CookieJar, ticket: &str) -> Entered {
    place.may_try(api)?;
    let user = match api.tickets.take(ticket, api.now_ms()) {
        Some(id) => api.store.user(id).await?,
        None => None,
    };
    let user = user.ok_or_else(Refusal::wrong_login)?;
    enter(api, place, jar, user, false).await
}

async fn with_password(
    api: &Api,
    place: &Place,
    jar: CookieJar,
    name: &str,
    password: &str,
    code: Option<&str>,
) -> Entered {
    place.may_try(api)?;
    let counted = place.may_try_account(api, Side::House, name).await?;
    let Some(user) = api.store.login(name, password).await? else {
        place.failed(api, Side::House, name);
        return Err(Refusal::wrong_login());
    };
    let strong = match second(api, Person::User(user.id), code).await? {
        Second::NotSetUp => false,
        Second::Right => true,
        Second::Missing => {
            place.was_no_try(api);
            api.tries.forgive(&counted);
            return Err(Refusal::code_needed());
        }
        Second::Wrong => {
            place.failed(api, Side::House, name);
            return Err(Refusal::wrong_login());
        }
    };
    enter(api, place, jar, user, strong).await
}

type Entered = Result<(CookieJar, Json<LoggedIn>), Refusal>;

/// Opens a session for somebody who has shown to be this user.
pub(crate) async fn enter(api: &Api, place: &Place, jar: CookieJar, user: UserRow, strong: bool) -> Entered {
    place.succeeded(api, Side::House, &user.form.name);
    let login = Login::from(user);
    let entrance = Entrance {
        lasts: SESSION,
        idle: IDLE,
        address: place.address.to_string(),
        device: place.device.clone(),
        strong,
    };
    let token = api.store.open_session(login.id, api.now_ms(), &entrance).await?.as_str().to_owned();
    api.note(&login, "login", &place.address.to_string()).await;
    let cookie = Side::House.holding(token.clone(), api.secure_cookies);
    Ok((jar.add(cookie), Json(LoggedIn { user: login, token })))
}

/// Log out: the session ends here, whoever else may have copied its cookie, and drafts that were being written are anybody's.
#[utoipa::path(post, path = "/logout", tag = "login", responses((status = 204)))]
pub(crate) async fn logout(
    State(api): State<Api>,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode), Refusal> {
    if let Some(token) = token(&headers, &api) {
        let user = api.store.session(&token, api.now_ms()).await?;
        api.store.close_session(&token, api.now_ms()).await?;
        if let Some(user) = user {
            reports::let_go(&api, &user.into()).await?;
        }
    }
    Ok((jar.remove(Side::House.gone(api.secure_cookies)), StatusCode::NO_CONTENT))
}

/// Who am I?
#[utoipa::path(get, path = "/me", tag = "login", responses((status = 200, body = Login)))]
pub(crate) async fn me(login: Login) -> Json<Login> {
    Json(login)
}

/// The token of a session of the house's that a request has.
pub(crate) fn token(headers: &HeaderMap, api: &Api) -> Option<String> {
    Side::House.token(headers, api.secure_cookies)
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
}
