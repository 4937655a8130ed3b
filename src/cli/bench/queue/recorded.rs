//! Calls of the past, from the file that the page saves as CSV.
//!
//! Of its columns are read, by name and in any order: `arrived` (2026-11-21 18:25:00, Japan's time), `customer` (any text),
//! `operator` (empty: nobody answered), `wait_seconds`, `talk_seconds`, and, where somebody has added it,
//! `wrap_up_seconds`. Lines of one date are one day. Callers whom nobody was to answer, as `ending` has it where it is there (the firm was
//! closed, a message was left), are left out.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use acd::traffic::Recorded;
use switch::promise::SERVED_OTHERWISE;

use crate::trouble::{Exit, Trouble};
use crate::words;

/// Calls in one file.
const CALLS_MAX: usize = 1_000_000;
/// Nothing in a call lasts longer.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// The days in the file, in order.
pub fn read(path: &Path) -> Result<Vec<Vec<Recorded>>, Trouble> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Trouble::new(Exit::Usage, &file, error.to_string(), words::TRAFFIC_REMEDY.text()))?;
    days(&text)
        .map_err(|(line, what)| Trouble::new(Exit::Usage, format!("{file}:{line}"), what, words::TRAFFIC_REMEDY.text()))
}

/// The line of the trouble, and what it is.
type Wrong = (usize, String);

fn days(text: &str) -> Result<Vec<Vec<Recorded>>, Wrong> {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let heads = reader.headers().map_err(|error| (1, error.to_string()))?.clone();
    let place = |name: &str| heads.iter().position(|head| head.trim() == name);
    let needed = |name: &str| place(name).ok_or_else(|| (1, words::TRAFFIC_COLUMN.with(&[&name])));
    let (arrived, wait, talk, operator) =
        (needed("arrived")?, needed("wait_seconds")?, needed("talk_seconds")?, needed("operator")?);
    let (customer, wrap_up, ending) = (place("customer"), place("wrap_up_seconds"), place("ending"));
    let mut customers: BTreeMap<String, u64> = BTreeMap::new();
    let mut days: BTreeMap<jiff::civil::Date, Vec<Recorded>> = BTreeMap::new();
    for (record, line) in reader.records().zip(2..).take(CALLS_MAX) {
        let record = record.map_err(|error| (line, error.to_string()))?;
        let cell = |place: usize| record.get(place).unwrap_or_default().trim();
        if ending.is_some_and(|place| SERVED_OTHERWISE.contains(&cell(place))) {
            continue;
        }
        let wrong =
            |place: usize| (line, words::TRAFFIC_CELL.with(&[&cell(place), &heads.get(place).unwrap_or_default()]));
        let length = |place: usize| seconds(cell(place)).ok_or_else(|| wrong(place));
        let at: jiff::civil::DateTime = cell(arrived).parse().map_err(|_| wrong(arrived))?;
        let midnight = at.duration_since(at.date().to_datetime(jiff::civil::Time::midnight()));
        let next = customers.len() as u64 + 1;
        let name = customer.map(cell).unwrap_or_default().to_owned();
        let answered = !cell(operator).is_empty();
        let call = Recorded {
            at: Duration::try_from(midnight).map_err(|_| wrong(arrived))?,
            customer: *customers.entry(name).or_insert(next),
            wait: length(wait)?,
            talk: if answered { Some(length(talk)?) } else { None },
            wrap_up: match wrap_up {
                Some(place) if answered && !cell(place).is_empty() => Some(length(place)?),
                Some(_) | None => None,
            },
        };
        days.entry(at.date()).or_default().push(call);
    }
    if days.is_empty() { Err((1, words::TRAFFIC_EMPTY.text().to_owned())) } else { Ok(days.into_values().collect()) }
}

/// A length of up to a day.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|length| *length <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The very head that the page's export has, with its mark for spreadsheets.
    const EXPORT: &str = "\u{feff}call,arrived,customer,did,caller,withheld,operator,state,ending,wait_seconds,talk_seconds,recording_seconds\n\
        A,2026-11-20 09:00:10,さくら歯科,03-1234-5678,090-1234-5678,,山田花子,cleared,caller_hung_up,4.2,61.0,61.0\n\
        D,2026-11-20 08:00:05,Acme,03-1234-5679,,anonymous,,cleared,closed,33.5,0.0,\n\
        B,2026-11-20 09:00:05,Acme,03-1234-5679,,anonymous,,cleared,abandoned,33.5,0.0,\n\
        C,2026-11-21 10:00:00,さくら歯科,03-1234-5678,,anonymous,佐藤,cleared,caller_hung_up,2.0,90.5,90.5\n";

    #[test]
    fn the_pages_own_export_is_read() {
        let days = days(EXPORT).unwrap();
        let [first, second] = &days[..] else { panic!("{days:?}") };
        assert_eq!((first.len(), second.len()), (2, 1));
        assert_eq!(first[0].at, Duration::from_secs(9 * 3_600 + 10));
        assert_eq!((first[0].wait, first[0].talk), (Duration::from_millis(4_200), Some(Duration::from_secs(61))));
        assert_eq!((first[1].wait, first[1].talk, first[1].wrap_up), (Duration::from_millis(33_500), None, None));
        assert_eq!((first[0].customer, first[1].customer, second[0].customer), (1, 2, 1));
    }

    #[test]
    fn wrap_ups_are_read_where_there_are_any() {
        let text = "operator,wrap_up_seconds,talk_seconds,wait_seconds,arrived\n\
            x,12.5,60,3,2026-11-20T09:00:00\nx,,60,3,2026-11-20T09:00:01\n,5,,3,2026-11-20T09:00:02\n";
        let days = days(text).unwrap();
        let wrap_ups: Vec<Option<Duration>> = days[0].iter().map(|call| call.wrap_up).collect();
        assert_eq!(wrap_ups, [Some(Duration::from_millis(12_500)), None, None]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let line = |text: &str| days(text).unwrap_err().0;
        let head = "arrived,operator,wait_seconds,talk_seconds\n";
        assert_eq!(line("arrived,operator,wait_seconds\n"), 1);
        assert_eq!(line(head), 1);
        assert_eq!(line(&format!("{head}2026-11-20 09:00:00,x,1,2\nyesterday,x,1,2\n")), 3);
        assert_eq!(line(&format!("{head}2026-11-20 09:00:00,x,-1,2\n")), 2);
        assert_eq!(line(&format!("{head}2026-11-20 09:00:00,x,NaN,2\n")), 2);
        assert_eq!(line(&format!("{head}2026-11-20 09:00:00,x,1,1e99\n")), 2);
    }
}
