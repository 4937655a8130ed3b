//! What `denwaban bench queue` says.

use super::Words;

words! {
    BENCH_PLAN = "queue  {} {} promise kept {} % (± {}), two rings {} %, hung up {} %, {} managers' phones a day, p95 {} s",
        "キュー  {} {} 3コール以内 {} % (± {})、2コール以内 {} %、放棄 {} %、管理者の呼出 {} 回/日、p95 {} 秒";
    BENCH_NEVER = "operators alone", "オペレーターのみ";
    BENCH_STEPS = "managers by the plan's last step", "管理者は計画の最終段階で";
    BENCH_TIMER = "managers after {} s", "管理者は {} 秒後";
    BENCH_LOOP = "managers by the loop, price {}", "管理者は制御ループ(価格 {})";
    BENCH_EQUAL = "managers by timers, as often as at {}", "管理者は時限で同数(価格 {} と)";
    BENCH_SCALE = "queue  {} numbers, {} operators: {} ns of processor an event, over {} events",
        "キュー  番号 {} 件、オペレーター {} 人: 1 イベント {} ns、{} イベント";
    BENCH_REPORT = "report {} mails, {} reports/s: send to 250 in {} ms (p50), {} ms (p99), {} ms at most; {} lost, {} doubled",
        "報告  メール {} 通、報告 {} 件/秒: 送信から 250 応答まで {} ms (p50)、{} ms (p99)、最大 {} ms、紛失 {}、重複 {}";
    BENCH_SEARCH = "search {}, {} reports, {}: {} found on average, {} ms (p50), {} ms (p95)",
        "検索  {}、報告 {} 件、{}: 平均 {} 件、{} ms (p50)、{} ms (p95)";
    NO_DAYS = "no day to play", "再生する日がありません";
    NO_DAYS_REMEDY = "give --days at least 1", "--days には 1 以上を指定してください";
    TRAFFIC_COLUMN = "there is no column `{}`", "「{}」の列がありません";
    TRAFFIC_CELL = "`{}` cannot be in the column `{}`", "「{}」は「{}」の列に書けません";
    TRAFFIC_EMPTY = "there are no calls in it", "通話がありません";
    TRAFFIC_REMEDY = "save calls as CSV on the page, or make a file with the columns arrived, operator, wait_seconds, talk_seconds and, if known, \
        customer and wrap_up_seconds",
        "Web 画面で通話を CSV に保存するか、arrived、operator、wait_seconds、talk_seconds (分かれば customer と wrap_up_seconds) の列を持つファイルを用意してください";
}
