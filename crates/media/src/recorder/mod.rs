//! The recorder: one WAV per call, written by a thread that the voice path never waits for.
//!
//! A media thread appends `{stream, arrival, timestamp, payload}` to a block of memory ([`tap`]) and hands it over ten
//! times a second. The recorder thread ([`desk`]) places the packets by timestamp, mixes the sides, and writes a few
//! times a second; the header is right after every write ([`wav_file`]), so that a killed process loses less than a
//! second (R27). Finishing (flush to the disk, rename, hash) has a thread of its own ([`finish`]), and what was left
//! unfinished is made whole at the next start ([`repair`]). Where it is not whole, or was paused, is marked ([`marks`]); when it
//! is finished it is read once more, for its hash, its waveform, when an operator first spoke ([`speech`]), and to see that it is what was recorded ([`scan`]).

mod desk;
mod ear;
mod finish;
mod marks;
mod recording;
mod repair;
mod scan;
mod speech;
#[cfg(test)]
mod speech_tests;
mod tap;
mod wav_file;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};

pub use repair::{Repaired, finished, repair};
pub use tap::{Record, Tap};
pub use wav_file::{Disk, FRAME_BYTES, HEADER_BYTES, RealDisk, header};

use crate::{EventSink, Meters};

/// How often a media thread hands over what it has, nanoseconds.
pub const HAND_OVER: u64 = 100 * crate::clock::MILLISECOND;

/// What the recorder works with, in a test other than in a house.
#[derive(Clone, Debug)]
pub struct Means {
    /// Blocks of one media thread.
    pub blocks: usize,
    /// The disk.
    pub disk: Arc<dyn Disk>,
}

impl Default for Means {
    fn default() -> Self {
        Self { blocks: tap::BLOCKS_MAX, disk: Arc::new(RealDisk) }
    }
}

/// The recorder's threads.
#[derive(Debug)]
pub struct Recorder {
    threads: Vec<JoinHandle<()>>,
}

impl Recorder {
    /// Starts the threads; each of the `taps` is for one media thread. They end when all taps are gone.
    pub fn start(
        folder: PathBuf,
        taps: usize,
        events: &EventSink,
        meters: &Arc<Meters>,
        means: Means,
    ) -> io::Result<(Self, Vec<Tap>)> {
        let (finish_sender, finish_receiver) = sync_channel(finish::QUEUE_MAX);
        let (block_sender, block_receiver) = sync_channel(means.blocks * taps.max(1));
        let tap = |n| Tap::new(n, block_sender.clone(), means.blocks);
        let (made, returns): (Vec<Tap>, Vec<_>) = (0..taps).map(tap).unzip();
        let finisher = finish::Finisher::new(folder.clone(), events.clone());
        let desk = desk::Desk::new(folder, events.clone(), returns, finish_sender, means.disk);
        let meters = Arc::clone(meters);
        let threads = vec![
            thread::Builder::new().name("finisher".into()).spawn(move || finisher.run(&finish_receiver))?,
            thread::Builder::new().name("recorder".into()).spawn(move || desk.run(&block_receiver, &meters))?,
        ];
        Ok((Self { threads }, made))
    }

    /// Waits for the threads, once the taps are gone.
    pub fn join(self) {
        for thread in self.threads.into_iter().rev() {
            if thread.join().is_err() {
                tracing::error!("a recorder thread has panicked");
            }
        }
    }
}
