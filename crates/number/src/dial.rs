//! What may be dialled outbound (RESILIENCE R03: refused unless it is plainly an ordinary Japanese number).

use crate::Number;

/// Why a number is not dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 110, 118, 119: from a phone of one's own.
    Emergency,
    /// 010, +, another country.
    International,
    /// 00XY: another carrier's prefix.
    CarrierPrefix,
    /// 0990 and the like.
    Premium,
    /// 0570.
    Navi,
    /// 020: a pager or a machine.
    Pager,
    /// 104, 117, 177 and other short codes.
    ShortCode,
    /// An extension, a name, too few or too many digits, a range that nobody has.
    NotANumber,
}

impl Refusal {
    /// What to tell the operator.
    pub fn advice(self) -> &'static str {
        todo!()
    }
}

/// Whether a number may be dialled at all. A policy narrows it further: only numbers registered for the customer.
pub fn judge(raw: &str) -> Result<Number, Refusal> {
    let _ = raw;
    todo!()
}
