//! Reports of the past: find them, see one with everything that became of it, take them away as CSV.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use report::evidence::Evidence;
use report::{Kind, Urgency, key};
use serde::{Deserialize, Serialize};
use store::{
    AttemptRow, DeliveryRow, Origin, ReportCursor, ReportQuery, ReportRow, ReportState, StoredEdit, TaskRow, word,
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::progress::label;
use super::{Said, Shown, heard, visible};
use crate::api::Api;
use crate::auth::Login;
use crate::calls::display;
use crate::desk::recording_ms;
use crate::error::Refusal;
use crate::export::{Sheet, japanese_time};
use crate::extract::{Asked, At};
use crate::rights::Act;
use crate::tongue::Tongue;

/// Reports in one file.
const ROWS_MAX: usize = 20_000;
/// Reports asked of the store at once.
const PAGE_ROWS: u32 = 500;
/// So far back digits are looked for in the middle of numbers.
pub(crate) const ANYWHERE_MS: i64 = 183 * report::japan::DAY_MS;
/// Drafts in a list.
const DRAFTS_MAX: u32 = 200;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(find))
        .routes(routes!(unfinished))
        .routes(routes!(export_reports))
        .routes(routes!(one))
}

/// Which reports. Everything that is given must hold; what is empty is not given.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Client firm.
    customer: Option<i64>,
    /// The call came, or the report was begun, at or after, unix ms.
    from_ms: Option<i64>,
    /// Before, unix ms.
    to_ms: Option<i64>,
    /// `draft`, `sent` or `waived`.
    #[param(value_type = Option<String>)]
    state: Option<ReportState>,
    /// `answered`, `message_box`, `abandoned`, `follow_up`, `digest` or `manual`.
    #[param(value_type = Option<String>)]
    origin: Option<Origin>,
    /// The kind's code.
    #[param(value_type = Option<String>)]
    kind: Option<Kind>,
    /// `normal`, `high` or `urgent`.
    #[param(value_type = Option<String>)]
    urgency: Option<Urgency>,
    /// Operator who answered.
    operator: Option<i64>,
    /// Whom the caller asked for, as it was written.
    person: Option<String>,
    /// Parts of anything that was written, each; width, kana and case do not matter.
    text: Option<String>,
    /// The callback number or the caller's, in any spelling, or its last digits; in reports of the last six months, any four or
    /// more digits of it.
    number: Option<String>,
    /// Confirmed by one of its recipients, or not.
    seen: Option<bool>,
    /// Reports on a page: 50, at most 500.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl TryFrom<Filter> for ReportQuery {
    type Error = Refusal;

    fn try_from(filter: Filter) -> Result<ReportQuery, Refusal> {
        let parsed = |text: String| {
            text.parse::<ReportCursor>().map_err(|why| {
                Refusal::invalid("cursor", format!("{text:?} is none: {why}"), "give the `next` of the page before")
            })
        };
        Ok(ReportQuery {
            customer: filter.customer,
            from_ms: filter.from_ms,
            to_ms: filter.to_ms,
            state: filter.state,
            origin: filter.origin,
            kind: filter.kind,
            urgency: filter.urgency,
            operator: filter.operator,
            person: filter.person,
            text: filter.text,
            number: filter.number,
            anywhere_since_ms: None,
            seen: filter.seen,
            handled: None,
            assignee: None,
            no_digests: false,
            limit: filter.limit,
            cursor: filter.cursor.filter(|text| !text.is_empty()).map(parsed).transpose()?,
        })
    }
}

/// A page of reports, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportList {
    reports: Vec<Shown>,
    /// Give it as `cursor` for the next page; none: this was the last.
    #[schema(value_type = Option<String>)]
    next: Option<ReportCursor>,
}

/// Find reports, newest first.
#[utoipa::path(get, path = "/reports", tag = "reports", params(Filter), responses((status = 200, body = ReportList)))]
pub(crate) async fn find(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(filter): Asked<Filter>,
) -> Result<Json<ReportList>, Refusal> {
    login.may(Act::TendReports)?;
    let now_ms = api.now_ms();
    let query = ReportQuery { anywhere_since_ms: Some(now_ms - ANYWHERE_MS), ..filter.try_into()? };
    let page = api.store.reports(&query).await.said(tongue.0)?;
    let reports = page.reports.into_iter().map(|report| Shown::of(report, &login, now_ms)).collect();
    Ok(Json(ReportList { reports, next: page.next }))
}

/// Drafts of calls that are over, oldest first: anybody may finish one (F29).
#[utoipa::path(get, path = "/reports/unfinished", tag = "reports", responses((status = 200, body = Vec<Shown>)))]
pub(crate) async fn unfinished(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
) -> Result<Json<Vec<Shown>>, Refusal> {
    login.may(Act::WriteReports)?;
    let drafts = api.store.unfinished_reports(None, DRAFTS_MAX).await.said(tongue.0)?;
    let now_ms = api.now_ms();
    Ok(Json(drafts.into_iter().map(|report| Shown::of(report, &login, now_ms)).collect()))
}

/// A report with everything that became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct WholeReport {
    #[serde(flatten)]
    report: Shown,
    /// One for each recipient, and those that were added later.
    deliveries: Vec<Tried>,
    /// Every change, in order.
    edits: Vec<StoredEdit>,
    /// Length of its call's recording; none: there is none, or none yet.
    recording_ms: Option<u64>,
    /// Where in the recording each field was said, by its key (X01).
    #[schema(value_type = BTreeMap<String, Evidence>)]
    evidence: BTreeMap<String, Evidence>,
    /// Reports that correct or complete this one.
    follow_ups: Vec<String>,
    /// What supervisors had to do because of it.
    tasks: Vec<TaskRow>,
}

/// A delivery with each try.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tried {
    #[serde(flatten)]
    delivery: DeliveryRow,
    /// What people call the recipient.
    label: String,
    tries: Vec<AttemptRow>,
}

/// One report: what was written when and by whom, who got it, and each try to deliver it.
#[utoipa::path(get, path = "/reports/{id}", tag = "reports", params(("id" = String, Path)),
    responses((status = 200, body = WholeReport)))]
pub(crate) async fn one(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
) -> Result<Json<WholeReport>, Refusal> {
    let report = visible(&api, &login, tongue.0, &id).await?;
    let profile = api.store.profile_of(report.customer).await.said(tongue.0)?;
    let mut deliveries = Vec::new();
    for delivery in api.store.report_deliveries(&id).await.said(tongue.0)? {
        let tries = api.store.attempts(&delivery.id).await.said(tongue.0)?;
        deliveries.push(Tried { label: label(&profile, &delivery.recipient), delivery, tries });
    }
    let edits = api.store.report_edits(&id).await.said(tongue.0)?;
    let plain: Vec<_> = edits.iter().map(|stored| stored.edit.clone()).collect();
    let follow_ups = api.store.follow_ups(&id).await.said(tongue.0)?;
    Ok(Json(WholeReport {
        deliveries,
        recording_ms: recording_ms(&api, report.call).await,
        evidence: heard(&api, &report, &plain).await.said(tongue.0)?,
        edits,
        follow_ups: follow_ups.into_iter().map(|report| report.id).collect(),
        tasks: api.store.report_tasks(&id).await.said(tongue.0)?,
        report: Shown::of(report, &login, api.now_ms()),
    }))
}

/// Reports as CSV, newest first, 20,000 at most: the same conditions as a search, Japanese time.
#[utoipa::path(get, path = "/reports/export", tag = "reports", params(Filter),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn export_reports(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(filter): Asked<Filter>,
) -> Result<Response, Refusal> {
    login.may(Act::TendReports)?;
    let anywhere_since_ms = Some(api.now_ms() - ANYWHERE_MS);
    let mut query = ReportQuery { limit: Some(PAGE_ROWS), anywhere_since_ms, ..filter.try_into()? };
    let mut sheet = Sheet::new(&COLUMNS)?;
    let mut rows = 0;
    loop {
        let page = api.store.reports(&query).await.said(tongue.0)?;
        for report in page.reports.iter().take(ROWS_MAX - rows) {
            sheet.row(cells(report))?;
            rows += 1;
        }
        query.cursor = page.next;
        if query.cursor.is_none() || rows >= ROWS_MAX {
            break;
        }
    }
    api.note(&login, "report.export", &rows.to_string()).await;
    sheet.attachment("reports.csv")
}

/// Columns of a report.
const COLUMNS: [&str; 15] = [
    "report", "call", "received", "customer", "caller", "kind", "urgency", "company", "name", "business", "desired",
    "callback", "operator", "state", "sent",
];

fn cells(report: &ReportRow) -> [String; 15] {
    let said = |key: &str| report.draft.said(key).unwrap_or_default().to_owned();
    [
        report.id.clone(),
        report.call.map(|call| call.to_string()).unwrap_or_default(),
        japanese_time(report.created_ms),
        report.customer_name.clone(),
        display(&report.caller),
        report.kind().code().to_owned(),
        report.urgency().code().to_owned(),
        said(key::COMPANY),
        said(key::NAME),
        said(key::BUSINESS),
        said(key::DESIRED),
        said(key::CALLBACK),
        report.operator_name.clone(),
        word(&report.state),
        report.sent_ms.map(japanese_time).unwrap_or_default(),
    ]
}
