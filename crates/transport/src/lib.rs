//! SIP sockets (RFC 3261 section 18): datagrams and streams in, datagrams and streams out, and nothing of SIP's meaning.
//!
//! [`Transport`] belongs to one thread, the engine's: it owns every socket and table, so there is no lock anywhere. Streams
//! have a task each on the same runtime, and reach the engine by one bounded queue. The contract is that of a machine:
//! wait for [`Transport::ready`], take what there is with [`Transport::receive`], [`Transport::send`] at any time.
//!
//! * [`config`]: addresses and limits.
//! * `udp`: one socket, read in batches until it is empty.
//! * `tcp`: accepting and dialling; `stream`: one open stream, whatever carries it. TLS and WebSocket are further files
//!   beside `tcp` that hand `stream` something readable and writable.
//! * `gate`: who may speak how fast before anything is parsed (RESILIENCE R02).

pub mod config;
mod gate;
mod stream;
mod tcp;
mod tls;
mod transport;
mod udp;

pub use config::{BindError, Config, Limits, Network};
pub use tls::{Identity, TlsError, TlsFault, TlsMaterial, TlsPart};
pub use transport::{Inbound, Statistics, Transport};
