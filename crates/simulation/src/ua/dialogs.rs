//! Requests of a party, inside its dialogs and outside: RFC 3261 section 12.2.1.

use std::fmt::Write as _;

use bytes::Bytes;
use sip::message::Method;

use super::sdp::Sdp;
use super::talk::{Cancel, State, Talk};
use super::{Scene, Ua};
use crate::house::REALM;

impl Ua {
    /// User part of its own address.
    pub(super) fn user(&self) -> String {
        match self.role {
            super::Role::Carrier => "gateway".to_owned(),
            super::Role::Phone { operator } => crate::house::user(operator),
        }
    }

    /// Its Contact.
    pub(super) fn contact(&self) -> String {
        let transport = if self.protocol.is_reliable() { ";transport=tcp" } else { "" };
        format!("<sip:{}@{}{transport}>", self.user(), self.address)
    }

    /// Contact and Allow, as header lines.
    pub(super) fn who(&self) -> String {
        let update = if self.allows_update { ", UPDATE" } else { "" };
        format!(
            "Contact: {}\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, NOTIFY, INFO{update}\r\n",
            self.contact()
        )
    }

    /// A Via with this branch.
    pub(super) fn via(&self, branch: &str) -> String {
        format!("SIP/2.0/{} {};rport;branch={branch}", self.protocol, self.address)
    }

    /// A branch never used before.
    pub(super) fn branch(&mut self) -> String {
        let number = self.fresh();
        format!("z9hG4bK-{}-{number}", self.name)
    }

    /// A new dialog. `remote`: their address, with the tag if it is known.
    pub(super) fn open(&mut self, caller: bool, call_id: String, local: &str, remote: String) -> Talk {
        let id = u32::try_from(self.fresh()).unwrap_or(u32::MAX);
        let port = self.next_rtp;
        self.next_rtp = if port > 60_000 { 10_000 } else { port + 2 };
        let local_tag = format!("{}-{id}", self.name);
        Talk {
            id,
            caller,
            call_id,
            local: format!("{local};tag={local_tag}"),
            local_tag,
            remote,
            remote_tag: String::new(),
            target: String::new(),
            local_cseq: 0,
            remote_cseq: 0,
            state: State::Calling,
            dead: false,
            never_acks: false,
            muted: false,
            sdp: Sdp::new(u64::from(id), port),
            their_port: None,
            their_origin: None,
            offered: None,
            cancel: Cancel::No,
            invite: None,
            owed: None,
            pending: None,
            unacked: None,
            acks: std::collections::BTreeMap::new(),
            unpracked: None,
            their_rseq: None,
            timer: None,
            updates: false,
            consults_for: None,
            extra: String::new(),
            late_offer: false,
            number: String::new(),
            has_signed: false,
            answered_early: false,
            presses: false,
        }
    }

    /// A request of this dialog with the next CSeq (or, for ACK, that of the INVITE): the branch and number, and the text.
    pub(super) fn write(
        &mut self,
        number: u32,
        method: &Method,
        cseq: Option<u32>,
        extra: &str,
        body: &str,
    ) -> Option<((String, u32), Bytes)> {
        let branch = self.branch();
        let (via, who) = (self.via(&branch), self.who());
        let talk = self.talks.get_mut(&number)?;
        let cseq = cseq.unwrap_or_else(|| {
            talk.local_cseq += 1;
            talk.local_cseq
        });
        let Talk { target, local, remote, call_id, .. } = talk;
        let mut text = format!(
            "{method} {target} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: {local}\r\nTo: {remote}\r\n\
             Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
        );
        if matches!(method, Method::Invite | Method::Update | Method::Refer) {
            text.push_str(&who);
        }
        text.push_str(extra);
        if !body.is_empty() && !extra.contains("Content-Type") {
            text.push_str("Content-Type: application/sdp\r\n");
        }
        let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
        Some(((branch, cseq), Bytes::from(text)))
    }

    /// A request inside this dialog, in a transaction of its own.
    pub(super) fn request(
        &mut self,
        scene: &mut Scene<'_>,
        talk: u32,
        method: Method,
        extra: &str,
        body: &str,
    ) -> Option<u64> {
        let (key, bytes) = self.write(talk, &method, None, extra, body)?;
        Some(self.ask(scene, Some(talk), method, key, bytes))
    }

    /// Calls: a new dialog with its INVITE. `local`: From without tag; `extra`: whole header lines.
    pub(super) fn call(&mut self, scene: &mut Scene<'_>, local: &str, number: &str, extra: &str, offers: bool) -> u32 {
        let host = match self.role {
            super::Role::Carrier => crate::house::HOUSE,
            super::Role::Phone { .. } => REALM,
        };
        let unique = self.fresh();
        let call_id = format!("{}-{unique}@{}", self.name, self.address.ip());
        let mut talk = self.open(true, call_id, local, format!("<sip:{number}@{host}>"));
        talk.target = format!("sip:{number}@{host}");
        number.clone_into(&mut talk.number);
        extra.clone_into(&mut talk.extra);
        talk.late_offer = !offers;
        let id = talk.id;
        self.talks.insert(id, talk);
        self.invite(scene, id, "");
        id
    }

    /// The INVITE, again with credentials if there are any.
    pub(super) fn invite(&mut self, scene: &mut Scene<'_>, id: u32, credentials: &str) {
        let ip = self.address.ip();
        let Some(talk) = self.talks.get_mut(&id) else { return };
        let body = if talk.late_offer { String::new() } else { talk.sdp.text(ip) };
        talk.offered = (!talk.late_offer).then_some(talk.sdp.way);
        let extra = format!("{}{credentials}", talk.extra);
        let sent = self.request(scene, id, Method::Invite, &extra, &body);
        if let Some(talk) = self.talks.get_mut(&id) {
            talk.invite = sent;
        }
    }

    /// CANCEL, once a provisional has come (RFC 3261 section 9.1).
    pub(super) fn cancel(&mut self, scene: &mut Scene<'_>, id: u32) {
        let Some(talk) = self.talks.get_mut(&id) else { return };
        let Some(client) = talk.invite.and_then(|invite| self.clients.get(&invite)) else { return };
        if talk.cancel == Cancel::Sent || client.done {
            return;
        }
        if !client.proceeds {
            talk.cancel = Cancel::Wanted;
            return;
        }
        talk.cancel = Cancel::Sent;
        scene.seen.note("ua: CANCEL");
        let (branch, cseq, invite) = (client.branch.clone(), client.cseq, talk.invite);
        let Some(Talk { target, local, remote, call_id, .. }) = self.talks.get(&id) else { return };
        let remote = remote.split(";tag=").next().unwrap_or_default();
        let text = format!(
            "CANCEL {target} SIP/2.0\r\nVia: {}\r\nMax-Forwards: 70\r\nFrom: {local}\r\nTo: {remote}\r\n\
             Call-ID: {call_id}\r\nCSeq: {cseq} CANCEL\r\nContent-Length: 0\r\n\r\n",
            self.via(&branch)
        );
        self.ask(scene, Some(id), Method::Cancel, (branch, cseq), Bytes::from(text));
        // Section 9.1: without a final response within 64*T1 the INVITE counts as cancelled.
        if let Some(invite) = invite {
            scene.wake(super::PATIENCE, super::Wake::GiveUp(invite));
        }
    }

    /// BYE.
    pub(super) fn bye(&mut self, scene: &mut Scene<'_>, id: u32) {
        let Some(talk) = self.talks.get_mut(&id).filter(|talk| talk.state == State::Up) else { return };
        // Section 15: the callee says no BYE before the ACK.
        if !talk.caller && talk.unacked.as_ref().is_some_and(|unacked| unacked.cseq <= 1) {
            return;
        }
        talk.state = State::Ended;
        talk.unacked = None;
        talk.timer = None;
        scene.seen.note("ua: BYE");
        self.request(scene, id, Method::Bye, "", "");
    }

    /// The ACK to a 2xx; every copy of that 2xx gets it again.
    pub(super) fn ack(&mut self, scene: &mut Scene<'_>, id: u32, cseq: u32, body: &str) {
        let Some(talk) = self.talks.get(&id).filter(|talk| !talk.never_acks) else { return };
        if let Some(ack) = talk.acks.get(&cseq) {
            scene.send(ack.clone());
            return;
        }
        let Some((_, bytes)) = self.write(id, &Method::Ack, Some(cseq), "", body) else { return };
        scene.send(bytes.clone());
        if let Some(talk) = self.talks.get_mut(&id) {
            talk.acks.insert(cseq, bytes);
        }
    }
}
