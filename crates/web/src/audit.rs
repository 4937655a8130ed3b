//! The audit log: found by who, what and when, and taken away as CSV.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use report::japan;
use serde::{Deserialize, Serialize};
use store::{AuditEntry, AuditQuery};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::export::Sheet;
use crate::extract::Asked;
use crate::rights::Act;

/// Lines on a page if nobody says.
const PAGE_ROWS: u32 = 100;
/// Lines asked of the store at once for a file.
const SHEET_ROWS: u32 = 1000;
/// Lines of a file.
const ROWS_MAX: usize = 100_000;
/// Columns of a line.
const COLUMNS: [&str; 6] = ["id", "at", "who", "what", "about", "detail"];

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(audit)).routes(routes!(export_audit))
}

/// Which lines. Everything that is set must hold.
#[derive(Deserialize, IntoParams, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Whose, exactly.
    who: Option<String>,
    /// What its verb begins with: `recording`, `prompt.keep`.
    what: Option<String>,
    /// What it was done to: a call, `report …`, `customer 12`.
    about: Option<String>,
    /// At or after, unix milliseconds.
    from_ms: Option<i64>,
    /// Before, unix milliseconds.
    to_ms: Option<i64>,
    /// Where the last page ended.
    before: Option<i64>,
    /// Lines; 100 if not set, 1000 at most.
    limit: Option<u32>,
}

/// A page of the log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// Newest first.
    lines: Vec<AuditEntry>,
    /// `before` of the next page; `null`: this was the last.
    next: Option<i64>,
}

impl From<Wanted> for AuditQuery {
    fn from(wanted: Wanted) -> AuditQuery {
        let Wanted { who, what, about, from_ms, to_ms, before, limit } = wanted;
        AuditQuery { who, what, about, from_ms, to_ms, before, limit: limit.unwrap_or(PAGE_ROWS) }
    }
}

/// Who did what, when; newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(Wanted), responses((status = 200, body = AuditPage)))]
pub(crate) async fn audit(
    State(api): State<Api>,
    login: Login,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<AuditPage>, Refusal> {
    login.may(Act::Administer)?;
    let query = AuditQuery::from(wanted);
    let lines = api.store.find_audit(&query).await?;
    let is_full = lines.len() >= usize::try_from(query.limit.clamp(1, SHEET_ROWS)).unwrap_or(usize::MAX);
    let next = lines.last().filter(|_| is_full).map(|line| line.id);
    Ok(Json(AuditPage { lines, next }))
}

/// The same as CSV, Japanese time, 100,000 lines at most. That somebody took it is in the log, too.
#[utoipa::path(get, path = "/audit/export", tag = "audit", params(Wanted),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn export_audit(
    State(api): State<Api>,
    login: Login,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Refusal> {
    login.may(Act::Administer)?;
    let mut query = AuditQuery { limit: SHEET_ROWS, ..wanted.into() };
    let mut sheet = Sheet::new(&COLUMNS)?;
    let mut rows = 0;
    loop {
        let lines = api.store.find_audit(&query).await?;
        for line in &lines {
            let at = japan::civil(line.at_ms).strftime("%Y-%m-%d %H:%M:%S").to_string();
            let id = line.id.to_string();
            sheet.row([id, at, line.who.clone(), line.what.clone(), line.about.clone(), line.detail.clone()])?;
        }
        rows += lines.len();
        query.before = lines.last().map(|line| line.id);
        if lines.len() < usize::try_from(SHEET_ROWS).unwrap_or(usize::MAX) || rows >= ROWS_MAX {
            break;
        }
    }
    api.note(&login, "audit.export", &rows.to_string()).await;
    sheet.attachment("audit.csv")
}
