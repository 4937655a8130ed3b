//! Headers that hold addresses or Vias.

use bytes::Bytes;

use super::HeaderError;
use crate::message::{Message, Name, NameAddr, Via};

impl Message {
    /// Call-ID: opaque, without white space.
    pub fn call_id(&self) -> Result<&str, HeaderError> {
        let value = self.spans(Name::CallId).next().ok_or(HeaderError::missing(Name::CallId))?.value.of(self.bytes());
        let is_solid = !value.is_empty() && value.iter().all(|&byte| byte > b' ' && byte != 0x7F);
        let text = std::str::from_utf8(value).ok().filter(|_| is_solid);
        text.ok_or(HeaderError::malformed(Name::CallId))
    }

    /// From.
    pub fn from(&self) -> Result<NameAddr, HeaderError> {
        self.address(Name::From)?.ok_or(HeaderError::missing(Name::From))
    }

    /// To.
    pub fn to(&self) -> Result<NameAddr, HeaderError> {
        self.address(Name::To)?.ok_or(HeaderError::missing(Name::To))
    }

    /// The topmost Via.
    pub fn via(&self) -> Result<Via, HeaderError> {
        let value = self.shared_values(Name::Via).next().ok_or(HeaderError::missing(Name::Via))?;
        Via::parse(value).ok_or(HeaderError::malformed(Name::Via))
    }

    /// Every Via, topmost first.
    pub fn vias(&self) -> Result<Vec<Via>, HeaderError> {
        self.parsed_values(Name::Via, Via::parse)
    }

    /// Every Contact; none for `*` ([`Message::contact_is_star`]).
    pub fn contacts(&self) -> Result<Vec<NameAddr>, HeaderError> {
        if self.contact_is_star() { Ok(Vec::new()) } else { self.addresses(Name::Contact) }
    }

    /// True when the only Contact is `*`: remove every binding (RFC 3261 section 10.2.2).
    pub fn contact_is_star(&self) -> bool {
        let mut values = self.values(Name::Contact);
        values.next().is_some_and(|value| *value == *b"*") && values.next().is_none()
    }

    /// Every Route, the next hop first.
    pub fn routes(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.addresses(Name::Route)
    }

    /// Every Record-Route, topmost first.
    pub fn record_routes(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.addresses(Name::RecordRoute)
    }

    /// Refer-To (RFC 3515), which a REFER must have.
    pub fn refer_to(&self) -> Result<NameAddr, HeaderError> {
        self.address(Name::ReferTo)?.ok_or(HeaderError::missing(Name::ReferTo))
    }

    /// The first line of a header that holds one address.
    pub fn address(&self, name: Name) -> Result<Option<NameAddr>, HeaderError> {
        let Some(header) = self.spans(name).next() else { return Ok(None) };
        let address = NameAddr::parse(self.shared_value(header));
        address.map(Some).ok_or(HeaderError::malformed(name))
    }

    /// Every address of a header that is a list: Contact, Route, P-Asserted-Identity, Diversion, History-Info, Path ...
    pub fn addresses(&self, name: Name) -> Result<Vec<NameAddr>, HeaderError> {
        self.parsed_values(name, NameAddr::parse)
    }

    fn parsed_values<T>(&self, name: Name, parse: impl Fn(Bytes) -> Option<T>) -> Result<Vec<T>, HeaderError> {
        self.shared_values(name).map(|value| parse(value).ok_or(HeaderError::malformed(name))).collect()
    }
}
