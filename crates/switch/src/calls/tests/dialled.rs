//! Operators who log in and out, and change their state, by a code that they dial from their own phone.

use endpoint::Ending;

use super::house::{House, SAKURA};
use crate::media;

#[test]
fn an_operators_phone_dials_its_state_and_is_told() {
    for (code, said, state) in [
        ("*92", "state/not-ready", "NotReady { reason: \"\" }"),
        ("*91", "state/ready", "Ready"),
        ("*93", "state/logged-out", "LoggedOut"),
    ] {
        let mut house = House::new();
        let told: Vec<String> = if code == "*91" { Vec::new() } else { vec![format!("operator 1 {}", word(state))] };
        let heard = house.dials("phone", 1, code);
        heard.orders(["200 phone"]).hears([&format!("phone hears {said} once")]);
        assert_eq!(house.operator_state(1), state);
        assert_eq!(heard.tells_of(), told);
        house.prompt_ends("phone", said, false).orders(["hang up phone"]).media("close phone");
        house.everything_is_over();
        assert!(house.records.is_empty() && house.recordings.is_empty(), "it is nobody's call");
    }
}

fn word(state: &str) -> &'static str {
    if state.starts_with("NotReady") { "not_ready" } else { "logged_out" }
}

#[test]
fn without_a_voice_a_tone_says_so() {
    let mut house = House::new();
    house.dials("phone", 1, "*92");
    house.prompt_ends("phone", "state/not-ready", true).hears(["phone hears beep once"]).orders([]);
    house.prompt_ends("phone", "beep", false).orders(["hang up phone"]);
    house.everything_is_over();
}

#[test]
fn w04_a_phone_that_hears_nothing_is_hung_up_on_all_the_same() {
    let mut house = House::new();
    house.dials("phone", 1, "*92");
    house.seconds(9).orders([]);
    house.seconds(1).orders(["hang up phone"]);
    house.everything_is_over();
    // One that hangs up first, and one whose port could not be bound.
    house.dials("phone", 1, "*91");
    house.ends("phone", Ending::PeerHungUp).orders([]).media("close phone");
    house.everything_is_over();
    house.dials("phone", 1, "*92");
    let leg = house.leg("phone");
    house.media(media::Event::LegFailed { leg, why: "in use".to_owned() }).orders(["hang up phone"]);
    house.everything_is_over();
    assert_eq!(house.operator_state(1), "NotReady { reason: \"\" }");
}

#[test]
fn a_state_that_is_dialled_during_a_talk_comes_after_it() {
    let mut house = House::talk("A");
    house.dials("phone", 1, "*93").orders(["200 phone"]);
    house.prompt_ends("phone", "state/logged-out", false);
    house.hangs_up("A");
    house.everything_is_over();
    assert_eq!(house.operator_state(1), "LoggedOut");
}

#[test]
fn a_phone_that_becomes_ready_gets_who_waits() {
    let mut house = House::new();
    for id in 1..=3 {
        let name = format!("phone {id}");
        house.dials(&name, id, "*92");
        house.hangs_up(&name);
    }
    house.call("A", SAKURA).orders(["180 A"]);
    house.dials("phone", 2, "*91").orders(["200 phone", "ring taro: さくら歯科 <09099998888>"]);
    house.hangs_up("phone");
    house.answers("taro");
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r03_other_codes_are_nothing() {
    let mut house = House::new();
    house.dials("phone", 1, "*94").orders(["404 phone"]);
    house.dials("phone", 1, "110").orders(["403 phone"]);
    house.everything_is_over();
}
