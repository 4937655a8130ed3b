//! Reads the files again and again, and gives the engine what has changed.

use std::time::Duration;

use transport::TlsMaterial;

use super::{load, look};
use crate::clock;
use crate::config::Config;
use crate::engine::EngineHandle;
use crate::trouble::Trouble;

/// How often the files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);
const DAY_MS: i64 = 86_400_000;
/// Told when it ends within so many days: certbot renews thirty days before.
const WARNED_BEFORE_DAYS: i64 = 14;

/// Follows the files for ever. What cannot be used is said once, and what was there before stays in use.
pub async fn follow(config: Config, engine: EngineHandle, mut used: TlsMaterial) {
    let mut looks = tokio::time::interval(LOOK_INTERVAL);
    let mut told: Option<Trouble> = None;
    let mut warned_day = None;
    loop {
        looks.tick().await;
        let asked = config.clone();
        // Certificates may lie on a disk that hangs.
        let Ok(read) = tokio::task::spawn_blocking(move || load(&asked, clock::unix_ms())).await else { continue };
        match read {
            Ok(material) => {
                if told.take().is_some() {
                    tracing::info!("the certificates can be used again");
                }
                if material != used {
                    match engine.set_tls(material.clone()).await {
                        Ok(()) => tracing::info!("certificates have changed: new connections use them"),
                        Err(error) => tracing::error!(%error, "the certificates as they are now cannot be used"),
                    }
                    used = material;
                }
            }
            // certbot writes certificate and key one after the other: the next look may find both.
            Err(trouble) if told.as_ref() != Some(&trouble) => {
                tracing::error!(
                    setting = trouble.place,
                    "certificates cannot be used, those of before stay: {}",
                    trouble.what
                );
                told = Some(trouble);
            }
            Err(_) => {}
        }
        if let Some(days) = days_left(&used, clock::unix_ms())
            && days < WARNED_BEFORE_DAYS
            && warned_day != Some(days)
        {
            tracing::warn!(days_left = days, "our certificate ends: renew it, new connections will be refused");
            warned_day = Some(days);
        }
    }
}

/// Whole days until our certificate ends; less than none when it has.
fn days_left(material: &TlsMaterial, now_ms: i64) -> Option<i64> {
    let facts = look(&material.server.as_ref()?.chain).ok()?;
    Some((facts.until_ms - now_ms).div_euclid(DAY_MS))
}
