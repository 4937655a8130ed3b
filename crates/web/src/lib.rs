//! The JSON API under `/api/v1` and the page that uses it. Everything that the page does, the API does; the command line
//! uses the same store. Rights are decided in [`rights`] alone.

mod api;
mod auth;
mod calls;
mod directory;
pub mod error;
mod events;
pub mod openapi;
pub mod page;
pub mod rights;
pub mod switchboard;

use axum::{Router, middleware};

pub use api::Api;
pub use auth::{Login, Tickets};
pub use switchboard::{Answer, Stamped, Switchboard, Unanswered};

/// The whole site: the page, the API under `/api/v1`, and its description at `/api/v1/openapi.json`. Serve it with
/// `into_make_service_with_connect_info::<SocketAddr>()`: logins are counted by address.
pub fn router(api: Api) -> Router {
    let routes = Router::new()
        .merge(auth::routes())
        .merge(calls::routes())
        .merge(directory::routes())
        .merge(events::routes())
        .merge(openapi::routes())
        .layer(middleware::from_fn(auth::same_origin));
    Router::new().nest("/api/v1", routes).merge(page::routes()).with_state(api)
}
