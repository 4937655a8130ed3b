//! A phone registers, and comes back when it was lost: RFC 3261 section 10.2.

use std::time::Duration;

use sip::message::Method;

use super::{Scene, Ua, Wake};
use crate::house::REALM;
use crate::view::View;

/// What phones ask for, seconds.
const EXPIRES_S: u64 = 120;

/// Where it stands.
#[derive(Debug, Default)]
pub(super) struct Registration {
    call_id: String,
    cseq: u32,
    has_signed: bool,
    nonce_answer: String,
    under_way: bool,
}

impl Ua {
    /// Registers, first or again.
    pub(super) fn register(&mut self, scene: &mut Scene<'_>) {
        if !self.is_phone() || !self.alive || self.registration.under_way {
            return;
        }
        self.registration.has_signed = false;
        self.registration.nonce_answer.clear();
        if self.registration.call_id.is_empty() {
            let unique = self.fresh();
            self.registration.call_id = format!("reg-{}-{unique}", self.name);
        }
        self.send_register(scene);
    }

    fn send_register(&mut self, scene: &mut Scene<'_>) {
        let branch = self.branch();
        let (via, user, contact, address) = (self.via(&branch), self.user(), self.contact(), self.address);
        let Registration { call_id, cseq, nonce_answer, under_way, .. } = &mut self.registration;
        *cseq += 1;
        *under_way = true;
        let cseq = *cseq;
        let text = format!(
            "REGISTER sip:{REALM} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: <sip:{user}@{REALM}>;tag={address}\r\n\
             To: <sip:{user}@{REALM}>\r\nCall-ID: {call_id}\r\nCSeq: {cseq} REGISTER\r\nContact: {contact}\r\n\
             Expires: {EXPIRES_S}\r\n{nonce_answer}Content-Length: 0\r\n\r\n"
        );
        let text = text.replace(&format!("tag={address}"), &format!("tag={cseq}"));
        self.ask(scene, None, Method::Register, (branch, cseq), bytes::Bytes::from(text));
    }

    /// The answer.
    pub(super) fn registered(&mut self, scene: &mut Scene<'_>, view: &View) {
        self.registration.under_way = false;
        match view.status {
            401 if !self.registration.has_signed => {
                let header = self.authorization(&view.message, &Method::Register, &format!("sip:{REALM}"));
                self.registration.has_signed = true;
                self.registration.nonce_answer = header.unwrap_or_default();
                self.send_register(scene);
            }
            200 => {
                scene.seen.note("ua: registered");
                scene.wake(Duration::from_secs(EXPIRES_S / 2), Wake::Register);
            }
            _ => self.registration_failed(scene),
        }
    }

    /// Once more, a little later.
    pub(super) fn registration_failed(&mut self, scene: &mut Scene<'_>) {
        self.registration.under_way = false;
        let wait = scene.chance.between_ms(1_000, 8_000);
        scene.wake(wait, Wake::Register);
    }
}
