//! One recording: its streams, what is written of it, and what it lacks.

use std::path::Path;
use std::sync::Arc;

use rtp::{Timeline, Track};
use switch::CallId;
use switch::media::{Event, Side};

use super::ear::Ear;
use super::finish::Finish;
use super::marks::{MARKS_MAX, Marks};
use super::wav_file::{Disk, FRAME_BYTES, FRAMES_MAX, WavFile};
use crate::EventSink;
use crate::clock::{self, MILLISECOND};

/// Samples mixed at a time.
const MIX: usize = 4096;
/// A trouble that comes and goes is told no more often than this; what it cost is marked each time.
const TELL_AGAIN: u64 = 60_000 * MILLISECOND;
/// A recording of so many packets or more (a second) is not whole if fewer than half of them found their place in it.
const PACKETS_TO_JUDGE: u64 = 50;

/// A leg's packets.
#[derive(Debug)]
pub struct Stream {
    pub call: CallId,
    pub side: Side,
    /// The recording's begin.
    pub start: u64,
    pub timeline: Timeline,
    pub track: Track,
    /// Understands codecs with a memory.
    pub ear: Option<Box<Ear>>,
    /// Packets that found their place; those that the ear has understood are added when it goes.
    pub placed: u64,
}

#[derive(Debug)]
pub struct Recording {
    pub stem: String,
    pub file: WavFile,
    pub tap: usize,
    pub start: u64,
    /// Streams of its tap, also those that have left but still hold sound.
    pub streams: Vec<Member>,
    /// Samples written.
    pub written: u64,
    pub written_at: u64,
    pub flushed_at: u64,
    marks: Marks,
    /// The marks beside the file are not these.
    marks_unsaved: bool,
    /// The last write failed.
    failing: bool,
    /// When a trouble was last told.
    told_at: Option<u64>,
    /// Packets that came, by the media thread's count, and those of them that were placed.
    packets: u64,
    placed: u64,
    /// Samples written that were not silence.
    sounding: u64,
}

/// A stream of a recording: still in the table, or what it left behind.
#[derive(Debug)]
pub enum Member {
    Number(u32),
    Left { side: Side, track: Track, until: i64 },
}

#[derive(Debug)]
pub struct Mixer {
    left: [i16; MIX],
    right: [i16; MIX],
    bytes: Box<[u8]>,
}

impl Recording {
    pub fn new(folder: &Path, stem: String, disk: Arc<dyn Disk>, tap: usize, start: u64) -> Self {
        Self {
            file: WavFile::new(folder, &stem, disk),
            stem,
            tap,
            start,
            streams: Vec::new(),
            written: 0,
            written_at: start,
            flushed_at: start,
            marks: Marks::default(),
            marks_unsaved: false,
            failing: false,
            told_at: None,
            packets: 0,
            placed: 0,
            sounding: 0,
        }
    }

    /// The file exists from the first moment: whoever looks finds it.
    pub fn begin(&mut self, call: CallId, events: &EventSink) {
        self.write(call, events, (&[], 0), 0);
    }

    /// Those of its streams that are still in the table.
    pub fn each_stream(&self, streams: &mut [Option<Stream>], mut work: impl FnMut(&mut Stream)) {
        for member in &self.streams {
            if let Member::Number(number) = member
                && let Some(Some(stream)) = streams.get_mut(*number as usize)
            {
                work(stream);
            }
        }
    }

    /// Mixes and writes up to sample `until`.
    pub fn write_until(
        &mut self,
        call: CallId,
        until: i64,
        streams: &mut [Option<Stream>],
        mixer: &mut Mixer,
        events: &EventSink,
    ) {
        let until = u64::try_from(until).unwrap_or(0).min(FRAMES_MAX);
        while self.written < until {
            let count = usize::try_from(until - self.written).unwrap_or(MIX).min(MIX);
            mixer.silence(0..count);
            for member in &mut self.streams {
                match member {
                    Member::Number(number) => {
                        if let Some(Some(stream)) = streams.get_mut(*number as usize) {
                            mixer.add(stream.side, &mut stream.track, count);
                        }
                    }
                    Member::Left { side, track, .. } => mixer.add(*side, track, count),
                }
            }
            let at = self.written;
            self.written += count as u64;
            for (from, to) in self.marks.paused(at, self.written) {
                mixer.silence((from - at) as usize..(to - at) as usize);
            }
            let mixed = mixer.interleave(count);
            self.write(call, events, mixed, at);
        }
        let written = self.written.cast_signed();
        self.streams.retain(|member| !matches!(member, Member::Left { until, .. } if *until <= written));
    }

    /// Writes bytes, of which so many samples are not silence; a failure is told, marked, and tried again with what comes next.
    fn write(&mut self, call: CallId, events: &EventSink, (bytes, sounding): (&[u8], u64), at: u64) {
        match self.file.write(at, bytes) {
            Ok(()) => {
                if self.failing {
                    tracing::info!(%call, path = %self.file.path().display(), "the recording goes on");
                }
                self.failing = false;
                self.sounding += sounding;
            }
            Err(error) => {
                self.marks.gap(at, at + bytes.len() as u64 / FRAME_BYTES);
                self.marks_unsaved = true;
                if !self.failing {
                    let path = self.file.path().display();
                    let why = format!("{path} cannot be written: {error}; the gap is marked");
                    self.trouble(call, why, events);
                }
                self.failing = true;
            }
        }
    }

    /// The media thread had to drop packets that arrived in this span.
    pub fn lost(&mut self, call: CallId, from: u64, to: u64, events: &EventSink) {
        self.marks.gap(self.sample(from), self.sample(to) + rtp::FRAME as u64);
        self.marks_unsaved = true;
        let why = "the recorder could not keep up (is the disk stalled?): the gap is marked".to_owned();
        self.trouble(call, why, events);
    }

    /// Nothing is to be kept from `at` on, or it is again. What should not have been written already is made silence.
    pub fn pause(&mut self, call: CallId, on: bool, at: u64, events: &EventSink) {
        let at = self.sample(at);
        if on && self.marks.are_pauses_full() {
            let why = format!("more than {MARKS_MAX} pauses: further ones are silence, but are not listed");
            self.trouble(call, why, events);
        }
        self.marks.pause(on, at);
        self.marks_unsaved = true;
        if on && at < self.written {
            // What was counted as sound may be silence now.
            self.sounding = 0;
            if let Err(error) = self.file.blank(at, self.written) {
                let why = format!("what was recorded after the pause began cannot be taken out: {error}");
                self.trouble(call, why, events);
            }
        }
    }

    /// A stream is over, of which the media thread has counted so many packets.
    pub fn left(&mut self, packets: u64, placed: u64) {
        self.packets += packets;
        self.placed += placed;
    }

    /// Writes the marks beside the file if they have changed; tried again with every write until it can be done.
    pub fn save_marks(&mut self, folder: &Path) {
        if self.marks_unsaved && !self.failing {
            self.marks_unsaved = self.marks.save(folder, &self.stem).is_err();
        }
    }

    /// Everything is written: what is left to be done, by whoever may take long.
    pub fn end(mut self, call: CallId, frames: u64) -> Finish {
        self.marks.end(frames);
        let kept_half = self.placed >= self.packets / 2;
        let fault = if self.packets > 0 && self.placed == 0 {
            format!("{} packets came and none of them is in the recording", self.packets)
        } else if self.packets >= PACKETS_TO_JUDGE && !kept_half && self.marks.is_empty() {
            format!("of {} packets only {} are in the recording", self.packets, self.placed)
        } else {
            String::new()
        };
        // Sound that lies beyond the end is cut off, and cannot be looked for.
        let sounding = if self.written > frames { 0 } else { self.sounding };
        Finish { call, stem: self.stem, file: self.file, frames, marks: self.marks, sounding, fault }
    }

    fn trouble(&mut self, call: CallId, why: String, events: &EventSink) {
        let now = clock::now();
        if self.told_at.is_none_or(|told| now.saturating_sub(told) >= TELL_AGAIN) {
            self.told_at = Some(now);
            events(Event::RecordingFailed { call, why });
        }
    }

    /// The sample of a moment; the first for what came before.
    fn sample(&self, at: u64) -> u64 {
        u64::try_from(clock::samples_between(self.start, at)).unwrap_or(0).min(FRAMES_MAX)
    }
}

impl Mixer {
    pub fn new() -> Self {
        Self { left: [0; MIX], right: [0; MIX], bytes: vec![0; MIX * FRAME_BYTES as usize].into_boxed_slice() }
    }

    fn silence(&mut self, range: std::ops::Range<usize>) {
        for side in [&mut self.left, &mut self.right] {
            side.get_mut(range.clone()).unwrap_or_default().fill(0);
        }
    }

    fn add(&mut self, side: Side, track: &mut Track, count: usize) {
        let mix = match side {
            Side::Caller => &mut self.left,
            Side::Ours => &mut self.right,
        };
        track.drain(mix.get_mut(..count).unwrap_or_default());
    }

    /// Both sides as bytes, and how many samples are not silence.
    fn interleave(&mut self, count: usize) -> (&[u8], u64) {
        let frames = self.bytes.as_chunks_mut().0;
        for ((frame, left), right) in frames.iter_mut().zip(&self.left).zip(&self.right).take(count) {
            let (left, right) = (left.cast_unsigned(), right.cast_unsigned());
            *frame = (u32::from(left) | u32::from(right) << 16).to_le_bytes();
        }
        let sounding =
            self.left.iter().zip(&self.right).take(count).filter(|(left, right)| **left | **right != 0).count();
        (self.bytes.get(..count * FRAME_BYTES as usize).unwrap_or_default(), sounding as u64)
    }
}
