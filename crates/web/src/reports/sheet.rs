//! Everything that an operator has to know to write one report, in one answer: the firm and its words, the form, people and their
//! day, the manual, and what this caller said before.

use report::manual::{Version, in_force};
use report::schedule::{self, Entry};
use report::{Faq, Features, Field, Kind, Language, Phrase, Profile, japan, key};
use serde::Serialize;
use store::{CustomerForm, DeliveryRow, DeliveryState, EarlierReport, ReportRow, ReportState, StoreError};
use utoipa::ToSchema;

use super::bridging::Bridging;
use super::progress::{self, Bilingual, Progress, label};
use super::{Said, Shown};
use crate::api::Api;
use crate::auth::Login;
use crate::calls::display;
use crate::error::Refusal;

/// So many of a caller's earlier reports are shown.
const EARLIER_MAX: usize = 5;
/// How far ahead people's absences are looked at, for when they are back.
const AHEAD_MS: i64 = 30 * japan::DAY_MS;
/// How a complaint is taken where the firm has no script of its own (F08): listen, apologise, promise.
const SCRIPT_JA: [&str; 3] = [
    "最後までさえぎらずにお聞きし、「さようでございますか」と受け止める",
    "「ご不快な思いをおかけし、誠に申し訳ございません」とお詫びする（原因や責任には触れない）",
    "要点を復唱し、「担当者に申し伝え、折り返しご連絡いたします」とお約束する",
];
const SCRIPT_EN: [&str; 3] = [
    "Listen to the end without interrupting, and show that you do",
    "Apologise for the trouble; say nothing of causes or of whose fault it is",
    "Repeat the essence, and promise that somebody in charge will call back",
];

/// What an operator has to know to write a report.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sheet {
    report: Shown,
    caller_display: String,
    /// This number has never called this firm before (F06).
    new_caller: bool,
    /// Nobody has written anything yet.
    fresh: bool,
    firm: Firm,
    /// The kinds of call that this firm's desk offers, each with its fields.
    kinds: Vec<KindOf>,
    /// The roster, top first.
    people: Vec<PersonNow>,
    /// The manual in force.
    manual: Option<ManualNow>,
    /// Questions that may be answered at once; their place is what `faq` is told.
    faq: Vec<Faq>,
    /// What this caller said before, newest first (F09).
    earlier: Vec<SaidBefore>,
    progress: Progress,
    /// Whom a transfer would ring.
    #[serde(flatten)]
    bridging: Bridging,
}

/// The firm, as far as it is told to operators.
#[derive(Serialize, ToSchema)]
pub(crate) struct Firm {
    name: String,
    reading: String,
    /// What is said now (F07),
    greeting: String,
    /// and how it is read.
    greeting_reading: String,
    language: Language,
    features: Features,
    dos: Vec<String>,
    donts: Vec<String>,
    /// When the person is not there (F21).
    absent: Vec<Phrase>,
    /// How a complaint is taken (F08).
    script: Vec<String>,
    notice_only: bool,
}

/// A kind of call and its fields.
#[derive(Serialize, ToSchema)]
pub(crate) struct KindOf {
    kind: Kind,
    ja: &'static str,
    en: &'static str,
    fields: Vec<Field>,
    /// What is said at the end (F15).
    closing: String,
    /// What a report of this kind says by itself: 承り済 (F16).
    mark: Option<Bilingual>,
}

/// One of the firm's people, today.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonNow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kana: String,
    pub(crate) title: String,
    /// Where they are today: `13:00–16:00 外出`.
    pub(crate) today: Vec<String>,
    /// Not there now: what is said of it, and when they are back.
    pub(crate) now: Option<schedule::Now>,
}

/// The manual in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct ManualNow {
    #[serde(flatten)]
    version: Version,
    /// The asker has read this version (F22).
    acknowledged: bool,
}

/// An earlier report of this caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct SaidBefore {
    id: String,
    at_ms: i64,
    kind: Kind,
    ja: &'static str,
    en: &'static str,
    state: ReportState,
    /// What it was about, in a line.
    text: String,
    /// What the operator promised.
    told: String,
    deliveries: Vec<Delivered>,
}

/// Where one recipient's copy is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Delivered {
    pub(crate) id: String,
    pub(crate) recipient: String,
    /// What people call the recipient.
    pub(crate) label: String,
    pub(crate) channel: String,
    pub(crate) state: DeliveryState,
    pub(crate) accepted_ms: Option<i64>,
    pub(crate) seen_ms: Option<i64>,
    pub(crate) why: String,
}

impl Delivered {
    pub(crate) fn of(profile: &Profile, row: DeliveryRow) -> Delivered {
        Delivered {
            label: label(profile, &row.recipient),
            id: row.id,
            recipient: row.recipient,
            channel: row.channel,
            state: row.state,
            accepted_ms: row.accepted_ms,
            seen_ms: row.seen_ms,
            why: row.error,
        }
    }
}

/// The sheet of a report.
pub(super) async fn of(api: &Api, login: &Login, language: Language, report: ReportRow) -> Result<Sheet, Refusal> {
    let now_ms = api.now_ms();
    let profile = api.store.profile_of(report.customer).await.said(language)?;
    let progress = progress::of(api, language, &report).await?;
    let earlier = before(api, &report, &profile).await.said(language)?;
    let new_caller = api.store.is_new_caller(&report).await.said(language)?;
    let (bridging, firm, people, manual) = match report.customer {
        Some(customer) => {
            let form = api.store.customer(customer).await.said(language)?.form;
            (
                Bridging::of(&form, &profile, &report.caller),
                firm(form, &profile, now_ms),
                people(api, customer, &profile, now_ms).await.said(language)?,
                manual(api, login, customer, now_ms).await.said(language)?,
            )
        }
        None => (Bridging::unknown(), unknown_firm(&report, &profile), Vec::new(), None),
    };
    Ok(Sheet {
        caller_display: display(&report.caller),
        new_caller,
        fresh: report.draft.answers.is_empty(),
        firm,
        kinds: kinds(&profile),
        people,
        manual,
        faq: if profile.features.faq { profile.faq.clone() } else { Vec::new() },
        earlier,
        progress,
        bridging,
        report: Shown::of(report, login, now_ms),
    })
}

async fn before(api: &Api, report: &ReportRow, profile: &Profile) -> Result<Vec<SaidBefore>, StoreError> {
    let mut told = Vec::new();
    for EarlierReport { report, .. } in api.store.earlier_of(report).await?.into_iter().take(EARLIER_MAX) {
        told.push(said_before(api, profile, report).await?);
    }
    Ok(told)
}

/// A report in a line, and where its copies are.
pub(super) async fn said_before(api: &Api, profile: &Profile, report: ReportRow) -> Result<SaidBefore, StoreError> {
    let deliveries = api.store.report_deliveries(&report.id).await?;
    let draft = &report.draft;
    let said = [key::COMPANY, key::NAME, key::BUSINESS].map(|key| draft.said(key).unwrap_or_default());
    let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
    Ok(SaidBefore {
        at_ms: report.created_ms,
        kind: draft.kind,
        ja: draft.kind.ja(),
        en: draft.kind.en(),
        state: report.state,
        text: said.join(" / "),
        told: draft.said(key::CLOSING).unwrap_or_default().to_owned(),
        deliveries: deliveries.into_iter().map(|row| Delivered::of(profile, row)).collect(),
        id: report.id,
    })
}

fn firm(form: CustomerForm, profile: &Profile, now_ms: i64) -> Firm {
    let greeting = profile.greeting(now_ms);
    Firm {
        greeting: greeting.map_or(form.greeting, |greeting| greeting.text.clone()),
        greeting_reading: greeting.map(|greeting| greeting.reading.clone()).unwrap_or_default(),
        ..told(form.name, form.reading, profile)
    }
}

fn unknown_firm(report: &ReportRow, profile: &Profile) -> Firm {
    told(report.customer_name.clone(), String::new(), profile)
}

fn told(name: String, reading: String, profile: &Profile) -> Firm {
    let built_in = profile.language.of(SCRIPT_JA, SCRIPT_EN).map(str::to_owned).to_vec();
    let script = Some(profile.phrases.complaint.clone()).filter(|script| !script.is_empty()).unwrap_or(built_in);
    Firm {
        name,
        reading,
        greeting: String::new(),
        greeting_reading: String::new(),
        language: profile.language,
        features: profile.features,
        dos: profile.dos.clone(),
        donts: profile.donts.clone(),
        absent: profile.absent(),
        script,
        notice_only: profile.notice_only,
    }
}

fn kinds(profile: &Profile) -> Vec<KindOf> {
    let of = |kind: Kind| KindOf {
        kind,
        ja: kind.ja(),
        en: kind.en(),
        fields: profile.form.fields(kind),
        closing: profile.closing(kind).to_owned(),
        mark: kind.mark().map(|(ja, en)| Bilingual { ja: ja.to_owned(), en: en.to_owned() }),
    };
    profile.kinds().into_iter().map(of).collect()
}

/// A firm's people with their day. Where the firm has not bought that, only who they are (F18).
pub(super) async fn people(
    api: &Api,
    customer: i64,
    profile: &Profile,
    now_ms: i64,
) -> Result<Vec<PersonNow>, StoreError> {
    let midnight = japan::ms(japan::civil(now_ms).date(), 0);
    let entries = if profile.features.schedule {
        api.store.schedule(customer, midnight, now_ms.saturating_add(AHEAD_MS)).await?
    } else {
        Vec::new()
    };
    let of = |person: &report::Person| {
        let today = |entry: &&Entry| entry.person == person.id && entry.from_ms < midnight + japan::DAY_MS;
        PersonNow {
            id: person.id.clone(),
            name: person.name.clone(),
            kana: person.kana.clone(),
            title: person.title.clone(),
            today: entries.iter().filter(today).map(|entry| hours(entry, midnight, profile.language)).collect(),
            now: schedule::now(person, &entries, now_ms, profile.language),
        }
    };
    Ok(profile.people.iter().map(of).collect())
}

/// `13:00–16:00 外出 (大阪)`; what began before today, or ends after it, has no hour there.
fn hours(entry: &Entry, midnight: i64, language: Language) -> String {
    let clock = |at_ms: i64| {
        let at = japan::civil(at_ms);
        if (midnight..midnight + japan::DAY_MS).contains(&at_ms) {
            format!("{}:{:02}", at.hour(), at.minute())
        } else {
            String::new()
        }
    };
    let word = entry.away.word(language);
    let note = if entry.note.is_empty() { String::new() } else { format!(" ({})", entry.note) };
    format!("{}–{} {word}{note}", clock(entry.from_ms), clock(entry.until_ms))
}

pub(super) async fn manual(
    api: &Api,
    login: &Login,
    customer: i64,
    now_ms: i64,
) -> Result<Option<ManualNow>, StoreError> {
    let versions = api.store.manuals(customer).await?;
    let Some(version) = in_force(&versions, now_ms).filter(|version| !version.text.is_empty()) else {
        return Ok(None);
    };
    let acknowledged = match login.operator {
        // The firm's own record was there before there were versions: everybody knows it. And who is no operator has none to read.
        Some(_) if version.version == 0 => true,
        Some(operator) => api.store.acknowledged(customer, operator).await?.contains(&version.version),
        None => true,
    };
    Ok(Some(ManualNow { version: version.clone(), acknowledged }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::schedule::Away;

    #[test]
    fn f20_a_day_is_told_with_its_hours() {
        let midnight = 1_763_650_800_000; // 2025-11-21 in Japan
        let entry = |from_ms, until_ms, note: &str| Entry {
            id: 1,
            person: "sato".into(),
            from_ms,
            until_ms,
            away: Away::Out,
            note: note.into(),
        };
        let hour = japan::HOUR_MS;
        let day = |entry: &Entry| hours(entry, midnight, Language::Ja);
        assert_eq!(day(&entry(midnight + 13 * hour, midnight + 16 * hour, "")), "13:00–16:00 外出");
        assert_eq!(day(&entry(midnight - hour, midnight + 9 * hour, "大阪")), "–9:00 外出 (大阪)");
    }
}
