//! The recorder thread: places packets on the calls' clocks, mixes the sides, writes.

use std::collections::{HashMap, VecDeque};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::time::Duration;

use codec::Kind;
use rtp::timeline::{LATE_MAX, Place};
use rtp::{Timeline, Track, g711};
use sdp::Codec;
use switch::CallId;
use switch::media::{Event, RecordingFile, Side};

use super::ear::Ear;
use super::finish::Job;
use super::recording::{Member, Mixer, Recording, Stream};
use super::tap::{Block, Entry, Note, Record};
use super::wav_file::{Disk, FRAME_BYTES, FRAMES_MAX, HEADER_BYTES};
use crate::clock::{self, MILLISECOND};
use crate::{EventSink, Meters};

/// How often a recording is written: together with the 250 ms for late packets, the hand-over of 100 ms and a page of the
/// file not yet full (128 ms), eight tenths of a second are in memory only; the rest of the second that may be lost is for
/// a busy machine.
const WRITE_EVERY: u64 = 300 * MILLISECOND;
/// Whole pages of the file are written where there is a choice: a quarter less work for the file system.
const PAGE: u64 = 4096;
/// How often it is flushed to the disk itself, against a power cut.
const FLUSH_EVERY: u64 = 10_000 * MILLISECOND;
/// No sample of a pause in speech is louder: about -40 dBm0.
const QUIET: u16 = 320;

/// Gaps of a tap that are remembered for recordings whose begin had to wait with them. Nearly always one is enough: a second
/// one comes before such a recording only if more calls began and ended in the first than a block holds notes.
const GAPS_REMEMBERED_MAX: usize = 8;

/// The thread's state.
#[derive(Debug)]
pub struct Desk {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    events: EventSink,
    /// Where blocks go back to, by tap.
    returns: Vec<SyncSender<Block>>,
    finisher: SyncSender<Job>,
    recordings: HashMap<CallId, Recording>,
    /// By tap and number.
    streams: Vec<Vec<Option<Stream>>>,
    /// The last gaps of each tap, as moments.
    gaps: Vec<VecDeque<(u64, u64)>>,
    mixer: Mixer,
}

impl Desk {
    pub fn new(
        folder: PathBuf,
        events: EventSink,
        returns: Vec<SyncSender<Block>>,
        finisher: SyncSender<Job>,
        disk: Arc<dyn Disk>,
    ) -> Self {
        let streams = returns.iter().map(|_| Vec::new()).collect();
        let gaps = returns.iter().map(|_| VecDeque::with_capacity(GAPS_REMEMBERED_MAX)).collect();
        let (recordings, mixer) = (HashMap::new(), Mixer::new());
        Self { folder, disk, events, returns, finisher, recordings, streams, gaps, mixer }
    }

    /// Works until all taps are gone, then finishes what is left.
    pub fn run(mut self, blocks: &Receiver<Block>, meters: &Arc<Meters>) {
        // Voices first. Linux counts niceness by thread.
        let _ = rustix::process::nice(5);
        loop {
            match blocks.recv_timeout(Duration::from_millis(500)) {
                Ok(block) => self.take(block),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            meters.recorder_cpu.store(clock::thread_cpu(), Ordering::Relaxed);
        }
        let now = clock::now();
        let calls: Vec<CallId> = self.recordings.keys().copied().collect();
        for call in calls {
            self.stop(call, now);
        }
    }

    pub(super) fn take(&mut self, mut block: Block) {
        let (tap, until) = (block.tap, block.until);
        block.read(|entry| match entry {
            Entry::Packet(record) => self.packet(tap, &record),
            Entry::Note(note) => self.note(tap, note),
        });
        block.clear();
        if let Some(returns) = self.returns.get(tap) {
            // Fails only when the media thread has ended.
            let _ = returns.try_send(block);
        }
        self.write_due(tap, until);
    }

    fn packet(&mut self, tap: usize, record: &Record<'_>) {
        let stream = self.streams.get_mut(tap).and_then(|streams| streams.get_mut(record.stream as usize));
        let Some(Some(stream)) = stream else { return };
        let arrival = clock::samples_between(stream.start, record.arrival);
        let a_law = match record.codec {
            Codec::Pcmu => false,
            Codec::Pcma => true,
            Codec::G722 => return stream.hear_by_ear(Kind::G722, record, arrival),
            Codec::Opus => return stream.hear_by_ear(Kind::Opus, record, arrival),
        };
        if stream.ear.is_some() {
            stream.codec_changes();
        }
        let length = record.payload.len() as u32;
        let quiet = || is_quiet(record.payload, a_law);
        let place = stream.timeline.place(arrival, record.ssrc, record.timestamp, length, quiet);
        let Place::At { position, skip } = place else { return };
        stream.placed += 1;
        let samples = record.payload.get(skip..).unwrap_or_default();
        let position = position.saturating_add_unsigned(skip as u64);
        let beyond = position.saturating_add_unsigned(samples.len() as u64).saturating_sub(stream.track.start());
        if beyond > rtp::track::WINDOW as i64 {
            let call = stream.call;
            self.write_before(tap, call, arrival - LATE_MAX);
        }
        let stream = self.streams.get_mut(tap).and_then(|streams| streams.get_mut(record.stream as usize));
        let Some(Some(stream)) = stream else { return };
        if a_law {
            stream.track.write_a_law(position, samples);
        } else {
            stream.track.write(position, samples);
        }
    }

    /// Writes a recording up to sample `until` before its time: much came at once, as after a moment in which the machine
    /// stood still, and none of it is to be lost.
    fn write_before(&mut self, tap: usize, call: CallId, until: i64) {
        if let Some(recording) = self.recordings.get_mut(&call)
            && let Some(streams) = self.streams.get_mut(tap)
        {
            recording.write_until(call, until, streams, &mut self.mixer, &self.events);
        }
    }

    fn note(&mut self, tap: usize, note: Note) {
        match note {
            Note::Start { call, at, file } => self.start(tap, call, at, file),
            Note::Join { stream, call, side } => self.join(tap, stream, call, side),
            Note::Leave { stream, packets } => self.leave(tap, stream, packets),
            Note::Stop { call, at } => self.stop(call, at),
            Note::Pause { call, on, at } => {
                if let Some(recording) = self.recordings.get_mut(&call) {
                    recording.pause(call, on, at, &self.events);
                }
            }
            Note::Gap { from, to } => self.gap(tap, from, to),
        }
    }

    /// Packets of a tap were dropped: marked in the recordings that were going on, and remembered for those that had begun
    /// but whose begin, as it found no block either, comes only after this.
    fn gap(&mut self, tap: usize, from: u64, to: u64) {
        let concerned = |recording: &Recording| recording.tap == tap && recording.start <= to;
        for (&call, recording) in self.recordings.iter_mut().filter(|(_, recording)| concerned(recording)) {
            recording.lost(call, from, to, &self.events);
        }
        if let Some(gaps) = self.gaps.get_mut(tap) {
            if gaps.len() >= GAPS_REMEMBERED_MAX {
                gaps.pop_front();
            }
            gaps.push_back((from, to));
        }
    }

    fn start(&mut self, tap: usize, call: CallId, at: u64, file: RecordingFile) {
        let stem = if is_safe(&file.stem) {
            file.stem
        } else {
            tracing::error!(%call, stem = file.stem, "not a name for a recording: the call's own is taken");
            call.to_string()
        };
        let mut recording = Recording::new(&self.folder, stem, Arc::clone(&self.disk), tap, at);
        recording.begin(call, &self.events);
        for &(from, to) in self.gaps.get(tap).into_iter().flatten().filter(|(_, to)| *to >= at) {
            recording.lost(call, from, to, &self.events);
        }
        if self.recordings.insert(call, recording).is_some() {
            tracing::error!(%call, "a recording was begun twice");
        }
    }

    fn join(&mut self, tap: usize, number: u32, call: CallId, side: Side) {
        let Some(recording) = self.recordings.get_mut(&call) else { return };
        let Some(streams) = self.streams.get_mut(tap) else { return };
        if streams.len() <= number as usize {
            streams.resize_with(number as usize + 1, || None);
        }
        let mut track = Track::default();
        track.skip_to(recording.written.cast_signed());
        if let Some(place) = streams.get_mut(number as usize) {
            let timeline = Timeline::default();
            *place = Some(Stream { call, side, start: recording.start, timeline, track, ear: None, placed: 0 });
            recording.streams.push(Member::Number(number));
        }
    }

    fn leave(&mut self, tap: usize, number: u32, packets: u64) {
        let place = self.streams.get_mut(tap).and_then(|streams| streams.get_mut(number as usize));
        let Some(mut stream) = place.and_then(Option::take) else { return };
        stream.codec_changes();
        let Some(recording) = self.recordings.get_mut(&stream.call) else { return };
        recording.left(packets, stream.placed);
        let until = stream.track.start() + rtp::track::WINDOW as i64;
        for member in &mut recording.streams {
            if matches!(member, Member::Number(of) if *of == number) {
                // Its last sounds are still to be written.
                *member = Member::Left { side: stream.side, track: stream.track, until };
                return;
            }
        }
    }

    /// Writes what can no longer change in the recordings of a tap whose packets are all here up to `until`.
    fn write_due(&mut self, tap: usize, until: u64) {
        let Some(streams) = self.streams.get_mut(tap) else { return };
        for (&call, recording) in &mut self.recordings {
            if recording.tap != tap || until.saturating_sub(recording.written_at) < WRITE_EVERY {
                continue;
            }
            recording.written_at = until;
            recording.each_stream(streams, |stream| stream.release(until));
            let settled = clock::samples_between(recording.start, until) - LATE_MAX;
            recording.write_until(call, whole_pages(settled), streams, &mut self.mixer, &self.events);
            recording.save_marks(&self.folder);
            if until.saturating_sub(recording.flushed_at) >= FLUSH_EVERY {
                recording.flushed_at = until;
                if let Some(file) = recording.file.handle() {
                    // If the disk is that far behind, one flush more would not help.
                    let _ = self.finisher.try_send(Job::Flush { path: recording.file.path().to_owned(), file });
                }
            }
        }
    }

    fn stop(&mut self, call: CallId, at: u64) {
        let Some(mut recording) = self.recordings.remove(&call) else { return };
        let Some(streams) = self.streams.get_mut(recording.tap) else { return };
        let frames = clock::samples_between(recording.start, at).clamp(0, FRAMES_MAX.cast_signed());
        recording.each_stream(streams, Stream::codec_changes);
        recording.write_until(call, frames, streams, &mut self.mixer, &self.events);
        for member in &recording.streams {
            if let Member::Number(number) = member
                && let Some(place) = streams.get_mut(*number as usize)
            {
                *place = None;
            }
        }
        let job = Job::Finish(recording.end(call, frames.cast_unsigned()));
        let gone = match self.finisher.try_send(job) {
            Ok(()) => false,
            // The queue is longer than any machine's calls: wait rather than lose it.
            Err(TrySendError::Full(job)) => self.finisher.send(job).is_err(),
            Err(TrySendError::Disconnected(_)) => true,
        };
        if gone {
            (self.events)(Event::RecordingFailed { call, why: "the finisher thread has gone".to_owned() });
        }
    }
}

impl Stream {
    /// A packet of a codec with a memory.
    fn hear_by_ear(&mut self, kind: Kind, record: &Record<'_>, arrival: i64) {
        if self.ear.as_ref().is_none_or(|ear| ear.kind() != kind) {
            self.codec_changes();
            self.ear = match Ear::new(kind, record.codec.clock_rate()) {
                Ok(ear) => Some(Box::new(ear)),
                Err(error) => return tracing::error!(call = %self.call, %error, "a packet cannot be recorded"),
            };
        }
        if let Some(ear) = &mut self.ear {
            ear.hear(record, arrival, QUIET, &mut self.timeline, &mut self.track);
        }
    }

    /// What waits for a packet that will not come any more is placed.
    fn release(&mut self, now: u64) {
        if let Some(ear) = &mut self.ear {
            ear.release(now, QUIET, &mut self.track);
        }
    }

    /// Nothing more comes of the codec that it had.
    fn codec_changes(&mut self) {
        if let Some(mut ear) = self.ear.take() {
            ear.flush(QUIET, &mut self.track);
            self.placed += ear.placed();
        }
    }
}

/// The last sample before `settled` at which a page of the file ends.
fn whole_pages(settled: i64) -> i64 {
    let bytes = u64::try_from(settled).unwrap_or(0) * FRAME_BYTES + HEADER_BYTES;
    let samples = (bytes / PAGE * PAGE).saturating_sub(HEADER_BYTES) / FRAME_BYTES;
    samples.cast_signed()
}

/// Whether a stem stays below the recordings folder: plain names and nothing else (R18).
fn is_safe(stem: &str) -> bool {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    !stem.is_empty() && !stem.contains('\0') && Path::new(stem).components().all(plain)
}

fn is_quiet(payload: &[u8], a_law: bool) -> bool {
    let decode = if a_law { g711::a_decode } else { g711::mu_decode };
    payload.iter().all(|&byte| decode(byte).unsigned_abs() <= QUIET)
}

#[cfg(test)]
mod tests {
    use super::super::finish::Finish;
    use super::super::wav_file::RealDisk;
    use super::*;

    const CALL: CallId = CallId(7);
    /// When the recording begins.
    const START: u64 = 1_000 * MILLISECOND;

    /// A desk, and a tap of which stream 0 is the call's caller. Whatever goes wrong ends the test.
    struct Rig {
        folder: tempfile::TempDir,
        tap: super::super::tap::Tap,
        blocks: Receiver<Block>,
        desk: Desk,
        jobs: Receiver<Job>,
    }

    impl Rig {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let (to_desk, blocks) = std::sync::mpsc::sync_channel(8);
            let (mut tap, returns) = super::super::tap::Tap::new(0, to_desk, 8);
            let (finisher, jobs) = std::sync::mpsc::sync_channel(8);
            let events = EventSink(Arc::new(|event| panic!("{event:?}")));
            let desk = Desk::new(folder.path().to_owned(), events, vec![returns], finisher, Arc::new(RealDisk));
            tap.start(START, CALL, START, RecordingFile { stem: "call".to_owned() });
            assert_eq!(tap.join(START, CALL, Side::Caller), 0);
            Self { folder, tap, blocks, desk, jobs }
        }
    }

    #[test]
    fn what_comes_at_once_after_a_standstill_is_recorded_whole() {
        let Rig { folder, mut tap, blocks, mut desk, jobs } = Rig::new();
        let (call, start, stream) = (CALL, START, 0);
        // Two seconds in one block: far more than a track holds.
        for n in 0..100u32 {
            let arrival = start + u64::from(n) * 20 * MILLISECOND;
            let payload = &[0x80; 160];
            tap.record(&Record { stream, arrival, timestamp: n * 160, ssrc: 9, codec: sdp::Codec::Pcmu, payload });
        }
        let end = start + 2_000 * MILLISECOND;
        tap.stop(end, call, end);
        tap.hand_over(end);
        desk.take(blocks.try_recv().unwrap());
        assert!(matches!(jobs.try_recv().unwrap(), Job::Finish(Finish { frames: 16_000, .. })));
        let bytes = std::fs::read(folder.path().join("call.wav.part")).unwrap();
        let frames = bytes[HEADER_BYTES as usize..].as_chunks::<4>().0;
        assert_eq!(frames.len(), 16_000);
        assert!(frames.iter().all(|frame| frame[..2] != [0, 0] && frame[2..] == [0, 0]), "no sample is missing");
    }

    #[test]
    fn r23_a_recording_that_begins_while_nothing_can_be_kept_says_what_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let (to_desk, blocks) = std::sync::mpsc::sync_channel(8);
        let (mut tap, returns) = super::super::tap::Tap::new(0, to_desk, 1);
        let (finisher, jobs) = std::sync::mpsc::sync_channel(8);
        let (told, troubles) = std::sync::mpsc::sync_channel(8);
        let events = EventSink(Arc::new(move |event| told.send(event).unwrap()));
        let mut desk = Desk::new(folder.path().to_owned(), events, vec![returns], finisher, Arc::new(RealDisk));
        let start = 1_000 * MILLISECOND;
        let file = |stem: &str| RecordingFile { stem: stem.to_owned() };
        let keep = |tap: &mut super::super::tap::Tap, stream: u32, packets: std::ops::Range<u32>| {
            for n in packets {
                let (arrival, payload) = (start + u64::from(n) * 20 * MILLISECOND, &[0x80; 160]);
                tap.record(&Record { stream, arrival, timestamp: n * 160, ssrc: 9, codec: Codec::Pcmu, payload });
            }
        };
        let millis = |n: u64| start + n * MILLISECOND;

        // The only block is with the recorder: what comes of a call that begins now is dropped, for a second and a half.
        tap.hand_over(start);
        let taken = blocks.try_recv().unwrap();
        tap.start(start, CallId(7), start, file("during"));
        let stream = tap.join(start, CallId(7), Side::Caller);
        keep(&mut tap, stream, 0..75);
        desk.take(taken);
        keep(&mut tap, stream, 75..100);
        // And one that begins when all is well again lacks nothing.
        tap.start(millis(1600), CallId(8), millis(1600), file("after"));
        tap.stop(millis(2000), CallId(7), millis(2000));
        tap.stop(millis(2000), CallId(8), millis(2000));
        tap.hand_over(millis(2000));
        desk.take(blocks.try_recv().unwrap());

        let finished = || match jobs.try_recv().unwrap() {
            Job::Finish(finish) => finish,
            Job::Flush { .. } => panic!("nothing was to be flushed"),
        };
        // Of a hundred packets 25 were kept; and it is no fault, for it is told.
        let (during, after) = (finished(), finished());
        assert_eq!((during.marks.told().gaps, during.fault), (vec![(0, 1500)], String::new()));
        assert_eq!((after.marks.told().gaps, after.fault), (vec![], String::new()));
        let troubles: Vec<_> = troubles.try_iter().collect();
        assert!(matches!(troubles[..], [Event::RecordingFailed { call: CallId(7), .. }]), "{troubles:?}");
    }

    #[test]
    fn r23_a_gap_is_not_of_a_recording_that_began_later() {
        let folder = tempfile::tempdir().unwrap();
        let (finisher, jobs) = std::sync::mpsc::sync_channel(8);
        let events = EventSink(Arc::new(|_| {}));
        let (returns, _returned) = std::sync::mpsc::sync_channel(1);
        let mut desk = Desk::new(folder.path().to_owned(), events, vec![returns], finisher, Arc::new(RealDisk));
        let millis = |n: u64| n * MILLISECOND;
        for (call, at) in [(CallId(1), 1000), (CallId(2), 3000)] {
            let file = RecordingFile { stem: call.to_string() };
            desk.note(0, Note::Start { call, at: millis(at), file });
        }
        desk.note(0, Note::Gap { from: millis(500), to: millis(1480) });
        for (call, gaps) in [(CallId(1), vec![(0, 500)]), (CallId(2), vec![])] {
            desk.note(0, Note::Stop { call, at: millis(4000) });
            let Job::Finish(finish) = jobs.try_recv().unwrap() else { panic!("not a flush") };
            assert_eq!(finish.marks.told().gaps, gaps, "{call}");
        }
    }

    #[test]
    fn w11_packets_that_cannot_be_decoded_are_not_taken_for_recorded() {
        // 20 ms each: silence; two frames of the same length in three bytes, which cannot be; nothing at all.
        const CELT: u8 = 19 << 3;
        for (codec, payload, whole) in [
            (Codec::G722, &[0xFA; 160][..], true),
            (Codec::G722, &[], false),
            (Codec::Opus, &[CELT, 0xFF, 0xFE], true),
            (Codec::Opus, &[CELT | 1, 1, 2, 3], false),
            (Codec::Opus, &[], false),
        ] {
            let Rig { folder: _folder, mut tap, blocks, mut desk, jobs } = Rig::new();
            let (call, start, stream) = (CALL, START, 0);
            for n in 0..60u32 {
                let arrival = start + u64::from(n) * 20 * MILLISECOND;
                tap.record(&Record {
                    stream,
                    arrival,
                    timestamp: n * codec.clock_rate() / 50,
                    ssrc: 9,
                    codec,
                    payload,
                });
            }
            let end = start + 1_200 * MILLISECOND;
            tap.leave(end, stream);
            tap.stop(end, call, end);
            tap.hand_over(end);
            desk.take(blocks.try_recv().unwrap());
            let Job::Finish(finish) = jobs.try_recv().unwrap() else { panic!("not a flush") };
            let fault = if whole { "" } else { "60 packets came and none of them is in the recording" };
            assert_eq!(finish.fault, fault, "{codec:?} {payload:?}");
        }
    }

    #[test]
    fn r27_at_no_moment_is_a_second_in_memory_only_nor_the_header_wrong() {
        let Rig { folder, mut tap, blocks, mut desk, jobs: _jobs } = Rig::new();
        let (start, stream) = (START, 0);
        for n in 0..300u32 {
            let (now, payload) = (start + u64::from(n) * 20 * MILLISECOND, &[0x80; 160]);
            let codec = Codec::Pcmu;
            tap.record(&Record { stream, arrival: now, timestamp: n * 160, ssrc: 9, codec, payload });
            tap.tick(now);
            while let Ok(block) = blocks.try_recv() {
                desk.take(block);
            }
            let bytes = std::fs::read(folder.path().join("call.wav.part")).unwrap();
            let frames = (bytes.len() as u64 - HEADER_BYTES) / FRAME_BYTES;
            assert_eq!(bytes[..HEADER_BYTES as usize], super::super::wav_file::header(frames));
            assert!(u64::from(n) * 160 < frames + 8000, "after {n} packets {frames} samples");
        }
    }

    #[test]
    fn r18_a_stem_never_leads_out_of_the_folder() {
        assert!(is_safe("2026/11/21/20261121-182500_0312345678_さくら歯科_01K3"));
        for stem in ["", "/etc/passwd", "../x", "a/../../x", "a\0b"] {
            assert!(!is_safe(stem), "{stem:?}");
        }
    }
}
