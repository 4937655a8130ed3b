//! What the house does by itself every night: purges what is past its time (F54).

use std::path::PathBuf;
use std::time::Duration;

use report::japan;
use store::Store;
use tokio::time::MissedTickBehavior;

use crate::clock;

/// How often it is looked whether it is time.
const LOOK_AGAIN: Duration = Duration::from_secs(600);
/// In the night, when few call: the hour in Japan from which on a day's purge may begin.
const HOUR: i8 = 3;
/// Who purges, in the ledger.
const WHO: &str = "denwaban";

/// Purges once a day, for ever. A process that was not there at night does it when it is.
pub async fn follow(store: Store, recordings: PathBuf) {
    let mut looks = tokio::time::interval(LOOK_AGAIN);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut done = None;
    loop {
        looks.tick().await;
        let now_ms = clock::unix_ms();
        let now = japan::civil(now_ms);
        if now.hour() < HOUR || done == Some(now.date()) {
            continue;
        }
        match web::purge_all(&store, &recordings, WHO, now_ms).await {
            Ok(purged) => {
                done = Some(now.date());
                let web::PurgeDone { reports, calls, recordings, bytes, files_left } = purged;
                if reports + calls > 0 || files_left > 0 {
                    tracing::info!(reports, calls, recordings, bytes, files_left, "purged what was past its time");
                }
            }
            Err(error) => tracing::warn!(%error, "nothing was purged: it is tried again"),
        }
    }
}
