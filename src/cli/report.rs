//! `denwaban report`: reports to client firms, as the running switch has them.

use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use super::api::{ask, escaped, list, number, text};
use super::call::{moment, time};
use super::output::{clean, fields, table};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// What can be done with reports.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Find reports, newest first; or those that nobody has finished
    #[command(after_help = "Examples:\n  denwaban report list --client sakura-dental --text 納期\n  \
        denwaban report list --number 5678 --from 2026-11-21\n  denwaban report list --unfinished")]
    List(Box<List>),
    /// One report: what was written when, who got it, and each try to deliver it
    #[command(after_help = "Example:\n  denwaban report show 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10")]
    Show {
        /// Its id
        id: String,
    },
    /// Begin a report without a call: somebody came by, or wrote a mail
    #[command(
        after_help = "Example:\n  denwaban report begin --client sakura-dental --set company=□□商事 --set business=見積の件 \\\n    \
        --set desired=call_back --set callback=090-1234-5678\n\n`denwaban report send` sends it; the desks have it among the unfinished ones."
    )]
    Begin {
        /// The firm's code
        #[arg(long, value_name = "CODE")]
        client: String,
        /// What stands in a field; may be given several times
        #[arg(long = "set", value_name = "FIELD=TEXT")]
        fields: Vec<String>,
    },
    /// Send a draft to whom the firm's rules say
    #[command(after_help = "Example:\n  denwaban report send 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10")]
    Send {
        /// Its id
        id: String,
    },
    /// There will be no report of a call, for a reason that is kept
    #[command(
        after_help = "Example:\n  denwaban report waive 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10 --reason 間違い電話"
    )]
    Waive {
        /// Its id
        id: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Send again what was given up or came back
    #[command(after_help = "Example:\n  denwaban report resend 0198c2f5-01d2-7c43-8a01-6b0f5c1d2e3f\n\n\
        `denwaban report show` lists a report's deliveries.")]
    Resend {
        /// The delivery's id
        delivery: String,
    },
    /// Send a report that was sent to one more of the firm's recipients
    #[command(after_help = "Example:\n  denwaban report send-to 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10 chief-mail\n\n\
        `denwaban client profile` lists a firm's recipients.")]
    SendTo {
        /// The report's id
        id: String,
        /// The recipient's id in the firm's profile
        recipient: String,
    },
    /// Prove that every answered call has its report, or a reason why there is none
    #[command(after_help = "Example:\n  denwaban report reconcile --from 2026-11-01 --to 2026-12-01")]
    Reconcile {
        /// From this day or time on
        #[arg(long, value_name = "TIME")]
        from: String,
        /// Until before this day or time
        #[arg(long, value_name = "TIME")]
        to: String,
    },
    /// That firms were told at once: of each call its end, its report, and what each recipient's server answered
    #[command(
        after_help = "Examples:\n  denwaban report proof --client sakura-dental --from 2026-11-01 --to 2026-12-01 > proof.csv\n  \
        denwaban report proof --from 2026-11-21 --to 2026-11-22 --json"
    )]
    Proof {
        /// The firm's code
        #[arg(long, value_name = "CODE")]
        client: Option<String>,
        /// From this day or time on
        #[arg(long, value_name = "TIME")]
        from: String,
        /// Until before this day or time
        #[arg(long, value_name = "TIME")]
        to: String,
    },
    /// What was counted in a month: of one firm with a recount, or of all as CSV
    #[command(after_help = "Examples:\n  denwaban report counters --month 2026-11 --client sakura-dental\n  \
        denwaban report counters --month 2026-11 > counters.csv")]
    Counters {
        /// The month, Japan's
        #[arg(long)]
        month: String,
        /// The firm's code
        #[arg(long, value_name = "CODE")]
        client: Option<String>,
    },
}

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
    /// Only drafts of calls that are over, oldest first
    #[arg(long, conflicts_with_all = ["client", "from", "to", "state", "kind", "urgency", "text", "number"])]
    unfinished: bool,
    /// How many
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    match verb {
        Verb::List(arguments) => find(context, *arguments).await,
        Verb::Show { id } => {
            let report = ask(context, "GET", &format!("/reports/{}", escaped(&id)), None).await?;
            context.out.one(&report, || describe(&report));
            Ok(())
        }
        Verb::Begin { client, fields } => begin(context, &client, &fields).await,
        Verb::Send { id } => {
            let sent = ask(context, "POST", &format!("/reports/{}/send", escaped(&id)), Some(&json!({}))).await?;
            context.out.one(&sent, || match list(&sent, "deliveries").len() {
                0 => words::REPORT_KEPT.with(&[&id]),
                count => words::REPORT_SENT.with(&[&id, &count]),
            });
            Ok(())
        }
        Verb::Waive { id, reason } => {
            let body = json!({ "reason": reason });
            let waived = ask(context, "POST", &format!("/reports/{}/waive", escaped(&id)), Some(&body)).await?;
            context.out.one(&waived, || words::REPORT_WAIVED.with(&[&id]));
            Ok(())
        }
        Verb::Resend { delivery } => {
            let made = ask(context, "POST", &format!("/deliveries/{}/resend", escaped(&delivery)), None).await?;
            context.out.one(&made, || words::RESENT.with(&[&text(&made, "id"), &clean(text(&made, "label"))]));
            Ok(())
        }
        Verb::SendTo { id, recipient } => {
            let body = json!({ "recipient": recipient });
            let made = ask(context, "POST", &format!("/reports/{}/deliveries", escaped(&id)), Some(&body)).await?;
            context.out.one(&made, || words::SENT_TO.with(&[&id, &clean(text(&made, "label"))]));
            Ok(())
        }
        Verb::Reconcile { from, to } => reconcile(context, &from, &to).await,
        Verb::Proof { client, from, to } => {
            let mut query =
                vec![format!("from_ms={}", moment("--from", &from)?), format!("to_ms={}", moment("--to", &to)?)];
            if let Some(code) = client {
                query.push(format!("customer={}", customer(context, &code).await?));
            }
            file(context, "/proof", "/proof/export", &query.join("&")).await
        }
        Verb::Counters { month, client: None } => {
            let month = escaped(&month);
            file(context, "/counters/export", "/counters/export", &format!("month={month}")).await
        }
        Verb::Counters { month, client: Some(code) } => counters(context, &code, &month).await,
    }
}

async fn begin(context: &Context, code: &str, set: &[String]) -> Result<(), Troubles> {
    let edit = |field: &String| {
        let parts = field.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, text) = parts.ok_or_else(|| {
            let what = words::SET_UNREADABLE.with(&[&clean(field)]);
            Trouble::new(Exit::Usage, "--set", what, words::SET_REMEDY.text())
        })?;
        Ok(json!({ "key": key, "value": { "said": text } }))
    };
    let edits = set.iter().map(edit).collect::<Result<Vec<Value>, Trouble>>()?;
    let id = customer(context, code).await?;
    let begun = ask(context, "POST", &format!("/customers/{id}/reports"), Some(&json!({ "edits": edits }))).await?;
    context.out.one(&begun, || words::REPORT_BEGUN.with(&[&text(&begun, "id")]));
    Ok(())
}

/// The firm's row.
pub async fn customer(context: &Context, code: &str) -> Result<i64, Troubles> {
    Ok(context.store().await?.customer_by_code(code).await?.id)
}

/// JSON for programs, CSV for spreadsheets.
async fn file(context: &Context, as_json: &str, as_csv: &str, query: &str) -> Result<(), Troubles> {
    let route = if context.out.is_json() { as_json } else { as_csv };
    let answer = ask(context, "GET", &format!("{route}?{query}"), None).await?;
    match answer.as_str().filter(|_| !context.out.is_json()) {
        Some(csv) => context.out.bytes(csv.as_bytes()),
        None => context.out.one(&answer, || answer.to_string()),
    }
    Ok(())
}

async fn find(context: &Context, arguments: List) -> Result<(), Troubles> {
    let List { client, from, to, state, kind, urgency, text: words, number: digits, unfinished, limit } = arguments;
    let reports = if unfinished {
        let all = ask(context, "GET", "/reports/unfinished", None).await?;
        let all = all.as_array().cloned().unwrap_or_default();
        all.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
    } else {
        let mut query = vec![format!("limit={limit}")];
        if let Some(code) = client {
            query.push(format!("customer={}", customer(context, &code).await?));
        }
        for (name, option, given) in [("from_ms", "--from", from), ("to_ms", "--to", to)] {
            if let Some(given) = given {
                query.push(format!("{name}={}", moment(option, &given)?));
            }
        }
        for (name, given) in
            [("state", state), ("kind", kind), ("urgency", urgency), ("text", words), ("number", digits)]
        {
            if let Some(given) = given {
                query.push(format!("{name}={}", escaped(&given)));
            }
        }
        let page = ask(context, "GET", &format!("/reports?{}", query.join("&")), None).await?;
        list(&page, "reports").to_vec()
    };
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
    context.out.list(&reports, &columns, |report| {
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
    Ok(())
}

/// An answer of a report.
fn said<'a>(report: &'a Value, key: &str) -> &'a str {
    report.pointer(&format!("/draft/answers/{key}/said")).and_then(Value::as_str).unwrap_or_default()
}

fn describe(report: &Value) -> String {
    let at = |key: &str| number(report, key).map(time).unwrap_or_default();
    let mut rows = vec![
        (words::REPORT, text(report, "id").to_owned()),
        (words::CALL, text(report, "call").to_owned()),
        (words::RECEIVED, at("created_ms")),
        (words::FIRM, clean(text(report, "customer_name"))),
        (words::CALLER, text(report, "caller_display").to_owned()),
        (words::OPERATOR, clean(text(report, "operator_name"))),
        (words::STATE, text(report, "state").to_owned()),
        (words::SENT_AT, at("sent_ms")),
        (words::SEEN_AT, at("seen_ms")),
    ];
    if !text(report, "waiver").is_empty() {
        rows.push((words::WAIVED_BECAUSE, clean(text(report, "waiver"))));
    }
    let mut told = fields(&rows);
    told.push_str(&format!("\n\n{}\n", words::EDITS));
    let answers = report.pointer("/draft/answers").and_then(Value::as_object);
    for (key, value) in answers.into_iter().flatten() {
        let words = value.get("said").and_then(Value::as_str).unwrap_or("聴取不可");
        let from = report.pointer(&format!("/evidence/{key}/spans/0/from_ms")).and_then(Value::as_i64);
        let place = from.map(|ms| format!("  ({} {}.{} s)", words::EVIDENCE_AT, ms / 1000, ms % 1000 / 100));
        told.push_str(&format!("{key:<14}  {}{}\n", clean(words), place.unwrap_or_default()));
    }
    let rows: Vec<Vec<String>> = list(report, "deliveries").iter().map(delivery).collect();
    told.push_str(&format!("\n{}\n{}", words::DELIVERIES, table(&DELIVERY_COLUMNS, &rows)));
    told
}

const DELIVERY_COLUMNS: [words::Words; 8] = [
    words::PERSON_ID,
    words::RECIPIENT,
    words::CHANNEL,
    words::STATE,
    words::TRIES,
    words::SERVER_ID,
    words::SEEN_AT,
    words::LAST_ERROR,
];

fn delivery(row: &Value) -> Vec<String> {
    vec![
        text(row, "id").to_owned(),
        text(row, "label").to_owned(),
        text(row, "channel").to_owned(),
        text(row, "state").to_owned(),
        number(row, "attempts").unwrap_or_default().to_string(),
        text(row, "remote_id").to_owned(),
        number(row, "seen_ms").map(time).unwrap_or_default(),
        text(row, "error").to_owned(),
    ]
}

/// Proves it, and says so also by the exit code.
async fn reconcile(context: &Context, from: &str, to: &str) -> Result<(), Troubles> {
    let body = json!({ "from_ms": moment("--from", from)?, "to_ms": moment("--to", to)? });
    let made = ask(context, "POST", "/reconciliations", Some(&body)).await?;
    let chain = ask(context, "GET", "/reconciliations?limit=1", None).await?;
    let proof = made.get("proof").cloned().unwrap_or_default();
    let count = |key: &str| number(&proof, key).unwrap_or_default();
    context.out.one(&made, || {
        words::PROOF_HOLDS.with(&[&count("answered"), &count("sent"), &count("waived"), &count("open")])
    });
    if let Some(broken) = number(&chain, "broken") {
        return Err(Trouble::new(Exit::Failed, "", words::PROOF_CHAIN_BROKEN.with(&[&broken]), "").into());
    }
    if count("missing") == 0 && count("overdue") != 0 {
        let what = words::PROOF_OVERDUE.with(&[&count("overdue"), &count("answered")]);
        return Err(Trouble::new(Exit::Failed, "", what, words::PROOF_OVERDUE_REMEDY.text()).into());
    }
    if count("missing") == 0 && count("unsaved") != 0 {
        let what = words::PROOF_UNSAVED.with(&[&count("unsaved")]);
        return Err(Trouble::new(Exit::Failed, "", what, words::PROOF_UNSAVED_REMEDY.text()).into());
    }
    if count("missing") == 0 {
        return Ok(());
    }
    let calls: Vec<String> = list(&proof, "missing_calls").iter().map(Value::to_string).collect();
    let what = words::PROOF_FAILS.with(&[&count("missing"), &count("answered"), &calls.join(", ")]);
    Err(Trouble::new(Exit::Failed, "", what, words::PROOF_FAILS_REMEDY.text()).into())
}

async fn counters(context: &Context, code: &str, month: &str) -> Result<(), Troubles> {
    let id = customer(context, code).await?;
    let counted = ask(context, "GET", &format!("/customers/{id}/counters?month={}", escaped(month)), None).await?;
    context.out.one(&counted, || {
        let of = |key: &str, class: &str| counted.pointer(&format!("/{key}/{class}")).and_then(Value::as_i64);
        let classes = ["counts", "recount"].iter().filter_map(|key| counted.get(*key)?.as_object());
        let classes: std::collections::BTreeSet<&String> = classes.flat_map(|counts| counts.keys()).collect();
        let row = |class: &&String| {
            let count = |key: &str| of(key, class).unwrap_or_default().to_string();
            vec![(*class).clone(), count("counts"), count("recount")]
        };
        let rows: Vec<Vec<String>> = classes.iter().map(row).collect();
        let sum = |key: &str| counted.pointer(&format!("/account/{key}")).and_then(Value::as_i64).unwrap_or_default();
        let account = words::ACCOUNT.with(&[&sum("answered"), &sum("sent"), &sum("waived"), &sum("open")]);
        format!("{}{account}", table(&[words::CLASS, words::COUNT, words::RECOUNT], &rows))
    });
    if counted.get("agrees") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let remedy = words::COUNTERS_DIFFER_REMEDY.text();
    Err(Trouble::new(Exit::Failed, "", words::COUNTERS_DIFFER.text(), remedy).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f40_a_report_is_shown_with_what_was_said_where_and_with_each_recipients_answer() {
        let report = json!({
            "id": "0198", "customer_name": "さくら歯科", "state": "sent", "waiver": "", "created_ms": 1_795_186_800_000_i64,
            "draft": {"kind": "message", "answers": {"callback": {"said": "090-1234-5678"}, "name": "unheard"}},
            "evidence": {"callback": {"spans": [{"from_ms": 12_340, "until_ms": 15_000}]}},
            "deliveries": [{"id": "d1", "label": "佐藤", "channel": "email", "state": "accepted", "attempts": 2,
                "remote_id": "250 2.0.0 queued as 4F", "error": ""}],
        });
        let text = describe(&report);
        for part in
            ["さくら歯科", "090-1234-5678", "12.3 s", "聴取不可", "250 2.0.0 queued as 4F", "2026-11-21 00:00:00"]
        {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
