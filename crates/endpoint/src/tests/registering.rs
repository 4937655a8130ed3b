//! The registrar: contacts, expiry, order, NAT, connections.

use super::*;

/// A phone that knows its password.
pub(super) struct Phone {
    pub(super) side: Side,
    pub(super) flow: Flow,
}

impl Phone {
    pub(super) fn new(flow: Flow, user: &str) -> Self {
        let mut side = Side::new(&flow.remote.to_string(), user, REALM, REALM);
        side.transport = flow.protocol.as_str();
        Self { side, flow }
    }

    /// REGISTER with these headers, challenged and answered; gives the final response.
    pub(super) fn register(&mut self, house: &mut House, extra: &str) -> Message {
        let address = self.flow.remote.to_string();
        let first = self.side.request("REGISTER", extra, "");
        house.hear_flow(self.flow, first.as_str());
        let challenge = house.to(&address);
        assert_eq!(challenge.status(), Some(401));
        let user = challenge.to().unwrap().uri.user().unwrap().into_owned();
        let authorization = authorize(&challenge, &user, "secret", &Method::Register, "sip:x");
        let again = self.side.request("REGISTER", &format!("{extra}Authorization: {authorization}\r\n"), "");
        house.hear_flow(self.flow, again.as_str());
        house.to(&address)
    }
}

pub(super) fn contacts(response: &Message) -> Vec<String> {
    response.values(Name::Contact).map(|value| String::from_utf8_lossy(&value).into_owned()).collect()
}

fn bound(account: AccountId, contacts: usize) -> Option<Output> {
    Some(Output::Binding(BindingEvent { account, contacts }))
}

#[test]
fn contacts_come_and_go() {
    let mut house = House::new();
    let mut phone = Phone::new(udp(PHONE), "101");
    let ok = phone.register(&mut house, "Contact: <sip:101@10.0.0.5:5060;ob>;expires=600\r\n");
    assert_eq!(ok.status(), Some(200));
    assert_eq!(contacts(&ok), ["<sip:101@10.0.0.5:5060;ob>;expires=600"]);
    assert_eq!(house.other.pop_front(), bound(HANAKO, 1));
    let mut tablet = Phone::new(udp(TABLET), "101");
    house.after(seconds(10));
    let ok = tablet.register(&mut house, "Contact: <sip:101@10.0.0.6>\r\nExpires: 99999\r\n");
    assert_eq!(contacts(&ok), ["<sip:101@10.0.0.5:5060;ob>;expires=590", "<sip:101@10.0.0.6>;expires=3600"]);
    assert_eq!(house.other.pop_front(), bound(HANAKO, 2));
    assert_eq!(house.endpoint.bindings(HANAKO).len(), 2);
    // A query changes nothing.
    assert_eq!(contacts(&tablet.register(&mut house, "")).len(), 2);
    let ok = tablet.register(&mut house, "Contact: <sip:101@10.0.0.6>;expires=0\r\n");
    assert_eq!(contacts(&ok).len(), 1);
    assert_eq!(house.other.pop_front(), bound(HANAKO, 1));
    house.after(seconds(591));
    assert_eq!(house.other.pop_front(), bound(HANAKO, 0));
    assert_eq!(house.endpoint.binding_count(), 0);
    assert_eq!(house.endpoint.poll_timeout(), None);
}

#[test]
fn a_star_takes_all_contacts_away() {
    let mut house = House::new();
    let mut phone = Phone::new(udp(PHONE), "101");
    phone.register(&mut house, "Contact: <sip:a@10.0.0.5>, <sip:b@10.0.0.5>\r\n");
    assert_eq!(house.endpoint.binding_count(), 2);
    let bad = phone.register(&mut house, "Contact: *\r\nExpires: 5\r\n");
    assert_eq!(bad.status(), Some(400));
    let ok = phone.register(&mut house, "Contact: *\r\nExpires: 0\r\n");
    assert!(contacts(&ok).is_empty());
    assert_eq!(house.endpoint.binding_count(), 0);
}

#[test]
fn too_short_an_expiry_is_told_the_shortest() {
    let mut house = House::new();
    let refused = Phone::new(udp(PHONE), "101").register(&mut house, "Contact: <sip:a@b>;expires=5\r\n");
    assert_eq!((refused.status(), text(&refused, Name::MinExpires).as_str()), (Some(423), "30"));
}

#[test]
fn an_older_register_that_comes_late_changes_nothing() {
    let mut house = House::new();
    let mut phone = Phone::new(udp(PHONE), "101");
    phone.register(&mut house, "Contact: <sip:101@10.0.0.5>\r\n");
    house.after(seconds(40));
    phone.side.cseq = 0;
    let late = phone.register(&mut house, "Contact: <sip:101@10.0.0.5>;expires=0\r\n");
    assert_eq!(late.status(), Some(500));
    assert_eq!(house.endpoint.binding_count(), 1);
}

#[test]
fn r30_the_same_phone_with_another_address_takes_its_own_place() {
    let mut house = House::new();
    let instance = "+sip.instance=\"<urn:uuid:0001>\"";
    let mut phone = Phone::new(udp(PHONE), "101");
    phone.register(&mut house, &format!("Contact: <sip:101@10.0.0.5>;{instance}\r\n"));
    let mut moved = Phone::new(udp(TABLET), "101");
    let ok = moved.register(&mut house, &format!("Contact: <sip:101@10.0.0.99>;{instance}\r\n"));
    assert_eq!(contacts(&ok), [format!("<sip:101@10.0.0.99>;expires=600;{instance}")]);
    assert_eq!(house.endpoint.bindings(HANAKO)[0].flow, udp(TABLET));
    // Its NAT moves; the next REGISTER says so.
    let mut rebound = Phone::new(udp(STRANGER), "101");
    rebound.register(&mut house, &format!("Contact: <sip:101@10.0.0.99>;{instance}\r\n"));
    house.calls(2, Destination::Account(HANAKO));
    house.request(STRANGER, Method::Invite);
}

#[test]
fn r30_the_contacts_port_is_meant_when_no_nat_hides_the_phone_and_the_way_it_came_otherwise() {
    let mut house = House::new();
    let mut phone = Phone::new(udp(PHONE), "101");
    let reached = |house: &House| house.endpoint.bindings(HANAKO)[0].flow.remote;
    let own = addr(PHONE).ip();
    phone.register(&mut house, &format!("Contact: <sip:101@{own}:5999>\r\n"));
    assert_eq!(reached(&house), std::net::SocketAddr::new(own, 5999), "it listens on another port than it sends from");
    phone.register(&mut house, "Contact: *\r\nExpires: 0\r\n");
    phone.register(&mut house, "Contact: <sip:101@192.168.77.7:5999>\r\n");
    assert_eq!(reached(&house), addr(PHONE), "behind a NAT its own address is of no use");
}

#[test]
fn an_account_has_only_so_many_contacts() {
    let mut house = House::with(|config| config.limits.contacts_per_account_max = 2, Vec::new());
    let mut phone = Phone::new(udp(PHONE), "101");
    let refused = phone.register(&mut house, "Contact: <sip:a@x>, <sip:b@x>, <sip:c@x>\r\n");
    assert_eq!(refused.status(), Some(403));
    assert_eq!(house.endpoint.binding_count(), 0, "all or nothing");
    assert_eq!(phone.register(&mut house, "Contact: <sip:a@x>, <sip:b@x>\r\n").status(), Some(200));
}

#[test]
fn nobody_registers_in_anothers_name() {
    let mut house = House::new();
    let mut side = Side::new(PHONE, "102", REALM, REALM);
    let first = side.request("REGISTER", "Contact: <sip:x@y>\r\n", "");
    house.hear(PHONE, first.as_str());
    let challenge = house.response(PHONE, 401);
    let authorization = authorize(&challenge, "101", "secret", &Method::Register, "sip:x");
    let again = side.request("REGISTER", &format!("Contact: <sip:x@y>\r\nAuthorization: {authorization}\r\n"), "");
    house.hear(PHONE, again.as_str());
    house.response(PHONE, 403);
    assert_eq!(house.endpoint.binding_count(), 0);
}

#[test]
fn r29_a_contact_lives_as_long_as_its_connection() {
    let mut house = House::new();
    let flow = tcp(PHONE, 9);
    Phone::new(flow, "101").register(&mut house, "Contact: <sip:101@10.0.0.5;transport=tcp>\r\n");
    house.other.clear();
    house.calls(2, Destination::Account(HANAKO));
    let invite = house.sent.pop_front().unwrap();
    assert_eq!(invite.0, flow);
    house.endpoint.flow_closed(house.now, flow);
    house.drain();
    assert!(house.other.contains(&bound(HANAKO, 0).unwrap()));
    assert_eq!(house.endpoint.binding_count(), 0);
}

#[test]
fn r29_a_call_survives_a_connection_that_comes_back_in_time() {
    let mut house = House::new();
    let flow = tcp(PHONE, 9);
    let mut phone = Phone::new(flow, "101");
    let contact = "Contact: <sip:101@10.0.0.5;transport=tcp>\r\n";
    phone.register(&mut house, contact);
    let leg = house.calls(2, Destination::Account(HANAKO));
    let invite = house.request(PHONE, Method::Invite);
    house.hear_flow(flow, accept(&invite, "t", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    house.event();
    house.endpoint.flow_closed(house.now, flow);
    house.drain();
    house.after(seconds(4));
    phone.flow = tcp(PHONE, 10);
    phone.register(&mut house, contact);
    house.after(seconds(60));
    house.silent();
    house.order(Order::Hangup { leg, reason: None });
    assert_eq!(house.sent.pop_front().unwrap().0, phone.flow);

    // And one that does not is lost.
    let mut house = House::new();
    Phone::new(flow, "101").register(&mut house, contact);
    let leg = house.calls(2, Destination::Account(HANAKO));
    let invite = house.request(PHONE, Method::Invite);
    house.hear_flow(flow, accept(&invite, "t", PHONE, ANSWER));
    house.events.clear();
    house.endpoint.flow_closed(house.now, flow);
    house.drain();
    house.after(seconds(6));
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::Lost, cause: None });
    house.assert_idle();
}

/// Two phones of Hanako's over TCP; the one at PHONE talks, and its connection closes.
fn cut_off(contacts: [&str; 2]) -> (House, [Phone; 2], LegId) {
    let mut house = House::new();
    let mut phones = [(PHONE, 9), (TABLET, 11)].map(|(remote, number)| Phone::new(tcp(remote, number), "101"));
    for (phone, contact) in phones.iter_mut().zip(contacts) {
        assert_eq!(phone.register(&mut house, contact).status(), Some(200));
    }
    let leg = house.calls(2, Destination::Account(HANAKO));
    let invite = house.request(PHONE, Method::Invite);
    house.hear_flow(phones[0].flow, accept(&invite, "t", PHONE, ANSWER));
    house.endpoint.flow_closed(house.now, phones[0].flow);
    house.drain();
    house.after(seconds(1));
    house.events.clear();
    house.sent.clear();
    (house, phones, leg)
}

#[test]
fn r29_a_call_follows_its_own_phone_and_not_another_of_the_operators() {
    let plain = |ip: u32| format!("Contact: <sip:101@10.0.0.{ip};transport=tcp>\r\n");
    let named = |ip: u32, instance: u32| {
        format!("Contact: <sip:101@10.0.0.{ip};transport=tcp>;+sip.instance=\"<urn:uuid:{instance}>\"\r\n")
    };
    for (case, own, other, anew) in [
        ("by its address", plain(5), plain(6), plain(5)),
        ("by its instance", named(5, 1), named(6, 2), named(7, 1)),
        ("by its instance, not its address", named(5, 1), named(5, 2), named(5, 1)),
    ] {
        // The other one renews what it has, or was cut off as well and is back first.
        for is_cut_off in [false, true] {
            let (mut house, [mut phone, mut tablet], leg) = cut_off([&own, &other]);
            if is_cut_off && case != "by its address" {
                house.endpoint.flow_closed(house.now, tablet.flow);
                house.drain();
                tablet.flow = tcp(TABLET, 12);
            }
            tablet.register(&mut house, &other);
            phone.flow = tcp(PHONE, 10);
            phone.register(&mut house, &anew);
            house.after(seconds(60));
            house.order(Order::Hangup { leg, reason: None });
            let (flow, bye) = house.sent.pop_front().expect(case);
            assert_eq!((flow, bye.method()), (phone.flow, Method::Bye), "{case}");
        }
    }
}

#[test]
fn r29_a_phone_that_comes_back_nameless_at_another_address_is_believed_if_it_is_the_only_one() {
    let plain = |ip: u32| format!("Contact: <sip:101@10.0.0.{ip};transport=tcp>\r\n");
    let (mut house, [mut phone, mut tablet], leg) = cut_off([&plain(5), &plain(6)]);
    tablet.register(&mut house, &plain(6));
    phone.flow = tcp(PHONE, 10);
    phone.register(&mut house, &plain(7));
    house.after(seconds(6));
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::Lost, cause: None }, "there are two");

    let (mut house, [mut phone, tablet], leg) = cut_off([&plain(5), &plain(6)]);
    house.endpoint.flow_closed(house.now, tablet.flow);
    house.drain();
    phone.flow = tcp(PHONE, 10);
    phone.register(&mut house, &plain(7));
    house.after(seconds(60));
    house.order(Order::Hangup { leg, reason: None });
    assert_eq!(house.sent.pop_front().expect("a BYE").0, phone.flow);
}

#[test]
fn r09_an_invite_whose_connection_is_lost_leaves_nothing() {
    let mut house = House::new();
    let flow = tcp(PHONE, 9);
    let mut side = Side::new(PHONE, "101", REALM, "192.0.2.1:5060");
    side.transport = "TCP";
    side.target = "sip:0312345678@192.0.2.1:5060".to_owned();
    let first = side.request("INVITE", "", OFFER);
    house.hear_flow(flow, first.as_str());
    let challenge = house.response(PHONE, 401);
    house.hear_flow(flow, ack_of(&first).as_str());
    let authorization = authorize(&challenge, "101", "secret", &Method::Invite, &side.target);
    let again = side.request("INVITE", &format!("Authorization: {authorization}\r\n"), OFFER);
    house.hear_flow(flow, again.as_str());
    house.response(PHONE, 100);
    let LegEvent::Incoming(incoming) = house.event() else { panic!("Incoming") };
    house.endpoint.flow_closed(house.now, flow);
    house.drain();
    house.after(seconds(6));
    assert_eq!(house.event(), LegEvent::Ended { leg: incoming.leg, how: Ending::Lost, cause: None });
    house.assert_idle();
}

#[test]
fn r29_a_phone_that_used_to_answer_and_stops_is_gone() {
    let mut house = House::with(|config| config.times.keep_alive = Some(seconds(30)), Vec::new());
    let mut phone = Phone::new(udp(PHONE), "101");
    phone.register(&mut house, "Contact: <sip:101@10.0.0.5>;expires=3600\r\n");
    let mut mute = Phone::new(udp(TABLET), "102");
    mute.register(&mut house, "Contact: <sip:102@10.0.0.6>;expires=3600\r\n");
    house.after(seconds(31));
    let probe = house.request(PHONE, Method::Options);
    house.hear(PHONE, reply(&probe, 200, "t", &[], ""));
    house.other.clear();
    house.after(seconds(70));
    // The one that never answered an OPTIONS may just not know it.
    assert_eq!(house.other.drain(..).collect::<Vec<_>>(), [bound(HANAKO, 0).unwrap()]);
    assert!(house.endpoint.bindings(HANAKO).is_empty());
    house.sent.clear();
    house.calls(2, Destination::Account(HANAKO));
    assert!(matches!(house.event(), LegEvent::Rejected { rejection, .. } if rejection.status == 480));
    // The network is back, and the phone with it, long before it has to register again.
    house.after(seconds(40));
    let probe = house.sent.iter().rev().find(|(flow, _)| flow.remote == addr(PHONE)).unwrap().1.clone();
    house.hear(PHONE, reply(&probe, 200, "t", &[], ""));
    assert_eq!(house.other.drain(..).collect::<Vec<_>>(), [bound(HANAKO, 1).unwrap()]);
    assert_eq!(house.endpoint.bindings(HANAKO).len(), 1);
}

#[test]
fn an_account_that_changes_has_to_prove_itself_again() {
    let mut house = House::new();
    Phone::new(udp(PHONE), "101").register(&mut house, "Contact: <sip:101@10.0.0.5>\r\n");
    Phone::new(udp(TABLET), "102").register(&mut house, "Contact: <sip:102@10.0.0.6>\r\n");
    house.other.clear();
    let changed = Account { ha1_md5: "0".repeat(32), ..account(HANAKO, "101") };
    house.endpoint.set_accounts(house.now, vec![changed, account(TARO, "102")]);
    house.drain();
    assert_eq!(house.other.drain(..).collect::<Vec<_>>(), [bound(HANAKO, 0).unwrap()]);
    assert_eq!(house.endpoint.binding_count(), 1);
}

#[test]
fn r30_answers_go_back_by_the_way_the_request_came() {
    let mut house = House::new();
    let mut side = Side::new("10.0.0.5:5060", "101", REALM, REALM);
    let register = side.request("REGISTER", "", "");
    house.hear(PHONE, register.as_str());
    let challenge = house.response(PHONE, 401);
    let via = challenge.via().unwrap();
    assert_eq!(via.rport(), Some(Some(addr(PHONE).port())));
    assert_eq!(via.received(), Some(addr(PHONE).ip()));
}
