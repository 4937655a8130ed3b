//! The one HTTP client of the channels: no redirects, no proxies of the environment, rustls with ring, an end to every wait
//! and to every answer, and no connection to an address that was not checked ([`super::guard`]).
//!
//! A [`Request`] and a [`Response`] are data: a channel writes the one and reads the other without a socket.

use std::error::Error as _;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::{Client, Url, redirect};
use rustls::{ClientConfig, RootCertStore};

use super::guard::{self, Refusal, Rule};

/// Time to be connected, TLS included.
const CONNECT: Duration = Duration::from_secs(5);
/// Time for the whole of a request: Standard Webhooks recommends 15 to 30 s, and a room waits behind it.
const TOTAL: Duration = Duration::from_secs(15);
/// Time that a connection may be idle before it is closed.
const IDLE: Duration = Duration::from_secs(30);
/// Idle connections to one host.
const IDLE_MAX: usize = 4;
/// Bytes of an answer that are read: the longest answer of any service is a few KiB.
const ANSWER_MAX: usize = 64 * 1024;
/// What we call ourselves: Discord wants a name.
const OUR_NAME: &str = concat!("denwaban/", env!("CARGO_PKG_VERSION"));

/// What one channel wants to have posted.
pub(crate) struct Request {
    pub url: String,
    pub rule: Rule,
    /// Names in small letters.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// A posting of JSON.
    pub(crate) fn json(url: String, rule: Rule, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
        Self { url, rule, headers, body: body.to_string().into_bytes() }
    }

    /// A posting of a form.
    pub(crate) fn form(url: String, rule: Rule, fields: &[(&str, &str)]) -> Self {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        Self { url, rule, headers, body: body.finish().into_bytes() }
    }

    /// Tokens that it carries.
    pub(crate) fn bearer(&self) -> Vec<String> {
        let bearer = |(name, value): &(&str, String)| {
            value.strip_prefix("Bearer ").filter(|_| *name == "authorization").map(str::to_owned)
        };
        self.headers.iter().filter_map(bearer).collect()
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    /// The first [`ANSWER_MAX`] bytes, as text.
    pub body: String,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }
}

/// Why nothing came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// We do not go there. Trying again would not help, unless the name's addresses change.
    Refused(Refusal),
    /// A header of ours cannot be sent: a token with a line break in it, say. Its name.
    Header(&'static str),
    /// Not within its time. The other side may have taken it.
    Timeout,
    /// No connection: nothing was sent.
    Connect(String),
    /// Broken off on the way. The other side may have taken it.
    Broken(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Header(name) => write!(f, "{name}: a character that cannot be sent"),
            Self::Timeout => write!(f, "no answer in time"),
            Self::Connect(why) => write!(f, "no connection: {why}"),
            Self::Broken(why) => write!(f, "broken off before the answer: {why}"),
        }
    }
}

/// The addresses of a name.
pub(crate) type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The client.
pub(crate) struct Http {
    /// Goes to addresses of the internet alone.
    guarded: Client,
    /// Goes where the house itself has said that it may.
    allowed: Client,
    origins: Vec<String>,
}

/// How long, and whom to trust; the defaults are for the world, others for tests.
pub(crate) struct Settings {
    pub connect: Duration,
    pub total: Duration,
    pub roots: RootCertStore,
    pub lookup: Lookup,
}

impl Settings {
    /// The system's authorities and names.
    pub(crate) fn of_the_system() -> Self {
        let mut roots = RootCertStore::empty();
        // What cannot be read is left out: a connection that needs it fails and says so.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self { connect: CONNECT, total: TOTAL, roots, lookup: Arc::new(|host| Box::pin(look_up(host))) }
    }
}

async fn look_up(host: String) -> std::io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
}

impl Http {
    /// `origins` (as [`guard::origin`] writes them) may be http and private.
    pub(crate) fn new(origins: Vec<String>, settings: Settings) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(settings.roots)
            .with_no_client_auth();
        let client = |resolver: Arc<Resolver>| {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .no_proxy()
                .referer(false)
                .user_agent(OUR_NAME)
                .connect_timeout(settings.connect)
                .timeout(settings.total)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(IDLE_MAX)
                .dns_resolver(resolver)
                .build()
                .map_err(|error| error.to_string())
        };
        Ok(Self {
            guarded: client(Arc::new(Resolver { lookup: settings.lookup.clone(), private: false }))?,
            allowed: client(Arc::new(Resolver { lookup: settings.lookup.clone(), private: true }))?,
            origins,
        })
    }

    /// Posts once.
    pub(crate) async fn post(&self, request: Request) -> Result<Response, Failure> {
        let (client, url) = self.place(&request)?;
        let mut posting = client.post(url).body(request.body);
        for (name, value) in request.headers {
            let value = reqwest::header::HeaderValue::try_from(value).map_err(|_| Failure::Header(name))?;
            posting = posting.header(name, value);
        }
        let mut answer = posting.send().await.map_err(failure)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let mut body = Vec::new();
        while body.len() < ANSWER_MAX {
            match answer.chunk().await.map_err(failure)? {
                Some(chunk) => body.extend_from_slice(&chunk),
                None => break,
            }
        }
        body.truncate(ANSWER_MAX);
        Ok(Response { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn place(&self, request: &Request) -> Result<(&Client, Url), Failure> {
        let named = Url::parse(&request.url).ok().and_then(|url| Some((guard::origin(&url)?, url)));
        if let Some((origin, url)) = named
            && self.origins.contains(&origin)
        {
            return Ok((&self.allowed, url));
        }
        let url = request.rule.check(&request.url).map_err(Failure::Refused)?;
        Ok((&self.guarded, url))
    }
}

/// Looks names up, and hands on only addresses that may be connected to. The connection is made to these and no others.
struct Resolver {
    lookup: Lookup,
    /// Whether addresses of private networks are fine.
    private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.lookup)(name.as_str().to_owned());
        let private = self.private;
        Box::pin(async move {
            let addresses = found.await?;
            // One private address among public ones is no mistake of a hosting company.
            if let Some(address) = addresses.iter().find(|address| !private && !guard::is_public(**address)) {
                return Err(Refusal::Private(*address).into());
            }
            let places: Vec<SocketAddr> = addresses.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
            Ok(Box::new(places.into_iter()) as Addrs)
        })
    }
}

/// What went wrong, without the URL: there may be a secret in it.
fn failure(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut deepest = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(refusal) = inner.downcast_ref::<Refusal>() {
            return Failure::Refused(refusal.clone());
        }
        deepest = inner.to_string();
        source = inner.source();
    }
    if error.is_connect() {
        // A connection that was not made in time has taken nothing.
        let why = if error.is_timeout() { "not in time".to_owned() } else { deepest };
        return Failure::Connect(why);
    }
    if error.is_timeout() { Failure::Timeout } else { Failure::Broken(deepest) }
}

#[cfg(test)]
mod tests;
