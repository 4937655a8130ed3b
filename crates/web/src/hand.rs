//! Calls in hand and operators as they are now, and what a desk may do about them.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use switch::desk::{CallNow, OperatorNow, Snapshot, TrunkNow, WaitingNow};
use switch::{CallId, Command, OperatorId, Reply, SuperviseMode, Today, Transfer};
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::calls::{display, id};
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::rights::Act;
use crate::tongue::Tongue;
use crate::unanswered::unanswered;

/// Characters of an operator's reason.
const REASON_CHARS_MAX: usize = 100;
/// A transfer waits so long for what the database knows of the firm's plan.
const PLAN_MAX: Duration = Duration::from_millis(200);

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(hold))
        .routes(routes!(mute))
        .routes(routes!(pause))
        .routes(routes!(transfer))
        .routes(routes!(complete))
        .routes(routes!(cancel))
        .routes(routes!(hangup))
        .routes(routes!(supervise, stop_supervising))
        .routes(routes!(now))
        .routes(routes!(operator_state))
        .routes(routes!(finish_wrap_up))
        .routes(routes!(report_open))
}

/// On or off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switched {
    on: bool,
}

/// Ready for calls, or why not.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Readiness {
    ready: bool,
    /// "lunch", "training" …
    #[serde(default)]
    reason: String,
}

/// How a call is to be supervised.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Supervising {
    mode: SuperviseMode,
    /// The operator whose phone is called: none, the one of whoever is logged in. Somebody else's phone only administrators
    /// have called: it is asked to answer by itself.
    #[serde(default)]
    operator: Option<i64>,
}

/// Put the caller on hold, or take back.
#[utoipa::path(post, path = "/calls/{call}/hold", tag = "calls in hand", request_body = Switched,
    params(("call" = String, Path)), responses((status = 202)))]
pub(crate) async fn hold(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(call): At<String>,
    Body(switched): Body<Switched>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, tongue, &call, |call| Command::Hold { call, on: switched.on }).await
}

/// The caller no longer hears the operator, or again.
#[utoipa::path(post, path = "/calls/{call}/mute", tag = "calls in hand", request_body = Switched,
    params(("call" = String, Path)), responses((status = 202)))]
pub(crate) async fn mute(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(call): At<String>,
    Body(switched): Body<Switched>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, tongue, &call, |call| Command::Mute { call, on: switched.on }).await
}

/// Keep nothing of what is said now in the recording (a card number), or again. It ends by itself after five minutes, when the
/// operator leaves, and with the call.
#[utoipa::path(post, path = "/calls/{call}/recording/pause", tag = "calls in hand", request_body = Switched,
    params(("call" = String, Path)), responses((status = 202)))]
pub(crate) async fn pause(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(call): At<String>,
    Body(switched): Body<Switched>,
) -> Result<StatusCode, Refusal> {
    let done = act(&api, &login, tongue, &call, |call| Command::PauseRecording { call, on: switched.on }).await?;
    let what = if switched.on { "call.recording.pause" } else { "call.recording.resume" };
    api.note(&login, what, &id(&call)?.to_string()).await;
    Ok(done)
}

/// On to the client firm's person, if the firm has that in its plan (F18).
/// `{"mode":"attended"|"confirmed","to":null|"090…","urgent":false,"reason":null}`
#[utoipa::path(post, path = "/calls/{call}/transfer", tag = "calls in hand", request_body = Transfer,
    params(("call" = String, Path)), responses((status = 202)))]
pub(crate) async fn transfer(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(call): At<String>,
    Body(transfer): Body<Transfer>,
) -> Result<StatusCode, Refusal> {
    let call = in_reach(&api, &login, tongue, &call).await?;
    has_bridge(&api, tongue, call).await?;
    carry_out(&api, tongue, Command::Transfer { call, transfer }).await
}

/// Join caller and person, and leave.
#[utoipa::path(post, path = "/calls/{call}/transfer/complete", tag = "calls in hand",
    params(("call" = String, Path)), responses((status = 202)))]
pub(crate) async fn complete(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(call): At<String>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, tongue, &call, |call| Command::CompleteTransfer { call }).await
}

/// Give up the transfer: back to the caller.
#[utoipa::path(post, path = "/calls/{call}/transfer/cancel", tag = "calls in hand",
    params(("call" = String, Path)), responses((status = 202)))]
pub(crate) async fn cancel(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(call): At<String>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, tongue, &call, |call| Command::CancelTransfer { call }).await
}

/// End the call for everyone.
#[utoipa::path(post, path = "/calls/{call}/hangup", tag = "calls in hand",
    params(("call" = String, Path)), responses((status = 202)))]
pub(crate) async fn hangup(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(call): At<String>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, tongue, &call, |call| Command::Hangup { call }).await
}

/// Listen to a call, whisper to its operator, or join it, with one's own phone, which is called; or do another of the three
/// than before.
#[utoipa::path(post, path = "/calls/{call}/supervise", tag = "calls in hand", request_body = Supervising,
    params(("call" = String, Path)), responses((status = 202)))]
pub(crate) async fn supervise(
    State(api): State<Api>,
    login: Login,
    At(call): At<String>,
    Body(Supervising { mode, operator }): Body<Supervising>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Supervise)?;
    let remedy = "an administrator can give it one: the account of the phone that is to be called";
    let own = || Refusal::invalid("operator", "this login has no phone: it is no operator's", remedy);
    let operator = operator.or(login.operator).ok_or_else(own)?;
    if login.operator != Some(operator) {
        login.may(Act::SuperviseForAnother)?;
    }
    let call = id(&call)?;
    let command = Command::Supervise { call, supervisor: OperatorId(operator), mode };
    api.switchboard.command(command).await?;
    api.note(&login, "call.supervise", &format!("{call} {} by {operator}", mode.word())).await;
    Ok(StatusCode::ACCEPTED)
}

/// The supervisor, whoever it is, leaves the call.
#[utoipa::path(delete, path = "/calls/{call}/supervise", tag = "calls in hand",
    params(("call" = String, Path)), responses((status = 202)))]
pub(crate) async fn stop_supervising(
    State(api): State<Api>,
    login: Login,
    At(call): At<String>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Supervise)?;
    let call = id(&call)?;
    let name = call.to_string();
    let calls = snapshot(&api).await?.calls;
    let visit = calls.into_iter().find(|now| now.call == name).and_then(|now| now.supervisor);
    let visit = visit.ok_or_else(|| Refusal::not_found("nobody supervises such a call now"))?;
    let command = Command::StopSupervising { call, supervisor: OperatorId(visit.operator) };
    api.switchboard.command(command).await?;
    api.note(&login, "call.supervise.stop", &format!("{call} by {}", visit.operator)).await;
    Ok(StatusCode::ACCEPTED)
}

/// Calls, operators, trunks and who waits as they are now, with callers as people write numbers; and how today's callers were
/// answered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Present {
    calls: Vec<InHand>,
    operators: Vec<OperatorNow>,
    trunks: Vec<TrunkNow>,
    waiting: Vec<Waits>,
    today: Today,
}

/// A caller who waits.
#[derive(Serialize, ToSchema)]
pub(crate) struct Waits {
    #[serde(flatten)]
    caller: WaitingNow,
    caller_display: String,
}

/// A call as it is now.
#[derive(Serialize, ToSchema)]
pub(crate) struct InHand {
    #[serde(flatten)]
    call: CallNow,
    caller_display: String,
}

/// Calls, operators and trunks as they are now. Who supervises a call is told to supervisors and administrators alone.
#[utoipa::path(get, path = "/now", tag = "calls in hand", responses((status = 200, body = Present)))]
pub(crate) async fn now(State(api): State<Api>, login: Login) -> Result<Json<Present>, Refusal> {
    login.may(Act::Watch)?;
    let Snapshot { calls, operators, trunks, waiting, today, counters: _ } = snapshot(&api).await?;
    // A supervisor who listens is not shown to who is listened to.
    let sees = login.may(Act::Supervise).is_ok();
    let in_hand = |call: CallNow| InHand {
        caller_display: display(&call.caller),
        call: CallNow { supervisor: call.supervisor.filter(|_| sees), ..call },
    };
    let operators = operators.into_iter().map(|operator| {
        let listens = calls.iter().any(|call| {
            let supervisor = call.supervisor.as_ref().map(|supervisor| supervisor.operator);
            supervisor == Some(operator.operator) && operator.call.as_ref() == Some(&call.call)
        });
        OperatorNow { call: operator.call.filter(|_| sees || !listens), ..operator }
    });
    let operators = operators.collect();
    let waits = |caller: WaitingNow| Waits { caller_display: display(&caller.caller), caller };
    let calls = calls.into_iter().map(in_hand).collect();
    let waiting = waiting.into_iter().map(waits).collect();
    Ok(Json(Present { calls, operators, trunks, waiting, today }))
}

/// Ready for calls, or not.
#[utoipa::path(post, path = "/operators/{id}/state", tag = "operators", request_body = Readiness,
    params(("id" = i64, Path)), responses((status = 202)))]
pub(crate) async fn operator_state(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
    Body(wish): Body<Readiness>,
) -> Result<StatusCode, Refusal> {
    may_move(&login, id)?;
    if wish.reason.chars().count() > REASON_CHARS_MAX || wish.reason.contains(char::is_control) {
        let remedy = format!("write one line of at most {REASON_CHARS_MAX} characters");
        return Err(Refusal::invalid("reason", "it is too long, or more than a line", remedy));
    }
    let operator = OperatorId(id);
    let command = Command::SetOperatorState { operator, ready: wish.ready, reason: wish.reason };
    api.switchboard.command(command).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The report is written: ready again before the time is up.
#[utoipa::path(post, path = "/operators/{id}/wrap-up/finish", tag = "operators",
    params(("id" = i64, Path)), responses((status = 202)))]
pub(crate) async fn finish_wrap_up(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
) -> Result<StatusCode, Refusal> {
    may_move(&login, id)?;
    api.switchboard.command(Command::FinishWrapUp { operator: OperatorId(id) }).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Whether the report of the newest call is still being written. An open one makes the wrap-up as long as the operator's
/// directory entry allows; the next call has a report of its own.
#[utoipa::path(post, path = "/operators/{id}/report-open", tag = "operators", request_body = Switched,
    params(("id" = i64, Path)), responses((status = 202)))]
pub(crate) async fn report_open(
    State(api): State<Api>,
    login: Login,
    At(id): At<i64>,
    Body(open): Body<Switched>,
) -> Result<StatusCode, Refusal> {
    may_move(&login, id)?;
    api.switchboard.command(Command::ReportOpen { operator: OperatorId(id), open: open.on }).await?;
    Ok(StatusCode::ACCEPTED)
}

fn may_move(login: &Login, operator: i64) -> Result<(), Refusal> {
    login.may(if login.operator == Some(operator) { Act::SetOwnState } else { Act::SetAnyState })
}

/// Carries out a command on a call, if it is the operator's own or the role may act on anyone's.
async fn act(
    api: &Api,
    login: &Login,
    tongue: Tongue,
    call: &str,
    command: impl FnOnce(CallId) -> Command,
) -> Result<StatusCode, Refusal> {
    let call = in_reach(api, login, tongue, call).await?;
    carry_out(api, tongue, command(call)).await
}

/// The call, if it is the operator's own or the role may act on anyone's.
async fn in_reach(api: &Api, login: &Login, Tongue(language): Tongue, call: &str) -> Result<CallId, Refusal> {
    let call = id(call)?;
    if login.may(Act::HandleAnyCall).is_err() {
        login.may(Act::HandleOwnCall)?;
        let name = call.to_string();
        let own = |now: &CallNow| now.call == name && now.operator.is_some() && now.operator == login.operator;
        if !snapshot(api).await?.calls.iter().any(own) {
            return Err(Refusal::not_found(
                language.of("この通話はいま担当していないか、ありません", "there is no such call in your hands now"),
            ));
        }
    }
    Ok(call)
}

async fn carry_out(api: &Api, Tongue(language): Tongue, command: Command) -> Result<StatusCode, Refusal> {
    api.switchboard.command(command).await.map_err(|why| unanswered(why, language))?;
    Ok(StatusCode::ACCEPTED)
}

/// Whether the call's firm has callers put through at all (F18). A database that does not answer holds up no caller: the switch has the
/// firm's policy itself.
async fn has_bridge(api: &Api, Tongue(language): Tongue, call: CallId) -> Result<(), Refusal> {
    let name = call.to_string();
    let calls = snapshot(api).await?.calls;
    let customer = calls.into_iter().find(|now| now.call == name).and_then(|now| now.customer);
    match timeout(PLAN_MAX, api.store.profile_of(customer)).await {
        Ok(Ok(profile)) if !profile.features.bridge => Err(Refusal::conflict(language.of(
            "この契約企業の契約に取次は含まれていません",
            "the client firm's plan does not have callers put through",
        ))),
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a caller is put through without a look at the firm's plan");
            Ok(())
        }
        Err(_) => {
            tracing::debug!("a caller is put through without a look at the firm's plan: the database is slow");
            Ok(())
        }
    }
}

pub(crate) async fn snapshot(api: &Api) -> Result<Snapshot, Refusal> {
    match api.switchboard.command(Command::Snapshot).await? {
        Reply::Snapshot(snapshot) => Ok(*snapshot),
        Reply::Accepted
        | Reply::Bans(_)
        | Reply::Today(_)
        | Reply::RecordingClock(_)
        | Reply::Route(_)
        | Reply::Trunks(_) => Err(Refusal::unavailable("the switch gave no snapshot")),
    }
}
