//! Which services there are, and which file each of them is.

use super::{Answer, Asked, Posting, Refusal, chatwork, discord, google_chat, line, line_works, slack, teams, webhook};

/// A chat service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Service {
    /// Chatwork, API v2.
    Chatwork,
    /// Slack, an incoming webhook.
    SlackWebhook,
    /// Slack, `chat.postMessage`.
    Slack,
    /// Google Chat, an incoming webhook.
    GoogleChat,
    /// Microsoft Teams, a workflow.
    Teams,
    /// LINE WORKS, API 2.0.
    LineWorks,
    /// LINE, Messaging API.
    Line,
    /// Discord, a webhook.
    Discord,
    /// Anything that takes Standard Webhooks.
    Webhook,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Chatwork,
        Self::SlackWebhook,
        Self::Slack,
        Self::GoogleChat,
        Self::Teams,
        Self::LineWorks,
        Self::Line,
        Self::Discord,
        Self::Webhook,
    ];

    /// As in a URL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chatwork => "chatwork",
            Self::SlackWebhook => "slack_webhook",
            Self::Slack => "slack",
            Self::GoogleChat => "google_chat",
            Self::Teams => "teams",
            Self::LineWorks => "line_works",
            Self::Line => "line",
            Self::Discord => "discord",
            Self::Webhook => "webhook",
        }
    }

    /// The other way round.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// Where it takes postings.
    pub(super) const fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Chatwork => &["/v2/rooms/{room}/messages"],
            Self::SlackWebhook => &["/services/{team}/{bot}/{secret}"],
            Self::Slack => &["/api/chat.postMessage"],
            Self::GoogleChat => &["/v1/spaces/{space}/messages"],
            Self::Teams => &[
                "/workflows/{flow}/triggers/manual/paths/invoke",
                "/powerautomate/automations/direct/workflows/{flow}/triggers/manual/paths/invoke",
            ],
            Self::LineWorks => {
                &["/v1.0/bots/{bot}/channels/{channel}/messages", "/v1.0/bots/{bot}/users/{user}/messages"]
            }
            Self::Line => &["/v2/bot/message/push"],
            Self::Discord => &["/api/webhooks/{id}/{token}"],
            Self::Webhook => &["/webhook/{name}"],
        }
    }

    pub(super) fn check(self, asked: &Asked<'_>) -> Result<Posting, Refusal> {
        match self {
            Self::Chatwork => chatwork::check(asked),
            Self::SlackWebhook => slack::check_webhook(asked),
            Self::Slack => slack::check(asked),
            Self::GoogleChat => google_chat::check(asked),
            Self::Teams => teams::check(asked),
            Self::LineWorks => line_works::check(asked),
            Self::Line => line::check(asked),
            Self::Discord => discord::check(asked),
            Self::Webhook => webhook::check(asked),
        }
    }

    /// The answer to a posting that was taken, or, `repeated`, had been.
    pub(super) fn accepted(self, posting: &Posting, number: u64, repeated: bool) -> Answer {
        match self {
            Self::Chatwork => chatwork::accepted(number),
            Self::SlackWebhook => Answer::text(200, "ok"),
            Self::Slack => slack::accepted(posting, number),
            Self::GoogleChat => google_chat::accepted(posting, number),
            Self::Teams => teams::accepted(number),
            Self::LineWorks => Answer::empty(201),
            Self::Line => line::accepted(number, repeated),
            Self::Discord => discord::accepted(posting, number),
            Self::Webhook => Answer::empty(204),
        }
    }

    /// An answer with this status, as the service writes it.
    pub(super) fn error(self, status: u16) -> Answer {
        match self {
            Self::Chatwork => chatwork::error(status),
            Self::SlackWebhook => slack::webhook_error(status),
            Self::Slack => slack::error(status),
            Self::GoogleChat => google_chat::error(status),
            Self::Teams => teams::error(status),
            Self::LineWorks => line_works::error(status),
            Self::Line => line::error(status),
            Self::Discord => discord::error(status),
            Self::Webhook => Answer::empty(status),
        }
    }

    /// A refusal with one of the service's own codes.
    pub(super) fn refusal(self, code: &str) -> Answer {
        match self {
            Self::Slack => slack::refused(code),
            Self::SlackWebhook => Answer::text(slack::webhook_status(code), code),
            Self::Line => line::says(429, code),
            Self::Chatwork => chatwork::says(400, code),
            Self::GoogleChat => google_chat::says(400, code),
            Self::LineWorks => line_works::says(400, code),
            Self::Discord => discord::says(400, code),
            Self::Teams | Self::Webhook => Answer::text(400, code),
        }
    }
}
