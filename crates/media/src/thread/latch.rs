//! Whose packets are heard, and where ours go: the rules against RTP bleed and injection (R11, R12; MEDIA.md §6).
//!
//! Before anything is sure, packets are taken only from the address in the peer's SDP or the one that its signalling came
//! from, and ours go only to the address in the SDP. After three packets in a row that look right the source is locked:
//! the socket is connected, and the kernel drops the rest. It is unlocked only by a new negotiation that names another
//! address, or after three seconds of silence, and then again only for an allowed address.

use std::net::{IpAddr, SocketAddr};

use crate::clock::MILLISECOND;

/// Packets in a row that lock a source.
const LOCK_PACKETS: u32 = 3;
/// "In a row": the sequence number grows by no more than this.
const STEP_MAX: u16 = 50;
/// A candidate that has been silent for so long gives way to another source.
const CANDIDATE_SILENCE: u64 = 200 * MILLISECOND;

/// What to do with a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Hear it.
    Accept,
    /// Hear it, and connect the socket to its source.
    Lock,
    /// Count it and forget it.
    Stranger,
}

/// One leg's latch.
#[derive(Clone, Debug, Default)]
pub struct Latch {
    /// The peer's RTP address by its SDP; `None` before the first negotiation.
    sdp: Option<SocketAddr>,
    signalled_from: Option<IpAddr>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Listening,
    Learning(Candidate),
    Locked(SocketAddr),
    /// Locked before, silent since: packets still go there until another source is locked.
    Lost(SocketAddr, Option<Candidate>),
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    from: SocketAddr,
    ssrc: u32,
    sequence: u16,
    packets: u32,
    heard_at: u64,
}

impl Latch {
    /// A negotiation's result. True: the socket must be disconnected, for the peer has moved (a phone behind NAT
    /// shows that only by where its signalling comes from).
    pub fn negotiated(&mut self, remote: SocketAddr, signalled_from: IpAddr) -> bool {
        let signalled_from = signalled_from.to_canonical();
        let before = (self.sdp.replace(remote), self.signalled_from.replace(signalled_from));
        let moved = before.0.is_some() && before != (Some(remote), Some(signalled_from));
        if moved {
            self.state = State::Listening;
        }
        moved
    }

    /// A packet of an expected payload type came from `from`.
    pub fn heard(&mut self, now: u64, from: SocketAddr, ssrc: u32, sequence: u16) -> Verdict {
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        if let State::Locked(locked) = self.state {
            return if from == locked { Verdict::Accept } else { Verdict::Stranger };
        }
        if !self.allows(from.ip()) {
            return Verdict::Stranger;
        }
        let (before, lost) = match self.state {
            State::Learning(candidate) => (Some(candidate), None),
            State::Lost(locked, candidate) => (candidate, Some(locked)),
            State::Listening | State::Locked(_) => (None, None),
        };
        // The address in the SDP goes before others; else the first heard goes first, while it lasts.
        let exact = Some(from) == self.sdp;
        let packets = match before {
            Some(other) if other.from != from => {
                if !exact && now.saturating_sub(other.heard_at) < CANDIDATE_SILENCE {
                    return Verdict::Stranger;
                }
                1
            }
            Some(same) => {
                let step = sequence.wrapping_sub(same.sequence);
                if same.ssrc == ssrc && (1..=STEP_MAX).contains(&step) { same.packets + 1 } else { 1 }
            }
            None => 1,
        };
        if packets >= LOCK_PACKETS {
            self.state = State::Locked(from);
            return Verdict::Lock;
        }
        let candidate = Candidate { from, ssrc, sequence, packets, heard_at: now };
        self.state = match lost {
            Some(locked) => State::Lost(locked, Some(candidate)),
            None => State::Learning(candidate),
        };
        Verdict::Accept
    }

    /// Nothing came for three seconds. True: the socket must be disconnected, so that the peer may come from elsewhere.
    pub fn silent(&mut self) -> bool {
        match self.state {
            State::Locked(locked) => {
                self.state = State::Lost(locked, None);
                true
            }
            State::Listening | State::Learning(_) | State::Lost(..) => false,
        }
    }

    /// Something surer than packets in a row says where the peer is: ICE, or a DTLS handshake with the right certificate.
    pub fn lock(&mut self, source: SocketAddr) {
        self.state = State::Locked(SocketAddr::new(source.ip().to_canonical(), source.port()));
    }

    /// Where packets go: to the locked source, else to the address in the SDP; never to one that was only heard.
    pub fn target(&self) -> Option<SocketAddr> {
        let target = match self.state {
            State::Locked(locked) | State::Lost(locked, _) => Some(locked),
            State::Listening | State::Learning(_) => self.sdp,
        };
        // An old way to hold (RFC 3264 §8.4), and port 0, mean: nowhere.
        target.filter(|target| !target.ip().is_unspecified() && target.port() != 0)
    }

    /// Whether the source is sure, and the socket connected to it.
    pub fn locked(&self) -> Option<SocketAddr> {
        match self.state {
            State::Locked(locked) => Some(locked),
            State::Listening | State::Learning(_) | State::Lost(..) => None,
        }
    }

    /// Whether anything at all is taken from this address. RTCP is, under the same rule.
    pub fn allows(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.signalled_from == Some(ip) || self.sdp.is_some_and(|sdp| sdp.ip().to_canonical() == ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn negotiated() -> Latch {
        let mut latch = Latch::default();
        assert!(!latch.negotiated(addr("10.0.0.1:4000"), addr("10.0.0.9:5060").ip()));
        latch
    }

    fn hear(latch: &mut Latch, from: &str, sequences: std::ops::Range<u16>) -> Vec<Verdict> {
        sequences.map(|sequence| latch.heard(u64::from(sequence) * 20 * MILLISECOND, addr(from), 1, sequence)).collect()
    }

    #[test]
    fn r11_nobody_is_heard_before_negotiation() {
        let mut latch = Latch::default();
        assert_eq!(hear(&mut latch, "10.0.0.1:4000", 0..5), [Verdict::Stranger; 5]);
        assert_eq!(latch.target(), None);
    }

    #[test]
    fn r11_three_packets_lock_and_then_nobody_else_is_heard() {
        let mut latch = negotiated();
        assert_eq!(hear(&mut latch, "10.0.0.66:4000", 0..5), [Verdict::Stranger; 5]);
        assert_eq!(hear(&mut latch, "10.0.0.1:4000", 5..8), [Verdict::Accept, Verdict::Accept, Verdict::Lock]);
        assert_eq!(hear(&mut latch, "10.0.0.9:4000", 8..9), [Verdict::Stranger]);
        assert_eq!(latch.target(), Some(addr("10.0.0.1:4000")));
    }

    #[test]
    fn a_phone_behind_nat_is_learned_from_its_signalling_address() {
        let mut latch = Latch::default();
        latch.negotiated(addr("192.168.1.5:4000"), addr("10.0.0.9:5060").ip());
        assert_eq!(latch.target(), Some(addr("192.168.1.5:4000")));
        assert_eq!(hear(&mut latch, "10.0.0.9:31000", 0..3).last(), Some(&Verdict::Lock));
        assert_eq!(latch.target(), Some(addr("10.0.0.9:31000")));
    }

    #[test]
    fn the_exact_address_goes_before_another_port_of_the_same_host() {
        let mut latch = negotiated();
        assert_eq!(hear(&mut latch, "10.0.0.1:9999", 0..2), [Verdict::Accept; 2]);
        assert_eq!(hear(&mut latch, "10.0.0.1:4000", 2..4), [Verdict::Accept; 2]);
        assert_eq!(hear(&mut latch, "10.0.0.1:9999", 4..5), [Verdict::Stranger]);
        assert_eq!(hear(&mut latch, "10.0.0.1:4000", 5..6), [Verdict::Lock]);
    }

    #[test]
    fn a_stray_packet_does_not_keep_the_peer_out() {
        let mut latch = negotiated();
        hear(&mut latch, "10.0.0.1:9999", 0..1);
        assert_eq!(hear(&mut latch, "10.0.0.9:7000", 20..23).last(), Some(&Verdict::Lock));
    }

    #[test]
    fn r12_random_sequence_numbers_never_lock() {
        let mut latch = negotiated();
        for n in 0..1000u16 {
            assert_eq!(latch.heard(u64::from(n), addr("10.0.0.1:4000"), 1, n.wrapping_mul(7919)), Verdict::Accept);
        }
        assert_eq!(latch.locked(), None);
    }

    #[test]
    fn r30_only_silence_or_a_new_address_unlocks() {
        let mut latch = negotiated();
        hear(&mut latch, "10.0.0.1:4000", 0..3);
        assert!(!latch.negotiated(addr("10.0.0.1:4000"), addr("10.0.0.9:5060").ip()), "the same address: hold, resume");
        assert!(latch.locked().is_some());
        assert!(latch.silent() && !latch.silent());
        assert_eq!(latch.target(), Some(addr("10.0.0.1:4000")), "still there until another is sure");
        assert_eq!(hear(&mut latch, "10.0.0.66:4000", 3..4), [Verdict::Stranger]);
        assert_eq!(hear(&mut latch, "10.0.0.1:4444", 4..7).last(), Some(&Verdict::Lock));
        assert_eq!(latch.target(), Some(addr("10.0.0.1:4444")));
        assert!(latch.negotiated(addr("10.0.0.2:4000"), addr("10.0.0.9:5060").ip()));
        assert_eq!(latch.target(), Some(addr("10.0.0.2:4000")));
        assert_eq!(hear(&mut latch, "10.0.0.1:4444", 7..8), [Verdict::Stranger]);
    }

    #[test]
    fn nothing_is_sent_nowhere() {
        let mut latch = Latch::default();
        latch.negotiated(addr("0.0.0.0:4000"), addr("10.0.0.9:5060").ip());
        assert_eq!(latch.target(), None);
        latch.negotiated(addr("10.0.0.1:0"), addr("10.0.0.9:5060").ip());
        assert_eq!(latch.target(), None);
    }
}
