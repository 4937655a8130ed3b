//! The channel of e-mail: a delivery becomes a mail, the mail goes to the mail server.

use report::render;
use store::Job;

use super::address::Address;
use super::letter::{Letter, Sender};
use super::smtp::Smtp;
use crate::Outcome;

/// E-mail.
pub struct Email {
    smtp: Smtp,
    sender: Sender,
}

impl Email {
    /// Over this server, in this name.
    pub fn new(smtp: Smtp, sender: Sender) -> Email {
        Email { smtp, sender }
    }

    /// In whose name mails are written.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The server.
    pub fn smtp(&self) -> &Smtp {
        &self.smtp
    }

    /// Tries once to hand a delivery's mail to the mail server.
    pub async fn deliver(&self, job: &Job, address: &str) -> Outcome {
        let to = match Address::parse(address) {
            Ok(to) => to,
            Err(error) => return Outcome::permanent(format!("{address}: {error}")),
        };
        let mail = render::mail(&job.content);
        let letter = Letter {
            delivery: &job.id,
            thread: job.content.conversation(),
            to: &to,
            subject: &mail.subject,
            text: &mail.text,
            html: &mail.html,
            urgent: job.urgent,
            date_ms: job.created_ms,
        };
        let return_path = self.sender.return_path(&job.id);
        self.smtp.send(Some(&return_path), &to, &letter.write(&self.sender)).await
    }
}
