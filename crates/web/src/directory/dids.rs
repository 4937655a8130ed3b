//! Numbers that firms forward to.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::DidRow;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::rights::Act;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(dids, add_did)).routes(routes!(did, remove_did))
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
