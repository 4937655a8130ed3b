//! The 20 ms wheel: what is sent without being asked for, spread over the ticks, by absolute deadlines.

use crate::clock::MILLISECOND;

/// A turn: one packet of 20 ms.
const TURN: u64 = 20 * MILLISECOND;
/// A thread that was late sends at most so many frames of a stream at once; the rest of the time is left out.
const CATCH_UP_FRAMES: u64 = 3;

/// Streams by the tick in which they are due.
#[derive(Debug)]
pub struct Wheel {
    tick: u64,
    slots: Vec<Vec<usize>>,
    /// The next tick to be carried out.
    next: u64,
    /// Where the next stream goes.
    placing: usize,
}

impl Wheel {
    /// A wheel of ticks of `tick` nanoseconds (a divisor of 20 ms), from `now` on.
    pub fn new(tick: u64, now: u64) -> Self {
        let slots = usize::try_from(TURN / tick.max(1)).unwrap_or(1).max(1);
        Self { tick: tick.max(1), slots: vec![Vec::new(); slots], next: now / tick.max(1) + 1, placing: 0 }
    }

    /// Puts a stream on the wheel and says in which slot.
    pub fn put(&mut self, stream: usize) -> usize {
        self.placing = (self.placing + 1) % self.slots.len().max(1);
        if let Some(slot) = self.slots.get_mut(self.placing) {
            slot.push(stream);
        }
        self.placing
    }

    /// Takes a stream off the wheel.
    pub fn take(&mut self, slot: usize, stream: usize) {
        if let Some(slot) = self.slots.get_mut(slot)
            && let Some(at) = slot.iter().position(|&other| other == stream)
        {
            slot.swap_remove(at);
        }
    }

    /// When the next tick is due, nanoseconds.
    pub fn due(&self) -> u64 {
        self.next * self.tick
    }

    /// When the next tick is due in which there is anything to do; `None` if the wheel is empty.
    pub fn busy_at(&self) -> Option<u64> {
        let slots = self.slots.len().max(1) as u64;
        let busy = |tick: &u64| {
            let slot = usize::try_from(tick % slots).unwrap_or(0);
            self.slots.get(slot).is_some_and(|slot| !slot.is_empty())
        };
        (self.next..self.next + slots).find(busy).map(|tick| tick * self.tick)
    }

    /// The slot of the next tick that is due by `now`, with how late it is; `None` when all are done.
    pub fn turn(&mut self, now: u64) -> Option<(usize, u64)> {
        let late = now.checked_sub(self.due())?;
        if late > CATCH_UP_FRAMES * TURN {
            self.next = (now - CATCH_UP_FRAMES * TURN) / self.tick;
        }
        let slot = usize::try_from(self.next % self.slots.len().max(1) as u64).unwrap_or(0);
        self.next += 1;
        Some((slot, late))
    }

    /// The `n`th stream of a slot.
    pub fn stream(&self, slot: usize, n: usize) -> Option<usize> {
        self.slots.get(slot)?.get(n).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_spread_and_each_comes_once_a_turn() {
        let mut wheel = Wheel::new(2 * MILLISECOND, 0);
        let places: Vec<usize> = (0..25).map(|stream| wheel.put(stream)).collect();
        wheel.take(places[3], 3);
        let mut times = vec![Vec::new(); 25];
        let mut now = 0;
        while now < 1000 * MILLISECOND {
            now += 700_000;
            while let Some((slot, _)) = wheel.turn(now) {
                for n in 0.. {
                    let Some(stream) = wheel.stream(slot, n) else { break };
                    times[stream].push(wheel.due());
                }
            }
        }
        for (stream, times) in times.iter().enumerate() {
            assert!(if stream == 3 { times.is_empty() } else { (49..=50).contains(&times.len()) });
            assert!(times.windows(2).all(|pair| pair[1] - pair[0] == TURN));
        }
        assert!(wheel.busy_at().is_some_and(|at| (wheel.due()..wheel.due() + TURN).contains(&at)));
        assert!((0..10).all(|slot| (2..=3).contains(&(0..).take_while(|&n| wheel.stream(slot, n).is_some()).count())));
    }

    #[test]
    fn a_late_thread_catches_up_three_frames_at_most() {
        let mut wheel = Wheel::new(2 * MILLISECOND, 0);
        let mut ticks = 0;
        while wheel.turn(500 * MILLISECOND).is_some() {
            ticks += 1;
        }
        assert!((30..=32).contains(&ticks), "{ticks}");
    }
}
