//! The peer asks us to transfer it: REFER and its implicit subscription (RFC 3515, RFC 4488).

use sip::flow::Flow;
use sip::message::{Message, Method, Name, reason_phrase};
use sip::transaction::ServerKey;

use super::session::Subscription;
use super::{Errand, Leg};
use crate::core::Core;
use crate::event::{LegEvent, ReferTo};

/// How long we say the subscription lasts; a transfer takes less.
const SUBSCRIPTION_S: u32 = 180;

impl Leg {
    /// REFER came; `refer_to` is what its Refer-To says, if it can be read.
    pub(crate) fn receive_refer(
        &mut self,
        core: &mut Core,
        key: ServerKey,
        flow: Flow,
        request: Message,
        refer_to: Option<ReferTo>,
    ) {
        let voice = Some(self.voice());
        let Some(refer_to) = refer_to else { return core.answer(voice, flow, key, &request, 400) };
        let usable = !self.over && self.uas.is_none();
        let Some(session) = self.session.as_mut().filter(|_| usable) else {
            return core.answer(voice, flow, key, &request, 481);
        };
        // One transfer at a time.
        if session.refer.is_some() {
            return core.answer(voice, flow, key, &request, 491);
        }
        let id = request.cseq().map_or(0, |cseq| cseq.number);
        let notifies = request.other("Refer-Sub").is_none_or(|value| !value.eq_ignore_ascii_case(b"false"));
        session.refer = Some(Subscription { pending: Some((key, flow, request)), id, notifies });
        core.tell(LegEvent::Refer { leg: self.id, refer_to });
    }

    /// Order: accept or refuse it.
    pub(crate) fn answer_refer(&mut self, core: &mut Core, status: u16) {
        let voice = Some(self.voice());
        let Some(session) = &mut self.session else { return };
        let Some(refer) = &mut session.refer else { return };
        let Some((key, flow, request)) = refer.pending.take() else { return };
        let accepted = (200..300).contains(&status);
        let status = if accepted {
            202
        } else if (300..700).contains(&status) {
            status
        } else {
            603
        };
        let mut builder = core.reply(&request, status, None);
        if accepted {
            builder = builder.header(Name::Contact, core.contact(flow, &self.contact_user));
        }
        let notifies = refer.notifies;
        if accepted && !notifies {
            builder = builder.raw_header("Refer-Sub", "false");
        }
        core.respond(voice, flow, key, builder.finish());
        if !accepted {
            session.refer = None;
            return;
        }
        // RFC 3515 section 2.4.4: a NOTIFY at once.
        self.notify_refer(core, 100);
    }

    /// Order: how it goes.
    pub(crate) fn refer_progress(&mut self, core: &mut Core, status: u16) {
        let accepted = |session: &super::Session| session.refer.as_ref().is_some_and(|refer| refer.pending.is_none());
        if !self.over && self.session.as_ref().is_some_and(accepted) {
            self.notify_refer(core, status.clamp(100, 699));
        }
    }

    fn notify_refer(&mut self, core: &mut Core, status: u16) {
        let Some(refer) = self.session.as_mut().and_then(|session| session.refer.as_ref()) else { return };
        let (id, notifies) = (refer.id, refer.notifies);
        if status >= 200
            && let Some(session) = &mut self.session
        {
            session.refer = None;
        }
        if !notifies {
            return;
        }
        let state = if status >= 200 {
            "terminated;reason=noresource".to_owned()
        } else {
            format!("active;expires={SUBSCRIPTION_S}")
        };
        let Some((builder, flow)) = self.request(core, &Method::Notify) else { return };
        let fragment = format!("SIP/2.0 {status} {}\r\n", reason_phrase(status));
        let request = builder
            .header(Name::Event, format!("refer;id={id}"))
            .header(Name::SubscriptionState, state)
            .body("message/sipfrag;version=2.0", fragment.as_bytes())
            .finish();
        core.send(Some(self.voice()), flow, request, crate::core::Errand::Leg(self.id, Errand::Notify));
    }

    /// The NOTIFY was refused: nobody listens any more (RFC 6665 section 4.2.2).
    pub(crate) fn notify_answered(&mut self, status: u16) {
        if status == 481
            && let Some(session) = &mut self.session
        {
            session.refer = session.refer.take().filter(|refer| refer.pending.is_some());
        }
    }
}
