//! Figures for Prometheus: who may read them, that they can be read, and that nothing of a caller is in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{House, in_hand};
use store::Role;
use switch::desk::{OperatorNow, TrunkNow};
use switch::promise::{Figures, TeamFigures};

const TOKEN: &str = "0123456789abcdef0123";

/// A house with a token, and the figures as whoever has it reads them.
fn read(house: &House) -> String {
    let said = house.send("GET", "//metrics", &[("authorization", &format!("Bearer {TOKEN}"))], None);
    assert_eq!((said.status, said.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(said.header("cache-control"), "no-store");
    said.text()
}

/// Every sample by its name and labels; what is not Prometheus' format fails.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut families: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = BTreeMap::new();
    let mut helped = BTreeSet::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            assert!(helped.insert(rest.split(' ').next().unwrap()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(helped.contains(name) && ["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            families.insert(name, kind);
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(families.contains_key(family) || families.contains_key(name), "{line}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{line}");
            assert!(found.insert(series.to_owned(), value.parse().unwrap()).is_none(), "twice: {line}");
        }
    }
    found
}

#[test]
fn only_the_token_and_the_machines_own_socket_open_the_figures() {
    let house = House::with_metrics(TOKEN);
    for headers in [&[][..], &[("authorization", "Bearer 0123456789abcdef012")], &[("authorization", TOKEN)]] {
        house.send("GET", "//metrics", headers, None).is_refusal(401, "unauthorized", None);
    }
    // Nor does a login, whoever it is: programs that scrape have no session.
    let admin = house.logged_in("admin", Role::Admin, None);
    let bearer = format!("Bearer {admin}");
    assert_eq!(house.send("GET", "//metrics", &[("authorization", &bearer)], None).status, 401);
    assert!(read(&house).contains("denwaban_build_info"));
    let closed = House::new();
    let bearer = [("authorization", "Bearer "), ("authorization", "Bearer 0123456789abcdef0123")];
    for header in bearer {
        closed.send("GET", "//metrics", &[header], None).is_refusal(404, "not_found", None);
    }
    let address = closed.serve_locally();
    let asker: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    let mut answer = asker.get(format!("http://{address}/metrics")).call().unwrap();
    assert!(answer.body_mut().read_to_string().unwrap().contains("denwaban_build_info"));
}

#[test]
fn the_figures_are_what_the_switch_says_and_prometheus_can_read_them() {
    let house = House::with_metrics(TOKEN);
    {
        let mut snapshot = house.switchboard.snapshot.lock().unwrap();
        snapshot.calls = vec![in_hand(1, 7), in_hand(2, 8)];
        snapshot.operators = ["ready", "busy", "busy"].map(operator).to_vec();
        snapshot.trunks = vec![TrunkNow { trunk: 1, name: "ひかり \"A\"".into(), up: true, down_since_ms: None }];
        snapshot.today.waiting = 3;
        snapshot.today.longest_waiting_ms = 4_500;
        let kept = Figures { three_rings_percent: Some(99.5), ..Figures::default() };
        snapshot.today.teams = vec![TeamFigures { team: "夜間".into(), figures: kept }];
        snapshot.counters.answered = 5;
        snapshot.counters.answered_within = [1, 2, 4, 4, 4, 4, 5, 5, 5];
        snapshot.counters.answered_ms = 31_250;
        snapshot.counters.rtp_lost = 9;
    }
    let found = samples(&read(&house));
    for (series, value) in [
        ("denwaban_calls{state=\"established\"}", 2.0),
        ("denwaban_calls{state=\"queued\"}", 0.0),
        ("denwaban_operators{state=\"busy\"}", 2.0),
        ("denwaban_operators{state=\"logged_out\"}", 0.0),
        ("denwaban_trunk_up{trunk=\"ひかり \\\"A\\\"\"}", 1.0),
        ("denwaban_queue_depth", 3.0),
        ("denwaban_queue_longest_wait_seconds", 4.5),
        ("denwaban_answer_seconds_bucket{le=\"6\"}", 2.0),
        ("denwaban_answer_seconds_bucket{le=\"9\"}", 4.0),
        ("denwaban_answer_seconds_bucket{le=\"+Inf\"}", 5.0),
        ("denwaban_answer_seconds_sum", 31.25),
        ("denwaban_rtp_packets_total{what=\"lost\"}", 9.0),
        ("denwaban_today_team_kept_ratio{team=\"夜間\",rings=\"3\"}", 0.995),
    ] {
        assert_eq!(found.get(series), Some(&value), "{series}");
    }
    assert!(!found.keys().any(|series| series.starts_with("denwaban_today_kept_ratio")), "no share of no callers");
}

#[test]
fn the_rules_ask_for_figures_that_there_are() {
    const RULES: &str = include_str!("../../../../config/prometheus/denwaban.rules.yml");
    let house = House::with_metrics(TOKEN);
    house.switchboard.snapshot.lock().unwrap().trunks =
        vec![TrunkNow { trunk: 1, name: "ひかり".into(), up: true, down_since_ms: None }];
    let text = read(&house);
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let asked: Vec<&str> = RULES.split(|c| !is_of_a_name(c)).filter(|name| name.starts_with("denwaban_")).collect();
    assert!(asked.len() > 10, "{asked:?}");
    for name in asked {
        let is_there =
            text.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
        assert!(is_there, "{name} is no figure of ours");
    }
}

#[test]
fn r20_callers_and_firms_leave_no_trace_and_no_label_grows_with_the_calls() {
    let house = House::with_metrics(TOKEN);
    let few = samples(&read(&house)).len();
    {
        let mut snapshot = house.switchboard.snapshot.lock().unwrap();
        snapshot.calls = (0..2_000).map(|n| in_hand(n, 7)).collect();
        snapshot.operators = (0..1_000).map(|_| operator("ready")).collect();
        snapshot.trunks = (0..500)
            .map(|n| TrunkNow { trunk: n, name: format!("trunk {n}"), up: true, down_since_ms: None })
            .collect();
    }
    let text = read(&house);
    let many = samples(&text).len();
    assert!(many <= few + 64, "{few} became {many}");
    for secret in ["9012345678", "さくら歯科", "山田"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

fn operator(state: &str) -> OperatorNow {
    OperatorNow {
        operator: 1,
        name: "山田 花子".into(),
        tier: "operator".into(),
        teams: Vec::new(),
        wrap_up_left_ms: None,
        report_open: false,
        reports_open: 0,
        calls_today: 0,
        talk_today_ms: 0,
        state: state.into(),
        reason: String::new(),
        reachable: true,
        for_ms: 0,
        call: None,
    }
}
