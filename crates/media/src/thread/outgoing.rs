//! One outgoing stream per leg, from the first packet to the last: the same SSRC, sequence numbers and timestamps that
//! only go on, whether prompts, silence or another leg's speech is sent (MEDIA.md §6).

use rtp::{FRAME, Header};

use crate::clock;

/// A relayed stream whose timestamps leave the clock by more than this (1 s) is fitted anew.
const JUMP: i64 = 8000;
/// A relayed stream whose sequence numbers jump by more than this is fitted anew.
const SEQUENCE_JUMP: u16 = 1000;

/// The stream that a leg sends.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing {
    ssrc: u32,
    /// Newest packet's number and timestamp; before the first, the ones before its own.
    sequence: u16,
    timestamp: u32,
    /// When it was sent, and how many samples it held.
    sent_at: u64,
    samples: u32,
    /// Ticks of the RTP clock in a sample: all timestamps and lengths here are in ticks.
    ticks: u32,
    /// How a relayed stream is fitted in, or one that is made anew of another.
    fit: Option<Fit>,
    renewed: Option<Renewed>,
    /// The event that is being passed on.
    event: Option<Renewed>,
    /// The stream of the other RTP clock, if it had one before.
    other: Option<Left>,
    /// The next packet begins something new.
    marker: bool,
    /// Packets and payload bytes sent. (The bytes are counted where they are sent.)
    pub packets: u64,
    pub bytes: u64,
}

/// A stream that may be gone back to.
#[derive(Clone, Copy, Debug)]
struct Left {
    ticks: u32,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    sent_at: u64,
    samples: u32,
}

#[derive(Clone, Copy, Debug)]
struct Fit {
    ssrc: u32,
    /// Newest number heard.
    newest: u16,
    /// So many numbers before it may still come: older ones belong to what was before.
    depth: u16,
    add_sequence: u16,
    add_timestamp: u32,
}

/// Where another stream's timestamps are on ours.
#[derive(Clone, Copy, Debug)]
struct Renewed {
    ssrc: u32,
    /// One of its timestamps, and the same of ours.
    theirs: u32,
    ours: u32,
}

impl Outgoing {
    /// A stream that begins at random places (RFC 3550 §5.1).
    pub fn new(random: [u8; 10]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j] = random;
        Self {
            ssrc: u32::from_ne_bytes([a, b, c, d]),
            timestamp: u32::from_ne_bytes([e, f, g, h]),
            // In the lower half, so that no SRTP receiver that misses the first packets misses a roll-over (RFC 3711 §3.3.1).
            sequence: u16::from_ne_bytes([i, j]) & 0x7FFF,
            sent_at: 0,
            samples: FRAME as u32,
            ticks: 1,
            fit: None,
            renewed: None,
            event: None,
            other: None,
            marker: true,
            packets: 0,
            bytes: 0,
        }
    }

    /// The RTP clock has so many ticks in a sample from here on. Where that is another than before, it is another stream
    /// (RFC 7160 §4.1), with these random numbers; or the one that this clock had before (our codecs have two clocks): a
    /// leg that goes back and forth shall not have ever more of them.
    pub fn set_ticks(&mut self, ticks: u32, random: [u8; 10]) {
        if ticks != self.ticks {
            let Self { ssrc, sequence, timestamp, sent_at, samples, packets, bytes, .. } = *self;
            let other = Some(Left { ticks: self.ticks, ssrc, sequence, timestamp, sent_at, samples });
            let new = Self::new(random);
            *self = match self.other.filter(|before| before.ticks == ticks) {
                Some(Left { ticks, ssrc, sequence, timestamp, sent_at, samples }) => {
                    Self { ticks, ssrc, sequence, timestamp, sent_at, samples, other, packets, bytes, ..new }
                }
                None => Self { ticks, samples: FRAME as u32 * ticks, other, packets, bytes, ..new },
            };
        }
    }

    /// Ticks of the RTP clock in a sample.
    pub fn ticks(&self) -> u32 {
        self.ticks
    }

    /// Our SSRC.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// What is sent changes: the next packet carries the marker and follows on.
    pub fn switch(&mut self) {
        (self.fit, self.renewed, self.event) = (None, None, None);
        self.marker = true;
    }

    /// The header of a packet that we make.
    pub fn made(&mut self, now: u64, payload_type: u8, samples: usize) -> Header {
        (self.fit, self.renewed) = (None, None);
        let timestamp = self.next_timestamp(now);
        let sequence = self.sequence.wrapping_add(1);
        let marker = std::mem::take(&mut self.marker);
        self.sent(now, sequence, timestamp, samples);
        Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc }
    }

    /// The header of a frame of 20 ms that was made of another stream's packets, where that has the timestamp `theirs` (at
    /// 8 kHz).
    pub fn translated(&mut self, now: u64, ssrc: u32, theirs: u32, payload_type: u8) -> Header {
        self.fit = None;
        let known = self
            .renewed
            .filter(|renewed| renewed.ssrc == ssrc)
            .map(|renewed| renewed.ours.wrapping_add(theirs.wrapping_sub(renewed.theirs).wrapping_mul(self.ticks)));
        let timestamp = match known.filter(|&timestamp| self.is_timely(now, timestamp)) {
            Some(timestamp) => timestamp,
            None => {
                self.marker = true;
                self.next_timestamp(now)
            }
        };
        self.renewed = Some(Renewed { ssrc, theirs, ours: timestamp });
        let sequence = self.sequence.wrapping_add(1);
        let marker = std::mem::take(&mut self.marker);
        self.sent(now, sequence, timestamp, FRAME);
        Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc }
    }

    /// The header of an event's packet that is passed on among frames made anew; `packet` is of a clock of so many ticks in
    /// a sample. All packets of one press keep one timestamp, and its segments follow on. `None`: it is a straggler of a press
    /// before.
    pub fn event(&mut self, now: u64, packet: &Header, payload_type: u8, ticks: u32) -> Option<Header> {
        let before = self.event.filter(|event| event.ssrc == packet.ssrc);
        let known = before.and_then(|event| {
            let since = packet.timestamp.wrapping_sub(event.theirs);
            let since = u64::from(since) * u64::from(self.ticks) / u64::from(ticks.max(1));
            let recent = since <= JUMP.unsigned_abs() * 2 * u64::from(self.ticks);
            recent.then(|| event.ours.wrapping_add(since as u32))
        });
        if known.is_none() && before.is_some_and(|event| event.theirs.wrapping_sub(packet.timestamp) < 80_000 * ticks) {
            return None;
        }
        let timestamp = known.unwrap_or_else(|| self.next_timestamp(now));
        let begins = self.event.is_none_or(|event| event.theirs != packet.timestamp || event.ssrc != packet.ssrc);
        self.event = Some(Renewed { ssrc: packet.ssrc, theirs: packet.timestamp, ours: timestamp });
        // Speech goes on by its own time, not from where the press began.
        self.sequence = self.sequence.wrapping_add(1);
        self.packets += 1;
        Some(Header { marker: begins, payload_type, sequence: self.sequence, timestamp, ssrc: self.ssrc })
    }

    /// The header of a packet that is passed on; `None` if it belongs before what is being sent.
    pub fn passed(&mut self, now: u64, packet: &Header, payload_type: u8, samples: usize) -> Option<Header> {
        self.renewed = None;
        let fit = match self.fit.filter(|fit| self.still_fits(fit, now, packet)) {
            Some(fit) => fit,
            None => self.fit_in(now, packet),
        };
        let step = packet.sequence.wrapping_sub(fit.newest).cast_signed();
        if step < 0 && step.unsigned_abs() > fit.depth {
            return None;
        }
        let sequence = packet.sequence.wrapping_add(fit.add_sequence);
        let timestamp = packet.timestamp.wrapping_add(fit.add_timestamp);
        let marker = std::mem::take(&mut self.marker) || packet.marker;
        if step > 0 {
            let depth = (fit.depth + step.unsigned_abs()).min(SEQUENCE_JUMP);
            self.fit = Some(Fit { newest: packet.sequence, depth, ..fit });
        }
        self.sent(now, sequence, timestamp, samples);
        Some(Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc })
    }

    /// A packet of the stream that is being passed on is kept back: its number is not missed.
    pub fn kept_back(&mut self, packet: &Header) {
        if let Some(fit) = &mut self.fit
            && fit.ssrc == packet.ssrc
            && packet.sequence.wrapping_sub(fit.newest).cast_signed() > 0
        {
            *fit = Fit { newest: packet.sequence, depth: 0, add_sequence: fit.add_sequence.wrapping_sub(1), ..*fit };
        }
    }

    /// The timestamp that goes with this moment: of sender reports.
    pub fn timestamp_at(&self, now: u64) -> u32 {
        self.timestamp.wrapping_add(self.elapsed(now) as u32)
    }

    /// Ticks since the newest packet was sent.
    fn elapsed(&self, now: u64) -> u64 {
        clock::samples(now.saturating_sub(self.sent_at)).saturating_mul(u64::from(self.ticks))
    }

    /// Whether a timestamp is about where the clock is.
    fn is_timely(&self, now: u64, timestamp: u32) -> bool {
        let ahead = i64::from(timestamp.wrapping_sub(self.timestamp).cast_signed());
        (ahead - self.elapsed(now).cast_signed()).abs() <= JUMP * i64::from(self.ticks)
    }

    fn still_fits(&self, fit: &Fit, now: u64, packet: &Header) -> bool {
        let step = packet.sequence.wrapping_sub(fit.newest).cast_signed();
        let timestamp = packet.timestamp.wrapping_add(fit.add_timestamp);
        fit.ssrc == packet.ssrc && step.unsigned_abs() < SEQUENCE_JUMP && self.is_timely(now, timestamp)
    }

    fn fit_in(&mut self, now: u64, packet: &Header) -> Fit {
        let add_sequence = self.sequence.wrapping_add(1).wrapping_sub(packet.sequence);
        let add_timestamp = self.next_timestamp(now).wrapping_sub(packet.timestamp);
        let fit = Fit { ssrc: packet.ssrc, newest: packet.sequence, depth: 0, add_sequence, add_timestamp };
        self.fit = Some(fit);
        self.marker = true;
        fit
    }

    /// What follows the newest packet: at once after it, or, after a pause of three frames and more, as much later as it
    /// is.
    fn next_timestamp(&self, now: u64) -> u32 {
        let elapsed = self.elapsed(now);
        let pause = elapsed >= 3 * FRAME as u64 * u64::from(self.ticks) && self.sent_at > 0;
        self.timestamp.wrapping_add(if pause { elapsed as u32 } else { self.samples })
    }

    fn sent(&mut self, now: u64, sequence: u16, timestamp: u32, samples: usize) {
        if self.sent_at == 0 || sequence.wrapping_sub(self.sequence).cast_signed() > 0 {
            (self.sequence, self.timestamp, self.samples) = (sequence, timestamp, samples as u32 * self.ticks);
            self.sent_at = now;
        }
        self.packets += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_TIME: u64 = 20 * clock::MILLISECOND;

    fn packet(ssrc: u32, sequence: u16) -> Header {
        Header { marker: false, payload_type: 0, sequence, timestamp: u32::from(sequence) * 160 + ssrc, ssrc }
    }

    #[test]
    fn one_stream_across_prompt_bridge_and_hold() {
        let mut out = Outgoing::new([7; 10]);
        let mut sent = Vec::new();
        let mut now = 1_000_000_000;
        for _ in 0..5 {
            sent.push(out.made(now, 0, 160));
            now += FRAME_TIME;
        }
        out.switch();
        for sequence in 40_000..40_005 {
            sent.push(out.passed(now, &packet(99, sequence), 0, 160).unwrap());
            now += FRAME_TIME;
        }
        out.switch();
        for _ in 0..5 {
            sent.push(out.made(now, 0, 160));
            now += FRAME_TIME;
        }
        for pair in sent.windows(2) {
            assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
            assert_eq!(pair[1].timestamp, pair[0].timestamp.wrapping_add(160));
            assert_eq!(pair[1].ssrc, pair[0].ssrc);
        }
        let markers: Vec<usize> = (0..15).filter(|&n| sent[n].marker).collect();
        assert_eq!(markers, [0, 5, 10]);
    }

    #[test]
    fn loss_and_reordering_are_passed_on_as_they_are() {
        let mut out = Outgoing::new([1; 10]);
        let now = 1_000_000_000;
        let first = out.passed(now, &packet(9, 100), 0, 160).unwrap();
        let later = out.passed(now + 3 * FRAME_TIME, &packet(9, 103), 0, 160).unwrap();
        let late = out.passed(now + 3 * FRAME_TIME, &packet(9, 102), 0, 160).unwrap();
        assert_eq!(later.sequence.wrapping_sub(first.sequence), 3);
        assert_eq!(late.sequence.wrapping_sub(first.sequence), 2);
        assert_eq!(late.timestamp.wrapping_sub(first.timestamp), 320);
        assert_eq!(out.passed(now, &packet(9, 99), 0, 160), None, "from before the switch");
    }

    #[test]
    fn w09_a_new_ssrc_behind_us_changes_nothing_for_the_peer() {
        let mut out = Outgoing::new([1; 10]);
        let now = 1_000_000_000;
        let before = out.passed(now, &packet(9, 100), 0, 160).unwrap();
        let after = out.passed(now + FRAME_TIME, &packet(1234, 7), 0, 160).unwrap();
        assert_eq!(after.sequence.wrapping_sub(before.sequence), 1);
        assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 160);
        assert!(after.marker);
    }

    #[test]
    fn a_packet_kept_back_leaves_no_hole_in_the_numbers() {
        let mut out = Outgoing::new([1; 10]);
        let now = 1_000_000_000;
        let before = out.passed(now, &packet(9, 100), 0, 160).unwrap();
        out.kept_back(&packet(9, 101));
        out.kept_back(&packet(9, 102));
        let after = out.passed(now + 3 * FRAME_TIME, &packet(9, 103), 0, 160).unwrap();
        assert_eq!(after.sequence.wrapping_sub(before.sequence), 1);
        assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 480);
    }

    #[test]
    fn an_hour_of_packets_passes() {
        let mut out = Outgoing::new([1; 10]);
        let first = out.passed(0, &packet(9, 0), 0, 160).unwrap();
        for n in 1..180_000u32 {
            let header = Header { timestamp: n * 160 + 9, ..packet(9, n as u16) };
            let sent = out.passed(u64::from(n) * FRAME_TIME, &header, 0, 160).unwrap();
            assert_eq!(sent.sequence, first.sequence.wrapping_add(n as u16));
            assert_eq!(sent.timestamp, first.timestamp.wrapping_add(n * 160));
        }
    }

    #[test]
    fn an_rtp_clock_that_comes_back_brings_its_stream_back() {
        let mut out = Outgoing::new([1; 10]);
        let mut now = 1_000_000_000;
        let mut newest: [Option<Header>; 2] = [None; 2];
        for change in 0..20u8 {
            let at = usize::from(change % 2);
            let ticks = [1, 6][at];
            out.set_ticks(ticks, [change + 7; 10]);
            for _ in 0..3 {
                now += FRAME_TIME;
                let sent = out.made(now, 0, 160);
                if let Some(before) = newest[at] {
                    assert_eq!((sent.ssrc, sent.sequence), (before.ssrc, before.sequence.wrapping_add(1)));
                    let step = sent.timestamp.wrapping_sub(before.timestamp);
                    assert!(step == 160 * ticks || step == 4 * 160 * ticks, "{step}: time goes on");
                }
                newest[at] = Some(sent);
            }
        }
        assert_ne!(newest[0].unwrap().ssrc, newest[1].unwrap().ssrc);
        assert_eq!(out.packets, 60);
    }

    #[test]
    fn a_pause_shows_in_the_timestamps() {
        let mut out = Outgoing::new([1; 10]);
        let before = out.made(1_000_000_000, 0, 160);
        let after = out.made(3_000_000_000, 0, 160);
        assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 16_000);
        assert_eq!(after.sequence.wrapping_sub(before.sequence), 1);
    }
}
