//! PostgreSQL's own tools: `pg_dump` and `pg_restore`, where they are installed.

use std::path::Path;
use std::process::Stdio;

use super::BackupError;

/// Dumps the database into a file.
pub async fn dump(url: &str, file: &Path) -> Result<(), BackupError> {
    let out = format!("--file={}", file.display());
    // Not what earlier restorations have put aside.
    run("pg_dump", url, &["--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=before_*", &out]).await
}

/// Restores a dump into an empty schema, whole or not at all.
pub async fn restore(url: &str, file: &Path) -> Result<(), BackupError> {
    let file = file.display().to_string();
    run("pg_restore", url, &["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", &file]).await
}

async fn run(program: &str, url: &str, arguments: &[&str]) -> Result<(), BackupError> {
    let (url, password) = without_password(url);
    let mut command = std::process::Command::new(program);
    command.arg(format!("--dbname={url}")).args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::piped());
    if let Some(password) = password {
        // Everybody on the machine sees a command's arguments.
        command.env("PGPASSWORD", password);
    }
    let done = tokio::task::spawn_blocking(move || command.output()).await;
    let done = done.map_err(|error| BackupError::Tool(error.to_string()))?;
    let done = done.map_err(|error| {
        BackupError::Tool(format!(
            "{program} cannot be run ({error}): install PostgreSQL's client programs of the server's version, or back the \
             database up by its own means"
        ))
    })?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(BackupError::Tool(format!("{program} failed: {}", said.lines().next_back().unwrap_or_default())))
}

/// The address without its password, and the password as it is.
fn without_password(url: &str) -> (String, Option<String>) {
    let parts = url.split_once("://").and_then(|(scheme, rest)| {
        let (login, place) = rest.rsplit_once('@')?;
        let (user, password) = login.split_once(':')?;
        Some((format!("{scheme}://{user}@{place}"), decoded(password)))
    });
    match parts {
        Some((url, password)) => (url, Some(password)),
        None => (url.to_owned(), None),
    }
}

/// A part of an address without its percent signs (RFC 3986 section 2.1).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let coded = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match coded.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_told_to_everybody_on_the_machine() {
        let (url, password) = without_password("postgres://denwaban:p%40ss:w@db.example:5432/denwaban?sslmode=require");
        assert_eq!(url, "postgres://denwaban@db.example:5432/denwaban?sslmode=require");
        assert_eq!(password.as_deref(), Some("p@ss:w"));
        assert_eq!(without_password("postgres:///denwaban?host=/run"), ("postgres:///denwaban?host=/run".into(), None));
    }
}
