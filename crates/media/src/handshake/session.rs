//! One DTLS conversation with one source: `dimpl` driven, the peer's certificate checked, SRTP keys taken out
//! (RFC 5764).

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile};
use srtp::{Context, KeySalt, Suite};

use super::certificate::fingerprint;

/// The largest datagram that `dimpl` makes (its MTU is 1150), with room.
pub const DATAGRAM_MAX: usize = 2048;

/// Contexts of both directions.
#[derive(Debug)]
pub struct Keys {
    /// Protects what we send.
    pub send: Context,
    /// Opens what the peer sends.
    pub receive: Context,
}

/// Why a handshake came to nothing. The peer's fault, or the network's, unless it says otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Its certificate is not the one that its SDP promised: somebody else is talking.
    Fingerprint,
    /// It is a DTLS peer that wants no SRTP, or none of our ciphers.
    NoProfile,
    /// It broke the protocol, or has nothing in common with us.
    Protocol(String),
    /// It did not finish in time.
    TimedOut,
    /// More handshakes are under way than we take on at once (ours).
    Full,
    /// The DTLS library gave up in a way it should not (ours).
    Broken,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Fingerprint => f.write_str("the certificate is not the one its SDP promised"),
            Failure::NoProfile => f.write_str("no SRTP profile in common"),
            Failure::Protocol(why) => write!(f, "DTLS failed: {why}"),
            Failure::TimedOut => f.write_str("the DTLS handshake took too long"),
            Failure::Full => f.write_str("too many DTLS handshakes are under way"),
            Failure::Broken => f.write_str("the DTLS library broke"),
        }
    }
}

/// A conversation.
#[derive(Debug)]
pub struct Session {
    dtls: Dtls,
    /// SHA-256 of the certificate that the peer must show.
    expected: [u8; 32],
    active: bool,
    /// It showed it.
    verified: bool,
}

/// What came of a turn.
#[derive(Debug)]
pub struct Turn {
    /// When the conversation wants its next turn.
    pub wake: Instant,
    /// There when the handshake has just been finished.
    pub keys: Option<Keys>,
}

impl Session {
    /// A new conversation. `active`: we are the DTLS client and speak first, at the first turn. DTLS 1.2: what every
    /// browser and phone has.
    pub fn new(config: Arc<Config>, identity: DtlsCertificate, expected: [u8; 32], active: bool, now: Instant) -> Self {
        let mut dtls = Dtls::new_12(config, identity, now);
        dtls.set_active(active);
        Self { dtls, expected, active, verified: false }
    }

    /// Time has passed, a datagram may have come; what is to be sent is given to `send`. An error ends the conversation.
    pub fn turn(
        &mut self,
        now: Instant,
        datagram: Option<&[u8]>,
        send: &mut dyn FnMut(&[u8]),
    ) -> Result<Turn, Failure> {
        self.dtls.handle_timeout(now).map_err(failed)?;
        if let Some(datagram) = datagram {
            // What there is to say goes out even if this is the end: an alert tells the peer why.
            if let Err(error) = self.dtls.handle_packet(datagram) {
                let _ = self.drain(send);
                return Err(failed(error));
            }
        }
        self.drain(send)
    }

    fn drain(&mut self, send: &mut dyn FnMut(&[u8])) -> Result<Turn, Failure> {
        let mut buffer = [0u8; DATAGRAM_MAX];
        let mut keys = None;
        let mut connected = false;
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(datagram) => send(datagram),
                Output::PeerCert(certificate) => {
                    if fingerprint(certificate) != self.expected {
                        return Err(Failure::Fingerprint);
                    }
                    self.verified = true;
                }
                Output::Connected => connected = true,
                Output::KeyingMaterial(material, profile) => {
                    // Never without its certificate: it is asked for one, and a peer that has none is refused before.
                    if !self.verified {
                        return Err(Failure::Fingerprint);
                    }
                    keys = Some(contexts(&material, profile, self.active).ok_or(Failure::NoProfile)?);
                }
                Output::Timeout(wake) => {
                    return if connected && keys.is_none() { Err(Failure::NoProfile) } else { Ok(Turn { wake, keys }) };
                }
                // Data over DTLS is nothing that we asked for. A peer that closes DTLS does not end the call: that is
                // for its signalling (R12).
                Output::ApplicationData(_) | Output::CloseNotify => {}
                Output::BufferTooSmall { .. } => return Err(Failure::Broken),
                // The list is open; what it may hold later is nothing that we need.
                _ => {}
            }
        }
    }
}

/// Makes both directions' contexts of what was exported.
fn contexts(material: &[u8], profile: SrtpProfile, active: bool) -> Option<Keys> {
    let suite = match profile {
        SrtpProfile::AES128_CM_SHA1_80 => Suite::AesCm128HmacSha1_80,
        SrtpProfile::AEAD_AES_128_GCM => Suite::AeadAes128Gcm,
        SrtpProfile::AEAD_AES_256_GCM => Suite::AeadAes256Gcm,
        _ => return None,
    };
    let (client, server) = srtp::dtls_keys(suite, material).ok()?;
    let (ours, theirs) = if active { (client, server) } else { (server, client) };
    let context = |keys: &KeySalt| Context::new(suite, keys.as_ref()).ok();
    Some(Keys { send: context(&ours)?, receive: context(&theirs)? })
}

fn failed(error: dimpl::Error) -> Failure {
    if matches!(error, dimpl::Error::Timeout(_)) { Failure::TimedOut } else { Failure::Protocol(error.to_string()) }
}
