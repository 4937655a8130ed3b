//! A firm's reports of six months: find them, read one, say that it is dealt with, take them away as CSV (F55 to F59).

use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;
use report::{Callback, Kind, Language, Line, Person, Urgency, key};
use serde::{Deserialize, Serialize};
use store::{
    DisputeQuery, DisputeRow, FeedbackQuery, FeedbackRow, Handling, HandlingRow, MyReport, ReportCursor, ReportQuery,
    ReportRow, StoreError,
};
use switch::CallId;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Member, note};
use crate::api::Api;
use crate::calls::display;
use crate::error::Refusal;
use crate::export::{Sheet, japanese_time};
use crate::extract::{Asked, At, Body};
use crate::recording;
use crate::reports::Said;
use crate::rights::MyAct;
use crate::tongue::Tongue;

/// Reports in one file.
const ROWS_MAX: usize = 20_000;
/// Reports asked of the store at once.
const PAGE_ROWS: u32 = 500;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(my_reports))
        .routes(routes!(my_export))
        .routes(routes!(my_report))
        .routes(routes!(handle))
        .routes(routes!(my_recording))
}

/// Which reports. Everything that is given must hold; what is empty is not given.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MyFilter {
    /// The call came at or after, unix ms; never more than six months back.
    from_ms: Option<i64>,
    /// Before, unix ms.
    to_ms: Option<i64>,
    /// The kind's code.
    #[param(value_type = Option<String>)]
    kind: Option<Kind>,
    /// `normal`, `high` or `urgent`.
    #[param(value_type = Option<String>)]
    urgency: Option<Urgency>,
    /// Whom the caller asked for, by id.
    person: Option<String>,
    /// Parts of anything that was written, each; width, kana and case do not matter. With four digits or more and nothing else: a
    /// number in any spelling, or its last digits.
    text: Option<String>,
    /// Dealt with, or not.
    handled: Option<bool>,
    /// Who deals with it: member's row.
    assignee: Option<i64>,
    /// Reports on a page: 50, at most 500.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl TryFrom<MyFilter> for ReportQuery {
    type Error = Refusal;

    fn try_from(filter: MyFilter) -> Result<ReportQuery, Refusal> {
        let parsed = |text: String| {
            text.parse::<ReportCursor>().map_err(|why| {
                Refusal::invalid("cursor", format!("{text:?} is none: {why}"), "give the `next` of the page before")
            })
        };
        let (number, text) = match filter.text.filter(|text| !text.trim().is_empty()) {
            Some(text) if is_number(&text) => (Some(text), None),
            text => (None, text),
        };
        Ok(ReportQuery {
            from_ms: filter.from_ms,
            to_ms: filter.to_ms,
            kind: filter.kind,
            urgency: filter.urgency,
            person: filter.person,
            text,
            number,
            handled: filter.handled,
            assignee: filter.assignee,
            limit: filter.limit,
            cursor: filter.cursor.filter(|text| !text.is_empty()).map(parsed).transpose()?,
            ..ReportQuery::default()
        })
    }
}

/// One search box for words and numbers: what has only digits and what numbers are written with is a number.
fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_ascii_digit() || ('０'..='９').contains(c)).count();
    let sign = |c: char| c.is_whitespace() || "+-()＋－−‐ー（）".contains(c);
    digits >= 4 && text.chars().all(|c| c.is_ascii_digit() || ('０'..='９').contains(&c) || sign(c))
}

/// A report in the list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Mine {
    id: String,
    received_ms: i64,
    kind: Kind,
    urgency: Urgency,
    company: String,
    name: String,
    /// What it is about.
    business: String,
    /// The number to call back, as people write it; else the caller's own.
    callback: String,
    /// For a `tel:` link; empty: there is no number.
    dial: String,
    /// Whom the caller asked for.
    person: String,
    /// Operator who took it.
    operator: String,
    /// The report that this one corrects.
    follows: Option<String>,
    /// Confirmed by one of the firm's recipients.
    seen_ms: Option<i64>,
    /// Who deals with it; none: nobody has touched it.
    handling: Option<HandlingRow>,
}

impl From<MyReport> for Mine {
    fn from(MyReport { report, handling }: MyReport) -> Mine {
        let said = |key: &str| report.draft.said(key).unwrap_or_default().to_owned();
        let callback = report.draft.said(key::CALLBACK).and_then(|said| said.parse::<number::Number>().ok());
        let number = callback.or_else(|| report.caller_number());
        Mine {
            received_ms: report.created_ms,
            kind: report.kind(),
            urgency: report.urgency(),
            company: said(key::COMPANY),
            name: said(key::NAME),
            business: said(key::BUSINESS),
            // A number that cannot be one is shown as it was written: it may be what the dispute is about.
            callback: match &number {
                Some(number) => display(&number.digits().to_string()),
                None => said(key::CALLBACK),
            },
            dial: number.map(|number| format!("+{}", number.digits())).unwrap_or_default(),
            person: said(key::PERSON),
            operator: report.operator_name.clone(),
            follows: report.follows.clone(),
            seen_ms: report.seen_ms,
            id: report.id,
            handling,
        }
    }
}

/// A page of reports, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyList {
    reports: Vec<Mine>,
    /// Give it as `cursor` for the next page; none: this was the last.
    #[schema(value_type = Option<String>)]
    next: Option<ReportCursor>,
    /// From when on reports are shown.
    since_ms: i64,
}

/// The firm's reports, newest first.
#[utoipa::path(get, path = "/reports", tag = "my page", params(MyFilter), responses((status = 200, body = MyList)))]
pub(crate) async fn my_reports(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    Asked(filter): Asked<MyFilter>,
) -> Result<Json<MyList>, Refusal> {
    member.may(MyAct::Read)?;
    let now_ms = api.now_ms();
    let page = api.store.my_reports(member.customer, &filter.try_into()?, now_ms).await.said(tongue.0)?;
    let reports = page.reports.into_iter().map(Mine::from).collect();
    Ok(Json(MyList { reports, next: page.next, since_ms: store::visible_from_ms(now_ms) }))
}

/// A report as the firm was told it.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyWhole {
    #[serde(flatten)]
    report: Mine,
    /// What was told, line by line.
    lines: Vec<Line>,
    callback_told: Option<Callback>,
    /// Corrections of it, by id.
    follow_ups: Vec<String>,
    disputes: Vec<DisputeRow>,
    /// What the firm said of it, and was answered.
    feedback: Vec<FeedbackRow>,
    /// Until when its call can be heard here, unix ms; none: it cannot.
    listen_until_ms: Option<i64>,
}

/// One report.
#[utoipa::path(get, path = "/reports/{id}", tag = "my page", params(("id" = String, Path)),
    responses((status = 200, body = MyWhole)))]
pub(crate) async fn my_report(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    At(id): At<String>,
) -> Result<Json<MyWhole>, Refusal> {
    member.may(MyAct::Read)?;
    let mine = api.store.my_report(member.customer, &id, api.now_ms()).await.said(tongue.0)?;
    let content = api.store.compose(&mine.report).await.said(tongue.0)?.content;
    let follow_ups = api.store.follow_ups(&id).await.said(tongue.0)?;
    let said = FeedbackQuery { customer: Some(member.customer), report: Some(id.clone()), ..FeedbackQuery::default() };
    let about = DisputeQuery { customer: Some(member.customer), report: Some(id), ..DisputeQuery::default() };
    let listen = listening(&api, &mine.report).await.said(tongue.0)?;
    Ok(Json(MyWhole {
        listen_until_ms: listen.map(|(_, until_ms)| until_ms),
        lines: content.lines,
        callback_told: content.callback,
        follow_ups: follow_ups
            .into_iter()
            .filter(|after| after.state == store::ReportState::Sent)
            .map(|after| after.id)
            .collect(),
        disputes: api.store.disputes(&about).await.said(tongue.0)?,
        feedback: api.store.feedback(&said).await.said(tongue.0)?,
        report: mine.into(),
    }))
}

/// The call that belongs to a report, and until when the firm may hear it here: as long as its plan says (F51, F52). A plan that
/// counts sittings is for the link in the report, which counts them.
async fn listening(api: &Api, report: &ReportRow) -> Result<Option<(CallId, i64)>, StoreError> {
    let plan = api.store.profile_of(report.customer).await?.listening;
    let until_ms = report.sent_ms.and_then(|sent_ms| plan.until_ms(sent_ms));
    let Some(until_ms) = until_ms.filter(|until_ms| api.now_ms() < *until_ms && plan.times_max == 0) else {
        return Ok(None);
    };
    let Some(call) = api.store.call_of_report(report).await? else { return Ok(None) };
    match api.store.recording(call).await {
        Ok(_) => Ok(Some((call, until_ms))),
        Err(StoreError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The recording of a report's call, with `Range`, if the firm's plan has listening. Every playback is in the audit log.
#[utoipa::path(get, path = "/reports/{id}/recording", tag = "my page", params(("id" = String, Path)),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>),
        (status = 206, description = "a part", content_type = "audio/wav", body = Vec<u8>)))]
pub(crate) async fn my_recording(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    At(id): At<String>,
    request: Request,
) -> Result<Response, Refusal> {
    member.may(MyAct::Read)?;
    let mine = api.store.my_report(member.customer, &id, api.now_ms()).await.said(tongue.0)?;
    let Some((call, _)) = listening(&api, &mine.report).await.said(tongue.0)? else {
        let what = tongue.0.of("この録音はお聞きいただけません", "this recording cannot be heard here");
        return Err(Refusal::not_found(what));
    };
    recording::play(&api, &format!("member {}", member.id), &member.who(), call, request).await
}

/// Who deals with a report, and whether that is done (対応済).
#[utoipa::path(post, path = "/reports/{id}/handling", tag = "my page", request_body = Handling,
    params(("id" = String, Path)), responses((status = 200, body = Mine)))]
pub(crate) async fn handle(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    At(id): At<String>,
    Body(handling): Body<Handling>,
) -> Result<Json<Mine>, Refusal> {
    member.may(MyAct::Handle)?;
    let now_ms = api.now_ms();
    let mine = api.store.handle_report(member.customer, &id, handling, &member.name, now_ms).await.said(tongue.0)?;
    Ok(Json(mine.into()))
}

/// The firm's reports as CSV, newest first, 20,000 at most: the same conditions as a search, Japanese time.
#[utoipa::path(get, path = "/reports/export", tag = "my page", params(MyFilter),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(crate) async fn my_export(
    State(api): State<Api>,
    member: Member,
    tongue: Tongue,
    Asked(filter): Asked<MyFilter>,
) -> Result<Response, Refusal> {
    member.may(MyAct::Read)?;
    let mut query = ReportQuery { limit: Some(PAGE_ROWS), ..filter.try_into()? };
    let people = api.store.profile(member.customer).await.said(tongue.0)?.profile.people;
    let mut sheet = Sheet::new(columns(tongue.0))?;
    let mut rows = 0;
    loop {
        let page = api.store.my_reports(member.customer, &query, api.now_ms()).await.said(tongue.0)?;
        for mine in page.reports.into_iter().take(ROWS_MAX - rows) {
            sheet.row(cells(mine.into(), &people, tongue.0))?;
            rows += 1;
        }
        query.cursor = page.next;
        if query.cursor.is_none() || rows >= ROWS_MAX {
            break;
        }
    }
    note(&api, &member, "report.export", &rows.to_string()).await;
    sheet.attachment("reports.csv")
}

/// Columns of a report, as those who open the file call them.
fn columns(language: Language) -> &'static [&'static str; 12] {
    match language {
        Language::Ja => &[
            "受付番号",
            "受電日時",
            "種別",
            "緊急度",
            "会社名",
            "お名前",
            "ご用件",
            "折返し先",
            "名指し人",
            "受付者",
            "担当者",
            "対応済の日時",
        ],
        Language::En => &[
            "Report",
            "Received",
            "Kind",
            "Urgency",
            "Company",
            "Name",
            "Business",
            "Call back",
            "Asked for",
            "Taken by",
            "Assignee",
            "Done",
        ],
    }
}

fn cells(mine: Mine, people: &[Person], language: Language) -> [String; 12] {
    let handling = mine.handling;
    let said = |ja: &str, en: &str| if language == Language::Ja { ja.to_owned() } else { en.to_owned() };
    // One who is not in the roster any more, or never was, is as it was written.
    let person = people.iter().find(|one| one.id == mine.person).map_or(mine.person, |one| one.name.clone());
    [
        mine.id,
        japanese_time(mine.received_ms),
        said(mine.kind.ja(), mine.kind.en()),
        said(mine.urgency.ja(), mine.urgency.en()),
        mine.company,
        mine.name,
        mine.business,
        mine.callback,
        person,
        mine.operator,
        handling.as_ref().map(|one| one.assignee_name.clone()).unwrap_or_default(),
        handling.and_then(|one| one.done_ms).map(japanese_time).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f57_one_box_for_words_and_numbers() {
        for (text, number) in [
            ("5678", true),
            ("090-1234-5678", true),
            ("＋８１ ９０（１２３４）", true),
            ("090ー1234", true),
            ("123", false),
            ("A5678", false),
            ("11月分5678", false),
            ("----", false),
        ] {
            assert_eq!(is_number(text), number, "{text}");
        }
    }
}
