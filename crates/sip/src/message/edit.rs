//! Editing: whole header lines come and go, every other byte stays as it came.

use std::ops::Range;

use bytes::Bytes;

use super::parse::{self, StartLine};
use super::{Message, Name, builder, scan};

/// Changes to a message, applied by [`Editor::finish`]. Values are made harmless as [`super::MessageBuilder`] does.
#[derive(Clone, Debug)]
#[must_use = "finish() makes the message"]
pub struct Editor {
    message: Message,
    request_uri: Option<Vec<u8>>,
    lines: Vec<Line>,
    body: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
enum Line {
    /// A header as it came, with whatever unreadable lines follow it.
    Kept { name: Option<Name>, spelled: Range<usize>, value: Range<usize>, line: Range<usize> },
    /// A line of ours, its line end included.
    Written { name: Name, line: Vec<u8> },
}

impl Line {
    fn is(&self, wanted: Name) -> bool {
        match self {
            Self::Kept { name, .. } => *name == Some(wanted),
            Self::Written { name, .. } => *name == wanted,
        }
    }

    fn written(name: Name, value: &[u8]) -> Self {
        let mut line = Vec::with_capacity(name.as_str().len() + value.len() + 4);
        builder::push_line(&mut line, name, name.as_str().as_bytes(), value);
        Self::Written { name, line }
    }
}

impl Message {
    /// Begins to edit a copy of this message.
    pub fn edit(&self) -> Editor {
        let index = self.index();
        let end = index.headers_end as usize;
        let headers_start = index.headers_start as usize;
        let first = index.headers.first().map_or(end, |header| header.spelled.start as usize);
        let mut lines = Vec::with_capacity(index.headers.len() + 2);
        if headers_start < first {
            let nothing = headers_start..headers_start;
            lines.push(Line::Kept { name: None, spelled: nothing.clone(), value: nothing, line: headers_start..first });
        }
        let ends = index.headers.iter().skip(1).map(|next| next.spelled.start as usize).chain([end]);
        lines.extend(index.headers.iter().zip(ends).map(|(header, end)| Line::Kept {
            name: Some(header.name),
            spelled: header.spelled.range(),
            value: header.value.range(),
            line: header.spelled.start as usize..end,
        }));
        Editor { message: self.clone(), request_uri: None, lines, body: None }
    }
}

impl Message {
    /// This message with one header more: the last one, but for a Content-Length that ends the headers. One copy of the bytes,
    /// nothing is parsed again.
    pub fn with_header(&self, name: Name, value: impl AsRef<[u8]>) -> Self {
        let old = self.bytes();
        let mut index = self.index().clone();
        let last = index.headers.last().filter(|last| last.name == Name::ContentLength);
        let at = last.map_or(index.headers_end as usize, |last| last.spelled.start as usize);
        let mut bytes = Vec::with_capacity(old.len() + value.as_ref().len() + name.as_str().len() + 4);
        bytes.extend_from_slice(scan::part(old, 0..at));
        let header = builder::push_line(&mut bytes, name, name.as_str().as_bytes(), value.as_ref());
        let grown = bytes.len() - at;
        bytes.extend_from_slice(scan::part(old, at..old.len()));
        let moved = |span: scan::Span| scan::Span::new(span.range().start + grown, span.range().end + grown);
        let place = if last.is_some() { index.headers.len() - 1 } else { index.headers.len() };
        for later in index.headers.iter_mut().skip(place) {
            (later.spelled, later.value) = (moved(later.spelled), moved(later.value));
        }
        index.headers.insert(place, header);
        let end = index.headers_end as usize + grown;
        index.headers_end = scan::Span::new(end, end).start;
        index.body = moved(index.body);
        Self::from_parts(Bytes::from(bytes), index)
    }
}

impl Editor {
    /// Puts a header before all others.
    pub fn prepend(mut self, name: Name, value: impl AsRef<[u8]>) -> Self {
        self.lines.insert(0, Line::written(name, value.as_ref()));
        self
    }

    /// Puts a header after all others.
    pub fn append(mut self, name: Name, value: impl AsRef<[u8]>) -> Self {
        self.lines.push(Line::written(name, value.as_ref()));
        self
    }

    /// Puts this header where the first of its name stands, and removes the others of it; appends if there is none.
    pub fn replace(mut self, name: Name, value: impl AsRef<[u8]>) -> Self {
        let Some(place) = self.lines.iter().position(|line| line.is(name)) else { return self.append(name, value) };
        let mut at = 0;
        self.lines.retain(|line| {
            at += 1;
            at == place + 1 || !line.is(name)
        });
        if let Some(line) = self.lines.get_mut(place) {
            *line = Line::written(name, value.as_ref());
        }
        self
    }

    /// Removes every header of this name.
    pub fn remove(mut self, name: Name) -> Self {
        self.lines.retain(|line| name == Name::Other || !line.is(name));
        self
    }

    /// Removes every header of a name that [`Name`] does not know, in any case.
    pub fn remove_other(mut self, wanted: &str) -> Self {
        let bytes = self.message.bytes().clone();
        self.lines.retain(|line| match line {
            Line::Kept { spelled, .. } => !scan::part(&bytes, spelled.clone()).eq_ignore_ascii_case(wanted.as_bytes()),
            Line::Written { .. } => true,
        });
        self
    }

    /// Puts `value` in the place of the first value of a header that is a list (the topmost Via), keeping the others
    /// on its line; `None` removes it, and the line with it if it was the only one. Without such a header nothing
    /// happens.
    pub fn first_value(mut self, name: Name, value: Option<&[u8]>) -> Self {
        let bytes = self.message.bytes().clone();
        let Some(place) = self.lines.iter().position(|line| line.is(name)) else { return self };
        let old = match self.lines.get(place) {
            Some(Line::Kept { value, .. }) => scan::part(&bytes, value.clone()).to_vec(),
            Some(Line::Written { line, .. }) => {
                let colon = memchr::memchr(b':', line).map_or(0, |colon| colon + 1);
                scan::trimmed(scan::part(line, colon..line.len())).to_vec()
            }
            None => return self,
        };
        let rest = scan::Commas::new(&old).nth(1).map(|second| scan::part(&old, second.start..old.len()));
        let joined = match (value, rest) {
            (Some(value), Some(rest)) => [value, b", ", rest].concat(),
            (Some(value), None) => value.to_vec(),
            (None, Some(rest)) => rest.to_vec(),
            (None, None) => {
                self.lines.remove(place);
                return self;
            }
        };
        if let Some(line) = self.lines.get_mut(place) {
            *line = Line::written(name, &scan::unfold(&joined));
        }
        self
    }

    /// Changes a request's URI; a response has none.
    pub fn request_uri(mut self, uri: impl AsRef<[u8]>) -> Self {
        self.request_uri = Some(uri.as_ref().to_vec());
        self
    }

    /// Changes the body, its Content-Type and its Content-Length; an empty body has no type.
    pub fn body(mut self, content_type: &str, body: &[u8]) -> Self {
        self.body = Some(body.to_vec());
        let edited = if body.is_empty() {
            self.remove(Name::ContentType)
        } else {
            self.replace(Name::ContentType, content_type)
        };
        edited.replace(Name::ContentLength, body.len().to_string())
    }

    /// The edited message.
    pub fn finish(self) -> Message {
        let old = self.message.bytes();
        let index = self.message.index();
        let mut bytes = Vec::with_capacity(old.len() + 256);
        match (&index.start, &self.request_uri) {
            (StartLine::Request { uri, .. }, Some(new)) => {
                bytes.extend_from_slice(scan::part(old, 0..uri.start as usize));
                builder::push_uri(&mut bytes, new);
                bytes.extend_from_slice(scan::part(old, uri.end as usize..index.headers_start as usize));
            }
            (StartLine::Request { .. } | StartLine::Response { .. }, _) => {
                bytes.extend_from_slice(scan::part(old, 0..index.headers_start as usize));
            }
        }
        for line in &self.lines {
            match line {
                Line::Kept { line, .. } => bytes.extend_from_slice(scan::part(old, line.clone())),
                Line::Written { line, .. } => bytes.extend_from_slice(line),
            }
            if bytes.last() != Some(&b'\n') {
                bytes.extend_from_slice(b"\r\n");
            }
        }
        match &self.body {
            None => bytes.extend_from_slice(scan::part(old, index.headers_end as usize..old.len())),
            Some(body) => {
                bytes.extend_from_slice(b"\r\n");
                bytes.extend_from_slice(body);
            }
        }
        let bytes = Bytes::from(bytes);
        // The start line is the old one but for the URI, so that this always parses.
        let parsed = parse::index_any_length(&bytes).map(|index| Message::from_parts(bytes, index));
        parsed.unwrap_or(self.message)
    }
}
