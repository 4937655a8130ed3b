//! Trunks: the shapes carriers want, registration, digest, fail-over, probes.

use super::*;

const NUMBER: &str = "09087654321";

fn over(trunk: TrunkId) -> Destination {
    Destination::Trunk { trunk, number: NUMBER.to_owned() }
}

/// NTT's NGN: registers without digest, compact names, session timer.
fn ngn() -> Trunk {
    Trunk {
        registration: Some(Registration {
            registrar: "sip:ntt-east.ne.jp".to_owned(),
            aor: "sip:0312345678@ntt-east.ne.jp".to_owned(),
            expires: seconds(3600),
        }),
        compact: true,
        session_expires: Some(seconds(300)),
        ..trunk(NGN, CARRIER)
    }
}

/// A carrier with passwords.
fn guarded() -> Trunk {
    Trunk {
        domain: "sip.carrier.test".to_owned(),
        credentials: Some(Credentials { user: "line1".to_owned(), password: "geheim".to_owned(), realm: None }),
        ..trunk(NGN, CARRIER)
    }
}

fn challenge(request: &Message, status: u16, realm: &str, nonce: &str, extra: &str) -> Message {
    let header = if status == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
    let value = format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\"{extra}");
    reply(request, status, "c", &[(header, &value)], "")
}

/// The house with this trunk as it begins; its first REGISTER or probe is among what was sent.
fn begin(trunk: Trunk) -> House {
    House::with(|_| {}, vec![trunk])
}

#[test]
fn the_ngn_is_registered_with_and_called_in_its_own_shape() {
    let mut house = begin(ngn());
    let register = house.request(CARRIER, Method::Register);
    let wire = String::from_utf8_lossy(register.bytes()).into_owned();
    assert!(wire.starts_with("REGISTER sip:ntt-east.ne.jp SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1:5060"), "{wire}");
    assert!(wire.contains("\r\nf: <sip:0312345678@ntt-east.ne.jp>;tag="), "{wire}");
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Down)]);
    let contact = contact_uri(&register);
    let ok = reply(
        &register,
        200,
        "r",
        &[("Contact", &format!("<{contact}>;expires=3600")), ("Service-Route", "<sip:198.51.100.1:5060;lr>")],
        "",
    );
    house.hear(CARRIER, ok);
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
    assert!(matches!(house.other.pop_front(), Some(Output::Trunk(TrunkEvent { state: TrunkState::Up, .. }))));

    house.calls(2, over(NGN));
    let invite = house.request(CARRIER, Method::Invite);
    let wire = String::from_utf8_lossy(invite.bytes()).into_owned();
    assert!(wire.starts_with(&format!("INVITE sip:{NUMBER}@198.51.100.1:5060 SIP/2.0\r\nv: ")), "{wire}");
    assert!(wire.contains("\r\nx: 300\r\n") && wire.contains("\r\nk: 100rel, timer, replaces\r\n"), "{wire}");
    assert!(wire.contains("\r\nf: <sip:09012345678@ntt-east.ne.jp>;tag="), "{wire}");
    assert!(wire.contains("\r\nRoute: <sip:198.51.100.1:5060;lr>\r\n"), "{wire}");
    assert!(wire.contains("\r\nP-Asserted-Identity: <sip:0312345678@ntt-east.ne.jp>\r\n"), "{wire}");
    assert!(wire.contains(&format!("\r\nm: <{contact}>")), "the contact we registered: {wire}");
    assert!(!wire.contains("+81"));

    // It is refreshed ten minutes before its end.
    house.sent.clear();
    house.after(seconds(2995));
    house.sent.clear();
    house.after(seconds(10));
    house.request(CARRIER, Method::Register);
}

#[test]
fn the_ngns_invite_gets_its_session_timer_back() {
    let mut house = begin(ngn());
    house.sent.clear();
    let extra =
        "k: timer,100rel\r\nx: 300;refresher=uac\r\nMin-SE: 300\r\nRecord-Route: <sip:198.51.100.1:5060;lr>\r\n";
    let (mut caller, leg) = house.arrives(extra, OFFER);
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    let ok = house.response(CARRIER, 200);
    let wire = String::from_utf8_lossy(ok.bytes()).into_owned();
    assert!(wire.contains("\r\nx: 300;refresher=uac\r\n") && wire.contains("\r\nRequire: timer\r\n"), "{wire}");
    assert!(ok.has(Name::Allow) && ok.has(Name::Date) && ok.has(Name::RecordRoute));
    caller.learn(&ok);
    let ack = caller.ack(1);
    house.hear(CARRIER, ack.as_str());
    house.event();
    // The carrier does not refresh: 32 s before the end we hang up (RFC 4028 section 10).
    house.after(seconds(267));
    assert!(house.events.is_empty());
    house.after(seconds(2));
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::SessionExpired, cause: None });
}

#[test]
fn a_call_to_the_contact_we_registered_is_the_trunks_from_wherever_it_comes() {
    let mut house = begin(ngn());
    let register = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, reply(&register, 200, "r", &[("Expires", "3600")], ""));
    let mut caller = Side::new(STRANGER, "09012345678", "carrier.test", "x");
    caller.target = contact_uri(&register);
    let invite = caller.request("INVITE", "", OFFER);
    house.hear(STRANGER, invite.as_str());
    let LegEvent::Incoming(incoming) = house.event() else { panic!() };
    assert_eq!(incoming.source, Source::Trunk(NGN));
}

#[test]
fn r16_our_invite_is_signed_for_the_trunks_own_realm() {
    let mut house = begin(guarded());
    let leg = house.calls(2, over(NGN));
    let invite = house.request(CARRIER, Method::Invite);
    assert_eq!(invite.request_uri(), Some(format!("sip:{NUMBER}@sip.carrier.test").as_bytes()));
    house.hear(CARRIER, challenge(&invite, 407, "carrier", "n1", ""));
    house.request(CARRIER, Method::Ack);
    let signed = house.request(CARRIER, Method::Invite);
    assert!(text(&signed, Name::ProxyAuthorization).contains("username=\"line1\""));
    assert_eq!(signed.cseq().unwrap().number, 2);
    assert_eq!(signed.call_id(), invite.call_id());
    assert_ne!(signed.via().unwrap().branch(), invite.via().unwrap().branch());
    house.hear(CARRIER, accept(&signed, "t", CARRIER, ANSWER));
    assert_eq!(house.request(CARRIER, Method::Ack).cseq().unwrap().number, 2);
    assert!(matches!(house.event(), LegEvent::Answered { .. }));
    // Another realm, on the same trunk, from whoever is behind it: no credentials for it.
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(CARRIER, Method::Bye);
    house.hear(CARRIER, challenge(&bye, 407, "evil", "n2", ""));
    house.event();
    house.silent();
    house.assert_idle();
}

#[test]
fn a_challenged_bye_to_the_trunk_is_signed() {
    let credentials =
        Credentials { user: "line1".to_owned(), password: "geheim".to_owned(), realm: Some("carrier".to_owned()) };
    let mut house = begin(Trunk { credentials: Some(credentials), ..guarded() });
    let leg = house.calls(2, over(NGN));
    let invite = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, accept(&invite, "t", CARRIER, ANSWER));
    house.request(CARRIER, Method::Ack);
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(CARRIER, Method::Bye);
    house.hear(CARRIER, challenge(&bye, 401, "carrier", "n2", ""));
    let signed = house.request(CARRIER, Method::Bye);
    assert!(signed.has(Name::Authorization));
    assert_eq!(signed.cseq().unwrap().number, bye.cseq().unwrap().number + 1);
    house.hear(CARRIER, reply(&signed, 200, "t", &[], ""));
    house.assert_idle();
}

#[test]
fn r16_a_callee_who_challenges_gets_no_credentials() {
    let mut house = begin(guarded());
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5:5060>");
    let leg = house.calls(2, Destination::Account(HANAKO));
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, accept(&invite, "t", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    house.event();
    house.order(Order::Offer { leg, body: bytes(HOLD) });
    let reinvite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, challenge(&reinvite, 401, "carrier", "n", ""));
    house.request(PHONE, Method::Ack);
    assert_eq!(house.event(), LegEvent::OfferRefused { leg, status: 401 });
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(PHONE, Method::Bye);
    house.hear(PHONE, challenge(&bye, 407, "carrier", "n", ""));
    house.event();
    house.silent();
    house.assert_idle();
}

#[test]
fn r16_a_realm_is_not_learnt_inside_a_call() {
    let mut house = begin(guarded());
    let (_, leg) = house.talks();
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(CARRIER, Method::Bye);
    house.hear(CARRIER, challenge(&bye, 401, "whoever calls", "n", ""));
    house.event();
    house.silent();
    house.assert_idle();
}

#[test]
fn a_wrong_password_is_tried_once_and_a_stale_nonce_once_more() {
    let mut house = begin(guarded());
    let leg = house.calls(2, over(NGN));
    let invite = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, challenge(&invite, 407, "carrier", "n1", ""));
    house.request(CARRIER, Method::Ack);
    let second = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, challenge(&second, 407, "carrier", "n2", ", stale=true"));
    house.request(CARRIER, Method::Ack);
    let third = house.request(CARRIER, Method::Invite);
    house.hear(CARRIER, challenge(&third, 407, "carrier", "n3", ", stale=true"));
    house.request(CARRIER, Method::Ack);
    let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!() };
    assert_eq!((rejected, rejection.status, rejection.try_next_trunk), (leg, 407, false));
    house.silent();
    house.assert_idle();
}

#[test]
fn r32_a_silent_trunk_is_given_up_after_three_seconds() {
    let mut house = House::new();
    let leg = house.calls(2, over(NGN));
    house.request(CARRIER, Method::Invite);
    house.after(ms(2900));
    assert!(house.events.is_empty());
    house.after(ms(200));
    let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!() };
    assert_eq!((rejected, rejection.status, rejection.try_next_trunk), (leg, 408, true));
    assert_eq!(house.endpoint.leg_count(), 0);
    house.assert_idle();
}

#[test]
fn r32_which_failures_let_another_trunk_try() {
    let outcome = |rings: bool, status: u16| {
        let mut house = House::new();
        house.calls(2, over(NGN));
        let invite = house.request(CARRIER, Method::Invite);
        house.hear(CARRIER, reply(&invite, 100, "", &[], ""));
        if rings {
            house.hear(CARRIER, reply(&invite, 183, "t", &[], ""));
            house.event();
        }
        house.hear(CARRIER, reply(&invite, status, "t", &[("Retry-After", "3 (busy)")], ""));
        let LegEvent::Rejected { rejection, .. } = house.event() else { panic!() };
        assert_eq!((rejection.status, rejection.retry_after), (status, Some(3)));
        house.assert_idle();
        rejection.try_next_trunk
    };
    assert!([408, 500, 502, 503, 504].into_iter().all(|status| outcome(false, status)));
    assert!(![408, 500, 503].into_iter().any(|status| outcome(true, status)));
    assert!(![403, 404, 480, 486, 603, 600, 501].into_iter().any(|status| outcome(false, status)));
}

#[test]
fn r32_a_dead_transport_lets_another_trunk_try() {
    let mut house = House::new();
    house.calls(2, over(NGN));
    house.request(CARRIER, Method::Invite);
    house.endpoint.transport_failed(house.now, udp(CARRIER));
    house.drain();
    let LegEvent::Rejected { rejection, .. } = house.event() else { panic!() };
    assert_eq!((rejection.status, rejection.try_next_trunk), (503, true));
    house.calls(4, over(TrunkId(9)));
    let LegEvent::Rejected { rejection, .. } = house.event() else { panic!() };
    assert_eq!((rejection.status, rejection.try_next_trunk), (503, true));
}

#[test]
fn r32_three_lost_probes_take_a_trunk_down_and_two_answers_bring_it_back() {
    let mut house = begin(Trunk { probe: Some(seconds(60)), ..trunk(NGN, CARRIER) });
    let first = house.request(CARRIER, Method::Options);
    house.hear(CARRIER, reply(&first, 404, "t", &[], ""));
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
    house.other.clear();
    house.after(seconds(60 * 3 + 31));
    assert!(house.other.is_empty(), "two lost so far");
    house.after(seconds(2));
    assert!(matches!(house.other.pop_front(), Some(Output::Trunk(TrunkEvent { state: TrunkState::Down, .. }))));
    for wait_s in [28, 60] {
        house.sent.clear();
        house.after(seconds(wait_s));
        let probe = house.sent.pop_back().unwrap().1;
        assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Down)]);
        house.hear(CARRIER, reply(&probe, 200, "t", &[], ""));
    }
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
}

#[test]
fn a_registration_with_digest_is_refreshed_with_the_same_nonce() {
    let registration = ngn().registration;
    let mut house = begin(Trunk { registration, ..guarded() });
    let register = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, challenge(&register, 401, "carrier", "n1", ""));
    let signed = house.request(CARRIER, Method::Register);
    assert!(text(&signed, Name::Authorization).contains("nc=00000001"));
    assert_eq!(signed.cseq().unwrap().number, 2);
    house.hear(CARRIER, reply(&signed, 200, "r", &[("Expires", "120")], ""));
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
    house.after(seconds(61));
    let refresh = house.request(CARRIER, Method::Register);
    assert!(text(&refresh, Name::Authorization).contains("nc=00000002"));
    assert_eq!(refresh.cseq().unwrap().number, 3);
    assert_eq!(refresh.call_id(), register.call_id());
    // The nonce is too old: another, and it goes on.
    house.hear(CARRIER, challenge(&refresh, 401, "carrier", "n2", ", stale=true"));
    let again = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, reply(&again, 200, "r", &[("Expires", "120")], ""));
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
}

#[test]
fn a_refused_registration_is_tried_later_and_later() {
    let mut house = begin(ngn());
    let mut waits = Vec::new();
    for _ in 0..6 {
        let register = house.request(CARRIER, Method::Register);
        house.hear(CARRIER, reply(&register, 403, "r", &[], ""));
        let before = house.now;
        while house.sent.is_empty() {
            house.after(ms(500));
        }
        waits.push((house.now - before).as_secs());
    }
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1] + 1), "{waits:?}");
    assert!(waits[0] <= 7 && waits[5] >= 100, "{waits:?}");
    let alarms = house.other.iter().filter(|output| matches!(output, Output::Alarm(_))).count();
    assert_eq!(alarms, 1);
}

#[test]
fn a_trunk_that_names_a_longer_expiry_gets_it() {
    let mut house = begin(Trunk {
        registration: ngn().registration.map(|registration| Registration { expires: seconds(60), ..registration }),
        ..trunk(NGN, CARRIER)
    });
    let register = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, reply(&register, 423, "r", &[("Min-Expires", "900")], ""));
    assert_eq!(text(&house.request(CARRIER, Method::Register), Name::Expires), "900");
}

/// A trunk that registers for this long.
fn brief(expires: Duration) -> Trunk {
    Trunk {
        registration: ngn().registration.map(|registration| Registration { expires, ..registration }),
        ..trunk(NGN, CARRIER)
    }
}

/// The next REGISTER, after a while.
fn next_register(house: &mut House) -> (Duration, Message) {
    let before = house.now;
    while house.sent.is_empty() {
        assert!(house.now - before < seconds(3600), "no REGISTER any more");
        house.after(ms(100));
    }
    (house.now - before, house.sent.pop_front().unwrap().1)
}

#[test]
fn a_longer_expiry_is_learnt_after_failures_too_and_the_same_one_again_is_a_failure() {
    let mut house = begin(brief(seconds(60)));
    let first = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, reply(&first, 500, "r", &[], ""));
    let (_, second) = next_register(&mut house);
    house.hear(CARRIER, reply(&second, 423, "r", &[("Min-Expires", "900")], ""));
    let third = house.request(CARRIER, Method::Register);
    assert_eq!(text(&third, Name::Expires), "900");
    house.hear(CARRIER, reply(&third, 423, "r", &[("Min-Expires", "900")], ""));
    house.silent();
    let (wait, fourth) = next_register(&mut house);
    assert!(wait >= seconds(3), "{wait:?}");
    // One that raises it for ever is not asked for ever.
    let mut last = fourth;
    for raised in 1000..1003 {
        house.hear(CARRIER, reply(&last, 423, "r", &[("Min-Expires", &raised.to_string())], ""));
        last = house.request(CARRIER, Method::Register);
    }
    house.hear(CARRIER, reply(&last, 423, "r", &[("Min-Expires", "2000")], ""));
    house.silent();
    let (_, last) = next_register(&mut house);
    assert_eq!(text(&last, Name::Expires), "2000");
    house.hear(CARRIER, reply(&last, 200, "r", &[("Expires", "2000")], ""));
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
}

#[test]
fn a_carrier_that_closes_after_each_response_is_not_asked_without_a_pause() {
    let hops = vec![Hop { protocol: Protocol::Tcp, address: addr(CARRIER) }];
    let mut house = begin(Trunk { hops, ..brief(seconds(600)) });
    let mut waits = Vec::new();
    for connection in 1..5 {
        let (wait, register) = next_register(&mut house);
        waits.push(wait);
        house.hear_flow(tcp(CARRIER, connection), reply(&register, 200, "r", &[("Expires", "600")], ""));
        house.endpoint.flow_closed(house.now, tcp(CARRIER, connection));
        house.drain();
        assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)]);
    }
    assert!(waits.iter().skip(1).all(|wait| *wait >= seconds(5) && *wait < seconds(6)), "{waits:?}");
    // One that lasted is followed by the next at once.
    let (_, register) = next_register(&mut house);
    house.hear_flow(tcp(CARRIER, 9), reply(&register, 200, "r", &[("Expires", "600")], ""));
    house.after(seconds(60));
    house.endpoint.flow_closed(house.now, tcp(CARRIER, 9));
    house.drain();
    let (wait, _) = next_register(&mut house);
    assert!(wait < seconds(1), "{wait:?}");
}

#[test]
fn a_refresh_that_fails_takes_no_trunk_down_before_the_registration_lapses() {
    for status in [408, 500, 503] {
        let mut house = begin(brief(seconds(120)));
        let first = house.request(CARRIER, Method::Register);
        house.hear(CARRIER, reply(&first, 200, "r", &[("Expires", "120")], ""));
        let registered = house.now;
        let (_, refresh) = next_register(&mut house);
        house.hear(CARRIER, reply(&refresh, status, "r", &[], ""));
        let (_, again) = next_register(&mut house);
        assert!(house.now - registered < seconds(120));
        assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)], "{status}");
        house.hear(CARRIER, reply(&again, status, "r", &[], ""));
        // It fails to the end: down when the registration has lapsed, and not later.
        while house.now - registered < seconds(119) {
            assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Up)], "{status}");
            house.after(ms(500));
            while let Some((_, register)) = house.sent.pop_front() {
                house.hear(CARRIER, reply(&register, status, "r", &[], ""));
            }
        }
        house.after(seconds(2));
        assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Down)], "{status}");
    }
}

#[test]
fn a_refresh_that_is_refused_takes_the_trunk_down_at_once() {
    let mut house = begin(brief(seconds(120)));
    let first = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, reply(&first, 200, "r", &[("Expires", "120")], ""));
    let (_, refresh) = next_register(&mut house);
    house.hear(CARRIER, reply(&refresh, 403, "r", &[], ""));
    assert_eq!(house.endpoint.trunk_states(), [(NGN, TrunkState::Down)]);
}

#[test]
fn a_trunk_taken_away_unregisters_and_one_that_stays_is_left_alone() {
    let mut house = begin(ngn());
    let register = house.request(CARRIER, Method::Register);
    house.hear(CARRIER, reply(&register, 200, "r", &[("Expires", "3600")], ""));
    house.endpoint.set_trunks(house.now, vec![ngn()]);
    house.drain();
    house.silent();
    house.endpoint.set_trunks(house.now, Vec::new());
    house.drain();
    let leave = house.request(CARRIER, Method::Register);
    assert_eq!(text(&leave, Name::Expires), "0");
    house.hear(CARRIER, reply(&leave, 200, "r", &[], ""));
    assert!(house.endpoint.trunk_states().is_empty());
    house.assert_idle();
}

#[test]
fn two_trunks_behind_one_address_are_told_apart_by_port() {
    let twin = |id, port: u16| Trunk { match_port: true, ..trunk(id, &format!("198.51.100.1:{port}")) };
    let mut house = House::with(|_| {}, vec![twin(NGN, 5060), twin(SPARE, 5070)]);
    let source = |house: &mut House, from: &str| {
        let mut caller = Side::new(from, "0901", "carrier.test", "0312345678@192.0.2.1:5060");
        let invite = caller.request("INVITE", "", OFFER);
        house.hear(from, invite.as_str());
        house.events.pop_front().map(|event| {
            let LegEvent::Incoming(incoming) = event else { panic!() };
            incoming.source
        })
    };
    assert_eq!(source(&mut house, "198.51.100.1:5070"), Some(Source::Trunk(SPARE)));
    assert_eq!(source(&mut house, "198.51.100.1:5060"), Some(Source::Trunk(NGN)));
    assert_eq!(source(&mut house, "198.51.100.1:5080"), None);
}

#[test]
fn r29_a_call_over_a_trunks_connection_goes_on_by_a_new_one() {
    let hops = vec![Hop { protocol: Protocol::Tcp, address: addr(CARRIER) }];
    let mut house = House::with(|_| {}, vec![Trunk { hops, ..trunk(NGN, CARRIER) }]);
    let flow = tcp("198.51.100.1:33333", 4);
    let mut caller = Side::new("198.51.100.1:33333", "0901", "carrier.test", "0312345678@192.0.2.1:5060");
    let invite = caller.request("INVITE", "", OFFER);
    house.hear_flow(flow, invite.as_str());
    let LegEvent::Incoming(incoming) = house.event() else { panic!() };
    let leg = incoming.leg;
    house.order(Order::Answer { leg, body: bytes(ANSWER) });
    house.response("198.51.100.1:33333", 100);
    let ok = house.response("198.51.100.1:33333", 200);
    caller.learn(&ok);
    let ack = caller.ack(1);
    house.hear_flow(flow, ack.as_str());
    house.event();
    house.endpoint.flow_closed(house.now, flow);
    house.drain();
    house.after(seconds(60));
    house.silent();
    house.order(Order::Hangup { leg, reason: None });
    let (way, bye) = house.sent.pop_front().unwrap();
    assert_eq!((way, bye.method()), (tcp(CARRIER, 0), Method::Bye));
}
