//! Notes travel through time: shown on the calls that they are about, from their first moment until just before their last.

use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400_000;
const NEW_YEAR: i64 = 1_798_729_200_000; // 2027-01-01 00:00 in Japan

fn note(id: i64, from_ms: i64, until_ms: Option<i64>, about: About) -> Note {
    Note { id, text: format!("note {id}"), from_ms, until_ms, about }
}

fn ids(notes: &[Note], situation: &Situation<'_>) -> Vec<i64> {
    shown(notes, situation).into_iter().map(|note| note.id).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn f23_an_expired_note_never_shows() {
    let notes = [
        note(1, 0, None, About::default()),
        note(2, NEW_YEAR - 3 * DAY, Some(NEW_YEAR + 3 * DAY), About::default()),
        note(3, NEW_YEAR, Some(NEW_YEAR + DAY), About::default()),
    ];
    let at = |now_ms| ids(&notes, &Situation { now_ms, ..Situation::default() });
    assert_eq!(at(NEW_YEAR - 4 * DAY), [1]);
    assert_eq!(at(NEW_YEAR - 1), [2, 1]);
    assert_eq!(at(NEW_YEAR), [3, 2, 1], "what ends soonest stands first");
    assert_eq!(at(NEW_YEAR + DAY - 1), [3, 2, 1]);
    assert_eq!(at(NEW_YEAR + DAY), [2, 1]);
    assert_eq!(at(NEW_YEAR + 3 * DAY), [1]);
}

#[test]
fn f23_a_note_is_about_a_caller_a_person_or_a_kind() {
    let notes = [
        note(1, 0, None, About { callers: texts(&["090-1234-5678", "+81 3 1234 5678"]), ..About::default() }),
        note(2, 0, None, About { names: texts(&["ﾏﾙﾏﾙ商事"]), ..About::default() }),
        note(3, 0, None, About { people: texts(&["sato"]), ..About::default() }),
        note(4, 0, None, About { kinds: vec![Kind::Sales], ..About::default() }),
        note(
            5,
            0,
            None,
            About { callers: texts(&["090-1234-5678"]), kinds: vec![Kind::Complaint], ..About::default() },
        ),
    ];
    let nothing = Situation { now_ms: 1, ..Situation::default() };
    assert_eq!(ids(&notes, &nothing), Vec::<i64>::new());
    let caller = Situation { caller: "０９０－１２３４－５６７８".parse().ok(), ..nothing };
    assert_eq!(ids(&notes, &caller), [1]);
    assert_eq!(ids(&notes, &Situation { kind: Some(Kind::Complaint), ..caller }), [1, 5]);
    assert_eq!(ids(&notes, &Situation { company: Some("株式会社まるまる 商事"), ..nothing }), [2]);
    assert_eq!(ids(&notes, &Situation { name: Some("マルマル商事の佐藤"), ..nothing }), [2]);
    assert_eq!(ids(&notes, &Situation { company: Some("まるまる"), name: Some("商事"), ..nothing }), Vec::<i64>::new());
    assert_eq!(ids(&notes, &Situation { person: Some("sato"), ..nothing }), [3]);
    assert_eq!(ids(&notes, &Situation { kind: Some(Kind::Sales), ..nothing }), [4]);
}

#[test]
fn f23_a_wrong_note_is_named() {
    let wrong = note(1, DAY, Some(DAY), About { callers: texts(&["12"]), names: texts(&["　"]), ..About::default() });
    let problems = Note { text: "\u{200b}".to_owned(), ..wrong }.checked().unwrap_err();
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["text", "until_ms", "about.callers[0]", "about.names"]);
    let sound = Note { text: " 折返しは不要\r\n".to_owned(), ..note(1, 0, Some(1), About::default()) };
    assert_eq!(sound.checked().unwrap().text, "折返しは不要");
}

proptest! {
    #[test]
    fn f23_any_note_shows_exactly_while_it_holds(from in 0_i64..1000, length in 1_i64..1000, now in -10_i64..3000) {
        let notes = [note(1, from, Some(from + length), About::default())];
        let is_shown = !shown(&notes, &Situation { now_ms: now, ..Situation::default() }).is_empty();
        prop_assert_eq!(is_shown, (from..from + length).contains(&now));
    }
}
