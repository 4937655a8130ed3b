//! WWW-Authenticate and Proxy-Authenticate.

use std::fmt;

use super::fields::{Fields, FieldsError, Printer};
use super::{Algorithm, Qop};
use crate::message::{Message, Name};

/// One challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// For which passwords.
    pub realm: String,
    /// The server's nonce.
    pub nonce: String,
    /// To be given back as it is.
    pub opaque: Option<String>,
    /// The hash.
    pub algorithm: Algorithm,
    /// False when a received challenge names no algorithm; then its answer names none either.
    pub says_algorithm: bool,
    /// What the server offers; empty is RFC 2069.
    pub qop: Vec<Qop>,
    /// Only the nonce was too old: the same password may be tried again at once.
    pub stale: bool,
}

/// Which header answers which.
const ANSWERED_IN: [(Name, Name); 2] =
    [(Name::WwwAuthenticate, Name::Authorization), (Name::ProxyAuthenticate, Name::ProxyAuthorization)];

/// Why a challenge cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChallengeError {
    /// Another scheme than Digest: the peer wants what we do not speak.
    Scheme,
    /// An algorithm that we do not have.
    Algorithm(String),
    /// Only qualities of protection that we do not have.
    Qop,
    /// Not the grammar, or without realm or nonce: the peer's fault.
    Malformed,
}

impl Challenge {
    /// A new challenge with `qop="auth"`, as a server gives it.
    pub fn new(realm: impl Into<String>, nonce: impl Into<String>, algorithm: Algorithm, stale: bool) -> Self {
        Self {
            realm: realm.into(),
            nonce: nonce.into(),
            opaque: None,
            algorithm,
            says_algorithm: true,
            qop: vec![Qop::Auth],
            stale,
        }
    }

    /// Reads one header's value.
    pub fn parse(value: &[u8]) -> Result<Self, ChallengeError> {
        let fields = Fields::parse(value).map_err(|error| match error {
            FieldsError::Scheme => ChallengeError::Scheme,
            FieldsError::Malformed => ChallengeError::Malformed,
        })?;
        let algorithm = match fields.get("algorithm") {
            None => Algorithm::default(),
            Some(token) => Algorithm::from_token(token).ok_or_else(|| ChallengeError::Algorithm(token.to_owned()))?,
        };
        let offered = fields.get("qop").unwrap_or_default();
        let qop: Vec<Qop> = offered.split(',').filter_map(Qop::from_token).collect();
        if qop.is_empty() && !offered.trim().is_empty() {
            return Err(ChallengeError::Qop);
        }
        Ok(Self {
            realm: fields.owned("realm").ok_or(ChallengeError::Malformed)?,
            nonce: fields.owned("nonce").ok_or(ChallengeError::Malformed)?,
            opaque: fields.owned("opaque"),
            algorithm,
            says_algorithm: fields.get("algorithm").is_some(),
            qop,
            stale: fields.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }

    /// The challenges of a 401 or 407 that we can answer, the server's first choice first (RFC 8760 section 2.4): the
    /// first is to be answered. The name is that of the header which carries the answer.
    pub fn all(response: &Message) -> impl Iterator<Item = (Name, Self)> {
        response.headers().filter_map(|header| {
            let (_, answered_in) = ANSWERED_IN.into_iter().find(|(asked_in, _)| *asked_in == header.name)?;
            let value = crate::message::unfold(header.value);
            Self::parse(&value).ok().map(|challenge| (answered_in, challenge))
        })
    }

    /// `auth` if offered: bodies may be changed on the way by elements that mean well.
    pub(super) fn preferred_qop(&self) -> Option<Qop> {
        self.qop.iter().copied().find(|qop| *qop == Qop::Auth).or(self.qop.first().copied())
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let qop = self.qop.iter().map(|qop| qop.as_str()).collect::<Vec<_>>().join(",");
        let printed = Printer::new()
            .quoted("realm", &self.realm)
            .quoted("nonce", &self.nonce)
            .maybe_quoted("opaque", self.opaque.as_deref())
            .maybe_token("algorithm", self.says_algorithm.then(|| self.algorithm.as_str()))
            .maybe_quoted("qop", Some(qop.as_str()).filter(|qop| !qop.is_empty()))
            .maybe_token("stale", self.stale.then_some("true"));
        f.write_str(&printed.finish())
    }
}
