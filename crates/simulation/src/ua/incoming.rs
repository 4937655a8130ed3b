//! Requests of the switch: RFC 3261 sections 8.2, 12.2.2 and 14.2.

use sip::message::{Method, Name};

use super::sdp::{Way, origin_of, port_of};
use super::talk::{State, Talk};
use super::{Scene, Ua};
use crate::view::View;

impl Ua {
    /// A request came.
    pub(super) fn asked(&mut self, scene: &mut Scene<'_>, view: View) {
        if let Some(id) = self.served(&view.branch, &view.method) {
            if view.method == Method::Cancel {
                return self.cancelled(scene, view, id);
            }
            let Some(server) = self.servers.get_mut(&id) else { return };
            if view.method == Method::Ack {
                server.is_quiet = true;
            } else if let Some(bytes) = &server.last {
                scene.send(bytes.clone());
            }
            return;
        }
        if view.method == Method::Ack {
            return self.acknowledged(scene, &view);
        }
        if view.to_tag.is_empty() {
            return self.asked_outside(scene, view);
        }
        let talk = self.talks.values().find(|talk| is_of(talk, &view)).map(|talk| talk.id);
        let Some(talk) = talk else {
            let id = self.serve(view, None);
            return self.respond(scene, id, 481, "", "", "");
        };
        self.asked_inside(scene, view, talk);
    }

    fn asked_outside(&mut self, scene: &mut Scene<'_>, view: View) {
        if view.method == Method::Invite {
            return self.rings(scene, view);
        }
        let status = if view.method == Method::Options {
            200
        } else if view.method == Method::Cancel {
            481
        } else {
            scene.complaints.push(format!("{}: {} outside any dialog", self.name, view.method));
            405
        };
        let id = self.serve(view, None);
        self.respond(scene, id, status, "outside", "", "");
    }

    fn cancelled(&mut self, scene: &mut Scene<'_>, view: View, invite: u64) {
        // A copy of the CANCEL finds its own transaction.
        let own = self
            .servers
            .iter()
            .find(|(_, one)| one.request.branch == view.branch && one.request.method == Method::Cancel);
        if let Some(bytes) = own.and_then(|(_, own)| own.last.clone()) {
            scene.send(bytes);
            return;
        }
        let talk = self.servers.get(&invite).and_then(|server| server.talk);
        let tag = talk.and_then(|talk| self.talks.get(&talk)).map(|talk| talk.local_tag.clone()).unwrap_or_default();
        let is_open = self.servers.get(&invite).is_some_and(|server| server.status < 200);
        let id = self.serve(view, talk);
        self.respond(scene, id, 200, &tag, "", "");
        if is_open {
            self.refuse(scene, invite, 487, &tag);
        } else {
            scene.seen.note("ua: CANCEL crossed a final response");
        }
    }

    fn asked_inside(&mut self, scene: &mut Scene<'_>, view: View, number: u32) {
        let Some(talk) = self.talks.get_mut(&number) else { return };
        let is_over = talk.state == State::Ended;
        if talk.remote_cseq > 0 && view.cseq <= talk.remote_cseq {
            // Section 12.2.2: out of order, because the network is.
            scene.seen.note("ua: request out of order");
            let id = self.serve(view, Some(number));
            return self.respond(scene, id, 500, "", "", "");
        }
        talk.remote_cseq = view.cseq;
        let method = view.method.clone();
        match method {
            Method::Bye => {
                talk.state = State::Ended;
                talk.unacked = None;
                talk.timer = None;
                let owed = talk.owed.take();
                scene.seen.note("ua: BYE heard");
                let id = self.serve(view, Some(number));
                self.respond(scene, id, 200, "", "", "");
                if let Some(owed) = owed {
                    self.refuse(scene, owed, 487, "");
                }
            }
            _ if is_over => {
                let id = self.serve(view, Some(number));
                self.respond(scene, id, 481, "", "", "");
            }
            Method::Invite | Method::Update => self.modified(scene, view, number),
            Method::Prack => self.pracked(scene, view, number),
            Method::Notify => {
                scene.seen.note("ua: NOTIFY");
                let told = view.body();
                let id = self.serve(view, Some(number));
                self.respond(scene, id, 200, "", "", "");
                if told.starts_with("SIP/2.0 2") && scene.chance.percent(70) {
                    self.bye(scene, number);
                }
            }
            Method::Options => {
                scene.seen.note("ua: probed inside a dialog");
                let id = self.serve(view, Some(number));
                self.respond(scene, id, 200, "", "", "");
            }
            other @ (Method::Ack | Method::Cancel | Method::Register | Method::Info | Method::Refer)
            | other @ (Method::Subscribe | Method::Message | Method::Publish | Method::Other(_)) => {
                scene.complaints.push(format!("{}: {other} inside a dialog is not understood", self.name));
                let id = self.serve(view, Some(number));
                self.respond(scene, id, 405, "", "", "");
            }
        }
    }

    /// Re-INVITE or UPDATE: section 14.2, RFC 3311.
    fn modified(&mut self, scene: &mut Scene<'_>, view: View, number: u32) {
        let is_invite = view.method == Method::Invite;
        let offers = view.has_sdp();
        let (allows_update, ip) = (self.allows_update, self.address.ip());
        let Some(talk) = self.talks.get_mut(&number) else { return };
        let busy = talk.pending.is_some() && (is_invite || offers);
        let waits = talk.unacked.is_some() && is_invite;
        let id = self.serve(view.clone(), Some(number));
        if !is_invite && !allows_update {
            return self.respond(scene, id, 405, "", "Allow: INVITE, ACK, CANCEL, BYE\r\n", "");
        }
        if busy {
            scene.seen.note("ua: glare, 491 said");
            return self.respond(scene, id, 491, "", "", "");
        }
        if waits {
            return self.respond(scene, id, 491, "", "", "");
        }
        scene.seen.note(if is_invite { "ua: re-INVITE heard" } else { "ua: UPDATE heard" });
        self.learn_media(scene, number, &view);
        let Some(talk) = self.talks.get_mut(&number) else { return };
        if let Some(timer) = &mut talk.timer {
            timer.since = scene.now;
        }
        if offers {
            let wish = Way::of(&view.body()).answer();
            let zeros = talk.sdp.zeros;
            // Whoever holds goes on holding.
            let way = if talk.sdp.way.listens() { wish } else { talk.sdp.way };
            talk.sdp.change(way, zeros);
        }
        let body = if offers || is_invite { talk.sdp.text(ip) } else { String::new() };
        let extra = timer_header(&view);
        if is_invite {
            self.accept(scene, number, id, &extra, &body);
        } else {
            self.respond(scene, id, 200, "", &extra, &body);
        }
    }

    fn pracked(&mut self, scene: &mut Scene<'_>, view: View, number: u32) {
        let Some(talk) = self.talks.get_mut(&number) else { return };
        let rseq = view.message.rack().ok().map(|rack| rack.rseq);
        let fits = rseq.is_some() && rseq == talk.unpracked;
        let owed = talk.owed;
        if fits {
            talk.unpracked = None;
            scene.seen.note("ua: PRACK heard");
            if let Some(server) = owed.and_then(|owed| self.servers.get_mut(&owed)) {
                server.is_quiet = true;
            }
        }
        let id = self.serve(view, Some(number));
        self.respond(scene, id, if fits { 200 } else { 481 }, "", "", "");
    }

    /// An ACK to a 2xx.
    fn acknowledged(&mut self, scene: &mut Scene<'_>, view: &View) {
        let Some(talk) = self.talks.values_mut().find(|talk| is_of(talk, view)) else { return };
        let Some(unacked) = talk.unacked.take_if(|unacked| unacked.cseq == view.cseq) else { return };
        if unacked.wants_answer && !view.has_sdp() && talk.state == State::Up {
            scene.complaints.push(format!("{}: an ACK without the answer to the offer of the 2xx", self.name));
        }
        let number = talk.id;
        self.learn_media(scene, number, view);
    }

    /// What their description says; its `o=` must count (RFC 3264 section 8).
    pub(super) fn learn_media(&mut self, scene: &mut Scene<'_>, number: u32, view: &View) {
        if !view.has_sdp() {
            return;
        }
        let body = view.body();
        let name = self.name.clone();
        let Some(talk) = self.talks.get_mut(&number) else { return };
        match port_of(&body) {
            Some(0) | None => scene.complaints.push(format!("{name}: no port in {body:?}")),
            Some(port) if port % 2 == 1 => scene.complaints.push(format!("{name}: odd port in {body:?}")),
            port => talk.their_port = port,
        }
        let Some((origin, version)) = origin_of(&body) else {
            scene.complaints.push(format!("{name}: no o= in {body:?}"));
            return;
        };
        if let Some((old_origin, old_version, old_body)) = &talk.their_origin {
            let is_same = *old_body == body;
            if *old_origin != origin {
                scene.complaints.push(format!("{name}: another session in o=: {old_origin} became {origin}"));
            } else if !is_same && version == *old_version {
                scene.complaints.push(format!("{name}: a changed description with an unchanged version: {body:?}"));
            }
        }
        talk.their_origin = Some((origin, version, body));
    }
}

/// Is this request of this dialog?
fn is_of(talk: &Talk, view: &View) -> bool {
    let knows_them = talk.remote_tag.is_empty() || talk.remote_tag == view.from_tag;
    talk.call_id == view.call_id && talk.local_tag == view.to_tag && knows_them
}

/// We grant whatever session timer is asked for; the refresher stays who it was.
pub(super) fn timer_header(view: &View) -> String {
    match view.message.session_expires() {
        Ok(Some(_)) => {
            let value = view.header(Name::SessionExpires);
            let refresher = if value.contains("refresher") { "" } else { ";refresher=uac" };
            format!("Require: timer\r\nSession-Expires: {value}{refresher}\r\n")
        }
        Ok(None) | Err(_) => String::new(),
    }
}
