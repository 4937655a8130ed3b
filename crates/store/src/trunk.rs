//! Trunks: the ways to carriers.

mod words;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use endpoint::{Credentials, Hop, Registration, Trunk, TrunkId};
use serde::{Deserialize, Serialize};
use sip::flow::Protocol;
use sqlx::Transaction;
use sqlx::any::{Any, AnyRow};
use switch::SrtpPolicy;

use crate::check::{Checks, NAME_CHARS_MAX};
use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::row::{Columns, to_json};
use crate::secret::Password;
use crate::seen::unchanged;
use words::{
    EXTRACTORS, IDENTITIES, NUMBERS, REDIRECTIONS, SHOWS, extractor, is_host, pick, protocol, redirection, source,
    split_port, words,
};

/// Registration as it is written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistrationForm {
    /// `sip:` URI of the registrar.
    pub registrar: String,
    /// Address of record.
    pub aor: String,
    /// Expiry asked for.
    #[serde(default = "default_expires")]
    pub expires_seconds: u32,
}

fn default_expires() -> u32 {
    3600
}

/// A trunk as it is written. Fields as in [`endpoint::Trunk`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrunkForm {
    /// Name for people, unique.
    pub name: String,
    /// Carrier group for fail-over; the name when empty.
    pub provider: String,
    /// Lower is tried first.
    pub priority: u16,
    /// "udp", "tcp" or "tls"; "auto": what the DNS says of the host (NAPTR), else UDP.
    pub protocol: String,
    /// Where requests go: `host`, `host:port`, `[address]:port`. Resolved by the roof (RFC 3263); over TLS the certificate there
    /// must be for this host.
    pub host: String,
    /// The carrier's SIP domain; empty: the proxy's address.
    pub domain: String,
    /// Address blocks whose requests are this trunk's: `203.0.113.0/24`, `2001:db8::1`.
    pub sources: Vec<String>,
    /// Only requests from exactly the proxy's port match.
    pub match_port: bool,
    /// Host names: whoever proves one of them by a client certificate is this trunk.
    pub certificate_names: Vec<String>,
    /// Registration, if the carrier wants one.
    pub registration: Option<RegistrationForm>,
    /// Digest user; empty: no credentials.
    pub user: String,
    /// Digest password. Write only: `None` in an update keeps what is there.
    #[serde(skip_serializing)]
    #[schema(value_type = Option<String>, write_only)]
    pub password: Option<Password>,
    /// Answer challenges of this realm only.
    pub realm: Option<String>,
    /// Where the dialled number is found, in order: `p_called_party_id`, `to`, `request_uri`, `diversion_top`,
    /// `diversion_bottom`, `history_info`, `alert_info`.
    pub extractors: Vec<String>,
    /// Identity headers of this trunk may be believed.
    pub trusted: bool,
    /// User part of From on outgoing calls.
    pub caller_id: String,
    /// Write compact header names.
    pub compact: bool,
    /// Session timer; `None`: only if the peer asks.
    pub session_expires_seconds: Option<u32>,
    /// OPTIONS probe interval; `None`: do not probe.
    pub probe_seconds: Option<u32>,
    /// Simultaneous outgoing calls allowed.
    pub calls_max: u16,
    /// Least time between two outgoing calls; 0: none.
    pub spacing_ms: u32,
    /// Offer PCMU alone, without telephone-event.
    pub plain_pcmu: bool,
    /// Whether the voice is encrypted (SRTP): "off", "preferred" (where the carrier can) or "required".
    pub srtp: String,
    /// How telephone numbers are written: "national" or "international".
    pub numbers: String,
    /// Which header says whose line calls: "none", "preferred" or "asserted".
    pub identity: String,
    /// Which number a call that is passed on shows: "main", "dialled" or "caller".
    pub shows: String,
    /// Headers that tell of a call that was passed on: "diversion", "history_info".
    pub redirection: Vec<String>,
}

impl Default for TrunkForm {
    fn default() -> Self {
        TrunkForm {
            name: String::new(),
            provider: String::new(),
            priority: 0,
            protocol: "udp".to_owned(),
            host: String::new(),
            domain: String::new(),
            sources: Vec::new(),
            match_port: false,
            certificate_names: Vec::new(),
            registration: None,
            user: String::new(),
            password: None,
            realm: None,
            extractors: vec!["p_called_party_id".to_owned(), "to".to_owned(), "request_uri".to_owned()],
            trusted: true,
            caller_id: String::new(),
            compact: false,
            session_expires_seconds: Some(1800),
            probe_seconds: Some(60),
            calls_max: 10,
            spacing_ms: 0,
            plain_pcmu: false,
            srtp: SrtpPolicy::Off.word().to_owned(),
            numbers: "national".to_owned(),
            identity: "asserted".to_owned(),
            shows: "main".to_owned(),
            redirection: Vec::new(),
        }
    }
}

/// A trunk as it is kept. `form.password` is always `None` here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct TrunkRow {
    /// Row id.
    pub id: i64,
    /// False: not used.
    pub active: bool,
    /// A password is stored.
    pub has_password: bool,
    /// The rest.
    #[serde(flatten)]
    pub form: TrunkForm,
    #[serde(skip)]
    password: Password,
}

impl TrunkRow {
    /// What is to be resolved (RFC 3263): host, port if one is written, and protocol unless the DNS is to say.
    pub fn target(&self) -> (String, Option<u16>, Option<Protocol>) {
        let (host, port) = split_port(&self.form.host);
        (host, port, protocol(&self.form.protocol).flatten())
    }

    /// Where that is, when no DNS need be asked.
    pub fn literal(&self) -> Option<Hop> {
        let (host, port, protocol) = self.target();
        let (protocol, address) = (protocol.unwrap_or(Protocol::Udp), host.parse::<IpAddr>().ok()?);
        Some(Hop { protocol, address: SocketAddr::new(address, port.unwrap_or(protocol.default_port())) })
    }

    /// Names that a certificate there may be for (RFC 5922 section 4): the host as it is written, and the carrier's domain.
    pub fn expected_names(&self) -> Vec<String> {
        let (host, ..) = self.target();
        let names = [host.as_str(), self.form.domain.as_str()].into_iter();
        let names = names.filter(|name| !name.is_empty() && name.parse::<IpAddr>().is_err());
        names.map(str::to_ascii_lowercase).collect()
    }

    /// What the SIP side needs, with the hops as the roof resolved them.
    ///
    /// # Errors
    /// Which field cannot be used, and why. Never for a row that this program wrote.
    pub fn trunk(&self, hops: Vec<Hop>) -> Result<Trunk, String> {
        let form = &self.form;
        let seconds = |value: u32| Duration::from_secs(u64::from(value));
        let extractor = |text: &String| extractor(text).ok_or_else(|| format!("{text:?} is no extractor"));
        let source = |text: &String| source(text).ok_or_else(|| format!("{text:?} is no address block"));
        let named = |what: &str, text: &String| format!("{text:?} is no {what}");
        Ok(Trunk {
            id: TrunkId(self.id),
            name: form.name.clone(),
            provider: form.provider.clone(),
            priority: form.priority,
            hops,
            domain: form.domain.clone(),
            sources: form.sources.iter().map(source).collect::<Result<_, _>>()?,
            match_port: form.match_port,
            certificate_names: form.certificate_names.clone(),
            registration: form.registration.as_ref().map(|registration| Registration {
                registrar: registration.registrar.clone(),
                aor: registration.aor.clone(),
                expires: seconds(registration.expires_seconds),
            }),
            credentials: (!form.user.is_empty()).then(|| Credentials {
                user: form.user.clone(),
                password: self.password.0.clone(),
                realm: form.realm.clone(),
            }),
            extractors: form.extractors.iter().map(extractor).collect::<Result<_, _>>()?,
            trusted: form.trusted,
            caller_id: form.caller_id.clone(),
            compact: form.compact,
            session_expires: form.session_expires_seconds.map(seconds),
            probe: form.probe_seconds.map(seconds),
            calls_max: form.calls_max,
            spacing: Duration::from_millis(u64::from(form.spacing_ms)),
            plain_pcmu: form.plain_pcmu,
            srtp: SrtpPolicy::from_word(&form.srtp).ok_or_else(|| named("policy for SRTP", &form.srtp))?,
            numbers: pick(&NUMBERS, &form.numbers).ok_or_else(|| named("form of numbers", &form.numbers))?,
            identity: pick(&IDENTITIES, &form.identity).ok_or_else(|| named("identity header", &form.identity))?,
            shows: pick(&SHOWS, &form.shows).ok_or_else(|| named("number to show", &form.shows))?,
            redirection: redirection(&form.redirection),
        })
    }
}

/// Calls that came by a trunk in some time.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct TrunkCounts {
    /// Row id.
    pub trunk: i64,
    /// All of them.
    pub calls: i64,
    /// Of them, those that go on.
    pub open: i64,
    /// Those that a person answered.
    pub answered: i64,
    /// Those that ended unanswered, by how: `caller_hung_up`.
    pub unanswered: BTreeMap<String, i64>,
}

impl Store {
    /// Calls that came by each trunk since then (unix milliseconds).
    ///
    /// # Errors
    /// What the database says.
    pub async fn trunk_counts(&self, from_ms: i64) -> Result<Vec<TrunkCounts>, StoreError> {
        let rows = sqlx::query(
            "SELECT trunk, ending, CASE WHEN ended_ms IS NULL THEN 1 ELSE 0 END AS open, \
             CASE WHEN answered_ms IS NULL THEN 0 ELSE 1 END AS answered, COUNT(*) AS count FROM calls \
             WHERE arrived_ms >= $1 AND trunk IS NOT NULL \
             GROUP BY trunk, ending, CASE WHEN ended_ms IS NULL THEN 1 ELSE 0 END, CASE WHEN answered_ms IS NULL THEN 0 ELSE 1 END",
        )
        .bind(from_ms)
        .fetch_all(&self.pool)
        .await?;
        let mut found: BTreeMap<i64, TrunkCounts> = BTreeMap::new();
        for row in &rows {
            let (trunk, count) = (row.int("trunk")?, row.int("count")?);
            let counts = found.entry(trunk).or_insert_with(|| TrunkCounts { trunk, ..TrunkCounts::default() });
            counts.calls += count;
            match (row.flag("open")?, row.flag("answered")?) {
                (true, _) => counts.open += count,
                (false, true) => {}
                (false, false) => *counts.unanswered.entry(row.text("ending")?).or_default() += count,
            }
            if row.flag("answered")? {
                counts.answered += count;
            }
        }
        Ok(found.into_values().collect())
    }

    /// All trunks by name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn trunks(&self) -> Result<Vec<TrunkRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM trunks ORDER BY name").fetch_all(&self.pool).await?;
        rows.iter().map(trunk_row).collect()
    }

    /// One trunk.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn trunk(&self, id: i64) -> Result<TrunkRow, StoreError> {
        let row = sqlx::query("SELECT * FROM trunks WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        trunk_row(&row.ok_or_else(|| missing(id))?)
    }

    /// A new trunk.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, and what the database says.
    pub async fn create_trunk(&self, form: &TrunkForm) -> Result<TrunkRow, StoreError> {
        let form = checked(form, false)?;
        let mut tx = self.begin_directory_change().await?;
        refuse_taken_name(&mut tx, &form.name, None).await?;
        let id = next_id(&mut tx, "trunks").await?;
        let password = form.password.clone().unwrap_or_default();
        sqlx::query("INSERT INTO trunks (id, name, json, password, active) VALUES ($1, $2, $3, $4, 1)")
            .bind(id)
            .bind(&form.name)
            .bind(to_json(&form, "trunks.json")?)
            .bind(&password.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(kept_row(id, true, form, password))
    }

    /// New values for a trunk, which becomes active again if it was not.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, [`StoreError::Missing`], and what the database says.
    pub async fn update_trunk(&self, id: i64, form: &TrunkForm) -> Result<TrunkRow, StoreError> {
        self.update_trunk_as_seen(id, form, None).await
    }

    /// The same, if the trunk is still as it was seen ([`crate::state_of`]).
    ///
    /// # Errors
    /// The same, and [`StoreError::Conflict`].
    pub async fn update_trunk_as_seen(
        &self,
        id: i64,
        form: &TrunkForm,
        seen: Option<&str>,
    ) -> Result<TrunkRow, StoreError> {
        let mut tx = self.begin_directory_change().await?;
        let row = sqlx::query("SELECT * FROM trunks WHERE id = $1").bind(id).fetch_optional(&mut *tx).await?;
        let before = trunk_row(&row.ok_or_else(|| missing(id))?)?;
        unchanged(&before, seen)?;
        let form = checked(form, before.has_password)?;
        refuse_taken_name(&mut tx, &form.name, Some(id)).await?;
        let password = form.password.clone().unwrap_or(before.password);
        sqlx::query("UPDATE trunks SET name = $1, json = $2, password = $3, active = 1 WHERE id = $4")
            .bind(&form.name)
            .bind(to_json(&form, "trunks.json")?)
            .bind(&password.0)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(kept_row(id, true, form, password))
    }

    /// Ends a trunk, and forgets its password.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn deactivate_trunk(&self, id: i64) -> Result<(), StoreError> {
        let mut tx = self.begin_directory_change().await?;
        let done =
            sqlx::query("UPDATE trunks SET active = 0, password = '' WHERE id = $1").bind(id).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(missing(id));
        }
        tx.commit().await?;
        Ok(())
    }
}

fn missing(id: i64) -> StoreError {
    StoreError::Missing { what: "trunk", id: id.to_string() }
}

async fn refuse_taken_name(tx: &mut Transaction<'static, Any>, name: &str, own: Option<i64>) -> Result<(), StoreError> {
    let owner: Option<i64> =
        sqlx::query_scalar("SELECT id FROM trunks WHERE name = $1").bind(name).fetch_optional(&mut **tx).await?;
    match owner {
        Some(id) if Some(id) != own => Err(StoreError::invalid(
            "name",
            format!("{name:?} is trunk {id} already"),
            "choose another name, or change that trunk",
        )),
        Some(_) | None => Ok(()),
    }
}

fn checked(form: &TrunkForm, has_password: bool) -> Result<TrunkForm, StoreError> {
    let mut checks = Checks::default();
    let mut kept = form.clone();
    kept.name = checks.needed_line("name", &form.name, NAME_CHARS_MAX);
    kept.provider = checks.line("provider", &form.provider, NAME_CHARS_MAX);
    if kept.provider.is_empty() {
        kept.provider.clone_from(&kept.name);
    }
    kept.protocol = form.protocol.trim().to_ascii_lowercase();
    if protocol(&kept.protocol).is_none() {
        let what = format!("{:?} is no protocol for a trunk", form.protocol);
        checks.fail("protocol", what, "give udp, tcp, tls or auto");
    }
    kept.host = checks.needed_line("host", &form.host, NAME_CHARS_MAX);
    if !is_host(&kept.host) {
        checks.fail(
            "host",
            format!("{:?} is no host", form.host),
            "give sip.example.jp, 203.0.113.5:5060 or [2001:db8::1]:5060",
        );
    }
    kept.domain = checked_word(&mut checks, "domain", &form.domain);
    kept.caller_id = checked_word(&mut checks, "caller_id", &form.caller_id);
    kept.user = checked_word(&mut checks, "user", &form.user);
    checked_lists(&mut checks, form);
    kept.certificate_names = checked_certificate_names(&mut checks, form);
    checked_choices(&mut checks, form);
    kept.srtp = form.srtp.trim().to_ascii_lowercase();
    checks.srtp(&kept.srtp);
    checked_registration(&mut checks, form);
    if !kept.user.is_empty() && form.password.is_none() && !has_password {
        checks.fail("password", "there is a user but no password", "give the password that the carrier gave you");
    }
    checks.within("calls_max", i64::from(form.calls_max), 1, 10_000);
    checks.within("spacing_ms", i64::from(form.spacing_ms), 0, 10_000);
    // RFC 4028 section 5: no session shorter than 90 seconds.
    checks.within("session_expires_seconds", i64::from(form.session_expires_seconds.unwrap_or(90)), 90, 86_400);
    checks.within("probe_seconds", i64::from(form.probe_seconds.unwrap_or(60)), 5, 3600);
    checks.end(kept)
}

/// A word that goes into SIP messages.
fn checked_word(checks: &mut Checks, field: &str, text: &str) -> String {
    let word = checks.line(field, text, NAME_CHARS_MAX);
    if word.chars().any(|c| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ';' | ',')) {
        checks.fail(
            field,
            format!("{text:?} has characters that no SIP address has"),
            "copy it from the carrier's letter",
        );
    }
    word
}

fn checked_lists(checks: &mut Checks, form: &TrunkForm) {
    checks.list("sources", form.sources.len());
    for text in form.sources.iter().filter(|text| source(text).is_none()) {
        checks.fail("sources", format!("{text:?} is no address block"), "give 203.0.113.0/24 or a single address");
    }
    checks.list("extractors", form.extractors.len());
    if form.extractors.is_empty() {
        checks.fail("extractors", "there is none", "give at least request_uri");
    }
    for text in form.extractors.iter().filter(|text| extractor(text).is_none()) {
        let known: Vec<&str> = EXTRACTORS.iter().map(|(name, _)| *name).collect();
        checks.fail("extractors", format!("{text:?} is none"), format!("give some of {}", known.join(", ")));
    }
}

fn checked_certificate_names(checks: &mut Checks, form: &TrunkForm) -> Vec<String> {
    checks.list("certificate_names", form.certificate_names.len());
    let names = form.certificate_names.iter().map(|name| {
        let name = checks.needed_line("certificate_names", name, NAME_CHARS_MAX).to_ascii_lowercase();
        if name.contains(':') || !is_host(&name) {
            let what = format!("{name:?} is no host name");
            checks.fail("certificate_names", what, "give a name of the carrier's certificate, such as sbc.example.jp");
        }
        name
    });
    names.collect()
}

fn checked_choices(checks: &mut Checks, form: &TrunkForm) {
    let mut known = |field, text: &str, names: Vec<&'static str>| {
        if !names.contains(&text) {
            checks.fail(field, format!("{text:?} is none"), format!("give one of {}", names.join(", ")));
        }
    };
    known("numbers", &form.numbers, words(&NUMBERS));
    known("identity", &form.identity, words(&IDENTITIES));
    known("shows", &form.shows, words(&SHOWS));
    for text in &form.redirection {
        known("redirection", text, REDIRECTIONS.to_vec());
    }
}

fn checked_registration(checks: &mut Checks, form: &TrunkForm) {
    let Some(registration) = &form.registration else { return };
    for (field, uri) in [("registration.registrar", &registration.registrar), ("registration.aor", &registration.aor)] {
        checked_word(checks, field, uri);
        if !(uri.starts_with("sip:") || uri.starts_with("sips:")) {
            checks.fail(field, format!("{uri:?} is no SIP address"), "write it as sip:user@example.jp");
        }
    }
    checks.within("registration.expires_seconds", i64::from(registration.expires_seconds), 30, 86_400);
}

pub(crate) fn trunk_row(row: &AnyRow) -> Result<TrunkRow, StoreError> {
    let form = row.json("json", "trunks.json")?;
    Ok(kept_row(row.int("id")?, row.flag("active")?, form, Password(row.text("password")?)))
}

fn kept_row(id: i64, active: bool, form: TrunkForm, password: Password) -> TrunkRow {
    let form = TrunkForm { password: None, ..form };
    TrunkRow { id, active, has_password: !password.0.is_empty(), form, password }
}
