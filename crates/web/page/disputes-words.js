// Every word of the dispute desk, in both languages; what stands between the braces is JSON, as in words.js.
export const words = {
  "ja": {
    "title": "内容のご指摘", "none": "回答を待つご指摘はありません。", "time": "受付", "firm": "契約企業", "field": "項目", "words": "ご指摘の内容", "by": "お名前", "operator": "応対",
    "waits": "{minutes}分経過", "listen": "録音で確かめる", "listenOf": "{firm}の{field}を録音で確かめる", "cause": "確認の結果", "choose": "選択してください", "answer": "企業への回答",
    "followUp": "訂正の報告", "noFollowUp": "（なし）", "decide": "回答する", "decideOf": "{firm}の{field}に回答する", "needsCause": "確認の結果を選んでください。",
    "statistics": "直近30日の結果", "count": "件数", "mean": "回答まで（平均）", "minutes": "{minutes}分",
    "causes": { "misheard": "聞き間違い", "misspoken": "言い間違い", "mistyped": "入力ミス", "correct": "正しい" },
    "fields": { "company": "会社名", "name": "お名前", "business": "ご用件", "narrative": "内容", "callback": "折返し先", "desired": "ご希望", "person": "担当者", "mood": "ご様子", "urgency": "緊急度", "kind": "種別" }
  },
  "en": {
    "title": "Disputes", "none": "No dispute waits for an answer.", "time": "Since", "firm": "Client firm", "field": "Field", "words": "What the firm says", "by": "By", "operator": "Taken by",
    "waits": "{minutes} min", "listen": "Listen", "listenOf": "Listen to {field} of {firm}", "cause": "What was found", "choose": "Choose one", "answer": "Answer to the firm",
    "followUp": "Correction", "noFollowUp": "(none)", "decide": "Answer", "decideOf": "Answer {field} of {firm}", "needsCause": "Choose what was found.",
    "statistics": "The last 30 days", "count": "Disputes", "mean": "Mean time to the answer", "minutes": "{minutes} min",
    "causes": { "misheard": "misheard", "misspoken": "said wrongly", "mistyped": "typed wrongly", "correct": "correct" },
    "fields": { "company": "Company", "name": "Name", "business": "Subject", "narrative": "Text", "callback": "Callback number", "desired": "Wish", "person": "For", "mood": "Mood", "urgency": "Urgency", "kind": "Kind" }
  }
};
