//! The JSON API under `/api/v1` and the page that uses it. Everything that the page does, the API does; the command line
//! uses the same store. Rights are decided in [`rights`] alone.

mod api;
mod audit;
mod auth;
mod bans;
mod calls;
mod care;
mod channels;
mod desk;
mod directory;
mod door;
pub mod error;
mod events;
mod export;
mod extract;
mod guard;
mod hand;
mod keeping;
mod listen;
mod metrics;
mod my;
mod news;
pub mod openapi;
pub mod page;
mod phone;
mod promise;
mod prompts;
mod recording;
mod reports;
pub mod rights;
mod seen;
pub mod switchboard;
mod tongue;
mod unanswered;

use std::net::{Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, DefaultBodyLimit};
use axum::{Extension, Router, middleware};
use utoipa_axum::router::OpenApiRouter;

pub use api::Api;
pub use auth::{FOR_OPERATOR, Local, Login, Tickets};
pub use care::{Asking, Backups, Caretaker, Finding};
pub use desk::wall_link;
pub use directory::Softphone;
pub use door::{HouseKey, Proxies};
pub use keeping::{PurgeDone, purge_all};
pub use metrics::MetricsToken;
pub use my::Member;
pub use news::{News, Told};
pub use phone::{PhoneId, PhoneLine};
pub use seen::SeenLinks;
pub use switchboard::{Answer, Done, Machine, Stamped, Switchboard, Unanswered};

/// Most of a JSON body that is taken: a firm's form with the longest manual is a quarter of it.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// The whole site: the page, the API under `/api/v1`, its description at `/api/v1/openapi.json`, and `/metrics`. Serve it with
/// `into_make_service_with_connect_info::<SocketAddr>()`: logins are counted by address.
pub fn router(api: Api) -> Router {
    let (routes, _) = documented().split_for_parts();
    routes
        .merge(metrics::routes())
        .merge(seen::routes())
        .merge(listen::routes())
        .layer(Extension(openapi::Text::new()))
        .layer(middleware::from_fn(guard::same_origin))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .fallback(guard::unknown)
        .method_not_allowed_fallback(guard::wrong_method)
        .layer(middleware::map_response(guard::closed))
        .merge(page::routes())
        .layer(middleware::from_fn_with_state(api.clone(), guard::always))
        // Outside of everything that may refuse.
        .layer(middleware::from_fn(tongue::hear))
        .with_state(api)
}

/// The same site for a socket that only an administrator of this machine can open: the command line's. Nobody logs in there.
pub fn local_router(api: Api) -> Router {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    router(api).layer(Extension(Local)).layer(Extension(ConnectInfo(here)))
}

/// Every route of the API; a route and its description are one thing, so neither can be without the other.
pub(crate) fn documented() -> OpenApiRouter<Api> {
    let routes = OpenApiRouter::new()
        .merge(auth::routes())
        .merge(door::routes())
        .merge(calls::routes())
        .merge(recording::routes())
        .merge(hand::routes())
        .merge(bans::routes())
        .merge(promise::routes())
        .merge(prompts::routes())
        .merge(keeping::routes())
        .merge(audit::routes())
        .merge(channels::routes())
        .merge(care::routes())
        .merge(reports::routes())
        .merge(my::routes())
        .merge(my::desk_routes())
        .merge(my::dial_in_routes())
        .merge(desk::routes())
        .merge(my::admin_routes())
        .merge(directory::routes())
        .merge(events::routes())
        .merge(phone::routes())
        .merge(openapi::routes());
    OpenApiRouter::with_openapi(openapi::frame()).nest("/api/v1", routes)
}
