//! Where a firm's people are today, and the sentence that tells a caller (F20): 「佐藤は16時に戻る予定です」.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::japan;
use crate::kind::Language;
use crate::profile::Person;

/// Why somebody cannot come to the telephone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Away {
    /// 外出
    Out,
    /// 会議・打ち合わせ
    Meeting,
    /// 来客中
    Visitor,
    /// 出張
    Trip,
    /// 休憩
    Break,
    /// 休み
    Off,
    /// 終日不在
    AllDay,
}

impl Away {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 7] =
        [Self::Out, Self::Meeting, Self::Visitor, Self::Trip, Self::Break, Self::Off, Self::AllDay];

    /// On the page.
    pub fn word(self, language: Language) -> &'static str {
        match self {
            Self::Out => language.of("外出", "Out"),
            Self::Meeting => language.of("会議", "Meeting"),
            Self::Visitor => language.of("来客中", "With a visitor"),
            Self::Trip => language.of("出張", "Business trip"),
            Self::Break => language.of("休憩", "Break"),
            Self::Off => language.of("休み", "Day off"),
            Self::AllDay => language.of("終日不在", "Away all day"),
        }
    }
}

/// One entry of somebody's schedule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ScheduleEntry)]
pub struct Entry {
    /// Its id in the database.
    pub id: i64,
    /// Whose, by id.
    pub person: String,
    /// From when, Unix milliseconds.
    pub from_ms: i64,
    /// Until just before; that is when they are back.
    pub until_ms: i64,
    /// What keeps them.
    pub away: Away,
    /// For the operator, not for the caller.
    #[serde(default)]
    pub note: String,
}

/// What an operator sees of a person now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = ScheduleNow)]
pub struct Now {
    /// What keeps them.
    pub away: Away,
    /// When they are back, all entries that follow one another without a gap counted.
    pub back_ms: i64,
    /// What to say, when the caller wants to speak with them.
    pub sentence: String,
    /// What to say, when the caller wants to be called back: the same, with the promise.
    pub promise: String,
}

/// Where somebody is now; `None`: at their place, as far as the schedule knows.
pub fn now(person: &Person, entries: &[Entry], now_ms: i64, language: Language) -> Option<Now> {
    let mut own: Vec<&Entry> = entries.iter().filter(|entry| entry.person == person.id).collect();
    own.sort_by_key(|entry| (entry.from_ms, entry.until_ms));
    // The one that began last says what they are doing: a meeting within a business trip is a meeting.
    let current = own.iter().rfind(|entry| entry.from_ms <= now_ms && now_ms < entry.until_ms)?;
    let mut back_ms = current.until_ms;
    for entry in &own {
        if entry.from_ms <= back_ms && entry.until_ms > back_ms && entry.until_ms > now_ms {
            back_ms = entry.until_ms;
        }
    }
    let family = person.name.split([' ', '　']).next().unwrap_or(&person.name);
    let back = Back { away: current.away, name: family, when: when(back_ms, now_ms, language), language };
    Some(Now { away: current.away, back_ms, sentence: back.sentence(), promise: back.promise() })
}

/// What the sentences are made of. One's own people go without 様 before a caller.
struct Back<'a> {
    away: Away,
    name: &'a str,
    when: String,
    language: Language,
}

impl Back<'_> {
    fn sentence(&self) -> String {
        let (name, when) = (self.name, &self.when);
        match self.language {
            Language::Ja => format!("{}{}。", self.because_ja(), self.back_ja("です")),
            Language::En => match self.away {
                Away::Off | Away::AllDay | Away::Trip => {
                    format!("{name} is {} and is expected back {when}.", self.because_en())
                }
                Away::Out | Away::Meeting | Away::Visitor | Away::Break => {
                    format!("{name} is {} and should be back {when}.", self.because_en())
                }
            },
        }
    }

    fn promise(&self) -> String {
        let (name, when) = (self.name, &self.when);
        match self.language {
            Language::Ja => {
                let then = match self.away {
                    Away::Off | Away::AllDay => "出社次第お電話させます",
                    Away::Meeting | Away::Visitor => "終わり次第お電話させます",
                    Away::Out | Away::Trip | Away::Break => "戻り次第お電話させます",
                };
                format!("{}{}ので、{then}。", self.because_ja(), self.back_ja("です"))
            }
            Language::En => format!("{name} is {} and will call you after coming back {when}.", self.because_en()),
        }
    }

    fn because_ja(&self) -> String {
        let name = self.name;
        match self.away {
            Away::Out => format!("{name}はただいま外出しており、"),
            Away::Meeting => format!("{name}はただいま会議に入っており、"),
            Away::Visitor => format!("{name}はただいま来客中で、"),
            Away::Trip => format!("{name}は出張に出ており、"),
            Away::Break => format!("{name}はただいま席を外しており、"),
            Away::Off => format!("{name}は本日お休みをいただいており、"),
            Away::AllDay => format!("{name}は本日終日不在にしており、"),
        }
    }

    fn back_ja(&self, ending: &str) -> String {
        let when = &self.when;
        match self.away {
            Away::Meeting | Away::Visitor => format!("{when}終わる予定{ending}"),
            Away::Off | Away::AllDay => format!("{when}出社の予定{ending}"),
            Away::Out | Away::Trip | Away::Break => format!("{when}戻る予定{ending}"),
        }
    }

    fn because_en(&self) -> &'static str {
        match self.away {
            Away::Out => "out at the moment",
            Away::Meeting => "in a meeting",
            Away::Visitor => "with a visitor",
            Away::Trip => "on a business trip",
            Away::Break => "away from the desk",
            Away::Off => "off today",
            Away::AllDay => "away today",
        }
    }
}

/// `16時に`, `16時30分に`, `明日10時に`, `明日`, `11月25日(水)の9時に`: as one says it today.
fn when(back_ms: i64, now_ms: i64, language: Language) -> String {
    let (back, today) = (japan::civil(back_ms), japan::civil(now_ms).date());
    let days = days_between(today, back.date());
    let (hour, minute) = (back.hour(), back.minute());
    let midnight = hour == 0 && minute == 0;
    match language {
        Language::Ja => {
            let clock = if minute == 0 { format!("{hour}時に") } else { format!("{hour}時{minute}分に") };
            match days {
                0 => clock,
                // Back at midnight is back on that day.
                1 if midnight => "明日".to_owned(),
                1 => format!("明日{clock}"),
                _ if midnight => format!("{}に", japan::day(back.date(), language)),
                _ => format!("{}の{clock}", japan::day(back.date(), language)),
            }
        }
        Language::En => {
            let clock = format!("{hour}:{minute:02}");
            match days {
                0 => format!("at {clock}"),
                1 if midnight => "tomorrow".to_owned(),
                1 => format!("tomorrow at {clock}"),
                _ if midnight => format!("on {}", japan::day(back.date(), language)),
                _ => format!("on {} at {clock}", japan::day(back.date(), language)),
            }
        }
    }
}

fn days_between(from: Date, until: Date) -> i32 {
    (until - from).get_days()
}

#[cfg(test)]
mod tests;
