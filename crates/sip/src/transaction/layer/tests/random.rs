//! Whatever comes in whatever order: nothing panics, the table keeps its limit, and in the end everything ends.

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

const TRANSACTIONS_MAX: usize = 24;

#[derive(Clone, Debug)]
enum Happening {
    Hears { method: usize, branch: usize, tagged: bool },
    HearsReply { status: u16, method: usize, branch: usize },
    Asks { method: usize, branch: usize },
    Answers { which: usize, status: u16 },
    Cancels { which: usize },
    Fails { closed: bool },
    Waits { ms: u64 },
}

const METHODS: [&str; 5] = ["INVITE", "ACK", "CANCEL", "OPTIONS", "BYE"];
const BRANCHES: [&str; 5] = [";branch=z9hG4bKa", ";branch=z9hG4bKb", ";branch=z9hG4bKc", ";branch=old", ""];

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![Just(100), Just(180), Just(183), Just(200), Just(202), Just(302), Just(486), Just(487), Just(603)]
}

fn happening() -> impl Strategy<Value = Happening> {
    let (method, branch) = (0..METHODS.len(), 0..BRANCHES.len());
    prop_oneof![
        6 => (method.clone(), branch.clone(), any::<bool>())
            .prop_map(|(method, branch, tagged)| Happening::Hears { method, branch, tagged }),
        4 => (status(), method.clone(), branch.clone())
            .prop_map(|(status, method, branch)| Happening::HearsReply { status, method, branch }),
        3 => (method, branch).prop_map(|(method, branch)| Happening::Asks { method, branch }),
        4 => (0..8_usize, status()).prop_map(|(which, status)| Happening::Answers { which, status }),
        2 => (0..8_usize).prop_map(|which| Happening::Cancels { which }),
        1 => any::<bool>().prop_map(|closed| Happening::Fails { closed }),
        3 => prop_oneof![0..300_u64, 300..5_000_u64, 5_000..40_000_u64].prop_map(|ms| Happening::Waits { ms }),
    ]
}

/// A layer with a user who forgets nothing and checks everything.
struct Witness {
    layer: Layer,
    now: Instant,
    flow: Flow,
    servers: Vec<ServerKey>,
    clients: Vec<ClientKey>,
    alive: HashSet<Owner>,
}

impl Witness {
    fn new(flow: Flow) -> Self {
        let layer = Layer::new(Timers::default(), Limits { transactions_max: TRANSACTIONS_MAX });
        Self { layer, now: some_instant(), flow, servers: Vec::new(), clients: Vec::new(), alive: HashSet::new() }
    }

    fn lives(&mut self, happening: &Happening) {
        let (now, flow, mut fx) = (self.now, self.flow, Vec::new());
        match *happening {
            Happening::Hears { method, branch, tagged } => {
                self.layer.receive(now, flow, ask(method, branch, tagged), &mut fx);
            }
            Happening::HearsReply { status, method, branch } => {
                self.layer.receive(now, flow, reply(status, &ask(method, branch, false)), &mut fx);
            }
            Happening::Asks { method, branch } => {
                let key = self.layer.send_request(now, flow, ask(method, branch, false), &mut fx);
                self.clients.push(key);
                self.alive.insert(Owner::Client(key));
            }
            Happening::Answers { which, status } => {
                if let Some(key) = nth(&self.servers, which) {
                    self.layer.respond(now, &key, reply(status, &ask(0, 0, false)), &mut fx);
                }
            }
            Happening::Cancels { which } => {
                if let Some(key) = nth(&self.clients, which) {
                    self.layer.cancel(now, &key, &[], &mut fx);
                }
            }
            Happening::Fails { closed: true } => self.layer.flow_closed(now, flow, &mut fx),
            Happening::Fails { closed: false } => self.layer.transport_failed(now, flow, &mut fx),
            Happening::Waits { ms } => return self.waits(ms),
        }
        self.sees(fx);
    }

    fn waits(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        let mut wakings = 0;
        while let Some(deadline) = self.layer.poll_timeout().filter(|deadline| *deadline <= end) {
            assert!(deadline >= self.now, "a timer in the past");
            self.now = deadline;
            let mut fx = Vec::new();
            self.layer.handle_timeout(self.now, &mut fx);
            self.sees(fx);
            wakings += 1;
            assert!(wakings < 10_000, "the clock stands still");
        }
        self.now = end;
    }

    fn sees(&mut self, fx: Vec<Effect>) {
        for effect in fx {
            match effect {
                Effect::Transmit { bytes, .. } => {
                    Message::parse(bytes).expect("what we send can be read");
                }
                Effect::Request { key, request, .. } => {
                    assert!(request.method() != Method::Ack && request.method() != Method::Cancel);
                    assert!(self.alive.insert(Owner::Server(key)), "a key used twice");
                    self.servers.push(key);
                }
                Effect::Cancelled { key, .. } | Effect::NoAck { key } => {
                    assert!(self.alive.contains(&Owner::Server(key)))
                }
                Effect::Cancelling { key, .. }
                | Effect::Response { key, .. }
                | Effect::TimedOut { key }
                | Effect::TransportFailed { key } => {
                    assert!(self.alive.contains(&Owner::Client(key)));
                }
                Effect::Terminated { server, client } => {
                    let owner = server.map(Owner::Server).or(client.map(Owner::Client)).expect("somebody ended");
                    assert!(self.alive.remove(&owner), "nobody ends twice, or unheard of");
                }
                Effect::Ack { .. } | Effect::StrayResponse { .. } => {}
            }
        }
        // CANCELs of our own are let in above the limit, one per INVITE.
        assert!(self.layer.len() <= 2 * TRANSACTIONS_MAX);
        assert!(self.layer.schedule.len() <= 3 * self.layer.len());
        assert_eq!(self.layer.reach.len(), self.layer.len());
    }

    /// The user answers whatever rings; two INVITEs' lives and timer C later nothing is left.
    fn ends_well(mut self) {
        for key in self.servers.clone() {
            let mut fx = Vec::new();
            self.layer.respond(self.now, &key, reply(486, &ask(0, 0, false)), &mut fx);
            self.sees(fx);
        }
        self.waits(185_000 + 3 * 32_000);
        assert!(self.alive.is_empty(), "left: {:?}", self.alive);
        let layer = &self.layer;
        assert_eq!((layer.len(), layer.poll_timeout(), layer.reach.len()), (0, None, 0));
        assert_eq!((layer.by_request.len(), layer.by_response.len(), layer.by_origin.len()), (0, 0, 0));
    }
}

fn ask(method: usize, branch: usize, tagged: bool) -> Message {
    let to_tag = if tagged { ";tag=ours" } else { "" };
    Ask { method: METHODS[method], branch: BRANCHES[branch], to_tag, ..Ask::default() }.message()
}

fn nth<T: Copy>(keys: &[T], which: usize) -> Option<T> {
    keys.iter().rev().nth(which).copied()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn datagrams_in_any_order_end_well(story in prop::collection::vec(happening(), 0..120)) {
        let mut witness = Witness::new(udp_flow());
        story.iter().for_each(|happening| witness.lives(happening));
        witness.ends_well();
    }

    #[test]
    fn streams_in_any_order_end_well(story in prop::collection::vec(happening(), 0..120)) {
        let mut witness = Witness::new(tcp_flow(7));
        story.iter().for_each(|happening| witness.lives(happening));
        witness.ends_well();
    }
}
