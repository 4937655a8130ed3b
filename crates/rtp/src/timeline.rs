//! Where on the call's clock a stream's packets belong.
//!
//! A packet's place is `timestamp + offset`: so loss leaves silence, and jitter and reordering leave nothing. The offset
//! is found from the first packet's arrival, and again on a new SSRC or a jump. The peer's clock drifts against ours, and
//! the first packet may have been a late one: so the shortest delays are watched, and the offset follows them in small
//! steps while nobody speaks, or at once before the difference becomes [`FORCED`] and more. The place is a function of the
//! timestamp alone: duplicates, however late, land where the original did.
//!
//! All times are samples at 8 kHz since the call's recording began.

/// A packet this far behind its place (250 ms) is too late to be placed.
pub const LATE_MAX: i64 = 2000;
/// A difference this large (1 s) is a jump of the timestamps or a sender that had stopped its clock.
const JUMP: i64 = 8000;
/// A difference of 15 ms is taken out where nobody speaks,
const GENTLE: i64 = 120;
/// one of 30 ms wherever it is: together with what may hide behind jitter it stays under 40 ms.
pub const FORCED: i64 = 240;
/// The shortest delay is sought over this time (1 s) and at least this many packets.
const WINDOW: i64 = 8000;
const WINDOW_PACKETS: u32 = 10;
/// So many packets out of place in a row, steadily, are not stragglers but the stream as it now is.
const STEADY_PACKETS: u32 = 5;
/// "Steadily": their delays differ by less than this (10 ms).
const STEADY: i64 = 80;

/// Where a packet's samples go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The first sample goes to `position` (it may be before 0); the first `skip` samples are not written, for their
    /// place was taken before the offset was corrected.
    At {
        /// Samples since the recording began.
        position: i64,
        /// Samples at the packet's beginning to leave out.
        skip: usize,
    },
    /// Too late, or part of nothing that goes on.
    Late,
}

/// A stretch of the stream with one offset.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// First (extended) timestamp.
    from: i64,
    /// Position minus timestamp.
    offset: i64,
    /// What lies before belongs to the stretch before.
    floor: i64,
}

/// One leg's sound on the call's clock: its stream, and the one before, of which packets may still be on their way.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    now: Option<Stream>,
    former: Option<Stream>,
    corrections: u64,
}

/// A stream of one SSRC.
#[derive(Clone, Copy, Debug)]
struct Stream {
    ssrc: u32,
    newest: Newest,
    /// Newest first.
    stretches: [Option<Stretch>; 3],
    delays: Delays,
    astray: Astray,
}

/// The newest packet.
#[derive(Clone, Copy, Debug, Default)]
struct Newest {
    timestamp: u32,
    extended: i64,
    /// Position at which it ends.
    end: i64,
}

/// A packet to be placed.
#[derive(Clone, Copy, Debug)]
struct Arrived {
    at: i64,
    timestamp: u32,
    samples: i64,
}

/// The shortest delay, window by window.
#[derive(Clone, Copy, Debug, Default)]
struct Delays {
    began: i64,
    packets: u32,
    shortest: i64,
    /// Found by the last whole window, to be taken out.
    due: i64,
}

/// Packets in a row that fit nowhere.
#[derive(Clone, Copy, Debug, Default)]
struct Astray {
    packets: u32,
    delay: i64,
}

impl Timeline {
    /// A packet of `samples` came at `arrival`. `quiet` is asked only when a correction waits for a pause in speech.
    pub fn place(
        &mut self,
        arrival: i64,
        ssrc: u32,
        timestamp: u32,
        samples: u32,
        quiet: impl FnOnce() -> bool,
    ) -> Place {
        let packet = Arrived { at: arrival, timestamp, samples: i64::from(samples) };
        if self.now.is_none_or(|stream| stream.ssrc != ssrc) {
            std::mem::swap(&mut self.now, &mut self.former);
        }
        let Some(stream) = self.now.as_mut().filter(|stream| stream.ssrc == ssrc) else {
            // A stream never heard: it takes the place of the older of the two.
            let before = self.former.map_or(i64::MIN, |former| former.newest.end);
            self.corrections += u64::from(self.former.is_some());
            let (stream, place) = Stream::anchored(ssrc, packet, before);
            self.now = Some(stream);
            return place;
        };
        let (place, corrected) = stream.place(packet, quiet);
        self.corrections += u64::from(corrected);
        place
    }

    /// How often the offset was corrected or found anew, the first time not counted.
    pub fn corrections(&self) -> u64 {
        self.corrections
    }
}

impl Stream {
    /// A stream whose first packet goes where it arrives. What was placed up to `before` stays; but no more of it than a
    /// correction's worth.
    fn anchored(ssrc: u32, packet: Arrived, before: i64) -> (Self, Place) {
        let extended = i64::from(packet.timestamp);
        let floor = before.min(packet.at.saturating_add(FORCED));
        let stretch = Stretch { from: i64::MIN, offset: packet.at - extended, floor };
        let newest = Newest { timestamp: packet.timestamp, extended, end: packet.at + packet.samples };
        let delays = Delays { began: packet.at, ..Delays::default() };
        let stretches = [Some(stretch), None, None];
        let stream = Self { ssrc, newest, stretches, delays, astray: Astray::default() };
        (stream, stream.position(extended))
    }

    /// Places a packet; also whether the offset moved.
    fn place(&mut self, packet: Arrived, quiet: impl FnOnce() -> bool) -> (Place, bool) {
        let step = i64::from(packet.timestamp.wrapping_sub(self.newest.timestamp).cast_signed());
        let extended = self.newest.extended + step;
        let offset = self.stretches.iter().flatten().next().map_or(0, |stretch| stretch.offset);
        let delay = packet.at - (extended + offset);
        let jumped = if step > 0 { delay.abs() > JUMP } else { false };
        if jumped || (delay > LATE_MAX && self.astray_steadily(delay)) {
            let (stream, place) = Self::anchored(self.ssrc, packet, self.newest.end);
            *self = stream;
            return (place, true);
        }
        if delay > LATE_MAX {
            if step > 0 {
                self.newest = Newest { timestamp: packet.timestamp, extended, end: self.newest.end };
            }
            return (Place::Late, false);
        }
        if step <= 0 {
            return (self.position(extended), false);
        }
        self.astray = Astray::default();
        self.delays.heard(packet.at, delay);
        let correction = self.correction(delay, quiet);
        if let Some(by) = correction {
            self.shift(extended, by);
        }
        let place = self.position(extended);
        if let Place::At { position, .. } = place {
            self.newest = Newest { timestamp: packet.timestamp, extended, end: position + packet.samples };
        }
        (place, correction.is_some())
    }

    /// Counts a packet that fits nowhere; true when enough of them agree.
    fn astray_steadily(&mut self, delay: i64) -> bool {
        if (delay - self.astray.delay).abs() >= STEADY {
            self.astray = Astray { packets: 0, delay };
        }
        self.astray.packets += 1;
        self.astray.packets >= STEADY_PACKETS
    }

    /// By how much the offset must move now, if it must. A packet that is early by our reckoning proves the reckoning
    /// wrong; one that is late proves only that it is late, so there a whole window must agree.
    fn correction(&self, delay: i64, quiet: impl FnOnce() -> bool) -> Option<i64> {
        let wanted = if delay < 0 { delay } else { self.delays.due };
        let now = wanted.abs() >= FORCED || (wanted.abs() >= GENTLE && quiet());
        now.then_some(wanted)
    }

    fn shift(&mut self, from: i64, by: i64) {
        let [newest, before, _] = self.stretches;
        let Some(stretch) = newest else { return };
        let floor = if by < 0 { self.newest.end } else { i64::MIN };
        self.stretches = [Some(Stretch { from, offset: stretch.offset + by, floor }), Some(stretch), before];
        self.delays = Delays { began: self.delays.began, ..Delays::default() };
    }

    fn position(&self, extended: i64) -> Place {
        let stretch = self.stretches.iter().flatten().find(|stretch| extended >= stretch.from);
        match stretch {
            Some(stretch) => {
                let position = extended + stretch.offset;
                let skip = usize::try_from(stretch.floor.saturating_sub(position)).unwrap_or(0);
                Place::At { position, skip }
            }
            None => Place::Late,
        }
    }
}

impl Delays {
    fn heard(&mut self, arrival: i64, delay: i64) {
        self.shortest = if self.packets == 0 { delay } else { self.shortest.min(delay) };
        self.packets += 1;
        if self.due > 0 {
            self.due = self.due.min(delay.max(0));
        }
        if arrival - self.began >= WINDOW && self.packets >= WINDOW_PACKETS {
            *self = Self { began: arrival, packets: 0, shortest: 0, due: self.shortest.max(0) };
        }
    }
}

#[cfg(test)]
mod tests;
