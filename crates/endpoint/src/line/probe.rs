//! OPTIONS probes of every hop of a trunk (R32); see [`super::hops`] for what they decide.

use sip::flow::Flow;
use sip::message::{Method, Name};

use super::Line;
use crate::core::{Core, Errand};
use crate::timer::Timer;
use crate::trunk::Hop;
use crate::wire::{Outside, SDP};

impl Line {
    /// Probes every hop, and sets the clock for the next time.
    pub(super) fn send_probes(&mut self, core: &mut Core) {
        let Some(every) = self.trunk.probe else { return };
        core.timers.set(Timer::Probe(self.trunk.id), crate::clock::later(core.now, every));
        let hops: Vec<Hop> = self.hops.iter().filter(|hop| !self.hops.is_probed(*hop)).collect();
        for hop in hops {
            if let Some(flow) = core.flow_to(hop.protocol, hop.address) {
                self.send_probe(core, hop, flow);
            }
        }
    }

    fn send_probe(&mut self, core: &mut Core, hop: Hop, flow: Flow) {
        let target = format!("sip:{}", hop.address);
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
        let key = core.send(None, flow, request, Errand::Probe(self.trunk.id));
        self.hops.probing(hop, Some(key));
    }

    /// Any answer but 408 and 503 comes from somebody who works; silence (`None`) does not.
    pub(crate) fn probe_answered(&mut self, core: &mut Core, flow: Flow, status: Option<u16>) {
        let hop = self.hops.of(flow);
        let was_good = self.hops.is_good(core.now, hop);
        self.hops.probed(hop, status.is_some_and(|status| status != 408 && status != 503));
        // Found out before a call did.
        if was_good && !self.hops.is_good(core.now, hop) && self.register.over() == Some(hop) {
            self.move_registration(core);
        }
        self.look(core);
        self.settle(core, || match status {
            Some(status) => format!("OPTIONS answered {status}"),
            None => "OPTIONS not answered".to_owned(),
        });
    }
}
