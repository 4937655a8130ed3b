//! One dispute as a supervisor decides it (F49): where in the recording each field was said, and what the report has beside what the
//! firm says, the number that called, and the numbers that this caller left before.

use axum::Json;
use axum::extract::State;
use number::Number;
use report::compare::{Differences, differences};
use report::evidence::{Evidence, Span};
use report::{Field, Input, Profile, key};
use serde::Serialize;
use store::{Clip, DisputeRow, ReportRow};
use switch::CallId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::auth::Login;
use crate::calls::display;
use crate::error::Refusal;
use crate::extract::At;
use crate::reports::{Said, heard};
use crate::rights::Act;
use crate::tongue::Tongue;

/// Earlier numbers that are compared.
const EARLIER_MAX: usize = 5;
/// Digits of what is a number in a firm's words.
const DIGITS_MIN: usize = 6;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(case))
}

/// A dispute with everything by which it is decided.
#[derive(Serialize, ToSchema)]
pub(crate) struct Case {
    dispute: DisputeRow,
    about: ReportRow,
    caller_display: String,
    /// The call that is heard.
    call: Option<String>,
    /// Length of its recording; none: there is none.
    recording_ms: Option<u64>,
    /// The fields that have an answer, in the form's order.
    fields: Vec<Heard>,
    /// What the field has, and what it is compared with.
    compare: Vec<Compared>,
    /// What the field should be, as far as the firm's words tell.
    proposed: Option<String>,
    /// The firm's plan lets it listen, and there is something to hear.
    may_clip: bool,
    /// What it was sent before.
    clips: Vec<Clip>,
}

/// A field and where it was said.
#[derive(Serialize, ToSchema)]
pub(crate) struct Heard {
    #[serde(flatten)]
    field: Field,
    /// What stands there; none: 聴取不可.
    said: Option<String>,
    /// Milliseconds of the recording in which it was typed; the last is where to listen.
    spans: Vec<Span>,
    /// Nobody typed the number that stands there: the last is where it was read back.
    read_back: bool,
    /// It was changed after the call.
    changed_later: bool,
}

/// A spelling beside the report's.
#[derive(Serialize, ToSchema)]
pub(crate) struct Compared {
    /// `report`, `firm`, `caller` or `earlier`.
    what: &'static str,
    text: String,
    /// Of an earlier number: when it was left.
    at_ms: Option<i64>,
    #[serde(flatten)]
    differs: Differences,
}

/// One dispute, as one decides it.
#[utoipa::path(get, path = "/disputes/{id}", tag = "disputes", params(("id" = i64, Path)),
    responses((status = 200, body = Case)))]
pub(crate) async fn case(
    State(api): State<Api>,
    login: Login,
    tongue: Tongue,
    At(id): At<i64>,
) -> Result<Json<Case>, Refusal> {
    login.may(Act::TendReports)?;
    let dispute = api.store.dispute(id).await.said(tongue.0)?;
    let about = api.store.report(&dispute.report).await.said(tongue.0)?;
    let profile = api.store.profile_of(about.customer).await.said(tongue.0)?;
    let call = api.store.call_of_report(&about).await.said(tongue.0)?;
    let fields = fields(&api, &profile, &about, tongue).await?;
    let is_number = is_number(&profile, &about, &dispute.field);
    let recording_ms = recording_ms(&api, call).await;
    let proposed = if is_number { number_in(&dispute.words) } else { None };
    Ok(Json(Case {
        compare: compare(&api, &dispute, &about, is_number, proposed.as_deref(), tongue).await?,
        recording_ms,
        call: call.map(|call| call.to_string()),
        caller_display: display(&about.caller),
        may_clip: profile.listening.on && recording_ms.is_some_and(|ms| ms > 0),
        clips: api.store.clips_of_dispute(id).await.said(tongue.0)?,
        fields,
        proposed,
        dispute,
        about,
    }))
}

/// `None`: there is none, or none yet.
pub(crate) async fn recording_ms(api: &Api, call: Option<CallId>) -> Option<u64> {
    api.store.recording(call?).await.ok().map(|recording| recording.samples / 8)
}

async fn fields(api: &Api, profile: &Profile, about: &ReportRow, tongue: Tongue) -> Result<Vec<Heard>, Refusal> {
    let edits = api.store.report_edits(&about.id).await.said(tongue.0)?;
    let edits: Vec<_> = edits.into_iter().map(|stored| stored.edit).collect();
    let mut found = heard(api, about, &edits).await.said(tongue.0)?;
    let shown = |field: Field| {
        about.draft.answers.get(&field.key)?;
        let Evidence { spans, read_back, changed_later, .. } = found.remove(&field.key).unwrap_or_default();
        let said = about.draft.said(&field.key).map(str::to_owned);
        Some(Heard { said, spans, read_back, changed_later, field })
    };
    Ok(profile.form.fields(about.kind()).into_iter().filter_map(shown).collect())
}

fn is_number(profile: &Profile, about: &ReportRow, key: &str) -> bool {
    profile.form.fields(about.kind()).iter().any(|field| field.key == key && matches!(field.input, Input::Phone))
}

async fn compare(
    api: &Api,
    dispute: &DisputeRow,
    about: &ReportRow,
    is_number: bool,
    proposed: Option<&str>,
    tongue: Tongue,
) -> Result<Vec<Compared>, Refusal> {
    let said = about.draft.said(&dispute.field).unwrap_or_default();
    let reference = if is_number { shown(said) } else { said.to_owned() };
    let row = |what, text: String, at_ms| Compared { what, differs: differences(&reference, &text), text, at_ms };
    let mut rows = vec![row("report", reference.clone(), None)];
    if !is_number {
        if !dispute.words.is_empty() {
            rows.push(row("firm", dispute.words.clone(), None));
        }
        return Ok(rows);
    }
    rows.extend(proposed.map(|number| row("firm", number.to_owned(), None)));
    if !about.caller.is_empty() {
        rows.push(row("caller", display(&about.caller), None));
    }
    let earlier = api.store.earlier_of(about).await.said(tongue.0)?;
    for before in earlier.into_iter().take(EARLIER_MAX) {
        if let Some(number) = before.report.draft.said(key::CALLBACK) {
            rows.push(row("earlier", shown(number), Some(before.report.created_ms)));
        }
    }
    Ok(rows)
}

/// As people write it, if it is a number.
fn shown(text: &str) -> String {
    Number::parse(text, number::JAPAN).map_or_else(|_| text.to_owned(), Number::display)
}

/// The number that stands in some words, if there is one: 正しくは ０３-１２３４-５６７９ です。
fn number_in(words: &str) -> Option<String> {
    let is_part = |c: char| {
        c.is_numeric() || matches!(c, '-' | '－' | '−' | 'ー' | '‐' | '(' | ')' | '+' | '＋' | '（' | '）' | ' ' | '　')
    };
    let runs: Vec<&str> = words.split(|c: char| !is_part(c)).map(str::trim).collect();
    let digits = |run: &&str| run.chars().filter(|c| c.is_numeric()).count() >= DIGITS_MIN;
    runs.into_iter().rev().find(digits).map(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f49_the_number_in_a_firms_words_is_found_in_any_spelling() {
        for words in [
            "正しくは ０３-１２３４-５６７９ です",
            "03-1234-5679",
            "0312345679だと思います。担当2名",
            "末尾は78ではなく、03 1234 5679",
        ] {
            assert_eq!(number_in(words).as_deref(), Some("03-1234-5679"), "{words}");
        }
        assert_eq!(number_in("番号が違うようです。1桁多い。"), None);
        assert_eq!(
            number_in("03-1234-5678ではなく03-1234-5679").as_deref(),
            Some("03-1234-5679"),
            "the last word counts"
        );
    }
}
