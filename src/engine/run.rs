//! The loop itself.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sip::flow::{Flow, Protocol};
use switch::dial_in;
use switch::media::Order;
use switch::{Alarm, CallId, CallRecord, CommandError, Event, Input, OperatorId, Output, Reply, Switch};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use transport::{BindError, Inbound, Network, Transport};
use web::{News, PhoneId, PhoneLine, Stamped, Told};

use super::load::Load;
use super::media_events::MediaInbox;
use super::{Ask, EVENTS_MAX, EngineHandle, INBOX_MAX, MEDIA_EVENTS_MAX, Statistics};
use crate::clock;

/// Media events handled before packets get their turn again.
const MEDIA_EVENTS_IN_A_ROW_MAX: usize = 256;
/// Commands handled before packets get their turn again.
const ASKS_IN_A_ROW_MAX: usize = 16;
/// Busy rounds after which the streams' tasks, which share the thread, get their turn.
const ROUNDS_BEFORE_YIELD: u32 = 4;
/// The wall clock is told, and statistics are published, this often.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two audits of the switch's invariants.
const TICKS_PER_AUDIT: u64 = 5;
/// Numbers of events per millisecond of the clock: more than ever happen.
const SEQS_PER_MS: u64 = 1000;
/// After the order to stop, what was sent last (BYE, and the answers to it) still gets out.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// What the engine does with its outputs besides sending packets and telling events. None of these may block.
pub trait Hands: Send {
    /// An order to the voice path. `false`: its queue is full.
    fn media(&mut self, order: Order) -> bool;
    /// How full the voice path is, since it was last asked, and how late (R45).
    fn voice_load(&mut self) -> media::Load {
        media::Load::default()
    }
    /// A call has come for this firm: what is said in its name may be needed soon.
    fn prepare(&mut self, _customer: i64) {}
    /// A caller of the recordings line needs this.
    fn dial_in(&mut self, _line: CallId, _number: u64, _ask: dial_in::Ask) {}
    /// A record to be kept. `false`: it cannot be.
    fn record(&mut self, record: Box<CallRecord>) -> bool;
    /// The engine has ended: finish what is open. May take its time.
    fn finish(self: Box<Self>);
}

/// What an engine is made of.
pub struct Setup<F> {
    /// Sockets.
    pub transport: transport::Config,
    /// The switch's settings, given the sockets as they were bound.
    pub switch: F,
    /// Unpredictable.
    pub seed: [u8; 32],
    /// Where media events come from.
    pub media: MediaInbox,
    /// What carries out the outputs.
    pub hands: Box<dyn Hands>,
    /// Under overload a share of the new calls is refused (R45). `false` for a benchmark that wants to know where the end is.
    pub sheds: bool,
}

/// A running engine.
pub struct Started {
    /// How to talk with it.
    pub handle: EngineHandle,
    /// Its sockets.
    pub locals: Vec<(Protocol, SocketAddr)>,
    /// Its thread; joining gives `Err` if it panicked.
    pub thread: JoinHandle<()>,
}

/// Why an engine could not start.
#[derive(Debug)]
pub enum StartError {
    /// A socket could not be opened.
    Bind(BindError),
    /// No thread or runtime could be made.
    System(std::io::Error),
}

/// Starts an engine on a thread of its own. Returns when its sockets are open.
pub fn start<F>(setup: Setup<F>) -> Result<Started, StartError>
where
    F: FnOnce(&[(Protocol, SocketAddr)]) -> switch::Config + Send + 'static,
{
    let (inbox_sender, inbox) = mpsc::channel(INBOX_MAX);
    let (events, _) = broadcast::channel(EVENTS_MAX);
    let (statistics, statistics_receiver) = watch::channel(Statistics::default());
    let handle = EngineHandle::new(inbox_sender, events.clone(), statistics_receiver);
    let (bound_sender, bound) = oneshot::channel();
    let body = move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(bound_sender.send(Err(StartError::System(error)))),
        };
        let guard = runtime.enter();
        let transport = match Transport::bind(clock::now(), &setup.transport) {
            Ok(transport) => transport,
            Err(error) => return drop(bound_sender.send(Err(StartError::Bind(error)))),
        };
        drop(guard);
        let locals = transport.locals();
        let now = clock::now();
        let switch = Switch::new(now, (setup.switch)(&locals), setup.seed);
        let engine = Engine {
            switch,
            transport,
            hands: setup.hands,
            inbox,
            media: setup.media,
            batch: VecDeque::new(),
            waiting: HashMap::new(),
            next_number: 0,
            phones: HashMap::new(),
            events,
            // Higher than any of an earlier process, so that a desk that comes back to a new one is told all of it (R31).
            next_seq: u64::try_from(clock::unix_ms()).unwrap_or(0).saturating_mul(SEQS_PER_MS).saturating_add(1),
            statistics,
            counts: Statistics { admitted_percent: 100, ..Statistics::default() },
            tick_at: now,
            ticks: 0,
            audited: Vec::new(),
            losses_told: 0,
            stop_at: None,
            load: setup.sheds.then(|| Load::new(now)),
        };
        let _ = bound_sender.send(Ok(locals));
        let hands = runtime.block_on(engine.run());
        drop(runtime);
        hands.finish();
    };
    let thread = thread::Builder::new().name("engine".to_owned()).spawn(body).map_err(StartError::System)?;
    match bound.blocking_recv() {
        Ok(Ok(locals)) => Ok(Started { handle, locals, thread }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(StartError::System(std::io::Error::other("the engine's thread died at its start"))),
    }
}

struct Engine {
    switch: Switch,
    transport: Transport,
    hands: Box<dyn Hands>,
    inbox: mpsc::Receiver<Ask>,
    media: MediaInbox,
    batch: VecDeque<Inbound>,
    /// Who waits for the answer to a command.
    waiting: HashMap<u64, oneshot::Sender<Result<Reply, CommandError>>>,
    next_number: u64,
    /// Telephones in pages, as the web server names them.
    phones: HashMap<PhoneId, Flow>,
    events: broadcast::Sender<Stamped>,
    next_seq: u64,
    statistics: watch::Sender<Statistics>,
    counts: Statistics,
    tick_at: Instant,
    ticks: u64,
    /// What the last audit found: told once, not every five seconds.
    audited: Vec<String>,
    losses_told: u64,
    stop_at: Option<Instant>,
    load: Option<Load>,
}

impl Engine {
    async fn run(mut self) -> Box<dyn Hands> {
        let mut rounds = 0_u32;
        loop {
            let began = clock::now();
            let busy = self.round(began);
            if self.measure(began) {
                continue;
            }
            if self.stop_at.is_some_and(|at| at <= clock::now()) {
                self.publish();
                return self.hands;
            }
            if busy {
                rounds = rounds.wrapping_add(1);
                if rounds.is_multiple_of(ROUNDS_BEFORE_YIELD) {
                    tokio::task::yield_now().await;
                }
            } else {
                self.wait().await;
            }
        }
    }

    /// Whatever is due and whatever has come, one thing after the other. `true`: there may be more.
    fn round(&mut self, now: Instant) -> bool {
        let mut busy = false;
        if self.tick_at <= now {
            self.tick(now);
        }
        if let Some(due) = self.switch.poll_timeout().filter(|at| *at <= now) {
            if let Some(load) = &mut self.load {
                load.worked(Duration::ZERO, now.saturating_duration_since(due));
            }
            self.switch.handle_timeout(now);
            self.carry_out(now);
            busy = true;
        }
        self.transport.receive(now, &mut self.batch);
        busy |= !self.batch.is_empty();
        while let Some(inbound) = self.batch.pop_front() {
            if let Inbound::FlowClosed { flow } = &inbound {
                self.phones.retain(|_, open| open.connection != flow.connection);
            }
            self.input(match inbound {
                Inbound::Packet { flow, bytes } => Input::Packet { flow, bytes },
                Inbound::Certified { flow, names } => Input::Certified { flow, names },
                Inbound::Unframed { flow, head, fault } => Input::Unframed { flow, head, fault },
                Inbound::FlowClosed { flow } => Input::FlowClosed { flow },
                Inbound::TransportFailed { flow } => Input::TransportFailed { flow },
            });
        }
        for _ in 0..MEDIA_EVENTS_IN_A_ROW_MAX {
            let Ok(event) = self.media.queue.try_recv() else { break };
            self.input(Input::Media(event));
            busy = true;
        }
        for _ in 0..ASKS_IN_A_ROW_MAX {
            let Ok(ask) = self.inbox.try_recv() else { break };
            self.ask(ask);
            busy = true;
        }
        busy
    }

    /// What the round took counts as work (R45). `true`: the switch was told something.
    fn measure(&mut self, began: Instant) -> bool {
        let now = clock::now();
        let told = self.load.as_mut().and_then(|load| {
            load.worked(now.saturating_duration_since(began), Duration::ZERO);
            if load.is_due(now) {
                let voice = self.hands.voice_load();
                load.voice(voice.busy, voice.late);
                self.counts.voice_busy = voice.busy;
                let late_us = u64::try_from(voice.late.as_micros()).unwrap_or(u64::MAX);
                self.counts.voice_late_us = self.counts.voice_late_us.max(late_us);
            }
            load.look(now)
        });
        if let Some(admitted_percent) = told {
            self.counts.admitted_percent = admitted_percent;
            self.input(Input::Overload { admitted_percent });
        }
        told.is_some()
    }

    /// Sleeps until something comes or is due.
    async fn wait(&mut self) {
        let mut deadline = self.tick_at;
        for at in [self.switch.poll_timeout(), self.stop_at].into_iter().flatten() {
            deadline = deadline.min(at);
        }
        tokio::select! {
            biased;
            () = self.transport.ready() => {}
            Some(event) = self.media.queue.recv() => self.input(Input::Media(event)),
            ask = self.inbox.recv() => self.ask(ask.unwrap_or(Ask::Stop)), // every handle is gone: nobody can stop us any more
            () = tokio::time::sleep_until(deadline.into()) => {}
        }
    }

    fn input(&mut self, input: Input) {
        let began = clock::now();
        self.switch.handle_input(began, input);
        self.counts.inputs += 1;
        self.carry_out(began);
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counts.longest_us = self.counts.longest_us.max(took);
    }

    fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Command { command, answer } => {
                let number = self.next_number;
                self.next_number += 1;
                self.waiting.insert(number, answer);
                self.input(Input::Command { number, command });
                // The switch answers every command at once; one that it forgot must not wait for ever.
                self.waiting.remove(&number);
            }
            Ask::Tls { material, taken } => {
                let _ = taken.send(self.transport.set_tls(&material)); // whoever asked may have gone
            }
            Ask::Directory { directory, names, taken } => {
                let trunks = directory.trunks.iter().flat_map(|trunk| {
                    let sources =
                        trunk.sources.iter().map(|(address, prefix)| Network { address: *address, prefix: *prefix });
                    sources.chain(trunk.hops.iter().map(|hop| Network::host(hop.address.ip())))
                });
                self.transport.trust(trunks.collect());
                self.transport.names(names);
                self.input(Input::Directory(directory));
                let _ = taken.send(()); // nobody need wait for it
            }
            Ask::Phone(line) => {
                let PhoneLine { id, operator, socket } = *line;
                if let Some(flow) = self.transport.adopt(socket) {
                    self.phones.insert(id, flow);
                    self.input(Input::Vouched { flow, operator: OperatorId(operator) });
                }
            }
            Ask::Lapsed(phone) => {
                if let Some(flow) = self.phones.get(&phone).copied() {
                    self.input(Input::Lapsed { flow });
                }
            }
            Ask::Today(visits) => self.input(Input::Today(visits)),
            Ask::Past(past) => self.input(Input::Past(past)),
            Ask::Disk { free_percent, scarce } => self.input(Input::Disk { free_percent, scarce }),
            Ask::OpenReports(open) => self.input(Input::OpenReports(open)),
            Ask::News(news) => {
                if let Some(call) = done(&news) {
                    self.input(Input::ReportDone { call });
                }
                self.tell(news);
            }
            Ask::DialIn { line, number, answer } => self.input(Input::DialIn { line, number, answer }),
            Ask::Drain => self.input(Input::Drain),
            Ask::Stop => self.stop_at = Some(clock::now() + LAST_WORDS),
        }
    }

    fn carry_out(&mut self, now: Instant) {
        while let Some(output) = self.switch.poll_output() {
            self.counts.outputs += 1;
            match output {
                Output::Transmit { flow, bytes } => self.transport.send(now, flow, bytes),
                Output::Close { flow } => self.transport.close(flow),
                Output::Media(order) => {
                    if !self.hands.media(order) {
                        self.counts.media_orders_lost += 1;
                    }
                }
                Output::Record(record) => {
                    if !self.hands.record(record) {
                        self.counts.records_lost += 1;
                    }
                }
                Output::DialIn { line, number, ask } => self.hands.dial_in(line, number, ask),
                Output::Event(event) => {
                    if let Event::CallArrived { customer: Some(customer), .. } = &event {
                        self.hands.prepare(*customer);
                    }
                    self.tell(event);
                }
                Output::Done { number, result } => {
                    if let Some(answer) = self.waiting.remove(&number) {
                        let _ = answer.send(result); // the one who asked may have gone
                    }
                }
            }
        }
    }

    fn tell(&mut self, told: impl Into<Told>) {
        let stamped = Stamped { seq: self.next_seq, unix_ms: clock::unix_ms(), event: Arc::new(told.into()) };
        self.next_seq += 1;
        let _ = self.events.send(stamped); // nobody listens: nobody misses it
    }

    fn tick(&mut self, now: Instant) {
        self.tick_at = now + TICK;
        self.ticks += 1;
        self.input(Input::WallClock { unix_ms: clock::unix_ms() });
        if self.ticks.is_multiple_of(TICKS_PER_AUDIT) {
            self.audit();
        }
        self.publish();
        self.alarm_losses();
    }

    fn audit(&mut self) {
        let found = self.switch.audit();
        let news: Vec<String> = found.iter().filter(|violation| !self.audited.contains(violation)).cloned().collect();
        for what in news {
            self.counts.violations += 1;
            self.tell(Event::Alarm(Alarm::Repaired { what }));
        }
        if !found.is_empty() {
            self.input(Input::Repair);
        }
        self.audited = found;
    }

    /// What was lost because a queue was full since the last look (R45): never, or this machine is far too small.
    fn alarm_losses(&mut self) {
        let lost = self.counts.media_events_lost + self.counts.media_orders_lost + self.counts.records_lost;
        if lost > self.losses_told {
            self.losses_told = lost;
            let table = "orders and events of the voice path, records".to_owned();
            self.tell(Event::Alarm(Alarm::Full { table, limit: MEDIA_EVENTS_MAX }));
        }
    }

    fn publish(&mut self) {
        self.counts.calls = self.switch.calls();
        self.counts.idle = self.switch.idle();
        self.counts.media_events_waiting = self.media.queue.len();
        self.counts.media_events_lost = self.media.lost();
        self.counts.commands_waiting = self.inbox.len();
        self.counts.cpu_us = thread_cpu_us();
        self.counts.transport = self.transport.statistics();
        self.statistics.send_replace(self.counts);
        self.counts.longest_us = 0;
        self.counts.voice_late_us = 0;
    }
}

/// Processor time of this thread.
fn thread_cpu_us() -> u64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(spent.tv_sec).unwrap_or(0);
    seconds * 1_000_000 + u64::try_from(spent.tv_nsec).unwrap_or(0) / 1_000
}

/// The call whose report is done with this.
fn done(news: &News) -> Option<CallId> {
    match news {
        News::ReportSent { call, .. } => call.as_deref()?.parse().ok(),
        News::ReportChanged { call, what, .. } if what == "waived" => call.as_deref()?.parse().ok(),
        News::ReportChanged { .. } | News::Delivery { .. } | News::Task { .. } | News::FirmChanged { .. } => None,
    }
}
