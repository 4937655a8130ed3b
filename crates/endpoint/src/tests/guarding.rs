//! Strangers, guessers, and what they get.

use super::*;

fn invite(user: &str, extra: &str) -> String {
    let mut side = Side::new(STRANGER, user, REALM, "117@192.0.2.1:5060");
    side.call_id = format!("call-{user}-{}", extra.len());
    side.request("INVITE", extra, OFFER)
}

#[test]
fn r04_fourteen_methods_from_a_stranger_reach_nobody() {
    let expected = [
        ("INVITE", Some(401)),
        ("ACK", None),
        ("BYE", Some(481)),
        ("CANCEL", Some(481)),
        ("REGISTER", Some(401)),
        ("OPTIONS", Some(200)),
        ("PRACK", Some(481)),
        ("UPDATE", Some(481)),
        ("INFO", Some(481)),
        ("REFER", Some(403)),
        ("NOTIFY", Some(481)),
        ("SUBSCRIBE", Some(489)),
        ("MESSAGE", Some(405)),
        ("PUBLISH", Some(405)),
        ("BREW", Some(501)),
    ];
    for (method, status) in expected {
        let mut house = House::new();
        let mut side = Side::new(STRANGER, "sip", REALM, "117@192.0.2.1:5060");
        let request = side.request(method, "Event: message-summary\r\nRefer-To: <sip:0570000000@x>\r\n", "");
        house.hear(STRANGER, request.as_str());
        let answer = house.sent.pop_front().map(|(_, message)| message);
        assert_eq!(answer.as_ref().and_then(Message::status), status, "{method}");
        assert_eq!(
            answer.is_some_and(|answer| answer.has(Name::Allow)),
            matches!(status, Some(200 | 405 | 501)),
            "{method}"
        );
        house.silent();
        house.assert_idle();
    }
}

#[test]
fn r01_unknown_users_and_wrong_passwords_look_the_same() {
    let mut house = House::new();
    let answers = ["101", "999"].map(|user| {
        let mut side = Side::new(STRANGER, user, REALM, REALM);
        let first = side.request("REGISTER", "", "");
        house.hear(STRANGER, first.as_str());
        let challenge = house.response(STRANGER, 401);
        let authorization = authorize(&challenge, user, "guess", &Method::Register, "sip:x");
        let again = side.request("REGISTER", &format!("Authorization: {authorization}\r\n"), "");
        house.hear(STRANGER, again.as_str());
        let refusal = house.response(STRANGER, 401);
        refusal.headers().map(|header| header.name).collect::<Vec<_>>()
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn r01_a_guesser_is_not_listened_to_after_twenty_failures_and_others_are() {
    let mut house = House::new();
    let mut side = Side::new(STRANGER, "101", REALM, REALM);
    for guess in 0..20 {
        let first = side.request("REGISTER", "", "");
        house.hear(STRANGER, first.as_str());
        let challenge = house.response(STRANGER, 401);
        let guess = authorize(&challenge, "101", &format!("pass{guess}"), &Method::Register, "sip:x");
        let again = side.request("REGISTER", &format!("Authorization: {guess}\r\n"), "");
        house.hear(STRANGER, again.as_str());
        house.response(STRANGER, 401);
    }
    let source = addr(STRANGER).ip();
    let alarm = Alarm::AuthenticationFailures { source, user: "101".to_owned(), failures: 20 };
    assert_eq!(house.other.pop_front(), Some(Output::Alarm(alarm)));
    let more = side.request("OPTIONS", "", "");
    house.hear(STRANGER, more.as_str());
    house.silent();
    assert_eq!(house.endpoint.bans(house.now).len(), 1);
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5>");
    house.endpoint.clear_ban(source);
    let more = side.request("OPTIONS", "", "");
    house.hear(STRANGER, more.as_str());
    house.response(STRANGER, 200);
}

#[test]
fn r01_nobody_can_have_another_banned_by_forged_datagrams() {
    let mut house = House::new();
    for count in 0..100 {
        // The forger never hears a nonce that was given to the address it forges.
        let authorization = format!(
            "Digest username=\"101\", realm=\"{REALM}\", nonce=\"{count:048x}\", uri=\"sip:x\", \
             response=\"00000000000000000000000000000000\""
        );
        let mut side = Side::new(PHONE, "101", REALM, REALM);
        side.call_id = format!("forged-{count}");
        let forged = side.request("REGISTER", &format!("Authorization: {authorization}\r\n"), "");
        house.hear(PHONE, forged.as_str());
    }
    assert!(house.endpoint.bans(house.now).is_empty());
    house.sent.clear();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5>");
}

#[test]
fn r01_a_trunk_is_never_banned() {
    let mut house = House::new();
    let mut side = Side::new(CARRIER, "101", REALM, REALM);
    for _ in 0..50 {
        let first = side.request("REGISTER", "", "");
        house.hear(CARRIER, first.as_str());
        let challenge = house.response(CARRIER, 401);
        let guess = authorize(&challenge, "101", "wrong", &Method::Register, "sip:x");
        let again = side.request("REGISTER", &format!("Authorization: {guess}\r\n"), "");
        house.hear(CARRIER, again.as_str());
        house.response(CARRIER, 401);
    }
    house.arrives("", OFFER);
}

#[test]
fn r03_an_operators_call_needs_digest_and_then_is_theirs() {
    let mut house = House::new();
    let mut side = Side::new(PHONE, "101", REALM, "0312345678@192.0.2.1:5060");
    let first = side.request("INVITE", "", OFFER);
    house.hear(PHONE, first.as_str());
    let challenge = house.response(PHONE, 401);
    assert!(house.events.is_empty());
    let authorization = authorize(&challenge, "101", "secret", &Method::Invite, "sip:0312345678@192.0.2.1:5060");
    let again = side.request("INVITE", &format!("Authorization: {authorization}\r\n"), OFFER);
    house.hear(PHONE, again.as_str());
    house.response(PHONE, 100);
    let LegEvent::Incoming(incoming) = house.event() else { panic!() };
    assert_eq!(incoming.source, Source::Operator(HANAKO));
    assert_eq!(incoming.request_user, "0312345678");
}

#[test]
fn r17_an_authorization_that_was_overheard_is_worth_nothing() {
    let mut house = House::new();
    let mut side = Side::new(PHONE, "101", REALM, REALM);
    let first = side.request("REGISTER", "", "");
    house.hear(PHONE, first.as_str());
    let challenge = house.response(PHONE, 401);
    let authorization = authorize(&challenge, "101", "secret", &Method::Register, "sip:x");
    let line = format!("Authorization: {authorization}\r\n");
    let good = side.request("REGISTER", &line, "");
    house.hear(PHONE, good.as_str());
    house.response(PHONE, 200);
    let replayed = side.request("REGISTER", &line, "");
    house.hear(PHONE, replayed.as_str());
    assert!(text(&house.response(PHONE, 401), Name::WwwAuthenticate).contains("stale=true"));
    // From elsewhere it is not even a nonce.
    let mut thief = Side::new(STRANGER, "101", REALM, REALM);
    let stolen = thief.request("REGISTER", &line, "");
    house.hear(STRANGER, stolen.as_str());
    assert!(!text(&house.response(STRANGER, 401), Name::WwwAuthenticate).contains("stale"));
    // And a minute later it is stale everywhere.
    let first = side.request("REGISTER", "", "");
    house.hear(PHONE, first.as_str());
    let challenge = house.response(PHONE, 401);
    let authorization = authorize(&challenge, "101", "secret", &Method::Register, "sip:x");
    house.after(seconds(62));
    let late = side.request("REGISTER", &format!("Authorization: {authorization}\r\n"), "");
    house.hear(PHONE, late.as_str());
    assert!(text(&house.response(PHONE, 401), Name::WwwAuthenticate).contains("stale=true"));
}

#[test]
fn each_account_gets_the_challenges_its_phone_can_bear() {
    let mut house = House::new();
    let algorithms = |house: &mut House, policy| {
        let changed = Account { digest: policy, ..account(HANAKO, "101") };
        house.endpoint.set_accounts(house.now, vec![changed]);
        let mut side = Side::new(PHONE, "101", REALM, REALM);
        side.call_id = format!("{policy:?}");
        let register = side.request("REGISTER", "", "");
        house.hear(PHONE, register.as_str());
        let challenge = house.response(PHONE, 401);
        Challenge::all(&challenge).map(|(_, challenge)| challenge.algorithm).collect::<Vec<_>>()
    };
    assert_eq!(algorithms(&mut house, DigestPolicy::Md5), [Algorithm::Md5]);
    assert_eq!(algorithms(&mut house, DigestPolicy::Sha256), [Algorithm::Sha256]);
    assert_eq!(algorithms(&mut house, DigestPolicy::Both), [Algorithm::Sha256, Algorithm::Md5]);
}

#[test]
fn r10_answers_go_to_the_source_and_are_no_larger_than_half_as_much_again() {
    let mut house = House::new();
    for (method, victim) in [("REGISTER", "255.255.255.255"), ("INVITE", "203.0.113.200"), ("OPTIONS", "224.0.0.1")] {
        let mut side = Side::new(STRANGER, "101", REALM, "117@192.0.2.1:5060");
        side.call_id = format!("r10-{method}");
        let extra =
            format!("Contact: <sip:victim@{victim}>\r\nUser-Agent: friendly-scanner\r\nAccept: application/sdp\r\n");
        let request = side.request(method, &extra, "");
        let forged = request.replace(&format!("UDP {STRANGER};rport"), &format!("UDP {victim};maddr={victim}"));
        house.hear(STRANGER, forged.as_str());
        let (flow, answer) = house.sent.pop_front().unwrap();
        assert_eq!(flow.remote.ip(), addr(STRANGER).ip());
        let ratio = answer.bytes().len() as f64 / forged.len() as f64;
        assert!(ratio <= 1.5, "{method}: {ratio}");
        house.silent();
    }
}

#[test]
fn r36_max_forwards_zero_is_told_to_whoever_would_relay() {
    let mut house = House::new();
    let mut caller = Side::new(CARRIER, "0901", "carrier.test", "0312345678@192.0.2.1:5060");
    let invite = caller.request("INVITE", "", OFFER).replace("Max-Forwards: 70", "Max-Forwards: 0");
    house.hear(CARRIER, invite.as_str());
    let LegEvent::Incoming(incoming) = house.event() else { panic!() };
    assert_eq!(incoming.max_forwards, 0);
}

#[test]
fn what_we_do_not_speak_is_refused_in_words() {
    let mut house = House::new();
    let stranger = |house: &mut House, extra: &str| {
        let request = invite("x", extra);
        house.hear(STRANGER, request.as_str());
        house.to(STRANGER)
    };
    let refused = stranger(&mut house, "Require: 100rel, precondition\r\nProxy-Require: sec-agree\r\n");
    assert_eq!((refused.status(), text(&refused, Name::Unsupported).as_str()), (Some(420), "precondition, sec-agree"));
    let refused = stranger(&mut house, "Content-Type: text/plain\r\n");
    assert_eq!((refused.status(), text(&refused, Name::Accept).as_str()), (Some(415), "application/sdp"));
    let refused = stranger(&mut house, "Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n");
    assert_eq!(refused.status(), Some(415));
    assert_eq!(refused.other("Accept-Encoding").as_deref(), Some(&b"identity"[..]));
}
