//! Backups by themselves, every night if they are configured, and by the page's button.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use report::japan;
use store::Store;
use tokio::time::MissedTickBehavior;

use super::{Places, create, list, prune};
use crate::clock;
use crate::config::Backup;

/// How often it is looked whether it is time.
const LOOK_AGAIN: Duration = Duration::from_secs(300);

/// After one that failed the next is tried so much later: each of them reads and writes everything.
const AFTER_FAILURE_MS: i64 = japan::HOUR_MS;

/// Makes backups, one at a time.
#[derive(Clone)]
pub struct Keeper {
    store: Store,
    /// What and where to.
    pub places: Places,
    /// How often, and how many.
    pub settings: Backup,
    busy: Arc<AtomicBool>,
    failed: Arc<Mutex<String>>,
    /// When the last one failed, unix milliseconds; `i64::MIN`: it did not.
    failed_ms: Arc<AtomicI64>,
}

impl Keeper {
    /// For this house.
    pub fn new(store: Store, places: Places, settings: Backup) -> Keeper {
        let failed_ms = Arc::new(AtomicI64::new(i64::MIN));
        Keeper { store, places, settings, busy: Arc::default(), failed: Arc::default(), failed_ms }
    }

    /// One is being made.
    pub fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire)
    }

    /// Why the last one of this process failed; empty: it did not.
    pub fn failed(&self) -> String {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Backups are to be made daily, and the newest that was checked is older than it may be, or there is none.
    pub fn is_late(&self, now_ms: i64) -> bool {
        let old_ms = i64::from(self.settings.late_hours).saturating_mul(japan::HOUR_MS);
        self.settings.daily && self.newest_ms().is_none_or(|made_ms| now_ms - made_ms > old_ms)
    }

    fn newest_ms(&self) -> Option<i64> {
        let checked = list(&self.places.folder).into_iter().filter(|one| one.checked);
        checked.filter_map(|one| one.manifest).map(|manifest| manifest.made_ms).max()
    }

    /// Makes one, unless one is being made; then false.
    pub async fn run(&self) -> bool {
        if self.busy.swap(true, Ordering::AcqRel) {
            return false;
        }
        let made = create(&self.store, &self.places, self.settings.recordings, clock::unix_ms()).await;
        let said = match &made {
            Ok((file, manifest)) => {
                tracing::info!(file = %file.display(), recordings = manifest.recordings, "backup made");
                prune(&self.places.folder, self.settings.keep);
                if let Err(error) = self.store.backup_is_made(clock::unix_ms()).await {
                    tracing::warn!(%error, "tasks about late backups are open still");
                }
                String::new()
            }
            Err(error) => {
                tracing::error!(%error, "no backup was made");
                error.to_string()
            }
        };
        let failed_ms = if made.is_ok() { i64::MIN } else { clock::unix_ms() };
        self.failed_ms.store(failed_ms, Ordering::Release);
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = said;
        self.busy.store(false, Ordering::Release);
        true
    }

    /// Whether today's is still to be made, and none has just failed.
    pub(super) fn is_due(&self, now_ms: i64) -> bool {
        let now = japan::civil(now_ms);
        let is_todays = |made_ms: i64| japan::civil(made_ms).date() == now.date();
        self.settings.daily
            && u8::try_from(now.hour()).is_ok_and(|hour| hour >= self.settings.hour)
            && now_ms.saturating_sub(self.failed_ms.load(Ordering::Acquire)) >= AFTER_FAILURE_MS
            && !self.newest_ms().is_some_and(is_todays)
    }
}

/// Makes a backup a day, for ever, and tells supervisors when there is none.
pub async fn follow(keeper: Keeper) {
    let mut looks = tokio::time::interval(LOOK_AGAIN);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = String::new();
    loop {
        looks.tick().await;
        let now_ms = clock::unix_ms();
        if keeper.is_due(now_ms) {
            keeper.run().await;
        }
        if !keeper.is_late(now_ms) {
            continue;
        }
        let hours = keeper.settings.late_hours;
        let folder = keeper.places.folder.display().to_string();
        let day = japan::civil(now_ms).date().to_string();
        if told != day {
            tracing::error!(hours, folder, "there is no backup that is young enough");
            let detail = format!("{hours} h, {folder}");
            if let Err(error) = keeper.store.backup_is_late(&day, &detail, now_ms).await {
                tracing::warn!(%error, "supervisors were not told that there is no backup");
            }
            told = day;
        }
    }
}
