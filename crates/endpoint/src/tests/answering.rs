//! Incoming calls: 100, 180, 200, ACK, BYE, and everything that may come instead.

use super::*;

#[test]
fn a_call_over_the_trunk_is_answered_and_hung_up() {
    let mut house = House::new();
    let (mut caller, leg) = house.arrives("P-Called-Party-ID: <sip:0398765432@carrier.test>\r\n", OFFER);
    house.order(Order::Progress { leg, status: 180, body: None });
    let ringing = house.response(CARRIER, 180);
    assert!(ringing.to().unwrap().tag().is_some());
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    assert_eq!(ok.body(), ANSWER.as_bytes());
    assert_eq!(text(&ok, Name::Date), "Tue, 14 Nov 2023 22:13:20 GMT");
    assert!(ok.has(Name::Allow) && ok.has(Name::Supported) && ok.has(Name::Server));
    assert_eq!(ok.to().unwrap().tag(), ringing.to().unwrap().tag());
    caller.learn(&ok);
    let ack = caller.ack(1);
    house.hear(CARRIER, ack.as_str());
    assert_eq!(house.event(), LegEvent::Acknowledged { leg, body: None });
    // Our BYE's From is the INVITE's To (JAPAN.md).
    house.order(Order::Hangup { leg, reason: None });
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None });
    let bye = house.request(CARRIER, Method::Bye);
    assert_eq!(text(&bye, Name::From), text(&ok, Name::To));
    assert_eq!(text(&bye, Name::To), text(&ok, Name::From));
    house.hear(CARRIER, reply(&bye, 200, "", &[], ""));
    house.silent();
    assert_eq!(house.endpoint.leg_count(), 0);
    house.assert_idle();
}

#[test]
fn what_the_invite_says_is_told() {
    let mut house = House::new();
    let mut caller = Side::new(CARRIER, "anonymous", "anonymous.invalid", "0398765432@192.0.2.1:5060");
    caller.local = "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=a".to_owned();
    caller.remote = "<sip:0311112222;npdi@carrier.test>".to_owned();
    let extra = "P-Called-Party-ID: <sip:0398765432@carrier.test>\r\nP-Asserted-Identity: \"x\" \
                 <sip:09012345678@carrier.test>, <tel:09012345678>\r\nPrivacy: id\r\nDiversion: \
                 <sip:0355556666@a>;reason=unconditional;counter=2, <sip:0377778888@a>\r\nHistory-Info: \
                 <sip:0366667777@a>;index=1, <sip:0398765432@b>;index=1.1\r\n";
    let invite = caller.request("INVITE", extra, "");
    house.hear(CARRIER, invite.as_str());
    let LegEvent::Incoming(incoming) = house.event() else { panic!() };
    assert_eq!(incoming.source, Source::Trunk(NGN));
    assert_eq!(
        incoming.dialled,
        [
            (Extractor::PCalledPartyId, "0398765432"),
            (Extractor::To, "0311112222;npdi"),
            (Extractor::RequestUri, "0398765432"),
            (Extractor::DiversionTop, "0355556666"),
            (Extractor::DiversionBottom, "0377778888"),
            (Extractor::HistoryInfo, "0366667777"),
        ]
        .map(|(extractor, user)| (extractor, user.to_owned()))
    );
    assert_eq!(incoming.caller, "09012345678");
    assert_eq!(incoming.caller_display, "Anonymous");
    assert_eq!(incoming.caller_host, "anonymous.invalid");
    assert!(incoming.privacy);
    assert_eq!(incoming.offer, None);
    assert_eq!(incoming.diversions, 3);
    assert_eq!(incoming.max_forwards, 70);
    assert_eq!(incoming.leg.0 % 2, 1);
}

#[test]
fn r37_a_retransmitted_invite_rings_once() {
    let mut house = House::new();
    let mut caller = Side::new(CARRIER, "09012345678", "carrier.test", "0312345678@192.0.2.1:5060");
    let invite = caller.request("INVITE", "", OFFER);
    for _ in 0..100 {
        house.hear(CARRIER, invite.as_str());
    }
    assert_eq!(house.events.len(), 1);
    assert_eq!(house.endpoint.leg_count(), 1);
}

#[test]
fn r35_a_merged_request_is_refused() {
    let mut house = House::new();
    let (mut caller, _) = house.arrives("", OFFER);
    let again = caller.write("INVITE", 1, "", OFFER);
    house.hear(CARRIER, again.as_str());
    house.response(CARRIER, 482);
    house.silent();
}

#[test]
fn r38_a_2xx_without_ack_is_repeated_for_32_s_and_then_ended() {
    let mut house = House::new();
    let (_, leg) = house.arrives("", OFFER);
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    house.after(ms(31_900));
    let copies = std::iter::from_fn(|| house.sent.pop_front()).map(|(_, message)| message).collect::<Vec<_>>();
    assert!(copies.iter().all(|message| message.status() == Some(200)));
    // At 0, 0.5, 1.5, 3.5, 7.5 and then every 4 s.
    assert_eq!(copies.len(), 11);
    house.silent();
    house.after(ms(200));
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::NoAck, cause: None });
    let bye = house.request(CARRIER, Method::Bye);
    house.hear(CARRIER, reply(&bye, 481, "", &[], ""));
    house.assert_idle();
}

#[test]
fn an_offer_in_our_200_gets_its_answer_from_the_ack() {
    let mut house = House::new();
    let (mut caller, leg) = house.arrives("", "");
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    caller.learn(&ok);
    let ack = caller.write("ACK", 1, "", OFFER);
    house.hear(CARRIER, ack.as_str());
    assert_eq!(house.event(), LegEvent::Acknowledged { leg, body: Some(bytes(OFFER)) });
    house.hear(CARRIER, ack.as_str());
    house.silent();
}

#[test]
fn r40_a_cancel_ends_the_ringing() {
    let mut house = House::new();
    let (mut caller, leg) = house.arrives("", OFFER);
    let cancel = caller.write("CANCEL", 1, "", "");
    house.hear(CARRIER, cancel.as_str());
    house.response(CARRIER, 200);
    house.response(CARRIER, 487);
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::Cancelled, cause: None });
    // The order that crossed it is of no use any more.
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    house.silent();
    let ack = caller.write("ACK", 1, "", "");
    house.hear(CARRIER, ack.as_str());
    house.assert_idle();
}

#[test]
fn r40_a_cancel_that_crosses_our_200_changes_nothing() {
    let mut house = House::new();
    let (mut caller, leg) = house.arrives("", OFFER);
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    let cancel = caller.write("CANCEL", 1, "", "");
    house.hear(CARRIER, cancel.as_str());
    house.response(CARRIER, 200);
    house.silent();
    // The caller acknowledges and ends it, as RFC 3261 section 9.1 has it.
    caller.learn(&ok);
    let (ack, bye) = (caller.ack(1), caller.request("BYE", "", ""));
    house.hear(CARRIER, ack.as_str());
    house.hear(CARRIER, bye.as_str());
    house.response(CARRIER, 200);
    assert_eq!(house.event(), LegEvent::Acknowledged { leg, body: None });
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::PeerHungUp, cause: None });
    house.assert_idle();
}

#[test]
fn r43_both_hang_up_at_once() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    house.order(Order::Hangup { leg, reason: None });
    let ours = house.request(CARRIER, Method::Bye);
    let theirs = caller.request("BYE", "", "");
    house.hear(CARRIER, theirs.as_str());
    house.response(CARRIER, 200);
    house.hear(CARRIER, reply(&ours, 481, "", &[], ""));
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None });
    house.silent();
    house.assert_idle();
}

#[test]
fn a_bye_before_the_ack_is_a_bye() {
    let mut house = House::new();
    let (mut caller, leg) = house.arrives("", OFFER);
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    caller.learn(&ok);
    caller.cseq += 1;
    let bye = caller.request("BYE", "", "");
    house.hear(CARRIER, bye.as_str());
    house.response(CARRIER, 200);
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::PeerHungUp, cause: None });
    house.silent();
    house.assert_idle();
}

#[test]
fn we_hang_up_before_the_ack_and_the_bye_waits_for_it() {
    let mut house = House::new();
    let (mut caller, leg) = house.arrives("", OFFER);
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    house.order(Order::Hangup { leg, reason: None });
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None });
    house.silent();
    house.after(ms(500));
    house.response(CARRIER, 200);
    caller.learn(&ok);
    let ack = caller.ack(1);
    house.hear(CARRIER, ack.as_str());
    let bye = house.request(CARRIER, Method::Bye);
    house.hear(CARRIER, reply(&bye, 200, "", &[], ""));
    house.silent();
    house.assert_idle();
}

#[test]
fn refused_and_hung_up_before_the_answer() {
    let mut house = House::new();
    let (_, leg) = house.arrives("", OFFER);
    let reason = Some(Reason { cause: 486, text: "Busy" });
    house.order(Order::Reject { leg, status: 503, retry_after: Some(7), reason });
    let refusal = house.response(CARRIER, 503);
    assert_eq!(text(&refusal, Name::RetryAfter), "7");
    assert_eq!(text(&refusal, Name::Reason), "SIP;cause=486;text=\"Busy\"");
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None });
    house.assert_idle();

    let mut house = House::new();
    let (_, leg) = house.arrives("", OFFER);
    house.order(Order::Hangup { leg, reason: None });
    house.response(CARRIER, 480);
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None });
    house.order(Order::Hangup { leg, reason: None });
    assert!(house.events.is_empty());
    house.assert_idle();
}

#[test]
fn r42_reliable_provisionals_are_repeated_until_their_prack() {
    let mut house = House::new();
    let (mut caller, leg) = house.arrives("Require: 100rel\r\nSupported: 100rel\r\n", OFFER);
    house.order(Order::Progress { leg, status: 183, body: Some(bytes(ANSWER)) });
    let progress = house.response(CARRIER, 183);
    assert!(progress.requires("100rel"));
    let rseq = progress.rseq().unwrap().unwrap();
    house.after(ms(1600));
    assert_eq!(house.response(CARRIER, 183), progress);
    assert_eq!(house.response(CARRIER, 183), progress);
    // The next provisional and the 200 wait.
    house.order(Order::Progress { leg, status: 180, body: None });
    house.silent();
    caller.learn(&progress);
    let wrong = caller.request("PRACK", &format!("RAck: {} 1 INVITE\r\n", rseq + 7), "");
    house.hear(CARRIER, wrong.as_str());
    house.response(CARRIER, 481);
    let prack = caller.request("PRACK", &format!("RAck: {rseq} 1 INVITE\r\n"), "");
    house.hear(CARRIER, prack.as_str());
    house.response(CARRIER, 200);
    let ringing = house.response(CARRIER, 180);
    assert_eq!(ringing.rseq().unwrap(), Some(rseq + 1));
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    house.silent();
    let prack = caller.request("PRACK", &format!("RAck: {} 1 INVITE\r\n", rseq + 1), "");
    house.hear(CARRIER, prack.as_str());
    house.response(CARRIER, 200);
    house.response(CARRIER, 200);
}

#[test]
fn r42_a_provisional_that_is_never_pracked_ends_the_call() {
    let mut house = House::new();
    let (_, leg) = house.arrives("Require: 100rel\r\n", OFFER);
    house.order(Order::Progress { leg, status: 180, body: None });
    house.after(seconds(33));
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::Lost, cause: None });
    assert!(house.sent.iter().any(|(_, message)| message.status() == Some(504)));
    house.assert_idle();
}

#[test]
fn r45_too_many_legs_are_refused_with_a_word_when_to_come_back() {
    let mut house = House::with(|config| config.limits.legs_max = 1, vec![trunk(NGN, CARRIER)]);
    house.arrives("", OFFER);
    let mut second = Side::new(CARRIER, "08011112222", "carrier.test", "0312345678@192.0.2.1:5060");
    let invite = second.request("INVITE", "", OFFER);
    house.hear(CARRIER, invite.as_str());
    assert!(house.response(CARRIER, 503).has(Name::RetryAfter));
    assert_eq!(house.other.pop_front(), Some(Output::Alarm(Alarm::Full { table: "legs", limit: 1 })));
    assert!(house.events.is_empty());
}

#[test]
fn every_message_of_a_leg_is_traced_once() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    let bye = caller.request("BYE", "", "");
    house.hear(CARRIER, bye.as_str());
    let ladder: Vec<_> = house.traces.iter().map(|trace| (trace.direction, first_word(&trace.message))).collect();
    use TraceDirection::{In, Out};
    let expected = [(In, "INVITE"), (Out, "100"), (Out, "200"), (In, "ACK"), (In, "BYE"), (Out, "200")]
        .map(|(d, w)| (d, w.to_owned()));
    assert_eq!(ladder, expected);
    assert!(house.traces.iter().all(|trace| trace.leg == leg));
}

fn first_word(message: &[u8]) -> String {
    let line = String::from_utf8_lossy(message);
    line.split(' ').find(|word| *word != "SIP/2.0").unwrap().to_owned()
}

#[test]
fn rfc_3261_9_2_every_answer_to_a_call_and_to_its_cancel_has_one_tag() {
    let mut house = House::new();
    let (mut caller, _) = house.arrives("", OFFER);
    let cancel = caller.write("CANCEL", 1, "", "");
    house.hear(CARRIER, cancel.as_str());
    let (first, second) = (house.response(CARRIER, 200), house.response(CARRIER, 487));
    assert_eq!((first.method(), second.method()), (Method::Cancel, Method::Invite));
    let tag = |message: &Message| message.to().unwrap().tag().map(str::to_owned);
    assert!(tag(&first).is_some());
    assert_eq!(tag(&first), tag(&second));
}
