//! Requests too large for a datagram (RFC 3261 section 18.1.1).

use super::*;
use crate::large::{DATAGRAM_BYTES_MAX, TCP_PATIENCE};

/// An offer that makes any INVITE too large.
fn large() -> String {
    format!("{OFFER}{}", "a=x-padding:0123456789012345678901234567890123456789\r\n".repeat(25))
}

fn calls(house: &mut House, leg: u64, remote: &str) -> (Flow, Message) {
    house.order(Order::Invite(Invite {
        leg: LegId(leg),
        to: Destination::Address(addr(remote), "101".to_owned()),
        display: String::new(),
        caller: None,
        withheld: false,
        redirected: None,
        body: bytes(&large()),
        headers: Vec::new(),
        max_forwards: 70,
        auto_answer: false,
        web_body: None,
        on_behalf_of: None,
    }));
    house.sent.pop_front().unwrap()
}

fn via(message: &Message) -> (String, String) {
    let via = message.via().unwrap();
    let token = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (token(via.transport_token()), token(via.branch().unwrap()))
}

#[test]
fn rfc_3261_18_1_1_a_large_invite_goes_over_tcp_and_its_small_ack_does_not() {
    let mut house = House::new();
    let (flow, invite) = calls(&mut house, 2, PHONE);
    assert!(invite.bytes().len() > DATAGRAM_BYTES_MAX);
    assert_eq!((flow.protocol, flow.remote, via(&invite).0.as_str()), (Protocol::Tcp, addr(PHONE), "TCP"));
    house.hear_flow(tcp(PHONE, 3), reply(&invite, 180, "t", &[], ""));
    house.after(seconds(2));
    assert!(house.sent.is_empty(), "it takes TCP: {:?}", house.sent);
    house.hear_flow(tcp(PHONE, 3), accept(&invite, "t", PHONE, ANSWER));
    let (flow, ack) = house.sent.pop_front().unwrap();
    assert_eq!((flow, ack.method()), (udp(PHONE), Method::Ack));
    let (next, _) = calls(&mut house, 4, PHONE);
    assert_eq!(next.protocol, Protocol::Tcp);
}

#[test]
fn rfc_3261_18_1_1_who_takes_no_tcp_gets_it_by_udp_soon_and_at_once_the_next_time() {
    for refused in [true, false] {
        let mut house = House::new();
        let (flow, first) = calls(&mut house, 2, PHONE);
        if refused {
            house.endpoint.transport_failed(house.now, flow);
            house.drain();
        } else {
            house.after(TCP_PATIENCE);
        }
        let (flow, again) = house.sent.pop_front().unwrap();
        assert_eq!((flow, via(&again).0.as_str()), (udp(PHONE), "UDP"));
        assert!(via(&again).1 != via(&first).1, "a transaction of its own");
        assert_eq!((again.call_id(), again.cseq(), again.body()), (first.call_id(), first.cseq(), first.body()));
        house.hear(PHONE, reply(&again, 180, "t", &[], ""));
        assert!(matches!(house.event(), LegEvent::Progress { leg: LegId(2), .. }));
        let (next, _) = calls(&mut house, 4, PHONE);
        assert_eq!(next, udp(PHONE), "remembered");
        let (other, _) = calls(&mut house, 6, TABLET);
        assert_eq!(other.protocol, Protocol::Tcp, "of this peer alone");
        house.order(Order::Hangup { leg: LegId(2), reason: None });
        let cancel = house.request(PHONE, Method::Cancel);
        assert_eq!(via(&cancel), via(&again));
    }
}

#[test]
fn rfc_3261_18_1_1_a_call_that_was_given_up_meanwhile_is_not_sent_again() {
    let mut house = House::new();
    let (flow, _) = calls(&mut house, 2, PHONE);
    house.order(Order::Hangup { leg: LegId(2), reason: None });
    house.event();
    house.after(TCP_PATIENCE * 2);
    house.endpoint.transport_failed(house.now, flow);
    house.drain();
    house.silent();
    house.assert_idle();
}

#[test]
fn a_house_without_tcp_sends_what_it_can() {
    let mut house = House::with(|config| config.listeners.retain(|one| one.protocol == Protocol::Udp), Vec::new());
    let (flow, _) = calls(&mut house, 2, PHONE);
    assert_eq!(flow, udp(PHONE));
}

#[test]
fn rfc_3261_18_1_1_a_phone_behind_nat_gets_a_large_invite_by_udp_at_once() {
    for (contact, protocol) in [
        ("<sip:101@10.0.0.5:5060>", Protocol::Udp),
        ("<sip:101@203.0.113.5:40000>", Protocol::Tcp),
        ("<sip:101@phone.test:5060>", Protocol::Tcp),
    ] {
        let mut house = House::new();
        house.register(udp(PHONE), "101", contact);
        let invite = House::invite(LegId(2), Destination::Account(HANAKO));
        house.order(Order::Invite(Invite { body: bytes(&large()), ..invite }));
        let (flow, request) = house.sent.pop_front().unwrap();
        assert!(request.bytes().len() > DATAGRAM_BYTES_MAX);
        assert_eq!((flow.protocol, flow.remote), (protocol, addr(PHONE)), "{contact}");
    }
}
