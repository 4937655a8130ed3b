//! What is said on the recordings line: names of prompts, and their words.

use super::{Kept, Tongue};
use crate::calendar::Day;
use crate::media::Prompt;
use crate::waiting::speech::Spoken;

/// Something that is always said in the same words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phrase {
    /// The question for the firm's code,
    Code,
    /// and for the PIN.
    Pin,
    /// One of them is wrong.
    Wrong,
    /// There is nothing to be heard.
    Nothing,
    /// The end of a recording, and which keys there are.
    Keys,
    /// There is none older,
    Oldest,
    /// none newer.
    Newest,
    /// This one cannot be heard any more.
    Gone,
    /// Nothing can be heard now.
    Unavailable,
    /// Goodbye.
    Goodbye,
}

impl Phrase {
    const ALL: [Self; 10] = [
        Self::Code,
        Self::Pin,
        Self::Wrong,
        Self::Nothing,
        Self::Keys,
        Self::Oldest,
        Self::Newest,
        Self::Gone,
        Self::Unavailable,
        Self::Goodbye,
    ];

    pub(crate) fn prompt(self, tongue: Tongue) -> Prompt {
        Prompt::named(&self.name(tongue))
    }

    fn name(self, tongue: Tongue) -> String {
        let word = match self {
            Self::Code => "code",
            Self::Pin => "pin",
            Self::Wrong => "wrong",
            Self::Nothing => "nothing",
            Self::Keys => "keys",
            Self::Oldest => "oldest",
            Self::Newest => "newest",
            Self::Gone => "gone",
            Self::Unavailable => "unavailable",
            Self::Goodbye => "goodbye",
        };
        format!("dial-in/{}/{word}", tongue.code())
    }

    /// In Japanese, in English.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Code => (
                "録音をお聞きになるお電話です。会社番号を押し、最後にシャープを押してください。",
                "This is the recordings line. Please key your company code, then the hash key.",
            ),
            Self::Pin => {
                ("暗証番号を押し、最後にシャープを押してください。", "Please key your PIN, then the hash key.")
            }
            Self::Wrong => ("会社番号か暗証番号が違います。", "The company code or the PIN is not right."),
            Self::Nothing => ("お聞きいただける録音はございません。", "There are no recordings that you can hear."),
            Self::Keys => (
                "録音は以上です。もう一度お聞きになるには1、次の古い録音は2、新しい録音は3、終了はシャープを押してください。",
                "That was the recording. Press 1 to hear it again, 2 for the next older one, 3 for a newer one, hash to end.",
            ),
            Self::Oldest => ("これより古い録音はございません。", "There is no older recording."),
            Self::Newest => ("これより新しい録音はございません。", "There is no newer recording."),
            Self::Gone => ("この録音はお聞きいただけません。", "This recording can no longer be heard."),
            Self::Unavailable => (
                "ただいまご利用になれません。しばらくしてからおかけ直しください。",
                "The recordings cannot be reached now. Please call again later.",
            ),
            Self::Goodbye => ("ご利用ありがとうございました。", "Thank you. Goodbye."),
        }
    }
}

/// Everything that is always said in the same words.
pub fn said() -> Vec<Spoken> {
    let both = [Tongue::Japanese, Tongue::English];
    let all = both.into_iter().flat_map(|tongue| Phrase::ALL.map(|phrase| (tongue, phrase)));
    let spoken = all.map(|(tongue, phrase)| {
        let (ja, en) = phrase.words();
        let text = if tongue == Tongue::Japanese { ja } else { en };
        Spoken { name: phrase.name(tongue), text: text.to_owned() }
    });
    spoken.collect()
}

/// The words before a recording, in parts of which each recurs: so the voice speaks it once and it is kept. The number of recordings is
/// said with the newest alone.
pub fn introduction(tongue: Tongue, place: usize, count: usize, recording: Kept) -> Vec<String> {
    let (Day { month, day, .. }, minutes) = Day::at(recording.arrived_ms);
    let (hour, minute) = (minutes / 60, minutes % 60);
    let nth = place + 1;
    match tongue {
        Tongue::Japanese => {
            let which = match place {
                0 => vec![format!("録音は{count}件ございます。"), "一番新しい録音です。".to_owned()],
                _ => vec![format!("{nth}番目に新しい録音です。")],
            };
            which
                .into_iter()
                .chain([format!("{month}月{day}日、"), format!("{hour}時"), format!("{minute}分。")])
                .collect()
        }
        Tongue::English => {
            let which = match (place, count) {
                (0, 1) => vec!["There is one recording.".to_owned()],
                (0, _) => vec![format!("There are {count} recordings."), "The newest one.".to_owned()],
                _ => vec![format!("Number {nth}.")],
            };
            let date = format!("{} {day},", month_name(month));
            which.into_iter().chain([date, format!("{hour}:{minute:02}.")]).collect()
        }
    }
}

fn month_name(month: u8) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    NAMES.get(usize::from(month.saturating_sub(1))).copied().unwrap_or_default()
}
