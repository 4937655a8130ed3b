//! What a leg's line was like, both ways: the figures for the call record.

use rtp::quality::{Coding, Line};
use sdp::Codec;
use switch::media::Statistics;

use super::leg::Leg;
use crate::clock::MILLISECOND;

impl Leg {
    /// What is heard of the peer, from the beginning.
    pub fn line(&self) -> Line {
        let (received, lost) = (self.reception.received(), self.reception.lost());
        Line {
            coding: self.coding(),
            expected: received + lost,
            lost,
            jitter_us: self.microseconds(self.reception.jitter()),
            round_trip_ms: self.reports.round_trip_ms,
        }
    }

    /// Looks whether this is a bad moment.
    pub fn judge(&mut self, now: u64) {
        let line = self.line();
        self.windows.look(now / MILLISECOND, &line);
    }

    /// The figures for the call record.
    pub fn statistics(&self) -> Statistics {
        let line = self.line();
        let remote = self.reports.remote.map(|(report, expected)| {
            let lost = u64::try_from(report.cumulative_lost).unwrap_or(0);
            (report, Line { expected, lost, jitter_us: self.microseconds(report.jitter), ..line })
        });
        let worst = self.windows.worst();
        let since_first = |at_ms: u64| at_ms.saturating_sub(self.watch.first_at / MILLISECOND);
        Statistics {
            received: self.reception.received(),
            sent: self.out.packets,
            lost: line.lost,
            jitter_us: line.jitter_us,
            strangers: self.strangers,
            remote_fraction_lost: remote.map(|(report, _)| report.fraction_lost),
            remote_jitter_us: remote.map(|(_, line)| line.jitter_us),
            round_trip_ms: line.round_trip_ms,
            mos_x100: line.mos_x100(),
            worst_mos_x100: worst.map(|worst| worst.mos_x100),
            worst_at_ms: worst.map(|worst| u32::try_from(since_first(worst.at_ms)).unwrap_or(u32::MAX)),
            remote_mos_x100: remote.and_then(|(_, line)| line.mos_x100()),
            remote_lost: remote.map(|(_, line)| u32::try_from(line.lost).unwrap_or(u32::MAX)),
        }
    }

    fn coding(&self) -> Coding {
        match self.codec() {
            Codec::Pcmu | Codec::Pcma => Coding::G711,
            Codec::G722 => Coding::G722,
            Codec::Opus => Coding::Opus,
        }
    }

    fn codec(&self) -> Codec {
        self.media.as_ref().map_or(Codec::Pcmu, |media| media.codec)
    }

    /// Units of the codec's RTP clock as microseconds.
    fn microseconds(&self, units: u32) -> u32 {
        let microseconds = u64::from(units) * 1_000_000 / u64::from(self.codec().clock_rate().max(1));
        u32::try_from(microseconds).unwrap_or(u32::MAX)
    }
}
