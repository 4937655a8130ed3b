//! `denwaban bounce`: a mail server hands over what came back.

use std::io::Read;

use notify::Hook;
use notify::mail::bounce::{self, BOUNCE_BYTES_MAX, Returned};
use serde::Serialize;

use super::Context;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::{clock, reports, words};

/// Arguments of `bounce`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  denwaban bounce --recipient 'bounce+ID@denwaban.example.jp' < mail.eml\n  \
    Postfix, /etc/aliases:  bounce: \"|/usr/bin/denwaban --config /etc/denwaban/denwaban.toml bounce\"\n\n\
    Reads one mail from standard input. Ends with 0 when it is written down or is none of ours; with 69 when the database is\n\
    away, so that the mail server tries again.")]
pub struct Arguments {
    /// The address that it came to, if the mail server knows; the environment's ORIGINAL_RECIPIENT or RECIPIENT otherwise
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
}

#[derive(Serialize)]
struct Row<'a> {
    verdict: &'static str,
    delivery: &'a str,
    why: &'a str,
}

/// Reads the mail, and writes down what it says.
pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Troubles> {
    let Some(sender) = reports::sender(&context.config().mail) else {
        let what = words::BOUNCE_NO_ADDRESS.text();
        return Err(Trouble::new(Exit::Config, "mail.from", what, words::CHECK_NO_MAIL_REMEDY.text()).into());
    };
    let mut mail = Vec::new();
    let limit = u64::try_from(BOUNCE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut input = std::io::stdin().lock();
    let read = (&mut input).take(limit).read_to_end(&mut mail);
    // To its end: a mail server takes a closed pipe for a failure.
    let read = read.and_then(|_| std::io::copy(&mut input, &mut std::io::sink()));
    read.map_err(|error| Trouble::new(Exit::Unavailable, "", error.to_string(), ""))?;
    let variable = |name: &str| std::env::var(name).ok();
    let told = arguments.recipient.clone().or_else(|| variable("ORIGINAL_RECIPIENT")).or_else(|| variable("RECIPIENT"));
    let addressed: Vec<&str> = told.iter().map(String::as_str).collect();
    let returned = bounce::read(&mail, &addressed, &sender);
    if let Returned::Failed { delivery, why } = &returned {
        super::with_runtime(async {
            let store = context.store().await?;
            let rescue = reports::rescue(context.config(), &store, Hook::none());
            rescue.bounced(delivery, why, clock::unix_ms()).await?;
            store.close().await;
            Ok(())
        })?;
    }
    let (row, text) = row(&returned);
    context.out.one(&row, || text);
    Ok(())
}

fn row(returned: &Returned) -> (Row<'_>, String) {
    let (verdict, delivery, why, words) = match returned {
        Returned::Failed { delivery, why } => ("failed", delivery.as_str(), why.as_str(), words::BOUNCE_FAILED),
        Returned::Delayed { delivery, why } => ("delayed", delivery.as_str(), why.as_str(), words::BOUNCE_DELAYED),
        Returned::Other { delivery } => ("other", delivery.as_str(), "", words::BOUNCE_OTHER),
        Returned::Unknown => ("unknown", "", "", words::BOUNCE_UNKNOWN),
    };
    let values: [&dyn std::fmt::Display; 2] = [&delivery, &why];
    let holes = words.text().matches("{}").count();
    (Row { verdict, delivery, why }, words.with(values.get(..holes).unwrap_or(&values)) + "\n")
}
