//! `Digest name=value, name="value"`: the grammar that challenges and credentials share (RFC 7235 section 2.1).

use std::borrow::Cow;

/// The fields of one header's value.
pub(super) struct Fields<'a> {
    fields: Vec<(&'a str, Cow<'a, str>)>,
}

/// More fields than any header has; a header with more is malformed.
const FIELDS_MAX: usize = 32;

/// Why a value is no list of Digest's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldsError {
    /// Another scheme, such as Basic.
    Scheme,
    /// Not the grammar, or not UTF-8.
    Malformed,
}

impl<'a> Fields<'a> {
    pub fn parse(value: &'a [u8]) -> Result<Self, FieldsError> {
        let text = std::str::from_utf8(value).map_err(|_| FieldsError::Malformed)?.trim();
        let (scheme, mut rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if !scheme.eq_ignore_ascii_case("Digest") {
            return Err(FieldsError::Scheme);
        }
        let mut fields = Vec::new();
        loop {
            rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
            if rest.is_empty() {
                return Ok(Self { fields });
            }
            let (name, after) = rest.split_once('=').ok_or(FieldsError::Malformed)?;
            let (value, after) = read_value(after.trim_start()).ok_or(FieldsError::Malformed)?;
            // RFC 3261 section 25.1: a quoted string has none. They could not be printed again, and what is hashed must be
            // what is sent.
            if value.contains(char::is_control) {
                return Err(FieldsError::Malformed);
            }
            fields.push((name.trim(), value));
            if fields.len() > FIELDS_MAX {
                return Err(FieldsError::Malformed);
            }
            rest = after;
        }
    }

    /// The first field of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
    }

    /// The same, owned.
    pub fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
}

/// A token or a quoted string, and what follows it.
fn read_value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(inside) = text.strip_prefix('"') else {
        let end = text.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(text.len());
        let (value, after) = text.split_at_checked(end)?;
        return Some((Cow::Borrowed(value), after));
    };
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            '"' if !escaped => {
                let value = inside.get(..at)?;
                let plain = if value.contains('\\') { Cow::Owned(unescape(value)) } else { Cow::Borrowed(value) };
                return Some((plain, inside.get(at + 1..)?));
            }
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    plain
}

/// A list of fields being printed.
pub(super) struct Printer {
    text: String,
}

impl Printer {
    pub fn new() -> Self {
        Self { text: "Digest ".to_owned() }
    }

    /// `name="value"`, escaped; control characters are left out.
    pub fn quoted(mut self, name: &str, value: &str) -> Self {
        let quoted = crate::message::quote(value);
        self.separate();
        self.text.push_str(name);
        self.text.push('=');
        self.text.push_str(&quoted);
        self
    }

    /// `name="value"`, if there is one.
    pub fn maybe_quoted(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.quoted(name, value),
            None => self,
        }
    }

    /// `name=token`, if there is one.
    pub fn maybe_token(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.separate();
            self.text.push_str(name);
            self.text.push('=');
            self.text.push_str(value);
        }
        self
    }

    pub fn finish(self) -> String {
        self.text
    }

    fn separate(&mut self) {
        if !self.text.ends_with(' ') {
            self.text.push_str(", ");
        }
    }
}
