//! `denwaban operator`: operators and their softphones.

mod desk;
mod options;

use clap::Subcommand;
use store::{LANGUAGE, OperatorForm, OperatorRow};
use web::Softphone;

use super::Context;
use super::output::{fields, seconds, yes};
use crate::softphone;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;
use options::Options;

/// What can be done with operators.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// A new operator; prints the softphone's password once
    #[command(
        after_help = "Example:\n  denwaban operator add --login 101 --name 山田花子 --team a --language en=60 --knows sakura-dental"
    )]
    Add(Box<Add>),
    /// Other values for an operator; what is not given stays
    #[command(after_help = "Examples:\n  denwaban operator set 101 --srtp required\n  \
        denwaban operator set 901 --tier supervisor --wrap-up-max 180")]
    Set(Box<Set>),
    /// All operators
    #[command(after_help = "Example:\n  denwaban operator list")]
    List,
    /// Everything about one operator
    #[command(after_help = "Example:\n  denwaban operator show 101")]
    Show {
        /// The operator's login
        login: String,
    },
    /// A new softphone password; prints it once
    #[command(after_help = "Example:\n  denwaban operator password 101")]
    Password {
        /// The operator's login
        login: String,
        /// Choose it (otherwise one is made)
        #[arg(long)]
        password: Option<String>,
    },
    /// What to enter into the operator's softphone
    #[command(after_help = "Example:\n  denwaban operator softphone 101")]
    Softphone {
        /// The operator's login
        login: String,
    },
    /// Ready for calls
    #[command(after_help = "Example:\n  denwaban operator ready 101")]
    Ready {
        /// The operator's login
        login: String,
    },
    /// Not ready for calls, for a reason
    #[command(
        after_help = "Example:\n  denwaban operator pause 101 --reason lunch\n\n`denwaban operator reasons` shows the usual ones."
    )]
    Pause {
        /// The operator's login
        login: String,
        /// Why: lunch, training
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// The report is written: the wrap-up ends now
    #[command(after_help = "Example:\n  denwaban operator finish 101")]
    Finish {
        /// The operator's login
        login: String,
    },
    /// Why operators are not ready, as the desks offer it
    #[command(after_help = "Example:\n  denwaban operator reasons")]
    Reasons,
    /// What each operator did: calls, in time, talk, reports, corrections, disputes, scores
    #[command(after_help = "Examples:\n  denwaban operator figures --from 2026-11-01 --to 2026-12-01 --by week\n  \
        denwaban operator figures --from 2026-11-01 --to 2026-12-01 --by month --csv > operators.csv")]
    Figures(desk::Figures),
    /// Manuals that an operator has not read; or one of them is read
    #[command(
        after_help = "Examples:\n  denwaban operator manuals 101\n  denwaban operator manuals 101 --read sakura-dental 3"
    )]
    Manuals(desk::Manuals),
    /// End an operator; calls and recordings stay
    #[command(after_help = "Example:\n  denwaban operator remove 101")]
    Remove {
        /// The operator's login
        login: String,
    },
}

/// Arguments of `operator add`.
#[derive(clap::Args, Debug)]
pub struct Add {
    /// Extension and SIP user, e.g. 101
    #[arg(long)]
    login: String,
    /// Name for people
    #[arg(long)]
    name: String,
    #[command(flatten)]
    options: Options,
    /// Not ready until the operator says so at a desk
    #[arg(long)]
    not_ready: bool,
}

/// Arguments of `operator set`; what is not given stays.
#[derive(clap::Args, Debug)]
pub struct Set {
    /// The operator's login
    login: String,
    /// Name for people
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    let realm = &context.config().sip.realm;
    match verb {
        Verb::Add(add) => {
            let (operator, password) = store.create_operator(realm, &form(*add)?).await?;
            show_password(context, &operator, &password);
        }
        Verb::Set(set) => {
            let before = store.operator_by_login(&set.login).await?;
            let operator = store.update_operator(before.id, &changed(*set, before)?).await?;
            context.out.one(&operator, || describe(&operator));
        }
        Verb::Show { login } => {
            let operator = store.operator_by_login(&login).await?;
            context.out.one(&operator, || describe(&operator));
        }
        Verb::List => {
            let operators = store.operators().await?;
            let heads = [
                words::ID,
                words::LOGIN,
                words::NAME,
                words::TIER,
                words::TEAMS,
                words::SKILLS,
                words::LANGUAGES,
                words::WRAP_UP,
                words::SRTP,
                words::ACTIVE,
            ];
            context.out.list(&operators, &heads, |row| {
                let (skills, languages) = skills_text(&row.form);
                vec![
                    row.id.to_string(),
                    row.form.login.clone(),
                    row.form.name.clone(),
                    row.form.tier.clone(),
                    row.form.teams.join(" "),
                    skills,
                    languages,
                    seconds(row.form.wrap_up_seconds),
                    row.form.srtp.clone(),
                    yes(row.active),
                ]
            });
        }
        Verb::Password { login, password } => {
            let operator = store.operator_by_login(&login).await?;
            let password = store.set_operator_password(realm, operator.id, password.as_deref()).await?;
            show_password(context, &operator, &password);
        }
        Verb::Softphone { login } => {
            let operator = store.operator_by_login(&login).await?;
            show_softphone(context, &operator)?;
        }
        Verb::Ready { login } => desk::state(context, &login, true, "").await?,
        Verb::Pause { login, reason } => desk::state(context, &login, false, &reason).await?,
        Verb::Finish { login } => desk::finish(context, &login).await?,
        Verb::Reasons => desk::reasons(context).await?,
        Verb::Figures(arguments) => desk::figures(context, arguments).await?,
        Verb::Manuals(arguments) => desk::manuals(context, arguments).await?,
        Verb::Remove { login } => {
            let operator = store.operator_by_login(&login).await?;
            store.deactivate_operator(operator.id).await?;
            context.out.one(&serde_json::json!({ "removed": login }), || words::OPERATOR_ENDED.with(&[&login]));
        }
    }
    Ok(())
}

fn form(add: Add) -> Result<OperatorForm, Troubles> {
    let form =
        OperatorForm { login: add.login, name: add.name, ready_on_register: !add.not_ready, ..OperatorForm::default() };
    Ok(add.options.change(form)?)
}

/// Refused for an operator who was removed: with new values the store would let the phone in again, of which nobody asked.
fn changed(set: Set, before: OperatorRow) -> Result<OperatorForm, Trouble> {
    if !before.active {
        let what = words::OPERATOR_IS_ENDED.with(&[&set.login]);
        return Err(Trouble::new(Exit::Data, "", what, words::OPERATOR_IS_ENDED_REMEDY.text()));
    }
    let before = before.form;
    let name = set.name.unwrap_or_else(|| before.name.clone());
    set.options.change(OperatorForm { name, ..before })
}

/// Everything about an operator, a field a line.
fn describe(operator: &OperatorRow) -> String {
    let form = &operator.form;
    let (skills, languages) = skills_text(form);
    fields(&[
        (words::ID, operator.id.to_string()),
        (words::LOGIN, form.login.clone()),
        (words::NAME, form.name.clone()),
        (words::TIER, form.tier.clone()),
        (words::TEAMS, form.teams.join(" ")),
        (words::RANK, form.rank.to_string()),
        (words::SKILLS, skills),
        (words::LANGUAGES, languages),
        (words::KNOWS, form.knows.join(" ")),
        (words::WRAP_UP, seconds(form.wrap_up_seconds)),
        (words::WRAP_UP_MAX, seconds(form.wrap_up_seconds.max(form.wrap_up_max_seconds))),
        (words::SRTP, form.srtp.clone()),
        (words::ACTIVE, yes(operator.active)),
    ])
}

/// Skills and languages, which are skills that begin with a word of their own.
fn skills_text(form: &OperatorForm) -> (String, String) {
    let (languages, skills): (Vec<_>, Vec<_>) = form.skills.iter().partition(|(skill, _)| skill.starts_with(LANGUAGE));
    let all = |list: Vec<&(String, u8)>| {
        let one = |(skill, level): &&(String, u8)| {
            format!("{}={level}", skill.strip_prefix(LANGUAGE).unwrap_or(skill.as_str()))
        };
        list.iter().map(one).collect::<Vec<_>>().join(" ")
    };
    (all(skills), all(languages))
}

fn show_password(context: &Context, operator: &OperatorRow, password: &str) {
    let answer = serde_json::json!({ "operator": operator, "password": password });
    context.out.one(&answer, || {
        let (name, login) = (&operator.form.name, &operator.form.login);
        let rows = [(words::NAME, format!("{name} ({login})")), (words::PASSWORD, password.to_owned())];
        format!("{}\n{} {}", fields(&rows), words::SHOWN_ONCE, words::OTHER_SETTINGS.with(&[login]))
    });
}

fn show_softphone(context: &Context, operator: &OperatorRow) -> Result<(), Troubles> {
    let config = context.config();
    let Some(Softphone { registrar: main, udp, tcp, tls, wss, .. }) = softphone::of(config) else {
        return Err(Trouble::new(Exit::Config, "sip.udp", words::NO_PHONE_SOCKET.text(), "").into());
    };
    let (login, realm) = (&operator.form.login, &config.sip.realm);
    let answer = serde_json::json!({
        "user": login, "domain": realm, "registrar": main, "udp": udp, "tcp": tcp, "tls": tls, "wss": wss,
        "expires_seconds": config.sip.register_seconds, "codecs": ["PCMU", "PCMA"], "dtmf": "RFC 4733",
    });
    let port = main.port();
    context.out.one(&answer, || {
        let secure = tls.map(|socket| format!("TLS ({})", socket.port()));
        let plain = [udp.map(|_| "UDP"), tcp.map(|_| "TCP")].into_iter().flatten().map(str::to_owned);
        let transports: Vec<String> = plain.chain(secure).collect();
        let host = main.ip();
        let rows = [
            (words::PHONE_USER, login.clone()),
            (words::PASSWORD, words::PHONE_PASSWORD_ONCE.text().to_owned()),
            (words::DOMAIN, host.to_string()),
            (words::PHONE_PORT, port.to_string()),
            (words::PHONE_TRANSPORT, transports.join(", ")),
            (words::PHONE_WEBSOCKET, wss.clone().unwrap_or_default()),
            (words::REALM, realm.clone()),
            (words::PHONE_CODECS, "PCMU (G.711 μ-law), PCMA".to_owned()),
            (words::DTMF, "RFC 4733 (RTP events)".to_owned()),
            (words::PHONE_REGISTRATION, words::PHONE_EVERY.with(&[&config.sip.register_seconds])),
        ];
        let first = transports.first().map_or("UDP", |name| if name.starts_with("TLS") { "TLS" } else { name });
        format!(
            "{}\n\nLinphone   SIP address sip:{login}@{main}, transport {first}\n\
             Zoiper     host {main}, user {login}, no outbound proxy\n\
             baresip    <sip:{login}@{main}>;auth_user={login};auth_pass=PASSWORD",
            fields(&rows),
        )
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_who_was_removed_does_not_come_back_by_a_new_value() {
        let set = || Set {
            login: "101".to_owned(),
            name: None,
            options: Options { srtp: Some("required".to_owned()), ..Options::default() },
        };
        let form = OperatorForm { login: "101".to_owned(), ..OperatorForm::default() };
        let row = |active| OperatorRow { id: 1, active, realm: String::new(), form: form.clone() };
        assert_eq!(changed(set(), row(true)), Ok(OperatorForm { srtp: "required".to_owned(), ..form.clone() }));
        let refused = changed(set(), row(false)).unwrap_err();
        assert!(refused.exit == Exit::Data && refused.what.contains("101") && !refused.remedy.is_empty());
    }
}
