//! On to the client firm's person (取次, F44–F47), with a net: whatever happens over there, the caller is not lost.
//!
//! `attended`: the operator announces, then joins the two. `confirmed`: whoever picks up over there must press 1, so that no
//! mailbox swallows a caller. `refer`, `feature_code` and the desk are three ways to ask for either. `target`: one number
//! after the other, one trunk after the other.

mod attended;
mod confirmed;
pub(crate) mod feature_code;
mod policy;
mod refer;
mod target;

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use endpoint::{LegId, Order, TrunkId};

use super::record::Fact;
use super::{Call, Phase, Talk};
use crate::board::Board;
use crate::desk::{CommandError, Transfer, TransferMode};
use crate::directory::Target;
use crate::io::Event;
use crate::record::Tried;
pub(crate) use policy::{dialable, looks_like_a_number, ordinary};

/// A caller on the way to the client firm's person.
#[derive(Debug)]
pub(crate) struct Passing {
    /// The operator; `None`: has left it to us.
    pub(crate) operator: Option<Talk>,
    /// The operator's phone called the person by itself, on a leg of its own.
    second: Option<Second>,
    /// The leg whose REFER wants to know how it goes.
    refer: Option<LegId>,
    pub(crate) mode: TransferMode,
    /// Who is tried after this one.
    targets: VecDeque<Target>,
    /// Who was, and what became of it.
    tried: Vec<Tried>,
    pub(crate) stage: Stage,
}

/// The operator's own call to the person.
#[derive(Debug)]
struct Second {
    leg: LegId,
    /// Our 200's body, made when the offer was judged.
    answer: Bytes,
}

/// How far it has come.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The phone over there is being called.
    Calling(Calling),
    /// The operator talks with whoever picked up.
    Consulting { leg: LegId, target: Target },
    /// Whoever picked up must press 1.
    Confirming { leg: LegId, target: Target, until: Instant },
}

/// One attempt at one number.
#[derive(Debug)]
pub(crate) struct Calling {
    leg: LegId,
    target: Target,
    /// Trunks that stand in for this one (R32).
    trunks: VecDeque<TrunkId>,
    /// It rings no longer than that.
    until: Instant,
}

/// Why somebody was not reached.
#[derive(Clone, Debug)]
struct Failure {
    name: String,
    number: String,
    why: String,
    /// For the phone that asked by REFER.
    status: u16,
}

impl Stage {
    /// The leg over there.
    pub(crate) fn leg(&self) -> LegId {
        match self {
            Self::Calling(Calling { leg, .. }) | Self::Consulting { leg, .. } | Self::Confirming { leg, .. } => *leg,
        }
    }

    fn target(&self) -> &Target {
        match self {
            Self::Calling(Calling { target, .. })
            | Self::Consulting { target, .. }
            | Self::Confirming { target, .. } => target,
        }
    }
}

impl Passing {
    /// The leg on which the operator listens to the person over there.
    pub(crate) fn ear(&self) -> Option<LegId> {
        let own = self.operator.as_ref().map(|talk| talk.leg);
        self.second.as_ref().map(|second| second.leg).or(own)
    }

    /// When the attempt, or the time to press 1, is over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Calling(Calling { until, .. }) | Stage::Confirming { until, .. } => Some(*until),
            Stage::Consulting { .. } => None,
        }
    }
}

impl Call {
    /// Who is rung over there, or has picked up, while the caller is on the way.
    pub(crate) fn target_name(&self) -> &str {
        match &self.phase {
            Phase::Passing(passing) => &passing.stage.target().name,
            Phase::Waiting(_)
            | Phase::Away(_)
            | Phase::Alone(_)
            | Phase::Talking(_)
            | Phase::Bridged { .. }
            | Phase::Over { .. } => "",
        }
    }

    /// The desk asks for a transfer.
    pub(crate) fn transfer(&mut self, board: &mut Board, now: Instant, wish: &Transfer) -> Result<(), CommandError> {
        self.check_talking()?;
        let targets = self.permitted(wish.to.as_deref(), wish.urgent, wish.reason.as_deref())?;
        let reason = wish.reason.clone().unwrap_or_default();
        self.pass_on(board, now, Asked { mode: wish.mode, by: "desk", reason, second: None, refer: None }, targets)
    }

    /// Only an operator who talks with the caller can pass the call on.
    fn check_talking(&self) -> Result<(), CommandError> {
        match &self.phase {
            Phase::Talking(_) => Ok(()),
            Phase::Waiting(_)
            | Phase::Away(_)
            | Phase::Alone(_)
            | Phase::Passing(_)
            | Phase::Bridged { .. }
            | Phase::Over { .. } => Err(CommandError::WrongState(self.state())),
        }
    }

    /// Begins: the caller hears music, the first number is called. Nothing has changed if it cannot be.
    fn pass_on(
        &mut self,
        board: &mut Board,
        now: Instant,
        asked: Asked,
        mut targets: VecDeque<Target>,
    ) -> Result<(), CommandError> {
        self.check_talking()?;
        if board.trunks_for_calling(now).is_empty() {
            return Err(CommandError::NoTrunk);
        }
        self.within_caps(board, now)?;
        let Asked { mode, by, reason, second, refer } = asked;
        self.story.tell(now, Fact::TransferAsked { mode, by: by.to_owned(), reason });
        let stage = self.dial(board, now, &mut targets).map_err(|_| CommandError::NoTarget)?;
        let talk = match self.take_phase(now) {
            Phase::Talking(talk) => talk,
            other @ (Phase::Waiting(_)
            | Phase::Away(_)
            | Phase::Alone(_)
            | Phase::Passing(_)
            | Phase::Bridged { .. }
            | Phase::Over { .. }) => {
                self.phase = other;
                return Err(CommandError::WrongState(self.state()));
            }
        };
        let passing = Passing { operator: Some(talk), second, refer, mode, targets, tried: Vec::new(), stage };
        self.phase = Phase::Passing(Box::new(passing));
        self.changed(board, "transfer", self.transfer_word());
        Ok(())
    }

    /// Caller and person are joined; the operator leaves, and writes the report.
    fn bridge(&mut self, board: &mut Board, now: Instant) {
        self.finish_refer(board, 200);
        let Phase::Passing(passing) = &self.phase else { return };
        let (target, number) = (passing.stage.leg(), passing.stage.target().number.clone());
        let second = passing.second.as_ref().map(|second| second.leg);
        let operator = passing.operator.as_ref().map(|talk| (talk.operator, talk.leg));
        self.phase = Phase::Bridged { target };
        board.order(Order::Couple { one: self.caller, other: target });
        self.story.record.bridged_ms = Some(self.story.unix_ms(now));
        for leg in second.into_iter().chain(operator.map(|(_, leg)| leg)) {
            self.drop_leg(board, now, leg, None, "bridged");
        }
        if let Some((who, _)) = operator {
            board.queue.cleared(now, who);
        }
        self.story.tell(now, Fact::Bridged { number: number.clone() });
        self.changed(board, "bridged", &number);
        let state = self.state();
        self.story.write(board, now, state);
    }

    /// Back to the caller: the operator who is still there talks again; without one, the head of the queue.
    fn back(&mut self, board: &mut Board, now: Instant) {
        let passing = match self.take_phase(now) {
            Phase::Passing(passing) => passing,
            other @ (Phase::Waiting(_)
            | Phase::Away(_)
            | Phase::Alone(_)
            | Phase::Talking(_)
            | Phase::Bridged { .. }
            | Phase::Over { .. }) => {
                self.phase = other;
                return;
            }
        };
        let Passing { operator, second, .. } = *passing;
        if let Some(second) = second {
            self.drop_leg(board, now, second.leg, None, "transfer_over");
        }
        match operator {
            Some(talk) => self.phase = Phase::Talking(Talk { held: false, ..talk }),
            None => self.wait_again(board, now),
        }
    }

    /// Nobody was reached.
    fn transfer_fails(&mut self, board: &mut Board, now: Instant, failure: Failure) {
        let Failure { name, number, why, status } = failure;
        self.finish_refer(board, status);
        let tried = match &mut self.phase {
            Phase::Passing(passing) => std::mem::take(&mut passing.tried),
            Phase::Waiting(_) | Phase::Away(_) | Phase::Alone(_) | Phase::Talking(_) => Vec::new(),
            Phase::Bridged { .. } | Phase::Over { .. } => Vec::new(),
        };
        let (told_name, told_number) = (name.clone(), number.clone());
        self.story.tell(now, Fact::TransferFailed { name: told_name, number: told_number, why: why.clone() });
        board.event(Event::TransferFailed { call: self.id.to_string(), number, name, why, tried });
        self.back(board, now);
    }
}

/// A transfer that is permitted.
struct Asked {
    mode: TransferMode,
    by: &'static str,
    reason: String,
    second: Option<Second>,
    refer: Option<LegId>,
}
