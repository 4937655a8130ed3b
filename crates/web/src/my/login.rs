//! A member logs in and out.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use serde::{Deserialize, Serialize};
use store::{Entrance, MemberRow, Person};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Member, note};
use crate::api::Api;
use crate::door::cookie::Side;
use crate::door::{Place, Second, second};
use crate::error::Refusal;
use crate::extract::Body;
use crate::reports::Said;
use crate::rights::MyAct;
use crate::tongue::Tongue;

/// A session lasts two weeks: the page is looked at on people's own telephones, several times a day,
const SESSION: Duration = Duration::from_secs(14 * 24 * 3600);
/// and ends on a telephone that has not looked for a few days.
const IDLE: Duration = Duration::from_secs(5 * 24 * 3600);

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(my_login))
        .routes(routes!(my_logout))
        .routes(routes!(my_self))
        .routes(routes!(my_door, save_my_door))
}

/// Login and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MyCredentials {
    login: String,
    password: String,
    /// Where a second factor was set up: the six digits that the program shows, or a recovery code.
    #[serde(default)]
    code: Option<String>,
}

/// What a login gives. Programs use the token as `Authorization: Bearer`; browsers have it in a cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyLogin {
    #[serde(flatten)]
    me: Me,
    /// Good for two weeks, and ends when it is not used for five days.
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
    let customer_name = api.store.customer(member.customer).await.said(tongue.0)?.form.name;
    let language = api.store.profile(member.customer).await.said(tongue.0)?.profile.language;
    Ok(Me { member, customer_name, language })
}

/// A firm's member logs in.
#[utoipa::path(post, path = "/login", tag = "my page", request_body = MyCredentials, security(()),
    responses((status = 200, body = MyLogin)))]
pub(crate) async fn my_login(
    State(api): State<Api>,
    place: Place,
    tongue: Tongue,
    jar: CookieJar,
    Body(MyCredentials { login, password, code }): Body<MyCredentials>,
) -> Result<(CookieJar, Json<MyLogin>), Refusal> {
    place.may_try(&api)?;
    let counted = place.may_try_account(&api, Side::Firm, &login).await?;
    let Some(member) = api.store.member_login(&login, &password).await? else {
        place.failed(&api, Side::Firm, &login);
        return Err(Refusal::wrong_login());
    };
    let strong = match second(&api, Person::Member(member.id), code.as_deref()).await? {
        Second::NotSetUp => false,
        Second::Right => true,
        Second::Missing => {
            place.was_no_try(&api);
            api.tries.forgive(&counted);
            return Err(Refusal::code_needed());
        }
        Second::Wrong => {
            place.failed(&api, Side::Firm, &login);
            return Err(Refusal::wrong_login());
        }
    };
    enter(&api, &place, jar, member, strong, tongue).await
}

/// Opens a session for somebody who has shown to be this member.
pub(crate) async fn enter(
    api: &Api,
    place: &Place,
    jar: CookieJar,
    member: MemberRow,
    strong: bool,
    tongue: Tongue,
) -> Result<(CookieJar, Json<MyLogin>), Refusal> {
    place.succeeded(api, Side::Firm, &member.form.login);
    let member = Member::from(member);
    let entrance = Entrance {
        lasts: SESSION,
        idle: IDLE,
        address: place.address.to_string(),
        device: place.device.clone(),
        strong,
    };
    let token = api.store.open_for(Person::Member(member.id), api.now_ms(), &entrance).await?.as_str().to_owned();
    note(api, &member, "login", &place.address.to_string()).await;
    let cookie = Side::Firm.holding(token.clone(), api.secure_cookies);
    Ok((jar.add(cookie), Json(MyLogin { me: me(api, member, tongue).await?, token })))
}

/// The session ends here, whoever else may have copied its cookie.
#[utoipa::path(post, path = "/logout", tag = "my page", responses((status = 204)))]
pub(crate) async fn my_logout(
    State(api): State<Api>,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode), Refusal> {
    if let Some(token) = Side::Firm.token(&headers, api.secure_cookies) {
        api.store.close_member_session(&token, api.now_ms()).await?;
    }
    Ok((jar.remove(Side::Firm.gone(api.secure_cookies)), StatusCode::NO_CONTENT))
}

/// What a firm demands of its people.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyDoor {
    /// Since when a second factor is demanded, unix milliseconds; none: it is not.
    second_factor_since_ms: Option<i64>,
}

/// The same, changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MyDemand {
    /// Everybody of the firm needs a second factor.
    second_factor: bool,
}

/// Does the firm demand a second factor of its people?
#[utoipa::path(get, path = "/door", tag = "my page", responses((status = 200, body = MyDoor)))]
pub(crate) async fn my_door(State(api): State<Api>, member: Member, tongue: Tongue) -> Result<Json<MyDoor>, Refusal> {
    member.may(MyAct::Read)?;
    Ok(Json(MyDoor { second_factor_since_ms: api.store.firm_door(member.customer).await.said(tongue.0)? }))
}

/// Demand a second factor of everybody of the firm, or do no more. Whoever is logged in sets one up at the next login.
#[utoipa::path(put, path = "/door", tag = "my page", request_body = MyDemand, responses((status = 200, body = MyDoor)))]
pub(crate) async fn save_my_door(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    Body(MyDemand { second_factor }): Body<MyDemand>,
) -> Result<Json<MyDoor>, Refusal> {
    member.may(MyAct::Manage)?;
    let saved = api.store.save_firm_door(member.customer, second_factor, &member.who(), api.now_ms()).await;
    saved.said(tongue.0)?;
    Ok(Json(MyDoor { second_factor_since_ms: api.store.firm_door(member.customer).await.said(tongue.0)? }))
}

/// Who am I, and of which firm?
#[utoipa::path(get, path = "/me", tag = "my page", responses((status = 200, body = Me)))]
pub(crate) async fn my_self(State(api): State<Api>, member: Member, tongue: Tongue) -> Result<Json<Me>, Refusal> {
    Ok(Json(me(&api, member, tongue).await?))
}
