//! Watches the room for recordings (R22): said once when it becomes scarce, and once when it is back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::engine::EngineHandle;

/// How often it is looked.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);
/// So much more than the least must be free until there is room again.
const SPARE_PERCENT: u8 = 2;

/// What was last said of the disk.
#[derive(Clone, Copy, Debug, Default)]
struct Watch {
    scarce: bool,
}

impl Watch {
    /// Looks at what is free: `Some` if that is news. Once scarce, there is room again only with a little more than the least,
    /// so that a disk on the brink is not told of every minute.
    fn look(&mut self, free_percent: u8, least: u8) -> Option<bool> {
        let scarce = free_percent < least.saturating_add(if self.scarce { SPARE_PERCENT } else { 0 });
        let is_news = scarce != self.scarce;
        self.scarce = scarce;
        is_news.then_some(scarce)
    }
}

/// Follows the disk for ever, and tells the desks.
pub async fn follow(folder: PathBuf, free_percent_min: u8, engine: EngineHandle) {
    let mut looks = tokio::time::interval(LOOK_INTERVAL);
    let mut watch = Watch::default();
    loop {
        looks.tick().await;
        let asked = folder.clone();
        // A disk that hangs must not hang a thread of the runtime.
        let Ok(Some(free)) = tokio::task::spawn_blocking(move || free_percent(&asked)).await else { continue };
        let free = u8::try_from(free).unwrap_or(100);
        if let Some(scarce) = watch.look(free, free_percent_min) {
            engine.disk(free, scarce).await;
        }
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
    fn r22_a_scarce_disk_is_told_once_and_so_is_its_end() {
        let mut watch = Watch::default();
        let said: Vec<_> = [20, 15, 14, 13, 15, 16, 17, 15, 14].map(|free| watch.look(free, 15)).into();
        assert_eq!(said, [None, None, Some(true), None, None, None, Some(false), None, Some(true)]);
        assert_eq!(Watch::default().look(0, 0), None, "0: nobody wants to know");
    }

    #[test]
    fn every_folder_has_a_share_of_its_disk() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_percent(folder.path()).is_some_and(|free| free <= 100));
        assert_eq!(free_percent(Path::new("/no/such/folder")), None);
    }
}
