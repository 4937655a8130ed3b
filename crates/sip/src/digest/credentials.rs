//! Authorization and Proxy-Authorization.

use std::fmt;

use super::fields::{Fields, FieldsError, Printer};
use super::{Algorithm, Qop};

/// One client's answer to one challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Who.
    pub user: String,
    /// For which passwords.
    pub realm: String,
    /// The server's nonce.
    pub nonce: String,
    /// What is asked for: as a rule the Request-URI.
    pub uri: String,
    /// The sum, in hex.
    pub response: String,
    /// The hash; MD5 when none is said.
    pub algorithm: Option<Algorithm>,
    /// The client's nonce.
    pub cnonce: Option<String>,
    /// What the challenge said.
    pub opaque: Option<String>,
    /// Quality of protection; none is RFC 2069.
    pub qop: Option<Qop>,
    /// How often the client has used the nonce (`nc`).
    pub count: Option<u32>,
}

/// Why credentials cannot be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsError {
    /// Another scheme than Digest: answer as if none had come.
    Scheme,
    /// An algorithm that we do not have, and cannot have asked for.
    Algorithm(String),
    /// Not the grammar, a field missing, or `qop` without its `nc` and `cnonce`: the peer's fault.
    Malformed,
}

impl Credentials {
    /// Reads one header's value.
    pub fn parse(value: &[u8]) -> Result<Self, CredentialsError> {
        let fields = Fields::parse(value).map_err(|error| match error {
            FieldsError::Scheme => CredentialsError::Scheme,
            FieldsError::Malformed => CredentialsError::Malformed,
        })?;
        let algorithm = match fields.get("algorithm") {
            None => None,
            Some(token) => {
                let known = Algorithm::from_token(token);
                Some(known.ok_or_else(|| CredentialsError::Algorithm(token.to_owned()))?)
            }
        };
        let qop = match fields.get("qop") {
            None | Some("") => None,
            Some(token) => Some(Qop::from_token(token).ok_or(CredentialsError::Malformed)?),
        };
        let count = fields.get("nc").map(read_count).transpose()?;
        let cnonce = fields.owned("cnonce");
        if qop.is_some() && (count.is_none() || cnonce.is_none()) {
            return Err(CredentialsError::Malformed);
        }
        let must = |name| fields.owned(name).ok_or(CredentialsError::Malformed);
        Ok(Self {
            user: must("username")?,
            realm: must("realm")?,
            nonce: must("nonce")?,
            uri: must("uri")?,
            response: must("response")?,
            algorithm,
            cnonce,
            opaque: fields.owned("opaque"),
            qop,
            count,
        })
    }
}

/// `nc` is exactly eight hex digits (RFC 7616 section 3.4).
fn read_count(digits: &str) -> Result<u32, CredentialsError> {
    let is_count = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let count = u32::from_str_radix(digits, 16).ok().filter(|_| is_count);
    count.ok_or(CredentialsError::Malformed)
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count.map(|count| format!("{count:08x}"));
        let printed = Printer::new()
            .quoted("username", &self.user)
            .quoted("realm", &self.realm)
            .quoted("nonce", &self.nonce)
            .quoted("uri", &self.uri)
            .quoted("response", &self.response)
            .maybe_token("algorithm", self.algorithm.map(Algorithm::as_str))
            .maybe_quoted("cnonce", self.cnonce.as_deref())
            .maybe_quoted("opaque", self.opaque.as_deref())
            .maybe_token("qop", self.qop.map(Qop::as_str))
            .maybe_token("nc", count.as_deref());
        f.write_str(&printed.finish())
    }
}
