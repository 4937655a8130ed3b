//! A mail server (RFC 5321, the receiving half) that keeps what it gets, with its envelope, and fails as it is told: for one
//! recipient or for everybody, before it has taken a mail or, what is worse, after.
//!
//! It knows PIPELINING, 8BITMIME, SMTPUTF8 (RFC 6531), SIZE, and, if given a login, AUTH PLAIN and LOGIN (RFC 4954). It speaks
//! no TLS: a real mail server is tested with for that.

mod auth;
mod path;
mod talk;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// Mails that are kept; later ones push the first ones out.
pub const MAILS_MAX: usize = 200_000;
/// Connections at once; more wait in the kernel's queue.
pub const CONNECTIONS_MAX: usize = 512;
/// Bytes of one mail (SIZE).
pub const MAIL_BYTES_MAX: usize = 10 << 20;
/// Recipients of one mail.
pub const RECIPIENTS_MAX: usize = 100;

/// How the server fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fault {
    /// Not at all.
    #[default]
    None,
    /// The recipient is refused with this code at RCPT: 450 and 451 are "later", 550 is "never". For everybody: the greeting.
    Code(u16),
    /// The mail is refused with this code after its last line.
    DataCode(u16),
    /// RCPT is never answered. For everybody: there is no greeting.
    Hang,
    /// The mail is not answered after its last line, and not kept.
    DataHang,
    /// The mail is kept, and the connection is closed without an answer: the sender cannot know.
    DropAfterData,
    /// The connection is closed at RCPT. For everybody: at once.
    Drop,
}

/// A mail as it was received.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// Return path, without `<>`; empty for a bounce.
    pub from: String,
    /// Recipients as written in RCPT, without `<>`: `"taro."@ezweb.ne.jp`.
    pub to: Vec<String>,
    /// Parameters of MAIL, as written.
    pub parameters: String,
    /// Header and body, dots unstuffed.
    pub data: Vec<u8>,
    /// Who had logged in; empty: nobody.
    pub login: String,
    /// Whether the sender was told that it is taken.
    pub answered: bool,
    /// Which mail it was on its connection, from 1.
    pub on_connection: usize,
    /// When its last line came, unix ms.
    pub at_ms: i64,
}

impl Mail {
    /// The mailbox that [`Mail::to`] means, unquoted: `taro.@ezweb.ne.jp`.
    pub fn recipient(&self) -> String {
        self.to.first().map(|path| path::unquoted(path)).unwrap_or_default()
    }

    /// Its Message-ID without `<>`; empty if it has none.
    pub fn message_id(&self) -> String {
        let parsed = mail_parser::MessageParser::default().parse_headers(&self.data);
        parsed.and_then(|mail| mail.message_id().map(str::to_owned)).unwrap_or_default()
    }
}

/// How a server begins.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where to listen; `None`: any port on 127.0.0.1.
    pub listen: Option<SocketAddr>,
    /// User and password that must be given; `None`: nobody is asked.
    pub login: Option<(String, String)>,
}

/// A fault chosen by recipient (unquoted, lower case) and by how often that recipient was named before.
pub type Script = Arc<dyn Fn(&str, u64) -> Fault + Send + Sync>;

/// A running mail server. It ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

/// What connections share.
struct Shared {
    options: Options,
    state: Mutex<State>,
    /// How many mails were kept, ever.
    count: watch::Sender<usize>,
    connections: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    everybody: Fault,
    of_recipient: HashMap<String, Fault>,
    script: Option<Script>,
    named: HashMap<String, u64>,
    connections: u64,
}

impl Server {
    /// Listens.
    ///
    /// # Errors
    /// The address is taken.
    pub async fn start(options: Options) -> io::Result<Server> {
        let wanted = options.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = TcpListener::bind(wanted).await?;
        let address = listener.local_addr()?;
        let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let (count, _) = watch::channel(0);
        let shared = Arc::new(Shared { options, state: Mutex::default(), count, connections });
        let accepting = Arc::clone(&shared);
        Ok(Server { address, shared, listener: tokio::spawn(accept(listener, accepting)) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Fails for everybody from now on, at the greeting of new connections and at each next command of open ones.
    pub fn fail(&self, fault: Fault) {
        self.shared.state().everybody = fault;
    }

    /// Fails for one recipient from now on. The address is unquoted: `taro.@ezweb.ne.jp`.
    pub fn fail_for(&self, recipient: &str, fault: Fault) {
        self.shared.state().of_recipient.insert(recipient.to_lowercase(), fault);
    }

    /// Asks for the fault of each recipient that [`Server::fail_for`] does not know.
    pub fn script(&self, script: Script) {
        self.shared.state().script = Some(script);
    }

    /// All mails that are kept, in the order in which they came.
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.state().mails.clone()
    }

    /// Takes them out.
    pub fn take_mails(&self) -> Vec<Mail> {
        std::mem::take(&mut self.shared.state().mails)
    }

    /// How many mails were kept, ever.
    pub fn count(&self) -> usize {
        *self.shared.count.borrow()
    }

    /// How many connections there were, ever.
    pub fn connections(&self) -> u64 {
        self.shared.state().connections
    }

    /// Ends it, with all of its connections; its address is free then.
    pub async fn stop(mut self) {
        self.listener.abort();
        let _ = (&mut self.listener).await;
    }

    /// Until so many mails were kept, ever.
    pub async fn wait_for(&self, count: usize) {
        let mut counted = self.shared.count.subscribe();
        // The sender lives as long as we do.
        let _ = counted.wait_for(|kept| *kept >= count).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this recipient gets now.
    fn fault_of(&self, recipient: &str) -> Fault {
        let mut state = self.state();
        let recipient = recipient.to_lowercase();
        let named = state.named.entry(recipient.clone()).or_default();
        let before = *named;
        *named += 1;
        if state.everybody != Fault::None {
            return state.everybody;
        }
        if let Some(fault) = state.of_recipient.get(&recipient) {
            return *fault;
        }
        let script = state.script.clone();
        drop(state);
        script.map_or(Fault::None, |script| script(&recipient, before))
    }

    fn keep(&self, mail: Mail) {
        let mut state = self.state();
        if state.mails.len() >= MAILS_MAX {
            state.mails.remove(0);
        }
        state.mails.push(mail);
        drop(state);
        self.count.send_modify(|count| *count += 1);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Ends with us, not before: what is open belongs to the server.
    let mut open = tokio::task::JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&shared.connections).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        shared.state().connections += 1;
        open.spawn(async move {
            // A peer that goes away is no failure of ours.
            let _ = talk::serve(stream, &shared).await;
            drop(permit);
        });
    }
}

#[cfg(test)]
mod tests;
