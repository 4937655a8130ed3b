//! What can be wrong with a profile, all of it at once, each with the path of its field.

use std::collections::BTreeSet;

use super::{
    FAQ_MAX, Greeting, Hours, LIST_MAX, PEOPLE_MAX, PLACES_MAX, Person, Phrase, Profile, RECIPIENTS_MAX, RULES_MAX,
    RUNGS_MAX, RungTo,
};
use crate::billing;
use crate::channel::check::phone;
use crate::japan;
use crate::listening;
use crate::problem::Problem;
use crate::rules::{Rule, Who};
use crate::text;

/// Characters of a name, a title, a question's keyword.
const NAME_CHARS_MAX: usize = 100;
/// Characters of a phrase, a greeting, a question.
const PHRASE_CHARS_MAX: usize = 500;
/// Characters of an answer of the FAQ.
const ANSWER_CHARS_MAX: usize = 2_000;
/// Characters of an id.
const ID_CHARS_MAX: usize = 60;
/// A rung is climbed within a day.
const RUNG_SECONDS_MAX: u32 = 86_400;

impl Profile {
    /// Reads a profile; what cannot be read is named by its path.
    ///
    /// # Errors
    /// What is wrong with its shape: a field that does not exist, a word that is none of the choices. What [`checked`]
    /// (Self::checked) finds, too.
    pub fn read(json: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let profile: Self = serde_path_to_error::deserialize(&mut reader).map_err(|error| vec![unread(&error)])?;
        if let Err(error) = reader.end() {
            return Err(vec![unread_at("", &error.to_string())]);
        }
        profile.checked()
    }

    /// Places that a report may not be sent to (R21), as far as that can be seen from their addresses: webhooks without TLS or inside a
    /// network, unless their origin is one of those that the house allows.
    pub fn barred(&self, allowed: &[String]) -> Vec<Problem> {
        let of = |(place, recipient): (usize, &super::Recipient)| {
            recipient.channel.barred(&format!("recipients[{place}].channel"), allowed)
        };
        self.recipients.iter().enumerate().filter_map(of).collect()
    }

    /// The profile as it is kept: texts trimmed, numbers written one way, rungs in order.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn checked(&self) -> Result<Self, Vec<Problem>> {
        let mut profile = self.clone();
        let mut check = Check::default();
        match profile.form.checked("form") {
            Ok(form) => profile.form = form,
            Err(problems) => check.problems.extend(problems),
        }
        check.words(&mut profile);
        check.people(&mut profile.people);
        check.recipients(&mut profile);
        check.list("rules", profile.rules.len(), RULES_MAX);
        for (place, rule) in profile.rules.iter_mut().enumerate() {
            check.rule(&format!("rules[{place}]"), rule, self);
        }
        check.problems.extend(profile.templates.problems("templates"));
        check.ladder(&mut profile);
        check.numbers(&mut profile);
        if check.problems.is_empty() { Ok(profile) } else { Err(check.problems) }
    }
}

fn unread(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let path = error.path().to_string();
    // A key that is no word of ours has no path of its own.
    let path = path.trim_end_matches(".?");
    unread_at(if path == "." { "" } else { path }, &error.inner().to_string())
}

fn unread_at(field: &str, why: &str) -> Problem {
    let why = text::head(&text::line(why), PHRASE_CHARS_MAX);
    Problem::new(
        field,
        (format!("読み取れません（{why}）"), "項目名と値を説明書のとおりに直してください"),
        (format!("it cannot be read ({why})"), "mend the name or the value as the manual says"),
    )
}

/// Collects what is wrong.
#[derive(Default)]
struct Check {
    problems: Vec<Problem>,
}

impl Check {
    fn fail(&mut self, field: impl Into<String>, ja: (&str, &str), en: (&str, &str)) {
        self.problems.push(Problem::new(field, ja, en));
    }

    fn list(&mut self, field: &str, entries: usize, max: usize) {
        if entries > max {
            self.problems.push(Problem::new(
                field,
                (format!("{max}件を超えています"), "減らしてください"),
                (format!("there are more than {max}"), "give fewer"),
            ));
        }
    }

    /// A text that has to be there, within so many characters.
    fn text(&mut self, field: &str, text: &mut String, chars_max: usize) {
        if text::is_blank(text) {
            self.fail(field, ("空です", "入力してください"), ("it is empty", "write something"));
        }
        self.optional(field, text, chars_max);
    }

    fn optional(&mut self, field: &str, text: &mut String, chars_max: usize) {
        *text = text::prose(text).trim().to_owned();
        if text.chars().count() > chars_max {
            self.problems.push(Problem::new(
                field,
                (format!("{chars_max}文字を超えています"), "短くしてください"),
                (format!("there are more than {chars_max} characters"), "shorten it"),
            ));
        }
    }

    /// The same in one line.
    fn line(&mut self, field: &str, text: &mut String) {
        *text = text::line(text);
        self.optional(field, text, NAME_CHARS_MAX);
    }

    fn words(&mut self, profile: &mut Profile) {
        self.list("greetings", profile.greetings.len(), LIST_MAX);
        for (place, Greeting { hours, text, reading }) in profile.greetings.iter_mut().enumerate() {
            let at = format!("greetings[{place}]");
            self.hours(&format!("{at}.hours"), hours.as_ref());
            self.text(&format!("{at}.text"), text, PHRASE_CHARS_MAX);
            self.optional(&format!("{at}.reading"), reading, PHRASE_CHARS_MAX);
        }
        self.list("phrases.absent", profile.phrases.absent.len(), LIST_MAX);
        for (place, Phrase { title, text }) in profile.phrases.absent.iter_mut().enumerate() {
            self.text(&format!("phrases.absent[{place}].title"), title, NAME_CHARS_MAX);
            self.text(&format!("phrases.absent[{place}].text"), text, PHRASE_CHARS_MAX);
        }
        for (kind, closing) in &mut profile.phrases.closings {
            self.text(&format!("phrases.closings.{}", kind.code()), closing, PHRASE_CHARS_MAX);
        }
        let lists = [
            ("phrases.complaint", &mut profile.phrases.complaint),
            ("dos", &mut profile.dos),
            ("donts", &mut profile.donts),
        ];
        for (field, lines) in lists {
            self.list(field, lines.len(), LIST_MAX);
            for (place, line) in lines.iter_mut().enumerate() {
                self.text(&format!("{field}[{place}]"), line, PHRASE_CHARS_MAX);
            }
        }
        self.list("faq", profile.faq.len(), FAQ_MAX);
        for (place, faq) in profile.faq.iter_mut().enumerate() {
            self.text(&format!("faq[{place}].question"), &mut faq.question, PHRASE_CHARS_MAX);
            self.text(&format!("faq[{place}].answer"), &mut faq.answer, ANSWER_CHARS_MAX);
            self.list(&format!("faq[{place}].keywords"), faq.keywords.len(), LIST_MAX);
            for (at, keyword) in faq.keywords.iter_mut().enumerate() {
                self.text(&format!("faq[{place}].keywords[{at}]"), keyword, NAME_CHARS_MAX);
            }
        }
    }

    fn hours(&mut self, field: &str, hours: Option<&Hours>) {
        let Some(hours) = hours else { return };
        let (from, until) = (japan::minute(&hours.from), japan::minute(&hours.until));
        if from.is_none() || until.is_none() || from == until || from == Some(24 * 60) {
            self.fail(
                field,
                ("時間帯が正しくありません", "9:00〜18:00 のように入力してください（夜をまたぐ場合は 18:00〜9:00）"),
                ("these are no hours", "write them as 9:00 and 18:00; over midnight 18:00 and 9:00"),
            );
        }
    }

    /// Ids are short, and each is there once.
    fn ids<'a>(&mut self, list: &str, ids: impl Iterator<Item = &'a mut String>) {
        let mut seen = BTreeSet::new();
        for (place, id) in ids.enumerate() {
            *id = id.trim().to_owned();
            let field = format!("{list}[{place}].id");
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            if id.is_empty() || id.len() > ID_CHARS_MAX || !id.bytes().all(fits) {
                self.fail(
                    &field,
                    ("IDとして使えません", "半角の英数字・-・_ で入力してください（例: sato）"),
                    ("that is no id", "use letters, digits, - and _: sato"),
                );
            }
            if !seen.insert(id.clone()) {
                self.fail(
                    &field,
                    ("同じIDがあります", "別のIDにしてください"),
                    ("there is one with this id already", "give another"),
                );
            }
        }
    }

    fn people(&mut self, people: &mut [Person]) {
        self.list("people", people.len(), PEOPLE_MAX);
        self.ids("people", people.iter_mut().map(|person| &mut person.id));
        for (place, person) in people.iter_mut().enumerate() {
            let at = format!("people[{place}]");
            self.line(&format!("{at}.name"), &mut person.name);
            self.text(&format!("{at}.name"), &mut person.name, NAME_CHARS_MAX);
            self.line(&format!("{at}.kana"), &mut person.kana);
            self.line(&format!("{at}.title"), &mut person.title);
        }
    }

    fn recipients(&mut self, profile: &mut Profile) {
        let before = profile.clone();
        self.list("recipients", profile.recipients.len(), PLACES_MAX);
        self.ids("recipients", profile.recipients.iter_mut().map(|recipient| &mut recipient.id));
        for (place, recipient) in profile.recipients.iter_mut().enumerate() {
            let at = format!("recipients[{place}]");
            self.line(&format!("{at}.label"), &mut recipient.label);
            if let Some(person) = &recipient.person {
                self.person(&format!("{at}.person"), person, &before);
            }
            recipient.channel = recipient.channel.checked(&format!("{at}.channel"), &mut self.problems);
            if let Some(fallback) = &recipient.fallback {
                if *fallback == recipient.id {
                    self.fail(
                        format!("{at}.fallback"),
                        ("自分自身は代わりになりません", "別の送信先を選んでください"),
                        ("it cannot stand in for itself", "choose another recipient"),
                    );
                }
                self.recipient(&format!("{at}.fallback"), fallback, &before, true);
            }
        }
    }

    fn person(&mut self, field: &str, id: &str, profile: &Profile) {
        if profile.person(id).is_none() {
            self.fail(
                field,
                ("名簿にない人です", "people にあるIDを指定してください"),
                ("nobody of the roster has this id", "give an id of `people`"),
            );
        }
    }

    /// `written`: a report has to be able to go there.
    fn recipient(&mut self, field: &str, id: &str, profile: &Profile, written: bool) {
        match profile.recipient(id) {
            None => self.fail(
                field,
                ("ない送信先です", "recipients にあるIDを指定してください"),
                ("there is no recipient with this id", "give an id of `recipients`"),
            ),
            Some(recipient) if written && !recipient.channel.is_written() => self.fail(
                field,
                (
                    "電話には文書を送れません",
                    "メールかチャットの送信先を指定してください（電話は ladder だけで使えます）",
                ),
                ("a report cannot be sent to a telephone", "choose mail or chat; telephones are for the ladder"),
            ),
            Some(_) => {}
        }
    }

    fn rule(&mut self, at: &str, rule: &mut Rule, profile: &Profile) {
        self.hours(&format!("{at}.when.hours"), rule.when.hours.as_ref());
        self.list(&format!("{at}.to"), rule.to.len(), LIST_MAX);
        for (place, person) in rule.when.people.iter().enumerate() {
            self.person(&format!("{at}.when.people[{place}]"), person, profile);
        }
        if rule.to.is_empty() {
            self.fail(
                format!("{at}.to"),
                ("送信先がありません", "少なくとも一つ指定してください"),
                ("it sends to nobody", "give at least one destination"),
            );
        }
        for (place, to) in rule.to.iter().enumerate() {
            let field = format!("{at}.to[{place}].who");
            match &to.who {
                Who::Person(id) => self.person(&field, id, profile),
                Who::Recipient(id) => self.recipient(&field, id, profile, true),
                Who::Named | Who::Top | Who::Firm | Who::Everyone => {}
            }
        }
    }

    fn ladder(&mut self, profile: &mut Profile) {
        self.list("ladder", profile.ladder.len(), RUNGS_MAX);
        let before = profile.clone();
        for (place, rung) in profile.ladder.iter_mut().enumerate() {
            let at = format!("ladder[{place}]");
            if rung.after_seconds > RUNG_SECONDS_MAX {
                self.fail(
                    format!("{at}.after_seconds"),
                    ("1日を超えています", "86400秒以内にしてください"),
                    ("that is more than a day", "give at most 86400 seconds"),
                );
            }
            match &mut rung.to {
                RungTo::Recipient(id) => self.recipient(&format!("{at}.to"), id, &before, false),
                RungTo::Phone(number) => phone(&format!("{at}.to"), number, &mut self.problems),
                RungTo::Supervisor => {}
            }
        }
        profile.ladder.sort_by_key(|rung| rung.after_seconds);
    }

    fn numbers(&mut self, profile: &mut Profile) {
        if profile.digest_hour > 23 {
            self.fail("digest_hour", ("時刻は0〜23です", "直してください"), ("an hour is 0 to 23", "mend it"));
        }
        if !(1..=RECIPIENTS_MAX).contains(&profile.recipients_max) {
            self.problems.push(Problem::new(
                "recipients_max",
                (format!("送信先の数は1〜{RECIPIENTS_MAX}です"), "直してください"),
                (format!("recipients are 1 to {RECIPIENTS_MAX}"), "mend it"),
            ));
        }
        if !(1..=listening::HOURS_MAX).contains(&profile.listening.hours) {
            let most = listening::HOURS_MAX;
            self.problems.push(Problem::new(
                "listening.hours",
                (format!("1〜{most}時間です"), "直してください"),
                (format!("it is 1 to {most} hours"), "mend it"),
            ));
        }
        if profile.listening.times_max > listening::TIMES_MAX {
            let most = listening::TIMES_MAX;
            self.problems.push(Problem::new(
                "listening.times_max",
                (format!("{most}回までです"), "0（無制限）にするか、減らしてください"),
                (format!("it is {most} at most"), "make it 0, for as often as one likes, or less"),
            ));
        }
        if profile.call_out.on || !profile.call_out.number.trim().is_empty() {
            phone("call_out.number", &mut profile.call_out.number, &mut self.problems);
        }
        for (kind, class) in &profile.billing.classes {
            if !billing::is_class(class) {
                self.fail(
                    format!("billing.classes.{}", kind.code()),
                    ("区分名として使えません", "英小文字・数字・_ で入力してください（例: standard）"),
                    ("that is no class", "use small letters, digits and _: standard"),
                );
            }
        }
    }
}
