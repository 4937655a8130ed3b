//! rsip reads everything that the endpoint sends in any of these stories, and finds in it what we find: an opinion that is not
//! ours ([`super::House::drain`] asks it).

use rsip::prelude::{HeadersExt, ToTypedHeader, UntypedHeader};

use super::*;

/// What rsip does not read although it is right, and nothing else.
fn gap(ours: &Message) -> Option<&'static str> {
    let text = String::from_utf8_lossy(ours.bytes());
    if std::str::from_utf8(ours.bytes()).is_err() {
        return Some("names in Shift_JIS");
    }
    if text.contains("tel:") {
        return Some("tel: URIs");
    }
    if text.contains('[') {
        return Some("IPv6 addresses");
    }
    None
}

/// rsip knows the long names alone (RFC 3261 section 7.3.3 has both): the values are what it is asked about.
fn with_long_names(ours: &Message) -> Vec<u8> {
    let whole = ours.bytes();
    let start = whole.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut long = start.to_vec();
    for header in ours.headers() {
        let name = if header.spelled.len() == 1 { header.name.as_str().as_bytes() } else { header.spelled };
        long.extend([name, b": ", header.value, b"\r\n"].concat());
    }
    [&long[..], b"\r\n", ours.body()].concat()
}

/// rsip finds in these bytes what we find.
#[track_caller]
pub(super) fn agrees(ours: &Message) {
    if gap(ours).is_some() {
        return;
    }
    let whole = || String::from_utf8_lossy(ours.bytes()).into_owned();
    let theirs = rsip::SipMessage::try_from(with_long_names(ours));
    let theirs = theirs.unwrap_or_else(|error| panic!("rsip cannot read: {error}\n{}", whole()));
    let body = match &theirs {
        rsip::SipMessage::Request(request) => {
            assert_eq!(request.method.to_string(), ours.method().as_str());
            assert_eq!(uri(&request.uri), ours.target().ok(), "{}", whole());
            assert_eq!(request.max_forwards_header().unwrap().num().ok(), ours.max_forwards().unwrap());
            &request.body
        }
        rsip::SipMessage::Response(response) => {
            assert_eq!(Some(response.status_code.code()), ours.status());
            &response.body
        }
    };
    assert_eq!(theirs.call_id_header().unwrap().value(), ours.call_id().unwrap());
    let (cseq, number) = (theirs.cseq_header().unwrap(), ours.cseq().unwrap());
    assert_eq!((cseq.seq().ok(), cseq.method().unwrap().to_string()), (Some(number.number), number.method.to_string()));
    let tag = |tag: Option<rsip::common::uri::param::Tag>| tag.map(|tag| tag.to_string());
    assert_eq!(tag(theirs.from_header().unwrap().tag().unwrap()).as_deref(), ours.from().unwrap().tag());
    assert_eq!(tag(theirs.to_header().unwrap().tag().unwrap()).as_deref(), ours.to().unwrap().tag());
    let via = theirs.via_header().unwrap();
    assert_eq!(via.value().as_bytes(), ours.header(Name::Via).unwrap_or_default().as_ref());
    // A response repeats what the peer wrote, which in these stories is not always a token.
    if ours.is_request() {
        let branch = via.typed().unwrap().branch().map(|branch| branch.to_string().into_bytes());
        assert_eq!(branch.as_deref(), ours.via().unwrap().branch(), "{}", whole());
    }
    if let Ok(contact) = theirs.contact_header() {
        assert_eq!(contact.value().as_bytes(), ours.header(Name::Contact).unwrap_or_default().as_ref());
        // rsip knows no parameter that begins with a plus (RFC 3840).
        if !contact.value().contains(";+") && contact.value() != "*" {
            let read = uri(&contact.uri().unwrap());
            assert_eq!(read.as_ref(), ours.contacts().unwrap().first().map(|contact| &contact.uri), "{}", whole());
        }
    }
    assert_eq!(body, ours.body());
    assert_eq!(ours.text(Name::ContentLength).and_then(|length| length.trim().parse().ok()), Some(body.len()));
}

/// A URI of rsip's, which prints a transport in capitals.
fn uri(theirs: &rsip::Uri) -> Option<sip::message::Uri> {
    sip::message::Uri::parse(theirs.to_string().as_bytes()).ok()
}

#[test]
fn the_witness_sees_what_is_wrong() {
    let good = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n\
                Call-ID: c\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n";
    agrees(&Message::parse(bytes(good)).unwrap());
    let wrong = Message::parse(bytes(&good.replace("Content-Length: 0\r\n", ""))).unwrap();
    assert!(
        std::panic::catch_unwind(|| agrees(&wrong)).is_err(),
        "a message without Content-Length is not what we send"
    );
}
