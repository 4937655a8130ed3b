//! R05, R08: whatever bytes come, nothing panics, and nothing costs more than its length.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by stopping"
)]

mod common;
#[allow(dead_code, reason = "the fuzz target uses the rest")]
#[path = "../../../fuzz/src/message.rs"]
mod fuzzed;

use std::time::Duration;

use bytes::Bytes;
use common::every_message;
use proptest::prelude::*;
use sip::digest::{Challenge, Credentials};
use sip::framing::Framer;
use sip::message::{
    MediaType, Message, MessageBuilder, Method, Name, NameAddr, Params, Replaces, Uri, Via, response_target,
    stamp_received,
};

/// Reads everything that can be read, edits, answers, and reads the answer.
fn exercise(bytes: &Bytes) {
    exercise_values(bytes);
    let Ok(message) = Message::parse(bytes.clone()) else { return };
    assert_eq!(message.bytes(), bytes);
    let _ = message.validate();
    for header in message.headers() {
        let _ = (message.header(header.name), message.text(header.name), message.addresses(header.name));
        let _ = message.values(header.name).count();
        exercise_values(&Bytes::copy_from_slice(header.value));
    }
    let _ = (message.vias(), message.contacts(), message.routes(), message.record_routes(), message.call_id());
    let _ = (message.cseq(), message.rack(), message.replaces(), message.reasons(), message.refer_to());
    let _ = (message.session_expires(), message.min_se(), message.retry_after(), message.expires(), message.rseq());
    let _ = (message.event(), message.subscription_state(), message.content_type(), message.accepts("a/b"));
    let _ = (message.method(), message.target(), message.reason(), message.unsupported(&["timer"]), message.body());
    let source = "198.51.100.9:5060".parse().unwrap();
    let stamped = stamp_received(&message, source);
    if let Ok(via) = stamped.via() {
        assert_eq!(response_target(&via, source).ip(), source.ip());
    }
    let edited = message.edit().prepend(Name::Via, "SIP/2.0/UDP a").first_value(Name::Contact, None).finish();
    assert!(edited.headers().count() > 0);
    let answer = MessageBuilder::reply(&message, 400, "Bad Request", Some("t")).finish();
    let read = Message::parse(answer.bytes().clone());
    assert!(read.is_ok_and(|read| read.headers().count() == answer.headers().count()));
}

fn exercise_values(bytes: &Bytes) {
    if let Some(address) = NameAddr::parse(bytes.clone()) {
        let _ = (address.tag(), address.display_text(), address.param("expires"), format!("{address:?}"));
        exercise_uri(&address.uri);
    }
    if let Ok(uri) = Uri::parse(bytes) {
        exercise_uri(&uri);
    }
    if let Some(via) = Via::parse(bytes.clone()) {
        let _ = (via.host(), via.branch(), via.unique_branch(), via.received(), via.rport(), via.transport_token());
    }
    if let Some(params) = Params::parse(bytes.clone()) {
        let _ = (params.iter().count(), params.text("x"));
    }
    let _ = (MediaType::parse(bytes.clone()), Replaces::parse(bytes), Method::from_bytes(bytes));
    if let Ok(challenge) = Challenge::parse(bytes) {
        assert!(Challenge::parse(challenge.to_string().as_bytes()).is_ok());
    }
    let _ = Credentials::parse(bytes).map(|credentials| credentials.to_string());
}

fn exercise_uri(uri: &Uri) {
    let _ = (uri.user(), uri.password(), uri.host(), uri.params().count(), uri.headers().count());
    assert_eq!(*uri, uri.clone());
    assert!(uri.to_string().bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(Uri::parse(uri.to_string().as_bytes()).is_ok());
}

fn drain(framer: &mut Framer) {
    while let Ok(Some(_)) = framer.next() {}
}

/// Bytes that mean something to somebody.
const SPICE: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b";",
    b",",
    b"<",
    b">",
    b"\"",
    b"\\",
    b"@",
    b"=",
    b"?",
    b"%",
    b"[",
    b"]",
    b"/",
    b"\x83\x5c",
    b"\xff",
    b"SIP/2.0",
    b"sip:",
    b"4294967296",
    b"\r\n ",
    b"\r\n\r\n",
    b";a",
    b"z9hG4bK",
    b"l: 9\r\n",
];

/// One message of the corpora with some of its bytes replaced, removed or doubled.
fn mutated() -> impl Strategy<Value = Bytes> {
    let corpus: Vec<Bytes> = every_message().into_iter().map(|(_, bytes)| bytes).collect();
    let change = (any::<prop::sample::Index>(), prop::sample::select(SPICE), 0..4_usize);
    (prop::sample::select(corpus), prop::collection::vec(change, 1..8)).prop_map(|(bytes, changes)| {
        let mut bytes = bytes.to_vec();
        for (place, spice, removed) in changes {
            let at = place.index(bytes.len() + 1);
            bytes.splice(at..(at + removed).min(bytes.len()), spice.iter().copied());
        }
        bytes.into()
    })
}

fn spiced() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(prop::sample::select(SPICE), 0..64).prop_map(|pieces| pieces.concat().into())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r05_random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        exercise(&bytes.into());
    }

    #[test]
    fn r05_random_bytes_after_a_start_line_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        exercise(&[b"INVITE sip:a@b SIP/2.0\r\nVia: ", &bytes[..]].concat().into());
        exercise(&[b"INVITE sip:a@b SIP/2.0\r\nFrom: \"", &bytes[..]].concat().into());
    }

    #[test]
    fn r05_meaningful_pieces_never_panic(bytes in spiced()) {
        exercise(&bytes);
        exercise(&[b"SIP/2.0 200 OK\r\nContact: ", &bytes[..]].concat().into());
    }

    #[test]
    fn r05_a_mutated_corpus_never_panics(bytes in mutated()) {
        exercise(&bytes);
    }

    #[test]
    fn r08_mutated_streams_never_panic_and_are_split_the_same_in_pieces(
        messages in prop::collection::vec(mutated(), 1..4),
        size in 1..200_usize,
    ) {
        let stream = messages.concat();
        let mut whole = Framer::new();
        whole.push(&stream);
        drain(&mut whole);
        let mut cut = Framer::new();
        for piece in stream.chunks(size) {
            cut.push(piece);
            drain(&mut cut);
        }
        prop_assert_eq!(whole.next().is_err(), cut.next().is_err());
        prop_assert_eq!(whole.pending(), cut.pending());
    }

    #[test]
    fn r19_what_is_built_has_the_headers_that_were_asked_for(
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
        uri in prop::collection::vec(any::<u8>(), 0..40),
        body in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut builder = MessageBuilder::request(&Method::Invite, &uri);
        for value in &values {
            builder = builder.raw_header("X-Value", value);
        }
        let built = builder.body("text/plain", &body).finish();
        let parsed = Message::parse(built.bytes().clone()).unwrap();
        prop_assert_eq!(parsed.headers().count(), values.len() + 2);
        prop_assert_eq!(parsed.headers().collect::<Vec<_>>(), built.headers().collect::<Vec<_>>());
        prop_assert_eq!(parsed.body(), &body[..]);
        prop_assert_eq!(parsed.request_uri(), built.request_uri());
    }
}

#[test]
fn r08_a_message_of_64_kib_costs_no_more_than_its_length() {
    const START: &[u8] = b"INVITE sip:a@b SIP/2.0\r\n";
    let attacks: [(&str, &[u8], &[u8]); 12] = [
        ("parameters", b"Via: SIP/2.0/UDP a", b";a"),
        ("contact parameters", b"Contact: <sip:a@b>", b";a"),
        ("commas", b"Contact: ", b","),
        ("folded lines", b"Subject: ", b"\r\n a"),
        ("empty folds", b"Subject: ", b"\r\n \t"),
        ("open quotes", b"Contact: ", b"\"\\"),
        ("quotes", b"Contact: ", b"\"\""),
        ("brackets", b"Contact: ", b"<,"),
        ("closed brackets", b"Contact: ", b"<>,"),
        ("headers", b"", b"a:\r\n"),
        ("lines without a colon", b"", b"aaa\r\n"),
        ("Shift_JIS", b"From: \"", b"\x83\x5c"),
    ];
    for (name, before, unit) in attacks {
        let message = |length: usize| {
            let count = (length - START.len() - before.len()) / unit.len();
            Bytes::from([START, before, &unit.repeat(count)].concat())
        };
        assert_linear(name, &message(4_000), &message(64_000), exercise);
        assert_quick(name, &message(64_000));
    }
}

#[test]
fn r08_no_header_costs_more_than_its_length() {
    // Each header with what its own grammar repeats; a line is 8 KiB at most, so there are several of them.
    let attacks: [(&str, &[u8]); 22] = [
        ("Via", b"SIP/2.0/UDP a;branch=z9hG4bKx;received=1.2.3.4, "),
        ("From", b"a <sip:a@b>;tag=x;"),
        ("Route", b"<sip:a;lr>,"),
        ("Record-Route", b"\"a\\\"\" <sip:a?b=c&d=e>;x=\"y\","),
        ("Contact", b"<sip:a@[::1]:1;a=%41>;q=0.5;expires=1,"),
        ("Supported", b"timer,"),
        ("Require", b"x, "),
        ("Allow", b"INVITE,"),
        ("Accept", b"a/b;q=0.1,"),
        ("Content-Type", b"multipart/mixed;boundary=\"a\";"),
        ("Session-Expires", b"90;refresher=uac;"),
        ("Refer-To", b"<sip:a@b?Replaces=a%3Bto-tag%3Db&"),
        ("Replaces", b"a;to-tag=b;from-tag=c;"),
        ("Reason", b"SIP;cause=200;text=\"x;y\","),
        ("Event", b"dialog;id=1;"),
        ("Subscription-State", b"active;expires=1;"),
        ("Retry-After", b"5 (a (b) c);duration=1;"),
        ("Privacy", b"id;header;"),
        ("P-Asserted-Identity", b"<tel:+81901112222>, "),
        ("History-Info", b"<sip:a@b?Reason=SIP%3Bcause%3D302>;index=1.1,"),
        ("CSeq", b"00000000"),
        ("WWW-Authenticate", b"Digest realm=\"a\", nonce=b,"),
    ];
    for (name, unit) in attacks {
        let message = |length: usize| {
            let line = [name.as_bytes(), b": ", &unit.repeat(8_000 / unit.len()), b"\r\n"].concat();
            let mut message = b"INVITE sip:a@b SIP/2.0\r\n".to_vec();
            while message.len() < length {
                message.extend(&line[..line.len().min(length - message.len() + 2)]);
            }
            Bytes::from([&message[..], b"\r\n\r\n"].concat())
        };
        assert_linear(name, &message(4_000), &message(64_000), each_accessor_once);
        assert_quick(name, &message(64_000));
    }
}

#[test]
fn r08_a_multipart_body_costs_no_more_than_its_length() {
    for unit in [&b"--a\r\n"[..], b"--a\r\n\r\nx\r\n", b"\r\n--", b"--a--\r\n", b"-", b"\r\n"] {
        let message = |length: usize| {
            let head = format!("INVITE sip:a@b SIP/2.0\r\nc: multipart/mixed;boundary=a\r\nl: {length}\r\n\r\n");
            Bytes::from([head.as_bytes(), &unit.repeat(length / unit.len() + 1)].concat())
        };
        assert_linear("multipart", &message(3_900), &message(62_400), each_accessor_once);
    }
}

/// Reads every header as what it is, once.
fn each_accessor_once(bytes: &Bytes) {
    let Ok(message) = Message::parse(bytes.clone()) else { return };
    fuzzed::typed(&message);
    for name in [Name::HistoryInfo, Name::Diversion, Name::PAssertedIdentity] {
        let _ = message.addresses(name);
    }
    let _ = Challenge::all(&message).count();
}

#[test]
fn r08_a_stream_that_comes_byte_by_byte_costs_no_more_than_its_length() {
    let stream = |length: usize| {
        Bytes::from([b"INVITE sip:a@b SIP/2.0\r\nl: 0\r\n", &b"a:b\r\n ccc\r\n".repeat(length / 10)[..]].concat())
    };
    let drip = |bytes: &Bytes| {
        let mut framer = Framer::new();
        for piece in bytes.chunks(1) {
            framer.push(piece);
            drain(&mut framer);
        }
    };
    // Longer than 256 headers is refused, so the longest is not very long.
    assert_linear("a drip", &stream(150), &stream(2_400), drip);
    let body = |length: usize| {
        Bytes::from(
            [format!("BYE sip:a@b SIP/2.0\r\nl: {length}\r\n\r\n").as_bytes(), &b"x".repeat(length)[..]].concat(),
        )
    };
    assert_linear("a dripping body", &body(3_900), &body(62_400), drip);
}

#[test]
fn r08_a_value_of_128_kib_costs_no_more_than_its_length() {
    let attacks: [(&str, &[u8], &[u8]); 10] = [
        ("address parameters", b"<sip:a@b>", b";a"),
        ("bare parameters", b"sip:a@b", b";a"),
        ("URI headers", b"sip:a@b?", b"a=b&"),
        ("user", b"sip:", b"a:"),
        ("escapes", b"sip:", b"%41"),
        ("Via", b"SIP/2.0/UDP a", b";a=\"\""),
        ("slashes", b"", b"SIP/"),
        ("display", b"\"", b"\\\""),
        ("digest fields", b"Digest ", b"a=b,"),
        ("digest quotes", b"Digest a=\"", b"\\\""),
    ];
    for (name, before, unit) in attacks {
        let value = |length: usize| Bytes::from([before, &unit.repeat(length / unit.len())].concat());
        assert_linear(name, &value(8_000), &value(128_000), exercise_values);
    }
}

/// The processor's time of this thread: what else the machine does is not in it.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

/// 64 KiB are read and judged in 5 ms; a build without optimization may take twenty times as long.
fn assert_quick(name: &str, message: &Bytes) {
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 5 });
    let run = || {
        let start = cpu_time();
        let _ = Message::parse(message.clone()).map(|message| message.validate());
        cpu_time() - start
    };
    let quickest = (0..5).map(|_| run()).min().unwrap_or(Duration::MAX);
    assert!(quickest < limit, "{name}: {} bytes took {quickest:?}", message.len());
}

/// Sixteen times the length may cost sixteen times the work; the square would be 256. The quickest of a few runs is
/// compared, and the limit lies far from both.
fn assert_linear(name: &str, short: &Bytes, long: &Bytes, work: impl Fn(&Bytes)) {
    let quickest = |bytes: &Bytes, runs: usize| {
        let run = || {
            let start = cpu_time();
            work(bytes);
            cpu_time() - start
        };
        (0..runs).map(|_| run()).min().unwrap_or(Duration::MAX)
    };
    let (short, long) = (quickest(short, 20), quickest(long, 5));
    let floor = Duration::from_micros(20);
    assert!(long < 80 * short.max(floor), "{name}: {short:?} for a sixteenth, {long:?} for the whole");
}
