// Words of listening for quality, in both languages; what stands between the braces is JSON, as in words.js.
export const words = {
  "ja": {
    "title": "品質評価（録音の抽出と採点）", "hint": "終わった週の通話から、オペレーターごとに無作為で選びます。新人・長い通話・緊急・ご指摘のあった通話は選ばれやすくなります。抽出は通話そのものから決まり、だれが何度行っても同じ結果です。", "week": "週の月曜日", "perOperator": "オペレーターごとの件数", "draw": "抽出する",
    "drawn": "{of}件から抽出しました（抽出の種 {seed}）。", "samples": "評価する通話", "results": "オペレーターごとの結果", "operator": "オペレーター", "call": "通話", "why": "選ばれやすさ", "score": "評価", "by": "評価者", "none": "この週の抽出はまだありません。", "scored": "評価済み", "mean": "平均",
    "listen": "聞いて採点", "again": "採点を見直す", "listenOf": "{text}（{operator}の通話{call}）", "byHand": "{by}が選択：{why}", "reasons": { "new_operator": "新人", "long_call": "長い通話", "urgent": "緊急", "disputed": "ご指摘あり" },
    "wave": "録音の波形（上が発信者、下が当方）", "waveKeys": "スペース: 再生・停止　←→: 2秒（Shiftで10秒）　1〜9: 項目の位置から再生", "sheet": "採点表", "sheetOf": "{operator}（通話 {call}）", "criterion": "評価項目", "points": "点（0〜5）", "comment": "コメント", "second": "録音の位置", "pointsOf": "{name}の点", "commentOf": "{name}へのコメント", "here": "いまの位置", "hereOf": "{text}（{name}）", "play": "聞く", "playOf": "聞く（{name}の位置から）",
    "whole": "全体へのコメント", "save": "採点を保存", "close": "閉じる", "saved": "保存しました（{percent}%）。", "needsPoints": "「{name}」に点を付けてください。コメントか録音の位置だけでは保存できません。", "mine": "わたしの評価", "fresh": "新しい評価", "time": "日時"
  },
  "en": {
    "title": "Quality (calls drawn and scored)", "hint": "Calls of a week that is over are drawn for each operator. Those of new operators, long, urgent and disputed ones are likelier. The draw is made of the calls themselves: whoever repeats it has the same ones.", "week": "Monday of the week", "perOperator": "Calls of each operator", "draw": "Draw",
    "drawn": "Drawn from {of} calls (seed {seed}).", "samples": "Calls to be scored", "results": "Results by operator", "operator": "Operator", "call": "Call", "why": "Likelier because", "score": "Score", "by": "Scored by", "none": "Nothing was drawn in this week yet.", "scored": "Scored", "mean": "Mean",
    "listen": "Listen and score", "again": "Score anew", "listenOf": "{text} ({operator}, call {call})", "byHand": "chosen by {by}: {why}", "reasons": { "new_operator": "new operator", "long_call": "long call", "urgent": "urgent", "disputed": "disputed" },
    "wave": "The recording: the caller above, our side below", "waveKeys": "Space: play and pause   ←→: 2 seconds (10 with Shift)   1–9: play from a field", "sheet": "Score sheet", "sheetOf": "{operator} (call {call})", "criterion": "Criterion", "points": "Points (0–5)", "comment": "Comment", "second": "In the recording", "pointsOf": "Points for {name}", "commentOf": "Comment on {name}", "here": "Here", "hereOf": "{text} ({name})", "play": "Hear", "playOf": "Hear the moment of {name}",
    "whole": "On the whole", "save": "Save the score", "close": "Close", "saved": "Saved ({percent} %).", "needsPoints": "Give points for {name}: a comment or a moment alone is not saved.", "mine": "My scores", "fresh": "new", "time": "Time"
  }
};
