//! Mails: subject, text and HTML.

use serde::{Deserialize, Serialize};

/// A mail's parts; headers are the mailer's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mail {
    /// One line, urgency first.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, a whole document.
    pub html: String,
}
