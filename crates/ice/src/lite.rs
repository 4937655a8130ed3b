//! The side that answers checks, and what it believes.
//!
//! **Whoever does not know the password gets no answer.** RFC 8489 §9.1.3 has 400 for a request without credentials and 401
//! for wrong ones. Both would go to whatever source address a stranger writes on its packets, tell him that a call's media is
//! on this port, and help no browser: it has its password from the same SDP as its username, or it never will. A check that
//! was lost is sent again, so silence is what a browser can deal with anyway. What we do send (success, 420, 487) goes only
//! to who proved the password, and is no longer than one and a half times the check.
//!
//! **A check counts from one address.** A check proves that its sender knows the password, not that it was sent from where it
//! comes: who overheard one may send it again from elsewhere, and draw the media there. So a transaction that was seen from one
//! address is not believed from another, as far back as [`RECENT_MAX`] checks.

use std::fmt;
use std::net::SocketAddr;

use crate::stun::{Class, Key, Message, Role, UNKNOWN_MAX, Writer};

/// Addresses of the peer that are remembered as valid. A browser with IPv4, IPv6, mobile and a VPN has a handful.
pub const PATHS_MAX: usize = 8;

/// Checks whose transactions are remembered.
pub const RECENT_MAX: usize = 32;

/// The longest answer: 420 with [`UNKNOWN_MAX`] attributes, or success with an IPv6 address.
pub const REPLY_BYTES_MAX: usize = 80;

/// The time without checks after which the peer no longer wants our media (RFC 7675 §5.1): 30 s, in nanoseconds.
pub const CONSENT: u64 = 30_000_000_000;

/// The user fragment and the password that one side gave in SDP (RFC 8839 §5.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `a=ice-ufrag`.
    pub ufrag: String,
    /// `a=ice-pwd`.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("ufrag", &self.ufrag).finish_non_exhaustive()
    }
}

/// What becomes of a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Send the first `length` bytes of the buffer back to where the check came from.
    Reply {
        /// Bytes of the answer, at most [`REPLY_BYTES_MAX`].
        length: usize,
        /// This check changed what [`Lite::selected`] says: media goes there from now on.
        nominated: bool,
    },
    /// Do nothing.
    Ignore,
}

/// An address that a check came from.
#[derive(Clone, Copy, Debug)]
struct Path {
    address: SocketAddr,
    /// When the newest check came.
    heard: u64,
    /// What the peer gives for it (RFC 8445 §7.1.1).
    priority: u32,
}

/// ICE of one leg, of one offer and answer. New credentials (an ICE restart) want a new one.
#[derive(Debug)]
pub struct Lite {
    /// `local:remote`, as the peer writes it (RFC 8445 §7.2.2).
    username: String,
    /// Our password: the peer signs with it, and so do we.
    key: Key,
    paths: [Option<Path>; PATHS_MAX],
    selected: Option<SocketAddr>,
    /// An address of lower priority that was nominated after the selected one.
    challenger: Option<SocketAddr>,
    /// Newest transactions, and where they came from.
    recent: [Option<([u8; 12], SocketAddr)>; RECENT_MAX],
    next_recent: usize,
}

impl Lite {
    /// A side that nobody has checked yet. The peer's password is not needed: a lite side checks nothing.
    pub fn new(local: Credentials, remote: Credentials) -> Self {
        Self {
            username: format!("{}:{}", local.ufrag, remote.ufrag),
            key: Key::new(&local.password),
            paths: [None; PATHS_MAX],
            selected: None,
            challenger: None,
            recent: [None; RECENT_MAX],
            next_recent: 0,
        }
    }

    /// Takes a datagram that came `from` there at `now` (nanoseconds of any clock that only goes on) and writes the answer
    /// into `out`, which should have [`REPLY_BYTES_MAX`] bytes. One datagram, at most one answer.
    pub fn handle(&mut self, now: u64, from: SocketAddr, datagram: &[u8], out: &mut [u8]) -> Verdict {
        let Ok(check) = Message::parse(datagram) else { return Verdict::Ignore };
        let is_ours = check.is_binding_request() && check.username == Some(self.username.as_bytes());
        if !is_ours || !check.is_signed_with(&self.key) || !self.is_from_one_address(&check, from) {
            return Verdict::Ignore;
        }
        let refusal = if check.unknown != [0; UNKNOWN_MAX] {
            Some(420)
        } else if matches!(check.role, Some(Role::Controlled(_))) {
            // We cannot control, so it has to, whatever the tie-breakers say (RFC 8445 §6.1.1, §7.3.1.1).
            Some(487)
        } else {
            None
        };
        let Some(length) = self.answer(&check, from, refusal, out) else { return Verdict::Ignore };
        let nominated = refusal.is_none() && {
            let priority = check.priority.unwrap_or_default();
            self.hear(Path { address: from, heard: now, priority });
            check.use_candidate && self.nominate(from, priority)
        };
        Verdict::Reply { length, nominated }
    }

    /// Where media goes: the address that the peer nominated.
    pub fn selected(&self) -> Option<SocketAddr> {
        self.selected
    }

    /// Whether a check came from this address and was answered: the peer may send from there, and begins its DTLS handshake
    /// before or after it nominates (R14). Strangers' addresses never are.
    pub fn is_valid(&self, address: SocketAddr) -> bool {
        self.paths.iter().flatten().any(|path| path.address == address)
    }

    /// When the newest check came from the selected address.
    pub fn heard_at(&self) -> Option<u64> {
        let selected = self.selected?;
        self.paths.iter().flatten().find(|path| path.address == selected).map(|path| path.heard)
    }

    /// Whether the peer had consented and does so no longer: [`CONSENT`] passed without a check from the selected address. A full
    /// side would ask (RFC 7675); a lite one never asks, and goes by the peer's own checks, which a browser sends
    /// every few seconds for as long as it has the call.
    pub fn consent_is_over(&self, now: u64) -> bool {
        self.heard_at().is_some_and(|heard| now.saturating_sub(heard) > CONSENT)
    }

    fn answer(&self, check: &Message<'_>, from: SocketAddr, refusal: Option<u16>, out: &mut [u8]) -> Option<usize> {
        let class = if refusal.is_none() { Class::Success } else { Class::Error };
        let reply = Writer::new(out, class, check.transaction);
        let reply = match refusal {
            None => reply.mapped(SocketAddr::new(from.ip().to_canonical(), from.port())),
            Some(code @ 420) => reply.error(code).unknown(&check.unknown),
            Some(code) => reply.error(code),
        };
        reply.integrity(&self.key).fingerprint().finish()
    }

    /// Whether this transaction is new, or was seen from the same address.
    fn is_from_one_address(&mut self, check: &Message<'_>, from: SocketAddr) -> bool {
        if let Some((_, address)) = self.recent.iter().flatten().find(|(known, _)| *known == check.transaction) {
            return *address == from;
        }
        if let Some(place) = self.recent.get_mut(self.next_recent) {
            *place = Some((check.transaction, from));
        }
        self.next_recent = (self.next_recent + 1) % RECENT_MAX;
        true
    }

    fn hear(&mut self, path: Path) {
        let known = |place: &Option<Path>| place.is_some_and(|known| known.address == path.address);
        let selected = self.selected;
        let at = self.paths.iter().position(known).or_else(|| self.paths.iter().position(Option::is_none));
        let silent = || {
            let others = self.paths.iter().enumerate().filter_map(|(at, place)| Some((at, (*place)?)));
            others
                .filter(|(_, path)| Some(path.address) != selected)
                .min_by_key(|(_, path)| path.heard)
                .map(|(at, _)| at)
        };
        if let Some(place) = at.or_else(silent).and_then(|at| self.paths.get_mut(at)) {
            *place = Some(path);
        }
    }

    /// Takes up a nomination; whether media goes elsewhere now.
    ///
    /// A peer that nominates regularly says USE-CANDIDATE of one pair at a time, and the last counts: so does Chromium
    /// towards a lite side, and it changes its mind when a network goes away. One that nominates aggressively says
    /// it of all pairs by turns, and the highest priority counts (RFC 8445 §8.1.1, Appendix B.7 of RFC 5245). So a higher priority
    /// is taken at once, and a lower one when it is nominated twice with no word of the selected one in between.
    fn nominate(&mut self, from: SocketAddr, priority: u32) -> bool {
        if self.selected == Some(from) {
            self.challenger = None;
            return false;
        }
        let current = self.paths.iter().flatten().find(|path| Some(path.address) == self.selected);
        if current.is_some_and(|current| priority < current.priority) && self.challenger != Some(from) {
            self.challenger = Some(from);
            return false;
        }
        self.challenger = None;
        self.selected = Some(from);
        true
    }
}
