//! The queue from the media threads to the engine. Its sending end never blocks a media thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use switch::media::Event;
use tokio::sync::mpsc;

use super::MEDIA_EVENTS_MAX;

/// The media threads' end.
#[derive(Clone, Debug)]
pub struct MediaEvents {
    queue: mpsc::Sender<Event>,
    lost: Arc<AtomicU64>,
}

/// The engine's end.
#[derive(Debug)]
pub struct MediaInbox {
    pub(super) queue: mpsc::Receiver<Event>,
    lost: Arc<AtomicU64>,
}

/// A new queue.
pub fn media_events() -> (MediaEvents, MediaInbox) {
    let (sender, receiver) = mpsc::channel(MEDIA_EVENTS_MAX);
    let lost = Arc::new(AtomicU64::new(0));
    (MediaEvents { queue: sender, lost: Arc::clone(&lost) }, MediaInbox { queue: receiver, lost })
}

impl MediaEvents {
    /// Tells the engine. Lost, and counted, when the queue is full.
    pub fn tell(&self, event: Event) {
        if self.queue.try_send(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl MediaInbox {
    /// Events lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}
