//! Attacks from outside on the real binary, while a reference call goes on. Strangers come from loopback addresses of their own,
//! which stand for other machines: 127.0.0.1 is a trunk's and the phones'.

use std::collections::HashMap;
use std::io::Write;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use sip::message::{Message, Method, Name};

use crate::support::audio::{CALLER_HZ, OPERATOR_HZ};
use crate::support::house::House;
use crate::support::peer::{Peer, authorize, sdp};
use crate::support::siege::Siege;
use crate::support::streams::{connect_from, first_line};
use crate::support::{pause, ports};

/// What sipvicious says when it is run with these arguments from this address.
fn sipvicious(tool: &str, from: &str, house: &House, arguments: &[&str]) -> String {
    let (host, port) = house.sip.split_once(':').expect("an address");
    let folder = house.root.path().join(tool);
    std::fs::create_dir_all(&folder).expect("a folder");
    let output = Command::new(tool)
        .args(arguments)
        .args(["-b", from, "-x", from, "-p", port, "-P", &ports::free_block(2).to_string(), host])
        .env("HOME", &folder)
        .current_dir(&folder)
        .output()
        .expect("sipvicious is installed (Debian package sipvicious)");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn r01_an_enumerator_learns_no_extension_and_a_guesser_is_banned_while_the_rightful_user_registers() {
    let mut siege = Siege::begin();
    let (listed, cracked) = siege.call(|house| {
        let listed = sipvicious("svwar", "127.0.0.61", house, &["-e", "90-1500", "--force", "--maximumtime", "3"]);
        // The right password would be the last of these if it were a number: it never is.
        let more = ["-u", "101", "-r", "1000-3000", "--maximumtime", "3"];
        (listed, sipvicious("svcrack", "127.0.0.62", house, &more))
    });
    // With the truth being 101 alone, a list with 101 and without its neighbours would tell; so would one of 101 alone.
    let is_listed =
        |extension: u32| listed.contains(&format!("| {extension} ")) || listed.contains(&format!("'{extension}'"));
    assert_eq!(is_listed(101), is_listed(102), "101 is an operator, 102 is not:\n{listed}");
    assert!(!cracked.contains("The password for"), "{cracked}");

    // The same guessing by hand, counted: at most 20 wrong answers are heard.
    let mut guesser = Peer::bind_at("127.0.0.63", 0, &siege.house.sip);
    let mut heard = 0;
    for guess in 1..=30_u32 {
        let contact = format!("<sip:101@{}>", guesser.host());
        let first = guesser.register_request("101", &contact, guess * 2, None);
        guesser.send(&first);
        let refused = |m: &Message| m.status() == Some(401);
        let Some(challenge) = guesser.catch(Duration::from_millis(700), refused) else { break };
        let challenge = challenge.text(Name::WwwAuthenticate).expect("a challenge").into_owned();
        let wrong = authorize(&challenge, "101", "secret", "REGISTER", &format!("sip:{}", siege.house.sip));
        let second = guesser.register_request("101", &contact, guess * 2 + 1, Some(&wrong));
        guesser.send(&second);
        if guesser.catch(Duration::from_millis(700), refused).is_none() {
            break;
        }
        heard += 1;
    }
    assert!(heard <= 20, "{heard} wrong passwords were listened to");
    // Somebody else, who knows it, is let in meanwhile.
    let mut rightful = Peer::bind_at("127.0.0.64", 0, &siege.house.sip);
    let other = siege.house.operator("102", 0);
    rightful.register("102", &other.password);
    siege.stands();
}

#[test]
fn r04_no_method_of_a_stranger_gets_further_than_its_answer() {
    let mut siege = Siege::begin();
    let mut witness = siege.witness();
    let trunk = ports::free_block(2);
    siege.house.trunk("mock", trunk, json!({ "priority": 9 }));
    let mut carrier = Peer::bind(trunk, &siege.house.sip);
    let statuses: HashMap<String, Option<u16>> = siege.call(|house| {
        let mut stranger = Peer::bind_at("127.0.0.65", 0, &house.sip);
        let methods = [
            "INVITE",
            "ACK",
            "BYE",
            "CANCEL",
            "OPTIONS",
            "REGISTER",
            "PRACK",
            "SUBSCRIBE",
            "NOTIFY",
            "PUBLISH",
            "INFO",
            "REFER",
            "MESSAGE",
            "UPDATE",
        ];
        let mut statuses = HashMap::new();
        for method in methods {
            for user in ["102", "0355500199", "09011112222"] {
                let request = stranger
                    .outside(&Method::from_bytes(method.as_bytes()).expect("a method"), user)
                    .header(Name::ReferTo, "<sip:0101234567@127.0.0.1>")
                    .raw_header("Event", "dialog")
                    .raw_header("Subscription-State", "active")
                    .finish();
                stranger.send(&request);
                let ours = |m: &Message| m.call_id().ok() == request.call_id().ok();
                let answer =
                    stranger.catch(Duration::from_millis(300), |m| ours(m) && m.status().is_some_and(|s| s >= 200));
                statuses.insert(format!("{method} {user}"), answer.and_then(|m| m.status()));
            }
        }
        statuses
    });
    for (what, status) in &statuses {
        let fine: &[Option<u16>] = match what.split(' ').next().expect("a method") {
            "OPTIONS" => &[Some(200)],
            "INVITE" | "REGISTER" => &[Some(401)],
            "ACK" => &[None],
            _ => &[Some(401), Some(403), Some(405), Some(481), Some(489), Some(501)],
        };
        assert!(fine.contains(status), "{what}: {status:?}");
    }
    let reached = |peer: &mut Peer| {
        peer.everything(Duration::from_millis(300)).iter().any(|m| m.is_request() && m.method() != Method::Options)
    };
    assert!(!reached(&mut witness) && !reached(&mut carrier), "nothing goes on to anybody");
    siege.stands();
}

#[test]
fn r03_r07_numbers_abroad_and_premium_ones_reach_no_carrier_and_smuggled_headers_reach_no_phone() {
    let mut siege = Siege::begin();
    let mut witness = siege.witness();
    let trunk = ports::free_block(2);
    siege.house.trunk("mock", trunk, json!({ "priority": 9 }));
    let mut carrier = Peer::bind(trunk, &siege.house.sip);
    let password = siege.house.operator("103", 0).password;
    let mut dialler = Peer::bind(0, &siege.house.sip);
    dialler.register("103", &password);
    for number in ["0101234567890", "+19005550100", "0570000000", "0990555555", "+818012345678;phone-context=x"] {
        let invite = dialler.invite_as("103", &password, number, &sdp(40_000));
        let refused = dialler.final_response("INVITE");
        dialler.acknowledge_refusal(&invite, &refused);
        let status = refused.status().expect("a response");
        assert!(matches!(status, 403 | 404 | 484 | 603), "{number}: {status}");
    }
    // A carrier's INVITE with all that must not go on to the phones.
    let smuggled = carrier
        .invite_request("0355500199", "09033334444")
        .raw_header("X-Evil", "1")
        .raw_header("X-Evil-Spaced ", "1")
        .raw_header("P-Evil", "sip:evil@example.net")
        .raw_header("Subject", "evil")
        .raw_header("User-Agent", "evil")
        .raw_header("Geolocation", "<cid:evil@example.net>")
        .raw_header("Route", "<sip:evil.example.net;lr>")
        .raw_header("Record-Route", "<sip:127.0.0.99;lr>")
        .raw_header("Alert-Info", "<http://evil.example.net/>;evil")
        .raw_header("Call-Info", "<http://evil.example.net/>;purpose=icon")
        .raw_header("Authorization", "Digest username=\"evil\"")
        .raw_header("Replaces", "evil;to-tag=1;from-tag=2")
        .raw_header("Warning", "399 evil \"evil\"")
        .body("application/sdp", (sdp(40_000) + "a=evil:1\r\n").as_bytes())
        .finish();
    carrier.send(&smuggled);
    let offered = witness.wait_request(&Method::Invite);
    let text = String::from_utf8_lossy(offered.bytes()).to_lowercase();
    assert!(!text.contains("evil"), "smuggled:\n{text}");
    assert!(!text.contains("127.0.0.99"), "another's route:\n{text}");
    carrier.cancel(&smuggled);
    siege.besides(1);
    let none = carrier.everything(Duration::from_millis(500));
    assert!(
        none.iter().all(|m| !m.is_request() || m.method() == Method::Options),
        "0 packets at the carrier: {none:?}"
    );
    siege.stands();
}

#[test]
fn r06_broken_sdp_has_one_clear_answer_each() {
    let mut siege = Siege::begin();
    let trunk = ports::free_block(2);
    siege.house.trunk("mock", trunk, json!({ "priority": 9 }));
    let good = sdp(40_000);
    let mut offers: Vec<Vec<u8>> = vec![
        b"v=0".to_vec(),
        b"nonsense".to_vec(),
        vec![0; 2000],
        vec![0xff; 2000],
        good.replace("m=audio 40000", "m=audio 99999").into_bytes(),
        good.replace("m=audio 40000", "m=audio -1").into_bytes(),
        good.replace("RTP/AVP 0", "RTP/AVP 256").into_bytes(),
        good.replace("RTP/AVP 0", "RTP/AVP").into_bytes(),
        good.replace("RTP/AVP 0", "RTP/SAVP 0").into_bytes(),
        good.replace("127.0.0.1", "nowhere.invalid").into_bytes(),
        good.replace("127.0.0.1", "999.1.1.1").into_bytes(),
        good.replace("127.0.0.1", "255.255.255.255").into_bytes(),
        good.replace("c=IN IP4 127.0.0.1\r\n", "").into_bytes(),
        good.replace("o=- 1 1", "o=- 99999999999999999999999 1").into_bytes(),
        good.replace("PCMU/8000", "PCMU/0").into_bytes(),
        good.replace("PCMU/8000", &"x".repeat(10_000)).into_bytes(),
        (good.clone() + "a=fmtp:0 " + &"x=1;".repeat(2_000) + "\r\n").into_bytes(),
        (good.clone() + &"a=x\r\n".repeat(5_000)).into_bytes(),
        (good.clone() + &"m=audio 40000 RTP/AVP 0\r\n".repeat(500)).into_bytes(),
        (good.clone() + "a=ptime:0\r\na=maxptime:0\r\n").into_bytes(),
        (good.clone() + "a=ptime:99999999999\r\n").into_bytes(),
    ];
    offers.extend((1..good.len()).step_by(9).map(|end| good.as_bytes()[..end].to_vec()));
    let (answers, calls) = siege.call(|house| {
        let mut carrier = Peer::bind(trunk, &house.sip);
        let mut answers = Vec::new();
        let mut calls = 0;
        for (n, offer) in offers.iter().enumerate() {
            let invite = carrier.invite_request("0355500101", &format!("090{n:08}"));
            let invite = invite.body("application/sdp", offer).finish();
            carrier.send(&invite);
            let answer = carrier
                .catch(Duration::from_secs(3), |m| m.status().is_some_and(|s| s > 100) && m.method() == Method::Invite);
            let status = answer.as_ref().and_then(Message::status);
            match status {
                Some(180..=199) => {
                    calls += 1;
                    carrier.cancel(&invite);
                    let ended = carrier.final_response("INVITE");
                    carrier.acknowledge_refusal(&invite, &ended);
                }
                Some(_) => carrier.acknowledge_refusal(&invite, answer.as_ref().expect("an answer")),
                None => {}
            }
            answers.push((status, String::from_utf8_lossy(&offer[..offer.len().min(60)]).into_owned()));
        }
        (answers, calls)
    });
    let unclear: Vec<_> =
        answers.iter().filter(|(status, _)| !matches!(status, Some(180..=199 | 400 | 413 | 415 | 488 | 606))).collect();
    assert!(unclear.is_empty(), "{unclear:?}");
    let refused = answers.iter().filter(|(status, _)| matches!(status, Some(400..))).count();
    assert!(refused >= 10, "what is broken is refused: {answers:?}");
    siege.besides(calls);
    siege.stands();
}

#[test]
fn r10_nothing_goes_where_a_via_points_and_no_answer_is_much_longer_than_its_request() {
    let mut siege = Siege::begin();
    let victim = UdpSocket::bind("127.0.0.66:0").expect("a socket");
    victim.set_read_timeout(Some(Duration::from_millis(300))).expect("a time-out");
    let there = victim.local_addr().expect("bound");
    let (sent, heard) = siege.call(|house| {
        let mut stranger = Peer::bind_at("127.0.0.67", 0, &house.sip);
        let (mut sent, mut heard) = (0, 0);
        for method in [Method::Options, Method::Register, Method::Invite, Method::Subscribe, Method::Refer, Method::Bye]
        {
            for via in [
                format!("SIP/2.0/UDP 255.255.255.255:{};branch=z9hG4bKa", there.port()),
                format!("SIP/2.0/UDP {there};branch=z9hG4bKb"),
                "SIP/2.0/UDP 127.0.0.67;maddr=127.0.0.66;branch=z9hG4bKc".to_owned(),
                format!("SIP/2.0/UDP {there};received=127.0.0.66;rport={};branch=z9hG4bKd", there.port()),
                format!("SIP/2.0/UDP 127.0.0.67:{};rport;branch=z9hG4bKe", there.port()),
            ] {
                let request = stranger.outside(&method, "101").finish();
                let text = String::from_utf8_lossy(request.bytes()).into_owned();
                let old = text.lines().find(|line| line.starts_with("Via: ")).expect("a Via").to_owned();
                let route = format!("Contact: <sip:x@{there}>\r\nRoute: <sip:{there};lr>\r\n");
                let text =
                    text.replace(&old, &format!("Via: {via}{}", sent)).replacen("Contact: ", &(route + "X-Was: "), 1);
                stranger.send_bytes(text.as_bytes());
                sent += text.len();
            }
        }
        // Long enough for what a transaction would say again and again.
        for message in stranger.everything(Duration::from_secs(4)) {
            heard += message.bytes().len();
        }
        (sent, heard)
    });
    let mut buffer = [0; 2000];
    assert!(victim.recv_from(&mut buffer).is_err(), "the victim got: {}", String::from_utf8_lossy(&buffer));
    assert!(heard * 2 <= sent * 3, "{heard} bytes back for {sent}");
    siege.stands();
}

#[test]
fn r17_an_authorization_that_was_overheard_is_good_for_nothing() {
    let house = House::start();
    let operator = house.operator("101", 0);
    let mut phone = Peer::bind(0, &house.sip);
    let contact = format!("<sip:101@{}>", phone.host());
    let taken = phone.register_as("101", &operator.password, &contact, 1);
    let overheard = taken.text(Name::Authorization).expect("an Authorization").into_owned();
    for (round, from) in ["127.0.0.1", "127.0.0.68"].iter().cycle().take(20).enumerate() {
        let mut thief = Peer::bind_at(from, 0, &house.sip);
        let evil = format!("<sip:101@{}>", thief.host());
        let cseq = 10 + round as u32;
        let again = thief.register_request("101", &evil, cseq, Some(&overheard));
        thief.send(&again);
        assert_eq!(thief.final_response("REGISTER").status(), Some(401), "from {from}");
        // A call in the operator's name with it neither.
        let invite = thief.outside(&Method::Invite, "0355500101").header(Name::Authorization, &overheard).finish();
        thief.send(&invite);
        assert_eq!(thief.final_response("INVITE").status(), Some(401), "from {from}");
    }
    house.until_operator(operator.id, "ready");
}

#[test]
fn r20_no_secret_and_no_control_character_is_in_the_log_of_a_busy_day() {
    const TRUNK_PASSWORD: &str = "trunk-pass-zq81";
    let house = House::start_with("[log]\nlevel = \"trace\"\n");
    house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let operator = house.operator("101", 0);
    let trunk = ports::free_block(2);
    let register = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    house.trunk(
        "registering",
        register,
        json!({ "user": "line", "password": TRUNK_PASSWORD, "registration": {
            "registrar": "sip:carrier.example", "aor": "sip:line@carrier.example", "expires_seconds": 600 } }),
    );
    let mut carrier = Peer::bind(register, &house.sip);
    let asked = carrier.wait_request(&Method::Register);
    let challenge = "Digest realm=\"carrier.example\", nonce=\"abc\", algorithm=MD5, qop=\"auth\"";
    let answer = carrier.answer(&asked, 401, "r").raw_header("WWW-Authenticate", challenge).finish();
    carrier.send(&answer);
    let signed =
        carrier.catch(Duration::from_secs(10), |m| m.is_request() && m.has(Name::Authorization)).expect("signed");
    carrier.reply(&signed, 200, None);
    // A call with terminal sequences in the caller's name; a guess that fails; a login that fails.
    let mut phone = house.phone(&operator, OPERATOR_HZ, true);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_ESTABLISHED");
    caller.command("hangup", "");
    phone.wait("CALL_CLOSED");
    let mut stranger = Peer::bind_at("127.0.0.69", 0, &house.sip);
    let escape = stranger.outside(&Method::Invite, "0355500101").finish();
    let escape =
        String::from_utf8_lossy(escape.bytes()).replace("<sip:stranger@", "\"\x1b[31m\x07evil\" <sip:stranger@");
    stranger.send_bytes(escape.as_bytes());
    stranger.everything(Duration::from_millis(500));
    let guess = json!({ "name": "admin", "password": "guess-zq82" });
    assert_eq!(house.ask("POST", "/login", Some(&guess)).0, 401);
    house.assert_idle();
    house.finished(1);
    let log = house.log();
    assert!(log.len() > 1000 && log.contains("81355500101"), "the day was logged:\n{log}");
    let response = |m: &Message| {
        let value = m.text(Name::Authorization).expect("signed").into_owned();
        value.split("response=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a response").to_owned()
    };
    let response = response(&signed);
    let ha1 = {
        use md5::Digest;
        let text = format!("101:denwaban:{}", operator.password);
        md5::Md5::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect::<String>()
    };
    let secrets = [operator.password.as_str(), TRUNK_PASSWORD, "guess-zq82", &response, &ha1, house.token()];
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "a secret is in the log: {line:?}");
    }
    let control = log.lines().find(|line| line.chars().any(|c| c.is_control() && c != '\t'));
    assert!(control.is_none(), "{control:?}");
    let trace = house.cli(&["call", "trace", house.finished(1)["call"].as_str().expect("a call")]);
    assert!(!trace.to_string().contains("response="), "no credentials in a call's messages");
}

/// RFC 4475 and RFC 5118, message by message.
fn torture() -> Vec<(String, Vec<u8>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut messages = Vec::new();
    for folder in ["rfc4475", "rfc5118-wire"] {
        for entry in std::fs::read_dir(corpus.join(folder)).expect("the corpus").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") || name == "test.dat" {
                continue;
            }
            messages.push((name, std::fs::read(entry.path()).expect("a message")));
        }
    }
    assert_eq!(messages.len(), 49 + 12);
    messages.sort();
    messages
}

/// Messages that are responses, or that nobody answers.
const UNANSWERED: [&str; 5] = ["unreason.dat", "noreason.dat", "scalarlg.dat", "bigcode.dat", "bcast.dat"];

/// Messages that no stream can carry: they promise more bytes than there are (the stream waits for them, and is closed in the end),
/// have no Content-Length (closed at once), or no end of their headers.
const UNFRAMED: [&str; 7] =
    ["clerr.dat", "ipv6-in-sdp", "inv2543.dat", "baddn.dat", "mcl01.dat", "ncl.dat", "dblreq.dat"];

/// The first line of what comes back over UDP. Where the Via has another port than ours, nothing may come back to us.
fn over_udp(house: &House, from: &str, bytes: &[u8]) -> Option<String> {
    let mut stranger = Peer::bind_at(from, 0, &house.sip);
    stranger.send_bytes(bytes);
    let answer = stranger.catch(Duration::from_millis(250), |m| m.status().is_some_and(|s| s >= 200))?;
    Some(format!("SIP/2.0 {}", answer.status()?))
}

/// The first line of what comes back over a TCP connection of its own.
fn over_tcp(house: &House, from: &str, bytes: &[u8]) -> Option<String> {
    let mut stream = connect_from(from, &house.sip);
    stream.write_all(bytes).ok()?;
    first_line(&mut stream, Duration::from_millis(400))
}

#[test]
fn r05_no_torture_message_over_udp_disturbs_a_call() {
    let mut siege = Siege::begin();
    let faults = siege.call(|house| {
        let mut faults = Vec::new();
        for (n, (name, bytes)) in torture().into_iter().enumerate() {
            let from = format!("127.0.0.{}", 100 + n);
            if let Some(answer) = over_udp(house, &from, &bytes).filter(|_| UNANSWERED.contains(&name.as_str())) {
                faults.push(format!("{name}: {answer}"));
            }
            for part in 1..4 {
                over_udp_unheard(house, &from, &bytes[..bytes.len() * part / 4]);
            }
        }
        faults
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    siege.stands();
}

fn over_udp_unheard(house: &House, from: &str, bytes: &[u8]) {
    Peer::bind_at(from, 0, &house.sip).send_bytes(bytes);
}

#[test]
fn r05_every_torture_message_is_answered_over_tcp_during_a_call() {
    let mut siege = Siege::begin();
    let faults = siege.call(|house| {
        let mut faults = Vec::new();
        for (n, (name, bytes)) in torture().into_iter().enumerate() {
            let answer = over_tcp(house, &format!("127.0.0.{}", 100 + n), &bytes);
            let expected = !UNANSWERED.contains(&name.as_str());
            let is_answer = answer.as_ref().is_some_and(|line| line.starts_with("SIP/2.0 "));
            if is_answer != expected && !UNFRAMED.contains(&name.as_str()) {
                faults.push(format!("{name}: {answer:?}"));
            }
        }
        faults
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    siege.stands();
}

#[test]
fn r45_a_house_that_is_full_refuses_new_calls_with_503_and_those_in_progress_go_on() {
    let mut siege = Siege::begin_in(House::configured("legs_max = 12\n", ""));
    let trunk = ports::free_block(2);
    siege.house.trunk("mock", trunk, json!({ "priority": 9 }));
    let (waiting, refused) = siege.call(|house| {
        let mut carrier = Peer::bind(trunk, &house.sip);
        let invites: Vec<_> =
            (0..40).map(|n| carrier.invite("0355500101", &format!("090{n:08}"), &sdp(40_000))).collect();
        let (mut waiting, mut refused) = (0, 0);
        for _ in 0..invites.len() {
            let answer =
                carrier.catch(Duration::from_secs(10), |m| m.status().is_some_and(|s| s > 100)).expect("answers");
            match answer.status() {
                Some(503) => {
                    assert!(answer.has(Name::RetryAfter), "{answer:?}");
                    refused += 1;
                }
                Some(180) => waiting += 1,
                other => panic!("{other:?}"),
            }
        }
        for invite in &invites {
            carrier.cancel(invite);
        }
        pause(Duration::from_millis(500));
        (waiting, refused)
    });
    assert!(waiting >= 5 && refused >= 20 && waiting + refused == 40, "{waiting} wait, {refused} are refused");
    siege.besides(waiting);
    siege.stands();
}
