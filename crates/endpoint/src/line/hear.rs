//! What becomes of a call over a trunk before and while it is sent: its turn, and what the trunk's hops do with it.

use std::time::Duration;

use sip::flow::Flow;
use sip::message::Message;

use super::{Outcome, Turn};
use crate::core::Errand;
use crate::endpoint::Endpoint;
use crate::event::{Ending, LegEvent};
use crate::leg::{Errand as LegErrand, Peer};
use crate::order::{Destination, Invite, LegId};
use crate::timer::Timer;
use crate::trunk::TrunkId;

impl Endpoint {
    /// Whether this call may go now: over a trunk that wants time between calls it may have to wait, or be refused.
    pub(crate) fn turn(&mut self, invite: &Invite) -> Turn {
        let Destination::Trunk { trunk, .. } = &invite.to else { return Turn::Now };
        let (now, wait_max) = (self.core.now, self.core.config.times.turn_max);
        let Some(line) = self.lines.get_mut(*trunk).filter(|line| !line.trunk.spacing.is_zero()) else {
            return Turn::Now;
        };
        let turn = line.turns.take(now, line.trunk.spacing, wait_max, invite);
        if let Turn::At(at) = turn {
            self.core.timers.set(Timer::Turn(*trunk), at);
        }
        turn
    }

    /// Timer: a call that waited goes out.
    pub(crate) fn next_turn(&mut self, trunk: TrunkId) {
        let now = self.core.now;
        let Some(line) = self.lines.get_mut(trunk) else { return };
        let (invite, next) = line.turns.call(now, line.trunk.spacing);
        if let Some(next) = next {
            self.core.timers.set(Timer::Turn(trunk), next);
        }
        if let Some(invite) = invite {
            self.call_now(invite);
        }
    }

    /// Order: hang up. `true`: the call was still waiting for its turn, and is over.
    pub(crate) fn give_up_turn(&mut self, leg: LegId) -> bool {
        let waited = self.lines.give_up(leg);
        if waited {
            self.core.tell(LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None });
        }
        waited
    }

    /// A trunk's hop answered our INVITE.
    pub(crate) fn hop_answered(&mut self, errand: Errand, flow: Flow, response: &Message) {
        let outcome = match response.status() {
            Some(503) => {
                let rest = response.retry_after().ok().flatten();
                Outcome::Busy(rest.map(|seconds| Duration::from_secs(u64::from(seconds))))
            }
            Some(_) | None => Outcome::Answered,
        };
        self.note_hop(errand, flow, outcome);
    }

    /// Our INVITE got no response at all (R32): the timer of its leg is due.
    pub(crate) fn hop_silent(&mut self, leg: LegId) {
        let waiting = self.legs.get(&leg).and_then(|leg| leg.unheard());
        if let Some((index, flow)) = waiting {
            self.note_hop(Errand::Leg(leg, LegErrand::Invite(index)), flow, Outcome::Silent);
        }
    }

    /// What a trunk's hop did with an INVITE counts for the next one.
    pub(crate) fn note_hop(&mut self, errand: Errand, flow: Flow, outcome: Outcome) {
        let Errand::Leg(id, LegErrand::Invite(index)) = errand else { return };
        // One that was taken back counted when it was.
        let Some(leg) = self.legs.get(&id).filter(|leg| leg.wants_answer(index)) else { return };
        let Peer::Trunk(trunk, _) = &leg.peer else { return };
        if let Some(line) = self.lines.get_mut(*trunk) {
            line.note(&mut self.core, flow, outcome);
        }
    }
}
