//! Events (RFC 6665): what a NOTIFY is about, and how its subscription stands.

use std::borrow::Cow;

use bytes::Bytes;

use super::HeaderError;
use crate::message::{Message, Name, Params, scan};

/// Event: a package and, where a dialog holds several, an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPackage {
    /// `refer`, `dialog`, `message-summary` ...
    pub package: String,
    /// The `id` parameter: for a REFER, the CSeq number of it (RFC 3515 section 2.4.6).
    pub id: Option<String>,
}

/// Subscription-State.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionState {
    /// `active`, `pending`, `terminated`, or another token.
    pub state: String,
    /// Seconds left.
    pub expires: Option<u32>,
    /// Why it ended: `noresource`, `timeout` ...
    pub reason: Option<String>,
}

impl Message {
    /// Event, if there.
    pub fn event(&self) -> Result<Option<EventPackage>, HeaderError> {
        let Some((package, params)) = self.token_and_params(Name::Event)? else { return Ok(None) };
        Ok(Some(EventPackage { package, id: params.text("id").map(Cow::into_owned) }))
    }

    /// Subscription-State, which a NOTIFY must have.
    pub fn subscription_state(&self) -> Result<SubscriptionState, HeaderError> {
        let found = self.token_and_params(Name::SubscriptionState)?;
        let (state, params) = found.ok_or(HeaderError::missing(Name::SubscriptionState))?;
        Ok(SubscriptionState {
            state,
            expires: params.get("expires").flatten().and_then(scan::number_capped),
            reason: params.text("reason").map(Cow::into_owned),
        })
    }

    fn token_and_params(&self, name: Name) -> Result<Option<(String, Params)>, HeaderError> {
        let Some(header) = self.spans(name).next() else { return Ok(None) };
        let value = self.shared_value(header);
        let read = || read_token_and_params(&value);
        read().map(Some).ok_or(HeaderError::malformed(name))
    }
}

fn read_token_and_params(value: &Bytes) -> Option<(String, Params)> {
    let semicolon = memchr::memchr(b';', value).unwrap_or(value.len());
    let token = scan::trimmed(scan::part(value, 0..semicolon));
    let token = std::str::from_utf8(token).ok().filter(|token| scan::is_token(token.as_bytes()))?;
    Some((token.to_owned(), Params::parse(scan::share(value, semicolon..value.len()))?))
}
