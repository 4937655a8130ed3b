//! How reports leave the house: the worker of the outbox, what has its time, and the bounce mailbox, each a task of its own. No
//! call waits for any of them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::chat::{Chats, Endpoints};
use notify::chores::{Caller, Chores};
use notify::mail::bounce::Returned;
use notify::mail::{Address, Email, Mailbox, Sender, Smtp, mailbox, smtp};
use notify::worker::{Bell, Limits, Worker};
use notify::{Channels, Clock, Hook, Links, Rescue, SystemClock, Told};
use store::Store;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use web::{News, SeenLinks, Stamped, Switchboard};

use crate::clock;
use crate::config::{Config, Mail};
use crate::engine::EngineHandle;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// At the end of the process, attempts under way have this long.
const CLOSE_MAX: Duration = Duration::from_secs(15);

/// Everything that takes reports out of the house.
pub struct Reports {
    stop: watch::Sender<bool>,
    working: Vec<JoinHandle<()>>,
    following: Vec<JoinHandle<()>>,
}

/// Begins to take reports out of the house.
pub async fn open(
    config: &Config,
    store: &Store,
    engine: &EngineHandle,
    caller: Arc<dyn Caller>,
) -> Result<Reports, Troubles> {
    let email = email(config).await?;
    let chats = Chats::new(endpoints(config), None).map_err(|why| {
        Trouble::new(Exit::Unavailable, "channels", words::CHATS_NOT_READY.with(&[&why]), words::NOTHING.text())
    })?;
    let (stop, stopped) = watch::channel(false);
    let bell = Bell::default();
    let rescue = rescue(config, store, hook(engine.clone()));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock(clock::unix_ms));
    let limits = Limits { mail_server: config.mail.connections_max, ..Limits::default() };
    let mailbox = mailbox(config).await?;
    let worker = Worker::new(rescue.clone(), Arc::new(Channels { email, chats }), limits);
    let chores = Chores::new(rescue.clone(), caller, bell.clone());
    let working = vec![
        tokio::spawn(worker.run(Arc::clone(&clock), bell.clone(), stopped.clone())),
        tokio::spawn(chores.run(clock, stopped)),
    ];
    let mut following = vec![tokio::spawn(ring(bell.clone(), Switchboard::subscribe(engine)))];
    if let Some(mailbox) = mailbox {
        following.push(tokio::spawn(read_bounces(mailbox, rescue, bell)));
    }
    Ok(Reports { stop, working, following })
}

impl Reports {
    /// Takes up nothing more, and lets what is under way end. What does not end in time comes again at the next start.
    pub async fn close(self) {
        for task in &self.following {
            task.abort();
        }
        let _ = self.stop.send(true);
        for task in self.working {
            let left = task.abort_handle();
            if tokio::time::timeout(CLOSE_MAX, task).await.is_err() {
                left.abort();
            }
        }
    }
}

/// Mail, if a server is configured.
pub async fn email(config: &Config) -> Result<Option<Email>, Troubles> {
    let mail = &config.mail;
    if mail.server.is_empty() {
        return Ok(None);
    }
    let Some(sender) = sender(mail) else { return Ok(None) };
    let hello = if mail.hello.is_empty() { sender.from.domain().to_owned() } else { mail.hello.clone() };
    let settings = smtp::Settings {
        host: mail.server.clone(),
        port: mail.port,
        tls: mail.tls.into(),
        login: (!mail.user.is_empty()).then(|| (mail.user.clone(), mail.password.clone())),
        hello,
        roots: roots(&mail.roots).await?,
        times: smtp::Times::default(),
    };
    // Reading the system's authorities is work on the disk.
    let smtp = tokio::task::spawn_blocking(move || Smtp::new(settings)).await;
    let smtp = smtp.map_err(|error| Trouble::new(Exit::Software, "", error.to_string(), ""))?;
    let smtp = smtp.map_err(|error| {
        let what = words::MAIL_NOT_READY.with(&[&error]);
        Trouble::new(Exit::Config, "mail.roots", what, words::ROOTS_REMEDY.text())
    })?;
    Ok(Some(Email::new(smtp, sender)))
}

/// In whose name mails are written; `None`: nobody's, because there is no address.
pub fn sender(mail: &Mail) -> Option<Sender> {
    let from = Address::parse(&mail.from).ok()?; // the configuration is checked: only an empty one is none
    Some(Sender { from, name: mail.from_name.clone(), bounce: Address::parse(&mail.bounce).ok() })
}

/// The mailbox that bounces come to, if one is configured.
pub async fn mailbox(config: &Config) -> Result<Option<Mailbox>, Troubles> {
    let mail = &config.mail;
    let Some(sender) = sender(mail).filter(|_| !mail.imap_server.is_empty()) else { return Ok(None) };
    let settings = mailbox::Settings {
        host: mail.imap_server.clone(),
        port: mail.imap_port,
        tls: mail.imap_tls.into(),
        user: mail.imap_user.clone(),
        password: mail.imap_password.clone(),
        folder: mail.imap_folder.clone(),
        roots: roots(&mail.roots).await?,
    };
    Ok(Some(Mailbox::new(settings, sender)))
}

/// Where the chat services are.
pub fn endpoints(config: &Config) -> Endpoints {
    let channels = &config.channels;
    Endpoints {
        chatwork: channels.chatwork.clone(),
        slack: channels.slack.clone(),
        line_works_auth: channels.line_works_auth.clone(),
        line_works: channels.line_works.clone(),
        line: channels.line.clone(),
        allowed: channels.allowed.clone(),
    }
}

/// What finds another way for a report that does not arrive.
pub fn rescue(config: &Config, store: &Store, hook: Hook) -> Rescue {
    let links = Arc::new(Seen(SeenLinks::below(&config.web.public_url)));
    Rescue { store: store.clone(), links, hook }
}

async fn roots(path: &Path) -> Result<Option<Vec<u8>>, Troubles> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let read = tokio::fs::read(path).await.map_err(|error| {
        let what = words::CERTIFICATE_UNREADABLE.with(&[&path.display(), &error]);
        Trouble::new(Exit::Config, "mail.roots", what, words::ROOTS_REMEDY.text())
    });
    Ok(Some(read?))
}

/// Confirmation links, as the pages know them.
struct Seen(SeenLinks);

impl Links for Seen {
    fn seen(&self, _: &str) -> Option<(String, String)> {
        self.0.make()
    }

    fn listen(&self) -> Option<(String, String)> {
        self.0.listen()
    }
}

/// What happens to deliveries goes into the stream of events, and from there to the pages and the log.
fn hook(engine: EngineHandle) -> Hook {
    Hook(Arc::new(move |told| {
        let Told { delivery, report, customer, recipient, news, why } = told;
        let state = news.word().to_owned();
        Switchboard::tell(&engine, News::Delivery { delivery, report, customer, recipient, state, why });
    }))
}

/// The worker wakes up when a report is sent.
async fn ring(bell: Bell, mut events: Receiver<Stamped>) {
    loop {
        match events.recv().await {
            Ok(stamped) => {
                let is_new = match &*stamped.event {
                    web::Told::Report(News::ReportSent { .. }) => true,
                    web::Told::Report(News::Delivery { state, .. }) => state == notify::News::Added.word(),
                    web::Told::Report(News::ReportChanged { .. } | News::Task { .. } | News::FirmChanged { .. })
                    | web::Told::Switch(_) => false,
                };
                if is_new {
                    bell.ring();
                }
            }
            // Whatever was missed may have been one.
            Err(RecvError::Lagged(_)) => bell.ring(),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn read_bounces(mailbox: Mailbox, rescue: Rescue, bell: Bell) {
    mailbox
        .follow(|returned| {
            let (rescue, bell) = (rescue.clone(), bell.clone());
            async move { take_bounce(&returned, &rescue, &bell).await }
        })
        .await;
}

/// Whether what came back is written down.
async fn take_bounce(returned: &Returned, rescue: &Rescue, bell: &Bell) -> bool {
    match returned {
        Returned::Failed { delivery, why } => match rescue.bounced(delivery, why, clock::unix_ms()).await {
            Ok(known) => {
                if !known {
                    tracing::warn!(delivery, why, "a bounce of a delivery that is not in this database");
                }
                bell.ring();
                true
            }
            Err(error) if error.is_away() => {
                tracing::warn!(delivery, %error, "a bounce cannot be written down yet");
                false
            }
            // It never will be: it keeps no other from being read.
            Err(error) => {
                tracing::error!(delivery, why, %error, "a bounce cannot be written down");
                true
            }
        },
        Returned::Delayed { delivery, why } => {
            tracing::info!(delivery, why, "the recipient's mail server has not delivered it yet");
            true
        }
        Returned::Other { .. } | Returned::Unknown => true,
    }
}
