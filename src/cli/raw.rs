//! `denwaban api`: any route of the running switch, for scripts.

use std::path::PathBuf;

use serde_json::Value;

use super::Context;
use super::api::send;
use super::files::{document, into_file, read};
use crate::local::Question;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Arguments of `api`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// GET, POST, PUT, PATCH or DELETE
    #[arg(value_parser = ["GET", "POST", "PUT", "PATCH", "DELETE"], ignore_case = true)]
    method: String,
    /// Where, with its query, as `denwaban api GET /openapi.json` lists them: /reports/unfinished
    path: String,
    /// The body: JSON, or @FILE (`@-` is standard input)
    #[arg(long, value_name = "JSON|@FILE")]
    body: Option<String>,
    /// The body's content type
    #[arg(long = "type", value_name = "TYPE", default_value = "application/json", requires = "body")]
    kind: String,
    /// For this operator, by login: some routes are about the operator who asks
    #[arg(long = "for", value_name = "LOGIN")]
    operator: Option<String>,
    /// Into this new file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Asks, and prints what is answered: JSON, or the file that it is.
pub async fn run(context: &Context, arguments: Arguments) -> Result<(), Troubles> {
    let Arguments { method, path, body, kind, operator, output } = arguments;
    let route = route(&path)?;
    let body = match body.as_deref().map(|given| given.strip_prefix('@').ok_or(given)) {
        None => Vec::new(),
        Some(Err(text)) => text.as_bytes().to_vec(),
        Some(Ok(file)) if kind == "application/json" => document(file.as_ref())?.to_string().into_bytes(),
        Some(Ok(file)) => read(file.as_ref())?,
    };
    let operator = match operator {
        Some(login) => Some(context.store().await?.operator_by_login(&login).await?.id),
        None => None,
    };
    let kind = if body.is_empty() { "" } else { kind.as_str() };
    let method = method.to_ascii_uppercase();
    let answer = send(context, &Question { method: &method, route: &route, kind, body: &body, operator }).await?;
    match output {
        Some(file) => into_file(&file, &answer.body)?,
        None => match serde_json::from_slice::<Value>(&answer.body) {
            Ok(value) => context.out.one(&value, || serde_json::to_string_pretty(&value).unwrap_or_default()),
            Err(_) => context.out.bytes(&answer.body),
        },
    }
    Ok(())
}

/// The path below `/api/v1`, as it may stand in a request's first line.
fn route(path: &str) -> Result<String, Trouble> {
    let below = path.strip_prefix("/api/v1").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    if !below.starts_with('/') {
        let what = words::NO_PATH.with(&[&super::output::clean(path)]);
        return Err(Trouble::new(Exit::Usage, "PATH", what, words::NO_PATH_REMEDY.text()));
    }
    let plain = |byte: u8| byte.is_ascii_graphic();
    Ok(below
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_with_and_without_its_beginning_and_cannot_break_out_of_its_line() {
        assert_eq!(route("/reports?text=高 a").unwrap(), "/reports?text=%E9%AB%98%20a");
        assert_eq!(route("/api/v1/calls").unwrap(), "/calls");
        assert_eq!(route("/calls\r\nX: y").unwrap(), "/calls%0D%0AX:%20y");
        for odd in ["calls", "", "http://x/calls"] {
            let trouble = route(odd).unwrap_err();
            assert!(trouble.exit == Exit::Usage && trouble.place == "PATH", "{trouble:?}");
        }
    }
}
