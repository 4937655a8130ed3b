//! When a packet that was made anew had been said. No stamp in the payload survives a codec, but the RTP timestamp of what is
//! heard goes on as that of what was said does: it names the packet, once one of them is known by name.

use rtp::Header;

/// Packets of a stream whose sending is remembered: more than a second.
const SAID_MAX: usize = 64;

/// What one phone says, and by what it is known again where its other end hears it.
#[derive(Clone, Debug)]
pub struct Echo {
    /// When each of the latest packets was sent, by its number.
    said: [u64; SAID_MAX],
    /// Packets sent so far.
    count: u64,
    /// Number of a packet, and the timestamp with which it was heard.
    known: Option<(u64, u32)>,
}

impl Default for Echo {
    fn default() -> Self {
        Self { said: [0; SAID_MAX], count: 0, known: None }
    }
}

impl Echo {
    /// A packet is sent now.
    pub fn say(&mut self, now: u64) {
        if let Some(place) = self.said.get_mut((self.count % SAID_MAX as u64) as usize) {
            *place = now;
        }
        self.count += 1;
    }

    /// A packet of the stream is heard; `ticks`: what 20 ms are on its clock. When it was said; `None`: nobody remembers.
    ///
    /// The first one heard, and one that begins the timestamps anew, is taken for the latest that was said. If that was too
    /// late a guess, a packet will seem to be heard before it was said: then the guess is mended.
    pub fn hear(&mut self, header: &Header, ticks: u32) -> Option<u64> {
        let latest = self.count.checked_sub(1)?;
        let known = self.known.filter(|_| !header.marker).unwrap_or((latest, header.timestamp));
        let (number, timestamp) = known;
        let on = i64::from(header.timestamp.wrapping_sub(timestamp).cast_signed()).div_euclid(i64::from(ticks.max(1)));
        let number = number.saturating_add_signed(on).min(latest);
        self.known = Some((number, header.timestamp));
        if latest - number >= SAID_MAX as u64 {
            return None;
        }
        self.said.get((number % SAID_MAX as u64) as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(echo: &mut Echo, number: u32) -> Option<u64> {
        let header = Header { timestamp: 7_000_u32.wrapping_add(number * 960), ..Header::default() };
        echo.hear(&header, 960)
    }

    #[test]
    fn what_is_heard_is_known_by_its_timestamp() {
        let mut echo = Echo::default();
        assert_eq!(heard(&mut echo, 0), None);
        for number in 0..100 {
            echo.say(1000 + u64::from(number));
            if number % 7 != 3 {
                assert_eq!(heard(&mut echo, number), Some(1000 + u64::from(number)));
            }
        }
        // Late, and in the wrong order.
        echo.say(1100);
        echo.say(1101);
        assert_eq!(heard(&mut echo, 101), Some(1101));
        assert_eq!(heard(&mut echo, 100), Some(1100));
        // Far too late.
        assert_eq!(heard(&mut echo, 10), None);
    }

    #[test]
    fn a_first_packet_that_came_late_is_mended_by_one_that_does_not() {
        let mut echo = Echo::default();
        echo.say(0);
        echo.say(20);
        assert_eq!(heard(&mut echo, 0), Some(20), "the latest, it seems");
        assert_eq!(heard(&mut echo, 1), Some(20), "heard before it was said: no");
        echo.say(40);
        assert_eq!(heard(&mut echo, 2), Some(40));
    }
}
