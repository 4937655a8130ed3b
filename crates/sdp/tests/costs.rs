//! R06, R08: a session description costs no more than its length, and a long one is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by stopping")]

use std::time::Duration;

use sdp::{Codec, Direction, Local, SDP_BYTES_MAX, SdpError, Session, SrtpPolicy, accept_answer, answer, offer};

/// The processor's time of this thread: what else the machine does is not in it.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

fn local() -> Local {
    Local {
        address: "192.0.2.1".parse().unwrap(),
        port: 20_000,
        codecs: Codec::G711.to_vec(),
        telephone_event: true,
        session_id: 7,
        version: 1,
        ptime: 20,
        srtp: SrtpPolicy::Off,
        secrets: None,
        signalled_from: None,
    }
}

/// Everything that a leg does with a description.
fn work(bytes: &[u8]) {
    let local = local();
    let Ok(session) = Session::parse(bytes) else { return };
    let _ = (session.print(), answer(&local, &session));
    let _ = accept_answer(&local, &offer(&local, Direction::SendRecv), &session);
}

fn quickest(bytes: &[u8], runs: usize) -> Duration {
    let run = || {
        let start = cpu_time();
        work(bytes);
        cpu_time() - start
    };
    (0..runs).map(|_| run()).min().unwrap_or(Duration::MAX)
}

#[test]
fn r08_a_description_costs_no_more_than_its_length() {
    const START: &str = "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\n";
    for (name, before, unit) in [
        ("formats", "m=audio 9 RTP/AVP", " 0"),
        ("unknown formats", "m=audio 9 RTP/AVP", " 99"),
        (
            "attributes",
            "m=audio 9 RTP/AVP 0 96\r\n",
            "a=rtpmap:96 x/8000/1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
        ),
        ("empty lines", "m=audio 9 RTP/AVP 0\r\n", "\r\n"),
        ("unknown lines", "m=audio 9 RTP/AVP 0\r\n", "z=\r\n"),
        ("a long line", "m=audio 9 RTP/AVP 0\r\na=", "x"),
        ("spaces", "m=audio 9 RTP/AVP 0\r\na=rtpmap:0 ", " "),
        ("returns", "m=audio 9 RTP/AVP 0", "\r"),
        ("zeros", "m=audio 9 RTP/AVP 0\r\n", "\0"),
        ("media", "", "m=audio 9 RTP/AVP 0\r\n"),
    ] {
        let text = |length: usize| {
            let count = (length - START.len() - before.len()) / unit.len();
            [START, before, &unit.repeat(count)].concat().into_bytes()
        };
        let (short, long) = (text(1_000), text(16_000));
        let (short, long) = (quickest(&short, 20), quickest(&long, 5));
        // Sixteen times the length may cost sixteen times the work; the square would be 256.
        let floor = Duration::from_micros(50);
        assert!(long < 80 * short.max(floor), "{name}: {short:?} for a sixteenth, {long:?} for the whole");
    }
}

#[test]
fn r06_a_description_that_is_too_long_is_refused() {
    let long = format!("v=0\r\n{}", "x".repeat(SDP_BYTES_MAX));
    assert_eq!(Session::parse(long.as_bytes()), Err(SdpError::TooLong));
}
