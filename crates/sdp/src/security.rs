//! Whether a leg's voice is encrypted: what our side is willing to do, what it brings to it, and what was agreed.

use crate::crypto::{KeySalt, Suite};
use crate::dtls::Fingerprint;
use std::fmt;

/// Whether a leg's voice is encrypted (SRTP). Nothing is ever agreed on that the policy does not allow (R15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum SrtpPolicy {
    /// Never, but for browsers, which know no other way.
    #[default]
    Off,
    /// Where the peer can: we offer RTP/AVP with keys (RFC 8643), and take what comes.
    Preferred,
    /// Always: who offers or answers without keys has no call.
    Required,
}

impl SrtpPolicy {
    /// All.
    pub const ALL: [Self; 3] = [Self::Off, Self::Preferred, Self::Required];

    /// The word for it in the store, the API and the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Preferred => "preferred",
            Self::Required => "required",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.word() == word)
    }
}

/// What our side brings to an encrypted leg. All of it is random or ours alone, and given from outside; it must stay the same
/// over the leg's life, for a change would be a new association (RFC 8842) or a new key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// A key for each suite that we can do (RFC 4568). Our packets are protected with it.
    pub keys: Vec<(Suite, KeySalt)>,
    /// Our DTLS certificate and ICE credentials; `None`: we cannot do DTLS.
    pub dtls: Option<OurDtls>,
}

impl Secrets {
    /// Our key for this suite.
    pub(crate) fn key(&self, suite: Suite) -> Option<&KeySalt> {
        self.keys.iter().find(|(ours, _)| *ours == suite).map(|(_, key)| key)
    }
}

/// Our side of DTLS-SRTP. Debug never shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct OurDtls {
    /// SHA-256 of our certificate.
    pub fingerprint: Fingerprint,
    /// `a=ice-ufrag`: at least 24 random bits (RFC 8839 §5.4), of the letters, the digits, `+` and `/`.
    pub ufrag: String,
    /// `a=ice-pwd`: at least 128 random bits.
    pub password: String,
}

impl fmt::Debug for OurDtls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OurDtls({}, ..)", self.ufrag)
    }
}

/// How a leg's packets are protected. What needs protection is never sent or heard without it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Security {
    /// Not at all.
    #[default]
    Plain,
    /// With keys from the descriptions (RFC 4568).
    Sdes(Box<Sdes>),
    /// With keys that a DTLS handshake on the media path gives (RFC 5764).
    Dtls(Box<Dtls>),
}

/// Keys from the descriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sdes {
    /// Both ways.
    pub suite: Suite,
    /// Ours: what we send is protected with it.
    pub send: KeySalt,
    /// The peer's: what it sends is protected with it.
    pub receive: KeySalt,
}

/// A handshake on the media path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dtls {
    /// SHA-256 of the certificate that the peer must show.
    pub fingerprint: Fingerprint,
    /// We send the ClientHello; else we wait for it.
    pub active: bool,
    /// The path is found by ICE; `None`: it is the address of the description.
    pub ice: Option<Ice>,
}

/// Credentials of connectivity checks. We are ICE-lite (RFC 8445 §2.5): the peer makes the checks, we answer them. Debug never
/// shows the passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct Ice {
    /// Ours.
    pub local_ufrag: String,
    /// Ours: the peer's checks are signed with it.
    pub local_password: String,
    /// The peer's.
    pub remote_ufrag: String,
    /// The peer's.
    pub remote_password: String,
}

impl fmt::Debug for Ice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ice({}:{}, ..)", self.local_ufrag, self.remote_ufrag)
    }
}

impl Security {
    /// Is the voice encrypted?
    pub fn is_secure(&self) -> bool {
        match self {
            Self::Plain => false,
            Self::Sdes(_) | Self::Dtls(_) => true,
        }
    }

    /// The credentials of ICE, if it is used.
    pub fn ice(&self) -> Option<&Ice> {
        match self {
            Self::Dtls(dtls) => dtls.ice.as_ref(),
            Self::Plain | Self::Sdes(_) => None,
        }
    }
}
