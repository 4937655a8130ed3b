//! A report of the past as supervisors look at it: the text that went out, the names of its fields, who did what to it; and to one
//! recipient more. Who has acknowledged a firm's manual.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use report::{Content, Field, Person, render};
use serde::{Deserialize, Serialize};
use store::{AuditEntry, DeliveryRow, MakeLinks, NewDelivery, ReportRow, word};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Said;
use super::sheet::Delivered;
use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::news::News;
use crate::rights::Act;
use crate::seen::SeenLinks;
use crate::tongue::Tongue;

/// Lines of the audit log that are shown of one report and of each of its deliveries.
const AUDIT_ROWS: u32 = 100;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(written)).routes(routes!(send_also)).routes(routes!(readers))
}

/// A report's text, and who did what to it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Written {
    /// A mail's subject.
    subject: String,
    /// A mail's text, without its confirmation link: as it was sent, else as it would be now.
    text: String,
    /// The fields of its kind in their order, with their names.
    fields: Vec<Field>,
    /// What was done to it and to its deliveries, oldest first.
    audit: Vec<AuditEntry>,
    /// The firm's people: who was asked for may be an id of theirs.
    people: Vec<Person>,
    /// The firm's recipients that it could be sent to, too.
    places: Vec<Place>,
}

/// A recipient.
#[derive(Serialize, ToSchema)]
pub(crate) struct Place {
    /// The firm's recipient, by id.
    id: String,
    /// What people call it.
    label: String,
    /// The channel's word: "email".
    channel: &'static str,
}

/// A report's text as it went out, the names of its fields, and its part of the audit log.
#[utoipa::path(get, path = "/reports/{id}/written", tag = "reports", params(("id" = String, Path)),
    responses((status = 200, body = Written)))]
pub(crate) async fn written(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
) -> Result<Json<Written>, Refusal> {
    login.may(Act::TendReports)?;
    let report = api.store.report(&id).await.said(tongue.0)?;
    let deliveries = api.store.report_deliveries(&id).await.said(tongue.0)?;
    let content = content(&api, &report, &deliveries, tongue).await?;
    let mail = render::mail(&content);
    let mut audit = api.store.audit(Some(&format!("report {id}")), None, AUDIT_ROWS).await.said(tongue.0)?;
    for delivery in &deliveries {
        let about = format!("delivery {}", delivery.id);
        audit.extend(api.store.audit(Some(&about), None, AUDIT_ROWS).await.said(tongue.0)?);
    }
    audit.sort_by_key(|entry| (entry.at_ms, entry.id));
    let profile = api.store.profile_of(report.customer).await.said(tongue.0)?;
    let written = profile.recipients.iter().filter(|place| place.active && place.channel.is_written());
    let place = |place: &report::Recipient| Place {
        id: place.id.clone(),
        label: super::progress::label(&profile, &place.id),
        channel: place.channel.kind(),
    };
    Ok(Json(Written {
        subject: mail.subject,
        text: mail.text,
        fields: profile.form.fields(report.kind()),
        places: written.map(place).collect(),
        people: profile.people.clone(),
        audit,
    }))
}

/// What was told when it was sent; of a report that went to nobody, what would be told now. Links are one recipient's.
async fn content(
    api: &Api,
    report: &ReportRow,
    deliveries: &[DeliveryRow],
    tongue: Tongue,
) -> Result<Content, Refusal> {
    let content = match deliveries.first() {
        Some(first) => api.store.delivery_content(&first.id).await.said(tongue.0)?,
        None => api.store.compose(report).await.said(tongue.0)?.content,
    };
    Ok(Content { link: None, seen_link: None, ..content })
}

/// To one recipient more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Also {
    /// The firm's recipient, by id.
    recipient: String,
}

/// Send a report that was sent to one more of the firm's recipients, or once more to one that has it.
#[utoipa::path(post, path = "/reports/{id}/deliveries", tag = "reports", request_body = Also, params(("id" = String, Path)),
    responses((status = 201, body = Delivered)))]
pub(crate) async fn send_also(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
    Body(Also { recipient }): Body<Also>,
) -> Result<(StatusCode, Json<Delivered>), Refusal> {
    login.may(Act::TendReports)?;
    let report = api.store.report(&id).await.said(tongue.0)?;
    let profile = api.store.profile_of(report.customer).await.said(tongue.0)?;
    let Some(place) = profile.recipient(&recipient).filter(|place| place.channel.is_written()) else {
        let (what, remedy) = tongue.0.of(
            ("文書を送れる送信先ではありません", "この契約企業の送信先から選んでください"),
            ("that is no place that a report could go to", "choose one of the firm's recipients"),
        );
        return Err(Refusal::invalid("recipient", what, remedy));
    };
    let now_ms = api.now_ms();
    let deliveries = api.store.report_deliveries(&id).await.said(tongue.0)?;
    let content = content(&api, &report, &deliveries, tongue).await?;
    let links = SeenLinks::below(&api.public_url);
    let links = MakeLinks { seen: &|| links.make(), listen: &|| links.listen() };
    let delivery: NewDelivery =
        store::delivery(links, &place.id, &place.channel, "by hand", &content, now_ms).said(tongue.0)?;
    let made = api.store.send_also(&id, &delivery, &login.name, now_ms).await.said(tongue.0)?;
    api.switchboard.tell(News::Delivery {
        delivery: made.id.clone(),
        report: made.report.clone(),
        customer: made.customer,
        recipient: made.recipient.clone(),
        state: word(&made.state),
        why: String::new(),
    });
    Ok((StatusCode::CREATED, Json(Delivered::of(&profile, made))))
}

/// Somebody who has read a version.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadBy {
    version: i64,
    operator: i64,
    name: String,
    at_ms: i64,
}

/// Who has acknowledged which version of a firm's manual (F22), the newest version first.
#[utoipa::path(get, path = "/customers/{id}/manuals/readers", tag = "firms", params(("id" = i64, Path)),
    responses((status = 200, body = Vec<ReadBy>)))]
pub(crate) async fn readers(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(customer): At<i64>,
) -> Result<Json<Vec<ReadBy>>, Refusal> {
    login.may(Act::TendFirms)?;
    let names: std::collections::BTreeMap<i64, String> =
        api.store.operators().await.said(tongue.0)?.into_iter().map(|row| (row.id, row.form.name)).collect();
    let readers = api.store.manual_readers(customer).await.said(tongue.0)?;
    let named = |reader: store::Reader| ReadBy {
        version: reader.version,
        operator: reader.operator,
        name: names.get(&reader.operator).cloned().unwrap_or_default(),
        at_ms: reader.at_ms,
    };
    Ok(Json(readers.into_iter().map(named).collect()))
}
