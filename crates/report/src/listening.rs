//! What a firm has ordered of its recordings (F43, F51, F52): its recipients hear their own calls by a link in the report, as long
//! and as often as the plan says.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::japan;

/// Longest time that a link can be used, hours: recordings are kept for half a year (F54).
pub const HOURS_MAX: u32 = 183 * 24;
/// Most sittings that a plan can name.
pub const TIMES_MAX: u32 = 1_000;

/// Whether a firm's reports have a link to their call's recording, and how long and how often it can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomerListening)]
#[serde(default, deny_unknown_fields)]
pub struct Listening {
    /// They have one.
    pub on: bool,
    /// It can be used for so many hours after the report was sent, at any time of day.
    pub hours: u32,
    /// So many sittings (listening again within half an hour is the same one); 0: as many as one likes.
    pub times_max: u32,
}

impl Default for Listening {
    fn default() -> Self {
        Self { on: false, hours: 30 * 24, times_max: 0 }
    }
}

impl Listening {
    /// Until when the link of a report that was sent at this moment can be used, Unix milliseconds; `None`: not at all.
    pub fn until_ms(&self, sent_ms: i64) -> Option<i64> {
        self.on.then(|| sent_ms.saturating_add(i64::from(self.hours) * japan::HOUR_MS))
    }

    /// Whether there may be one more sitting after so many.
    pub fn has_more(&self, times: u32) -> bool {
        self.times_max == 0 || times < self.times_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f52_as_long_and_as_often_as_the_plan_says() {
        assert_eq!(Listening::default().until_ms(0), None, "nobody hears what was not ordered");
        let plan = Listening { on: true, hours: 24, times_max: 2 };
        assert_eq!(plan.until_ms(1_000), Some(1_000 + 86_400_000));
        assert_eq!([0, 1, 2, 3].map(|times| plan.has_more(times)), [true, true, false, false]);
        assert!(Listening { times_max: 0, ..plan }.has_more(u32::MAX), "any number of times");
    }
}
