//! The chat services as their documentation describes them: the same addresses, headers, schemas, limits and answers, on a
//! port of this machine. What does not fit the documentation is refused and remembered as refused.
//!
//! * [`Services`]: the server, what it received, and its [`Fault`]s.
//! * One file per service: what it wants ([`Asked`]) and how it answers ([`Answer`]).
//! * `wire`: connections that can be cut. `check`: strict reading.

mod chatwork;
mod check;
mod discord;
mod google_chat;
pub mod known;
mod line;
mod line_works;
mod received;
mod service;
mod slack;
mod teams;
mod webhook;
mod wire;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use received::{Fault, Received, Verdict};
pub use service::Service;
use wire::Cut;

/// Postings that are remembered; the oldest go first.
const RECEIVED_MAX: usize = 20_000;
/// Bytes of one request.
const BODY_MAX: usize = 1 << 20;

/// A request, in the hands of its service.
struct Asked<'a> {
    path: &'a HashMap<String, String>,
    query: &'a [(String, String)],
    headers: &'a HeaderMap,
    body: &'a [u8],
    now_ms: i64,
    /// Access tokens that LINE WORKS has given out, with their ends in unix ms.
    tokens: &'a BTreeMap<String, i64>,
}

impl Asked<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A posting that fits the documentation.
struct Posting {
    room: String,
    key: Option<String>,
}

/// What a service answers.
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Answer {
    fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: vec![("content-type", "text/plain; charset=utf-8".into())], body: body.into() }
    }

    fn json(status: u16, body: serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json; charset=utf-8".into())];
        Self { status, headers, body: body.to_string() }
    }

    fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Why a service does not take a request: what it answers, and what was wrong, for whoever reads [`Verdict::Refused`].
struct Refusal {
    answer: Answer,
    why: String,
}

/// The services, on one port of this machine, until the last copy of this handle is dropped.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    state: Mutex<Book>,
    arrivals: watch::Sender<u64>,
    server: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(server) = self.server.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            server.abort();
        }
    }
}

#[derive(Default)]
struct Book {
    received: VecDeque<Received>,
    requests: u64,
    /// By service and key: which posting that key was.
    keys: BTreeMap<(Service, String), u64>,
    faults: BTreeMap<Service, Plan>,
    tokens: BTreeMap<String, i64>,
    tokens_given: u64,
    /// How far their clock is ahead of the machine's.
    ahead_ms: i64,
}

/// When a service misbehaves.
struct Plan {
    fault: Fault,
    /// Every how manieth request; 1: each.
    every: u32,
    /// How often at most; `None`: until it is told otherwise.
    left: Option<u32>,
    seen: u32,
}

impl Services {
    /// Starts them on `address` (port 0: any).
    pub async fn start(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let inner = Arc::new(Inner {
            address: listener.local_addr()?,
            state: Mutex::default(),
            arrivals: watch::Sender::new(0),
            server: Mutex::default(),
        });
        // The server holds the book weakly: it ends with the last handle.
        let service = router(Arc::downgrade(&inner)).into_make_service_with_connect_info::<Cut>();
        let server = tokio::spawn(async move {
            let _ = axum::serve(wire::Listener(listener), service).await;
        });
        *inner.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
        Ok(Self(inner))
    }

    /// Where they listen.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// The base URL of every service, without a slash at the end.
    pub fn base(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// From now on `service` has this fault, at every request.
    pub fn fail(&self, service: Service, fault: Fault) {
        self.0.book().faults.insert(service, Plan { fault, every: 1, left: None, seen: 0 });
    }

    /// `service` has this fault at its next `times` requests, and none after that.
    pub fn fail_times(&self, service: Service, fault: Fault, times: u32) {
        self.0.book().faults.insert(service, Plan { fault, every: 1, left: Some(times), seen: 0 });
    }

    /// `service` has this fault at each `every`th request.
    pub fn fail_every(&self, service: Service, fault: Fault, every: u32) {
        self.0.book().faults.insert(service, Plan { fault, every: every.max(1), left: None, seen: 0 });
    }

    /// `service` works again.
    pub fn heal(&self, service: Service) {
        self.0.book().faults.remove(&service);
    }

    /// The fault that `service` has at present.
    pub fn fault(&self, service: Service) -> Fault {
        self.0.book().faults.get(&service).map(|plan| plan.fault.clone()).unwrap_or_default()
    }

    /// Every access token that LINE WORKS has given out is void.
    pub fn revoke_tokens(&self) {
        self.0.book().tokens.clear();
    }

    /// Access tokens that LINE WORKS has given out so far.
    pub fn tokens_given(&self) -> u64 {
        self.0.book().tokens_given
    }

    /// Their clock goes forward by `ms`.
    pub fn pass(&self, ms: i64) {
        self.0.book().ahead_ms += ms;
    }

    /// Every request, oldest first.
    pub fn requests(&self) -> Vec<Received> {
        self.0.book().received.iter().cloned().collect()
    }

    /// What people see at `service`, oldest first.
    pub fn shown(&self, service: Service) -> Vec<Received> {
        let shown = |one: &&Received| one.service == service && one.verdict == Verdict::Shown;
        self.0.book().received.iter().filter(shown).cloned().collect()
    }

    /// What did not fit the documentation, as one line each: empty, if the sender keeps to it.
    pub fn refused(&self) -> Vec<String> {
        let book = self.0.book();
        let line = |one: &Received| match &one.verdict {
            Verdict::Refused(why) => Some(format!("{}: {why}: {}", one.service.name(), one.body)),
            Verdict::Shown | Verdict::Repeated | Verdict::Failed => None,
        };
        book.received.iter().filter_map(line).collect()
    }

    /// Waits until people see at least `count` postings at `service`; what they see then, or after `patience`.
    pub async fn wait_for(&self, service: Service, count: usize, patience: Duration) -> Vec<Received> {
        let mut arrivals = self.0.arrivals.subscribe();
        let enough = async {
            while self.shown(service).len() < count {
                if arrivals.changed().await.is_err() {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(patience, enough).await;
        self.shown(service)
    }
}

impl Inner {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn now_ms(&self) -> i64 {
        crate::clock::unix_ms().saturating_add(self.ahead_ms)
    }

    /// The fault of this request.
    fn fault_now(&mut self, service: Service) -> Fault {
        let Some(plan) = self.faults.get_mut(&service) else { return Fault::None };
        plan.seen = plan.seen.wrapping_add(1);
        if plan.left == Some(0) || !plan.seen.is_multiple_of(plan.every) {
            return Fault::None;
        }
        plan.left = plan.left.map(|left| left.saturating_sub(1));
        plan.fault.clone()
    }

    fn remember(&mut self, one: Received) {
        while self.received.len() >= RECEIVED_MAX {
            if let Some(old) = self.received.pop_front() {
                self.keys.retain(|_, place| *place != old.place);
            }
        }
        self.received.push_back(one);
    }

    /// Whether a posting with this key is there already; if not, it is from now on. The posting's number.
    fn enter(&mut self, service: Service, posting: &Posting, place: u64) -> (u64, bool) {
        match &posting.key {
            Some(key) => match self.keys.get(&(service, key.clone())) {
                Some(first) => (*first, true),
                None => {
                    self.keys.insert((service, key.clone()), place);
                    (place, false)
                }
            },
            None => (place, false),
        }
    }
}

type Shared = std::sync::Weak<Inner>;

fn router(inner: Shared) -> Router {
    let mut router = Router::new();
    for service in Service::ALL {
        for path in service.paths() {
            router = router.route(
                path,
                post(move |State(inner): State<Shared>, request: Parts, body: Bytes| {
                    receive(inner, service, request, body)
                }),
            );
        }
    }
    router.route("/oauth2/v2.0/token", post(give_token)).layer(DefaultBodyLimit::max(BODY_MAX)).with_state(inner)
}

type Parts = (ConnectInfo<Cut>, Uri, Path<HashMap<String, String>>, Query<Vec<(String, String)>>, HeaderMap);

/// One request to one service.
async fn receive(inner: Shared, service: Service, request: Parts, body: Bytes) -> Response {
    let (ConnectInfo(cut), uri, Path(path), Query(query), headers) = request;
    let Some(inner) = inner.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let answer = {
        let mut book = inner.book();
        let now_ms = book.now_ms();
        book.requests += 1;
        let place = book.requests;
        let fault = book.fault_now(service);
        let asked = Asked { path: &path, query: &query, headers: &headers, body: &body, now_ms, tokens: &book.tokens };
        let checked = service.check(&asked);
        let (room, key, verdict, answer) = judge(&mut book, service, checked, fault, place);
        book.remember(Received {
            place,
            at_ms: now_ms,
            service,
            uri: uri.to_string(),
            headers: lines(&headers),
            body: String::from_utf8_lossy(&body).into_owned(),
            room,
            key,
            verdict,
        });
        answer
    };
    inner.arrivals.send_modify(|count| *count += 1);
    drop(inner);
    match answer {
        Reply::Says(answer) => answer.into_response(),
        Reply::Never => std::future::pending().await,
        Reply::Gone => {
            cut.cut();
            StatusCode::OK.into_response()
        }
    }
}

/// What leaves the service.
enum Reply {
    Says(Answer),
    Never,
    Gone,
}

fn judge(
    book: &mut Book,
    service: Service,
    checked: Result<Posting, Refusal>,
    fault: Fault,
    place: u64,
) -> (String, Option<String>, Verdict, Reply) {
    let posting = match checked {
        Ok(posting) => posting,
        Err(refusal) => return (String::new(), None, Verdict::Refused(refusal.why), Reply::Says(refusal.answer)),
    };
    let failed = |reply| (posting.room.clone(), posting.key.clone(), Verdict::Failed, reply);
    let after = match fault {
        Fault::Status(status, retry_after) => {
            let answer = service.error(status);
            let answer = match retry_after {
                Some(text) => answer.with("retry-after", text),
                None => answer,
            };
            return failed(Reply::Says(answer));
        }
        Fault::Refuses(code) => return failed(Reply::Says(service.refusal(&code))),
        Fault::Timeout => return failed(Reply::Never),
        Fault::None => None,
        Fault::DropAfterAccept => Some(Reply::Gone),
        Fault::Malformed => Some(Reply::Says(gateway_page())),
    };
    let (number, repeated) = book.enter(service, &posting, place);
    let verdict = if repeated { Verdict::Repeated } else { Verdict::Shown };
    let reply = after.unwrap_or_else(|| Reply::Says(service.accepted(&posting, number, repeated)));
    (posting.room, posting.key, verdict, reply)
}

/// What somebody between us and the service says in its stead.
fn gateway_page() -> Answer {
    let page = "<html><title>Welcome to the network of this hotel</title></html>".to_owned();
    Answer { status: 200, headers: vec![("content-type", "text/html".into())], body: page }
}

/// LINE WORKS gives an access token for a signed JWT.
async fn give_token(State(inner): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(inner) = inner.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let mut book = inner.book();
    let now_ms = book.now_ms();
    book.requests += 1;
    let token = format!("standin-access-{}", book.requests);
    match line_works::token(&headers, &body, now_ms, &token) {
        Ok((answer, until_ms)) => {
            book.tokens.retain(|_, until| *until > now_ms);
            book.tokens.insert(token, until_ms);
            book.tokens_given += 1;
            answer.into_response()
        }
        Err(refusal) => {
            let place = book.requests;
            book.remember(Received {
                place,
                at_ms: now_ms,
                service: Service::LineWorks,
                uri: "/oauth2/v2.0/token".into(),
                headers: lines(&headers),
                body: String::from_utf8_lossy(&body).into_owned(),
                room: String::new(),
                key: None,
                verdict: Verdict::Refused(refusal.why),
            });
            refusal.answer.into_response()
        }
    }
}

fn lines(headers: &HeaderMap) -> BTreeMap<String, String> {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    headers.iter().map(line).collect()
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = self.body.into_response();
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().remove("content-type");
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests;
