//! A day: who calls when, and who is there.

use super::Random;
use std::time::Duration;

/// How many callers an office day has at each hour, as a multiple of its mean; straight lines between. Up to the middle of the morning,
/// again before lunch, again after it, and down to the evening: the course that answering services and the offices they
/// work for see.
pub const OFFICE_HOURS: &[(f64, f64)] = &[
    (8.5, 0.35),
    (9.0, 0.95),
    (10.0, 1.45),
    (11.0, 1.25),
    (11.75, 1.45),
    (12.25, 0.85),
    (12.75, 0.85),
    (13.25, 1.50),
    (14.0, 1.30),
    (15.0, 1.05),
    (16.0, 1.05),
    (17.0, 0.95),
    (18.0, 0.45),
    (18.5, 0.15),
];

/// A random length: lognormal, as talks at call centers are (Brown et al., *Statistical analysis of a telephone call center*, 2005).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Length {
    /// Half are shorter.
    pub median: Duration,
    /// Deviation of the logarithm; 0.5: two of three lie between 0.6 and 1.65 of the median.
    pub spread: f64,
}

impl Length {
    /// One such length.
    pub fn draw(self, random: &mut Random) -> Duration {
        self.median.mul_f64((self.spread * random.normal()).clamp(-5.0, 5.0).exp())
    }

    /// The mean of all.
    pub fn mean(self) -> Duration {
        self.median.mul_f64((self.spread * self.spread / 2.0).exp())
    }
}

/// How people at the phones are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habits {
    /// From ringing to picking up.
    pub pick_up: Length,
    /// Share of calls that a person does not hear: away from the desk, on the other phone.
    pub misses: f64,
    /// Share that they refuse, after a second or two.
    pub refuses: f64,
}

/// Who is at work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rota {
    /// Operators in all, in three shifts of equal size: all day, the first half, the second half.
    pub operators: u16,
    /// Supervisors, there all day.
    pub supervisors: u16,
    /// Managers, there all day.
    pub managers: u16,
}

/// What a generated day is like.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Calls on the mean of such days.
    pub calls: u32,
    /// Client firms that they are for; the n-th has 1/n as many as the first.
    pub customers: u32,
    /// Who is there.
    pub rota: Rota,
    /// How long operators and callers talk.
    pub talk: Length,
    /// How long operators write afterwards.
    pub wrap_up: Length,
    /// How long callers would wait on average; exponential.
    pub patience: Duration,
    /// Operators.
    pub operators: Habits,
    /// Supervisors and managers, who have other work.
    pub helpers: Habits,
}

impl Default for Shape {
    /// The day of the claim: 2,000 calls, 30 operators, 4 supervisors, 2 managers. In its peaks there is about as much work as there
    /// are people, as in every service that does not waste them.
    fn default() -> Self {
        Self {
            calls: 2_000,
            customers: 200,
            rota: Rota { operators: 30, supervisors: 4, managers: 2 },
            talk: Length { median: Duration::from_secs(105), spread: 0.65 },
            wrap_up: Length { median: Duration::from_secs(70), spread: 0.55 },
            patience: Duration::from_secs(90),
            operators: Habits {
                pick_up: Length { median: Duration::from_millis(2_300), spread: 0.45 },
                misses: 0.03,
                refuses: 0.01,
            },
            helpers: Habits {
                pick_up: Length { median: Duration::from_millis(2_900), spread: 0.45 },
                misses: 0.10,
                refuses: 0.05,
            },
        }
    }
}

/// One caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Since midnight.
    pub at: Duration,
    /// For which client firm.
    pub customer: u64,
    /// How long the caller waits before hanging up.
    pub patience: Duration,
    /// How long they talk if answered.
    pub talk: Duration,
    /// How long the operator writes then.
    pub wrap_up: Duration,
}

/// Somebody at a phone.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Operator, supervisor or manager.
    pub tier: crate::Tier,
    /// When they are there, since midnight; between two such times is a break.
    pub there: Vec<(Duration, Duration)>,
    /// How slowly they pick up, as a multiple.
    pub slowness: f64,
    /// What else they are like.
    pub habits: Habits,
}

/// A day.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Everything that is drawn while it is played comes from this.
    pub seed: u64,
    /// In order of time.
    pub arrivals: Vec<Arrival>,
    /// People; the n-th is [`crate::OperatorId`] n + 1.
    pub people: Vec<Person>,
}

/// A call of the past, as far as it says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Since midnight.
    pub at: Duration,
    /// For which client firm.
    pub customer: u64,
    /// From the first ring to the answer, or to where the caller hung up.
    pub wait: Duration,
    /// How long they talked; `None` if nobody answered.
    pub talk: Option<Duration>,
    /// How long the operator wrote; `None` if that is not known.
    pub wrap_up: Option<Duration>,
}

impl Day {
    /// A day of that shape.
    pub fn generate(shape: &Shape, seed: u64) -> Self {
        let mut random = Random::named(seed, [0, 0, 0, 0]);
        let arrivals = arrivals(shape, &mut random);
        Self { seed, arrivals, people: people(shape, &mut random) }
    }

    /// A day of recorded calls, with people of that shape.
    ///
    /// A record says how long a caller who was answered talked, and how long one who was not would wait; the other half is drawn: the
    /// talk of an unanswered caller is that of another call of the day, the patience of an answered one is what they waited and
    /// as much again as the shape says (exponential patience has no memory). A wrap-up that is not known is drawn from the shape.
    pub fn recorded(calls: &[Recorded], shape: &Shape, seed: u64) -> Self {
        let mut random = Random::named(seed, [1, 0, 0, 0]);
        let talks: Vec<Duration> = calls.iter().filter_map(|call| call.talk).collect();
        let mut arrivals: Vec<Arrival> = Vec::with_capacity(calls.len());
        for call in calls {
            let other = talks.get(random.index(talks.len())).copied();
            let drawn = shape.talk.draw(&mut random);
            let more = if call.talk.is_some() { shape.patience.mul_f64(random.exponential()) } else { Duration::ZERO };
            let wrap_up = shape.wrap_up.draw(&mut random);
            arrivals.push(Arrival {
                at: call.at,
                customer: call.customer,
                patience: call.wait + more,
                talk: call.talk.or(other).unwrap_or(drawn),
                wrap_up: call.wrap_up.unwrap_or(wrap_up),
            });
        }
        arrivals.sort_by_key(|arrival| arrival.at);
        Self { seed, arrivals, people: people(shape, &mut random) }
    }
}

fn hours(hours: f64) -> Duration {
    Duration::from_secs_f64(hours * 3_600.0)
}

/// The course of the day at an hour.
fn course(hour: f64) -> f64 {
    let after = OFFICE_HOURS.windows(2).find_map(|pair| match pair {
        [(from, low), (to, high)] if (*from..*to).contains(&hour) => {
            Some(low + (high - low) * (hour - from) / (to - from))
        }
        _ => None,
    });
    after.unwrap_or(0.0)
}

fn area() -> f64 {
    let piece = |pair: &[(f64, f64)]| match pair {
        [(from, low), (to, high)] => (to - from) * (low + high) / 2.0,
        _ => 0.0,
    };
    OFFICE_HOURS.windows(2).map(piece).sum()
}

/// A Poisson process whose rate follows the course of the day, by thinning (Lewis and Shedler 1979).
fn arrivals(shape: &Shape, random: &mut Random) -> Vec<Arrival> {
    let (Some((opens, _)), Some((closes, _))) = (OFFICE_HOURS.first(), OFFICE_HOURS.last()) else { return Vec::new() };
    let top = OFFICE_HOURS.iter().map(|(_, share)| *share).fold(0.0, f64::max);
    let per_hour = f64::from(shape.calls) / area();
    let mut arrivals = Vec::new();
    let mut hour = *opens + random.exponential() / (per_hour * top); // endless if there are no calls at all
    while hour < *closes {
        if random.happens(course(hour) / top) {
            arrivals.push(Arrival {
                at: hours(hour),
                customer: customer(shape.customers, random),
                patience: shape.patience.mul_f64(random.exponential()),
                talk: shape.talk.draw(random),
                wrap_up: shape.wrap_up.draw(random),
            });
        }
        hour += random.exponential() / (per_hour * top);
    }
    arrivals
}

/// One of `count`, the n-th about 1/n as often as the first: the continuous form of Zipf's law.
fn customer(count: u32, random: &mut Random) -> u64 {
    (f64::from(count) + 1.0).powf(random.unit()) as u64
}

fn people(shape: &Shape, random: &mut Random) -> Vec<Person> {
    let mut people = Vec::new();
    let mut add = |tier, there: Vec<(Duration, Duration)>, habits| {
        people.push(Person { tier, there, slowness: (0.15 * random.normal()).clamp(-0.5, 0.5).exp(), habits });
    };
    let rota = shape.rota;
    for place in 0..rota.operators {
        let turn = f64::from(place / 3 % 4);
        let there = match place % 3 {
            // The whole day: an hour for lunch, a quarter of them at a time from 11:30 on.
            0 => vec![(8.5, 11.5 + 0.5 * turn), (12.5 + 0.5 * turn, 18.5)],
            // The first half, with a break in the morning.
            1 => vec![(8.5, 10.5 + 0.25 * turn), (10.75 + 0.25 * turn, 13.5)],
            // The second half, with a break in the afternoon.
            _ => vec![(12.5, 15.0 + 0.25 * turn), (15.25 + 0.25 * turn, 18.5)],
        };
        add(
            crate::Tier::Operator,
            there.into_iter().map(|(from, to)| (hours(from), hours(to))).collect(),
            shape.operators,
        );
    }
    let all_day = vec![(hours(8.5), hours(18.5))];
    for _ in 0..rota.supervisors {
        add(crate::Tier::Supervisor, all_day.clone(), shape.helpers);
    }
    for _ in 0..rota.managers {
        add(crate::Tier::Manager, all_day.clone(), shape.helpers);
    }
    people
}
