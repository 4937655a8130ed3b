//! `denwaban dispute`: a firm says that something in a report is wrong; somebody listens and answers (F49, F50, X04).

use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use super::api::{ask, escaped, list, number, text};
use super::call::moment;
use super::report::{csv, customer, heard_at};
use super::rows::{self, Column, Is};
use crate::trouble::Troubles;
use crate::words;

/// What can be found by listening.
const CAUSES: [&str; 4] = ["misheard", "misspoken", "mistyped", "correct"];

/// What can be done with disputes.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Disputes, newest first
    #[command(
        after_help = "Examples:\n  denwaban dispute list --open\n  denwaban dispute list --client sakura-dental --decided"
    )]
    List {
        /// Only those that nobody has decided
        #[arg(long)]
        open: bool,
        /// Only those that were decided
        #[arg(long, conflicts_with = "open")]
        decided: bool,
        /// The firm's code
        #[arg(long, value_name = "CODE")]
        client: Option<String>,
        /// About this report
        #[arg(long, value_name = "ID")]
        report: Option<String>,
        /// Only those before this one: the last of the page before
        #[arg(long, value_name = "DISPUTE")]
        before: Option<i64>,
    },
    /// One dispute with what it is decided by: where in the recording each field was said, and what stands beside it
    #[command(after_help = "Example:\n  denwaban dispute show 12")]
    Show {
        /// Its number
        id: i64,
    },
    /// Take a complaint that a firm makes by telephone: its clock runs from now on, and you stand there as who noted it
    #[command(after_help = "Example:\n  denwaban dispute open 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10 --field callback \
        --words \"正しくは 03-1234-5679\"")]
    Open {
        /// The report's id
        report: String,
        /// Key of the field that is wrong, such as callback, name, company
        #[arg(long, value_name = "KEY")]
        field: String,
        /// What the firm says, in its words
        #[arg(long, value_name = "TEXT", default_value = "")]
        words: String,
    },
    /// Answer it: the corrected report goes to everyone who had the first one, with what was found on top
    #[command(after_help = "Examples:\n  denwaban dispute answer 12 --cause misheard --value 03-1234-5679 --clip\n  \
        denwaban dispute answer 12 --cause correct --answer 録音で確認いたしました")]
    Answer(Answer),
    /// Decide it without a report to the firm, or with one that was sent already
    #[command(after_help = "Example:\n  denwaban dispute decide 12 --cause mistyped --answer 電話でお伝えしました")]
    Decide {
        /// Its number
        id: i64,
        /// What was found
        #[arg(long, value_parser = CAUSES)]
        cause: String,
        /// What the firm was told
        #[arg(long, value_name = "TEXT", default_value = "")]
        answer: String,
        /// The corrected report, if there is one
        #[arg(long, value_name = "REPORT")]
        with: Option<String>,
    },
    /// How disputes ended: by cause, operator and firm
    #[command(after_help = "Examples:\n  denwaban dispute counts --from 2026-11-01 --to 2026-12-01\n  \
        denwaban dispute counts --from 2026-11-01 --to 2026-12-01 --csv > disputes.csv")]
    Counts {
        /// Decided from this day or time on
        #[arg(long, value_name = "TIME")]
        from: String,
        /// Until before this day or time
        #[arg(long, value_name = "TIME")]
        to: String,
        /// As a file for spreadsheets
        #[arg(long)]
        csv: bool,
    },
    /// End the recording's clip of a report before its time: its links open nothing from now on
    #[command(after_help = "Example:\n  denwaban dispute clip-end 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10")]
    ClipEnd {
        /// The report's id
        report: String,
    },
}

/// Arguments of `dispute answer`.
#[derive(clap::Args, Debug)]
pub struct Answer {
    /// Its number
    id: i64,
    /// What was found
    #[arg(long, value_parser = CAUSES)]
    cause: String,
    /// What the field should be; without it: as it is
    #[arg(long, value_name = "TEXT")]
    value: Option<String>,
    /// What the firm is told beside it
    #[arg(long, value_name = "TEXT", default_value = "")]
    answer: String,
    /// Ten seconds of the recording go with it, if the firm's plan has listening
    #[arg(long)]
    clip: bool,
    /// They begin here, in seconds of the recording; without it: where the field was said
    #[arg(long, value_name = "SECONDS", requires = "clip", value_parser = milliseconds)]
    clip_from: Option<i64>,
}

/// Seconds of a recording, such as `12.5`, as milliseconds.
pub fn milliseconds(text: &str) -> Result<i64, String> {
    let odd = || words::NO_SECONDS.with(&[&text]);
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=1e9).contains(seconds)).ok_or_else(odd)?;
    #[allow(clippy::cast_possible_truncation, reason = "at most 1e12, as was just looked")]
    let ms = (seconds * 1000.0).round() as i64;
    Ok(ms)
}

/// Columns of a list.
const COLUMNS: &[Column] = &[
    (words::ID, "/id", Is::Plain),
    (words::FIRM, "/about/customer_name", Is::Plain),
    (words::REPORT, "/report", Is::Plain),
    (words::FIELD, "/field", Is::Plain),
    (words::FIRM_SAYS, "/words", Is::Line),
    (words::SAID_AT, "/opened_ms", Is::Time),
    (words::DUE, "/due_ms", Is::Time),
    (words::CAUSE, "/cause", Is::Plain),
    (words::DECIDED_BY, "/decided_by", Is::Plain),
];

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    match verb {
        Verb::List { open, decided, client, report, before } => {
            let mut query = Vec::new();
            if open || decided {
                query.push(format!("open={open}"));
            }
            if let Some(code) = client {
                query.push(format!("customer={}", customer(context, &code).await?));
            }
            query.extend(report.map(|report| format!("report={}", escaped(&report))));
            query.extend(before.map(|before| format!("before={before}")));
            let found = ask(context, "GET", &format!("/disputes?{}", query.join("&")), None).await?;
            rows::list(context, found.as_array().map_or(&[], Vec::as_slice), COLUMNS);
        }
        Verb::Show { id } => {
            let case = ask(context, "GET", &format!("/disputes/{id}"), None).await?;
            context.out.one(&case, || describe(&case));
        }
        Verb::Open { report, field, words: said } => {
            let body = json!({ "field": field, "words": said });
            let row = ask(context, "POST", &format!("/reports/{}/disputes", escaped(&report)), Some(&body)).await?;
            context.out.one(&row, || words::DISPUTE_OPENED.with(&[&number(&row, "id").unwrap_or_default()]));
        }
        Verb::Answer(Answer { id, cause, value, answer, clip, clip_from }) => {
            let body = json!({
                "cause": cause, "answer": answer, "value": value, "clip": clip, "clip_from_ms": clip_from,
            });
            let told = ask(context, "POST", &format!("/disputes/{id}/answer"), Some(&body)).await?;
            let places = number(&told, "deliveries").unwrap_or_default();
            context.out.one(&told, || words::DISPUTE_ANSWERED.with(&[&id, &text(&told, "report"), &places]));
        }
        Verb::Decide { id, cause, answer, with } => {
            let body = json!({ "cause": cause, "answer": answer, "follow_up": with });
            let row = ask(context, "POST", &format!("/disputes/{id}"), Some(&body)).await?;
            context.out.one(&row, || words::DISPUTE_DECIDED.with(&[&id, &cause]));
        }
        Verb::Counts { from, to, csv } => counts(context, &from, &to, csv).await?,
        Verb::ClipEnd { report } => {
            let clip = ask(context, "DELETE", &format!("/reports/{}/clip", escaped(&report)), None).await?;
            context.out.one(&clip, || words::CLIP_ENDED.with(&[&report]));
        }
    }
    Ok(())
}

async fn counts(context: &Context, from: &str, to: &str, as_csv: bool) -> Result<(), Troubles> {
    let query = format!("from_ms={}&to_ms={}", moment("--from", from)?, moment("--to", to)?);
    if as_csv {
        return csv(context, &format!("/disputes/counts/export?{query}")).await;
    }
    let counted = ask(context, "GET", &format!("/disputes/counts?{query}"), None).await?;
    let columns = [
        (words::CAUSE, "/cause", Is::Plain),
        (words::OPERATOR, "/operator", Is::Plain),
        (words::FIRM, "/customer", Is::Plain),
        (words::COUNT, "/count", Is::Plain),
        (words::MEAN, "/mean_answer_ms", Is::Length),
        (words::LATE, "/late", Is::Plain),
    ];
    rows::list(context, counted.as_array().map_or(&[], Vec::as_slice), &columns);
    Ok(())
}

fn describe(case: &Value) -> String {
    let head = [
        (words::ID, "/dispute/id", Is::Plain),
        (words::FIRM, "/about/customer_name", Is::Plain),
        (words::REPORT, "/dispute/report", Is::Plain),
        (words::CALL, "/call", Is::Plain),
        (words::CALLER, "/caller_display", Is::Plain),
        (words::FIELD, "/dispute/field", Is::Plain),
        (words::FIRM_SAYS, "/dispute/words", Is::Plain),
        (words::SAID_AT, "/dispute/opened_ms", Is::Time),
        (words::DUE, "/dispute/due_ms", Is::Time),
        (words::PROPOSED, "/proposed", Is::Plain),
        (words::RECORDING, "/recording_ms", Is::Length),
        (words::CAUSE, "/dispute/cause", Is::Plain),
        (words::DECIDED_BY, "/dispute/decided_by", Is::Plain),
    ];
    let compared = [(words::FROM_WHERE, "/what", Is::Plain), (words::VALUE, "/text", Is::Plain)];
    let heard = [
        (words::FIELD, "/key", Is::Plain),
        (words::VALUE, "/said", Is::Line),
        (words::EVIDENCE_AT, "/heard_at", Is::Plain),
    ];
    let compared = rows::text(list(case, "compare"), &compared);
    let fields: Vec<Value> = list(case, "fields")
        .iter()
        .map(|field| json!({"key": text(field, "key"), "said": field.get("said"), "heard_at": heard_at(field)}))
        .collect();
    format!("{}\n\n{compared}\n{}", rows::one(case, &head), rows::text(&fields, &heard))
}
