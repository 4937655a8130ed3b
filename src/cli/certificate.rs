//! `denwaban certificate`: how a firm's callers were answered in a month (X11).

use serde::Serialize;
use switch::promise::certificate::{Certificate, Kept, Month};

use super::Context;
use super::output::{fields, table};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words::{self, Words};

/// Arguments of `certificate`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The firm's code
    client: String,
    /// The month, Japan's: 2026-11
    #[arg(long)]
    month: String,
    /// As a file for spreadsheets, from the running switch
    #[arg(long)]
    csv: bool,
}

/// What programs read.
#[derive(Serialize)]
struct Certified {
    client: String,
    name: String,
    month: String,
    #[serde(flatten)]
    certificate: Certificate,
}

/// Makes it.
pub async fn run(context: &Context, arguments: Arguments) -> Result<(), Troubles> {
    let Arguments { client, month, csv } = arguments;
    let odd = || Trouble::new(Exit::Usage, "--month", words::NO_MONTH.with(&[&month]), words::NO_MONTH_REMEDY.text());
    let month: Month = month.parse().map_err(|_| odd())?;
    let store = context.store().await?;
    let row = store.customer_by_code(&client).await?;
    if csv {
        return super::report::csv(context, &format!("/customers/{}/certificate/export?month={month}", row.id)).await;
    }
    let (from_ms, to_ms) = month.span_ms();
    let certificate = Certificate::of(store.visits(Some(row.id), from_ms, to_ms).await?);
    let certified = Certified { client, name: row.form.name, month: month.to_string(), certificate };
    context.out.one(&certified, || describe(&certified));
    Ok(())
}

fn describe(certified: &Certified) -> String {
    let Certified { client, name, month, certificate } = certified;
    let head = [
        (words::FIRM, format!("{name} ({client})")),
        (words::MONTH, month.clone()),
        (words::OFFERED, certificate.offered.to_string()),
        (words::ANSWERED, certificate.answered.to_string()),
        (words::LOST, format!("{} ({})", certificate.abandoned, percent(certificate.abandoned_percent))),
        (words::OTHERWISE, certificate.otherwise.to_string()),
    ];
    let columns =
        [words::MEASURED_AT, words::MEASURED, words::TWO_RINGS, words::THREE_RINGS, words::MEAN, words::NINETY_FIVE];
    let rows = [(words::AT_THE_EAR, &certificate.at_the_ear), (words::AT_THE_ANSWER, &certificate.at_the_answer)];
    let rows: Vec<_> = rows.into_iter().map(|(measure, kept)| row(measure, kept)).collect();
    let mut text = format!("{}\n\n{}\n{}", fields(&head), table(&columns, &rows), words::CERTIFICATE_MEANS.text());
    if !certificate.complete {
        text.push_str(&format!("\n{}", words::CERTIFICATE_CUT.text()));
    }
    text
}

fn row(measure: Words, kept: &Kept) -> Vec<String> {
    let share = |count: u32, of: Option<f64>| format!("{count} ({})", percent(of));
    vec![
        measure.text().to_owned(),
        kept.measured.to_string(),
        share(kept.two_rings, kept.two_rings_percent),
        share(kept.three_rings, kept.three_rings_percent),
        seconds(kept.mean_ms),
        seconds(kept.p95_ms),
    ]
}

/// A share; a dash where there is nothing to share.
pub(super) fn percent(percent: Option<f64>) -> String {
    percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent:.2} %"))
}

fn seconds(ms: i64) -> String {
    super::output::seconds(format!("{}.{:03}", ms / 1000, ms % 1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use switch::{Outcome, Visit};

    #[test]
    fn x11_a_certificate_says_what_was_measured_and_where() {
        let visit = |outcome, ear_ms| Visit { arrived_ms: 0, customer: Some(1), outcome, ear_ms };
        let visits = [
            visit(Outcome::Answered { wait_ms: 5_000 }, Some(6_012)),
            visit(Outcome::Answered { wait_ms: 8_000 }, Some(9_100)),
            visit(Outcome::Abandoned, None),
        ];
        let (client, name, month) = ("sakura".to_owned(), "さくら歯科".to_owned(), "2026-11".to_owned());
        let text = describe(&Certified { client, name, month, certificate: Certificate::of(visits) });
        for part in ["さくら歯科 (sakura)", "2026-11", "1 (33.33 %)", "7.556", "2 (66.66 %)"] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
