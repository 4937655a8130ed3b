//! One open stream, whatever carries it: framing, keep-alives, time limits, a bounded queue of what is to be written.

use std::time::Duration;

use bytes::Bytes;
use sip::flow::Flow;
use sip::framing::{Frame, Framer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::config::Limits;

/// Messages that wait to be written to one stream; more, and the peer is not reading: the stream is given up.
pub(crate) const WRITES_MAX: usize = 64;
/// Read at a time. Small: an idle stream should cost little.
const READ_BYTES: usize = 4_096;
/// RFC 5626 section 4.4.1: the answer to a double CRLF.
const PONG: &[u8] = b"\r\n";

/// What a stream tells the transport.
pub(crate) enum StreamEvent {
    /// A whole message.
    Message { flow: Flow, bytes: Bytes },
    /// The stream is gone. `unsent`: the flows, as `send` was given them, of messages that were not written.
    Closed { flow: Flow, unsent: Vec<Flow>, why: Close },
}

/// Why a stream ended: for logs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Close {
    /// The peer closed it.
    ByPeer,
    /// Reading or writing failed.
    Broken,
    /// Dialling failed.
    Unreachable,
    /// The peer sent what is no SIP (R08).
    BadFraming,
    /// A message took too long (R08).
    SlowMessage,
    /// Nothing was said for too long.
    Idle,
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
}

impl Link {
    /// Carries messages both ways until the stream ends.
    pub(crate) async fn run(mut self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let (mut reading, mut writing) = tokio::io::split(stream);
        let (pings, mut pongs) = mpsc::channel(1);
        let mut unsent = None;
        let why = tokio::select! {
            why = read(&mut reading, self.flow, &self.events, pings, &self.limits) => why,
            why = write(&mut writing, &mut self.outgoing, &mut pongs, &mut unsent, self.limits.write_max) => why,
        };
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

async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    flow: Flow,
    events: &mpsc::Sender<StreamEvent>,
    pings: mpsc::Sender<()>,
    limits: &Limits,
) -> Close {
    let mut framer = Framer::new();
    let mut buffer = vec![0; READ_BYTES];
    let mut patience = Patience::new(limits);
    loop {
        let length = tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(0) => return Close::ByPeer,
                Ok(length) => length,
                Err(_) => return Close::Broken,
            },
            () = sleep(patience.left()) => return patience.verdict(),
        };
        framer.push(buffer.get(..length).unwrap_or_default());
        loop {
            match framer.next() {
                Ok(Some(Frame::Message(bytes))) => {
                    patience.message();
                    // Waiting here is the back-pressure: TCP slows the peer down while the engine is busy.
                    if events.send(StreamEvent::Message { flow, bytes }).await.is_err() {
                        return Close::ByUs;
                    }
                }
                Ok(Some(Frame::KeepAlive)) => {
                    patience.message();
                    let _ = pings.try_send(()); // one pong is enough for several pings in a row
                }
                Ok(Some(Frame::Pong)) => patience.message(),
                Ok(None) => break,
                Err(_) => return Close::BadFraming,
            }
        }
        patience.heard(framer.pending() > 0);
    }
}

/// How long we still wait for the peer.
struct Patience {
    message_time_max: Duration,
    idle_max: Duration,
    silence_max: Duration,
    /// When the message began that is not complete yet.
    began: Option<Instant>,
    /// The last complete message; `None`: there was none yet.
    last: Option<Instant>,
    opened: Instant,
}

impl Patience {
    fn new(limits: &Limits) -> Self {
        Self {
            message_time_max: limits.message_time_max,
            idle_max: limits.idle_max,
            silence_max: limits.silence_max,
            began: None,
            last: None,
            opened: Instant::now(),
        }
    }

    fn message(&mut self) {
        self.last = Some(Instant::now());
        self.began = None;
    }

    fn heard(&mut self, incomplete: bool) {
        self.began = if incomplete { Some(self.began.unwrap_or_else(Instant::now)) } else { None };
    }

    fn left(&self) -> Duration {
        let until = match (self.began, self.last) {
            (Some(began), _) => began + self.message_time_max,
            (None, Some(last)) => last + self.idle_max,
            (None, None) => self.opened + self.silence_max,
        };
        until.saturating_duration_since(Instant::now())
    }

    fn verdict(&self) -> Close {
        if self.began.is_some() { Close::SlowMessage } else { Close::Idle }
    }
}

async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    outgoing: &mut mpsc::Receiver<Outgoing>,
    pongs: &mut mpsc::Receiver<()>,
    unsent: &mut Option<Flow>,
    write_max: Duration,
) -> Close {
    loop {
        let (flow, bytes) = tokio::select! {
            message = outgoing.recv() => match message {
                Some((flow, bytes)) => (Some(flow), bytes),
                None => {
                    let _ = timeout(write_max, stream.shutdown()).await;
                    return Close::ByUs;
                }
            },
            Some(()) = pongs.recv() => (None, Bytes::from_static(PONG)),
        };
        *unsent = flow;
        match timeout(write_max, stream.write_all(&bytes)).await {
            Ok(Ok(())) => *unsent = None,
            Ok(Err(_)) => return Close::Broken,
            Err(_) => return Close::NotReading,
        }
    }
}
