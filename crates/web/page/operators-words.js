// Words of operators' figures, certificates and wall screens, in both languages; what stands between the braces is JSON, as in words.js.
export const words = {
  "ja": {
    "title": "オペレーターの実績・証明書・壁掛け画面", "none": "この期間の記録はありません。", "time": "期間", "from": "この日から", "to": "この日まで", "by": "区切り", "day": "日", "week": "週", "month": "月", "csv": "CSVで保存", "json": "JSONで保存",
    "operator": "オペレーター", "calls": "応答", "inTime": "3コール以内", "talk": "平均通話", "reports": "報告", "wrapUp": "平均後処理", "corrected": "訂正あり", "misheard": "聞き間違い", "misspoken": "言い間違い", "mistyped": "入力ミス", "correct": "ご指摘も正しい", "praise": "お褒め", "complaints": "ご不満", "wishes": "ご要望", "score": "品質評価",
    "certificate": "応答品質の証明書", "firm": "契約企業", "choose": "選択してください",
    "facts": { "offered": "着信", "answered": "応答", "abandoned": "応答前切断", "abandoned_percent": "応答前切断率（%）", "otherwise": "人を介さない対応", "at_the_ear.measured": "発信者の耳で測った通話", "at_the_ear.two_rings_percent": "2コール以内（発信者の耳、%）", "at_the_ear.three_rings_percent": "3コール以内（発信者の耳、%）", "at_the_ear.mean_ms": "第一声まで平均（ミリ秒）", "at_the_ear.p95_ms": "第一声まで95%（ミリ秒）", "at_the_answer.three_rings_percent": "3コール以内（応答時点、%）", "at_the_answer.mean_ms": "応答まで平均（ミリ秒）", "complete": "すべての通話を含む" },
    "walls": "壁掛け画面", "wallsHint": "大きな画面に、待ち・オペレーター・今日の達成率を映します。リンクはその画面だけのもので、だれのログインも使いません。無効にするまで使えます。", "wallName": "設置場所", "wallMake": "リンクを作る", "wallLink": "この画面で開くリンク（いま一度だけ表示します）:", "made": "作成", "seen": "最後の表示", "never": "まだ開かれていません", "revoke": "無効にする", "revokeOf": "{name}を無効にする", "revoked": "{by}が無効にしました"
  },
  "en": {
    "title": "Operators, certificates, wall screens", "none": "There is nothing in this time.", "time": "From", "from": "First day", "to": "Last day", "by": "By", "day": "day", "week": "week", "month": "month", "csv": "Save as CSV", "json": "Save as JSON",
    "operator": "Operator", "calls": "Answered", "inTime": "Within 3 rings", "talk": "Mean talk", "reports": "Reports", "wrapUp": "Mean wrap-up", "corrected": "Corrected", "misheard": "Misheard", "misspoken": "Caller's mistake", "mistyped": "Mistyped", "correct": "Disputed, correct", "praise": "Praise", "complaints": "Complaints", "wishes": "Wishes", "score": "Score",
    "certificate": "Certificate of the answers", "firm": "Client firm", "choose": "Choose one",
    "facts": { "offered": "Calls", "answered": "Answered", "abandoned": "Gave up", "abandoned_percent": "Gave up, percent", "otherwise": "Served without a person", "at_the_ear.measured": "Measured at the caller's ear", "at_the_ear.two_rings_percent": "Within 2 rings at the ear, percent", "at_the_ear.three_rings_percent": "Within 3 rings at the ear, percent", "at_the_ear.mean_ms": "Mean until the first word, ms", "at_the_ear.p95_ms": "95 of 100 until the first word, ms", "at_the_answer.three_rings_percent": "Within 3 rings at the answer, percent", "at_the_answer.mean_ms": "Mean until the answer, ms", "complete": "Every call is in it" },
    "walls": "Wall screens", "wallsHint": "A big screen shows who waits, the operators and today's promise. Its link is its own: nobody's login is used, and it is good until it is revoked.", "wallName": "Where it hangs", "wallMake": "Make a link", "wallLink": "To be opened on the screen (shown this once):", "made": "Made", "seen": "Shown last", "never": "never yet", "revoke": "Revoke", "revokeOf": "Revoke {name}", "revoked": "revoked by {by}"
  }
};
