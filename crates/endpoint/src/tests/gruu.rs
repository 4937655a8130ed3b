//! GRUUs (RFC 5627): given at registration, and leading to one phone.

use super::registering::{Phone, contacts};
use super::*;

const INSTANCE: &str = "<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>";
const PUBLIC: &str = "sip:102@denwaban.test;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

fn contact(address: &str) -> String {
    format!("Supported: gruu\r\nContact: <sip:102@{address}>;+sip.instance=\"{INSTANCE}\"\r\n")
}

/// Taro's phone at TABLET, with its public and temporary GRUU.
fn registered(house: &mut House, phone: &mut Phone) -> (String, String) {
    let ok = phone.register(house, &contact("10.0.0.6"));
    let contact = ok.contacts().unwrap().remove(0);
    let param = |name: &str| contact.param(name).unwrap().into_owned();
    (param("pub-gruu"), param("temp-gruu"))
}

/// An operator's INVITE to this address, authorized; the answer to it or the event.
fn dial(house: &mut House, target: &str) -> Result<Box<Incoming>, u16> {
    let mut side = Side::new(PHONE, "101", REALM, "x");
    side.call_id = format!("dial-{}", target.len());
    side.target = target.to_owned();
    let first = side.request("INVITE", "", OFFER);
    house.hear(PHONE, first.as_str());
    let challenge = house.response(PHONE, 401);
    house.hear(PHONE, ack_of(&first).as_str());
    let authorization = authorize(&challenge, "101", "secret", &Method::Invite, target);
    let again = side.request("INVITE", &format!("Authorization: {authorization}\r\n"), OFFER);
    house.hear(PHONE, again.as_str());
    match house.to(PHONE).status() {
        Some(100) => {
            let LegEvent::Incoming(incoming) = house.event() else { panic!("Incoming") };
            Ok(incoming)
        }
        Some(status) => {
            house.hear(PHONE, ack_of(&again).as_str());
            Err(status)
        }
        None => panic!("a request"),
    }
}

#[test]
fn a_phone_that_asks_gets_a_public_and_a_temporary_gruu() {
    let mut house = House::new();
    let mut phone = Phone::new(udp(TABLET), "102");
    let (public, temporary) = registered(&mut house, &mut phone);
    assert_eq!(public, PUBLIC);
    assert!(temporary.starts_with("sip:tgruu.") && temporary.ends_with("@denwaban.test;gr"), "{temporary}");
    assert!(!temporary.contains("102"), "it does not say whose it is");
    let (public_again, temporary_again) = registered(&mut house, &mut phone);
    assert_eq!(public_again, PUBLIC);
    assert_ne!(temporary_again, temporary, "section 5.2: another one each time");
    // Who does not know GRUUs, or has no instance, gets none.
    let plain = phone.register(&mut house, &contact("10.0.0.6").replace("Supported: gruu\r\n", ""));
    assert!(!contacts(&plain)[0].contains("gruu"));
    let mut other = Phone::new(udp(PHONE), "101");
    let nameless = other.register(&mut house, "Supported: gruu\r\nContact: <sip:101@10.0.0.5>\r\n");
    assert!(!contacts(&nameless)[0].contains("gruu"));
}

#[test]
fn a_gruu_leads_to_its_phone_wherever_that_is_and_to_nobody_when_it_is_gone() {
    let mut house = House::new();
    let mut phone = Phone::new(udp(TABLET), "102");
    let (public, temporary) = registered(&mut house, &mut phone);
    let device = Device { account: TARO, instance: INSTANCE.to_owned() };
    for target in [&public, &temporary] {
        let incoming = dial(&mut house, target).expect("a call");
        assert_eq!((incoming.request_user.as_str(), incoming.device.as_ref()), ("102", Some(&device)), "{target}");
        house.order(Order::Reject { leg: incoming.leg, status: 404, retry_after: None, reason: None });
        house.response(PHONE, 404);
        house.events.clear();
        house.after(seconds(70));
        house.sent.clear();
    }
    // A call to the device reaches that phone alone.
    let mut second = Phone::new(udp(STRANGER), "102");
    second.register(&mut house, "Contact: <sip:102@10.0.0.7>\r\n");
    house.calls(2, Destination::Device(device.clone()));
    let invite = house.request(TABLET, Method::Invite);
    assert_eq!(invite.request_uri(), Some(&b"sip:102@10.0.0.6"[..]));
    house.silent();
    house.hear(TABLET, reply(&invite, 486, "t", &[], ""));
    house.request(TABLET, Method::Ack);
    house.events.clear();
    // It moves: its GRUU does not.
    phone.register(&mut house, &contact("10.0.0.66"));
    house.calls(4, Destination::Device(device.clone()));
    assert_eq!(house.request(TABLET, Method::Invite).request_uri(), Some(&b"sip:102@10.0.0.66"[..]));
    house.after(seconds(70));
    house.sent.clear();
    house.events.clear();
    phone.register(&mut house, &contact("10.0.0.66").replace("\r\n", ";expires=0\r\n").replacen(";expires=0", "", 1));
    house.other.clear();
    assert_eq!(dial(&mut house, &public), Err(480));
    assert_eq!(dial(&mut house, &temporary), Err(480));
    house.calls(6, Destination::Device(device));
    assert!(matches!(house.event(), LegEvent::Rejected { rejection, .. } if rejection.status == 480));
}

#[test]
fn a_temporary_gruu_dies_with_the_life_of_its_phone() {
    let mut house = House::new();
    let mut phone = Phone::new(udp(TABLET), "102");
    let (_, temporary) = registered(&mut house, &mut phone);
    let mut restarted = Phone::new(udp(TABLET), "102");
    restarted.side.call_id = "another life".replace(' ', "-");
    let (public, _) = registered(&mut house, &mut restarted);
    assert_eq!(dial(&mut house, &temporary), Err(480));
    assert_eq!(dial(&mut house, &public).map(|incoming| incoming.request_user), Ok("102".to_owned()));
}

#[test]
fn a_phone_that_names_itself_by_its_gruu_is_reached_at_its_contact() {
    let mut house = House::new();
    let mut phone = Phone::new(udp(TABLET), "102");
    let (public, temporary) = registered(&mut house, &mut phone);
    for (leg, gruu) in [(2, &public), (4, &temporary)] {
        let leg = house.calls(leg, Destination::Account(TARO));
        let invite = house.request(TABLET, Method::Invite);
        let named = [("Contact", format!("<{gruu}>"))];
        let named = named.each_ref().map(|(name, value)| (*name, value.as_str()));
        house.hear(TABLET, reply(&invite, 200, "t", &named, ANSWER));
        let ack = house.request(TABLET, Method::Ack);
        assert_eq!(ack.request_uri(), Some(&b"sip:102@10.0.0.6"[..]), "phones refuse a user that is not theirs");
        house.order(Order::Offer { leg, body: bytes(HOLD) });
        let reinvite = house.request(TABLET, Method::Invite);
        assert_eq!(reinvite.request_uri(), Some(&b"sip:102@10.0.0.6"[..]));
        // The answer names the GRUU again, and the BYE still finds the phone.
        house.hear(TABLET, reply(&reinvite, 200, "", &named, OFFER));
        house.request(TABLET, Method::Ack);
        house.order(Order::Hangup { leg, reason: None });
        let bye = house.request(TABLET, Method::Bye);
        assert_eq!(bye.request_uri(), Some(&b"sip:102@10.0.0.6"[..]));
        house.hear(TABLET, reply(&bye, 200, "", &[], ""));
        house.events.clear();
    }
    house.assert_idle();
}

#[test]
fn a_refer_to_a_gruu_names_its_operator_and_phone() {
    let mut house = House::new();
    let mut phone = Phone::new(udp(TABLET), "102");
    let (_, temporary) = registered(&mut house, &mut phone);
    let (mut caller, _) = house.talks();
    let refer = caller.request("REFER", &format!("Refer-To: <{temporary}>\r\n"), "");
    house.hear(CARRIER, refer.as_str());
    let LegEvent::Refer { refer_to, .. } = house.event() else { panic!("Refer") };
    assert_eq!(refer_to.user, "102");
    assert_eq!(refer_to.device, Some(Device { account: TARO, instance: INSTANCE.to_owned() }));
}
