//! How a call over a trunk is addressed: the shapes of JAPAN.md.

use sip::message::Uri;

use super::Line;
use crate::order::Invite;
use crate::wire::{ANONYMOUS, Identity, user_part};

impl Line {
    /// The addresses of an INVITE to this national number. Request-URI and To name the carrier's domain, or its proxy where
    /// there is none (NTT's NGN); From names the domain in which our own number lives.
    pub(crate) fn identity(&self, invite: &Invite, number: &str) -> Identity {
        let proxy = self.hop().map(|hop| hop.address.to_string()).unwrap_or_default();
        let domain = Some(self.trunk.domain.as_str()).filter(|domain| !domain.is_empty()).unwrap_or(&proxy);
        let home = self.home();
        let home = home.as_deref().unwrap_or(domain);
        let target = format!("sip:{}@{domain}", user_part(number));
        let main = user_part(&self.trunk.caller_id);
        let hidden = invite.withheld;
        let presented = invite.caller.as_deref().map(user_part);
        let from = match presented {
            Some(caller) if !hidden && !caller.is_empty() => format!("<sip:{caller}@{home}>"),
            None if !hidden && !main.is_empty() => format!("<sip:{main}@{home}>"),
            Some(_) | None => ANONYMOUS.to_owned(),
        };
        Identity {
            to: format!("<{target}>"),
            target,
            from,
            asserted: (!hidden && !main.is_empty()).then(|| format!("<sip:{main}@{home}>")),
            private: hidden,
        }
    }

    /// The host of our address of record.
    fn home(&self) -> Option<String> {
        let aor = Uri::parse(self.trunk.registration.as_ref()?.aor.as_bytes()).ok()?;
        Some(aor.host_str().to_owned()).filter(|host| !host.is_empty())
    }
}
