//! SIP: RFC 3261 and its family, as the switchboard needs it, without a clock, a socket or a task.
//!
//! * [`message`]: one message as bytes with an index of spans, typed views, printing, editing, and the judgement of
//!   RFC 4475 over what came ([`message::Message::validate`]).
//! * [`framing`]: messages out of a stream (TCP, TLS).
//! * [`digest`]: RFC 7616 and 8760, as server and as client.
//! * [`transaction`]: the four machines of RFC 3261 section 17 with RFC 6026, and the layer that feeds them.
//! * [`dialog`]: RFC 3261 section 12.
//! * [`flow`]: where a packet came from and goes to.

pub mod dialog;
pub mod digest;
pub mod flow;
pub mod framing;
pub mod message;
pub mod transaction;
