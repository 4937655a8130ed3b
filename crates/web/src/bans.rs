//! Sources that the SIP side does not listen to: for a while, because of what they did (R01), and forgiveness; and those that an
//! administrator shuts out by hand.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::{NewShut, ShutRow};
use switch::{BanNow, Command, Reply};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::door::Place;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::reports::Said;
use crate::rights::Act;
use crate::tongue::Tongue;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(bans, clear_all))
        .routes(routes!(by_hand, shut_out))
        .routes(routes!(lift))
        .routes(routes!(clear))
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

/// Sources that are shut out by hand, newest first: all of now, and the last of the past.
#[utoipa::path(get, path = "/bans/by-hand", tag = "bans", responses((status = 200, body = Vec<ShutRow>)))]
pub(crate) async fn by_hand(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
) -> Result<Json<Vec<ShutRow>>, Refusal> {
    login.may(Act::Forgive)?;
    Ok(Json(api.store.shut_out(api.now_ms()).await.said(tongue.0)?))
}

/// A source, and whether one's own address may be among it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShutOut {
    /// An address or a block: `203.0.113.66`, `203.0.113.0/24`, `2001:db8::/32`.
    network: String,
    /// Why.
    reason: String,
    /// When it ends by itself, unix milliseconds; none: when somebody lifts it.
    #[serde(default)]
    until_ms: Option<i64>,
    /// Also if the asker's own telephones are in it.
    #[serde(default)]
    even_me: bool,
}

/// Shut a source out: its packets are not read from now on, whatever they are; those of a trunk's addresses are. Whoever would shut out
/// the own address is told so, and has to say it again.
#[utoipa::path(post, path = "/bans/by-hand", tag = "bans", request_body = ShutOut,
    responses((status = 201, body = ShutRow), (status = 409, description = "the asker's own address is in it")))]
pub(crate) async fn shut_out(
    State(api): State<Api>,
    login: Login,
    place: Place,
    tongue: Tongue,
    Body(ShutOut { network, reason, until_ms, even_me }): Body<ShutOut>,
) -> Result<(StatusCode, Json<ShutRow>), Refusal> {
    login.may(Act::Administer)?;
    let new = NewShut { network, reason, until_ms };
    let own = new.block().is_some_and(|(network, prefix)| switch::block_has(network, prefix, place.address));
    // The command line has no telephone.
    if own && !even_me && login.id != 0 {
        let what = match tongue.0 {
            report::Language::Ja => format!("ご自身の接続元（{}）が含まれています", place.address),
            report::Language::En => format!("your own address ({}) is in it", place.address),
        };
        let remedy = tongue.0.of(
            "この場所の電話機も使えなくなります。それでもよければ、確認のうえもう一度登録してください",
            "the telephones here would go silent, too: confirm it if that is what you want",
        );
        return Err(Refusal { field: Some("network".into()), remedy: Some(remedy.into()), ..Refusal::conflict(what) });
    }
    let row = api.store.add_shut(&new, &login.name, api.now_ms()).await.said(tongue.0)?;
    api.switchboard.directory_changed().await;
    Ok((StatusCode::CREATED, Json(row)))
}

/// Listen to a source again that was shut out by hand.
#[utoipa::path(delete, path = "/bans/by-hand/{id}", tag = "bans", params(("id" = i64, Path)), responses((status = 200, body = ShutRow)))]
pub(crate) async fn lift(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<Json<ShutRow>, Refusal> {
    login.may(Act::Administer)?;
    let row = api.store.lift_shut(id, &login.name, api.now_ms()).await.said(tongue.0)?;
    api.switchboard.directory_changed().await;
    Ok(Json(row))
}

async fn note(api: &Api, login: &Login, cleared: &[BanNow]) {
    for ban in cleared {
        api.note(login, "ban.clear", &ban.source.to_string()).await;
    }
}

async fn ask(api: &Api, command: Command) -> Result<Vec<BanNow>, Refusal> {
    match api.switchboard.command(command).await? {
        Reply::Bans(bans) => Ok(bans),
        Reply::Accepted
        | Reply::Snapshot(_)
        | Reply::Today(_)
        | Reply::RecordingClock(_)
        | Reply::Route(_)
        | Reply::Trunks(_) => Err(Refusal::unavailable("the switch gave no list")),
    }
}
