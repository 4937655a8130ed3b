//! The operators, what each is doing, and the free ones in the order of each plan.

mod orders;
mod post;

pub(crate) use orders::Label;
pub(crate) use post::{Activity, Post, Resumes, WrapUp};

use crate::{BusyCounts, Candidate, Operator, OperatorId, Plan, RingPlan, State, Tier};
use orders::Orders;
use post::Busy;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// So many operators at most are looked through for one who knows the firm: where more know it, it is nothing special.
const KNOWING_MAX: usize = 64;

/// Sets of several skills whose holders are counted; when more have been asked for, the counting begins anew.
const TOGETHER_MAX: usize = 256;

/// What a call asks of operators, in the roster's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked<'a> {
    /// Skills, all of them.
    pub(crate) needs: &'a [Label],
    /// Preferred.
    pub(crate) team: Option<&'a Label>,
    /// Operators who know this firm are preferred.
    pub(crate) customer: Option<u64>,
}

/// All operators. Whoever can be offered a call stands in all orders.
#[derive(Debug)]
pub(crate) struct Roster {
    posts: BTreeMap<OperatorId, Post>,
    orders: Orders,
    /// Operators by the firms that they know.
    knowing: BTreeMap<u64, BTreeSet<OperatorId>>,
    /// Operators by the firms whose changed manual they have not read.
    not_reading: BTreeMap<u64, BTreeSet<OperatorId>>,
    /// How many can take a call now or soon.
    at_work: BTreeMap<Label, usize>,
    /// How many of them have all of several skills, for those sets that calls have asked for.
    together: BTreeMap<Box<[Label]>, usize>,
    /// How many talk and write, and for how long.
    busy: BTreeMap<Label, BusyCounts>,
    /// Labels under which somebody left last, since anyone looked.
    left: Vec<Label>,
    /// Since anyone looked, somebody left, or somebody's manual changed, where that may leave a call with nobody: one who had
    /// several skills, one of the few who have read a manual.
    thinned: bool,
    /// Times in keys count from here.
    origin: Option<Instant>,
    turns: u64,
}

impl Roster {
    pub(crate) fn new(seed: u64) -> Self {
        let mut orders = Orders::new(seed);
        orders.keep(RingPlan::LongestIdle.rule());
        Self {
            posts: BTreeMap::new(),
            orders,
            knowing: BTreeMap::new(),
            not_reading: BTreeMap::new(),
            at_work: BTreeMap::new(),
            together: BTreeMap::new(),
            thinned: false,
            busy: BTreeMap::new(),
            left: Vec::new(),
            origin: None,
            turns: 0,
        }
    }

    pub(crate) fn get(&self, operator: OperatorId) -> Option<&Post> {
        self.posts.get(&operator)
    }

    pub(crate) fn posts(&self) -> impl Iterator<Item = &Post> {
        self.posts.values()
    }

    pub(crate) fn ids(&self) -> Vec<OperatorId> {
        self.posts.keys().copied().collect()
    }

    /// Adds an operator, logged out and unreachable, or takes over a changed configuration.
    pub(crate) fn configure(&mut self, now: Instant, operator: Operator) {
        let id = operator.id;
        self.origin.get_or_insert(now);
        self.forget_firms(id);
        if let Some(post) = self.posts.get(&id) {
            self.thinned |= post.operator.unread != operator.unread || post.operator.skills != operator.skills;
            let busy = if post.is_listed_as(&operator) { None } else { post.busy() };
            self.count_busy(now, id, busy, None);
            self.change(id, |post| post.configure(operator));
            self.count_busy(now, id, None, busy);
        } else {
            self.posts.insert(id, Post::new(now, operator));
        }
        self.learn_firms(id);
    }

    pub(crate) fn remove(&mut self, operator: OperatorId) -> Option<Post> {
        self.forget_firms(operator);
        self.unlist(operator);
        self.posts.remove(&operator)
    }

    /// The only way to change an operator: keeps the lists true. Who is free has their lots drawn again, which is fair only
    /// if nobody has looked at them; so what can be changed while they are not free is changed then.
    pub(crate) fn change<T>(&mut self, operator: OperatorId, change: impl FnOnce(&mut Post) -> T) -> Option<T> {
        let was_at_work = self.posts.get(&operator).is_some_and(Post::at_work);
        self.unlist(operator);
        let result = self.posts.get_mut(&operator).map(change);
        self.list(operator);
        let is_at_work = self.posts.get(&operator).is_some_and(Post::at_work);
        let watches = !self.not_reading.is_empty() || !self.together.is_empty();
        self.thinned |= was_at_work && !is_at_work && watches;
        result
    }

    /// Changes what the operator does; the new public state if it is another one.
    pub(crate) fn act(&mut self, now: Instant, operator: OperatorId, activity: Activity) -> Option<State> {
        let was_busy = self.posts.get(&operator)?.busy();
        let state = self.change(operator, |post| {
            let before = post.state();
            post.activity = activity;
            let after = post.state();
            (before != after).then(|| {
                post.since = now;
                after
            })
        });
        let is_busy = self.posts.get(&operator)?.busy();
        if was_busy != is_busy {
            self.count_busy(now, operator, was_busy, is_busy);
        }
        state.flatten()
    }

    /// Reports of theirs that are not done: no list depends on it.
    pub(crate) fn owe(&mut self, operator: OperatorId, reports: u32) {
        if let Some(post) = self.posts.get_mut(&operator) {
            post.owes = reports;
        }
    }

    /// A call with this plan may come. Linear in operators the first time, nothing after that.
    pub(crate) fn keep(&mut self, plan: &RingPlan) {
        if self.orders.keep(plan.rule()) {
            self.list_anew();
        }
    }

    /// Builds all lists anew.
    pub(crate) fn list_anew(&mut self) {
        self.orders.clear();
        self.knowing.clear();
        self.not_reading.clear();
        self.at_work.clear();
        self.together.values_mut().for_each(|count| *count = 0);
        self.count_busy_anew();
        for id in self.ids() {
            if let Some(post) = self.posts.get_mut(&id) {
                post.spots.clear();
            }
            self.list(id);
            self.learn_firms(id);
        }
    }

    /// The next number of an offer.
    pub(crate) fn next_turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    /// Operators who can be offered a call that asks for this: those of its team who know the firm, others of the team,
    /// others who know the firm, and the rest; among these in the plan's order.
    ///
    /// Costs O(log n) for each one taken; but when several skills are needed, all free operators with the rarest of them
    /// may have to be looked through, and of the team those without the skills.
    pub(crate) fn suited<'a>(
        &'a self,
        plan: &'static dyn Plan,
        asked: &Asked<'a>,
    ) -> impl Iterator<Item = &'a Post> + use<'a> {
        let Asked { needs, team, customer } = *asked;
        let rarest = self.rarest(needs);
        let suits = move |post: &&'a Post| post.suits(needs) && post.may_serve(customer);
        let in_team = move |post: &Post| team.is_some_and(|team| post.suits(std::slice::from_ref(team)));
        let mut knowing: Vec<&Post> = self.knowing(customer).filter(suits).collect();
        knowing.sort_by_key(|post| (!in_team(post), self.orders.key(plan, &rarest, &post.spots)));
        let known: BTreeSet<OperatorId> = knowing.iter().map(|post| post.operator.id).collect();
        let (first, third): (Vec<&Post>, Vec<&Post>) = knowing.into_iter().partition(|post| in_team(post));
        let is_stranger = move |post: &&Post| !known.contains(&post.operator.id);
        let second = team.map(|team| self.free(plan, team)).into_iter().flatten();
        let second = second.filter(suits).filter(is_stranger.clone());
        let fourth = self.free(plan, &rarest).filter(suits).filter(is_stranger).filter(move |post| !in_team(post));
        first.into_iter().chain(second).chain(third).chain(fourth)
    }

    /// Everyone of a tier who can be offered a call, in the plan's order.
    pub(crate) fn of_tier(&self, plan: &'static dyn Plan, tier: Tier) -> impl Iterator<Item = &Post> {
        self.free(plan, &Label::Tier(tier))
    }

    /// How many can be offered a call that needs these skills; more than there are, if one has one skill and another one
    /// has another.
    pub(crate) fn free_count(&self, needs: &[Label]) -> usize {
        self.orders.count(&self.rarest(needs))
    }

    pub(crate) fn is_idle(&self, operator: OperatorId) -> bool {
        self.posts.get(&operator).is_some_and(Post::can_be_offered)
    }

    /// Who talks and writes, of those who could take a call that needs these skills; of several skills, of those with the
    /// one that the fewest have who are at work.
    pub(crate) fn busy(&self, needs: &[Label]) -> &BusyCounts {
        static NOBODY: BusyCounts = BusyCounts::new();
        let rarest = needs.iter().min_by_key(|need| self.at_work(need));
        self.busy.get(rarest.unwrap_or(&Label::Tier(Tier::Operator))).unwrap_or(&NOBODY)
    }

    /// How many can take a call now or soon.
    pub(crate) fn at_work(&self, label: &Label) -> usize {
        self.at_work.get(label).copied().unwrap_or(0)
    }

    /// Whether an operator at work has all these skills, and has read this firm's manual. Looks one by one only through those who
    /// have not read it.
    pub(crate) fn anyone_suited(&self, needs: &[Label], customer: Option<u64>) -> bool {
        let suited = match needs {
            [] => self.at_work(&Label::Tier(Tier::Operator)),
            [one] => self.at_work(one),
            several => match self.together.get(several) {
                Some(count) => *count,
                None => self.posts.values().filter(|post| is_suited(post, several)).count(),
            },
        };
        let Some(not_reading) = customer.and_then(|customer| self.not_reading.get(&customer)) else {
            return suited > 0;
        };
        if suited > not_reading.len() {
            return true;
        }
        let posts = not_reading.iter().filter_map(|id| self.posts.get(id));
        suited > posts.filter(|post| is_suited(post, needs)).count()
    }

    /// A call has come that needs these skills: who has all of several is counted from now on. Linear in operators the first time.
    pub(crate) fn keep_together(&mut self, needs: &[Label]) {
        if needs.len() < 2 || self.together.contains_key(needs) {
            return;
        }
        if self.together.len() >= TOGETHER_MAX {
            self.together.clear();
        }
        let count = self.posts.values().filter(|post| is_suited(post, needs)).count();
        self.together.insert(needs.into(), count);
    }

    /// Whether anyone of their tier but this operator can take calls now or soon.
    pub(crate) fn others_at_work(&self, operator: OperatorId) -> bool {
        let Some(post) = self.posts.get(&operator) else { return false };
        self.at_work(&Label::Tier(post.operator.tier)) > usize::from(post.at_work())
    }

    /// Whether somewhere the last one has gone, since this was last asked.
    pub(crate) fn take_emptied(&mut self) -> bool {
        let left = std::mem::take(&mut self.left);
        std::mem::take(&mut self.thinned) || left.iter().any(|label| self.at_work(label) == 0)
    }

    /// A new day: counters begin again. Linear in operators.
    pub(crate) fn begin_day(&mut self) {
        for id in self.ids() {
            self.change(id, |post| {
                post.calls = 0;
                post.talk = Duration::ZERO;
            });
        }
    }

    /// Whether the operator stands in the lists exactly when that is right.
    pub(crate) fn is_listed_rightly(&self, post: &Post) -> bool {
        let wanted = if post.can_be_offered() { self.orders.spots(post.labels.len()) } else { 0 };
        let knows = |firm| self.knowing.get(firm).is_some_and(|known| known.contains(&post.operator.id));
        let reads = |firm| !self.not_reading.get(firm).is_some_and(|waiting| waiting.contains(&post.operator.id));
        post.spots.len() == wanted
            && post.spots.iter().all(|spot| self.orders.holds(spot))
            && !post.operator.unread.iter().any(reads)
            && (post.operator.tier != Tier::Operator || post.operator.customers.iter().all(knows))
    }

    /// Whether there is nothing else in the lists, and those at work are counted rightly.
    pub(crate) fn is_counted_rightly(&self) -> bool {
        let mut at_work: BTreeMap<&Label, usize> = BTreeMap::new();
        for (label, _) in self.posts.values().filter(|post| post.at_work()).flat_map(|post| &post.labels) {
            *at_work.entry(label).or_default() += 1;
        }
        let mut busy: BTreeMap<&Label, [usize; 2]> = BTreeMap::new();
        for post in self.posts.values() {
            let [talking, writing] = match post.busy() {
                Some(Busy::Talking(_)) => [1, 0],
                Some(Busy::Writing(_)) => [0, 1],
                None => continue,
            };
            for (label, _) in &post.labels {
                let counts = busy.entry(label).or_default();
                *counts = [counts[0] + talking, counts[1] + writing];
            }
        }
        let are_together = self
            .together
            .iter()
            .all(|(needs, count)| self.posts.values().filter(|post| is_suited(post, needs)).count() == *count);
        let counted = self.busy.iter().map(|(label, counts)| (label, [counts.talking(), counts.wrapping_up()]));
        let spots: usize = self.posts.values().map(|post| post.spots.len()).sum();
        are_together
            && spots == self.orders.taken()
            && busy.into_iter().eq(counted)
            && at_work.into_iter().eq(self.at_work.iter().map(|(label, count)| (label, *count)))
    }

    /// The label of the needed skill that the fewest free operators have.
    fn rarest(&self, needs: &[Label]) -> Label {
        let rarest = needs.iter().min_by_key(|need| self.orders.count(need));
        rarest.cloned().unwrap_or(Label::Tier(Tier::Operator))
    }

    fn free<'a>(&'a self, plan: &'static dyn Plan, label: &Label) -> impl Iterator<Item = &'a Post> + use<'a> {
        self.orders.free(plan, label).filter_map(|id| self.posts.get(&id))
    }

    /// Free operators who know the firm, if that is something special.
    fn knowing(&self, customer: Option<u64>) -> impl Iterator<Item = &Post> {
        let known = customer.and_then(|customer| self.knowing.get(&customer));
        let known = known.filter(|known| known.len() <= KNOWING_MAX);
        known.into_iter().flatten().filter_map(|id| self.posts.get(id)).filter(|post| post.can_be_offered())
    }

    fn list(&mut self, operator: OperatorId) {
        let Some(post) = self.posts.get_mut(&operator) else { return };
        if post.at_work() {
            for (label, _) in &post.labels {
                match self.at_work.get_mut(label) {
                    Some(count) => *count += 1,
                    None => drop(self.at_work.insert(label.clone(), 1)),
                }
            }
            for (_, count) in self.together.iter_mut().filter(|(needs, _)| is_suited(post, needs)) {
                *count += 1;
            }
        }
        if !post.can_be_offered() {
            return;
        }
        let candidate = Candidate {
            operator,
            idle_since: self.origin.map_or(Duration::ZERO, |origin| post.idle_since.saturating_duration_since(origin)),
            level: 1,
            rank: post.operator.rank,
            calls: post.calls,
            talk: post.talk,
            turn: post.turn,
            missed: post.missed,
            lot: 0,
            passed: 0,
        };
        post.spots = self.orders.list(candidate, &post.labels);
    }

    fn unlist(&mut self, operator: OperatorId) {
        let Some(post) = self.posts.get_mut(&operator) else { return };
        self.orders.unlist(&std::mem::take(&mut post.spots));
        if post.at_work() {
            for (label, _) in &post.labels {
                let Some(count) = self.at_work.get_mut(label) else { continue };
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.at_work.remove(label);
                    self.left.push(label.clone());
                }
            }
            for (_, count) in self.together.iter_mut().filter(|(needs, _)| is_suited(post, needs)) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// The operator is no longer busy as before, and is from now on as after.
    fn count_busy(&mut self, now: Instant, operator: OperatorId, before: Option<Busy>, after: Option<Busy>) {
        let Some(post) = self.posts.get(&operator) else { return };
        for (label, _) in &post.labels {
            let counts = match self.busy.get_mut(label) {
                Some(counts) => counts,
                None => self.busy.entry(label.clone()).or_default(),
            };
            match before {
                Some(Busy::Talking(since)) => counts.talk_ended(since),
                Some(Busy::Writing(since)) => counts.wrap_up_ended(since),
                None => {}
            }
            match after {
                Some(Busy::Talking(_)) => counts.talk_began(now),
                Some(Busy::Writing(_)) => counts.wrap_up_began(now),
                None => {}
            }
            if counts.talking() + counts.wrapping_up() == 0 {
                self.busy.remove(label);
            }
        }
    }

    fn count_busy_anew(&mut self) {
        self.busy.clear();
        let mut busy: Vec<(Busy, OperatorId)> =
            self.posts.values().filter_map(|post| Some((post.busy()?, post.operator.id))).collect();
        busy.sort_by_key(|(busy, _)| busy.since());
        for (busy, operator) in busy {
            self.count_busy(busy.since(), operator, None, Some(busy));
        }
    }

    fn learn_firms(&mut self, operator: OperatorId) {
        let Some(post) = self.posts.get(&operator) else { return };
        for customer in post.operator.customers.iter().filter(|_| post.operator.tier == Tier::Operator) {
            self.knowing.entry(*customer).or_default().insert(operator);
        }
        for customer in &post.operator.unread {
            self.not_reading.entry(*customer).or_default().insert(operator);
        }
    }

    fn forget_firms(&mut self, operator: OperatorId) {
        let Some(post) = self.posts.get(&operator) else { return };
        for customer in &post.operator.customers {
            let Some(known) = self.knowing.get_mut(customer) else { continue };
            known.remove(&operator);
            if known.is_empty() {
                self.knowing.remove(customer);
            }
        }
        for customer in &post.operator.unread {
            let Some(waiting) = self.not_reading.get_mut(customer) else { continue };
            waiting.remove(&operator);
            if waiting.is_empty() {
                self.not_reading.remove(customer);
            }
        }
    }
}

/// Can take a call that needs these skills, now or soon: an operator, neither supervisor nor manager.
fn is_suited(post: &Post, needs: &[Label]) -> bool {
    post.operator.tier == Tier::Operator && post.at_work() && post.suits(needs)
}
