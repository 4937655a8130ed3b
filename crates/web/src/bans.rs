//! Sources that the SIP side does not listen to for a while (R01): who, why, until when; and forgiveness.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use switch::{BanNow, Command, Reply};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::At;
use crate::rights::Act;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(bans, clear_all)).routes(routes!(clear))
}

/// Sources that are not listened to now, by address.
#[utoipa::path(get, path = "/bans", tag = "bans", responses((status = 200, body = Vec<BanNow>)))]
pub(crate) async fn bans(State(api): State<Api>, login: Login) -> Result<Json<Vec<BanNow>>, Refusal> {
    login.may(Act::Forgive)?;
    Ok(Json(ask(&api, Command::Bans).await?))
}

/// Listen to one source again.
#[utoipa::path(delete, path = "/bans/{address}", tag = "bans",
    params(("address" = String, Path, description = "IPv4 or IPv6 address")), responses((status = 200, body = Vec<BanNow>)))]
pub(crate) async fn clear(
    State(api): State<Api>,
    login: Login,
    At(address): At<String>,
) -> Result<Json<Vec<BanNow>>, Refusal> {
    login.may(Act::Forgive)?;
    let parsed = address.parse::<IpAddr>();
    let source = parsed.map_err(|_| Refusal::not_found("no source of this address is banned: it is no address"))?;
    let cleared = ask(&api, Command::ClearBans { source: Some(source) }).await?;
    if cleared.is_empty() {
        return Err(Refusal::not_found("this source is listened to"));
    }
    note(&api, &login, &cleared).await;
    Ok(Json(cleared))
}

/// Listen to all of them again; answers with those that there were.
#[utoipa::path(delete, path = "/bans", tag = "bans", responses((status = 200, body = Vec<BanNow>)))]
pub(crate) async fn clear_all(State(api): State<Api>, login: Login) -> Result<Json<Vec<BanNow>>, Refusal> {
    login.may(Act::Forgive)?;
    let cleared = ask(&api, Command::ClearBans { source: None }).await?;
    note(&api, &login, &cleared).await;
    Ok(Json(cleared))
}

async fn note(api: &Api, login: &Login, cleared: &[BanNow]) {
    for ban in cleared {
        api.note(login, "ban.clear", &ban.source.to_string()).await;
    }
}

async fn ask(api: &Api, command: Command) -> Result<Vec<BanNow>, Refusal> {
    match api.switchboard.command(command).await? {
        Reply::Bans(bans) => Ok(bans),
        Reply::Accepted | Reply::Snapshot(_) | Reply::Today(_) | Reply::RecordingClock(_) => {
            Err(Refusal::unavailable("the switch gave no list"))
        }
    }
}
