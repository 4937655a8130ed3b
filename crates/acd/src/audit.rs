//! The promises of the queue, checked on its state.

use crate::{CallId, OperatorId};

/// A broken promise. There should never be one; a supervisor is told if there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The call waits although this operator could take it.
    IdleWhileWaiting {
        /// The waiting call.
        call: CallId,
        /// The idle operator.
        operator: OperatorId,
    },
}
