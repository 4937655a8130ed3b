//! One open stream, whatever carries it: framing, keep-alives, time limits, a bounded queue of what is to be written.

use std::time::Duration;

use bytes::Bytes;
use sip::flow::Flow;
use sip::framing::{Frame, Framer, FramingError, FramingFault};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::config::Limits;
use crate::patience::{Asking, Due, Patience};

/// Messages that wait to be written to one stream; more, and the peer is not reading: the stream is given up.
pub(crate) const WRITES_MAX: usize = 64;
/// Keep-alives that wait to be written: more of the same would say no more.
const KEEP_ALIVES_MAX: usize = 2;
/// Keep-alives in one reading; whoever sends more keeps nothing alive.
const KEEP_ALIVES_IN_A_ROW_MAX: usize = 32;
/// A refusal that is not written by then is not written: bad framing is closed within 100 ms (R08).
const LAST_WORDS_MAX: Duration = Duration::from_millis(80);
/// Read at a time. Small: an idle stream should cost little.
const READ_BYTES: usize = 4_096;
/// RFC 5626 section 4.4.1: a double CRLF asks...
pub(crate) const PING: &[u8] = b"\r\n\r\n";
/// ...and a single one answers.
pub(crate) const PONG: &[u8] = b"\r\n";

/// What a stream tells the transport.
pub(crate) enum StreamEvent {
    /// The handshake of an accepted stream is done. `names`: whom the peer's certificate names, if it showed one.
    Opened { flow: Flow, names: Option<Vec<String>> },
    /// A whole message.
    Message { flow: Flow, bytes: Bytes },
    /// A message came whose end nobody can tell, and this is its head; the stream ends after one answer to it.
    Unframed { flow: Flow, head: Bytes, fault: FramingFault },
    /// The stream is gone. `unsent`: the flows, as `send` was given them, of messages that were not written.
    Closed { flow: Flow, unsent: Vec<Flow>, why: Close },
}

/// Why a stream ended: for logs and counters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Close {
    /// The peer closed it.
    ByPeer,
    /// Reading or writing failed.
    Broken,
    /// Dialling failed.
    Unreachable,
    /// There was no TLS or WebSocket to be agreed on, or not in time.
    NoHandshake,
    /// The peer sent what is no SIP (R08).
    BadFraming,
    /// The peer sent a message whose end nobody can tell (R08, RFC 3261 section 18.3).
    Unframed,
    /// A message took too long (R08).
    SlowMessage,
    /// Nothing was said for too long.
    Idle,
    /// A ping was not answered (R29).
    NoPong,
    /// The peer does not read.
    NotReading,
    /// We let it go.
    ByUs,
}

/// A message to be written, with the flow as `send` was given it.
pub(crate) type Outgoing = (Flow, Bytes);

/// The transport's end of a stream.
pub(crate) struct Link {
    pub(crate) flow: Flow,
    pub(crate) outgoing: mpsc::Receiver<Outgoing>,
    pub(crate) events: mpsc::Sender<StreamEvent>,
    pub(crate) limits: Limits,
    /// Until when this stream is not read, because its peer is faster than its share.
    pub(crate) pause: watch::Receiver<Option<Instant>>,
}

impl Link {
    /// Tells that the handshake is done.
    pub(crate) async fn opened(&self, names: Option<Vec<String>>) {
        // Nobody listens any more only when the whole transport is gone; then the next event ends the stream.
        let _ = self.events.send(StreamEvent::Opened { flow: self.flow, names }).await;
    }

    /// Carries messages both ways until the stream ends.
    pub(crate) async fn run(mut self, stream: impl AsyncRead + AsyncWrite + Unpin, asking: Asking) {
        let (mut reading, mut writing) = tokio::io::split(stream);
        let (keep_alives, mut keep_alives_to_write) = mpsc::channel(KEEP_ALIVES_MAX);
        let mut unsent = None;
        let reader = Reader { flow: self.flow, events: &self.events, keep_alives, pause: self.pause.clone() };
        let why = tokio::select! {
            why = reader.read(&mut reading, Patience::new(Instant::now(), &self.limits, asking)) => why,
            why = write(
                &mut writing,
                &mut self.outgoing,
                &mut keep_alives_to_write,
                &mut unsent,
                self.limits.write_max,
            ) => why,
        };
        if why == Close::Unframed && unsent.is_none() {
            unsent = last_words(&mut writing, &mut self.outgoing).await;
        }
        self.close(why, unsent).await;
    }

    /// Tells that the stream is gone, and which messages with it.
    pub(crate) async fn close(mut self, why: Close, unsent: Option<Flow>) {
        self.outgoing.close();
        let mut unsent: Vec<Flow> = unsent.into_iter().collect();
        while let Ok((flow, _)) = self.outgoing.try_recv() {
            unsent.push(flow);
        }
        // Nobody listens any more only when the whole transport is gone.
        let _ = self.events.send(StreamEvent::Closed { flow: self.flow, unsent, why }).await;
    }
}

struct Reader<'a> {
    flow: Flow,
    events: &'a mpsc::Sender<StreamEvent>,
    keep_alives: mpsc::Sender<&'static [u8]>,
    pause: watch::Receiver<Option<Instant>>,
}

impl Reader<'_> {
    async fn read(self, stream: &mut (impl AsyncRead + Unpin), mut patience: Patience) -> Close {
        let mut framer = Framer::new();
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let length = tokio::select! {
                read = stream.read(&mut buffer) => match read {
                    Ok(0) => return Close::ByPeer,
                    Ok(length) => length,
                    Err(_) => return Close::Broken,
                },
                () = sleep_until(patience.until()) => match patience.due(Instant::now()) {
                    Some(Due::Close(why)) => return why,
                    Some(Due::Ping) => {
                        let _ = self.keep_alives.try_send(PING); // full: something is on its way already
                        continue;
                    }
                    None => continue,
                },
            };
            framer.push(buffer.get(..length).unwrap_or_default());
            if let Err(why) = self.frames(&mut framer, &mut patience).await {
                return why;
            }
            patience.bytes(Instant::now(), framer.pending() > 0);
        }
    }

    async fn frames(&self, framer: &mut Framer, patience: &mut Patience) -> Result<(), Close> {
        let mut keep_alives = 0;
        while keep_alives <= KEEP_ALIVES_IN_A_ROW_MAX {
            match framer.next() {
                Ok(Some(Frame::Message(bytes))) => {
                    patience.message(Instant::now());
                    // Waiting here is the back-pressure: TCP slows the peer down while the engine is busy, or has had enough.
                    let pause = *self.pause.borrow();
                    if let Some(until) = pause {
                        sleep_until(until).await;
                    }
                    let told = self.events.send(StreamEvent::Message { flow: self.flow, bytes }).await;
                    told.map_err(|_| Close::ByUs)?;
                }
                Ok(Some(Frame::KeepAlive)) => {
                    keep_alives += 1;
                    patience.keep_alive(Instant::now());
                    let _ = self.keep_alives.try_send(PONG); // one pong is enough for several pings in a row
                }
                Ok(Some(Frame::Pong)) => {
                    keep_alives += 1;
                    patience.pong(Instant::now());
                    patience.keep_alive(Instant::now());
                }
                Ok(None) => return Ok(()),
                Err(FramingError { fault, head }) => {
                    if let Some(head) = head {
                        let unframed = StreamEvent::Unframed { flow: self.flow, head, fault };
                        self.events.send(unframed).await.map_err(|_| Close::ByUs)?;
                        return Err(Close::Unframed);
                    }
                    return Err(Close::BadFraming);
                }
            }
        }
        Err(Close::BadFraming)
    }
}

/// Writes what is already waiting and the refusal, then closes. Gives the flow of a message that was not written.
async fn last_words(stream: &mut (impl AsyncWrite + Unpin), outgoing: &mut mpsc::Receiver<Outgoing>) -> Option<Flow> {
    let mut unsent = None;
    let words = async {
        while let Some((flow, bytes)) = outgoing.recv().await {
            unsent = Some(flow);
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            unsent = None;
            if outgoing.is_empty() {
                break;
            }
        }
        stream.shutdown().await
    };
    let _ = timeout(LAST_WORDS_MAX, words).await; // closed either way
    unsent
}

async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    outgoing: &mut mpsc::Receiver<Outgoing>,
    keep_alives: &mut mpsc::Receiver<&'static [u8]>,
    unsent: &mut Option<Flow>,
    write_max: Duration,
) -> Close {
    loop {
        let (flow, bytes) = tokio::select! {
            biased; // a pong is short, and in time only now
            Some(keep_alive) = keep_alives.recv() => (None, Bytes::from_static(keep_alive)),
            message = outgoing.recv() => match message {
                Some((flow, bytes)) => (Some(flow), bytes),
                None => {
                    let _ = timeout(write_max, stream.shutdown()).await;
                    return Close::ByUs;
                }
            },
        };
        *unsent = flow;
        let whole = async {
            stream.write_all(&bytes).await?;
            stream.flush().await // TLS keeps a record that the socket had no room for
        };
        match timeout(write_max, whole).await {
            Ok(Ok(())) => *unsent = None,
            Ok(Err(_)) => return Close::Broken,
            Err(_) => return Close::NotReading,
        }
    }
}
