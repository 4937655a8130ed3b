//! The end: hang up in whatever state, refuse, and the peer's BYE and CANCEL.

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::{Message, Method, Name};
use sip::transaction::ServerKey;

use super::session::Bye;
use super::{Errand, Leg};
use crate::core::Core;
use crate::event::Ending;
use crate::order::Reason;
use crate::wire;

impl Leg {
    /// Order: end it, whatever its state.
    pub(crate) fn hang_up(&mut self, core: &mut Core, reason: Option<&Reason>) {
        if self.over {
            return;
        }
        if self.uas.is_some() {
            self.refuse(core, 480, None, reason);
        } else if self.session.is_some() {
            self.send_bye_when_allowed(core, reason);
        } else {
            self.withdraw(core, reason);
        }
        self.end(core, Ending::WeHungUp);
    }

    /// Order: a final non-2xx to their INVITE.
    pub(crate) fn reject_invite(
        &mut self,
        core: &mut Core,
        status: u16,
        retry_after_s: Option<u32>,
        reason: Option<&Reason>,
    ) {
        if self.uas.is_some() {
            self.refuse(core, status, retry_after_s, reason);
            self.end(core, Ending::WeHungUp);
        }
    }

    /// Answers their INVITE with this final status; the dialog never comes to be.
    pub(crate) fn refuse(&mut self, core: &mut Core, status: u16, retry_after_s: Option<u32>, reason: Option<&Reason>) {
        let Some(uas) = self.uas.take() else { return };
        core.invites.remove(&uas.key);
        let status = if (300..700).contains(&status) { status } else { 480 };
        let mut builder = core.reply(&uas.invite, status, self.session.as_ref().map(|session| session.tag));
        if let Some(seconds) = retry_after_s {
            builder = builder.header(Name::RetryAfter, seconds.to_string());
        }
        if let Some(reason) = reason {
            builder = builder.header(Name::Reason, wire::reason(reason));
        }
        core.respond(Some(self.voice()), uas.flow, uas.key, builder.finish());
        self.refuse_theirs(core, 487);
    }

    /// RFC 3261 section 15: "the callee's UA MUST NOT send a BYE on a confirmed dialog until it has received an ACK for its
    /// 2xx response or until the server transaction times out".
    fn send_bye_when_allowed(&mut self, core: &mut Core, reason: Option<&Reason>) {
        let Some(session) = &mut self.session else { return };
        if session.unacked.as_ref().is_some_and(|unacked| unacked.initial) {
            session.bye = Bye::AfterAck(reason.cloned());
            return;
        }
        self.send_bye(core, reason);
    }

    /// BYE now.
    pub(crate) fn send_bye(&mut self, core: &mut Core, reason: Option<&Reason>) {
        self.refuse_theirs(core, 487);
        // The 2xx whose offer nobody has answered is acknowledged first.
        if let Some(cseq) = self.session.as_mut().and_then(|session| session.owed_ack.take()) {
            self.acknowledge(core, cseq, Bytes::new());
        }
        let Some((mut builder, flow)) = self.request(core, &Method::Bye) else { return };
        if let Some(reason) = reason {
            builder = builder.header(Name::Reason, wire::reason(reason));
        }
        core.send(Some(self.voice()), flow, builder.finish(), crate::core::Errand::Leg(self.id, Errand::Bye));
        if let Some(session) = &mut self.session {
            session.bye = Bye::Sent;
            session.unacked = None;
        }
        core.timers.stop_leg(self.id, |_| false);
    }

    /// Our BYE is answered, or nobody will: either way the dialog is gone.
    pub(crate) fn bye_done(&mut self) {
        if let Some(session) = &mut self.session {
            session.bye = Bye::No;
        }
    }

    /// Their BYE. Also when ours is on its way: both get 200 and the leg ends once (R43).
    pub(crate) fn receive_bye(&mut self, core: &mut Core, key: ServerKey, flow: Flow, bye: &Message) {
        core.answer(Some(self.voice()), flow, key, bye, 200);
        // RFC 3261 section 15.1.2: "MUST still respond to any pending requests": 487.
        self.refuse(core, 487, None, None);
        self.refuse_theirs(core, 487);
        if let Some(session) = &mut self.session {
            session.unacked = None;
            session.owed_ack = None;
            if let Bye::AfterAck(_) = session.bye {
                session.bye = Bye::No;
            }
        }
        core.timers.stop_leg(self.id, |_| false);
        self.cause = wire::cause_of(bye);
        self.end(core, Ending::PeerHungUp);
    }

    /// Their CANCEL; the layer has answered it already.
    pub(crate) fn cancelled(&mut self, core: &mut Core, cancel: &Message) {
        self.refuse(core, 487, None, None);
        self.cause = wire::cause_of(cancel);
        self.end(core, Ending::Cancelled);
    }

    /// Whoever the peer is now has never heard of the dialog.
    pub(crate) fn forgotten(&mut self, core: &mut Core) {
        if !self.over {
            self.refuse(core, 480, None, None);
            self.refuse_theirs(core, 487);
            self.end(core, Ending::Forgotten);
        }
    }

    /// The peer does not know the dialog, or nobody is there: no BYE would be heard after 481; after silence one may be.
    pub(crate) fn lost(&mut self, core: &mut Core, say_bye: bool) {
        if self.over {
            return;
        }
        // Their INVITE would wait for ever for an answer that nobody gives.
        self.refuse(core, 480, None, None);
        if say_bye {
            self.send_bye(core, Some(&Reason { cause: 408, text: "Peer does not answer" }));
        } else {
            self.refuse_theirs(core, 487);
        }
        self.end(core, Ending::Lost);
    }
}
