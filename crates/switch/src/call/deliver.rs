//! An operator's phone rings: the firm's name in its display and on the desk, before anyone answers.

use std::time::Instant;

use acd::{Declined, OperatorId};
use endpoint::{Destination, Invite, LegId, Order, Rejection};

use super::record::{Fact, leg_number, operator};
use super::{Call, Phase};
use crate::board::Board;
use crate::io::Event;
use crate::leg::{Leg, Role, Signalling, Terms};
use crate::media::{self, Side};
use crate::record::CallState;

impl Call {
    /// The queue offers this call to an operator.
    pub(crate) fn offer(&mut self, board: &mut Board, now: Instant, who: OperatorId) {
        let account = match board.directory.operators.get(&who) {
            Some(known) if self.is_queued() => known.account.id,
            Some(_) | None => return board.queue.declined(now, self.id, who, Declined::Unreachable),
        };
        if matches!(self.phase, Phase::Away(_)) && !self.can_call_back(board, now) {
            return self.rest_from_queue(board, now);
        }
        let phone = board.phones.get(&who).copied();
        let (peer, terms) = (phone.map(|phone| phone.address), board.operator_terms(who));
        let Some(id) = self.new_leg(board, now, Role::Operator(who), peer, terms, who.to_string()) else {
            return board.queue.declined(now, self.id, who, Declined::NotAsked);
        };
        let has_browser = phone.is_some_and(|phone| phone.has_browser);
        let (body, web_body) = match self.leg_mut(id).map(|leg| &mut leg.description) {
            Some(ours) => (ours.offer(), if has_browser { ours.browser_offer() } else { None }),
            None => Default::default(),
        };
        let invite = Invite {
            leg: id,
            to: Destination::Account(account),
            display: self.display_name(),
            caller: self.caller_user(),
            withheld: !self.story.record.withheld.is_empty(),
            redirected: None,
            body,
            web_body,
            headers: self.pop_headers(board),
            max_forwards: self.hops,
            auto_answer: false,
            on_behalf_of: Some(self.caller),
        };
        board.order(Order::Invite(invite));
        self.story.tell(now, Fact::Offered { operator: operator(who), leg: leg_number(id) });
        self.pop(board, now, who);
    }

    /// A new outgoing leg with its port; `None` when no port is free.
    pub(super) fn new_leg(
        &mut self,
        board: &mut Board,
        now: Instant,
        role: Role,
        peer: Option<std::net::IpAddr>,
        terms: Terms,
        party: String,
    ) -> Option<LegId> {
        let id = board.new_leg();
        self.add_leg(board, now, (id, role, party, ""), peer, terms)
    }

    /// A leg with its port, its voice path opened; `None` when no port is free.
    pub(super) fn add_leg(
        &mut self,
        board: &mut Board,
        now: Instant,
        (id, role, party, sip_call_id): (LegId, Role, String, &str),
        peer: Option<std::net::IpAddr>,
        terms: Terms,
    ) -> Option<LegId> {
        let local = board.open(now, id, peer)?;
        let index = self.story.begin_leg(now, role.word(), party, sip_call_id);
        self.legs.reserve_exact(1); // a call has two legs, seldom more: room for four would be a sixth of its memory
        let early = Signalling::Early { rang: false };
        let description = board.describe(local, &Terms { peer, ..terms });
        self.legs.push(Leg { index, ..Leg::new((id, role), early, local, description, peer) });
        board.legs.insert(id, self.id);
        let side = if role == Role::Caller { Side::Caller } else { Side::Ours };
        board.media(media::Order::OpenLeg { leg: id, call: self.id, local, side });
        if matches!(role, Role::Supervisor(_)) {
            // Before anything can be heard from it.
            self.tape_leg(board, id, false);
        }
        Some(id)
    }

    /// Towards the operator's phone: the firm's name; for an unknown number, the number that was dialled.
    pub(super) fn display_name(&self) -> String {
        match &self.customer {
            Some(customer) => customer.name.clone(),
            None => self.story.record.did.clone(),
        }
    }

    /// Towards the operator's phone: the caller's number as Japanese phones write it.
    pub(super) fn caller_user(&self) -> Option<String> {
        let digits = &self.story.record.caller;
        let number = number::Number::parse(&format!("+{digits}"), number::JAPAN);
        number.ok().filter(|_| !digits.is_empty()).map(number::Number::national)
    }

    /// Headers that make a phone ring its own way, open the call's page, and tell our own desk which call it is.
    fn pop_headers(&self, board: &Board) -> Vec<(&'static str, String)> {
        let code = self.code();
        let mut headers = Vec::from([
            ("Alert-Info", format!("<urn:alert:source:external>;info={code}")),
            ("X-Denwaban-Call", self.id.to_string()),
        ]);
        if !board.desk_url.is_empty() {
            headers.push(("Call-Info", format!("<{}/desk/calls/{}>;purpose=info", board.desk_url, self.id)));
        }
        headers
    }

    /// The operator's screen: which firm, what to say.
    fn pop(&self, board: &mut Board, now: Instant, who: OperatorId) {
        let record = &self.story.record;
        let customer = self.customer.as_deref();
        let unix_ms = self.story.unix_ms(now);
        let greeting = customer.map(|customer| customer.greeting_at(unix_ms)).filter(|(text, _)| !text.is_empty());
        let (greeting, greeting_reading) = greeting.unwrap_or((&board.directory.settings.default_greeting, ""));
        let (greeting, greeting_reading) = (greeting.to_owned(), greeting_reading.to_owned());
        board.event(Event::ScreenPop {
            call: self.id.to_string(),
            operator: who.0,
            customer: record.customer,
            customer_name: record.customer_name.clone(),
            reading: customer.map(|customer| customer.reading.clone()).unwrap_or_default(),
            greeting,
            greeting_reading,
            manual: customer.map(|customer| customer.manual.clone()).unwrap_or_default(),
            caller: self.story.caller_party(),
            withheld: record.withheld.clone(),
            waited_ms: self.story.offset(now),
            callback: matches!(self.phase, Phase::Away(_)),
            closed: self.closed.clone(),
            earlier: self.earlier.clone(),
            is_new: self.is_new,
            visits: self.visits(),
        });
    }

    /// Calls of this number to this firm in the last day, with this one; 0: the number is not known.
    fn visits(&self) -> u32 {
        let is_known = self.customer.is_some() && !self.story.record.caller.is_empty();
        let earlier = self.earlier.as_ref().map_or(0, |earlier| earlier.calls);
        if is_known { earlier.saturating_add(1) } else { 0 }
    }

    /// 18x from a phone that we called.
    pub(crate) fn operator_rings(&mut self, board: &mut Board, now: Instant, id: LegId, who: OperatorId) {
        let was_delivered = self.state() == CallState::Delivered;
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_early() && !leg.rang()) else { return };
        leg.signalling = Signalling::Early { rang: true };
        board.queue.ringing(now, self.id, who);
        self.story.tell(now, Fact::OperatorRinging { operator: operator(who) });
        if !was_delivered {
            let (what, detail) = ("delivered".to_owned(), String::new());
            board.event(Event::CallChanged { call: self.id.to_string(), what, detail });
        }
    }

    /// A phone refused, or could not be reached. Others go on ringing (W03).
    pub(crate) fn operator_declines(
        &mut self,
        board: &mut Board,
        now: Instant,
        id: LegId,
        who: OperatorId,
        rejection: &Rejection,
    ) {
        let Some(leg) = self.leg(id) else { return };
        let was_asked = leg.is_early();
        let (how, word) = match (rejection.status, leg.rang()) {
            (486 | 600, _) => (Declined::Busy, "busy"),
            (603 | 607, _) => (Declined::Rejected, "rejected"),
            (408 | 480, true) => (Declined::NoAnswer, "no_answer"),
            (_, true | false) => (Declined::Unreachable, "unreachable"),
        };
        self.leg_is_gone(board, now, id, rejection.status, word);
        if was_asked {
            self.close_pop(board, now, who, word);
            board.queue.declined(now, self.id, who, how);
        }
    }
}
