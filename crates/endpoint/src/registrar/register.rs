//! REGISTER: RFC 3261 section 10.3, once its sender is known.

use std::net::SocketAddr;
use std::time::Duration;

use sip::flow::{Flow, Protocol};
use sip::message::{Host, Message, MessageBuilder, Name, NameAddr};

use super::{Bound, Registrar};
use crate::account::AccountId;
use crate::clock::later;
use crate::core::Core;

/// Why a REGISTER changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `*` with other contacts or with an expiry, or a Contact that is no SIP address.
    Bad,
    /// An older REGISTER of the same phone that came late.
    OutOfOrder,
    /// Too short an expiry: 423.
    TooBrief,
    /// The account has as many contacts as it may.
    TooMany,
    /// All accounts together have.
    Full,
}

/// One contact that is to be added, refreshed or removed.
struct Wish {
    contact: NameAddr,
    expires: Duration,
}

impl Registrar {
    /// All of it or nothing (section 10.3 step 7).
    pub(crate) fn register(
        &mut self,
        core: &mut Core,
        account: AccountId,
        flow: Flow,
        request: &Message,
    ) -> Result<(), Refusal> {
        let call_id = request.call_id().map_err(|_| Refusal::Bad)?.to_owned();
        let cseq = request.cseq().map_err(|_| Refusal::Bad)?.number;
        let expires = request.expires().ok().flatten();
        if request.contact_is_star() {
            if expires != Some(0) {
                return Err(Refusal::Bad);
            }
            let older = |bound: &Bound| bound.call_id == call_id && bound.cseq >= cseq;
            if self.bound(account).iter().any(older) {
                return Err(Refusal::OutOfOrder);
            }
            self.change(core, account, |bindings| bindings.clear());
            return Ok(());
        }
        let wishes = wishes(core, request, expires)?;
        self.judge(core, account, &wishes, &call_id, cseq)?;
        let user_agent = request.text(Name::UserAgent).map(|text| text.chars().take(128).collect()).unwrap_or_default();
        for wish in wishes {
            let bound = Bound {
                id: core.token(),
                instance: instance(&wish.contact),
                flow: reach(&wish.contact, flow),
                uri: wish.contact.uri,
                call_id: call_id.clone(),
                cseq,
                expires: later(core.now, wish.expires),
                user_agent: Clone::clone(&user_agent),
                answers: false,
                silent: false,
            };
            let remove = wish.expires.is_zero();
            self.change(core, account, |bindings| replace(bindings, bound, remove));
        }
        Ok(())
    }

    fn judge(
        &self,
        core: &mut Core,
        account: AccountId,
        wishes: &[Wish],
        call_id: &str,
        cseq: u32,
    ) -> Result<(), Refusal> {
        let bindings = self.bound(account);
        let mut added = 0;
        for wish in wishes {
            let known = bindings.iter().find(|bound| is_same(bound, &wish.contact));
            match known {
                Some(bound) if bound.call_id == call_id && bound.cseq >= cseq => return Err(Refusal::OutOfOrder),
                Some(_) => {}
                None if wish.expires.is_zero() => {}
                None => added += 1,
            }
        }
        if added > 0 && bindings.len() + added > core.config.limits.contacts_per_account_max {
            return Err(Refusal::TooMany);
        }
        if added > 0 && self.count + added > core.config.limits.bindings_max {
            core.alarm_full("bindings", core.config.limits.bindings_max);
            return Err(Refusal::Full);
        }
        Ok(())
    }

    /// The contacts of an account, each with what is left of its time, for the 200 (section 10.3 step 8).
    pub(crate) fn add_contacts(&self, core: &Core, account: AccountId, mut response: MessageBuilder) -> MessageBuilder {
        for bound in self.bound(account) {
            let left_s = bound.expires.saturating_duration_since(core.now).as_secs();
            let uri = String::from_utf8_lossy(bound.uri.raw());
            let mut contact = format!("<{uri}>;expires={left_s}");
            if let Some(instance) = &bound.instance {
                contact.push_str(&format!(";+sip.instance=\"{instance}\""));
            }
            response = response.header(Name::Contact, contact);
        }
        response
    }
}

/// What the Contact headers ask for, with the expiry that is granted.
fn wishes(core: &Core, request: &Message, expires: Option<u32>) -> Result<Vec<Wish>, Refusal> {
    let times = &core.config.times;
    let mut wishes = Vec::new();
    for contact in request.contacts().map_err(|_| Refusal::Bad)? {
        if !contact.uri.is_sip() {
            return Err(Refusal::Bad);
        }
        let own = contact.param("expires").and_then(|text| text.parse::<u32>().ok());
        let asked = match own.or(expires) {
            Some(seconds) => Duration::from_secs(u64::from(seconds)),
            None => times.register_default,
        };
        if !asked.is_zero() && asked < times.register_min {
            return Err(Refusal::TooBrief);
        }
        wishes.push(Wish { contact, expires: asked.min(times.register_max) });
    }
    Ok(wishes)
}

/// Where the contact is called. A NAT shows another address than the phone's own: then the way back is the way that the
/// REGISTER came (R30). Over UDP from the very address that the Contact names, its port is meant: a phone may send from another
/// one than it listens on.
fn reach(contact: &NameAddr, flow: Flow) -> Flow {
    match contact.uri.host() {
        Some(Host::Ip(ip)) if flow.protocol == Protocol::Udp && ip == flow.remote.ip() => {
            Flow { remote: SocketAddr::new(ip, contact.uri.port().unwrap_or(5060)), ..flow }
        }
        Some(Host::Ip(_) | Host::Name(_)) | None => flow,
    }
}

/// Puts the contact in the place of the one that is the same phone's, or takes that away.
fn replace(bindings: &mut Vec<Bound>, bound: Bound, remove: bool) {
    let same = |one: &Bound| one.uri == bound.uri || (one.instance.is_some() && one.instance == bound.instance);
    let place = bindings.iter().position(same);
    let answers = place.and_then(|place| bindings.get(place)).is_some_and(|one| one.answers && one.flow == bound.flow);
    bindings.retain(|one| !same(one));
    if !remove {
        bindings.push(Bound { answers, ..bound });
    }
}

fn is_same(bound: &Bound, contact: &NameAddr) -> bool {
    bound.uri == contact.uri || (bound.instance.is_some() && bound.instance == instance(contact))
}

fn instance(contact: &NameAddr) -> Option<String> {
    // It is given back inside quotes.
    let instance = contact.param("+sip.instance")?.into_owned();
    (!instance.is_empty() && !instance.contains(['"', '\\', '\r', '\n'])).then_some(instance)
}
