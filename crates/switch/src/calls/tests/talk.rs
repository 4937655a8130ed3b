//! Hold, mute, and what happens when somebody is suddenly gone.

use endpoint::{Ending, LegEvent};

use super::firms::sakura;
use super::house::{House, SAKURA};
use crate::desk::{Command, CommandError};
use crate::media;
use crate::record::CallState;

#[test]
fn hold_by_the_desk_plays_music_and_takes_back() {
    let mut house = House::talk("A");
    let call = house.call_id("A");
    house
        .command(Command::Hold { call, on: true })
        .orders([])
        .hears(["A hears hold-music", "hanako hears silence"])
        .tells(["held desk"]);
    assert_eq!(house.state("A"), CallState::Held);
    house.command(Command::Hold { call, on: true }).hears([]).tells([]);
    house
        .command(Command::Hold { call, on: false })
        .hears(["A hears hanako", "hanako hears A"])
        .tells(["resumed desk"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn hold_by_key_is_for_the_operator_alone() {
    let mut house = House::talk("A");
    house.keys("A", "*5").hears([]);
    house.keys("hanako", "*5").hears(["A hears hold-music", "hanako hears silence"]);
    house.keys("hanako", "*5").hears(["A hears hanako", "hanako hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn keys_that_come_by_info_are_keys() {
    let mut house = House::talk("A");
    let leg = house.leg("hanako");
    house.on(LegEvent::Digit { leg, digit: '*' }).hears([]);
    house.on(LegEvent::Digit { leg, digit: '5' }).hears(["A hears hold-music", "hanako hears silence"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn hold_by_the_phones_own_re_invite_plays_music() {
    for direction in ["sendonly", "inactive"] {
        let mut house = House::talk("A");
        let answered = if direction == "sendonly" { "accept hanako recvonly" } else { "accept hanako inactive" };
        house
            .reinvites("hanako", direction)
            .orders([answered])
            .hears(["A hears hold-music", "hanako hears silence"])
            .tells(["held phone"]);
        assert_eq!(house.state("A"), CallState::Held);
        house
            .reinvites("hanako", "sendrecv")
            .orders(["accept hanako sendrecv"])
            .hears(["A hears hanako", "hanako hears A"])
            .tells(["resumed phone"]);
        house.hangs_up("A");
        house.everything_is_over();
    }
}

#[test]
fn hold_by_the_old_address_of_zeros_is_hold_too() {
    let mut house = House::talk("A");
    let leg = house.leg("hanako");
    let body = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
    house
        .on(LegEvent::Offer { leg, body: body.into() })
        .hears(["A hears hold-music", "hanako hears silence"])
        .media("negotiated hanako send=false receive=false");
    house.hangs_up("hanako").orders(["hang up A"]);
    house.everything_is_over();
}

#[test]
fn hold_by_port_0_is_hold_too_and_ends_with_the_next_offer() {
    let mut house = House::talk("A");
    let leg = house.leg("hanako");
    let body = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n";
    house
        .on(LegEvent::Offer { leg, body: body.into() })
        .hears(["A hears hold-music", "hanako hears silence"])
        .tells(["held phone"])
        .media("negotiated hanako send=false receive=false");
    house.reinvites("hanako", "sendrecv").hears(["A hears hanako", "hanako hears A"]).tells(["resumed phone"]);
    house.hangs_up("hanako").orders(["hang up A"]);
    house.everything_is_over();
}

#[test]
fn hold_by_the_old_address_of_ipv6_zeros_is_hold_too() {
    let mut house = House::talk("A");
    let leg = house.leg("hanako");
    let body = "v=0\r\no=- 1 2 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n";
    house
        .on(LegEvent::Offer { leg, body: body.into() })
        .hears(["A hears hold-music", "hanako hears silence"])
        .media("negotiated hanako send=false receive=false");
    house.hangs_up("hanako").orders(["hang up A"]);
    house.everything_is_over();
}

#[test]
fn r34_what_a_refresh_of_ours_brings_to_light_counts() {
    let mut house = House::talk("A");
    let leg = house.leg("hanako");
    house
        .on(LegEvent::OfferAnswered { leg, body: super::house::sdp(26_000, "sendonly") })
        .media("negotiated hanako send=false receive=false")
        .tells(["held phone"]);
    house.on(LegEvent::OfferAnswered { leg, body: "rubbish".into() }).no_media("negotiated");
    house
        .on(LegEvent::OfferAnswered { leg, body: super::house::sdp(26_000, "sendrecv") })
        .media("negotiated hanako send=true receive=true")
        .tells(["resumed phone"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn a_caller_who_holds_us_is_answered_and_noted() {
    let mut house = House::talk("A");
    house.reinvites("A", "sendonly").orders(["accept A recvonly"]).tells(["caller_away"]).hears([]);
    house.reinvites("A", "sendrecv").orders(["accept A sendrecv"]).tells(["caller_back"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn a_peer_that_asks_for_an_offer_gets_one_and_its_answer_counts() {
    let mut house = House::talk("A");
    let leg = house.leg("A");
    house.on(LegEvent::Offer { leg, body: bytes::Bytes::new() }).orders(["accept A sendrecv"]).no_media("negotiated");
    house
        .on(LegEvent::Acknowledged { leg, body: Some(super::house::sdp(26_000, "sendrecv")) })
        .media("negotiated A send=true receive=true");
    // One that comes to nothing changes nothing.
    house.on(LegEvent::Offer { leg, body: bytes::Bytes::new() });
    house.on(LegEvent::Acknowledged { leg, body: None }).orders([]).no_media("negotiated");
    house.on(LegEvent::Offer { leg, body: "rubbish".into() }).orders(["refuse A 400"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn mute_silences_the_operator_for_the_caller_alone() {
    let mut house = House::talk("A");
    let call = house.call_id("A");
    house.command(Command::Mute { call, on: true }).hears(["A hears silence"]).tells(["muted"]);
    house.command(Command::Mute { call, on: false }).hears(["A hears hanako"]).tells(["unmuted"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r43_both_hang_up_at_once() {
    let mut house = House::talk("A");
    house.hangs_up("A").orders(["hang up hanako"]);
    house.hangs_up("hanako").orders([]);
    house.everything_is_over();
    assert_eq!(house.record("A").ending, "caller_hung_up");
}

#[test]
fn r43_a_bye_during_a_re_invite_ends_the_call_once() {
    let mut house = House::talk("A");
    house.reinvites("hanako", "sendonly");
    house.hangs_up("hanako").orders(["hang up A"]);
    let leg = house.leg("hanako");
    house.on(LegEvent::Offer { leg, body: super::house::sdp(30_000, "sendrecv") }).orders([]);
    house.everything_is_over();
}

#[test]
fn r31_a_dead_phone_gives_the_caller_back_to_the_queue_within_ten_seconds() {
    let mut house = House::talk("A");
    house.call("B", SAKURA);
    house.answers("taro");
    house.call("C", SAKURA);
    house.answers("sachiko");
    house.call("D", SAKURA).orders(["180 D"]);

    house.silent("hanako", 3).tells(["silent operator", "alarm one_way_audio"]).orders([]);
    house.seconds(2);
    house.silent("hanako", 5).orders(["probe hanako"]).tells([]);
    house.seconds(3).orders([]);
    house.seconds(1).orders(["hang up hanako"]).hears(["A hears hold-music"]).tells([
        "operator_lost lost",
        "queued at_head",
        "operator 1 working_after_call",
    ]);
    assert_eq!(house.state("A"), CallState::Queued);
    // A is at the head: before D, who came to wait earlier.
    house.hangs_up("B");
    house
        .command(Command::FinishWrapUp { operator: acd::OperatorId(2) })
        .orders(["ring taro: さくら歯科 <09099998888>"]);
    house.answers("taro").orders([]).hears(["A hears taro", "taro hears A"]);
    house.catch_up();
    for caller in ["A", "C"] {
        house.hangs_up(caller);
    }
    house.ends("D", Ending::Cancelled);
    house.everything_is_over();
    assert_eq!(house.record("A").operator, Some(1), "who answered first");
}

#[test]
fn r31_a_silent_phone_that_answers_the_probe_keeps_the_call() {
    let mut house = House::talk("A");
    house.silent("hanako", 5).orders(["probe hanako"]);
    let leg = house.leg("hanako");
    house.on(LegEvent::ProbeAnswered { leg });
    house.seconds(30).orders([]);
    assert_eq!(house.state("A"), CallState::Established);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn r31_a_phone_whose_connection_is_gone_is_lost_at_once() {
    let mut house = House::talk("A");
    house.ends("hanako", Ending::Lost).orders(["ring taro: さくら歯科 <09099998888>"]).hears(["A hears hold-music"]);
    // The caller gives up: answered once, so not abandoned.
    house.hangs_up("A").orders(["hang up taro"]).tells([
        "pop closed 2 caller_gone",
        "ended caller_hung_up",
        "operator 2 ready",
    ]);
    house.everything_is_over();
}

#[test]
fn r31_a_page_that_is_loaded_again_gets_its_caller_back_at_once_and_nobody_else_does() {
    let mut house = House::talk("A");
    house
        .ends("hanako", Ending::Forgotten)
        .orders(["ring hanako: さくら歯科 <09099998888>"])
        .hears(["A hears hold-music"]);
    house.answers("hanako").hears(["A hears hanako", "hanako hears A"]);
    house.hangs_up("A").orders(["hang up hanako"]);
    house.everything_is_over();
    assert_eq!(house.record("A").operator, Some(1));
}

#[test]
fn r34_a_dead_caller_ends_the_call() {
    let mut house = House::talk("A");
    house.silent("A", 3).tells(["silent caller", "alarm one_way_audio"]);
    house.silent("A", 5).orders([]);
    house.silent("A", 10).orders([]);
    // 20 s and the 32 s of an OPTIONS without an answer: freed within a minute.
    house.silent("A", 20).orders(["probe A"]);
    house.ends("A", Ending::Lost).orders(["hang up hanako"]);
    house.everything_is_over();
    assert_eq!(house.record("A").ending, "caller_lost");
}

#[test]
fn r34_no_call_lasts_for_ever() {
    let mut house = House::talk("A");
    house
        .seconds(4 * 3600 - 12)
        .orders(["hang up A", "hang up hanako"])
        .tells(["ended too_long", "operator 1 working_after_call"]);
    house.everything_is_over();
}

#[test]
fn a_lost_recording_is_said_so() {
    let mut house = House::talk("A");
    let call = house.call_id("A");
    house
        .media(media::Event::RecordingFailed { call, why: "disk full".to_owned() })
        .tells(["alarm recording_failed"])
        .orders([]);
    assert_eq!(counted(&house), (0, 0), "a file may follow, and tells what is missing");
    house.hangs_up("A");
    let leg_a = house.leg("A");
    let leg_h = house.leg("hanako");
    for leg in [leg_a, leg_h] {
        house.media(media::Event::LegClosed { leg, statistics: media::Statistics::default() });
    }
    house.seconds(31);
    let record = house.record("A");
    assert_eq!(record.state, CallState::Cleared);
    assert!(record.no_recording.starts_with("none, because"), "{}", record.no_recording);
    assert!(record.legs.iter().all(|leg| leg.statistics.is_some()));
    assert_eq!(counted(&house), (0, 1), "none came in time");
    // It comes after all, when nobody waits for it any more.
    house.everything_is_over();
    assert!(house.record("A").recording.is_some());
    assert_eq!(counted(&house), (0, 1), "once");
}

/// Recordings that are whole, and those that are not.
fn counted(house: &House) -> (u64, u64) {
    let counters = house.calls.snapshot(house.now).counters;
    (counters.recordings, counters.recordings_failed)
}

#[test]
fn a_recording_counts_once_whatever_trouble_it_has() {
    let why = || "disk full".to_owned();
    // Trouble that passes, and is a gap in the file.
    let mut house = House::talk("A");
    let call = house.call_id("A");
    for _ in 0..3 {
        house.media(media::Event::RecordingFailed { call, why: why() }).tells(["alarm recording_failed"]);
    }
    house.hangs_up("A");
    let recording = media::Recording { path: "x".to_owned(), gaps: vec![(0, 20)], ..Default::default() };
    house.media(media::Event::RecordingFinished { call, recording });
    assert_eq!(counted(&house), (0, 1));

    // No file follows; or, after the trouble of its last write, one does.
    let mut house = House::talk("A");
    let call = house.call_id("A");
    house.hangs_up("A");
    for _ in 0..2 {
        house.media(media::Event::RecordingFailed { call, why: why() });
        assert_eq!(counted(&house), (0, 1));
    }
    house.everything_is_over();
    assert_eq!(counted(&house), (0, 1));

    let mut house = House::talk("A");
    house.hangs_up("A");
    house.everything_is_over();
    assert_eq!(counted(&house), (1, 0));
}

#[test]
fn w04_a_voice_path_or_a_leg_that_never_says_goodbye_is_forgotten() {
    let mut house = House::talk("A");
    house.hangs_up("A");
    let told = house.seconds(60);
    told.tells(["alarm repaired", "alarm repaired", "operator 1 ready", "alarm repaired"]);
    assert!(house.calls.is_idle());
}

#[test]
fn commands_to_the_wrong_call_are_refused() {
    let mut house = House::new();
    house.command(Command::Hangup { call: acd::CallId(7) });
    assert_eq!(house.refused(), CommandError::UnknownCall);
    house.call("A", SAKURA);
    let call = house.call_id("A");
    house.command(Command::Hold { call, on: true });
    assert_eq!(house.refused(), CommandError::WrongState(CallState::Queued));
    house.command(Command::SetOperatorState { operator: acd::OperatorId(9), ready: true, reason: String::new() });
    assert_eq!(house.refused(), CommandError::UnknownOperator);
    house.command(Command::Hangup { call }).orders(["hang up hanako", "hang up A"]);
    house.command(Command::Hangup { call });
    assert_eq!(house.refused(), CommandError::UnknownCall);
    house.everything_is_over();
}

#[test]
fn a_new_directory_does_not_change_the_calls_in_progress() {
    let mut house = House::talk("A");
    let mut directory = (*house.calls.board.directory).clone();
    sakura(|customer| customer.name = "別の名前".to_owned())(&mut directory);
    let now = house.now;
    house.calls.set_directory(now, std::sync::Arc::new(directory));
    house.hangs_up("A");
    house.everything_is_over();
    assert_eq!(house.record("A").customer_name, "さくら歯科");
}

#[test]
fn a_snapshot_shows_calls_operators_and_trunks() {
    let mut house = House::talk("A");
    house.command(Command::Snapshot);
    let Some(Ok(crate::Reply::Snapshot(snapshot))) = house.done.last() else { panic!("a snapshot") };
    assert_eq!(snapshot.calls.len(), 1);
    assert_eq!(snapshot.calls[0].customer_name, "さくら歯科");
    assert_eq!(snapshot.calls[0].operator, Some(1));
    assert_eq!(
        snapshot.operators.iter().map(|operator| operator.state.as_str()).collect::<Vec<_>>(),
        ["busy", "ready", "ready"]
    );
    assert!(snapshot.trunks.iter().all(|trunk| trunk.up));
}

#[test]
fn r26_a_jump_of_the_clock_changes_no_duration() {
    let mut house = House::talk("A");
    for jump in [3_600_000, -7_200_000] {
        house.seconds(30);
        let now = house.now;
        let unix_ms = house.calls.board.unix_ms(now) + jump;
        house.calls.board.set_wall_clock(now, unix_ms);
    }
    house.hangs_up("A");
    house.everything_is_over();
    let record = house.record("A");
    assert_eq!((record.wait_ms, record.talk_ms), (2_000, 70_000));
    assert_eq!(record.ended_ms, Some(record.arrived_ms + 72_000));
}

#[test]
fn w01_the_first_packet_of_each_party_is_in_the_timeline() {
    let mut house = House::talk("A");
    for name in ["A", "hanako"] {
        let (leg, at) = (house.leg(name), house.now);
        house.media(media::Event::FirstPacket { leg, at });
    }
    house.hangs_up("A");
    house.everything_is_over();
    assert_eq!(house.timeline("A").iter().filter(|kind| *kind == "heard").count(), 2);
}

/// A phone of this operator's that wants to take the place of that leg.
fn replaces(house: &mut House, name: &str, operator: i64, old: &str) -> super::house::Heard {
    let replaces = Some(house.leg(old));
    let incoming = house.incoming(name, "101");
    let source = endpoint::Source::Operator(endpoint::AccountId(operator));
    house.arrives(name, endpoint::Incoming { source, replaces, ..incoming })
}

#[test]
fn rfc_3891_another_phone_of_the_operators_takes_the_call_over() {
    let mut house = House::talk("A");
    replaces(&mut house, "tablet", 1, "hanako")
        .orders(["200 tablet", "hang up hanako (200 Call taken over)"])
        .hears(["A hears tablet", "tablet hears A"])
        .tells(["taken_over"]);
    house.keys("tablet", "*5").hears(["A hears hold-music", "tablet hears silence"]);
    house.hangs_up("tablet").orders(["hang up A"]);
    house.everything_is_over();
    assert_eq!(house.recordings.len(), 1);
}

#[test]
fn rfc_3891_a_phone_that_rings_is_answered_on_another_of_the_same_operator() {
    let mut house = House::new();
    house.call("A", super::house::SAKURA);
    house.rings("hanako");
    replaces(&mut house, "tablet", 1, "hanako")
        .orders(["200 tablet", "hang up hanako (200 Call completed elsewhere)", "200 A"])
        .hears(["A hears tablet", "tablet hears A"]);
    house.hangs_up("A").orders(["hang up tablet"]);
    house.everything_is_over();
}

#[test]
fn rfc_3891_nobody_takes_a_colleagues_call_or_the_callers_place() {
    let mut house = House::talk("A");
    for (operator, old) in [(2, "hanako"), (1, "A"), (2, "A")] {
        replaces(&mut house, "thief", operator, old).orders(["403 thief"]).hears([]);
    }
    house.hangs_up("A");
    house.everything_is_over();
}
