//! Header names.

use std::fmt;

/// A header's name. The compact forms (RFC 3261 section 7.3.3 and the registry of IANA) map to the long ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// `Via`, compact `v`.
    Via,
    /// `From`, compact `f`.
    From,
    /// `To`, compact `t`.
    To,
    /// `Call-ID`, compact `i`.
    CallId,
    /// `CSeq`.
    CSeq,
    /// `Contact`, compact `m`.
    Contact,
    /// `Max-Forwards`.
    MaxForwards,
    /// `Route`.
    Route,
    /// `Record-Route`.
    RecordRoute,
    /// `Content-Type`, compact `c`.
    ContentType,
    /// `Content-Length`, compact `l`.
    ContentLength,
    /// `Expires`.
    Expires,
    /// `Min-Expires`.
    MinExpires,
    /// `Session-Expires`, compact `x`.
    SessionExpires,
    /// `Min-SE`.
    MinSe,
    /// `Supported`, compact `k`.
    Supported,
    /// `Require`.
    Require,
    /// `Proxy-Require`.
    ProxyRequire,
    /// `Unsupported`.
    Unsupported,
    /// `Allow`.
    Allow,
    /// `Accept`.
    Accept,
    /// `WWW-Authenticate`.
    WwwAuthenticate,
    /// `Proxy-Authenticate`.
    ProxyAuthenticate,
    /// `Authorization`.
    Authorization,
    /// `Proxy-Authorization`.
    ProxyAuthorization,
    /// `Refer-To`, compact `r`.
    ReferTo,
    /// `Referred-By`, compact `b`.
    ReferredBy,
    /// `Replaces`.
    Replaces,
    /// `Event`, compact `o`.
    Event,
    /// `Subscription-State`.
    SubscriptionState,
    /// `Reason`.
    Reason,
    /// `Retry-After`.
    RetryAfter,
    /// `Warning`.
    Warning,
    /// `Date`.
    Date,
    /// `Timestamp`.
    Timestamp,
    /// `User-Agent`.
    UserAgent,
    /// `Server`.
    Server,
    /// `RSeq`.
    RSeq,
    /// `RAck`.
    RAck,
    /// `Diversion`.
    Diversion,
    /// `History-Info`.
    HistoryInfo,
    /// `P-Asserted-Identity`.
    PAssertedIdentity,
    /// `P-Preferred-Identity`.
    PPreferredIdentity,
    /// `P-Called-Party-ID`.
    PCalledPartyId,
    /// `Privacy`.
    Privacy,
    /// `Alert-Info`.
    AlertInfo,
    /// `Call-Info`.
    CallInfo,
    /// `Path`.
    Path,
    /// `Service-Route`.
    ServiceRoute,
    /// `Identity`, compact `y`.
    Identity,
    /// `Session-ID`.
    SessionId,
    /// `Subject`, compact `s`.
    Subject,
    /// `Organization`.
    Organization,
    /// `Content-Encoding`, compact `e`.
    ContentEncoding,
    /// `Allow-Events`, compact `u`.
    AllowEvents,
    /// Any name that is not in this list; its spelling stands in the message.
    Other,
}

impl Name {
    /// The name as this house writes it. Empty for [`Name::Other`], which has no one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Via => "Via",
            Self::From => "From",
            Self::To => "To",
            Self::CallId => "Call-ID",
            Self::CSeq => "CSeq",
            Self::Contact => "Contact",
            Self::MaxForwards => "Max-Forwards",
            Self::Route => "Route",
            Self::RecordRoute => "Record-Route",
            Self::ContentType => "Content-Type",
            Self::ContentLength => "Content-Length",
            Self::Expires => "Expires",
            Self::MinExpires => "Min-Expires",
            Self::SessionExpires => "Session-Expires",
            Self::MinSe => "Min-SE",
            Self::Supported => "Supported",
            Self::Require => "Require",
            Self::ProxyRequire => "Proxy-Require",
            Self::Unsupported => "Unsupported",
            Self::Allow => "Allow",
            Self::Accept => "Accept",
            Self::WwwAuthenticate => "WWW-Authenticate",
            Self::ProxyAuthenticate => "Proxy-Authenticate",
            Self::Authorization => "Authorization",
            Self::ProxyAuthorization => "Proxy-Authorization",
            Self::ReferTo => "Refer-To",
            Self::ReferredBy => "Referred-By",
            Self::Replaces => "Replaces",
            Self::Event => "Event",
            Self::SubscriptionState => "Subscription-State",
            Self::Reason => "Reason",
            Self::RetryAfter => "Retry-After",
            Self::Warning => "Warning",
            Self::Date => "Date",
            Self::Timestamp => "Timestamp",
            Self::UserAgent => "User-Agent",
            Self::Server => "Server",
            Self::RSeq => "RSeq",
            Self::RAck => "RAck",
            Self::Diversion => "Diversion",
            Self::HistoryInfo => "History-Info",
            Self::PAssertedIdentity => "P-Asserted-Identity",
            Self::PPreferredIdentity => "P-Preferred-Identity",
            Self::PCalledPartyId => "P-Called-Party-ID",
            Self::Privacy => "Privacy",
            Self::AlertInfo => "Alert-Info",
            Self::CallInfo => "Call-Info",
            Self::Path => "Path",
            Self::ServiceRoute => "Service-Route",
            Self::Identity => "Identity",
            Self::SessionId => "Session-ID",
            Self::Subject => "Subject",
            Self::Organization => "Organization",
            Self::ContentEncoding => "Content-Encoding",
            Self::AllowEvents => "Allow-Events",
            Self::Other => "",
        }
    }

    /// Reads a name in any case, long or compact. What is unknown is [`Name::Other`].
    pub fn from_bytes(spelled: &[u8]) -> Self {
        if let [letter] = spelled {
            return Self::from_compact(*letter);
        }
        let candidates: &[Self] = match spelled.len() {
            2 => &[Self::To],
            3 => &[Self::Via],
            4 => &[Self::From, Self::CSeq, Self::Date, Self::RSeq, Self::RAck, Self::Path],
            5 => &[Self::Route, Self::Allow, Self::Event],
            6 => &[Self::MinSe, Self::Accept, Self::Reason, Self::Server],
            7 => &[
                Self::CallId,
                Self::Contact,
                Self::Expires,
                Self::Require,
                Self::Warning,
                Self::Privacy,
                Self::Subject,
            ],
            8 => &[Self::ReferTo, Self::Replaces, Self::Identity],
            9 => &[Self::Supported, Self::Timestamp, Self::Diversion, Self::CallInfo],
            10 => &[Self::UserAgent, Self::AlertInfo, Self::SessionId],
            11 => &[Self::MinExpires, Self::Unsupported, Self::ReferredBy, Self::RetryAfter],
            12 => &[
                Self::MaxForwards,
                Self::RecordRoute,
                Self::ContentType,
                Self::HistoryInfo,
                Self::Organization,
                Self::AllowEvents,
            ],
            13 => &[Self::ProxyRequire, Self::Authorization, Self::ServiceRoute],
            14 => &[Self::ContentLength],
            15 => &[Self::SessionExpires],
            16 => &[Self::WwwAuthenticate, Self::ContentEncoding],
            17 => &[Self::PCalledPartyId],
            18 => &[Self::ProxyAuthenticate, Self::SubscriptionState],
            19 => &[Self::ProxyAuthorization, Self::PAssertedIdentity],
            20 => &[Self::PPreferredIdentity],
            _ => &[],
        };
        let exactly = |name: &&Self| name.as_str().as_bytes() == spelled;
        let in_any_case = |name: &&Self| name.as_str().as_bytes().eq_ignore_ascii_case(spelled);
        let found = candidates.iter().find(exactly).or_else(|| candidates.iter().find(in_any_case));
        found.copied().unwrap_or(Self::Other)
    }

    fn from_compact(letter: u8) -> Self {
        match letter.to_ascii_lowercase() {
            b'v' => Self::Via,
            b'f' => Self::From,
            b't' => Self::To,
            b'i' => Self::CallId,
            b'm' => Self::Contact,
            b'c' => Self::ContentType,
            b'l' => Self::ContentLength,
            b'x' => Self::SessionExpires,
            b'k' => Self::Supported,
            b'r' => Self::ReferTo,
            b'b' => Self::ReferredBy,
            b'o' => Self::Event,
            b'y' => Self::Identity,
            b's' => Self::Subject,
            b'e' => Self::ContentEncoding,
            b'u' => Self::AllowEvents,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
