//! Offers and answers of real phones, encrypted and not; and that nothing weaker than the policy ever comes of any of them (R15).

use super::*;
use crate::{Codec, Direction, KeySalt, accept_answer, answer, answer_as, browser_offer, offer};
use proptest::prelude::*;

/// Chromium 156 with JsSIP 3.13.8, after its candidates were gathered.
const CHROMIUM: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    a=extmap-allow-mixed\r\na=msid-semantic: WMS 5f1c\r\nm=audio 51372 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n\
    c=IN IP4 192.0.2.77\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
    a=candidate:3 1 udp 2122260223 192.0.2.77 51372 typ host generation 0 network-id 1\r\n\
    a=ice-ufrag:Kf8s\r\na=ice-pwd:GbAgyCNUqqVtCWrMpfRPdzZb\r\na=ice-options:trickle\r\n\
    a=fingerprint:sha-256 6E:C9:5D:65:1F:0B:AA:47:39:87:0C:11:8B:7A:43:2D:99:02:5C:7E:3F:10:86:4D:BB:02:11:3A:5E:CD:90:01\r\n\
    a=setup:actpass\r\na=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\n\
    a=msid:5f1c 9c2e\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n\
    a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\n\
    a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n\
    a=rtpmap:126 telephone-event/8000\r\na=ssrc:1001 cname:x\r\n";

/// Chromium's answer to an offer like ours; nothing gathered yet.
const CHROMIUM_ANSWER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 0 8 101\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:abCD\r\n\
    a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\na=ice-options:trickle\r\n\
    a=fingerprint:sha-256 6E:C9:5D:65:1F:0B:AA:47:39:87:0C:11:8B:7A:43:2D:99:02:5C:7E:3F:10:86:4D:BB:02:11:3A:5E:CD:90:01\r\n\
    a=setup:active\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\n";

const INLINE: &str = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

/// baresip 1.0.0 with `mediaenc=` srtp, srtp-mand, dtls_srtp.
fn baresip(protocol: &str, rest: &str) -> String {
    format!(
        "v=0\r\no=- 3853 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\na=tool:baresip 1.0.0\r\n\
         m=audio 25110 {protocol} 96 0 8 101\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 stereo=1;sprop-stereo=1\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n\
         a=rtcp:25111\r\na=sendrecv\r\na=label:1\r\n{rest}a=ptime:20\r\n"
    )
}

fn baresip_srtp(protocol: &str) -> String {
    baresip(protocol, &format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 {INLINE}\r\n"))
}

const BARESIP_DTLS: &str = "a=fingerprint:SHA-256 6E:C9:5D:65:1F:0B:AA:47:39:87:0C:11:8B:7A:43:2D:99:02:5C:7E:3F:10:86:4D:BB:02:11:3A:5E:CD:90:01\r\n\
    a=setup:actpass\r\n";

/// linphone 5 with SRTP: every suite it has, RTP/SAVPF, and several lines.
fn linphone() -> String {
    let line = |tag: u8, suite: &str| format!("a=crypto:{tag} {suite} {INLINE}\r\n");
    format!(
        "v=0\r\no=103 2745 3180 IN IP4 192.0.2.6\r\ns=Talk\r\nc=IN IP4 192.0.2.6\r\nt=0 0\r\n\
         a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\na=record:off\r\n\
         m=audio 7078 RTP/SAVPF 96 97 98 0 8 101 99 100\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n\
         a=rtpmap:97 speex/16000\r\na=fmtp:97 vbr=on\r\na=rtpmap:98 speex/8000\r\na=fmtp:98 vbr=on\r\n\
         a=rtpmap:101 telephone-event/48000\r\na=rtpmap:99 telephone-event/16000\r\na=rtpmap:100 telephone-event/8000\r\n\
         {}{}{}a=rtcp-fb:* trr-int 1000\r\na=rtcp-fb:* ccm tmmbr\r\n",
        line(1, "AES_CM_128_HMAC_SHA1_32"),
        line(2, "AES_CM_128_HMAC_SHA1_80"),
        line(3, "AES_256_CM_HMAC_SHA1_80"),
    )
}

/// pjsua2 2.15 with `srtpOpt`: RTP/AVP, several suites.
fn pjsua() -> String {
    format!(
        "v=0\r\no=- 3972 3972 IN IP4 192.0.2.7\r\ns=pjmedia\r\nb=AS:84\r\nt=0 0\r\na=X-nat:0\r\n\
         m=audio 4000 RTP/AVP 96 97 98 99 3 0 8 9 120 121 122\r\nc=IN IP4 192.0.2.7\r\nb=TIAS:64000\r\na=rtcp:4001 IN IP4 192.0.2.7\r\n\
         a=sendrecv\r\na=rtpmap:9 G722/8000\r\na=rtpmap:120 telephone-event/16000\r\na=rtpmap:121 telephone-event/8000\r\n\
         a=ssrc:1 cname:x\r\na=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:AAAA\r\n\
         a=crypto:2 AES_CM_128_HMAC_SHA1_80 {INLINE}\r\n"
    )
}

fn secrets() -> Option<Box<Secrets>> {
    let keys = Suite::ALL.map(|suite| (suite, KeySalt(vec![suite.name().len() as u8; suite.key_salt_bytes()])));
    let (ufrag, password) = ("ourUfrag".to_owned(), "ourPassword/ourPassword+".to_owned());
    Some(Box::new(Secrets { keys: keys.to_vec(), dtls: Some(OurDtls { fingerprint: [0xab; 32], ufrag, password }) }))
}

fn local(srtp: SrtpPolicy) -> Local {
    Local {
        address: "203.0.113.5".parse().unwrap(),
        port: 20_000,
        codecs: Codec::ALL.to_vec(),
        telephone_event: true,
        session_id: 7,
        version: 1,
        ptime: 20,
        srtp,
        secrets: secrets(),
        signalled_from: Some("192.0.2.5".parse().unwrap()),
    }
}

fn parsed(text: &str) -> Session {
    Session::parse(text.as_bytes()).unwrap()
}

fn lines<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(start)).collect()
}

#[test]
fn a_browsers_offer_is_answered_without_transcoding() {
    for policy in SrtpPolicy::ALL {
        let (text, negotiated) = answer(&local(policy), &parsed(CHROMIUM)).unwrap();
        assert_eq!(
            text,
            "v=0\r\no=- 7 1 IN IP4 203.0.113.5\r\ns=-\r\nc=IN IP4 203.0.113.5\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE 0\r\n\
             m=audio 20000 UDP/TLS/RTP/SAVPF 0 126\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:126 telephone-event/8000\r\n\
             a=fmtp:126 0-16\r\na=mid:0\r\na=rtcp-mux\r\na=ice-ufrag:ourUfrag\r\na=ice-pwd:ourPassword/ourPassword+\r\n\
             a=candidate:1 1 UDP 2130706431 203.0.113.5 20000 typ host\r\na=end-of-candidates\r\na=fingerprint:sha-256 \
             AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB\r\n\
             a=setup:passive\r\na=ptime:20\r\na=sendrecv\r\n"
        );
        let Security::Dtls(dtls) = &negotiated.security else { panic!("{negotiated:?}") };
        let ice = dtls.ice.as_ref().unwrap();
        assert_eq!((dtls.fingerprint[0], dtls.active), (0x6e, false));
        assert_eq!((ice.local_ufrag.as_str(), ice.local_password.as_str()), ("ourUfrag", "ourPassword/ourPassword+"));
        assert_eq!((ice.remote_ufrag.as_str(), ice.remote_password.as_str()), ("Kf8s", "GbAgyCNUqqVtCWrMpfRPdzZb"));
        assert!(negotiated.rtcp_mux);
        assert_eq!(negotiated.remote_rtcp, Some(negotiated.remote));
        assert_eq!(
            (negotiated.codec, negotiated.payload_type, negotiated.telephone_event),
            (Codec::Pcmu, 0, Some(126))
        );
    }
}

#[test]
fn a_browser_that_has_gathered_nothing_is_not_on_hold() {
    let early = CHROMIUM.replace("c=IN IP4 192.0.2.77", "c=IN IP4 0.0.0.0").replace("audio 51372", "audio 9");
    let of_other_family = CHROMIUM.replace("c=IN IP4 192.0.2.77", "c=IN IP6 2001:db8::7");
    let hidden = CHROMIUM.replace("c=IN IP4 192.0.2.77", "c=IN IP4 5f1c.local");
    for offer in [early, of_other_family, hidden] {
        let (_, negotiated) = answer(&local(SrtpPolicy::Preferred), &parsed(&offer)).unwrap();
        assert_eq!((negotiated.direction, negotiated.on_hold), (Direction::SendRecv, false));
        assert!(negotiated.remote.ip().is_unspecified() && negotiated.rtcp_mux);
    }
    let held = CHROMIUM.replace("a=sendrecv", "a=sendonly");
    assert!(answer(&local(SrtpPolicy::Preferred), &parsed(&held)).unwrap().1.on_hold);
}

#[test]
fn other_streams_of_a_browser_are_refused_by_name() {
    let video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtcp-mux\r\na=sendrecv\r\n";
    let offer = format!("{}{video}", CHROMIUM.replace("BUNDLE 0", "BUNDLE 0 1"));
    let (text, _) = answer(&local(SrtpPolicy::Preferred), &parsed(&offer)).unwrap();
    assert!(text.ends_with("m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n"), "{text}");
    assert_eq!(lines(&text, "a=group"), ["a=group:BUNDLE 0"]);
}

#[test]
fn our_offer_to_a_browser_and_its_answer() {
    let local = local(SrtpPolicy::Preferred);
    let ours = browser_offer(&local, Direction::SendRecv).unwrap();
    let text = ours.print();
    assert_eq!(lines(&text, "m="), ["m=audio 20000 UDP/TLS/RTP/SAVPF 0 8 9 96 101"]);
    for line in [
        "a=ice-lite",
        "a=group:BUNDLE 0",
        "a=mid:0",
        "a=rtcp-mux",
        "a=setup:actpass",
        "a=rtpmap:96 opus/48000/2",
        "a=candidate:1 1 UDP 2130706431 203.0.113.5 20000 typ host",
        "a=end-of-candidates",
    ] {
        assert_eq!(lines(&text, line), [line]);
    }
    assert!(lines(&text, "a=crypto").is_empty());
    let theirs = parsed(CHROMIUM_ANSWER);
    assert!(is_browser(&theirs));
    let negotiated = accept_answer(&local, &ours, &theirs).unwrap();
    let Security::Dtls(dtls) = &negotiated.security else { panic!("{negotiated:?}") };
    assert_eq!((dtls.active, dtls.ice.as_ref().unwrap().remote_ufrag.as_str()), (false, "abCD"));
    assert_eq!((negotiated.direction, negotiated.on_hold, negotiated.rtcp_mux), (Direction::SendRecv, false, true));
    let passive = parsed(&CHROMIUM_ANSWER.replace("setup:active", "setup:passive"));
    let negotiated = accept_answer(&local, &ours, &passive).unwrap();
    assert!(matches!(negotiated.security, Security::Dtls(dtls) if dtls.active));
    assert_eq!(browser_offer(&Local { secrets: None, ..local }, Direction::SendRecv), None);
}

#[test]
fn r15_an_answer_cannot_leave_the_protocol_of_our_offer_or_its_fingerprint_out() {
    let local = local(SrtpPolicy::Preferred);
    let ours = browser_offer(&local, Direction::SendRecv).unwrap();
    for (theirs, error) in [
        (CHROMIUM_ANSWER.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), NegotiationError::AnswerMismatch),
        (CHROMIUM_ANSWER.replace("UDP/TLS/RTP/SAVPF", "RTP/SAVP"), NegotiationError::AnswerMismatch),
        (CHROMIUM_ANSWER.replace("fingerprint:sha-256", "fingerprint:sha-1"), NegotiationError::NoCommonKeys),
        (CHROMIUM_ANSWER.replace("setup:active", "setup:holdconn"), NegotiationError::NoCommonKeys),
    ] {
        assert_eq!(accept_answer(&local, &ours, &parsed(&theirs)), Err(error));
    }
    let ours = offer(&local, Direction::SendRecv);
    assert_eq!(accept_answer(&local, &ours, &parsed(CHROMIUM_ANSWER)), Err(NegotiationError::AnswerMismatch));
}

#[test]
fn what_each_policy_makes_of_each_phones_offer() {
    use SrtpPolicy::{Off, Preferred, Required};
    let plain = baresip("RTP/AVP", "");
    let optional = baresip_srtp("RTP/AVP");
    let mandatory = baresip_srtp("RTP/SAVP");
    let dtls = baresip("UDP/TLS/RTP/SAVPF", BARESIP_DTLS);
    let linphone = linphone();
    let pjsua = pjsua();
    for (offer, policy, expected) in [
        (&plain, Off, Ok("plain")),
        (&plain, Preferred, Ok("plain")),
        (&plain, Required, Err(NegotiationError::OpenRefused)),
        (&optional, Off, Ok("plain")),
        (&optional, Preferred, Ok("1 AES_CM_128_HMAC_SHA1_80")),
        (&optional, Required, Ok("1 AES_CM_128_HMAC_SHA1_80")),
        (&mandatory, Off, Err(NegotiationError::SecureRequired)),
        (&mandatory, Preferred, Ok("1 AES_CM_128_HMAC_SHA1_80")),
        (&mandatory, Required, Ok("1 AES_CM_128_HMAC_SHA1_80")),
        (&dtls, Off, Err(NegotiationError::SecureRequired)),
        (&dtls, Preferred, Ok("dtls")),
        (&dtls, Required, Ok("dtls")),
        (&linphone, Off, Err(NegotiationError::SecureRequired)),
        (&linphone, Preferred, Ok("2 AES_CM_128_HMAC_SHA1_80")),
        (&pjsua, Off, Ok("plain")),
        (&pjsua, Required, Ok("2 AES_CM_128_HMAC_SHA1_80")),
    ] {
        let made = answer(&local(policy), &parsed(offer)).map(|(text, negotiated)| {
            assert!(negotiated.codec.is_g711(), "no transcoding where there need not be");
            let crypto = lines(&text, "a=crypto:");
            match negotiated.security {
                Security::Plain => {
                    assert!(crypto.is_empty());
                    "plain".to_owned()
                }
                Security::Sdes(sdes) => {
                    let Some((line, key)) = crypto[0].split_once(" inline:") else { panic!("{crypto:?}") };
                    assert!(!INLINE.ends_with(key), "our own key");
                    assert_ne!(sdes.send, sdes.receive);
                    line["a=crypto:".len()..].to_owned()
                }
                Security::Dtls(dtls) => {
                    assert_eq!((dtls.active, dtls.ice), (true, None));
                    assert_eq!(lines(&text, "a=setup"), ["a=setup:active"]);
                    assert!(lines(&text, "a=ice").is_empty() && lines(&text, "a=candidate").is_empty());
                    "dtls".to_owned()
                }
            }
        });
        assert_eq!(made, expected.map(str::to_owned), "{policy:?} {offer}");
        if let Err(error) = made {
            assert_eq!(error.status(), 488);
        }
    }
}

#[test]
fn who_is_behind_nat_must_greet_us_and_roles_stay() {
    let dtls = |setup: &str| parsed(&baresip("UDP/TLS/RTP/SAVPF", BARESIP_DTLS).replace("actpass", setup));
    let made = |local: &Local, offer: &Session, before: Option<&Negotiated>| {
        let (_, negotiated) = answer_as(local, offer, Direction::SendRecv, before).unwrap();
        match negotiated.security.clone() {
            Security::Dtls(dtls) => (dtls.active, negotiated),
            Security::Plain | Security::Sdes(_) => panic!("{negotiated:?}"),
        }
    };
    let near = local(SrtpPolicy::Preferred);
    let behind_nat = Local { signalled_from: Some("198.51.100.9".parse().unwrap()), ..near.clone() };
    let (active, before) = made(&near, &dtls("actpass"), None);
    assert!(active);
    let (active, before_behind_nat) = made(&behind_nat, &dtls("actpass"), None);
    assert!(!active);
    assert!(made(&behind_nat, &dtls("actpass"), Some(&before)).0);
    assert!(!made(&near, &dtls("actpass"), Some(&before_behind_nat)).0);
    assert!(made(&behind_nat, &dtls("passive"), None).0);
    assert!(!made(&near, &dtls("active"), Some(&before)).0);
}

#[test]
fn r15_our_offers_and_the_answers_to_them() {
    use SrtpPolicy::{Off, Preferred, Required};
    let protocol = |policy| offer(&local(policy), Direction::SendRecv).print();
    let (off, preferred, required) = (protocol(Off), protocol(Preferred), protocol(Required));
    assert_eq!(lines(&off, "m="), ["m=audio 20000 RTP/AVP 0 8 9 96 101"]);
    assert!(lines(&off, "a=crypto").is_empty() && lines(&off, "a=fingerprint").is_empty());
    assert_eq!(lines(&preferred, "m="), ["m=audio 20000 RTP/AVP 0 8 9 96 101"]);
    assert_eq!(lines(&preferred, "a=crypto").len(), 1);
    assert!(lines(&preferred, "a=fingerprint").is_empty());
    assert_eq!(lines(&required, "m="), ["m=audio 20000 RTP/SAVP 0 8 9 96 101"]);
    assert_eq!((lines(&required, "a=crypto").len(), lines(&required, "a=setup")), (3, vec!["a=setup:actpass"]));
    let secure = |text: String| text.replace("a=label:1\r\n", "");
    let plain = baresip("RTP/AVP", "");
    let (open, mandatory) = (secure(baresip_srtp("RTP/AVP")), secure(baresip_srtp("RTP/SAVP")));
    let dtls = baresip("RTP/SAVP", &BARESIP_DTLS.replace("actpass", "active"));
    let other_suite = mandatory.replace("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32");
    for (policy, theirs, expected) in [
        (Off, &plain, Ok("plain")),
        // baresip puts a key into every answer; it uses none that was not asked for.
        (Off, &open, Ok("plain")),
        (Off, &mandatory, Err(NegotiationError::SecureRequired)),
        (Preferred, &plain, Ok("plain")),
        (Preferred, &open, Ok("sdes")),
        (Preferred, &mandatory, Ok("sdes")),
        (Preferred, &other_suite, Err(NegotiationError::NoCommonKeys)),
        (Preferred, &dtls, Err(NegotiationError::NoCommonKeys)),
        (Required, &plain, Err(NegotiationError::OpenRefused)),
        (Required, &open, Ok("sdes")),
        (Required, &mandatory, Ok("sdes")),
        (Required, &other_suite, Err(NegotiationError::NoCommonKeys)),
        (Required, &dtls, Ok("dtls")),
    ] {
        let local = local(policy);
        let ours = offer(&local, Direction::SendRecv);
        let made = accept_answer(&local, &ours, &parsed(theirs)).map(|negotiated| match negotiated.security {
            Security::Plain => "plain",
            Security::Sdes(sdes) => {
                assert_eq!(&sdes.send, secrets().unwrap().key(sdes.suite).unwrap());
                "sdes"
            }
            Security::Dtls(dtls) => {
                assert!(!dtls.active);
                "dtls"
            }
        });
        assert_eq!(made, expected, "{policy:?} {theirs}");
    }
    let without = Local { secrets: None, ..local(Required) };
    assert!(offer(&without, Direction::SendRecv).print().contains("RTP/SAVP"), "nothing goes out in the open");
}

#[test]
fn a_new_start_of_ice_is_seen() {
    let (_, before) = answer(&local(SrtpPolicy::Preferred), &parsed(CHROMIUM)).unwrap();
    assert!(!restarts_ice(&parsed(CHROMIUM), &before));
    assert!(restarts_ice(&parsed(&CHROMIUM.replace("Kf8s", "Kf9s")), &before));
    assert!(restarts_ice(&parsed(&CHROMIUM.replace("GbAg", "GcAg")), &before));
    assert!(!restarts_ice(&parsed(&baresip("RTP/AVP", "")), &before), "none at all");
    let (_, plain) = answer(&local(SrtpPolicy::Preferred), &parsed(&baresip("RTP/AVP", ""))).unwrap();
    assert!(!restarts_ice(&parsed(CHROMIUM), &plain));
}

#[test]
fn opus_and_g722_are_taken_where_there_is_nothing_else() {
    let made = |formats: &str| {
        let offer =
            baresip("RTP/AVP", "").replace("96 0 8 101", formats).replace("a=rtpmap:96 opus", "a=rtpmap:107 opus");
        answer(&local(SrtpPolicy::Off), &parsed(&offer)).map(|(text, negotiated)| (text, negotiated.codec))
    };
    let (text, codec) = made("107 9 101").unwrap();
    assert_eq!(codec, Codec::Opus);
    assert!(
        text.contains("m=audio 20000 RTP/AVP 107 101\r\na=rtpmap:107 opus/48000/2\r\na=fmtp:107 maxplaybackrate=8000;")
    );
    let (text, codec) = made("9 107").unwrap();
    assert_eq!(codec, Codec::G722);
    assert!(text.contains("m=audio 20000 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n"));
    assert_eq!(made("107 9 8 0").unwrap().1, Codec::Pcma);
    assert_eq!(made("13 101"), Err(NegotiationError::NoCommonCodec), "comfort noise is no codec");
}

fn policies() -> impl Strategy<Value = SrtpPolicy> {
    prop::sample::select(SrtpPolicy::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Two of us: whoever offers and whoever answers agree on everything, or on nothing.
    #[test]
    fn r15_both_sides_agree_and_nothing_is_weaker_than_either_policy(
        offerer in policies(),
        answerer in policies(),
        browser in any::<bool>(),
        formats in prop::sample::subsequence(Codec::ALL.to_vec(), 1..=4),
        spoiled in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let one = Local { codecs: formats, ..local(offerer) };
        let mut other = Local { address: "192.0.2.9".parse().unwrap(), port: 30_000, ..local(answerer) };
        for (_, key) in other.secrets.iter_mut().flat_map(|secrets| &mut secrets.keys) {
            key.0.fill(0x77);
        }
        let ours = if browser { browser_offer(&one, Direction::SendRecv).unwrap() } else { offer(&one, Direction::SendRecv) };
        let mut text = ours.print().into_bytes();
        if let Some((place, byte)) = spoiled {
            let place = place.index(text.len());
            text[place] = byte;
        }
        let Ok(heard) = Session::parse(&text) else { return Ok(()) };
        let Ok((said, theirs)) = answer(&other, &heard) else { return Ok(()) };
        prop_assert!(answerer != SrtpPolicy::Required || theirs.security.is_secure());
        let said = Session::parse(said.as_bytes());
        prop_assert!(said.is_ok(), "our answers can be read");
        let agreed = accept_answer(&one, &ours, &said.unwrap());
        if let Ok(agreed) = &agreed {
            prop_assert!(offerer != SrtpPolicy::Required || agreed.security.is_secure());
        }
        if spoiled.is_some() {
            return Ok(());
        }
        let mismatch = !browser && offerer == SrtpPolicy::Preferred && answerer == SrtpPolicy::Off;
        prop_assert_eq!(agreed.is_ok(), true, "{:?} {:?} {}", &agreed, &theirs, mismatch);
        let ours = agreed.unwrap();
        prop_assert_eq!((ours.codec, ours.rtcp_mux), (theirs.codec, theirs.rtcp_mux));
        match (&ours.security, &theirs.security) {
            (Security::Plain, Security::Plain) => {}
            (Security::Sdes(ours), Security::Sdes(theirs)) => {
                prop_assert_eq!(ours.suite, theirs.suite);
                prop_assert_eq!((&ours.send, &ours.receive), (&theirs.receive, &theirs.send));
            }
            (Security::Dtls(ours), Security::Dtls(theirs)) => prop_assert_ne!(ours.active, theirs.active),
            different => prop_assert!(false, "{different:?}"),
        }
    }

    /// Broken keys, fingerprints and credentials make no panic, and nothing in the open where that is forbidden.
    #[test]
    fn r15_mutated_offers_of_phones_are_never_answered_in_the_open(
        which in 0..5_usize,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>()), 0..12),
    ) {
        let offers = [CHROMIUM.to_owned(), baresip_srtp("RTP/AVP"), linphone(), pjsua(), baresip("UDP/TLS/RTP/SAVPF", BARESIP_DTLS)];
        let mut bytes = offers[which].clone().into_bytes();
        for (place, edit, byte) in edits {
            let at = place.index(bytes.len());
            match edit {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => bytes.truncate((at + 1).max(bytes.len() / 2)),
            }
        }
        let Ok(heard) = Session::parse(&bytes) else { return Ok(()) };
        for policy in SrtpPolicy::ALL {
            match answer(&local(policy), &heard) {
                Ok((text, negotiated)) => {
                    prop_assert!(Session::parse(text.as_bytes()).is_ok());
                    prop_assert!(policy != SrtpPolicy::Required || negotiated.security.is_secure());
                }
                Err(error) => prop_assert_eq!(error.status(), 488),
            }
        }
    }
}
