//! RFC 3261 §12 in stories: who remembers what, and what a request in the dialog looks like.

use super::*;
use crate::flow::{ConnectionId, Protocol};
use crate::message::reason_phrase;

const VIA: &str = "SIP/2.0/UDP 203.0.113.1:5060;branch=z9hG4bKnew;rport";

fn flow() -> Flow {
    Flow::udp("203.0.113.1:5060".parse().expect("an address"), "192.0.2.10:5060".parse().expect("an address"))
}

fn parse(text: &str) -> Message {
    Message::parse(Bytes::from(text.replace('\n', "\r\n"))).expect("a message")
}

fn request(method: &str, cseq: u32, more: &str) -> Message {
    parse(&format!(
        "{method} sip:0312345678@203.0.113.1;npdi SIP/2.0
Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKfirst
From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=hers
To: <sip:0312345678@ntt-east.ne.jp;user=phone>;x-odd=1
Call-ID: a1@192.0.2.10
CSeq: {cseq} {method}
{more}Content-Length: 0

"
    ))
}

fn invite(more: &str) -> Message {
    request("INVITE", 314, &format!("Contact: <sip:gw@192.0.2.10:5070;transport=udp>\n{more}"))
}

/// The other side's response to our INVITE.
fn answer(invite: &Message, status: u16, tag: &str, more: &[(Name, &str)]) -> Message {
    let builder = MessageBuilder::reply(invite, status, reason_phrase(status), Some(tag));
    more.iter().fold(builder, |builder, (name, value)| builder.header(*name, value)).finish()
}

fn text(message: &Message, name: Name) -> String {
    message.text(name).map(|value| value.into_owned()).unwrap_or_default()
}

fn uri(message: &Message) -> &str {
    std::str::from_utf8(message.request_uri().expect("a request")).expect("text")
}

fn routes(message: &Message) -> Vec<String> {
    message.values(Name::Route).map(|route| String::from_utf8_lossy(&route).into_owned()).collect()
}

#[test]
fn the_answering_side_remembers_the_invite() {
    let dialog = Dialog::as_uas(&invite(""), "ours", flow()).expect("a dialog");
    let id = DialogId { call_id: "a1@192.0.2.10".into(), local_tag: "ours".into(), remote_tag: "hers".into() };
    assert_eq!(dialog.id, id);
    assert_eq!(dialog.remote_target.raw(), b"sip:gw@192.0.2.10:5070;transport=udp");
    assert_eq!((dialog.local_cseq, dialog.remote_cseq), (0, Some(314)));
    assert_eq!(dialog.next_hop(), &dialog.remote_target);
    assert!(!dialog.secure);
}

#[test]
fn japan_the_from_of_our_bye_is_the_to_of_the_invite_byte_for_byte() {
    let invite = invite("");
    let mut dialog = Dialog::as_uas(&invite, "ours", flow()).expect("a dialog");
    let bye = dialog.request(&Method::Bye, VIA, None).finish();
    assert_eq!(text(&bye, Name::From), "<sip:0312345678@ntt-east.ne.jp;user=phone>;x-odd=1;tag=ours");
    assert_eq!(text(&bye, Name::To), "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=hers");
    assert_eq!(uri(&bye), "sip:gw@192.0.2.10:5070;transport=udp");
    assert_eq!(text(&bye, Name::CSeq), "1 BYE");
    assert_eq!(text(&bye, Name::CallId), "a1@192.0.2.10");
    assert_eq!(text(&bye, Name::MaxForwards), "70");
    assert_eq!(text(&bye, Name::Via), VIA);
    assert!(!bye.has(Name::Contact) && !bye.has(Name::Route));
    let ringing = MessageBuilder::reply(&invite, 180, "Ringing", Some("ours")).finish();
    assert_eq!(text(&ringing, Name::To), text(&bye, Name::From), "and of every response of ours");
}

#[test]
fn a_to_in_shift_jis_stays_as_it_is() {
    let mut raw = b"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\nTo: \"".to_vec();
    raw.extend([0x8e, 0x95, 0x89, 0xc8]);
    raw.extend(
        b"\" <sip:a@b>\r\nFrom: <sip:c@d>;tag=1\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:c@192.0.2.10>\r\n\r\n",
    );
    let invite = Message::parse(Bytes::from(raw)).expect("a message");
    let dialog = Dialog::as_uas(&invite, "ours", flow()).expect("a dialog");
    assert_eq!(dialog.local_uri, [&b"\""[..], &[0x8e, 0x95, 0x89, 0xc8], b"\" <sip:a@b>;tag=ours"].concat());
}

#[test]
fn the_asking_side_remembers_the_response() {
    let invite = invite("");
    let ringing = answer(&invite, 180, "fork1", &[(Name::Contact, "<sip:op@198.51.100.5>")]);
    let early = Dialog::as_uac(&invite, &ringing, flow()).expect("a dialog");
    let id = DialogId { call_id: "a1@192.0.2.10".into(), local_tag: "hers".into(), remote_tag: "fork1".into() };
    assert_eq!(early.id, id);
    assert_eq!(DialogId::of_response(&ringing), Some(id));
    assert_eq!((early.local_cseq, early.remote_cseq), (314, None));
    assert_eq!(early.local_uri, text(&invite, Name::From));
    assert_eq!(early.remote_uri, text(&ringing, Name::To));
    assert_eq!(early.remote_target.raw(), b"sip:op@198.51.100.5");
}

#[test]
fn forks_make_dialogs_of_their_own() {
    let invite = invite("");
    let one = Dialog::as_uac(&invite, &answer(&invite, 200, "fork1", &[]), flow()).expect("a dialog");
    let two = Dialog::as_uac(&invite, &answer(&invite, 200, "fork2", &[]), flow()).expect("a dialog");
    assert_ne!(one.id, two.id);
}

#[test]
fn a_request_finds_its_dialog_from_either_side() {
    let ours = DialogId { call_id: "a1@192.0.2.10".into(), local_tag: "ours".into(), remote_tag: "hers".into() };
    let bye = parse(
        "BYE sip:x@y SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK2\nFrom: <sip:c@d>;tag=hers\nTo: <sip:a@b>;tag=ours\n\
         Call-ID: a1@192.0.2.10\nCSeq: 315 BYE\n\n",
    );
    assert_eq!(DialogId::of_request(&bye), Some(ours));
    assert_eq!(DialogId::of_request(&invite("")), None, "outside any dialog");
}

#[test]
fn a_response_without_contact_keeps_the_target_of_the_invite() {
    let invite = invite("");
    let dialog = Dialog::as_uac(&invite, &answer(&invite, 200, "t", &[]), flow()).expect("a dialog");
    assert_eq!(dialog.remote_target.raw(), b"sip:0312345678@203.0.113.1;npdi");
}

#[test]
fn loose_routers_stand_in_the_route_and_leave_the_request_uri_alone() {
    let proxies =
        "Record-Route: <sip:p2.example.jp;lr>, <sip:p1.example.jp;lr;x=1>;y=2\nRecord-Route: <sip:p0.example.jp;lr>\n";
    let mut answering = Dialog::as_uas(&invite(proxies), "ours", flow()).expect("a dialog");
    let bye = answering.request(&Method::Bye, VIA, None).finish();
    assert_eq!(uri(&bye), "sip:gw@192.0.2.10:5070;transport=udp");
    let inwards = ["<sip:p2.example.jp;lr>", "<sip:p1.example.jp;lr;x=1>;y=2", "<sip:p0.example.jp;lr>"];
    assert_eq!(routes(&bye), inwards);
    assert_eq!(answering.next_hop().host_str(), "p2.example.jp");

    let plain = invite("");
    let mut recorded = invite(proxies);
    recorded = MessageBuilder::reply(&recorded, 200, "OK", Some("theirs")).header(Name::Contact, "<sip:op@h>").finish();
    let mut asking = Dialog::as_uac(&plain, &recorded, flow()).expect("a dialog");
    let update = asking.request(&Method::Update, VIA, Some("<sip:us@203.0.113.1>")).finish();
    assert_eq!(routes(&update), ["<sip:p0.example.jp;lr>", "<sip:p1.example.jp;lr;x=1>;y=2", "<sip:p2.example.jp;lr>"]);
    assert_eq!(text(&update, Name::Contact), "<sip:us@203.0.113.1>");
    assert_eq!(text(&update, Name::CSeq), "315 UPDATE");
}

#[test]
fn a_strict_router_gets_the_request_uri_and_the_target_goes_last() {
    let proxies = "Record-Route: <sip:strict.example.jp?Subject=no>, <sip:loose.example.jp;lr>\n";
    let mut dialog = Dialog::as_uas(&invite(proxies), "ours", flow()).expect("a dialog");
    let bye = dialog.request(&Method::Bye, VIA, None).finish();
    assert_eq!(uri(&bye), "sip:strict.example.jp");
    assert_eq!(routes(&bye), ["<sip:loose.example.jp;lr>", "<sip:gw@192.0.2.10:5070;transport=udp>"]);
    assert_eq!(dialog.next_hop().host_str(), "strict.example.jp");
}

#[test]
fn what_may_not_stand_in_a_request_uri_is_left_out() {
    let contact = "Contact: <sip:gw@192.0.2.10;x=1?Subject=no>\n";
    let mut dialog = Dialog::as_uas(&request("INVITE", 1, contact), "ours", flow()).expect("a dialog");
    assert_eq!(uri(&dialog.request(&Method::Bye, VIA, None).finish()), "sip:gw@192.0.2.10;x=1");
}

#[test]
fn a_2xx_replaces_the_routes_and_the_target_of_the_early_dialog() {
    let invite = invite("");
    let ringing = answer(&invite, 183, "t", &[(Name::Contact, "<sip:early@h1>"), (Name::RecordRoute, "<sip:p1;lr>")]);
    let mut dialog = Dialog::as_uac(&invite, &ringing, flow()).expect("a dialog");
    let answered = answer(
        &invite,
        200,
        "t",
        &[(Name::Contact, "<sip:final@h2>"), (Name::RecordRoute, "<sip:p2;lr>, <sip:p3;lr>")],
    );
    dialog.confirm(&answered).expect("readable");
    assert_eq!(dialog.remote_target.raw(), b"sip:final@h2");
    let ack = dialog.ack(314, VIA).finish();
    assert_eq!(uri(&ack), "sip:final@h2");
    assert_eq!(routes(&ack), ["<sip:p3;lr>", "<sip:p2;lr>"]);
    assert_eq!(text(&ack, Name::CSeq), "314 ACK");
    assert_eq!(text(&ack, Name::To), text(&answered, Name::To));
    assert_eq!(dialog.local_cseq, 314, "an ACK takes no number");
}

#[test]
fn our_numbers_rise_by_one_and_stay_below_2_to_the_31() {
    let mut dialog = Dialog::as_uas(&invite(""), "ours", flow()).expect("a dialog");
    for number in 1..4 {
        assert_eq!(
            text(&dialog.request(&Method::Options, VIA, None).finish(), Name::CSeq),
            format!("{number} OPTIONS")
        );
    }
    dialog.local_cseq = CSEQ_MAX;
    assert_eq!(text(&dialog.request(&Method::Bye, VIA, None).finish(), Name::CSeq), "2147483647 BYE");
}

#[test]
fn their_numbers_may_skip_but_not_fall() {
    let mut dialog = Dialog::as_uas(&invite(""), "ours", flow()).expect("a dialog");
    assert_eq!(dialog.receive(&request("INFO", 400, "")), Ok(()));
    assert_eq!(dialog.receive(&request("INFO", 400, "")), Ok(()), "§12.2.2 refuses the lower, not the same");
    let refused = dialog.receive(&request("INFO", 399, "")).expect_err("older than the last");
    assert_eq!(refused.status, 500);
    assert_eq!(dialog.receive(&request("ACK", 314, "")), Ok(()), "the ACK has the number of its INVITE");
    assert_eq!(dialog.receive(&request("CANCEL", 314, "")), Ok(()));
    assert_eq!(dialog.remote_cseq, Some(400));
    let mut asking = Dialog::as_uac(&invite(""), &answer(&invite(""), 200, "t", &[]), flow()).expect("a dialog");
    assert_eq!(asking.receive(&request("BYE", 1, "")), Ok(()), "§12.2.2: the first number may be any");
}

#[test]
fn only_invite_and_update_move_the_target() {
    let mut dialog = Dialog::as_uas(&invite(""), "ours", flow()).expect("a dialog");
    let moved = |method, cseq| request(method, cseq, &format!("Contact: <sip:{cseq}@moved>\n"));
    dialog.receive(&moved("INFO", 315)).expect("in order");
    assert_eq!(dialog.remote_target.raw(), b"sip:gw@192.0.2.10:5070;transport=udp");
    dialog.receive(&moved("INVITE", 316)).expect("in order");
    assert_eq!(dialog.remote_target.raw(), b"sip:316@moved");
    dialog.receive(&moved("UPDATE", 317)).expect("in order");
    assert_eq!(dialog.remote_target.raw(), b"sip:317@moved");
    dialog.receive(&moved("INVITE", 2)).expect_err("out of order");
    dialog.receive(&request("INVITE", 318, "Contact: <tel:110>\n")).expect("in order");
    dialog.receive(&request("INVITE", 319, "")).expect("in order");
    assert_eq!(dialog.remote_target.raw(), b"sip:317@moved");
}

#[test]
fn an_invite_that_nobody_could_be_reached_after_makes_no_dialog() {
    let without = Dialog::as_uas(&request("INVITE", 1, ""), "ours", flow()).expect_err("no Contact");
    assert_eq!(without, DialogError::NoContact);
    assert_eq!(Refusal::from(without).status, 400);
    let by_telephone = request("INVITE", 1, "Contact: <tel:+81312345678>\n");
    assert_eq!(Dialog::as_uas(&by_telephone, "ours", flow()).expect_err("tel"), DialogError::NoContact);
    let many = format!("Record-Route: {}\n", vec!["<sip:p;lr>"; ROUTES_MAX + 1].join(","));
    assert_eq!(Dialog::as_uas(&invite(&many), "ours", flow()).expect_err("too many"), DialogError::TooManyRoutes);
    let broken = Dialog::as_uas(&invite("Record-Route: <sip:p;lr\n"), "ours", flow()).expect_err("broken");
    assert!(matches!(broken, DialogError::Header(error) if error.name == Name::RecordRoute));
}

#[test]
fn a_peer_of_rfc_2543_has_no_tag() {
    let old = parse(
        "INVITE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10\nFrom: <sip:c@d>\nTo: <sip:a@b>\nCall-ID: x\nCSeq: 1 INVITE\n\
         Contact: <sip:c@192.0.2.10>\n\n",
    );
    let mut dialog = Dialog::as_uas(&old, "ours", flow()).expect("a dialog");
    assert_eq!(dialog.id.remote_tag, "");
    assert_eq!(text(&dialog.request(&Method::Bye, VIA, None).finish(), Name::To), "<sip:c@d>");
}

#[test]
fn a_dialog_is_secure_over_tls_towards_sips_only() {
    let tls = Flow { protocol: Protocol::Tls, connection: ConnectionId(1), ..flow() };
    let secret = parse(
        "INVITE sips:a@b SIP/2.0\nVia: SIP/2.0/TLS 192.0.2.10;branch=z9hG4bK1\nFrom: <sip:c@d>;tag=1\nTo: <sip:a@b>\nCall-ID: x\n\
         CSeq: 1 INVITE\nContact: <sips:c@192.0.2.10>\n\n",
    );
    assert!(Dialog::as_uas(&secret, "ours", tls).expect("a dialog").secure);
    assert!(!Dialog::as_uas(&secret, "ours", flow()).expect("a dialog").secure);
    assert!(!Dialog::as_uas(&invite(""), "ours", tls).expect("a dialog").secure);
}
