//! `denwaban report list`.

use serde_json::Value;

use super::super::Context;
use super::super::api::{ask, escaped, list, number, text};
use super::super::call::{moment, time};
use super::{csv, customer};
use crate::trouble::Troubles;
use crate::words;

/// Arguments of `report list`.
#[derive(clap::Args, Debug)]
pub struct List {
    /// The firm's code
    #[arg(long, value_name = "CODE")]
    client: Option<String>,
    /// From this day or time on (2026-11-21, 2026-11-21T18:00)
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until before this day or time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// draft, sent or waived
    #[arg(long, value_parser = ["draft", "sent", "waived"])]
    state: Option<String>,
    /// message, inquiry, booking_new, booking_change, booking_cancel, complaint, sales, wrong_number or silent
    #[arg(long)]
    kind: Option<String>,
    /// normal, high or urgent
    #[arg(long, value_parser = ["normal", "high", "urgent"])]
    urgency: Option<String>,
    /// Parts of anything that was written
    #[arg(long)]
    text: Option<String>,
    /// The callback number or the caller's, or its last digits
    #[arg(long)]
    number: Option<String>,
    /// Login of the operator who answered
    #[arg(long, value_name = "LOGIN")]
    operator: Option<String>,
    /// Whom the caller asked for, as it was written
    #[arg(long)]
    person: Option<String>,
    /// How it came about
    #[arg(long, value_parser = ["answered", "message_box", "abandoned", "follow_up", "digest", "manual"])]
    origin: Option<String>,
    /// Confirmed by one of its recipients: yes or no
    #[arg(long, value_parser = ["yes", "no"])]
    seen: Option<String>,
    /// Only drafts of calls that are over, oldest first
    #[arg(long, conflicts_with_all = [
        "client", "from", "to", "state", "kind", "urgency", "text", "number", "operator", "person", "origin", "seen", "csv",
    ])]
    unfinished: bool,
    /// All of them as a file for spreadsheets
    #[arg(long)]
    csv: bool,
    /// How many
    #[arg(long, default_value_t = 50, conflicts_with = "csv")]
    limit: u32,
}

/// Finds them.
pub async fn run(context: &Context, arguments: List) -> Result<(), Troubles> {
    let (unfinished, as_csv, limit) = (arguments.unfinished, arguments.csv, arguments.limit);
    if unfinished {
        let all = ask(context, "GET", "/reports/unfinished", None).await?;
        let all = all.as_array().map_or(&[][..], Vec::as_slice);
        let wanted = all.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
        show(context, all.get(..wanted).unwrap_or_default());
        return Ok(());
    }
    let mut query = query(context, arguments).await?;
    if as_csv {
        return csv(context, &format!("/reports/export?{}", query.join("&"))).await;
    }
    query.push(format!("limit={limit}"));
    let page = ask(context, "GET", &format!("/reports?{}", query.join("&")), None).await?;
    show(context, list(&page, "reports"));
    Ok(())
}

async fn query(context: &Context, arguments: List) -> Result<Vec<String>, Troubles> {
    let mut query = Vec::new();
    if let Some(code) = arguments.client {
        query.push(format!("customer={}", customer(context, &code).await?));
    }
    if let Some(login) = arguments.operator {
        query.push(format!("operator={}", context.store().await?.operator_by_login(&login).await?.id));
    }
    for (name, option, given) in [("from_ms", "--from", arguments.from), ("to_ms", "--to", arguments.to)] {
        if let Some(given) = given {
            query.push(format!("{name}={}", moment(option, &given)?));
        }
    }
    for (name, given) in [
        ("state", arguments.state),
        ("kind", arguments.kind),
        ("urgency", arguments.urgency),
        ("text", arguments.text),
        ("number", arguments.number),
        ("person", arguments.person),
        ("origin", arguments.origin),
    ] {
        query.extend(given.map(|given| format!("{name}={}", escaped(&given))));
    }
    query.extend(arguments.seen.map(|seen| format!("seen={}", seen == "yes")));
    Ok(query)
}

fn show(context: &Context, reports: &[Value]) {
    let columns = [
        words::REPORT,
        words::RECEIVED,
        words::FIRM,
        words::CALLER,
        words::KIND,
        words::WHO,
        words::BUSINESS,
        words::OPERATOR,
        words::STATE,
        words::HELD_BY,
    ];
    context.out.list(reports, &columns, |report| {
        vec![
            text(report, "id").to_owned(),
            number(report, "created_ms").map(time).unwrap_or_default(),
            text(report, "customer_name").to_owned(),
            text(report, "caller_display").to_owned(),
            report.pointer("/draft/kind").and_then(Value::as_str).unwrap_or_default().to_owned(),
            [said(report, "company"), said(report, "name")].join(" ").trim().to_owned(),
            said(report, "business").to_owned(),
            text(report, "operator_name").to_owned(),
            text(report, "state").to_owned(),
            report.pointer("/holder/name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        ]
    });
}

/// An answer of a report.
fn said<'a>(report: &'a Value, key: &str) -> &'a str {
    report.pointer(&format!("/draft/answers/{key}/said")).and_then(Value::as_str).unwrap_or_default()
}
