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
use crate::clock;

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 101\r\n\
    a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n";

/// Digits of a call's number that its caller's number ends in: by them a phone's INVITE is known again.
const MARK_DIGITS: u32 = 7;

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
        let mut byes = Vec::new();
        for (number, caller) in &mut self.callers {
            if let Caller::Talking { target, to } = std::mem::replace(caller, Caller::HangingUp) {
                byes.push((*number, target, to));
            }
        }
        for (number, target, to) in byes {
            self.send(true, &self.request(&Method::Bye, &target, number, &to, 2, "b").finish())?;
        }
        Ok(())
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

    /// A caller dials a firm.
    pub fn call(&mut self) -> io::Result<()> {
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
            .body("application/sdp", SDP.as_bytes())
            .finish();
        self.send(true, &invite)
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
                if self.hold {
                    *caller = Caller::Talking { target, to };
                    return Ok(());
                }
                *caller = Caller::HangingUp;
                self.send(true, &self.request(&Method::Bye, &target, number, &to, 2, "b").finish())
            }
            (Some(_), Method::Invite) => {
                let to = message.text(Name::To).unwrap_or_default().into_owned();
                let target = format!("sip:{}", self.switch);
                self.failed += usize::from(self.callers.remove(&number).is_some());
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
                self.note_delay(message);
                let tag = message.call_id().unwrap_or("phone").replace(['@', ':'], "-");
                let contact = format!("<sip:phone@{}>", self.phones.local_addr()?);
                let reply = |status, reason| {
                    MessageBuilder::reply(message, status, reason, Some(&tag)).header(Name::Contact, &contact)
                };
                self.send(false, &reply(180, "Ringing").finish())?;
                self.send(false, &reply(200, "OK").body("application/sdp", SDP.as_bytes()).finish())
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

    /// The caller's number says whose call has reached a phone.
    fn note_delay(&mut self, invite: &Message) {
        let now = clock::now();
        let user =
            invite.from().ok().and_then(|from| from.uri.user().map(|user| user.into_owned())).unwrap_or_default();
        let digits = user.len().saturating_sub(MARK_DIGITS as usize);
        let Some(mark) = user.get(digits..).and_then(|mark| mark.parse::<u64>().ok()) else { return };
        if let Some(Caller::Ringing(since)) = self.callers.get(&mark) {
            self.delays.push(now.saturating_duration_since(*since));
        }
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
