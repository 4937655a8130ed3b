//! Calls as stories: one line in, exactly these lines out. Time passes by adding to `now`.

mod announcing;
mod calling_back;
mod chaos;
mod closed_days;
mod delivery;
mod dial_ins;
mod dialled;
mod firms;
mod house;
mod messages;
mod notices;
mod passing;
mod past;
mod promise;
mod repeating;
mod reports;
mod supervising;
mod talk;
mod tape;
mod trunks;
mod widening;

pub(crate) use firms::directory as house_directory;

/// When a test begins.
#[allow(clippy::disallowed_methods, reason = "a test has to begin at some moment; from there, time passes by adding")]
pub(crate) fn some_moment() -> std::time::Instant {
    std::time::Instant::now()
}
