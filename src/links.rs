//! One-time links for people who have no password yet: the first administrator, and whoever has lost his.

use std::time::Duration;

use store::{Store, StoreError};

use crate::clock;
use crate::config::Config;

/// How long a link is good.
const LINK: Duration = Duration::from_secs(30 * 60);

/// The first administrator's, if there is no administrator.
pub async fn first(config: &Config, store: &Store) -> Result<Option<String>, StoreError> {
    let token = store.invite_first(clock::unix_ms(), LINK).await?;
    Ok(token.map(|token| below(config, token.as_str())))
}

/// A new password's, for this user.
pub async fn of_user(config: &Config, store: &Store, user: i64) -> Result<String, StoreError> {
    Ok(below(config, store.invite(user, clock::unix_ms(), LINK).await?.as_str()))
}

/// Where the pages are reached, as far as it is known. The secret stands where no server and no log sees it.
fn below(config: &Config, secret: &str) -> String {
    let listens = config.web.listen.first().map(|address| format!("http://{address}"));
    let origin = match config.web.public_url.as_str() {
        "" => listens.unwrap_or_default(),
        public => public.to_owned(),
    };
    format!("{origin}/join#{secret}")
}
