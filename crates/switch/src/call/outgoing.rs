//! Calls that go out over a trunk: all of them begin here, with a number that [`super::transfer`]'s policy has let pass (R03).

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Instant;

use endpoint::{Destination, Invite, LegId, Order, Redirected, TrunkId};
use number::Number;

use super::Call;
use crate::board::Board;
use crate::leg::{Role, Signalling};

/// An outgoing call to be made.
pub(super) struct Outgoing {
    pub(super) role: Role,
    pub(super) number: Number,
    /// What the carrier is told of the call that is passed on.
    pub(super) redirected: Option<Box<Redirected>>,
}

/// Why somebody outside did not take a call, by its final status.
pub(crate) fn why_not(status: u16) -> &'static str {
    match status {
        486 | 600 => "busy",
        603 | 607 | 403 => "rejected",
        408 | 480 | 487 => "no_answer",
        // Forwarded elsewhere: nobody has registered that number, so it is not called (R03).
        300..400 => "redirected",
        _ => "unreachable",
    }
}

impl Call {
    /// Every call that goes out over a trunk begins here, with a number that `policy` has let pass.
    pub(super) fn call_out(
        &mut self,
        board: &mut Board,
        now: Instant,
        Outgoing { role, number, redirected }: Outgoing,
        trunks: &mut VecDeque<TrunkId>,
        again: bool,
    ) -> Option<(LegId, TrunkId)> {
        // A trunk may have gone, or down, since the list was made: the next one.
        let usable = board.trunks_for_calling(now);
        let directory = board.directory.clone();
        let mut left = std::iter::from_fn(|| trunks.pop_front()).filter(|id| usable.contains(id));
        let trunk = left.find_map(|id| directory.trunk(id))?;
        let party = number.digits().to_string();
        let peer = trunk.hops.first().map(|hop| hop.address.ip());
        let terms = board.trunk_terms(trunk.id);
        let id = self.new_leg(board, now, role, peer, terms, party)?;
        board.count_trunk(trunk.id, true);
        if let Some(customer) = &self.customer {
            board.usage.begins(now, customer.id, id, again);
        }
        let leg = self.leg_mut(id)?;
        leg.trunk = Some(trunk.id);
        let body = leg.description.offer();
        // What is shown is the trunk's affair: as a rule our own number, which the firm knows.
        board.order(Order::Invite(Invite {
            leg: id,
            to: Destination::Trunk { trunk: trunk.id, number: number.national() },
            display: String::new(),
            caller: None,
            withheld: false,
            redirected,
            body,
            web_body: None,
            headers: Vec::new(),
            max_forwards: self.hops,
            auto_answer: false,
            on_behalf_of: Some(self.caller),
        }));
        Some((id, trunk.id))
    }

    /// Early media from over there. Only the operator who waits for the person hears it, and only once there is something to hear
    /// ([`crate::leg::Leg::speaks`]): "out of coverage" is said before any answer. It answers nothing, and the caller never hears it.
    pub(crate) fn early_media(&mut self, board: &mut Board, id: LegId, body: &[u8]) {
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.trunk.is_some() && leg.is_early()) else { return };
        if leg.description.preview(body).is_ok() {
            self.negotiated(board, id);
        }
    }

    /// 200 from a phone outside. `None`: it is not being called any more, or has said so before; else whether we agree on how to
    /// speak.
    pub(super) fn outside_answers(
        &mut self,
        board: &mut Board,
        now: Instant,
        id: LegId,
        body: &[u8],
        from_ip: IpAddr,
    ) -> Option<bool> {
        let leg = self.leg_mut(id).filter(|leg| !leg.is_up())?;
        if !leg.is_early() {
            self.drop_leg(board, now, id, None, "too_late");
            return None;
        }
        board.usage.answered(now, id);
        leg.signalling = Signalling::Up;
        leg.from_ip = Some(from_ip);
        let index = leg.index;
        let agreed = leg.description.taken(body).is_ok();
        self.story.leg_answered(now, index);
        Some(agreed)
    }
}
