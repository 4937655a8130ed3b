//! The layer's stories: one line in, exactly these lines out. Time passes by adding to `now`.

mod answering;
mod asking;
mod cancelling;
mod crowded;
mod failing;
mod random;
mod wire;

use super::*;
use bytes::Bytes;
use std::net::SocketAddr;
use std::time::Duration;
use wire::*;

/// One layer and the other side of its wire.
struct Net {
    layer: Layer,
    begun: Instant,
    now: Instant,
    flow: Flow,
    /// The last keys that came out.
    server: Option<ServerKey>,
    client: Option<ClientKey>,
    /// What the last call sent.
    sent: Vec<Message>,
    /// What the last call handed up.
    requests: Vec<Message>,
}

impl Net {
    fn udp() -> Self {
        Self::over(udp_flow(), Limits::default())
    }

    fn tcp() -> Self {
        Self::over(tcp_flow(7), Limits::default())
    }

    fn over(flow: Flow, limits: Limits) -> Self {
        let begun = some_instant();
        let layer = Layer::new(Timers::default(), limits);
        Self { layer, begun, now: begun, flow, server: None, client: None, sent: Vec::new(), requests: Vec::new() }
    }

    /// A message comes off the wire.
    fn hears(&mut self, message: &Message) -> Vec<String> {
        self.hears_from(self.flow, message)
    }

    fn hears_from(&mut self, flow: Flow, message: &Message) -> Vec<String> {
        self.does(|layer, now, fx| layer.receive(now, flow, message.clone(), fx))
    }

    /// The user asks.
    fn asks(&mut self, request: &Message) -> Vec<String> {
        let (mut key, flow) = (None, self.flow);
        let lines = self.does(|layer, now, fx| key = Some(layer.send_request(now, flow, request.clone(), fx)));
        self.client = key;
        lines
    }

    /// The user answers the last request.
    fn answers(&mut self, response: &Message) -> Vec<String> {
        let key = self.server.expect("a request to answer");
        self.does(|layer, now, fx| layer.respond(now, &key, response.clone(), fx))
    }

    /// The user takes the last request back.
    fn cancels(&mut self, extra: &[(Name, &str)]) -> Vec<String> {
        let key = self.client.expect("a request to cancel");
        self.does(|layer, now, fx| layer.cancel(now, &key, extra, fx))
    }

    fn does(&mut self, act: impl FnOnce(&mut Layer, Instant, &mut Vec<Effect>)) -> Vec<String> {
        let mut fx = Vec::new();
        act(&mut self.layer, self.now, &mut fx);
        self.sent.clear();
        self.requests.clear();
        // What a trace is told goes out as the next effect, and is seen there.
        fx.retain(|effect| !matches!(effect, Effect::Cancelling { .. }));
        fx.into_iter().map(|effect| self.line(effect)).collect()
    }

    /// Lets the clock run to so many milliseconds after the beginning; what happens, with its moment.
    fn until(&mut self, ms: u64) -> Vec<(u64, String)> {
        let end = self.begun + Duration::from_millis(ms);
        let mut story = Vec::new();
        while let Some(deadline) = self.layer.poll_timeout().filter(|deadline| *deadline <= end) {
            self.now = deadline;
            let at = u64::try_from((deadline - self.begun).as_millis()).expect("a short story");
            let lines = self.does(|layer, now, fx| layer.handle_timeout(now, fx));
            story.extend(lines.into_iter().map(|line| (at, line)));
        }
        self.now = end;
        story
    }

    /// Nothing is left: no transaction, no key, no timer.
    fn is_clean(&self) -> bool {
        let layer = &self.layer;
        let keys = layer.by_request.len() + layer.by_response.len() + layer.by_origin.len();
        layer.is_empty() && keys == 0 && layer.reach.len() == 0 && layer.sends.owned() == 0 && layer.schedule.len() == 0
    }

    fn line(&mut self, effect: Effect) -> String {
        match effect {
            Effect::Transmit { flow, bytes } => {
                let message = Message::parse(bytes).expect("what we send can be read");
                let to = if flow == self.flow { String::new() } else { format!(" to {}", flow.remote) };
                let line = format!("> {}{to}", name(&message));
                self.sent.push(message);
                line
            }
            Effect::Request { key, flow, request } => {
                assert!(self.server < Some(key), "a key is never used twice");
                assert_eq!(flow.protocol, self.flow.protocol);
                self.server = Some(key);
                let line = format!("request {}", name(&request));
                self.requests.push(request);
                line
            }
            Effect::Cancelling { .. } => unreachable!("left out by the callers"),
            Effect::Ack { request, .. } => format!("up {}", name(&request)),
            Effect::Cancelled { key, request } => {
                assert_eq!(self.server, Some(key));
                format!("cancelled by {}", name(&request))
            }
            Effect::Response { response, .. } => format!("response {}", name(&response)),
            Effect::StrayResponse { response, .. } => format!("stray {}", name(&response)),
            Effect::TimedOut { .. } => "timed out".to_owned(),
            Effect::TransportFailed { .. } => "transport failed".to_owned(),
            Effect::NoAck { .. } => "no ack".to_owned(),
            Effect::Terminated { server, client } => {
                assert!(server.is_some() != client.is_some());
                "ended".to_owned()
            }
        }
    }
}

fn name(message: &Message) -> String {
    match message.status() {
        Some(status) => format!("{status} {}", message.method()),
        None => message.method().to_string(),
    }
}

/// The lines of a story, to compare.
fn at<const N: usize>(lines: [(u64, &str); N]) -> Vec<(u64, String)> {
    lines.into_iter().map(|(ms, line)| (ms, line.to_owned())).collect()
}

const NOTHING: [&str; 0] = [];
