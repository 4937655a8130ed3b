//! The house that is measured: what `serve` starts, in a folder of its own, with one firm and its drafts.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use report::{Edit, Profile, Value, key};
use serde_json::json;
use store::{CustomerForm, Role, Store, UserForm, Writer};

use super::page::Page;
use super::{HANGING, HANGING_EVERY, PEOPLE};
use crate::clock;
use crate::config::{Config, MailTls};
use crate::startup;
use crate::trouble::Troubles;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Who writes and sends.
const LOGIN: &str = "bench";

/// A running house.
pub struct House {
    house: startup::House,
    customer: i64,
}

impl House {
    /// Starts it below `folder`, its mail going to `mails`.
    pub async fn open(folder: &Path, mails: SocketAddr) -> io::Result<House> {
        let house = startup::open(&config(folder, mails)?).await.map_err(told)?;
        let customer = furnish(&house.store).await?;
        Ok(House { house, customer })
    }

    /// Somebody has the page open.
    pub async fn page(&self) -> io::Result<Arc<Page>> {
        let form = UserForm { name: LOGIN.to_owned(), role: Role::Supervisor, operator_id: None };
        let (_, password) = self.house.store.create_user(&form, None).await.map_err(failed)?;
        let api = self.house.web.first().copied().ok_or_else(|| io::Error::other("no page is served"))?;
        Ok(Arc::new(Page::open(api, LOGIN, &password).await?))
    }

    /// So many finished drafts, their people in turn; some of them are for the recipient whose server hangs, too.
    pub async fn drafts(&self, count: u64) -> io::Result<Vec<String>> {
        let store = &self.house.store;
        let writer = Writer { login: LOGIN.to_owned(), name: "山本".to_owned(), operator: None };
        let mut drafts = Vec::new();
        for place in 0..count {
            let now_ms = clock::unix_ms();
            let draft = store.begin_report(self.customer, &writer, now_ms).await.map_err(failed)?;
            let edits: Vec<Edit> = answers(place)
                .into_iter()
                .map(|(key, said)| {
                    let value = Some(Value::said(&said));
                    Edit { key: key.to_owned(), value, at_ms: now_ms, offset_ms: None, who: LOGIN.to_owned() }
                })
                .collect();
            drafts.push(store.edit_report(&draft.id, &edits, &writer, now_ms).await.map_err(failed)?.id);
        }
        Ok(drafts)
    }

    /// It closes.
    pub async fn close(self) {
        self.house.close().await;
    }
}

/// What the operator wrote down.
fn answers(place: u64) -> [(&'static str, String); 7] {
    let urgency = if place.is_multiple_of(HANGING_EVERY) { "high" } else { "normal" };
    let person = place % u64::try_from(PEOPLE).unwrap_or(1);
    [
        (key::COMPANY, "□□商事 ①㈱髙﨑".to_owned()),
        (key::NAME, "佐藤".to_owned()),
        (key::BUSINESS, "来月の打ち合わせの日程を変更したいとのことです".to_owned()),
        (key::DESIRED, "call_back".to_owned()),
        (key::CALLBACK, "03-5550-1234".to_owned()),
        (key::URGENCY, urgency.to_owned()),
        (key::PERSON, format!("person{person}")),
    ]
}

/// A firm of many people with two mailboxes each, and one place whose server hangs, which has what is more than usually urgent.
async fn furnish(store: &Store) -> io::Result<i64> {
    let people: Vec<_> =
        (0..PEOPLE).map(|person| json!({ "id": format!("person{person}"), "name": format!("担当{person}") })).collect();
    let mail = |id: String, person: Option<String>, domain: String| {
        let address = format!("{id}@{domain}.test");
        json!({ "id": id, "person": person, "channel": { "type": "email", "address": address } })
    };
    let mut recipients: Vec<_> = (0..PEOPLE * 2)
        .map(|place| {
            let person = place / 2;
            mail(format!("place{place}"), Some(format!("person{person}")), format!("firm{}", person * 2 / 3))
        })
        .collect();
    recipients.push(mail(HANGING.to_owned(), None, "hanging".to_owned()));
    let profile = json!({
        "people": people,
        "recipients": recipients,
        "rules": [
            { "when": { "urgency": "high" }, "to": [{ "who": { "recipient": HANGING } }], "also": true },
            { "to": [{ "who": "named" }] },
        ],
    });
    let profile: Profile = serde_json::from_value(profile).map_err(io::Error::other)?;
    let form = CustomerForm { code: "bench".into(), name: "さくら歯科".into(), ..CustomerForm::default() };
    let customer = store.create_customer(&form).await.map_err(failed)?.id;
    store.put_profile(customer, 0, &profile, LOGIN, clock::unix_ms()).await.map_err(failed)?;
    Ok(customer)
}

fn config(folder: &Path, mails: SocketAddr) -> io::Result<Config> {
    let sip = std::net::UdpSocket::bind((LOOPBACK, 0))?.local_addr()?;
    let mut config = Config::default();
    config.sip.udp = vec![sip];
    for unused in [&mut config.sip.tcp, &mut config.sip.tls, &mut config.sip.ws, &mut config.sip.wss] {
        unused.clear();
    }
    config.sip.unwritten.clear();
    config.media.address = vec![LOOPBACK];
    config.media.threads = 1;
    config.web.listen = vec![SocketAddr::new(LOOPBACK, 0)];
    config.web.key = folder.join("denwaban.key");
    config.web.socket = folder.join("denwaban.sock");
    config.recordings.folder = folder.join("recordings");
    config.recordings.free_percent_min = 0;
    config.database.url = format!("sqlite:{}", folder.join("bench.db").display());
    config.database.journal = folder.join("journal");
    config.speech.cache = folder.join("speech");
    config.speech.prompts = folder.join("prompts");
    config.speech.command.clear();
    config.tls.folder = folder.join("tls");
    config.mail.server = mails.ip().to_string();
    config.mail.port = mails.port();
    config.mail.tls = MailTls::None;
    config.mail.from = "report@denwaban.test".to_owned();
    config.mail.from_name = "電話番".to_owned();
    Ok(config)
}

fn told(troubles: Troubles) -> io::Error {
    io::Error::other(format!("{troubles:?}"))
}

fn failed(error: store::StoreError) -> io::Error {
    io::Error::other(error.to_string())
}
