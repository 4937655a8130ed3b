//! How each chat writes bold, links and mentions, how long a text it takes, and how a caller's words are kept from being any of
//! that (R19).

use serde::{Deserialize, Serialize};

/// A chat's way of writing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// `[info][title]…`, `[To:123]`.
    Chatwork,
    /// Slack's mrkdwn: `*bold*`, `<https://…|text>`, `<@U123>`.
    Slack,
    /// Google Chat's text: `*bold*`, `<https://…|text>`, `<users/123>`.
    GoogleChat,
    /// The subset of Markdown of Teams' adaptive cards.
    Teams,
    /// LINE: plain text.
    Line,
    /// LINE WORKS: plain text.
    LineWorks,
    /// Discord's Markdown.
    Discord,
}
