//! The answer to a dispute in one request (X04): the corrected report to those who had the first, with the verdict on top and, if the
//! firm's plan has listening, the seconds in question by a link of its own for each recipient.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use report::{Edit, Language, Line, Value, japan};
use serde::{Deserialize, Serialize};
use store::{
    Cause, Clip, Composed, Conflict, DisputeRow, MakeLinks, NewClip, ReportRow, Sent, StoreError, Verdict, word,
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::error::Refusal;
use crate::export::Sheet;
use crate::extract::{Asked, At, Body};
use crate::my::tell_dispute;
use crate::reports::{Said, heard, tell_sent, writer};
use crate::rights::Act;
use crate::seen::SeenLinks;
use crate::tongue::Tongue;

/// A clip is so long,
const CLIP_MS: i64 = 10_000;
/// begins so long before a field was typed, because people speak before an operator types,
const LEAD_MS: i64 = report::evidence::LEAD_MS;
/// and can be heard for so long, or as long as the firm's plan says if that is shorter.
const CLIP_LASTS_MS: i64 = 7 * japan::DAY_MS;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(answer)).routes(routes!(revoke)).routes(routes!(export_counts))
}

/// What was found, and what the firm is told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reply {
    /// `misheard`, `misspoken`, `mistyped` or `correct`.
    cause: Cause,
    /// In words, beside it; may be empty.
    #[serde(default)]
    answer: String,
    /// What the field should be; none: as it is.
    #[serde(default)]
    value: Option<String>,
    /// Ten seconds of the recording go with it.
    #[serde(default)]
    clip: bool,
    /// They begin here, milliseconds since the recording began; none: where the field was said.
    #[serde(default)]
    clip_from_ms: Option<i64>,
}

/// A dispute that is answered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replied {
    dispute: DisputeRow,
    /// The report that tells of it.
    report: String,
    /// Recipients that it is on its way to.
    deliveries: usize,
    clip: Option<Clip>,
}

/// Answer a dispute: the corrected report goes to everyone who had the first one, with what was found on top, and the dispute is
/// decided. If the field is right, the same people are told that it is.
#[utoipa::path(post, path = "/disputes/{id}/answer", tag = "disputes", request_body = Reply, params(("id" = i64, Path)),
    responses((status = 200, body = Replied)))]
pub(crate) async fn answer(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
    Body(reply): Body<Reply>,
) -> Result<Json<Replied>, Refusal> {
    login.may(Act::TendReports)?;
    let dispute = api.store.dispute(id).await.said(tongue.0)?;
    if dispute.cause.is_some() {
        return Err(StoreError::from(Conflict::Decided { by: dispute.decided_by })).said(tongue.0);
    }
    let about = api.store.report(&dispute.report).await.said(tongue.0)?;
    let verdict = Verdict { cause: reply.cause, answer: reply.answer.clone(), follow_up: None };
    verdict.checked().said(tongue.0)?;
    let wanted = if reply.clip { Some(seconds(&api, &dispute, &about, &reply, tongue).await?) } else { None };
    let now_ms = api.now_ms();
    let writer = writer(&api, &login).await.said(tongue.0)?;
    let mut draft = api.store.correct_report_alone(&about.id, &writer, now_ms).await.said(tongue.0)?;
    let before = draft.draft.said(&dispute.field).unwrap_or_default().to_owned();
    if let Some(value) = reply.value.as_deref().map(str::trim).filter(|value| !value.is_empty()) {
        let edit = Edit {
            key: dispute.field.clone(),
            value: Some(Value::said(value)),
            at_ms: now_ms,
            offset_ms: None,
            who: login.name.clone(),
        };
        draft = api.store.edit_report(&draft.id, &[edit], &writer, now_ms).await.said(tongue.0)?;
    }
    let clip = match &wanted {
        Some(clip) => Some(api.store.put_clip(&draft.id, clip, &login.name, now_ms).await.said(tongue.0)?),
        None => {
            api.store.drop_clip(&draft.id).await.said(tongue.0)?;
            None
        }
    };
    let mut composed = api.store.compose(&draft).await.said(tongue.0)?;
    tells_what_was_found(&mut composed, &dispute, &before, &draft, &reply);
    composed.content.listen &= clip.is_some();
    let links = SeenLinks::below(&api.public_url);
    let links = MakeLinks { seen: &|| links.make(), listen: &|| links.listen() };
    let sending = composed.sending(&draft, links, now_ms).said(tongue.0)?;
    let (Sent { report, deliveries, again: _ }, dispute) =
        api.store.send_answer(&draft.id, &sending, &writer, (id, &verdict), now_ms).await.said(tongue.0)?;
    tell_sent(&api, &report, deliveries.len());
    tell_dispute(&api, &dispute, "done");
    Ok(Json(Replied { dispute, report: report.id, deliveries: deliveries.len(), clip }))
}

/// Which seconds go with it, if they may.
async fn seconds(
    api: &Api,
    dispute: &DisputeRow,
    about: &ReportRow,
    reply: &Reply,
    tongue: Tongue,
) -> Result<NewClip, Refusal> {
    let refused = |what: (&str, &str), remedy: (&str, &str)| {
        Err(Refusal::invalid("clip", tongue.0.of(what.0, what.1), tongue.0.of(remedy.0, remedy.1)))
    };
    let send_without = ("録音を付けずに送ってください", "send it without a clip");
    let profile = api.store.profile_of(about.customer).await.said(tongue.0)?;
    let now_ms = api.now_ms();
    let Some(plan_ms) = profile.listening.until_ms(now_ms) else {
        let what = ("この契約企業のプランに録音の再生はありません", "this firm's plan has no listening");
        return refused(what, send_without);
    };
    let call = api.store.call_of_report(about).await.said(tongue.0)?;
    let recording = match call {
        Some(call) => api.store.recording(call).await.ok().map(|recording| (call, recording)),
        None => None,
    };
    let Some((call, recording)) = recording else {
        return refused(("この通話の録音がありません", "there is no recording of this call"), send_without);
    };
    let edits = api.store.report_edits(&about.id).await.said(tongue.0)?;
    let edits: Vec<_> = edits.into_iter().map(|stored| stored.edit).collect();
    let heard = heard(api, about, &edits).await.said(tongue.0)?;
    let said = heard.get(&dispute.field).and_then(|field| field.last());
    let Some(from_ms) = reply.clip_from_ms.or(said.map(|span| span.from_ms.saturating_sub(LEAD_MS))) else {
        let what =
            ("この項目が録音のどこで話されたか分かりません", "nobody knows where in the recording this was said");
        return refused(what, ("録音の位置を選んでください", "choose a place in the recording"));
    };
    let length_ms = i64::try_from(recording.samples / 8).unwrap_or(i64::MAX);
    let from_ms = from_ms.min(length_ms.saturating_sub(CLIP_MS)).max(0);
    let until_ms = from_ms.saturating_add(CLIP_MS);
    let expires_ms = plan_ms.min(now_ms.saturating_add(CLIP_LASTS_MS));
    Ok(NewClip { dispute: dispute.id, call, from_ms, until_ms, expires_ms })
}

/// The verdict stands on top: who reads no more than a line knows it.
fn tells_what_was_found(composed: &mut Composed, dispute: &DisputeRow, before: &str, draft: &ReportRow, reply: &Reply) {
    let language = composed.content.language;
    let fields = composed.profile.form.fields(draft.kind());
    let field = fields.into_iter().find(|field| field.key == dispute.field);
    let name = field.map_or_else(|| dispute.field.clone(), |field| language.of(field.ja, field.en));
    let after = draft.draft.said(&dispute.field).unwrap_or_default();
    let mut text = if before == after {
        language.of(
            format!("{name}: {}", found(reply.cause, language)),
            format!("{name}: {}", found(reply.cause, language)),
        )
    } else {
        format!("{name}: {before} → {after} ({})", found(reply.cause, language))
    };
    if !reply.answer.trim().is_empty() {
        text = format!("{text}\n{}", reply.answer.trim());
    }
    let label = language.of("ご指摘への回答", "Answer to your note").to_owned();
    composed.content.lines.insert(0, Line { key: "dispute".to_owned(), label, text });
}

/// A cause as a firm reads it.
fn found(cause: Cause, language: Language) -> &'static str {
    match cause {
        Cause::Misheard => language.of("当方の聞き間違いでした", "we misheard it"),
        Cause::Misspoken => language.of("お客様が録音でそのようにおっしゃっています", "the caller said it so"),
        Cause::Mistyped => language.of("当方の入力ミスでした", "we mistyped it"),
        Cause::Correct => language.of("録音で確認し、報告のとおりでした", "the recording says what the report says"),
    }
}

/// End a clip before its time: its links open nothing from now on.
#[utoipa::path(delete, path = "/reports/{id}/clip", tag = "disputes", params(("id" = String, Path)),
    responses((status = 200, body = Clip)))]
pub(crate) async fn revoke(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
) -> Result<(StatusCode, Json<Clip>), Refusal> {
    login.may(Act::TendReports)?;
    let clip = api.store.revoke_clip(&id, &login.name, api.now_ms()).await.said(tongue.0)?;
    Ok((StatusCode::OK, Json(clip)))
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

/// How disputes ended, by cause, operator and firm, as CSV; no cell of it is a formula (R19).
#[utoipa::path(get, path = "/disputes/counts/export", tag = "disputes", params(Within),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn export_counts(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    Asked(Within { from_ms, to_ms }): Asked<Within>,
) -> Result<Response, Refusal> {
    login.may(Act::TendReports)?;
    let firms = api.store.customers().await.said(tongue.0)?;
    let operators = api.store.operators().await.said(tongue.0)?;
    let mut sheet = Sheet::new(&["cause", "operator", "customer", "count", "mean_answer_seconds", "late"])?;
    for one in api.store.dispute_counts(from_ms, to_ms).await.said(tongue.0)? {
        let operator = operators.iter().find(|row| Some(row.id) == one.operator);
        let firm = firms.iter().find(|row| row.id == one.customer);
        sheet.row([
            word(&one.cause),
            operator.map(|row| row.form.name.clone()).unwrap_or_default(),
            firm.map(|row| row.form.name.clone()).unwrap_or_default(),
            one.count.to_string(),
            (one.mean_answer_ms / 1000).to_string(),
            one.late.to_string(),
        ])?;
    }
    api.note(&login, "disputes.export", &format!("{from_ms}–{to_ms}")).await;
    sheet.attachment("disputes.csv")
}
