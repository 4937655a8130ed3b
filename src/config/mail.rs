//! `[mail]` and `[channels]`: how reports leave the house.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[mail]`. Without a server no mail is sent: reports wait.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The mail server that takes our mails; empty: none.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// Encryption.
    pub tls: MailTls,
    /// User; empty: no login.
    pub user: String,
    /// Password.
    pub password: String,
    /// Authorities (PEM) of our mail servers; empty: those of the system.
    pub roots: PathBuf,
    /// How we call ourselves (EHLO); empty: the domain of `from`.
    pub hello: String,
    /// From: the one address that recipients let through.
    pub from: String,
    /// Name beside it.
    pub from_name: String,
    /// Mailbox for bounces; empty: they go to `from`.
    pub bounce: String,
    /// Mails handed over at once.
    pub connections_max: usize,
    /// Server of the bounce mailbox; empty: it is not read from here.
    pub imap_server: String,
    /// Its port.
    pub imap_port: u16,
    /// Encryption.
    pub imap_tls: MailTls,
    /// User.
    pub imap_user: String,
    /// Password.
    pub imap_password: String,
    /// Folder.
    pub imap_folder: String,
}

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// Not at all.
    None,
    /// STARTTLS if it is offered.
    Opportunistic,
    /// STARTTLS or nothing.
    Required,
    /// From the first byte.
    Implicit,
}

impl From<MailTls> for notify::mail::smtp::Tls {
    fn from(tls: MailTls) -> Self {
        match tls {
            MailTls::None => Self::None,
            MailTls::Opportunistic => Self::Opportunistic,
            MailTls::Required => Self::Required,
            MailTls::Implicit => Self::Implicit,
        }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            server: String::new(),
            port: 587,
            tls: MailTls::Required,
            user: String::new(),
            password: String::new(),
            roots: PathBuf::new(),
            hello: String::new(),
            from: String::new(),
            from_name: "電話番".to_owned(),
            bounce: String::new(),
            connections_max: 16,
            imap_server: String::new(),
            imap_port: 993,
            imap_tls: MailTls::Implicit,
            imap_user: String::new(),
            imap_password: String::new(),
            imap_folder: "INBOX".to_owned(),
        }
    }
}

/// `[channels]`: where chat services are.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channels {
    /// Chatwork's API.
    pub chatwork: String,
    /// Slack's API.
    pub slack: String,
    /// Where LINE WORKS gives out tokens.
    pub line_works_auth: String,
    /// LINE WORKS' API.
    pub line_works: String,
    /// LINE's API.
    pub line: String,
    /// Origins of our own network that webhooks may go to, also without TLS.
    pub allowed: Vec<String>,
}

impl Default for Channels {
    fn default() -> Self {
        Self {
            chatwork: "https://api.chatwork.com".to_owned(),
            slack: "https://slack.com".to_owned(),
            line_works_auth: "https://auth.worksmobile.com".to_owned(),
            line_works: "https://www.worksapis.com".to_owned(),
            line: "https://api.line.me".to_owned(),
            allowed: Vec::new(),
        }
    }
}
