//! From "send" to the mail server's 250, the whole way of the product: the report and its deliveries are saved in a database on
//! the disk, the worker leases them, a mail is written and handed to a mail server over TCP. One recipient's server hangs.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use notify::chat::{Chats, Endpoints};
use notify::mail::{Address, Email, Sender, Smtp, smtp};
use notify::worker::{Bell, Limits, Worker};
use notify::{Carrier, Channels, Hook, NoLinks, Outcome, Rescue, SystemClock};
use receivers::smtp::{Fault, Options, Server};
use report::{Channel, Content, Policy, Profile, Recipient};
use serde::Serialize;
use store::{CustomerForm, Job, NewDelivery, Sending, Store, Writer};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::clock;
use crate::words;

/// Reports sent a second.
const RATE: u64 = 50;
/// Recipients that are well, each with a mail domain for three.
const RECIPIENTS: usize = 60;
/// Each so-manieth report goes to the recipient whose server hangs, too.
const HANGING_EVERY: u64 = 5;
/// The recipient whose server hangs.
const HANGING: &str = "hanging";
/// After the last report, the mails under way have this long; what has not come then is lost.
const REST_MAX: Duration = Duration::from_secs(60);

/// What was measured.
#[derive(Serialize, Debug)]
pub struct Row {
    bench: &'static str,
    /// Reports sent, and how fast.
    reports: u64,
    reports_per_second: f64,
    /// Deliveries to recipients whose server is well; that of the others waited all the time.
    deliveries: usize,
    hanging_deliveries: usize,
    send_to_250_ms_p50: f64,
    send_to_250_ms_p99: f64,
    send_to_250_ms_max: f64,
    /// Saved as sent, and not received.
    lost: usize,
    /// Received more than once.
    duplicated: usize,
}

impl Row {
    /// For people.
    pub fn text(&self) -> String {
        let per_second = format!("{:.0}", self.reports_per_second);
        let [p50, p99, max] =
            [self.send_to_250_ms_p50, self.send_to_250_ms_p99, self.send_to_250_ms_max].map(|ms| format!("{ms:.0}"));
        let figures: [&dyn std::fmt::Display; 7] =
            [&self.deliveries, &per_second, &p50, &p99, &max, &self.lost, &self.duplicated];
        words::BENCH_REPORT.with(&figures)
    }
}

/// When each delivery was sent, and when its 250 was read.
#[derive(Default)]
struct Times {
    sent: HashMap<String, Instant>,
    accepted: HashMap<String, Instant>,
}

type Shared = Arc<Mutex<Times>>;

/// The product's channels, with a look at the clock when one of them has a 250.
struct Timed {
    channels: Channels,
    times: Shared,
}

impl Carrier for Timed {
    fn deliver<'a>(
        &'a self,
        job: &'a Job,
        now_ms: i64,
    ) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async move {
            let outcome = self.channels.deliver(job, now_ms).await;
            if matches!(outcome, Outcome::Accepted { .. }) {
                let now = clock::now();
                let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
                times.accepted.entry(job.id.clone()).or_insert(now);
            }
            outcome
        })
    }
}

/// Sends reports for so many seconds.
pub fn measure(seconds: u64) -> io::Result<Row> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(seconds.max(1)))
}

async fn run(seconds: u64) -> io::Result<Row> {
    let folder = tempfile::tempdir()?;
    let failed = |error: store::StoreError| io::Error::other(error.to_string());
    let store = Store::open(&format!("sqlite:{}", folder.path().join("bench.db").display())).await.map_err(failed)?;
    let house = House::furnish(store).await.map_err(failed)?;
    let server = Server::start(Options::default()).await?;
    server.fail_for(&format!("{HANGING}@hanging.test"), Fault::Hang);
    let bell = Bell::default();
    let (stop, stopped) = watch::channel(false);
    let worker = house.worker(&server)?;
    let working = tokio::spawn(worker.run(Arc::new(SystemClock(clock::unix_ms)), bell.clone(), stopped));
    let begun = clock::now();
    let sent = house.send_all(seconds * RATE, &bell).await?;
    let reports_per_second = sent as f64 / begun.elapsed().as_secs_f64();
    let (well, hanging) = house.sent();
    // Without those that were received twice this is exact; with them it ends a little early, and they are told.
    let _ = timeout(REST_MAX, server.wait_for(well.len())).await;
    let _ = stop.send(true);
    let _ = timeout(Duration::from_secs(1), working).await;
    let row = house.judge(&server, sent, reports_per_second, &well, hanging);
    house.store.close().await;
    Ok(row)
}

struct House {
    store: Store,
    customer: i64,
    profile: Profile,
    times: Shared,
}

impl House {
    async fn furnish(store: Store) -> Result<House, store::StoreError> {
        let mail = |id: String, domain: String| Recipient {
            channel: Channel::Email { address: format!("{id}@{domain}") },
            label: String::new(),
            person: None,
            active: true,
            fallback: None,
            id,
        };
        let well = (0..RECIPIENTS).map(|place| mail(format!("person{place}"), format!("firm{}.test", place / 3)));
        let recipients = well.chain([mail(HANGING.to_owned(), "hanging.test".to_owned())]).collect();
        let profile = Profile { recipients, ..Profile::default() };
        let form = CustomerForm { code: "bench".into(), name: "さくら歯科".into(), ..CustomerForm::default() };
        let customer = store.create_customer(&form).await?.id;
        let profile = store.put_profile(customer, 0, &profile, "bench", clock::unix_ms()).await?.profile;
        Ok(House { store, customer, profile, times: Shared::default() })
    }

    fn worker(&self, server: &Server) -> io::Result<Worker> {
        let other = |error: String| io::Error::other(error);
        let (host, port) = (server.address().ip().to_string(), server.address().port());
        let settings = smtp::Settings { host, port, tls: smtp::Tls::None, ..smtp::Settings::default() };
        let smtp = Smtp::new(settings).map_err(|error| other(error.to_string()))?;
        let from = Address::new("report", "denwaban.test").map_err(|error| other(error.to_string()))?;
        let email = Email::new(smtp, Sender { from, name: "電話番".to_owned(), bounce: None });
        let chats = Chats::new(Endpoints::default(), None).map_err(other)?;
        let rescue = Rescue { store: self.store.clone(), links: Arc::new(NoLinks), hook: Hook::none() };
        let channels = Channels { email: Some(email), chats };
        let timed = Timed { channels, times: Arc::clone(&self.times) };
        Ok(Worker::new(rescue, Arc::new(timed), Limits::default()))
    }

    /// At a steady rate, whatever the answers take: how many were sent.
    async fn send_all(&self, reports: u64, bell: &Bell) -> io::Result<u64> {
        let mut ticks = interval(Duration::from_micros(1_000_000 / RATE));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut sending = JoinSet::new();
        for place in 0..reports {
            ticks.tick().await;
            let (store, customer, bell) = (self.store.clone(), self.customer, bell.clone());
            let (deliveries, times) = (self.recipients(place), Arc::clone(&self.times));
            sending.spawn(async move { send(&store, customer, deliveries, &times, &bell).await });
        }
        let mut sent = 0;
        while let Some(done) = sending.join_next().await {
            done.map_err(io::Error::other)?.map_err(|error| io::Error::other(error.to_string()))?;
            sent += 1;
        }
        Ok(sent)
    }

    /// Two who are well, and sometimes the one whose server hangs, in front of them.
    fn recipients(&self, place: u64) -> Vec<Recipient> {
        let at = |place: usize| self.profile.recipients.get(place % RECIPIENTS).cloned();
        let first = usize::try_from(place).unwrap_or(0) * 2;
        let hanging = self.profile.recipient(HANGING).filter(|_| place.is_multiple_of(HANGING_EVERY)).cloned();
        hanging.into_iter().chain(at(first)).chain(at(first + 1)).collect()
    }

    /// The ids of the deliveries to those who are well, and how many there were to the one who is not.
    fn sent(&self) -> (HashSet<String>, usize) {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let (hanging, well): (Vec<_>, Vec<_>) = times.sent.keys().cloned().partition(|id| id.starts_with(HANGING));
        (well.into_iter().collect(), hanging.len())
    }

    fn judge(&self, server: &Server, reports: u64, per_second: f64, well: &HashSet<String>, hanging: usize) -> Row {
        let mut received: HashMap<String, usize> = HashMap::new();
        for mail in server.mails() {
            let id = mail.message_id().split('@').next().unwrap_or_default().to_owned();
            *received.entry(id).or_default() += 1;
        }
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let took = |id: &String| Some(times.accepted.get(id)?.duration_since(*times.sent.get(id)?).as_secs_f64() * 1e3);
        let mut delays: Vec<f64> = well.iter().filter_map(took).collect();
        delays.sort_by(f64::total_cmp);
        let quantile = |share: f64| {
            let place = (delays.len() as f64 * share).ceil() as usize;
            delays.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
        };
        Row {
            bench: "report",
            reports,
            reports_per_second: per_second,
            deliveries: well.len(),
            hanging_deliveries: hanging,
            send_to_250_ms_p50: quantile(0.5),
            send_to_250_ms_p99: quantile(0.99),
            send_to_250_ms_max: quantile(1.0),
            lost: well.iter().filter(|id| !received.contains_key(*id)).count(),
            duplicated: received.values().map(|times| times - 1).sum(),
        }
    }
}

/// The "send" key: from here on it counts.
async fn send(
    store: &Store,
    customer: i64,
    to: Vec<Recipient>,
    times: &Shared,
    bell: &Bell,
) -> Result<(), store::StoreError> {
    let writer = Writer { login: "bench".to_owned(), name: "山本".to_owned(), operator: None };
    let now_ms = clock::unix_ms();
    let draft = store.begin_report(customer, &writer, now_ms).await?;
    let content = Content {
        report: draft.id.clone(),
        firm: "さくら歯科".to_owned(),
        who: "□□商事 ①㈱髙﨑様".to_owned(),
        received_ms: now_ms,
        notice_only: true,
        ..Content::default()
    };
    let mut deliveries = Vec::with_capacity(to.len());
    for recipient in to {
        let id = store::new_id(now_ms)?;
        let (recipient, channel) = (recipient.id, recipient.channel);
        let (reason, content) = ("bench".to_owned(), content.clone());
        deliveries.push(NewDelivery {
            id,
            recipient,
            channel,
            reason,
            content,
            urgent: false,
            seen_hash: None,
            listen_hash: None,
        });
    }
    let begun = clock::now();
    {
        let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
        for delivery in &deliveries {
            let hanging = if delivery.recipient == HANGING { HANGING } else { "" };
            times.sent.insert(format!("{hanging}{}", delivery.id), begun);
        }
    }
    let sending = Sending {
        revision: draft.revision,
        policy: Policy::NoticeOnly,
        deliveries,
        digest_due_ms: None,
        ladder: None,
        tasks: Vec::new(),
    };
    store.send_report(&draft.id, &sending, &writer, now_ms).await?;
    bell.ring();
    Ok(())
}
