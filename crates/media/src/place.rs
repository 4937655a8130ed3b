//! Where threads run, and who goes first.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Cores that this process may use, as the system numbers them.
pub fn cores() -> Vec<usize> {
    let allowed = sched_getaffinity(None).ok();
    allowed.map_or_else(Vec::new, |set| (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect())
}

/// The core for each of so many media threads: the last ones, for interrupts and other work gather on the first. None, where
/// a core of its own would not leave one for everything else, or there is only one thread: the system moves that one
/// away from whoever else wants its core.
pub fn own_cores(threads: usize, cores: &[usize]) -> Vec<usize> {
    if threads < 2 || cores.len() <= threads {
        return Vec::new();
    }
    cores.iter().rev().take(threads).copied().collect()
}

/// Keeps the calling thread on some cores; a wish, which a container may refuse.
pub fn stay_on(cores: &[usize]) {
    let mut set = CpuSet::new();
    for &core in cores.iter().filter(|&&core| core < CpuSet::MAX_CPU) {
        set.set(core);
    }
    if set.count() > 0
        && let Err(error) = sched_setaffinity(None, &set)
    {
        tracing::info!(?cores, %error, "a thread cannot be kept on its core");
    }
}

/// The calling thread goes before the rest of the process, if the system permits (CAP_SYS_NICE, or `LimitNICE=` of
/// systemd). Linux counts niceness by thread.
pub fn go_first() {
    if let Err(error) = rustix::process::nice(-5) {
        tracing::debug!(%error, "the media thread has no higher priority than the rest");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_threads_get_the_last_cores_if_one_is_left() {
        assert_eq!(own_cores(2, &[0, 1, 2, 5]), [5, 2]);
        assert_eq!(own_cores(3, &[0, 1, 2, 5]), [5, 2, 1]);
        for (threads, cores) in [(1, &[0, 1, 2][..]), (2, &[0, 1]), (4, &[0, 1]), (2, &[])] {
            assert!(own_cores(threads, cores).is_empty(), "{threads} of {cores:?}");
        }
    }

    #[test]
    fn a_thread_stays_where_it_was_told_to() {
        let Some(&core) = cores().last() else { return };
        let there = std::thread::spawn(move || {
            stay_on(&[core, usize::MAX]);
            cores()
        });
        assert_eq!(there.join().unwrap(), [core]);
    }
}
