//! What this machine offers: folders, disk, addresses, ports, a voice.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use sip::flow::Protocol;

use super::ask::{Peer, ask};
use super::peers::page;
use super::{Findings, What};
use crate::addresses::{self, Addresses};
use crate::clock;
use crate::config::Config;
use crate::disk;
use crate::phone::speech::{Mute, Speaker};
use crate::startup;
use crate::words;

/// What a recording takes: two channels of 8000 samples of 16 bits a second.
const RECORDING_BYTES_PER_HOUR: u64 = 2 * 2 * 8000 * 3600;
/// What the speech command is to say.
const SENTENCE: &str = "お電話ありがとうございます。";

/// Folders that must be writable, and the room for recordings.
pub fn folders(config: &Config, findings: &mut Findings) {
    for folder in startup::folders(config) {
        let usable = std::fs::create_dir_all(&folder).and_then(|()| startup::probe(&folder));
        match usable {
            Ok(()) => findings.ok(What::Folder, folder.display().to_string()),
            Err(error) => {
                let detail = words::NOT_WRITABLE.with(&[&folder.display(), &error]);
                findings.fail(What::Folder, detail, words::NOT_WRITABLE_REMEDY);
            }
        }
    }
    let folder = &config.recordings.folder;
    let Some((percent, bytes)) = disk::free_percent(folder).zip(disk::free_bytes(folder)) else { return };
    let detail = words::CHECK_FREE.with(&[&percent, &bytes.div_euclid(RECORDING_BYTES_PER_HOUR)]);
    if percent < u64::from(config.recordings.free_percent_min) {
        findings.warn(What::Disk, detail, words::CHECK_FREE_REMEDY);
    } else {
        findings.ok(What::Disk, detail);
    }
}

/// What peers are told, and whether this machine has what it binds.
pub fn addresses(config: &Config, findings: &mut Findings) {
    let found = Addresses::find(config);
    for socket in config.sip.udp.iter().chain(&config.sip.tcp) {
        match found.public(*socket) {
            Some(public) if public.ip().is_loopback() => {
                findings.warn(What::Address, words::CHECK_TOLD.with(&[socket, &public]), words::CHECK_LOOPBACK_REMEDY);
            }
            Some(public) => findings.ok(What::Address, words::CHECK_TOLD.with(&[socket, &public])),
            None => findings.warn(What::Address, words::CHECK_NO_SUCH_ADDRESS.with(&[socket]), words::NOTHING),
        }
    }
    let (ports, media) = (config.media.ports, found.media(config));
    if media.is_empty() {
        findings.fail(What::Address, words::NO_ADDRESS.text(), words::NO_ADDRESS_REMEDY);
    }
    for address in &media {
        if !addresses::is_ours(address.bind) {
            let detail = words::CHECK_NOT_OURS.with(&[&address.bind]);
            findings.fail(What::Address, detail, words::CHECK_NOT_OURS_REMEDY);
            continue;
        }
        let detail = words::CHECK_VOICE.with(&[&address.bind, &ports, &address.public, &ports.legs()]);
        // SIP is told another address than voice: peers would send their voice to one that they cannot reach.
        let nat = config.sip.public.iter().find(|public| public.is_ipv4() == address.bind.is_ipv4());
        if nat.is_some_and(|public| address.public == address.bind && !addresses::is_ours(*public)) {
            findings.warn(What::Address, detail, words::CHECK_VOICE_NAT_REMEDY);
        } else {
            findings.ok(What::Address, detail);
        }
    }
}

/// Whether the ports are free. A taken one is fine when it is our own switch that has it: then it is asked instead.
pub async fn ports(config: &Config, findings: &mut Findings) {
    let found = Addresses::find(config);
    let usable =
        |sockets: &[SocketAddr]| sockets.iter().copied().filter(|socket| found.usable(*socket)).collect::<Vec<_>>();
    for socket in usable(&config.sip.udp) {
        port(findings, "UDP", socket, UdpSocket::bind(socket).map(drop), sip(Protocol::Udp, socket)).await;
    }
    for socket in usable(&config.sip.tcp) {
        port(findings, "TCP", socket, TcpListener::bind(socket).map(drop), sip(Protocol::Tcp, socket)).await;
    }
    for socket in config.web.listen.iter().copied() {
        port(findings, "HTTP", socket, TcpListener::bind(socket).map(drop), page(socket)).await;
    }
}

async fn port(
    findings: &mut Findings,
    protocol: &str,
    socket: SocketAddr,
    bound: io::Result<()>,
    asked: impl Future<Output = Option<String>>,
) {
    match bound {
        Ok(()) => findings.ok(What::Port, words::CHECK_PORT_FREE.with(&[&protocol, &socket])),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => match asked.await {
            Some(who) if who.contains("Denwaban") => {
                findings.ok(What::Port, words::CHECK_PORT_OURS.with(&[&protocol, &socket, &who]));
            }
            who => {
                let who = who.unwrap_or_else(|| "?".to_owned());
                let detail = words::CHECK_PORT_TAKEN.with(&[&protocol, &socket, &who]);
                findings.fail(What::Port, detail, words::CANNOT_LISTEN_REMEDY);
            }
        },
        Err(error) => findings.fail(What::Port, format!("{protocol} {socket}: {error}"), words::CANNOT_LISTEN_REMEDY),
    }
}

/// What the SIP server there calls itself.
async fn sip(protocol: Protocol, socket: SocketAddr) -> Option<String> {
    let peer = Peer { protocol, address: addresses::reachable(socket) };
    let answer = ask(&[peer], &[]).await.pop()?.ok()?;
    Some(if answer.server.is_empty() { format!("SIP {}", answer.status) } else { answer.server })
}

/// Whether the speech command speaks: it is told to, and listened to.
pub fn speech(config: &Config, findings: &mut Findings) {
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => return findings.fail(What::Speech, error.to_string(), words::NOTHING),
    };
    let begun = clock::now();
    let spoken = Speaker::new(&startup::speech(config), folder.path()).try_speak(SENTENCE);
    let took = clock::now().saturating_duration_since(begun).as_millis();
    let program = config.speech.command.first().map_or("", String::as_str);
    match spoken {
        Ok(samples) => {
            let seconds = format!("{:.1}", samples.len() as f64 / f64::from(rtp::SAMPLE_RATE));
            findings.ok(What::Speech, words::CHECK_SPEAKS.with(&[&program, &SENTENCE, &seconds, &took]));
        }
        Err(Mute::NoCommand) => {
            findings.warn(What::Speech, words::CHECK_NO_SPEECH.text(), words::CHECK_NO_SPEECH_REMEDY);
        }
        Err(Mute::NotRunning { program, why }) => {
            let detail = words::CHECK_SPEECH_MISSING.with(&[&program, &why]);
            findings.warn(What::Speech, detail, words::CHECK_SPEECH_MISSING_REMEDY);
        }
        Err(Mute::Failed { program, why } | Mute::Silent { program, why }) => {
            let detail = words::CHECK_SPEECH_FAILED.with(&[&program, &why]);
            findings.warn(What::Speech, detail, words::CHECK_SPEECH_FAILED_REMEDY);
        }
    }
}
