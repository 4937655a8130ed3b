//! Chromium with one page, driven over the DevTools protocol: whoever uses it looks with its eyes and clicks with its hands.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

use super::{pause, until};

/// A browser starts slowly on a busy machine.
const STARTED_MAX: Duration = Duration::from_secs(120);
/// Anything that a browser that has started does.
pub const DONE_MAX: Duration = Duration::from_secs(60);

/// Browsers at a time: each is as much work for the machine as all other peers together.
const AT_ONCE_MAX: usize = 3;
static OPEN: Mutex<usize> = Mutex::new(0);
static CLOSED: Condvar = Condvar::new();

/// A browser's turn, from its start to its end.
struct Turn;

impl Turn {
    fn wait() -> Turn {
        let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = CLOSED.wait_while(open, |open| *open >= AT_ONCE_MAX).unwrap_or_else(PoisonError::into_inner);
        *open += 1;
        Turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *OPEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        CLOSED.notify_one();
    }
}

/// A running browser.
pub struct Chromium {
    child: Child,
    tools: WebSocket<MaybeTlsStream<TcpStream>>,
    asked: u64,
    complaints: Vec<String>,
    folder: PathBuf,
    _turn: Turn,
}

impl Chromium {
    /// Waits for its turn, and opens this page, with more arguments than every browser of the tests has; `folder` is its own.
    pub fn open(folder: &Path, url: &str, more: &[String]) -> Chromium {
        let turn = Turn::wait();
        std::fs::create_dir_all(folder).expect("a folder for the browser");
        let log = std::fs::File::create(folder.join("log")).expect("a log");
        let child = chromium(folder)
            .args(more)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("chromium is installed (Debian package chromium)");
        let tools = connect(folder, url);
        let mut browser =
            Chromium { child, tools, asked: 0, complaints: Vec::new(), folder: folder.to_owned(), _turn: turn };
        browser.ask("Runtime.enable", json!({}));
        browser
    }

    /// The value of an expression in the page; a promise's, once it is kept.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", parameters);
        // While a page is being loaded there is nothing to ask.
        if answer["error"].is_object() {
            return Value::Null;
        }
        let result = &answer["result"];
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}\n{}", result["exceptionDetails"], self.log());
        result["result"]["value"].clone()
    }

    /// Waits until the expression is something; gives it.
    pub fn until(&mut self, what: &str, expression: &str) -> Value {
        let deadline = Instant::now() + DONE_MAX;
        loop {
            let value = self.evaluate(expression);
            if !matches!(value, Value::Null | Value::Bool(false)) && value != "" {
                return value;
            }
            if Instant::now() > deadline {
                let shown = self.evaluate("document.body?.innerText");
                panic!("not within {DONE_MAX:?}: {what} ({expression})\n{shown}\n{}", self.log());
            }
            pause(Duration::from_millis(100));
        }
    }

    /// One command of the DevTools protocol, and its answer.
    pub fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        let command = json!({ "id": id, "method": method, "params": parameters });
        self.tools.send(Message::text(command.to_string())).expect("the browser takes commands");
        loop {
            let message = self.tools.read().unwrap_or_else(|e| panic!("{method}: {e}\n{}", self.log()));
            let Ok(text) = message.to_text() else { continue };
            let Ok(answer) = serde_json::from_str::<Value>(text) else { continue };
            if answer["id"] == id {
                return answer;
            }
            if answer["method"] == "Runtime.exceptionThrown" {
                self.complaints.push(answer["params"]["exceptionDetails"].to_string());
            }
        }
    }

    /// A picture of what is on the screen.
    pub fn shot(&mut self, file: &Path) {
        self.shot_of(file, &json!({ "format": "png" }));
    }

    /// A picture as `Page.captureScreenshot` understands it.
    pub fn shot_of(&mut self, file: &Path, wanted: &Value) {
        let answer = self.ask("Page.captureScreenshot", wanted.clone());
        let png = super::base64::decode(answer["result"]["data"].as_str().unwrap_or_default());
        std::fs::write(file, png).expect("a picture");
    }

    /// Scripts of the page that failed so far.
    pub fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// The process is killed: nothing is closed, nothing is said.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// What it has said.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        // It always complains of the desktop that is not there.
        let lines = log.lines().filter(|line| !line.contains("dbus"));
        let tail: Vec<&str> = lines.rev().take(20).collect();
        let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
        format!("{tail}\n{}", self.complaints.join("\n"))
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- chromium ---\n{}", self.log());
        }
        // Asked, it takes its helpers along; killed, it leaves them to find out.
        let close = json!({ "id": u32::MAX, "method": "Browser.close" }).to_string();
        let asked = self.tools.send(Message::text(close)).is_ok();
        let deadline = Instant::now() + Duration::from_secs(10);
        while asked && Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            pause(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn chromium(folder: &Path) -> Command {
    let mut command = Command::new("chromium");
    command
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-component-update"])
        .args(["--disable-background-networking", "--disable-sync", "--disable-quic", "--disable-default-apps"])
        .args(["--disable-background-timer-throttling", "--disable-renderer-backgrounding"])
        .args(["--remote-debugging-port=0", "--remote-allow-origins=*"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .env("HOME", folder);
    command
}

/// The page's own DevTools, once the browser has opened its port and the page.
fn connect(folder: &Path, url: &str) -> WebSocket<MaybeTlsStream<TcpStream>> {
    let port = until("chromium has started", STARTED_MAX, || {
        let text = std::fs::read_to_string(folder.join("profile/DevToolsActivePort")).ok()?;
        text.lines().next()?.parse::<u16>().ok()
    });
    let address = until("chromium has opened the page", STARTED_MAX, || {
        let list = ureq::get(format!("http://127.0.0.1:{port}/json/list")).call().ok()?.body_mut().read_json::<Value>();
        let list = list.ok()?;
        let page =
            list.as_array()?.iter().find(|target| target["url"].as_str().is_some_and(|at| at.starts_with(url)))?;
        page["webSocketDebuggerUrl"].as_str().map(str::to_owned)
    });
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let (tools, _) = tungstenite::client::connect_with_config(address, Some(config), 0).expect("chromium's DevTools");
    if let MaybeTlsStream::Plain(stream) = tools.get_ref() {
        stream.set_read_timeout(Some(DONE_MAX)).expect("a time-out");
    }
    tools
}
