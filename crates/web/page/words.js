// Every word on the page, in both languages. What stands between the braces is JSON, so that a test can read it: both
// languages have the same keys, and each event and each alarm of the switch has its word.
export const words = {
  "ja": {
    "criteria": "検索条件", "found": "見つかった通話", "title": "Denwaban — 電話代行の交換台", "desk": "電話代行の交換台", "account": "アカウント", "logout": "ログアウト", "login": "ログイン",
    "name": "ユーザー名", "password": "パスワード", 
    "failed": "サーバーに接続できません。",
    "forbidden": "この操作の権限がありません。",
    "operatorOnly": "通話の検索と録音の再生は、スーパーバイザーだけができます。", "phone": "電話機", "cutOff": "サーバーとの接続が切れています。再接続しています。入力した内容は保持され、つながり次第保存されます。", "skip": "通話の検索へ進む",
    "ownState": "自分の状態", "now": "ただいまの状況", "find": "通話を探す", "firm": "契約企業", "caller": "発信者の番号",
    "operator": "オペレーター", "from": "この日時から", "to": "この日時まで", "answered": "応答", "any": "すべて",
    "yes": "応答あり", "no": "応答なし", "search": "検索", "reset": "条件を消す", "more": "さらに表示",
    "csv": "CSVで保存", "count": "{count}件", "countMore": "{count}件を表示中（続きがあります）", "time": "日時",
    "wait": "応答まで", "talk": "通話時間", "state": "状態", "none": "該当する通話はありません。",
    "quiet": "通話はありません。",
    "trunk": "回線", "trunkUp": "使用可", "trunkDown": "使用不可", "noTrunks": "回線の登録はありません。",
    "recording": "録音", "noRecording": "録音はありません。", "download": "録音をダウンロード", "story": "通話の経過",
    "seek": "{what}から再生", "ladder": "SIPのやりとり", "did": "着信番号",
    "ending": "終わり方", "seconds": "秒", "alarms": "お知らせ", "setup": "設定", "openCall": "通話を開く", "dismiss": "閉じる",
    "bans": "遮断中の接続元", "banSource": "接続元", "banReason": "理由", "banFailures": "回数", "banUntil": "解除の予定",
    "banClear": "解除", "banClearAll": "すべて解除", "banClearOf": "{source}の遮断を解除",
    "banReasons": {
      "passwords": "パスワードの総当たり", "scanning": "不審な要求の繰り返し", "malformed": "不正な形式のデータ"
    },
    "caps": { "calls_at_once": "同時の発信数", "calls_per_minute": "1分間の発信数", "talk_per_day": "1日の通話時間" },
    "supervise": "聴取", "superviseOf": "{firm}の通話：{what}", "superviseStop": "終わる", "ringing": "呼出中",
    "modes": { "listen": "聞く", "whisper": "ささやく", "join": "加わる" },
    "hash": "SHA-256", "unknown": "（登録のない番号）", "abandoned": "応答前に切断", "other": "English",
    "otherLang": "en", "locale": "ja-JP",
    "wave": "録音の波形", "lines": "回線の品質", "notHeard": "{leg}の音声なし", "pauseRecording": "録音を一時停止", "resumeRecording": "録音を再開", "recordingPaused": "一時停止中", "fault": "この録音には問題があります: {why}", "lineGood": "良好", "lineFair": "やや不良", "linePoor": "不良", "lineFrom": "相手の声の届き方: {quality}、損失 {lost}、揺らぎ {jitter} ms。", "lineTo": "こちらの声の届き方: {quality}、損失 {lost}、揺らぎ {jitter} ms。", "lineWorst": "最も悪い5秒: {quality} {at}。", "lineTrip": "往復 {ms} ms。", "lineSilent": "相手の声は届きませんでした。",
    "wallboard": "待ち呼と応答率", "today": "本日の内訳", "rings": "{rings}コール（{seconds}）", "waits": "待ち", "ringsAt": "呼出先", "nobodyRings": "（呼出先なし）", "nobodyWaits": "お待ちの方はいません。", "waitsAgain": "再度待ち", "calledBack": "折り返し待ち", "twoRings": "2コール以内", "threeRings": "3コール以内", "waitingNow": "待ち呼", "longest": "最長の待ち", "offered": "着信", "answeredToday": "応答", "abandonedToday": "取りこぼし", "meanAnswer": "平均応答", "p95Answer": "95%応答", "hour": "時間帯", "hourOf": "{hour}時台", "team": "チーム", "quietToday": "本日の着信はまだありません。",
    "pauseBy": { "callback": "折り返し待ち", "desk": "画面から", "key": "電話機のキーで", "limit": "時間の上限", "operator_left": "オペレーターの離脱", "policy": "企業の設定により", "hang_up": "切断により", "silence": "無音により" },
    "waitings": { "ringing": "呼出音", "announced": "案内・保留音", "callback": "折り返し待ち", "calling_back": "折り返し発信中", "message": "伝言の録音", "closed": "営業時間外の案内" },
    "abandonedPolicies": { "report": "企業へ報告", "call_back": "折り返す", "ignore": "対応なし" }, "earlierCalls": "{calls}回目、前回 {last}", "abandonedRate": "取りこぼし率",
    "withheld": {
      "anonymous": "非通知", "payphone": "公衆電話", "unavailable": "表示圏外",
      "interaction": "サービス競合のため通知不可"
    },
    "states": {
      "queued": "待機中", "delivered": "呼出中", "established": "通話中", "held": "保留中", "cleared": "終了",
      "interrupted": "中断"
    },
    "operators": {
      "logged_out": "ログアウト", "not_ready": "離席", "ready": "受付可", "busy": "応対中",
      "working_after_call": "後処理"
    },
    "kept": { "reports_open": "未処理の報告があるため", "no answer": "応答なし" },
    "transfers": {
      "attended": "取次中（口頭で確認）", "confirmed": "取次中（1を押して確認）", "bridged": "取次済"
    },
    "endings": {
      "abandoned": "応答前に発信者が切断", "caller_hung_up": "発信者が切断", "operator_hung_up": "オペレーターが切断",
      "target_hung_up": "取次先が切断", "hung_up_by_desk": "画面から切断", "we_hung_up": "当方から切断",
      "no_ack": "発信側の応答が届かず終了", "caller_lost": "発信者との接続が途絶",
      "session_expired": "セッションの期限切れ", "queue_full": "待ち呼の上限", "no_port": "音声ポートの不足",
      "too_long": "通話時間の上限",
      "message_left": "メッセージを録音", "no_message": "メッセージなしで切断", "closed": "営業時間外の案内で終了",
      "callback_failed": "折り返したがつながらず", "callback_expired": "時間内に折り返せず", "called_again": "折り返しの前に再度着信"
    },
    "noRecordings": {
      "purged": "保存期間が過ぎたため、録音を削除しました。",
      "none, because nobody answered": "応答しなかったため、録音はありません。",
      "none, because it was not finished in time": "録音が時間内に完了しなかったため、録音はありません。",
      "none, because the switchboard stopped during the call and no file was left": "通話中に交換機が停止し、録音は残っていません。"
    },
    "legs": {
      "caller": "発信者", "operator": "オペレーター", "target": "取次先", "supervisor": "スーパーバイザー"
    },
    "events": {
      "arrived": "着信", "ringing": "呼出音", "queued": "待ち呼に追加", "offered": "オペレーターを呼出",
      "operator_ringing": "オペレーターの電話が鳴動", "offer_ended": "呼出を終了", "answered": "応答",
      "announced": "混雑の案内と保留音", "repeated": "24時間以内の再着信", "new_caller": "新規の発信者", "widened": "呼出先を追加", "promise_at_risk": "3コール以内の応答が困難", "promise_taken_up": "再起動後に折り返しを引き継ぎ", "abandoned": "応答前に発信者が切断",
      "callback_promised": "折り返しを約束", "callback_begun": "折り返しの発信", "caller_ringing": "発信者の電話が鳴動",
      "callback_reached": "折り返しがつながる", "callback_failed": "折り返しがつながらず", "closed": "営業時間外の案内",
      "message_box": "留守番電話の案内", "message_begun": "メッセージの録音開始", "message_left": "メッセージの録音終了", "held": "保留",
      "resumed": "保留解除", "muted": "消音", "unmuted": "消音解除", "transfer_asked": "取次を開始",
      "transfer_refused": "取次できません", "target_called": "取次先へ発信", "target_ringing": "取次先の電話が鳴動",
      "target_answered": "取次先が電話に出た", "target_confirmed": "取次先が1を押した",
      "target_failed": "取次先につながらず", "handed_over": "オペレーターが取次を任せた", "bridged": "取次成立",
      "transfer_cancelled": "取次を取消", "transfer_failed": "取次不成立",
      "supervision_asked": "スーパーバイザーの電話を呼出", "supervision_begun": "聴取を開始",
      "supervision_mode": "聴取の方法を変更", "supervision_ended": "聴取を終了",
      "operator_lost": "オペレーターの電話との通信が途絶", "target_lost": "取次先の電話との通信が途絶", "reason": "相手側の切断理由", "silent": "無音を検知", "audible": "音声が回復", "heard": "音声の到達を確認",
      "voice_failed": "音声経路の障害", "key": "キー操作", "new_stream": "音声の送り手が切り替わり", "whispered": "企業名をささやき", "recording_paused": "録音を一時停止", "recording_resumed": "録音を再開",
      "recording_started": "録音開始", "recording_finished": "録音完了",
      "recording_failed": "録音失敗", "ended": "終話", "interrupted": "交換機の停止により中断", "sip": "SIP"
    },
    "alarmWords": {
      "unknown_number": "登録のない番号に着信しました：{candidates}",
      "abandoned": "応答前に切断されました：{caller}（{wait_ms}待ち）",
      "recording_failed": "録音に失敗しました：{why}", "one_way_audio": "{leg}の音声が届いていません。",
      "promise_at_risk": "3コール以内の応答が難しい見込みです：{customer}（見込み{chance_percent}%）",
      "operator_unreliable": "{operator}の電話機が続けて呼出に失敗しました。",
      "empty_team": "チーム「{team}」にオペレーターがいません。このチームを指定した企業（{customers}社）の着信は、ほかのオペレーターが受けます。",
      "toll_fraud": "許可されていない番号への発信を止めました：{number}（{who}）",
      "over_limit": "発信の上限に達したため止めました：{customer}（{limit}）",
      "pin_locked": "録音の電話で暗証番号の間違いが続きました：{customer}（{caller}）",
      "authentication_failures": "{source}からの認証が{failures}回失敗しました（{user}）。",
      "overload_began": "処理が追いつかないため、新しい着信の一部を断っています（受付{admitted_percent}%）。",
      "overload_ended": "新しい着信をすべて受け付けています（断った着信{refused}件）。",
      "full": "上限に達しました：{table}（{limit}）",
      "hop_changed": "{trunk}の発信先を{hop}に切り替えました。",
      "private_address": "{trunk}に内部アドレス{address}を通知しています。公開アドレスを設定してください。",
      "banned": "{source}からの受信を止めています（{reason}、{failures}回）。",
      "registration_refused": "{trunk}への登録が拒否されました（{status}）。",
      "trunk_down": "回線「{trunk}」が使えません。この回線では着信も発信もできません。", "trunk_up": "回線「{trunk}」が復旧しました（停止{down_ms}）。",
      "disk_scarce": "録音の保存先の空きが{free_percent}%になりました。空きを増やしてください。", "disk_roomy": "録音の保存先に空きができました（{free_percent}%）。",
      "no_port": "空いている音声ポートがありません。", "repaired": "内部の不整合を直しました：{what}"
    }
  },
  "en": {
    "criteria": "What to look for", "found": "Calls found", "title": "Denwaban — the answering service's switchboard", "desk": "the answering service's switchboard", "account": "Account", "logout": "Log out",
    "login": "Log in", "name": "User", "password": "Password", 
    "failed": "The server cannot be reached.",
    "forbidden": "You may not do this.", "operatorOnly": "Only supervisors find calls and hear recordings.",
    "phone": "Telephone", "cutOff": "The server cannot be reached; trying again. What you type is kept, and saved as soon as it can be.", "skip": "Go to the search for calls", "ownState": "Your state", "now": "Right now", "find": "Find a call", "firm": "Client firm",
    "caller": "Caller's number", "operator": "Operator", "from": "From", "to": "Until", "answered": "Answered",
    "any": "All", "yes": "Answered", "no": "Not answered", "search": "Search", "reset": "Clear", "more": "Show more",
    "csv": "Save as CSV", "count": "{count} calls", "countMore": "{count} calls shown, there are more",
    "time": "Time", "wait": "Answered after", "talk": "Talk", "state": "State", "none": "No such call.",
    "quiet": "No call at the moment.",
    "trunk": "Trunk", "trunkUp": "up", "trunkDown": "down", "noTrunks": "There are no trunks.",
    "recording": "Recording", "noRecording": "There is no recording.", "download": "Download recording",
    "story": "What happened", "seek": "Play from: {what}",
    "ladder": "SIP ladder", "did": "Dialled number", "ending": "Ending", "seconds": "s", "alarms": "Notices", "setup": "Settings",
    "bans": "Sources that are not listened to", "banSource": "Source", "banReason": "Why", "banFailures": "Times",
    "banUntil": "Until", "banClear": "Listen again", "banClearAll": "Listen to all again",
    "banClearOf": "Listen again to {source}",
    "banReasons": {
      "passwords": "guessed passwords", "scanning": "asked for odd things", "malformed": "sent what is no SIP"
    },
    "caps": { "calls_at_once": "calls at once", "calls_per_minute": "calls a minute", "talk_per_day": "talk in a day" },
    "supervise": "Listen in", "superviseOf": "Call of {firm}: {what}", "superviseStop": "leave", "ringing": "ringing",
    "modes": { "listen": "listen", "whisper": "whisper", "join": "join" },
    "openCall": "Open call", "dismiss": "Dismiss", "hash": "SHA-256", "unknown": "(number not registered)",
    "abandoned": "caller gave up", "other": "日本語", "otherLang": "ja", "locale": "en-GB",
    "wave": "Waveform of the recording", "lines": "How the lines were", "notHeard": "{leg} not heard", "pauseRecording": "Pause recording", "resumeRecording": "Go on recording", "recordingPaused": "paused", "fault": "Something is wrong with this recording: {why}", "lineGood": "good", "lineFair": "fair", "linePoor": "bad", "lineFrom": "How we heard them: {quality}, {lost} lost, jitter {jitter} ms.", "lineTo": "How they heard us: {quality}, {lost} lost, jitter {jitter} ms.", "lineWorst": "Worst five seconds: {quality} {at}.", "lineTrip": "{ms} ms there and back.", "lineSilent": "Nothing was heard from them.",
    "wallboard": "Waiting calls and the promise", "today": "Today in parts", "rings": "{rings} rings ({seconds})", "waits": "Waits", "ringsAt": "Rings at", "nobodyRings": "(no phone)", "nobodyWaits": "Nobody waits.", "waitsAgain": "waits again", "calledBack": "to be called back", "twoRings": "Within 2 rings", "threeRings": "Within 3 rings", "waitingNow": "Waiting", "longest": "Longest wait", "offered": "Calls", "answeredToday": "Answered", "abandonedToday": "Lost", "meanAnswer": "Mean answer", "p95Answer": "95 % answered in", "hour": "Hour", "hourOf": "{hour}:00", "team": "Team", "quietToday": "No call yet today.",
    "pauseBy": { "callback": "until called back", "desk": "from a desk", "key": "by a key", "limit": "time limit", "operator_left": "operator left", "policy": "as the firm wishes", "hang_up": "by hanging up", "silence": "by silence" },
    "waitings": { "ringing": "hears ringing", "announced": "announcement, music", "callback": "to be called back", "calling_back": "being called back", "message": "message box", "closed": "told that it is closed" },
    "abandonedPolicies": { "report": "the firm is told", "call_back": "called back", "ignore": "nothing more" }, "earlierCalls": "{calls} before, last {last}", "abandonedRate": "Lost, %",
    "withheld": {
      "anonymous": "Withheld", "payphone": "Payphone", "unavailable": "Unavailable", "interaction": "Cannot be shown"
    },
    "states": {
      "queued": "waiting", "delivered": "ringing", "established": "talking", "held": "on hold", "cleared": "ended",
      "interrupted": "interrupted"
    },
    "operators": {
      "logged_out": "logged out", "not_ready": "not ready", "ready": "ready", "busy": "busy",
      "working_after_call": "wrap-up"
    },
    "kept": { "reports_open": "reports are not done", "no answer": "did not answer" },
    "transfers": {
      "attended": "transfer, announcing", "confirmed": "transfer, waiting for 1", "bridged": "bridged on"
    },
    "endings": {
      "abandoned": "caller gave up before the answer", "caller_hung_up": "caller hung up",
      "operator_hung_up": "operator hung up", "target_hung_up": "client firm's person hung up",
      "hung_up_by_desk": "ended from a desk", "we_hung_up": "ended by us",
      "no_ack": "our answer was never acknowledged", "caller_lost": "caller lost",
      "session_expired": "session expired", "queue_full": "too many callers waiting", "no_port": "no voice port free",
      "too_long": "longest call reached",
      "message_left": "message left", "no_message": "hung up without a message", "closed": "told that the firm is closed",
      "callback_failed": "called back, and not reached", "callback_expired": "could not be called back in time",
      "called_again": "called again before the call back"
    },
    "noRecordings": {
      "purged": "The recording was purged: its time was over.",
      "none, because nobody answered": "There is no recording, because nobody answered.",
      "none, because it was not finished in time": "There is no recording, because it was not finished in time.",
      "none, because the switchboard stopped during the call and no file was left": "There is no recording: the switchboard stopped during the call and no file was left."
    },
    "legs": {
      "caller": "the caller", "operator": "the operator", "target": "the client firm's person",
      "supervisor": "the supervisor"
    },
    "events": {
      "arrived": "arrived", "ringing": "ringing", "queued": "in the queue", "offered": "operator is called",
      "operator_ringing": "operator's phone rings", "offer_ended": "offer ended", "answered": "answered",
      "announced": "busy announcement, then music", "repeated": "called again within 24 hours", "new_caller": "new caller", "widened": "more phones may ring", "promise_at_risk": "three rings in danger", "promise_taken_up": "call back taken up after a restart", "abandoned": "caller gave up",
      "callback_promised": "call back promised", "callback_begun": "caller is called back", "caller_ringing": "caller's phone rings",
      "callback_reached": "caller is back on the line", "callback_failed": "call back failed", "closed": "told that the firm is closed",
      "message_box": "message box announced", "message_begun": "message begins", "message_left": "message ends",
      "held": "hold", "resumed": "resumed", "muted": "muted", "unmuted": "unmuted",
      "transfer_asked": "transfer asked for", "transfer_refused": "transfer refused",
      "target_called": "target called", "target_ringing": "target's phone rings",
      "target_answered": "target picked up", "target_confirmed": "target pressed 1",
      "target_failed": "target not reached", "handed_over": "operator left it to the transfer",
      "bridged": "bridged on", "transfer_cancelled": "transfer cancelled", "transfer_failed": "transfer failed",
      "supervision_asked": "supervisor's phone is called", "supervision_begun": "supervisor on the line",
      "supervision_mode": "supervisor is heard by others than before", "supervision_ended": "supervisor off the line",
      "operator_lost": "operator's phone lost", "target_lost": "target's phone lost", "reason": "the peer says why", "silent": "silence noticed", "audible": "sound is back", "heard": "first heard",
      "voice_failed": "voice path failed", "key": "key pressed", "new_stream": "another voice stream", "whispered": "firm's name whispered", "recording_paused": "recording paused", "recording_resumed": "recording goes on",
      "recording_started": "recording began",
      "recording_finished": "recording finished", "recording_failed": "recording failed", "ended": "ended",
      "interrupted": "interrupted: the switchboard stopped", "sip": "SIP"
    },
    "alarmWords": {
      "unknown_number": "A call came to a number that is not registered: {candidates}",
      "abandoned": "A caller gave up before the answer: {caller}, after {wait_ms}",
      "recording_failed": "A recording failed: {why}", "one_way_audio": "Nothing is heard from {leg}.",
      "promise_at_risk": "A caller to {customer} will hardly be answered within three rings (chance {chance_percent}%).",
      "operator_unreliable": "The phone of {operator} failed to answer again and again.",
      "empty_team": "Team {team} has no operators: calls of the {customers} firms that want it ring at others.",
      "toll_fraud": "A call to a number that may not be dialled was stopped: {number} ({who})",
      "over_limit": "An outgoing call was stopped, {customer} has reached a limit: {limit}",
      "pin_locked": "Recordings line: too many wrong PINs, {customer} ({caller})",
      "authentication_failures": "{failures} failed logins from {source} ({user}).",
      "overload_began": "More comes in than this machine can do: {admitted_percent} % of the new calls are taken.",
      "overload_ended": "New calls are all taken again; {refused} were refused.",
      "full": "A limit is reached: {table} ({limit})",
      "hop_changed": "Calls over {trunk} now go to {hop}.",
      "private_address": "{trunk} is told the private address {address}: set the public one.",
      "banned": "{source} is not listened to ({reason}, {failures} times).",
      "trunk_down": "{trunk} is down: no call comes over this trunk, and none goes.", "trunk_up": "{trunk} is up again, after {down_ms}.",
      "registration_refused": "{trunk} refused our registration ({status}).", "disk_scarce": "Only {free_percent} % of the recordings' disk is free: make room.", "disk_roomy": "There is room for recordings again ({free_percent} %).",
      "no_port": "No voice port is free.",
      "repaired": "Something was inconsistent and was repaired: {what}"
    }
  }
};
