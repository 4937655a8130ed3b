//! What is known of a received stream: RFC 3550 appendix A.1 (sequence numbers), A.3 (loss), A.8 (jitter).

/// A jump ahead of less than this many packets is loss (A.1).
const MAX_DROPOUT: u16 = 3000;
/// A packet up to this many behind is late, not a restart (A.1).
const MAX_MISORDER: u16 = 100;

/// Reception of one peer's stream. A new SSRC, or a restart of the sequence numbers, goes on counting.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reception {
    ssrc: Option<u32>,
    /// First sequence number of this stream.
    base: u32,
    /// Highest sequence number, extended by its cycles.
    highest: u32,
    /// The number that would prove a restart, two in a row.
    suspect: Option<u16>,
    /// Packets of this stream.
    received: u64,
    /// What came and was lost in streams before this.
    received_before: u64,
    lost_before: u64,
    /// Expected and received when the last report was made.
    prior: (u32, u64),
    /// Last transit time, in timestamp units.
    transit: Option<u32>,
    /// Jitter in 1/16 timestamp unit.
    jitter: u32,
}

/// A report block's figures about a stream: RFC 3550 §6.4.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LossReport {
    /// Loss since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Loss since the beginning, 24 bits signed, clamped.
    pub cumulative_lost: i32,
    /// Highest sequence number with its cycles.
    pub highest: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
}

impl Reception {
    /// A packet came at `arrival`, in units of the RTP clock from any fixed point.
    #[inline]
    pub fn heard(&mut self, ssrc: u32, sequence: u16, timestamp: u32, arrival: u32) {
        if self.ssrc == Some(ssrc) {
            if !self.follow(sequence) {
                return;
            }
        } else {
            self.restart(ssrc, sequence);
        }
        self.received += 1;
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(last) = self.transit.replace(transit) {
            let distance = transit.wrapping_sub(last).cast_signed().unsigned_abs();
            // A.8, with the division rounded. A jump of the timestamps is no jitter.
            if distance < 8000 {
                self.jitter = (self.jitter + distance).saturating_sub((self.jitter + 8) >> 4);
            }
        }
    }

    /// Takes a sequence number of the known stream; false if it is a lone stray (A.1 update_seq).
    fn follow(&mut self, sequence: u16) -> bool {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead < MAX_DROPOUT {
            self.highest = self.highest.wrapping_add(u32::from(ahead));
            self.suspect = None;
        } else if ahead <= u16::MAX - MAX_MISORDER {
            if self.suspect == Some(sequence) {
                let ssrc = self.ssrc.unwrap_or_default();
                self.restart(ssrc, sequence);
            } else {
                self.suspect = Some(sequence.wrapping_add(1));
                return false;
            }
        }
        true
    }

    fn restart(&mut self, ssrc: u32, sequence: u16) {
        self.lost_before = self.lost();
        self.received_before += self.received;
        self.ssrc = Some(ssrc);
        self.base = u32::from(sequence);
        self.highest = u32::from(sequence);
        self.received = 0;
        self.suspect = None;
        self.prior = (0, 0);
        self.transit = None;
    }

    /// The stream's SSRC, once there is one.
    pub fn ssrc(&self) -> Option<u32> {
        self.ssrc
    }

    /// Packets received, of all streams.
    pub fn received(&self) -> u64 {
        self.received_before + self.received
    }

    /// Packets that should have come and did not, of all streams; duplicates do not count against it (A.3).
    pub fn lost(&self) -> u64 {
        self.lost_before + u64::from(self.expected()).saturating_sub(self.received)
    }

    /// Interarrival jitter in timestamp units.
    pub fn jitter(&self) -> u32 {
        self.jitter >> 4
    }

    /// The figures for a report block, once per report: the fraction is of the time since the last one.
    pub fn report(&mut self) -> LossReport {
        let expected = self.expected();
        let (expected_prior, received_prior) = std::mem::replace(&mut self.prior, (expected, self.received));
        let expected_interval = u64::from(expected.wrapping_sub(expected_prior));
        let lost_interval = expected_interval.saturating_sub(self.received - received_prior);
        let fraction_lost = (lost_interval << 8).checked_div(expected_interval).unwrap_or(0).min(255) as u8;
        let cumulative = i64::from(expected) - self.received.cast_signed();
        let cumulative_lost = cumulative.clamp(-0x80_0000, 0x7F_FFFF) as i32;
        LossReport { fraction_lost, cumulative_lost, highest: self.highest, jitter: self.jitter() }
    }

    fn expected(&self) -> u32 {
        if self.ssrc.is_some() { self.highest.wrapping_sub(self.base).wrapping_add(1) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paced(reception: &mut Reception, sequences: impl IntoIterator<Item = u16>) {
        for sequence in sequences {
            reception.heard(1, sequence, u32::from(sequence) * 160, u32::from(sequence) * 160);
        }
    }

    #[test]
    fn loss_is_counted_and_reported_since_the_last_report() {
        let mut reception = Reception::default();
        paced(&mut reception, (0..100).filter(|n| n % 4 != 3));
        assert_eq!((reception.received(), reception.lost()), (75, 24));
        assert_eq!(reception.report().fraction_lost, (24 * 256 / 99) as u8);
        paced(&mut reception, 100..200);
        let report = reception.report();
        assert_eq!((report.fraction_lost, report.cumulative_lost, report.highest), (2, 25, 199));
    }

    #[test]
    fn sequence_numbers_wrap() {
        let mut reception = Reception::default();
        paced(&mut reception, (65_000..=65_535).chain(0..100));
        assert_eq!((reception.received(), reception.lost()), (636, 0));
        assert_eq!(reception.report().highest, 0x1_0063);
    }

    #[test]
    fn a_restart_and_a_new_ssrc_lose_nothing() {
        let mut reception = Reception::default();
        paced(&mut reception, 0..50);
        paced(&mut reception, 30_000..30_050);
        assert_eq!((reception.received(), reception.lost()), (99, 0));
        reception.heard(2, 7, 0, 0);
        assert_eq!((reception.received(), reception.lost()), (100, 0));
    }

    #[test]
    fn jitter_settles_at_the_mean_difference() {
        let mut reception = Reception::default();
        for n in 0..1000u32 {
            reception.heard(1, n as u16, n * 160, n * 160 + (n % 2) * 80);
        }
        assert!((70..=85).contains(&reception.jitter()), "{}", reception.jitter());
    }

    proptest! {
        #[test]
        fn anything_may_come(packets in prop::collection::vec((0u32..3, any::<u16>(), any::<u32>(), any::<u32>()), 0..200)) {
            let mut reception = Reception::default();
            for (ssrc, sequence, timestamp, arrival) in packets {
                reception.heard(ssrc, sequence, timestamp, arrival);
                let _ = reception.report();
            }
            prop_assert!(reception.lost() < 200 * 65_536);
        }
    }
}
