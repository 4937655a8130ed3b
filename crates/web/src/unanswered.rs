//! What the switch refuses to do, in words.

use report::Language;
use switch::{CallState, Cap, CommandError, Obstacle};

use crate::error::Refusal;
use crate::switchboard::Unanswered;
use crate::tongue;

impl From<Unanswered> for Refusal {
    fn from(why: Unanswered) -> Self {
        unanswered(why, tongue::asked())
    }
}

impl From<CommandError> for Refusal {
    fn from(error: CommandError) -> Self {
        refused(error, tongue::asked())
    }
}

/// Why a command was not carried out, in the asker's language.
pub(crate) fn unanswered(why: Unanswered, language: Language) -> Refusal {
    match why {
        Unanswered::Busy => Refusal::unavailable(
            language.of("交換機が停止中か、混み合っています", "the switch is stopping or has too much to do"),
        ),
        Unanswered::Refused(error) => refused(error, language),
    }
}

fn refused(error: CommandError, language: Language) -> Refusal {
    let conflict = |ja: &'static str, en: &'static str| Refusal::conflict(language.of(ja, en));
    let unavailable = |ja: &'static str, en: &'static str| Refusal::unavailable(language.of(ja, en));
    match error {
        CommandError::UnknownCall => {
            Refusal::not_found(language.of("この通話はいまありません", "there is no such call now"))
        }
        CommandError::UnknownOperator => {
            Refusal::not_found(language.of("このオペレーターはありません", "there is no such operator"))
        }
        CommandError::WrongState(state) => Refusal::conflict(match language {
            Language::Ja => format!("通話が「{}」の間はできません", state_ja(state)),
            Language::En => format!("not possible while the call is {state:?}").to_lowercase(),
        }),
        CommandError::ReportsOpen { open, max } => Refusal::conflict(match language {
            Language::Ja => {
                format!("未処理の報告が{open}件あります（{max}件まで）。送信するか、報告しない理由を入力してください")
            }
            Language::En => {
                format!("{open} reports are not done, and {max} may be: send them, or say why there is none")
            }
        }),
        // The page asks for the reason then.
        CommandError::PolicyForbids => Refusal {
            field: Some("reason".into()),
            ..conflict(
                "契約企業の決まりでは取り次げません。緊急とするか、理由を入力してください",
                "the client firm's policy does not allow this transfer: mark it urgent, or give a reason",
            )
        },
        CommandError::NotRegistered => conflict(
            "この番号は契約企業の取次先に登録されていません。先に登録してください",
            "this number is not registered for the client firm: add it to the firm's targets first",
        ),
        CommandError::NoTarget => conflict(
            "契約企業に取次先がありません。先に登録してください",
            "the client firm has nobody who could be called: add a target first",
        ),
        CommandError::NoTrunk => unavailable("使用できる回線がありません", "no trunk is up"),
        CommandError::NotNow => unavailable(
            "すでに実行中か、上限に達しています。しばらくしてからもう一度お試しください",
            "this is being done already, or as much of it as may be: try again later",
        ),
        CommandError::CannotSupervise(obstacle) => cannot_supervise(obstacle, language),
        CommandError::OverLimit(cap) => Refusal::conflict(over_limit(cap, language)),
    }
}

fn cannot_supervise(obstacle: Obstacle, language: Language) -> Refusal {
    let (ja, en) = match obstacle {
        Obstacle::NoPhone => {
            ("スーパーバイザーの電話機が登録されていません", "the supervisor has no phone that is registered")
        }
        Obstacle::Busy => {
            ("スーパーバイザーは通話中か、別の通話を聴取中です", "the supervisor is in a call, or supervises another")
        }
        Obstacle::Another => ("別の人がこの通話を聴取中です", "somebody else supervises this call"),
        Obstacle::NotThere => ("このスーパーバイザーは聴取していません", "this supervisor is not on the call"),
        Obstacle::NoPort => {
            let words = ("空いている音声ポートがありません", "no port is free for the supervisor's voice");
            return Refusal::unavailable(language.of(words.0, words.1));
        }
    };
    Refusal::conflict(language.of(ja, en))
}

fn over_limit(cap: Cap, language: Language) -> &'static str {
    match cap {
        Cap::Calls => language.of(
            "契約企業の同時の発信数の上限に達しています",
            "the client firm has as many outgoing calls as it may have at once",
        ),
        Cap::PerMinute => language.of(
            "契約企業の1分間の発信数の上限に達しています。少しお待ちください",
            "the client firm has begun as many outgoing calls as it may in a minute: wait a moment",
        ),
        Cap::TalkPerDay => language.of(
            "契約企業の1日の発信時間の上限に達しています",
            "the client firm's outgoing calls have used up the day's time",
        ),
    }
}

/// As the page calls it.
fn state_ja(state: CallState) -> &'static str {
    match state {
        CallState::Queued => "待機中",
        CallState::Delivered => "呼出中",
        CallState::Established => "通話中",
        CallState::Held => "保留中",
        CallState::Cleared => "終了",
        CallState::Interrupted => "中断",
    }
}
