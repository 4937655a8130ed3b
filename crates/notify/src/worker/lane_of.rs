//! Which lane a channel is in.

use report::Channel;

use super::lanes::{Lane, MAIL};

/// The lane of a recipient's channel.
pub fn lane_of(channel: &Channel) -> Lane {
    let service = |name: &str| Lane { server: name.to_owned(), name: name.to_owned() };
    match channel {
        Channel::Email { address } => {
            let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain).trim().to_lowercase();
            Lane { server: MAIL.to_owned(), name: domain }
        }
        // One service each, for all firms.
        Channel::Chatwork { .. }
        | Channel::SlackWebhook { .. }
        | Channel::Slack { .. }
        | Channel::GoogleChat { .. }
        | Channel::LineWorks { .. }
        | Channel::Line { .. }
        | Channel::Discord { .. }
        | Channel::Phone { .. } => service(channel.kind()),
        // A host of the firm's own, or of its part of a cloud.
        Channel::Teams { url } | Channel::Webhook { url, .. } => service(host(url)),
    }
}

/// `https://user@host:port/path` → `host:port`.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f31_what_hangs_together_is_one_lane() {
        let mail = |address: &str| lane_of(&Channel::Email { address: address.to_owned() });
        assert_eq!(mail("a@Docomo.ne.jp"), mail("b..c@docomo.ne.jp"));
        assert_ne!(mail("a@docomo.ne.jp"), mail("a@ezweb.ne.jp"));
        assert_eq!(mail("a@docomo.ne.jp").server, mail("a@ezweb.ne.jp").server);
        let hook = |url: &str| lane_of(&Channel::Webhook { url: url.to_owned(), secret: String::new() });
        assert_eq!(hook("https://a.test:8443/x?y").server, "a.test:8443");
        assert_eq!(hook("https://a.test/x"), hook("https://u:p@a.test#z"));
        assert_eq!(hook("nonsense").server, "nonsense");
    }
}
