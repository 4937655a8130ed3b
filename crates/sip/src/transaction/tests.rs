//! The figures of RFC 3261 §17 and RFC 6026 §7 as tables: every arrow, what it does, and what runs in each state.

use super::action::{ClientAction, ServerAction};
use super::timers::Timer;
use super::{client, invite_client, invite_server, server};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// A machine, to walk through all of it.
struct Figure<S, E, A: 'static> {
    start: (S, &'static [A]),
    step: fn(S, E) -> (S, &'static [A]),
    events: Vec<E>,
    timer_event: fn(Timer) -> Option<E>,
}

/// What an action does to the timers.
trait Winds: Debug {
    fn winds(&self) -> Option<(Timer, bool)>;
}

impl Winds for ClientAction {
    fn winds(&self) -> Option<(Timer, bool)> {
        match self {
            Self::Start(timer) | Self::Backoff(timer) | Self::Slow(timer) => Some((*timer, true)),
            Self::Stop(timer) => Some((*timer, false)),
            Self::SendRequest | Self::SendAck | Self::SendCancel | Self::Pass => None,
            Self::PassAsStray | Self::TimedOut | Self::TransportFailed => None,
        }
    }
}

impl Winds for ServerAction {
    fn winds(&self) -> Option<(Timer, bool)> {
        match self {
            Self::Start(timer) | Self::Backoff(timer) => Some((*timer, true)),
            Self::Stop(timer) => Some((*timer, false)),
            Self::Send | Self::Repeat | Self::SendTrying => None,
            Self::PassAck | Self::PassCancel | Self::NoAck => None,
        }
    }
}

impl<S: Copy + Debug + PartialEq, E: Copy + Debug + PartialEq, A: Copy + Winds> Figure<S, E, A> {
    /// Walks every way there is, firing only timers that run: each arrow that does anything, and what runs in each state.
    fn walk(&self) -> (BTreeSet<String>, BTreeMap<String, BTreeSet<String>>) {
        let (mut arrows, mut running_in) = (BTreeSet::new(), BTreeMap::<String, BTreeSet<String>>::new());
        let mut seen = BTreeSet::new();
        let mut open = vec![(self.start.0, wound(&BTreeSet::new(), self.start.1))];
        while let Some((state, running)) = open.pop() {
            // §17.1.1.2: "destroyed the instant it enters the Terminated state", its timers with it.
            if format!("{state:?}") == "Terminated" || !seen.insert(format!("{state:?} {running:?}")) {
                continue;
            }
            running_in.entry(format!("{state:?}")).or_default().insert(format!("{running:?}"));
            let fired = running.iter().map(|timer| (Some(*timer), (self.timer_event)(*timer).expect("it started it")));
            for (timer, event) in self.events.iter().map(|event| (None, *event)).chain(fired) {
                let (next, actions) = (self.step)(state, event);
                if next != state || !actions.is_empty() {
                    arrows.insert(format!("{state:?} {event:?}: {next:?} {actions:?}"));
                }
                let mut left = running.clone();
                left.retain(|other| Some(*other) != timer);
                open.push((next, wound(&left, actions)));
            }
        }
        (arrows, running_in)
    }

    fn is(&self, arrows: &str, running: &str) {
        let lines =
            |text: &str| text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
        let (found, running_in) = self.walk();
        let expected: BTreeSet<String> = lines(arrows);
        assert_eq!(found, expected);
        let found: BTreeSet<String> = running_in
            .iter()
            .flat_map(|(state, all)| all.iter().map(move |timers| format!("{state} {timers}")))
            .collect();
        let expected: BTreeSet<String> = lines(running);
        assert_eq!(found, expected);
    }
}

fn wound<A: Winds>(running: &BTreeSet<Timer>, actions: &[A]) -> BTreeSet<Timer> {
    let mut running = running.clone();
    for (timer, runs) in actions.iter().filter_map(Winds::winds) {
        if runs {
            running.insert(timer)
        } else {
            running.remove(&timer)
        };
    }
    running
}

#[test]
fn figure_5_and_rfc_6026_figure_8_the_invite_client() {
    use invite_client::Event::{Cancel, Failure, PeerGone, Provisional, Success, TransportError};
    let figure = Figure {
        start: invite_client::START,
        step: invite_client::step,
        events: vec![Provisional, Success, Failure, Cancel, TransportError, PeerGone],
        timer_event: invite_client::Event::of,
    };
    figure.is(
        "
        Calling A: Calling [SendRequest, Backoff(A)]
        Calling B: Terminated [TimedOut]
        Calling Provisional: Proceeding [Stop(A), Stop(B), Pass, Start(C)]
        Calling Success: Accepted [Stop(A), Stop(B), Pass, Start(M)]
        Calling Failure: Completed [Stop(A), Stop(B), SendAck, Pass, Start(D)]
        Calling PeerGone: Terminated [TransportFailed]
        Calling TransportError: Terminated [TransportFailed]
        Calling Cancel: Withdrawn []

        Withdrawn A: Withdrawn [SendRequest, Backoff(A)]
        Withdrawn B: Terminated [TimedOut]
        Withdrawn Provisional: Cancelling [Stop(A), Stop(B), Pass, SendCancel, Start(Withdrawal)]
        Withdrawn Success: Accepted [Stop(A), Stop(B), Pass, Start(M)]
        Withdrawn Failure: Completed [Stop(A), Stop(B), SendAck, Pass, Start(D)]
        Withdrawn PeerGone: Terminated [TransportFailed]
        Withdrawn TransportError: Terminated [TransportFailed]

        Proceeding Provisional: Proceeding [Pass, Start(C)]
        Proceeding Success: Accepted [Stop(C), Pass, Start(M)]
        Proceeding Failure: Completed [Stop(C), SendAck, Pass, Start(D)]
        Proceeding PeerGone: Terminated [TransportFailed]
        Proceeding Cancel: Cancelling [Stop(C), SendCancel, Start(Withdrawal)]
        Proceeding C: Cancelling [Stop(C), SendCancel, Start(Withdrawal)]

        Cancelling Provisional: Cancelling [Pass]
        Cancelling Success: Accepted [Stop(Withdrawal), Pass, Start(M)]
        Cancelling Failure: Completed [Stop(Withdrawal), SendAck, Pass, Start(D)]
        Cancelling PeerGone: Terminated [TransportFailed]
        Cancelling Withdrawal: Terminated [TimedOut]

        Completed Failure: Completed [SendAck]
        Completed Success: Completed [PassAsStray]
        Completed PeerGone: Terminated []
        Completed TransportError: Terminated []
        Completed D: Terminated []

        Accepted Success: Accepted [Pass]
        Accepted M: Terminated []
        ",
        "
        Calling {A, B}
        Withdrawn {A, B}
        Proceeding {C}
        Cancelling {Withdrawal}
        Completed {D}
        Accepted {M}
        ",
    );
}

#[test]
fn figure_6_the_client() {
    use client::Event::{Final, PeerGone, Provisional, TransportError};
    let figure = Figure {
        start: client::START,
        step: client::step,
        events: vec![Provisional, Final, TransportError, PeerGone],
        timer_event: client::Event::of,
    };
    figure.is(
        "
        Trying E: Trying [SendRequest, Backoff(E)]
        Trying F: Terminated [TimedOut]
        Trying Provisional: Proceeding [Pass]
        Trying Final: Completed [Stop(E), Stop(F), Pass, Start(K)]
        Trying PeerGone: Terminated [TransportFailed]
        Trying TransportError: Terminated [TransportFailed]

        Proceeding E: Proceeding [SendRequest, Slow(E)]
        Proceeding F: Terminated [TimedOut]
        Proceeding Provisional: Proceeding [Pass]
        Proceeding Final: Completed [Stop(E), Stop(F), Pass, Start(K)]
        Proceeding PeerGone: Terminated [TransportFailed]
        Proceeding TransportError: Terminated [TransportFailed]

        Completed K: Terminated []
        ",
        "
        Trying {E, F}
        Proceeding {E, F}
        Completed {K}
        ",
    );
}

#[test]
fn figure_7_and_rfc_6026_figure_7_the_invite_server() {
    use invite_server::Event::{Ack, Cancel, Failure, Invite, PeerGone, Provisional, Success, TransportError};
    let figure = Figure {
        start: invite_server::START,
        step: invite_server::step,
        events: vec![Invite, Ack, Cancel, Provisional, Success, Failure, TransportError, PeerGone],
        timer_event: invite_server::Event::of,
    };
    figure.is(
        "
        Proceeding Invite: Proceeding [Repeat]
        Proceeding Trying: Proceeding [SendTrying]
        Proceeding Cancel: Proceeding [PassCancel]
        Proceeding Provisional: Proceeding [Stop(Trying), Send]
        Proceeding Success: Accepted [Stop(Trying), Send, Start(L)]
        Proceeding Failure: Completed [Stop(Trying), Send, Start(G), Start(H)]
        Proceeding PeerGone: Terminated []

        Completed Invite: Completed [Repeat]
        Completed Ack: Confirmed [Stop(G), Stop(H), Start(I)]
        Completed G: Completed [Repeat, Backoff(G)]
        Completed H: Terminated [NoAck]
        Completed PeerGone: Terminated []

        Confirmed I: Terminated []
        Confirmed PeerGone: Terminated []

        Accepted Ack: Accepted [PassAck]
        Accepted Success: Accepted [Send]
        Accepted L: Terminated []
        Accepted PeerGone: Terminated []
        ",
        "
        Proceeding {Trying}
        Proceeding {}
        Completed {G, H}
        Confirmed {I}
        Accepted {L}
        ",
    );
}

#[test]
fn figure_8_the_server() {
    use server::Event::{Final, PeerGone, Provisional, Request, TransportError};
    let figure = Figure {
        start: server::START,
        step: server::step,
        events: vec![Request, Provisional, Final, TransportError, PeerGone],
        timer_event: server::Event::of,
    };
    figure.is(
        "
        Trying Provisional: Proceeding [Send]
        Trying Final: Completed [Stop(Unanswered), Send, Start(J)]
        Trying Unanswered: Terminated []
        Trying PeerGone: Terminated []

        Proceeding Request: Proceeding [Repeat]
        Proceeding Provisional: Proceeding [Send]
        Proceeding Final: Completed [Stop(Unanswered), Send, Start(J)]
        Proceeding Unanswered: Terminated []
        Proceeding PeerGone: Terminated []

        Completed Request: Completed [Repeat]
        Completed J: Terminated []
        Completed PeerGone: Terminated []
        ",
        "
        Trying {Unanswered}
        Proceeding {Unanswered}
        Completed {J}
        ",
    );
}
