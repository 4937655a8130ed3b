//! What one subscription is to be told.

use std::collections::BTreeMap;

use super::line::Line;
use super::package::Package;
use super::{Subscription, Subscriptions, dialog_info, pidf, summary};
use crate::order::LegId;
use crate::presence::Presence;

/// The whole state of what is watched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Of `dialog`.
    Lines(BTreeMap<LegId, Line>),
    /// Of `presence`.
    Presence(Presence),
    /// Of `message-summary`.
    Waiting(u32),
}

impl Subscriptions {
    /// What this subscription would be told now.
    pub(super) fn state(&self, one: &Subscription) -> State {
        match one.package {
            Package::Dialog => State::Lines(self.lines.get(&one.watched).cloned().unwrap_or_default()),
            Package::Presence => State::Presence(self.presence.get(&one.watched).cloned().unwrap_or_default()),
            Package::MessageSummary => State::Waiting(self.waiting),
        }
    }
}

impl Subscription {
    /// The document that says so.
    pub(super) fn document(&self, state: &State) -> String {
        match state {
            State::Lines(lines) => {
                let told = match &self.told {
                    Some(State::Lines(told)) => Some(told),
                    Some(State::Presence(_) | State::Waiting(_)) | None => None,
                };
                let own = self.subscriber == self.watched;
                dialog_info::document(own, &self.entity, self.version, lines, told)
            }
            State::Presence(presence) => pidf::document(&self.entity, presence),
            State::Waiting(waiting) => summary::document(&self.entity, *waiting),
        }
    }
}
