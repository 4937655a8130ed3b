//! Responses of the switch: RFC 3261 sections 8.1.3, 13.2.2 and 14.1, RFC 3262 section 4.

use std::time::Duration;

use sip::digest::{Challenge, Secret, Signed, answer};
use sip::message::{Method, Refresher};

use super::sdp::Way;
use super::talk::{Cancel, State, Timer};
use super::{Deed, PATIENCE, Role, Scene, Ua, Wake};
use crate::house::PASSWORD;
use crate::view::View;

impl Ua {
    /// A response came.
    pub(super) fn answered(&mut self, scene: &mut Scene<'_>, view: View) {
        let of = |client: &super::Client| client.branch == view.branch && client.method == view.method;
        let Some(id) = self.clients.iter().find(|(_, client)| of(client)).map(|(id, _)| *id) else {
            scene.seen.note("ua: response too late");
            return;
        };
        let Some(client) = self.clients.get_mut(&id) else { return };
        let (talk, was_done, was_proceeding) = (client.talk, client.done, client.proceeds);
        if view.status < 200 {
            client.proceeds = true;
            if !was_done && let Some(talk) = talk {
                self.progress(scene, talk, id, &view, !was_proceeding);
            }
            return;
        }
        client.done = true;
        if view.method == Method::Invite {
            return self.invite_answered(scene, id, talk, &view, was_done);
        }
        if was_done {
            return;
        }
        scene.wake(PATIENCE, Wake::GiveUp(id));
        if view.method == Method::Register {
            return self.registered(scene, &view);
        }
        if let Some(talk) = talk {
            self.plain_answer(scene, talk, id, &view);
        }
    }

    fn progress(&mut self, scene: &mut Scene<'_>, number: u32, id: u64, view: &View, is_first: bool) {
        let Some(talk) = self.talks.get_mut(&number) else { return };
        if talk.invite != Some(id) {
            return;
        }
        if view.status > 100 && talk.state == State::Calling {
            talk.state = State::Early;
            scene.seen.note("ua: rings there");
        }
        let wants_cancel = talk.cancel == Cancel::Wanted && is_first;
        if view.message.requires("100rel") {
            self.acknowledge_provisional(scene, number, view);
        }
        if wants_cancel {
            self.cancel(scene, number);
        }
    }

    fn acknowledge_provisional(&mut self, scene: &mut Scene<'_>, number: u32, view: &View) {
        let Ok(Some(rseq)) = view.message.rseq() else {
            scene.complaints.push(format!("{}: a reliable provisional without RSeq", self.name));
            return;
        };
        let Some(talk) = self.talks.get_mut(&number) else { return };
        if talk.their_rseq.is_some_and(|last| rseq != last + 1) {
            return;
        }
        talk.their_rseq = Some(rseq);
        talk.remote_tag.clone_from(&view.to_tag);
        talk.remote.clone_from(&view.to);
        if !view.contact.is_empty() {
            talk.target.clone_from(&view.contact);
        }
        scene.seen.note("ua: PRACK");
        self.request(scene, number, Method::Prack, &format!("RAck: {rseq} {} INVITE\r\n", view.cseq), "");
    }

    fn invite_answered(&mut self, scene: &mut Scene<'_>, id: u64, talk: Option<u32>, view: &View, was_done: bool) {
        if view.status >= 300 {
            self.acknowledge_failure(scene, id, view);
        }
        if !was_done {
            scene.wake(PATIENCE, Wake::GiveUp(id));
        }
        let Some(number) = talk else { return };
        let Some(talk) = self.talks.get_mut(&number) else { return };
        if view.status < 300 && was_done {
            // A copy: the ACK was lost.
            return self.ack(scene, number, view.cseq, "");
        }
        if was_done {
            return;
        }
        if talk.invite == Some(id) {
            talk.invite = None;
            if view.status < 300 {
                self.up(scene, number, view);
            } else if view.status == 401 && !talk.has_signed {
                talk.has_signed = true;
                self.sign_invite(scene, number, view);
            } else {
                talk.state = State::Ended;
                scene.seen.note(if view.status == 487 { "ua: cancelled" } else { "ua: refused" });
            }
            return;
        }
        self.modify_answered(scene, number, view);
    }

    /// Section 17.1.1.3: the ACK to a failure belongs to the transaction.
    fn acknowledge_failure(&mut self, scene: &mut Scene<'_>, id: u64, view: &View) {
        let Some(client) = self.clients.get(&id) else { return };
        if let Some(ack) = &client.ack {
            scene.send(ack.clone());
            return;
        }
        let uri = String::from_utf8_lossy(sip_uri(&client.bytes)).into_owned();
        let text = format!(
            "ACK {uri} SIP/2.0\r\nVia: {}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\n\
             CSeq: {} ACK\r\nContent-Length: 0\r\n\r\n",
            self.via(&view.branch),
            view.from,
            view.to,
            view.call_id,
            view.cseq
        );
        let ack = bytes::Bytes::from(text);
        scene.send(ack.clone());
        if let Some(client) = self.clients.get_mut(&id) {
            client.ack = Some(ack);
        }
    }

    fn sign_invite(&mut self, scene: &mut Scene<'_>, number: u32, view: &View) {
        let Some(talk) = self.talks.get(&number) else { return };
        let header = self.authorization(&view.message, &Method::Invite, &talk.target.clone());
        match header {
            Some(header) => self.invite(scene, number, &header),
            None => scene.complaints.push(format!("{}: a 401 without a challenge", self.name)),
        }
    }

    /// An Authorization header for the last challenge that we can answer.
    pub(super) fn authorization(&self, response: &sip::message::Message, method: &Method, uri: &str) -> Option<String> {
        let (_, challenge) = Challenge::all(response).next()?;
        let signed = Signed { method, uri, body: b"" };
        let credentials = answer(&challenge, &self.user(), &Secret::Password(PASSWORD), signed, "c", 1);
        Some(format!("Authorization: {credentials}\r\n"))
    }

    /// Our INVITE is answered: the dialog is there.
    fn up(&mut self, scene: &mut Scene<'_>, number: u32, view: &View) {
        let ip = self.address.ip();
        let Some(talk) = self.talks.get_mut(&number) else { return };
        talk.state = State::Up;
        talk.remote_tag.clone_from(&view.to_tag);
        talk.remote.clone_from(&view.to);
        talk.target.clone_from(&view.contact);
        talk.updates = view.message.allows(&Method::Update).unwrap_or(false);
        let crossed = talk.cancel != Cancel::No;
        let late = talk.late_offer;
        if view.contact.is_empty() || view.to_tag.is_empty() {
            scene.complaints.push(format!("{}: a 2xx without Contact or tag", self.name));
        }
        if late != (talk.offered.is_none()) || !view.has_sdp() {
            scene.complaints.push(format!("{}: a 2xx without a description", self.name));
        }
        let offered = talk.offered.take();
        self.judge_answer(scene, offered, view);
        self.learn_media(scene, number, view);
        let Some(talk) = self.talks.get_mut(&number) else { return };
        if late {
            talk.sdp.change(Way::of(&view.body()).answer(), false);
            scene.seen.note("ua: late offer answered");
        }
        let body = if late { talk.sdp.text(ip) } else { String::new() };
        self.take_timer(scene, number, view);
        self.ack(scene, number, view.cseq, &body);
        if crossed {
            scene.seen.note("ua: answered although cancelled");
            self.bye(scene, number);
        } else {
            scene.seen.note("ua: answered");
            self.plan_talk(scene, number);
        }
    }

    /// RFC 3264 section 6.1: the answer's direction fits the offer's.
    fn judge_answer(&self, scene: &mut Scene<'_>, offered: Option<Way>, view: &View) {
        if let Some(offered) = offered.filter(|_| view.has_sdp()) {
            let answer = Way::of(&view.body());
            if !offered.may_be_answered(answer) {
                scene.complaints.push(format!("{}: {offered:?} was answered with {answer:?}", self.name));
            }
        }
    }

    /// RFC 4028 section 7.2.
    fn take_timer(&mut self, scene: &mut Scene<'_>, number: u32, view: &View) {
        let granted = view.message.session_expires().ok().flatten();
        let Some(talk) = self.talks.get_mut(&number) else { return };
        talk.timer = granted.map(|granted| Timer {
            interval: Duration::from_secs(u64::from(granted.seconds)),
            ours: granted.refresher != Some(Refresher::Uas),
            since: scene.now,
        });
        if let Some(timer) = talk.timer {
            let after = if timer.ours { timer.interval / 2 } else { timer.interval };
            scene.wake(after, Wake::Do(number, Deed::Timer));
        }
    }

    /// The same for a timer that we grant (section 9): the switch refreshes.
    pub(super) fn grant_timer(&mut self, scene: &mut Scene<'_>, number: u32, request: &View) {
        let Ok(Some(asked)) = request.message.session_expires() else { return };
        let Some(talk) = self.talks.get_mut(&number) else { return };
        let interval = Duration::from_secs(u64::from(asked.seconds));
        talk.timer = Some(Timer { interval, ours: asked.refresher == Some(Refresher::Uas), since: scene.now });
        scene.wake(interval / 2, Wake::Do(number, Deed::Timer));
        if scene.chance.percent(50) {
            // Just when the switch refreshes: glare.
            let about = u64::try_from(interval.as_millis() / 2).unwrap_or(0);
            scene.sometime(about.saturating_sub(60), about + 40, number, Deed::Resume);
        }
    }

    /// Our re-INVITE is answered.
    fn modify_answered(&mut self, scene: &mut Scene<'_>, number: u32, view: &View) {
        let ip = self.address.ip();
        let Some(talk) = self.talks.get_mut(&number) else { return };
        talk.pending = None;
        let offered = talk.offered.take();
        if view.status < 300 {
            scene.seen.note("ua: re-INVITE answered");
            if !view.contact.is_empty() {
                talk.target.clone_from(&view.contact);
            }
            let body = if offered.is_none() && view.has_sdp() {
                talk.sdp.change(Way::of(&view.body()).answer(), false);
                talk.sdp.text(ip)
            } else {
                String::new()
            };
            let is_up = talk.state == State::Up;
            self.judge_answer(scene, offered, view);
            self.learn_media(scene, number, view);
            self.ack(scene, number, view.cseq, &body);
            if is_up {
                self.take_timer(scene, number, view);
            }
            return;
        }
        self.modify_refused(scene, number, view);
    }

    fn modify_refused(&mut self, scene: &mut Scene<'_>, number: u32, view: &View) {
        match view.status {
            491 => {
                scene.seen.note("ua: glare, 491 heard");
                let caller = self.talks.get(&number).is_some_and(|talk| talk.caller);
                let wait =
                    if caller { scene.chance.between_ms(2_100, 4_000) } else { scene.chance.between_ms(0, 2_000) };
                scene.wake(wait, Wake::Do(number, Deed::Resume));
            }
            481 => {
                if let Some(talk) = self.talks.get_mut(&number) {
                    talk.state = State::Ended;
                }
            }
            408 => self.bye(scene, number),
            401 | 407 => scene.complaints.push(format!("{}: challenged inside a dialog", self.name)),
            _ => {}
        }
    }

    fn plain_answer(&mut self, scene: &mut Scene<'_>, number: u32, id: u64, view: &View) {
        let Some(talk) = self.talks.get_mut(&number) else { return };
        let was_pending = talk.pending == Some(id);
        if was_pending {
            talk.pending = None;
        }
        match (&view.method, view.status) {
            (Method::Update, 200..300) => {
                let offered = talk.offered.take();
                scene.seen.note("ua: UPDATE answered");
                self.judge_answer(scene, offered, view);
                self.learn_media(scene, number, view);
                self.take_timer(scene, number, view);
            }
            (Method::Update, _) => {
                talk.offered = None;
                self.modify_refused(scene, number, view);
            }
            (Method::Refer, 202) => scene.seen.note("ua: REFER accepted"),
            (Method::Refer, 401 | 407) => scene.complaints.push(format!("{}: REFER challenged", self.name)),
            (Method::Refer, _) => scene.seen.note("ua: REFER refused"),
            (Method::Info, 200) => scene.seen.note("ua: INFO answered"),
            (Method::Prack, 200) => scene.seen.note("ua: PRACK answered"),
            (Method::Info | Method::Options, 481) => talk.state = State::Ended,
            _ => {}
        }
    }

    /// Is it one of the phones?
    pub(super) fn is_phone(&self) -> bool {
        matches!(self.role, Role::Phone { .. })
    }
}

/// The Request-URI of a request of ours.
fn sip_uri(request: &[u8]) -> &[u8] {
    request.split(|byte| *byte == b' ').nth(1).unwrap_or_default()
}
