//! Calls: find them, read their story, hear them, and act on those in hand.

use std::path::{Component, Path as FilePath, PathBuf};

use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use store::{CallQuery, CallSummary, Cursor};
use switch::{CallId, CallRecord, Command, OperatorId, Reply, Transfer};
use tower_http::services::ServeFile;
use utoipa::ToSchema;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::rights::Act;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/calls", get(find))
        .route("/calls/{call}", get(one))
        .route("/calls/{call}/recording", get(recording))
        .route("/calls/{call}/trace", get(trace))
        .route("/calls/{call}/hold", post(hold))
        .route("/calls/{call}/mute", post(mute))
        .route("/calls/{call}/transfer", post(transfer))
        .route("/calls/{call}/transfer/complete", post(complete))
        .route("/calls/{call}/transfer/cancel", post(cancel))
        .route("/calls/{call}/hangup", post(hangup))
        .route("/now", get(now))
        .route("/operators/{id}/state", post(operator_state))
        .route("/operators/{id}/wrap-up/finish", post(finish_wrap_up))
}

/// A page of calls, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Page {
    #[schema(value_type = Vec<Object>)]
    calls: Vec<Listed>,
    /// Give it as `cursor` for the next page; none: this was the last.
    #[schema(value_type = Option<String>)]
    next: Option<Cursor>,
}

/// A call in a list, with its caller as people write numbers.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    call: CallSummary,
    caller_display: String,
}

/// A whole call, with its caller as people write numbers.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    call: CallRecord,
    caller_display: String,
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

/// Find calls. Everything that is given must hold.
#[utoipa::path(get, path = "/api/v1/calls", tag = "calls",
    params(("customer" = Option<i64>, Query, description = "client firm"),
        ("caller" = Option<String>, Query, description = "the caller's number in any spelling, or its last digits"),
        ("operator" = Option<i64>, Query, description = "operator who answered"),
        ("did" = Option<String>, Query, description = "dialled number in any spelling"),
        ("from_ms" = Option<i64>, Query, description = "arrived at or after, unix ms"),
        ("to_ms" = Option<i64>, Query, description = "arrived before, unix ms"),
        ("text" = Option<String>, Query, description = "part of the firm's or the operator's name"),
        ("answered" = Option<bool>, Query, description = "answered by a person, or not"),
        ("limit" = Option<u32>, Query, description = "calls on a page: 50, at most 500"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Page), (status = 422, body = Refusal)))]
pub(crate) async fn find(
    State(api): State<Api>,
    login: Login,
    Query(query): Query<CallQuery>,
) -> Result<Json<Page>, Refusal> {
    login.may(Act::FindCalls)?;
    let page = api.store.find_calls(&query).await?;
    let listed = |call: CallSummary| Listed { caller_display: display(&call.caller), call };
    Ok(Json(Page { calls: page.calls.into_iter().map(listed).collect(), next: page.next }))
}

/// One call with its legs and its story.
#[utoipa::path(get, path = "/api/v1/calls/{call}", tag = "calls", params(("call" = String, Path, description = "13 characters")),
    responses((status = 200, body = Object), (status = 404, body = Refusal)))]
pub(crate) async fn one(State(api): State<Api>, login: Login, Path(call): Path<String>) -> Result<Response, Refusal> {
    login.may(Act::FindCalls)?;
    let call = api.store.call(id(&call)?).await?;
    Ok(Json(Whole { caller_display: display(&call.caller), call }).into_response())
}

/// The recording, with `Range`. Every playback is in the audit log.
#[utoipa::path(get, path = "/api/v1/calls/{call}/recording", tag = "calls", params(("call" = String, Path, description = "13 characters")),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>), (status = 206, description = "a part"), (status = 404, body = Refusal)))]
pub(crate) async fn recording(
    State(api): State<Api>,
    login: Login,
    Path(call): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    login.may(Act::Listen)?;
    let call = id(&call)?;
    let recording = api.store.recording(call).await?;
    let file = below(&api.recordings, &recording.path)
        .ok_or_else(|| Refusal::not_found("the recording's path is not one of ours"))?;
    // Players ask for one recording in many pieces; one line a playback is enough.
    let range = request.headers().get(header::RANGE).and_then(|value| value.to_str().ok()).unwrap_or("bytes=0-");
    if range.starts_with("bytes=0-") {
        api.note(&login, "recording played", &call.to_string()).await;
    }
    let answer = ServeFile::new(file).try_call(request).await;
    match answer {
        Ok(answer) => {
            let mut answer = answer.map(axum::body::Body::new);
            answer
                .headers_mut()
                .insert(header::CACHE_CONTROL, axum::http::HeaderValue::from_static("private, no-store"));
            Ok(answer.into_response())
        }
        Err(error) => Err(Refusal::unavailable(format!("the recording cannot be read: {error}"))),
    }
}

/// The call's SIP ladder as text.
#[utoipa::path(get, path = "/api/v1/calls/{call}/trace", tag = "calls", params(("call" = String, Path, description = "13 characters")),
    responses((status = 200, content_type = "text/plain", body = String), (status = 404, body = Refusal)))]
pub(crate) async fn trace(State(api): State<Api>, login: Login, Path(call): Path<String>) -> Result<String, Refusal> {
    login.may(Act::FindCalls)?;
    Ok(switch::ladder::draw(&api.store.call(id(&call)?).await?))
}

/// Put the caller on hold, or take back.
#[utoipa::path(post, path = "/api/v1/calls/{call}/hold", tag = "calls in hand", request_body = Switched,
    params(("call" = String, Path)), responses((status = 202), (status = 404, body = Refusal), (status = 409, body = Refusal)))]
pub(crate) async fn hold(
    State(api): State<Api>,
    login: Login,
    Path(call): Path<String>,
    Json(switched): Json<Switched>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, &call, |call| Command::Hold { call, on: switched.on }).await
}

/// The caller no longer hears the operator, or again.
#[utoipa::path(post, path = "/api/v1/calls/{call}/mute", tag = "calls in hand", request_body = Switched,
    params(("call" = String, Path)), responses((status = 202), (status = 404, body = Refusal), (status = 409, body = Refusal)))]
pub(crate) async fn mute(
    State(api): State<Api>,
    login: Login,
    Path(call): Path<String>,
    Json(switched): Json<Switched>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, &call, |call| Command::Mute { call, on: switched.on }).await
}

/// On to the client firm's person. `{"mode":"attended"|"confirmed","to":null|"090…","urgent":false,"reason":null}`
#[utoipa::path(post, path = "/api/v1/calls/{call}/transfer", tag = "calls in hand", request_body = Object,
    params(("call" = String, Path)), responses((status = 202), (status = 404, body = Refusal), (status = 409, body = Refusal)))]
pub(crate) async fn transfer(
    State(api): State<Api>,
    login: Login,
    Path(call): Path<String>,
    Json(transfer): Json<Transfer>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, &call, |call| Command::Transfer { call, transfer }).await
}

/// Join caller and person, and leave.
#[utoipa::path(post, path = "/api/v1/calls/{call}/transfer/complete", tag = "calls in hand",
    params(("call" = String, Path)), responses((status = 202), (status = 404, body = Refusal), (status = 409, body = Refusal)))]
pub(crate) async fn complete(
    State(api): State<Api>,
    login: Login,
    Path(call): Path<String>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, &call, |call| Command::CompleteTransfer { call }).await
}

/// Give up the transfer: back to the caller.
#[utoipa::path(post, path = "/api/v1/calls/{call}/transfer/cancel", tag = "calls in hand",
    params(("call" = String, Path)), responses((status = 202), (status = 404, body = Refusal), (status = 409, body = Refusal)))]
pub(crate) async fn cancel(
    State(api): State<Api>,
    login: Login,
    Path(call): Path<String>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, &call, |call| Command::CancelTransfer { call }).await
}

/// End the call for everyone.
#[utoipa::path(post, path = "/api/v1/calls/{call}/hangup", tag = "calls in hand",
    params(("call" = String, Path)), responses((status = 202), (status = 404, body = Refusal)))]
pub(crate) async fn hangup(
    State(api): State<Api>,
    login: Login,
    Path(call): Path<String>,
) -> Result<StatusCode, Refusal> {
    act(&api, &login, &call, |call| Command::Hangup { call }).await
}

/// Calls, operators and trunks as they are now.
#[utoipa::path(get, path = "/api/v1/now", tag = "calls in hand", responses((status = 200, body = Object), (status = 503, body = Refusal)))]
pub(crate) async fn now(State(api): State<Api>, login: Login) -> Result<Response, Refusal> {
    login.may(Act::Watch)?;
    Ok(Json(snapshot(&api).await?).into_response())
}

/// Ready for calls, or not.
#[utoipa::path(post, path = "/api/v1/operators/{id}/state", tag = "operators", request_body = Readiness,
    params(("id" = i64, Path)), responses((status = 202), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn operator_state(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
    Json(wish): Json<Readiness>,
) -> Result<StatusCode, Refusal> {
    may_move(&login, id)?;
    let operator = OperatorId(id);
    let command = Command::SetOperatorState { operator, ready: wish.ready, reason: wish.reason };
    api.switchboard.command(command).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The report is written: ready again before the time is up.
#[utoipa::path(post, path = "/api/v1/operators/{id}/wrap-up/finish", tag = "operators",
    params(("id" = i64, Path)), responses((status = 202), (status = 403, body = Refusal), (status = 404, body = Refusal)))]
pub(crate) async fn finish_wrap_up(
    State(api): State<Api>,
    login: Login,
    Path(id): Path<i64>,
) -> Result<StatusCode, Refusal> {
    may_move(&login, id)?;
    api.switchboard.command(Command::FinishWrapUp { operator: OperatorId(id) }).await?;
    Ok(StatusCode::ACCEPTED)
}

fn may_move(login: &Login, operator: i64) -> Result<(), Refusal> {
    login.may(if login.operator == Some(operator) { Act::SetOwnState } else { Act::SetAnyState })
}

/// Carries out a command on a call, if it is the operator's own or the role may act on anyone's.
async fn act(
    api: &Api,
    login: &Login,
    call: &str,
    command: impl FnOnce(CallId) -> Command,
) -> Result<StatusCode, Refusal> {
    let call = id(call)?;
    if login.may(Act::HandleAnyCall).is_err() {
        login.may(Act::HandleOwnCall)?;
        let name = call.to_string();
        let own =
            |now: &switch::desk::CallNow| now.call == name && now.operator.is_some() && now.operator == login.operator;
        if !snapshot(api).await?.calls.iter().any(own) {
            return Err(Refusal::not_found("there is no such call in your hands now"));
        }
    }
    api.switchboard.command(command(call)).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn snapshot(api: &Api) -> Result<switch::desk::Snapshot, Refusal> {
    match api.switchboard.command(Command::Snapshot).await? {
        Reply::Snapshot(snapshot) => Ok(snapshot),
        Reply::Accepted => Err(Refusal::unavailable("the switch gave no snapshot")),
    }
}

fn id(text: &str) -> Result<CallId, Refusal> {
    text.parse().map_err(|_| Refusal::not_found("there is no such call"))
}

/// As people write it: 090-1234-5678.
fn display(e164: &str) -> String {
    number::Number::parse(&format!("+{e164}"), number::JAPAN)
        .map(number::Number::display)
        .unwrap_or_else(|_| e164.to_owned())
}

/// A path of the database below the recordings' folder: plain names only, so that nothing else can be read (R18).
fn below(folder: &FilePath, path: &str) -> Option<PathBuf> {
    let path = FilePath::new(path);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && path.extension().is_some_and(|end| end == "wav")).then(|| folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r18_only_recordings_are_served() {
        let folder = FilePath::new("/recordings");
        assert_eq!(below(folder, "2026/11/21/a.wav"), Some(PathBuf::from("/recordings/2026/11/21/a.wav")));
        for evil in ["../a.wav", "/etc/passwd", "2026/../../a.wav", "2026/a.txt", "", "a.wav/.."] {
            assert_eq!(below(folder, evil), None, "{evil}");
        }
    }

    #[test]
    fn callers_are_shown_as_people_write_numbers() {
        assert_eq!(display("819012345678"), "090-1234-5678");
        assert_eq!(display(""), "");
    }
}
