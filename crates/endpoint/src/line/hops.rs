//! The places that take one trunk's requests, and which of them work (RFC 3263 section 4.3, R32).
//!
//! Three things are known of a hop. It may have asked to be left alone (Retry-After): then nothing is sent to it. It may have
//! failed lately: then it is tried after those that have not. Its probes may be lost: the same, and a trunk without any hop
//! whose probes are answered is down.

use std::time::{Duration, Instant};

use sip::flow::Flow;

use crate::clock::later;
use crate::trunk::{HOPS_MAX, Hop};

use super::Pending;

/// A hop that failed is tried last for so long; doubled at each further failure, up to [`REST_MAX`].
const REST_MIN: Duration = Duration::from_secs(30);
/// No failure and no Retry-After keeps calls away for longer.
const REST_MAX: Duration = Duration::from_secs(300);
/// Lost probes in a row that take a hop down.
const LOST_DOWN: u8 = 3;
/// Answered probes in a row that bring it back.
const ANSWERED_UP: u8 = 2;

/// What a hop did with a request of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// It answered, and works.
    Answered,
    /// It answered 503: the time that it asks for, if any.
    Busy(Option<Duration>),
    /// It said nothing in time.
    Silent,
    /// Nothing can be sent to it.
    Unreachable,
}

/// One hop and what is known of it.
#[derive(Debug)]
struct Place {
    hop: Hop,
    /// It asked to be left alone until then.
    asked: Option<Instant>,
    /// It failed: others first, until then.
    failed: Option<Instant>,
    /// Failures in a row.
    failures: u32,
    probe: Probe,
}

/// What the probes of one hop have shown.
#[derive(Debug, Default)]
struct Probe {
    down: bool,
    lost: u8,
    answered: u8,
    pending: Pending,
}

impl Place {
    fn new(hop: Hop) -> Self {
        Self { hop, asked: None, failed: None, failures: 0, probe: Probe::default() }
    }

    fn rests(&self, now: Instant) -> bool {
        self.asked.is_some_and(|until| until > now)
    }

    fn is_doubtful(&self, now: Instant) -> bool {
        self.probe.down || self.failed.is_some_and(|until| until > now)
    }
}

/// Every hop of one trunk, in the order given.
#[derive(Debug)]
pub(crate) struct Hops {
    places: Vec<Place>,
}

impl Hops {
    pub(super) fn new(hops: &[Hop]) -> Self {
        let mut all = Self { places: Vec::new() };
        all.change(hops);
        all
    }

    /// These are the hops now. What is known of those that stay is kept.
    pub(super) fn change(&mut self, hops: &[Hop]) {
        let mut before = std::mem::take(&mut self.places);
        for hop in hops.iter().take(HOPS_MAX) {
            if self.has(*hop) {
                continue;
            }
            let known = before.iter().position(|place| place.hop == *hop);
            self.places.push(known.map_or_else(|| Place::new(*hop), |index| before.swap_remove(index)));
        }
    }

    pub(super) fn has(&self, hop: Hop) -> bool {
        self.places.iter().any(|place| place.hop == hop)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Hop> {
        self.places.iter().map(|place| place.hop)
    }

    /// The hop that a flow leads to. What was too large for a datagram went to the same address by another transport.
    pub(super) fn of(&self, flow: Flow) -> Hop {
        let exact = Hop { protocol: flow.protocol, address: flow.remote };
        if self.has(exact) {
            return exact;
        }
        self.iter().find(|hop| hop.address == flow.remote).unwrap_or(exact)
    }

    /// Where to send now, best first: those in good health in the order given, then the doubtful ones; never one that asked to
    /// be left alone. `home`, where we are registered, comes first among its equals.
    pub(super) fn order(&self, now: Instant, home: Option<Hop>) -> Vec<Hop> {
        let mut open: Vec<&Place> = self.places.iter().filter(|place| !place.rests(now)).collect();
        // Stable: equals stay in their order.
        open.sort_by_key(|place| (place.is_doubtful(now), home.is_some_and(|home| home != place.hop)));
        open.into_iter().map(|place| place.hop).collect()
    }

    /// Nothing is known against this hop.
    pub(super) fn is_good(&self, now: Instant, hop: Hop) -> bool {
        self.get(hop).is_some_and(|place| !place.rests(now) && !place.is_doubtful(now))
    }

    /// All have asked to be left alone: until then.
    pub(super) fn rest(&self, now: Instant) -> Option<Instant> {
        let open = self.places.iter().any(|place| !place.rests(now));
        if open { None } else { self.places.iter().filter_map(|place| place.asked).min() }
    }

    /// Some hop's probes are answered (or it was not probed yet).
    pub(super) fn is_up(&self) -> bool {
        self.places.iter().any(|place| !place.probe.down)
    }

    /// Notes what a hop did.
    pub(super) fn note(&mut self, now: Instant, hop: Hop, outcome: Outcome) {
        let Some(place) = self.get_mut(hop) else { return };
        match outcome {
            Outcome::Answered => {
                (place.asked, place.failed, place.failures) = (None, None, 0);
                return;
            }
            Outcome::Busy(Some(rest)) => place.asked = Some(later(now, rest.min(REST_MAX))),
            Outcome::Busy(None) | Outcome::Silent | Outcome::Unreachable => {}
        }
        let rest = REST_MIN.saturating_mul(1 << place.failures.min(8)).min(REST_MAX);
        place.failures = place.failures.saturating_add(1);
        place.failed = Some(later(now, rest));
    }

    // ---- probes ------------------------------------------------------------------------------------------------

    pub(super) fn is_probed(&self, hop: Hop) -> bool {
        self.get(hop).is_some_and(|place| place.probe.pending.is_some())
    }

    pub(super) fn probing(&mut self, hop: Hop, pending: Pending) {
        if let Some(place) = self.get_mut(hop) {
            place.probe.pending = pending;
        }
    }

    /// A probe came to its end. Two answers in a row also end the doubt that a failed call has left.
    pub(super) fn probed(&mut self, hop: Hop, answered: bool) {
        let Some(place) = self.get_mut(hop) else { return };
        let probe = &mut place.probe;
        probe.pending = None;
        if answered {
            probe.lost = 0;
            probe.answered = probe.answered.saturating_add(1);
            if probe.answered >= ANSWERED_UP {
                probe.down = false;
                (place.failed, place.failures) = (None, 0);
            }
        } else {
            probe.answered = 0;
            probe.lost = probe.lost.saturating_add(1);
            probe.down |= probe.lost >= LOST_DOWN;
        }
    }

    /// Probes are no longer sent: what they showed is no news.
    pub(super) fn forget_probes(&mut self) {
        for place in &mut self.places {
            place.probe = Probe::default();
        }
    }

    fn get(&self, hop: Hop) -> Option<&Place> {
        self.places.iter().find(|place| place.hop == hop)
    }

    fn get_mut(&mut self, hop: Hop) -> Option<&mut Place> {
        self.places.iter_mut().find(|place| place.hop == hop)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test begins at some moment")]
mod tests {
    use sip::flow::Protocol;

    use super::*;

    fn hop(last: u8) -> Hop {
        Hop { protocol: Protocol::Udp, address: ([192, 0, 2, last], 5060).into() }
    }

    #[test]
    fn r32_failed_hops_come_last_and_those_that_asked_for_it_not_at_all() {
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        let [a, b, c] = [hop(1), hop(2), hop(3)];
        let mut hops = Hops::new(&[a, b, c, a]);
        assert_eq!(hops.order(now, None), [a, b, c]);
        assert_eq!(hops.order(now, Some(b)), [b, a, c]);
        hops.note(now, a, Outcome::Silent);
        assert_eq!(hops.order(now, Some(a)), [b, c, a]);
        hops.note(now, b, Outcome::Busy(Some(Duration::from_secs(7))));
        assert_eq!(hops.order(after(6), None), [c, a]);
        assert_eq!(hops.order(after(7), None), [c, a, b]);
        assert_eq!(hops.order(after(30), None), [a, b, c]);
        assert_eq!(hops.rest(after(1)), None);
        for hop in [a, c] {
            hops.note(now, hop, Outcome::Busy(Some(Duration::from_secs(9_999))));
        }
        assert_eq!(hops.rest(after(1)), Some(after(7)));
        assert!(hops.order(after(1), None).is_empty());
        assert_eq!(hops.order(after(300), None), [a, b, c], "however long it asked for");
        hops.note(after(1), b, Outcome::Answered);
        assert_eq!(hops.order(after(1), None), [b]);
    }

    #[test]
    fn r32_three_lost_probes_and_two_answered_ones() {
        let now = Instant::now();
        let mut hops = Hops::new(&[hop(1), hop(2)]);
        for _ in 0..3 {
            assert!(hops.is_good(now, hop(1)));
            hops.probed(hop(1), false);
        }
        assert_eq!(hops.order(now, None), [hop(2), hop(1)]);
        assert!(hops.is_up());
        hops.probed(hop(1), true);
        assert!(!hops.is_good(now, hop(1)));
        hops.probed(hop(1), true);
        assert_eq!(hops.order(now, None), [hop(1), hop(2)]);
    }

    #[test]
    fn what_is_known_of_a_hop_outlives_a_change_of_the_list() {
        let now = Instant::now();
        let mut hops = Hops::new(&[hop(1), hop(2)]);
        hops.note(now, hop(1), Outcome::Unreachable);
        hops.change(&[hop(3), hop(1)]);
        assert_eq!(hops.order(now, None), [hop(3), hop(1)]);
        assert!(!hops.has(hop(2)));
        let many: Vec<Hop> = (0..100).map(hop).collect();
        hops.change(&many);
        assert_eq!(hops.iter().count(), HOPS_MAX);
    }
}
