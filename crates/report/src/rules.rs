//! Who gets a report (F31, F32, F34), and whether it goes at once, in a digest, or not at all (F27, F43).
//!
//! Rules are read in order. One whose [`When`] fits says where the report goes and ends the reading, unless it is `also`: then it
//! adds to what the later ones say ("the president for every call"). Where no rule has ended the reading, the report goes to the
//! named person, else to the top of the roster, else to the firm's own recipients: to somebody, always, as long as the firm has
//! one recipient that is in use. The same profile, draft and time give the same answer, in the same order.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Draft;
use crate::japan;
use crate::key;
use crate::kind::{Kind, Language, Urgency};
use crate::profile::{Hours, Person, Profile, Recipient, Treatment};
use crate::text;

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = RecipientRule)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// When it applies; empty: always.
    pub when: When,
    /// Where the report goes.
    pub to: Vec<To>,
    /// It adds to what the later rules say, and does not end the reading.
    pub also: bool,
}

/// A condition. All of its parts have to fit; a part that is not there fits.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleWhen)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The caller asked for one of these people (ids).
    pub people: Vec<String>,
    /// The call is of one of these kinds.
    pub kinds: Vec<Kind>,
    /// It is at least so urgent.
    pub urgency: Option<Urgency>,
    /// The call came in these hours.
    pub hours: Option<Hours>,
    /// It came on one of these days of the week.
    pub days: Vec<japan::Day>,
}

/// A destination. JSON: `{"who": "named", "by": "mail"}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleTo)]
#[serde(deny_unknown_fields)]
pub struct To {
    /// Whose places.
    pub who: Who,
    /// Which of them (F34).
    #[serde(default)]
    pub by: By,
}

/// Whose places. JSON: `"named"`, `"top"`, `{"person": "sato"}`, `{"recipient": "office"}`, `"firm"`, `"everyone"`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleWho)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The person whom the caller asked for; else the top of the roster.
    Named,
    /// The first of the roster who can be reached.
    Top,
    /// Somebody of the roster, by id.
    Person(String),
    /// One place, by id.
    Recipient(String),
    /// The places that are nobody's own.
    Firm,
    /// Every place in use.
    Everyone,
}

/// Which of somebody's places. Where there is none of the sort, all of them: a report has to arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleBy)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// All: mail and chat.
    #[default]
    Both,
    /// Mail.
    Mail,
    /// Chat, and whatever else is not mail.
    Chat,
}

/// Why a place was chosen, for the preview.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RecipientWhy)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The rule at this place says so, counted from 0.
    Rule(usize),
    /// The caller asked for this person.
    Named,
    /// The caller asked for nobody: the top of the roster.
    Unnamed,
    /// The caller asked for somebody whom the roster does not have: the top of the roster.
    Unknown,
    /// The name fits several people of the roster: its top.
    Ambiguous,
    /// The person whom the caller asked for has no place in use: the top of the roster.
    Unreachable,
    /// Nobody of the roster has a place in use: the firm's own.
    Firm,
}

/// What becomes of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportPolicy)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// It goes out at once.
    Send,
    /// It goes out once a day, with others (F27).
    Digest,
    /// It is kept and counted, and goes to nobody (F27).
    Suppress,
    /// That a call came goes out at once, nothing more (F43).
    NoticeOnly,
}

/// Who gets a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChosenRecipients)]
pub struct Chosen {
    /// Recipients by id, each once, in the order in which they are told; empty when it is suppressed, or when the firm has no
    /// place in use at all.
    pub recipients: Vec<(String, Why)>,
    /// Those whom the rules chose beyond the plan's number (F31), who get nothing.
    pub beyond_plan: Vec<String>,
    /// What becomes of it.
    pub policy: Policy,
}

impl Why {
    /// For the preview.
    pub fn sentence(self, language: Language) -> String {
        match (self, language) {
            (Self::Rule(place), Language::Ja) => format!("ルール{}", place + 1),
            (Self::Rule(place), Language::En) => format!("rule {}", place + 1),
            (Self::Named, _) => language.of("名指しされた方", "the caller asked for this person").to_owned(),
            (Self::Unnamed, _) => {
                language.of("名指しなし：名簿の先頭", "nobody was asked for: top of the roster").to_owned()
            }
            (Self::Unknown, _) => language.of("名簿にない名前：名簿の先頭", "not on the roster: its top").to_owned(),
            (Self::Ambiguous, _) => language
                .of("同じ名前の方が複数：名簿の先頭", "the name fits several people: top of the roster")
                .to_owned(),
            (Self::Unreachable, _) => language
                .of("名指しされた方に送信先なし：名簿の先頭", "that person cannot be reached: top of the roster")
                .to_owned(),
            (Self::Firm, _) => language.of("会社共通の送信先", "the firm's own address").to_owned(),
        }
    }
}

/// Whom the caller asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named<'a> {
    /// Nobody.
    Nobody,
    /// This person.
    One(&'a Person),
    /// Somebody whom the roster does not have.
    Unknown,
    /// The name fits several.
    Several,
}

/// Whom the caller asked for: `text` is a person's id, name, family name or kana of either, or title, with or without 様 and
/// the like; width and kana do not matter.
pub fn named<'a>(profile: &'a Profile, text: Option<&str>) -> Named<'a> {
    let Some(text) = text.filter(|text| !text::is_blank(text)) else { return Named::Nobody };
    if let Some(person) = profile.person(text) {
        return Named::One(person);
    }
    let wanted = bare(&text::fold(text));
    let families: [fn(&Person) -> Vec<&str>; 3] = [
        |person| vec![&person.name, &person.kana],
        |person| vec![family(&person.name), family(&person.kana)],
        |person| vec![&person.title],
    ];
    // A full name is told from a family name, and that from a title: the first of the three that fits anybody.
    for parts in families {
        let fits = |person: &&Person| {
            parts(person)
                .into_iter()
                .map(text::fold)
                .any(|part| !part.is_empty() && (part == wanted || part == text::fold(text)))
        };
        let mut found = profile.people.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(person), None) => return Named::One(person),
            (Some(_), Some(_)) => return Named::Several,
            (None, _) => {}
        }
    }
    Named::Unknown
}

/// The family name, where a space says what that is.
fn family(name: &str) -> &str {
    name.split([' ', '　']).next().unwrap_or(name)
}

/// Folded, without what people put behind a name.
fn bare(folded: &str) -> String {
    const BEHIND: [&str; 13] =
        ["様", "さま", "さん", "氏", "殿", "先生", "社長", "部長", "課長", "係長", "院長", "店長", "所長"];
    let mut bare = folded;
    // 佐藤部長様
    for _ in 0..2 {
        let shorter = BEHIND.iter().find_map(|behind| bare.strip_suffix(behind)).filter(|rest| !rest.is_empty());
        bare = shorter.unwrap_or(bare);
    }
    bare.to_owned()
}

/// Who gets this report, and how. `received_ms` is when the call came.
pub fn choose(profile: &Profile, draft: &Draft, received_ms: i64) -> Chosen {
    let policy = policy(profile, draft);
    let mut choice = Choice::new(profile, draft);
    if policy != Policy::Suppress {
        let mut ended = false;
        for (place, rule) in profile.rules.iter().enumerate() {
            if !ended && rule.when.fits(choice.named, draft, received_ms) {
                choice.take(place, rule);
                ended = !rule.also;
            }
        }
        // A decisive rule all of whose places are out of use has decided nothing.
        if !ended || choice.recipients.is_empty() {
            choice.take_usual();
        }
    }
    let mut recipients = choice.recipients;
    let beyond_plan = recipients.split_off(usize::from(profile.recipients_max).min(recipients.len()));
    Chosen { recipients, beyond_plan: beyond_plan.into_iter().map(|(id, _)| id).collect(), policy }
}

/// Urgent is never noise.
fn policy(profile: &Profile, draft: &Draft) -> Policy {
    match profile.treatment(draft.kind) {
        Treatment::Suppress if draft.urgency() < Urgency::Urgent => Policy::Suppress,
        Treatment::Digest if draft.urgency() < Urgency::Urgent => Policy::Digest,
        Treatment::Suppress | Treatment::Digest | Treatment::Normal if profile.notice_only => Policy::NoticeOnly,
        Treatment::Suppress | Treatment::Digest | Treatment::Normal => Policy::Send,
    }
}

impl When {
    fn fits(&self, named: Named<'_>, draft: &Draft, received_ms: i64) -> bool {
        let person = match named {
            Named::One(person) => self.people.contains(&person.id),
            Named::Nobody | Named::Unknown | Named::Several => false,
        };
        (self.people.is_empty() || person)
            && (self.kinds.is_empty() || self.kinds.contains(&draft.kind))
            && self.urgency.is_none_or(|urgency| draft.urgency() >= urgency)
            && self.hours.as_ref().is_none_or(|hours| hours.has(received_ms))
            && (self.days.is_empty() || self.days.contains(&japan::Day::at(received_ms)))
    }
}

/// Recipients as they are gathered.
struct Choice<'a> {
    profile: &'a Profile,
    named: Named<'a>,
    recipients: Vec<(String, Why)>,
}

impl<'a> Choice<'a> {
    fn new(profile: &'a Profile, draft: &Draft) -> Self {
        Self { profile, named: named(profile, draft.said(key::PERSON)), recipients: Vec::new() }
    }

    fn take(&mut self, place: usize, rule: &Rule) {
        for to in &rule.to {
            match &to.who {
                Who::Named => self.add(self.for_named().0, to.by, Why::Rule(place)),
                Who::Top => self.add(self.top(), to.by, Why::Rule(place)),
                Who::Person(id) => self.add(self.of_person(id), to.by, Why::Rule(place)),
                Who::Recipient(id) => {
                    self.add(self.in_use().filter(|one| one.id == *id).collect(), By::Both, Why::Rule(place));
                }
                Who::Firm => self.add(self.of_firm(), to.by, Why::Rule(place)),
                Who::Everyone => self.add(self.in_use().collect(), to.by, Why::Rule(place)),
            }
        }
    }

    /// Where no rule has decided.
    fn take_usual(&mut self) {
        let (places, why) = self.for_named();
        self.add(places, By::Both, why);
    }

    fn add(&mut self, places: Vec<&'a Recipient>, by: By, why: Why) {
        let fits = |place: &&&Recipient| match by {
            By::Both => true,
            By::Mail => place.channel.is_mail(),
            By::Chat => !place.channel.is_mail(),
        };
        let of_sort: Vec<&Recipient> = places.iter().filter(fits).copied().collect();
        for place in if of_sort.is_empty() { places } else { of_sort } {
            if !self.recipients.iter().any(|(id, _)| *id == place.id) {
                self.recipients.push((place.id.clone(), why));
            }
        }
    }

    /// The named person's places, else the top's, else the firm's.
    fn for_named(&self) -> (Vec<&'a Recipient>, Why) {
        let why = match self.named {
            Named::One(person) => match self.of_person(&person.id) {
                places if !places.is_empty() => return (places, Why::Named),
                _ => Why::Unreachable,
            },
            Named::Nobody => Why::Unnamed,
            Named::Unknown => Why::Unknown,
            Named::Several => Why::Ambiguous,
        };
        match self.top_person() {
            Some(places) => (places, why),
            None => (self.of_firm(), Why::Firm),
        }
    }

    /// The top of the roster; the firm's own places where nobody of it can be reached.
    fn top(&self) -> Vec<&'a Recipient> {
        self.top_person().unwrap_or_else(|| self.of_firm())
    }

    fn top_person(&self) -> Option<Vec<&'a Recipient>> {
        self.profile.people.iter().map(|person| self.of_person(&person.id)).find(|places| !places.is_empty())
    }

    fn of_person(&self, id: &str) -> Vec<&'a Recipient> {
        self.in_use().filter(|place| place.person.as_deref() == Some(id)).collect()
    }

    fn of_firm(&self) -> Vec<&'a Recipient> {
        self.in_use().filter(|place| place.person.is_none()).collect()
    }

    fn in_use(&self) -> impl Iterator<Item = &'a Recipient> + use<'a> {
        self.profile.recipients.iter().filter(|place| place.active && place.channel.is_written())
    }
}

#[cfg(test)]
mod tests;
