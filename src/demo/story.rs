//! The story: a caller with toothache, the right firm's name, talk, hold, a call to the dentist's mobile and back, then on to the
//! mobile. Each step says what was to be heard, and whether it was.

use std::sync::Arc;
use std::time::Duration;

use super::sample::{self, FIRMS};
use super::{println, say};
use crate::clock;
use crate::phone::speech::Speaker;
use crate::phone::{Phone, Sight, Wish};

/// Anything that takes a moment on a busy machine.
const SOON: Duration = Duration::from_secs(15);
/// How much the shape of what is heard must be that of what was said; a relay gives above 0.95, other speech below 0.5.
pub const LIKENESS_MIN: f32 = 0.8;
/// Envelope frames: 20 ms.
const FRAME: usize = rtp::FRAME;
/// Louder than this is not silence.
const AUDIBLE: f32 = 100.0;

/// Everyone in the story.
pub struct Cast {
    /// Outside caller.
    pub caller: Phone,
    /// Operators' phones.
    pub operators: Vec<Phone>,
    /// The dentist's mobile.
    pub mobile: Phone,
    /// Their voices.
    pub speaker: Speaker,
}

/// What the record of the call must hold.
pub struct Told {
    /// What the caller said before the transfer.
    pub caller_said: Speech,
    /// What the operator said first.
    pub operator_said: Speech,
    /// What the dentist said to the caller.
    pub mobile_said: Speech,
}

type Step<T> = Result<T, String>;
/// 8 kHz samples of a sentence.
type Speech = Arc<[i16]>;

/// Plays it. `Err` names the step that failed.
pub fn play(cast: &Cast) -> Step<Told> {
    let operator = ring(cast)?;
    let (operator_said, caller_said) = talk(cast, operator)?;
    hold(cast, operator)?;
    announce_and_return(cast, operator)?;
    let mobile_said = pass_on(cast, operator)?;
    cast.caller.wish(Wish::HangUp);
    see(&cast.caller, "the caller has hung up", |s| *s == Sight::Over)?;
    see(&cast.mobile, "the mobile's call ends with it", |s| *s == Sight::Over)?;
    done(&say("the caller hung up; everyone is free", "通話終了。全員が待機に戻りました"));
    Ok(Told { caller_said, operator_said, mobile_said })
}

/// The call comes in: the caller hears ringing, an operator's phone shows the firm.
fn ring(cast: &Cast) -> Step<&Phone> {
    let firm = &FIRMS[0];
    cast.caller.wish(Wish::Dial(firm.did.to_owned()));
    see(&cast.caller, "the caller hears ringing", |s| *s == Sight::Ringback)?;
    let deadline = clock::now() + SOON;
    while clock::now() < deadline {
        for operator in &cast.operators {
            let Ok(Sight::Rings { shown, number }) =
                operator.wait(|s| matches!(s, Sight::Rings { .. }), Duration::from_millis(100))
            else {
                continue;
            };
            if !shown.contains(firm.name) {
                return Err(format!("the operator's phone shows {shown:?} instead of {}", firm.name));
            }
            done(&say(
                &format!("a call for {}: the operator's phone shows \"{shown}\" and {number}", firm.name),
                &format!("{}あての着信。オペレーターの電話機に「{shown}」と {number} が表示されました", firm.name),
            ));
            return Ok(operator);
        }
    }
    Err("no operator's phone rings".to_owned())
}

fn talk(cast: &Cast, operator: &Phone) -> Step<(Speech, Speech)> {
    operator.wish(Wish::Answer);
    see(&cast.caller, "the caller is answered", |s| *s == Sight::Talking)?;
    let greeting =
        heard_across(cast, operator, &cast.caller, sample::OPERATOR_SAYS, 190.0, "the caller hears the greeting")?;
    let request =
        heard_across(cast, &cast.caller, operator, sample::CALLER_SAYS, 130.0, "the operator hears the caller")?;
    heard_across(cast, &cast.caller, operator, sample::CALLER_NUMBER, 130.0, "the operator hears the number")?;
    done(&say("answered in the firm's name; both hear each other", "契約企業の名前で応答。双方の声が聞こえています"));
    Ok((greeting, request))
}

fn hold(cast: &Cast, operator: &Phone) -> Step<()> {
    heard_across(cast, operator, &cast.caller, sample::OPERATOR_HOLDS, 190.0, "the caller is asked to wait")?;
    operator.wish(Wish::Press("*5".to_owned()));
    music(cast)?;
    operator.wish(Wish::Press("*5".to_owned()));
    quiet(cast)?;
    done(&say("hold: the caller hears music; and back", "保留。発信者には保留音が流れ、戻りました"));
    Ok(())
}

/// The operator calls the dentist, announces, and comes back to the caller.
fn announce_and_return(cast: &Cast, operator: &Phone) -> Step<()> {
    operator.wish(Wish::Press("*1".to_owned()));
    see(&cast.mobile, "the mobile rings", |s| matches!(s, Sight::Rings { .. }))?;
    cast.mobile.wish(Wish::Answer);
    see(&cast.mobile, "the mobile is answered", |s| *s == Sight::Talking)?;
    heard_across(cast, &cast.mobile, operator, sample::MOBILE_SAYS, 110.0, "the operator hears the dentist")?;
    heard_across(
        cast,
        operator,
        &cast.mobile,
        sample::OPERATOR_ANNOUNCES,
        190.0,
        "the dentist hears the announcement",
    )?;
    music(cast)?;
    operator.wish(Wish::Press("*0".to_owned()));
    see(&cast.mobile, "the mobile is let go", |s| *s == Sight::Over)?;
    quiet(cast)?;
    heard_across(
        cast,
        operator,
        &cast.caller,
        sample::OPERATOR_RETURNS,
        190.0,
        "the operator is back with the caller",
    )?;
    done(&say(
        "the operator spoke with the mobile while the caller waited, and returned",
        "発信者を待たせて携帯へ連絡し、発信者のもとへ戻りました",
    ));
    Ok(())
}

/// On to the mobile with "press 1"; the operator leaves.
fn pass_on(cast: &Cast, operator: &Phone) -> Step<Speech> {
    operator.wish(Wish::Press("*2".to_owned()));
    see(&cast.mobile, "the mobile rings again", |s| matches!(s, Sight::Rings { .. }))?;
    cast.mobile.wish(Wish::Answer);
    see(&cast.mobile, "the mobile is answered again", |s| *s == Sight::Talking)?;
    until_heard(&cast.mobile, Duration::from_secs(1), audible, "the dentist is not asked to press 1")?;
    cast.mobile.wish(Wish::Press("1".to_owned()));
    see(operator, "the operator is free", |s| *s == Sight::Over)?;
    let said =
        heard_across(cast, &cast.mobile, &cast.caller, sample::MOBILE_HELPS, 110.0, "the caller hears the dentist")?;
    heard_across(cast, &cast.caller, &cast.mobile, sample::CALLER_THANKS, 130.0, "the dentist hears the caller")?;
    done(&say(
        "passed on with \"press 1\": caller and mobile talk, the operator is free",
        "「1」の確認で取次成立。発信者と携帯が通話し、オペレーターは解放されました",
    ));
    Ok(said)
}

/// One says something, the other hears it: all of it, however late.
fn heard_across(cast: &Cast, from: &Phone, to: &Phone, text: &str, pitch_hz: f32, what: &str) -> Step<Speech> {
    let speech = cast.speaker.speak(text, pitch_hz);
    let length = Duration::from_millis(speech.len() as u64 / 8);
    to.take_heard();
    let mut heard = Vec::new();
    from.wish(Wish::Say(speech.clone()));
    std::thread::park_timeout(length);
    let deadline = clock::now() + SOON;
    loop {
        std::thread::park_timeout(Duration::from_millis(200));
        heard.extend(to.take_heard());
        let likeness = likeness(&speech, &heard);
        if likeness >= LIKENESS_MIN && !from.speaks() {
            return Ok(speech);
        }
        if clock::now() > deadline {
            return Err(format!("{what}: what was heard resembles what was said by {likeness:.2} only"));
        }
    }
}

/// The caller hears something that nobody says.
fn music(cast: &Cast) -> Step<()> {
    // What was on its way when the key was pressed is not music yet.
    std::thread::park_timeout(Duration::from_millis(900));
    until_heard(&cast.caller, Duration::from_secs(1), audible, "the caller hears no music on hold")
}

/// The music has ended: the caller is no longer on hold, and would hear what is said now.
fn quiet(cast: &Cast) -> Step<()> {
    let silent =
        |samples: &[i16]| samples.len() >= FRAME * 10 && envelope(samples).iter().all(|&level| level < AUDIBLE);
    until_heard(&cast.caller, Duration::from_millis(400), silent, "the music on hold does not end")
}

/// Listens, from now on and for so long at a time, until it is heard.
fn until_heard(phone: &Phone, time: Duration, wanted: impl Fn(&[i16]) -> bool, otherwise: &str) -> Step<()> {
    let deadline = clock::now() + SOON;
    phone.take_heard();
    while clock::now() < deadline {
        std::thread::park_timeout(time);
        if wanted(&phone.take_heard()) {
            return Ok(());
        }
    }
    Err(otherwise.to_owned())
}

fn see(phone: &Phone, what: &str, wanted: impl Fn(&Sight) -> bool) -> Step<Sight> {
    phone.wait(wanted, SOON).map_err(|others| format!("not seen: {what}; instead: {others:?}"))
}

fn done(text: &str) {
    println(&format!("  OK  {text}"));
}

fn audible(samples: &[i16]) -> bool {
    let frames = envelope(samples);
    frames.iter().filter(|&&level| level > AUDIBLE).count() * 3 > frames.len()
}

/// How much the loudness of `heard` goes as that of `said`, at the best shift: correlation, from -1 to 1.
pub fn likeness(said: &[i16], heard: &[i16]) -> f32 {
    let (said, heard) = (envelope(said), envelope(heard));
    if said.is_empty() || heard.len() < said.len() {
        return 0.0;
    }
    heard.windows(said.len()).map(|window| correlation(&said, window)).fold(0.0, f32::max)
}

fn envelope(samples: &[i16]) -> Vec<f32> {
    let level = |frame: &[i16]| (frame.iter().map(|&s| f32::from(s).powi(2)).sum::<f32>() / frame.len() as f32).sqrt();
    samples.chunks_exact(FRAME).map(level).collect()
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |x: &[f32]| x.iter().sum::<f32>() / x.len() as f32;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut product, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        product += x * y;
        square_a += x * x;
        square_b += y * y;
    }
    if square_a > 0.0 && square_b > 0.0 { product / (square_a * square_b).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Speech-like: syllables of changing loudness.
    fn speech(seed: u32, syllables: usize) -> Vec<i16> {
        let mut state = seed;
        let mut samples = Vec::new();
        for _ in 0..syllables {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let loud = f32::from((state >> 24) as u8) * 40.0;
            samples.extend((0..1200).map(|n| (loud * (n as f32 * 0.3).sin()) as i16));
        }
        samples
    }

    #[test]
    fn what_was_said_is_recognised_late_and_softer_and_nothing_else_is() {
        let said = speech(1, 30);
        let mut heard = vec![0; 4000];
        heard.extend(said.iter().map(|s| s / 2));
        heard.extend([0; 4000]);
        assert!(likeness(&said, &heard) > 0.9);
        assert!(likeness(&said, &speech(2, 40)) < LIKENESS_MIN);
        assert!(likeness(&said, &vec![0; 60_000]) < 0.1);
        assert!(likeness(&said, &said[..20_000]) < 0.1);
    }
}
