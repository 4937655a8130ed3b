//! `denwaban check`: is everything as it must be, and if not, what to do?

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::Context;
use crate::addresses::Addresses;
use crate::config::Config;
use crate::disk;
use crate::startup;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// How long a running switch may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// Arguments of `check`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  denwaban --config denwaban.toml check\n\nEnds with 0 when nothing failed, 1 when something did."
)]
pub struct Arguments {
    /// Ask the running switch whether it answers (for health checks)
    #[arg(long)]
    running: bool,
}

/// One line of the answer.
#[derive(Serialize)]
struct Finding {
    verdict: Verdict,
    what: String,
    detail: String,
    remedy: String,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, verdict: Verdict, what: &str, detail: impl Into<String>, remedy: &str) {
        self.0.push(Finding { verdict, what: what.to_owned(), detail: detail.into(), remedy: remedy.to_owned() });
    }

    fn of(&mut self, what: &str, result: Result<String, String>, remedy: &str) {
        match result {
            Ok(detail) => self.add(Verdict::Ok, what, detail, ""),
            Err(detail) => self.add(Verdict::Fail, what, detail, remedy),
        }
    }
}

/// Looks at everything.
pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Troubles> {
    let mut findings = Findings::default();
    if arguments.running {
        running(context.config(), &mut findings);
    } else {
        let file =
            context.loaded.file.as_ref().map_or_else(|| "defaults".to_owned(), |file| file.display().to_string());
        findings.add(Verdict::Ok, "configuration", file, "");
        for warning in &context.loaded.warnings {
            findings.add(Verdict::Warn, "configuration", warning, "");
        }
        folders(context.config(), &mut findings);
        addresses(context.config(), &mut findings);
        ports(context.config(), &mut findings);
        speech(context.config(), &mut findings);
        super::with_runtime(database(context, &mut findings))?;
    }
    context.out.one(&findings.0, || text(&findings.0));
    let failed = findings.0.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
    if failed == 0 {
        return Ok(());
    }
    Err(Trouble::new(Exit::Failed, "", format!("{failed} of {} checks failed", findings.0.len()), "").into())
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let verdict = match finding.verdict {
            Verdict::Ok => "OK  ",
            Verdict::Warn => "WARN",
            Verdict::Fail => "FAIL",
        };
        text.push_str(&format!("{verdict}  {:<14} {}\n", finding.what, finding.detail));
        if !finding.remedy.is_empty() {
            text.push_str(&format!("      {} {}\n", words::REMEDY, finding.remedy));
        }
    }
    text
}

fn folders(config: &Config, findings: &mut Findings) {
    for folder in startup::folders(config) {
        let usable = std::fs::create_dir_all(&folder).and_then(|()| startup::probe(&folder));
        let result = usable.map(|()| folder.display().to_string());
        findings.of(
            "folder",
            result.map_err(|error| format!("{}: {error}", folder.display())),
            words::NOT_WRITABLE_REMEDY.text(),
        );
    }
    if let Some(free) = disk::free_percent(&config.recordings.folder) {
        let detail = format!("{free} % free for recordings");
        if free < u64::from(config.recordings.free_percent_min) {
            findings.add(Verdict::Warn, "disk", detail, "make room, or lower recordings.free_percent_min");
        } else {
            findings.add(Verdict::Ok, "disk", detail, "");
        }
    }
}

fn addresses(config: &Config, findings: &mut Findings) {
    let found = Addresses::find(config);
    for socket in config.sip.udp.iter().chain(&config.sip.tcp) {
        match found.public(*socket) {
            Some(public) if public.ip().is_loopback() => {
                let detail = format!("{socket} is told to peers as {public}");
                findings.add(
                    Verdict::Warn,
                    "address",
                    detail,
                    "only phones on this machine can call: set sip.public to reach others",
                );
            }
            Some(public) => findings.add(Verdict::Ok, "address", format!("{socket} is told to peers as {public}"), ""),
            None => findings.add(Verdict::Warn, "address", format!("{socket}: this machine has no such address"), ""),
        }
    }
    let media: Vec<String> = found.media(config).iter().map(|address| address.bind.to_string()).collect();
    let legs = config.media.ports.legs();
    let detail = format!("voice on {} ports {}: {legs} legs at once", media.join(" "), config.media.ports);
    findings.add(if media.is_empty() { Verdict::Fail } else { Verdict::Ok }, "address", detail, "");
    for address in found.media(config).iter().map(|address| address.bind) {
        if let Err(error) = UdpSocket::bind((address, 0)) {
            findings.add(
                Verdict::Fail,
                "address",
                format!("{address}: {error}"),
                "media.address must be an address of this machine",
            );
        }
    }
}

/// Whether the ports are free; taken ones are fine when it is our own switch that has them.
fn ports(config: &Config, findings: &mut Findings) {
    let found = Addresses::find(config);
    let usable =
        |sockets: &[SocketAddr]| sockets.iter().copied().filter(|socket| found.usable(*socket)).collect::<Vec<_>>();
    let mut port = |protocol: &str, socket: SocketAddr, bound: std::io::Result<()>| match bound {
        Ok(()) => findings.add(Verdict::Ok, "port", format!("{protocol} {socket} is free"), ""),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && speaks(protocol, socket) => {
            findings.add(
                Verdict::Ok,
                "port",
                format!("{protocol} {socket}: a server answers there; is it this switch?"),
                "",
            );
        }
        Err(error) => {
            findings.add(
                Verdict::Fail,
                "port",
                format!("{protocol} {socket}: {error}"),
                words::CANNOT_LISTEN_REMEDY.text(),
            );
        }
    };
    for socket in usable(&config.sip.udp) {
        port("UDP", socket, UdpSocket::bind(socket).map(drop));
    }
    for socket in usable(&config.sip.tcp) {
        port("TCP", socket, TcpListener::bind(socket).map(drop));
    }
    for socket in &config.web.listen {
        port("HTTP", *socket, TcpListener::bind(socket).map(drop));
    }
}

fn speech(config: &Config, findings: &mut Findings) {
    let Some(program) = config.speech.command.first() else {
        findings.add(Verdict::Warn, "speech", "no speech command: firms' names are not spoken", "set speech.command");
        return;
    };
    let on_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()));
    if on_path || Path::new(program).is_file() {
        findings.add(Verdict::Ok, "speech", program.clone(), "");
    } else {
        let remedy = "apt-get install open-jtalk open-jtalk-mecab-naist-jdic, or set speech.command";
        findings.add(
            Verdict::Warn,
            "speech",
            format!("{program} is not installed: firms' names are not spoken"),
            remedy,
        );
    }
}

async fn database(context: &Context, findings: &mut Findings) -> Result<(), Troubles> {
    let store = match context.store().await {
        Ok(store) => store,
        Err(troubles) => {
            for trouble in troubles.0 {
                findings.add(Verdict::Fail, "database", trouble.what, &trouble.remedy);
            }
            return Ok(());
        }
    };
    findings.add(Verdict::Ok, "database", format!("{:?}", store.backend()), "");
    let mut unresolved = Vec::new();
    let mut resolved = std::collections::HashMap::new();
    for trunk in store.trunks().await?.iter().filter(|trunk| trunk.active) {
        let address = trunk.address();
        match tokio::net::lookup_host(&address).await.ok().and_then(|mut found| found.next()) {
            Some(found) => drop(resolved.insert(address, found)),
            None => unresolved.push(address),
        }
    }
    for name in unresolved {
        findings.add(
            Verdict::Fail,
            "trunk",
            format!("{name} cannot be resolved"),
            "is the name right, and does DNS work here?",
        );
    }
    let look_up = |name: &str| resolved.get(name).copied().ok_or_else(|| format!("{name} cannot be resolved"));
    let loaded = store.load_directory(&context.config().sip.realm, look_up).await?;
    for problem in &loaded.problems {
        findings.add(Verdict::Fail, problem.table, format!("{}: {}", problem.row, problem.why), "");
    }
    let directory = &loaded.directory;
    for (what, count, verb) in [
        ("client firms", directory.customers.len(), "client add"),
        ("numbers", directory.dids.len(), "did add"),
        ("operators", directory.operators.len(), "operator add"),
        ("trunks", directory.trunks.len(), "trunk add"),
    ] {
        if count == 0 {
            findings.add(Verdict::Warn, "directory", format!("no {what}"), &format!("denwaban {verb} --help"));
        } else {
            findings.add(Verdict::Ok, "directory", format!("{count} {what}"), "");
        }
    }
    Ok(())
}

fn running(config: &Config, findings: &mut Findings) {
    let remedy = "is `denwaban serve` running with this configuration?";
    for socket in config.sip.udp.iter().take(1) {
        findings.of("sip", answers(*socket), remedy);
    }
    for socket in config.web.listen.iter().take(1) {
        let connected = TcpStream::connect_timeout(&reachable(*socket), ANSWER_MAX);
        findings.of("web", connected.map(|_| socket.to_string()).map_err(|error| format!("{socket}: {error}")), remedy);
    }
}

/// Whether something of our kind answers on a port that is taken.
fn speaks(protocol: &str, socket: SocketAddr) -> bool {
    match protocol {
        "UDP" => answers(socket).is_ok(),
        _ => TcpStream::connect_timeout(&reachable(socket), ANSWER_MAX).is_ok(),
    }
}

/// Whether SIP is answered there: any answer to an OPTIONS counts.
fn answers(socket: SocketAddr) -> Result<String, String> {
    let server = reachable(socket);
    let any = if server.is_ipv4() { "0.0.0.0" } else { "::" };
    let asked = UdpSocket::bind((any, 0)).and_then(|ours| ask(&ours, server));
    asked.map_err(|error| format!("{server}: {error}"))
}

fn ask(ours: &UdpSocket, server: SocketAddr) -> std::io::Result<String> {
    ours.connect(server)?;
    ours.set_read_timeout(Some(ANSWER_MAX))?;
    let local = ours.local_addr()?;
    let (branch, tag): (u64, u64) = (rand::random(), rand::random());
    let request = format!(
        "OPTIONS sip:{server} SIP/2.0\r\nVia: SIP/2.0/UDP {local};rport;branch=z9hG4bK{branch:x}\r\nMax-Forwards: 70\r\n\
         From: <sip:check@{local}>;tag={tag:x}\r\nTo: <sip:{server}>\r\nCall-ID: {branch:x}@check\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n"
    );
    ours.send(request.as_bytes())?;
    let mut answer = [0; 4096];
    let length = ours.recv(&mut answer)?;
    let answer = String::from_utf8_lossy(answer.get(..length).unwrap_or_default()).into_owned();
    let first = answer.lines().next().unwrap_or_default();
    if first.starts_with("SIP/2.0 ") { Ok(format!("{server}: {first}")) } else { Err(std::io::Error::other("not SIP")) }
}

/// Where a socket on all addresses is reached from this machine.
fn reachable(socket: SocketAddr) -> SocketAddr {
    let ip = match socket.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1_u16]),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, socket.port())
}
