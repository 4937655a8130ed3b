//! SIP sockets (RFC 3261 section 18): datagrams and streams in, datagrams and streams out, and nothing of SIP's meaning.
//!
//! [`Transport`] belongs to one thread, the engine's: it owns every datagram socket and table, so there is no lock anywhere.
//! Streams have a task each, on another thread, and reach the engine by one bounded queue. The contract is that of a machine:
//! wait for [`Transport::ready`], take what there is with [`Transport::receive`], [`Transport::send`] at any time.
//!
//! * [`config`]: addresses and limits.
//! * `udp`: one socket, read in batches until it is empty.
//! * `streams`: the table of open streams; `listen` accepts them, `dial` makes them, `reuse` says which may carry what
//!   (RFC 5923).
//! * `beside`: the thread where streams have their tasks, so that they cost the engine nothing but whole messages.
//! * `tls`: certificates; `handshake`: what an accepted connection must say first.
//! * `stream`: one open stream of bytes, whatever carries it; `websocket`: one of frames; `patience`: how long either waits.
//! * `gate`: who may speak how fast before anything is parsed (RESILIENCE R02).
//! * [`resolve`]: where a host is reached (RFC 3263). Not the engine's: whoever configures trunks asks it.

mod beside;
pub mod config;
mod dial;
mod gate;
mod handshake;
mod listen;
mod patience;
pub mod resolve;
mod reuse;
mod stream;
mod streams;
mod tls;
mod transport;
mod udp;
mod websocket;

pub use config::{BindError, Config, Limits, Network};
pub use dial::dial_tls;
pub use tls::{Identity, TlsError, TlsFault, TlsMaterial, TlsPart};
pub use transport::{Adopted, Bytestream, Inbound, Statistics, Transport};
pub use websocket::agree;
