//! Several phones of one operator, several flows of one phone (RFC 5626), phones behind an edge (RFC 3327).

use super::registering::{Phone, contacts};
use super::*;

fn contact(address: &str, instance: u32, reg_id: u32) -> String {
    format!(
        "Supported: path, outbound\r\nContact: <sip:101@{address};transport=tcp>;reg-id={reg_id};+sip.instance=\"<urn:uuid:{instance}>\"\r\n"
    )
}

/// Hanako's phone with two flows: the first over connection 1, the second over connection 2.
fn two_flows() -> (House, [Flow; 2]) {
    let mut house = House::new();
    let flows = [tcp(PHONE, 1), tcp(TABLET, 2)];
    for (number, flow) in [(1, flows[0]), (2, flows[1])] {
        let ok = Phone::new(flow, "101").register(&mut house, &contact("10.0.0.5", 7, number));
        assert!(ok.requires("outbound"));
        assert_eq!(ok.other("Flow-Timer").as_deref(), Some(&b"120"[..]));
        assert_eq!(contacts(&ok).len(), usize::try_from(number).unwrap());
    }
    house.other.clear();
    (house, flows)
}

fn next(house: &mut House) -> (Flow, Message) {
    house.sent.pop_front().expect("something was sent")
}

#[test]
fn of_a_phones_flows_one_is_called_and_the_next_when_it_is_closed() {
    let (mut house, flows) = two_flows();
    let listed: Vec<_> = house.endpoint.bindings(HANAKO).iter().map(|one| (one.reg_id, one.flow)).collect();
    assert_eq!(listed, [(Some(1), flows[0]), (Some(2), flows[1])]);
    let leg = house.calls(2, Destination::Account(HANAKO));
    let (flow, invite) = next(&mut house);
    assert_eq!(flow, flows[1], "the newest");
    house.silent();
    // The edge says that the flow is gone (section 5.3.1).
    house.hear_flow(flow, reply(&invite, 430, "", &[], ""));
    assert_eq!(next(&mut house).1.method(), Method::Ack);
    let (flow, again) = next(&mut house);
    assert_eq!((flow, again.method(), again.body()), (flows[0], Method::Invite, OFFER.as_bytes()));
    let name = |one: &Message| (text(one, Name::CallId), text(one, Name::CSeq), text(one, Name::From));
    assert_eq!(name(&again), name(&invite), "a phone that has got both can tell");
    assert_ne!(again.via().unwrap().branch(), invite.via().unwrap().branch());
    assert!(house.events.is_empty(), "the call logic need not know");
    house.hear_flow(flow, accept(&again, "t", PHONE, ANSWER));
    assert_eq!(next(&mut house).1.method(), Method::Ack);
    assert!(matches!(house.event(), LegEvent::Answered { .. }));
    house.order(Order::Hangup { leg, reason: None });
    let (flow, bye) = next(&mut house);
    assert_eq!(flow, flows[0]);
    house.hear_flow(flow, reply(&bye, 200, "", &[], ""));
    house.assert_idle();
}

#[test]
fn a_connection_that_closes_under_an_invite_hands_it_to_the_next_flow() {
    let (mut house, flows) = two_flows();
    house.calls(2, Destination::Account(HANAKO));
    next(&mut house);
    house.endpoint.flow_closed(house.now, flows[1]);
    house.drain();
    let (flow, again) = next(&mut house);
    assert_eq!((flow, again.method()), (flows[0], Method::Invite));
    // The last one fails too: then the phone cannot be reached.
    house.endpoint.flow_closed(house.now, flows[0]);
    house.drain();
    assert!(matches!(house.event(), LegEvent::Rejected { rejection, .. } if rejection.status == 503));
    assert_eq!(house.endpoint.binding_count(), 0);
    house.assert_idle();
}

#[test]
fn a_phone_that_has_rung_is_not_called_again_over_another_flow() {
    let (mut house, _) = two_flows();
    house.calls(2, Destination::Account(HANAKO));
    let (flow, invite) = next(&mut house);
    house.hear_flow(flow, reply(&invite, 180, "t", &[], ""));
    house.event();
    house.hear_flow(flow, reply(&invite, 503, "t", &[], ""));
    assert_eq!(next(&mut house).1.method(), Method::Ack);
    assert!(matches!(house.event(), LegEvent::Rejected { rejection, .. } if rejection.status == 503));
    house.silent();
    house.assert_idle();
}

#[test]
fn a_call_that_is_taken_back_is_not_begun_again_over_another_flow() {
    let (mut house, flows) = two_flows();
    let leg = house.calls(2, Destination::Account(HANAKO));
    let (flow, invite) = next(&mut house);
    house.hear_flow(flow, reply(&invite, 100, "", &[], ""));
    house.order(Order::Hangup { leg, reason: None });
    assert_eq!(next(&mut house).1.method(), Method::Cancel);
    house.endpoint.flow_closed(house.now, flows[1]);
    house.drain();
    assert!(house.sent.iter().all(|(_, message)| message.method() != Method::Invite));
    house.sent.clear();
    house.events.clear();
    house.assert_idle();
}

#[test]
fn every_device_rings_and_a_flow_is_renewed_in_its_place() {
    let (mut house, flows) = two_flows();
    let other = tcp(STRANGER, 3);
    Phone::new(other, "101").register(&mut house, &contact("10.0.0.5", 8, 1));
    // The same flow again, over a new connection.
    let newer = tcp(PHONE, 4);
    let mut phone = Phone::new(newer, "101");
    phone.side.call_id = "later".to_owned();
    let ok = phone.register(&mut house, &contact("10.0.0.5", 7, 1));
    assert_eq!(contacts(&ok).len(), 3, "two flows of one phone, one of another");
    house.calls(2, Destination::Account(HANAKO));
    let called: Vec<Flow> = house.sent.drain(..).map(|(flow, _)| flow).collect();
    assert_eq!(called, [newer, other], "both phones, the newest flow of each");
    assert!(!called.contains(&flows[1]));
}

#[test]
fn reg_id_counts_only_where_flows_can_be_kept() {
    let mut house = House::new();
    // Over datagrams; without the option; without an instance.
    let plain = |house: &mut House, flow: Flow, contact: &str| {
        let ok = Phone::new(flow, "101").register(house, contact);
        assert_eq!((ok.status(), ok.requires("outbound")), (Some(200), false), "{contact}");
        assert!(ok.other("Flow-Timer").is_none() && !contacts(&ok).iter().any(|one| one.contains("reg-id")));
    };
    plain(&mut house, udp(PHONE), &contact("10.0.0.5", 7, 1));
    let old = contact("10.0.0.5", 7, 1).replace("path, outbound", "path");
    plain(&mut house, tcp(TABLET, 1), &old);
    let nameless = "Supported: outbound\r\nContact: <sip:101@10.0.0.9>;reg-id=1\r\n";
    plain(&mut house, tcp(STRANGER, 2), nameless);
    assert_eq!(house.endpoint.binding_count(), 2);
    // A Require of what a registrar knows is no hindrance; anywhere else it is.
    let mut side = Side::new(TABLET, "101", REALM, REALM);
    let wants = side.request("REGISTER", "Require: outbound, gruu, path\r\n", "");
    house.hear(TABLET, wants.as_str());
    house.response(TABLET, 401);
    let wants = side.request("OPTIONS", "Require: outbound\r\n", "");
    house.hear(TABLET, wants.as_str());
    house.response(TABLET, 420);
}

#[test]
fn r10_a_path_is_the_route_to_its_phone_and_never_an_address_to_send_to() {
    let mut house = House::with(|config| config.times.keep_alive = Some(seconds(30)), Vec::new());
    let path = "<sip:edge@198.51.100.77;lr;ob>";
    let register = format!("Path: {path}\r\n{}", contact("10.0.0.5", 7, 1));
    let ok = Phone::new(udp(PHONE), "101").register(&mut house, &register);
    assert_eq!(text(&ok, Name::Path), path);
    assert!(ok.requires("outbound"), "the edge keeps the flow");
    assert!(ok.other("Flow-Timer").is_none(), "and says how");
    house.calls(2, Destination::Account(HANAKO));
    let (flow, invite) = next(&mut house);
    assert_eq!(flow, udp(PHONE), "whatever the Path says, packets go where the REGISTER came from");
    assert_eq!(text(&invite, Name::Route), path);
    assert_eq!(invite.request_uri(), Some(&b"sip:101@10.0.0.5;transport=tcp"[..]));
    house.hear(PHONE, reply(&invite, 486, "t", &[], ""));
    house.after(seconds(31));
    let probe = house.sent.iter().find(|(_, message)| message.method() == Method::Options).unwrap();
    assert_eq!((probe.0, text(&probe.1, Name::Route).as_str()), (udp(PHONE), path));
    // A Path that is none, or endless, is refused whole.
    for path in ["Path: <sip:a@b\r\n".to_owned(), "Path: <sip:a@b;lr>\r\n".repeat(9)] {
        let mut phone = Phone::new(udp(TABLET), "102");
        let refused = phone.register(&mut house, &format!("{path}Contact: <sip:102@10.0.0.6>\r\n"));
        assert_eq!(refused.status(), Some(400));
    }
    assert_eq!(house.endpoint.binding_count(), 1);
}

#[test]
fn an_edge_that_keeps_no_flows_leaves_contacts_as_they_were() {
    let mut house = House::new();
    let register = format!("Path: <sip:198.51.100.77;lr>\r\n{}", contact("10.0.0.5", 7, 1));
    let ok = Phone::new(tcp(PHONE, 1), "101").register(&mut house, &register);
    assert_eq!((ok.status(), ok.requires("outbound")), (Some(200), false));
}

#[test]
fn preferences_order_the_phones_and_all_of_them_ring() {
    let mut house = House::new();
    Phone::new(udp(PHONE), "101").register(&mut house, "Contact: <sip:101@10.0.0.5>;q=0.3\r\n");
    Phone::new(udp(TABLET), "101").register(&mut house, "Contact: <sip:101@10.0.0.6>;q=0.9\r\n");
    Phone::new(udp(STRANGER), "101").register(&mut house, "Contact: <sip:101@10.0.0.7>;q=nonsense\r\n");
    house.calls(2, Destination::Account(HANAKO));
    let called: Vec<_> = house.sent.drain(..).map(|(flow, _)| flow.remote).collect();
    assert_eq!(called, [STRANGER, TABLET, PHONE].map(addr));
}

#[test]
fn a_browser_gets_an_offer_of_its_own_and_keeps_it() {
    const TO_BROWSERS: &str = "v=0\r\nto browsers";
    let mut house = House::new();
    let web = Flow { protocol: Protocol::Wss, ..tcp(TABLET, 2) };
    Phone::new(tcp(PHONE, 1), "101").register(&mut house, &contact("10.0.0.5", 7, 1));
    Phone::new(web, "101").register(&mut house, &contact("10.0.0.6", 8, 1));
    house.other.clear();
    let invite = Invite { web_body: Some(bytes(TO_BROWSERS)), ..House::invite(LegId(2), Destination::Account(HANAKO)) };
    house.order(Order::Invite(invite));
    let mut sent: Vec<_> = std::iter::from_fn(|| house.sent.pop_front()).collect();
    sent.sort_by_key(|(flow, _)| flow.protocol != Protocol::Wss);
    let [(_, to_browser), (_, to_phone)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!((to_browser.body(), to_phone.body()), (TO_BROWSERS.as_bytes(), OFFER.as_bytes()));
    house.hear_flow(web, accept(to_browser, "t", TABLET, ANSWER));
    let session = house.endpoint.legs[&LegId(2)].session.as_ref().unwrap();
    assert_eq!(session.local_sdp, TO_BROWSERS, "what a refresh offers once more");
}
