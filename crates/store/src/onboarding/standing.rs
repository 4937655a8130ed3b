//! Where each firm stands with its proofs, and whether what was proved is still what is set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evidence::{of_greetings, of_recipients};
use super::{Onboarding, run};
use crate::customer::CustomerRow;
use crate::database::Store;
use crate::error::StoreError;

/// Where a firm stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = OnboardingStanding)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has begun.
    NotBegun,
    /// Begun, and something is not proved yet.
    Open,
    /// All three were proved, and nothing has changed since.
    Proved,
    /// All three were proved, and something has changed since.
    Changed,
}

/// What has changed since it was proved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = OnboardingChanged)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// The number that was called is the firm's no longer.
    Number,
    /// A greeting, or the firm's name.
    Greeting,
    /// A recipient, or its address.
    Recipients,
}

/// A firm with where it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct FirmStanding {
    /// Client firm.
    pub customer: i64,
    /// Its code,
    pub code: String,
    /// and name.
    pub name: String,
    /// Where it stands.
    pub standing: Standing,
    /// What has changed since it was proved.
    pub changed: Vec<Changed>,
    /// The newest run.
    pub run: Option<i64>,
    /// When it was proved last, unix milliseconds.
    pub proved_ms: Option<i64>,
}

impl Store {
    /// Every active firm, by code.
    ///
    /// # Errors
    /// What the database says.
    pub async fn onboarding_standings(&self) -> Result<Vec<FirmStanding>, StoreError> {
        let sql = "SELECT * FROM onboardings WHERE id IN (SELECT MAX(id) FROM onboardings GROUP BY customer) \
                   OR id IN (SELECT MAX(id) FROM onboardings WHERE proved_ms IS NOT NULL GROUP BY customer) ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        let mut runs: BTreeMap<i64, Vec<Onboarding>> = BTreeMap::new();
        for row in &rows {
            let run = run(row)?;
            runs.entry(run.customer).or_default().push(run);
        }
        let mut standings = Vec::new();
        for firm in self.customers().await?.into_iter().filter(|firm| firm.active) {
            let runs = runs.remove(&firm.id).unwrap_or_default();
            standings.push(self.standing(firm, &runs).await?);
        }
        Ok(standings)
    }

    /// One firm.
    ///
    /// # Errors
    /// [`StoreError::Missing`] customer, and what the database says.
    pub async fn onboarding_standing(&self, customer: i64) -> Result<FirmStanding, StoreError> {
        let mut runs = self.onboardings(customer).await?;
        runs.reverse();
        self.standing(self.customer(customer).await?, &runs).await
    }

    /// `runs` are the firm's, oldest first: at least the newest one and the newest that is proved.
    async fn standing(&self, firm: CustomerRow, runs: &[Onboarding]) -> Result<FirmStanding, StoreError> {
        let proved = runs.iter().rfind(|run| run.proved_ms.is_some());
        let changed = match proved {
            Some(proved) => self.changed_since(&firm, proved).await?,
            None => Vec::new(),
        };
        let standing = match (runs.is_empty(), proved, changed.is_empty()) {
            (true, _, _) => Standing::NotBegun,
            (false, None, _) => Standing::Open,
            (false, Some(_), true) => Standing::Proved,
            (false, Some(_), false) => Standing::Changed,
        };
        Ok(FirmStanding {
            customer: firm.id,
            code: firm.form.code,
            name: firm.form.name,
            standing,
            changed,
            run: runs.last().map(|run| run.id),
            proved_ms: proved.and_then(|run| run.proved_ms),
        })
    }

    async fn changed_since(&self, firm: &CustomerRow, proved: &Onboarding) -> Result<Vec<Changed>, StoreError> {
        let profile = self.profile(firm.id).await?.profile;
        let mut changed = Vec::new();
        if proved.call.as_ref().is_none_or(|call| !firm.form.dids.contains(&call.did)) {
            changed.push(Changed::Number);
        }
        let greetings = of_greetings(&firm.form, &profile);
        if proved.greeting.as_ref().is_none_or(|greeting| greeting.fingerprint != greetings) {
            changed.push(Changed::Greeting);
        }
        let recipients = of_recipients(&profile);
        if proved.mail.as_ref().is_none_or(|mail| mail.fingerprint != recipients) {
            changed.push(Changed::Recipients);
        }
        Ok(changed)
    }
}
