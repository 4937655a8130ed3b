//! Two endpoints with a bad network between them: whatever is lost, doubled or overtaken, everything ends and nothing is left.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::*;

const CALLER: usize = 0;
const CALLEE: usize = 1;
const ADDRESSES: [&str; 2] = ["198.51.100.1:5060", "192.0.2.1:5060"];

/// How bad the network is.
#[derive(Clone, Copy, Debug)]
struct Weather {
    loss: f64,
    doubled: f64,
    delay_ms_max: u64,
}

/// Two switchboards, the packets between them, and call logic that does what chance says.
struct World {
    now: Instant,
    rng: ChaCha12Rng,
    weather: Weather,
    houses: [Endpoint; 2],
    packets: BTreeMap<(Instant, u64), (usize, Bytes)>,
    sent: u64,
    /// What chance has decided to order, and when.
    plans: BTreeMap<(Instant, u64), (usize, Order)>,
    /// How often each leg has ended.
    ends: BTreeMap<(usize, LegId), u32>,
    begun: Vec<(usize, LegId)>,
    answered: u32,
}

impl World {
    fn new(seed: u64, weather: Weather) -> Self {
        let now = Instant::now();
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let houses = [CALLER, CALLEE].map(|side| {
            let at = addr(ADDRESSES[side]);
            let config = Config::new(REALM, vec![Listener { protocol: Protocol::Udp, local: at, public: at }]);
            key[31] = side as u8;
            let mut house = Endpoint::new(now, config, key);
            // 90 s of session timer: a side whose every BYE is lost is not left behind.
            let trunk = Trunk { session_expires: Some(seconds(90)), ..trunk(NGN, ADDRESSES[1 - side]) };
            house.set_trunks(now, vec![trunk]);
            house
        });
        let rng = ChaCha12Rng::from_seed(key);
        Self {
            now,
            rng,
            weather,
            houses,
            packets: BTreeMap::new(),
            sent: 0,
            plans: BTreeMap::new(),
            ends: BTreeMap::new(),
            begun: Vec::new(),
            answered: 0,
        }
    }

    fn plan(&mut self, side: usize, after_ms_max: u64, order: Order) {
        self.sent += 1;
        let at = self.now + ms(self.rng.random_range(0..=after_ms_max));
        self.plans.insert((at, self.sent), (side, order));
    }

    fn drain(&mut self) {
        for side in [CALLER, CALLEE] {
            while let Some(output) = self.houses[side].poll_output() {
                match output {
                    Output::Transmit { bytes, .. } => self.transmit(1 - side, bytes),
                    Output::Leg(event) => self.hear(side, event),
                    Output::Binding(_)
                    | Output::Trunk(_)
                    | Output::Spent { .. }
                    | Output::Trace(_)
                    | Output::Alarm(_) => {}
                }
            }
        }
    }

    fn transmit(&mut self, to: usize, bytes: Bytes) {
        let copies = 1 + u64::from(self.rng.random_bool(self.weather.doubled));
        for _ in 0..copies {
            if !self.rng.random_bool(self.weather.loss) {
                self.sent += 1;
                let at = self.now + ms(self.rng.random_range(0..=self.weather.delay_ms_max));
                self.packets.insert((at, self.sent), (to, bytes.clone()));
            }
        }
    }

    /// The call logic of chance.
    fn hear(&mut self, side: usize, event: LegEvent) {
        match event {
            LegEvent::Incoming(incoming) => {
                let leg = incoming.leg;
                self.begun.push((side, leg));
                self.plan(side, 100, Order::Progress { leg, status: 180, body: None });
                match self.rng.random_range(0..10) {
                    0 => self.plan(side, 5000, Order::Reject { leg, status: 486, retry_after: None, reason: None }),
                    1 => self.plan(side, 5000, Order::Hangup { leg, reason: None }),
                    _ => self.plan(side, 5000, Order::Answer { leg, body: bytes(ANSWER) }),
                }
            }
            LegEvent::Answered { leg, .. } | LegEvent::Acknowledged { leg, .. } => {
                self.answered += 1;
                for round in 0..self.rng.random_range(0..3) {
                    let body = format!("{HOLD}a=round:{side}{round}\r\n");
                    self.plan(side, 20_000, Order::Offer { leg, body: bytes(&body) });
                }
                self.plan(side, 60_000, Order::Hangup { leg, reason: None });
            }
            LegEvent::Offer { leg, .. } => {
                let answer = if self.rng.random_bool(0.8) { Ok(bytes(ANSWER)) } else { Err(488) };
                self.plan(side, 300, Order::AnswerOffer { leg, answer });
            }
            LegEvent::Rejected { leg, .. } | LegEvent::Ended { leg, .. } => {
                *self.ends.entry((side, leg)).or_default() += 1
            }
            LegEvent::Progress { .. }
            | LegEvent::OfferAnswered { .. }
            | LegEvent::OfferRefused { .. }
            | LegEvent::Refer { .. }
            | LegEvent::Digit { .. }
            | LegEvent::ProbeAnswered { .. } => {}
        }
    }

    /// Whatever happens next happens; false when nothing will.
    fn step(&mut self) -> bool {
        let wakes = [CALLER, CALLEE].map(|side| self.houses[side].poll_timeout());
        let packet = self.packets.keys().next().map(|key| key.0);
        let plan = self.plans.keys().next().map(|key| key.0);
        let Some(next) = [wakes[0], wakes[1], packet, plan].into_iter().flatten().min() else { return false };
        self.now = self.now.max(next);
        if packet == Some(next) {
            let (_, (side, bytes)) = self.packets.pop_first().unwrap();
            let flow = Flow::udp(addr(ADDRESSES[side]), addr(ADDRESSES[1 - side]));
            self.houses[side].receive(self.now, flow, bytes);
        } else if plan == Some(next) {
            let (_, (side, order)) = self.plans.pop_first().unwrap();
            self.houses[side].order(self.now, order);
        } else {
            let side = usize::from(wakes[0] != Some(next));
            self.houses[side].handle_timeout(self.now);
        }
        self.drain();
        true
    }

    fn run(&mut self, calls: u64) {
        for call in 0..calls {
            let leg = LegId(2 + 2 * call);
            self.begun.push((CALLER, leg));
            let to = Destination::Trunk { trunk: NGN, number: format!("03{call:08}") };
            // Some leave the offer to the other side.
            let body = if self.rng.random_bool(0.2) { Bytes::new() } else { bytes(OFFER) };
            let invite = Invite {
                leg,
                to,
                display: String::new(),
                caller: None,
                withheld: false,
                redirected: None,
                body,
                headers: Vec::new(),
                max_forwards: 70,
                auto_answer: false,
                web_body: None,
                on_behalf_of: None,
            };
            self.plan(CALLER, 3000, Order::Invite(invite));
            if self.rng.random_bool(0.2) {
                self.plan(CALLER, 9000, Order::Hangup { leg, reason: None });
            }
        }
        let mut steps = 0_u32;
        while self.step() {
            steps += 1;
            assert!(steps < 200_000, "it never ends");
        }
    }
}

fn weather(rng: &mut ChaCha12Rng) -> Weather {
    Weather {
        loss: rng.random_range(0.0..0.4),
        doubled: rng.random_range(0.0..0.3),
        delay_ms_max: rng.random_range(1..1500),
    }
}

#[test]
fn r34_r38_r40_r43_everything_ends_once_and_nothing_is_left_whatever_the_network_does() {
    let mut rng = ChaCha12Rng::from_seed([3; 32]);
    let mut answered = 0;
    for seed in 0..300 {
        let weather = weather(&mut rng);
        let mut world = World::new(seed, weather);
        world.run(3);
        for side in [CALLER, CALLEE] {
            assert_eq!(world.houses[side].leg_count(), 0, "seed {seed}, {weather:?}");
            assert!(world.houses[side].is_idle(), "seed {seed}, {weather:?}: {:?}", world.houses[side]);
        }
        for leg in &world.begun {
            assert_eq!(world.ends.get(leg).copied().unwrap_or(0), 1, "seed {seed}, {weather:?}, {leg:?}");
        }
        answered += world.answered;
    }
    assert!(answered > 300, "only {answered} were answered: the test is not worth much");
}

#[test]
fn over_a_good_network_every_order_is_carried_out() {
    let mut world = World::new(1, Weather { loss: 0.0, doubled: 0.0, delay_ms_max: 5 });
    world.run(200);
    assert!(world.houses.iter().all(Endpoint::is_idle));
    assert_eq!(world.begun.len(), 400);
    assert!(world.answered > 200);
}

/// What one call costs: INVITE, 100, 180, 200, ACK, BYE, 200 through both its endpoints, orders and events included.
#[test]
#[ignore = "prints, for people: cargo test --release -p endpoint -- --ignored --nocapture"]
fn what_a_call_costs() {
    const CALLS: u32 = 20_000;
    let mut house = House::with(|config| config.limits.transactions_max = 1_000_000, vec![trunk(NGN, CARRIER)]);
    house.register(udp(PHONE), "101", "<sip:101@10.0.0.5:5060>");
    house.spent = Duration::ZERO;
    for call in 0..CALLS {
        let mut caller = Side::new(CARRIER, "09012345678", "carrier.test", "192.0.2.1:5060");
        caller.call_id = format!("bench-{call}");
        let invite = caller.request("INVITE", "Supported: timer\r\n", OFFER);
        house.hear(CARRIER, invite.as_str());
        let LegEvent::Incoming(incoming) = house.event() else { panic!() };
        house.order(Order::Progress { leg: incoming.leg, status: 180, body: None });
        let leg = house.calls(2 + 2 * u64::from(call), Destination::Account(HANAKO));
        let out = house.request(PHONE, Method::Invite);
        let (ringing, ok) = (reply(&out, 180, "t", &[], ""), accept(&out, "t", PHONE, ANSWER));
        house.hear(PHONE, ringing);
        house.hear(PHONE, ok);
        house.order(Order::Answer { leg: incoming.leg, body: bytes(ANSWER) });
        let ok = house.sent.iter().rev().find(|(flow, _)| flow.remote == addr(CARRIER)).unwrap().1.clone();
        caller.learn(&ok);
        let (ack, bye) = (caller.ack(1), caller.request("BYE", "", ""));
        house.hear(CARRIER, ack.as_str());
        house.hear(CARRIER, bye.as_str());
        house.order(Order::Hangup { leg, reason: None });
        let bye = house.sent.iter().rev().find(|(flow, _)| flow.remote == addr(PHONE)).unwrap().1.clone();
        let ok = reply(&bye, 200, "t", &[], "");
        house.hear(PHONE, ok);
        house.sent.clear();
        house.events.clear();
        house.traces.clear();
        house.after(ms(20));
    }
    let each = house.spent / CALLS;
    println!("{} µs inside the endpoint for a call of two legs", each.as_micros());
    assert_eq!(house.endpoint.leg_count(), 0);
}
