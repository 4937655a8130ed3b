//! What the tests of this folder share.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use notify::Outcome;
use notify::chat::{Chats, Endpoints, Patience};
use receivers::http::{Service, Services, known};
use report::{Callback, Channel, Content, Desired, Kind, Language, Line, Urgency};

/// A delivery's id.
pub const KEY: &str = "0198c5a2-7c1e-7d3a-9b8f-1234567890ab";
/// 2026-11-22 10:15 in Japan.
pub const RECEIVED_MS: i64 = 1_795_310_100_000;

/// The stand-ins, and the channels that post to them.
pub struct House {
    pub services: Services,
    pub chats: Chats,
    pub now_ms: i64,
}

impl House {
    pub async fn open() -> Self {
        // Long enough for a busy machine, short enough to wait for.
        Self::with_patience(Duration::from_secs(20)).await
    }

    pub async fn with_patience(total: Duration) -> Self {
        let services = Services::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let patience = Patience { connect: Duration::from_secs(10), total };
        let chats = Chats::new(Endpoints::at(&services.base()), Some(patience)).unwrap();
        Self { services, chats, now_ms: unix_ms() }
    }

    pub async fn deliver(&self, channel: &Channel) -> Outcome {
        self.deliver_this(channel, &report(Language::Ja)).await
    }

    pub async fn deliver_this(&self, channel: &Channel, content: &Content) -> Outcome {
        self.chats.deliver(channel, KEY, content, self.now_ms).await
    }

    /// A moment later, so that no pace is in the way.
    pub async fn deliver_later(&mut self, channel: &Channel) -> Outcome {
        self.now_ms += 2_000;
        self.deliver(channel).await
    }

    /// How many postings people see.
    pub fn seen(&self, service: Service) -> usize {
        self.services.shown(service).len()
    }

    pub fn channel(&self, service: Service) -> Channel {
        channel(service, &self.services.base())
    }
}

#[allow(clippy::disallowed_methods, reason = "the stand-ins compare with the machine's clock")]
pub fn unix_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// The channel that posts to a service.
pub fn channel(service: Service, base: &str) -> Channel {
    match service {
        Service::Chatwork => Channel::Chatwork {
            room: "12345678".into(),
            token: known::CHATWORK_TOKEN.into(),
            mention: vec!["910".into()],
        },
        Service::SlackWebhook => {
            Channel::SlackWebhook { url: format!("{base}/services/T0000/B0000/{}", known::SLACK_WEBHOOK) }
        }
        Service::Slack => Channel::Slack {
            channel: "C0123456789".into(),
            token: known::SLACK_TOKEN.into(),
            mention: vec!["U0910".into()],
        },
        Service::GoogleChat => Channel::GoogleChat {
            url: format!("{base}/v1/spaces/AAAA/messages?key={}&token={}", known::GOOGLE_KEY, known::GOOGLE_TOKEN),
        },
        Service::Teams => Channel::Teams {
            url: format!(
                "{base}/workflows/abc/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Frun&sv=1.0&sig={}",
                known::TEAMS_SIGNATURE
            ),
        },
        Service::LineWorks => Channel::LineWorks {
            client_id: known::LINE_WORKS_CLIENT.into(),
            client_secret: known::LINE_WORKS_SECRET.into(),
            service_account: known::LINE_WORKS_ACCOUNT.into(),
            private_key: known::LINE_WORKS_KEY.into(),
            bot: "2000001".into(),
            channel: Some("12345a12-b12c-12d3".into()),
            user: None,
        },
        Service::Line => Channel::Line { to: format!("U{}", "0a".repeat(16)), token: known::LINE_TOKEN.into() },
        Service::Discord => {
            Channel::Discord { url: format!("{base}/api/webhooks/1190000000000000000/{}", known::DISCORD_TOKEN) }
        }
        Service::Webhook => {
            Channel::Webhook { url: format!("{base}/webhook/firm"), secret: known::WEBHOOK_SECRET.into() }
        }
    }
}

/// An urgent report with everything in it.
pub fn report(language: Language) -> Content {
    let line = |key: &str, label: (&str, &str), text: (&str, &str)| Line {
        key: key.into(),
        label: language.of(label.0, label.1).into(),
        text: language.of(text.0, text.1).into(),
    };
    Content {
        language,
        report: "0198c5a2-0000-7000-8000-000000000001".into(),
        firm: language.of("さくら歯科", "Sakura Dental").into(),
        kind: Kind::Inquiry,
        urgency: Urgency::Urgent,
        desired: Some(Desired::CallBack),
        received_ms: RECEIVED_MS,
        operator: language.of("山田花子", "Hanako Yamada").into(),
        who: language.of("①㈱髙﨑 佐藤様", "Sato of ①㈱髙﨑").into(),
        callback: Some(Callback {
            display: "090-1234-5678".into(),
            tel: Some("+819012345678".into()),
            note: String::new(),
            left: true,
        }),
        lines: vec![
            line("company", ("会社名", "Company"), ("①㈱髙﨑", "①㈱髙﨑")),
            line("name", ("お名前", "Name"), ("佐藤様", "Sato")),
            line(
                "business",
                ("ご用件", "About"),
                (
                    "見積書の件。\n明日の午前中までに電話がほしいとのこと。",
                    "The offer.\nPlease call before noon tomorrow.",
                ),
            ),
        ],
        link: Some("https://denwaban.example/r/1".into()),
        seen_link: Some("https://denwaban.example/s/abc".into()),
        ..Content::default()
    }
}
