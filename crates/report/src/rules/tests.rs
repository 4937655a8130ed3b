//! Who gets a report: the table of F32, and what holds of every profile.

use proptest::prelude::*;

use super::*;
use crate::answer::Value;
use crate::channel::Channel;

/// Monday, 23 November 2026, 10:00 in Japan.
const MONDAY_10: i64 = 1_795_395_600_000;
const HOUR: i64 = 3_600_000;

fn mail(id: &str, person: Option<&str>) -> Recipient {
    Recipient {
        id: id.to_owned(),
        label: String::new(),
        person: person.map(str::to_owned),
        channel: Channel::Email { address: format!("{id}@sakura.example") },
        active: true,
        fallback: None,
    }
}

fn chat(id: &str, person: Option<&str>) -> Recipient {
    let channel = Channel::Chatwork { room: "1".to_owned(), token: "t".to_owned(), mention: Vec::new() };
    Recipient { channel, ..mail(id, person) }
}

fn person(id: &str, name: &str, kana: &str, title: &str) -> Person {
    Person { id: id.to_owned(), name: name.to_owned(), kana: kana.to_owned(), title: title.to_owned() }
}

/// A firm of four: a president with mail and chat, a manager with mail and chat, a clerk with mail, one without anything.
fn firm(rules: Vec<Rule>) -> Profile {
    Profile {
        people: vec![
            person("shacho", "髙橋 一郎", "たかはし いちろう", "社長"),
            person("sato", "佐藤 花子", "さとう はなこ", "営業部長"),
            person("suzuki", "鈴木 太郎", "すずき たろう", ""),
            person("nobody", "田中 次郎", "たなか じろう", ""),
        ],
        recipients: vec![
            mail("office", None),
            mail("shacho-mail", Some("shacho")),
            chat("shacho-chat", Some("shacho")),
            mail("sato-mail", Some("sato")),
            chat("sato-chat", Some("sato")),
            mail("suzuki-mail", Some("suzuki")),
        ],
        rules,
        recipients_max: 10,
        ..Profile::default()
    }
}

fn to(who: Who) -> To {
    To { who, by: By::Both }
}

fn by(who: Who, by: By) -> To {
    To { who, by }
}

fn rule(when: When, to: Vec<To>) -> Rule {
    Rule { when, to, also: false }
}

fn also(when: When, to: Vec<To>) -> Rule {
    Rule { when, to, also: true }
}

fn draft(kind: Kind, person: &str, urgency: &str) -> Draft {
    let mut draft = Draft { kind, ..Draft::default() };
    draft.set(key::PERSON, Some(&Value::said(person))).unwrap();
    draft.set(key::URGENCY, Some(&Value::said(urgency))).unwrap();
    draft
}

fn president() -> To {
    to(Who::Person("shacho".to_owned()))
}

fn at(from: &str, until: &str) -> When {
    When { hours: Some(Hours { from: from.to_owned(), until: until.to_owned() }), ..When::default() }
}

fn of_kinds(kinds: &[Kind]) -> When {
    When { kinds: kinds.to_vec(), ..When::default() }
}

fn urgent() -> When {
    When { urgency: Some(Urgency::Urgent), ..When::default() }
}

/// One case of the table.
struct Case {
    name: &'static str,
    rules: Vec<Rule>,
    draft: Draft,
    at_ms: i64,
    expected: &'static [&'static str],
}

fn case(name: &'static str, rules: Vec<Rule>, draft: Draft, expected: &'static [&'static str]) -> Case {
    Case { name, rules, draft, at_ms: MONDAY_10, expected }
}

/// F32 and F34, 36 cases.
#[allow(clippy::too_many_lines, reason = "a table")]
fn table() -> Vec<Case> {
    let message = |person| draft(Kind::Message, person, "");
    let both: &[&str] = &["shacho-mail", "shacho-chat"];
    let sato: &[&str] = &["sato-mail", "sato-chat"];
    let and_president = || vec![also(When::default(), vec![president()]), rule(When::default(), vec![to(Who::Named)])];
    let nights = || {
        vec![
            rule(at("18:00", "9:00"), vec![to(Who::Recipient("suzuki-mail".to_owned()))]),
            rule(When::default(), vec![to(Who::Named)]),
        ]
    };
    let later = |case: Case, hours: i64| Case { at_ms: MONDAY_10 + hours * HOUR, ..case };
    let days = |days: &[japan::Day]| When { days: days.to_vec(), ..When::default() };
    let weekend = move || vec![rule(days(&[japan::Day::Sat, japan::Day::Sun]), vec![to(Who::Firm)])];
    let asks_for = |person: &str| When { people: vec![person.to_owned()], ..When::default() };
    vec![
        // The named person, in all the ways in which a name is written.
        case("by id", vec![], message("sato"), sato),
        case("by full name", vec![], message("佐藤花子"), sato),
        case("by family name", vec![], message("佐藤"), sato),
        case("with 様", vec![], message("佐藤様"), sato),
        case("with title and 様", vec![], message("佐藤部長様"), sato),
        case("by kana", vec![], message("サトウ"), sato),
        case("by half-width kana", vec![], message("ｻﾄｳ ﾊﾅｺ"), sato),
        case("by title", vec![], message("社長"), both),
        case("another person", vec![], message("鈴木"), &["suzuki-mail"]),
        // Nobody in particular, or nobody who can be reached: the top of the roster.
        case("nobody was named", vec![], message(""), both),
        case("not on the roster", vec![], message("山田"), both),
        case("no place in use", vec![], message("田中"), both),
        // "President and person for every call."
        case("president and person", and_president(), message("鈴木"), &["shacho-mail", "shacho-chat", "suzuki-mail"]),
        case("the president is the person", and_president(), message("社長"), both),
        case("president and nobody named", and_president(), message(""), both),
        // By kind.
        case(
            "a complaint goes to all",
            vec![rule(of_kinds(&[Kind::Complaint]), vec![to(Who::Everyone)])],
            draft(Kind::Complaint, "鈴木", ""),
            &["office", "shacho-mail", "shacho-chat", "sato-mail", "sato-chat", "suzuki-mail"],
        ),
        case(
            "another kind does not",
            vec![rule(of_kinds(&[Kind::Complaint]), vec![to(Who::Everyone)])],
            message("鈴木"),
            &["suzuki-mail"],
        ),
        case(
            "bookings go to the office",
            vec![rule(of_kinds(&[Kind::BookingNew, Kind::BookingChange, Kind::BookingCancel]), vec![to(Who::Firm)])],
            draft(Kind::BookingChange, "佐藤", ""),
            &["office"],
        ),
        // By urgency.
        case(
            "urgent, to the president too",
            vec![also(urgent(), vec![president()])],
            draft(Kind::Message, "鈴木", "urgent"),
            &["shacho-mail", "shacho-chat", "suzuki-mail"],
        ),
        case(
            "soon is not urgent",
            vec![also(urgent(), vec![president()])],
            draft(Kind::Message, "鈴木", "high"),
            &["suzuki-mail"],
        ),
        case(
            "urgent is soon and more",
            vec![rule(When { urgency: Some(Urgency::High), ..When::default() }, vec![to(Who::Firm)])],
            draft(Kind::Message, "鈴木", "urgent"),
            &["office"],
        ),
        // By hour and day, in Japan.
        case("by day", nights(), message("佐藤"), sato),
        later(case("by night", nights(), message("佐藤"), &["suzuki-mail"]), 9),
        later(case("until nine, exclusively", nights(), message("佐藤"), sato), -1),
        Case {
            at_ms: MONDAY_10 - HOUR - 1,
            ..case("a moment before nine", nights(), message("佐藤"), &["suzuki-mail"])
        },
        later(case("from six in the evening", nights(), message("佐藤"), &["suzuki-mail"]), 8),
        later(case("on Sunday in Japan", weekend(), message("佐藤"), &["office"]), -11),
        case("on Monday", weekend(), message("佐藤"), sato),
        // By person, mail or chat or both (F34).
        case(
            "the person by chat alone",
            vec![rule(asks_for("sato"), vec![by(Who::Named, By::Chat)])],
            message("佐藤"),
            &["sato-chat"],
        ),
        case(
            "the person by mail alone",
            vec![rule(When::default(), vec![by(Who::Named, By::Mail)])],
            message("佐藤"),
            &["sato-mail"],
        ),
        case(
            "by chat whoever has one",
            vec![rule(When::default(), vec![by(Who::Named, By::Chat)])],
            message("鈴木"),
            &["suzuki-mail"],
        ),
        case(
            "urgent by both, else by mail",
            vec![rule(urgent(), vec![to(Who::Named)]), rule(When::default(), vec![by(Who::Named, By::Mail)])],
            draft(Kind::Message, "佐藤", "urgent"),
            sato,
        ),
        case(
            "one place by name",
            vec![rule(When::default(), vec![to(Who::Recipient("sato-chat".to_owned()))])],
            message(""),
            &["sato-chat"],
        ),
        // Order and doubles.
        case(
            "the first rule that fits ends the reading",
            vec![rule(When::default(), vec![to(Who::Firm)]), rule(When::default(), vec![president()])],
            message("佐藤"),
            &["office"],
        ),
        case(
            "each place once",
            vec![rule(When::default(), vec![to(Who::Named), to(Who::Everyone)])],
            message("佐藤"),
            &["sato-mail", "sato-chat", "office", "shacho-mail", "shacho-chat", "suzuki-mail"],
        ),
        case("the top, whoever is named", vec![rule(When::default(), vec![to(Who::Top)])], message("鈴木"), both),
        case(
            "a rule for another person does not fit",
            vec![rule(asks_for("suzuki"), vec![to(Who::Firm)])],
            message("佐藤"),
            sato,
        ),
    ]
}

fn ids(chosen: &Chosen) -> Vec<&str> {
    chosen.recipients.iter().map(|(id, _)| id.as_str()).collect()
}

#[test]
fn f32_f34_the_table_of_who_gets_it() {
    let table = table();
    assert!(table.len() >= 30);
    for case in table {
        let profile = firm(case.rules);
        assert!(profile.checked().is_ok(), "{}: {:?}", case.name, profile.checked());
        let chosen = choose(&profile, &case.draft, case.at_ms);
        assert_eq!(ids(&chosen), case.expected, "{}", case.name);
        assert_eq!(chosen, choose(&profile, &case.draft, case.at_ms), "{}", case.name);
        assert_eq!(chosen.policy, Policy::Send);
    }
}

#[test]
fn f32_the_preview_says_why() {
    let profile = firm(Vec::new());
    let why = |person| choose(&profile, &draft(Kind::Message, person, ""), MONDAY_10).recipients[0].1;
    assert_eq!(why("佐藤"), Why::Named);
    assert_eq!(why(""), Why::Unnamed);
    assert_eq!(why("山田"), Why::Unknown);
    assert_eq!(why("田中"), Why::Unreachable);
    let ruled = firm(vec![rule(urgent(), vec![president()]), rule(When::default(), vec![to(Who::Firm)])]);
    let chosen = choose(&ruled, &draft(Kind::Message, "", ""), MONDAY_10);
    assert_eq!(chosen.recipients, [("office".to_owned(), Why::Rule(1))]);
    assert_eq!(Why::Rule(1).sentence(Language::Ja), "ルール2");
    assert_eq!(Why::Rule(1).sentence(Language::En), "rule 2");
}

/// Two of one name: the operator asks which; until then it goes to the top, and the preview says so.
#[test]
fn f32_a_name_that_fits_two_goes_to_the_top() {
    let mut profile = firm(Vec::new());
    profile.people.push(person("sato2", "佐藤 次郎", "さとう じろう", ""));
    profile.recipients.push(mail("sato2-mail", Some("sato2")));
    let chosen = choose(&profile, &draft(Kind::Message, "佐藤様", ""), MONDAY_10);
    assert_eq!(ids(&chosen), ["shacho-mail", "shacho-chat"]);
    assert_eq!(chosen.recipients[0].1, Why::Ambiguous);
    assert_eq!(ids(&choose(&profile, &draft(Kind::Message, "佐藤 次郎", ""), MONDAY_10)), ["sato2-mail"]);
}

#[test]
fn f32_a_firm_without_a_roster_has_its_own_places() {
    let profile = Profile { recipients: vec![mail("a", None), chat("b", None)], ..Profile::default() };
    let chosen = choose(&profile, &draft(Kind::Message, "佐藤", ""), MONDAY_10);
    assert_eq!(chosen.recipients, [("a".to_owned(), Why::Firm), ("b".to_owned(), Why::Firm)]);
}

#[test]
fn f32_a_place_out_of_use_gets_nothing_and_holds_nothing_up() {
    let mut profile = firm(vec![rule(When::default(), vec![to(Who::Recipient("sato-chat".to_owned()))])]);
    for place in &mut profile.recipients {
        place.active = place.id != "sato-chat";
    }
    // The rule has nobody left: it goes where it would go without it.
    assert_eq!(ids(&choose(&profile, &draft(Kind::Message, "佐藤", ""), MONDAY_10)), ["sato-mail"]);
}

#[test]
fn x05_a_telephone_gets_no_written_report() {
    let mut profile = firm(vec![rule(When::default(), vec![to(Who::Everyone)])]);
    profile.recipients.push(Recipient {
        channel: Channel::Phone { number: "090-1234-5678".to_owned() },
        ..mail("mobile", Some("shacho"))
    });
    assert!(!ids(&choose(&profile, &draft(Kind::Message, "", "urgent"), MONDAY_10)).contains(&"mobile"));
}

#[test]
fn f31_beyond_the_plan_nobody_is_told_and_the_preview_says_whom() {
    let mut profile = firm(vec![rule(When::default(), vec![to(Who::Everyone)])]);
    profile.recipients_max = 3;
    let chosen = choose(&profile, &draft(Kind::Message, "", ""), MONDAY_10);
    assert_eq!(ids(&chosen), ["office", "shacho-mail", "shacho-chat"]);
    assert_eq!(chosen.beyond_plan, ["sato-mail", "sato-chat", "suzuki-mail"]);
}

#[test]
fn f27_noise_is_left_out_or_gathered() {
    let mut profile = firm(Vec::new());
    profile.noise.sales = Treatment::Digest;
    profile.noise.silent = Treatment::Suppress;
    let policy = |kind, urgency| choose(&profile, &draft(kind, "", urgency), MONDAY_10);
    assert_eq!(policy(Kind::Sales, "").policy, Policy::Digest);
    assert_eq!(ids(&policy(Kind::Sales, "")), ["shacho-mail", "shacho-chat"], "the digest goes where a report would");
    assert_eq!(policy(Kind::Silent, "").policy, Policy::Suppress);
    assert!(policy(Kind::Silent, "").recipients.is_empty());
    assert_eq!(policy(Kind::WrongNumber, "").policy, Policy::Send);
    assert_eq!(policy(Kind::Message, "").policy, Policy::Send);
    assert_eq!(policy(Kind::Silent, "urgent").policy, Policy::Send, "urgent is never noise");
    assert!(!policy(Kind::Silent, "urgent").recipients.is_empty());
}

#[test]
fn f43_notice_only_tells_that_a_call_came() {
    let mut profile = firm(Vec::new());
    profile.notice_only = true;
    profile.noise.sales = Treatment::Suppress;
    assert_eq!(choose(&profile, &draft(Kind::Message, "", ""), MONDAY_10).policy, Policy::NoticeOnly);
    assert_eq!(choose(&profile, &draft(Kind::Sales, "", ""), MONDAY_10).policy, Policy::Suppress);
}

fn any_who() -> impl Strategy<Value = Who> {
    prop_oneof![
        Just(Who::Named),
        Just(Who::Top),
        Just(Who::Firm),
        Just(Who::Everyone),
        "shacho|sato|suzuki|nobody".prop_map(Who::Person),
        "office|sato-mail|sato-chat|suzuki-mail".prop_map(Who::Recipient),
    ]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let to = prop::collection::vec(
        (any_who(), prop_oneof![Just(By::Both), Just(By::Mail), Just(By::Chat)]).prop_map(|(who, by)| To { who, by }),
        1..4,
    );
    let when = (
        prop::collection::vec("shacho|sato|suzuki", 0..2),
        prop::option::of(prop::sample::select(Urgency::ALL)),
        prop::collection::vec(prop::sample::select(Kind::ALL), 0..3),
        prop::option::of((0_u8..24, 0_u8..24)),
    );
    (when, to, any::<bool>()).prop_map(|((people, urgency, kinds, hours), to, also)| {
        let hours = hours.map(|(from, until)| Hours { from: format!("{from}:00"), until: format!("{until}:30") });
        Rule { when: When { people, kinds, urgency, hours, days: Vec::new() }, to, also }
    })
}

proptest! {
    /// Whatever the rules: somebody is told while any place is in use, nobody twice, nobody whose place is out of use, and never
    /// more than the plan has.
    #[test]
    fn f31_f32_a_report_always_arrives_somewhere(
        rules in prop::collection::vec(any_rule(), 0..6),
        active in prop::collection::vec(any::<bool>(), 6),
        kind in prop::sample::select(Kind::ALL),
        person in "佐藤|鈴木|田中|山田|社長|",
        urgency in "normal|high|urgent",
        hours in 0_i64..200,
        recipients_max in 1_u8..8,
    ) {
        let mut profile = Profile { recipients_max, ..firm(rules) };
        for (place, active) in profile.recipients.iter_mut().zip(active) {
            place.active = active;
        }
        let draft = draft(kind, &person, &urgency);
        let chosen = choose(&profile, &draft, MONDAY_10 + hours * HOUR);
        prop_assert_eq!(&chosen, &choose(&profile, &draft, MONDAY_10 + hours * HOUR));
        prop_assert!(chosen.recipients.len() <= usize::from(recipients_max));
        let mut all: Vec<&String> = chosen.recipients.iter().map(|(id, _)| id).chain(&chosen.beyond_plan).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        prop_assert_eq!(all.len(), count, "nobody twice");
        prop_assert!(all.iter().all(|id| profile.recipient(id).is_some_and(|place| place.active)));
        let reachable = profile.recipients.iter().any(|place| place.active);
        prop_assert_eq!(!chosen.recipients.is_empty(), reachable);
    }
}
