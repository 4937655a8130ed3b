//! Hearing a call: the recording's bytes, whole or a part of them, and the line in the audit log for each playback (R18).

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use switch::CallId;
use tower_http::services::ServeFile;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::calls::id;
use crate::error::Refusal;
use crate::extract::At;
use crate::rights::Act;

/// A player asks for one recording in many pieces; pieces within this time are one playback.
const PLAYBACK_MS: i64 = 30 * 60 * 1000;
/// Playbacks remembered.
const PLAYBACKS_MAX: usize = 10_000;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(recording)).routes(routes!(peaks))
}

/// Playbacks that are in the audit log already, by listener (a user, a link) and call.
#[derive(Default)]
pub(crate) struct Heard(Mutex<HashMap<(String, CallId), i64>>);

impl Heard {
    /// Is this a playback of its own? One from the beginning always is; a part is if no other is remembered.
    pub(crate) fn is_new(&self, who: &str, call: CallId, from_start: bool, now_ms: i64) -> bool {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        from_start || heard.get(&(who.to_owned(), call)).is_none_or(|at| now_ms - at > PLAYBACK_MS)
    }

    pub(crate) fn noted(&self, who: &str, call: CallId, now_ms: i64) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() >= PLAYBACKS_MAX {
            heard.retain(|_, at| now_ms - *at <= PLAYBACK_MS);
        }
        // A full table forgets, and each piece gets a line: too many lines, never too few.
        if heard.len() < PLAYBACKS_MAX {
            heard.insert((who.to_owned(), call), now_ms);
        }
    }
}

/// The recording, with `Range`. Every playback is in the audit log before its first byte is sent.
#[utoipa::path(get, path = "/calls/{call}/recording", tag = "calls",
    params(("call" = String, Path, description = "13 characters")),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>),
        (status = 206, description = "a part", content_type = "audio/wav", body = Vec<u8>),
        (status = 416, description = "no such part")))]
pub(crate) async fn recording(
    State(api): State<Api>,
    login: Login,
    At(call): At<String>,
    request: Request,
) -> Result<Response, Refusal> {
    login.may(Act::Listen)?;
    play(&api, &format!("user {}", login.id), &login.name, id(&call)?, request).await
}

/// The same for whoever may hear this call: `who` has a playback of his own, `name` is what the audit log says.
pub(crate) async fn play(
    api: &Api,
    who: &str,
    name: &str,
    call: CallId,
    request: Request,
) -> Result<Response, Refusal> {
    let recording = api.store.recording(call).await?;
    find(&api.recordings, &recording.path, ".wav").await?;
    let now = api.now_ms();
    if request.method() != Method::HEAD && api.heard.is_new(who, call, from_start(&request), now) {
        // What cannot be noted is not played.
        api.store.note_playback(now, name, call).await?;
        api.heard.noted(who, call, now);
    }
    serve(api, call, request).await
}

/// A recording's bytes, for whoever may hear it.
pub(crate) async fn serve(api: &Api, call: CallId, request: Request) -> Result<Response, Refusal> {
    let recording = api.store.recording(call).await?;
    let file = find(&api.recordings, &recording.path, ".wav").await?;
    let unreadable = |error| {
        tracing::warn!(%call, %error, "a recording cannot be read");
        Refusal::unavailable("the recording cannot be read now: look at the disk that holds the recordings")
    };
    let mut answer = ServeFile::new(file).try_call(request).await.map_err(unreadable)?.map(Body::new);
    if matches!(answer.status(), StatusCode::OK | StatusCode::PARTIAL_CONTENT) {
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    }
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(answer.into_response())
}

/// The recording's waveform, as wavesurfer reads it: `{version, channels, sample_rate, samples_per_pixel, bits, length, data}`, with
/// the least and the greatest sample of the left and of the right channel for each point. Looking at it is no playback.
#[utoipa::path(get, path = "/calls/{call}/recording/peaks", tag = "calls",
    params(("call" = String, Path, description = "13 characters")),
    responses((status = 200, content_type = "application/json", body = serde_json::Value)))]
pub(crate) async fn peaks(State(api): State<Api>, login: Login, At(call): At<String>) -> Result<Response, Refusal> {
    login.may(Act::Listen)?;
    let recording = api.store.recording(id(&call)?).await?;
    let path = recording.peaks.ok_or_else(|| Refusal::not_found("this recording has no waveform"))?;
    let file = find(&api.recordings, &path, ".peaks.json").await?;
    let unreadable = |error| {
        tracing::warn!(call, %error, "a waveform cannot be read");
        Refusal::unavailable("the waveform cannot be read now: look at the disk that holds the recordings")
    };
    let text = tokio::fs::read(file).await.map_err(unreadable)?;
    let kept = HeaderValue::from_static("private, no-store");
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json), (header::CACHE_CONTROL, kept)], text).into_response())
}

fn from_start(request: &Request) -> bool {
    match request.headers().get(header::RANGE).map(HeaderValue::to_str) {
        Some(Ok(range)) => range.trim().starts_with("bytes=0-"),
        Some(Err(_)) | None => true,
    }
}

/// The file of a database row, if it is one of ours: below the folder by its name and by where links lead.
pub(crate) async fn find(folder: &Path, path: &str, end: &str) -> Result<PathBuf, Refusal> {
    let refused = || Refusal::not_found("the recording's path is none below the recordings' folder");
    let file = below(folder, path, end).ok_or_else(refused)?;
    let missing = |_| {
        Refusal::not_found(format!(
            "the recording's file {path} is missing: it was moved or removed; restore it from a backup"
        ))
    };
    let whole = tokio::fs::canonicalize(&file).await.map_err(missing)?;
    let folder = tokio::fs::canonicalize(folder).await.map_err(missing)?;
    let is_file = tokio::fs::metadata(&whole).await.is_ok_and(|found| found.is_file());
    if whole.starts_with(folder) && is_file { Ok(whole) } else { Err(refused()) }
}

/// A path of the database below the recordings' folder: plain names only, so that nothing else can be read (R18).
fn below(folder: &Path, path: &str, end: &str) -> Option<PathBuf> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    (plain && path.ends_with(end)).then(|| folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r18_only_recordings_are_served() {
        let folder = Path::new("/recordings");
        assert_eq!(below(folder, "2026/11/21/a.wav", ".wav"), Some(PathBuf::from("/recordings/2026/11/21/a.wav")));
        for evil in ["../a.wav", "/etc/passwd", "2026/../../a.wav", "2026/a.txt", "", "a.wav/..", "a.marks.json"] {
            assert_eq!(below(folder, evil, ".wav"), None, "{evil}");
            assert_eq!(below(folder, evil, ".peaks.json"), None, "{evil}");
        }
    }

    #[test]
    fn r18_a_part_of_a_playback_needs_no_line_of_its_own_but_a_part_alone_does() {
        let (heard, call) = (Heard::default(), CallId(7));
        assert!(heard.is_new("user 1", call, false, 0));
        heard.noted("user 1", call, 0);
        assert!(!heard.is_new("user 1", call, false, 1000));
        assert!(heard.is_new("user 1", call, true, 1000));
        assert!(heard.is_new("user 2", call, false, 1000));
        assert!(heard.is_new("user 1", CallId(8), false, 1000));
        assert!(heard.is_new("user 1", call, false, PLAYBACK_MS + 1));
    }
}
