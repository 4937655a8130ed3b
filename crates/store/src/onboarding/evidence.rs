//! What is kept of each proof. JSON in the row, the API's answer and the printed sheet are one and the same.

use report::Profile;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::customer::CustomerForm;
use crate::outbox::{DeliveryRow, DeliveryState};
use crate::secret::hex;

/// Bytes of a fingerprint: enough that no two texts have the same.
const FINGERPRINT_BYTES: usize = 12;

/// What the switch itself says of a number, without a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RouteProof {
    /// The number, E.164 digits.
    pub did: String,
    /// The switch knows it as this firm's.
    pub known: bool,
    /// Ways to carriers that are usable now, by name.
    pub trunks_up: Vec<String>,
    /// The others.
    pub trunks_down: Vec<String>,
    /// Operators whose telephone can be called now.
    pub operators: u32,
    /// What the operator will say, at this hour.
    pub greeting: String,
    /// The firm is open at this hour.
    pub open: bool,
    /// Asked when,
    pub at_ms: i64,
    /// and by whom.
    pub by: String,
}

/// A call that arrived.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CallProof {
    /// 13 characters.
    pub call: String,
    /// The number that was dialled, E.164 digits.
    pub did: String,
    /// Who called, E.164 digits; empty: withheld, or purged.
    pub caller: String,
    /// The call's time was over then (F54), and who called is forgotten; `None`: not yet.
    #[serde(default)]
    pub purged_ms: Option<i64>,
    /// INVITE.
    pub arrived_ms: i64,
    /// Our 200; `None`: nobody answered.
    pub answered_ms: Option<i64>,
    /// Who.
    pub operator: Option<i64>,
    /// His or her name.
    pub operator_name: String,
    /// Changes with any of the firm's greetings: what was to be said when the call was noted. Empty: noted before this was kept.
    #[serde(default)]
    pub greetings: String,
    /// Noted when,
    pub noted_ms: i64,
    /// and by whom.
    pub noted_by: String,
}

/// How somebody knows what was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = OnboardingHeard)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// Who took the call said it.
    Operator,
    /// The recording was listened to.
    #[default]
    Recording,
}

/// What was said first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GreetingProof {
    /// Of which call: 13 characters; also the recording's id.
    pub call: String,
    /// SHA-256 of the recording's file; empty: it was not there yet, or there is none.
    pub recording_sha256: String,
    /// The seconds in which it was said, on the recording's clock.
    pub from_ms: i64,
    /// The same.
    pub until_ms: i64,
    /// How it is known.
    pub heard: Heard,
    /// It was said as it is written.
    pub right: bool,
    /// What else there is to say; needed if it was not right.
    pub note: String,
    /// The greeting as it was written when the call came,
    pub greeting: String,
    /// and its reading.
    pub reading: String,
    /// The revision of the firm's settings in which it stands.
    pub revision: i64,
    /// Changes with any of the firm's greetings.
    pub fingerprint: String,
    /// Who took the call.
    pub operator_name: String,
    /// Confirmed when,
    pub at_ms: i64,
    /// and by whom.
    pub by: String,
}

/// The test report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MailProof {
    /// Its id.
    pub report: String,
    /// Sent when,
    pub sent_ms: i64,
    /// and by whom.
    pub sent_by: String,
    /// Changes with any of the firm's recipients.
    pub fingerprint: String,
    /// Each recipient.
    pub recipients: Vec<MailedTo>,
}

impl MailProof {
    /// Each recipient's server has accepted it, and somebody says that it is there.
    pub fn holds(&self) -> bool {
        !self.recipients.is_empty() && self.recipients.iter().all(MailedTo::holds)
    }
}

/// The test report at one recipient.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MailedTo {
    /// The firm's recipient, by id.
    pub recipient: String,
    /// What people call it.
    pub label: String,
    /// "email".
    pub channel: String,
    /// Delivery.
    pub delivery: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Times that it was tried.
    pub attempts: u32,
    /// The recipient's server accepted it.
    pub accepted_ms: Option<i64>,
    /// What that server calls it: its 250 line, a message id.
    pub remote_id: String,
    /// The last that went wrong.
    pub error: String,
    /// Somebody says that it is there, or that it is not; `None`: nobody has said anything.
    pub arrived: Option<bool>,
    /// Said when,
    pub said_ms: Option<i64>,
    /// and by whom.
    pub said_by: String,
}

impl MailedTo {
    pub(super) fn of(profile: &Profile, row: DeliveryRow) -> Self {
        let place = profile.recipient(&row.recipient);
        let label = place.map(|place| place.label.clone()).filter(|label| !label.is_empty());
        let mut made = MailedTo {
            label: label.unwrap_or_else(|| row.recipient.clone()),
            recipient: row.recipient.clone(),
            channel: row.channel.clone(),
            delivery: row.id.clone(),
            state: row.state,
            attempts: 0,
            accepted_ms: None,
            remote_id: String::new(),
            error: String::new(),
            arrived: None,
            said_ms: None,
            said_by: String::new(),
        };
        made.look_at(row);
        made
    }

    /// As the delivery is now. What somebody has said that it arrived stays as it was then.
    pub(super) fn look_at(&mut self, row: DeliveryRow) {
        if self.arrived != Some(true) {
            (self.state, self.attempts, self.accepted_ms) = (row.state, row.attempts, row.accepted_ms);
            (self.remote_id, self.error) = (row.remote_id, row.error);
        }
    }

    fn holds(&self) -> bool {
        self.state == DeliveryState::Accepted && self.arrived == Some(true)
    }
}

/// The same for the same greetings.
pub(super) fn of_greetings(form: &CustomerForm, profile: &Profile) -> String {
    fingerprint(&(&form.name, &form.greeting, &profile.greetings))
}

/// The same for the same recipients at the same addresses. No secret is in it.
pub(super) fn of_recipients(profile: &Profile) -> String {
    let written = profile.recipients.iter().filter(|one| one.active && one.channel.is_written());
    of_places(written.map(|one| (one.id.clone(), one.channel.room())).collect())
}

/// The same of places to which something was sent: recipients, and their rooms.
pub(super) fn of_places(mut places: Vec<(String, String)>) -> String {
    places.sort();
    fingerprint(&places)
}

fn fingerprint<T: Serialize>(of: &T) -> String {
    let text = serde_json::to_string(of).unwrap_or_default();
    hex(&Sha256::digest(text.as_bytes())).chars().take(2 * FINGERPRINT_BYTES).collect()
}
