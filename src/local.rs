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

/// What is asked of the running switch.
#[derive(Clone, Copy, Default, Debug)]
pub struct Question<'a> {
    /// GET, POST …
    pub method: &'a str,
    /// Below `/api/v1`, with its query.
    pub route: &'a str,
    /// Content type of the body; empty: there is none.
    pub kind: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// The operator for whom it is asked, by row.
    pub operator: Option<i64>,
}

/// What it answers.
#[derive(PartialEq, Eq, Debug)]
pub struct Answer {
    /// HTTP's.
    pub status: u16,
    /// Content type; empty: there is none.
    pub kind: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON: null if there is none, a text if it is a file for a spreadsheet. `None`: it is neither.
    pub fn value(&self) -> Option<Value> {
        if self.body.is_empty() {
            return Some(Value::Null);
        }
        if self.kind.starts_with("text/csv") {
            return Some(Value::String(String::from_utf8_lossy(&self.body).into_owned()));
        }
        serde_json::from_slice(&self.body).ok()
    }
}

/// What the running switch answers: a status and a JSON body (null, if it has none).
pub async fn ask(path: &Path, method: &str, route: &str, body: Option<&Value>) -> io::Result<(u16, Value)> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let kind = if body.is_empty() { "" } else { "application/json" };
    let answer = send(path, &Question { method, route, kind, body: body.as_bytes(), operator: None }).await?;
    let value = answer.value().ok_or(io::ErrorKind::InvalidData)?;
    Ok((answer.status, value))
}

/// The same with a body of any kind, and an answer of any kind.
pub async fn send(path: &Path, question: &Question<'_>) -> io::Result<Answer> {
    let talk = async {
        let mut stream = UnixStream::connect(path).await?;
        stream.write_all(head(question).as_bytes()).await?;
        stream.write_all(question.body).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
        Ok::<_, io::Error>(answer)
    };
    let answer = timeout(ANSWER_MAX, talk).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    read(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The request's head.
fn head(question: &Question<'_>) -> String {
    let Question { method, route, kind, body, operator } = question;
    let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
    let operator = operator.map(|row| format!("{}: {row}\r\n", web::FOR_OPERATOR)).unwrap_or_default();
    let (length, language) = (body.len(), Language::current().tag());
    // HTTP/1.0: the answer ends with the connection.
    format!(
        "{method} /api/v1{route} HTTP/1.0\r\nHost: localhost\r\nAccept-Language: {language}\r\n{operator}{kind}\
         Content-Length: {length}\r\n\r\n"
    )
}

fn read(answer: &[u8]) -> Option<Answer> {
    const END: &[u8] = b"\r\n\r\n";
    let end = answer.windows(END.len()).position(|window| window == END)?;
    let (head, body) = (answer.get(..end)?, answer.get(end + END.len()..)?);
    let head = String::from_utf8_lossy(head);
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let head = head.to_ascii_lowercase();
    let named = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    // A file that broke off must not be taken for the whole.
    if named("content-length:").is_some_and(|length| length.parse() != Ok(body.len())) {
        return None;
    }
    Some(Answer { status, kind: named("content-type:").unwrap_or_default().to_owned(), body: body.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_with_and_without_a_body() {
        let value = |answer: &str| read(answer.as_bytes()).and_then(|answer| Some((answer.status, answer.value()?)));
        assert_eq!(value("HTTP/1.0 204 No Content\r\ndate: x\r\n\r\n"), Some((204, Value::Null)));
        assert_eq!(value("HTTP/1.1 200 OK\r\n\r\n[1]"), Some((200, serde_json::json!([1]))));
        let csv = "HTTP/1.1 200 OK\r\nContent-Type: text/csv; charset=utf-8\r\n\r\na,b\r\n";
        assert_eq!(value(csv), Some((200, serde_json::json!("a,b\r\n"))));
        for odd in [
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1]",
            "",
            "HTTP/1.0 200 OK\r\n",
            "SIP/2.0 200 OK\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\n{",
        ] {
            assert_eq!(value(odd), None, "{odd}");
        }
        let sound = read(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 2\r\n\r\n\xff\x00").unwrap();
        assert_eq!((sound.kind.as_str(), sound.body.as_slice()), ("audio/wav", &b"\xff\x00"[..]));
    }

    #[test]
    fn a_question_names_the_operator_for_whom_it_is_asked() {
        let named = Question { method: "GET", route: "/manuals/unread", operator: Some(7), ..Question::default() };
        assert!(head(&named).contains("\r\ndenwaban-operator: 7\r\n"), "{}", head(&named));
        assert!(!head(&Question { operator: None, ..named }).contains("operator"), "nobody is named");
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
