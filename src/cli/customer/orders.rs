//! `denwaban client profile` and `test-report`: what a firm has ordered, and whether its reports arrive.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::Context;
use super::super::api::{ask, escaped, list, number, text};
use super::super::call::moment;
use super::super::output::table;
use super::super::report::{customer, looks};
use super::super::rows::{self, Is};
use super::read;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// A trial's deliveries are looked at so often.
const LOOK: Duration = Duration::from_millis(500);

/// Arguments of `client profile`.
#[derive(clap::Args, Debug)]
pub struct Profile {
    /// The firm's code
    code: String,
    /// Save this file as the profile; `-` is standard input. Secrets that are masked in it stay as they are
    #[arg(long, value_name = "FILE")]
    set: Option<PathBuf>,
    /// Nothing is sent: who would get a report of such a call, by the saved profile or by the file of --profile
    #[arg(long = "try", value_name = "KIND", conflicts_with = "set")]
    kind: Option<String>,
    /// Try this file, which need not be saved
    #[arg(long, value_name = "FILE", requires = "kind")]
    profile: Option<PathBuf>,
    /// Of such a call: normal, high or urgent
    #[arg(long, value_parser = ["normal", "high", "urgent"], default_value = "normal")]
    urgency: String,
    /// For whom: an id of the roster, or a name
    #[arg(long, requires = "kind")]
    person: Option<String>,
    /// It came then; else now
    #[arg(long, value_name = "TIME", requires = "kind")]
    at: Option<String>,
}

/// Arguments of `client channels`.
#[derive(clap::Args, Debug)]
pub struct Channels {
    /// Only those whose last delivery did not arrive
    #[arg(long)]
    failing: bool,
}

/// Arguments of `client test-report`.
#[derive(clap::Args, Debug)]
pub struct Trial {
    /// The firm's code
    code: String,
    /// To this recipient alone, by its id in the profile, also if it is not in use; else to every one that is
    #[arg(long, value_name = "RECIPIENT")]
    to: Option<String>,
    /// How long to wait for the recipients' servers
    #[arg(long, default_value_t = 30)]
    seconds: u64,
}

/// Shows the profile as a file that `--set` takes, or saves one.
pub async fn profile(context: &Context, arguments: Profile) -> Result<(), Troubles> {
    let Profile { code, set, kind, profile, urgency, person, at } = arguments;
    let route = format!("/customers/{}/profile", customer(context, &code).await?);
    if let Some(kind) = kind {
        let body = json!({
            "profile": profile.as_deref().map(parsed).transpose()?,
            "kind": kind, "urgency": urgency, "person": person,
            "at_ms": at.map(|at| moment("--at", &at)).transpose()?,
        });
        let tried = ask(context, "POST", &format!("{route}/try"), Some(&body)).await?;
        context.out.one(&tried, || looks(&tried));
        return Ok(());
    }
    let kept = ask(context, "GET", &route, None).await?;
    let Some(file) = set else {
        let document = kept.get("profile").cloned().unwrap_or_default();
        context.out.one(&document, || serde_json::to_string_pretty(&document).unwrap_or_default());
        return Ok(());
    };
    let document = parsed(&file)?;
    let body = json!({ "revision": number(&kept, "revision").unwrap_or_default(), "profile": document });
    let saved = ask(context, "PUT", &route, Some(&body)).await.map_err(|troubles| placed(&file, troubles))?;
    let revision = number(&saved, "revision").unwrap_or_default();
    context.out.one(&saved, || words::PROFILE_SAVED.with(&[&code, &revision]));
    Ok(())
}

/// Every firm's recipients with what came of the last delivery, or those that fail.
pub async fn channels(context: &Context, Channels { failing }: Channels) -> Result<(), Troubles> {
    let mut channels = Vec::new();
    let mut after = Some(0);
    while let Some(last) = after {
        let page = ask(context, "GET", &format!("/channels?failing={failing}&after={last}"), None).await?;
        channels.extend_from_slice(list(&page, "channels"));
        after = number(&page, "next");
    }
    let columns = [
        (words::FIRM, "/customer_name", Is::Plain),
        (words::RECIPIENT, "/label", Is::Plain),
        (words::CHANNEL, "/channel", Is::Plain),
        (words::ACTIVE, "/active", Is::Plain),
        (words::STATE, "/state", Is::Plain),
        (words::AT, "/at_ms", Is::Time),
        (words::LAST_ERROR, "/error", Is::Line),
    ];
    rows::list(context, &channels, &columns);
    Ok(())
}

/// The document of a file.
fn parsed(file: &Path) -> Result<Value, Trouble> {
    let bytes = read(file)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("{}:{}", file.display(), error.line());
        Trouble::new(Exit::Data, place, error.to_string(), words::PROFILE_FILE_REMEDY.text())
    })
}

/// What is wrong in a document is in this file.
fn placed(file: &Path, troubles: Troubles) -> Troubles {
    let place = |trouble: Trouble| {
        let field = trouble.place.strip_prefix("profile.").unwrap_or(&trouble.place).to_owned();
        let place = if field.is_empty() { file.display().to_string() } else { format!("{}: {field}", file.display()) };
        Trouble { place, ..trouble }
    };
    Troubles(troubles.0.into_iter().map(place).collect())
}

/// Sends a report marked as a trial to every place of the firm, or to one, and tells of each whether its server took it.
pub async fn trial(context: &Context, arguments: Trial) -> Result<(), Troubles> {
    let Trial { code, to, seconds } = arguments;
    let to = to.map(|recipient| format!("?recipient={}", escaped(&recipient))).unwrap_or_default();
    let route = format!("/customers/{}/test-report{to}", customer(context, &code).await?);
    let sent = ask(context, "POST", &route, None).await?;
    let report = format!("/reports/{}", text(&sent, "report"));
    let mut left = Duration::from_secs(seconds);
    let tried = loop {
        let tried = ask(context, "GET", &report, None).await?;
        if list(&tried, "deliveries").iter().all(|one| is_over(text(one, "state"))) || left.is_zero() {
            break tried;
        }
        tokio::time::sleep(LOOK).await;
        left = left.saturating_sub(LOOK);
    };
    let deliveries = list(&tried, "deliveries");
    let columns = [words::RECIPIENT, words::CHANNEL, words::STATE, words::TRIES, words::SERVER_ID, words::LAST_ERROR];
    let rows: Vec<Vec<String>> = deliveries.iter().map(|one| row(one, seconds)).collect();
    context.out.one(&deliveries, || table(&columns, &rows));
    let failed = deliveries.iter().filter(|one| text(one, "state") != "accepted").count();
    if failed == 0 {
        return Ok(());
    }
    let what = words::TRIAL_FAILED.with(&[&failed, &deliveries.len()]);
    Err(Trouble::new(Exit::Failed, "", what, words::TRIAL_REMEDY.text()).into())
}

/// No try follows.
fn is_over(state: &str) -> bool {
    !matches!(state, "waiting" | "leased" | "retry")
}

fn row(one: &Value, seconds: u64) -> Vec<String> {
    let error = text(one, "error");
    let waits = words::TRIAL_WAITS.with(&[&seconds]);
    let error = if error.is_empty() && !is_over(text(one, "state")) { waits } else { error.to_owned() };
    vec![
        text(one, "label").to_owned(),
        text(one, "channel").to_owned(),
        text(one, "state").to_owned(),
        number(one, "attempts").unwrap_or_default().to_string(),
        text(one, "remote_id").to_owned(),
        error,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_in_a_profile_is_told_with_file_and_field() {
        let wrong = |place: &str| Trouble::new(Exit::Data, place, "no address", "mend it");
        let troubles = Troubles(vec![wrong("profile.recipients[0].channel.address"), wrong("")]);
        let places: Vec<_> = placed(Path::new("p.json"), troubles).0.into_iter().map(|trouble| trouble.place).collect();
        assert_eq!(places, ["p.json: recipients[0].channel.address", "p.json"]);
    }
}
