//! All calls: every event finds its call, the queue's effects find theirs, and every call is settled afterwards.
//!
//! A machine without SIP: leg events, media events, commands and time go in; [`Effect`]s come out as data.

mod commands;
mod dial_in;
mod errand;
mod incoming;
mod notice;
mod past;
mod reports;
mod trunks;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use acd::{CallId, OperatorId, REPORTS_OPEN, State, StateRefused, Who, Widening, Wish};
use endpoint::{LegEvent, LegId, Trace};

use crate::board::{Board, Effect, Phone};
use crate::call::callback::ForPromise;
use crate::call::record::Fact;
use crate::call::tape::judge;
use crate::call::{Call, Phase};
use crate::directory::Directory;
use crate::io::{Alarm, Event};
use crate::leg::{Role, Signalling};
use crate::media;
use crate::record::CallRecord;
use crate::switch::Config;
use dial_in::DialIn;
use errand::Errand;
use notice::Spoken;

/// Records written without their recording that are kept for it to come.
const LATE_MAX: usize = 1_000;

/// SIP messages of legs that are not known yet (an INVITE is traced before it is announced).
const EARLY_TRACES_MAX: usize = 1_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Calls {
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) board: Board,
    /// When which call must be looked at.
    deadlines: BTreeSet<(Instant, CallId)>,
    /// Operators' phones that are being told of their state.
    errands: BTreeMap<LegId, Errand>,
    /// Phones of firms to which a notice is spoken.
    notices: BTreeMap<LegId, Spoken>,
    /// Callers of the recordings line.
    dial_ins: BTreeMap<LegId, DialIn>,
    late: VecDeque<CallRecord>,
    early_traces: VecDeque<(Instant, Trace)>,
    /// The newest incoming leg. They are numbered upwards, and outgoing ones are known before they speak: any other
    /// unknown leg is one that is over.
    newest: Option<LegId>,
    keeps_traces: bool,
}

impl Calls {
    pub(crate) fn new(config: &Config, seed: [u8; 32]) -> Self {
        Self {
            calls: BTreeMap::new(),
            board: Board::new(config, seed),
            deadlines: BTreeSet::new(),
            errands: BTreeMap::new(),
            notices: BTreeMap::new(),
            dial_ins: BTreeMap::new(),
            late: VecDeque::new(),
            early_traces: VecDeque::new(),
            newest: None,
            keeps_traces: config.trace,
        }
    }

    /// Something happened to a leg.
    pub(crate) fn leg_event(&mut self, now: Instant, event: LegEvent) {
        if self.errand_event(now, &event) || self.notice_event(now, &event) || self.dial_in_event(now, &event) {
            return;
        }
        match event {
            LegEvent::Incoming(incoming) => self.incoming(now, &incoming),
            LegEvent::Progress { leg, dialog: _, status, body } if status > 100 => {
                if let Some(body) = body {
                    self.with_leg(now, leg, |call, board| call.early_media(board, leg, &body));
                }
                self.with_leg(now, leg, |call, board| match call.leg(leg).map(|leg| leg.role) {
                    Some(Role::Operator(who)) => call.operator_rings(board, now, leg, who),
                    Some(Role::Target) => call.target_rings(board, now, leg),
                    Some(Role::Caller) => call.caller_rings(board, now, leg),
                    Some(Role::Second(_) | Role::Supervisor(_)) | None => {}
                });
            }
            LegEvent::Progress { .. } => {}
            LegEvent::Answered { leg, body, from_ip } => {
                self.with_leg(now, leg, |call, board| match call.leg(leg).map(|leg| leg.role) {
                    Some(Role::Operator(who)) => call.operator_answers(board, now, leg, who, (&body, from_ip)),
                    Some(Role::Target) => call.target_answers(board, now, leg, &body, from_ip),
                    Some(Role::Supervisor(_)) => call.supervisor_answers(board, now, leg, &body, from_ip),
                    Some(Role::Caller) => call.caller_answers(board, now, leg, &body, from_ip),
                    Some(Role::Second(_)) | None => {}
                });
            }
            LegEvent::Rejected { leg, mut rejection } => {
                let cause = rejection.cause.take();
                self.with_leg(now, leg, |call, _| call.give_reason(now, leg, cause));
                self.with_leg(now, leg, |call, board| match call.leg(leg).map(|leg| leg.role) {
                    Some(Role::Operator(who)) => call.operator_declines(board, now, leg, who, &rejection),
                    Some(Role::Target) => call.target_rejects(board, now, leg, &rejection),
                    Some(Role::Supervisor(_)) => call.supervisor_rejects(board, now, leg, &rejection),
                    Some(Role::Caller) => call.caller_rejects(board, now, leg, &rejection),
                    Some(Role::Second(_)) | None => {}
                });
            }
            LegEvent::Acknowledged { leg, body } => {
                self.with_leg(now, leg, |call, board| call.acknowledged(board, now, leg, body));
            }
            LegEvent::Offer { leg, body } => {
                self.with_leg(now, leg, |call, board| call.offered(board, now, leg, &body))
            }
            LegEvent::OfferAnswered { leg, body } => {
                self.with_leg(now, leg, |call, board| call.offer_answered(board, now, leg, &body));
            }
            LegEvent::OfferRefused { leg, status: _ } => self.with_leg(now, leg, |call, _| {
                if let Some(leg) = call.leg_mut(leg) {
                    leg.description.refused();
                }
            }),
            LegEvent::Refer { leg, refer_to } => {
                self.with_leg(now, leg, |call, board| call.refer(board, now, leg, &refer_to));
            }
            LegEvent::Digit { leg, digit } => self.with_leg(now, leg, |call, board| call.key(board, now, leg, digit)),
            LegEvent::ProbeAnswered { leg } => self.with_leg(now, leg, |call, _| call.probe_answered(leg)),
            LegEvent::Ended { leg, how, cause } => self.with_leg(now, leg, |call, board| {
                call.give_reason(now, leg, cause);
                call.leg_ended(board, now, leg, how);
            }),
        }
        self.run_queue(now);
    }

    /// The voice path tells something.
    pub(crate) fn media_event(&mut self, now: Instant, event: media::Event) {
        if self.errand_media(now, &event) || self.notice_media(now, &event) || self.dial_in_media(now, &event) {
            return;
        }
        match event {
            media::Event::LegFailed { leg, why } => {
                self.with_leg(now, leg, |call, board| call.voice_failed(board, now, leg, &why));
            }
            media::Event::PromptEnded { leg, prompt, missing } => {
                self.with_leg(now, leg, |call, board| call.prompt_ended(board, now, leg, &prompt, missing));
            }
            media::Event::FirstPacket { leg, at } => self.with_leg(now, leg, |call, _| call.heard(now, leg, at)),
            media::Event::Digit { leg, digit } => {
                self.with_leg(now, leg, |call, board| call.key(board, now, leg, digit));
            }
            media::Event::NewStream { leg } => self.with_leg(now, leg, |call, _| call.new_stream(now, leg)),
            media::Event::Silent { leg, seconds } => {
                self.with_leg(now, leg, |call, board| call.silent(board, now, leg, seconds));
            }
            media::Event::Audible { leg } => self.with_leg(now, leg, |call, board| call.audible(board, now, leg)),
            media::Event::LegClosed { leg, statistics } => {
                self.with_leg(now, leg, |call, board| call.voice_closed(board, now, leg, statistics));
            }
            media::Event::RecordingFinished { call, recording } if self.calls.contains_key(&call) => {
                self.with_call(now, call, |call, board| call.recorded(board, now, recording));
            }
            media::Event::RecordingFinished { call, recording } => self.late_recording(call, recording),
            media::Event::RecordingFailed { call, why } => {
                self.with_call(now, call, |call, board| call.recording_failed(board, now, &why));
            }
        }
        self.run_queue(now);
    }

    /// A new snapshot of the directory. Calls keep the firm they began with.
    pub(crate) fn set_directory(&mut self, now: Instant, directory: Arc<Directory>) {
        let of_queue = |operator: &Arc<crate::Operator>| acd::Operator {
            id: operator.id,
            skills: operator.skills.iter().cloned().collect(),
            wrap_up: operator.wrap_up,
            wrap_up_max: operator.wrap_up_max,
            tier: operator.tier,
            teams: operator.teams.clone(),
            rank: operator.rank,
            customers: operator.customers.clone(),
            unread: operator.unread.clone(),
        };
        self.board.queue.set_operators(now, directory.operators.values().map(of_queue).collect());
        self.board.trunks.retain(|id, _| directory.trunk(*id).is_some());
        self.board.trunk_turns.retain(|id, _| directory.trunk(*id).is_some());
        self.board.outages.keep(|id| directory.trunk(id).is_some());
        self.board.phones.retain(|id, _| directory.operators.contains_key(id));
        self.board.look_at_addresses(&directory);
        self.board.look_at_teams(&directory);
        self.board.usage.keep(|customer| directory.customers.contains_key(&customer));
        self.board.directory = directory;
        self.tell_what_is_owed(now);
        self.run_queue(now);
    }

    /// The operator's phones: where the newest is, or that there is none. Whoever comes with a phone alone is ready at once.
    pub(crate) fn set_phone(&mut self, now: Instant, who: OperatorId, phone: Option<Phone>) {
        let had_phone = self.board.phones.contains_key(&who);
        match phone {
            Some(phone) => self.board.phones.insert(who, phone),
            None => self.board.phones.remove(&who),
        };
        if phone.is_some() && !had_phone {
            let is_out = self.board.queue.operator(who).is_some_and(|operator| operator.state == State::LoggedOut);
            let is_ready = self.board.directory.operators.get(&who).is_some_and(|operator| operator.ready_on_register);
            let wish = match (is_ready, is_out) {
                (true, _) => Some(Wish::Ready),
                (false, true) => Some(Wish::NotReady { reason: String::new() }),
                (false, false) => None,
            };
            let refused = wish.and_then(|wish| self.board.queue.set_state(now, who, wish).err());
            if let Some(StateRefused::ReportsOpen { .. }) = refused {
                let until_done = Wish::NotReady { reason: REPORTS_OPEN.to_owned() };
                // An operator who is in no directory any more has no state to set.
                let _ = self.board.queue.set_state(now, who, until_done);
            }
        }
        self.board.queue.set_reachable(now, who, phone.is_some());
        self.run_queue(now);
    }

    /// A SIP message of a leg.
    pub(crate) fn trace(&mut self, now: Instant, trace: Trace) {
        if !self.keeps_traces {
            return;
        }
        match self.board.legs.get(&trace.leg).and_then(|call| self.calls.get_mut(call)) {
            Some(call) => call.trace(now, trace),
            None if trace.leg.0.is_multiple_of(2) || Some(trace.leg) <= self.newest => {}
            None => {
                if self.early_traces.len() >= EARLY_TRACES_MAX {
                    self.early_traces.pop_front();
                }
                self.early_traces.push_back((now, trace));
            }
        }
    }

    /// No new calls from now on, nobody is called back any more, and the recordings line is closed.
    pub(crate) fn drain(&mut self, now: Instant) {
        self.board.draining = true;
        for id in self.board.promises.open().collect::<Vec<_>>() {
            self.with_call(now, id, |call, board| call.drain(board, now));
        }
        self.dial_ins_end(now);
        self.run_queue(now);
    }

    /// Does what has become due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        while let Some((due, id)) = self.deadlines.first().copied() {
            if due > now {
                break;
            }
            self.deadlines.pop_first();
            self.with_call(now, id, |call, board| call.handle_timeout(board, now));
        }
        self.errands_timeout(now);
        self.notices_timeout(now);
        self.dial_ins_timeout(now);
        self.outages_timeout(now);
        self.board.queue.handle_timeout(now);
        self.run_queue(now);
    }

    /// When [`Calls::handle_timeout`] is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let first = self.deadlines.first().map(|(due, _)| *due);
        let errands = self.errands.values().map(Errand::deadline).min();
        let notices = self.notices.values().filter_map(Spoken::deadline).min();
        let dial_ins = self.dial_ins.values().filter_map(DialIn::deadline).min();
        let (queue, promise) = (self.board.queue.poll_timeout(), self.board.promise.due());
        let outages = self.board.outages.due();
        [first, queue, errands, notices, dial_ins, promise, outages].into_iter().flatten().min()
    }

    /// The next thing to do.
    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.board.poll_effect()
    }

    /// Calls that are not over.
    pub(crate) fn live(&self) -> usize {
        self.calls.values().filter(|call| !matches!(call.phase, Phase::Over { .. })).count()
    }

    /// Nothing is left of any call.
    pub(crate) fn is_idle(&self) -> bool {
        self.calls.is_empty()
            && self.errands.is_empty()
            && self.notices.is_empty()
            && self.dial_ins.is_empty()
            && self.board.legs.is_empty()
            && self.board.ports.used_count() == 0
            && self.board.usage.is_idle()
    }

    /// Messages that were traced before their leg was announced.
    fn claim_traces(&mut self, leg: LegId) {
        self.newest = self.newest.max(Some(leg));
        let early = std::mem::take(&mut self.early_traces);
        for (at, trace) in early {
            if trace.leg == leg {
                self.trace(at, trace);
            } else if trace.leg > leg {
                self.early_traces.push_back((at, trace));
            }
        }
    }

    fn with_leg(&mut self, now: Instant, leg: LegId, what: impl FnOnce(&mut Call, &mut Board)) {
        if let Some(call) = self.board.legs.get(&leg).copied() {
            self.with_call(now, call, what);
        }
    }

    /// Does something with a call, settles it, and forgets it when nothing is left of it.
    pub(crate) fn with_call(&mut self, now: Instant, id: CallId, what: impl FnOnce(&mut Call, &mut Board)) {
        let Some((old, outcome)) = self.change(now, id, what) else { return };
        let stands_for_it = |call: &Call| call.stands_for.is_some_and(|stands_for| stands_for.call == old);
        let is_still_there = outcome == ForPromise::Left && self.calls.values().any(stands_for_it);
        if !is_still_there {
            self.change(now, old, |call, board| call.new_call_is(board, now, outcome));
        }
    }

    /// The same for one call alone; gives what that means for another one.
    fn change(
        &mut self,
        now: Instant,
        id: CallId,
        what: impl FnOnce(&mut Call, &mut Board),
    ) -> Option<(CallId, ForPromise)> {
        let call = self.calls.get_mut(&id)?;
        what(call, &mut self.board);
        let for_promise = call.outcome_for_promise();
        let due = call.settle(&mut self.board, now);
        if let Some(armed) = call.armed.take() {
            self.deadlines.remove(&(armed, id));
        }
        if call.is_finished() {
            self.forget(id);
        } else if let Some(due) = due {
            call.armed = Some(due);
            self.deadlines.insert((due, id));
        }
        for_promise
    }

    /// A name for a new call.
    fn new_id(&mut self, now: Instant) -> CallId {
        let unix_ms = self.board.unix_ms(now);
        loop {
            let id = CallId::new(unix_ms, self.board.random());
            if !self.calls.contains_key(&id) {
                return id;
            }
        }
    }

    /// A line more in a call's timeline.
    fn tell(&mut self, now: Instant, id: CallId, fact: Fact) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.story.tell(now, fact);
        }
    }

    fn forget(&mut self, id: CallId) {
        let Some(call) = self.calls.remove(&id) else { return };
        let waits_for_recording = call.is_connected() && call.story.record.recording.is_none();
        if waits_for_recording {
            if self.late.len() >= LATE_MAX {
                self.late.pop_front();
            }
            self.late.push_back(call.story.record);
        }
    }

    /// A recording that came after its call's last revision: one revision more.
    fn late_recording(&mut self, call: CallId, mut recording: media::Recording) {
        let Some(index) = self.late.iter().position(|record| record.call == call) else { return };
        let Some(mut record) = self.late.remove(index) else { return };
        record.revision += 1;
        judge(&mut recording, record.connected_ms());
        if !recording.fault.is_empty() {
            self.board.alarm(Alarm::RecordingFailed { call: call.to_string(), why: recording.fault.clone() });
        }
        // It is counted: as one that failed, when it did not come in time.
        record.recorded(recording);
        self.board.record(record);
    }

    /// Does what the queue wants done, until it wants nothing more.
    pub(crate) fn run_queue(&mut self, now: Instant) {
        while let Some(effect) = self.board.queue.poll_effect() {
            match effect {
                acd::Effect::Offer { call, operator } => match self.calls.contains_key(&call) {
                    true => self.with_call(now, call, |call, board| call.offer(board, now, operator)),
                    false => self.board.queue.withdraw(now, call),
                },
                acd::Effect::Withdraw { call, operator, why } => {
                    self.with_call(now, call, |call, board| call.withdraw(board, now, operator, why));
                }
                acd::Effect::OperatorState { operator, state } => {
                    self.board.presence(operator, presence_of(&state));
                    let (state, reason) = state_words(state);
                    self.board.event(Event::OperatorState { operator: operator.0, state: state.to_owned(), reason });
                }
                acd::Effect::Waiting { .. } => {}
                acd::Effect::Widened { call, who, why } => {
                    let (who, why) = (who_word(who), widening_word(why));
                    let detail = format!("{who} {why}");
                    self.tell(now, call, Fact::Widened { who, why });
                    let (call, what) = (call.to_string(), "widened".to_owned());
                    self.board.event(Event::CallChanged { call, what, detail });
                }
                acd::Effect::PromiseAtRisk { call, chance_percent } => {
                    self.tell(now, call, Fact::PromiseAtRisk { chance_percent });
                    let customer = self.calls.get(&call).and_then(|call| call.story.record.customer);
                    self.board.alarm(Alarm::PromiseAtRisk { call: call.to_string(), customer, chance_percent });
                }
                acd::Effect::OperatorUnreliable { operator } => {
                    self.board.alarm(Alarm::OperatorUnreliable { operator: operator.0 });
                }
            }
        }
        self.board.count_waiting();
        self.tell_promise(now);
    }
}

/// What colleagues' phones show of it.
fn presence_of(state: &State) -> endpoint::Presence {
    match state {
        State::LoggedOut => endpoint::Presence::LoggedOut,
        State::NotReady { reason } => endpoint::Presence::NotReady { reason: reason.clone() },
        State::Ready => endpoint::Presence::Ready,
        State::Busy => endpoint::Presence::Busy,
        State::WorkingAfterCall => endpoint::Presence::WorkingAfterCall,
    }
}

/// Whom a step of a plan rings.
fn who_word(who: Who) -> String {
    match who {
        Who::Best(count) => format!("best_{count}"),
        Who::Suited => "suited".to_owned(),
        Who::Everyone => "everyone".to_owned(),
        Who::Supervisors => "supervisors".to_owned(),
        Who::Managers => "managers".to_owned(),
    }
}

fn widening_word(why: Widening) -> &'static str {
    match why {
        Widening::Step => "step",
        Widening::Promise => "promise",
    }
}

/// CSTA's word for an operator's state, and the reason of not being ready.
pub(crate) fn state_words(state: State) -> (&'static str, String) {
    match state {
        State::LoggedOut => ("logged_out", String::new()),
        State::NotReady { reason } => ("not_ready", reason),
        State::Ready => ("ready", String::new()),
        State::Busy => ("busy", String::new()),
        State::WorkingAfterCall => ("working_after_call", String::new()),
    }
}

/// Is the leg one that may still carry speech?
pub(crate) fn is_alive(signalling: Signalling) -> bool {
    match signalling {
        Signalling::Early { .. } | Signalling::Up => true,
        Signalling::Leaving { .. } | Signalling::Gone => false,
    }
}

#[cfg(test)]
pub(crate) mod tests;
