//! A stream: it gives the same frames however it is cut, and keeps no more than a message.

use super::choices::Choices;
use sip::framing::{Frame, Framer, FramingError, MESSAGE_BYTES_MAX};
use sip::message::Message;

/// The target: the first two bytes say how the rest is cut.
pub fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let size = usize::from(choices.word() % 2_048) + 1;
    let stream = choices.rest();
    let whole = frames(stream, stream.len().max(1));
    let cut = frames(stream, size);
    // A ping that is cut in two is two pongs; else the frames are the same.
    let messages = |(frames, error): &(Vec<Frame>, Option<FramingError>)| {
        let messages: Vec<_> = frames.iter().filter(|frame| matches!(frame, Frame::Message(_))).cloned().collect();
        (messages, error.clone())
    };
    assert_eq!(messages(&whole), messages(&cut));
    for frame in whole.0 {
        let Frame::Message(bytes) = frame else { continue };
        assert!(bytes.len() <= MESSAGE_BYTES_MAX);
        if let Ok(message) = Message::parse(bytes) {
            assert!(message.bytes().ends_with(message.body()), "a frame ends with its body");
        }
    }
}

fn frames(stream: &[u8], size: usize) -> (Vec<Frame>, Option<FramingError>) {
    let (mut framer, mut frames) = (Framer::new(), Vec::new());
    for piece in stream.chunks(size) {
        framer.push(piece);
        loop {
            match framer.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(framer.next(), Err(error.clone()), "there is no way back into step");
                    assert_eq!(framer.pending(), 0);
                    return (frames, Some(error));
                }
            }
        }
        assert!(framer.pending() <= MESSAGE_BYTES_MAX, "nothing longer than a message is kept");
    }
    (frames, None)
}
