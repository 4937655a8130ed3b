//! Where the demo's firms get their reports: a mail server and chat services on this computer, and a page that shows what came.
//! Nothing of this is inside the product: it is configured as any mail server and any chat service would be.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use receivers::http::{Service, Services, known};
use receivers::smtp;
use report::{Channel, Language, Person, Profile, Recipient};
use serde_json::{Value, json};
use store::Store;
use switch::CallId;

use super::sample::{self, Firm};
use super::{LOOPBACK, failed, println, say};
use crate::config::{Config, MailTls};
use crate::trouble::Troubles;
use crate::{clock, local};

/// The page's port, if nobody else is there.
const PAGE_PORT: u16 = 8025;
/// Where each firm has its reports: mail, Chatwork, Slack.
const CHANNELS: usize = 3;
/// A report has arrived everywhere this soon after "send": a busy machine, too.
const ARRIVAL_MAX: Duration = Duration::from_secs(20);
/// How often it is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The receivers and their page, until this is dropped.
pub struct Outbox {
    services: Services,
    mails: Arc<smtp::Server>,
    page: receivers::outbox::Outbox,
}

impl Outbox {
    /// Opens them on loopback; `fixed`: the page where people find it again.
    pub async fn open(fixed: bool) -> Result<Self, Troubles> {
        let any = SocketAddr::new(LOOPBACK, 0);
        let services = Services::start(any).await.map_err(failed)?;
        let mails = Arc::new(smtp::Server::start(smtp::Options::default()).await.map_err(failed)?);
        let wanted = SocketAddr::new(LOOPBACK, if fixed { PAGE_PORT } else { 0 });
        let start = |address| receivers::outbox::Outbox::start(address, services.clone(), Arc::clone(&mails));
        let page = match start(wanted).await {
            Ok(page) => page,
            Err(_) => start(any).await.map_err(failed)?,
        };
        Ok(Self { services, mails, page })
    }

    /// Reports of this house go to them.
    pub fn connect(&self, config: &mut Config) {
        let mails = self.mails.address();
        config.mail.server = mails.ip().to_string();
        config.mail.port = mails.port();
        config.mail.tls = MailTls::None;
        config.mail.from = "report@denwaban.example".to_owned();
        let base = self.services.base();
        let channels = &mut config.channels;
        for place in [
            &mut channels.chatwork,
            &mut channels.slack,
            &mut channels.line_works_auth,
            &mut channels.line_works,
            &mut channels.line,
        ] {
            place.clone_from(&base);
        }
        channels.allowed = vec![base];
    }

    /// The page that shows what came.
    pub fn url(&self) -> String {
        self.page.url()
    }

    /// The operator writes down what the caller wanted and sends it: as the page does, over the product's own API. Until it has
    /// arrived at all of the firm's recipients.
    pub async fn report(&self, config: &Config, call: CallId) -> Result<(), String> {
        let before = self.arrived();
        let report = format!("/reports/{}", store::report_id_of_call(call));
        let edits: Vec<Value> =
            sample::REPORT.iter().map(|(key, said)| json!({ "key": key, "value": { "said": said } })).collect();
        let ask = async |method: &str, route: &str, body: Value| {
            let (status, answer) = local::ask(&config.web.socket, method, route, Some(&body)).await.map_err(text)?;
            if (200..300).contains(&status) { Ok(()) } else { Err(format!("{method} {route}: {status} {answer}")) }
        };
        ask("PATCH", &report, json!({ "edits": edits })).await?;
        let sent = clock::now();
        ask("POST", &format!("{report}/send"), json!({})).await?;
        while self.arrived() < before + CHANNELS {
            if sent.elapsed() > ARRIVAL_MAX {
                let refused = self.services.refused().join("; ");
                return Err(format!("{} of {CHANNELS} reports arrived {refused}", self.arrived() - before));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let took_ms = sent.elapsed().as_millis();
        println(&format!(
            "  OK  {}",
            say(
                &format!("report: mail, Chatwork and Slack have it {took_ms} ms after \"send\""),
                &format!("報告: 送信から {took_ms} ミリ秒で、メール・Chatwork・Slackに届きました"),
            )
        ));
        Ok(())
    }

    /// How many reports have arrived, by mail and in chats.
    fn arrived(&self) -> usize {
        self.mails.count()
            + [Service::Chatwork, Service::Slack]
                .map(|service| self.services.shown(service).len())
                .iter()
                .sum::<usize>()
    }
}

fn text(error: std::io::Error) -> String {
    error.to_string()
}

/// The firm has its reports by mail, in a Chatwork room and in a Slack channel.
pub async fn subscribe(store: &Store, place: usize, customer: i64, firm: &Firm) -> Result<(), Troubles> {
    let row = store.profile(customer).await?;
    store.put_profile(customer, row.revision, &profile(place, firm), "demo", clock::unix_ms()).await?;
    Ok(())
}

fn profile(place: usize, firm: &Firm) -> Profile {
    let (title, name) = firm.target.0.split_once(' ').unwrap_or(("", firm.target.0));
    let person = "person".to_owned();
    let recipient = |id: &str, label: &str, channel: Channel, fallback: Option<&str>| Recipient {
        id: id.to_owned(),
        label: label.to_owned(),
        person: Some(person.clone()),
        channel,
        active: true,
        fallback: fallback.map(str::to_owned),
    };
    let chatwork = Channel::Chatwork {
        room: (10_000_001 + place).to_string(),
        token: known::CHATWORK_TOKEN.to_owned(),
        mention: vec!["910".to_owned()],
    };
    let slack = Channel::Slack {
        channel: format!("C0DEMO{place:04}"),
        token: known::SLACK_TOKEN.to_owned(),
        mention: vec!["U0DEMO01".to_owned()],
    };
    Profile {
        language: Language::Ja,
        people: vec![Person {
            id: person.clone(),
            name: name.to_owned(),
            kana: String::new(),
            title: title.to_owned(),
        }],
        recipients: vec![
            recipient("mail", "メール", Channel::Email { address: format!("report@{}.example", firm.code) }, None),
            recipient("chatwork", "Chatwork", chatwork, Some("mail")),
            recipient("slack", "Slack", slack, Some("mail")),
        ],
        ..Profile::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::sample::FIRMS;

    #[test]
    fn every_sample_firms_orders_are_in_order() {
        for (place, firm) in FIRMS.iter().enumerate() {
            let checked = profile(place, firm).checked();
            assert!(checked.is_ok(), "{}: {checked:?}", firm.code);
        }
    }
}
