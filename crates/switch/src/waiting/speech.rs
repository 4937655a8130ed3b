//! What is said to waiting callers: the names of the prompts that the switch orders, and their words.
//!
//! The switch orders prompts by name alone. Whoever has a voice speaks [`common`] at the start and [`of_customer`] whenever a
//! firm's row changes; a WAV file of the same name in the prompts' folder does as well. A prompt that nobody has spoken is
//! passed over: its caller hears music sooner, and the tone of the message box in any case.

use std::collections::BTreeSet;

use crate::calendar::{Calendar, Closed, Standing, Why};
use crate::directory::Customer;
use crate::media::Prompt;

/// Places in the queue that are told by number; beyond, callers hear that there are many.
pub const PLACES_MAX: usize = 20;

/// Expected waits that are told, minutes; anything longer is told as the last, "or more".
pub const MINUTES: [u16; 8] = [1, 2, 3, 5, 10, 15, 20, 30];

/// The tone after which a caller may speak: built into the voice path.
pub const TONE: &str = "beep";
/// "Press 1, and we call you back in your turn."
pub const OFFER: &str = "callback-offer";
/// What is said to a caller who has pressed 1.
pub const PROMISED: &str = "callback-promised";
/// What is said after a message.
pub const MESSAGE_TAKEN: &str = "message-taken";
/// What is said to somebody who has confirmed a notice by pressing its key.
pub const NOTICE_CONFIRMED: &str = "notice-confirmed";
/// To an operator's phone that dialled a code: ready,
pub const READY: &str = "state/ready";
/// not ready,
pub const NOT_READY: &str = "state/not-ready";
/// logged out.
pub const LOGGED_OUT: &str = "state/logged-out";

/// One prompt and its words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spoken {
    /// Name in the prompt library.
    pub name: String,
    /// What is said, in Japanese.
    pub text: String,
}

fn spoken(name: impl Into<String>, text: impl Into<String>) -> Spoken {
    Spoken { name: name.into(), text: text.into() }
}

/// What is said for every firm.
pub fn common() -> Vec<Spoken> {
    let mut all = vec![
        spoken(
            OFFER,
            "このままお待ちいただくほか、折り返しのお電話も承ります。ご希望の方は、数字の1を押してください。順番になりましたら、おかけいただいた番号へお電話いたします。",
        ),
        spoken(
            PROMISED,
            "折り返しのご希望を承りました。順番になりましたら、こちらからお電話いたします。お電話ありがとうございました。",
        ),
        spoken(MESSAGE_TAKEN, "メッセージをお預かりしました。お電話ありがとうございました。"),
        spoken(NOTICE_CONFIRMED, "確認を承りました。失礼いたします。"),
        spoken(READY, "受付を開始しました。"),
        spoken(NOT_READY, "受付を停止しました。"),
        spoken(LOGGED_OUT, "ログアウトしました。お疲れさまでした。"),
        spoken(
            place_name(PLACES_MAX + 1),
            "ただいま大変多くの方にお待ちいただいております。もうしばらくお待ちください。",
        ),
    ];
    all.extend((1..=PLACES_MAX).map(|place| {
        let text = match place {
            1 => "次におつなぎいたします。もうしばらくお待ちください。".to_owned(),
            _ => format!("お客様の順番は、ただいま{place}番目です。"),
        };
        spoken(place_name(place), text)
    }));
    let longest = MINUTES.last().copied().unwrap_or_default();
    all.extend(MINUTES.iter().map(|minutes| {
        let time = if *minutes == longest { format!("{minutes}分以上") } else { format!("およそ{minutes}分") };
        spoken(wait_name(*minutes), format!("お待ちいただく時間は、{time}の見込みです。"))
    }));
    all
}

/// What is said in this firm's name, as far as its policy has it said at all.
pub fn of_customer(customer: &Customer) -> Vec<Spoken> {
    let id = customer.id.0;
    let name = said_name(customer);
    let policy = &customer.waiting;
    let announcement = match policy.announcement.trim() {
        "" => format!(
            "お電話ありがとうございます。{name}でございます。ただいまお電話が大変混み合っております。恐れ入りますが、このままもうしばらくお待ちください。"
        ),
        own => own.to_owned(),
    };
    let message = format!(
        "お電話ありがとうございます。{name}でございます。ただいま電話に出ることができません。発信音の後に、お名前、ご連絡先、ご用件をお話しください。お済みになりましたら、シャープを押すか、そのままお切りください。"
    );
    let announcement =
        policy.announce_after_seconds.map(|_| spoken(format!("customer/{id}/announcement"), announcement));
    let message = policy.message_after_seconds.map(|_| spoken(format!("customer/{id}/message"), message));
    let closed = closed_wordings(&customer.calendar, name);
    let closed = closed.into_iter().map(|text| spoken(closed_name(customer, &text), text));
    announcement.into_iter().chain(message).chain(closed).collect()
}

/// Everything that callers of a firm of this name may hear on closed days, each once.
fn closed_wordings(calendar: &Calendar, name: &str) -> BTreeSet<String> {
    let usual = [Why::Hours, Why::Holiday("")].map(|why| (why, &calendar.closed_wording, calendar.when_closed));
    let periods = calendar.closed.iter().map(|period| {
        let wording = if period.wording.is_empty() { &calendar.closed_wording } else { &period.wording };
        (Why::Period, wording, period.when_closed.unwrap_or(calendar.when_closed))
    });
    let is_heard = |then: Closed| match then {
        Closed::AnswerAsUsual => false,
        Closed::Announce | Closed::MessageBox => true,
    };
    let heard = usual.into_iter().chain(periods).filter(|(_, _, then)| is_heard(*then));
    heard
        .filter_map(|(why, wording, then)| Standing::Closed { why, wording: wording.clone(), then }.spoken(name))
        .collect()
}

/// What callers of this firm hear on a closed day.
pub fn closed(customer: &Customer, wording: &str) -> Prompt {
    Prompt::named(&closed_name(customer, wording))
}

/// The firm as it is said: its reading, if it has one.
pub fn said_name(customer: &Customer) -> &str {
    if customer.reading.is_empty() { &customer.name } else { &customer.reading }
}

/// A firm has one wording for each period: named by a sum of its text (FNV-1a), so that two never share a prompt.
fn closed_name(customer: &Customer, wording: &str) -> String {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let sum = wording.bytes().fold(BASIS, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("customer/{}/closed/{sum:016x}", customer.id.0)
}

/// The prompt that tells a place in the queue, from 1.
pub fn place(place: usize) -> Prompt {
    Prompt::named(&place_name(place))
}

fn place_name(place: usize) -> String {
    match place {
        1..=PLACES_MAX => format!("place/{place}"),
        _ => "place/many".to_owned(),
    }
}

/// The prompt that tells about how long it will take: the next of [`MINUTES`] that is not shorter.
pub fn wait(seconds: u64) -> Prompt {
    let minutes = MINUTES.into_iter().find(|minutes| u64::from(*minutes) * 60 >= seconds);
    Prompt::named(&wait_name(minutes.or(MINUTES.last().copied()).unwrap_or(1)))
}

fn wait_name(minutes: u16) -> String {
    format!("wait/{minutes}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_that_can_be_ordered_has_words() {
        let names: Vec<String> = common().into_iter().map(|spoken| spoken.name).collect();
        for wanted in (0..=PLACES_MAX + 5).map(|n| place(n.max(1))).chain((0..4_000).map(wait)) {
            assert!(names.iter().any(|name| **name == *wanted.0), "{wanted}");
        }
        for wanted in [OFFER, PROMISED, MESSAGE_TAKEN, NOTICE_CONFIRMED, READY, NOT_READY, LOGGED_OUT] {
            assert!(names.iter().any(|name| name == wanted), "{wanted}");
        }
        let mut unique = names.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), names.len());
    }

    #[test]
    fn the_turn_and_the_wait_are_said_as_people_say_them() {
        let all = common();
        let text = |prompt: &Prompt| all.iter().find(|spoken| *spoken.name == *prompt.0).map(|spoken| &*spoken.text);
        assert_eq!(text(&place(3)), Some("お客様の順番は、ただいま3番目です。"));
        assert_eq!(text(&wait(299)), Some("お待ちいただく時間は、およそ5分の見込みです。"));
        assert_eq!(text(&wait(9_999)), Some("お待ちいただく時間は、30分以上の見込みです。"));
    }

    #[test]
    fn a_wait_is_rounded_up_and_never_told_shorter() {
        assert_eq!(wait(0), Prompt::named("wait/1"));
        assert_eq!(wait(60), Prompt::named("wait/1"));
        assert_eq!(wait(61), Prompt::named("wait/2"));
        assert_eq!(wait(3 * 60 + 1), Prompt::named("wait/5"));
        assert_eq!(wait(9_999), Prompt::named("wait/30"));
    }
}
