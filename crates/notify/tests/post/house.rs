//! A store with one firm, reports to send, and carriers to send them by.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use notify::mail::smtp::{Settings, Times, Tls};
use notify::mail::{Address, Email, Sender, Smtp};
use notify::worker::{Bell, Limits, Worker};
use notify::{Carrier, Hook, News, NoLinks, Outcome, Rescue, Told};
use receivers::smtp::Server;
use report::{Channel, Content, Policy, Profile, Recipient, Urgency};
use store::{CustomerForm, Job, NewDelivery, Sending, Store, Writer};
use tempfile::TempDir;

/// 2026-11-20 09:00 in Japan.
pub const NINE: i64 = 1_795_132_800_000;

pub struct House {
    pub folder: TempDir,
    pub store: Store,
    pub customer: i64,
    pub told: Arc<Mutex<Vec<Told>>>,
}

pub fn writer() -> Writer {
    Writer { login: "hanako".to_owned(), name: "山本".to_owned(), operator: None }
}

/// A recipient by mail, `id@domain`.
pub fn mail(id: &str, domain: &str) -> Recipient {
    place(id, Channel::Email { address: format!("{id}@{domain}") })
}

pub fn place(id: &str, channel: Channel) -> Recipient {
    Recipient { id: id.to_owned(), label: String::new(), person: None, channel, active: true, fallback: None }
}

impl House {
    pub async fn new(recipients: Vec<Recipient>) -> House {
        Self::with(Profile { recipients, ..Profile::default() }).await
    }

    pub async fn with(profile: Profile) -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&url(&folder)).await.unwrap();
        let form = CustomerForm { code: "sakura".into(), name: "さくら歯科".into(), ..CustomerForm::default() };
        let customer = store.create_customer(&form).await.unwrap().id;
        store.put_profile(customer, 0, &profile, "test", NINE).await.unwrap();
        House { folder, store, customer, told: Arc::default() }
    }

    pub fn url(&self) -> String {
        url(&self.folder)
    }

    pub fn rescue(&self) -> Rescue {
        let told = Arc::clone(&self.told);
        let hook = Hook(Arc::new(move |news| told.lock().unwrap().push(news)));
        Rescue { store: self.store.clone(), links: Arc::new(NoLinks), hook }
    }

    pub fn worker(&self, carrier: Arc<dyn Carrier>) -> Worker {
        Worker::new(self.rescue(), carrier, Limits::default())
    }

    /// News of this kind: about which recipient.
    pub fn told(&self, news: News) -> Vec<String> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|told| told.news == news).map(|told| told.recipient.clone()).collect()
    }

    /// Sends a report to these recipients; its id and its deliveries' ids.
    pub async fn send(&self, to: &[&str], urgent: bool, now_ms: i64) -> (String, Vec<String>) {
        self.send_with(to, urgent, None, now_ms).await
    }

    pub async fn send_with(
        &self,
        to: &[&str],
        urgent: bool,
        ladder: Option<report::ladder::Ladder>,
        now_ms: i64,
    ) -> (String, Vec<String>) {
        let profile = self.store.profile(self.customer).await.unwrap().profile;
        send(&self.store, &profile, self.customer, to, (urgent, ladder), now_ms).await
    }

    /// The states of a report's deliveries: recipient, state, attempts.
    pub async fn states(&self, report: &str) -> Vec<(String, String, u32)> {
        let rows = self.store.report_deliveries(report).await.unwrap();
        rows.into_iter().map(|row| (row.recipient, store::word(&row.state), row.attempts)).collect()
    }

    /// Open tasks: kind and what they are about.
    pub async fn tasks(&self) -> Vec<(store::TaskKind, Option<String>)> {
        self.store.open_tasks().await.unwrap().into_iter().map(|task| (task.kind, task.delivery)).collect()
    }
}

fn url(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("house.db").display())
}

/// A report that says no more than that a call came needs no form.
pub async fn send(
    store: &Store,
    profile: &Profile,
    customer: i64,
    to: &[&str],
    (urgent, ladder): (bool, Option<report::ladder::Ladder>),
    now_ms: i64,
) -> (String, Vec<String>) {
    let draft = store.begin_report(customer, &writer(), now_ms).await.unwrap();
    let content = Content {
        report: draft.id.clone(),
        firm: "さくら歯科".to_owned(),
        urgency: if urgent { Urgency::Urgent } else { Urgency::Normal },
        received_ms: now_ms,
        who: "□□商事 ①㈱髙﨑様".to_owned(),
        notice_only: true,
        ..Content::default()
    };
    let delivery = |id: &&str| NewDelivery {
        id: store::new_id(now_ms).unwrap(),
        recipient: (*id).to_owned(),
        channel: profile.recipient(id).unwrap().channel.clone(),
        reason: "test".to_owned(),
        content: content.clone(),
        urgent,
        seen_hash: None,
        listen_hash: None,
    };
    let sending = Sending {
        revision: draft.revision,
        policy: Policy::NoticeOnly,
        deliveries: to.iter().map(delivery).collect(),
        digest_due_ms: None,
        ladder,
        tasks: Vec::new(),
    };
    let sent = store.send_report(&draft.id, &sending, &writer(), now_ms).await.unwrap();
    (draft.id, sent.deliveries.into_iter().map(|row| row.id).collect())
}

/// E-mail to a stand-in server.
pub struct Post(pub Email);

impl Carrier for Post {
    fn deliver<'a>(&'a self, job: &'a Job, _: i64) -> BoxFuture<'a, Outcome> {
        let Channel::Email { address } = &job.channel else { panic!("{:?} is no mail", job.channel) };
        Box::pin(self.0.deliver(job, address))
    }
}

pub fn email(address: std::net::SocketAddr) -> Email {
    let times =
        Times { connect: Duration::from_secs(10), command: Duration::from_secs(20), accept: Duration::from_secs(20) };
    let (host, port) = (address.ip().to_string(), address.port());
    let smtp = Smtp::new(Settings { host, port, tls: Tls::None, times, ..Settings::default() }).unwrap();
    let [from, bounce] = ["report@house.test", "bounce@house.test"].map(|text| Address::parse(text).unwrap());
    Email::new(smtp, Sender { from, name: "電話番".to_owned(), bounce: Some(bounce) })
}

pub fn post(server: &Server) -> Arc<dyn Carrier> {
    Arc::new(Post(email(server.address())))
}

/// Whatever a closure says, and how often it was asked.
pub struct Says<F> {
    pub says: F,
    pub asked: AtomicUsize,
}

pub fn says<F: Fn(&Job) -> Outcome + Send + Sync + 'static>(says: F) -> Arc<Says<F>> {
    Arc::new(Says { says, asked: AtomicUsize::new(0) })
}

impl<F: Fn(&Job) -> Outcome + Send + Sync + 'static> Carrier for Says<F> {
    fn deliver<'a>(&'a self, job: &'a Job, _: i64) -> BoxFuture<'a, Outcome> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let outcome = (self.says)(job);
        Box::pin(async move { outcome })
    }
}

/// Never ends.
pub struct Hangs;

impl Carrier for Hangs {
    fn deliver<'a>(&'a self, _: &'a Job, _: i64) -> BoxFuture<'a, Outcome> {
        Box::pin(std::future::pending())
    }
}

pub fn accepted() -> Outcome {
    Outcome::Accepted { remote_id: "250 2.0.0 taken".to_owned() }
}

/// Works until nothing is under way, at one moment.
pub async fn work(worker: &mut Worker, now_ms: i64) {
    worker.look_again();
    worker.work(now_ms).await.unwrap();
    while worker.busy() > 0 {
        worker.wait().await;
        worker.work(now_ms).await.unwrap();
    }
}

/// Works from moment to moment, until nothing is left or `end_ms` has come; when that was.
pub async fn work_until(worker: &mut Worker, begin_ms: i64, end_ms: i64) -> i64 {
    let mut now_ms = begin_ms;
    loop {
        work(worker, now_ms).await;
        match worker.next_ms() {
            Some(next_ms) if next_ms <= end_ms => now_ms = next_ms.max(now_ms + 1),
            Some(_) | None => return now_ms,
        }
    }
}

/// A bell nobody hears.
pub fn bell() -> Bell {
    Bell::default()
}
