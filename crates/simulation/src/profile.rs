//! How bad the world is: networks, phones and strangers of several kinds.

use crate::chance::Chance;

/// What one link does to datagrams, each way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weather {
    /// Lost, of a thousand.
    pub loss: u64,
    /// Doubled, of a thousand.
    pub doubled: u64,
    /// Shortest delay, milliseconds.
    pub delay_min_ms: u64,
    /// Longest usual delay, milliseconds. What is sent later may arrive sooner.
    pub delay_max_ms: u64,
    /// Held up much longer (up to [`LATE_MS_MAX`]), of a thousand.
    pub late: u64,
    /// Packets that begin a burst in which nearly all are lost, of a thousand.
    pub bursts: u64,
}

/// Longest delay of a packet that is held up, milliseconds: T4 of RFC 3261.
pub const LATE_MS_MAX: u64 = 5_000;
/// Length of a burst, milliseconds.
pub const BURST_MS_MAX: u64 = 3_000;

/// A kind of world.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Its name on the command line.
    pub name: &'static str,
    /// The worst weather; each link has something up to it.
    pub worst: Weather,
    /// Parties that speak over streams, of a hundred.
    pub streams: u64,
    /// A stream dies when something is sent over it, of ten thousand.
    pub deaths: u64,
    /// Whole seconds without any packet, in a history, of a hundred.
    pub partitions: u64,
    /// Phones that crash in a history, of a hundred.
    pub crashes: u64,
    /// Packets of strangers in a history.
    pub strangers: u64,
    /// Parties who misbehave (never acknowledge, fall silent), of a hundred calls.
    pub mischief: u64,
    /// The voice path fails (no port, no recording), of a thousand.
    pub voice_failures: u64,
}

const CALM: Weather = Weather { loss: 0, doubled: 0, delay_min_ms: 1, delay_max_ms: 20, late: 0, bursts: 0 };
const STORM: Weather = Weather { loss: 350, doubled: 250, delay_min_ms: 5, delay_max_ms: 1_500, late: 60, bursts: 20 };

/// All of them. A seed without a profile takes one of these by its own chance.
pub const PROFILES: [Profile; 6] = [
    Profile {
        name: "calm",
        worst: CALM,
        streams: 20,
        deaths: 0,
        partitions: 0,
        crashes: 0,
        strangers: 4,
        mischief: 0,
        voice_failures: 0,
    },
    Profile {
        name: "lossy",
        worst: Weather { loss: 150, doubled: 60, delay_max_ms: 300, late: 10, bursts: 5, ..STORM },
        streams: 20,
        deaths: 5,
        partitions: 10,
        crashes: 15,
        strangers: 6,
        mischief: 8,
        voice_failures: 10,
    },
    Profile {
        name: "slow",
        worst: Weather { loss: 30, doubled: 30, delay_min_ms: 200, delay_max_ms: 2_500, late: 100, bursts: 0 },
        streams: 20,
        deaths: 5,
        partitions: 0,
        crashes: 10,
        strangers: 2,
        mischief: 5,
        voice_failures: 5,
    },
    Profile {
        name: "storm",
        worst: STORM,
        streams: 15,
        deaths: 20,
        partitions: 30,
        crashes: 30,
        strangers: 6,
        mischief: 12,
        voice_failures: 20,
    },
    Profile {
        name: "streams",
        worst: Weather { loss: 50, delay_max_ms: 120, late: 5, bursts: 0, ..STORM },
        streams: 100,
        deaths: 150,
        partitions: 10,
        crashes: 25,
        strangers: 4,
        mischief: 8,
        voice_failures: 5,
    },
    Profile {
        name: "hostile",
        worst: Weather { loss: 60, delay_max_ms: 200, ..STORM },
        streams: 20,
        deaths: 10,
        partitions: 5,
        crashes: 60,
        strangers: 60,
        mischief: 35,
        voice_failures: 40,
    },
];

impl Profile {
    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        PROFILES.into_iter().find(|profile| profile.name == name)
    }

    /// The one that a seed has when nobody names one.
    pub fn of_seed(seed: u64) -> Self {
        let [first, others @ ..] = PROFILES;
        Chance::new(!seed).of(first, &others)
    }

    /// Something between fair and the worst, for one link.
    pub(crate) fn weather(&self, chance: &mut Chance) -> Weather {
        let share = chance.below(101);
        let some = |worst: u64| worst * share / 100;
        let Weather { loss, doubled, delay_min_ms, delay_max_ms, late, bursts } = self.worst;
        Weather {
            loss: some(loss),
            doubled: some(doubled),
            delay_min_ms: 1 + some(delay_min_ms),
            delay_max_ms: 2 + delay_min_ms + some(delay_max_ms),
            late: some(late),
            bursts: some(bursts),
        }
    }
}
