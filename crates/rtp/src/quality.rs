//! How a stream must have sounded: a mean opinion score (MOS) estimated from what the network did to it.
//!
//! The E-model of ITU-T G.107 with its default values, reduced to what a switchboard can measure, loss and delay:
//! `R = 93.2 − Id − Ie,eff` and from it the MOS of Annex B. It knows nothing of echo, noise or a bad microphone: it says
//! whose line was bad, not who mumbled.

/// R of a narrow-band call that nothing has spoilt (G.107 §7.7: 93.2 with all default values).
const R_BEST: f32 = 93.2;
/// Milliseconds of speech in a packet: they have passed before it can be sent.
const PACKET_MS: f32 = 20.0;
/// A receiver's jitter buffer, as it is assumed: so many times the interarrival jitter, but no less than two packets and no more
/// than what a telephone keeps.
const BUFFER_JITTERS: f32 = 4.0;
const BUFFER_MS_MIN: f32 = 40.0;
const BUFFER_MS_MAX: f32 = 200.0;
/// How long a window is of which the worst is kept, milliseconds: a complaint "I could not hear" is about a moment.
pub const WINDOW_MS: u64 = 5000;

/// What the speech was coded with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coding {
    /// G.711, both laws.
    G711,
    /// G.722 at 64 kbit/s.
    G722,
    /// Opus.
    Opus,
}

impl Coding {
    /// Equipment impairment `Ie` and packet-loss robustness `Bpl`. G.113 Appendix I has 0 and 25.1 for G.711 with concealment
    /// of lost packets (4.3 without; every telephone of today has it). It has no narrow-band values for G.722 and Opus, which
    /// are judged here at the 8 kHz at which they are passed on: no impairment of their own, and G.711's robustness for
    /// both, so that figures of two legs can be compared. An assumption, on the careful side for Opus.
    const fn impairment(self) -> (f32, f32) {
        match self {
            Self::G711 | Self::G722 | Self::Opus => (0.0, 25.1),
        }
    }
}

/// What is known of one direction of a leg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// The codec.
    pub coding: Coding,
    /// Packets that should have come.
    pub expected: u64,
    /// And those of them that did not.
    pub lost: u64,
    /// Interarrival jitter, microseconds.
    pub jitter_us: u32,
    /// There and back on the network, milliseconds; `None` (the peer sends no reports): not counted.
    pub round_trip_ms: Option<u32>,
}

impl Line {
    /// The mean opinion score in hundredths, 100 (nobody understands) to 438; `None` if nothing was expected.
    pub fn mos_x100(&self) -> Option<u16> {
        if self.expected == 0 {
            return None;
        }
        let lost_percent = self.lost.min(self.expected) as f32 * 100.0 / self.expected as f32;
        let (own, robustness) = self.coding.impairment();
        // G.107 §7.5 with BurstR = 1: loss at random.
        let equipment = own + (95.0 - own) * lost_percent / (lost_percent + robustness);
        Some((mos(R_BEST - delay_impairment(self.delay_ms()) - equipment) * 100.0).round() as u16)
    }

    /// Mouth to ear, as far as it is known.
    fn delay_ms(&self) -> f32 {
        let jitter_ms = self.jitter_us as f32 / 1000.0;
        let buffer = (jitter_ms * BUFFER_JITTERS).clamp(BUFFER_MS_MIN, BUFFER_MS_MAX);
        self.round_trip_ms.unwrap_or(0) as f32 / 2.0 + PACKET_MS + buffer
    }
}

/// `Id` of a one-way delay where echo is cancelled as it should be: Cole and Rosenbluth's reduction of G.107 §7.4 ("Voice
/// over IP performance monitoring", ACM SIGCOMM CCR 31(2), 2001).
fn delay_impairment(ms: f32) -> f32 {
    0.024 * ms + 0.11 * (ms - 177.3).max(0.0)
}

/// G.107 Annex B.
fn mos(r: f32) -> f32 {
    let r = r.clamp(0.0, 100.0);
    // The polynomial dips below 1 for an R under 6.5.
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).max(1.0)
}

/// The time there and back, milliseconds, from a report block that came at `arrival` (the middle 32 bits of its NTP time):
/// RFC 3550 §6.4.1. `None` if the peer has not heard a report of ours yet, or says what cannot be.
pub fn round_trip_ms(arrival: u32, last_sender_report: u32, delay_since: u32) -> Option<u32> {
    let trip = arrival.wrapping_sub(last_sender_report).wrapping_sub(delay_since);
    // Below zero (the peer rounds, or lies), or longer than anybody waits: 8 s.
    let possible = last_sender_report != 0 && trip < 8 << 16;
    possible.then(|| (u64::from(trip) * 1000).div_ceil(65_536) as u32)
}

/// The worst five seconds of a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Windows {
    /// When the present window began, and what had been expected and lost until then.
    began: Option<(u64, u64, u64)>,
    worst: Option<Worst>,
}

/// A window that sounded worst.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Worst {
    /// Its score in hundredths.
    pub mos_x100: u16,
    /// When it began, on the caller's clock of [`Windows::look`].
    pub at_ms: u64,
}

impl Windows {
    /// What `line` has counted by `now_ms`, from its beginning. To be called about as often as a window should be exact; the
    /// first call begins the first window. A window in which nothing was expected (the peer sends nothing while nobody
    /// speaks, or is on hold) is not judged; what was lost meanwhile is told by the next packet's number, in its window.
    pub fn look(&mut self, now_ms: u64, line: &Line) {
        let Some((began, expected, lost)) = self.began else {
            self.began = Some((now_ms, line.expected, line.lost));
            return;
        };
        if now_ms.saturating_sub(began) < WINDOW_MS {
            return;
        }
        self.began = Some((now_ms, line.expected, line.lost));
        let (expected, lost) = (line.expected.saturating_sub(expected), line.lost.saturating_sub(lost));
        let window = Line { expected, lost, ..*line };
        let Some(mos_x100) = window.mos_x100() else { return };
        if self.worst.is_none_or(|worst| mos_x100 < worst.mos_x100) {
            self.worst = Some(Worst { mos_x100, at_ms: began });
        }
    }

    /// The worst window so far, once one is over.
    pub fn worst(&self) -> Option<Worst> {
        self.worst
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: Line = Line { coding: Coding::G711, expected: 1000, lost: 0, jitter_us: 1000, round_trip_ms: Some(20) };

    #[test]
    fn the_scores_are_those_of_the_e_model() {
        // 70 ms one way: Id = 1.68, R = 91.52.
        assert_eq!(GOOD.mos_x100(), Some(437));
        // 1 % lost: Ie,eff = 95/26.1 = 3.64; 5 %: 15.78; 20 %: 42.13.
        let lossy = |lost| Line { lost, ..GOOD }.mos_x100();
        assert_eq!([lossy(10), lossy(50), lossy(200)], [Some(428), Some(385), Some(254)]);
        // 400 ms there and back, with the buffer 260 ms one way: Id = 15.34.
        assert_eq!(Line { round_trip_ms: Some(400), ..GOOD }.mos_x100(), Some(394));
        assert_eq!(Line { lost: 1000, ..GOOD }.mos_x100(), Some(114));
        assert_eq!(Line { expected: 0, ..GOOD }.mos_x100(), None);
    }

    #[test]
    fn annex_b_runs_from_one_to_four_and_a_half() {
        assert_eq!([mos(-5.0), mos(5.0), mos(60.0), mos(100.0), mos(120.0)], [1.0, 1.0, 3.1, 4.5, 4.5]);
    }

    #[test]
    fn a_round_trip_is_what_neither_side_waited() {
        // Sent at 10 s, kept for 5 s, back at 15.125 s.
        assert_eq!(round_trip_ms((15 << 16) + 8192, 10 << 16, 5 << 16), Some(125));
        assert_eq!(round_trip_ms(15 << 16, 0, 0), None, "no report of ours was heard");
        assert_eq!(round_trip_ms(15 << 16, 10 << 16, (5 << 16) + 1), None, "faster than light");
        assert_eq!(round_trip_ms(30 << 16, 10 << 16, 0), None);
        // Across the wrap of the 18 hours that 16 bits of seconds hold.
        assert_eq!(round_trip_ms(100, 0xFFFF_0000, 65_536), Some(2));
    }

    #[test]
    fn a_bad_moment_of_a_good_call_is_kept() {
        let mut windows = Windows::default();
        let (mut expected, mut lost) = (0, 0);
        for second in 0..60 {
            windows.look(second * 1000, &Line { expected, lost, ..GOOD });
            expected += 50;
            lost += if (20..24).contains(&second) { 25 } else { 0 };
        }
        assert!(Line { expected, lost, ..GOOD }.mos_x100() > Some(380), "good as a whole");
        let worst = windows.worst().unwrap();
        assert_eq!(worst.at_ms, 20_000);
        assert!(worst.mos_x100 < 200, "{worst:?}");
    }

    #[test]
    fn silence_is_not_judged_and_a_hole_that_ends_is() {
        let mut windows = Windows::default();
        for second in 0..20 {
            windows.look(second * 1000, &Line { expected: 100, lost: 0, ..GOOD });
        }
        assert_eq!(windows.worst(), None);
        windows.look(20_000, &Line { expected: 1200, lost: 1000, ..GOOD });
        assert_eq!(windows.worst().map(|worst| worst.at_ms), Some(15_000));
    }

    proptest! {
        #[test]
        fn any_figures_give_a_score(expected: u64, lost: u64, jitter_us: u32, round_trip_ms: Option<u32>, more in 0u64..1000) {
            let line = Line { coding: Coding::Opus, expected, lost, jitter_us, round_trip_ms };
            let score = line.mos_x100();
            prop_assert_eq!(score.is_none(), expected == 0);
            prop_assert!(score.is_none_or(|score| (100..=450).contains(&score)));
            // More loss never sounds better.
            let worse = Line { lost: lost.saturating_add(more), ..line };
            prop_assert!(worse.mos_x100() <= score);
        }

        #[test]
        fn r12_any_report_gives_a_time_that_can_be(arrival: u32, sent: u32, delay: u32) {
            prop_assert!(round_trip_ms(arrival, sent, delay).is_none_or(|ms| ms <= 8000));
        }
    }
}
