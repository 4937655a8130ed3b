//! Where a host is reached (RFC 3263): the thin part, which asks the DNS. What is asked and in which order the answers are
//! tried stands in [`order`], without a network.
//!
//! One who has a trunk's settings asks [`Resolver::trunk`] at the start and again when [`Resolved::ttl`] is over. The names of
//! certificates are not found here: whatever host the DNS leads to, its certificate must be for the host that was asked for
//! (RFC 5922 section 4), so give that to [`crate::Transport::names`] for each hop.

pub mod order;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use rand::RngExt;
use sip::flow::Protocol;

use order::{ADDRESSES_MAX, HOPS_MAX, Naptr, Plan, Service, Srv, Target};

/// Answers are believed at least this long, so that a server that says 0 is not asked all the time; and answers that are not
/// sure, because part of a question stayed unanswered, are believed for this long.
const TTL_MIN: Duration = Duration::from_secs(60);
/// Answers are believed at most this long: a trunk that has moved is found again within the hour.
const TTL_MAX: Duration = Duration::from_secs(3_600);
/// A question that nobody answers is asked again after this...
const TIMEOUT: Duration = Duration::from_secs(2);
/// ...so often in all. Some home routers never answer what they do not know (NAPTR, SRV).
const ATTEMPTS: usize = 2;

/// What the DNS says of a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// Where to go, in the order in which to try; never empty, at most [`HOPS_MAX`].
    pub hops: Vec<(Protocol, SocketAddr)>,
    /// Ask again after this.
    pub ttl: Duration,
    /// Every question was answered. Otherwise this may be less than there is, or the way in the clear of a host whose better
    /// ways were not told: good for one who knows nothing, not for one who knows more.
    pub sure: bool,
}

/// Why a host is not found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ResolveError {
    /// The DNS has no such host, or the host has no address, or offers no SIP that we dial. The settings' fault, or the host's.
    NoSuchHost {
        /// The host.
        host: String,
    },
    /// The DNS did not answer, or not to the point: try again after a while, and keep what was known.
    NoAnswer {
        /// The host.
        host: String,
        /// What the last question came to.
        why: String,
    },
    /// Nobody can be dialled by this protocol.
    NotDialled(Protocol),
    /// This is no host name.
    NoName {
        /// What was given.
        host: String,
    },
    /// The system's settings for the DNS cannot be used.
    System {
        /// Why not.
        why: String,
    },
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchHost { host } => write!(f, "{host}: the DNS knows no SIP server of this name"),
            Self::NoAnswer { host, why } => write!(f, "{host}: no answer of the DNS: {why}"),
            Self::NotDialled(protocol) => write!(f, "{protocol}: nobody can be dialled by it"),
            Self::NoName { host } => write!(f, "{host}: not a host name"),
            Self::System { why } => write!(f, "the DNS settings of the system cannot be used: {why}"),
        }
    }
}

impl std::error::Error for ResolveError {}

/// Asks the DNS. Cheap to clone; belongs to a tokio runtime.
#[derive(Clone)]
pub struct Resolver {
    dns: TokioResolver,
}

/// What has been learnt so far.
struct Progress {
    ttl: Duration,
    /// What the last question came to that was not answered.
    unanswered: Option<String>,
}

impl Progress {
    fn new() -> Self {
        Self { ttl: TTL_MAX, unanswered: None }
    }

    fn records(&mut self, records: &[Record]) {
        for record in records {
            self.ttl = self.ttl.min(Duration::from_secs(u64::from(record.ttl)));
        }
    }

    /// Nothing there is an answer; no answer is none.
    fn failure(&mut self, error: &NetError) {
        if !error.is_no_records_found() {
            self.unanswered = Some(error.to_string());
        }
    }

    fn finish(self, host: &str, hops: Vec<(Protocol, SocketAddr)>) -> Result<Resolved, ResolveError> {
        let host = || host.to_owned();
        match (hops.is_empty(), self.unanswered) {
            (true, Some(why)) => Err(ResolveError::NoAnswer { host: host(), why }),
            (true, None) => Err(ResolveError::NoSuchHost { host: host() }),
            (false, Some(_)) => Ok(Resolved { hops, ttl: TTL_MIN, sure: false }),
            (false, None) => Ok(Resolved { hops, ttl: self.ttl.clamp(TTL_MIN, TTL_MAX), sure: true }),
        }
    }
}

impl Resolver {
    /// Asks the servers that the system asks, its hosts file first.
    pub fn system() -> Result<Self, ResolveError> {
        let system = |error: NetError| ResolveError::System { why: error.to_string() };
        let mut builder = TokioResolver::builder_tokio().map_err(system)?;
        set_options(builder.options_mut(), TIMEOUT);
        Ok(Self { dns: builder.build().map_err(system)? })
    }

    /// Asks these servers, and no other.
    pub fn asking(servers: &[SocketAddr]) -> Result<Self, ResolveError> {
        Self::asking_for(TIMEOUT, servers)
    }

    fn asking_for(timeout: Duration, servers: &[SocketAddr]) -> Result<Self, ResolveError> {
        let server = |address: &SocketAddr| {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = address.port();
                connection
            });
            NameServerConfig::new(address.ip(), true, connections.into())
        };
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.iter().map(server).collect());
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        set_options(builder.options_mut(), timeout);
        let dns = builder.build().map_err(|error| ResolveError::System { why: error.to_string() })?;
        Ok(Self { dns })
    }

    /// Where a trunk's host is reached: `host` as written (a name or an address), `port` and `protocol` if they are written.
    /// May take some seconds when servers do not answer.
    pub async fn trunk(
        &self,
        host: &str,
        port: Option<u16>,
        protocol: Option<Protocol>,
    ) -> Result<Resolved, ResolveError> {
        if let Some(protocol @ (Protocol::Ws | Protocol::Wss)) = protocol {
            return Err(ResolveError::NotDialled(protocol));
        }
        let name = name(host).filter(|name| !name.is_root());
        let name = name.ok_or_else(|| ResolveError::NoName { host: host.to_owned() });
        let mut progress = Progress::new();
        let services = match (order::plan(host, port, protocol), name) {
            (Plan::Known(protocol, address), _) => {
                return Ok(Resolved { hops: vec![(protocol, address)], ttl: TTL_MAX, sure: true });
            }
            (_, Err(no_name)) => return Err(no_name),
            (Plan::Host(protocol, port), Ok(_)) => {
                let hops = self.addresses(&mut progress, &[Target::new(protocol, host, port)]).await;
                return progress.finish(host, hops);
            }
            (Plan::Services(services), Ok(_)) => services,
            (Plan::Naptr, Ok(name)) => self.naptr(&mut progress, name, host).await,
        };
        let targets = self.targets(&mut progress, &services).await;
        let targets = match targets {
            Some(targets) => targets,
            // RFC 3263 section 4.2: without any SRV record, the host itself at the usual port.
            None => {
                let protocol = protocol.unwrap_or(Protocol::Udp);
                vec![Target::new(protocol, host, protocol.default_port())]
            }
        };
        let hops = self.addresses(&mut progress, &targets).await;
        progress.finish(host, hops)
    }

    async fn naptr(&self, progress: &mut Progress, name: Name, host: &str) -> Vec<Service> {
        let records = self.lookup(progress, name, RecordType::NAPTR).await;
        order::services(host, records.iter().filter_map(naptr).collect())
    }

    /// The targets of the services, all asked at once. `None`: there is no SRV record anywhere.
    async fn targets(&self, progress: &mut Progress, services: &[Service]) -> Option<Vec<Target>> {
        let questions = services.iter().map(|service| async {
            let mut progress = Progress::new();
            let records = match name(&service.name) {
                Some(name) => self.lookup(&mut progress, name, RecordType::SRV).await,
                None => Vec::new(),
            };
            (progress, records.iter().filter_map(srv).collect::<Vec<_>>())
        });
        let mut all = Vec::new();
        let mut any = false;
        for (service, (part, records)) in services.iter().zip(join_all(questions).await) {
            progress.merge(part);
            any |= !records.is_empty();
            let mut random = |most: u32| rand::rng().random_range(0..=most);
            all.extend(order::targets(service.protocol, records, &mut random));
        }
        any.then_some(all)
    }

    /// The targets' addresses, in the targets' order.
    async fn addresses(&self, progress: &mut Progress, targets: &[Target]) -> Vec<(Protocol, SocketAddr)> {
        let questions = targets.iter().take(HOPS_MAX).map(|target| async {
            let mut progress = Progress::new();
            let found = match host_name(&target.host) {
                Some(name) => self.dns.lookup_ip(name).await,
                None => return (progress, Vec::new()),
            };
            let addresses = match found {
                Ok(found) => {
                    progress.records(found.as_lookup().answers());
                    let addresses = found.iter().take(ADDRESSES_MAX);
                    addresses.map(|ip| (target.protocol, SocketAddr::new(ip, target.port))).collect()
                }
                Err(error) => {
                    progress.failure(&error);
                    Vec::new()
                }
            };
            (progress, addresses)
        });
        let mut hops = Vec::new();
        for (part, addresses) in join_all(questions).await {
            progress.merge(part);
            for hop in addresses {
                if hops.len() < HOPS_MAX && !hops.contains(&hop) {
                    hops.push(hop);
                }
            }
        }
        hops
    }

    async fn lookup(&self, progress: &mut Progress, name: Name, kind: RecordType) -> Vec<Record> {
        match self.dns.lookup(name, kind).await {
            Ok(found) => {
                let records: Vec<Record> = found.answers().iter().take(order::RECORDS_MAX).cloned().collect();
                progress.records(&records);
                records
            }
            Err(error) => {
                progress.failure(&error);
                Vec::new()
            }
        }
    }
}

impl Progress {
    fn merge(&mut self, part: Self) {
        self.ttl = self.ttl.min(part.ttl);
        self.unanswered = part.unanswered.or(self.unanswered.take());
    }
}

fn set_options(options: &mut ResolverOpts, timeout: Duration) {
    options.timeout = timeout;
    options.attempts = ATTEMPTS;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
}

/// A name as it stands, without the system's search list.
fn name(text: &str) -> Option<Name> {
    let mut name = Name::from_utf8(text).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// As [`name`], but a single label is searched for as the system does: the neighbours of a container have such names.
fn host_name(text: &str) -> Option<Name> {
    if text.trim_end_matches('.').contains('.') { name(text) } else { Name::from_utf8(text).ok() }
}

fn naptr(record: &Record) -> Option<Naptr> {
    let RData::NAPTR(naptr) = &record.data else { return None };
    Some(Naptr {
        order: naptr.order,
        preference: naptr.preference,
        flags: String::from_utf8_lossy(&naptr.flags).into_owned(),
        service: String::from_utf8_lossy(&naptr.services).into_owned(),
        regexp: !naptr.regexp.is_empty(),
        replacement: naptr.replacement.to_ascii(),
    })
}

fn srv(record: &Record) -> Option<Srv> {
    let RData::SRV(srv) = &record.data else { return None };
    Some(Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target: srv.target.to_ascii() })
}

#[cfg(test)]
mod tests;
