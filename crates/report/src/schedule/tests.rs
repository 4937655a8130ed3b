//! The sentence of F20, for every reason and every distance.

use super::*;

const TEN: i64 = 1_795_395_600_000; // Monday, 2026-11-23 10:00 in Japan
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn sato() -> Person {
    Person { id: "sato".to_owned(), name: "佐藤 花子".to_owned(), ..Person::default() }
}

fn entry(away: Away, from_ms: i64, until_ms: i64) -> Entry {
    Entry { id: 1, person: "sato".to_owned(), from_ms, until_ms, away, note: String::new() }
}

fn said(away: Away, until_ms: i64) -> (String, String) {
    let now = now(&sato(), &[entry(away, TEN - HOUR, until_ms)], TEN, Language::Ja).unwrap();
    (now.sentence, now.promise)
}

#[test]
fn f20_the_sentence_of_each_reason() {
    let four = TEN + 6 * HOUR;
    for (away, sentence, promise) in [
        (
            Away::Out,
            "佐藤はただいま外出しており、16時に戻る予定です。",
            "佐藤はただいま外出しており、16時に戻る予定ですので、戻り次第お電話させます。",
        ),
        (
            Away::Meeting,
            "佐藤はただいま会議に入っており、16時に終わる予定です。",
            "佐藤はただいま会議に入っており、16時に終わる予定ですので、終わり次第お電話させます。",
        ),
        (
            Away::Visitor,
            "佐藤はただいま来客中で、16時に終わる予定です。",
            "佐藤はただいま来客中で、16時に終わる予定ですので、終わり次第お電話させます。",
        ),
        (
            Away::Trip,
            "佐藤は出張に出ており、16時に戻る予定です。",
            "佐藤は出張に出ており、16時に戻る予定ですので、戻り次第お電話させます。",
        ),
        (
            Away::Break,
            "佐藤はただいま席を外しており、16時に戻る予定です。",
            "佐藤はただいま席を外しており、16時に戻る予定ですので、戻り次第お電話させます。",
        ),
        (
            Away::Off,
            "佐藤は本日お休みをいただいており、16時に出社の予定です。",
            "佐藤は本日お休みをいただいており、16時に出社の予定ですので、出社次第お電話させます。",
        ),
        (
            Away::AllDay,
            "佐藤は本日終日不在にしており、16時に出社の予定です。",
            "佐藤は本日終日不在にしており、16時に出社の予定ですので、出社次第お電話させます。",
        ),
    ] {
        assert_eq!(said(away, four), (sentence.to_owned(), promise.to_owned()));
    }
}

#[test]
fn f20_the_time_as_one_says_it() {
    for (until, words) in [
        (TEN + 6 * HOUR + 30 * 60_000, "16時30分に"),
        (TEN + 6 * HOUR + 5 * 60_000, "16時5分に"),
        (TEN + 13 * HOUR, "23時に"),
        (TEN + 14 * HOUR, "明日"),
        (TEN + DAY, "明日10時に"),
        (TEN + 2 * DAY, "11月25日(水)の10時に"),
        (TEN + 2 * DAY - 10 * HOUR, "11月25日(水)に"),
    ] {
        let (sentence, _) = said(Away::Out, until);
        assert_eq!(sentence, format!("佐藤はただいま外出しており、{words}戻る予定です。"));
    }
}

#[test]
fn f20_in_english() {
    let now = now(&sato(), &[entry(Away::Meeting, TEN, TEN + HOUR)], TEN, Language::En).unwrap();
    assert_eq!(now.sentence, "佐藤 is in a meeting and should be back at 11:00.");
    assert_eq!(now.promise, "佐藤 is in a meeting and will call you after coming back at 11:00.");
}

#[test]
fn f20_only_what_holds_now_is_said() {
    let out = entry(Away::Out, TEN, TEN + HOUR);
    let at = |now_ms| now(&sato(), std::slice::from_ref(&out), now_ms, Language::Ja).is_some();
    assert!(!at(TEN - 1) && at(TEN) && at(TEN + HOUR - 1) && !at(TEN + HOUR));
    let other = Entry { person: "suzuki".to_owned(), ..out };
    assert_eq!(now(&sato(), &[other], TEN, Language::Ja), None);
}

/// Out until three, a meeting from three to four: back at four.
#[test]
fn f20_what_follows_without_a_gap_counts() {
    let entries = [
        entry(Away::Meeting, TEN + 5 * HOUR, TEN + 6 * HOUR),
        entry(Away::Out, TEN - HOUR, TEN + 5 * HOUR),
        entry(Away::Out, TEN + 7 * HOUR, TEN + 8 * HOUR),
    ];
    let now_out = now(&sato(), &entries, TEN, Language::Ja).unwrap();
    assert_eq!((now_out.away, now_out.back_ms), (Away::Out, TEN + 6 * HOUR));
    // A meeting on a business trip: that is what they are doing, but they are not back before the trip ends.
    let trip = [entry(Away::Trip, TEN - DAY, TEN + DAY), entry(Away::Meeting, TEN - HOUR, TEN + HOUR)];
    let on_trip = now(&sato(), &trip, TEN, Language::Ja).unwrap();
    assert_eq!((on_trip.away, on_trip.back_ms), (Away::Meeting, TEN + DAY));
}
