//! A screen on a wall: what everybody in the room may read, by a link that opens nothing else. Neither callers' numbers nor anybody's
//! login is on it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use store::{DisplayRow, Token};
use switch::desk::{OperatorNow, TrunkNow, WaitingNow};
use switch::promise::Figures;
use switch::{Alarm, Command, Event, NotReadyReason, Reply};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::rights::Act;

/// Alarms of so long ago are shown,
const ALARM_MS: i64 = 15 * 60 * 1000;
/// so many of them.
const ALARMS_MAX: usize = 5;
/// Callers who wait that are shown.
const WAITING_MAX: usize = 20;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(wall)).routes(routes!(displays, create_display)).routes(routes!(revoke_display))
}

/// The screen that asks: its token is no session, and no session is its token.
pub(crate) struct Screen(DisplayRow);

impl FromRequestParts<Api> for Screen {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        let bearer = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(Refusal::unauthorized)?;
        let display = api.store.display_of(token, api.now_ms()).await?;
        display.map(Screen).ok_or_else(Refusal::unauthorized)
    }
}

/// What a screen shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct Wall {
    /// The screen's name.
    name: String,
    /// Now, unix ms.
    unix_ms: i64,
    /// How today's callers were answered.
    today: Figures,
    /// Who waits, in order of service: twenty at most.
    waiting: Vec<Waits>,
    /// Callers who wait.
    waiting_count: usize,
    operators: Vec<Sits>,
    /// Trunks that are down, for as long as they are; then alarms of the last quarter of an hour, newest first.
    alarms: Vec<Told>,
}

/// A caller who waits.
#[derive(Serialize, ToSchema)]
pub(crate) struct Waits {
    /// Client firm.
    firm: String,
    waiting_ms: i64,
    /// Called back in this turn: not on the line.
    away: bool,
    /// Phones that ring for the caller.
    ringing: usize,
}

/// An operator.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sits {
    name: String,
    /// CSTA state word.
    state: String,
    /// Reason of NotReady, as it is called in Japanese and in English.
    reason_ja: String,
    reason_en: String,
    /// A phone is registered.
    reachable: bool,
    for_ms: i64,
    calls_today: u32,
}

/// An alarm: its word alone, for there may be numbers in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Told {
    unix_ms: i64,
    alarm: String,
}

/// What the switch keeps somebody back by itself for has words of ours; the house's own reasons have the house's.
fn in_words(reason: String, known: &[NotReadyReason]) -> (String, String) {
    let ours = match reason.as_str() {
        "no answer" => Some(("応答なし", "did not answer")),
        "reports_open" => Some(("未処理の報告があるため", "reports are not done")),
        _ => known.iter().find(|one| one.code == reason).map(|one| (one.ja.as_str(), one.en.as_str())),
    };
    ours.map_or((reason.clone(), reason), |(ja, en)| (ja.to_owned(), en.to_owned()))
}

/// What goes on now, for a screen: its own token as bearer, no login.
#[utoipa::path(get, path = "/wall", tag = "wall", responses((status = 200, body = Wall)))]
pub(crate) async fn wall(State(api): State<Api>, Screen(screen): Screen) -> Result<Json<Wall>, Refusal> {
    let Reply::Snapshot(now) = api.switchboard.command(Command::Snapshot).await? else {
        return Err(Refusal::unavailable("the switch gave no figures"));
    };
    let unix_ms = api.now_ms();
    let reasons = api.store.settings().await.map(|settings| settings.not_ready_reasons).unwrap_or_default();
    let waits = |one: WaitingNow| Waits {
        firm: one.customer_name,
        waiting_ms: one.waiting_ms,
        away: one.away,
        ringing: one.ringing.len(),
    };
    let sits = |one: OperatorNow| {
        let (reason_ja, reason_en) = in_words(one.reason, &reasons);
        Sits {
            name: one.name,
            state: one.state,
            reason_ja,
            reason_en,
            reachable: one.reachable,
            for_ms: one.for_ms,
            calls_today: one.calls_today,
        }
    };
    let alarms = alarms(&api, unix_ms, &now.trunks);
    let operators = now.operators.into_iter().filter(|one| one.state != "logged_out").map(sits).collect();
    Ok(Json(Wall {
        name: screen.name,
        unix_ms,
        today: now.today.total,
        waiting_count: now.today.waiting,
        waiting: now.waiting.into_iter().take(WAITING_MAX).map(waits).collect(),
        operators,
        alarms,
    }))
}

fn alarms(api: &Api, now_ms: i64, trunks: &[TrunkNow]) -> Vec<Told> {
    let down = |trunk: &TrunkNow| Some((trunk.trunk, trunk.down_since_ms?));
    let down: BTreeMap<i64, i64> = trunks.iter().filter_map(down).collect();
    let lasting = down.values().map(|since_ms| Told { unix_ms: *since_ms, alarm: "trunk_down".to_owned() });
    let told = api.switchboard.history(0).into_iter().rev();
    let recent = told.take_while(|stamped| now_ms.saturating_sub(stamped.unix_ms) <= ALARM_MS);
    let word = |stamped: crate::Stamped| {
        let event = stamped.event.of_switch()?;
        if matches!(event, Event::Alarm(Alarm::TrunkDown { trunk, .. }) if down.contains_key(trunk)) {
            return None;
        }
        let event = serde_json::to_value(event).ok()?;
        let alarm = event.get("alarm")?.as_str()?.to_owned();
        Some(Told { unix_ms: stamped.unix_ms, alarm })
    };
    lasting.chain(recent.filter_map(word)).take(ALARMS_MAX).collect()
}

/// A new screen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDisplay {
    /// Where it hangs.
    name: String,
}

/// A screen with its link, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedDisplay {
    #[serde(flatten)]
    display: DisplayRow,
    /// To be opened on the screen; below the address of these pages: `/wall#…`. What stands behind the `#` no server logs.
    link: String,
}

/// What is to be opened on a screen, below the address of these pages.
pub fn wall_link(public_url: &str, token: &Token) -> String {
    format!("{public_url}/wall#{}", token.as_str())
}

/// Screens and whether they are on, newest first.
#[utoipa::path(get, path = "/displays", tag = "wall", responses((status = 200, body = Vec<DisplayRow>)))]
pub(crate) async fn displays(State(api): State<Api>, login: Login) -> Result<Json<Vec<DisplayRow>>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.displays().await?))
}

/// A new screen; its link is shown this once, and good until it is revoked.
#[utoipa::path(post, path = "/displays", tag = "wall", request_body = NewDisplay,
    responses((status = 201, body = CreatedDisplay)))]
pub(crate) async fn create_display(
    State(api): State<Api>,
    login: Login,
    Body(NewDisplay { name }): Body<NewDisplay>,
) -> Result<(StatusCode, Json<CreatedDisplay>), Refusal> {
    login.may(Act::Administer)?;
    let (display, token) = api.store.create_display(&name, &login.name, api.now_ms()).await?;
    let link = wall_link(&api.public_url, &token);
    Ok((StatusCode::CREATED, Json(CreatedDisplay { display, link })))
}

/// The screen shows nothing from now on.
#[utoipa::path(delete, path = "/displays/{id}", tag = "wall", params(("id" = i64, Path)),
    responses((status = 200, body = DisplayRow)))]
pub(crate) async fn revoke_display(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
) -> Result<Json<DisplayRow>, Refusal> {
    login.may(Act::Administer)?;
    Ok(Json(api.store.revoke_display(id, &login.name, api.now_ms()).await?))
}
