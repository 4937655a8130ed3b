//! The promise for those who answer for it: today's figures, alarms that are still remembered, a firm's certificate of a month.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::WANTED_PERCENT;
use switch::promise::certificate::{Certificate, Month};
use switch::promise::staffing::{DAYS_MAX, Staffing};
use switch::{Alarm, Command, Event, Reply, Today};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{Asked, At};
use crate::rights::Act;

/// Firms that are told of if nobody says, and at most.
const FIRMS: usize = 50;
const FIRMS_MAX: usize = 1_000;
/// Alarms that are told of.
const ALARMS_MAX: usize = 100;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(promise))
        .routes(routes!(alarms))
        .routes(routes!(certificate))
        .routes(routes!(staffing))
}

/// How many firms.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Firms that are told of, those first that had the most callers not answered within three rings: 50, at most 1000.
    firms: Option<usize>,
}

/// How today's callers were answered: in all, by hour, team and firm. The stream of events tells the same as `promise` whenever
/// it changes, once a second at most, without the parts.
#[utoipa::path(get, path = "/promise", tag = "promise", params(Wanted), responses((status = 200, body = Today)))]
pub(crate) async fn promise(
    State(api): State<Api>,
    login: Login,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Today>, Refusal> {
    login.may(Act::FindCalls)?;
    let firms = wanted.firms.unwrap_or(FIRMS).min(FIRMS_MAX);
    match api.switchboard.command(Command::Today { firms }).await? {
        Reply::Today(today) => Ok(Json(*today)),
        Reply::Accepted
        | Reply::Snapshot(_)
        | Reply::Bans(_)
        | Reply::RecordingClock(_)
        | Reply::Route(_)
        | Reply::Trunks(_) => Err(Refusal::unavailable("the switch gave no figures")),
    }
}

/// An alarm that is still remembered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Raised {
    /// Its place in the stream of events.
    seq: u64,
    /// When, unix ms.
    unix_ms: i64,
    /// What.
    #[serde(flatten)]
    alarm: Alarm,
}

/// The last alarms, newest first: a hundred at most, as far as the stream of events remembers them.
#[utoipa::path(get, path = "/alarms", tag = "calls in hand", responses((status = 200, body = Vec<Raised>)))]
pub(crate) async fn alarms(State(api): State<Api>, login: Login) -> Result<Json<Vec<Raised>>, Refusal> {
    login.may(Act::Watch)?;
    let raised =
        api.switchboard.history(0).into_iter().rev().filter_map(|stamped| match stamped.event.of_switch()? {
            Event::Alarm(alarm) => Some(Raised { seq: stamped.seq, unix_ms: stamped.unix_ms, alarm: alarm.clone() }),
            Event::CallArrived { .. }
            | Event::ScreenPop { .. }
            | Event::PopClosed { .. }
            | Event::CallAnswered { .. }
            | Event::CallChanged { .. }
            | Event::TransferFailed { .. }
            | Event::PreConnect { .. }
            | Event::Notified { .. }
            | Event::CallEnded { .. }
            | Event::MessageLeft { .. }
            | Event::OperatorState { .. }
            | Event::TrunkState { .. }
            | Event::Promise { .. } => None,
        });
    Ok(Json(raised.take(ALARMS_MAX).collect()))
}

/// For how long, and how well.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Ahead {
    /// Days, today among them: 2, at most 7.
    days: Option<usize>,
    /// Of a hundred callers so many are to be answered within three rings: 95; from 1 to 99.9.
    within: Option<f64>,
}

/// How many operators the coming days need, by the quarter of an hour, from the calls of the last half year (Erlang A).
#[utoipa::path(get, path = "/staffing", tag = "promise", params(Ahead), responses((status = 200, body = Staffing)))]
pub(crate) async fn staffing(
    State(api): State<Api>,
    login: Login,
    Asked(ahead): Asked<Ahead>,
) -> Result<Json<Staffing>, Refusal> {
    login.may(Act::FindCalls)?;
    let within = ahead.within.unwrap_or(WANTED_PERCENT);
    if !(1.0..=99.9).contains(&within) {
        return Err(Refusal::invalid("within", format!("{within} is no share"), "write a number from 1 to 99.9"));
    }
    let days = ahead.days.unwrap_or(2).clamp(1, DAYS_MAX);
    Ok(Json(api.store.staffing(api.now_ms(), days, within).await?))
}

/// Which month.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Of {
    /// `2026-11`, Japan's.
    month: String,
}

/// A firm's certificate.
#[derive(Serialize, ToSchema)]
pub(crate) struct Certified {
    /// Firm.
    customer: i64,
    /// Its name now.
    name: String,
    /// `2026-11`.
    month: String,
    /// Its figures.
    #[serde(flatten)]
    certificate: Certificate,
}

/// How a firm's callers were answered in a month, at the caller's ear and at the answer (X11).
#[utoipa::path(get, path = "/customers/{id}/certificate", tag = "promise", params(("id" = i64, Path), Of),
    responses((status = 200, body = Certified)))]
pub(crate) async fn certificate(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
    Asked(of): Asked<Of>,
) -> Result<Json<Certified>, Refusal> {
    login.may(Act::FindCalls)?;
    Ok(Json(certified(&api, id, &of).await?))
}

/// The same, for whoever may see it.
pub(crate) async fn certified(api: &Api, id: i64, of: &Of) -> Result<Certified, Refusal> {
    let odd = || Refusal::invalid("month", format!("{:?} is no month", of.month), "write it as 2026-11");
    let month: Month = of.month.parse().map_err(|_| odd())?;
    let row = api.store.customer(id).await?;
    let (from_ms, to_ms) = month.span_ms();
    let visits = api.store.visits(Some(id), from_ms, to_ms).await?;
    // Half a million are sorted in some hundredths of a second: off the threads that serve others.
    let certificate = tokio::task::spawn_blocking(move || Certificate::of(visits)).await;
    let certificate = certificate.map_err(|_| Refusal::unavailable("the figures could not be made"))?;
    Ok(Certified { customer: id, name: row.form.name, month: month.to_string(), certificate })
}
