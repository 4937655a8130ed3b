//! How long a stream still waits for its peer: pure, so that minutes pass in a test by adding to an instant.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::Limits;
use crate::stream::Close;

/// Whether, and how, we ask a quiet peer for a sign of life.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Asking {
    /// We never do: the peer dialled us, and it is its part to ask (RFC 5626). The kernel asks beneath us.
    Never,
    /// By empty lines, on streams that we dialled. Many peers pass over them without an answer, so a missing pong counts only
    /// against a peer that has answered a ping of this stream before; the kernel notices that the others are gone, because
    /// nobody acknowledges the ping.
    Lines {
        /// After this long.
        interval: Duration,
    },
    /// By a WebSocket ping, which every WebSocket answers (RFC 6455 section 5.5.2).
    Frames {
        /// After this long.
        interval: Duration,
    },
}

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    /// Ask the peer for a sign of life, then wait on.
    Ping,
    /// Give the stream up.
    Close(Close),
}

/// One stream's patience.
pub(crate) struct Patience {
    limits: Limits,
    asking: Asking,
    opened: Instant,
    /// When the message began that is not complete yet.
    began: Option<Instant>,
    /// The last complete message, or keep-alive after one; `None`: there was no message yet.
    last: Option<Instant>,
    /// When we last heard the peer, or asked it in vain.
    quiet_since: Instant,
    /// When we asked, if there was no answer yet.
    asked: Option<Instant>,
    /// The peer has answered a ping of this stream.
    answers: bool,
}

impl Patience {
    pub(crate) fn new(now: Instant, limits: &Limits, asking: Asking) -> Self {
        Self {
            limits: *limits,
            asking,
            opened: now,
            began: None,
            last: None,
            quiet_since: now,
            asked: None,
            answers: false,
        }
    }

    /// A keep-alive has come, which keeps alive what has said something before: empty lines alone buy no place among the
    /// streams (R08).
    pub(crate) fn keep_alive(&mut self, now: Instant) {
        self.began = None;
        if let Some(last) = &mut self.last {
            *last = now;
        }
        self.heard(now);
    }

    /// A whole message has come.
    pub(crate) fn message(&mut self, now: Instant) {
        (self.last, self.began) = (Some(now), None);
        self.heard(now);
    }

    /// The answer to a ping of ours has come.
    pub(crate) fn pong(&mut self, now: Instant) {
        self.answers |= self.asked.is_some();
        self.heard(now);
    }

    /// Bytes have come; `incomplete`: they end within a message.
    pub(crate) fn bytes(&mut self, now: Instant, incomplete: bool) {
        self.began = if incomplete { Some(self.began.unwrap_or(now)) } else { None };
        self.heard(now);
    }

    fn heard(&mut self, now: Instant) {
        (self.quiet_since, self.asked) = (now, None);
    }

    /// When [`Patience::due`] will have something, if nothing comes until then.
    pub(crate) fn until(&self) -> Instant {
        let close = self.close_at().0;
        let ask = match (self.asking, self.asked) {
            (Asking::Never, _) => return close,
            (Asking::Lines { .. } | Asking::Frames { .. }, Some(asked)) => asked + self.limits.pong_max,
            (Asking::Lines { interval } | Asking::Frames { interval }, None) => self.quiet_since + interval,
        };
        close.min(ask)
    }

    /// What is due now; `None`: nothing yet.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Due> {
        let (close_at, why) = self.close_at();
        if close_at <= now {
            return Some(Due::Close(why));
        }
        let interval = match self.asking {
            Asking::Never => return None,
            Asking::Lines { interval } | Asking::Frames { interval } => interval,
        };
        match self.asked {
            None if self.quiet_since + interval <= now => {
                self.asked = Some(now);
                Some(Due::Ping)
            }
            Some(asked) if asked + self.limits.pong_max <= now => {
                if self.answers || matches!(self.asking, Asking::Frames { .. }) {
                    return Some(Due::Close(Close::NoPong));
                }
                (self.asked, self.quiet_since) = (None, now);
                None
            }
            None | Some(_) => None,
        }
    }

    fn close_at(&self) -> (Instant, Close) {
        match (self.began, self.last) {
            (Some(began), _) => (began + self.limits.message_time_max, Close::SlowMessage),
            (None, Some(last)) => (last + self.limits.idle_max, Close::Idle),
            (None, None) => (self.opened + self.limits.silence_max, Close::Idle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Everything that falls due until `end`, with its second.
    fn watch(
        patience: &mut Patience,
        start: Instant,
        end: u32,
        mut answer: impl FnMut(&mut Patience, u32),
    ) -> Vec<(u32, Due)> {
        let mut all = Vec::new();
        for second in 0..=end {
            let now = start + SECOND * second;
            if let Some(due) = patience.due(now) {
                all.push((second, due));
                if due == Due::Ping {
                    answer(patience, second);
                } else {
                    break;
                }
            }
        }
        all
    }

    #[tokio::test]
    async fn r29_a_websocket_that_answers_no_ping_is_given_up_within_half_a_minute() {
        let start = Instant::now();
        let mut patience =
            Patience::new(start, &Limits::default(), Asking::Frames { interval: Limits::default().ping_interval });
        patience.message(start);
        let told = watch(&mut patience, start, 100, |_, _| {});
        assert_eq!(told, [(20, Due::Ping), (30, Due::Close(Close::NoPong))]);
    }

    #[tokio::test]
    async fn r29_a_websocket_that_answers_is_asked_on_and_on() {
        let start = Instant::now();
        let mut patience = Patience::new(start, &Limits::default(), Asking::Frames { interval: 20 * SECOND });
        patience.message(start);
        let told = watch(&mut patience, start, 65, |patience, second| patience.pong(start + SECOND * second));
        assert_eq!(told, [(20, Due::Ping), (40, Due::Ping), (60, Due::Ping)]);
    }

    #[tokio::test]
    async fn r29_a_trunk_that_used_to_answer_and_stops_is_given_up() {
        let start = Instant::now();
        let mut patience = Patience::new(start, &Limits::default(), Asking::Lines { interval: 100 * SECOND });
        patience.message(start);
        let told = watch(&mut patience, start, 400, |patience, second| {
            if second == 100 {
                patience.pong(start + SECOND * second);
            }
        });
        assert_eq!(told, [(100, Due::Ping), (200, Due::Ping), (210, Due::Close(Close::NoPong))]);
    }

    #[tokio::test]
    async fn a_trunk_that_never_answers_pings_is_not_given_up_for_that() {
        let start = Instant::now();
        let mut patience = Patience::new(start, &Limits::default(), Asking::Lines { interval: 100 * SECOND });
        patience.message(start);
        let told = watch(&mut patience, start, 340, |_, _| {});
        assert_eq!(told, [(100, Due::Ping), (210, Due::Ping), (320, Due::Ping)]);
    }

    #[tokio::test]
    async fn r08_empty_lines_alone_keep_no_stream_and_after_a_message_they_do() {
        let limits = Limits::default();
        for (speaks, lasts) in [(false, limits.silence_max), (true, 1_000 * SECOND + limits.idle_max)] {
            let start = Instant::now();
            let mut patience = Patience::new(start, &limits, Asking::Never);
            if speaks {
                patience.message(start);
            }
            for second in (0..=1_000).step_by(10) {
                let now = start + SECOND * second;
                if patience.until() > now {
                    patience.keep_alive(now);
                    patience.pong(now);
                }
            }
            assert_eq!(patience.until(), start + lasts);
            assert_eq!(patience.due(start + lasts), Some(Due::Close(Close::Idle)));
        }
    }

    #[tokio::test]
    async fn r08_what_was_begun_must_be_finished_however_lively_it_drips() {
        let start = Instant::now();
        let mut patience = Patience::new(start, &Limits::default(), Asking::Never);
        for second in 0..10 {
            patience.bytes(start + SECOND * second, true);
            assert_eq!(patience.due(start + SECOND * second), None);
        }
        assert_eq!(patience.due(start + 10 * SECOND), Some(Due::Close(Close::SlowMessage)));
    }
}
