//! `denwaban wall`: screens on a wall, each with a link of its own.

use clap::Subcommand;

use super::Context;
use super::output::{fields, yes};
use crate::clock;
use crate::trouble::Troubles;
use crate::words;

/// Who makes and revokes links here, in the audit log.
const WHO: &str = "command line";

/// What can be done with screens.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// A new screen; prints its link once
    #[command(after_help = "Example:\n  denwaban wall add 大画面")]
    Add {
        /// Where it hangs
        name: String,
    },
    /// All screens
    #[command(after_help = "Example:\n  denwaban wall list")]
    List,
    /// A screen shows nothing from now on
    #[command(after_help = "Example:\n  denwaban wall revoke 2")]
    Revoke {
        /// Its id, as `list` has it
        id: i64,
    },
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    match verb {
        Verb::Add { name } => {
            let (display, token) = store.create_display(&name, WHO, clock::unix_ms()).await?;
            let link = web::wall_link(&context.config().web.public_url, &token);
            let answer = serde_json::json!({ "display": display, "link": link });
            let rows = [(words::NAME, display.name.clone()), (words::WALL_LINK, link)];
            context.out.one(&answer, || format!("{}\n{}", fields(&rows), words::SHOWN_ONCE));
        }
        Verb::List => {
            let displays = store.displays().await?;
            context.out.list(&displays, &[words::ID, words::NAME, words::ACTIVE], |display| {
                vec![display.id.to_string(), display.name.clone(), yes(display.revoked_ms.is_none())]
            });
        }
        Verb::Revoke { id } => {
            let display = store.revoke_display(id, WHO, clock::unix_ms()).await?;
            context.out.one(&display, || words::WALL_REVOKED.with(&[&display.name]));
        }
    }
    Ok(())
}
