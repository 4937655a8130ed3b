//! Reading: RFC 5118 bodies, bounds, mutated descriptions.

use super::*;

/// RFC 5118 §4.9 and §4.10: bodies of the torture messages.
const IPV6: &str = "v=0\r\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\n\
    s=Live video feed for today's meeting\r\nc=IN IP6 2001:db8::20\r\nt=3338481189 3370017201\r\n\
    m=audio 6000 RTP/AVP 2\r\na=rtpmap:2 G726-32/8000\r\nm=video 6024 RTP/AVP 107\r\na=rtpmap:107 H263-1998/90000\r\n";
const TWO_FAMILIES: &str = "v=0\r\no=bob 280744730 28977631 IN IP4 host.example.com\r\ns=\r\nt=0 0\r\n\
    m=audio 22334 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\nm=video 6024 RTP/AVP 107\r\nc=IN IP6 2001:db8::1\r\n\
    a=rtpmap:107 H263-1998/90000\r\n";

#[test]
fn rfc5118_bodies_are_read_and_come_back() {
    let session = Session::parse(IPV6.as_bytes()).unwrap();
    assert_eq!(session.to_string(), IPV6);
    assert_eq!(session.connection.unwrap().address, "2001:db8::20");

    let session = Session::parse(TWO_FAMILIES.as_bytes()).unwrap();
    assert_eq!(session.to_string(), TWO_FAMILIES.replace("s=\r\n", "s=-\r\n"));
    let addresses: Vec<_> = session.media.iter().map(|media| media.connection.clone().unwrap().address).collect();
    assert_eq!(addresses, ["192.0.2.1", "2001:db8::1"]);
}

#[test]
fn careless_devices_are_understood() {
    let text = b"v=0\no=broken\ns=\x83e\x83X\x83g\nx=unknown\nb=AS:64\n\nc=IN IP4 192.0.2.1 \nt=0 0\n\
        m=audio 4000/2  RTP/AVP  0 \na= PTIME : 30 \na=SendOnly\r\n\0\0";
    let session = Session::parse(text).unwrap();
    assert_eq!(session.origin, None);
    let media = session.media.first().unwrap();
    assert_eq!((media.port, media.formats.as_slice()), (4000, ["0".to_owned()].as_slice()));
    assert_eq!(media.values("ptime").collect::<Vec<_>>(), ["30"]);
    assert_eq!(session.direction(media), Direction::SendOnly);
}

#[test]
fn a_direction_of_the_session_holds_for_media_without_one() {
    let text = "v=0\r\na=inactive\r\nm=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\na=recvonly\r\n";
    let session = Session::parse(text.as_bytes()).unwrap();
    let directions: Vec<_> = session.media.iter().map(|media| session.direction(media)).collect();
    assert_eq!(directions, [Direction::Inactive, Direction::RecvOnly]);
}

#[test]
fn r06_what_cannot_be_read_is_named() {
    for (text, error) in [
        ("", SdpError::Version),
        ("\r\n\r\n", SdpError::Version),
        ("v=1\r\n", SdpError::Version),
        ("s=-\r\nv=0\r\n", SdpError::Version),
        ("v=0\r\nnonsense\r\n", SdpError::Line(2)),
        ("v=0\r\ns=-\r\nm=audio 4000\r\n", SdpError::Line(3)),
        ("v=0\r\n\r\nm=audio 65536 RTP/AVP 0\r\n", SdpError::Line(3)),
        ("v=0\r\nm=audio -1 RTP/AVP 0\r\n", SdpError::Line(2)),
        ("v=0\r\nc=IN IP4\r\n", SdpError::Line(2)),
        ("v=0\r\nc=ATM NSAP 47\r\n", SdpError::Line(2)),
    ] {
        assert_eq!(Session::parse(text.as_bytes()), Err(error), "{text:?}");
    }
}

#[test]
fn r06_size_media_and_attributes_are_bounded() {
    let long = format!("v=0\r\ns={}\r\n", "x".repeat(SDP_BYTES_MAX));
    assert_eq!(Session::parse(long.as_bytes()), Err(SdpError::TooLong));
    let media = format!("v=0\r\n{}", "m=audio 4000 RTP/AVP 0\r\n".repeat(MEDIA_MAX + 1));
    assert_eq!(Session::parse(media.as_bytes()), Err(SdpError::TooManyMedia));
    let attributes = format!("v=0\r\n{}", "a=x\r\n".repeat(ATTRIBUTES_MAX + 1));
    assert_eq!(Session::parse(attributes.as_bytes()), Err(SdpError::TooManyAttributes));
    let formats = format!("v=0\r\nm=audio 4000 RTP/AVP{}\r\n", " 0".repeat(1000));
    assert_eq!(Session::parse(formats.as_bytes()).unwrap().media.first().unwrap().formats.len(), FORMATS_MAX);
}
