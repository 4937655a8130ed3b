//! R08: messages out of streams, however they are cut, and streams that are no use.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by stopping"
)]

mod common;

use sip::framing::{Frame, Framer, FramingFault, HEADERS_MAX, LINE_BYTES_MAX, MESSAGE_BYTES_MAX};
use sip::message::Message;

fn frames(framer: &mut Framer) -> Vec<Frame> {
    std::iter::from_fn(|| framer.next().unwrap()).collect()
}

fn fault(stream: &[u8]) -> FramingFault {
    let mut framer = Framer::new();
    framer.push(stream);
    loop {
        match framer.next() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("not refused"),
            Err(error) => {
                framer.push(b"more");
                assert_eq!(framer.next().unwrap_err(), error, "there is no way back");
                assert_eq!(framer.pending(), 0, "nothing is kept for a stream that is closed");
                return error.fault;
            }
        }
    }
}

#[test]
fn a_stream_is_split_the_same_however_it_is_cut() {
    let invite = common::CARRIER_INVITE;
    let register = common::BROWSER_REGISTER;
    let stream = [invite, b"\r\n\r\n", register, b"\r\n", invite].concat();
    let expected = [
        Frame::Message(invite.into()),
        Frame::KeepAlive,
        Frame::Message(register.into()),
        Frame::Pong,
        Frame::Message(invite.into()),
    ];
    let mut whole = Framer::new();
    whole.push(&stream);
    assert_eq!(frames(&mut whole), expected);
    for size in [2, 3, 7, 64, 1_000] {
        let mut framer = Framer::new();
        let mut messages = Vec::new();
        for piece in stream.chunks(size) {
            framer.push(piece);
            messages.extend(frames(&mut framer).into_iter().filter(|frame| matches!(frame, Frame::Message(_))));
        }
        assert_eq!(messages.len(), 3, "{size}");
        assert_eq!(framer.pending(), 0);
    }
}

#[test]
fn what_comes_between_is_told_apart() {
    let mut framer = Framer::new();
    framer.push(b"\r\n\r\n\r\n\n");
    assert_eq!(frames(&mut framer), [Frame::KeepAlive, Frame::Pong, Frame::Pong]);
    framer.push(b"\r");
    assert_eq!(frames(&mut framer), []);
    framer.push(b"\n");
    assert_eq!(frames(&mut framer), [Frame::Pong]);
}

#[test]
fn a_body_may_hold_anything() {
    let mut framer = Framer::new();
    framer.push(b"A sip:a SIP/2.0\r\nL:\r\n 4\r\n\r\n\r\n\r\nB sip:b SIP/2.0\nContent-Length : 0\n\n");
    let found = frames(&mut framer);
    let [Frame::Message(first), Frame::Message(second)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(Message::parse(first.clone()).unwrap().body(), b"\r\n\r\n");
    assert_eq!(Message::parse(second.clone()).unwrap().body(), b"");
}

#[test]
fn r08_content_length_must_be_there_and_make_sense() {
    let with = |length: &str| fault(format!("A sip:a SIP/2.0\r\nVia: x\r\n{length}\r\n").as_bytes());
    assert_eq!(with(""), FramingFault::NoContentLength);
    for bad in [
        "l: -1\r\n",
        "l: x\r\n",
        "l:\r\n",
        "l: 99999999999999999999999\r\n",
        "l: 1\r\nContent-Length: 2\r\n",
        "l: 1, 1\r\n",
    ] {
        assert_eq!(with(bad), FramingFault::BadContentLength, "{bad}");
    }
    assert_eq!(with("l: 65535\r\n"), FramingFault::MessageTooLong);
    assert_eq!(with("l: 4000000000\r\n"), FramingFault::MessageTooLong);
    let mut framer = Framer::new();
    framer.push(b"A sip:a SIP/2.0\r\nVia: x\r\n\r\n");
    assert_eq!(framer.next().unwrap_err().head.unwrap(), &b"A sip:a SIP/2.0\r\nVia: x\r\n\r\n"[..], "for a 400");
}

#[test]
fn r08_what_never_ends_is_cut_off_early() {
    assert_eq!(fault(&vec![b'a'; LINE_BYTES_MAX + 1]), FramingFault::LineTooLong);
    assert_eq!(fault(&[&b"a:"[..], &vec![b'a'; LINE_BYTES_MAX], b"\r\n"].concat()), FramingFault::LineTooLong);
    assert_eq!(fault(&b"a:b\r\n".repeat(5 * HEADERS_MAX)), FramingFault::TooManyHeaders);
    let long = [&b"a:"[..], &vec![b'a'; LINE_BYTES_MAX - 4], b"\r\n"].concat();
    assert_eq!(fault(&long.repeat(MESSAGE_BYTES_MAX / LINE_BYTES_MAX + 2)), FramingFault::MessageTooLong);
}

#[test]
fn r08_a_drip_is_waited_for_and_counted() {
    let mut framer = Framer::new();
    for (count, byte) in common::CARRIER_INVITE.iter().enumerate() {
        assert_eq!(framer.pending(), count);
        assert_eq!(framer.next(), Ok(None));
        framer.push(&[*byte]);
    }
    assert_eq!(frames(&mut framer), [Frame::Message(common::CARRIER_INVITE.into())]);
}
