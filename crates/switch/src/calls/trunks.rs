//! Trunks that go down and come up again, and who is told of it.

use std::time::Instant;

use endpoint::TrunkId;

use super::Calls;
use crate::call::record::milliseconds;
use crate::io::{Alarm, Event};

impl Calls {
    /// A trunk went up or down. Desks see it at once; it is an alarm when it lasts.
    pub(crate) fn set_trunk(&mut self, now: Instant, trunk: TrunkId, up: bool, why: &str) {
        if self.board.trunks.insert(trunk, up) == Some(up) {
            return;
        }
        let turned = (self.board.unix_ms(now), why.to_owned());
        self.board.trunk_turns.insert(trunk, turned);
        self.board.event(Event::TrunkState { trunk: trunk.0, up, why: why.to_owned() });
        if !up {
            self.board.outages.begins(now, trunk);
        } else if let Some(since) = self.board.outages.ends(trunk) {
            self.board.alarm(Alarm::TrunkUp { trunk: trunk.0, down_ms: milliseconds(since, now) });
        }
    }

    /// Tells of trunks that have been down for too long.
    pub(super) fn outages_timeout(&mut self, now: Instant) {
        for trunk in self.board.outages.tell(now) {
            let why = self.board.trunk_turns.get(&trunk).map(|(_, why)| why.clone()).unwrap_or_default();
            self.board.alarm(Alarm::TrunkDown { trunk: trunk.0, why });
        }
    }
}
