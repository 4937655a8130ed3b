//! Today's figures, alarms that are remembered, and certificates: who may see them, and that they say what is so.

use crate::common::{House, NOW};
use serde_json::json;
use store::Role;
use switch::desk::WaitingNow;
use switch::promise::{Figures, FirmFigures, Today};
use switch::{Alarm, Event};

fn firm(customer: i64) -> FirmFigures {
    FirmFigures { customer: Some(customer), name: format!("firm {customer}"), figures: Figures::default() }
}

#[test]
fn f03_todays_figures_are_for_supervisors_and_as_many_firms_as_asked_for() {
    let house = House::new();
    let total =
        Figures { offered: 4, answered: 3, three_rings: 2, three_rings_percent: Some(66.66), ..Figures::default() };
    *house.switchboard.today.lock().unwrap() = Today { total, firms: (1..=60).map(firm).collect(), ..Today::default() };
    let supervisor = house.logged_in("hanako", Role::Supervisor, None);
    let operator = house.logged_in("taro", Role::Operator, Some(house.operator("201", "太郎")));
    house.get("/promise", &operator).is_refusal(403, "forbidden", None);
    let today = house.get("/promise", &supervisor).json();
    assert_eq!((&today["total"]["three_rings_percent"], &today["total"]["offered"]), (&json!(66.66), &json!(4)));
    assert_eq!((today["firms"].as_array().unwrap().len(), &today["firms"][0]["name"]), (50, &json!("firm 1")));
    assert_eq!(house.get("/promise?firms=3", &supervisor).json()["firms"].as_array().unwrap().len(), 3);
    house.get("/promise?firms=no", &supervisor).is_refusal(422, "invalid", Some("firms"));
}

#[test]
fn f03_whoever_watches_sees_who_waits_with_the_number_as_people_write_it() {
    let house = House::new();
    house.switchboard.snapshot.lock().unwrap().waiting = vec![WaitingNow {
        call: "0000000000001".into(),
        customer: Some(1),
        customer_name: "さくら歯科".into(),
        caller: "819012345678".into(),
        position: 1,
        priority: 0,
        waiting_ms: 7_500,
        rings: 2,
        again: false,
        away: false,
        ringing: vec![101],
    }];
    let operator = house.logged_in("taro", Role::Operator, Some(house.operator("201", "太郎")));
    let now = house.get("/now", &operator).json();
    assert_eq!(now["waiting"][0]["caller_display"], "090-1234-5678");
    assert_eq!((&now["waiting"][0]["rings"], &now["waiting"][0]["ringing"]), (&json!(2), &json!([101])));
    assert_eq!(now["today"]["total"]["offered"], 0);
}

#[test]
fn f04_alarms_are_remembered_newest_first() {
    let house = House::new();
    let token = house.logged_in("taro", Role::Operator, Some(house.operator("201", "太郎")));
    let abandoned = |wait_ms| {
        let (call, did, caller) = ("0000000000001".to_owned(), String::new(), "819012345678".to_owned());
        let policy = switch::AbandonedPolicy::Report;
        Event::Alarm(Alarm::Abandoned { call, customer: None, did, caller, wait_ms, policy })
    };
    house.switchboard.tells(1, abandoned(4_000));
    house.switchboard.happens(2);
    house.switchboard.tells(3, abandoned(5_000));
    let alarms = house.get("/alarms", &token).json();
    assert_eq!(alarms.as_array().unwrap().len(), 2);
    assert_eq!(
        (&alarms[0]["seq"], &alarms[0]["wait_ms"], &alarms[0]["unix_ms"]),
        (&json!(3), &json!(5000), &json!(NOW))
    );
    assert_eq!(alarms[1]["alarm"], "abandoned");
}

#[test]
fn x11_a_certificate_is_a_firms_month_at_the_ear_and_at_the_answer() {
    let house = House::new();
    let firm = house.customer("sakura", "さくら歯科", "0312345678");
    let other = house.customer("yamada", "山田商事", "0312340000");
    // NOW is in November 2025, Japan's; the calls of `House::call` are answered after 4.2 s.
    for (id, ear_ms) in [(1, Some(5_000)), (2, Some(9_100)), (3, None)] {
        house.call(id, |record| {
            record.customer = Some(firm);
            record.first_speech_ms = ear_ms.map(|ear_ms| NOW + ear_ms);
        });
    }
    house.call(4, |record| {
        record.customer = Some(firm);
        (record.answered_ms, record.ending) = (None, "abandoned".into());
    });
    house.call(5, |record| record.customer = Some(other));
    let token = house.logged_in("hanako", Role::Supervisor, None);
    let month = |month: &str| house.get(&format!("/customers/{firm}/certificate?month={month}"), &token);
    let told = month("2025-11").json();
    assert_eq!((&told["name"], &told["month"]), (&json!("さくら歯科"), &json!("2025-11")));
    assert_eq!((&told["offered"], &told["answered"], &told["abandoned"]), (&json!(4), &json!(3), &json!(1)));
    let ear = &told["at_the_ear"];
    assert_eq!((&ear["measured"], &ear["two_rings"], &ear["three_rings"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!((&ear["mean_ms"], &ear["three_rings_percent"]), (&json!(7_050), &json!(33.33)));
    assert_eq!(told["at_the_answer"]["three_rings_percent"], 75.0);
    assert_eq!(month("2025-12").json()["offered"], 0);
    month("2025").is_refusal(422, "invalid", Some("month"));
    let operator = house.logged_in("taro", Role::Operator, Some(house.operator("201", "太郎")));
    house.get(&format!("/customers/{firm}/certificate?month=2025-11"), &operator).is_refusal(403, "forbidden", None);
    house.get("/customers/999/certificate?month=2025-11", &token).is_refusal(404, "not_found", None);
}

#[test]
fn x07_staffing_is_advised_from_the_calls_of_the_past() {
    let house = House::new();
    house.operator("101", "花子");
    // The same half hour, a week ago and the weeks before that.
    for week in 1..=8i64 {
        for n in 0..20u64 {
            house.call(week.unsigned_abs() * 100 + n, |record| {
                record.arrived_ms = NOW - week * 7 * 86_400_000 + 600_000;
                (record.talk_ms, record.wait_ms) = (100_000, 4_000);
            });
        }
    }
    let token = house.logged_in("hanako", Role::Supervisor, None);
    let told = house.get("/staffing?days=7", &token).json();
    assert_eq!((&told["learned_from"], told["days"].as_array().unwrap().len()), (&json!(160), 7));
    let today = &told["days"][0];
    assert_eq!((&today["day"], &today["kind"]), (&json!("2025-11-21"), &json!("fri")));
    let quarter = &today["quarters"][0];
    assert_eq!((&quarter["from"], &quarter["calls"]), (&json!("18:30"), &json!(20.0)));
    assert!(
        quarter["operators"].as_u64().unwrap() >= 3 && quarter["kept_percent"].as_f64().unwrap() >= 95.0,
        "{quarter}"
    );
    house.get("/staffing?within=100", &token).is_refusal(422, "invalid", Some("within"));
}
