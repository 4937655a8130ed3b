//! `denwaban client member`: the firm's own people who log in to my page.

use clap::Subcommand;
use store::{MemberForm, MemberRole, MemberRow, from_word, word};

use super::super::Context;
use super::super::output::{fields, yes};
use super::active;
use crate::clock;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Who did it, in the audit log.
const WHO: &str = "command line";

/// What can be done with a firm's logins.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// A new login for the firm's page; prints the password once
    #[command(
        after_help = "Example:\n  denwaban client member add sakura-dental sato@sakura.example --name 佐藤 --role owner"
    )]
    Add {
        /// The firm's code
        code: String,
        /// Mail address or short name
        login: String,
        /// What colleagues read
        #[arg(long)]
        name: String,
        /// owner (manages the logins), member (deals with reports) or reader
        #[arg(long, default_value = "member")]
        role: String,
    },
    /// The firm's logins
    #[command(after_help = "Example:\n  denwaban client member list sakura-dental")]
    List {
        /// The firm's code
        code: String,
    },
    /// Another name or role for a login
    #[command(after_help = "Example:\n  denwaban client member set sakura-dental sato@sakura.example --role owner")]
    #[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
    Set {
        /// The firm's code
        code: String,
        /// The login
        login: String,
        /// What colleagues read
        #[arg(long, group = "change")]
        name: Option<String>,
        /// owner (manages the logins), member (deals with reports) or reader
        #[arg(long, group = "change")]
        role: Option<String>,
    },
    /// A new password; prints it once, and ends the login's sessions
    #[command(after_help = "Example:\n  denwaban client member password sakura-dental sato@sakura.example")]
    Password {
        /// The firm's code
        code: String,
        /// The login
        login: String,
    },
    /// Take codes and passkeys of a login away whose telephone is lost, and end its sessions; the password stays
    #[command(after_help = "Example:\n  denwaban client member second-factor sakura-dental sato@sakura.example")]
    SecondFactor {
        /// The firm's code
        code: String,
        /// The login
        login: String,
    },
    /// Everybody of the firm needs a second factor from the next login on: on or off
    #[command(after_help = "Example:\n  denwaban client member demand sakura-dental on")]
    Demand {
        /// The firm's code
        code: String,
        /// on or off
        #[arg(value_parser = clap::builder::BoolishValueParser::new(), action = clap::ArgAction::Set)]
        on: bool,
    },
    /// End a login
    #[command(after_help = "Example:\n  denwaban client member remove sakura-dental sato@sakura.example")]
    Remove {
        /// The firm's code
        code: String,
        /// The login
        login: String,
    },
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    let now_ms = clock::unix_ms();
    match verb {
        Verb::Add { code, login, name, role } => {
            let role = known_role(&role)?;
            let customer = active(&store, &code).await?;
            let form = MemberForm { login, name, role };
            let (member, password) = store.create_member(customer.id, &form, None, WHO, now_ms).await?;
            let answer = serde_json::json!({ "member": member, "password": password });
            context.out.one(&answer, || once(&member.form.login, &password));
        }
        Verb::List { code } => {
            let customer = store.customer_by_code(&code).await?;
            let members = store.members(customer.id).await?;
            context.out.list(&members, &[words::LOGIN, words::NAME, words::ROLE, words::ACTIVE], |member| {
                let form = &member.form;
                vec![form.login.clone(), form.name.clone(), word(&form.role), yes(member.active)]
            });
        }
        Verb::Set { code, login, name, role } => {
            let before = found(&store, &code, &login).await?;
            if !before.active {
                let what = words::USER_IS_ENDED.with(&[&login]);
                return Err(Trouble::new(Exit::Data, "", what, words::USER_IS_ENDED_REMEDY.text()).into());
            }
            let role = role.as_deref().map(known_role).transpose()?;
            let form =
                MemberForm { login, name: name.unwrap_or(before.form.name), role: role.unwrap_or(before.form.role) };
            let member = store.update_member(before.customer, before.id, &form, WHO, now_ms).await?;
            context.out.one(&member, || {
                words::MEMBER_IS.with(&[&member.form.login, &member.form.name, &word(&member.form.role)])
            });
        }
        Verb::Password { code, login } => {
            let (customer, id) = find(&store, &code, &login).await?;
            let password = store.set_member_password(customer, id, None, WHO, now_ms).await?;
            let answer = serde_json::json!({ "member": login, "password": password });
            context.out.one(&answer, || once(&login, &password));
        }
        Verb::SecondFactor { code, login } => {
            let (customer, id) = find(&store, &code, &login).await?;
            store.forget_factors(store::Person::Member(id)).await?;
            let about = format!("customer {customer}");
            store.note(now_ms, WHO, "member.second_factor.reset", &about, &format!("member {id}")).await?;
            context.out.one(&serde_json::json!({ "reset": login }), || words::FACTOR_FORGOTTEN.with(&[&login]));
        }
        Verb::Demand { code, on } => {
            let customer = active(&store, &code).await?.id;
            store.save_firm_door(customer, on, WHO, now_ms).await?;
            let said = if on { words::FACTOR_DEMANDED } else { words::FACTOR_SPARED };
            context.out.one(&serde_json::json!({ "second_factor": on }), || said.with(&[&code]));
        }
        Verb::Remove { code, login } => {
            let (customer, id) = find(&store, &code, &login).await?;
            store.end_member(customer, id, WHO, now_ms).await?;
            context.out.one(&serde_json::json!({ "removed": login }), || words::USER_ENDED.with(&[&login]));
        }
    }
    Ok(())
}

/// The firm's row and the login's.
async fn find(store: &store::Store, code: &str, login: &str) -> Result<(i64, i64), Troubles> {
    let member = found(store, code, login).await?;
    Ok((member.customer, member.id))
}

fn known_role(role: &str) -> Result<MemberRole, Trouble> {
    from_word(role).ok_or_else(|| {
        let what = words::NO_ROLE.with(&[&role]);
        Trouble::new(Exit::Usage, "--role", what, words::NO_MEMBER_ROLE_REMEDY.text())
    })
}

async fn found(store: &store::Store, code: &str, login: &str) -> Result<MemberRow, Troubles> {
    let customer = store.customer_by_code(code).await?;
    let found = store.members(customer.id).await?.into_iter().find(|member| member.form.login == login);
    let missing = || {
        let what = words::NO_USER.with(&[&login]);
        Trouble::new(Exit::Missing, "", what, words::NO_MEMBER_REMEDY.with(&[&code]))
    };
    Ok(found.ok_or_else(missing)?)
}

fn once(login: &str, password: &str) -> String {
    let rows = [(words::LOGIN, login.to_owned()), (words::PASSWORD, password.to_owned())];
    format!("{}\n{}", fields(&rows), words::SHOWN_ONCE)
}
