//! Days of calls, generated or recorded, played through the real [`crate::Queue`] in simulated time: how plans are compared.
//!
//! A [`Day`] says what the queue cannot influence: when callers call, how long each would wait, talk and be written about, and who is
//! at work when. A [`Player`] is everything outside of the queue: it tells it what happens, does what its effects say, and has
//! the operators' hands pick up. Nothing of the queue is imitated.
//!
//! What a person does with a call is drawn from the day's seed, the call and the person alone, so that the same call meets the same
//! people's habits whatever the plan: plans are compared on equal luck.

mod day;
mod play;
mod random;
#[cfg(test)]
mod tests;

pub use day::{Arrival, Day, Habits, Length, OFFICE_HOURS, Person, Recorded, Rota, Shape};
pub use play::{Happened, Outcome, Player, Rules, Tally};
pub use random::Random;
