//! The media thread's end of the recorder: blocks of memory, filled in sequence and handed over whole.
//!
//! Nothing here waits, locks or allocates: the blocks exist from the start (as address space; memory is touched as they
//! are first used, and the one last returned is used first). When all are with the recorder because its disk is
//! stalled, packets are dropped and the gap is told as soon as a block is free (R23).

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use sdp::Codec;
use switch::CallId;
use switch::media::{RecordingFile, Side};

/// Bytes of a block.
const BLOCK_BYTES: usize = 256 * 1024;
/// Blocks of one media thread: 64 MiB, half a minute of 80 recorded calls.
pub const BLOCKS_MAX: usize = 256;
/// Bytes before each payload.
const HEADER_BYTES: usize = 24;
/// Orders that fit into a block.
const NOTES_MAX: usize = 64;

/// A block on its way to the recorder.
#[derive(Debug)]
pub struct Block {
    /// Which tap it comes from, and goes back to.
    pub tap: usize,
    /// Everything that arrived before this moment is in this block or an earlier one.
    pub until: u64,
    bytes: Vec<u8>,
    notes: Vec<(usize, Note)>,
}

/// What the recorder must know besides packets, in order with them.
#[derive(Debug)]
pub enum Note {
    /// A recording begins.
    Start { call: CallId, at: u64, file: RecordingFile },
    /// A stream of packets belongs to a call from here on.
    Join { stream: u32, call: CallId, side: Side },
    /// The stream has ended, after so many packets; its number may be used again.
    Leave { stream: u32, packets: u64 },
    /// A recording ends.
    Stop { call: CallId, at: u64 },
    /// From this moment on nothing of the call is to be kept, or it is again.
    Pause { call: CallId, on: bool, at: u64 },
    /// Packets of this span could not be kept.
    Gap { from: u64, to: u64 },
}

/// A packet as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Number given by the tap.
    pub stream: u32,
    /// When it came, nanoseconds.
    pub arrival: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// RTP synchronisation source.
    pub ssrc: u32,
    /// What the payload is.
    pub codec: Codec,
    /// As it came.
    pub payload: &'a [u8],
}

/// An entry of a block.
#[derive(Debug)]
pub enum Entry<'a> {
    Packet(Record<'a>),
    Note(Note),
}

impl Block {
    /// Gives every entry to `entry`, in order.
    pub fn read(&mut self, mut entry: impl FnMut(Entry<'_>)) {
        let mut at = 0;
        let mut notes = self.notes.drain(..).peekable();
        loop {
            while let Some((_, note)) = notes.next_if(|(before, _)| *before <= at) {
                entry(Entry::Note(note));
            }
            let Some((record, next)) = self.bytes.get(at..).and_then(read_record) else { break };
            entry(Entry::Packet(record));
            at += next;
        }
    }

    /// Empties the block for its next use.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.notes.clear();
    }
}

fn read_record(bytes: &[u8]) -> Option<(Record<'_>, usize)> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let (arrival, header) = header.split_first_chunk::<8>()?;
    let (stream, header) = header.split_first_chunk::<4>()?;
    let (timestamp, header) = header.split_first_chunk::<4>()?;
    let (ssrc, header) = header.split_first_chunk::<4>()?;
    let &[l0, l1, code, _] = header.first_chunk::<4>()?;
    let length = usize::from(u16::from_ne_bytes([l0, l1]));
    let record = Record {
        stream: u32::from_ne_bytes(*stream),
        arrival: u64::from_ne_bytes(*arrival),
        timestamp: u32::from_ne_bytes(*timestamp),
        ssrc: u32::from_ne_bytes(*ssrc),
        codec: codec(code),
        payload: rest.get(..length)?,
    };
    Some((record, HEADER_BYTES + length))
}

/// A codec as a byte, and back.
fn code(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0,
        Codec::Pcma => 1,
        Codec::G722 => 2,
        Codec::Opus => 3,
    }
}

fn codec(code: u8) -> Codec {
    match code {
        1 => Codec::Pcma,
        2 => Codec::G722,
        3 => Codec::Opus,
        _ => Codec::Pcmu,
    }
}

/// One media thread's way to the recorder.
#[derive(Debug)]
pub struct Tap {
    number: usize,
    to_recorder: SyncSender<Block>,
    returned: Receiver<Block>,
    block: Option<Block>,
    /// Most recently used last.
    spare: Vec<Block>,
    /// Notes that found no block: they must not be lost.
    waiting: VecDeque<Note>,
    /// Arrival of the first and the last packet that was dropped and not yet told.
    gap: Option<(u64, u64)>,
    /// Streams in use, and numbers to use again.
    streams: u32,
    free_streams: Vec<u32>,
    /// Packets of each stream, kept or not: against these the recording is verified (W11).
    packets: Vec<u64>,
    handed_over_at: u64,
}

impl Tap {
    /// A tap, and the way by which its blocks come back.
    pub(super) fn new(number: usize, to_recorder: SyncSender<Block>, blocks: usize) -> (Self, SyncSender<Block>) {
        let (return_sender, returned) = sync_channel(blocks);
        let spare = (0..blocks).map(|_| Block {
            tap: number,
            until: 0,
            bytes: Vec::with_capacity(BLOCK_BYTES),
            notes: Vec::with_capacity(NOTES_MAX),
        });
        let tap = Self {
            number,
            to_recorder,
            returned,
            block: None,
            spare: spare.collect(),
            waiting: VecDeque::new(),
            gap: None,
            streams: 0,
            free_streams: Vec::new(),
            packets: Vec::new(),
            handed_over_at: 0,
        };
        (tap, return_sender)
    }

    /// Begins a recording.
    pub fn start(&mut self, now: u64, call: CallId, at: u64, file: RecordingFile) {
        self.note(now, Note::Start { call, at, file });
    }

    /// Ends it.
    pub fn stop(&mut self, now: u64, call: CallId, at: u64) {
        self.note(now, Note::Stop { call, at });
    }

    /// Keeps nothing of the call from `at` on, or keeps it again.
    pub fn pause(&mut self, now: u64, call: CallId, on: bool, at: u64) {
        self.note(now, Note::Pause { call, on, at });
    }

    /// A leg's packets are recorded from here on; the number goes into its records.
    pub fn join(&mut self, now: u64, call: CallId, side: Side) -> u32 {
        let stream = self.free_streams.pop().unwrap_or_else(|| {
            self.streams += 1;
            self.packets.push(0);
            self.streams - 1
        });
        self.note(now, Note::Join { stream, call, side });
        stream
    }

    /// And no longer.
    pub fn leave(&mut self, now: u64, stream: u32) {
        let packets = self.packets.get_mut(stream as usize).map(std::mem::take).unwrap_or_default();
        self.note(now, Note::Leave { stream, packets });
        self.free_streams.push(stream);
    }

    /// A packet.
    #[inline]
    pub fn record(&mut self, record: &Record<'_>) {
        if let Some(packets) = self.packets.get_mut(record.stream as usize) {
            *packets += 1;
        }
        let Some(bytes) = self.room(record.arrival, record.payload.len()) else {
            let (from, _) = *self.gap.get_or_insert((record.arrival, record.arrival));
            self.gap = Some((from, record.arrival));
            return;
        };
        let mut header = [0u8; HEADER_BYTES];
        let length = record.payload.len() as u16;
        let fields = record.arrival.to_ne_bytes().into_iter();
        let fields = fields.chain(record.stream.to_ne_bytes()).chain(record.timestamp.to_ne_bytes());
        let fields = fields.chain(record.ssrc.to_ne_bytes()).chain(length.to_ne_bytes()).chain([code(record.codec)]);
        header.iter_mut().zip(fields).for_each(|(place, byte)| *place = byte);
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(record.payload);
    }

    /// Hands over what there is, if it is time.
    pub fn tick(&mut self, now: u64) {
        if now.saturating_sub(self.handed_over_at) >= super::HAND_OVER {
            self.hand_over(now);
        }
    }

    /// Hands over what there is, and tells the recorder how far it can go.
    pub fn hand_over(&mut self, now: u64) {
        self.handed_over_at = now;
        if !self.ready(now) {
            return;
        }
        if let Some(mut block) = self.block.take() {
            block.until = now;
            // The way is as wide as there are blocks: this fails only when the recorder has died.
            if self.to_recorder.try_send(block).is_err() {
                tracing::error!(tap = self.number, "the recorder has gone");
            }
        }
    }

    fn note(&mut self, now: u64, note: Note) {
        self.waiting.push_back(note);
        self.ready(now);
    }

    /// The current block's bytes, if a payload of `length` fits; takes the next block when this one is full.
    fn room(&mut self, now: u64, length: usize) -> Option<&mut Vec<u8>> {
        let fits = |block: &Block| block.bytes.len() + HEADER_BYTES + length <= BLOCK_BYTES;
        if self.block.as_ref().is_some_and(|block| !fits(block)) {
            self.hand_over(now);
        }
        if self.block.is_none() && !self.ready(now) {
            return None;
        }
        self.block.as_mut().filter(|block| fits(block)).map(|block| &mut block.bytes)
    }

    /// Makes sure of a block, and puts into it what waits; false if there is none.
    fn ready(&mut self, now: u64) -> bool {
        loop {
            if self.block.is_none() {
                self.spare.extend(self.returned.try_iter());
                self.block = self.spare.pop();
            }
            let Some(block) = &mut self.block else { return false };
            if let Some((from, to)) = self.gap.take() {
                block.notes.push((block.bytes.len(), Note::Gap { from, to }));
            }
            while block.notes.len() < NOTES_MAX
                && let Some(note) = self.waiting.pop_front()
            {
                block.notes.push((block.bytes.len(), note));
            }
            if self.waiting.is_empty() {
                return true;
            }
            // More notes than fit into one block: a burst of calls.
            if let Some(mut block) = self.block.take() {
                block.until = now;
                let _ = self.to_recorder.try_send(block);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(arrival: u64, payload: &[u8]) -> Record<'_> {
        Record { stream: 3, arrival, timestamp: 7, ssrc: 9, codec: Codec::Opus, payload }
    }

    #[test]
    fn packets_and_notes_come_out_in_order() {
        let (to_recorder, blocks) = sync_channel(BLOCKS_MAX);
        let (mut tap, _returns) = Tap::new(0, to_recorder, BLOCKS_MAX);
        tap.record(&record(1, &[1; 160]));
        assert_eq!(tap.join(2, CallId(5), Side::Caller), 0);
        tap.record(&record(3, &[2; 80]));
        tap.stop(4, CallId(5), 4);
        tap.hand_over(5);
        let mut block = blocks.try_recv().unwrap();
        let mut seen = Vec::new();
        block.read(|entry| {
            seen.push(match entry {
                Entry::Packet(packet) => {
                    assert_eq!(packet, record(packet.arrival, packet.payload));
                    format!("packet {} {}", packet.arrival, packet.payload.len())
                }
                Entry::Note(note) => format!("{note:?}").split(' ').next().unwrap().to_owned(),
            });
        });
        assert_eq!(seen, ["packet 1 160", "Join", "packet 3 80", "Stop"]);
        assert_eq!(block.until, 5);
    }

    #[test]
    fn r23_a_stalled_recorder_costs_a_told_gap_and_no_note() {
        let (to_recorder, blocks) = sync_channel(BLOCKS_MAX);
        let (mut tap, returns) = Tap::new(0, to_recorder, BLOCKS_MAX);
        let packets = BLOCKS_MAX as u64 * (BLOCK_BYTES / 184) as u64;
        for n in 0..packets + 1000 {
            tap.record(&record(n, &[1; 160]));
        }
        tap.stop(packets + 1000, CallId(5), 1);
        let (mut kept, mut gaps, mut stops) = (0, Vec::new(), 0);
        while let Ok(mut block) = blocks.try_recv() {
            block.read(|entry| match entry {
                Entry::Packet(_) => kept += 1,
                Entry::Note(_) => panic!("no note yet"),
            });
            block.clear();
            returns.try_send(block).unwrap();
        }
        tap.record(&record(packets + 1001, &[1; 160]));
        tap.hand_over(packets + 1002);
        blocks.try_recv().unwrap().read(|entry| match entry {
            Entry::Packet(_) => kept += 1,
            Entry::Note(Note::Gap { from, to }) => gaps.push((from, to)),
            Entry::Note(note) => stops += usize::from(matches!(note, Note::Stop { .. })),
        });
        assert_eq!((kept, stops), (packets as usize + 1, 1));
        assert_eq!(gaps, [(packets, packets + 999)]);
    }

    #[test]
    fn a_burst_of_calls_needs_several_blocks() {
        let (to_recorder, blocks) = sync_channel(BLOCKS_MAX);
        let (mut tap, _returns) = Tap::new(0, to_recorder, BLOCKS_MAX);
        for call in 0..1000 {
            tap.stop(1, CallId(call), 1);
        }
        tap.hand_over(2);
        let mut stops = 0;
        while let Ok(mut block) = blocks.try_recv() {
            block.read(|_| stops += 1);
        }
        assert_eq!(stops, 1000);
    }
}
