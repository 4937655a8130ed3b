//! Our re-INVITE (hold, resume, new media, refresh), or UPDATE for a refresh alone: RFC 3261 section 14.1, RFC 3311.

use std::time::Duration;

use bytes::Bytes;
use sip::message::{Message, Method, Name};

use super::refresh::{MIN_SE_S, REFRESH_RETRY};
use super::session::{Ours, Purpose};
use super::{Errand, Leg};
use crate::core::{Core, body_of};
use crate::event::LegEvent;
use crate::timer::LegTimer;
use crate::wire::{ALLOW, SDP, SUPPORTED};

/// Times an offer is sent before glare or 500 refuses it for good.
const ATTEMPTS_MAX: u8 = 5;
/// No Retry-After inside a dialog is waited for longer.
const RETRY_AFTER_MAX_S: u32 = 10;

impl Leg {
    /// Order: offer this to the peer.
    pub(crate) fn offer(&mut self, core: &mut Core, body: Bytes) {
        let Some(session) = self.session.as_mut().filter(|_| !self.over && self.uas.is_none()) else { return };
        if session.is_busy() {
            // Only the last one matters: it says what the call logic wants now.
            session.queued = Some(body);
            return;
        }
        self.modify(core, Purpose::Offer, false, body);
    }

    /// Something that was going on is finished: the offer that waited goes now.
    pub(crate) fn next_offer(&mut self, core: &mut Core) {
        let Some(session) = self.session.as_mut().filter(|session| !session.is_busy()) else { return };
        if let Some(body) = session.queued.take() {
            self.offer(core, body);
        }
    }

    /// Sends the re-INVITE or UPDATE.
    pub(crate) fn modify(&mut self, core: &mut Core, purpose: Purpose, update: bool, body: Bytes) {
        self.modify_again(core, Ours { purpose, update, body, key: None, cseq: 0, attempts: 0 });
    }

    fn modify_again(&mut self, core: &mut Core, mut ours: Ours) {
        let method = if ours.update { Method::Update } else { Method::Invite };
        let Some((mut builder, flow)) = self.request(core, &method) else { return };
        builder = builder.header(Name::Allow, ALLOW).header(Name::Supported, SUPPORTED);
        let (id, voice) = (self.id, self.voice());
        let Some(session) = &mut self.session else { return };
        builder = session.ask_timer(builder);
        if !ours.update {
            builder = builder.body(SDP, &ours.body);
        }
        let errand = crate::core::Errand::Leg(id, Errand::Modify);
        ours.key = Some(core.send(Some(voice), flow, builder.finish(), errand));
        ours.cseq = session.dialog.local_cseq;
        ours.attempts = ours.attempts.saturating_add(1);
        session.ours = Some(ours);
    }

    /// Timer: once more, after glare or Retry-After.
    pub(crate) fn retry_modify(&mut self, core: &mut Core) {
        if self.over {
            return;
        }
        let Some(session) = &mut self.session else { return };
        // Their offer may have come in between: ours follows it.
        if session.theirs.is_some() || session.unacked.is_some() {
            return core.wake(self.id, LegTimer::Retry, Duration::from_millis(500));
        }
        if let Some(ours) = session.ours.take_if(|ours| ours.key.is_none()) {
            self.modify_again(core, ours);
        }
    }

    /// A response to it.
    pub(crate) fn modify_answered(&mut self, core: &mut Core, response: &Message) {
        let status = response.status().unwrap_or(500);
        if status < 200 {
            return;
        }
        let cseq = response.cseq().map_or(0, |cseq| cseq.number);
        if status < 300 && response.method() == Method::Invite {
            return self.modify_accepted(core, cseq, response);
        }
        let is_current = |ours: &Ours| ours.key.is_some() && ours.cseq == cseq;
        let current = self.session.as_ref().and_then(|session| session.ours.as_ref()).is_some_and(is_current);
        if !current {
            return;
        }
        if status < 300 {
            return self.modify_accepted(core, cseq, response);
        }
        let retry_after_s = response.retry_after().ok().flatten();
        let min_se_s = response.min_se().ok().flatten();
        self.modify_refused(core, status, retry_after_s, min_se_s);
    }

    /// 2xx: ACK (every copy of it), and what it says.
    fn modify_accepted(&mut self, core: &mut Core, cseq: u32, response: &Message) {
        let id = self.id;
        let Some(session) = &mut self.session else { return };
        if let Some((_, flow, ack)) = session.acked.as_ref().filter(|(number, _, _)| *number == cseq) {
            let (flow, ack) = (*flow, ack.clone());
            return core.repeat(flow, &ack);
        }
        session.dialog.refresh_target(response);
        if response.method() == Method::Invite
            && let Some((ack, flow)) = self.ack(core, cseq, Bytes::new())
            && let Some(session) = &mut self.session
        {
            session.acked = Some((cseq, flow, ack));
        }
        let Some(session) = &mut self.session else { return };
        let Some(ours) = session.ours.take_if(|ours| ours.cseq == cseq) else { return };
        session.take_timer(response, session.timer.interval_s);
        if let Some(allows) = response.allows(&Method::Update) {
            session.peer_updates = allows;
        }
        if self.over {
            return;
        }
        session.arm_timer(core, id);
        if !ours.update {
            let answer = body_of(response);
            let changed = answer != session.remote_sdp;
            session.local_sdp = ours.body;
            session.remote_sdp = answer.clone();
            if ours.purpose == Purpose::Offer || changed {
                core.tell(LegEvent::OfferAnswered { leg: id, body: answer });
            }
        }
        self.next_offer(core);
    }

    /// Anything else, a 408 of our own and a 503 of the transport included.
    pub(crate) fn modify_refused(
        &mut self,
        core: &mut Core,
        status: u16,
        retry_after_s: Option<u32>,
        min_se_s: Option<u32>,
    ) {
        let Some(session) = &mut self.session else { return };
        let Some(mut ours) = session.ours.take() else { return };
        if self.over {
            return;
        }
        let may_retry = ours.attempts < ATTEMPTS_MAX;
        let again = match (status, retry_after_s, min_se_s) {
            // 14.1: the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, so that they do not meet again (R41).
            (491, _, _) if session.caller => Some(core.between(Duration::from_millis(2100), Duration::from_secs(4))),
            (491, _, _) => Some(core.between(Duration::ZERO, Duration::from_secs(2))),
            (500 | 503, Some(seconds), _) => Some(Duration::from_secs(u64::from(seconds.min(RETRY_AFTER_MAX_S)))),
            // RFC 4028 section 7.4.
            (422, _, Some(least_s)) => {
                session.timer.interval_s = session.timer.interval_s.max(least_s).max(MIN_SE_S);
                Some(Duration::ZERO)
            }
            // It said Allow: UPDATE, and does not know it after all.
            (405 | 420 | 488 | 501, _, _) if ours.update => {
                session.peer_updates = false;
                ours.update = false;
                Some(Duration::ZERO)
            }
            _ => None,
        };
        if let Some(wait) = again.filter(|_| may_retry) {
            ours.key = None;
            session.ours = Some(ours);
            return core.wake(self.id, LegTimer::Retry, wait);
        }
        match status {
            481 => return self.lost(core, false),
            408 => return self.lost(core, true),
            _ => {}
        }
        match ours.purpose {
            Purpose::Offer => core.tell(LegEvent::OfferRefused { leg: self.id, status }),
            // The peer is there and does not want it now. It is asked again until the session expires.
            Purpose::Refresh => core.wake(self.id, LegTimer::Refresh, REFRESH_RETRY),
        }
        self.next_offer(core);
    }
}
