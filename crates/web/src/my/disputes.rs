//! "That number was wrong": a firm says it on its page or by telephone, a supervisor listens and decides (F49, F50, X04).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use report::key;
use serde::{Deserialize, Serialize};
use store::{DisputeCount, DisputeQuery, DisputeRow, NewDispute, ReportRow, StoreError, Verdict};
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
    OpenApiRouter::new().routes(routes!(dispute))
}

/// The house's side.
pub(crate) fn desk_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(disputes))
        .routes(routes!(dispute_counts))
        .routes(routes!(decide))
        .routes(routes!(dispute_by_telephone))
}

/// Something in this report is wrong. Supervisors are told at once.
#[utoipa::path(post, path = "/reports/{id}/disputes", tag = "my page", request_body = NewDispute,
    params(("id" = String, Path)), responses((status = 201, body = DisputeRow)))]
pub(crate) async fn dispute(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    At(id): At<String>,
    Body(new): Body<NewDispute>,
) -> Result<(StatusCode, Json<DisputeRow>), Refusal> {
    member.may(MyAct::Handle)?;
    let now_ms = api.now_ms();
    let row = api.store.open_dispute(member.customer, &id, &new, &member.name, now_ms).await.said(tongue.0)?;
    tell(&api, &row, "made");
    Ok((StatusCode::CREATED, Json(row)))
}

/// A firm has said by telephone that something in this report is wrong: a dispute in the firm's name, with its clock, like one from
/// its own page. `opened_by` is whoever took the call. Of a field that is disputed already it is the dispute that is open.
#[utoipa::path(post, path = "/reports/{id}/disputes", tag = "disputes", request_body = NewDispute,
    params(("id" = String, Path)), responses((status = 201, body = DisputeRow)))]
pub(crate) async fn dispute_by_telephone(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
    Body(new): Body<NewDispute>,
) -> Result<(StatusCode, Json<DisputeRow>), Refusal> {
    login.may(Act::TendReports)?;
    let about = api.store.report(&id).await.said(tongue.0)?;
    let Some(customer) = about.customer else {
        let (what, remedy) = tongue.0.of(
            ("この報告には契約企業がありません", "指摘を受け付けられるのは、契約企業へ送った報告です"),
            ("this report is no client firm's", "choose one that was sent to a firm"),
        );
        return Err(Refusal::invalid("report", what, remedy));
    };
    has_field(&api, &about, new.field.trim(), tongue).await?;
    let opened = api.store.open_dispute(customer, &id, &new, &login.name, api.now_ms()).await;
    // It is there, as was just seen; but the firm itself does not see it.
    if let Err(StoreError::Missing { .. }) = opened {
        let (what, remedy) = tongue.0.of(
            (
                "指摘を受け付けられるのは、契約企業へ送った、直近6か月の報告です",
                "報告が古い場合や未送信の場合は、訂正・続報を書いてください",
            ),
            (
                "a firm disputes what was sent to it in the last six months",
                "write a correction of an older report; finish one that was not sent",
            ),
        );
        return Err(Refusal::invalid("report", what, remedy));
    }
    let row = opened.said(tongue.0)?;
    tell(&api, &row, "made");
    Ok((StatusCode::CREATED, Json(row)))
}

/// Whoever types a field's key may mistype it, and nobody could correct that field.
async fn has_field(api: &Api, about: &ReportRow, field: &str, tongue: Tongue) -> Result<(), Refusal> {
    let form = api.store.profile_of(about.customer).await.said(tongue.0)?.form;
    let keys: Vec<String> = form.fields(about.kind()).into_iter().map(|field| field.key).collect();
    let is_known = field == key::KIND || about.draft.answers.contains_key(field) || keys.iter().any(|key| key == field);
    if is_known || field.is_empty() {
        return Ok(());
    }
    let keys = keys.join(", ");
    let (what, remedy) = tongue.0.of(
        (format!("この報告に「{field}」という項目はありません"), format!("次から選んでください：{keys}")),
        (format!("this report has no field {field:?}"), format!("choose one of {keys}")),
    );
    Err(Refusal::invalid("field", what, remedy))
}

/// The desks are told of a dispute.
pub(crate) fn tell(api: &Api, dispute: &DisputeRow, what: &str) {
    api.switchboard.tell(News::Task {
        task: format!("dispute {}", dispute.id),
        report: Some(dispute.report.clone()),
        customer: Some(dispute.customer),
        what: what.to_owned(),
        sort: "disputed".to_owned(),
    });
}

/// Which disputes.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Client firm.
    customer: Option<i64>,
    /// A report's id.
    report: Option<String>,
    /// Undecided, or decided.
    open: Option<bool>,
    /// Before this one: the last of the page before.
    before: Option<i64>,
}

/// A dispute with the report that it is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct Disputed {
    #[serde(flatten)]
    dispute: DisputeRow,
    /// The report as it was sent.
    about: ReportRow,
}

/// Disputes, newest first: 200 at most.
#[utoipa::path(get, path = "/disputes", tag = "disputes", params(Which), responses((status = 200, body = Vec<Disputed>)))]
pub(crate) async fn disputes(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(Which { customer, report, open, before }): Asked<Which>,
) -> Result<Json<Vec<Disputed>>, Refusal> {
    login.may(Act::TendReports)?;
    let query = DisputeQuery { customer, report, open, before };
    let mut found = Vec::new();
    for dispute in api.store.disputes(&query).await.said(tongue.0)? {
        let about = api.store.report(&dispute.report).await.said(tongue.0)?;
        found.push(Disputed { dispute, about });
    }
    Ok(Json(found))
}

/// What was found by listening. With a corrected report, that one is sent by itself, to those who had the first.
#[utoipa::path(post, path = "/disputes/{id}", tag = "disputes", request_body = Verdict, params(("id" = i64, Path)),
    responses((status = 200, body = DisputeRow)))]
pub(crate) async fn decide(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Body(verdict): Body<Verdict>,
) -> Result<Json<DisputeRow>, Refusal> {
    login.may(Act::TendReports)?;
    let row = api.store.decide_dispute(id, &verdict, &login.name, api.now_ms()).await.said(tongue.0)?;
    tell(&api, &row, "done");
    Ok(Json(row))
}

/// In which time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Within {
    /// Decided at or after, unix ms.
    from_ms: i64,
    /// Before, unix ms.
    to_ms: i64,
}

/// How disputes ended, by cause, operator and firm (F50).
#[utoipa::path(get, path = "/disputes/counts", tag = "disputes", params(Within),
    responses((status = 200, body = Vec<DisputeCount>)))]
pub(crate) async fn dispute_counts(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(Within { from_ms, to_ms }): Asked<Within>,
) -> Result<Json<Vec<DisputeCount>>, Refusal> {
    login.may(Act::TendReports)?;
    Ok(Json(api.store.dispute_counts(from_ms, to_ms).await.said(tongue.0)?))
}
