//! kill -9 of a process that delivers, at random moments, hundreds of times, while its mail server and a chat fail in every way
//! there is (X02): nothing is lost, and what comes twice has the same Message-ID or key.
//!
//! The process is this test's own program, told by its environment to be nothing but a worker ([`child`]). Its clock runs
//! [`HASTE`] times as fast, so that pauses of seconds and leases of half a minute do not make the test an hour long.

use std::collections::{HashMap, HashSet};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use notify::chat::{Chats, Endpoints};
use notify::worker::{Bell, Limits, Worker};
use notify::{Channels, Clock, Hook, NoLinks, Rescue};
use receivers::http::{self, Service, Services, Verdict};
use receivers::smtp::{Fault, Options, Server};
use report::{Channel, Recipient};
use store::{DeliveryQuery, Store};
use tokio::sync::watch;

use super::house::*;

/// So many times as fast is the clock of those who deliver.
const HASTE: i64 = 200;
const DATABASE: &str = "DENWABAN_TEST_DATABASE";
const SERVER: &str = "DENWABAN_TEST_SERVER";
const SERVICES: &str = "DENWABAN_TEST_SERVICES";
const BEGUN: &str = "DENWABAN_TEST_BEGUN_MS";

fn wall_ms() -> i64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64
}

/// A clock in haste, the same in all processes that know when it began.
#[derive(Clone, Copy)]
struct Hasty {
    begun_ms: i64,
}

impl Clock for Hasty {
    fn now_ms(&self) -> i64 {
        self.begun_ms + (wall_ms() - self.begun_ms) * HASTE
    }

    fn sleep_until(&self, at_ms: i64) -> BoxFuture<'static, ()> {
        let wait = (at_ms - self.now_ms()).max(0) / HASTE;
        Box::pin(tokio::time::sleep(Duration::from_millis(wait as u64)))
    }
}

/// Not a test: what the test below starts and kills.
#[tokio::test]
async fn child() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let address = std::env::var(SERVER).unwrap().parse().unwrap();
    let clock = Hasty { begun_ms: std::env::var(BEGUN).unwrap().parse().unwrap() };
    let store = Store::open(&url).await.unwrap();
    let rescue = Rescue { store, links: Arc::new(NoLinks), hook: Hook::none() };
    let chats = Chats::new(Endpoints::at(&std::env::var(SERVICES).unwrap()), None).unwrap();
    let channels = Channels { email: Some(email(address)), chats };
    let worker = Worker::new(rescue, Arc::new(channels), Limits::default());
    let (_stop, stopped) = watch::channel(false);
    worker.run(Arc::new(clock), Bell::default(), stopped).await;
}

struct Worked(Child);

impl Worked {
    fn start(house: &House, server: &Server, services: &Services, begun_ms: i64) -> Worked {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--nocapture"])
            .env(DATABASE, house.url())
            .env(SERVER, server.address().to_string())
            .env(SERVICES, services.base())
            .env(BEGUN, begun_ms.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Worked(child)
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Worked {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A generator of small numbers: tests need no better one.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Every way to fail, each for some recipients at some of their times; more often than not it goes well.
fn flaky(recipient: &str, before: u64) -> Fault {
    let seed = recipient.bytes().fold(before + 1, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    match seed % 13 {
        0 => Fault::Code(451),
        1 => Fault::DropAfterData,
        2 => Fault::Drop,
        3 => Fault::DataCode(452),
        4 => Fault::Code(421),
        _ => Fault::None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x02_kill_9_at_random_moments_loses_no_report_and_doubles_none_under_another_name() {
    let given = std::env::var("DENWABAN_CRASHES").ok().and_then(|rounds| rounds.parse().ok());
    let usual = if std::env::var_os("DENWABAN_LONG").is_some() { 2_000 } else { 200 };
    let rounds: u64 = given.unwrap_or(usual);
    const ROOMS: usize = 24;
    let places: Vec<Recipient> = (0..ROOMS).map(recipient).collect();
    let house = House::new(places).await;
    let server = Server::start(Options::default()).await.unwrap();
    server.script(Arc::new(flaky));
    let services = Services::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    services.fail_every(Service::Line, http::Fault::DropAfterAccept, 4);
    let begun_ms = wall_ms();
    let clock = Hasty { begun_ms };
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ begun_ms as u64);
    println!("dice {:#x}", dice.0);
    let mut sent: Vec<Vec<String>> = vec![Vec::new(); ROOMS];
    for _ in 0..rounds {
        for _ in 0..=dice.below(2) {
            let one = dice.below(ROOMS as u64) as usize;
            let two = (one + 1 + dice.below(ROOMS as u64 - 1) as usize) % ROOMS;
            let (_, ids) = house.send(&[&format!("a{one}"), &format!("a{two}")], false, clock.now_ms()).await;
            sent[one].push(ids[0].clone());
            sent[two].push(ids[1].clone());
        }
        let mut child = Worked::start(&house, &server, &services, begun_ms);
        tokio::time::sleep(Duration::from_millis(dice.below(180))).await;
        child.kill();
    }
    // The server is well again. What waits longest, waits an hour.
    server.script(Arc::new(|_, _| Fault::None));
    services.heal(Service::Line);
    let _last = Worked::start(&house, &server, &services, begun_ms);
    let open = || DeliveryQuery { open: true, limit: 1, ..DeliveryQuery::default() };
    for _ in 0..1_200 {
        if house.store.deliveries(&open()).await.unwrap().deliveries.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    check(&house, &server, &services, &sent).await;
}

/// Every sixth place is a room of LINE, the others are mailboxes of seven domains.
fn recipient(number: usize) -> Recipient {
    let id = format!("a{number}");
    if !number.is_multiple_of(6) {
        return mail(&id, &format!("d{}.test", number % 7));
    }
    let (to, token) = (format!("U{number:032x}"), http::known::LINE_TOKEN.to_owned());
    place(&id, Channel::Line { to, token })
}

/// What has come: deliveries' ids in the order in which each came first in its room, and how often.
fn arrivals(server: &Server, services: &Services) -> (Vec<String>, HashMap<String, u32>) {
    let mails = server.mails().into_iter().map(|mail| {
        let id = mail.message_id().split('@').next().unwrap().to_owned();
        assert_eq!(mail.from, format!("bounce+{id}@house.test"));
        id
    });
    let requests = services.requests().into_iter();
    let shown = requests.filter(|one| matches!(one.verdict, Verdict::Shown)).map(|one| one.key.unwrap());
    let (mut first, mut times) = (Vec::new(), HashMap::new());
    for id in mails.chain(shown) {
        let count: &mut u32 = times.entry(id.clone()).or_default();
        *count += 1;
        if *count == 1 {
            first.push(id);
        }
    }
    (first, times)
}

async fn check(house: &House, server: &Server, services: &Services, sent: &[Vec<String>]) {
    let all: HashSet<&String> = sent.iter().flatten().collect();
    let (first, came) = arrivals(server, services);
    assert!(first.iter().all(|id| all.contains(id)), "something of nobody's");
    assert!(services.refused().is_empty(), "{:?}", services.refused());
    let (mut doubled, mut killed) = (0, 0);
    for id in all {
        let row = house.store.delivery(id).await.unwrap();
        assert!(row.accepted_ms.is_some(), "{row:?}");
        let times = came.get(id).copied().unwrap_or(0);
        assert!(times > 0, "lost, and said to be accepted: {row:?}");
        assert!(times <= row.attempts, "{times} times in {} attempts", row.attempts);
        doubled += times - 1;
        assert!(times == 1 || row.channel == "email", "LINE shows a key once: {row:?}");
        let attempts = house.store.attempts(id).await.unwrap();
        killed += attempts.iter().filter(|attempt| attempt.outcome.is_empty()).count();
    }
    for room in sent {
        let of_room: Vec<&String> = first.iter().filter(|id| room.contains(id)).collect();
        assert_eq!(of_room, room.iter().collect::<Vec<_>>(), "in the order of sending");
    }
    println!("{} deliveries, {doubled} came again, {killed} attempts were killed", first.len());
    assert!(killed > 0, "no kill has hit anything");
}
