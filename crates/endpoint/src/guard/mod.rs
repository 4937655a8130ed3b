//! Who may: digest for operators' phones (RFC 7616, RFC 3261 section 22), and who is not listened to.
//!
//! A stranger learns nothing: unknown users and wrong passwords get the same answer after the same work (R01). That includes
//! which challenges are sent: some accounts have a policy of their own, and so a name that is nobody's has one too, drawn by
//! lot, always the same, as often as accounts have it.

mod ban;
mod ledger;
mod shut;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use sip::digest::{Algorithm, Challenge, Credentials, Ha1, NONCE_SECONDS_MAX, NonceKey, NonceState, check};
use sip::flow::{ConnectionId, Flow};
use sip::message::{Message, MessageBuilder, Method, Name, Uri};

use crate::account::{Account, AccountId, DigestPolicy};
use crate::config::Config;
use crate::endpoint::{Ban, BanReason};
use ban::Bans;
use ledger::Ledger;
pub use shut::{SHUT_MAX, Shut, block_has};

/// Streams that were vouched for; peers of more have to prove themselves by digest.
const VOUCHED_MAX: usize = 16_384;

/// What a request without a good Authorization gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Only the nonce was too old, or used.
    pub(crate) stale: bool,
    /// Which challenges to send.
    pub(crate) policy: DigestPolicy,
    /// With this failure a ban begins: user that was tried, failures.
    pub(crate) banned: Option<(String, u32)>,
    /// It named no user at all to prove: the first request of a phone, or of one who looks for accounts.
    pub(crate) bare: bool,
}

/// Digest as a server.
#[derive(Debug)]
pub(crate) struct Guard {
    key: NonceKey,
    /// Nonces count time from here: no step of the wall clock makes them old (R26).
    started: Instant,
    ledger: Ledger,
    bans: Bans,
    /// Shut out by hand.
    shut: Vec<Shut>,
    /// Whose streams these are, as somebody else knows who is at their other end.
    vouched: HashMap<ConnectionId, AccountId>,
    /// Those of them whose time is over: nothing begins there any more.
    lapsed: HashSet<ConnectionId>,
    /// What a house without accounts sends.
    default_policy: DigestPolicy,
    /// How many accounts have each policy.
    policies: [(DigestPolicy, u64); 3],
    realm: String,
    /// Compared with for users that there are not, so that both take as long.
    nobody: Ha1,
}

impl Guard {
    pub(crate) fn new(config: &Config, now: Instant, key: [u8; 32]) -> Self {
        let age_max = Duration::from_secs(NONCE_SECONDS_MAX.unsigned_abs());
        Self {
            key: NonceKey::new(key),
            started: now,
            ledger: Ledger::new(config.limits.nonces_max, age_max),
            bans: Bans::new(config.limits.sources_max, config.times.ban_min, config.times.ban_max),
            shut: Vec::new(),
            vouched: HashMap::new(),
            lapsed: HashSet::new(),
            default_policy: config.default_digest,
            policies: POLICIES.map(|policy| (policy, 0)),
            realm: config.realm.clone(),
            nobody: Ha1::from_hex("00000000000000000000000000000000"),
        }
    }

    /// The accounts there are.
    pub(crate) fn set_accounts(&mut self, accounts: &[Account]) {
        let count = |policy| accounts.iter().map(|account| u64::from(account.digest == policy)).sum();
        self.policies = POLICIES.map(|policy| (policy, count(policy)));
    }

    /// The policy of a name that is nobody's.
    fn policy_of_nobody(&self, name: &str) -> DigestPolicy {
        let all: u64 = self.policies.iter().map(|(_, count)| count).sum();
        let mut lot = self.key.draw(name).checked_rem(all).unwrap_or(0);
        for (policy, count) in self.policies {
            if lot < count {
                return policy;
            }
            lot -= count;
        }
        self.default_policy
    }

    /// At the other end of this stream is this operator, and nobody else.
    pub(crate) fn vouch(&mut self, flow: Flow, account: AccountId) {
        if flow.connection != ConnectionId::NONE && self.vouched.len() < VOUCHED_MAX {
            self.vouched.insert(flow.connection, account);
        }
    }

    /// Who is at the other end of this stream, if that is known.
    pub(crate) fn vouched(&self, flow: Flow) -> Option<AccountId> {
        self.vouched.get(&flow.connection).copied()
    }

    /// Nothing begins on this stream any more, if it is one that was vouched for.
    pub(crate) fn lapse(&mut self, flow: Flow) {
        if self.vouched.contains_key(&flow.connection) {
            self.lapsed.insert(flow.connection);
        }
    }

    /// Whether who vouched for this stream does so no more.
    pub(crate) fn has_lapsed(&self, flow: Flow) -> bool {
        self.lapsed.contains(&flow.connection)
    }

    /// The stream is gone.
    pub(crate) fn flow_closed(&mut self, flow: Flow) {
        self.vouched.remove(&flow.connection);
        self.lapsed.remove(&flow.connection);
    }

    /// Something that no phone of ours does, from an address that has proved to be its sender's (a stream's). Gives the number
    /// of offences when a ban begins with this one.
    pub(crate) fn offence(&mut self, now: Instant, source: IpAddr, reason: BanReason) -> Option<u32> {
        self.bans.failed(now, source, reason)
    }

    /// Whether packets of this source are to be dropped unread.
    pub(crate) fn drops(&self, now: Instant, source: IpAddr) -> bool {
        self.bans.drops(now, source)
    }

    /// Whether an administrator has shut this source out.
    pub(crate) fn is_shut(&self, now: Instant, source: IpAddr) -> bool {
        // Most houses have shut out nobody: then this costs nothing.
        self.shut.iter().any(|shut| shut.has(source) && shut.holds(now))
    }

    /// These are shut out from now on, and no others.
    pub(crate) fn shut_out(&mut self, shut: Vec<Shut>) {
        self.shut = shut;
        self.shut.truncate(SHUT_MAX);
    }

    /// Who is not listened to.
    pub(crate) fn list(&self, now: Instant) -> Vec<Ban> {
        self.bans.list(now)
    }

    /// Listens to this source again.
    pub(crate) fn clear(&mut self, source: IpAddr) {
        self.bans.clear(source);
    }

    /// Which operator sends this request. `find` looks an account up by its user; `may_ban`: the source is no trunk's.
    pub(crate) fn judge<'a>(
        &mut self,
        now: Instant,
        source: IpAddr,
        request: &Message,
        may_ban: bool,
        find: impl Fn(&str) -> Option<&'a Account>,
    ) -> Result<AccountId, Refused> {
        let claimed = request.from().ok().and_then(|from| from.uri.user().map(std::borrow::Cow::into_owned));
        let claimed = claimed.unwrap_or_default();
        let policy = find(&claimed).map_or_else(|| self.policy_of_nobody(&claimed), |account| account.digest);
        let mut refused = Refused { stale: false, policy, banned: None, bare: true };
        let Some(credentials) = self.credentials(request) else { return Err(refused) };
        refused.bare = false;
        if !is_for(&credentials, request) {
            return Err(refused);
        }
        let account = find(&credentials.user);
        let algorithm = credentials.algorithm.unwrap_or_default();
        let ha1 = account.and_then(|account| ha1_of(account, algorithm));
        let right = check(&credentials, ha1.as_ref().unwrap_or(&self.nobody), &request.method(), request.body());
        let nonce = self.key.judge(&credentials.nonce, self.age_s(now), source);
        match (account.filter(|_| ha1.is_some() && right), nonce) {
            (Some(account), NonceState::Fresh)
                if self.ledger.take(now, &credentials.nonce, credentials.count.unwrap_or(0)) =>
            {
                self.bans.succeeded(source);
                return Ok(account.id);
            }
            // The password is right: only another nonce is needed.
            (Some(_), NonceState::Fresh | NonceState::Stale) => refused.stale = true,
            // It proves nothing about who sends it, not even that they can hear us: no failure. It may be a phone whose address
            // has changed, or one that knew us before a restart: it need not ask its user for another password. Whether the
            // password is right is not said.
            (_, NonceState::Foreign) => refused.stale = true,
            (None, NonceState::Fresh | NonceState::Stale) if may_ban => {
                refused.banned =
                    self.bans.failed(now, source, BanReason::Passwords).map(|failures| (credentials.user, failures));
            }
            (None, NonceState::Fresh | NonceState::Stale) => {}
        }
        Err(refused)
    }

    /// Adds the challenges to a 401.
    pub(crate) fn challenge(
        &self,
        now: Instant,
        source: IpAddr,
        refused: &Refused,
        salts: [u64; 2],
        mut response: MessageBuilder,
    ) -> MessageBuilder {
        // SHA-256 first: phones that take the last one they see get what they can (PHONES.md).
        let algorithms: &[Algorithm] = match refused.policy {
            DigestPolicy::Md5 => &[Algorithm::Md5],
            DigestPolicy::Sha256 => &[Algorithm::Sha256],
            DigestPolicy::Both => &[Algorithm::Sha256, Algorithm::Md5],
        };
        for (algorithm, salt) in algorithms.iter().zip(salts) {
            let nonce = self.key.issue(self.age_s(now), source, salt);
            let challenge = Challenge::new(self.realm.as_str(), nonce, *algorithm, refused.stale);
            response = response.header(Name::WwwAuthenticate, challenge.to_string());
        }
        response
    }

    /// The credentials for our realm, in Authorization or Proxy-Authorization.
    fn credentials(&self, request: &Message) -> Option<Credentials> {
        // Whole lines: the commas of one header's fields are no list.
        let lines =
            request.headers().filter(|header| matches!(header.name, Name::Authorization | Name::ProxyAuthorization));
        let mut ours = lines.filter_map(|header| Credentials::parse(header.value).ok());
        ours.find(|credentials| credentials.realm == self.realm)
    }

    fn age_s(&self, now: Instant) -> i64 {
        i64::try_from(now.saturating_duration_since(self.started).as_secs()).unwrap_or(i64::MAX)
    }
}

/// Every policy there is.
const POLICIES: [DigestPolicy; 3] = [DigestPolicy::Md5, DigestPolicy::Sha256, DigestPolicy::Both];

/// RFC 7616 section 3.4.6: what the credentials were made for must be what is asked for, or those of one call would do for a
/// call to another number. Whom it calls is the user part. The host may differ, as where a phone knows us by name and asks by
/// address (or a proxy has changed it), and so may port and parameters. A REGISTER calls nobody; phones write its `uri` with
/// and without a user.
fn is_for(credentials: &Credentials, request: &Message) -> bool {
    if request.request_uri() == Some(credentials.uri.as_bytes()) || request.method() == Method::Register {
        return true;
    }
    let (Ok(named), Ok(target)) = (Uri::parse(credentials.uri.as_bytes()), request.target()) else { return false };
    named.user() == target.user()
}

/// The hash that fits the algorithm, if the account's policy has it.
fn ha1_of(account: &Account, algorithm: Algorithm) -> Option<Ha1> {
    let allowed = |policy: DigestPolicy| account.digest == policy || account.digest == DigestPolicy::Both;
    let (hex, policy) = match algorithm {
        Algorithm::Md5 | Algorithm::Md5Sess => (&account.ha1_md5, DigestPolicy::Md5),
        Algorithm::Sha256 | Algorithm::Sha256Sess => (&account.ha1_sha256, DigestPolicy::Sha256),
        Algorithm::Sha512_256 | Algorithm::Sha512_256Sess => return None,
    };
    (allowed(policy) && !hex.is_empty()).then(|| Ha1::from_hex(hex))
}
