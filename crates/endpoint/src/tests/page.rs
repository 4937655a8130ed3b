//! A telephone in an operator's page: its stream is vouched for, and it may begin anew in the middle of a call.

use super::*;

fn page(connection: u64) -> Flow {
    Flow { protocol: Protocol::Wss, ..tcp(PHONE, connection) }
}

fn contact(instance: u32) -> String {
    format!("Contact: <sip:x@y.invalid;transport=ws>;+sip.instance=\"<urn:uuid:{instance}>\"\r\nExpires: 600\r\n")
}

/// Says this over the flow in this user's name; gives the status of the answer.
fn says(house: &mut House, flow: Flow, user: &str, method: &str, extra: &str) -> u16 {
    let mut side = Side::new(&flow.remote.to_string(), user, REALM, REALM);
    side.call_id = format!("{user}-{method}-{}-{}", flow.connection.0, extra.len());
    side.transport = "WSS";
    let body = if method == "INVITE" { OFFER } else { "" };
    let request = side.request(method, extra, body);
    house.hear_flow(flow, request.as_str());
    house.to(PHONE).status().unwrap()
}

#[test]
fn a_vouched_stream_is_its_operators_and_nobody_elses() {
    let mut house = House::new();
    house.endpoint.flow_vouched(house.now, page(1), HANAKO);
    assert_eq!(says(&mut house, page(1), "101", "REGISTER", &contact(1)), 200);
    assert_eq!(house.endpoint.bindings(HANAKO).len(), 1);
    // In another's name: no challenge, because no password helps there.
    assert_eq!(says(&mut house, page(1), "102", "REGISTER", &contact(2)), 403);
    assert_eq!(says(&mut house, page(1), "102", "SUBSCRIBE", "Event: presence\r\n"), 403);
    assert_eq!(says(&mut house, page(1), "102", "INVITE", ""), 403);
    // Hanako as the sender, somebody else to be registered.
    let mut side = Side::new(PHONE, "101", REALM, REALM);
    side.remote = format!("<sip:102@{REALM}>");
    let request = side.request("REGISTER", &contact(3), "");
    house.hear_flow(page(1), request.as_str());
    assert_eq!(house.response(PHONE, 403).status(), Some(403));
    assert!(house.endpoint.bindings(TARO).is_empty());
    // Over another stream from the same address everybody proves who they are, and so does this one when it is gone.
    assert_eq!(says(&mut house, page(2), "101", "REGISTER", &contact(4)), 401);
    house.endpoint.flow_closed(house.now, page(1));
    house.drain();
    assert!(house.endpoint.bindings(HANAKO).is_empty());
    assert_eq!(says(&mut house, page(1), "101", "REGISTER", &contact(5)), 401);
}

#[test]
fn an_operator_who_is_no_more_has_no_telephone() {
    let mut house = House::new();
    house.endpoint.flow_vouched(house.now, page(1), HANAKO);
    assert_eq!(says(&mut house, page(1), "101", "REGISTER", &contact(1)), 200);
    house.endpoint.set_accounts(house.now, vec![account(TARO, "102")]);
    house.drain();
    assert!(house.endpoint.bindings(HANAKO).is_empty());
    assert_eq!(says(&mut house, page(1), "101", "REGISTER", &contact(2)), 403);
}

/// Hanako's page talks; its socket closes, and a page registers over another one.
fn comes_back(instance: u32) -> (House, LegId) {
    let mut house = House::new();
    house.endpoint.flow_vouched(house.now, page(1), HANAKO);
    assert_eq!(says(&mut house, page(1), "101", "REGISTER", &contact(1)), 200);
    let leg = house.calls(2, Destination::Account(HANAKO));
    let (flow, invite) = house.sent.pop_front().unwrap();
    house.hear_flow(flow, accept(&invite, "t", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    assert!(matches!(house.event(), LegEvent::Answered { .. }));
    house.endpoint.flow_closed(house.now, page(1));
    house.drain();
    house.endpoint.flow_vouched(house.now, page(2), HANAKO);
    house.other.clear();
    assert_eq!(says(&mut house, page(2), "101", "REGISTER", &contact(instance)), 200);
    (house, leg)
}

#[test]
fn r29_a_page_that_has_lost_its_connection_goes_on_with_its_call_over_the_next() {
    let (mut house, leg) = comes_back(1);
    assert!(house.events.is_empty(), "{:?}", house.events);
    house.order(Order::Hangup { leg, reason: None });
    let (flow, bye) = house.sent.pop_front().unwrap();
    assert_eq!((flow, bye.method()), (page(2), Method::Bye));
}

#[test]
fn r31_a_page_that_was_loaded_again_has_forgotten_its_call_and_that_is_known_when_it_registers() {
    let (mut house, leg) = comes_back(2);
    let registered = Output::Binding(BindingEvent { account: HANAKO, contacts: 1 });
    assert_eq!(house.other.pop_front(), Some(registered), "it can be called by then");
    assert_eq!(house.event(), LegEvent::Ended { leg, how: Ending::Forgotten, cause: None });
    house.silent();
    house.assert_idle();
}

#[test]
fn r29_a_second_page_that_registers_again_ends_no_call_of_the_first() {
    let mut house = House::new();
    house.endpoint.flow_vouched(house.now, page(1), HANAKO);
    assert_eq!(says(&mut house, page(1), "101", "REGISTER", &contact(1)), 200);
    let leg = house.calls(2, Destination::Account(HANAKO));
    let (flow, invite) = house.sent.pop_front().unwrap();
    house.hear_flow(flow, accept(&invite, "t", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    assert!(matches!(house.event(), LegEvent::Answered { .. }));
    // Another page was there before the first lost its connection.
    house.endpoint.flow_vouched(house.now, page(2), HANAKO);
    assert_eq!(says(&mut house, page(2), "101", "REGISTER", &contact(2)), 200);
    house.endpoint.flow_closed(house.now, page(1));
    house.drain();
    assert_eq!(says(&mut house, page(2), "101", "REGISTER", &format!("{}X-Again: 1\r\n", contact(2))), 200);
    assert!(house.events.is_empty(), "{:?}", house.events);
    // The first comes back to its call.
    house.endpoint.flow_vouched(house.now, page(3), HANAKO);
    assert_eq!(says(&mut house, page(3), "101", "REGISTER", &contact(1)), 200);
    house.order(Order::Hangup { leg, reason: None });
    let (flow, bye) = house.sent.pop_front().unwrap();
    assert_eq!((flow, bye.method()), (page(3), Method::Bye));
}

/// Hanako's page talks: its leg, and its side of the dialog.
fn talks() -> (House, LegId, Side) {
    let mut house = House::new();
    house.endpoint.flow_vouched(house.now, page(1), HANAKO);
    assert_eq!(says(&mut house, page(1), "101", "REGISTER", &contact(1)), 200);
    let leg = house.calls(2, Destination::Account(HANAKO));
    let (flow, invite) = house.sent.pop_front().unwrap();
    house.hear_flow(flow, accept(&invite, "t", PHONE, ANSWER));
    house.request(PHONE, Method::Ack);
    assert!(matches!(house.event(), LegEvent::Answered { .. }));
    house.other.clear();
    (house, leg, Side { transport: "WSS", ..Side::callee(PHONE, &invite, "t") })
}

/// The same, and then the time of the login is over.
fn talks_after_the_login() -> (House, LegId) {
    let (mut house, leg, _) = talks();
    house.endpoint.flow_lapsed(house.now, page(1));
    house.drain();
    (house, leg)
}

#[test]
fn a_talk_that_outlives_the_login_is_passed_on_to_nobody() {
    const REFER_TO: &str = "Refer-To: <sip:09099999999@denwaban.test>\r\n";
    let (mut house, _, mut phone) = talks();
    house.hear_flow(page(1), phone.request("REFER", REFER_TO, "").as_str());
    assert!(matches!(house.event(), LegEvent::Refer { .. }), "as long as the login is good");
    let (mut house, _, mut phone) = talks();
    house.endpoint.flow_lapsed(house.now, page(1));
    house.drain();
    house.hear_flow(page(1), phone.request("REFER", REFER_TO, "").as_str());
    assert_eq!(house.to(PHONE).status(), Some(403));
    house.hear_flow(page(1), phone.request("OPTIONS", "", "").as_str());
    assert_eq!(house.to(PHONE).status(), Some(200), "the talk goes on");
    assert!(house.events.is_empty(), "{:?}", house.events);
}

const SPENT: fn() -> Output = || Output::Spent { flow: page(1) };

#[test]
fn a_talk_outlives_the_login_and_nothing_else_begins_over_its_stream() {
    let (mut house, leg) = talks_after_the_login();
    let gone = Output::Binding(BindingEvent { account: HANAKO, contacts: 0 });
    assert_eq!(house.other.drain(..).collect::<Vec<_>>(), [gone], "it is not called any more");
    assert!(house.events.is_empty(), "the talk goes on: {:?}", house.events);
    assert_eq!(says(&mut house, page(1), "101", "REGISTER", &contact(2)), 403);
    assert_eq!(says(&mut house, page(1), "101", "SUBSCRIBE", "Event: presence\r\n"), 403);
    assert_eq!(says(&mut house, page(1), "101", "INVITE", ""), 403);
    assert!(house.endpoint.bindings(HANAKO).is_empty());
    // Told again, it is the same; and the call's own requests go there still.
    house.endpoint.flow_lapsed(house.now, page(1));
    house.drain();
    assert!(house.other.is_empty(), "{:?}", house.other);
    house.order(Order::Hangup { leg, reason: None });
    let (flow, bye) = house.sent.pop_front().unwrap();
    assert_eq!((flow, bye.method()), (page(1), Method::Bye));
    assert!(!house.other.contains(&SPENT()), "the page has not heard that it is over");
    house.hear_flow(flow, reply(&bye, 200, "", &[], ""));
    assert!(house.other.contains(&SPENT()), "{:?}", house.other);
}

#[test]
fn a_stream_on_which_nobody_talks_is_spent_at_once_and_one_that_nobody_vouched_for_never() {
    let mut house = House::new();
    house.endpoint.flow_lapsed(house.now, page(1));
    house.drain();
    assert!(house.other.is_empty());
    house.endpoint.flow_vouched(house.now, page(1), HANAKO);
    house.endpoint.flow_lapsed(house.now, page(1));
    house.drain();
    assert_eq!(house.other.drain(..).collect::<Vec<_>>(), [SPENT()]);
    // It is closed, and the next login has its own.
    house.endpoint.flow_closed(house.now, page(1));
    house.endpoint.flow_vouched(house.now, page(2), HANAKO);
    assert_eq!(says(&mut house, page(2), "101", "REGISTER", &contact(1)), 200);
}

#[test]
fn r29_a_talk_that_outlives_the_login_goes_on_over_the_stream_of_the_next_one() {
    let (mut house, leg) = talks_after_the_login();
    house.endpoint.flow_closed(house.now, page(1));
    house.drain();
    house.endpoint.flow_vouched(house.now, page(2), HANAKO);
    assert_eq!(says(&mut house, page(2), "101", "REGISTER", &contact(1)), 200);
    assert!(house.events.is_empty(), "{:?}", house.events);
    house.order(Order::Hangup { leg, reason: None });
    let (flow, bye) = house.sent.pop_front().unwrap();
    assert_eq!((flow, bye.method()), (page(2), Method::Bye));
}
