//! Why a caller shows no number.

/// The reasons that Japanese networks give (JAPAN.md; TTC JT-Q951).
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

/// How From display names begin, in lower case.
const DISPLAY_NAMES: [(&str, Withheld); 9] = [
    ("anonymous", Withheld::Anonymous),
    ("非通知", Withheld::Anonymous),
    ("coin line", Withheld::Payphone),
    ("payphone", Withheld::Payphone),
    ("公衆電話", Withheld::Payphone),
    ("unavailable", Withheld::Unavailable),
    ("表示圏外", Withheld::Unavailable),
    ("interaction with other service", Withheld::Interaction),
    ("サービス競合", Withheld::Interaction),
];

impl Withheld {
    /// From the From header's display name and its URI's user and host; `None`: the number is shown. The display name
    /// says more than the URI, which is `anonymous@anonymous.invalid` for every reason. A `Privacy: id` is for the caller
    /// of this to look at.
    pub fn from_header(display: &str, user: &str, host: &str) -> Option<Self> {
        let display = display.trim().trim_matches('"').trim().to_lowercase();
        let told = DISPLAY_NAMES.into_iter().find(|(name, _)| display.starts_with(name)).map(|(_, reason)| reason);
        told.or_else(|| {
            if user.eq_ignore_ascii_case("anonymous") || host.eq_ignore_ascii_case("anonymous.invalid") {
                Some(Self::Anonymous)
            } else if user.eq_ignore_ascii_case("unavailable") || host.eq_ignore_ascii_case("unknown.invalid") {
                Some(Self::Unavailable)
            } else {
                None
            }
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_read_from_what_networks_send() {
        let hidden = |display| Withheld::from_header(display, "anonymous", "anonymous.invalid");
        assert_eq!(hidden("Anonymous"), Some(Withheld::Anonymous));
        assert_eq!(hidden("\"Coin line/payphone\""), Some(Withheld::Payphone));
        assert_eq!(hidden("Unavailable"), Some(Withheld::Unavailable));
        assert_eq!(hidden("Interaction with other service"), Some(Withheld::Interaction));
        assert_eq!(hidden(""), Some(Withheld::Anonymous));
        assert_eq!(Withheld::from_header("", "unavailable", "example.net"), Some(Withheld::Unavailable));
        assert_eq!(Withheld::from_header("anonymous", "0312345678", "example.net"), Some(Withheld::Anonymous));
        assert_eq!(Withheld::from_header("", "0312345678", "example.net"), None);
        assert_eq!(Withheld::from_header("さくら歯科", "0312345678", "example.net"), None);
    }
}
