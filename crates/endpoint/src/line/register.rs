//! We register with the carrier, over the first hop that lets us, and stay registered.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::{Message, Method, Name};
use sip::transaction::ClientKey;

use super::{Line, Outcome, Pending};
use crate::clock::later;
use crate::core::{Core, Errand, Token};
use crate::output::{Alarm, Output};
use crate::timer::Timer;
use crate::trunk::{Hop, RegistrationNow, Standing};
use crate::wire::{ALLOW, Outside};

/// No registration is asked for, or refreshed, more often than this.
const EXPIRES_MIN: Duration = Duration::from_secs(30);
/// How often a carrier may raise its Min-Expires before it counts as a failure.
const RAISES_MAX: u32 = 3;
/// Service-Route values that are kept.
const ROUTES_MAX: usize = 8;

/// How the registration stands.
#[derive(Debug)]
pub(super) struct Register {
    call_id: String,
    tag: Token,
    cseq: u32,
    /// Registered until then.
    until: Option<Instant>,
    /// Over this hop.
    over: Option<Hop>,
    /// Hops that are still to be tried this time.
    left: VecDeque<Hop>,
    /// Failures in a row.
    failures: u32,
    /// The carrier's Min-Expires, if it named one.
    least: Duration,
    /// What was asked for last, and when.
    asked: Duration,
    asked_at: Option<Instant>,
    /// How often Min-Expires was raised this time.
    raises: u32,
    pending: Pending,
    /// How it stands, and since when.
    standing: (Standing, Instant),
    /// The last answer, and when it came.
    answer: Option<(u16, Instant)>,
}

impl Register {
    pub(super) fn new(core: &mut Core) -> Self {
        Self {
            call_id: format!("{}{}", core.token(), core.token()),
            tag: core.token(),
            cseq: 0,
            until: None,
            over: None,
            left: VecDeque::new(),
            failures: 0,
            least: EXPIRES_MIN,
            asked: EXPIRES_MIN,
            asked_at: None,
            raises: 0,
            pending: None,
            standing: (Standing::Asking, core.now),
            answer: None,
        }
    }

    /// For those who look after trunks.
    pub(super) fn told(&self, now: Instant) -> RegistrationNow {
        let (standing, since) = match (self.standing, self.until) {
            // Nobody has asked again yet.
            ((Standing::Registered, _), Some(until)) if until <= now => (Standing::Expired, until),
            (known, _) => known,
        };
        RegistrationNow { standing, since, until: self.until.filter(|until| *until > now), answer: self.answer }
    }

    fn stands_so(&mut self, now: Instant, standing: Standing) {
        if self.standing.0 != standing {
            self.standing = (standing, now);
        }
    }

    pub(super) fn is_registered(&self) -> bool {
        self.until.is_some()
    }

    /// The registration has not lapsed.
    pub(super) fn stands(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until > now)
    }

    /// The hop that we are registered over.
    pub(super) fn over(&self) -> Option<Hop> {
        self.over.filter(|_| self.is_registered())
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failures > 0
    }
}

impl Line {
    /// Registers, or refreshes: over the best hop, and if it fails over the next.
    pub(super) fn send_register(&mut self, core: &mut Core) {
        if self.trunk.registration.is_none() {
            return;
        }
        if !self.before.as_ref().is_some_and(|before| before.register.stands(core.now)) {
            self.before = None;
        }
        // Gone while the refresh was not answered.
        if self.register.until.is_some_and(|until| until <= core.now) {
            self.register.until = None;
            self.register.stands_so(core.now, Standing::Expired);
            self.settle(core, || "registration lapsed".to_owned());
        }
        self.register.raises = 0;
        self.register.left = self.hops.order(core.now, None).into();
        let rest_s = self.rest_s(core);
        self.register_over_next(core, 503, rest_s);
    }

    /// The hop that we are registered over has failed: another, if there is a better one.
    pub(super) fn move_registration(&mut self, core: &mut Core) {
        let now = core.now;
        let better = self.hops.order(now, None).first().is_some_and(|first| Some(*first) != self.register.over);
        if better && self.register.pending.is_none() {
            self.send_register(core);
        }
    }

    /// The next hop that is left, or failure.
    fn register_over_next(&mut self, core: &mut Core, status: u16, retry_after_s: Option<u32>) {
        self.register.pending = None;
        core.timers.stop(Timer::RegisterSilent(self.trunk.id));
        let way = std::iter::from_fn(|| self.register.left.pop_front())
            .find_map(|hop| core.flow_to(hop.protocol, hop.address));
        let Some(flow) = way else { return self.registration_failed(core, status, retry_after_s) };
        let asked = self.trunk.registration.as_ref().map_or(EXPIRES_MIN, |registration| registration.expires);
        self.register.asked = asked.max(self.register.least);
        self.register.asked_at = Some(core.now);
        let Some(request) = self.build_register(core, flow, self.register.asked) else { return };
        self.register.pending = Some(core.send(None, flow, request, Errand::Register(self.trunk.id)));
        if !self.register.left.is_empty() {
            let patience = core.config.times.first_response_max;
            core.timers.set(Timer::RegisterSilent(self.trunk.id), later(core.now, patience));
        }
    }

    fn build_register(&mut self, core: &mut Core, flow: Flow, expires: Duration) -> Option<Message> {
        let registration = self.trunk.registration.clone()?;
        self.register.cseq += 1;
        let expires_s = expires.as_secs();
        let via = core.via(flow);
        let outside = Outside {
            method: Method::Register,
            target: &registration.registrar,
            via: &via,
            from: &format!("<{}>;tag={}", registration.aor, self.register.tag),
            to: &format!("<{}>", registration.aor),
            call_id: &self.register.call_id,
            cseq: self.register.cseq,
            max_forwards: 70,
        };
        let contact = core.contact(flow, &self.contact_user.to_string());
        let request = outside
            .builder()
            .header(Name::Contact, format!("{contact};expires={expires_s}"))
            .header(Name::Expires, expires_s.to_string())
            .header(Name::Supported, "path")
            .header(Name::Allow, ALLOW)
            .header(Name::UserAgent, &core.config.server_name)
            .finish();
        let request = self.sign_ahead(core, request);
        Some(if self.trunk.compact { crate::wire::compact(request) } else { request })
    }

    /// Removes our registration. `false`: there is no way to say so.
    pub(super) fn send_farewell(&mut self, core: &mut Core) -> bool {
        let flow = self.register.over.and_then(|hop| core.flow_to(hop.protocol, hop.address));
        let Some(flow) = flow else { return false };
        let Some(request) = self.build_register(core, flow, Duration::ZERO) else { return false };
        core.send(None, flow, request, Errand::Leave(self.contact_user));
        true
    }

    /// The line is changed or taken away.
    pub(super) fn stop_timers(&mut self, core: &mut Core) {
        for timer in [Timer::Register, Timer::RegisterSilent, Timer::Probe] {
            core.timers.stop(timer(self.trunk.id));
        }
        self.register.pending = None;
    }

    /// A challenge was answered: the number went up by one.
    pub(crate) fn register_sent_again(&mut self, key: ClientKey) {
        self.register.cseq += 1;
        self.register.pending = Some(key);
    }

    /// A response to our REGISTER. One that we no longer wait for is nothing to us.
    pub(crate) fn register_answered(&mut self, core: &mut Core, key: ClientKey, flow: Flow, response: &Message) {
        if self.register.pending != Some(key) {
            return;
        }
        core.timers.stop(Timer::RegisterSilent(self.trunk.id));
        let status = response.status().unwrap_or(500);
        let retry_after_s = response.retry_after().ok().flatten();
        let hop = self.hops.of(flow);
        match status {
            ..200 => {}
            200..300 => self.registered(core, hop, response),
            423 if self.learns_least(response) => {
                self.register.left.push_front(hop);
                self.register_over_next(core, status, None);
            }
            503 => {
                let rest = retry_after_s.map(|seconds| Duration::from_secs(u64::from(seconds)));
                self.hop_failed(core, hop, Outcome::Busy(rest), status, retry_after_s);
            }
            // The hop works, but not what is behind it.
            408 | 500 | 502 | 504 => self.register_over_next(core, status, retry_after_s),
            _ => {
                self.register.left.clear();
                self.registration_failed(core, status, retry_after_s);
            }
        }
    }

    /// Whether a 423 (RFC 3261 section 10.2.8) names a longer expiry than was asked for. It is kept, however often we have
    /// failed before: without it no later attempt would fare better.
    fn learns_least(&mut self, response: &Message) -> bool {
        let least_s = response.min_expires().ok().flatten().unwrap_or(3600);
        let least = Duration::from_secs(u64::from(least_s));
        if least <= self.register.asked {
            return false;
        }
        self.register.least = least;
        self.register.raises = self.register.raises.saturating_add(1);
        self.register.raises <= RAISES_MAX
    }

    /// The connection that we are registered over is closed: registers over a new one. A carrier that closes after each
    /// response does not make us ask without a pause, and what is under way already is not disturbed.
    pub(super) fn register_anew(&mut self, core: &mut Core) {
        if self.register.pending.is_some() || self.register.has_failed() {
            return;
        }
        let rested = self.register.asked_at.map(|at| later(at, core.config.times.trunk_retry_min));
        core.timers.set(Timer::Register(self.trunk.id), rested.map_or(core.now, |at| at.max(core.now)));
    }

    /// The transaction of our REGISTER ended without a response.
    pub(crate) fn register_lost(&mut self, core: &mut Core, key: ClientKey, flow: Flow, status: u16) {
        if self.register.pending == Some(key) {
            let hop = self.hops.of(flow);
            let outcome = if status == 503 { Outcome::Unreachable } else { Outcome::Silent };
            self.hop_failed(core, hop, outcome, status, None);
        }
    }

    /// Timer: another hop may answer.
    pub(super) fn register_silent(&mut self, core: &mut Core) {
        let flow = self.register.pending.and_then(|key| core.sent(key)).map(|sent| sent.flow);
        if let Some(flow) = flow {
            let hop = self.hops.of(flow);
            self.hop_failed(core, hop, Outcome::Silent, 408, None);
        }
    }

    fn hop_failed(&mut self, core: &mut Core, hop: Hop, outcome: Outcome, status: u16, retry_after_s: Option<u32>) {
        self.hops.note(core.now, hop, outcome);
        self.register_over_next(core, status, retry_after_s);
        self.look(core);
    }

    fn registered(&mut self, core: &mut Core, hop: Hop, response: &Message) {
        self.register.pending = None;
        self.register.left.clear();
        self.register.failures = 0;
        self.register.stands_so(core.now, Standing::Registered);
        self.register.answer = Some((response.status().unwrap_or(200), core.now));
        self.register.over = Some(hop);
        self.hops.note(core.now, hop, Outcome::Answered);
        let granted = self.granted(response);
        self.register.until = Some(later(core.now, granted));
        self.routes =
            response.values(Name::ServiceRoute).take(ROUTES_MAX).map(|value| Bytes::copy_from_slice(&value)).collect();
        // As 3GPP TS 24.229 section 5.1.1.4.1 has it: ten minutes before the end of a long one, else at half.
        let ten_minutes = Duration::from_secs(600);
        let refresh = if granted > 2 * ten_minutes { granted - ten_minutes } else { granted / 2 };
        core.timers.set(Timer::Register(self.trunk.id), later(core.now, refresh.max(EXPIRES_MIN / 2)));
        self.look(core);
        self.settle(core, || format!("registered for {} s", granted.as_secs()));
    }

    /// The expiry of our own contact, else of all.
    fn granted(&self, response: &Message) -> Duration {
        let user = self.contact_user.to_string();
        let contacts = response.contacts().unwrap_or_default();
        let ours = contacts.iter().find(|contact| contact.uri.user().is_some_and(|name| name == user));
        let own = ours.and_then(|contact| contact.param("expires")).and_then(|text| text.parse::<u32>().ok());
        let asked = self.trunk.registration.as_ref().map_or(EXPIRES_MIN, |registration| registration.expires);
        let general = response.expires().ok().flatten();
        own.or(general).map_or(asked, |seconds| Duration::from_secs(u64::from(seconds))).max(EXPIRES_MIN)
    }

    /// No hop has let us: tried again later and later, with jitter so that trunks do not come all at once. A registration that
    /// stands goes on until it lapses, or until the carrier says that it does not know us (any more).
    fn registration_failed(&mut self, core: &mut Core, status: u16, retry_after_s: Option<u32>) {
        self.register.pending = None;
        let refused = matches!(status, 401 | 403 | 404 | 407);
        if refused || !self.register.stands(core.now) {
            self.register.until = None;
            let standing = if status == 408 { Standing::Unanswered } else { Standing::Refused };
            self.register.stands_so(core.now, standing);
        }
        self.register.answer = Some((status, core.now));
        // Whatever we knew of its nonces and routes may be the reason.
        self.challenge = None;
        let times = core.config.times;
        let doubled = times.trunk_retry_min.saturating_mul(1 << self.register.failures.min(16));
        let wait = doubled.min(times.trunk_retry_max);
        let asked = retry_after_s.map(|seconds| Duration::from_secs(u64::from(seconds)).min(times.trunk_retry_max));
        self.register.failures = self.register.failures.saturating_add(1);
        let wait = wait.max(asked.unwrap_or_default());
        let wait = core.between(wait.mul_f32(0.75), wait.mul_f32(1.25)).max(asked.unwrap_or_default());
        let wait = self.before_lapse(core, wait, asked.unwrap_or_default());
        core.timers.set(Timer::Register(self.trunk.id), later(core.now, wait));
        if refused && self.register.failures == 1 {
            core.outputs.push_back(Output::Alarm(Alarm::RegistrationRefused { trunk: self.trunk.id, status }));
        }
        self.settle(core, || match status {
            408 => "registration not answered".to_owned(),
            status => format!("registration refused with {status}"),
        });
    }

    /// The wait cut short, if a registration stands: half of what is left of it or the shortest wait, and at most to its end.
    /// Who asked for more time (`asked`) gets as much of it as there is.
    fn before_lapse(&self, core: &Core, wait: Duration, asked: Duration) -> Duration {
        let Some(left) = self.register.until.map(|until| until.saturating_duration_since(core.now)) else {
            return wait;
        };
        wait.min((left / 2).max(core.config.times.trunk_retry_min).max(asked).min(left))
    }
}
