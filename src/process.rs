//! What this process uses of the machine, as the kernel tells it (Linux's `/proc`; elsewhere zero).

use std::fs;
use std::sync::OnceLock;

use rustix::time::{ClockId, clock_gettime};

use crate::clock;

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Process {
    /// Processor time, microseconds.
    pub cpu_us: u64,
    /// Resident memory.
    pub resident_bytes: u64,
    /// Open files and sockets.
    pub open_files: usize,
    /// When it began to look, unix milliseconds: at its start, if [`begun`] is called there.
    pub started_ms: i64,
}

/// Remembers that the process begins now.
pub fn begun() -> i64 {
    static BEGUN: OnceLock<i64> = OnceLock::new();
    *BEGUN.get_or_init(clock::unix_ms)
}

/// What it uses now.
pub fn look() -> Process {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(spent.tv_sec).unwrap_or(0);
    let cpu_us = seconds * 1_000_000 + u64::try_from(spent.tv_nsec).unwrap_or(0) / 1_000;
    let pages = fs::read_to_string("/proc/self/statm").ok().and_then(|text| resident_pages(&text)).unwrap_or(0);
    let resident_bytes = pages.saturating_mul(rustix::param::page_size() as u64);
    // The folder is itself open while it is read.
    let open_files = fs::read_dir("/proc/self/fd").map_or(0, |files| files.count().saturating_sub(1));
    Process { cpu_us, resident_bytes, open_files, started_ms: begun() }
}

/// The second number of `/proc/PID/statm`.
fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_uses_is_something_and_of_the_right_size() {
        assert_eq!(resident_pages("117083 19466 3571 12 0 31187 0\n"), Some(19_466));
        assert_eq!((resident_pages(""), resident_pages("1 x")), (None, None));
        let before = look();
        let file = std::fs::File::open("/proc/self/statm").unwrap();
        let after = look();
        assert!(after.cpu_us >= before.cpu_us && after.started_ms == before.started_ms);
        assert!((1 << 20..1 << 36).contains(&after.resident_bytes), "{after:?}");
        assert!(after.open_files > 2, "{after:?}");
        drop(file);
    }
}
