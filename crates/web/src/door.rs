//! The door: what everybody passes who comes in, of the house or of a client firm. Second factors, passkeys, sessions and one-time
//! links are the same for both; what differs is whose they are ([`store::Person`]).

pub(crate) mod account;
mod cbor;
pub(crate) mod challenge;
pub(crate) mod cookie;
pub(crate) mod device;
pub(crate) mod join;
pub(crate) mod limits;
mod passkey;
pub(crate) mod passkeys;
mod peer;
mod qr;
mod seal;
mod second;
mod totp;
pub(crate) mod users;

use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;

pub(crate) use limits::Tries;
pub use peer::Proxies;
pub(crate) use peer::{Peer, Place};
pub use seal::HouseKey;
pub(crate) use second::{Second, second};

/// Routes of both sides' accounts, of links, and of who is let in how.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    let account = || OpenApiRouter::new().merge(account::routes()).merge(passkeys::own_routes());
    OpenApiRouter::new()
        .nest("/account", account())
        .nest("/my/account", account())
        .merge(passkeys::routes())
        .merge(join::routes())
        .merge(users::routes())
}
