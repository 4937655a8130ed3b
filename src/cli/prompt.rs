//! `denwaban prompt`: what callers hear, looked after in the running switch.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::api::{self, ask, escaped, list, number, text};
use super::files::into_file;
use crate::local::Question;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// What can be done with prompts.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// The house's prompts, or a firm's, with what is said where there is no recording
    #[command(after_help = "Examples:\n  denwaban prompt list\n  denwaban prompt list --client sakura-dental")]
    List {
        /// The firm's code
        #[arg(long)]
        client: Option<String>,
    },
    /// Take a WAV file (any usual rate and coding)
    #[command(after_help = "Examples:\n  denwaban prompt add hold-music music.wav\n  \
        denwaban prompt add announcement busy.wav --client sakura-dental")]
    Add {
        #[command(flatten)]
        named: Named,
        /// The file
        file: PathBuf,
    },
    /// Have words spoken, and keep them
    #[command(after_help = "Example:\n  denwaban prompt say message-taken '伝言を承りました。'")]
    Say {
        #[command(flatten)]
        named: Named,
        /// The words
        text: String,
    },
    /// Have words spoken into a file; nothing is kept
    #[command(after_help = "Example:\n  denwaban prompt hear 'ただいま電話が混み合っております。' busy.wav")]
    Hear {
        /// The words
        text: String,
        /// The new file; it must not exist
        file: PathBuf,
    },
    /// A prompt as a WAV file, as callers hear it
    #[command(after_help = "Example:\n  denwaban prompt export hold-music music.wav")]
    Export {
        #[command(flatten)]
        named: Named,
        /// The new file; it must not exist
        file: PathBuf,
    },
    /// Give a recording another name
    #[command(after_help = "Example:\n  denwaban prompt rename our-music old-music")]
    Rename {
        #[command(flatten)]
        named: Named,
        /// The new name
        to: String,
    },
    /// Remove a recording: what is spoken or built in is heard again
    #[command(after_help = "Example:\n  denwaban prompt remove hold-music")]
    Remove {
        #[command(flatten)]
        named: Named,
    },
}

/// Which prompt.
#[derive(Args, Debug)]
pub struct Named {
    /// Its name: hold-music, announcement
    name: String,
    /// The firm's code; without it: the house's
    #[arg(long)]
    client: Option<String>,
    /// What people call it
    #[arg(long, default_value = "")]
    label: String,
}

impl Named {
    /// Its name in the library.
    async fn whole(&self, context: &Context, name: &str) -> Result<String, Troubles> {
        Ok(match &self.client {
            Some(code) => format!("customer/{}/{name}", context.store().await?.customer_by_code(code).await?.id),
            None => name.to_owned(),
        })
    }
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    match verb {
        Verb::List { client } => {
            let query = match client {
                Some(code) => format!("?customer={}", context.store().await?.customer_by_code(&code).await?.id),
                None => String::new(),
            };
            let library = ask(context, "GET", &format!("/prompts{query}"), None).await?;
            let heads = [words::PROMPT, words::PROMPT_FROM, words::PROMPT_LENGTH, words::PROMPT_WORDS];
            context.out.list(list(&library, "prompts"), &heads, |row| {
                let from = [text(row, "source"), text(row, "origin")].into_iter().find(|word| !word.is_empty());
                let said = [text(row, "text"), text(row, "words"), text(row, "label")]
                    .into_iter()
                    .find(|said| !said.is_empty());
                let length = seconds(row);
                let cells = [text(row, "name"), from.unwrap_or_default(), &length, said.unwrap_or_default()];
                cells.map(str::to_owned).to_vec()
            });
        }
        Verb::Add { named, file } => {
            let bytes = std::fs::read(&file).map_err(|error| {
                Trouble::new(Exit::Data, file.display().to_string(), error.to_string(), words::NEW_FILE_REMEDY.text())
            })?;
            let name = named.whole(context, &named.name).await?;
            let route = format!("/prompts/{}?label={}", escaped(&name), escaped(&named.label));
            kept(context, &api::upload(context, "PUT", &route, "audio/wav", &bytes).await?);
        }
        Verb::Say { named, text } => {
            let name = named.whole(context, &named.name).await?;
            let route = format!("/prompts/{}/words", escaped(&name));
            kept(context, &ask(context, "PUT", &route, Some(&json!({ "text": text, "label": named.label }))).await?);
        }
        Verb::Hear { text, file } => {
            let body = json!({ "text": text }).to_string();
            let question = Question {
                method: "POST",
                route: "/speech",
                kind: "application/json",
                body: body.as_bytes(),
                operator: None,
            };
            saved(context, &file, &api::send(context, &question).await?.body)?;
        }
        Verb::Export { named, file } => {
            let route = format!("/prompts/{}", escaped(&named.whole(context, &named.name).await?));
            let question = Question { method: "GET", route: &route, ..Question::default() };
            saved(context, &file, &api::send(context, &question).await?.body)?;
        }
        Verb::Rename { named, to } => {
            let (name, to) = (named.whole(context, &named.name).await?, named.whole(context, &to).await?);
            let route = format!("/prompts/{}/name", escaped(&name));
            let row = ask(context, "PUT", &route, Some(&json!({ "name": to, "label": named.label }))).await?;
            context.out.one(&row, || words::PROMPT_RENAMED.with(&[&name, &to]));
        }
        Verb::Remove { named } => {
            let name = named.whole(context, &named.name).await?;
            ask(context, "DELETE", &format!("/prompts/{}", escaped(&name)), None).await?;
            context.out.one(&json!({ "removed": name }), || words::PROMPT_GONE.with(&[&name]));
        }
    }
    Ok(())
}

fn saved(context: &Context, file: &Path, sound: &[u8]) -> Result<(), Troubles> {
    into_file(file, sound)?;
    let told = json!({ "file": file, "bytes": sound.len() });
    context.out.one(&told, || words::FILE_WRITTEN.with(&[&file.display(), &sound.len()]));
    Ok(())
}

fn kept(context: &Context, row: &Value) {
    context.out.one(row, || words::PROMPT_KEPT.with(&[&text(row, "name"), &seconds(row)]));
}

fn seconds(row: &Value) -> String {
    number(row, "length_ms").map(|ms| format!("{}.{}", ms / 1000, ms % 1000 / 100)).unwrap_or_default()
}
