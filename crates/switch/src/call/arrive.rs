//! A caller's INVITE: whose number is it? 180 at once, and into the queue. No 200 until a person answers.

use std::time::{Duration, Instant};

use acd::{CallId, EnqueueError};
use endpoint::{Incoming, LegId, Order, TrunkId};
use number::{Number, Withheld};

use super::callback::StandsFor;
use super::record::{Fact, Story};
use super::{Call, Phase, Tape};
use crate::board::Board;
use crate::directory::{CustomerId, Whose, plain};
use crate::io::{Alarm, Event};
use crate::leg::{LEAVING_MAX, Role, Signalling, Voice};
use crate::media::{self, Side};
use crate::record::{CallRecord, CallState};

/// Diversions after which a call goes round in a circle (R36).
pub(crate) const DIVERSIONS_MAX: u8 = 5;

/// When a caller whom we cannot take now may try again, seconds.
pub(crate) const RETRY_AFTER: u32 = 30;

/// Ports tried for a caller before the call is refused.
const PORTS_TRIED_MAX: usize = 4;

/// Who calls, as far as it may be known.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    number: Option<Number>,
    withheld: Option<Withheld>,
    /// As sent, when it is neither.
    text: String,
}

impl Caller {
    pub(crate) fn of(incoming: &Incoming) -> Self {
        let said = Withheld::from_header(&incoming.caller_display, &incoming.caller, &incoming.caller_host);
        let withheld = said.or(incoming.privacy.then_some(Withheld::Anonymous));
        let number = if withheld.is_some() { None } else { Number::parse(&incoming.caller, number::JAPAN).ok() };
        let text = if withheld.is_some() { String::new() } else { plain(&incoming.caller) };
        Self { number, withheld, text }
    }

    /// E.164 digits; empty when withheld or not a number. What a caller makes up at will is nobody's name.
    pub(crate) fn digits(&self) -> String {
        self.number.map(|number| number.digits().to_string()).unwrap_or_default()
    }

    /// E.164 digits, or the text as it came; empty when withheld.
    pub(crate) fn shown(&self) -> String {
        self.number.map_or_else(|| self.text.clone(), |number| number.digits().to_string())
    }
}

/// The word of a withheld number's reason in records and events.
fn withheld_word(withheld: Option<Withheld>) -> &'static str {
    match withheld {
        None => "",
        Some(Withheld::Anonymous) => "anonymous",
        Some(Withheld::Payphone) => "payphone",
        Some(Withheld::Unavailable) => "unavailable",
        Some(Withheld::Interaction) => "interaction",
    }
}

/// Refuses an INVITE.
pub(crate) fn refuse(board: &mut Board, leg: LegId, status: u16) {
    let retry_after = (status == 503).then_some(RETRY_AFTER);
    board.order(Order::Reject { leg, status, retry_after, reason: None });
}

/// A caller's call, in the queue; `None`: it was refused, and the INVITE is answered.
///
/// `stands_for`: the caller was promised a call back in another call, and the place in the queue counts from then.
pub(crate) fn arrive(
    board: &mut Board,
    now: Instant,
    (id, stands_for): (CallId, Option<(StandsFor, Instant)>),
    trunk: TrunkId,
    incoming: &Incoming,
) -> Option<Call> {
    let caller = Caller::of(incoming);
    if let Some(status) = circle(board, &caller, incoming) {
        refuse(board, incoming.leg, status);
        return None;
    }
    let early = (Role::Caller, Signalling::Early { rang: true });
    let (leg, answer) = match board.take_up(now, incoming, early, board.trunk_terms(trunk).of_incoming()) {
        Ok(taken) => taken,
        Err(status) => {
            refuse(board, incoming.leg, status);
            return None;
        }
    };
    let local = leg.local;
    let whose = board.directory.whose(trunk, &incoming.dialled);
    let mut call = Call {
        id,
        customer: whose.customer.clone(),
        caller: incoming.leg,
        answer,
        legs: Vec::from([leg]),
        phase: Phase::Waiting(Box::default()),
        tape: Tape::Blank,
        supervision: None,
        pause: None,
        story: Story::new(now, blank_record(board, now, id, trunk, incoming, &whose, &caller)),
        waits_since: now,
        until: now + Duration::from_secs(u64::from(board.directory.settings.call_seconds_max.max(60))),
        hops: incoming.max_forwards.saturating_sub(1),
        diversions: incoming.diversions,
        since: stands_for.map_or(now, |(_, since)| since),
        closed: String::new(),
        earlier: None,
        is_new: false,
        stands_for: stands_for.map(|(old, _)| old),
        missing: Vec::new(),
        is_written: false,
        armed: None,
    };
    board.legs.insert(incoming.leg, id);
    board.order(Order::Progress { leg: incoming.leg, status: 180, body: None });
    board.media(media::Order::OpenLeg { leg: incoming.leg, call: id, local, side: Side::Caller });
    call.announce(board, now, incoming, &whose, &caller);
    call.look_back(board, now, caller.number);
    match call.come_in(board, now) {
        Ok(()) | Err(EnqueueError::Duplicate) => {}
        Err(EnqueueError::Full) => call.no_room(board, now),
    }
    Some(call)
}

/// A call that has gone round in a circle (R36): the status to refuse it with.
pub(crate) fn circle(board: &Board, caller: &Caller, incoming: &Incoming) -> Option<u16> {
    if incoming.max_forwards == 0 {
        return Some(483);
    }
    let is_own = caller.number.is_some_and(|number| board.directory.is_own(number));
    (incoming.diversions > DIVERSIONS_MAX || is_own).then_some(482)
}

/// Which firm is called, and by whom: `None` for a number in no table, and for a caller who is not known.
pub(crate) fn who_calls(board: &Board, trunk: TrunkId, incoming: &Incoming) -> Option<(CustomerId, Number)> {
    let number = Caller::of(incoming).number?;
    Some((board.directory.whose(trunk, &incoming.dialled).customer?.id, number))
}

/// The record before anything has happened.
fn blank_record(
    board: &Board,
    now: Instant,
    id: CallId,
    trunk: TrunkId,
    incoming: &Incoming,
    whose: &Whose,
    caller: &Caller,
) -> CallRecord {
    let did = whose
        .did
        .map_or_else(|| whose.candidates.first().cloned().unwrap_or_default(), |number| number.digits().to_string());
    CallRecord {
        customer: whose.customer.as_ref().map(|customer| customer.id.0),
        customer_name: whose.customer.as_ref().map(|customer| customer.name.clone()).unwrap_or_default(),
        diverted_from: diverted_from(incoming, &did),
        did,
        caller: caller.digits(),
        withheld: withheld_word(caller.withheld).to_owned(),
        trunk: Some(trunk.0),
        ..CallRecord::blank(id, board.unix_ms(now))
    }
}

/// The number that the firm's own line was dialled on (F02): the original diversion, else the last one.
fn diverted_from(incoming: &Incoming, did: &str) -> String {
    use endpoint::Extractor::{DiversionBottom, DiversionTop, HistoryInfo};
    let read = |text: &str| {
        Number::parse(text, number::JAPAN).map_or_else(|_| plain(text), |number| number.digits().to_string())
    };
    [DiversionBottom, DiversionTop, HistoryInfo]
        .into_iter()
        .flat_map(|wanted| incoming.dialled.iter().filter(move |(found_by, _)| *found_by == wanted))
        .map(|(_, text)| read(text))
        .find(|text| !text.is_empty() && text != did)
        .unwrap_or_default()
}

impl Call {
    /// Tells desks, timeline and record that there is a call.
    fn announce(&mut self, board: &mut Board, now: Instant, incoming: &Incoming, whose: &Whose, caller: &Caller) {
        let party = caller.shown();
        let index = self.story.begin_leg(now, Role::Caller.word(), party.clone(), &incoming.sip_call_id);
        if let Some(leg) = self.leg_mut(incoming.leg) {
            leg.index = index;
        }
        let record = &self.story.record;
        let (customer, customer_name, did) = (record.customer, record.customer_name.clone(), record.did.clone());
        let (withheld, diverted_from) = (record.withheld.clone(), record.diverted_from.clone());
        let candidates = whose.candidates.clone();
        self.story.tell(
            now,
            Fact::Arrived {
                did: did.clone(),
                candidates: candidates.clone(),
                diverted_from,
                caller: party.clone(),
                withheld: withheld.clone(),
                session_id: incoming.session_id.clone(),
            },
        );
        self.story.tell(now, Fact::Ringing {});
        board.promise.offered(self.whose());
        let call = self.id.to_string();
        board.event(Event::CallArrived { call: call.clone(), customer, customer_name, did, caller: party, withheld });
        if whose.customer.is_none() {
            board.alarm(Alarm::UnknownNumber { call, candidates });
        }
        self.story.write(board, now, CallState::Queued);
    }

    /// Has this number called this firm before, today (F09) or ever (F06)?
    fn look_back(&mut self, board: &mut Board, now: Instant, number: Option<Number>) {
        let Some((customer, number)) = self.customer.as_deref().map(|customer| customer.id).zip(number) else { return };
        let unix_ms = board.unix_ms(now);
        self.earlier = board.visitors.earlier(unix_ms, customer, number);
        if let Some(earlier) = &self.earlier {
            self.story.tell(now, Fact::Repeated { calls: earlier.calls, last_ms: earlier.last_ms });
        }
        self.is_new = self.earlier.is_none() && board.known.is_new(customer, number);
        board.known.learn(customer, number);
        if self.is_new {
            self.story.tell(now, Fact::NewCaller {});
        }
    }

    /// The queue is full: the caller is told to try again.
    fn no_room(&mut self, board: &mut Board, now: Instant) {
        let limit = board.queue.waiting_count();
        board.alarm(Alarm::Full { table: "queue".to_owned(), limit });
        self.refuse_caller(board, now, 503, "refused");
        self.end(board, now, "queue_full");
    }

    /// Refuses a caller who has no final response yet.
    fn refuse_caller(&mut self, board: &mut Board, now: Instant, status: u16, ending: &str) {
        let caller = self.caller;
        refuse(board, caller, status);
        if let Some(leg) = self.leg_mut(caller) {
            leg.signalling = Signalling::Leaving { until: now + LEAVING_MAX };
            let index = leg.index;
            self.story.leg_ended(now, index, status, ending);
        }
    }

    /// The caller's port could not be bound. Nothing has been said of it yet: another one.
    pub(crate) fn reopen(&mut self, board: &mut Board, now: Instant, why: &str) {
        let (id, caller) = (self.id, self.caller);
        let Some(leg) = self.leg_mut(caller) else { return };
        leg.closed(board, now);
        let tries = leg.description.moves();
        let peer = leg.from_ip;
        let opened = if tries < PORTS_TRIED_MAX { board.open(now, caller, peer) } else { None };
        let Some(local) = opened else {
            self.story.tell(now, Fact::VoiceFailed { leg: Role::Caller.word().to_owned(), why: why.to_owned() });
            self.refuse_caller(board, now, 503, "voice_failed");
            self.end(board, now, "no_port");
            return;
        };
        leg.voice = Voice::Open;
        leg.local = local;
        let answer = leg.description.move_to(local.port());
        self.answer = answer;
        self.ring_on(now);
        board.media(media::Order::OpenLeg { leg: caller, call: id, local, side: Side::Caller });
    }
}
