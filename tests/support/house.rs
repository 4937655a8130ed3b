//! The real binary in a folder of its own, on loopback, with an administrator logged in.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;

use super::baresip::{Baresip, Phone};
use super::{Place, ports, until};

/// Time enough for anything that takes a moment on a busy machine.
pub const SOON: Duration = Duration::from_secs(40);

/// What opens `/metrics` in every house.
pub const METRICS_TOKEN: &str = "0123456789abcdef";

/// A running house.
pub struct House {
    /// Its folder.
    pub root: tempfile::TempDir,
    /// SIP, `127.0.0.1:port`.
    pub sip: String,
    /// SIP over TLS, `127.0.0.1:port`.
    pub tls: String,
    /// SIP over secure WebSocket, `127.0.0.1:port`.
    pub wss: String,
    /// HTTP, `http://127.0.0.1:port`.
    pub http: String,
    /// Ports for voice.
    pub rtp: std::ops::Range<u16>,
    token: String,
    child: Child,
    _place: Place,
}

/// The stream of a desk.
pub struct Events(tungstenite::WebSocket<TcpStream>);

impl Events {
    /// The next event for which this holds.
    pub fn wait(&mut self, holds: impl Fn(&Value) -> bool) -> Value {
        self.until(holds).pop().unwrap_or_default()
    }

    /// All events up to the next for which this holds, and that one.
    pub fn until(&mut self, holds: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut passed: Vec<Value> = Vec::new();
        let deadline = Instant::now() + SOON;
        loop {
            // Pings keep it from ever being quiet.
            assert!(Instant::now() < deadline, "no such event; seen: {passed:#?}");
            let message = self.0.read().unwrap_or_else(|e| panic!("no such event ({e}); seen: {passed:#?}"));
            let Ok(event) = serde_json::from_str::<Value>(message.to_text().unwrap_or_default()) else { continue };
            let is_last = holds(&event);
            passed.push(event);
            if is_last {
                return passed;
            }
        }
    }
}

/// An operator as created.
pub struct Operator {
    /// Row.
    pub id: i64,
    /// Extension.
    pub login: String,
    /// SIP password.
    pub password: String,
}

impl House {
    /// On SQLite.
    pub fn start() -> House {
        Self::start_with("")
    }

    /// On SQLite, with the machine to itself: for tests that load all of it.
    pub fn alone() -> House {
        Self::placed(Place::alone(), "", "")
    }

    /// With one client firm (さくら歯科, 03-5550-0101), one operator without wrap-up, and one trunk, whose port is given.
    pub fn small() -> (House, Operator, u16) {
        let house = House::start();
        house.firm("sakura", "さくら歯科", "0355500101", json!({}));
        let operator = house.operator("101", 0);
        let trunk = ports::free_block(2);
        house.trunk("carrier", trunk, json!({}));
        (house, operator, trunk)
    }

    /// With more lines in the configuration; `{folder}` in them is the house's own.
    pub fn start_with(more: &str) -> House {
        Self::configured("", more)
    }

    /// With more lines in `[sip]`, and more sections.
    pub fn configured(more_sip: &str, more: &str) -> House {
        Self::placed(Place::take(), more_sip, more)
    }

    fn placed(place: Place, more_sip: &str, more: &str) -> House {
        let root = tempfile::tempdir().expect("a temporary folder");
        let sip = ports::free_block(4);
        let (tls, wss) = (sip + 2, sip + 3);
        let http = ports::free_tcp();
        let rtp = ports::free_block(400);
        let folder = root.path().display();
        let database = if more.contains("[database]") {
            String::new()
        } else {
            format!("[database]\nurl = \"sqlite:{folder}/denwaban.db\"\njournal = \"{folder}/journal\"\n")
        };
        let given = |setting: &str| more_sip.lines().any(|line| line.starts_with(setting));
        let list = |setting: &str, port: u16| match given(setting) {
            true => String::new(),
            false => format!("{setting} = [\"127.0.0.1:{port}\"]\n"),
        };
        let secure = [list("tls", tls), list("wss", wss)].concat();
        let speech = match more.contains("[speech]") {
            true => String::new(),
            false => "[speech]\ncache = \"{folder}/speech\"\nprompts = \"{folder}/prompts\"\ncommand = []\n".to_owned(),
        };
        let certificate =
            if more.contains("[tls]") { String::new() } else { format!("[tls]\nfolder = \"{folder}/tls\"\n") };
        let config = format!(
            "[sip]\nudp = [\"127.0.0.1:{sip}\", \"[::1]:{sip}\"]\ntcp = [\"127.0.0.1:{sip}\", \"[::1]:{sip}\"]\n{secure}{more_sip}\n\
             {certificate}\
             [media]\nports = \"{rtp}-{}\"\n\
             [web]\nlisten = [\"127.0.0.1:{http}\"]\nsocket = \"{folder}/denwaban.sock\"\nkey = \"{folder}/denwaban.key\"\n\
             metrics_token = \"{METRICS_TOKEN}\"\n\
             [recordings]\nfolder = \"{folder}/recordings\"\nfree_percent_min = 0\n\
             {speech}\
             [shutdown]\ndrain_seconds = 1\n{database}{more}\n",
            rtp + 398
        );
        let config = config.replace("{folder}", &folder.to_string());
        std::fs::write(root.path().join("denwaban.toml"), config).expect("a configuration");
        let admin = denwaban(root.path(), &["user", "add", "admin", "--role", "admin", "--json"]);
        let password = admin["password"].as_str().expect("a password").to_owned();
        let child = serve(root.path());
        let mut house = House {
            root,
            sip: format!("127.0.0.1:{sip}"),
            tls: format!("127.0.0.1:{tls}"),
            wss: format!("127.0.0.1:{wss}"),
            http: format!("http://127.0.0.1:{http}"),
            rtp: rtp..rtp + 400,
            token: String::new(),
            child,
            _place: place,
        };
        house.log_in(&password);
        house
    }

    fn log_in(&mut self, password: &str) {
        let body = json!({ "name": "admin", "password": password });
        let url = format!("{}/api/v1/login", self.http);
        let answer = until("the house takes logins", SOON, || {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("denwaban ended with {status}:\n{}", self.log());
            }
            ureq::post(&url).send_json(&body).ok()?.body_mut().read_json::<Value>().ok()
        });
        self.token = answer["token"].as_str().expect("a token").to_owned();
    }

    /// Ask the API; panics unless it says 2xx.
    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, None);
        assert!((200..300).contains(&status), "GET {path}: {status} {body}");
        body
    }

    /// Tell the API; panics unless it says 2xx.
    pub fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask("POST", path, Some(&body));
        assert!((200..300).contains(&status), "POST {path} {body}: {status} {answer}");
        answer
    }

    /// Status and body, whatever it says.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.ask_as(&self.token, method, path, body)
    }

    /// The same for somebody else who is logged in.
    pub fn ask_as(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.http))
            .header("Authorization", format!("Bearer {token}"));
        if body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        let text = body.map(Value::to_string).unwrap_or_default();
        let mut answer = agent.run(request.body(text).expect("a request")).expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// The bytes of a file that the API serves, with an optional `Range`.
    pub fn bytes(&self, path: &str, range: Option<&str>) -> (u16, Vec<u8>) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request =
            agent.get(format!("{}/api/v1{path}", self.http)).header("Authorization", format!("Bearer {}", self.token));
        if let Some(range) = range {
            request = request.header("Range", range);
        }
        let mut answer = request.call().expect("an answer");
        let bytes = answer.body_mut().with_config().limit(1 << 28).read_to_vec().expect("bytes");
        (answer.status().as_u16(), bytes)
    }

    /// What the house tells its desks from now on.
    pub fn events(&self) -> Events {
        self.stream("")
    }

    /// What the house has told its desks since it was started, and from now on.
    pub fn all_events(&self) -> Events {
        self.stream("?after=0")
    }

    fn stream(&self, after: &str) -> Events {
        let address = self.http.trim_start_matches("http://");
        let mut request = format!("ws://{address}/api/v1/events{after}").into_client_request().expect("a request");
        let bearer = format!("Bearer {}", self.token).parse().expect("a header");
        request.headers_mut().insert("Authorization", bearer);
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(SOON)).expect("a time-out");
        Events(tungstenite::client(request, stream).expect("a WebSocket").0)
    }

    /// A client firm with one number and one target.
    pub fn firm(&self, code: &str, name: &str, did: &str, more: Value) -> i64 {
        let mut form = json!({
            "code": code, "name": name, "greeting": format!("{name}でございます。"), "dids": [did], "whisper": false,
            "transfer": "always", "ring_seconds": 10, "plan": "longest_idle",
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            form[key] = value.clone();
        }
        self.post("/customers", form)["id"].as_i64().expect("an id")
    }

    /// An operator who is ready as soon as the phone registers.
    pub fn operator(&self, login: &str, wrap_up_seconds: u32) -> Operator {
        self.operator_with(login, json!({ "wrap_up_seconds": wrap_up_seconds }))
    }

    /// The same with more in the form, without wrap-up unless it says so.
    pub fn operator_with(&self, login: &str, more: Value) -> Operator {
        let mut form = json!({ "login": login, "name": format!("Operator {login}"), "wrap_up_seconds": 0, "ready_on_register": true });
        for (key, value) in more.as_object().into_iter().flatten() {
            form[key] = value.clone();
        }
        let created = self.post("/operators", form);
        let id = created["id"].as_i64().expect("an id");
        let text = |password: &Value| password.as_str().expect("a password").to_owned();
        let mut password = text(&created["sip_password"]);
        // SIPp reads what begins so as hexadecimal: one password in some thousands.
        while password.starts_with("0x") {
            password = text(&self.post(&format!("/operators/{id}/password"), json!({}))["password"]);
        }
        Operator { id, login: login.to_owned(), password }
    }

    /// An operator's own login; its token.
    pub fn desk(&self, name: &str, operator: &Operator) -> String {
        let password = "seven quiet lanterns at dusk";
        self.post(
            "/users",
            json!({ "name": name, "password": password, "role": "operator", "operator_id": operator.id }),
        );
        let login = self.post("/login", json!({ "name": name, "password": password }));
        login["token"].as_str().expect("a token").to_owned()
    }

    /// A trunk to a peer on loopback, matched by its port.
    pub fn trunk(&self, name: &str, port: u16, more: Value) -> i64 {
        let mut form = json!({
            "name": name, "provider": "carrier", "host": format!("127.0.0.1:{port}"), "match_port": true, "probe_seconds": null,
            "extractors": ["to", "request_uri"], "caller_id": "0355500000", "session_expires_seconds": null,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            form[key] = value.clone();
        }
        self.post("/trunks", form)["id"].as_i64().expect("an id")
    }

    /// An operator's phone: registered and ready.
    pub fn phone(&self, operator: &Operator, tone_hz: f32, auto_answer: bool) -> Baresip {
        let account = format!(";auth_user={};auth_pass={};regint=60", operator.login, operator.password);
        let phone = Phone { name: &operator.login, account, tone_hz, auto_answer, port: None, modules: &[] };
        let baresip = Baresip::start(self.root.path(), &self.sip, &phone);
        self.until_operator(operator.id, "ready");
        baresip
    }

    /// The same with more in its account (`;mediaenc=srtp-mand`) and more modules.
    pub fn phone_with(&self, operator: &Operator, tone_hz: f32, account: &str, modules: &[&str]) -> Baresip {
        let account = format!(";auth_user={};auth_pass={};regint=60{account}", operator.login, operator.password);
        let phone = Phone { name: &operator.login, account, tone_hz, auto_answer: false, port: None, modules };
        let baresip = Baresip::start(self.root.path(), &self.sip, &phone);
        self.until_operator(operator.id, "ready");
        baresip
    }

    /// The same over TCP.
    pub fn phone_over_tcp(&self, operator: &Operator, tone_hz: f32) -> Baresip {
        let account = format!(";auth_user={};auth_pass={};regint=60", operator.login, operator.password);
        let phone = Phone { name: &operator.login, account, tone_hz, auto_answer: true, port: None, modules: &[] };
        let baresip = Baresip::start(self.root.path(), &format!("{};transport=tcp", self.sip), &phone);
        self.until_operator(operator.id, "ready");
        baresip
    }

    /// A phone on the carrier's side, at this port.
    pub fn outside(&self, name: &str, port: u16, tone_hz: f32, auto_answer: bool) -> Baresip {
        let phone =
            Phone { name, account: ";regint=0".to_owned(), tone_hz, auto_answer, port: Some(port), modules: &[] };
        Baresip::start(self.root.path(), &format!("127.0.0.1:{port}"), &phone)
    }

    /// Wait until the operator is in this state.
    pub fn until_operator(&self, id: i64, state: &str) {
        until(&format!("operator {id} is {state}"), SOON, || {
            let now = self.get("/now");
            now["operators"].as_array()?.iter().any(|o| o["operator"] == id && o["state"] == state).then_some(())
        });
    }

    /// The calls in hand now.
    pub fn calls_now(&self) -> Vec<Value> {
        self.get("/now")["calls"].as_array().cloned().unwrap_or_default()
    }

    /// The only call in hand, once it is in this state.
    pub fn until_call(&self, state: &str) -> String {
        until(&format!("a call is {state}"), SOON, || match self.calls_now().as_slice() {
            [call] if call["state"] == state => call["call"].as_str().map(str::to_owned),
            _ => None,
        })
    }

    /// The record of the newest finished call, once it and its recording are in the database.
    pub fn finished(&self, calls: usize) -> Value {
        until(&format!("{calls} call records are complete"), SOON, || {
            let list = self.get("/calls?limit=500");
            let list = list["calls"].as_array()?;
            let done = |c: &&Value| {
                c["state"] == "cleared"
                    && (c["answered_ms"].is_null() && c["ending"] != "message_left"
                        || !c["recording_ms"].is_null()
                        || c["no_recording"] != "")
            };
            (list.len() == calls && list.iter().filter(done).count() == calls)
                .then(|| self.get(&format!("/calls/{}", list[0]["call"].as_str().unwrap_or(""))))
        })
    }

    /// A recording's file.
    pub fn recording(&self, call: &Value) -> PathBuf {
        self.root
            .path()
            .join("recordings")
            .join(call["recording"]["path"].as_str().unwrap_or_else(|| panic!("no recording: {call}")))
    }

    /// Nothing is left over: no call, every operator free, all ports closed.
    pub fn assert_idle(&self) {
        until("no call is left", SOON, || self.calls_now().is_empty().then_some(()));
        let now = self.get("/now");
        for operator in now["operators"].as_array().into_iter().flatten() {
            assert_ne!(operator["state"], "busy", "{now}");
        }
    }

    /// A verb of the command line on this house's configuration, as JSON.
    pub fn cli(&self, arguments: &[&str]) -> Value {
        denwaban(self.root.path(), arguments)
    }

    /// kill -9, and start again on the same folder.
    pub fn kill_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        let _ = self.child.wait();
    }

    /// Start again after [`House::kill`].
    pub fn restart(&mut self) {
        self.child = serve(self.root.path());
        let url = format!("{}/api/v1/me", self.http);
        let bearer = format!("Bearer {}", self.token);
        until("the house is back", SOON, || ureq::get(&url).header("Authorization", &bearer).call().ok());
    }

    /// The only administrator ends, and the house is started again. The link that it prints.
    pub fn without_administrator(&mut self) -> String {
        self.cli(&["user", "remove", "admin"]);
        self.kill();
        self.child = serve(self.root.path());
        until("the link of the first administrator", SOON, || {
            let log = self.log();
            log.split_whitespace().find(|word| word.contains("/join#")).map(str::to_owned)
        })
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.root.path().join("log")).unwrap_or_default()
    }

    /// The administrator's bearer token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Memory that it holds (resident), in bytes; panics if it is no more.
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("denwaban runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("denwaban is alive");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("a number") * 1024
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            if std::env::var_os("DENWABAN_TEST_KEEP").is_some() {
                let kept = std::mem::replace(&mut self.root, tempfile::tempdir().expect("a folder")).keep();
                eprintln!("kept: {}", kept.display());
            }
            let tail: Vec<&str> = log.lines().rev().take(60).collect();
            eprintln!("--- denwaban's log ---\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_denwaban"))
}

fn serve(root: &Path) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(root.join("log")).expect("a log");
    binary()
        .args(["--config", "denwaban.toml", "serve"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log"))
        .stderr(log)
        .spawn()
        .expect("denwaban starts")
}

fn denwaban(root: &Path, arguments: &[&str]) -> Value {
    let output = binary()
        .args(["--config", "denwaban.toml"])
        .args(arguments)
        .current_dir(root)
        .env("LANG", "C.UTF-8")
        .output()
        .expect("denwaban runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "denwaban {arguments:?}: {}\n{text}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_str(&text).unwrap_or(Value::String(text.into_owned()))
}
