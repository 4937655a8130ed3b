//! The API and the pages on a socket of their own: one program, for each would be linked by itself.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on says so")]

mod common;

mod admin;
mod bans;
mod bodies;
mod calls;
mod care;
mod desk;
mod directory;
mod door;
mod events;
mod evidence;
mod keeping;
mod listening;
mod logins;
mod metrics;
mod my_page;
mod office;
mod onboarding;
mod page;
mod phone;
mod promise;
mod prompts;
mod queue;
mod recordings;
mod reports;
mod rights;
