//! What the switchboard knows of the world before a call comes: client firms and their numbers, operators, trunks.
//!
//! A [`Directory`] is a snapshot: the store loads it, the roof hands it to the switch as one `Arc`, and no call ever waits
//! for a database. A new snapshot replaces the old one; calls in progress keep the customer they began with.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use acd::OperatorId;
use endpoint::{Account, Extractor, Trunk, TrunkId};
use number::Number;
use sdp::SrtpPolicy;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::usage::OutgoingCaps;
use crate::waiting::{AbandonedPolicy, WaitingPolicy};

/// A client firm's row. "Customer" in code: "client" already means two other things in SIP and HTTP.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerId(pub i64);

/// A snapshot of everything the switch needs at call time.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Client firms.
    pub customers: HashMap<CustomerId, Arc<Customer>>,
    /// Numbers that firms forward to (E.164 digits), and whose they are.
    pub dids: HashMap<Number, CustomerId>,
    /// Operators.
    pub operators: HashMap<OperatorId, Arc<Operator>>,
    /// Trunks.
    pub trunks: Vec<Trunk>,
    /// Settings of the whole service.
    pub settings: Settings,
    /// Sources that are shut out by hand.
    pub shut: Vec<Shut>,
}

/// An address block whose packets are not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shut {
    /// Its first address.
    pub network: IpAddr,
    /// Bits that all its addresses share.
    pub prefix: u8,
    /// Until when, unix milliseconds; `None`: until it is taken away.
    pub until_ms: Option<i64>,
}

/// Candidates kept for the alarm about a number in no table.
const CANDIDATES_MAX: usize = 16;

/// Where a dialled number is looked for on a trunk without extractors of its own (JAPAN.md).
const EXTRACTORS: [Extractor; 6] = [
    Extractor::PCalledPartyId,
    Extractor::To,
    Extractor::RequestUri,
    Extractor::DiversionTop,
    Extractor::DiversionBottom,
    Extractor::HistoryInfo,
];

/// Whose number was dialled.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The number that was found in the table; `None`: none was.
    pub did: Option<Number>,
    /// The firm.
    pub customer: Option<Arc<Customer>>,
    /// It is the house's recordings line, no firm's number.
    pub is_recordings_line: bool,
    /// Everything that was tried, as the trunk sent it, in the order tried.
    pub candidates: Vec<String>,
}

impl Directory {
    /// Whose number a call on this trunk dialled: the trunk's extractors in their order, the first hit in the table wins.
    pub fn whose(&self, trunk: TrunkId, dialled: &[(Extractor, String)]) -> Whose {
        let configured = self.trunk(trunk).map(|trunk| trunk.extractors.as_slice()).filter(|list| !list.is_empty());
        let line = self.recordings_line();
        let mut candidates = Vec::new();
        for extractor in configured.unwrap_or(&EXTRACTORS) {
            for (_, text) in dialled.iter().filter(|(found_by, _)| found_by == extractor) {
                let number = Number::parse(text, number::JAPAN).ok();
                let is_known = |number: &Number| self.dids.contains_key(number) || line == Some(*number);
                if let Some(did) = number.filter(is_known) {
                    let customer = self.dids.get(&did).and_then(|id| self.customers.get(id)).cloned();
                    // A firm's number is the firm's, should settings say otherwise.
                    let is_recordings_line = !self.dids.contains_key(&did);
                    return Whose { did: Some(did), customer, is_recordings_line, candidates };
                }
                let text = plain(text);
                if candidates.len() < CANDIDATES_MAX && !candidates.contains(&text) {
                    candidates.push(text);
                }
            }
        }
        Whose { did: None, customer: None, is_recordings_line: false, candidates }
    }

    /// The number at which firms' people hear their recordings, if the house has one (F52).
    pub fn recordings_line(&self) -> Option<Number> {
        let digits = &self.settings.recordings_line;
        Number::parse(&format!("+{digits}"), number::JAPAN).ok().filter(|_| !digits.is_empty())
    }

    /// Is this one of our own numbers? A call from it has gone round in a circle (R36).
    pub fn is_own(&self, number: Number) -> bool {
        let is_caller_id =
            |trunk: &Trunk| Number::parse(&trunk.caller_id, number::JAPAN).is_ok_and(|own| own == number);
        self.dids.contains_key(&number)
            || self.recordings_line() == Some(number)
            || self.trunks.iter().any(is_caller_id)
    }

    /// Teams that firms want and that no operator is in, each with how many firms want it: their calls go to others, which may not
    /// be what was meant.
    pub fn empty_teams(&self) -> BTreeMap<&str, usize> {
        let manned: BTreeSet<&str> =
            self.operators.values().flat_map(|operator| &operator.teams).map(String::as_str).collect();
        let mut empty = BTreeMap::new();
        let wanted = self.customers.values().filter_map(|customer| customer.team.as_deref());
        for team in wanted.filter(|team| !manned.contains(team)) {
            *empty.entry(team).or_default() += 1;
        }
        empty
    }

    /// A trunk by its row.
    pub fn trunk(&self, id: TrunkId) -> Option<&Trunk> {
        self.trunks.iter().find(|trunk| trunk.id == id)
    }
}

/// A peer's text for people and files: without control characters (R20), and not endless.
pub(crate) fn plain(text: &str) -> String {
    const CHARS_MAX: usize = 64;
    text.chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect()
}

/// A client firm whose calls are answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Customer {
    /// Row id.
    pub id: CustomerId,
    /// Short ASCII name for files, URLs and the command line ("sakura-dental").
    pub code: String,
    /// The firm's name as the operator says it ("さくら歯科").
    pub name: String,
    /// Reading in kana ("さくらしか").
    pub reading: String,
    /// What the operator says first, at a time of day for which `greetings` have nothing.
    pub greeting: String,
    /// What the operator says first at certain hours (F07); the first that fits.
    pub greetings: Vec<Greeting>,
    /// How to handle this firm's calls; plain text.
    pub manual: String,
    /// Skills an operator must have for this firm.
    pub needs: Vec<String>,
    /// Who rings.
    pub plan: Arc<acd::RingPlan>,
    /// The team whose operators are asked first.
    pub team: Option<String>,
    /// How long one operator's phone rings before the next is tried.
    pub ring: Duration,
    /// 0 is normal; higher waits less.
    pub priority: u8,
    /// May a caller be bridged on to the firm's mobile?
    pub transfer: TransferPolicy,
    /// Whom to try, in order.
    pub targets: Vec<Target>,
    /// Other phones of the firm, E.164 digits, that may be called with a spoken notice (X05). Nobody is bridged there.
    pub notice_phones: Vec<String>,
    /// Play the firm's name to the operator at the answer.
    pub whisper: bool,
    /// What callers get for whom nobody is free.
    pub waiting: WaitingPolicy,
    /// What becomes of callers who gave up.
    pub abandoned: AbandonedPolicy,
    /// When the firm is open, and what callers hear when it is not.
    pub calendar: Arc<Calendar>,
}

/// What the operator says first at certain hours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Greeting {
    /// From this minute of the day in Japan until before that one, over midnight if that is earlier; `None`: at any time.
    pub minutes: Option<(u16, u16)>,
    /// The words.
    pub text: String,
    /// How they are read (ふりがな); may be empty.
    pub reading: String,
}

impl Greeting {
    /// Whether it is said at this minute of the day.
    fn fits(&self, minute: u16) -> bool {
        match self.minutes {
            Some((from, until)) if from < until => (from..until).contains(&minute),
            Some((from, until)) => minute >= from || minute < until,
            None => true,
        }
    }
}

impl Customer {
    /// What the operator says first at this time, and how it is read: the greeting whose hours fit, else the one without hours, else
    /// the firm's own. Empty: the firm has none.
    pub fn greeting_at(&self, unix_ms: i64) -> (&str, &str) {
        let minute = unix_ms.saturating_add(JAPAN_MS).div_euclid(60_000).rem_euclid(24 * 60);
        let minute = u16::try_from(minute).unwrap_or(0);
        let of_the_hour = self.greetings.iter().find(|greeting| greeting.minutes.is_some() && greeting.fits(minute));
        let found = of_the_hour.or_else(|| self.greetings.iter().find(|greeting| greeting.minutes.is_none()));
        found.map_or((&self.greeting, ""), |greeting| (&greeting.text, &greeting.reading))
    }
}

/// Japan's clock is so far ahead of UTC, all year.
const JAPAN_MS: i64 = 9 * 3_600_000;

/// A person of the client firm who may be called (取次先).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Target {
    /// Name of the person.
    pub name: String,
    /// E.164 digits; the only numbers that can be dialled for this firm (R03).
    pub number: String,
    /// How long it rings before the next target.
    pub ring_seconds: u16,
}

/// When a caller may be bridged on (F45).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransferPolicy {
    /// Never.
    Never,
    /// Only if the operator marks the call urgent.
    UrgentOnly,
    /// Only callers with one of these numbers (E.164 digits).
    ListedCallers(Vec<String>),
    /// Always.
    Always,
}

/// A person who answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// Row id.
    pub id: OperatorId,
    /// The softphone's account; `account.id.0 == id.0`.
    pub account: Account,
    /// Name for people.
    pub name: String,
    /// What this operator can do, and how well.
    pub skills: Vec<(String, u8)>,
    /// A supervisor or a manager is rung only when a plan widens to them, or the promise would be broken.
    pub tier: acd::Tier,
    /// Teams by name.
    pub teams: Vec<String>,
    /// Place in a top-down plan; 0 is asked first.
    pub rank: u16,
    /// Rows of the firms that the operator knows: preferred for their calls, not required.
    pub customers: BTreeSet<u64>,
    /// Rows of the firms whose changed manual the operator has not acknowledged (F22): their calls come when nobody else can.
    pub unread: BTreeSet<u64>,
    /// Time for the report after a call.
    pub wrap_up: Duration,
    /// An unfinished report makes it as long as this.
    pub wrap_up_max: Duration,
    /// Whether the voice of this operator's phones is encrypted.
    pub srtp: SrtpPolicy,
    /// Starts as Ready when the phone registers (an operator without a desk), instead of NotReady.
    pub ready_on_register: bool,
}

/// Settings of the whole service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Greeting shown when the dialled number is in no table.
    pub default_greeting: String,
    /// Prompt for hold music.
    pub hold_music: String,
    /// Feature codes that an operator keys during a call.
    pub feature_codes: FeatureCodes,
    /// How long the client's person has to press 1.
    pub confirm_seconds: u16,
    /// A call is ended after this long, whatever happens.
    pub call_seconds_max: u32,
    /// What each firm's outgoing calls may use (R03).
    pub outgoing: OutgoingCaps,
    /// Reports that may be open of an operator who becomes ready; with more, they are ready when enough are done (F38). Nothing: any
    /// number.
    pub open_reports_max: Option<u32>,
    /// The number at which firms' people hear their recordings with a PIN (F52), E.164 digits; no firm's. Empty: there is none.
    pub recordings_line: String,
    /// Why operators are not ready: what desks offer, in this order.
    pub not_ready_reasons: Vec<NotReadyReason>,
}

/// A reason for not being ready that a desk offers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NotReadyReason {
    /// What is kept and counted: "lunch".
    pub code: String,
    /// In Japanese: 昼食.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// What a house has before it says otherwise.
fn usual_reasons() -> Vec<NotReadyReason> {
    let reason = |(code, ja, en): (&str, &str, &str)| NotReadyReason {
        code: code.to_owned(),
        ja: ja.to_owned(),
        en: en.to_owned(),
    };
    let usual = [
        ("lunch", "昼食", "Lunch"),
        ("break", "休憩", "Break"),
        ("training", "研修", "Training"),
        ("meeting", "会議", "Meeting"),
        ("paperwork", "事務処理", "Paperwork"),
    ];
    usual.map(reason).to_vec()
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            default_greeting: "お電話ありがとうございます。".to_owned(),
            hold_music: "hold-music".to_owned(),
            feature_codes: FeatureCodes::default(),
            confirm_seconds: 15,
            call_seconds_max: 4 * 3600,
            outgoing: OutgoingCaps::default(),
            open_reports_max: None,
            recordings_line: String::new(),
            not_ready_reasons: usual_reasons(),
        }
    }
}

/// Keys an operator presses during a call, and numbers dialled from the operator's own phone for a state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields, from = "StoredCodes")]
pub struct FeatureCodes {
    /// Hold and resume.
    pub hold: String,
    /// Call the firm's first target, announce, then join.
    pub attended: String,
    /// Pass the call on with "press 1".
    pub confirmed: String,
    /// Join caller and target now, and leave.
    pub complete: String,
    /// Give up the transfer: back to the caller.
    pub cancel: String,
    /// Pause the recording, and go on with it. Empty: no keys do. Where it is not given it is `*7`, unless another of these
    /// codes begins so or begins it.
    pub pause: String,
    /// Dialled from an operator's own phone: ready for calls. Empty: cannot be dialled. Where it is not given it is `*91`, under the
    /// condition of `pause`.
    pub ready: String,
    /// Dialled: not ready. `*92`.
    pub not_ready: String,
    /// Dialled: logged out. `*93`.
    pub log_out: String,
}

/// As they are stored, or come over the API: from before there was a pause, they may have its keys for something else.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StoredCodes {
    hold: String,
    attended: String,
    confirmed: String,
    complete: String,
    cancel: String,
    pause: Option<String>,
    ready: Option<String>,
    not_ready: Option<String>,
    log_out: Option<String>,
}

impl Default for StoredCodes {
    fn default() -> Self {
        let FeatureCodes { hold, attended, confirmed, complete, cancel, .. } = FeatureCodes::default();
        let (pause, ready, not_ready, log_out) = (None, None, None, None);
        Self { hold, attended, confirmed, complete, cancel, pause, ready, not_ready, log_out }
    }
}

impl From<StoredCodes> for FeatureCodes {
    fn from(stored: StoredCodes) -> Self {
        let StoredCodes { hold, attended, confirmed, complete, cancel, pause, ready, not_ready, log_out } = stored;
        let usual = FeatureCodes::default();
        let taken = [&hold, &attended, &confirmed, &complete, &cancel].map(Clone::clone);
        let or_usual = |chosen: Option<String>, keys: String| {
            let is_taken = taken.iter().any(|other| other.starts_with(&keys) || keys.starts_with(other.as_str()));
            chosen.unwrap_or(if is_taken { String::new() } else { keys })
        };
        Self {
            pause: or_usual(pause, usual.pause),
            ready: or_usual(ready, usual.ready),
            not_ready: or_usual(not_ready, usual.not_ready),
            log_out: or_usual(log_out, usual.log_out),
            hold,
            attended,
            confirmed,
            complete,
            cancel,
        }
    }
}

impl Default for FeatureCodes {
    fn default() -> Self {
        let code = |s: &str| s.to_owned();
        FeatureCodes {
            hold: code("*5"),
            attended: code("*1"),
            confirmed: code("*2"),
            complete: code("*3"),
            cancel: code("*0"),
            pause: code("*7"),
            ready: code("*91"),
            not_ready: code("*92"),
            log_out: code("*93"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_that_was_never_chosen_takes_no_other_codes_keys() {
        let read = |text: &str| serde_json::from_str::<FeatureCodes>(text);
        assert_eq!(read("{}").unwrap(), FeatureCodes::default());
        for taken in ["*7", "*71", "*"] {
            let codes = read(&format!(r#"{{"hold":"{taken}"}}"#)).unwrap();
            let usual = FeatureCodes::default();
            let [ready, not_ready, log_out] = [usual.ready, usual.not_ready, usual.log_out]
                .map(|keys| if taken == "*" { String::new() } else { keys });
            let hold = taken.to_owned();
            let expected =
                FeatureCodes { hold, pause: String::new(), ready, not_ready, log_out, ..FeatureCodes::default() };
            assert_eq!(codes, expected);
        }
        // What was chosen is what it is: a clash is the settings' check to find.
        assert_eq!(read(r#"{"hold":"*7","pause":"*7"}"#).unwrap().pause, "*7");
        assert_eq!(read(r#"{"pause":""}"#).unwrap().pause, "");
        let odd = FeatureCodes { hold: "*7".to_owned(), pause: String::new(), ..FeatureCodes::default() };
        assert_eq!(read(&serde_json::to_string(&odd).unwrap()).unwrap(), odd);
        assert!(read(r#"{"hould":"*5"}"#).is_err());
    }
}
