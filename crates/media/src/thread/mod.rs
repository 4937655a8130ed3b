//! A media thread: the sockets of its calls, an epoll of its own, and a tick by which it looks at them (MEDIA.md §1).
//!
//! With more than a few legs it sleeps to an absolute tick and then reads until nothing is left: far fewer wake-ups, and
//! the same tick drives prompts, RTCP and time-outs. With few legs it waits in epoll and passes packets on at once.

mod keys;
mod latch;
mod leg;
mod line;
mod mix;
mod orders;
mod outgoing;
mod parked;
mod play;
mod protect;
mod receive;
mod reports;
mod secure;
mod transcode;
mod wheel;

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::time::Duration;

use endpoint::LegId;
use rtp::packet::{HEADER_BYTES, PACKET_BYTES_MAX};
use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::time::Timespec;
use switch::CallId;
use switch::media::{Event, Order};

use crate::clock::{self, Epoch, MILLISECOND};
use crate::handshake::{Reply, Request};
use crate::prompts::Asset;
use crate::recorder::Tap;
use crate::{EventSink, Meters};

use leg::Leg;
use secure::Handshaker;
use wheel::Wheel;

/// With so many legs or fewer the thread does not tick.
const QUIET_LEGS: usize = 8;
/// How long it sleeps when it has legs and nothing to send.
const IDLE: u64 = 100 * MILLISECOND;
/// Sockets told ready at once.
const READY_MAX: usize = 1024;
/// How often per pass the sockets are read before prompts and orders get their turn again.
pub const ROUNDS_MAX: usize = 64;
/// Beyond this no further round begins: at overload music and orders have their turn all the same.
const READING_MAX: u64 = 10 * MILLISECOND;
/// Orders carried out in one pass.
const ORDERS_PER_PASS: usize = 256;
/// Every leg's time-outs are looked at this often.
const HOUSEKEEPING: u64 = 250 * MILLISECOND;
/// A packet, and what protection adds to it.
const BUFFER_BYTES: usize = PACKET_BYTES_MAX + protect::OVERHEAD_MAX;
/// The eventfd's mark among the sockets.
const WAKE: u64 = u64::MAX;

/// An order with the prompt it names, looked up by the one who gives it: the library's lock never reaches this thread.
#[derive(Debug)]
pub struct Message {
    pub order: Order,
    pub asset: Option<Arc<Asset>>,
}

/// What the thread is given at its start.
#[derive(Debug)]
pub struct Setup {
    pub tick: Duration,
    pub orders: Receiver<Message>,
    pub wake: Arc<OwnedFd>,
    /// Which thread this is; its ways to the handshake thread and back.
    pub number: usize,
    pub handshakes: SyncSender<Request>,
    pub replies: Receiver<Reply>,
    pub tap: Tap,
    pub events: EventSink,
    pub meters: Arc<Meters>,
    pub epoch: Epoch,
}

/// The thread's state.
#[derive(Debug)]
pub struct Worker {
    orders: Receiver<Message>,
    wake: Arc<OwnedFd>,
    handshakes: Handshaker,
    replies: Receiver<Reply>,
    epoll: OwnedFd,
    tick: u64,
    legs: Vec<Option<Box<Leg>>>,
    free: Vec<usize>,
    by_id: HashMap<LegId, usize>,
    calls: HashMap<CallId, Call>,
    wheel: Wheel,
    /// The next leg whose time-outs are looked at, and until when all legs before it are done.
    housekeeping: (usize, u64),
    tap: Tap,
    events: EventSink,
    meters: Arc<Meters>,
    meters_at: u64,
    /// Since when the sockets have not been read empty, although it was tried.
    reading_since: Option<u64>,
    epoch: Epoch,
    random: u32,
}

/// What the thread knows of a call.
#[derive(Debug, Default)]
struct Call {
    legs: Vec<usize>,
    recording: bool,
}

/// Memory for one packet in and one that is made.
#[derive(Debug)]
pub struct Buffers {
    datagram: [u8; BUFFER_BYTES],
    made: [u8; BUFFER_BYTES],
}

impl Worker {
    /// A thread's state, not yet running.
    pub fn new(setup: Setup) -> io::Result<Self> {
        let tick = u64::try_from(setup.tick.as_nanos()).unwrap_or(MILLISECOND).clamp(MILLISECOND, 5 * MILLISECOND);
        // A divisor of 20 ms.
        let tick = 20 * MILLISECOND / (20 * MILLISECOND).div_ceil(tick);
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &setup.wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        let mut seed = [0u8; 4];
        rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())?;
        Ok(Self {
            orders: setup.orders,
            wake: setup.wake,
            handshakes: Handshaker::new(setup.handshakes, setup.number),
            replies: setup.replies,
            epoll,
            tick,
            legs: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::new(),
            calls: HashMap::new(),
            wheel: Wheel::new(tick, clock::now()),
            housekeeping: (0, 0),
            tap: setup.tap,
            events: setup.events,
            meters: setup.meters,
            meters_at: 0,
            reading_since: None,
            epoch: setup.epoch,
            random: u32::from_ne_bytes(seed),
        })
    }

    /// Works until the one who gives orders has gone.
    pub fn run(mut self) {
        let mut buffers = Box::new(Buffers { datagram: [0; BUFFER_BYTES], made: [0; BUFFER_BYTES] });
        // What epoll told ready: it cannot leave this thread.
        let mut ready = Vec::with_capacity(READY_MAX);
        loop {
            self.rest(&mut ready);
            if !self.take_orders() {
                break;
            }
            self.read_all(&mut ready, &mut buffers);
            let now = clock::now();
            while let Some((slot, _)) = self.wheel.turn(now) {
                self.play_slot(slot, now, &mut buffers);
            }
            self.keep_house(now);
            self.tap.tick(now);
            self.publish(now);
        }
        self.close_all();
    }

    /// Sleeps until there may be something to do.
    fn rest(&mut self, ready: &mut Vec<epoll::Event>) {
        let now = clock::now();
        if self.by_id.len() > QUIET_LEGS {
            if self.reading_since.is_some() {
                return; // packets wait
            }
            let at = (now / self.tick + 1) * self.tick;
            clock::sleep_until(at);
            let late = clock::now().saturating_sub(at);
            self.meters.late.fetch_max(late, Ordering::Relaxed);
            return;
        }
        let nothing = self.by_id.is_empty() && self.calls.is_empty();
        let until = if nothing { None } else { Some(self.wheel.busy_at().unwrap_or(u64::MAX).min(now + IDLE)) };
        let wait = until.map(|until| clock::timespec(until.saturating_sub(now)));
        self.poll(ready, wait.as_ref());
    }

    /// Asks epoll. What is ready is still ready when asked again.
    fn poll(&self, ready: &mut Vec<epoll::Event>, wait: Option<&Timespec>) -> usize {
        ready.clear();
        match epoll::wait(&self.epoll, spare_capacity(ready), wait) {
            Ok(ready) => ready,
            Err(rustix::io::Errno::INTR) => 0,
            Err(error) => {
                tracing::error!(%error, "epoll fails");
                0
            }
        }
    }

    /// Reads every socket until nothing is left, or for so long that music and orders must have their turn.
    fn read_all(&mut self, ready: &mut Vec<epoll::Event>, buffers: &mut Buffers) {
        const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        let began = clock::now();
        let since = self.reading_since.take().unwrap_or(began);
        for _ in 0..ROUNDS_MAX {
            let now = clock::now();
            // What waits has waited so long at most: nothing else says that there is more than can be done.
            self.meters.late.fetch_max(now.saturating_sub(since).saturating_sub(self.tick), Ordering::Relaxed);
            if now.saturating_sub(began) > READING_MAX {
                break;
            }
            if self.poll(ready, Some(&NOW)) == 0 {
                return;
            }
            let mut is_woken_only = true;
            for data in ready.iter().map(|ready| ready.data.u64()) {
                // Left as it is: an order came after the last look at them, and the next rest must not be a long one.
                if data == WAKE {
                    continue;
                }
                is_woken_only = false;
                if data & 1 == 0 {
                    self.receive(data as usize >> 1, now, buffers);
                } else {
                    self.receive_report(data as usize >> 1, now, buffers);
                }
            }
            if is_woken_only {
                return;
            }
        }
        self.reading_since = Some(since);
    }

    /// Carries out what was ordered; false when nobody is there any more who could order.
    fn take_orders(&mut self) -> bool {
        // Before the look, never after it: an order that comes in between wakes the thread again.
        let _ = rustix::io::read(&self.wake, &mut [0u8; 8]);
        self.take_replies();
        for _ in 0..ORDERS_PER_PASS {
            match self.orders.try_recv() {
                Ok(message) => self.carry_out(message, clock::now()),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
        // There may be more: no rest before they are carried out.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
        true
    }

    /// Looks at some legs' time-outs, so that each is looked at every [`HOUSEKEEPING`].
    fn keep_house(&mut self, now: u64) {
        self.handshakes.tell_ends();
        let (next, round_ends) = self.housekeeping;
        if next >= self.legs.len() {
            if now >= round_ends {
                self.housekeeping = (0, now + HOUSEKEEPING);
            }
            return;
        }
        // In ticks, a share of the legs; when not ticking, there are few.
        let share = if self.by_id.len() > QUIET_LEGS {
            self.legs.len() * usize::try_from(self.tick).unwrap_or(1) / (HOUSEKEEPING as usize / 2) + 1
        } else {
            self.legs.len()
        };
        let until = self.legs.len().min(next + share);
        self.housekeeping.0 = until;
        for index in next..until {
            self.look_after(index, now);
        }
    }

    fn publish(&mut self, now: u64) {
        if now.saturating_sub(self.meters_at) >= 20 * MILLISECOND {
            self.meters_at = now;
            self.meters.media_cpu.store(clock::thread_cpu(), Ordering::Relaxed);
        }
    }

    fn leg(&mut self, index: usize) -> Option<&mut Leg> {
        self.legs.get_mut(index)?.as_deref_mut()
    }

    fn tell(&self, event: Event) {
        (self.events)(event);
    }

    /// A cheap random number, for spreading only.
    fn random(&mut self) -> u32 {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.random >> 8
    }
}

impl Buffers {
    /// A packet being made: room for the header, and for `length` bytes of payload.
    fn payload(&mut self, length: usize) -> Option<&mut [u8]> {
        self.made.get_mut(HEADER_BYTES..HEADER_BYTES + length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::{Means, Recorder};
    use rustix::event::{EventfdFlags, eventfd};

    /// A thread's state, whoever gives it orders, what wakes it, and the handshake thread's end.
    struct Desk {
        worker: Worker,
        sender: SyncSender<Message>,
        wake: Arc<OwnedFd>,
        requests: Receiver<Request>,
        _recorder: Recorder,
    }

    fn desk() -> Desk {
        let (sender, orders) = std::sync::mpsc::sync_channel(ORDERS_PER_PASS + 1);
        let (handshakes, requests) = crate::handshake::requests();
        let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap());
        let events = EventSink(Arc::new(|_| {}));
        let meters = Arc::new(Meters::default());
        let folder = std::env::temp_dir();
        let (recorder, mut taps) = Recorder::start(folder, 1, &events, &meters, Means::default()).unwrap();
        let tap = taps.pop().unwrap();
        let setup = Setup {
            tick: Duration::from_millis(2),
            orders,
            wake: Arc::clone(&wake),
            number: 0,
            handshakes,
            replies: std::sync::mpsc::sync_channel(1).1,
            tap,
            events,
            meters,
            epoch: Epoch::new(),
        };
        let worker = Worker::new(setup).unwrap();
        Desk { worker, sender, wake, requests, _recorder: recorder }
    }

    #[test]
    fn an_order_that_comes_after_the_look_at_them_still_wakes_the_thread() {
        let Desk { mut worker, sender, wake, .. } = desk();
        let mut buffers = Box::new(Buffers { datagram: [0; BUFFER_BYTES], made: [0; BUFFER_BYTES] });
        let mut ready = Vec::with_capacity(READY_MAX);
        assert!(worker.take_orders());
        sender.send(Message { order: Order::CloseLeg { leg: LegId(2) }, asset: None }).unwrap();
        rustix::io::write(&wake, &1u64.to_ne_bytes()).unwrap();
        worker.read_all(&mut ready, &mut buffers);
        assert_eq!(worker.poll(&mut ready, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), 1, "it does not sleep on it");
        assert!(worker.take_orders());
        assert!(worker.orders.try_recv().is_err(), "it was carried out");
        assert_eq!(worker.poll(&mut ready, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), 0, "and now it may sleep");
        for leg in 0..ORDERS_PER_PASS as u64 + 1 {
            sender.send(Message { order: Order::CloseLeg { leg: LegId(leg) }, asset: None }).unwrap();
        }
        assert!(worker.take_orders());
        assert_eq!(worker.poll(&mut ready, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), 1, "one order is left");
    }

    #[test]
    fn r45_packets_that_wait_longer_and_longer_are_lateness_until_all_are_read() {
        let Desk { mut worker, .. } = desk();
        let mut buffers = Box::new(Buffers { datagram: [0; BUFFER_BYTES], made: [0; BUFFER_BYTES] });
        let mut ready = Vec::with_capacity(READY_MAX);
        let late = |worker: &Worker| worker.meters.late.swap(0, Ordering::Relaxed);
        worker.reading_since = Some(clock::now() - 300 * MILLISECOND);
        worker.read_all(&mut ready, &mut buffers);
        assert!(late(&worker) >= 298 * MILLISECOND);
        assert_eq!(worker.reading_since, None, "nothing waits any more");
        // What is read for so long that others must have their turn goes on being counted from where it began.
        let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let told = epoll::EventData::new_u64(u64::MAX - 1);
        epoll::add(&worker.epoll, &port, told, epoll::EventFlags::OUT).unwrap();
        let began = clock::now() - 50 * MILLISECOND;
        worker.reading_since = Some(began);
        worker.read_all(&mut ready, &mut buffers);
        assert_eq!(worker.reading_since, Some(began));
        assert!(late(&worker) >= 48 * MILLISECOND);
    }

    #[test]
    fn ends_that_found_no_room_are_told_later_by_themselves() {
        let Desk { mut worker, requests, .. } = desk();
        let ids: Vec<_> = (0..crate::handshake::REQUESTS_MAX + 3).map(|_| worker.handshakes.next_id()).collect();
        ids.iter().for_each(|&id| worker.handshakes.end(id));
        assert_eq!(requests.try_iter().count(), crate::handshake::REQUESTS_MAX);
        worker.keep_house(1);
        assert_eq!(requests.try_iter().count(), 3);
        worker.keep_house(2);
        assert_eq!(requests.try_iter().count(), 0, "once");
    }

    #[test]
    fn r14_what_waits_when_a_leg_is_connected_is_read_in_portions_up_to_the_end() {
        let Desk { mut worker, .. } = desk();
        let bind = || std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let (peer, stranger) = (bind(), bind());
        let port = (20_000..60_000u16).step_by(2).find(|&port| {
            let (leg, local) = (LegId(1), std::net::SocketAddr::from(([127, 0, 0, 1], port)));
            let side = switch::media::Side::Ours;
            worker.carry_out(Message { order: Order::OpenLeg { leg, call: CallId(1), local, side }, asset: None }, 1);
            !worker.by_id.is_empty()
        });
        let to = std::net::SocketAddr::from(([127, 0, 0, 1], port.unwrap()));
        for _ in 0..2 * receive::READ_ON_MAX + 10 {
            stranger.send_to(&[0; 20], to).unwrap();
        }
        let index = worker.by_id[&LegId(1)];
        let leg = worker.leg(index).unwrap();
        leg.latch.lock(peer.local_addr().unwrap());
        leg.connect();
        assert!(leg.connected && !leg.drained);
        let mut buffers = Box::new(Buffers { datagram: [0; BUFFER_BYTES], made: [0; BUFFER_BYTES] });
        for drained in [false, false, true] {
            worker.receive(index, 1, &mut buffers);
            assert_eq!(worker.leg(index).unwrap().drained, drained);
        }
    }

    #[test]
    fn when_a_whisper_ends_no_packet_is_heard_twice() {
        use switch::media::{LegMedia, Prompt, Security, Side, Source};
        let Desk { mut worker, .. } = desk();
        let prompts = crate::Prompts::open(crate::PromptsConfig::default()).unwrap();
        prompts.insert("low", &rtp::tone::sine(500.0, 8000.0, 400));
        let order = |worker: &mut Worker, order, asset| worker.carry_out(Message { order, asset }, 1);
        let mut phones = Vec::new();
        for leg in [LegId(1), LegId(2)] {
            let phone = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            phone.set_nonblocking(true).unwrap();
            let port = (20_000..60_000u16).step_by(2).find(|&port| {
                let local = std::net::SocketAddr::from(([127, 0, 0, 1], port));
                order(&mut worker, Order::OpenLeg { leg, call: CallId(1), local, side: Side::Ours }, None);
                worker.by_id.contains_key(&leg)
            });
            phone.connect(("127.0.0.1", port.unwrap())).unwrap();
            let remote = phone.local_addr().unwrap();
            let codec = sdp::Codec::G722;
            let media = LegMedia {
                remote,
                remote_rtcp: remote,
                signalled_from: remote.ip(),
                codec,
                payload_type: codec.payload_type(),
                receive_payload_type: codec.payload_type(),
                telephone_event: None,
                send: true,
                receive: true,
                rtcp_mux: true,
                security: Security::Plain,
            };
            order(&mut worker, Order::Negotiated { leg, media }, None);
            phones.push((phone, codec.payload_type()));
        }
        order(&mut worker, Order::Hear { leg: LegId(2), source: Source::Leg(LegId(1)) }, None);
        let prompt = Prompt::named("low");
        let asset = prompts.get(&prompt);
        order(&mut worker, Order::Whisper { leg: LegId(2), prompt }, asset);
        let (speaker, hearer) = (worker.by_id[&LegId(1)], worker.by_id[&LegId(2)]);
        let mut buffers = Box::new(Buffers { datagram: [0; BUFFER_BYTES], made: [0; BUFFER_BYTES] });
        for sequence in 0..10u16 {
            assert_eq!(worker.leg(hearer).unwrap().whisper.is_some(), sequence < 3, "{sequence}");
            assert_eq!(worker.leg(speaker).unwrap().ear.is_some(), sequence < 3, "{sequence}: fitted again");
            let timestamp = u32::from(sequence) * 160;
            let header = rtp::Header { marker: false, payload_type: phones[0].1, sequence, timestamp, ssrc: 5 };
            phones[0].0.send(&[header.to_bytes().as_slice(), &[0x55; 160]].concat()).unwrap();
            worker.receive(speaker, (u64::from(sequence) * 20 + 1_000) * MILLISECOND, &mut buffers);
            let mut packet = [0; 500];
            let heard = std::iter::from_fn(|| phones[1].0.recv(&mut packet).ok()).count();
            assert_eq!(heard, 1, "{sequence}");
        }
    }
}
