//! Outgoing calls: operators' phones and bare addresses; forks, cancelling, late answers.

use super::*;

fn house_with_two_phones() -> House {
    let mut house = House::new();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5:5060>");
    house.register(udp(TABLET), "101", "<sip:101@10.0.0.6:5060>");
    house
}

#[test]
fn an_operator_is_called_in_the_name_of_the_firm() {
    let mut house = House::new();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5:5060;ob>");
    let leg = house.calls(2, Destination::Account(HANAKO));
    let invite = house.request(PHONE, Method::Invite);
    assert_eq!(invite.request_uri(), Some(&b"sip:101@10.0.0.5:5060;ob"[..]));
    let from = invite.from().unwrap();
    assert_eq!(from.display_text().as_deref(), Some("さくら歯科"));
    assert_eq!(from.uri.to_string(), format!("sip:09012345678@{REALM}"));
    assert_eq!(text(&invite, Name::AlertInfo), "<urn:denwaban:ring>");
    // Only what may pass passes (R07).
    assert_eq!(invite.other("X-Evil"), None);
    assert_eq!(invite.other("P-Asserted-Identity"), None);
    house.hear(PHONE, reply(&invite, 100, "", &[], ""));
    house.hear(PHONE, reply(&invite, 180, "t", &[], ""));
    assert_eq!(house.event(), LegEvent::Progress { leg, dialog: "t".to_owned(), status: 180, body: None });
    house.hear(PHONE, accept(&invite, "t", "10.0.0.5:5060", ANSWER));
    assert_eq!(house.event(), LegEvent::Answered { leg, body: bytes(ANSWER), from_ip: addr(PHONE).ip() });
    // The ACK goes where the phone is (NAT), to the Contact it names.
    let ack = house.request(PHONE, Method::Ack);
    assert_eq!(ack.request_uri(), Some(&b"sip:peer@10.0.0.5:5060"[..]));
    let mut phone = Side::callee(PHONE, &invite, "t");
    let bye = phone.request("BYE", "", "");
    house.hear(PHONE, bye.as_str());
    house.response(PHONE, 200);
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::PeerHungUp, cause: None });
    house.silent();
    house.assert_idle();
}

#[test]
fn keys_of_a_phone_come_by_info_in_all_spellings_and_once_each() {
    let mut house = House::new();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5:5060>");
    let leg = house.calls(2, Destination::Account(HANAKO));
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, accept(&invite, "t", "10.0.0.5:5060", ANSWER));
    assert!(matches!(house.event(), LegEvent::Answered { .. }));
    house.request(PHONE, Method::Ack);
    let mut phone = Side::callee(PHONE, &invite, "t");
    for (kind, body, digit) in [
        ("application/dtmf-relay", "Signal=*\r\nDuration=160\r\n", '*'),
        ("application/dtmf-relay", "Signal= 10\nDuration= 100\n", '*'),
        ("application/dtmf", "5", '5'),
        ("application/dtmf", "11\r\n", '#'),
    ] {
        let info = phone.request("INFO", &format!("Content-Type: {kind}\r\n"), body);
        house.hear(PHONE, info.as_str());
        house.response(PHONE, 200);
        assert_eq!(house.event(), LegEvent::Digit { leg, digit }, "{kind} {body}");
        // Our answer was lost: the phone says it again, and has pressed once.
        house.hear(PHONE, info.as_str());
        house.response(PHONE, 200);
        house.silent();
    }
}

#[test]
fn a_caller_who_hides_is_nowhere_named() {
    let mut house = House::new();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5:5060>");
    house.order(Order::Invite(Invite {
        leg: LegId(2),
        to: Destination::Account(HANAKO),
        display: "さくら歯科".to_owned(),
        caller: Some("09012345678".to_owned()),
        withheld: true,
        redirected: None,
        body: bytes(OFFER),
        headers: vec![("Diversion", "<sip:09012345678@a>".to_owned()), ("Subject", "a\r\nX-Evil: b".to_owned())],
        max_forwards: 12,
        auto_answer: false,
        web_body: None,
        on_behalf_of: None,
    }));
    let invite = house.request(PHONE, Method::Invite);
    assert!(!String::from_utf8_lossy(invite.bytes()).contains("09012345678"));
    assert_eq!(invite.from().unwrap().display_text().as_deref(), Some("さくら歯科"));
    assert!(invite.asks_privacy("id"));
    // R19: a line break in a value stays a value.
    assert_eq!(text(&invite, Name::Subject), "a  X-Evil: b");
    assert_eq!(invite.other("X-Evil"), None);
    assert_eq!(invite.max_forwards().unwrap(), Some(12));
}

#[test]
fn the_first_phone_wins_and_the_others_learn_why() {
    let mut house = house_with_two_phones();
    let leg = house.calls(2, Destination::Account(HANAKO));
    let (first, second) = (house.request(PHONE, Method::Invite), house.request(TABLET, Method::Invite));
    house.hear(PHONE, reply(&first, 180, "a", &[], ""));
    house.hear(TABLET, reply(&second, 180, "b", &[], ""));
    house.hear(TABLET, accept(&second, "b", TABLET, ANSWER));
    house.request(TABLET, Method::Ack);
    let cancel = house.request(PHONE, Method::Cancel);
    assert_eq!(text(&cancel, Name::Reason), "SIP;cause=200;text=\"Call completed elsewhere\"");
    house.hear(PHONE, reply(&cancel, 200, "a", &[], ""));
    house.hear(PHONE, reply(&first, 487, "a", &[], ""));
    house.request(PHONE, Method::Ack);
    let events: Vec<_> = house.events.drain(..).collect();
    assert!(matches!(
        events.as_slice(),
        [LegEvent::Progress { .. }, LegEvent::Progress { .. }, LegEvent::Answered { .. }]
    ));
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(TABLET, Method::Bye);
    house.hear(TABLET, reply(&bye, 200, "b", &[], ""));
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None });
    house.assert_idle();
}

#[test]
fn r39_two_answer_at_once_and_the_late_one_is_acknowledged_and_ended() {
    let mut house = house_with_two_phones();
    let leg = house.calls(2, Destination::Account(HANAKO));
    let (first, second) = (house.request(PHONE, Method::Invite), house.request(TABLET, Method::Invite));
    let (one, two) = (accept(&first, "a", PHONE, ANSWER), accept(&second, "b", TABLET, ANSWER));
    house.hear(PHONE, reply(&first, 180, "a", &[], ""));
    house.hear(TABLET, reply(&second, 180, "b", &[], ""));
    house.events.clear();
    house.hear(PHONE, one.clone());
    house.hear(TABLET, two.clone());
    house.request(PHONE, Method::Ack);
    let cancel = house.request(TABLET, Method::Cancel);
    house.hear(TABLET, reply(&cancel, 200, "b", &[], ""));
    let ack = house.request(TABLET, Method::Ack);
    let bye = house.request(TABLET, Method::Bye);
    // Copies of both 2xx get their ACKs again, and nothing else.
    house.hear(TABLET, two);
    assert_eq!(house.request(TABLET, Method::Ack), ack);
    house.hear(PHONE, one);
    house.request(PHONE, Method::Ack);
    assert!(matches!(house.event(), LegEvent::Answered { .. }));
    house.hear(TABLET, reply(&bye, 200, "b", &[], ""));
    house.silent();
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(PHONE, Method::Bye);
    house.hear(PHONE, reply(&bye, 200, "a", &[], ""));
    house.event();
    house.assert_idle();
}

#[test]
fn r39_a_forking_proxy_behind_one_contact_answers_twice() {
    let mut house = House::new();
    let leg = house.calls(2, Destination::Address(addr(PHONE), "peer".to_owned()));
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, accept(&invite, "one", PHONE, ANSWER));
    house.hear(PHONE, accept(&invite, "two", PHONE, ANSWER));
    assert_eq!(house.request(PHONE, Method::Ack).to().unwrap().tag(), Some("one"));
    assert_eq!(house.request(PHONE, Method::Ack).to().unwrap().tag(), Some("two"));
    let bye = house.request(PHONE, Method::Bye);
    assert_eq!(bye.to().unwrap().tag(), Some("two"));
    house.hear(PHONE, reply(&bye, 200, "", &[], ""));
    assert_eq!(house.event(), LegEvent::Answered { leg, body: bytes(ANSWER), from_ip: addr(PHONE).ip() });
    house.silent();
}

#[test]
fn r40_we_hang_up_and_their_200_crosses_our_cancel() {
    let mut house = House::new();
    let leg = house.calls(2, Destination::Address(addr(PHONE), "peer".to_owned()));
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, reply(&invite, 180, "t", &[], ""));
    house.event();
    house.order(Order::Hangup { leg, reason: Some(Reason { cause: 200, text: "Call completed elsewhere" }) });
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None });
    let cancel = house.request(PHONE, Method::Cancel);
    assert!(text(&cancel, Name::Reason).contains("cause=200"));
    house.hear(PHONE, accept(&invite, "t", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    let bye = house.request(PHONE, Method::Bye);
    house.hear(PHONE, reply(&cancel, 200, "t", &[], ""));
    house.hear(PHONE, reply(&bye, 200, "t", &[], ""));
    house.silent();
    assert_eq!(house.endpoint.leg_count(), 0);
    house.assert_idle();
}

#[test]
fn a_cancel_waits_for_the_first_provisional() {
    let mut house = House::new();
    let leg = house.calls(2, Destination::Address(addr(PHONE), "peer".to_owned()));
    let invite = house.request(PHONE, Method::Invite);
    house.order(Order::Hangup { leg, reason: None });
    house.event();
    house.silent();
    house.hear(PHONE, reply(&invite, 180, "t", &[], ""));
    let cancel = house.request(PHONE, Method::Cancel);
    house.hear(PHONE, reply(&cancel, 200, "t", &[], ""));
    house.hear(PHONE, reply(&invite, 487, "t", &[], ""));
    house.request(PHONE, Method::Ack);
    house.silent();
    house.assert_idle();
}

#[test]
fn the_most_telling_failure_of_all_phones_is_told() {
    let mut house = house_with_two_phones();
    let leg = house.calls(2, Destination::Account(HANAKO));
    let (first, second) = (house.request(PHONE, Method::Invite), house.request(TABLET, Method::Invite));
    house.hear(PHONE, reply(&first, 408, "a", &[], ""));
    assert!(house.events.is_empty());
    house.hear(TABLET, reply(&second, 486, "b", &[("Retry-After", "9")], ""));
    let rejection =
        Rejection { status: 486, phrase: "Reply".to_owned(), retry_after: Some(9), try_next_trunk: false, cause: None };
    assert_eq!(house.event(), LegEvent::Rejected { leg, rejection });
    house.assert_idle();
}

#[test]
fn a_603_on_one_phone_is_the_persons_word_for_all() {
    let mut house = house_with_two_phones();
    let leg = house.calls(2, Destination::Account(HANAKO));
    let (first, second) = (house.request(PHONE, Method::Invite), house.request(TABLET, Method::Invite));
    house.hear(TABLET, reply(&second, 180, "b", &[], ""));
    house.event();
    house.hear(PHONE, reply(&first, 603, "a", &[], ""));
    house.request(PHONE, Method::Ack);
    let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!() };
    assert_eq!((rejected, rejection.status), (leg, 603));
    let cancel = house.request(TABLET, Method::Cancel);
    house.hear(TABLET, reply(&cancel, 200, "b", &[], ""));
    house.hear(TABLET, reply(&second, 487, "b", &[], ""));
    house.request(TABLET, Method::Ack);
    house.silent();
    house.assert_idle();
}

#[test]
fn nobody_registered_is_480_at_once() {
    let mut house = House::new();
    let leg = house.calls(2, Destination::Account(TARO));
    let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!() };
    assert_eq!((rejected, rejection.status, rejection.try_next_trunk), (leg, 480, false));
    house.silent();
    house.assert_idle();
}

#[test]
fn r42_their_reliable_provisionals_get_pracks_in_order() {
    let mut house = House::new();
    let leg = house.calls(2, Destination::Trunk { trunk: NGN, number: "09087654321".to_owned() });
    let invite = house.request(CARRIER, Method::Invite);
    let reliable = |rseq: &str| {
        let extra = [("Require", "100rel"), ("RSeq", rseq), ("Contact", "<sip:peer@198.51.100.1:5060>")];
        reply(&invite, 183, "t", &extra, ANSWER)
    };
    house.hear(CARRIER, reliable("7"));
    assert_eq!(
        house.event(),
        LegEvent::Progress { leg, dialog: "t".to_owned(), status: 183, body: Some(bytes(ANSWER)) }
    );
    let prack = house.request(CARRIER, Method::Prack);
    assert_eq!(text(&prack, Name::RAck), "7 1 INVITE");
    assert_eq!(prack.cseq().unwrap().number, 2);
    // A copy and one that overtook another are not acknowledged.
    house.hear(CARRIER, reliable("7"));
    house.hear(CARRIER, reliable("9"));
    assert!(house.sent.is_empty());
    house.hear(CARRIER, reply(&prack, 200, "", &[], ""));
    house.hear(CARRIER, reliable("8"));
    let prack = house.request(CARRIER, Method::Prack);
    assert_eq!(prack.cseq().unwrap().number, 3);
    house.hear(CARRIER, reply(&prack, 200, "", &[], ""));
    house.hear(CARRIER, accept(&invite, "t", CARRIER, ANSWER));
    assert_eq!(house.request(CARRIER, Method::Ack).cseq().unwrap().number, 1);
    house.order(Order::Hangup { leg, reason: None });
    assert_eq!(house.request(CARRIER, Method::Bye).cseq().unwrap().number, 4);
}

#[test]
fn r42_an_answer_in_a_reliable_provisional_counts_when_the_2xx_has_none() {
    let mut house = House::new();
    let leg = house.calls(2, Destination::Trunk { trunk: NGN, number: "09087654321".to_owned() });
    let invite = house.request(CARRIER, Method::Invite);
    let extra = [("Require", "100rel"), ("RSeq", "7"), ("Contact", "<sip:peer@198.51.100.1:5060>")];
    house.hear(CARRIER, reply(&invite, 183, "t", &extra, ANSWER));
    house.event();
    let prack = house.request(CARRIER, Method::Prack);
    house.hear(CARRIER, reply(&prack, 200, "", &[], ""));
    house.hear(CARRIER, accept(&invite, "t", CARRIER, ""));
    house.request(CARRIER, Method::Ack);
    assert_eq!(house.event(), LegEvent::Answered { leg, body: bytes(ANSWER), from_ip: addr(CARRIER).ip() });
}

/// Found by the simulation (profile lossy, seed 1001): whoever had picked up the second phone heard nothing for 32 s.
#[test]
fn r39_a_second_answer_is_acknowledged_and_ended_even_if_the_first_call_is_over() {
    let mut house = House::new();
    let leg = house.calls(2, Destination::Address(addr(PHONE), "peer".to_owned()));
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, accept(&invite, "one", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(PHONE, Method::Bye);
    house.hear(PHONE, reply(&bye, 200, "", &[], ""));
    house.after(seconds(2));
    house.hear(PHONE, accept(&invite, "two", PHONE, ANSWER));
    assert_eq!(house.request(PHONE, Method::Ack).to().unwrap().tag(), Some("two"));
    let bye = house.request(PHONE, Method::Bye);
    assert_eq!(bye.to().unwrap().tag(), Some("two"));
    house.hear(PHONE, reply(&bye, 200, "", &[], ""));
    house.events.clear();
    house.assert_idle();
}

/// Found by the simulation (profile storm, seed 0): the BYE had the CSeq of the PRACK and would have been refused.
#[test]
fn r39_r42_the_bye_to_a_late_2xx_counts_on_from_the_prack_of_its_early_dialog() {
    for wins in [true, false] {
        let mut house = House::new();
        house.calls(2, Destination::Trunk { trunk: NGN, number: "09087654321".to_owned() });
        let invite = house.request(CARRIER, Method::Invite);
        let extra = [("Require", "100rel"), ("RSeq", "7"), ("Contact", "<sip:peer@198.51.100.1:5060>")];
        house.hear(CARRIER, reply(&invite, 183, "early", &extra, ANSWER));
        let prack = house.request(CARRIER, Method::Prack);
        assert_eq!(prack.cseq().unwrap().number, 2);
        house.hear(CARRIER, reply(&prack, 200, "", &[], ""));
        // Another branch wins, or fails for all.
        if wins {
            house.hear(CARRIER, accept(&invite, "other", CARRIER, ANSWER));
        } else {
            house.hear(CARRIER, reply(&invite, 486, "other", &[], ""));
        }
        house.request(CARRIER, Method::Ack);
        house.hear(CARRIER, accept(&invite, "early", CARRIER, ANSWER));
        house.request(CARRIER, Method::Ack);
        let bye = house.request(CARRIER, Method::Bye);
        assert_eq!(bye.to().unwrap().tag(), Some("early"));
        assert_eq!(bye.cseq().unwrap().number, 3);
    }
}

#[test]
fn r39_a_2xx_after_a_failure_is_acknowledged_and_ended() {
    let mut house = House::new();
    let leg = house.calls(2, Destination::Address(addr(PHONE), "peer".to_owned()));
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, reply(&invite, 486, "busy", &[], ""));
    house.request(PHONE, Method::Ack);
    assert!(matches!(house.event(), LegEvent::Rejected { leg: rejected, .. } if rejected == leg));
    let late = accept(&invite, "late", PHONE, ANSWER);
    house.hear(PHONE, late.clone());
    let ack = house.request(PHONE, Method::Ack);
    assert_eq!(ack.to().unwrap().tag(), Some("late"));
    let bye = house.request(PHONE, Method::Bye);
    assert_eq!(bye.to().unwrap().tag(), Some("late"));
    house.hear(PHONE, late);
    assert_eq!(house.request(PHONE, Method::Ack), ack);
    house.hear(PHONE, reply(&bye, 200, "late", &[], ""));
    house.silent();
    house.assert_idle();
    // One that answers nothing of ours moves nobody (R10).
    house.hear(PHONE, accept(&invite, "later still", PHONE, ANSWER));
    house.silent();
}

#[test]
fn r09_a_phone_whose_connection_breaks_while_it_rings_is_gone() {
    let mut house = House::new();
    let flow = tcp(PHONE, 5);
    house.register(flow, "101", "<sip:101@10.0.0.5:5060;transport=tcp>");
    let leg = house.calls(2, Destination::Account(HANAKO));
    let invite = house.request(PHONE, Method::Invite);
    assert!(text(&invite, Name::Contact).contains("transport=tcp"));
    house.endpoint.flow_closed(house.now, flow);
    house.drain();
    let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!() };
    assert_eq!((rejected, rejection.status, rejection.try_next_trunk), (leg, 503, false));
    assert_eq!(house.other.pop_front(), Some(Output::Binding(BindingEvent { account: HANAKO, contacts: 0 })));
    house.assert_idle();
}

#[test]
fn r29_phones_that_say_nothing_at_all_are_given_up_and_one_that_rings_is_not() {
    let mut house = house_with_two_phones();
    let leg = house.calls(2, Destination::Account(HANAKO));
    house.after(seconds(3));
    let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!() };
    assert_eq!((rejected, rejection.status, rejection.try_next_trunk), (leg, 408, false));
    house.after(seconds(40));
    house.sent.clear();
    house.assert_idle();

    let mut house = house_with_two_phones();
    house.calls(2, Destination::Account(HANAKO));
    let (first, _) = (house.request(PHONE, Method::Invite), house.request(TABLET, Method::Invite));
    house.hear(PHONE, reply(&first, 100, "", &[], ""));
    house.after(seconds(10));
    assert!(house.events.is_empty(), "one of them is there");
}

#[test]
fn it_rings_no_longer_than_the_house_allows() {
    let mut house = House::with(|config| config.times.ring_max = seconds(60), Vec::new());
    let leg = house.calls(2, Destination::Address(addr(PHONE), "peer".to_owned()));
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, reply(&invite, 180, "t", &[], ""));
    house.event();
    house.after(seconds(61));
    let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!() };
    assert_eq!((rejected, rejection.status, rejection.try_next_trunk), (leg, 408, false));
    house.request(PHONE, Method::Cancel);
    house.assert_idle();
}

#[test]
fn a_phone_is_asked_to_answer_by_itself_in_every_dialect_and_a_carrier_never() {
    let mut house = House::new();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5:5060>");
    let mut invite = Invite {
        leg: LegId(2),
        to: Destination::Account(HANAKO),
        display: String::new(),
        caller: None,
        withheld: false,
        redirected: None,
        body: bytes(OFFER),
        headers: vec![("Alert-Info", "<urn:denwaban:ring>".to_owned())],
        max_forwards: 70,
        web_body: None,
        on_behalf_of: None,
        auto_answer: true,
    };
    house.order(Order::Invite(invite.clone()));
    let asked = house.request(PHONE, Method::Invite);
    let alerts: Vec<_> =
        asked.values(Name::AlertInfo).map(|value| String::from_utf8_lossy(&value).into_owned()).collect();
    // Phones look at the first one.
    assert_eq!(alerts, ["<sip:denwaban.test>;info=alert-autoanswer;delay=0", "<urn:denwaban:ring>"]);
    assert_eq!(text(&asked, Name::CallInfo), "<sip:denwaban.test>;answer-after=0");
    assert_eq!(asked.other("Answer-Mode").as_deref(), Some(&b"Auto"[..]));

    invite.leg = LegId(4);
    invite.to = Destination::Trunk { trunk: NGN, number: "09012345678".to_owned() };
    house.order(Order::Invite(invite.clone()));
    let dialled = house.request(CARRIER, Method::Invite);
    assert!(!String::from_utf8_lossy(dialled.bytes()).contains("answer"), "{dialled:?}");

    (invite.leg, invite.to, invite.auto_answer) = (LegId(6), Destination::Account(HANAKO), false);
    house.order(Order::Invite(invite));
    let plain = house.request(PHONE, Method::Invite);
    assert_eq!(plain.other("Answer-Mode"), None, "who is called by a caller picks up by hand");
}
