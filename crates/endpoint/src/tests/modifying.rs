//! Inside a call: offers of both sides, glare, session timers, REFER, INFO, probes.

use super::*;

#[test]
fn we_hold_and_the_peer_agrees() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    house.order(Order::Offer { leg, body: bytes(HOLD) });
    let reinvite = house.request(CARRIER, Method::Invite);
    assert_eq!(reinvite.body(), HOLD.as_bytes());
    let ok = accept(&reinvite, "", CARRIER, OFFER);
    house.hear(CARRIER, ok.clone());
    let ack = house.request(CARRIER, Method::Ack);
    assert_eq!(house.event(), LegEvent::OfferAnswered { leg, body: bytes(OFFER) });
    // A lost ACK is sent again, and nothing else happens.
    house.hear(CARRIER, ok);
    assert_eq!(house.request(CARRIER, Method::Ack), ack);
    house.silent();
    let bye = caller.request("BYE", "", "");
    house.hear(CARRIER, bye.as_str());
    house.response(CARRIER, 200);
    house.event();
    house.assert_idle();
}

#[test]
fn an_offer_that_is_refused_leaves_the_call_as_it_was() {
    let mut house = House::new();
    let (_, leg) = house.talks();
    house.order(Order::Offer { leg, body: bytes(HOLD) });
    // A second one waits for the first.
    house.order(Order::Offer { leg, body: bytes(OFFER) });
    let reinvite = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, reply(&reinvite, 488, "", &[], ""));
    house.request(CARRIER, Method::Ack);
    assert_eq!(house.event(), LegEvent::OfferRefused { leg, status: 488 });
    assert_eq!(house.request(CARRIER, Method::Invite).body(), OFFER.as_bytes());
    assert_eq!(house.endpoint.leg_count(), 1);
}

#[test]
fn the_peer_holds_and_we_agree_or_not() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    let reinvite = caller.request("INVITE", "", HOLD);
    house.hear(CARRIER, reinvite.as_str());
    assert_eq!(house.event(), LegEvent::Offer { leg, body: bytes(HOLD) });
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(ANSWER)) });
    let ok = house.response(CARRIER, 200);
    assert_eq!(ok.body(), ANSWER.as_bytes());
    let ack = caller.ack(2);
    house.hear(CARRIER, ack.as_str());
    house.silent();
    house.after(seconds(40));
    house.silent();

    let reinvite = caller.request("INVITE", "", OFFER);
    house.hear(CARRIER, reinvite.as_str());
    house.event();
    house.order(Order::AnswerOffer { leg, answer: Err(488) });
    house.response(CARRIER, 488);
    assert_eq!(house.endpoint.leg_count(), 1);

    // The same media again is a refresh: nobody is asked.
    let refresh = caller.request("INVITE", "", HOLD);
    house.hear(CARRIER, refresh.as_str());
    assert_eq!(house.response(CARRIER, 200).body(), ANSWER.as_bytes());
    house.silent();
}

#[test]
fn the_peer_asks_us_to_offer() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    let reinvite = caller.request("INVITE", "", "");
    house.hear(CARRIER, reinvite.as_str());
    assert_eq!(house.event(), LegEvent::Offer { leg, body: Bytes::new() });
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(HOLD)) });
    house.response(CARRIER, 200);
    let ack = caller.write("ACK", 2, "", OFFER);
    house.hear(CARRIER, ack.as_str());
    assert_eq!(house.event(), LegEvent::Acknowledged { leg, body: Some(bytes(OFFER)) });
}

#[test]
fn r41_glare_is_refused_and_tried_again() {
    // Who made the Call-ID waits longer.
    for ours in [true, false] {
        let mut house = House::new();
        let (mut peer, leg) = if ours {
            let leg = house.calls(2, Destination::Address(addr(PHONE), "peer".to_owned()));
            let invite = house.request(PHONE, Method::Invite);
            house.hear(PHONE, accept(&invite, "t", PHONE, ANSWER));
            house.request(PHONE, Method::Ack);
            house.event();
            (Side::callee(PHONE, &invite, "t"), leg)
        } else {
            house.talks()
        };
        let remote = if ours { PHONE } else { CARRIER };
        house.order(Order::Offer { leg, body: bytes(HOLD) });
        let first = house.request(remote, Method::Invite);
        let theirs = peer.request("INVITE", "", OFFER.replace("4000", "4002").as_str());
        house.hear(remote, theirs.as_str());
        house.response(remote, 491);
        house.hear(remote, ack_of(&theirs).as_str());
        house.hear(remote, reply(&first, 491, "", &[], ""));
        house.request(remote, Method::Ack);
        let before = house.now;
        while house.sent.is_empty() {
            house.after(ms(10));
        }
        let waited = house.now - before;
        let (least, most) = if ours { (ms(2100), ms(4010)) } else { (ms(0), ms(2010)) };
        assert!((least..=most).contains(&waited), "{waited:?}");
        let again = house.request(remote, Method::Invite);
        assert_eq!(again.body(), HOLD.as_bytes());
        house.hear(remote, accept(&again, "", remote, OFFER));
        house.request(remote, Method::Ack);
        assert_eq!(house.event(), LegEvent::OfferAnswered { leg, body: bytes(OFFER) });
        house.silent();
    }
}

#[test]
fn r41_a_second_invite_before_the_first_is_answered_comes_back_later() {
    let mut house = House::new();
    let (mut caller, _) = house.talks();
    for _ in 0..2 {
        let reinvite = caller.request("INVITE", "", HOLD);
        house.hear(CARRIER, reinvite.as_str());
    }
    let refused = house.response(CARRIER, 500);
    assert!(refused.retry_after().unwrap().unwrap() <= 10);
    assert_eq!(house.events.len(), 1);
}

#[test]
fn r43_a_bye_during_a_reinvite_ends_both() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    let reinvite = caller.request("INVITE", "", HOLD);
    house.hear(CARRIER, reinvite.as_str());
    house.event();
    let bye = caller.request("BYE", "", "");
    house.hear(CARRIER, bye.as_str());
    house.response(CARRIER, 200);
    house.response(CARRIER, 487);
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::PeerHungUp, cause: None });
    let ack = caller.ack(2);
    house.hear(CARRIER, ack.as_str());
    house.assert_idle();
}

#[test]
fn an_update_without_a_body_is_answered_inside_and_one_with_is_told() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    let update = caller.request("UPDATE", "Session-Expires: 120;refresher=uac\r\nSupported: timer\r\n", "");
    house.hear(CARRIER, update.as_str());
    assert_eq!(text(&house.response(CARRIER, 200), Name::SessionExpires), "120;refresher=uac");
    house.silent();
    let update = caller.request("UPDATE", "", HOLD);
    house.hear(CARRIER, update.as_str());
    assert_eq!(house.event(), LegEvent::Offer { leg, body: bytes(HOLD) });
    house.order(Order::AnswerOffer { leg, answer: Ok(bytes(ANSWER)) });
    assert_eq!(house.response(CARRIER, 200).body(), ANSWER.as_bytes());
    house.silent();
}

#[test]
fn a_session_too_short_is_told_the_shortest() {
    let mut house = House::new();
    let (mut caller, _) = house.talks();
    let update = caller.request("UPDATE", "Session-Expires: 30\r\nSupported: timer\r\n", "");
    house.hear(CARRIER, update.as_str());
    assert_eq!(text(&house.response(CARRIER, 422), Name::MinSe), "90");
}

#[test]
fn r34_we_refresh_the_session_when_it_is_our_turn() {
    // With UPDATE where the peer knows it, else with the same offer again.
    for updates in [true, false] {
        let mut house = House::with(|_| {}, vec![Trunk { session_expires: Some(seconds(300)), ..trunk(NGN, CARRIER) }]);
        let leg = house.calls(2, Destination::Trunk { trunk: NGN, number: "0901".to_owned() });
        let invite = house.request(CARRIER, Method::Invite);
        assert_eq!(text(&invite, Name::SessionExpires), "300");
        let allow = if updates { "INVITE, UPDATE" } else { "INVITE" };
        let extra = [
            ("Contact", "<sip:peer@198.51.100.1:5060>"),
            ("Session-Expires", "200;refresher=uac"),
            ("Require", "timer"),
            ("Allow", allow),
        ];
        house.hear(CARRIER, reply(&invite, 200, "t", &extra, ANSWER));
        house.request(CARRIER, Method::Ack);
        house.event();
        for _ in 0..3 {
            house.after(seconds(99));
            house.silent();
            house.after(ms(1100));
            let refresh = house.to(CARRIER);
            assert_eq!(refresh.method(), if updates { Method::Update } else { Method::Invite });
            assert_eq!(refresh.body(), if updates { "" } else { OFFER }.as_bytes());
            assert_eq!(text(&refresh, Name::SessionExpires), "200;refresher=uac");
            house.hear(CARRIER, reply(&refresh, 200, "t", &extra, if updates { "" } else { ANSWER }));
            if !updates {
                house.request(CARRIER, Method::Ack);
            }
            house.silent();
        }
        // Nobody answers any more: the refresh times out, and with it the call.
        house.after(seconds(101 + 33));
        assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::Lost, cause: None });
        house.assert_idle();
    }
}

#[test]
fn a_peer_that_says_update_and_does_not_know_it_gets_a_reinvite() {
    let mut house = House::with(|_| {}, vec![Trunk { session_expires: Some(seconds(300)), ..trunk(NGN, CARRIER) }]);
    let (mut caller, leg) = house.arrives("Allow: INVITE, UPDATE\r\n", OFFER);
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    // They do not know timers: we do the work ourselves, and require nothing.
    assert_eq!(text(&ok, Name::SessionExpires), "300;refresher=uas");
    assert!(!ok.has(Name::Require));
    caller.learn(&ok);
    let ack = caller.ack(1);
    house.hear(CARRIER, ack.as_str());
    house.event();
    house.after(ms(150_100));
    let update = house.request(CARRIER, Method::Update);
    house.hear(CARRIER, reply(&update, 501, "", &[], ""));
    house.after(ms(1));
    let reinvite = house.request(CARRIER, Method::Invite);
    assert_eq!(reinvite.body(), ANSWER.as_bytes());
}

#[test]
fn rfc_4488_a_refer_that_wants_no_reports_gets_none() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    for wanted in [false, true] {
        let extra = format!("Refer-To: <sip:09011112222@x>\r\nRequire: norefersub\r\nRefer-Sub: {wanted}\r\n");
        let refer = caller.request("REFER", &extra, "");
        house.hear(CARRIER, refer.as_str());
        house.event();
        house.order(Order::AnswerRefer { leg, status: 202 });
        let accepted = house.response(CARRIER, 202);
        assert_eq!(accepted.other("Refer-Sub").as_deref(), (!wanted).then_some(&b"false"[..]));
        if wanted {
            let notify = house.request(CARRIER, Method::Notify);
            house.hear(CARRIER, reply(&notify, 200, "", &[], ""));
        }
        house.order(Order::ReferProgress { leg, status: 200 });
        if wanted {
            let notify = house.request(CARRIER, Method::Notify);
            assert_eq!(text(&notify, Name::SubscriptionState), "terminated;reason=noresource");
        }
        house.silent();
    }
}

#[test]
fn rfc_3891_an_operators_invite_names_the_call_whose_place_it_takes() {
    let mut house = House::new();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5>");
    let leg = house.calls(2, Destination::Account(HANAKO));
    let out = house.request(PHONE, Method::Invite);
    house.hear(PHONE, reply(&out, 180, "t", &[], ""));
    house.event();
    let (call_id, ours) = (text(&out, Name::CallId), out.from().unwrap().tag().unwrap().to_owned());
    // While it rings (to-tag is ours), with and without early-only; and when it talks, which early-only does not want.
    let mut number = 0;
    let mut asks = |house: &mut House, named: &str| {
        number += 1;
        let mut tablet = Side::new(TABLET, "101", REALM, REALM);
        tablet.call_id = format!("tablet-{number}");
        let extra = format!("Replaces: {named}\r\n");
        let first = tablet.request("INVITE", &extra, OFFER);
        house.hear(TABLET, first.as_str());
        let challenge = house.response(TABLET, 401);
        let uri = tablet.target.clone();
        let authorization = authorize(&challenge, "101", "secret", &Method::Invite, &uri);
        let again = tablet.request("INVITE", &format!("{extra}Authorization: {authorization}\r\n"), OFFER);
        house.hear(TABLET, again.as_str());
        match house.to(TABLET).status() {
            Some(100) => {
                let LegEvent::Incoming(incoming) = house.event() else { panic!("Incoming") };
                Ok(incoming.replaces)
            }
            status => Err(status.unwrap()),
        }
    };
    let named = format!("{call_id};to-tag={ours};from-tag=t");
    assert_eq!(asks(&mut house, &named), Ok(Some(leg)));
    assert_eq!(asks(&mut house, &format!("{named};early-only")), Ok(Some(leg)));
    house.sent.clear();
    house.hear(PHONE, accept(&out, "t", PHONE, ANSWER));
    house.events.clear();
    assert_eq!(asks(&mut house, &named), Ok(Some(leg)));
    assert_eq!(asks(&mut house, &format!("{named};early-only")), Err(486));
    assert_eq!(asks(&mut house, "x@y;to-tag=1;from-tag=2"), Err(481));
    // A call that rings at our side was not begun by us.
    let (caller, leg) = house.arrives("", OFFER);
    house.order(Order::Progress { leg, status: 180, body: None });
    let ringing = house.response(CARRIER, 180);
    let (ours, theirs) = (ringing.to().unwrap(), ringing.from().unwrap());
    let named = format!("{};to-tag={};from-tag={}", caller.call_id, ours.tag().unwrap(), theirs.tag().unwrap());
    assert_eq!(asks(&mut house, &named), Err(481));
}

#[test]
fn a_refer_is_told_accepted_and_reported() {
    let mut house = House::new();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5>");
    let consult = house.talks().1;
    let leg = house.calls(2, Destination::Account(HANAKO));
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, accept(&invite, "t", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    house.event();
    let mut phone = Side::callee(PHONE, &invite, "t");
    // Attended: the dialog that it names is one of ours.
    let ours = house.traces.iter().find(|trace| trace.leg == consult && trace.message.starts_with(b"SIP/2.0 200"));
    let ok = Message::parse(ours.unwrap().message.clone()).unwrap();
    let (to, from) = (ok.to().unwrap(), ok.from().unwrap());
    let call_id = ok.call_id().unwrap().replace(':', "%3A");
    let replaces = format!("{call_id}%3Bto-tag%3D{}%3Bfrom-tag%3D{}", to.tag().unwrap(), from.tag().unwrap());
    let refer = phone.request("REFER", &format!("Refer-To: <sip:09011112222@{REALM}?Replaces={replaces}>\r\n"), "");
    house.hear(PHONE, refer.as_str());
    let refer_to = ReferTo { user: "09011112222".to_owned(), device: None, replaces: Some(Ok(consult)) };
    assert_eq!(house.event(), LegEvent::Refer { leg, refer_to });
    house.order(Order::AnswerRefer { leg, status: 202 });
    house.response(PHONE, 202);
    let notify = house.request(PHONE, Method::Notify);
    assert_eq!(notify.body(), b"SIP/2.0 100 Trying\r\n");
    assert!(text(&notify, Name::SubscriptionState).starts_with("active"));
    assert!(text(&notify, Name::Event).starts_with("refer"));
    house.hear(PHONE, reply(&notify, 200, "", &[], ""));
    house.order(Order::ReferProgress { leg, status: 200 });
    let notify = house.request(PHONE, Method::Notify);
    assert_eq!(notify.body(), b"SIP/2.0 200 OK\r\n");
    assert!(text(&notify, Name::SubscriptionState).starts_with("terminated"));
    house.hear(PHONE, reply(&notify, 200, "", &[], ""));
    house.order(Order::ReferProgress { leg, status: 200 });
    house.silent();

    // A blind one, refused; and one whose dialog nobody knows.
    let refer = phone.request("REFER", "Refer-To: <sip:0570000000@x>\r\n", "");
    house.hear(PHONE, refer.as_str());
    assert_eq!(
        house.event(),
        LegEvent::Refer { leg, refer_to: ReferTo { user: "0570000000".to_owned(), device: None, replaces: None } }
    );
    house.order(Order::AnswerRefer { leg, status: 403 });
    house.response(PHONE, 403);
    let refer = phone.request("REFER", "Refer-To: <sip:1@x?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>\r\n", "");
    house.hear(PHONE, refer.as_str());
    let LegEvent::Refer { refer_to, .. } = house.event() else { panic!() };
    assert_eq!(refer_to.replaces, Some(Err(())));
}

#[test]
fn an_invite_with_replaces_names_its_leg() {
    let mut house = House::new();
    let (caller, leg) = house.talks();
    let to_tag = caller.remote.split("tag=").nth(1).unwrap().to_owned();
    let from_tag = caller.local.split("tag=").nth(1).unwrap().to_owned();
    for (known, call_id) in [(true, caller.call_id.as_str()), (false, "no-such-call")] {
        let mut side = Side::new(PHONE, "101", REALM, "x@192.0.2.1:5060");
        side.call_id = format!("replacing-{call_id}");
        let replaces = format!("Replaces: {call_id};to-tag={to_tag};from-tag={from_tag}\r\n");
        let first = side.request("INVITE", &replaces, OFFER);
        house.hear(PHONE, first.as_str());
        let challenge = house.response(PHONE, 401);
        let authorization = authorize(&challenge, "101", "secret", &Method::Invite, &side.target);
        let again = side.request("INVITE", &format!("{replaces}Authorization: {authorization}\r\n"), OFFER);
        house.hear(PHONE, again.as_str());
        if known {
            house.response(PHONE, 100);
            let LegEvent::Incoming(incoming) = house.event() else { panic!() };
            assert_eq!(incoming.replaces, Some(leg));
        } else {
            house.response(PHONE, 481);
        }
    }
}

#[test]
fn keys_come_by_info() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    let info = caller.request("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\nDuration=160\r\n");
    house.hear(CARRIER, info.as_str());
    house.response(CARRIER, 200);
    assert_eq!(house.event(), LegEvent::Digit { leg, digit: '5' });
    let info = caller.request("INFO", "Content-Type: application/x-unknown\r\n", "?");
    house.hear(CARRIER, info.as_str());
    assert!(house.response(CARRIER, 415).has(Name::Accept));
    house.silent();
}

#[test]
fn r31_a_probe_tells_whether_the_peer_still_knows_the_call() {
    let mut house = House::new();
    let (mut caller, leg) = house.talks();
    house.order(Order::Probe { leg });
    let options = house.request(CARRIER, Method::Options);
    house.hear(CARRIER, reply(&options, 200, "", &[], ""));
    assert_eq!(house.event(), LegEvent::ProbeAnswered { leg });
    // Theirs to us.
    let theirs = caller.request("OPTIONS", "", "");
    house.hear(CARRIER, theirs.as_str());
    house.response(CARRIER, 200);
    house.order(Order::Probe { leg });
    let options = house.request(CARRIER, Method::Options);
    house.hear(CARRIER, reply(&options, 481, "", &[], ""));
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::Lost, cause: None });
    house.silent();
    house.assert_idle();
}

#[test]
fn requests_out_of_order_or_for_another_dialog_change_nothing() {
    let mut house = House::new();
    let (mut caller, _) = house.talks();
    caller.cseq = 50;
    let newer = caller.request("OPTIONS", "", "");
    house.hear(CARRIER, newer.as_str());
    house.response(CARRIER, 200);
    let older = caller.write("BYE", 3, "", "");
    house.hear(CARRIER, older.as_str());
    house.response(CARRIER, 500);
    let mut other = caller.clone();
    other.call_id = "another".to_owned();
    let bye = other.request("BYE", "", "");
    house.hear(CARRIER, bye.as_str());
    house.response(CARRIER, 481);
    other = caller.clone();
    other.local = other.local.replace("tag=", "tag=not-");
    other.call_id = caller.call_id.clone();
    let bye = other.write("BYE", 90, "", "");
    house.hear(CARRIER, bye.replace("z9hG4bK-", "z9hG4bK-other-").as_str());
    house.response(CARRIER, 481);
    house.silent();
    assert_eq!(house.endpoint.leg_count(), 1);
}
