//! The page behind the 録音を聞く link of a report (F43, F52): a player for the recording of this one call, for a firm's recipient, at any
//! time of day and without a login. What the link opens is asked anew at every request (R18): the call is the firm's own, the firm's
//! plan has listening and its time has not run out, the recipient is one still. Every sitting is in the audit log before its first
//! byte, and there is nothing of the caller on the page: the link may have been passed on.

use std::net::IpAddr;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use report::{Language, japan};
use store::{Listen, StoreError};

use crate::api::Api;
use crate::desk;
use crate::door::Peer;
use crate::recording;
use crate::seen::{frame, hash, is_token};
use crate::tongue::Tongue;

/// The page needs its style sheet and the recording behind its own address. That address is the secret: nobody is told of it.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; media-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow")),
];

pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/l/{token}", get(page)).route("/l/{token}/recording", get(sound))
}

/// Why nothing is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Closed {
    /// No link of ours, or one that opens nothing any more. Which of these, nobody is told.
    Gone,
    /// The plan's time is over.
    Over,
    /// As often as the plan says.
    UsedUp,
    /// The recording is being finished.
    NotYet,
    /// There is none.
    NoSound,
    /// Too many links that were none came from there.
    Slow,
    /// The database does not answer.
    Away,
}

async fn page(State(api): State<Api>, Peer(from): Peer, headers: HeaderMap, Path(token): Path<String>) -> Response {
    let (closed, language) = match find(&api, from, &headers, &token).await {
        Err((closed, language)) => (closed, language),
        Ok(listen) => match is_there(&api, &listen).await {
            Ok(()) => return player(&listen, &token),
            Err(closed) => (closed, listen.language),
        },
    };
    said(closed, language)
}

/// The recording's bytes, whole or in part (`Range`): a player jumps.
async fn sound(State(api): State<Api>, Peer(from): Peer, Path(token): Path<String>, request: Request) -> Response {
    let listen = match find(&api, from, request.headers(), &token).await {
        Ok(listen) => listen,
        Err((closed, language)) => return said(closed, language),
    };
    let language = listen.language;
    if request.method() != Method::HEAD
        && let Err(closed) = count(&api, &listen).await
    {
        return said(closed, language);
    }
    let sound = match &listen.clip {
        Some(clip) => {
            desk::sound(&api, clip.call, clip.from_ms, clip.until_ms).await.map(|wav| desk::part(wav, &request))
        }
        None => recording::serve(&api, listen.call, request).await,
    };
    match sound {
        Ok(mut answer) => {
            answer.headers_mut().extend(HEADERS);
            answer
        }
        Err(refusal) if refusal.status == StatusCode::NOT_FOUND.as_u16() => said(Closed::NoSound, language),
        Err(_) => said(Closed::Away, language),
    }
}

/// One sitting: pieces of it, and hearing it again at once, are not counted again.
async fn count(api: &Api, listen: &Listen) -> Result<(), Closed> {
    let (who, now_ms) = (format!("link {}", listen.delivery), api.now_ms());
    if !api.heard.is_new(&who, listen.call, false, now_ms) {
        return Ok(());
    }
    // What cannot be noted is not played.
    match api.store.note_listen(listen, now_ms).await {
        Ok(true) => {
            api.heard.noted(&who, listen.call, now_ms);
            Ok(())
        }
        Ok(false) => Err(Closed::UsedUp),
        Err(StoreError::Missing { .. }) => Err(Closed::NoSound),
        Err(error) => {
            tracing::warn!(%error, "a sitting could not be noted");
            Err(Closed::Away)
        }
    }
}

/// Whether there is something to hear now.
async fn is_there(api: &Api, listen: &Listen) -> Result<(), Closed> {
    let who = format!("link {}", listen.delivery);
    let sits = !api.heard.is_new(&who, listen.call, false, api.now_ms());
    if !sits && !listen.listening.has_more(listen.times) {
        return Err(Closed::UsedUp);
    }
    match api.store.recording(listen.call).await {
        Ok(_) => Ok(()),
        Err(StoreError::Missing { .. }) => match api.store.may_be_heard(listen.call).await {
            Ok(true) => Err(Closed::NotYet),
            Ok(false) => Err(Closed::NoSound),
            Err(_) => Err(Closed::Away),
        },
        Err(_) => Err(Closed::Away),
    }
}

/// What this link opens now. One that is ours opens also for an address that has tried too many.
async fn find(api: &Api, from: IpAddr, headers: &HeaderMap, token: &str) -> Result<Listen, (Closed, Language)> {
    let (now_ms, theirs) = (api.now_ms(), Tongue::of(headers).0);
    let found = if is_token(token) { api.store.listen_page(&hash(token)).await } else { Ok(None) };
    match found {
        Ok(Some(listen)) => {
            if until_ms(&listen).is_some_and(|until_ms| now_ms < until_ms) {
                Ok(listen)
            } else {
                Err((Closed::Over, listen.language))
            }
        }
        Ok(None) if !api.gate.is_open(from, now_ms) => Err((Closed::Slow, theirs)),
        Ok(None) => {
            api.gate.missed(from, now_ms);
            Err((Closed::Gone, theirs))
        }
        Err(error) => {
            tracing::warn!(%error, "a listening link could not be looked for");
            Err((Closed::Away, theirs))
        }
    }
}

/// When the link ends: with the plan's time, or with its clip's.
fn until_ms(listen: &Listen) -> Option<i64> {
    let plan_ms = listen.report.sent_ms.and_then(|sent_ms| listen.listening.until_ms(sent_ms))?;
    Some(listen.clip.as_ref().map_or(plan_ms, |clip| plan_ms.min(clip.expires_ms)))
}

fn player(listen: &Listen, token: &str) -> Response {
    let language = listen.language;
    let at = japan::moment(listen.report.created_ms, language);
    let until = japan::moment(until_ms(listen).unwrap_or_default(), language);
    let text = match &listen.clip {
        None => language.of(format!("{at} 受付のお電話の録音です。"), format!("Recording of a call at {at}.")),
        Some(clip) => {
            let seconds = (clip.until_ms - clip.from_ms) / 1000;
            let words = format!("{at} に回答したご指摘について、お電話の該当する{seconds}秒間です。");
            language.of(words, format!("The {seconds} seconds of the call that our answer of {at} is about."))
        }
    };
    let note = language.of(
        format!("{until} まで、いつでもお聞きいただけます。再生は記録されます。"),
        format!("You can listen until {until}, at any time. Listening is logged."),
    );
    // Everything in it is ours, and the token is hexadecimal: there is nothing to escape.
    let rest = format!("<audio controls preload=\"none\" src=\"/l/{token}/recording\"></audio><p>{note}</p>");
    answer(StatusCode::OK, language.of("録音を聞く", "Listen"), &text, &rest, language)
}

fn said(closed: Closed, language: Language) -> Response {
    let (status, title, text) = match closed {
        Closed::Gone => (
            StatusCode::NOT_FOUND,
            ("リンクが無効です", "No such link"),
            ("このリンクは無効です。", "This link is not valid, or not any more."),
        ),
        Closed::Over => (
            StatusCode::GONE,
            ("期限切れです", "Too late"),
            ("ご契約の再生期限を過ぎました。", "The time in which it could be heard is over."),
        ),
        Closed::UsedUp => (
            StatusCode::GONE,
            ("再生回数の上限です", "No more"),
            ("ご契約の再生回数を使い切りました。", "It was heard as often as your plan allows."),
        ),
        Closed::NotYet => (
            StatusCode::NOT_FOUND,
            ("準備中です", "Not yet"),
            (
                "録音を準備しています。しばらくしてからもう一度開いてください。",
                "The recording is being made ready. Please open this again in a minute.",
            ),
        ),
        Closed::NoSound => (
            StatusCode::NOT_FOUND,
            ("録音がありません", "No recording"),
            ("このお電話の録音はありません。", "There is no recording of this call."),
        ),
        Closed::Slow => (
            StatusCode::TOO_MANY_REQUESTS,
            ("混み合っています", "Too many requests"),
            ("しばらくしてからもう一度開いてください。", "Please open it again in a minute."),
        ),
        Closed::Away => (
            StatusCode::SERVICE_UNAVAILABLE,
            ("再生できません", "Not now"),
            (
                "ただいま再生できません。しばらくしてからもう一度お試しください。",
                "It cannot be played now. Please try again in a minute.",
            ),
        ),
    };
    answer(status, language.of(title.0, title.1), language.of(text.0, text.1), "", language)
}

fn answer(status: StatusCode, title: &str, text: &str, rest: &str, language: Language) -> Response {
    let html = frame(title, text, rest, language);
    let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    response.headers_mut().extend(HEADERS);
    response
}
