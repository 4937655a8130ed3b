//! A carrier challenges us. Credentials go only to the trunk they belong to, and only for its realm (R16).

use sip::digest::{Challenge, Secret, Signed, answer};
use sip::flow::{Flow, Protocol};
use sip::message::{Editor, Message, Method, Name};

use super::Line;
use crate::core::{Core, Sent};

/// Times one request is answered with credentials: once, and once more for a stale nonce.
const TRIES_MAX: u8 = 2;

impl Line {
    /// The same request with credentials, numbered anew; `None` if this challenge is not to be answered.
    pub(crate) fn answer(&mut self, core: &mut Core, sent: &Sent, response: &Message) -> Option<Sent> {
        if sent.tries >= TRIES_MAX || !self.is_own_way(sent.flow) {
            return None;
        }
        // Inside a call it may be the far end that challenges: its realm is not taken for the trunk's (R16).
        if self.realm.is_none() && sent.request.to().is_ok_and(|to| to.tag().is_some()) {
            return None;
        }
        let (name, challenge) = Challenge::all(response).find(|(_, challenge)| self.is_own_realm(&challenge.realm))?;
        // A second challenge that does not say "stale" means that the password is wrong.
        if sent.tries > 0 && !challenge.stale {
            return None;
        }
        self.realm.get_or_insert_with(|| challenge.realm.clone());
        let cseq = sent.request.cseq().ok()?;
        let number = cseq.number.checked_add(1)?;
        let via = core.via(sent.flow);
        let edited = sent
            .request
            .edit()
            .first_value(Name::Via, Some(via.as_bytes()))
            .replace(Name::CSeq, format!("{number} {}", cseq.method));
        let request = self.sign(core, edited, &sent.request, &cseq.method, name, &challenge, 1)?;
        if cseq.method == Method::Register {
            self.challenge = Some((name, challenge, 1));
        }
        Some(Sent { request, tries: sent.tries + 1, errand: sent.errand, flow: sent.flow, datagram: None })
    }

    /// Credentials for a REGISTER that was not challenged yet, out of the last challenge.
    pub(crate) fn sign_ahead(&mut self, core: &mut Core, request: Message) -> Message {
        let Some((name, challenge, count)) = self.challenge.clone() else { return request };
        let count = count.saturating_add(1);
        let signed = self.sign(core, request.edit(), &request, &Method::Register, name, &challenge, count);
        self.challenge = Some((name, challenge, count));
        signed.unwrap_or(request)
    }

    #[allow(clippy::too_many_arguments, reason = "everything that a digest is made of")]
    fn sign(
        &self,
        core: &mut Core,
        edited: Editor,
        request: &Message,
        method: &Method,
        name: Name,
        challenge: &Challenge,
        count: u32,
    ) -> Option<Message> {
        let credentials = self.trunk.credentials.as_ref()?;
        let uri = String::from_utf8_lossy(request.request_uri()?);
        let signed = Signed { method, uri: &uri, body: request.body() };
        let cnonce = core.token().to_string();
        let secret = Secret::Password(&credentials.password);
        let answer = answer(challenge, &credentials.user, &secret, signed, &cnonce, count);
        Some(edited.replace(name, answer.to_string()).finish())
    }

    /// It went to the trunk, and not where some Contact led us; by its transport, or by TCP where it was too large for UDP.
    fn is_own_way(&self, flow: Flow) -> bool {
        let fits =
            |protocol| protocol == flow.protocol || (protocol == Protocol::Udp && flow.protocol == Protocol::Tcp);
        self.trunk.credentials.is_some()
            && self.trunk.hops.iter().any(|hop| fits(hop.protocol))
            && self.owns(flow.remote.ip())
    }

    fn is_own_realm(&self, realm: &str) -> bool {
        self.realm.as_deref().is_none_or(|ours| ours == realm)
    }
}
