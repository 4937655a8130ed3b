//! The offers and answers of one leg: what stays over its life, and what its policy never lets through (R15).

use sdp::{Security, SrtpPolicy};

use super::*;
use crate::leg::{Terms, Vault};

const PEER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\n";
const KEY: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";
const FINGERPRINT: &str = "a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:\
    10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n";

fn open(rest: &str) -> String {
    format!("{PEER}m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n{rest}")
}

/// A browser's side, with these ICE credentials.
fn browser(ufrag: &str, setup: &str) -> String {
    format!(
        "{PEER}a=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0 126\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:126 telephone-event/8000\r\n\
         a=ice-ufrag:{ufrag}\r\na=ice-pwd:0123456789abcdefghijkl\r\n{FINGERPRINT}a=setup:{setup}\r\na=mid:0\r\na=rtcp-mux\r\n"
    )
}

fn description(srtp: SrtpPolicy) -> Description {
    let vault = Vault::new([7; 32], Some([9; 32]));
    let local = "203.0.113.5:20000".parse().unwrap();
    Description::new(local, 5, &Terms::of_operator(srtp), Some(Box::new(vault)))
}

fn text(body: &Bytes) -> String {
    String::from_utf8(body.to_vec()).unwrap()
}

fn lines(body: &Bytes, start: &str) -> Vec<String> {
    text(body).lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
}

#[test]
fn the_answer_tells_which_offer_was_taken() {
    let mut ours = description(SrtpPolicy::Preferred);
    let (to_phone, to_browser) = (ours.offer(), ours.browser_offer().unwrap());
    assert_eq!((lines(&to_phone, "m=audio 20000 RTP/AVP ").len(), lines(&to_phone, "a=crypto").len()), (1, 1));
    assert_eq!(lines(&to_browser, "m=audio 20000 UDP/TLS/RTP/SAVPF ").len(), 1);
    ours.taken(browser("abcd", "active").as_bytes()).unwrap();
    let agreed = ours.agreed().unwrap();
    assert!(agreed.rtcp_mux && !agreed.on_hold);
    assert!(matches!(&agreed.security, Security::Dtls(dtls) if !dtls.active && dtls.ice.is_some()));
    let again = ours.offer();
    assert_eq!(again, to_browser, "a further offer is for a browser too, and the same association");
    ours.accept(browser("abcd", "active").as_bytes()).unwrap();
    ours.refreshed(browser("abcd", "active").as_bytes()).unwrap();

    let mut ours = description(SrtpPolicy::Preferred);
    let _ = (ours.offer(), ours.browser_offer());
    ours.taken(open(KEY).as_bytes()).unwrap();
    assert!(matches!(ours.agreed().unwrap().security, Security::Sdes(_)));
    assert_eq!(ours.offer(), to_phone);
}

#[test]
fn r15_required_takes_nothing_in_the_open_and_preferred_takes_what_comes() {
    let mut ours = description(SrtpPolicy::Required);
    assert_eq!(ours.answer(open("").as_bytes()), Err(488));
    assert!(ours.agreed().is_none());
    let offer = ours.offer();
    assert_eq!(lines(&offer, "m=audio 20000 RTP/SAVP ").len(), 1);
    assert_eq!(ours.taken(open("").as_bytes()), Err(NegotiationError::OpenRefused));
    assert!(ours.agreed().is_none());
    let mut ours = description(SrtpPolicy::Required);
    ours.answer(open(KEY).as_bytes()).unwrap();
    assert_eq!(ours.answer(open("").as_bytes()), Err(488), "nor later");
    assert!(ours.agreed().unwrap().security.is_secure());

    let mut ours = description(SrtpPolicy::Preferred);
    let answer = ours.answer(open("").as_bytes()).unwrap();
    assert!(lines(&answer, "a=crypto").is_empty());
    assert_eq!(ours.agreed().unwrap().security, Security::Plain);
    let mut ours = description(SrtpPolicy::Off);
    assert_eq!(ours.answer(open(KEY).replace("RTP/AVP", "RTP/SAVP").as_bytes()), Err(488));
    assert!(lines(&ours.offer(), "a=crypto").is_empty());
}

#[test]
fn r15_what_is_encrypted_stays_so() {
    let is_secret = |ours: &Description| matches!(ours.agreed().unwrap().security, Security::Sdes(_));
    // A phone that we called, and one that calls.
    let mut called = description(SrtpPolicy::Preferred);
    let _ = called.offer();
    called.taken(open(KEY).as_bytes()).unwrap();
    let mut calling = description(SrtpPolicy::Preferred);
    calling.answer(open(KEY).as_bytes()).unwrap();
    for mut ours in [called, calling] {
        let before = ours.agreed().cloned();
        assert_eq!(ours.answer(open("").as_bytes()), Err(488));
        assert_eq!(ours.answer(open("a=sendonly\r\n").as_bytes()), Err(488));
        assert_eq!(ours.refreshed(open("").as_bytes()), Err(NegotiationError::OpenRefused));
        let _ = ours.offer();
        assert_eq!(ours.accept(open("").as_bytes()), Err(NegotiationError::OpenRefused));
        assert_eq!(ours.agreed(), before.as_ref(), "what was agreed before holds");
        ours.answer(open(&format!("a=sendonly\r\n{KEY}")).as_bytes()).unwrap();
        assert!(ours.on_hold() && is_secret(&ours));
        ours.answer(open(KEY).as_bytes()).unwrap();
        ours.refreshed(open(KEY).as_bytes()).unwrap();
        assert!(!ours.on_hold() && is_secret(&ours));
    }
    // What was in the clear may become a secret.
    let mut ours = description(SrtpPolicy::Preferred);
    ours.answer(open("").as_bytes()).unwrap();
    ours.answer(open(KEY).as_bytes()).unwrap();
    assert!(is_secret(&ours));
    // A browser has no policy, and yet.
    let mut ours = description(SrtpPolicy::Off);
    ours.answer(browser("abcd", "actpass").as_bytes()).unwrap();
    assert_eq!(ours.answer(open("").as_bytes()), Err(488));
}

#[test]
fn r15_an_early_answer_does_not_bind_the_phone_that_takes_the_call() {
    let mut ours = description(SrtpPolicy::Preferred);
    let _ = ours.offer();
    ours.preview(open(KEY).as_bytes()).unwrap();
    ours.taken(open("").as_bytes()).unwrap();
    assert_eq!(ours.agreed().unwrap().security, Security::Plain);
}

#[test]
fn r15_an_answer_of_a_browser_fits_only_where_one_was_asked() {
    let mut ours = description(SrtpPolicy::Preferred);
    let _ = ours.offer();
    assert_eq!(ours.taken(browser("abcd", "active").as_bytes()), Err(NegotiationError::AnswerMismatch));
}

#[test]
fn new_offers_keep_keys_and_roles_and_ice_starts_anew_only_when_the_peer_does() {
    let mut ours = description(SrtpPolicy::Preferred);
    let first = ours.answer(open(KEY).as_bytes()).unwrap();
    let held = ours.answer(open(&format!("{KEY}a=sendonly\r\n")).as_bytes()).unwrap();
    assert_ne!(first, held);
    assert_eq!(lines(&first, "a=crypto"), lines(&held, "a=crypto"));

    let mut ours = description(SrtpPolicy::Preferred);
    let first = ours.answer(browser("abcd", "actpass").as_bytes()).unwrap();
    let same = ours.answer(browser("abcd", "actpass").as_bytes()).unwrap();
    assert_eq!((&first, lines(&first, "a=setup")), (&same, vec!["a=setup:passive".to_owned()]));
    let broken = browser("efgh", "holdconn");
    assert_eq!(ours.answer(broken.as_bytes()), Err(488));
    assert_eq!(ours.answer(browser("abcd", "actpass").as_bytes()).unwrap(), first, "a refusal changes nothing");
    let anew = ours.answer(browser("efgh", "actpass").as_bytes()).unwrap();
    assert_ne!(lines(&first, "a=ice-ufrag"), lines(&anew, "a=ice-ufrag"));
    assert_ne!(lines(&first, "a=ice-pwd"), lines(&anew, "a=ice-pwd"));
    assert_eq!(lines(&first, "a=fingerprint"), lines(&anew, "a=fingerprint"));
    let ice = ours.agreed().unwrap().security.ice().unwrap().clone();
    assert_eq!(ice.remote_ufrag, "efgh");
    assert_eq!(lines(&anew, "a=ice-ufrag"), [format!("a=ice-ufrag:{}", ice.local_ufrag)]);
}

#[test]
fn whoever_has_no_certificate_cannot_speak_with_browsers() {
    let local = "203.0.113.5:20000".parse().unwrap();
    let vault = Some(Box::new(Vault::new([7; 32], None)));
    let mut ours = Description::new(local, 5, &Terms::of_operator(SrtpPolicy::Preferred), vault);
    assert_eq!(ours.browser_offer(), None);
    assert_eq!(ours.answer(browser("abcd", "actpass").as_bytes()), Err(488));
}
