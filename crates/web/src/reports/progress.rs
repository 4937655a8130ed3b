//! How far a draft has come: what is missing, what its numbers are worth (X06), who will get it, and which notes are about it. Told
//! with every answer to an edit.

use std::collections::BTreeMap;

use number::Number;
use report::notes::{Note, Situation};
use report::{Assurance, Draft, Input, Language, Missing, Policy, Profile, assure, key};
use serde::Serialize;
use store::ReportRow;
use utoipa::ToSchema;

use crate::api::Api;
use crate::error::Refusal;
use crate::reports::Said;

/// How far a draft has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct Progress {
    /// Grows with each change that was saved.
    revision: i64,
    /// When the last change was saved, unix ms.
    saved_ms: i64,
    /// What stands in the way of sending it.
    missing: Vec<Missing>,
    /// By the field's key: what is known of a telephone number that stands there.
    #[schema(value_type = BTreeMap<String, NumberChecked>)]
    numbers: BTreeMap<String, NumberChecked>,
    /// Who would get it now.
    chosen: Destined,
    /// The firm's notes that are about this call, as far as it is known (F23).
    notes: Vec<Note>,
}

/// A telephone number that was typed.
#[derive(Serialize, ToSchema)]
pub(crate) struct NumberChecked {
    #[serde(flatten)]
    assurance: Assurance,
    /// The same signals in words.
    words: Vec<Bilingual>,
    /// Somebody ticked that it was read back.
    read_back: bool,
}

/// The same in both languages.
#[derive(Serialize, ToSchema)]
pub(crate) struct Bilingual {
    pub(crate) ja: String,
    pub(crate) en: String,
}

/// Who gets a report, and whether at once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Destined {
    /// What becomes of it.
    policy: Policy,
    /// In the order in which they are told.
    recipients: Vec<Destination>,
}

/// One who gets a report.
#[derive(Serialize, ToSchema)]
pub(crate) struct Destination {
    /// The firm's recipient, by id.
    pub(crate) id: String,
    /// Name.
    pub(crate) label: String,
    /// The channel's word: "email".
    pub(crate) channel: &'static str,
    /// Why, in words.
    pub(crate) why: String,
}

/// How far this draft has come.
pub(super) async fn of(api: &Api, language: Language, report: &ReportRow) -> Result<Progress, Refusal> {
    let profile = api.store.profile_of(report.customer).await.said(language)?;
    let notes = match report.customer {
        Some(customer) => api.store.notes(customer, api.now_ms()).await.said(language)?,
        None => Vec::new(),
    };
    let earlier = api.store.earlier_numbers(report).await.said(language)?;
    Ok(Progress {
        revision: report.revision,
        saved_ms: report.updated_ms,
        missing: profile.missing(&report.draft),
        numbers: numbers(&profile, report, &earlier),
        chosen: destined(&profile, report, language),
        notes: about(&notes, report, api.now_ms()),
    })
}

/// The draft's telephone numbers, each judged.
fn numbers(profile: &Profile, report: &ReportRow, earlier: &[Number]) -> BTreeMap<String, NumberChecked> {
    let fields = profile.form.fields(report.draft.kind);
    let phones = fields.into_iter().filter(|field| field.input == Input::Phone);
    let judged = phones.filter_map(|field| {
        let said = report.draft.said(&field.key)?;
        let read_back = field.key == key::CALLBACK && report.draft.read_back();
        let assurance = assure(said, report.caller_number(), earlier, read_back);
        let words = assurance
            .signals
            .iter()
            .map(|signal| Bilingual { ja: signal.words(Language::Ja), en: signal.words(Language::En) });
        let words = words.collect();
        Some((field.key, NumberChecked { assurance, words, read_back }))
    });
    judged.collect()
}

fn destined(profile: &Profile, report: &ReportRow, language: Language) -> Destined {
    let chosen = report::choose(profile, &report.draft, report.created_ms);
    let recipients = chosen.recipients.iter().filter_map(|(id, why)| {
        let recipient = profile.recipient(id)?;
        Some(Destination {
            id: id.clone(),
            label: label(profile, id),
            channel: recipient.channel.kind(),
            why: why.sentence(language),
        })
    });
    Destined { policy: chosen.policy, recipients: recipients.collect() }
}

/// What people call a recipient: its name, or its owner's, or its code.
pub(crate) fn label(profile: &Profile, id: &str) -> String {
    let Some(recipient) = profile.recipient(id) else { return id.to_owned() };
    let owner = recipient.person.as_deref().and_then(|person| profile.person(person));
    match (recipient.label.is_empty(), owner) {
        (false, _) => recipient.label.clone(),
        (true, Some(owner)) => owner.name.clone(),
        (true, None) => recipient.id.clone(),
    }
}

fn about(notes: &[Note], report: &ReportRow, now_ms: i64) -> Vec<Note> {
    let draft: &Draft = &report.draft;
    let situation = Situation {
        now_ms,
        caller: report.caller_number(),
        company: draft.said(key::COMPANY),
        name: draft.said(key::NAME),
        person: draft.said(key::PERSON),
        kind: Some(draft.kind),
    };
    report::notes::shown(notes, &situation).into_iter().cloned().collect()
}
