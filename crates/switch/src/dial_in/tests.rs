//! The dialogue, every path: what is keyed and answered, and what is heard.

use std::time::{Duration, Instant};

use super::dialogue::{ANSWER_MAX, ASKED_MAX, CALL_MAX, ENTER_MAX, KEY_MAX, MENU_MAX, SAY_MAX, STEP_MS, TRIES_MAX};
use super::*;

/// A caller, and what was done last.
struct Caller {
    now: Instant,
    dialogue: Dialogue,
    does: Vec<Do>,
}

impl Caller {
    fn new() -> Self {
        let now = crate::calls::tests::some_moment();
        let (dialogue, does) = Dialogue::begin(now, "819012345678".to_owned());
        Self { now, dialogue, does }
    }

    /// In few words.
    #[track_caller]
    fn does<const N: usize>(&mut self, expected: [&str; N]) -> &mut Self {
        let lines = self.does.iter().map(|next| match next {
            Do::Hear(prompt) => prompt.to_string().replace("dial-in/", ""),
            Do::Hush => "hush".to_owned(),
            Do::Ask { ask: Ask::Open { code, pin, .. }, .. } => format!("open {} {}", code.0, pin.0),
            Do::Ask { ask: Ask::Introduce { place, count, .. }, .. } => format!("introduce {place} of {count}"),
            Do::Ask { ask: Ask::Piece { customer, call, from_ms, .. }, .. } => {
                format!("piece of {customer}/{} from {from_ms}", call.0)
            }
            Do::Ask { ask: Ask::Close, .. } => "close".to_owned(),
            Do::Alarm(locked) => format!("{locked:?}"),
            Do::HangUp => "hang up".to_owned(),
        });
        assert_eq!(lines.collect::<Vec<_>>(), expected);
        self
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        self.does.clear();
        for key in keys.chars() {
            self.does.extend(self.dialogue.key(self.now, key));
        }
        self
    }

    /// What is being said is said.
    #[track_caller]
    fn said(&mut self, prompt: &str) -> &mut Self {
        self.ended(prompt, false)
    }

    fn ended(&mut self, prompt: &str, missing: bool) -> &mut Self {
        let name = if prompt.contains('/') { format!("dial-in/{prompt}") } else { prompt.to_owned() };
        self.does = self.dialogue.prompt_ended(self.now, &Prompt::named(&name), missing);
        self
    }

    /// The answer to what was asked last.
    fn hears(&mut self, answer: Answer) -> &mut Self {
        let number = self.number();
        self.does = self.dialogue.answered(self.now, number, answer);
        self
    }

    #[track_caller]
    fn number(&self) -> u64 {
        let asked = |next: &Do| if let Do::Ask { number, .. } = next { Some(*number) } else { None };
        self.does.iter().rev().find_map(asked).unwrap()
    }

    fn after(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        let due = self.dialogue.deadline().is_some_and(|due| due <= self.now);
        self.does = if due { self.dialogue.timeout(self.now) } else { Vec::new() };
        self
    }

    /// Hears the newest of so many recordings, of a minute in two pieces.
    fn listening(count: u64) -> Self {
        let mut caller = Self::new();
        caller.keys("12#604217#");
        let kept = |n| Kept { call: CallId(n), arrived_ms: 1_795_253_100_000 };
        let recordings = (1..=count).map(kept).collect();
        caller.hears(Answer::Opened { customer: 12, tongue: Tongue::Japanese, recordings });
        caller.hears(Answer::Introduction(Prompt::named("intro"))).said("intro").does(["piece of 12/1 from 0"]);
        caller.hears(piece("one", 30_000)).does(["piece of 12/1 from 30000", "one"]);
        caller
    }
}

fn piece(name: &str, length_ms: u64) -> Answer {
    Answer::Piece { prompt: Prompt::named(name), length_ms, whole_ms: 60_000 }
}

#[test]
fn f52_code_and_pin_are_asked_for_and_keys_cut_the_question() {
    let mut caller = Caller::new();
    caller.does(["ja/code"]).keys("1").does(["hush"]).keys("2").does([]).keys("#").does(["ja/pin"]);
    caller.said("ja/pin").does([]).keys("604217#").does(["open 12 604217"]);
    // While it is looked at, keys mean nothing.
    caller.keys("1#").does([]);
}

#[test]
fn f52_a_star_begins_anew_and_what_is_too_long_is_wrong() {
    let mut caller = Caller::new();
    caller.keys("99*12#").does(["hush", "ja/pin"]);
    caller.keys(&"1".repeat(DIGITS_MAX + 1)).keys("#").does(["open 12 "]);
    caller.hears(Answer::Refused { locked: None }).said("ja/wrong").does(["ja/code"]);
    caller.keys(&format!("{}#", "1".repeat(DIGITS_MAX))).keys("1#").does(["hush", "open 111111111111 1"]);
}

#[test]
fn r01_a_wrong_code_and_a_wrong_pin_sound_the_same_and_there_are_three_tries() {
    let mut caller = Caller::new();
    for left in (0..TRIES_MAX).rev() {
        caller.keys("12#111111#").hears(Answer::Refused { locked: None }).does(["ja/wrong"]);
        let expected = if left > 0 { "ja/code" } else { "hang up" };
        caller.said("ja/wrong").does([expected]);
    }
    assert!(caller.dialogue.is_over() && caller.dialogue.deadline().is_none());
    caller.keys("12#").does([]);
}

#[test]
fn r01_a_lock_is_told_once_to_the_house_and_not_to_the_caller() {
    let mut caller = Caller::new();
    caller.keys("12#111111#").hears(Answer::Refused { locked: Some(Locked::Caller) }).does(["Caller", "ja/wrong"]);
    // Whoever does not wait for the words to end is asked for the code all the same.
    caller.keys("12#111111#").does(["hush", "ja/pin", "hush", "open 12 111111"]);
}

#[test]
fn f52_whoever_keys_nothing_is_asked_three_times_in_two_languages() {
    let mut caller = Caller::new();
    for words in ["ja/code", "en/code", "ja/code"] {
        caller.does([words]).said(words).does([]).after(KEY_MAX);
    }
    assert_eq!(ASKED_MAX, 3);
    caller.does(["ja/goodbye"]).said("ja/goodbye").does(["hang up"]);
    // Half a code is none: it is asked again.
    let mut caller = Caller::new();
    caller.keys("1").after(KEY_MAX).does(["en/code"]).keys("2#").does(["hush", "ja/pin"]);
    caller.keys("#").does(["hush", "en/pin"]);
    // A prompt whose end nobody tells keeps nobody for ever.
    caller.after(SAY_MAX).does(["ja/pin"]).after(SAY_MAX).does(["ja/goodbye"]).after(SAY_MAX).does(["hang up"]);
}

#[test]
fn f52_without_words_a_tone_asks() {
    let mut caller = Caller::new();
    caller.ended("ja/code", true).does(["beep"]).said("beep").does([]).keys("12#").does(["ja/pin"]);
    caller.keys("1#").hears(Answer::Refused { locked: None }).ended("ja/wrong", true).does(["beep"]);
    caller.ended("beep", true).does(["ja/code"]);
}

#[test]
fn f52_a_recording_is_introduced_and_comes_in_pieces_without_a_gap() {
    let mut caller = Caller::listening(3);
    caller.hears(piece("two", 30_000)).does([]);
    caller.after(Duration::from_secs(30)).said("one").does(["two"]);
    caller.after(Duration::from_secs(30)).said("two").does(["ja/keys"]);
    caller.keys("1").does(["hush", "piece of 12/1 from 0"]);
}

#[test]
fn f52_a_piece_that_is_late_is_waited_for() {
    let mut caller = Caller::listening(1);
    let number = caller.number();
    caller.after(Duration::from_secs(30)).said("one").does([]);
    caller.does = caller.dialogue.answered(caller.now, number, piece("two", 30_000));
    caller.does(["two"]).said("two").does(["ja/keys"]);
    // And not for ever.
    let mut caller = Caller::listening(1);
    caller.said("one").after(ANSWER_MAX).does(["ja/unavailable"]).said("ja/unavailable").does(["hang up"]);
}

#[test]
fn f52_a_recording_that_breaks_off_is_not_taken_for_over() {
    for (answer, words, then) in
        [(Answer::NotThere, "ja/gone", None), (Answer::Unavailable, "ja/unavailable", Some("hang up"))]
    {
        let mut caller = Caller::listening(1);
        caller.hears(answer).does([]).said("one").does([words]).said(words);
        assert_eq!(caller.does.first().map(|_| "hang up"), then);
    }
}

#[test]
fn f52_keys_go_to_older_and_newer_ones_and_no_further() {
    let mut caller = Caller::listening(2);
    caller.keys("3").does(["ja/newest"]).said("ja/newest").does([]);
    caller.keys("2").does(["introduce 1 of 2"]).hears(Answer::NotThere).does(["beep"]);
    caller.said("beep").does(["piece of 12/2 from 0"]).hears(Answer::NotThere).does(["ja/gone"]);
    caller.keys("2").does(["ja/oldest"]).keys("3").does(["hush", "introduce 0 of 2"]);
    caller.keys("#").does(["ja/goodbye"]).keys("1").does([]).said("ja/goodbye").does(["hang up"]);
}

#[test]
fn f52_ten_seconds_back_and_forward_from_where_one_is() {
    let mut caller = Caller::listening(1);
    caller.after(Duration::from_secs(12)).keys("4").does(["hush", "piece of 12/1 from 2000"]);
    caller.keys("4").does(["piece of 12/1 from 0"]).keys("6").does(["piece of 12/1 from 10000"]);
    caller.hears(piece("ten", 30_000)).does(["piece of 12/1 from 40000", "ten"]);
    // An answer to a question that nobody has any more is nothing.
    let stale = caller.number();
    caller.keys("6").does(["hush", "piece of 12/1 from 20000"]);
    caller.does = caller.dialogue.answered(caller.now, stale, piece("stale", 1_000));
    caller.does([]);
    for _ in 0..3 {
        caller.keys("6");
    }
    caller.does(["piece of 12/1 from 50000"]).keys("6").does(["ja/keys"]);
    caller.keys("6").does(["ja/keys"]);
    caller.keys("4").does(["hush", "piece of 12/1 from 50000"]);
    assert_eq!(STEP_MS, 10_000);
}

#[test]
fn f52_after_a_recording_it_is_waited_for_a_key_and_then_it_ends() {
    let mut caller = Caller::listening(1);
    caller.keys("2").does(["ja/oldest"]);
    for _ in 1..ASKED_MAX {
        caller.after(SAY_MAX).after(MENU_MAX).does(["ja/keys"]);
    }
    caller.after(SAY_MAX).after(MENU_MAX).does(["ja/goodbye"]).after(SAY_MAX).does(["hang up"]);
}

#[test]
fn f52_a_firm_without_recordings_and_a_store_that_is_away_end_the_call() {
    let opened = Answer::Opened { customer: 12, tongue: Tongue::English, recordings: Vec::new() };
    for (answer, words) in [(opened, "en/nothing"), (Answer::Unavailable, "ja/unavailable")] {
        let mut caller = Caller::new();
        caller.keys("12#604217#").hears(answer).does([words]).said(words).does(["hang up"]);
    }
    let mut caller = Caller::new();
    caller.keys("12#604217#").after(ANSWER_MAX).does(["ja/unavailable"]);
}

#[test]
fn f52_no_call_takes_for_ever() {
    let mut caller = Caller::listening(1);
    caller.now += CALL_MAX;
    let now = caller.now;
    caller.does = caller.dialogue.timeout(now);
    caller.does(["hang up"]);
}

#[test]
fn f52_whoever_never_finishes_keying_does_not_keep_a_port_for_ever() {
    let mut caller = Caller::new();
    let begun = caller.now;
    while caller.now + KEY_MAX / 2 < begun + ENTER_MAX {
        caller.after(KEY_MAX / 2).does([]).keys("1*");
    }
    caller.after(KEY_MAX / 2).does(["hang up"]);
    // Who has been let in has the time to listen.
    let mut caller = Caller::listening(1);
    caller.keys("2").now += ENTER_MAX;
    caller.keys("1").does(["hush", "piece of 12/1 from 0"]).after(Duration::from_secs(1)).does([]);
}

#[test]
fn f52_a_recording_is_introduced_in_words_that_recur() {
    // 2026-11-21 18:25 in Japan.
    let kept = Kept { call: CallId(1), arrived_ms: 1_795_253_100_000 };
    let words = |tongue, place, count| introduction(tongue, place, count, kept).join("");
    assert_eq!(words(Tongue::Japanese, 0, 3), "録音は3件ございます。一番新しい録音です。11月21日、18時25分。");
    assert_eq!(words(Tongue::Japanese, 1, 3), "2番目に新しい録音です。11月21日、18時25分。");
    assert_eq!(introduction(Tongue::English, 0, 1, kept).join(" "), "There is one recording. November 21, 18:25.");
    assert_eq!(introduction(Tongue::English, 4, 9, kept).join(" "), "Number 5. November 21, 18:25.");
    assert_eq!(introduction(Tongue::English, 0, 2, kept).len(), 4);
}

#[test]
fn r18_what_is_keyed_is_shown_nowhere() {
    let ask = Ask::Open { code: Keyed("12".to_owned()), pin: Keyed("604217".to_owned()), caller: String::new() };
    assert!(!format!("{ask:?}").contains("604217"));
}
