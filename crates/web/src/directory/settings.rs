//! Settings of the whole service: what is said to unknown numbers, hold music, keys, times.

use axum::Json;
use axum::extract::State;
use switch::{NotReadyReason, Settings};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::Body;
use crate::rights::Act;

use super::state::{Seen, Tagged};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(settings, save_settings)).routes(routes!(not_ready_reasons))
}

/// The settings as they are.
#[utoipa::path(get, path = "/settings", tag = "settings", responses((status = 200, body = Settings)))]
pub(crate) async fn settings(State(api): State<Api>, login: Login) -> Result<Tagged<Settings>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Tagged(api.store.settings().await?))
}

/// All settings anew; what is left out gets its default. Calls in progress go on with those they began with. With the `ETag` of what
/// was read in `If-Match`, only if they are still so.
#[utoipa::path(put, path = "/settings", tag = "settings", request_body = Settings, responses((status = 200, body = Settings)))]
pub(crate) async fn save_settings(
    State(api): State<Api>,
    login: Login,
    seen: Seen,
    Body(settings): Body<Settings>,
) -> Result<Tagged<Settings>, Refusal> {
    login.may(Act::Administer)?;
    let kept = api.store.save_settings_as_seen(&settings, seen.state()).await?;
    api.changed(&login, "settings.change", "").await;
    Ok(Tagged(kept))
}

/// Why an operator may not be ready: what a desk offers, in this order. The code goes into the operator's state.
#[utoipa::path(get, path = "/not-ready-reasons", tag = "operators", responses((status = 200, body = Vec<NotReadyReason>)))]
pub(crate) async fn not_ready_reasons(
    State(api): State<Api>,
    login: Login,
) -> Result<Json<Vec<NotReadyReason>>, Refusal> {
    login.may(Act::ReadDirectory)?;
    Ok(Json(api.store.settings().await?.not_ready_reasons))
}
