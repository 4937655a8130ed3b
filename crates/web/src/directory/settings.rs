//! Settings of the whole service: what is said to unknown numbers, hold music, keys, times.

use axum::Json;
use axum::extract::State;
use switch::Settings;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::Body;
use crate::rights::Act;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(settings, save_settings))
}

/// The settings as they are.
#[utoipa::path(get, path = "/settings", tag = "settings", responses((status = 200, body = Settings)))]
pub(crate) async fn settings(State(api): State<Api>, login: Login) -> Result<Json<Settings>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.settings().await?))
}

/// All settings anew; what is left out gets its default. Calls in progress go on with those they began with.
#[utoipa::path(put, path = "/settings", tag = "settings", request_body = Settings, responses((status = 200, body = Settings)))]
pub(crate) async fn save_settings(
    State(api): State<Api>,
    login: Login,
    Body(settings): Body<Settings>,
) -> Result<Json<Settings>, Refusal> {
    login.may(Act::Administer)?;
    api.store.save_settings(&settings).await?;
    api.changed(&login, "settings.change", "").await;
    Ok(Json(settings))
}
