//! A supervisor listens, whispers, joins (W13): who hears whom, and that nothing of it ever touches the caller.

use acd::{CallId, OperatorId};
use endpoint::Ending;

use super::house::{Heard, House, MOBILE, SAKURA};
use crate::desk::{Command, CommandError, Obstacle, Reply, SuperviseMode, TransferMode};
use crate::record::CallState;
use SuperviseMode::{Join, Listen, Whisper};

const TARO: OperatorId = OperatorId(2);
const SACHIKO: OperatorId = OperatorId(3);

fn supervise(house: &mut House, who: OperatorId, mode: SuperviseMode) -> Heard {
    let call = house.call_id("A");
    house.command(Command::Supervise { call, supervisor: who, mode })
}

fn stop(house: &mut House) -> Heard {
    let call = house.call_id("A");
    house.command(Command::StopSupervising { call, supervisor: TARO })
}

/// A talks with hanako, and taro supervises.
fn supervised(mode: SuperviseMode) -> House {
    let mut house = House::talk("A");
    supervise(&mut house, TARO, mode);
    house.answers("taro");
    house
}

#[test]
fn w13_the_supervisors_own_phone_is_called_and_listens_and_nobody_is_disturbed() {
    let mut house = House::talk("A");
    supervise(&mut house, TARO, Listen)
        .orders(["ring taro: 聴取: さくら歯科 <09099998888>"])
        .hears([])
        .tells(["supervisor_called listen", "operator 2 busy"])
        .media("tape stranger false");
    house
        .answers("taro")
        .orders([])
        .hears(["taro hears A+hanako"])
        .tells(["supervised listen"])
        .media("negotiated taro send=true receive=true")
        .no_media("tape")
        .no_media("whisper");
    assert_eq!(house.state("A"), CallState::Established);
    stop(&mut house).orders(["hang up taro"]).hears([]).tells(["supervision_ended stopped", "operator 2 ready"]);
    assert_eq!(house.state("A"), CallState::Established);
    house.hangs_up("A");
    house.everything_is_over();
    let record = house.record("A");
    assert_eq!(
        record.legs.iter().map(|leg| leg.role.as_str()).collect::<Vec<_>>(),
        ["caller", "operator", "supervisor"]
    );
    assert_eq!(record.operator_name, "hanako");
    let told: Vec<_> = house.timeline("A").into_iter().filter(|kind| kind.starts_with("supervision")).collect();
    assert_eq!(told, ["supervision_asked", "supervision_begun", "supervision_ended"]);
}

#[test]
fn w13_the_mode_changes_in_the_middle_and_only_the_difference_is_ordered() {
    let mut house = supervised(Listen);
    supervise(&mut house, TARO, Whisper)
        .orders([])
        .hears(["hanako hears A+taro"])
        .tells(["supervised whisper"])
        .no_media("tape");
    supervise(&mut house, TARO, Join).hears(["A hears hanako+taro"]).tells(["supervised join"]).media("tape taro true");
    supervise(&mut house, TARO, Join).hears([]).tells([]);
    supervise(&mut house, TARO, Whisper).hears(["A hears hanako"]).media("tape taro false");
    supervise(&mut house, TARO, Listen).hears(["hanako hears A"]).tells(["supervised listen"]);
    supervise(&mut house, TARO, Join).hears(["A hears hanako+taro", "hanako hears A+taro"]);
    house
        .hangs_up("taro")
        .orders([])
        .hears(["A hears hanako", "hanako hears A"])
        .tells(["supervision_ended hung_up", "operator 2 ready"]);
    house.hangs_up("hanako").orders(["hang up A"]);
    house.everything_is_over();
    let modes = house.timeline("A").into_iter().filter(|kind| kind == "supervision_mode").count();
    assert_eq!(modes, 5);
}

#[test]
fn w13_on_hold_the_caller_hears_music_alone_and_the_supervisor_still_hears_both() {
    let mut house = supervised(Join);
    let call = house.call_id("A");
    house
        .command(Command::Hold { call, on: true })
        .hears(["A hears hold-music", "hanako hears taro"])
        .tells(["held desk"]);
    house.command(Command::Hold { call, on: false }).hears(["A hears hanako+taro", "hanako hears A+taro"]);
    house.command(Command::Mute { call, on: true }).hears(["A hears taro"]);
    supervise(&mut house, TARO, Whisper).hears(["A hears silence"]);
    house.command(Command::Hold { call, on: true }).hears(["A hears hold-music", "hanako hears taro"]);
    stop(&mut house).hears(["hanako hears silence"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn w13_a_transfer_is_listened_to_from_the_first_ring_to_the_end() {
    let mut house = supervised(Whisper);
    let call = house.call_id("A");
    house.transfer("A", TransferMode::Attended).hears(["A hears hold-music", "hanako hears ringback"]);
    house.answers(MOBILE).hears([
        "hanako hears 09011112222+taro",
        "taro hears A+hanako+09011112222",
        "09011112222 hears hanako",
    ]);
    supervise(&mut house, TARO, Join).hears(["09011112222 hears hanako+taro"]);
    house.command(Command::CompleteTransfer { call }).orders(["hang up hanako"]).hears([
        "A hears 09011112222+taro",
        "taro hears A+09011112222",
        "09011112222 hears A+taro",
    ]);
    // With no operator there is nobody to whisper to.
    supervise(&mut house, TARO, Whisper).hears(["A hears 09011112222", "09011112222 hears A"]);
    house.catch_up();
    house.hangs_up(MOBILE).orders(["hang up taro", "hang up A"]).tells([
        "supervision_ended target_hung_up",
        "ended target_hung_up",
        "operator 2 ready",
    ]);
    house.everything_is_over();
}

#[test]
fn w13_who_is_asked_for_a_key_hears_no_supervisor() {
    let mut house = supervised(Join);
    house.transfer("A", TransferMode::Confirmed).hears(["A hears hold-music", "hanako hears ringback"]);
    house.answers(MOBILE).hears([
        "hanako hears taro",
        "taro hears A+hanako+09011112222",
        "09011112222 hears customer/1/confirm",
    ]);
    house.keys("taro", "1*5").orders([]).hears([]);
    house.keys(MOBILE, "1").hears(["A hears 09011112222+taro", "taro hears A+09011112222", "09011112222 hears A+taro"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn w13_the_caller_of_a_lost_operator_waits_with_music_and_is_not_offered_to_the_supervisor() {
    let mut house = supervised(Join);
    house
        .ends("hanako", Ending::Lost)
        .orders(["ring sachiko: さくら歯科 <09099998888>"])
        .hears(["A hears hold-music", "taro hears A"]);
    house.answers("sachiko").hears(["A hears sachiko+taro", "taro hears A+sachiko", "sachiko hears A+taro"]);
    house.hangs_up("sachiko").orders(["hang up taro", "hang up A"]);
    house.everything_is_over();
}

#[test]
fn w13_whoever_supervises_is_offered_no_call_and_has_no_wrap_up() {
    let mut house = House::talk("A");
    // Taro's phone is ringing for a caller: listening is more urgent, the caller goes on to the next.
    house.call("B", SAKURA).orders(["180 B", "ring taro: さくら歯科 <09099998888>"]);
    supervise(&mut house, TARO, Listen).orders([
        "ring taro: 聴取: さくら歯科 <09099998888>",
        "hang up taro",
        "ring sachiko: さくら歯科 <09099998888>",
    ]);
    house.answers("taro");
    house.answers("sachiko");
    house.call("C", SAKURA).orders(["180 C"]);
    let ready = false;
    house.command(Command::SetOperatorState { operator: TARO, ready, reason: "lunch".to_owned() }).tells([]);
    house.hangs_up("taro").tells(["supervision_ended hung_up", "operator 2 not_ready"]);
    assert_eq!(house.operator_state(2), r#"NotReady { reason: "lunch" }"#);
    house
        .command(Command::SetOperatorState { operator: TARO, ready: true, reason: String::new() })
        .orders(["ring taro: さくら歯科 <09099998888>"]);
    for caller in ["A", "B", "C"] {
        house.hangs_up(caller);
    }
    house.everything_is_over();
}

#[test]
fn w13_a_supervisor_can_do_nothing_to_the_call() {
    let mut house = supervised(Join);
    house.keys("taro", "*5*1*9").orders([]).hears([]);
    house.refers("taro", MOBILE, None).orders(["refer taro 403"]).hears([]);
    house.dials("second", 2, MOBILE).orders(["403 second"]).hears([]);
    house.reinvites("taro", "sendonly").orders(["accept taro recvonly"]).hears([]);
    assert_eq!(house.state("A"), CallState::Established);
    house.silent("taro", 5).orders([]).tells([]);
    house.silent("taro", 25).orders(["probe taro"]).tells([]);
    house.ends("taro", Ending::Lost).orders([]).hears(["A hears hanako", "hanako hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn w13_a_muted_supervisor_is_not_given_away_by_the_silence() {
    let mut house = supervised(Listen);
    let silent = |house: &House| house.calls.snapshot(house.now).calls[0].silent.join(" ");
    house.silent("taro", 3).orders([]).tells([]);
    assert_eq!(silent(&house), "");
    let leg = house.leg("taro");
    house.media(crate::media::Event::Audible { leg }).tells([]);
    // The others are missed as ever.
    house.silent("A", 3).tells(["silent caller", "alarm one_way_audio"]);
    assert_eq!(silent(&house), "caller");
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn w13_a_phone_that_does_not_want_to_or_does_not_answer_leaves_nothing() {
    for status in [486, 603, 480, 503] {
        let mut house = House::talk("A");
        supervise(&mut house, TARO, Join);
        house.rejects("taro", status).orders([]).hears([]);
        house.catch_up();
        assert_eq!(house.operator_state(2), "Ready");
        supervise(&mut house, TARO, Join).orders(["ring taro: 聴取: さくら歯科 <09099998888>"]);
        house.rings("taro").tells([]);
        house.seconds(30).orders(["hang up taro"]).tells(["supervision_ended no_answer", "operator 2 ready"]);
        // The phone picked up in the very moment.
        house.answers("taro").orders(["hang up taro"]).hears([]);
        house.hangs_up("A");
        house.everything_is_over();
    }
}

#[test]
fn w13_what_cannot_be_supervised_is_refused_and_says_why() {
    let mut house = House::talk("A");
    let refused = |house: &mut House, call: CallId, who, mode| {
        house.command(Command::Supervise { call, supervisor: who, mode }).orders([]).hears([]).tells([]);
        house.refused()
    };
    let a = house.call_id("A");
    assert_eq!(refused(&mut house, CallId(1), TARO, Listen), CommandError::UnknownCall);
    assert_eq!(refused(&mut house, a, OperatorId(9), Listen), CommandError::UnknownOperator);
    assert_eq!(
        refused(&mut house, a, OperatorId(1), Listen),
        CommandError::CannotSupervise(Obstacle::Busy),
        "one's own call"
    );
    house.command(Command::StopSupervising { call: a, supervisor: TARO });
    assert_eq!(house.refused(), CommandError::CannotSupervise(Obstacle::NotThere));
    let now = house.now;
    house.calls.set_phone(now, SACHIKO, None);
    house.heard();
    assert_eq!(refused(&mut house, a, SACHIKO, Listen), CommandError::CannotSupervise(Obstacle::NoPhone));
    house.calls.set_phone(now, SACHIKO, Some(super::house::PHONE));
    house.heard();
    house.call("B", SAKURA);
    let b = house.call_id("B");
    assert_eq!(refused(&mut house, b, SACHIKO, Join), CommandError::WrongState(CallState::Queued));
    house.hangs_up("B");
    house.catch_up();
    supervise(&mut house, TARO, Listen);
    house.answers("taro");
    assert_eq!(refused(&mut house, a, SACHIKO, Listen), CommandError::CannotSupervise(Obstacle::Another));
    house.command(Command::StopSupervising { call: a, supervisor: SACHIKO });
    assert_eq!(house.refused(), CommandError::CannotSupervise(Obstacle::NotThere));
    house.call("C", SAKURA);
    house.answers("sachiko");
    let c = house.call_id("C");
    assert_eq!(
        refused(&mut house, c, TARO, Listen),
        CommandError::CannotSupervise(Obstacle::Busy),
        "two calls at once"
    );
    house.hangs_up("A");
    house.hangs_up("C");
    house.everything_is_over();
}

#[test]
fn who_supervises_is_seen() {
    let mut house = House::talk("A");
    let seen = |house: &mut House| {
        house.command(Command::Snapshot);
        let Some(Ok(Reply::Snapshot(snapshot))) = house.done.last() else { panic!("{:?}", house.done.last()) };
        let call = snapshot.calls.first().expect("a call").clone();
        (call.operator, call.supervisor.map(|visit| (visit.operator, visit.name, visit.mode, visit.on_the_line)))
    };
    assert_eq!(seen(&mut house), (Some(1), None));
    supervise(&mut house, TARO, Listen);
    assert_eq!(seen(&mut house), (Some(1), Some((2, "taro".to_owned(), Listen, false))));
    house.answers("taro");
    supervise(&mut house, TARO, Join);
    assert_eq!(seen(&mut house), (Some(1), Some((2, "taro".to_owned(), Join, true))));
    house.hangs_up("taro");
    assert_eq!(seen(&mut house), (Some(1), None));
    house.hangs_up("A");
    house.everything_is_over();
}
