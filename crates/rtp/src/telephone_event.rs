//! Key presses as telephone-event packets: read, written, and told once each. RFC 4733 §2.

/// Bytes of an event block.
pub const EVENT_BYTES: usize = 4;

/// One event block: RFC 4733 §2.3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TelephoneEvent {
    /// 0 to 15 are the keys; others (flash, tones) exist.
    pub event: u8,
    /// The key was let go.
    pub end: bool,
    /// Power below 0 dBm0, in dB: 0 to 63.
    pub volume: u8,
    /// How long so far, in samples from the packet's timestamp.
    pub duration: u16,
}

impl TelephoneEvent {
    /// Reads the first block of a payload.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let &[event, flags, d0, d1] = payload.first_chunk::<EVENT_BYTES>()?;
        Some(Self { event, end: flags & 0x80 != 0, volume: flags & 0x3F, duration: u16::from_be_bytes([d0, d1]) })
    }

    /// The payload.
    pub fn to_bytes(self) -> [u8; EVENT_BYTES] {
        let [d0, d1] = self.duration.to_be_bytes();
        [self.event, u8::from(self.end) << 7 | self.volume & 0x3F, d0, d1]
    }

    /// The key, if it is one.
    pub fn digit(self) -> Option<char> {
        KEYS.get(usize::from(self.event)).copied()
    }

    /// The event of a key.
    pub fn event_of(digit: char) -> Option<u8> {
        let at = KEYS.iter().position(|&key| key == digit.to_ascii_uppercase())?;
        u8::try_from(at).ok()
    }
}

/// The keys by event number.
pub const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

/// A press lasts up to this many samples without a packet; then the same timestamp means a new stream.
const PRESS_SAMPLES_MAX: u32 = 8000 * 10;

/// Tells each key press once, however many packets of it arrive, in whatever order: all packets of one press carry the
/// same timestamp (§2.5.1.2); a long press is continued in segments whose timestamps follow on (§2.5.1.3).
#[derive(Clone, Copy, Debug, Default)]
pub struct Presses {
    last: Option<Press>,
}

#[derive(Clone, Copy, Debug)]
struct Press {
    event: u8,
    began: u32,
    /// Timestamp until which the press is known to have lasted.
    until: u32,
    ended: bool,
}

impl Presses {
    /// An event packet came; the key if this is a new press.
    pub fn heard(&mut self, timestamp: u32, payload: &[u8]) -> Option<char> {
        let event = TelephoneEvent::parse(payload)?;
        let digit = event.digit()?;
        let until = timestamp.wrapping_add(u32::from(event.duration));
        if let Some(last) = &mut self.last {
            let after_begin = timestamp.wrapping_sub(last.began);
            let known = last.event == event.event && after_begin == 0;
            let segment = last.event == event.event && !last.ended && timestamp == last.until;
            if known || segment {
                if until.wrapping_sub(last.until) < PRESS_SAMPLES_MAX {
                    last.until = until;
                }
                last.ended |= event.end;
                return None;
            }
            // A straggler of an earlier press, or of an earlier segment of this one.
            let before = last.began.wrapping_sub(timestamp);
            let within = last.event == event.event && after_begin < last.until.wrapping_sub(last.began);
            if (before > 0 && before < PRESS_SAMPLES_MAX) || within {
                return None;
            }
        }
        self.last = Some(Press { event: event.event, began: timestamp, until, ended: event.end });
        Some(digit)
    }

    /// The stream began anew (another SSRC): its timestamps mean nothing to what was heard before.
    pub fn reset(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(digit: char, duration: u16, end: bool) -> [u8; 4] {
        let event = TelephoneEvent::event_of(digit).unwrap();
        TelephoneEvent { event, end, volume: 10, duration }.to_bytes()
    }

    #[test]
    fn a_press_with_three_ends_is_told_once() {
        let mut presses = Presses::default();
        let mut told = Vec::new();
        for (timestamp, digit) in [(1000, '1'), (3000, '1'), (5000, '#')] {
            for duration in [160, 320, 480, 640] {
                told.extend(presses.heard(timestamp, &packet(digit, duration, false)));
            }
            for _ in 0..3 {
                told.extend(presses.heard(timestamp, &packet(digit, 800, true)));
            }
        }
        assert_eq!(told, ['1', '1', '#']);
    }

    #[test]
    fn a_press_of_which_only_an_end_arrives_is_told() {
        let mut presses = Presses::default();
        assert_eq!(presses.heard(9, &packet('7', 800, true)), Some('7'));
        assert_eq!(presses.heard(9, &packet('7', 800, true)), None);
    }

    #[test]
    fn a_long_press_in_segments_is_one_press() {
        let mut presses = Presses::default();
        assert_eq!(presses.heard(0, &packet('5', 0xFFFF, false)), Some('5'));
        assert_eq!(presses.heard(0xFFFF, &packet('5', 160, false)), None);
        assert_eq!(presses.heard(0xFFFF, &packet('5', 320, true)), None);
        assert_eq!(presses.heard(0x2_0000, &packet('5', 160, false)), Some('5'));
    }

    #[test]
    fn flash_and_rubbish_are_no_keys() {
        assert_eq!(Presses::default().heard(0, &[16, 0, 0, 160]), None);
        assert_eq!(Presses::default().heard(0, &[1, 0, 0]), None);
    }

    proptest! {
        /// Packets of presses, each in any number and order among its own, are told as many times as there are presses.
        #[test]
        fn presses_are_counted(presses in prop::collection::vec((0u8..16, 1usize..8, any::<bool>()), 1..20), start: u32) {
            let mut machine = Presses::default();
            let mut timestamp = start;
            for (event, packets, ends) in presses {
                let mut told = 0;
                for packet in 0..packets {
                    let block = TelephoneEvent {
                        event, end: ends && packet > packets / 2, volume: 0, duration: 160 * (packet as u16 + 1),
                    };
                    told += usize::from(machine.heard(timestamp, &block.to_bytes()).is_some());
                }
                prop_assert_eq!(told, 1);
                timestamp = timestamp.wrapping_add(160 * 12);
            }
        }
    }
}
