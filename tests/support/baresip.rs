//! baresip as a real SIP phone: operator, caller or mobile, with a tone for a voice and a file for an ear.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{audio, ports};

/// How a phone is set up.
pub struct Phone<'a> {
    /// Folder name and user part.
    pub name: &'a str,
    /// The whole account line after the address, e.g. `;auth_user=101;auth_pass=…;regint=60`.
    pub account: String,
    /// The voice.
    pub tone_hz: f32,
    /// Answers by itself.
    pub auto_answer: bool,
    /// SIP port; `None`: a free one.
    pub port: Option<u16>,
    /// Modules besides those of a plain G.711 phone: `srtp`, `opus`, …
    pub modules: &'a [&'a str],
}

/// A running phone.
pub struct Baresip {
    /// SIP port.
    pub port: u16,
    dir: PathBuf,
    child: Child,
    control: TcpStream,
    unread: Vec<u8>,
    events: Vec<Value>,
}

impl Baresip {
    /// Start a phone in a folder below `root`. Its address of record is `sip:NAME@HOST` with the host given in `account_host`.
    pub fn start(root: &Path, account_host: &str, phone: &Phone<'_>) -> Baresip {
        let dir = root.join(format!("phone-{}", phone.name));
        std::fs::create_dir_all(&dir).expect("a folder for the phone");
        let port = phone.port.unwrap_or_else(|| ports::free_block(2));
        let rtp = ports::free_block(20);
        let control = ports::free_tcp();
        let tone = dir.join("tone.wav");
        write_tone(&tone, phone.tone_hz);
        let d = dir.display();
        let modules = module_path();
        let besides: String = phone.modules.iter().map(|module| format!("module {module}.so\n")).collect();
        let config = format!(
            "sip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\nrtp_ports {rtp}-{}\naudio_source aufile,{}\n\
             audio_player aubridge,sink\nausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n\
             module_path {modules}\n{besides}module g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\nsnd_path {d}\n\
             module_tmp uuid.so\nmodule_tmp account.so\nmodule_app contact.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n\
             ctrl_tcp_listen 127.0.0.1:{control}\n",
            rtp + 18,
            tone.display()
        );
        std::fs::write(dir.join("config"), config).expect("config");
        std::fs::write(dir.join("contacts"), "").expect("contacts");
        let mode = if phone.auto_answer { "auto" } else { "manual" };
        std::fs::write(
            dir.join("accounts"),
            format!("<sip:{}@{account_host}>{};answermode={mode};ptime=20\n", phone.name, phone.account),
        )
        .expect("accounts");
        let log = std::fs::File::create(dir.join("log")).expect("log");
        let child = Command::new("baresip")
            .args(["-4", "-f"])
            .arg(&dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("log"))
            .stderr(log)
            .spawn()
            .expect("baresip is installed (Debian package baresip-core)");
        let control = connect(control);
        Baresip { port, dir, child, control, unread: Vec::new(), events: Vec::new() }
    }

    /// Send a command of baresip's control interface (`dial`, `accept`, `hangup`, `hold`, `resume`, `sndcode`, …).
    pub fn command(&mut self, command: &str, params: &str) {
        let text = serde_json::json!({ "command": command, "params": params, "token": "t" }).to_string();
        self.control.write_all(format!("{}:{text},", text.len()).as_bytes()).expect("baresip takes commands");
    }

    /// Wait for an event of this type (e.g. `CALL_ESTABLISHED`), taking it and all before it.
    pub fn wait(&mut self, kind: &str) -> Value {
        self.wait_for(kind, Duration::from_secs(20)).unwrap_or_else(|seen| {
            panic!("{}: no {kind} within 20 s; seen: {seen:?}\n{}", self.dir.display(), self.log())
        })
    }

    /// The same with a limit; `Err` holds the events that came instead.
    pub fn wait_for(&mut self, kind: &str, limit: Duration) -> Result<Value, Vec<String>> {
        let deadline = Instant::now() + limit;
        let mut seen = Vec::new();
        loop {
            while !self.events.is_empty() {
                let event = self.events.remove(0);
                let this = event.get("type").and_then(Value::as_str).unwrap_or("response").to_owned();
                if this == kind {
                    return Ok(event);
                }
                seen.push(this);
            }
            if Instant::now() > deadline {
                return Err(seen);
            }
            self.read_events();
        }
    }

    /// What the phone has heard so far, one vector per call, oldest first. Complete after the call.
    pub fn heard(&self) -> Vec<Vec<i16>> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&self.dir)
            .expect("folder")
            .filter_map(|e| e.ok().map(|e| e.path()))
            .filter(|p| p.to_string_lossy().ends_with("-dec.wav"))
            .collect();
        files.sort();
        files.iter().map(|f| audio::ear(f)).collect()
    }

    /// Die without a word, as a phone whose battery is empty.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Do nothing any more without closing anything, as a phone whose cable was pulled.
    pub fn freeze(&self) {
        let stopped = Command::new("kill").args(["-STOP", &self.child.id().to_string()]).status();
        assert!(stopped.is_ok_and(|status| status.success()), "baresip is stopped");
    }

    fn log(&self) -> String {
        let text = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        text.lines().filter(|l| !l.contains("audio=")).collect::<Vec<_>>().join("\n")
    }

    fn read_events(&mut self) {
        let mut chunk = [0u8; 8192];
        match self.control.read(&mut chunk) {
            Ok(0) => panic!("{} ended\n{}", self.dir.display(), self.log()),
            Ok(n) => self.unread.extend_from_slice(&chunk[..n]),
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => return,
            Err(e) => panic!("{}: {e}", self.dir.display()),
        }
        while let Some(colon) = self.unread.iter().position(|&b| b == b':') {
            let length: usize = String::from_utf8_lossy(&self.unread[..colon]).parse().expect("a netstring");
            if self.unread.len() < colon + length + 2 {
                return;
            }
            let body = self.unread[colon + 1..colon + 1 + length].to_vec();
            self.unread.drain(..colon + length + 2);
            if let Ok(value) = serde_json::from_slice::<Value>(&body) {
                self.events.push(value);
            }
        }
    }
}

impl Drop for Baresip {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn connect(port: u16) -> TcpStream {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => {
                stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a read time-out");
                return stream;
            }
            Err(e) if Instant::now() > deadline => panic!("baresip's control port {port} does not open: {e}"),
            Err(_) => super::pause(Duration::from_millis(50)),
        }
    }
}

fn module_path() -> String {
    let candidates = [
        "/usr/lib/baresip/modules",
        "/usr/lib/x86_64-linux-gnu/baresip/modules",
        "/usr/lib/aarch64-linux-gnu/baresip/modules",
    ];
    candidates.iter().find(|p| Path::new(p).is_dir()).unwrap_or(&candidates[0]).to_string()
}

/// Two minutes of a voice.
pub fn write_tone(path: &Path, hz: f32) {
    write_tone_for(path, hz, 120.0);
}

/// A sine at a third of full scale, for so many seconds.
pub fn write_tone_for(path: &Path, hz: f32, seconds: f32) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).expect("a tone file");
    for n in 0..(seconds * 8000.0) as usize {
        let x = (2.0 * std::f32::consts::PI * hz * n as f32 / 8000.0).sin() * 0.35;
        writer.write_sample((x * 32767.0) as i16).expect("a sample");
    }
    writer.finalize().expect("a tone file");
}
