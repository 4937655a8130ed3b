//! Passwords of people: Argon2id, off the runtime's threads.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::error::StoreError;
use crate::operator::strong;
use crate::secret;

/// Bytes of a password that are looked at: Argon2 would take gigabytes.
const PASSWORD_BYTES_MAX: usize = 1024;

/// The password that somebody chose, if it is strong, or a new one.
pub(crate) fn new_or(chosen: Option<&str>, name: &str) -> Result<String, StoreError> {
    match chosen {
        Some(chosen) => Ok(strong("password", name, chosen)?.to_owned()),
        None => secret::new_password(),
    }
}

/// Argon2id with the crate's default parameters; tens of milliseconds and 19 MiB, so off the runtime's threads.
pub(crate) async fn hash(password: String) -> Result<String, StoreError> {
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(limited(&password)).map(|hash| hash.to_string())
    });
    hashed
        .await
        .map_err(|error| StoreError::Secret(error.to_string()))?
        .map_err(|error| StoreError::Secret(error.to_string()))
}

/// Is this the password? `place` is the column of the hash, for the error. Without a hash it takes as long as with one, and is not
/// (R01).
pub(crate) async fn verify(password: &str, hash: Option<String>, place: &'static str) -> Result<bool, StoreError> {
    let Some(hash) = hash else {
        self::hash(password.to_owned()).await?;
        return Ok(false);
    };
    let password = password.to_owned();
    let verified = tokio::task::spawn_blocking(move || {
        let hash = PasswordHash::new(&hash).map_err(|error| StoreError::Damaged { place, why: error.to_string() })?;
        Ok(Argon2::default().verify_password(limited(&password), &hash).is_ok())
    });
    verified.await.map_err(|error| StoreError::Secret(error.to_string()))?
}

fn limited(password: &str) -> &[u8] {
    let bytes = password.as_bytes();
    bytes.get(..PASSWORD_BYTES_MAX).unwrap_or(bytes)
}
