//! Columns of a row in our own types.

use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::error::StoreError;

/// Reading columns by name: BIGINT, TEXT, JSON in TEXT.
pub(crate) trait Columns {
    fn int(&self, column: &str) -> Result<i64, StoreError>;
    fn maybe_int(&self, column: &str) -> Result<Option<i64>, StoreError>;
    fn text(&self, column: &str) -> Result<String, StoreError>;
    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError>;
    /// 0 or 1.
    fn flag(&self, column: &str) -> Result<bool, StoreError>;
    /// A number that has to fit a smaller type; `place` for the error.
    fn small<T: TryFrom<i64>>(&self, column: &str, place: &'static str) -> Result<T, StoreError>;
    /// JSON in TEXT.
    fn json<T: DeserializeOwned>(&self, column: &str, place: &'static str) -> Result<T, StoreError>;
}

impl Columns for AnyRow {
    fn int(&self, column: &str) -> Result<i64, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_int(&self, column: &str) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    fn small<T: TryFrom<i64>>(&self, column: &str, place: &'static str) -> Result<T, StoreError> {
        let value = self.int(column)?;
        T::try_from(value).map_err(|_| StoreError::Damaged { place, why: format!("{value} is out of range") })
    }

    fn json<T: DeserializeOwned>(&self, column: &str, place: &'static str) -> Result<T, StoreError> {
        let text = self.text(column)?;
        serde_json::from_str(&text).map_err(|error| StoreError::Damaged { place, why: error.to_string() })
    }
}

/// JSON for a TEXT column.
pub(crate) fn to_json<T: serde::Serialize>(value: &T, place: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Damaged { place, why: error.to_string() })
}

/// A plain variant's word, as in JSON: "call_back". Empty for anything that is no word there.
pub fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

/// The variant of a word, as in JSON.
pub fn from_word<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}
