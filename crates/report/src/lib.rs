//! The report (受電報告): fields and forms, rules of who gets it, rendering, and the ladder of one that nobody reads. Pure.
//!
//! What an operator writes is a [`Draft`]: a [`Kind`] and [`Answers`] by key, changed only by [`Edit`]s, so that who wrote what,
//! and at which second of the recording ([`evidence`]), is never lost. A firm's [`Form`] says which fields there are and
//! [`missing`] what still stands in the way of sending. [`choose`] says who gets it by the firm's [`Profile`], [`Content`] is what
//! they are told, and [`render`] turns that into a mail or a chat's text. The rest are the clocks of what follows: [`retry`],
//! [`ladder`], [`notes`], [`manual`], [`schedule`], and the counts that prove that nothing was forgotten: [`reconcile`],
//! [`billing`].
//!
//! Times are Unix milliseconds (`i64`) and always an argument; an hour is Japan's, nine ahead of UTC.

mod answer;
pub mod assurance;
pub mod billing;
mod channel;
pub mod compare;
mod content;
pub mod edit_distance;
pub mod evidence;
mod form;
pub mod japan;
pub mod key;
mod kind;
pub mod ladder;
pub mod listening;
pub mod manual;
pub mod notes;
mod problem;
mod profile;
pub mod reconcile;
pub mod render;
pub mod retry;
pub mod rules;
pub mod schedule;
mod template;
pub mod text;
pub mod words;

pub use answer::{ANSWERS_MAX, Answers, Draft, Edit, VALUE_CHARS_MAX, Value};
pub use assurance::{Assurance, Badge, assure};
pub use channel::Channel;
pub use content::{Callback, Content, DigestEntry, Finished, Line};
pub use form::{Choice, Field, Form, Input, Lack, Missing, Need, OwnField, missing};
pub use kind::{Desired, Kind, Language, Mood, Urgency};
pub use listening::Listening;
pub use problem::Problem;
pub use profile::{
    Billing, CallOut, Faq, Features, Greeting, Hours, Noise, Person, Phrase, Phrases, Profile, Recipient, Rung, RungTo,
    Treatment,
};
pub use rules::{By, Chosen, Policy, Rule, To, When, Who, Why, choose};
pub use template::Templates;
