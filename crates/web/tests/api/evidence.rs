//! A click on a field plays the second in which it was said (X01): a hundred calls by robots. A caller speaks a number at a moment
//! that is known; an operator types it as people do: late, in bursts, with slips that are mended at once or after reading it back. Every
//! fifth caller is called back at the number that calls: the page has put it there, nobody types it, and it is heard where the operator
//! reads it back.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::common::{House, NOW};
use report::evidence::{LEAD_MS, TRAIL_MS};
use serde_json::{Value, json};
use store::Role;
use switch::CallId;
use switch::media::Recording;

const CALLS: u64 = 100;
/// Of a hundred.
const WANTED: usize = 99;
const FIRST: u64 = ((NOW as u64 - 9_200) << 20) + 21;
const RECORDING_MS: i64 = 90_000;
/// A caller says a digit in so long.
const DIGIT_MS: i64 = 350;

/// Now, as the API's clock has it.
static CLOCK: AtomicI64 = AtomicI64::new(NOW);

/// The same numbers each time.
struct Chance(u64);

impl Chance {
    fn between(&mut self, from: i64, until: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from + i64::try_from((self.0 >> 33) % u64::try_from(until - from + 1).unwrap()).unwrap()
    }
}

/// What is typed when, on the recording's clock; and where in it the number, as it stands in the end, was spoken.
struct Script {
    number: String,
    typed: Vec<(i64, String)>,
    spoken: Vec<(i64, i64)>,
    /// The page had put the number there with the call; this is when the tick that it was read back was set.
    ticked: Option<i64>,
}

fn script(chance: &mut Chance) -> Script {
    let digits: String =
        (0..8).map(|_| char::from_digit(chance.between(0, 9).try_into().unwrap(), 10).unwrap()).collect();
    let number = format!("090{digits}");
    let begins = chance.between(2_000, 50_000);
    let mut spoken = vec![(begins, begins + 11 * DIGIT_MS)];
    // People begin to type while the number is spoken, or right after it.
    let mut at = begins
        + if chance.between(0, 3) == 0 {
            11 * DIGIT_MS + chance.between(200, 1_200)
        } else {
            chance.between(400, 2_500)
        };
    let mut typed = Vec::new();
    let slip = chance.between(0, 4);
    for (place, _) in number.char_indices() {
        at += chance.between(90, 450);
        let so_far = &number[..=place];
        // A slip that is mended by the next key, or only after reading the number back.
        let shown =
            if slip == 1 && place == 6 || slip == 2 && place >= 6 { wrong(so_far, 6) } else { so_far.to_owned() };
        typed.push((at, shown));
    }
    if slip == 2 {
        let read_back = at + chance.between(9_000, 15_000);
        spoken.push((read_back, read_back + 11 * DIGIT_MS));
        typed.push((read_back + chance.between(2_500, 5_000), number.clone()));
    }
    Script { number, typed, spoken, ticked: None }
}

/// The number that calls is the one to call back: it stands there already, the operator reads it back, and ticks that it was right.
fn prefilled(chance: &mut Chance) -> Script {
    let begins = chance.between(4_000, 60_000);
    let read = begins + 11 * DIGIT_MS;
    // Those who have it confirmed tick it then; a few tick while they read the last digits.
    let ticked = read + if chance.between(0, 3) == 0 { -chance.between(100, 700) } else { chance.between(300, 1_800) };
    let number = "090-1234-5678".to_owned();
    Script { number, typed: Vec::new(), spoken: vec![(begins, read)], ticked: Some(ticked) }
}

fn wrong(text: &str, place: usize) -> String {
    let mut digits: Vec<char> = text.chars().collect();
    digits[place] = if digits[place] == '9' { '0' } else { '9' };
    digits.into_iter().collect()
}

/// A voice: a tone while the number is spoken, the caller's or, of one that is read back, ours.
fn sound(script: &Script) -> Vec<u8> {
    let mut file = vec![0; 44];
    for sample in 0..RECORDING_MS * 8 {
        let on = script.spoken.iter().any(|(from, until)| (from * 8..until * 8).contains(&sample));
        let voice = i16::from(on && sample % 8 < 4) * 8_000;
        let (caller, ours) = if script.ticked.is_some() { (0, voice) } else { (voice, 0) };
        file.extend_from_slice(&caller.to_le_bytes());
        file.extend_from_slice(&ours.to_le_bytes());
    }
    file
}

struct Robots {
    house: House,
    customer: i64,
    operator: i64,
    token: String,
    supervisor: String,
}

impl Robots {
    /// A call as the script has it; its report.
    fn call(&self, id: u64, script: &Script, chance: &mut Chance) -> String {
        let path = format!("{id}.wav");
        std::fs::write(self.house.recordings().join(&path), sound(script)).unwrap();
        self.house.call(id, |call| {
            call.customer = Some(self.customer);
            call.operator = Some(self.operator);
            (call.answered_ms, call.ended_ms) = (Some(NOW), Some(NOW + RECORDING_MS));
            let samples = u64::try_from(RECORDING_MS * 8).unwrap();
            call.recording = Some(Recording {
                path,
                samples,
                sha256: "ab".repeat(32),
                bytes: 44 + samples * 4,
                ..Recording::default()
            });
        });
        let report = store::report_id_of_call(CallId(id));
        // The page sends what was typed a little later, several keys at once, and says how long ago each was.
        let mut left = script.typed.as_slice();
        while !left.is_empty() {
            let (burst, rest) = left.split_at(usize::try_from(chance.between(1, 4)).unwrap().min(left.len()));
            let sent = burst.last().unwrap().0 + chance.between(10, 400);
            CLOCK.store(NOW + sent, Ordering::SeqCst);
            let edit =
                |(at, text): &(i64, String)| json!({"key": "callback", "value": {"said": text}, "ago_ms": sent - at});
            self.edits(&report, burst.iter().map(edit).collect());
            left = rest;
        }
        if let Some(ticked) = script.ticked {
            CLOCK.store(NOW + 300, Ordering::SeqCst);
            let there = json!({"key": "callback", "value": {"said": script.number}, "ago_ms": 300, "prefilled": true});
            self.edits(&report, vec![there]);
            let late = chance.between(10, 400);
            CLOCK.store(NOW + ticked + late, Ordering::SeqCst);
            self.edits(&report, vec![json!({"key": "read_back", "value": {"said": "yes"}, "ago_ms": late})]);
        }
        report
    }

    fn edits(&self, report: &str, edits: Vec<Value>) {
        let path = format!("/reports/{report}");
        let said = self.house.ask("PATCH", &path, Some(&self.token), Some(json!({"edits": edits})));
        assert_eq!(said.status, 200, "{}", said.text());
    }

    /// From where a click on the number plays.
    fn clicked(&self, report: &str, script: &Script) -> i64 {
        let whole = self.house.get(&format!("/reports/{report}"), &self.supervisor).json();
        assert_eq!(whole["draft"]["answers"]["callback"]["said"], script.number, "{whole}");
        let (heard, is_read_back) = (&whole["evidence"]["callback"], script.ticked.is_some());
        assert_eq!((&heard["changed_later"], &heard["read_back"]), (&json!(false), &json!(is_read_back)), "{whole}");
        let spans = whole["evidence"]["callback"]["spans"].as_array().unwrap().clone();
        (spans.last().unwrap()["from_ms"].as_i64().unwrap() - LEAD_MS).max(0)
    }

    /// How much of ten seconds from there is voice, milliseconds.
    fn heard(&self, id: u64, from_ms: i64) -> usize {
        let until_ms = from_ms + LEAD_MS + TRAIL_MS + 2_000;
        let path = format!("/calls/{}/recording/clip?from_ms={from_ms}&until_ms={until_ms}", CallId(id));
        let wav = self.house.get(&path, &self.supervisor);
        assert_eq!(wav.status, 200, "{}", wav.text());
        wav.bytes[44..].chunks(16).filter(|ms| ms.iter().any(|byte| *byte != 0)).count()
    }
}

#[test]
fn x01_a_click_on_a_number_plays_it_in_ninety_nine_of_a_hundred_calls() {
    let house = House::at_clock(|| CLOCK.load(Ordering::SeqCst));
    let operator = house.operator("101", "花子");
    let customer = house.customer("sakura", "さくら歯科", "03-1234-5678");
    let token = house.logged_in("hanako", Role::Operator, Some(operator));
    let supervisor = house.logged_in("shunin", Role::Supervisor, None);
    let robots = Robots { house, customer, operator, token, supervisor };
    let mut chance = Chance(1);
    let mut missed = Vec::new();
    for call in 0..CALLS {
        let script = if call % 5 == 4 { prefilled(&mut chance) } else { script(&mut chance) };
        let report = robots.call(FIRST + call, &script, &mut chance);
        let from_ms = robots.clicked(&report, &script);
        // At most six seconds before the number is spoken, at most two after it has begun.
        let lands = script.spoken.iter().any(|(spoken, _)| (spoken - LEAD_MS..=spoken + TRAIL_MS).contains(&from_ms));
        let heard = robots.heard(FIRST + call, from_ms);
        // All of its eleven digits but for one, if the operator typed while it was spoken.
        if !lands || i64::try_from(heard).unwrap() < 10 * DIGIT_MS {
            missed.push((call, from_ms, heard, script.spoken.clone()));
        }
    }
    let hits = usize::try_from(CALLS).unwrap() - missed.len();
    println!("{hits} of {CALLS} clicks play the number");
    assert!(hits >= WANTED, "{missed:?}");
}
