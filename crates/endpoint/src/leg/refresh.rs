//! Session timers, RFC 4028: who refreshes, when, and what if nobody does.

use std::time::Duration;

use sip::message::{Message, MessageBuilder, Name, Refresher, SessionExpires};

use super::session::{Purpose, SessionTimer};
use super::{Errand, Leg, Session};
use crate::core::Core;
use crate::event::Ending;
use crate::order::{LegId, Reason};
use crate::timer::LegTimer;

/// The shortest session interval anybody may ask of us (RFC 4028 section 5).
pub(crate) const MIN_SE_S: u32 = 90;
/// A refresh that found something else going on is tried again after this.
const BUSY_RETRY: Duration = Duration::from_secs(5);

/// A refresh that was refused is tried again after this.
pub(crate) const REFRESH_RETRY: Duration = Duration::from_secs(10);

/// Times that an INVITE is sent with another number, whatever it is refused for.
const INVITES_MAX: u32 = 5;

/// 422, if the INVITE or UPDATE asks for too short an interval and can be told so (section 8.1).
pub(crate) fn is_too_short(request: &Message) -> bool {
    let asked = request.session_expires().ok().flatten();
    asked.is_some_and(|asked| asked.seconds < MIN_SE_S) && request.supports("timer")
}

impl Session {
    /// We answer 2xx to `request`: settles the timer (section 9) and says so. NTT's NGN wants its `x: 300;refresher=uac` back
    /// with `Require: timer` (JAPAN.md).
    pub(crate) fn grant_timer(&mut self, request: &Message, wanted_s: u32, builder: MessageBuilder) -> MessageBuilder {
        let supports = request.supports("timer");
        let (interval_s, refresher) = match request.session_expires().ok().flatten() {
            Some(asked) => {
                let refresher = if supports { asked.refresher.unwrap_or(Refresher::Uac) } else { Refresher::Uas };
                (asked.seconds.max(MIN_SE_S), refresher)
            }
            None => {
                let running_s = if self.timer.interval_s > 0 { self.timer.interval_s } else { wanted_s };
                let least_s = request.min_se().ok().flatten().unwrap_or(MIN_SE_S).max(MIN_SE_S);
                let interval_s = if running_s == 0 { 0 } else { running_s.max(least_s) };
                // Without a word of theirs on it we keep the work to ourselves.
                (interval_s, Refresher::Uas)
            }
        };
        self.timer = SessionTimer { interval_s, we_refresh: refresher == Refresher::Uas };
        if interval_s == 0 {
            return builder;
        }
        let value = SessionExpires { seconds: interval_s, refresher: Some(refresher) }.to_string();
        let builder = builder.header(Name::SessionExpires, value);
        if supports { builder.header(Name::Require, "timer") } else { builder }
    }

    /// They answered 2xx to our INVITE or UPDATE, which asked for `asked_s` (section 7.2). Whatever they grant, we do not refresh
    /// more often than the RFC lets anybody be asked to. Where they say nothing of it we do the work alone: a dead
    /// peer is noticed all the same (R34).
    pub(crate) fn take_timer(&mut self, response: &Message, asked_s: u32) {
        self.timer = match response.session_expires().ok().flatten() {
            Some(granted) => SessionTimer {
                interval_s: granted.seconds.max(MIN_SE_S),
                we_refresh: granted.refresher.unwrap_or(Refresher::Uac) == Refresher::Uac,
            },
            None => SessionTimer { interval_s: if asked_s == 0 { 0 } else { asked_s.max(MIN_SE_S) }, we_refresh: true },
        };
    }

    /// What our re-INVITE or UPDATE says of it: the roles stay (section 7.4).
    pub(crate) fn ask_timer(&self, builder: MessageBuilder) -> MessageBuilder {
        if self.timer.interval_s == 0 {
            return builder;
        }
        let refresher = if self.timer.we_refresh { Refresher::Uac } else { Refresher::Uas };
        let value = SessionExpires { seconds: self.timer.interval_s, refresher: Some(refresher) }.to_string();
        builder.header(Name::SessionExpires, value).header(Name::MinSe, MIN_SE_S.to_string())
    }

    /// Starts the clock anew, after each 2xx.
    pub(crate) fn arm_timer(&self, core: &mut Core, leg: LegId) {
        let SessionTimer { interval_s, we_refresh } = self.timer;
        if interval_s == 0 {
            core.stop(leg, LegTimer::Refresh);
            core.stop(leg, LegTimer::Expire);
            return;
        }
        let interval = Duration::from_secs(u64::from(interval_s));
        if we_refresh {
            // Section 7.2: "once half the session interval has elapsed".
            core.wake(leg, LegTimer::Refresh, interval / 2);
        } else {
            core.stop(leg, LegTimer::Refresh);
        }
        // Section 10: the BYE goes min(32 s, a third) before the end.
        let early = Duration::from_secs(32).min(interval / 3);
        core.wake(leg, LegTimer::Expire, interval - early);
    }
}

impl Leg {
    /// 422 to our INVITE (section 7.3): the same once more, with the interval that they name. False if it says none that is
    /// longer, or nobody waits for this INVITE.
    pub(crate) fn ask_longer(&mut self, core: &mut Core, index: usize, response: &Message) -> bool {
        let voice = self.voice();
        let least_s = response.min_se().ok().flatten().unwrap_or(0);
        if least_s <= self.session_wanted_s || !self.wants_answer(index) {
            return false;
        }
        let Some(fork) = self.uac.as_mut().and_then(|uac| uac.forks.get_mut(index)) else { return false };
        let Some(cseq) = fork.invite.cseq().ok().filter(|cseq| cseq.number < INVITES_MAX) else { return false };
        let via = core.via(fork.flow);
        let again = fork
            .invite
            .edit()
            .first_value(Name::Via, Some(via.as_bytes()))
            .replace(Name::CSeq, format!("{} INVITE", cseq.number.saturating_add(1)))
            .replace(Name::SessionExpires, least_s.to_string())
            .replace(Name::MinSe, least_s.to_string())
            .finish();
        self.session_wanted_s = least_s;
        fork.key = core.send(Some(voice), fork.flow, again, crate::core::Errand::Leg(self.id, Errand::Invite(index)));
        if let Some(sent) = core.sent(fork.key) {
            fork.invite = sent.request.clone();
        }
        true
    }

    /// Timer: refresh.
    pub(crate) fn refresh(&mut self, core: &mut Core) {
        let Some(session) = self.session.as_ref().filter(|_| !self.over) else { return };
        // Whatever goes on is a refresh itself if it succeeds; if not, this comes again.
        if session.is_busy() {
            return core.wake(self.id, LegTimer::Refresh, BUSY_RETRY);
        }
        let (update, body) = (session.peer_updates, session.local_sdp.clone());
        self.modify(core, Purpose::Refresh, update, body);
    }

    /// Timer: the session was not refreshed.
    pub(crate) fn expire(&mut self, core: &mut Core) {
        if self.over {
            return;
        }
        let reason = Reason { cause: 408, text: "Session timer expired" };
        self.send_bye(core, Some(&reason));
        self.end(core, Ending::SessionExpired);
    }
}
