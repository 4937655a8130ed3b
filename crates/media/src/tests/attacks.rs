//! Attacks on many calls at once, and on a recording.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use super::house::*;
use rtp::rtcp::Compound;
use rtp::{FRAME, Header, g711, tone};
use sdp::Codec::Pcmu;
use switch::CallId;
use switch::media::{Order, Side, Source};

/// Calls under attack, besides the recorded one.
const CALLS: u64 = 19;
/// What is sprayed sounds like this.
const SPRAYED: f32 = 1900.0;
/// Less than this is not heard.
const SILENT: f32 = 3000.0;

/// Somebody with RTP of his own, and a stream that would be latched if it came from the right place.
struct Attacker {
    socket: UdpSocket,
    header: Header,
    payload: Vec<u8>,
}

impl Attacker {
    fn new(at: SocketAddr, ssrc: u32) -> Self {
        let socket = UdpSocket::bind(at).unwrap();
        socket.set_nonblocking(true).unwrap();
        let payload = tone::sine(SPRAYED, 8000.0, FRAME).into_iter().map(g711::mu_encode).collect();
        let header = Header { marker: true, payload_type: 0, sequence: 1, timestamp: 1, ssrc };
        Self { socket, header, payload }
    }

    /// The next packet of his stream, to each of these ports.
    fn spray(&mut self, to: std::net::IpAddr, ports: impl Iterator<Item = u16>) {
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(FRAME as u32);
        let packet = [&self.header.to_bytes()[..], &self.payload].concat();
        for port in ports {
            // Where nothing listens the system says so by ICMP.
            let _ = self.socket.send_to(&packet, (to, port));
        }
    }

    fn got_nothing(&self) {
        loop {
            match self.socket.recv_from(&mut [0; 2000]) {
                Ok((length, from)) => panic!("{length} bytes from {from}"),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                Err(_) => {}
            }
        }
    }
}

/// A leg of some other call, and its phone.
fn another(house: &House, leg: u64, call: u64, side: Side, hz: f32) -> Phone {
    let leg = endpoint::LegId(leg);
    let local = house.address(1, 10_000 + 2 * leg.0 as u16);
    let phone = Phone::new(house.address(100 + leg.0 as u8, 4000), local, Pcmu, hz);
    house.order(Order::OpenLeg { leg, call: CallId(1000 + call), local, side });
    house.order(Order::Negotiated { leg, media: phone.media() });
    phone
}

#[test]
fn r11_a_spray_over_all_ports_during_twenty_calls_gets_nothing_back_and_nothing_in() {
    let house = House::new();
    let mut phones =
        vec![house.phone(CALLER, Side::Caller, Pcmu, 700.0), house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0)];
    let legs = |call: u64| [8 + 2 * call, 9 + 2 * call];
    for call in 0..CALLS {
        let [one, two] = legs(call);
        phones.push(another(&house, one, call, Side::Caller, 700.0));
        phones.push(another(&house, two, call, Side::Ours, 1100.0));
    }
    let to = phones[0].to.ip();
    let ports = 10_000..10_100;
    assert!(phones.iter().all(|phone| ports.contains(&phone.to.port())));
    let mut attackers = [Attacker::new(house.address(66, 4000), 66), Attacker::new(house.address(67, 4000), 700)];
    // They are there before anybody speaks.
    for _ in 0..5 {
        attackers.iter_mut().for_each(|attacker| attacker.spray(to, ports.clone()));
    }
    let start = house.record();
    house.bridge(CALLER, OPERATOR);
    for call in 0..CALLS {
        let [one, two] = legs(call).map(endpoint::LegId);
        house.order(Order::Hear { leg: one, source: Source::Leg(two) });
        house.order(Order::Hear { leg: two, source: Source::Leg(one) });
    }
    let mut everybody: Vec<&mut Phone> = phones.iter_mut().collect();
    for _ in 0..40 {
        attackers.iter_mut().for_each(|attacker| attacker.spray(to, ports.clone()));
        talk(&mut everybody, 20);
    }
    talk_until(&mut everybody, "everybody hears the other", |phones| {
        phones.chunks(2).all(|pair| pair[0].hears(1100.0, 1600) > LOUD && pair[1].hears(700.0, 1600) > LOUD)
    });
    for phone in &phones {
        assert!(phone.hears(SPRAYED, phone.heard.len()) < SILENT, "{} hears the attacker", phone.to);
        assert!(phone.others.is_empty());
    }
    attackers.iter().for_each(Attacker::got_nothing);
    let (_, samples) = house.recorded(start, Duration::from_millis(800));
    for channel in [0, 1] {
        assert!(recorded_power(&samples, channel, SPRAYED) < SILENT, "recorded");
    }
    assert!(house.close(CALLER).strangers >= 20 && house.close(OPERATOR).strangers >= 20, "counted");
}

#[test]
fn r12_foreign_sources_goodbyes_and_rubbish_leave_the_recording_as_it_is() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| {
        phones[0].hears(1100.0, 1600) > LOUD && phones[1].hears(700.0, 1600) > LOUD
    });
    // One elsewhere with the caller's own SSRC, and one on the caller's machine with another.
    let mut elsewhere = Attacker::new(house.address(66, 4000), caller.ssrc);
    let mut beside = Attacker::new(SocketAddr::new(caller.socket.local_addr().unwrap().ip(), 5000), 66);
    let goodbye = Compound::report(caller.ssrc, None, None, "x", true);
    let to = caller.to;
    let start = house.record();
    for round in 0..50_u8 {
        for attacker in [&mut elsewhere, &mut beside] {
            attacker.header.sequence = caller.sequence;
            attacker.header.timestamp = caller.timestamp;
            attacker.spray(to.ip(), [to.port(), operator.to.port()].into_iter());
            for port in [to.port(), to.port() + 1] {
                let _ = attacker.socket.send_to(goodbye.as_bytes(), (to.ip(), port));
                let _ = attacker.socket.send_to(&[round.wrapping_mul(89); 60], (to.ip(), port));
            }
        }
        let _ = caller.rtcp.send_to(goodbye.as_bytes(), (to.ip(), to.port() + 1));
        talk(&mut [&mut caller, &mut operator], 20);
    }
    let (recording, samples) = house.recorded(start, Duration::from_millis(1000));
    assert_eq!((samples.len(), recording.samples), (8000, 8000));
    for (channel, hz) in [(0, 700.0), (1, 1100.0)] {
        assert!(recorded_power(&samples, channel, hz) > LOUD, "the voice");
        assert!(recorded_power(&samples, channel, SPRAYED) < SILENT, "the attacker");
    }
    elsewhere.got_nothing();
    beside.got_nothing();
    assert!(
        caller.hears(SPRAYED, caller.heard.len()) < SILENT && operator.hears(SPRAYED, operator.heard.len()) < SILENT
    );
}
