//! What `denwaban rec purge`, `rec keep`, `rec hold`, `denwaban prompt` and `denwaban backup` say.

use super::Words;

words! {
    PURGE_DUE = "would go: {} reports, {} calls, {} recordings ({} bytes)", "削除の対象: 報告 {} 件、通話 {} 件、録音 {} 件 ({} バイト)";
    PURGE_KEPT = "past their time, but held, disputed, unfinished or under way: {} reports, {} calls",
        "期限を過ぎても残すもの (保全・申立て・未完了・送信中): 報告 {} 件、通話 {} 件";
    PURGE_DONE = "purged: {} reports, {} calls, {} recordings ({} bytes)", "削除しました: 報告 {} 件、通話 {} 件、録音 {} 件 ({} バイト)";
    PURGE_FILES_LEFT = "{} files of purged recordings could not be removed", "削除した録音のファイル {} 個を消せませんでした";
    PURGE_FILES_LEFT_REMEDY = "look at the rights of the recordings' folder: the next purge tries again",
        "録音フォルダーの権限を確認してください。次の削除でやり直します";
    LEDGER_ROWS = "{} purges in the ledger", "削除の記録: {} 件";
    LEDGER_BROKEN = "row {} of the ledger was changed, or the one before it is missing", "削除の記録 {} が書き換えられたか、その前の記録が失われています";
    LEDGER_BROKEN_REMEDY = "compare it with the ledger of a backup", "バックアップの記録と比べてください";
    DAYS = "{} days", "{} 日";
    SIX_MONTHS = "six calendar months", "6 か月 (暦月)";
    KEPT_FROM = "kept since", "保存の起点";
    HOUSE_KEEPS = "the house keeps", "全社の保存期間";
    HOLD_ABOUT = "held", "対象";
    HOLD_WHY = "why", "理由";
    HOLD_BY = "by", "実行者";
    HOLD_SINCE = "since", "開始";
    HOLD_UNTIL = "until", "終了";
    PROMPT = "prompt", "音声";
    PROMPT_FROM = "from", "作成";
    PROMPT_LENGTH = "length", "長さ";
    PROMPT_WORDS = "words", "内容";
    PROMPT_KEPT = "{}: {} s; it is heard from the next call on", "{}: {} 秒。次の通話から流れます";
    PROMPT_GONE = "{} is removed", "{} を削除しました";
    PROMPT_RENAMED = "{} → {}", "{} → {}";
}
