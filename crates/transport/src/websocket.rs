//! WebSocket (RFC 6455) as a transport of SIP (RFC 7118): one frame, or one message in several, is one SIP message.
//!
//! The frame goes up as it came. Its end is the message's end, so a Content-Length is not needed (RFC 7118 section 5 lets it
//! be missing): whoever parses it reads it like a datagram. Keep-alives are WebSocket pings both ways, and empty lines where
//! a peer sends them (RFC 7118 section 6, RFC 5626).

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use sip::framing::MESSAGE_BYTES_MAX;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::patience::{Asking, Due, Patience};
use crate::stream::{Close, Link, Outgoing, PING, PONG, StreamEvent};

/// The subprotocol (RFC 7118 section 4).
const SUBPROTOCOL: &str = "sip";
/// Read at a time. Small: an idle stream should cost little.
const READ_BYTES: usize = 4_096;
/// What waits to be written, frames' heads included: one message is written out before the next one is taken.
const WRITE_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BYTES_MAX)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
}

/// A WebSocket whose handshake is done.
pub(crate) type Socket<S> = WebSocketStream<Watched<S>>;

/// Shakes hands: the subprotocol `sip` must be offered, and the origin, if there is one, be on the list, if there is one.
pub(crate) async fn accept<S>(stream: S, origins: &[String]) -> io::Result<Socket<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    #[expect(clippy::result_large_err, reason = "the callback's type is the library's")]
    let agree = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        if let Err(status) = admits(request.headers(), origins) {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = status;
            return Err(refusal);
        }
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        Ok(response)
    };
    let watched = Watched { inner: stream, heard: false };
    tokio_tungstenite::accept_hdr_async_with_config(watched, agree, Some(config())).await.map_err(io::Error::other)
}

/// Whose handshake somebody else has done.
pub(crate) async fn adopt<S>(stream: S) -> Socket<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    WebSocketStream::from_raw_socket(Watched { inner: stream, heard: false }, Role::Server, Some(config())).await
}

/// What an HTTP server answers a browser that asks for SIP over WebSocket: `Sec-WebSocket-Accept`, the subprotocol being `sip`.
/// `key`: the request's `Sec-WebSocket-Key`. `Err`: these headers ask for something else.
///
/// # Errors
/// The HTTP status of the refusal: 400 (no WebSocket of version 13, or not for SIP).
pub fn agree(headers: &HeaderMap) -> Result<String, StatusCode> {
    let lists = |name: header::HeaderName, word: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(word))
    };
    let is_one = lists(header::CONNECTION, "upgrade")
        && lists(header::UPGRADE, "websocket")
        && lists(header::SEC_WEBSOCKET_VERSION, "13")
        && lists(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_one).ok_or(StatusCode::BAD_REQUEST)?;
    Ok(derive_accept_key(key.as_bytes()))
}

fn admits(headers: &HeaderMap, origins: &[String]) -> Result<(), StatusCode> {
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut offered = offers.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    if !offered.any(|name| name.trim().eq_ignore_ascii_case(SUBPROTOCOL)) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let listed = |origin: &str| origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin));
    if origins.is_empty() || origin.to_str().is_ok_and(listed) { Ok(()) } else { Err(StatusCode::FORBIDDEN) }
}

/// Carries messages both ways until the stream ends, or `over` does.
pub(crate) async fn run<S>(mut link: Link, mut socket: Socket<S>, over: impl Future<Output = ()>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut over = pin!(over);
    let asking = Asking::Frames { interval: link.limits.ping_interval };
    let mut patience = Patience::new(Instant::now(), &link.limits, asking);
    let mut unsent = None;
    let why = loop {
        let now = Instant::now();
        let pause = *link.pause.borrow();
        let paused = pause.filter(|until| *until > now);
        let turn = tokio::select! {
            () = sleep_until(paused.unwrap_or(now)), if paused.is_some() => Turn::Wait,
            heard = hear(&mut socket), if paused.is_none() => take(&link, &mut patience, heard).await,
            outgoing = link.outgoing.recv() => Turn::Write(outgoing),
            () = &mut over => Turn::Write(None),
            () = sleep_until(patience.until()) => match patience.due(Instant::now()) {
                Some(Due::Close(why)) => Turn::End(why),
                Some(Due::Ping) => Turn::Say(Message::Ping(Bytes::new())),
                None => Turn::Wait,
            },
        };
        let message = match turn {
            Turn::Wait => continue,
            Turn::End(why) => break why,
            Turn::Say(message) => message,
            Turn::Write(None) => {
                let _ = timeout(link.limits.write_max, socket.close(None)).await;
                break Close::ByUs;
            }
            Turn::Write(Some((flow, bytes))) => {
                unsent = Some(flow);
                framed(bytes)
            }
        };
        match timeout(link.limits.write_max, socket.send(message)).await {
            Ok(Ok(())) => unsent = None,
            Ok(Err(_)) => break Close::Broken,
            Err(_) => break Close::NotReading,
        }
    };
    link.close(why, unsent).await;
}

/// What to do next.
enum Turn {
    Wait,
    Say(Message),
    Write(Option<Outgoing>),
    End(Close),
}

/// What a WebSocket brings.
enum Heard {
    Message(Message),
    /// Some of a message.
    Part,
    Nothing(Close),
}

async fn hear<S>(socket: &mut Socket<S>) -> Heard
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    poll_fn(|context| {
        let polled = socket.poll_next_unpin(context);
        let heard = std::mem::take(&mut socket.get_mut().heard);
        match polled {
            Poll::Ready(Some(Ok(message))) => Poll::Ready(Heard::Message(message)),
            Poll::Ready(Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) | None) => {
                Poll::Ready(Heard::Nothing(Close::ByPeer))
            }
            Poll::Ready(Some(Err(Error::Io(_)))) => Poll::Ready(Heard::Nothing(Close::Broken)),
            Poll::Ready(Some(Err(_))) => Poll::Ready(Heard::Nothing(Close::BadFraming)),
            Poll::Pending if heard => Poll::Ready(Heard::Part),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn take(link: &Link, patience: &mut Patience, heard: Heard) -> Turn {
    let now = Instant::now();
    let message = match heard {
        Heard::Nothing(why) => return Turn::End(why),
        Heard::Part => {
            patience.bytes(now, true);
            return Turn::Wait;
        }
        Heard::Message(message) => message,
    };
    patience.bytes(now, false);
    let is_text = matches!(message, Message::Text(_));
    let bytes = match message {
        Message::Text(text) => Bytes::from(text),
        Message::Binary(bytes) => bytes,
        Message::Pong(_) => {
            patience.pong(now);
            return Turn::Wait;
        }
        // Both are answered by the library, with the next reading.
        Message::Ping(_) | Message::Close(_) | Message::Frame(_) => return Turn::Wait,
    };
    match &*bytes {
        PING | PONG | [] => patience.keep_alive(now),
        _ => patience.message(now),
    }
    match &*bytes {
        PING => Turn::Say(if is_text { framed(Bytes::from_static(PONG)) } else { Message::binary(PONG) }),
        [] | PONG => Turn::Wait,
        _ => match link.events.send(StreamEvent::Message { flow: link.flow, bytes }).await {
            Ok(()) => Turn::Wait,
            Err(_) => Turn::End(Close::ByUs),
        },
    }
}

/// As text where it is text (RFC 7118 section 4.2), which is what browsers' stacks read best.
fn framed(bytes: Bytes) -> Message {
    match bytes.clone().try_into() {
        Ok(text) => Message::Text(text),
        Err(_) => Message::Binary(bytes),
    }
}

/// A stream that remembers whether something was read: a WebSocket gives nothing out until a message is whole, and one that
/// drips must not wait for ever (R08).
pub(crate) struct Watched<S> {
    inner: S,
    heard: bool,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        self.heard |= buffer.filled().len() > before;
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
