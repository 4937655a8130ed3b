//! A session description: reading and printing (RFC 8866).

use std::fmt;

/// Longest description that is read, bytes.
pub const SDP_BYTES_MAX: usize = 16 * 1024;
/// Most `m=` lines.
pub const MEDIA_MAX: usize = 16;
/// Most `a=` lines, over the whole description.
pub const ATTRIBUTES_MAX: usize = 256;

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
    /// A line that cannot be read, counted from 1.
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
    /// Reads a description.
    pub fn parse(bytes: &[u8]) -> Result<Self, SdpError> {
        let _ = bytes;
        todo!()
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = f;
        todo!()
    }
}
