//! Notices spoken to phones of a firm (X05): only its own numbers, said three times, confirmed by a key; how each ended, once.

use std::time::Duration;

use endpoint::{Ending, LegEvent, TrunkId};

use super::firms::sakura;
use super::house::{House, MOBILE, SAKURA, SECOND_MOBILE};
use crate::calls::notice::{NOTICES_MAX, PAUSE, RING, TIMES};
use crate::desk::{Command, CommandError, Notice};
use crate::directory::CustomerId;
use crate::media::{self, Prompt};
use crate::{Cap, OutgoingCaps};

const MAYOR: &str = "09055556666";

fn notice(id: &str, number: &str) -> Command {
    let customer = CustomerId(1);
    let (id, number, prompt) = (id.to_owned(), number.to_owned(), Prompt::named("notice/1"));
    Command::NotifyCall(Notice { id, customer, number, prompt, key: '1' })
}

/// A phone that has picked up and hears the notice.
fn spoken() -> House {
    let mut house = House::new();
    house.command(notice("n", "090-1111-2222")).orders(["dial 09011112222 over 1"]).tells([]);
    house.rings(MOBILE).orders([]);
    house.answers(MOBILE).hears(["09011112222 hears notice/1 once"]).media("detect 09011112222 true");
    house
}

#[test]
fn x05_whoever_presses_the_key_has_heard_it() {
    let mut house = spoken();
    house.keys(MOBILE, "5").tells([]);
    house.keys(MOBILE, "1").hears(["09011112222 hears notice-confirmed once"]).tells(["notified n confirmed"]);
    house.keys(MOBILE, "1").tells([]);
    house.prompt_ends(MOBILE, "notice-confirmed", false).orders(["hang up 09011112222"]).tells([]);
    house.everything_is_over();
    assert!(house.records.is_empty() && house.recordings.is_empty(), "it is nobody's call");
}

#[test]
fn x05_it_is_said_three_times_and_a_mailbox_presses_nothing() {
    let mut house = spoken();
    for time in 1..=TIMES {
        house.seconds(8);
        house.prompt_ends(MOBILE, "notice/1", false).orders([]).hears([]);
        if time < TIMES {
            house.after(PAUSE).orders([]).hears(["09011112222 hears notice/1 once"]);
        }
    }
    house.after(PAUSE).orders(["hang up 09011112222"]).tells(["notified n not_confirmed"]);
    house.everything_is_over();
}

#[test]
fn x05_the_key_counts_in_the_pause_too_and_as_info() {
    let mut house = spoken();
    house.prompt_ends(MOBILE, "notice/1", false);
    let leg = house.leg(MOBILE);
    house.on(LegEvent::Digit { leg, digit: '1' }).tells(["notified n confirmed"]);
    // Without a voice for the thanks we hang up all the same.
    house.prompt_ends(MOBILE, "notice-confirmed", true).orders(["hang up 09011112222"]);
    house.everything_is_over();
}

#[test]
fn x05_how_it_ends_is_told_once_whatever_happens() {
    for (status, word) in
        [(486, "busy"), (603, "busy"), (480, "no_answer"), (404, "failed"), (302, "failed"), (503, "failed")]
    {
        let mut house = House::new();
        house.command(notice("n", MOBILE));
        house.rejects(MOBILE, status).tells([&format!("notified n {word}")]);
        house.everything_is_over();
    }
    let mut house = House::new();
    house.command(notice("n", MOBILE));
    house.after(RING).orders(["hang up 09011112222"]).tells(["notified n no_answer"]);
    // Its 200 was on the way.
    house.answers(MOBILE).orders(["hang up 09011112222"]).tells([]);
    house.everything_is_over();
    for how in [Ending::PeerHungUp, Ending::Lost] {
        let mut house = spoken();
        house.ends(MOBILE, how).tells(["notified n not_confirmed"]);
        house.everything_is_over();
    }
    let mut house = spoken();
    house.prompt_ends(MOBILE, "notice/1", true).orders(["hang up 09011112222"]).tells(["notified n failed"]);
    house.everything_is_over();
    let mut house = House::new();
    house.command(notice("n", MOBILE));
    let leg = house.leg(MOBILE);
    house.media(media::Event::LegFailed { leg, why: "address in use".to_owned() }).tells(["notified n failed"]);
    house.everything_is_over();
}

#[test]
fn r32_another_trunk_stands_in_for_one_that_fails() {
    let mut house = House::new();
    house.command(notice("n", MOBILE)).orders(["dial 09011112222 over 1"]);
    house.rejects_by(MOBILE, 503, true).orders(["dial 09011112222 over 2"]).tells([]);
    house.answers(MOBILE).hears(["09011112222 hears notice/1 once"]);
    house.keys(MOBILE, "1").tells(["notified n confirmed"]);
    house.hangs_up(MOBILE).tells([]);
    house.everything_is_over();
}

#[test]
fn r03_only_the_firms_own_numbers_are_called_and_within_its_caps() {
    let mut house = House::with(sakura(|firm| firm.notice_phones = vec!["819055556666".to_owned()]));
    for number in ["0570123456", "09099998888", "+14155550123", "110", ""] {
        house.command(notice("n", number)).orders([]).tells(["alarm toll_fraud"]);
        assert_eq!(house.refused(), CommandError::NotRegistered, "{number}");
    }
    house.command(notice("n", MAYOR)).orders(["dial 09055556666 over 1"]);
    // A phone for notices is no target: nobody is bridged there.
    house.call("A", SAKURA);
    house.answers("hanako");
    let to = Some(MAYOR.to_owned());
    house.transfer_to("A", crate::Transfer { mode: crate::TransferMode::Confirmed, to, urgent: true, reason: None });
    assert_eq!(house.refused(), CommandError::NotRegistered);
    house.command(notice("n", MOBILE)).orders([]);
    assert_eq!(house.refused(), CommandError::NotNow, "the same notice is under way");
    house.hangs_up("A");
    house.rejects(MAYOR, 486);
    house.everything_is_over();

    let caps = OutgoingCaps { calls_max: 1, ..OutgoingCaps::default() };
    let mut house = House::with(|directory| directory.settings.outgoing = caps);
    house.command(notice("n", MOBILE));
    house.command(notice("m", SECOND_MOBILE)).orders([]).tells(["alarm over_limit"]);
    assert_eq!(house.refused(), CommandError::OverLimit(Cap::Calls));
    house.rejects(MOBILE, 486);
    house.everything_is_over();
}

#[test]
fn x05_what_cannot_be_begun_is_refused_and_nothing_is_told() {
    let mut house = House::new();
    for trunk in [1, 2] {
        house.calls.set_trunk(house.now, TrunkId(trunk), false, "");
    }
    house.heard();
    house.command(notice("n", MOBILE)).orders([]).tells([]);
    assert_eq!(house.refused(), CommandError::NoTrunk);

    let caps = OutgoingCaps { calls_max: 1_000, per_minute_max: 600, ..OutgoingCaps::default() };
    let mut house = House::with(|directory| directory.settings.outgoing = caps);
    for n in 0..NOTICES_MAX {
        house.command(notice(&format!("{n}"), MOBILE)).orders(["dial 09011112222 over 1"]);
    }
    house.command(notice("one more", MOBILE)).orders([]).tells([]);
    assert_eq!(house.refused(), CommandError::NotNow);
    house.after(RING);
    house.everything_is_over();
    house.calls.drain(house.now);
    house.command(notice("n", MOBILE)).orders([]);
    assert_eq!(house.refused(), CommandError::NotNow, "the house is closing");
    assert!(house.elapsed() > Duration::ZERO);
}
