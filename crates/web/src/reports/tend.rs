//! What supervisors look after: what was not delivered, what is to be done, what was counted (F60), and the proof that nothing was
//! forgotten or late (F38, F40).

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use report::render;
use serde::{Deserialize, Serialize};
use store::{
    Account, Counts, DeliveryRow, Month, ProofRow, Reconciliation, StoreError, TaskEnd, TaskKind, TaskRow, word,
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Said;
use super::progress::label;
use super::sheet::Delivered;
use super::writer::writer;
use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::export::{Sheet, japanese_time};
use crate::extract::{Asked, At, Body};
use crate::news::News;
use crate::rights::Act;
use crate::seen::SeenLinks;
use crate::tongue::Tongue;

/// Proofs on a page if nobody says.
const PROOFS: u32 = 50;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(tasks))
        .routes(routes!(finish_task))
        .routes(routes!(resend))
        .routes(routes!(counters))
        .routes(routes!(export_counters))
        .routes(routes!(reconciliations, reconcile))
        .routes(routes!(proof))
        .routes(routes!(export_proof))
}

/// Something that supervisors have to do.
#[derive(Serialize, ToSchema)]
pub(crate) struct Work {
    #[serde(flatten)]
    task: TaskRow,
    customer_name: String,
    /// Of a task about a delivery: it, as it is now.
    delivery_now: Option<DeliveryRow>,
    /// What people call its recipient.
    label: String,
    /// Of a task to call the firm (F35): what is to be said.
    text: Option<String>,
}

/// What is to be done, oldest first: what was not delivered, came back or takes too long; urgent reports that nobody reads; firms
/// that want to be called.
#[utoipa::path(get, path = "/tasks", tag = "reports", responses((status = 200, body = Vec<Work>)))]
pub(crate) async fn tasks(State(api): State<Api>, login: Login, tongue: Tongue) -> Result<Json<Vec<Work>>, Refusal> {
    login.may(Act::TendReports)?;
    let mut found = Vec::new();
    for task in api.store.open_tasks().await.said(tongue.0)? {
        found.push(work(&api, tongue, task).await?);
    }
    Ok(Json(found))
}

async fn work(api: &Api, tongue: Tongue, task: TaskRow) -> Result<Work, Refusal> {
    let profile = unless_damaged(api.store.profile_of(task.customer).await).said(tongue.0)?.unwrap_or_default();
    let customer_name = match task.customer {
        Some(customer) => api.store.customer(customer).await.said(tongue.0)?.form.name,
        None => String::new(),
    };
    let delivery_now = match &task.delivery {
        Some(delivery) => unless_damaged(api.store.delivery(delivery).await).said(tongue.0)?,
        None => None,
    };
    let label = delivery_now.as_ref().map(|row| label(&profile, &row.recipient)).unwrap_or_default();
    let text = match (&task.report, task.kind) {
        (Some(report), TaskKind::CallOut | TaskKind::Unread | TaskKind::NoRecipient) => {
            words_of(api, report).await.said(tongue.0)?
        }
        (Some(_) | None, _) => None,
    };
    Ok(Work { task, customer_name, delivery_now, label, text })
}

/// What a report says, if it can be read.
async fn words_of(api: &Api, report: &str) -> Result<Option<String>, StoreError> {
    let Some(report) = unless_damaged(api.store.report(report).await)? else { return Ok(None) };
    let composed = unless_damaged(api.store.compose(&report).await)?;
    Ok(composed.map(|composed| render::mail(&composed.content).text))
}

/// `None` for what cannot be read: its task is there all the same, and so are all others.
fn unless_damaged<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(StoreError::Damaged { .. } | StoreError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How a task ended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ending {
    /// `done`, or `dropped`: tried in vain, or not needed.
    end: TaskEnd,
    /// What came of it: whom one spoke with.
    #[serde(default)]
    note: String,
}

/// Somebody has dealt with a task. A firm that was called is counted (F35, F60).
#[utoipa::path(post, path = "/tasks/{id}", tag = "reports", request_body = Ending, params(("id" = i64, Path)),
    responses((status = 200, body = Finished)))]
pub(crate) async fn finish_task(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Body(Ending { end, note }): Body<Ending>,
) -> Result<Json<Finished>, Refusal> {
    login.may(Act::TendReports)?;
    let writer = writer(&api, &login).await.said(tongue.0)?;
    let now = api.store.finish_task(id, &writer.name, end, &note, api.now_ms()).await.said(tongue.0)?;
    api.switchboard.tell(News::Task {
        task: id.to_string(),
        report: None,
        customer: None,
        what: "done".to_owned(),
        sort: String::new(),
    });
    Ok(Json(Finished { now }))
}

/// A task that has ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct Finished {
    /// It ended now; false: it had before.
    now: bool,
}

/// Send once more what was given up or came back, to where the recipient is reached now. Whoever had to do that has done it.
#[utoipa::path(post, path = "/deliveries/{id}/resend", tag = "reports", params(("id" = String, Path)),
    responses((status = 200, body = Delivered)))]
pub(crate) async fn resend(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
) -> Result<Json<Delivered>, Refusal> {
    login.may(Act::TendReports)?;
    let now_ms = api.now_ms();
    let writer = writer(&api, &login).await.said(tongue.0)?;
    let new = store::new_id(now_ms).said(tongue.0)?;
    let links = SeenLinks::below(&api.public_url);
    let made = api
        .store
        .resend_delivery(&id, &new, links.make(), &login.name, &|| links.listen(), now_ms)
        .await
        .said(tongue.0)?;
    for task in api.store.report_tasks(&made.report).await.said(tongue.0)? {
        if task.done_ms.is_none() && task.delivery.as_deref() == Some(id.as_str()) {
            api.store.finish_task(task.id, &writer.name, TaskEnd::Done, "sent again", now_ms).await.said(tongue.0)?;
        }
    }
    api.switchboard.tell(News::Delivery {
        delivery: made.id.clone(),
        report: made.report.clone(),
        customer: made.customer,
        recipient: made.recipient.clone(),
        state: word(&made.state),
        why: String::new(),
    });
    let profile = api.store.profile_of(made.customer).await.said(tongue.0)?;
    Ok(Json(Delivered::of(&profile, made)))
}

/// Which month.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Of {
    /// `2026-11`, Japan's.
    month: String,
}

fn month(text: &str, tongue: Tongue) -> Result<Month, Refusal> {
    Month::parse(text).ok_or_else(|| match tongue.0 {
        report::Language::Ja => {
            Refusal::invalid("month", format!("{text:?} は月ではありません"), "2026-11 のように書いてください")
        }
        report::Language::En => Refusal::invalid("month", format!("{text:?} is no month"), "write it as 2026-11"),
    })
}

/// What was counted for a firm.
#[derive(Serialize, ToSchema)]
pub(crate) struct Counted {
    customer: i64,
    /// `2026-11`.
    month: String,
    /// By billing class, as they grew.
    #[schema(value_type = BTreeMap<String, i64>)]
    counts: Counts,
    /// The same, counted anew from calls and reports.
    #[schema(value_type = BTreeMap<String, i64>)]
    recount: Counts,
    /// The firm's calls, and what became of their reports.
    account: Account,
    /// All of it agrees.
    agrees: bool,
}

/// A firm's counters of a month, and the same counted anew (F60).
#[utoipa::path(get, path = "/customers/{id}/counters", tag = "firms", params(("id" = i64, Path), Of),
    responses((status = 200, body = Counted)))]
pub(crate) async fn counters(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
    Asked(of): Asked<Of>,
) -> Result<Json<Counted>, Refusal> {
    login.may(Act::TendReports)?;
    let month = month(&of.month, tongue)?;
    api.store.customer(customer).await.said(tongue.0)?;
    let counts = api.store.counters(customer, month).await.said(tongue.0)?;
    let recount = api.store.recount(customer, month).await.said(tongue.0)?;
    let account = api.store.account(customer, month).await.said(tongue.0)?;
    let agrees = counts == recount && account.holds();
    Ok(Json(Counted { customer, month: month.to_string(), agrees, account, counts, recount }))
}

/// All firms' counters of a month as CSV; no cell of it is a formula (R19).
#[utoipa::path(get, path = "/counters/export", tag = "firms", params(Of),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn export_counters(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(of): Asked<Of>,
) -> Result<Response, Refusal> {
    login.may(Act::TendReports)?;
    let month = month(&of.month, tongue)?;
    let firms: BTreeMap<i64, (String, String)> = api
        .store
        .customers()
        .await
        .said(tongue.0)?
        .into_iter()
        .map(|row| (row.id, (row.form.code, row.form.name)))
        .collect();
    let mut sheet = Sheet::new(&["month", "code", "name", "class", "count"])?;
    for (customer, class, count) in api.store.all_counters(month).await.said(tongue.0)? {
        let (code, name) = firms.get(&customer).cloned().unwrap_or_default();
        sheet.row([month.to_string(), code, name, class, count.to_string()])?;
    }
    api.note(&login, "counters.export", &month.to_string()).await;
    sheet.attachment("counters.csv")
}

/// Which time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Between {
    /// Calls that came at or after, unix ms,
    from_ms: i64,
    /// and before.
    to_ms: i64,
}

/// A page of proofs.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Before {
    /// Only those before this one.
    before: Option<i64>,
    /// So many: 50.
    limit: Option<u32>,
}

/// Proofs, newest first, and whether their chain is whole.
#[derive(Serialize, ToSchema)]
pub(crate) struct Proofs {
    proofs: Vec<Reconciliation>,
    /// The first one that somebody has changed, or before which one was taken out; none: nobody has.
    broken: Option<i64>,
}

/// Proofs that every answered call has its report or the reason why there is none (F38).
#[utoipa::path(get, path = "/reconciliations", tag = "reports", params(Before), responses((status = 200, body = Proofs)))]
pub(crate) async fn reconciliations(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(page): Asked<Before>,
) -> Result<Json<Proofs>, Refusal> {
    login.may(Act::TendReports)?;
    let proofs = api.store.reconciliations(page.before, page.limit.unwrap_or(PROOFS)).await.said(tongue.0)?;
    let broken = api.store.broken_proof().await.said(tongue.0)?;
    Ok(Json(Proofs { proofs, broken }))
}

/// Make such a proof now, and keep it. One is made every hour by itself.
#[utoipa::path(post, path = "/reconciliations", tag = "reports", request_body = Between,
    responses((status = 200, body = Reconciliation)))]
pub(crate) async fn reconcile(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Body(Between { from_ms, to_ms }): Body<Between>,
) -> Result<Json<Reconciliation>, Refusal> {
    login.may(Act::TendReports)?;
    if from_ms >= to_ms {
        let (what, remedy) = tongue.0.of(
            ("終わりが始まりより前です", "from_ms より後の時刻にしてください"),
            ("it ends before it begins", "give a time after from_ms"),
        );
        return Err(Refusal::invalid("to_ms", what, remedy));
    }
    Ok(Json(api.store.reconcile(from_ms, to_ms, api.now_ms()).await.said(tongue.0)?))
}

/// The evidence of which time and firm.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Evidence {
    /// Client firm; none: all.
    #[serde(default)]
    customer: Option<i64>,
    /// Calls that came at or after, unix ms,
    from_ms: i64,
    /// and before.
    to_ms: i64,
}

/// That firms were told at once (F40): of each call its end, when the report was saved, and what each recipient's server called it
/// when it took it.
#[utoipa::path(get, path = "/proof", tag = "reports", params(Evidence), responses((status = 200, body = Vec<ProofRow>)))]
pub(crate) async fn proof(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(of): Asked<Evidence>,
) -> Result<Json<Vec<ProofRow>>, Refusal> {
    login.may(Act::TendReports)?;
    Ok(Json(api.store.proof_rows(of.customer, of.from_ms, of.to_ms).await.said(tongue.0)?))
}

/// The same as CSV, Japanese time; no cell of it is a formula (R19).
#[utoipa::path(get, path = "/proof/export", tag = "reports", params(Evidence),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn export_proof(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(of): Asked<Evidence>,
) -> Result<Response, Refusal> {
    login.may(Act::TendReports)?;
    let rows = api.store.proof_rows(of.customer, of.from_ms, of.to_ms).await.said(tongue.0)?;
    let mut sheet = Sheet::new(&PROOF_COLUMNS)?;
    for row in &rows {
        sheet.row(proof_cells(row))?;
    }
    api.note(&login, "proof.export", &rows.len().to_string()).await;
    sheet.attachment("proof.csv")
}

/// Columns of the evidence.
const PROOF_COLUMNS: [&str; 15] = [
    "call",
    "customer",
    "arrived",
    "answered",
    "ended",
    "report",
    "state",
    "sent",
    "waiver",
    "recipient",
    "channel",
    "delivery_state",
    "accepted",
    "server_id",
    "seen",
];

fn proof_cells(row: &ProofRow) -> [String; 15] {
    let time = |at_ms: Option<i64>| at_ms.map(japanese_time).unwrap_or_default();
    [
        row.call.clone(),
        row.customer.map(|customer| customer.to_string()).unwrap_or_default(),
        japanese_time(row.arrived_ms),
        time(row.answered_ms),
        time(row.ended_ms),
        row.report.clone(),
        word(&row.state),
        time(row.sent_ms),
        row.waiver.clone(),
        row.recipient.clone().unwrap_or_default(),
        row.channel.clone().unwrap_or_default(),
        row.delivery_state.as_ref().map(word).unwrap_or_default(),
        time(row.accepted_ms),
        row.remote_id.clone().unwrap_or_default(),
        time(row.seen_ms),
    ]
}
