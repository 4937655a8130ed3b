//! The promise (F03): how many of today's callers a person has answered within two rings and within three, in all and per hour,
//! team and firm.
//!
//! A ring of a Japanese phone takes three seconds (one of sound, two of silence). The time counts from our first 180 to our 200
//! for which a person has picked up; a day is Japan's. A caller who gave up counts as not answered, however soon it was, and so
//! does one whom we lost: what cannot be counted for us is counted against us. So does a call back: it counts with the wait until
//! a person speaks with the caller after all. Only callers who got what their firm has ordered instead of a person (an
//! announcement or the message box on a closed day, a message left in the box on any) count neither way.

pub mod certificate;
pub mod staffing;
mod tally;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::media::Recording;

use tally::Tally;
pub use tally::{Figures, percent};

/// One ring: a second of sound, two of silence.
pub const RING: Duration = Duration::from_secs(3);
/// The same in milliseconds.
pub const RING_MS: i64 = 3_000;
/// Two rings, milliseconds: what the best firms keep to. Answered within means in less.
pub const TWO_RINGS_MS: i64 = 6_000;
/// Three rings, milliseconds: the promise.
pub const THREE_RINGS_MS: i64 = 9_000;

/// Firms that have figures of their own; calls of further ones count in all but that.
pub const FIRMS_MAX: usize = 50_000;
/// Teams that have figures of their own.
pub const TEAMS_MAX: usize = 256;
/// [`Event::Promise`](crate::Event::Promise) is told no more often than this.
pub const TELL_EVERY: Duration = Duration::from_secs(1);
/// Upper bounds of what [`Counters::answered_within`] counts, milliseconds; the last place counts all.
pub const WITHIN_MS: [i64; 9] = [3_000, TWO_RINGS_MS, THREE_RINGS_MS, 12_000, 15_000, 20_000, 30_000, 60_000, 120_000];

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// Japan is nine hours ahead of UTC, and has had no summer time since 1951.
const JAPAN_MS: i64 = 9 * HOUR_MS;
const HOURS: usize = 24;

/// Endings of calls whose callers were served as their firm had ordered, although no person answered.
/// `no_message` is a closed firm's alone: who is silent after an open firm's tone has given up like one who hangs up there.
pub const SERVED_OTHERWISE: [&str; 3] = ["closed", "message_left", "no_message"];

/// What became of a caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A person answered.
    Answered {
        /// From our first 180, milliseconds.
        wait_ms: i64,
    },
    /// Nobody did: the caller gave up, or was lost.
    Abandoned,
    /// Served as the firm had ordered, without a person.
    Otherwise,
}

impl Outcome {
    /// Of a call that is over: `wait_ms` if a person answered, and the word for its end.
    pub fn of(wait_ms: Option<i64>, ending: &str) -> Self {
        match wait_ms {
            Some(wait_ms) => Self::Answered { wait_ms },
            None if SERVED_OTHERWISE.contains(&ending) => Self::Otherwise,
            None => Self::Abandoned,
        }
    }
}

/// A caller's visit that is over, as a record tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visit {
    /// INVITE, unix milliseconds.
    pub arrived_ms: i64,
    /// Firm; `None`: unknown number.
    pub customer: Option<i64>,
    /// What became of it.
    pub outcome: Outcome,
    /// From our first 180 to the operator's first words, as recorded; `None`: not known.
    pub ear_ms: Option<i64>,
}

/// Whose call it is: what its figures are listed under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose<'a> {
    /// INVITE, unix milliseconds.
    pub(crate) arrived_ms: i64,
    pub(crate) customer: Option<i64>,
    pub(crate) team: Option<&'a str>,
}

/// What has happened since the process began: numbers that only grow, for those who look now and then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Callers whom we took.
    pub arrived: u64,
    /// A person answered them,
    pub answered: u64,
    /// of these within [`WITHIN_MS`], each place with those before it,
    pub answered_within: [u64; WITHIN_MS.len()],
    /// after so many milliseconds in all.
    pub answered_ms: u64,
    /// Nobody did.
    pub abandoned: u64,
    /// Served without a person, as ordered.
    pub otherwise: u64,
    /// RTP packets of closed legs: that came,
    pub rtp_received: u64,
    /// that should have come and did not.
    pub rtp_lost: u64,
    /// Recordings that are complete,
    pub recordings: u64,
    /// and those of which something is missing or wrong.
    pub recordings_failed: u64,
    /// Alarms raised by calls.
    pub alarms: u64,
}

impl Counters {
    /// A recording is complete.
    pub(crate) fn recorded(&mut self, recording: &Recording) {
        let whole = recording.fault.is_empty() && recording.gaps.is_empty();
        *(if whole { &mut self.recordings } else { &mut self.recordings_failed }) += 1;
    }
}

/// Today's figures.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Today {
    /// Beginning of the day in Japan, unix milliseconds.
    pub from_ms: i64,
    /// All calls.
    pub total: Figures,
    /// By hour of arrival, hours without calls left out.
    pub hours: Vec<HourFigures>,
    /// By team, in order of their names.
    pub teams: Vec<TeamFigures>,
    /// By firm, as many as were asked for: those first that had the most callers not answered within three rings.
    pub firms: Vec<FirmFigures>,
    /// Callers who wait now.
    pub waiting: usize,
    /// How long the first of them has waited, milliseconds; 0: nobody waits.
    pub longest_waiting_ms: i64,
}

/// Figures of an hour.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HourFigures {
    /// From 0 to 23, Japan's.
    pub hour: u8,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of a team.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TeamFigures {
    /// Its name.
    pub team: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of a firm.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FirmFigures {
    /// Row; `None`: numbers in no table.
    pub customer: Option<i64>,
    /// Name now.
    pub name: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Promise {
    /// Days since 1970 in Japan; calls of another day do not count.
    day: i64,
    total: Tally,
    hours: [Tally; HOURS],
    teams: BTreeMap<String, Tally>,
    firms: BTreeMap<Option<i64>, Tally>,
    /// Every firm of `firms`, those first whose callers were let down most: so that no look sorts them all.
    worst: BTreeSet<(Reverse<u32>, Option<i64>)>,
    pub(crate) counters: Counters,
    telling: Telling,
}

/// When the figures are told.
#[derive(Debug, Default)]
struct Telling {
    /// They have changed since they were told.
    changed: bool,
    /// When they were told last.
    told: Option<Instant>,
}

impl Promise {
    /// A caller hears our 180.
    pub(crate) fn offered(&mut self, whose: Whose<'_>) {
        self.counters.arrived += 1;
        self.count(whose, Tally::offered);
    }

    /// What became of the caller.
    pub(crate) fn ended(&mut self, whose: Whose<'_>, outcome: Outcome) {
        let counters = &mut self.counters;
        match outcome {
            Outcome::Answered { wait_ms } => {
                counters.answered += 1;
                counters.answered_ms += u64::try_from(wait_ms).unwrap_or(0);
                for (count, within) in counters.answered_within.iter_mut().zip(WITHIN_MS) {
                    *count += u64::from(wait_ms < within);
                }
            }
            Outcome::Abandoned => counters.abandoned += 1,
            Outcome::Otherwise => counters.otherwise += 1,
        }
        self.count(whose, |tally| tally.ended(outcome));
    }

    /// Takes up the day where an earlier process left it: its visits that are over. `team` knows a firm's.
    pub(crate) fn restore<'a>(&mut self, now_ms: i64, visits: &[Visit], team: impl Fn(Option<i64>) -> Option<&'a str>) {
        self.roll(day_of(now_ms));
        for visit in visits {
            let whose = Whose { arrived_ms: visit.arrived_ms, customer: visit.customer, team: team(visit.customer) };
            self.count(whose, |tally| {
                tally.offered();
                tally.ended(visit.outcome);
            });
        }
    }

    /// Today's figures, with the worst `firms_max` firms; who waits is for others to say.
    pub(crate) fn today(&self, now_ms: i64, firms_max: usize, name: impl Fn(i64) -> String) -> Today {
        if self.day != day_of(now_ms) {
            return Today { from_ms: day_begins_ms(now_ms), ..Today::default() };
        }
        let hours = (0..).zip(&self.hours).filter(|(_, tally)| !tally.is_empty());
        let teams = self.teams.iter();
        let worst = self.worst.iter().take(firms_max);
        let firms = worst.filter_map(|(_, firm)| Some((*firm, self.firms.get(firm)?)));
        Today {
            from_ms: day_begins_ms(now_ms),
            total: self.total.figures(),
            hours: hours.map(|(hour, tally)| HourFigures { hour, figures: tally.figures() }).collect(),
            teams: teams.map(|(team, tally)| TeamFigures { team: team.clone(), figures: tally.figures() }).collect(),
            firms: firms
                .map(|(customer, tally)| FirmFigures {
                    customer,
                    name: customer.map(&name).unwrap_or_default(),
                    figures: tally.figures(),
                })
                .collect(),
            waiting: 0,
            longest_waiting_ms: 0,
        }
    }

    /// All calls of today.
    pub(crate) fn total(&self, now_ms: i64) -> Figures {
        if self.day == day_of(now_ms) { self.total.figures() } else { Figures::default() }
    }

    /// Something that is told with the figures has changed.
    pub(crate) fn touch(&mut self) {
        self.telling.changed = true;
    }

    /// Whether the figures are to be told now; they count as told then. At most once in [`TELL_EVERY`].
    pub(crate) fn is_to_tell(&mut self, now: Instant) -> bool {
        let due = self.due().is_some_and(|due| due <= now) || (self.telling.changed && self.telling.told.is_none());
        if due {
            self.telling = Telling { changed: false, told: Some(now) };
        }
        due
    }

    /// When they are to be told, if they have changed.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.telling.told.filter(|_| self.telling.changed).map(|told| told + TELL_EVERY)
    }

    /// Counts in all the tallies that the call belongs to.
    fn count(&mut self, whose: Whose<'_>, count: impl Fn(&mut Tally)) {
        let day = day_of(whose.arrived_ms);
        if day > self.day {
            self.roll(day);
        }
        if day != self.day {
            return;
        }
        self.touch();
        count(&mut self.total);
        let hour = (whose.arrived_ms.saturating_add(JAPAN_MS)).rem_euclid(DAY_MS) / HOUR_MS;
        if let Some(tally) = usize::try_from(hour).ok().and_then(|hour| self.hours.get_mut(hour)) {
            count(tally);
        }
        if self.firms.len() < FIRMS_MAX || self.firms.contains_key(&whose.customer) {
            let tally = self.firms.entry(whose.customer).or_default();
            self.worst.remove(&(Reverse(tally.broken()), whose.customer));
            count(tally);
            self.worst.insert((Reverse(tally.broken()), whose.customer));
        }
        let Some(team) = whose.team else { return };
        if self.teams.len() < TEAMS_MAX || self.teams.contains_key(team) {
            count(self.teams.entry(team.to_owned()).or_default());
        }
    }

    /// Midnight has passed: the figures are told, although nobody has called yet.
    pub(crate) fn day_begins(&mut self, now_ms: i64) {
        self.roll(day_of(now_ms));
    }

    /// A new day begins with nothing.
    fn roll(&mut self, day: i64) {
        if day > self.day {
            let counters = self.counters;
            let telling = std::mem::take(&mut self.telling);
            *self = Self { day, counters, telling, ..Self::default() };
            self.touch();
        }
    }
}

/// The day in Japan, counted from 1970.
fn day_of(unix_ms: i64) -> i64 {
    unix_ms.saturating_add(JAPAN_MS).div_euclid(DAY_MS)
}

/// The beginning of that day in Japan, unix milliseconds.
pub fn day_begins_ms(unix_ms: i64) -> i64 {
    day_of(unix_ms).saturating_mul(DAY_MS).saturating_sub(JAPAN_MS)
}

#[cfg(test)]
mod tests;
