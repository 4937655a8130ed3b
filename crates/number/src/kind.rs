//! What sort of number it is.

use crate::areas;

/// Kinds of number that a switchboard treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 0AB-J.
    FixedLine,
    /// 060 (since December 2024), 070, 080, 090.
    Mobile,
    /// 050.
    VoIp,
    /// 0120, 0800: the called party pays.
    TollFree,
    /// 0570: the caller pays by the minute.
    Navi,
    /// 0990: the caller pays for the content.
    Premium,
    /// 020, 0200: pagers and machines.
    Pager,
    /// Another country's.
    International,
    /// Of the right length, but in no range that is in use.
    Unassigned,
}

impl Kind {
    /// Of a Japanese number by its digits after the 0, whose length is right.
    pub(crate) fn of_japanese(significant: &str) -> Self {
        let begins = |prefix: &str| significant.starts_with(prefix);
        let three_ones: [(&str, Self); 4] =
            [("120", Self::TollFree), ("800", Self::TollFree), ("570", Self::Navi), ("990", Self::Premium)];
        if let Some((_, kind)) = three_ones.into_iter().find(|(prefix, _)| begins(prefix)) {
            return kind;
        }
        if begins("20") {
            return Self::Pager;
        }
        let two_digits: [(&str, Self); 5] = [
            ("50", Self::VoIp),
            ("60", Self::Mobile),
            ("70", Self::Mobile),
            ("80", Self::Mobile),
            ("90", Self::Mobile),
        ];
        if let Some((_, kind)) = two_digits.into_iter().find(|(prefix, _)| begins(prefix)) {
            // The digit after 0X0 is never 0: 0500… and the like are not given out.
            return if significant.as_bytes().get(2) == Some(&b'0') { Self::Unassigned } else { kind };
        }
        let six = significant.get(..6).and_then(|six| six.parse().ok());
        match six.and_then(areas::area_code_length) {
            Some(_) => Self::FixedLine,
            None => Self::Unassigned,
        }
    }
}
