//! How many files and sockets this process may have open: each connection is one, each call several.

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::config::Config;

/// A call: RTP and RTCP of two legs, and its recording.
const PER_CALL: u64 = 5;
/// Database, journal, listeners, pages, logs.
const ALWAYS: u64 = 256;

/// As many as the configuration lets there be at once.
pub fn needed(config: &Config) -> u64 {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let calls = count(config.sip.calls_max).saturating_mul(PER_CALL);
    calls.saturating_add(count(config.sip.connections_max)).saturating_add(ALWAYS)
}

/// As many as the system ever lets this process have; `u64::MAX`: it sets no limit.
pub fn most() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// Takes all that the system gives. The usual 1024, for programs that still use select(2), are a hundred calls.
pub fn raise() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_takes_all_the_descriptors_it_may_have() {
        raise();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        let mut config = Config::default();
        let before = needed(&config);
        config.sip.calls_max += 10;
        config.sip.connections_max += 1;
        assert_eq!(needed(&config), before + 51);
    }
}
