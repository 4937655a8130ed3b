//! STUN on a media port: who does not know the password gets no answer and changes nothing, and who does is answered
//! shortly.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use super::choices::Choices;
use super::seeds::Random;
use ice::stun::{Class, Key, Message, Role, Writer};
use ice::{Credentials, Lite, PATHS_MAX, REPLY_BYTES_MAX, Verdict, is_stun};

/// The target: the bytes as a datagram, and as a story of checks.
pub fn run(bytes: &[u8]) {
    datagram(bytes);
    story(bytes);
}

/// A password that changes with each byte: the fuzzer sees what signatures are compared with, and would write the right one.
fn password(bytes: &[u8]) -> String {
    let seed = bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3));
    let mut random = Random(seed | 1);
    (0..24).map(|_| char::from(b'a' + random.byte() % 26)).collect()
}

fn lite(password: &str) -> Lite {
    let local = Credentials { ufrag: "evtj".into(), password: password.into() };
    Lite::new(local, Credentials { ufrag: "h6vY".into(), password: "whatever".into() })
}

fn peer(number: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, number], 9))
}

fn datagram(bytes: &[u8]) {
    let mut lite = lite(&password(bytes));
    let mut out = [0; REPLY_BYTES_MAX];
    assert_eq!(lite.handle(0, peer(66), bytes, &mut out), Verdict::Ignore);
    assert_eq!((out, lite.selected(), lite.is_valid(peer(66))), ([0; REPLY_BYTES_MAX], None, false));
    if let Ok(message) = Message::parse(bytes) {
        assert!(is_stun(bytes) && bytes.len().is_multiple_of(4));
        assert!(message.username.is_none_or(|name| name.len() < bytes.len()));
        assert!(!message.is_signed_with(&Key::new(&password(bytes))));
    }
}

fn story(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let password = password(bytes);
    let mut lite = lite(&password);
    let (mut now, mut known) = (0_u64, BTreeSet::new());
    while !choices.is_over() {
        now += u64::from(choices.word()) << 20;
        let (from, good) = (peer(choices.byte() & 15), choices.below(4) > 0);
        let (check, signed) = check(&mut choices, if good { &password } else { "guess" });
        let sent =
            if choices.below(4) == 0 { choices.mutate(&check, &[b"\0\x25\0\0", b"\0\x20"]) } else { check.clone() };
        let before = lite.selected();
        let mut out = [0; REPLY_BYTES_MAX];
        match lite.handle(now, from, &sent, &mut out) {
            Verdict::Reply { length, nominated } => {
                // What follows the signature, and the length that tells of it, is anybody's.
                let is_as_signed = sent.get(..2) == check.get(..2) && sent.get(4..signed) == check.get(4..signed);
                assert!(good && is_as_signed, "somebody without the password was answered");
                assert!(2 * length <= 3 * sent.len());
                let answer = Message::parse(&out[..length]).unwrap();
                assert!(answer.fingerprint && answer.is_signed_with(&Key::new(&password)));
                if answer.class == Class::Success {
                    assert_eq!(answer.mapped, Some(from));
                    known.insert(from);
                    assert!(lite.is_valid(from));
                } else {
                    assert!(matches!(answer.error, Some(420 | 487)) && !nominated);
                }
                assert_eq!(nominated, before != lite.selected());
            }
            Verdict::Ignore => assert_eq!(lite.selected(), before),
        }
        assert!(lite.selected().is_none_or(|selected| known.contains(&selected) && lite.is_valid(selected)));
        assert_eq!(lite.selected().is_some(), lite.heard_at().is_some());
        assert!((0..16).filter(|number| lite.is_valid(peer(*number))).count() <= PATHS_MAX);
    }
    assert!((16..=255).all(|number| !lite.is_valid(peer(number))));
}

/// A check, and how much of it is signed.
fn check(choices: &mut Choices<'_>, password: &str) -> (Vec<u8>, usize) {
    let mut out = vec![0; 600];
    let mut writer = Writer::new(&mut out, Class::Request, [choices.byte(); 12]).username(b"evtj:h6vY");
    let kind = choices.byte();
    if kind & 1 == 0 {
        writer = writer.role(if kind & 6 == 0 { Role::Controlled(1) } else { Role::Controlling(2) });
    }
    if kind & 8 == 0 {
        writer = writer.priority(u32::from(choices.byte()));
    }
    if kind & 16 == 0 {
        writer = writer.use_candidate();
    }
    if kind & 96 == 0 {
        let number = choices.word();
        writer = writer.attribute(number, choices.some_bytes());
    }
    writer = writer.integrity(&Key::new(password));
    if kind & 128 == 0 {
        writer = writer.fingerprint();
    }
    let length = writer.finish().unwrap();
    out.truncate(length);
    (out, if kind & 128 == 0 { length - 8 } else { length })
}
