//! What types alone do not say about the settings.

mod reports;

use std::collections::HashSet;
use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use super::load::Places;
use super::{Config, Mistake};
use crate::words::{self, Words};

/// Longest registration that may be configured, and longest drain.
const DAY_SECONDS: u32 = 86_400;
/// Shorter ones could be guessed.
const TOKEN_BYTES_MIN: usize = 16;

/// Every mistake there is.
pub(super) fn validate(config: &Config, places: &Places) -> Vec<Mistake> {
    let mut judge = Judge { places, mistakes: Vec::new() };
    sockets(config, &mut judge);
    certificates(config, &mut judge);
    limits(config, &mut judge);
    texts(config, &mut judge);
    reports::reports(config, &mut judge);
    judge.mistakes
}

struct Judge<'a> {
    places: &'a Places,
    mistakes: Vec<Mistake>,
}

impl Judge<'_> {
    fn demand(&mut self, holds: bool, setting: &str, what: impl FnOnce() -> String, remedy: impl FnOnce() -> String) {
        if !holds {
            self.mistakes.push(self.places.mistake(setting, what(), remedy()));
        }
    }

    fn range<T: PartialOrd + Display + Copy>(&mut self, setting: &str, value: T, low: T, high: T) {
        let what = || words::OUT_OF_RANGE.with(&[&value]);
        self.demand((low..=high).contains(&value), setting, what, || words::OUT_OF_RANGE_REMEDY.with(&[&low, &high]));
    }

    fn filled(&mut self, setting: &str, text: &str, default: &dyn Display) {
        let what = || words::EMPTY.text().to_owned();
        self.demand(!text.trim().is_empty(), setting, what, || words::EMPTY_REMEDY.with(&[default]));
    }

    fn unique(&mut self, setting: &str, addresses: &[SocketAddr], seen: &mut HashSet<SocketAddr>) {
        for address in addresses {
            let what = || words::TWICE.with(&[address]);
            // Port 0 is "any free port": tests use it, twice if they like.
            self.demand(address.port() == 0 || seen.insert(*address), setting, what, || plain(words::TWICE_REMEDY));
        }
    }

    fn outer(&mut self, setting: &str, addresses: &[IpAddr]) {
        for address in addresses {
            let what = || words::NOT_AN_OUTER_ADDRESS.with(&[address]);
            self.demand(!address.is_unspecified(), setting, what, || plain(words::NOT_AN_OUTER_ADDRESS_REMEDY));
        }
        let of_family = |v4: bool| addresses.iter().filter(|address| address.is_ipv4() == v4).count();
        let single = of_family(true) <= 1 && of_family(false) <= 1;
        self.demand(single, setting, || plain(words::ONE_PER_FAMILY), || plain(words::ONE_PER_FAMILY_REMEDY));
    }
}

fn plain(words: Words) -> String {
    words.text().to_owned()
}

fn sockets(config: &Config, judge: &mut Judge<'_>) {
    let sip = &config.sip;
    judge.demand(
        sip.sockets().next().is_some(),
        "sip.udp",
        || plain(words::NO_LISTENER),
        || plain(words::NO_LISTENER_REMEDY),
    );
    judge.unique("sip.udp", &sip.udp, &mut HashSet::new());
    // TCP carries all of these: one port of an address is one of theirs.
    let streams = [
        ("sip.tcp", &sip.tcp),
        ("sip.tls", &sip.tls),
        ("sip.ws", &sip.ws),
        ("sip.wss", &sip.wss),
        ("web.listen", &config.web.listen),
    ];
    let mut taken = HashSet::new();
    for (setting, addresses) in streams {
        judge.unique(setting, addresses, &mut taken);
    }
    judge.outer("sip.public", &sip.public);
    judge.outer("media.address", &config.media.address);
    judge.outer("media.public", &config.media.public);
    for public in &config.media.public {
        let bound = config.media.address.iter().any(|bound| bound.is_ipv4() == public.is_ipv4());
        let what = || words::PUBLIC_UNBOUND.with(&[public]);
        let holds = bound || config.media.address.is_empty();
        judge.demand(holds, "media.public", what, || plain(words::PUBLIC_UNBOUND_REMEDY));
    }
    for address in &sip.udp {
        let ports = config.media.ports;
        let clash = ports.range().contains(&address.port());
        let what = || words::PORT_CLASH.with(&[&address.port(), &ports]);
        judge.demand(!clash, "media.ports", what, || plain(words::PORT_CLASH_REMEDY));
    }
}

/// Whether what belongs together is there; what the files hold is looked at when they are read.
fn certificates(config: &Config, judge: &mut Judge<'_>) {
    let (sip, tls) = (&config.sip, &config.tls);
    let is_given = |path: &Path| !path.as_os_str().is_empty();
    for (certificate, key, names) in [
        (&tls.certificate, &tls.key, ["tls.certificate", "tls.key"]),
        (&tls.client_certificate, &tls.client_key, ["tls.client_certificate", "tls.client_key"]),
    ] {
        let [of_certificate, of_key] = names;
        let halves = [(is_given(certificate), of_key, of_certificate), (is_given(key), of_certificate, of_key)];
        for (given, other, this) in halves {
            let both = is_given(certificate) && is_given(key);
            let what = || words::HALF_AN_IDENTITY.with(&[&this, &other]);
            judge.demand(!given || both, other, what, || words::HALF_AN_IDENTITY_REMEDY.with(&[&other]));
        }
    }
    let makes_one = sip.needs_certificate() && !is_given(&tls.certificate);
    judge.demand(
        !makes_one || is_given(&tls.folder),
        "tls.folder",
        || plain(words::EMPTY),
        || words::EMPTY_REMEDY.with(&[&"data/tls"]),
    );
    for origin in &sip.origins {
        let what = || words::BAD_ORIGIN.with(&[origin]);
        judge.demand(is_origin(origin), "sip.origins", what, || plain(words::BAD_ORIGIN_REMEDY));
    }
}

/// As a browser writes it (RFC 6454 section 6.2): scheme, host, and a port that is not the scheme's own; no path.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        let odd = |letter: char| letter.is_whitespace() || letter.is_ascii_uppercase() || "/?#@\\\"".contains(letter);
        !host.is_empty() && !host.contains(odd)
    })
}

fn limits(config: &Config, judge: &mut Judge<'_>) {
    let sip = &config.sip;
    judge.range("sip.dscp", sip.dscp, 0, 63);
    judge.range("sip.register_seconds_min", sip.register_seconds_min, 1, DAY_SECONDS);
    judge.range("sip.register_seconds_max", sip.register_seconds_max, 1, DAY_SECONDS);
    let ordered = sip.register_seconds_min <= sip.register_seconds && sip.register_seconds <= sip.register_seconds_max;
    let what = || plain(words::REGISTER_ORDER);
    judge.demand(ordered, "sip.register_seconds", what, || plain(words::REGISTER_ORDER_REMEDY));
    judge.range("sip.first_response_seconds", sip.first_response_seconds, 1, 32);
    judge.range("sip.ban_seconds_min", sip.ban_seconds_min, 1, DAY_SECONDS);
    judge.range("sip.ban_seconds_max", sip.ban_seconds_max, sip.ban_seconds_min, 30 * DAY_SECONDS);
    judge.range("sip.calls_max", sip.calls_max, 1, 500_000);
    judge.range("sip.legs_max", sip.legs_max, 2, 1_000_000);
    judge.range("sip.transactions_max", sip.transactions_max, 16, 10_000_000);
    judge.range("sip.bindings_max", sip.bindings_max, 1, 1_000_000);
    judge.range("sip.contacts_per_operator_max", sip.contacts_per_operator_max, 1, 100);
    judge.range("sip.stranger_rate", sip.stranger_rate, 1.0, 1_000_000.0);
    judge.range("sip.stranger_burst", sip.stranger_burst, 1.0, 1_000_000.0);
    judge.range("sip.connections_max", sip.connections_max, 1, 1_000_000);
    judge.range("sip.connections_per_source_max", sip.connections_per_source_max, 1, 1_000_000);
    judge.range("media.threads", config.media.threads, 0, 256);
    judge.range("media.tick_ms", config.media.tick_ms, 1, 20);
    judge.range("recordings.free_percent_min", config.recordings.free_percent_min, 0, 90);
    judge.range("shutdown.drain_seconds", config.shutdown.drain_seconds, 0, DAY_SECONDS);
}

fn texts(config: &Config, judge: &mut Judge<'_>) {
    let realm = &config.sip.realm;
    let default = Config::default();
    judge.filled("sip.realm", realm, &default.sip.realm);
    let odd = |letter: char| letter.is_control() || letter.is_whitespace() || matches!(letter, '"' | '\\' | '@' | ':');
    let remedy = || words::EMPTY_REMEDY.with(&[&default.sip.realm]);
    judge.demand(!realm.contains(odd), "sip.realm", || plain(words::BAD_REALM), remedy);
    judge.filled("recordings.folder", &config.recordings.folder.to_string_lossy(), &"recordings");
    judge.filled("database.journal", &config.database.journal.to_string_lossy(), &"data/journal");
    let url = &config.database.url;
    let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
    // A password in the wrong place must not reach a log.
    let scheme = url.split_once(':').map_or(url.as_str(), |(scheme, _)| scheme);
    let what = || words::BAD_DATABASE_URL.with(&[&scheme]);
    judge.demand(known, "database.url", what, || plain(words::BAD_DATABASE_URL_REMEDY));
    let public = &config.web.public_url;
    let what = || words::BAD_ORIGIN.with(&[public]);
    let is_empty_or_origin = public.is_empty() || is_origin(public);
    judge.demand(is_empty_or_origin, "web.public_url", what, || plain(words::BAD_ORIGIN_REMEDY));
    if let Err(odd) = web::Proxies::parse(&config.web.proxies) {
        let what = words::BAD_PROXY.with(&[&odd]);
        judge.mistakes.push(judge.places.mistake("web.proxies", what, plain(words::BAD_PROXY_REMEDY)));
    }
    judge.filled("web.key", &config.web.key.to_string_lossy(), &"data/denwaban.key");
    let token = &config.web.metrics_token;
    let is_token = token.is_empty() || (token.len() >= TOKEN_BYTES_MIN && token.bytes().all(|b| b.is_ascii_graphic()));
    let (what, remedy) = (words::BAD_TOKEN, words::BAD_TOKEN_REMEDY);
    judge.demand(is_token, "web.metrics_token", || plain(what), || plain(remedy));
    if let Err(error) = crate::telemetry::filter(&config.log.level) {
        let what = words::BAD_LOG_LEVEL.with(&[&config.log.level, &error]);
        judge.mistakes.push(judge.places.mistake("log.level", what, plain(words::BAD_LOG_LEVEL_REMEDY)));
    }
}
