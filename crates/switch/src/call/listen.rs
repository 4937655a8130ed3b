//! Who hears what: a function of where the call stands, and the orders that make it so.

use endpoint::LegId;

use super::transfer::{Passing, Stage};
use super::{Call, Phase};
use crate::board::Board;
use crate::desk::{SuperviseMode, TransferMode};
use crate::leg::{Leg, Role};
use crate::media::{MIX_MAX, Order, Prompt, Source};

/// Missing prompts that one call remembers.
const MISSING_MAX: usize = 8;

/// What one leg is to hear and tell.
#[derive(PartialEq, Eq, Debug)]
struct Part {
    hears: Source,
    /// Keys on this leg mean something to us.
    detects: bool,
    /// Keys on this leg go on to who hears it.
    relays: bool,
    /// Its speech belongs on the recording.
    taped: bool,
}

impl Call {
    /// Orders what is not yet as [`Call::part`] says. Only legs that are up and have an agreement can hear.
    pub(super) fn listen(&mut self, board: &mut Board) {
        if matches!(self.phase, Phase::Over { .. }) {
            return;
        }
        let can_hear = self.legs.iter().filter(|leg| leg.can_hear());
        let parts: Vec<(LegId, Part)> = can_hear.map(|leg| (leg.id, self.part(board, leg))).collect();
        for (id, part) in parts {
            let Some(leg) = self.leg_mut(id) else { continue };
            if leg.hears.as_ref() != Some(&part.hears) {
                leg.hears = Some(part.hears.clone());
                board.media(Order::Hear { leg: id, source: part.hears });
            }
            if leg.detects != part.detects {
                leg.detects = part.detects;
                board.media(Order::DetectDigits { leg: id, on: part.detects });
            }
            if leg.relays != part.relays {
                leg.relays = part.relays;
                board.media(Order::RelayDigits { leg: id, on: part.relays });
            }
            self.tape_leg(board, id, part.taped);
        }
    }

    /// Keeps a leg's speech on the recording, or off it.
    pub(super) fn tape_leg(&mut self, board: &mut Board, id: LegId, on: bool) {
        if let Some(leg) = self.leg_mut(id).filter(|leg| leg.taped != on) {
            leg.taped = on;
            board.media(Order::RecordLeg { leg: id, on });
        }
    }

    /// What this leg is to hear and tell now.
    fn part(&self, board: &Board, leg: &Leg) -> Part {
        let part = match leg.role {
            Role::Caller => self.callers_part(board),
            Role::Operator(_) | Role::Second(_) => self.operators_part(leg.id),
            Role::Target => self.targets_part(leg.id),
            Role::Supervisor(_) => return self.supervisors_part(),
        };
        match self.whispers_to(leg) {
            Some(supervisor) => Part { hears: together(part.hears, supervisor, leg.role), ..part },
            None => part,
        }
    }

    /// Everybody on the line, as the recording has them, whatever they hear themselves: on hold too, and while the call is
    /// passed on, the caller, the operator, and whoever speaks over there. Of music and ringing tones nothing.
    fn supervisors_part(&self) -> Part {
        let early = match &self.phase {
            Phase::Passing(passing) if self.speaks_early(passing) => Some(passing.stage.leg()),
            Phase::Passing(_) | Phase::Waiting(_) | Phase::Away(_) | Phase::Alone(_) => None,
            Phase::Talking(_) | Phase::Bridged { .. } | Phase::Over { .. } => None,
        };
        let is_heard =
            |leg: &&Leg| !matches!(leg.role, Role::Supervisor(_)) && (leg.can_hear() || early == Some(leg.id));
        let heard: Vec<LegId> = self.legs.iter().filter(is_heard).map(|leg| leg.id).take(MIX_MAX).collect();
        let hears = if heard.is_empty() { Source::Silence } else { Source::Mix(heard) };
        let taped = self.supervision.as_ref().is_some_and(|visit| visit.mode == SuperviseMode::Join);
        Part { hears, detects: false, relays: false, taped }
    }

    fn callers_part(&self, board: &Board) -> Part {
        let music = self.first_of([Prompt::named(&board.directory.settings.hold_music), Prompt::named("hold-music")]);
        let hears = match &self.phase {
            Phase::Talking(_) if self.is_held() => music,
            Phase::Talking(talk) if talk.muted => Source::Silence,
            Phase::Talking(talk) => Source::Leg(talk.leg),
            Phase::Waiting(lobby) => lobby.says.current().cloned().map_or(music, once),
            Phase::Alone(alone) => alone.says.current().cloned().map_or(Source::Silence, once),
            Phase::Passing(_) => music,
            Phase::Bridged { target } => Source::Leg(*target),
            Phase::Away(_) | Phase::Over { .. } => Source::Silence,
        };
        let relays = matches!(hears, Source::Leg(_));
        // For the call's story. Only where keys come as events: nobody need listen for them in a caller's speech.
        let caller = self.leg(self.caller).and_then(|leg| leg.description.agreed());
        let has_events = caller.is_some_and(|agreed| agreed.telephone_event.is_some());
        let detects = self.waits_for_key() || (has_events && self.pause.is_none());
        Part { hears, detects, relays, taped: true }
    }

    /// Keys of the operator are feature codes, and never go on to the caller.
    fn operators_part(&self, leg: LegId) -> Part {
        let hears = match &self.phase {
            Phase::Talking(talk) if talk.leg == leg && !self.is_held() => Source::Leg(self.caller),
            Phase::Passing(passing) if passing.ear() == Some(leg) => match &passing.stage {
                Stage::Calling(_) if self.speaks_early(passing) => Source::Leg(passing.stage.leg()),
                Stage::Calling(_) => Source::Prompt { prompt: Prompt::named("ringback"), repeat: true },
                Stage::Consulting { leg, .. } => Source::Leg(*leg),
                Stage::Confirming { .. } => Source::Silence,
            },
            Phase::Away(away) if away.calling().is_some_and(|calling| calling.talk.leg == leg) => {
                Source::Prompt { prompt: Prompt::named("ringback"), repeat: true }
            }
            Phase::Talking(_) | Phase::Passing(_) | Phase::Waiting(_) | Phase::Away(_) | Phase::Alone(_) => {
                Source::Silence
            }
            Phase::Bridged { .. } | Phase::Over { .. } => Source::Silence,
        };
        let detects = self.talk().is_some();
        Part { hears, detects, relays: false, taped: true }
    }

    /// Whoever is called for the operator's announcement can be heard already.
    fn speaks_early(&self, passing: &Passing) -> bool {
        let speaks = |leg: &Leg| leg.is_early() && leg.speaks && leg.description.agreed().is_some();
        passing.mode == TransferMode::Attended && self.leg(passing.stage.leg()).is_some_and(speaks)
    }

    fn targets_part(&self, leg: LegId) -> Part {
        match &self.phase {
            Phase::Bridged { target } if *target == leg => {
                Part { hears: Source::Leg(self.caller), relays: true, ..SILENT }
            }
            Phase::Passing(passing) => match &passing.stage {
                Stage::Consulting { leg: target, .. } if *target == leg => {
                    let hears = passing.ear().map_or(Source::Silence, Source::Leg);
                    Part { hears, ..SILENT }
                }
                Stage::Confirming { leg: target, .. } if *target == leg => {
                    // Without words, a tone still tells that something is waited for.
                    let prompts = [self.prompt("confirm"), Prompt::named("confirm"), Prompt::named("beep")];
                    let hears = self.first_of(prompts);
                    Part { hears, detects: true, ..SILENT }
                }
                Stage::Calling(_) | Stage::Consulting { .. } | Stage::Confirming { .. } => SILENT,
            },
            Phase::Waiting(_) | Phase::Away(_) | Phase::Alone(_) => SILENT,
            Phase::Talking(_) | Phase::Bridged { .. } | Phase::Over { .. } => SILENT,
        }
    }

    /// The first of these prompts that the voice path has, again and again.
    fn first_of<const N: usize>(&self, prompts: [Prompt; N]) -> Source {
        let present = prompts.into_iter().find(|prompt| !self.missing.contains(prompt));
        present.map_or(Source::Silence, |prompt| Source::Prompt { prompt, repeat: true })
    }

    /// The voice path does not have this prompt.
    pub(crate) fn prompt_missing(&mut self, prompt: Prompt) {
        if !self.missing.contains(&prompt) && self.missing.len() < MISSING_MAX {
            self.missing.push(prompt);
        }
    }

    /// A prompt of this call's firm (`customer/12/confirm`), or the common one of that name.
    pub(super) fn prompt(&self, name: &str) -> Prompt {
        match &self.customer {
            Some(customer) => Prompt::named(&format!("customer/{}/{name}", customer.id.0)),
            None => Prompt::named(name),
        }
    }

    /// A key of the caller means something now: it is listened for in speech too.
    fn waits_for_key(&self) -> bool {
        match &self.phase {
            Phase::Waiting(lobby) => lobby.offers && !lobby.promised,
            Phase::Alone(alone) => alone.listens(),
            Phase::Away(_) | Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } | Phase::Over { .. } => {
                false
            }
        }
    }

    /// For the snapshot: what a caller hears who waits, or why nobody does.
    pub(crate) fn waiting_word(&self) -> &'static str {
        match &self.phase {
            Phase::Waiting(_) if self.is_connected() => "announced",
            Phase::Waiting(_) => "ringing",
            Phase::Away(away) if away.calling().is_some() => "calling_back",
            Phase::Away(_) => "callback",
            Phase::Alone(alone) => alone.word(),
            Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } | Phase::Over { .. } => "",
        }
    }

    /// For the snapshot: how the caller is being passed on.
    pub(crate) fn transfer_word(&self) -> &'static str {
        match &self.phase {
            Phase::Passing(passing) => match passing.mode {
                TransferMode::Attended => "attended",
                TransferMode::Confirmed => "confirmed",
            },
            Phase::Bridged { .. } => "bridged",
            Phase::Waiting(_) | Phase::Away(_) | Phase::Alone(_) | Phase::Talking(_) | Phase::Over { .. } => "",
        }
    }
}

/// A prompt that is said once.
fn once(prompt: Prompt) -> Source {
    Source::Prompt { prompt, repeat: false }
}

const SILENT: Part = Part { hears: Source::Silence, detects: false, relays: false, taped: true };

/// What a leg hears, with the supervisor's voice. Music, ringing tones and questions stay alone; and into the silence of a
/// person who is asked for a key nobody speaks.
fn together(hears: Source, supervisor: LegId, role: Role) -> Source {
    match hears {
        Source::Leg(other) => Source::Mix(Vec::from([other, supervisor])),
        Source::Mix(mut others) => {
            others.push(supervisor);
            Source::Mix(others)
        }
        Source::Silence if role != Role::Target => Source::Leg(supervisor),
        Source::Silence | Source::Prompt { .. } => hears,
    }
}
