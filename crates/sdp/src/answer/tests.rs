//! Answers: every shape of offer, and what never may happen.

use super::*;
use crate::{SrtpPolicy, offer};
use proptest::prelude::*;

/// What a carrier's trunk offers.
const TRUNK: &str = "v=0\r\no=- 12345 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
    m=audio 30000 RTP/AVP 0 96\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\n\
    a=ptime:20\r\n";

#[test]
fn a_trunks_offer_is_answered_with_one_codec_and_its_own_numbers() {
    let (text, negotiated) = answer(&local(), &parsed(TRUNK)).unwrap();
    assert_eq!(
        text,
        "v=0\r\no=- 7 1 IN IP4 203.0.113.5\r\ns=-\r\nc=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 96\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
    );
    let expected = Negotiated {
        remote: "192.0.2.10:30000".parse().unwrap(),
        remote_rtcp: Some("192.0.2.10:30001".parse().unwrap()),
        codec: Codec::Pcmu,
        payload_type: 0,
        receive_payload_type: 0,
        telephone_event: Some(96),
        receive_telephone_event: Some(96),
        direction: Direction::SendRecv,
        on_hold: false,
        ptime: 20,
        rtcp_mux: false,
        security: Security::Plain,
    };
    assert_eq!(negotiated, expected);
}

#[test]
fn the_offerers_order_decides_and_static_numbers_need_no_rtpmap() {
    let (_, negotiated) = answer(&local(), &audio("m=audio 4000 RTP/AVP 9 8 0")).unwrap();
    assert_eq!((negotiated.codec, negotiated.payload_type, negotiated.telephone_event), (Codec::Pcma, 8, None));
}

#[test]
fn dynamic_numbers_mean_what_rtpmap_says() {
    let offer = "m=audio 4000 RTP/AVP 0 120 121 122\r\na=rtpmap:0 L16/8000\r\na=rtpmap:120 PCMU/16000\r\n\
        a=rtpmap:121 PCMU/8000/2\r\na=rtpmap:122 pcmu/8000/1";
    let (text, negotiated) = answer(&local(), &audio(offer)).unwrap();
    assert_eq!((negotiated.codec, negotiated.payload_type), (Codec::Pcmu, 122));
    assert!(text.contains("m=audio 20000 RTP/AVP 122\r\na=rtpmap:122 PCMU/8000\r\n"), "{text}");
}

#[test]
fn every_media_line_is_answered_in_its_place() {
    let offer = "m=video 5000 RTP/AVP 107\r\nm=audio 4000 RTP/SAVP 0\r\nm=audio 4002 RTP/AVPF 0\r\n\
        m=audio 4004 RTP/AVP 0\r\nm=application 9 UDP/BFCP *\r\nm=image 4006 udptl t38";
    let (text, negotiated) = answer(&local(), &audio(offer)).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(
        lines,
        [
            "m=video 0 RTP/AVP 107",
            "m=audio 0 RTP/SAVP 0",
            "m=audio 20000 RTP/AVPF 0",
            "m=audio 0 RTP/AVP 0",
            "m=application 0 UDP/BFCP *",
            "m=image 0 udptl t38",
        ]
    );
    assert_eq!(negotiated.remote.port(), 4002);
}

#[test]
fn r06_each_refusal_has_its_name_and_status() {
    use NegotiationError::{AddressUnusable, NoAudio, NoCommonCodec, SecureRequired};
    for (media, error) in [
        ("m=video 5000 RTP/AVP 107", NoAudio),
        ("m=audio 0 RTP/AVP 0", NoAudio),
        ("m=audio 4000 TCP/MRCPv2 1", NoAudio),
        ("m=audio 4000 RTP/AVP 9 18 101\r\na=rtpmap:101 telephone-event/8000", NoCommonCodec),
        ("m=audio 4000 RTP/AVP", NoCommonCodec),
        ("m=audio 4000 RTP/AVP 300", NoCommonCodec),
        ("m=audio 4000 RTP/SAVP 0", SecureRequired),
        ("m=audio 4000 UDP/TLS/RTP/SAVPF 0", SecureRequired),
        ("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 phone.example.com", AddressUnusable),
        ("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127", AddressUnusable),
        ("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 255.255.255.255", AddressUnusable),
        ("m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1", AddressUnusable),
    ] {
        assert_eq!(answer(&local(), &audio(media)), Err(error.clone()), "{media}");
        assert_eq!(error.status(), 488);
    }
    let addressless = parsed("v=0\r\nm=audio 4000 RTP/AVP 0\r\n");
    assert_eq!(answer(&local(), &addressless), Err(AddressUnusable));
    assert_eq!(NegotiationError::from(SdpError::Version).status(), 400);
}

#[test]
fn directions_are_mirrored_and_hold_is_seen() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    for (offered, ours, on_hold) in [
        (SendRecv, SendRecv, false),
        (SendOnly, RecvOnly, true),
        (RecvOnly, SendOnly, false),
        (Inactive, Inactive, true),
    ] {
        let (text, negotiated) = answer(&local(), &parsed(&format!("{TRUNK}a={}\r\n", offered.name()))).unwrap();
        assert!(text.ends_with(&format!("a={}\r\n", ours.name())), "{text}");
        assert_eq!((negotiated.direction, negotiated.on_hold), (ours, on_hold));
    }
}

#[test]
fn the_hold_of_rfc_2543_is_understood() {
    let (_, negotiated) = answer(&local(), &parsed(&TRUNK.replace("192.0.2.10\r\nt=", "0.0.0.0\r\nt="))).unwrap();
    assert_eq!((negotiated.direction, negotiated.on_hold), (Direction::RecvOnly, true));
    assert!(negotiated.remote.ip().is_unspecified());
}

#[test]
fn whom_we_hold_stays_held() {
    let (text, negotiated) = answer_as(&local(), &parsed(TRUNK), Direction::SendOnly, None).unwrap();
    assert!(text.ends_with("a=sendonly\r\n"));
    assert_eq!((negotiated.direction, negotiated.on_hold), (Direction::SendOnly, false));
}

#[test]
fn ipv4_mapped_into_ipv6_is_ipv4() {
    let offer = audio("m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::ffff:192.0.2.10");
    assert_eq!(answer(&local(), &offer).unwrap().1.remote, "192.0.2.10:4000".parse().unwrap());
}

#[test]
fn rtcp_goes_where_the_peer_says() {
    let rtcp = |line: &str| answer(&local(), &audio(&format!("m=audio 65535 RTP/AVP 0{line}"))).unwrap().1.remote_rtcp;
    assert_eq!(rtcp(""), None);
    assert_eq!(rtcp("\r\na=rtcp:4005"), Some("192.0.2.10:4005".parse().unwrap()));
    assert_eq!(rtcp("\r\na=rtcp:4005 IN IP4 192.0.2.99"), Some("192.0.2.99:4005".parse().unwrap()));
    assert_eq!(rtcp("\r\na=rtcp:0"), None);
    assert_eq!(rtcp("\r\na=rtcp:junk"), None);
}

#[test]
fn packet_lengths_that_g711_has_are_taken_and_others_not() {
    let of = |lines: &str| answer(&local(), &audio(&format!("m=audio 4000 RTP/AVP 0{lines}"))).unwrap().1.ptime;
    assert_eq!(of(""), 20);
    assert_eq!(of("\r\na=ptime:30"), 30);
    assert_eq!(of("\r\na=ptime:30\r\na=maxptime:20"), 20);
    assert_eq!(of("\r\na=maxptime:10"), 10);
    assert_eq!(of("\r\na=ptime:25"), 20);
    assert_eq!(of("\r\na=ptime:0"), 20);
    assert_eq!(of("\r\na=ptime:4000"), 20);
}

#[test]
fn an_answer_to_our_offer_is_read() {
    let offered = offer(&local(), Direction::SendRecv);
    let reply = audio("m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\na=sendonly");
    let negotiated = accept_answer(&local(), &offered, &reply).unwrap();
    assert_eq!((negotiated.codec, negotiated.payload_type, negotiated.receive_payload_type), (Codec::Pcma, 8, 8));
    assert_eq!((negotiated.telephone_event, negotiated.receive_telephone_event), (Some(97), Some(101)));
    assert_eq!((negotiated.direction, negotiated.on_hold), (Direction::RecvOnly, true));
}

#[test]
fn answers_that_do_not_fit_are_named() {
    let offered = offer(&Local { codecs: vec![Codec::Pcmu], ..local() }, Direction::SendRecv);
    for (reply, error) in [
        ("", NegotiationError::AnswerMismatch),
        ("m=video 4000 RTP/AVP 0", NegotiationError::AnswerMismatch),
        ("m=audio 0 RTP/AVP 0", NegotiationError::NoAudio),
        ("m=audio 4000 RTP/AVP 8", NegotiationError::NoCommonCodec),
        ("m=audio 4000 RTP/SAVP 0", NegotiationError::SecureRequired),
    ] {
        assert_eq!(accept_answer(&local(), &offered, &audio(reply)), Err(error), "{reply}");
    }
}

#[test]
fn events_that_one_side_lacks_are_not_used() {
    let mute = Local { telephone_event: false, ..local() };
    assert_eq!(answer(&mute, &parsed(TRUNK)).unwrap().1.telephone_event, None);
    let offered = offer(&mute, Direction::SendRecv);
    let negotiated = accept_answer(&local(), &offered, &parsed(TRUNK)).unwrap();
    assert_eq!((negotiated.telephone_event, negotiated.receive_telephone_event), (None, None));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r06_mutated_offers_never_panic_and_get_one_clear_status(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>()), 1..12),
    ) {
        let mut bytes = rich_offer().into_bytes();
        for (place, edit, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match edit {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at + 1),
            }
        }
        check_one_clear_status(&bytes)?;
    }

    #[test]
    fn r06_shuffled_and_doubled_lines_never_panic(
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let offer = rich_offer();
        let lines: Vec<&str> = offer.lines().collect();
        let mut text = "v=0\r\n".to_owned();
        for pick in picks {
            text.push_str(lines[pick.index(lines.len())]);
            text.push_str("\r\n");
        }
        check_one_clear_status(text.as_bytes())?;
    }

    #[test]
    fn r06_any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check_one_clear_status(&bytes)?;
    }
}

/// An answer that its offerer understands, or 400 or 488.
fn check_one_clear_status(bytes: &[u8]) -> Result<(), TestCaseError> {
    let offer = match Session::parse(bytes) {
        Ok(offer) => offer,
        Err(error) => {
            prop_assert_eq!(NegotiationError::from(error).status(), 400);
            return Ok(());
        }
    };
    prop_assert_eq!(&Session::parse(offer.to_string().as_bytes()).map(|again| again.media), &Ok(offer.media.clone()));
    match answer(&local(), &offer) {
        Ok((text, negotiated)) => {
            let ours = parsed(&text);
            prop_assert_eq!(ours.media.len(), offer.media.len());
            prop_assert_eq!(ours.media.iter().filter(|media| media.port != 0).count(), 1);
            prop_assert!(local().codecs.contains(&negotiated.codec));
        }
        Err(error) => prop_assert_eq!(error.status(), 488),
    }
    Ok(())
}

fn rich_offer() -> String {
    format!("{TRUNK}a=rtcp:30005 IN IP4 192.0.2.11\r\na=sendonly\r\nm=video 0 RTP/AVP 107\r\nc=IN IP6 ::1\r\na=x:y\r\n")
}

fn local() -> Local {
    Local {
        address: "203.0.113.5".parse().unwrap(),
        port: 20_000,
        codecs: Codec::G711.to_vec(),
        telephone_event: true,
        session_id: 7,
        version: 1,
        ptime: 20,
        srtp: SrtpPolicy::Off,
        secrets: None,
        signalled_from: None,
    }
}

fn parsed(text: &str) -> Session {
    Session::parse(text.as_bytes()).unwrap()
}

/// A description with these media lines.
fn audio(lines: &str) -> Session {
    parsed(&format!("v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n{lines}\r\n"))
}

#[test]
fn rfc_3264_8_2_a_session_whose_audio_is_stopped_by_port_0_is_paused_and_every_line_is_answered() {
    let local = local();
    let offer = |port: u16| {
        let text = format!(
            "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=video 9000 RTP/AVP 99\r\nm=audio {port} RTP/AVP 0\r\n"
        );
        Session::parse(text.as_bytes()).unwrap()
    };
    let (_, before) = answer(&local, &offer(4000)).unwrap();
    assert_eq!(answer_paused(&local, &offer(4000), &before), None, "there is audio");
    let (text, paused) = answer_paused(&local, &offer(0), &before).unwrap();
    assert!(text.contains("\r\nm=video 0 RTP/AVP 99\r\nm=audio 0 RTP/AVP 0\r\n"), "{text}");
    assert_eq!((paused.on_hold, paused.direction, paused.remote), (true, Direction::Inactive, before.remote));
    let silent =
        Session::parse(b"v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 99\r\n").unwrap();
    assert_eq!(answer_paused(&local, &silent, &before), None, "never had audio");
}
