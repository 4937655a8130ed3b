//! Who writes, as the store and the firm know them.

use store::{StoreError, Writer};

use crate::api::Api;
use crate::auth::Login;

/// The asker as a writer: with the name that a firm reads, which is an operator's own, not a login.
pub(crate) async fn writer(api: &Api, login: &Login) -> Result<Writer, StoreError> {
    let name = match login.operator {
        Some(operator) => api.store.operator(operator).await?.form.name,
        None => login.name.clone(),
    };
    Ok(Writer { login: login.name.clone(), name, operator: login.operator })
}
