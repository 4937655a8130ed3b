//! The language in which a refusal or a page speaks: the one that the asker's browser, or the command line, says (`Accept-Language`).

pub(crate) mod sentences;

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use report::Language;

tokio::task_local! {
    static ASKED: Language;
}

/// Remembers in which language the request is asked, for whatever refuses it.
pub(crate) async fn hear(request: Request, next: Next) -> Response {
    let Tongue(language) = Tongue::of(request.headers());
    ASKED.scope(language, next.run(request)).await
}

/// The language of the request that is being answered; English where nobody asks.
pub(crate) fn asked() -> Language {
    ASKED.try_with(|language| *language).unwrap_or(Language::En)
}

/// The asker's language; Japanese if it is asked for before English, English otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tongue(pub(crate) Language);

impl Tongue {
    pub(crate) fn of(headers: &HeaderMap) -> Tongue {
        let said = headers.get(ACCEPT_LANGUAGE).map(HeaderValue::to_str);
        let Some(Ok(said)) = said else { return Tongue(Language::En) };
        // Browsers list them in the order in which their owner wants them.
        let known = said.split(',').find_map(|range| match range.trim().get(..2) {
            Some("ja" | "JA" | "Ja") => Some(Language::Ja),
            Some("en" | "EN" | "En") => Some(Language::En),
            Some(_) | None => None,
        });
        Tongue(known.unwrap_or(Language::En))
    }
}

impl<S: Sync> FromRequestParts<S> for Tongue {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Tongue::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_we_speak() {
        for (said, language) in [
            ("ja", Language::Ja),
            ("ja-JP,ja;q=0.9,en;q=0.8", Language::Ja),
            ("en-GB,en;q=0.9,ja;q=0.8", Language::En),
            ("fr,ja;q=0.5", Language::Ja),
            ("fr", Language::En),
            ("*", Language::En),
            ("", Language::En),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_static(said))]);
            assert_eq!(Tongue::of(&headers), Tongue(language), "{said}");
        }
        assert_eq!(Tongue::of(&HeaderMap::new()), Tongue(Language::En));
    }
}
