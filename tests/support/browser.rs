//! Chromium with JsSIP as a real SIP phone: secure WebSocket, ICE, DTLS-SRTP, a WAV file for a microphone and an ear that keeps
//! every sample.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::chromium::{Chromium, DONE_MAX};
use super::house::{House, Operator};
use super::{base64, pause, until};

/// A running browser with one page: an operator's phone.
pub struct Browser {
    chromium: Chromium,
    seen: usize,
    page: Page,
    setup: Value,
    heard: Vec<i16>,
}

impl Browser {
    /// The operator's phone: registered and ready.
    pub fn start(house: &House, operator: &Operator, tone_hz: f32) -> Browser {
        let folder = house.root.path().join(format!("browser-{}", operator.login));
        std::fs::create_dir_all(&folder).expect("a folder for the browser");
        let tone = folder.join("tone.wav");
        super::baresip::write_tone(&tone, tone_hz);
        let page = Page::serve();
        let mut more: Vec<String> = [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            "--autoplay-policy=no-user-gesture-required",
            "--allow-loopback-in-peer-connection",
            // The house's certificate is its own; that it is shown is tested in secure.rs.
            "--ignore-certificate-errors",
        ]
        .map(str::to_owned)
        .to_vec();
        more.push(format!("--use-file-for-fake-audio-capture={}", tone.display()));
        let chromium = Chromium::open(&folder, &page.url, &more);
        let setup = json!({
            "user": operator.login, "password": operator.password, "domain": "denwaban",
            "server": format!("wss://{}/", house.wss),
        });
        let mut browser = Browser { chromium, page, setup, seen: 0, heard: Vec::new() };
        browser.register();
        house.until_operator(operator.id, "ready");
        browser
    }

    /// The page is loaded again, and with it everything that it knew of: its calls end for it without a word to anybody.
    pub fn reload(&mut self) {
        // The old page must not be taken for the new one.
        self.run("phone.old = true");
        self.chromium.ask("Page.reload", json!({}));
        self.seen = 0;
        until("the page is there again", DONE_MAX, || {
            let is_new = "typeof phone === 'object' && !phone.old && document.readyState";
            (self.evaluate(is_new) == "complete").then_some(())
        });
    }

    /// Registers, as the page does when its operator has opened it.
    pub fn register(&mut self) {
        // Before it has come, its place is an empty page, which is complete.
        let is_there = format!("location.href === {} && document.readyState", json!(self.page.url));
        until("the page is there", DONE_MAX, || (self.evaluate(&is_there) == "complete").then_some(()));
        assert_eq!(self.evaluate("typeof phone"), "object", "its script runs: {}", self.log());
        let setup = self.setup.clone();
        self.run(&format!("phone.start({setup})"));
        self.wait("registered");
    }

    /// Pick up.
    pub fn answer(&mut self) {
        self.run("phone.answer()");
    }

    /// Call a number.
    pub fn dial(&mut self, number: &str) {
        self.run(&format!("phone.dial({})", json!(number)));
    }

    /// Put the call on hold.
    pub fn hold(&mut self) {
        assert_eq!(self.evaluate("phone.hold()"), true, "it can hold now");
    }

    /// Take it back.
    pub fn resume(&mut self) {
        assert_eq!(self.evaluate("phone.resume()"), true, "it can resume now");
    }

    /// Press keys (RFC 4733).
    pub fn press(&mut self, keys: &str) {
        self.run(&format!("phone.press({})", json!(keys)));
    }

    /// Hang up.
    pub fn hang_up(&mut self) {
        self.run("phone.hangUp()");
    }

    /// Wait for an event of this kind (see browser_phone.js), taking it and all before it.
    pub fn wait(&mut self, kind: &str) -> Value {
        self.wait_where(kind, |_| true)
    }

    /// Wait for the media path to be in this state (`connected`, `failed`, …).
    pub fn wait_media(&mut self, state: &str) {
        self.wait_where("media", |event| event["state"] == state);
    }

    /// Wait for an event of this kind for which this holds.
    pub fn wait_where(&mut self, kind: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DONE_MAX;
        let mut passed = Vec::new();
        loop {
            let events = self.evaluate(&format!("phone.events.slice({})", self.seen));
            for event in events.as_array().into_iter().flatten() {
                self.seen += 1;
                if event["event"] == kind && holds(event) {
                    return event.clone();
                }
                passed.push(event.to_string());
            }
            assert!(
                Instant::now() < deadline,
                "the browser: no {kind} within {DONE_MAX:?}; seen: {passed:#?}\n{}",
                self.log()
            );
            pause(Duration::from_millis(100));
        }
    }

    /// What it has heard so far, in all its calls since it was loaded, at 8 kHz.
    pub fn heard(&mut self) -> Vec<i16> {
        let text = self.evaluate("phone.takeHeard()");
        let bytes = base64::decode(text.as_str().expect("base64"));
        self.heard.extend(bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])));
        self.heard.clone()
    }

    /// What the browser counts of its call: `hears`, `speaks` (codecs), `received`, `sent`, `lost`, `dtls`, `srtp`, `ice`.
    pub fn statistics(&mut self) -> Value {
        self.evaluate("phone.statistics()")
    }

    /// The process is killed: nothing is closed, nothing is said.
    pub fn kill(&mut self) {
        self.chromium.kill();
    }

    fn run(&mut self, expression: &str) {
        // What it gives may not be data.
        self.evaluate(&format!("Promise.resolve({expression}).then(() => null)"));
    }

    fn evaluate(&mut self, expression: &str) -> Value {
        self.chromium.evaluate(expression)
    }

    fn log(&self) -> String {
        self.chromium.log()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.page.close();
    }
}

/// The page, served from loopback: that is a secure context, which microphones ask for.
struct Page {
    url: String,
    over: Arc<AtomicBool>,
}

impl Page {
    fn serve() -> Page {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("bound"));
        let over = Arc::new(AtomicBool::new(false));
        let until_over = over.clone();
        let html = format!("<!doctype html><meta charset=utf-8><title>phone</title><script>{}</script>", script());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if until_over.load(Ordering::Relaxed) {
                    return;
                }
                give(stream, &html);
            }
        });
        Page { url, over }
    }

    fn close(&self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://").trim_end_matches('/'));
    }
}

/// Answers one request, whatever it asks for, and closes.
fn give(mut stream: TcpStream, html: &str) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut request = Vec::new();
    let mut chunk = [0; 2048];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut chunk) {
            Ok(length) if length > 0 => request.extend_from_slice(&chunk[..length]),
            _ => return,
        }
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\nContent-Length: ";
    let _ = stream.write_all(format!("{head}{}\r\n\r\n{html}", html.len()).as_bytes());
}

/// JsSIP, what it needs, and the phone made of it, as one script.
fn script() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = root.join("target/jssip/node_modules");
    assert!(modules.is_dir(), "JsSIP is not installed: run ./test, which puts it into {}", modules.display());
    let mut text = "const bundle = {".to_owned();
    let mut mains = BTreeMap::new();
    for package in ["jssip", "debug", "ms", "events", "sdp-transform"] {
        let folder = modules.join(package);
        let manifest: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("package.json")).expect("a package"))
                .expect("JSON");
        // Where a package has a file for browsers, that one.
        let main = manifest["browser"].as_str().or(manifest["main"].as_str()).unwrap_or("index.js");
        mains.insert(package, format!("{package}/{}", main.trim_start_matches("./").trim_end_matches('/')));
        add(&mut text, &modules, &folder);
    }
    format!("{text}}};\nconst mains = {};\n{}", json!(mains), include_str!("browser_phone.js"))
}

/// Every file of a package that is code or data, below its name.
fn add(script: &mut String, modules: &Path, folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = path.strip_prefix(modules).expect("below").display().to_string();
        if path.is_dir() {
            add(script, modules, &path);
            continue;
        }
        // Neither the end of the page's script nor the first line of a program for the shell.
        let code =
            || std::fs::read_to_string(&path).expect("text").replace("</script", "<\\/script").replace("#!/", "//");
        let _ = match path.extension().and_then(|e| e.to_str()) {
            Some("js") => writeln!(script, "{}: function(require, module, exports) {{\n{}\n}},", json!(name), code()),
            Some("json") => {
                writeln!(script, "{}: function(require, module) {{ module.exports = {} }},", json!(name), code())
            }
            _ => Ok(()),
        };
    }
}
