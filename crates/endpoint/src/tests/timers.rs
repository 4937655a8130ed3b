//! Session timers of ours (RFC 4028): what is granted, refused, refreshed and lost.

use super::*;

/// A call of ours over a trunk that wants session timers, answered with these headers.
fn called_with(extra: &[(&str, &str)]) -> (House, LegId) {
    let mut house = House::with(|_| {}, vec![Trunk { session_expires: Some(seconds(300)), ..trunk(NGN, CARRIER) }]);
    let leg = house.calls(2, Destination::Trunk { trunk: NGN, number: "0901".to_owned() });
    let invite = house.request(CARRIER, Method::Invite);
    let all = [&[("Contact", "<sip:peer@198.51.100.1:5060>")], extra].concat();
    house.hear(CARRIER, reply(&invite, 200, "t", &all, ANSWER));
    house.request(CARRIER, Method::Ack);
    house.event();
    (house, leg)
}

#[test]
fn rfc_4028_an_absurd_interval_makes_nobody_refresh_all_the_time() {
    for refresher in ["uac", "uas"] {
        let expires = format!("1;refresher={refresher}");
        let (mut house, leg) = called_with(&[("Session-Expires", &expires), ("Require", "timer"), ("Allow", "UPDATE")]);
        house.after(seconds(44));
        house.silent();
        house.after(seconds(17));
        if refresher == "uac" {
            house.request(CARRIER, Method::Update);
        } else {
            let bye = house.request(CARRIER, Method::Bye);
            assert_eq!(text(&bye, Name::Reason), "SIP;cause=408;text=\"Session timer expired\"");
            assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::SessionExpired, cause: None });
        }
    }
}

#[test]
fn r34_where_the_peer_knows_no_timers_we_refresh_alone() {
    let (mut house, leg) = called_with(&[("Allow", "INVITE, UPDATE")]);
    for _ in 0..3 {
        house.after(ms(150_100));
        let update = house.request(CARRIER, Method::Update);
        assert_eq!((update.body(), text(&update, Name::SessionExpires).as_str()), (&b""[..], "300;refresher=uac"));
        house.hear(CARRIER, reply(&update, 200, "", &[], ""));
    }
    house.after(ms(150_100));
    house.request(CARRIER, Method::Update);
    house.after(seconds(33));
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::Lost, cause: None });
    house.sent.retain(|(_, message)| message.method() == Method::Bye);
    assert_eq!(text(&house.request(CARRIER, Method::Bye), Name::Reason), "SIP;cause=408;text=\"Peer does not answer\"");
}

#[test]
fn rfc_4028_7_3_a_422_is_answered_with_the_interval_that_it_names_once() {
    let mut house = House::with(|_| {}, vec![Trunk { session_expires: Some(seconds(300)), ..trunk(NGN, CARRIER) }]);
    house.calls(2, Destination::Trunk { trunk: NGN, number: "0901".to_owned() });
    let first = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, reply(&first, 422, "t", &[("Min-SE", "1800")], ""));
    house.request(CARRIER, Method::Ack);
    let again = house.request(CARRIER, Method::Invite);
    assert_eq!((text(&again, Name::SessionExpires), text(&again, Name::MinSe)), ("1800".to_owned(), "1800".to_owned()));
    assert_eq!((again.cseq().unwrap().number, again.call_id()), (2, first.call_id()));
    assert_eq!((text(&again, Name::From), text(&again, Name::To)), (text(&first, Name::From), text(&first, Name::To)));
    assert!(again.via().unwrap().branch() != first.via().unwrap().branch());
    house.silent();
    // Who says it again is not believed.
    house.hear(CARRIER, reply(&again, 422, "t", &[("Min-SE", "1800")], ""));
    house.request(CARRIER, Method::Ack);
    let LegEvent::Rejected { rejection, .. } = house.event() else { panic!("Rejected") };
    assert_eq!(rejection.status, 422);
    house.assert_idle();
}

#[test]
fn rfc_4028_7_3_nobody_leads_us_up_without_end() {
    let mut house = House::with(|_| {}, vec![Trunk { session_expires: Some(seconds(300)), ..trunk(NGN, CARRIER) }]);
    house.calls(2, Destination::Trunk { trunk: NGN, number: "0901".to_owned() });
    let mut invites = 0;
    while house.events.is_empty() {
        let invite = house.request(CARRIER, Method::Invite);
        invites += 1;
        let longer = (1_000 + invites).to_string();
        house.hear(CARRIER, reply(&invite, 422, "t", &[("Min-SE", &longer)], ""));
        house.request(CARRIER, Method::Ack);
        assert!(invites <= 5);
    }
    house.event();
    house.assert_idle();
}

#[test]
fn rfc_4028_7_4_a_422_to_a_refresh_is_obeyed() {
    let (mut house, _) = called_with(&[("Session-Expires", "200;refresher=uac"), ("Allow", "UPDATE")]);
    house.after(ms(100_100));
    let update = house.request(CARRIER, Method::Update);
    house.hear(CARRIER, reply(&update, 422, "", &[("Min-SE", "600")], ""));
    house.after(ms(1));
    assert_eq!(text(&house.request(CARRIER, Method::Update), Name::SessionExpires), "600;refresher=uac");
}

#[test]
fn r34_a_refresh_that_is_refused_is_asked_again_and_what_it_changes_is_told() {
    let (mut house, leg) = called_with(&[("Session-Expires", "200;refresher=uac"), ("Allow", "INVITE")]);
    house.after(ms(100_100));
    let refresh = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, reply(&refresh, 500, "", &[], ""));
    house.request(CARRIER, Method::Ack);
    house.after(ms(10_050));
    let refresh = house.request(CARRIER, Method::Invite);
    let moved = ANSWER.replace("6000", "6002");
    house.hear(CARRIER, accept(&refresh, "", CARRIER, &moved));
    house.request(CARRIER, Method::Ack);
    assert_eq!(house.event(), LegEvent::OfferAnswered { leg, body: bytes(&moved) });
}
