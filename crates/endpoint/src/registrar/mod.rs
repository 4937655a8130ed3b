//! The registrar of operators' phones (RFC 3261 section 10.3): which contacts an account has, and the way to each.
//!
//! An operator may have several phones (devices). A call rings on all of them at once, whatever their `q` (RFC 3261 section
//! 16.6 leaves it to us, and a caller waits): `q` only says which of them is asked first. A device with several flows (RFC 5626)
//! is called over one of them, and over the next when that fails.

mod gruu;
mod register;

pub(crate) use gruu::{instance_of, is_gruu};
pub(crate) use register::{FLOW_TIMER_S, Refusal, Registered};

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use sip::flow::{ConnectionId, Flow, Protocol};
use sip::message::{Name, Uri};

use crate::account::{Account, AccountId};
use crate::core::{Core, Errand, Token};
use crate::endpoint::Binding;
use crate::output::{BindingEvent, Output};
use crate::timer::Timer;
use crate::wire::Outside;

/// One contact of an account.
#[derive(Debug)]
pub(crate) struct Bound {
    /// Names it in keep-alives.
    pub(crate) id: Token,
    pub(crate) uri: Uri,
    /// `+sip.instance`: the same phone again, whatever its address now (RFC 5626).
    pub(crate) instance: Option<String>,
    /// Which of the device's flows this is (RFC 5626 section 4.2), if the device keeps several.
    pub(crate) reg_id: Option<u32>,
    /// Preference in thousandths (RFC 3261 section 20.10): the highest is asked first.
    pub(crate) q: u16,
    /// The proxies between us and it (RFC 3327), each as a Route of our requests.
    ///
    /// The word of whoever has proved to be this operator's phone, or of the edge that it came through. It is believed no
    /// further than that: packets go where the REGISTER came from, never to an address that stands here (R10).
    pub(crate) path: Vec<Bytes>,
    /// What its temporary GRUUs lead back to; another one for each new life of the phone (RFC 5627 section 3.1.2).
    pub(crate) secret: Token,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) expires: Instant,
    /// The way its REGISTER came: NAT lets nothing in by another (RFC 3581, RFC 5626).
    pub(crate) flow: Flow,
    pub(crate) user_agent: String,
    /// It has answered an OPTIONS: silence from now on means that it is gone (R29).
    pub(crate) answers: bool,
    /// It has stopped to answer: it is not called, but still asked, because it or the network may come back long before it
    /// registers again.
    pub(crate) silent: bool,
}

/// Accounts that are no longer what they were; each list in order.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// There are none of this number, or another user has it.
    pub(crate) gone: Vec<AccountId>,
    /// The same user with another password or another way to prove it.
    pub(crate) secrets: Vec<AccountId>,
}

/// Accounts and their contacts.
#[derive(Debug)]
pub(crate) struct Registrar {
    accounts: HashMap<AccountId, Account>,
    users: HashMap<String, AccountId>,
    bindings: BTreeMap<AccountId, Vec<Bound>>,
    count: usize,
    pads: gruu::Pads,
}

impl Registrar {
    /// A registrar that knows nobody. `key` must be unpredictable.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            accounts: HashMap::new(),
            users: HashMap::new(),
            bindings: BTreeMap::new(),
            count: 0,
            pads: gruu::Pads::new(key),
        }
    }

    /// All accounts there are. Gives those that are no longer what they were.
    pub(crate) fn set_accounts(&mut self, core: &mut Core, accounts: Vec<Account>) -> Changed {
        self.users = accounts.iter().map(|account| (account.user.clone(), account.id)).collect();
        let before = std::mem::take(&mut self.accounts);
        self.accounts = accounts.into_iter().map(|account| (account.id, account)).collect();
        let mut changed = Changed::default();
        for (id, old) in before {
            match self.accounts.get(&id) {
                Some(now) if *now == old => {}
                Some(now) if now.user == old.user => changed.secrets.push(id),
                Some(_) | None => changed.gone.push(id),
            }
        }
        changed.gone.sort_unstable();
        changed.secrets.sort_unstable();
        // With another name or password the phone has to prove itself again.
        for account in changed.gone.iter().chain(&changed.secrets) {
            if self.bindings.contains_key(account) {
                self.change(core, *account, |bindings| bindings.clear());
            }
        }
        changed
    }

    /// The account of this user.
    pub(crate) fn find(&self, user: &str) -> Option<&Account> {
        self.accounts.get(self.users.get(user)?)
    }

    /// The account itself.
    pub(crate) fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// The contacts of an account that can be called.
    fn reachable(&self, account: AccountId) -> impl Iterator<Item = &Bound> {
        self.bound(account).iter().filter(|bound| !bound.silent)
    }

    /// The phones of an account that can be called, the preferred first; of each its flows, the newest first.
    pub(crate) fn devices(&self, account: AccountId) -> Vec<Vec<&Bound>> {
        let mut devices: Vec<Vec<&Bound>> = Vec::new();
        let newest_first = self.reachable(account).collect::<Vec<_>>().into_iter().rev();
        for bound in newest_first {
            let is_its = |flows: &&mut Vec<&Bound>| {
                bound.reg_id.is_some() && flows.iter().any(|one| one.reg_id.is_some() && one.instance == bound.instance)
            };
            match devices.iter_mut().find(is_its) {
                Some(flows) => flows.push(bound),
                None => devices.push(vec![bound]),
            }
        }
        devices.sort_by_key(|flows| std::cmp::Reverse(flows.first().map_or(0, |bound| bound.q)));
        devices
    }

    /// The contacts of an account.
    fn bound(&self, account: AccountId) -> &[Bound] {
        self.bindings.get(&account).map_or(&[], Vec::as_slice)
    }

    /// Whether a phone of this account has registered from this address, and still stands there.
    pub(crate) fn is_at(&self, account: AccountId, ip: IpAddr) -> bool {
        self.bound(account).iter().any(|bound| bound.flow.remote.ip() == ip)
    }

    /// Whether a phone of this account has registered over this very connection.
    pub(crate) fn is_over(&self, account: AccountId, flow: Flow) -> bool {
        flow.connection != ConnectionId::NONE
            && self.bound(account).iter().any(|bound| bound.flow.connection == flow.connection)
    }

    /// Whether there is no second phone of this account.
    pub(crate) fn is_alone(&self, account: AccountId) -> bool {
        self.devices(account).len() <= 1
    }

    /// The instance of the phone of this account that is at this Contact, or else of one over the same connection.
    pub(crate) fn instance_at(&self, account: AccountId, uri: &Uri, flow: Flow) -> Option<String> {
        let all = self.bound(account);
        let over_it = |bound: &&Bound| flow.protocol.is_reliable() && bound.flow.connection == flow.connection;
        let found = all.iter().find(|bound| bound.uri == *uri).or_else(|| all.iter().find(over_it))?;
        found.instance.clone()
    }

    /// The same for status pages.
    pub(crate) fn list(&self, account: AccountId) -> Vec<Binding> {
        self.reachable(account)
            .map(|bound| Binding {
                contact: String::from_utf8_lossy(bound.uri.raw()).into_owned(),
                flow: bound.flow,
                expires: bound.expires,
                user_agent: bound.user_agent.clone(),
                instance: bound.instance.clone(),
                reg_id: bound.reg_id,
                answers: bound.answers,
            })
            .collect()
    }

    /// Contacts of all accounts.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Whether a phone is registered over exactly this flow: over this stream, or from this address and port.
    pub(crate) fn is_bound_over(&self, now: Instant, flow: Flow) -> bool {
        let way = |flow: Flow| (flow.protocol, flow.remote, flow.connection);
        self.bindings.values().flatten().any(|bound| bound.expires > now && way(bound.flow) == way(flow))
    }

    /// Timer: contacts lapse.
    pub(crate) fn lapse(&mut self, core: &mut Core, account: AccountId) {
        let now = core.now;
        self.change(core, account, |bindings| bindings.retain(|bound| bound.expires > now));
    }

    /// A connection closed: nobody is reached by it any more (R29).
    pub(crate) fn flow_closed(&mut self, core: &mut Core, flow: Flow) {
        if flow.connection == ConnectionId::NONE {
            return;
        }
        let over_it = |bound: &Bound| bound.flow.connection == flow.connection;
        let accounts: Vec<AccountId> =
            self.bindings.iter().filter(|(_, all)| all.iter().any(over_it)).map(|(id, _)| *id).collect();
        for account in accounts {
            self.change(core, account, |bindings| bindings.retain(|bound| !over_it(bound)));
        }
    }

    /// Timer: ask the phones over UDP whether they are there; it also keeps their NAT open.
    pub(crate) fn keep_alive(&mut self, core: &mut Core, account: AccountId) {
        let user = self.accounts.get(&account).map(|account| account.user.clone()).unwrap_or_default();
        let realm = core.config.realm.clone();
        for bound in self.bound(account).iter().filter(|bound| bound.flow.protocol == Protocol::Udp) {
            let (via, tag, call_id) = (core.via(bound.flow), core.token(), core.token().to_string());
            let target = String::from_utf8_lossy(bound.uri.raw());
            let outside = Outside {
                method: sip::message::Method::Options,
                target: &target,
                via: &via,
                from: &format!("<sip:{realm}>;tag={tag}"),
                to: &format!("<sip:{user}@{realm}>"),
                call_id: &call_id,
                cseq: 1,
                max_forwards: 70,
            };
            let builder = bound.path.iter().fold(outside.builder(), |one, route| one.header(Name::Route, route));
            let request = builder.finish();
            core.send(None, bound.flow, request, Errand::KeepAlive(account, bound.id));
        }
        self.arm(core, account);
    }

    /// The answer to it, or none within 64*T1.
    pub(crate) fn kept_alive(&mut self, core: &mut Core, account: AccountId, id: Token, answered: bool) {
        let bound = self.bindings.get_mut(&account).and_then(|all| all.iter_mut().find(|one| one.id == id));
        let Some(bound) = bound else { return };
        bound.answers |= answered;
        if bound.silent != (!answered && bound.answers) {
            self.change(core, account, |bindings| {
                for bound in bindings.iter_mut().filter(|bound| bound.id == id) {
                    bound.silent = !answered;
                }
            });
        }
    }

    /// Every change of an account's contacts goes through here: timers and events follow.
    fn change(&mut self, core: &mut Core, account: AccountId, change: impl FnOnce(&mut Vec<Bound>)) {
        let bindings = self.bindings.entry(account).or_default();
        let reachable = |bindings: &[Bound]| bindings.iter().filter(|bound| !bound.silent).count();
        let (kept, before) = (bindings.len(), reachable(bindings));
        change(bindings);
        let after = reachable(bindings);
        self.count = self.count + bindings.len() - kept;
        if bindings.is_empty() {
            self.bindings.remove(&account);
        }
        if before != after {
            core.outputs.push_back(Output::Binding(BindingEvent { account, contacts: after }));
        }
        self.arm(core, account);
    }

    fn arm(&self, core: &mut Core, account: AccountId) {
        let bound = self.bound(account);
        match bound.iter().map(|bound| bound.expires).min() {
            Some(next) => core.timers.set(Timer::Lapse(account), next),
            None => core.timers.stop(Timer::Lapse(account)),
        }
        let over_udp = bound.iter().any(|bound| bound.flow.protocol == Protocol::Udp);
        match core.config.times.keep_alive.filter(|_| over_udp) {
            Some(every) => {
                let at = crate::clock::later(core.now, every);
                core.timers.set(Timer::KeepAlive(account), at);
            }
            None => core.timers.stop(Timer::KeepAlive(account)),
        }
    }
}
