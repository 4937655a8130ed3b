//! Many callers behind one carrier, on one socket: they call at their moments, wait as long as they have patience, talk, hang
//! up; and say what each of them was told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sip::message::{Message, Method, Name};

use super::peer::{Dialog, Peer, sdp};

/// How long they go on after the last of them should be done.
const GRACE: Duration = Duration::from_secs(40);
/// An INVITE without an answer is sent again after this (RFC 3261 17.1.1.2, without the doubling).
const AGAIN: Duration = Duration::from_millis(500);

/// What they do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many.
    pub calls: usize,
    /// Over which time they all call, evenly.
    pub within: Duration,
    /// Who is not answered by then gives up.
    pub patience: Duration,
    /// Who is answered talks for so long.
    pub talk: Duration,
}

/// What a caller was told.
#[derive(Clone, Debug, Default)]
pub struct Fate {
    /// 180.
    pub rang: bool,
    /// 200: after so long since the INVITE.
    pub answered: Option<Duration>,
    /// The caller's patience had an end.
    pub gave_up: bool,
    /// Any other final response.
    pub refused: Option<u16>,
    /// All is said.
    pub over: bool,
}

struct Caller {
    invite: Message,
    called: Instant,
    sent: Instant,
    heard: bool,
    dialog: Option<Dialog>,
    /// When to hang up.
    until: Option<Instant>,
    fate: Fate,
}

/// They all call the same number; the fate of each, in the order of their calls.
pub fn call(peer: &mut Peer, number: &str, plan: Plan) -> Vec<Fate> {
    call_each(peer, &|_| number.to_owned(), plan)
}

/// Each calls the number of its place.
pub fn call_each(peer: &mut Peer, number: &dyn Fn(usize) -> String, plan: Plan) -> Vec<Fate> {
    let start = Instant::now();
    let mut callers: BTreeMap<String, Caller> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    let deadline = start + plan.within + plan.patience + plan.talk + GRACE;
    loop {
        while order.len() < plan.calls
            && start + plan.within.mul_f64(order.len() as f64 / plan.calls as f64) <= Instant::now()
        {
            let (id, caller) = begin(peer, &number(order.len()), order.len());
            order.push(id.clone());
            callers.insert(id, caller);
        }
        if let Some(message) = peer.catch(Duration::from_millis(2), |_| true) {
            heard(peer, &mut callers, &message, plan);
        }
        for caller in callers.values_mut() {
            due(peer, caller, plan);
        }
        let all = order.len() == plan.calls && callers.values().all(|caller| caller.fate.over);
        if all || Instant::now() > deadline {
            return order.iter().filter_map(|id| callers.remove(id)).map(|caller| caller.fate).collect();
        }
    }
}

fn begin(peer: &mut Peer, number: &str, place: usize) -> (String, Caller) {
    let invite = peer.invite(number, &format!("0901{place:07}"), &sdp(40_000));
    let id = invite.text(Name::CallId).expect("a Call-ID").into_owned();
    let now = Instant::now();
    let fate = Fate::default();
    (id, Caller { invite, called: now, sent: now, heard: false, dialog: None, until: None, fate })
}

fn heard(peer: &mut Peer, callers: &mut BTreeMap<String, Caller>, message: &Message, plan: Plan) {
    let id = message.text(Name::CallId).map(|id| id.into_owned()).unwrap_or_default();
    let Some(caller) = callers.get_mut(&id) else { return };
    if message.is_request() {
        if message.method() == Method::Bye {
            peer.reply(message, 200, None);
            caller.fate.over = true;
        }
        return;
    }
    let (status, method) = (message.status().unwrap_or_default(), message.method());
    match (status, method) {
        (100..=199, Method::Invite) => {
            caller.heard = true;
            caller.fate.rang |= status == 180;
        }
        (200..=299, Method::Invite) => {
            let dialog = peer.caller_dialog(message);
            peer.ack(&dialog);
            if caller.dialog.is_none() {
                caller.fate.answered = Some(caller.called.elapsed());
                // Whoever has given up meanwhile hangs up at once.
                let talk = if caller.fate.gave_up { Duration::ZERO } else { plan.talk };
                caller.until = Some(Instant::now() + talk);
                caller.dialog = Some(dialog);
            }
        }
        (300..=699, Method::Invite) => {
            peer.acknowledge_refusal(&caller.invite, message);
            if !(status == 487 && caller.fate.gave_up) {
                caller.fate.refused = Some(status);
            }
            caller.fate.over = true;
        }
        (200..=699, Method::Bye) => caller.fate.over = true,
        (_, _) => {}
    }
}

fn due(peer: &mut Peer, caller: &mut Caller, plan: Plan) {
    let now = Instant::now();
    if !caller.heard && now >= caller.sent + AGAIN {
        caller.sent = now;
        peer.send(&caller.invite);
    }
    let waits = caller.heard && caller.dialog.is_none() && !caller.fate.over;
    if waits && !caller.fate.gave_up && now >= caller.called + plan.patience {
        caller.fate.gave_up = true;
        peer.cancel(&caller.invite);
    }
    if caller.until.is_some_and(|until| now >= until)
        && let Some(dialog) = &mut caller.dialog
    {
        caller.until = None;
        peer.request(dialog, &Method::Bye, None);
    }
}
