//! Keeps the switch's directory as the database has it: looks for a new version every second, resolves the trunks' names,
//! has the firms' names spoken. With the database away the last good directory stays (R24).

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use acd::Tier;
use endpoint::Hop;
use media::Prompts;
use sip::flow::Protocol;
use store::{DirectoryProblem, Store, StoreError, TrunkRow};
use switch::waiting::speech::{self, Spoken};
use switch::{Customer, CustomerId, Directory, Operator};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use transport::resolve::{ResolveError, Resolver};

use crate::engine::EngineHandle;
use crate::{clock, telephone};

/// How often the database is asked for a new version.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// The DNS has this long for all questions about one host.
const RESOLVE_MAX: Duration = Duration::from_secs(10);
/// A question that was not answered is asked again after this.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// Host, port if one is written, protocol unless the DNS is to say.
type Target = (String, Option<u16>, Option<Protocol>);
/// A directory, and whose certificate is to be expected where.
type Loaded = (Arc<Directory>, Vec<(SocketAddr, String)>);

/// What the DNS said of a host.
struct Found {
    /// In the order in which to try; empty: nothing yet.
    hops: Vec<Hop>,
    /// To be asked again then.
    until: Instant,
    /// Every question about it was answered.
    sure: bool,
}

impl Found {
    /// Takes an answer. The same hops in another order are no news: a DNS that hands out its addresses in turns would be some
    /// with every answer. Half an answer does not replace a whole one: it could lead from TLS to the clear.
    fn learn(&mut self, answer: Found) {
        self.until = answer.until;
        if self.sure && !answer.sure && !self.hops.is_empty() {
            return;
        }
        self.sure = answer.sure;
        let same = self.hops.len() == answer.hops.len() && answer.hops.iter().all(|hop| self.hops.contains(hop));
        if !same {
            self.hops = answer.hops;
        }
    }
}

/// What a look at the database is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    /// Whether there is a new version.
    Version,
    /// Whether a trunk's name means another address.
    Names,
    /// Somebody asked for it all.
    Whole,
}

/// Loads directories, and remembers what was found last.
pub struct Refresh {
    store: Store,
    realm: String,
    prompts: Prompts,
    version: Option<i64>,
    /// Made anew whenever there is something to ask: the machine's settings for the DNS may come after the switch, or change.
    resolver: fn() -> Result<Resolver, ResolveError>,
    /// The last good answer for each trunk's host: a name service that fails must not take a trunk down.
    resolved: HashMap<Target, Found>,
    problems: Vec<DirectoryProblem>,
    /// When the next version of a manual comes into force, unix milliseconds.
    next_manual_ms: Option<i64>,
    away: bool,
}

impl Refresh {
    /// Nothing loaded yet.
    pub fn new(store: Store, realm: String, prompts: Prompts) -> Self {
        let (resolver, resolved) = (Resolver::system, HashMap::new());
        let (version, problems, next_manual_ms) = (None, Vec::new(), None);
        Self { store, realm, prompts, version, resolver, resolved, problems, next_manual_ms, away: false }
    }

    /// The directory as it is now, and whose certificate is to be expected where.
    pub async fn load(&mut self) -> Result<Loaded, StoreError> {
        let trunks = self.store.trunks().await?;
        self.resolve(&trunks).await;
        let resolved = &self.resolved;
        let look_up = |row: &TrunkRow| {
            let found = resolved.get(&row.target()).map(|found| found.hops.clone());
            found.ok_or_else(|| format!("{} cannot be resolved", row.form.host))
        };
        let mut loaded = self.store.load_directory(&self.realm, look_up).await?;
        self.mark_unread(&mut loaded.directory).await?;
        if self.version.is_none() {
            for Spoken { name, text } in speech::common() {
                self.say(&name, &text);
            }
        }
        self.version = Some(loaded.version);
        if loaded.problems != self.problems {
            for problem in &loaded.problems {
                tracing::warn!(table = problem.table, row = problem.row, "left out of the directory: {}", problem.why);
            }
            self.problems = loaded.problems;
        }
        let mut names = HashSet::new();
        for customer in loaded.directory.customers.values() {
            self.speak(customer, &mut names);
        }
        // Of firms that are gone, and of wordings that are others now.
        self.prompts.forget(|name| name.starts_with("customer/") && !names.contains(name));
        let names = certificate_names(&trunks, &loaded.directory);
        Ok((Arc::new(loaded.directory), names))
    }

    /// Follows the database for ever.
    pub async fn follow(mut self, engine: EngineHandle) {
        let mut looks = interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = looks.tick() => None,
                told = engine.directory_change() => Some(told),
            };
            let due = if asked.is_some() {
                Due::Whole
            } else if self.is_stale() {
                Due::Names
            } else {
                Due::Version
            };
            match self.look(due).await {
                Ok(Some((directory, names))) => {
                    let (firms, numbers) = (directory.customers.len(), directory.dids.len());
                    let (operators, trunks) = (directory.operators.len(), directory.trunks.len());
                    // A carrier whose addresses come in turns is no news every minute.
                    if due == Due::Names {
                        tracing::debug!(trunks, "the DNS says another thing of a trunk");
                    } else {
                        tracing::info!(firms, numbers, operators, trunks, "directory loaded");
                    }
                    if engine.set_directory(directory, names).await.is_err() {
                        return; // the engine has stopped
                    }
                }
                Ok(None) => {}
                Err(error) if self.away => {
                    tracing::debug!(%error, "the database is still away");
                    // What was told comes with the next version that can be read.
                }
                Err(error) => {
                    self.away = true;
                    tracing::error!(%error, "the database cannot be read: calls go on with the directory as it was");
                }
            }
            if let Some(told) = asked {
                engine.directory_loaded(told);
            }
            if self.away && self.store.ping().await.is_ok() {
                self.away = false;
                tracing::info!("the database is back");
            }
        }
    }

    /// Whether an answer of the DNS has become old, or a new version of a manual holds from now on.
    fn is_stale(&self) -> bool {
        let now = clock::now();
        self.resolved.values().any(|found| found.until <= now) || self.has_new_manual()
    }

    fn has_new_manual(&self) -> bool {
        self.next_manual_ms.is_some_and(|at| at <= clock::unix_ms())
    }

    /// Operators who have not acknowledged the version of a manual that holds now (F22).
    async fn mark_unread(&mut self, directory: &mut Directory) -> Result<(), StoreError> {
        let (in_force, next_ms) = self.store.manuals_in_force(clock::unix_ms()).await?;
        self.next_manual_ms = next_ms;
        for manual in in_force {
            let Ok(customer) = u64::try_from(manual.customer) else { continue };
            if !directory.customers.contains_key(&CustomerId(manual.customer)) {
                continue;
            }
            // Supervisors and managers ring where nobody else can: they are not kept from anything.
            let has_to = |operator: &Operator| {
                operator.tier == Tier::Operator && manual.read_by.binary_search(&operator.id.0).is_err()
            };
            for operator in directory.operators.values_mut().filter(|operator| has_to(operator)) {
                Arc::make_mut(operator).unread.insert(customer);
            }
        }
        Ok(())
    }

    async fn look(&mut self, due: Due) -> Result<Option<Loaded>, StoreError> {
        let changed = Some(self.store.directory_version().await?) != self.version;
        if !changed && due == Due::Version {
            return Ok(None);
        }
        let (before, manual) = (self.hops(), self.has_new_manual());
        let loaded = self.load().await?;
        let news = changed || due == Due::Whole || manual || self.hops() != before;
        Ok(news.then_some(loaded))
    }

    /// What is known of each host, for comparison.
    fn hops(&self) -> HashMap<Target, Vec<Hop>> {
        self.resolved.iter().map(|(target, found)| (target.clone(), found.hops.clone())).collect()
    }

    /// Asks about every host that is new or whose answer is old, all at once. What is not answered stays as it was.
    async fn resolve(&mut self, trunks: &[TrunkRow]) {
        let named = trunks.iter().filter(|trunk| trunk.active && trunk.literal().is_none());
        let wanted: HashMap<Target, &str> = named.map(|trunk| (trunk.target(), trunk.form.name.as_str())).collect();
        self.resolved.retain(|target, _| wanted.contains_key(target));
        let now = clock::now();
        let due = |target: &&Target| self.resolved.get(*target).is_none_or(|found| found.until <= now);
        let due: Vec<Target> = wanted.keys().filter(due).cloned().collect();
        if due.is_empty() {
            return;
        }
        let resolver = (self.resolver)();
        let mut questions = JoinSet::new();
        for target in due {
            let resolver = resolver.clone();
            questions.spawn(async move {
                let answer = ask(resolver, &target, now).await;
                (target, answer)
            });
        }
        for (target, answer) in questions.join_all().await {
            let trunk = wanted.get(&target).copied().unwrap_or_default();
            let nothing = Found { hops: Vec::new(), until: now, sure: false };
            let found = self.resolved.entry(target).or_insert(nothing);
            match answer {
                Ok(answer) => {
                    if found.sure && !answer.sure {
                        tracing::warn!(trunk, "the DNS answers only half of what is asked; what was known stays");
                    }
                    // The first ones in the order are the best now; the SIP side changes over without dropping anything.
                    found.learn(answer);
                }
                Err(error) => {
                    tracing::warn!(trunk, %error, "the DNS does not say where this trunk is; what was known stays");
                    found.until = now + ASK_AGAIN;
                }
            }
        }
    }

    /// Has the firm's name, the question and the notice to its people, and what its callers are told spoken; at once if the same was
    /// spoken before.
    fn speak(&self, customer: &Customer, names: &mut HashSet<String>) {
        let id = customer.id.0;
        let name = if customer.reading.is_empty() { &customer.name } else { &customer.reading };
        let confirm = format!("{name}宛てのお電話です。おつなぎする場合は、1を押してください。");
        let own = [(format!("customer/{id}/name"), name.to_owned()), (format!("customer/{id}/confirm"), confirm)];
        let notice = (telephone::prompt_of(id), telephone::text(name));
        let notice = Some(notice).filter(|_| !customer.notice_phones.is_empty());
        let others = speech::of_customer(customer).into_iter().map(|Spoken { name, text }| (name, text));
        for (name, text) in own.into_iter().chain(notice).chain(others) {
            self.say(&name, &text);
            names.insert(name);
        }
    }

    fn say(&self, prompt: &str, text: &str) {
        match self.prompts.speak(prompt, text) {
            Ok(()) | Err(media::PromptError::NoVoice) => {} // without a voice the operator has the screen
            Err(error) => tracing::warn!(prompt, %error, "cannot be spoken"),
        }
    }
}

/// Where a host is reached, counted from `now`.
async fn ask(
    resolver: Result<Resolver, ResolveError>,
    (host, port, protocol): &Target,
    now: Instant,
) -> Result<Found, ResolveError> {
    let slow = || ResolveError::NoAnswer { host: host.clone(), why: "it takes too long".to_owned() };
    let answer = timeout(RESOLVE_MAX, resolver?.trunk(host, *port, *protocol)).await;
    let found = answer.unwrap_or_else(|_| Err(slow()))?;
    let hops = found.hops.into_iter().map(|(protocol, address)| Hop { protocol, address }).collect();
    Ok(Found { hops, until: now + found.ttl, sure: found.sure })
}

/// Over TLS a trunk's host must prove to be what its administrator wrote, wherever the DNS leads to (RFC 5922 section 4).
pub fn certificate_names(rows: &[TrunkRow], directory: &Directory) -> Vec<(SocketAddr, String)> {
    let mut names = Vec::new();
    for row in rows {
        let Some(trunk) = directory.trunks.iter().find(|trunk| trunk.id.0 == row.id) else { continue };
        for hop in trunk.hops.iter().filter(|hop| hop.protocol == Protocol::Tls) {
            names.extend(row.expected_names().into_iter().map(|name| (hop.address, name)));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use store::{CustomerForm, NewManual, OperatorForm, TrunkForm};

    use super::*;

    fn hop(address: &str) -> Hop {
        Hop { protocol: Protocol::Tls, address: address.parse().unwrap() }
    }

    async fn house() -> (tempfile::TempDir, Refresh) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.unwrap();
        let prompts = Prompts::open(media::PromptsConfig { folder: None, cache: None, command: Vec::new() }).unwrap();
        let mut refresh = Refresh::new(store, "test".to_owned(), prompts);
        // Nobody answers there: what is known must do.
        refresh.resolver = || Err(ResolveError::System { why: "no network yet".to_owned() });
        (folder, refresh)
    }

    #[tokio::test]
    async fn r24_with_the_dns_away_a_trunk_keeps_its_hops_and_is_asked_about_again() {
        let (_folder, mut refresh) = house().await;
        let form = TrunkForm {
            name: "carrier".into(),
            host: "SBC.carrier.test".into(),
            protocol: "tls".into(),
            domain: "carrier.test".into(),
            ..TrunkForm::default()
        };
        let row = refresh.store.create_trunk(&form).await.unwrap();
        let (directory, names) = refresh.load().await.unwrap();
        assert!(directory.trunks[0].hops.is_empty() && names.is_empty());
        assert_eq!(refresh.problems.len(), 0, "it is known that nothing is known");
        assert!(!refresh.is_stale());
        let known = vec![hop("192.0.2.1:5061"), hop("192.0.2.2:5061")];
        refresh.resolved.insert(row.target(), Found { hops: known.clone(), until: clock::now(), sure: true });
        assert!(refresh.is_stale());
        let (directory, names) = refresh.load().await.unwrap();
        assert_eq!(directory.trunks[0].hops, known);
        assert!(!refresh.is_stale());
        let expected: Vec<_> = known
            .iter()
            .flat_map(|hop| ["sbc.carrier.test", "carrier.test"].map(|name| (hop.address, name.to_owned())))
            .collect();
        assert_eq!(names, expected);
        // Forgotten with its trunk.
        refresh.store.deactivate_trunk(row.id).await.unwrap();
        refresh.load().await.unwrap();
        assert!(refresh.resolved.is_empty());
    }

    #[tokio::test]
    async fn f22_who_has_not_read_the_manual_that_holds_now_is_marked_until_they_have() {
        let (_folder, mut refresh) = house().await;
        let store = refresh.store.clone();
        let form = CustomerForm { code: "sakura".into(), name: "さくら歯科".into(), ..CustomerForm::default() };
        let customer = store.create_customer(&form).await.unwrap().id;
        let mut operators = Vec::new();
        for (login, tier) in [("101", "operator"), ("102", "operator"), ("901", "supervisor")] {
            let (login, tier) = (login.to_owned(), tier.to_owned());
            let form = OperatorForm { name: login.clone(), login, tier, ..OperatorForm::default() };
            operators.push(store.create_operator("test", &form).await.unwrap().0.id);
        }
        let now_ms = clock::unix_ms();
        let manual = |from_ms: i64| NewManual { from_ms, text: "新しい手順".into(), changes: "変更".into() };
        let version = store.put_manual(customer, &manual(now_ms - 1_000), "test", now_ms).await.unwrap().version;
        store.acknowledge_manual(customer, version, operators[0], now_ms).await.unwrap();
        let unread = |directory: &Directory| -> Vec<i64> {
            let marked = directory.operators.values().filter(|operator| !operator.unread.is_empty());
            marked.map(|operator| operator.id.0).collect()
        };
        let (directory, _) = refresh.load().await.unwrap();
        assert_eq!(unread(&directory), [operators[1]]);
        assert!(!refresh.is_stale());
        // A version of tomorrow asks nobody for anything today, and is taken up when its time has come.
        let day_ms = 86_400_000;
        store.put_manual(customer, &manual(now_ms + day_ms), "test", now_ms).await.unwrap();
        store.acknowledge_manual(customer, version, operators[1], now_ms).await.unwrap();
        let (directory, _) = refresh.load().await.unwrap();
        assert!(unread(&directory).is_empty());
        assert_eq!(refresh.next_manual_ms, Some(now_ms + day_ms));
        assert!(!refresh.is_stale());
        refresh.next_manual_ms = Some(now_ms);
        assert!(refresh.is_stale());
        // A firm that is gone keeps nobody from anything.
        store.put_manual(customer, &manual(now_ms), "test", now_ms).await.unwrap();
        assert_eq!(unread(&refresh.load().await.unwrap().0).len(), 2);
        store.deactivate_customer(customer).await.unwrap();
        assert!(unread(&refresh.load().await.unwrap().0).is_empty());
    }

    fn found(addresses: &[&str], sure: bool) -> Found {
        Found { hops: addresses.iter().map(|address| hop(address)).collect(), until: clock::now(), sure }
    }

    #[tokio::test]
    async fn r24_a_switch_that_starts_before_the_network_resolves_its_trunks_later() {
        let (_folder, mut refresh) = house().await;
        let (host, protocol) = ("sbc.carrier.test".to_owned(), "tls".to_owned());
        let form = TrunkForm { name: "carrier".into(), host, protocol, ..TrunkForm::default() };
        let row = refresh.store.create_trunk(&form).await.unwrap();
        let (directory, _) = refresh.load().await.unwrap();
        assert!(directory.trunks[0].hops.is_empty());
        assert_eq!(refresh.resolved[&row.target()].hops, []);
        // The settings are there now. Nobody needs to answer by them: it is enough that they are looked at again.
        static LOOKED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        refresh.resolver = || {
            LOOKED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Err(ResolveError::System { why: "still none".to_owned() })
        };
        refresh.load().await.unwrap();
        assert_eq!(LOOKED.load(std::sync::atomic::Ordering::Relaxed), 0, "nothing is due yet");
        for round in 1..=2 {
            refresh.resolved.get_mut(&row.target()).unwrap().until = clock::now();
            refresh.load().await.unwrap();
            assert_eq!(LOOKED.load(std::sync::atomic::Ordering::Relaxed), round);
        }
    }

    #[test]
    fn r24_the_same_hops_in_another_order_are_no_news() {
        let mut known = found(&["192.0.2.1:5061", "192.0.2.2:5061"], true);
        let before = known.hops.clone();
        known.learn(found(&["192.0.2.2:5061", "192.0.2.1:5061"], true));
        assert_eq!(known.hops, before);
        known.learn(found(&["192.0.2.2:5061", "192.0.2.3:5061"], true));
        assert_eq!(known.hops, [hop("192.0.2.2:5061"), hop("192.0.2.3:5061")]);
        known.learn(found(&["192.0.2.3:5061"], true));
        assert_eq!(known.hops, [hop("192.0.2.3:5061")], "fewer are news");
    }

    #[test]
    fn r24_half_an_answer_replaces_nothing_but_another_half() {
        let mut known = found(&[], false);
        known.learn(found(&["192.0.2.1:5060"], false));
        assert_eq!(known.hops, [hop("192.0.2.1:5060")], "better than nothing");
        known.learn(found(&["192.0.2.2:5060"], false));
        assert_eq!(known.hops, [hop("192.0.2.2:5060")]);
        known.learn(found(&["192.0.2.3:5061"], true));
        let until = clock::now() + ASK_AGAIN;
        known.learn(Found { until, ..found(&["192.0.2.9:5060"], false) });
        assert_eq!((known.hops.clone(), known.sure, known.until), (vec![hop("192.0.2.3:5061")], true, until));
        known.learn(found(&["192.0.2.4:5061"], true));
        assert_eq!(known.hops, [hop("192.0.2.4:5061")]);
    }
}
