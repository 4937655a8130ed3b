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
    BACKUP_MADE = "{}: made and verified, {} recordings listed", "{}: 作成して検証しました。録音 {} 件の一覧を含みます";
    BACKUP_MADE_AT = "made", "作成";
    BACKUP_BYTES = "bytes", "バイト";
    BACKUP_CHECKED = "verified", "検証済み";
    BACKUP_WHOLE = "{}: as it was made at {}", "{}: {} に作成されたままです";
    BACKUP_RESTORED = "restored as of {}: {} calls, {} recordings, {} prompts", "{} の時点に復元しました: 通話 {} 件、録音 {} 件、音声案内 {} 件";
    BACKUP_ASIDE = "what was there is now {}", "元のファイルは {} にあります";
    BACKUP_DAMAGED_REMEDY = "use another backup: `denwaban backup list`", "別のバックアップを使ってください: `denwaban backup list`";
    BACKUP_FORCE_REMEDY = "--force restores over it, and keeps what was there beside it", "--force を付けると、元のファイルを残したまま復元します";
    BACKUP_STOP_REMEDY = "stop `denwaban serve`, then restore", "`denwaban serve` を止めてから復元してください";
    SETTING_UNKNOWN = "there is no setting {}", "設定 {} はありません";
    SETTING_UNKNOWN_REMEDY = "`denwaban settings get` shows all", "`denwaban settings get` で一覧を確認してください";
    SETTING_ODD_REMEDY = "give a value of the kind that `denwaban settings get` shows", "`denwaban settings get` と同じ形の値を指定してください";
    PROMPT = "prompt", "音声";
    PROMPT_FROM = "from", "作成";
    PROMPT_LENGTH = "length", "長さ";
    PROMPT_WORDS = "words", "内容";
    PROMPT_KEPT = "{}: {} s; it is heard from the next call on", "{}: {} 秒。次の通話から流れます";
    PROMPT_GONE = "{} is removed", "{} を削除しました";
    PROMPT_RENAMED = "{} → {}", "{} → {}";
}
