//! Chat services and webhooks: one file per service, each with two pure functions, what is posted (`request`) and what the
//! answer means (`outcome`), and [`Chats`], which does the posting.
//!
//! * `guard`: where we connect to, and where never (R21). `http`: the one client. `limits`: how fast. `answer`: statuses,
//!   Retry-After. `sheet`: a report cut to a service's size.
//!
//! # The same report twice
//! An attempt that broke off may have been taken all the same; the next one carries the same key (the delivery's UUID):
//!
//! | service | key | what people see after "taken, then no answer" |
//! |---|---|---|
//! | Google Chat | `requestId` | once: the service returns the first message |
//! | LINE | `X-Line-Retry-Key`, for 24 hours | once: 409, which is "delivered" here |
//! | webhook | `webhook-id` | once, if the receiver keeps to Standard Webhooks |
//! | Slack bot | `metadata` (kept, not compared) | twice, both with the same key |
//! | Chatwork, Slack webhook, Teams, LINE WORKS, Discord | none | twice, both with the report's number |
//!
//! Twice is rare and seen to be twice; lost is neither, so what is in doubt is sent again.

mod answer;
mod chatwork;
mod discord;
mod google_chat;
pub mod guard;
mod http;
pub mod limits;
mod line;
mod line_works;
mod sheet;
mod slack;
mod teams;
mod webhook;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use report::{Channel, Content};

use crate::Outcome;
use guard::Refusal;
use http::{Failure, Http, Request, Response, Settings};
use limits::{Keyed, Limits, Pace};

/// Where the services are. All that a firm gives itself as a URL (webhooks) is in its profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoints {
    /// Chatwork's API, without a slash at the end, as all of these.
    pub chatwork: String,
    /// Slack's API.
    pub slack: String,
    /// Where LINE WORKS gives out tokens.
    pub line_works_auth: String,
    /// LINE WORKS' API.
    pub line_works: String,
    /// LINE's API.
    pub line: String,
    /// Origins (`http://127.0.0.1:8025`, always with the port) that may be plain http and inside a private network: stand-ins
    /// of tests and of the demo, a firm's machine in the house's own network.
    pub allowed: Vec<String>,
}

impl Default for Endpoints {
    /// The services themselves.
    fn default() -> Self {
        Self {
            chatwork: "https://api.chatwork.com".into(),
            slack: "https://slack.com".into(),
            line_works_auth: "https://auth.worksmobile.com".into(),
            line_works: "https://www.worksapis.com".into(),
            line: "https://api.line.me".into(),
            allowed: Vec::new(),
        }
    }
}

impl Endpoints {
    /// All services at one place, which is allowed: the stand-ins.
    pub fn at(base: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self {
            chatwork: base.clone(),
            slack: base.clone(),
            line_works_auth: base.clone(),
            line_works: base.clone(),
            line: base.clone(),
            allowed: vec![base],
        }
    }
}

/// How long an attempt may take, where the defaults do not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// To be connected.
    pub connect: Duration,
    /// For all of it.
    pub total: Duration,
}

/// Takes reports to chats and webhooks.
pub struct Chats {
    http: Http,
    endpoints: Endpoints,
    limits: Mutex<Limits>,
    tokens: line_works::Tokens,
}

/// What is posted: the report, and the delivery's key.
#[derive(Clone, Copy)]
struct Letter<'a> {
    content: &'a Content,
    key: &'a str,
}

impl Chats {
    /// Errors: the TLS library cannot be set up (whose fault is in the text).
    pub fn new(endpoints: Endpoints, patience: Option<Patience>) -> Result<Self, String> {
        let mut settings = Settings::of_the_system();
        if let Some(patience) = patience {
            (settings.connect, settings.total) = (patience.connect, patience.total);
        }
        let http = Http::new(endpoints.allowed.clone(), settings)?;
        Ok(Self { http, endpoints, limits: Mutex::default(), tokens: line_works::Tokens::default() })
    }

    /// Milliseconds until this channel may be used again by its service's limits; 0: now. Ask before [`Chats::deliver`]: a
    /// delivery that comes too early is put off with the same figure, but that is an attempt.
    pub fn wait_ms(&self, channel: &Channel, now_ms: i64) -> i64 {
        let paces = paces(channel);
        self.limits().wait_ms(&keyed(&paces), now_ms)
    }

    /// Tries once. `key` is the delivery's id (a UUID), the same at every attempt.
    pub async fn deliver(&self, channel: &Channel, key: &str, content: &Content, now_ms: i64) -> Outcome {
        let paces = paces(channel);
        if let Err(wait_ms) = self.limits().take(&keyed(&paces), now_ms) {
            return Outcome::Retry { after_ms: Some(wait_ms), why: "kept back: the service's own limit".into() };
        }
        let letter = Letter { content, key };
        let (response, outcome) = if matches!(channel, Channel::LineWorks { .. }) {
            self.deliver_line_works(channel, letter, now_ms).await
        } else {
            match self.request(channel, letter, now_ms) {
                Ok(request) => self.post(channel, request, now_ms).await,
                Err(outcome) => (None, outcome),
            }
        };
        if let Some(response) = response {
            self.learn(&paces, &response, now_ms);
        }
        scrubbed(channel, outcome, &[])
    }

    fn request(&self, channel: &Channel, letter: Letter<'_>, now_ms: i64) -> Result<Request, Outcome> {
        match channel {
            Channel::Chatwork { room, token, mention } => {
                Ok(chatwork::request(&self.endpoints.chatwork, room, token, mention, letter))
            }
            Channel::SlackWebhook { url } => Ok(slack::webhook(url, letter)),
            Channel::Slack { channel, token, mention } => {
                Ok(slack::request(&self.endpoints.slack, channel, token, mention, letter))
            }
            Channel::GoogleChat { url } => google_chat::request(url, letter),
            Channel::Teams { url } => Ok(teams::request(url, letter)),
            Channel::Line { to, token } => Ok(line::request(&self.endpoints.line, to, token, letter)),
            Channel::Discord { url } => discord::request(url, letter),
            Channel::Webhook { url, secret } => webhook::request(url, secret, letter, now_ms),
            Channel::Email { .. } | Channel::Phone { .. } | Channel::LineWorks { .. } => {
                Err(Outcome::permanent(format!("{} is no chat", channel.kind())))
            }
        }
    }

    async fn post(&self, channel: &Channel, request: Request, now_ms: i64) -> (Option<Response>, Outcome) {
        let tokens = request.bearer();
        let also: Vec<&str> = tokens.iter().map(String::as_str).collect();
        let mut response = match self.http.post(request).await {
            Ok(response) => response,
            Err(failure) => return (None, scrubbed(channel, failed(channel, failure), &also)),
        };
        let accepted = outcome(channel, &response, now_ms);
        if matches!(accepted, Outcome::Accepted { .. }) {
            return (Some(response), accepted);
        }
        // Before its words are cut short: half a secret would not be found.
        response.body = channel.scrub(&response.body, &also);
        let outcome = scrubbed(channel, outcome(channel, &response, now_ms), &also);
        (Some(response), outcome)
    }

    /// A token that LINE WORKS no longer knows (withdrawn, or its clock ran ahead of ours) is renewed once.
    async fn deliver_line_works(
        &self,
        channel: &Channel,
        letter: Letter<'_>,
        now_ms: i64,
    ) -> (Option<Response>, Outcome) {
        let Some(app) = line_works::App::of(channel) else {
            return (None, Outcome::permanent("line_works: neither a channel nor a user"));
        };
        let mut last = None;
        for _ in 0..2 {
            let token = match self.tokens.get(&self.http, &self.endpoints.line_works_auth, &app, now_ms).await {
                Ok(token) => token,
                Err(outcome) => return (None, outcome),
            };
            let request = line_works::request(&self.endpoints.line_works, &app, &token, letter);
            let (response, outcome) = self.post(channel, request, now_ms).await;
            let unknown = response.as_ref().is_some_and(|response| response.status == 401);
            last = Some((response, outcome));
            if !unknown {
                break;
            }
            self.tokens.forget(&app, &token).await;
        }
        last.unwrap_or_else(|| (None, Outcome::retry("line_works: no attempt")))
    }

    /// What the service says about its limits closes the keys until then.
    fn learn(&self, paces: &[(String, Pace)], response: &Response, now_ms: i64) {
        let Some(after_ms) = answer::after_ms(response, now_ms) else { return };
        // Chatwork says of a full room that it is the room; whatever else is full, everything behind that account is.
        let one_room = response.body.contains("per room");
        let held = if one_room { paces.get(..1).unwrap_or(paces) } else { paces };
        let mut limits = self.limits();
        for (key, _) in held {
            limits.hold(key, after_ms, now_ms);
        }
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keyed(paces: &[(String, Pace)]) -> Vec<Keyed<'_>> {
    paces.iter().map(|(key, pace)| (key.as_str(), *pace)).collect()
}

/// The paces of a channel, the room's first.
fn paces(channel: &Channel) -> Vec<(String, Pace)> {
    let room = channel.room();
    match channel {
        Channel::Chatwork { token, .. } => {
            vec![(room, limits::CHATWORK_ROOM), (format!("chatwork account {token}"), limits::CHATWORK_ACCOUNT)]
        }
        Channel::SlackWebhook { .. } | Channel::Slack { .. } => vec![(room, limits::SLACK_CHANNEL)],
        Channel::GoogleChat { .. } => vec![(room, limits::GOOGLE_SPACE)],
        Channel::Teams { .. } => vec![(room, limits::TEAMS_FLOW)],
        Channel::LineWorks { client_id, .. } => {
            vec![(format!("line_works app {client_id}"), limits::LINE_WORKS_DOMAIN)]
        }
        Channel::Line { token, .. } => vec![(format!("line account {token}"), limits::LINE_CHANNEL)],
        Channel::Discord { .. } => vec![(room, limits::DISCORD_WEBHOOK)],
        Channel::Webhook { .. } => vec![(room, limits::WEBHOOK_URL)],
        Channel::Email { .. } | Channel::Phone { .. } => Vec::new(),
    }
}

fn outcome(channel: &Channel, response: &Response, now_ms: i64) -> Outcome {
    match channel {
        Channel::Chatwork { .. } => chatwork::outcome(response, now_ms),
        Channel::SlackWebhook { .. } => slack::webhook_outcome(response, now_ms),
        Channel::Slack { .. } => slack::outcome(response, now_ms),
        Channel::GoogleChat { .. } => google_chat::outcome(response, now_ms),
        Channel::Teams { .. } => teams::outcome(response, now_ms),
        Channel::LineWorks { .. } => line_works::outcome(response, now_ms),
        Channel::Line { .. } => line::outcome(response, now_ms),
        Channel::Discord { .. } => discord::outcome(response, now_ms),
        Channel::Webhook { .. } => webhook::outcome(response, now_ms),
        Channel::Email { .. } | Channel::Phone { .. } => Outcome::permanent(format!("{} is no chat", channel.kind())),
    }
}

/// What is told of a failure has no secret of the channel in it (R20): it is kept, logged, and shown.
fn scrubbed(channel: &Channel, outcome: Outcome, also: &[&str]) -> Outcome {
    match outcome {
        Outcome::Accepted { remote_id } => Outcome::Accepted { remote_id },
        Outcome::Retry { after_ms, why } => Outcome::Retry { after_ms, why: channel.scrub(&why, also) },
        Outcome::Ours { why } => Outcome::Ours { why: channel.scrub(&why, also) },
        Outcome::Permanent { why } => Outcome::Permanent { why: channel.scrub(&why, also) },
    }
}

/// Nothing came back.
fn failed(channel: &Channel, failure: Failure) -> Outcome {
    let why = failure.to_string();
    match failure {
        // A vendor's name that leads into a private network is our own name service's trouble, and passes; a firm's own
        // webhook that does so is refused for good.
        Failure::Refused(Refusal::Private(_)) if !matches!(channel, Channel::Webhook { .. }) => Outcome::retry(why),
        Failure::Refused(_) | Failure::Header(_) => Outcome::Permanent { why },
        Failure::Timeout | Failure::Connect(_) | Failure::Broken(_) => Outcome::retry(why),
    }
}
