//! What people and their phones do of their own will, and when.

use std::time::Duration;

use sip::message::Method;

use super::sdp::Way;
use super::talk::State;
use super::{Act, PATIENCE, Scene, Ua, Wake};
use crate::house::{MOBILES, REALM};
use crate::view::View;

/// Something a party does in one of its dialogs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// 180.
    Ring,
    /// 183 with SDP, reliable if the switch can.
    EarlyMedia,
    /// 200.
    Answer,
    /// Two 200s, of two phones behind a forking proxy.
    AnswerTwice,
    /// A failure.
    Refuse(u16),
    /// CANCEL.
    Cancel,
    /// Re-INVITE with this direction; true: by an address of zeros.
    Hold(Way, bool),
    /// Re-INVITE both ways.
    Resume,
    /// Re-INVITE without SDP.
    AskForOffer,
    /// UPDATE with SDP.
    Update(Way),
    /// INFO with a key.
    Info(char),
    /// A key in the voice.
    Key(char),
    /// REFER to this one of the people that may be called, or to a foreign number.
    Refer(usize),
    /// A second call, to this one.
    Consult(usize),
    /// REFER with Replaces, or hanging up, whichever chance says, once the second call is up.
    Join,
    /// OPTIONS inside the dialog.
    Ask,
    /// Says nothing, and sends no packet while it does: as phones that save the network's time. Or speaks again.
    Mute(bool),
    /// BYE.
    HangUp,
    /// Silence for ever.
    Die,
    /// The session timer.
    Timer,
}

/// Numbers that a REFER or a second call may go to: the firms' people, and a premium number abroad.
fn number(which: usize) -> &'static str {
    MOBILES.get(which).copied().unwrap_or("0101900555123")
}

impl Ua {
    /// Somebody calls this number through this carrier.
    pub fn call_in(&mut self, scene: &mut Scene<'_>, dialled: &str) {
        let caller = scene.chance.of("09099998888", &["0661234567", "08011110000"]);
        let local = match scene.chance.below(10) {
            0 => "\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned(),
            _ => format!("<sip:{caller}@carrier.test>"),
        };
        let mut extra = String::new();
        let reliable = scene.chance.below(10);
        let timers = if scene.chance.percent(50) { ", timer" } else { "" };
        extra.push_str(&format!("Supported: 100rel{timers}\r\n"));
        if reliable < 3 {
            extra.push_str("Require: 100rel\r\n");
        }
        if !timers.is_empty() && scene.chance.percent(60) {
            let refresher = scene.chance.of("", &[";refresher=uac", ";refresher=uas"]);
            extra.push_str(&format!("Session-Expires: 90{refresher}\r\nMin-SE: 90\r\n"));
        }
        let offers = !scene.chance.percent(15);
        let id = self.call(scene, &local, dialled, &extra, offers);
        scene.seen.note("caller: INVITE");
        if let Some(talk) = self.talks.get_mut(&id) {
            talk.presses = scene.chance.percent(60);
        }
        let mischief = scene.chance.percent(scene.mischief);
        match scene.chance.below(10) {
            0 if mischief => scene.sometime(100, 20_000, id, Deed::Die),
            1..4 if mischief => {
                if let Some(talk) = self.talks.get_mut(&id) {
                    talk.never_acks = true;
                }
                scene.sometime(20_000, 90_000, id, Deed::Cancel);
            }
            0..5 => scene.sometime(0, 12_000, id, Deed::Cancel),
            _ => scene.sometime(20_000, 90_000, id, Deed::Cancel),
        }
    }

    /// The switch calls: what becomes of it.
    pub(super) fn rings(&mut self, scene: &mut Scene<'_>, view: View) {
        let local = view.to.clone();
        let mut talk = self.open(false, view.call_id.clone(), &local, view.from.clone());
        talk.remote_tag.clone_from(&view.from_tag);
        talk.target.clone_from(&view.contact);
        talk.remote_cseq = view.cseq;
        let (id, tag) = (talk.id, talk.local_tag.clone());
        if view.contact.is_empty() || !view.has_sdp() {
            scene.complaints.push(format!("{}: an INVITE without Contact or offer", self.name));
        }
        self.talks.insert(id, talk);
        self.learn_media(scene, id, &view);
        let server = self.serve(view, Some(id));
        if let Some(talk) = self.talks.get_mut(&id) {
            talk.owed = Some(server);
        }
        if !scene.chance.percent(20) {
            self.respond(scene, server, 100, "", "", "");
        }
        if self.is_phone() {
            scene.seen.note("phone: INVITE");
            self.plan_phone(scene, id, server, &tag);
        } else {
            scene.seen.note("mobile: INVITE");
            self.plan_mobile(scene, id);
        }
    }

    fn plan_phone(&mut self, scene: &mut Scene<'_>, id: u32, server: u64, tag: &str) {
        let rings = scene.time(10, 400);
        let picks_up = rings + scene.time(500, 8_000);
        match scene.chance.below(100) {
            0..5 => return self.refuse(scene, server, 486, tag),
            5..8 => scene.plan(picks_up, id, Deed::Refuse(486)),
            8..12 => scene.plan(picks_up, id, Deed::Refuse(603)),
            12..16 => scene.plan(picks_up, id, Deed::Refuse(480)),
            16..18 => return self.refuse(scene, server, 503, tag),
            18..20 => return self.refuse(scene, server, 302, tag),
            20..30 => {}
            30..33 => return,
            33..40 => scene.plan(picks_up, id, Deed::AnswerTwice),
            40..48 => scene.plan(rings, id, Deed::Answer),
            _ => scene.plan(picks_up, id, Deed::Answer),
        }
        scene.plan(rings, id, Deed::Ring);
        if scene.chance.percent(15) {
            scene.plan(rings + Duration::from_millis(300), id, Deed::EarlyMedia);
        }
    }

    fn plan_mobile(&mut self, scene: &mut Scene<'_>, id: u32) {
        let rings = scene.time(50, 2_500);
        let picks_up = rings + scene.time(500, 14_000);
        let outcome = match scene.chance.below(100) {
            0..10 => Deed::Refuse(486),
            10..16 => Deed::Refuse(480),
            16..24 => Deed::Refuse(503),
            24..27 => Deed::Refuse(500),
            27..30 => Deed::Refuse(302),
            30..36 => return,
            36..44 => Deed::Ring,
            44..48 => Deed::AnswerTwice,
            _ => Deed::Answer,
        };
        if let Some(talk) = self.talks.get_mut(&id) {
            talk.presses = scene.chance.percent(70);
        }
        if matches!(outcome, Deed::Refuse(_)) && scene.chance.percent(60) {
            return scene.plan(rings, id, outcome);
        }
        let first = if scene.chance.percent(40) { Deed::EarlyMedia } else { Deed::Ring };
        scene.plan(rings, id, first);
        scene.plan(picks_up, id, outcome);
    }

    /// What happens in a dialog that is up.
    pub(super) fn plan_talk(&mut self, scene: &mut Scene<'_>, id: u32) {
        let long = match scene.chance.below(10) {
            0 => 200,
            1..6 => 15_000,
            6..9 => 50_000,
            _ => 150_000,
        };
        let end = scene.time(0, long);
        if self.talks.get(&id).is_some_and(|talk| talk.consults_for.is_some()) {
            return scene.sometime(200, 6_000, id, Deed::Join);
        }
        // Some wait for the other to hang up.
        if !scene.chance.percent(25) {
            scene.plan(end, id, Deed::HangUp);
        }
        if scene.chance.percent(scene.mischief) {
            scene.sometime(0, long, id, Deed::Die);
        }
        for _ in 0..scene.chance.below(4) {
            let deed = self.any_deed(scene);
            let when = scene.time(50, long.max(1_000));
            scene.plan(when, id, deed);
            let undo = match deed {
                Deed::Hold(..) => Deed::Resume,
                Deed::Mute(_) => Deed::Mute(false),
                Deed::Ring | Deed::EarlyMedia | Deed::Answer | Deed::AnswerTwice | Deed::Refuse(_) | Deed::Cancel => {
                    continue;
                }
                Deed::Resume | Deed::AskForOffer | Deed::Update(_) | Deed::Info(_) | Deed::Key(_) => continue,
                Deed::Refer(_) | Deed::Consult(_) | Deed::Join | Deed::Ask | Deed::HangUp | Deed::Die | Deed::Timer => {
                    continue;
                }
            };
            let after = when + scene.time(200, 25_000);
            scene.plan(after, id, undo);
        }
        // Both ends' clocks run alike: some change their session just when the switch refreshes it.
        let refreshed = self.talks.get(&id).and_then(|talk| talk.timer).filter(|timer| !timer.ours);
        if let Some(timer) = refreshed.filter(|_| scene.chance.percent(30)) {
            let half = u64::try_from(timer.interval.as_millis() / 2).unwrap_or(0);
            scene.sometime(half.saturating_sub(500), half + 1_000, id, Deed::Resume);
        }
        if self.talks.get(&id).is_some_and(|talk| talk.presses) {
            scene.sometime(600, 9_000, id, Deed::Key('1'));
        }
    }

    fn any_deed(&self, scene: &mut Scene<'_>) -> Deed {
        let hold = scene.chance.of(Way::SendOnly, &[Way::Inactive, Way::RecvOnly]);
        if !self.is_phone() {
            return match scene.chance.below(12) {
                10.. => Deed::Mute(true),
                0..3 => Deed::Hold(hold, scene.chance.percent(20)),
                3 => Deed::AskForOffer,
                4..6 => Deed::Update(hold),
                6 => Deed::Resume,
                7 => Deed::Key(scene.chance.of('5', &['#', '1'])),
                8 => Deed::Ask,
                _ => Deed::Update(Way::SendRecv),
            };
        }
        let which = usize::try_from(scene.chance.below(3)).unwrap_or(0);
        match scene.chance.below(27) {
            24.. => Deed::Mute(true),
            0..4 => Deed::Hold(hold, scene.chance.percent(20)),
            4 => Deed::AskForOffer,
            5 => Deed::Update(hold),
            6..11 => Deed::Refer(which),
            11..18 => Deed::Consult(which.min(2)),
            18..20 => Deed::Info(scene.chance.of('*', &['5', '1', '2', '3', '0'])),
            20..22 => Deed::Key(scene.chance.of('*', &['5', '1', '2', '3', '0'])),
            22 => Deed::Ask,
            _ => Deed::Resume,
        }
    }

    /// Does it.
    pub(super) fn act(&mut self, scene: &mut Scene<'_>, id: u32, deed: Deed) {
        let Some(talk) = self.talks.get_mut(&id).filter(|talk| !talk.dead) else { return };
        let is_up = talk.state == State::Up;
        match deed {
            Deed::Ring | Deed::EarlyMedia | Deed::Answer | Deed::AnswerTwice | Deed::Refuse(_) => {
                self.answer_invite(scene, id, deed);
            }
            Deed::Cancel => self.cancel(scene, id),
            Deed::Die if talk.state != State::Ended => {
                talk.dead = true;
                scene.seen.note("ua: fell silent");
                scene.acts.push(Act::Note(format!("{} falls silent in {}", self.name, talk.call_id)));
            }
            Deed::HangUp => self.bye(scene, id),
            Deed::Mute(on) => talk.muted = on,
            Deed::Timer => self.timer(scene, id),
            Deed::Hold(way, zeros) if is_up => self.modify(scene, id, Method::Invite, Some((way, zeros))),
            Deed::Resume if is_up => self.modify(scene, id, Method::Invite, Some((Way::SendRecv, false))),
            Deed::AskForOffer if is_up => self.modify(scene, id, Method::Invite, None),
            Deed::Update(way) if is_up && talk.updates => {
                self.modify(scene, id, Method::Update, Some((way, false)));
            }
            Deed::Info(digit) if is_up => {
                let kind = "Content-Type: application/dtmf-relay\r\n";
                self.request(scene, id, Method::Info, kind, &format!("Signal={digit}\r\nDuration=160\r\n"));
            }
            Deed::Key(digit) if is_up => scene.acts.extend(talk.their_port.map(|port| Act::Key(port, digit))),
            Deed::Refer(which) if is_up => {
                scene.seen.note("phone: blind REFER");
                let extra = format!("Refer-To: <sip:{}@{REALM}>\r\n", number(which));
                self.request(scene, id, Method::Refer, &extra, "");
            }
            Deed::Consult(which) if is_up => self.consult(scene, id, number(which)),
            Deed::Join if is_up => self.join(scene, id),
            Deed::Ask if is_up => {
                self.request(scene, id, Method::Options, "", "");
            }
            // What is for a call that is up comes too early or too late.
            Deed::Die | Deed::Hold(..) | Deed::Resume | Deed::AskForOffer | Deed::Update(_) | Deed::Info(_) => {}
            Deed::Key(_) | Deed::Refer(_) | Deed::Consult(_) | Deed::Join | Deed::Ask => {}
        }
    }

    fn answer_invite(&mut self, scene: &mut Scene<'_>, id: u32, deed: Deed) {
        let ip = self.address.ip();
        let Some(talk) = self.talks.get_mut(&id) else { return };
        let Some(server) = talk.owed else { return };
        let Some(request) = self.servers.get(&server).map(|server| server.request.clone()) else { return };
        let (tag, sdp) = (talk.local_tag.clone(), talk.sdp.text(ip));
        match deed {
            Deed::Ring if talk.unpracked.is_none() => {
                talk.state = State::Early;
                self.respond(scene, server, 180, &tag, "", "");
            }
            Deed::EarlyMedia if talk.unpracked.is_none() && !talk.answered_early => {
                talk.state = State::Early;
                if request.message.supports("100rel") && scene.chance.percent(50) {
                    let rseq = 1 + u32::try_from(scene.chance.below(1_000)).unwrap_or(0);
                    talk.unpracked = Some(rseq);
                    talk.answered_early = true;
                    scene.seen.note("ua: reliable early media");
                    self.respond_reliably(scene, server, &tag, rseq, &sdp);
                } else {
                    scene.seen.note("ua: early media");
                    self.respond(scene, server, 183, &tag, "", &sdp);
                }
            }
            // RFC 3262 section 3: no 2xx before the PRACK for an answer.
            Deed::Answer | Deed::AnswerTwice if talk.unpracked.is_some() => {
                scene.wake(Duration::from_millis(400), Wake::Do(id, deed));
            }
            Deed::Answer | Deed::AnswerTwice => {
                let body = if talk.answered_early && scene.chance.percent(50) { String::new() } else { sdp };
                scene.seen.note("ua: answers");
                let extra = super::incoming::timer_header(&request);
                self.accept(scene, id, server, &extra, &body);
                self.grant_timer(scene, id, &request);
                self.plan_talk(scene, id);
                if deed == Deed::AnswerTwice {
                    self.answer_again(scene, server, &request);
                }
            }
            Deed::Refuse(status) => self.refuse(scene, server, status, &tag),
            Deed::Ring | Deed::EarlyMedia | Deed::Cancel | Deed::Hold(..) | Deed::Resume | Deed::AskForOffer => {}
            Deed::Update(_) | Deed::Info(_) | Deed::Key(_) | Deed::Refer(_) | Deed::Consult(_) | Deed::Join => {}
            Deed::Ask | Deed::HangUp | Deed::Die | Deed::Timer | Deed::Mute(_) => {}
        }
    }

    /// Another phone behind the same proxy has picked up too: a second dialog of one INVITE (section 13.2.2.4).
    fn answer_again(&mut self, scene: &mut Scene<'_>, server: u64, request: &View) {
        let ip = self.address.ip();
        let mut talk = self.open(false, request.call_id.clone(), &request.to, request.from.clone());
        talk.remote_tag.clone_from(&request.from_tag);
        talk.target.clone_from(&request.contact);
        talk.remote_cseq = request.cseq;
        let (id, sdp) = (talk.id, talk.sdp.text(ip));
        self.talks.insert(id, talk);
        scene.seen.note("ua: answers twice");
        // The proxy's transaction lets every 2xx through.
        if let Some(server) = self.servers.get_mut(&server) {
            server.status = 180;
        }
        self.accept(scene, id, server, "", &sdp);
        scene.wake(PATIENCE * 2, Wake::Do(id, Deed::HangUp));
    }

    /// Re-INVITE or UPDATE, unless something else is going on (section 14.1).
    fn modify(&mut self, scene: &mut Scene<'_>, id: u32, method: Method, way: Option<(Way, bool)>) {
        let ip = self.address.ip();
        let Some(talk) = self.talks.get_mut(&id) else { return };
        if talk.pending.is_some() || talk.unacked.is_some() || talk.owed.is_some() {
            return;
        }
        let body = match way {
            Some((way, zeros)) => {
                talk.sdp.change(way, zeros);
                talk.offered = Some(way);
                talk.sdp.text(ip)
            }
            None => {
                talk.offered = None;
                String::new()
            }
        };
        scene.seen.note(if method == Method::Update { "ua: UPDATE" } else { "ua: re-INVITE" });
        let sent = self.request(scene, id, method, "", &body);
        if let Some(talk) = self.talks.get_mut(&id) {
            talk.pending = sent;
        }
    }

    /// The session timer: refresh if it is ours to, hang up if nobody did (RFC 4028 section 10).
    fn timer(&mut self, scene: &mut Scene<'_>, id: u32) {
        let Some(talk) = self.talks.get_mut(&id).filter(|talk| talk.state == State::Up) else { return };
        let Some(timer) = talk.timer else { return };
        let idle = scene.now.saturating_sub(timer.since);
        if timer.ours && idle * 2 >= timer.interval {
            scene.seen.note("ua: refreshes the session");
            let (method, way) = if talk.updates && scene.chance.percent(50) {
                (Method::Update, Some((talk.sdp.way, talk.sdp.zeros)))
            } else {
                (Method::Invite, Some((talk.sdp.way, talk.sdp.zeros)))
            };
            self.modify(scene, id, method, way);
            return scene.wake(timer.interval / 2, Wake::Do(id, Deed::Timer));
        }
        let left = timer.interval.saturating_sub(idle);
        if left.is_zero() {
            scene.seen.note("ua: session expired");
            return self.bye(scene, id);
        }
        scene.wake(left, Wake::Do(id, Deed::Timer));
    }

    /// The caller is put on hold, and the person called: an attended transfer as softphones do it.
    fn consult(&mut self, scene: &mut Scene<'_>, first: u32, number: &str) {
        scene.seen.note("phone: second call");
        self.modify(scene, first, Method::Invite, Some((Way::SendOnly, false)));
        let user = self.user();
        let second = self.call(scene, &format!("<sip:{user}@{REALM}>"), number, "Supported: timer, replaces\r\n", true);
        if let Some(talk) = self.talks.get_mut(&second) {
            talk.consults_for = Some(first);
        }
        scene.sometime(4_000, 40_000, second, Deed::Cancel);
    }

    /// The second call is up: join the two, or give up one of them.
    fn join(&mut self, scene: &mut Scene<'_>, second: u32) {
        let Some(talk) = self.talks.get(&second) else { return };
        let first = talk.consults_for.unwrap_or(0);
        let (call_id, ours, theirs) =
            (talk.call_id.replace('@', "%40"), talk.local_tag.clone(), talk.remote_tag.clone());
        match scene.chance.below(10) {
            0..6 => {
                scene.seen.note("phone: attended REFER");
                let refer_to = format!(
                    "Refer-To: <sip:{}@{REALM}?Replaces={call_id}%3Bto-tag%3D{theirs}%3Bfrom-tag%3D{ours}>\r\n",
                    talk.number
                );
                self.request(scene, first, Method::Refer, &refer_to, "");
                scene.wake(Duration::from_secs(20), Wake::Do(second, Deed::HangUp));
            }
            6..8 => self.bye(scene, first),
            _ => self.bye(scene, second),
        }
    }
}
