//! REGISTER: RFC 3261 section 10.3, once its sender is known.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use sip::flow::{Flow, Protocol};
use sip::message::{Host, Message, MessageBuilder, Name, NameAddr, Uri};

use super::{Bound, Registrar, instance_of};
use crate::account::AccountId;
use crate::clock::later;
use crate::core::Core;

/// Proxies between a phone and us; more are an attack or a mistake.
const PATH_MAX: usize = 8;
/// How often a phone must say something over a flow that it keeps (RFC 5626 section 4.4.1).
pub(crate) const FLOW_TIMER_S: u32 = 120;

/// Why a REGISTER changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `*` with other contacts or with an expiry, a Contact that is no SIP address, a Path that is none.
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
    instance: Option<String>,
    reg_id: Option<u32>,
    /// The way to it.
    flow: Flow,
}

/// What a REGISTER has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registered {
    /// Contacts as RFC 3261 knows them.
    Plainly,
    /// Flows of RFC 5626, which the phone keeps alive by itself.
    Flows,
}

impl Registrar {
    /// All of it or nothing (section 10.3 step 7).
    pub(crate) fn register(
        &mut self,
        core: &mut Core,
        account: AccountId,
        flow: Flow,
        request: &Message,
    ) -> Result<Registered, Refusal> {
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
            return Ok(Registered::Plainly);
        }
        let wishes = wishes(core, flow, request, expires)?;
        let path = path(request)?;
        let registered = match wishes.iter().any(|wish| wish.reg_id.is_some()) {
            true => Registered::Flows,
            false => Registered::Plainly,
        };
        self.judge(core, account, &wishes, &call_id, cseq)?;
        let user_agent = request.text(Name::UserAgent).map(|text| text.chars().take(128).collect()).unwrap_or_default();
        for wish in wishes {
            let bound = Bound {
                id: core.token(),
                instance: wish.instance,
                reg_id: wish.reg_id,
                q: preference(&wish.contact),
                path: path.clone(),
                secret: core.token(),
                flow: wish.flow,
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
        Ok(registered)
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
            let place = (&wish.contact.uri, wish.instance.as_deref(), wish.reg_id, wish.flow);
            let known = bindings.iter().find(|bound| is_same(bound, place));
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

    /// The contacts of an account, each with what is left of its time, for the 200 (section 10.3 step 8); with GRUUs for a phone
    /// that knows what they are (RFC 5627 section 5.2).
    pub(crate) fn add_contacts(
        &self,
        core: &mut Core,
        account: AccountId,
        wants_gruu: bool,
        mut response: MessageBuilder,
    ) -> MessageBuilder {
        let user = self.account(account).map(|account| account.user.as_str()).unwrap_or_default();
        for bound in self.bound(account) {
            let left_s = bound.expires.saturating_duration_since(core.now).as_secs();
            let uri = String::from_utf8_lossy(bound.uri.raw());
            let mut contact = format!("<{uri}>;expires={left_s}");
            if let Some(instance) = &bound.instance {
                contact.push_str(&format!(";+sip.instance=\"{instance}\""));
            }
            if let Some(reg_id) = bound.reg_id {
                contact.push_str(&format!(";reg-id={reg_id}"));
            }
            if wants_gruu && bound.instance.is_some() {
                let number = core.token();
                contact.push_str(&self.gruus(&core.config.realm, user, bound, number).unwrap_or_default());
            }
            response = response.header(Name::Contact, contact);
        }
        response
    }
}

/// What the Contact headers ask for, with the expiry that is granted.
fn wishes(core: &Core, flow: Flow, request: &Message, expires: Option<u32>) -> Result<Vec<Wish>, Refusal> {
    let times = &core.config.times;
    let keeps_flows = keeps_flows(flow, request);
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
        let instance = instance_of(&contact);
        let named = contact.param("reg-id").and_then(|text| text.parse().ok()).filter(|id| *id > 0);
        let reg_id = named.filter(|_| keeps_flows && instance.is_some());
        // An edge in between is the way to the phone, whatever its Contact says.
        let flow = if request.has(Name::Path) { flow } else { reach(&contact, flow) };
        wishes.push(Wish { contact, expires: asked.min(times.register_max), instance, reg_id, flow });
    }
    Ok(wishes)
}

/// Whether `reg-id` counts (RFC 5626 section 6): the phone knows what it means, and whoever it talks to first keeps its flow. That
/// is us when there is only its own Via; over datagrams we do not, because we answer no STUN there: our OPTIONS keep those ways
/// open. Else it is an edge that says `ob` in its Path.
///
/// Where it does not count it is ignored, and the 200 says so by having no `Require: outbound`. The RFC would refuse with 439
/// behind an edge without `ob`; but phones that always say `Supported: outbound` (JsSIP) would never register then.
fn keeps_flows(flow: Flow, request: &Message) -> bool {
    if !request.supports("outbound") {
        return false;
    }
    let paths = request.addresses(Name::Path).unwrap_or_default();
    match paths.last() {
        Some(first_hop) => first_hop.uri.param("ob").is_some(),
        None => request.values(Name::Via).nth(1).is_none() && flow.protocol.is_reliable(),
    }
}

/// The proxies that want to be on the way to this contact, the nearest to us first (RFC 3327 section 5.3).
fn path(request: &Message) -> Result<Vec<Bytes>, Refusal> {
    // Read once, so that only addresses become Routes of ours.
    let count = request.addresses(Name::Path).map_err(|_| Refusal::Bad)?.len();
    if count > PATH_MAX {
        return Err(Refusal::Bad);
    }
    Ok(request.values(Name::Path).map(|value| Bytes::copy_from_slice(&value)).collect())
}

/// `q` in thousandths: 1 unless it says otherwise (RFC 3261 section 16.6 step 5 leaves the default to us).
fn preference(contact: &NameAddr) -> u16 {
    let q = contact.param("q").and_then(|text| text.parse::<f32>().ok()).filter(|q| (0.0..=1.0).contains(q));
    // 0 to 1000: it fits.
    (q.unwrap_or(1.0) * 1000.0) as u16
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
fn replace(bindings: &mut Vec<Bound>, mut bound: Bound, remove: bool) {
    let same =
        |one: &Bound, bound: &Bound| is_same(one, (&bound.uri, bound.instance.as_deref(), bound.reg_id, bound.flow));
    if let Some(old) = bindings.iter().find(|one| same(one, &bound)) {
        bound.answers = old.answers && old.flow == bound.flow;
        // The same life of the phone: what it was given stays good (RFC 5627 section 3.1.2).
        if old.call_id == bound.call_id {
            bound.secret = old.secret;
        }
    }
    bindings.retain(|one| !same(one, &bound));
    if !remove {
        bindings.push(bound);
    }
}

/// Where a contact stands: its address, its phone, which flow of the phone, and the way that it came.
type Place<'a> = (&'a Uri, Option<&'a str>, Option<u32>, Flow);

/// Whether the contact is that of this place. A phone that names its instance is the same whatever its address, and each of its
/// flows is a contact of its own (RFC 5626 section 6). Phones of two instances are two, even if their NATs give both the same
/// address, unless they are heard from the same one: then it is a phone that chose a new name when it started anew. Of all others
/// the address counts (RFC 3261 section 10.3).
fn is_same(bound: &Bound, (uri, instance, reg_id, flow): Place<'_>) -> bool {
    match (bound.instance.as_deref(), instance) {
        (Some(ours), Some(theirs)) if ours == theirs => {
            bound.reg_id.is_none() || reg_id.is_none() || bound.reg_id == reg_id
        }
        (Some(_), Some(_)) => bound.uri == *uri && bound.flow.remote == flow.remote,
        (None, _) | (_, None) => bound.uri == *uri,
    }
}
