//! What a row was when somebody read it: so that whoever changes it afterwards does not undo another's work without knowing it.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::{Conflict, StoreError};
use crate::row::to_json;

/// Bytes of a hash that are told: two states of one row are never taken for the same by chance.
const TOLD: usize = 12;

/// A word that changes with whatever of the row can be read.
///
/// # Errors
/// [`StoreError::Damaged`] for a row that is no JSON; there is none.
pub fn state_of(row: &impl Serialize) -> Result<String, StoreError> {
    let hash = Sha256::digest(to_json(row, "a row")?);
    Ok(hash.iter().take(TOLD).fold(String::new(), |word, byte| format!("{word}{byte:02x}")))
}

/// Is the row as it was `seen`? Whoever has not looked may change it all the same.
pub(crate) fn unchanged(row: &impl Serialize, seen: Option<&str>) -> Result<(), StoreError> {
    match seen {
        Some(seen) if state_of(row)? != seen => Err(Conflict::Changed.into()),
        Some(_) | None => Ok(()),
    }
}
