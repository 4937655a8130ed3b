//! `denwaban client onboard` and `identity`: a firm's three proofs (F61), begun, run and looked at; and how the firm was identified.

use std::time::Duration;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::super::Context;
use super::super::api::{ask, list, number, text};
use super::super::call::time;
use super::super::output::table;
use super::super::report::customer;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// It is looked so often whether a call has come, and whether mail was accepted.
const LOOK: Duration = Duration::from_secs(1);

/// Arguments of `client onboard`; without options it shows where the firm stands.
#[derive(clap::Args, Debug)]
pub struct Onboard {
    /// The firm's code
    code: String,
    /// Begin a new run: calls from now on are evidence, earlier runs stay
    #[arg(long)]
    begin: bool,
    /// Ask the switch itself what would become of a call to the firm's number
    #[arg(long)]
    route: bool,
    /// Wait for a call to the firm's number until somebody has answered it, and keep it as evidence
    #[arg(long)]
    call: bool,
    /// You have listened to the recording of a call: it was greeted as written, or not
    #[arg(long, value_enum, requires = "of")]
    greeting: Option<Greeting>,
    /// That call, as the run names it
    #[arg(long, value_name = "CALL")]
    of: Option<String>,
    /// The seconds of the recording in which the greeting was said
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    from: f64,
    /// The same
    #[arg(long, value_name = "SECONDS", default_value_t = 8.0)]
    until: f64,
    /// What was said instead
    #[arg(long, default_value = "")]
    note: String,
    /// Send the test report to every recipient, and wait until their servers have it
    #[arg(long)]
    mail: bool,
    /// The test report is there: a recipient's id; may be given several times
    #[arg(long, value_name = "RECIPIENT")]
    arrived: Vec<String>,
    /// It is not there
    #[arg(long, value_name = "RECIPIENT")]
    missing: Vec<String>,
    /// How long to wait for a call, and for mail
    #[arg(long, default_value_t = 120)]
    seconds: u64,
}

/// How a call was greeted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Greeting {
    /// As it is written
    Right,
    /// Otherwise
    Wrong,
}

/// Proves what it is asked to, and shows the newest run with its evidence.
pub async fn onboard(context: &Context, arguments: Onboard) -> Result<(), Troubles> {
    let firm = customer(context, &arguments.code).await?;
    let of_firm = format!("/customers/{firm}/onboardings");
    if arguments.begin {
        ask(context, "POST", &of_firm, None).await?;
    }
    prove(context, &of_firm, &arguments).await?;
    let known = ask(context, "GET", &of_firm, None).await?;
    context.out.one(&known, || described(&known));
    Ok(())
}

async fn prove(context: &Context, of_firm: &str, arguments: &Onboard) -> Result<(), Troubles> {
    let Onboard { route, call, greeting, of, from, until, note, mail, arrived, missing, seconds, .. } = arguments;
    if !route && !call && greeting.is_none() && !mail && arrived.is_empty() && missing.is_empty() {
        return Ok(());
    }
    let known = ask(context, "GET", of_firm, None).await?;
    let newest = list(&known, "runs").first();
    let Some(run) = newest.and_then(|run| number(run, "id")) else {
        let what = words::ONBOARD_NONE.with(&[&arguments.code]);
        return Err(Trouble::new(Exit::Data, "", what, words::ONBOARD_NONE_REMEDY.text()).into());
    };
    let at = |what: &str| format!("/onboardings/{run}/{what}");
    if *route {
        ask(context, "POST", &at("route"), None).await?;
    }
    if *call {
        let earlier = newest.and_then(|run| run.get("call")).map(|call| text(call, "call")).unwrap_or_default();
        wait_for_call(context, &at("call"), earlier, *seconds).await?;
    }
    if let Some(greeting) = greeting {
        let right = *greeting == Greeting::Right;
        let body = json!({
            "call": of, "heard": "recording", "right": right, "from_ms": milliseconds(*from),
            "until_ms": milliseconds(*until), "note": note,
        });
        ask(context, "POST", &at("greeting"), Some(&body)).await?;
    }
    if *mail {
        ask(context, "POST", &at("mail"), None).await?;
        wait_for_mail(context, &format!("/onboardings/{run}"), *seconds).await?;
    }
    let said = arrived.iter().map(|one| (one, true)).chain(missing.iter().map(|one| (one, false)));
    for (recipient, arrived) in said {
        let body = json!({ "recipient": recipient, "arrived": arrived });
        ask(context, "POST", &at("mail/arrived"), Some(&body)).await?;
    }
    Ok(())
}

/// Rounded; what is no time at all the server refuses.
fn milliseconds(seconds: f64) -> i64 {
    let text = format!("{:.0}", seconds * 1000.0);
    text.parse().unwrap_or(-1)
}

/// How a call that is waited for stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Came {
    /// It rings still, or there is only the one that was noted before.
    NotYet,
    /// Somebody has answered it.
    Answered,
    /// It is over, and nobody has.
    InVain,
}

fn came(call: &Value, earlier: &str, is_over: bool) -> Came {
    match () {
        () if number(call, "answered_ms").is_some() => Came::Answered,
        () if text(call, "call") == earlier || !is_over => Came::NotYet,
        () => Came::InVain,
    }
}

/// Waits until a call has come and somebody has answered it. `earlier`: the call that the run has already; if nobody answered it, the
/// next one is waited for.
async fn wait_for_call(context: &Context, route: &str, earlier: &str, seconds: u64) -> Result<(), Troubles> {
    let mut left = Duration::from_secs(seconds);
    loop {
        match ask(context, "POST", route, Some(&json!({}))).await {
            Err(Troubles(troubles)) if troubles.iter().all(|one| one.exit == Exit::Missing) && !left.is_zero() => {}
            Err(troubles) => return Err(troubles),
            Ok(run) => {
                let call = run.get("call").unwrap_or(&Value::Null);
                let now = ask(context, "GET", &format!("/calls/{}", text(call, "call")), None).await?;
                // Answered since it was noted, it is noted so with the next look.
                let is_over =
                    matches!(text(&now, "state"), "cleared" | "interrupted") && number(&now, "answered_ms").is_none();
                match came(call, earlier, is_over) {
                    Came::Answered => return Ok(()),
                    Came::NotYet if !left.is_zero() => {}
                    Came::NotYet | Came::InVain => {
                        let what = words::ONBOARD_UNANSWERED.with(&[&text(call, "call")]);
                        let remedy = words::ONBOARD_UNANSWERED_REMEDY.text();
                        return Err(Trouble::new(Exit::Failed, "--call", what, remedy).into());
                    }
                }
            }
        }
        tokio::time::sleep(LOOK).await;
        left = left.saturating_sub(LOOK);
    }
}

async fn wait_for_mail(context: &Context, route: &str, seconds: u64) -> Result<(), Troubles> {
    let mut left = Duration::from_secs(seconds);
    loop {
        let run = ask(context, "GET", route, None).await?;
        let sent = run.get("mail").map(|mail| list(mail, "recipients")).unwrap_or_default();
        let waits = sent.iter().any(|one| matches!(text(one, "state"), "waiting" | "leased" | "retry"));
        if !waits || left.is_zero() {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
        left = left.saturating_sub(LOOK);
    }
}

/// Where the firm stands, and its newest run proof by proof.
fn described(known: &Value) -> String {
    let standing = match text(known, "standing") {
        "proved" => words::ONBOARD_PROVED,
        "changed" => words::ONBOARD_CHANGED,
        "open" => words::ONBOARD_OPEN,
        _ => words::ONBOARD_NOT_BEGUN,
    };
    let changed: Vec<&str> = list(known, "changed").iter().filter_map(Value::as_str).collect();
    let head = format!("{}: {} {}", text(known, "name"), standing.text(), changed.join(", "));
    let Some(run) = list(known, "runs").first() else { return head.trim_end().to_owned() };
    let part = |key: &str| run.get(key).filter(|part| !part.is_null());
    let mark = |holds: bool| if holds { "OK".to_owned() } else { "--".to_owned() };
    let mut rows = Vec::new();
    let call = part("call");
    let came = call.map(|call| {
        let arrived = number(call, "arrived_ms").map(time).unwrap_or_default();
        let answered = match number(call, "answered_ms") {
            Some(ms) => format!("{} {} {}", words::ANSWERED.text(), time(ms), text(call, "operator_name")),
            None => words::ONBOARD_NOBODY.text().to_owned(),
        };
        format!("{} {arrived} {} {answered}", text(call, "call"), text(call, "caller"))
    });
    rows.push(vec![mark(call.is_some()), words::ONBOARD_CALL.text().to_owned(), came.unwrap_or_default()]);
    let greeting = part("greeting");
    let right = greeting.and_then(|one| one.get("right")).and_then(Value::as_bool).unwrap_or_default();
    let said = greeting.map(|one| format!("{} ({}) {}", text(one, "greeting"), text(one, "by"), text(one, "note")));
    rows.push(vec![mark(right), words::ONBOARD_GREETING.text().to_owned(), said.unwrap_or_default()]);
    let sent = part("mail").map(|mail| list(mail, "recipients")).unwrap_or_default();
    if sent.is_empty() {
        rows.push(vec![mark(false), words::ONBOARD_MAIL.text().to_owned(), String::new()]);
    }
    for one in sent {
        let holds = text(one, "state") == "accepted" && one.get("arrived").and_then(Value::as_bool) == Some(true);
        let detail = [text(one, "recipient"), text(one, "state"), text(one, "remote_id"), text(one, "error")];
        rows.push(vec![mark(holds), words::ONBOARD_MAIL.text().to_owned(), detail.join(" ")]);
    }
    let columns = [words::STATE, words::ONBOARD_PROOF, words::ONBOARD_EVIDENCE];
    format!("{}\n{}", head.trim_end(), table(&columns, &rows))
}

/// Arguments of `client identity`; without options it shows the records.
#[derive(clap::Args, Debug)]
pub struct Identity {
    /// The firm's code
    code: String,
    /// What was looked at: 登記事項証明書
    #[arg(long, requires_all = ["representative", "on"])]
    document: Option<String>,
    /// in_person, post or online
    #[arg(long, default_value = "in_person")]
    method: String,
    /// The document's number or date
    #[arg(long, default_value = "")]
    reference: String,
    /// Who acted for the firm
    #[arg(long)]
    representative: Option<String>,
    /// What the firm uses the service for
    #[arg(long, default_value = "")]
    purpose: String,
    /// The day: 2026-11-22
    #[arg(long)]
    on: Option<String>,
    /// More
    #[arg(long, default_value = "")]
    note: String,
}

/// Adds a record of how a firm was identified, and shows all of them.
pub async fn identity(context: &Context, arguments: Identity) -> Result<(), Troubles> {
    let Identity { code, document, method, reference, representative, purpose, on, note } = arguments;
    let route = format!("/customers/{}/identity", customer(context, &code).await?);
    if let Some(document) = document {
        let body = json!({
            "method": method, "document": document, "reference": reference, "purpose": purpose, "note": note,
            "representative": representative.unwrap_or_default(), "checked_on": on.unwrap_or_default(),
        });
        ask(context, "POST", &route, Some(&body)).await?;
    }
    let records = ask(context, "GET", &route, None).await?;
    let rows = records.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(|one| {
        ["checked_on", "method", "document", "reference", "representative", "noted_by"]
            .map(|key| text(one, key).to_owned())
            .to_vec()
    });
    let columns = [
        words::IDENTITY_DAY,
        words::IDENTITY_METHOD,
        words::IDENTITY_DOCUMENT,
        words::IDENTITY_REFERENCE,
        words::IDENTITY_REPRESENTATIVE,
        words::IDENTITY_BY,
    ];
    context.out.one(&records, || table(&columns, &rows.collect::<Vec<_>>()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f61_what_is_shown_has_each_proof_with_its_evidence() {
        let mail = json!({"recipients": [{"recipient": "a", "state": "accepted", "arrived": true, "remote_id": "250 ok"}, {"recipient": "b", "state": "dead", "error": "550 no"}]});
        let run = json!({"id": 1, "call": {"call": "ABC", "arrived_ms": 0, "caller": "8190"}, "greeting": {"right": false, "greeting": "はい", "by": "jiro", "note": "違う"}, "mail": mail});
        let known = json!({"name": "さくら歯科", "standing": "changed", "changed": ["greeting"], "runs": [run]});
        let text = described(&known);
        for part in ["さくら歯科", "greeting", "ABC", "jiro", "違う", "250 ok", "550 no"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let marks: Vec<&str> = text.lines().filter_map(|line| line.trim().get(..2)).collect();
        assert_eq!(marks.iter().filter(|mark| **mark == "OK").count(), 2, "{text}");
        assert!(text.contains(words::ONBOARD_NOBODY.text()), "{text}");
        assert_eq!((milliseconds(8.0004), milliseconds(f64::NAN)), (8000, -1));
    }

    #[test]
    fn f61_a_call_is_waited_for_until_it_was_answered_or_is_over() {
        let rings = json!({"call": "ABC", "answered_ms": null});
        let answered = json!({"call": "ABC", "answered_ms": 1});
        assert_eq!((came(&rings, "", false), came(&rings, "", true)), (Came::NotYet, Came::InVain));
        assert_eq!((came(&answered, "", false), came(&answered, "ABC", true)), (Came::Answered, Came::Answered));
        assert_eq!(came(&rings, "ABC", true), Came::NotYet, "that one is past: the next one is waited for");
    }
}
