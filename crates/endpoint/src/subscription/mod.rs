//! Who watches whom: the notifier of RFC 6665 for operators' phones. One verb or noun a file.
//!
//! Busy lamps (`dialog`, RFC 4235), presence (RFC 3856), and the lamp that says that callers wait (`message-summary`, RFC 3842).
//! What is told is derived here from the legs, and from what the call logic says of operators and of the queue; nothing is
//! ever told to a stranger (R04): who subscribes has proved by digest that it is an operator's phone.
//!
//! One rule keeps the order of states on any network: a subscription has at most one NOTIFY on its way. What changes meanwhile is
//! told afterwards, as the newest state, and not before the package's least interval has gone by.

mod dialog_info;
mod line;
mod notify;
mod package;
mod permit;
mod pidf;
mod state;
mod subscribe;
mod summary;
mod xml;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::time::{Duration, Instant};

use sip::dialog::Dialog;
use sip::flow::{ConnectionId, Flow};
use sip::message::Uri;
use sip::transaction::ClientKey;

use crate::account::AccountId;
use crate::core::{Core, Token};
use crate::leg::{Leg, Peer};
use crate::order::LegId;
use crate::presence::Presence;
use crate::registrar::Changed;
use crate::timer::{SubscriptionTimer, Timer};

use line::Line;
pub(crate) use package::{ALLOW_EVENTS, Package};
use state::State;

/// A subscription whose connection closed waits so long for its phone to come back. A browser page that was loaded anew
/// subscribes anew, so this need not outlast a short gap in the network.
const CUT_OFF_MAX: Duration = Duration::from_secs(60);

/// Names one subscription as long as the endpoint lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct SubscriptionId(pub(crate) u64);

/// Why a subscription ends (RFC 6665 section 4.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reason {
    /// It ran out, was ended by its phone, or was a mere question.
    Timeout,
    /// Its phone has to prove itself anew, and may do so at once.
    Deactivated,
    /// Its operator may not watch any more.
    Rejected,
    /// Whom it watches is no operator any more.
    NoResource,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Deactivated => "deactivated",
            Self::Rejected => "rejected",
            Self::NoResource => "noresource",
        }
    }
}

/// One phone watches one operator.
#[derive(Debug)]
struct Subscription {
    package: Package,
    /// `id` of the Event: each of our NOTIFYs repeats it.
    event_id: Option<String>,
    subscriber: AccountId,
    watched: AccountId,
    /// Address of record of whom it watches.
    entity: String,
    /// User part of our Contact.
    contact_user: String,
    dialog: Dialog,
    /// Our tag.
    tag: Token,
    /// The way to the phone: that by which its last SUBSCRIBE or REGISTER came.
    flow: Flow,
    /// `+sip.instance` of its Contact, or of the GRUU there.
    instance: Option<String>,
    expires: Instant,
    /// NOTIFYs sent: the version of dialog-info counts them (RFC 4235 section 4.1).
    version: u32,
    /// The NOTIFY that has no final response yet.
    outstanding: Option<ClientKey>,
    /// A NOTIFY is owed whether or not anything has changed: RFC 6665 section 4.2.1.2 wants one for each SUBSCRIBE.
    owed: bool,
    /// No NOTIFY about a change goes before this.
    not_before: Instant,
    /// NOTIFYs in a row that failed without saying that nobody listens.
    failures: u8,
    /// What the phone was told last.
    told: Option<State>,
    /// It is over but for the NOTIFY that says so.
    ending: Option<Reason>,
    /// Its connection closed.
    cut_off: bool,
}

/// The subscriptions of each account, in one way or the other.
type Index = BTreeMap<AccountId, BTreeSet<SubscriptionId>>;

/// Every subscription, and what they watch.
#[derive(Default)]
pub(crate) struct Subscriptions {
    last: u64,
    all: BTreeMap<SubscriptionId, Subscription>,
    /// Our tags, and whose they are, as long as the dialog takes requests.
    tags: HashMap<Token, SubscriptionId>,
    /// Whose phones have subscribed.
    of_subscriber: Index,
    /// Who is watched.
    of_watched: Index,
    /// Who is told that callers wait: the queue changes much more often than all the rest.
    of_queue: BTreeSet<SubscriptionId>,
    /// The legs of those whose dialogs are watched.
    lines: BTreeMap<AccountId, BTreeMap<LegId, Line>>,
    presence: BTreeMap<AccountId, Presence>,
    /// Callers that wait for an operator.
    waiting: u32,
}

impl Subscriptions {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    // ---- what is watched ---------------------------------------------------------------------------------------

    /// A leg has begun, changed or ended.
    pub(crate) fn note(&mut self, core: &mut Core, leg: &Leg) {
        let Peer::Operator(account) = leg.peer else { return };
        let Some(lines) = self.lines.get_mut(&account) else { return };
        let before = lines.get(&leg.id);
        let now = Line::of(leg, before);
        if now.as_ref() == before {
            return;
        }
        match now {
            Some(line) => lines.insert(leg.id, line),
            None => lines.remove(&leg.id),
        };
        self.tell(core, account, Package::Dialog);
    }

    /// What an operator does.
    pub(crate) fn set_presence(&mut self, core: &mut Core, account: AccountId, presence: Presence) {
        if self.presence.get(&account) != Some(&presence) {
            self.presence.insert(account, presence);
            self.tell(core, account, Package::Presence);
        }
    }

    /// How many callers wait.
    pub(crate) fn set_waiting(&mut self, core: &mut Core, waiting: u32) {
        if self.waiting == waiting {
            return;
        }
        self.waiting = waiting;
        let lamps: Vec<SubscriptionId> = self.of_queue.iter().copied().collect();
        for id in lamps {
            self.notify(core, id);
        }
    }

    /// Which accounts there are now, and which of them are no longer what they were. Of an account that is gone both ends: what
    /// it watches and who watches it. With another password only its own phones have to prove themselves again: whoever watches
    /// it goes on, because a lamp that is told `noresource` stays dark until its phone is started anew.
    pub(crate) fn set_accounts(&mut self, core: &mut Core, changed: &Changed, exists: impl Fn(AccountId) -> bool) {
        self.presence.retain(|account, _| exists(*account));
        self.end_all(core, &changed.gone, |all| &all.of_subscriber, Reason::Rejected);
        self.end_all(core, &changed.gone, |all| &all.of_watched, Reason::NoResource);
        self.end_all(core, &changed.secrets, |all| &all.of_subscriber, Reason::Deactivated);
    }

    fn end_all(&mut self, core: &mut Core, accounts: &[AccountId], index: impl Fn(&Self) -> &Index, reason: Reason) {
        for account in accounts {
            let ids = index(self).get(account).cloned().unwrap_or_default();
            for id in ids {
                self.end(core, id, reason);
            }
        }
    }

    fn tell(&mut self, core: &mut Core, account: AccountId, package: Package) {
        let Some(watchers) = self.of_watched.get(&account) else { return };
        let of_package = |id: &&SubscriptionId| self.all.get(id).is_some_and(|one| one.package == package);
        let watchers: Vec<SubscriptionId> = watchers.iter().filter(of_package).copied().collect();
        for id in watchers {
            self.notify(core, id);
        }
    }

    // ---- where the phones are ----------------------------------------------------------------------------------

    /// A connection closed under subscriptions: nothing can be told until the phone is back.
    pub(crate) fn flow_closed(&mut self, core: &mut Core, flow: Flow) {
        if flow.connection == ConnectionId::NONE {
            return;
        }
        for (id, one) in &mut self.all {
            if one.flow.connection == flow.connection {
                one.cut_off = true;
                one.flow.connection = ConnectionId::NONE;
                let until = crate::clock::later(core.now, CUT_OFF_MAX);
                core.timers.set(Timer::Subscription(*id, SubscriptionTimer::Reconnect), until);
            }
        }
    }

    /// A phone of this account has registered: its subscriptions go on by the way that its REGISTER came (R29, R30).
    /// A phone that keeps several flows has not lost the one that its subscription is on because it registers another.
    pub(crate) fn follow(
        &mut self,
        core: &mut Core,
        account: AccountId,
        (uri, instance, of_many): (&Uri, Option<&str>, bool),
        flow: Flow,
    ) {
        let Some(ids) = self.of_subscriber.get(&account).cloned() else { return };
        for id in ids {
            let Some(one) = self.all.get_mut(&id) else { continue };
            let moves = one.cut_off || !of_many;
            if moves && one.flow != flow && one.is_of_device(uri, instance, flow) {
                one.heard(core, id, flow);
                self.notify(core, id);
            }
        }
    }

    /// Timer: the phone did not come back.
    pub(crate) fn lost(&mut self, core: &mut Core, id: SubscriptionId) {
        if self.all.get(&id).is_some_and(|one| one.cut_off) {
            self.remove(core, id);
        }
    }

    // ---- the table ---------------------------------------------------------------------------------------------

    fn insert(&mut self, core: &mut Core, subscription: Subscription) -> SubscriptionId {
        self.last += 1;
        let id = SubscriptionId(self.last);
        self.tags.insert(subscription.tag, id);
        self.of_subscriber.entry(subscription.subscriber).or_default().insert(id);
        self.of_watched.entry(subscription.watched).or_default().insert(id);
        if subscription.package == Package::MessageSummary {
            self.of_queue.insert(id);
        }
        core.timers.set(Timer::Subscription(id, SubscriptionTimer::Expire), subscription.expires);
        self.all.insert(id, subscription);
        id
    }

    /// Forgets it at once.
    fn remove(&mut self, core: &mut Core, id: SubscriptionId) {
        let Some(one) = self.all.remove(&id) else { return };
        self.tags.remove(&one.tag);
        take_out(&mut self.of_subscriber, one.subscriber, id);
        take_out(&mut self.of_watched, one.watched, id);
        self.of_queue.remove(&id);
        for timer in SubscriptionTimer::ALL {
            core.timers.stop(Timer::Subscription(id, timer));
        }
        let is_dialog = |id: &SubscriptionId| self.all.get(id).is_some_and(|one| one.package == Package::Dialog);
        if !self.of_watched.get(&one.watched).is_some_and(|watchers| watchers.iter().any(is_dialog)) {
            self.lines.remove(&one.watched);
        }
    }

    /// Ends it with a NOTIFY, once the one before is answered.
    pub(crate) fn end(&mut self, core: &mut Core, id: SubscriptionId, reason: Reason) {
        let Some(one) = self.all.get_mut(&id) else { return };
        if one.ending.is_none() {
            one.ending = Some(reason);
            self.tags.remove(&one.tag);
            self.notify(core, id);
        }
    }
}

impl Subscription {
    /// Its phone was heard on this flow.
    fn heard(&mut self, core: &mut Core, id: SubscriptionId, flow: Flow) {
        self.flow = flow;
        self.cut_off = false;
        core.timers.stop(Timer::Subscription(id, SubscriptionTimer::Reconnect));
    }

    /// Whether the phone that has just registered is the one that has subscribed. A phone that is cut off and has told no
    /// instance is believed to be whichever comes back by the same transport.
    fn is_of_device(&self, uri: &Uri, instance: Option<&str>, flow: Flow) -> bool {
        match (self.instance.as_deref(), instance) {
            (Some(ours), Some(theirs)) => ours == theirs,
            (None, _) | (_, None) => {
                self.dialog.remote_target == *uri || (self.cut_off && self.flow.protocol == flow.protocol)
            }
        }
    }
}

fn take_out(index: &mut Index, account: AccountId, id: SubscriptionId) {
    if let Some(ids) = index.get_mut(&account) {
        ids.remove(&id);
        if ids.is_empty() {
            index.remove(&account);
        }
    }
}

impl fmt::Debug for Subscriptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriptions").field("all", &self.all).finish_non_exhaustive()
    }
}
