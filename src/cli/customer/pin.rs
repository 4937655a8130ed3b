//! `denwaban client pin`: a firm's PIN for the recordings line.

use store::Store;

use super::super::Context;
use super::super::call::time;
use super::super::output::fields;
use super::active;
use crate::clock;
use crate::trouble::Troubles;
use crate::words;

/// Who did it, in the audit log.
const WHO: &str = "command line";

/// Whose, and what is to be done.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The firm's code
    code: String,
    /// A new PIN of nobody's choice; prints it once, and ends a lock
    #[arg(long, conflicts_with = "remove")]
    new: bool,
    /// No PIN: nobody hears the firm's recordings by telephone
    #[arg(long)]
    remove: bool,
}

/// Does it.
pub async fn run(context: &Context, store: &Store, arguments: Arguments) -> Result<(), Troubles> {
    let customer = active(store, &arguments.code).await?;
    let now_ms = clock::unix_ms();
    if arguments.remove {
        store.remove_dial_in_pin(customer.id, WHO, now_ms).await?;
        context
            .out
            .one(&serde_json::json!({ "removed": arguments.code }), || words::PIN_REMOVED.with(&[&arguments.code]));
        return Ok(());
    }
    if arguments.new {
        let pin = store.set_dial_in_pin(customer.id, None, WHO, now_ms).await?;
        let code = customer.id.to_string();
        let answer = serde_json::json!({ "code": code, "pin": pin });
        context.out.one(&answer, || {
            let rows = [(words::DIAL_IN_CODE, code.clone()), (words::PIN, pin.clone())];
            format!("{}\n{}", fields(&rows), words::SHOWN_ONCE)
        });
        return Ok(());
    }
    let state = store.dial_in(customer.id, now_ms).await?;
    let line = store.settings().await?.recordings_line;
    let answer = serde_json::json!({ "line": line, "dial_in": state });
    context.out.one(&answer, || {
        let when = |at: Option<i64>| at.map_or_else(|| words::NOTHING_SET.text().to_owned(), time);
        fields(&[
            (
                words::RECORDINGS_LINE,
                if line.is_empty() { words::NOTHING_SET.text().to_owned() } else { format!("+{line}") },
            ),
            (words::DIAL_IN_CODE, state.code.clone()),
            (words::PIN_SINCE, when(state.set_ms)),
            (words::LOCKED_UNTIL, when(state.locked_until_ms)),
        ])
    });
    Ok(())
}
