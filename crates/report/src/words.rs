//! What operators say where a firm has no wording of its own: the end of a call (F15), and of somebody who is not there (F21).

use crate::kind::{Kind, Language};
use crate::profile::{Phrase, Profile};

/// What is said at the end of a call of this kind.
pub fn closing(kind: Kind, language: Language) -> &'static str {
    match kind {
        Kind::Message => language.of("かしこまりました。確かに申し伝えます。", "Certainly. I will pass that on."),
        Kind::Inquiry => language.of(
            "お調べいたしまして、担当者より折り返しご連絡いたします。",
            "We will find out, and somebody will call you back.",
        ),
        Kind::BookingNew => language.of(
            "ご希望を承りました。確認のうえ、担当者よりご連絡いたします。",
            "I have noted your wish. We will check and contact you.",
        ),
        Kind::BookingChange => language.of(
            "変更のご希望を承りました。確認のうえ、担当者よりご連絡いたします。",
            "I have noted the change. We will check and contact you.",
        ),
        Kind::BookingCancel => language.of(
            "ご予約の取消を承りました。ご連絡ありがとうございました。",
            "Your booking is cancelled. Thank you for calling.",
        ),
        Kind::Complaint => language.of(
            "ご不快な思いをおかけし、誠に申し訳ございません。担当者に申し伝え、折り返しご連絡いたします。",
            "We are very sorry for the trouble. I will tell the person in charge, who will call you back.",
        ),
        Kind::Sales => language.of("承りました。担当の者に申し伝えます。", "Thank you. I will pass that on."),
        Kind::WrongNumber => language.of(
            "恐れ入りますが、番号をお確かめのうえ、おかけ直しくださいませ。",
            "I am afraid you have the wrong number. Please check it and call again.",
        ),
        Kind::Silent => language.of(
            "恐れ入りますが、お声が届いておりません。失礼いたします。",
            "I am sorry, I cannot hear you. I am going to hang up.",
        ),
    }
}

/// Why a caller could not be put through (F42), by the word of the call's timeline.
pub fn not_put_through(why: &str, language: Language) -> &'static str {
    match why {
        "busy" => language.of("話し中でした", "the line was busy"),
        "no_answer" => language.of("応答がありませんでした", "there was no answer"),
        "rejected" => language.of("着信を拒否されました", "the call was declined"),
        "redirected" => language.of(
            "別の番号へ転送される設定のため、おつなぎできませんでした",
            "the phone forwards calls to another number",
        ),
        "not_confirmed" => language.of(
            "応答後の確認操作がなく、おつなぎしませんでした",
            "it was picked up, and nobody pressed the key to take the call",
        ),
        "cancelled" => language.of("オペレーターが取次を取りやめました", "the operator gave up the transfer"),
        "no_target" => language.of("おつなぎできる番号がありません", "there was no number to call"),
        _ => language.of("おつなぎできませんでした", "the phone could not be reached"),
    }
}

/// What is said of somebody who is not there.
pub fn absent(language: Language) -> Vec<Phrase> {
    let phrases = [
        (
            ("席外し", "Away"),
            (
                "あいにく席を外しております。戻り次第、折り返しお電話いたしましょうか。",
                "I am afraid they are away from the desk. Shall they call you back?",
            ),
        ),
        (
            ("外出", "Out"),
            (
                "あいにく外出しております。戻りましたら、お電話があったことを申し伝えます。",
                "I am afraid they are out. I will tell them that you called.",
            ),
        ),
        (
            ("電話中", "On the line"),
            (
                "あいにくほかの電話に出ております。終わり次第、折り返しお電話いたしましょうか。",
                "I am afraid they are on another call. Shall they call you back?",
            ),
        ),
        (
            ("本日休み", "Off today"),
            (
                "あいにく本日は休みをいただいております。よろしければご用件を承ります。",
                "I am afraid they are off today. May I take a message?",
            ),
        ),
    ];
    let phrase = |((title_ja, title_en), (ja, en)): ((&str, &str), (&str, &str))| Phrase {
        title: language.of(title_ja, title_en).to_owned(),
        text: language.of(ja, en).to_owned(),
    };
    phrases.into_iter().map(phrase).collect()
}

impl Profile {
    /// What is said at the end of a call of this kind: the firm's own words, else the built-in ones.
    pub fn closing(&self, kind: Kind) -> &str {
        self.phrases.closings.get(&kind).map_or_else(|| closing(kind, self.language), String::as_str)
    }

    /// What is said of somebody who is not there: the firm's own phrases, else the built-in ones.
    pub fn absent(&self) -> Vec<Phrase> {
        if self.phrases.absent.is_empty() { absent(self.language) } else { self.phrases.absent.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f15_f21_own_words_go_before_built_in_ones() {
        let mut profile = Profile::default();
        for kind in Kind::ALL {
            assert_eq!(profile.closing(*kind), closing(*kind, Language::Ja));
        }
        assert_eq!(profile.absent().len(), 4);
        let own = Phrase { title: "会議".to_owned(), text: "会議中です。".to_owned() };
        profile.phrases.absent.push(own.clone());
        profile.phrases.closings.insert(Kind::Inquiry, "確認して折り返します。".to_owned());
        assert_eq!(profile.absent(), [own]);
        assert_eq!(profile.closing(Kind::Inquiry), "確認して折り返します。");
        assert_eq!(profile.closing(Kind::Message), "かしこまりました。確かに申し伝えます。");
    }

    #[test]
    fn f15_each_language_has_its_own_words() {
        let japanese = |text: &str| text.chars().any(|letter| ('ぁ'..='ん').contains(&letter));
        for kind in Kind::ALL {
            assert!(japanese(closing(*kind, Language::Ja)) && !japanese(closing(*kind, Language::En)));
        }
        assert!(absent(Language::En).iter().all(|phrase| !japanese(&phrase.text) && !japanese(&phrase.title)));
    }
}
