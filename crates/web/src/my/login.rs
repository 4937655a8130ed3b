//! A member logs in and out.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Member, note};
use crate::api::Api;
use crate::error::Refusal;
use crate::extract::Body;
use crate::tongue::Tongue;

/// The session's cookie: not the house's.
const COOKIE: &str = "denwaban_my";
/// A session lasts two weeks: the page is looked at on people's own telephones, several times a day.
const SESSION: Duration = Duration::from_secs(14 * 24 * 3600);

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(my_login)).routes(routes!(my_logout)).routes(routes!(my_self))
}

/// Login and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MyCredentials {
    login: String,
    password: String,
}

/// What a login gives. Programs use the token as `Authorization: Bearer`; browsers have it in a cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyLogin {
    #[serde(flatten)]
    me: Me,
    /// Good for two weeks.
    token: String,
}

/// Who is logged in, and what the page has to know of the firm.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    #[serde(flatten)]
    member: Member,
    /// The firm's name.
    customer_name: String,
    /// In which its reports are: the page's language until the member says otherwise.
    language: report::Language,
}

async fn me(api: &Api, member: Member, tongue: Tongue) -> Result<Me, Refusal> {
    use crate::reports::Said;
    let customer_name = api.store.customer(member.customer).await.said(tongue.0)?.form.name;
    let language = api.store.profile(member.customer).await.said(tongue.0)?.profile.language;
    Ok(Me { member, customer_name, language })
}

/// A firm's member logs in.
#[utoipa::path(post, path = "/login", tag = "my page", request_body = MyCredentials, security(()),
    responses((status = 200, body = MyLogin)))]
pub(crate) async fn my_login(
    State(api): State<Api>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    tongue: Tongue,
    jar: CookieJar,
    Body(MyCredentials { login, password }): Body<MyCredentials>,
) -> Result<(CookieJar, Json<MyLogin>), Refusal> {
    let now_ms = api.now_ms();
    if !api.tries.begin(from.ip(), now_ms) {
        return Err(Refusal::too_many());
    }
    let found = api.store.member_login(&login, &password).await?;
    let member = Member::from(found.ok_or_else(Refusal::wrong_login)?);
    api.tries.succeeded(from.ip());
    let token = api.store.open_member_session(member.id, now_ms, SESSION).await?.as_str().to_owned();
    note(&api, &member, "login", &from.ip().to_string()).await;
    let cookie = Cookie::build((COOKIE, token.clone()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(api.secure_cookies)
        // A telephone's browser is closed all the time; when the session ends, the server knows.
        .permanent()
        .build();
    Ok((jar.add(cookie), Json(MyLogin { me: me(&api, member, tongue).await?, token })))
}

/// The session ends here, whoever else may have copied its cookie.
#[utoipa::path(post, path = "/logout", tag = "my page", responses((status = 204)))]
pub(crate) async fn my_logout(
    State(api): State<Api>,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode), Refusal> {
    if let Some(token) = token(&headers) {
        api.store.close_member_session(&token).await?;
    }
    Ok((jar.remove(Cookie::build(COOKIE).path("/")), StatusCode::NO_CONTENT))
}

/// Who am I, and of which firm?
#[utoipa::path(get, path = "/me", tag = "my page", responses((status = 200, body = Me)))]
pub(crate) async fn my_self(State(api): State<Api>, member: Member, tongue: Tongue) -> Result<Json<Me>, Refusal> {
    Ok(Json(me(&api, member, tongue).await?))
}

pub(super) fn token(headers: &HeaderMap) -> Option<String> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match bearer.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(token) => Some(token.to_owned()),
        None => CookieJar::from_headers(headers).get(COOKIE).map(|cookie| cookie.value().to_owned()),
    }
}
