//! The whole switch under a bad network, in simulated time.
//!
//! A *history* is one seed: callers, operators' phones, mobiles, strangers and desks do what chance says for some minutes of
//! simulated time, over links that lose, double, delay and reorder; then everybody goes home, and nothing may be left. After
//! each step every promise is checked: the switch's own ([`switch::Switch::audit`]), what the wire shows to a witness that
//! knows only the RFCs (`witness`), what each party thinks of what it is told (`ua`), what the voice path is ordered
//! (`voice`), and what is written down of each call (`books`).
//!
//! A history that breaks a promise is run again with its ladder kept: the same seed gives the same bytes.

mod books;
mod chance;
mod coverage;
mod desk;
mod house;
mod ladder;
mod post;
pub mod profile;
mod strangers;
mod ua;
mod view;
mod voice;
mod witness;
mod world;

use std::time::Instant;

pub use coverage::Coverage;
pub use profile::{PROFILES, Profile};

/// One history, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The promises that were broken, in words; empty is right.
    pub complaints: Vec<String>,
    /// What happened, and how often.
    pub coverage: Coverage,
    /// Calls that came in.
    pub calls: u64,
    /// The ladder, if it was kept.
    pub ladder: String,
}

/// Runs one history. `begin` is any moment: nothing depends on which. With `keep` the ladder is drawn.
pub fn run(begin: Instant, seed: u64, profile: &Profile, keep: bool) -> Outcome {
    world::World::new(begin, seed, *profile, keep).run()
}

/// What a failing history looks like to whoever must mend it: seed, profile, promise, ladder, and the command that replays it.
pub fn report(begin: Instant, seed: u64, profile: &Profile) -> String {
    let outcome = run(begin, seed, profile, true);
    let mut text = format!("seed {seed}, profile {}: {} broken promises\n", profile.name, outcome.complaints.len());
    for complaint in &outcome.complaints {
        text.push_str(&format!("  {complaint}\n"));
    }
    text.push('\n');
    text.push_str(&outcome.ladder);
    text.push_str(&format!(
        "\nreplay: cargo run --release -p simulation --example simulate -- --from {seed} --seeds 1 --profile {} --ladder\n",
        profile.name
    ));
    text
}
