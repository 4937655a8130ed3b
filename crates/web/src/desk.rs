//! The supervisor's desk: disputes and what is sent as an answer to them, quality, figures of operators, wall screens, new firms.

mod answer;
mod case;
mod clip;
mod figures;
mod onboarding;
mod quality;
mod wall;

use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;

pub(crate) use case::recording_ms;
pub(crate) use clip::{part, sound};
pub use wall::wall_link;

/// Routes of the desk.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(case::routes())
        .merge(answer::routes())
        .merge(clip::routes())
        .merge(figures::routes())
        .merge(onboarding::routes())
        .merge(quality::routes())
        .merge(wall::routes())
}
