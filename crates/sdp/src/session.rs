//! A session description: reading and printing (RFC 8866).

use crate::Direction;
use std::fmt::{self, Write as _};

/// Longest description that is read, bytes.
pub const SDP_BYTES_MAX: usize = 16 * 1024;
/// Most `m=` lines.
pub const MEDIA_MAX: usize = 16;
/// Most `a=` lines, over the whole description.
pub const ATTRIBUTES_MAX: usize = 256;

/// What a description of one stream comes to, printed.
const PRINTED_BYTES: usize = 320;

/// Most formats kept of an `m=` line: there are no more payload types.
const FORMATS_MAX: usize = 128;

/// Why a text is no description. All are the peer's fault: 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdpError {
    /// More than [`SDP_BYTES_MAX`] bytes.
    TooLong,
    /// More than [`MEDIA_MAX`] media.
    TooManyMedia,
    /// More than [`ATTRIBUTES_MAX`] attributes.
    TooManyAttributes,
    /// It does not begin with `v=0`.
    Version,
    /// A line that cannot be read, counted from 1, empty lines included.
    Line(usize),
}

/// `o=`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// User name, `-` if none.
    pub username: String,
    /// Numeric by the RFC; kept as text, since some send more than 64 bits.
    pub session_id: String,
    /// As above.
    pub version: String,
    /// `IP4` or `IP6` as written.
    pub address_type: String,
    /// An address or a name.
    pub address: String,
}

/// `c=`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// `IP4` or `IP6` as written.
    pub address_type: String,
    /// An address or a name, with `/ttl` if there was one.
    pub address: String,
}

/// `a=`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Before the colon.
    pub name: String,
    /// After it.
    pub value: Option<String>,
}

impl Attribute {
    pub(crate) fn flag(name: &str) -> Self {
        Self { name: name.to_owned(), value: None }
    }

    pub(crate) fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: Some(value.into()) }
    }
}

/// `m=` and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// `audio`, `video`, …
    pub kind: String,
    /// 0: rejected or unused.
    pub port: u16,
    /// `RTP/AVP`, …
    pub protocol: String,
    /// Payload types, as written.
    pub formats: Vec<String>,
    /// Its own `c=`.
    pub connection: Option<Connection>,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
}

/// A session description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `o=`, absent in some careless devices.
    pub origin: Option<Origin>,
    /// `s=`
    pub name: String,
    /// `c=` of the session.
    pub connection: Option<Connection>,
    /// `t=` as written.
    pub time: String,
    /// Attributes of the session.
    pub attributes: Vec<Attribute>,
    /// The media, in order.
    pub media: Vec<Media>,
}

impl Session {
    /// Reads a description: lines may end in CRLF, LF or CR, letters that mean nothing to us are skipped, and text that
    /// is not UTF-8 is replaced. What a leg cannot do without (`v=`, `m=`, `c=`) must be right.
    pub fn parse(bytes: &[u8]) -> Result<Self, SdpError> {
        if bytes.len() > SDP_BYTES_MAX {
            return Err(SdpError::TooLong);
        }
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end_matches('\0');
        let mut lines = (1..).zip(text.split('\n').flat_map(|line| line.trim_end_matches('\r').split('\r')));
        if !lines.by_ref().map(|(_, line)| line).find(|line| !line.trim().is_empty()).is_some_and(is_version_0) {
            return Err(SdpError::Version);
        }
        let mut reader = Reader { session: Self::empty(), attributes: 0 };
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            reader.line(line).map_err(|fault| match fault {
                Fault::Line => SdpError::Line(number),
                Fault::TooManyMedia => SdpError::TooManyMedia,
                Fault::TooManyAttributes => SdpError::TooManyAttributes,
            })?;
        }
        Ok(reader.session)
    }

    fn empty() -> Self {
        Self {
            origin: None,
            name: String::new(),
            connection: None,
            time: "0 0".to_owned(),
            attributes: Vec::new(),
            media: Vec::new(),
        }
    }

    /// Its text, in the RFC's order, with CRLF.
    pub fn print(&self) -> String {
        let mut text = String::with_capacity(PRINTED_BYTES);
        let _ = write!(text, "{self}"); // a String takes everything
        text
    }

    /// The values of the session's own attributes of this name.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        values(&self.attributes, name)
    }

    /// The direction of one of its media: its own attribute, else that of the session, else both ways (RFC 8866 §6.7).
    pub fn direction(&self, media: &Media) -> Direction {
        let find = |attributes: &[Attribute]| attributes.iter().find_map(|a| Direction::from_name(&a.name));
        find(&media.attributes).or_else(|| find(&self.attributes)).unwrap_or_default()
    }
}

fn values<'a>(attributes: &'a [Attribute], name: &'a str) -> impl Iterator<Item = &'a str> {
    let named = attributes.iter().filter(move |attribute| attribute.name.eq_ignore_ascii_case(name));
    named.filter_map(|attribute| attribute.value.as_deref())
}

impl Media {
    /// The values of the attributes of this name.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        values(&self.attributes, name)
    }

    /// Whether there is an attribute of this name.
    pub fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// Whether it is an audio stream over RTP, plain or secure.
    pub fn is_audio(&self) -> bool {
        self.kind.eq_ignore_ascii_case("audio")
    }
}

fn is_version_0(line: &str) -> bool {
    line.strip_prefix("v=").is_some_and(|version| version.trim() == "0")
}

/// A session being read.
struct Reader {
    session: Session,
    attributes: usize,
}

enum Fault {
    Line,
    TooManyMedia,
    TooManyAttributes,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), Fault> {
        let mut letters = line.chars();
        let (Some(letter), Some('='), value) = (letters.next(), letters.next(), letters.as_str()) else {
            return Err(Fault::Line);
        };
        match letter {
            'a' => self.attribute(value),
            'c' => self.connection(value),
            'm' => self.media(value),
            'o' if self.session.media.is_empty() => {
                self.session.origin = Origin::read(value);
                Ok(())
            }
            's' if self.session.media.is_empty() => {
                self.session.name = value.trim().to_owned();
                Ok(())
            }
            't' if self.session.media.is_empty() => {
                self.session.time = value.trim().to_owned();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn attribute(&mut self, value: &str) -> Result<(), Fault> {
        self.attributes += 1;
        if self.attributes > ATTRIBUTES_MAX {
            return Err(Fault::TooManyAttributes);
        }
        let attribute = match value.split_once(':') {
            Some((name, value)) => Attribute { name: name.trim().to_owned(), value: Some(value.trim().to_owned()) },
            None => Attribute { name: value.trim().to_owned(), value: None },
        };
        match self.session.media.last_mut() {
            Some(media) => media.attributes.push(attribute),
            None => self.session.attributes.push(attribute),
        }
        Ok(())
    }

    fn connection(&mut self, value: &str) -> Result<(), Fault> {
        let connection = Connection::read(value).ok_or(Fault::Line)?;
        let place = match self.session.media.last_mut() {
            Some(media) => &mut media.connection,
            None => &mut self.session.connection,
        };
        // Several are layers of multicast (RFC 8866 §5.7): nothing for a telephone, so the first stands.
        place.get_or_insert(connection);
        Ok(())
    }

    fn media(&mut self, value: &str) -> Result<(), Fault> {
        if self.session.media.len() >= MEDIA_MAX {
            return Err(Fault::TooManyMedia);
        }
        self.session.media.reserve_exact(1); // telephones offer one
        self.session.media.push(Media::read(value).ok_or(Fault::Line)?);
        Ok(())
    }
}

impl Origin {
    fn read(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace().map(str::to_owned);
        let (username, session_id, version) = (words.next()?, words.next()?, words.next()?);
        let (_in, address_type, address) = (words.next()?, words.next()?, words.next()?);
        Some(Self { username, session_id, version, address_type, address })
    }
}

impl Connection {
    fn read(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let (net, address_type, address) = (words.next()?, words.next()?, words.next()?);
        net.eq_ignore_ascii_case("IN")
            .then(|| Self { address_type: address_type.to_owned(), address: address.to_owned() })
    }
}

impl Media {
    fn read(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let (kind, port, protocol) = (words.next()?, words.next()?, words.next()?);
        let port = port.split_once('/').map_or(port, |(first, _count)| first);
        Some(Self {
            kind: kind.to_owned(),
            port: port.parse().ok()?,
            protocol: protocol.to_owned(),
            formats: words.take(FORMATS_MAX).map(str::to_owned).collect(),
            connection: None,
            attributes: Vec::new(),
        })
    }
}

impl fmt::Display for Session {
    /// Prints in the RFC's order, with CRLF.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v=0\r\n")?;
        match &self.origin {
            Some(origin) => {
                let Origin { username, session_id, version, address_type, address } = origin;
                write!(f, "o={username} {session_id} {version} IN {address_type} {address}\r\n")?;
            }
            None => write!(f, "o=- 0 0 IN IP4 0.0.0.0\r\n")?,
        }
        write!(f, "s={}\r\n", if self.name.is_empty() { "-" } else { &self.name })?;
        print_connection(f, self.connection.as_ref())?;
        write!(f, "t={}\r\n", self.time)?;
        print_attributes(f, &self.attributes)?;
        for media in &self.media {
            write!(f, "m={} {} {}", media.kind, media.port, media.protocol)?;
            for format in &media.formats {
                write!(f, " {format}")?;
            }
            write!(f, "\r\n")?;
            print_connection(f, media.connection.as_ref())?;
            print_attributes(f, &media.attributes)?;
        }
        Ok(())
    }
}

fn print_connection(f: &mut fmt::Formatter<'_>, connection: Option<&Connection>) -> fmt::Result {
    match connection {
        Some(Connection { address_type, address }) => write!(f, "c=IN {address_type} {address}\r\n"),
        None => Ok(()),
    }
}

fn print_attributes(f: &mut fmt::Formatter<'_>, attributes: &[Attribute]) -> fmt::Result {
    attributes.iter().try_for_each(|attribute| match &attribute.value {
        Some(value) => write!(f, "a={}:{value}\r\n", attribute.name),
        None => write!(f, "a={}\r\n", attribute.name),
    })
}

impl fmt::Display for SdpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the description is longer than {SDP_BYTES_MAX} bytes"),
            Self::TooManyMedia => write!(f, "more than {MEDIA_MAX} media"),
            Self::TooManyAttributes => write!(f, "more than {ATTRIBUTES_MAX} attributes"),
            Self::Version => write!(f, "it does not begin with v=0"),
            Self::Line(number) => write!(f, "line {number} cannot be read"),
        }
    }
}

impl std::error::Error for SdpError {}

#[cfg(test)]
mod tests;
