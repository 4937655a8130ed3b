//! The registrar of operators' phones (RFC 3261 section 10.3): which contacts an account has, and the way to each.

mod register;

pub(crate) use register::Refusal;

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use sip::flow::{ConnectionId, Flow, Protocol};
use sip::message::Uri;

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

/// Accounts and their contacts.
#[derive(Debug, Default)]
pub(crate) struct Registrar {
    accounts: HashMap<AccountId, Account>,
    users: HashMap<String, AccountId>,
    bindings: BTreeMap<AccountId, Vec<Bound>>,
    count: usize,
}

impl Registrar {
    /// All accounts there are.
    pub(crate) fn set_accounts(&mut self, core: &mut Core, accounts: Vec<Account>) {
        self.users = accounts.iter().map(|account| (account.user.clone(), account.id)).collect();
        let before = std::mem::take(&mut self.accounts);
        self.accounts = accounts.into_iter().map(|account| (account.id, account)).collect();
        let gone: Vec<AccountId> = self
            .bindings
            .keys()
            // With another name or password the phone has to prove itself again.
            .filter(|id| before.get(id).is_none_or(|old| self.accounts.get(id) != Some(old)))
            .copied()
            .collect();
        for account in gone {
            self.change(core, account, |bindings| bindings.clear());
        }
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
    pub(crate) fn reachable(&self, account: AccountId) -> impl Iterator<Item = &Bound> {
        self.bound(account).iter().filter(|bound| !bound.silent)
    }

    /// The contacts of an account.
    fn bound(&self, account: AccountId) -> &[Bound] {
        self.bindings.get(&account).map_or(&[], Vec::as_slice)
    }

    /// The same for status pages.
    pub(crate) fn list(&self, account: AccountId) -> Vec<Binding> {
        self.reachable(account)
            .map(|bound| Binding {
                contact: String::from_utf8_lossy(bound.uri.raw()).into_owned(),
                flow: bound.flow,
                expires: bound.expires,
                user_agent: bound.user_agent.clone(),
            })
            .collect()
    }

    /// Contacts of all accounts.
    pub(crate) fn count(&self) -> usize {
        self.count
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
            let request = outside.builder().finish();
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
