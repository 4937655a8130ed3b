//! E-mail: addresses, what is written, how it is handed to the mail server, and what comes back.

mod address;
pub mod bounce;
mod email;
mod letter;
pub mod mailbox;
pub mod smtp;

pub use address::{Address, BadAddress};
pub use email::Email;
pub use letter::{Letter, Sender};
pub use mailbox::Mailbox;
pub use smtp::Smtp;
