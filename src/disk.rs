//! Watches the room for recordings (R22): said once when it becomes scarce, and once when it is back.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often it is looked.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);

/// Follows the disk for ever.
pub async fn follow(folder: PathBuf, free_percent_min: u8) {
    let mut looks = tokio::time::interval(LOOK_INTERVAL);
    let mut scarce = false;
    loop {
        looks.tick().await;
        let asked = folder.clone();
        // A disk that hangs must not hang a thread of the runtime.
        let Ok(Some(free)) = tokio::task::spawn_blocking(move || free_percent(&asked)).await else { continue };
        let now = free < u64::from(free_percent_min);
        if now && !scarce {
            tracing::warn!(folder = %folder.display(), free_percent = free, "little room is left for recordings: make room");
        } else if scarce && !now {
            tracing::info!(folder = %folder.display(), free_percent = free, "there is room for recordings again");
        }
        scarce = now;
    }
}

/// How much of the folder's disk is free for us.
pub fn free_percent(folder: &Path) -> Option<u64> {
    let figures = rustix::fs::statvfs(folder).ok()?;
    figures.f_bavail.saturating_mul(100).checked_div(figures.f_blocks)
}

/// How many bytes are free for us on the folder's disk.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let figures = rustix::fs::statvfs(folder).ok()?;
    Some(figures.f_bavail.saturating_mul(figures.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_has_a_share_of_its_disk() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_percent(folder.path()).is_some_and(|free| free <= 100));
        assert_eq!(free_percent(Path::new("/no/such/folder")), None);
    }
}
