//! Refusals of the API: a status, a word for programs, and a sentence that names the place and the remedy.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The body of every refusal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Refusal {
    /// HTTP status.
    #[serde(skip)]
    pub status: u16,
    /// For programs: `unauthorized`, `forbidden`, `not_found`, `invalid`, `conflict`, `too_many`, `unavailable`.
    pub error: &'static str,
    /// For people: what is wrong.
    pub what: String,
    /// Which field, row or place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Refusal {
    fn plain(status: StatusCode, error: &'static str, what: impl Into<String>) -> Self {
        Refusal { status: status.as_u16(), error, what: what.into(), field: None, remedy: None }
    }

    /// 401: nobody is logged in, or the name or password is wrong.
    pub fn unauthorized() -> Self {
        Self::plain(StatusCode::UNAUTHORIZED, "unauthorized", "log in first")
    }

    /// 403: this role may not do this.
    pub fn forbidden() -> Self {
        Self::plain(StatusCode::FORBIDDEN, "forbidden", "your role does not allow this")
    }

    /// 404. Also what must not be known to exist (R18).
    pub fn not_found(what: &str) -> Self {
        Self::plain(StatusCode::NOT_FOUND, "not_found", what)
    }

    /// 422: a field is wrong.
    pub fn invalid(field: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Refusal {
            field: Some(field.into()),
            remedy: Some(remedy.into()),
            ..Self::plain(StatusCode::UNPROCESSABLE_ENTITY, "invalid", what)
        }
    }

    /// 409: not possible in this state.
    pub fn conflict(what: impl Into<String>) -> Self {
        Self::plain(StatusCode::CONFLICT, "conflict", what)
    }

    /// 429: too many tries.
    pub fn too_many() -> Self {
        Self::plain(StatusCode::TOO_MANY_REQUESTS, "too_many", "too many tries: wait a while")
    }

    /// 503: the database or the engine cannot answer now; calls go on.
    pub fn unavailable(what: impl Into<String>) -> Self {
        Self::plain(StatusCode::SERVICE_UNAVAILABLE, "unavailable", what)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}
