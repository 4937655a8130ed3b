//! Session descriptions (RFC 8866) and the offer/answer model (RFC 3264) for the audio legs of a switchboard.
//!
//! Reading is tolerant and bounded and never panics; what is printed is strict. [`offer()`], [`answer()`] and
//! [`accept_answer`] are the three steps a leg needs; hold and resume are further offers with another [`Direction`]
//! and a higher [`Local::version`]. Whether the voice is encrypted, and how, is part of the same steps ([`SrtpPolicy`]).

mod answer;
mod codec;
mod crypto;
mod dtls;
mod keying;
mod offer;
mod payload;
mod security;
mod session;
mod transport;

pub use answer::{Negotiated, NegotiationError, accept_answer, accept_answer_after, answer, answer_as, answer_paused};
pub use codec::{Codec, Direction};
pub use crypto::{KeySalt, Suite};
pub use dtls::Fingerprint;
pub use keying::{is_browser, restarts_ice};
pub use offer::{Local, browser_offer, offer};
pub use security::{Dtls, Ice, OurDtls, Sdes, Secrets, Security, SrtpPolicy};
pub use session::{ATTRIBUTES_MAX, Attribute, Connection, MEDIA_MAX, Media, Origin, SDP_BYTES_MAX, SdpError, Session};
