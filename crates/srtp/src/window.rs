//! Which packet of a stream a packet is, and whether it came before: RFC 3711 §3.3.1 and §3.3.2.

/// Packets that are remembered behind the newest one. RFC 3711 §3.3.2 wants 64 at least; 128 (2.5 s of voice) cost nothing more.
pub const WINDOW: u64 = 128;

/// Indices of RTP packets have 48 bits.
const INDEX_MAX: u64 = (1 << 48) - 1;
/// Half of the sequence numbers.
const HALF: u16 = 0x8000;

/// Why an index is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stale {
    /// It was used.
    Used,
    /// It lies behind the window.
    Old,
    /// There is none: it would be past the last.
    Past,
}

/// The newest index of a stream, and which of those behind it were used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    newest: u64,
    /// Bit n: `newest - n` was used.
    used: u128,
}

impl Window {
    /// A stream of which one packet is known.
    pub fn begun(index: u64) -> Self {
        Self { newest: index, used: 1 }
    }

    /// A stream of which only the newest index is known: nothing up to it is taken again.
    pub fn closed(newest: u64) -> Self {
        Self { newest, used: u128::MAX }
    }

    /// The newest index.
    pub fn newest(self) -> u64 {
        self.newest
    }

    /// The index that a sequence number most likely stands for: the one nearest to the newest.
    pub fn index(self, sequence: u16) -> Result<u64, Stale> {
        let newest = self.newest as u16;
        let ahead = sequence.wrapping_sub(newest);
        // RFC 3711 §3.3.1: as far ahead as behind counts as ahead where numbers just began anew, as behind otherwise.
        let is_ahead = ahead < HALF || ahead == HALF && newest < HALF;
        if is_ahead {
            let index = self.newest + u64::from(ahead);
            if index > INDEX_MAX { Err(Stale::Past) } else { Ok(index) }
        } else {
            self.newest.checked_sub(u64::from(ahead.wrapping_neg())).ok_or(Stale::Old)
        }
    }

    /// Whether `index` may still be used.
    pub fn check(self, index: u64) -> Result<(), Stale> {
        let Some(behind) = self.newest.checked_sub(index) else { return Ok(()) };
        if behind >= WINDOW {
            Err(Stale::Old)
        } else if self.used >> behind & 1 == 1 {
            Err(Stale::Used)
        } else {
            Ok(())
        }
    }

    /// `index` is used now.
    pub fn mark(&mut self, index: u64) {
        match self.newest.checked_sub(index) {
            Some(behind) if behind < WINDOW => self.used |= 1 << behind,
            Some(_) => {}
            None => {
                let step = index - self.newest;
                self.used = if step < WINDOW { self.used << step | 1 } else { 1 };
                self.newest = index;
            }
        }
    }
}
