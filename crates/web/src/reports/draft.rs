//! A report being written: opened with the call or later, taken over, changed field by field. What is answered has been saved.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use report::{Draft, Edit, Language, Value, key};
use serde::Deserialize;
use store::{CallFacts, RecordingTimes, ReportRow, StoreError};
use switch::CallId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::clock;
use super::open::{tell_open, tell_robbed};
use super::progress::{self, Progress};
use super::sheet::{self, Sheet};
use super::writer::writer;
use super::{Said, Shown, visible};
use crate::api::Api;
use crate::auth::Login;
use crate::calls::id;
use crate::error::Refusal;
use crate::extract::{At, Body};
use crate::hand::snapshot;
use crate::news::News;
use crate::rights::Act;
use crate::tongue::Tongue;

/// How long ago a change may have been made: a browser that cannot reach this server keeps what is typed, and tries again.
const AGO_MS_MAX: i64 = 600_000;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(open_call))
        .routes(routes!(open))
        .routes(routes!(sheet_of))
        .routes(routes!(edit))
        .routes(routes!(lock, unlock))
        .routes(routes!(use_faq))
}

/// Open a draft for writing.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Opening {
    /// Also from somebody who is writing it; the audit log keeps from whom.
    take: bool,
}

/// The report of a call, for writing: made now, if there is none yet. With everything that an operator has to know for it. The
/// operator's wrap-up lasts until it is sent, as far as the directory allows.
#[utoipa::path(post, path = "/calls/{call}/report", tag = "reports", request_body = Opening,
    params(("call" = String, Path)), responses((status = 200, body = Sheet)))]
pub(crate) async fn open_call(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(call): At<String>,
    Body(opening): Body<Opening>,
) -> Result<Json<Sheet>, Refusal> {
    login.may(Act::WriteReports)?;
    let call = id(&call)?;
    let report = match api.store.report_of_call(call).await.said(tongue.0)? {
        Some(report) => report,
        None => {
            let facts = in_hand(&api, &login, tongue.0, call).await?;
            api.store.draft_of_call(call, &facts).await.said(tongue.0)?
        }
    };
    opened(&api, &login, tongue, report, opening.take).await
}

/// A draft, for writing: one's own or another's (F29).
#[utoipa::path(post, path = "/reports/{id}/open", tag = "reports", request_body = Opening,
    params(("id" = String, Path)), responses((status = 200, body = Sheet)))]
pub(crate) async fn open(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
    Body(opening): Body<Opening>,
) -> Result<Json<Sheet>, Refusal> {
    let report = visible(&api, &login, tongue.0, &id).await?;
    opened(&api, &login, tongue, report, opening.take).await
}

async fn opened(
    api: &Api,
    login: &Login,
    tongue: Tongue,
    report: ReportRow,
    take: bool,
) -> Result<Json<Sheet>, Refusal> {
    let writer = writer(api, login).await.said(tongue.0)?;
    let held = api.store.lock_report(&report.id, &writer, take, api.now_ms()).await.said(tongue.0)?;
    tell(api, login, &held, "locked");
    tell_open(api, login).await;
    tell_robbed(api, login, &report).await;
    Ok(Json(sheet::of(api, login, tongue.0, held).await?))
}

/// The same without taking it: what has to be known, as it is now.
#[utoipa::path(get, path = "/reports/{id}/sheet", tag = "reports", params(("id" = String, Path)),
    responses((status = 200, body = Sheet)))]
pub(crate) async fn sheet_of(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
) -> Result<Json<Sheet>, Refusal> {
    let report = visible(&api, &login, tongue.0, &id).await?;
    Ok(Json(sheet::of(&api, &login, tongue.0, report).await?))
}

/// Changes of fields, in the order in which they were made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changes {
    edits: Vec<Change>,
}

/// A change of a field.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// Which field; `kind` is the kind of call.
    pub(super) key: String,
    /// `{"said": "…"}`, `"unheard"`, or nothing: blank.
    #[serde(default)]
    pub(super) value: Option<Value>,
    /// How long before this request it was made, in milliseconds by the asker's clock; at most ten minutes count.
    #[serde(default)]
    ago_ms: i64,
    /// The page filled it in, and nobody said it: it has no place in the recording.
    #[serde(default)]
    prefilled: bool,
}

/// Change fields of a draft. They are saved when this is answered: all, or none. When each was made, also on the recording's clock,
/// is what this server's clock says, less what it took to come here (X01).
#[utoipa::path(patch, path = "/reports/{id}", tag = "reports", request_body = Changes, params(("id" = String, Path)),
    responses((status = 200, body = Progress)))]
pub(crate) async fn edit(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
    Body(Changes { edits }): Body<Changes>,
) -> Result<Json<Progress>, Refusal> {
    let report = visible(&api, &login, tongue.0, &id).await?;
    let report = save(&api, &login, tongue, &report, edits).await?;
    Ok(Json(progress::of(&api, tongue.0, &report).await?))
}

pub(super) async fn save(
    api: &Api,
    login: &Login,
    tongue: Tongue,
    report: &ReportRow,
    changes: Vec<Change>,
) -> Result<ReportRow, Refusal> {
    let now_ms = api.now_ms();
    let times = match report.call {
        Some(call) => clock::recorded(api, call).await.said(tongue.0)?,
        None => RecordingTimes::default(),
    };
    let edit = |Change { key, value, ago_ms, prefilled }| {
        let at_ms = now_ms.saturating_sub(ago_ms.clamp(0, AGO_MS_MAX));
        let offset_ms = clock::offset_ms(times, at_ms).filter(|_| !prefilled);
        Edit { key, value, at_ms, offset_ms, who: login.name.clone() }
    };
    let edits: Vec<Edit> = changes.into_iter().map(edit).collect();
    let writer = writer(api, login).await.said(tongue.0)?;
    api.store.edit_report(&report.id, &edits, &writer, now_ms).await.said(tongue.0)
}

/// Keep a draft for another minute, or take it.
#[utoipa::path(post, path = "/reports/{id}/lock", tag = "reports", request_body = Opening, params(("id" = String, Path)),
    responses((status = 200, body = Shown)))]
pub(crate) async fn lock(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
    Body(opening): Body<Opening>,
) -> Result<Json<Shown>, Refusal> {
    let before = visible(&api, &login, tongue.0, &id).await?;
    let writer = writer(&api, &login).await.said(tongue.0)?;
    let now_ms = api.now_ms();
    let report = api.store.lock_report(&id, &writer, opening.take, now_ms).await.said(tongue.0)?;
    if opening.take {
        tell(&api, &login, &report, "locked");
        tell_open(&api, &login).await;
        tell_robbed(&api, &login, &before).await;
    }
    Ok(Json(Shown::of(report, &login, now_ms)))
}

/// Let a draft go: it stays as it is, and anybody may go on with it.
#[utoipa::path(delete, path = "/reports/{id}/lock", tag = "reports", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn unlock(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
) -> Result<StatusCode, Refusal> {
    let report = visible(&api, &login, tongue.0, &id).await?;
    let writer = writer(&api, &login).await.said(tongue.0)?;
    api.store.unlock_report(&id, &writer).await.said(tongue.0)?;
    tell(&api, &login, &report, "unlocked");
    tell_open(&api, &login).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Whoever logs out writes no more: anybody may go on with what is left.
pub(crate) async fn let_go(api: &Api, login: &Login) -> Result<(), StoreError> {
    for report in api.store.unlock_reports_of(&login.name).await? {
        tell(api, login, &report, "unlocked");
    }
    tell_open(api, login).await;
    Ok(())
}

/// A question of the firm's FAQ.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answered {
    /// Its place in the firm's FAQ, from 0.
    entry: usize,
}

/// A question of the firm's FAQ was answered: that goes into the report (F24).
#[utoipa::path(post, path = "/reports/{id}/faq", tag = "reports", request_body = Answered, params(("id" = String, Path)),
    responses((status = 200, body = Progress)))]
pub(crate) async fn use_faq(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<String>,
    Body(answered): Body<Answered>,
) -> Result<Json<Progress>, Refusal> {
    let report = visible(&api, &login, tongue.0, &id).await?;
    let profile = api.store.profile_of(report.customer).await.said(tongue.0)?;
    let entry = profile.faq.get(answered.entry).filter(|_| profile.features.faq);
    let entry = entry.ok_or_else(|| {
        let (what, remedy) = tongue.0.of(
            ("この契約企業のFAQにない質問です", "一覧から選び直してください"),
            ("the firm's FAQ has no such question", "choose one of the list"),
        );
        Refusal::invalid("entry", what, remedy)
    })?;
    let said = with_line(&report.draft, key::FAQ_USED, &entry.question);
    let change = Change { key: key::FAQ_USED.to_owned(), value: Some(Value::Said(said)), ago_ms: 0, prefilled: false };
    let report = save(&api, &login, tongue, &report, vec![change]).await?;
    Ok(Json(progress::of(&api, tongue.0, &report).await?))
}

/// What is in a field of several lines, with this line, once.
fn with_line(draft: &Draft, key: &str, line: &str) -> String {
    let before = draft.said(key).unwrap_or_default();
    if before.lines().any(|known| known == line) {
        return before.to_owned();
    }
    if before.is_empty() { line.to_owned() } else { format!("{before}\n{line}") }
}

/// What the switch knows of a call that is in hand: its record may not have reached the database yet. An operator's own, or
/// anybody's for who may act on anybody's.
async fn in_hand(api: &Api, login: &Login, language: Language, call: CallId) -> Result<CallFacts, Refusal> {
    let none = || {
        Refusal::not_found(
            language.of("この通話はいま担当していないか、ありません", "there is no such call in your hands now"),
        )
    };
    let (name, snapshot) = (call.to_string(), snapshot(api).await?);
    let now = snapshot.calls.into_iter().find(|now| now.call == name).ok_or_else(none)?;
    let own = now.operator.is_some() && now.operator == login.operator;
    // A call that nobody has answered has no report.
    let operator = now.operator.filter(|_| own || login.may(Act::HandleAnyCall).is_ok()).ok_or_else(none)?;
    let operator_name = snapshot.operators.into_iter().find(|known| known.operator == operator);
    Ok(CallFacts {
        customer: now.customer,
        customer_name: now.customer_name,
        caller: now.caller.chars().filter(char::is_ascii_digit).collect(),
        operator: Some(operator),
        operator_name: operator_name.map(|known| known.name).unwrap_or_default(),
    })
}

/// The desks are told: who has it now. `what` as in [`News::ReportChanged`].
pub(super) fn tell(api: &Api, login: &Login, report: &ReportRow, what: &str) {
    api.switchboard.tell(News::ReportChanged {
        report: report.id.clone(),
        call: report.call.map(|call| call.to_string()),
        customer: report.customer,
        what: what.to_owned(),
        operator: login.operator,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f24_a_question_is_logged_once() {
        let mut draft = Draft::default();
        for (question, lines) in
            [("駐車場は", "駐車場は"), ("何時まで", "駐車場は\n何時まで"), ("駐車場は", "駐車場は\n何時まで")]
        {
            let said = with_line(&draft, key::FAQ_USED, question);
            assert_eq!(said, lines);
            draft.set(key::FAQ_USED, Some(&Value::Said(said))).unwrap();
        }
    }
}
