//! What a backup asks, and the task when there is none.

use store::TaskKind;

use crate::customers::sakura;
use crate::on_both;
use crate::records::{NOON_MS, cleared};

on_both! {
    async fn a_backup_lists_every_recording_with_its_hash_page_by_page(store: Store) {
        assert!(store.is_empty().await.unwrap());
        assert_eq!(store.schema().await.unwrap(), store::newest_schema());
        for number in 1..=5 {
            store.save_call(&cleared(number)).await.unwrap();
        }
        assert!(!store.is_empty().await.unwrap());
        assert_eq!(store.call_count().await.unwrap(), 5);
        let (mut after, mut paths) = (i64::MIN, Vec::new());
        loop {
            let page = store.kept_recordings(after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.key;
            assert!(page.iter().all(|one| one.sha256 == "ab".repeat(32) && one.bytes == 1_920_044));
            paths.extend(page.into_iter().map(|one| one.path));
        }
        assert_eq!(paths, (1..=5).map(|number| format!("2026/11/18/call-{number}.wav")).collect::<Vec<_>>());
    }

    async fn a_late_backup_is_a_task_once_a_day_until_one_is_made(store: Store) {
        store.create_customer(&sakura()).await.unwrap();
        assert!(!store.is_empty().await.unwrap());
        for day in ["2026-11-22", "2026-11-22", "2026-11-23"] {
            store.backup_is_late(day, "30 h", NOON_MS).await.unwrap();
        }
        let open = store.open_tasks().await.unwrap();
        assert_eq!(open.iter().map(|task| task.kind).collect::<Vec<_>>(), [TaskKind::NoBackup, TaskKind::NoBackup]);
        store.backup_is_made(NOON_MS).await.unwrap();
        assert!(store.open_tasks().await.unwrap().is_empty());
    }
}
