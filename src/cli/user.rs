//! `denwaban user`: people who log in to the web pages.

use clap::Subcommand;
use store::{Role, UserForm};

use super::Context;
use super::output::{fields, yes};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

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
    List,
    /// A new password; prints it once, and ends the user's sessions
    Password {
        /// Login name
        name: String,
    },
    /// End a user
    Remove {
        /// Login name
        name: String,
    },
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    let named = async |name: &str| -> Result<i64, Troubles> {
        let found = store.users().await?.into_iter().find(|user| user.form.name == name);
        let missing = || Trouble::new(Exit::Missing, "", words::NO_USER.with(&[&name]), words::NO_USER_REMEDY.text());
        Ok(found.ok_or_else(missing)?.id)
    };
    match verb {
        Verb::Add { name, role, operator } => {
            let role = Role::from_text(&role).ok_or_else(|| {
                let what = words::NO_ROLE.with(&[&role]);
                Trouble::new(Exit::Usage, "--role", what, words::NO_ROLE_REMEDY.text())
            })?;
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
        Verb::Password { name } => {
            let password = store.set_user_password(named(&name).await?, None).await?;
            let answer = serde_json::json!({ "user": name, "password": password });
            context.out.one(&answer, || once(&name, &password));
        }
        Verb::Remove { name } => {
            store.deactivate_user(named(&name).await?).await?;
            context.out.one(&serde_json::json!({ "removed": name }), || words::USER_ENDED.with(&[&name]));
        }
    }
    Ok(())
}

fn once(name: &str, password: &str) -> String {
    let rows = [(words::NAME, name.to_owned()), (words::PASSWORD, password.to_owned())];
    format!("{}\n{}", fields(&rows), words::SHOWN_ONCE)
}
