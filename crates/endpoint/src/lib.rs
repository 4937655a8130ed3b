//! The SIP side of the switch: legs (dialogs with their INVITE, re-INVITE, session timer, REFER), the registrar of
//! operators' phones, and trunks (registration, probes). Everything of RFC 3261 is behind this border: the call logic
//! gives [`Order`]s and gets [`LegEvent`]s, and never sees a SIP message.
//!
//! Where the RFCs leave a choice, it is made here, once:
//!
//! * several branches of one call speak before any answers: `leg::invite::Uac::may_be_heard` says whose early media counts;
//! * a redirection (3xx) is a failure, never followed: nobody has registered those numbers (R03);
//! * a request too large for a datagram goes over TCP, and by UDP after all where nobody takes TCP (`large`);
//! * both legs of a call bear one Session-ID (`session_id`), no other header passes from one to the other (R07);
//! * an offer that the call logic does not answer is refused with 504 after ten seconds, and the call goes on.
//!
//! Pure: time, packets and orders go in, [`Output`]s come out.

pub mod account;
mod carry_out;
mod clock;
pub mod config;
mod core;
mod dispatch;
pub mod endpoint;
pub mod event;
mod guard;
mod inside;
mod large;
mod leg;
mod line;
pub mod order;
pub mod output;
pub mod presence;
mod registrar;
mod request;
mod session_id;
mod shed;
mod subscription;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test begins at some moment")]
mod tests;
mod timer;
pub mod trunk;
mod wire;

pub use account::{Account, AccountId, DigestPolicy};
pub use config::{Config, Limits, Listener, Times};
pub use endpoint::{Ban, BanReason, Binding, Endpoint};
pub use event::{Cause, Ending, Extractor, Incoming, LegEvent, ReferTo, Rejection, Source};
pub use guard::{SHUT_MAX, Shut, block_has};
pub use order::{Destination, Device, Invite, LegId, Order, Reason, Redirected};
pub use output::{Alarm, BindingEvent, Output, Trace, TraceDirection, TrunkEvent};
pub use presence::Presence;
pub use trunk::{
    Credentials, HOPS_MAX, Hop, IdentityHeader, NumberForm, RedirectionHeaders, Registration, RegistrationNow, Shows,
    Standing, Trunk, TrunkId, TrunkState, is_private,
};
