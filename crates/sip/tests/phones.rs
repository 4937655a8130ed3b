//! What Japanese trunks and common phones send is read as it was meant.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by stopping"
)]

mod common;

use common::{parse, phones};
use sip::message::{Host, Message, Method, Name, Refresher, Replaces, Scheme, SessionExpires};

#[test]
fn all_of_them_are_good() {
    for (name, bytes) in phones() {
        assert_eq!(parse(bytes).validate(), Ok(()), "{name}");
    }
}

#[test]
fn a_carrier_writes_compact_names() {
    let message = parse(common::CARRIER_INVITE);
    let expires = SessionExpires { seconds: 300, refresher: Some(Refresher::Uac) };
    assert_eq!(message.session_expires(), Ok(Some(expires)));
    assert_eq!(message.min_se(), Ok(Some(300)));
    assert!(message.supports("timer") && message.supports("100rel") && !message.supports("replaces"));
    assert_eq!(message.allows(&Method::Update), Some(true));
    assert_eq!(message.allows(&Method::Refer), Some(false));
    assert!(message.asks_privacy("id") && message.asks_privacy("header") && !message.asks_privacy("user"));
    assert_eq!(message.from().unwrap().uri.host(), Some(Host::Name("anonymous.invalid".into())));
    let called = message.address(Name::PCalledPartyId).unwrap().unwrap();
    assert_eq!(called.uri.user().unwrap(), "0312345678");
    assert_eq!(called.uri.param("user").unwrap(), "phone");
    let asserted = message.addresses(Name::PAssertedIdentity).unwrap();
    assert_eq!((asserted[0].uri.scheme(), asserted[0].uri.user().unwrap()), (Scheme::Tel, "+81901112222".into()));
    assert_eq!(asserted[0].uri.param("cpc").unwrap(), "ordinary");
    assert_eq!(asserted[1].uri.user().unwrap(), "+819011112222");
    assert_eq!(message.body(), b"v=0\r\n");
}

#[test]
fn a_shift_jis_name_is_read_though_its_last_byte_is_a_backslash() {
    let message = parse(common::SHIFT_JIS_INVITE);
    let from = message.from().unwrap();
    assert_eq!(from.display_text().unwrap(), "さくら歯科ソ");
    assert_eq!(from.uri.user().unwrap(), "0611112222");
    let contacts = message.contacts().unwrap();
    assert_eq!(contacts.iter().map(|c| c.display_text().unwrap()).collect::<Vec<_>>(), ["ソ", "b"]);
}

#[test]
fn a_browser_phone_says_its_instance() {
    let message = parse(common::BROWSER_REGISTER);
    assert_eq!(message.from().unwrap().display_text().unwrap(), "花子");
    let contact = message.contacts().unwrap().remove(0);
    assert_eq!(contact.param("+sip.instance").unwrap(), "<urn:uuid:5d8c0c2a-92ff-4a17-a9f1-6ee0b7a7a0f8>");
    assert_eq!((contact.param("reg-id").unwrap(), contact.param("+sip.ice").unwrap()), ("1".into(), "".into()));
    assert_eq!(contact.uri.param("transport").unwrap(), "ws");
    assert_eq!(message.via().unwrap().protocol(), Some(sip::flow::Protocol::Wss));
    assert_eq!(message.expires(), Ok(Some(600)));
}

#[test]
fn a_bye_may_lack_content_length_and_max_forwards() {
    let message = parse(common::SOFTPHONE_BYE);
    assert_eq!(message.via().unwrap().rport(), Some(None));
    assert_eq!(message.to().unwrap().tag(), Some("b"));
    let reasons = message.reasons();
    assert_eq!((reasons[0].protocol.as_str(), reasons[0].cause), ("SIP", Some(200)));
    assert_eq!(reasons[0].text.as_deref(), Some("Call completed; elsewhere"));
    assert_eq!((reasons[1].protocol.as_str(), reasons[1].cause), ("Q.850", Some(16)));
}

#[test]
fn a_forwarded_call_names_its_diversions_in_order() {
    let message = parse(common::FORWARDED_INVITE);
    let target = message.target().unwrap();
    assert_eq!((target.scheme(), target.user().unwrap()), (Scheme::Tel, "+81312345678".into()));
    assert_eq!(target.param("rn").unwrap(), "+81501111");
    assert_eq!(target.param("npdi").unwrap(), "");
    let diverted = message.addresses(Name::Diversion).unwrap();
    assert_eq!(diverted.iter().map(|d| d.uri.user().unwrap()).collect::<Vec<_>>(), ["0335556666", "0344445555"]);
    assert_eq!(diverted[0].param("counter").unwrap(), "1");
    assert_eq!(diverted[1].param("reason").unwrap(), "no-answer");
    let history = message.addresses(Name::HistoryInfo).unwrap();
    assert_eq!(history[0].uri.header("reason").unwrap(), "SIP;cause=302");
    assert_eq!(message.other("x-carrier").unwrap(), &b""[..], "R07: `X-Carrier :` is the same header");
    assert_eq!(message.vias().unwrap().len(), 2);
    assert_eq!(message.via().unwrap().branch(), Some(&b"z9hG4bKa"[..]));
}

#[test]
fn an_attended_refer_carries_the_dialog_to_replace() {
    let message = parse(common::ATTENDED_REFER);
    let target = message.refer_to().unwrap().uri;
    let replaces = Replaces::parse(target.header("Replaces").unwrap().as_bytes()).unwrap();
    assert_eq!(replaces.to_string(), "abc@192.0.2.77;to-tag=11;from-tag=22");
    assert_eq!(target.without_headers().raw(), b"sip:taro@desk.example.jp");
    assert!(!target.without_headers().has_headers());
}

#[test]
fn keep_alives_are_known_for_what_they_are() {
    use sip::message::ParseError::{KeepAlive, StartLine, TooLong};
    for idle in ["", "\r\n\r\n", "\0\0\0\0", "  "] {
        assert_eq!(Message::parse(idle.into()).unwrap_err(), KeepAlive);
    }
    // A STUN binding request, and a browser at the wrong door.
    assert_eq!(Message::parse(vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42].into()).unwrap_err(), StartLine);
    assert_eq!(Message::parse("GET / HTTP/1.1\r\n\r\n".into()).unwrap_err(), StartLine);
    assert_eq!(Message::parse(vec![b'a'; 65_536].into()).unwrap_err(), TooLong { bytes: 65_536 });
}

#[test]
fn line_ends_before_the_start_line_are_ignored_and_bare_line_feeds_read() {
    let message = parse([b"\r\n\r\n", common::SOFTPHONE_BYE].concat());
    assert_eq!(message.call_id(), Ok("~Lk"));
    let unix: Vec<u8> = common::CARRIER_INVITE.iter().copied().filter(|&byte| byte != b'\r').collect();
    let message = parse(unix);
    assert_eq!(message.header(Name::MaxForwards).unwrap(), &b"60"[..]);
    assert_eq!(message.header(Name::ContentLength).unwrap(), &b"5"[..]);
}

#[test]
fn a_carriage_return_alone_is_refused() {
    let text = String::from_utf8(common::CARRIER_INVITE.to_vec()).unwrap();
    let smuggled = text.replace("Max-Forwards: 60", "X-A: b\rVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx");
    assert_eq!(parse(smuggled).validate().unwrap_err().reason, "Bare Carriage Return");
}
