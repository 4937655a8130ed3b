//! The handshake thread: DTLS of every leg (RFC 5763, RFC 5764), away from the media threads, for a handshake is about a
//! millisecond of arithmetic and a media thread's tick is two.
//!
//! A media thread hands over the DTLS datagrams of a leg, and gets back datagrams to send and, once, the SRTP contexts.
//! It decides whose datagrams are looked at (R14): with ICE only the selected pair's, without it an allowed address's;
//! there every source has a conversation of its own, so that a stranger on an allowed address who is first cannot keep
//! the peer out: the one whose certificate fits wins.

mod certificate;
mod link;
mod record;
mod session;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use endpoint::LegId;
use srtp::Context;

use crate::clock::{self, Epoch, MILLISECOND};

pub use certificate::Certificate;
#[cfg(test)]
pub use certificate::fingerprint;
pub use session::Failure;
#[cfg(test)]
pub use session::{Keys, Session};

use link::Link;

/// Datagrams and requests that may wait for the thread: a second's worth of work. What is too much is lost, and DTLS
/// sends it again.
pub const REQUESTS_MAX: usize = 1024;
/// Datagrams and keys that may wait for a media thread.
pub const REPLIES_MAX: usize = 1024;
/// Links known at once: there are no more legs.
pub const LINKS_MAX: usize = 64 * 1024;
/// Conversations at once, under way or lingering: about 50 KB each.
const SESSIONS_MAX: usize = 2048;
/// A reply that found no room is offered again after this.
const RETRY: u64 = 5 * MILLISECOND;
/// The thread looks at its clock at least this often.
const IDLE: u64 = 60_000 * MILLISECOND;
/// How long a whole handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// The first repetition of a flight that nobody answered; each further one waits twice as long.
const REPEAT: Duration = Duration::from_millis(400);

/// Names a leg's DTLS association: which media thread, and a number of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId {
    /// The media thread.
    pub thread: usize,
    /// The association there; never used twice.
    pub number: u64,
}

/// A leg that is to be keyed by DTLS.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The leg.
    pub leg: LegId,
    /// SHA-256 of the peer's certificate, from its SDP.
    pub fingerprint: [u8; 32],
    /// We are the DTLS client, and begin at once.
    pub active: bool,
    /// ICE says who the peer is: one conversation, wherever the peer moves. Without it every source has its own.
    pub by_ice: bool,
    /// Where the peer is by its SDP: whom we call if we are active, and who always finds room.
    pub expected: Option<SocketAddr>,
}

/// What a media thread asks.
#[derive(Debug)]
pub enum Request {
    /// A leg is to be keyed.
    Begin(LinkId, Terms),
    /// A datagram came for it.
    Datagram(LinkId, SocketAddr, Vec<u8>),
    /// It is over.
    End(LinkId),
}

/// What is answered.
#[derive(Debug)]
pub struct Reply {
    /// For which leg.
    pub leg: LegId,
    /// And which of its associations: an answer to an older one is ignored.
    pub number: u64,
    /// What.
    pub what: What,
}

/// What is to be done on a media thread.
#[derive(Debug)]
pub enum What {
    /// Send this: to that source, unless ICE has selected a better one.
    Send(Vec<u8>, Option<SocketAddr>),
    /// The peer has shown who it is: protect with these. Without ICE, it is there.
    Secured(Box<Secured>),
    /// A conversation came to nothing. The peer may begin another one, but not for ever.
    Failed(Failure),
}

/// Both directions, and where the peer is if DTLS alone says so.
#[derive(Debug)]
pub struct Secured {
    /// Protects what we send.
    pub send: Context,
    /// Opens what the peer sends.
    pub receive: Context,
    /// The authenticated source, without ICE.
    pub peer: Option<SocketAddr>,
}

/// The way to a media thread.
#[derive(Debug)]
pub struct Outlet {
    replies: SyncSender<Reply>,
    wake: Arc<OwnedFd>,
}

impl Outlet {
    /// To the media thread that `wake` wakes; and the end that it holds.
    pub fn new(wake: &Arc<OwnedFd>) -> (Self, Receiver<Reply>) {
        let (replies, receiver) = sync_channel(REPLIES_MAX);
        (Self { replies, wake: Arc::clone(wake) }, receiver)
    }
}

/// The running thread.
#[derive(Debug)]
pub struct Handshakes {
    handle: JoinHandle<()>,
}

/// A queue for its requests: made before the media threads, which hold its one end.
pub fn requests() -> (SyncSender<Request>, Receiver<Request>) {
    sync_channel(REQUESTS_MAX)
}

impl Handshakes {
    /// Starts it. It ends when the last media thread has gone.
    pub fn start(
        certificate: &Certificate,
        requests: Receiver<Request>,
        outlets: Vec<Outlet>,
        epoch: Epoch,
    ) -> io::Result<Self> {
        let worker = Worker {
            configs: Configs::new(certificate)?,
            requests,
            outlets,
            epoch,
            links: HashMap::new(),
            due: BTreeSet::new(),
            sessions: 0,
        };
        let handle = std::thread::Builder::new().name("handshake".to_owned()).spawn(move || worker.run())?;
        Ok(Self { handle })
    }

    /// Waits for its end.
    pub fn join(self) {
        if self.handle.join().is_err() {
            tracing::error!("the handshake thread has panicked");
        }
    }
}

/// What every conversation begins with.
#[derive(Debug)]
struct Configs {
    identity: dimpl::DtlsCertificate,
    /// A cookie first (RFC 6347 §4.2.1), where nothing else has shown that the source is real.
    with_cookie: Arc<dimpl::Config>,
    without: Arc<dimpl::Config>,
}

impl Configs {
    fn new(certificate: &Certificate) -> io::Result<Self> {
        let config = |cookie| {
            dimpl::Config::builder()
                .require_client_certificate(true)
                .use_server_cookie(cookie)
                .handshake_timeout(HANDSHAKE)
                .flight_start_rto(REPEAT)
                .flight_retries(6)
                .build()
                .map(Arc::new)
                .map_err(io::Error::other)
        };
        Ok(Self { identity: certificate.identity.clone(), with_cookie: config(true)?, without: config(false)? })
    }
}

/// The thread's state.
#[derive(Debug)]
struct Worker {
    configs: Configs,
    requests: Receiver<Request>,
    outlets: Vec<Outlet>,
    epoch: Epoch,
    links: HashMap<LinkId, Link>,
    /// Which link wants a turn when.
    due: BTreeSet<(u64, LinkId)>,
    /// Conversations there are.
    sessions: usize,
}

impl Worker {
    fn run(mut self) {
        loop {
            let now = clock::now();
            let until = self.due.first().map_or(now + IDLE, |&(at, _)| at);
            let wait = Duration::from_nanos(until.saturating_sub(now).min(IDLE));
            match self.requests.recv_timeout(wait) {
                Ok(request) => self.take(request, clock::now()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = clock::now();
            while let Some(&(at, id)) = self.due.first()
                && at <= now
            {
                self.turn(id, now, None);
            }
        }
    }

    fn take(&mut self, request: Request, now: u64) {
        match request {
            Request::Begin(id, terms) => {
                if self.links.len() >= LINKS_MAX {
                    return self.answer(id, terms.leg, What::Failed(Failure::Full));
                }
                self.links.insert(id, Link::new(terms));
                self.turn(id, now, None);
            }
            Request::Datagram(id, from, datagram) => self.turn(id, now, Some((from, &datagram))),
            Request::End(id) => {
                if let Some(link) = self.links.remove(&id) {
                    self.due.remove(&(link.due, id));
                    self.sessions -= link.sessions();
                }
            }
        }
    }

    /// Gives a link its turn: for a datagram, or because its time has come.
    fn turn(&mut self, id: LinkId, now: u64, datagram: Option<(SocketAddr, &[u8])>) {
        let Some(mut link) = self.links.remove(&id) else { return };
        self.due.remove(&(link.due, id));
        let before = link.sessions();
        let mut room = SESSIONS_MAX.saturating_sub(self.sessions);
        let leg = link.terms.leg;
        let outcome = link.turn(&self.configs, &self.epoch, now, datagram, &mut room, &mut |datagram, to| {
            // Lost if there is no room: DTLS repeats it.
            let _ = self.offer(id, leg, What::Send(datagram.to_vec(), to));
        });
        self.sessions = self.sessions + link.sessions() - before;
        // Keys and failures are told once, so they wait until there is room.
        link.untold = outcome.or_else(|| link.untold.take());
        if let Some(what) = link.untold.take()
            && let Err(what) = self.offer(id, leg, what)
        {
            link.untold = Some(what);
            link.due = now + RETRY;
        }
        self.due.insert((link.due, id));
        self.links.insert(id, link);
    }

    fn answer(&self, id: LinkId, leg: LegId, what: What) {
        let _ = self.offer(id, leg, what);
    }

    /// Gives it to the media thread; gives it back if there is no room.
    fn offer(&self, id: LinkId, leg: LegId, what: What) -> Result<(), What> {
        let Some(outlet) = self.outlets.get(id.thread) else { return Ok(()) };
        match outlet.replies.try_send(Reply { leg, number: id.number, what }) {
            Ok(()) => {
                // Full only if it was woken 2^64 times.
                let _ = rustix::io::write(&outlet.wake, &1u64.to_ne_bytes());
                Ok(())
            }
            Err(TrySendError::Full(reply)) => Err(reply.what),
            Err(TrySendError::Disconnected(_)) => Ok(()),
        }
    }
}

/// Nanoseconds as the clock that `dimpl` takes.
fn instant(epoch: &Epoch, now: u64) -> Instant {
    epoch.instant(now)
}
