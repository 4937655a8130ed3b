//! Numbers that firms forward to.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{DidRow, StoreError};
use switch::calendar::Standing;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{Asked, At, Body};
use crate::rights::Act;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(dids, add_did)).routes(routes!(did, remove_did)).routes(routes!(check_did))
}

/// A number and whose it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DidForm {
    /// In any spelling.
    number: String,
    /// Client firm.
    customer: i64,
}

/// All numbers that firms forward to.
#[utoipa::path(get, path = "/dids", tag = "dids",
    responses((status = 200, body = Vec<DidRow>)))]
pub(crate) async fn dids(State(api): State<Api>, login: Login) -> Result<Json<Vec<DidRow>>, Refusal> {
    login.may(Act::ReadDirectory)?;
    Ok(Json(api.store.dids().await?))
}

/// Whose number is it?
#[utoipa::path(get, path = "/dids/{number}", tag = "dids", params(("number" = String, Path, description = "in any spelling")),
    responses((status = 200, body = DidRow)))]
pub(crate) async fn did(State(api): State<Api>, login: Login, At(number): At<String>) -> Result<Json<DidRow>, Refusal> {
    login.may(Act::ReadDirectory)?;
    Ok(Json(api.store.did(&number).await?))
}

/// How a call to a number is answered at a moment.
#[derive(Serialize, ToSchema)]
pub(crate) struct Checked {
    /// The moment, unix milliseconds.
    at_ms: i64,
    /// Whose number it is; none: nobody's, and the call is answered all the same.
    did: Option<DidRow>,
    /// What the operator says first.
    greeting: String,
    /// Whether the firm is open then; none: nobody's number.
    standing: Option<Standing>,
    /// What callers hear who are not answered as usual; none: it is open.
    spoken: Option<String>,
    /// When a firm that is closed then opens; none: not within a year, or it is open.
    opens_ms: Option<i64>,
}

/// When a number is looked at.
#[derive(Deserialize, Default, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Moment {
    /// Unix milliseconds; none: now.
    at_ms: Option<i64>,
}

/// How is a call to this number answered, now or at any moment? ("On 29 December at 18:05?")
#[utoipa::path(get, path = "/dids/{number}/check", tag = "dids",
    params(("number" = String, Path, description = "in any spelling"), Moment),
    responses((status = 200, body = Checked)))]
pub(crate) async fn check_did(
    State(api): State<Api>,
    login: Login,
    At(number): At<String>,
    Asked(asked): Asked<Moment>,
) -> Result<Json<Checked>, Refusal> {
    login.may(Act::ReadDirectory)?;
    let at_ms = asked.at_ms.unwrap_or_else(|| api.now_ms());
    let did = match api.store.did(&number).await {
        Ok(did) => Some(did).filter(|did| did.active),
        Err(StoreError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let Some(did) = did else {
        let greeting = api.store.settings().await?.default_greeting;
        return Ok(Json(Checked { at_ms, did: None, greeting, standing: None, spoken: None, opens_ms: None }));
    };
    let form = api.store.customer(did.customer).await?.form;
    let standing = form.calendar.at(at_ms);
    let spoken = standing.spoken(&form.name);
    let opens_ms = form.calendar.opens_after(at_ms);
    Ok(Json(Checked { at_ms, did: Some(did), greeting: form.greeting, standing: Some(standing), spoken, opens_ms }))
}

/// A further number for a firm.
#[utoipa::path(post, path = "/dids", tag = "dids", request_body = DidForm,
    responses((status = 201, body = DidRow)))]
pub(crate) async fn add_did(
    State(api): State<Api>,
    login: Login,
    Body(form): Body<DidForm>,
) -> Result<(StatusCode, Json<DidRow>), Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.add_did(&form.number, form.customer).await?;
    api.changed(&login, "number.add", &form.number).await;
    Ok((StatusCode::CREATED, Json(row)))
}

/// Take a number away.
#[utoipa::path(delete, path = "/dids/{number}", tag = "dids", params(("number" = String, Path, description = "in any spelling")),
    responses((status = 204)))]
pub(crate) async fn remove_did(
    State(api): State<Api>,
    login: Login,
    At(number): At<String>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.remove_did(&number).await?;
    api.changed(&login, "number.remove", &number).await;
    Ok(StatusCode::NO_CONTENT)
}
