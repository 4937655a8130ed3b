//! How a stream gets its keys: what the peer's description and our policy come to (RFC 4568, RFC 5763, RFC 8643), and the
//! attributes that say so.

use crate::crypto::{Crypto, Suite};
use crate::dtls::{self, Peer, Setup};
use crate::security::{Dtls, Ice, OurDtls, Sdes, Secrets, Security};
use crate::transport::Transport;
use crate::{Attribute, Local, Media, Negotiated, NegotiationError, Session, SrtpPolicy};
use std::net::SocketAddr;

/// How the peer wants a stream to be keyed, as far as we can do it.
#[derive(Clone, Debug)]
pub(crate) enum Keying {
    Open,
    /// With this line of the peer's.
    Sdes(Crypto),
    Dtls(Box<Peer>),
}

/// The suites of our offers where keys are all that there is to choose from. Towards phones that need no keys, only the first:
/// every phone has it, and an INVITE should fit into a datagram.
const OFFERED: [Suite; 3] = [Suite::AesCm128HmacSha1_80, Suite::AeadAes128Gcm, Suite::AeadAes256Gcm];

/// What is agreed keeps out what is in the clear: a call that has been secret stays so (R15), whatever the policy was for its
/// beginning. Otherwise a peer could turn the encryption off in the middle, and, on again, have our old key used from its start.
fn must_stay(before: Option<&Negotiated>) -> bool {
    before.is_some_and(|before| before.security.is_secure())
}

/// What a stream that the peer offers would be keyed with, after what was agreed `before`.
pub(crate) fn of_offer(
    local: &Local,
    offer: &Session,
    media: &Media,
    before: Option<&Negotiated>,
) -> Result<Keying, NegotiationError> {
    let transport = Transport::of(media);
    if transport == Transport::Unknown {
        return Err(NegotiationError::NoAudio);
    }
    let by_crypto = || {
        let has_key = |crypto: &Crypto| local.secrets.as_ref().is_some_and(|ours| ours.key(crypto.suite).is_some());
        Crypto::best(media, has_key).map(Keying::Sdes)
    };
    let by_dtls = || our_dtls(local).and_then(|_| Peer::read(offer, media)).map(|peer| Keying::Dtls(Box::new(peer)));
    match (local.srtp, transport) {
        // A browser knows no other way.
        (SrtpPolicy::Off, Transport::Dtls) => match by_dtls() {
            Some(Keying::Dtls(peer)) if peer.ice.is_some() => Ok(Keying::Dtls(peer)),
            Some(Keying::Dtls(_) | Keying::Sdes(_) | Keying::Open) | None => Err(NegotiationError::SecureRequired),
        },
        (SrtpPolicy::Off, Transport::Secure) => Err(NegotiationError::SecureRequired),
        (SrtpPolicy::Off, Transport::Open | Transport::Unknown) if must_stay(before) => {
            Err(NegotiationError::OpenRefused)
        }
        (SrtpPolicy::Off, Transport::Open | Transport::Unknown) => Ok(Keying::Open),
        (SrtpPolicy::Preferred | SrtpPolicy::Required, Transport::Dtls) => {
            by_dtls().ok_or(NegotiationError::NoCommonKeys)
        }
        (SrtpPolicy::Preferred | SrtpPolicy::Required, Transport::Secure) => {
            by_crypto().or_else(by_dtls).ok_or(NegotiationError::NoCommonKeys)
        }
        (SrtpPolicy::Preferred, Transport::Open | Transport::Unknown) if !must_stay(before) => {
            Ok(by_crypto().or_else(by_dtls).unwrap_or(Keying::Open))
        }
        (SrtpPolicy::Preferred | SrtpPolicy::Required, Transport::Open | Transport::Unknown) => {
            by_crypto().or_else(by_dtls).ok_or(NegotiationError::OpenRefused)
        }
    }
}

/// What the peer's answer `theirs` to our stream `ours` comes to, after what was agreed `before`. It can choose only among what
/// was offered.
pub(crate) fn of_answer(
    local: &Local,
    ours: &Media,
    answer: &Session,
    theirs: &Media,
    before: Option<&Negotiated>,
) -> Result<Keying, NegotiationError> {
    let by_dtls = || {
        let offered = ours.values("fingerprint").next().is_some();
        Peer::read(answer, theirs).filter(|_| offered).map(|peer| Keying::Dtls(Box::new(peer)))
    };
    match (Transport::of(ours), Transport::of(theirs)) {
        (Transport::Dtls, Transport::Dtls) => by_dtls().ok_or(NegotiationError::NoCommonKeys),
        (Transport::Open | Transport::Secure, answered @ (Transport::Open | Transport::Secure)) => {
            let was_offered = |crypto: &Crypto| Crypto::all(ours).any(|offered| offered.suite == crypto.suite);
            match Crypto::best(theirs, was_offered).map(Keying::Sdes).or_else(by_dtls) {
                Some(keying) => Ok(keying),
                None if answered == Transport::Secure && local.srtp == SrtpPolicy::Off => {
                    Err(NegotiationError::SecureRequired)
                }
                None if answered == Transport::Secure => Err(NegotiationError::NoCommonKeys),
                None if local.srtp == SrtpPolicy::Required || must_stay(before) => Err(NegotiationError::OpenRefused),
                None => Ok(Keying::Open),
            }
        }
        (
            Transport::Open | Transport::Secure | Transport::Dtls | Transport::Unknown,
            Transport::Open | Transport::Secure | Transport::Dtls | Transport::Unknown,
        ) => Err(NegotiationError::AnswerMismatch),
    }
}

fn our_dtls(local: &Local) -> Option<&OurDtls> {
    local.secrets.as_ref()?.dtls.as_ref()
}

impl Keying {
    /// Is the peer found by ICE? Then the address in its description need not be one.
    pub(crate) fn has_ice(&self) -> bool {
        match self {
            Self::Open | Self::Sdes(_) => false,
            Self::Dtls(peer) => peer.ice.is_some(),
        }
    }

    /// What it comes to, with our own side of it. `None`: we have no such side.
    pub(crate) fn security(&self, local: &Local, remote: SocketAddr, before: Option<&Negotiated>) -> Option<Security> {
        match self {
            Self::Open => Some(Security::Plain),
            Self::Sdes(crypto) => {
                let send = local.secrets.as_ref()?.key(crypto.suite)?.clone();
                let receive = crypto.key.clone();
                Some(Security::Sdes(Box::new(Sdes { suite: crypto.suite, send, receive })))
            }
            Self::Dtls(peer) => {
                let ours = our_dtls(local)?;
                let ice = peer.ice.as_ref().map(|(ufrag, password)| Ice {
                    local_ufrag: ours.ufrag.clone(),
                    local_password: ours.password.clone(),
                    remote_ufrag: ufrag.clone(),
                    remote_password: password.clone(),
                });
                let active = is_active(local, peer, remote, before);
                Some(Security::Dtls(Box::new(Dtls { fingerprint: peer.fingerprint, active, ice })))
            }
        }
    }

    /// The attributes of our answer to it.
    pub(crate) fn answer(&self, local: &Local, security: &Security) -> Vec<Attribute> {
        match (self, security, our_dtls(local)) {
            (Self::Sdes(theirs), Security::Sdes(agreed), _) => {
                let ours = Crypto { tag: theirs.tag, suite: agreed.suite, key: agreed.send.clone() };
                vec![Attribute::new("crypto", ours.print())]
            }
            (Self::Dtls(_), Security::Dtls(agreed), Some(ours)) => {
                let setup = if agreed.active { Setup::Active } else { Setup::Passive };
                dtls_attributes(local, ours, setup, agreed.ice.is_some())
            }
            (Self::Open | Self::Sdes(_) | Self::Dtls(_), _, _) => Vec::new(),
        }
    }
}

/// Who sends the ClientHello. Two who know each other keep their roles (RFC 8842 §5.5). A peer that leaves the choice to us is
/// greeted (RFC 5763 §5), unless its address is not the one that it names: then only its own packets can open the way. A browser
/// is let begin, as soon as its checks have found the path.
fn is_active(local: &Local, peer: &Peer, remote: SocketAddr, before: Option<&Negotiated>) -> bool {
    let known = before.and_then(|before| match &before.security {
        Security::Dtls(dtls) if dtls.fingerprint == peer.fingerprint => Some(dtls.active),
        Security::Dtls(_) | Security::Sdes(_) | Security::Plain => None,
    });
    match (peer.setup, known) {
        (Some(Setup::Active), _) => false,
        (Some(Setup::Passive), _) => true,
        (Some(Setup::ActPass) | None, Some(active)) => active,
        (Some(Setup::ActPass) | None, None) => {
            peer.ice.is_none() && local.signalled_from.is_none_or(|from| from == remote.ip())
        }
    }
}

/// The attributes of an offer to a phone.
pub(crate) fn offered(local: &Local) -> Vec<Attribute> {
    let Some(secrets) = &local.secrets else { return Vec::new() };
    match local.srtp {
        SrtpPolicy::Off => Vec::new(),
        SrtpPolicy::Preferred => crypto_attributes(secrets, &OFFERED[..1]),
        SrtpPolicy::Required => {
            let mut attributes = crypto_attributes(secrets, &OFFERED);
            // For phones that know DTLS alone and yet take RTP/SAVP, as baresip.
            let dtls = secrets.dtls.as_ref().map(|ours| dtls_attributes(local, ours, Setup::ActPass, false));
            attributes.extend(dtls.into_iter().flatten());
            attributes
        }
    }
}

fn crypto_attributes(secrets: &Secrets, suites: &[Suite]) -> Vec<Attribute> {
    let known = suites.iter().filter_map(|suite| Some((*suite, secrets.key(*suite)?.clone())));
    let line = |(tag, (suite, key))| Attribute::new("crypto", Crypto { tag, suite, key }.print());
    (1..).zip(known).map(line).collect()
}

/// Our certificate and role; with ICE, where we are: one address, which is all that ICE-lite needs (RFC 8839 §4.2.3).
pub(crate) fn dtls_attributes(local: &Local, ours: &OurDtls, setup: Setup, ice: bool) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    if ice {
        attributes.push(Attribute::new("ice-ufrag", ours.ufrag.as_str()));
        attributes.push(Attribute::new("ice-pwd", ours.password.as_str()));
        let (address, port) = (local.address, local.port);
        attributes.push(Attribute::new("candidate", format!("1 1 UDP {HOST_PRIORITY} {address} {port} typ host")));
        attributes.push(Attribute::flag("end-of-candidates"));
    }
    attributes.push(Attribute::new("fingerprint", dtls::print_fingerprint(&ours.fingerprint)));
    attributes.push(Attribute::new("setup", setup.word()));
    attributes
}

/// RFC 8445 §5.1.2.1: a host candidate of the only component.
const HOST_PRIORITY: u32 = (126 << 24) | (65_535 << 8) | 255;

/// Does this description of the peer answer our [`browser_offer`](crate::browser_offer), rather than [`offer`](crate::offer())?
pub fn is_browser(answer: &Session) -> bool {
    answer.media.iter().any(|media| media.is_audio() && Transport::of(media) == Transport::Dtls)
}

/// Does the peer's new offer start ICE anew (RFC 8839 §4.4.1.1.1)? Then we need new credentials too.
pub fn restarts_ice(offer: &Session, before: &Negotiated) -> bool {
    let Some(known) = before.security.ice() else { return false };
    let audio = offer.media.iter().filter(|media| media.is_audio() && media.port != 0);
    let credentials = audio.filter_map(|media| dtls::ice(offer, media).flatten()).next();
    credentials.is_some_and(|(ufrag, password)| ufrag != known.remote_ufrag || password != known.remote_password)
}

#[cfg(test)]
mod tests;
