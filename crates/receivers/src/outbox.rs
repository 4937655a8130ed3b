//! The outbox: a page that shows what the stand-ins received, newest first, as people would see it and as it came, and that
//! makes one of them fail. For the demo; it listens on this machine alone.
//!
//! What is shown comes from callers, through a firm's channels: the page writes it as text, and shows a mail's HTML in a frame
//! without scripts, forms or an origin of its own.

mod entry;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::http::{Fault, Service, Services};
use crate::smtp;

/// Entries on the page; older ones are not shown.
const ENTRIES_MAX: usize = 200;
/// The name under which the mail server stands among the services.
const MAIL: &str = "mail";
/// The page may load its own script and style, and frame its own mails; nothing from anywhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; \
                      base-uri 'none'; form-action 'none'";
/// A mail may have its own styles, and nothing else.
const MAIL_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'";

/// The page's server. It ends when this is dropped.
pub struct Outbox {
    address: SocketAddr,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Shown {
    services: Services,
    mails: Arc<smtp::Server>,
    /// What was switched on this page, by service.
    faults: Arc<Mutex<BTreeMap<String, &'static str>>>,
}

impl Outbox {
    /// Listens on `address`, which should be one of this machine's own.
    ///
    /// # Errors
    /// The address is taken.
    pub async fn start(address: SocketAddr, services: Services, mails: Arc<smtp::Server>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shown = Shown { services, mails, faults: Arc::default() };
        let router = Router::new()
            .route("/", get(|| async { Redirect::temporary("/outbox") }))
            .route("/outbox", get(page))
            .route("/outbox/page.js", get(script))
            .route("/outbox/page.css", get(style))
            .route("/outbox/entries", get(entries))
            .route("/outbox/mails/{place}", get(mail))
            .route("/outbox/fault", post(set_fault))
            .layer(middleware::from_fn(move |request: Request, next: Next| own_host(address, request, next)))
            .with_state(shown);
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, server })
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://{}/outbox", self.address)
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Somebody else's page whose name leads to this machine must not read what is here.
async fn own_host(address: SocketAddr, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    let ours = name == "localhost" || name.trim_matches(['[', ']']).parse() == Ok(address.ip());
    if ours && port == address.port().to_string() {
        next.run(request).await
    } else {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    }
}

async fn page() -> Response {
    served("text/html; charset=utf-8", POLICY, include_str!("outbox/page.html"))
}

async fn script() -> Response {
    served("text/javascript; charset=utf-8", POLICY, include_str!("outbox/page.js"))
}

async fn style() -> Response {
    served("text/css; charset=utf-8", POLICY, include_str!("outbox/page.css"))
}

fn served(kind: &'static str, policy: &'static str, body: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, body).into_response()
}

/// Everything that was received, newest first, and what fails.
async fn entries(State(shown): State<Shown>) -> Json<Value> {
    let mut entries: Vec<(i64, Value)> = Vec::new();
    for (place, mail) in shown.mails.mails().iter().enumerate() {
        entries.push((mail.at_ms, entry::mail(place, mail)));
    }
    for received in shown.services.requests() {
        entries.push((received.at_ms, entry::posting(&received)));
    }
    // What came in the same millisecond keeps its order.
    entries.reverse();
    entries.sort_by_key(|(at_ms, _)| std::cmp::Reverse(*at_ms));
    let newest: Vec<Value> = entries.into_iter().take(ENTRIES_MAX).map(|(_, entry)| entry).collect();
    let faults = shown.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let services: Vec<Value> = std::iter::once(MAIL)
        .chain(Service::ALL.map(Service::name))
        .map(|name| json!({ "name": name, "fault": faults.get(name).copied().unwrap_or("none") }))
        .collect();
    Json(json!({ "entries": newest, "services": services }))
}

/// The HTML of a mail.
async fn mail(State(shown): State<Shown>, Path(place): Path<usize>) -> Response {
    match shown.mails.mails().get(place).and_then(entry::html) {
        Some(html) => served("text/html; charset=utf-8", MAIL_POLICY, html),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    service: String,
    fault: String,
}

/// Makes a service fail, or work again.
async fn set_fault(State(shown): State<Shown>, Json(switch): Json<Switch>) -> StatusCode {
    let Some((name, of_mail, of_chat)) = fault(&switch.fault) else { return StatusCode::BAD_REQUEST };
    match (switch.service.as_str(), Service::named(&switch.service)) {
        (MAIL, _) => shown.mails.fail(of_mail),
        (_, Some(service)) => shown.services.fail(service, of_chat),
        (_, None) => return StatusCode::BAD_REQUEST,
    }
    shown.faults.lock().unwrap_or_else(PoisonError::into_inner).insert(switch.service, name);
    StatusCode::NO_CONTENT
}

/// The faults that the page offers, for mail and for chats.
fn fault(name: &str) -> Option<(&'static str, smtp::Fault, Fault)> {
    let status = |status: u16, after: Option<&str>| Fault::Status(status, after.map(str::to_owned));
    match name {
        "none" => Some(("none", smtp::Fault::None, Fault::None)),
        "busy" => Some(("busy", smtp::Fault::DataCode(451), status(429, Some("10")))),
        "broken" => Some(("broken", smtp::Fault::Drop, status(500, None))),
        "silent" => Some(("silent", smtp::Fault::Hang, Fault::Timeout)),
        "refuses" => Some(("refuses", smtp::Fault::DataCode(550), status(403, None))),
        "forgets" => Some(("forgets", smtp::Fault::DropAfterData, Fault::DropAfterAccept)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
