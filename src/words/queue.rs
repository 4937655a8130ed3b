//! How calls are queued: plans, tiers, what a waiting caller gets, calendars.

use super::Words;

words! {
    // Client firms.
    TEAM = "team", "チーム";
    WHISPER = "name whispered", "企業名の読み上げ";
    ANNOUNCE_AFTER = "announcement after", "案内を始めるまで";
    ANNOUNCEMENT = "announcement", "案内の文";
    TOLD = "waiting callers are told", "待つ人に伝えること";
    TOLD_EVERY = "told every", "案内の間隔";
    CALLBACK = "callback offered", "折り返しの提案";
    MESSAGE_AFTER = "message after", "伝言を受けるまで";
    ABANDONED = "caller hung up before the answer", "応答前に切れた電話";
    NEVER = "never", "しない";
    FIRM_IS_ENDED = "the firm {} has ended: nothing is changed", "契約企業 {} は終了済みです。変更していません";
    FIRM_IS_ENDED_REMEDY = "a firm that has ended comes back by `denwaban client import` alone",
        "終了した企業を戻すには `denwaban client import` で取り込んでください";
    NO_CHOICE = "`{}` is none of the choices", "`{}` は選べません";
    NO_TELL_REMEDY = "write nothing, position or expected_wait", "nothing、position、expected_wait のいずれかを書いてください";
    NO_ABANDONED_REMEDY = "write report, call_back or ignore", "report、call_back、ignore のいずれかを書いてください";
    NO_CLOSED_REMEDY = "write answer_as_usual, announce or message_box",
        "answer_as_usual、announce、message_box のいずれかを書いてください";
    NO_PERIOD = "there is no period `{}`", "期間 `{}` はありません";
    NO_PERIOD_REMEDY = "there are: {}", "登録されている期間: {}";
    NO_PERIODS_REMEDY = "the calendar has none", "この企業の暦には期間の登録がありません";
    ON_OR_OFF_REMEDY = "write on or off", "on か off と書いてください";
    SECONDS_OR_NEVER_REMEDY = "write a number of seconds, or never", "秒数か never と書いてください";

    // Calendars.
    HOURS = "hours", "営業時間";
    ALWAYS = "at all times", "終日";
    HOLIDAYS_KEPT = "closed on public holidays", "祝日は休み";
    CLOSED = "closed", "休業期間";
    ALSO_OPEN = "also open", "特別営業日";
    CLOSED_WORDING = "wording", "休業時の案内";
    WHEN_CLOSED = "when closed", "休業時の対応";
    AT_TIME = "at", "日時";
    STANDING = "the firm is", "営業状態";
    STANDS_OPEN = "open", "営業中";
    STANDS_CLOSED = "closed: outside of its hours", "営業時間外";
    STANDS_IN_PERIOD = "closed: a closed period", "休業期間中";
    STANDS_ON_HOLIDAY = "closed: public holiday ({})", "祝日のため休業 ({})";
    OPENS = "opens", "次の営業開始";
    ROUTE = "who rings", "呼び出し";

    // Operators.
    TIER = "tier", "区分";
    TEAMS = "teams", "チーム";
    RANK = "rank", "順位";
    LANGUAGES = "languages", "言語";
    KNOWS = "knows", "担当経験のある企業";
    WRAP_UP_MAX = "wrap-up at most", "後処理の上限";
}
