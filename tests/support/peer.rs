//! A SIP peer made of one UDP socket and no opinions: for races that must happen in an exact order.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::message::{Message, MessageBuilder, Method, Name};

/// One socket, and what it has received and nobody has asked for yet.
pub struct Peer {
    socket: UdpSocket,
    switch: SocketAddr,
    waiting: Vec<Message>,
    branches: u32,
}

/// One side's view of a dialog.
#[derive(Clone)]
pub struct Dialog {
    /// Call-ID.
    pub call_id: String,
    /// Our From (or To) with tag.
    pub ours: String,
    /// Theirs, with tag.
    pub theirs: String,
    /// Where in-dialog requests go.
    pub target: String,
    cseq: u32,
}

impl Dialog {
    /// The confirmed dialog goes on where its early one was: with the next CSeq.
    pub fn after(mut self, early: &Dialog) -> Dialog {
        self.cseq = self.cseq.max(early.cseq);
        self
    }
}

impl Peer {
    /// Bind `port` on the loopback of the switch's address family; 0 for any.
    pub fn bind(port: u16, switch: &str) -> Peer {
        Self::bind_at(if switch.starts_with('[') { "[::1]" } else { "127.0.0.1" }, port, switch)
    }

    /// Bind another loopback address: another machine, as far as the switch can see.
    pub fn bind_at(local: &str, port: u16, switch: &str) -> Peer {
        let socket = UdpSocket::bind(format!("{local}:{port}")).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a time-out");
        Peer { socket, switch: switch.parse().expect("an address"), waiting: Vec::new(), branches: 0 }
    }

    /// Our address and port.
    pub fn host(&self) -> SocketAddr {
        self.socket.local_addr().expect("bound")
    }

    /// Our port.
    pub fn port(&self) -> u16 {
        self.socket.local_addr().expect("bound").port()
    }

    /// Register an account at this socket.
    pub fn register(&mut self, user: &str, password: &str) {
        let contact = format!("<sip:{user}@{}>", self.host());
        self.register_as(user, password, &contact, 1);
    }

    /// The same with any Contact, from this CSeq on; the REGISTER that was taken.
    pub fn register_as(&mut self, user: &str, password: &str, contact: &str, cseq: u32) -> Message {
        let first = self.register_request(user, contact, cseq, None);
        self.send(&first);
        let challenge = self.response(401, "REGISTER").text(Name::WwwAuthenticate).expect("a challenge").into_owned();
        let value = authorize(&challenge, user, password, "REGISTER", &format!("sip:{}", self.switch));
        let second = self.register_request(user, contact, cseq + 1, Some(&value));
        self.send(&second);
        self.response(200, "REGISTER");
        second
    }

    /// A REGISTER, not sent.
    pub fn register_request(&mut self, user: &str, contact: &str, cseq: u32, authorization: Option<&str>) -> Message {
        let mut request = MessageBuilder::request(&Method::Register, format!("sip:{}", self.switch))
            .header(Name::Via, self.via())
            .header(Name::From, format!("<sip:{user}@denwaban>;tag=r{user}"))
            .header(Name::To, format!("<sip:{user}@denwaban>"))
            .header(Name::CallId, format!("register-{user}"))
            .header(Name::CSeq, format!("{cseq} REGISTER"))
            .header(Name::Contact, contact)
            .header(Name::Expires, "600")
            .header(Name::MaxForwards, "70");
        if let Some(value) = authorization {
            request = request.header(Name::Authorization, value);
        }
        request.finish()
    }

    /// A request outside any dialog, in a stranger's name, ready for more headers; not sent.
    pub fn outside(&mut self, method: &Method, user: &str) -> MessageBuilder {
        let via = self.via();
        MessageBuilder::request(method, format!("sip:{user}@{}", self.switch))
            .header(Name::Via, &via)
            .header(Name::From, format!("<sip:stranger@example.net>;tag=s{}", self.branches))
            .header(Name::To, format!("<sip:{user}@{}>", self.switch))
            .header(Name::CallId, format!("stranger-{}-{}", self.port(), self.branches))
            .header(Name::CSeq, format!("1 {}", method.as_str()))
            .header(Name::Contact, format!("<sip:stranger@{}>", self.host()))
            .header(Name::MaxForwards, "70")
    }

    /// Call a number; the INVITE as sent.
    pub fn invite(&mut self, number: &str, caller: &str, sdp: &str) -> Message {
        let invite = self.invite_request(number, caller).body("application/sdp", sdp.as_bytes()).finish();
        self.send(&invite);
        invite
    }

    /// A carrier's INVITE without a body, ready for more headers; not sent.
    pub fn invite_request(&mut self, number: &str, caller: &str) -> MessageBuilder {
        let via = self.via();
        MessageBuilder::request(&Method::Invite, format!("sip:{number}@{}", self.switch))
            .header(Name::Via, via)
            .header(Name::From, format!("<sip:{caller}@carrier.example>;tag=c{caller}"))
            .header(Name::To, format!("<sip:{number}@carrier.example>"))
            .header(Name::CallId, format!("call-{caller}-{}-{}", self.port(), self.branches))
            .header(Name::CSeq, "1 INVITE")
            .header(Name::Contact, format!("<sip:{caller}@{}>", self.host()))
            .header(Name::MaxForwards, "70")
    }

    /// Call a number as an operator, answering the challenge; the INVITE that was taken.
    pub fn invite_as(&mut self, user: &str, password: &str, number: &str, sdp: &str) -> Message {
        let uri = format!("sip:{number}@{}", self.switch);
        let call_id = format!("consult-{user}-{}", self.branches);
        let mut authorization = None;
        for cseq in 1..=2 {
            let mut invite = MessageBuilder::request(&Method::Invite, &uri)
                .header(Name::Via, self.via())
                .header(Name::From, format!("<sip:{user}@denwaban>;tag=o{user}"))
                .header(Name::To, format!("<sip:{number}@denwaban>"))
                .header(Name::CallId, &call_id)
                .header(Name::CSeq, format!("{cseq} INVITE"))
                .header(Name::Contact, format!("<sip:{user}@{}>", self.host()))
                .header(Name::MaxForwards, "70");
            if let Some(value) = authorization.take() {
                invite = invite.header(Name::Authorization, value);
            }
            let invite = invite.body("application/sdp", sdp.as_bytes()).finish();
            self.send(&invite);
            if cseq == 2 {
                return invite;
            }
            let refused = self.response(401, "INVITE");
            self.acknowledge_refusal(&invite, &refused);
            let challenge = refused.text(Name::WwwAuthenticate).expect("a challenge").into_owned();
            authorization = Some(authorize(&challenge, user, password, "INVITE", &uri));
        }
        unreachable!("the second round returns")
    }

    /// ACK of a non-2xx: the INVITE's own branch (RFC 3261 17.1.1.3).
    pub fn acknowledge_refusal(&mut self, invite: &Message, refused: &Message) {
        let of = |message: &Message, name| message.text(name).expect("a header").into_owned();
        let ack = MessageBuilder::request(&Method::Ack, invite.request_uri().expect("a request"))
            .header(Name::Via, of(invite, Name::Via))
            .header(Name::From, of(invite, Name::From))
            .header(Name::To, of(refused, Name::To))
            .header(Name::CallId, of(invite, Name::CallId))
            .header(Name::CSeq, of(invite, Name::CSeq).replace("INVITE", "ACK"))
            .header(Name::MaxForwards, "70")
            .finish();
        self.send(&ack);
    }

    /// REFER inside a dialog (RFC 3515).
    pub fn refer(&mut self, dialog: &mut Dialog, refer_to: &str) {
        dialog.cseq += 1;
        let refer = MessageBuilder::request(&Method::Refer, &dialog.target)
            .header(Name::Via, self.via())
            .header(Name::From, &dialog.ours)
            .header(Name::To, &dialog.theirs)
            .header(Name::CallId, &dialog.call_id)
            .header(Name::CSeq, format!("{} REFER", dialog.cseq))
            .header(Name::Contact, format!("<sip:peer@{}>", self.host()))
            .header(Name::ReferTo, refer_to)
            .header(Name::MaxForwards, "70")
            .finish();
        self.send(&refer);
    }

    /// The CANCEL of an INVITE (RFC 3261 section 9.1).
    pub fn cancel(&mut self, invite: &Message) {
        let copy = |name| invite.text(name).expect("a header").into_owned();
        let cancel = MessageBuilder::request(&Method::Cancel, invite.request_uri().expect("a request"))
            .header(Name::Via, copy(Name::Via))
            .header(Name::From, copy(Name::From))
            .header(Name::To, copy(Name::To))
            .header(Name::CallId, copy(Name::CallId))
            .header(Name::CSeq, "1 CANCEL")
            .header(Name::MaxForwards, "70")
            .finish();
        self.send(&cancel);
    }

    /// Our tag in the dialogs that their INVITEs make.
    pub fn tag(&self) -> String {
        format!("p{}", self.port())
    }

    /// An answer to a request, ready for more headers; not sent.
    pub fn answer(&self, request: &Message, status: u16, tag: &str) -> MessageBuilder {
        MessageBuilder::reply(request, status, sip::message::reason_phrase(status), Some(tag))
            .header(Name::Contact, format!("<sip:peer@{}>", self.host()))
    }

    /// Answer a request.
    pub fn reply(&mut self, request: &Message, status: u16, sdp: Option<&str>) {
        let mut reply = self.answer(request, status, &self.tag());
        if let Some(sdp) = sdp {
            reply = reply.body("application/sdp", sdp.as_bytes());
        }
        self.send(&reply.finish());
    }

    /// Our side of the dialog that our INVITE made.
    pub fn caller_dialog(&self, answer: &Message) -> Dialog {
        self.dialog(answer, Name::From, Name::To)
    }

    /// Our side of the dialog that their INVITE made and we answered.
    pub fn callee_dialog(&self, invite: &Message) -> Dialog {
        let mut dialog = self.dialog(invite, Name::To, Name::From);
        dialog.ours = format!("{};tag=p{}", dialog.ours, self.port());
        dialog
    }

    fn dialog(&self, message: &Message, ours: Name, theirs: Name) -> Dialog {
        let text = |name| message.text(name).expect("a header").into_owned();
        let contact = text(Name::Contact);
        let target = contact.trim_start_matches('<').split('>').next().unwrap_or_default().to_owned();
        Dialog { call_id: text(Name::CallId), ours: text(ours), theirs: text(theirs), target, cseq: 10 }
    }

    /// ACK of a 2xx to our INVITE.
    pub fn ack(&mut self, dialog: &Dialog) {
        self.ack_of(dialog, 1);
    }

    /// An ACK of a 2xx, ready for a body; not sent.
    pub fn ack_request(&mut self, dialog: &Dialog, cseq: u32) -> MessageBuilder {
        self.of_dialog(dialog, &Method::Ack, cseq)
    }

    /// ACK of a 2xx to our INVITE with this CSeq.
    pub fn ack_of(&mut self, dialog: &Dialog, cseq: u32) {
        self.in_dialog(dialog, &Method::Ack, cseq, None);
    }

    /// A request inside a dialog.
    pub fn request(&mut self, dialog: &mut Dialog, method: &Method, sdp: Option<&str>) {
        dialog.cseq += 1;
        let cseq = dialog.cseq;
        self.in_dialog(dialog, method, cseq, sdp);
    }

    /// A request inside a dialog, ready for more headers; not sent.
    pub fn inside(&mut self, dialog: &mut Dialog, method: &Method) -> MessageBuilder {
        dialog.cseq += 1;
        self.of_dialog(dialog, method, dialog.cseq)
    }

    fn of_dialog(&mut self, dialog: &Dialog, method: &Method, cseq: u32) -> MessageBuilder {
        MessageBuilder::request(method, &dialog.target)
            .header(Name::Via, self.via())
            .header(Name::From, &dialog.ours)
            .header(Name::To, &dialog.theirs)
            .header(Name::CallId, &dialog.call_id)
            .header(Name::CSeq, format!("{cseq} {}", method.as_str()))
            .header(Name::Contact, format!("<sip:peer@{}>", self.host()))
            .header(Name::MaxForwards, "70")
    }

    fn in_dialog(&mut self, dialog: &Dialog, method: &Method, cseq: u32, sdp: Option<&str>) {
        let mut request = self.of_dialog(dialog, method, cseq);
        if let Some(sdp) = sdp {
            request = request.body("application/sdp", sdp.as_bytes());
        }
        self.send(&request.finish());
    }

    /// Send a message as it is.
    pub fn send(&mut self, message: &Message) {
        self.send_bytes(message.bytes());
    }

    /// Send bytes that may be no message.
    pub fn send_bytes(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.switch).expect("sent");
    }

    /// The next request with this method.
    pub fn wait_request(&mut self, method: &Method) -> Message {
        self.wait(&format!("request {}", method.as_str()), Duration::from_secs(45), |m| {
            m.is_request() && m.method() == *method
        })
    }

    /// The next response with this status to a request of this method.
    pub fn response(&mut self, status: u16, method: &str) -> Message {
        self.wait(&format!("{status} to {method}"), Duration::from_secs(45), |m| {
            m.status() == Some(status) && m.method().as_str() == method
        })
    }

    /// Any final response to a request of this method.
    pub fn final_response(&mut self, method: &str) -> Message {
        self.wait(&format!("a final response to {method}"), Duration::from_secs(45), |m| {
            m.status().is_some_and(|s| s >= 200) && m.method().as_str() == method
        })
    }

    /// All that comes within this time, and what came before and was not asked for.
    pub fn everything(&mut self, limit: Duration) -> Vec<Message> {
        let _ = self.look(limit, |_| false);
        std::mem::take(&mut self.waiting)
    }

    /// Whether such a message comes within this time.
    pub fn sees(&mut self, limit: Duration, wanted: impl Fn(&Message) -> bool) -> bool {
        self.look(limit, wanted).is_some()
    }

    /// Listen for so long, and keep what comes for later.
    pub fn listen(&mut self, time: Duration) {
        let _ = self.look(time, |_| false);
    }

    /// Such a message, if it comes within this time.
    pub fn catch(&mut self, limit: Duration, wanted: impl Fn(&Message) -> bool) -> Option<Message> {
        self.look(limit, wanted)
    }

    fn wait(&mut self, what: &str, limit: Duration, wanted: impl Fn(&Message) -> bool) -> Message {
        self.look(limit, wanted).unwrap_or_else(|| {
            let seen: Vec<_> = self
                .waiting
                .iter()
                .map(|m| String::from_utf8_lossy(m.bytes()).lines().next().unwrap_or_default().to_owned())
                .collect();
            panic!("no {what} within {limit:?}; seen and not asked for: {seen:?}")
        })
    }

    fn look(&mut self, limit: Duration, wanted: impl Fn(&Message) -> bool) -> Option<Message> {
        let deadline = Instant::now() + limit;
        let mut buffer = [0u8; 65_535];
        loop {
            if let Some(at) = self.waiting.iter().position(&wanted) {
                return Some(self.waiting.remove(at));
            }
            if Instant::now() > deadline {
                return None;
            }
            if let Ok((length, _)) = self.socket.recv_from(&mut buffer)
                && let Ok(message) = Message::parse(Bytes::copy_from_slice(&buffer[..length]))
            {
                // Whoever listens is there, and says so.
                if message.is_request() && message.method() == Method::Options {
                    self.reply(&message, 200, None);
                } else {
                    self.waiting.push(message);
                }
            }
        }
    }

    /// A Via with a branch of its own.
    pub fn via(&mut self) -> String {
        self.branches += 1;
        format!("SIP/2.0/UDP {};branch=z9hG4bK{}x{}", self.host(), self.port(), self.branches)
    }
}

/// An SDP for one audio stream at this port.
pub fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    )
}

/// MD5 digest by hand (RFC 2617 without qop is what every registrar takes only if it must; with qop=auth as RFC 7616 asks).
pub fn authorize(challenge: &str, user: &str, password: &str, method: &str, uri: &str) -> String {
    let field = |name: &str| {
        let at = challenge.find(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {challenge}"));
        challenge[at + name.len() + 2..].split('"').next().expect("a value").to_owned()
    };
    let (realm, nonce) = (field("realm"), field("nonce"));
    let md5 = |text: String| {
        use md5::Digest;
        md5::Md5::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect::<String>()
    };
    let ha1 = md5(format!("{user}:{realm}:{password}"));
    let ha2 = md5(format!("{method}:{uri}"));
    let response = md5(format!("{ha1}:{nonce}:00000001:abcdef:auth:{ha2}"));
    format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", qop=auth, nc=00000001, cnonce=\"abcdef\", response=\"{response}\", algorithm=MD5"
    )
}
