//! Seeded days of nonsense: peers who do anything at any time. After each step every promise holds ([`House::heard`] checks
//! it), and when everybody has gone home, nothing is left.

use std::collections::BTreeSet;
use std::time::Duration;

use acd::OperatorId;
use endpoint::{Ending, LegEvent, LegId, ReferTo, Rejection, TrunkId};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::firms::sakura;
use super::house::{House, MOBILE, PEER, PHONE, SAKURA, SECOND_MOBILE, sdp};
use crate::call::Phase;
use crate::desk::{Command, SuperviseMode, Transfer, TransferMode};
use crate::media;

const STEPS: usize = 1_500;

struct Chance(ChaCha12Rng);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.next_u64() % u64::try_from(limit.max(1)).expect("small")).expect("small")
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

#[test]
fn w04_whatever_happens_nobody_is_stuck_and_nothing_is_left_over() {
    let mut seen = BTreeSet::new();
    for seed in 0..48 {
        let mut chance = Chance(ChaCha12Rng::from_seed([seed; 32]));
        let plan = [acd::RingPlan::RingAll, acd::RingPlan::LongestIdle][chance.below(2)].clone();
        let mut house = House::with(sakura(|customer| {
            customer.plan = plan.into();
            customer.abandoned = crate::AbandonedPolicy::CallBack;
            customer.waiting = crate::WaitingPolicy {
                announce_after_seconds: Some(4),
                tell: crate::Tell::ExpectedWait,
                every_seconds: 10,
                callback: true,
                message_after_seconds: Some(60),
                ..crate::WaitingPolicy::default()
            };
        }));
        house.peers_are_reliable = false;
        for step in 0..STEPS {
            one_step(&mut house, &mut chance, step);
        }
        go_home(&mut house);
        house.everything_is_over();
        for operator in house.calls.board.queue.operators() {
            assert!(operator.call.is_none(), "{operator:?}");
        }
        let events = house.records.values().flatten().flat_map(|record| &record.events);
        seen.extend(events.map(|event| event.kind.clone()));
    }
    let wanted = [
        "announced",
        "answered",
        "bridged",
        "callback_begun",
        "callback_failed",
        "callback_promised",
        "callback_reached",
        "ended",
        "handed_over",
        "held",
        "message_box",
        "message_left",
        "muted",
        "operator_lost",
        "recording_failed",
        "resumed",
        "silent",
        "supervision_begun",
        "supervision_ended",
        "supervision_mode",
        "target_confirmed",
        "target_failed",
        "transfer_cancelled",
        "transfer_failed",
        "transfer_refused",
        "voice_failed",
    ];
    let unseen: Vec<_> = wanted.into_iter().filter(|kind| !seen.contains(*kind)).collect();
    assert!(unseen.is_empty(), "the nonsense is too tame: {unseen:?} never happened");
}

fn one_step(house: &mut House, chance: &mut Chance, step: usize) {
    let legs: Vec<LegId> = house.calls.calls.values().flat_map(|call| call.legs.iter().map(|leg| leg.id)).collect();
    let leg = if legs.is_empty() { LegId(1) } else { chance.of(&legs) };
    match chance.below(20) {
        0 | 1 if house.calls.live() < 8 => {
            house.call(&format!("caller {step}"), chance.of(&[SAKURA, "0312340000", "0399999999"]));
        }
        2..=5 => {
            house.catch_up();
        }
        6..=8 => {
            let milliseconds = u64::try_from(chance.below(6_000)).expect("small");
            house.after(Duration::from_millis(milliseconds));
        }
        9..=15 => sip(house, chance, leg),
        16 => voice(house, chance, leg),
        17 | 18 => desk(house, chance),
        _ => around(house, chance, step),
    }
}

/// Something that a leg's peer may say, whether it fits or not; of an ended leg nothing more comes.
fn sip(house: &mut House, chance: &mut Chance, leg: LegId) {
    let Some(known) = house.calls.calls.values().find_map(|call| call.leg(leg)) else { return };
    if known.signalling == crate::leg::Signalling::Gone {
        return;
    }
    let is_ours = leg.0.is_multiple_of(2);
    let event = match chance.below(12) {
        0 | 1 if is_ours => {
            let body = chance.of(&[false, true]).then(|| sdp(30_002, "sendrecv"));
            LegEvent::Progress { leg, dialog: String::new(), status: 180, body }
        }
        2..=4 if is_ours => LegEvent::Answered { leg, body: sdp(30_000, "sendrecv"), from_ip: PEER },
        5 if is_ours && known.is_early() => {
            let status = chance.of(&[404, 408, 480, 486, 500, 503, 603]);
            let try_next_trunk = (500..600).contains(&status);
            let rejection = Rejection { status, phrase: String::new(), retry_after: None, try_next_trunk, cause: None };
            LegEvent::Rejected { leg, rejection }
        }
        6 => LegEvent::Offer { leg, body: sdp(30_000, chance.of(&["sendrecv", "sendonly", "inactive"])) },
        7 => {
            // Whoever is asked to press 1 is one of many legs, and not for long.
            let asked = house.calls.calls.values().flat_map(|call| &call.legs);
            let asked = asked.filter(|leg| leg.role == crate::leg::Role::Target && leg.is_up()).map(|leg| leg.id);
            let leg = asked.last().unwrap_or(leg);
            LegEvent::Digit { leg, digit: chance.of(&['*', '0', '1', '1', '1', '2', '3', '5']) }
        }
        8 => {
            let user = chance.of(&[MOBILE, SECOND_MOBILE, "0570123456"]).to_owned();
            let replaces = chance.of(&[None, Some(Err(())), Some(Ok(LegId(leg.0 ^ 2)))]);
            LegEvent::Refer { leg, refer_to: ReferTo { user, device: None, replaces } }
        }
        9 => LegEvent::Ended {
            leg,
            how: chance.of(&[Ending::PeerHungUp, Ending::Lost, Ending::SessionExpired]),
            cause: None,
        },
        10 => LegEvent::ProbeAnswered { leg },
        _ => LegEvent::Acknowledged { leg, body: None },
    };
    house.on(event);
}

fn voice(house: &mut House, chance: &mut Chance, leg: LegId) {
    let call = house.calls.board.legs.get(&leg).copied().unwrap_or(acd::CallId(0));
    // What a caller is being told ends sooner or later.
    let said = house.calls.calls.values().flat_map(|call| &call.legs).find_map(|leg| match &leg.hears {
        Some(media::Source::Prompt { prompt, repeat: false }) => Some((leg.id, prompt.clone())),
        Some(_) | None => None,
    });
    if let Some((leg, prompt)) = said.filter(|_| chance.below(2) == 0) {
        house.media(media::Event::PromptEnded { leg, prompt, missing: chance.below(8) == 0 });
        return;
    }
    let event = match chance.below(8) {
        0 => media::Event::RecordingFailed { call, why: "x".to_owned() },
        3 => media::Event::LegFailed { leg, why: "x".to_owned() },
        1 => media::Event::Audible { leg },
        2 | 4 => media::Event::Digit { leg, digit: '1' },
        _ => media::Event::Silent { leg, seconds: chance.of(&[3, 5, 15, 35]) },
    };
    house.media(event);
}

fn desk(house: &mut House, chance: &mut Chance) {
    let calls: Vec<_> = house.calls.calls.keys().copied().collect();
    if calls.is_empty() {
        return;
    }
    // Who is being spoken with has more to be pressed for.
    let talks = |id: &acd::CallId| house.calls.calls.get(id).is_some_and(|call| call.talk().is_some());
    let talking: Vec<_> = calls.iter().copied().filter(talks).collect();
    let is_about_a_talk = !talking.is_empty() && chance.of(&[true, true, false]);
    let call = chance.of(if is_about_a_talk { &talking } else { &calls });
    let mode = chance.of(&[TransferMode::Attended, TransferMode::Confirmed]);
    let guest = house.calls.calls.get(&call).and_then(|call| call.supervision.as_ref()).map(|visit| visit.operator);
    let supervisor = guest.unwrap_or(OperatorId(chance.of(&[1, 2, 3])));
    let how = chance.of(&[SuperviseMode::Listen, SuperviseMode::Whisper, SuperviseMode::Join]);
    let command = match chance.below(11) {
        9 => Command::Supervise { call, supervisor, mode: how },
        10 => Command::StopSupervising { call, supervisor },
        0 => Command::Hold { call, on: true },
        1 => Command::Hold { call, on: false },
        2 => Command::Mute { call, on: true },
        3..=5 => Command::Transfer { call, transfer: Transfer { mode, to: None, urgent: true, reason: None } },
        6 => Command::CompleteTransfer { call },
        7 => Command::CancelTransfer { call },
        _ => Command::Hangup { call },
    };
    house.command(command);
}

/// Operators come and go, trunks too.
fn around(house: &mut House, chance: &mut Chance, step: usize) {
    let id = chance.of(&[1, 2, 3]);
    let operator = OperatorId(id);
    let now = house.now;
    match chance.below(7) {
        0 | 1 => {
            house.command(Command::SetOperatorState { operator, ready: true, reason: String::new() });
        }
        2 => {
            house.command(Command::SetOperatorState { operator, ready: false, reason: "lunch".to_owned() });
        }
        3 => {
            house.command(Command::FinishWrapUp { operator });
        }
        4 => {
            house.calls.set_phone(now, operator, chance.of(&[None, Some(PHONE), Some(PHONE)]));
            house.heard();
        }
        5 => {
            house.calls.set_trunk(house.now, TrunkId(chance.of(&[1, 2])), chance.of(&[true, true, false]), "");
            house.heard();
        }
        _ => {
            house.dials(&format!("dialled {step}"), id, chance.of(&[MOBILE, "110", "*9", "*91", "*92", "*93"]));
        }
    }
}

/// Every caller who is still there hangs up.
fn go_home(house: &mut House) {
    // Or some would have to be called back.
    house.calls.drain(house.now);
    house.heard();
    house.catch_up();
    let is_live = |call: &&crate::call::Call| !matches!(call.phase, Phase::Over { .. });
    let callers: Vec<LegId> = house.calls.calls.values().filter(is_live).map(|call| call.caller).collect();
    for leg in callers {
        house.on(LegEvent::Ended { leg, how: Ending::PeerHungUp, cause: None });
    }
    house.seconds(60);
}
