//! The JSON API under `/api/v1` and the page that uses it. Everything that the page does, the API does; the command line
//! uses the same store. Rights are decided in [`rights`] alone.

pub mod error;
pub mod page;
pub mod rights;
pub mod switchboard;

pub use switchboard::{Answer, Stamped, Switchboard, Unanswered};
