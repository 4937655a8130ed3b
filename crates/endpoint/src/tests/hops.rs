//! Trunks with several places (RFC 3263 section 4.3), settings that change under way, and calls that wait for their turn.

use super::*;

const SECOND: &str = "198.51.100.2:5060";
const THIRD: &str = "198.51.100.3:5060";
const NUMBER: &str = "09087654321";

fn hop(address: &str) -> Hop {
    Hop { protocol: Protocol::Udp, address: addr(address) }
}

/// A trunk whose host name has three addresses.
fn three() -> Trunk {
    Trunk { hops: [CARRIER, SECOND, THIRD].map(hop).to_vec(), ..trunk(NGN, CARRIER) }
}

fn registering() -> Trunk {
    let registration = Registration {
        registrar: "sip:carrier.test".to_owned(),
        aor: "sip:0312345678@carrier.test".to_owned(),
        expires: seconds(3600),
    };
    Trunk { registration: Some(registration), ..three() }
}

fn over(trunk: TrunkId) -> Destination {
    Destination::Trunk { trunk, number: NUMBER.to_owned() }
}

fn house(trunk: Trunk) -> House {
    House::with(|_| {}, vec![trunk])
}

/// The trunk has registered; its Contact.
fn registered(trunk: Trunk) -> (House, String) {
    let mut house = house(trunk);
    let register = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, reply(&register, 200, "r", &[("Service-Route", "<sip:edge1.carrier.test;lr>")], ""));
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
    house.other.clear();
    (house, contact_uri(&register))
}

fn change(house: &mut House, trunk: Trunk) {
    house.endpoint.set_trunks(house.now, vec![trunk]);
    house.drain();
}

fn went_to(house: &House) -> Vec<String> {
    let alarms = house.other.iter().filter_map(|output| {
        let Output::Alarm(Alarm::HopChanged { hop, .. }) = output else { return None };
        Some(hop.to_string())
    });
    alarms.collect()
}

#[test]
fn r32_a_silent_hop_is_left_for_the_next_and_the_next_call_begins_there() {
    let mut house = house(three());
    let leg = house.calls(2, over(NGN));
    let first = house.request(CARRIER, Method::Invite);
    house.after(ms(1900));
    assert!(house.sent.iter().all(|(flow, _)| flow.remote == addr(CARRIER)), "not yet");
    house.after(ms(200));
    let second = house.request(SECOND, Method::Invite);
    assert_eq!((second.call_id(), second.cseq()), (first.call_id(), first.cseq()));
    assert_eq!(second.from().unwrap().tag(), first.from().unwrap().tag());
    assert_ne!(second.via().unwrap().branch(), first.via().unwrap().branch());
    assert_eq!(went_to(&house), [SECOND]);
    house.hear(SECOND, accept(&second, "t", SECOND, ANSWER));
    house.request(SECOND, Method::Ack);
    assert!(matches!(house.event(), LegEvent::Answered { .. }));
    // The first one was only slow, and somebody picked up there, too: acknowledged and ended (R39).
    house.sent.clear();
    house.hear(CARRIER, accept(&first, "late", CARRIER, ANSWER));
    house.request(CARRIER, Method::Ack);
    let bye = house.request(CARRIER, Method::Bye);
    house.hear(CARRIER, reply(&bye, 200, "late", &[], ""));
    house.silent();
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(SECOND, Method::Bye);
    house.hear(SECOND, reply(&bye, 200, "t", &[], ""));
    house.event();
    // Half a minute after its failure the first is tried again; before that the second is.
    for (leg, wait_s, expected) in [(4, 20, SECOND), (6, 10, CARRIER)] {
        house.after(seconds(wait_s));
        house.sent.clear();
        house.calls(leg, over(NGN));
        let invite = house.request(expected, Method::Invite);
        house.hear(expected, reply(&invite, 486, "t", &[], ""));
        house.sent.clear();
    }
    house.events.clear();
    house.assert_idle();
}

#[test]
fn r32_a_trunk_whose_hops_are_all_dead_is_given_up_within_four_seconds() {
    let mut house = house(three());
    let leg = house.calls(2, over(NGN));
    let began = house.now;
    while house.events.is_empty() {
        house.after(ms(100));
    }
    let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!() };
    assert_eq!((rejected, rejection.status, rejection.try_next_trunk), (leg, 408, true));
    assert!(house.now - began <= ms(4100), "{:?}", house.now - began);
    house.assert_idle();
}

#[test]
fn r32_dead_transports_are_walked_at_once() {
    let mut house = house(three());
    house.calls(2, over(NGN));
    for address in [CARRIER, SECOND] {
        house.request(address, Method::Invite);
        house.endpoint.transport_failed(house.now, udp(address));
        house.drain();
        assert!(house.events.is_empty());
    }
    house.request(THIRD, Method::Invite);
    house.endpoint.transport_failed(house.now, udp(THIRD));
    house.drain();
    let LegEvent::Rejected { rejection, .. } = house.event() else { panic!() };
    assert_eq!((rejection.status, rejection.try_next_trunk), (503, true));
    house.assert_idle();
}

#[test]
fn r32_a_hop_that_asks_to_be_left_alone_is_and_a_call_is_retried_once() {
    let mut house = house(three());
    house.calls(2, over(NGN));
    let first = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, reply(&first, 503, "a", &[("Retry-After", "60")], ""));
    house.request(CARRIER, Method::Ack);
    let second = house.request(SECOND, Method::Invite);
    house.hear(SECOND, reply(&second, 503, "b", &[("Retry-After", "60")], ""));
    house.request(SECOND, Method::Ack);
    // Not a third time: bursts of calls make it worse (JAPAN.md).
    let LegEvent::Rejected { rejection, .. } = house.event() else { panic!() };
    assert_eq!((rejection.status, rejection.try_next_trunk), (503, true));
    house.silent();
    house.calls(4, over(NGN));
    let third = house.request(THIRD, Method::Invite);
    house.hear(THIRD, reply(&third, 503, "c", &[("Retry-After", "20")], ""));
    house.request(THIRD, Method::Ack);
    house.event();
    // Nobody is there who would like to be called: nothing is sent, and it is said for how long.
    house.calls(6, over(NGN));
    let LegEvent::Rejected { rejection, .. } = house.event() else { panic!() };
    assert_eq!((rejection.status, rejection.retry_after, rejection.try_next_trunk), (503, Some(21), true));
    house.silent();
    house.after(seconds(21));
    house.sent.clear();
    house.calls(8, over(NGN));
    house.request(THIRD, Method::Invite);
}

#[test]
fn r32_no_hop_is_tried_after_it_rang_or_was_refused_by_a_person() {
    for (rings, status) in [(true, 503), (false, 486), (false, 500), (false, 404)] {
        let mut house = house(three());
        house.calls(2, over(NGN));
        let invite = house.request(CARRIER, Method::Invite);
        if rings {
            house.hear(CARRIER, reply(&invite, 180, "a", &[], ""));
            house.event();
        }
        house.hear(CARRIER, reply(&invite, status, "a", &[], ""));
        house.request(CARRIER, Method::Ack);
        let LegEvent::Rejected { rejection, .. } = house.event() else { panic!() };
        assert_eq!((rejection.status, rejection.try_next_trunk), (status, status == 500));
        house.silent();
    }
}

#[test]
fn r32_a_call_hung_up_between_two_hops_leaves_nothing() {
    let mut house = house(three());
    let leg = house.calls(2, over(NGN));
    let first = house.request(CARRIER, Method::Invite);
    house.after(ms(2100));
    let second = house.request(SECOND, Method::Invite);
    house.order(Order::Hangup { leg, reason: None });
    assert!(matches!(house.event(), LegEvent::Ended { how: Ending::WeHungUp, .. }));
    house.sent.clear();
    for (address, invite) in [(CARRIER, first), (SECOND, second)] {
        house.hear(address, reply(&invite, 100, "", &[], ""));
        let cancel = house.request(address, Method::Cancel);
        house.hear(address, reply(&cancel, 200, "x", &[], ""));
        house.hear(address, reply(&invite, 487, "x", &[], ""));
        house.request(address, Method::Ack);
    }
    house.silent();
    house.assert_idle();
}

#[test]
fn r32_registration_walks_the_hops_and_calls_go_where_it_stands() {
    let mut house = house(registering());
    house.request(CARRIER, Method::Register);
    house.after(ms(3100));
    let second = house.request(SECOND, Method::Register);
    assert_eq!(second.cseq().unwrap().number, 2);
    house.hear(SECOND, reply(&second, 503, "r", &[("Retry-After", "60")], ""));
    let third = house.request(THIRD, Method::Register);
    let route = "<sip:edge3.carrier.test;lr>";
    house.hear(THIRD, reply(&third, 200, "r", &[("Service-Route", route)], ""));
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
    house.sent.clear();
    house.calls(2, over(NGN));
    let invite = house.request(THIRD, Method::Invite);
    assert_eq!(text(&invite, Name::Route), route);
    house.silent();
}

#[test]
fn r32_a_registration_follows_when_its_hop_dies_under_a_call() {
    let (mut house, contact) = registered(registering());
    house.calls(2, over(NGN));
    let first = house.request(CARRIER, Method::Invite);
    assert_eq!(text(&first, Name::Route), "<sip:edge1.carrier.test;lr>");
    house.endpoint.transport_failed(house.now, udp(CARRIER));
    house.drain();
    // Registered anew over the next, under the same Contact; and the call goes there, without the first one's routes.
    let register = house.request(SECOND, Method::Register);
    assert_eq!(contact_uri(&register), contact);
    let invite = house.request(SECOND, Method::Invite);
    assert!(!invite.has(Name::Route));
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)], "the registration stands meanwhile");
    house.hear(SECOND, reply(&register, 200, "r", &[("Service-Route", "<sip:edge2.carrier.test;lr>")], ""));
    house.calls(4, over(NGN));
    assert_eq!(text(&house.request(SECOND, Method::Invite), Name::Route), "<sip:edge2.carrier.test;lr>");
    assert!(house.other.iter().all(|output| !matches!(output, Output::Trunk(_))), "{:?}", house.other);
}

#[test]
fn r32_probes_find_the_dead_hop_before_a_call_does() {
    let mut house = house(Trunk { probe: Some(seconds(60)), ..three() });
    let answer_all = |house: &mut House, but: &str| {
        for (flow, message) in std::mem::take(&mut house.sent) {
            if message.is_request() && message.method() == Method::Options && flow.remote != addr(but) {
                house.hear(&flow.remote.to_string(), reply(&message, 200, "t", &[], ""));
            }
        }
    };
    answer_all(&mut house, CARRIER);
    for _ in 0..4 {
        house.after(seconds(60));
        answer_all(&mut house, CARRIER);
    }
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
    assert_eq!(went_to(&house), [SECOND]);
    house.sent.clear();
    house.calls(2, over(NGN));
    let invite = house.request(SECOND, Method::Invite);
    house.hear(SECOND, reply(&invite, 486, "t", &[], ""));
    for _ in 0..3 {
        house.after(seconds(60));
        answer_all(&mut house, "192.0.2.99:1");
    }
    assert_eq!(went_to(&house), [SECOND, CARRIER]);
}

#[test]
fn settings_that_are_no_identity_change_while_the_registration_stands() {
    let (mut house, contact) = registered(registering());
    let mut new = registering();
    new.name = "another name".to_owned();
    new.priority = 7;
    new.calls_max = 3;
    new.caller_id = "0399998888".to_owned();
    new.extractors = vec![Extractor::DiversionTop];
    new.spacing = seconds(3);
    new.sources = vec![("203.0.113.0".parse().unwrap(), 24)];
    new.hops = [THIRD, CARRIER].map(hop).to_vec();
    change(&mut house, new.clone());
    house.silent();
    let of_trunk: Vec<_> = house.other.iter().filter(|output| matches!(output, Output::Trunk(_))).collect();
    assert!(of_trunk.is_empty(), "{of_trunk:?}");
    // The new settings count at once: from a new source, and with the new number.
    let mut caller = Side::new(STRANGER, "0901", "carrier.test", "0312345678@192.0.2.1:5060");
    let invite = caller.request("INVITE", "", OFFER);
    house.hear(STRANGER, invite.as_str());
    assert!(matches!(house.event(), LegEvent::Incoming(incoming) if incoming.source == Source::Trunk(NGN)));
    house.sent.clear();
    house.order(Order::Invite(Invite { caller: None, ..invite_over(2) }));
    let invite = house.request(CARRIER, Method::Invite);
    assert!(text(&invite, Name::From).starts_with("<sip:0399998888@carrier.test>"));
    assert_eq!(contact_uri(&invite), contact);
    // Only when the place we are registered at is gone do we go elsewhere.
    change(&mut house, Trunk { hops: vec![hop(THIRD)], ..new });
    assert_eq!(contact_uri(&house.request(THIRD, Method::Register)), contact);
}

fn invite_over(leg: u64) -> Invite {
    Invite {
        leg: LegId(leg),
        to: over(NGN),
        display: String::new(),
        caller: None,
        withheld: false,
        redirected: None,
        web_body: None,
        on_behalf_of: None,
        auto_answer: false,
        body: bytes(OFFER),
        headers: Vec::new(),
        max_forwards: 70,
    }
}

#[test]
fn another_identity_registers_anew_before_the_old_one_goes() {
    let (mut house, old_contact) = registered(registering());
    let credentials = Some(Credentials { user: "line2".to_owned(), password: "neu".to_owned(), realm: None });
    change(&mut house, Trunk { credentials, ..registering() });
    let register = house.request(CARRIER, Method::Register);
    let contact = contact_uri(&register);
    assert_ne!(contact, old_contact);
    assert_ne!(text(&register, Name::Expires), "0");
    house.silent();
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)], "the old one still stands");
    // Calls still come to the old Contact.
    let mut caller = Side::new(STRANGER, "0901", "carrier.test", "x");
    caller.target = old_contact.clone();
    let invite = caller.request("INVITE", "", OFFER);
    house.hear(STRANGER, invite.as_str());
    assert!(matches!(house.event(), LegEvent::Incoming(incoming) if incoming.source == Source::Trunk(NGN)));
    house.sent.clear();
    house.hear(CARRIER, reply(&register, 200, "r", &[("Expires", "3600")], ""));
    let farewell = house.request(CARRIER, Method::Register);
    assert_eq!((contact_uri(&farewell), text(&farewell, Name::Expires).as_str()), (old_contact, "0"));
    house.hear(CARRIER, reply(&farewell, 200, "r", &[], ""));
    house.silent();
    assert!(house.other.iter().all(|output| !matches!(output, Output::Trunk(_))), "{:?}", house.other);
}

#[test]
fn a_new_identity_that_the_carrier_refuses_is_told_and_the_old_one_lapses_by_itself() {
    let (mut house, old_contact) = registered(registering());
    let mut wrong = registering();
    wrong.registration = wrong.registration.map(|one| Registration { aor: "sip:0300@carrier.test".to_owned(), ..one });
    change(&mut house, wrong);
    let register = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, reply(&register, 403, "r", &[], ""));
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Down)]);
    assert!(house.other.contains(&Output::Alarm(Alarm::RegistrationRefused { trunk: NGN, status: 403 })));
    // Put right: nothing of the wrong one has to be removed, and the first goes as it should.
    change(&mut house, Trunk { domain: "carrier.test".to_owned(), ..registering() });
    let register = house.request(CARRIER, Method::Register);
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
    house.hear(CARRIER, reply(&register, 200, "r", &[("Expires", "3600")], ""));
    assert_eq!(contact_uri(&house.request(CARRIER, Method::Register)), old_contact);
    house.silent();
}

#[test]
fn a_farewell_that_is_challenged_is_signed_with_the_old_credentials() {
    let credentials = Credentials { user: "line1".to_owned(), password: "alt".to_owned(), realm: None };
    let mut house = house(Trunk { credentials: Some(credentials), ..registering() });
    let challenge = |request: &Message, nonce: &str| {
        let value = format!("Digest realm=\"carrier\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\", stale=true");
        reply(request, 401, "c", &[("WWW-Authenticate", &value)], "")
    };
    let register = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, challenge(&register, "n1"));
    let signed = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, reply(&signed, 200, "r", &[("Expires", "3600")], ""));
    change(&mut house, three());
    let farewell = house.request(CARRIER, Method::Register);
    assert!(text(&farewell, Name::Authorization).contains("nonce=\"n1\""));
    house.hear(CARRIER, challenge(&farewell, "n2"));
    let signed = house.request(CARRIER, Method::Register);
    let authorization = text(&signed, Name::Authorization);
    assert!(authorization.contains("username=\"line1\"") && authorization.contains("nonce=\"n2\""));
    assert_eq!(text(&signed, Name::Expires), "0");
    house.hear(CARRIER, reply(&signed, 200, "r", &[], ""));
    house.assert_idle();
}

#[test]
fn outgoing_calls_are_spaced_and_those_that_would_wait_too_long_go_elsewhere() {
    let mut house = house(Trunk { spacing: seconds(3), ..trunk(NGN, CARRIER) });
    for leg in [2, 4, 6, 8] {
        house.calls(leg, over(NGN));
    }
    let first = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, reply(&first, 486, "a", &[], ""));
    house.request(CARRIER, Method::Ack);
    house.silent_but_rejected(LegId(8), 503);
    assert_eq!(house.endpoint.leg_count(), 2);
    // The second one is given up while it waits: the third takes its turn.
    house.order(Order::Hangup { leg: LegId(4), reason: None });
    assert_eq!(house.event(), LegEvent::Ended { leg: LegId(4), how: Ending::WeHungUp, cause: None });
    house.after(ms(2900));
    house.silent();
    house.after(ms(200));
    let third = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, reply(&third, 486, "a", &[], ""));
    house.request(CARRIER, Method::Ack);
    assert!(matches!(house.event(), LegEvent::Rejected { leg: LegId(6), .. }));
    house.assert_idle();
    // A trunk that goes sends those who wait elsewhere.
    house.calls(10, over(NGN));
    house.calls(12, over(NGN));
    house.sent.clear();
    house.endpoint.set_trunks(house.now, Vec::new());
    house.drain();
    house.silent_but_rejected(LegId(12), 503);
}

impl House {
    /// Nothing was sent, and this leg (and the busy one) is over with leave to try another trunk.
    #[track_caller]
    fn silent_but_rejected(&mut self, leg: LegId, status: u16) {
        let found = self.events.iter().any(|event| {
            matches!(event, LegEvent::Rejected { leg: rejected, rejection }
                if *rejected == leg && rejection.status == status && rejection.try_next_trunk)
        });
        assert!(found, "{:?}", self.events);
        self.events.clear();
        self.silent();
    }
}

#[test]
fn a_trunk_is_known_by_the_certificate_of_its_stream() {
    let named = Trunk { certificate_names: vec!["sbc.carrier.test".to_owned()], ..trunk(SPARE, SECOND) };
    let mut house = House::with(|_| {}, vec![trunk(NGN, CARRIER), named]);
    let from = |house: &mut House, connection: u64, names: &[&str]| {
        let flow = tcp(STRANGER, connection);
        if !names.is_empty() {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            house.endpoint.flow_certified(house.now, flow, names);
        }
        let mut caller = Side::new(STRANGER, "0901", "carrier.test", "0312345678@192.0.2.1:5060");
        caller.call_id = format!("certified-{connection}");
        let invite = caller.request("INVITE", "", OFFER);
        house.hear_flow(flow, invite.as_str());
        let source = house.events.pop_front().map(|event| {
            let LegEvent::Incoming(incoming) = event else { panic!() };
            incoming.source
        });
        (flow, source)
    };
    assert_eq!(from(&mut house, 1, &[]).1, None);
    assert_eq!(from(&mut house, 2, &["other.test"]).1, None);
    let (flow, source) = from(&mut house, 3, &["other.test", "sbc.carrier.test"]);
    assert_eq!(source, Some(Source::Trunk(SPARE)));
    // What was proved of a stream ends with it.
    house.endpoint.flow_closed(house.now, flow);
    house.drain();
    house.events.clear();
    assert_eq!(from(&mut house, 3, &[]).1, None);
}
