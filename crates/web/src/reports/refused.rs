//! What the store refuses, in the asker's language: which field, what is wrong, what to do.

use report::Language;
use store::{Conflict, Problem, ReportState, StoreError};

use crate::error::Refusal;

/// An answer of the store that is told in a language.
pub(crate) trait Said<T> {
    /// The same with its refusal in `language`.
    fn said(self, language: Language) -> Result<T, Refusal>;
}

impl<T> Said<T> for Result<T, StoreError> {
    fn said(self, language: Language) -> Result<T, Refusal> {
        self.map_err(|error| refusal(error, language))
    }
}

impl<T> Said<T> for Result<T, Vec<report::Problem>> {
    fn said(self, language: Language) -> Result<T, Refusal> {
        self.map_err(|problems| unfit(&problems, language))
    }
}

/// A refusal of the store in `language`.
pub(crate) fn refusal(error: StoreError, language: Language) -> Refusal {
    match error {
        StoreError::Invalid(problems) => Refusal::problems(problems),
        StoreError::Unfit(problems) => unfit(&problems, language),
        StoreError::Unfinished(missing) => {
            Refusal::problems(missing.iter().map(|one| lacking(one, language)).collect())
        }
        StoreError::Conflict(conflict) => conflicting(&conflict, language),
        StoreError::Missing { what, id } => Refusal::not_found(match language {
            Language::Ja => format!("{id} という{}はありません", noun(what)),
            Language::En => format!("there is no {what} {id}"),
        }),
        StoreError::Refused(error) => {
            tracing::warn!(%error, "the database refuses what the API would write");
            Refusal::conflict(language.of(
                "データベースに保存できない内容です。見直してからもう一度お試しください",
                "the database cannot keep this as it is; look at it again",
            ))
        }
        other @ (StoreError::Address { .. }
        | StoreError::Newer { .. }
        | StoreError::Changed { .. }
        | StoreError::Away(_)
        | StoreError::Database(_)
        | StoreError::Damaged { .. }
        | StoreError::Secret(_)) => {
            tracing::warn!(error = %other, "the store refused the API");
            Refusal::unavailable(
                language.of(
                    "データベースが応答しません。通話は続いています",
                    "the database cannot answer now; calls go on",
                ),
            )
        }
    }
}

/// These places of a document are wrong.
pub(crate) fn unfit(problems: &[report::Problem], language: Language) -> Refusal {
    let said = |problem: &report::Problem| Problem {
        field: problem.field.clone(),
        what: problem.what(language).to_owned(),
        remedy: problem.remedy(language).to_owned(),
    };
    Refusal::problems(problems.iter().map(said).collect())
}

fn lacking(missing: &report::Missing, language: Language) -> Problem {
    let remedy = language
        .of("入力するか、聴き取れなかった項目は「聴取不可」にしてください", "fill it in, or mark it as not heard");
    Problem { field: missing.key.clone(), what: missing.sentence(language).to_owned(), remedy: remedy.to_owned() }
}

fn conflicting(conflict: &Conflict, language: Language) -> Refusal {
    Refusal::conflict(match (conflict, language) {
        (Conflict::Locked(lock), Language::Ja) => {
            format!("{}さんが入力中です。待つか、引き継いでください", lock.name)
        }
        (Conflict::NotDraft { state }, Language::Ja) => format!("この報告は{}です", state_ja(*state)),
        (Conflict::NotSent { state }, Language::Ja) => {
            format!("この報告は{}です。訂正できるのは送信した報告だけです", state_ja(*state))
        }
        (Conflict::Begun { by }, Language::Ja) => {
            format!("{by}さんがこの報告の訂正を書きかけています。先にその訂正を送信するか、報告なしにしてください")
        }
        (Conflict::Revision { .. }, Language::Ja) => "ほかの人が先に変更しました。もう一度確認してください".to_owned(),
        (Conflict::Changed, Language::Ja) => {
            "ほかの管理者が先に変更しました。最新の内容を読み込み、必要な変更をもう一度行ってください".to_owned()
        }
        (Conflict::Decided { by }, Language::Ja) => format!("{by}さんがすでに判定しました"),
        (Conflict::Over { .. }, Language::Ja) => "この送信はすでに終わっています".to_owned(),
        (Conflict::Proved, Language::Ja) => {
            "この確認はすでに完了しています。やり直すときは新しく始めてください".to_owned()
        }
        (conflict, Language::En) => conflict.to_string(),
    })
}

fn state_ja(state: ReportState) -> &'static str {
    match state {
        ReportState::Draft => "下書き",
        ReportState::Sent => "送信済み",
        ReportState::Waived => "報告なし",
    }
}

fn noun(what: &str) -> &str {
    match what {
        "customer" => "契約企業",
        "report" => "報告",
        "call" => "通話",
        "delivery" => "送信",
        "member" => "ログイン",
        "dispute" => "ご指摘",
        "feedback" => "ご意見",
        "ban" => "遮断",
        "onboarding" => "開通確認",
        "note" => "申し送り",
        "schedule" => "予定",
        "manual" => "対応方法",
        "task" => "対応",
        "operator" => "オペレーター",
        "trunk" => "回線",
        "number" => "番号",
        "user" => "ログイン",
        other => other,
    }
}
