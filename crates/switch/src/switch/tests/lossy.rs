//! A network that loses, doubles and delays, and peers who answer as they please. Whatever was lost, time and the voice
//! path's word bring everything to an end.

use std::time::Duration;

use endpoint::LegId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use sip::message::{Message, Method};

use super::peers::{CARRIER, HANAKO, Side, TARO, World, sdp, text};
use crate::desk::{Command, Transfer, TransferMode};
use crate::io::Input;
use crate::media;

const STEPS: usize = 250;

struct Chance(ChaCha12Rng);

impl Chance {
    fn percent(&mut self, percent: u64) -> bool {
        self.0.next_u64() % 100 < percent
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0.next_u64() % limit
    }
}

#[test]
fn r34_r39_r40_a_bad_network_leaves_no_leg_no_port_and_no_operator_behind() {
    let mut answered = 0;
    for seed in 0..12 {
        let mut chance = Chance(ChaCha12Rng::from_seed([seed; 32]));
        let mut world = World::new();
        world.forgives_refusals = true;
        let mut callers: Vec<Side> = Vec::new();
        for _ in 0..STEPS {
            match chance.below(12) {
                0 if callers.len() < 12 => callers.push(world.call("0312345678")),
                1 => bye(&mut world, &mut chance, &mut callers),
                2 => desk(&mut world, &mut chance),
                3 => world.key("mobile", '1'),
                _ => world.milliseconds(chance.below(900)),
            }
            deliver(&mut world, &mut chance, &mut callers);
        }
        everybody_falls_silent(&mut world);
        world.over();
        answered += world.records.iter().filter(|record| record.revision == 2 && record.answered_ms.is_some()).count();
    }
    assert!(answered > 20, "the network is too bad to tell anything: {answered}");
}

/// Peers react to what reaches them, and some of that reaches us.
fn deliver(world: &mut World, chance: &mut Chance, callers: &mut [Side]) {
    for (address, message) in world.take_all() {
        if chance.percent(20) {
            continue;
        }
        let copies = if chance.percent(10) { 2 } else { 1 };
        for _ in 0..copies {
            react(world, chance, callers, &address, &message);
        }
    }
}

fn react(world: &mut World, chance: &mut Chance, callers: &mut [Side], address: &str, message: &Message) {
    if let Some(status) = message.status() {
        let caller = callers.iter_mut().find(|caller| caller.call_id == text(message, "Call-ID"));
        if let (200, Some(caller), true) = (status, caller, text(message, "CSeq").ends_with("INVITE")) {
            caller.learn(message);
            let ack = caller.write("ACK", 1, "", "");
            world.say(address, &ack);
        }
        return;
    }
    let is_heard = chance.percent(80);
    let method = message.method();
    if method == Method::Ack {
        return;
    }
    if method != Method::Invite {
        world.answer(address, message, if is_heard { 200 } else { 481 }, "");
        return;
    }

    let status = [180, 180, 200, 486, 503][usize::try_from(chance.below(5)).unwrap()];
    world.answer(address, message, 180, "");
    let body = if status == 200 { sdp(30_000) } else { String::new() };
    world.answer(address, message, status, &body);
}

fn bye(world: &mut World, chance: &mut Chance, callers: &mut [Side]) {
    if callers.is_empty() {
        return;
    }
    let index = usize::try_from(chance.below(u64::try_from(callers.len()).unwrap())).unwrap();
    let caller = &mut callers[index];
    let message = if chance.percent(30) { caller.write("CANCEL", 1, "", "") } else { caller.request("BYE", "", "") };
    world.say(CARRIER, &message);
}

fn desk(world: &mut World, chance: &mut Chance) {
    let Some(call) = world.records.last().map(|record| record.call) else { return };
    let mode = if chance.percent(50) { TransferMode::Attended } else { TransferMode::Confirmed };
    let transfer = Transfer { mode, to: None, urgent: false, reason: None };
    world.command(match chance.below(3) {
        0 | 1 => Command::Transfer { call, transfer },
        _ => Command::CompleteTransfer { call },
    });
}

/// Nobody sends anything any more: the voice path says so, and the switch finds out who is gone.
fn everybody_falls_silent(world: &mut World) {
    for _ in 0..12 {
        let legs: Vec<LegId> = world.live_legs();
        for leg in legs {
            world.input(Input::Media(media::Event::Silent { leg, seconds: 40 }));
        }
        world.take_all();
        world.milliseconds(u64::try_from(Duration::from_secs(40).as_millis()).unwrap());
        for (address, message) in world.take_all() {
            let is_lost_phone = [HANAKO, TARO].contains(&address.as_str());
            if message.is_request() && message.method() == Method::Invite && is_lost_phone {
                world.answer(&address, &message, 480, "");
            }
        }
    }
    world.end_waiting();
    world.seconds(60);
}
