//! What the house does by itself: every night it purges what is past its time (F54), all day it indexes what was written (F57).

use std::path::PathBuf;
use std::time::Duration;

use report::japan;
use store::Store;
use tokio::time::{Instant, MissedTickBehavior};

use crate::clock;

/// How often it is looked whether it is time.
const LOOK_AGAIN: Duration = Duration::from_secs(600);
/// How often what was written is indexed, how many rows at once, and the shortest pause before the next ones.
const INDEX_AGAIN: Duration = Duration::from_secs(2);
const INDEX_ROWS: u32 = 200;
const INDEX_SOON: Duration = Duration::from_millis(100);
/// In the night, when few call: the hour in Japan from which on a day's purge may begin.
const HOUR: i8 = 3;
/// Who purges, in the ledger.
const WHO: &str = "denwaban";

/// Purges once a day, for ever. A process that was not there at night does it when it is; but the first purge of all waits for the next
/// night, so that whoever has just installed this can still say how long things are kept.
pub async fn follow(store: Store, recordings: PathBuf) {
    let mut looks = tokio::time::interval(LOOK_AGAIN);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut done = None;
    let first_ms = next_night_ms(clock::unix_ms());
    loop {
        looks.tick().await;
        let now_ms = clock::unix_ms();
        let now = japan::civil(now_ms);
        if now.hour() < HOUR || done == Some(now.date()) {
            continue;
        }
        match store.purges(None, 1).await {
            Ok(before) if before.is_empty() && now_ms < first_ms => continue,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "nothing was purged: it is tried again");
                continue;
            }
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

/// Takes what is written into the indexes that words are found by, a moment later, for ever (SQLite; PostgreSQL does it itself).
pub async fn index(store: Store) {
    let mut looks = tokio::time::interval(INDEX_AGAIN);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut fails = false;
    loop {
        looks.tick().await;
        let began = Instant::now();
        let written = store.index_written(INDEX_ROWS).await;
        match &written {
            // Much is waiting after an upgrade alone: others have the database in between, half of the time at least.
            Ok(INDEX_ROWS) => looks.reset_after(began.elapsed().max(INDEX_SOON)),
            Ok(_) => {}
            // Said once: it is tried again every two seconds.
            Err(error) if !fails => {
                tracing::warn!(%error, "nothing was indexed, searches become slower: it is tried again");
            }
            Err(error) => tracing::debug!(%error, "nothing was indexed: it is tried again"),
        }
        fails = written.is_err();
    }
}

/// The next time that the clocks of Japan show [`HOUR`].
fn next_night_ms(now_ms: i64) -> i64 {
    let today_ms = japan::ms(japan::civil(now_ms).date(), 0) + i64::from(HOUR) * japan::HOUR_MS;
    if now_ms < today_ms { today_ms } else { today_ms + japan::DAY_MS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f54_the_first_purge_waits_for_the_night() {
        // 2026-11-22 00:00 in Japan.
        const MIDNIGHT: i64 = 1_795_273_200_000;
        let three = MIDNIGHT + 3 * japan::HOUR_MS;
        for (begun_ms, night_ms) in [
            (MIDNIGHT, three),
            (three - 1, three),
            (three, three + japan::DAY_MS),
            (MIDNIGHT + 14 * japan::HOUR_MS, three + japan::DAY_MS),
        ] {
            assert_eq!(next_night_ms(begun_ms), night_ms);
        }
    }
}
