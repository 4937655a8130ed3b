//! What sort of number it is.

/// Kinds of number that a switchboard treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 0AB-J.
    FixedLine,
    /// 060, 070, 080, 090.
    Mobile,
    /// 050.
    VoIp,
    /// 0120, 0800: the called party pays.
    TollFree,
    /// 0570: the caller pays by the minute.
    Navi,
    /// 0990 and the like.
    Premium,
    /// 020, 0200: pagers and machines.
    Pager,
    /// Another country's.
    International,
    /// Within Japan's country code, but in no range that is in use.
    Unassigned,
}
