//! R05, R08: whatever bytes come, nothing panics, and nothing costs more than its length.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by stopping"
)]

mod common;

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
    }
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
