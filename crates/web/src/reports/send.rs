//! A report goes: looked at before, sent by one key, or given up with a reason; corrected later; tried out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use report::{Content, Policy, Profile, Recipient, Urgency};
use serde::{Deserialize, Serialize};
use store::{MakeLinks, ReportRow, Sending, Sent};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::compose::{Looks, looks};
use super::draft::tell;
use super::open::tell_open;
use super::sheet::Delivered;
use super::writer::writer;
use super::{Said, Shown, visible};
use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{Asked, At, Body};
use crate::news::News;
use crate::rights::Act;
use crate::seen::SeenLinks;
use crate::tongue::Tongue;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(send))
        .routes(routes!(waive))
        .routes(routes!(correct))
        .routes(routes!(trial))
}

/// Who would get a report, why, and how each will see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preview {
    /// Of this revision of the draft.
    revision: i64,
    policy: Policy,
    recipients: Vec<Looks>,
}

/// Who would get this report now, why, and how it will look to each.
#[utoipa::path(get, path = "/reports/{id}/preview", tag = "reports", params(("id" = String, Path)),
    responses((status = 200, body = Preview)))]
pub(crate) async fn preview(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
) -> Result<Json<Preview>, Refusal> {
    let report = visible(&api, &login, tongue.0, &id).await?;
    let composed = api.store.compose(&report).await.said(tongue.0)?;
    let recipients = looks(&composed, tongue.0);
    Ok(Json(Preview { revision: report.revision, policy: composed.chosen.policy, recipients }))
}

/// Which revision.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Revision {
    /// Only if it is still this revision; none: as it is now.
    revision: Option<i64>,
}

/// A report that is on its way.
#[derive(Serialize, ToSchema)]
pub(crate) struct OnItsWay {
    pub(crate) report: String,
    revision: i64,
    policy: Policy,
    sent_ms: Option<i64>,
    /// One for each recipient.
    deliveries: Vec<Delivered>,
}

/// Send a draft. Answered when it is saved together with a row for each recipient; that they get it goes on by itself, whether or not
/// a mail server or a chat answers now (F28, X02). Said twice, it is sent once.
#[utoipa::path(post, path = "/reports/{id}/send", tag = "reports", request_body = Revision, params(("id" = String, Path)),
    responses((status = 200, body = OnItsWay)))]
pub(crate) async fn send(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
    Body(wanted): Body<Revision>,
) -> Result<Json<OnItsWay>, Refusal> {
    let report = visible(&api, &login, tongue.0, &id).await?;
    let composed = api.store.compose(&report).await.said(tongue.0)?;
    let links = SeenLinks::below(&api.public_url);
    let links = MakeLinks { seen: &|| links.make(), listen: &|| links.listen() };
    let sending = composed.sending(&report, links, api.now_ms()).said(tongue.0)?;
    let sending = Sending { revision: wanted.revision.unwrap_or(sending.revision), ..sending };
    let writer = writer(&api, &login).await.said(tongue.0)?;
    let Sent { report, deliveries, again } =
        api.store.send_report(&id, &sending, &writer, api.now_ms()).await.said(tongue.0)?;
    if !again {
        sent(&api, &report, deliveries.len());
        tell_open(&api, &login).await;
    }
    let deliveries = deliveries.into_iter().map(|row| Delivered::of(&composed.profile, row)).collect();
    let policy = report.policy.unwrap_or(sending.policy);
    Ok(Json(OnItsWay { revision: report.revision, sent_ms: report.sent_ms, policy, deliveries, report: report.id }))
}

/// The desks, and whoever delivers, are told.
pub(crate) fn sent(api: &Api, report: &ReportRow, deliveries: usize) {
    api.switchboard.tell(News::ReportSent {
        report: report.id.clone(),
        call: report.call.map(|call| call.to_string()),
        customer: report.customer,
        customer_name: report.customer_name.clone(),
        urgent: report.urgency() == Urgency::Urgent,
        deliveries: u32::try_from(deliveries).unwrap_or(u32::MAX),
    });
}

/// Why there is no report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiver {
    reason: String,
}

/// There will be no report of this call, for a reason that is kept: also that is accounted for (F38).
#[utoipa::path(post, path = "/reports/{id}/waive", tag = "reports", request_body = Waiver, params(("id" = String, Path)),
    responses((status = 200, body = Shown)))]
pub(crate) async fn waive(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
    Body(Waiver { reason }): Body<Waiver>,
) -> Result<Json<Shown>, Refusal> {
    visible(&api, &login, tongue.0, &id).await?;
    if reason.trim().is_empty() {
        let (what, remedy) = tongue.0.of(
            ("理由がありません", "報告しない理由を入力してください"),
            ("there is no reason", "say why there is no report"),
        );
        return Err(Refusal::invalid("reason", what, remedy));
    }
    let writer = writer(&api, &login).await.said(tongue.0)?;
    let report = api.store.waive_report(&id, &reason, &writer, api.now_ms()).await.said(tongue.0)?;
    tell(&api, &login, &report, "waived");
    tell_open(&api, &login).await;
    Ok(Json(Shown::of(report, &login, api.now_ms())))
}

/// A draft that corrects or completes a report that was sent, with what that one said. It is sent as a report of its own, which names
/// the one before.
#[utoipa::path(post, path = "/reports/{id}/correct", tag = "reports", params(("id" = String, Path)),
    responses((status = 201, body = Shown)))]
pub(crate) async fn correct(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
) -> Result<(StatusCode, Json<Shown>), Refusal> {
    visible(&api, &login, tongue.0, &id).await?;
    let writer = writer(&api, &login).await.said(tongue.0)?;
    let report = api.store.correct_report(&id, &writer, api.now_ms()).await.said(tongue.0)?;
    tell(&api, &login, &report, "corrected");
    Ok((StatusCode::CREATED, Json(Shown::of(report, &login, api.now_ms()))))
}

/// To whom a trial goes.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TrialTo {
    /// One recipient, by id, also one that is not in use; none: every one that is.
    recipient: Option<String>,
}

/// A report that is marked as a trial, to every place of a firm that is in use, or to one: whether each arrives, `/reports/{id}` tells.
#[utoipa::path(post, path = "/customers/{id}/test-report", tag = "reports", params(("id" = i64, Path), TrialTo),
    responses((status = 200, body = OnItsWay)))]
pub(crate) async fn trial(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
    Asked(to): Asked<TrialTo>,
) -> Result<Json<OnItsWay>, Refusal> {
    login.may(Act::TendFirms)?;
    send_trial(&api, &login, tongue, customer, &to).await.map(Json)
}

/// Sends it; the asker may.
pub(crate) async fn send_trial(
    api: &Api,
    login: &Login,
    tongue: Tongue,
    customer: i64,
    to: &TrialTo,
) -> Result<OnItsWay, Refusal> {
    let row = api.store.customer(customer).await.said(tongue.0)?;
    let profile = api.store.profile_of(Some(customer)).await.said(tongue.0)?;
    let now_ms = api.now_ms();
    let places = trial_places(&profile, to, tongue)?;
    let writer = writer(api, login).await.said(tongue.0)?;
    let report = api.store.begin_report(customer, &writer, now_ms).await.said(tongue.0)?;
    let content = Content::trial(&report.id, &row.form.name, profile.language, now_ms);
    let links = SeenLinks::below(&api.public_url);
    let links = MakeLinks { seen: &|| links.make(), listen: &|| None };
    let deliveries = places
        .into_iter()
        .map(|place| store::delivery(links, &place.id, &place.channel, "test", &content, now_ms))
        .collect::<Result<Vec<_>, _>>()
        .said(tongue.0)?;
    let sending = Sending {
        revision: report.revision,
        policy: Policy::NoticeOnly,
        deliveries,
        digest_due_ms: None,
        ladder: None,
        tasks: Vec::new(),
    };
    let Sent { report, deliveries, again: _ } =
        api.store.send_report(&report.id, &sending, &writer, now_ms).await.said(tongue.0)?;
    sent(api, &report, deliveries.len());
    let deliveries = deliveries.into_iter().map(|row| Delivered::of(&profile, row)).collect();
    let policy = Policy::NoticeOnly;
    Ok(OnItsWay { revision: report.revision, sent_ms: report.sent_ms, policy, deliveries, report: report.id })
}

/// Where a trial goes.
fn trial_places<'a>(profile: &'a Profile, to: &TrialTo, tongue: Tongue) -> Result<Vec<&'a Recipient>, Refusal> {
    let wanted = |place: &&Recipient| to.recipient.as_ref().map_or(place.active, |id| *id == place.id);
    let places: Vec<_> = profile.recipients.iter().filter(wanted).filter(|place| place.channel.is_written()).collect();
    if !places.is_empty() {
        return Ok(places);
    }
    let (what, remedy) = match to.recipient {
        Some(_) => tongue.0.of(
            ("文書を送れる送信先ではありません", "保存したメールかチャットの送信先を指定してください"),
            ("that is no place that a report could go to", "name a mail or a chat of the firm's that was saved"),
        ),
        None => tongue.0.of(
            ("この契約企業には有効な送信先がありません", "プロフィールの recipients に送信先を登録してください"),
            ("this firm has no place that a report could go to", "give its profile a recipient"),
        ),
    };
    Err(Refusal::invalid("recipients", what, remedy))
}
