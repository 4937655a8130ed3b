//! The operators, what each is doing, and the idle ones in order.

use crate::{CallId, Operator, OperatorId, OperatorSnapshot, State, Wish};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What an operator is doing. [`State`] is its public face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    LoggedOut,
    NotReady {
        reason: String,
    },
    Idle,
    Offered {
        call: CallId,
        /// When the phone has rung long enough.
        until: Instant,
        /// Whether the phone is known to ring.
        rings: bool,
    },
    Talking {
        call: CallId,
        /// Wished meanwhile, comes true after the wrap-up.
        then: Wish,
        /// When the wrap-up would have ended that this call broke into.
        wrap_up_until: Option<Instant>,
    },
    WrappingUp {
        until: Instant,
        then: Wish,
    },
}

impl Activity {
    fn state(&self) -> State {
        match self {
            Self::LoggedOut => State::LoggedOut,
            Self::NotReady { reason } => State::NotReady { reason: reason.clone() },
            Self::Idle => State::Ready,
            Self::Offered { .. } | Self::Talking { .. } => State::Busy,
            Self::WrappingUp { .. } => State::WorkingAfterCall,
        }
    }
}

impl From<Wish> for Activity {
    fn from(wish: Wish) -> Self {
        match wish {
            Wish::LogOut => Self::LoggedOut,
            Wish::NotReady { reason } => Self::NotReady { reason },
            Wish::Ready => Self::Idle,
        }
    }
}

/// One operator.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) operator: Operator,
    pub(crate) activity: Activity,
    pub(crate) reachable: bool,
    /// Since when the public state.
    since: Instant,
    /// The place in the order of idleness. A withdrawn offer does not change it, a declined one and a talk do.
    pub(crate) idle_since: Instant,
    /// Offers in a row that nobody picked up.
    pub(crate) unanswered: u32,
    /// No longer configured; removed when the talk is over.
    pub(crate) leaving: bool,
}

impl Post {
    pub(crate) fn state(&self) -> State {
        self.activity.state()
    }

    pub(crate) fn suits(&self, needs: &[String]) -> bool {
        needs.iter().all(|need| self.operator.skills.contains_key(need))
    }

    pub(crate) fn offered(&self) -> Option<CallId> {
        match &self.activity {
            Activity::Offered { call, .. } => Some(*call),
            Activity::LoggedOut
            | Activity::NotReady { .. }
            | Activity::Idle
            | Activity::Talking { .. }
            | Activity::WrappingUp { .. } => None,
        }
    }

    /// Can take a call now or soon.
    fn at_work(&self) -> bool {
        match self.activity {
            Activity::LoggedOut | Activity::NotReady { .. } => false,
            Activity::Idle => self.reachable,
            Activity::Offered { .. } | Activity::Talking { .. } | Activity::WrappingUp { .. } => true,
        }
    }

    fn can_be_offered(&self) -> bool {
        self.activity == Activity::Idle && self.reachable && !self.leaving
    }

    pub(crate) fn snapshot(&self) -> OperatorSnapshot {
        let (call, talking) = match &self.activity {
            Activity::Offered { call, .. } => (Some(*call), false),
            Activity::Talking { call, .. } => (Some(*call), true),
            Activity::LoggedOut | Activity::NotReady { .. } | Activity::Idle | Activity::WrappingUp { .. } => {
                (None, false)
            }
        };
        OperatorSnapshot {
            operator: self.operator.id,
            state: self.state(),
            since: self.since,
            reachable: self.reachable,
            call,
            talking,
        }
    }
}

type IdleOrder = BTreeSet<(Instant, OperatorId)>;

/// All operators. Whoever can be offered a call stands in `idle` and, once per skill, in `idle_by_skill`.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    posts: BTreeMap<OperatorId, Post>,
    idle: IdleOrder,
    idle_by_skill: BTreeMap<String, IdleOrder>,
}

impl Roster {
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
        if self.posts.contains_key(&id) {
            self.change(id, |post| {
                post.operator = operator;
                post.leaving = false;
            });
            return;
        }
        let post = Post {
            operator,
            activity: Activity::LoggedOut,
            reachable: false,
            since: now,
            idle_since: now,
            unanswered: 0,
            leaving: false,
        };
        self.posts.insert(id, post);
    }

    pub(crate) fn remove(&mut self, operator: OperatorId) -> Option<Post> {
        self.unlist(operator);
        self.posts.remove(&operator)
    }

    /// The only way to change an operator: keeps the order of the idle ones true.
    pub(crate) fn change<T>(&mut self, operator: OperatorId, change: impl FnOnce(&mut Post) -> T) -> Option<T> {
        self.unlist(operator);
        let result = self.posts.get_mut(&operator).map(change);
        self.list(operator);
        result
    }

    /// Changes what the operator does; the new public state if it is another one.
    pub(crate) fn act(&mut self, now: Instant, operator: OperatorId, activity: Activity) -> Option<State> {
        self.change(operator, |post| {
            let before = post.state();
            post.activity = activity;
            let after = post.state();
            (before != after).then(|| {
                post.since = now;
                after
            })
        })
        .flatten()
    }

    /// Operators who can be offered a call that needs these skills, longest idle first.
    pub(crate) fn idle_for<'a>(&'a self, needs: &'a [String]) -> impl Iterator<Item = &'a Post> {
        static NOBODY: IdleOrder = IdleOrder::new();
        let order = needs
            .iter()
            .map(|need| self.idle_by_skill.get(need).unwrap_or(&NOBODY))
            .min_by_key(|order| order.len())
            .unwrap_or(&self.idle);
        order.iter().filter_map(|(_, id)| self.posts.get(id)).filter(|post| post.suits(needs))
    }

    pub(crate) fn is_idle(&self, operator: OperatorId) -> bool {
        self.posts.get(&operator).is_some_and(Post::can_be_offered)
    }

    /// Whether anyone but this operator can take calls now or soon.
    pub(crate) fn others_at_work(&self, operator: OperatorId) -> bool {
        self.posts.values().any(|post| post.operator.id != operator && post.at_work())
    }

    /// Whether the operator stands in the order of the idle ones exactly when that is right.
    pub(crate) fn is_listed_rightly(&self, post: &Post) -> bool {
        let key = (post.idle_since, post.operator.id);
        let wanted = post.can_be_offered();
        self.idle.contains(&key) == wanted
            && post
                .operator
                .skills
                .keys()
                .all(|skill| self.idle_by_skill.get(skill).is_some_and(|order| order.contains(&key)) == wanted)
    }

    fn list(&mut self, operator: OperatorId) {
        let Some(post) = self.posts.get(&operator).filter(|post| post.can_be_offered()) else { return };
        let key = (post.idle_since, operator);
        self.idle.insert(key);
        for skill in post.operator.skills.keys() {
            match self.idle_by_skill.get_mut(skill) {
                Some(order) => order.insert(key),
                None => self.idle_by_skill.entry(skill.clone()).or_default().insert(key),
            };
        }
    }

    fn unlist(&mut self, operator: OperatorId) {
        let Some(post) = self.posts.get(&operator) else { return };
        let key = (post.idle_since, operator);
        if !self.idle.remove(&key) {
            return;
        }
        for skill in post.operator.skills.keys() {
            let Some(order) = self.idle_by_skill.get_mut(skill) else { continue };
            order.remove(&key);
            if order.is_empty() {
                self.idle_by_skill.remove(skill);
            }
        }
    }
}
