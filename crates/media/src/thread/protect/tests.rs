//! A leg's protection without a network: keys that stay, keys that change, what is never sent.

use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::Receiver;

use endpoint::LegId;
use ice::stun::{Class, Key, Role, Writer};
use sdp::{Codec, KeySalt};
use switch::CallId;
use switch::media::Side;

use super::*;
use crate::handshake::Request;

const SECOND: u64 = 1000 * MILLISECOND;

/// A leg that nobody sends to, the way to a handshake thread, and that one's end.
struct Desk {
    leg: Leg,
    handshakes: Handshaker,
    requests: Receiver<Request>,
    media: LegMedia,
}

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn desk(security: Security) -> Desk {
    // Ports of its own: whichever pair is free.
    let leg = (20_000..60_000u16)
        .step_by(2)
        .find_map(|port| {
            let local = SocketAddr::new(IpAddr::from([127, 77, 0, 1]), port);
            Leg::open(LegId(1), CallId(1), Side::Ours, local).ok()
        })
        .unwrap();
    let (sender, requests) = crate::handshake::requests();
    let media = LegMedia {
        remote: addr("127.77.0.2:4000"),
        remote_rtcp: addr("127.77.0.2:4001"),
        signalled_from: addr("127.77.0.2:1").ip(),
        codec: Codec::Pcmu,
        payload_type: 0,
        receive_payload_type: 0,
        telephone_event: None,
        send: true,
        receive: true,
        rtcp_mux: true,
        security,
    };
    let mut desk = Desk { leg, handshakes: Handshaker::new(sender, 0), requests, media };
    desk.negotiate(0);
    desk
}

fn sdes(send: u8, receive: u8) -> Security {
    let key = |n| KeySalt(vec![n; 30]);
    let suite = sdp::Suite::AesCm128HmacSha1_80;
    Security::Sdes(Box::new(Sdes { suite, send: key(send), receive: key(receive) }))
}

fn dtls(fingerprint: u8, by_ice: bool) -> Security {
    let ice = by_ice.then(|| Ice {
        local_ufrag: "here".into(),
        local_password: "here-password-0123456789".into(),
        remote_ufrag: "there".into(),
        remote_password: "there-password-0123456789".into(),
    });
    Security::Dtls(Box::new(Dtls { fingerprint: [fingerprint; 32], active: false, ice }))
}

fn context(n: u8) -> Context {
    Context::new(srtp::Suite::AesCm128HmacSha1_80, &[n; 30]).unwrap()
}

/// A packet of RTP, protected by `context`.
fn sealed(context: &mut Context, sequence: u16) -> Vec<u8> {
    let header = rtp::Header { marker: false, payload_type: 0, sequence, timestamp: 0, ssrc: 9 };
    let mut packet = [header.to_bytes().as_slice(), &[0x55; 160]].concat();
    packet.resize(172 + OVERHEAD_MAX, 0);
    let length = context.protect(&mut packet, 172).unwrap();
    packet.truncate(length);
    packet
}

fn check(n: u8) -> Vec<u8> {
    let mut out = vec![0; 200];
    let length = Writer::new(&mut out, Class::Request, [n; 12])
        .username(b"here:there")
        .priority(1)
        .role(Role::Controlling(7))
        .use_candidate()
        .integrity(&Key::new("here-password-0123456789"))
        .fingerprint()
        .finish()
        .unwrap();
    out.truncate(length);
    out
}

impl Desk {
    fn negotiate(&mut self, now: u64) {
        let moved = self.leg.latch.negotiated(self.media.remote, self.media.signalled_from);
        self.leg.secure(&self.media, moved, now, &mut self.handshakes);
    }

    fn hear(&mut self, now: u64, from: &str, datagram: &[u8]) -> Opened {
        let mut answer = [0; 500];
        self.leg.uncover(now, Some(addr(from)), &mut datagram.to_vec(), &mut answer, &mut self.handshakes)
    }

    /// The handshake thread is done with association `number`.
    fn secured(&mut self, number: u64, peer: Option<SocketAddr>) {
        self.leg.secured(number, Secured { send: context(1), receive: context(2), peer });
    }

    fn asked(&self) -> Vec<String> {
        let name = |request| match request {
            Request::Begin(id, terms) => format!("begin {} {:?}", id.number, terms.expected),
            Request::Datagram(id, from, _) => format!("datagram {} {from}", id.number),
            Request::End(id) => format!("end {}", id.number),
        };
        self.requests.try_iter().map(name).collect()
    }
}

#[test]
fn a_browser_that_no_longer_checks_no_longer_wants_our_packets() {
    let mut desk = desk(dtls(1, true));
    let from = "127.77.0.9:5000";
    assert_eq!(desk.hear(SECOND, from, &check(1)), Opened::Nothing);
    assert_eq!(desk.leg.latch.target(), Some(addr(from)), "where ICE says it is, not its SDP");
    desk.secured(1, None);
    desk.leg.tend_protection(30 * SECOND, &mut desk.handshakes);
    assert!(desk.leg.protection.is_ready());
    desk.leg.tend_protection(32 * SECOND, &mut desk.handshakes);
    assert!(!desk.leg.protection.is_ready());
    let mut packet = [0x80; 300];
    assert_eq!(desk.leg.protection.protect(&mut packet, 172), None);
    assert_eq!(desk.leg.protection.protect_rtcp(&mut packet, 100), None);
    desk.hear(33 * SECOND, from, &check(2));
    desk.leg.tend_protection(34 * SECOND, &mut desk.handshakes);
    assert!(desk.leg.protection.is_ready());
}

#[test]
fn r14_what_is_not_the_peers_is_counted_and_never_handed_over() {
    let mut desk = desk(dtls(1, true));
    let hello = [22, 0xFE, 0xFD, 0, 0];
    for from in ["127.77.0.2:4000", "127.77.0.66:1"] {
        assert_eq!(desk.hear(SECOND, from, &hello), Opened::Nothing);
    }
    assert_eq!((desk.leg.strangers, desk.asked()), (2, vec!["begin 1 None".to_owned()]));
    desk.hear(SECOND, "127.77.0.9:5000", &check(1));
    desk.hear(SECOND, "127.77.0.9:5000", &hello);
    desk.hear(SECOND, "127.77.0.2:4000", &hello);
    assert_eq!((desk.leg.strangers, desk.asked()), (3, vec!["datagram 1 127.77.0.9:5000".to_owned()]));
    // Neither STUN, DTLS nor RTP (RFC 7983).
    for first in [4, 19, 64, 127, 192, 255] {
        desk.hear(SECOND, "127.77.0.9:5000", &[first; 50]);
    }
    desk.hear(SECOND, "127.77.0.9:5000", &[]);
    assert_eq!(desk.leg.strangers, 10);
}

#[test]
fn the_datagrams_of_one_association_are_not_without_end() {
    let mut desk = desk(dtls(1, false));
    for _ in 0..2 * DATAGRAMS_MAX {
        desk.hear(SECOND, "127.77.0.2:4000", &[22; 50]);
    }
    assert_eq!(desk.asked().len(), DATAGRAMS_MAX as usize + 1);
    assert_eq!(desk.leg.strangers, u64::from(DATAGRAMS_MAX));
    // A stranger on an allowed address has not used them up for good.
    for _ in 0..DATAGRAMS_MAX {
        desk.hear(2 * SECOND, "127.77.0.2:4000", &[22; 50]);
    }
    assert_eq!(desk.asked().len(), 20);
}

#[test]
fn voice_before_its_keys_is_dropped_and_nobodys_fault() {
    let mut desk = desk(dtls(1, false));
    assert_eq!(desk.hear(0, "127.77.0.2:4000", &sealed(&mut context(2), 1)), Opened::Nothing);
    assert_eq!((desk.leg.strangers, desk.leg.protection.is_ready()), (0, false));
    assert!(desk.leg.protection.holds_back(4 * SECOND) && !desk.leg.protection.holds_back(6 * SECOND));
    desk.secured(1, Some(addr("127.77.0.2:6000")));
    assert_eq!(desk.leg.latch.target(), Some(addr("127.77.0.2:6000")), "where it shook hands");
    let heard = desk.hear(0, "127.77.0.2:6000", &sealed(&mut context(2), 2));
    assert_eq!(heard, Opened::Rtp { length: 172, sure: false });
    // Twice the same: the network's doing.
    let mut theirs = context(2);
    let again = sealed(&mut theirs, 2);
    assert_eq!((desk.hear(0, "127.77.0.2:6000", &again), desk.leg.strangers), (Opened::Nothing, 0));
}

#[test]
fn an_answer_to_an_older_association_is_ignored() {
    let mut desk = desk(dtls(1, false));
    desk.media.security = dtls(2, false);
    desk.negotiate(SECOND);
    assert_eq!(desk.asked(), ["begin 1 Some(127.77.0.2:4000)", "end 1", "begin 2 Some(127.77.0.2:4000)"]);
    desk.secured(1, None);
    assert!(!desk.leg.protection.is_ready(), "another certificate is another peer");
    desk.secured(2, None);
    assert!(desk.leg.protection.is_ready());
    desk.leg.unsecure(&mut desk.handshakes);
    assert_eq!(desk.asked(), ["end 2"]);
}

#[test]
fn a_phone_that_moves_may_shake_hands_anew_and_is_heard_under_the_old_keys_until_then() {
    let mut desk = desk(dtls(1, false));
    desk.secured(1, Some(addr("127.77.0.2:4000")));
    desk.media.remote = addr("127.77.0.3:4000");
    desk.negotiate(SECOND);
    assert_eq!(desk.asked(), ["begin 1 Some(127.77.0.2:4000)", "end 1", "begin 2 Some(127.77.0.3:4000)"]);
    assert!(desk.leg.protection.is_ready());
    let heard = desk.hear(SECOND, "127.77.0.3:4000", &sealed(&mut context(2), 1));
    assert_eq!(heard, Opened::Rtp { length: 172, sure: false });
}

#[test]
fn a_new_key_of_one_direction_leaves_the_other_where_it_is() {
    let mut desk = desk(sdes(1, 2));
    let mut theirs = context(2);
    // Past a rollover: a new context would not know of it.
    for sequence in [65_000, 65_500, 400, 401] {
        let packet = sealed(&mut theirs, sequence);
        assert!(matches!(desk.hear(0, "127.77.0.2:4000", &packet), Opened::Rtp { .. }));
    }
    desk.media.security = sdes(3, 2);
    desk.negotiate(SECOND);
    let packet = sealed(&mut theirs, 402);
    assert!(matches!(desk.hear(SECOND, "127.77.0.2:4000", &packet), Opened::Rtp { .. }));
    let mut packet = sealed(&mut context(9), 1);
    packet.resize(400, 0);
    let length = desk.leg.protection.protect(&mut packet, 172).unwrap();
    assert!(context(3).unprotect(&mut packet[..length]).is_ok(), "ours is the new one");
    desk.media.security = sdes(3, 4);
    desk.negotiate(2 * SECOND);
    let packet = sealed(&mut theirs, 403);
    assert_eq!((desk.hear(2 * SECOND, "127.77.0.2:4000", &packet), desk.leg.strangers), (Opened::Nothing, 1));
}

#[test]
fn a_key_that_comes_back_goes_on_where_it_was() {
    let (aes, gcm) = (sdp::Suite::AesCm128HmacSha1_80, sdp::Suite::AeadAes128Gcm);
    let other =
        Security::Sdes(Box::new(Sdes { suite: gcm, send: KeySalt(vec![1; 28]), receive: KeySalt(vec![2; 28]) }));
    // A key that is too short: no contexts, and yet nothing of ours is forgotten.
    let broken =
        Security::Sdes(Box::new(Sdes { suite: aes, send: KeySalt(vec![1; 30]), receive: KeySalt(vec![2; 9]) }));
    for between in [Security::Plain, dtls(1, false), other, broken, sdes(3, 2), sdes(1, 4)] {
        let mut desk = desk(sdes(1, 2));
        let mut theirs = context(1);
        let mut sent = Vec::new();
        let mut number = 65_000u16;
        for round in 0..4 {
            desk.media.security = if round % 2 == 0 { sdes(1, 2) } else { between.clone() };
            desk.negotiate(SECOND * (round + 1));
            if round % 2 == 1 {
                continue;
            }
            for _ in 0..3 {
                let header = rtp::Header { marker: false, payload_type: 0, sequence: number, timestamp: 0, ssrc: 9 };
                number = number.wrapping_add(300);
                let mut packet = [header.to_bytes().as_slice(), &[0x55; 160], &[0; OVERHEAD_MAX]].concat();
                let length = desk.leg.protection.protect(&mut packet, 172).unwrap();
                theirs.unprotect(&mut packet[..length]).unwrap_or_else(|error| panic!("{between:?}: {error}"));
                let mut report = [[0x80, 200, 0, 6].as_slice(), &[9; 24], &[0; OVERHEAD_MAX]].concat();
                let length = desk.leg.protection.protect_rtcp(&mut report, 28).unwrap();
                sent.push(report[..length].to_vec());
                theirs.unprotect_rtcp(&mut report[..length]).unwrap_or_else(|error| panic!("{between:?}: {error}"));
            }
        }
        sent.dedup();
        assert_eq!(sent.len(), 6);
        // A number that was used under the key is not used again.
        let header = rtp::Header { marker: false, payload_type: 0, sequence: 65_000, timestamp: 0, ssrc: 9 };
        let mut packet = [header.to_bytes().as_slice(), &[0x66; 160], &[0; OVERHEAD_MAX]].concat();
        desk.media.security = between.clone();
        desk.negotiate(9 * SECOND);
        desk.media.security = sdes(1, 2);
        desk.negotiate(10 * SECOND);
        assert_eq!(desk.leg.protection.protect(&mut packet, 172), None);
    }
}
