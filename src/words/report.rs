//! What `denwaban report`, and `denwaban client` about reports, say.

use super::Words;

words! {
    // Heads and fields.
    REPORT = "report", "報告";
    RECEIVED = "received", "受付";
    KIND = "kind", "種別";
    WHO = "who called", "発信者名";
    BUSINESS = "about", "用件";
    HELD_BY = "being written by", "入力中";
    SENT_AT = "sent", "送信";
    SEEN_AT = "seen", "確認";
    RECIPIENT = "recipient", "送信先";
    CHANNEL = "by", "方法";
    TRIES = "tries", "回数";
    SERVER_ID = "server's id", "サーバーの番号";
    LAST_ERROR = "last error", "直近のエラー";
    WAIVED_BECAUSE = "no report because", "報告しない理由";
    DELIVERIES = "deliveries", "送信";
    EDITS = "written", "入力の記録";
    EVIDENCE_AT = "in the recording", "録音の位置";
    READ_BACK = "read back", "復唱";
    CLASS = "class", "区分";
    COUNT = "count", "件数";
    RECOUNT = "recount", "再集計";
    PERSON_ID = "id", "ID";
    KANA = "kana", "かな";
    TITLE = "title", "役職";
    TODAY = "today", "本日";
    AWAY = "away", "不在";
    UNTIL = "until", "まで";
    NOTE = "note", "申し送り";
    VERSION = "version", "版";
    CHANGES = "what is new", "変更点";

    // Reports.
    REPORT_SENT = "report {} is on its way to {}", "報告 {} を送信しました ({} 件)";
    REPORT_KEPT = "report {} is kept; nobody gets it now", "報告 {} を保存しました (今は送信しません)";
    REPORT_BEGUN = "report {} is begun", "報告 {} を作成しました";
    SET_UNREADABLE = "{} is no FIELD=TEXT", "{} は「項目=内容」の形ではありません";
    SET_REMEDY = "write it as business=見積の件", "business=見積の件 のように指定してください";
    REPORT_WAIVED = "there will be no report {}", "報告 {} は「報告なし」にしました";
    RESENT = "{}: sent again to {}", "{}: {} に再送しました";
    SENT_TO = "report {} is on its way to {}, too", "報告 {} を {} にも送信します";
    PROOF_HOLDS = "{} answered calls: {} reports sent, {} explained, {} being written; none is missing",
        "応答 {} 件: 送信済み {}、報告なし(理由あり) {}、作成中 {}。報告のない通話はありません";
    PROOF_FAILS = "{} of {} answered calls have no report: {}", "報告のない通話が {} 件あります (応答 {} 件): {}";
    PROOF_OVERDUE = "{} of {} answered calls have a report that nobody has finished", "書きかけのままの受電報告が {} 件あります (応答 {} 件)";
    PROOF_OVERDUE_REMEDY = "`denwaban report list` shows the drafts: send them, or say why there is none", "`denwaban report list` で確認し、送信するか理由を入力してください";
    PROOF_UNSAVED = "{} call records are in no table: what calls they are of is not known, and nothing is proved",
        "保存できなかった通話記録が {} 件あり、照合できません";
    PROOF_UNSAVED_REMEDY = "look at rejected.jsonl and *.unreadable in the journal's folder; move them away when they are dealt with, and restart",
        "ジャーナルのフォルダーにある rejected.jsonl と *.unreadable を確認し、対処後に別の場所へ移して再起動してください";
    PROOF_FAILS_REMEDY = "look at these calls: `denwaban call show ID`", "`denwaban call show ID` で確認してください";
    PROOF_CHAIN_BROKEN = "the chain of proofs was changed at {}", "照合の記録が {} で書き換えられています";
    ACCOUNT = "{} answered calls: {} reports sent, {} explained, {} being written", "応答 {} 件: 送信済み {}、報告なし(理由あり) {}、作成中 {}";
    COUNTERS_DIFFER = "the counters differ from a recount", "集計が再集計と一致しません";
    COUNTERS_DIFFER_REMEDY = "calls of the last minutes may not have been saved yet: ask again; else this is an error of the program",
        "直近の通話がまだ保存されていないことがあります。しばらくしてから再度確認してください";

    // Client firms.
    PROFILE_SAVED = "the profile of {} is saved (revision {})", "{} のプロフィールを保存しました (第 {} 版)";
    PROFILE_FILE_REMEDY = "write it as `denwaban client profile CODE` prints it, and mend the place that is named",
        "`denwaban client profile CODE` の出力に合わせて、示された箇所を直してください";
    TRIAL_WAITS = "not accepted within {} s", "{} 秒以内に受け付けられませんでした";
    TRIAL_FAILED = "{} of {} places did not take the trial", "届かなかった送信先 {} 件 (全 {} 件)";
    TRIAL_REMEDY = "mend what is named beside them, with `denwaban client profile`", "`denwaban client profile` で示された箇所を直してください";
    PERSON_KNOWN = "{} is on the roster", "{} を名簿に登録しました";
    PERSON_GONE = "{} is on the roster no more", "{} を名簿から外しました";
    NO_SUCH_PERSON = "the roster has no {}", "名簿に {} はいません";
    NOTE_ENDED = "note {} holds no longer", "申し送り {} を終了しました";
    ENTRY_REMOVED = "entry {} is removed", "予定 {} を消しました";
    MANUAL_WRITTEN = "version {} holds from {}; operators will be asked to read it", "第 {} 版は {} から有効です。オペレーターに確認を求めます";
}
