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
        ("SUBSCRIBE", Some(401)),
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
fn r02_what_strangers_ask_is_answered_and_forgotten_and_a_copy_gets_the_same_tag() {
    for method in ["INVITE", "REGISTER", "OPTIONS", "BYE", "SUBSCRIBE", "MESSAGE", "BREW"] {
        let mut house = House::new();
        let mut side = Side::new(STRANGER, "sip", REALM, "117@192.0.2.1:5060");
        let request = side.request(method, "Event: presence\r\n", "");
        let mut tags = Vec::new();
        for _ in 0..2 {
            house.hear(STRANGER, request.as_str());
            house.assert_idle();
            let (_, answer) = house.sent.pop_front().unwrap();
            tags.push(answer.to().unwrap().tag().unwrap().to_owned());
        }
        assert_eq!(tags[0], tags[1], "{method}: RFC 3261 section 8.2.7");
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
    // From elsewhere it is no nonce, whatever stands beside it: asked again, and told nothing about the password.
    let mut thief = Side::new(STRANGER, "101", REALM, REALM);
    for line in [line.clone(), line.replace("response=\"", "response=\"0")] {
        let stolen = thief.request("REGISTER", &line, "");
        house.hear(STRANGER, stolen.as_str());
        assert!(text(&house.response(STRANGER, 401), Name::WwwAuthenticate).contains("stale=true"));
    }
    assert_eq!(house.endpoint.bindings(HANAKO), []);
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

#[test]
fn r01_the_challenge_does_not_tell_whether_there_is_such_a_user() {
    let mut house = House::new();
    // Three phones of four can bear MD5 alone.
    let mut accounts: Vec<Account> =
        (0..20).map(|number| account(AccountId(number), &format!("1{number:02}"))).collect();
    for account in accounts.iter_mut().step_by(4) {
        account.digest = DigestPolicy::Sha256;
    }
    house.endpoint.set_accounts(house.now, accounts.clone());
    let mut ask = |user: &str, call: usize| {
        let mut side = Side::new(STRANGER, user, REALM, REALM);
        side.call_id = format!("{user}-{call}");
        let register = side.request("REGISTER", "", "");
        house.hear(STRANGER, register.as_str());
        let (_, challenge) = Challenge::all(&house.response(STRANGER, 401)).next().unwrap();
        challenge.algorithm
    };
    for account in &accounts {
        assert_eq!(ask(&account.user, 0) == Algorithm::Sha256, account.digest == DigestPolicy::Sha256);
    }
    let unknown: Vec<Algorithm> = (200..600).map(|user| ask(&user.to_string(), 1)).collect();
    let again: Vec<Algorithm> = (200..600).map(|user| ask(&user.to_string(), 2)).collect();
    assert_eq!(unknown, again, "a name that is nobody's always gets the same");
    let strong = unknown.iter().filter(|algorithm| **algorithm == Algorithm::Sha256).count();
    assert!((60..140).contains(&strong), "about a quarter of 400: {strong}");
}

/// A request with credentials that were made for `uri`, with the right password; its answer.
fn with_uri(method: &Method, target: &str, uri: &str) -> u16 {
    let mut house = House::new();
    let mut side = Side::new(PHONE, "101", REALM, target);
    let body = if *method == Method::Invite { OFFER } else { "" };
    let first = side.request(method.as_str(), "", body);
    house.hear(PHONE, first.as_str());
    let challenge = house.response(PHONE, 401);
    let authorization = authorize(&challenge, "101", "secret", method, uri);
    let again = side.request(method.as_str(), &format!("Authorization: {authorization}\r\n"), body);
    house.hear(PHONE, again.as_str());
    house.to(PHONE).status().unwrap()
}

#[test]
fn r17_credentials_are_good_for_the_number_they_were_made_for() {
    let call = |uri: &str| with_uri(&Method::Invite, "0312345678@192.0.2.1:5060", uri);
    assert_eq!(call("sip:0312345678@192.0.2.1:5060"), 100);
    // The same number at the house's name, or written with parameters.
    assert_eq!(call("sip:0312345678@denwaban.test;user=phone"), 100);
    assert_eq!(call("sip:%30312345678@denwaban.test"), 100);
    for other in ["sip:0570000000@192.0.2.1:5060", "sip:192.0.2.1:5060", "sip:", "0312345678", "http://192.0.2.1/"] {
        assert_eq!(call(other), 401, "{other}");
    }
    // A REGISTER calls nobody.
    for uri in ["sip:denwaban.test", "sip:101@denwaban.test", "sip:denwaban.test:5060;transport=udp"] {
        assert_eq!(with_uri(&Method::Register, REALM, uri), 200, "{uri}");
    }
}

#[test]
fn r17_a_weaker_algorithm_than_was_asked_for_is_not_taken() {
    let mut house = House::new();
    house.endpoint.set_accounts(house.now, vec![Account { digest: DigestPolicy::Sha256, ..account(HANAKO, "101") }]);
    let mut side = Side::new(PHONE, "101", REALM, REALM);
    let first = side.request("REGISTER", "", "");
    house.hear(PHONE, first.as_str());
    let (_, challenge) = Challenge::all(&house.response(PHONE, 401)).next().unwrap();
    for (algorithm, status) in [(Algorithm::Md5, 401), (Algorithm::Sha256, 200)] {
        let challenge = Challenge { algorithm, ..challenge.clone() };
        let signed = Signed { method: &Method::Register, uri: "sip:x", body: b"" };
        let line = answer(&challenge, "101", &Secret::Password("secret"), signed, "cnonce", 1).to_string();
        let again = side.request("REGISTER", &format!("Authorization: {line}\r\n"), "");
        house.hear(PHONE, again.as_str());
        house.response(PHONE, status);
    }
}

#[test]
fn a_phone_that_protects_its_body_too_is_let_in() {
    let mut house = House::new();
    let mut side = Side::new(PHONE, "101", REALM, "117@192.0.2.1:5060");
    let first = side.request("INVITE", "", OFFER);
    house.hear(PHONE, first.as_str());
    let (_, challenge) = Challenge::all(&house.response(PHONE, 401)).next().unwrap();
    let ha1 = ha1("101", REALM, "secret", Algorithm::Md5);
    let round = |body: &'static [u8]| {
        let uri = "sip:117@192.0.2.1:5060";
        let signed = Signed { method: &Method::Invite, uri, body };
        let round =
            sip::digest::Round { nonce: &challenge.nonce, cnonce: "c", count: 1, qop: Some(sip::digest::Qop::AuthInt) };
        let sum = sip::digest::response(Algorithm::Md5, &ha1, signed, round);
        format!(
            "Authorization: Digest username=\"101\", realm=\"{REALM}\", nonce=\"{}\", uri=\"{uri}\", response=\"{sum}\", \
             algorithm=MD5, qop=auth-int, nc=00000001, cnonce=\"c\"\r\n",
            challenge.nonce
        )
    };
    let changed = side.request("INVITE", &round(b"another body"), OFFER);
    house.hear(PHONE, changed.as_str());
    house.response(PHONE, 401);
    let again = side.request("INVITE", &round(OFFER.as_bytes()), OFFER);
    house.hear(PHONE, again.as_str());
    house.response(PHONE, 100);
}

#[test]
fn r01_a_scanner_on_a_stream_is_not_listened_to_and_datagrams_ban_nobody() {
    let mut house = House::new();
    for (count, flow) in (0..600).map(|count| (count, udp(STRANGER))) {
        let mut side = Side::new(STRANGER, &format!("{count}"), REALM, REALM);
        let register = side.request("REGISTER", "", "");
        house.hear_flow(flow, register.as_str());
        house.hear_flow(flow, "BREW sip:x\r\n\r\n");
    }
    assert!(house.endpoint.bans(house.now).is_empty());
    // Over a stream it is known who asks. A phone that logs in clears its address.
    let (flow, phone) = (tcp(TABLET, 5), tcp("203.0.113.6:40002", 6));
    for count in 0..498 {
        let mut side = Side::new(TABLET, &format!("{count}"), REALM, REALM);
        let register = side.request("REGISTER", "", "");
        house.hear_flow(flow, register.as_str());
    }
    house.sent.clear();
    house.register(phone, "101", "<sip:101@10.0.0.6>");
    for count in 0..500 {
        assert!(house.endpoint.bans(house.now).is_empty());
        let mut side = Side::new(TABLET, &format!("{count}"), REALM, REALM);
        side.call_id = format!("again-{count}");
        let register = side.request("SUBSCRIBE", "", "");
        house.hear_flow(flow, register.as_str());
    }
    let ban = house.endpoint.bans(house.now)[0];
    assert_eq!((ban.source, ban.reason, ban.failures), (addr(TABLET).ip(), BanReason::Scanning, 500));
    let alarm = Alarm::Banned { source: ban.source, reason: BanReason::Scanning, failures: 500 };
    assert!(house.other.contains(&Output::Alarm(alarm)));
    house.sent.clear();
    let mut side = Side::new(TABLET, "101", REALM, REALM);
    let more = side.request("OPTIONS", "", "");
    house.hear_flow(flow, more.as_str());
    house.silent();
}

#[test]
fn r01_a_registered_phone_is_heard_whoever_else_its_address_is() {
    const NEIGHBOUR: &str = "203.0.113.5:50000";
    let asks = |house: &mut House, flow: Flow| {
        let mut side = Side::new(&flow.remote.to_string(), "101", REALM, REALM);
        side.call_id = format!("{}-{}-{}", flow.protocol, flow.remote.port(), flow.connection.0);
        let options = side.request("OPTIONS", "", "");
        house.sent.clear();
        house.hear_flow(flow, options.as_str());
        !house.sent.is_empty()
    };
    let mut house = House::new();
    let (stream, neighbour) = (tcp(PHONE, 5), tcp(NEIGHBOUR, 6));
    house.register(stream, "101", "<sip:101@10.0.0.5;transport=tcp>");
    house.register(udp(PHONE), "102", "<sip:102@10.0.0.6>");
    // Its own rubbish is nobody's offence.
    for _ in 0..100 {
        house.hear_flow(stream, "INFO sip:x\r\n\r\n");
        house.hear_unframed(stream, bytes("INFO sip:x\r\n\r\n"), sip::framing::FramingFault::NoContentLength);
    }
    assert!(house.endpoint.bans(house.now).is_empty());
    // A neighbour's is the neighbour's: only the phones go on.
    for _ in 0..20 {
        house.hear_flow(neighbour, "GET / HTTP/1.1\r\n\r\n");
    }
    assert_eq!(house.endpoint.bans(house.now).len(), 1);
    assert!(asks(&mut house, stream) && asks(&mut house, udp(PHONE)));
    for other in [neighbour, tcp(PHONE, 7), tcp(PHONE, 0), udp(NEIGHBOUR)] {
        assert!(!asks(&mut house, other), "{other:?}");
    }
    // No phone is there any more.
    house.endpoint.flow_closed(house.now, stream);
    house.endpoint.set_accounts(house.now, vec![account(HANAKO, "101")]);
    house.drain();
    assert!(!asks(&mut house, stream) && !asks(&mut house, udp(PHONE)));
}

#[test]
fn r01_rubbish_on_a_stream_is_not_listened_to_but_a_trunks_always_is() {
    let certified = Trunk { certificate_names: vec!["sbc.test".to_owned()], ..trunk(NGN, CARRIER) };
    let mut house = House::with(|_| {}, vec![certified]);
    let (stranger, own) = (tcp(STRANGER, 5), tcp(TABLET, 6));
    house.endpoint.flow_certified(house.now, own, vec!["sbc.test".to_owned()]);
    for flow in [stranger, own, tcp(CARRIER, 7)] {
        for _ in 0..20 {
            house.hear_flow(flow, "GET / HTTP/1.1\r\n\r\n");
        }
    }
    let bans = house.endpoint.bans(house.now);
    assert_eq!(bans.len(), 1);
    assert_eq!((bans[0].source, bans[0].reason), (addr(STRANGER).ip(), BanReason::Malformed));
}
