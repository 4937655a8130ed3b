//! What this machine offers: folders, disk, addresses, ports, a voice.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use sip::flow::Protocol;
use tokio::time::timeout;
use transport::TlsMaterial;

use super::ask::{ANSWER_MAX, Expected, Peer, ask_secure};
use super::peers::page;
use super::{Findings, What};
use crate::addresses::{self, Addresses};
use crate::certificates::{self, Facts};
use crate::clock;
use crate::config::Config;
use crate::descriptors;
use crate::disk;
use crate::phone::speech::{Mute, Speaker};
use crate::startup;
use crate::words;

/// What a recording takes: two channels of 8000 samples of 16 bits a second.
const RECORDING_BYTES_PER_HOUR: u64 = 2 * 2 * 8000 * 3600;
const DAY_MS: i64 = 86_400_000;
/// certbot renews thirty days before the end: fewer than this, and it does not.
const ENDS_SOON_DAYS: i64 = 21;
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

/// Whether the system lets the switch open what its own limits allow.
pub fn open_files(config: &Config, findings: &mut Findings) {
    let (most, needed) = (descriptors::most(), descriptors::needed(config));
    let shown = if most == u64::MAX { "∞".to_owned() } else { most.to_string() };
    let detail = words::CHECK_FILES.with(&[&shown, &needed]);
    if most < needed {
        findings.warn(What::OpenFiles, detail, words::CHECK_FILES_REMEDY);
    } else {
        findings.ok(What::OpenFiles, detail);
    }
}

/// What peers are told, and whether this machine has what it binds.
pub fn addresses(config: &Config, findings: &mut Findings) {
    let found = Addresses::find(config);
    for (protocol, socket) in config.sip.sockets() {
        let shown = format!("{protocol} {socket}");
        match found.public(socket) {
            Some(public) if public.ip().is_loopback() => {
                findings.warn(What::Address, words::CHECK_TOLD.with(&[&shown, &public]), words::CHECK_LOOPBACK_REMEDY);
            }
            Some(public) => findings.ok(What::Address, words::CHECK_TOLD.with(&[&shown, &public])),
            None => findings.warn(What::Address, words::CHECK_NO_SUCH_ADDRESS.with(&[&shown]), words::NOTHING),
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
    for (protocol, socket) in config.sip.sockets().filter(|(_, socket)| found.usable(*socket)) {
        let bound = match protocol {
            Protocol::Udp => UdpSocket::bind(socket).map(drop),
            Protocol::Tcp | Protocol::Tls | Protocol::Ws | Protocol::Wss => TcpListener::bind(socket).map(drop),
        };
        port(findings, &protocol.to_string(), socket, bound, sip(config, protocol, socket)).await;
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
async fn sip(config: &Config, protocol: Protocol, socket: SocketAddr) -> Option<String> {
    let address = addresses::reachable(socket);
    let expected = match protocol {
        Protocol::Udp | Protocol::Tcp => Expected::default(),
        Protocol::Tls | Protocol::Wss => ours(config, address)?,
        Protocol::Ws => return None,
    };
    if protocol == Protocol::Wss {
        // Whoever has our certificate's key is the switch.
        let names = expected.at(address);
        let hands = timeout(ANSWER_MAX, transport::dial_tls(&expected.material, address, names)).await;
        return hands.ok()?.ok().map(|_| "Denwaban".to_owned());
    }
    let answer = ask_secure(&[Peer { protocol, address }], &[], &expected).await.pop()?.ok()?;
    Some(if answer.server.is_empty() { format!("SIP {}", answer.status) } else { answer.server })
}

/// Our own certificate as the only one that is believed.
fn ours(config: &Config, address: SocketAddr) -> Option<Expected> {
    let chain = certificates::read(config).ok()?.server?.chain;
    let names = certificates::look(&chain).ok()?.names.into_iter().map(|name| (address, name)).collect();
    let material = TlsMaterial { server_authorities: Some(chain), ..TlsMaterial::default() };
    Some(Expected { material, names })
}

/// Certificates: can they be used, for how long, and are they for this machine?
pub fn certificates(config: &Config, findings: &mut Findings) {
    let tls = &config.tls;
    let makes_one = config.sip.needs_certificate() && tls.certificate.as_os_str().is_empty();
    if makes_one && !tls.folder.join("certificate.pem").exists() {
        return findings.ok(What::Certificate, words::CHECK_CERTIFICATE_TO_COME.with(&[&tls.folder.display()]));
    }
    let material = match certificates::read(config) {
        Ok(material) => material,
        Err(trouble) => {
            let detail = format!("{}: {}", trouble.place, trouble.what);
            return findings.with_remedy(super::Verdict::Fail, What::Certificate, detail, trouble.remedy);
        }
    };
    for (setting, identity) in [("tls.certificate", material.server), ("tls.client_certificate", material.client)] {
        let Some(identity) = identity else { continue };
        match certificates::look(&identity.chain) {
            Ok(facts) => judge(config, findings, setting, &facts),
            Err(why) => findings.fail(What::Certificate, format!("{setting}: {why}"), words::CERTIFICATE_BAD_REMEDY),
        }
    }
}

fn judge(config: &Config, findings: &mut Findings, setting: &str, facts: &Facts) {
    let days = (facts.until_ms - clock::unix_ms()).div_euclid(DAY_MS);
    let names = facts.names.join(" ");
    let detail = words::CHECK_CERTIFICATE.with(&[&setting, &names, &days, &facts.fingerprint]);
    if days < 0 || facts.from_ms > clock::unix_ms() {
        findings.fail(What::Certificate, detail, words::CHECK_CERTIFICATE_OVER_REMEDY);
    } else if days < ENDS_SOON_DAYS {
        findings.warn(What::Certificate, detail, words::CHECK_CERTIFICATE_SOON_REMEDY);
    } else {
        findings.ok(What::Certificate, detail);
    }
    // Phones dial one of these; a certificate for none of them is refused by every one that looks.
    let dialled = certificates::names(config);
    let dialled = dialled.iter().filter(|name| !matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"));
    if setting == "tls.certificate" && !dialled.clone().any(|name| facts.names(name)) {
        let dialled: Vec<&str> = dialled.map(String::as_str).collect();
        let detail = words::CHECK_CERTIFICATE_NAMES.with(&[&names, &dialled.join(" ")]);
        findings.warn(What::Certificate, detail, words::CHECK_CERTIFICATE_NAMES_REMEDY);
    }
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
