//! kill -9 of the whole product at random moments, while operators send reports and the mail server and a chat fail in every way
//! there is (X02, F39): nothing that was sent is lost, what comes twice has the same Message-ID or key, every room keeps its order,
//! and what has its time (ladders, lateness) is done once. Also with the database away.
//!
//! While the process is dead, what it had planned for later comes nearer ([`Store::shift_outbox`]), so that pauses of minutes do not
//! make the test an hour long. The figures of a run are told, so that a run that has become too tame is seen.
#![allow(clippy::print_stdout, reason = "what chance has done is told")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use receivers::http::{self, Service, Services, Verdict};
use receivers::smtp::{Fault, Options, Server};
use report::{Edit, Form, Value, key};
use serde_json::json;
use store::{DeliveryQuery, DeliveryRow, Store, TaskKind, Writer};
use tokio::runtime::Runtime;

use crate::databases::{self, Postgres};
use crate::support::house::{House, SOON};
use crate::support::{pause, until};

/// Client firms, each with two mailboxes, a room of LINE, and somebody above them.
const FIRMS: usize = 4;
/// What waits comes so much nearer while the process is dead: longer than a lease.
const DEAD_MS: i64 = 45_000;
/// Each round has so many new reports.
const REPORTS: usize = 3;
/// Operators who send at once.
const SENDERS: usize = 2;
/// A process lives so long at most before it is killed: in every other round it is killed while reports are sent, else while they are
/// delivered.
const LIFE_MS: [u64; 2] = [60, 900];
/// What is left after the last kill goes out within this.
const REST_MAX: Duration = Duration::from_secs(120);

/// The world outside.
struct Outside {
    mails: Server,
    services: Services,
    runtime: Runtime,
}

impl Outside {
    fn open() -> Outside {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let mails = runtime.block_on(Server::start(Options::default())).expect("a mail server");
        let services = runtime.block_on(Services::start(([127, 0, 0, 1], 0).into())).expect("chat services");
        Outside { mails, services, runtime }
    }

    /// `[mail]` and `[channels]` of a house that sends here.
    fn configuration(&self) -> String {
        let (port, base) = (self.mails.address().port(), self.services.base());
        format!(
            "[mail]\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"report@house.test\"\n\
             bounce = \"bounce@house.test\"\n[channels]\nline = \"{base}\"\nallowed = [\"{base}\"]\n"
        )
    }

    fn store(&self, url: &str) -> Store {
        self.runtime.block_on(Store::open(url)).expect("the database")
    }

    /// Every way to fail; more often than not it goes well.
    fn fail(&self) {
        self.mails.script(Arc::new(|recipient, before| {
            let seed = |seed: u64, byte: u8| seed.wrapping_mul(31).wrapping_add(u64::from(byte));
            match recipient.bytes().fold(before + 1, seed) % 13 {
                0 => Fault::Code(451),
                1 => Fault::DropAfterData,
                2 => Fault::Drop,
                3 => Fault::DataCode(452),
                4 => Fault::Code(421),
                _ => Fault::None,
            }
        }));
        self.services.fail_every(Service::Line, http::Fault::DropAfterAccept, 4);
    }

    fn heal(&self) {
        self.mails.script(Arc::new(|_, _| Fault::None));
        self.services.heal(Service::Line);
    }
}

/// A firm whose reports go to two mailboxes and a room of LINE, urgent ones after two seconds also to its head, after three more to
/// a supervisor.
fn firm(house: &House, place: usize) -> i64 {
    let id = house.firm(&format!("firm{place}"), &format!("第{place}商事"), &format!("035550{place:04}"), json!({}));
    let mail = |id: &str| {
        let address = format!("{id}{place}@d{}.test", place % 3);
        json!({ "id": id, "channel": { "type": "email", "address": address } })
    };
    let line = json!({ "type": "line", "to": format!("U{place:032x}"), "token": http::known::LINE_TOKEN });
    let to: Vec<_> = ["sato", "office", "line"].iter().map(|id| json!({ "who": { "recipient": id } })).collect();
    let profile = json!({
        "recipients": [mail("sato"), mail("office"), { "id": "line", "channel": line }, mail("head")],
        "rules": [{ "to": to }],
        "ladder": [{ "after_seconds": 2, "to": { "recipient": "head" } }, { "after_seconds": 5, "to": "supervisor" }],
    });
    let body = json!({ "revision": 0, "profile": profile });
    let (status, answer) = house.ask("PUT", &format!("/customers/{id}/profile"), Some(&body));
    assert_eq!(status, 200, "{answer}");
    id
}

/// A draft of this firm with everything in it that is asked for; its id.
async fn draft(store: &Store, firm: i64, urgent: bool) -> String {
    let writer = Writer { login: "admin".to_owned(), name: "管理者".to_owned(), operator: None };
    let now_ms = unix_ms();
    let report = store.begin_report(firm, &writer, now_ms).await.expect("a draft");
    let mut draft = report.draft;
    let said =
        |key: &str, value| Edit { key: key.to_owned(), value, at_ms: now_ms, offset_ms: None, who: String::new() };
    let mut edits = vec![said(key::URGENCY, Some(Value::said(if urgent { "urgent" } else { "normal" })))];
    draft.apply(&edits[0]).expect("fits");
    while let Some(missing) = report::missing(&Form::standard(), &draft).into_iter().next() {
        let edit = said(&missing.key, Some(Value::Unheard));
        draft.apply(&edit).expect("fits");
        edits.push(edit);
    }
    store.edit_report(&report.id, &edits, &writer, now_ms).await.expect("saved");
    report.id
}

fn unix_ms() -> i64 {
    std::time::UNIX_EPOCH.elapsed().expect("a clock").as_millis() as i64
}

/// Presses "send" at the API's own address; true: it was answered as sent. A house that dies meanwhile answers nothing.
fn press_send(http: &str, token: &str, report: &str) -> bool {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(SOON)).build().into();
    let request = agent
        .post(format!("{http}/api/v1/reports/{report}/send"))
        .header("Authorization", &format!("Bearer {token}"))
        .header("Content-Type", "application/json")
        .send("{}");
    let Ok(mut answer) = request else { return false };
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string();
    // 500 and 503: the database is away, or the process is at its end.
    assert!(status == 200 || status >= 500, "{report}: {status} {text:?}");
    // Of an answer that was cut off nobody knows.
    status == 200 && text.is_ok()
}

/// Sends these, several at once, and kills the house at a random moment of it; those that were answered as sent.
fn send_and_kill(house: &mut House, reports: &[String], life: Duration) -> Vec<String> {
    let (http, token) = (house.http.clone(), house.token().to_owned());
    std::thread::scope(|scope| {
        let share = |sender: usize| reports.iter().skip(sender).step_by(SENDERS);
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (http, token) = (&http, &token);
                scope.spawn(move || {
                    share(sender).filter(|report| press_send(http, token, report)).cloned().collect::<Vec<_>>()
                })
            })
            .collect();
        pause(life);
        house.kill();
        senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect()
    })
}

fn rounds(usual: u64) -> u64 {
    let given = std::env::var("DENWABAN_CRASHES").ok().and_then(|rounds| rounds.parse().ok());
    given.unwrap_or(if std::env::var_os("DENWABAN_LONG").is_some() { usual * 12 } else { usual })
}

/// Rounds of sending and killing, then the rest, then the account.
fn kill_round_after_round(more: &str, url: Option<String>, rounds: u64) {
    let outside = Outside::open();
    let mut house = House::start_with(&format!("{}{more}", outside.configuration()));
    let url = url.unwrap_or_else(|| format!("sqlite:{}", house.root.path().join("denwaban.db").display()));
    let firms: Vec<i64> = (0..FIRMS).map(|place| firm(&house, place)).collect();
    outside.fail();
    let mut dice = Dice::new();
    let (mut open, mut answered, mut all) = (Vec::new(), 0, BTreeMap::new());
    for round in 0..rounds {
        if round > 0 {
            house.restart();
        }
        let store = outside.store(&url);
        for _ in 0..REPORTS {
            let (firm, urgent) = (firms[dice.below(FIRMS as u64) as usize], dice.below(4) == 0);
            let report = outside.runtime.block_on(draft(&store, firm, urgent));
            all.insert(report.clone(), urgent);
            open.push(report);
        }
        outside.runtime.block_on(store.close());
        let life = Duration::from_millis(dice.below(LIFE_MS[round as usize % LIFE_MS.len()]));
        let sent = send_and_kill(&mut house, &open, life);
        // What was not answered is sent again, as the page does.
        open.retain(|report| !sent.contains(report));
        answered += sent.len();
        let store = outside.store(&url);
        outside.runtime.block_on(store.shift_outbox(unix_ms(), DEAD_MS)).expect("nearer");
        outside.runtime.block_on(store.close());
    }
    outside.heal();
    house.restart();
    for report in open {
        until("the rest is sent", SOON, || press_send(&house.http, house.token(), &report).then_some(()));
    }
    let store = outside.store(&url);
    outside.runtime.block_on(rest(&store, &all));
    let killed = outside.runtime.block_on(account(&url, &store, &outside, &all));
    println!("{} of {} sendings were answered before a kill", answered, all.len());
    assert!(killed > 0, "no kill has hit anything");
    outside.runtime.block_on(store.close());
}

/// Reports, and whether they are urgent.
type Reports = BTreeMap<String, bool>;

/// Until nothing is open, and the ladder of every urgent report is at its end.
async fn rest(store: &Store, sent: &Reports) {
    let urgent = sent.values().filter(|urgent| **urgent).count();
    let begun = std::time::Instant::now();
    loop {
        let open = DeliveryQuery { open: true, limit: 500, ..DeliveryQuery::default() };
        let open = store.deliveries(&open).await.expect("deliveries").deliveries;
        let tasks = store.open_tasks().await.expect("tasks");
        let unread = tasks.iter().filter(|task| task.kind == TaskKind::Unread).count();
        if open.is_empty() && unread >= urgent {
            return;
        }
        assert!(begun.elapsed() < REST_MAX, "{unread} of {urgent} urgent ones told; left: {open:#?}");
        store.shift_outbox(unix_ms(), 3_600_000).await.expect("nearer");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// How often each delivery has come, in the order in which each came first.
fn arrivals(outside: &Outside) -> (Vec<String>, HashMap<String, u32>) {
    let mails = outside.mails.mails().into_iter().map(|mail| {
        let id = mail.message_id().trim_end_matches("@house.test").to_owned();
        assert_eq!(mail.from, format!("bounce+{id}@house.test"));
        id
    });
    let requests = outside.services.requests().into_iter();
    let shown = requests.filter(|one| matches!(one.verdict, Verdict::Shown)).filter_map(|one| one.key);
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

/// Everything that was sent against everything that has come; attempts of which nobody knows how they ended.
async fn account(url: &str, store: &Store, outside: &Outside, sent: &Reports) -> usize {
    assert!(outside.services.refused().is_empty(), "{:?}", outside.services.refused());
    let (first, came) = arrivals(outside);
    let (mut rows, mut killed, mut again) = (BTreeMap::new(), 0, 0);
    for report in sent.keys() {
        let of_report = store.report_deliveries(report).await.expect("deliveries");
        let names: HashSet<&str> = of_report.iter().map(|row| row.recipient.as_str()).collect();
        assert_eq!(names.len(), of_report.len(), "each place once: {of_report:#?}");
        assert!(["sato", "office", "line"].iter().all(|to| names.contains(to)), "{names:?}");
        for row in of_report {
            let times = came.get(&row.id).copied().unwrap_or(0);
            assert!(row.accepted_ms.is_some() && times > 0, "lost: came {times} times, {row:#?}");
            assert!(times <= row.attempts, "{times} times in {} attempts", row.attempts);
            assert!(times == 1 || row.channel == "email", "LINE shows a key once: {row:#?}");
            again += times - 1;
            let attempts = store.attempts(&row.id).await.expect("attempts");
            killed += attempts.iter().filter(|attempt| attempt.outcome.is_empty()).count();
            rows.insert(row.id.clone(), row);
        }
    }
    assert!(first.iter().all(|id| rows.contains_key(id)), "something of nobody's");
    in_order(&first, &rows, &places(url).await);
    climbed(store, sent, &rows).await;
    println!("{} deliveries, {again} came again with the same key, {killed} attempts were killed", first.len());
    killed
}

/// Each delivery's place in the order of sending.
async fn places(url: &str) -> HashMap<String, i64> {
    let mut connection = databases::connect(url).await;
    let rows = sqlx::query_as("SELECT id, place FROM deliveries").fetch_all(&mut connection).await;
    rows.expect("deliveries").into_iter().collect()
}

/// In each room in the order of sending; urgent ones may pass one that does not get through.
fn in_order(first: &[String], rows: &BTreeMap<String, DeliveryRow>, places: &HashMap<String, i64>) {
    let mut last: HashMap<(Option<i64>, &str), (i64, &str)> = HashMap::new();
    for row in first.iter().filter_map(|id| rows.get(id)).filter(|row| !row.urgent) {
        let room = (row.customer, row.recipient.as_str());
        if let Some((place, before)) = last.insert(room, (places[&row.id], &row.id)) {
            assert!(place < places[&row.id], "{before} came before {}", row.id);
        }
    }
}

/// Nobody has seen them: each urgent report is at its firm's head, and has one task for the supervisors.
async fn climbed(store: &Store, sent: &Reports, rows: &BTreeMap<String, DeliveryRow>) {
    let tasks = store.open_tasks().await.expect("tasks");
    for report in sent.iter().filter(|(_, urgent)| **urgent).map(|(report, _)| report) {
        let heads = rows.values().filter(|row| row.report == *report && row.recipient == "head").count();
        assert_eq!(heads, 1, "{report}");
        let unread = tasks.iter().filter(|task| task.kind == TaskKind::Unread);
        let of_report = unread.filter(|task| task.report.as_ref() == Some(report)).count();
        assert_eq!(of_report, 1, "{report}: {tasks:#?}");
    }
}

/// A generator of small numbers: tests need no better one.
struct Dice(u64);

impl Dice {
    fn new() -> Dice {
        let dice = Dice(0x9e37_79b9_7f4a_7c15 ^ unix_ms() as u64);
        println!("dice {:#x}", dice.0);
        dice
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[test]
fn x02_kill_9_of_the_house_while_reports_are_sent_loses_none_and_doubles_none_under_another_key() {
    kill_round_after_round("", None, rounds(25));
}

#[test]
fn x02_kill_9_of_the_house_on_postgresql_loses_no_report_either() {
    let mut server = Postgres::new(true);
    let url = server.url("postgres");
    let database = format!("[database]\nurl = \"{url}\"\njournal = \"{{folder}}/journal\"\n");
    kill_round_after_round(&database, Some(url), rounds(8));
    server.stop();
}

#[test]
fn r24_with_the_database_away_reports_wait_nothing_sent_is_lost_and_all_goes_on_when_it_is_back() {
    const BEFORE: usize = 6;
    let mut server = Postgres::new(true);
    let url = server.url("postgres");
    let outside = Outside::open();
    let database = format!("[database]\nurl = \"{url}\"\njournal = \"{{folder}}/journal\"\n");
    let house = House::start_with(&format!("{}{database}", outside.configuration()));
    let firm = firm(&house, 0);
    let store = outside.store(&url);
    let drafts: Vec<String> = (0..BEFORE + 1).map(|_| outside.runtime.block_on(draft(&store, firm, false))).collect();
    outside.runtime.block_on(store.close());
    outside.fail();
    for report in &drafts[..BEFORE] {
        assert!(press_send(&house.http, house.token(), report));
    }
    // Some are under way when the database goes, and nobody can write down what became of them.
    outside.runtime.block_on(outside.mails.wait_for(BEFORE / 2));
    server.stop();
    assert!(!press_send(&house.http, house.token(), &drafts[BEFORE]), "what cannot be saved is not said to be sent");
    server.start();
    outside.heal();
    until("the last is sent", SOON, || press_send(&house.http, house.token(), &drafts[BEFORE]).then_some(()));
    let store = outside.store(&url);
    let sent = drafts.into_iter().map(|report| (report, false)).collect();
    outside.runtime.block_on(rest(&store, &sent));
    outside.runtime.block_on(account(&url, &store, &outside, &sent));
    outside.runtime.block_on(store.close());
}
