//! A firm's own wording (Jinja): checked when it is saved, run with bounded work and size, and never able to hold a report up:
//! where it fails after all, the built-in wording goes out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A firm's own wording; what is `None` is built in.
///
/// Templates see `firm`, `urgency` (`【緊急】`, `【至急】` or empty), `kind`, `desired`, `who`, `received`, `operator`,
/// `callback` (`display`, `note`), `lines` (each `key`, `label`, `text`), `answers` (text by key), `link`, `seen_link`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Templates {
    /// Behind the urgency in a mail's subject. One line.
    pub subject: Option<String>,
    /// A mail's text; its HTML is made from that.
    pub mail: Option<String>,
    /// A chat's text.
    pub chat: Option<String>,
}

impl Templates {
    /// All is built in.
    pub fn is_empty(&self) -> bool {
        self.subject.is_none() && self.mail.is_none() && self.chat.is_none()
    }
}
