//! A link without a network: what it takes from strangers, how often it begins, when it gives up.

use super::*;
use crate::clock;
use crate::handshake::Certificate;
use endpoint::LegId;

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
    for port in 1..=20 {
        let mut stranger = client(&table, &peer, now);
        let mut hello = Vec::new();
        stranger.turn(table.epoch.instant(now), None, &mut |datagram| hello.push(datagram.to_vec())).unwrap();
        table.turn(now, Some((&format!("10.0.0.1:{port}"), &hello[0])));
    }
    assert_eq!(table.link.sessions(), SOURCES_MAX);
    let mut other = client(&table, &peer, now);
    let (outcome, _) = table.talk(&mut other, "10.0.0.1:4000", now);
    assert!(matches!(outcome, Some(What::Secured(_))), "the address in the SDP finds room");
    let mut table = self::table(peer.fingerprint, true);
    for _ in 0..2 * ATTEMPTS_MAX {
        let mut stranger = client(&table, &Certificate::make().unwrap(), now);
        table.talk(&mut stranger, "10.0.0.1:4000", now);
    }
    assert_eq!(100 - table.room, usize::from(ATTEMPTS_MAX));
}

#[test]
fn a_handshake_that_stops_halfway_is_given_up_after_thirty_seconds() {
    let peer = Certificate::make().unwrap();
    let mut table = table(peer.fingerprint, true);
    let now = clock::now();
    let mut other = client(&table, &peer, now);
    let mut hello = Vec::new();
    other.turn(table.epoch.instant(now), None, &mut |datagram| hello.push(datagram.to_vec())).unwrap();
    assert!(table.turn(now, Some(("10.0.0.1:4000", &hello[0]))).is_none());
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
    let outcome = table.turn(clock::now(), Some(("10.0.0.1:4000", &[22; 40])));
    assert!(matches!(outcome, Some(What::Failed(Failure::Full))));
    assert_eq!(table.link.sessions(), 0);
}
