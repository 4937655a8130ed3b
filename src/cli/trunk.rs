//! `denwaban trunk`: ways to carriers.

use clap::Subcommand;
use serde_json::Value;
use store::{Password, RegistrationForm, TrunkForm, TrunkRow};

use super::Context;
use super::api::{ask, number, text};
use super::call::time;
use super::output::{fields, yes};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// What can be done with trunks.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// A new trunk
    #[command(after_help = "Examples:\n  \
        denwaban trunk add --name gateway --host 192.168.1.1 --user 3 --password-file gateway.password --register sip:192.168.1.1 --aor sip:3@192.168.1.1\n  \
        denwaban trunk add --name carrier --host sbc.example.jp --source 203.0.113.0/24 --caller-id 0312345678\n  \
        denwaban trunk add --name secure --host sbc.example.jp --protocol tls --certificate-name sbc.example.jp --caller-id 0312345678")]
    Add(Box<Values>),
    /// All trunks
    #[command(after_help = "Example:\n  denwaban trunk list")]
    List,
    /// How each trunk stands now, as the running switch sees it: registered or refused, since when, and the calls of today
    #[command(after_help = "Example:\n  denwaban trunk health")]
    Health,
    /// Everything about one trunk
    #[command(after_help = "Example:\n  denwaban trunk show carrier")]
    Show {
        /// The trunk's name
        name: String,
    },
    /// Change a trunk: what is given; the rest stays
    #[command(after_help = "Examples:\n  \
        denwaban trunk edit carrier --host sbc2.example.jp --protocol tls\n  \
        denwaban trunk edit carrier --source \"\" --compact false")]
    Edit {
        /// The trunk's name as it is
        trunk: String,
        #[command(flatten)]
        values: Box<Values>,
    },
    /// Use a trunk no more
    #[command(after_help = "Example:\n  denwaban trunk remove carrier")]
    Remove {
        /// The trunk's name
        name: String,
    },
}

/// What a trunk has. Whatever is not given is as usual in a new trunk, and as it was in one that is changed.
#[derive(clap::Args, Debug)]
pub struct Values {
    /// Name for people
    #[arg(long)]
    name: Option<String>,
    /// Where our requests go: HOST, HOST:PORT or [ADDRESS]:PORT
    #[arg(long)]
    host: Option<String>,
    /// Carrier; trunks of one carrier stand in for each other
    #[arg(long)]
    provider: Option<String>,
    /// Lower is tried first
    #[arg(long)]
    priority: Option<u16>,
    /// udp (usual), tcp or tls; auto: what the DNS says of the host (NAPTR)
    #[arg(long)]
    protocol: Option<String>,
    /// The carrier's SIP domain
    #[arg(long)]
    domain: Option<String>,
    /// Address block whose calls are this trunk's (several times for several)
    #[arg(long = "source", value_name = "NETWORK")]
    sources: Vec<String>,
    /// Host name in the carrier's client certificate: whoever proves it is this trunk (several times for several)
    #[arg(long = "certificate-name", value_name = "NAME")]
    certificate_names: Vec<String>,
    /// Digest user
    #[arg(long)]
    user: Option<String>,
    /// File whose first line is the digest password (a password on the command line could be seen by others)
    #[arg(long, value_name = "FILE")]
    password_file: Option<std::path::PathBuf>,
    /// Register with this registrar, e.g. sip:carrier.example
    #[arg(long, value_name = "URI", requires = "aor")]
    register: Option<String>,
    /// Address of record to register, e.g. sip:0312345678@carrier.example
    #[arg(long, value_name = "URI", requires = "register")]
    aor: Option<String>,
    /// Number presented on outgoing calls, national digits
    #[arg(long)]
    caller_id: Option<String>,
    /// Where the dialled number is found, in order (several times for several)
    #[arg(long = "extractor", value_name = "NAME")]
    extractors: Vec<String>,
    /// Write compact header names (NTT)
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    compact: Option<bool>,
    /// Offer PCMU alone, without telephone-event
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    plain_pcmu: Option<bool>,
    /// Whether the voice is encrypted (SRTP): off (usual), preferred (where the carrier can) or required
    #[arg(long, value_name = "POLICY")]
    srtp: Option<String>,
    /// Take only calls from exactly this host and port
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    match_port: Option<bool>,
    /// Seconds between OPTIONS that ask whether it is alive (usual: 60); 0: it is not asked, and counts as alive
    #[arg(long)]
    probe_seconds: Option<u32>,
    /// Simultaneous outgoing calls (usual: 10)
    #[arg(long)]
    calls_max: Option<u16>,
    /// Least milliseconds between two outgoing calls (usual: 0, none)
    #[arg(long)]
    spacing_ms: Option<u32>,
    /// How telephone numbers are written: national (usual) or international
    #[arg(long, value_name = "FORM")]
    numbers: Option<String>,
    /// Header that says whose line calls: none, preferred or asserted (usual)
    #[arg(long, value_name = "HEADER")]
    identity: Option<String>,
    /// Number that a call shows that is passed on: main (usual), dialled or caller
    #[arg(long, value_name = "NUMBER")]
    shows: Option<String>,
    /// Header that tells of a call that was passed on: diversion or history_info (twice for both)
    #[arg(long, value_name = "HEADER")]
    redirection: Vec<String>,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    match verb {
        Verb::Add(values) => {
            let trunk = store.create_trunk(&form(*values, TrunkForm::default())?).await?;
            context.out.one(&trunk, || describe(&trunk));
        }
        Verb::Edit { trunk, values } => {
            let before = named(&store, &trunk).await?;
            let trunk = store.update_trunk(before.id, &form(*values, before.form)?).await?;
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
                    row.form.host.clone(),
                    row.form.protocol.clone(),
                    yes(row.active),
                ]
            });
        }
        Verb::Health => health(context).await?,
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

/// What the running switch says of its trunks.
async fn health(context: &Context) -> Result<(), Troubles> {
    let told = ask(context, "GET", "/health/trunks", None).await?;
    let rows = told.as_array().map(Vec::as_slice).unwrap_or_default();
    let moment = |one: &Value, key: &str| number(one, key).map(time).unwrap_or_default();
    let counted = |one: &Value, key: &str| {
        let count = one.get("today").and_then(|today| number(today, key)).unwrap_or_default();
        count.to_string()
    };
    let heads = [
        words::NAME,
        words::STATE,
        words::TRUNK_SINCE,
        words::TRUNK_REGISTRATION,
        words::TRUNK_SINCE,
        words::TRUNK_ANSWER,
        words::TRUNK_TODAY,
        words::TRUNK_ANSWERED,
    ];
    context.out.list(rows, &heads, |one| {
        let up = one.get("up").and_then(Value::as_bool).unwrap_or_default();
        vec![
            text(one, "name").to_owned(),
            format!("{} {}", if up { "up" } else { "down" }, text(one, "why")).trim_end().to_owned(),
            moment(one, "since_ms"),
            text(one, "registration").to_owned(),
            moment(one, "registration_since_ms"),
            number(one, "answer").map(|status| status.to_string()).unwrap_or_default(),
            counted(one, "calls"),
            counted(one, "answered"),
        ]
    });
    Ok(())
}

async fn named(store: &store::Store, name: &str) -> Result<TrunkRow, Troubles> {
    let found = store.trunks().await?.into_iter().find(|trunk| trunk.form.name == name);
    let missing = || Trouble::new(Exit::Missing, "", words::NO_TRUNK.with(&[&name]), words::NO_TRUNK_REMEDY.text());
    Ok(found.ok_or_else(missing)?)
}

fn form(values: Values, before: TrunkForm) -> Result<TrunkForm, Troubles> {
    let expires_seconds = before.registration.as_ref().map_or(3600, |registration| registration.expires_seconds);
    let registration = match (values.register, values.aor) {
        (Some(registrar), Some(aor)) => Some(RegistrationForm { registrar, aor, expires_seconds }),
        (Some(_), None) | (None, Some(_)) | (None, None) => before.registration,
    };
    // `--source ""` empties a list.
    let list = |given: Vec<String>, before: Vec<String>| match given.is_empty() {
        true => before,
        false => given.into_iter().filter(|item| !item.is_empty()).collect(),
    };
    Ok(TrunkForm {
        name: values.name.unwrap_or(before.name),
        provider: values.provider.unwrap_or(before.provider),
        priority: values.priority.unwrap_or(before.priority),
        protocol: values.protocol.unwrap_or(before.protocol),
        host: values.host.unwrap_or(before.host),
        domain: values.domain.unwrap_or(before.domain),
        sources: list(values.sources, before.sources),
        match_port: values.match_port.unwrap_or(before.match_port),
        certificate_names: list(values.certificate_names, before.certificate_names),
        registration,
        user: values.user.unwrap_or(before.user),
        password: values.password_file.as_deref().map(password).transpose()?,
        realm: before.realm,
        extractors: list(values.extractors, before.extractors),
        trusted: before.trusted,
        caller_id: values.caller_id.unwrap_or(before.caller_id),
        compact: values.compact.unwrap_or(before.compact),
        session_expires_seconds: before.session_expires_seconds,
        probe_seconds: match values.probe_seconds {
            Some(seconds) => (seconds > 0).then_some(seconds),
            None => before.probe_seconds,
        },
        calls_max: values.calls_max.unwrap_or(before.calls_max),
        spacing_ms: values.spacing_ms.unwrap_or(before.spacing_ms),
        plain_pcmu: values.plain_pcmu.unwrap_or(before.plain_pcmu),
        srtp: values.srtp.unwrap_or(before.srtp),
        numbers: values.numbers.unwrap_or(before.numbers),
        identity: values.identity.unwrap_or(before.identity),
        shows: values.shows.unwrap_or(before.shows),
        redirection: list(values.redirection, before.redirection),
    })
}

fn password(file: &std::path::Path) -> Result<Password, Trouble> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Trouble::new(Exit::Missing, file.display().to_string(), error.to_string(), words::READABLE_REMEDY.text())
    })?;
    Ok(Password(text.lines().next().unwrap_or_default().to_owned()))
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
        (words::HOST, form.host.clone()),
        (words::PROTOCOL, form.protocol.clone()),
        (words::DOMAIN, form.domain.clone()),
        (words::SOURCES, form.sources.join(" ")),
        (words::USER, form.user.clone()),
        (words::PASSWORD, if trunk.has_password { words::SET } else { words::NOTHING }.text().to_owned()),
        (words::REGISTER, registration),
        (words::CALLER_ID, form.caller_id.clone()),
        (words::EXTRACTORS, form.extractors.join(" ")),
        (words::CALLS_MAX, form.calls_max.to_string()),
        (words::SPACING, words::MILLISECONDS.with(&[&form.spacing_ms])),
        (words::SRTP, form.srtp.clone()),
        (words::CERTIFICATE_NAMES, form.certificate_names.join(" ")),
        (words::NUMBER_FORM, form.numbers.clone()),
        (words::IDENTITY_HEADER, form.identity.clone()),
        (words::SHOWN_NUMBER, form.shows.clone()),
        (words::REDIRECTION, form.redirection.join(" ")),
        (words::ACTIVE, yes(trunk.active)),
    ];
    fields(&rows)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        verb: Verb,
    }

    fn values(line: &str) -> Values {
        let words = ["denwaban"].into_iter().chain(line.split(' ')).map(|word| if word == "''" { "" } else { word });
        match Line::try_parse_from(words).unwrap().verb {
            Verb::Add(values) | Verb::Edit { values, .. } => *values,
            other @ (Verb::List | Verb::Health | Verb::Show { .. } | Verb::Remove { .. }) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_change_leaves_what_is_not_given_as_it_was() {
        let add = "add --name a --host sbc.example.jp --protocol tls --certificate-name sbc.example.jp --source 192.0.2.0/24 \
                   --compact --spacing-ms 250 --shows caller --redirection diversion --probe-seconds 0";
        let new = form(values(&add.split_whitespace().collect::<Vec<_>>().join(" ")), TrunkForm::default()).unwrap();
        assert_eq!((new.protocol.as_str(), new.spacing_ms, new.compact, new.probe_seconds), ("tls", 250, true, None));
        assert_eq!((new.certificate_names.len(), new.calls_max, new.shows.as_str()), (1, 10, "caller"));
        let edit = "edit a --host sbc2.example.jp --compact false --source '' --probe-seconds 30";
        let changed = form(values(edit), new.clone()).unwrap();
        let expected = TrunkForm {
            host: "sbc2.example.jp".to_owned(),
            compact: false,
            sources: Vec::new(),
            probe_seconds: Some(30),
            ..new
        };
        assert_eq!(changed, expected);
    }
}
