//! `denwaban user`: people who log in to the web pages.

use clap::Subcommand;
use store::{Door, Person, Role, Store, UserForm, UserRow};

use super::Context;
use super::call::time;
use super::output::{fields, yes};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;
use crate::{clock, links};

/// What can be done with users.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// A new user; prints the password once
    #[command(
        after_help = "Examples:\n  denwaban user add tanaka --role supervisor\n  denwaban user add hanako --role operator --operator 101"
    )]
    Add {
        /// Login name
        name: String,
        /// admin, supervisor or operator
        #[arg(long)]
        role: String,
        /// Login of the operator that this user is
        #[arg(long, value_name = "LOGIN")]
        operator: Option<String>,
    },
    /// All users
    #[command(after_help = "Example:\n  denwaban user list")]
    List,
    /// Another role for a user, or another operator whom the user is; sessions go on with it
    #[command(after_help = "Examples:\n  denwaban user set tanaka --role supervisor\n  \
        denwaban user set hanako --operator 102\n  denwaban user set hanako --role admin --no-operator")]
    Set(Set),
    /// A new password; prints it once, and ends the user's sessions
    #[command(after_help = "Example:\n  denwaban user password tanaka")]
    Password {
        /// Login name
        name: String,
    },
    /// A one-time link by which the first administrator comes in, while there is none
    #[command(after_help = "Example:\n  denwaban user first")]
    First,
    /// A one-time link by which a user sets a new password
    #[command(after_help = "Example:\n  denwaban user link tanaka")]
    Link {
        /// Login name
        name: String,
    },
    /// Where a user is logged in, and with what
    #[command(after_help = "Examples:\n  denwaban user sessions tanaka\n  denwaban user sessions tanaka --end\n  \
        denwaban user sessions tanaka --end-one 0a1b2c3d4e5f6071")]
    Sessions {
        /// Login name
        name: String,
        /// End all of them
        #[arg(long)]
        end: bool,
        /// End this one
        #[arg(long, value_name = "ID", conflicts_with = "end")]
        end_one: Option<String>,
    },
    /// Which roles need a second factor or a passkey: see it, set it
    #[command(
        after_help = "Examples:\n  denwaban user second-factor\n  denwaban user second-factor --demand admin,supervisor\n  \
        denwaban user second-factor --demand none"
    )]
    SecondFactor {
        /// Demand it of these roles and of no other: admin, supervisor, operator, or none
        #[arg(long, value_name = "ROLES", value_delimiter = ',')]
        demand: Option<Vec<String>>,
    },
    /// A user's second factors; with --reset codes, recovery codes, passkeys and sessions end, and the password stays
    #[command(after_help = "Example:\n  denwaban user totp tanaka --reset")]
    Totp {
        /// Login name
        name: String,
        /// The telephone is lost
        #[arg(long)]
        reset: bool,
    },
    /// End a user
    #[command(after_help = "Example:\n  denwaban user remove tanaka")]
    Remove {
        /// Login name
        name: String,
    },
}

/// Arguments of `user set`.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct Set {
    /// Login name
    name: String,
    /// admin, supervisor or operator
    #[arg(long, group = "change")]
    role: Option<String>,
    /// Login of the operator that this user is
    #[arg(long, value_name = "LOGIN", group = "change")]
    operator: Option<String>,
    /// The user is no operator
    #[arg(long, group = "change", conflicts_with = "operator")]
    no_operator: bool,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    let named = async |name: &str| -> Result<i64, Troubles> { Ok(find(&store, name).await?.id) };
    match verb {
        Verb::Add { name, role, operator } => {
            let role = known_role("--role", &role)?;
            let operator_id = match operator {
                Some(login) => Some(store.operator_by_login(&login).await?.id),
                None => None,
            };
            let (user, password) = store.create_user(&UserForm { name, role, operator_id }, None).await?;
            let answer = serde_json::json!({ "user": user, "password": password });
            context.out.one(&answer, || once(&user.form.name, &password));
        }
        Verb::List => {
            let users = store.users().await?;
            context.out.list(&users, &[words::ID, words::NAME, words::ROLE, words::ACTIVE], |user| {
                let role = user.form.role.as_str().to_owned();
                vec![user.id.to_string(), user.form.name.clone(), role, yes(user.active)]
            });
        }
        Verb::Set(arguments) => set(context, &store, arguments).await?,
        Verb::Password { name } => {
            let password = store.set_user_password(named(&name).await?, None).await?;
            let answer = serde_json::json!({ "user": name, "password": password });
            context.out.one(&answer, || once(&name, &password));
        }
        Verb::First => {
            let link = links::first(context.config(), &store).await?.ok_or_else(|| {
                Trouble::new(Exit::Failed, "", words::HAS_ADMINISTRATOR.text(), words::HAS_ADMINISTRATOR_REMEDY.text())
            })?;
            context.out.one(&serde_json::json!({ "link": link }), || format!("{}\n\n  {link}", words::FIRST_LINK));
        }
        Verb::Link { name } => {
            let link = links::of_user(context.config(), &store, named(&name).await?).await?;
            store.note(clock::unix_ms(), "command line", "user.link", &name, "").await?;
            let told = || format!("{}\n\n  {link}", words::USER_LINK.with(&[&name]));
            context.out.one(&serde_json::json!({ "user": name, "link": link }), told);
        }
        Verb::Sessions { name, end_one: Some(session), .. } => {
            store.end_session_of(Person::User(named(&name).await?), &session, clock::unix_ms()).await?;
            store.note(clock::unix_ms(), "command line", "session.end", &name, "").await?;
            let ended = serde_json::json!({ "user": name, "ended": session });
            context.out.one(&ended, || words::SESSION_ENDED.with(&[&session, &name]));
        }
        Verb::Sessions { name, end, end_one: None } => {
            sessions(context, &store, named(&name).await?, &name, end).await?;
        }
        Verb::SecondFactor { demand } => door(context, &store, demand).await?,
        Verb::Totp { name, reset } => second_factor(context, &store, named(&name).await?, &name, reset).await?,
        Verb::Remove { name } => {
            store.deactivate_user(named(&name).await?).await?;
            context.out.one(&serde_json::json!({ "removed": name }), || words::USER_ENDED.with(&[&name]));
        }
    }
    Ok(())
}

async fn set(context: &Context, store: &Store, arguments: Set) -> Result<(), Troubles> {
    let Set { name, role, operator, no_operator } = arguments;
    let before = find(store, &name).await?;
    if !before.active {
        let what = words::USER_IS_ENDED.with(&[&name]);
        return Err(Trouble::new(Exit::Data, "", what, words::USER_IS_ENDED_REMEDY.text()).into());
    }
    let role = role.map(|role| known_role("--role", &role)).transpose()?;
    let operator_id = match operator {
        Some(login) => Some(store.operator_by_login(&login).await?.id),
        None => before.form.operator_id.filter(|_| !no_operator),
    };
    let form = UserForm { role: role.unwrap_or(before.form.role), operator_id, ..before.form };
    let user = store.update_user(before.id, &form).await?;
    let role = user.form.role.as_str();
    let detail = user.form.operator_id.map_or_else(|| role.to_owned(), |id| format!("{role} operator {id}"));
    store.note(clock::unix_ms(), "command line", "user.update", &name, &detail).await?;
    context.out.one(&user, || words::USER_CHANGED.with(&[&name, &role]));
    Ok(())
}

async fn find(store: &Store, name: &str) -> Result<UserRow, Troubles> {
    let found = store.users().await?.into_iter().find(|user| user.form.name == name);
    let missing = || Trouble::new(Exit::Missing, "", words::NO_USER.with(&[&name]), words::NO_USER_REMEDY.text());
    Ok(found.ok_or_else(missing)?)
}

async fn sessions(context: &Context, store: &Store, id: i64, name: &str, end: bool) -> Result<(), Troubles> {
    let person = Person::User(id);
    if end {
        store.end_sessions_of(person, None).await?;
        store.note(clock::unix_ms(), "command line", "session.end", name, "").await?;
        let ended = serde_json::json!({ "user": name, "sessions": [] });
        context.out.one(&ended, || words::SESSIONS_ENDED.with(&[&name]));
        return Ok(());
    }
    let sessions = store.sessions_of(person, clock::unix_ms()).await?;
    let heads = [words::ID, words::SESSION_DEVICE, words::SESSION_ADDRESS, words::SESSION_SEEN, words::CODES];
    context.out.list(&sessions, &heads, |one| {
        vec![one.id.clone(), one.device.clone(), one.address.clone(), time(one.seen_ms), yes(one.strong)]
    });
    Ok(())
}

/// Which roles need a second factor.
async fn door(context: &Context, store: &Store, demand: Option<Vec<String>>) -> Result<(), Troubles> {
    if let Some(roles) = demand {
        let second_factor = roles.iter().filter(|role| *role != "none").map(|role| known_role("--demand", role));
        let door = Door { second_factor: second_factor.collect::<Result<_, _>>()? };
        store.save_door(&door).await?;
        let roles: Vec<&str> = door.second_factor.iter().map(|role| role.as_str()).collect();
        store.note(clock::unix_ms(), "command line", "door.change", &roles.join(" "), "").await?;
    }
    let door = store.door().await?;
    context.out.one(&door, || {
        let roles: Vec<&str> = door.second_factor.iter().map(|role| role.as_str()).collect();
        if roles.is_empty() {
            words::FACTOR_OF_NOBODY.text().to_owned()
        } else {
            words::FACTOR_OF.with(&[&roles.join(", ")])
        }
    });
    Ok(())
}

fn known_role(option: &str, role: &str) -> Result<Role, Trouble> {
    Role::from_text(role)
        .ok_or_else(|| Trouble::new(Exit::Usage, option, words::NO_ROLE.with(&[&role]), words::NO_ROLE_REMEDY.text()))
}

async fn second_factor(context: &Context, store: &Store, id: i64, name: &str, reset: bool) -> Result<(), Troubles> {
    let person = Person::User(id);
    if reset {
        store.forget_factors(person).await?;
        store.note(clock::unix_ms(), "command line", "user.second_factor.reset", name, "").await?;
        let told = serde_json::json!({ "user": name, "codes": false, "passkeys": 0 });
        context.out.one(&told, || words::FACTOR_RESET.with(&[&name]));
        return Ok(());
    }
    let codes = store.totp(person).await?.is_some_and(|row| row.since_ms.is_some());
    let passkeys = store.passkeys(person).await?.len();
    let told = serde_json::json!({ "user": name, "codes": codes, "passkeys": passkeys });
    let rows = [(words::CODES, yes(codes)), (words::PASSKEYS, passkeys.to_string())];
    context.out.one(&told, || fields(&rows));
    Ok(())
}

fn once(name: &str, password: &str) -> String {
    let rows = [(words::NAME, name.to_owned()), (words::PASSWORD, password.to_owned())];
    format!("{}\n{}", fields(&rows), words::SHOWN_ONCE)
}
