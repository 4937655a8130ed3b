//! Calendars: holidays as published, standing at any moment, and what is written is read back.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// Month and day.
type Date = (u8, u8);

/// Holidays that have the same day each year.
const FIXED: [(Date, &str); 9] = [
    ((1, 1), "元日"),
    ((2, 11), "建国記念の日"),
    ((2, 23), "天皇誕生日"),
    ((4, 29), "昭和の日"),
    ((5, 3), "憲法記念日"),
    ((5, 4), "みどりの日"),
    ((5, 5), "こどもの日"),
    ((11, 3), "文化の日"),
    ((11, 23), "勤労感謝の日"),
];

/// Those that move, or were moved, in the order of [`PUBLISHED`].
const MOVING: [&str; 7] = ["成人の日", "春分の日", "海の日", "山の日", "敬老の日", "秋分の日", "スポーツの日"];

/// 内閣府「国民の祝日について」, as published for each year: the moving ones, and the 休日 that are none by name.
const PUBLISHED: [(i32, [Date; 7], &[Date]); 8] = [
    (2020, [(1, 13), (3, 20), (7, 23), (8, 10), (9, 21), (9, 22), (7, 24)], &[(2, 24), (5, 6)]),
    (2021, [(1, 11), (3, 20), (7, 22), (8, 8), (9, 20), (9, 23), (7, 23)], &[(8, 9)]),
    (2022, [(1, 10), (3, 21), (7, 18), (8, 11), (9, 19), (9, 23), (10, 10)], &[]),
    (2023, [(1, 9), (3, 21), (7, 17), (8, 11), (9, 18), (9, 23), (10, 9)], &[(1, 2)]),
    (
        2024,
        [(1, 8), (3, 20), (7, 15), (8, 11), (9, 16), (9, 22), (10, 14)],
        &[(2, 12), (5, 6), (8, 12), (9, 23), (11, 4)],
    ),
    (2025, [(1, 13), (3, 20), (7, 21), (8, 11), (9, 15), (9, 23), (10, 13)], &[(2, 24), (5, 6), (11, 24)]),
    (2026, [(1, 12), (3, 20), (7, 20), (8, 11), (9, 21), (9, 23), (10, 12)], &[(5, 6), (9, 22)]),
    (2027, [(1, 11), (3, 21), (7, 19), (8, 11), (9, 20), (9, 23), (10, 11)], &[(3, 22)]),
];

fn days_of_year(year: i32) -> impl Iterator<Item = Day> {
    let first = Day::new(year, 1, 1).unwrap();
    (0..366).map(move |days| first.plus(days)).filter(move |day| day.year == year)
}

#[test]
fn f64_holidays_are_the_published_ones_and_no_others() {
    for (year, moving, substitutes) in PUBLISHED {
        let mut published = FIXED.to_vec();
        published.extend(moving.into_iter().zip(MOVING));
        published.extend(substitutes.iter().map(|date| (*date, "休日")));
        published.sort_unstable();
        let found: Vec<(Date, &str)> = days_of_year(year)
            .filter_map(|day| {
                let name = holiday(day)?;
                let published_as = if matches!(name, "振替休日" | "国民の休日") { "休日" } else { name };
                Some(((day.month, day.day), published_as))
            })
            .collect();
        assert_eq!(found, published, "{year}");
    }
}

#[test]
fn f64_a_day_that_is_free_by_its_neighbours_is_called_what_the_law_calls_it() {
    let name = |text: &str| {
        let [year, month, day] = text.split('-').map(|part| part.parse::<i32>().unwrap()).collect::<Vec<_>>()[..]
        else {
            panic!("{text}")
        };
        holiday(Day::new(year, month as u8, day as u8).unwrap())
    };
    assert_eq!(name("2026-09-22"), Some("国民の休日"));
    assert_eq!(name("2032-09-21"), Some("国民の休日"));
    // Three holidays after a Sunday: the substitute is the fourth day.
    assert_eq!(name("2026-05-06"), Some("振替休日"));
    assert_eq!(name("2026-05-07"), None);
    assert_eq!(name("2023-01-02"), Some("振替休日"));
    // Equinoxes that moved: the 22nd of September in leap years since 2012, the 20th of March.
    assert_eq!((name("2028-09-22"), name("2028-09-23")), (Some("秋分の日"), None));
    assert_eq!((name("2050-03-20"), name("2050-09-23")), (Some("春分の日"), Some("秋分の日")));
    // Outside of what is known.
    assert_eq!((name("2019-05-01"), name("2100-01-01")), (None, None));
}

#[test]
fn f64_every_year_to_2050_has_its_sixteen_holidays_and_its_substitutes() {
    for year in 2020..=2050 {
        let all: Vec<(Day, &str)> = days_of_year(year).filter_map(|day| Some((day, holiday(day)?))).collect();
        let named = all.iter().filter(|(_, name)| !matches!(*name, "振替休日" | "国民の休日")).count();
        assert_eq!(named, 16, "{year}");
        let sundays = all.iter().filter(|(day, _)| day.weekday() == Weekday::Sunday).count();
        let substitutes = all.iter().filter(|(_, name)| *name == "振替休日").count();
        assert_eq!(substitutes, sundays, "{year}");
    }
}

#[test]
fn days_and_their_numbers_go_both_ways() {
    assert_eq!(Day::new(1970, 1, 1).unwrap().number(), 0);
    assert_eq!(Day::new(2026, 11, 22).unwrap().weekday(), Weekday::Sunday);
    let mut day = Day::new(2019, 12, 31).unwrap();
    for _ in 0..20_000 {
        let next = day.plus(1);
        assert_eq!(next.number(), day.number() + 1);
        assert_eq!(Day::new(next.year, next.month, next.day), Some(next));
        assert!(next > day);
        day = next;
    }
    for (year, month, date) in [(2025, 2, 29), (2100, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0)]
    {
        assert_eq!(Day::new(year, month, date), None);
    }
    // 15:00 UTC is midnight in Japan.
    let (day, minute) = Day::at(Day::new(2026, 11, 22).unwrap().unix_ms(0) - 1);
    assert_eq!((day.to_string().as_str(), minute), ("2026-11-21", 1439));
    assert_eq!(Day::new(2026, 11, 22).unwrap().unix_ms(0), 1_795_273_200_000);
}

fn at(text: &str) -> i64 {
    let (date, time) = text.split_once(' ').unwrap();
    let parts: Vec<i32> = date.split('-').map(|part| part.parse().unwrap()).collect();
    let day = Day::new(parts[0], u8::try_from(parts[1]).unwrap(), u8::try_from(parts[2]).unwrap()).unwrap();
    day.unix_ms(time.parse::<Time>().unwrap().minutes())
}

fn sakura() -> Calendar {
    Calendar {
        week: "mon-fri 9:00-12:00,13:00-18:00; sat 9:00-12:00".parse().unwrap(),
        closed: vec![
            "2026-12-29 17:00..2027-01-03 [message_box] 年末年始のため、1月4日までお休みをいただいております。"
                .parse()
                .unwrap(),
            "08-13..08-16 夏季休業中でございます。".parse().unwrap(),
        ],
        also_open: vec!["2026-11-23 10:00-15:00".parse().unwrap()],
        japanese_holidays: true,
        closed_wording: "本日の診療は終了いたしました。".to_owned(),
        when_closed: Closed::Announce,
    }
}

#[test]
fn x14_any_moment_can_be_asked_about() {
    let calendar = sakura();
    assert_eq!(calendar.faults(), []);
    let stands = |text: &str| match calendar.at(at(text)) {
        Standing::Open => ("open", String::new(), Closed::AnswerAsUsual),
        Standing::Closed { why: Why::Hours, wording, then } => ("hours", wording, then),
        Standing::Closed { why: Why::Holiday(name), wording, then } => (name, wording, then),
        Standing::Closed { why: Why::Period, wording, then } => ("period", wording, then),
    };
    for (moment, expected) in [
        ("2026-11-20 8:59", "hours"),
        ("2026-11-20 9:00", "open"),
        ("2026-11-20 11:59", "open"),
        ("2026-11-20 12:00", "hours"),
        ("2026-11-20 17:59", "open"),
        ("2026-11-20 18:00", "hours"),
        ("2026-11-21 11:00", "open"),
        ("2026-11-21 13:00", "hours"),
        ("2026-11-22 11:00", "hours"),
        // A holiday on which it is open for some hours, and one on which it is not.
        ("2026-11-23 11:00", "open"),
        ("2026-11-23 9:30", "hours"),
        ("2026-11-03 11:00", "文化の日"),
        // The period begins at 17:00 and includes its last day.
        ("2026-12-29 16:59", "open"),
        ("2026-12-29 17:00", "period"),
        ("2026-12-29 18:05", "period"),
        ("2027-01-01 11:00", "period"),
        ("2027-01-03 23:59", "period"),
        ("2027-01-04 9:00", "open"),
        // Every year.
        ("2026-08-13 11:00", "period"),
        ("2031-08-15 11:00", "period"),
        ("2031-08-18 11:00", "open"),
    ] {
        assert_eq!(stands(moment).0, expected, "{moment}");
    }
    let (_, wording, then) = stands("2026-12-29 18:05");
    assert!(wording.starts_with("年末年始"), "{wording}");
    assert_eq!(then, Closed::MessageBox);
    assert_eq!(stands("2026-08-14 11:00"), ("period", "夏季休業中でございます。".to_owned(), Closed::Announce));
    assert_eq!(stands("2026-11-03 11:00"), ("文化の日", calendar.closed_wording.clone(), Closed::Announce));
}

#[test]
fn f64_a_calendar_that_says_nothing_is_always_open() {
    let calendar = Calendar::default();
    for moment in ["2026-01-01 0:00", "2026-11-22 3:00", "2026-11-22 23:59"] {
        assert_eq!(calendar.at(at(moment)), Standing::Open);
        assert_eq!(calendar.opens_after(at(moment)), None);
    }
    // With holidays alone it is closed on these, the whole day.
    let calendar = Calendar { japanese_holidays: true, ..Calendar::default() };
    assert!(calendar.at(at("2025-12-31 23:59")).is_open());
    for moment in ["2026-01-01 0:00", "2026-01-01 23:59"] {
        assert_eq!(
            calendar.at(at(moment)),
            Standing::Closed { why: Why::Holiday("元日"), wording: String::new(), then: Closed::AnswerAsUsual }
        );
    }
    assert!(calendar.at(at("2026-01-02 0:00")).is_open());
}

#[test]
fn f64_a_business_day_runs_on_past_midnight() {
    let calendar = Calendar {
        week: "fri-sat 18:00-26:00".parse().unwrap(),
        japanese_holidays: true,
        closed: vec!["2026-11-28..2026-11-28".parse().unwrap()],
        ..Calendar::default()
    };
    let open = |text: &str| calendar.at(at(text)).is_open();
    assert!(
        !open("2026-11-20 1:00") && open("2026-11-20 18:00") && open("2026-11-21 1:59") && !open("2026-11-21 2:00")
    );
    assert!(open("2026-11-22 1:00"), "the Saturday before runs on");
    assert!(open("2026-11-28 1:00"), "the Friday before is no closed day, and runs on into one");
    assert!(!open("2026-11-29 1:00"), "what would run on from a closed day is closed with it");
}

#[test]
fn f64_closed_days_are_days_of_business_and_closed_times_go_by_the_clock() {
    let calendar = |closed: &str| Calendar {
        week: "mon-sun 18:00-26:00".parse().unwrap(),
        closed: vec![closed.parse().unwrap()],
        ..Calendar::default()
    };
    for closed in ["2026-12-29..2027-01-03", "12-29..01-03"] {
        let calendar = calendar(closed);
        for (moment, open) in [
            ("2026-12-28 18:00", true),
            ("2026-12-29 1:00", true),
            ("2026-12-29 2:00", false),
            ("2026-12-29 18:00", false),
            ("2026-12-30 1:00", false),
            ("2027-01-01 1:00", false),
            ("2027-01-03 18:00", false),
            ("2027-01-04 0:30", false),
            ("2027-01-04 18:00", true),
            ("2027-01-05 1:59", true),
        ] {
            assert_eq!(calendar.at(at(moment)).is_open(), open, "{closed}: {moment}");
        }
        let Standing::Closed { why: Why::Period, .. } = calendar.at(at("2027-01-04 0:30")) else { panic!("{closed}") };
        assert_eq!(calendar.opens_after(at("2027-01-04 0:30")), Some(at("2027-01-04 18:00")), "{closed}");
    }
    let calendar = calendar("2026-12-29 0:30..2027-01-04 1:00");
    for (moment, open) in
        [("2026-12-29 0:29", true), ("2026-12-29 0:30", false), ("2027-01-04 0:59", false), ("2027-01-04 1:00", true)]
    {
        assert_eq!(calendar.at(at(moment)).is_open(), open, "{moment}");
    }
    assert_eq!(calendar.opens_after(at("2027-01-04 0:30")), Some(at("2027-01-04 1:00")));
}

#[test]
fn f64_the_new_year_of_every_year_is_one_period() {
    let calendar = Calendar { closed: vec!["12-29..01-03".parse().unwrap()], ..Calendar::default() };
    for (moment, open) in [
        ("2026-12-28 23:59", true),
        ("2026-12-29 0:00", false),
        ("2027-01-03 23:59", false),
        ("2027-01-04 0:00", true),
        ("2040-01-01 12:00", false),
    ] {
        assert_eq!(calendar.at(at(moment)).is_open(), open, "{moment}");
    }
    // A period of no length covers nothing, and is a fault.
    let nothing = Calendar { closed: vec!["12-29 9:00..12-29 9:00".parse().unwrap()], ..Calendar::default() };
    assert!(nothing.at(at("2026-12-29 9:00")).is_open() && nothing.at(at("2026-06-01 9:00")).is_open());
    assert_eq!(nothing.faults().len(), 1);
}

#[test]
fn f64_when_a_closed_firm_opens_again() {
    let calendar = sakura();
    for (asked, opens) in [
        ("2026-11-20 12:30", "2026-11-20 13:00"),
        ("2026-11-20 20:00", "2026-11-21 9:00"),
        ("2026-11-21 20:00", "2026-11-23 10:00"),
        ("2026-12-29 18:05", "2027-01-04 9:00"),
    ] {
        assert_eq!(calendar.opens_after(at(asked)), Some(at(opens)), "{asked}");
    }
    let ends_within = Calendar { closed: vec!["2026-11-20 10:00..2026-11-20 11:30".parse().unwrap()], ..sakura() };
    assert_eq!(ends_within.opens_after(at("2026-11-20 10:30")), Some(at("2026-11-20 11:30")));
    let never = Calendar { closed: vec!["2020-01-01..2040-12-31".parse().unwrap()], ..Calendar::default() };
    assert_eq!(never.opens_after(at("2026-11-20 10:30")), None);
}

#[test]
fn f64_a_caller_is_told_in_the_firms_name() {
    let closed = |why, then| Standing::Closed { why, wording: String::new(), then };
    let spoken = closed(Why::Hours, Closed::Announce).spoken("さくら歯科").unwrap();
    assert!(spoken.contains("さくら歯科でございます") && spoken.contains("営業時間外"), "{spoken}");
    let spoken = closed(Why::Holiday("元日"), Closed::MessageBox).spoken("さくら歯科").unwrap();
    assert!(spoken.contains("休業日") && spoken.contains("発信音"), "{spoken}");
    let own = Standing::Closed { why: Why::Period, wording: "お休みです。".to_owned(), then: Closed::Announce };
    assert_eq!(own.spoken("さくら歯科").unwrap(), "お休みです。");
    assert_eq!(Standing::Open.spoken("さくら歯科"), None);
}

#[test]
fn weeks_are_read_as_people_write_them() {
    let usual: Week = "mon-fri 09:00-18:00".parse().unwrap();
    for same in [
        "mon-fri 9:00-18:00",
        "MON-FRI 9-18",
        "月-金 9:00-18:00",
        "月〜金　９：００－１８：００",
        "月火水木金 9:00-18:00",
        "平日 9:00~18:00",
        "weekdays 9:00-18:00",
        "mon, tue, wed 9:00-18:00; thu-fri 9:00-18:00",
        "月曜日-金曜日: 9:00-18:00",
        "mon-fri 9:00-18:00; mon 9:00-18:00",
    ] {
        assert_eq!(same.parse::<Week>().as_ref(), Ok(&usual), "{same}");
    }
    assert_eq!(usual.to_string(), "mon-fri 09:00-18:00");
    assert_eq!("".parse::<Week>(), Ok(Week::default()));
    assert_eq!("sat-mon 10-12".parse::<Week>().unwrap().to_string(), "mon 10:00-12:00; sat-sun 10:00-12:00");
    for wrong in [
        "9:00-18:00",
        "mon-fri",
        "mon 18:00-9:00",
        "mon 9:00-31:00",
        "mon 9:60-10:00",
        "foo 9-10",
        "mon 9",
        "mon 24:00-26:00",
    ] {
        let error = wrong.parse::<Week>().unwrap_err();
        assert!(!error.what.is_empty() && !error.remedy.is_empty(), "{wrong}");
    }
}

#[test]
fn periods_are_read_as_people_write_them() {
    let period = |text: &str| text.parse::<Period>().unwrap();
    let new_year = period("2026-12-29..2027-01-03 年末年始のためお休みです。");
    assert_eq!(new_year.wording, "年末年始のためお休みです。");
    for same in
        ["2026/12/29～2027/1/3　年末年始のためお休みです。", "2026-12-29 .. 2027-01-03 年末年始のためお休みです。 "]
    {
        assert_eq!(period(same), new_year, "{same}");
    }
    assert_eq!(period("12/29 夏〜冬..").wording, "夏〜冬..");
    assert_eq!(period("2026-12-29 ９：００ から").wording, "から");
    assert_eq!(period("2026-08-14").to_string(), "2026-08-14");
    for wrong in
        ["", "今日", "2026-02-30", "2026-12-29..", "26-12-29-1", "2026-12-29 [sometimes] x", "2026-12-29..2026-13-01"]
    {
        assert!(wrong.parse::<Period>().is_err(), "{wrong}");
    }
    assert!("2026-12-26".parse::<OpenDays>().is_err());
    assert_eq!(
        "12/26〜12/27 9-12,13-15".parse::<OpenDays>().unwrap().to_string(),
        "12-26..12-27 09:00-12:00,13:00-15:00"
    );
}

#[test]
fn faults_are_named_by_field() {
    let fields = |calendar: &Calendar| calendar.faults().iter().map(|fault| fault.field).collect::<Vec<_>>();
    let overlapping = vec!["9:00-13:00".parse().unwrap(), "12:00-18:00".parse().unwrap()];
    let week = Week { mon: overlapping, ..Week::default() };
    let wrong = Calendar {
        week,
        closed: vec!["2027-01-03..2026-12-29".parse().unwrap(), "2026-12-29..01-03".parse().unwrap()],
        also_open: vec!["2026-12-26 9:00..2026-12-26 10:00 9:00-10:00".parse().unwrap()],
        closed_wording: "a\nb".to_owned(),
        ..Calendar::default()
    };
    assert_eq!(fields(&wrong), ["week", "closed", "closed", "also_open", "closed_wording"]);
    let many = Calendar { closed: vec!["12-29".parse().unwrap(); PERIODS_MAX + 1], ..Calendar::default() };
    assert_eq!(fields(&many), ["closed"]);
    let long = Calendar { closed_wording: "あ".repeat(WORDING_CHARS_MAX + 1), ..Calendar::default() };
    assert_eq!(fields(&long), ["closed_wording"]);
}

#[test]
fn json_is_what_an_administrator_would_write() {
    let text = r#"{"week":{"mon":["9:00-18:00"]},"closed":[{"from":"12-29","to":"01-03"}],"japanese_holidays":true}"#;
    let calendar: Calendar = serde_json::from_str(text).unwrap();
    assert_eq!(calendar.week.to_string(), "mon 09:00-18:00");
    assert_eq!(serde_json::from_str::<Calendar>("{}").unwrap(), Calendar::default());
    assert_eq!(serde_json::from_str::<Calendar>(&serde_json::to_string(&sakura()).unwrap()).unwrap(), sakura());
    for wrong in [r#"{"weak":{}}"#, r#"{"week":{"mon":["9-8"]}}"#, r#"{"closed":[{"from":"x","to":"y"}]}"#] {
        assert!(serde_json::from_str::<Calendar>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    let mut random = ChaCha8Rng::seed_from_u64(64);
    let wordings = [
        "",
        "お休みです。",
        "9:00 に開きます。",
        "[announce] と書く",
        "［休］",
        "年末..年始",
        "夏〜冬",
        "12:00",
        "a [b] c",
    ];
    for _ in 0..2_000 {
        let mut week = Week::default();
        for weekday in Weekday::ALL {
            let mut from = 0;
            for _ in 0..random.random_range(0..3) {
                let begins = from + random.random_range(1..120);
                let ends = begins + random.random_range(1..300);
                week.of_mut(weekday).extend(Hours::new(Time::new(begins).unwrap(), Time::new(ends).unwrap()));
                from = ends;
            }
        }
        assert_eq!(week.to_string().parse::<Week>(), Ok(week));

        let mut edge = |year| Edge {
            year,
            month: random.random_range(1..=12),
            day: random.random_range(1..=28),
            time: random.random_bool(0.5).then(|| Time::new(random.random_range(0..=1440)).unwrap()),
        };
        let year = [None, Some(2026)][usize::from(edge(None).day) % 2];
        let (from, to) = (edge(year), edge(year));
        let when_closed = [None, Some(Closed::MessageBox), Some(Closed::Announce)][random.random_range(0..3)];
        let wording = wordings[random.random_range(0..wordings.len())].to_owned();
        let period = Period { from, to, wording, when_closed };
        assert_eq!(period.to_string().parse::<Period>().as_ref(), Ok(&period), "{period}");
        let days = OpenDays {
            from: Edge { time: None, ..from },
            to: Edge { time: None, ..to },
            hours: vec![Hours::WHOLE_DAY],
        };
        assert_eq!(days.to_string().parse::<OpenDays>(), Ok(days));
    }
}
