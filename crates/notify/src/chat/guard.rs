//! Where we connect to, and where never (R21): a firm types in the address of its webhook, and that must not make this house
//! knock at doors inside its own network.
//!
//! Two checks, both before a byte is sent:
//! * the URL ([`Rule::check`], pure): https, no user in it, a host of the vendor's, no address of a private network;
//! * the addresses that its host has at this moment ([`is_public`], in [`super::http`]'s resolver): the connection goes to the
//!   very addresses that were checked, so that a name which answers differently the second time gains nothing.
//!
//! Redirects are not followed, so that nobody is sent on from a good address to a bad one. What the house itself allows by
//! name (a stand-in on this machine, a service inside its own network) is its own affair: [`super::Endpoints::allowed`].

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Characters of a URL.
const URL_MAX: usize = 2_048;
/// Office 365 connectors answered here. Microsoft has ended them; the addresses are dead (docs: "Retirement of Office 365
/// connectors within Microsoft Teams").
const RETIRED: &[&str] = &[".webhook.office.com", "outlook.office.com", "outlook.office365.com"];

/// Which hosts a channel may talk to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// These; one that begins with a dot stands for every name below it.
    Hosts(&'static [&'static str]),
    /// Any, as long as it is not inside a private network.
    AnyPublic,
}

/// Slack's incoming webhooks.
pub const SLACK_WEBHOOK: Rule = Rule::Hosts(&["hooks.slack.com", "hooks.slack-gov.com"]);
/// Google Chat's incoming webhooks.
pub const GOOGLE_CHAT: Rule = Rule::Hosts(&["chat.googleapis.com"]);
/// Workflows of Teams: the older and the newer addresses (since November 2025: github.com/atc0005/send2teams, pull 723).
pub const TEAMS: Rule = Rule::Hosts(&[".logic.azure.com", ".api.powerplatform.com"]);
/// Discord's webhooks.
pub const DISCORD: Rule = Rule::Hosts(&["discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"]);
/// Chatwork's API.
pub const CHATWORK: Rule = Rule::Hosts(&["api.chatwork.com"]);
/// Slack's API.
pub const SLACK: Rule = Rule::Hosts(&["slack.com"]);
/// LINE WORKS: where tokens are given out, and the API.
pub const LINE_WORKS: Rule = Rule::Hosts(&["auth.worksmobile.com", "www.worksapis.com"]);
/// LINE's API.
pub const LINE: Rule = Rule::Hosts(&["api.line.me"]);
/// Webhooks of anybody.
pub const WEBHOOK: Rule = Rule::AnyPublic;

/// Why an address is not used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It cannot be read as a URL, or is too long.
    NotAnAddress,
    /// Not https.
    NotHttps,
    /// A user name or password stands in it.
    WithUser,
    /// Not a host of this service.
    Host(String),
    /// The connectors that have ended: a workflow takes their place.
    Retired,
    /// The host is, or has at this moment, an address inside a private network, this machine, or none of the internet's.
    Private(IpAddr),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnAddress => write!(f, "url: cannot be read as an address (URLとして読み取れません)"),
            Self::NotHttps => write!(f, "url: only https:// is used (https:// のURLだけを使えます)"),
            Self::WithUser => {
                write!(f, "url: a user name or password stands in it (URLに利用者名やパスワードを含められません)")
            }
            Self::Host(host) => {
                write!(f, "url: {host} is not a host of this service ({host} はこのサービスのホストではありません)")
            }
            Self::Retired => write!(
                f,
                "url: Office 365 connectors have ended; make a workflow \"When a Teams webhook request is received\" and use \
                 its address (Office 365コネクタは廃止されました。Teamsの「ワークフロー」で作ったURLを使ってください)"
            ),
            Self::Private(address) => {
                write!(
                    f,
                    "url: {address} is not an address of the internet ({address} はインターネット上のアドレスではありません)"
                )
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl Rule {
    /// Whether `url` may be called at all. Says nothing about the addresses of its host, unless the host is one.
    pub fn check(self, url: &str) -> Result<Url, Refusal> {
        if url.len() > URL_MAX {
            return Err(Refusal::NotAnAddress);
        }
        let url = Url::parse(url.trim()).map_err(|_| Refusal::NotAnAddress)?;
        let host = url.host_str().ok_or(Refusal::NotAnAddress)?;
        if url.scheme() != "https" {
            return Err(Refusal::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::WithUser);
        }
        if RETIRED.iter().any(|pattern| covers(pattern, host)) {
            return Err(Refusal::Retired);
        }
        if let Some(address) = literal(host) {
            return if self == Self::AnyPublic && is_public(address) { Ok(url) } else { Err(self.no(host, address)) };
        }
        match self {
            Self::AnyPublic => Ok(url),
            // A vendor's service is at its own port: another one on its host is somebody else's.
            Self::Hosts(_) if url.port().is_some() => Err(Refusal::Host(host.to_owned())),
            Self::Hosts(hosts) if hosts.iter().any(|pattern| covers(pattern, host)) => Ok(url),
            Self::Hosts(_) => Err(Refusal::Host(host.to_owned())),
        }
    }

    fn no(self, host: &str, address: IpAddr) -> Refusal {
        match self {
            Self::AnyPublic => Refusal::Private(address),
            Self::Hosts(_) => Refusal::Host(host.to_owned()),
        }
    }
}

/// `https://host:port` of a URL: what [`super::Endpoints::allowed`] lists.
pub fn origin(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(format!("{}://{host}:{}", url.scheme(), url.port_or_known_default()?))
}

fn covers(pattern: &str, host: &str) -> bool {
    if pattern.starts_with('.') { host.len() > pattern.len() && host.ends_with(pattern) } else { host == pattern }
}

/// The address that a host is, if it is one (the URL has brought `0x7f.1` and the like into their plain form).
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether an address is one of the internet's: in no special-purpose registry of IANA (RFC 6890 and its updates), also when
/// it is an IPv4 address in IPv6 clothes.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// IANA IPv4 Special-Purpose Address Registry, multicast, class E.
const PRIVATE_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |(net, bits): &(Ipv4Addr, u32)| (address.to_bits() ^ net.to_bits()) >> (32 - bits) == 0;
    !PRIVATE_V4.iter().any(within)
}

/// What of 2000::/3 is not the internet's: protocol assignments with Teredo and ORCHID, documentation, 6to4 (which would lead
/// to any IPv4 address), documentation again.
const PRIVATE_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |(net, bits): &(Ipv6Addr, u32)| (address.to_bits() ^ net.to_bits()) >> (128 - bits) == 0;
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    if within(&NAT64) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    within(&GLOBAL_UNICAST) && !PRIVATE_V6.iter().any(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rule: Rule, url: &str) -> Refusal {
        rule.check(url).expect_err(url)
    }

    #[test]
    fn r21_only_https_and_only_the_vendors_hosts() {
        assert!(SLACK_WEBHOOK.check("https://hooks.slack.com/services/T0/B0/x").is_ok());
        assert!(
            TEAMS
                .check("https://prod-07.japaneast.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke")
                .is_ok()
        );
        assert!(TEAMS.check("https://default1.2.environment.api.powerplatform.com:443/powerautomate/x?sig=1").is_ok());
        assert_eq!(refused(SLACK_WEBHOOK, "http://hooks.slack.com/services/T0/B0/x"), Refusal::NotHttps);
        assert_eq!(refused(SLACK_WEBHOOK, "ftp://hooks.slack.com/x"), Refusal::NotHttps);
        for host in ["hooks.slack.com.evil.example", "evil-hooks.slack.com", "slack.com", "hooks.slack.com."] {
            assert_eq!(refused(SLACK_WEBHOOK, &format!("https://{host}/services/T0/B0/x")), Refusal::Host(host.into()));
        }
        assert_eq!(refused(SLACK_WEBHOOK, "https://hooks.slack.com@169.254.169.254/"), Refusal::WithUser);
        assert_eq!(refused(SLACK_WEBHOOK, "https://hooks.slack.com:8443/"), Refusal::Host("hooks.slack.com".into()));
        assert_eq!(refused(TEAMS, "https://logic.azure.com/workflows"), Refusal::Host("logic.azure.com".into()));
        assert_eq!(refused(WEBHOOK, "not an address"), Refusal::NotAnAddress);
        assert_eq!(refused(WEBHOOK, &format!("https://example.com/{}", "x".repeat(URL_MAX))), Refusal::NotAnAddress);
    }

    #[test]
    fn r21_the_connectors_that_have_ended_are_refused_with_a_hint() {
        for url in [
            "https://firm.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4",
            "https://outlook.office.com/webhook/1",
        ] {
            let refusal = refused(TEAMS, url);
            assert_eq!(refusal, Refusal::Retired);
            assert!(refusal.to_string().contains("workflow") && refusal.to_string().contains("ワークフロー"));
        }
    }

    #[test]
    fn r21_a_webhook_never_leads_into_a_private_network() {
        let private = [
            "169.254.169.254",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::a00:1]",
            "[fe80::1]",
            "[fc00::1]",
            "[fd12:3456::1]",
            "[ff02::1]",
            "[2001:db8::1]",
            "[2001::1]",
            "[2002:7f00:1::1]",
            "[::127.0.0.1]",
        ];
        for host in private {
            let refusal = refused(WEBHOOK, &format!("https://{host}/hook"));
            assert!(matches!(refusal, Refusal::Private(_)), "{host}: {refusal:?}");
        }
        for host in
            ["1.1.1.1", "100.63.255.255", "172.32.0.1", "[2606:4700::1111]", "[::ffff:1.1.1.1]", "hook.example.com"]
        {
            assert!(WEBHOOK.check(&format!("https://{host}/hook")).is_ok(), "{host}");
        }
        // The vendors' services have names, whatever the address.
        assert_eq!(refused(DISCORD, "https://1.1.1.1/api/webhooks/1/x"), Refusal::Host("1.1.1.1".into()));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin_of = |url: &str| origin(&Url::parse(url).expect("a URL"));
        assert_eq!(origin_of("https://a.example/x?y"), Some("https://a.example:443".into()));
        assert_eq!(origin_of("http://127.0.0.1:8025/v2/"), Some("http://127.0.0.1:8025".into()));
        assert_eq!(origin_of("mailto:a@b"), None);
    }
}
