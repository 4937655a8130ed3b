//! What came is kept byte for byte, and an edit touches only what it says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by stopping"
)]

mod common;

use bytes::Bytes;
use common::{every_message, parse};
use sip::message::{Host, Message, MessageBuilder, Method, Name, response_target, stamp_received};

/// Every message of the corpora that is read at all.
fn readable() -> impl Iterator<Item = (String, Bytes, Message)> {
    every_message().into_iter().filter_map(|(name, bytes)| Some((name, bytes.clone(), Message::parse(bytes).ok()?)))
}

#[test]
fn r05_round_trips_are_identical() {
    let mut count = 0;
    for (name, bytes, message) in readable() {
        count += 1;
        assert_eq!(message.bytes(), &bytes, "{name}");
        assert_eq!(message.edit().finish().bytes(), &bytes, "{name}");
    }
    assert_eq!(count, 50 + 12 + 16 + 6 - 2, "all but bigcode and test.dat");
}

#[test]
fn an_edit_leaves_every_other_byte() {
    for (name, bytes, message) in readable() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let head_end = text.find("\r\n\r\n").map_or(text.len(), |end| end + 2);
        let start_end = text.find("\r\n").unwrap() + 2;
        let longer = message.edit().prepend(Name::Via, "SIP/2.0/UDP a;branch=z9hG4bKnew").finish();
        let expected = [&text[..start_end], "Via: SIP/2.0/UDP a;branch=z9hG4bKnew\r\n", &text[start_end..]].concat();
        assert_eq!(String::from_utf8_lossy(longer.bytes()), expected, "{name}: prepend");
        let longer = message.edit().append(Name::Reason, "SIP;cause=200").finish();
        let expected = [&text[..head_end], "Reason: SIP;cause=200\r\n", &text[head_end..]].concat();
        assert_eq!(String::from_utf8_lossy(longer.bytes()), expected, "{name}: append");
        let back = longer.edit().remove(Name::Reason).finish();
        if !message.has(Name::Reason) {
            assert_eq!(back.bytes(), &bytes, "{name}: append and remove");
        }
    }
}

#[test]
fn a_removed_header_takes_its_folds_with_it() {
    let message = parse(common::FORWARDED_INVITE);
    let edited = message.edit().remove(Name::Diversion).remove_other("x-carrier").finish();
    let text = String::from_utf8(common::FORWARDED_INVITE.to_vec()).unwrap();
    let (before, rest) = text.split_once("Diversion").unwrap();
    let (_, after) = rest.split_once("History-Info").unwrap();
    let expected = format!("{before}History-Info{}", after.replace("X-Carrier : \r\n", ""));
    assert_eq!(String::from_utf8_lossy(edited.bytes()), expected);
}

#[test]
fn the_first_value_of_a_list_can_be_changed_or_taken_off() {
    let message = parse(common::FORWARDED_INVITE);
    let changed = message.edit().first_value(Name::Via, Some(b"SIP/2.0/UDP x;branch=z9hG4bKx")).finish();
    assert_eq!(
        changed.header(Name::Via).unwrap(),
        &b"SIP/2.0/UDP x;branch=z9hG4bKx, SIP/2.0/UDP 198.51.100.8;branch=z9hG4bKb"[..]
    );
    let taken = message.edit().first_value(Name::Via, None).finish();
    assert_eq!(taken.header(Name::Via).unwrap(), &b"SIP/2.0/UDP 198.51.100.8;branch=z9hG4bKb"[..]);
    let gone = taken.edit().first_value(Name::Via, None).finish();
    assert!(!gone.has(Name::Via));
    assert_eq!(gone.values(Name::Diversion).count(), 2);
}

#[test]
fn replace_keeps_the_place_and_leaves_one() {
    let message = parse(common::corpus("rfc4475/multi01.dat"));
    let edited = message.edit().replace(Name::To, "<sip:one@example.com>").finish();
    assert_eq!(edited.headers().filter(|header| header.name == Name::To).count(), 1);
    let order: Vec<_> = edited.headers().map(|header| header.name).collect();
    let expected: Vec<_> = message.headers().map(|header| header.name).collect();
    let mut seen = 0;
    let expected: Vec<_> = expected
        .into_iter()
        .filter(|name| {
            seen += usize::from(*name == Name::To);
            *name != Name::To || seen == 1
        })
        .collect();
    assert_eq!(order, expected);
}

#[test]
fn a_new_uri_and_a_new_body() {
    let message = parse(common::CARRIER_INVITE);
    let edited = message.edit().request_uri("sip:new@192.0.2.1").body("text/plain", b"hello").finish();
    assert_eq!(edited.request_uri(), Some(&b"sip:new@192.0.2.1"[..]));
    assert_eq!((edited.body(), edited.header(Name::ContentLength).unwrap()), (&b"hello"[..], b"5"[..].into()));
    let empty = edited.edit().body("", b"").finish();
    assert!(!empty.has(Name::ContentType) && empty.body().is_empty());
    assert_eq!(empty.validate(), Ok(()));
}

#[test]
fn r10_the_source_is_stamped_and_answered() {
    let source = "198.51.100.99:40000".parse().unwrap();
    let message = stamp_received(&parse(common::SHIFT_JIS_INVITE), source);
    let via = message.via().unwrap();
    assert_eq!((via.received(), via.rport()), (Some(source.ip()), Some(Some(40000))));
    assert_eq!(via.branch(), Some(&b"z9hG4bK77"[..]));
    assert_eq!(response_target(&via, source), source);
    // Nothing asked for and nothing to correct: the message itself.
    let plain = parse(common::CARRIER_INVITE);
    let from_there = "203.0.113.5:5060".parse().unwrap();
    assert_eq!(stamp_received(&plain, from_there).bytes().as_ptr(), plain.bytes().as_ptr());
    // Several Vias on a line: only the first is touched.
    let several = stamp_received(&parse(common::FORWARDED_INVITE), source);
    let vias = several.vias().unwrap();
    assert_eq!((vias[0].received(), vias[0].branch()), (Some(source.ip()), Some(&b"z9hG4bKa"[..])));
    assert_eq!((vias[1].received(), vias[1].branch()), (None, Some(&b"z9hG4bKb"[..])));
    assert_eq!(vias.len(), 2);
    assert_eq!(response_target(&vias[0], source), "198.51.100.99:5060".parse().unwrap());
}

#[test]
fn r10_neither_maddr_nor_a_forged_received_nor_a_broadcast_address_is_answered() {
    let source = "198.51.100.99:5062".parse().unwrap();
    for via in [
        "SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1",
        "SIP/2.0/UDP victim.example:5062;maddr=203.0.113.1;branch=z9hG4bK1",
        "SIP/2.0/UDP 198.51.100.99:5062;received=203.0.113.1;branch=z9hG4bK1",
        "SIP/2.0/UDP 198.51.100.99;rport=9;received=203.0.113.1;branch=z9hG4bK1",
        "SIP/2.0/UDP 198.51.100.99:0;branch=z9hG4bK1",
    ] {
        let request = MessageBuilder::request(&Method::Options, "sip:x@192.0.2.1").header(Name::Via, via).finish();
        let stamped = stamp_received(&request, source).via().unwrap();
        assert_eq!(response_target(&stamped, source).ip(), source.ip(), "{via}");
        assert!(stamped.received().is_none_or(|ip| ip == source.ip()), "{via}");
        assert_eq!(stamped.branch(), Some(&b"z9hG4bK1"[..]), "{via}");
    }
    let mapped = "[::ffff:198.51.100.99]:5062".parse().unwrap();
    let request = MessageBuilder::request(&Method::Options, "sip:x@192.0.2.1")
        .header(Name::Via, "SIP/2.0/UDP 198.51.100.99:5062;branch=z9hG4bK1")
        .finish();
    assert_eq!(stamp_received(&request, mapped), request, "the same address, seen through an IPv6 socket");
    assert_eq!(request.via().unwrap().host(), Some(Host::Ip("198.51.100.99".parse().unwrap())));
}
