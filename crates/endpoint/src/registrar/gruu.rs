//! GRUU (RFC 5627): addresses that lead to one phone of an account and to no other.
//!
//! The public one is made of the account and the phone's instance, and says both. The temporary one says neither: a random
//! number, and the phone's secret number under a pad that only this endpoint can compute from the first. So none has to be
//! remembered, no two can be told to be of one phone, and all of them end together when the phone is gone (section 3.1.2).

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use sip::message::{NameAddr, Uri};

use super::{Bound, Registrar};
use crate::account::{Account, AccountId};
use crate::core::Token;
use crate::order::Device;
use crate::wire::user_part;

/// What the user part of a temporary GRUU begins with.
const TEMPORARY: &str = "tgruu.";

/// True for an address of this house that names one phone.
pub(crate) fn is_gruu(uri: &Uri, realm: &str) -> bool {
    uri.is_sip() && uri.host_str().eq_ignore_ascii_case(realm) && uri.param("gr").is_some()
}

/// `+sip.instance` of a Contact, if it can be given back inside quotes.
pub(crate) fn instance_of(contact: &NameAddr) -> Option<String> {
    let instance = contact.param("+sip.instance")?.into_owned();
    (!instance.is_empty() && !instance.contains(['"', '\\', '\r', '\n'])).then_some(instance)
}

/// Makes and reads temporary GRUUs.
pub(super) struct Pads {
    key: [u8; 32],
}

impl Pads {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn pad(&self, number: Token) -> u64 {
        let mut stream = ChaCha12Rng::from_seed(self.key);
        stream.set_stream(number.0);
        stream.next_u64()
    }

    fn user(&self, number: Token, secret: Token) -> String {
        format!("{TEMPORARY}{number}{}", Token(secret.0 ^ self.pad(number)))
    }

    /// The phone's secret number in the user part of a temporary GRUU.
    fn secret(&self, user: &str) -> Option<Token> {
        let (number, hidden) = user.strip_prefix(TEMPORARY)?.split_at_checked(16)?;
        let (number, hidden) = (Token::parse(number)?, Token::parse(hidden)?);
        Some(Token(hidden.0 ^ self.pad(number)))
    }
}

impl std::fmt::Debug for Pads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pads")
    }
}

impl Registrar {
    /// The account that an address names: a user of the house, or a GRUU of one.
    pub(crate) fn account_of(&self, uri: &Uri, realm: &str) -> Option<&Account> {
        if is_gruu(uri, realm) {
            return self.accounts.get(&self.named(uri)?.0);
        }
        self.find(&uri.user()?)
    }

    /// The phone that a GRUU names, if it is registered now.
    pub(crate) fn device_of(&self, uri: &Uri, realm: &str) -> Option<Device> {
        let (account, bound) = self.named(uri).filter(|_| is_gruu(uri, realm))?;
        Some(Device { account, instance: bound.instance.clone()? })
    }

    /// What that phone has registered: where requests to its GRUU go.
    pub(crate) fn contact_of(&self, uri: &Uri, realm: &str) -> Option<Uri> {
        let (_, bound) = self.named(uri).filter(|_| is_gruu(uri, realm))?;
        Some(bound.uri.clone())
    }

    /// The newest contact of the phone that a GRUU names.
    fn named(&self, uri: &Uri) -> Option<(AccountId, &Bound)> {
        let (user, gr) = (uri.user()?, uri.param("gr")?);
        if let Some(secret) = self.pads.secret(&user) {
            let mut all = self.bindings.iter().flat_map(|(id, all)| all.iter().rev().map(|bound| (*id, bound)));
            return all.find(|(_, bound)| bound.secret == secret && bound.instance.is_some());
        }
        let account = self.find(&user)?.id;
        let is_it = |bound: &&Bound| bound.instance.as_deref().is_some_and(|instance| bare(instance) == gr);
        self.bound(account).iter().rev().find(is_it).map(|bound| (account, bound))
    }

    /// `;pub-gruu="..";temp-gruu=".."` of a contact (section 5.2), with a temporary one that was never given before.
    pub(super) fn gruus(&self, realm: &str, user: &str, bound: &Bound, number: Token) -> Option<String> {
        let gr = param_value(bare(bound.instance.as_deref()?));
        let (user, temporary) = (user_part(user), self.pads.user(number, bound.secret));
        Some(format!(";pub-gruu=\"sip:{user}@{realm};gr={gr}\";temp-gruu=\"sip:{temporary}@{realm};gr\""))
    }
}

/// An instance is a URN in angle brackets (RFC 5626 section 4.1); a GRUU has it without them.
fn bare(instance: &str) -> &str {
    instance.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(instance)
}

/// A URI parameter's value: whatever may not stand in one is escaped (RFC 3261 section 25.1, `paramchar`).
fn param_value(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()[]/:&+$".contains(&byte) {
            value.push(char::from(byte));
        } else {
            value.push_str(&format!("%{byte:02X}"));
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_gruu_says_nothing_and_leads_back() {
        let pads = Pads::new([7; 32]);
        let secret = Token(0x0123_4567_89ab_cdef);
        let (one, other) = (pads.user(Token(1), secret), pads.user(Token(2), secret));
        assert_eq!(pads.secret(&one), Some(secret));
        assert_eq!(pads.secret(&other), Some(secret));
        assert_ne!(one.get(22..), other.get(22..), "two of one phone have nothing in common");
        assert!(!one.contains("0123456789abcdef"));
        assert_ne!(Pads::new([8; 32]).secret(&one), Some(secret), "another house cannot read it");
        for odd in ["tgruu.", "tgruu.12", "tgruu.é", "101", &format!("{one}0")] {
            assert_eq!(pads.secret(odd), None, "{odd}");
        }
    }

    #[test]
    fn instances_fit_into_a_parameter() {
        assert_eq!(param_value(bare("<urn:uuid:0001-ab>")), "urn:uuid:0001-ab");
        assert_eq!(param_value("a;b=c>"), "a%3Bb%3Dc%3E");
    }
}
