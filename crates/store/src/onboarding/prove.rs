//! Evidence as it comes: each verb is one transaction, and refuses once the run is proved.

use serde::{Deserialize, Serialize};
use switch::CallId;

use super::evidence::{CallProof, GreetingProof, Heard, MailProof, MailedTo, RouteProof, of_greetings, of_places};
use super::{Onboarding, Written, keep, take};
use crate::audit;
use crate::call::key;
use crate::check::{Checks, GREETING_CHARS_MAX};
use crate::database::Store;
use crate::error::{Conflict, StoreError};
use crate::outbox::DeliveryState;
use crate::row::Columns;
use crate::search::CallQuery;

/// A greeting is over after so long.
const WINDOW_MS_MAX: i64 = 60_000;

/// What somebody says of a greeting.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GreetingHeard {
    /// Of which call: 13 characters. Another one may be noted while somebody listens.
    pub call: String,
    /// How it is known.
    pub heard: Heard,
    /// It was said as it is written.
    pub right: bool,
    /// The seconds in which it was said, on the recording's clock.
    pub from_ms: i64,
    /// The same: a minute at most.
    pub until_ms: i64,
    /// What else there is to say; needed if it was not right.
    pub note: String,
}

impl Store {
    /// Keeps what the switch says of the number's route.
    ///
    /// # Errors
    /// [`Conflict::Proved`], [`StoreError::Missing`], and what the database says.
    pub async fn note_onboarding_route(&self, id: i64, route: RouteProof) -> Result<Onboarding, StoreError> {
        let (who, now_ms) = (route.by.clone(), route.at_ms);
        self.change_onboarding(id, "onboarding.route", &who, now_ms, |run| {
            run.route = Some(route);
            Ok(())
        })
        .await
    }

    /// Keeps the call that arrived: this one, or the newest one of the firm since the run began. `None`: none has arrived yet.
    /// What was said of another call's greeting is no evidence for this one's.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a call of another firm or of before, [`Conflict::Proved`], [`StoreError::Missing`], and what the
    /// database says.
    pub async fn note_onboarding_call(
        &self,
        id: i64,
        call: Option<CallId>,
        who: &str,
        now_ms: i64,
    ) -> Result<Option<Onboarding>, StoreError> {
        let before = self.onboarding(id).await?;
        let query = CallQuery {
            customer: Some(before.customer),
            from_ms: Some(before.begun_ms),
            limit: call.is_none().then_some(1),
            ..CallQuery::default()
        };
        let calls = self.find_calls(&query).await?.calls;
        let found = match call {
            None => calls.into_iter().next(),
            Some(call) => {
                let known = calls.into_iter().find(|one| one.call == call);
                let what = "it is no call to this firm since the proofs began";
                Some(known.ok_or_else(|| StoreError::invalid("call", what, "call the firm's number again"))?)
            }
        };
        let Some(found) = found else { return Ok(None) };
        let same = |proof: &CallProof| {
            proof.call == found.call.to_string()
                && (proof.answered_ms, proof.operator) == (found.answered_ms, found.operator)
        };
        // Said again, it is no other evidence.
        if before.call.as_ref().is_some_and(same) {
            return Ok(Some(before));
        }
        // Noted again when it was answered, it has what was to be said when it came.
        let earlier = before.call.filter(|earlier| earlier.call == found.call.to_string());
        let greetings = match earlier {
            Some(earlier) => earlier.greetings,
            None => self.greetings_now(before.customer).await?,
        };
        let proof = CallProof {
            call: found.call.to_string(),
            did: found.did,
            caller: found.caller,
            purged_ms: None,
            arrived_ms: found.arrived_ms,
            answered_ms: found.answered_ms,
            operator: found.operator,
            operator_name: found.operator_name,
            greetings,
            noted_ms: now_ms,
            noted_by: who.to_owned(),
        };
        let changed = self.change_onboarding(id, "onboarding.call", who, now_ms, |run| {
            if run.greeting.as_ref().is_some_and(|greeting| greeting.call != proof.call) {
                run.greeting = None;
            }
            run.call = Some(proof);
            Ok(())
        });
        changed.await.map(Some)
    }

    /// Keeps what somebody says of the greeting of the call that arrived, with the greeting as it is written.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, or if nobody has answered a call yet, [`Conflict::Proved`],
    /// [`StoreError::Missing`], and what the database says.
    pub async fn note_onboarding_greeting(
        &self,
        id: i64,
        said: &GreetingHeard,
        who: &str,
        now_ms: i64,
    ) -> Result<Onboarding, StoreError> {
        let mut checks = Checks::default();
        let note = checks.prose("note", &said.note, GREETING_CHARS_MAX);
        if !said.right && note.is_empty() {
            checks.fail("note", "it is empty", "write what was said instead");
        }
        if said.from_ms < 0 || said.until_ms <= said.from_ms || said.until_ms - said.from_ms > WINDOW_MS_MAX {
            checks.fail("until_ms", "that is no part of a recording", "give up to a minute of it");
        }
        if said.call.is_empty() {
            checks.fail("call", "it is empty", "say of which call");
        }
        checks.end(())?;
        let run = self.onboarding(id).await?;
        let unanswered = || StoreError::invalid("call", "nobody has answered a call yet", "call the firm's number");
        let call = run.call.as_ref().filter(|call| call.operator.is_some()).ok_or_else(unanswered)?;
        let written = run.written.as_ref().ok_or(Conflict::Proved)?;
        let other = || StoreError::invalid("call", "another call was noted since", "listen to that one");
        if said.call != call.call {
            return Err(other());
        }
        let form = self.customer(run.customer).await?.form;
        let kept = self.profile(run.customer).await?;
        let fingerprint = of_greetings(&form, &kept.profile);
        if !call.greetings.is_empty() && call.greetings != fingerprint {
            let what = "the greetings were changed after that call";
            return Err(StoreError::invalid("call", what, "call the firm's number again"));
        }
        let row = call.call.parse::<CallId>().map_err(|_| unanswered())?;
        let recording = self.call(row).await?.recording;
        if said.heard == Heard::Recording && recording.is_none() {
            let remedy = "wait until the call is over, or let the operator confirm it";
            return Err(StoreError::invalid("heard", "there is no recording of this call", remedy));
        }
        let proof = GreetingProof {
            call: call.call.clone(),
            recording_sha256: recording.map(|recording| recording.sha256).unwrap_or_default(),
            from_ms: said.from_ms,
            until_ms: said.until_ms,
            heard: said.heard,
            right: said.right,
            note,
            greeting: written.text.clone(),
            reading: written.reading.clone(),
            revision: kept.revision,
            fingerprint,
            operator_name: call.operator_name.clone(),
            at_ms: now_ms,
            by: who.to_owned(),
        };
        self.change_onboarding(id, "onboarding.greeting", who, now_ms, |run| {
            if run.call.as_ref().is_none_or(|call| call.call != proof.call) {
                return Err(other());
            }
            run.greeting = Some(proof);
            Ok(())
        })
        .await
    }

    /// Keeps the test report that was sent, with its deliveries.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if it is another firm's, [`Conflict::Proved`], [`StoreError::Missing`], and what the database says.
    pub async fn note_onboarding_mail(
        &self,
        id: i64,
        report: &str,
        who: &str,
        now_ms: i64,
    ) -> Result<Onboarding, StoreError> {
        let customer = self.onboarding(id).await?.customer;
        let sent = self.report(report).await?;
        if sent.customer != Some(customer) {
            return Err(StoreError::invalid("report", "it is another firm's", "send this firm's own test report"));
        }
        let profile = self.profile(customer).await?.profile;
        let deliveries = self.report_deliveries(report).await?;
        // Of the places to which it went: the firm's recipients may be others by now.
        let sql = "SELECT recipient, room FROM deliveries WHERE report = $1 AND round = 0";
        let rows = sqlx::query(sql).bind(&sent.id).fetch_all(&self.pool).await?;
        let places = rows.iter().map(|row| Ok::<_, StoreError>((row.text("recipient")?, row.text("room")?)));
        let fingerprint = of_places(places.collect::<Result<_, _>>()?);
        let proof = MailProof {
            report: sent.id,
            sent_ms: sent.sent_ms.unwrap_or(now_ms),
            sent_by: who.to_owned(),
            fingerprint,
            recipients: deliveries.into_iter().map(|row| MailedTo::of(&profile, row)).collect(),
        };
        self.change_onboarding(id, "onboarding.mail", who, now_ms, |run| {
            run.mail = Some(proof);
            Ok(())
        })
        .await
    }

    /// Changes with any of the firm's greetings.
    pub(super) async fn greetings_now(&self, customer: i64) -> Result<String, StoreError> {
        let form = self.customer(customer).await?.form;
        Ok(of_greetings(&form, &self.profile(customer).await?.profile))
    }

    /// Somebody says that the test report is there, or that it is not.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a recipient who has none, or whose server has not accepted it, [`Conflict::Proved`],
    /// [`StoreError::Missing`], and what the database says.
    pub async fn confirm_onboarding_mail(
        &self,
        id: i64,
        recipient: &str,
        arrived: bool,
        who: &str,
        now_ms: i64,
    ) -> Result<Onboarding, StoreError> {
        let seen = self.onboarding(id).await?;
        self.change_onboarding(id, "onboarding.arrived", who, now_ms, |run| {
            let known = |mail: &mut MailProof| mail.recipients.iter().position(|one| one.recipient == recipient);
            let none = || StoreError::invalid("recipient", "no test report went there", "send the test report first");
            let mail = run.mail.as_mut().ok_or_else(none)?;
            let place = known(mail).ok_or_else(none)?;
            // With what is known of the delivery now.
            let fresh = seen.mail.as_ref().filter(|seen| seen.report == mail.report);
            let fresh = fresh.and_then(|seen| seen.recipients.get(place));
            let one = mail.recipients.get_mut(place).ok_or_else(none)?;
            if let Some(fresh) = fresh {
                *one = fresh.clone();
            }
            if arrived && one.state != DeliveryState::Accepted {
                let what = "the recipient's server has not accepted it";
                return Err(StoreError::invalid("recipient", what, "wait for it, or look at the error"));
            }
            (one.arrived, one.said_ms, one.said_by) = (Some(arrived), Some(now_ms), who.to_owned());
            Ok(())
        })
        .await
    }

    /// Changes a run that is not proved yet.
    async fn change_onboarding(
        &self,
        id: i64,
        what: &'static str,
        who: &str,
        now_ms: i64,
        change: impl FnOnce(&mut Onboarding) -> Result<(), StoreError>,
    ) -> Result<Onboarding, StoreError> {
        let mut tx = self.begin().await?;
        let mut run = take(&mut tx, id).await?;
        if run.proved_ms.is_some() {
            return Err(Conflict::Proved.into());
        }
        change(&mut run)?;
        audit::add(&mut tx, now_ms, who, what, &format!("customer {}", run.customer), &format!("run {id}")).await?;
        keep(&mut tx, &mut run, who, now_ms).await?;
        tx.commit().await?;
        self.look(&mut run).await?;
        Ok(run)
    }

    /// What stands elsewhere, as it is now: who called, what is to be said, and deliveries that nobody has confirmed yet.
    pub(super) async fn look(&self, run: &mut Onboarding) -> Result<(), StoreError> {
        if let Some(proof) = run.call.as_mut()
            && let Ok(id) = proof.call.parse::<CallId>()
        {
            let sql = "SELECT caller, purged_ms FROM calls WHERE id = $1";
            if let Some(row) = sqlx::query(sql).bind(key(id)).fetch_optional(&self.pool).await? {
                (proof.caller, proof.purged_ms) = (row.text("caller")?, row.maybe_int("purged_ms")?);
            }
        }
        if run.proved_ms.is_some() {
            return Ok(());
        }
        if let Some(call) = &run.call {
            let profile = self.profile(run.customer).await?.profile;
            let of_hour = profile.greeting(call.answered_ms.unwrap_or(call.arrived_ms));
            run.written = Some(match of_hour {
                Some(greeting) => Written { text: greeting.text.clone(), reading: greeting.reading.clone() },
                None => Written { text: self.customer(run.customer).await?.form.greeting, reading: String::new() },
            });
        }
        let Some(mail) = run.mail.as_mut() else { return Ok(()) };
        for row in self.report_deliveries(&mail.report).await? {
            if let Some(one) = mail.recipients.iter_mut().find(|one| one.delivery == row.id) {
                one.look_at(row);
            }
        }
        Ok(())
    }
}
