//! The mailbox that bounces come to, read over IMAP (RFC 9051, RFC 3501): told of new mail at once where the server can
//! (IDLE, RFC 2177), and looked at every twenty seconds all the same.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_imap::types::Fetch;
use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::bounce::{self, BOUNCE_BYTES_MAX, Returned};
use super::letter::Sender;
use super::smtp::Tls;

/// New mail waits no longer than this, whatever the server forgets to tell.
pub const LOOK_INTERVAL: Duration = Duration::from_secs(20);
/// After a failure it is tried again as soon as this.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// One exchange with the server.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// A mail that cannot be read so many times in a row is left to a person: it keeps no other from being read.
const TRIES_MAX: u32 = 3;
/// Mails read in one go.
const MAILS_AT_ONCE_MAX: usize = 200;

/// Which mailbox.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name or address of the server.
    pub host: String,
    /// Usually 993 or 143.
    pub port: u16,
    /// Encryption; [`Tls::Opportunistic`] is [`Tls::Required`] here: a password is sent.
    pub tls: Tls,
    /// User.
    pub user: String,
    /// Password.
    pub password: String,
    /// Folder, usually INBOX.
    pub folder: String,
    /// Authorities (PEM) instead of those of the system.
    pub roots: Option<Vec<u8>>,
}

/// What went wrong between us and the server.
#[derive(Debug)]
pub enum MailboxError {
    /// It cannot be reached, or its TLS is not to be trusted.
    Connect(String),
    /// It does not take user and password, or has no such folder.
    Refused(String),
    /// The connection broke, or the server speaks something else.
    Broken(String),
    /// It does not answer.
    Silent,
}

impl fmt::Display for MailboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MailboxError::Connect(why) => write!(f, "cannot be reached: {why}"),
            MailboxError::Refused(why) => write!(f, "does not let us in: {why}"),
            MailboxError::Broken(why) => write!(f, "the connection broke: {why}"),
            MailboxError::Silent => f.write_str("does not answer"),
        }
    }
}

impl std::error::Error for MailboxError {}

impl From<async_imap::error::Error> for MailboxError {
    fn from(error: async_imap::error::Error) -> Self {
        use async_imap::error::Error;
        // The enum is not ours and may grow.
        if let Error::No(why) | Error::Bad(why) = error {
            return MailboxError::Refused(why);
        }
        MailboxError::Broken(error.to_string())
    }
}

/// Either of TCP and TLS.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Stream for T {}

type Open = Session<Box<dyn Stream>>;

/// A mailbox for bounces.
pub struct Mailbox {
    settings: Settings,
    sender: Sender,
    /// Up to here everything was read, as long as the folder keeps its UIDs.
    read: Option<(u32, u32)>,
    /// The mail that could not be read last, by its UID, and how often.
    stumbled: (u32, u32),
}

impl Mailbox {
    /// Nothing read yet.
    pub fn new(settings: Settings, sender: Sender) -> Mailbox {
        Mailbox { settings, sender, read: None, stumbled: (0, 0) }
    }

    /// Whether the server lets us in and has the folder; how many mails are in it.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub async fn greet(&self) -> Result<u32, MailboxError> {
        within(async {
            let (mut session, _) = self.log_in().await?;
            let folder = session.select(&self.settings.folder).await?;
            session.logout().await?;
            Ok(folder.exists)
        })
        .await
    }

    /// Reads what comes, for ever. `take` is given each mail about one of ours, and says whether that is written down; if
    /// not, the mail comes again. Mails about nothing of ours stay as they are.
    pub async fn follow<F, Fut>(mut self, take: F)
    where
        F: Fn(Returned) -> Fut + Send + Sync,
        Fut: Future<Output = bool> + Send,
    {
        let mut told = String::new();
        loop {
            let Err(error) = self.visit(&take).await;
            let error = error.to_string();
            if error == told {
                tracing::debug!(%error, "the bounce mailbox is still away");
            } else {
                tracing::warn!(%error, host = self.settings.host, "bounces cannot be read");
                told = error;
            }
            sleep(AGAIN_AFTER).await;
        }
    }

    /// One connection's life.
    async fn visit<F, Fut>(&mut self, take: &F) -> Result<std::convert::Infallible, MailboxError>
    where
        F: Fn(Returned) -> Fut,
        Fut: Future<Output = bool>,
    {
        let (mut session, idles) = within(self.log_in()).await?;
        loop {
            self.take_unread(&mut session, take).await?;
            session = if idles { idle(session).await? } else { rest(session).await? };
        }
    }

    /// Reads all that is there now, once. How many mails were about ours.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub async fn look<F, Fut>(&mut self, take: F) -> Result<usize, MailboxError>
    where
        F: Fn(Returned) -> Fut,
        Fut: Future<Output = bool>,
    {
        let (mut session, _) = within(self.log_in()).await?;
        let ours = self.take_unread(&mut session, &take).await?;
        within(async { Ok(session.logout().await?) }).await?;
        Ok(ours)
    }

    /// Reads what is new, oldest first, and stops at the first that cannot be written down: it comes again with the next look.
    async fn take_unread<F, Fut>(&mut self, session: &mut Open, take: &F) -> Result<usize, MailboxError>
    where
        F: Fn(Returned) -> Fut,
        Fut: Future<Output = bool>,
    {
        let mut ours = 0;
        for uid in within(self.unread(session)).await? {
            let returned = match within(self.fetch(session, uid)).await {
                Ok(returned) => returned,
                // The connection is of no more use; with the next one it is this mail's turn again, or the next mail's.
                Err(error) => return Err(self.stumble(uid, error)),
            };
            if returned != Returned::Unknown {
                if !take(returned).await {
                    break;
                }
                ours += 1;
                within(mark_seen(session, uid)).await?;
            }
            self.read = self.read.map(|(validity, _)| (validity, uid));
        }
        Ok(ours)
    }

    /// This mail cannot be read: for good, if it was so often.
    fn stumble(&mut self, uid: u32, error: MailboxError) -> MailboxError {
        let (last, times) = self.stumbled;
        self.stumbled = (uid, if last == uid { times.saturating_add(1) } else { 1 });
        if self.stumbled.1 >= TRIES_MAX {
            tracing::error!(uid, %error, "a mail in the bounce mailbox cannot be read: somebody has to look at it");
            self.read = self.read.map(|(validity, _)| (validity, uid));
        }
        error
    }

    /// UIDs of mails that are new to us and unread, oldest first.
    async fn unread(&mut self, session: &mut Open) -> Result<Vec<u32>, MailboxError> {
        let folder = session.select(&self.settings.folder).await?;
        let validity = folder.uid_validity.unwrap_or(0);
        let after = self.read.filter(|(of, _)| *of == validity).map_or(0, |(_, last)| last);
        self.read = Some((validity, after));
        let query = format!("UNSEEN UID {}:*", after.saturating_add(1));
        // `n:*` has the last mail in it even if its UID is below n.
        let mut uids: Vec<u32> = session.uid_search(query).await?.into_iter().filter(|uid| *uid > after).collect();
        uids.sort_unstable();
        uids.truncate(MAILS_AT_ONCE_MAX);
        Ok(uids)
    }

    async fn fetch(&self, session: &mut Open, uid: u32) -> Result<Returned, MailboxError> {
        let what = format!("(UID BODY.PEEK[]<0.{BOUNCE_BYTES_MAX}>)");
        let fetched: Vec<_> = session.uid_fetch(uid.to_string(), what).await?.try_collect().await?;
        // A connection that breaks ends the list early, and says nothing: an empty mail would be one that is not ours.
        let mail = fetched.iter().find_map(Fetch::body);
        let mail = mail.ok_or_else(|| MailboxError::Broken("the mail did not come".to_owned()))?;
        Ok(bounce::read(mail, &[], &self.sender))
    }

    /// A session, and whether the server tells of new mail by itself.
    async fn log_in(&self) -> Result<(Open, bool), MailboxError> {
        let Settings { user, password, .. } = &self.settings;
        let client = self.connect().await?;
        let mut session = client.login(user, password).await.map_err(|(error, _)| error)?;
        let idles = session.capabilities().await?.has_str("IDLE");
        Ok((session, idles))
    }

    async fn connect(&self) -> Result<Client<Box<dyn Stream>>, MailboxError> {
        let Settings { host, port, tls, .. } = &self.settings;
        let unreachable = |error: std::io::Error| MailboxError::Connect(error.to_string());
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(unreachable)?;
        if *tls == Tls::Implicit {
            return greeted(self.encrypted(Box::new(stream)).await?).await;
        }
        let mut client = greeted(Box::new(stream)).await?;
        if *tls == Tls::None {
            return Ok(client);
        }
        client.run_command_and_check_ok("STARTTLS", None).await?;
        // What was read beyond the server's OK is thrown away with the client: nobody may speak before the handshake.
        Ok(Client::new(self.encrypted(client.into_inner()).await?))
    }

    async fn encrypted(&self, stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, MailboxError> {
        let name = ServerName::try_from(self.settings.host.clone());
        let name = name.map_err(|error| MailboxError::Connect(error.to_string()))?;
        let config = tls_config(self.settings.roots.as_deref()).map_err(MailboxError::Connect)?;
        let encrypted = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        Ok(Box::new(encrypted.map_err(|error| MailboxError::Connect(error.to_string()))?))
    }
}

async fn greeted(stream: Box<dyn Stream>) -> Result<Client<Box<dyn Stream>>, MailboxError> {
    let mut client = Client::new(stream);
    match client.read_response().await {
        Ok(Some(_)) => Ok(client),
        Ok(None) => Err(MailboxError::Broken("it says nothing".to_owned())),
        Err(error) => Err(MailboxError::Broken(error.to_string())),
    }
}

fn tls_config(roots: Option<&[u8]>) -> Result<ClientConfig, String> {
    let mut trusted = RootCertStore::empty();
    match roots {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                trusted.add(certificate.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
            }
        }
        None => {
            trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(config.map_err(|error| error.to_string())?.with_root_certificates(trusted).with_no_client_auth())
}

/// Until the server tells of something, or for [`LOOK_INTERVAL`].
async fn idle(session: Open) -> Result<Open, MailboxError> {
    let mut handle = session.idle();
    within(async { Ok(handle.init().await?) }).await?;
    let (told, _stop) = handle.wait_with_timeout(LOOK_INTERVAL);
    // The outer limit, because signs of life begin the inner one anew.
    if let Ok(told) = timeout(LOOK_INTERVAL, told).await {
        told?;
    }
    within(async { Ok(handle.done().await?) }).await
}

async fn mark_seen(session: &mut Open, uid: u32) -> Result<(), MailboxError> {
    let stored = session.uid_store(uid.to_string(), "+FLAGS.SILENT (\\Seen)").await?;
    stored.try_collect::<Vec<_>>().await?;
    Ok(())
}

async fn rest(session: Open) -> Result<Open, MailboxError> {
    sleep(LOOK_INTERVAL).await;
    Ok(session)
}

async fn within<T>(exchange: impl Future<Output = Result<T, MailboxError>>) -> Result<T, MailboxError> {
    timeout(ANSWER_MAX, exchange).await.unwrap_or(Err(MailboxError::Silent))
}
