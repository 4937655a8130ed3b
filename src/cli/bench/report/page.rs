//! The operator's page, as far as the API sees it: one who is logged in and presses "send".

use std::io;
use std::net::SocketAddr;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{HANGING, Sent};
use crate::clock;

/// Bytes of an answer.
const ANSWER_MAX: u64 = 1 << 20;

/// A page.
pub struct Page {
    api: SocketAddr,
    token: String,
}

#[derive(Deserialize)]
struct LoggedIn {
    token: String,
}

#[derive(Deserialize)]
struct OnItsWay {
    deliveries: Vec<Delivered>,
}

#[derive(Deserialize)]
struct Delivered {
    id: String,
    recipient: String,
}

impl Page {
    /// Somebody logs in.
    pub async fn open(api: SocketAddr, name: &str, password: &str) -> io::Result<Page> {
        let nobody = Page { api, token: String::new() };
        let body = serde_json::json!({ "name": name, "password": password });
        let LoggedIn { token } = nobody.ask("POST", "/login", &body.to_string()).await?;
        Ok(Page { api, token })
    }

    /// Presses "send"; from here on it counts.
    pub async fn send(&self, report: &str) -> io::Result<Sent> {
        let (begun_ms, begun) = (clock::unix_ms(), clock::now());
        let OnItsWay { deliveries } = self.ask("POST", &format!("/reports/{report}/send"), "{}").await?;
        let answered_ms = begun.elapsed().as_secs_f64() * 1e3;
        let (hanging, well): (Vec<_>, Vec<_>) = deliveries.into_iter().partition(|to| to.recipient == HANGING);
        Ok(Sent { begun_ms, answered_ms, well: well.into_iter().map(|to| to.id).collect(), hanging: hanging.len() })
    }

    /// One request on a connection of its own.
    async fn ask<T: for<'de> Deserialize<'de>>(&self, method: &str, route: &str, body: &str) -> io::Result<T> {
        let (api, token) = (self.api, &self.token);
        let request = format!(
            "{method} /api/v1{route} HTTP/1.1\r\nHost: {api}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(api).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_MAX).read_to_end(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(io::Error::other(format!("{method} {route}: {answer}")));
        }
        serde_json::from_str(body).map_err(io::Error::other)
    }
}
