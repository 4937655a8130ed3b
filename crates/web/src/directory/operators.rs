//! Operators and their telephones.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use store::{OperatorForm, OperatorRow};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::rights::Act;

use super::state::{Seen as AsSeen, Tagged};
use super::{Chosen, NewPassword};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(operators, create_operator))
        .routes(routes!(operator, update_operator, remove_operator))
        .routes(routes!(operator_password))
}

/// An operator in the list.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Seen {
    /// By an administrator.
    Whole(Box<OperatorRow>),
    /// By others.
    Named(Named),
}

/// A name and nothing else: what a role that may not read everything sees.
#[derive(Serialize, ToSchema)]
pub(crate) struct Named {
    id: i64,
    active: bool,
    name: String,
}

/// An operator with the SIP password, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewOperator {
    #[serde(flatten)]
    operator: OperatorRow,
    /// Never shown again.
    sip_password: String,
}

/// All operators; names only for those who do not administer.
#[utoipa::path(get, path = "/operators", tag = "operators",
    responses((status = 200, body = Vec<Seen>)))]
pub(crate) async fn operators(State(api): State<Api>, login: Login) -> Result<Json<Vec<Seen>>, Refusal> {
    login.may(Act::ReadDirectory)?;
    let rows = api.store.operators().await?;
    let whole = login.may(Act::Administer).is_ok();
    let seen = |row: OperatorRow| match whole {
        true => Seen::Whole(Box::new(row)),
        false => Seen::Named(Named { id: row.id, active: row.active, name: row.form.name }),
    };
    Ok(Json(rows.into_iter().map(seen).collect()))
}

/// One operator.
#[utoipa::path(get, path = "/operators/{id}", tag = "operators", params(("id" = i64, Path)),
    responses((status = 200, body = OperatorRow)))]
pub(crate) async fn operator(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
) -> Result<Tagged<OperatorRow>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Tagged(api.store.operator(id).await?))
}

/// A new operator; the SIP password is shown this once.
#[utoipa::path(post, path = "/operators", tag = "operators", request_body = OperatorForm,
    responses((status = 201, body = NewOperator)))]
pub(crate) async fn create_operator(
    State(api): State<Api>,
    login: Login,
    Body(form): Body<OperatorForm>,
) -> Result<(StatusCode, Json<NewOperator>), Refusal> {
    login.may(Act::Administer)?;
    let (operator, sip_password) = api.store.create_operator(&api.realm, &form).await?;
    api.changed(&login, "operator.create", &operator.form.login).await;
    Ok((StatusCode::CREATED, Json(NewOperator { operator, sip_password })))
}

/// All values of an operator anew; with the `ETag` of what was read in `If-Match`, only if they are still so.
#[utoipa::path(put, path = "/operators/{id}", tag = "operators", request_body = OperatorForm, params(("id" = i64, Path)),
    responses((status = 200, body = OperatorRow)))]
pub(crate) async fn update_operator(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
    seen: AsSeen,
    Body(form): Body<OperatorForm>,
) -> Result<Tagged<OperatorRow>, Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.update_operator_as_seen(id, &form, seen.state()).await?;
    api.changed(&login, "operator.update", &row.form.login).await;
    Ok(Tagged(row))
}

/// End an operator: the phone cannot register any more.
#[utoipa::path(delete, path = "/operators/{id}", tag = "operators", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn remove_operator(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.deactivate_operator(id).await?;
    api.changed(&login, "operator.remove", &id.to_string()).await;
    Ok(StatusCode::NO_CONTENT)
}

/// A new SIP password, shown this once.
#[utoipa::path(post, path = "/operators/{id}/password", tag = "operators", request_body = Chosen, params(("id" = i64, Path)),
    responses((status = 200, body = NewPassword)))]
pub(crate) async fn operator_password(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
    chosen: Option<Body<Chosen>>,
) -> Result<Json<NewPassword>, Refusal> {
    login.may(Act::Administer)?;
    let chosen = chosen.map(|Body(chosen)| chosen).unwrap_or_default();
    let password = api.store.set_operator_password(&api.realm, id, chosen.password.as_deref()).await?;
    api.changed(&login, "operator.password", &id.to_string()).await;
    Ok(Json(NewPassword { password }))
}
