//! RFC 4475 and 5118 through the whole endpoint: the answers of `tests/corpus/rfc4475/EXPECTED.md` (R05).

use std::path::PathBuf;

use sip::framing::{Frame, Framer, FramingError, FramingFault};

use super::*;

/// What comes back for one message.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// One of these statuses.
    Status(&'static [u16]),
    /// The same, and this header.
    With(&'static [u16], Name),
    /// Nothing: it is a response that belongs to nobody.
    Nothing,
}

use Expected::{Nothing, Status, With};

/// Authentication comes before whatever else a stranger's request would get.
const PROCESSED: &[u16] = &[401];

const TORTURE: [(&str, Expected); 49] = [
    ("wsinv.dat", Status(&[481])),
    ("intmeth.dat", Status(&[501])),
    ("esc01.dat", Status(PROCESSED)),
    ("escnull.dat", Status(PROCESSED)),
    ("esc02.dat", Status(&[501])),
    ("lwsdisp.dat", Status(&[200])),
    ("longreq.dat", Status(PROCESSED)),
    ("dblreq.dat", Status(PROCESSED)),
    ("semiuri.dat", Status(&[200])),
    ("transports.dat", Status(&[200])),
    ("mpart01.dat", With(&[405], Name::Allow)),
    ("unreason.dat", Nothing),
    ("noreason.dat", Nothing),
    ("badinv01.dat", Status(&[400])),
    ("clerr.dat", Status(&[400])),
    ("ncl.dat", Status(&[400])),
    ("scalar02.dat", Status(&[400, 401])),
    ("scalarlg.dat", Nothing),
    ("quotbal.dat", Status(&[400])),
    ("ltgtruri.dat", Status(&[400])),
    ("lwsruri.dat", Status(&[400])),
    ("lwsstart.dat", Status(&[400, 401])),
    ("trws.dat", Status(&[400, 200])),
    ("escruri.dat", Status(&[400, 401])),
    ("baddate.dat", Status(&[400, 401])),
    ("regbadct.dat", Status(&[400, 401])),
    ("badaspec.dat", Status(&[400, 200])),
    ("baddn.dat", Status(&[400])),
    ("badvers.dat", Status(&[505])),
    ("mismatch01.dat", Status(&[400])),
    ("mismatch02.dat", Status(&[501])),
    ("bigcode.dat", Nothing),
    ("badbranch.dat", Status(&[400, 200])),
    ("insuf.dat", Status(&[400])),
    ("unkscm.dat", Status(&[416])),
    ("novelsc.dat", Status(&[416])),
    ("unksm2.dat", Status(&[400, 416])),
    ("bext01.dat", With(&[420], Name::Unsupported)),
    ("invut.dat", With(&[415], Name::Accept)),
    ("regaut01.dat", With(&[401], Name::WwwAuthenticate)),
    ("multi01.dat", Status(&[400])),
    ("mcl01.dat", Status(&[400])),
    ("bcast.dat", Nothing),
    ("zeromf.dat", Status(&[200])),
    ("cparam01.dat", Status(&[401])),
    ("cparam02.dat", Status(&[401])),
    ("regescrt.dat", Status(&[401])),
    ("sdp01.dat", Status(&[400, 401, 406])),
    ("inv2543.dat", Status(&[401])),
];

const IPV6: [(&str, Expected); 12] = [
    ("ipv4-mapped-ipv6", Status(&[401])),
    ("ipv6-bad", Status(&[400])),
    ("ipv6-bug-abnf-3-colons", Status(&[200])),
    ("ipv6-correct-abnf-2-colons", Status(&[200])),
    ("ipv6-good", Status(&[401])),
    ("ipv6-in-sdp", Status(&[401])),
    ("mult-ip-in-header", Status(&[481])),
    ("mult-ip-in-sdp", Status(&[401])),
    ("port-ambiguous", Status(&[401])),
    ("port-unambiguous", Status(&[401])),
    ("via-received-param-no-delim", Status(&[200])),
    ("via-received-param-with-delim", Status(&[481])),
];

fn corpus(folder: &str, file: &str) -> Bytes {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../tests/corpus", folder, file].iter().collect();
    Bytes::from(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The README of the corpus: the Content-Length of this one promises more than its body with CRLF has.
fn mended(file: &str, packet: Bytes) -> Bytes {
    if file == "ipv6-in-sdp" {
        bytes(&String::from_utf8_lossy(&packet).replace("Content-Length: 268", "Content-Length: 251"))
    } else {
        packet
    }
}

/// What arrives of a packet on each kind of flow: a datagram and a WebSocket frame are one message (RFC 7118 section 5.2);
/// TCP and TLS are streams, which end where nobody can say how a message goes on.
fn arrives(flow: Flow, packet: Bytes) -> (Vec<Bytes>, Option<FramingError>) {
    match flow.protocol {
        Protocol::Udp | Protocol::Ws | Protocol::Wss => (vec![packet], None),
        Protocol::Tcp | Protocol::Tls => {
            let (mut framer, mut messages) = (Framer::new(), Vec::new());
            framer.push(&packet);
            loop {
                match framer.next() {
                    Ok(Some(Frame::Message(message))) => messages.push(message),
                    Ok(Some(Frame::KeepAlive | Frame::Pong)) => {}
                    Ok(None) => return (messages, None),
                    Err(error) => return (messages, Some(error)),
                }
            }
        }
    }
}

/// On a stream two promise more than comes, which is waited for until the stream's patience ends (R08). Three are heads
/// whose message ends nobody knows where (RFC 3261 section 18.3): they are answered, and the stream is closed.
const ON_STREAMS: [(&str, Outcome); 5] = [
    ("clerr.dat", Outcome::Waits),
    ("baddn.dat", Outcome::Waits),
    ("inv2543.dat", Outcome::Refused(FramingFault::NoContentLength)),
    ("ncl.dat", Outcome::Refused(FramingFault::BadContentLength)),
    ("mcl01.dat", Outcome::Refused(FramingFault::BadContentLength)),
];

/// What becomes of a stream on which no message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Waits,
    Refused(FramingFault),
}

/// The verdict over one file on one kind of flow.
fn verdict(file: &str, flow: Flow, packet: Bytes, expected: Expected) -> Result<(), String> {
    let (messages, error) = arrives(flow, packet);
    let on_stream = matches!(flow.protocol, Protocol::Tcp | Protocol::Tls);
    if let Some((_, wanted)) = ON_STREAMS.iter().find(|(name, _)| on_stream && *name == file) {
        let outcome = error.as_ref().map_or(Outcome::Waits, |error| Outcome::Refused(error.fault));
        if !messages.is_empty() || outcome != *wanted {
            return Err(format!("{outcome:?}"));
        }
        let Some(FramingError { fault, head: Some(head) }) = error else { return Ok(()) };
        return judge(|house| house.hear_unframed(flow, head, fault), flow, Status(&[400]));
    }
    // What follows a message in a datagram is nothing (dblreq.dat); in a stream it is the next message.
    let message = messages.first().ok_or_else(|| format!("no message came: {error:?}"))?;
    judge(|house| house.hear_flow(flow, message.clone()), flow, expected)
}

fn judge(hear: impl FnOnce(&mut House), flow: Flow, expected: Expected) -> Result<(), String> {
    let mut house = House::new();
    hear(&mut house);
    if let Some(event) = house.events.pop_front() {
        return Err(format!("a stranger reached the call logic: {event:?}"));
    }
    let astray: Vec<_> = house.sent.iter().filter(|(to, _)| *to != flow).collect();
    if !astray.is_empty() {
        return Err(format!("sent elsewhere: {astray:?}"));
    }
    let answers: Vec<_> = house.sent.iter().map(|(_, message)| message.clone()).collect();
    match (expected, answers.as_slice()) {
        (Nothing, []) => Ok(()),
        (Status(statuses) | With(statuses, _), [answer]) => {
            let status = answer.status().unwrap_or_default();
            let has = !matches!(expected, With(_, name) if !answer.has(name));
            if statuses.contains(&status) && has { Ok(()) } else { Err(format!("answered {answer:?}")) }
        }
        (_, answers) => Err(format!("answers: {answers:?}")),
    }
}

fn table(folder: &str, table: &[(&str, Expected)]) {
    let wrong: Vec<_> = table
        .iter()
        .flat_map(|(file, expected)| {
            let over = |protocol| Flow { protocol, ..tcp(STRANGER, 3) };
            [udp(STRANGER), over(Protocol::Tcp), over(Protocol::Tls), over(Protocol::Ws), over(Protocol::Wss)].map(
                |flow| {
                    let outcome = verdict(file, flow, mended(file, corpus(folder, file)), *expected);
                    outcome.err().map(|what| format!("{file} over {}: wanted {expected:?}, {what}", flow.protocol))
                },
            )
        })
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn r05_every_torture_message_of_rfc_4475_gets_its_answer() {
    table("rfc4475", &TORTURE);
}

#[test]
fn r05_every_ipv6_message_of_rfc_5118_gets_its_answer() {
    table("rfc5118-wire", &IPV6);
}

#[test]
fn r05_no_cut_of_any_message_disturbs_a_call() {
    let mut house = House::new();
    let (_, leg) = house.talks();
    for (file, _) in TORTURE {
        let packet = corpus("rfc4475", file);
        for end in (0..packet.len()).step_by(7) {
            house.hear(STRANGER, packet.slice(..end));
        }
    }
    assert!(house.events.is_empty());
    house.sent.clear();
    house.order(Order::Hangup { leg, reason: None });
    house.request(CARRIER, Method::Bye);
}
