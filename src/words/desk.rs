//! What the verbs about disputes, quality, the audit log, calls in hand, operators' desks and the running switch say.

use super::Words;

words! {
    // Heads and fields.
    FIELD = "field", "項目";
    VALUE = "says", "内容";
    FIRM_SAYS = "the firm says", "ご指摘";
    SAID_AT = "since", "発生";
    DUE = "due", "期限";
    CAUSE = "cause", "原因";
    DECIDED_BY = "decided by", "判断者";
    PROPOSED = "proposed", "訂正案";
    FROM_WHERE = "of", "出典";
    LATE = "late", "期限超過";
    WEEK = "week", "週";
    WHY = "why", "理由";
    SCORE = "score %", "得点 (%)";
    SCORED_AT = "scored", "採点日時";
    SCORED_BY = "by", "採点者";
    JAPANESE = "Japanese", "日本語";
    ENGLISH = "English", "英語";
    AT = "at", "日時";
    BY_WHOM = "who", "誰が";
    DONE_WHAT = "what", "操作";
    DONE_TO = "about", "対象";
    DETAIL = "detail", "詳細";
    ALARM = "alarm", "警報";
    HOUR = "hour", "時";
    TASK = "task", "作業";
    OPEN = "being written", "作成中";
    MISSING = "missing", "報告なし";
    SUBJECT = "subject", "件名";
    POLICY = "what happens", "扱い";
    USABLE = "usable", "使用可";
    SINCE = "for", "経過";
    CALLS_NOW = "calls", "通話";
    WAITING = "waiting", "待ち呼";
    REPORTS = "reports", "報告";
    CORRECTED = "corrected", "訂正";
    MISHEARD = "misheard", "聞き間違い";
    MISTYPED = "mistyped", "入力ミス";
    SCORED_CALLS = "scored", "採点";
    PROGRAM = "program", "プログラム";

    FIRMS_WORD = "the firm says", "お客様の声";
    FIRMS_ANSWER = "answer", "回答";
    SAID_BY = "said by", "ご記入者";
    ANSWERED_AT = "answered", "回答日時";
    ANSWERED_BY = "answered by", "回答者";
    READ_AT = "read by the operator", "オペレーターの確認";

    // Disputes, what firms say, and quality.
    FEEDBACK_ANSWERED = "the firm reads the answer to {}", "お客様の声 {} に回答しました";
    NO_FEEDBACK = "there is no word {} of a firm's, or its report is kept no longer", "お客様の声 {} はないか、報告の保存期間が過ぎています";
    NO_FEEDBACK_REMEDY = "`denwaban feedback list` shows all", "`denwaban feedback list` で一覧を確認できます";
    DISPUTE_OPENED = "dispute {}: the firm waits for an answer", "ご指摘 {} を受け付けました";
    DISPUTE_ANSWERED = "dispute {} is answered by report {}, on its way to {}", "ご指摘 {} に報告 {} で回答しました (送信先 {} 件)";
    DISPUTE_DECIDED = "dispute {} is decided: {}", "ご指摘 {} の判断を記録しました: {}";
    CLIP_ENDED = "the clip of report {} can be heard no longer", "報告 {} の録音リンクを無効にしました";
    DRAWN = "{} samples of that week, of {} calls", "この週の抽出は {} 件 (対象の通話 {} 件)";
    CHOSEN = "call {} is sample {}", "通話 {} を採点対象 {} にしました";
    SCORED = "call {}: {} %", "通話 {}: {} %";
    NO_SECONDS = "`{}` is no number of seconds", "`{}` は秒数ではありません";
    JSON_REMEDY = "mend the JSON at the line that is named", "示された行の JSON を直してください";

    // Reports.
    REPORT_SAVED = "report {} is saved", "報告 {} を保存しました";
    REPORT_LACKS = "it lacks: {}", "未入力: {}";
    REPORT_FREE = "anybody may go on with report {}", "報告 {} の入力を解放しました";
    TASK_ENDED = "task {} is done with", "作業 {} を終えました";
    TASK_WAS_ENDED = "task {} had ended before", "作業 {} はすでに終わっています";

    // Calls in hand, and operators.
    HELD = "the caller of {} is on hold", "通話 {} を保留にしました";
    HELD_NO_MORE = "the caller of {} is on hold no longer", "通話 {} の保留を解除しました";
    MUTED = "the caller of {} does not hear the operator", "通話 {} をミュートにしました";
    MUTED_NO_MORE = "the caller of {} hears the operator again", "通話 {} のミュートを解除しました";
    TRANSFER_BEGUN = "{} is being passed on", "通話 {} の取次を始めました";
    TRANSFER_COMPLETED = "{} is passed on", "通話 {} を取り次ぎました";
    TRANSFER_CANCELLED = "{}: back to the caller", "通話 {} の取次を取りやめました";
    HUNG_UP = "{} is ended", "通話 {} を終了しました";
    NOTHING_NOW = "there is no call, and nobody at a desk", "通話中の電話も、席にいるオペレーターもありません";
    WAITING_NOW = "{} callers wait now, the first for {} s", "現在の待ち呼 {} 件、最長 {} 秒";
    OPERATOR_READY = "{} takes calls", "{} を受付可にしました";
    OPERATOR_PAUSED = "{} takes no calls", "{} を離席にしました";
    NO_VERSION = "`{}` is no version", "`{}` は版の番号ではありません";
    NO_VERSION_REMEDY = "`denwaban operator manuals LOGIN` shows firms and versions", "`denwaban operator manuals ログイン名` で企業と版を確認してください";
    MANUAL_READ = "{} has read the manual of {}, version {}", "{} が {} の対応マニュアル第 {} 版を確認済みにしました";
    BACK_BY_NOW = "they are back by now: nothing is said", "すでに戻っている時刻のため、案内はありません";

    // The door, files, the API.
    SESSION_ENDED = "session {} of {} has ended", "セッション {} ({} さん) を終了しました";
    FACTOR_OF = "a second factor is demanded of: {}", "二段階認証を必須とする役割: {}";
    FACTOR_OF_NOBODY = "a second factor is demanded of nobody", "二段階認証を必須とする役割はありません";
    FILE_WRITTEN = "{}: {} bytes", "{}: {} バイト";
    NO_PATH = "`{}` is no path of the API", "`{}` は API のパスではありません";
    NO_PATH_REMEDY = "write it as /reports/unfinished; `denwaban api GET /openapi.json` lists them all",
        "/reports/unfinished のように書いてください。`denwaban api GET /openapi.json` で一覧を確認できます";
}
