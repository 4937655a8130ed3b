//! Sources that an administrator has shut out by hand: address blocks, each perhaps with an end.

use std::net::IpAddr;
use std::time::Instant;

/// Blocks that are kept: a look at each costs every packet of a stranger.
pub const SHUT_MAX: usize = 200;

/// An address block whose packets are dropped unread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shut {
    /// Its first address.
    pub network: IpAddr,
    /// Bits that all its addresses share.
    pub prefix: u8,
    /// Until when; `None`: until it is taken away.
    pub until: Option<Instant>,
}

impl Shut {
    /// Is this address in the block?
    pub fn has(&self, address: IpAddr) -> bool {
        block_has(self.network, self.prefix, address)
    }

    pub(crate) fn holds(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// Whether an address is in a block. An IPv4 address that is written as an IPv6 one (RFC 4291 section 2.5.5.2) is an IPv4 address.
pub fn block_has(network: IpAddr, prefix: u8, address: IpAddr) -> bool {
    match (network.to_canonical(), address.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32_u32.saturating_sub(u32::from(prefix));
            let same = |bits: u32| bits.checked_shr(shift).unwrap_or(0);
            same(network.to_bits()) == same(address.to_bits())
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128_u32.saturating_sub(u32::from(prefix));
            let same = |bits: u128| bits.checked_shr(shift).unwrap_or(0);
            same(network.to_bits()) == same(address.to_bits())
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_its_own_addresses_and_no_others() {
        let has = |network: &str, prefix, address: &str| {
            block_has(network.parse().unwrap(), prefix, address.parse().unwrap())
        };
        for (network, prefix, inside, outside) in [
            ("203.0.113.0", 24, "203.0.113.255", "203.0.114.0"),
            ("203.0.113.66", 32, "203.0.113.66", "203.0.113.67"),
            ("203.0.113.66", 32, "::ffff:203.0.113.66", "2001:db8::1"),
            ("2001:db8::", 32, "2001:db8:ffff::1", "2001:db9::1"),
            ("2001:db8::7", 128, "2001:db8::7", "2001:db8::8"),
        ] {
            assert!(has(network, prefix, inside) && !has(network, prefix, outside), "{network}/{prefix}");
        }
        assert!(has("0.0.0.0", 0, "198.51.100.1"));
    }
}
