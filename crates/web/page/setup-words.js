// Words of the administrator's forms, in both languages. What stands between the braces is JSON, so that a test can read it.
export const words = {
  "ja": {
    "title": "契約企業・番号・オペレーター・回線・ログイン", "firm": "契約企業",
    "save": "保存", "discard": "元に戻す", "saved": "保存しました。これからの着信に適用されます。", "remove": "削除", "none": "なし", "nth": "{n}番目",
    "ringing": "呼び出し方", "plan": "呼出プラン", "team": "優先チーム", "teamHint": "空欄は指定なし。チームの全員が話し中なら、ほかのオペレーターにもつながります。",
    "ringSeconds": "1人を呼び出す秒数", "priority": "優先度（0～9）", "priorityHint": "0が標準。大きいほど先につながります。",
    "plans": {
      "widening": "段階的に広げる", "longest_idle": "待機の長い順", "fewest_calls": "応答件数の少ない順", "least_talk": "通話時間の短い順",
      "round_robin": "順番に", "top_down": "順位の高い順", "weighted": "スキルに応じた抽選", "ring_all": "全員を一斉に"
    },
    "stepsHint": "発信者に最初の呼出音が流れてからの時間です。1コールは3秒。鳴り始めた電話機は鳴り続けます。",
    "stepRings": "コール", "stepSeconds": "（{seconds}秒）から", "stepWho": "呼び出す相手", "stepCount": "人数", "addStep": "段階を追加",
    "who": { "best": "適任者から（人数）", "suited": "スキルのある全員", "everyone": "オペレーター全員", "supervisors": "スーパーバイザー", "managers": "管理者" },
    "waiting": "お待ちいただくとき", "announceAfter": "案内と保留音を流すまでの秒数", "emptyNever": "空欄は「行わない」", "never": "行わない",
    "announcement": "案内の文面", "announcementUsual": "空欄なら企業名を名乗る標準の案内",
    "tell": "待ち状況の案内", "tells": { "nothing": "案内しない", "position": "順番", "expected_wait": "およその待ち時間" }, "every": "案内の間隔（秒）",
    "callback": "折り返しを受け付ける", "callbackHint": "「1」を押した方の順番を保ったまま、順番が来たらこちらから発信します。",
    "messageAfter": "伝言の録音に切り替えるまでの秒数", "abandoned": "応答前に切れた電話",
    "abandonedPolicies": { "report": "企業へ報告する", "call_back": "順番に折り返す", "ignore": "何もしない" },
    "week": "営業時間", "days": { "mon": "月", "tue": "火", "wed": "水", "thu": "木", "fri": "金", "sat": "土", "sun": "日" },
    "weekHint": "すべて空欄なら常に営業。深夜をまたぐ場合は 18:00-26:00 のように入力します。", "hours": "時間", "holidays": "日本の祝日は休業",
    "whenClosed": "営業時間外の応対", "then": "営業時間外の着信", "closedThen": { "answer_as_usual": "通常どおり応答する", "announce": "案内を流して終了する", "message_box": "案内の後、伝言を録音する" },
    "asAbove": "上と同じ", "wording": "案内の文面", "wordingHint": "空欄なら標準の案内", "wordingExample": "年末年始のため、1月4日までお休みをいただいております。",
    "closedPeriods": "休業期間", "from": "初日", "fromTime": "開始時刻", "to": "最終日", "toTime": "終了時刻", "everyYear": "毎年", "addPeriod": "休業期間を追加",
    "openDays": "特別な営業日", "addOpen": "営業日を追加",
    "moment": "応対の確認", "momentAt": "この日時の着信", "momentHint": "空欄は現在。保存した内容で確認します。", "momentAsk": "確認する",
    "isOpen": "営業中。オペレーターが応答します。", "isClosed": "営業時間外（{why}）", "opens": "次の営業開始：{time}",
    "why": { "hours": "営業時間の外", "period": "休業期間", "holiday": "祝日" },
    "place": "呼び出しの対象", "tier": "役割", "tierHint": "スーパーバイザーと管理者は、オペレーターだけでは間に合わないときに呼び出します。",
    "tiers": { "operator": "オペレーター", "supervisor": "スーパーバイザー", "manager": "管理者" },
    "teams": "チーム", "teamsHint": "カンマで区切ります。", "rank": "順位", "rankHint": "「順位の高い順」のプランで、0から順に呼び出します。",
    "wrapUp": "後処理の秒数", "wrapUpMax": "後処理の上限の秒数", "wrapUpHint": "報告が書き終わらないときは、ここまで延びます。",
    "skills": "スキルと言語", "skill": "スキル", "language": "言語", "kind": "種類", "skillName": "名称（言語は en など）", "level": "習熟度（1～100）", "addSkill": "追加",
    "knows": "担当に慣れた企業", "knowsHint": "この企業の着信を優先して受けます。", "addFirm": "企業を追加",
    "fields": {
      "plan": "呼出プラン", "steps": "呼出の段階", "team": "優先チーム", "ring_seconds": "1人を呼び出す秒数", "priority": "優先度", "waiting.announcement": "案内の文面",
      "waiting.announce_after_seconds": "案内までの秒数", "waiting.message_after_seconds": "伝言までの秒数", "waiting.every_seconds": "案内の間隔",
      "calendar.week": "営業時間", "calendar.closed": "休業期間", "calendar.also_open": "特別な営業日", "calendar.closed_wording": "営業時間外の文面",
      "tier": "役割", "teams": "チーム", "skills": "スキル", "knows": "担当に慣れた企業", "rank": "順位", "wrap_up_seconds": "後処理の秒数", "wrap_up_max_seconds": "後処理の上限"
    },
    "remedies": {
      "steps": "最初の段階は0コールから、適任者・スキルのある全員・オペレーター全員のいずれかにしてください。40コール（120秒）まで、10段階までです。",
      "team": "チーム名は40文字以内の1行で入力してください。", "ring_seconds": "1～120秒で入力してください。", "priority": "0～9で入力してください。",
      "waiting.announcement": "300文字以内の1行で入力してください。", "waiting.every_seconds": "10～3600秒で入力してください。",
      "waiting.announce_after_seconds": "0～3600秒で入力してください。", "waiting.message_after_seconds": "0～3600秒で入力してください。",
      "calendar.week": "時間が重ならないように、9:00-18:00 の形で入力してください。", "calendar.closed": "終わりは始まりより後にし、文面は300文字以内の1行にしてください。期間は100件までです。",
      "calendar.also_open": "日付と、重ならない時間（9:00-15:00）を入力してください。", "calendar.closed_wording": "300文字以内の1行で入力してください。",
      "skills": "名称は40文字以内、習熟度は1～100で入力してください。", "teams": "チーム名は40文字以内、50件までです。", "knows": "登録されている企業のコードを選んでください。",
      "wrap_up_seconds": "0～3600秒で入力してください。", "wrap_up_max_seconds": "0～14400秒で入力してください。"
    }
  },
  "en": {
    "title": "Client firms, numbers, operators, trunks, logins", "firm": "Client firm",
    "save": "Save", "discard": "Undo changes", "saved": "Saved. It holds for calls from now on.", "remove": "Remove", "none": "none", "nth": "entry {n}",
    "ringing": "Who rings", "plan": "Ring plan", "team": "Team asked first", "teamHint": "Empty: none. If the whole team is busy, others are asked too.",
    "ringSeconds": "Seconds that one phone rings", "priority": "Priority (0 to 9)", "priorityHint": "0 is normal; higher waits less.",
    "plans": {
      "widening": "widening, step by step", "longest_idle": "longest idle first", "fewest_calls": "fewest calls first", "least_talk": "least talk first",
      "round_robin": "in turn", "top_down": "by rank", "weighted": "by lot, weighted by skill", "ring_all": "everyone at once"
    },
    "stepsHint": "Counted from the first ring that the caller hears; one ring takes 3 seconds. A phone that rings goes on ringing.",
    "stepRings": "Rings", "stepSeconds": "({seconds} s) and later", "stepWho": "Who rings", "stepCount": "How many", "addStep": "Add a step",
    "who": { "best": "the best suited (how many)", "suited": "everyone with the skills", "everyone": "all operators", "supervisors": "supervisors", "managers": "managers" },
    "waiting": "While a caller waits", "announceAfter": "Seconds until announcement and music", "emptyNever": "Empty: never", "never": "never",
    "announcement": "What is announced", "announcementUsual": "Empty: the usual words, in the firm's name",
    "tell": "Told while waiting", "tells": { "nothing": "nothing", "position": "the place in the queue", "expected_wait": "about how long it will take" }, "every": "Seconds between announcements",
    "callback": "Offer to call back", "callbackHint": "Who presses 1 keeps the place in the queue and is called in turn.",
    "messageAfter": "Seconds until the message box", "abandoned": "Callers who gave up",
    "abandonedPolicies": { "report": "tell the firm", "call_back": "call back in turn", "ignore": "nothing more" },
    "week": "Opening hours", "days": { "mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun" },
    "weekHint": "All empty: always open. Past midnight: 18:00-26:00.", "hours": "Hours", "holidays": "Closed on Japan's public holidays",
    "whenClosed": "Outside the opening hours", "then": "A call to the closed firm", "closedThen": { "answer_as_usual": "is answered as usual", "announce": "hears the wording, and ends", "message_box": "hears the wording, and can leave a message" },
    "asAbove": "as above", "wording": "Wording", "wordingHint": "Empty: the usual words", "wordingExample": "We are closed until 4 January.",
    "closedPeriods": "Closed periods", "from": "First day", "fromTime": "From (time)", "to": "Last day", "toTime": "Until (time)", "everyYear": "every year", "addPeriod": "Add closed period",
    "openDays": "Days with hours of their own", "addOpen": "Add day",
    "moment": "How is a call answered?", "momentAt": "A call at", "momentHint": "Empty: now. As it is saved.", "momentAsk": "Show",
    "isOpen": "Open: an operator answers.", "isClosed": "Closed ({why})", "opens": "opens {time}",
    "why": { "hours": "outside the hours", "period": "closed period", "holiday": "public holiday" },
    "place": "When this phone rings", "tier": "Tier", "tierHint": "Supervisors and managers are called in when operators do not suffice.",
    "tiers": { "operator": "operator", "supervisor": "supervisor", "manager": "manager" },
    "teams": "Teams", "teamsHint": "With commas between them.", "rank": "Rank", "rankHint": "For plans by rank: 0 is asked first.",
    "wrapUp": "Wrap-up, seconds", "wrapUpMax": "Wrap-up at most, seconds", "wrapUpHint": "An unfinished report makes it as long as this.",
    "skills": "Skills and languages", "skill": "Skill", "language": "Language", "kind": "Kind", "skillName": "Name (a language: en)", "level": "Level (1 to 100)", "addSkill": "Add",
    "knows": "Firms that this operator knows", "knowsHint": "Their calls come here first.", "addFirm": "Add firm",
    "fields": {
      "plan": "Ring plan", "steps": "Steps", "team": "Team", "ring_seconds": "Seconds that one phone rings", "priority": "Priority", "waiting.announcement": "Announcement",
      "waiting.announce_after_seconds": "Seconds until the announcement", "waiting.message_after_seconds": "Seconds until the message box", "waiting.every_seconds": "Seconds between announcements",
      "calendar.week": "Opening hours", "calendar.closed": "Closed periods", "calendar.also_open": "Days with hours of their own", "calendar.closed_wording": "Wording outside the hours",
      "tier": "Tier", "teams": "Teams", "skills": "Skills", "knows": "Firms known", "rank": "Rank", "wrap_up_seconds": "Wrap-up", "wrap_up_max_seconds": "Wrap-up at most"
    },
    "remedies": {
      "steps": "Begin at 0 rings with the best suited, everyone with the skills or all operators; at most 40 rings (120 s) and 10 steps.",
      "team": "Write one line of at most 40 characters.", "ring_seconds": "Give 1 to 120 seconds.", "priority": "Give 0 to 9.",
      "waiting.announcement": "Write one line of at most 300 characters.", "waiting.every_seconds": "Give 10 to 3600 seconds.",
      "waiting.announce_after_seconds": "Give 0 to 3600 seconds.", "waiting.message_after_seconds": "Give 0 to 3600 seconds.",
      "calendar.week": "Write hours that do not overlap, like 9:00-18:00.", "calendar.closed": "A period ends after it begins; the wording is one line of at most 300 characters; at most 100 periods.",
      "calendar.also_open": "Give days, and hours that do not overlap (9:00-15:00).", "calendar.closed_wording": "Write one line of at most 300 characters.",
      "skills": "Names have at most 40 characters, levels are 1 to 100.", "teams": "Names have at most 40 characters; at most 50 teams.", "knows": "Choose codes of firms that are registered.",
      "wrap_up_seconds": "Give 0 to 3600 seconds.", "wrap_up_max_seconds": "Give 0 to 14400 seconds."
    }
  }
};
