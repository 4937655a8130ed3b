//! The Unix socket by which the command line speaks with the running switch: the same API as on the web, for whoever may open
//! the socket, which is the user that runs denwaban alone.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use web::Api;

use crate::words::Language;

/// The switch answers its own socket at once; only the evidence of a month takes a while.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// No list or file that it gives is longer.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// Listens, and serves until the task is aborted.
pub fn open(path: &Path, api: Api) -> io::Result<JoinHandle<()>> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    // Nobody may open it before it is ours alone, and what a dead process left is in the way.
    let new = path.with_extension("new");
    for old in [&new, path] {
        match fs::remove_file(old) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let listener = UnixListener::bind(&new)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(0o600))?;
    fs::rename(&new, path)?;
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, web::local_router(api)).await {
            tracing::error!(%error, "the command line's socket is gone: calls go on");
        }
    }))
}

/// What the running switch answers: a status and a JSON body (null, if it has none).
pub async fn ask(path: &Path, method: &str, route: &str, body: Option<&Value>) -> io::Result<(u16, Value)> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let kind = if body.is_empty() { "" } else { "application/json" };
    send(path, method, route, kind, body.as_bytes()).await
}

/// The same with a body of any kind.
pub async fn send(path: &Path, method: &str, route: &str, kind: &str, body: &[u8]) -> io::Result<(u16, Value)> {
    let talk = async {
        let mut stream = UnixStream::connect(path).await?;
        // HTTP/1.0: the answer ends with the connection.
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let length = body.len();
        let language = Language::current().tag();
        let request = format!(
            "{method} /api/v1{route} HTTP/1.0\r\nHost: localhost\r\nAccept-Language: {language}\r\n{kind}Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
        Ok::<_, io::Error>(answer)
    };
    let answer = timeout(ANSWER_MAX, talk).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    read(&String::from_utf8_lossy(&answer)).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn read(answer: &str) -> Option<(u16, Value)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    // A file that broke off must not be taken for the whole.
    if length.is_some_and(|length| length.trim().parse() != Ok(body.len())) {
        return None;
    }
    let body = match body {
        "" => Value::Null,
        // A file for a spreadsheet is no JSON.
        _ if head.contains("content-type: text/csv") => Value::String(body.to_owned()),
        _ => serde_json::from_str(body).ok()?,
    };
    Some((status, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_with_and_without_a_body() {
        assert_eq!(read("HTTP/1.0 204 No Content\r\ndate: x\r\n\r\n"), Some((204, Value::Null)));
        assert_eq!(read("HTTP/1.1 200 OK\r\n\r\n[1]"), Some((200, serde_json::json!([1]))));
        let csv = "HTTP/1.1 200 OK\r\nContent-Type: text/csv; charset=utf-8\r\n\r\na,b\r\n";
        assert_eq!(read(csv), Some((200, serde_json::json!("a,b\r\n"))));
        for odd in [
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1]",
            "",
            "HTTP/1.0 200 OK\r\n",
            "SIP/2.0 200 OK\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\n{",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[tokio::test]
    async fn nobody_listens_on_a_socket_that_a_dead_process_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("denwaban.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert_eq!(ask(&path, "GET", "/bans", None).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(
            ask(&folder.path().join("no"), "GET", "/bans", None).await.unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
