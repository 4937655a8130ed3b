//! A link without a network: what it takes from strangers, how often it begins, when it gives up.

use super::*;
use crate::clock;
use crate::handshake::Certificate;
use endpoint::LegId;

/// The beginning of a ClientHello.
const HELLO: [u8; 19] = [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 1, 0, 0, 9, 0, 0];
/// A fatal alert that nothing protects: handshake_failure.
const ALERT: [u8; 15] = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40];

/// A link, and a client that may or may not be its peer.
struct Table {
    link: Link,
    configs: Configs,
    epoch: Epoch,
    ours: [u8; 32],
    room: usize,
    sent: Vec<(Vec<u8>, Option<SocketAddr>)>,
}

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn client(table: &Table, certificate: &Certificate, now: u64) -> Session {
    let config = Arc::new(dimpl::Config::builder().build().unwrap());
    Session::new(config, certificate.identity.clone(), table.ours, true, table.epoch.instant(now))
}

/// What a client says first.
fn hello(client: &mut Session, table: &Table, now: u64) -> Vec<u8> {
    let mut said = Vec::new();
    client.turn(table.epoch.instant(now), None, &mut |datagram| said.push(datagram.to_vec())).unwrap();
    said.swap_remove(0)
}

/// More ports than are kept say hello, and no more than that.
fn strangers_say_hello(table: &mut Table, certificate: &Certificate, now: u64) {
    for port in 1..=20 {
        let hello = hello(&mut client(table, certificate, now), table, now);
        table.turn(now, Some((&format!("10.0.0.1:{port}"), &hello)));
    }
    assert_eq!(table.link.sessions(), SOURCES_MAX);
}

fn table(fingerprint: [u8; 32], by_ice: bool) -> Table {
    let ours = Certificate::make().unwrap();
    let terms = Terms { leg: LegId(1), fingerprint, active: false, by_ice, expected: Some(addr("10.0.0.1:4000")) };
    let configs = Configs::new(&ours).unwrap();
    let (link, epoch) = (Link::new(terms), Epoch::new());
    Table { link, configs, epoch, ours: ours.fingerprint, room: 100, sent: Vec::new() }
}

impl Table {
    fn turn(&mut self, now: u64, datagram: Option<(&str, &[u8])>) -> Option<What> {
        let sent = &mut self.sent;
        let datagram = datagram.map(|(from, datagram)| (addr(from), datagram));
        self.link.turn(&self.configs, &self.epoch, now, datagram, &mut self.room, &mut |datagram, to| {
            sent.push((datagram.to_vec(), to));
        })
    }

    /// The fingerprint of a peer who calls us is known: we call it instead.
    fn active(mut self) -> Self {
        self.link.terms.active = true;
        self
    }

    /// Lets a client talk to it from an address until nobody says anything more: what came of it, and the client's keys.
    fn talk(&mut self, client: &mut Session, from: &str, now: u64) -> (Option<What>, Option<Keys>) {
        let (mut outcome, mut keys) = (None, None);
        let mut to_client: Vec<Vec<u8>> = Vec::new();
        let at = self.epoch.instant(now);
        for round in 0..20 {
            let mut to_us = Vec::new();
            let mut send = |datagram: &[u8]| to_us.push(datagram.to_vec());
            if round == 0 {
                client.turn(at, None, &mut send).unwrap();
            }
            for datagram in to_client.drain(..) {
                let turn = client.turn(at, Some(&datagram), &mut send).unwrap();
                keys = keys.or(turn.keys);
            }
            for datagram in to_us {
                outcome = self.turn(now, Some((from, &datagram))).or(outcome);
            }
            to_client
                .extend(self.sent.drain(..).filter(|(_, to)| *to == Some(addr(from))).map(|(datagram, _)| datagram));
        }
        (outcome, keys)
    }
}

#[test]
fn only_the_peers_certificate_leads_to_keys_and_then_nobody_else_is_heard() {
    let peer = Certificate::make().unwrap();
    let mut table = table(peer.fingerprint, false);
    let now = clock::now();
    let mut stranger = client(&table, &Certificate::make().unwrap(), now);
    let (outcome, keys) = table.talk(&mut stranger, "10.0.0.1:9999", now);
    assert!(matches!(outcome, Some(What::Failed(Failure::Fingerprint))) && keys.is_none());
    let mut other = client(&table, &peer, now);
    let (outcome, keys) = table.talk(&mut other, "10.0.0.1:4000", now);
    let Some(What::Secured(mut secured)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(secured.peer, Some(addr("10.0.0.1:4000")));
    let mut keys = keys.unwrap();
    let mut packet = [0x80; 300];
    let length = keys.send.protect(&mut packet, 172).unwrap();
    assert_eq!(secured.receive.unprotect(&mut packet[..length]).unwrap(), 172);
    let length = secured.send.protect(&mut packet, 172).unwrap();
    assert_eq!(keys.receive.unprotect(&mut packet[..length]).unwrap(), 172);
    assert_eq!(table.link.sessions(), 1);
    let mut late = client(&table, &peer, now);
    let (outcome, keys) = table.talk(&mut late, "10.0.0.1:7777", now);
    assert!(outcome.is_none() && keys.is_none() && table.sent.is_empty());
    // It stays to repeat its last flight, and then it goes.
    table.turn(now + LINGER + MILLISECOND, None);
    assert_eq!((table.link.sessions(), table.link.due), (0, NEVER));
}

#[test]
fn sources_and_attempts_are_counted() {
    let peer = Certificate::make().unwrap();
    let mut table = table(peer.fingerprint, false);
    let now = clock::now();
    strangers_say_hello(&mut table, &peer, now);
    let mut other = client(&table, &peer, now);
    let (outcome, _) = table.talk(&mut other, "10.0.0.1:4000", now);
    assert!(matches!(outcome, Some(What::Secured(_))), "the address in the SDP finds room");
    let mut table = self::table(peer.fingerprint, true);
    for _ in 0..2 * ATTEMPTS_MAX {
        let mut stranger = client(&table, &Certificate::make().unwrap(), now);
        table.talk(&mut stranger, "10.0.0.1:4000", now);
    }
    assert_eq!(100 - table.room, ATTEMPTS_MAX as usize);
}

#[test]
fn a_handshake_that_stops_halfway_is_given_up_after_thirty_seconds() {
    let peer = Certificate::make().unwrap();
    let mut table = table(peer.fingerprint, true);
    let now = clock::now();
    let mut other = client(&table, &peer, now);
    let hello = hello(&mut other, &table, now);
    assert!(table.turn(now, Some(("10.0.0.1:4000", &hello))).is_none());
    let mut flights = 0;
    let mut outcome = None;
    let mut at = now;
    while outcome.is_none() {
        assert!(table.link.due > at, "always later");
        at = table.link.due;
        assert!(at <= now + 31_000 * MILLISECOND);
        table.sent.clear();
        outcome = table.turn(at, None);
        flights += usize::from(!table.sent.is_empty());
    }
    assert!(matches!(outcome, Some(What::Failed(Failure::TimedOut))) && flights >= 4, "{flights} {outcome:?}");
    assert_eq!(table.link.sessions(), 0);
}

#[test]
fn without_room_nothing_begins() {
    let peer = Certificate::make().unwrap();
    let mut table = table(peer.fingerprint, true);
    table.room = 0;
    let outcome = table.turn(clock::now(), Some(("10.0.0.1:4000", &HELLO)));
    assert!(matches!(outcome, Some(What::Failed(Failure::Full))));
    assert_eq!(table.link.sessions(), 0);
}

#[test]
fn r13_forged_alerts_do_not_silence_a_call() {
    let peer = Certificate::make().unwrap();
    for by_ice in [false, true] {
        let mut table = table(peer.fingerprint, by_ice);
        let now = clock::now();
        // Neither before the peer speaks nor in the middle: what else is no ClientHello begins nothing either.
        let other = [&[22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6], [2, 0, 0, 9, 0, 0].as_slice()].concat();
        for _ in 0..10 {
            assert!(table.turn(now, Some(("10.0.0.1:4000", &ALERT))).is_none());
            assert!(table.turn(now, Some(("10.0.0.1:4000", &other))).is_none());
        }
        assert_eq!((table.link.sessions(), table.room), (0, 100));
        let mut other = client(&table, &peer, now);
        let hello = hello(&mut other, &table, now);
        table.turn(now, Some(("10.0.0.1:4000", &hello)));
        for _ in 0..10 {
            let bundled = [hello.as_slice(), &ALERT].concat();
            assert!(table.turn(now, Some(("10.0.0.1:4000", &ALERT))).is_none());
            assert!(table.turn(now, Some(("10.0.0.1:4000", &bundled))).is_none());
        }
        assert_eq!(table.link.sessions(), 1);
        let (mut outcome, mut to_us) = (None, Vec::new());
        let at = table.epoch.instant(now);
        for _ in 0..20 {
            for (datagram, _) in std::mem::take(&mut table.sent) {
                other.turn(at, Some(&datagram), &mut |datagram| to_us.push(datagram.to_vec())).unwrap();
            }
            for datagram in to_us.drain(..) {
                table.turn(now, Some(("10.0.0.1:4000", &ALERT)));
                outcome = table.turn(now, Some(("10.0.0.1:4000", &datagram))).or(outcome);
            }
        }
        assert!(matches!(outcome, Some(What::Secured(_))), "{outcome:?}");
    }
}

#[test]
fn attempts_come_back_with_time() {
    let peer = Certificate::make().unwrap();
    let mut table = table(peer.fingerprint, true);
    let now = clock::now();
    for _ in 0..2 * ATTEMPTS_MAX {
        let mut stranger = client(&table, &Certificate::make().unwrap(), now);
        table.talk(&mut stranger, "10.0.0.1:4000", now);
    }
    let mut other = client(&table, &peer, now);
    assert!(table.talk(&mut other, "10.0.0.1:4000", now).0.is_none());
    let later = now + ATTEMPT_RETURNS;
    let mut other = client(&table, &peer, later);
    assert!(matches!(table.talk(&mut other, "10.0.0.1:4000", later).0, Some(What::Secured(_))));
}

#[test]
fn who_only_says_hello_does_not_keep_the_peer_out() {
    let peer = Certificate::make().unwrap();
    let mut table = table(peer.fingerprint, false);
    let now = clock::now();
    strangers_say_hello(&mut table, &peer, now);
    let mut other = client(&table, &peer, now);
    let (outcome, _) = table.talk(&mut other, "10.0.0.1:6000", now);
    assert!(matches!(outcome, Some(What::Secured(_))), "not where its SDP says, and yet");
}

#[test]
fn who_is_past_the_cookie_keeps_its_place() {
    let peer = Certificate::make().unwrap();
    let mut table = table(peer.fingerprint, false);
    let now = clock::now();
    let at = table.epoch.instant(now);
    let hello = |client: &mut Session, datagram: Option<&[u8]>| {
        let mut out = Vec::new();
        client.turn(at, datagram, &mut |datagram| out.push(datagram.to_vec())).unwrap();
        out
    };
    let mut other = client(&table, &peer, now);
    let first = hello(&mut other, None);
    table.turn(now, Some(("10.0.0.1:6000", &first[0])));
    let cookie = table.sent.pop().unwrap().0;
    let second = hello(&mut other, Some(&cookie));
    table.turn(now, Some(("10.0.0.1:6000", &second[0])));
    for port in 1..=20 {
        let mut stranger = client(&table, &peer, now);
        let first = hello(&mut stranger, None);
        table.turn(now, Some((&format!("10.0.0.1:{port}"), &first[0])));
    }
    let kept = table.link.sources.iter().filter(|source| source.from == Some(addr("10.0.0.1:6000"))).count();
    assert_eq!((kept, table.link.sources.len()), (1, SOURCES_MAX));
}

#[test]
fn we_call_again_when_there_was_no_room() {
    let peer = Certificate::make().unwrap();
    let mut table = table(peer.fingerprint, false).active();
    let now = clock::now();
    table.room = 0;
    assert!(matches!(table.turn(now, None), Some(What::Failed(Failure::Full))));
    assert_eq!((table.link.sessions(), table.link.due), (0, now + CALL_AGAIN));
    assert!(table.turn(now + CALL_AGAIN, None).is_none(), "told once");
    assert_eq!(table.link.due, now + 2 * CALL_AGAIN);
    table.room = 1;
    assert!(table.turn(now + 2 * CALL_AGAIN, None).is_none());
    assert_eq!((table.link.sessions(), table.room), (1, 0));
    assert_eq!(table.sent.first().map(|(_, to)| *to), Some(Some(addr("10.0.0.1:4000"))));
    // Nobody answers: it is given up, and begun anew.
    let mut at = now + 2 * CALL_AGAIN;
    let mut given_up = 0;
    table.room = 100;
    while given_up < 2 {
        assert!(table.link.due > at && table.link.due <= at + 60_000 * MILLISECOND, "{}", table.link.due - at);
        at = table.link.due;
        given_up += u32::from(matches!(table.turn(at, None), Some(What::Failed(Failure::TimedOut))));
    }
    assert!(at >= now + 60_000 * MILLISECOND);
}
