//! `denwaban client calendar`: when a firm is open.

use store::{CustomerForm, Store};
use switch::calendar::{Calendar, Closed, OpenDays, Period, Standing, Unreadable, Why};

use super::active;
use crate::cli::Context;
use crate::cli::call::{moment, time};
use crate::cli::output::{fields, on_or_off, yes};
use crate::clock;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words::{self, Words};

/// Arguments of `client calendar`.
#[derive(clap::Args, Debug, Default)]
pub struct Arguments {
    /// The firm's code
    code: String,
    /// Hours of the week; a day that is not named is closed; "" is open at all times
    #[arg(long, value_name = "DAYS HOURS; …")]
    hours: Option<String>,
    /// A closed period and what callers hear, beside those that there are; without years it is every year's (several times for several)
    #[arg(long, value_name = "FROM..TO WORDING")]
    closed: Vec<String>,
    /// Days with hours of their own, whatever weekday or holiday they are (several times for several)
    #[arg(long, value_name = "FROM..TO HOURS")]
    also_open: Vec<String>,
    /// Take away the closed period, or the days with hours of their own, that begin and end so (several times for several)
    #[arg(long, value_name = "FROM..TO")]
    remove: Vec<String>,
    /// Closed on Japan's public holidays: on or off
    #[arg(long, value_name = "ON|OFF")]
    holidays: Option<String>,
    /// What callers hear outside of the hours; "" is a wording of ours
    #[arg(long, value_name = "TEXT")]
    wording: Option<String>,
    /// A call to the closed firm: answer_as_usual, announce or message_box
    #[arg(long, value_name = "WHAT")]
    when_closed: Option<String>,
    /// Begin with an empty calendar
    #[arg(long)]
    reset: bool,
    /// Show how the firm stands at this time, in Japan's time; otherwise now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

/// Changes the calendar, if anything was given, and shows it.
pub async fn run(context: &Context, store: &Store, arguments: Arguments) -> Result<(), Troubles> {
    let at = match &arguments.at {
        Some(text) => moment("--at", text)?,
        None => clock::unix_ms(),
    };
    let before = store.customer_by_code(&arguments.code).await?;
    let calendar = changed(&arguments, before.form.calendar.clone())?;
    let customer = if calendar == before.form.calendar {
        before
    } else {
        let before = active(store, &arguments.code).await?;
        store.update_customer(before.id, &CustomerForm { calendar, ..before.form }).await?
    };
    let (calendar, name) = (&customer.form.calendar, &customer.form.name);
    let standing = Now::of(calendar, name, at);
    let answer = serde_json::json!({ "code": customer.form.code, "calendar": calendar, "now": standing });
    context.out.one(&answer, || {
        let mut shown = rows(calendar);
        shown.extend(standing.rows());
        fields(&shown)
    });
    Ok(())
}

fn changed(arguments: &Arguments, before: Calendar) -> Result<Calendar, Trouble> {
    let mut calendar = if arguments.reset { Calendar::default() } else { before };
    let unreadable =
        |option: &'static str| move |error: Unreadable| Trouble::new(Exit::Usage, option, error.what, error.remedy);
    for text in &arguments.remove {
        remove(&mut calendar, text)?;
    }
    if let Some(text) = &arguments.hours {
        calendar.week = text.parse().map_err(unreadable("--hours"))?;
    }
    for text in &arguments.closed {
        let period: Period = text.parse().map_err(unreadable("--closed"))?;
        // The same period with another wording is no second one.
        calendar.closed.retain(|known| (known.from, known.to) != (period.from, period.to));
        calendar.closed.push(period);
    }
    for text in &arguments.also_open {
        let days: OpenDays = text.parse().map_err(unreadable("--also-open"))?;
        calendar.also_open.retain(|known| (known.from, known.to) != (days.from, days.to));
        calendar.also_open.push(days);
    }
    if let Some(on) = on_or_off("--holidays", arguments.holidays.as_deref())? {
        calendar.japanese_holidays = on;
    }
    if let Some(wording) = &arguments.wording {
        calendar.closed_wording.clone_from(wording);
    }
    if let Some(word) = &arguments.when_closed {
        calendar.when_closed = Closed::from_word(word).ok_or_else(|| {
            let remedy = words::NO_CLOSED_REMEDY.text();
            Trouble::new(Exit::Usage, "--when-closed", words::NO_CHOICE.with(&[word]), remedy)
        })?;
    }
    Ok(calendar)
}

/// Takes away what begins and ends so. What is not there is a mistake: whoever removes the wrong days believes the firm open.
fn remove(calendar: &mut Calendar, text: &str) -> Result<(), Trouble> {
    let given: Period =
        text.parse().map_err(|error: Unreadable| Trouble::new(Exit::Usage, "--remove", error.what, error.remedy))?;
    let count = |calendar: &Calendar| calendar.closed.len() + calendar.also_open.len();
    let before = count(calendar);
    calendar.closed.retain(|period| (period.from, period.to) != (given.from, given.to));
    calendar.also_open.retain(|days| (days.from, days.to) != (given.from, given.to));
    if count(calendar) < before {
        return Ok(());
    }
    let spans = calendar.closed.iter().map(|period| (period.from, period.to));
    let spans = spans.chain(calendar.also_open.iter().map(|days| (days.from, days.to)));
    let known: Vec<String> =
        spans.map(|(from, to)| Period { from, to, wording: String::new(), when_closed: None }.to_string()).collect();
    let remedy = match known.is_empty() {
        true => words::NO_PERIODS_REMEDY.text().to_owned(),
        false => words::NO_PERIOD_REMEDY.with(&[&known.join(", ")]),
    };
    Err(Trouble::new(Exit::Usage, "--remove", words::NO_PERIOD.with(&[&text]), remedy))
}

/// The calendar, a field a line.
pub fn rows(calendar: &Calendar) -> Vec<(Words, String)> {
    let hours = if calendar.week.is_empty() { words::ALWAYS.text().to_owned() } else { calendar.week.to_string() };
    let mut rows = vec![(words::HOURS, hours), (words::HOLIDAYS_KEPT, yes(calendar.japanese_holidays))];
    rows.extend(calendar.closed.iter().map(|period| (words::CLOSED, period.to_string())));
    rows.extend(calendar.also_open.iter().map(|days| (words::ALSO_OPEN, days.to_string())));
    rows.push((words::CLOSED_WORDING, calendar.closed_wording.clone()));
    rows.push((words::WHEN_CLOSED, calendar.when_closed.word().to_owned()));
    rows
}

/// How a firm stands at a moment, for people and programs.
#[derive(serde::Serialize, Debug)]
pub struct Now {
    at_ms: i64,
    #[serde(flatten)]
    standing: Standing,
    /// What callers hear; none while it is open.
    spoken: Option<String>,
    opens_ms: Option<i64>,
}

impl Now {
    /// How this firm stands at this moment.
    pub fn of(calendar: &Calendar, name: &str, at_ms: i64) -> Now {
        let standing = calendar.at(at_ms);
        let spoken = standing.spoken(name);
        Now { at_ms, standing, spoken, opens_ms: calendar.opens_after(at_ms) }
    }

    /// A field a line.
    pub fn rows(&self) -> Vec<(Words, String)> {
        let standing = match &self.standing {
            Standing::Open => words::STANDS_OPEN.text().to_owned(),
            Standing::Closed { why: Why::Hours, .. } => words::STANDS_CLOSED.text().to_owned(),
            Standing::Closed { why: Why::Period, .. } => words::STANDS_IN_PERIOD.text().to_owned(),
            Standing::Closed { why: Why::Holiday(name), .. } => words::STANDS_ON_HOLIDAY.with(&[name]),
        };
        let mut rows = vec![(words::AT_TIME, time(self.at_ms)), (words::STANDING, standing)];
        if let (Standing::Closed { then, .. }, Some(spoken)) = (&self.standing, &self.spoken) {
            rows.push((words::WHEN_CLOSED, then.word().to_owned()));
            rows.push((words::CLOSED_WORDING, spoken.clone()));
        }
        rows.extend(self.opens_ms.map(|at| (words::OPENS, time(at))));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn f64_closed_periods_are_added_and_the_same_one_is_worded_anew() {
        let arguments = |closed: &[&str]| Arguments {
            closed: closed.iter().map(|period| (*period).to_owned()).collect(),
            ..Arguments::default()
        };
        let one = changed(&arguments(&["12-29..01-03 お休みです。"]), Calendar::default()).unwrap();
        let two = changed(&arguments(&["2026-08-14", "12-29..01-03 年末年始です。"]), one).unwrap();
        let written: Vec<String> = two.closed.iter().map(Period::to_string).collect();
        assert_eq!(written, ["2026-08-14", "12-29..01-03 年末年始です。"]);
        let reset =
            Arguments { reset: true, hours: text("mon-fri 9-18"), holidays: text("on"), ..Arguments::default() };
        let fresh = changed(&reset, two).unwrap();
        assert_eq!((fresh.closed.len(), fresh.japanese_holidays), (0, true));
        assert_eq!(fresh.week.to_string(), "mon-fri 09:00-18:00");
        assert_eq!(changed(&Arguments::default(), fresh.clone()).unwrap(), fresh);
    }

    #[test]
    fn f64_a_closed_period_is_taken_away_by_its_days_and_the_others_stay() {
        let calendar = Calendar {
            closed: vec!["12-29..01-03 年末年始です。".parse().unwrap(), "2026-08-14".parse().unwrap()],
            also_open: vec!["2026-11-23 10:00-15:00".parse().unwrap()],
            ..Calendar::default()
        };
        let removing = |spans: &[&str]| Arguments {
            remove: spans.iter().map(|span| (*span).to_owned()).collect(),
            ..Arguments::default()
        };
        let one = changed(&removing(&["12-29..01-03"]), calendar.clone()).unwrap();
        assert_eq!(one.closed.iter().map(Period::to_string).collect::<Vec<_>>(), ["2026-08-14"]);
        let none = changed(&removing(&["2026-08-14", "2026-11-23"]), one.clone()).unwrap();
        assert_eq!((none.closed.len(), none.also_open.len()), (0, 0));
        // Taken away and written anew in one go.
        let both = Arguments { closed: vec!["2026-08-13..2026-08-16".to_owned()], ..removing(&["2026-08-14"]) };
        assert_eq!(changed(&both, one).unwrap().closed.len(), 1);
        // What is not there is no removal, and it is said what there is.
        let trouble = changed(&removing(&["12-29..01-04"]), calendar).unwrap_err();
        assert!(trouble.what.contains("12-29..01-04") && trouble.remedy.contains("12-29..01-03"), "{trouble:?}");
        assert!(!changed(&removing(&["12-29..01-04"]), Calendar::default()).unwrap_err().remedy.is_empty());
    }

    #[test]
    fn what_cannot_be_meant_names_the_option() {
        for (arguments, place) in [
            (Arguments { remove: vec!["soon".to_owned()], ..Arguments::default() }, "--remove"),
            (Arguments { hours: text("whenever"), ..Arguments::default() }, "--hours"),
            (Arguments { closed: vec!["soon".to_owned()], ..Arguments::default() }, "--closed"),
            (Arguments { also_open: vec!["2026-12-26".to_owned()], ..Arguments::default() }, "--also-open"),
            (Arguments { holidays: text("maybe"), ..Arguments::default() }, "--holidays"),
            (Arguments { when_closed: text("ring"), ..Arguments::default() }, "--when-closed"),
        ] {
            let trouble = changed(&arguments, Calendar::default()).unwrap_err();
            assert_eq!((trouble.place.as_str(), trouble.exit), (place, Exit::Usage));
            assert!(!trouble.remedy.is_empty(), "{place}");
        }
    }
}
