//! Timestamps of a faster RTP clock, brought to the call's 8 kHz.

/// A stream's newest timestamp, extended by its cycles.
#[derive(Clone, Copy, Debug)]
struct Newest {
    ssrc: u32,
    timestamp: u32,
    extended: i64,
}

/// Brings a leg's timestamps to 8 kHz. The faster clock wraps where its quotient does not: so they are counted on first.
/// Packets of the stream before may still be on their way: two streams are known.
#[derive(Clone, Copy, Debug)]
pub struct ClockRate {
    ticks: u32,
    streams: [Option<Newest>; 2],
}

impl ClockRate {
    /// For an RTP clock of `hz`, a multiple of 8 kHz.
    pub fn new(hz: u32) -> Self {
        Self { ticks: (hz / crate::SAMPLE_RATE).max(1), streams: [None; 2] }
    }

    /// Ticks of the RTP clock in a sample.
    pub fn ticks(&self) -> u32 {
        self.ticks
    }

    /// A packet's timestamp at 8 kHz; the same for the same packet, however often it comes.
    pub fn to_call(&mut self, ssrc: u32, timestamp: u32) -> u32 {
        if self.ticks == 1 {
            return timestamp;
        }
        let [now, before] = self.streams;
        if now.is_none_or(|now| now.ssrc != ssrc) {
            let known = before.filter(|before| before.ssrc == ssrc);
            let begins = Newest { ssrc, timestamp, extended: i64::from(timestamp) };
            self.streams = [Some(known.unwrap_or(begins)), now];
        }
        let [Some(stream), _] = &mut self.streams else { return timestamp };
        let step = i64::from(timestamp.wrapping_sub(stream.timestamp).cast_signed());
        let extended = stream.extended + step;
        if step > 0 {
            (stream.timestamp, stream.extended) = (timestamp, extended);
        }
        extended.div_euclid(i64::from(self.ticks)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w09_a_clock_of_48_khz_wraps_and_nothing_jumps() {
        let mut rate = ClockRate::new(48_000);
        let mut timestamp = u32::MAX - 96_000;
        let mut last = rate.to_call(1, timestamp);
        for _ in 0..1000 {
            timestamp = timestamp.wrapping_add(960);
            let next = rate.to_call(1, timestamp);
            assert_eq!(next.wrapping_sub(last), 160);
            assert_eq!(rate.to_call(1, timestamp.wrapping_sub(960)), last, "one that comes again");
            last = next;
        }
    }

    #[test]
    fn two_streams_in_turn_do_not_disturb_each_other() {
        let mut rate = ClockRate::new(48_000);
        let first = rate.to_call(1, 48_000);
        rate.to_call(2, u32::MAX - 10);
        assert_eq!(rate.to_call(1, 48_960), first + 160);
        assert_eq!(rate.to_call(2, 949), ((1i64 << 32) + 949).div_euclid(6) as u32);
    }

    #[test]
    fn a_clock_of_8_khz_is_left_alone() {
        let mut rate = ClockRate::new(8000);
        assert_eq!((rate.ticks(), rate.to_call(1, 77), rate.to_call(9, 5)), (1, 77, 5));
    }
}
