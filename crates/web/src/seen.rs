//! The page behind the 確認 link of a report (X05): whoever opens it sees that a report came and a button; only the button says that
//! it has been read, because mail scanners and chats fetch every link. There is nothing of the caller on it: the link may have been
//! passed on.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use report::{Language, japan};
use sha2::{Digest, Sha256};
use store::{Seen, StoreError, hex};

use crate::api::Api;
use crate::door::Peer;
use crate::news::News;
use crate::tongue::Tongue;

/// Links that are none, of one address in a minute. Those that are some are not counted: a mail gateway fetches every one.
const MISSES_MAX: u32 = 30;
const MINUTE_MS: i64 = 60_000;
/// Addresses remembered.
const ADDRESSES_MAX: usize = 10_000;
/// Random bytes of a token: 128 bits, which nobody guesses.
const TOKEN_BYTES: usize = 16;
/// A link can be used for so long after the report was sent.
const LINK_MS: i64 = 30 * japan::DAY_MS;
/// The page needs its style sheet and its own button. Its address is the secret: nobody else is told of it, but our own form is, or
/// its button could not be told from another site's.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow")),
];

pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/r/{token}", get(ask).post(seen))
}

/// Links that were none, by address, in the present minute.
#[derive(Default)]
pub(crate) struct Gate(Mutex<HashMap<IpAddr, (i64, u32)>>);

impl Gate {
    /// May this address ask?
    pub(crate) fn is_open(&self, to: IpAddr, now_ms: i64) -> bool {
        let minute = now_ms.div_euclid(MINUTE_MS);
        let gate = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gate.get(&to).is_none_or(|(of, misses)| *of != minute || *misses < MISSES_MAX)
    }

    /// It has asked for a link that is none.
    pub(crate) fn missed(&self, from: IpAddr, now_ms: i64) {
        let minute = now_ms.div_euclid(MINUTE_MS);
        let mut gate = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if gate.len() >= ADDRESSES_MAX {
            gate.retain(|_, (of, _)| *of == minute);
        }
        // A full table forgets: nobody guesses 128 bits, with or without it.
        if gate.len() < ADDRESSES_MAX || gate.contains_key(&from) {
            let (of, misses) = gate.entry(from).or_insert((minute, 0));
            if *of != minute {
                (*of, *misses) = (minute, 0);
            }
            *misses = misses.saturating_add(1);
        }
    }
}

/// Makes the links by which recipients confirm that they have read a report, and hear its call.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SeenLinks {
    origin: String,
}

impl SeenLinks {
    /// Below this origin (`https://desk.example.jp`); empty: there are none.
    pub fn below(origin: &str) -> SeenLinks {
        SeenLinks { origin: origin.to_owned() }
    }

    /// A new link, and the SHA-256 of its token, by which it is found. The link itself stands in the delivery's content, which has
    /// to be sent again and again until it is taken: who reads the database reads it there. `None`: nobody has told how these pages
    /// are reached, or the system has no random numbers now: the report goes without a link rather than not.
    pub fn make(&self) -> Option<(String, String)> {
        self.below_path("r")
    }

    /// The same of the page on which the call's recording is heard.
    pub fn listen(&self) -> Option<(String, String)> {
        self.below_path("l")
    }

    fn below_path(&self, path: &str) -> Option<(String, String)> {
        let mut bytes = [0; TOKEN_BYTES];
        if self.origin.is_empty() || getrandom::fill(&mut bytes).is_err() {
            return None;
        }
        let token = hex(&bytes);
        Some((format!("{}/{path}/{token}", self.origin), hash(&token)))
    }
}

/// Whether it can be one of ours.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() == 2 * TOKEN_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(crate) fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// What the page says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Page {
    /// The question, of a report that came then.
    Ask { received_ms: i64 },
    /// It has been confirmed, now or before.
    Seen { at_ms: i64 },
    /// No such link, or not any more.
    Gone,
    /// Too many requests.
    Slow,
    /// The database is away.
    Away,
}

async fn ask(State(api): State<Api>, Peer(from): Peer, headers: HeaderMap, Path(token): Path<String>) -> Response {
    match find(&api, from, &token).await {
        Err(page) => shown(page, Tongue::of(&headers).0),
        Ok(link) => {
            let language = language(&api, &link).await;
            match link.delivery_seen_ms {
                Some(at_ms) => shown(Page::Seen { at_ms }, language),
                None => shown(Page::Ask { received_ms: link.report.created_ms }, language),
            }
        }
    }
}

async fn seen(State(api): State<Api>, Peer(from): Peer, headers: HeaderMap, Path(token): Path<String>) -> Response {
    let before = match find(&api, from, &token).await {
        Err(page) => return shown(page, Tongue::of(&headers).0),
        Ok(link) => link,
    };
    let (now_ms, language) = (api.now_ms(), language(&api, &before).await);
    match api.store.seen(&hash(&token), now_ms).await {
        Ok(Some(link)) => {
            if before.delivery_seen_ms.is_none() {
                api.switchboard.tell(News::Delivery {
                    delivery: link.delivery,
                    report: link.report.id,
                    customer: link.report.customer,
                    recipient: link.recipient,
                    state: "seen".to_owned(),
                    why: String::new(),
                });
            }
            shown(Page::Seen { at_ms: link.delivery_seen_ms.unwrap_or(now_ms) }, language)
        }
        Ok(None) => shown(Page::Gone, language),
        Err(error) => {
            tracing::warn!(%error, "a confirmation could not be kept");
            shown(Page::Away, language)
        }
    }
}

/// The firm's language.
async fn language(api: &Api, link: &Seen) -> Language {
    let profile = match link.report.customer {
        Some(customer) => api.store.profile(customer).await.ok(),
        None => None,
    };
    profile.map(|row| row.profile.language).unwrap_or_default()
}

/// What this link is about, unless it has run out. One that is ours is shown also to an address that has tried too many: others
/// of its office may have opened old ones.
async fn find(api: &Api, from: IpAddr, token: &str) -> Result<Seen, Page> {
    let now_ms = api.now_ms();
    let found: Result<Option<Seen>, StoreError> =
        if is_token(token) { api.store.seen_page(&hash(token)).await } else { Ok(None) };
    let holds = |link: &Seen| link.report.sent_ms.is_some_and(|sent_ms| now_ms.saturating_sub(sent_ms) < LINK_MS);
    match found.map(|link| link.filter(holds)) {
        Ok(Some(link)) => Ok(link),
        Ok(None) if !api.gate.is_open(from, now_ms) => Err(Page::Slow),
        Ok(None) => {
            api.gate.missed(from, now_ms);
            Err(Page::Gone)
        }
        Err(error) => {
            tracing::warn!(%error, "a confirmation link could not be looked for");
            Err(Page::Away)
        }
    }
}

fn shown(page: Page, language: Language) -> Response {
    let (status, title, text, button) = match page {
        Page::Ask { received_ms } => {
            let at = japan::moment(received_ms, language);
            let text = language.of(format!("{at} 受付の報告です。"), format!("Report of a call at {at}."));
            (StatusCode::OK, language.of("受電報告の確認", "Your report"), text, true)
        }
        Page::Seen { at_ms } => {
            let at = japan::moment(at_ms, language);
            let text = language.of(format!("{at} に確認済みです。"), format!("Confirmed at {at}."));
            (StatusCode::OK, language.of("ご確認ありがとうございます", "Thank you"), text, false)
        }
        Page::Gone => {
            let text =
                language.of("このリンクは無効か、期限が切れています。", "This link is not valid, or not any more.");
            (StatusCode::NOT_FOUND, language.of("リンクが無効です", "No such link"), text.to_owned(), false)
        }
        Page::Slow => {
            let text = language.of("しばらくしてからもう一度開いてください。", "Please open it again in a minute.");
            (
                StatusCode::TOO_MANY_REQUESTS,
                language.of("混み合っています", "Too many requests"),
                text.to_owned(),
                false,
            )
        }
        Page::Away => {
            let text = language.of(
                "ただいま記録できません。しばらくしてからもう一度お試しください。",
                "This cannot be recorded now. Please try again in a minute.",
            );
            (StatusCode::SERVICE_UNAVAILABLE, language.of("記録できません", "Not now"), text.to_owned(), false)
        }
    };
    // Everything in it is ours: there is nothing to escape.
    let form = if button {
        let words = language.of("確認しました", "I have read it");
        format!("<form method=\"post\"><button class=\"main\">{words}</button></form>")
    } else {
        String::new()
    };
    let html = frame(title, &text, &form, language);
    let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    response.headers_mut().extend(HEADERS);
    response
}

/// A small page of our own for somebody who is not logged in. What is given is HTML already.
pub(crate) fn frame(title: &str, text: &str, rest: &str, language: Language) -> String {
    let code = language.of("ja", "en");
    format!(
        "<!doctype html><html lang=\"{code}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"/style.css\"><main><section class=\"panel\"><h1>{title}</h1>\
         <p>{text}</p>{rest}</section></main></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x05_a_link_has_128_random_bits_and_is_found_by_their_hash() {
        let links = SeenLinks::below("https://desk.example.jp");
        let (link, kept) = links.make().unwrap();
        let token = link.strip_prefix("https://desk.example.jp/r/").unwrap();
        assert_eq!((token.len(), hash(token)), (32, kept));
        assert_ne!(links.make().unwrap().0, link);
        assert_eq!(SeenLinks::default().make(), None);
        assert_eq!(SeenLinks::default().listen(), None);
        assert!(links.listen().unwrap().0.starts_with("https://desk.example.jp/l/"));
    }

    #[test]
    fn x05_an_address_that_tries_links_has_to_wait() {
        let gate = Gate::default();
        let from: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..MISSES_MAX {
            assert!(gate.is_open(from, 1000));
            gate.missed(from, 1000);
        }
        assert!(!gate.is_open(from, 2000));
        assert!(gate.is_open("192.0.2.2".parse().unwrap(), 2000));
        assert!(gate.is_open(from, MINUTE_MS));
    }
}
