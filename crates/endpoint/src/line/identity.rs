//! How a call over a trunk is addressed, and as whose it shows: the shapes of JAPAN.md.

use number::{JAPAN, Number};
use sip::message::{Name, Uri};

use super::{Line, redirection};
use crate::order::Invite;
use crate::trunk::{Hop, IdentityHeader, NumberForm, Shows};
use crate::wire::{ANONYMOUS, Identity, user_part};

impl Line {
    /// The addresses of an INVITE to this number over this hop. Request-URI and To name the carrier's domain, or the hop where
    /// there is none (NTT's NGN); From names the domain in which our own number lives.
    pub(crate) fn identity(&self, invite: &Invite, number: &str, hop: Hop) -> Identity {
        let address = hop.address.to_string();
        let domain = Some(self.trunk.domain.as_str()).filter(|domain| !domain.is_empty()).unwrap_or(&address);
        let home = self.home();
        let home = home.as_deref().unwrap_or(domain);
        let target = format!("sip:{}@{domain}", user_part(&self.spelled(number)));
        let ours = |number: &str| format!("sip:{}@{home}", user_part(&self.spelled(number)));
        let main = Some(self.trunk.caller_id.as_str()).filter(|main| !main.is_empty());
        let hidden = self.is_hidden(invite);
        let from = match self.shown(invite).filter(|_| !hidden) {
            Some(number) => format!("<{}>", ours(number)),
            None => ANONYMOUS.to_owned(),
        };
        let header = match self.trunk.identity {
            IdentityHeader::None => None,
            IdentityHeader::Preferred => Some(Name::PPreferredIdentity),
            // RFC 3325 section 5: only to a node of the trust domain.
            IdentityHeader::Asserted => self.trunk.trusted.then_some(Name::PAssertedIdentity),
        };
        let line = header.zip(main).filter(|_| !hidden).map(|(header, main)| (header, format!("<{}>", ours(main))));
        let redirection = invite.redirected.as_ref().map(|redirected| {
            redirection::headers(self.trunk.redirection, redirected, &ours(&redirected.dialled), &target)
        });
        Identity {
            to: format!("<{target}>"),
            target,
            from,
            line,
            private: hidden,
            redirection: redirection.unwrap_or_default(),
        }
    }

    /// The call shows no number: it is told to, or it would show that of a caller who withholds it.
    fn is_hidden(&self, invite: &Invite) -> bool {
        let shows_caller = invite.caller.is_none() && self.trunk.shows == Shows::Caller;
        invite.withheld || (shows_caller && invite.redirected.as_ref().is_some_and(|redirected| redirected.withheld))
    }

    /// The number that the call shows.
    fn shown<'a>(&'a self, invite: &'a Invite) -> Option<&'a str> {
        let redirected = invite.redirected.as_ref();
        let by_rule = match self.trunk.shows {
            Shows::Main => None,
            Shows::Dialled => redirected.map(|redirected| redirected.dialled.as_str()),
            Shows::Caller => redirected.and_then(|redirected| redirected.caller.as_deref()),
        };
        let present = |number: Option<&'a str>| number.filter(|number| !number.is_empty());
        present(invite.caller.as_deref()).or(present(by_rule)).or(present(Some(&self.trunk.caller_id)))
    }

    /// A telephone number as this carrier wants it; what is none stays as it is.
    fn spelled(&self, number: &str) -> String {
        match (Number::parse(number, JAPAN), self.trunk.numbers) {
            (Ok(number), NumberForm::International) => number.e164(),
            (Ok(read), NumberForm::National) if number.starts_with('+') => read.national(),
            (Ok(_) | Err(_), NumberForm::National) | (Err(_), NumberForm::International) => number.to_owned(),
        }
    }

    /// The host of our address of record.
    fn home(&self) -> Option<String> {
        let aor = Uri::parse(self.trunk.registration.as_ref()?.aor.as_bytes()).ok()?;
        Some(aor.host_str().to_owned()).filter(|host| !host.is_empty())
    }
}
