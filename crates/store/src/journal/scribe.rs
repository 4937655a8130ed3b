//! The thread that brings records from the queue to the disk.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use switch::CallRecord;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::queue::Queue;
use super::segment::{Pen, Shelf};
use super::{Hook, Notice, Progress};
use crate::database::Store;

/// How long after a failure of the disk it is tried again.
const DISK_RETRY: Duration = Duration::from_millis(500);
/// How long the database may take when the disk has failed.
const DIRECT_WAIT: Duration = Duration::from_secs(10);

pub(crate) struct Scribe {
    pub(crate) queue: Arc<Queue>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) store: Store,
    pub(crate) runtime: Handle,
    pub(crate) progress: Arc<watch::Sender<Progress>>,
    pub(crate) hook: Hook,
    pub(crate) _lock: Arc<File>,
}

impl Scribe {
    /// Until the queue is closed and empty.
    pub(crate) fn run(self) {
        let mut pen = Pen::default();
        let mut disk_failed = false;
        while let Some(records) = self.queue.take() {
            let lines = lines(&records);
            loop {
                match pen.write(&self.shelf, &lines, count(&records)) {
                    Ok(()) => {
                        if std::mem::take(&mut disk_failed) {
                            (self.hook)(Notice::DiskBack);
                        }
                        break;
                    }
                    Err(error) => {
                        if !std::mem::replace(&mut disk_failed, true) {
                            (self.hook)(Notice::DiskFailed { why: error.to_string() });
                        }
                        if self.save_directly(&records) || self.queue.closed_within(DISK_RETRY) {
                            break;
                        }
                    }
                }
            }
        }
        self.shelf.finish();
    }

    /// Past the disk. The records are not in order with those in files, which does not matter: revisions order them. But not
    /// before the calls of the dead process are closed, or these would be closed with them.
    fn save_directly(&self, records: &[CallRecord]) -> bool {
        if !self.progress.borrow().recovered {
            return false;
        }
        let saving = async { tokio::time::timeout(DIRECT_WAIT, self.store.save_calls(records)).await };
        let saved = matches!(self.runtime.block_on(saving), Ok(Ok(())));
        if saved {
            self.progress.send_modify(|progress| progress.done += count(records));
        }
        saved
    }
}

fn count(records: &[CallRecord]) -> u64 {
    u64::try_from(records.len()).unwrap_or(u64::MAX)
}

fn lines(records: &[CallRecord]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(records.len() * 1024);
    for record in records {
        let before = lines.len();
        if let Err(error) = serde_json::to_writer(&mut lines, record) {
            // Our own types have no map with odd keys and no failing Serialize: this cannot happen, and must not stop the rest.
            tracing::error!(call = %record.call, %error, "a call record is no JSON");
            lines.truncate(before);
            lines.extend_from_slice(b"null");
        }
        lines.push(b'\n');
    }
    lines
}
