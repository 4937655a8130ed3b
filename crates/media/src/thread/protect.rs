//! What stands between a leg's packets and the wire.

pub use srtp::OVERHEAD_MAX;

/// How a leg's packets are protected.
#[derive(Clone, Copy, Debug, Default)]
pub enum Protection {
    /// Not at all.
    #[default]
    Plain,
}
