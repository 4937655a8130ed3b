//! SRTP and SRTCP: nobody without the key gets anything in, and what is sent with it arrives as it was, once, whatever the
//! network does to it.

use std::collections::BTreeSet;

use super::choices::Choices;
use super::seeds::Random;
use srtp::{Context, OVERHEAD_MAX, ProtectError, Suite, UnprotectError};

/// Packets of a story.
const PACKETS_MAX: usize = 64;

/// The target: the bytes as packets, and as a story of packets.
pub fn run(bytes: &[u8]) {
    for suite in Suite::ALL {
        // A key that changes with each byte: the fuzzer sees what tags are compared with, and would write the right one.
        let mut there = context(suite, bytes);
        assert!(there.unprotect(&mut bytes.to_vec()).is_err(), "{suite:?}");
        assert!(there.unprotect_rtcp(&mut bytes.to_vec()).is_err(), "{suite:?}");
    }
    story(bytes);
}

fn context(suite: Suite, bytes: &[u8]) -> Context {
    let seed = bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3));
    let mut random = Random(seed | 1);
    let key: Vec<u8> = (0..suite.key_salt_bytes()).map(|_| random.byte()).collect();
    Context::new(suite, &key).unwrap()
}

/// A packet under way.
struct Sent {
    plain: Vec<u8>,
    protected: Vec<u8>,
    is_rtcp: bool,
    arrived: bool,
}

fn story(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let suite = choices.of(&Suite::ALL);
    let (mut here, mut there) = (context(suite, bytes), context(suite, bytes));
    let mut sent: Vec<Sent> = Vec::new();
    let mut heard = BTreeSet::new();
    let mut sequence = choices.word();
    while !choices.is_over() && sent.len() < PACKETS_MAX {
        match choices.below(4) {
            0 | 1 => {
                sequence = match choices.below(4) {
                    0 => choices.word(),
                    1 => sequence.wrapping_sub(3),
                    _ => sequence.wrapping_add(1),
                };
                let ssrc = u32::from(choices.byte() & 3);
                let mut plain = vec![0x80 | choices.byte() & 0x3F, choices.byte()];
                plain.extend(sequence.to_be_bytes());
                plain.extend(choices.long().to_be_bytes());
                plain.extend(ssrc.to_be_bytes());
                plain.extend(choices.some_bytes());
                sent.extend(protect(&mut here, plain, false));
            }
            2 => {
                let mut plain = vec![0x80 | choices.byte() & 0x3F, 200, 0, 1, 0, 0, 0, choices.byte() & 3];
                plain.extend(choices.some_bytes());
                sent.extend(protect(&mut here, plain, true));
            }
            _ if sent.is_empty() => {}
            _ => {
                let number = choices.below(sent.len());
                deliver(&mut there, &mut sent[number], &mut heard, &mut choices);
            }
        }
    }
    no_key_stream_twice(&sent);
    for packet in &mut sent {
        deliver(&mut there, packet, &mut heard, &mut Choices::new(&[]));
    }
}

fn protect(here: &mut Context, plain: Vec<u8>, is_rtcp: bool) -> Option<Sent> {
    let mut protected = plain.clone();
    protected.resize(plain.len() + OVERHEAD_MAX, 0);
    let done = if is_rtcp {
        here.protect_rtcp(&mut protected, plain.len())
    } else {
        here.protect(&mut protected, plain.len())
    };
    match done {
        Ok(length) => {
            protected.truncate(length);
            assert!(length > plain.len());
            Some(Sent { plain, protected, is_rtcp, arrived: false })
        }
        Err(ProtectError::Malformed | ProtectError::Repeated | ProtectError::TooOld) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Source and sequence number of the RTP packets that arrived.
type Heard = BTreeSet<([u8; 4], [u8; 2])>;

/// Hands a packet over, as it is or broken.
fn deliver(there: &mut Context, packet: &mut Sent, heard: &mut Heard, choices: &mut Choices<'_>) {
    let name = || (packet.plain[8..12].try_into().unwrap(), packet.plain[2..4].try_into().unwrap());
    let mut bytes = packet.protected.clone();
    if choices.coin() {
        bytes = choices.mutate(&bytes, &[b"\0", b"\x80", b"\xFF\xFF"]);
    }
    let is_whole = bytes == packet.protected;
    let opened = if packet.is_rtcp { there.unprotect_rtcp(&mut bytes) } else { there.unprotect(&mut bytes) };
    match opened {
        Ok(length) => {
            assert!(is_whole, "a broken packet was taken");
            assert!(!packet.arrived, "a packet was taken twice");
            assert_eq!(bytes[..length], packet.plain, "it is not what was sent");
            if !packet.is_rtcp {
                heard.insert(name());
            }
            packet.arrived = true;
        }
        Err(error) if is_whole => match error {
            // Or it has the number of one that arrived, a roll-over earlier or later than the receiver guesses.
            UnprotectError::Replayed => {
                assert!(packet.arrived || !packet.is_rtcp && heard.contains(&name()), "it is new")
            }
            // How far its numbers have got is the receiver's to guess, by what it heard. RTCP says its number.
            UnprotectError::Authentication | UnprotectError::TooOld => assert!(!packet.is_rtcp, "{error}"),
            UnprotectError::Malformed
            | UnprotectError::Unencrypted
            | UnprotectError::Exhausted
            | UnprotectError::TooManySources => panic!("{error}"),
        },
        Err(_) => {}
    }
}

/// Whoever sees two packets under one key stream has the difference of their texts.
fn no_key_stream_twice(sent: &[Sent]) {
    let mut streams = BTreeSet::new();
    for Sent { plain, protected, is_rtcp, .. } in sent {
        let mut body = if *is_rtcp { 8 } else { 12 + usize::from(plain[0] & 0x0F) * 4 };
        if !is_rtcp && plain[0] & 0x10 != 0 {
            body += 4 + usize::from(u16::from_be_bytes([plain[body + 2], plain[body + 3]])) * 4;
        }
        let stream: Vec<u8> = plain.iter().zip(protected).skip(body).take(12).map(|(a, b)| a ^ b).collect();
        assert!(stream.len() < 12 || streams.insert(stream), "a key stream was used twice");
    }
}
