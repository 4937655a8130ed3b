//! A new firm's proofs (F61): begun, and proved one after the other with their evidence; and how the firm was identified. Whoever took the
//! call may say how it was greeted, everything else is for those who answer for firms.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{FirmStanding, GreetingHeard, IdentityForm, IdentityRow, Onboarding, RouteProof, StoreError};
use switch::desk::{RouteNow, Snapshot};
use switch::{Command, Reply};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::calls::id as call_id;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::news::News;
use crate::reports::{Said, TrialTo, send_trial};
use crate::rights::Act;
use crate::tongue::Tongue;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(standings))
        .routes(routes!(mine))
        .routes(routes!(of_firm, begin))
        .routes(routes!(run))
        .routes(routes!(route))
        .routes(routes!(call))
        .routes(routes!(greeting))
        .routes(routes!(mail))
        .routes(routes!(arrived))
        .routes(routes!(identity, identify))
}

/// Where every firm stands with its proofs, and whether what was proved is still what is set.
#[utoipa::path(get, path = "/onboardings", tag = "onboarding", responses((status = 200, body = Vec<FirmStanding>)))]
pub(crate) async fn standings(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
) -> Result<Json<Vec<FirmStanding>>, Refusal> {
    login.may(Act::TendFirms)?;
    Ok(Json(api.store.onboarding_standings().await.said(tongue.0)?))
}

/// A call whose greeting waits for the word of whoever took it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ToConfirm {
    /// The run.
    onboarding: i64,
    customer: i64,
    customer_name: String,
    call: String,
    arrived_ms: i64,
    /// What was to be said.
    greeting: String,
    /// How it is read.
    reading: String,
}

/// Calls that the asker took and whose greeting is to be confirmed: newest first.
#[utoipa::path(get, path = "/onboardings/mine", tag = "onboarding", responses((status = 200, body = Vec<ToConfirm>)))]
pub(crate) async fn mine(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
) -> Result<Json<Vec<ToConfirm>>, Refusal> {
    login.may(Act::WriteReports)?;
    let Some(operator) = login.operator else { return Ok(Json(Vec::new())) };
    let mut found = Vec::new();
    for run in api.store.onboardings_to_confirm(operator).await.said(tongue.0)? {
        let form = api.store.customer(run.customer).await.said(tongue.0)?.form;
        let (Some(call), Some(written)) = (run.call, run.written) else { continue };
        found.push(ToConfirm {
            onboarding: run.id,
            customer: run.customer,
            customer_name: form.name,
            call: call.call,
            arrived_ms: call.arrived_ms,
            greeting: written.text,
            reading: written.reading,
        });
    }
    Ok(Json(found))
}

/// A firm with all its runs.
#[derive(Serialize, ToSchema)]
pub(crate) struct FirmRuns {
    #[serde(flatten)]
    standing: FirmStanding,
    /// Newest first.
    runs: Vec<Onboarding>,
}

/// A firm's proofs: where it stands, and every run with its evidence.
#[utoipa::path(get, path = "/customers/{id}/onboardings", tag = "onboarding", params(("id" = i64, Path)),
    responses((status = 200, body = FirmRuns)))]
pub(crate) async fn of_firm(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
) -> Result<Json<FirmRuns>, Refusal> {
    login.may(Act::TendFirms)?;
    let standing = api.store.onboarding_standing(customer).await.said(tongue.0)?;
    Ok(Json(FirmRuns { standing, runs: api.store.onboardings(customer).await.said(tongue.0)? }))
}

/// Begin a run. Earlier ones stay.
#[utoipa::path(post, path = "/customers/{id}/onboardings", tag = "onboarding", params(("id" = i64, Path)),
    responses((status = 201, body = Onboarding)))]
pub(crate) async fn begin(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
) -> Result<(StatusCode, Json<Onboarding>), Refusal> {
    login.may(Act::TendFirms)?;
    let run = api.store.begin_onboarding(customer, &login.name, api.now_ms()).await.said(tongue.0)?;
    Ok((StatusCode::CREATED, told(&api, run)))
}

/// A run with its evidence.
#[utoipa::path(get, path = "/onboardings/{id}", tag = "onboarding", params(("id" = i64, Path)),
    responses((status = 200, body = Onboarding)))]
pub(crate) async fn run(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<Json<Onboarding>, Refusal> {
    login.may(Act::TendFirms)?;
    Ok(Json(api.store.onboarding(id).await.said(tongue.0)?))
}

/// Ask the switch itself what would become of a call to the firm's number: whose it is, by which ways it can come, who could take it.
#[utoipa::path(post, path = "/onboardings/{id}/route", tag = "onboarding", params(("id" = i64, Path)),
    responses((status = 200, body = Onboarding)))]
pub(crate) async fn route(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<Json<Onboarding>, Refusal> {
    login.may(Act::TendFirms)?;
    let customer = api.store.onboarding(id).await.said(tongue.0)?.customer;
    let firm = api.store.customer(customer).await.said(tongue.0)?;
    let Some(did) = firm.form.dids.into_iter().next() else {
        let (what, remedy) = tongue.0.of(
            ("この契約企業には番号がありません", "着信番号を登録してください"),
            ("this firm has no number", "give it a number that it forwards to"),
        );
        return Err(Refusal::invalid("dids", what, remedy));
    };
    let (route, now) = ask(&api, &did).await?;
    let (up, down): (Vec<_>, Vec<_>) = now.trunks.into_iter().partition(|trunk| trunk.up);
    let names = |trunks: Vec<switch::desk::TrunkNow>| trunks.into_iter().map(|trunk| trunk.name).collect();
    let proof = RouteProof {
        did,
        known: route.customer == Some(customer),
        trunks_up: names(up),
        trunks_down: names(down),
        operators: u32::try_from(now.operators.iter().filter(|one| one.reachable).count()).unwrap_or(u32::MAX),
        greeting: route.greeting,
        open: route.open,
        at_ms: api.now_ms(),
        by: login.name,
    };
    Ok(told(&api, api.store.note_onboarding_route(id, proof).await.said(tongue.0)?))
}

async fn ask(api: &Api, did: &str) -> Result<(RouteNow, Snapshot), Refusal> {
    let odd = || Refusal::unavailable("the switch gave no answer");
    let number = format!("+{did}");
    let Reply::Route(route) = api.switchboard.command(Command::Route { number }).await? else { return Err(odd()) };
    let Reply::Snapshot(now) = api.switchboard.command(Command::Snapshot).await? else { return Err(odd()) };
    Ok((*route, *now))
}

/// Which call.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ArrivedCall {
    /// 13 characters; none: the newest one since the run began.
    call: Option<String>,
}

/// Keep the call that arrived. 404: none has arrived yet.
#[utoipa::path(post, path = "/onboardings/{id}/call", tag = "onboarding", request_body = ArrivedCall, params(("id" = i64, Path)),
    responses((status = 200, body = Onboarding)))]
pub(crate) async fn call(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Body(ArrivedCall { call }): Body<ArrivedCall>,
) -> Result<Json<Onboarding>, Refusal> {
    login.may(Act::TendFirms)?;
    let call = call.as_deref().map(call_id).transpose()?;
    let before = api.store.onboarding(id).await.said(tongue.0)?;
    let noted = api.store.note_onboarding_call(id, call, &login.name, api.now_ms()).await.said(tongue.0)?;
    let none = || Refusal::not_found(tongue.0.of("まだ着信がありません", "no call has arrived yet"));
    let run = noted.ok_or_else(none)?;
    // Desks that look again ask this again: what changes nothing is told to nobody, or they would go on for ever.
    Ok(if run.call == before.call { Json(run) } else { told(&api, run) })
}

/// Say how the call was greeted: whoever took it, or a supervisor who has listened to the recording.
#[utoipa::path(post, path = "/onboardings/{id}/greeting", tag = "onboarding", request_body = GreetingHeard, params(("id" = i64, Path)),
    responses((status = 200, body = Onboarding)))]
pub(crate) async fn greeting(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Body(heard): Body<GreetingHeard>,
) -> Result<Json<Onboarding>, Refusal> {
    login.may(Act::WriteReports)?;
    let run = api.store.onboarding(id).await;
    let took_it = run.as_ref().ok().and_then(|run| run.call.as_ref()).is_some_and(|call| {
        login.operator.is_some() && call.operator == login.operator && heard.heard == store::Heard::Operator
    });
    let tends = login.may(Act::TendFirms).is_ok();
    if !took_it && !tends {
        // What is not one's own is not there (R18).
        return Err(StoreError::Missing { what: "onboarding", id: id.to_string() }).said(tongue.0);
    }
    if !took_it && heard.heard == store::Heard::Operator {
        let (what, remedy) = tongue.0.of(
            ("この通話を受けたのはあなたではありません", "録音を聴いて確認してください"),
            ("you did not take this call", "listen to its recording"),
        );
        return Err(Refusal::invalid("heard", what, remedy));
    }
    Ok(told(&api, api.store.note_onboarding_greeting(id, &heard, &login.name, api.now_ms()).await.said(tongue.0)?))
}

/// Send the test report to every recipient of the firm's that is in use. Sent again, it is the newer one that counts.
#[utoipa::path(post, path = "/onboardings/{id}/mail", tag = "onboarding", params(("id" = i64, Path)),
    responses((status = 200, body = Onboarding)))]
pub(crate) async fn mail(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<Json<Onboarding>, Refusal> {
    login.may(Act::TendFirms)?;
    let run = api.store.onboarding(id).await.said(tongue.0)?;
    if run.proved_ms.is_some() {
        return Err(StoreError::Conflict(store::Conflict::Proved)).said(tongue.0);
    }
    let sent = send_trial(&api, &login, tongue, run.customer, &TrialTo::default()).await?;
    let noted = api.store.note_onboarding_mail(id, &sent.report, &login.name, api.now_ms()).await.said(tongue.0)?;
    Ok(told(&api, noted))
}

/// Whether the test report is there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arrived {
    /// The firm's recipient, by id.
    recipient: String,
    /// It is there, or it is not.
    arrived: bool,
}

/// Say that the test report is there at a recipient, or that it is not.
#[utoipa::path(post, path = "/onboardings/{id}/mail/arrived", tag = "onboarding", request_body = Arrived, params(("id" = i64, Path)),
    responses((status = 200, body = Onboarding)))]
pub(crate) async fn arrived(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Body(Arrived { recipient, arrived }): Body<Arrived>,
) -> Result<Json<Onboarding>, Refusal> {
    login.may(Act::TendFirms)?;
    let said = api.store.confirm_onboarding_mail(id, &recipient, arrived, &login.name, api.now_ms()).await;
    Ok(told(&api, said.said(tongue.0)?))
}

/// The desks are told to look again.
fn told(api: &Api, run: Onboarding) -> Json<Onboarding> {
    api.switchboard.tell(News::FirmChanged { customer: run.customer, what: "onboarding".to_owned() });
    Json(run)
}

/// How a firm was identified: every record, newest first.
#[utoipa::path(get, path = "/customers/{id}/identity", tag = "onboarding", params(("id" = i64, Path)),
    responses((status = 200, body = Vec<IdentityRow>)))]
pub(crate) async fn identity(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
) -> Result<Json<Vec<IdentityRow>>, Refusal> {
    login.may(Act::TendFirms)?;
    Ok(Json(api.store.identity_checks(customer).await.said(tongue.0)?))
}

/// Write down how a firm was identified. Earlier records stay.
#[utoipa::path(post, path = "/customers/{id}/identity", tag = "onboarding", request_body = IdentityForm, params(("id" = i64, Path)),
    responses((status = 201, body = IdentityRow)))]
pub(crate) async fn identify(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
    Body(form): Body<IdentityForm>,
) -> Result<(StatusCode, Json<IdentityRow>), Refusal> {
    login.may(Act::Administer)?;
    let kept = api.store.add_identity_check(customer, &form, &login.name, api.now_ms()).await.said(tongue.0)?;
    Ok((StatusCode::CREATED, Json(kept)))
}
