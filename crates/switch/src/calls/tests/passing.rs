//! On to the mobile, with a net (F44–F47, X08).

use endpoint::Ending;

use super::firms::sakura;
use super::house::{House, MOBILE, SAKURA, SECOND_MOBILE};
use crate::board::Effect;
use crate::desk::{Command, CommandError, Transfer, TransferMode};
use crate::directory::TransferPolicy;
use crate::io::Event;
use crate::media;
use crate::record::{CallState, Tried, why_not_reached};
use crate::{Cap, OutgoingCaps};
use TransferMode::{Attended, Confirmed};

#[test]
fn f44_the_operator_announces_then_joins_and_leaves() {
    let mut house = House::talk("A");
    let call = house.call_id("A");
    house
        .transfer("A", Attended)
        .orders(["dial 09011112222 over 1"])
        .hears(["A hears hold-music", "hanako hears ringback"])
        .tells(["target_called 819011112222", "transfer attended"]);
    assert_eq!(house.state("A"), CallState::Held);
    house.rings(MOBILE).orders([]).tells(["target_ringing 819011112222"]);
    house
        .answers(MOBILE)
        .orders([])
        .hears(["hanako hears 09011112222", "09011112222 hears hanako"])
        .tells(["target_answered 819011112222"]);
    house.seconds(8);
    house
        .command(Command::CompleteTransfer { call })
        .orders(["hang up hanako"])
        .hears(["A hears 09011112222", "09011112222 hears A"])
        .tells(["bridged 819011112222", "operator 1 working_after_call"])
        .no_media("stop recording");
    assert_eq!(house.state("A"), CallState::Established);
    house.catch_up();
    house.seconds(30);
    house.hangs_up(MOBILE).orders(["hang up A"]).tells(["ended target_hung_up"]);
    house.everything_is_over();
    let record = house.record("A");
    assert_eq!(
        record.recording.as_ref().map(|recording| recording.samples),
        Some(48_000 * 8),
        "one file, from our 200 to the end"
    );
    assert_eq!(record.bridged_ms.zip(record.answered_ms).map(|(bridged, answered)| bridged - answered), Some(18_000));
    assert_eq!(record.legs.iter().map(|leg| leg.role.as_str()).collect::<Vec<_>>(), ["caller", "operator", "target"]);
}

#[test]
fn f42_a_transfer_that_fails_says_who_was_tried_and_why_in_words_for_the_report() {
    let mut house = House::talk("A");
    house.transfer("A", Confirmed);
    house.rejects(MOBILE, 486);
    house.answers(SECOND_MOBILE);
    let call = house.call_id("A").to_string();
    let mut failed = Vec::new();
    house.calls.handle_timeout(house.now + std::time::Duration::from_secs(15));
    while let Some(effect) = house.calls.poll_effect() {
        if let Effect::Event(Event::TransferFailed { call, number, name, why, tried }) = effect {
            failed.push((call, number, name, why, tried));
        }
    }
    let tried = |name: &str, number: &str, why: &str| Tried {
        name: name.to_owned(),
        number: number.to_owned(),
        why: why.to_owned(),
    };
    let all = vec![tried("院長", "819011112222", "busy"), tried("受付", "818033334444", "not_confirmed")];
    let [number, name, why] = ["818033334444", "受付", "not_confirmed"].map(str::to_owned);
    assert_eq!(failed, [(call, number, name, why, all)]);
    for why in ["busy", "no_answer", "rejected", "redirected", "unreachable", "not_confirmed", "hung_up", "over_limit"]
    {
        assert!(why_not_reached(why).iter().all(|words| !words.is_empty()));
    }
    assert_eq!(why_not_reached("busy"), ["話し中でした", "the line was busy"]);
}

#[test]
fn f44_a_snapshot_says_whom_it_rings() {
    let mut house = House::talk("A");
    let rung = |house: &House| house.calls.snapshot(house.now).calls[0].target.clone();
    assert_eq!(rung(&house), "");
    house.transfer("A", Attended);
    assert_eq!(rung(&house), "院長");
    house.rejects(MOBILE, 486);
    assert_eq!(rung(&house), "受付");
    let call = house.call_id("A");
    house.command(Command::CancelTransfer { call });
    assert_eq!(rung(&house), "");
    // The cancelled phone's 200 was on its way.
    house.answers(SECOND_MOBILE);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn f44_the_operator_takes_the_caller_back() {
    for is_answered in [false, true] {
        let mut house = House::talk("A");
        let call = house.call_id("A");
        house.transfer("A", Attended);
        if is_answered {
            house.answers(MOBILE);
        }
        house
            .command(Command::CancelTransfer { call })
            .orders(["hang up 09011112222"])
            .hears(["A hears hanako", "hanako hears A"])
            .tells(["transfer_cancelled"]);
        // The cancelled phone's 200 was on its way.
        house.answers(MOBILE).orders(["hang up 09011112222"]).hears([]);
        assert_eq!(house.state("A"), CallState::Established);
        house.hangs_up("A");
        house.everything_is_over();
    }
}

#[test]
fn f44_an_operator_who_hangs_up_after_announcing_has_joined_them() {
    let mut house = House::talk("A");
    house.transfer("A", Attended);
    house.answers(MOBILE);
    house.hangs_up("hanako").orders([]).hears(["A hears 09011112222", "09011112222 hears A"]);
    house.hangs_up("A").orders(["hang up 09011112222"]);
    house.everything_is_over();
}

#[test]
fn f46_an_operator_who_leaves_while_it_rings_leaves_it_to_the_key_1() {
    let mut house = House::talk("A");
    let call = house.call_id("A");
    house.transfer("A", Attended);
    house.rings(MOBILE);
    house
        .command(Command::CompleteTransfer { call })
        .orders(["hang up hanako"])
        .tells(["handed_over", "operator 1 working_after_call"]);
    house.answers(MOBILE).hears(["09011112222 hears customer/1/confirm"]).media("detect 09011112222 true");
    house.keys(MOBILE, "9").hears([]);
    house.keys(MOBILE, "1").hears(["A hears 09011112222", "09011112222 hears A"]).tells(["bridged 819011112222"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn f46_busy_rejected_silent_or_unreachable_the_caller_is_back_with_the_operator() {
    for (status, why) in
        [(486, "busy"), (603, "rejected"), (480, "no_answer"), (404, "unreachable"), (503, "unreachable")]
    {
        let mut house = House::with(sakura(|customer| customer.targets.truncate(1)));
        house = House::talk_in(house, "A");
        house.transfer("A", Attended);
        house
            .rejects(MOBILE, status)
            .orders([])
            .hears(["A hears hanako", "hanako hears A"])
            .tells([&*format!("target_failed {why}"), &*format!("transfer failed 819011112222 {why}")]);
        house.hangs_up("A");
        house.everything_is_over();
    }
}

#[test]
fn f47_targets_ring_in_order_each_for_its_time() {
    let mut house = House::talk("A");
    house.transfer("A", Confirmed);
    house.rings(MOBILE);
    house.seconds(19).orders([]);
    house.seconds(1).orders(["hang up 09011112222", "dial 08033334444 over 1"]);
    house.catch_up();
    house.rings(SECOND_MOBILE);
    house
        .seconds(20)
        .orders(["hang up 08033334444"])
        .hears(["A hears hanako", "hanako hears A"])
        .tells(["target_failed no_answer", "transfer failed 818033334444 no_answer"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn f46_a_mailbox_does_not_swallow_the_caller() {
    let mut house = House::talk("A");
    house
        .transfer("A", Confirmed)
        .orders(["dial 09011112222 over 1"])
        .hears(["A hears hold-music", "hanako hears ringback"]);
    house.answers(MOBILE).hears(["hanako hears silence", "09011112222 hears customer/1/confirm"]);
    house.seconds(14).orders([]);
    house.seconds(1).orders(["hang up 09011112222", "dial 08033334444 over 1"]).hears(["hanako hears ringback"]);
    house.answers(SECOND_MOBILE);
    // Hangs up without pressing 1.
    house
        .hangs_up(SECOND_MOBILE)
        .orders([])
        .hears(["A hears hanako", "hanako hears A"])
        .tells(["target_failed not_confirmed", "transfer failed 818033334444 not_confirmed"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn f46_early_media_is_no_answer() {
    let mut house = House::talk("A");
    house.transfer("A", Confirmed);
    let leg = house.leg(MOBILE);
    let body = Some(super::house::sdp(30_000, "sendrecv"));
    house.on(endpoint::LegEvent::Progress { leg, dialog: String::new(), status: 183, body }).hears([]);
    house.rejects(MOBILE, 480).orders(["dial 08033334444 over 1"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn f44_an_operator_who_waits_hears_what_is_said_before_the_answer_once_there_is_something() {
    let mut house = House::talk("A");
    house.transfer("A", Attended).hears(["A hears hold-music", "hanako hears ringback"]);
    let leg = house.leg(MOBILE);
    let early = |port| Some(super::house::sdp(port, "sendrecv"));
    let progress = |port| endpoint::LegEvent::Progress { leg, dialog: "t".to_owned(), status: 183, body: early(port) };
    house.on(progress(30_000)).media("negotiated 09011112222 send=true receive=true").hears([]);
    let at = house.now;
    house.media(crate::media::Event::FirstPacket { leg, at }).hears(["hanako hears 09011112222"]);
    // Another branch speaks: the offer is still open.
    house.on(progress(31_000)).media("negotiated 09011112222 send=true receive=true").hears([]);
    // "Out of coverage": nobody has answered.
    house.rejects(MOBILE, 480).orders(["dial 08033334444 over 1"]).hears(["hanako hears ringback"]);
    let leg = house.leg(SECOND_MOBILE);
    house.on(endpoint::LegEvent::Progress { leg, dialog: "t".to_owned(), status: 183, body: early(30_000) });
    house.media(crate::media::Event::FirstPacket { leg, at }).hears(["hanako hears 08033334444"]);
    house.answers(SECOND_MOBILE).hears(["08033334444 hears hanako"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r31_a_person_who_is_lost_leaves_the_caller_at_the_head_of_the_queue() {
    for how in [Ending::Lost, Ending::SessionExpired] {
        let mut house = House::talk("A");
        house.transfer("A", Attended);
        house.answers(MOBILE);
        house.hangs_up("hanako").hears(["A hears 09011112222", "09011112222 hears A"]);
        house.ends(MOBILE, how).orders(["ring taro: さくら歯科 <09099998888>"]).hears(["A hears hold-music"]);
        house.answers("taro").orders([]).hears(["A hears taro", "taro hears A"]);
        house.hangs_up("A").orders(["hang up taro"]);
        house.everything_is_over();
        assert_eq!(house.recordings.len(), 1, "one visit, one recording");
        assert_eq!(house.record("A").bridged_ms, None, "an operator had the caller to the end");
    }
}

#[test]
fn r03_a_phone_that_is_forwarded_elsewhere_is_not_followed() {
    let mut house = House::talk("A");
    house.transfer("A", Attended);
    // The firm's own second number is, whatever the Contact of the 302 says.
    house
        .rejects(MOBILE, 302)
        .orders(["dial 08033334444 over 1"])
        .tells(["target_failed redirected", "target_called 818033334444"]);
    house
        .rejects(SECOND_MOBILE, 302)
        .orders([])
        .tells(["target_failed redirected", "transfer failed 818033334444 redirected"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn x08_with_the_operator_gone_the_caller_comes_to_the_head_of_the_queue_and_hears_music() {
    let mut house = House::talk("A");
    house.transfer("A", Confirmed);
    house.hangs_up("hanako").orders([]).tells(["handed_over", "operator 1 working_after_call"]);
    house.rejects(MOBILE, 486).orders(["dial 08033334444 over 1"]);
    house.rejects(SECOND_MOBILE, 486).orders(["ring taro: さくら歯科 <09099998888>"]).hears([]).tells([
        "target_failed busy",
        "transfer failed 818033334444 busy",
        "queued at_head",
        "operator 2 busy",
        "pop 2 さくら歯科 さくら歯科でございます",
    ]);
    house.answers("taro").orders([]).hears(["A hears taro", "taro hears A"]);
    house.hangs_up("taro").orders(["hang up A"]);
    house.everything_is_over();
    assert_eq!(house.recordings.len(), 1);
}

#[test]
fn r32_a_dead_trunk_is_stood_in_for_and_a_busy_phone_is_not() {
    let mut house = House::talk("A");
    house.transfer("A", Attended);
    house.rejects_by(MOBILE, 503, true).orders(["dial 09011112222 over 2"]);
    house.rejects_by(MOBILE, 408, true).orders(["dial 08033334444 over 1"]);
    house.rejects_by(SECOND_MOBILE, 486, false).orders([]).hears(["A hears hanako", "hanako hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r32_a_trunk_that_went_down_meanwhile_is_passed_over() {
    let mut house = House::talk("A");
    house.transfer("A", Attended).orders(["dial 09011112222 over 1"]);
    house.calls.set_trunk(house.now, endpoint::TrunkId(2), false, "");
    // Another trunk would cost the caller three seconds more of waiting for nothing: the next target, over what is up.
    house.rejects_by(MOBILE, 503, true).orders(["dial 08033334444 over 1"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r32_without_a_trunk_nothing_is_begun() {
    let mut house = House::talk("A");
    house.calls.set_trunk(house.now, endpoint::TrunkId(1), false, "");
    house.transfer("A", Attended).orders(["dial 09011112222 over 2"]);
    let call = house.call_id("A");
    house.command(Command::CancelTransfer { call });
    house.calls.set_trunk(house.now, endpoint::TrunkId(2), false, "");
    house.transfer("A", Attended).orders([]).hears([]);
    assert_eq!(house.refused(), CommandError::NoTrunk);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn the_caller_hangs_up_while_the_mobile_rings() {
    let mut house = House::talk("A");
    house.transfer("A", Attended);
    house.rings(MOBILE);
    house
        .hangs_up("A")
        .orders(["hang up hanako", "hang up 09011112222"])
        .tells(["ended caller_hung_up", "operator 1 working_after_call"]);
    house.answers(MOBILE).orders(["hang up 09011112222"]);
    house.everything_is_over();
}

#[test]
fn the_caller_hangs_up_while_the_mailbox_talks() {
    let mut house = House::talk("A");
    house.transfer("A", Confirmed);
    house.hangs_up("hanako");
    house.answers(MOBILE);
    house.hangs_up("A").orders(["hang up 09011112222"]);
    house.everything_is_over();
}

#[test]
fn a_person_who_does_not_want_the_call_leaves_the_caller_with_the_operator() {
    let mut house = House::talk("A");
    house.transfer("A", Attended);
    house.answers(MOBILE);
    house
        .hangs_up(MOBILE)
        .orders([])
        .hears(["A hears hanako", "hanako hears A"])
        .tells(["transfer failed 819011112222 hung_up"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r31_an_operator_who_dies_during_the_transfer_does_not_take_the_caller_along() {
    let mut house = House::talk("A");
    house.transfer("A", Attended);
    house.ends("hanako", Ending::Lost).orders([]).tells([
        "operator_lost lost",
        "handed_over",
        "operator 1 working_after_call",
    ]);
    house.answers(MOBILE).hears(["09011112222 hears customer/1/confirm"]);
    house.keys(MOBILE, "1").hears(["A hears 09011112222", "09011112222 hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn f45_the_firms_policy_decides() {
    let ask = |policy: TransferPolicy, urgent: bool, reason: Option<&str>| {
        let mut house = House::with(sakura(|customer| customer.transfer = policy));
        house = House::talk_in(house, "A");
        let transfer = Transfer { mode: Attended, to: None, urgent, reason: reason.map(str::to_owned) };
        house.transfer_to("A", transfer);
        house.done.pop().expect("an answer").map(|_| ())
    };
    let forbidden = Err(CommandError::PolicyForbids);
    assert_eq!(ask(TransferPolicy::Always, false, None), Ok(()));
    assert_eq!(ask(TransferPolicy::Never, true, Some("fire")), forbidden);
    assert_eq!(ask(TransferPolicy::UrgentOnly, false, None), forbidden);
    assert_eq!(ask(TransferPolicy::UrgentOnly, false, Some(" ")), forbidden);
    assert_eq!(ask(TransferPolicy::UrgentOnly, true, None), Ok(()));
    assert_eq!(ask(TransferPolicy::UrgentOnly, false, Some("asked for it")), Ok(()));
    assert_eq!(ask(TransferPolicy::ListedCallers(vec!["0312121212".to_owned()]), true, None), forbidden);
    assert_eq!(ask(TransferPolicy::ListedCallers(vec!["090-9999-8888".to_owned()]), false, None), Ok(()));
}

#[test]
fn r03_only_numbers_of_this_firm_can_be_called() {
    let mut house = House::talk("A");
    for number in ["09055556666", "0101234567890", "0570123456", "110", "rubbish", ""] {
        let transfer =
            Transfer { mode: Attended, to: Some(number.to_owned()), urgent: true, reason: Some("x".to_owned()) };
        house.transfer_to("A", transfer).orders([]);
        assert_eq!(house.refused(), CommandError::NotRegistered, "{number}");
        house
            .refers("hanako", number, None)
            .orders(["refer hanako 403"])
            .tells(["transfer_refused not_registered", "alarm toll_fraud"]);
        house.dials("X", 1, number).orders(["403 X"]);
    }
    let transfer = Transfer { mode: Attended, to: Some("+81-80-3333-4444".to_owned()), urgent: false, reason: None };
    house.transfer_to("A", transfer).orders(["dial 08033334444 over 1"]);
    house.refers("A", MOBILE, None).orders(["refer A 403"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r03_a_firm_that_registered_a_number_that_may_not_be_dialled_has_no_target() {
    let mut house = House::with(sakura(|customer| {
        for target in &mut customer.targets {
            "0570123456".clone_into(&mut target.number);
        }
    }));
    house = House::talk_in(house, "A");
    house.transfer("A", Attended).orders([]);
    assert_eq!(house.refused(), CommandError::NoTarget);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn a_blind_refer_is_confirmed_and_tells_the_phone_how_it_goes() {
    let mut house = House::talk("A");
    house.refers("hanako", MOBILE, None).orders(["refer hanako 202", "dial 09011112222 over 1"]);
    house.rings(MOBILE).orders(["notify hanako 180"]);
    house.answers(MOBILE).hears(["hanako hears silence", "09011112222 hears customer/1/confirm"]);
    house
        .keys(MOBILE, "1")
        .orders(["notify hanako 200", "hang up hanako"])
        .hears(["A hears 09011112222", "09011112222 hears A"]);
    house.hangs_up(MOBILE).orders(["hang up A"]);
    house.everything_is_over();
}

#[test]
fn a_blind_refer_that_fails_gives_the_caller_back_to_the_phone() {
    let mut house = House::talk("A");
    house.refers("hanako", MOBILE, None);
    house.rejects(MOBILE, 486).orders(["notify hanako 486"]).hears(["A hears hanako", "hanako hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn a_phone_that_refers_and_hangs_up_at_once_has_handed_over() {
    let mut house = House::talk("A");
    house.refers("hanako", MOBILE, None);
    house.hangs_up("hanako").orders([]);
    house.answers(MOBILE);
    house.keys(MOBILE, "1").orders([]).hears(["A hears 09011112222", "09011112222 hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn an_attended_refer_joins_the_two_calls_of_the_phone() {
    for (on, replaced) in [("hanako", "second"), ("second", "hanako")] {
        let mut house = House::talk("A");
        house.reinvites("hanako", "sendonly");
        house.dials("second", 1, MOBILE).orders(["dial 09011112222 over 1"]).hears([]);
        house.rings(MOBILE).orders(["180 second"]);
        house.answers(MOBILE).orders(["200 second"]).hears(["second hears 09011112222", "09011112222 hears second"]);
        house
            .refers(on, "whatever", Some(replaced))
            .orders([&*format!("refer {on} 202"), &*format!("notify {on} 200"), "hang up second", "hang up hanako"])
            .hears(["A hears 09011112222", "09011112222 hears A"]);
        house.hangs_up("A");
        house.everything_is_over();
    }
}

#[test]
fn a_second_call_that_is_hung_up_leaves_the_caller_with_the_operator() {
    for is_answered in [false, true] {
        let mut house = House::talk("A");
        house.dials("second", 1, MOBILE);
        let how = if is_answered {
            house.answers(MOBILE);
            Ending::PeerHungUp
        } else {
            Ending::Cancelled
        };
        house.ends("second", how).orders(["hang up 09011112222"]).hears(["A hears hanako", "hanako hears A"]);
        house.hangs_up("A");
        house.everything_is_over();
    }
}

#[test]
fn a_second_call_to_a_busy_phone_ends_and_the_first_goes_on() {
    let mut house = House::talk("A");
    house.dials("second", 1, MOBILE);
    house.rejects(MOBILE, 486).orders(["hang up second"]).hears(["A hears hanako", "hanako hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn a_second_call_referred_while_it_rings_must_press_1() {
    let mut house = House::talk("A");
    house.dials("second", 1, MOBILE);
    house.rings(MOBILE);
    house.refers("hanako", "whatever", Some("second")).orders(["refer hanako 202"]);
    house.hangs_up("hanako").orders(["hang up second"]);
    house.answers(MOBILE).hears(["09011112222 hears customer/1/confirm"]);
    house.keys(MOBILE, "1").hears(["A hears 09011112222", "09011112222 hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn feature_codes_transfer_join_and_take_back() {
    let mut house = House::talk("A");
    house.keys("hanako", "*1").orders(["dial 09011112222 over 1"]);
    house.keys("hanako", "*0").orders(["hang up 09011112222"]).hears(["A hears hanako", "hanako hears A"]);
    house.catch_up();
    house.keys("hanako", "*2").orders(["dial 09011112222 over 1"]);
    house.keys("hanako", "*0");
    house.catch_up();
    house.keys("hanako", "*3").tells(["transfer_refused wrong_state"]);
    house.keys("hanako", "*1");
    house.answers(MOBILE);
    house.keys("hanako", "*3").orders(["hang up hanako"]).hears(["A hears 09011112222", "09011112222 hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn f45_a_key_cannot_do_what_the_policy_forbids() {
    let mut house = House::new();
    house.call("A", "0312340000");
    house.answers("hanako");
    house.keys("hanako", "*1").orders([]).tells(["transfer_refused policy"]);
    house.refers("hanako", MOBILE, None).orders(["refer hanako 403"]).tells(["transfer_refused policy"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn a_number_in_no_table_has_nobody_to_be_called() {
    let mut house = House::new();
    house.call("A", "0399990000");
    house.answers("hanako");
    house.transfer("A", Attended).orders([]);
    assert_eq!(house.refused(), CommandError::NoTarget);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn a_transfer_is_asked_for_once() {
    let mut house = House::talk("A");
    house.transfer("A", Attended);
    house.transfer("A", Confirmed).orders([]);
    assert_eq!(house.refused(), CommandError::WrongState(CallState::Held));
    house.call("B", SAKURA);
    house.transfer("B", Attended).orders([]);
    assert_eq!(house.refused(), CommandError::WrongState(CallState::Queued));
    house.hangs_up("A");
    house.ends("B", Ending::Cancelled);
    house.everything_is_over();
}

#[test]
fn f46_a_firm_without_a_spoken_prompt_still_asks_for_the_key() {
    let mut house = House::talk("A");
    house.transfer("A", Confirmed);
    house.answers(MOBILE);
    let leg = house.leg(MOBILE);
    let missing = |name: &str| media::Event::PromptEnded { leg, prompt: media::Prompt::named(name), missing: true };
    house.media(missing("customer/1/confirm")).hears(["09011112222 hears confirm"]);
    house.media(missing("confirm")).hears(["09011112222 hears beep"]);
    house.media(missing("beep")).hears(["09011112222 hears silence"]);
    house.keys(MOBILE, "1").hears(["A hears 09011112222", "09011112222 hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r32_a_trunk_that_asks_to_be_left_alone_is() {
    let mut house = House::talk("A");
    house.transfer("A", Attended);
    let rejection = endpoint::Rejection {
        status: 503,
        phrase: String::new(),
        retry_after: Some(60),
        try_next_trunk: true,
        cause: None,
    };
    let leg = house.leg(MOBILE);
    house.on(endpoint::LegEvent::Rejected { leg, rejection }).orders(["dial 09011112222 over 2"]);
    house.rejects(MOBILE, 486).orders(["dial 08033334444 over 2"]);
    house.rejects(SECOND_MOBILE, 486);
    house.catch_up();
    house.seconds(60);
    house.transfer("A", Attended).orders(["dial 09011112222 over 1"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r03_a_firms_outgoing_calls_are_capped_and_the_operator_is_told() {
    let caps = OutgoingCaps { calls_max: 1, per_minute_max: 3, talk_seconds_per_day_max: 100 };
    let refused = |house: &mut House, caller: &str, cap: Cap| {
        house.transfer(caller, Attended).orders([]);
        assert_eq!(house.refused(), CommandError::OverLimit(cap));
        assert_eq!(house.state(caller), CallState::Established, "nothing has changed");
    };
    let mut house = House::talk_in(House::with(|directory| directory.settings.outgoing = caps), "A");
    house.call("B", SAKURA);
    house.answers("taro");
    house.transfer("A", Attended).orders(["dial 09011112222 over 1"]);
    refused(&mut house, "B", Cap::Calls);
    house.rejects(MOBILE, 486).orders(["dial 08033334444 over 1"]);
    house.rejects(SECOND_MOBILE, 486);
    assert_eq!(house.state("A"), CallState::Established);
    house.transfer("A", Attended).orders(["dial 09011112222 over 1"]);
    // The next person would be the fourth call of this minute.
    house.rejects(MOBILE, 486).orders([]).tells([
        "target_failed busy",
        "alarm over_limit",
        "transfer failed 819011112222 busy",
    ]);
    refused(&mut house, "A", Cap::PerMinute);
    // Talk counts from the answer, whether it is over or not.
    house.catch_up();
    house.seconds(61);
    house.transfer("A", Attended).orders(["dial 09011112222 over 1"]);
    house.seconds(10);
    house.answers(MOBILE);
    house.hangs_up("hanako").orders([]);
    house.catch_up();
    house.seconds(100);
    house.hangs_up(MOBILE).orders(["hang up A"]);
    house.catch_up();
    refused(&mut house, "B", Cap::TalkPerDay);
    house.hangs_up("B");
    house.everything_is_over();
}
