//! OPTIONS probes of a trunk: three failures, down; two answers, up (R32).

use sip::message::{Method, Name};

use super::{Line, Pending};
use crate::core::{Core, Errand};
use crate::timer::Timer;
use crate::wire::{Outside, SDP};

/// Failures in a row that take a trunk down.
const FAILURES_DOWN: u8 = 3;
/// Answers in a row that bring it back.
const ANSWERS_UP: u8 = 2;

/// What the probes have shown.
#[derive(Debug, Default)]
pub(super) struct Probe {
    down: bool,
    failures: u8,
    answers: u8,
    pub(super) pending: Pending,
}

impl Probe {
    pub(super) fn is_up(&self) -> bool {
        !self.down
    }

    fn note(&mut self, answered: bool) {
        if answered {
            self.failures = 0;
            self.answers = self.answers.saturating_add(1);
            self.down &= self.answers < ANSWERS_UP;
        } else {
            self.answers = 0;
            self.failures = self.failures.saturating_add(1);
            self.down |= self.failures >= FAILURES_DOWN;
        }
    }
}

impl Line {
    /// Sends one, and sets the clock for the next.
    pub(super) fn send_probe(&mut self, core: &mut Core) {
        let Some(every) = self.trunk.probe else { return };
        core.timers.set(Timer::Probe(self.trunk.id), crate::clock::later(core.now, every));
        if self.probe.pending.is_some() {
            return;
        }
        let Some(flow) = self.flow(core) else { return };
        let target = format!("sip:{}", flow.remote);
        let (via, tag, call_id) = (core.via(flow), core.token(), core.token().to_string());
        let public = core.config.public(flow.protocol, flow.local);
        let outside = Outside {
            method: Method::Options,
            target: &target,
            via: &via,
            from: &format!("<sip:{}@{public}>;tag={tag}", self.contact_user),
            to: &format!("<{target}>"),
            call_id: &call_id,
            cseq: 1,
            max_forwards: 70,
        };
        let request = outside
            .builder()
            .header(Name::Contact, core.contact(flow, &self.contact_user.to_string()))
            .header(Name::Accept, SDP)
            .header(Name::UserAgent, &core.config.server_name)
            .finish();
        let request = if self.trunk.compact { crate::wire::compact(request) } else { request };
        self.probe.pending = Some(core.send(None, flow, request, Errand::Probe(self.trunk.id)));
    }

    /// Any answer but 408 and 503 comes from somebody who works; silence (`None`) does not.
    pub(crate) fn probe_answered(&mut self, core: &mut Core, status: Option<u16>) {
        self.probe.pending = None;
        self.probe.note(status.is_some_and(|status| status != 408 && status != 503));
        self.settle(core, || match status {
            Some(status) => format!("OPTIONS answered {status}"),
            None => "OPTIONS not answered".to_owned(),
        });
    }
}
