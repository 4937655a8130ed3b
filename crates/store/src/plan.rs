//! Ring plans and operators' tiers as they are written down: words in the API, in CSV and on the command line.

use std::fmt::Write as _;

use acd::{RingPlan, Tier, Who};
use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::check::{CODE_CHARS_MAX, Checks};
use crate::error::Problem;

/// Steps of a widening plan.
const STEPS_MAX: usize = 10;
/// The last step is no later: by then everyone rings, or nobody will.
const STEP_MS_MAX: u32 = 120_000;
/// Operators of one step by number; more are "suited".
const BEST_MAX: i64 = 100;
/// One ring of a Japanese phone: 1 s of tone, 2 s of silence.
const RING_MS: u32 = 3_000;
const STEPS_REMEDY: &str = "write the time in rings (2.5) or seconds (7.5s) and who rings from then on: 0:best1,1:best3,2:everyone,2.5:supervisors,2.5:managers";
const WHO_REMEDY: &str = "write best1, best3 …, suited, everyone, supervisors or managers";

/// Who rings for a customer's calls; [`acd::RingPlan`] as it is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// One operator at a time, the longest idle first.
    LongestIdle,
    /// One at a time, whoever has had the fewest calls first.
    FewestCalls,
    /// One at a time, whoever has talked least first.
    LeastTalk,
    /// One at a time, each in turn.
    RoundRobin,
    /// One at a time, by the operators' ranks.
    TopDown,
    /// One at a time, by lot: the more skilled, the likelier.
    Weighted,
    /// All at once.
    RingAll,
    /// The best suited first, more and more with time; managers before the third ring.
    #[default]
    Widening,
}

impl Plan {
    /// All there are.
    pub const ALL: [Plan; 8] = [
        Plan::LongestIdle,
        Plan::FewestCalls,
        Plan::LeastTalk,
        Plan::RoundRobin,
        Plan::TopDown,
        Plan::Weighted,
        Plan::RingAll,
        Plan::Widening,
    ];

    /// As in CSV and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Plan::LongestIdle => "longest_idle",
            Plan::FewestCalls => "fewest_calls",
            Plan::LeastTalk => "least_talk",
            Plan::RoundRobin => "round_robin",
            Plan::TopDown => "top_down",
            Plan::Weighted => "weighted",
            Plan::RingAll => "ring_all",
            Plan::Widening => "widening",
        }
    }

    /// From CSV and the database.
    pub fn from_text(text: &str) -> Option<Plan> {
        Plan::ALL.into_iter().find(|plan| plan.as_str() == text)
    }

    /// All words, for a remedy.
    pub fn words() -> String {
        Plan::ALL.map(Plan::as_str).join(", ")
    }

    /// The plan as the queue has it; `steps` only of a widening one.
    pub(crate) fn ring_plan(self, steps: &[Step]) -> RingPlan {
        match self {
            Plan::LongestIdle => RingPlan::LongestIdle,
            Plan::FewestCalls => RingPlan::FewestCalls,
            Plan::LeastTalk => RingPlan::LeastTalk,
            Plan::RoundRobin => RingPlan::RoundRobin,
            Plan::TopDown => RingPlan::TopDown,
            Plan::Weighted => RingPlan::Weighted,
            Plan::RingAll => RingPlan::RingAll,
            // One without steps would ring nobody.
            Plan::Widening if steps.is_empty() => RingPlan::three_rings(),
            Plan::Widening => RingPlan::Widening(steps.iter().map(Step::acd).collect()),
        }
    }
}

/// A step of a widening plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Milliseconds after the caller's phone began to ring; one ring is 3000.
    pub after_ms: u32,
    /// Who rings from then on: "best1", "best3" …, "suited", "everyone", "supervisors", "managers".
    #[serde(with = "who_word")]
    #[schema(value_type = String, example = "best3")]
    pub who: Who,
}

impl Step {
    fn acd(&self) -> acd::Step {
        acd::Step { after: Duration::from_millis(u64::from(self.after_ms)), who: self.who }
    }
}

mod who_word {
    //! [`super::Who`] as a word in JSON.

    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::{WHO_REMEDY, Who, who_from, who_text};

    pub(super) fn serialize<S: Serializer>(who: &Who, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&who_text(*who))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Who, D::Error> {
        let word = String::deserialize(deserializer)?;
        who_from(&word).ok_or_else(|| de::Error::custom(format!("nobody is {word:.40?}; {WHO_REMEDY}")))
    }
}

fn who_text(who: Who) -> String {
    match who {
        Who::Best(count) => format!("best{count}"),
        Who::Suited => "suited".to_owned(),
        Who::Everyone => "everyone".to_owned(),
        Who::Supervisors => "supervisors".to_owned(),
        Who::Managers => "managers".to_owned(),
    }
}

fn who_from(word: &str) -> Option<Who> {
    match word.trim() {
        "suited" => Some(Who::Suited),
        "everyone" => Some(Who::Everyone),
        "supervisors" => Some(Who::Supervisors),
        "managers" => Some(Who::Managers),
        best => best.strip_prefix("best").and_then(|count| count.parse().ok()).map(Who::Best),
    }
}

/// Steps as people write them: "0:best1,1:best3,2:everyone,2.5:supervisors", times in rings, or in seconds with an s.
pub fn steps_text(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        let between = if text.is_empty() { "" } else { "," };
        // Nothing is written wrong into a String.
        let _ = write!(text, "{between}{}:{}", rings(step.after_ms), who_text(step.who));
    }
    text
}

/// Steps from [`steps_text`].
///
/// # Errors
/// A [`Problem`] with the field "steps".
pub fn steps_from(text: &str) -> Result<Vec<Step>, Problem> {
    let wrong = |entry: &str| Problem::new("steps", format!("{entry:.60?} is no step"), STEPS_REMEDY);
    let step = |entry: &str| {
        let (time, who) = entry.split_once(':')?;
        Some(Step { after_ms: milliseconds(time.trim())?, who: who_from(who)? })
    };
    text.split([',', ';'])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| step(entry).ok_or_else(|| wrong(entry)))
        .collect()
}

/// A time of a step for people: "2.5" rings, or "7.1s" where that is no short number of rings.
fn rings(ms: u32) -> String {
    match ms.checked_mul(1_000).filter(|thousandths| thousandths % RING_MS == 0) {
        Some(thousandths) => decimal(thousandths / RING_MS),
        None => format!("{}s", decimal(ms)),
    }
}

/// Thousandths as a decimal, without zeros at its end.
fn decimal(thousandths: u32) -> String {
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn milliseconds(time: &str) -> Option<u32> {
    const DIGITS_MAX: usize = 3;
    let (number, unit_ms) = time.strip_suffix('s').map_or((time, RING_MS), |number| (number, 1_000));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.len() <= DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let thousandths: u32 = format!("{whole}{part:0<DIGITS_MAX$}").parse().ok()?;
    Some(thousandths.checked_mul(unit_ms)? / 1_000)
}

/// The steps of a plan as they are stored: the usual ones if a widening plan has none, none for any other.
pub(crate) fn checked_steps(checks: &mut Checks, plan: Plan, steps: &[Step]) -> Vec<Step> {
    if plan != Plan::Widening {
        if !steps.is_empty() {
            checks.fail("steps", format!("{} has no steps", plan.as_str()), "leave them away, or choose widening");
        }
        return Vec::new();
    }
    if steps.is_empty() {
        return three_rings();
    }
    if steps.len() > STEPS_MAX {
        checks.fail("steps", format!("{} steps are too many", steps.len()), format!("give at most {STEPS_MAX}"));
    }
    let begins = steps
        .first()
        .is_some_and(|first| first.after_ms == 0 && matches!(first.who, Who::Best(_) | Who::Suited | Who::Everyone));
    if !begins {
        checks.fail("steps", "no operator rings at the beginning", "begin with 0:best1, 0:suited or 0:everyone");
    }
    if steps.iter().zip(steps.iter().skip(1)).any(|(step, next)| next.after_ms < step.after_ms) {
        checks.fail("steps", "a step is earlier than the one before", "give them in the order of their times");
    }
    for step in steps {
        if step.after_ms > STEP_MS_MAX {
            let what = format!("{} is too late", rings(step.after_ms));
            checks.fail("steps", what, format!("give at most {}", rings(STEP_MS_MAX)));
        }
        if let Who::Best(count) = step.who {
            checks.within("steps", i64::from(count), 1, BEST_MAX);
        }
    }
    steps.to_vec()
}

/// The usual widening: the promise of three rings.
pub(crate) fn three_rings() -> Vec<Step> {
    let RingPlan::Widening(steps) = RingPlan::three_rings() else { return Vec::new() };
    let after = |step: &acd::Step| u32::try_from(step.after.as_millis()).unwrap_or(STEP_MS_MAX);
    steps.iter().map(|step| Step { after_ms: after(step), who: step.who }).collect()
}

/// A word for a tier.
pub(crate) fn tier_text(tier: Tier) -> &'static str {
    match tier {
        Tier::Operator => "operator",
        Tier::Supervisor => "supervisor",
        Tier::Manager => "manager",
    }
}

/// A tier from its word.
pub(crate) fn tier_from(word: &str) -> Option<Tier> {
    [Tier::Operator, Tier::Supervisor, Tier::Manager].into_iter().find(|tier| tier_text(*tier) == word)
}

/// The tier of a form, or a complaint.
pub(crate) fn checked_tier(checks: &mut Checks, word: &str) -> String {
    let word = word.trim().to_ascii_lowercase();
    if tier_from(&word).is_none() {
        checks.fail("tier", format!("{word:.CODE_CHARS_MAX$?} is no tier"), "give operator, supervisor or manager");
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_written_in_rings_and_read_back() {
        let text = "0:best1,1:best3,2:everyone,2.5:supervisors,2.5:managers";
        let steps = steps_from(text).unwrap();
        let times: Vec<u32> = steps.iter().map(|step| step.after_ms).collect();
        assert_eq!(times, [0, 3_000, 6_000, 7_500, 7_500]);
        assert_eq!(steps_text(&steps), text);
        assert_eq!(steps_from(" 0 : best1 ; 7.5s:managers").unwrap()[1], Step { after_ms: 7_500, who: Who::Managers });
        assert_eq!(steps_from("").unwrap(), []);
        for ms in (0..=STEP_MS_MAX).step_by(7) {
            let steps = [Step { after_ms: ms, who: Who::Suited }];
            assert_eq!(steps_from(&steps_text(&steps)).unwrap(), steps, "{ms}");
        }
        for wrong in [
            "best1",
            "0",
            "0:",
            "x:best1",
            "-1:best1",
            "0:best",
            "0:bestx",
            "0:all",
            "1.2345:best1",
            "9999:best1",
            "0:best99999",
        ] {
            assert_eq!(steps_from(wrong).unwrap_err().field, "steps", "{wrong}");
        }
    }

    #[test]
    fn json_has_milliseconds_and_words() {
        let step = Step { after_ms: 3_000, who: Who::Best(3) };
        let json = serde_json::to_string(&step).unwrap();
        assert_eq!(json, r#"{"after_ms":3000,"who":"best3"}"#);
        assert_eq!(serde_json::from_str::<Step>(&json).unwrap(), step);
        assert!(serde_json::from_str::<Step>(r#"{"after_ms":0,"who":"nobody"}"#).is_err());
    }

    #[test]
    fn steps_begin_at_once_with_operators_and_go_on_in_order() {
        let problems = |plan, text: &str| {
            let mut checks = Checks::default();
            let kept = checked_steps(&mut checks, plan, &steps_from(text).unwrap());
            checks.end(kept).is_err()
        };
        assert!(!problems(Plan::Widening, ""));
        assert!(!problems(Plan::Widening, "0:suited"));
        assert!(!problems(Plan::LongestIdle, ""));
        for wrong in
            ["1:best1", "0:managers", "0:best1,2:everyone,1:suited", "0:best0", "0:best101", "0:best1,41:everyone"]
        {
            assert!(problems(Plan::Widening, wrong), "{wrong}");
        }
        assert!(problems(Plan::RingAll, "0:best1"));
        assert!(problems(Plan::Widening, &["0:best1"; STEPS_MAX + 1].join(",")));
        let mut checks = Checks::default();
        let usual = checked_steps(&mut checks, Plan::Widening, &[]);
        assert_eq!(usual, three_rings());
        assert!(usual.len() > 2);
    }

    #[test]
    fn every_word_is_read_back() {
        for plan in Plan::ALL {
            assert_eq!(Plan::from_text(plan.as_str()), Some(plan));
            assert_eq!(serde_json::to_value(plan).unwrap(), plan.as_str());
        }
        for tier in [Tier::Operator, Tier::Supervisor, Tier::Manager] {
            assert_eq!(tier_from(tier_text(tier)), Some(tier));
        }
    }
}
