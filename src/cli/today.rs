//! `denwaban promise` and `denwaban alarm`: how today's callers are answered, and what somebody should see.

use clap::Subcommand;
use serde_json::Value;

use super::Context;
use super::api::{ask, list, number, text};
use super::call::time;
use super::output::clean;
use super::rows::{self, Column, Is};
use crate::trouble::Troubles;
use crate::words::{self, Words};

/// Arguments of `promise`.
#[derive(clap::Args, Debug)]
pub struct Promise {
    /// So many firms, those first that had the most callers not answered within three rings
    #[arg(long, value_name = "N", default_value_t = 50)]
    firms: u32,
}

/// What can be asked about alarms.
#[derive(Subcommand, Debug)]
pub enum Alarm {
    /// The last alarms, newest first, as far as the running switch remembers them
    #[command(after_help = "Examples:\n  denwaban alarm list\n  denwaban alarm list --json")]
    List,
}

/// How today's callers were answered: in all, by hour, team and firm.
pub async fn promise(context: &Context, Promise { firms }: Promise) -> Result<(), Troubles> {
    let today = ask(context, "GET", &format!("/promise?firms={firms}"), None).await?;
    context.out.one(&today, || describe(&today));
    Ok(())
}

fn describe(today: &Value) -> String {
    let total = today.get("total").cloned().unwrap_or_default();
    let parts = [
        (words::HOUR, "/hour", list(today, "hours")),
        (words::TEAM, "/team", list(today, "teams")),
        (words::FIRM, "/name", list(today, "firms")),
    ];
    let waiting = words::WAITING_NOW.with(&[
        &number(today, "waiting").unwrap_or_default(),
        &(number(today, "longest_waiting_ms").unwrap_or_default() / 1000),
    ]);
    let total = rows::text(&[total], &columns(None));
    let tables = parts.into_iter().filter(|(_, _, rows)| !rows.is_empty());
    let tables = tables.map(|(head, at, rows)| rows::text(rows, &columns(Some((head, at)))));
    std::iter::once(format!("{total}{waiting}\n")).chain(tables).collect::<Vec<_>>().join("\n")
}

/// Columns of figures, after what they are of.
fn columns(of: Option<(Words, &'static str)>) -> Vec<Column> {
    let first = of.map(|(head, at)| (head, at, Is::Plain));
    let figures = [
        (words::OFFERED, "/offered", Is::Plain),
        (words::ANSWERED, "/answered", Is::Plain),
        (words::LOST, "/abandoned", Is::Plain),
        (words::OTHERWISE, "/otherwise", Is::Plain),
        (words::TWO_RINGS, "/two_rings_percent", Is::Percent),
        (words::THREE_RINGS, "/three_rings_percent", Is::Percent),
        (words::MEAN, "/mean_ms", Is::Length),
        (words::NINETY_FIVE, "/p95_ms", Is::Length),
    ];
    first.into_iter().chain(figures).collect()
}

/// Alarms that are still remembered.
pub async fn alarm(context: &Context, Alarm::List: Alarm) -> Result<(), Troubles> {
    let alarms = ask(context, "GET", "/alarms", None).await?;
    let alarms = alarms.as_array().map_or(&[][..], Vec::as_slice);
    context.out.list(alarms, &[words::AT, words::ALARM, words::DETAIL], |alarm| {
        let at = number(alarm, "unix_ms").map(time).unwrap_or_default();
        vec![at, text(alarm, "alarm").to_owned(), clean(&detail(alarm))]
    });
    Ok(())
}

/// Whatever else an alarm says.
fn detail(alarm: &Value) -> String {
    let parts = alarm.as_object().into_iter().flatten();
    let parts = parts.filter(|(key, value)| !matches!(key.as_str(), "seq" | "unix_ms" | "alarm") && !value.is_null());
    parts.map(|(key, value)| format!("{key}={}", rows::cell(value, "", Is::Plain))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_alarm_says_whatever_belongs_to_it() {
        let alarm = json!({ "seq": 4, "unix_ms": 0, "alarm": "unknown_number", "call": "01K3", "candidates": ["03", "04"],
            "customer": null });
        assert_eq!(detail(&alarm), "call=01K3 candidates=03, 04");
    }

    #[test]
    fn figures_are_told_in_all_and_by_what_there_is() {
        let figures = json!({ "offered": 3, "answered": 2, "abandoned": 1, "otherwise": 0, "three_rings_percent": 66.66,
            "two_rings_percent": null, "mean_ms": 4_200, "p95_ms": 6_000 });
        let mut team = figures.clone();
        team["team"] = json!("北");
        let text = describe(&json!({ "total": figures, "teams": [team], "hours": [], "firms": [], "waiting": 1,
            "longest_waiting_ms": 9_000 }));
        assert!(text.contains("66.7 %") && text.contains('北') && text.contains("4.2"), "{text}");
        assert!(text.contains(&words::WAITING_NOW.with(&[&1, &9])), "{text}");
        assert!(!text.contains(words::HOUR.text()), "{text}");
    }
}
