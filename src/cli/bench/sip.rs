//! Parsing and printing a carrier's INVITE.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use sip::message::{Message, MessageBuilder, Method, Name};

use crate::clock;

/// Long enough that a look at the clock does not count.
const SAMPLE: Duration = Duration::from_millis(50);
/// The best of these is taken: what disturbs only ever makes slower.
const SAMPLES: usize = 9;
/// Messages between two looks at the clock.
const MESSAGES: u32 = 500;

const SDP: &str = "v=0\r\no=- 3837 3837 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 101\r\n\
    a=rtpmap:0 PCMU/8000/1\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n";

/// One measurement.
#[derive(Serialize)]
pub struct Row {
    bench: &'static str,
    /// Parsing, and reading the six headers that routing needs.
    pub parse_ns: f64,
    /// Printing the same message.
    pub print_ns: f64,
    /// Its length.
    pub bytes: usize,
}

/// Measures both.
pub fn measure() -> Row {
    let bytes = print().bytes().clone();
    Row {
        bench: "sip",
        parse_ns: best(|| parse(&bytes)),
        print_ns: best(|| drop(black_box(print()))),
        bytes: bytes.len(),
    }
}

fn parse(bytes: &Bytes) {
    let Ok(message) = Message::parse(bytes.clone()) else { return };
    black_box((message.call_id().is_ok(), message.cseq().is_ok(), message.from().is_ok()));
    black_box((message.to().is_ok(), message.via().is_ok(), message.contacts().is_ok()));
}

fn print() -> Message {
    MessageBuilder::request(&Method::Invite, "sip:0312345678@192.0.2.10:5060;user=phone")
        .header(Name::Via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK4b43c2ff8.1;rport")
        .header(Name::MaxForwards, "70")
        .header(Name::RecordRoute, "<sip:192.0.2.1:5060;lr>")
        .header(Name::From, "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=9fxced76sl")
        .header(Name::To, "<sip:0312345678@ntt-east.ne.jp;user=phone>")
        .header(Name::CallId, "3848276298220188511@192.0.2.1")
        .header(Name::CSeq, "1 INVITE")
        .header(Name::Contact, "<sip:192.0.2.1:5060>")
        .header(Name::Allow, "INVITE, ACK, BYE, CANCEL, PRACK, UPDATE")
        .header(Name::Supported, "timer, 100rel")
        .header(Name::SessionExpires, "300;refresher=uac")
        .header(Name::MinSe, "300")
        .header(Name::PCalledPartyId, "<sip:0312345678@ntt-east.ne.jp>")
        .header(Name::Privacy, "id")
        .body("application/sdp", SDP.as_bytes())
        .finish()
}

/// Nanoseconds of one go, at its best.
fn best(mut work: impl FnMut()) -> f64 {
    let sample = |work: &mut dyn FnMut()| {
        let began = clock::now();
        let mut count = 0_u32;
        while began.elapsed() < SAMPLE {
            for _ in 0..MESSAGES {
                work();
            }
            count += MESSAGES;
        }
        began.elapsed().as_nanos() as f64 / f64::from(count)
    };
    (0..SAMPLES).map(|_| sample(&mut work)).fold(f64::INFINITY, f64::min)
}
