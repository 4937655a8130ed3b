//! The mail server and the bounce mailbox.

use super::{Findings, What};
use crate::config::Config;
use crate::reports;
use crate::trouble::Troubles;
use crate::words;

/// Whether mails can leave the house, and come back.
pub async fn mail(config: &Config, findings: &mut Findings) {
    let mail = &config.mail;
    match reports::email(config).await {
        Ok(None) => findings.warn(What::Mail, words::CHECK_NO_MAIL.text(), words::CHECK_NO_MAIL_REMEDY),
        Ok(Some(email)) => {
            let server = format!("{}:{}", mail.server, mail.port);
            match email.smtp().greet().await {
                Ok(name) => findings.ok(What::Mail, words::CHECK_MAIL_READY.with(&[&server, &name])),
                Err(why) => {
                    findings.fail(
                        What::Mail,
                        words::CHECK_MAIL_FAILED.with(&[&server, &why]),
                        words::CHECK_MAIL_REMEDY,
                    );
                }
            }
        }
        Err(troubles) => tell(What::Mail, troubles, findings),
    }
    match reports::mailbox(config).await {
        Ok(None) if mail.server.is_empty() => {}
        Ok(None) => findings.warn(What::Bounces, words::CHECK_NO_BOUNCES.text(), words::CHECK_NO_BOUNCES_REMEDY),
        Ok(Some(mailbox)) => {
            let server = format!("{}:{}", mail.imap_server, mail.imap_port);
            match mailbox.greet().await {
                Ok(mails) => {
                    findings.ok(What::Bounces, words::CHECK_BOUNCES_READY.with(&[&server, &mails, &mail.imap_folder]));
                }
                Err(error) => {
                    let detail = words::CHECK_MAIL_FAILED.with(&[&server, &error]);
                    findings.fail(What::Bounces, detail, words::CHECK_MAIL_REMEDY);
                }
            }
        }
        Err(troubles) => tell(What::Bounces, troubles, findings),
    }
}

fn tell(what: What, troubles: Troubles, findings: &mut Findings) {
    for trouble in troubles.0 {
        findings.with_remedy(super::Verdict::Fail, what, trouble.what, trouble.remedy);
    }
}
