//! Every setting of `denwaban.toml`, with its default. `config/denwaban.toml` documents each of them; a test keeps both the
//! same. [`load`] reads the file and the environment over it, and words every mistake as place, what and remedy.

mod backup;
mod load;
mod mail;
mod mistake;
mod ports;
mod validate;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sip::flow::Protocol;

pub use backup::Backup;
#[cfg(test)]
use load::read;
pub use load::{Loaded, load};
pub use mail::{Channels, Mail, MailTls};
pub use mistake::Mistake;
pub use ports::PortRange;

/// Where TLS is, when nobody says (RFC 3261 section 19.1.2).
const TLS_PORT: u16 = 5061;
/// Where secure WebSocket is, when nobody says: 443 is for a web server.
const WSS_PORT: u16 = 7443;

/// The whole file.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// SIP sockets, registrar, limits.
    pub sip: Sip,
    /// Certificates of SIP over TLS and secure WebSocket.
    pub tls: Tls,
    /// Voice: addresses, ports, threads.
    pub media: Media,
    /// Speech of prompts.
    pub speech: Speech,
    /// Where recordings are kept.
    pub recordings: Recordings,
    /// Database and journal.
    pub database: Database,
    /// Backups.
    pub backup: Backup,
    /// API and pages.
    pub web: Web,
    /// Reports by e-mail.
    pub mail: Mail,
    /// Reports by chat.
    pub channels: Channels,
    /// Logs.
    pub log: Log,
    /// How the process ends.
    pub shutdown: Shutdown,
}

/// `[sip]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sip {
    /// Addresses for UDP.
    pub udp: Vec<SocketAddr>,
    /// Addresses for TCP.
    pub tcp: Vec<SocketAddr>,
    /// Addresses for TLS.
    pub tls: Vec<SocketAddr>,
    /// Addresses for WebSocket in the clear.
    pub ws: Vec<SocketAddr>,
    /// Addresses for secure WebSocket.
    pub wss: Vec<SocketAddr>,
    /// Which of `tls` and `wss` nobody has written: the house runs without them where they cannot be.
    #[serde(skip)]
    pub unwritten: Vec<Protocol>,
    /// Web pages that may open a WebSocket; empty: any.
    pub origins: Vec<String>,
    /// Addresses written into Via and Contact where a socket listens on all; one per family at most.
    pub public: Vec<IpAddr>,
    /// Digest realm and domain of operators' accounts.
    pub realm: String,
    /// Which digest challenge phones are sent.
    pub digest: Digest,
    /// DSCP of packets sent.
    pub dscp: u8,
    /// Shortest registration granted.
    pub register_seconds_min: u32,
    /// Longest registration granted.
    pub register_seconds_max: u32,
    /// Registration granted when the phone names none.
    pub register_seconds: u32,
    /// OPTIONS to phones over UDP; 0: never.
    pub keep_alive_seconds: u32,
    /// A trunk or a phone that says nothing for so long to an INVITE is given up.
    pub first_response_seconds: u32,
    /// First ban of an address that guesses passwords; doubled at each next one.
    pub ban_seconds_min: u32,
    /// Longest ban.
    pub ban_seconds_max: u32,
    /// Calls alive.
    pub calls_max: usize,
    /// Legs alive.
    pub legs_max: usize,
    /// Transactions alive.
    pub transactions_max: usize,
    /// Contacts of all operators.
    pub bindings_max: usize,
    /// Contacts of one operator.
    pub contacts_per_operator_max: usize,
    /// Packets a second of an unknown address.
    pub stranger_rate: f64,
    /// Packets at once of an unknown address.
    pub stranger_burst: f64,
    /// Open connections.
    pub connections_max: usize,
    /// Open connections from one address.
    pub connections_per_source_max: usize,
    /// Keep every call's SIP messages with its record (`denwaban call trace`).
    pub trace: bool,
}

impl Sip {
    /// Every socket, with what is spoken on it.
    pub fn sockets(&self) -> impl Iterator<Item = (Protocol, SocketAddr)> {
        let lists = [
            (Protocol::Udp, &self.udp),
            (Protocol::Tcp, &self.tcp),
            (Protocol::Tls, &self.tls),
            (Protocol::Ws, &self.ws),
            (Protocol::Wss, &self.wss),
        ];
        lists.into_iter().flat_map(|(protocol, list)| list.iter().map(move |socket| (protocol, *socket)))
    }

    /// The addresses of one protocol.
    pub fn list(&mut self, protocol: Protocol) -> &mut Vec<SocketAddr> {
        match protocol {
            Protocol::Udp => &mut self.udp,
            Protocol::Tcp => &mut self.tcp,
            Protocol::Tls => &mut self.tls,
            Protocol::Ws => &mut self.ws,
            Protocol::Wss => &mut self.wss,
        }
    }

    /// TLS and secure WebSocket that are not written are where UDP and TCP are: what was for this machine alone stays so. A
    /// port that is written for something else is left to it.
    fn fill(&mut self, written: impl Fn(&str) -> bool, web: &[SocketAddr]) {
        for (protocol, setting, port) in [(Protocol::Tls, "sip.tls", TLS_PORT), (Protocol::Wss, "sip.wss", WSS_PORT)] {
            if written(setting) {
                continue;
            }
            self.unwritten.push(protocol);
            self.list(protocol).clear();
            let taken: Vec<SocketAddr> =
                [&self.tcp, &self.tls, &self.ws, &self.wss].into_iter().flatten().chain(web).copied().collect();
            let mut addresses: Vec<SocketAddr> = Vec::new();
            for near in self.udp.iter().chain(&self.tcp) {
                let address = SocketAddr::new(near.ip(), port);
                if !addresses.contains(&address) && !taken.iter().any(|taken| overlap(*taken, address)) {
                    addresses.push(address);
                }
            }
            *self.list(protocol) = addresses;
        }
    }

    /// Whether a certificate is needed.
    pub fn needs_certificate(&self) -> bool {
        !self.tls.is_empty() || !self.wss.is_empty()
    }
}

/// Whether only one of them can be listened on.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let all = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.is_ipv4() == other.is_ipv4() && (all || one.ip() == other.ip())
}

/// `[tls]`. A path that is empty is not given.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Our certificate and those that lead to its authority (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
    /// Folder of the certificate that is made here when none is given.
    pub folder: PathBuf,
    /// Authorities whose client certificates prove who a trunk is (PEM).
    pub client_ca: PathBuf,
    /// Authorities of carriers' servers (PEM); empty: those of the system.
    pub roots: PathBuf,
    /// What we show to carriers that ask for a certificate (PEM).
    pub client_certificate: PathBuf,
    /// Its private key (PEM).
    pub client_key: PathBuf,
}

/// Which digest challenge phones are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Digest {
    /// MD5 alone.
    #[default]
    Md5,
    /// SHA-256 alone.
    Sha256,
    /// SHA-256, then MD5.
    Both,
}

/// `[media]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// Addresses for RTP, one per family at most; empty: those of SIP.
    pub address: Vec<IpAddr>,
    /// Addresses written into SDP instead, one per family at most; empty: those of `address`.
    pub public: Vec<IpAddr>,
    /// UDP ports for RTP and RTCP.
    pub ports: PortRange,
    /// Media threads; 0: half the cores, at least one.
    pub threads: usize,
    /// Each media thread stays on a core of its own, if there are several and a core is left for the rest.
    pub pin: bool,
    /// How often a media thread looks at its sockets.
    pub tick_ms: u64,
}

/// `[speech]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Speech {
    /// Folder of recorded prompts (WAV): `customer/12/name.wav` is the prompt `customer/12/name`.
    pub prompts: PathBuf,
    /// Folder where spoken texts are kept.
    pub cache: PathBuf,
    /// Program and arguments that speak; `{voice}`, `{out}` and `{text}` are filled in. Empty: nothing is spoken.
    pub command: Vec<String>,
    /// What `{voice}` stands for.
    pub voice: PathBuf,
}

/// `[recordings]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recordings {
    /// Folder.
    pub folder: PathBuf,
    /// Alarm when less than this share of the disk is free.
    pub free_percent_min: u8,
}

/// `[database]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`.
    pub url: String,
    /// Folder of the journal in front of the database.
    pub journal: PathBuf,
}

/// `[web]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Addresses for HTTP.
    pub listen: Vec<SocketAddr>,
    /// Behind a proxy that speaks HTTPS: cookies are marked Secure.
    pub https: bool,
    /// Where people reach these pages, for the links in reports: `https://desk.example.jp`; empty: reports have no links.
    pub public_url: String,
    /// Proxies that say from where people come: addresses or networks.
    pub proxies: Vec<String>,
    /// File of the house's own key, made at the first start; secrets in the database are sealed with it.
    pub key: PathBuf,
    /// Unix socket by which the command line speaks with the running switch; empty: none.
    pub socket: PathBuf,
    /// Whoever has it may read `/metrics`; empty: nobody.
    pub metrics_token: String,
}

/// `[log]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives of the tracing crate.
    pub level: String,
    /// Write telephone numbers and names of callers.
    pub personal_data: bool,
}

/// `[shutdown]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shutdown {
    /// How long calls may go on after SIGTERM.
    pub drain_seconds: u32,
}

impl Default for Sip {
    fn default() -> Self {
        let everywhere = |port: u16| vec![SocketAddr::from(([0, 0, 0, 0], port)), SocketAddr::from(([0_u16; 8], port))];
        Self {
            udp: everywhere(5060),
            tcp: everywhere(5060),
            tls: everywhere(TLS_PORT),
            ws: Vec::new(),
            wss: everywhere(WSS_PORT),
            unwritten: Vec::new(),
            origins: Vec::new(),
            public: Vec::new(),
            realm: "denwaban".to_owned(),
            digest: Digest::Md5,
            dscp: 24,
            register_seconds_min: 30,
            register_seconds_max: 3600,
            register_seconds: 600,
            keep_alive_seconds: 30,
            first_response_seconds: 3,
            ban_seconds_min: 300,
            ban_seconds_max: 86_400,
            calls_max: 5_000,
            legs_max: 20_000,
            transactions_max: 100_000,
            bindings_max: 20_000,
            contacts_per_operator_max: 8,
            stranger_rate: 50.0,
            stranger_burst: 200.0,
            connections_max: 8_192,
            connections_per_source_max: 512,
            trace: true,
        }
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            folder: "data/tls".into(),
            client_ca: PathBuf::new(),
            roots: PathBuf::new(),
            client_certificate: PathBuf::new(),
            client_key: PathBuf::new(),
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        let ports = PortRange { first: 20_000, last: 29_999 };
        Self { address: Vec::new(), public: Vec::new(), ports, threads: 0, pin: true, tick_ms: 2 }
    }
}

impl Default for Speech {
    fn default() -> Self {
        let open_jtalk = [
            "open_jtalk",
            "-x",
            "/var/lib/mecab/dic/open-jtalk/naist-jdic",
            "-m",
            "{voice}",
            "-r",
            "0.9",
            "-ow",
            "{out}",
        ];
        Self {
            prompts: "config/prompts".into(),
            cache: "data/prompts".into(),
            command: open_jtalk.map(str::to_owned).to_vec(),
            voice: "config/voice/mei_normal.htsvoice".into(),
        }
    }
}

impl Default for Recordings {
    fn default() -> Self {
        Self { folder: "recordings".into(), free_percent_min: 15 }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite:data/denwaban.db".to_owned(), journal: "data/journal".into() }
    }
}

impl Default for Web {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8080))],
            https: false,
            public_url: String::new(),
            proxies: vec!["127.0.0.0/8".to_owned(), "::1".to_owned()],
            key: "data/denwaban.key".into(),
            socket: "data/denwaban.sock".into(),
            metrics_token: String::new(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), personal_data: true }
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { drain_seconds: 60 }
    }
}

#[cfg(test)]
mod tests;
