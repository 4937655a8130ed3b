//! The engine from outside: commands in, events out. Cheap to clone; every floor above uses this and nothing else.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use switch::{CallId, Command, Directory, OperatorId, Past, Visit};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use transport::{TlsError, TlsMaterial};
use web::{Answer, Done, Machine, News, PhoneId, PhoneLine, Stamped, Switchboard, Told, Unanswered};

use super::{Ask, Statistics};
use crate::process;

/// Whoever changed the directory waits this long at most for the switch to know.
const DIRECTORY_MAX: std::time::Duration = std::time::Duration::from_secs(3);
/// Events that are remembered for desks that come back after a short absence.
const HISTORY_MAX: usize = 4_096;

/// The running engine.
#[derive(Clone)]
pub struct EngineHandle {
    pub(super) inbox: mpsc::Sender<Ask>,
    pub(super) events: broadcast::Sender<Stamped>,
    pub(super) statistics: watch::Receiver<Statistics>,
    history: Arc<Mutex<VecDeque<Stamped>>>,
    /// Changes of the directory that were told, and those that the switch works with.
    told: watch::Sender<u64>,
    loaded: watch::Sender<u64>,
}

impl EngineHandle {
    pub(super) fn new(
        inbox: mpsc::Sender<Ask>,
        events: broadcast::Sender<Stamped>,
        statistics: watch::Receiver<Statistics>,
    ) -> Self {
        let history = Arc::new(Mutex::new(VecDeque::new()));
        Self { inbox, events, statistics, history, told: watch::Sender::new(0), loaded: watch::Sender::new(0) }
    }

    /// Gives the switch a new directory, and waits until it works with it. `names`: whose certificate a trunk at this address must
    /// show over TLS.
    pub async fn set_directory(
        &self,
        directory: Arc<Directory>,
        names: Vec<(SocketAddr, String)>,
    ) -> Result<(), Unanswered> {
        let (taken, done) = oneshot::channel();
        self.inbox.send(Ask::Directory { directory, names, taken }).await.map_err(|_| Unanswered::Busy)?;
        done.await.map_err(|_| Unanswered::Busy)
    }

    /// Other certificates for the connections to come. On an error everything stays as it is.
    pub async fn set_tls(&self, material: TlsMaterial) -> Result<(), TlsError> {
        let (taken, done) = oneshot::channel();
        let sent = self.inbox.send(Ask::Tls { material: Box::new(material), taken }).await;
        // An engine that is gone speaks with nobody any more.
        if sent.is_ok() { done.await.unwrap_or(Ok(())) } else { Ok(()) }
    }

    /// The recordings' disk has become scarce, or is no longer: desks are told.
    pub async fn disk(&self, free_percent: u8, scarce: bool) {
        let _ = self.inbox.send(Ask::Disk { free_percent, scarce }).await; // an engine that is gone tells nobody
    }

    /// Today's figures go on from these visits, which an earlier process has seen.
    pub async fn today(&self, visits: Vec<Visit>) {
        let _ = self.inbox.send(Ask::Today(visits)).await; // an engine that is gone counts nothing
    }

    /// What earlier processes knew of callers, in parts. False: the engine is gone.
    pub async fn past(&self, past: Past) -> bool {
        self.inbox.send(Ask::Past(past)).await.is_ok()
    }

    /// Calls whose reports are not done, and who took them: all of them. False: the engine is gone.
    pub async fn open_reports(&self, open: Vec<(CallId, OperatorId)>) -> bool {
        self.inbox.send(Ask::OpenReports(open)).await.is_ok()
    }

    /// What a caller of the recordings line needs.
    pub async fn dial_in(&self, line: CallId, number: u64, answer: switch::dial_in::Answer) {
        let _ = self.inbox.send(Ask::DialIn { line, number, answer }).await; // an engine that is gone has no callers
    }

    /// No new calls from now on.
    pub async fn drain(&self) {
        let _ = self.inbox.send(Ask::Drain).await; // an engine that is gone takes no calls either
    }

    /// Ends the engine.
    pub async fn stop(&self) {
        let _ = self.inbox.send(Ask::Stop).await;
    }

    /// How the engine is; changes once a second.
    pub fn statistics(&self) -> watch::Receiver<Statistics> {
        self.statistics.clone()
    }

    /// Waits until someone says that the directory changed; gives the number for [`EngineHandle::directory_loaded`].
    pub async fn directory_change(&self) -> u64 {
        let mut told = self.told.subscribe();
        let behind = told.wait_for(|told| *told > *self.loaded.borrow()).await;
        behind.map(|told| *told).unwrap_or_default() // the sender is ours: it cannot be gone
    }

    /// The switch works with everything that was told up to this number.
    pub fn directory_loaded(&self, told: u64) {
        self.loaded.send_replace(told);
    }

    /// Remembers an event for [`Switchboard::history`]; not today's figures, which come every second and are new in the next.
    pub(crate) fn remember(&self, stamped: Stamped) {
        if matches!(*stamped.event, Told::Switch(switch::Event::Promise { .. })) {
            return;
        }
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        if history.len() >= HISTORY_MAX {
            history.pop_front();
        }
        history.push_back(stamped);
    }
}

impl Switchboard for EngineHandle {
    fn command(&self, command: Command) -> Answer {
        let (answer, reply) = oneshot::channel();
        let sent = self.inbox.try_send(Ask::Command { command, answer });
        Box::pin(async move {
            sent.map_err(|_| Unanswered::Busy)?;
            reply.await.map_err(|_| Unanswered::Busy)?.map_err(Unanswered::Refused)
        })
    }

    fn subscribe(&self) -> broadcast::Receiver<Stamped> {
        self.events.subscribe()
    }

    fn history(&self, after: u64) -> Vec<Stamped> {
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let start = history.partition_point(|stamped| stamped.seq <= after);
        history.iter().skip(start).cloned().collect()
    }

    fn tell(&self, news: News) {
        if self.inbox.try_send(Ask::News(news)).is_err() {
            tracing::warn!("the engine has too much to do: desks were not told of a report");
        }
    }

    fn phone(&self, line: PhoneLine) -> bool {
        self.inbox.try_send(Ask::Phone(Box::new(line))).is_ok()
    }

    fn phone_lapsed(&self, phone: PhoneId) {
        // A full queue: it is told again.
        let _ = self.inbox.try_send(Ask::Lapsed(phone));
    }

    fn directory_changed(&self) -> Done {
        let mut number = 0;
        self.told.send_modify(|told| {
            *told += 1;
            number = *told;
        });
        let mut loaded = self.loaded.subscribe();
        Box::pin(async move {
            let done = loaded.wait_for(|loaded| *loaded >= number);
            // With the database away the change comes when it is back.
            let _ = tokio::time::timeout(DIRECTORY_MAX, done).await;
        })
    }

    fn machine(&self) -> Machine {
        let engine = *self.statistics.borrow();
        let process = process::look();
        Machine {
            inputs: engine.inputs,
            longest_us: engine.longest_us,
            engine_cpu_us: engine.cpu_us,
            admitted_percent: engine.admitted_percent,
            violations: engine.violations,
            media_events_lost: engine.media_events_lost,
            media_orders_lost: engine.media_orders_lost,
            records_lost: engine.records_lost,
            voice_busy: engine.voice_busy,
            voice_late_us: engine.voice_late_us,
            sip_received: engine.transport.received,
            sip_sent: engine.transport.sent,
            sip_junk: engine.transport.junk,
            sip_flooded: engine.transport.flooded,
            sip_connections: engine.transport.connections,
            cpu_us: process.cpu_us,
            resident_bytes: process.resident_bytes,
            open_files: process.open_files,
            started_ms: process.started_ms,
        }
    }
}
