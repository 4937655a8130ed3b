//! What the machines may order: one vocabulary for the two client machines, one for the two server machines.

use super::timers::Timer;

/// Orders of [`super::invite_client`] and [`super::client`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAction {
    /// Send the request, or send it again.
    SendRequest,
    /// Acknowledge the non-2xx final response that just came.
    SendAck,
    /// Send the CANCEL, a transaction of its own.
    SendCancel,
    /// Hand the response that just came to the transaction user.
    Pass,
    /// Hand it up as one that no longer belongs to this transaction.
    PassAsStray,
    /// Tell the user that no final response came.
    TimedOut,
    /// Tell the user that the request cannot be delivered.
    TransportFailed,
    /// Start a timer with its first length.
    Start(Timer),
    /// Start it again with twice its last length.
    Backoff(Timer),
    /// Start it again with length T2.
    Slow(Timer),
    /// Stop it.
    Stop(Timer),
}

/// Orders of [`super::invite_server`] and [`super::server`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerAction {
    /// Send the response that the user just gave, and remember it.
    Send,
    /// Send the last response once more, if there was one.
    Repeat,
    /// Send a 100 of our own, and remember it.
    SendTrying,
    /// Hand up the ACK that just came.
    PassAck,
    /// Hand up the CANCEL that just came.
    PassCancel,
    /// Tell the user that no ACK came.
    NoAck,
    /// Start a timer with its first length.
    Start(Timer),
    /// Start it again with twice its last length.
    Backoff(Timer),
    /// Stop it.
    Stop(Timer),
}
