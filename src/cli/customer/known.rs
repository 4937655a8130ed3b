//! `denwaban client person`, `schedule`, `note` and `manual`: what operators have to know about a firm.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::Context;
use super::super::api::{ask, number, text};
use super::super::call::{moment, time};
use super::super::output::clean;
use super::super::report::customer;
use super::super::rows::{self, Is};
use super::read;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Arguments of `client person`.
#[derive(clap::Args, Debug)]
pub struct Person {
    /// The firm's code
    code: String,
    /// Add somebody of this id at the end of the roster, or change who has it
    #[arg(long, value_name = "ID", requires = "name")]
    add: Option<String>,
    /// Name: family name, space, given name
    #[arg(long, requires = "add")]
    name: Option<String>,
    /// The same in kana
    #[arg(long, requires = "add")]
    kana: Option<String>,
    /// What they are: 院長
    #[arg(long, requires = "add")]
    title: Option<String>,
    /// At the top of the roster
    #[arg(long, requires = "add")]
    top: bool,
    /// Take this one off the roster
    #[arg(long, value_name = "ID", conflicts_with = "add")]
    remove: Option<String>,
}

/// Arguments of `client schedule`.
#[derive(clap::Args, Debug)]
pub struct Schedule {
    /// The firm's code
    code: String,
    /// Who is away, by id
    #[arg(long, value_name = "ID", requires_all = ["away", "from", "until"])]
    person: Option<String>,
    /// out, meeting, visitor, trip, break, off or all_day
    #[arg(long, requires = "person")]
    away: Option<String>,
    /// From then on (2026-11-21T13:00)
    #[arg(long, value_name = "TIME", requires = "person")]
    from: Option<String>,
    /// Until then
    #[arg(long, value_name = "TIME", requires = "person")]
    until: Option<String>,
    /// Where, or why
    #[arg(long, requires = "person")]
    note: Option<String>,
    /// In place of this entry
    #[arg(long, value_name = "ENTRY", requires = "person")]
    edit: Option<i64>,
    /// Save nothing: only tell what operators would say
    #[arg(long, requires = "person", conflicts_with_all = ["edit", "note"])]
    dry_run: bool,
    /// Remove this entry
    #[arg(long, value_name = "ENTRY", conflicts_with = "person")]
    remove: Option<i64>,
}

/// Arguments of `client note`.
#[derive(clap::Args, Debug)]
pub struct Note {
    /// The firm's code
    code: String,
    /// A new note
    #[arg(long, value_name = "TEXT")]
    add: Option<String>,
    /// It holds from then on; else from now on
    #[arg(long, value_name = "TIME", requires = "add")]
    from: Option<String>,
    /// It holds until then; else until it is ended
    #[arg(long, value_name = "TIME", requires = "add")]
    until: Option<String>,
    /// Only for calls from this number; may be given several times
    #[arg(long, value_name = "NUMBER", requires = "add")]
    caller: Vec<String>,
    /// Only for callers of this name or company; may be given several times
    #[arg(long, requires = "add")]
    name: Vec<String>,
    /// Only for callers who ask for this person, by id; may be given several times
    #[arg(long, value_name = "ID", requires = "add")]
    about_person: Vec<String>,
    /// Only for calls of this kind; may be given several times
    #[arg(long, value_name = "KIND", requires = "add")]
    about_kind: Vec<String>,
    /// In place of this note
    #[arg(long, value_name = "NOTE", requires = "add")]
    edit: Option<i64>,
    /// End this note
    #[arg(long, value_name = "NOTE", conflicts_with = "add")]
    end: Option<i64>,
}

/// Arguments of `client manual`.
#[derive(clap::Args, Debug)]
pub struct Manual {
    /// The firm's code
    code: String,
    /// A new version out of this file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// What is new in it, in a line
    #[arg(long, requires = "write")]
    changes: Option<String>,
    /// It holds from then on; else from now on
    #[arg(long, value_name = "TIME", requires = "write")]
    from: Option<String>,
    /// Who has acknowledged which version, the newest first
    #[arg(long, conflicts_with = "write")]
    readers: bool,
}

/// Shows the roster, or changes it.
pub async fn person(context: &Context, arguments: Person) -> Result<(), Troubles> {
    let Person { code, add, name, kana, title, top, remove } = arguments;
    let route = format!("/customers/{}/people", customer(context, &code).await?);
    let known = ask(context, "GET", &route, None).await?;
    let known = known.as_array().cloned().unwrap_or_default();
    if add.is_none() && remove.is_none() {
        let columns = [words::PERSON_ID, words::NAME, words::KANA, words::TITLE, words::TODAY];
        context.out.list(&known, &columns, |person| {
            let today = person.get("today").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            let mut cells: Vec<_> = ["id", "name", "kana", "title"].map(|key| text(person, key).to_owned()).into();
            cells.push(today.collect::<Vec<_>>().join(", "));
            cells
        });
        return Ok(());
    }
    let mut people: Vec<Value> = known.iter().map(plain).collect();
    let id = add.clone().or(remove.clone()).unwrap_or_default();
    let place = people.iter().position(|person| text(person, "id") == id);
    if remove.is_some() {
        let gone = place.map(|place| people.remove(place));
        gone.ok_or_else(|| {
            Trouble::new(Exit::Missing, "--remove", words::NO_SUCH_PERSON.with(&[&id]), words::MISSING_REMEDY.text())
        })?;
    } else {
        let new = json!({
            "id": id, "name": name.unwrap_or_default(), "kana": kana.unwrap_or_default(), "title": title.unwrap_or_default(),
        });
        let old = place.map(|place| people.remove(place));
        let end = if old.is_some() { place.unwrap_or_default() } else { people.len() };
        people.insert(if top { 0 } else { end }, new);
    }
    let saved = ask(context, "PUT", &route, Some(&json!({ "people": people }))).await?;
    let said = if remove.is_some() { words::PERSON_GONE } else { words::PERSON_KNOWN };
    context.out.one(&saved, || said.with(&[&id]));
    Ok(())
}

/// A person without the day.
fn plain(person: &Value) -> Value {
    let of = |key: &str| text(person, key);
    json!({ "id": of("id"), "name": of("name"), "kana": of("kana"), "title": of("title") })
}

/// Shows where people are, or says that somebody is away.
pub async fn schedule(context: &Context, arguments: Schedule) -> Result<(), Troubles> {
    let Schedule { code, person, away, from, until, note, edit, dry_run, remove } = arguments;
    let route = format!("/customers/{}/schedules", customer(context, &code).await?);
    if let Some(entry) = remove {
        ask(context, "DELETE", &format!("{route}/{entry}"), None).await?;
        context.out.one(&json!({ "removed": entry }), || words::ENTRY_REMOVED.with(&[&entry]));
        return Ok(());
    }
    let entries = match (person, from, until) {
        (Some(person), Some(from), Some(until)) => {
            let (from_ms, until_ms) = (moment("--from", &from)?, moment("--until", &until)?);
            if dry_run {
                let body = json!({ "person": person, "away": away, "from_ms": from_ms, "until_ms": until_ms });
                return sentence(context, &format!("{route}/sentence"), &body).await;
            }
            let body = json!({
                "id": edit.unwrap_or_default(), "person": person, "away": away, "note": note.unwrap_or_default(),
                "from_ms": from_ms, "until_ms": until_ms,
            });
            vec![ask(context, "POST", &route, Some(&body)).await?]
        }
        (_, _, _) => ask(context, "GET", &route, None).await?.as_array().cloned().unwrap_or_default(),
    };
    let columns = [words::ID, words::NAME, words::FROM_TIME, words::UNTIL, words::AWAY, words::NOTE];
    context.out.list(&entries, &columns, |entry| {
        vec![
            number(entry, "id").unwrap_or_default().to_string(),
            text(entry, "person").to_owned(),
            at(entry, "from_ms"),
            at(entry, "until_ms"),
            text(entry, "away").to_owned(),
            text(entry, "note").to_owned(),
        ]
    });
    Ok(())
}

/// What operators would say of somebody.
async fn sentence(context: &Context, route: &str, body: &Value) -> Result<(), Troubles> {
    let thought = ask(context, "POST", route, Some(body)).await?;
    context.out.one(&thought, || {
        let said = |key: &str| thought.pointer(&format!("/said/{key}")).and_then(Value::as_str).unwrap_or_default();
        match said("sentence") {
            "" => words::BACK_BY_NOW.text().to_owned(),
            sentence => format!("{}\n{}", clean(sentence), clean(said("promise"))),
        }
    });
    Ok(())
}

fn at(from: &Value, key: &str) -> String {
    number(from, key).map(time).unwrap_or_default()
}

/// Shows a firm's notes, adds one, or ends one.
pub async fn note(context: &Context, arguments: Note) -> Result<(), Troubles> {
    let Note { code, add, from, until, caller, name, about_person, about_kind, edit, end } = arguments;
    let route = format!("/customers/{}/notes", customer(context, &code).await?);
    if let Some(note) = end {
        ask(context, "DELETE", &format!("{route}/{note}"), None).await?;
        context.out.one(&json!({ "ended": note }), || words::NOTE_ENDED.with(&[&note]));
        return Ok(());
    }
    let notes = match add {
        Some(words) => {
            let time = |option, given: Option<String>| given.map(|text| moment(option, &text)).transpose();
            let body = json!({
                "id": edit.unwrap_or_default(), "text": words, "from_ms": time("--from", from)?, "until_ms": time("--until", until)?,
                "about": { "callers": caller, "names": name, "people": about_person, "kinds": about_kind },
            });
            vec![ask(context, "POST", &route, Some(&body)).await?]
        }
        None => ask(context, "GET", &route, None).await?.as_array().cloned().unwrap_or_default(),
    };
    context.out.list(&notes, &[words::ID, words::FROM_TIME, words::UNTIL, words::NOTE], |note| {
        vec![
            number(note, "id").unwrap_or_default().to_string(),
            at(note, "from_ms"),
            at(note, "until_ms"),
            text(note, "text").to_owned(),
        ]
    });
    Ok(())
}

/// Shows the versions of a firm's manual, or writes a new one.
pub async fn manual(context: &Context, arguments: Manual) -> Result<(), Troubles> {
    let Manual { code, write, changes, from, readers } = arguments;
    let route = format!("/customers/{}/manuals", customer(context, &code).await?);
    if readers {
        let readers = ask(context, "GET", &format!("{route}/readers"), None).await?;
        let columns = [
            (words::VERSION, "/version", Is::Plain),
            (words::OPERATOR, "/name", Is::Plain),
            (words::AT, "/at_ms", Is::Time),
        ];
        rows::list(context, readers.as_array().map_or(&[], Vec::as_slice), &columns);
        return Ok(());
    }
    let Some(file) = write else {
        let versions = ask(context, "GET", &route, None).await?.as_array().cloned().unwrap_or_default();
        context.out.list(&versions, &[words::VERSION, words::FROM_TIME, words::CHANGES, words::MANUAL], |version| {
            vec![
                number(version, "version").unwrap_or_default().to_string(),
                at(version, "from_ms"),
                text(version, "changes").to_owned(),
                text(version, "text").lines().next().unwrap_or_default().to_owned(),
            ]
        });
        return Ok(());
    };
    let body = json!({
        "text": String::from_utf8_lossy(&read(&file)?),
        "changes": changes.unwrap_or_default(),
        "from_ms": from.map(|text| moment("--from", &text)).transpose()?,
    });
    let written = ask(context, "POST", &route, Some(&body)).await?;
    let version = number(&written, "version").unwrap_or_default();
    context.out.one(&written, || words::MANUAL_WRITTEN.with(&[&version, &at(&written, "from_ms")]));
    Ok(())
}
