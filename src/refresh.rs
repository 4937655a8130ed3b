//! Keeps the switch's directory as the database has it: looks for a new version every second, resolves the trunks' names,
//! has the firms' names spoken. With the database away the last good directory stays (R24).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use media::Prompts;
use store::{DirectoryProblem, Store, StoreError};
use switch::{Customer, Directory};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::engine::EngineHandle;

/// How often the database is asked for a new version.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Names of trunks are resolved anew this often, whatever the version: a carrier may move.
const RESOLVE_EVERY_LOOKS: u64 = 60;
/// The name service has this long for one name.
const RESOLVE_MAX: Duration = Duration::from_secs(3);

/// What a look at the database is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    /// Whether there is a new version.
    Version,
    /// Whether a trunk's name means another address.
    Names,
    /// Somebody asked for it all.
    Whole,
}

/// Loads directories, and remembers what was found last.
pub struct Refresh {
    store: Store,
    realm: String,
    prompts: Prompts,
    version: Option<i64>,
    /// The last good address of each name: a name service that fails must not take a trunk down.
    resolved: HashMap<String, SocketAddr>,
    problems: Vec<DirectoryProblem>,
    away: bool,
}

impl Refresh {
    /// Nothing loaded yet.
    pub fn new(store: Store, realm: String, prompts: Prompts) -> Self {
        Self { store, realm, prompts, version: None, resolved: HashMap::new(), problems: Vec::new(), away: false }
    }

    /// The directory as it is now.
    pub async fn load(&mut self) -> Result<Arc<Directory>, StoreError> {
        self.resolve().await?;
        let resolved = &self.resolved;
        let look_up = |name: &str| resolved.get(name).copied().ok_or_else(|| format!("{name} cannot be resolved"));
        let loaded = self.store.load_directory(&self.realm, look_up).await?;
        self.version = Some(loaded.version);
        if loaded.problems != self.problems {
            for problem in &loaded.problems {
                tracing::warn!(table = problem.table, row = problem.row, "left out of the directory: {}", problem.why);
            }
            self.problems = loaded.problems;
        }
        for customer in loaded.directory.customers.values() {
            self.speak(customer);
        }
        Ok(Arc::new(loaded.directory))
    }

    /// Follows the database for ever.
    pub async fn follow(mut self, engine: EngineHandle) {
        let mut looks = interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut number = 0_u64;
        loop {
            let asked = tokio::select! {
                _ = looks.tick() => None,
                told = engine.directory_change() => Some(told),
            };
            number += 1;
            let due = if asked.is_some() {
                Due::Whole
            } else if number.is_multiple_of(RESOLVE_EVERY_LOOKS) {
                Due::Names
            } else {
                Due::Version
            };
            match self.look(due).await {
                Ok(Some(directory)) => {
                    let (firms, numbers) = (directory.customers.len(), directory.dids.len());
                    let (operators, trunks) = (directory.operators.len(), directory.trunks.len());
                    tracing::info!(firms, numbers, operators, trunks, "directory loaded");
                    if engine.set_directory(directory).await.is_err() {
                        return; // the engine has stopped
                    }
                }
                Ok(None) => {}
                Err(error) if self.away => {
                    tracing::debug!(%error, "the database is still away");
                    // What was told comes with the next version that can be read.
                }
                Err(error) => {
                    self.away = true;
                    tracing::error!(%error, "the database cannot be read: calls go on with the directory as it was");
                }
            }
            if let Some(told) = asked {
                engine.directory_loaded(told);
            }
            if self.away && self.store.ping().await.is_ok() {
                self.away = false;
                tracing::info!("the database is back");
            }
        }
    }

    async fn look(&mut self, due: Due) -> Result<Option<Arc<Directory>>, StoreError> {
        let changed = Some(self.store.directory_version().await?) != self.version;
        if !changed && due == Due::Version {
            return Ok(None);
        }
        let before = self.resolved.clone();
        let directory = self.load().await?;
        let news = changed || due == Due::Whole || self.resolved != before;
        Ok(news.then_some(directory))
    }

    async fn resolve(&mut self) -> Result<(), StoreError> {
        for trunk in self.store.trunks().await?.iter().filter(|trunk| trunk.active) {
            let name = trunk.address();
            if name.parse::<SocketAddr>().is_ok() {
                continue;
            }
            let found = timeout(RESOLVE_MAX, tokio::net::lookup_host(name.as_str())).await;
            match found.map(|answer| answer.map(Vec::from_iter)) {
                // The address in use stays while it is among the answers: carriers answer in turns.
                Ok(Ok(found)) => {
                    let kept = self.resolved.get(&name).filter(|kept| found.contains(kept));
                    if kept.is_none()
                        && let Some(first) = found.first()
                    {
                        self.resolved.insert(name, *first);
                    }
                }
                Ok(Err(error)) => tracing::warn!(trunk = trunk.form.name, host = name, %error, "cannot resolve"),
                Err(_) => tracing::warn!(trunk = trunk.form.name, host = name, "cannot resolve: no answer"),
            }
        }
        Ok(())
    }

    /// Has the firm's name and the question to its people spoken; at once if the same was spoken before.
    fn speak(&self, customer: &Customer) {
        let id = customer.id.0;
        let name = if customer.reading.is_empty() { &customer.name } else { &customer.reading };
        let confirm = format!("{name}宛てのお電話です。おつなぎする場合は、1を押してください。");
        for (prompt, text) in
            [(format!("customer/{id}/name"), name.as_str()), (format!("customer/{id}/confirm"), &confirm)]
        {
            match self.prompts.speak(&prompt, text) {
                Ok(()) | Err(media::PromptError::NoVoice) => {} // without a voice the operator has the screen
                Err(error) => tracing::warn!(prompt, %error, "cannot be spoken"),
            }
        }
    }
}
