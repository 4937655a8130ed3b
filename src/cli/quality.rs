//! `denwaban quality`: calls that are listened to and scored (F62).

use std::path::PathBuf;

use acd::CallId;
use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use super::api::{ask, escaped, list, number, text};
use super::files::document;
use super::rows::{self, Column, Is};
use crate::trouble::Troubles;
use crate::words;

/// What can be done about quality.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// What calls are scored by: see it, set it
    #[command(
        after_help = "Examples:\n  denwaban quality criteria --json > criteria.json\n  denwaban quality criteria --set criteria.json"
    )]
    Criteria {
        /// Others out of this file from now on: a JSON array of {code, ja, en}; `-` is standard input
        #[arg(long, value_name = "FILE")]
        set: Option<PathBuf>,
    },
    /// Draw calls of a week that is over; the same week draws the same calls
    #[command(after_help = "Example:\n  denwaban quality draw --week 2026-11-16 --per-operator 3")]
    Draw {
        /// Its Monday
        #[arg(long, value_name = "DAY")]
        week: String,
        /// Calls of each operator
        #[arg(long, value_name = "N")]
        per_operator: u32,
    },
    /// Calls that are to be listened to, or were, newest first
    #[command(after_help = "Example:\n  denwaban quality list --week 2026-11-16 --scored no")]
    List {
        /// Of the week with this Monday
        #[arg(long, value_name = "DAY")]
        week: Option<String>,
        /// The operator's login
        #[arg(long, value_name = "LOGIN")]
        operator: Option<String>,
        /// yes or no
        #[arg(long, value_parser = ["yes", "no"])]
        scored: Option<String>,
    },
    /// Choose a call by hand: it says so for ever, and why
    #[command(after_help = "Example:\n  denwaban quality choose 01K3ABCDEFGHJ --why クレームの通話")]
    Choose {
        /// The call's 13 characters
        call: CallId,
        /// The reason, which stays beside it
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
    /// Score a call, or score it anew
    #[command(
        after_help = "Example:\n  echo '{\"marks\":[{\"code\":\"greeting\",\"points\":5}],\"comment\":\"\"}' | denwaban quality score 7 --set -"
    )]
    Score {
        /// The sample's number, as `quality list` shows it
        id: i64,
        /// The sheet out of this file: {"marks": [{"code", "points", "comment", "at_ms"}], "comment"}; `-` is standard input
        #[arg(long, value_name = "FILE")]
        set: PathBuf,
    },
}

const SAMPLES: &[Column] = &[
    (words::ID, "/id", Is::Plain),
    (words::CALL, "/call", Is::Plain),
    (words::OPERATOR, "/operator", Is::Plain),
    (words::WEEK, "/week", Is::Plain),
    (words::WHY, "/why", Is::Plain),
    (words::SCORE, "/percent", Is::Plain),
    (words::SCORED_AT, "/scored_ms", Is::Time),
    (words::SCORED_BY, "/scored_by", Is::Plain),
];

const CRITERIA: &[Column] =
    &[(words::CODE, "/code", Is::Plain), (words::JAPANESE, "/ja", Is::Plain), (words::ENGLISH, "/en", Is::Plain)];

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    match verb {
        Verb::Criteria { set } => {
            let criteria = match set {
                Some(file) => {
                    let body = json!({ "criteria": document(&file)? });
                    ask(context, "PUT", "/quality/criteria", Some(&body)).await?
                }
                None => ask(context, "GET", "/quality/criteria", None).await?,
            };
            rows::list(context, all(&criteria), CRITERIA);
        }
        Verb::Draw { week, per_operator } => {
            let body = json!({ "week": week, "per_operator": per_operator });
            let lots = ask(context, "POST", "/quality/draws", Some(&body)).await?;
            context.out.one(&lots, || {
                let samples = list(&lots, "samples");
                let drawn = words::DRAWN.with(&[&samples.len(), &number(&lots, "of").unwrap_or_default()]);
                format!("{drawn}\n{}", rows::text(samples, SAMPLES))
            });
        }
        Verb::List { week, operator, scored } => {
            let mut query: Vec<String> = week.map(|week| format!("week={}", escaped(&week))).into_iter().collect();
            if let Some(login) = operator {
                query.push(format!("operator={}", context.store().await?.operator_by_login(&login).await?.id));
            }
            query.extend(scored.map(|scored| format!("scored={}", scored == "yes")));
            let samples = ask(context, "GET", &format!("/quality/samples?{}", query.join("&")), None).await?;
            rows::list(context, all(&samples), SAMPLES);
        }
        Verb::Choose { call, why } => {
            let body = json!({ "call": call.to_string(), "why": why });
            let sample = ask(context, "POST", "/quality/samples", Some(&body)).await?;
            context.out.one(&sample, || words::CHOSEN.with(&[&call, &number(&sample, "id").unwrap_or_default()]));
        }
        Verb::Score { id, set } => {
            let sheet = document(&set)?;
            let sample = ask(context, "PUT", &format!("/quality/samples/{id}/sheet"), Some(&sheet)).await?;
            let percent = number(&sample, "percent").unwrap_or_default();
            context.out.one(&sample, || words::SCORED.with(&[&text(&sample, "call"), &percent]));
        }
    }
    Ok(())
}

fn all(answer: &Value) -> &[Value] {
    answer.as_array().map_or(&[], Vec::as_slice)
}
