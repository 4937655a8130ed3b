//! From "send" to the mail server's 250, the whole way of the product: the operator's page asks the API over HTTP, the report and its
//! deliveries are saved in a database on the disk, the worker leases them, a mail is written and handed to a mail server over TCP.
//! One recipient's server hangs. The house is the one that `serve` starts; each sending begins with the page's connection, and ends
//! when the mail server has the mail's last line and answers 250.

mod house;
mod page;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use receivers::smtp::{Fault, Options, Server};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::clock;
use crate::words;
use house::House;
use page::Page;

/// Reports sent a second.
const RATE: u64 = 50;
/// People who are well, each with two mailboxes.
const PEOPLE: usize = 30;
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
    reports: usize,
    reports_per_second: f64,
    /// Deliveries to recipients whose server is well; that of the others waited all the time.
    deliveries: usize,
    hanging_deliveries: usize,
    /// Until the operator's page has the answer that it is sent.
    send_to_answer_ms_p99: f64,
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

/// A report that the API has said to be sent.
struct Sent {
    /// When the page began to ask, unix ms.
    begun_ms: i64,
    /// How long the API took to say so, ms.
    answered_ms: f64,
    /// Its deliveries to those who are well, by id.
    well: Vec<String>,
    /// How many there are to the one who is not.
    hanging: usize,
}

/// Sends reports for so many seconds.
pub fn measure(seconds: u64) -> io::Result<Row> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let row = runtime.block_on(run(seconds.max(1)));
    runtime.shutdown_timeout(Duration::from_secs(1));
    row
}

async fn run(seconds: u64) -> io::Result<Row> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(Options::default()).await?;
    server.fail_for(&format!("{HANGING}@hanging.test"), Fault::Hang);
    let house = House::open(folder.path(), server.address()).await?;
    let page = house.page().await?;
    let drafts = house.drafts(seconds * RATE).await?;
    let begun = clock::now();
    let sent = send_all(&page, drafts).await?;
    let reports_per_second = sent.len() as f64 / begun.elapsed().as_secs_f64();
    let wanted = sent.iter().map(|sent| sent.well.len()).sum();
    // Without those that were received twice this is exact; with them it ends a little early, and they are told.
    let _ = timeout(REST_MAX, server.wait_for(wanted)).await;
    house.close().await;
    Ok(judge(&server, &sent, reports_per_second))
}

/// At a steady rate, whatever the answers take.
async fn send_all(page: &Arc<Page>, drafts: Vec<String>) -> io::Result<Vec<Sent>> {
    let mut ticks = interval(Duration::from_micros(1_000_000 / RATE));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sending = JoinSet::new();
    for draft in drafts {
        ticks.tick().await;
        let page = Arc::clone(page);
        sending.spawn(async move { page.send(&draft).await });
    }
    let mut sent = Vec::with_capacity(sending.len());
    while let Some(done) = sending.join_next().await {
        sent.push(done.map_err(io::Error::other)??);
    }
    Ok(sent)
}

fn judge(server: &Server, sent: &[Sent], reports_per_second: f64) -> Row {
    let mut received: HashMap<String, usize> = HashMap::new();
    let mut first_ms: HashMap<String, i64> = HashMap::new();
    for mail in server.mails() {
        let id = mail.message_id().split('@').next().unwrap_or_default().to_owned();
        *received.entry(id.clone()).or_default() += 1;
        first_ms.entry(id).or_insert(mail.at_ms);
    }
    let took = |sent: &Sent, id: &String| first_ms.get(id).map(|at_ms| at_ms.saturating_sub(sent.begun_ms) as f64);
    let delays = sorted(sent.iter().flat_map(|sent| sent.well.iter().filter_map(move |id| took(sent, id))));
    let answers = sorted(sent.iter().map(|sent| sent.answered_ms));
    let well: HashSet<&String> = sent.iter().flat_map(|sent| &sent.well).collect();
    Row {
        bench: "report",
        reports: sent.len(),
        reports_per_second,
        deliveries: well.len(),
        hanging_deliveries: sent.iter().map(|sent| sent.hanging).sum(),
        send_to_answer_ms_p99: quantile(&answers, 0.99),
        send_to_250_ms_p50: quantile(&delays, 0.5),
        send_to_250_ms_p99: quantile(&delays, 0.99),
        send_to_250_ms_max: quantile(&delays, 1.0),
        lost: well.iter().filter(|id| !received.contains_key(id.as_str())).count(),
        duplicated: received.values().map(|times| times - 1).sum(),
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}
