//! Whoever takes one delivery to its recipient, once.

use futures_util::future::BoxFuture;
use report::Channel;
use store::Job;

use crate::Outcome;
use crate::chat::Chats;
use crate::mail::Email;

/// Takes a delivery to its recipient: all channels of the product, or whatever a test puts in their place.
pub trait Carrier: Send + Sync + 'static {
    /// Tries once. May be dropped at any `await`: the attempt then counts as one whose end nobody knows.
    fn deliver<'a>(&'a self, job: &'a Job, now_ms: i64) -> BoxFuture<'a, Outcome>;

    /// Milliseconds until this channel may be used again by its service's own limits; 0: now.
    fn wait_ms(&self, _: &Channel, _now_ms: i64) -> i64 {
        0
    }
}

/// The product's channels.
pub struct Channels {
    /// E-mail; `None`: no mail server is configured.
    pub email: Option<Email>,
    /// Chats and webhooks.
    pub chats: Chats,
}

impl Carrier for Channels {
    fn deliver<'a>(&'a self, job: &'a Job, now_ms: i64) -> BoxFuture<'a, Outcome> {
        match (&job.channel, &self.email) {
            (Channel::Email { address }, Some(email)) => Box::pin(email.deliver(job, address)),
            // Not the recipient's fault: it is sent as soon as there is a mail server.
            (Channel::Email { .. }, None) => {
                Box::pin(async { Outcome::retry("no mail server is configured ([mail])") })
            }
            (
                Channel::Chatwork { .. }
                | Channel::SlackWebhook { .. }
                | Channel::Slack { .. }
                | Channel::GoogleChat { .. }
                | Channel::Teams { .. }
                | Channel::LineWorks { .. }
                | Channel::Line { .. }
                | Channel::Discord { .. }
                | Channel::Webhook { .. }
                | Channel::Phone { .. },
                _,
            ) => Box::pin(self.chats.deliver(&job.channel, &job.id, &job.content, now_ms)),
        }
    }

    fn wait_ms(&self, channel: &Channel, now_ms: i64) -> i64 {
        self.chats.wait_ms(channel, now_ms)
    }
}
