//! Records between the engine and the disk: memory, bounded.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switch::CallRecord;

use super::Notice;

/// Records that wait before somebody is told: the disk stalls.
pub const QUEUE_LONG: usize = 2_000;
/// Records that wait at most; a further one is lost.
pub const QUEUE_MAX: usize = 20_000;

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<CallRecord>,
    appended: u64,
    lost: u64,
    /// `QueueLong` was told.
    long: bool,
    closed: bool,
}

impl Queue {
    /// Puts a record at the end; gives back what has to be told.
    pub(crate) fn push(&self, record: CallRecord) -> Option<Notice> {
        let mut state = self.state();
        if state.closed || state.waiting.len() >= QUEUE_MAX {
            state.lost += 1;
            return Some(Notice::Lost { total: state.lost });
        }
        state.waiting.push_back(record);
        state.appended += 1;
        let waiting = state.waiting.len();
        let tell = waiting >= QUEUE_LONG && !state.long;
        state.long |= tell;
        drop(state);
        self.changed.notify_all();
        tell.then_some(Notice::QueueLong { waiting })
    }

    /// Waits for records and takes all of them; `None`: the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<Vec<CallRecord>> {
        let mut state = self.state();
        while state.waiting.is_empty() && !state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.long = false;
        let taken = std::mem::take(&mut state.waiting);
        (!taken.is_empty()).then(|| taken.into())
    }

    /// Waits until closed, at most this long; true if closed.
    pub(crate) fn closed_within(&self, wait: Duration) -> bool {
        let state = self.state();
        let waited = self.changed.wait_timeout_while(state, wait, |state| !state.closed);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Records taken since the start.
    pub(crate) fn appended(&self) -> u64 {
        self.state().appended
    }

    pub(crate) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    pub(crate) fn lost(&self) -> u64 {
        self.state().lost
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switch::CallId;

    fn record(number: u64) -> CallRecord {
        CallRecord { ringing_ms: None, ..CallRecord::blank(CallId(number), 0) }
    }

    #[test]
    fn r23_a_stalled_disk_is_told_once_and_only_what_is_beyond_the_limit_is_lost() {
        let queue = Queue::default();
        let mut long = 0;
        let mut lost = 0;
        for number in 0..QUEUE_MAX + 3 {
            match queue.push(record(number as u64)) {
                Some(Notice::QueueLong { waiting }) => {
                    assert_eq!(waiting, QUEUE_LONG);
                    long += 1;
                }
                Some(Notice::Lost { total }) => lost = total,
                None => {}
                Some(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((long, lost, queue.lost()), (1, 3, 3));
        assert_eq!(queue.appended(), QUEUE_MAX as u64);
        let taken = queue.take().unwrap();
        assert!(taken.iter().map(|record| record.call.0).eq(0..QUEUE_MAX as u64), "in order, none missing");
        queue.close();
        assert!(queue.take().is_none());
        assert!(matches!(queue.push(record(0)), Some(Notice::Lost { .. })), "closed");
    }
}
