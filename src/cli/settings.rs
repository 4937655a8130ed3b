//! `denwaban settings`: what holds for the whole house.

use clap::Subcommand;
use serde_json::{Map, Value};
use switch::Settings;

use super::Context;
use crate::clock;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// What can be done with settings.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// All of them, or one
    #[command(after_help = "Examples:\n  denwaban settings get\n  denwaban settings get feature_codes.hold")]
    Get {
        /// Its name, with those above it before a dot
        name: Option<String>,
    },
    /// Set one; calls in progress go on with those they began with
    #[command(
        after_help = "Examples:\n  denwaban settings set open_reports_max 3\n  denwaban settings set open_reports_max null\n  \
        denwaban settings set hold_music our-music"
    )]
    Set {
        /// Its name, with those above it before a dot
        name: String,
        /// JSON, or plain text
        value: String,
    },
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    let mut all = whole(&store.settings().await?)?;
    match verb {
        Verb::Get { name } => {
            let shown = match &name {
                Some(name) => place(&mut all, name).ok_or_else(|| unknown(name))?.clone(),
                None => all,
            };
            context.out.one(&shown, || text(&shown));
        }
        Verb::Set { name, value } => {
            let slot = place(&mut all, &name).ok_or_else(|| unknown(&name))?;
            // A text where a text was stays one: 0120 and *7 are no numbers.
            *slot = match serde_json::from_str(&value) {
                Ok(read) if !slot.is_string() => read,
                Ok(_) | Err(_) => Value::String(value),
            };
            let odd = |error: serde_json::Error| {
                Trouble::new(Exit::Data, name.clone(), error.to_string(), words::SETTING_ODD_REMEDY.text())
            };
            let settings: Settings = serde_json::from_value(all).map_err(odd)?;
            store.save_settings(&settings).await?;
            store.note(clock::unix_ms(), "command line", "settings.change", &name, "").await?;
            let mut saved = whole(&settings)?;
            let shown = place(&mut saved, &name).cloned().unwrap_or_default();
            context.out.one(&shown, || text(&shown));
        }
    }
    Ok(())
}

fn whole(settings: &Settings) -> Result<Value, Troubles> {
    serde_json::to_value(settings).map_err(|error| Trouble::new(Exit::Software, "", error.to_string(), "").into())
}

/// The value of this name: `feature_codes.hold`.
fn place<'a>(all: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    name.split('.')
        .try_fold(all, |inner, part| inner.as_object_mut().and_then(|object: &mut Map<_, _>| object.get_mut(part)))
}

fn unknown(name: &str) -> Trouble {
    Trouble::new(Exit::Usage, name, words::SETTING_UNKNOWN.with(&[&name]), words::SETTING_UNKNOWN_REMEDY.text())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) | Value::Array(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_named_by_their_path() {
        let mut all = serde_json::to_value(Settings::default()).unwrap();
        assert_eq!(place(&mut all, "feature_codes.hold").map(|value| value.is_string()), Some(true));
        assert_eq!(place(&mut all, "confirm_seconds").cloned(), Some(serde_json::json!(15)));
        for odd in ["", "feature_codes.", "hold", "confirm_seconds.x", "not_ready_reasons.0"] {
            assert!(place(&mut all, odd).is_none(), "{odd}");
        }
    }
}
