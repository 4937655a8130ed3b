//! What one firm has ordered: its form, its people, where its reports go and by which rules (one JSON document).
//!
//! Whatever a document leaves out is as in [`Profile::default`]; what it has beyond that is refused by name. [`Profile::checked`]
//! gives the document back as it is kept, or everything that is wrong with it. Minimal: `{}`. A common one:
//!
//! ```json
//! {
//!   "people": [{"id": "sato", "name": "佐藤 花子", "kana": "さとう はなこ", "title": "院長"}],
//!   "recipients": [{"id": "sato-mail", "person": "sato", "channel": {"type": "email", "address": "sato@sakura.example"}},
//!                  {"id": "office", "channel": {"type": "chatwork", "room": "123456", "token": "…", "mention": ["7654321"]}}],
//!   "rules": [{"when": {"urgency": "urgent"}, "to": [{"who": "everyone"}]},
//!             {"to": [{"who": "named"}, {"who": {"recipient": "office"}}]}],
//!   "ladder": [{"after_seconds": 300, "to": {"phone": "090-1234-5678"}}, {"after_seconds": 600, "to": "supervisor"}],
//!   "noise": {"sales": "digest", "silent": "suppress"}
//! }
//! ```

mod check;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Draft;
use crate::channel::Channel;
use crate::form::{Form, Missing, missing};
use crate::japan;
use crate::kind::{Kind, Language};
use crate::listening::Listening;
use crate::rules::Rule;
use crate::template::Templates;

/// People of a firm's roster.
pub const PEOPLE_MAX: usize = 300;
/// Places where a firm's reports can go.
pub const PLACES_MAX: usize = 100;
/// Rules of a firm.
pub const RULES_MAX: usize = 100;
/// Rungs of a firm's ladder.
pub const RUNGS_MAX: usize = 12;
/// Questions of a firm's FAQ.
pub const FAQ_MAX: usize = 500;
/// Greetings, phrases, lines of a script, dos and don'ts: of each so many.
pub const LIST_MAX: usize = 50;
/// Recipients that one report goes to unless the plan has more (F31).
pub const RECIPIENTS_DEFAULT: u8 = 3;
/// Recipients of one report by the largest plan.
pub const RECIPIENTS_MAX: u8 = 30;

/// What one firm has ordered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomerProfile)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// In which language its reports are.
    pub language: Language,
    /// Its form, where it differs from the base.
    pub form: Form,
    /// What it has bought (F18).
    pub features: Features,
    /// What is said when a call is answered, by time of day (F07); the first that fits.
    pub greetings: Vec<Greeting>,
    /// What is said at other times.
    pub phrases: Phrases,
    /// Questions that operators may answer (F24).
    pub faq: Vec<Faq>,
    /// What to do, one a line.
    pub dos: Vec<String>,
    /// What never to do.
    pub donts: Vec<String>,
    /// Its people; the order is their rank, the first is the top of the roster (F32).
    pub people: Vec<Person>,
    /// Where its reports can go.
    pub recipients: Vec<Recipient>,
    /// Who gets what. In order; see [`choose`](crate::choose). None: the named person, else the top of the roster.
    pub rules: Vec<Rule>,
    /// Its own wording of mails and chats.
    pub templates: Templates,
    /// What happens when nobody has seen an urgent report (X05), in the order of `after_seconds`.
    pub ladder: Vec<Rung>,
    /// What becomes of calls that are of no use to it (F27).
    pub noise: Noise,
    /// At which hour in Japan the digest goes out, 0 to 23.
    pub digest_hour: u8,
    /// It only wants to be told that a call came, and listens to the recording (F43): no form is required.
    pub notice_only: bool,
    /// Its recipients may listen to the recordings of its calls (F51, F52).
    pub listening: Listening,
    /// Recipients that one report may go to (F31).
    pub recipients_max: u8,
    /// It also wants to be told by telephone (F35).
    pub call_out: CallOut,
    /// How its reports are counted (F60).
    pub billing: Billing,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            language: Language::Ja,
            form: Form::standard(),
            features: Features::default(),
            greetings: Vec::new(),
            phrases: Phrases::default(),
            faq: Vec::new(),
            dos: Vec::new(),
            donts: Vec::new(),
            people: Vec::new(),
            recipients: Vec::new(),
            rules: Vec::new(),
            templates: Templates::default(),
            ladder: vec![Rung { after_seconds: 900, to: RungTo::Supervisor }],
            noise: Noise::default(),
            digest_hour: 18,
            notice_only: false,
            listening: Listening::default(),
            recipients_max: RECIPIENTS_DEFAULT,
            call_out: CallOut::default(),
            billing: Billing::default(),
        }
    }
}

/// What a firm has bought (F18): what is off is not shown to the operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomerFeatures)]
#[serde(default, deny_unknown_fields)]
pub struct Features {
    /// Questions of the FAQ are answered on the spot.
    pub faq: bool,
    /// Bookings are taken.
    pub booking: bool,
    /// Callers are put through (取次).
    pub bridge: bool,
    /// Operators say when somebody is back (F20).
    pub schedule: bool,
    /// Complaints are taken with the script (F17).
    pub complaint: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self { faq: true, booking: true, bridge: true, schedule: true, complaint: true }
    }
}

/// Hours of the day in Japan: from `from` until just before `until`; over midnight when `until` is earlier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DayHours)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// `9:00`
    pub from: String,
    /// `18:00`; `24:00` is midnight.
    pub until: String,
}

impl Hours {
    /// Whether that time of day is among them. Hours that cannot be read have none.
    pub fn has(&self, ms: i64) -> bool {
        let now = japan::minute_of_day(ms);
        match (japan::minute(&self.from), japan::minute(&self.until)) {
            (Some(from), Some(until)) if from < until => (from..until).contains(&now),
            (Some(from), Some(until)) => now >= from || now < until,
            (None, _) | (_, None) => false,
        }
    }
}

/// What is said when a call is answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Greeting {
    /// When; `None`: at any other time.
    #[serde(default)]
    pub hours: Option<Hours>,
    /// The words.
    pub text: String,
    /// How they are read (ふりがな).
    #[serde(default)]
    pub reading: String,
}

/// A phrase with the name under which an operator finds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Phrase {
    /// On the button.
    pub title: String,
    /// What is said.
    pub text: String,
}

/// What is said at certain times.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Phrases {
    /// When the person is not there (F21). Empty: the built-in ones ([`words`](crate::words)).
    pub absent: Vec<Phrase>,
    /// At the end of a call, by its kind (F15); else the built-in ones.
    #[schema(value_type = BTreeMap<String, String>)]
    pub closings: BTreeMap<Kind, String>,
    /// With a complaint: listen, apologise, promise (F08). Empty: the built-in script.
    pub complaint: Vec<String>,
}

/// A question that operators may answer (F24).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Faq {
    /// What callers ask.
    pub question: String,
    /// What is answered.
    pub answer: String,
    /// Other words under which it is found.
    #[serde(default)]
    pub keywords: Vec<String>,
}

/// One of a firm's people.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = RosterPerson)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Its code: `sato`.
    pub id: String,
    /// `佐藤 花子`: family name, space, given name.
    pub name: String,
    /// `さとう はなこ`
    #[serde(default)]
    pub kana: String,
    /// `院長`
    #[serde(default)]
    pub title: String,
}

/// A place where reports go.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportRecipient)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Its code: `sato-mail`.
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub label: String,
    /// Whose it is; `None`: the firm's.
    #[serde(default)]
    pub person: Option<String>,
    /// How it is reached.
    pub channel: Channel,
    /// It is in use.
    #[serde(default = "yes")]
    pub active: bool,
    /// When a delivery here is late or dead, its report goes there instead (F39): another recipient's id.
    #[serde(default)]
    pub fallback: Option<String>,
}

fn yes() -> bool {
    true
}

/// One rung of the ladder that an urgent report climbs until somebody has seen it (X05).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// So long after the report was accepted by the first recipient's server.
    pub after_seconds: u32,
    /// Who is told then.
    pub to: RungTo,
}

/// Whom a rung tells. JSON: `{"recipient": "id"}`, `{"phone": "090-1234-5678"}`, `"supervisor"`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RungTo {
    /// One of the firm's recipients, by id.
    Recipient(String),
    /// A spoken call to this number: "press 1 to confirm".
    Phone(String),
    /// A task for the answering service's own supervisor.
    Supervisor,
}

/// What becomes of a call that is of no use to the firm (F27).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Nobody is told; it is kept and counted.
    Suppress,
    /// Once a day, together with the others.
    Digest,
    /// As any report.
    #[default]
    Normal,
}

/// [`Treatment`] by kind (F27).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = NoiseTreatment)]
#[serde(default, deny_unknown_fields)]
pub struct Noise {
    /// Of sales calls.
    pub sales: Treatment,
    /// Of wrong numbers.
    pub wrong_number: Treatment,
    /// Of silent calls.
    pub silent: Treatment,
}

/// Telling by telephone (F35): a task for an operator, beside the written report.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallOut {
    /// It is wanted.
    pub on: bool,
    /// Which number is called.
    pub number: String,
    /// Of urgent reports alone.
    pub urgent_only: bool,
}

/// How a firm's reports are counted (F60).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Billing {
    /// The class of a kind, where it is not the usual one ([`billing`](crate::billing)).
    #[schema(value_type = BTreeMap<String, String>)]
    pub classes: BTreeMap<Kind, String>,
}

impl Profile {
    /// Somebody of the roster.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// A place where reports go.
    pub fn recipient(&self, id: &str) -> Option<&Recipient> {
        self.recipients.iter().find(|recipient| recipient.id == id)
    }

    /// The kinds of call that the firm's desk offers.
    pub fn kinds(&self) -> Vec<Kind> {
        let bought = |kind: &Kind| match kind {
            Kind::BookingNew | Kind::BookingChange | Kind::BookingCancel => self.features.booking,
            Kind::Complaint => self.features.complaint,
            Kind::Message | Kind::Inquiry | Kind::Sales | Kind::WrongNumber | Kind::Silent => true,
        };
        Kind::ALL.iter().copied().filter(bought).filter(|kind| !self.form.without.contains(kind)).collect()
    }

    /// What to say when a call is answered at that time: the first greeting whose hours fit, else the first without hours.
    pub fn greeting(&self, ms: i64) -> Option<&Greeting> {
        let fits = |greeting: &&Greeting| greeting.hours.as_ref().is_some_and(|hours| hours.has(ms));
        self.greetings.iter().find(fits).or_else(|| self.greetings.iter().find(|greeting| greeting.hours.is_none()))
    }

    /// What becomes of calls of this kind.
    pub fn treatment(&self, kind: Kind) -> Treatment {
        match kind {
            Kind::Sales => self.noise.sales,
            Kind::WrongNumber => self.noise.wrong_number,
            Kind::Silent => self.noise.silent,
            Kind::Message
            | Kind::Inquiry
            | Kind::BookingNew
            | Kind::BookingChange
            | Kind::BookingCancel
            | Kind::Complaint => Treatment::Normal,
        }
    }

    /// What stands in the way of sending this draft (F10, F11): nothing for a firm that only wants to know that a call came (F43).
    pub fn missing(&self, draft: &Draft) -> Vec<Missing> {
        if self.notice_only { Vec::new() } else { missing(&self.form, draft) }
    }

    /// The same without its secrets, for the page: see [`Channel::masked`].
    pub fn masked(&self) -> Self {
        let mut masked = self.clone();
        for recipient in &mut masked.recipients {
            recipient.channel = recipient.channel.masked();
        }
        masked
    }

    /// The secrets that a page sent back masked are those of `old`, recipient by id: see [`Channel::with_secrets_of`].
    pub fn with_secrets_of(&self, old: &Self) -> Self {
        let mut whole = self.clone();
        for recipient in &mut whole.recipients {
            if let Some(before) = old.recipient(&recipient.id) {
                recipient.channel = recipient.channel.with_secrets_of(&before.channel);
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests;
