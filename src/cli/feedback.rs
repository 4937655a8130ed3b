//! `denwaban feedback`: what client firms say of a report and of whoever took the call: praise, complaints, wishes (F63).

use clap::Subcommand;
use serde_json::json;

use super::Context;
use super::api::{ask, escaped, number};
use super::report::customer;
use super::rows::{self, Column, Is};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// What can be done with firms' words.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// What firms say, newest first
    #[command(after_help = "Examples:\n  denwaban feedback list --open\n  \
        denwaban feedback list --client sakura-dental --answered")]
    List {
        /// Only what nobody has answered yet
        #[arg(long)]
        open: bool,
        /// Only what was answered
        #[arg(long, conflicts_with = "open")]
        answered: bool,
        /// The firm's code
        #[arg(long, value_name = "CODE")]
        client: Option<String>,
        /// About this report
        #[arg(long, value_name = "ID")]
        report: Option<String>,
        /// Of calls that this operator took: the login
        #[arg(long, value_name = "LOGIN")]
        operator: Option<String>,
        /// Only those before this one: the last of the page before
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
    },
    /// One of them, whole, with the report that it is about
    #[command(after_help = "Example:\n  denwaban feedback read 3")]
    Read {
        /// Its number
        id: i64,
    },
    /// Answer the firm: it reads the answer beside its word, and the task is done
    #[command(after_help = "Example:\n  denwaban feedback answer 3 --answer ご意見ありがとうございます")]
    Answer {
        /// Its number
        id: i64,
        /// What the firm reads
        #[arg(long, value_name = "TEXT")]
        answer: String,
    },
}

/// Columns of a list.
const COLUMNS: &[Column] = &[
    (words::ID, "/id", Is::Plain),
    (words::FIRM, "/about/customer_name", Is::Plain),
    (words::OPERATOR, "/about/operator_name", Is::Plain),
    (words::KIND, "/kind", Is::Plain),
    (words::FIRMS_WORD, "/words", Is::Line),
    (words::SAID_AT, "/said_ms", Is::Time),
    (words::FIRMS_ANSWER, "/answer", Is::Line),
];

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    match verb {
        Verb::List { open, answered, client, report, operator, before } => {
            let mut query = Vec::new();
            if open || answered {
                query.push(format!("open={open}"));
            }
            if let Some(code) = client {
                query.push(format!("customer={}", customer(context, &code).await?));
            }
            query.extend(report.map(|report| format!("report={}", escaped(&report))));
            if let Some(login) = operator {
                query.push(format!("operator={}", context.store().await?.operator_by_login(&login).await?.id));
            }
            query.extend(before.map(|before| format!("before={before}")));
            let found = ask(context, "GET", &format!("/feedback?{}", query.join("&")), None).await?;
            rows::list(context, found.as_array().map_or(&[], Vec::as_slice), COLUMNS);
        }
        Verb::Read { id } => read(context, id).await?,
        Verb::Answer { id, answer } => {
            let row = ask(context, "POST", &format!("/feedback/{id}"), Some(&json!({ "answer": answer }))).await?;
            context.out.one(&row, || words::FEEDBACK_ANSWERED.with(&[&id]));
        }
    }
    Ok(())
}

async fn read(context: &Context, id: i64) -> Result<(), Troubles> {
    // The newest that is not younger than this one: itself, if it is there.
    let before = id.saturating_add(1);
    let found = ask(context, "GET", &format!("/feedback?before={before}"), None).await?;
    let first = found.as_array().and_then(|rows| rows.first()).filter(|row| number(row, "id") == Some(id));
    let Some(one) = first else {
        let remedy = words::NO_FEEDBACK_REMEDY.text();
        return Err(Trouble::new(Exit::Missing, "", words::NO_FEEDBACK.with(&[&id]), remedy).into());
    };
    let whole = [
        (words::ID, "/id", Is::Plain),
        (words::FIRM, "/about/customer_name", Is::Plain),
        (words::REPORT, "/report", Is::Plain),
        (words::OPERATOR, "/about/operator_name", Is::Plain),
        (words::KIND, "/kind", Is::Plain),
        (words::SAID_AT, "/said_ms", Is::Time),
        (words::SAID_BY, "/said_by", Is::Plain),
        (words::FIRMS_WORD, "/words", Is::Plain),
        (words::FIRMS_ANSWER, "/answer", Is::Plain),
        (words::ANSWERED_AT, "/answered_ms", Is::Time),
        (words::ANSWERED_BY, "/answered_by", Is::Plain),
        (words::READ_AT, "/read_ms", Is::Time),
    ];
    context.out.one(one, || rows::one(one, &whole));
    Ok(())
}
