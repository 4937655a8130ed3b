//! A range of UDP ports, written `20000-29999`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Ports for RTP (even) and RTCP (the next). The first is even: carriers refuse odd RTP ports (JAPAN.md).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortRange {
    /// First port.
    pub first: u16,
    /// Last port.
    pub last: u16,
}

impl PortRange {
    /// For `for` loops and the switch.
    pub fn range(self) -> RangeInclusive<u16> {
        self.first..=self.last
    }

    /// How many legs can talk at once.
    pub fn legs(self) -> usize {
        (usize::from(self.last.saturating_sub(self.first)) + 1).div_euclid(2)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text
            .split_once('-')
            .and_then(|(first, last)| Some((first.trim().parse::<u16>().ok()?, last.trim().parse::<u16>().ok()?)));
        let Some((first, last)) = parsed else {
            return Err(format!("`{text}` is no range of ports: write FIRST-LAST, such as 20000-29999"));
        };
        if first % 2 != 0 {
            return Err(format!(
                "the first RTP port must be even, {first} is odd: write {}-{last}",
                first.saturating_sub(1)
            ));
        }
        if first < 1024 || last <= first {
            return Err(format!(
                "`{text}` is no usable range of ports: the first must be 1024 or more, and below the last"
            ));
        }
        Ok(Self { first, last })
    }
}

impl Serialize for PortRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PortRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
