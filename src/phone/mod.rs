//! A scripted softphone: the demo's caller, operators and mobiles, and the caller of `denwaban call ring`. A SIP peer like
//! any other, on sockets of its own; it knows nothing of the switch but its address.

mod ear;
pub mod speech;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use endpoint::{Destination, Endpoint, Hop, Invite, LegEvent, LegId, Order, Output, Trunk, TrunkId, TrunkState};
use sdp::{Codec, Direction, Local, Session, SrtpPolicy};
use sip::flow::{ConnectionId, Flow, Protocol};

use crate::clock::now;
use ear::Voice;

/// Wishes and sightings under way at once; a phone has one call.
const QUEUE_MAX: usize = 256;
/// The loop looks at its sockets this often: a quarter of a frame.
const TICK: Duration = Duration::from_millis(5);

/// Who this phone is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// User part: an operator's account, or a telephone number.
    pub user: String,
    /// Our SIP socket; port 0: any.
    pub local: SocketAddr,
    /// The switch.
    pub switch: SocketAddr,
    /// Password, for a phone that registers.
    pub password: Option<String>,
    /// Digest realm and domain.
    pub realm: String,
}

/// What a phone is asked to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Wish {
    /// Call this number.
    Dial(String),
    /// Pick up.
    Answer,
    /// Speak: 8 kHz samples.
    Say(Arc<[i16]>),
    /// Press keys (RFC 4733).
    Press(String),
    /// Hang up, or give up calling.
    HangUp,
    /// Unregister and end.
    Stop,
}

/// What a phone sees.
#[derive(Clone, PartialEq, Debug)]
pub enum Sight {
    /// Registered with the switch.
    Registered,
    /// It rings; `shown` is the name on its display, `number` the number.
    Rings { shown: String, number: String },
    /// The far end rings.
    Ringback,
    /// Talking.
    Talking,
    /// Our call was refused with this status.
    Refused(u16),
    /// The call is over.
    Over,
}

/// A running phone.
pub struct Phone {
    /// SIP address.
    pub address: SocketAddr,
    wishes: SyncSender<Wish>,
    /// Behind a lock, so that the cast can be handed to the thread that plays.
    sights: Mutex<Receiver<Sight>>,
    voice: Arc<Mutex<Voice>>,
    thread: Option<JoinHandle<()>>,
}

impl Phone {
    /// Plug the phone in.
    pub fn start(identity: Identity) -> io::Result<Phone> {
        let sip = UdpSocket::bind(identity.local)?;
        sip.set_read_timeout(Some(TICK))?;
        let address = sip.local_addr()?;
        let rtp = even_socket(address.ip())?;
        rtp.set_nonblocking(true)?;
        let voice = Arc::new(Mutex::new(Voice::default()));
        let (wishes, wished) = sync_channel(QUEUE_MAX);
        let (seen, sights) = sync_channel(QUEUE_MAX);
        let mut line = Line::new(identity, sip, rtp, voice.clone(), seen)?;
        let thread = std::thread::Builder::new().name("phone".into()).spawn(move || line.run(&wished))?;
        Ok(Phone { address, wishes, sights: Mutex::new(sights), voice, thread: Some(thread) })
    }

    /// Ask for something; it happens at the phone's own pace.
    pub fn wish(&self, wish: Wish) {
        // A full queue means that the phone's thread is gone; the next wait says so.
        let _ = self.wishes.try_send(wish);
    }

    /// Wait until this is seen; `Err` tells what came instead.
    pub fn wait(&self, wanted: impl Fn(&Sight) -> bool, limit: Duration) -> Result<Sight, Vec<Sight>> {
        let deadline = now() + limit;
        let mut others = Vec::new();
        loop {
            let sights = self.sights.lock().unwrap_or_else(PoisonError::into_inner);
            match sights.recv_timeout(deadline.saturating_duration_since(now())) {
                Ok(sight) if wanted(&sight) => return Ok(sight),
                Ok(sight) => others.push(sight),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Err(others),
            }
        }
    }

    /// What was seen next, if anything was.
    pub fn look(&self) -> Option<Sight> {
        self.sights.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok()
    }

    /// What has been heard in the present or last call since the last asking.
    pub fn take_heard(&self) -> Vec<i16> {
        std::mem::take(&mut self.voice.lock().unwrap_or_else(PoisonError::into_inner).heard)
    }

    /// Still has something to say.
    pub fn speaks(&self) -> bool {
        self.voice.lock().unwrap_or_else(PoisonError::into_inner).speaks()
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.wish(Wish::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The phone's own thread.
struct Line {
    identity: Identity,
    endpoint: Endpoint,
    sip: UdpSocket,
    local: SocketAddr,
    rtp: UdpSocket,
    voice: Arc<Mutex<Voice>>,
    seen: SyncSender<Sight>,
    call: Option<Call>,
    legs: u64,
    stopping: Option<Instant>,
}

/// The call in hand.
struct Call {
    leg: LegId,
    media: Local,
    /// Our offer, until it is answered.
    offered: Option<Session>,
    /// The peer's offer, until we answer.
    offer: Option<Bytes>,
    remote: Option<SocketAddr>,
}

const SWITCH: TrunkId = TrunkId(1);

impl Line {
    fn new(
        identity: Identity,
        sip: UdpSocket,
        rtp: UdpSocket,
        voice: Arc<Mutex<Voice>>,
        seen: SyncSender<Sight>,
    ) -> io::Result<Line> {
        let local = sip.local_addr()?;
        let listener = endpoint::Listener { protocol: Protocol::Udp, local, public: local };
        let mut config = endpoint::Config::new(identity.realm.clone(), vec![listener]);
        config.trace = false;
        config.server_name = "Denwaban test phone".to_owned();
        let mut endpoint = Endpoint::new(now(), config, rand::random());
        endpoint.set_trunks(now(), vec![trunk_to_switch(&identity)]);
        Ok(Line { identity, endpoint, sip, local, rtp, voice, seen, call: None, legs: 0, stopping: None })
    }

    fn run(&mut self, wishes: &Receiver<Wish>) {
        let mut packet = vec![0u8; 65_535];
        loop {
            self.drain();
            // Anything else is a time-out, or the refusal of a switch that is not up yet.
            if let Ok((length, remote)) = self.sip.recv_from(&mut packet) {
                let flow = Flow { protocol: Protocol::Udp, local: self.local, remote, connection: ConnectionId(0) };
                let bytes = Bytes::copy_from_slice(packet.get(..length).unwrap_or_default());
                self.endpoint.receive(now(), flow, bytes);
            }
            if self.endpoint.poll_timeout().is_some_and(|at| at <= now()) {
                self.endpoint.handle_timeout(now());
            }
            self.drain();
            self.speak_and_listen();
            loop {
                match wishes.try_recv() {
                    Ok(wish) => self.grant(wish),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            if self.stopping.is_some_and(|at| at <= now() || self.endpoint.is_idle()) {
                self.drain();
                return;
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                Output::Transmit { flow, bytes } => {
                    // Lost is lost: the transaction repeats it.
                    let _ = self.sip.send_to(&bytes, flow.remote);
                }
                Output::Leg(event) => self.on_leg(event),
                Output::Trunk(event) if event.state == TrunkState::Up => self.see(Sight::Registered),
                Output::Trunk(_) | Output::Binding(_) | Output::Trace(_) | Output::Alarm(_) | Output::Spent { .. } => {}
            }
        }
    }

    fn on_leg(&mut self, event: LegEvent) {
        match event {
            LegEvent::Incoming(incoming) if self.call.is_some() => {
                self.endpoint
                    .order(now(), Order::Reject { leg: incoming.leg, status: 486, retry_after: None, reason: None });
            }
            LegEvent::Incoming(incoming) => {
                let media = self.media();
                self.call = Some(Call { leg: incoming.leg, media, offered: None, offer: incoming.offer, remote: None });
                self.endpoint.order(now(), Order::Progress { leg: incoming.leg, status: 180, body: None });
                self.see(Sight::Rings { shown: incoming.caller_display, number: incoming.caller });
            }
            LegEvent::Progress { .. } => self.see(Sight::Ringback),
            LegEvent::Answered { body, .. } | LegEvent::OfferAnswered { body, .. } => {
                self.answered(&body);
                self.see(Sight::Talking);
            }
            LegEvent::Acknowledged { .. } => self.see(Sight::Talking),
            LegEvent::Offer { leg, body } => {
                let answer = self.answer_to(&body).map_err(|()| 488);
                self.endpoint.order(now(), Order::AnswerOffer { leg, answer });
            }
            LegEvent::Rejected { rejection, .. } => {
                self.call = None;
                self.see(Sight::Refused(rejection.status));
            }
            LegEvent::Ended { .. } => {
                self.call = None;
                self.see(Sight::Over);
            }
            LegEvent::Refer { leg, .. } => self.endpoint.order(now(), Order::AnswerRefer { leg, status: 603 }),
            LegEvent::OfferRefused { .. } | LegEvent::Digit { .. } | LegEvent::ProbeAnswered { .. } => {}
        }
    }

    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Dial(number) => self.dial(number),
            Wish::Answer => {
                let Some((leg, offer)) = self.call.as_mut().and_then(|call| Some((call.leg, call.offer.take()?)))
                else {
                    return;
                };
                match self.answer_to(&offer) {
                    Ok(body) => self.endpoint.order(now(), Order::Answer { leg, body }),
                    Err(()) => {
                        self.endpoint.order(now(), Order::Reject { leg, status: 488, retry_after: None, reason: None })
                    }
                }
            }
            Wish::Say(samples) => self.voice().say(&samples),
            Wish::Press(keys) => self.voice().press(&keys),
            Wish::HangUp => self.hang_up(),
            Wish::Stop => {
                self.hang_up();
                self.endpoint.set_trunks(now(), Vec::new());
                self.stopping = Some(now() + Duration::from_millis(500));
            }
        }
    }

    fn dial(&mut self, number: String) {
        let media = self.media();
        let offered = sdp::offer(&media, Direction::SendRecv);
        self.legs += 2;
        let leg = LegId(self.legs);
        let body = offered.print();
        self.call = Some(Call { leg, media, offered: Some(offered), offer: None, remote: None });
        let caller = Some(self.identity.user.clone());
        self.endpoint.order(
            now(),
            Order::Invite(Invite {
                leg,
                to: Destination::Trunk { trunk: SWITCH, number },
                display: String::new(),
                caller,
                withheld: false,
                redirected: None,
                body: Bytes::from(body),
                headers: Vec::new(),
                max_forwards: 70,
                auto_answer: false,
                web_body: None,
                on_behalf_of: None,
            }),
        );
    }

    fn hang_up(&mut self) {
        if let Some(call) = &self.call {
            self.endpoint.order(now(), Order::Hangup { leg: call.leg, reason: None });
        }
    }

    fn media(&mut self) -> Local {
        self.voice().begin_call();
        let port = self.rtp.local_addr().map(|a| a.port()).unwrap_or_default();
        Local {
            address: self.local.ip(),
            port,
            codecs: vec![Codec::Pcmu],
            telephone_event: true,
            session_id: rand::random::<u32>().into(),
            version: 1,
            ptime: 20,
            srtp: SrtpPolicy::Off,
            secrets: None,
            signalled_from: None,
        }
    }

    fn answer_to(&mut self, offer: &[u8]) -> Result<Bytes, ()> {
        let call = self.call.as_mut().ok_or(())?;
        call.media.version += 1;
        let offer = Session::parse(offer).map_err(|_| ())?;
        let (body, agreed) = sdp::answer(&call.media, &offer).map_err(|_| ())?;
        call.remote = Some(agreed.remote);
        self.voice().agree(agreed.payload_type, agreed.telephone_event, agreed.direction.sends());
        Ok(Bytes::from(body))
    }

    fn answered(&mut self, body: &[u8]) {
        let Some(call) = self.call.as_mut() else { return };
        let Some(offered) = call.offered.take() else { return };
        let Ok(answer) = Session::parse(body) else { return };
        if let Ok(agreed) = sdp::accept_answer(&call.media, &offered, &answer) {
            call.remote = Some(agreed.remote);
            self.voice().agree(agreed.payload_type, agreed.telephone_event, agreed.direction.sends());
        }
    }

    fn speak_and_listen(&mut self) {
        let mut remote = self.call.as_ref().and_then(|call| call.remote);
        let mut outgoing: VecDeque<Vec<u8>> = VecDeque::new();
        {
            let mut voice = self.voice();
            let mut packet = [0u8; 2048];
            while let Ok((length, source)) = self.rtp.recv_from(&mut packet) {
                voice.listen(packet.get(..length).unwrap_or_default());
                // The way back is sure; the address in the description may be one for peers beyond a NAT.
                remote = remote.map(|_| source);
            }
            if remote.is_some() {
                voice.frames_due(now(), &mut outgoing);
            }
        }
        if let Some(call) = &mut self.call {
            call.remote = remote;
        }
        if let Some(remote) = remote {
            for frame in outgoing {
                let _ = self.rtp.send_to(&frame, remote);
            }
        }
    }

    fn voice(&self) -> std::sync::MutexGuard<'_, Voice> {
        self.voice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, sight: Sight) {
        // Nobody looks any more: the phone is being put away.
        let _ = self.seen.try_send(sight);
    }
}

fn trunk_to_switch(identity: &Identity) -> Trunk {
    let user = &identity.user;
    let realm = &identity.realm;
    let hop = Hop { protocol: Protocol::Udp, address: identity.switch };
    Trunk {
        registration: identity.password.as_ref().map(|_| endpoint::Registration {
            registrar: format!("sip:{realm}"),
            aor: format!("sip:{user}@{realm}"),
            expires: Duration::from_secs(300),
        }),
        credentials: identity.password.as_ref().map(|password| endpoint::Credentials {
            user: user.clone(),
            password: password.clone(),
            realm: None,
        }),
        extractors: vec![endpoint::Extractor::RequestUri],
        caller_id: user.clone(),
        calls_max: 1,
        ..Trunk::new(SWITCH, "switch", hop)
    }
}

/// An RTP socket on an even port (carriers refuse odd ones).
fn even_socket(address: IpAddr) -> io::Result<UdpSocket> {
    const TRIES: usize = 64;
    for _ in 0..TRIES {
        let socket = UdpSocket::bind(SocketAddr::new(address, 0))?;
        if socket.local_addr()?.port() % 2 == 0 {
            return Ok(socket);
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, "no even port is free"))
}
