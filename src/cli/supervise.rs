//! `denwaban call supervise`: a supervisor's phone hears a call of the running switch.

use acd::CallId;
use clap::ValueEnum;
use serde_json::{Value, json};
use store::Store;

use super::Context;
use crate::local;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Arguments of `call supervise`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The call's 13 characters
    id: CallId,
    /// Login of the operator whose phone is called: it is asked to answer by itself
    #[arg(long, value_name = "LOGIN", required_unless_present = "stop")]
    by: Option<String>,
    /// Who hears the supervisor
    #[arg(long, value_enum, default_value = "listen")]
    mode: Mode,
    /// The supervisor leaves the call
    #[arg(long, conflicts_with_all = ["by", "mode"])]
    stop: bool,
}

/// Who hears a supervisor.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// Nobody
    Listen,
    /// The operator
    Whisper,
    /// Everybody
    Join,
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Join => "join",
        }
    }
}

/// Does it.
pub async fn run(context: &Context, store: &Store, arguments: Arguments) -> Result<(), Troubles> {
    let Arguments { id, by, mode, stop: _ } = arguments;
    let route = format!("/calls/{id}/supervise");
    match by {
        Some(login) => {
            let operator = store.operator_by_login(&login).await?.id;
            let body = json!({ "mode": mode.word(), "operator": operator });
            ask(context, "POST", &route, Some(&body)).await?;
            let done = json!({ "call": id.to_string(), "mode": mode.word(), "by": login });
            context.out.one(&done, || words::SUPERVISED.with(&[&login, &id, &mode.word()]));
        }
        None => {
            ask(context, "DELETE", &route, None).await?;
            context.out.one(&json!({ "call": id.to_string() }), || words::SUPERVISED_NO_MORE.with(&[&id]));
        }
    }
    Ok(())
}

/// Asks the running switch to do something with a call; what it refuses is said in its own words.
pub(super) async fn ask(context: &Context, method: &str, route: &str, body: Option<&Value>) -> Result<(), Troubles> {
    let socket = &context.config().web.socket;
    if socket.as_os_str().is_empty() {
        let remedy = words::NO_SOCKET_REMEDY.text();
        return Err(Trouble::new(Exit::Config, "web.socket", words::NO_SOCKET.text(), remedy).into());
    }
    let (status, answer) = local::ask(socket, method, route, body).await.map_err(|error| {
        let what = words::SOCKET_SILENT.with(&[&socket.display(), &error]);
        Trouble::new(Exit::Unavailable, "", what, words::SOCKET_SILENT_REMEDY.text())
    })?;
    refusal(status, &answer).map_or(Ok(()), |refused| Err(refused.into()))
}

/// What the switch says to this; `None`: it does it.
fn refusal(status: u16, answer: &Value) -> Option<Trouble> {
    let said = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let exit = match status {
        202 => return None,
        404 => Exit::Missing,
        409 | 422 => Exit::Failed,
        _ => Exit::Unavailable,
    };
    Some(Trouble::new(exit, said("field"), said("what"), said("remedy")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_said_in_the_switchs_words_and_the_exit_code_tells_the_sort() {
        assert_eq!(refusal(202, &Value::Null), None);
        let answer = json!({ "error": "conflict", "what": "the call is queued", "remedy": "wait", "field": "mode" });
        for (status, exit) in [(404, Exit::Missing), (409, Exit::Failed), (422, Exit::Failed), (503, Exit::Unavailable)]
        {
            assert_eq!(refusal(status, &answer), Some(Trouble::new(exit, "mode", "the call is queued", "wait")));
        }
    }
}
