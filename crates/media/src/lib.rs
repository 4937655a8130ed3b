//! The voice path: media threads of our own, each with its calls' sockets, prompts and latching rules, and a recorder
//! that no call ever waits for.
//!
//! The switchboard gives [`Order`]s by [`Media::order`], which never blocks, and hears [`Event`]s by the function given
//! to [`start`]. Voice never passes the switchboard: a packet is received, checked, appended to the recorder's block and
//! sent on by one thread without a lock, an allocation or a disk (W10).

pub mod bench;
mod bucket;
mod clock;
mod excerpt;
mod handshake;
mod place;
mod prompts;
mod recorder;
mod thread;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use endpoint::LegId;
use rustix::event::{EventfdFlags, eventfd};
use switch::CallId;
use switch::media::{Event, Order, Source};

pub use excerpt::{Excerpt, excerpt};
pub use prompts::{
    Listed, Note, Origin, PromptError, PromptSource, Prompts, PromptsConfig, TEXT_BYTES_MAX, WAV_BYTES_MAX, read_wav,
};
pub use recorder::{Repaired, finished, repair};

use handshake::{Certificate, Handshakes, Outlet};
use recorder::{Means, Recorder};
use thread::{Message, Setup, Worker};

/// Orders that may wait for a media thread.
const ORDERS_MAX: usize = 16 * 1024;
/// Media threads at most.
const THREADS_MAX: usize = 64;

/// How the voice path is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Media threads: one per core given to voice.
    pub threads: usize,
    /// Each media thread stays on a core of its own, if there are several threads and more cores than threads.
    pub pin: bool,
    /// How often the threads look at their sockets once they carry more than a few streams: 1 to 2 ms (MEDIA.md §1).
    pub tick: Duration,
    /// Folder of the recordings.
    pub recordings: PathBuf,
    /// The prompt library.
    pub prompts: Prompts,
}

impl Config {
    /// One media thread, a tick of 2 ms.
    pub fn new(recordings: impl Into<PathBuf>, prompts: Prompts) -> Self {
        Self { threads: 1, pin: true, tick: Duration::from_millis(2), recordings: recordings.into(), prompts }
    }
}

/// The order queue of a media thread is full: the machine is far beyond what it can carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the media thread's order queue is full")
    }
}

impl std::error::Error for Full {}

/// Whom events are told.
#[derive(Clone)]
struct EventSink(Arc<dyn Fn(Event) + Send + Sync>);

impl std::ops::Deref for EventSink {
    type Target = dyn Fn(Event) + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventSink")
    }
}

/// What the threads show of themselves, nanoseconds.
#[derive(Debug, Default)]
struct Meters {
    /// CPU time of a media thread.
    media_cpu: AtomicU64,
    /// CPU time of the recorder thread.
    recorder_cpu: AtomicU64,
    /// Since it was last asked, the latest tick, or the longest that packets have waited.
    late: AtomicU64,
}

/// Starts the media threads and the recorder. `events` is called on their threads and must not block: hand the event to
/// a queue and return.
pub fn start(config: Config, events: impl Fn(Event) + Send + Sync + 'static) -> io::Result<Media> {
    start_with(config, Means::default(), events)
}

fn start_with(config: Config, means: Means, events: impl Fn(Event) + Send + Sync + 'static) -> io::Result<Media> {
    let events = EventSink(Arc::new(events));
    let epoch = clock::Epoch::new();
    let count = config.threads.clamp(1, THREADS_MAX);
    let own_cores = if config.pin { place::own_cores(count, &place::cores()) } else { Vec::new() };
    let recorder_meters = Arc::new(Meters::default());
    let (recorder, taps) = Recorder::start(config.recordings, count, &events, &recorder_meters, means)?;
    let certificate = Certificate::make()?;
    let (handshakes, requests) = handshake::requests();
    let mut outlets = Vec::with_capacity(count);
    let mut threads = Vec::with_capacity(count);
    for (n, tap) in taps.into_iter().enumerate() {
        let (orders, receiver) = sync_channel(ORDERS_MAX);
        let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let meters = Arc::new(Meters::default());
        let (outlet, replies) = Outlet::new(&wake);
        outlets.push(outlet);
        let worker = Worker::new(Setup {
            tick: config.tick,
            orders: receiver,
            wake: Arc::clone(&wake),
            number: n,
            handshakes: handshakes.clone(),
            replies,
            tap,
            events: events.clone(),
            meters: Arc::clone(&meters),
            epoch,
        })?;
        let core: Vec<usize> = own_cores.get(n).copied().into_iter().collect();
        let handle = std::thread::Builder::new().name(format!("media-{n}")).spawn(move || {
            place::stay_on(&core);
            place::go_first();
            worker.run();
        })?;
        threads.push(MediaThread { orders: Some(orders), wake, meters, handle: Some(handle) });
    }
    // From here on only the media threads hold its queue: it ends with the last of them.
    drop(handshakes);
    let handshakes = Handshakes::start(&certificate, requests, outlets, epoch)?;
    Ok(Media {
        prompts: config.prompts,
        threads,
        homes: Mutex::new(HashMap::new()),
        recorder: Some(recorder),
        recorder_meters,
        asked: Mutex::default(),
        handshakes: Some(handshakes),
        fingerprint: certificate.fingerprint,
    })
}

/// How hard the voice path works.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// The share of its time for which the busiest media thread, or the recorder, was at work; 1: it can do no more. It is
    /// counted fifty times a second and may be a little more than 1 for one look and less for the next.
    pub busy: f64,
    /// How late the latest tick was, or for how long more packets waited than could be read, whichever is longer.
    pub late: Duration,
}

/// When the load was last asked for, and what each thread had spent by then.
#[derive(Debug, Default)]
struct Asked {
    at: u64,
    spent: Vec<u64>,
}

/// The running voice path. Dropping it ends every leg and finishes every recording.
#[derive(Debug)]
pub struct Media {
    prompts: Prompts,
    threads: Vec<MediaThread>,
    /// On which thread a leg lives. Locked by those who give orders, never by a media thread.
    homes: Mutex<HashMap<LegId, usize>>,
    recorder: Option<Recorder>,
    recorder_meters: Arc<Meters>,
    /// Locked by whoever asks for the load.
    asked: Mutex<Asked>,
    handshakes: Option<Handshakes>,
    fingerprint: [u8; 32],
}

#[derive(Debug)]
struct MediaThread {
    orders: Option<SyncSender<Message>>,
    wake: Arc<OwnedFd>,
    meters: Arc<Meters>,
    handle: Option<JoinHandle<()>>,
}

impl Media {
    /// Gives an order; never blocks. Orders of one call are carried out in the order given; those for a leg that was
    /// never opened, or is closed, are ignored.
    pub fn order(&self, order: Order) -> Result<(), Full> {
        let asset = match &order {
            Order::Hear { source: Source::Prompt { prompt, .. }, .. } | Order::Whisper { prompt, .. } => {
                self.prompts.get(prompt)
            }
            Order::OpenLeg { .. }
            | Order::Negotiated { .. }
            | Order::Hear { .. }
            | Order::StopWhisper { .. }
            | Order::DetectDigits { .. }
            | Order::RelayDigits { .. }
            | Order::RecordLeg { .. }
            | Order::StartRecording { .. }
            | Order::PauseRecording { .. }
            | Order::StopRecording { .. }
            | Order::CloseLeg { .. } => None,
        };
        let Some(thread) = self.home(&order).and_then(|home| self.threads.get(home)) else { return Ok(()) };
        let Some(orders) = &thread.orders else { return Ok(()) };
        match orders.try_send(Message { order, asset }) {
            Ok(()) => {
                thread.wake();
                Ok(())
            }
            Err(TrySendError::Full(_)) => Err(Full),
            Err(TrySendError::Disconnected(_)) => {
                tracing::error!("a media thread has gone");
                Err(Full)
            }
        }
    }

    /// The prompt library.
    pub fn prompts(&self) -> &Prompts {
        &self.prompts
    }

    /// SHA-256 of the certificate that we show in DTLS handshakes: what our SDP says (RFC 8122). It is made at the start and
    /// lasts as long as this.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// How hard the voice path works, since this was last asked: the signal on which new calls are refused (R45).
    pub fn load(&self) -> Load {
        let recorder = self.recorder_meters.recorder_cpu.load(Ordering::Relaxed);
        let media = self.threads.iter().map(|thread| thread.meters.media_cpu.load(Ordering::Relaxed));
        let spent: Vec<u64> = media.chain([recorder]).collect();
        let late = self.threads.iter().map(|thread| thread.meters.late.swap(0, Ordering::Relaxed)).max();
        let now = clock::now();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let most = spent.iter().zip(&asked.spent).map(|(now, before)| now.saturating_sub(*before)).max();
        let busy = most.unwrap_or(0) as f64 / now.saturating_sub(asked.at).max(1) as f64;
        *asked = Asked { at: now, spent };
        Load { busy, late: Duration::from_nanos(late.unwrap_or(0)) }
    }

    /// Ends every leg, finishes every recording and waits for the threads.
    pub fn shutdown(self) {
        drop(self);
    }

    /// CPU time so far of the media threads, and of the recorder.
    fn cpu(&self) -> (Duration, Duration) {
        let media: u64 = self.threads.iter().map(|thread| thread.meters.media_cpu.load(Ordering::Relaxed)).sum();
        (Duration::from_nanos(media), Duration::from_nanos(self.recorder_meters.recorder_cpu.load(Ordering::Relaxed)))
    }

    /// The thread that an order is for.
    fn home(&self, order: &Order) -> Option<usize> {
        let mut homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        match order {
            Order::OpenLeg { leg, call, .. } => {
                let home = self.home_of_call(*call);
                homes.insert(*leg, home);
                Some(home)
            }
            Order::StartRecording { call, .. }
            | Order::PauseRecording { call, .. }
            | Order::StopRecording { call, .. } => Some(self.home_of_call(*call)),
            Order::CloseLeg { leg } => homes.remove(leg),
            Order::Negotiated { leg, .. }
            | Order::Hear { leg, .. }
            | Order::Whisper { leg, .. }
            | Order::StopWhisper { leg }
            | Order::DetectDigits { leg, .. }
            | Order::RelayDigits { leg, .. }
            | Order::RecordLeg { leg, .. } => homes.get(leg).copied(),
        }
    }

    /// All legs of a call live on one thread. The call's number begins with its time: it is mixed before it is divided.
    fn home_of_call(&self, call: CallId) -> usize {
        let mixed = (call.0 ^ call.0 >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        usize::try_from(mixed).unwrap_or(0) % self.threads.len().max(1)
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        for thread in &mut self.threads {
            thread.orders = None;
            thread.wake();
        }
        for thread in &mut self.threads {
            if thread.handle.take().is_some_and(|handle| handle.join().is_err()) {
                tracing::error!("a media thread has panicked");
            }
        }
        if let Some(handshakes) = self.handshakes.take() {
            handshakes.join();
        }
        if let Some(recorder) = self.recorder.take() {
            recorder.join();
        }
    }
}

impl MediaThread {
    fn wake(&self) {
        // Full only if it was woken 2^64 times.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }
}

/// Lower-case hex.
fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
