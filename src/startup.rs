//! From a configuration to a running house, in the order in which things need each other: folders, database, recordings of
//! a process that died, journal, prompts, voice, sockets and engine, directory, pages.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use media::{Media, Prompts, PromptsConfig};
use sip::flow::Protocol;
use store::{Journal, Store, journal};
use switch::dial_in::Ask;
use switch::media::{Order, Recording};
use switch::{CallId, CallRecord};
use transport::TlsMaterial;

use crate::addresses::Addresses;
use crate::backup::{Keeper, Places};
use crate::config::{Config, Digest, Speech};
use crate::dial_in::{self, Questions};
use crate::engine::{self, EngineHandle, Hands, Setup, StartError, media_events};
use crate::refresh::Refresh;
use crate::reports::{self, Reports};
use crate::telephone::Telephone;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::{backup, caretaker, certificates, clock, descriptors, disk, keeping, past, tell, words};

/// Where the voice is when the configured file is not there: a packaged installation.
const INSTALLED_VOICE: &str = "/usr/share/denwaban/voice/mei_normal.htsvoice";
/// Records that wait for the database at the end of the process have this long; the journal keeps the rest for the next start.
const FLUSH_MAX: Duration = Duration::from_secs(5);

/// Everything that runs.
pub struct House {
    /// The switch.
    pub engine: EngineHandle,
    /// The database.
    pub store: Store,
    /// SIP sockets as bound.
    pub locals: Vec<(Protocol, SocketAddr)>,
    /// HTTP sockets as bound.
    pub web: Vec<SocketAddr>,
    /// One-time logins to the pages.
    pub tickets: web::Tickets,
    thread: JoinHandle<()>,
    journal: Arc<Journal>,
    reports: Reports,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// Starts everything, or says what keeps it from starting.
pub async fn open(config: &Config) -> Result<House, Troubles> {
    crate::process::begun();
    descriptors::raise();
    let config = &with_what_can_be(config).await?;
    make_folders(config)?;
    let store = Store::open(&config.database.url).await?;
    let mut repaired = repair(config).await?;
    repaired.extend(finished(config, &store, &repaired).await?);
    let journal = open_journal(config, &store, repaired).await?;
    let prompts = open_prompts(config).await?;
    let material = certificates(config).await?;
    let begun_ms = clock::unix_ms();
    let (questions, asked) = dial_in::questions();
    let hands = (prompts.clone(), Arc::clone(&journal), questions);
    let (handle, locals, thread) = start_engine(config, hands, material.clone()).await?;
    let mut refresh = Refresh::new(store.clone(), config.sip.realm.clone(), prompts.clone());
    let (directory, names) = refresh.load().await?;
    if handle.set_directory(directory, names).await.is_err() {
        return Err(Trouble::new(Exit::Software, "", "the engine has died", "").into());
    }
    let events = web::Switchboard::subscribe(&handle);
    let recordings = &config.recordings;
    let mut tasks = vec![
        tokio::spawn(take_up_today(store.clone(), handle.clone(), begun_ms)),
        tokio::spawn(past::tell(store.clone(), handle.clone(), begun_ms)),
        tokio::spawn(past::follow_reports(store.clone(), handle.clone())),
        tokio::spawn(refresh.follow(handle.clone())),
        tokio::spawn(tell::follow(handle.clone(), events)),
        tokio::spawn(certificates::follow(config.clone(), handle.clone(), material)),
        tokio::spawn(keeping::follow(store.clone(), recordings.folder.clone())),
        tokio::spawn(keeping::index(store.clone())),
        tokio::spawn(disk::follow(recordings.folder.clone(), recordings.free_percent_min, handle.clone())),
        tokio::spawn(dial_in::Keeper::new(&store, &prompts, &recordings.folder, &handle).follow(asked)),
    ];
    let telephone = Telephone::new(handle.clone(), prompts.clone());
    let reports = reports::open(config, &store, &handle, Arc::new(telephone)).await?;
    let keeper = Keeper::new(store.clone(), Places::of(config), config.backup.clone());
    tasks.push(tokio::spawn(backup::follow(keeper.clone())));
    let text = toml::to_string(config).map_err(|error| Trouble::new(Exit::Software, "", error.to_string(), ""))?;
    let caretaker = Arc::new(caretaker::House { keeper, config: text.into() });
    let (web, tickets) = crate::pages::open(config, &store, &handle, (&prompts, caretaker), &mut tasks).await?;
    Ok(House { engine: handle, store, locals, web, tickets, thread, journal, reports, tasks })
}

/// The promise's figures of today go on from what the database has of it, up to our own beginning. Nothing waits for them.
async fn take_up_today(store: Store, engine: EngineHandle, begun_ms: i64) {
    match store.visits(None, switch::promise::day_begins_ms(begun_ms), begun_ms).await {
        Ok(visits) => engine.today(visits).await,
        Err(error) => tracing::warn!(%error, "today's figures begin anew"),
    }
}

impl House {
    /// Whether the engine or the voice has died; the process should, too.
    pub fn dead(&self) -> bool {
        self.thread.is_finished() || crate::telemetry::voice_died()
    }

    /// Ends everything. Calls should have ended before ([`crate::shutdown`]).
    pub async fn close(self) {
        self.engine.stop().await;
        let thread = self.thread;
        if tokio::task::spawn_blocking(move || thread.join()).await.is_ok_and(|joined| joined.is_err()) {
            tracing::error!("the engine's thread panicked: please report what stands above");
        }
        self.reports.close().await;
        for task in &self.tasks {
            task.abort();
        }
        if let Some(journal) = Arc::into_inner(self.journal) {
            let unsaved = journal.close(FLUSH_MAX).await.unsaved;
            if unsaved > 0 {
                tracing::warn!(unsaved, "records are left in the journal: they go to the database at the next start");
            }
        }
        self.store.close().await;
    }
}

/// The configuration without those listeners that nobody has asked for and that cannot be: a port that is taken, a certificate
/// that cannot be made. Calls go on without them; listeners that are written must be.
async fn with_what_can_be(config: &Config) -> Result<Config, Troubles> {
    let mut config = config.clone();
    let left = tokio::task::spawn_blocking(move || {
        leave_out(&mut config);
        config
    });
    Ok(left.await.map_err(|error| Trouble::new(Exit::Software, "", error.to_string(), ""))?)
}

fn leave_out(config: &mut Config) {
    if config.sip.unwritten.is_empty() {
        return;
    }
    let unwritten = std::mem::take(&mut config.sip.unwritten);
    if config.sip.needs_certificate()
        && certificates::makes_one(config, clock::unix_ms())
        && let Err(trouble) = certificates::load(config, clock::unix_ms())
    {
        for protocol in &unwritten {
            tracing::error!(%protocol, why = trouble.what, remedy = trouble.remedy, "not listened on: there is no certificate");
            config.sip.list(*protocol).clear();
        }
    }
    let addresses = Addresses::find(config);
    for protocol in unwritten {
        // What this machine has no address for is left out, and told, by `transport_config`.
        config.sip.list(protocol).retain(|address| match std::net::TcpListener::bind(address) {
            Err(error) if addresses.usable(*address) => {
                tracing::error!(%protocol, %address, %error, "not listened on");
                false
            }
            Ok(_) | Err(_) => true,
        });
    }
}

/// Creates the folders that the configuration names.
pub fn make_folders(config: &Config) -> Result<(), Troubles> {
    let mut troubles = Vec::new();
    for folder in folders(config) {
        if let Err(error) = std::fs::create_dir_all(&folder).and_then(|()| probe(&folder)) {
            let what = words::NOT_WRITABLE.with(&[&folder.display(), &error]);
            troubles.push(Trouble::new(Exit::Unavailable, "", what, words::NOT_WRITABLE_REMEDY.text()));
        }
    }
    if troubles.is_empty() { Ok(()) } else { Err(Troubles(troubles)) }
}

/// Folders that must be writable.
pub fn folders(config: &Config) -> Vec<PathBuf> {
    let mut folders =
        vec![config.recordings.folder.clone(), config.database.journal.clone(), config.speech.cache.clone()];
    let path = config.database.url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//"));
    let path = path.and_then(|path| path.split('?').next()).map(Path::new);
    if let Some(folder) = path.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty()) {
        folders.push(folder.to_owned());
    }
    if certificates::makes_one(config, clock::unix_ms()) {
        folders.push(config.tls.folder.clone());
    }
    folders
}

/// Whether a file can be made there: the only answer that counts, whatever the permission bits say.
pub fn probe(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".denwaban-{}", std::process::id()));
    std::fs::File::create(&path)?;
    std::fs::remove_file(&path)
}

/// Repairs what a dead process left of its recordings; what a living one is making is not touched.
async fn repair(config: &Config) -> Result<Vec<media::Repaired>, Troubles> {
    let (journal, recordings) = (config.database.journal.clone(), config.recordings.folder.clone());
    let claimed = tokio::task::spawn_blocking(move || {
        let claim = journal::Claim::of(&journal)?;
        let repaired = media::repair(&recordings);
        drop(claim);
        Ok(repaired)
    });
    let trouble = |what: String| Trouble::new(Exit::Unavailable, "", what, words::NOT_WRITABLE_REMEDY.text());
    match claimed.await {
        Ok(Ok(repaired)) => Ok(repaired.map_err(|error| trouble(error.to_string()))?),
        Ok(Err(error)) => Err(no_journal(config, &error).into()),
        Err(error) => Err(trouble(error.to_string()).into()),
    }
}

/// Recordings that a dead process finished, and could not say so any more.
async fn finished(
    config: &Config,
    store: &Store,
    repaired: &[media::Repaired],
) -> Result<Vec<media::Repaired>, Troubles> {
    let mut stems = store.unsettled_recordings().await?;
    stems.retain(|stem| repaired.iter().all(|known| known.stem != *stem));
    let recordings = config.recordings.folder.clone();
    Ok(blocking(move || Ok(media::finished(&recordings, &stems))).await?)
}

fn no_journal(config: &Config, error: &journal::JournalError) -> Trouble {
    let place = config.database.journal.display().to_string();
    Trouble::new(Exit::Unavailable, place, error.to_string(), words::JOURNAL_REMEDY.text())
}

async fn open_journal(
    config: &Config,
    store: &Store,
    repaired: Vec<media::Repaired>,
) -> Result<Arc<Journal>, Troubles> {
    for found in &repaired {
        let Recording { path, samples, gaps, .. } = &found.recording;
        tracing::warn!(recording = path, samples, gaps = gaps.len(), "unfinished recording repaired");
    }
    let repaired: Vec<Recording> = repaired.into_iter().map(|found| found.recording).collect();
    let options = journal::Options {
        folder: config.database.journal.clone(),
        started_ms: clock::unix_ms(),
        repaired,
        hook: tell::journal_hook(),
    };
    let opened = Journal::open(store.clone(), options).await;
    Ok(Arc::new(opened.map_err(|error| no_journal(config, &error))?))
}

/// How to speak here: as configured, with the voice where it really is.
pub fn speech(config: &Config) -> Speech {
    let mut speech = config.speech.clone();
    if !speech.voice.exists() {
        speech.voice = PathBuf::from(INSTALLED_VOICE);
    }
    speech
}

async fn open_prompts(config: &Config) -> Result<Prompts, Troubles> {
    let speech = speech(config);
    let fill = |argument: &String| argument.replace("{voice}", &speech.voice.to_string_lossy());
    let prompts = PromptsConfig {
        folder: Some(speech.prompts.clone()),
        cache: Some(speech.cache.clone()),
        command: speech.command.iter().map(fill).collect(),
    };
    Ok(blocking(move || Prompts::open(prompts)).await?)
}

type EngineParts = (EngineHandle, Vec<(Protocol, SocketAddr)>, JoinHandle<()>);

/// What TLS is spoken with.
async fn certificates(config: &Config) -> Result<TlsMaterial, Troubles> {
    let config = config.clone();
    let loaded = tokio::task::spawn_blocking(move || certificates::load(&config, clock::unix_ms())).await;
    Ok(loaded.map_err(|error| Trouble::new(Exit::Software, "", error.to_string(), ""))??)
}

async fn start_engine(
    config: &Config,
    (prompts, journal, questions): (Prompts, Arc<Journal>, Questions),
    material: TlsMaterial,
) -> Result<EngineParts, Troubles> {
    let addresses = Addresses::find(config);
    let (events, inbox) = media_events();
    let media_config = media::Config {
        threads: media_threads(config),
        pin: config.media.pin,
        tick: Duration::from_millis(config.media.tick_ms),
        recordings: config.recordings.folder.clone(),
        prompts: prompts.clone(),
    };
    let media = media::start(media_config, move |event| events.tell(event))
        .map_err(|error| Trouble::new(Exit::Unavailable, "", words::NO_MEDIA.with(&[&error]), ""))?;
    let fingerprint = Some(media.fingerprint());
    let setup = Setup {
        transport: transport_config(config, &addresses, material)?,
        switch: {
            let config = config.clone();
            move |locals: &[(Protocol, SocketAddr)]| switch::Config {
                fingerprint,
                ..switch_config(&config, &addresses, locals)
            }
        },
        seed: rand::random(),
        media: inbox,
        sheds: true,
        hands: Box::new(Real { media, prompts, journal, questions }),
    };
    let started = tokio::task::spawn_blocking(move || engine::start(setup)).await;
    let started = started.map_err(|error| Trouble::new(Exit::Software, "", error.to_string(), ""))?;
    let started = started.map_err(|error| match error {
        StartError::Bind(error) => {
            let place = format!("{} {}", error.protocol, error.address);
            Trouble::new(Exit::Unavailable, place, error.error.to_string(), words::CANNOT_LISTEN_REMEDY.text())
        }
        StartError::System(error) => Trouble::new(Exit::Unavailable, "", words::NO_THREAD.with(&[&error]), ""),
    })?;
    Ok((started.handle, started.locals, started.thread))
}

fn media_threads(config: &Config) -> usize {
    match config.media.threads {
        0 => std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1)),
        threads => threads,
    }
}

/// The sockets' settings; sockets of an address family that this machine does not have are left out.
fn transport_config(
    config: &Config,
    addresses: &Addresses,
    material: TlsMaterial,
) -> Result<transport::Config, Troubles> {
    let sip = &config.sip;
    let usable = |wanted: &Vec<SocketAddr>| {
        let (usable, left): (Vec<_>, Vec<_>) = wanted.iter().copied().partition(|address| addresses.usable(*address));
        for address in left {
            tracing::info!(%address, "not listened on: this machine has no such address");
        }
        usable
    };
    let transport = transport::Config {
        udp: usable(&sip.udp),
        tcp: usable(&sip.tcp),
        tls: usable(&sip.tls),
        ws: usable(&sip.ws),
        wss: usable(&sip.wss),
        material,
        origins: sip.origins.clone(),
        dscp: Some(sip.dscp),
        limits: transport::Limits {
            stranger_rate: sip.stranger_rate,
            stranger_burst: sip.stranger_burst,
            connections_max: sip.connections_max,
            connections_per_source_max: sip.connections_per_source_max,
            ..transport::Limits::default()
        },
    };
    let transport::Config { udp, tcp, tls, ws, wss, .. } = &transport;
    if [udp, tcp, tls, ws, wss].iter().all(|list| list.is_empty()) {
        let what = words::NO_ADDRESS.text();
        return Err(Trouble::new(Exit::Unavailable, "sip.udp", what, words::NO_ADDRESS_REMEDY.text()).into());
    }
    Ok(transport)
}

fn switch_config(config: &Config, addresses: &Addresses, locals: &[(Protocol, SocketAddr)]) -> switch::Config {
    let sip = &config.sip;
    let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
    let mut endpoint = endpoint::Config::new(sip.realm.clone(), addresses.listeners(locals));
    endpoint.limits = endpoint::Limits {
        legs_max: sip.legs_max,
        transactions_max: sip.transactions_max,
        bindings_max: sip.bindings_max,
        contacts_per_account_max: sip.contacts_per_operator_max,
        ..endpoint.limits
    };
    endpoint.times = endpoint::Times {
        register_min: seconds(sip.register_seconds_min),
        register_max: seconds(sip.register_seconds_max),
        register_default: seconds(sip.register_seconds),
        keep_alive: (sip.keep_alive_seconds > 0).then(|| seconds(sip.keep_alive_seconds)),
        first_response_max: seconds(sip.first_response_seconds),
        ban_min: seconds(sip.ban_seconds_min),
        ban_max: seconds(sip.ban_seconds_max),
        ..endpoint.times
    };
    endpoint.default_digest = match sip.digest {
        Digest::Md5 => endpoint::DigestPolicy::Md5,
        Digest::Sha256 => endpoint::DigestPolicy::Sha256,
        Digest::Both => endpoint::DigestPolicy::Both,
    };
    endpoint.trace = sip.trace;
    let switch = switch::Config::new(endpoint, addresses.media(config), config.media.ports.range());
    switch::Config { calls_max: sip.calls_max, ..switch }
}

/// The voice path and the journal of a running house.
struct Real {
    media: Media,
    prompts: Prompts,
    journal: Arc<Journal>,
    questions: Questions,
}

impl Hands for Real {
    fn dial_in(&mut self, line: CallId, number: u64, ask: Ask) {
        self.questions.ask(line, number, ask);
    }

    fn media(&mut self, order: Order) -> bool {
        self.media.order(order).is_ok()
    }

    fn voice_load(&mut self) -> media::Load {
        self.media.load()
    }

    fn prepare(&mut self, customer: i64) {
        self.prompts.warm(&format!("customer/{customer}/"));
    }

    fn record(&mut self, record: Box<CallRecord>) -> bool {
        self.journal.append(*record); // what it cannot take, it tells by its hook
        true
    }

    fn finish(self: Box<Self>) {
        self.media.shutdown();
    }
}

/// Work on the disk, off the runtime's threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(work).await;
    let trouble = |what: String| Trouble::new(Exit::Unavailable, "", what, words::NOT_WRITABLE_REMEDY.text());
    done.map_err(|error| trouble(error.to_string()))?.map_err(|error| trouble(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn r27_a_second_process_leaves_the_recordings_of_the_first_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.database.journal = folder.path().join("journal");
        config.recordings.folder = folder.path().join("recordings");
        std::fs::create_dir_all(&config.recordings.folder).unwrap();
        let part = config.recordings.folder.join("call.wav.part");
        std::fs::write(&part, [0; 48]).unwrap();
        let first = journal::Claim::of(&config.database.journal).unwrap();
        assert!(repair(&config).await.is_err());
        assert!(part.exists());
        drop(first);
        assert_eq!(repair(&config).await.unwrap().len(), 1);
        assert!(!part.exists());
    }

    #[test]
    fn listeners_that_nobody_wrote_keep_nobody_from_calling() {
        let folder = tempfile::tempdir().unwrap();
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut config = Config::default();
        config.tls.folder = folder.path().join("tls");
        config.sip.tls = vec![taken.local_addr().unwrap(), free];
        config.sip.wss = vec![taken.local_addr().unwrap()];
        // What is written stays, and fails where it is bound.
        config.sip.unwritten = vec![Protocol::Tls];
        leave_out(&mut config);
        assert_eq!((config.sip.tls.as_slice(), config.sip.wss.len()), (&[free][..], 1));
        assert!(!certificates::makes_one(&config, clock::unix_ms()));
        // No certificate can be made below a file.
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        config.tls.folder = file.join("tls");
        assert!(folders(&config).contains(&config.tls.folder));
        config.sip.unwritten = vec![Protocol::Tls];
        leave_out(&mut config);
        assert_eq!((config.sip.tls.len(), config.sip.wss.len()), (0, 1));
    }
}
