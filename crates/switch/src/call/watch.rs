//! Is everybody still there? Silence where speech should be, dead phones, calls without end.

use std::time::{Duration, Instant};

use endpoint::{Ending, LegId, Order};

use super::record::Fact;
use super::{Call, Phase};
use crate::board::Board;
use crate::io::Alarm;
use crate::leg::{Role, Signalling, Voice};

/// Silence after which an operator's phone is asked whether it is still there (R31).
const OPERATOR_SILENT_MAX: u32 = 5;

/// How long an operator's phone may take to say so. Together with the silence: less than 10 s until another phone rings.
pub(crate) const PROBE_MAX: Duration = Duration::from_secs(4);

/// Silence after which the outside parties are asked (R34). They may take the 32 s that RFC 3261 gives them: together less
/// than the minute in which a dead call must be over.
const OUTSIDE_SILENT_MAX: u32 = 20;

impl Call {
    /// Nothing was heard from this leg for so long, although something should be.
    pub(crate) fn silent(&mut self, board: &mut Board, now: Instant, id: LegId, seconds: u32) {
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_up()) else { return };
        // A supervisor who listens may well be muted: that is no news, and who is listened to is not to see it.
        let is_missed = !matches!(leg.role, Role::Supervisor(_));
        let is_news = is_missed && !std::mem::replace(&mut leg.silent, true);
        let word = leg.role.word().to_owned();
        let patience = match leg.role {
            Role::Operator(_) | Role::Second(_) => OPERATOR_SILENT_MAX,
            Role::Caller | Role::Target | Role::Supervisor(_) => OUTSIDE_SILENT_MAX,
        };
        if seconds >= patience && leg.probe.is_none() {
            if patience == OPERATOR_SILENT_MAX {
                leg.probe = Some(now + PROBE_MAX);
            }
            board.order(Order::Probe { leg: id });
        }
        let role = leg.role;
        self.story.tell(now, Fact::Silent { leg: word.clone(), seconds });
        if is_news {
            self.changed(board, "silent", &word);
            board.alarm(Alarm::OneWayAudio { call: self.id.to_string(), leg: word });
        }
        self.alone_silent(board, now, role, seconds);
    }

    /// The first packet came from this leg.
    pub(crate) fn heard(&mut self, now: Instant, id: LegId, at: Instant) {
        let Some(leg) = self.leg_mut(id) else { return };
        leg.speaks |= leg.is_early();
        let leg = leg.role.word().to_owned();
        self.story.tell(at.min(now), Fact::Heard { leg });
    }

    /// Something was heard again.
    pub(crate) fn audible(&mut self, board: &mut Board, now: Instant, id: LegId) {
        let Some(leg) = self.leg_mut(id) else { return };
        leg.probe = None;
        let was_silent = std::mem::take(&mut leg.silent);
        let leg = leg.role.word().to_owned();
        if was_silent {
            self.changed(board, "audible", &leg);
        }
        self.story.tell(now, Fact::Audible { leg });
    }

    /// The peer knows the dialog: silent, but there.
    pub(crate) fn probe_answered(&mut self, id: LegId) {
        if let Some(leg) = self.leg_mut(id) {
            leg.probe = None;
        }
    }

    /// The port of a leg could not be bound.
    pub(crate) fn voice_failed(&mut self, board: &mut Board, now: Instant, id: LegId, why: &str) {
        let Some(leg) = self.leg_mut(id) else { return };
        let (role, signalling, is_ours) = (leg.role, leg.signalling, leg.trunk.is_some());
        let word = role.word().to_owned();
        if role == Role::Caller && leg.is_early() && !is_ours {
            return self.reopen(board, now, why);
        }
        leg.closed(board, now);
        self.story.tell(now, Fact::VoiceFailed { leg: word, why: why.to_owned() });
        match signalling {
            Signalling::Early { .. } | Signalling::Up => {
                self.drop_leg(board, now, id, None, "voice_failed");
                self.leg_left(board, now, id, signalling, Ending::Lost);
            }
            Signalling::Leaving { .. } | Signalling::Gone => {}
        }
    }

    /// Does what has become due.
    pub(crate) fn handle_timeout(&mut self, board: &mut Board, now: Instant) {
        if now >= self.until && !matches!(self.phase, Phase::Over { .. }) {
            self.end(board, now, "too_long");
        }
        self.transfer_timeout(board, now);
        self.lobby_timeout(board, now);
        self.callback_timeout(board, now);
        self.alone_timeout(board, now);
        self.supervision_timeout(board, now);
        let due: Vec<LegId> =
            self.legs.iter().filter(|leg| leg.deadline().is_some_and(|due| due <= now)).map(|leg| leg.id).collect();
        for id in due {
            self.leg_timeout(board, now, id);
        }
    }

    /// A leg does not do what it should: it is not waited for any longer.
    fn leg_timeout(&mut self, board: &mut Board, now: Instant, id: LegId) {
        let name = self.id;
        let Some(leg) = self.leg_mut(id) else { return };
        if leg.probe.is_some_and(|due| due <= now) {
            leg.probe = None;
            let was = leg.signalling;
            self.drop_leg(board, now, id, None, "lost");
            return self.leg_left(board, now, id, was, Ending::Lost);
        }
        if matches!(leg.voice, Voice::Closing { until } if until <= now) {
            leg.closed(board, now);
            board.alarm(Alarm::Repaired {
                what: format!("voice path of {id} of call {name} did not say that it closed"),
            });
        }
        if matches!(leg.signalling, Signalling::Leaving { until } if until <= now) {
            self.leg_is_gone(board, now, id, 0, "forgotten");
            board.alarm(Alarm::Repaired { what: format!("{id} of call {name} did not say that it ended") });
        }
    }
}
