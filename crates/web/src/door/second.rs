//! The second thing that a login by password takes, where somebody has set one up: a code, or a recovery code. And what everybody has
//! who tries: a place, and a number of tries.

use store::Person;

use super::cookie::Side;
use super::limits::{Counted, Wait};
use super::peer::Place;
use super::totp;
use crate::api::Api;
use crate::error::Refusal;

/// What is to be said of a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Second {
    /// None is asked for.
    NotSetUp,
    /// One is, and none came.
    Missing,
    /// It is right, and used up now.
    Right,
    /// It is wrong, or was used before.
    Wrong,
}

/// What a secret is sealed for.
pub(super) fn purpose(person: Person) -> String {
    format!("totp {person:?}")
}

/// Looks at the code of a login by password.
pub(crate) async fn second(api: &Api, person: Person, code: Option<&str>) -> Result<Second, Refusal> {
    let Some(row) = api.store.totp(person).await?.filter(|row| row.since_ms.is_some()) else {
        return Ok(Second::NotSetUp);
    };
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else { return Ok(Second::Missing) };
    let counted = api.tries.begin_code(person, api.now_ms())?;
    let secret = api.key.open(&purpose(person), &row.sealed);
    if secret.is_none() {
        tracing::error!(
            ?person,
            "a second factor was sealed with another key: only a recovery code opens this account"
        );
    }
    let step = secret.and_then(|secret| totp::step_of(&secret, code, api.now_ms()));
    let right = match step {
        Some(step) => api.store.take_totp_step(person, step).await?,
        None => api.store.take_recovery_code(person, code).await?,
    };
    if !right {
        return Ok(Second::Wrong);
    }
    api.tries.forgive(&counted);
    Ok(Second::Right)
}

impl From<Wait> for Refusal {
    fn from(Wait(wait_ms): Wait) -> Self {
        Refusal::too_many(wait_ms)
    }
}

impl Place {
    /// May this address try (R01)?
    pub(crate) fn may_try(&self, api: &Api) -> Result<(), Refusal> {
        Ok(api.tries.begin(self.address, api.now_ms())?)
    }

    /// May this account be tried from here? Where its owner is logged in, strangers' failures do not count. What was counted.
    pub(crate) async fn may_try_account(&self, api: &Api, side: Side, name: &str) -> Result<Counted, Refusal> {
        let now_ms = api.now_ms();
        let wait = match api.tries.begin_account(&account(side, name), now_ms) {
            Ok(counted) => return Ok(counted),
            Err(wait) => wait,
        };
        let address = self.address.to_string();
        let at_home = match side {
            Side::House => api.store.is_user_at(name, &address, now_ms).await?,
            Side::Firm => api.store.is_member_at(&name.trim().to_ascii_lowercase(), &address, now_ms).await?,
        };
        if at_home { Ok(api.tries.begin_at_home(&account(side, name), now_ms)?) } else { Err(wait.into()) }
    }

    /// It was none: the password was right, and the code is still to come, or nothing was guessed at all.
    pub(crate) fn was_no_try(&self, api: &Api) {
        api.tries.was_none(self.address);
    }

    /// Somebody has come in.
    pub(crate) fn succeeded(&self, api: &Api, side: Side, name: &str) {
        api.tries.succeeded(self.address, &account(side, name));
    }

    /// A line in the audit log about somebody whom we know. What is no name of ours may be a password in the wrong field, and is
    /// written nowhere (R20). Nobody waits for it, or the answer would come later where the name is known (R01).
    pub(crate) fn failed(&self, api: &Api, side: Side, name: &str) {
        let (api, address, name) = (api.clone(), self.address.to_string(), name.trim().to_owned());
        tokio::spawn(async move {
            let known = match side {
                Side::House => api.store.users().await.map(|users| users.iter().any(|user| user.form.name == name)),
                Side::Firm => api.store.has_member(&name.to_ascii_lowercase()).await,
            };
            if known.unwrap_or(false) {
                api.note_of(&name, "login.failed", &address, "").await;
            }
        });
    }
}

fn account(side: Side, name: &str) -> String {
    format!("{side:?} {}", name.trim())
}
