//! Hands a mail to the mail server (RFC 5321): one transaction per recipient, over connections that are used again.
//!
//! lettre speaks SMTP; its pool is not used. That pool keeps a connection whose transaction was given up in the middle, and
//! the reply that came late would be taken for the answer to the next mail's command: a mail could count as taken that never
//! was. Here a connection is kept only after an exchange that ended in order. Nor has lettre a limit for the time that a
//! server takes to answer; here every step has one.

use std::fmt::Display;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::time::{Instant, timeout};

use super::address::Address;
use crate::Outcome;

/// Connections kept for the next mail.
const PARKED_MAX: usize = 8;
/// Servers close idle connections after minutes (RFC 5321 section 4.5.3.2.7 has five); ours is given up before.
const PARKED_AGE_MAX: Duration = Duration::from_secs(30);
/// Letters of a server's words that are kept.
const WORDS_MAX: usize = 300;

/// How the connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tls {
    /// Not at all: a server on this machine.
    None,
    /// STARTTLS if the server offers it, whatever its certificate. Whoever stands in between can prevent it.
    Opportunistic,
    /// STARTTLS, or nothing is sent.
    #[default]
    Required,
    /// From the first byte (port 465, RFC 8314).
    Implicit,
}

/// How long a server may take for each step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// TCP, TLS, greeting, EHLO and login together.
    pub connect: Duration,
    /// Each command.
    pub command: Duration,
    /// The answer after the mail's last line. Generous: giving up here may double a mail (RFC 5321 section 4.5.3.2.6).
    pub accept: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let [connect, command, accept] = [15, 30, 120].map(Duration::from_secs);
        Times { connect, command, accept }
    }
}

/// Which server, and how to speak with it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Name or address.
    pub host: String,
    /// Usually 25, 587 or 465.
    pub port: u16,
    /// Encryption.
    pub tls: Tls,
    /// User and password; `None`: no login. They are never sent in the clear unless [`Tls::None`] says so.
    pub login: Option<(String, String)>,
    /// How we call ourselves in EHLO. Empty: localhost.
    pub hello: String,
    /// Authorities (PEM) instead of those of the system.
    pub roots: Option<Vec<u8>>,
    /// Limits.
    pub times: Times,
}

/// What is wrong with the settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadSettings {
    /// In TLS's words.
    pub why: String,
}

impl Display for BadSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for BadSettings {}

/// A mail server.
pub struct Smtp {
    settings: Settings,
    tls: Option<TlsParameters>,
    hello: ClientId,
    parked: Mutex<Vec<Parked>>,
}

struct Parked {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// Why a step did not succeed.
enum Fault {
    /// The server said no. The connection is in order.
    Refused { because: Because, why: String },
    /// Silence, nonsense or the end of the connection.
    Broken(String),
}

/// Of what a refusal speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Because {
    /// This moment: busy, full, try later.
    Now,
    /// The recipient: there is no such mailbox. Final.
    Recipient,
    /// Us: a blocked address, a policy, a wrong password, a broken server. What is in the outbox must not die of it.
    Us,
}

impl Because {
    /// By the reply code and the server's words, which may begin with an enhanced status code (RFC 3463).
    fn of(code: u16, words: &str) -> Because {
        if code < 500 {
            return Because::Now;
        }
        match enhanced(words) {
            // Of the subject 1 these two speak of the sender's address.
            Some([5, 1, 7 | 8]) => Because::Us,
            Some([5, 1, _] | [5, 2, 1]) => Because::Recipient,
            // A mailbox that is full, a mail that one recipient takes not like this: it is for the alarm of what is late.
            Some([5, 2 | 6, _]) => Because::Now,
            Some(_) => Because::Us,
            None if matches!(code, 550 | 551 | 553) => Because::Recipient,
            None => Because::Us,
        }
    }
}

/// `5.7.1 blocked` → 5, 7, 1.
fn enhanced(words: &str) -> Option<[u16; 3]> {
    let first = words.split_whitespace().next()?;
    let mut parts = first.split('.').map(|part| part.parse().ok());
    let code = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(code)
}

impl Fault {
    /// Of what concerns no single recipient: the server or our settings are at fault, and the next attempt may find them mended.
    fn of_the_server(self) -> Outcome {
        match self {
            Fault::Refused { because: Because::Recipient | Because::Us, why } => Outcome::ours(why),
            Fault::Refused { because: Because::Now, why } | Fault::Broken(why) => Outcome::retry(why),
        }
    }
}

impl Smtp {
    /// Makes it ready; connects to nobody yet.
    ///
    /// # Errors
    /// The authorities are unreadable, or the host's name cannot be in a certificate.
    pub fn new(settings: Settings) -> Result<Smtp, BadSettings> {
        let tls = if settings.tls == Tls::None { None } else { Some(tls_parameters(&settings)?) };
        let hello = if settings.hello.is_empty() { "localhost".to_owned() } else { settings.hello.clone() };
        Ok(Smtp { settings, tls, hello: ClientId::Domain(hello), parked: Mutex::default() })
    }

    /// Hands over one mail for one recipient. What the server says of this recipient may be final; what it says of itself or
    /// of us (busy, blocked, wrong password) never is.
    pub async fn send(&self, from: Option<&Address>, to: &Address, mail: &[u8]) -> Outcome {
        let mut connection = match self.begun(from, to, mail).await {
            Ok(connection) => connection,
            Err(outcome) => return outcome,
        };
        match self.transact(&mut connection, to, mail).await {
            Ok(remote_id) => {
                self.park(connection);
                Outcome::Accepted { remote_id }
            }
            Err(Fault::Broken(why)) => Outcome::retry(why),
            Err(Fault::Refused { because, why }) => {
                if self.command(&mut connection, Rset).await.is_ok() {
                    self.park(connection);
                }
                match because {
                    Because::Now => Outcome::retry(why),
                    Because::Recipient => Outcome::permanent(why),
                    Because::Us => Outcome::ours(why),
                }
            }
        }
    }

    /// Whether the server can be reached and lets us in, and what it calls itself.
    ///
    /// # Errors
    /// In its words.
    pub async fn greet(&self) -> Result<String, String> {
        match self.connect().await {
            Ok(mut connection) => {
                let name = connection.server_info().name().to_owned();
                let _ = timeout(self.settings.times.command, connection.quit()).await;
                Ok(name)
            }
            Err(Fault::Refused { why, .. } | Fault::Broken(why)) => Err(why),
        }
    }

    /// Says goodbye on every idle connection.
    pub async fn close(&self) {
        let parked = std::mem::take(&mut *self.parked());
        for mut parked in parked {
            let _ = timeout(Duration::from_secs(1), parked.connection.quit()).await;
        }
    }

    fn parked(&self) -> std::sync::MutexGuard<'_, Vec<Parked>> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn park(&self, connection: AsyncSmtpConnection) {
        let mut parked = self.parked();
        if parked.len() < PARKED_MAX && !connection.has_broken() {
            parked.push(Parked { connection, since: Instant::now() });
        }
    }

    /// The one used last, which is the likeliest to be alive; the others age away.
    fn unpark(&self) -> Option<AsyncSmtpConnection> {
        let mut parked = self.parked();
        parked.retain(|kept| kept.since.elapsed() < PARKED_AGE_MAX);
        parked.pop().map(|kept| kept.connection)
    }

    /// A connection that has taken MAIL. One that was idle may have been closed by the server; nothing is lost yet, so the
    /// next one is tried.
    async fn begun(&self, from: Option<&Address>, to: &Address, mail: &[u8]) -> Result<AsyncSmtpConnection, Outcome> {
        while let Some(mut connection) = self.unpark() {
            match self.mail_from(&mut connection, from, to, mail).await {
                Ok(()) => return Ok(connection),
                // 421 after too many mails, or silence: a new connection says more.
                Err(Fault::Refused { because: Because::Now, .. } | Fault::Broken(_)) => {}
                Err(refused @ Fault::Refused { .. }) => return Err(refused.of_the_server()),
            }
        }
        let mut connection = self.connect().await.map_err(Fault::of_the_server)?;
        self.mail_from(&mut connection, from, to, mail).await.map_err(Fault::of_the_server)?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Fault> {
        let Settings { host, port, tls, .. } = &self.settings;
        let connecting = async {
            let wrapper = self.tls.clone().filter(|_| *tls == Tls::Implicit);
            let to = (host.as_str(), *port);
            let connected = AsyncSmtpConnection::connect_tokio1(to, None, &self.hello, wrapper, None).await;
            let mut connection = connected.map_err(fault)?;
            let wanted = matches!(tls, Tls::Required) || (*tls == Tls::Opportunistic && connection.can_starttls());
            if let Some(parameters) = self.tls.clone().filter(|_| wanted) {
                connection.starttls(parameters, &self.hello).await.map_err(fault)?;
            }
            if let Some((user, password)) = &self.settings.login {
                if *tls != Tls::None && !connection.is_encrypted() {
                    return Err(Fault::Broken("the password is not sent: the server offers no TLS".to_owned()));
                }
                let credentials = Credentials::new(user.clone(), password.clone());
                connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(fault)?;
            }
            Ok(connection)
        };
        let silent = || Fault::Broken(format!("{host}:{port} does not answer"));
        timeout(self.settings.times.connect, connecting).await.unwrap_or_else(|_| Err(silent()))
    }

    async fn mail_from(
        &self,
        connection: &mut AsyncSmtpConnection,
        from: Option<&Address>,
        to: &Address,
        mail: &[u8],
    ) -> Result<(), Fault> {
        let mut parameters = Vec::new();
        if to.is_international() || from.is_some_and(Address::is_international) {
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !mail.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let sender = from.map(Address::for_smtp);
        self.command(connection, Mail::new(sender, parameters)).await.map(drop)
    }

    /// From RCPT to the server's word that the mail is its duty now.
    async fn transact(&self, connection: &mut AsyncSmtpConnection, to: &Address, mail: &[u8]) -> Result<String, Fault> {
        if to.is_international() && !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let why = "the mail server takes no addresses beyond ASCII (SMTPUTF8)".to_owned();
            return Err(Fault::Refused { because: Because::Recipient, why });
        }
        self.command(connection, Rcpt::new(to.for_smtp(), Vec::new())).await?;
        self.command(connection, Data).await?;
        let taken = self.within(self.settings.times.accept, connection.message(mail)).await?;
        Ok(cut(&format!("{} {}", taken.code(), taken.message().collect::<Vec<_>>().join(" "))))
    }

    async fn command(&self, connection: &mut AsyncSmtpConnection, command: impl Display) -> Result<Response, Fault> {
        self.within(self.settings.times.command, connection.command(command)).await
    }

    async fn within(
        &self,
        time: Duration,
        step: impl Future<Output = Result<Response, lettre::transport::smtp::Error>>,
    ) -> Result<Response, Fault> {
        match timeout(time, step).await {
            Ok(answer) => answer.map_err(fault),
            Err(_) => Err(Fault::Broken(format!("no answer for {} s", time.as_secs()))),
        }
    }
}

fn tls_parameters(settings: &Settings) -> Result<TlsParameters, BadSettings> {
    let bad = |error: lettre::transport::smtp::Error| BadSettings { why: error.to_string() };
    let mut builder = TlsParameters::builder(settings.host.clone());
    if settings.tls == Tls::Opportunistic {
        builder = builder.dangerous_accept_invalid_certs(true);
    }
    if let Some(roots) = &settings.roots {
        let roots = Certificate::from_pem(roots).map_err(bad)?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(roots);
    }
    builder.build().map_err(bad)
}

/// 421 is the server's goodbye, whatever it answers (RFC 5321 section 3.8).
fn fault(error: lettre::transport::smtp::Error) -> Fault {
    let words = std::error::Error::source(&error).map(ToString::to_string);
    let why = match (error.status(), &words) {
        (Some(code), Some(words)) => cut(&format!("{code} {words}")),
        _ => cut(&error.to_string()),
    };
    match error.status().map(u16::from) {
        Some(code) if code != 421 => {
            Fault::Refused { because: Because::of(code, words.as_deref().unwrap_or_default()), why }
        }
        Some(_) | None => Fault::Broken(why),
    }
}

/// A server's words on one line, and not too many of them (R20).
fn cut(words: &str) -> String {
    let plain = words.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(WORDS_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r25_only_what_is_said_of_the_recipient_is_final() {
        let recipient = [
            (550, "5.1.1 no such user"),
            (554, "5.1.10 null MX"),
            (550, "5.2.1 disabled"),
            (550, "unknown"),
            (553, ""),
            (551, "moved"),
        ];
        let us = [
            (554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked"),
            (550, "5.7.26 unauthenticated"),
            (554, "5.7.1 <a@b.test>: Relay access denied"),
            (550, "5.3.0 system error"),
            (554, "5.4.6 loop"),
            (503, "5.5.1 bad sequence"),
            (553, "5.1.8 sender unknown"),
            (521, "no mail here"),
            (530, "log in first"),
            (535, "5.7.8 wrong password"),
            (554, "no"),
        ];
        let now = [(450, "4.2.0 later"), (451, "5.1.1 nonsense"), (552, "5.2.2 full"), (550, "5.6.0 form")];
        for (said, because) in [(&recipient[..], Because::Recipient), (&us[..], Because::Us), (&now[..], Because::Now)]
        {
            for (code, words) in said {
                assert_eq!(Because::of(*code, words), because, "{code} {words}");
            }
        }
    }
}
