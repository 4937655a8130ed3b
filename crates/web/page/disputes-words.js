// Every word of the dispute desk, in both languages; what stands between the braces is JSON, as in words.js.
export const words = {
  "ja": {
    "title": "内容のご指摘", "none": "回答を待つご指摘はありません。", "time": "受付", "left": "回答期限", "firm": "契約企業", "field": "項目", "words": "ご指摘の内容", "by": "お名前", "operator": "応対",
    "remains": "あと{minutes}分", "over": "{minutes}分超過", "listen": "録音で確かめる", "listenOf": "{firm}の{field}を録音で確かめる", "cause": "確認の結果", "answer": "企業への回答（任意）",
    "statistics": "直近30日の結果", "count": "件数", "mean": "回答まで（平均）", "late": "期限後", "minutes": "{minutes}分", "csv": "CSVで保存",
    "caseTitle": "{firm}：{field}", "noWords": "（ご指摘の文章はありません）", "noRecording": "この通話の録音はありません。", "wave": "録音の波形（上が発信者、下が当方）", "waveKeys": "スペース: 再生・停止　←→: 2秒（Shiftで10秒）　1〜9: 項目の位置から再生",
    "fieldsTitle": "聞き取った項目", "answerOf": "報告の内容", "heardAt": "録音の位置", "nowhere": "録音になし", "playOf": "{time} {field}が話されたところから聞く", "playReadBack": "{time} {field}が復唱されたところから聞く", "readBack": "復唱", "yes": "はい", "unheard": "聴取不可", "changedLater": "通話の後に変更",
    "compare": "比べる", "source": "出どころ", "value": "内容", "difference": "違い", "differs": "相違 {more}・不足 {less}", "same": "同じ", "sources": { "report": "報告", "firm": "ご指摘", "caller": "発信者番号", "earlier": "以前の番号" },
    "rightValue": "正しい内容", "clip": "該当箇所の録音10秒を添える", "clipHint": "7日間、宛先ごとのリンクで聞けます。再生は記録されます。", "clipNot": "この契約企業のプランでは録音を送れません。", "clipSaid": "話された箇所", "clipReadBack": "復唱された箇所", "clipAt": "{time}から", "clipHere": "いまの位置から", "clipHear": "添える録音を聞く",
    "sendHint": "押すと、訂正した報告を元の宛先の全員へ送り、回答を完了します。", "sendAs": "{cause}として送る", "sendCorrect": "{cause}と回答する", "decidedBy": "{time} {by}：{cause}", "whole": "報告全体を開く", "close": "閉じる",
    "clipSent": "録音{from}から10秒を送りました（{until}まで、再生{plays}回）。", "clipRevoke": "リンクを無効にする", "clipRevoked": "{by}が無効にしました", "clipOver": "期限切れ",
    "causes": { "misheard": "聞き間違い", "misspoken": "言い間違い", "mistyped": "入力ミス", "correct": "正しい" },
    "fields": { "company": "会社名", "name": "お名前", "business": "ご用件", "narrative": "内容", "callback": "折返し先", "desired": "ご希望", "person": "担当者", "mood": "ご様子", "urgency": "緊急度", "kind": "種別" }
  },
  "en": {
    "title": "Disputes", "none": "No dispute waits for an answer.", "time": "Since", "left": "To be answered", "firm": "Client firm", "field": "Field", "words": "What the firm says", "by": "By", "operator": "Taken by",
    "remains": "{minutes} min left", "over": "{minutes} min over", "listen": "Listen", "listenOf": "Listen to {field} of {firm}", "cause": "What was found", "answer": "Words to the firm (optional)",
    "statistics": "The last 30 days", "count": "Disputes", "mean": "Mean time to the answer", "late": "Late", "minutes": "{minutes} min", "csv": "Save as CSV",
    "caseTitle": "{firm}: {field}", "noWords": "(nothing was written)", "noRecording": "There is no recording of this call.", "wave": "The recording: the caller above, our side below", "waveKeys": "Space: play and pause   ←→: 2 seconds (10 with Shift)   1–9: play from a field",
    "fieldsTitle": "What was taken down", "answerOf": "In the report", "heardAt": "In the recording", "nowhere": "not in it", "playOf": "{time}: hear {field} from where it was said", "playReadBack": "{time}: hear {field} from where it was read back", "readBack": "read back", "yes": "yes", "unheard": "not heard", "changedLater": "changed after the call",
    "compare": "Compare", "source": "From", "value": "Value", "difference": "Differs", "differs": "{more} differ, {less} missing", "same": "the same", "sources": { "report": "report", "firm": "firm", "caller": "caller ID", "earlier": "earlier number" },
    "rightValue": "What it should be", "clip": "Send ten seconds of the recording", "clipHint": "By a link for each recipient, for 7 days; listening is logged.", "clipNot": "This firm's plan has no listening.", "clipSaid": "where it was said", "clipReadBack": "where it was read back", "clipAt": "from {time}", "clipHere": "From here", "clipHear": "Hear what is sent",
    "sendHint": "One click sends the corrected report to everyone who had the first one, and answers the dispute.", "sendAs": "Send: {cause}", "sendCorrect": "Answer: {cause}", "decidedBy": "{time} {by}: {cause}", "whole": "Open the whole report", "close": "Close",
    "clipSent": "Ten seconds from {from} were sent (until {until}, heard {plays} times).", "clipRevoke": "End the link", "clipRevoked": "ended by {by}", "clipOver": "run out",
    "causes": { "misheard": "misheard", "misspoken": "said wrongly", "mistyped": "typed wrongly", "correct": "correct" },
    "fields": { "company": "Company", "name": "Name", "business": "Subject", "narrative": "Text", "callback": "Callback number", "desired": "Wish", "person": "For", "mood": "Mood", "urgency": "Urgency", "kind": "Kind" }
  }
};
