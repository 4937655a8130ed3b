//! What an operator does now, as colleagues' phones show it.

/// The state of an operator's desk. The call logic says it with [`crate::Endpoint::set_presence`]; phones that subscribe to
/// presence are told (RFC 3856).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Presence {
    /// Not at work.
    #[default]
    LoggedOut,
    /// At work, and not to be offered calls.
    NotReady {
        /// In the operator's own words ("昼食"); empty for none.
        reason: String,
    },
    /// Waits for a call.
    Ready,
    /// A call is offered, or the operator talks.
    Busy,
    /// The talk is over; the report is being written.
    WorkingAfterCall,
}
