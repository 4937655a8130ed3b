//! SIP, SIPS and TEL URIs (RFC 3261 section 19.1, RFC 3966); every other scheme is kept as it is.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use super::scan::{self, Span};

/// A URI's scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:` (RFC 3966)
    Tel,
    /// Any other: only its raw bytes are known.
    Other,
}

/// A host: an address, or a name that nobody has resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A domain name, in its spelling.
    Name(String),
    /// An address; IPv6 without its brackets.
    Ip(IpAddr),
}

impl Host {
    /// Reads a host, IPv6 with or without brackets. `[2001:db8:::192.0.2.1]`, which RFC 5118 section 4.5 asks to
    /// tolerate, is read with two colons.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        if let Some(address) = parse_ip(text) {
            return Some(Self::Ip(address));
        }
        (!text.is_empty() && text.bytes().all(is_name_byte)).then(|| Self::Name(text.to_owned()))
    }

    /// The address, if it is one.
    pub const fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(address) => Some(*address),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// What a host's name consists of; the underscore is no domain's, but some phones' own.
const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

/// An address as text: IPv4, or IPv6 with or without brackets.
pub(super) fn parse_ip(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if bare.contains(':') {
        let address = bare.parse::<Ipv6Addr>().or_else(|_| bare.replacen(":::", "::", 1).parse());
        return address.ok().map(IpAddr::V6);
    }
    bare.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// Why bytes are no URI. The sender's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UriError {
    /// Nothing, or nothing that is a scheme, before a colon.
    Scheme,
    /// White space, a control character, a quote or an angle bracket.
    ForbiddenByte,
    /// No host, or one that is neither a name nor an address.
    Host,
    /// A port that is no number of 16 bits.
    Port,
    /// `sip:@host`, or a telephone number without a digit.
    User,
}

/// A URI: its bytes, and where its parts are. Parsing copies nothing.
#[derive(Clone)]
pub struct Uri {
    raw: Bytes,
    scheme: Scheme,
    user: Option<Span>,
    password: Option<Span>,
    host: Span,
    port: Option<u16>,
    params: Span,
    headers: Span,
}

impl Uri {
    /// Reads a URI from borrowed bytes, which are copied once.
    pub fn parse(bytes: &[u8]) -> Result<Self, UriError> {
        Self::from_bytes(Bytes::copy_from_slice(bytes))
    }

    /// Reads a URI out of shared bytes, which are not copied.
    pub fn from_bytes(raw: Bytes) -> Result<Self, UriError> {
        // A fold, not any(): without an early way out the compiler looks at many bytes at once.
        let forbidden = |byte: u8| byte <= b' ' || matches!(byte, 0x7F | b'<' | b'>' | b'"');
        if raw.iter().fold(false, |found, &byte| found | forbidden(byte)) {
            return Err(UriError::ForbiddenByte);
        }
        let colon = memchr::memchr(b':', &raw).ok_or(UriError::Scheme)?;
        let scheme = read_scheme(scan::part(&raw, 0..colon))?;
        let mut uri = Self {
            scheme,
            user: None,
            password: None,
            host: Span::default(),
            port: None,
            params: Span::default(),
            headers: Span::default(),
            raw,
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => uri.read_sip(colon + 1)?,
            Scheme::Tel => uri.read_tel(colon + 1)?,
            Scheme::Other => {}
        }
        Ok(uri)
    }

    /// `sip:user@host:port`. Whatever may not stand in a user part is escaped, and in a host is left out.
    pub fn sip(user: Option<&str>, host: &Host, port: Option<u16>) -> Self {
        let mut text = String::from("sip:");
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            escape_user(user, &mut text);
            text.push('@');
        }
        let host = match host {
            Host::Name(name) => legal_name(name),
            Host::Ip(_) => host.to_string(),
        };
        text.push_str(&host);
        if let Some(port) = port {
            text.push_str(&format!(":{port}"));
        }
        let host_start = text.len() - port.map_or(0, |port| format!(":{port}").len()) - host.len();
        let user_span = (host_start > 4).then(|| Span::new(4, host_start - 1));
        Self {
            raw: Bytes::from(text),
            scheme: Scheme::Sip,
            user: user_span,
            password: None,
            host: Span::new(host_start, host_start + host.len()),
            port,
            params: Span::default(),
            headers: Span::default(),
        }
    }

    /// The bytes as they came.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// What kind of URI this is.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// True for `sip:` and `sips:`.
    pub const fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// The user part, unescaped, as text (of a `tel:` its number). `None` when there is none.
    pub fn user(&self) -> Option<Cow<'_, str>> {
        Some(lossy(scan::unescape_percent(self.raw_user()?)))
    }

    /// The user part as it is written.
    pub fn raw_user(&self) -> Option<&[u8]> {
        self.user.map(|span| span.of(&self.raw))
    }

    /// The password, as it is written. Nobody should send one (RFC 3261 section 19.1.1).
    pub fn password(&self) -> Option<&[u8]> {
        self.password.map(|span| span.of(&self.raw))
    }

    /// The host of a `sip:` or `sips:` URI.
    pub fn host(&self) -> Option<Host> {
        Host::parse(self.host.of(&self.raw))
    }

    /// The host as it is written, IPv6 in brackets; empty for other schemes. Costs nothing.
    pub fn host_str(&self) -> &str {
        std::str::from_utf8(self.host.of(&self.raw)).unwrap_or_default()
    }

    /// The port, if written.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// A parameter's value, unescaped (`transport`, `user`, `lr`, `rn` ...); without a value, the empty text.
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        self.params().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Every parameter in its order, unescaped.
    pub fn params(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        pairs(self.params.of(&self.raw), b';')
    }

    /// The headers after `?`, unescaped, as in `Refer-To: <sip:bob@example.com?Replaces=...>`.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        pairs(self.headers.of(&self.raw), b'&')
    }

    /// One header after `?` by its name, unescaped.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// True if anything stands after `?`, which a Request-URI may not have (RFC 3261 section 19.1.1).
    pub const fn has_headers(&self) -> bool {
        self.headers.end > self.headers.start
    }

    /// This URI without what stands after `?`: what a REFER's target becomes when it is called.
    pub fn without_headers(&self) -> Self {
        if !self.has_headers() {
            return self.clone();
        }
        let end = (self.headers.start as usize).saturating_sub(1);
        Self { raw: scan::share(&self.raw, 0..end), headers: Span::default(), ..self.clone() }
    }

    fn read_sip(&mut self, start: usize) -> Result<(), UriError> {
        let raw = self.raw.clone();
        let rest = scan::part(&raw, start..raw.len());
        let mut host_start = start;
        if let Some(at) = memchr::memchr(b'@', rest) {
            let user_end = memchr::memchr(b':', scan::part(rest, 0..at)).unwrap_or(at);
            if user_end == 0 {
                return Err(UriError::User);
            }
            self.user = Some(Span::new(start, start + user_end));
            self.password = (user_end < at).then(|| Span::new(start + user_end + 1, start + at));
            host_start = start + at + 1;
        }
        let after = scan::part(&raw, host_start..raw.len());
        let address_end = host_start + memchr::memchr2(b';', b'?', after).unwrap_or(after.len());
        let (host, port) = read_host_port(scan::part(&raw, host_start..address_end))?;
        self.host = Span::new(host_start, host_start + host);
        self.port = port;
        let params_and_headers = scan::part(&raw, address_end..raw.len());
        let question = address_end + memchr::memchr(b'?', params_and_headers).unwrap_or(params_and_headers.len());
        self.params = Span::new((address_end + 1).min(question), question);
        self.headers = Span::new((question + 1).min(raw.len()), raw.len());
        Ok(())
    }

    fn read_tel(&mut self, start: usize) -> Result<(), UriError> {
        let rest = scan::part(&self.raw, start..self.raw.len());
        let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
        let is_number = |byte: &u8| byte.is_ascii_hexdigit() || b"+-.()*#".contains(byte);
        let number = scan::part(rest, 0..end);
        if number.is_empty() || !number.iter().all(is_number) {
            return Err(UriError::User);
        }
        self.user = Some(Span::new(start, start + end));
        self.params = Span::new((start + end + 1).min(self.raw.len()), self.raw.len());
        Ok(())
    }
}

fn read_scheme(scheme: &[u8]) -> Result<Scheme, UriError> {
    if !scheme.first().is_some_and(u8::is_ascii_alphabetic) {
        return Err(UriError::Scheme);
    }
    if !scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)) {
        return Err(UriError::Scheme);
    }
    let known = [(&b"sip"[..], Scheme::Sip), (b"sips", Scheme::Sips), (b"tel", Scheme::Tel)];
    let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme));
    Ok(found.map_or(Scheme::Other, |(_, scheme)| scheme))
}

/// Reads `host [":" port]`: the length of the host, and the port.
pub(super) fn read_host_port(address: &[u8]) -> Result<(usize, Option<u16>), UriError> {
    let host_length = match address.first() {
        None => return Err(UriError::Host),
        Some(b'[') => memchr::memchr(b']', address).ok_or(UriError::Host)? + 1,
        Some(_) => memchr::memchr(b':', address).unwrap_or(address.len()),
    };
    let host = scan::trimmed(scan::part(address, 0..host_length));
    if !is_host(host) {
        return Err(UriError::Host);
    }
    let port = match scan::trimmed(scan::part(address, host_length..address.len())) {
        [] => None,
        [b':', digits @ ..] => {
            let port = scan::number(scan::trimmed(digits)).and_then(|port| u16::try_from(port).ok());
            Some(port.ok_or(UriError::Port)?)
        }
        [_, ..] => return Err(UriError::Port),
    };
    Ok((host.len(), port))
}

fn is_host(host: &[u8]) -> bool {
    if host.first() == Some(&b'[') {
        return std::str::from_utf8(host).ok().and_then(parse_ip).is_some();
    }
    !host.is_empty() && host.iter().all(|&byte| is_name_byte(byte))
}

fn pairs(raw: &[u8], separator: u8) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    raw.split(move |&byte| byte == separator).filter(|piece| !piece.is_empty()).map(|piece| {
        let equals = memchr::memchr(b'=', piece);
        let name = scan::part(piece, 0..equals.unwrap_or(piece.len()));
        let value = equals.map_or(&[][..], |equals| scan::part(piece, equals + 1..piece.len()));
        (lossy(scan::unescape_percent(name)), lossy(scan::unescape_percent(value)))
    })
}

fn lossy(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(plain) => String::from_utf8_lossy(plain),
        Cow::Owned(plain) => Cow::Owned(String::from_utf8_lossy(&plain).into_owned()),
    }
}

/// RFC 3261 section 25.1: what may stand in `user` as it is.
fn is_user_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte)
}

fn escape_user(user: &str, out: &mut String) {
    for byte in user.bytes() {
        if is_user_byte(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

fn legal_name(name: &str) -> String {
    let legal: String = name.chars().filter(|c| u8::try_from(*c).is_ok_and(is_name_byte)).collect();
    if legal.is_empty() { "invalid".to_owned() } else { legal }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No byte of a parsed URI is a control, a space or a bracket; what is not ASCII is escaped.
        for chunk in self.raw.chunk_by(|a, b| a.is_ascii() == b.is_ascii()) {
            match std::str::from_utf8(chunk).ok().filter(|text| text.is_ascii()) {
                Some(text) => f.write_str(text)?,
                None => chunk.iter().try_for_each(|byte| write!(f, "%{byte:02X}"))?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri({self})")
    }
}

/// RFC 3261 section 19.1.4: scheme, host and port as they are (a missing port is not 5060), user with regard to case,
/// `user`, `ttl`, `method`, `maddr` and `transport` in both or in neither, other parameters only where both have them,
/// headers all.
impl PartialEq for Uri {
    fn eq(&self, other: &Self) -> bool {
        if self.scheme != other.scheme {
            return false;
        }
        match self.scheme {
            Scheme::Sip | Scheme::Sips => {
                self.user() == other.user()
                    && self.password() == other.password()
                    && self.same_host(other)
                    && self.port == other.port
                    && params_agree(self, other)
                    && params_agree(other, self)
                    && sorted_headers(self) == sorted_headers(other)
            }
            Scheme::Tel => same_tel(self, other),
            Scheme::Other => self.raw == other.raw,
        }
    }
}

impl Eq for Uri {}

impl Uri {
    fn same_host(&self, other: &Self) -> bool {
        self.host_str().eq_ignore_ascii_case(other.host_str()) || {
            let address = |uri: &Self| parse_ip(uri.host_str());
            address(self).is_some_and(|ours| Some(ours) == address(other))
        }
    }
}

fn params_agree(ours: &Uri, theirs: &Uri) -> bool {
    const MUST_MATCH: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];
    // Of a parameter that stands twice the first counts, on both sides.
    ours.params().take(PARAMS_COMPARED_MAX).all(|(name, _)| match theirs.param(&name) {
        Some(other) => ours.param(&name).is_some_and(|value| other.eq_ignore_ascii_case(&value)),
        None => !MUST_MATCH.iter().any(|must| must.eq_ignore_ascii_case(&name)),
    })
}

/// No honest URI has more; beyond it a comparison would cost the square of what was sent.
const PARAMS_COMPARED_MAX: usize = 32;

fn sorted_headers(uri: &Uri) -> Vec<(String, String)> {
    let mut headers: Vec<_> = uri.headers().map(|(name, value)| (name.to_ascii_lowercase(), value.into())).collect();
    headers.sort();
    headers
}

/// RFC 3966 section 4: visual separators do not count.
fn same_tel(ours: &Uri, theirs: &Uri) -> bool {
    let digits = |uri: &Uri| -> String {
        let number = uri.user().unwrap_or_default();
        number.chars().filter(|c| !"-.()".contains(*c)).map(|c| c.to_ascii_lowercase()).collect()
    };
    digits(ours) == digits(theirs) && params_agree(ours, theirs) && params_agree(theirs, ours)
}
