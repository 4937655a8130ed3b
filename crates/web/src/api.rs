//! What every handler has at hand, and how the store's and the switch's refusals become the API's.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use store::{ImportError, Store, StoreError};

use crate::auth::{Login, Tickets};
use crate::directory::Softphone;
use crate::door::challenge::Used;
use crate::door::{HouseKey, Proxies, Tries};
use crate::error::Refusal;
use crate::metrics::MetricsToken;
use crate::phone::{self, Sockets};
use crate::recording::Heard;
use crate::reports::{self, Recorded, Watched};
use crate::seen::Gate;
use crate::switchboard::Switchboard;
use crate::tongue;

/// As a draft's lock lasts, so that its end is noticed within two minutes.
const LOOK_AGAIN: Duration = Duration::from_millis(store::LOCK_MS.unsigned_abs());

/// How the API is set up.
#[derive(Clone)]
pub struct Api {
    /// The database.
    pub store: Store,
    /// The running switch.
    pub switchboard: Arc<dyn Switchboard>,
    /// Folder below which recordings lie.
    pub recordings: PathBuf,
    /// Digest realm that operators' SIP passwords are made for.
    pub realm: String,
    /// Where people reach these pages, for the links in reports: `https://desk.example.jp`; empty: no links.
    pub public_url: String,
    /// Origins inside the house's own network that webhooks may go to: `http://10.0.0.5:5678`.
    pub allowed_origins: Vec<String>,
    /// Cookies are for HTTPS only.
    pub secure_cookies: bool,
    /// Proxies whose word about an asker's address is taken.
    pub proxies: Proxies,
    /// What secrets are sealed with; as made, one that ends with the process.
    pub key: HouseKey,
    /// Unix milliseconds.
    pub clock: fn() -> i64,
    /// Who may read `/metrics`; as made, nobody.
    pub metrics_token: MetricsToken,
    /// What callers hear; `None`: there is no library to be looked after.
    pub prompts: Option<media::Prompts>,
    /// What operators' telephones are told; `None`: there is no socket for any.
    pub softphone: Option<Softphone>,
    /// Whoever looks after the program around the pages; `None`: nobody.
    pub caretaker: Option<Arc<dyn crate::care::Caretaker>>,
    /// One-time logins.
    pub tickets: Tickets,
    /// Addresses that ask for links that are none.
    pub(crate) gate: Arc<Gate>,
    /// Failed logins.
    pub(crate) tries: Arc<Tries>,
    /// Challenges that were answered.
    pub(crate) challenges: Arc<Used>,
    /// When recordings began and ended.
    pub(crate) recorded: Arc<Recorded>,
    /// How often it is looked whether a draft that was being written still is.
    pub look_again: Duration,
    /// How often it is looked whether the login of a telephone in the page is still good.
    pub phone_look: Duration,
    /// Telephones in pages.
    pub(crate) sockets: Arc<Sockets>,
    /// Operators whose drafts are looked at.
    pub(crate) watched: Arc<Watched>,
    /// Playbacks that are in the audit log.
    pub(crate) heard: Arc<Heard>,
}

impl Api {
    /// An API over this store and this switch.
    pub fn new(
        store: Store,
        switchboard: Arc<dyn Switchboard>,
        recordings: PathBuf,
        realm: String,
        clock: fn() -> i64,
    ) -> Api {
        Api {
            store,
            switchboard,
            recordings,
            realm,
            public_url: String::new(),
            allowed_origins: Vec::new(),
            secure_cookies: false,
            proxies: Proxies::default(),
            key: HouseKey::random(),
            clock,
            metrics_token: MetricsToken::default(),
            prompts: None,
            softphone: None,
            caretaker: None,
            tickets: Tickets::default(),
            gate: Arc::default(),
            tries: Arc::default(),
            challenges: Arc::default(),
            recorded: Arc::default(),
            look_again: LOOK_AGAIN,
            phone_look: phone::LOOK,
            sockets: Arc::default(),
            watched: Arc::default(),
            heard: Arc::default(),
        }
    }

    /// Now, in unix milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// The directory has changed: the switch is to load it again, and the audit log keeps who did it.
    pub(crate) async fn changed(&self, login: &Login, what: &'static str, which: &str) {
        self.switchboard.directory_changed().await;
        self.note(login, what, which).await;
    }

    /// The same with more to say.
    pub(crate) async fn note_more(&self, login: &Login, what: &'static str, which: &str, detail: &str) {
        self.note_of(&login.name, what, which, detail).await;
    }

    /// The same of anybody.
    pub(crate) async fn note_of(&self, who: &str, what: &'static str, which: &str, detail: &str) {
        if let Err(error) = self.store.note(self.now_ms(), who, what, which, detail).await {
            tracing::warn!(%error, what, "the audit log was not written");
        }
    }

    /// A line in the audit log. That it cannot be written now stops nobody; it is logged.
    pub(crate) async fn note(&self, login: &Login, what: &'static str, which: &str) {
        self.note_more(login, what, which, "").await;
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        reports::refusal(error, tongue::asked())
    }
}

impl From<ImportError> for Refusal {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Rows(rows) => Refusal::rows(rows),
            ImportError::Store(error) => error.into(),
        }
    }
}
