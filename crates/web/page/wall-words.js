// Every word of the wall screen, in both languages; what stands between the braces is JSON, as in words.js.
export const words = {
  "ja": {
    "locale": "ja-JP", "promise": "3コール以内", "waiting": "待ち", "longest": "最長", "offered": "着信", "abandoned": "応答前切断", "mean": "平均応答", "nobody": "お待ちの方はいません", "operators": "オペレーター", "alarms": "お知らせ",
    "rings": "{rings}コール {seconds}秒", "called": "呼出中{count}台", "back": "折返し待ち", "calls": "{count}件", "unknown": "登録のない番号", "seconds": "{seconds}秒",
    "lost": "接続が切れています。つながり次第、表示を再開します。（{seconds}秒）", "ended": "この画面のリンクは無効です。管理者に新しいリンクをもらってください。", "unreachable": "電話機未接続",
    "states": { "not_ready": "離席", "ready": "受付可", "busy": "応対中", "working_after_call": "後処理" },
    "alarmNames": { "unknown_number": "登録のない番号に着信", "abandoned": "応答前の切断", "recording_failed": "録音の失敗", "one_way_audio": "片方の音声が届かない", "promise_at_risk": "3コール以内が難しい見込み", "operator_unreliable": "電話機の呼出失敗", "empty_team": "チームにオペレーターがいない", "toll_fraud": "不正な発信を停止", "over_limit": "発信の上限", "pin_locked": "録音の電話の暗証番号の間違い", "authentication_failures": "認証の失敗", "overload_began": "混雑のため一部の着信を断っています", "overload_ended": "混雑の解消", "disk_scarce": "録音ディスクの空き不足", "disk_roomy": "録音ディスクの空き回復", "full": "内部の上限に到達", "hop_changed": "回線の発信先の切替", "private_address": "回線に内部アドレスを通知", "banned": "不審な送信元を遮断", "registration_refused": "回線への登録の拒否", "no_port": "音声ポートの不足", "repaired": "内部の不整合を修復", "trunk_down": "回線の停止", "trunk_up": "回線の復旧" }, "alarm": "システムのお知らせ"
  },
  "en": {
    "locale": "en-GB", "promise": "Within 3 rings", "waiting": "Waiting", "longest": "Longest", "offered": "Calls", "abandoned": "Gave up", "mean": "Mean answer", "nobody": "Nobody waits", "operators": "Operators", "alarms": "Alarms",
    "rings": "{rings} rings {seconds} s", "called": "{count} phones ring", "back": "to be called back", "calls": "{count} calls", "unknown": "unknown number", "seconds": "{seconds} s",
    "lost": "The connection is lost. The board goes on as soon as it is back. ({seconds} s)", "ended": "This screen's link is not valid any more. Ask an administrator for a new one.", "unreachable": "no phone",
    "states": { "not_ready": "not ready", "ready": "ready", "busy": "busy", "working_after_call": "after call" },
    "alarmNames": { "unknown_number": "call to an unknown number", "abandoned": "a caller gave up", "recording_failed": "a recording failed", "one_way_audio": "one party is not heard", "promise_at_risk": "3 rings are at risk", "operator_unreliable": "a phone does not answer", "empty_team": "a team has no operator", "toll_fraud": "an outgoing call was stopped", "over_limit": "limit of outgoing calls", "pin_locked": "wrong PINs at the recordings line", "authentication_failures": "failed logins", "overload_began": "overload: some calls are refused", "overload_ended": "overload has ended", "disk_scarce": "little room for recordings", "disk_roomy": "room for recordings again", "full": "a limit is reached", "hop_changed": "a trunk goes another way", "private_address": "a trunk is told a private address", "banned": "a source is shut out", "registration_refused": "a trunk refused our registration", "no_port": "no voice port is free", "repaired": "an inconsistency was repaired", "trunk_down": "a trunk is down", "trunk_up": "a trunk is up again" }, "alarm": "a notice of the system"
  }
};
