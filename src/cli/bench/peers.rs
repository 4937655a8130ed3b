//! The world around the benchmarked house: a carrier that calls and operators' phones that answer, all on two sockets of one
//! thread, with just as much SIP as that takes.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::digest::{Challenge, Secret, Signed, answer};
use sip::message::{Message, MessageBuilder, Method, Name};

use super::house::{PASSWORD, did, login};
use super::voice::{Party, Voice};
use crate::clock;

/// The port in the descriptions of those who have no voice.
const NO_VOICE: u16 = 40_000;

/// Digits of a call's number that its caller's number ends in: by them a phone's INVITE is known again.
const MARK_DIGITS: u32 = 7;

/// A caller who was sent away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub status: u16,
    /// Seconds.
    pub retry_after: Option<u32>,
}

/// How far a caller is.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Caller {
    /// Since then.
    Ringing(Instant),
    /// Answered, with what a BYE needs.
    Talking {
        target: String,
        to: String,
    },
    HangingUp,
}

/// Carrier and phones.
pub struct Peers {
    carrier: UdpSocket,
    phones: UdpSocket,
    switch: SocketAddr,
    callers: HashMap<u64, Caller>,
    next: u64,
    /// REGISTERs that were accepted.
    pub registered: usize,
    /// Callers stay on the line until [`Peers::hang_up`].
    pub hold: bool,
    /// From each caller's INVITE to the INVITE at a phone.
    pub delays: Vec<Duration>,
    /// Calls answered and ended in order.
    pub done: usize,
    /// Calls refused.
    pub failed: usize,
    /// Calls answered, over or not.
    pub answered: usize,
    /// Calls refused, one by one.
    pub refusals: Vec<Refusal>,
    /// What callers and phones say, if they say anything.
    pub voice: Option<Voice>,
    /// Packets of ours, and of the switch: numbers and bytes.
    pub sent: (u64, u64),
    pub received: (u64, u64),
    buffer: Box<[u8]>,
}

impl Peers {
    pub fn new(carrier: UdpSocket, phones: UdpSocket, switch: SocketAddr) -> io::Result<Self> {
        carrier.set_nonblocking(true)?;
        phones.set_nonblocking(true)?;
        Ok(Self {
            carrier,
            phones,
            switch,
            callers: HashMap::new(),
            next: 0,
            registered: 0,
            hold: false,
            delays: Vec::new(),
            done: 0,
            failed: 0,
            answered: 0,
            refusals: Vec::new(),
            voice: None,
            sent: (0, 0),
            received: (0, 0),
            buffer: vec![0; 65_535].into_boxed_slice(),
        })
    }

    /// Calls that are not over.
    pub fn open(&self) -> usize {
        self.callers.len()
    }

    /// Callers who are talking.
    pub fn talking(&self) -> usize {
        self.callers.values().filter(|caller| matches!(caller, Caller::Talking { .. })).count()
    }

    /// Everybody who is talking hangs up.
    pub fn hang_up(&mut self) -> io::Result<()> {
        let numbers: Vec<u64> = self.callers.keys().copied().collect();
        numbers.into_iter().try_for_each(|number| self.hang_up_one(number))
    }

    /// This caller hangs up, if he is talking.
    pub fn hang_up_one(&mut self, number: u64) -> io::Result<()> {
        let Some(caller @ Caller::Talking { .. }) = self.callers.get_mut(&number) else { return Ok(()) };
        let Caller::Talking { target, to } = std::mem::replace(caller, Caller::HangingUp) else { return Ok(()) };
        self.hush(number);
        self.send(true, &self.request(&Method::Bye, &target, number, &to, 2, "b").finish())
    }

    /// Both sides of a call are silent from now on.
    pub fn hush(&mut self, number: u64) {
        if let Some(voice) = &mut self.voice {
            voice.hush(number);
        }
    }

    /// A phone's REGISTER of its `round`, answered or not.
    pub fn register(&mut self, operator: usize, round: u32, challenge: Option<&Challenge>) -> io::Result<()> {
        let (user, local) = (login(operator), self.phones.local_addr()?);
        let uri = format!("sip:{}", self.switch);
        let sequence = round * 2 + if challenge.is_some() { 2 } else { 1 };
        let mut request = MessageBuilder::request(&Method::Register, &uri)
            .header(Name::Via, format!("SIP/2.0/UDP {local};rport;branch=z9hG4bKreg{operator}-{sequence}"))
            .header(Name::MaxForwards, "70")
            .header(Name::From, format!("<sip:{user}@bench>;tag=r{operator}"))
            .header(Name::To, format!("<sip:{user}@bench>"))
            .header(Name::CallId, format!("register-{operator}@bench"))
            .header(Name::CSeq, format!("{sequence} REGISTER"))
            .header(Name::Contact, format!("<sip:{user}@{local}>"))
            .header(Name::Expires, "3600");
        if let Some(challenge) = challenge {
            let signed = Signed { method: &Method::Register, uri: &uri, body: b"" };
            let credentials = answer(challenge, &user, &Secret::Password(PASSWORD), signed, "c0ffee", 1);
            request = request.header(Name::Authorization, credentials.to_string());
        }
        let request = request.finish();
        self.send(false, &request)
    }

    /// What one party of a call offers or answers.
    fn description(&self, party: Party, number: u64) -> String {
        let port = self.voice.as_ref().map_or(NO_VOICE, |voice| voice.port(party, number));
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
             a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
        )
    }

    /// One party of a call talks to where the switch says.
    fn talk(&mut self, party: Party, number: u64, described: &Message) {
        if let (Some(voice), Some(to)) = (&mut self.voice, audio_address(described.body())) {
            voice.talk(party, number, to);
        }
    }

    /// A caller dials a firm; his number.
    pub fn call(&mut self) -> io::Result<u64> {
        let number = self.next;
        self.next += 1;
        self.callers.insert(number, Caller::Ringing(clock::now()));
        let (local, switch) = (self.carrier.local_addr()?, self.switch);
        let did = did(usize::try_from(number).unwrap_or(0));
        let invite = self
            .request(&Method::Invite, &format!("sip:{did}@{switch}"), number, "", 1, "i")
            .header(Name::To, format!("<sip:{did}@{switch}>"))
            .header(Name::Contact, format!("<sip:carrier@{local}>"))
            .header(Name::Allow, "INVITE, ACK, BYE, CANCEL, UPDATE")
            .body("application/sdp", self.description(Party::Caller, number).as_bytes())
            .finish();
        self.send(true, &invite)?;
        Ok(number)
    }

    /// Answers whatever has come. `false`: nothing had.
    pub fn turn(&mut self) -> io::Result<bool> {
        let mut busy = false;
        for carrier in [true, false] {
            while let Some(message) = self.receive(carrier)? {
                busy = true;
                if carrier { self.carrier_hears(&message)? } else { self.phone_hears(&message)? }
            }
        }
        Ok(busy)
    }

    fn carrier_hears(&mut self, message: &Message) -> io::Result<()> {
        let number =
            message.call_id().ok().and_then(|id| id.strip_prefix("call-")?.split('@').next()?.parse::<u64>().ok());
        let Some(number) = number else { return Ok(()) };
        match (message.status(), message.method()) {
            (None, _) => self.send(true, &MessageBuilder::reply(message, 200, "OK", None).finish()),
            (Some(..200), _) => Ok(()),
            (Some(200..300), Method::Invite) => {
                let target = message.contacts().ok().and_then(|contacts| Some(contacts.first()?.uri.to_string()));
                let (target, to) =
                    (target.unwrap_or_default(), message.text(Name::To).unwrap_or_default().into_owned());
                self.send(true, &self.request(&Method::Ack, &target, number, &to, 1, "a").finish())?;
                let Some(caller) = self.callers.get_mut(&number) else { return Ok(()) };
                if !matches!(caller, Caller::Ringing(_)) {
                    return Ok(());
                }
                self.answered += 1;
                if self.hold {
                    *caller = Caller::Talking { target, to };
                    self.talk(Party::Caller, number, message);
                    return Ok(());
                }
                *caller = Caller::HangingUp;
                self.send(true, &self.request(&Method::Bye, &target, number, &to, 2, "b").finish())
            }
            (Some(status), Method::Invite) => {
                if self.callers.remove(&number).is_some() {
                    let retry_after = message.text(Name::RetryAfter).and_then(|text| text.trim().parse().ok());
                    self.refusals.push(Refusal { status, retry_after });
                    self.failed += 1;
                    self.hush(number);
                }
                let to = message.text(Name::To).unwrap_or_default().into_owned();
                let target = format!("sip:{}", self.switch);
                self.send(true, &self.request(&Method::Ack, &target, number, &to, 1, "i").finish())
            }
            (Some(_), _) => {
                self.done += usize::from(self.callers.remove(&number).is_some());
                Ok(())
            }
        }
    }

    fn phone_hears(&mut self, message: &Message) -> io::Result<()> {
        if message.status().is_some() {
            return self.registrar_answers(message);
        }
        let method = message.method();
        match method {
            Method::Invite => {
                let mark = self.note_delay(message);
                let description = self.description(Party::Phone, mark);
                self.talk(Party::Phone, mark, message);
                let tag = message.call_id().unwrap_or("phone").replace(['@', ':'], "-");
                let contact = format!("<sip:phone@{}>", self.phones.local_addr()?);
                let reply = |status, reason| {
                    MessageBuilder::reply(message, status, reason, Some(&tag)).header(Name::Contact, &contact)
                };
                self.send(false, &reply(180, "Ringing").finish())?;
                self.send(false, &reply(200, "OK").body("application/sdp", description.as_bytes()).finish())
            }
            Method::Ack => Ok(()),
            Method::Bye
            | Method::Cancel
            | Method::Register
            | Method::Options
            | Method::Prack
            | Method::Update
            | Method::Info
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish
            | Method::Other(_) => self.send(false, &MessageBuilder::reply(message, 200, "OK", Some("phone")).finish()),
        }
    }

    /// The caller's number says whose call has reached a phone: it is given back.
    fn note_delay(&mut self, invite: &Message) -> u64 {
        let now = clock::now();
        let user =
            invite.from().ok().and_then(|from| from.uri.user().map(|user| user.into_owned())).unwrap_or_default();
        let digits = user.len().saturating_sub(MARK_DIGITS as usize);
        let Some(mark) = user.get(digits..).and_then(|mark| mark.parse::<u64>().ok()) else { return 0 };
        if let Some(Caller::Ringing(since)) = self.callers.get(&mark) {
            self.delays.push(now.saturating_duration_since(*since));
        }
        mark
    }

    fn registrar_answers(&mut self, message: &Message) -> io::Result<()> {
        match message.status() {
            Some(200) => self.registered += 1,
            Some(401 | 407) => {
                let id = message.call_id().unwrap_or_default();
                let operator = id.strip_prefix("register-").and_then(|rest| rest.split('@').next()?.parse().ok());
                let round = message.cseq().map_or(0, |cseq| cseq.number / 2);
                if let (Some(operator), Some((_, challenge))) = (operator, Challenge::all(message).next()) {
                    self.register(operator, round, Some(&challenge))?;
                }
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    fn request(
        &self,
        method: &Method,
        uri: &str,
        number: u64,
        to: &str,
        sequence: u32,
        branch: &str,
    ) -> MessageBuilder {
        let local = self.carrier.local_addr().map(|local| local.to_string()).unwrap_or_default();
        let request = MessageBuilder::request(method, uri)
            .header(Name::Via, format!("SIP/2.0/UDP {local};rport;branch=z9hG4bK{number}{branch}"))
            .header(Name::MaxForwards, "70")
            .header(Name::From, format!("<sip:0901{:07}@{local}>;tag=c{number}", number % 10_u64.pow(MARK_DIGITS)))
            .header(Name::CallId, format!("call-{number}@bench"))
            .header(Name::CSeq, format!("{sequence} {method}"));
        if to.is_empty() { request } else { request.header(Name::To, to) }
    }

    fn send(&mut self, carrier: bool, message: &Message) -> io::Result<()> {
        let socket = if carrier { &self.carrier } else { &self.phones };
        // What the switch has not read yet fills our buffer: it reads on.
        while let Err(error) = socket.send_to(message.bytes(), self.switch) {
            if error.kind() != io::ErrorKind::WouldBlock {
                return Err(error);
            }
            std::thread::yield_now();
        }
        self.sent.0 += 1;
        self.sent.1 += u64::try_from(message.bytes().len()).unwrap_or(0);
        Ok(())
    }

    fn receive(&mut self, carrier: bool) -> io::Result<Option<Message>> {
        let socket = if carrier { &self.carrier } else { &self.phones };
        let length = match socket.recv(&mut self.buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        };
        self.received.0 += 1;
        self.received.1 += u64::try_from(length).unwrap_or(0);
        let bytes = Bytes::copy_from_slice(self.buffer.get(..length).unwrap_or_default());
        Message::parse(bytes)
            .map(Some)
            .map_err(|error| io::Error::other(format!("the switch sent what is no SIP: {error:?}")))
    }
}

/// Where a description wants its voice.
fn audio_address(body: &[u8]) -> Option<SocketAddr> {
    let session = sdp::Session::parse(body).ok()?;
    let media = session.media.first()?;
    let connection = media.connection.as_ref().or(session.connection.as_ref())?;
    Some(SocketAddr::new(connection.address.parse().ok()?, media.port))
}
