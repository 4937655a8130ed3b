//! pjsua2 as a real SIP phone with every feature of the day: PRACK, UPDATE, session timers, REFER with Replaces, busy lamps.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::house::{House, Operator};
use super::{audio, baresip, ports};

/// A running phone.
pub struct Pjsua {
    dir: PathBuf,
    child: Child,
    orders: ChildStdin,
    events: Receiver<Value>,
}

impl Pjsua {
    /// The operator's phone: registered and ready. `more`: see the head of pjsua2_phone.py.
    pub fn start(house: &House, operator: &Operator, tone_hz: f32, more: Value) -> Pjsua {
        let phone = Self::unregistered(house, operator, tone_hz, more);
        phone.wait("registered");
        house.until_operator(operator.id, "ready");
        phone
    }

    /// The same, not yet registered.
    pub fn unregistered(house: &House, operator: &Operator, tone_hz: f32, more: Value) -> Pjsua {
        let dir = house.root.path().join(format!("pjsua-{}", operator.login));
        std::fs::create_dir_all(&dir).expect("a folder for the phone");
        let tone = dir.join("tone.wav");
        baresip::write_tone(&tone, tone_hz);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("target/peers/bin/python");
        assert!(python.is_file(), "pjsua2 is not installed: run ./test, which puts it into {}", python.display());
        let log = std::fs::File::create(dir.join("log")).expect("a log");
        let mut child = Command::new(&python)
            .arg("-u")
            .arg(root.join("tests/support/pjsua2_phone.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("python starts");
        let mut orders = child.stdin.take().expect("a pipe");
        let mut setup = json!({
            "user": operator.login, "password": operator.password, "switch": house.sip, "port": ports::free_block(2),
            "rtp": ports::free_block(20), "tone": tone, "record": dir,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            setup[key] = value.clone();
        }
        writeln!(orders, "{setup}").expect("pjsua2 reads");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (tell, events) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line)
                    && tell.send(event).is_err()
                {
                    return;
                }
            }
        });
        Pjsua { dir, child, orders, events }
    }

    /// Tell it to do something: a method of `Phone` in pjsua2_phone.py.
    pub fn order(&mut self, what: &str, more: Value) {
        let mut order = json!({ "do": what });
        for (key, value) in more.as_object().into_iter().flatten() {
            order[key] = value.clone();
        }
        writeln!(self.orders, "{order}").unwrap_or_else(|e| panic!("pjsua2 is gone ({e}):\n{}", self.log()));
    }

    /// Wait for an event of this kind, taking it and all before it.
    pub fn wait(&self, kind: &str) -> Value {
        self.wait_where(kind, |_| true)
    }

    /// Wait for the call to be in this state (`CONFIRMED`, `DISCONNCTD`, …).
    pub fn wait_state(&self, state: &str) -> Value {
        self.wait_where("call", |event| event["state"] == state)
    }

    /// Wait for an event of this kind for which this holds.
    pub fn wait_where(&self, kind: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut seen = Vec::new();
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            let Ok(event) = self.events.recv_timeout(left) else { break };
            if event["event"] == kind && holds(&event) {
                return event;
            }
            let mut short = event.to_string();
            short.truncate(short.floor_char_boundary(200));
            seen.push(short);
        }
        panic!("no {kind}; seen: {seen:#?}\n{}", self.log())
    }

    /// What it has heard in this call. Complete after the call.
    pub fn heard(&self, call: u32) -> Vec<i16> {
        audio::channel(&self.dir.join(format!("call-{call}.wav")), 0)
    }

    /// Every SIP message that it has seen, as it logged them.
    pub fn messages(&self) -> String {
        std::fs::read_to_string(self.dir.join("pjsua.log")).unwrap_or_default()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }
}

impl Drop for Pjsua {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let messages = self.messages();
            let tail: Vec<&str> = messages.lines().rev().take(120).collect();
            eprintln!("--- pjsua2 ---\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}
