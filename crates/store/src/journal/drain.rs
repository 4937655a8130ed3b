//! The task that brings records from the files to the database.

use std::sync::Arc;
use std::time::Duration;

use switch::CallRecord;
use switch::media::Recording;
use tokio::sync::watch;

use super::segment::{self, Batch, Front, Segment, Shelf};
use super::{Hook, Notice, Progress};
use crate::database::Store;
use crate::error::StoreError;
use crate::interrupted::Interrupted;

/// First pause while the database is away; it doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// A transaction that takes longer counts as failed: the server may be gone without a word.
const SAVE_WAIT: Duration = Duration::from_secs(20);

/// Times that reading a file may fail before it is left aside.
const READ_FAILURES_MAX: u32 = 6;

/// How far the front file is saved.
#[derive(Default)]
struct Place {
    offset: u64,
    lines: u64,
    unreadable: bool,
}

pub(crate) struct Drain {
    store: Store,
    shelf: Arc<Shelf>,
    progress: Arc<watch::Sender<Progress>>,
    hook: Hook,
    /// `DatabaseAway` was told.
    away: bool,
}

impl Drain {
    pub(crate) fn new(store: Store, shelf: Arc<Shelf>, progress: Arc<watch::Sender<Progress>>, hook: Hook) -> Self {
        Drain { store, shelf, progress, hook, away: false }
    }

    /// Until the scribe has ended and everything is saved.
    pub(crate) async fn run(mut self, started_ms: i64, repaired: Vec<Recording>) {
        let mut place = Place::default();
        let mut repaired = Some(repaired);
        loop {
            let front = self.shelf.front();
            let only_new_ones = !matches!(&front, Front::Segment(segment) if segment.old);
            if only_new_ones && let Some(repaired) = repaired.take() {
                self.recover(started_ms, &repaired).await;
            }
            match front {
                Front::Segment(segment) if place.offset < segment.bytes => self.step(&segment, &mut place).await,
                Front::Segment(segment) if !segment.open => {
                    if let Err(error) = self.shelf.remove_front(!place.unreadable) {
                        // It will be saved again after the next start, which changes nothing.
                        tracing::warn!(segment = %segment.path.display(), %error, "a saved journal file cannot be removed");
                    }
                    place = Place::default();
                }
                Front::Segment(_) | Front::Empty => self.shelf.changed.notified().await,
                Front::Finished => return,
            }
        }
    }

    /// Saves one batch.
    async fn step(&mut self, segment: &Segment, place: &mut Place) {
        let mut lines = segment.lines.saturating_sub(place.lines);
        match self.read(segment, place.offset).await {
            Ok(batch) => {
                // A file that ends early (cut off behind our back) is at its end, with all its lines.
                if batch.end > place.offset {
                    lines = u64::try_from(batch.records.len() + batch.unreadable.len()).unwrap_or(u64::MAX);
                    place.offset = batch.end;
                } else {
                    place.offset = segment.bytes;
                }
                for (line, why) in batch.unreadable {
                    self.put_aside(&line);
                    (self.hook)(Notice::Unreadable { segment: segment.path.clone(), why });
                }
                self.save(&batch.records).await;
            }
            Err(why) => {
                place.offset = segment.bytes;
                place.unreadable = true;
                self.store.unsaved().rejected(lines.max(1));
                (self.hook)(Notice::Unreadable { segment: segment.path.clone(), why });
            }
        }
        place.lines += lines;
        if !segment.old {
            self.progress.send_modify(|progress| progress.done += lines);
        }
    }

    /// Reads, and reads again if the disk fails; `Err` if it does not stop failing: one bad file must not hold up all others.
    async fn read(&self, segment: &Segment, offset: u64) -> Result<Batch, String> {
        let mut pause = PAUSE_MIN;
        let mut failures = 0;
        loop {
            let reading = segment.clone();
            let read = tokio::task::spawn_blocking(move || segment::read(&reading, offset)).await;
            let why = match read {
                Ok(Ok(batch)) => return Ok(batch),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            failures += 1;
            if failures >= READ_FAILURES_MAX {
                return Err(why);
            }
            longer(&mut pause).await;
        }
    }

    async fn save(&mut self, records: &[CallRecord]) {
        if !records.is_empty() && !self.save_unless_refused(records).await {
            // One of them, or several: the others go in.
            for record in records {
                self.save_one(record).await;
            }
        }
    }

    async fn save_one(&mut self, record: &CallRecord) {
        if self.save_unless_refused(std::slice::from_ref(record)).await {
            return;
        }
        // Asked once more only for its reason.
        let why = match self.store.save_call(record).await {
            Ok(()) => return,
            Err(error) => error.to_string(),
        };
        if let Ok(line) = serde_json::to_string(record) {
            self.put_aside(&line);
        }
        (self.hook)(Notice::Rejected { call: record.call, why });
    }

    /// Tries until they are saved (true), or the database will never take them (false).
    async fn save_unless_refused(&mut self, records: &[CallRecord]) -> bool {
        let mut pause = PAUSE_MIN;
        loop {
            let why = match tokio::time::timeout(SAVE_WAIT, self.store.save_calls(records)).await {
                Ok(Ok(())) => {
                    self.back();
                    return true;
                }
                Ok(Err(StoreError::Refused(_))) => return false,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            self.gone(why);
            longer(&mut pause).await;
        }
    }

    async fn recover(&mut self, started_ms: i64, repaired: &[Recording]) {
        let mut pause = PAUSE_MIN;
        let found: Interrupted = loop {
            let why = match tokio::time::timeout(SAVE_WAIT, self.store.close_interrupted(started_ms, repaired)).await {
                Ok(Ok(found)) => break found,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            self.gone(why);
            longer(&mut pause).await;
        };
        self.back();
        if let Err(error) = self.shelf.forget_repaired() {
            tracing::warn!(%error, "the list of repaired recordings cannot be removed");
        }
        (self.hook)(Notice::Recovered(found));
        self.progress.send_modify(|progress| progress.recovered = true);
    }

    fn put_aside(&self, line: &str) {
        self.store.unsaved().rejected(1);
        if let Err(error) = self.shelf.reject(line) {
            tracing::error!(%error, line, "a rejected call record cannot be put aside");
        }
    }

    fn gone(&mut self, why: String) {
        if !std::mem::replace(&mut self.away, true) {
            (self.hook)(Notice::DatabaseAway { why });
        }
    }

    fn back(&mut self) {
        if std::mem::take(&mut self.away) {
            (self.hook)(Notice::DatabaseBack);
        }
    }
}

/// Waits, and waits longer the next time.
async fn longer(pause: &mut Duration) {
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(PAUSE_MAX);
}
