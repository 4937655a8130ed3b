//! One cell of a file: into the form, and out of it.

use number::{JAPAN, Number};
use switch::calendar::{Calendar, Closed, Unreadable};
use switch::waiting::WaitingPolicy;
use switch::{Target, TransferPolicy};

use super::FORMULA;
use crate::customer::CustomerForm;
use crate::error::Problem;
use crate::plan::{Plan, steps_from, steps_text};
use crate::row::{from_word, word};

/// A target rings this long if the file does not say.
const TARGET_RING_SECONDS: u16 = 20;
/// In a cell of seconds: not at all.
const NEVER: &str = "never";

/// Reads one cell into the form. What the form's own check finds is not looked for here.
pub(super) fn set(form: &mut CustomerForm, column: &'static str, cell: &str) -> Result<(), Problem> {
    let wrong = |remedy: &str| Problem::new(column, format!("{cell:?} cannot be read"), remedy);
    let text = cell.trim();
    match column {
        "code" => form.code = text.to_owned(),
        "name" => form.name = text.to_owned(),
        "reading" => form.reading = text.to_owned(),
        "greeting" => form.greeting = text.to_owned(),
        "manual" => form.manual = text.to_owned(),
        "dids" => form.dids = list(text),
        "needs" => form.needs = list(text),
        "targets" => {
            form.targets = targets(text).ok_or_else(|| wrong("write name:number:seconds, several with ; between"))?
        }
        "transfer" => {
            form.transfer =
                transfer(text).ok_or_else(|| wrong("write never, urgent_only, always or listed:number;number"))?;
        }
        "plan" if text.is_empty() => {}
        "plan" => {
            let plan = Plan::from_text(text).ok_or_else(|| wrong(&format!("write one of {}", Plan::words())))?;
            if plan != form.plan {
                form.plan = plan;
                form.steps.clear(); // those of the plan before; those of this one are in a column of their own
            }
        }
        "steps" => form.steps = steps_from(text)?,
        "team" => form.team = text.to_owned(),
        "ring_seconds" if text.is_empty() => {}
        "ring_seconds" => form.ring_seconds = text.parse().map_err(|_| wrong("write a number of seconds"))?,
        "priority" if text.is_empty() => form.priority = 0,
        "priority" => form.priority = text.parse().map_err(|_| wrong("write 0 to 9"))?,
        "whisper" => form.whisper = yes_or_no(text).ok_or_else(|| wrong("write yes or no"))?,
        "abandoned" if text.is_empty() => {}
        "abandoned" => form.abandoned = from_word(text).ok_or_else(|| wrong("write report, call_back or ignore"))?,
        "hours" | "holidays" | "closed" | "also_open" | "closed_wording" | "when_closed" => {
            set_calendar(&mut form.calendar, column, cell)?;
        }
        other => set_waiting(&mut form.waiting, other, text)?,
    }
    Ok(())
}

fn set_calendar(calendar: &mut Calendar, column: &'static str, cell: &str) -> Result<(), Problem> {
    let text = cell.trim();
    let wrong = |remedy: &str| Problem::new(column, format!("{text:?} cannot be read"), remedy);
    let unreadable = |error: Unreadable| Problem::new(column, error.what, error.remedy);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    match column {
        "hours" => calendar.week = text.parse().map_err(unreadable)?,
        "holidays" if text.is_empty() => {}
        "holidays" => calendar.japanese_holidays = yes_or_no(text).ok_or_else(|| wrong("write yes or no"))?,
        "closed" => calendar.closed = lines().map(str::parse).collect::<Result<_, _>>().map_err(unreadable)?,
        "also_open" => calendar.also_open = lines().map(str::parse).collect::<Result<_, _>>().map_err(unreadable)?,
        "closed_wording" => calendar.closed_wording = text.to_owned(),
        "when_closed" if text.is_empty() => {}
        "when_closed" => {
            calendar.when_closed =
                Closed::from_word(text).ok_or_else(|| wrong("write answer_as_usual, announce or message_box"))?;
        }
        other => return Err(Problem::new(other, "nobody reads this column", "report this")),
    }
    Ok(())
}

fn set_waiting(waiting: &mut WaitingPolicy, column: &'static str, text: &str) -> Result<(), Problem> {
    let wrong = |remedy: &str| Problem::new(column, format!("{text:?} cannot be read"), remedy);
    let seconds = || text.parse().map_err(|_| wrong("write a number of seconds"));
    let seconds_or_never = || match text {
        NEVER => Ok(None),
        _ => text.parse().map(Some).map_err(|_| wrong("write a number of seconds, or never")),
    };
    match column {
        "announcement" => waiting.announcement = text.to_owned(),
        // An empty cell says nothing about the rest.
        _ if text.is_empty() => {}
        "announce_after_seconds" => waiting.announce_after_seconds = seconds_or_never()?,
        "tell" => waiting.tell = from_word(text).ok_or_else(|| wrong("write nothing, position or expected_wait"))?,
        "every_seconds" => waiting.every_seconds = seconds()?,
        "callback" => waiting.callback = yes_or_no(text).ok_or_else(|| wrong("write yes or no"))?,
        "message_after_seconds" => waiting.message_after_seconds = seconds_or_never()?,
        other => return Err(Problem::new(other, "nobody reads this column", "report this")),
    }
    Ok(())
}

/// A problem of the form by the column that the field is in.
pub(super) fn by_column(problem: Problem) -> Problem {
    let field = match problem.field.as_str() {
        "calendar.week" => "hours",
        inner => inner.strip_prefix("calendar.").or_else(|| inner.strip_prefix("waiting.")).unwrap_or(inner),
    };
    Problem { field: field.to_owned(), ..problem }
}

/// Entries between semicolons or spaces.
fn list(text: &str) -> Vec<String> {
    text.split([';', ' ', '\u{3000}', '\n'])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect()
}

fn targets(text: &str) -> Option<Vec<Target>> {
    text.split(';').map(str::trim).filter(|entry| !entry.is_empty()).map(target).collect()
}

fn target(text: &str) -> Option<Target> {
    let mut parts = text.split(':').map(str::trim);
    let (name, number, seconds) = (parts.next()?, parts.next()?, parts.next());
    let ring_seconds = match seconds {
        Some(seconds) => seconds.parse().ok()?,
        None => TARGET_RING_SECONDS,
    };
    parts.next().is_none().then(|| Target { name: name.to_owned(), number: number.to_owned(), ring_seconds })
}

fn transfer(text: &str) -> Option<TransferPolicy> {
    match text {
        "" | "never" => Some(TransferPolicy::Never),
        "urgent_only" => Some(TransferPolicy::UrgentOnly),
        "always" => Some(TransferPolicy::Always),
        _ => text.strip_prefix("listed:").map(|numbers| TransferPolicy::ListedCallers(list(numbers))),
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "" | "yes" | "1" | "true" | "はい" => Some(true),
        "no" | "0" | "false" | "いいえ" => Some(false),
        _ => None,
    }
}

pub(super) fn cell_of(form: &CustomerForm, column: &str) -> String {
    match column {
        "code" => form.code.clone(),
        "name" => form.name.clone(),
        "reading" => form.reading.clone(),
        "greeting" => form.greeting.clone(),
        "manual" => form.manual.clone(),
        "dids" => display_all(&form.dids),
        "targets" => {
            let target = |t: &Target| format!("{}:{}:{}", t.name, display(&t.number), t.ring_seconds);
            form.targets.iter().map(target).collect::<Vec<_>>().join(";")
        }
        "transfer" => match &form.transfer {
            TransferPolicy::Never => "never".to_owned(),
            TransferPolicy::UrgentOnly => "urgent_only".to_owned(),
            TransferPolicy::Always => "always".to_owned(),
            TransferPolicy::ListedCallers(callers) => format!("listed:{}", display_all(callers)),
        },
        "needs" => form.needs.join(";"),
        "plan" => form.plan.as_str().to_owned(),
        "ring_seconds" => form.ring_seconds.to_string(),
        "priority" => form.priority.to_string(),
        "whisper" => yes(form.whisper),
        "steps" => steps_text(&form.steps),
        "team" => form.team.clone(),
        "hours" => form.calendar.week.to_string(),
        "holidays" => yes(form.calendar.japanese_holidays),
        "closed" => lines(&form.calendar.closed),
        "also_open" => lines(&form.calendar.also_open),
        "closed_wording" => form.calendar.closed_wording.clone(),
        "when_closed" => form.calendar.when_closed.word().to_owned(),
        "announce_after_seconds" => seconds_or_never(form.waiting.announce_after_seconds),
        "announcement" => form.waiting.announcement.clone(),
        "tell" => word(&form.waiting.tell),
        "every_seconds" => form.waiting.every_seconds.to_string(),
        "callback" => yes(form.waiting.callback),
        "message_after_seconds" => seconds_or_never(form.waiting.message_after_seconds),
        "abandoned" => word(&form.abandoned),
        _ => String::new(),
    }
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn lines<T: ToString>(entries: &[T]) -> String {
    entries.iter().map(T::to_string).collect::<Vec<_>>().join("\n")
}

fn seconds_or_never(seconds: Option<u16>) -> String {
    seconds.map_or_else(|| NEVER.to_owned(), |seconds| seconds.to_string())
}

/// With hyphens, so that a spreadsheet does not eat the leading 0.
fn display(digits: &str) -> String {
    Number::parse(&format!("+{digits}"), JAPAN).map_or_else(|_| digits.to_owned(), Number::display)
}

fn display_all(numbers: &[String]) -> String {
    numbers.iter().map(|number| display(number)).collect::<Vec<_>>().join(";")
}

pub(super) fn guarded(cell: String) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell }
}
