//! Messages out of a stream (RFC 3261 section 18.3, RFC 5626 section 3.5.1).

use bytes::{Buf, Bytes, BytesMut};

use crate::message::content_length_of_head;

/// The longest message, on any transport.
pub const MESSAGE_BYTES_MAX: usize = 65_535;
/// The longest header, its folds included.
pub const LINE_BYTES_MAX: usize = 8_192;
/// The most header lines.
pub const HEADERS_MAX: usize = 256;

/// One thing that a stream brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A whole message, its body as long as Content-Length says.
    Message(Bytes),
    /// The peer's ping (two line ends): answer with one.
    KeepAlive,
    /// The answer to our ping (one line end).
    Pong,
}

/// Why a stream cannot be read any further: close it. The peer's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramingError {
    /// What is wrong.
    pub fault: FramingFault,
    /// The headers, when they came whole: enough to answer 400 before closing.
    pub head: Option<Bytes>,
}

/// What is wrong with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramingFault {
    /// No Content-Length, without which nobody knows where the next message begins.
    NoContentLength,
    /// A Content-Length that is no number, or two that differ.
    BadContentLength,
    /// More than [`MESSAGE_BYTES_MAX`], or a Content-Length that promises it.
    MessageTooLong,
    /// A line longer than [`LINE_BYTES_MAX`].
    LineTooLong,
    /// More lines than [`HEADERS_MAX`] headers may have.
    TooManyHeaders,
}

/// Splits a stream into messages. Push what was read, then call [`Framer::next`] until it gives `None`. After an error
/// it gives the same error again: there is no way back into step.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: BytesMut,
    /// Bytes of the buffer known not to end the head: a drip of bytes costs no more than their number.
    scanned: usize,
    line_start: usize,
    lines: usize,
    /// The head's and the message's length, once known.
    message: Option<usize>,
    broken: Option<FramingError>,
}

impl Framer {
    /// A framer for a new stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// How many bytes wait for the rest of their message: a stream where some wait too long is a slow-loris.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// The next frame, if it has come whole.
    #[expect(clippy::should_implement_trait, reason = "an iterator ends; a stream only pauses")]
    pub fn next(&mut self) -> Result<Option<Frame>, FramingError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let result = self.read_frame();
        if let Err(error) = &result {
            self.broken = Some(error.clone());
            self.buffer = BytesMut::new();
        }
        result
    }

    fn read_frame(&mut self) -> Result<Option<Frame>, FramingError> {
        if self.message.is_none() {
            if let Some(frame) = self.read_line_ends() {
                return Ok(Some(frame));
            }
            let Some(head_length) = self.read_head()? else { return Ok(None) };
            self.message = Some(self.message_length(head_length)?);
        }
        let Some(length) = self.message.filter(|&length| length <= self.buffer.len()) else { return Ok(None) };
        let message = self.buffer.split_to(length).freeze();
        (self.message, self.scanned, self.line_start, self.lines) = (None, 0, 0, 0);
        Ok(Some(Frame::Message(message)))
    }

    /// Line ends between messages. Two that came together are a ping; a single one is a pong.
    fn read_line_ends(&mut self) -> Option<Frame> {
        if self.buffer.starts_with(b"\r\n\r\n") {
            self.buffer.advance(4);
            return Some(Frame::KeepAlive);
        }
        if self.buffer.starts_with(b"\r\n") {
            self.buffer.advance(2);
            return Some(Frame::Pong);
        }
        if self.buffer.starts_with(b"\n") {
            self.buffer.advance(1);
            return Some(Frame::Pong);
        }
        None
    }

    /// The head's length with its empty line, if that has come.
    fn read_head(&mut self) -> Result<Option<usize>, FramingError> {
        while let Some(found) = memchr::memchr(b'\n', self.buffer.get(self.scanned..).unwrap_or_default()) {
            let line_end = self.scanned + found;
            self.scanned = line_end + 1;
            let line = self.buffer.get(self.line_start..line_end).unwrap_or_default();
            if matches!(line, [] | [b'\r']) {
                return Ok(Some(self.scanned));
            }
            if line.len() > LINE_BYTES_MAX {
                return Err(self.fault(FramingFault::LineTooLong));
            }
            self.line_start = self.scanned;
            self.lines += 1;
            if self.lines > LINES_MAX {
                return Err(self.fault(FramingFault::TooManyHeaders));
            }
        }
        self.scanned = self.buffer.len();
        if self.buffer.len() - self.line_start > LINE_BYTES_MAX {
            return Err(self.fault(FramingFault::LineTooLong));
        }
        if self.buffer.len() > MESSAGE_BYTES_MAX {
            return Err(self.fault(FramingFault::MessageTooLong));
        }
        Ok(None)
    }

    fn message_length(&self, head_length: usize) -> Result<usize, FramingError> {
        let head = self.buffer.get(..head_length).unwrap_or_default();
        let refuse = |fault| FramingError { fault, head: Some(Bytes::copy_from_slice(head)) };
        let body_length = match content_length_of_head(head) {
            Ok(Some(length)) => length,
            Ok(None) => return Err(refuse(FramingFault::NoContentLength)),
            Err(_) => return Err(refuse(FramingFault::BadContentLength)),
        };
        let length = head_length.saturating_add(body_length);
        if length > MESSAGE_BYTES_MAX { Err(refuse(FramingFault::MessageTooLong)) } else { Ok(length) }
    }

    fn fault(&self, fault: FramingFault) -> FramingError {
        FramingError { fault, head: None }
    }
}

/// Physical lines of a head: the start line, and each header folded a few times.
const LINES_MAX: usize = 4 * HEADERS_MAX + 1;
