//! Firms, numbers, operators, trunks, users, settings: the same forms as the command line's, checked by the store.

mod customers;
mod dids;
mod operators;
mod settings;
mod softphone;
mod state;
mod trunks;
mod users;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;

pub use softphone::Softphone;

/// Routes of the directory.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(customers::routes())
        .merge(dids::routes())
        .merge(operators::routes())
        .merge(settings::routes())
        .merge(softphone::routes())
        .merge(trunks::routes())
        .merge(users::routes())
}

/// A password, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewPassword {
    /// Never shown again.
    pub(crate) password: String,
}

/// A password chosen by its owner; none: one is made.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Chosen {
    pub(crate) password: Option<String>,
}
