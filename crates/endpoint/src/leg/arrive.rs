//! An INVITE comes in: a new leg, or a good reason why not.

use std::collections::VecDeque;

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::{Message, Name, NameAddr};
use sip::transaction::ServerKey;

use super::progress::Reliable;
use crate::core::body_of;
use crate::event::{Extractor, Incoming, Source};
use crate::order::LegId;

/// Hops that a request may make (RFC 3261 section 8.1.1.6). Who sends more does not make our own calls go further.
const HOPS: u8 = 70;

/// Diversion and History-Info entries that are read.
const DIVERSIONS_MAX: usize = 16;

/// Their INVITE, as long as we owe it a final response.
#[derive(Debug)]
pub(crate) struct Uas {
    pub(crate) key: ServerKey,
    pub(crate) flow: Flow,
    pub(crate) invite: Message,
    /// We have said that it rings.
    pub(crate) rings: bool,
    /// They require reliable provisionals (RFC 3262).
    pub(crate) wants_reliable: bool,
    /// RSeq of the last reliable provisional.
    pub(crate) rseq: u32,
    /// The reliable provisional without its PRACK.
    pub(crate) unpracked: Option<Reliable>,
    /// What waits for that PRACK.
    pub(crate) waiting: VecDeque<(u16, Option<Bytes>)>,
    /// A 200 that waits for it (RFC 3262 section 3).
    pub(crate) answer: Option<Bytes>,
    /// A reliable provisional of ours had SDP.
    pub(crate) said: bool,
    /// And it was answered, or was the answer: another offer may follow before the 200 (RFC 3311 section 5.1).
    pub(crate) settled: bool,
}

impl Uas {
    pub(crate) fn new(key: ServerKey, flow: Flow, invite: Message) -> Self {
        let wants_reliable = invite.requires("100rel");
        Self {
            key,
            flow,
            invite,
            rings: false,
            wants_reliable,
            rseq: 0,
            unpracked: None,
            waiting: VecDeque::new(),
            answer: None,
            said: false,
            settled: false,
        }
    }
}

/// What the privacy that we give consists of: identities are never passed on (`id`, `user`), headers and media are made anew
/// for each leg (`header`, `session`, `history`).
const PRIVACIES: [&str; 7] = ["id", "user", "header", "session", "history", "none", "critical"];

/// RFC 3323 section 5: a caller to whom privacy is critical is refused rather than given less than was asked for.
pub(crate) fn lacks_privacy(invite: &Message) -> bool {
    let foreign = || {
        let asked = invite.values(Name::Privacy).flat_map(|value| {
            let words = value.split(|&byte| byte == b';').map(|word| word.trim_ascii().to_ascii_lowercase());
            words.collect::<Vec<_>>()
        });
        asked.into_iter().any(|asked| !PRIVACIES.iter().any(|known| known.as_bytes() == asked))
    };
    invite.asks_privacy("critical") && foreign()
}

/// What the call logic has to know of an INVITE. `trusted`: its identity headers may be believed.
pub(crate) fn describe(
    leg: LegId,
    source: Source,
    flow: Flow,
    invite: &Message,
    trusted: bool,
    replaces: Option<LegId>,
    session_id: String,
) -> Incoming {
    let from = invite.from().ok();
    let request_user = invite.target().ok().map(|uri| user(&uri)).unwrap_or_default();
    let asserted = trusted.then(|| first_user(invite, Name::PAssertedIdentity)).flatten();
    let from_user = from.as_ref().map(|from| user(&from.uri)).unwrap_or_default();
    let body = body_of(invite);
    Incoming {
        leg,
        source,
        sip_call_id: invite.call_id().unwrap_or_default().to_owned(),
        session_id,
        dialled: dialled(invite, &request_user),
        caller_display: from.as_ref().and_then(NameAddr::display_text).unwrap_or_default(),
        caller: asserted.unwrap_or(from_user),
        caller_host: from.as_ref().map(|from| from.uri.host_str().to_owned()).unwrap_or_default(),
        // RFC 3323 section 4.2: "none" is the caller's express wish to be seen, whatever else stands there.
        privacy: !invite.asks_privacy("none")
            && ["id", "user", "header", "session"].into_iter().any(|what| invite.asks_privacy(what)),
        request_user,
        device: None,
        replaces,
        offer: (!body.is_empty()).then_some(body),
        from_ip: flow.remote.ip(),
        max_forwards: invite
            .max_forwards()
            .ok()
            .flatten()
            .map_or(HOPS, |hops| u8::try_from(hops).unwrap_or(HOPS).min(HOPS)),
        diversions: diversions(invite),
    }
}

/// Every place that may name the dialled number (JAPAN.md).
fn dialled(invite: &Message, request_user: &str) -> Vec<(Extractor, String)> {
    let mut found = Vec::with_capacity(4);
    let mut note = |extractor, user: Option<String>| {
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            found.push((extractor, user));
        }
    };
    note(Extractor::PCalledPartyId, first_user(invite, Name::PCalledPartyId));
    note(Extractor::To, invite.to().ok().map(|to| user(&to.uri)));
    note(Extractor::RequestUri, Some(request_user.to_owned()));
    if invite.has(Name::Diversion) {
        let entries = invite.addresses(Name::Diversion).unwrap_or_default();
        note(Extractor::DiversionTop, entries.first().map(|entry| user(&entry.uri)));
        note(Extractor::DiversionBottom, entries.last().map(|entry| user(&entry.uri)));
    }
    if invite.has(Name::HistoryInfo) {
        note(Extractor::HistoryInfo, before_current(invite, request_user));
    }
    if let Some(text) = invite.text(Name::AlertInfo) {
        note(Extractor::AlertInfo, Some(text.trim_matches(['<', '>']).to_owned()));
    }
    found
}

/// The last History-Info entry that is not the current target (RFC 7044).
fn before_current(invite: &Message, request_user: &str) -> Option<String> {
    let entries = invite.addresses(Name::HistoryInfo).ok()?;
    let mut users = entries.iter().rev().take(DIVERSIONS_MAX).map(|entry| user(&entry.uri));
    let last = users.next()?;
    if last == request_user { Some(users.next().unwrap_or(last)) } else { Some(last) }
}

/// How often the call was diverted before it came (R36): the sum of Diversion's counters, or what History-Info tells. Entries
/// that cannot be read count too: a circle is no better for being misspelled.
fn diversions(invite: &Message) -> u8 {
    let entries = invite.values(Name::Diversion).take(DIVERSIONS_MAX);
    let counted: u32 = entries.map(|entry| counter(&entry)).sum();
    let history = invite.values(Name::HistoryInfo).take(DIVERSIONS_MAX);
    let (count, depth) = history.fold((0_u32, 0), |(count, deepest), entry| (count + 1, deepest.max(depth(&entry))));
    let retargeted = count.max(depth).saturating_sub(1);
    u8::try_from(counted.max(retargeted)).unwrap_or(u8::MAX)
}

/// RFC 5806 section 5: how many diversions an entry stands for; one, if it does not say.
fn counter(entry: &[u8]) -> u32 {
    let address = NameAddr::parse(Bytes::copy_from_slice(entry));
    let text = address.as_ref().and_then(|address| address.param("counter"));
    let Some(digits) = text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())) else {
        return 1;
    };
    // More than can be counted is many.
    digits.parse().unwrap_or(u32::from(u8::MAX)).min(u32::from(u8::MAX))
}

/// RFC 7044 section 5: the index `1.1.2` of an entry has a number for each time the request was retargeted; entries in between may
/// have been taken out.
fn depth(entry: &[u8]) -> u32 {
    let address = NameAddr::parse(Bytes::copy_from_slice(entry));
    let index = address.as_ref().and_then(|address| address.param("index"));
    index.map_or(1, |index| u32::try_from(index.split('.').take(DIVERSIONS_MAX).count()).unwrap_or(1))
}

/// The user of a header's first address.
fn first_user(message: &Message, name: Name) -> Option<String> {
    if !message.has(name) {
        return None;
    }
    message.addresses(name).ok()?.first().map(|entry| user(&entry.uri)).filter(|user| !user.is_empty())
}

fn user(uri: &sip::message::Uri) -> String {
    uri.user().map(|user| user.into_owned()).unwrap_or_default()
}
