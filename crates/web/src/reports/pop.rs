//! What an operator is shown while the phone rings, with the switch's own event and in the same message: what to say now, who is there
//! and who is not, notes about this caller, and what this number called for before (F07, F09, F20, F23).
//!
//! It is looked up for the one operator who is called, on the way to that desk: no other desk is told of the caller's past, and no call
//! waits for the database.

use std::time::Duration;

use number::Number;
use report::japan;
use report::notes::{Situation, shown};
use report::{Language, Phrase, Profile};
use serde::Serialize;
use store::{CallQuery, CallSummary, StoreError};
use switch::{CallId, CallState};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::bridging::Bridging;
use super::sheet::{self, ManualNow, PersonNow, SaidBefore};
use crate::api::Api;
use crate::auth::Login;
use crate::calls::display;

/// How long an offer waits for what the database has to say: after that it is painted without.
const LOOKUP_MAX: Duration = Duration::from_millis(200);
/// Earlier calls that are shown,
const CALLS_MAX: usize = 3;
/// of the last half year.
const EARLIER_MS: i64 = 183 * japan::DAY_MS;

/// What the switch said of an offer.
pub(crate) struct Offer<'a> {
    /// The call, as 13 characters.
    pub(crate) call: &'a str,
    /// Client firm; `None`: unknown number.
    pub(crate) customer: Option<i64>,
    /// E.164 digits; empty: withheld.
    pub(crate) caller: &'a str,
}

/// What is known of a firm and a caller before anybody answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct PopSheet {
    language: Language,
    /// The caller as people write it, or why there is no number.
    caller_display: String,
    /// What is said at this hour (F07); empty: what the event says.
    greeting: String,
    /// How it is read.
    greeting_reading: String,
    /// The roster with its day, top first.
    people: Vec<PersonNow>,
    /// What is said of whoever is not there (F21).
    absent: Vec<Phrase>,
    dos: Vec<String>,
    donts: Vec<String>,
    /// The firm's notes that are about this call (F23).
    notes: Vec<String>,
    /// The manual in force.
    manual: Option<ManualNow>,
    /// This number has never called this firm before (F06).
    new_caller: bool,
    /// Its last calls to this firm, newest first (F09).
    earlier: Vec<CalledBefore>,
    /// Whom a transfer would ring.
    #[serde(flatten)]
    bridging: Bridging,
}

/// An earlier call of this number to this firm.
#[derive(Serialize, ToSchema)]
pub(crate) struct CalledBefore {
    call: String,
    /// When it came, unix ms.
    at_ms: i64,
    /// A person answered.
    answered: bool,
    /// Who.
    operator_name: String,
    /// What was written of it, if anything.
    report: Option<SaidBefore>,
}

/// What is known; `None`: the firm is unknown, or the database takes too long.
pub(crate) async fn of(api: &Api, login: &Login, offer: &Offer<'_>) -> Option<PopSheet> {
    let (customer, call) = (offer.customer?, offer.call.parse().ok()?);
    match timeout(LOOKUP_MAX, look_up(api, login, customer, call, offer.caller)).await {
        Ok(Ok(sheet)) => Some(sheet),
        Ok(Err(error)) => {
            tracing::debug!(%error, "an offer is shown without what is known of the caller");
            None
        }
        Err(_) => {
            tracing::debug!("an offer is shown without what is known of the caller: the database is slow");
            None
        }
    }
}

async fn look_up(api: &Api, login: &Login, customer: i64, call: CallId, caller: &str) -> Result<PopSheet, StoreError> {
    let now_ms = api.now_ms();
    let profile = api.store.profile_of(Some(customer)).await?;
    let notes = api.store.notes(customer, now_ms).await?;
    let situation =
        Situation { now_ms, caller: Number::parse(&format!("+{caller}"), number::JAPAN).ok(), ..Situation::default() };
    let greeting = profile.greeting(now_ms);
    let form = api.store.customer(customer).await?.form;
    let new_caller = !caller.is_empty() && !api.store.is_known_caller(customer, caller, call).await?;
    Ok(PopSheet {
        language: profile.language,
        caller_display: display(caller),
        greeting: greeting.map(|greeting| greeting.text.clone()).unwrap_or_default(),
        greeting_reading: greeting.map(|greeting| greeting.reading.clone()).unwrap_or_default(),
        people: sheet::people(api, customer, &profile, now_ms).await?,
        absent: profile.absent(),
        dos: profile.dos.clone(),
        donts: profile.donts.clone(),
        notes: shown(&notes, &situation).into_iter().map(|note| note.text.clone()).collect(),
        manual: sheet::manual(api, login, customer, now_ms).await?,
        earlier: if new_caller || caller.is_empty() {
            Vec::new()
        } else {
            called_before(api, &profile, (customer, caller), call, now_ms).await?
        },
        new_caller,
        bridging: Bridging::of(&form, &profile, caller),
    })
}

async fn called_before(
    api: &Api,
    profile: &Profile,
    (customer, caller): (i64, &str),
    call: CallId,
    now_ms: i64,
) -> Result<Vec<CalledBefore>, StoreError> {
    let query = CallQuery {
        customer: Some(customer),
        caller: Some(caller.to_owned()),
        from_ms: Some(now_ms.saturating_sub(EARLIER_MS)),
        // One more than shown: this call may be among them.
        limit: u32::try_from(CALLS_MAX + 1).ok(),
        ..CallQuery::default()
    };
    let calls = api.store.find_calls(&query).await?.calls;
    let mut before = Vec::new();
    for earlier in calls.into_iter().filter(|earlier| is_over(earlier, call)).take(CALLS_MAX) {
        let report = match api.store.report_of_call(earlier.call).await? {
            Some(report) => Some(sheet::said_before(api, profile, report).await?),
            None => None,
        };
        before.push(CalledBefore {
            call: earlier.call.to_string(),
            at_ms: earlier.arrived_ms,
            answered: earlier.answered_ms.is_some(),
            operator_name: earlier.operator_name,
            report,
        });
    }
    Ok(before)
}

fn is_over(earlier: &CallSummary, call: CallId) -> bool {
    earlier.call != call && matches!(earlier.state, CallState::Cleared | CallState::Interrupted)
}
