//! RFC 5769: a request and two responses with short-term credentials.

use std::net::SocketAddr;

use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::stun::{Class, Key, Message, Role, StunError, Writer, is_stun};

const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";
const TRANSACTION: [u8; 12] = [0xB7, 0xE7, 0xA7, 0x01, 0xBC, 0x34, 0xD6, 0x86, 0xFA, 0x87, 0xDF, 0xAE];

/// Section 2.1.
const REQUEST: &str = "00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74 00240004 6e0001ff \
    80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 \
    80280004 e57a3bcf";
/// Section 2.2.
const RESPONSE: &str = "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200008 0001a147 e112a643 \
    00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96";
/// Section 2.3.
const RESPONSE_IPV6: &str = "01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200014 0002a147 \
    0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c";

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

#[test]
fn rfc5769_2_1_request() {
    let bytes = hex(REQUEST);
    assert!(is_stun(&bytes));
    let request = Message::parse(&bytes).unwrap();
    assert!(request.is_binding_request() && request.fingerprint);
    assert_eq!((request.class, request.method, request.transaction), (Class::Request, 1, TRANSACTION));
    assert_eq!(request.username, Some(&b"evtj:h6vY"[..]));
    assert_eq!(request.priority, Some(0x6E00_01FF));
    assert_eq!(request.role, Some(Role::Controlled(0x932F_F9B1_5126_3B36)));
    assert!(!request.use_candidate && request.unknown == [0; 4]);
    assert!(request.is_signed_with(&Key::new(PASSWORD)));
    assert!(!request.is_signed_with(&Key::new("VOkJxbRl1RmTxUk/WvJxBT")));
}

#[test]
fn rfc5769_2_2_and_2_3_responses() {
    for (text, address) in
        [(RESPONSE, "192.0.2.1:32853"), (RESPONSE_IPV6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853")]
    {
        let address: SocketAddr = address.parse().unwrap();
        let bytes = hex(text);
        let response = Message::parse(&bytes).unwrap();
        assert_eq!((response.class, response.transaction), (Class::Success, TRANSACTION));
        assert_eq!(response.mapped, Some(address));
        assert!(response.fingerprint && response.is_signed_with(&Key::new(PASSWORD)));
        // Ours differ in the name of the software alone, and in its padding, which the RFC fills with a space.
        let mut out = [0; 200];
        let name: &[u8] = b"test vector ";
        let length = Writer::new(&mut out, Class::Success, TRANSACTION)
            .attribute(0x8022, name)
            .mapped(address)
            .integrity(&Key::new(PASSWORD))
            .fingerprint()
            .finish()
            .unwrap();
        let end = bytes.len() - 32;
        assert_eq!(out[24..end], bytes[24..end], "what is not signed");
        assert!(Message::parse(&out[..length]).unwrap().is_signed_with(&Key::new(PASSWORD)));
    }
}

#[test]
fn any_bit_that_changes_is_noticed() {
    for text in [REQUEST, RESPONSE, RESPONSE_IPV6] {
        let bytes = hex(text);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let still_right =
                Message::parse(&changed).is_ok_and(|read| read.fingerprint && read.is_signed_with(&Key::new(PASSWORD)));
            assert!(!still_right, "{bit}");
        }
        for length in 0..bytes.len() {
            assert!(Message::parse(&bytes[..length]).is_err());
        }
        let longer = [&bytes[..], &[0; 4]].concat();
        assert_eq!(Message::parse(&longer).unwrap_err(), StunError::Malformed);
    }
}

#[test]
fn the_fingerprint_is_checked() {
    let mut bytes = hex(REQUEST);
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(Message::parse(&bytes).unwrap_err(), StunError::Fingerprint);
}

#[test]
fn rfc2104_passwords_of_any_length_are_keys() {
    for length in [0, 1, 22, 63, 64, 65, 80, 256] {
        let password = "p".repeat(length);
        let mut out = [0; 100];
        let writer =
            Writer::new(&mut out, Class::Request, TRANSACTION).username(b"a:b").integrity(&Key::new(&password));
        let end = writer.finish().unwrap();
        let mut plain = <Hmac<Sha1> as hmac::KeyInit>::new_from_slice(password.as_bytes()).unwrap();
        plain.update(&out[..end - 24]);
        assert_eq!(plain.finalize().into_bytes()[..], out[end - 20..end], "{length}");
    }
}

#[test]
fn a_short_buffer_gives_no_message() {
    for room in 0..52 {
        let mut out = vec![0; room];
        let writer = Writer::new(&mut out, Class::Success, TRANSACTION).integrity(&Key::new(PASSWORD)).fingerprint();
        assert_eq!(writer.finish(), None);
    }
}
