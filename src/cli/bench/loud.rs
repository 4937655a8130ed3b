//! The benchmark's house with a real voice path: it carries, records, and refuses when it is full.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use acd::CallId;
use media::Media;
use switch::CallRecord;
use switch::media::{Event, Order, Recording};

use super::house;
use super::stage::Stage;
use super::voice::Voice;
use crate::engine::{Hands, media_events};

/// What the house has told of itself, to be looked at from outside.
#[derive(Debug, Default)]
pub struct Told {
    /// Looks at the voice path's load since it was last reset, their sum, and the greatest.
    pub looks: u32,
    pub busy_sum: f64,
    pub busy_max: f64,
    /// The latest tick of the voice path.
    pub late_ms: f64,
    /// Recordings that are complete, and how often one was told to have failed.
    pub recordings: Vec<(CallId, Recording)>,
    pub failures: usize,
    /// Milliseconds that each call lasted once it was answered.
    pub talked_ms: HashMap<CallId, i64>,
    /// A test says that the voice path is so full.
    pub pretended: Option<f64>,
}

/// Shared between the house's threads and the one that measures.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<Told>>);

impl Board {
    /// What is told by now.
    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The load's mean and maximum and the latest tick in milliseconds since this was last asked.
    pub fn load(&self) -> (f64, f64, f64) {
        let mut told = self.told();
        let load = (told.busy_sum / f64::from(told.looks.max(1)), told.busy_max, told.late_ms);
        (told.looks, told.busy_sum, told.busy_max, told.late_ms) = (0, 0.0, 0.0, 0.0);
        load
    }
}

/// A house with so many operators, and callers and phones that can talk; recordings go to this folder.
pub fn stage(operators: usize, folder: &Path) -> io::Result<(Stage, Board)> {
    let (events, inbox) = media_events();
    let board = Board::default();
    let heard = board.clone();
    let media = media::start(media::Config::new(folder, media::Prompts::built_in()?), move |event| {
        match &event {
            Event::RecordingFinished { call, recording } => heard.told().recordings.push((*call, recording.clone())),
            Event::RecordingFailed { .. } => heard.told().failures += 1,
            Event::LegFailed { .. }
            | Event::FirstPacket { .. }
            | Event::Digit { .. }
            | Event::NewStream { .. }
            | Event::PromptEnded { .. }
            | Event::Silent { .. }
            | Event::Audible { .. }
            | Event::LegClosed { .. } => {}
        }
        events.tell(event);
    })?;
    let hands = Box::new(Loud { media, board: board.clone() });
    let mut stage = Stage::in_house(operators, |carrier| house::start_with(carrier, operators, hands, inbox, true))?;
    stage.peers.hold = true;
    stage.peers.voice = Some(Voice::new()?);
    Ok((stage, board))
}

struct Loud {
    media: Media,
    board: Board,
}

impl Hands for Loud {
    fn media(&mut self, order: Order) -> bool {
        self.media.order(order).is_ok()
    }

    fn voice_load(&mut self) -> media::Load {
        let mut load = self.media.load();
        let mut told = self.board.told();
        load.busy = told.pretended.unwrap_or(load.busy);
        told.looks += 1;
        told.busy_sum += load.busy;
        told.busy_max = told.busy_max.max(load.busy);
        told.late_ms = told.late_ms.max(load.late.as_secs_f64() * 1e3);
        load
    }

    fn record(&mut self, record: Box<CallRecord>) -> bool {
        if record.answered_ms.is_some() && record.ended_ms.is_some() {
            self.board.told().talked_ms.insert(record.call, record.talk_ms);
        }
        true
    }

    fn finish(self: Box<Self>) {
        self.media.shutdown();
    }
}
