//! Calls as stories: one line in, exactly these lines out. Time passes by adding to `now`.

mod chaos;
mod delivery;
mod house;
mod passing;
mod talk;
