// Words of the queue for those who watch it, in both languages. What stands between the braces is JSON, so that a test can read it.
export const words = {
  "ja": {
    "operator": "オペレーター", "tier": "役割", "team": "チーム", "state": "状態", "since": "経過", "left": "後処理の残り", "callsToday": "本日の応答", "talkToday": "本日の通話", "nobody": "オペレーターはいません。",
    "tiers": { "operator": "オペレーター", "supervisor": "スーパーバイザー", "manager": "管理者" }, "phoneGone": "電話機が未登録", "reportOpen": "報告を作成中", "reportsOpen": "未処理の報告 {count}件",
    "time": "日時", "notice": "内容", "notices": "お知らせの履歴（{count}件）", "noNotices": "お知らせはありません。", "openCall": "通話を開く",
    "widened": "{whom}へ拡大（{why}）", "widenedBest": "適任の{count}名", "widenedTo": { "suited": "スキルのある全員", "everyone": "オペレーター全員", "supervisors": "スーパーバイザー", "managers": "管理者" },
    "widening": { "step": "プランの段階", "promise": "3コールが危うい" }
  },
  "en": {
    "operator": "Operator", "tier": "Tier", "team": "Team", "state": "State", "since": "for", "left": "Wrap-up left", "callsToday": "Calls today", "talkToday": "Talk today", "nobody": "There are no operators.",
    "tiers": { "operator": "operator", "supervisor": "supervisor", "manager": "manager" }, "phoneGone": "no phone registered", "reportOpen": "writing the report", "reportsOpen": "{count} reports not done",
    "time": "Time", "notice": "What", "notices": "Notices so far ({count})", "noNotices": "There was none.", "openCall": "Open call",
    "widened": "widened to {whom} ({why})", "widenedBest": "the best {count}", "widenedTo": { "suited": "everyone with the skills", "everyone": "all operators", "supervisors": "supervisors", "managers": "managers" },
    "widening": { "step": "step of the plan", "promise": "the promise is in danger" }
  }
};
