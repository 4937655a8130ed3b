//! SIPp as the carrier, and as many phones at once.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::house::House;
use super::ports;

/// A running SIPp.
pub struct Sipp {
    child: Child,
    dir: PathBuf,
}

/// What to run.
pub struct Run<'a> {
    /// File below `tests/scenarios`, without `.xml`.
    pub scenario: &'a str,
    /// Address of the switch, `127.0.0.1:5060`.
    pub server: &'a str,
    /// Our own address: other loopback addresses stand for other machines.
    pub from: &'a str,
    /// Our own port.
    pub port: u16,
    /// Lines of the injection file, without its first (`SEQUENTIAL`).
    pub fields: &'a [String],
    /// Calls to make; 0: a server that runs until it is dropped.
    pub calls: u32,
    /// Calls a second.
    pub rate: u32,
    /// More arguments.
    pub more: &'a [&'a str],
}

impl Sipp {
    /// Start SIPp in a folder of its own below `root`.
    pub fn start(root: &Path, run: &Run<'_>) -> Sipp {
        let dir = root.join(format!("sipp-{}-{}", run.scenario, run.port));
        std::fs::create_dir_all(&dir).expect("a folder for SIPp");
        for (name, hz) in [("caller.ulaw", super::audio::CALLER_HZ), ("operator.ulaw", super::audio::OPERATOR_HZ)] {
            std::fs::write(dir.join(name), ulaw_tone(hz)).expect("a voice");
        }
        let scenario =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(format!("{}.xml", run.scenario));
        let log = std::fs::File::create(dir.join("out")).expect("log");
        let mut command = Command::new("sipp");
        command.current_dir(&dir).arg(run.server).arg("-sf").arg(scenario).args([
            "-i",
            run.from,
            "-nostdin",
            "-trace_err",
            "-trace_logs",
        ]);
        command.args([
            "-p",
            &run.port.to_string(),
            "-r",
            &run.rate.max(1).to_string(),
            "-error_file",
            "errors",
            "-log_file",
            "logs",
        ]);
        command.args(["-mi", run.from, "-default_behaviors", "all,-bye"]);
        if run.calls > 0 {
            command.args(["-m", &run.calls.to_string()]);
        }
        if !run.fields.is_empty() {
            let file = dir.join("fields.csv");
            std::fs::write(&file, format!("SEQUENTIAL\n{}\n", run.fields.join("\n"))).expect("fields");
            command.arg("-inf").arg(file);
        }
        command.args(run.more).stdin(Stdio::null()).stdout(log.try_clone().expect("log")).stderr(log);
        Sipp { child: command.spawn().expect("sipp is installed (Debian package sip-tester)"), dir }
    }

    /// Wait for the end; panics with SIPp's own words if a call failed.
    pub fn finish(mut self, limit: Duration) {
        let deadline = Instant::now() + limit;
        loop {
            match self.child.try_wait().expect("sipp") {
                Some(status) if status.success() => return,
                Some(status) => panic!("SIPp ended with {status}:\n{}", self.tail()),
                None if Instant::now() > deadline => panic!("SIPp is not done after {limit:?}:\n{}", self.tail()),
                None => super::pause(Duration::from_millis(50)),
            }
        }
    }

    /// What `<log message=…/>` wrote.
    pub fn logs(&self) -> String {
        std::fs::read_to_string(self.dir.join("logs")).unwrap_or_default()
    }

    fn tail(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.dir.join(name)).unwrap_or_default();
        let errors = read("errors");
        let out = read("out");
        let last = |text: &str, n: usize| {
            text.lines().rev().take(n).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        format!("{}\n{}", last(&errors, 60), last(&out, 45))
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A house full of calls: operators' phones and callers, all of whom speak.
pub struct Crowd {
    callers: Sipp,
    _phones: Sipp,
}

impl Crowd {
    /// So many callers talk with as many operators, for so long from the moment at which each was answered; returns once all talk
    /// at the same time, so `time` is much more than the two or three seconds over which they begin. The house needs a firm with the
    /// number 03-5550-0101.
    pub fn talking(house: &House, calls: usize, time: Duration) -> Crowd {
        let (phones, registering, carrier) = (ports::free_block(2), ports::free_block(2), ports::free_block(2));
        let mut accounts = Vec::new();
        for n in 0..calls {
            let operator = house.operator(&format!("{}", 200 + n), 0);
            let (user, password) = (&operator.login, &operator.password);
            accounts.push(format!("{user};[authentication username={user} password={password}];{phones}"));
        }
        house.trunk("carrier", carrier, json!({}));
        let root = house.root.path();
        let run = |scenario, port, fields| Run {
            scenario,
            server: &house.sip,
            from: "127.0.0.1",
            port,
            fields,
            calls: calls as u32,
            rate: 10,
            more: &[],
        };
        let answering = Sipp::start(root, &Run { calls: 0, ..run("phones_with_voice", phones, &[]) });
        Sipp::start(root, &run("register", registering, &accounts)).finish(Duration::from_secs(60));
        let numbers: Vec<String> = (0..calls).map(|n| format!("0355500101;0901{n:07}")).collect();
        let length = time.as_millis().to_string();
        let calling = Run { more: &["-d", &length], ..run("caller_with_voice", carrier, &numbers) };
        let callers = Sipp::start(root, &calling);
        super::until("all calls are answered", Duration::from_secs(60), || {
            (house.calls_now().iter().filter(|c| c["state"] == "established").count() == calls).then_some(())
        });
        Crowd { callers, _phones: answering }
    }

    /// Until all have hung up.
    pub fn finish(self) {
        self.callers.finish(Duration::from_secs(90));
    }
}

/// Ten seconds of a tone as raw mu-law, for `rtp_stream`.
fn ulaw_tone(hz: f32) -> Vec<u8> {
    let sample = |n: usize| (2.0 * std::f32::consts::PI * hz * n as f32 / 8000.0).sin() * 0.35 * 32767.0;
    (0..80_000).map(|n| rtp::g711::mu_encode(sample(n) as i16)).collect()
}
