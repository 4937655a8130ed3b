//! What may be dialled outbound (RESILIENCE R03: refused, unless it is plainly an ordinary Japanese number).

use crate::digits::Digits;
use crate::parse::without_caller_id_prefix;
use crate::{JAPAN, Kind, Number};
use std::fmt;

/// Police, coast guard, fire and ambulance.
const EMERGENCY: [&str; 3] = ["110", "118", "119"];

/// Services of the networks with three digits: directory, time, weather, faults, telegrams, message boards, …
const SHORT_CODES: &str = "104 106 108 111 113 114 115 116 117 121 122 125 136 141 142 143 144 145 146 147 148 149 151 \
                           152 157 159 161 162 163 164 165 166 167 168 169 171 177 178 184 186 188 189 112 911 999";

/// Why a number is not dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 110, 118, 119.
    Emergency,
    /// 010, +, another country.
    International,
    /// 00XY: another carrier's prefix.
    CarrierPrefix,
    /// 0990.
    Premium,
    /// 0570.
    Navi,
    /// 020: a pager or a machine.
    Pager,
    /// 104, 117, 177, #7119 and other short codes.
    ShortCode,
    /// An extension, a name, too few or too many digits, a range that is not in use.
    NotANumber,
}

impl Refusal {
    /// What to tell the operator.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Emergency => {
                "Emergency calls are never made over this switchboard: it cannot tell them where the caller is. \
                 Use a telephone of your own."
            }
            Self::International => "Calls to other countries are not allowed.",
            Self::CarrierPrefix => "Leave out the carrier prefix (00XY).",
            Self::Premium => "0990 numbers are not allowed: they cost extra.",
            Self::Navi => "0570 numbers are not allowed: they cost extra by the minute.",
            Self::Pager => "That is the number of a pager or a machine.",
            Self::ShortCode => "Service codes are not allowed. Use a telephone of your own.",
            Self::NotANumber => "That is not a complete Japanese telephone number.",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.advice())
    }
}

impl std::error::Error for Refusal {}

/// Whether a number may be dialled at all: only fixed lines, mobiles, IP telephones and free numbers of Japan. Policy
/// narrows it further, to the numbers that are registered for the customer.
pub fn judge(raw: &str) -> Result<Number, Refusal> {
    if raw.contains(['#', '*', '＃', '＊']) {
        return Err(Refusal::ShortCode);
    }
    let digits = Digits::read(raw).map_err(|_| Refusal::NotANumber)?;
    let (_, rest) = without_caller_id_prefix(&digits);
    if EMERGENCY.contains(&rest) {
        return Err(Refusal::Emergency);
    }
    if SHORT_CODES.split(' ').any(|code| code == rest) {
        return Err(Refusal::ShortCode);
    }
    if !digits.plus && rest.starts_with("00") {
        return Err(Refusal::CarrierPrefix);
    }
    let foreign = if digits.plus { Some(rest) } else { rest.strip_prefix("010") };
    if foreign.is_some_and(|foreign| !foreign.starts_with("81")) {
        return Err(Refusal::International);
    }
    let number = Number::parse(raw, JAPAN).map_err(|_| Refusal::NotANumber)?;
    match number.kind() {
        Kind::FixedLine | Kind::Mobile | Kind::VoIp | Kind::TollFree => Ok(number),
        Kind::Navi => Err(Refusal::Navi),
        Kind::Premium => Err(Refusal::Premium),
        Kind::Pager => Err(Refusal::Pager),
        Kind::International => Err(Refusal::International),
        Kind::Unassigned => Err(Refusal::NotANumber),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r03_only_ordinary_japanese_numbers_are_dialled() {
        for raw in
            ["0312345678", "+81 90-1234-5678", "050-1234-5678", "0120-511-139", "184 090 1234 5678", "819012345678"]
        {
            assert!(judge(raw).is_ok(), "{raw}");
        }
        for (raw, refusal) in [
            ("110", Refusal::Emergency),
            ("１１９", Refusal::Emergency),
            ("118;user=phone", Refusal::Emergency),
            ("184110", Refusal::Emergency),
            ("010 1 415 555 0123", Refusal::International),
            ("+1 900 555 0123", Refusal::International),
            ("+19005550123", Refusal::International),
            ("184+19005550123", Refusal::International),
            ("010", Refusal::International),
            ("0091-20-5551234", Refusal::CarrierPrefix),
            ("0033-010-44-1234567", Refusal::CarrierPrefix),
            ("001-1-415-555-0123", Refusal::CarrierPrefix),
            ("0077-03-1234-5678", Refusal::CarrierPrefix),
            ("0570-000-111", Refusal::Navi),
            ("+81 570 000 111", Refusal::Navi),
            ("0990-123-456", Refusal::Premium),
            ("010 81 990 123 456", Refusal::Premium),
            ("020-1234-5678", Refusal::Pager),
            ("104", Refusal::ShortCode),
            ("117", Refusal::ShortCode),
            ("177", Refusal::ShortCode),
            ("#7119", Refusal::ShortCode),
            ("*67", Refusal::ShortCode),
            ("101", Refusal::NotANumber),
            ("19005550123", Refusal::NotANumber),
            ("03-1234-567", Refusal::NotANumber),
            ("0400-12-3456", Refusal::NotANumber),
            ("hanako", Refusal::NotANumber),
            ("", Refusal::NotANumber),
        ] {
            assert_eq!(judge(raw), Err(refusal), "{raw}");
            assert!(!refusal.advice().is_empty());
        }
    }
}
