//! Some seconds of a recording, both voices mixed into one: for supervisors, and behind the link of a corrected report (X04).

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use store::CLIP_MS;
use switch::CallId;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::calls::id;
use crate::error::Refusal;
use crate::extract::{Asked, At};
use crate::recording;
use crate::rights::Act;

/// Recordings have 8,000 samples a second, of two channels with two bytes each, after a header.
const SAMPLES_A_MS: u64 = 8;
const FRAME_BYTES: u64 = 4;
const HEADER_BYTES: u64 = 44;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(clip))
}

/// Which seconds.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Seconds {
    /// From, milliseconds since the recording began,
    from_ms: i64,
    /// until: 1 to 60 seconds.
    until_ms: i64,
}

/// Some seconds of a recording as a file of their own, both voices in one channel. A line in the audit log each.
#[utoipa::path(get, path = "/calls/{call}/recording/clip", tag = "calls",
    params(("call" = String, Path, description = "13 characters"), Seconds),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>)))]
pub(crate) async fn clip(
    State(api): State<Api>,
    login: Login,
    At(call): At<String>,
    Asked(Seconds { from_ms, until_ms }): Asked<Seconds>,
    request: Request,
) -> Result<Response, Refusal> {
    login.may(Act::Listen)?;
    let call = id(&call)?;
    if from_ms < 0 || !CLIP_MS.contains(&until_ms.saturating_sub(from_ms)) {
        let what = format!("{from_ms} to {until_ms} ms are no clip");
        return Err(Refusal::invalid("until_ms", what, "choose from 1 to 60 seconds"));
    }
    let sound = sound(&api, call, from_ms, until_ms).await?;
    if request.method() != Method::HEAD {
        // What cannot be noted is not played.
        api.store.note_playback(api.now_ms(), &login.name, call).await?;
    }
    Ok(part(sound, &request))
}

/// These seconds of a call's recording as a WAV file.
pub(crate) async fn sound(api: &Api, call: CallId, from_ms: i64, until_ms: i64) -> Result<Vec<u8>, Refusal> {
    let recording = api.store.recording(call).await?;
    let file = recording::find(&api.recordings, &recording.path, ".wav").await?;
    let sample = |ms: i64| ms.unsigned_abs().saturating_mul(SAMPLES_A_MS).min(recording.samples);
    let (from, until) = (sample(from_ms), sample(until_ms));
    if from >= until {
        let what = format!("the recording ends before {from_ms} ms");
        return Err(Refusal::invalid("from_ms", what, "choose seconds that are in it"));
    }
    let cut = tokio::task::spawn_blocking(move || cut(&file, from, until)).await;
    cut.ok().and_then(Result::ok).ok_or_else(|| {
        tracing::warn!(%call, "a clip cannot be cut");
        Refusal::unavailable("the recording cannot be read now: look at the disk that holds the recordings")
    })
}

/// Reads no more of the file than these samples.
fn cut(file: &Path, from: u64, until: u64) -> io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(file)?;
    file.seek(SeekFrom::Start(HEADER_BYTES + from * FRAME_BYTES))?;
    let mut frames = Vec::new();
    file.take(until.saturating_sub(from) * FRAME_BYTES).read_to_end(&mut frames)?;
    Ok(wav(&mixed(&frames)))
}

/// Both voices in one channel: people speak in turn, and where they do not, it is as loud as a telephone gets.
fn mixed(frames: &[u8]) -> Vec<u8> {
    let (frames, _half) = frames.as_chunks::<4>();
    let mix = |[a, b, c, d]: &[u8; 4]| i16::from_le_bytes([*a, *b]).saturating_add(i16::from_le_bytes([*c, *d]));
    frames.iter().flat_map(|frame| mix(frame).to_le_bytes()).collect()
}

/// A file of one channel.
fn wav(samples: &[u8]) -> Vec<u8> {
    let bytes = u32::try_from(samples.len()).unwrap_or(u32::MAX - 36);
    let mut file = Vec::with_capacity(samples.len() + 44);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(bytes + 36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    file.extend_from_slice(&bytes.to_le_bytes());
    file.extend_from_slice(samples);
    file
}

/// The bytes, whole or the part that is asked for: some players play nothing that they cannot have in parts.
pub(crate) fn part(bytes: Vec<u8>, request: &Request) -> Response {
    let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
    let asked = range.and_then(|range| wanted(range, bytes.len()));
    let whole = bytes.len();
    let (status, bytes, said) = match asked {
        Some((first, last)) => {
            let said = format!("bytes {first}-{last}/{whole}");
            (StatusCode::PARTIAL_CONTENT, bytes.get(first..=last).unwrap_or_default().to_vec(), Some(said))
        }
        None => (StatusCode::OK, bytes, None),
    };
    let mut answer = (status, Body::from(bytes)).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Some(said) = said.and_then(|said| HeaderValue::from_str(&said).ok()) {
        headers.insert(header::CONTENT_RANGE, said);
    }
    answer
}

/// First and last byte of `bytes=…`; `None` for what is no single part of so many bytes: then the whole is sent.
fn wanted(range: &str, length: usize) -> Option<(usize, usize)> {
    let (first, last) = range.trim().strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1)?;
    let (first, last) = match (first, last) {
        ("", last) => (length.saturating_sub(last.parse().ok()?), end),
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.min(end)),
    };
    (first <= last && first <= end).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x04_both_voices_are_in_a_clip_and_nothing_wraps_around() {
        let frame = |left: i16, right: i16| [left.to_le_bytes(), right.to_le_bytes()].concat();
        let frames = [frame(1000, 0), frame(0, -2000), frame(i16::MAX, 5), frame(i16::MIN, -5)].concat();
        let heard: Vec<i16> = mixed(&frames).chunks(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
        assert_eq!(heard, [1000, -2000, i16::MAX, i16::MIN]);
        let file = wav(&mixed(&frames));
        assert_eq!((file.len(), &file[36..40], &file[40..44]), (52, &b"data"[..], &8u32.to_le_bytes()[..]));
    }

    #[test]
    fn x04_a_part_is_a_part_and_nonsense_is_the_whole() {
        assert_eq!(wanted("bytes=0-", 100), Some((0, 99)));
        assert_eq!(wanted("bytes=0-1", 100), Some((0, 1)));
        assert_eq!(wanted("bytes=-10", 100), Some((90, 99)));
        assert_eq!(wanted("bytes=90-900", 100), Some((90, 99)));
        for nonsense in ["bytes=100-", "bytes=9-3", "bytes=0-1,4-5", "items=0-1", "bytes=a-b", "bytes=-"] {
            assert_eq!(wanted(nonsense, 100), None, "{nonsense}");
        }
        assert_eq!(wanted("bytes=0-", 0), None);
    }
}
