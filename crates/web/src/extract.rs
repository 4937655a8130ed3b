//! Bodies, queries and paths in our own types; what cannot be read is refused with the place that is wrong.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use serde_path_to_error::Track;

use crate::api::Api;
use crate::error::Refusal;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

/// A query string.
pub(crate) struct Asked<T>(pub(crate) T);

/// What the address names, as text or as a number.
pub(crate) struct At<T>(pub(crate) T);

/// A body of bytes, whatever they are called.
pub(crate) struct Raw(pub(crate) Bytes);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Refusal> {
        // Only forms of another site can be sent without asking us first, and they are never JSON.
        if !is_json(request.headers()) {
            return Err(Refusal::wrong_type());
        }
        let Raw(bytes) = Raw::from_request(request, api).await?;
        json(&bytes).map(Body)
    }
}

impl<T: DeserializeOwned> OptionalFromRequest<Api> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &Api) -> Result<Option<Self>, Refusal> {
        let said = request.headers().contains_key(CONTENT_TYPE);
        let json_said = is_json(request.headers());
        let Raw(bytes) = Raw::from_request(request, api).await?;
        match (bytes.is_empty(), json_said) {
            (true, _) if !said || json_said => Ok(None),
            (_, true) => json(&bytes).map(|form| Some(Body(form))),
            (_, false) => Err(Refusal::wrong_type()),
        }
    }
}

impl FromRequest<Api> for Raw {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Refusal> {
        Bytes::from_request(request, api).await.map(Raw).map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::too_large(),
            _ => Refusal::malformed("the body broke off", "send it again"),
        })
    }
}

impl<T: DeserializeOwned> FromRequestParts<Api> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Refusal> {
        let text = parts.uri.query().unwrap_or_default();
        let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
        serde_path_to_error::deserialize(deserializer)
            .map(Asked)
            .map_err(|error| refusal(&error.path().to_string(), &error.inner().to_string()))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for At<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        Path::<T>::from_request_parts(parts, api)
            .await
            .map(|Path(named)| At(named))
            .map_err(|_| Refusal::not_found("there is nothing at this address"))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    // serde would take an array for a form, value by value in the order of its fields.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Refusal::invalid("", "the body is a list", "send an object: {…}"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let mut track = Track::new();
    let read = T::deserialize(serde_path_to_error::Deserializer::new(&mut deserializer, &mut track));
    let form = read.map_err(|error| match error.classify() {
        serde_json::error::Category::Data => refusal(&track.path().to_string(), &error.to_string()),
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof | serde_json::error::Category::Io => {
            broken(&error)
        }
    })?;
    deserializer.end().map_err(|error| broken(&error))?;
    Ok(form)
}

fn broken(error: &serde_json::Error) -> Refusal {
    Refusal::malformed(format!("the body is not JSON: {error}"), "mend it at the line and column that are named")
}

/// serde's sentence with the field that it is about: "unknown field `x`" and "missing field `x`" name it themselves.
fn refusal(path: &str, said: &str) -> Refusal {
    let path = if path == "." || path == "?" { "" } else { path };
    let named = |start: &str| said.strip_prefix(start).and_then(|rest| rest.split('`').next());
    if let Some(name) = named("missing field `") {
        let field = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        return Refusal::invalid(field, "it is missing", "give it a value");
    }
    if let Some(name) = named("unknown field `") {
        let field = if path.is_empty() { name } else { path };
        return Refusal::invalid(field, said, "leave it out, or spell it as in /api/v1/openapi.json");
    }
    Refusal::invalid(path, said, "give a value of the kind that /api/v1/openapi.json tells")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its errors are looked at")]
    struct Form {
        name: String,
        targets: Vec<Target>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its errors are looked at")]
    struct Target {
        ring_seconds: u16,
    }

    #[test]
    fn a_refusal_names_the_field() {
        for (body, status, field) in [
            (r#"{"name":"a","targets":[{"ring_seconds":"x"}]}"#, 422, Some("targets[0].ring_seconds")),
            (r#"{"name":"a","targets":[{"ring_seconds":70000}]}"#, 422, Some("targets[0].ring_seconds")),
            (r#"{"name":"a","targets":[{}]}"#, 422, Some("targets[0].ring_seconds")),
            (r#"{"name":"a"}"#, 422, Some("targets")),
            (r#"{"name":1}"#, 422, Some("name")),
            (r#"{"nam":"a"}"#, 422, Some("nam")),
            (r#"[]"#, 422, None),
            (r#"{"name":"#, 400, None),
            ("", 400, None),
            (r#"{"name":"a","targets":[]} x"#, 400, None),
        ] {
            let refusal = json::<Form>(body.as_bytes()).unwrap_err();
            assert_eq!((refusal.status, refusal.field.as_deref()), (status, field), "{body}: {refusal:?}");
        }
    }
}
