//! How much of the new calls the engine can take (R45): the occupancy algorithm that RFC 6357 section 5.3 speaks of. The share
//! that is taken is multiplied, window by window, by what the engine should be occupied and what it is. A single bad moment (the
//! machine was elsewhere) changes nothing, and a house that is well again says so only when it has been for a while.
//!
//! The voice path counts as much as the engine: whichever leaves less decides. A call that was taken goes on talking for
//! minutes, so what the media threads have to do follows slowly what is taken, and the same algorithm would swing: there, the
//! share falls straight from all to none as they fill, and settles where as many calls are taken as end.

use std::time::{Duration, Instant};

/// How long is measured at a time.
const WINDOW: Duration = Duration::from_millis(100);
/// So many windows in a row must be too full before anything is refused.
const WINDOWS_BEFORE: u32 = 5;
/// So many windows in a row must be well before it is over.
const WINDOWS_AFTER: u32 = 50;
/// What the engine should be occupied at most. The rest is for answers, hang-ups and registrations, which are never refused.
const OCCUPANCY_WANTED: f64 = 0.85;
/// Beyond this it is too much.
const OCCUPANCY_MAX: f64 = 0.92;
/// Timers that are late by so much say the same, whatever the occupancy: someone else has the processor.
const LATE_MAX: Duration = Duration::from_millis(200);
/// Up to this the voice path may be occupied before any call is refused on its account,
const VOICE_WANTED: f64 = 0.80;
/// and at this none is taken any more. The rest is for bursts, prompts, and recordings that end.
const VOICE_MAX: f64 = 0.92;
/// Voice that is late by so much is heard: it is more than phones keep in store. A busy voice path that is so late is full.
const VOICE_LATE_MAX: Duration = Duration::from_millis(60);
/// How much of the voice path's occupancy is what the latest window showed. It is counted by threads that look at their
/// own clocks when they have time; and one bad moment changes nothing.
const VOICE_NEWEST: f64 = 0.3;
/// While a share was refused, so many are taken at most until it has been well for a while: one alarm for one bad hour.
const NEARLY_ALL: f64 = 0.99;
/// The share is not cut by more than this, and not raised by more, from one window to the next.
const CUT_MAX: f64 = 0.5;
const RISE_MAX: f64 = 1.1;
/// Never fewer than this share; the endpoint takes a few calls a second on top.
const SHARE_MIN: f64 = 0.02;

/// See the module.
#[derive(Debug)]
pub struct Load {
    window_began: Instant,
    /// Of the window, what the engine was at work.
    busy: Duration,
    /// The latest timer in the window.
    late: Duration,
    /// What the voice path is occupied, over the last windows.
    voice_busy: f64,
    too_full: u32,
    well: u32,
    share: f64,
    /// The percentage told last.
    told: u8,
}

impl Load {
    /// An engine that has nothing to do yet.
    pub fn new(now: Instant) -> Self {
        Self {
            window_began: now,
            busy: Duration::ZERO,
            late: Duration::ZERO,
            voice_busy: 0.0,
            too_full: 0,
            well: 0,
            share: 1.0,
            told: 100,
        }
    }

    /// The engine was at work for so long, and its timers were late by so much.
    pub fn worked(&mut self, spent: Duration, late: Duration) {
        self.busy += spent;
        self.late = self.late.max(late);
    }

    /// Whether the window is over: [`Load::voice`] is to be told, and then [`Load::look`] asked.
    pub fn is_due(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.window_began) >= WINDOW
    }

    /// The voice path was occupied by this share of the window, and late by so much.
    pub fn voice(&mut self, busy: f64, late: Duration) {
        let is_full = late > VOICE_LATE_MAX && busy > VOICE_WANTED / 2.0;
        let busy = if is_full { 1.0 } else { busy.clamp(0.0, 1.0) };
        self.voice_busy += (busy - self.voice_busy) * VOICE_NEWEST;
    }

    /// Ends the window, if it is over. `Some`: of a hundred new calls take so many from now on.
    pub fn look(&mut self, now: Instant) -> Option<u8> {
        let length = now.saturating_duration_since(self.window_began);
        if length < WINDOW {
            return None;
        }
        let occupancy = self.busy.as_secs_f64() / length.as_secs_f64();
        let is_late = self.late > LATE_MAX;
        // A window that nobody looked at for long is one bad moment, not many.
        self.window_began = now;
        self.busy = Duration::ZERO;
        self.late = Duration::ZERO;
        self.step(occupancy, is_late);
        let voice = self.voice_share();
        if voice < 1.0 {
            self.well = 0;
            self.share = self.share.min(NEARLY_ALL);
        }
        let after = percent(self.share.min(voice));
        (std::mem::replace(&mut self.told, after) != after).then_some(after)
    }

    /// The share of the new calls that the voice path has room for.
    fn voice_share(&self) -> f64 {
        ((VOICE_MAX - self.voice_busy) / (VOICE_MAX - VOICE_WANTED)).clamp(0.0, 1.0)
    }

    fn step(&mut self, occupancy: f64, is_late: bool) {
        let too_full = occupancy > OCCUPANCY_MAX || (is_late && occupancy > OCCUPANCY_WANTED / 2.0);
        self.too_full = if too_full { self.too_full + 1 } else { 0 };
        self.well = if too_full || occupancy > OCCUPANCY_WANTED { 0 } else { self.well.saturating_add(1) };
        let refuses = self.share < 1.0;
        if !refuses && self.too_full < WINDOWS_BEFORE {
            return;
        }
        let cut = if is_late { CUT_MAX } else { 1.0 };
        let factor = (OCCUPANCY_WANTED / occupancy.max(0.01)).clamp(CUT_MAX, RISE_MAX).min(if too_full {
            cut
        } else {
            RISE_MAX
        });
        let share = (self.share * factor).clamp(SHARE_MIN, 1.0);
        // All calls again only when it has been well for a while: one alarm for one bad hour, not a hundred.
        self.share = if share > NEARLY_ALL && self.well < WINDOWS_AFTER { NEARLY_ALL } else { share };
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is from 0 to 1")]
fn percent(share: f64) -> u8 {
    (share * 100.0).floor() as u8
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test begins at some moment")]
mod tests {
    use super::*;

    /// An engine that gets so many calls a second of so much work each, and refuses for a twentieth of that.
    struct Model {
        now: Instant,
        load: Load,
        percent: u8,
        changes: Vec<u8>,
    }

    impl Model {
        fn new() -> Self {
            let now = Instant::now();
            Self { now, load: Load::new(now), percent: 100, changes: Vec::new() }
        }

        /// For so long, with so many times the work that it can do; gives the work done for calls, of what could be done.
        fn run(&mut self, time: Duration, offered: f64) -> f64 {
            let windows = time.as_millis().div_euclid(WINDOW.as_millis());
            let mut done = 0.0;
            for _ in 0..windows {
                let share = f64::from(self.percent) / 100.0;
                let wanted = offered * share + offered * (1.0 - share) / 20.0;
                let occupancy = wanted.min(1.0);
                done += (offered * share).min(1.0) / windows as f64;
                self.now += WINDOW;
                self.load.worked(WINDOW.mul_f64(occupancy), Duration::ZERO);
                if let Some(percent) = self.load.look(self.now) {
                    self.percent = percent;
                    self.changes.push(percent);
                }
            }
            done
        }
    }

    #[test]
    fn r45_work_that_fits_refuses_nobody() {
        let mut model = Model::new();
        model.run(Duration::from_secs(60), 0.9);
        assert!(model.changes.is_empty(), "{:?}", model.changes);
    }

    #[test]
    fn r45_a_bad_moment_refuses_nobody() {
        let mut model = Model::new();
        for _ in 0..20 {
            model.run(WINDOW * 4, 3.0);
            model.run(WINDOW, 0.3);
        }
        // Nor does a machine that was elsewhere for a minute.
        model.now += Duration::from_secs(60);
        model.load.worked(Duration::from_secs(60), Duration::from_secs(60));
        assert_eq!(model.load.look(model.now), None);
        assert!(model.changes.is_empty(), "{:?}", model.changes);
    }

    #[test]
    fn r45_twice_the_work_leaves_most_of_what_can_be_done() {
        for offered in [1.2, 2.0, 5.0] {
            let mut model = Model::new();
            model.run(Duration::from_secs(5), offered);
            let done = model.run(Duration::from_secs(30), offered);
            assert!(done > 0.6, "{offered} times: {done}");
            assert!(model.percent < 100, "{offered}");
        }
        let mut model = Model::new();
        model.run(Duration::from_secs(5), 2.0);
        assert!(model.run(Duration::from_secs(30), 2.0) > 0.75);
    }

    #[test]
    fn r45_it_is_over_once_and_only_after_a_while() {
        let mut model = Model::new();
        model.run(Duration::from_secs(10), 3.0);
        model.run(Duration::from_secs(4), 0.2);
        assert!(model.percent < 100, "too early");
        model.run(Duration::from_secs(10), 0.2);
        assert_eq!(model.percent, 100);
        assert_eq!(model.changes.iter().filter(|percent| **percent == 100).count(), 1);
    }

    /// A voice path that so many calls fill, each of 60 s; gives the share of windows in which it was fuller than it can be.
    fn voice(offered_per_window: f64, capacity: f64, seconds: u64) -> (f64, f64) {
        let mut model = Model::new();
        let mut calls = std::collections::VecDeque::from(vec![0.0; 600]);
        let (mut talking, mut beyond, mut fullest) = (0.0, 0.0, 0.0_f64);
        for _ in 0..seconds * 10 {
            let taken = offered_per_window * f64::from(model.percent) / 100.0;
            talking += taken - calls.pop_front().unwrap_or(0.0);
            calls.push_back(taken);
            let full = talking / capacity;
            fullest = fullest.max(full);
            beyond += f64::from(u8::from(full > 1.0)) / (seconds * 10) as f64;
            model.now += WINDOW;
            model.load.worked(WINDOW / 10, Duration::ZERO);
            model.load.voice(full.min(1.0), Duration::from_millis(if full > 1.0 { 100 } else { 1 }));
            if let Some(percent) = model.load.look(model.now) {
                model.percent = percent;
            }
        }
        (beyond, fullest)
    }

    #[test]
    fn r45_a_full_voice_path_takes_no_more_calls_though_the_engine_is_idle() {
        // 1000 calls fit; what is offered would be 800, 2000 and 5000 at once.
        assert!(voice(800.0 / 600.0, 1000.0, 300).1 < 0.81);
        for offered in [2000.0, 5000.0] {
            let (beyond, fullest) = voice(offered / 600.0, 1000.0, 300);
            assert!(beyond == 0.0 && (0.8..0.97).contains(&fullest), "{offered}: beyond {beyond}, fullest {fullest}");
        }
    }

    #[test]
    fn r45_voice_that_is_late_for_once_refuses_nobody() {
        let mut model = Model::new();
        for round in 0..100 {
            model.now += WINDOW;
            model.load.voice(0.6, Duration::from_millis(if round % 5 == 0 { 300 } else { 2 }));
            assert_eq!(model.load.look(model.now), None);
        }
    }

    #[test]
    fn r45_late_timers_cut_faster_and_never_below_the_least() {
        let begun = Instant::now();
        let mut load = Load::new(begun);
        let mut told = Vec::new();
        for window in 1..=40 {
            load.worked(WINDOW, Duration::from_millis(500));
            told.extend(load.look(begun + WINDOW * window));
        }
        assert_eq!(told.first(), Some(&50));
        assert_eq!(told.last(), Some(&2));
    }
}
