//! Digest authentication: RFC 7616 with SIP's choices of RFC 3261 section 22 and RFC 8760. Sums and headers only; who
//! may log in, and how often one may guess, is decided elsewhere.
//!
//! As a server: [`NonceKey::issue`] a nonce, print a [`Challenge`], parse the [`Credentials`] that come back,
//! [`NonceKey::judge`] their nonce, [`check`] the response, and take each count of a nonce once (the caller keeps that
//! table, because it knows how many phones there are). As a client: take the first of [`Challenge::all`] and [`answer`]
//! it.

mod challenge;
mod credentials;
mod fields;
mod nonce;

use std::fmt;

pub use challenge::{Challenge, ChallengeError};
pub use credentials::{Credentials, CredentialsError};
pub use nonce::{NONCE_SECONDS_MAX, NonceKey, NonceState};

use crate::message::Method;

/// A hash, and whether the first of them holds for a whole session (RFC 7616 section 3.4.2).
///
/// Challenge with MD5 alone unless a phone is known to do more: there are phones that fail outright at the sight of a
/// second challenge (PHONES, the digest trap).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// What is meant when none is said.
    #[default]
    Md5,
    /// MD5, session.
    Md5Sess,
    /// RFC 8760.
    Sha256,
    /// SHA-256, session.
    Sha256Sess,
    /// RFC 8760.
    Sha512_256,
    /// SHA-512/256, session.
    Sha512_256Sess,
}

impl Algorithm {
    const ALL: [Self; 6] =
        [Self::Md5, Self::Md5Sess, Self::Sha256, Self::Sha256Sess, Self::Sha512_256, Self::Sha512_256Sess];

    /// The token of the header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Md5Sess => "MD5-sess",
            Self::Sha256 => "SHA-256",
            Self::Sha256Sess => "SHA-256-sess",
            Self::Sha512_256 => "SHA-512-256",
            Self::Sha512_256Sess => "SHA-512-256-sess",
        }
    }

    /// Reads the token in any case.
    pub fn from_token(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(token))
    }

    const fn is_session(self) -> bool {
        match self {
            Self::Md5Sess | Self::Sha256Sess | Self::Sha512_256Sess => true,
            Self::Md5 | Self::Sha256 | Self::Sha512_256 => false,
        }
    }

    /// The hash of `parts` joined by colons, in lower-case hex.
    fn hash(self, parts: &[&[u8]]) -> String {
        match self {
            Self::Md5 | Self::Md5Sess => hash_joined::<md5::Md5>(parts),
            Self::Sha256 | Self::Sha256Sess => hash_joined::<sha2::Sha256>(parts),
            Self::Sha512_256 | Self::Sha512_256Sess => hash_joined::<sha2::Sha512_256>(parts),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn hash_joined<D: sha2::Digest>(parts: &[&[u8]]) -> String {
    let mut hash = D::new();
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Quality of protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Qop {
    /// Method and URI are protected.
    Auth,
    /// The body too.
    AuthInt,
}

impl Qop {
    /// The token of the header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }

    fn from_token(token: &str) -> Option<Self> {
        [Self::Auth, Self::AuthInt].into_iter().find(|qop| qop.as_str().eq_ignore_ascii_case(token.trim()))
    }
}

/// The hash of `user:realm:password`, in hex: as good as the password for its realm, so it never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1(String);

impl Ha1 {
    /// Takes what [`Ha1::as_hex`] gave, out of a store.
    pub fn from_hex(hex: &str) -> Self {
        Self(hex.to_ascii_lowercase())
    }

    /// The hash, to be stored.
    pub fn as_hex(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ha1(redacted)")
    }
}

/// The hash to keep for a user instead of the password. A session algorithm keeps the same as its plain one.
pub fn ha1(user: &str, realm: &str, password: &str, algorithm: Algorithm) -> Ha1 {
    Ha1(algorithm.hash(&[user.as_bytes(), realm.as_bytes(), password.as_bytes()]))
}

/// What a response protects.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The `uri` of the credentials: as a rule the Request-URI.
    pub uri: &'a str,
    /// The request's body, for `auth-int`.
    pub body: &'a [u8],
}

/// What a nonce is used with; without `qop`, RFC 2069's sum is computed and the rest is left out.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a> {
    /// The server's nonce.
    pub nonce: &'a str,
    /// The client's nonce.
    pub cnonce: &'a str,
    /// How often the client has used the nonce, from 1.
    pub count: u32,
    /// Quality of protection.
    pub qop: Option<Qop>,
}

/// The response (RFC 7616 section 3.4.1), in lower-case hex.
pub fn response(algorithm: Algorithm, ha1: &Ha1, signed: Signed<'_>, round: Round<'_>) -> String {
    let (nonce, cnonce) = (round.nonce.as_bytes(), round.cnonce.as_bytes());
    let method = signed.method.as_str().as_bytes();
    let session = algorithm.is_session().then(|| algorithm.hash(&[ha1.0.as_bytes(), nonce, cnonce]));
    let ha1 = session.as_deref().unwrap_or(&ha1.0).as_bytes();
    let ha2 = match round.qop {
        Some(Qop::AuthInt) => {
            let body = algorithm.hash(&[signed.body]);
            algorithm.hash(&[method, signed.uri.as_bytes(), body.as_bytes()])
        }
        Some(Qop::Auth) | None => algorithm.hash(&[method, signed.uri.as_bytes()]),
    };
    match round.qop {
        Some(qop) => {
            let count = format!("{:08x}", round.count);
            algorithm.hash(&[ha1, nonce, count.as_bytes(), cnonce, qop.as_str().as_bytes(), ha2.as_bytes()])
        }
        None => algorithm.hash(&[ha1, nonce, ha2.as_bytes()]),
    }
}

/// The client's answer to a challenge. `count` is how often this nonce has been answered, this time included.
pub fn answer(
    challenge: &Challenge,
    user: &str,
    secret: &Secret<'_>,
    signed: Signed<'_>,
    cnonce: &str,
    count: u32,
) -> Credentials {
    let qop = challenge.preferred_qop();
    let algorithm = challenge.algorithm;
    let derived = match secret {
        Secret::Password(password) => ha1(user, &challenge.realm, password, algorithm),
        Secret::Ha1(ha1) => (*ha1).clone(),
    };
    let round = Round { nonce: &challenge.nonce, cnonce, count, qop };
    // RFC 2069 has no cnonce, but a session's first hash needs one.
    let says_cnonce = qop.is_some() || algorithm.is_session();
    Credentials {
        user: user.to_owned(),
        realm: challenge.realm.clone(),
        nonce: challenge.nonce.clone(),
        uri: signed.uri.to_owned(),
        response: response(algorithm, &derived, signed, round),
        algorithm: challenge.says_algorithm.then_some(algorithm),
        cnonce: says_cnonce.then(|| cnonce.to_owned()),
        opaque: challenge.opaque.clone(),
        qop,
        count: qop.map(|_| count),
    }
}

/// What a client knows.
#[derive(Clone, Copy)]
pub enum Secret<'a> {
    /// The password itself.
    Password(&'a str),
    /// Only its hash, for one realm and algorithm.
    Ha1(&'a Ha1),
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// True if the credentials were made by one who knows `ha1`, for this method and body. Takes the same time wherever
/// the responses differ (RESILIENCE R17). For an unknown user, check against a made-up hash, to take as long (R01).
pub fn check(credentials: &Credentials, ha1: &Ha1, method: &Method, body: &[u8]) -> bool {
    let algorithm = credentials.algorithm.unwrap_or_default();
    let signed = Signed { method, uri: &credentials.uri, body };
    let round = Round {
        nonce: &credentials.nonce,
        cnonce: credentials.cnonce.as_deref().unwrap_or_default(),
        count: credentials.count.unwrap_or_default(),
        qop: credentials.qop,
    };
    let expected = response(algorithm, ha1, signed, round);
    same_in_constant_time(expected.as_bytes(), credentials.response.to_ascii_lowercase().as_bytes())
}

fn same_in_constant_time(ours: &[u8], theirs: &[u8]) -> bool {
    let differing = ours.iter().zip(theirs).fold(0, |sum, (a, b)| sum | (a ^ b));
    // The optimizer must not turn this into an early return.
    ours.len() == theirs.len() && std::hint::black_box(differing) == 0
}
