//! From a [`Content`](crate::Content) to what a mail or a chat is sent (F36, F37), with whatever a caller said made harmless
//! (R19).



mod mail;
mod markup;



pub use mail::Mail;
pub use markup::Markup;
