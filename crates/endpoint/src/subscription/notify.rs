//! NOTIFY: when one goes, what it says, and what its answer means (RFC 6665 section 4.2.2).

use std::time::Duration;

use sip::message::{Message, Method, Name};
use sip::transaction::ClientKey;

use super::{Reason, Subscription, SubscriptionId, Subscriptions};
use crate::clock::later;
use crate::core::{Core, Errand};
use crate::timer::{SubscriptionTimer, Timer};

/// NOTIFYs in a row that may fail before nobody is believed to listen.
const FAILURES_MAX: u8 = 3;
/// After a failure that names no time the state is told again after this.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// A phone that wants to be left alone longer is asked again nevertheless.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

impl Subscriptions {
    /// Tells what is to be told, if it may be told now; otherwise it is told later, as it will be then.
    pub(super) fn notify(&mut self, core: &mut Core, id: SubscriptionId) {
        let Some(one) = self.all.get(&id) else { return };
        if one.cut_off {
            // To one that is over and cannot be reached there is nothing left to say.
            return if one.ending.is_some() {
                self.remove(core, id)
            };
        }
        if one.outstanding.is_some() {
            return;
        }
        let state = self.state(one);
        let news = one.told.as_ref() != Some(&state);
        if one.ending.is_none() && !one.owed {
            if !news {
                return;
            }
            if one.not_before > core.now {
                return core.timers.set(Timer::Subscription(id, SubscriptionTimer::Notify), one.not_before);
            }
        }
        core.timers.stop(Timer::Subscription(id, SubscriptionTimer::Notify));
        let Some(one) = self.all.get_mut(&id) else { return };
        let request = one.build(core, &state);
        one.owed = false;
        one.version = one.version.saturating_add(1);
        one.not_before = later(core.now, one.package.interval_min());
        one.told = Some(state);
        let (flow, is_last) = (one.flow, one.ending.is_some());
        let key = core.send(None, flow, request, Errand::Notify(id));
        if is_last {
            // Whether the last one is heard changes nothing.
            return self.remove(core, id);
        }
        if let Some(one) = self.all.get_mut(&id) {
            one.outstanding = Some(key);
        }
    }

    /// The NOTIFY went out again, in another transaction.
    pub(crate) fn sent_again(&mut self, id: SubscriptionId, key: ClientKey) {
        if let Some(one) = self.all.get_mut(&id).filter(|one| one.outstanding.is_some()) {
            one.outstanding = Some(key);
        }
    }

    /// Timer: the least interval has gone by.
    pub(crate) fn tell_now(&mut self, core: &mut Core, id: SubscriptionId) {
        self.notify(core, id);
    }

    /// Timer: it ran out.
    pub(crate) fn expire(&mut self, core: &mut Core, id: SubscriptionId) {
        self.end(core, id, Reason::Timeout);
    }

    /// The final response to a NOTIFY, or none: `status` is 408 or 503 then, and `response` is not there.
    pub(crate) fn notify_answered(
        &mut self,
        core: &mut Core,
        id: SubscriptionId,
        key: ClientKey,
        status: u16,
        response: Option<&Message>,
    ) {
        let Some(one) = self.all.get_mut(&id).filter(|one| one.outstanding == Some(key)) else { return };
        one.outstanding = None;
        if (200..300).contains(&status) {
            one.failures = 0;
            return self.notify(core, id);
        }
        if one.cut_off {
            // The connection closed under it: told again when the phone is back.
            one.owed = true;
            return self.notify(core, id);
        }
        one.failures += 1;
        if response.is_none() || nobody_listens(status) || one.failures >= FAILURES_MAX {
            return self.remove(core, id);
        }
        // What was not taken counts as not told.
        one.told = None;
        let asked = response.and_then(|response| response.retry_after().ok().flatten());
        let wait = asked.map_or(RETRY_AFTER, |seconds| Duration::from_secs(u64::from(seconds)).min(RETRY_AFTER_MAX));
        one.not_before = later(core.now, wait.max(one.package.interval_min()));
        self.notify(core, id);
    }
}

/// The answers that end a subscription (RFC 6665 section 4.2.2 with RFC 5057 section 5.1: each of them ends the usage or
/// its dialog, and this dialog has no other usage).
fn nobody_listens(status: u16) -> bool {
    matches!(status, 404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 604)
}

impl Subscription {
    fn build(&mut self, core: &mut Core, state: &super::State) -> Message {
        let via = core.via(self.flow);
        let contact = core.contact(self.flow, &self.contact_user);
        let event = match &self.event_id {
            Some(id) => format!("{};id={id}", self.package.as_str()),
            None => self.package.as_str().to_owned(),
        };
        let standing = match self.ending {
            Some(reason) => format!("terminated;reason={}", reason.as_str()),
            None => format!("active;expires={}", self.expires.saturating_duration_since(core.now).as_secs()),
        };
        let says = match self.ending {
            None | Some(Reason::Timeout) => Some(self.document(state)),
            // Nothing more is told to who may not know or has yet to prove itself, or of who is not there.
            Some(Reason::Deactivated | Reason::Rejected | Reason::NoResource) => None,
        };
        let builder = self
            .dialog
            .request(&Method::Notify, &via, Some(&contact))
            .header(Name::Event, event)
            .header(Name::SubscriptionState, standing)
            .header(Name::UserAgent, &core.config.server_name);
        match says {
            Some(body) => builder.body(self.package.content_type(), body.as_bytes()).finish(),
            None => builder.finish(),
        }
    }
}
