//! The demo's scenery: a configuration on loopback, sample firms, phones plugged in.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use store::{CallQuery, CustomerForm, OperatorForm, Role, Store, TrunkForm, UserForm};
use switch::{CallId, Target, TransferPolicy};

use super::sample::{self, FIRMS, Firm};
use super::story::{Cast, LIKENESS_MIN, Told, likeness};
use super::{Arguments, LOOPBACK, outbox, println, say};
use crate::clock;
use crate::config::{Config, PortRange};
use crate::phone::speech::Speaker;
use crate::phone::{Identity, Phone, Sight};
use crate::startup::House;
use crate::trouble::{Exit, Trouble, Troubles};

/// SIP and the pages where they would be in production, if nobody else is there.
const SIP_PORT: u16 = 5060;
const WEB_PORT: u16 = 8080;
/// A record with its recording is in the database this soon after the call.
const RECORD_MAX: Duration = Duration::from_secs(30);

/// A configuration below `folder`, on loopback only.
pub fn config(folder: &Path, arguments: &Arguments) -> Result<Config, Troubles> {
    let mut config = Config::default();
    let sip = SocketAddr::new(LOOPBACK, if arguments.script { 0 } else { SIP_PORT });
    let sip = if std::net::UdpSocket::bind(sip).is_ok() { sip } else { SocketAddr::new(LOOPBACK, 0) };
    let sip = SocketAddr::new(LOOPBACK, if sip.port() == 0 { free_port()? } else { sip.port() });
    config.sip.udp = vec![sip];
    config.sip.tcp = vec![sip];
    config.sip.tls = Vec::new();
    config.sip.wss = Vec::new();
    config.media.address = vec![LOOPBACK];
    config.media.ports = PortRange { first: 20_000, last: 20_199 };
    config.media.threads = 1;
    let web = arguments.web_port.unwrap_or(if arguments.script { 0 } else { WEB_PORT });
    let web = if std::net::TcpListener::bind((LOOPBACK, web)).is_ok() { web } else { 0 };
    config.web.listen = vec![SocketAddr::new(LOOPBACK, web)];
    config.recordings.folder = folder.join("recordings");
    config.recordings.free_percent_min = 0;
    config.database.url = format!("sqlite:{}", folder.join("denwaban.db").display());
    config.database.journal = folder.join("journal");
    config.speech.cache = folder.join("speech");
    config.tls.folder = folder.join("tls");
    config.web.key = folder.join("denwaban.key");
    config.web.socket = folder.join("denwaban.sock");
    config.log.level = "warn".to_owned();
    Ok(config)
}

fn free_port() -> Result<u16, Troubles> {
    let port =
        std::net::UdpSocket::bind((LOOPBACK, 0)).and_then(|socket| socket.local_addr()).map(|address| address.port());
    port.map_err(|error| Trouble::new(Exit::Unavailable, "demo", error.to_string(), "").into())
}

/// Everything that stands before the curtain opens.
pub struct Stage {
    store: Store,
    recordings: PathBuf,
    url: Option<String>,
    speaks: bool,
    cast: Arc<Cast>,
    calls: Mutex<usize>,
}

impl Stage {
    /// Sample rows in the database, phones plugged in and registered.
    pub async fn set(config: &Config, house: &House) -> Result<Stage, Troubles> {
        let store = house.store.clone();
        let switch =
            *config.sip.udp.first().ok_or_else(|| Trouble::new(Exit::Software, "demo", "no SIP address", ""))?;
        let speaker = Speaker::new(&crate::startup::speech(config), &config.speech.cache);
        let plug = |user: &str, password: Option<String>| {
            let local = SocketAddr::new(LOOPBACK, 0);
            let realm = config.sip.realm.clone();
            Phone::start(Identity { user: user.to_owned(), local, switch, password, realm })
                .map_err(|error| Trouble::new(Exit::Unavailable, "demo", error.to_string(), ""))
        };
        for (place, firm) in FIRMS.iter().enumerate() {
            let created = store.create_customer(&customer(firm)).await?;
            outbox::subscribe(&store, place, created.id, firm).await?;
        }
        let caller = plug(sample::CALLER, None)?;
        let mobile = plug(FIRMS[0].target.1, None)?;
        // Two carriers: one brings calls, the other takes them on to mobiles.
        store.create_trunk(&trunk("carrier-in", 9, caller.address)).await?;
        store.create_trunk(&trunk("carrier-out", 0, mobile.address)).await?;
        let mut operators = Vec::new();
        let mut passwords = Vec::new();
        for (login, name) in sample::OPERATORS {
            let form = OperatorForm {
                login: login.to_owned(),
                name: name.to_owned(),
                wrap_up_seconds: 1,
                ..OperatorForm::default()
            };
            passwords.push((login, store.create_operator(&config.sip.realm, &form).await?.1));
        }
        web::Switchboard::directory_changed(&house.engine).await;
        for (login, password) in passwords {
            operators.push(plug(login, Some(password))?);
        }
        let url = url(house, &store).await?;
        let cast = Arc::new(Cast { caller, operators, mobile, speaker });
        let stage = Stage {
            speaks: cast.speaker.try_speak("はい").is_ok(),
            store,
            recordings: config.recordings.folder.clone(),
            url,
            cast,
            calls: Mutex::new(0),
        };
        stage.registered().await?;
        Ok(stage)
    }

    /// The players.
    pub fn cast(&self) -> Arc<Cast> {
        self.cast.clone()
    }

    /// The page, logged in.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// There is a speech synthesiser.
    pub fn speaks(&self) -> bool {
        self.speaks
    }

    /// The call's record is complete, its recording verifies, and holds what was said. Which call it is.
    pub async fn check_record(&self, told: &Told) -> Result<CallId, String> {
        let wanted = {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            *calls += 1;
            *calls
        };
        let deadline = clock::now() + RECORD_MAX;
        let call = loop {
            let page = self.store.find_calls(&CallQuery::default()).await.map_err(|error| error.to_string())?;
            match page.calls.first() {
                Some(call) if page.calls.len() >= wanted && call.recording_ms.is_some() => break call.clone(),
                _ if clock::now() > deadline => {
                    return Err(say("the call's record is not in the database", "通話記録がデータベースにありません"));
                }
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        if call.customer_name != FIRMS[0].name || call.bridged_ms.is_none() {
            return Err(format!("the record says {:?}, bridged {:?}", call.customer_name, call.bridged_ms));
        }
        let recording = self.store.recording(call.call).await.map_err(|error| error.to_string())?;
        let why = crate::cli::rec::mismatch(&self.recordings, &recording);
        if !why.is_empty() {
            return Err(format!("the recording does not verify: {why}"));
        }
        let length = (call.talk_ms - (recording.samples / 8) as i64).abs();
        if length > 40 {
            return Err(format!("the recording's length is {length} ms off the call's"));
        }
        let [left, right] = channels(&self.recordings.join(&recording.path))?;
        for (who, said, channel) in [
            ("caller", &told.caller_said, &left),
            ("operator", &told.operator_said, &right),
            ("mobile", &told.mobile_said, &right),
        ] {
            let likeness = likeness(said, channel);
            if likeness < LIKENESS_MIN {
                return Err(format!("the recording holds the {who}'s words by {likeness:.2} only"));
            }
        }
        println(&format!(
            "  OK  {}",
            say(
                &format!(
                    "recording {} found: {} s, SHA-256 {}…, caller left, our side right",
                    call.call,
                    recording.samples / 8000,
                    recording.sha256.get(..12).unwrap_or("")
                ),
                &format!(
                    "録音 {} を確認: {} 秒、SHA-256 {}…、左が発信者、右が当方",
                    call.call,
                    recording.samples / 8000,
                    recording.sha256.get(..12).unwrap_or("")
                ),
            )
        ));
        Ok(call.call)
    }

    async fn registered(&self) -> Result<(), Troubles> {
        let cast = self.cast.clone();
        let all = move || {
            cast.operators.iter().all(|phone| phone.wait(|s| *s == Sight::Registered, Duration::from_secs(15)).is_ok())
        };
        match tokio::task::spawn_blocking(all).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => {
                Err(Trouble::new(Exit::Failed, "demo", "the operators' phones could not register", "").into())
            }
        }
    }
}

/// The page behind a one-time link, with all that there is on it: whoever tries the demo may change plans and calendars, too.
async fn url(house: &House, store: &Store) -> Result<Option<String>, Troubles> {
    let form = UserForm { name: "admin".to_owned(), role: Role::Admin, operator_id: None };
    let (user, _) = store.create_user(&form, None).await?;
    let Some(web) = house.web.first() else { return Ok(None) };
    let secret: String = rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect();
    house.tickets.issue(secret.clone(), user.id, clock::unix_ms());
    Ok(Some(format!("http://{web}/?ticket={secret}")))
}

fn customer(firm: &Firm) -> CustomerForm {
    let (person, mobile) = firm.target;
    let transfer = match firm.transfer {
        "always" => TransferPolicy::Always,
        "urgent_only" => TransferPolicy::UrgentOnly,
        _ => TransferPolicy::Never,
    };
    CustomerForm {
        code: firm.code.to_owned(),
        name: firm.name.to_owned(),
        reading: firm.reading.to_owned(),
        greeting: firm.greeting.to_owned(),
        manual: firm.manual.to_owned(),
        dids: vec![firm.did.to_owned()],
        targets: vec![Target { name: person.to_owned(), number: mobile.to_owned(), ring_seconds: 20 }],
        transfer,
        whisper: true,
        ..CustomerForm::default()
    }
}

fn trunk(name: &str, priority: u16, address: SocketAddr) -> TrunkForm {
    TrunkForm {
        name: name.to_owned(),
        provider: "demo".to_owned(),
        priority,
        host: address.to_string(),
        match_port: true,
        caller_id: "0355500000".to_owned(),
        probe_seconds: None,
        ..TrunkForm::default()
    }
}

/// Left and right of a recording.
fn channels(path: &Path) -> Result<[Vec<i16>; 2], String> {
    let mut reader = hound::WavReader::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let samples: Vec<i16> =
        reader.samples().collect::<Result<_, _>>().map_err(|error| format!("{}: {error}", path.display()))?;
    let side = |first: usize| samples.iter().skip(first).step_by(2).copied().collect();
    Ok([side(0), side(1)])
}
