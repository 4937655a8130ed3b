//! A request that is new: judged, refused, or given to whom it concerns (RFC 3261 section 8.2).

use sip::dialog::Dialog;
use sip::flow::Flow;
use sip::framing::FramingFault;
use sip::message::{BodyFault, Message, MessageBuilder, Method, Name, Replaces, Scheme, Uri};
use sip::transaction::ServerKey;

use crate::account::AccountId;
use crate::endpoint::{BanReason, Endpoint};
use crate::event::{Incoming, LegEvent, Source};
use crate::guard::Refused;
use crate::leg::refresh::{MIN_SE_S, is_too_short};
use crate::leg::{Leg, Peer, Session, Uas, arrive};
use crate::order::{Device, LegId};
use crate::output::{Alarm, Output, TraceDirection};
use crate::registrar::{FLOW_TIMER_S, Refusal, Registered, is_gruu};
use crate::subscription::ALLOW_EVENTS;
use crate::wire::{ALLOW, ALLOW_OUTSIDE, EXTENSIONS, REGISTRAR_EXTENSIONS, SDP, SUPPORTED_OUTSIDE};

/// What an overloaded house says in Retry-After.
pub(crate) const RETRY_AFTER_S: &str = "5";

/// Where a request outside dialogs comes from.
enum Origin {
    Trunk {
        peer: Peer,
        source: Source,
        trusted: bool,
        compact: bool,
        contact_user: String,
        session_s: u32,
    },
    Operator(AccountId),
    Stranger(Refused),
    /// Over a stream that is one operator's, in the name of another, or when the time of that operator's login is over.
    Impostor,
}

impl Endpoint {
    pub(crate) fn on_request(&mut self, key: ServerKey, flow: Flow, request: Message) {
        if let Err(refusal) = request.validate() {
            self.offence(flow, BanReason::Malformed);
            let tag = self.core.passing_tag(&request).to_string();
            let response = MessageBuilder::reply(&request, refusal.status, refusal.reason, Some(&tag)).finish();
            return self.core.dismiss(key, &response);
        }
        if let Some(response) = self.refuse(&request) {
            self.offence(flow, BanReason::Scanning);
            return self.core.dismiss(key, &response.finish());
        }
        if request.to().is_ok_and(|to| to.tag().is_some()) {
            // A subscription's dialog is nobody's leg, and no leg's dialog has subscriptions (RFC 6665 section 4.5).
            if request.method() == Method::Subscribe {
                if self.guard.has_lapsed(flow) {
                    return self.dismiss(key, &request, 403);
                }
                return self.resubscribe(key, flow, &request);
            }
            return self.inside(key, flow, request);
        }
        match request.method() {
            // It has been here before (RFC 5393 section 4.2 has proxies look for themselves; R36).
            Method::Invite if self.core.has_sent(&request) => self.core.answer(None, flow, key, &request, 482),
            Method::Invite => self.arrive(key, flow, request),
            Method::Register => self.register(key, flow, &request),
            Method::Options => {
                let tag = self.core.passing_tag(&request);
                let response = self
                    .core
                    .reply(&request, 200, Some(tag))
                    .header(Name::Allow, ALLOW_OUTSIDE)
                    .header(Name::Accept, SDP)
                    .header(Name::AllowEvents, ALLOW_EVENTS)
                    .header(Name::Supported, SUPPORTED_OUTSIDE)
                    .finish();
                self.core.dismiss(key, &response);
            }
            // Transfers are asked for inside calls alone (R03).
            Method::Refer => self.dismiss(key, &request, 403),
            Method::Ack | Method::Cancel => {}
            Method::Bye | Method::Prack | Method::Update | Method::Info | Method::Notify => {
                self.dismiss(key, &request, 481);
            }
            Method::Subscribe => {
                if let Some(account) = self.operator(key, flow, &request) {
                    self.subscribe(account, key, flow, &request);
                }
            }
            Method::Message | Method::Publish | Method::Other(_) => self.dismiss(key, &request, 405),
        }
    }

    /// Answers with nothing but a status, and forgets.
    pub(crate) fn dismiss(&mut self, key: ServerKey, request: &Message, status: u16) {
        let tag = self.core.passing_tag(request);
        let response = self.core.reply(request, status, Some(tag)).finish();
        self.core.dismiss(key, &response);
    }

    /// Without a Via that can be read there is no transaction (RFC 4475 section 3.1.2.16 has one of SIP/7.0); the answer goes where
    /// the request came from, and nothing is remembered of it.
    pub(crate) fn refuse_statelessly(&mut self, flow: Flow, request: &Message) {
        if let (Err(refusal), true) = (request.validate(), request.has(Name::Via) && request.method() != Method::Ack) {
            let tag = self.core.token().to_string();
            let response = MessageBuilder::reply(request, refusal.status, refusal.reason, Some(&tag)).finish();
            self.core.repeat(flow, &response);
        }
    }

    /// Without its end there is no message and no transaction, but there is a sender who can be told.
    pub(crate) fn refuse_unframed(&mut self, flow: Flow, request: &Message, fault: FramingFault) {
        if !request.is_request() || !request.has(Name::Via) || request.method() == Method::Ack {
            return;
        }
        let (status, reason) = match fault {
            FramingFault::NoContentLength => (400, "Missing Content-Length"),
            FramingFault::BadContentLength => (400, "Bad Content-Length"),
            FramingFault::MessageTooLong => (513, "Message Too Large"),
            FramingFault::LineTooLong | FramingFault::TooManyHeaders => (400, "Bad Request"),
        };
        let tag = self.core.token().to_string();
        let response = MessageBuilder::reply(request, status, reason, Some(&tag)).finish();
        self.core.repeat(flow, &response);
    }

    /// What must be refused whoever asks: method, scheme, extensions, body (sections 8.2.1 to 8.2.3). Nothing is learnt from
    /// it that OPTIONS would not say.
    fn refuse(&mut self, request: &Message) -> Option<MessageBuilder> {
        let method = request.method();
        let core = &mut self.core;
        let tag = Some(core.passing_tag(request));
        match method {
            Method::Other(_) => return Some(core.reply(request, 501, tag).header(Name::Allow, ALLOW)),
            Method::Message | Method::Publish => {
                return Some(core.reply(request, 405, tag).header(Name::Allow, ALLOW_OUTSIDE));
            }
            Method::Invite | Method::Ack | Method::Bye | Method::Cancel | Method::Register | Method::Subscribe => {}
            Method::Options | Method::Prack | Method::Update | Method::Info | Method::Refer | Method::Notify => {}
        }
        if request.target().is_ok_and(|uri| uri.scheme() == Scheme::Other) {
            return Some(core.reply(request, 416, tag));
        }
        let extensions = if method == Method::Register { &REGISTRAR_EXTENSIONS[..] } else { &EXTENSIONS };
        let mut foreign = request.unsupported(extensions);
        foreign.extend(request.values(Name::ProxyRequire).map(|tag| String::from_utf8_lossy(&tag).into_owned()));
        if !foreign.is_empty() {
            return Some(core.reply(request, 420, tag).header(Name::Unsupported, foreign.join(", ")));
        }
        if !request.body().is_empty() && matches!(method, Method::Invite | Method::Update | Method::Prack) {
            if request.has(Name::ContentEncoding) && !request.lists(Name::ContentEncoding, "identity") {
                return Some(core.reply(request, 415, tag).raw_header("Accept-Encoding", "identity"));
            }
            match request.session_description() {
                Ok(_) => {}
                Err(BodyFault::Malformed) => return Some(core.reply(request, 400, tag)),
                Err(BodyFault::Unsupported) => {
                    let response = core.reply(request, 415, tag).header(Name::Accept, SDP);
                    return Some(response.header(Name::Accept, "multipart/mixed"));
                }
            }
        }
        None
    }

    // ---- outside dialogs ---------------------------------------------------------------------------------------

    /// Whose request this is: an operator's by the stream that is theirs alone, a trunk's by its source, else an operator's by digest.
    fn origin(&mut self, flow: Flow, request: &Message) -> Origin {
        if let Some(account) = self.guard.vouched(flow) {
            let named = request.from().ok().and_then(|from| from.uri.user().map(std::borrow::Cow::into_owned));
            let own = self.registrar.account(account).is_some_and(|account| named.as_ref() == Some(&account.user));
            let may = own && !self.guard.has_lapsed(flow);
            return if may { Origin::Operator(account) } else { Origin::Impostor };
        }
        let target = request.target().ok();
        let user = target.as_ref().and_then(Uri::user).unwrap_or_default();
        if request.method() != Method::Register
            && let Some(line) = self.lines.of_request(flow, &user)
        {
            return Origin::Trunk {
                peer: Peer::Trunk(line.trunk.id, line.sources.clone()),
                source: Source::Trunk(line.trunk.id),
                trusted: line.trunk.trusted,
                compact: line.trunk.compact,
                contact_user: line.contact_user.to_string(),
                session_s: line.session_s(),
            };
        }
        let source = flow.remote.ip();
        let may_ban = !self.lines.own_flow(flow);
        let registrar = &self.registrar;
        match self.guard.judge(self.core.now, source, request, may_ban, |user| registrar.find(user)) {
            Ok(account) => Origin::Operator(account),
            Err(refused) => Origin::Stranger(refused),
        }
    }

    fn challenge(&mut self, key: ServerKey, flow: Flow, request: &Message, refused: &Refused) {
        let source = flow.remote.ip();
        if let Some((user, failures)) = &refused.banned {
            let alarm = Alarm::AuthenticationFailures { source, user: user.clone(), failures: *failures };
            self.core.outputs.push_back(Output::Alarm(alarm));
        }
        if refused.bare {
            self.offence(flow, BanReason::Scanning);
        }
        let salts = [self.core.token().0, self.core.token().0];
        let tag = self.core.passing_tag(request).to_string();
        // Short, because whoever asks may not be who gets it (R10).
        let response = MessageBuilder::reply(request, 401, "Unauthorized", Some(&tag));
        let response = self.guard.challenge(self.core.now, source, refused, salts, response).finish();
        self.core.dismiss(key, &response);
    }

    /// Which operator's phone sends this. Anybody else is answered here.
    fn operator(&mut self, key: ServerKey, flow: Flow, request: &Message) -> Option<AccountId> {
        match self.origin(flow, request) {
            Origin::Operator(account) => return Some(account),
            Origin::Stranger(refused) => self.challenge(key, flow, request, &refused),
            Origin::Trunk { .. } | Origin::Impostor => self.core.answer(None, flow, key, request, 403),
        }
        None
    }

    fn register(&mut self, key: ServerKey, flow: Flow, request: &Message) {
        let Some(account) = self.operator(key, flow, request) else { return };
        // Nobody registers in another's name.
        let named = request.to().ok().and_then(|to| to.uri.user().map(|user| user.into_owned())).unwrap_or_default();
        let own = self.registrar.account(account).is_some_and(|account| account.user == named);
        if !own {
            return self.core.answer(None, flow, key, request, 403);
        }
        let was_here = self.registrar.is_over(account, flow);
        let outcome = self.registrar.register(&mut self.core, account, flow, request);
        let response = match outcome {
            Ok(registered) => self.registered(account, request, registered),
            Err(Refusal::Bad) => self.core.reply(request, 400, None),
            Err(Refusal::OutOfOrder) => self.core.reply(request, 500, None),
            Err(Refusal::TooBrief) => {
                let least_s = self.core.config.times.register_min.as_secs().to_string();
                self.core.reply(request, 423, None).header(Name::MinExpires, least_s)
            }
            Err(Refusal::TooMany) => self.core.reply(request, 403, None),
            Err(Refusal::Full) => self.core.reply(request, 503, None).header(Name::RetryAfter, RETRY_AFTER_S),
        };
        self.core.respond(None, flow, key, response.finish());
        if outcome.is_ok() {
            self.legs_follow(account, flow, request, !was_here);
            self.subscriptions_follow(account, flow, request);
        }
    }

    /// 200 to a REGISTER (section 10.3 step 8, RFC 3327 section 5.3, RFC 5626 section 6).
    fn registered(&mut self, account: AccountId, request: &Message, registered: Registered) -> MessageBuilder {
        let mut response = self
            .core
            .reply(request, 200, None)
            .copy_all(request, Name::Path)
            .header(Name::Supported, SUPPORTED_OUTSIDE)
            .header(Name::Allow, ALLOW_OUTSIDE)
            .header(Name::AllowEvents, ALLOW_EVENTS);
        if let Some(date) = self.core.date() {
            response = response.header(Name::Date, date);
        }
        if registered == Registered::Flows {
            response = response.header(Name::Require, "outbound");
            // Behind an edge the flow is the edge's, which says so itself (section 5.4).
            if !request.has(Name::Path) {
                response = response.raw_header("Flow-Timer", FLOW_TIMER_S.to_string());
            }
        }
        self.registrar.add_contacts(&mut self.core, account, request.supports("gruu"), response)
    }

    /// The same for what its phones watch.
    fn subscriptions_follow(&mut self, account: AccountId, flow: Flow, request: &Message) {
        for contact in request.contacts().unwrap_or_default() {
            let instance = crate::registrar::instance_of(&contact);
            let of_many = contact.param("reg-id").is_some();
            self.subscriptions.follow(&mut self.core, account, (&contact.uri, instance.as_deref(), of_many), flow);
        }
    }

    /// A phone has a new connection: its calls go on over it (R29), and not those of the operator's other phones. `is_new`: nobody has
    /// registered over this connection before; who has is not who was cut off.
    fn legs_follow(&mut self, account: AccountId, flow: Flow, request: &Message, is_new: bool) {
        if !flow.protocol.is_reliable() {
            return;
        }
        let contacts = request.contacts().unwrap_or_default().into_iter();
        let contacts: Vec<_> = contacts.map(|one| (one.uri.clone(), crate::registrar::instance_of(&one))).collect();
        let alone = is_new && self.registrar.is_alone(account);
        let is_page = self.guard.vouched(flow).is_some();
        let mut forgotten = Vec::new();
        let core = &mut self.core;
        let its = self.legs.values_mut().filter(|leg| leg.peer == Peer::Operator(account) && !leg.over);
        for leg in its {
            let cut_off = leg.session.as_ref().filter(|session| {
                session.flow.protocol == flow.protocol && session.flow.connection == sip::flow::ConnectionId::NONE
            });
            match cut_off.map(|session| session.is_of_device(&contacts, alone)) {
                Some(true) => leg.heard(core, flow),
                // The page keeps its instance as long as it lives. This is another one, which knows nothing of the call. One that was
                // here already says nothing about it: it stands beside.
                Some(false) if is_page && is_new => forgotten.push(leg.id),
                Some(false) | None => {}
            }
        }
        forgotten.sort_unstable();
        for id in forgotten {
            self.with_leg(id, |leg, core| leg.forgotten(core));
        }
    }

    /// Why a call of someone we know is not taken: no room, or terms that we cannot keep.
    fn turned_away(&mut self, origin: &Origin, invite: &Message) -> Option<MessageBuilder> {
        // R45: a caller's call, before it costs anything. An operator's belongs to a call that was taken.
        let shed = matches!(origin, Origin::Trunk { .. }) && !self.shed.admits(self.core.now);
        let full = !shed && self.alive >= self.core.config.limits.legs_max;
        if full {
            self.core.alarm_full("legs", self.core.config.limits.legs_max);
        }
        if shed || full {
            return Some(self.core.reply(invite, 503, None).header(Name::RetryAfter, RETRY_AFTER_S));
        }
        if arrive::lacks_privacy(invite) {
            return Some(self.core.reply(invite, 500, None));
        }
        is_too_short(invite).then(|| self.core.reply(invite, 422, None).header(Name::MinSe, MIN_SE_S.to_string()))
    }

    /// A new call, or not.
    fn arrive(&mut self, key: ServerKey, flow: Flow, invite: Message) {
        let origin = self.origin(flow, &invite);
        if let Origin::Stranger(refused) = &origin {
            return self.challenge(key, flow, &invite, refused);
        }
        if matches!(origin, Origin::Impostor) {
            return self.core.answer(None, flow, key, &invite, 403);
        }
        if let Some(response) = self.turned_away(&origin, &invite) {
            self.core.respond(None, flow, key, response.finish());
            return;
        }
        let found =
            self.replaced(&origin, &invite).and_then(|replaces| Ok((replaces, self.aimed_at(&origin, &invite)?)));
        let (replaces, device) = match found {
            Ok(found) => found,
            Err(status) => return self.core.answer(None, flow, key, &invite, status),
        };
        self.last_leg += 2;
        let id = LegId(self.last_leg);
        let tag = self.core.tag(id);
        let Ok(dialog) = Dialog::as_uas(&invite, &tag.to_string(), flow) else {
            self.core.tags.remove(&tag);
            return self.core.answer(None, flow, key, &invite, 400);
        };
        let (peer, source, trusted, compact, contact_user, session_wanted_s) = match origin {
            Origin::Trunk { peer, source, trusted, compact, contact_user, session_s } => {
                (peer, source, trusted, compact, contact_user, session_s)
            }
            Origin::Operator(account) => {
                (Peer::Operator(account), Source::Operator(account), false, false, "denwaban".to_owned(), 0)
            }
            Origin::Stranger(_) | Origin::Impostor => return,
        };
        let mut session = Session::new(dialog, tag, flow, false);
        session.peer_updates = invite.allows(&Method::Update).unwrap_or(false);
        session.at_contact = self.contact_behind(&peer, &session.dialog.remote_target);
        if let Peer::Operator(account) = peer {
            let contact = session.at_contact.as_ref().unwrap_or(&session.dialog.remote_target);
            session.instance = self.registrar.instance_at(account, contact, flow);
        }
        let uuid = self.core.uuid();
        self.core.session_ids.begin(id, uuid, None, compact);
        self.core.session_ids.learn(id, &invite);
        let session_id = self.core.session_ids.name(id);
        let mut incoming = arrive::describe(id, source, flow, &invite, trusted, replaces, session_id);
        self.note_device(&mut incoming, device);
        let leg = Leg {
            id,
            peer,
            over: false,
            compact,
            contact_user,
            session_wanted_s,
            uas: Some(Uas::new(key, flow, invite.clone())),
            uac: None,
            session: Some(session),
            cause: None,
        };
        self.core.trace(id, TraceDirection::In, flow, &invite);
        self.core.promise_tag(key, tag);
        let trying = MessageBuilder::reply(&invite, 100, "Trying", None).finish();
        self.core.respond(Some(leg.voice()), flow, key, trying);
        self.core.invites.insert(key, id);
        self.subscriptions.note(&mut self.core, &leg);
        self.legs.insert(id, Box::new(leg));
        self.alive += 1;
        self.core.tell(LegEvent::Incoming(Box::new(incoming)));
    }

    /// RFC 3891 section 3: the dialog must be known. Only operators may take a call's place.
    fn replaced(&self, origin: &Origin, invite: &Message) -> Result<Option<LegId>, u16> {
        if !invite.has(Name::Replaces) || !matches!(origin, Origin::Operator(_)) {
            return Ok(None);
        }
        let Replaces { call_id, to_tag, from_tag, early_only } = invite.replaces().ok().flatten().ok_or(400_u16)?;
        let id = self.find_dialog(&call_id, &to_tag, &from_tag).ok_or(481_u16)?;
        let leg = self.legs.get(&id).ok_or(481_u16)?;
        // "If the Replaces header field matches an early dialog that was not initiated by this UA, it returns a 481".
        if leg.uas.is_some() {
            return Err(481);
        }
        let early = leg.session.is_none();
        // "If the Replaces header field ... the early-only flag ... the UA MUST reject the request with a 486".
        if early_only && !early { Err(486) } else { Ok(Some(id)) }
    }

    /// The one phone that an operator's INVITE is for, if it goes to a GRUU (RFC 5627 section 5.3): 480 if that phone is not there.
    fn aimed_at(&self, origin: &Origin, invite: &Message) -> Result<Option<Device>, u16> {
        let Ok(target) = invite.target() else { return Ok(None) };
        let realm = &self.core.config.realm;
        if !matches!(origin, Origin::Operator(_)) || !is_gruu(&target, realm) {
            return Ok(None);
        }
        self.registrar.device_of(&target, realm).map(Some).ok_or(480)
    }

    fn note_device(&self, incoming: &mut Incoming, device: Option<Device>) {
        if let Some(account) = device.as_ref().and_then(|device| self.registrar.account(device.account)) {
            incoming.request_user.clone_from(&account.user);
        }
        incoming.device = device;
    }

    /// What an operator's phone has registered, if its Contact is a GRUU.
    fn contact_behind(&self, peer: &Peer, target: &Uri) -> Option<Uri> {
        let is_phone = matches!(peer, Peer::Operator(_));
        is_phone.then(|| self.registrar.contact_of(target, &self.core.config.realm)).flatten()
    }
}
