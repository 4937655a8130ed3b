//! How a recipient is reached, with what that needs: addresses, tokens, keys. Nothing here prints a secret.

pub(crate) mod check;
mod scrub;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// What stands in place of a secret.
pub const MASK: &str = "••••";
/// Characters of a secret's end that are shown, so that people can tell which one it is.
const SHOWN: usize = 4;
/// A secret with fewer characters than this is not shown at all.
const SHOWN_FROM: usize = 16;

/// How a recipient is reached.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportChannel)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Channel {
    /// A mail.
    Email {
        /// `sato@sakura.example`; the carriers' old addresses with dots in odd places too.
        address: String,
    },
    /// Chatwork, API v2.
    Chatwork {
        /// The room's number.
        room: String,
        /// API token.
        token: String,
        /// Account numbers that are mentioned when it is urgent.
        #[serde(default)]
        mention: Vec<String>,
    },
    /// Slack, incoming webhook.
    SlackWebhook {
        /// `https://hooks.slack.com/services/…`
        url: String,
    },
    /// Slack, bot with `chat.postMessage`.
    Slack {
        /// The channel's id.
        channel: String,
        /// `xoxb-…`
        token: String,
        /// Member ids that are mentioned when it is urgent.
        #[serde(default)]
        mention: Vec<String>,
    },
    /// Google Chat, webhook of a space.
    GoogleChat {
        /// `https://chat.googleapis.com/v1/spaces/…/messages?key=…&token=…`
        url: String,
    },
    /// Microsoft Teams, webhook of a workflow.
    Teams {
        /// `https://….logic.azure.com/workflows/…` or `https://….environment.api.powerplatform.com/…`
        url: String,
    },
    /// LINE WORKS, bot of API 2.0: to a room or to a member.
    LineWorks {
        /// Of the app.
        client_id: String,
        /// Of the app.
        client_secret: String,
        /// `….serviceaccount@domain`
        service_account: String,
        /// RSA, PEM (PKCS#8).
        private_key: String,
        /// The bot's number.
        bot: String,
        /// The room, or
        #[serde(default)]
        channel: Option<String>,
        /// the member.
        #[serde(default)]
        user: Option<String>,
    },
    /// LINE, Messaging API.
    Line {
        /// `U…`, `C…` or `R…`.
        to: String,
        /// Channel access token.
        token: String,
    },
    /// Discord, webhook of a channel.
    Discord {
        /// `https://discord.com/api/webhooks/…`
        url: String,
    },
    /// A signed POST of JSON to a program of the firm's (Standard Webhooks).
    Webhook {
        /// Where.
        url: String,
        /// What the signature is made with; `whsec_` and base64, or any text.
        secret: String,
    },
    /// A spoken call. Only in ladders.
    Phone {
        /// Which number.
        number: String,
    },
}

impl Channel {
    /// The word of its type, as in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Email { .. } => "email",
            Self::Chatwork { .. } => "chatwork",
            Self::SlackWebhook { .. } => "slack_webhook",
            Self::Slack { .. } => "slack",
            Self::GoogleChat { .. } => "google_chat",
            Self::Teams { .. } => "teams",
            Self::LineWorks { .. } => "line_works",
            Self::Line { .. } => "line",
            Self::Discord { .. } => "discord",
            Self::Webhook { .. } => "webhook",
            Self::Phone { .. } => "phone",
        }
    }

    /// A mail (F34).
    pub fn is_mail(&self) -> bool {
        matches!(self, Self::Email { .. })
    }

    /// A report can go there: all but telephones.
    pub fn is_written(&self) -> bool {
        !matches!(self, Self::Phone { .. })
    }

    /// What is delivered in order, one after the other: the same destination is the same room (F41). Has no secret in it: where
    /// the destination is one, a digest of it.
    pub fn room(&self) -> String {
        match self {
            Self::Email { address } => format!("email:{}", address.to_ascii_lowercase()),
            Self::Chatwork { room, .. } => format!("chatwork:{room}"),
            Self::SlackWebhook { url } => format!("slack_webhook:{}", digest(url)),
            // A channel may be given by its name, which other workspaces have too.
            Self::Slack { channel, token, .. } => format!("slack:{channel}:{}", digest(token)),
            Self::GoogleChat { url } => format!("google_chat:{}", digest(url)),
            Self::Teams { url } => format!("teams:{}", digest(url)),
            Self::LineWorks { bot, channel: Some(channel), .. } => format!("line_works:{bot}:{channel}"),
            Self::LineWorks { bot, user, .. } => format!("line_works:{bot}:{}", user.as_deref().unwrap_or("")),
            Self::Line { to, .. } => format!("line:{to}"),
            Self::Discord { url } => format!("discord:{}", digest(url)),
            Self::Webhook { url, .. } => format!("webhook:{}", digest(url)),
            Self::Phone { number } => format!("phone:{number}"),
        }
    }

    /// The same with every secret masked (`••••` and its last four characters): what may leave the program.
    pub fn masked(&self) -> Self {
        let mut masked = self.clone();
        for secret in masked.secrets() {
            *secret = mask(secret);
        }
        masked
    }

    /// The same, with those secrets that are still the masked ones of `old` put back.
    pub fn with_secrets_of(&self, old: &Self) -> Self {
        let (mut whole, mut before) = (self.clone(), old.clone());
        if self.kind() == old.kind() {
            for (secret, old) in whole.secrets().into_iter().zip(before.secrets()) {
                if *secret == mask(old) {
                    secret.clone_from(old);
                }
            }
        }
        whole
    }

    /// A mask stands where a secret should: it was sent back for another recipient than the one it was told of.
    pub fn has_masked_secret(&self) -> bool {
        self.clone().secrets().into_iter().any(|secret| secret.contains(MASK))
    }

    fn secrets(&mut self) -> Vec<&mut String> {
        match self {
            Self::Email { .. } | Self::Phone { .. } => Vec::new(),
            Self::Chatwork { token, .. } | Self::Slack { token, .. } | Self::Line { token, .. } => vec![token],
            Self::SlackWebhook { url } | Self::GoogleChat { url } | Self::Teams { url } | Self::Discord { url } => {
                vec![url]
            }
            Self::LineWorks { client_secret, private_key, .. } => vec![client_secret, private_key],
            // Programs of the kind that take webhooks have a token in the URL, too.
            Self::Webhook { url, secret } => vec![url, secret],
        }
    }
}

/// As JSON with its secrets masked (R20).
impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = serde_json::to_string(&self.masked()).unwrap_or_else(|_| self.kind().to_owned());
        f.write_str(&shown)
    }
}

/// `https://hooks.slack.com/••••wxyz`: of a URL the host stays, of a long secret its last characters.
fn mask(secret: &str) -> String {
    if secret.is_empty() {
        return String::new();
    }
    let (host, rest) = match secret.strip_prefix("https://").and_then(|rest| rest.split_once('/')) {
        Some((host, rest)) => (format!("https://{host}/"), rest),
        None => (String::new(), secret),
    };
    // The last line of a key in PEM is the same in all of them.
    let rest = rest.trim_end().trim_end_matches("-----END PRIVATE KEY-----").trim_end();
    let length = rest.chars().count();
    let end: String = rest.chars().skip(length.saturating_sub(SHOWN)).filter(|_| length >= SHOWN_FROM).collect();
    format!("{host}{MASK}{end}")
}

/// 64 bits of a SHA-256, hexadecimal: enough to tell places apart, not to learn a token.
fn digest(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
