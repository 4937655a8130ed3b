//! The worker: takes deliveries out of the outbox, has them carried, and writes down what became of them.
//!
//! Everything that must not be forgotten is in the store; the worker can die at any moment. What it had in hand then comes
//! again when its lease is over, with the same id. It is one task: [`Worker::begin`] leases what is due and starts attempts,
//! each a task of its own; [`Worker::ended`] waits for one of them; [`Worker::settle`] writes down how they ended. The endless
//! loop around these ([`Worker::run`]) is short, and tests drive the same functions by a clock of their own.

mod lane_of;
mod lanes;
mod settle;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use store::{Job, Kinds, Returned, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinSet};

use crate::Outcome;
use crate::carrier::Carrier;
use crate::clock::Clock;
use crate::rescue::Rescue;
use lanes::{Admission, Lanes, Ticket};

pub use lane_of::lane_of;
pub use lanes::{Lane, Limits};

/// How long a delivery is ours without a sign of life. After a crash its recipient waits for so long.
pub const LEASE_MS: i64 = 30_000;
/// Leases are renewed so often.
const RENEW_MS: i64 = 10_000;
/// No attempt takes longer; each channel has shorter limits of its own.
pub const ATTEMPT_MAX: Duration = Duration::from_secs(240);
/// Mails that are leased and wait for their turn; as many chats may. Each has hands of its own: all mail has one server, and should
/// that hang, the chats go on.
const HELD_MAX: usize = 32;
/// Deliveries to one server other than the mail server's that wait for their turn.
const HELD_OF_SERVER_MAX: usize = 8;
/// Deliveries in one lane that wait for their turn.
const HELD_OF_LANE_MAX: usize = 4;
/// A delivery beyond these is given back for so long.
const BUSY_AGAIN_MS: i64 = 500;
/// A delivery whose destination is slow is given back for so long.
const SLOW_AGAIN_MS: i64 = 5_000;
/// A clock that goes back by less is not worth a word.
const STEP_MS: i64 = 2_000;
/// The outbox is looked at so often even if nobody rings: another process may have put something into it.
const LOOK_MS: i64 = 1_000;
/// Attempts under way at the end of the process have this long; what does not end comes again at the next start.
const LAST_ATTEMPTS_MAX: Duration = Duration::from_secs(10);

/// Rings when something has been put into the outbox, so that it need not be looked at all the time.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// There is something new. Never blocks, and is never lost.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// Takes deliveries to their recipients.
pub struct Worker {
    rescue: Rescue,
    carrier: Arc<dyn Carrier>,
    lanes: Lanes,
    /// Leased, and waiting for their lane.
    held: VecDeque<Job>,
    /// Attempts under way, and whose they are.
    attempts: JoinSet<Outcome>,
    running: HashMap<Id, Running>,
    /// Ended, and not written down yet.
    ended: Vec<Ended>,
    /// The outbox is to be looked at then; `None`: nothing is in it.
    look_ms: Option<i64>,
    /// It is asked first when that is: somebody else may have put something into it.
    peek: bool,
    /// Something may be due that was left in the outbox because the hands were full.
    full: bool,
    /// When it last worked.
    last_ms: i64,
    renew_ms: i64,
    away: bool,
}

/// An attempt under way.
struct Running {
    job: Job,
    ticket: Ticket,
}

/// An attempt that has ended.
struct Ended {
    job: Job,
    ticket: Ticket,
    outcome: Outcome,
    /// Times that it could not be written down, and when to try again.
    failures: u32,
    again_ms: i64,
}

impl Worker {
    /// Nothing in hand yet.
    pub fn new(rescue: Rescue, carrier: Arc<dyn Carrier>, limits: Limits) -> Worker {
        Worker {
            rescue,
            carrier,
            lanes: Lanes::new(limits),
            held: VecDeque::new(),
            attempts: JoinSet::new(),
            running: HashMap::new(),
            ended: Vec::new(),
            look_ms: Some(i64::MIN),
            peek: false,
            full: false,
            last_ms: i64::MIN,
            renew_ms: i64::MIN,
            away: false,
        }
    }

    /// Attempts under way.
    pub fn busy(&self) -> usize {
        self.running.len()
    }

    /// When there is something to do without anything having happened: for whoever drives the worker.
    pub fn next_ms(&self) -> Option<i64> {
        self.look_ms
    }

    /// The outbox has something new.
    pub fn look_again(&mut self) {
        self.look_ms = Some(i64::MIN);
    }

    /// Works until `stop` says so, then gives back what has not begun and waits a little for what has.
    pub async fn run(mut self, clock: Arc<dyn Clock>, bell: Bell, mut stop: watch::Receiver<bool>) {
        loop {
            let now_ms = clock.now_ms();
            let worked = self.work(now_ms).await;
            let due_ms = self.look_ms.filter(|_| worked.is_ok());
            let wake_ms = due_ms.unwrap_or(i64::MAX).min(now_ms.saturating_add(LOOK_MS));
            self.tell_away(worked.err());
            tokio::select! {
                () = bell.0.notified() => self.look_again(),
                () = self.wait() => {}
                () = clock.sleep_until(wake_ms) => self.peek = true,
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        self.finish(clock.as_ref()).await;
    }

    /// One turn: writes down what has ended, keeps what is in hand, begins what is due.
    ///
    /// # Errors
    /// What the database says; nothing is forgotten.
    pub async fn work(&mut self, now_ms: i64) -> Result<(), StoreError> {
        self.follow_clock(now_ms).await?;
        self.settle(now_ms).await?;
        self.renew(now_ms).await?;
        self.begin(now_ms).await
    }

    /// A clock that has been set back would let everything wait for as long as that.
    async fn follow_clock(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let back_ms = self.last_ms.saturating_sub(now_ms);
        if self.last_ms != i64::MIN && back_ms >= STEP_MS {
            tracing::warn!(back_ms, "the clock was set back: what waits in the outbox waits no longer for that");
            self.rescue.store.shift_outbox(now_ms, back_ms).await?;
            self.renew_ms = i64::MIN;
            self.look_again();
        }
        self.last_ms = now_ms;
        Ok(())
    }

    /// Leases what is due and begins what may begin.
    async fn begin(&mut self, now_ms: i64) -> Result<(), StoreError> {
        self.begin_held(now_ms).await?;
        if std::mem::take(&mut self.peek)
            && let Some(due_ms) = self.due_ms().await?
        {
            self.look_by(due_ms);
        }
        if self.full && self.free(Kinds::Mail).min(self.free(Kinds::Chats)) >= HELD_MAX / 2 {
            self.look_by(now_ms);
        }
        if self.look_ms.is_some_and(|look_ms| look_ms <= now_ms) {
            for kinds in [Kinds::Chats, Kinds::Mail] {
                self.take(kinds, now_ms).await?;
            }
            self.look_ms = self.due_ms().await?;
        }
        Ok(())
    }

    /// Leases of these what is due, as far as there are hands free.
    async fn take(&mut self, kinds: Kinds, now_ms: i64) -> Result<(), StoreError> {
        loop {
            let free = self.free(kinds);
            let limit = u32::try_from(free).unwrap_or(u32::MAX);
            if limit == 0 {
                return Ok(());
            }
            let leased = self.rescue.store.lease_of(kinds, now_ms, LEASE_MS, limit).await?;
            let all = leased.len() < free;
            self.held.extend(leased);
            self.begin_held(now_ms).await?;
            if all {
                return Ok(());
            }
        }
    }

    /// How many more of these may be leased.
    fn free(&self, kinds: Kinds) -> usize {
        let held = self.held.iter().filter(|job| kinds_of(job) == kinds).count();
        HELD_MAX.saturating_sub(held)
    }

    /// When something is due that can be taken: with its hands full of mail, mail that is due is left where it is.
    async fn due_ms(&mut self) -> Result<Option<i64>, StoreError> {
        let (mut due_ms, mut full) = (None, false);
        for kinds in [Kinds::Chats, Kinds::Mail] {
            if self.free(kinds) == 0 {
                full = true;
            } else if let Some(of_kinds) = self.rescue.store.due_ms_of(kinds).await? {
                due_ms = Some(due_ms.map_or(of_kinds, |due_ms: i64| due_ms.min(of_kinds)));
            }
        }
        self.full = full;
        Ok(due_ms)
    }

    /// Begins those in hand that may, in their order; gives back those whose destination is slow, and those of which too many wait.
    async fn begin_held(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let mut back = Vec::new();
        let mut waiting = Waiting::default();
        for job in std::mem::take(&mut self.held) {
            let wait_ms = self.carrier.wait_ms(&job.channel, now_ms);
            let lane = lane_of(&job.channel);
            match self.lanes.admission(&lane, now_ms) {
                _ if self.is_in_hand(&job.id) => back.push(returned(job, now_ms.saturating_add(SLOW_AGAIN_MS))),
                _ if wait_ms > 0 => back.push(returned(job, now_ms.saturating_add(wait_ms))),
                Admission::Yes => self.begin_one(job, lane, now_ms),
                Admission::Busy if waiting.has_room(&lane) => self.held.push_back(job),
                Admission::Busy => back.push(returned(job, now_ms.saturating_add(BUSY_AGAIN_MS))),
                Admission::Slow => back.push(returned(job, now_ms.saturating_add(SLOW_AGAIN_MS))),
            }
        }
        if let Some(first_ms) = back.iter().map(|back| back.next_ms).min() {
            // Should this fail, their leases run out: later, and not lost.
            self.rescue.store.return_deliveries(&back).await?;
            self.look_by(first_ms);
        }
        Ok(())
    }

    /// Whether an attempt at this one is under way, or not yet written down: after a clock has jumped, its lease seems to be over.
    fn is_in_hand(&self, delivery: &str) -> bool {
        let ended = self.ended.iter().map(|ended| &ended.job);
        self.running.values().map(|running| &running.job).chain(ended).chain(&self.held).any(|job| job.id == delivery)
    }

    fn begin_one(&mut self, job: Job, lane: Lane, now_ms: i64) {
        let ticket = self.lanes.begin(lane, now_ms);
        let (carrier, carried) = (Arc::clone(&self.carrier), job.clone());
        let attempt = self.attempts.spawn(async move {
            let tried = tokio::time::timeout(ATTEMPT_MAX, carrier.deliver(&carried, now_ms)).await;
            tried.unwrap_or_else(|_| Outcome::retry(format!("no end after {} s", ATTEMPT_MAX.as_secs())))
        });
        self.running.insert(attempt.id(), Running { job, ticket });
    }

    /// Until one of the attempts has ended; for ever if there is none. Can be given up at any time.
    pub async fn wait(&mut self) {
        if self.attempts.is_empty() {
            return std::future::pending().await;
        }
        // Kept at once, without another await: nothing is lost when this is given up.
        if let Some(ended) = self.attempts.join_next_with_id().await {
            self.keep(ended);
        }
    }

    fn keep(&mut self, ended: Result<(Id, Outcome), tokio::task::JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            // A bug of ours in one channel; the report is not lost by it.
            Err(error) => (error.id(), Outcome::retry(format!("the attempt broke off: {error}"))),
        };
        if let Some(running) = self.running.remove(&id) {
            let Running { job, ticket } = running;
            self.ended.push(Ended { job, ticket, outcome, failures: 0, again_ms: i64::MIN });
        }
    }

    /// Says once that the database is away, and once that it is back.
    fn tell_away(&mut self, error: Option<StoreError>) {
        match error {
            Some(error) if !self.away => {
                self.away = true;
                tracing::error!(%error, "the outbox cannot be read or written: deliveries wait");
            }
            None if self.away => {
                self.away = false;
                self.look_again();
                tracing::info!("the outbox is back");
            }
            Some(_) | None => {}
        }
    }

    /// The end: what has not begun is given back for whoever is next, what has begun may end.
    async fn finish(mut self, clock: &dyn Clock) {
        let held: Vec<_> = self.held.drain(..).map(|job| returned(job, clock.now_ms())).collect();
        if let Err(error) = self.rescue.store.return_deliveries(&held).await {
            tracing::warn!(%error, deliveries = held.len(), "not given back: they come again when their leases are over");
        }
        let last = async {
            while let Some(ended) = self.attempts.join_next_with_id().await {
                self.keep(ended);
            }
        };
        let _ = tokio::time::timeout(LAST_ATTEMPTS_MAX, last).await;
        let left = self.running.len();
        let settled = self.settle(clock.now_ms()).await;
        if left > 0 || settled.is_err() {
            tracing::warn!(
                deliveries = left + self.ended.len(),
                "nobody knows how these ended: they come again with the same id"
            );
        }
    }
}

/// How many wait in hand, of each server and each lane.
#[derive(Default)]
struct Waiting {
    servers: HashMap<String, usize>,
    lanes: HashMap<Lane, usize>,
}

impl Waiting {
    /// Whether one more may wait; it is counted.
    fn has_room(&mut self, lane: &Lane) -> bool {
        let of_server = if lane.server == lanes::MAIL { HELD_MAX } else { HELD_OF_SERVER_MAX };
        let server = self.servers.entry(lane.server.clone()).or_default();
        let same = self.lanes.entry(lane.clone()).or_default();
        let has_room = *server < of_server && *same < HELD_OF_LANE_MAX;
        *server += usize::from(has_room);
        *same += usize::from(has_room);
        has_room
    }
}

fn kinds_of(job: &Job) -> Kinds {
    if lane_of(&job.channel).server == lanes::MAIL { Kinds::Mail } else { Kinds::Chats }
}

/// A delivery that is given back without having been tried.
fn returned(job: Job, next_ms: i64) -> Returned {
    Returned { id: job.id, attempt: job.attempt, next_ms }
}
