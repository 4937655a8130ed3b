//! Session descriptions as a plain phone writes and reads them (RFC 3264).

use std::net::IpAddr;

/// Which way media flows, seen from who says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Both.
    SendRecv,
    /// We send.
    SendOnly,
    /// They send.
    RecvOnly,
    /// Nobody.
    Inactive,
}

impl Way {
    const ALL: [(Self, &'static str); 4] = [
        (Self::SendRecv, "sendrecv"),
        (Self::SendOnly, "sendonly"),
        (Self::RecvOnly, "recvonly"),
        (Self::Inactive, "inactive"),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(way, _)| *way == self).map_or("sendrecv", |(_, word)| word)
    }

    /// What a description says; an address of zeros is an old way to hold (RFC 2543).
    pub fn of(sdp: &str) -> Self {
        let said = Self::ALL.iter().find(|(_, word)| sdp.lines().any(|line| line.strip_prefix("a=") == Some(*word)));
        said.map_or(Self::SendRecv, |(way, _)| *way)
    }

    /// Does who says it send?
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Does who says it listen?
    pub fn listens(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// What we answer if we want all we can get.
    pub fn answer(self) -> Self {
        match self {
            Self::SendRecv => Self::SendRecv,
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            Self::Inactive => Self::Inactive,
        }
    }

    /// May this be answered to us (RFC 3264 section 6.1)?
    pub fn may_be_answered(self, answer: Self) -> bool {
        (!answer.sends() || self.listens()) && (!answer.listens() || self.sends())
    }
}

/// Our side of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sdp {
    /// Where we want RTP.
    pub port: u16,
    /// Which way.
    pub way: Way,
    /// Held by an address of zeros.
    pub zeros: bool,
    session: u64,
    version: u64,
}

impl Sdp {
    /// A session both ways at this port.
    pub fn new(session: u64, port: u16) -> Self {
        Self { port, way: Way::SendRecv, zeros: false, session, version: 1 }
    }

    /// Another way from now on.
    pub fn change(&mut self, way: Way, zeros: bool) {
        if (way, zeros) != (self.way, self.zeros) {
            (self.way, self.zeros) = (way, zeros);
            self.version += 1;
        }
    }

    /// Written.
    pub fn text(&self, ip: IpAddr) -> String {
        let shown = if self.zeros { "0.0.0.0".to_owned() } else { ip.to_string() };
        let (session, version, port, way) = (self.session, self.version, self.port, self.way.word());
        format!(
            "v=0\r\no=- {session} {version} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {shown}\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na={way}\r\n"
        )
    }
}

/// The port in somebody's description.
pub fn port_of(sdp: &str) -> Option<u16> {
    sdp.lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next()?.parse().ok())
}

/// `o=` without its version, and the version (RFC 3264 section 8).
pub fn origin_of(sdp: &str) -> Option<(String, u64)> {
    let line = sdp.lines().find_map(|line| line.strip_prefix("o="))?;
    let mut words: Vec<&str> = line.split(' ').collect();
    if words.len() != 6 {
        return None;
    }
    let version = words.remove(2).parse().ok()?;
    Some((words.join(" "), version))
}
