//! Trunks.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use store::{TrunkForm, TrunkRow};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::rights::Act;

use super::state::{Seen, Tagged};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(trunks, create_trunk)).routes(routes!(trunk, update_trunk, remove_trunk))
}

/// All trunks.
#[utoipa::path(get, path = "/trunks", tag = "trunks",
    responses((status = 200, body = Vec<TrunkRow>)))]
pub(crate) async fn trunks(State(api): State<Api>, login: Login) -> Result<Json<Vec<TrunkRow>>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.trunks().await?))
}

/// One trunk.
#[utoipa::path(get, path = "/trunks/{id}", tag = "trunks", params(("id" = i64, Path)),
    responses((status = 200, body = TrunkRow)))]
pub(crate) async fn trunk(State(api): State<Api>, login: Login, At(id): At<i64>) -> Result<Tagged<TrunkRow>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Tagged(api.store.trunk(id).await?))
}

/// A new trunk.
#[utoipa::path(post, path = "/trunks", tag = "trunks", request_body = TrunkForm,
    responses((status = 201, body = TrunkRow)))]
pub(crate) async fn create_trunk(
    State(api): State<Api>,
    login: Login,
    Body(form): Body<TrunkForm>,
) -> Result<(StatusCode, Json<TrunkRow>), Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.create_trunk(&form).await?;
    api.changed(&login, "trunk.create", &form.name).await;
    Ok((StatusCode::CREATED, Json(row)))
}

/// All values of a trunk anew; with the `ETag` of what was read in `If-Match`, only if they are still so. A password that is left out
/// stays. A line that is another to its carrier then (host, registration, user or password) is not usable until it has registered.
#[utoipa::path(put, path = "/trunks/{id}", tag = "trunks", request_body = TrunkForm, params(("id" = i64, Path)),
    responses((status = 200, body = TrunkRow)))]
pub(crate) async fn update_trunk(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
    seen: Seen,
    Body(form): Body<TrunkForm>,
) -> Result<Tagged<TrunkRow>, Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.update_trunk_as_seen(id, &form, seen.state()).await?;
    api.changed(&login, "trunk.update", &form.name).await;
    Ok(Tagged(row))
}

/// End a trunk.
#[utoipa::path(delete, path = "/trunks/{id}", tag = "trunks", params(("id" = i64, Path)),
    responses((status = 204)))]
pub(crate) async fn remove_trunk(State(api): State<Api>, login: Login, At(id): At<i64>) -> Result<StatusCode, Refusal> {
    login.may(Act::Administer)?;
    api.store.deactivate_trunk(id).await?;
    api.changed(&login, "trunk.remove", &id.to_string()).await;
    Ok(StatusCode::NO_CONTENT)
}
