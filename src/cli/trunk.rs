//! `denwaban trunk`: ways to carriers.

use clap::Subcommand;
use store::{Password, RegistrationForm, TrunkForm, TrunkRow};

use super::Context;
use super::output::{fields, yes};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// What can be done with trunks.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// A new trunk
    #[command(after_help = "Examples:\n  \
        denwaban trunk add --name gateway --host 192.168.1.1 --user 3 --password-file gateway.password --register sip:192.168.1.1 --aor sip:3@192.168.1.1\n  \
        denwaban trunk add --name carrier --host sbc.example.jp --source 203.0.113.0/24 --caller-id 0312345678")]
    Add(Box<Add>),
    /// All trunks
    List,
    /// Everything about one trunk
    Show {
        /// The trunk's name
        name: String,
    },
    /// Use a trunk no more
    Remove {
        /// The trunk's name
        name: String,
    },
}

/// Arguments of `trunk add`.
#[derive(clap::Args, Debug)]
pub struct Add {
    /// Name for people
    #[arg(long)]
    name: String,
    /// Where our requests go: HOST, HOST:PORT or [ADDRESS]:PORT
    #[arg(long)]
    host: String,
    /// Carrier; trunks of one carrier stand in for each other
    #[arg(long, default_value = "")]
    provider: String,
    /// Lower is tried first
    #[arg(long, default_value_t = 0)]
    priority: u16,
    /// udp or tcp
    #[arg(long, default_value = "udp")]
    protocol: String,
    /// The carrier's SIP domain
    #[arg(long, default_value = "")]
    domain: String,
    /// Address block whose calls are this trunk's (several times for several)
    #[arg(long = "source", value_name = "NETWORK")]
    sources: Vec<String>,
    /// Digest user
    #[arg(long, default_value = "")]
    user: String,
    /// File whose first line is the digest password (a password on the command line could be seen by others)
    #[arg(long, value_name = "FILE")]
    password_file: Option<std::path::PathBuf>,
    /// Register with this registrar, e.g. sip:carrier.example
    #[arg(long, value_name = "URI", requires = "aor")]
    register: Option<String>,
    /// Address of record to register, e.g. sip:0312345678@carrier.example
    #[arg(long, value_name = "URI")]
    aor: Option<String>,
    /// Number presented on outgoing calls, national digits
    #[arg(long, default_value = "")]
    caller_id: String,
    /// Where the dialled number is found, in order (several times for several)
    #[arg(long = "extractor", value_name = "NAME")]
    extractors: Vec<String>,
    /// Write compact header names (NTT)
    #[arg(long)]
    compact: bool,
    /// Offer PCMU alone, without telephone-event
    #[arg(long)]
    plain_pcmu: bool,
    /// Take only calls from exactly this host and port
    #[arg(long)]
    match_port: bool,
    /// Seconds between OPTIONS that ask whether it is alive; 0: it is not asked, and counts as alive
    #[arg(long, default_value_t = 60)]
    probe_seconds: u32,
    /// Simultaneous outgoing calls
    #[arg(long, default_value_t = 10)]
    calls_max: u16,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    match verb {
        Verb::Add(add) => {
            let trunk = store.create_trunk(&form(*add)?).await?;
            context.out.one(&trunk, || describe(&trunk));
        }
        Verb::List => {
            let trunks = store.trunks().await?;
            let heads =
                [words::ID, words::NAME, words::PROVIDER, words::PRIORITY, words::HOST, words::PROTOCOL, words::ACTIVE];
            context.out.list(&trunks, &heads, |row| {
                vec![
                    row.id.to_string(),
                    row.form.name.clone(),
                    row.form.provider.clone(),
                    row.form.priority.to_string(),
                    row.address(),
                    row.form.protocol.clone(),
                    yes(row.active),
                ]
            });
        }
        Verb::Show { name } => {
            let trunk = named(&store, &name).await?;
            context.out.one(&trunk, || describe(&trunk));
        }
        Verb::Remove { name } => {
            let trunk = named(&store, &name).await?;
            store.deactivate_trunk(trunk.id).await?;
            context.out.one(&serde_json::json!({ "removed": name }), || words::TRUNK_ENDED.with(&[&name]));
        }
    }
    Ok(())
}

async fn named(store: &store::Store, name: &str) -> Result<TrunkRow, Troubles> {
    let found = store.trunks().await?.into_iter().find(|trunk| trunk.form.name == name);
    let missing = || Trouble::new(Exit::Missing, "", words::NO_TRUNK.with(&[&name]), words::NO_TRUNK_REMEDY.text());
    Ok(found.ok_or_else(missing)?)
}

fn form(add: Add) -> Result<TrunkForm, Troubles> {
    let defaults = TrunkForm::default();
    let registration = match (add.register, add.aor) {
        (Some(registrar), Some(aor)) => Some(RegistrationForm { registrar, aor, expires_seconds: 3600 }),
        (Some(_), None) | (None, Some(_)) | (None, None) => None,
    };
    let password = match add.password_file {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(&path).map_err(|error| {
                Trouble::new(
                    Exit::Missing,
                    path.display().to_string(),
                    error.to_string(),
                    words::READABLE_REMEDY.text(),
                )
            })?;
            Some(Password(text.lines().next().unwrap_or_default().to_owned()))
        }
    };
    Ok(TrunkForm {
        name: add.name,
        provider: add.provider,
        priority: add.priority,
        protocol: add.protocol,
        host: add.host,
        domain: add.domain,
        sources: add.sources,
        registration,
        user: add.user,
        password,
        extractors: if add.extractors.is_empty() { defaults.extractors.clone() } else { add.extractors },
        caller_id: add.caller_id,
        compact: add.compact,
        calls_max: add.calls_max,
        plain_pcmu: add.plain_pcmu,
        match_port: add.match_port,
        probe_seconds: (add.probe_seconds > 0).then_some(add.probe_seconds),
        ..defaults
    })
}

fn describe(trunk: &TrunkRow) -> String {
    let form = &trunk.form;
    let registration = form
        .registration
        .as_ref()
        .map_or_else(|| yes(false), |to| words::REGISTERED_AT.with(&[&to.aor, &to.registrar]));
    let rows = [
        (words::ID, trunk.id.to_string()),
        (words::NAME, form.name.clone()),
        (words::PROVIDER, form.provider.clone()),
        (words::PRIORITY, form.priority.to_string()),
        (words::HOST, trunk.address()),
        (words::PROTOCOL, form.protocol.clone()),
        (words::DOMAIN, form.domain.clone()),
        (words::SOURCES, form.sources.join(" ")),
        (words::USER, form.user.clone()),
        (words::PASSWORD, if trunk.has_password { words::SET } else { words::NOTHING }.text().to_owned()),
        (words::REGISTER, registration),
        (words::CALLER_ID, form.caller_id.clone()),
        (words::EXTRACTORS, form.extractors.join(" ")),
        (words::CALLS_MAX, form.calls_max.to_string()),
        (words::ACTIVE, yes(trunk.active)),
    ];
    fields(&rows)
}
