//! RFC 5769's messages, a browser at the other end, and strangers.

mod checks;
mod nomination;
mod properties;
mod vectors;

use std::net::SocketAddr;

use crate::stun::{Class, Key, Message, Role, Writer};
use crate::{Credentials, Lite, REPLY_BYTES_MAX, Verdict};

/// A second.
const SECOND: u64 = 1_000_000_000;

const LOCAL_PASSWORD: &str = "our-password-has-22-letters";
const REMOTE_PASSWORD: &str = "their-password-has-24-letters";

fn credentials(ufrag: &str, password: &str) -> Credentials {
    Credentials { ufrag: ufrag.into(), password: password.into() }
}

fn lite() -> Lite {
    Lite::new(credentials("ours", LOCAL_PASSWORD), credentials("their", REMOTE_PASSWORD))
}

/// One of the peer's addresses.
fn peer(number: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, number], 40_000))
}

/// A check as a browser makes it.
#[derive(Clone, Copy)]
struct Check<'a> {
    transaction: u8,
    username: &'a str,
    password: &'a str,
    priority: u32,
    nominates: bool,
    role: Role,
    /// An attribute of our own choosing.
    extra: Option<(u16, &'a [u8])>,
    fingerprint: bool,
}

impl Default for Check<'_> {
    fn default() -> Self {
        Self {
            transaction: 1,
            username: "ours:their",
            password: LOCAL_PASSWORD,
            priority: 0x6E00_01FF,
            nominates: false,
            role: Role::Controlling(7),
            extra: None,
            fingerprint: true,
        }
    }
}

impl Check<'_> {
    /// In the order in which Chromium writes its attributes: username, GOOG-NETWORK-INFO, role, nomination, priority.
    fn bytes(self) -> Vec<u8> {
        let mut out = vec![0; 600];
        let mut writer = Writer::new(&mut out, Class::Request, [self.transaction; 12])
            .username(self.username.as_bytes())
            .attribute(0xC057, &[0, 1, 0, 10])
            .role(self.role);
        if self.nominates {
            writer = writer.use_candidate();
        }
        writer = writer.priority(self.priority);
        if let Some((kind, value)) = self.extra {
            writer = writer.attribute(kind, value);
        }
        writer = writer.integrity(&Key::new(self.password));
        if self.fingerprint {
            writer = writer.fingerprint();
        }
        let length = writer.finish().unwrap();
        out.truncate(length);
        out
    }
}

/// Sends a check, reads the answer, and tells whether it was a nomination that changed something. `None` is silence.
fn ask(lite: &mut Lite, now: u64, from: SocketAddr, check: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut out = [0; REPLY_BYTES_MAX];
    match lite.handle(now, from, check, &mut out) {
        Verdict::Reply { length, nominated } => {
            let answer = out[..length].to_vec();
            let read = Message::parse(&answer).unwrap();
            assert!(read.is_signed_with(&Key::new(LOCAL_PASSWORD)) && read.fingerprint);
            assert_eq!(read.transaction, Message::parse(check).unwrap().transaction);
            assert!(2 * length <= 3 * check.len(), "{length} bytes for {}", check.len());
            Some((answer, nominated))
        }
        Verdict::Ignore => {
            assert_eq!(out, [0; REPLY_BYTES_MAX], "nothing is written for a stranger");
            None
        }
    }
}
