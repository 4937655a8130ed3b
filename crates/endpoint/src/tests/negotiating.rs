//! Offers and answers outside the plain order: in provisionals, PRACK, UPDATE, ACK, and in bodies of several parts.

use super::*;

const NEW: &str = "v=0\r\no=- 2 3 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6004 RTP/AVP 0\r\n";

/// We call a carrier, with this body.
fn calling(house: &mut House, body: &str) -> (LegId, Message, Side) {
    let leg = LegId(2);
    house.order(Order::Invite(Invite {
        leg,
        to: Destination::Trunk { trunk: NGN, number: "09087654321".to_owned() },
        display: String::new(),
        caller: None,
        withheld: false,
        body: bytes(body),
        headers: Vec::new(),
        max_forwards: 70,
        auto_answer: false,
        web_body: None,
        on_behalf_of: None,
        redirected: None,
    }));
    let invite = house.request(CARRIER, Method::Invite);
    let callee = Side::callee(CARRIER, &invite, "t");
    (leg, invite, callee)
}

fn reliable(invite: &Message, tag: &str, rseq: &str, body: &str) -> Message {
    let extra = [("Require", "100rel"), ("RSeq", rseq), ("Contact", "<sip:peer@198.51.100.1:5060>")];
    reply(invite, 183, tag, &extra, body)
}

#[test]
fn rfc_3261_13_2_1_an_offer_in_the_200_is_answered_in_the_ack() {
    let mut house = House::new();
    let (leg, invite, _) = calling(&mut house, "");
    assert_eq!((invite.body(), invite.has(Name::ContentType)), (&b""[..], false));
    let ok = accept(&invite, "t", CARRIER, OFFER);
    house.hear(CARRIER, ok.clone());
    assert!(matches!(house.event(), LegEvent::Answered { body, .. } if body.is_empty()));
    assert_eq!(house.event(), LegEvent::Offer { leg, body: bytes(OFFER) });
    house.hear(CARRIER, ok.clone());
    house.silent();
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(ANSWER)) });
    let ack = house.request(CARRIER, Method::Ack);
    assert_eq!(ack.body(), ANSWER.as_bytes());
    house.hear(CARRIER, ok);
    assert_eq!(house.request(CARRIER, Method::Ack), ack);
    house.after(seconds(20));
    house.silent();
}

#[test]
fn rfc_3261_13_2_2_4_an_offer_that_nobody_can_answer_is_acknowledged_and_ended() {
    for patient in [true, false] {
        let mut house = House::new();
        let (leg, invite, _) = calling(&mut house, "");
        house.hear(CARRIER, accept(&invite, "t", CARRIER, OFFER));
        house.events.clear();
        if patient {
            house.after(seconds(11));
        } else {
            house.order(Order::AnswerOffer { leg, answer: Err(488) });
        }
        house.request(CARRIER, Method::Ack);
        let bye = house.request(CARRIER, Method::Bye);
        assert_eq!(text(&bye, Name::Reason), "SIP;cause=488;text=\"Offer not acceptable\"");
        house.hear(CARRIER, reply(&bye, 200, "", &[], ""));
        assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None });
        house.assert_idle();
    }
}

#[test]
fn r43_a_hang_up_while_an_offer_waits_is_an_ack_and_a_bye() {
    let mut house = House::new();
    let (leg, invite, mut callee) = calling(&mut house, "");
    house.hear(CARRIER, accept(&invite, "t", CARRIER, OFFER));
    house.events.clear();
    house.order(Order::Hangup { leg, reason: None });
    house.request(CARRIER, Method::Ack);
    let bye = house.request(CARRIER, Method::Bye);
    let theirs = callee.request("BYE", "", "");
    house.hear(CARRIER, theirs.as_str());
    house.response(CARRIER, 200);
    house.hear(CARRIER, reply(&bye, 481, "", &[], ""));
    house.assert_idle();
}

#[test]
fn rfc_3262_5_an_offer_in_a_reliable_provisional_is_answered_in_its_prack() {
    let mut house = House::new();
    let (leg, invite, _) = calling(&mut house, "");
    house.hear(CARRIER, reliable(&invite, "t", "7", OFFER));
    assert_eq!(house.event(), LegEvent::Offer { leg, body: bytes(OFFER) });
    house.sent.clear();
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(ANSWER)) });
    let prack = house.request(CARRIER, Method::Prack);
    assert_eq!((prack.body(), text(&prack, Name::RAck).as_str()), (ANSWER.as_bytes(), "7 1 INVITE"));
    house.events.clear();
    house.hear(CARRIER, accept(&invite, "t", CARRIER, ""));
    assert_eq!(house.request(CARRIER, Method::Ack).body(), b"");
    assert!(matches!(house.event(), LegEvent::Answered { body, .. } if body.is_empty()));
    house.silent();
}

#[test]
fn rfc_3262_5_an_offer_in_a_provisional_that_nobody_answers_costs_the_call() {
    let mut house = House::new();
    let (leg, invite, _) = calling(&mut house, "");
    house.hear(CARRIER, reliable(&invite, "t", "7", OFFER));
    house.events.clear();
    house.after(seconds(11));
    house.request(CARRIER, Method::Prack);
    house.request(CARRIER, Method::Cancel);
    let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!("Rejected") };
    assert_eq!((rejected, rejection.status), (leg, 488));
    house.hear(CARRIER, reply(&invite, 487, "t", &[], ""));
    house.assert_idle();
}

#[test]
fn rfc_3311_5_2_an_update_may_offer_once_the_first_offer_is_answered_reliably() {
    let mut house = House::new();
    let (leg, invite, mut callee) = calling(&mut house, OFFER);
    house.hear(CARRIER, reply(&invite, 183, "t", &[("Contact", "<sip:peer@198.51.100.1:5060>")], ANSWER));
    let early = callee.request("UPDATE", "", HOLD);
    house.hear(CARRIER, early.as_str());
    house.response(CARRIER, 491);
    house.hear(CARRIER, reliable(&invite, "t", "7", ANSWER));
    let prack = house.request(CARRIER, Method::Prack);
    house.hear(CARRIER, reply(&prack, 200, "", &[], ""));
    house.events.clear();

    let update = callee.request("UPDATE", "", NEW);
    house.hear(CARRIER, update.as_str());
    assert_eq!(house.event(), LegEvent::Offer { leg, body: bytes(NEW) });
    let second = callee.request("UPDATE", "", HOLD);
    house.hear(CARRIER, second.as_str());
    assert!(house.response(CARRIER, 500).has(Name::RetryAfter));
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(HOLD)) });
    assert_eq!(house.response(CARRIER, 200).body(), HOLD.as_bytes());
    house.hear(CARRIER, accept(&invite, "t", CARRIER, ""));
    house.request(CARRIER, Method::Ack);
    assert!(matches!(house.event(), LegEvent::Answered { body, .. } if body.is_empty()), "it was told already");
    // The dialog goes on where the early one stood: an older number is out of order, a newer one is not.
    let old = callee.write("INFO", 101, "", "");
    house.hear(CARRIER, old.as_str());
    house.response(CARRIER, 500);
    let options = callee.request("OPTIONS", "", "");
    house.hear(CARRIER, options.as_str());
    house.response(CARRIER, 200);
}

#[test]
fn rfc_3311_an_offer_that_the_house_does_not_answer_is_504_and_the_call_goes_on() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    let reinvite = caller.request("INVITE", "", HOLD);
    house.hear(CARRIER, reinvite.as_str());
    house.event();
    house.order(Order::Offer { leg, body: bytes(NEW) });
    house.after(seconds(11));
    house.sent.retain(|(_, message)| message.status() != Some(100));
    house.response(CARRIER, 504);
    assert_eq!(house.request(CARRIER, Method::Invite).body(), NEW.as_bytes(), "what waited goes now");
    assert_eq!(house.endpoint.leg_count(), 1);
    // Too late: nothing happens.
    house.sent.clear();
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(ANSWER)) });
    house.silent();
}

#[test]
fn rfc_3262_5_our_offer_in_a_reliable_provisional_is_answered_in_the_prack_and_not_said_again() {
    let mut house = House::new();
    let (mut caller, leg) = house.arrives("Require: 100rel\r\n", "");
    house.order(Order::Progress { leg, status: 183, body: Some(bytes(OFFER)) });
    let progress = house.response(CARRIER, 183);
    caller.learn(&progress);
    let rack = format!("RAck: {} 1 INVITE\r\n", text(&progress, Name::RSeq));
    let prack = caller.request("PRACK", &rack, ANSWER);
    house.hear(CARRIER, prack.as_str());
    house.response(CARRIER, 200);
    assert_eq!(house.event(), LegEvent::Acknowledged { leg, body: Some(bytes(ANSWER)) });
    // An UPDATE may offer now, before the 200.
    let update = caller.request("UPDATE", "", NEW);
    house.hear(CARRIER, update.as_str());
    assert_eq!(house.event(), LegEvent::Offer { leg, body: bytes(NEW) });
    // The 200 to the INVITE waits for the answer.
    house.order(Order::Answer { leg, body: bytes(OFFER) });
    house.silent();
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(HOLD)) });
    assert_eq!(house.response(CARRIER, 200).method(), Method::Update);
    let ok = house.response(CARRIER, 200);
    assert_eq!((ok.method(), ok.body()), (Method::Invite, &b""[..]));
    let ack = caller.write("ACK", 1, "", "");
    house.hear(CARRIER, ack.as_str());
    assert_eq!(house.event(), LegEvent::Acknowledged { leg, body: None });
}

#[test]
fn rfc_3262_5_a_prack_may_offer_anew() {
    let mut house = House::new();
    let (mut caller, leg) = house.arrives("Require: 100rel\r\n", OFFER);
    house.order(Order::Progress { leg, status: 183, body: Some(bytes(ANSWER)) });
    let progress = house.response(CARRIER, 183);
    caller.learn(&progress);
    let rack = format!("RAck: {} 1 INVITE\r\n", text(&progress, Name::RSeq));
    let prack = caller.request("PRACK", &rack, NEW);
    house.hear(CARRIER, prack.as_str());
    assert_eq!(house.event(), LegEvent::Offer { leg, body: bytes(NEW) });
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(HOLD)) });
    let ok = house.response(CARRIER, 200);
    assert_eq!((ok.method(), ok.body()), (Method::Prack, HOLD.as_bytes()));
    house.after(seconds(40));
    house.order(Order::Answer { leg, body: bytes(HOLD) });
    house.response(CARRIER, 200);
}

#[test]
fn rfc_5621_the_session_is_found_among_several_parts() {
    let parts = |sdp: &str| {
        format!(
            "--b\r\nContent-Type: application/isup\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--b--\r\n"
        )
    };
    let kind = "Content-Type: multipart/mixed;boundary=b\r\n";
    let mut house = House::new();
    let mut caller = Side::new(CARRIER, "09012345678", "carrier.test", "192.0.2.1:5060");
    let invite = caller.request("INVITE", kind, &parts(OFFER));
    house.hear(CARRIER, invite.as_str());
    house.response(CARRIER, 100);
    let LegEvent::Incoming(incoming) = house.event() else { panic!("Incoming") };
    assert_eq!(incoming.offer, Some(bytes(OFFER)));
    let leg = incoming.leg;
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    caller.learn(&ok);
    let ack = caller.ack(1);
    house.hear(CARRIER, ack.as_str());
    house.event();
    let update = caller.request("UPDATE", kind, &parts(NEW));
    house.hear(CARRIER, update.as_str());
    assert_eq!(house.event(), LegEvent::Offer { leg, body: bytes(NEW) });
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(ANSWER)) });
    house.response(CARRIER, 200);

    let required = parts(NEW).replacen("isup\r\n", "isup\r\nContent-Disposition: signal;handling=required\r\n", 1);
    let update = caller.request("UPDATE", kind, &required);
    house.hear(CARRIER, update.as_str());
    let refused = house.response(CARRIER, 415);
    assert_eq!(refused.values(Name::Accept).count(), 2);

    house.order(Order::Offer { leg, body: bytes(HOLD) });
    let reinvite = house.request(CARRIER, Method::Invite);
    let body = parts(NEW);
    let answer = MessageBuilder::reply(&reinvite, 200, "OK", None).body("multipart/mixed;boundary=b", body.as_bytes());
    house.hear(CARRIER, answer.finish());
    assert_eq!(house.event(), LegEvent::OfferAnswered { leg, body: bytes(NEW) });
}
