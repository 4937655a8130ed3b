//! What becomes of one INVITE of ours: provisionals, the 2xx that wins, the 2xx that comes too late (R39, R40), failure.

use bytes::Bytes;
use sip::dialog::Dialog;
use sip::flow::{Flow, Protocol};
use sip::message::{Message, Method, Name};
use sip::transaction::ClientKey;

use super::prack::Early;
use super::{Errand, Leg, Session};
use crate::config::OFFER_PATIENCE;
use crate::core::{Core, Token, body_of};
use crate::event::{Ending, LegEvent, Rejection};
use crate::order::Reason;
use crate::timer::LegTimer;
use crate::wire::COMPLETED_ELSEWHERE;
use crate::wire::cause_of;

/// Dialogs that forking proxies behind one contact may make.
pub(crate) const DIALOGS_MAX: usize = 8;

/// Where one INVITE stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForkState {
    /// No final response yet.
    Waiting,
    /// Taken back; its final response is still to come.
    Withdrawn,
    /// Its 2xx made the leg's dialog.
    Won,
    /// Its 2xx came when nobody wanted it: acknowledged, ended, and kept until its transaction is gone.
    Late,
    /// Its final response was a failure; until its transaction is gone a 2xx of another branch may still follow.
    Refused,
    /// Over.
    Failed,
}

/// One INVITE.
#[derive(Debug)]
pub(crate) struct Fork {
    pub(crate) key: ClientKey,
    pub(crate) tag: Token,
    pub(crate) flow: Flow,
    /// Which phone it is, if it has said so (`+sip.instance`).
    pub(crate) instance: Option<String>,
    pub(crate) invite: Message,
    pub(crate) state: ForkState,
    /// Early dialogs with reliable provisionals.
    pub(crate) early: Vec<Early>,
    /// Dialogs that came too late: remote tag, our ACK.
    pub(crate) late: Vec<(String, Message)>,
    /// Its transaction is gone: no 2xx can be told any more.
    pub(crate) gone: bool,
    /// A provisional above 100 has come: the phone is reached.
    pub(crate) rang: bool,
    /// Other ways to the same phone.
    pub(crate) spare: Vec<super::invite::Target>,
}

impl Fork {
    pub(crate) fn new(key: ClientKey, tag: Token, flow: Flow, invite: Message) -> Self {
        Self {
            key,
            tag,
            flow,
            instance: None,
            invite,
            state: ForkState::Waiting,
            early: Vec::new(),
            late: Vec::new(),
            gone: false,
            rang: false,
            spare: Vec::new(),
        }
    }

    /// CANCEL, if there is anything to cancel.
    pub(crate) fn withdraw(&mut self, core: &mut Core, reason: Option<&str>) {
        if self.state == ForkState::Waiting {
            self.state = ForkState::Withdrawn;
            core.cancel(self.key, reason);
        }
    }
}

impl Leg {
    /// A response to the INVITE of this fork.
    pub(crate) fn invite_answered(&mut self, core: &mut Core, index: usize, response: &Message) {
        let id = self.id;
        let Some(uac) = &mut self.uac else { return };
        // A hop that was given up answers late: that says nothing of the one that is asked now.
        if uac.forks.get(index).is_some_and(|fork| fork.state == ForkState::Waiting) {
            uac.responded = true;
            core.stop(id, LegTimer::FirstResponse);
        }
        match response.status().unwrap_or(500) {
            100 => {}
            status @ ..200 => self.provisional(core, index, status, response),
            ..300 => self.accepted(core, index, response),
            422 if self.ask_longer(core, index, response) => {}
            status => {
                let phrase = response.reason().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
                let retry_after = response.retry_after().ok().flatten();
                let theirs = matches!(status, 408 | 500 | 502 | 503 | 504);
                let rejection =
                    Rejection { status, phrase, retry_after, try_next_trunk: theirs, cause: cause_of(response) };
                self.failed(core, index, rejection);
            }
        }
    }

    fn provisional(&mut self, core: &mut Core, index: usize, status: u16, response: &Message) {
        self.acknowledge_reliable(core, index, response);
        let over = self.over || self.session.is_some();
        let Some(uac) = &mut self.uac else { return };
        let waiting = uac.forks.get_mut(index).is_some_and(|fork| {
            fork.rang = true;
            fork.state == ForkState::Waiting
        });
        uac.rang |= waiting;
        if waiting && !over {
            let dialog = response.to().ok().and_then(|to| to.tag().map(str::to_owned)).unwrap_or_default();
            let body = Some(body_of(response)).filter(|body| !body.is_empty() && uac.may_be_heard(response));
            core.tell(LegEvent::Progress { leg: self.id, dialog, status, body });
        }
    }

    fn accepted(&mut self, core: &mut Core, index: usize, response: &Message) {
        let remote_tag = response.to().ok().and_then(|to| to.tag().map(str::to_owned)).unwrap_or_default();
        let over = self.over;
        let winner_ack = self.session.as_ref().and_then(|session| {
            let ours = session.caller && session.dialog.id.remote_tag == remote_tag;
            ours.then(|| session.acked.clone()).flatten()
        });
        // A copy, while the call logic still thinks about its offer.
        let is_owed = self.session.as_ref().is_some_and(|session| {
            session.caller && session.dialog.id.remote_tag == remote_tag && session.owed_ack.is_some()
        });
        if is_owed {
            return;
        }
        let Some(fork) = self.uac.as_mut().and_then(|uac| uac.forks.get_mut(index)) else { return };
        let flow = fork.flow;
        match fork.state {
            // Another copy: our ACK was lost.
            ForkState::Won if winner_ack.is_some() => {
                let cseq = response.cseq().map_or(0, |cseq| cseq.number);
                if let Some((_, flow, ack)) = winner_ack.filter(|(number, _, _)| *number == cseq) {
                    core.repeat(flow, &ack);
                }
            }
            ForkState::Waiting if !over && self.session.is_none() => self.win(core, index, response, &remote_tag),
            ForkState::Waiting
            | ForkState::Withdrawn
            | ForkState::Late
            | ForkState::Won
            | ForkState::Refused
            | ForkState::Failed => {
                if let Some((_, ack)) = fork.late.iter().find(|(tag, _)| *tag == remote_tag) {
                    let ack = ack.clone();
                    return core.repeat(flow, &ack);
                }
                if fork.state != ForkState::Won {
                    fork.state = ForkState::Late;
                }
                self.end_late(core, index, response, remote_tag);
            }
        }
    }

    /// The first 2xx: this is the dialog; every other INVITE is taken back.
    fn win(&mut self, core: &mut Core, index: usize, response: &Message, remote_tag: &str) {
        let (id, over, voice) = (self.id, self.over, self.voice());
        let Some(uac) = &mut self.uac else { return };
        let Some(fork) = uac.forks.get_mut(index) else { return };
        let Ok(mut dialog) = Dialog::as_uac(&fork.invite, response, fork.flow) else {
            // A 2xx that makes no dialog cannot be acknowledged; its sender gives up by itself.
            let rejection = Rejection {
                status: 502,
                phrase: "Bad 2xx".to_owned(),
                retry_after: None,
                try_next_trunk: false,
                cause: None,
            };
            return self.failed(core, index, rejection);
        };
        let invite_cseq = dialog.local_cseq;
        let mut body = body_of(response);
        let we_offered = !uac.body.is_empty();
        let web = uac.web_body.take().filter(|_| matches!(fork.flow.protocol, Protocol::Ws | Protocol::Wss));
        let (mut local_sdp, mut settled) = (web.unwrap_or_else(|| std::mem::take(&mut uac.body)), false);
        let (mut remote_sdp, mut theirs) = (body.clone(), None);
        // The early dialog has used up numbers, and its provisionals may have brought the answer, or new offers.
        if let Some(early) = fork.early.iter_mut().find(|early| early.dialog.id.remote_tag == remote_tag) {
            dialog.local_cseq = dialog.local_cseq.max(early.dialog.local_cseq);
            dialog.remote_cseq = early.dialog.remote_cseq;
            settled = early.settled;
            if body.is_empty() {
                body = early.answer.clone();
            }
            remote_sdp = if early.answer.is_empty() { early.remote_sdp.clone() } else { body.clone() };
            if !early.local_sdp.is_empty() {
                local_sdp = early.local_sdp.clone();
            }
            theirs = early.theirs.take();
        }
        if !settled {
            remote_sdp = body.clone();
        }
        fork.state = ForkState::Won;
        let (tag, flow, called_at) = (fork.tag, fork.flow, fork.invite.target().ok());
        let instance = fork.instance.clone();
        fork.forget_early(core, voice);
        for (other, fork) in uac.forks.iter_mut().enumerate() {
            if other != index {
                fork.forget_early(core, voice);
                fork.withdraw(core, Some(COMPLETED_ELSEWHERE));
            }
        }
        let mut session = Session::new(dialog, tag, flow, true);
        (session.at_contact, session.instance) = (called_at, instance);
        (session.local_sdp, session.remote_sdp, session.theirs) = (local_sdp, remote_sdp, theirs);
        session.peer_updates = response.allows(&Method::Update).unwrap_or(false);
        session.take_timer(response, self.session_wanted_s);
        core.stop(id, LegTimer::Ring);
        // They offer: the call logic's answer goes with the ACK.
        let offer = (!we_offered && !settled).then(|| std::mem::take(&mut body)).filter(|offer| !offer.is_empty());
        session.owed_ack = offer.is_some().then_some(invite_cseq);
        self.session = Some(session);
        if offer.is_none() {
            self.acknowledge(core, invite_cseq, Bytes::new());
        }
        if over {
            return;
        }
        core.tell(LegEvent::Answered { leg: id, body, from_ip: flow.remote.ip() });
        if let Some(body) = offer {
            core.wake(id, LegTimer::Unanswered, OFFER_PATIENCE);
            core.tell(LegEvent::Offer { leg: id, body });
        }
    }

    /// The ACK to the 2xx of our INVITE, with our answer if it brought an offer; the session's clock begins.
    pub(crate) fn acknowledge(&mut self, core: &mut Core, invite_cseq: u32, body: Bytes) {
        let id = self.id;
        if let Some((ack, flow)) = self.ack(core, invite_cseq, body)
            && let Some(session) = &mut self.session
        {
            session.acked = Some((invite_cseq, flow, ack));
            session.arm_timer(core, id);
        }
    }

    /// Order: the answer to the offer in the 2xx. What cannot be accepted is acknowledged all the same, and then ended (RFC 3261
    /// section 13.2.2.4).
    pub(crate) fn answer_in_ack(&mut self, core: &mut Core, invite_cseq: u32, answer: Result<Bytes, u16>) {
        let is_refused = answer.is_err();
        let body = answer.unwrap_or_default();
        if let Some(session) = &mut self.session {
            session.local_sdp = body.clone();
        }
        self.acknowledge(core, invite_cseq, body);
        if is_refused {
            self.send_bye(core, Some(&Reason { cause: 488, text: "Offer not acceptable" }));
            return self.end(core, Ending::WeHungUp);
        }
        self.next_offer(core);
    }

    /// A 2xx that nobody wants: ACK and BYE (section 13.2.2.4, R39).
    fn end_late(&mut self, core: &mut Core, index: usize, response: &Message, remote_tag: String) {
        let voice = self.voice();
        let Some(fork) = self.uac.as_mut().and_then(|uac| uac.forks.get_mut(index)) else { return };
        if fork.late.len() >= DIALOGS_MAX {
            return;
        }
        let Ok(mut dialog) = Dialog::as_uac(&fork.invite, response, fork.flow) else { return };
        let flow = fork.flow;
        let via = core.via(flow);
        let ack = core.send_ack(voice, flow, dialog.ack(dialog.local_cseq, &via).finish());
        if let Some(early) = fork.early.iter().find(|early| early.dialog.id.remote_tag == remote_tag) {
            dialog.local_cseq = dialog.local_cseq.max(early.dialog.local_cseq);
        }
        fork.late.push((remote_tag, ack));
        let via = core.via(flow);
        let bye = dialog.request(&Method::Bye, &via, None).header(Name::Reason, COMPLETED_ELSEWHERE).finish();
        core.send(Some(voice), flow, bye, crate::core::Errand::Leg(self.id, Errand::LateBye));
    }

    /// This INVITE is over without a dialog. A redirection (3xx) is a failure like others: its Contacts are never called, as nobody
    /// has registered those numbers (R03), and RFC 3261 section 8.1.3.4 leaves it to us.
    pub(crate) fn failed(&mut self, core: &mut Core, index: usize, rejection: Rejection) {
        if self.try_next_flow(core, index, rejection.status) {
            return;
        }
        let (over, voice) = (self.over || self.session.is_some(), self.voice());
        let Some(uac) = &mut self.uac else { return };
        let Some(fork) = uac.forks.get_mut(index) else { return };
        if matches!(fork.state, ForkState::Won | ForkState::Late | ForkState::Refused | ForkState::Failed) {
            return;
        }
        let was_asked = fork.state == ForkState::Waiting;
        fork.state = ForkState::Refused;
        fork.forget_early(core, voice);
        // RFC 3263 section 4.3: a 503, like a dead transport, is this hop's, not the trunk's.
        let hop_failed = was_asked && rejection.status == 503 && !uac.rang && !over;
        let refused = uac.responded;
        if hop_failed && self.next_hop(core, refused) {
            return;
        }
        let Some(uac) = &mut self.uac else { return };
        // Section 16.7 step 5: a 6xx speaks for the person, not for the phone.
        if rejection.status >= 600 {
            for fork in &mut uac.forks {
                fork.withdraw(core, None);
            }
        }
        if uac.best.as_ref().is_none_or(|best| rank(rejection.status) < rank(best.status)) {
            uac.best = Some(rejection);
        }
        let decided = uac.best.as_ref().is_some_and(|best| best.status >= 600)
            || uac.forks.iter().all(|fork| fork.state != ForkState::Waiting);
        if over || !decided {
            return;
        }
        if let Some(mut best) = uac.best.take() {
            best.try_next_trunk &= uac.walk.is_some() && !uac.rang;
            self.reject(core, best);
        }
    }

    /// Whether this INVITE still has somebody waiting for its answer.
    pub(crate) fn wants_answer(&self, index: usize) -> bool {
        let fork = self.uac.as_ref().and_then(|uac| uac.forks.get(index));
        !self.over && fork.is_some_and(|fork| fork.state == ForkState::Waiting)
    }

    /// A request of ours went out again with credentials, in a new transaction and with the next number.
    pub(crate) fn sent_again(&mut self, errand: Errand, key: ClientKey, number: u32, request: Option<Message>) {
        if let Errand::Invite(index) = errand {
            if let Some(fork) = self.uac.as_mut().and_then(|uac| uac.forks.get_mut(index)) {
                fork.key = key;
                fork.invite = request.unwrap_or_else(|| fork.invite.clone());
            }
            return;
        }
        let Some(session) = self.session.as_mut().filter(|_| errand != Errand::LateBye) else { return };
        session.dialog.local_cseq = session.dialog.local_cseq.max(number);
        if let Some(ours) = session.ours.as_mut().filter(|_| errand == Errand::Modify) {
            ours.key = Some(key);
            ours.cseq = number;
        }
    }

    /// The transaction of this INVITE is gone: copies of its 2xx can no longer be told.
    pub(crate) fn invite_over(&mut self, key: ClientKey, index: usize) {
        if let Some(fork) = self.uac.as_mut().and_then(|uac| uac.forks.get_mut(index))
            && fork.key == key
        {
            fork.gone = true;
            if fork.state != ForkState::Won {
                fork.state = ForkState::Failed;
            }
        }
    }
}

/// Which failure says most to the caller: the person's own word first, then busy, then the rest, silence last.
fn rank(status: u16) -> u8 {
    match status {
        600.. => 0,
        486 => 1,
        480 => 2,
        408 | 487 | 503 => 5,
        500.. => 4,
        _ => 3,
    }
}
