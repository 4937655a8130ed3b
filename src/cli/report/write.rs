//! `denwaban report begin`, `sheet`, `edit`, `preview`, `unlock`, `correct` and `show --written`: drafts, and a report's text.

use acd::CallId;
use serde_json::{Value, json};

use super::super::Context;
use super::super::api::{ask, escaped, list, text};
use super::super::output::clean;
use super::super::rows::{self, Is};
use super::customer;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Arguments of `report sheet`.
#[derive(clap::Args, Debug)]
pub struct Sheet {
    /// The report's id
    #[arg(required_unless_present = "call")]
    id: Option<String>,
    /// Of this call, which is in hand or was: its draft is made if there is none, and kept for us for a minute
    #[arg(long, value_name = "CALL", conflicts_with = "id")]
    call: Option<CallId>,
    /// Also from whoever writes it
    #[arg(long)]
    take: bool,
}

/// Arguments of `report edit`.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct Edit {
    /// Its id
    id: String,
    /// What stands in a field, or nothing after the sign: blank; may be given several times
    #[arg(long = "set", value_name = "FIELD=TEXT", group = "change")]
    fields: Vec<String>,
    /// The caller could not be understood there (聴取不可); may be given several times
    #[arg(long, value_name = "FIELD", group = "change")]
    unheard: Vec<String>,
    /// This question of the firm's FAQ was answered: its place, from 0
    #[arg(long, value_name = "PLACE", group = "change")]
    faq: Option<u32>,
    /// Also from whoever writes it; the audit log keeps from whom
    #[arg(long)]
    take: bool,
}

/// Fields as they are to be.
fn edits(set: &[String], unheard: &[String]) -> Result<Vec<Value>, Trouble> {
    let edit = |field: &String| {
        let parts = field.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, text) = parts.ok_or_else(|| {
            let what = words::SET_UNREADABLE.with(&[&clean(field)]);
            Trouble::new(Exit::Usage, "--set", what, words::SET_REMEDY.text())
        })?;
        let value = if text.is_empty() { Value::Null } else { json!({ "said": text }) };
        Ok(json!({ "key": key, "value": value }))
    };
    let unheard = unheard.iter().map(|key| Ok(json!({ "key": key, "value": "unheard" })));
    set.iter().map(edit).chain(unheard).collect()
}

/// Begins a report without a call.
pub async fn begin(context: &Context, code: &str, set: &[String]) -> Result<(), Troubles> {
    let edits = edits(set, &[])?;
    let id = customer(context, code).await?;
    let begun = ask(context, "POST", &format!("/customers/{id}/reports"), Some(&json!({ "edits": edits }))).await?;
    context.out.one(&begun, || words::REPORT_BEGUN.with(&[&text(&begun, "id")]));
    Ok(())
}

/// What has to be known for writing a report.
pub async fn sheet(context: &Context, Sheet { id, call, take }: Sheet) -> Result<(), Troubles> {
    let taking = json!({ "take": take });
    let sheet = match (call, id) {
        (Some(call), _) => ask(context, "POST", &format!("/calls/{call}/report"), Some(&taking)).await?,
        (None, Some(id)) if take => {
            ask(context, "POST", &format!("/reports/{}/open", escaped(&id)), Some(&taking)).await?
        }
        (None, id) => {
            let id = escaped(&id.unwrap_or_default());
            ask(context, "GET", &format!("/reports/{id}/sheet"), None).await?
        }
    };
    context.out.one(&sheet, || serde_json::to_string_pretty(&sheet).unwrap_or_default());
    Ok(())
}

/// Changes fields of a draft; whoever goes on with it need not wait for us.
pub async fn edit(context: &Context, Edit { id, fields, unheard, faq, take }: Edit) -> Result<(), Troubles> {
    let edits = edits(&fields, &unheard)?;
    let route = format!("/reports/{}", escaped(&id));
    if take {
        ask(context, "POST", &format!("{route}/lock"), Some(&json!({ "take": true }))).await?;
    }
    let change = async {
        let mut progress = Value::Null;
        if !edits.is_empty() {
            progress = ask(context, "PATCH", &route, Some(&json!({ "edits": edits }))).await?;
        }
        if let Some(entry) = faq {
            progress = ask(context, "POST", &format!("{route}/faq"), Some(&json!({ "entry": entry }))).await?;
        }
        Ok(progress)
    };
    let progress = then_free(context, &route, change).await?;
    context.out.one(&progress, || {
        let saved = words::REPORT_SAVED.with(&[&id]);
        let missing = list(&progress, "missing");
        if missing.is_empty() {
            return saved;
        }
        let lacks = missing.iter().map(|one| text(one, "key")).collect::<Vec<_>>().join(", ");
        format!("{saved}\n{}", words::REPORT_LACKS.with(&[&clean(&lacks)]))
    });
    Ok(())
}

/// Does something with a draft and lets it go, also when that was refused: others need not wait until our lock runs out.
async fn then_free(
    context: &Context,
    route: &str,
    change: impl Future<Output = Result<Value, Troubles>>,
) -> Result<Value, Troubles> {
    let changed = change.await;
    let freed = ask(context, "DELETE", &format!("{route}/lock"), None).await;
    let changed = changed?;
    freed?;
    Ok(changed)
}

/// Who would get a draft, and how it would look.
pub async fn preview(context: &Context, id: &str) -> Result<(), Troubles> {
    let preview = ask(context, "GET", &format!("/reports/{}/preview", escaped(id)), None).await?;
    context.out.one(&preview, || looks(&preview));
    Ok(())
}

/// How a report looks to each who gets it.
pub fn looks(preview: &Value) -> String {
    let head = [
        (words::RECIPIENT, "/label", Is::Plain),
        (words::CHANNEL, "/channel", Is::Plain),
        (words::WHY, "/why", Is::Plain),
        (words::SUBJECT, "/subject", Is::Plain),
    ];
    let look = |one: &Value| format!("{}\n\n{}\n", rows::one(one, &head), lines(text(one, "text")));
    let policy = rows::one(preview, &[(words::POLICY, "/policy", Is::Plain)]);
    let looks = list(preview, "recipients").iter().map(look);
    std::iter::once(policy + "\n").chain(looks).collect::<Vec<_>>().join("\n")
}

/// A text of several lines, without characters that move the cursor (R20).
fn lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// Lets a draft go.
pub async fn unlock(context: &Context, id: &str, take: bool) -> Result<(), Troubles> {
    let route = format!("/reports/{}/lock", escaped(id));
    if take {
        ask(context, "POST", &route, Some(&json!({ "take": true }))).await?;
    }
    ask(context, "DELETE", &route, None).await?;
    context.out.one(&json!({ "report": id, "free": true }), || words::REPORT_FREE.with(&[&id]));
    Ok(())
}

/// Begins a draft that corrects a report.
pub async fn correct(context: &Context, id: &str, set: &[String]) -> Result<(), Troubles> {
    let edits = edits(set, &[])?;
    let mut draft = ask(context, "POST", &format!("/reports/{}/correct", escaped(id)), None).await?;
    let route = format!("/reports/{}", text(&draft, "id"));
    let change = async {
        match edits.is_empty() {
            true => Ok(Value::Null),
            false => ask(context, "PATCH", &route, Some(&json!({ "edits": edits }))).await,
        }
    };
    then_free(context, &route, change).await?;
    if !edits.is_empty() {
        draft = ask(context, "GET", &route, None).await?;
    }
    context.out.one(&draft, || words::REPORT_BEGUN.with(&[&text(&draft, "id")]));
    Ok(())
}

/// The text that went out, and who did what to it.
pub async fn written(context: &Context, id: &str) -> Result<(), Troubles> {
    let written = ask(context, "GET", &format!("/reports/{}/written", escaped(id)), None).await?;
    context.out.one(&written, || {
        let audit = [
            (words::AT, "/at_ms", Is::Time),
            (words::BY_WHOM, "/who", Is::Plain),
            (words::DONE_WHAT, "/what", Is::Plain),
            (words::DONE_TO, "/about", Is::Plain),
            (words::DETAIL, "/detail", Is::Line),
        ];
        let subject = clean(text(&written, "subject"));
        format!("{subject}\n\n{}\n\n{}", lines(text(&written, "text")), rows::text(list(&written, "audit"), &audit))
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f10_a_field_is_said_blank_or_could_not_be_heard() {
        let set = ["business=見積=2件".to_owned(), "company=".to_owned()];
        let wanted = [
            json!({ "key": "business", "value": { "said": "見積=2件" } }),
            json!({ "key": "company", "value": null }),
            json!({ "key": "name", "value": "unheard" }),
        ];
        assert_eq!(edits(&set, &["name".to_owned()]).unwrap(), wanted);
        let odd = edits(&["=x".to_owned()], &[]).unwrap_err();
        assert!(odd.exit == Exit::Usage && odd.place == "--set", "{odd:?}");
    }
}
