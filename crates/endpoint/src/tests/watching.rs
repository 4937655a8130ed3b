//! What watchers see: busy lamps and presence, read back by an XML parser that is not ours.

use super::subscribing::{Watcher, body};
use super::*;

/// Every `<dialog>`: state, direction, identity of the other party with its display name.
fn dialogs(notify: &Message) -> Vec<(String, String, String, String)> {
    let text = body(notify);
    let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().namespace(), Some("urn:ietf:params:xml:ns:dialog-info"));
    assert_eq!((root.attribute("state"), root.attribute("entity")), (Some("full"), Some("sip:101@denwaban.test")));
    let find = |node: roxmltree::Node<'_, '_>, path: &[&str]| {
        path.iter().try_fold(node, |node, name| node.children().find(|child| child.tag_name().name() == *name)).map(
            |node| {
                (node.text().unwrap_or_default().to_owned(), node.attribute("display").unwrap_or_default().to_owned())
            },
        )
    };
    let each = root.children().filter(|node| node.is_element()).map(|dialog| {
        let (party, display) = find(dialog, &["remote", "identity"]).unwrap_or_default();
        let stage = find(dialog, &["state"]).unwrap().0;
        (stage, dialog.attribute("direction").unwrap().to_owned(), party, display)
    });
    each.collect()
}

fn attribute(notify: &Message, name: &str) -> Option<String> {
    let text = body(notify);
    let document = roxmltree::Document::parse(&text).unwrap();
    let dialog = document.root_element().children().find(|node| node.is_element())?;
    dialog.attribute(name).map(str::to_owned)
}

fn version(notify: &Message) -> u32 {
    let text = body(notify);
    roxmltree::Document::parse(&text).unwrap().root_element().attribute("version").unwrap().parse().unwrap()
}

fn lamp() -> (House, Watcher) {
    let mut house = House::new();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5:5060>");
    let mut watcher = Watcher::new(udp(TABLET), "102", "101", "dialog");
    let first = watcher.watch(&mut house, 600);
    assert_eq!((dialogs(&first), version(&first)), (Vec::new(), 0));
    watcher.answer(&mut house, &first, 200);
    house.after(seconds(2));
    (house, watcher)
}

fn call(house: &mut House, display: &str, withheld: bool) -> LegId {
    let leg = LegId(2);
    let invite = House::invite(leg, Destination::Account(HANAKO));
    house.order(Order::Invite(Invite { display: display.to_owned(), withheld, ..invite }));
    leg
}

#[test]
fn a_lamp_follows_a_call_from_its_first_ring_to_its_end() {
    let (mut house, mut watcher) = lamp();
    let leg = call(&mut house, "さくら歯科", false);
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, reply(&invite, 100, "", &[], ""));
    let seen = |stage: &str| {
        let (direction, party) = ("recipient".to_owned(), "sip:09012345678@denwaban.test".to_owned());
        vec![(stage.to_owned(), direction, party, "さくら歯科".to_owned())]
    };
    let trying = watcher.told(&mut house);
    assert_eq!((dialogs(&trying), version(&trying)), (seen("trying"), 1));
    house.after(seconds(2));
    house.hear(PHONE, reply(&invite, 180, "t", &[], ""));
    assert_eq!(dialogs(&watcher.told(&mut house)), seen("early"));
    house.after(seconds(2));
    house.hear(PHONE, accept(&invite, "t", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    let confirmed = watcher.told(&mut house);
    assert_eq!(dialogs(&confirmed), seen("confirmed"));
    // What names the dialog is nothing for a colleague.
    for name in ["call-id", "local-tag", "remote-tag"] {
        assert_eq!(attribute(&confirmed, name), None, "{name}");
    }
    assert!(!body(&confirmed).contains(invite.call_id().unwrap()));
    assert_eq!(attribute(&confirmed, "id").as_deref(), Some("leg2"));
    house.after(seconds(2));
    house.order(Order::Hangup { leg, reason: None });
    let bye = house.request(PHONE, Method::Bye);
    house.hear(PHONE, reply(&bye, 200, "", &[], ""));
    let ended = watcher.told(&mut house);
    assert_eq!((dialogs(&ended), version(&ended)), (seen("terminated"), 4));
    // Once: after that it was never there.
    house.after(seconds(2));
    watcher.ask(&mut house, "Expires: 600\r\n");
    assert_eq!(dialogs(&watcher.told(&mut house)), []);
    house.events.clear();
    house.assert_idle();
}

#[test]
fn r04_the_names_of_a_dialog_are_told_to_its_own_operator_alone() {
    let mut house = House::new();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5:5060>");
    call(&mut house, "さくら歯科", false);
    let invite = house.request(PHONE, Method::Invite);
    house.hear(PHONE, accept(&invite, "t", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    let mut own = Watcher::new(udp(PHONE), "101", "101", "dialog");
    let seen = own.watch(&mut house, 600);
    // With these the operator's other phone can name the call in Replaces.
    assert_eq!(attribute(&seen, "call-id").as_deref(), Some(invite.call_id().unwrap()));
    assert_eq!(attribute(&seen, "local-tag").as_deref(), Some("t"));
    assert_eq!(attribute(&seen, "remote-tag").as_deref(), invite.from().unwrap().tag());
    let mut colleague = Watcher::new(udp(TABLET), "102", "101", "dialog");
    let seen = colleague.watch(&mut house, 600);
    assert_eq!((dialogs(&seen).len(), attribute(&seen, "call-id")), (1, None));
    assert_eq!((attribute(&seen, "local-tag"), attribute(&seen, "remote-tag")), (None, None));
}

#[test]
fn a_call_that_the_operator_dials_is_the_operators() {
    let (mut house, mut watcher) = lamp();
    let mut phone = Side::new(PHONE, "101", REALM, "0312345678@192.0.2.1:5060");
    phone.remote = "<sip:0312345678@192.0.2.1:5060>".to_owned();
    let first = phone.request("INVITE", "", OFFER);
    house.hear(PHONE, first.as_str());
    let challenge = house.response(PHONE, 401);
    house.hear(PHONE, ack_of(&first).as_str());
    let authorization = authorize(&challenge, "101", "secret", &Method::Invite, &phone.target);
    let again = phone.request("INVITE", &format!("Authorization: {authorization}\r\n"), OFFER);
    house.hear(PHONE, again.as_str());
    house.response(PHONE, 100);
    let LegEvent::Incoming(incoming) = house.event() else { panic!("Incoming") };
    let seen = |stage: &str| {
        vec![(stage.to_owned(), "initiator".to_owned(), "sip:0312345678@192.0.2.1:5060".to_owned(), String::new())]
    };
    assert_eq!(dialogs(&watcher.told(&mut house)), seen("trying"));
    house.after(seconds(2));
    house.order(Order::Progress { leg: incoming.leg, status: 180, body: None });
    house.response(PHONE, 180);
    assert_eq!(dialogs(&watcher.told(&mut house)), seen("early"));
    house.after(seconds(2));
    house.order(Order::Reject { leg: incoming.leg, status: 403, retry_after: None, reason: None });
    house.response(PHONE, 403);
    house.hear(PHONE, ack_of(&again).as_str());
    assert_eq!(dialogs(&watcher.told(&mut house)), seen("terminated"));
}

#[test]
fn a_caller_who_hides_never_shows_on_a_lamp() {
    let (mut house, mut watcher) = lamp();
    call(&mut house, "さくら歯科", true);
    let notify = watcher.told(&mut house);
    assert!(!String::from_utf8_lossy(notify.bytes()).contains("09012345678"));
    let (_, _, party, display) = dialogs(&notify).remove(0);
    assert_eq!(
        (party.as_str(), display.as_str()),
        ("sip:anonymous@anonymous.invalid", "さくら歯科"),
        "the firm, as on the phone"
    );
}

#[test]
fn r19_names_cannot_leave_their_place_in_the_document() {
    let (mut house, mut watcher) = lamp();
    let evil = "\"/></identity><dialog id=\"x\"><state>confirmed</state></dialog>&amp;\u{0}\u{7}]]><![CDATA[";
    call(&mut house, evil, false);
    let seen = dialogs(&watcher.told(&mut house));
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].3, evil.replace(['\u{0}', '\u{7}'], ""));
}

#[test]
fn a_lamp_that_is_lit_late_shows_the_call_that_is_on() {
    let mut house = House::new();
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5:5060>");
    call(&mut house, "さくら歯科", false);
    house.request(PHONE, Method::Invite);
    let mut watcher = Watcher::new(udp(TABLET), "102", "101", "dialog");
    let first = watcher.watch(&mut house, 600);
    assert_eq!(dialogs(&first).len(), 1);
    watcher.answer(&mut house, &first, 200);
    // And after the last watcher has gone nothing is followed: the next one starts afresh.
    watcher.ask(&mut house, "Expires: 0\r\n");
    watcher.told(&mut house);
    house.order(Order::Hangup { leg: LegId(2), reason: None });
    house.after(seconds(70));
    house.sent.clear();
    let mut watcher = Watcher::new(udp(TABLET), "102", "101", "dialog");
    watcher.side.call_id = "again".to_owned();
    assert_eq!(dialogs(&watcher.watch(&mut house, 600)), []);
}

/// Basic state, activity, note.
fn presence(notify: &Message) -> (String, String, String) {
    let text = body(notify);
    let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().namespace(), Some("urn:ietf:params:xml:ns:pidf"));
    assert_eq!(root.attribute("entity"), Some("sip:101@denwaban.test"));
    let named = |name: &str| document.descendants().find(|node| node.tag_name().name() == name);
    let word = |name: &str| named(name).and_then(|node| node.text()).unwrap_or_default().to_owned();
    let activity = named("activities").and_then(|node| node.first_element_child());
    if let Some(activity) = activity {
        assert_eq!(activity.tag_name().namespace(), Some("urn:ietf:params:xml:ns:pidf:rpid"));
    }
    (word("basic"), activity.map(|node| node.tag_name().name().to_owned()).unwrap_or_default(), word("note"))
}

#[test]
fn presence_says_what_an_operator_does() {
    let mut house = House::new();
    let mut watcher = Watcher::new(udp(TABLET), "102", "101", "presence");
    let seen = |basic: &str, activity: &str, note: &str| (basic.to_owned(), activity.to_owned(), note.to_owned());
    let first = watcher.watch(&mut house, 600);
    assert_eq!(presence(&first), seen("closed", "", ""), "nobody has said anything yet");
    watcher.answer(&mut house, &first, 200);
    let not_ready = |reason: &str| Presence::NotReady { reason: reason.to_owned() };
    for (said, shown) in [
        (Presence::Ready, seen("open", "", "")),
        (Presence::Busy, seen("open", "on-the-phone", "")),
        (Presence::WorkingAfterCall, seen("open", "busy", "")),
        (not_ready("昼食"), seen("open", "meal", "昼食")),
        (not_ready("Lunch"), seen("open", "meal", "Lunch")),
        (not_ready("</note><basic>closed</basic>"), seen("open", "away", "</note><basic>closed</basic>")),
        (not_ready(""), seen("open", "away", "")),
        (Presence::LoggedOut, seen("closed", "", "")),
    ] {
        house.after(seconds(6));
        house.endpoint.set_presence(house.now, HANAKO, said.clone());
        house.drain();
        assert_eq!(presence(&watcher.told(&mut house)), shown, "{said:?}");
    }
    // Who is no operator has no presence, and leaves none.
    house.endpoint.set_presence(house.now, AccountId(99), Presence::Ready);
    house.drain();
    house.silent();
}
