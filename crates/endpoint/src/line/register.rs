//! We register with the carrier, and stay registered.

use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::message::{Message, Method, Name};

use super::{Line, Pending};
use crate::clock::later;
use crate::core::{Core, Errand, Token};
use crate::output::{Alarm, Output};
use crate::timer::Timer;
use crate::wire::{ALLOW, Outside};

/// No registration is asked for, or refreshed, more often than this.
const EXPIRES_MIN: Duration = Duration::from_secs(30);
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
    /// Failures in a row.
    failures: u32,
    /// The carrier's Min-Expires, if it named one.
    least: Duration,
    pub(super) pending: Pending,
}

impl Register {
    pub(super) fn new(core: &mut Core) -> Self {
        Self {
            call_id: format!("{}{}", core.token(), core.token()),
            tag: core.token(),
            cseq: 0,
            until: None,
            failures: 0,
            least: EXPIRES_MIN,
            pending: None,
        }
    }

    pub(super) fn is_registered(&self) -> bool {
        self.until.is_some()
    }
}

impl Line {
    /// Sends a REGISTER. `expires`: what the trunk's settings say, or zero to leave.
    pub(super) fn send_register(&mut self, core: &mut Core, expires: Option<Duration>) {
        let Some(registration) = self.trunk.registration.clone() else { return };
        // Gone while the refresh was not answered.
        if self.register.until.is_some_and(|until| until <= core.now) {
            self.register.until = None;
            self.settle(core, || "registration lapsed".to_owned());
        }
        let Some(flow) = self.flow(core) else {
            self.registration_failed(core, 503, None);
            return;
        };
        self.register.cseq += 1;
        let expires_s = expires.unwrap_or(registration.expires.max(self.register.least)).as_secs();
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
        let request = if self.trunk.compact { crate::wire::compact(request) } else { request };
        let errand = if expires.is_some() { Errand::Nothing } else { Errand::Register(self.trunk.id) };
        let key = core.send(None, flow, request, errand);
        if expires.is_none() {
            self.register.pending = Some(key);
        }
    }

    /// The trunk is taken away or changed: nothing of it goes on.
    pub(super) fn leave(&mut self, core: &mut Core) {
        core.timers.stop(Timer::Register(self.trunk.id));
        core.timers.stop(Timer::Probe(self.trunk.id));
        if self.register.is_registered() {
            self.send_register(core, Some(Duration::ZERO));
        }
    }

    /// A challenge was answered: the number went up by one.
    pub(crate) fn register_sent_again(&mut self, key: sip::transaction::ClientKey) {
        self.register.cseq += 1;
        self.register.pending = Some(key);
    }

    /// The final response.
    pub(crate) fn register_answered(&mut self, core: &mut Core, response: &Message) {
        let status = response.status().unwrap_or(500);
        match status {
            ..200 => {}
            200..300 => self.registered(core, response),
            423 if self.register.failures == 0 => {
                let least = response.min_expires().ok().flatten().unwrap_or(3600);
                self.register.least = Duration::from_secs(u64::from(least)).max(EXPIRES_MIN);
                self.register.failures = 1;
                self.send_register(core, None);
            }
            _ => self.registration_failed(core, status, response.retry_after().ok().flatten()),
        }
    }

    fn registered(&mut self, core: &mut Core, response: &Message) {
        self.register.pending = None;
        self.register.failures = 0;
        let granted = self.granted(response);
        self.register.until = Some(later(core.now, granted));
        self.routes =
            response.values(Name::ServiceRoute).take(ROUTES_MAX).map(|value| Bytes::copy_from_slice(&value)).collect();
        // As 3GPP TS 24.229 section 5.1.1.4.1 has it: ten minutes before the end of a long one, else at half.
        let ten_minutes = Duration::from_secs(600);
        let refresh = if granted > 2 * ten_minutes { granted - ten_minutes } else { granted / 2 };
        core.timers.set(Timer::Register(self.trunk.id), later(core.now, refresh.max(EXPIRES_MIN / 2)));
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

    /// Not registered: tried again later and later, with jitter so that trunks do not come all at once.
    pub(crate) fn registration_failed(&mut self, core: &mut Core, status: u16, retry_after_s: Option<u32>) {
        self.register.pending = None;
        self.register.until = None;
        // Whatever we knew of its nonces and routes may be the reason.
        self.challenge = None;
        let times = core.config.times;
        let doubled = times.trunk_retry_min.saturating_mul(1 << self.register.failures.min(16));
        let wait = doubled.min(times.trunk_retry_max);
        let asked = retry_after_s.map(|seconds| Duration::from_secs(u64::from(seconds)).min(times.trunk_retry_max));
        self.register.failures = self.register.failures.saturating_add(1);
        let wait = wait.max(asked.unwrap_or_default());
        let wait = core.between(wait.mul_f32(0.75), wait.mul_f32(1.25)).max(asked.unwrap_or_default());
        core.timers.set(Timer::Register(self.trunk.id), later(core.now, wait));
        let refused = matches!(status, 401 | 403 | 404 | 407);
        if refused && self.register.failures == 1 {
            core.outputs.push_back(Output::Alarm(Alarm::RegistrationRefused { trunk: self.trunk.id, status }));
        }
        self.settle(core, || match status {
            408 => "registration not answered".to_owned(),
            status => format!("registration refused with {status}"),
        });
    }
}
