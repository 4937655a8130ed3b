//! Many operators' phones on one socket, each with a habit of its own: they ring, answer, refuse, hang up or say nothing, and
//! keep what the switch asked of each of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sip::message::{Message, Method, Name};

use super::house::{House, Operator, SOON};
use super::peer::{Dialog, Peer, sdp};
use super::until;

/// A 200 that is not acknowledged is sent again after this (RFC 3261 13.3.1.4, without the doubling).
const AGAIN: Duration = Duration::from_millis(500);

/// What a phone does when it is called.
#[derive(Clone, Copy, Debug)]
pub enum Habit {
    /// Rings, and answers after so long.
    Answers(Duration),
    /// Rings, and nobody is there.
    Rings,
    /// Refuses at once with this status.
    Refuses(u16),
    /// Answers, and hangs up in the same moment.
    HangsUp,
    /// Answers without a description that anybody could use.
    Babbles,
    /// Says nothing at all.
    Mute,
}

/// What the switch asked of a phone, or the phone did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// INVITE.
    Invited,
    /// Our 200.
    Answered,
    /// CANCEL.
    Cancelled,
    /// BYE.
    Ended,
}

/// One line of what happened.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// The phone's login.
    pub who: String,
    /// The house's name for the call.
    pub call: String,
    /// What.
    pub what: Deed,
}

/// What the phones and the test share.
#[derive(Default)]
struct Shared {
    seen: Mutex<Vec<Seen>>,
    habits: Mutex<BTreeMap<String, Habit>>,
    over: AtomicBool,
}

impl Shared {
    fn see(&self, ring: &Ring, what: Deed) {
        let seen = Seen { at: Instant::now(), who: ring.who.clone(), call: ring.call.clone(), what };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }

    fn habit(&self, who: &str) -> Habit {
        self.habits.lock().unwrap_or_else(PoisonError::into_inner).get(who).copied().unwrap_or(Habit::Rings)
    }
}

/// Phones, registered and ready, until they are dropped.
pub struct Robots {
    shared: Arc<Shared>,
    lives: Option<JoinHandle<()>>,
}

impl Robots {
    /// The phones of these operators, in the order in which they become ready.
    pub fn start(house: &House, operators: &[(&Operator, Habit)]) -> Robots {
        let mut peer = Peer::bind(0, &house.sip);
        let shared = Arc::new(Shared::default());
        for (operator, habit) in operators {
            shared.habits.lock().unwrap_or_else(PoisonError::into_inner).insert(operator.login.clone(), *habit);
            let contact = format!("<sip:{}@{}>", operator.login, peer.host());
            peer.register_as(&operator.login, &operator.password, &contact, 1);
        }
        for (operator, _) in operators {
            house.until_operator(operator.id, "ready");
        }
        let theirs = Arc::clone(&shared);
        let lives = Some(std::thread::spawn(move || live(&mut peer, &theirs)));
        Robots { shared, lives }
    }

    /// Another habit from the next call on.
    pub fn learns(&self, login: &str, habit: Habit) {
        self.shared.habits.lock().unwrap_or_else(PoisonError::into_inner).insert(login.to_owned(), habit);
    }

    /// All that has happened so far, in its order.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Of this phone.
    pub fn seen_by(&self, login: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.who == login).collect()
    }

    /// Waits until this phone has seen so many of these; the last of them.
    pub fn until(&self, login: &str, what: Deed, times: usize) -> Seen {
        until(&format!("{login}: {what:?} {times} times"), SOON, || {
            self.seen_by(login).into_iter().filter(|seen| seen.what == what).nth(times - 1)
        })
    }
}

impl Drop for Robots {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        if let Some(lives) = self.lives.take() {
            let _ = lives.join();
        }
        if std::thread::panicking() {
            eprintln!("--- the phones ---\n{:#?}", self.seen());
        }
    }
}

/// One call at one phone.
struct Ring {
    who: String,
    call: String,
    invite: Message,
    habit: Habit,
    /// To be answered then, or answered again.
    answer: Option<Instant>,
    is_answered: bool,
    dialog: Option<Dialog>,
}

fn live(peer: &mut Peer, shared: &Shared) {
    let mut rings: BTreeMap<String, Ring> = BTreeMap::new();
    while !shared.over.load(Ordering::Relaxed) {
        if let Some(message) = peer.catch(Duration::from_millis(1), |_| true) {
            let id = message.text(Name::CallId).map(|id| id.into_owned()).unwrap_or_default();
            if message.is_request() {
                asked(peer, shared, &mut rings, id, &message);
            }
        }
        for ring in rings.values_mut() {
            if ring.answer.is_some_and(|at| at <= Instant::now()) {
                answer(peer, shared, ring);
            }
        }
    }
}

fn answer(peer: &mut Peer, shared: &Shared, ring: &mut Ring) {
    let description = sdp(40_000);
    let description = if matches!(ring.habit, Habit::Babbles) { "v=0\r\ns=-\r\n" } else { &description };
    peer.reply(&ring.invite, 200, Some(description));
    if !ring.is_answered {
        shared.see(ring, Deed::Answered);
    }
    ring.is_answered = true;
    ring.answer = Some(Instant::now() + AGAIN);
}

fn asked(peer: &mut Peer, shared: &Shared, rings: &mut BTreeMap<String, Ring>, id: String, message: &Message) {
    let method = message.method();
    match (rings.get_mut(&id), method) {
        (None, Method::Invite) => {
            if let Some(ring) = begin(peer, shared, message) {
                rings.insert(id, ring);
            }
        }
        (Some(ring), Method::Cancel) => {
            peer.reply(message, 200, None);
            shared.see(ring, Deed::Cancelled);
            if !ring.is_answered {
                ring.answer = None;
                let invite = ring.invite.clone();
                peer.reply(&invite, 487, None);
            }
        }
        (Some(ring), Method::Ack) => {
            ring.answer = None;
            if let (Habit::HangsUp, true, None) = (ring.habit, ring.is_answered, &ring.dialog) {
                let mut dialog = peer.callee_dialog(&ring.invite);
                peer.request(&mut dialog, &Method::Bye, None);
                ring.dialog = Some(dialog);
            }
        }
        (Some(ring), Method::Bye) => {
            peer.reply(message, 200, None);
            shared.see(ring, Deed::Ended);
        }
        // An INVITE that comes again, and what is of no interest here.
        (_, _) => {}
    }
}

/// `None`: the phone is mute.
fn begin(peer: &mut Peer, shared: &Shared, invite: &Message) -> Option<Ring> {
    let uri = String::from_utf8_lossy(invite.request_uri().unwrap_or_default()).into_owned();
    let who = uri.trim_start_matches("sip:").split('@').next().unwrap_or_default().to_owned();
    let call = invite.other("X-Denwaban-Call").map(|name| String::from_utf8_lossy(&name).into_owned());
    let habit = shared.habit(&who);
    let answer = match habit {
        Habit::Answers(after) => Some(Instant::now() + after),
        Habit::HangsUp | Habit::Babbles => Some(Instant::now()),
        Habit::Rings | Habit::Refuses(_) | Habit::Mute => None,
    };
    let (invite, call) = (invite.clone(), call.unwrap_or_default());
    let ring = Ring { who, call, invite, habit, answer, is_answered: false, dialog: None };
    shared.see(&ring, Deed::Invited);
    match habit {
        Habit::Refuses(status) => peer.reply(&ring.invite, status, None),
        Habit::Answers(_) | Habit::Rings | Habit::HangsUp | Habit::Babbles => peer.reply(&ring.invite, 180, None),
        // Its INVITE comes again, and is another line each time.
        Habit::Mute => return None,
    }
    Some(ring)
}
