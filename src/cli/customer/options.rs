//! What `client add` and `client set` may say about a firm; what is not given stays as it is.

use store::{CustomerForm, LANGUAGE, Plan, from_word, steps_from};
use switch::waiting::WaitingPolicy;
use switch::{Target, TransferPolicy};

use crate::cli::output::{on_or_off, seconds_or_never};
use crate::trouble::{Exit, Trouble};
use crate::words::{self, Words};

/// See the module. A list that is given replaces the one before; one empty value empties it.
#[derive(clap::Args, Debug, Default)]
pub struct Options {
    /// Reading in kana
    #[arg(long)]
    reading: Option<String>,
    /// What the operator says first
    #[arg(long)]
    greeting: Option<String>,
    /// How to handle this firm's calls
    #[arg(long)]
    manual: Option<String>,
    /// Number that the firm forwards to (several times for several)
    #[arg(long = "did", value_name = "NUMBER")]
    dids: Vec<String>,
    /// Person who may be called, NAME=NUMBER (several times for several, in order)
    #[arg(long = "target", value_name = "NAME=NUMBER")]
    targets: Vec<String>,
    /// never, urgent_only or always
    #[arg(long, value_name = "POLICY")]
    transfer: Option<String>,
    /// Skill that an operator needs (several times for several)
    #[arg(long = "needs", value_name = "SKILL")]
    needs: Vec<String>,
    /// Language that an operator needs, such as en (several times for several)
    #[arg(long = "language", value_name = "CODE")]
    languages: Vec<String>,
    /// widening (the default), longest_idle, fewest_calls, least_talk, round_robin, top_down, weighted or ring_all
    #[arg(long)]
    plan: Option<String>,
    /// Steps of a widening plan: when, in rings (2.5) or seconds (7.5s), and who rings from then on
    #[arg(long, value_name = "RINGS:WHO,…")]
    steps: Option<String>,
    /// Team whose operators answer first; "" is none
    #[arg(long)]
    team: Option<String>,
    /// Seconds that a phone rings before the next
    #[arg(long)]
    ring_seconds: Option<u16>,
    /// 0 is normal, 9 waits least
    #[arg(long)]
    priority: Option<u8>,
    /// Play the firm's name to the operator at the answer: on or off
    #[arg(long, value_name = "ON|OFF")]
    whisper: Option<String>,
    /// Waiting: seconds after which an announcement and music replace the ringing, or never
    #[arg(long, value_name = "SECONDS")]
    announce_after: Option<String>,
    /// Waiting: what is announced, in the firm's name; "" is a wording of ours
    #[arg(long, value_name = "TEXT")]
    announcement: Option<String>,
    /// Waiting: tell nothing, position or expected_wait
    #[arg(long, value_name = "WHAT")]
    tell: Option<String>,
    /// Waiting: seconds between announcements
    #[arg(long, value_name = "SECONDS")]
    every: Option<u16>,
    /// Waiting: offer to call back in turn (press 1): on or off
    #[arg(long, value_name = "ON|OFF")]
    callback: Option<String>,
    /// Waiting: seconds after which the caller may leave a message, or never
    #[arg(long, value_name = "SECONDS")]
    message_after: Option<String>,
    /// A caller who hangs up before anyone answers: report, call_back or ignore
    #[arg(long, value_name = "POLICY")]
    abandoned: Option<String>,
}

impl Options {
    /// The form with what was given.
    pub fn change(self, mut form: CustomerForm) -> Result<CustomerForm, Trouble> {
        put(&mut form.reading, self.reading);
        put(&mut form.greeting, self.greeting);
        put(&mut form.manual, self.manual);
        put(&mut form.team, self.team);
        put(&mut form.ring_seconds, self.ring_seconds);
        put(&mut form.priority, self.priority);
        if let Some(dids) = list(self.dids) {
            form.dids = dids;
        }
        if let Some(targets) = list(self.targets) {
            form.targets = targets.iter().map(|text| target(text)).collect::<Result<_, _>>()?;
        }
        if let Some(text) = self.transfer {
            form.transfer = policy(&text)?;
        }
        form.needs = needs(form.needs, self.needs, self.languages);
        if let Some(text) = self.plan {
            let plan = Plan::from_text(&text).ok_or_else(|| {
                let remedy = words::NO_PLAN_REMEDY.with(&[&Plan::words()]);
                Trouble::new(Exit::Usage, "--plan", words::NO_PLAN.with(&[&text]), remedy)
            })?;
            if plan != form.plan {
                form.plan = plan;
                form.steps.clear(); // those of the plan before are not those of this one
            }
        }
        if let Some(text) = self.steps {
            form.steps = steps_from(&text)
                .map_err(|problem| Trouble::new(Exit::Usage, "--steps", problem.what, problem.remedy))?;
        }
        put(&mut form.whisper, on_or_off("--whisper", self.whisper.as_deref())?);
        if let Some(text) = self.abandoned {
            form.abandoned = variant("--abandoned", &text, words::NO_ABANDONED_REMEDY)?;
        }
        let asked = Waiting {
            announce_after: self.announce_after,
            announcement: self.announcement,
            tell: self.tell,
            every: self.every,
            callback: self.callback,
            message_after: self.message_after,
        };
        asked.change(&mut form.waiting)?;
        Ok(form)
    }
}

/// What was said about waiting.
struct Waiting {
    announce_after: Option<String>,
    announcement: Option<String>,
    tell: Option<String>,
    every: Option<u16>,
    callback: Option<String>,
    message_after: Option<String>,
}

impl Waiting {
    fn change(self, policy: &mut WaitingPolicy) -> Result<(), Trouble> {
        if let Some(text) = self.announce_after {
            policy.announce_after_seconds = seconds_or_never("--announce-after", &text)?;
        }
        if let Some(text) = self.message_after {
            policy.message_after_seconds = seconds_or_never("--message-after", &text)?;
        }
        if let Some(text) = self.tell {
            policy.tell = variant("--tell", &text, words::NO_TELL_REMEDY)?;
        }
        put(&mut policy.announcement, self.announcement);
        put(&mut policy.every_seconds, self.every);
        put(&mut policy.callback, on_or_off("--callback", self.callback.as_deref())?);
        Ok(())
    }
}

/// The value, if one was given.
fn put<T>(place: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *place = value;
    }
}

/// `None`: not given. One empty value is an empty list.
fn list(given: Vec<String>) -> Option<Vec<String>> {
    let is_given = !given.is_empty();
    is_given.then(|| given.into_iter().filter(|entry| !entry.trim().is_empty()).collect())
}

/// Skills and languages are one list, and are told apart by how they begin; each replaces its own.
fn needs(before: Vec<String>, skills: Vec<String>, languages: Vec<String>) -> Vec<String> {
    let (spoken, other): (Vec<String>, Vec<String>) = before.into_iter().partition(|need| need.starts_with(LANGUAGE));
    let languages = list(languages).map(|list| list.iter().map(|code| language(code)).collect());
    let mut needs = list(skills).unwrap_or(other);
    needs.extend(languages.unwrap_or(spoken));
    needs.dedup();
    needs
}

/// The skill that is this language: "en" and "lang:en" alike.
pub fn language(code: &str) -> String {
    let code = code.trim().to_ascii_lowercase();
    if code.starts_with(LANGUAGE) { code } else { format!("{LANGUAGE}{code}") }
}

fn variant<T: serde::de::DeserializeOwned>(option: &str, text: &str, remedy: Words) -> Result<T, Trouble> {
    from_word(text).ok_or_else(|| Trouble::new(Exit::Usage, option, words::NO_CHOICE.with(&[&text]), remedy.text()))
}

fn target(text: &str) -> Result<Target, Trouble> {
    const RING_SECONDS: u16 = 20;
    let Some((name, number)) = text.rsplit_once('=') else {
        let what = words::NO_TARGET.with(&[&text]);
        return Err(Trouble::new(Exit::Usage, "--target", what, words::NO_TARGET_REMEDY.text()));
    };
    Ok(Target { name: name.trim().to_owned(), number: number.trim().to_owned(), ring_seconds: RING_SECONDS })
}

fn policy(text: &str) -> Result<TransferPolicy, Trouble> {
    match text {
        "never" => Ok(TransferPolicy::Never),
        "urgent_only" => Ok(TransferPolicy::UrgentOnly),
        "always" => Ok(TransferPolicy::Always),
        other => {
            let what = words::NO_POLICY.with(&[&other]);
            Err(Trouble::new(Exit::Usage, "--transfer", what, words::NO_POLICY_REMEDY.text()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_not_given_stays_and_what_is_given_replaces() {
        let before = CustomerForm {
            code: "a".to_owned(),
            greeting: "はい。".to_owned(),
            dids: strings(&["81312345678"]),
            needs: strings(&["医療", "lang:en"]),
            priority: 3,
            ..CustomerForm::default()
        };
        assert_eq!(Options::default().change(before.clone()).unwrap(), before);
        let options = Options {
            dids: strings(&[""]),
            languages: strings(&["ZH", "lang:ko"]),
            team: Some("a".to_owned()),
            tell: Some("position".to_owned()),
            announce_after: Some("never".to_owned()),
            message_after: Some("120".to_owned()),
            callback: Some("on".to_owned()),
            abandoned: Some("call_back".to_owned()),
            ..Options::default()
        };
        let after = options.change(before).unwrap();
        assert_eq!((after.dids, after.priority, after.greeting.as_str()), (vec![], 3, "はい。"));
        assert_eq!(after.needs, ["医療", "lang:zh", "lang:ko"]);
        assert_eq!(after.waiting.announce_after_seconds, None);
        assert_eq!((after.waiting.message_after_seconds, after.waiting.callback), (Some(120), true));
        assert_eq!(store::word(&after.waiting.tell), "position");
        assert_eq!(store::word(&after.abandoned), "call_back");
    }

    #[test]
    fn another_plan_has_its_own_steps() {
        let change = |options: Options, form| options.change(form).unwrap();
        let widening = change(
            Options {
                plan: Some("widening".to_owned()),
                steps: Some("0:best1,2:everyone".to_owned()),
                ..Options::default()
            },
            CustomerForm::default(),
        );
        assert_eq!(store::steps_text(&widening.steps), "0:best1,2:everyone");
        let ring_all = change(Options { plan: Some("ring_all".to_owned()), ..Options::default() }, widening);
        assert_eq!((ring_all.plan, ring_all.steps.len()), (Plan::RingAll, 0));
    }

    #[test]
    fn what_cannot_be_meant_names_the_option() {
        let refused = |options: Options| options.change(CustomerForm::default()).unwrap_err();
        let text = |text: &str| Some(text.to_owned());
        for (options, place) in [
            (Options { plan: text("fastest"), ..Options::default() }, "--plan"),
            (Options { steps: text("soon:all"), ..Options::default() }, "--steps"),
            (Options { tell: text("everything"), ..Options::default() }, "--tell"),
            (Options { callback: text("maybe"), ..Options::default() }, "--callback"),
            (Options { announce_after: text("soon"), ..Options::default() }, "--announce-after"),
            (Options { abandoned: text("forget"), ..Options::default() }, "--abandoned"),
            (Options { transfer: text("perhaps"), ..Options::default() }, "--transfer"),
            (Options { targets: strings(&["佐藤"]), ..Options::default() }, "--target"),
        ] {
            let trouble = refused(options);
            assert_eq!((trouble.place.as_str(), trouble.exit), (place, Exit::Usage));
            assert!(!trouble.what.is_empty() && !trouble.remedy.is_empty(), "{place}");
        }
    }
}
