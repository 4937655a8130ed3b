//! Circles (R36), and what callers ask of their privacy (RFC 3323).

use super::*;

fn invite(extra: &str) -> String {
    let mut caller = Side::new(CARRIER, "09012345678", "carrier.test", "192.0.2.1:5060");
    caller.request("INVITE", extra, OFFER)
}

fn incoming(extra: &str) -> Incoming {
    let mut house = House::new();
    house.hear(CARRIER, invite(extra).as_str());
    house.response(CARRIER, 100);
    let LegEvent::Incoming(incoming) = house.event() else { panic!("Incoming") };
    *incoming
}

#[test]
fn r36_a_call_of_ours_that_comes_back_is_a_loop() {
    let mut house = House::new();
    house.calls(2, Destination::Trunk { trunk: NGN, number: "09087654321".to_owned() });
    let ours = text(&house.request(CARRIER, Method::Invite), Name::Via);
    house.hear(CARRIER, invite(&format!("Via: {ours}\r\n")).as_str());
    house.response(CARRIER, 482);
    house.silent();
    // Another's Via, also one with a branch like ours, is none.
    for via in
        ["SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK0123456789abcdef", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1"]
    {
        incoming(&format!("Via: {via}\r\n"));
    }
}

#[test]
fn r36_nobody_gives_our_calls_more_hops_than_the_rfc() {
    let with = |hops: &str| invite("").replace("Max-Forwards: 70", &format!("Max-Forwards: {hops}"));
    for (said, understood) in [("255", 70), ("70", 70), ("9", 9), ("4000000000", 70)] {
        let mut house = House::new();
        house.hear(CARRIER, with(said).as_str());
        house.response(CARRIER, 100);
        let LegEvent::Incoming(incoming) = house.event() else { panic!("Incoming") };
        assert_eq!(incoming.max_forwards, understood, "{said}");
    }
}

#[test]
fn r36_every_way_to_say_how_often_a_call_was_diverted_is_counted() {
    let table = [
        ("", 0),
        ("Diversion: <tel:1>\r\n", 1),
        ("Diversion: <tel:1>;counter=2, <tel:2>;reason=unconditional\r\n", 3),
        ("Diversion: <tel:1>;counter=\"4\"\r\n", 4),
        ("Diversion: <tel:1>;counter=99999999999999999999\r\n", 255),
        ("Diversion: <tel:1>;counter=-3\r\n", 1),
        ("Diversion: <tel:1\r\nDiversion: <tel:2>;counter=x\r\n", 2),
        ("History-Info: <tel:1>;index=1\r\n", 0),
        ("History-Info: <tel:1>;index=1, <tel:2>;index=1.1\r\n", 1),
        ("History-Info: <tel:2>;index=1.1.1.1.1.1.1\r\n", 6),
        ("History-Info: <tel:2>;index=1.1.1\r\nDiversion: <tel:1>\r\n", 2),
    ];
    for (extra, count) in table {
        assert_eq!(incoming(extra).diversions, count, "{extra}");
    }
    assert_eq!(incoming(&format!("History-Info: <tel:2>;index={}1\r\n", "1.".repeat(2_000))).diversions, 15);
}

#[test]
fn rfc_3323_what_privacy_says_is_read_right() {
    let table = [
        ("", false),
        ("Privacy: id\r\n", true),
        ("Privacy: user;header\r\n", true),
        ("Privacy: session\r\n", true),
        ("Privacy: none\r\n", false),
        ("Privacy: none;id\r\n", false),
        ("Privacy: id;critical\r\n", true),
        ("Privacy: history\r\n", false),
        ("Privacy: later\r\n", false),
    ];
    for (extra, hides) in table {
        assert_eq!(incoming(extra).privacy, hides, "{extra}");
    }
}

#[test]
fn rfc_3323_a_privacy_that_is_critical_and_unknown_is_refused() {
    let mut house = House::new();
    house.hear(CARRIER, invite("Privacy: id; Invisible ;critical\r\n").as_str());
    house.response(CARRIER, 500);
    house.silent();
}
