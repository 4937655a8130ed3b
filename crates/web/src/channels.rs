//! Every firm's recipients with what came of the last delivery to each.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::ChannelRow;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::Asked;
use crate::rights::Act;

/// Recipients on a page before it ends with a firm.
const ROWS_MAX: usize = 500;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(channels))
}

/// Which recipients.
#[derive(Deserialize, IntoParams, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only those whose last delivery did not arrive.
    failing: bool,
    /// Where the last page ended.
    after: Option<i64>,
}

/// Recipients by firm.
#[derive(Serialize, ToSchema)]
pub(crate) struct Channels {
    /// By firm, in the firm's own order.
    channels: Vec<ChannelRow>,
    /// `after` of the next page; `null`: this was the last.
    next: Option<i64>,
}

/// Every firm's recipients, or those that fail. Addresses and tokens are not told.
#[utoipa::path(get, path = "/channels", tag = "reports", params(Wanted), responses((status = 200, body = Channels)))]
pub(crate) async fn channels(
    State(api): State<Api>,
    login: Login,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Channels>, Refusal> {
    login.may(Act::TendReports)?;
    let (mut found, mut after) = (Vec::new(), wanted.after.unwrap_or(0));
    loop {
        let (rows, next) = api.store.channels(after).await?;
        found.extend(rows.into_iter().filter(|row| !wanted.failing || row.fails()));
        match next {
            Some(next) if found.len() < ROWS_MAX => after = next,
            Some(_) | None => return Ok(Json(Channels { channels: found, next })),
        }
    }
}
