//! From a [`Content`](crate::Content) to what a mail or a chat is sent (F36, F37), with whatever a caller said made harmless
//! (R19).

mod chat;
mod html;
mod mail;
mod markup;
mod page;

pub use chat::plain;
pub use mail::{Mail, SUBJECT_CHARS_MAX, mail, subject};
pub use markup::Markup;
pub use page::{LINES_MAX, Part, parts};
pub(crate) use page::{callback_label, is_plain_url, marks};
