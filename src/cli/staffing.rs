//! `denwaban staffing`: how many operators the coming day or week needs, from the service's own history (X07).

use switch::promise::staffing::{DayStaffing, Staffing};

use super::Context;
use super::output::table;
use crate::trouble::Troubles;
use crate::{clock, words};

/// Arguments of `staffing`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// A week instead of today and tomorrow
    #[arg(long)]
    week: bool,
    /// Of a hundred callers so many are to be answered within three rings
    #[arg(long, value_name = "PERCENT", default_value_t = store::WANTED_PERCENT, value_parser = percent)]
    within: f64,
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.parse::<f64>().ok().filter(|percent| (1.0..=99.9).contains(percent));
    percent.ok_or_else(|| words::NO_SHARE.text().to_owned())
}

/// Gives it.
pub async fn run(context: &Context, arguments: Arguments) -> Result<(), Troubles> {
    let days = if arguments.week { 7 } else { 2 };
    let store = context.store().await?;
    let advice = store.staffing(clock::unix_ms(), days, arguments.within).await?;
    context.out.one(&advice, || describe(&advice));
    Ok(())
}

fn describe(advice: &Staffing) -> String {
    let learned = words::STAFFING_LEARNED.with(&[
        &advice.learned_from,
        &advice.patience_seconds,
        &format!("{} %", advice.wanted_percent),
    ]);
    let days = advice.days.iter().map(day);
    std::iter::once(learned).chain(days).collect::<Vec<_>>().join("\n\n")
}

fn day(day: &DayStaffing) -> String {
    let kind = match day.kind.as_str() {
        "mon" => words::MONDAY,
        "tue" => words::TUESDAY,
        "wed" => words::WEDNESDAY,
        "thu" => words::THURSDAY,
        "fri" => words::FRIDAY,
        "sat" => words::SATURDAY,
        "sun" => words::SUNDAY,
        _ => words::HOLIDAY,
    };
    let head = format!("{} ({kind})", day.day);
    if day.quarters.is_empty() {
        return format!("{head}\n{}", words::STAFFING_NOTHING);
    }
    let columns = [
        words::FROM_TIME,
        words::OFFERED,
        words::HANDLING,
        words::OPERATORS_WANTED,
        words::OPERATORS_HIGH,
        words::THREE_RINGS,
        words::GIVE_UP,
    ];
    let rows: Vec<Vec<String>> = day
        .quarters
        .iter()
        .map(|quarter| {
            vec![
                quarter.from.clone(),
                format!("{:.1}", quarter.calls),
                super::output::seconds(format!("{:.0}", quarter.handling_seconds)),
                quarter.operators.to_string(),
                quarter.operators_high.to_string(),
                format!("{:.1} %", quarter.kept_percent),
                format!("{:.1} %", quarter.gave_up_percent),
            ]
        })
        .collect();
    format!("{head}\n{}", table(&columns, &rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use switch::promise::staffing::QuarterStaffing;

    #[test]
    fn x07_advice_is_a_line_for_each_quarter_of_an_hour() {
        let quarter = QuarterStaffing {
            from: "09:15".to_owned(),
            calls: 30.0,
            calls_high: 37.5,
            handling_seconds: 120.0,
            operators: 8,
            operators_high: 10,
            kept_percent: 96.2,
            gave_up_percent: 0.8,
        };
        let days = vec![
            DayStaffing { day: "2026-11-23".into(), kind: "holiday".into(), quarters: vec![quarter] },
            DayStaffing { day: "2026-11-24".into(), kind: "tue".into(), quarters: Vec::new() },
        ];
        let advice = Staffing { learned_from: 4_200, wanted_percent: 95.0, patience_seconds: 62.5, days };
        let text = describe(&advice);
        for part in ["2026-11-23", "09:15", "30.0", "120", "8", "10", "96.2 %", "0.8 %", "4200", "2026-11-24"] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(percent("95").is_ok() && percent("100").is_err() && percent("x").is_err());
    }
}
