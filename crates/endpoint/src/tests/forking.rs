//! Several branches answer one INVITE of ours: who is heard early, who is named, and who sends us elsewhere.

use super::*;

fn early(invite: &Message, tag: &str, leave: &str, port: &str) -> Message {
    let mut extra = vec![("Contact", "<sip:peer@198.51.100.1:5060>")];
    if !leave.is_empty() {
        extra.push(("P-Early-Media", leave));
    }
    let body = if port.is_empty() { String::new() } else { ANSWER.replace("6000", port) };
    reply(invite, 183, tag, &extra, &body)
}

fn calling(house: &mut House) -> Message {
    house.calls(2, Destination::Trunk { trunk: NGN, number: "09087654321".to_owned() });
    house.request(CARRIER, Method::Invite)
}

/// What is told of this provisional: the branch, and the port whose early media is to be heard.
#[track_caller]
fn told(house: &mut House, response: Message) -> (String, String) {
    house.hear(CARRIER, response);
    let LegEvent::Progress { dialog, body, .. } = house.event() else { panic!("Progress") };
    let text = body.map(|body| String::from_utf8_lossy(&body).into_owned()).unwrap_or_default();
    let port = text.split("m=audio ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    (dialog, port.to_owned())
}

fn pair(dialog: &str, port: &str) -> (String, String) {
    (dialog.to_owned(), port.to_owned())
}

#[test]
fn r39_every_branch_is_named_and_the_newest_early_media_is_heard() {
    let mut house = House::new();
    let invite = calling(&mut house);
    assert_eq!(told(&mut house, early(&invite, "a", "", "7000")), pair("a", "7000"));
    assert_eq!(told(&mut house, early(&invite, "b", "", "7002")), pair("b", "7002"));
    assert_eq!(told(&mut house, early(&invite, "a", "", "")), pair("a", ""), "it only rings");
}

#[test]
fn rfc_5009_early_media_that_the_network_lets_pass_goes_before_any_other() {
    let mut house = House::new();
    let invite = calling(&mut house);
    assert_eq!(told(&mut house, early(&invite, "a", "inactive", "7000")), pair("a", ""));
    assert_eq!(told(&mut house, early(&invite, "b", "", "7002")), pair("b", "7002"));
    assert_eq!(told(&mut house, early(&invite, "c", "SendRecv, gated", "7004")), pair("c", "7004"));
    assert_eq!(told(&mut house, early(&invite, "b", "", "7002")), pair("b", ""));
    assert_eq!(told(&mut house, early(&invite, "d", "sendonly", "7006")), pair("d", "7006"));
}

#[test]
fn r39_the_branch_that_answers_makes_the_dialog_whoever_was_heard_early() {
    let mut house = House::new();
    let invite = calling(&mut house);
    told(&mut house, early(&invite, "a", "", "7000"));
    told(&mut house, early(&invite, "b", "", "7002"));
    house.hear(CARRIER, accept(&invite, "a", CARRIER, ANSWER));
    let ack = house.request(CARRIER, Method::Ack);
    assert_eq!(ack.to().unwrap().tag(), Some("a"));
    assert!(matches!(house.event(), LegEvent::Answered { body, .. } if body == bytes(ANSWER)));
}

#[test]
fn r03_a_redirection_is_told_and_never_followed() {
    for (to, remote) in [
        (Destination::Trunk { trunk: NGN, number: "09087654321".to_owned() }, CARRIER),
        (Destination::Address(addr(PHONE), "101".to_owned()), PHONE),
    ] {
        let mut house = House::new();
        let leg = house.calls(2, to);
        let invite = house.request(remote, Method::Invite);
        let contact = [("Contact", "<sip:0101900555@198.51.100.1>;q=1.0, <sip:09011112222@203.0.113.66>")];
        house.hear(remote, reply(&invite, 302, "t", &contact, ""));
        house.request(remote, Method::Ack);
        let LegEvent::Rejected { leg: rejected, rejection } = house.event() else { panic!("Rejected") };
        assert_eq!((rejected, rejection.status, rejection.try_next_trunk), (leg, 302, false));
        house.silent();
        house.assert_idle();
    }
}
