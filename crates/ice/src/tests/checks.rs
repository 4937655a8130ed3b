//! What is answered, with what, and what is not.

use std::net::{Ipv4Addr, SocketAddr};

use crate::stun::{Class, Key, Message, Role, Writer};
use crate::tests::{Check, LOCAL_PASSWORD, REMOTE_PASSWORD, SECOND, ask, credentials, lite, peer};
use crate::{CONSENT, Lite, PATHS_MAX, REPLY_BYTES_MAX, Verdict};

#[test]
fn rfc8445_7_3_a_browsers_check_is_answered_with_its_address() {
    let mut lite = lite();
    let addresses = [peer(1), "[2001:db8::7]:9".parse().unwrap()];
    for (address, transaction) in addresses.into_iter().zip(1..) {
        let (answer, nominated) =
            ask(&mut lite, 0, address, &Check { transaction, ..Check::default() }.bytes()).unwrap();
        let answer = Message::parse(&answer).unwrap();
        assert_eq!((answer.class, answer.mapped), (Class::Success, Some(address)));
        assert!(!nominated && lite.is_valid(address));
    }
    assert_eq!(lite.selected(), None, "nobody nominated anything");
}

#[test]
fn an_ipv4_peer_on_an_ipv6_socket_is_told_its_ipv4_address() {
    let from = SocketAddr::new(Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped().into(), 9);
    let (answer, _) = ask(&mut lite(), 0, from, &Check::default().bytes()).unwrap();
    assert_eq!(Message::parse(&answer).unwrap().mapped, Some("192.0.2.1:9".parse().unwrap()));
}

#[test]
fn r14_strangers_get_no_answer_and_leave_no_trace() {
    let mut lite = lite();
    let good = Check { nominates: true, ..Check::default() };
    let mut unsigned = [0; 100];
    let length = Writer::new(&mut unsigned, Class::Request, [1; 12])
        .username(b"ours:their")
        .role(Role::Controlling(1))
        .use_candidate()
        .priority(1)
        .fingerprint()
        .finish()
        .unwrap();
    let mut indication = good.bytes();
    indication[1] |= 0x10;
    let mut success = good.bytes();
    success[0] |= 1;
    let strangers = [
        Check { username: "their:ours", ..good }.bytes(),
        Check { username: "ours", ..good }.bytes(),
        Check { username: "ours:thei", ..good }.bytes(),
        Check { username: "", ..good }.bytes(),
        Check { password: "guess", ..good }.bytes(),
        Check { password: REMOTE_PASSWORD, ..good }.bytes(),
        Check { password: "guess", extra: Some((0x7777, &[])), ..good }.bytes(),
        Check { password: "guess", role: Role::Controlled(1), ..good }.bytes(),
        unsigned[..length].to_vec(),
        indication,
        success,
        b"\x16\xfe\xff\0\0\0\0\0\0\0\0".to_vec(),
        good.bytes()[..40].to_vec(),
        vec![0; 20],
        Vec::new(),
    ];
    for datagram in &strangers {
        let mut out = [0; REPLY_BYTES_MAX];
        assert_eq!(lite.handle(0, peer(66), datagram, &mut out), Verdict::Ignore);
        assert_eq!(out, [0; REPLY_BYTES_MAX]);
    }
    assert_eq!((lite.selected(), lite.heard_at(), lite.is_valid(peer(66))), (None, None, false));
    assert!(ask(&mut lite, 0, peer(1), &good.bytes()).unwrap().1, "and the peer is heard");
    assert_eq!(lite.selected(), Some(peer(1)));
}

#[test]
fn rfc8489_6_3_1_attributes_that_must_be_understood_get_420() {
    let mut lite = lite();
    let check = Check { extra: Some((0x7777, b"what")), nominates: true, ..Check::default() }.bytes();
    let (answer, nominated) = ask(&mut lite, 0, peer(1), &check).unwrap();
    let read = Message::parse(&answer).unwrap();
    assert_eq!((read.class, read.error, nominated), (Class::Error, Some(420), false));
    assert!(answer.windows(6).any(|bytes| bytes == [0, 0x0A, 0, 2, 0x77, 0x77]), "UNKNOWN-ATTRIBUTES names it");
    assert_eq!((lite.selected(), lite.is_valid(peer(1))), (None, false));
    for kind in [0xC058, 0xC070, 0x8022, 0xFFFF] {
        let check = Check { extra: Some((kind, b"whatever")), transaction: kind as u8, ..Check::default() }.bytes();
        let (answer, _) = ask(&mut lite, 0, peer(1), &check).unwrap();
        assert_eq!(Message::parse(&answer).unwrap().class, Class::Success, "{kind:04x} may be ignored");
    }
}

#[test]
fn rfc8445_7_3_1_1_who_thinks_we_control_gets_487() {
    let mut lite = lite();
    for (tie, transaction) in [0, u64::MAX].into_iter().zip(1..) {
        let check = Check { role: Role::Controlled(tie), nominates: true, transaction, ..Check::default() };
        let (answer, nominated) = ask(&mut lite, 0, peer(1), &check.bytes()).unwrap();
        let answer = Message::parse(&answer).unwrap();
        assert_eq!((answer.class, answer.error, nominated), (Class::Error, Some(487), false));
        assert_eq!(lite.selected(), None);
    }
}

#[test]
fn what_follows_the_signature_is_not_believed() {
    let mut out = [0; 200];
    let signed = Writer::new(&mut out, Class::Request, [1; 12]).username(b"ours:their").priority(1);
    let signed = signed.integrity(&Key::new(LOCAL_PASSWORD));
    let length = signed.use_candidate().attribute(0x7777, &[]).fingerprint().finish().unwrap();
    let mut lite = lite();
    let (answer, nominated) = ask(&mut lite, 0, peer(1), &out[..length]).unwrap();
    assert_eq!((Message::parse(&answer).unwrap().class, nominated), (Class::Success, false));
    assert_eq!(lite.selected(), None);
}

#[test]
fn a_check_without_fingerprint_is_as_good() {
    assert!(ask(&mut lite(), 0, peer(1), &Check { fingerprint: false, ..Check::default() }.bytes()).is_some());
}

#[test]
fn a_check_sent_again_is_answered_again_and_one_overheard_is_not() {
    let mut lite = lite();
    let check = Check { nominates: true, ..Check::default() }.bytes();
    assert!(ask(&mut lite, 0, peer(1), &check).is_some());
    assert!(ask(&mut lite, SECOND, peer(1), &check).is_some());
    assert_eq!(ask(&mut lite, SECOND, peer(66), &check), None, "its way was lost, says who overheard it");
    assert_eq!(lite.selected(), Some(peer(1)));
    // It stays so for as many checks as are remembered.
    for transaction in 2..=crate::lite::RECENT_MAX as u8 {
        ask(&mut lite, SECOND, peer(1), &Check { transaction, ..Check::default() }.bytes()).unwrap();
    }
    assert_eq!(ask(&mut lite, SECOND, peer(66), &check), None);
}

#[test]
fn rfc7675_consent_ends_when_the_peer_no_longer_checks() {
    let mut lite = lite();
    assert!(!lite.consent_is_over(CONSENT * 10), "nobody has consented yet");
    ask(&mut lite, SECOND, peer(1), &Check { nominates: true, ..Check::default() }.bytes()).unwrap();
    assert_eq!(lite.heard_at(), Some(SECOND));
    assert!(!lite.consent_is_over(SECOND + CONSENT));
    assert!(lite.consent_is_over(SECOND + CONSENT + 1));
    // Neither another address nor a stranger keeps it.
    ask(&mut lite, 20 * SECOND, peer(2), &Check { transaction: 2, ..Check::default() }.bytes()).unwrap();
    ask(&mut lite, 20 * SECOND, peer(1), &Check { transaction: 3, password: "no", ..Check::default() }.bytes());
    assert!(lite.consent_is_over(SECOND + CONSENT + 1));
    ask(&mut lite, 40 * SECOND, peer(1), &Check { transaction: 4, ..Check::default() }.bytes()).unwrap();
    assert!(!lite.consent_is_over(40 * SECOND + CONSENT));
    assert!(!lite.consent_is_over(0), "a clock that stands still");
}

#[test]
fn the_table_of_addresses_is_bounded_and_keeps_the_selected_one() {
    let mut lite = lite();
    ask(&mut lite, 0, peer(1), &Check { nominates: true, ..Check::default() }.bytes()).unwrap();
    for number in 2..=100 {
        let check = Check { transaction: number, ..Check::default() };
        ask(&mut lite, u64::from(number) * SECOND, peer(number), &check.bytes()).unwrap();
    }
    assert!(lite.is_valid(peer(1)), "the selected one, though it is the longest silent");
    assert_eq!((1..=100).filter(|number| lite.is_valid(peer(*number))).count(), PATHS_MAX);
    assert!((101 - (PATHS_MAX as u8 - 1)..=100).all(|number| lite.is_valid(peer(number))));
}

#[test]
fn a_buffer_that_is_too_short_gets_no_half_answer() {
    let mut lite = lite();
    let mut out = [0; 40];
    let check = Check { nominates: true, ..Check::default() }.bytes();
    assert_eq!(lite.handle(0, peer(1), &check, &mut out), Verdict::Ignore);
    assert_eq!(lite.selected(), None, "the peer will ask again");
}

#[test]
fn no_password_is_ever_printed() {
    let lite = Lite::new(credentials("ours", "s3cret"), credentials("their", "s3cret"));
    assert!(!format!("{lite:?} {:?}", credentials("ours", "s3cret")).contains("s3cret"));
}
