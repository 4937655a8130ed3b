//! How many deliveries are under way at once, and to whom, such that a destination that hangs keeps no other waiting.
//!
//! A *lane* is what hangs together: a mail domain, the host of a webhook. A *server* is what all of its lanes share: the mail
//! server, a chat service. Each has a limit, and whoever is slow has a smaller one: an attempt that has not ended after
//! [`SLOW_MS`] makes its lane slow, for as long as it lasts and [`SLOW_AFTER_MS`] after. Slow lanes together never get the last
//! quarter of a server or of the whole.

use std::collections::HashMap;

/// An attempt that takes longer is a slow one. A mail server in order answers in a few hundredths of a second, a chat in a few
/// tenths.
pub const SLOW_MS: i64 = 2_000;
/// A lane stays slow for so long after its last slow attempt, unless a quick one succeeds before.
pub const SLOW_AFTER_MS: i64 = 60_000;
/// Lanes whose slowness is remembered; of more, the oldest are forgotten.
const SLOW_LANES_MAX: usize = 10_000;

/// Attempts at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// In all.
    pub all: usize,
    /// With the mail server.
    pub mail_server: usize,
    /// With each other server.
    pub server: usize,
}

impl Default for Limits {
    /// The mail server's is below what Exim (20) and Postfix (50) allow one client.
    fn default() -> Self {
        Limits { all: 96, mail_server: 16, server: 16 }
    }
}

/// Where a delivery goes, as far as it may stand in another's way.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lane {
    /// What is shared: `mail`, or the host.
    pub server: String,
    /// What hangs together: the mail domain, or the host.
    pub name: String,
}

/// The server of all mail.
pub const MAIL: &str = "mail";

/// Whether a delivery may begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Now.
    Yes,
    /// When one of those before it has ended, which will be soon.
    Busy,
    /// Its lane is slow: nobody knows when.
    Slow,
}

/// One attempt under way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket(u64);

/// What is under way.
#[derive(Debug, Default)]
pub struct Lanes {
    limits: Limits,
    last: u64,
    running: HashMap<Ticket, (Lane, i64)>,
    /// Lanes that were slow, until when.
    slow: HashMap<Lane, i64>,
}

impl Lanes {
    /// Nothing under way.
    pub fn new(limits: Limits) -> Lanes {
        Lanes { limits, ..Lanes::default() }
    }

    /// How many are under way.
    #[cfg(test)]
    fn running(&self) -> usize {
        self.running.len()
    }

    /// Whether another one may begin.
    pub fn admission(&self, lane: &Lane, now_ms: i64) -> Admission {
        let of_server = if lane.server == MAIL { self.limits.mail_server } else { self.limits.server };
        let (mut server, mut same, mut slow, mut slow_of_server) = (0, 0, 0, 0);
        for (other, begun_ms) in self.running.values() {
            let is_slow = self.is_slow_since(other, *begun_ms, now_ms);
            slow += usize::from(is_slow);
            if other.server == lane.server {
                server += 1;
                slow_of_server += usize::from(is_slow);
                same += usize::from(other.name == lane.name);
            }
        }
        let full = self.running.len() >= self.limits.all || server >= of_server;
        if self.is_slow(lane, now_ms) {
            let room = |limit: usize| limit - limit / 4;
            let alone = same == 0 && slow < room(self.limits.all) && slow_of_server < room(of_server);
            return if alone && !full { Admission::Yes } else { Admission::Slow };
        }
        if full || same >= (of_server / 4).max(1) { Admission::Busy } else { Admission::Yes }
    }

    /// One begins.
    pub fn begin(&mut self, lane: Lane, now_ms: i64) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        self.running.insert(ticket, (lane, now_ms));
        ticket
    }

    /// It has ended, well or badly.
    pub fn end(&mut self, ticket: Ticket, now_ms: i64) {
        let Some((lane, begun_ms)) = self.running.remove(&ticket) else { return };
        if now_ms.saturating_sub(begun_ms) < SLOW_MS {
            self.slow.remove(&lane);
            return;
        }
        if self.slow.len() >= SLOW_LANES_MAX {
            self.slow.retain(|_, until_ms| *until_ms > now_ms);
        }
        if self.slow.len() < SLOW_LANES_MAX {
            self.slow.insert(lane, now_ms.saturating_add(SLOW_AFTER_MS));
        }
    }

    /// Whether a lane is slow: one of its attempts is, or was a short while ago.
    fn is_slow(&self, lane: &Lane, now_ms: i64) -> bool {
        self.slow.get(lane).is_some_and(|until_ms| *until_ms > now_ms)
            || self
                .running
                .values()
                .any(|(other, begun_ms)| other == lane && now_ms.saturating_sub(*begun_ms) >= SLOW_MS)
    }

    fn is_slow_since(&self, lane: &Lane, begun_ms: i64, now_ms: i64) -> bool {
        now_ms.saturating_sub(begun_ms) >= SLOW_MS || self.slow.get(lane).is_some_and(|until_ms| *until_ms > now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(domain: &str) -> Lane {
        Lane { server: MAIL.to_owned(), name: domain.to_owned() }
    }

    /// As many as may begin now.
    fn fill(lanes: &mut Lanes, lane: &Lane, now_ms: i64) -> Vec<Ticket> {
        let mut begun = Vec::new();
        while lanes.admission(lane, now_ms) == Admission::Yes {
            begun.push(lanes.begin(lane.clone(), now_ms));
        }
        begun
    }

    #[test]
    fn f31_a_domain_has_a_quarter_of_the_mail_server_and_the_server_has_an_end() {
        let mut lanes = Lanes::new(Limits::default());
        assert_eq!(fill(&mut lanes, &mail("a.test"), 0).len(), 4);
        assert_eq!(lanes.admission(&mail("a.test"), 0), Admission::Busy);
        for domain in ["b.test", "c.test", "d.test"] {
            assert_eq!(fill(&mut lanes, &mail(domain), 0).len(), 4);
        }
        assert_eq!(lanes.admission(&mail("e.test"), 0), Admission::Busy);
        // A chat is another server.
        let chat = Lane { server: "chatwork".into(), name: "chatwork".into() };
        assert_eq!(lanes.admission(&chat, 0), Admission::Yes);
    }

    #[test]
    fn f31_a_domain_that_hangs_keeps_one_attempt_and_no_more() {
        let mut lanes = Lanes::new(Limits::default());
        let hanging = fill(&mut lanes, &mail("hang.test"), 0);
        assert_eq!(lanes.admission(&mail("hang.test"), SLOW_MS - 1), Admission::Busy);
        assert_eq!(lanes.admission(&mail("hang.test"), SLOW_MS), Admission::Slow);
        assert_eq!(lanes.admission(&mail("well.test"), SLOW_MS), Admission::Yes);
        for ticket in hanging {
            lanes.end(ticket, 30_000);
        }
        assert_eq!(fill(&mut lanes, &mail("hang.test"), 30_001).len(), 1, "one to see whether it is well again");
        assert_eq!(lanes.admission(&mail("hang.test"), 30_001), Admission::Slow);
    }

    #[test]
    fn f31_one_quick_answer_makes_a_slow_domain_quick_again_and_so_does_time() {
        let mut lanes = Lanes::new(Limits::default());
        for again_ms in [10_000, 10_000 + SLOW_AFTER_MS] {
            let ticket = lanes.begin(mail("a.test"), 0);
            lanes.end(ticket, 10_000);
            assert_eq!(fill(&mut lanes, &mail("a.test"), 10_000).len(), 1);
            let ticket = *lanes.running.keys().next().unwrap();
            lanes.end(ticket, 10_001);
            for ticket in fill(&mut lanes, &mail("a.test"), again_ms) {
                lanes.end(ticket, again_ms);
            }
        }
        let ticket = lanes.begin(mail("a.test"), 0);
        lanes.end(ticket, 10_000);
        assert_eq!(fill(&mut lanes, &mail("a.test"), 10_000 + SLOW_AFTER_MS).len(), 4);
    }

    #[test]
    fn f31_however_many_domains_hang_there_is_room_for_one_that_does_not() {
        let mut lanes = Lanes::new(Limits::default());
        let mut now_ms = 0;
        for domain in 0..1000 {
            fill(&mut lanes, &mail(&format!("hang{domain}.test")), now_ms);
            now_ms += SLOW_MS;
            // Nothing of them ever ends; once they are known to be slow, the next ones find a limit.
            let one = mail(&format!("hang{domain}.test"));
            lanes.slow.insert(one, i64::MAX);
        }
        let slow = lanes.running();
        assert!(slow <= 16, "{slow}");
        let mut lanes = Lanes::new(Limits::default());
        for domain in 0..1000 {
            lanes.slow.insert(mail(&format!("hang{domain}.test")), i64::MAX);
            fill(&mut lanes, &mail(&format!("hang{domain}.test")), 0);
        }
        assert_eq!(lanes.running(), 12);
        assert_eq!(lanes.admission(&mail("well.test"), 0), Admission::Yes);
        // The same of everything together: a hundred firms' webhooks.
        let webhook = |host: usize| Lane { server: format!("hook{host}.test"), name: format!("hook{host}.test") };
        for host in 0..200 {
            lanes.slow.insert(webhook(host), i64::MAX);
            fill(&mut lanes, &webhook(host), 0);
        }
        assert_eq!(lanes.running(), 72);
        assert_eq!(lanes.admission(&webhook(1000), 0), Admission::Yes);
    }
}
