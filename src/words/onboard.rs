//! What `denwaban client onboard`, `identity` the second factor of `member` and `trunk health` say.

use super::Words;

words! {
    ONBOARD_NONE = "nobody has begun to prove that {} works", "{} の開通確認はまだ始まっていません";
    ONBOARD_NONE_REMEDY = "give --begin, too", "--begin を付けて始めてください";
    ONBOARD_NOT_BEGUN = "not yet proved", "未確認";
    ONBOARD_OPEN = "under way", "確認中";
    ONBOARD_PROVED = "proved", "確認済み";
    ONBOARD_CHANGED = "changed since it was proved:", "確認後に変更あり:";
    ONBOARD_PROOF = "proof", "確認";
    ONBOARD_EVIDENCE = "evidence", "証拠";
    ONBOARD_CALL = "a call arrives", "電話が着信する";
    ONBOARD_NOBODY = "(nobody has answered it)", "(応答なし)";
    ONBOARD_UNANSWERED = "call {} came, and nobody has answered it", "通話 {} は着信しましたが、誰も応答していません";
    ONBOARD_UNANSWERED_REMEDY = "see that somebody takes calls, and call the number again", "受付可のオペレーターがいることを確認し、もう一度電話してください";
    ONBOARD_GREETING = "it is greeted right", "正しく名乗る";
    ONBOARD_MAIL = "reports arrive", "報告が届く";
    TRUNK_SINCE = "since", "いつから";
    TRUNK_REGISTRATION = "registration", "登録";
    TRUNK_ANSWER = "last answer", "最後の応答";
    TRUNK_TODAY = "calls today", "今日の着信";
    TRUNK_ANSWERED = "answered", "応答";
    FACTOR_FORGOTTEN = "{} logs in with the password alone, and sets a second factor up anew", "{} の二段階認証を解除しました。パスワードでログインし、設定し直してください";
    FACTOR_DEMANDED = "everybody of {} needs a second factor from the next login on", "{} の全員に、次のログインから二段階認証を求めます";
    FACTOR_SPARED = "a second factor is up to everybody of {}", "{} の二段階認証は任意になりました";
    IDENTITY_DAY = "day", "確認した日";
    IDENTITY_METHOD = "way", "方法";
    IDENTITY_DOCUMENT = "document", "書類";
    IDENTITY_REFERENCE = "its number", "書類の番号";
    IDENTITY_REPRESENTATIVE = "who acted", "取引の担当者";
    IDENTITY_BY = "written by", "記録した人";
}
