//! What administrators do about other people's logins: end sessions, take second factors away that are lost, send links, and say who
//! needs a second factor.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use store::{Door, Person, SessionRow};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::rights::Act;

/// How long a link is good.
const LINK: Duration = Duration::from_secs(30 * 60);

/// A link, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewLink {
    /// Below the address at which these pages are reached: `/join#…`.
    path: String,
    /// Until when it is good.
    until_ms: i64,
}

/// A user's second factors and sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserDoor {
    /// Since when codes are asked for; null: they are not.
    codes_since_ms: Option<i64>,
    /// Passkeys that there are.
    passkeys: usize,
    sessions: Vec<SessionRow>,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(door, save_door))
        .routes(routes!(user_sessions, end_user_sessions))
        .routes(routes!(end_user_session))
        .routes(routes!(user_link))
        .routes(routes!(reset_second_factor))
}

/// Who needs a second factor.
#[utoipa::path(get, path = "/door", tag = "users", responses((status = 200, body = Door)))]
pub(crate) async fn door(State(api): State<Api>, login: Login) -> Result<Json<Door>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.door().await?))
}

/// Demand a second factor of these roles, also of sessions that are open.
#[utoipa::path(put, path = "/door", tag = "users", request_body = Door, responses((status = 200, body = Door)))]
pub(crate) async fn save_door(
    State(api): State<Api>,
    login: Login,
    Body(door): Body<Door>,
) -> Result<Json<Door>, Refusal> {
    login.may(Act::Administer)?;
    api.store.save_door(&door).await?;
    let roles: Vec<&str> = door.second_factor.iter().map(|role| role.as_str()).collect();
    api.note(&login, "door.change", &roles.join(" ")).await;
    Ok(Json(door))
}

/// Where a user is logged in, and with what.
#[utoipa::path(get, path = "/users/{id}/sessions", tag = "users", params(("id" = i64, Path)),
    responses((status = 200, body = UserDoor)))]
pub(crate) async fn user_sessions(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
) -> Result<Json<UserDoor>, Refusal> {
    login.may(Act::Administer)?;
    let person = known(&api, id).await?;
    Ok(Json(UserDoor {
        codes_since_ms: api.store.totp(person).await?.and_then(|row| row.since_ms),
        passkeys: api.store.passkeys(person).await?.len(),
        sessions: api.store.sessions_of(person, api.now_ms()).await?,
    }))
}

async fn known(api: &Api, id: i64) -> Result<Person, Refusal> {
    let user = api.store.user(id).await?;
    user.map(|user| Person::User(user.id)).ok_or_else(|| Refusal::not_found(format!("there is no user {id}")))
}

/// End all of a user's sessions.
#[utoipa::path(delete, path = "/users/{id}/sessions", tag = "users", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn end_user_sessions(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.end_sessions_of(known(&api, id).await?, None).await?;
    api.note(&login, "session.end", &format!("user {id}")).await;
    Ok(StatusCode::NO_CONTENT)
}

/// End one of a user's sessions.
#[utoipa::path(delete, path = "/users/{id}/sessions/{session}", tag = "users",
    params(("id" = i64, Path), ("session" = String, Path)), responses((status = 204)))]
pub(crate) async fn end_user_session(
    State(api): State<Api>,
    login: Login,
    At((id, session)): At<(i64, String)>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.end_session_of(known(&api, id).await?, &session, api.now_ms()).await?;
    api.note(&login, "session.end", &format!("user {id}")).await;
    Ok(StatusCode::NO_CONTENT)
}

/// A one-time link by which a user sets a new password; the old one works until then.
#[utoipa::path(post, path = "/users/{id}/link", tag = "users", params(("id" = i64, Path)),
    responses((status = 200, body = NewLink)))]
pub(crate) async fn user_link(State(api): State<Api>, login: Login, At(id): At<i64>) -> Result<Json<NewLink>, Refusal> {
    login.may(Act::Administer)?;
    let now_ms = api.now_ms();
    let token = api.store.invite(id, now_ms, LINK).await?;
    api.note(&login, "user.link", &format!("user {id}")).await;
    let until_ms = now_ms.saturating_add(i64::try_from(LINK.as_millis()).unwrap_or(i64::MAX));
    Ok(Json(NewLink { path: format!("/join#{}", token.as_str()), until_ms }))
}

/// Take codes, recovery codes and passkeys of a user away whose telephone is lost, and end the sessions. The password stays.
#[utoipa::path(delete, path = "/users/{id}/second-factor", tag = "users", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn reset_second_factor(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.forget_factors(known(&api, id).await?).await?;
    api.note(&login, "user.second_factor.reset", &format!("user {id}")).await;
    Ok(StatusCode::NO_CONTENT)
}
