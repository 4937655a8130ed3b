//! Who is out there: the database, carriers, and the running switch.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use endpoint::{Hop, Trunk};
use sip::flow::Protocol;
use store::{Backend, TrunkRow};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use transport::resolve::Resolver;

use super::ask::{ANSWER_MAX, Answer, Expected, Peer, ask, ask_secure};
use super::{Context, Findings, What};
use crate::addresses::{self, Addresses};
use crate::certificates;
use crate::config::Config;
use crate::trouble::Troubles;
use crate::words;

/// The name service has this long for one name.
const RESOLVE_MAX: Duration = Duration::from_secs(10);
/// Of a page that is asked for its name, this much is read.
const PAGE_BYTES_MAX: u64 = 64 << 10;

/// Whether the running switch answers.
pub async fn running(config: &Config, findings: &mut Findings) {
    let sip = config.sip.sockets().find(|(protocol, _)| matches!(protocol, Protocol::Udp | Protocol::Tcp));
    if let Some((protocol, socket)) = sip {
        let address = addresses::reachable(socket);
        match ask(&[Peer { protocol, address }], &[]).await.pop() {
            Some(Ok(answer)) => findings.ok(What::Sip, format!("{address}: {} {}", answer.status, answer.phrase)),
            Some(Err(error)) => {
                findings.fail(What::Sip, format!("{address}: {}", why(&error)), words::CHECK_RUNNING_REMEDY);
            }
            None => {}
        }
    }
    for socket in config.web.listen.iter().take(1) {
        let address = addresses::reachable(*socket);
        let connected = timeout(ANSWER_MAX, TcpStream::connect(address)).await;
        match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(_) => findings.ok(What::Web, address.to_string()),
            Err(error) => {
                findings.fail(What::Web, format!("{address}: {}", why(&error)), words::CHECK_RUNNING_REMEDY);
            }
        }
    }
}

/// The name of the API that is served there.
pub async fn page(socket: SocketAddr) -> Option<String> {
    let talk = async {
        let mut stream = TcpStream::connect(addresses::reachable(socket)).await?;
        let request = format!("GET /api/v1/openapi.json HTTP/1.0\r\nHost: {socket}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut text = Vec::new();
        stream.take(PAGE_BYTES_MAX).read_to_end(&mut text).await?;
        Ok::<_, io::Error>(String::from_utf8_lossy(&text).into_owned())
    };
    let text = timeout(ANSWER_MAX, talk).await.ok()?.ok()?;
    Some(if text.contains("\"Denwaban\"") { "Denwaban".to_owned() } else { text.lines().next()?.to_owned() })
}

/// The database, what is in it, and the trunks that it names.
pub async fn database(context: &Context, findings: &mut Findings) -> Result<(), Troubles> {
    let store = match context.store().await {
        Ok(store) => store,
        Err(troubles) => {
            for trouble in troubles.0 {
                findings.with_remedy(super::Verdict::Fail, What::Database, trouble.what, trouble.remedy);
            }
            return Ok(());
        }
    };
    findings.ok(
        What::Database,
        match store.backend() {
            Backend::Sqlite => "SQLite",
            Backend::Postgres => "PostgreSQL",
        },
    );
    let trunks = store.trunks().await?;
    let resolved = resolve(trunks.iter().filter(|trunk| trunk.active && trunk.literal().is_none()), findings).await;
    let look_up = |row: &TrunkRow| Ok(resolved.get(&row.id).cloned().unwrap_or_default());
    let loaded = store.load_directory(&context.config().sip.realm, look_up).await?;
    for problem in &loaded.problems {
        findings.fail(What::Directory, format!("{} {}: {}", problem.table, problem.row, problem.why), words::NOTHING);
    }
    let directory = &loaded.directory;
    for (what, count, verb) in [
        (words::CLIENT_FIRMS, directory.customers.len(), "client add"),
        (words::NUMBERS, directory.dids.len(), "did add"),
        (words::OPERATORS, directory.operators.len(), "operator add"),
        (words::TRUNKS, directory.trunks.len(), "trunk add"),
    ] {
        if count == 0 {
            let remedy = format!("denwaban {verb} --help");
            findings.with_remedy(super::Verdict::Warn, What::Directory, words::CHECK_NONE.with(&[&what]), remedy);
        } else {
            findings.ok(What::Directory, words::CHECK_COUNT.with(&[&count, &what]));
        }
    }
    let names = crate::refresh::certificate_names(&trunks, directory);
    ask_trunks(context.config(), &directory.trunks, names, findings).await;
    Ok(())
}

/// Where the trunks' hosts are reached (RFC 3263); those that are not found are told.
async fn resolve(trunks: impl Iterator<Item = &TrunkRow>, findings: &mut Findings) -> HashMap<i64, Vec<Hop>> {
    let mut resolved = HashMap::new();
    let resolver = Resolver::system();
    for trunk in trunks {
        let (host, port, protocol) = trunk.target();
        let found = match &resolver {
            Ok(resolver) => timeout(RESOLVE_MAX, resolver.trunk(&host, port, protocol)).await,
            Err(error) => Ok(Err(error.clone())),
        };
        let why = match found {
            Ok(Ok(found)) => {
                let hops = found.hops.into_iter().map(|(protocol, address)| Hop { protocol, address });
                resolved.insert(trunk.id, hops.collect());
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => words::UNRESOLVED.with(&[&host]),
        };
        let detail = words::CHECK_UNRESOLVED.with(&[&trunk.form.name, &why]);
        findings.fail(What::Trunk, detail, words::CHECK_UNRESOLVED_REMEDY);
    }
    resolved
}

/// Asks every trunk.
async fn ask_trunks(config: &Config, trunks: &[Trunk], names: Vec<(SocketAddr, String)>, findings: &mut Findings) {
    let hops = trunks.iter().flat_map(|trunk| trunk.hops.iter().map(move |hop| (trunk, hop)));
    let (trunks, peers): (Vec<&Trunk>, Vec<Peer>) =
        hops.map(|(trunk, hop)| (trunk, Peer { protocol: hop.protocol, address: hop.address })).unzip();
    let told = Addresses::find(config);
    let material = certificates::read(config).unwrap_or_default(); // what is wrong with it is said elsewhere
    let answers = ask_secure(&peers, &config.sip.udp, &Expected { material, names }).await;
    for ((trunk, hop), answer) in trunks.iter().zip(&peers).zip(&answers) {
        judge(findings, trunk, hop, answer);
        let of_family = |socket: &SocketAddr| socket.is_ipv4() == hop.address.is_ipv4();
        let ours = config.sip.sockets().map(|(_, socket)| socket).find(of_family).and_then(|ours| told.public(ours));
        // A trunk out there cannot send to a private address; a NAT that mends this is rare.
        if let Some(ours) =
            ours.filter(|ours| endpoint::is_private(ours.ip()) && !endpoint::is_private(hop.address.ip()))
        {
            let detail = words::CHECK_TRUNK_NAT.with(&[&trunk.name, &hop.address, &ours.ip()]);
            findings.warn(What::Trunk, detail, words::CHECK_TRUNK_NAT_REMEDY);
        }
    }
}

/// Any answer but 408 and 503 comes from somebody who works (as the switch itself judges); 403 does not know us.
fn judge(findings: &mut Findings, trunk: &Trunk, hop: &Peer, answer: &io::Result<Answer>) {
    let who = format!("{} ({} {})", trunk.name, hop.protocol, hop.address);
    match answer {
        Ok(answer) => {
            let detail = words::CHECK_TRUNK_ANSWER.with(&[&who, &answer.status, &answer.phrase, &answer.ms]);
            match answer.status {
                408 | 503 => findings.warn(What::Trunk, detail, words::CHECK_TRUNK_BUSY_REMEDY),
                403 => findings.warn(What::Trunk, detail, words::CHECK_TRUNK_FORBIDDEN_REMEDY),
                _ => findings.ok(What::Trunk, detail),
            }
        }
        Err(error) => findings.warn(What::Trunk, format!("{who}: {}", why(error)), words::CHECK_TRUNK_SILENT_REMEDY),
    }
}

fn why(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::TimedOut {
        words::CHECK_SILENCE.with(&[&ANSWER_MAX.as_secs()])
    } else {
        error.to_string()
    }
}
