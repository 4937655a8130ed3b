//! linphonec as a real SIP phone: outbound, GRUU, SHA-256, and a mind of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::house::{House, Operator};
use super::{audio, baresip, pause, ports};

/// A running phone.
pub struct Linphone {
    dir: PathBuf,
    child: Child,
    orders: ChildStdin,
    lines: Receiver<String>,
}

impl Linphone {
    /// The operator's phone: registered and ready.
    pub fn start(house: &House, operator: &Operator, tone_hz: f32) -> Linphone {
        let dir = house.root.path().join(format!("linphone-{}", operator.login));
        // Without this folder it never opens a socket, and does not say so.
        std::fs::create_dir_all(dir.join(".local/share/linphone")).expect("a folder for the phone");
        let tone = dir.join("tone.wav");
        baresip::write_tone(&tone, tone_hz);
        let (sip, rtp) = (ports::free_block(2), ports::free_block(2));
        // It would tell the machine's own address for voice.
        let settings = format!(
            "[sip]\nsip_port={sip}\nsip_tcp_port=-1\nsip_tls_port=-1\nuse_ipv6=0\nbind_address=127.0.0.1\n\
             [rtp]\naudio_rtp_port={rtp}\nbind_address=127.0.0.1\n\
             [net]\nfirewall_policy=nat_address\nnat_address=127.0.0.1\n[video]\nenabled=0\n"
        );
        std::fs::write(dir.join("settings"), settings).expect("settings");
        let mut child = Command::new("linphonec")
            .args(["-c", "settings", "-l", "messages", "-d", "6"])
            .current_dir(&dir)
            .env("HOME", &dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(dir.join("log")).expect("a log"))
            .spawn()
            .expect("linphonec is installed (Debian package linphone-cli)");
        let orders = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let mut phone = Linphone { dir, child, orders, lines };
        phone.order("soundcard use files");
        phone.order(&format!("play {}", tone.display()));
        phone.order(&format!("record {}", phone.dir.join("heard.wav").display()));
        let (login, server) = (&operator.login, &house.sip);
        phone.order(&format!("register sip:{login}@{server} sip:{server} {}", operator.password));
        house.until_operator(operator.id, "ready");
        phone
    }

    /// Type a command: `answer`, `pause`, `resume`, `terminate all`, …
    pub fn order(&mut self, command: &str) {
        writeln!(self.orders, "{command}").unwrap_or_else(|e| panic!("linphonec is gone ({e}):\n{}", self.messages()));
        // It reads its keyboard ten times a second, and loses what is typed faster.
        pause(Duration::from_millis(200));
    }

    /// Wait for a line with this in it.
    pub fn wait(&self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut seen = Vec::new();
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            let Ok(line) = self.lines.recv_timeout(left) else { break };
            if line.contains(text) {
                return line;
            }
            seen.push(line);
        }
        panic!("no {text:?}; seen: {seen:#?}")
    }

    /// What it has heard so far.
    pub fn heard(&self) -> Vec<i16> {
        audio::unfinished(&self.dir.join("heard.wav"))
    }

    /// Every SIP message that it has seen, as it logged them.
    pub fn messages(&self) -> String {
        std::fs::read_to_string(self.dir.join("messages")).unwrap_or_default()
    }
}

impl Drop for Linphone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let messages = self.messages();
            let tail: Vec<&str> = messages.lines().rev().take(80).collect();
            eprintln!("--- linphonec ---\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}
