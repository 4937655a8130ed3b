//! The words of a report: what sort of call it was, how urgent, what the caller wants, in what mood.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which language a firm's report is in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

impl Language {
    /// The one of two words that is of this language.
    pub fn of<T>(self, ja: T, en: T) -> T {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}

/// An enum whose variants have a code (as in JSON) and a word in each language.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $code:literal $ja:literal $en:literal,)* }) => {
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        $(#[$meta])*
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All of them, in the order in which a desk offers them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As JSON and an answer's value write it.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The one with this code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// In Japanese.
            pub fn ja(self) -> &'static str {
                match self { $(Self::$variant => $ja,)* }
            }

            /// In English.
            pub fn en(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }

            /// In `language`.
            pub fn word(self, language: Language) -> &'static str {
                language.of(self.ja(), self.en())
            }
        }
    };
}

words! {
    /// What sort of call it was (F11, F15 to F17, F27). Decides which fields the form has.
    #[derive(Default)]
    #[schema(as = ReportKind)]
    Kind {
        /// Something to pass on.
        #[default]
        Message "message" "伝言" "Message",
        /// A question about goods or a service (F15).
        Inquiry "inquiry" "問い合わせ" "Inquiry",
        /// A new booking (F16).
        BookingNew "booking_new" "新規予約" "New booking",
        /// A change of a booking (F16).
        BookingChange "booking_change" "予約変更" "Change of a booking",
        /// A cancellation, which the operator accepts at once (F16).
        BookingCancel "booking_cancel" "予約取消" "Cancellation",
        /// A complaint, or an emergency (F17).
        Complaint "complaint" "クレーム・緊急" "Complaint or emergency",
        /// Somebody wants to sell something (F27).
        Sales "sales" "営業電話" "Sales call",
        /// Not for this firm (F27).
        WrongNumber "wrong_number" "間違い電話" "Wrong number",
        /// Nobody spoke (F27).
        Silent "silent" "無言電話" "Silent call",
    }
}

impl Kind {
    /// What a report of this kind says by itself, in Japanese and English: a cancellation has been accepted (F16).
    pub fn mark(self) -> Option<(&'static str, &'static str)> {
        (self == Self::BookingCancel).then_some(("承り済", "accepted"))
    }
}

words! {
    /// How urgent the operator judges it to be (F14). Ordered: `Normal < High < Urgent`.
    #[derive(Default)]
    Urgency {
        /// As any.
        #[default]
        Normal "normal" "通常" "Normal",
        /// Soon: 【至急】.
        High "high" "至急" "Soon",
        /// At once: 【緊急】; it climbs the firm's ladder until somebody has seen it (X05).
        Urgent "urgent" "緊急" "Urgent",
    }
}

words! {
    /// What the caller wants to happen (F12).
    Desired {
        /// Only to be told.
        MessageOnly "message_only" "伝言のみ" "Message only",
        /// To be called back.
        CallBack "call_back" "折返し希望" "Please call back",
        /// The caller will call again.
        WillCallAgain "will_call_again" "再架電する" "Will call again",
        /// Was put through.
        Bridged "bridged" "取次済" "Put through",
        /// Nothing is to be done.
        Nothing "nothing" "対応不要" "Nothing to do",
    }
}

words! {
    /// How the caller seemed (F13). Only told when it was chosen.
    Mood {
        /// Calm.
        Calm "calm" "落ち着いたご様子" "Calm",
        /// Pleased.
        Pleased "pleased" "お喜びのご様子" "Pleased",
        /// In a hurry.
        Hurried "hurried" "お急ぎのご様子" "In a hurry",
        /// Troubled, worried.
        Troubled "troubled" "お困りのご様子" "Troubled",
        /// Sad.
        Sad "sad" "お気落ちのご様子" "Sad",
        /// Displeased.
        Displeased "displeased" "ご不満のご様子" "Displeased",
        /// Angry.
        Angry "angry" "お怒りのご様子" "Angry",
        /// Furious.
        Furious "furious" "激怒されていた" "Furious",
    }
}

impl Kind {
    /// Of no use to most firms, which may have them left out or gathered (F27).
    pub fn is_noise(self) -> bool {
        matches!(self, Self::Sales | Self::WrongNumber | Self::Silent)
    }

    /// About a booking.
    pub fn is_booking(self) -> bool {
        matches!(self, Self::BookingNew | Self::BookingChange | Self::BookingCancel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code that is written by hand is the one that serde writes.
    #[test]
    fn f11_codes_are_those_of_json() {
        fn same<T: Serialize + Copy + PartialEq + std::fmt::Debug>(
            all: &[T],
            code: fn(T) -> &'static str,
            back: fn(&str) -> Option<T>,
        ) {
            for each in all {
                assert_eq!(serde_json::to_value(each).unwrap(), serde_json::Value::from(code(*each)));
                assert_eq!(back(code(*each)), Some(*each));
            }
            assert_eq!(back("of no kind"), None);
        }
        same(Kind::ALL, Kind::code, Kind::from_code);
        same(Urgency::ALL, Urgency::code, Urgency::from_code);
        same(Desired::ALL, Desired::code, Desired::from_code);
        same(Mood::ALL, Mood::code, Mood::from_code);
    }

    #[test]
    fn f14_urgency_is_ordered() {
        assert!(Urgency::Normal < Urgency::High && Urgency::High < Urgency::Urgent);
        assert_eq!(Urgency::default(), Urgency::Normal);
    }
}
