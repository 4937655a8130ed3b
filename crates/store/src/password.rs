//! Passwords of people: Argon2id, off the runtime's threads.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::StoreError;
use crate::operator::strong;
use crate::secret;

/// Bytes of a password that are looked at: Argon2 would take gigabytes.
const PASSWORD_BYTES_MAX: usize = 1024;

/// Passwords that are hashed or verified at a time, whoever asks: each takes 19 MiB and a processor.
const AT_ONCE_MAX: usize = 2;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE_MAX);

/// What people take who need a password quickly, without the digits and signs with which they make it long. Not only these letters
/// alone: a password of twelve characters is made of one of them and a year.
const COMMON: &[&str] = &[
    "abc",
    "abcd",
    "abcde",
    "abcdef",
    "admin",
    "adminadmin",
    "administrator",
    "aiueo",
    "arigatou",
    "asdf",
    "asdfghjkl",
    "changeme",
    "correcthorsebatterystaple",
    "default",
    "denwa",
    "denwaban",
    "dragon",
    "football",
    "guest",
    "iloveyou",
    "konnichiwa",
    "letmein",
    "login",
    "master",
    "monkey",
    "nihon",
    "nippon",
    "operator",
    "pass",
    "passpass",
    "passw",
    "passwd",
    "password",
    "passwordpassword",
    "princess",
    "qazwsx",
    "qazwsxedc",
    "qwer",
    "qwert",
    "qwerty",
    "qwertyui",
    "qwertyuiop",
    "root",
    "sakura",
    "secret",
    "sunshine",
    "superman",
    "supervisor",
    "temp",
    "test",
    "testtest",
    "tokyo",
    "user",
    "welcome",
    "yamato",
    "zaqwsx",
    "zaqwsxcde",
    "zxcvbnm",
];

/// The password that somebody chose, if it is strong, or a new one.
pub(crate) fn new_or(chosen: Option<&str>, name: &str) -> Result<String, StoreError> {
    match chosen {
        Some(chosen) if is_common(chosen) => Err(StoreError::invalid(
            "password",
            "it is one of those that everybody tries first",
            "take several words that have nothing to do with each other",
        )),
        Some(chosen) => Ok(strong("password", name, chosen)?.to_owned()),
        None => secret::new_password(),
    }
}

/// A common word with digits and signs around it, digits alone, a few letters again and again, or keys in their order.
fn is_common(chosen: &str) -> bool {
    let chosen = chosen.to_lowercase();
    let undone = |letter| match letter {
        '@' => 'a',
        '$' => 's',
        '0' => 'o',
        '1' => 'i',
        other => other,
    };
    let letters = |text: &str| text.chars().filter(|letter| letter.is_alphabetic()).collect::<String>();
    let stem = chosen.trim_matches(|letter: char| !letter.is_alphabetic() && letter != '@' && letter != '$');
    let words = [letters(&chosen), letters(&stem.chars().map(undone).collect::<String>())];
    let few = chosen.chars().collect::<std::collections::HashSet<_>>().len() <= 4;
    let steps = chosen.chars().zip(chosen.chars().skip(1));
    let in_order = steps.clone().filter(|(one, next)| u32::from(*one).abs_diff(u32::from(*next)) <= 1).count();
    words.iter().any(|word| word.is_empty() || COMMON.contains(&word.as_str()))
        || few
        || in_order * 4 >= steps.count() * 3
}

/// Argon2id with the crate's default parameters; tens of milliseconds and 19 MiB, so off the runtime's threads.
pub(crate) async fn hash(password: String) -> Result<String, StoreError> {
    let place = place().await?;
    let hashed = tokio::task::spawn_blocking(move || {
        let _place = place;
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
    let room = self::place().await?;
    let verified = tokio::task::spawn_blocking(move || {
        let _room = room;
        let hash = PasswordHash::new(&hash).map_err(|error| StoreError::Damaged { place, why: error.to_string() })?;
        Ok(Argon2::default().verify_password(limited(&password), &hash).is_ok())
    });
    verified.await.map_err(|error| StoreError::Secret(error.to_string()))?
}

/// Waits for one. The work itself keeps it, because it goes on when nobody waits for it any more.
async fn place() -> Result<SemaphorePermit<'static>, StoreError> {
    PLACES.acquire().await.map_err(|error| StoreError::Secret(error.to_string()))
}

fn limited(password: &str) -> &[u8] {
    let bytes = password.as_bytes();
    bytes.get(..PASSWORD_BYTES_MAX).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn r01_no_more_than_two_passwords_are_looked_at_at_a_time() {
        let taken = PLACES.acquire_many(2).await.unwrap();
        let mut waits = Box::pin(hash("fjord lantern oboe".to_owned()));
        let mut verifies = Box::pin(verify("fjord lantern oboe", None, "users.password"));
        let pending = |work: std::task::Poll<()>| assert!(work.is_pending());
        for _ in 0..3 {
            tokio::task::yield_now().await;
            std::future::poll_fn(|context| {
                pending(waits.as_mut().poll(context).map(|_| ()));
                pending(verifies.as_mut().poll(context).map(|_| ()));
                std::task::Poll::Ready(())
            })
            .await;
        }
        drop(taken);
        let hashed = waits.await.unwrap();
        assert!(!verifies.await.unwrap());
        assert!(verify("fjord lantern oboe", Some(hashed), "users.password").await.unwrap());
    }

    #[test]
    fn r01_a_long_password_that_everybody_tries_is_none() {
        for weak in [
            "password2026",
            "P@ssw0rd!2026",
            "Denwaban-2026",
            "123456789012",
            "2026-11-22-2026",
            "qwertyuiop123",
            "abcdefghijklmn",
            "abababababab",
            "correct horse battery staple",
            "administrator1",
        ] {
            assert!(is_common(weak), "{weak}");
            assert!(new_or(Some(weak), "hanako").is_err());
        }
        for strong in
            ["correct horse battery", "ねこが三匹で雨の日曜日", "fjord-lantern-88-oboe", "0a1k9c3d4e5f6g7h8j2m"]
        {
            assert!(!is_common(strong), "{strong}");
        }
    }
}
