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

/// One leg's stream on the call's clock.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    ssrc: Option<u32>,
    /// Newest packet: its timestamp as sent, extended, and the position where it ends.
    newest: (u32, i64, i64),
    /// Newest first.
    stretches: [Option<Stretch>; 3],
    delays: Delays,
    astray: Astray,
    corrections: u64,
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
        let same = self.ssrc == Some(ssrc);
        let Some(stretch) = self.stretches[0].filter(|_| same) else {
            return self.anchor(arrival, ssrc, timestamp, samples);
        };
        let (newest, newest_extended, _) = self.newest;
        let step = i64::from(timestamp.wrapping_sub(newest).cast_signed());
        let extended = newest_extended + step;
        let delay = arrival - (extended + stretch.offset);
        if step <= 0 {
            return self.straggler(arrival, ssrc, timestamp, samples, extended, delay);
        }
        if delay.abs() > JUMP {
            return self.anchor(arrival, ssrc, timestamp, samples);
        }
        if delay > LATE_MAX {
            if self.astray_steadily(delay) {
                return self.anchor(arrival, ssrc, timestamp, samples);
            }
            self.advance(timestamp, extended, extended + stretch.offset + i64::from(samples));
            return Place::Late;
        }
        self.astray = Astray::default();
        self.delays.heard(arrival, delay);
        if let Some(shift) = self.correction(delay, quiet) {
            self.shift(extended, shift);
        }
        let place = self.position(extended);
        if let Place::At { position, .. } = place {
            self.advance(timestamp, extended, position + i64::from(samples));
        }
        place
    }

    /// How often the offset was corrected or found anew, the first time not counted.
    pub fn corrections(&self) -> u64 {
        self.corrections
    }

    /// Puts the stream where it arrives now.
    fn anchor(&mut self, arrival: i64, ssrc: u32, timestamp: u32, samples: u32) -> Place {
        self.corrections += u64::from(self.ssrc.is_some());
        let extended = i64::from(timestamp);
        // What the former stream placed ahead of its arrival stays; but never more than a correction's worth of it.
        let (_, _, end) = self.newest;
        let floor = if self.ssrc.is_some() { end.min(arrival + FORCED) } else { i64::MIN };
        self.ssrc = Some(ssrc);
        self.stretches = [Some(Stretch { from: i64::MIN, offset: arrival - extended, floor }), None, None];
        self.delays = Delays { began: arrival, ..Delays::default() };
        self.astray = Astray::default();
        self.advance(timestamp, extended, arrival + i64::from(samples));
        self.position(extended)
    }

    /// A packet that is not newer than the newest: reordered, doubled, or of a sender that has set its clock back.
    fn straggler(&mut self, arrival: i64, ssrc: u32, timestamp: u32, samples: u32, extended: i64, delay: i64) -> Place {
        if delay <= LATE_MAX {
            return self.position(extended);
        }
        if self.astray_steadily(delay) {
            return self.anchor(arrival, ssrc, timestamp, samples);
        }
        Place::Late
    }

    /// Counts a packet that fits nowhere; true when enough of them agree.
    fn astray_steadily(&mut self, delay: i64) -> bool {
        if (delay - self.astray.delay).abs() >= STEADY {
            self.astray = Astray { packets: 0, delay };
        }
        self.astray.packets += 1;
        self.astray.packets >= STEADY_PACKETS
    }

    /// By how much the offset must move now, if it must.
    fn correction(&mut self, delay: i64, quiet: impl FnOnce() -> bool) -> Option<i64> {
        // A packet that is early by our reckoning proves the reckoning wrong; one that is late only proves that it is late.
        let wanted = if delay < 0 { delay } else { self.delays.due };
        let wanted = if wanted < 0 && self.delays.due > 0 { 0 } else { wanted };
        let now = wanted.abs() >= FORCED || (wanted.abs() >= GENTLE && quiet());
        now.then_some(wanted)
    }

    fn shift(&mut self, from: i64, by: i64) {
        let [newest, before, _] = self.stretches;
        let Some(stretch) = newest else { return };
        let (_, _, end) = self.newest;
        let floor = if by < 0 { end } else { i64::MIN };
        self.stretches = [Some(Stretch { from, offset: stretch.offset + by, floor }), Some(stretch), before];
        self.delays = Delays { began: self.delays.began, ..Delays::default() };
        self.corrections += 1;
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

    fn advance(&mut self, timestamp: u32, extended: i64, end: i64) {
        self.newest = (timestamp, extended, end);
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
