//! The API on a socket of its own, with a real database and a switchboard that writes down what it is told.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use store::{CustomerForm, Entrance, OperatorForm, Role, Store, UserForm};
use switch::desk::{CallNow, RouteNow, Snapshot, TrunkHealth};
use switch::media::Recording;
use switch::{BanNow, CallId, CallRecord, CallState, Command, CommandError, Event, Reply, Today};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::broadcast;
use ureq::http::{HeaderMap, Request};
use web::{Answer, Api, News, PhoneId, PhoneLine, Stamped, Switchboard, Tickets, Told, Unanswered};

/// 2025-11-21 18:25:00 in Japan; the API's clock stands there.
pub const NOW: i64 = 1_763_717_100_000;
/// A password that is long enough.
pub const PASSWORD: &str = "correct horse battery";

/// A switchboard that does nothing but remember.
pub struct Fake {
    pub commands: Mutex<Vec<Command>>,
    pub snapshot: Mutex<Snapshot>,
    pub today: Mutex<Today>,
    pub bans: Mutex<Vec<BanNow>>,
    pub route: Mutex<RouteNow>,
    pub trunks: Mutex<Vec<TrunkHealth>>,
    pub refuses: Mutex<Option<CommandError>>,
    pub changed: AtomicU32,
    pub news: Mutex<Vec<News>>,
    pub remembered: Mutex<Vec<Stamped>>,
    pub phones: Mutex<Vec<PhoneLine>>,
    pub lapsed: Mutex<Vec<PhoneId>>,
    pub live: broadcast::Sender<Stamped>,
}

impl Fake {
    fn new() -> Self {
        Fake {
            commands: Mutex::default(),
            snapshot: Mutex::default(),
            today: Mutex::default(),
            bans: Mutex::default(),
            route: Mutex::default(),
            trunks: Mutex::default(),
            refuses: Mutex::default(),
            changed: AtomicU32::new(0),
            news: Mutex::default(),
            remembered: Mutex::default(),
            phones: Mutex::default(),
            lapsed: Mutex::default(),
            live: broadcast::channel(4).0,
        }
    }

    /// An event of the switch.
    pub fn happens(&self, seq: u64) {
        let event = Event::CallChanged { call: format!("call {seq}"), what: "held".into(), detail: String::new() };
        self.tells(seq, event);
    }

    /// Any event.
    pub fn tells(&self, seq: u64, event: impl Into<Told>) {
        let stamped = Stamped { seq, unix_ms: NOW, event: Arc::new(event.into()) };
        let mut remembered = self.remembered.lock().unwrap();
        remembered.push(stamped.clone());
        let _nobody_listens = self.live.send(stamped);
    }
}

impl Switchboard for Fake {
    fn command(&self, command: Command) -> Answer {
        let answer = match (&command, self.refuses.lock().unwrap().clone()) {
            (Command::Snapshot, _) => Ok(Reply::Snapshot(Box::new(self.snapshot.lock().unwrap().clone()))),
            (Command::Today { firms }, _) => {
                let mut today = self.today.lock().unwrap().clone();
                today.firms.truncate(*firms);
                Ok(Reply::Today(Box::new(today)))
            }
            (Command::Route { .. }, _) => Ok(Reply::Route(Box::new(self.route.lock().unwrap().clone()))),
            (Command::Trunks, _) => Ok(Reply::Trunks(self.trunks.lock().unwrap().clone())),
            (Command::Bans, _) => Ok(Reply::Bans(self.bans.lock().unwrap().clone())),
            (Command::ClearBans { source }, _) => {
                let mut bans = self.bans.lock().unwrap().clone();
                bans.retain(|ban| source.is_none_or(|source| source == ban.source));
                Ok(Reply::Bans(bans))
            }
            (_, Some(error)) => Err(Unanswered::Refused(error)),
            (_, None) => Ok(Reply::Accepted),
        };
        if !matches!(
            command,
            Command::Snapshot | Command::Today { .. } | Command::Bans | Command::Route { .. } | Command::Trunks
        ) {
            self.commands.lock().unwrap().push(command);
        }
        Box::pin(std::future::ready(answer))
    }

    fn subscribe(&self) -> broadcast::Receiver<Stamped> {
        self.live.subscribe()
    }

    fn history(&self, after: u64) -> Vec<Stamped> {
        self.remembered.lock().unwrap().iter().filter(|event| event.seq > after).cloned().collect()
    }

    fn tell(&self, news: News) {
        self.news.lock().unwrap().push(news.clone());
        let newest = self.remembered.lock().unwrap().last().map_or(0, |event| event.seq);
        self.tells(newest + 1, news);
    }

    fn phone(&self, line: PhoneLine) -> bool {
        self.phones.lock().unwrap().push(line);
        true
    }

    fn phone_lapsed(&self, phone: PhoneId) {
        self.lapsed.lock().unwrap().push(phone);
    }

    fn directory_changed(&self) -> web::Done {
        self.changed.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

/// A running API.
pub struct House {
    pub store: Store,
    pub switchboard: Arc<Fake>,
    pub tickets: Tickets,
    pub address: SocketAddr,
    folder: TempDir,
    runtime: Runtime,
    agent: ureq::Agent,
}

/// What the API said.
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// This refusal in our own shape, about this field.
    pub fn is_refusal(&self, status: u16, error: &str, field: Option<&str>) {
        assert_eq!(self.status, status, "{}", self.text());
        let body = self.json();
        assert_eq!(body["error"], error, "{body}");
        assert_eq!(body.get("field").and_then(Value::as_str), field, "{body}");
        assert!(body["what"].as_str().is_some_and(|what| !what.is_empty()), "{body}");
    }
}

impl House {
    pub fn new() -> House {
        House::with_metrics("")
    }

    /// The same with this token for `/metrics`.
    pub fn with_metrics(token: &str) -> House {
        let token = web::MetricsToken::new(token);
        House::with(|api| api.metrics_token = token)
    }

    /// The same, in which drafts are looked at so often.
    #[allow(dead_code, reason = "not every test file asks for it")]
    pub fn looking_again(period: std::time::Duration) -> House {
        House::with(|api| api.look_again = period)
    }

    /// The same, in which it is looked often whether a telephone's login is still good.
    pub fn looking_often() -> House {
        House::with(|api| api.phone_look = Duration::from_millis(10))
    }

    /// The same below this address, for links in reports.
    #[allow(dead_code, reason = "not every test file asks for it")]
    pub fn reached_at(public_url: &str) -> House {
        let public_url = public_url.to_owned();
        House::with(|api| api.public_url = public_url)
    }

    /// The same with somebody who looks after the program around it.
    #[allow(dead_code, reason = "not every test file asks for it")]
    pub fn with_caretaker(caretaker: Arc<dyn web::Caretaker>) -> House {
        House::with(|api| api.caretaker = Some(caretaker))
    }

    /// The same with a library of prompts, and a voice (or none) that always says this file.
    #[allow(dead_code, reason = "not every test file asks for it")]
    pub fn with_prompts(voice: &[u8], has_voice: bool) -> House {
        House::with(|api| {
            let folder = api.recordings.parent().unwrap().to_owned();
            let file = folder.join("voice.wav");
            std::fs::write(&file, voice).unwrap();
            let script = "cat > /dev/null; cp \"$0\" \"$1\"";
            let command = ["/bin/sh", "-c", script, &file.display().to_string(), "{out}"].map(String::from).to_vec();
            let config = media::PromptsConfig {
                folder: Some(folder.join("prompts")),
                cache: Some(folder.join("cache")),
                command: if has_voice { command } else { Vec::new() },
            };
            api.prompts = Some(media::Prompts::open(config).unwrap());
        })
    }

    /// The same with this clock.
    #[allow(dead_code, reason = "not every test file asks for it")]
    pub fn at_clock(clock: fn() -> i64) -> House {
        House::with(|api| api.clock = clock)
    }

    /// The same with these changes.
    pub fn with(change: impl FnOnce(&mut Api)) -> House {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let switchboard = Arc::new(Fake::new());
        let database = folder.path().join("denwaban.db");
        let recordings = folder.path().join("recordings");
        std::fs::create_dir(&recordings).unwrap();
        let store = runtime.block_on(Store::open(&format!("sqlite:{}", database.display()))).unwrap();
        let mut api = Api::new(store.clone(), switchboard.clone(), recordings, "denwaban".into(), || NOW);
        change(&mut api);
        let tickets = api.tickets.clone();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let site = web::router(api).into_make_service_with_connect_info::<SocketAddr>();
        runtime.spawn(async move { axum::serve(listener, site).await });
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_idle_connections(0)
            .build()
            .into();
        House { store, switchboard, tickets, address, folder, runtime, agent }
    }

    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub fn recordings(&self) -> PathBuf {
        self.folder.path().join("recordings")
    }

    /// The same site as on the machine's own socket, here on TCP.
    pub fn serve_locally(&self) -> SocketAddr {
        let listener = self.runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let recordings = self.recordings();
        let api = Api::new(self.store.clone(), self.switchboard.clone(), recordings, "denwaban".into(), || NOW);
        self.runtime.spawn(async move { axum::serve(listener, web::local_router(api)).await });
        address
    }

    /// An operator's row.
    pub fn operator(&self, login: &str, name: &str) -> i64 {
        let form = OperatorForm { login: login.into(), name: name.into(), ..OperatorForm::default() };
        self.wait(self.store.create_operator("denwaban", &form)).unwrap().0.id
    }

    /// A client firm's row.
    pub fn customer(&self, code: &str, name: &str, did: &str) -> i64 {
        let form =
            CustomerForm { code: code.into(), name: name.into(), dids: vec![did.into()], ..CustomerForm::default() };
        self.wait(self.store.create_customer(&form)).unwrap().id
    }

    /// A user's row.
    pub fn user(&self, name: &str, role: Role, operator: Option<i64>) -> i64 {
        let form = UserForm { name: name.into(), role, operator_id: operator };
        self.wait(self.store.create_user(&form, Some(PASSWORD))).unwrap().0.id
    }

    /// The token of a new session.
    pub fn session(&self, user: i64) -> String {
        self.wait(self.store.open_session(user, NOW, &Entrance::lasting(Duration::from_secs(3600))))
            .unwrap()
            .as_str()
            .to_owned()
    }

    /// A new user who is logged in.
    pub fn logged_in(&self, name: &str, role: Role, operator: Option<i64>) -> String {
        self.session(self.user(name, role, operator))
    }

    /// A call that is over, with what differs from an ordinary one.
    pub fn call(&self, id: u64, change: impl FnOnce(&mut CallRecord)) -> CallId {
        let mut record = ended(id);
        change(&mut record);
        self.wait(self.store.save_call(&record)).unwrap();
        record.call
    }

    /// A call with this path in its row, and a file of these bytes there if the path is plain.
    pub fn recorded(&self, id: u64, path: &str, bytes: &[u8]) -> CallId {
        self.call(id, |record| {
            record.recording = Some(Recording {
                path: path.into(),
                samples: 8000,
                sha256: "ab".repeat(32),
                bytes: bytes.len() as u64,
                peaks: Some(path.replace(".wav", ".peaks.json")),
                ..Recording::default()
            });
        })
    }

    /// Something that the program asks.
    pub fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Said {
        let kind = body.is_some().then_some(("content-type", "application/json"));
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).chain(kind).collect();
        self.send(method, path, &headers, body.map(|body| body.to_string().into_bytes()))
    }

    pub fn get(&self, path: &str, token: &str) -> Said {
        self.ask("GET", path, Some(token), None)
    }

    pub fn post(&self, path: &str, token: &str, body: Value) -> Said {
        self.ask("POST", path, Some(token), Some(body))
    }

    /// Any request below `/api/v1`; elsewhere with a leading `//`.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Said {
        let path = path
            .strip_prefix('/')
            .filter(|rest| rest.starts_with('/'))
            .map_or_else(|| format!("/api/v1{path}"), str::to_owned);
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for &(name, value) in headers {
            request = request.header(name, value);
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None if matches!(method, "POST" | "PUT") => self.agent.run(request.body(Vec::new()).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut answer = answer.unwrap();
        Said {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            bytes: answer.body_mut().with_config().limit(u64::MAX).read_to_vec().unwrap(),
        }
    }
}

/// A call that is over.
pub fn ended(id: u64) -> CallRecord {
    let mut record: CallRecord = serde_json::from_value(json!({
        "call": CallId(id).to_string(), "revision": 1, "state": "cleared", "customer": null, "customer_name": "",
        "did": "81312345678", "diverted_from": "", "caller": "819012345678", "withheld": "", "trunk": null,
        "operator": null, "operator_name": "", "arrived_ms": NOW, "ringing_ms": NOW, "answered_ms": NOW + 4200,
        "bridged_ms": null, "ended_ms": NOW + 64_200, "talk_ms": 60_000, "wait_ms": 4200, "ending": "caller_hung_up",
        "legs": [], "recording": null, "no_recording": "", "recording_stem": "", "events": [],
    }))
    .unwrap();
    record.state = CallState::Cleared;
    record
}

/// A call in an operator's hands.
pub fn in_hand(id: u64, operator: i64) -> CallNow {
    CallNow {
        call: CallId(id).to_string(),
        state: CallState::Established,
        customer: None,
        customer_name: "さくら歯科".into(),
        caller: "819012345678".into(),
        operator: Some(operator),
        arrived_ms: NOW,
        transfer: String::new(),
        target: String::new(),
        waiting: String::new(),
        supervisor: None,
        muted: false,
        recording_paused: false,
        recording_ms: None,
        silent: Vec::new(),
    }
}

/// A source that is not listened to.
pub fn ban(source: &str) -> BanNow {
    BanNow { source: source.parse().unwrap(), reason: "passwords".into(), failures: 20, until_ms: NOW + 300_000 }
}
