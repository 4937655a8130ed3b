//! Port numbers that nobody else on this machine uses now, and that no two tests of this process are given.

use std::net::{TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

static NEXT: AtomicU16 = AtomicU16::new(0);

/// `count` neighbouring ports from an even one on, free for UDP and TCP.
pub fn free_block(count: u16) -> u16 {
    // Below the range that Linux gives to outgoing sockets, spread by process so that two test binaries do not meet.
    const FIRST: u16 = 10_000;
    const LAST: u16 = 32_000;
    if NEXT.load(Ordering::Relaxed) == 0 {
        let spread = (std::process::id() as u16 % 200) * 100;
        let _ = NEXT.compare_exchange(0, FIRST + spread, Ordering::Relaxed, Ordering::Relaxed);
    }
    let step = count.div_ceil(10) * 10;
    for _ in 0..3000 {
        // Beyond the end it begins anew, in one step: no two callers are given one block.
        let after = |first: u16| if first > LAST { FIRST + step } else { first + step };
        let taken = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |first| Some(after(first)));
        let first = taken.map_or(FIRST, |first| if first > LAST { FIRST } else { first });
        let free = |p: u16| UdpSocket::bind(("127.0.0.1", p)).is_ok() && TcpListener::bind(("127.0.0.1", p)).is_ok();
        if (first..first + count).all(free) {
            return first;
        }
    }
    panic!("no free ports");
}

/// One port, free for TCP.
pub fn free_tcp() -> u16 {
    free_block(1)
}
