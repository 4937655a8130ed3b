//! R05: the torture messages of RFC 4475 and RFC 5118 and the examples of RFC 3261, each with its verdict.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by stopping"
)]

mod common;

use common::{corpus, corpus_folder, parse};
use sip::message::{Message, Method, Name, ParseError};

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    /// Nothing to refuse here: the endpoint goes on with it.
    Good,
    /// Answered so; a response is dropped.
    Refused(u16),
    /// Not even answered.
    Unreadable(ParseError),
}

use Verdict::{Good, Refused, Unreadable};

fn verdict(bytes: bytes::Bytes) -> Verdict {
    match Message::parse(bytes).map(|message| message.validate()) {
        Ok(Ok(())) => Good,
        Ok(Err(refusal)) => Refused(refusal.status),
        Err(error) => Unreadable(error),
    }
}

/// EXPECTED.md, in the order of its table. `Good` with a status there (501, 420, 415, 401, 483) is the endpoint's work;
/// that it has what it needs for it is tested below.
const RFC4475: [(&str, Verdict); 50] = [
    ("wsinv", Good),
    ("intmeth", Good),
    ("esc01", Good),
    ("escnull", Good),
    ("esc02", Good),
    ("lwsdisp", Good),
    ("longreq", Good),
    ("dblreq", Good),
    ("semiuri", Good),
    ("transports", Good),
    ("mpart01", Good),
    ("unreason", Good),
    ("noreason", Good),
    ("badinv01", Refused(400)),
    ("clerr", Refused(400)),
    ("ncl", Refused(400)),
    ("scalar02", Refused(400)),
    ("scalarlg", Refused(400)),
    ("quotbal", Refused(400)),
    ("ltgtruri", Refused(400)),
    ("lwsruri", Refused(400)),
    ("lwsstart", Refused(400)),
    ("trws", Refused(400)),
    ("escruri", Refused(400)),
    ("baddate", Good),
    ("regbadct", Refused(400)),
    ("badaspec", Good),
    ("baddn", Refused(400)),
    ("badvers", Refused(505)),
    ("mismatch01", Refused(400)),
    ("mismatch02", Refused(501)),
    ("bigcode", Unreadable(ParseError::Status)),
    ("badbranch", Good),
    ("insuf", Refused(400)),
    ("unkscm", Refused(416)),
    ("novelsc", Refused(416)),
    ("unksm2", Refused(400)),
    ("bext01", Good),
    ("invut", Good),
    ("regaut01", Good),
    ("multi01", Refused(400)),
    ("mcl01", Refused(400)),
    ("bcast", Refused(400)),
    ("zeromf", Good),
    ("cparam01", Good),
    ("cparam02", Good),
    ("regescrt", Good),
    ("sdp01", Good),
    ("inv2543", Good),
    ("test", Unreadable(ParseError::StartLine)),
];

#[test]
fn r05_every_torture_message_of_rfc_4475_gets_its_verdict() {
    let mut named: Vec<_> = RFC4475.iter().map(|(name, _)| format!("{name}.dat")).collect();
    named.sort();
    let files: Vec<_> = corpus_folder("rfc4475").into_iter().map(|(name, _)| name).collect();
    assert_eq!(named, files, "the table and the folder name the same files");
    for (name, expected) in RFC4475 {
        assert_eq!(verdict(rfc4475(name)), expected, "{name}");
    }
}

#[test]
fn r05_every_refused_request_can_be_answered() {
    for (name, expected) in RFC4475 {
        let Refused(status) = expected else { continue };
        let request = parse(rfc4475(name));
        if !request.is_request() {
            continue;
        }
        let answer = sip::message::MessageBuilder::reply(&request, status, "No", Some("t")).finish();
        let again = parse(answer.bytes().clone());
        assert_eq!(again.status(), Some(status), "{name}");
        assert_eq!(again.header(Name::CSeq), request.header(Name::CSeq), "{name}");
        assert_eq!(again.header(Name::CallId), request.header(Name::CallId), "{name}");
    }
}

fn rfc4475(name: &str) -> bytes::Bytes {
    corpus(&format!("rfc4475/{name}.dat"))
}

#[test]
fn r05_rfc4475_3_1_1_1_white_space_is_read_through() {
    let message = parse(rfc4475("wsinv"));
    assert_eq!(message.to().unwrap().tag(), Some("1918181833n"));
    assert_eq!(message.from().unwrap().display_text().unwrap(), "J Rosenberg \\\"");
    assert_eq!(message.from().unwrap().tag(), Some("98asjd8"));
    assert_eq!(message.max_forwards(), Ok(Some(68)));
    assert_eq!(message.cseq().unwrap().number, 9);
    assert_eq!(message.call_id(), Ok("wsinv.ndaksdj@192.0.2.1"));
    assert_eq!(message.header(Name::Subject).unwrap(), &b""[..]);
    assert_eq!(message.other("newfangledheader").unwrap(), &b"newfangled value continued newfangled value"[..]);
    assert_eq!(message.other("UnknownHeaderWithUnusualValue").unwrap(), &b";;,,;;,;"[..]);
    let vias = message.vias().unwrap();
    let branches: Vec<_> = vias.iter().map(|via| via.branch().unwrap()).collect();
    assert_eq!(branches, [&b"390skdjuw"[..], b"z9hG4bK9ikj8", b"z9hG4bK30239"]);
    assert_eq!(vias[0].sent_by(), b"192.0.2.2");
    assert_eq!(vias[1].transport_token(), b"TCP");
    assert_eq!(vias[1].sent_by(), b"spindle.example.com");
    let contact = &message.contacts().unwrap()[0];
    assert_eq!(contact.display_text().unwrap(), "Quoted string \"\"");
    assert_eq!(contact.param("newparam").unwrap(), "newvalue");
    assert_eq!(contact.param("q").unwrap(), "0.33");
    assert!(message.routes().unwrap()[0].uri.param("lr").is_some());
    assert_eq!(message.body().len(), 150);
}

#[test]
fn r05_rfc4475_3_1_1_2_unusual_characters_are_kept() {
    let message = parse(rfc4475("intmeth"));
    assert_eq!(message.method().as_str(), "!interesting-Method0123456789_*+`.%indeed'~");
    assert!(!message.method().is_known(), "the endpoint answers 501");
    assert_eq!(message.cseq().unwrap().method, message.method());
    assert_eq!(message.call_id(), Ok("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"));
    assert_eq!(&message.to().unwrap().display.unwrap()[..], b"BEL:\x07 NUL:\0 DEL:\x7f");
    assert_eq!(message.from().unwrap().tag(), Some("_token~1'+`*%!-."));
    assert_eq!(message.from().unwrap().param("fromParam''~+*_!.-%").unwrap(), "работающий");
    let target = message.target().unwrap();
    assert_eq!(target.host_str(), "example.com");
    assert_eq!(target.user().unwrap(), "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    assert_eq!(target.password().unwrap(), b"&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    assert_eq!(message.other("extensionHeader-!.%*+_`'~").unwrap(), "\u{feff}大停電".as_bytes());
}

#[test]
fn r05_rfc4475_3_1_1_3_escapes_are_undone_once() {
    let message = parse(rfc4475("esc01"));
    assert_eq!(message.target().unwrap().user().unwrap(), "sips:user@example.com");
    assert_eq!(message.target().unwrap().host_str(), "example.net");
    assert_eq!(message.to().unwrap().uri.user().unwrap(), "user");
    assert_eq!(message.from().unwrap().uri.user().unwrap(), "I have spaces");
    let contact = message.contacts().unwrap().remove(0).uri;
    assert_eq!(contact.param("lr").unwrap(), "");
    assert_eq!(contact.param("name").unwrap(), "value%41");
    let null = parse(rfc4475("escnull"));
    assert_eq!(null.to().unwrap().uri.user().unwrap(), "null-\0-null");
    let users: Vec<_> = null.contacts().unwrap().iter().map(|c| c.uri.user().unwrap().into_owned()).collect();
    assert_eq!(users, ["\0", "\0\0"]);
    let not_escaped = parse(rfc4475("esc02"));
    assert_eq!(not_escaped.method(), Method::Other("RE%47IST%45R".into()));
    assert_eq!(not_escaped.contacts().unwrap().len(), 2, "C%6Fntact is no Contact");
}

#[test]
fn r05_what_the_endpoint_needs_for_its_own_refusals() {
    let extension = parse(rfc4475("bext01"));
    assert_eq!(extension.unsupported(&["timer", "100rel"]), ["nothingSupportsThis", "nothingSupportsThisEither"]);
    let body = parse(rfc4475("invut"));
    assert!(!body.content_type().unwrap().unwrap().is("application/sdp"), "415");
    assert!(!parse(rfc4475("sdp01")).accepts("application/sdp"), "406");
    let scheme = parse(rfc4475("regaut01")).header(Name::Authorization).unwrap().into_owned();
    assert_eq!(sip::digest::Credentials::parse(&scheme), Err(sip::digest::CredentialsError::Scheme), "401");
    assert_eq!(parse(rfc4475("zeromf")).max_forwards(), Ok(Some(0)), "483 when relayed");
    let contact = |name| parse(rfc4475(name)).contacts().unwrap().remove(0);
    assert_eq!(contact("cparam01").param("unknownparam").unwrap(), "");
    assert!(contact("cparam01").uri.param("unknownparam").is_none(), "without brackets it is the header's");
    assert!(contact("cparam02").uri.param("unknownparam").is_some(), "within brackets it is the URI's");
    assert_eq!(contact("regescrt").uri.header("route").unwrap(), "<sip:sip.example.com>");
    assert_eq!(parse(rfc4475("badbranch")).via().unwrap().unique_branch(), None, "matched as RFC 2543 did");
    assert_eq!(parse(rfc4475("inv2543")).from().unwrap().tag(), None);
    assert_eq!(parse(rfc4475("dblreq")).body(), b"", "what follows the body on a datagram is not read");
}

#[test]
fn r05_rfc4475_responses_are_read_or_dropped() {
    let message = parse(rfc4475("unreason"));
    assert_eq!(message.status(), Some(200));
    assert!(message.reason().unwrap().starts_with(b"= 2**3 * 5**2 \xd0\xbd"));
    assert_eq!(parse(rfc4475("noreason")).reason(), Some(&b""[..]));
    assert!(parse(rfc4475("transports")).vias().unwrap().len() == 5);
    let binary = parse(rfc4475("mpart01"));
    assert_eq!(binary.body().len(), 553);
    assert_eq!(binary.content_type().unwrap().unwrap().params.text("boundary").unwrap(), "7a9cbec02ceef655");
}

const RFC5118: [(&str, Verdict); 12] = [
    ("ipv6-good", Good),
    ("ipv6-bad", Refused(400)),
    ("port-ambiguous", Good),
    ("port-unambiguous", Good),
    ("via-received-param-with-delim", Good),
    ("via-received-param-no-delim", Good),
    // Its Content-Length is greater than its body; with the length mended it is good (see below).
    ("ipv6-in-sdp", Refused(400)),
    ("mult-ip-in-sdp", Good),
    ("mult-ip-in-header", Good),
    ("ipv4-mapped-ipv6", Good),
    ("ipv6-bug-abnf-3-colons", Good),
    ("ipv6-correct-abnf-2-colons", Good),
];

#[test]
fn r05_every_torture_message_of_rfc_5118_gets_its_verdict() {
    assert_eq!(corpus_folder("rfc5118-wire").len(), RFC5118.len());
    for (name, expected) in RFC5118 {
        assert_eq!(verdict(rfc5118(name)), expected, "{name}");
    }
    let short = parse(rfc5118("ipv6-in-sdp"));
    let mended = short.edit().body("application/sdp", short.body()).finish();
    assert_eq!(mended.validate(), Ok(()));
    assert_eq!(mended.body().len(), 251);
}

fn rfc5118(name: &str) -> bytes::Bytes {
    corpus(&format!("rfc5118-wire/{name}"))
}

#[test]
fn r05_rfc5118_addresses_are_the_right_ones() {
    let host = |name| parse(rfc5118(name)).target().unwrap();
    let ip = |text: &str| Some(sip::message::Host::Ip(text.parse().unwrap()));
    assert_eq!((host("ipv6-good").host(), host("ipv6-good").port()), (ip("2001:db8::10"), None));
    assert_eq!(host("port-ambiguous").host(), ip("2001:db8::10:5070"));
    assert_eq!(host("port-unambiguous").port(), Some(5070));
    assert_eq!(host("ipv6-bug-abnf-3-colons"), host("ipv6-correct-abnf-2-colons"));
    for name in ["via-received-param-with-delim", "via-received-param-no-delim"] {
        assert_eq!(parse(rfc5118(name)).via().unwrap().received(), Some("2001:db8::9:255".parse().unwrap()), "{name}");
    }
    let via = parse(rfc5118("mult-ip-in-header")).via().unwrap();
    assert_eq!((via.host(), via.port()), (ip("2001:db8::9:1"), Some(6050)));
    assert_eq!(parse(rfc5118("ipv4-mapped-ipv6")).via().unwrap().port(), Some(19823));
}

#[test]
fn the_examples_of_rfc_3261_section_24_are_read() {
    for (name, bytes) in corpus_folder("rfc3261-sec24") {
        let message = parse(bytes);
        message.call_id().unwrap_or_else(|error| panic!("{name}: {error:?}"));
        message.from().unwrap_or_else(|error| panic!("{name}: {error:?}"));
        message.to().unwrap_or_else(|error| panic!("{name}: {error:?}"));
        message.contacts().unwrap_or_else(|error| panic!("{name}: {error:?}"));
        for via in message.vias().unwrap_or_else(|error| panic!("{name}: {error:?}")) {
            assert!(via.unique_branch().is_some(), "{name}");
        }
        let word = name.split('_').find(|word| word.bytes().all(|b| b.is_ascii_uppercase()) && word.len() > 2);
        if let Some(method) = word.filter(|_| message.is_request()) {
            assert_eq!(message.method().as_str(), method, "{name}");
        }
        assert_eq!(message.cseq().unwrap().method, message.method(), "{name}");
    }
    let ok = parse(corpus("rfc3261-sec24/24_2_F9_200_OK_Bob_biloxi_com_proxy.sip"));
    let received: Vec<_> = ok.vias().unwrap().iter().map(|via| via.received().unwrap().to_string()).collect();
    assert_eq!(received, ["192.0.2.3", "192.0.2.2", "192.0.2.1"]);
}
