//! Refusals of the API: a status, a word for programs, and a sentence that names the place and the remedy.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::{Problem, RowError};
use utoipa::ToSchema;

use crate::tongue::{self, sentences};

/// The body of every refusal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Refusal {
    /// HTTP status.
    #[serde(skip)]
    pub status: u16,
    /// Of 429: seconds after which another try makes sense.
    #[serde(skip)]
    pub retry_after: u32,
    /// For programs: `unauthorized`, `code_needed`, `forbidden`, `second_factor_needed`, `not_found`, `wrong_method`, `too_large`, `wrong_type`, `malformed`, `invalid`,
    /// `conflict`, `too_many`, `unavailable`.
    pub error: &'static str,
    /// For people: what is wrong.
    pub what: String,
    /// Which field or place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub field: Option<Box<str>>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub remedy: Option<Box<str>>,
    /// Of a form with several wrong fields: all of them, the first once more.
    #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
    #[schema(value_type = Vec<Problem>)]
    pub problems: Box<[Problem]>,
    /// Of a CSV file: each place that is wrong.
    #[serde(skip_serializing_if = "<[RowError]>::is_empty")]
    #[schema(value_type = Vec<RowError>)]
    pub rows: Box<[RowError]>,
}

impl Refusal {
    fn plain(status: StatusCode, error: &'static str, what: impl Into<String>) -> Self {
        Refusal {
            status: status.as_u16(),
            retry_after: 0,
            error,
            what: what.into(),
            field: None,
            remedy: None,
            problems: Box::default(),
            rows: Box::default(),
        }
    }

    fn remedied(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into().into_boxed_str());
        self
    }

    /// 401: nobody is logged in, or not any more.
    pub fn unauthorized() -> Self {
        Self::plain(StatusCode::UNAUTHORIZED, "unauthorized", "nobody is logged in, or not any more")
            .remedied("log in at /api/v1/login")
    }

    /// 401: the same for an unknown name and for a wrong password (R01).
    pub fn wrong_login() -> Self {
        Self::plain(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "the name or the password is wrong, or the link is used up",
        )
        .remedied("try again, or ask an administrator for a new password")
    }

    /// 401: name and password are right, and the code of the telephone's program is wanted besides.
    pub fn code_needed() -> Self {
        Self::plain(StatusCode::UNAUTHORIZED, "code_needed", "a code is needed besides the password")
            .remedied("send `code` too: the six digits that your program shows, or a recovery code")
    }

    /// 403: the role needs a second factor, and this session was opened without.
    pub fn second_factor_needed() -> Self {
        Self::plain(StatusCode::FORBIDDEN, "second_factor_needed", "your role needs a second factor to log in")
            .remedied("log in with your passkey, or set up codes or a passkey at /account")
    }

    /// 403: this role may not do this.
    pub fn forbidden() -> Self {
        Self::plain(StatusCode::FORBIDDEN, "forbidden", "your role does not allow this")
            .remedied("ask a supervisor or an administrator")
    }

    /// 403: another site's page sent this.
    pub fn foreign() -> Self {
        Self::plain(StatusCode::FORBIDDEN, "forbidden", "this came from a page of another site")
            .remedied("use this site's own page; a program sends no Origin header")
    }

    /// 404. Also what must not be known to exist (R18).
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::plain(StatusCode::NOT_FOUND, "not_found", what)
    }

    /// 405: this address has other methods.
    pub fn wrong_method() -> Self {
        Self::plain(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "this address does not know that method")
            .remedied("/api/v1/openapi.json lists what it knows")
    }

    /// 413: the body is too long.
    pub fn too_large() -> Self {
        Self::plain(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large")
            .remedied("send less: divide a file into several")
    }

    /// 415: not JSON.
    pub fn wrong_type() -> Self {
        Self::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_type", "the body is not said to be JSON")
            .remedied("send it with `Content-Type: application/json`")
    }

    /// 400: cannot be read at all.
    pub fn malformed(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, "malformed", what).remedied(remedy)
    }

    /// 422: a field is wrong.
    pub fn invalid(field: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        let field = Some(field.into().into_boxed_str()).filter(|field| !field.is_empty());
        Refusal { field, ..Self::plain(StatusCode::UNPROCESSABLE_ENTITY, "invalid", what).remedied(remedy) }
    }

    /// 422: these fields are wrong.
    pub fn problems(problems: Vec<Problem>) -> Self {
        match problems.as_slice() {
            [] => Self::invalid("", "the form is wrong", "check its fields"),
            [one] => Self::invalid(one.field.clone(), one.what.clone(), one.remedy.clone()),
            [first, ..] => {
                let refusal = Self::invalid(first.field.clone(), first.what.clone(), first.remedy.clone());
                Refusal { problems: problems.into(), ..refusal }
            }
        }
    }

    /// 422: these rows of a CSV file are wrong, and nothing of it was written.
    pub fn rows(rows: Vec<RowError>) -> Self {
        let what = "nothing was imported: these places of the file are wrong";
        let plain = Self::plain(StatusCode::UNPROCESSABLE_ENTITY, "invalid", what);
        Refusal { rows: rows.into(), ..plain.remedied("mend them and send the whole file again") }
    }

    /// 409: not possible in this state.
    pub fn conflict(what: impl Into<String>) -> Self {
        Self::plain(StatusCode::CONFLICT, "conflict", what)
    }

    /// 429: too many tries; this address or account is heard again after so many milliseconds.
    pub fn too_many(wait_ms: i64) -> Self {
        let seconds = u32::try_from((wait_ms.max(1) + 999) / 1000).unwrap_or(u32::MAX);
        let plain = Self::plain(StatusCode::TOO_MANY_REQUESTS, "too_many", "too many tries")
            .remedied(format!("wait {seconds} seconds"));
        Refusal { retry_after: seconds, ..plain }
    }

    /// 503: the database or the engine cannot answer now; calls go on.
    pub fn unavailable(what: impl Into<String>) -> Self {
        Self::plain(StatusCode::SERVICE_UNAVAILABLE, "unavailable", what)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let refusal = match tongue::asked() {
            report::Language::Ja => self.in_japanese(),
            report::Language::En => self,
        };
        refusal.answer()
    }
}

impl Refusal {
    /// Whatever of it is English still, in Japanese, if it is one of our sentences.
    fn in_japanese(mut self) -> Refusal {
        let said = |text: &mut String| {
            if let Some(ja) = sentences::japanese(text) {
                *text = ja;
            }
        };
        said(&mut self.what);
        if let Some(ja) = self.remedy.as_deref().and_then(sentences::japanese) {
            self.remedy = Some(ja.into());
        }
        for problem in self.problems.iter_mut() {
            said(&mut problem.what);
            said(&mut problem.remedy);
        }
        for row in self.rows.iter_mut() {
            said(&mut row.what);
            said(&mut row.remedy);
        }
        self
    }

    fn answer(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 section 11.6.1: a 401 says how.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
        }
        response
    }
}
