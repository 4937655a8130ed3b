//! Ring plans on generated or recorded days, and what an event of the queue costs.
//!
//! Each plan is played through the real queue with the same days: the same callers, and people with the same habits
//! ([`acd::traffic`]). Plans are compared at equal interruptions of supervisors and managers, because whoever fetches them for
//! every call keeps every promise: the loop's row says how often it interrupted them; beside it stand longest idle and ring-all
//! with a fixed timer, mixed of two timers (one on some of the days, the other on the rest) so that they interrupt exactly as
//! often. Of all such mixtures the one is shown that keeps the most promises.

mod compare;
mod figures;
mod recorded;
mod scale;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use acd::traffic::{Day, Rota, Shape};

use self::figures::Row;
use super::super::output::padded;
use super::Output;
use crate::trouble::{Exit, Trouble};
use crate::words;

/// Options of `bench queue`.
#[derive(clap::Args, Debug)]
#[group(skip)] // a part of the bench's own, whose group has this name
pub struct Arguments {
    /// Generated days that each ring plan is played with (queue)
    #[arg(long, default_value_t = 10, value_name = "COUNT")]
    days: u64,
    /// Operators on the generated rota (queue)
    #[arg(long, default_value_t = 30, value_name = "COUNT")]
    operators: u16,
    /// Instead of generated calls those of a file that the page has saved: calls, CSV (queue)
    #[arg(long, value_name = "FILE")]
    traffic: Option<PathBuf>,
    /// Every timer and every price, not only those that are compared (queue)
    #[arg(long)]
    sweep: bool,
}

/// Measures, and hands over each row as it is known.
pub fn run(arguments: &Arguments, calls: Option<usize>, out: Output) -> Result<(), Trouble> {
    let days = days(arguments, calls)?;
    let mut show = |row: &Row| out.line(row, || text(row));
    compare::plans(&days, arguments.sweep, &mut show);
    let scale = scale::measure(compare::limits(Some(compare::PRICE))).map_err(super::trouble)?;
    for row in &scale {
        out.line(row, || words::BENCH_SCALE.with(&[&row.dids, &row.operators, &row.ns_per_event, &row.events]));
    }
    Ok(())
}

fn days(arguments: &Arguments, calls: Option<usize>) -> Result<Vec<Day>, Trouble> {
    let mut shape = Shape::default();
    shape.rota = Rota { operators: arguments.operators, ..shape.rota };
    shape.calls = calls.and_then(|calls| u32::try_from(calls).ok()).unwrap_or(shape.calls);
    if let Some(file) = &arguments.traffic {
        let recorded = recorded::read(file)?;
        return Ok((1..).zip(&recorded).map(|(seed, calls)| Day::recorded(calls, &shape, seed)).collect());
    }
    if arguments.days == 0 {
        return Err(Trouble::new(Exit::Usage, "--days", words::NO_DAYS.text(), words::NO_DAYS_REMEDY.text()));
    }
    Ok((1..=arguments.days).map(|seed| Day::generate(&shape, seed)).collect())
}

fn text(row: &Row) -> String {
    let how = match (row.managers, row.timer_s, row.price) {
        ("timer", Some(timer), _) => words::BENCH_TIMER.with(&[&timer]),
        ("timer", None, _) => words::BENCH_STEPS.text().to_owned(),
        ("loop", _, Some(price)) => words::BENCH_LOOP.with(&[&price]),
        ("equal", _, Some(price)) => words::BENCH_EQUAL.with(&[&price]),
        (_, _, _) => words::BENCH_NEVER.text().to_owned(),
    };
    let figures: [&dyn std::fmt::Display; 8] = [
        &format!("{:<13}", row.plan),
        &padded(&how, 34),
        &format!("{:.2}", row.promise_kept_pct),
        &format!("{:.2}", row.promise_kept_error_pct),
        &format!("{:.1}", row.two_ring_pct),
        &format!("{:.2}", row.abandoned_pct),
        &format!("{:.1}", row.manager_interruptions),
        &format!("{:.1}", row.p95_answer_s),
    ];
    words::BENCH_PLAN.with(&figures)
}
