//! Does the peer still know the dialog? An OPTIONS inside it (R31).

use sip::message::{Method, Name};

use super::{Errand, Leg};
use crate::core::Core;
use crate::event::LegEvent;
use crate::wire::SDP;

impl Leg {
    /// Order: ask.
    pub(crate) fn probe(&mut self, core: &mut Core) {
        if self.over || self.uas.is_some() {
            return;
        }
        let Some((builder, flow)) = self.request(core, &Method::Options) else { return };
        let request = builder.header(Name::Accept, SDP).finish();
        core.send(Some(self.voice()), flow, request, crate::core::Errand::Leg(self.id, Errand::Probe));
    }

    /// It answered. RFC 3261 section 12.2.1.2: 481 and 408 end the dialog; anything else is said by somebody who knows it.
    pub(crate) fn probe_answered(&mut self, core: &mut Core, status: u16) {
        match status {
            481 => self.lost(core, false),
            408 | 503 => self.lost(core, true),
            _ if !self.over => core.tell(LegEvent::ProbeAnswered { leg: self.id }),
            _ => {}
        }
    }
}
