//! Reading `denwaban.toml` and the environment over it. Every mistake is found in one go, each with its line.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::DeTable;
use toml::{Table, Value};

use super::mistake::did_you_mean;
use super::{Config, Mistake, validate};
use crate::words;

/// Environment variables of ours begin with this: `DENWABAN_SIP_REALM` is `sip.realm`.
const PREFIX: &str = "DENWABAN_";
/// Variables with this prefix that are no settings.
const NOT_SETTINGS: &[&str] = &["DENWABAN_CONFIG"];
/// Where the file is looked for when nobody names one.
pub const USUAL_PLACES: &[&str] = &["denwaban.toml", "/etc/denwaban/denwaban.toml"];

/// A usable configuration and what was odd about it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The file they came from, if there was one.
    pub file: Option<PathBuf>,
    /// Things that an administrator should see and that stop nothing.
    pub warnings: Vec<String>,
}

/// Where a setting was given: for mistakes found later.
#[derive(Default)]
pub(super) struct Places {
    file: Option<PathBuf>,
    lines: HashMap<String, usize>,
    variables: HashMap<String, String>,
}

impl Places {
    /// Whether anybody has written this setting.
    fn knows(&self, setting: &str) -> bool {
        self.lines.contains_key(setting) || self.variables.contains_key(setting)
    }

    /// A mistake at this setting.
    pub(super) fn mistake(&self, setting: &str, what: String, remedy: String) -> Mistake {
        if let Some(variable) = self.variables.get(setting) {
            return Mistake { file: None, line: None, setting: variable.clone(), what, remedy };
        }
        let line = self.lines.get(setting).copied();
        Mistake { file: self.file.clone(), line, setting: setting.to_owned(), what, remedy }
    }
}

/// Reads the named file, or the first usual place that exists, or takes the defaults; then the environment.
pub fn load(file: Option<&Path>) -> Result<Loaded, Vec<Mistake>> {
    let usual = || USUAL_PLACES.iter().map(PathBuf::from).find(|place| place.exists());
    let file = file.map(Path::to_owned).or_else(usual);
    let text = match &file {
        None => String::new(),
        Some(path) => std::fs::read_to_string(path).map_err(|error| {
            vec![Mistake {
                file: Some(path.clone()),
                line: None,
                setting: String::new(),
                what: words::CONFIG_UNREADABLE.with(&[&error]),
                remedy: words::CONFIG_UNREADABLE_REMEDY.text().to_owned(),
            }]
        })?,
    };
    read(file, &text, std::env::vars())
}

/// The same from a text and variables in hand.
pub fn read(
    file: Option<PathBuf>,
    text: &str,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, Vec<Mistake>> {
    let known = known_settings();
    let mut places = Places { file: file.clone(), ..Places::default() };
    let mut settings = read_file(text, &known, &mut places)?;
    let mut warnings = Vec::new();
    let mut mistakes = read_variables(variables, &known, &mut settings, &mut places, &mut warnings);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut config = Config::deserialize(settings)
        .map_err(|error| vec![places.mistake("", error.message().to_owned(), String::new())])?;
    config.sip.fill(|setting| places.knows(setting), &config.web.listen);
    mistakes.extend(validate::validate(&config, &places));
    if mistakes.is_empty() { Ok(Loaded { config, file, warnings }) } else { Err(mistakes) }
}

/// Every setting with its default, as tables of tables.
pub(super) fn known_settings() -> Table {
    Table::try_from(Config::default()).unwrap_or_default()
}

fn read_file(text: &str, known: &Table, places: &mut Places) -> Result<Table, Vec<Mistake>> {
    let line_of = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut mistakes: Vec<Mistake> = errors
        .iter()
        .map(|error| Mistake {
            file: places.file.clone(),
            line: error.span().map(|span| line_of(span.start)),
            setting: String::new(),
            what: words::SYNTAX.with(&[&error.message()]),
            remedy: words::SYNTAX_REMEDY.text().to_owned(),
        })
        .collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let settings: Table = toml::from_str(text)
        .map_err(|error| vec![places.mistake("", words::SYNTAX.with(&[&error.message()]), String::new())])?;
    for (table, content) in document.get_ref() {
        let table_name = table.get_ref().as_ref();
        places.lines.insert(table_name.to_owned(), line_of(table.span().start));
        let Some(known_table) = known.get(table_name).and_then(Value::as_table) else {
            mistakes.push(unknown_table(table_name, content.get_ref().as_table().is_some(), known, places));
            continue;
        };
        let Some(content) = content.get_ref().as_table() else {
            let remedy = format!("[{table_name}]");
            mistakes.push(places.mistake(table_name, words::NO_TABLE.text().to_owned(), remedy));
            continue;
        };
        for (key, _) in content {
            let name = key.get_ref().as_ref();
            places.lines.insert(format!("{table_name}.{name}"), line_of(key.span().start));
            let value = settings.get(table_name).and_then(|inner| inner.get(name));
            if let Some(value) = value {
                mistakes.extend(check(table_name, name, value, known_table, places));
            }
        }
    }
    // The document's tables come by name; people read from the top.
    mistakes.sort_by_key(|mistake| mistake.line);
    if mistakes.is_empty() { Ok(settings) } else { Err(mistakes) }
}

fn unknown_table(name: &str, is_table: bool, known: &Table, places: &Places) -> Mistake {
    let tables: Vec<&str> = known.keys().map(String::as_str).collect();
    if is_table {
        let what = words::UNKNOWN_TABLE.with(&[&name]);
        return places.mistake(name, what, suggestion(name, &tables, |table| format!("[{table}]")));
    }
    let home = known.iter().find(|(_, inner)| inner.as_table().is_some_and(|inner| inner.contains_key(name)));
    let remedy = home.map_or_else(
        || words::KNOWN_NAMES.with(&[&tables.join(", ")]),
        |(table, _)| words::DID_YOU_MEAN.with(&[&format!("[{table}] {name}")]),
    );
    places.mistake(name, words::NO_TABLE.text().to_owned(), remedy)
}

/// Whether this one setting exists and its value is of the right kind.
fn check(table: &str, name: &str, value: &Value, known: &Table, places: &Places) -> Option<Mistake> {
    let setting = format!("{table}.{name}");
    let Some(default) = known.get(name) else {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let remedy = suggestion(name, &names, |name| format!("`{name}`"));
        return Some(places.mistake(&setting, words::UNKNOWN_SETTING.text().to_owned(), remedy));
    };
    // Alone in its table, so that the complaint is about nothing else.
    let alone =
        Table::from_iter([(table.to_owned(), Value::Table(Table::from_iter([(name.to_owned(), value.clone())])))]);
    let error = Config::deserialize(alone).err()?;
    let what = words::WRONG_VALUE.with(&[&error.message().trim()]);
    Some(places.mistake(&setting, what, words::WRONG_VALUE_REMEDY.with(&[default])))
}

fn suggestion(name: &str, known: &[&str], show: impl Fn(&str) -> String) -> String {
    match did_you_mean(name, known.iter().copied()) {
        Some(meant) => words::DID_YOU_MEAN.with(&[&show(meant)]),
        None => words::KNOWN_NAMES.with(&[&known.join(", ")]),
    }
}

fn read_variables(
    variables: impl IntoIterator<Item = (String, String)>,
    known: &Table,
    settings: &mut Table,
    places: &mut Places,
    warnings: &mut Vec<String>,
) -> Vec<Mistake> {
    let by_variable: HashMap<String, (&str, &str, &Value)> = known
        .iter()
        .filter_map(|(table, inner)| Some((table, inner.as_table()?)))
        .flat_map(|(table, inner)| inner.iter().map(move |(name, default)| (table.as_str(), name.as_str(), default)))
        .map(|(table, name, default)| (variable_name(table, name), (table, name, default)))
        .collect();
    let mut mistakes = Vec::new();
    for (variable, text) in variables {
        if !variable.starts_with(PREFIX) || NOT_SETTINGS.contains(&variable.as_str()) {
            continue;
        }
        let Some((table, name, default)) = by_variable.get(&variable) else {
            let meant = did_you_mean(&variable, by_variable.keys().map(String::as_str));
            let hint = meant.map(|meant| format!(" ({})", words::DID_YOU_MEAN.with(&[&meant]))).unwrap_or_default();
            warnings.push(words::UNKNOWN_VARIABLE.with(&[&variable, &hint]));
            continue;
        };
        let value = value_of(&text, default);
        places.variables.insert(format!("{table}.{name}"), variable.clone());
        if let Some(known_table) = known.get(*table).and_then(Value::as_table) {
            mistakes.extend(check(table, name, &value, known_table, places));
        }
        let inner = settings.entry(*table).or_insert_with(|| Value::Table(Table::new()));
        if let Some(inner) = inner.as_table_mut() {
            inner.insert((*name).to_owned(), value);
        }
    }
    mistakes
}

fn variable_name(table: &str, name: &str) -> String {
    format!("{PREFIX}{}_{}", table.to_uppercase(), name.to_uppercase())
}

/// A variable's text as a value of the default's kind; lists are separated by commas.
fn value_of(text: &str, default: &Value) -> Value {
    let plain = || Value::String(text.to_owned());
    match default {
        Value::Integer(_) => text.trim().parse().map_or_else(|_| plain(), Value::Integer),
        Value::Float(_) => text.trim().parse().map_or_else(|_| plain(), Value::Float),
        Value::Boolean(_) => text.trim().parse().map_or_else(|_| plain(), Value::Boolean),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
        }
        Value::String(_) | Value::Datetime(_) | Value::Table(_) => plain(),
    }
}
