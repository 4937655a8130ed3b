//! Praise, complaints and wishes (F63): a firm says them of a report, a supervisor answers, and whoever took the call reads both.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{FeedbackKind, FeedbackQuery, FeedbackRow, NewFeedback, ReportRow};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Member;
use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{Asked, At, Body};
use crate::news::News;
use crate::reports::Said;
use crate::rights::{Act, MyAct};
use crate::tongue::Tongue;

/// The firm's side.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(say))
}

/// The house's side.
pub(crate) fn desk_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(feedback)).routes(routes!(answer)).routes(routes!(own, read))
}

/// Say something of a report and of whoever took it: praise, a complaint, a wish. Supervisors and the operator are told at once.
#[utoipa::path(post, path = "/reports/{id}/feedback", tag = "my page", request_body = NewFeedback,
    params(("id" = String, Path)), responses((status = 201, body = FeedbackRow)))]
pub(crate) async fn say(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    At(id): At<String>,
    Body(new): Body<NewFeedback>,
) -> Result<(StatusCode, Json<FeedbackRow>), Refusal> {
    member.may(MyAct::Handle)?;
    let row = api.store.say_feedback(member.customer, &id, &new, &member.name, api.now_ms()).await.said(tongue.0)?;
    tell(&api, &row, "made");
    Ok((StatusCode::CREATED, Json(row)))
}

/// The desks are told.
fn tell(api: &Api, row: &FeedbackRow, what: &str) {
    api.switchboard.tell(News::Task {
        task: format!("feedback {}", row.id),
        report: Some(row.report.clone()),
        customer: Some(row.customer),
        what: what.to_owned(),
        sort: "feedback".to_owned(),
    });
}

/// Which of them.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Client firm.
    customer: Option<i64>,
    /// A report's id.
    report: Option<String>,
    /// Operator who took the call.
    operator: Option<i64>,
    /// Not answered yet, or answered.
    open: Option<bool>,
    /// Before this one: the last of the page before.
    before: Option<i64>,
}

/// A firm's word with the report that it is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct SaidOf {
    #[serde(flatten)]
    feedback: FeedbackRow,
    /// The report as it was sent.
    about: ReportRow,
}

/// What firms say, newest first: 200 at most.
#[utoipa::path(get, path = "/feedback", tag = "feedback", params(Which), responses((status = 200, body = Vec<SaidOf>)))]
pub(crate) async fn feedback(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(Which { customer, report, operator, open, before }): Asked<Which>,
) -> Result<Json<Vec<SaidOf>>, Refusal> {
    login.may(Act::TendReports)?;
    let query = FeedbackQuery { customer, report, operator, open, before };
    let mut found = Vec::new();
    for feedback in api.store.feedback(&query).await.said(tongue.0)? {
        let about = api.store.report(&feedback.report).await.said(tongue.0)?;
        found.push(SaidOf { feedback, about });
    }
    Ok(Json(found))
}

/// What the firm is answered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answering {
    /// It stands on the firm's page beside its word.
    answer: String,
}

/// Answer a firm; its task is done.
#[utoipa::path(post, path = "/feedback/{id}", tag = "feedback", request_body = Answering, params(("id" = i64, Path)),
    responses((status = 200, body = FeedbackRow)))]
pub(crate) async fn answer(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Body(Answering { answer }): Body<Answering>,
) -> Result<Json<FeedbackRow>, Refusal> {
    login.may(Act::TendReports)?;
    let row = api.store.answer_feedback(id, &answer, &login.name, api.now_ms()).await.said(tongue.0)?;
    tell(&api, &row, "done");
    Ok(Json(row))
}

/// What was said of a call of the asker's. Who of the firm said it is not told.
#[derive(Serialize, ToSchema)]
pub(crate) struct OfMine {
    id: i64,
    customer_name: String,
    kind: FeedbackKind,
    words: String,
    said_ms: i64,
    /// What the firm was answered; empty: nothing yet.
    answer: String,
    /// The asker has not said yet that it was seen.
    fresh: bool,
}

/// What firms say of the asker's own calls, newest first.
#[utoipa::path(get, path = "/feedback/mine", tag = "feedback", responses((status = 200, body = Vec<OfMine>)))]
pub(crate) async fn own(State(api): State<Api>, login: Login, tongue: Tongue) -> Result<Json<Vec<OfMine>>, Refusal> {
    login.may(Act::Watch)?;
    let Some(operator) = login.operator else { return Ok(Json(Vec::new())) };
    let query = FeedbackQuery { operator: Some(operator), ..FeedbackQuery::default() };
    let mut found = Vec::new();
    for row in api.store.feedback(&query).await.said(tongue.0)? {
        found.push(OfMine {
            id: row.id,
            customer_name: api.store.customer(row.customer).await.said(tongue.0)?.form.name,
            kind: row.kind,
            words: row.words,
            said_ms: row.said_ms,
            answer: row.answer,
            fresh: row.read_ms.is_none(),
        });
    }
    Ok(Json(found))
}

/// What the asker was shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    /// Of what firms say of the asker's calls: 200 at most.
    ids: Vec<i64>,
}

/// Say that these were seen: they are fresh no longer. What came meanwhile stays so.
#[utoipa::path(post, path = "/feedback/mine", tag = "feedback", request_body = Shown, responses((status = 204)))]
pub(crate) async fn read(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Body(Shown { ids }): Body<Shown>,
) -> Result<StatusCode, Refusal> {
    login.may(Act::Watch)?;
    if let Some(operator) = login.operator {
        api.store.feedback_read(operator, &ids, api.now_ms()).await.said(tongue.0)?;
    }
    Ok(StatusCode::NO_CONTENT)
}
