//! `denwaban report`: reports to client firms, as the running switch has them.

mod find;
mod tend;
mod write;

pub use write::looks;

use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use super::api::{ask, escaped, list, number, send, text};
use super::call::{moment, time};
use super::output::{clean, fields, seconds, table};
use crate::local::Question;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// What can be done with reports.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Find reports, newest first; or those that nobody has finished
    #[command(after_help = "Examples:\n  denwaban report list --client sakura-dental --text 納期\n  \
        denwaban report list --number 5678 --from 2026-11-21\n  denwaban report list --unfinished\n  \
        denwaban report list --from 2026-11-01 --to 2026-12-01 --csv > reports.csv")]
    List(Box<find::List>),
    /// One report: what was written when, who got it, and each try to deliver it
    #[command(after_help = "Examples:\n  denwaban report show 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10\n  \
        denwaban report show 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10 --written")]
    Show {
        /// Its id
        id: String,
        /// Its text as it went out, and who did what to it
        #[arg(long)]
        written: bool,
    },
    /// What has to be known for writing one: the firm, its people, notes, manual, earlier reports; with --call its draft is begun
    #[command(after_help = "Examples:\n  denwaban report sheet 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10 --json\n  \
        denwaban report sheet --call 01K3ABCDEFGHJ --json")]
    Sheet(write::Sheet),
    /// Change fields of a draft: all of them, or none
    #[command(
        after_help = "Examples:\n  denwaban report edit 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10 --set business=見積の件 --unheard name\n  \
        denwaban report edit 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10 --take --faq 0"
    )]
    Edit(write::Edit),
    /// Who would get a draft now, why, and how it will look to each
    #[command(after_help = "Example:\n  denwaban report preview 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10")]
    Preview {
        /// Its id
        id: String,
    },
    /// Let a draft go, so that anybody may go on with it; with --take also from whoever writes it
    #[command(after_help = "Example:\n  denwaban report unlock 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10 --take")]
    Unlock {
        /// Its id
        id: String,
        /// Also from whoever writes it; the audit log keeps from whom
        #[arg(long)]
        take: bool,
    },
    /// Begin a draft that corrects or completes a report that was sent; `report send` sends it
    #[command(
        after_help = "Example:\n  denwaban report correct 0198c2f4-6a31-8b07-9d51-2f6f0c8f7a10 --set callback=03-1234-5679"
    )]
    Correct {
        /// Its id
        id: String,
        /// What stands in a field; may be given several times
        #[arg(long = "set", value_name = "FIELD=TEXT")]
        fields: Vec<String>,
    },
    /// What supervisors have to do: what was not delivered, urgent reports that nobody reads, firms that want to be called
    #[command(after_help = "Example:\n  denwaban report tasks")]
    Tasks,
    /// Say that a task is done, or was dropped
    #[command(after_help = "Example:\n  denwaban report task 12 --done --note 佐藤様にお電話で伝えました")]
    Task(tend::Task),
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
    /// Proofs that were made, newest first, and whether their chain is whole; one is made every hour
    #[command(after_help = "Example:\n  denwaban report proofs --limit 24")]
    Proofs {
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Only those before this one: the last of the page before
        #[arg(long, value_name = "PROOF")]
        before: Option<i64>,
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

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    match verb {
        Verb::List(arguments) => find::run(context, *arguments).await,
        Verb::Show { id, written: true } => write::written(context, &id).await,
        Verb::Show { id, written: false } => {
            let report = ask(context, "GET", &format!("/reports/{}", escaped(&id)), None).await?;
            context.out.one(&report, || describe(&report));
            Ok(())
        }
        Verb::Sheet(arguments) => write::sheet(context, arguments).await,
        Verb::Begin { client, fields } => write::begin(context, &client, &fields).await,
        Verb::Edit(arguments) => write::edit(context, arguments).await,
        Verb::Preview { id } => write::preview(context, &id).await,
        Verb::Unlock { id, take } => write::unlock(context, &id, take).await,
        Verb::Correct { id, fields } => write::correct(context, &id, &fields).await,
        Verb::Send { id } => tend::deliver(context, &id).await,
        Verb::Waive { id, reason } => tend::waive(context, &id, &reason).await,
        Verb::Resend { delivery } => tend::resend(context, &delivery).await,
        Verb::SendTo { id, recipient } => tend::send_to(context, &id, &recipient).await,
        Verb::Tasks => tend::tasks(context).await,
        Verb::Task(arguments) => tend::task(context, arguments).await,
        Verb::Proofs { limit, before } => tend::proofs(context, limit, before).await,
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

/// The firm's row.
pub async fn customer(context: &Context, code: &str) -> Result<i64, Troubles> {
    Ok(context.store().await?.customer_by_code(code).await?.id)
}

/// A file for spreadsheets, whatever programs read else.
pub async fn csv(context: &Context, route: &str) -> Result<(), Troubles> {
    let question = Question { method: "GET", route, ..Question::default() };
    context.out.bytes(&send(context, &question).await?.body);
    Ok(())
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
        let place = report.pointer(&format!("/evidence/{key}")).and_then(heard_at);
        let place = place.map(|at| format!("  ({} {at})", words::EVIDENCE_AT));
        told.push_str(&format!("{key:<14}  {}{}\n", clean(words), place.unwrap_or_default()));
    }
    let rows: Vec<Vec<String>> = list(report, "deliveries").iter().map(delivery).collect();
    told.push_str(&format!("\n{}\n{}", words::DELIVERIES, table(&DELIVERY_COLUMNS, &rows)));
    told
}

/// The second to listen from, of a field's evidence: what stands in it now was said in the last span, or read back there.
pub fn heard_at(field: &Value) -> Option<String> {
    let ms = number(list(field, "spans").last()?, "from_ms")?;
    let at = seconds(format!("{}.{}", ms / 1000, ms % 1000 / 100));
    let is_read_back = field.get("read_back") == Some(&Value::Bool(true));
    Some(if is_read_back { format!("{at}, {}", words::READ_BACK) } else { at })
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
            "draft": {"kind": "message", "answers": {"callback": {"said": "090-1234-5678"},
                "business": {"said": "納期"}, "name": "unheard"}},
            "evidence": {
                "callback": {"spans": [{"from_ms": 41_500, "until_ms": 41_500}], "read_back": true},
                "business": {"spans": [{"from_ms": 2_000, "until_ms": 2_500}, {"from_ms": 12_340, "until_ms": 15_000}]},
            },
            "deliveries": [{"id": "d1", "label": "佐藤", "channel": "email", "state": "accepted", "attempts": 2,
                "remote_id": "250 2.0.0 queued as 4F", "error": ""}],
        });
        let text = describe(&report);
        for part in [
            "さくら歯科",
            "090-1234-5678",
            "41.5 s, read back)",
            "12.3 s)",
            "聴取不可",
            "250 2.0.0 queued as 4F",
            "2026-11-21 00:00:00",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
