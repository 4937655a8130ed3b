//! NTT's NGN and its neighbours, message by message (JAPAN.md): what goes on the wire, to the byte but for random names.

use super::*;
use crate::wire::{ALLOW, SUPPORTED};

const NUMBER: &str = "09087654321";
const ROUTE: &str = "<sip:198.51.100.1:5060;lr>";

/// ひかり電話, a direct line: no digest, compact names, PCMU alone, three seconds between calls.
fn ngn() -> Trunk {
    Trunk {
        registration: Some(Registration {
            registrar: "sip:ntt-east.ne.jp".to_owned(),
            aor: "sip:0312345678@ntt-east.ne.jp".to_owned(),
            expires: seconds(3600),
        }),
        compact: true,
        session_expires: Some(seconds(300)),
        identity: IdentityHeader::Preferred,
        spacing: seconds(3),
        plain_pcmu: true,
        ..trunk(NGN, CARRIER)
    }
}

/// The message with random names (hex of 16 digits and more) as `#`, and our version as `*`.
fn shape(message: &Message) -> String {
    let text = String::from_utf8_lossy(message.bytes()).into_owned();
    let text = text.replace(env!("CARGO_PKG_VERSION"), "*");
    let mut shape = String::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let hex = rest.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
        let taken = if hex >= 16 { hex } else { hex.max(first.len_utf8()) };
        shape.push_str(if hex >= 16 { "#" } else { &rest[..taken] });
        rest = &rest[taken..];
    }
    shape
}

#[track_caller]
fn assert_shape(message: &Message, expected: &[&str]) {
    let shape = shape(message);
    let lines: Vec<&str> = shape.split("\r\n").take_while(|line| !line.is_empty()).collect();
    assert_eq!(lines, expected, "{shape}");
}

/// Registered, as the line has it.
fn house(trunk: Trunk) -> (House, String) {
    let mut house = House::with(|_| {}, vec![trunk]);
    let register = house.request(CARRIER, Method::Register);
    let contact = contact_uri(&register);
    // A home gateway's other contact stands beside ours.
    let contacts = format!("<sip:9f8e7d@192.0.2.77:5060>;expires=60, <{contact}>;expires=3600");
    house.hear(CARRIER, reply(&register, 200, "r", &[("Contact", &contacts), ("Service-Route", ROUTE)], ""));
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
    house.other.clear();
    (house, contact)
}

fn call(house: &mut House, leg: u64, change: impl FnOnce(&mut Invite)) -> Message {
    let mut invite = Invite {
        leg: LegId(leg),
        to: Destination::Trunk { trunk: NGN, number: NUMBER.to_owned() },
        display: String::new(),
        caller: None,
        withheld: false,
        redirected: None,
        web_body: None,
        on_behalf_of: None,
        auto_answer: false,
        body: bytes(OFFER),
        headers: Vec::new(),
        max_forwards: 69,
    };
    change(&mut invite);
    house.order(Order::Invite(invite));
    house.request(CARRIER, Method::Invite)
}

fn passed_on(caller: Option<&str>) -> Option<Box<Redirected>> {
    let withheld = caller.is_none();
    Some(Box::new(Redirected {
        dialled: "0355551111".to_owned(),
        caller: caller.map(str::to_owned),
        withheld,
        before: 1,
    }))
}

#[test]
fn ngn_register() {
    let mut house = House::with(|_| {}, vec![ngn()]);
    let register = house.request(CARRIER, Method::Register);
    assert_shape(
        &register,
        &[
            "REGISTER sip:ntt-east.ne.jp SIP/2.0",
            "v: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK#",
            "Max-Forwards: 70",
            "f: <sip:0312345678@ntt-east.ne.jp>;tag=#",
            "t: <sip:0312345678@ntt-east.ne.jp>",
            "i: #",
            "CSeq: 1 REGISTER",
            "m: <sip:#@192.0.2.1:5060>;expires=3600",
            "Expires: 3600",
            "k: path",
            &format!("Allow: {ALLOW}"),
            "User-Agent: Denwaban/*",
            "l: 0",
        ],
    );
}

#[test]
fn ngn_outgoing_invite() {
    let (mut house, contact) = house(ngn());
    let invite = call(&mut house, 2, |_| {});
    assert_eq!(contact_uri(&invite), contact, "the one we registered");
    let session_id = invite.headers().any(|header| header.spelled == b"Session-ID");
    assert_shape(
        &invite,
        &[
            "INVITE sip:09087654321@198.51.100.1:5060 SIP/2.0",
            "v: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK#",
            "Max-Forwards: 69",
            "Route: <sip:198.51.100.1:5060;lr>",
            "f: <sip:0312345678@ntt-east.ne.jp>;tag=#",
            "t: <sip:09087654321@198.51.100.1:5060>",
            "i: #",
            "CSeq: 1 INVITE",
            "m: <sip:#@192.0.2.1:5060>",
            "User-Agent: Denwaban/*",
            &format!("Allow: {ALLOW}"),
            &format!("k: {SUPPORTED}"),
            "x: 300",
            "Min-SE: 90",
            "P-Preferred-Identity: <sip:0312345678@ntt-east.ne.jp>",
            "c: application/sdp",
            &format!("l: {}", OFFER.len()),
        ],
    );
    assert!(!session_id, "nothing that the line has not been seen to take");
    assert!(!shape(&invite).contains("+81"));
}

#[test]
fn ngn_incoming_invite_and_our_bye() {
    let (mut house, contact) = house(ngn());
    let mut caller = Side::new(CARRIER, "anonymous", "anonymous.invalid", "x");
    caller.target = contact.clone();
    caller.remote = "<sip:0312345678@ntt-east.ne.jp>".to_owned();
    let extra = "k: timer,100rel\r\nx: 300;refresher=uac\r\nMin-SE: 300\r\nAllow: INVITE,ACK,BYE,CANCEL,PRACK,UPDATE\r\n\
                 Record-Route: <sip:198.51.100.1:5060;lr>\r\nP-Called-Party-ID: <sip:0355551111@ntt-east.ne.jp>\r\n";
    let invite = caller.request("INVITE", extra, OFFER);
    house.hear(CARRIER, invite.as_str());
    let via =
        format!("v: SIP/2.0/UDP {CARRIER};rport=5060;received=198.51.100.1;branch=z9hG4bK-call-anonymous-{CARRIER}-1");
    let call_id = format!("i: call-anonymous-{CARRIER}");
    let trying = house.response(CARRIER, 100);
    assert_shape(
        &trying,
        &[
            "SIP/2.0 100 Trying",
            &via,
            "f: <sip:anonymous@anonymous.invalid>;tag=from-anonymous",
            "t: <sip:0312345678@ntt-east.ne.jp>",
            &call_id,
            "CSeq: 1 INVITE",
            "l: 0",
        ],
    );
    let LegEvent::Incoming(incoming) = house.event() else { panic!() };
    assert_eq!(incoming.dialled.first(), Some(&(Extractor::PCalledPartyId, "0355551111".to_owned())));
    let leg = incoming.leg;
    house.order(Order::Progress { leg, status: 180, body: None });
    assert_shape(
        &house.response(CARRIER, 180),
        &[
            "SIP/2.0 180 Ringing",
            &via,
            "Record-Route: <sip:198.51.100.1:5060;lr>",
            "f: <sip:anonymous@anonymous.invalid>;tag=from-anonymous",
            "t: <sip:0312345678@ntt-east.ne.jp>;tag=#",
            &call_id,
            "CSeq: 1 INVITE",
            "Server: Denwaban/*",
            "m: <sip:#@192.0.2.1:5060>",
            &format!("Allow: {ALLOW}"),
            "l: 0",
        ],
    );
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    assert_shape(
        &ok,
        &[
            "SIP/2.0 200 OK",
            &via,
            "Record-Route: <sip:198.51.100.1:5060;lr>",
            "f: <sip:anonymous@anonymous.invalid>;tag=from-anonymous",
            "t: <sip:0312345678@ntt-east.ne.jp>;tag=#",
            &call_id,
            "CSeq: 1 INVITE",
            "Server: Denwaban/*",
            "m: <sip:#@192.0.2.1:5060>",
            &format!("Allow: {ALLOW}"),
            &format!("k: {SUPPORTED}"),
            "Date: Tue, 14 Nov 2023 22:13:20 GMT",
            "x: 300;refresher=uac",
            "Require: timer",
            "c: application/sdp",
            &format!("l: {}", ANSWER.len()),
        ],
    );
    assert_eq!(contact_uri(&ok), contact);
    caller.learn(&ok);
    let ack = caller.ack(1);
    house.hear(CARRIER, ack.as_str());
    house.event();
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(CARRIER, Method::Bye);
    let shape = shape(&bye);
    assert!(shape.contains("\r\nf: <sip:0312345678@ntt-east.ne.jp>;tag=#\r\n"), "From is the INVITE's To: {shape}");
    assert!(shape.contains("\r\nRoute: <sip:198.51.100.1:5060;lr>\r\n"), "{shape}");
}

#[test]
fn ngn_calls_to_either_of_two_random_contacts_are_told_apart() {
    let twin = Trunk {
        registration: Some(Registration {
            registrar: "sip:ntt-east.ne.jp".to_owned(),
            aor: "sip:0312345679@ntt-east.ne.jp".to_owned(),
            expires: seconds(3600),
        }),
        ..ngn()
    };
    let mut house = House::with(|_| {}, vec![ngn(), Trunk { id: SPARE, ..twin }]);
    let registers: Vec<Message> = std::mem::take(&mut house.sent).into_iter().map(|(_, message)| message).collect();
    for register in &registers {
        house.hear(CARRIER, reply(register, 200, "r", &[("Expires", "3600")], ""));
    }
    // Both lines come from one address: the Contact tells, never the address or the number alone.
    for (register, expected) in registers.iter().zip([NGN, SPARE]) {
        let mut caller = Side::new(CARRIER, &format!("090{}", expected.0), "carrier.test", "x");
        caller.target = contact_uri(register);
        let invite = caller.request("INVITE", "", OFFER);
        house.hear(CARRIER, invite.as_str());
        let LegEvent::Incoming(incoming) = house.event() else { panic!() };
        assert_eq!(incoming.source, Source::Trunk(expected));
    }
}

#[test]
fn other_carriers_spell_numbers_in_other_ways() {
    let (mut house, _) = house(ngn());
    for (to, expected) in [
        ("<sip:815055551111@carrier.test>", "+815055551111"),
        ("<tel:+81355551111>", "+81355551111"),
        ("<tel:0355551111;phone-context=+81>", "+81355551111"),
        ("<sip:0355551111;npdi;rn=+81399990000@carrier.test>", "+81355551111"),
        ("<sip:+81355551111;cpc=ordinary@carrier.test;user=phone>", "+81355551111"),
        ("<sip:%2B81355551111@carrier.test>", "+81355551111"),
    ] {
        let mut caller = Side::new(CARRIER, "0901", "carrier.test", "0300000000@192.0.2.1:5060");
        caller.call_id = to.to_owned();
        caller.remote = to.to_owned();
        let invite = caller.request("INVITE", "", OFFER);
        house.hear(CARRIER, invite.as_str());
        let LegEvent::Incoming(incoming) = house.event() else { panic!() };
        let (_, dialled) = incoming.dialled.iter().find(|(by, _)| *by == Extractor::To).unwrap();
        let number = number::Number::parse(dialled, number::JAPAN).unwrap_or_else(|error| panic!("{dialled}: {error}"));
        assert_eq!(number.e164(), expected, "{to}");
    }
    let abroad = Trunk { numbers: NumberForm::International, spacing: Duration::ZERO, ..ngn() };
    let (mut house, _) = self::house(abroad);
    let invite = call(&mut house, 2, |_| {});
    let wire = shape(&invite);
    assert!(wire.starts_with("INVITE sip:+819087654321@198.51.100.1:5060 SIP/2.0"), "{wire}");
    assert!(wire.contains("\r\nf: <sip:+81312345678@ntt-east.ne.jp>;tag="), "{wire}");
}

#[test]
fn a_call_that_is_passed_on_shows_what_the_carrier_lets_through() {
    let from = |shows, caller: Option<&str>| {
        let (mut house, _) = house(Trunk { shows, ..ngn() });
        let invite = call(&mut house, 2, |invite| invite.redirected = passed_on(caller));
        let (from, identity) = (text(&invite, Name::From), text(&invite, Name::PPreferredIdentity));
        (from.split(";tag").next().unwrap().to_owned(), identity, text(&invite, Name::Privacy))
    };
    let ours = "<sip:0312345678@ntt-east.ne.jp>".to_owned();
    let none = String::new;
    let caller = Some("09011112222");
    assert_eq!(from(Shows::Main, caller), (ours.clone(), ours.clone(), none()));
    assert_eq!(from(Shows::Dialled, caller), ("<sip:0355551111@ntt-east.ne.jp>".to_owned(), ours.clone(), none()));
    assert_eq!(from(Shows::Caller, caller), ("<sip:09011112222@ntt-east.ne.jp>".to_owned(), ours.clone(), none()));
    // Who withholds a number shows none, and our own number does not stand for it.
    let anonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned();
    assert_eq!(from(Shows::Caller, None), (anonymous, none(), "id".to_owned()));
    assert_eq!(from(Shows::Main, None), (ours.clone(), ours.clone(), none()));
}

#[test]
fn r36_diversion_and_history_tell_that_a_call_was_passed_on() {
    let redirection = RedirectionHeaders { diversion: true, history_info: true };
    let (mut house, _) = house(Trunk { redirection, shows: Shows::Caller, ..ngn() });
    let invite = call(&mut house, 2, |invite| invite.redirected = passed_on(Some("09011112222")));
    assert_eq!(
        text(&invite, Name::Diversion),
        "<sip:0355551111@ntt-east.ne.jp>;reason=deflection;counter=2;privacy=off"
    );
    let history: Vec<String> =
        invite.values(Name::HistoryInfo).map(|entry| String::from_utf8_lossy(&entry).into_owned()).collect();
    assert_eq!(
        history,
        ["<sip:0355551111@ntt-east.ne.jp>;index=1", "<sip:09087654321@198.51.100.1:5060;cause=480>;index=1.1;mp=1"]
    );
    // What we write we read: the next switch finds the number that was dialled, and counts on.
    let mut far = House::new();
    let mut side = Side::new(CARRIER, "0901", "carrier.test", "09087654321@192.0.2.1:5060");
    let extra = format!("Diversion: {}\r\nHistory-Info: {}\r\n", text(&invite, Name::Diversion), history.join(", "));
    let again = side.request("INVITE", &extra, OFFER);
    far.hear(CARRIER, again.as_str());
    let LegEvent::Incoming(incoming) = far.event() else { panic!() };
    let found = |by| incoming.dialled.iter().find(|(one, _)| *one == by).map(|(_, user)| user.as_str());
    assert_eq!(
        (found(Extractor::DiversionTop), found(Extractor::HistoryInfo)),
        (Some("0355551111"), Some("0355551111"))
    );
    assert_eq!(incoming.diversions, 2);
    // A trunk that was not asked to tell does not.
    let (mut house, _) = self::house(ngn());
    let invite = call(&mut house, 2, |invite| invite.redirected = passed_on(Some("09011112222")));
    assert!(!invite.has(Name::Diversion) && !invite.has(Name::HistoryInfo));
}

#[test]
fn r07_a_withheld_number_stands_nowhere_in_what_is_passed_on() {
    let redirection = RedirectionHeaders { diversion: true, history_info: true };
    for shows in [Shows::Main, Shows::Dialled, Shows::Caller] {
        let (mut house, _) = house(Trunk { redirection, shows, ..ngn() });
        // Even if the call logic forgot to take it out.
        let invite = call(&mut house, 2, |invite| {
            invite.redirected = passed_on(None);
            invite.headers = vec![("Diversion", "<sip:09011112222@carrier.test>".to_owned())];
        });
        let wire = shape(&invite);
        assert!(!wire.contains("09011112222"), "{shows:?}: {wire}");
        assert_eq!(wire.contains("Privacy: id"), shows == Shows::Caller);
    }
}

#[test]
fn an_asserted_identity_is_for_trunks_that_we_trust() {
    for (identity, trusted, expected) in [
        (IdentityHeader::Asserted, true, [true, false]),
        (IdentityHeader::Asserted, false, [false, false]),
        (IdentityHeader::Preferred, false, [false, true]),
        (IdentityHeader::None, true, [false, false]),
    ] {
        let (mut house, _) = house(Trunk { identity, trusted, ..ngn() });
        let invite = call(&mut house, 2, |_| {});
        let found = [Name::PAssertedIdentity, Name::PPreferredIdentity].map(|name| invite.has(name));
        assert_eq!(found, expected, "{identity:?} {trusted}");
    }
}

#[test]
fn a_private_address_that_a_public_trunk_would_be_told_raises_an_alarm() {
    let alarms = |public: &str, carrier: &str| {
        let at = |config: &mut Config| {
            for listener in &mut config.listeners {
                listener.public = addr(public);
            }
        };
        let mut house = House::with(at, Vec::new());
        house.endpoint.set_trunks(house.now, vec![trunk(NGN, carrier)]);
        house.drain();
        let told = house.other.iter().filter_map(|output| match output {
            Output::Alarm(Alarm::PrivateAddress { address, .. }) => Some(address.to_string()),
            Output::Transmit { .. } | Output::Leg(_) | Output::Binding(_) | Output::Trunk(_) | Output::Spent { .. } => {
                None
            }
            Output::Trace(_) | Output::Alarm(_) => None,
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(alarms("10.0.0.1:5060", CARRIER), ["10.0.0.1"]);
    assert_eq!(alarms("100.100.0.1:5060", CARRIER), ["100.100.0.1"]);
    assert!(alarms("203.0.113.1:5060", CARRIER).is_empty());
    assert!(alarms("10.0.0.1:5060", "10.9.9.9:5060").is_empty());
}
