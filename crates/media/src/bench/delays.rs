//! What came back of what was sent, and how late: of the benchmarks' voices, here and of whole calls.

use std::time::Duration;

/// Delays are counted in steps of 10 µs up to 2 s.
const STEP_US: u64 = 10;
const STEPS: usize = 200_000;

/// What was sent within a measured time, and what of it was heard.
#[derive(Clone, Debug)]
pub struct Delays {
    /// Packets sent.
    pub sent: u64,
    /// Of these, heard.
    pub received: u64,
    counts: Vec<u32>,
}

impl Default for Delays {
    fn default() -> Self {
        Self { sent: 0, received: 0, counts: vec![0; STEPS] }
    }
}

impl Delays {
    /// One was heard so long after it was said; more than 2 s count as that.
    pub fn count(&mut self, delay: Duration) {
        self.received += 1;
        let step = usize::try_from(delay.as_micros() / u128::from(STEP_US)).unwrap_or(usize::MAX);
        if let Some(count) = self.counts.get_mut(step.min(STEPS - 1)) {
            *count += 1;
        }
    }

    /// Share of the packets that were not heard, 0 to 1.
    pub fn loss(&self) -> f64 {
        self.sent.saturating_sub(self.received) as f64 / (self.sent as f64).max(1.0)
    }

    /// The delay that so large a share of the packets kept below, milliseconds.
    pub fn delay_ms(&self, share: f64) -> f64 {
        let wanted = self.received as f64 * share;
        let mut counted = 0.0;
        let step = self.counts.iter().position(|&count| {
            counted += f64::from(count);
            counted >= wanted
        });
        (step.unwrap_or(0) as u64 * STEP_US) as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_what_was_heard() {
        let mut delays = Delays::default();
        (1..=100).for_each(|n| delays.count(Duration::from_millis(n)));
        assert_eq!((delays.delay_ms(0.5), delays.delay_ms(0.99)), (50.0, 99.0));
        delays.sent = 200;
        assert!((delays.loss() - 0.5).abs() < 1e-9);
        delays.count(Duration::from_secs(9));
        assert_eq!(delays.delay_ms(1.0), 1_999.99);
    }
}
