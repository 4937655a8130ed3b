//! A session description: read, printed, answered, and taken as an answer.

use sdp::{Codec, Direction, Local, NegotiationError, Session, SrtpPolicy, accept_answer, answer_as, offer};

/// The target.
pub fn run(bytes: &[u8]) {
    let Ok(session) = Session::parse(bytes) else { return };
    let printed = session.print();
    let again = Session::parse(printed.as_bytes()).expect("what we print can be read");
    assert_eq!(again.print(), printed, "printing changes nothing twice");
    for media in &session.media {
        let _ = (session.direction(media), media.values("rtpmap").count(), media.is_audio());
    }
    for address in ["192.0.2.1", "2001:db8::1"] {
        let local = local(address);
        for wish in [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive] {
            answered(&local, &session, wish);
        }
        let ours = offer(&local, Direction::SendRecv);
        if let Err(error) = accept_answer(&local, &ours, &session) {
            assert!((400..500).contains(&error.status()));
        }
    }
}

fn answered(local: &Local, session: &Session, wish: Direction) {
    match answer_as(local, session, wish, None) {
        Ok((text, agreed)) => {
            let answer = Session::parse(text.as_bytes()).expect("our answer can be read");
            assert_eq!(answer.media.len(), session.media.len(), "RFC 3264 section 6: every m= line in its place");
            assert_eq!(answer.media.iter().filter(|media| media.port != 0).count(), 1, "one stream is taken");
            assert!((10..=60).contains(&agreed.ptime) && local.codecs.contains(&agreed.codec));
            assert!(wish.sends() || !agreed.direction.sends(), "we send no more than we wish");
            // 0.0.0.0 is an old-fashioned hold in either family.
            let remote = agreed.remote.ip();
            assert!(remote.is_unspecified() || remote.is_ipv4() == local.address.is_ipv4(), "{agreed:?}");
            assert!(agreed.remote.port() != 0 && !remote.is_multicast(), "{agreed:?}");
        }
        Err(error) => {
            assert!(matches!(error.status(), 400 | 488), "R06: one clear status");
            assert!(!matches!(error, NegotiationError::AnswerMismatch), "it was an offer");
            assert!(!error.to_string().is_empty());
        }
    }
}

fn local(address: &str) -> Local {
    Local {
        address: address.parse().unwrap(),
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
