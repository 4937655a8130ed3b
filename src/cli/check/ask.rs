//! OPTIONS to peers (RFC 3261 section 11): does anybody answer there, and what? Repeated as any request over UDP is.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::flow::Protocol;
use sip::framing::{Frame, Framer};
use sip::message::{Message, MessageBuilder, Method, Name};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use transport::TlsMaterial;

use crate::addresses;
use crate::clock;

/// How long a peer may take to answer.
pub const ANSWER_MAX: Duration = Duration::from_secs(2);
/// Over UDP the request goes out at the start and after each of these but the last (T1, then twice that: RFC 3261 section 17).
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_millis(1000), Duration::from_millis(500)];
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Whom to ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer {
    /// By UDP, TCP or TLS; WebSockets are not asked.
    pub protocol: Protocol,
    /// Where.
    pub address: SocketAddr,
}

/// What it said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Its phrase.
    pub phrase: String,
    /// What it calls itself (`Server`, `User-Agent`).
    pub server: String,
    /// After so many milliseconds.
    pub ms: u128,
}

/// What TLS is spoken with, and whose certificates are expected where (an address without a name: the address itself).
#[derive(Default)]
pub struct Expected {
    /// Authorities, and what we show.
    pub material: TlsMaterial,
    /// Names by address.
    pub names: Vec<(SocketAddr, String)>,
}

impl Expected {
    /// Names that a certificate there may be for.
    pub fn at(&self, address: SocketAddr) -> Vec<String> {
        let names = self.names.iter().filter(|(named, _)| *named == address).map(|(_, name)| name.clone());
        let names: Vec<String> = names.collect();
        if names.is_empty() { vec![address.ip().to_string()] } else { names }
    }
}

/// Asks all of them at once; the answers stand in the order of the peers. `ours` are the sockets of the switch: a carrier may
/// answer only those, so a free one of them is used.
pub async fn ask(peers: &[Peer], ours: &[SocketAddr]) -> Vec<io::Result<Answer>> {
    ask_secure(peers, ours, &Expected::default()).await
}

/// The same, where some are to be asked by TLS.
pub async fn ask_secure(peers: &[Peer], ours: &[SocketAddr], expected: &Expected) -> Vec<io::Result<Answer>> {
    let mut answers: Vec<io::Result<Answer>> = peers.iter().map(|_| Err(io::ErrorKind::TimedOut.into())).collect();
    let of = |protocol, v4| {
        peers
            .iter()
            .copied()
            .enumerate()
            .filter(move |(_, peer): &(usize, Peer)| (peer.protocol, peer.address.is_ipv4()) == (protocol, v4))
    };
    let mut streams = tokio::task::JoinSet::new();
    for (place, peer) in peers.iter().copied().enumerate() {
        match peer.protocol {
            Protocol::Tcp => drop(streams.spawn(async move { (place, by_tcp(peer).await) })),
            Protocol::Tls => {
                let (material, names) = (expected.material.clone(), expected.at(peer.address));
                streams.spawn(async move { (place, by_tls(peer, material, names).await) });
            }
            Protocol::Udp | Protocol::Ws | Protocol::Wss => {}
        }
    }
    let (v4, v6) = tokio::join!(
        by_datagrams(of(Protocol::Udp, true).collect(), ours),
        by_datagrams(of(Protocol::Udp, false).collect(), ours),
    );
    let by_stream = streams.join_all().await;
    for (place, answer) in v4.into_iter().chain(v6).chain(by_stream) {
        if let Some(slot) = answers.get_mut(place) {
            *slot = answer;
        }
    }
    answers
}

/// One that waits for its answer.
struct Asked {
    place: usize,
    peer: SocketAddr,
    request: Bytes,
}

type Found = (usize, io::Result<Answer>);

/// All peers of one family, over one socket.
async fn by_datagrams(peers: Vec<(usize, Peer)>, ours: &[SocketAddr]) -> Vec<Found> {
    let Some((_, first)) = peers.first() else { return Vec::new() };
    let socket = match bind(first.address, ours).await {
        Ok(socket) => socket,
        Err(error) => return peers.iter().map(|(place, _)| (*place, Err(error.kind().into()))).collect(),
    };
    let port = socket.local_addr().map_or(0, |local| local.port());
    let mut found = Vec::new();
    let mut waiting: HashMap<String, Asked> = HashMap::new();
    for (place, peer) in peers {
        let (id, request) = request(peer, port);
        waiting.insert(id, Asked { place, peer: peer.address, request });
    }
    let begun = clock::now();
    for pause in PAUSES {
        for asked in waiting.values() {
            // What cannot be sent is not answered; the next try may be luckier.
            let _ = socket.send_to(&asked.request, asked.peer).await;
        }
        let _ = timeout(pause, async {
            let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
            while !waiting.is_empty() {
                // Refusals of other peers come here, too.
                let Ok((length, _)) = socket.recv_from(&mut buffer).await else { continue };
                let packet = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
                if let Some((id, answer)) = read(packet, begun)
                    && let Some(asked) = waiting.remove(&id)
                {
                    found.push((asked.place, Ok(answer)));
                }
            }
        })
        .await;
    }
    found.extend(waiting.into_values().map(|asked| (asked.place, Err(io::ErrorKind::TimedOut.into()))));
    found
}

async fn bind(peer: SocketAddr, ours: &[SocketAddr]) -> io::Result<UdpSocket> {
    for local in ours.iter().filter(|local| local.is_ipv4() == peer.is_ipv4()) {
        if let Ok(socket) = UdpSocket::bind(local).await {
            return Ok(socket);
        }
    }
    let any = if peer.is_ipv4() { IpAddr::from([0, 0, 0, 0]) } else { IpAddr::from([0_u16; 8]) };
    UdpSocket::bind((any, 0)).await
}

async fn by_tcp(peer: Peer) -> io::Result<Answer> {
    let talk = async {
        let begun = clock::now();
        let stream = TcpStream::connect(peer.address).await?;
        let port = stream.local_addr()?.port();
        by_stream(peer, stream, port, begun).await
    };
    timeout(ANSWER_MAX, talk).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn by_tls(peer: Peer, material: TlsMaterial, names: Vec<String>) -> io::Result<Answer> {
    let talk = async {
        let begun = clock::now();
        let stream = transport::dial_tls(&material, peer.address, names).await?;
        let port = stream.get_ref().0.local_addr()?.port();
        by_stream(peer, stream, port, begun).await
    };
    timeout(ANSWER_MAX, talk).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn by_stream<S: AsyncRead + AsyncWrite + Unpin>(
    peer: Peer,
    mut stream: S,
    port: u16,
    begun: Instant,
) -> io::Result<Answer> {
    let (id, request) = request(peer, port);
    stream.write_all(&request).await?;
    let (mut framer, mut buffer) = (Framer::new(), vec![0; 4096]);
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        framer.push(buffer.get(..length).unwrap_or_default());
        while let Some(frame) = framer.next().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))? {
            if let Frame::Message(bytes) = frame
                && let Some((_, answer)) = read(bytes, begun).filter(|(answered, _)| *answered == id)
            {
                return Ok(answer);
            }
        }
    }
}

/// An OPTIONS and its Call-ID.
fn request(peer: Peer, port: u16) -> (String, Bytes) {
    let Peer { protocol, address } = peer;
    let ip = addresses::toward(address).unwrap_or_else(|| addresses::reachable(address).ip());
    let local = SocketAddr::new(ip, port);
    let (branch, tag, id): (u64, u32, u64) = (rand::random(), rand::random(), rand::random());
    let id = format!("{id:016x}@{local}");
    let transport = match protocol {
        Protocol::Udp => "",
        Protocol::Tcp => ";transport=tcp",
        Protocol::Tls => ";transport=tls",
        Protocol::Ws => ";transport=ws",
        Protocol::Wss => ";transport=wss",
    };
    let target = format!("sip:{address}{transport}");
    let request = MessageBuilder::request(&Method::Options, &target)
        .header(Name::Via, format!("SIP/2.0/{protocol} {local};rport;branch=z9hG4bK{branch:016x}"))
        .header(Name::MaxForwards, "70")
        .header(Name::From, format!("<sip:check@{local}>;tag={tag:08x}"))
        .header(Name::To, format!("<{target}>"))
        .header(Name::CallId, &id)
        .header(Name::CSeq, "1 OPTIONS")
        .header(Name::Contact, format!("<sip:check@{local}{transport}>"))
        .header(Name::Accept, "application/sdp")
        .header(Name::UserAgent, concat!("Denwaban/", env!("CARGO_PKG_VERSION")))
        .finish();
    (id, request.bytes().clone())
}

/// A final answer and its Call-ID.
fn read(bytes: Bytes, begun: Instant) -> Option<(String, Answer)> {
    let message = Message::parse(bytes).ok()?;
    let status = message.status().filter(|status| *status >= 200)?;
    let text = |name| message.text(name).map(|text| text.into_owned());
    let answer = Answer {
        status,
        phrase: message.reason().map(|phrase| String::from_utf8_lossy(phrase).into_owned()).unwrap_or_default(),
        server: text(Name::Server).or_else(|| text(Name::UserAgent)).unwrap_or_default(),
        ms: clock::now().saturating_duration_since(begun).as_millis(),
    };
    Some((text(Name::CallId)?.trim().to_owned(), answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn localhost(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    /// Answers the second request: the first is lost.
    async fn forgetful(status: u16) -> SocketAddr {
        let socket = UdpSocket::bind(localhost(0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = vec![0; 4096];
            socket.recv_from(&mut buffer).await.unwrap();
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            let request = Message::parse(Bytes::copy_from_slice(&buffer[..length])).unwrap();
            let reply = MessageBuilder::reply(&request, status, "Whatever", Some("t"));
            let reply = reply.header(Name::Server, "Carrier/1").finish();
            socket.send_to(b"noise", from).await.unwrap();
            socket.send_to(reply.bytes(), from).await.unwrap();
        });
        address
    }

    async fn by_tcp() -> SocketAddr {
        let listener = tokio::net::TcpListener::bind(localhost(0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 4096];
            let length = stream.read(&mut buffer).await.unwrap();
            let request = Message::parse(Bytes::copy_from_slice(&buffer[..length])).unwrap();
            let reply = MessageBuilder::reply(&request, 200, "OK", Some("t")).finish();
            let (one, two) = reply.bytes().split_at(20);
            stream.write_all(one).await.unwrap();
            stream.write_all(two).await.unwrap();
        });
        address
    }

    #[tokio::test]
    async fn every_peer_has_its_own_answer_or_silence() {
        let silent = UdpSocket::bind(localhost(0)).await.unwrap();
        let refused = {
            let listener = tokio::net::TcpListener::bind(localhost(0)).await.unwrap();
            listener.local_addr().unwrap()
        };
        let udp = |address| Peer { protocol: Protocol::Udp, address };
        let tcp = |address| Peer { protocol: Protocol::Tcp, address };
        let peers = [
            udp(forgetful(200).await),
            udp(silent.local_addr().unwrap()),
            tcp(by_tcp().await),
            udp(forgetful(404).await),
            tcp(refused),
        ];
        let answers = ask(&peers, &[localhost(0)]).await;
        let seen: Vec<_> =
            answers.iter().map(|answer| answer.as_ref().map(|a| a.status).map_err(|e| e.kind())).collect();
        let (timed_out, refused) = (io::ErrorKind::TimedOut, io::ErrorKind::ConnectionRefused);
        assert_eq!(seen, [Ok(200), Err(timed_out), Ok(200), Ok(404), Err(refused)]);
        let first = answers[0].as_ref().unwrap();
        assert_eq!((first.server.as_str(), first.phrase.as_str()), ("Carrier/1", "Whatever"));
        assert!(first.ms >= 400, "only the repeated request was answered: {} ms", first.ms);
    }
}
