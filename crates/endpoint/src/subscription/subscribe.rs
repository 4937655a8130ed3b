//! SUBSCRIBE: RFC 6665 section 4.2.1, once its sender is known.

use std::collections::BTreeSet;
use std::time::Duration;

use sip::dialog::Dialog;
use sip::flow::Flow;
use sip::message::{Message, MessageBuilder, Name, Uri};
use sip::transaction::ServerKey;

use super::line::Line;
use super::package::{ALLOW_EVENTS, Package};
use super::permit::may_watch;
use super::{Reason, Subscription, SubscriptionId, Subscriptions};
use crate::account::AccountId;
use crate::clock::later;
use crate::core::Token;
use crate::endpoint::Endpoint;
use crate::leg::Peer;
use crate::registrar::instance_of;
use crate::request::RETRY_AFTER_S;
use crate::timer::{SubscriptionTimer, Timer};
use crate::wire::user_part;

/// Shortest subscription granted; less is refused with 423, so that nobody keeps us busy with refreshes.
const EXPIRES_S_MIN: u32 = 60;
/// Granted when the phone names none: what the three packages have as their own.
const EXPIRES_S_DEFAULT: u32 = 3600;
/// Longest granted; more is shortened.
const EXPIRES_S_MAX: u32 = 3600;
/// The longest `id` of an Event that is repeated in NOTIFYs.
const EVENT_ID_BYTES_MAX: usize = 64;

/// Why a SUBSCRIBE changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// 400: it cannot be read.
    Malformed,
    /// 489: no package of ours.
    BadEvent,
    /// 406: it does not take the one type that the package has.
    NotAcceptable,
    /// 423: too short.
    TooBrief,
    /// 404: there is no such operator.
    Unknown,
    /// 403: not this one's to see.
    Forbidden,
    /// 503: as many subscriptions as the account may have, or all accounts together. Some run out before long.
    Full,
    /// 481: no such subscription.
    NoDialog,
    /// 500: an older request came late (RFC 3261 section 12.2.2).
    OutOfOrder,
}

/// What is asked for.
struct Wish {
    package: Package,
    event_id: Option<String>,
    expires: Duration,
}

impl Endpoint {
    /// A SUBSCRIBE outside dialogs from a phone of this account.
    pub(crate) fn subscribe(&mut self, subscriber: AccountId, key: ServerKey, flow: Flow, request: &Message) {
        match self.begin_to_watch(subscriber, flow, request) {
            Ok((subscription, wish)) => {
                let (tag, user) = (subscription.tag, subscription.contact_user.clone());
                // The 200 goes before the NOTIFY: many phones know the dialog by it alone.
                self.grant(key, flow, request, Some(tag), &user, wish.expires);
                let id = self.subscriptions.insert(&mut self.core, subscription);
                self.settle(id, wish.expires);
            }
            Err(refusal) => self.refuse_subscribe(key, flow, request, refusal),
        }
    }

    /// A SUBSCRIBE inside the dialog of a subscription: longer, or no longer.
    pub(crate) fn resubscribe(&mut self, key: ServerKey, flow: Flow, request: &Message) {
        match self.renew(flow, request) {
            Ok((id, wish)) => {
                let user = self.subscriptions.all.get(&id).map(|one| one.contact_user.clone()).unwrap_or_default();
                self.grant(key, flow, request, None, &user, wish.expires);
                self.settle(id, wish.expires);
            }
            Err((id, refusal)) => {
                self.refuse_subscribe(key, flow, request, refusal);
                if let Some(id) = id.filter(|_| refusal == Refusal::Forbidden) {
                    self.subscriptions.end(&mut self.core, id, Reason::Rejected);
                }
            }
        }
    }

    /// After the 200: the NOTIFY that each SUBSCRIBE is owed, and the clock.
    fn settle(&mut self, id: SubscriptionId, expires: Duration) {
        let core = &mut self.core;
        if expires.is_zero() {
            return self.subscriptions.end(core, id, Reason::Timeout);
        }
        let Some(one) = self.subscriptions.all.get_mut(&id) else { return };
        one.expires = later(core.now, expires);
        one.owed = true;
        core.timers.set(Timer::Subscription(id, SubscriptionTimer::Expire), one.expires);
        self.subscriptions.notify(core, id);
    }

    fn begin_to_watch(
        &mut self,
        subscriber: AccountId,
        flow: Flow,
        request: &Message,
    ) -> Result<(Subscription, Wish), Refusal> {
        let wish = read(request)?;
        let target = request.target().map_err(|_| Refusal::Malformed)?;
        let watched = self.registrar.account_of(&target, &self.core.config.realm).ok_or(Refusal::Unknown)?;
        let (watched, user) = (watched.id, watched.user.clone());
        if !may_watch(&self.registrar, subscriber, watched) {
            return Err(Refusal::Forbidden);
        }
        let tag = self.core.token();
        let mut dialog = Dialog::as_uas(request, &tag.to_string(), flow).map_err(|_| Refusal::Malformed)?;
        let instance = self.instance_of_contact(request, &dialog.remote_target);
        self.at_its_contact(&mut dialog.remote_target);
        let device = (&dialog.remote_target, instance.as_deref(), flow);
        let before = self.subscriptions.before(subscriber, watched, &wish, device);
        self.has_room(subscriber, before.len())?;
        for id in before {
            self.subscriptions.remove(&mut self.core, id);
        }
        if wish.package == Package::Dialog {
            self.look_at_lines(watched);
        }
        let subscription = Subscription {
            package: wish.package,
            event_id: wish.event_id.clone(),
            subscriber,
            watched,
            entity: format!("sip:{}@{}", user_part(&user), self.core.config.realm),
            contact_user: user_part(&user),
            dialog,
            tag,
            flow,
            instance,
            expires: later(self.core.now, wish.expires),
            version: 0,
            outstanding: None,
            owed: true,
            not_before: self.core.now,
            failures: 0,
            told: None,
            ending: None,
            cut_off: false,
        };
        Ok((subscription, wish))
    }

    /// Whether one more fits, when so many others make place for it.
    fn has_room(&mut self, subscriber: AccountId, leaving: usize) -> Result<(), Refusal> {
        let limits = self.core.config.limits;
        let own = self.subscriptions.of_subscriber.get(&subscriber).map_or(0, BTreeSet::len);
        if own.saturating_sub(leaving) >= limits.subscriptions_per_account_max {
            return Err(Refusal::Full);
        }
        if self.subscriptions.count().saturating_sub(leaving) >= limits.subscriptions_max {
            self.core.alarm_full("subscriptions", limits.subscriptions_max);
            return Err(Refusal::Full);
        }
        Ok(())
    }

    /// The subscription whose dialog the request names, if the request may change it.
    fn renew(
        &mut self,
        flow: Flow,
        request: &Message,
    ) -> Result<(SubscriptionId, Wish), (Option<SubscriptionId>, Refusal)> {
        let id = self.subscription_of(request).ok_or((None, Refusal::NoDialog))?;
        let wish = read(request).map_err(|refusal| (Some(id), refusal))?;
        let Some(one) = self.subscriptions.all.get_mut(&id) else { return Err((None, Refusal::NoDialog)) };
        // Other usages of the same dialog are of RFC 3265; nobody shares dialogs any more (RFC 6665 section 4.5).
        if one.package != wish.package || one.event_id != wish.event_id {
            return Err((Some(id), Refusal::BadEvent));
        }
        one.dialog.receive(request).map_err(|_| (Some(id), Refusal::OutOfOrder))?;
        one.dialog.refresh_target(request);
        one.heard(&mut self.core, id, flow);
        let (subscriber, watched, mut target) = (one.subscriber, one.watched, one.dialog.remote_target.clone());
        if !may_watch(&self.registrar, subscriber, watched) {
            return Err((Some(id), Refusal::Forbidden));
        }
        self.at_its_contact(&mut target);
        if let Some(one) = self.subscriptions.all.get_mut(&id) {
            one.dialog.remote_target = target;
        }
        Ok((id, wish))
    }

    /// Our tag in To, their tag in From, and the Call-ID.
    fn subscription_of(&self, request: &Message) -> Option<SubscriptionId> {
        let (to, from, call_id) = (request.to().ok()?, request.from().ok()?, request.call_id().ok()?);
        let id = *self.subscriptions.tags.get(&Token::parse(to.tag()?)?)?;
        let dialog = &self.subscriptions.all.get(&id)?.dialog.id;
        (dialog.call_id == call_id && dialog.remote_tag == from.tag().unwrap_or_default()).then_some(id)
    }

    /// From now on the legs of this account are followed.
    fn look_at_lines(&mut self, account: AccountId) {
        let legs = &self.legs;
        self.subscriptions.lines.entry(account).or_insert_with(|| {
            let its = legs.values().filter(|leg| leg.peer == Peer::Operator(account));
            its.filter_map(|leg| Some((leg.id, Line::of(leg, None)?))).collect()
        });
    }

    /// Which phone subscribes: its Contact says so itself, or by a GRUU.
    fn instance_of_contact(&self, request: &Message, target: &Uri) -> Option<String> {
        let contact = request.contacts().ok()?.into_iter().next()?;
        instance_of(&contact)
            .or_else(|| self.registrar.device_of(target, &self.core.config.realm).map(|one| one.instance))
    }

    /// A GRUU of ours leads to a phone; our own requests go to the phone's contact itself (RFC 5627 section 5.3).
    fn at_its_contact(&self, target: &mut Uri) {
        if let Some(contact) = self.registrar.contact_of(target, &self.core.config.realm) {
            *target = contact;
        }
    }

    fn grant(
        &mut self,
        key: ServerKey,
        flow: Flow,
        request: &Message,
        tag: Option<Token>,
        user: &str,
        expires: Duration,
    ) {
        let response = self
            .core
            .reply(request, 200, tag)
            .header(Name::Expires, expires.as_secs().to_string())
            .header(Name::Contact, self.core.contact(flow, user))
            .header(Name::AllowEvents, ALLOW_EVENTS)
            .finish();
        self.core.respond(None, flow, key, response);
    }

    fn refuse_subscribe(&mut self, key: ServerKey, flow: Flow, request: &Message, refusal: Refusal) {
        let core = &mut self.core;
        let response: MessageBuilder = match refusal {
            Refusal::Malformed => core.reply(request, 400, None),
            Refusal::BadEvent => core.reply(request, 489, None).header(Name::AllowEvents, ALLOW_EVENTS),
            Refusal::NotAcceptable => core.reply(request, 406, None),
            Refusal::TooBrief => core.reply(request, 423, None).header(Name::MinExpires, EXPIRES_S_MIN.to_string()),
            Refusal::Unknown => core.reply(request, 404, None),
            Refusal::Forbidden => core.reply(request, 403, None),
            Refusal::Full => core.reply(request, 503, None).header(Name::RetryAfter, RETRY_AFTER_S),
            Refusal::NoDialog => core.reply(request, 481, None),
            Refusal::OutOfOrder => core.reply(request, 500, None),
        };
        core.respond(None, flow, key, response.finish());
    }
}

impl Subscriptions {
    /// What the same phone has watched in this way before: it was started anew and has forgotten, and its new subscription takes the
    /// place of the old ones. Nobody is told, because there is nobody any more who would know what it is about. A mere question
    /// takes nothing's place.
    fn before(
        &self,
        subscriber: AccountId,
        watched: AccountId,
        wish: &Wish,
        device: (&Uri, Option<&str>, Flow),
    ) -> Vec<SubscriptionId> {
        let is_it = |one: &Subscription| {
            one.watched == watched
                && one.package == wish.package
                && one.event_id == wish.event_id
                && one.ending.is_none()
                && one.is_from_device(device)
        };
        let own = self.of_subscriber.get(&subscriber).into_iter().flatten().copied();
        own.filter(|id| !wish.expires.is_zero() && self.all.get(id).is_some_and(is_it)).collect()
    }
}

impl Subscription {
    /// Of a phone that tells no instance the address counts. Private ones are the same in many houses, so the phone has to be
    /// seen at the same public one too; its port there is another each time.
    fn is_from_device(&self, (uri, instance, flow): (&Uri, Option<&str>, Flow)) -> bool {
        match (self.instance.as_deref(), instance) {
            (Some(ours), Some(theirs)) => ours == theirs,
            (None, _) | (_, None) => self.dialog.remote_target == *uri && self.flow.remote.ip() == flow.remote.ip(),
        }
    }
}

/// What the SUBSCRIBE asks for, with the expiry that is granted.
fn read(request: &Message) -> Result<Wish, Refusal> {
    let event = request.event().map_err(|_| Refusal::Malformed)?.ok_or(Refusal::BadEvent)?;
    let package = Package::parse(&event.package).ok_or(Refusal::BadEvent)?;
    let is_plain = |id: &String| {
        id.len() <= EVENT_ID_BYTES_MAX
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.!%*+~".contains(&byte))
    };
    if event.id.as_ref().is_some_and(|id| !is_plain(id)) {
        return Err(Refusal::Malformed);
    }
    if request.has(Name::Accept) && !request.accepts(package.content_type()) {
        return Err(Refusal::NotAcceptable);
    }
    let expires_s = match request.expires().map_err(|_| Refusal::Malformed)? {
        None => EXPIRES_S_DEFAULT,
        Some(0) => 0,
        Some(seconds) if seconds < EXPIRES_S_MIN => return Err(Refusal::TooBrief),
        Some(seconds) => seconds.min(EXPIRES_S_MAX),
    };
    Ok(Wish { package, event_id: event.id, expires: Duration::from_secs(u64::from(expires_s)) })
}
