//! Session-ID (RFC 7989) through us, and Reason (RFC 3326) as it reaches us.

use super::*;

const HERS: &str = "ab30317f1a784dc48ff824d0d3715d86";
const HIS: &str = "47755a9de7794ba387653f2099600ef2";
const NULL: &str = "00000000000000000000000000000000";

fn session_id(message: &Message) -> (String, String) {
    let value = text(message, Name::SessionId);
    let (mine, yours) = value.split_once(";remote=").unwrap_or_else(|| panic!("no Session-ID: {message:?}"));
    (mine.to_owned(), yours.to_owned())
}

fn pair(mine: &str, yours: &str) -> (String, String) {
    (mine.to_owned(), yours.to_owned())
}

/// The caller's leg, and one on her behalf to a phone.
fn two_legs(house: &mut House, hers: &str) -> (Side, LegId, LegId, Message) {
    let extra = if hers.is_empty() { String::new() } else { format!("Session-ID: {hers};remote={NULL}\r\n") };
    let mut caller = Side::new(CARRIER, "09012345678", "carrier.test", "192.0.2.1:5060");
    let invite = caller.request("INVITE", &extra, OFFER);
    house.hear(CARRIER, invite.as_str());
    house.response(CARRIER, 100);
    let LegEvent::Incoming(incoming) = house.event() else { panic!("Incoming") };
    assert!(hers.is_empty() || incoming.session_id == hers);
    let leg = LegId(2);
    house.order(Order::Invite(Invite {
        leg,
        to: Destination::Address(addr(PHONE), "101".to_owned()),
        display: String::new(),
        caller: None,
        withheld: false,
        redirected: None,
        body: bytes(OFFER),
        headers: Vec::new(),
        max_forwards: 70,
        auto_answer: false,
        web_body: None,
        on_behalf_of: Some(incoming.leg),
    }));
    let out = house.request(PHONE, Method::Invite);
    assert_eq!(session_id(&out), pair(&incoming.session_id, NULL));
    (caller, incoming.leg, leg, out)
}

#[test]
fn rfc_7989_either_end_learns_the_others_name() {
    let mut house = House::new();
    let (mut caller, incoming, leg, out) = two_legs(&mut house, HERS);
    let id = format!("{HIS};remote={HERS}");
    house.hear(
        PHONE,
        reply(&out, 200, "t", &[("Contact", &format!("<sip:peer@{PHONE}>")), ("Session-ID", &id)], ANSWER),
    );
    assert_eq!(session_id(&house.request(PHONE, Method::Ack)), pair(HERS, HIS));
    house.event();

    house.order(Order::Couple { one: incoming, other: leg });
    house.order(Order::Answer { leg: incoming, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    assert_eq!(session_id(&ok), pair(HIS, HERS));
    caller.learn(&ok);
    let ack = caller.ack(1);
    house.hear(CARRIER, ack.as_str());

    let bye = caller.request("BYE", "", "");
    house.hear(CARRIER, bye.as_str());
    assert_eq!(session_id(&house.response(CARRIER, 200)), pair(HIS, HERS));
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(PHONE, Method::Bye);
    house.hear(PHONE, reply(&bye, 200, "", &[], ""));
    house.assert_idle();
}

#[test]
fn rfc_7989_an_end_without_a_name_gets_one_of_ours_and_a_transfer_changes_it() {
    let mut house = House::new();
    let (_, incoming, leg, out) = two_legs(&mut house, "");
    house.hear(PHONE, accept(&out, "t", PHONE, ANSWER));
    let (hers, _) = session_id(&house.request(PHONE, Method::Ack));
    assert_eq!(hers.len(), 32);
    house.order(Order::Couple { one: incoming, other: leg });
    house.order(Order::Progress { leg: incoming, status: 180, body: None });
    let (his, yours) = session_id(&house.response(CARRIER, 180));
    assert_eq!(yours, NULL, "she has not said one");
    assert!(his != hers && his != NULL);

    let other = house.calls(4, Destination::Address(addr(TABLET), "102".to_owned()));
    let (own, _) = session_id(&house.request(TABLET, Method::Invite));
    assert!(own != hers && own != his, "a session of its own");
    house.order(Order::Couple { one: incoming, other });
    house.order(Order::Progress { leg: incoming, status: 183, body: None });
    let (now, _) = session_id(&house.response(CARRIER, 183));
    assert!(now != his, "she is connected with somebody else");
}

#[test]
fn rfc_7989_cancel_and_its_invite_bear_the_same_name() {
    let mut house = House::new();
    let (_, _, leg, out) = two_legs(&mut house, HERS);
    house.hear(PHONE, reply(&out, 180, "t", &[], ""));
    house.order(Order::Hangup { leg, reason: None });
    let cancel = house.request(PHONE, Method::Cancel);
    assert_eq!(session_id(&cancel), session_id(&out));
    house.hear(PHONE, reply(&out, 487, "t", &[("Session-ID", "nonsense")], ""));
    assert_eq!(session_id(&house.request(PHONE, Method::Ack)), session_id(&out));
}

#[test]
fn rfc_7989_a_carrier_with_a_wire_shape_of_its_own_hears_of_it_only_if_it_speaks_of_it() {
    for speaks in [false, true] {
        let ngn = Trunk { compact: true, ..trunk(NGN, CARRIER) };
        let mut house = House::with(|_| {}, vec![ngn]);
        let extra = if speaks { format!("Session-ID: {HERS};remote={NULL}\r\n") } else { String::new() };
        let mut caller = Side::new(CARRIER, "09012345678", "carrier.test", "192.0.2.1:5060");
        let invite = caller.request("INVITE", &extra, OFFER);
        house.hear(CARRIER, invite.as_str());
        assert_eq!(house.response(CARRIER, 100).has(Name::SessionId), speaks);
    }
}

#[test]
fn rfc_3326_why_a_peer_leaves_is_told() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    let why = "Reason: SIP;cause=503;text=\"Gone \u{1b}[2J\", Q.850;cause=31\r\n";
    let bye = caller.request("BYE", why, "");
    house.hear(CARRIER, bye.as_str());
    let cause = Some(Cause { sip: Some(503), q850: Some(31), text: "Gone \u{1b}[2J".to_owned() });
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::PeerHungUp, cause });

    let mut house = House::new();
    let (mut caller, leg) = house.arrives("", OFFER);
    let cancel = caller.write("CANCEL", 1, "Reason: Q.850;cause=16\r\nReason: Preemption;cause=1\r\n", "");
    house.hear(CARRIER, cancel.as_str());
    let cause = Some(Cause { sip: None, q850: Some(16), text: String::new() });
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::Cancelled, cause });

    let leg = house.calls(2, Destination::Trunk { trunk: NGN, number: "09087654321".to_owned() });
    house.sent.retain(|(_, message)| message.is_request());
    let invite = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, reply(&invite, 480, "t", &[("Reason", "Q.850;cause=20;text=\"out of coverage\"")], ""));
    let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!("Rejected") };
    let cause = Cause { sip: None, q850: Some(20), text: "out of coverage".to_owned() };
    assert_eq!((rejected, rejection.cause), (leg, Some(cause)));
}
