// Words of the search for reports, of one report, of figures and proofs, in both languages; what stands between the braces is JSON, as
// in words.js.
export const words = {
  "ja": {
    "title": "過去の報告を探す", "firm": "契約企業", "number": "電話番号", "text": "社名・氏名・用件など", "kind": "種別", "urgency": "緊急度", "state": "状態", "seen": "確認", "from": "この日時から", "to": "この日時まで",
    "any": "すべて", "choose": "選択してください", "search": "検索", "begin": "通話のない報告を書く", "beginWhose": "どの契約企業の報告かを選んでください。", "reset": "条件を消す", "more": "さらに表示", "csv": "CSVで保存", "count": "{count}件", "countMore": "{count}件を表示中（続きがあります）", "none": "該当するものはありません。",
    "time": "日時", "who": "発信者", "operator": "オペレーター", "caller": "発信者番号", "sentAt": "送信", "waiver": "報告しない理由", "billing": "集計区分",
    "kinds": { "message": "伝言", "inquiry": "問い合わせ", "booking_new": "新規予約", "booking_change": "予約変更", "booking_cancel": "予約取消", "complaint": "クレーム・緊急", "sales": "営業電話", "wrong_number": "間違い電話", "silent": "無言電話" },
    "urgencies": { "normal": "通常", "high": "至急", "urgent": "緊急" }, "states": { "draft": "下書き", "sent": "送信済み", "waived": "報告なし" }, "seenWords": { "true": "確認済み", "false": "未確認" },
    "remedies": { "number": "数字が見つかりません。番号か、末尾の数字を入力してください。" },
    "fields": "聞き取った内容", "field": "項目", "answer": "内容", "heardAt": "録音の位置", "playFrom": "{field}を聞く {time}", "readBack": "復唱", "changedLater": "通話の後に変更", "yes": "はい", "unheard": "聴取不可", "cleared": "（消去）",
    "sentText": "送った文面", "deliveries": "送信の状況", "recipient": "送信先", "tries": "試行", "accepted": "受付日時", "serverId": "受付番号", "why": "理由", "again": "再送", "againOf": "{recipient}へ再送", "sentAgain": "再送しました。", "seenAt": "{time}に確認",
    "sendTo": "ほかの送信先へも送る", "send": "送る", "sentAlso": "送信しました。", "correct": "訂正・続報を書く", "goOn": "続きを書く", "openCall": "通話を開く", "follows": "元の報告", "followUp": "訂正・続報",
    "tasks": "この報告への対応", "what": "種類", "detail": "詳細", "result": "結果", "open": "未対応", "edits": "入力の履歴", "writer": "だれが", "audit": "操作の記録",
    "acts": { "report_begin": "作成", "report_take_over": "引き継ぎ", "report_send": "送信", "report_waive": "報告なし", "report_correct": "訂正の作成", "report_send_also": "ほかの送信先へ送信", "report_seen": "確認", "delivery_resend": "再送", "delivery_withdraw": "送信の取り消し" },
    "deliveryStates": { "waiting": "送信待ち", "leased": "送信中", "accepted": "送信済み", "retry": "再試行中", "dead": "届かず", "withdrawn": "取り消し", "bounced": "不達" }, "outcomes": { "accepted": "受付", "retry": "再試行", "dead": "断念" },
    "taskSorts": { "no_backup": "バックアップの遅れ", "undelivered": "届かない報告", "late": "報告の遅延", "bounced": "不達のメール", "unread": "緊急の報告が未読", "call_out": "電話で報告", "no_recipient": "送信先のない契約企業", "call_back": "約束した折り返し", "unproven": "報告のない通話", "unfinished": "書きかけのままの報告", "disputed": "内容のご指摘", "feedback": "お客様の声" },
    "figures": "集計と証明", "month": "月", "counts": "報告の件数", "class": "区分", "counted": "件数", "recounted": "数え直し", "noCounts": "この月の報告はありません。", "chooseFirm": "契約企業を選んでください。", "agrees": "数え直しと一致", "disagrees": "数え直しと一致しません", "countsCsv": "この月の全企業をCSVで保存",
    "classes": { "standard": "標準", "booking": "予約", "complaint": "クレーム", "bridged": "取次", "noise": "営業・間違い・無言", "extra_recipient": "追加の送信先", "call_out": "電話での報告" },
    "proofs": "報告漏れがないことの証明", "proofsHint": "応答した通話と報告を1時間ごとに突き合わせています。期間を選んで、いま確かめることもできます。", "prove": "いま確かめる", "proofCsv": "この期間の証明をCSVで保存", "madeAt": "確認した日時", "span": "対象の期間", "answeredCalls": "応答した通話", "sentReports": "送信", "waivedCalls": "報告なし（理由あり）", "openReports": "入力中", "wrongCalls": "漏れ・重複・遅れ",
    "chainWhole": "記録は改変されていません", "chainBroken": "{id}番の記録が改変されています"
  },
  "en": {
    "title": "Find past reports", "firm": "Client firm", "number": "Telephone number", "text": "Name, business, words", "kind": "Kind", "urgency": "Urgency", "state": "State", "seen": "Seen", "from": "From", "to": "Until",
    "any": "All", "choose": "Choose one", "search": "Search", "begin": "Write one without a call", "beginWhose": "Choose whose report it is.", "reset": "Clear", "more": "Show more", "csv": "Save as CSV", "count": "{count} reports", "countMore": "{count} reports shown, there are more", "none": "There are none.",
    "time": "Time", "who": "Who called", "operator": "Operator", "caller": "Caller's number", "sentAt": "Sent", "waiver": "Why there is none", "billing": "Billing class",
    "kinds": { "message": "Message", "inquiry": "Inquiry", "booking_new": "New booking", "booking_change": "Change of a booking", "booking_cancel": "Cancellation", "complaint": "Complaint or emergency", "sales": "Sales call", "wrong_number": "Wrong number", "silent": "Silent call" },
    "urgencies": { "normal": "Normal", "high": "Soon", "urgent": "Urgent" }, "states": { "draft": "draft", "sent": "sent", "waived": "no report" }, "seenWords": { "true": "seen", "false": "not seen" },
    "remedies": { "number": "There is no digit in this. Give a number, or its last digits." },
    "fields": "What was taken down", "field": "Field", "answer": "Answer", "heardAt": "In the recording", "playFrom": "Hear {field} {time}", "readBack": "read back", "changedLater": "changed after the call", "yes": "yes", "unheard": "not heard", "cleared": "(cleared)",
    "sentText": "The text", "deliveries": "Deliveries", "recipient": "Recipient", "tries": "Tries", "accepted": "Accepted", "serverId": "Server's id", "why": "Why", "again": "Send again", "againOf": "Send again to {recipient}", "sentAgain": "It is sent again.", "seenAt": "seen {time}",
    "sendTo": "To one recipient more", "send": "Send", "sentAlso": "It is sent.", "correct": "Write a correction", "goOn": "Go on writing", "openCall": "Open the call", "follows": "The report before", "followUp": "Correction",
    "tasks": "What had to be done", "what": "What", "detail": "Detail", "result": "Result", "open": "open", "edits": "Every change", "writer": "Who", "audit": "Audit log",
    "acts": { "report_begin": "begun", "report_take_over": "taken over", "report_send": "sent", "report_waive": "no report", "report_correct": "correction begun", "report_send_also": "sent to one more", "report_seen": "seen", "delivery_resend": "sent again", "delivery_withdraw": "withdrawn" },
    "deliveryStates": { "waiting": "waiting", "leased": "being sent", "accepted": "delivered", "retry": "trying again", "dead": "failed", "withdrawn": "withdrawn", "bounced": "came back" }, "outcomes": { "accepted": "accepted", "retry": "later", "dead": "given up" },
    "taskSorts": { "no_backup": "no young backup", "undelivered": "undelivered report", "late": "late report", "bounced": "mail that came back", "unread": "urgent report unread", "call_out": "tell by telephone", "no_recipient": "firm without a recipient", "call_back": "promised call back", "unproven": "call without a report", "unfinished": "unfinished report", "disputed": "disputed report", "feedback": "a firm's own words" },
    "figures": "Figures and proofs", "month": "Month", "counts": "Reports counted", "class": "Class", "counted": "Counted", "recounted": "Counted anew", "noCounts": "There were no reports in this month.", "chooseFirm": "Choose a client firm.", "agrees": "both counts agree", "disagrees": "the counts do not agree", "countsCsv": "Save this month of all firms as CSV",
    "classes": { "standard": "standard", "booking": "bookings", "complaint": "complaints", "bridged": "put through", "noise": "sales, wrong numbers, silence", "extra_recipient": "further recipients", "call_out": "by telephone" },
    "proofs": "Proof that no call was forgotten", "proofsHint": "Answered calls and reports are compared every hour. You can do it now, for any time.", "prove": "Compare now", "proofCsv": "Save this time's evidence as CSV", "madeAt": "Made", "span": "Calls between", "answeredCalls": "Answered", "sentReports": "Sent", "waivedCalls": "No report, with a reason", "openReports": "Being written", "wrongCalls": "Missing, doubled, overdue",
    "chainWhole": "nobody has changed these records", "chainBroken": "record {id} was changed"
  }
};
