//! The whole switch, SIP and voice, from half to twice what it carries (R45): callers who dial, talk, hang up and dial again, or
//! are sent away and come back when the 503 said. Who was on the line before a step is listened to during it.
//!
//! What the machine carries is looked for first, if nobody says: as many recorded calls as there are when the switch begins to
//! refuse. Callers, phones and switch share the machine, so it is less than the switch alone would carry.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::loud::{self, Board};
use super::stage::Stage;
use super::voice::Voice;
use crate::cli::{Output, rec};
use crate::clock;
use crate::words;

/// Callers in each step, in hundredths of what is carried.
const STEPS: [usize; 6] = [50, 75, 100, 125, 150, 200];
/// What is looked for at most; twice as many have ports, operators and descriptors.
const CALLS_MAX: usize = 1_600;
/// More phones than callers, for those whose last call is not quite over.
const SPARE_OPERATORS: usize = 8;
/// While the capacity is looked for, calls become more by this share a second, and by so many at least.
const GROWTH: f64 = 0.08;
const GROWTH_MIN: f64 = 4.0;
/// Between the last word and the BYE, and between the end of a step and its figures: what is under way arrives.
const UNDER_WAY: Duration = Duration::from_millis(300);
/// A caller who was sent away without being told when to come back.
const COME_BACK: Duration = Duration::from_secs(5);
/// Callers who were sent away together do not come back together.
const SPREAD_MS: u64 = 2_000;
/// Those who are on the line before the first step are answered by then; or the machine carries fewer than it was said.
const ANSWERED_MAX: Duration = Duration::from_secs(20);
/// Everybody must have hung up by then.
const HANG_UP_MAX: Duration = Duration::from_secs(20);
/// A recording and the call's length may differ by so much: they begin and end with different messages.
const DIFFERENCE_MAX_MS: u64 = 500;

/// What this machine carries.
#[derive(Serialize)]
struct Capacity {
    bench: &'static str,
    calls: usize,
    /// `said`: on the command line; `refused`: the switch began to refuse; `failed`: it failed before that; `limit`: more are not tried.
    how: &'static str,
}

/// One step.
#[derive(Serialize, Debug)]
struct Row {
    bench: &'static str,
    /// Callers, of what is carried.
    load: f64,
    /// Who wants to talk.
    callers: usize,
    /// INVITEs sent, and what became of them; what is missing was on its way when the step ended.
    dialled: usize,
    established: usize,
    refused_503: usize,
    /// Least and greatest Retry-After of the 503s, seconds; `None`: there was none, or one had none.
    retry_after_s: Option<(u32, u32)>,
    failed_otherwise: usize,
    /// Calls on the line, on average over the second half of the step: the goodput.
    carried: f64,
    /// Of calls that were on the line before the step: packets, those that did not come through, and the delay.
    sent: u64,
    loss: f64,
    delay_ms_p50: f64,
    delay_ms_p99: f64,
    /// Of a hundred new calls so many were taken at the worst moment.
    admitted_percent_min: u8,
    /// How full the voice path was, mean and greatest.
    busy: f64,
    busy_max: f64,
    /// The voice path's latest tick, and the generator's (which is part of the delays).
    late_ms: f64,
    generator_late_ms: f64,
}

/// How the recordings are, as `rec verify` sees them.
#[derive(Serialize, Debug)]
struct Recordings {
    bench: &'static str,
    /// Calls that were answered.
    calls: usize,
    /// Calls whose recording was not finished.
    missing: usize,
    whole: usize,
    with_gaps: usize,
    gap_ms: u64,
    /// The file is not as it was recorded, is not as long as the call, or the recorder's own verifier found something.
    faulty: usize,
    /// Of the first faulty one.
    fault: String,
    recorded_s: u64,
}

/// Looks for the capacity unless it is said, and goes from half to twice of it.
pub fn run(calls: Option<usize>, seconds: u64, out: Output) -> io::Result<()> {
    crate::descriptors::raise();
    let found = match calls {
        Some(calls) => Capacity { bench: "ramp-capacity", calls: calls.clamp(1, CALLS_MAX), how: "said" },
        None => find()?,
    };
    out.line(&found, || words::RAMP_CAPACITY.with(&[&found.calls, &found.how]));
    let recordings = ramp(found.calls, Duration::from_secs(seconds.max(1)), |row| out.line(&row, || row.text()))?;
    out.line(&recordings, || recordings.text());
    Ok(())
}

/// So many recorded calls until the switch refuses the first.
fn find() -> io::Result<Capacity> {
    let folder = tempfile::tempdir()?;
    let (stage, board) = loud::stage(CALLS_MAX + SPARE_OPERATORS, folder.path())?;
    let mut crowd = Crowd::new(stage, board, Duration::MAX);
    let mut callers = GROWTH_MIN;
    let mut grown = clock::now();
    loop {
        let now = clock::now();
        let passed = now.saturating_duration_since(grown).as_secs_f64();
        callers += (callers * GROWTH).max(GROWTH_MIN) * passed;
        grown = now;
        crowd.callers = (callers as usize).min(CALLS_MAX);
        crowd.turn()?;
        let talking = crowd.stage.peers.talking();
        let how = match (crowd.tally.refused, crowd.tally.failed) {
            (0, 0) if talking < CALLS_MAX => continue,
            (0, 0) => "limit",
            (0, _) => "failed",
            _ => "refused",
        };
        crowd.end()?;
        return Ok(Capacity { bench: "ramp-capacity", calls: talking.max(1), how });
    }
}

/// All steps, and the recordings after them.
fn ramp(capacity: usize, step: Duration, mut tell: impl FnMut(Row)) -> io::Result<Recordings> {
    let folder = tempfile::tempdir()?;
    let (stage, board) = loud::stage(capacity * 2 + SPARE_OPERATORS, folder.path())?;
    let mut crowd = Crowd::new(stage, board.clone(), step);
    crowd.grow(capacity.div_ceil(2), step)?; // somebody has to be on the line before the first step
    for percent in STEPS {
        tell(crowd.step(percent, (capacity * percent).div_ceil(100), step)?);
    }
    let answered = crowd.answered;
    crowd.end()?;
    Ok(verify(folder.path(), &board, answered))
}

/// What became of those who dialled, since it was last asked.
#[derive(Debug, Default)]
struct Tally {
    dialled: usize,
    refused: usize,
    retry_after: Vec<Option<u32>>,
    failed: usize,
    admitted_percent_min: u8,
}

/// Callers, and the house that they call.
struct Crowd {
    stage: Stage,
    board: Board,
    /// How many want to talk.
    callers: usize,
    /// Calls last one and a half to two and a half of it.
    step: Duration,
    /// Callers who will come back then.
    away: BinaryHeap<Reverse<Instant>>,
    /// What the callers of these numbers do then.
    plans: BinaryHeap<Reverse<(Instant, u64, Plan)>>,
    /// Between two who dial, and when the next may.
    every: Duration,
    next: Instant,
    tally: Tally,
    answered: usize,
    /// The last look at the engine's figures.
    turned: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Plan {
    StopTalking,
    HangUp,
}

impl Crowd {
    fn new(stage: Stage, board: Board, step: Duration) -> Self {
        let now = clock::now();
        Self {
            stage,
            board,
            callers: 0,
            step,
            away: BinaryHeap::new(),
            plans: BinaryHeap::new(),
            every: Duration::from_millis(10),
            next: now,
            tally: Tally { admitted_percent_min: 100, ..Tally::default() },
            answered: 0,
            turned: now,
        }
    }

    /// So many callers from now on, and time for all of them to be answered.
    fn grow(&mut self, callers: usize, step: Duration) -> io::Result<()> {
        self.callers = callers;
        self.pace(step);
        let give_up = clock::now() + ANSWERED_MAX;
        while self.stage.peers.talking() < callers && clock::now() < give_up {
            self.turn()?;
        }
        Ok(())
    }

    /// All callers could have dialled once in half a step.
    fn pace(&mut self, step: Duration) {
        let missing = self.callers.saturating_sub(self.stage.peers.open()).max(1);
        self.every = (step / 2).div_f64(missing as f64).min(Duration::from_millis(100));
        self.next = clock::now();
    }

    fn wait(&mut self, time: Duration) -> io::Result<()> {
        let until = clock::now() + time;
        while clock::now() < until {
            self.turn()?;
        }
        Ok(())
    }

    fn step(&mut self, percent: usize, callers: usize, step: Duration) -> io::Result<Row> {
        self.callers = callers;
        self.pace(step);
        self.tally = Tally { admitted_percent_min: 100, ..Tally::default() };
        self.board.load();
        let answered = self.answered;
        self.voice(Voice::measure);
        self.wait(step / 2)?;
        let (mut looks, mut talking) = (0_usize, 0_usize);
        let until = clock::now() + step / 2;
        while clock::now() < until {
            self.turn()?;
            looks += 1;
            talking += self.stage.peers.talking();
        }
        self.voice(Voice::pause);
        let tally = std::mem::take(&mut self.tally);
        self.tally.admitted_percent_min = 100;
        let established = self.answered - answered;
        let (busy, busy_max, late_ms) = self.board.load();
        let generator_late_ms = self.stage.peers.voice.as_ref().map_or(0.0, |voice| voice.late.as_secs_f64() * 1e3);
        self.wait(UNDER_WAY)?;
        let heard = self.stage.peers.voice.as_ref().map(Voice::heard);
        Ok(Row {
            bench: "ramp",
            load: percent as f64 / 100.0,
            callers,
            dialled: tally.dialled,
            established,
            refused_503: tally.refused,
            retry_after_s: tally.least_and_greatest(),
            failed_otherwise: tally.failed,
            carried: talking as f64 / looks.max(1) as f64,
            sent: heard.map_or(0, |heard| heard.sent),
            loss: heard.map_or(0.0, |heard| heard.loss()),
            delay_ms_p50: heard.map_or(0.0, |heard| heard.delay_ms(0.5)),
            delay_ms_p99: heard.map_or(0.0, |heard| heard.delay_ms(0.99)),
            admitted_percent_min: tally.admitted_percent_min,
            busy,
            busy_max,
            late_ms,
            generator_late_ms,
        })
    }

    fn voice(&mut self, told: fn(&mut Voice)) {
        if let Some(voice) = &mut self.stage.peers.voice {
            told(voice);
        }
    }

    /// A millisecond of everybody's life.
    fn turn(&mut self) -> io::Result<()> {
        self.voice(Voice::turn);
        self.stage.peers.turn()?;
        self.note();
        let now = clock::now();
        while self.away.peek().is_some_and(|Reverse(at)| *at <= now) {
            self.away.pop();
        }
        self.carry_out(now)?;
        let peers = &mut self.stage.peers;
        if self.next <= now && peers.open() + self.away.len() < self.callers {
            let number = peers.call()?;
            self.tally.dialled += 1;
            self.next = (self.next + self.every).max(now);
            // Each a little other than the one before.
            let length = self.step.checked_mul(150 + u32::try_from(number * 61 % 100).unwrap_or(0));
            if let Some(at) = length.and_then(|length| now.checked_add(length / 100)) {
                self.plans.push(Reverse((at, number, Plan::StopTalking)));
            }
        }
        let due = self.stage.peers.voice.as_ref().map_or(now, Voice::due);
        let spare = due.saturating_duration_since(clock::now());
        if !spare.is_zero() {
            std::thread::park_timeout(spare);
        }
        Ok(())
    }

    /// What has become of those who dialled.
    fn note(&mut self) {
        let now = clock::now();
        let peers = &mut self.stage.peers;
        for refusal in std::mem::take(&mut peers.refusals) {
            if refusal.status == 503 {
                self.tally.refused += 1;
                self.tally.retry_after.push(refusal.retry_after);
            } else {
                self.tally.failed += 1;
            }
            let told = refusal.retry_after.map_or(COME_BACK, |seconds| Duration::from_secs(seconds.into()));
            let more = (self.tally.refused as u64 * 617) % SPREAD_MS;
            self.away.push(Reverse(now + told + Duration::from_millis(more)));
        }
        self.answered = peers.answered;
        if now.saturating_duration_since(self.turned) >= UNDER_WAY {
            self.turned = now;
            let statistics = *self.stage.house.engine.statistics().borrow();
            if statistics.inputs > 0 {
                let least = &mut self.tally.admitted_percent_min;
                *least = statistics.admitted_percent.min(*least);
            }
        }
    }

    fn carry_out(&mut self, now: Instant) -> io::Result<()> {
        while let Some(Reverse((at, number, plan))) = self.plans.peek().copied() {
            if at > now {
                break;
            }
            self.plans.pop();
            match plan {
                Plan::StopTalking => {
                    self.stage.peers.hush(number);
                    self.plans.push(Reverse((now + UNDER_WAY, number, Plan::HangUp)));
                }
                Plan::HangUp => self.stage.peers.hang_up_one(number)?,
            }
        }
        Ok(())
    }

    /// Everybody hangs up, and the house closes.
    fn end(mut self) -> io::Result<()> {
        self.callers = 0;
        let give_up = clock::now() + HANG_UP_MAX;
        while self.stage.peers.open() > 0 && clock::now() < give_up {
            self.stage.peers.hang_up()?;
            self.turn()?;
        }
        self.stage.mark(true)?;
        self.stage.stop();
        Ok(())
    }
}

impl Tally {
    fn least_and_greatest(&self) -> Option<(u32, u32)> {
        let all: Option<Vec<u32>> = self.retry_after.iter().copied().collect();
        let all = all?;
        Some((all.iter().copied().min()?, all.iter().copied().max()?))
    }
}

/// Looks at every recording as `rec verify` does, and at how long it is.
fn verify(folder: &Path, board: &Board, calls: usize) -> Recordings {
    let told = board.told();
    let mut found = Recordings {
        bench: "ramp-recordings",
        calls,
        missing: calls.saturating_sub(told.recordings.len()),
        whole: 0,
        with_gaps: 0,
        gap_ms: 0,
        faulty: 0,
        fault: String::new(),
        recorded_s: 0,
    };
    for (call, recording) in &told.recordings {
        let mut fault = rec::mismatch(folder, recording);
        if fault.is_empty() {
            fault.clone_from(&recording.fault);
        }
        let length_ms = recording.samples / 8;
        let talked_ms = told.talked_ms.get(call).and_then(|talked| u64::try_from(*talked).ok());
        if fault.is_empty() && talked_ms.is_none_or(|talked| talked.abs_diff(length_ms) > DIFFERENCE_MAX_MS) {
            fault = format!("{length_ms} ms recorded of {} ms", talked_ms.unwrap_or(0));
        }
        found.recorded_s += recording.samples / 8000;
        found.gap_ms += recording.gaps.iter().map(|(_, length)| u64::from(*length)).sum::<u64>();
        found.with_gaps += usize::from(!recording.gaps.is_empty());
        found.whole += usize::from(recording.gaps.is_empty() && fault.is_empty());
        if !fault.is_empty() {
            found.faulty += 1;
            if found.fault.is_empty() {
                found.fault = format!("{call}: {fault}");
            }
        }
    }
    found
}

impl Row {
    fn text(&self) -> String {
        let retry = self.retry_after_s.map_or_else(|| "-".to_owned(), |(least, most)| format!("{least}–{most} s"));
        words::RAMP_STEP.with(&[
            &format_args!("{:.2}", self.load),
            &self.callers,
            &format_args!("{:.0}", self.carried),
            &self.dialled,
            &self.established,
            &self.refused_503,
            &retry,
            &self.failed_otherwise,
            &format_args!("{:.3}", self.loss * 100.0),
            &format_args!("{:.1}", self.delay_ms_p50),
            &format_args!("{:.1}", self.delay_ms_p99),
            &format_args!("{:.0}", self.busy * 100.0),
            &format_args!("{:.0}", self.busy_max * 100.0),
            &format_args!("{:.0}", self.late_ms),
            &format_args!("{:.0}", self.generator_late_ms),
        ])
    }
}

impl Recordings {
    fn text(&self) -> String {
        let text = words::RAMP_RECORDINGS.with(&[
            &self.calls,
            &self.whole,
            &self.missing,
            &self.with_gaps,
            &self.gap_ms,
            &self.faulty,
            &self.recorded_s,
        ]);
        if self.fault.is_empty() { text } else { format!("{text}\n{}", self.fault) }
    }
}

#[cfg(test)]
mod tests;
