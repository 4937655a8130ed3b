//! Why a caller shows no number.

/// The reasons that Japanese networks give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Withheld {
    /// 非通知: the caller does not want it shown.
    Anonymous,
    /// 公衆電話: a payphone.
    Payphone,
    /// 表示圏外: the network cannot tell.
    Unavailable,
    /// Another service's doing.
    Interaction,
}

impl Withheld {
    /// From the From header's display name and the host of its URI; `None`: the number is shown.
    pub fn from_header(display: &str, user: &str, host: &str) -> Option<Self> {
        let _ = (display, user, host);
        todo!()
    }

    /// As Japanese phones show it.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Anonymous => "非通知",
            Self::Payphone => "公衆電話",
            Self::Unavailable => "表示圏外",
            Self::Interaction => "サービス競合",
        }
    }
}
