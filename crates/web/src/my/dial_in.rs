//! Recordings by telephone (F52): a firm's owner sets its PIN for the house's recordings line; supervisors can take it away.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{DialIn, Password};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Member;
use crate::api::Api;
use crate::auth::Login;
use crate::calls::display;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::reports::Said;
use crate::rights::{Act, MyAct};
use crate::tongue::Tongue;

/// The firm's side.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(my_dial_in, set_my_pin, remove_my_pin))
}

/// The house's side.
pub(crate) fn desk_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(dial_in, remove_pin))
}

/// How a firm stands with the recordings line.
#[derive(Serialize, ToSchema)]
pub(crate) struct Line {
    /// The number to call, as people write it; empty: the house has no such line.
    line: String,
    #[serde(flatten)]
    firm: DialIn,
}

/// A PIN of somebody's choice.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPin {
    /// 6 to 8 digits that follow no pattern.
    #[schema(value_type = String)]
    pin: Password,
}

async fn line(api: &Api, customer: i64, tongue: Tongue) -> Result<Json<Line>, Refusal> {
    let line = api.store.settings().await?.recordings_line;
    let line = if line.is_empty() { line } else { display(&line) };
    Ok(Json(Line { line, firm: api.store.dial_in(customer, api.now_ms()).await.said(tongue.0)? }))
}

/// Where the firm's people call to hear recordings, and whether it has a PIN. The PIN itself is never shown.
#[utoipa::path(get, path = "/dial-in", tag = "my page", responses((status = 200, body = Line)))]
pub(crate) async fn my_dial_in(State(api): State<Api>, member: Member, tongue: Tongue) -> Result<Json<Line>, Refusal> {
    member.may(MyAct::Read)?;
    line(&api, member.customer, tongue).await
}

/// Another PIN; the one before opens nothing any more, and a lock ends.
#[utoipa::path(put, path = "/dial-in", tag = "my page", request_body = NewPin, responses((status = 200, body = Line)))]
pub(crate) async fn set_my_pin(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    Body(NewPin { pin }): Body<NewPin>,
) -> Result<Json<Line>, Refusal> {
    member.may(MyAct::Manage)?;
    let set = api.store.set_dial_in_pin(member.customer, Some(&pin.0), &member.who(), api.now_ms()).await;
    let _ = set.said(tongue.0)?; // whoever chose it knows it
    line(&api, member.customer, tongue).await
}

/// No PIN: nobody hears the firm's recordings by telephone.
#[utoipa::path(delete, path = "/dial-in", tag = "my page", responses((status = 204)))]
pub(crate) async fn remove_my_pin(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
) -> Result<StatusCode, Refusal> {
    member.may(MyAct::Manage)?;
    api.store.remove_dial_in_pin(member.customer, &member.who(), api.now_ms()).await.said(tongue.0)?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a firm stands with the recordings line.
#[utoipa::path(get, path = "/customers/{id}/dial-in", tag = "firms", params(("id" = i64, Path)),
    responses((status = 200, body = Line)))]
pub(crate) async fn dial_in(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
) -> Result<Json<Line>, Refusal> {
    login.may(Act::TendFirms)?;
    line(&api, customer, tongue).await
}

/// Takes a firm's PIN away.
#[utoipa::path(delete, path = "/customers/{id}/dial-in", tag = "firms", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn remove_pin(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::TendFirms)?;
    api.store.remove_dial_in_pin(customer, &login.name, api.now_ms()).await.said(tongue.0)?;
    Ok(StatusCode::NO_CONTENT)
}
