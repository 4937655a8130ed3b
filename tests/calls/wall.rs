//! The screen on the wall on a bad day: nobody scrolls it, and so all of it is to be seen, the alarms before everything that is long.

use serde_json::json;

use super::barriers::has_no_barrier;
use super::pages::Desk;
use crate::support::chromium::Chromium;
use crate::support::house::House;

/// What a house answers of which thirty operators are at work, ten callers wait and three alarms were raised, if it is asked; the rest
/// is the house's own answer.
const BAD_DAY: &str = "{ const real = window.fetch; window.fetch = async (path, options) => {
        const answer = await real(path, options);
        if (!answer.ok) return answer;
        const now = await answer.json();
        const of = (count, make) => Array.from({ length: count }, (_, n) => make(n));
        const states = ['ready', 'busy', 'working_after_call', 'not_ready'];
        now.waiting_count = 10;
        now.waiting = of(10, (n) => ({ firm: '株式会社とても長い名前の会社ホールディングス東日本支社', waiting_ms: 13000 - 1000 * n, away: n === 9, ringing: 1 }));
        now.operators = of(30, (n) => ({ name: `長谷川 千代乃助 ${n}`, state: states[n % 4], reason_ja: n % 4 === 3 ? '昼休み' : '',
            reason_en: n % 4 === 3 ? 'lunch' : '', reachable: n % 5 !== 0, for_ms: 60000 * n, calls_today: n }));
        now.alarms = ['registration_refused', 'no_port', 'promise_at_risk'].map((alarm) => ({ unix_ms: now.unix_ms, alarm }));
        return new Response(JSON.stringify(now), { status: 200 });
    }; } 1";

/// What is outside of the screen, or cut off by the end of its list, after two more looks at what goes on.
const OUTSIDE: &str = "new Promise((done) => setTimeout(() => {
    const root = document.scrollingElement;
    const out = root.scrollHeight > innerHeight || root.scrollWidth > innerWidth ? [`page ${root.scrollWidth}x${root.scrollHeight}`] : [];
    for (const one of document.querySelectorAll('#figures div, #alarm-list li, #waiting li, #operators li')) {
        const { left, top, right, bottom, width } = one.getBoundingClientRect();
        const end = Math.min(innerHeight, one.closest('dl, ol, ul').getBoundingClientRect().bottom + 1);
        if (!width || left < 0 || top < 0 || right > innerWidth || bottom > end) out.push(`${one.textContent} ends at ${right}x${bottom}`);
    }
    done(out);
}, 2500))";

#[test]
fn nothing_is_outside_of_a_screen_on_the_wall_with_thirty_operators_ten_waiting_and_three_alarms() {
    let house = House::start();
    let display = house.post("/displays", json!({ "name": "大画面" }));
    let token = display["link"].as_str().and_then(|link| link.split_once('#')).expect("a link").1.to_owned();
    for language in ["ja", "en"] {
        let url = format!("{}/wall?lang={language}#{token}", house.http);
        let folder = house.root.path().join(format!("wall-{language}"));
        let mut desk = Desk(Chromium::open(&folder, &url, &["--lang=en-GB".to_owned()]));
        desk.until("the board", "document.getElementById('name')?.textContent === '大画面'");
        desk.0.evaluate(BAD_DAY);
        desk.until("the bad day", "document.querySelectorAll('#operators li').length === 30");
        for (width, height) in [(1920, 1080), (1366, 768)] {
            let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
            desk.0.ask("Emulation.setDeviceMetricsOverride", metrics);
            assert_eq!(desk.0.evaluate(OUTSIDE), json!([]), "{language}, {width}x{height}");
            let counted = desk.0.evaluate(
                "['alarm-list', 'waiting', 'operators'].map((id) => document.getElementById(id).childElementCount)",
            );
            assert_eq!(counted, json!([3, 10, 30]));
            has_no_barrier(&mut desk, "a full wall");
        }
        // Each has a word of its own.
        let words = if language == "ja" {
            ["回線への登録の拒否", "音声ポートの不足"]
        } else {
            ["a trunk refused our registration", "no voice port is free"]
        };
        for word in words {
            assert!(desk.text("#alarm-list").contains(word), "{}", desk.text("#alarm-list"));
        }
        assert!(desk.0.complaints().is_empty(), "{:?}", desk.0.complaints());
    }
}
