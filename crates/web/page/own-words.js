// Words of what waits for an operator's own word, in both languages. What stands between the braces is JSON, so that a test can read it.
export const words = {
  "ja": {
    "title": "ご確認ください", "greeted": "{time}に応答した{firm}の確認の電話で、次のとおりに名乗りましたか。", "note": "違っていた場合、何と言ったか", "right": "書かれたとおりに名乗った", "notRight": "違っていた", "thanks": "記録しました。",
    "desk": "お客様の声", "kinds": { "praise": "お褒め", "complaint": "ご不満", "wish": "ご要望" }, "saidOf": "{firm}（{who}様）より、{operator}の応対について（{time}）", "toFirm": "お客様への回答", "answer": "回答する", "answered": "回答しました。お客様のマイページに表示されます。", "mine": "あなたの応対へのお客様の声", "firm": "契約企業", "time": "日時", "said": "内容", "reply": "回答", "fresh": "新着", "none": "まだありません"
  },
  "en": {
    "title": "Please confirm", "greeted": "In the test call to {firm} that you took ({time}): did you greet the caller so?", "note": "If not: what was said", "right": "Yes, as written", "notRight": "No", "thanks": "It is noted.",
    "desk": "What firms say", "kinds": { "praise": "Praise", "complaint": "Complaint", "wish": "Wish" }, "saidOf": "{firm} ({who}), of a call that {operator} took ({time})", "toFirm": "Answer to the firm", "answer": "Answer", "answered": "Answered: the firm reads it on its page.", "mine": "What firms say of your calls", "firm": "Firm", "time": "Time", "said": "Words", "reply": "Answer", "fresh": "New", "none": "Nothing yet"
  }
};
