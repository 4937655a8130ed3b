//! Client transactions: RFC 3261 section 17.1.

use std::time::Duration;

use bytes::Bytes;
use sip::message::Method;

use super::talk::{Cancel, State};
use super::{PATIENCE, Scene, T1, T2, Ua, Wake};

/// A request of ours.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) branch: String,
    pub(super) method: Method,
    pub(super) talk: Option<u32>,
    pub(super) bytes: Bytes,
    interval: Duration,
    /// A provisional has come.
    pub(super) proceeds: bool,
    /// A final response has come.
    pub(super) done: bool,
    /// Our ACK to a failure.
    pub(super) ack: Option<Bytes>,
    pub(super) cseq: u32,
}

impl Ua {
    /// Sends a request and sees that it arrives.
    pub(super) fn ask(
        &mut self,
        scene: &mut Scene<'_>,
        talk: Option<u32>,
        method: Method,
        (branch, cseq): (String, u32),
        bytes: Bytes,
    ) -> u64 {
        let id = self.fresh();
        scene.send(bytes.clone());
        if !self.protocol.is_reliable() {
            scene.wake(T1, Wake::Resend(id));
        }
        scene.wake(PATIENCE, Wake::GiveUp(id));
        let client =
            Client { branch, method, talk, bytes, interval: T1, proceeds: false, done: false, ack: None, cseq };
        self.clients.insert(id, client);
        id
    }

    /// Timers A and E.
    pub(super) fn resend(&mut self, scene: &mut Scene<'_>, id: u64) {
        let Some(client) = self.clients.get_mut(&id).filter(|client| !client.done) else { return };
        let is_invite = client.method == Method::Invite;
        if is_invite && client.proceeds {
            return;
        }
        client.interval *= 2;
        if !is_invite {
            client.interval = if client.proceeds { T2 } else { client.interval.min(T2) };
        }
        let (interval, bytes) = (client.interval, client.bytes.clone());
        scene.send(bytes);
        scene.wake(interval, Wake::Resend(id));
    }

    /// Timers B and F; and, of those that were answered, the end of their memory.
    pub(super) fn give_up(&mut self, scene: &mut Scene<'_>, id: u64) {
        let Some(client) = self.clients.get(&id) else { return };
        let talk = client.talk;
        if client.done {
            self.clients.remove(&id);
            return;
        }
        if client.method == Method::Invite && client.proceeds {
            let cancelled = talk.and_then(|talk| self.talks.get(&talk)).is_none_or(|talk| talk.cancel == Cancel::Sent);
            if !cancelled {
                // Somebody is ringing; whoever called decides how long.
                scene.wake(PATIENCE, Wake::GiveUp(id));
                return;
            }
        }
        let method = client.method.clone();
        self.clients.remove(&id);
        if method == Method::Register {
            return self.registration_failed(scene);
        }
        let Some(talk) = talk.and_then(|talk| self.talks.get_mut(&talk)) else { return };
        let number = talk.id;
        let is_first = talk.invite == Some(id);
        if is_first {
            talk.state = State::Ended;
            talk.invite = None;
            return;
        }
        match method {
            Method::Bye => talk.state = State::Ended,
            // Section 12.2.1.2: a 408, its own or another's, ends the dialog.
            Method::Invite | Method::Update | Method::Info | Method::Refer | Method::Options => {
                talk.pending = None;
                self.bye(scene, number);
            }
            Method::Prack | Method::Cancel | Method::Ack | Method::Register => {}
            Method::Subscribe | Method::Notify | Method::Message | Method::Publish | Method::Other(_) => {}
        }
    }
}
