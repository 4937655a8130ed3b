//! Requests inside dialogs: who names a dialog need not be its peer.

use super::registering::Phone;
use super::*;

const CONTACT: &str = "Contact: <sip:101@10.0.0.5>\r\n";

/// Hanako's phone at PHONE is called and answers.
fn talking() -> (House, Side, LegId) {
    let mut house = House::new();
    Phone::new(udp(PHONE), "101").register(&mut house, CONTACT);
    let leg = house.calls(2, Destination::Account(HANAKO));
    let invite = house.request(PHONE, Method::Invite);
    let phone = Side::callee(PHONE, &invite, "t");
    house.hear(PHONE, accept(&invite, "t", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    assert!(matches!(house.event(), LegEvent::Answered { .. }));
    house.other.clear();
    house.sent.clear();
    (house, phone, leg)
}

/// The same dialog, spoken from elsewhere.
fn from(side: &Side, address: &str) -> Side {
    Side { address: address.to_owned(), cseq: side.cseq + 50, ..side.clone() }
}

/// Where our BYE goes.
fn bye_goes_to(house: &mut House, leg: LegId) -> std::net::SocketAddr {
    house.order(Order::Hangup { leg, reason: None });
    let (flow, bye) = house.sent.pop_front().expect("a BYE");
    assert_eq!(bye.method(), Method::Bye);
    flow.remote
}

#[test]
fn r04_a_stranger_who_knows_a_phones_dialog_is_told_that_there_is_none() {
    let (mut house, mut phone, leg) = talking();
    for (method, extra) in [
        ("BYE", ""),
        ("INVITE", ""),
        ("UPDATE", ""),
        ("REFER", "Refer-To: <sip:09099999999@denwaban.test>\r\n"),
        ("INFO", ""),
        ("OPTIONS", ""),
    ] {
        let body = if matches!(method, "INVITE" | "UPDATE") { OFFER } else { "" };
        let request = from(&phone, STRANGER).request(method, extra, body);
        house.hear(STRANGER, request.as_str());
        house.response(STRANGER, 481);
        if method == "INVITE" {
            house.hear(STRANGER, ack_of(&request).as_str());
        }
        house.silent();
    }
    // Nothing has moved: neither the numbers of the dialog nor the way to the phone.
    let info = phone.request("OPTIONS", "", "");
    house.hear(PHONE, info.as_str());
    house.response(PHONE, 200);
    assert_eq!(bye_goes_to(&mut house, leg), addr(PHONE));
}

#[test]
fn r04_a_strangers_ack_is_not_the_phones() {
    let (mut house, mut phone, leg) = talking();
    let reinvite = phone.request("INVITE", "", OFFER);
    house.hear(PHONE, reinvite.as_str());
    house.event();
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(ANSWER)) });
    let ok = house.response(PHONE, 200);
    let ack = from(&phone, STRANGER).ack(phone.cseq);
    house.hear(STRANGER, ack.as_str());
    house.silent();
    house.after(seconds(1));
    assert_eq!(house.response(PHONE, 200), ok, "still repeated, and to the phone");
}

#[test]
fn r04_before_the_answer_too() {
    let mut house = House::new();
    Phone::new(udp(PHONE), "101").register(&mut house, CONTACT);
    house.calls(2, Destination::Account(HANAKO));
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, reply(&invite, 180, "t", &[], ""));
    house.events.clear();
    let phone = Side::callee(PHONE, &invite, "t");
    let stranger = from(&phone, STRANGER).request("UPDATE", "", OFFER);
    house.hear(STRANGER, stranger.as_str());
    house.response(STRANGER, 481);
    let own = from(&phone, "203.0.113.5:41000").request("OPTIONS", "", "");
    house.hear("203.0.113.5:41000", own.as_str());
    assert_ne!(house.to("203.0.113.5:41000").status(), Some(481));
}

#[test]
fn r30_a_phone_whose_port_changes_or_that_registers_elsewhere_goes_on_talking() {
    let (mut house, mut phone, leg) = talking();
    // Its NAT gives it another port. What comes late over the old way does not move it back.
    let moved = "203.0.113.5:41000";
    let late = phone.request("OPTIONS", "", "");
    let mut there = Side { address: moved.to_owned(), ..phone.clone() };
    let info = there.request("OPTIONS", "", "");
    house.hear(moved, info.as_str());
    house.response(moved, 200);
    house.hear(PHONE, late.as_str());
    house.response(PHONE, 500);
    // It goes from Wi-Fi to the mobile network: first it registers there.
    let elsewhere = from(&there, TABLET);
    let info = elsewhere.clone().request("OPTIONS", "", "");
    house.hear(TABLET, info.as_str());
    house.response(TABLET, 481);
    assert_eq!(house.endpoint.leg_count(), 1);
    Phone::new(udp(TABLET), "101").register(&mut house, CONTACT);
    let mut elsewhere = from(&elsewhere, TABLET);
    let info = elsewhere.request("OPTIONS", "", "");
    house.hear(TABLET, info.as_str());
    house.response(TABLET, 200);
    assert_eq!(bye_goes_to(&mut house, leg), addr(TABLET));
}

#[test]
fn r30_what_comes_late_does_not_move_a_call() {
    let (mut house, mut phone, leg) = talking();
    let late = phone.request("OPTIONS", "", "");
    let now = phone.request("OPTIONS", "", "");
    house.hear(PHONE, now.as_str());
    house.response(PHONE, 200);
    house.hear("203.0.113.5:41000", late.as_str());
    house.response("203.0.113.5:41000", 500);
    assert_eq!(bye_goes_to(&mut house, leg), addr(PHONE));
}

#[test]
fn r04_a_registered_operator_is_a_stranger_in_a_colleagues_call() {
    let (mut house, phone, leg) = talking();
    Phone::new(udp(TABLET), "102").register(&mut house, "Contact: <sip:102@10.0.0.6>\r\n");
    let bye = from(&phone, TABLET).request("BYE", "", "");
    house.hear(TABLET, bye.as_str());
    house.response(TABLET, 481);
    assert_eq!(bye_goes_to(&mut house, leg), addr(PHONE));
}

#[test]
fn r04_a_stranger_who_knows_a_carriers_dialog_is_told_that_there_is_none() {
    let sources = vec![("198.51.100.64".parse().unwrap(), 26)];
    let mut house = House::with(|_| {}, vec![Trunk { sources, ..trunk(NGN, CARRIER) }]);
    let (caller, leg) = house.talks();
    let bye = from(&caller, STRANGER).request("BYE", "", "");
    house.hear(STRANGER, bye.as_str());
    house.response(STRANGER, 481);
    house.silent();
    assert_eq!(house.endpoint.leg_count(), 1);
    // Another machine of the carrier's.
    let other = "198.51.100.77:5060";
    let bye = from(&caller, other).request("BYE", "", "");
    house.hear(other, bye.as_str());
    house.response(other, 200);
    assert!(matches!(house.event(), LegEvent::Ended { leg: ended, .. } if ended == leg));
}

#[test]
fn a_carriers_machine_that_its_record_route_names_is_the_carrier() {
    let mut house = House::new();
    let edge = "203.0.113.99:5060";
    let (mut caller, leg) = house.arrives(&format!("Record-Route: <sip:{edge};lr>\r\n"), OFFER);
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    caller.learn(&ok);
    let bye = from(&caller, edge).request("BYE", "", "");
    house.hear(edge, bye.as_str());
    house.response(edge, 200);
}
