//! What can be wrong with a channel before anything is sent there: shapes, hosts, what is missing.
//!
//! The guard against servers inside (R21) is where requests are made, which resolves names; here a person is told early.

use crate::problem::Problem;
use crate::text;

use super::Channel;

/// Characters of an address (RFC 5321 section 4.5.3.1.3), and of its part before the `@` (4.5.3.1.1).
const ADDRESS_CHARS_MAX: usize = 254;
const LOCAL_CHARS_MAX: usize = 64;
/// Characters of an id, a token, a URL.
const ID_CHARS_MAX: usize = 100;
const TOKEN_CHARS_MAX: usize = 1_000;
const URL_CHARS_MAX: usize = 2_000;
const KEY_CHARS_MAX: usize = 10_000;
/// People that one report mentions.
const MENTIONS_MAX: usize = 20;
/// Bytes that a webhook is signed with, at least.
const SECRET_CHARS_MIN: usize = 16;

impl Channel {
    /// The channel with its texts trimmed; adds what is wrong with it to `problems`, with paths below `at`.
    pub(crate) fn checked(&self, at: &str, problems: &mut Vec<Problem>) -> Self {
        let mut channel = self.clone();
        let mut check = Check { at, problems };
        match &mut channel {
            Self::Email { address } => check.address("address", address),
            Self::Chatwork { room, token, mention } => {
                check.digits("room", room);
                check.token("token", token);
                check.mentions(mention, |id| id == "all" || id.bytes().all(|byte| byte.is_ascii_digit()));
            }
            Self::SlackWebhook { url } => check.url("url", url, &["hooks.slack.com", "hooks.slack-gov.com"]),
            Self::Slack { channel, token, mention } => {
                check.id("channel", channel);
                check.token("token", token);
                check.mentions(mention, |id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            }
            Self::GoogleChat { url } => check.url("url", url, &["chat.googleapis.com"]),
            Self::Teams { url } => check.teams(url),
            Self::LineWorks { client_id, client_secret, service_account, private_key, bot, channel, user } => {
                check.id("client_id", client_id);
                check.token("client_secret", client_secret);
                check.id("service_account", service_account);
                check.private_key(private_key);
                check.digits("bot", bot);
                check.one_of(channel, user);
            }
            Self::Line { to, token } => {
                check.line_to(to);
                check.token("token", token);
            }
            Self::Discord { url } => {
                check.url("url", url, &["discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"]);
            }
            Self::Webhook { url, secret } => {
                check.webhook(url);
                check.secret(secret);
            }
            Self::Phone { number } => check.phone("number", number),
        }
        channel
    }

    /// What stands against sending there: a webhook without TLS, or one inside a network, unless its origin is one that the house
    /// allows (`http://10.0.0.5:5678`).
    pub(crate) fn barred(&self, at: &str, allowed: &[String]) -> Option<Problem> {
        let Self::Webhook { url, .. } = self else { return None };
        let place = Place::of(url)?;
        if allowed.iter().any(|origin| Place::of(origin).is_some_and(|allowed| allowed == place)) {
            return None;
        }
        let (ja, en) = if is_inside(&place.host) {
            (
                (
                    "社内や自機のアドレスには送れません",
                    "インターネット上のホスト名を指定するか、管理者が設定の channels.allowed に加えてください",
                ),
                (
                    "nothing is sent to addresses inside a network",
                    "give a host name on the Internet, or have it added to channels.allowed in the configuration",
                ),
            )
        } else if !place.tls {
            (
                ("暗号化されない http:// には送れません", "https:// のURLを指定してください"),
                ("nothing is sent without TLS", "give a URL that begins with https://"),
            )
        } else {
            return None;
        };
        Some(Problem::new(format!("{at}.url"), ja, en))
    }
}

/// Where a webhook leads: its origin.
#[derive(PartialEq, Eq)]
struct Place {
    tls: bool,
    host: String,
    port: u16,
}

impl Place {
    /// Of an `https` or `http` URL that has nothing odd in it: no user, a host name or an IPv4 address.
    fn of(url: &str) -> Option<Place> {
        let (tls, rest) = match url.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, url.strip_prefix("http://")?),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, port) = match rest.get(..end)?.split_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)?),
            None => (rest.get(..end)?, if tls { 443 } else { 80 }),
        };
        (is_plain(url) && is_labels(host)).then(|| Place { tls, host: host.to_ascii_lowercase(), port })
    }
}

/// Collects what is wrong with one channel.
struct Check<'a> {
    at: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    fn fail(&mut self, field: &str, ja: (&str, &str), en: (&str, &str)) {
        self.problems.push(Problem::new(format!("{}.{field}", self.at), ja, en));
    }

    /// Carriers have addresses that no standard allows (`taro..x@docomo.ne.jp`, `taro.@ezweb.ne.jp`): those work.
    fn address(&mut self, field: &str, address: &mut String) {
        *address = address.trim().to_owned();
        let ok = address.rsplit_once('@').is_some_and(|(local, domain)| {
            let local_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
            (1..=LOCAL_CHARS_MAX).contains(&local.len()) && local.bytes().all(local_byte) && is_host(domain)
        });
        if !ok || address.len() > ADDRESS_CHARS_MAX {
            self.fail(
                field,
                ("メールアドレスの形が正しくありません", "name@example.co.jp のように半角で入力してください"),
                ("that is no mail address", "write it as name@example.com"),
            );
        }
    }

    fn id(&mut self, field: &str, id: &mut String) {
        *id = id.trim().to_owned();
        if id.is_empty() || id.len() > ID_CHARS_MAX || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.fail(
                field,
                ("IDが空か、使えない文字があります", "サービスの画面に表示されたIDをそのまま貼り付けてください"),
                ("the id is empty, or has characters that cannot be", "paste it as the service shows it"),
            );
        }
    }

    fn digits(&mut self, field: &str, id: &mut String) {
        *id = id.trim().to_owned();
        if id.is_empty() || id.len() > 20 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            self.fail(
                field,
                ("数字ではありません", "URLや設定画面にある番号だけを入力してください"),
                ("that is no number", "give the digits alone, as the service's page or address shows them"),
            );
        }
    }

    fn token(&mut self, field: &str, token: &mut String) {
        *token = token.trim().to_owned();
        if token.contains(super::MASK) {
            return self.masked(field);
        }
        if token.is_empty() || token.len() > TOKEN_CHARS_MAX || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.fail(
                field,
                ("トークンが空か、使えない文字があります", "サービスの画面で発行したものをそのまま貼り付けてください"),
                ("the token is empty, or has characters that cannot be", "paste it as the service shows it"),
            );
        }
    }

    fn masked(&mut self, field: &str) {
        self.fail(
            field,
            ("伏せ字のままです", "もとの値をもう一度入力してください"),
            ("it is still masked", "enter the whole value again"),
        );
    }

    fn mentions(&mut self, mention: &mut [String], is_id: fn(&str) -> bool) {
        for id in mention.iter_mut() {
            *id = id.trim().to_owned();
        }
        let fits = |id: &String| !id.is_empty() && id.len() <= ID_CHARS_MAX && is_id(id);
        if mention.len() > MENTIONS_MAX || !mention.iter().all(fits) {
            self.fail(
                "mention",
                ("メンション先のIDが正しくありません", "サービスのアカウントIDを20件まで入力してください"),
                ("these are no ids to mention", "give the service's account ids, 20 at most"),
            );
        }
    }

    /// An `https` URL with one of these hosts; none: any.
    fn url(&mut self, field: &str, url: &mut String, hosts: &[&str]) {
        *url = url.trim().to_owned();
        if url.contains(super::MASK) {
            return self.masked(field);
        }
        match host(url) {
            None => self.fail(
                field,
                ("URLの形が正しくありません", "https:// で始まるURLをそのまま貼り付けてください"),
                ("that is no URL", "paste the one that begins with https:// as the service shows it"),
            ),
            Some(host) if !hosts.is_empty() && !hosts.contains(&host) => {
                let hosts = hosts.join(" / ");
                self.problems.push(Problem::new(
                    format!("{}.{field}", self.at),
                    (
                        format!("このサービスのURLではありません（{hosts}）"),
                        "サービスの画面で発行したURLを貼り付けてください",
                    ),
                    (format!("that is no URL of this service ({hosts})"), "paste the URL that the service made"),
                ));
            }
            Some(_) => {}
        }
    }

    /// Anybody's: any port, and inside the house's own network what the house allows.
    fn webhook(&mut self, url: &mut String) {
        *url = url.trim().to_owned();
        if url.contains(super::MASK) {
            return self.masked("url");
        }
        if Place::of(url).is_none() {
            self.fail(
                "url",
                ("URLの形が正しくありません", "https:// で始まるURLをそのまま貼り付けてください"),
                ("that is no URL", "paste the one that begins with https:// as the service shows it"),
            );
        }
    }

    /// Workflows have many hosts. The connectors before them are gone since May 2026.
    fn teams(&mut self, url: &mut String) {
        let own = ["logic.azure.com", "environment.api.powerplatform.com"];
        let of = |host: &str, domain: &str| host.strip_suffix(domain).is_some_and(|before| before.ends_with('.'));
        *url = url.trim().to_owned();
        let host = host(url).unwrap_or("").to_owned();
        if of(&host, "webhook.office.com") || host == "outlook.office.com" {
            self.fail(
                "url",
                (
                    "Office 365 コネクタは廃止されました",
                    "Teams の「ワークフロー」で「Webhook 要求を受信したとき」を作り、そのURLを使ってください",
                ),
                (
                    "Office 365 connectors exist no more",
                    "make a workflow in Teams (\"when a webhook request is received\") and use its URL",
                ),
            );
        } else if own.iter().any(|domain| of(&host, domain)) {
            self.url("url", url, &[]);
        } else {
            self.url("url", url, &["*.logic.azure.com", "*.environment.api.powerplatform.com"]);
        }
    }

    fn private_key(&mut self, key: &mut String) {
        *key = key.replace("\r\n", "\n").trim().to_owned();
        if key.contains(super::MASK) {
            return self.masked("private_key");
        }
        if !key.starts_with("-----BEGIN ") || !key.contains("PRIVATE KEY-----") || key.len() > KEY_CHARS_MAX {
            self.fail(
                "private_key",
                ("秘密鍵ではありません", "ダウンロードした .key ファイルの中身をすべて貼り付けてください"),
                ("that is no private key", "paste the whole of the .key file"),
            );
        }
    }

    fn one_of(&mut self, channel: &mut Option<String>, user: &mut Option<String>) {
        for side in [&mut *channel, &mut *user] {
            *side = side.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
        }
        let ok = |id: &Option<String>| {
            id.as_ref().is_none_or(|id| id.len() <= ID_CHARS_MAX && id.bytes().all(|byte| byte.is_ascii_graphic()))
        };
        if channel.is_some() == user.is_some() || !ok(channel) || !ok(user) {
            self.fail(
                "channel",
                (
                    "送り先が正しくありません",
                    "トークルームID（channel）かメンバーID（user）のどちらか一方を入力してください",
                ),
                ("that is no destination", "give either the room's id (channel) or the member's (user)"),
            );
        }
    }

    fn line_to(&mut self, to: &mut String) {
        *to = to.trim().to_owned();
        if !to.starts_with(['U', 'C', 'R'])
            || to.len() != 33
            || !to.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit())
        {
            self.fail(
                "to",
                ("LINEのIDではありません", "U・C・R で始まる33文字のIDを入力してください（LINE名ではありません）"),
                ("that is no id of LINE", "give the 33 characters that begin with U, C or R, not the LINE name"),
            );
        }
    }

    fn secret(&mut self, secret: &mut String) {
        *secret = secret.trim().to_owned();
        if secret.contains(super::MASK) {
            return self.masked("secret");
        }
        let ok = secret.bytes().all(|byte| byte.is_ascii_graphic()) && secret.len() <= TOKEN_CHARS_MAX;
        if !ok || secret.len() < SECRET_CHARS_MIN {
            self.fail(
                "secret",
                ("署名の鍵が短いか、使えない文字があります", "半角16文字以上にしてください"),
                ("the secret is too short, or has characters that cannot be", "give 16 ASCII characters or more"),
            );
        }
    }

    fn phone(&mut self, field: &str, number: &mut String) {
        phone(&format!("{}.{field}", self.at), number, self.problems);
    }
}

/// A number that may be called (R03), as `090-1234-5678`.
pub(crate) fn phone(at: &str, number: &mut String, problems: &mut Vec<Problem>) {
    match number::judge(number) {
        Ok(judged) => *number = judged.display(),
        Err(refusal) => {
            *number = text::head(&text::line(number), ID_CHARS_MAX);
            problems.push(Problem::new(
                at,
                ("この番号には発信できません", "国内の固定・携帯・IP電話の番号を入力してください"),
                (format!("this number may not be called: {}", refusal.advice()), "give an ordinary Japanese number"),
            ));
        }
    }
}

/// The host of an `https` URL that has nothing odd in it: no user, no port but 443.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest.get(..end)?;
    let host = host.strip_suffix(":443").unwrap_or(host);
    (is_plain(url) && is_host(host)).then_some(host)
}

/// Short enough, and without characters that no URL has.
fn is_plain(url: &str) -> bool {
    url.len() <= URL_CHARS_MAX && url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>`{}|^".contains(&byte))
}

/// A host name with a dot, or an IPv4 address.
fn is_host(host: &str) -> bool {
    host.contains('.') && is_labels(host)
}

fn is_labels(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// Addresses, and names that mean this machine or this network.
fn is_inside(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    // The last label of an address, and of no name, is a number (RFC 1123 section 2.1); 0x7f.1 is one, too.
    let number = host.rsplit('.').next().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_digit()));
    number
        || !host.contains('.')
        || ["localhost", "local", "internal", "localdomain", "lan", "home", "corp", "arpa"]
            .iter()
            .any(|end| host.ends_with(&format!(".{end}")))
}
